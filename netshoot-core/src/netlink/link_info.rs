//! `IFLA_LINKINFO`: what kind of virtual device a link is, and its settings.
//!
//! One structure a kind, one field an attribute, named as in iproute2's JSON; `None` means that the kernel did not send
//! it. Kinds without a structure here keep their octets.

use std::fmt;
use std::net::IpAddr;

use super::attribute::{Attribute, Notes};
use super::{ByteString, LinkLayerAddress};

/// The kind of a virtual device, and of the device that it is a port of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct LinkInfo {
    /// The kind: `veth`, `bridge`, `vxlan`.
    pub kind: Option<ByteString>,
    /// The kind's settings.
    pub data: Option<LinkData>,
    /// The kind of device that this link is a port of.
    pub slave_kind: Option<ByteString>,
    /// The settings of the port.
    pub slave_data: Option<LinkData>,
}

/// The settings of a virtual device or port, by its kind.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum LinkData {
    /// A bridge.
    Bridge(Box<Bridge>),
    /// A port of a bridge.
    BridgePort(Box<BridgePort>),
    /// A VXLAN tunnel.
    Vxlan(Box<Vxlan>),
    /// A macvlan or macvtap.
    Macvlan(Box<Macvlan>),
    /// A VLAN.
    Vlan(Box<Vlan>),
    /// A tun or tap device.
    Tun(Box<Tun>),
    /// Another kind: the attributes as the kernel sent them.
    Other(Box<[u8]>),
}

impl LinkInfo {
    pub(super) fn read(attribute: &Attribute<'_>, notes: &mut Notes) -> Self {
        let mut info = Self::default();
        let (mut data, mut slave_data) = (None, None);
        attribute.each("linkinfo", notes, |detail, _| match detail.number {
            IFLA_INFO_KIND => info.kind = Some(detail.string()),
            IFLA_INFO_DATA => data = Some(detail),
            IFLA_INFO_SLAVE_KIND => info.slave_kind = Some(detail.string()),
            IFLA_INFO_SLAVE_DATA => slave_data = Some(detail),
            _ => {}
        });
        info.data = data.map(|data| LinkData::read(kind_of(&info.kind), &data, notes));
        info.slave_data = slave_data.map(|data| LinkData::read_slave(kind_of(&info.slave_kind), &data, notes));
        info
    }
}

impl LinkData {
    fn read(kind: &[u8], data: &Attribute<'_>, notes: &mut Notes) -> Self {
        match kind {
            b"bridge" => Self::Bridge(Box::new(Bridge::read(data, notes))),
            b"vxlan" => Self::Vxlan(Box::new(Vxlan::read(data, notes))),
            b"macvlan" | b"macvtap" => Self::Macvlan(Box::new(Macvlan::read(data, notes))),
            b"vlan" => Self::Vlan(Box::new(Vlan::read(data, notes))),
            b"tun" => Self::Tun(Box::new(Tun::read(data, notes))),
            _ => Self::Other(data.payload.into()),
        }
    }

    fn read_slave(kind: &[u8], data: &Attribute<'_>, notes: &mut Notes) -> Self {
        match kind {
            b"bridge" => Self::BridgePort(Box::new(BridgePort::read(data, notes))),
            _ => Self::Other(data.payload.into()),
        }
    }
}

fn kind_of(kind: &Option<ByteString>) -> &[u8] {
    kind.as_ref().map_or(&[], ByteString::as_bytes)
}

/// A bridge's identity in the spanning tree: a priority in two octets, then a MAC address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct BridgeId(
    /// The octets, the priority first and in network order.
    pub [u8; 8],
);

impl BridgeId {
    fn read(attribute: &Attribute<'_>, notes: &mut Notes) -> Option<Self> {
        attribute.array(notes).map(Self)
    }
}

impl fmt::Display for BridgeId {
    /// As iproute2 has it, without leading zeros in the MAC address: `8000.2:18:5f:e0:96:5a`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [p0, p1, a, b, c, d, e, g] = self.0;
        write!(f, "{p0:02x}{p1:02x}.{a:x}:{b:x}:{c:x}:{d:x}:{e:x}:{g:x}")
    }
}

fn port_range(attribute: &Attribute<'_>, notes: &mut Notes) -> Option<(u16, u16)> {
    attribute.array(notes).map(|[a, b, c, d]| (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d])))
}

fn link_layer_addresses(attribute: &Attribute<'_>, notes: &mut Notes) -> Option<Vec<LinkLayerAddress>> {
    let mut addresses = Vec::new();
    attribute.each("macaddr_data", notes, |address, notes| {
        addresses.extend(LinkLayerAddress::read(&address, notes));
    });
    Some(addresses)
}

fn flags_and_mask(attribute: &Attribute<'_>, notes: &mut Notes) -> Option<u32> {
    attribute.array::<8>(notes).map(|[a, b, c, d, ..]| u32::from_ne_bytes([a, b, c, d]))
}

attributes! {
    /// A bridge (`IFLA_BR_*`). Times and timers are in hundredths of a second.
    Bridge in "bridge" {
        /// Time in each of the listening and learning states.
        forward_delay: u32 = 1 by Attribute::u32,
        /// Interval of spanning tree hellos.
        hello_time: u32 = 2 by Attribute::u32,
        /// Age at which spanning tree information expires.
        max_age: u32 = 3 by Attribute::u32,
        /// Age at which forwarding entries expire.
        ageing_time: u32 = 4 by Attribute::u32,
        /// 0 off, 1 the kernel's spanning tree, 2 user space's.
        stp_state: u32 = 5 by Attribute::u32,
        /// Priority in the spanning tree.
        priority: u16 = 6 by Attribute::u16,
        /// Whether VLANs are told apart.
        vlan_filtering: u8 = 7 by Attribute::u8,
        /// EtherType of the VLANs.
        vlan_protocol: u16 = 8 by Attribute::be16,
        /// Link-local groups that are forwarded, a bit each.
        group_fwd_mask: u16 = 9 by Attribute::u16,
        /// The root of the spanning tree.
        root_id: BridgeId = 10 by BridgeId::read,
        /// This bridge's identity.
        bridge_id: BridgeId = 11 by BridgeId::read,
        /// The port towards the root; 0 on the root.
        root_port: u16 = 12 by Attribute::u16,
        /// The cost of the path to the root.
        root_path_cost: u32 = 13 by Attribute::u32,
        /// A topology change is under way.
        topology_change: u8 = 14 by Attribute::u8,
        /// A topology change was seen.
        topology_change_detected: u8 = 15 by Attribute::u8,
        /// Until the next hello.
        hello_timer: u64 = 16 by Attribute::u64,
        /// Until the next topology change notification.
        tcn_timer: u64 = 17 by Attribute::u64,
        /// Until the topology change ends.
        topology_change_timer: u64 = 18 by Attribute::u64,
        /// Until the next sweep of forwarding entries.
        gc_timer: u64 = 19 by Attribute::u64,
        /// Where spanning tree frames are sent.
        group_addr: LinkLayerAddress = 20 by LinkLayerAddress::read,
        /// 0 no multicast router, 1 learned, 2 permanent.
        mcast_router: u8 = 22 by Attribute::u8,
        /// IGMP and MLD snooping.
        mcast_snooping: u8 = 23 by Attribute::u8,
        /// Whether queries carry the bridge's own address.
        mcast_query_use_ifaddr: u8 = 24 by Attribute::u8,
        /// Whether the bridge sends queries.
        mcast_querier: u8 = 25 by Attribute::u8,
        /// No longer used by the kernel.
        mcast_hash_elasticity: u32 = 26 by Attribute::u32,
        /// Most multicast groups.
        mcast_hash_max: u32 = 27 by Attribute::u32,
        /// Queries after a leave.
        mcast_last_member_cnt: u32 = 28 by Attribute::u32,
        /// Queries at the start.
        mcast_startup_query_cnt: u32 = 29 by Attribute::u32,
        /// Between queries after a leave.
        mcast_last_member_intvl: u64 = 30 by Attribute::u64,
        /// Until a silent member is forgotten.
        mcast_membership_intvl: u64 = 31 by Attribute::u64,
        /// Until a silent querier is replaced.
        mcast_querier_intvl: u64 = 32 by Attribute::u64,
        /// Between queries.
        mcast_query_intvl: u64 = 33 by Attribute::u64,
        /// Longest time for an answer.
        mcast_query_response_intvl: u64 = 34 by Attribute::u64,
        /// Between queries at the start.
        mcast_startup_query_intvl: u64 = 35 by Attribute::u64,
        /// Whether iptables sees bridged packets.
        nf_call_iptables: u8 = 36 by Attribute::u8,
        /// Whether ip6tables sees them.
        nf_call_ip6tables: u8 = 37 by Attribute::u8,
        /// Whether arptables sees them.
        nf_call_arptables: u8 = 38 by Attribute::u8,
        /// The VLAN of untagged frames on new ports.
        vlan_default_pvid: u16 = 39 by Attribute::u16,
        /// Counters by VLAN.
        vlan_stats_enabled: u8 = 41 by Attribute::u8,
        /// Counters of multicast.
        mcast_stats_enabled: u8 = 42 by Attribute::u8,
        /// Version of the IGMP queries.
        mcast_igmp_version: u8 = 43 by Attribute::u8,
        /// Version of the MLD queries.
        mcast_mld_version: u8 = 44 by Attribute::u8,
        /// Counters by port and VLAN.
        vlan_stats_per_port: u8 = 45 by Attribute::u8,
        /// `struct br_boolopt_multi`: values of the options `BR_BOOLOPT_*`, a bit each.
        boolopt: u32 = 46 by flags_and_mask,
    }
}

attributes! {
    /// A port of a bridge (`IFLA_BRPORT_*`). Timers are in hundredths of a second.
    BridgePort in "bridge_slave" {
        /// `BR_STATE_*`: 0 disabled, 1 listening, 2 learning, 3 forwarding, 4 blocking.
        state: u8 = 1 by Attribute::u8,
        /// Priority in the spanning tree.
        priority: u16 = 2 by Attribute::u16,
        /// Cost of the port.
        cost: u32 = 3 by Attribute::u32,
        /// Frames may go back out where they came in.
        hairpin: bool = 4 by Attribute::bool,
        /// Spanning tree frames that come in are dropped (BPDU guard).
        guard: bool = 5 by Attribute::bool,
        /// May not become the root port.
        root_block: bool = 6 by Attribute::bool,
        /// A leave takes effect at once.
        fastleave: bool = 7 by Attribute::bool,
        /// Source addresses are learned.
        learning: bool = 8 by Attribute::bool,
        /// Unknown unicast is flooded to it.
        flood: bool = 9 by Attribute::bool,
        /// ARP is answered for others.
        proxy_arp: bool = 10 by Attribute::bool,
        /// ARP is answered for others, for wireless.
        proxy_arp_wifi: bool = 12 by Attribute::bool,
        /// The root that the designated bridge believes in.
        root_id: BridgeId = 13 by BridgeId::read,
        /// The designated bridge of this segment.
        bridge_id: BridgeId = 14 by BridgeId::read,
        /// Its port.
        designated_port: u16 = 15 by Attribute::u16,
        /// Its cost.
        designated_cost: u16 = 16 by Attribute::u16,
        /// The port's identity: priority and number.
        id: u16 = 17 by Attribute::u16,
        /// The port's number.
        no: u16 = 18 by Attribute::u16,
        /// A topology change is to be acknowledged.
        topology_change_ack: u8 = 19 by Attribute::u8,
        /// A configuration message is to be sent.
        config_pending: u8 = 20 by Attribute::u8,
        /// Until the port's information expires.
        message_age_timer: u64 = 21 by Attribute::u64,
        /// Until the next state.
        forward_delay_timer: u64 = 22 by Attribute::u64,
        /// Until the next configuration message may be sent.
        hold_timer: u64 = 23 by Attribute::u64,
        /// 0 no multicast router behind it, 1 learned, 2 permanent.
        multicast_router: u8 = 25 by Attribute::u8,
        /// Unknown multicast is flooded to it.
        mcast_flood: bool = 27 by Attribute::bool,
        /// Multicast goes out as unicast.
        mcast_to_unicast: bool = 28 by Attribute::bool,
        /// VLANs are mapped to tunnels.
        vlan_tunnel: bool = 29 by Attribute::bool,
        /// Broadcast is flooded to it.
        bcast_flood: bool = 30 by Attribute::bool,
        /// Link-local groups that are forwarded, a bit each.
        group_fwd_mask: u16 = 31 by Attribute::u16,
        /// Neighbour discovery is answered for others.
        neigh_suppress: bool = 32 by Attribute::bool,
        /// Does not talk to other isolated ports.
        isolated: bool = 33 by Attribute::bool,
        /// The port that takes over when this one loses its carrier.
        backup_port: u32 = 34 by Attribute::u32,
        /// Only known source addresses may send.
        locked: bool = 39 by Attribute::bool,
    }
}

attributes! {
    /// A VXLAN tunnel (`IFLA_VXLAN_*`).
    Vxlan in "vxlan" {
        /// Network identifier (VNI).
        id: u32 = 1 by Attribute::u32,
        /// The other end, or the group that stands for all.
        remote: IpAddr = 2 | 16 by Attribute::ip,
        /// The link that packets leave by.
        link: u32 = 3 by Attribute::u32,
        /// This end.
        local: IpAddr = 4 | 17 by Attribute::ip,
        /// Time to live of the outer header; 0 is automatic.
        ttl: u8 = 5 by Attribute::u8,
        /// Type of service of the outer header; 1 is inherited.
        tos: u8 = 6 by Attribute::u8,
        /// Addresses are learned.
        learning: bool = 7 by Attribute::bool,
        /// Seconds until a forwarding entry expires.
        ageing: u32 = 8 by Attribute::u32,
        /// Most forwarding entries; 0 is no limit.
        limit: u32 = 9 by Attribute::u32,
        /// Lowest and highest source port; 0 and 0 is the system's range.
        port_range: (u16, u16) = 10 by port_range,
        /// ARP is answered for others.
        proxy: bool = 11 by Attribute::bool,
        /// Route short circuit.
        rsc: bool = 12 by Attribute::bool,
        /// Missing link-layer addresses are told.
        l2miss: bool = 13 by Attribute::bool,
        /// Missing IP addresses are told.
        l3miss: bool = 14 by Attribute::bool,
        /// Destination port.
        port: u16 = 15 by Attribute::be16,
        /// UDP checksums over IPv4.
        udp_csum: bool = 18 by Attribute::bool,
        /// No UDP checksums over IPv6, sending.
        udp_zero_csum6_tx: bool = 19 by Attribute::bool,
        /// No UDP checksums over IPv6, receiving.
        udp_zero_csum6_rx: bool = 20 by Attribute::bool,
        /// Remote checksum offload, sending.
        remcsum_tx: bool = 21 by Attribute::bool,
        /// Remote checksum offload, receiving.
        remcsum_rx: bool = 22 by Attribute::bool,
        /// Group policy extension.
        gbp: bool = 23 by Attribute::flag,
        /// Remote checksum offload without partial checksums.
        remcsum_nopartial: bool = 24 by Attribute::flag,
        /// The tunnel's ends come with each packet.
        external: bool = 25 by Attribute::bool,
        /// IPv6 flow label.
        label: u32 = 26 by Attribute::be32,
        /// Generic protocol extension.
        gpe: bool = 27 by Attribute::flag,
        /// Time to live is that of the inner header.
        ttl_inherit: bool = 28 by Attribute::bool,
        /// `VXLAN_DF_*`: 0 don't fragment is unset, 1 set, 2 that of the inner header.
        df: u8 = 29 by Attribute::u8,
        /// Network identifiers are filtered.
        vnifilter: bool = 30 by Attribute::bool,
        /// Bypass of the own host.
        localbypass: bool = 31 by Attribute::bool,
    }
}

attributes! {
    /// A macvlan or macvtap (`IFLA_MACVLAN_*`).
    Macvlan in "macvlan" {
        /// `MACVLAN_MODE_*`: 1 private, 2 vepa, 4 bridge, 8 passthru, 16 source.
        mode: u32 = 1 by Attribute::u32,
        /// `MACVLAN_FLAG_*`: 1 no promiscuity, 2 no destination filter.
        flags: u16 = 2 by Attribute::u16,
        /// Source addresses that are let in, in the mode `source`.
        macaddr_data: Vec<LinkLayerAddress> = 5 by link_layer_addresses,
        /// Their number.
        macaddr_count: u32 = 6 by Attribute::u32,
        /// Length wanted for the queue of broadcasts.
        bcqueuelen: u32 = 7 by Attribute::u32,
        /// Length that the queue has.
        usedbcqueuelen: u32 = 8 by Attribute::u32,
        /// Rate of broadcasts above which they are queued.
        bccutoff: i32 = 9 by Attribute::i32,
    }
}

attributes! {
    /// A VLAN (`IFLA_VLAN_*`).
    Vlan in "vlan" {
        /// VLAN identifier.
        id: u16 = 1 by Attribute::u16,
        /// `VLAN_FLAG_*`: 1 reorder headers, 2 GVRP, 4 loose binding, 8 MVRP, 16 bridge binding.
        flags: u32 = 2 by flags_and_mask,
        /// EtherType of the tag.
        protocol: u16 = 5 by Attribute::be16,
    }
}

attributes! {
    /// A tun or tap device (`IFLA_TUN_*`).
    Tun in "tun" {
        /// The user that may open it.
        owner: u32 = 1 by Attribute::u32,
        /// The group that may open it.
        group: u32 = 2 by Attribute::u32,
        /// 1 tun, 2 tap.
        kind: u8 = 3 by Attribute::u8,
        /// Packets carry `struct tun_pi`.
        pi: bool = 4 by Attribute::bool,
        /// Packets carry `struct virtio_net_hdr`.
        vnet_hdr: bool = 5 by Attribute::bool,
        /// Lives without a process.
        persist: bool = 6 by Attribute::bool,
        /// May be opened several times.
        multi_queue: bool = 7 by Attribute::bool,
        /// Queues that are open.
        num_queues: u32 = 8 by Attribute::u32,
        /// Queues that are off.
        num_disabled_queues: u32 = 9 by Attribute::u32,
    }
}

// linux/if_link.h
const IFLA_INFO_KIND: u16 = 1;
const IFLA_INFO_DATA: u16 = 2;
const IFLA_INFO_SLAVE_KIND: u16 = 4;
const IFLA_INFO_SLAVE_DATA: u16 = 5;

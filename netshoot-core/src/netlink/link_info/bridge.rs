//! Bridges and their ports.

use std::fmt;
use std::net::IpAddr;

use super::two_u32;
use crate::netlink::LinkLayerAddress;
use crate::netlink::attribute::{Attribute, Notes};

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
        /// `struct br_boolopt_multi`: the options `BR_BOOLOPT_*`, a bit each: which are on, and which the kernel knows.
        boolopt: (u32, u32) = 46 by two_u32,
        /// What the querier is that answers, by address family.
        mcast_querier_state: MulticastQuerier = 47 by read_querier,
        /// Forwarding entries that were learned.
        fdb_n_learned: u32 = 48 by Attribute::u32,
        /// Most forwarding entries that may be learned; 0 is no limit.
        fdb_max_learned: u32 = 49 by Attribute::u32,
        /// How the spanning tree is run: 0 by whom user space says, 1 by user space, 2 by the kernel.
        stp_mode: u32 = 50 by Attribute::u32,
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
        /// The media redundancy ring is open.
        mrp_ring_open: bool = 35 by Attribute::bool,
        /// The media redundancy interconnection is open.
        mrp_in_open: bool = 36 by Attribute::bool,
        /// Most hosts that are tracked explicitly.
        mcast_eht_hosts_limit: u32 = 37 by Attribute::u32,
        /// Hosts that are tracked explicitly.
        mcast_eht_hosts_cnt: u32 = 38 by Attribute::u32,
        /// Only known source addresses may send.
        locked: bool = 39 by Attribute::bool,
        /// Unknown source addresses of a locked port are noted (MAC authentication bypass).
        mab: bool = 40 by Attribute::bool,
        /// Multicast groups.
        mcast_n_groups: u32 = 41 by Attribute::u32,
        /// Most multicast groups; 0 is no limit.
        mcast_max_groups: u32 = 42 by Attribute::u32,
        /// Neighbour discovery is answered for others by VLAN.
        neigh_vlan_suppress: bool = 43 by Attribute::bool,
        /// The next hop object that takes over when this port loses its carrier; 0 is none.
        backup_nhid: u32 = 44 by Attribute::u32,
        /// Gratuitous ARP and unsolicited advertisements pass even when neighbour discovery is answered for others.
        neigh_forward_grat: bool = 45 by Attribute::bool,
    }
}

attributes! {
    /// The multicast queriers that a bridge knows (`BRIDGE_QUERIER_*`).
    MulticastQuerier in "mcast_querier" {
        /// IPv4 address of the IGMP querier.
        ip_address: IpAddr = 1 by Attribute::ip,
        /// Index of the port that it is behind.
        ip_port: u32 = 2 by Attribute::u32,
        /// Until other queriers are heard, in hundredths of a second.
        ip_other_timer: u64 = 3 by Attribute::u64,
        /// IPv6 address of the MLD querier.
        ipv6_address: IpAddr = 5 by Attribute::ip,
        /// Index of the port that it is behind.
        ipv6_port: u32 = 6 by Attribute::u32,
        /// Until other queriers are heard, in hundredths of a second.
        ipv6_other_timer: u64 = 7 by Attribute::u64,
    }
}

fn read_querier(attribute: &Attribute<'_>, notes: &mut Notes) -> Option<MulticastQuerier> {
    Some(MulticastQuerier::read(attribute, notes))
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

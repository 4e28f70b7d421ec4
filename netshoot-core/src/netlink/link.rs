//! Links: the network interfaces of a namespace, as `RTM_NEWLINK` describes them.

use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::link::{self, LinkAttribute, LinkExtentMask, LinkMessage};

use super::attribute::{self, Attribute, Notes};
use super::link_family::{Families, Inet6, InetConf};
use super::object::{Kind, Object};
use super::request::Request;
use super::{
    ByteString, Consistency, LinkFlags, LinkInfo, LinkLayerAddress, LinkMode, LinkType, OperState, ParseNote, Stats64,
    UnknownAttribute, VirtualFunction,
};

object! {
    /// A network interface.
    ///
    /// Fields are the kernel's attributes in iproute2's words; `None` means that the kernel did not send the attribute.
    #[derive(Clone, Debug, Default, PartialEq)]
    pub struct Link {
        /// The number by which everything else in the namespace refers to the link.
        pub ifindex: u32,
        /// The name.
        pub ifname: ByteString,
        /// Other names, which may be longer than 15 octets.
        pub altnames: Vec<ByteString>,
        /// A description for people, any octets.
        pub ifalias: Option<ByteString>,
        /// State and abilities.
        pub flags: LinkFlags,
        /// The kind of link layer.
        pub link_type: LinkType,
        /// Link-layer address.
        pub address: Option<LinkLayerAddress>,
        /// Link-layer broadcast address or, on a point-to-point link, that of the other end.
        pub broadcast: Option<LinkLayerAddress>,
        /// The address that the hardware was made with.
        pub permaddr: Option<LinkLayerAddress>,
        /// Largest packet in octets.
        pub mtu: Option<u32>,
        /// Smallest MTU that the driver accepts.
        pub min_mtu: Option<u32>,
        /// Largest MTU that the driver accepts; 0 is no limit.
        pub max_mtu: Option<u32>,
        /// The root queueing discipline.
        pub qdisc: Option<ByteString>,
        /// Index of the bridge, bond or VRF that this link is a port of.
        pub master: Option<u32>,
        /// Index of the link below, or of the peer; 0 for a tunnel that is bound to none.
        pub link_index: Option<u32>,
        /// The namespace in which `link_index` counts, by this namespace's number for it; -1 if it has none.
        pub link_netnsid: Option<i32>,
        /// The name under `/run/netns` of that namespace, if it has one.
        pub link_netns: Option<ByteString>,
        /// Operational state.
        pub operstate: Option<OperState>,
        /// What the state becomes when the carrier comes.
        pub linkmode: Option<LinkMode>,
        /// Device group.
        pub group: Option<u32>,
        /// Length of the transmit queue in packets.
        pub txqlen: Option<u32>,
        /// Whether the driver sees a carrier.
        pub carrier: Option<bool>,
        /// How often the carrier came or went.
        pub carrier_changes: Option<u32>,
        /// How often the carrier came.
        pub carrier_up_count: Option<u32>,
        /// How often the carrier went.
        pub carrier_down_count: Option<u32>,
        /// Held down by a protocol such as MLAG.
        pub proto_down: Option<bool>,
        /// How many users want all frames.
        pub promiscuity: Option<u32>,
        /// How many users want all multicast frames.
        pub allmulti: Option<u32>,
        /// Transmit queues.
        pub num_tx_queues: Option<u32>,
        /// Receive queues.
        pub num_rx_queues: Option<u32>,
        /// Largest generic segmentation offload packet in octets.
        pub gso_max_size: Option<u32>,
        /// Most segments of one.
        pub gso_max_segs: Option<u32>,
        /// Largest packet that the hardware segments.
        pub tso_max_size: Option<u32>,
        /// Most segments of one.
        pub tso_max_segs: Option<u32>,
        /// Largest packet that generic receive offload makes.
        pub gro_max_size: Option<u32>,
        /// The same as `gso_max_size` for IPv4.
        pub gso_ipv4_max_size: Option<u32>,
        /// The same as `gro_max_size` for IPv4.
        pub gro_ipv4_max_size: Option<u32>,
        /// Octets that the driver wants free before a packet.
        pub headroom: Option<u16>,
        /// Octets that the driver wants free behind it.
        pub tailroom: Option<u16>,
        /// How far ahead the hardware can be told when to send, in nanoseconds.
        pub max_pacing_offload_horizon: Option<u64>,
        /// Cannot be moved to another namespace.
        pub netns_immutable: Option<bool>,
        /// Why it is held down, a bit each.
        pub proto_down_reason: Option<u32>,
        /// How IPv4 treats the link.
        pub inet_conf: Option<InetConf>,
        /// The link in IPv6.
        pub inet6: Option<Box<Inet6>>,
        /// How IPv6 makes link-local addresses (`IN6_ADDR_GEN_MODE_*`).
        pub inet6_addr_gen_mode: Option<u8>,
        /// The port's name on the device.
        pub phys_port_name: Option<ByteString>,
        /// The port's identity on the device.
        pub phys_port_id: Option<Box<[u8]>>,
        /// The identity of the switch that the port belongs to.
        pub phys_switch_id: Option<Box<[u8]>>,
        /// The bus of the device behind the link.
        pub parentbus: Option<ByteString>,
        /// The device behind the link.
        pub parentdev: Option<ByteString>,
        /// How an XDP program is attached (`XDP_ATTACHED_*`); 0 is not at all.
        pub xdp_attached: Option<u8>,
        /// The number of that program.
        pub xdp_prog_id: Option<u32>,
        /// The number of the program in the driver.
        pub xdp_drv_prog_id: Option<u32>,
        /// The number of the program in the generic hook.
        pub xdp_skb_prog_id: Option<u32>,
        /// The number of the program in the hardware.
        pub xdp_hw_prog_id: Option<u32>,
        /// The port of the device behind the link, as devlink names it.
        pub devlink_port: Option<Box<DevlinkPort>>,
        /// The pin of a digital phase-locked loop that the link's clock comes from.
        pub dpll_pin: Option<u32>,
        /// How many SR-IOV virtual functions there are.
        pub num_vf: Option<u32>,
        /// The virtual functions, where the filter asks for them.
        pub vfinfo_list: Vec<VirtualFunction>,
        /// Counters.
        pub stats64: Option<Stats64>,
        /// The kind of virtual device, with its settings.
        pub linkinfo: Option<LinkInfo>,
        /// Attributes that are newer than this version.
        pub unknown: Vec<UnknownAttribute>,
        /// Attributes that could not be read.
        pub notes: Vec<ParseNote>,
    }
}

attributes! {
    /// The port of a device, as devlink names it.
    DevlinkPort in "devlink_port" {
        /// The bus.
        bus_name: ByteString = 1 by string,
        /// The device on the bus.
        dev_name: ByteString = 2 by string,
        /// The port's number.
        port_index: u32 = 3 by Attribute::u32,
    }
}

fn string(attribute: &Attribute<'_>, _: &mut Notes) -> Option<ByteString> {
    Some(attribute.string())
}

/// Which links are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct LinkFilter {
    /// The link with this index.
    pub ifindex: Option<u32>,
    /// Ports of the bridge, bond or VRF with this index.
    pub master: Option<u32>,
    /// Only links that are no port of anything.
    pub nomaster: bool,
    /// Devices of this kind, such as `veth`.
    pub kind: Option<ByteString>,
    /// Ports of devices of this kind, such as `bridge`.
    pub slave_kind: Option<ByteString>,
    /// Of this device group.
    pub group: Option<u32>,
    /// Switched on, or off; without a choice both.
    pub up: Option<bool>,
    /// Also the virtual functions of network cards, of which there may be hundreds.
    pub with_vfs: bool,
    /// No counters are wanted. Kernels up to 6.18 send the link's own all the same; IPv6's are never asked for.
    pub without_stats: bool,
}

impl Object for Link {
    type Filter = LinkFilter;
    type Key = u32;

    const KIND: Kind = Kind::Link;
    const CONSISTENCY: Consistency = Consistency::Checked;
    const VOLATILE: &'static [&'static str] = &["stats64"];

    fn parse(payload: &[u8]) -> Result<Self, ParseNote> {
        let Some((header, attributes)) = payload.split_first_chunk::<HEADER_LENGTH>() else {
            return Err(ParseNote::header("link", HEADER_LENGTH, payload.len()));
        };
        let [_, _, t0, t1, i0, i1, i2, i3, f0, f1, f2, f3, ..] = *header;
        let mut link = Self {
            ifindex: u32::from_ne_bytes([i0, i1, i2, i3]),
            flags: LinkFlags(u32::from_ne_bytes([f0, f1, f2, f3])),
            link_type: LinkType(u16::from_ne_bytes([t0, t1])),
            ..Self::default()
        };
        let mut notes = Notes::default();
        attribute::each("link", attributes, HEADER_LENGTH, &mut notes, |attribute, notes| {
            link.read(&attribute, notes);
        });
        link.notes = notes.0;
        Ok(link)
    }

    fn key(&self) -> u32 {
        self.ifindex
    }

    fn settle(&mut self) -> bool {
        if let Some(info) = &mut self.linkinfo {
            info.settle();
        }
        // What IPv6 does with the link, such as asking for a router, is not told with the link.
        if let Some(inet6) = &mut self.inet6 {
            inet6.flags = None;
        }
        true
    }

    fn matches(&self, filter: &LinkFilter) -> bool {
        let kind = |slave: bool| {
            let info = self.linkinfo.as_ref()?;
            if slave { info.slave_kind.as_ref() } else { info.kind.as_ref() }
        };
        filter.ifindex.is_none_or(|ifindex| self.ifindex == ifindex)
            && filter.master.is_none_or(|master| self.master == Some(master))
            && !(filter.nomaster && self.master.is_some())
            && filter.kind.as_ref().is_none_or(|wanted| kind(false) == Some(wanted))
            && filter.slave_kind.as_ref().is_none_or(|wanted| kind(true) == Some(wanted))
            && filter.group.is_none_or(|group| self.group == Some(group))
            && filter.up.is_none_or(|up| up == self.flags.contains(LinkFlags::UP))
    }

    fn requests(filter: &LinkFilter) -> Vec<Request> {
        let mut message = LinkMessage::default();
        // IPv6's counters are a quarter of all octets, and not read here; the link's own come all the same.
        let mut extent = vec![LinkExtentMask::SkipStats];
        extent.extend(filter.with_vfs.then_some(LinkExtentMask::Vf));
        message.attributes.push(LinkAttribute::ExtMask(extent));
        if let Some(ifindex) = filter.ifindex {
            message.header.index = ifindex;
            return vec![Request::get(RouteNetlinkMessage::GetLink(message))];
        }
        if let Some(master) = filter.master {
            message.attributes.push(LinkAttribute::Controller(master));
        }
        // The kernel ignores a kind that it does not know, and then lists all.
        if let Some(kind) = filter.kind.as_ref().and_then(ByteString::to_str) {
            let kind = link::LinkInfo::Kind(link::InfoKind::Other(kind.to_owned()));
            message.attributes.push(LinkAttribute::LinkInfo(vec![kind]));
        }
        vec![Request::dump(RouteNetlinkMessage::GetLink(message))]
    }
}

impl Link {
    /// The largest groups apart, for the sake of readers; the compiler makes one jump of each.
    fn read(&mut self, attribute: &Attribute<'_>, notes: &mut Notes) {
        match attribute.number {
            IFLA_IFNAME => self.ifname = attribute.string(),
            IFLA_ADDRESS => self.address = LinkLayerAddress::read(attribute, notes),
            IFLA_BROADCAST => self.broadcast = LinkLayerAddress::read(attribute, notes),
            IFLA_PERM_ADDRESS => self.permaddr = LinkLayerAddress::read(attribute, notes),
            IFLA_QDISC => self.qdisc = Some(attribute.string()),
            IFLA_IFALIAS => self.ifalias = Some(attribute.string()),
            IFLA_OPERSTATE => self.operstate = attribute.u8(notes).map(OperState),
            IFLA_LINKMODE => self.linkmode = attribute.u8(notes).map(LinkMode),
            IFLA_CARRIER => self.carrier = attribute.bool(notes),
            IFLA_PROTO_DOWN => self.proto_down = attribute.bool(notes),
            IFLA_PHYS_PORT_NAME => self.phys_port_name = Some(attribute.string()),
            IFLA_PHYS_PORT_ID => self.phys_port_id = Some(attribute.payload.into()),
            IFLA_PHYS_SWITCH_ID => self.phys_switch_id = Some(attribute.payload.into()),
            IFLA_PARENT_DEV_BUS_NAME => self.parentbus = Some(attribute.string()),
            IFLA_PARENT_DEV_NAME => self.parentdev = Some(attribute.string()),
            IFLA_LINK_NETNSID => self.link_netnsid = attribute.i32(notes),
            IFLA_STATS64 => self.stats64 = Some(Stats64::read(attribute, notes)),
            IFLA_LINKINFO => self.linkinfo = Some(LinkInfo::read(attribute, notes)),
            IFLA_PROP_LIST => attribute.each("altnames", notes, |property, _| {
                if property.number == IFLA_ALT_IFNAME {
                    self.altnames.push(property.string());
                }
            }),
            IFLA_XDP => self.read_xdp(attribute, notes),
            IFLA_AF_SPEC => self.read_families(attribute, notes),
            IFLA_VFINFO_LIST => self.vfinfo_list = VirtualFunction::read_list(attribute, self.link_type, notes),
            IFLA_PROTO_DOWN_REASON => attribute.each("proto_down_reason", notes, |detail, notes| {
                if detail.number == IFLA_PROTO_DOWN_REASON_VALUE {
                    self.proto_down_reason = detail.u32(notes);
                }
            }),
            IFLA_DEVLINK_PORT => self.devlink_port = Some(Box::new(DevlinkPort::read(attribute, notes))),
            IFLA_DPLL_PIN => attribute.each("dpll_pin", notes, |detail, notes| {
                if detail.number == DPLL_A_PIN_ID {
                    self.dpll_pin = detail.u32(notes);
                }
            }),
            IFLA_MAX_PACING_OFFLOAD_HORIZON => self.max_pacing_offload_horizon = attribute.uint(notes),
            IFLA_NETNS_IMMUTABLE => self.netns_immutable = attribute.bool(notes),
            IFLA_HEADROOM => self.headroom = attribute.u16(notes),
            IFLA_TAILROOM => self.tailroom = attribute.u16(notes),
            number => {
                if let Some(field) = self.u32_field(number) {
                    *field = attribute.u32(notes);
                } else {
                    attribute.keep_unknown(IFLA_TAILROOM, &mut self.unknown);
                }
            }
        }
    }

    fn read_xdp(&mut self, attribute: &Attribute<'_>, notes: &mut Notes) {
        attribute.each("xdp", notes, |detail, notes| match detail.number {
            IFLA_XDP_ATTACHED => self.xdp_attached = detail.u8(notes),
            IFLA_XDP_PROG_ID => self.xdp_prog_id = detail.u32(notes),
            IFLA_XDP_DRV_PROG_ID => self.xdp_drv_prog_id = detail.u32(notes),
            IFLA_XDP_SKB_PROG_ID => self.xdp_skb_prog_id = detail.u32(notes),
            IFLA_XDP_HW_PROG_ID => self.xdp_hw_prog_id = detail.u32(notes),
            _ => {}
        });
    }

    fn read_families(&mut self, attribute: &Attribute<'_>, notes: &mut Notes) {
        let families = Families::read(attribute, notes);
        self.inet_conf = families.inet_conf;
        self.inet6_addr_gen_mode = families.inet6.as_ref().and_then(|inet6| inet6.addr_gen_mode);
        self.inet6 = families.inet6;
    }

    fn u32_field(&mut self, number: u16) -> Option<&mut Option<u32>> {
        Some(match number {
            IFLA_MTU => &mut self.mtu,
            IFLA_LINK => &mut self.link_index,
            IFLA_MASTER => &mut self.master,
            IFLA_TXQLEN => &mut self.txqlen,
            IFLA_NUM_VF => &mut self.num_vf,
            IFLA_GROUP => &mut self.group,
            IFLA_PROMISCUITY => &mut self.promiscuity,
            IFLA_NUM_TX_QUEUES => &mut self.num_tx_queues,
            IFLA_NUM_RX_QUEUES => &mut self.num_rx_queues,
            IFLA_CARRIER_CHANGES => &mut self.carrier_changes,
            IFLA_GSO_MAX_SEGS => &mut self.gso_max_segs,
            IFLA_GSO_MAX_SIZE => &mut self.gso_max_size,
            IFLA_CARRIER_UP_COUNT => &mut self.carrier_up_count,
            IFLA_CARRIER_DOWN_COUNT => &mut self.carrier_down_count,
            IFLA_MIN_MTU => &mut self.min_mtu,
            IFLA_MAX_MTU => &mut self.max_mtu,
            IFLA_GRO_MAX_SIZE => &mut self.gro_max_size,
            IFLA_TSO_MAX_SIZE => &mut self.tso_max_size,
            IFLA_TSO_MAX_SEGS => &mut self.tso_max_segs,
            IFLA_ALLMULTI => &mut self.allmulti,
            IFLA_GSO_IPV4_MAX_SIZE => &mut self.gso_ipv4_max_size,
            IFLA_GRO_IPV4_MAX_SIZE => &mut self.gro_ipv4_max_size,
            _ => return None,
        })
    }
}

/// `struct ifinfomsg`.
const HEADER_LENGTH: usize = 16;

// linux/if_link.h
const IFLA_ADDRESS: u16 = 1;
const IFLA_BROADCAST: u16 = 2;
const IFLA_IFNAME: u16 = 3;
const IFLA_MTU: u16 = 4;
const IFLA_LINK: u16 = 5;
const IFLA_QDISC: u16 = 6;
const IFLA_MASTER: u16 = 10;
const IFLA_TXQLEN: u16 = 13;
const IFLA_OPERSTATE: u16 = 16;
const IFLA_LINKMODE: u16 = 17;
const IFLA_LINKINFO: u16 = 18;
const IFLA_IFALIAS: u16 = 20;
const IFLA_NUM_VF: u16 = 21;
const IFLA_VFINFO_LIST: u16 = 22;
const IFLA_STATS64: u16 = 23;
const IFLA_AF_SPEC: u16 = 26;
const IFLA_GROUP: u16 = 27;
const IFLA_PROMISCUITY: u16 = 30;
const IFLA_NUM_TX_QUEUES: u16 = 31;
const IFLA_NUM_RX_QUEUES: u16 = 32;
const IFLA_CARRIER: u16 = 33;
const IFLA_PHYS_PORT_ID: u16 = 34;
const IFLA_CARRIER_CHANGES: u16 = 35;
const IFLA_PHYS_SWITCH_ID: u16 = 36;
const IFLA_LINK_NETNSID: u16 = 37;
const IFLA_PHYS_PORT_NAME: u16 = 38;
const IFLA_PROTO_DOWN: u16 = 39;
const IFLA_GSO_MAX_SEGS: u16 = 40;
const IFLA_GSO_MAX_SIZE: u16 = 41;
const IFLA_XDP: u16 = 43;
const IFLA_CARRIER_UP_COUNT: u16 = 47;
const IFLA_CARRIER_DOWN_COUNT: u16 = 48;
const IFLA_MIN_MTU: u16 = 50;
const IFLA_MAX_MTU: u16 = 51;
const IFLA_PROP_LIST: u16 = 52;
const IFLA_ALT_IFNAME: u16 = 53;
const IFLA_PERM_ADDRESS: u16 = 54;
const IFLA_PROTO_DOWN_REASON: u16 = 55;
const IFLA_PARENT_DEV_NAME: u16 = 56;
const IFLA_PARENT_DEV_BUS_NAME: u16 = 57;
const IFLA_GRO_MAX_SIZE: u16 = 58;
const IFLA_TSO_MAX_SIZE: u16 = 59;
const IFLA_TSO_MAX_SEGS: u16 = 60;
const IFLA_ALLMULTI: u16 = 61;
const IFLA_DEVLINK_PORT: u16 = 62;
const IFLA_GSO_IPV4_MAX_SIZE: u16 = 63;
const IFLA_GRO_IPV4_MAX_SIZE: u16 = 64;
const IFLA_DPLL_PIN: u16 = 65;
const IFLA_MAX_PACING_OFFLOAD_HORIZON: u16 = 66;
const IFLA_NETNS_IMMUTABLE: u16 = 67;
const IFLA_HEADROOM: u16 = 68;
const IFLA_TAILROOM: u16 = 69;
const IFLA_XDP_ATTACHED: u16 = 2;
const IFLA_XDP_PROG_ID: u16 = 4;
const IFLA_XDP_DRV_PROG_ID: u16 = 5;
const IFLA_XDP_SKB_PROG_ID: u16 = 6;
const IFLA_XDP_HW_PROG_ID: u16 = 7;
const IFLA_PROTO_DOWN_REASON_VALUE: u16 = 2;
// linux/dpll.h
const DPLL_A_PIN_ID: u16 = 1;

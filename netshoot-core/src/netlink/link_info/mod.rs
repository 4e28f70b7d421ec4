//! `IFLA_LINKINFO`: what kind of virtual device a link is, and its settings.
//!
//! One structure a kind, one field an attribute, named as in iproute2's JSON; `None` means that the kernel did not send
//! it. Kinds without a structure here keep their octets.

mod bond;
mod bridge;
mod overlay;
mod point;
mod stacked;
mod tunnel;

pub use bond::{Bond, BondAdInfo, BondPort};
pub use bridge::{Bridge, BridgeId, BridgePort, MulticastQuerier};
pub use overlay::{Amt, Bareudp, Geneve, Gtp, Vxlan};
pub use point::{Can, CanBitTiming, CanBitTimingConst, Tun};
pub use stacked::{Dsa, Hsr, Ipoib, Ipvlan, Macsec, Macvlan, Netkit, QosMapping, Rmnet, Vlan, Vrf, VrfPort, Wwan};
pub use tunnel::{Gre, IpTunnel, Vti, Xfrm};

use super::ByteString;
use super::attribute::{Attribute, Notes};

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

impl LinkInfo {
    /// Sets the timers of a bridge and of its ports to nothing.
    pub(super) fn settle(&mut self) {
        for data in [&mut self.data, &mut self.slave_data].into_iter().flatten() {
            match data {
                LinkData::Bridge(bridge) => {
                    (bridge.hello_timer, bridge.tcn_timer) = (None, None);
                    (bridge.topology_change_timer, bridge.gc_timer) = (None, None);
                }
                LinkData::BridgePort(port) => {
                    (port.message_age_timer, port.forward_delay_timer, port.hold_timer) = (None, None, None);
                }
                _ => {}
            }
        }
    }

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

fn kind_of(kind: &Option<ByteString>) -> &[u8] {
    kind.as_ref().map_or(&[], ByteString::as_bytes)
}

macro_rules! link_data {
    (
        devices { $($(#[$doc:meta])* $variant:ident($type:ident) = $($kind:literal)|+,)* }
        ports { $($(#[$port_doc:meta])* $port_variant:ident($port_type:ident) = $port_kind:literal,)* }
    ) => {
        /// The settings of a virtual device or port, by its kind.
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
        #[non_exhaustive]
        pub enum LinkData {
            $($(#[$doc])* $variant(Box<$type>),)*
            $($(#[$port_doc])* $port_variant(Box<$port_type>),)*
            /// Another kind: the attributes as the kernel sent them.
            Other(Box<[u8]>),
        }

        impl LinkData {
            fn read(kind: &[u8], data: &Attribute<'_>, notes: &mut Notes) -> Self {
                match kind {
                    $($($kind)|+ => Self::$variant(Box::new($type::read(data, notes))),)*
                    _ => Self::Other(data.payload.into()),
                }
            }

            fn read_slave(kind: &[u8], data: &Attribute<'_>, notes: &mut Notes) -> Self {
                match kind {
                    $($port_kind => Self::$port_variant(Box::new($port_type::read(data, notes))),)*
                    _ => Self::Other(data.payload.into()),
                }
            }
        }
    };
}

link_data! {
    devices {
        /// A bridge.
        Bridge(Bridge) = b"bridge",
        /// A VXLAN tunnel.
        Vxlan(Vxlan) = b"vxlan",
        /// A macvlan or macvtap.
        Macvlan(Macvlan) = b"macvlan" | b"macvtap",
        /// A VLAN.
        Vlan(Vlan) = b"vlan",
        /// A tun or tap device.
        Tun(Tun) = b"tun",
        /// A bond.
        Bond(Bond) = b"bond",
        /// A VRF.
        Vrf(Vrf) = b"vrf",
        /// An ipvlan or ipvtap.
        Ipvlan(Ipvlan) = b"ipvlan" | b"ipvtap",
        /// A GRE or ERSPAN tunnel over IPv4.
        Gre(Gre) = b"gre" | b"gretap" | b"erspan",
        /// A GRE or ERSPAN tunnel over IPv6.
        Ip6Gre(Gre) = b"ip6gre" | b"ip6gretap" | b"ip6erspan",
        /// A tunnel of IP over IPv4.
        IpTunnel(IpTunnel) = b"ipip" | b"sit",
        /// A tunnel of IP over IPv6.
        Ip6Tunnel(IpTunnel) = b"ip6tnl",
        /// A virtual tunnel interface of IPsec.
        Vti(Vti) = b"vti" | b"vti6",
        /// An interface of IPsec.
        Xfrm(Xfrm) = b"xfrm",
        /// A Geneve tunnel.
        Geneve(Geneve) = b"geneve",
        /// A tunnel over UDP without a header of its own.
        Bareudp(Bareudp) = b"bareudp",
        /// A GTP-U tunnel.
        Gtp(Gtp) = b"gtp",
        /// Automatic multicast tunnelling.
        Amt(Amt) = b"amt",
        /// MACsec.
        Macsec(Macsec) = b"macsec",
        /// High-availability seamless redundancy.
        Hsr(Hsr) = b"hsr",
        /// Netkit.
        Netkit(Netkit) = b"netkit",
        /// A controller area network.
        Can(Can) = b"can",
        /// IP over InfiniBand.
        Ipoib(Ipoib) = b"ipoib",
        /// One of several links over a modem.
        Rmnet(Rmnet) = b"rmnet",
        /// A port of a switch.
        Dsa(Dsa) = b"dsa",
        /// A link over a wireless modem.
        Wwan(Wwan) = b"wwan",
    }
    ports {
        /// A port of a bridge.
        BridgePort(BridgePort) = b"bridge",
        /// A port of a bond.
        BondPort(BondPort) = b"bond",
        /// A port of a VRF.
        VrfPort(VrfPort) = b"vrf",
    }
}

fn two_u32(attribute: &Attribute<'_>, notes: &mut Notes) -> Option<(u32, u32)> {
    attribute
        .array(notes)
        .map(|[a, b, c, d, e, f, g, h]| (u32::from_ne_bytes([a, b, c, d]), u32::from_ne_bytes([e, f, g, h])))
}

fn two_u16(attribute: &Attribute<'_>, notes: &mut Notes) -> Option<(u16, u16)> {
    attribute.array(notes).map(|[a, b, c, d]| (u16::from_ne_bytes([a, b]), u16::from_ne_bytes([c, d])))
}

fn octets_u16(attribute: &Attribute<'_>, _: &mut Notes) -> Option<Vec<u16>> {
    Some(attribute.numbers::<2>().map(u16::from_ne_bytes).collect())
}

fn octets_u32(attribute: &Attribute<'_>, _: &mut Notes) -> Option<Vec<u32>> {
    Some(attribute.numbers::<4>().map(u32::from_ne_bytes).collect())
}

// linux/if_link.h
const IFLA_INFO_KIND: u16 = 1;
const IFLA_INFO_DATA: u16 = 2;
const IFLA_INFO_SLAVE_KIND: u16 = 4;
const IFLA_INFO_SLAVE_DATA: u16 = 5;

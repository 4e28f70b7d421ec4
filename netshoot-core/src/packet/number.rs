//! Numbers that name a protocol: kept whatever their value, with constants for those that have a meaning here.

use core::fmt;

/// An EtherType (IEEE 802 numbers, as assigned by IANA and the IEEE).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(transparent)]
pub struct EtherType(pub u16);

impl EtherType {
    /// IPv4.
    pub const IPV4: Self = Self(0x0800);
    /// Address resolution protocol.
    pub const ARP: Self = Self(0x0806);
    /// Reverse ARP (RFC 903), whose messages have the format of ARP.
    pub const REVERSE_ARP: Self = Self(0x8035);
    /// IEEE 802.1Q customer tag.
    pub const VLAN: Self = Self(0x8100);
    /// Ethernet inside of a tunnel.
    pub const TRANSPARENT_ETHERNET: Self = Self(0x6558);
    /// IPv6.
    pub const IPV6: Self = Self(0x86dd);
    /// PPP.
    pub const PPP: Self = Self(0x880b);
    /// IEEE 802.3 slow protocols.
    pub const SLOW: Self = Self(0x8809);
    /// MPLS.
    pub const MPLS: Self = Self(0x8847);
    /// MPLS with a label that the upstream router assigned, once "multicast" (RFC 5332).
    pub const MPLS_UPSTREAM: Self = Self(0x8848);
    /// PPP over Ethernet: discovery.
    pub const PPPOE_DISCOVERY: Self = Self(0x8863);
    /// PPP over Ethernet: a session.
    pub const PPPOE_SESSION: Self = Self(0x8864);
    /// ERSPAN, types I and II.
    pub const ERSPAN: Self = Self(0x88be);
    /// A backbone's service tag (IEEE 802.1ah), not entered.
    pub const BACKBONE: Self = Self(0x88e7);
    /// Ethernet over IP of MikroTik, in version 1 of GRE.
    pub const EOIP: Self = Self(0x6400);
    /// IPv4 that a cache was asked to take, behind GRE (WCCP).
    pub const WCCP: Self = Self(0x883e);
    /// Link layer discovery protocol.
    pub const LLDP: Self = Self(0x88cc);
    /// IEEE 802.1AE.
    pub const MACSEC: Self = Self(0x88e5);
    /// ERSPAN, type III.
    pub const ERSPAN_III: Self = Self(0x22eb);
    /// IEEE 802.1ad service tag.
    pub const SERVICE_VLAN: Self = Self(0x88a8);
    /// The tag used for stacking before IEEE 802.1ad.
    pub const QINQ: Self = Self(0x9100);

    /// Whether a VLAN tag follows.
    #[must_use]
    pub const fn is_vlan(self) -> bool {
        matches!(self, Self::VLAN | Self::SERVICE_VLAN | Self::QINQ)
    }

    /// The smallest EtherType: below it the field is an IEEE 802.3 length or undefined.
    pub(super) const FIRST: u16 = 0x0600;
}

impl fmt::Display for EtherType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::IPV4 => f.write_str("IPv4"),
            Self::ARP => f.write_str("ARP"),
            Self::REVERSE_ARP => f.write_str("Reverse ARP"),
            Self::VLAN => f.write_str("802.1Q"),
            Self::IPV6 => f.write_str("IPv6"),
            Self::SERVICE_VLAN => f.write_str("802.1Q-QinQ"),
            Self::QINQ => f.write_str("802.1Q-9100"),
            Self(number) => write!(f, "0x{number:04x}"),
        }
    }
}

impl fmt::Debug for EtherType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EtherType(0x{:04x})", self.0)
    }
}

/// An IP protocol number, or an IPv6 next-header value (IANA protocol numbers).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(transparent)]
pub struct IpProtocol(pub u8);

impl IpProtocol {
    /// IPv6 hop-by-hop options (RFC 8200 section 4.3).
    pub const HOP_BY_HOP: Self = Self(0);
    /// ICMP for IPv4.
    pub const ICMP: Self = Self(1);
    /// IGMP.
    pub const IGMP: Self = Self(2);
    /// IPv4 in IP.
    pub const IPIP: Self = Self(4);
    /// TCP.
    pub const TCP: Self = Self(6);
    /// UDP.
    pub const UDP: Self = Self(17);
    /// IPv6 in IP.
    pub const IPV6: Self = Self(41);
    /// DCCP.
    pub const DCCP: Self = Self(33);
    /// IPv6 routing header.
    pub const ROUTING: Self = Self(43);
    /// IPv6 fragment header.
    pub const FRAGMENT: Self = Self(44);
    /// Generic routing encapsulation.
    pub const GRE: Self = Self(47);
    /// Encapsulating security payload.
    pub const ESP: Self = Self(50);
    /// Authentication header (RFC 4302).
    pub const AUTHENTICATION: Self = Self(51);
    /// ICMP for IPv6.
    pub const ICMPV6: Self = Self(58);
    /// No next header (RFC 8200 section 4.7).
    pub const NO_NEXT_HEADER: Self = Self(59);
    /// IPv6 destination options.
    pub const DESTINATION_OPTIONS: Self = Self(60);
    /// OSPF.
    pub const OSPF: Self = Self(89);
    /// PIM.
    pub const PIM: Self = Self(103);
    /// VRRP.
    pub const VRRP: Self = Self(112);
    /// L2TP, version 3.
    pub const L2TP: Self = Self(115);
    /// SCTP.
    pub const SCTP: Self = Self(132);
    /// UDP-Lite.
    pub const UDP_LITE: Self = Self(136);
    /// MPLS in IP (RFC 4023).
    pub const MPLS: Self = Self(137);
    /// Shim6 (RFC 5533).
    pub const SHIM6: Self = Self(140);

    /// The name in /etc/protocols, for the protocols that have a constant here.
    #[must_use]
    pub const fn name(self) -> Option<&'static str> {
        Some(match self {
            Self::HOP_BY_HOP => "hopopt",
            Self::ICMP => "icmp",
            Self::IGMP => "igmp",
            Self::IPIP => "ipencap",
            Self::TCP => "tcp",
            Self::UDP => "udp",
            Self::IPV6 => "ipv6",
            Self::ROUTING => "ipv6-route",
            Self::FRAGMENT => "ipv6-frag",
            Self::GRE => "gre",
            Self::ESP => "esp",
            Self::AUTHENTICATION => "ah",
            Self::ICMPV6 => "ipv6-icmp",
            Self::NO_NEXT_HEADER => "ipv6-nonxt",
            Self::DESTINATION_OPTIONS => "ipv6-opts",
            Self::DCCP => "dccp",
            Self::OSPF => "ospf",
            Self::PIM => "pim",
            Self::VRRP => "vrrp",
            Self::L2TP => "l2tp",
            Self::UDP_LITE => "udplite",
            Self::MPLS => "mpls-in-ip",
            Self::SCTP => "sctp",
            Self::SHIM6 => "shim6",
            _ => return None,
        })
    }

    /// Whether the number names an IPv6 extension header that the parser walks over.
    #[must_use]
    pub const fn is_extension(self) -> bool {
        matches!(
            self,
            Self::HOP_BY_HOP
                | Self::ROUTING
                | Self::FRAGMENT
                | Self::AUTHENTICATION
                | Self::DESTINATION_OPTIONS
                | Self::SHIM6
        )
    }
}

impl fmt::Display for IpProtocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "{}", self.0),
        }
    }
}

impl fmt::Debug for IpProtocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IpProtocol({self})")
    }
}

/// A 48-bit IEEE MAC address.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(transparent)]
pub struct MacAddress(pub [u8; 6]);

impl fmt::Display for MacAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

impl fmt::Debug for MacAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MacAddress({self})")
    }
}

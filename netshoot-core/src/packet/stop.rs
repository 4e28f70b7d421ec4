//! Why and where the parser stopped.

use core::fmt;

/// A layer that the parser knows by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
#[non_exhaustive]
pub enum Layer {
    /// The frame itself, before any header: its link type is not one the parser enters.
    Frame = 0,
    /// Ethernet II or the MAC header of IEEE 802.3.
    Ethernet = 1,
    /// An IEEE 802.1Q or 802.1ad tag.
    Vlan = 2,
    /// IEEE 802.2 logical link control.
    Llc = 3,
    /// Subnetwork access protocol, which carries an EtherType behind LLC.
    Snap = 4,
    /// Linux cooked capture header, version 1.
    LinuxSll = 5,
    /// Linux cooked capture header, version 2.
    LinuxSll2 = 6,
    /// BSD loopback header (NULL or LOOP).
    Null = 7,
    /// A header of the kernel's netfilter log (NFLOG) with its attributes.
    Nflog = 8,
    /// PPP over Ethernet (RFC 2516).
    Pppoe = 9,
    /// Point-to-point protocol (RFC 1661): its protocol field, and address and control where they are sent.
    Ppp = 10,
    /// One label of a stack of MPLS (RFC 3032).
    Mpls = 11,
    /// IEEE 802.1AE (MACsec), not entered.
    Macsec = 12,
    /// Link layer discovery protocol (IEEE 802.1AB), not entered.
    Lldp = 13,
    /// IEEE 802.3 slow protocols, LACP among them, not entered.
    Slow = 14,
    /// Spanning tree protocol (IEEE 802.1D), not entered.
    Stp = 15,
    /// Address resolution protocol (RFC 826).
    Arp = 16,
    /// IPv4 (RFC 791).
    Ipv4 = 17,
    /// IPv6 (RFC 8200).
    Ipv6 = 18,
    /// An IPv6 extension header or an IP authentication header.
    Extension = 19,
    /// TCP (RFC 9293).
    Tcp = 32,
    /// UDP (RFC 768).
    Udp = 33,
    /// ICMP for IPv4 (RFC 792).
    Icmpv4 = 34,
    /// ICMP for IPv6 (RFC 4443).
    Icmpv6 = 35,
    /// SCTP (RFC 9260).
    Sctp = 36,
    /// UDP-Lite (RFC 3828).
    UdpLite = 37,
    /// IGMP (RFC 3376).
    Igmp = 38,
    /// Encapsulating security payload (RFC 4303).
    Esp = 39,
    /// DCCP (RFC 4340), not entered.
    Dccp = 40,
    /// VRRP (RFC 5798), not entered.
    Vrrp = 41,
    /// L2TP, not entered: directly over IP (RFC 3931), or a message over UDP (RFC 2661).
    L2tp = 42,
    /// OSPF (RFC 2328), not entered.
    Ospf = 43,
    /// PIM (RFC 7761), not entered.
    Pim = 44,
    /// The extensions of an ICMP error (RFC 4884).
    IcmpExtension = 45,
    /// A DNS message (RFC 1035).
    Dns = 48,
    /// Records of TLS and the messages in them (RFC 8446, RFC 5246).
    Tls = 49,
    /// Packets of QUIC (RFC 9000).
    Quic = 50,
    /// The head of an HTTP/1 message (RFC 9112).
    Http = 51,
    /// A message of DHCP for IPv4 (RFC 2131), or of BOOTP.
    Dhcp = 52,
    /// A message of DHCP for IPv6 (RFC 8415), its options not entered.
    Dhcpv6 = 53,
    /// A message of WireGuard, encrypted.
    WireGuard = 54,
    /// Generic routing encapsulation (RFC 2784, RFC 2890; version 1 of RFC 2637).
    Gre = 64,
    /// A header of ERSPAN behind GRE.
    Erspan = 65,
    /// VXLAN (RFC 7348).
    Vxlan = 66,
    /// VXLAN with a protocol field (draft-ietf-nvo3-vxlan-gpe).
    VxlanGpe = 67,
    /// Geneve (RFC 8926) with its options.
    Geneve = 68,
    /// GTP-U (3GPP TS 29.281) with its extension headers.
    Gtp = 69,
    /// Indications of Teredo (RFC 4380).
    Teredo = 70,
    /// The control word of a pseudo-wire (RFC 4448), or nothing where it has none.
    PseudoWire = 71,
}

/// Who set the end that the parser ran into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
#[non_exhaustive]
pub enum Limit {
    /// The capture cut the packet (snap length): the octets were on the wire, but not recorded.
    CaptureLength = 1,
    /// The frame ended on the wire before the header was complete.
    FrameLength = 2,
    /// A length field of an outer header ends the packet here.
    LengthField = 3,
    /// A field of this layer's header contradicts the format.
    Malformed = 4,
    /// The next protocol is not one the parser enters.
    UnknownProtocol = 5,
    /// The rest is in another IP fragment.
    Fragment = 6,
    /// Too many headers are nested.
    Depth = 7,
}

/// Where the parser stopped before the payload of a transport layer, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Stop {
    /// The layer that could not be read or, for an unknown protocol or a fragment, the one that carries it.
    pub layer: Layer,
    /// Octets from the start of the frame to the header or field concerned.
    pub offset: u32,
    /// Octets needed from `offset` on; 0 where that cannot be said.
    pub needed: u32,
    /// Octets available from `offset` on.
    pub available: u32,
    /// Who set the end.
    pub limit: Limit,
}

impl Stop {
    /// Whether octets are missing, rather than wrong or of an unknown protocol.
    #[must_use]
    pub const fn is_truncation(&self) -> bool {
        matches!(self.limit, Limit::CaptureLength | Limit::FrameLength | Limit::LengthField)
    }

    /// The same, of octets that begin at `offset`.
    pub(crate) fn moved(self, offset: usize) -> Self {
        Self { offset: self.offset.saturating_add(u32::try_from(offset).unwrap_or(u32::MAX)), ..self }
    }
}

impl Layer {
    /// The name in the words of Wireshark's `frame.protocols`, lower case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Frame => "frame",
            Self::Ethernet => "eth",
            Self::Vlan => "vlan",
            Self::Llc => "llc",
            Self::Snap => "snap",
            Self::LinuxSll => "sll",
            Self::LinuxSll2 => "sll2",
            Self::Null => "null",
            Self::Nflog => "nflog",
            Self::Pppoe => "pppoe",
            Self::Ppp => "ppp",
            Self::Mpls => "mpls",
            Self::Macsec => "macsec",
            Self::Lldp => "lldp",
            Self::Slow => "slow",
            Self::Stp => "stp",
            Self::Arp => "arp",
            Self::Ipv4 => "ip",
            Self::Ipv6 => "ipv6",
            Self::Extension => "extension",
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Icmpv4 => "icmp",
            Self::Icmpv6 => "icmpv6",
            Self::Sctp => "sctp",
            Self::UdpLite => "udplite",
            Self::Igmp => "igmp",
            Self::Esp => "esp",
            Self::Dccp => "dccp",
            Self::Vrrp => "vrrp",
            Self::L2tp => "l2tp",
            Self::Ospf => "ospf",
            Self::Pim => "pim",
            Self::IcmpExtension => "icmp.ext",
            Self::Dns => "dns",
            Self::Tls => "tls",
            Self::Quic => "quic",
            Self::Http => "http",
            Self::Dhcp => "dhcp",
            Self::Dhcpv6 => "dhcpv6",
            Self::WireGuard => "wg",
            Self::Gre => "gre",
            Self::Erspan => "erspan",
            Self::Vxlan => "vxlan",
            Self::VxlanGpe => "vxlan_gpe",
            Self::Geneve => "geneve",
            Self::Gtp => "gtp",
            Self::Teredo => "teredo",
            Self::PseudoWire => "pw",
        }
    }
}

impl Layer {
    /// What a port of the user's can stand for: applications, tunnels over UDP, and `none`.
    pub const OF_PORTS: [Self; 15] = [
        Self::Frame,
        Self::Dns,
        Self::Tls,
        Self::Quic,
        Self::Http,
        Self::Dhcp,
        Self::Dhcpv6,
        Self::WireGuard,
        Self::L2tp,
        Self::Gre,
        Self::Vxlan,
        Self::VxlanGpe,
        Self::Geneve,
        Self::Gtp,
        Self::Teredo,
    ];

    /// The one of [`OF_PORTS`](Self::OF_PORTS) that is called `name`; `none` is [`Layer::Frame`].
    #[must_use]
    pub fn of_port_name(name: &str) -> Option<Self> {
        Self::OF_PORTS.into_iter().find(|layer| layer.port_name() == name)
    }

    /// Its name as what a port stands for: `none`, or [`name`](Self::name).
    #[must_use]
    pub const fn port_name(self) -> &'static str {
        if matches!(self, Self::Frame) { "none" } else { self.name() }
    }

    pub(super) const fn is_tunnel(self) -> bool {
        matches!(self, Self::Gre | Self::Vxlan | Self::VxlanGpe | Self::Geneve | Self::Gtp | Self::Teredo)
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { layer, offset, needed, available, limit } = *self;
        match limit {
            Limit::UnknownProtocol => write!(f, "{layer} at offset {offset} carries an unknown protocol"),
            Limit::Fragment => write!(f, "{layer} at offset {offset} is a fragment: the rest is in other packets"),
            Limit::Depth => write!(f, "{layer} at offset {offset} is nested too deeply"),
            Limit::Malformed => write!(f, "{layer} at offset {offset} is malformed"),
            Limit::CaptureLength | Limit::FrameLength | Limit::LengthField => {
                let who = match limit {
                    Limit::CaptureLength => "captured",
                    Limit::FrameLength => "in the frame",
                    _ => "left by an outer length field",
                };
                write!(f, "{layer} at offset {offset} needs {needed} octets, {available} {who}")
            }
        }
    }
}

impl core::error::Error for Stop {}

//! Packets written from headers: for probes and tests, and to write a packet back that was taken apart and changed.
//!
//! Lengths, checksums and the numbers of the next protocols come out right by themselves, unless a header says what they
//! shall be. What has no header of its own here is written as it stands ([`Header::Raw`]).
//!
//! ```
//! use netshoot_core::packet::build::{Builder, Header, Ipv4Header, TcpHeader};
//! use netshoot_core::packet::{Layer, LinkType, Packet, TcpFlags};
//!
//! let ip = Ipv4Header { source: [10, 0, 0, 1].into(), destination: [10, 0, 0, 2].into(), ..Ipv4Header::default() };
//! let tcp = TcpHeader { source_port: 40_000, destination_port: 80, flags: TcpFlags::SYN, ..TcpHeader::default() };
//! let headers = [Header::Ipv4(ip), Header::Tcp(tcp)];
//! let builder = Builder { headers: &headers, payload: b"early", trailer: b"" };
//! let mut bytes = [0; 64];
//! let length = builder.write_to(&mut bytes).expect("there is room");
//!
//! let packet = Packet::parse(LinkType::RAW, &bytes[..length], length as u32);
//! assert_eq!(packet.payload().bytes, b"early");
//! assert!(packet.checksums().all(|checksum| checksum.computed == Some(checksum.found)));
//! // And back: each header with nothing in it that is not as it would come out by itself.
//! assert!(packet.headers().eq(headers));
//! ```

mod apart;
mod write;

use core::net::{Ipv4Addr, Ipv6Addr};

pub use apart::Headers;

use super::{EtherType, IpProtocol, MacAddress, TcpFlags};

/// A packet to be written: headers from the outermost on, what they carry, and what stands behind that in the frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Builder<'a> {
    /// The headers, outermost first.
    pub headers: &'a [Header<'a>],
    /// What the innermost carries.
    pub payload: &'a [u8],
    /// What belongs to no datagram: padding, a frame check sequence.
    pub trailer: &'a [u8],
}

/// A header to be written. A field that is `None` is made from what follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Header<'a> {
    /// Octets as they stand.
    Raw(&'a [u8]),
    /// The MAC header of Ethernet.
    Ethernet {
        /// Who sent the frame.
        source: MacAddress,
        /// Who shall have it.
        destination: MacAddress,
        /// What follows.
        ether_type: Option<EtherType>,
    },
    /// A VLAN tag, or a service tag.
    Vlan {
        /// The EtherType by which the tag is known: 0x8100, 0x88a8.
        protocol: EtherType,
        /// Priority, eligibility to be dropped and identifier.
        control: u16,
        /// What follows.
        ether_type: Option<EtherType>,
    },
    /// A label of MPLS.
    Mpls {
        /// 20 bits.
        label: u32,
        /// 3 bits.
        traffic_class: u8,
        /// Time to live.
        time_to_live: u8,
        /// Whether it is the last.
        bottom: Option<bool>,
    },
    /// IPv4.
    Ipv4(Ipv4Header<'a>),
    /// IPv6.
    Ipv6(Ipv6Header),
    /// An extension header of IPv6, or an authentication header.
    Extension {
        /// Which it is.
        protocol: IpProtocol,
        /// All its octets; the first is what follows.
        octets: &'a [u8],
        /// What follows.
        next_header: Option<IpProtocol>,
    },
    /// GRE of version 0.
    Gre {
        /// What follows.
        protocol: Option<EtherType>,
        /// Whether it has a checksum.
        has_checksum: bool,
        /// The checksum.
        checksum: Option<u16>,
        /// The key, if it has one.
        key: Option<u32>,
        /// The number of the packet, if it has one.
        sequence_number: Option<u32>,
    },
    /// TCP.
    Tcp(TcpHeader<'a>),
    /// UDP.
    Udp {
        /// The source port.
        source_port: u16,
        /// The destination port.
        destination_port: u16,
        /// Octets of header and payload.
        length: Option<u16>,
        /// The checksum; 0 is none.
        checksum: Option<u16>,
    },
    /// ICMP for IPv4.
    Icmpv4(IcmpHeader),
    /// ICMP for IPv6.
    Icmpv6(IcmpHeader),
    /// The common header of SCTP; the chunks are payload.
    Sctp {
        /// The source port.
        source_port: u16,
        /// The destination port.
        destination_port: u16,
        /// The tag by which the receiver knows the association.
        verification_tag: u32,
        /// The checksum.
        checksum: Option<u32>,
    },
}

/// A header of IPv4 to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ipv4Header<'a> {
    /// DSCP and ECN.
    pub type_of_service: u8,
    /// Octets of header and payload.
    pub total_length: Option<u16>,
    /// Identification of the datagram.
    pub identification: u16,
    /// Flags and fragment offset: 0x4000 is "don't fragment".
    pub fragment: u16,
    /// Time to live: 64 at first.
    pub time_to_live: u8,
    /// What follows.
    pub protocol: Option<IpProtocol>,
    /// The header's checksum.
    pub checksum: Option<u16>,
    /// The source address.
    pub source: Ipv4Addr,
    /// The destination address.
    pub destination: Ipv4Addr,
    /// The options, of which 40 octets fit; filled up with zeros to whole units of four.
    pub options: &'a [u8],
}

impl Default for Ipv4Header<'_> {
    fn default() -> Self {
        let nowhere = Ipv4Addr::UNSPECIFIED;
        Self {
            type_of_service: 0,
            total_length: None,
            identification: 0,
            fragment: 0,
            time_to_live: 64,
            protocol: None,
            checksum: None,
            source: nowhere,
            destination: nowhere,
            options: &[],
        }
    }
}

/// A header of IPv6 to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ipv6Header {
    /// DSCP and ECN.
    pub traffic_class: u8,
    /// 20 bits.
    pub flow_label: u32,
    /// Octets behind the header.
    pub payload_length: Option<u16>,
    /// What follows.
    pub next_header: Option<IpProtocol>,
    /// Hop limit: 64 at first.
    pub hop_limit: u8,
    /// The source address.
    pub source: Ipv6Addr,
    /// The destination address.
    pub destination: Ipv6Addr,
}

impl Default for Ipv6Header {
    fn default() -> Self {
        let nowhere = Ipv6Addr::UNSPECIFIED;
        Self {
            traffic_class: 0,
            flow_label: 0,
            payload_length: None,
            next_header: None,
            hop_limit: 64,
            source: nowhere,
            destination: nowhere,
        }
    }
}

/// A header of TCP to be written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TcpHeader<'a> {
    /// The source port.
    pub source_port: u16,
    /// The destination port.
    pub destination_port: u16,
    /// Sequence number of the first octet of the payload, or of the SYN.
    pub sequence_number: u32,
    /// What is expected of the other end.
    pub acknowledgment_number: u32,
    /// The control bits.
    pub flags: TcpFlags,
    /// The window field, unscaled.
    pub window: u16,
    /// The checksum.
    pub checksum: Option<u16>,
    /// Urgent pointer.
    pub urgent_pointer: u16,
    /// The options, of which 40 octets fit; filled up with zeros to whole units of four.
    pub options: &'a [u8],
}

/// A header of ICMP to be written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IcmpHeader {
    /// The type.
    pub message_type: u8,
    /// The code.
    pub code: u8,
    /// The checksum.
    pub checksum: Option<u16>,
    /// The four octets behind it.
    pub rest_of_header: [u8; 4],
}

impl Header<'_> {
    /// Octets of the header.
    #[must_use]
    pub fn header_len(&self) -> usize {
        match self {
            Self::Raw(octets) | Self::Extension { octets, .. } => octets.len(),
            Self::Ethernet { .. } => 14,
            Self::Vlan { .. } | Self::Mpls { .. } => 4,
            Self::Ipv4(ip) => 20 + ip.options.len().next_multiple_of(4),
            Self::Ipv6(_) => 40,
            Self::Gre { has_checksum, key, sequence_number, .. } => {
                let fields =
                    usize::from(*has_checksum) + usize::from(key.is_some()) + usize::from(sequence_number.is_some());
                4 + 4 * fields
            }
            Self::Tcp(tcp) => 20 + tcp.options.len().next_multiple_of(4),
            Self::Udp { .. } | Self::Icmpv4(_) | Self::Icmpv6(_) => 8,
            Self::Sctp { .. } => 12,
        }
    }

    /// The EtherType by which this header is announced.
    fn as_ether_type(&self) -> Option<EtherType> {
        Some(match self {
            Self::Vlan { protocol, .. } => *protocol,
            Self::Mpls { .. } => EtherType::MPLS,
            Self::Ipv4(_) => EtherType::IPV4,
            Self::Ipv6(_) => EtherType::IPV6,
            Self::Ethernet { .. } => EtherType::TRANSPARENT_ETHERNET,
            _ => return None,
        })
    }

    /// The number of IP by which this header is announced.
    fn as_protocol(&self) -> Option<IpProtocol> {
        Some(match self {
            Self::Ipv4(_) => IpProtocol::IPIP,
            Self::Ipv6(_) => IpProtocol::IPV6,
            Self::Extension { protocol, .. } => *protocol,
            Self::Gre { .. } => IpProtocol::GRE,
            Self::Mpls { .. } => IpProtocol::MPLS,
            Self::Tcp(_) => IpProtocol::TCP,
            Self::Udp { .. } => IpProtocol::UDP,
            Self::Icmpv4(_) => IpProtocol::ICMP,
            Self::Icmpv6(_) => IpProtocol::ICMPV6,
            Self::Sctp { .. } => IpProtocol::SCTP,
            _ => return None,
        })
    }
}

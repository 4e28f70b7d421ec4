//! Octets to typed views: one parser, which never fails.
//!
//! [`Packet::parse`] walks a frame from its first octet inwards and keeps a small table of offsets, the [`Layout`]. Views
//! such as [`Tcp`] are made from it on demand; their accessors are plain loads that cannot panic. Where the walk ended
//! early, [`Packet::stopped`] says at which layer and offset, what was missing and who set the limit.
//!
//! Two lengths are kept everywhere: what was captured, and what was on the wire. A packet cut by the snap length is data,
//! not an error. Nothing here allocates, nothing is unsafe, and only `core` is needed.
//!
//! ```
//! use netshoot_core::packet::{LinkType, Packet};
//!
//! # let frame: &[u8] = &[
//! #     0x02, 0, 0, 0, 0, 2, 0x02, 0, 0, 0, 0, 1, 0x08, 0, 0x45, 0, 0, 0x28, 0, 1, 0x40, 0, 0x40, 6, 0, 0, 10, 0, 0, 1, 10,
//! #     0, 0, 2, 0x9c, 0x40, 0, 80, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 2, 0xff, 0xff, 0, 0, 0, 0,
//! # ];
//! let packet = Packet::parse(LinkType::ETHERNET, frame, frame.len() as u32);
//! let tcp = packet.tcp().expect("a TCP segment");
//! assert_eq!(tcp.destination_port(), 80);
//! assert_eq!(packet.to_string(), "IP 10.0.0.1.40000 > 10.0.0.2.80: Flags [S], seq 1, win 65535, length 0");
//! ```
#![forbid(unsafe_code)]

mod arp;
pub mod build;
mod bytes;
mod checksum;
#[cfg_attr(not(feature = "std"), allow(dead_code))]
pub(crate) mod cursor;
mod details;
pub mod dhcp;
mod display;
pub mod dns;
mod ethernet;
mod fast;
mod flow;
mod icmp;
mod ipv4;
mod ipv6;
mod layers;
mod layout;
mod link;
mod neighbor;
mod number;
mod parse;
mod stop;
mod sum;
mod tcp;
mod transport;
mod tunnel;
mod udp;
mod verbose;

pub use arp::Arp;
#[cfg(feature = "std")]
pub(crate) use checksum::internet_checksum;
pub use checksum::{Checksum, ChecksumStatus};
pub use details::Details;
pub use display::Named;
pub(crate) use display::{Names, Style};
pub use ethernet::{Ethernet, LinuxSll, Vlan};
pub use flow::FiveTuple;
pub(crate) use flow::FlowKey;
pub use icmp::{Icmp, IcmpExtensions, IcmpInterface, IcmpObject, IcmpObjectValue, IcmpObjects, MplsLabels};
pub use ipv4::Ipv4;
pub use ipv6::{Extension, Extensions, Fragment, Ipv6};
pub use layers::{LayerRef, Layers};
pub use layout::Layout;
pub use link::LinkType;
pub use neighbor::{Addresses, Domains, NeighborOption, NeighborOptions, RouterAdvertisement};
pub use number::{EtherType, IpProtocol, MacAddress};
pub use stop::{Layer, Limit, Stop};
pub use tcp::{BadOption, SackBlocks, Tcp, TcpFlags, TcpOption, TcpOptions};
pub use transport::{Esp, Igmp, Sctp, SctpChunk, SctpChunks, UdpLite};
pub use tunnel::{Erspan, Geneve, GeneveOption, Gre, Gtp, MplsLabel, Pppoe, Tunnels, Vxlan};
pub use udp::Udp;

use core::net::IpAddr;

use bytes::{array, range};
use ethernet::SllFields;

/// A frame and what parsing it found.
#[derive(Clone, Copy, Debug)]
pub struct Packet<'a> {
    bytes: &'a [u8],
    original_length: u32,
    layout: Layout,
    /// The headers that `layout` points at, so that accessors need not look them up again.
    network: Network<'a>,
    transport: Transport<'a>,
}

/// A network header whose fixed octets are there.
#[derive(Clone, Copy, Debug)]
enum Network<'a> {
    None,
    Arp(&'a [u8; 8]),
    Ipv4(&'a [u8; 20]),
    Ipv6(&'a [u8; 40]),
}

/// A transport header whose fixed octets are there.
#[derive(Clone, Copy, Debug)]
enum Transport<'a> {
    None,
    Tcp(&'a [u8; 20]),
    Udp(&'a [u8; 8]),
    Icmpv4(&'a [u8; 8]),
    Icmpv6(&'a [u8; 8]),
}

impl<'a> Packet<'a> {
    /// Parses `bytes`, the captured octets of a frame that starts with a header of type `link_type`.
    ///
    /// `original_length` is the frame's length on the wire in octets; a value below `bytes.len()` counts as that. Any
    /// input gives a packet; see [`stopped`](Self::stopped).
    #[inline]
    #[must_use]
    pub fn parse(link_type: LinkType, bytes: &'a [u8], original_length: u32) -> Self {
        let usual = if link_type == LinkType::ETHERNET { fast::ethernet(bytes, original_length) } else { None };
        // Each is made where it is returned: together they would be copied, and the copy wait for its octets.
        match usual {
            Some((layout, network, transport)) => Self { bytes, original_length, layout, network, transport },
            None => Self::parse_unusual(link_type, bytes, original_length),
        }
    }

    #[inline(never)]
    fn parse_unusual(link_type: LinkType, bytes: &'a [u8], original_length: u32) -> Self {
        let (layout, network, transport) = parse::parse(link_type, bytes, original_length);
        Self { bytes, original_length, layout, network, transport }
    }

    /// The same packet, or where and why parsing stopped before the payload of a transport layer.
    ///
    /// # Errors
    /// The [`Stop`] that [`stopped`](Self::stopped) gives.
    pub fn strict(self) -> Result<Self, Stop> {
        match self.stopped() {
            Some(stop) => Err(stop),
            None => Ok(self),
        }
    }

    /// Where and why parsing stopped before the payload of a transport layer.
    #[must_use]
    pub fn stopped(&self) -> Option<Stop> {
        self.layout.stop()
    }

    /// The captured octets, from the link header to the end of any trailer.
    #[must_use]
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Octets of the frame on the wire.
    #[must_use]
    pub fn original_length(&self) -> u32 {
        self.original_length.max(u32::try_from(self.bytes.len()).unwrap_or(u32::MAX))
    }

    /// The table of offsets.
    #[must_use]
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The layers that are there, outermost first.
    #[must_use]
    pub fn layers(&self) -> Layers<'a, 'static> {
        self.layers_by(&Tunnels::default())
    }

    /// As [`layers`](Self::layers), with a depth and ports of the caller's.
    #[must_use]
    pub fn layers_by<'t>(&self, tunnels: &Tunnels<'t>) -> Layers<'a, 't> {
        Layers::new(*self, *tunnels)
    }

    /// The MAC header, on Ethernet.
    #[inline]
    #[must_use]
    pub fn ethernet(&self) -> Option<Ethernet<'a>> {
        if self.layout.link_kind != Some(Layer::Ethernet) {
            return None;
        }
        array(self.bytes, usize::from(self.layout.link)).map(|header| Ethernet { header })
    }

    /// The header of a Linux cooked capture.
    #[must_use]
    pub fn linux_sll(&self) -> Option<LinuxSll<'a>> {
        let fields = match self.layout.link_kind? {
            Layer::LinuxSll => SllFields::V1(array(self.bytes, 0)?),
            Layer::LinuxSll2 => SllFields::V2(array(self.bytes, 0)?),
            _ => return None,
        };
        Some(LinuxSll { fields })
    }

    /// The VLAN tags, outermost first.
    pub fn vlans(&self) -> impl Iterator<Item = Vlan> + use<'a> {
        let (bytes, first) = (self.bytes, usize::from(self.layout.vlan));
        let mut protocol = self.vlan_protocol();
        (0..usize::from(self.layout.vlan_count)).map_while(move |i| {
            let [a, b, c, d] = *array::<4>(bytes, first + 4 * i)?;
            let tag = Vlan { protocol, control: u16::from_be_bytes([a, b]) };
            protocol = EtherType(u16::from_be_bytes([c, d]));
            Some(tag)
        })
    }

    /// The ARP message.
    #[must_use]
    pub fn arp(&self) -> Option<Arp<'a>> {
        let Network::Arp(header) = self.network else { return None };
        let at = usize::from(self.layout.network);
        let view = Arp { header, addresses: &[] };
        Some(Arp { addresses: range(self.bytes, at + Arp::HEADER_LEN, at + view.message_len()), ..view })
    }

    /// The IPv4 header. Its options may be cut by the capture.
    #[inline]
    #[must_use]
    pub fn ipv4(&self) -> Option<Ipv4<'a>> {
        let Network::Ipv4(header) = self.network else { return None };
        let at = usize::from(self.layout.network);
        let view = Ipv4 { header, options: &[] };
        let end = (at + view.header_len()).min(self.layout.captured_end as usize);
        Some(Ipv4 { options: range(self.bytes, at + Ipv4::MIN_HEADER_LEN, end), ..view })
    }

    /// The IPv6 header with the extension headers that the parser walked over.
    #[inline]
    #[must_use]
    pub fn ipv6(&self) -> Option<Ipv6<'a>> {
        let Network::Ipv6(header) = self.network else { return None };
        let start = usize::from(self.layout.network) + Ipv6::HEADER_LEN;
        Some(Ipv6 { header, extensions: range(self.bytes, start, self.extensions_end()) })
    }

    /// The extension headers that the parser walked over, in order: all of IPv6, and the authentication header
    /// (RFC 4302), which IPv4 can have too.
    #[must_use]
    pub fn extensions(&self) -> Extensions<'a> {
        if let Some(ip) = self.ipv6() {
            return ip.extensions();
        }
        match self.ipv4() {
            Some(ip) if ip.protocol() == IpProtocol::AUTHENTICATION => {
                let start = usize::from(self.layout.network) + ip.header_len();
                Extensions::new(ip.protocol(), range(self.bytes, start, self.extensions_end()))
            }
            _ => Extensions::new(IpProtocol::NO_NEXT_HEADER, &[]),
        }
    }

    /// The source and destination of the IP header.
    #[inline]
    #[must_use]
    pub fn ip_addresses(&self) -> Option<(IpAddr, IpAddr)> {
        if let Some(ip) = self.ipv4() {
            return Some((ip.source().into(), ip.destination().into()));
        }
        self.ipv6().map(|ip| (ip.source().into(), ip.destination().into()))
    }

    /// Routers that may still be passed: time to live of IPv4, hop limit of IPv6.
    #[must_use]
    pub fn hop_limit(&self) -> Option<u8> {
        self.ipv4().map(|ip| ip.time_to_live()).or_else(|| self.ipv6().map(|ip| ip.hop_limit()))
    }

    /// The TCP header, if its 20 fixed octets were captured. Its options may be cut.
    #[inline]
    #[must_use]
    pub fn tcp(&self) -> Option<Tcp<'a>> {
        let Transport::Tcp(header) = self.transport else { return None };
        let at = usize::from(self.layout.transport);
        let view = Tcp { header, options: &[] };
        let end = (at + view.header_len()).min(self.layout.captured_end as usize);
        Some(Tcp { options: range(self.bytes, at + Tcp::MIN_HEADER_LEN, end), ..view })
    }

    /// The UDP header.
    #[inline]
    #[must_use]
    pub fn udp(&self) -> Option<Udp<'a>> {
        let Transport::Udp(header) = self.transport else { return None };
        Some(Udp { header })
    }

    /// The ICMP header, for IPv4.
    #[must_use]
    pub fn icmpv4(&self) -> Option<Icmp<'a>> {
        let Transport::Icmpv4(header) = self.transport else { return None };
        Some(Icmp { header })
    }

    /// The ICMP header, for IPv6.
    #[must_use]
    pub fn icmpv6(&self) -> Option<Icmp<'a>> {
        let Transport::Icmpv6(header) = self.transport else { return None };
        Some(Icmp { header })
    }

    /// Source and destination port of TCP, UDP, UDP-Lite, SCTP or DCCP, also where the rest of the header was cut off.
    #[inline]
    #[must_use]
    pub fn ports(&self) -> Option<(u16, u16)> {
        let (Layer::Tcp | Layer::Udp | Layer::UdpLite | Layer::Sctp | Layer::Dccp) = self.layout.transport_kind? else {
            return None;
        };
        let [a, b, c, d] = *self.captured::<4>(usize::from(self.layout.transport))?;
        Some((u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d])))
    }

    /// The DNS message, if the packet is UDP from or to port 53 (DNS), 5353 (mDNS) or 5355 (LLMNR).
    #[must_use]
    pub fn dns(&self) -> Option<dns::Message<'a>> {
        let udp = self.udp()?;
        if ![udp.source_port(), udp.destination_port()].into_iter().any(|port| dns::PORTS.contains(&port)) {
            return None;
        }
        dns::Message::parse(self.payload().bytes).ok()
    }

    /// The DHCP message, if the packet is UDP from or to port 67 or 68.
    #[must_use]
    pub fn dhcp(&self) -> Option<dhcp::Message<'a>> {
        let udp = self.udp()?;
        if ![udp.source_port(), udp.destination_port()].into_iter().any(|port| dhcp::PORTS.contains(&port)) {
            return None;
        }
        dhcp::Message::parse(self.payload().bytes).ok()
    }

    /// What follows the innermost header that was read.
    #[inline]
    #[must_use]
    pub fn payload(&self) -> Payload<'a> {
        let start = usize::from(self.layout.payload);
        let mut end = self.layout.reported_end as usize;
        if let (Some(udp), None) = (self.udp(), self.layout.stop_limit) {
            // 0 leaves the length to IP (RFC 2675 section 4).
            if udp.length() != 0 {
                end = end.min(usize::from(self.layout.transport) + usize::from(udp.length()));
            }
        }
        let bytes = range(self.bytes, start, end.min(self.layout.captured_end as usize));
        Payload { bytes, reported_len: end.saturating_sub(start) }
    }

    /// Captured octets behind the datagram: Ethernet padding, a frame check sequence, anything a device appended. Of a
    /// packet inside of another, what is left of that one.
    #[must_use]
    pub fn trailer(&self) -> &'a [u8] {
        let Layout { captured_end, reported_end, outer_end, .. } = self.layout;
        if captured_end < reported_end {
            return &[];
        }
        range(self.bytes, reported_end as usize, outer_end as usize)
    }

    /// End of the extension headers that were walked over.
    #[inline(always)]
    fn extensions_end(&self) -> usize {
        usize::from(match self.layout.transport_kind {
            Some(_) => self.layout.transport,
            None => self.layout.payload,
        })
    }

    /// The `N` octets at `offset`, if they were captured and belong to the datagram.
    #[inline(always)]
    fn captured<const N: usize>(&self, offset: usize) -> Option<&'a [u8; N]> {
        if offset + N > self.layout.captured_end as usize { None } else { array(self.bytes, offset) }
    }

    fn vlan_protocol(&self) -> EtherType {
        if let Some(sll) = self.linux_sll() {
            return sll.protocol();
        }
        if let (None, Some(tunnel)) = (self.layout.link_kind, self.layout.tunnel_kind) {
            return match tunnel {
                Layer::Gre => self.gre().map(|gre| gre.protocol()),
                _ => self.geneve().map(|geneve| geneve.protocol()),
            }
            .unwrap_or(EtherType::VLAN);
        }
        let at = usize::from(self.layout.vlan).saturating_sub(2);
        EtherType(array::<2>(self.bytes, at).map_or(0, |field| u16::from_be_bytes(*field)))
    }
}

/// The octets behind a header, as far as they were captured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payload<'a> {
    /// The captured octets.
    pub bytes: &'a [u8],
    /// Octets on the wire.
    pub reported_len: usize,
}

impl Payload<'_> {
    /// Whether the capture cut the payload.
    #[must_use]
    pub fn is_truncated(&self) -> bool {
        self.bytes.len() < self.reported_len
    }
}

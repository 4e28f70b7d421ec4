//! The parser: one walk from the first octet inwards, filling in a [`Layout`].
//!
//! It never fails: it stops, and says where and why. Every step reads through [`array`], so that a wrong offset can only
//! lead to a stop.

mod tunnels;

use super::bytes::array;
use super::ethernet::LinuxSll;
use super::ipv6::extension_len;
use super::layout::{FRAGMENT, IN_FRAGMENT, LENGTH_EXCEEDS, LENGTH_OPEN, LLC, MORE_FRAGMENTS};
use super::tunnel::Inside;
use super::{
    Arp, EtherType, Icmp, IpProtocol, Ipv4, Ipv6, Layer, Layout, Limit, LinkType, Network, Tcp, Transport, Udp,
};

/// Extension headers that are walked in one packet, as many as any sane sender uses and then some.
const MAX_EXTENSIONS: usize = 16;
/// The largest length in an IEEE 802.3 length field.
const MAX_802_3_LEN: u16 = 1500;

pub(super) fn parse(link: LinkType, bytes: &[u8], original_length: u32) -> (Layout, Network<'_>, Transport<'_>) {
    let captured = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    let reported = original_length.max(captured);
    let mut parser = Parser { bytes, layout: Layout::new(link, captured, reported) };
    match link {
        LinkType::ETHERNET => parser.ethernet(0),
        LinkType::RAW | LinkType::RAW_DLT | LinkType::RAW_OPENBSD => parser.raw(),
        LinkType::IPV4 => parser.ip(0),
        LinkType::IPV6 => parser.ipv6(0),
        LinkType::NULL | LinkType::LOOP => parser.null(),
        LinkType::LINUX_SLL => parser.sll(),
        LinkType::LINUX_SLL2 => parser.sll2(),
        LinkType::PPP | LinkType::PPP_HDLC => parser.ppp(0),
        LinkType::PPP_WITH_DIR => parser.ppp_behind(1),
        // The direction stands in place of the address.
        LinkType::PPP_PPPD => parser.ppp_behind(2),
        LinkType::PPP_ETHER => parser.pppoe(0),
        LinkType::NFLOG => parser.nflog(),
        _ => parser.stop(Layer::Frame, 0, 0, Limit::UnknownProtocol),
    }
    (parser.layout, parser.network(), parser.transport_header())
}

/// Parses what is inside of a packet, from `offset` to the ends that `layout` has; or says that it lies too deep.
pub(super) fn inner(
    bytes: &[u8],
    layout: Layout,
    inside: Inside,
    offset: usize,
    enters: bool,
) -> (Layout, Network<'_>, Transport<'_>) {
    let mut parser = Parser { bytes, layout };
    parser.layout.payload = clamp(offset);
    if let Inside::Header(layer) = inside {
        (parser.layout.tunnel_kind, parser.layout.tunnel) = (Some(layer), clamp(offset));
    }
    match inside {
        Inside::Ip | Inside::Ipv6 if !enters => parser.stop(Layer::Frame, offset, 0, Limit::Depth),
        Inside::Mpls if !enters => parser.stop(Layer::Mpls, offset, 0, Limit::Depth),
        Inside::Header(layer) if !enters => parser.stop(layer, offset, 0, Limit::Depth),
        Inside::Ip => parser.ip(offset),
        Inside::Ipv6 => parser.ipv6(offset),
        Inside::Mpls => parser.mpls(offset),
        Inside::Header(layer) => parser.tunnel(layer, offset),
    }
    (parser.layout, parser.network(), parser.transport_header())
}

struct Parser<'a> {
    bytes: &'a [u8],
    layout: Layout,
}

impl<'a> Parser<'a> {
    #[inline(always)]
    fn ethernet(&mut self, offset: usize) {
        let Some(header) = self.captured::<14>(offset) else {
            return self.short(Layer::Ethernet, offset, 14);
        };
        (self.layout.link_kind, self.layout.link) = (Some(Layer::Ethernet), clamp(offset));
        let ether_type = EtherType(u16::from_be_bytes([header[12], header[13]]));
        self.ether_type(Layer::Ethernet, offset, offset + 14, ether_type);
    }

    fn raw(&mut self) {
        match self.bytes.first().map(|first| first >> 4) {
            None => self.short(Layer::Frame, 0, 1),
            Some(4) => self.ipv4(0),
            Some(6) => self.ipv6(0),
            Some(_) => self.stop(Layer::Frame, 0, 0, Limit::UnknownProtocol),
        }
    }

    /// The family is in the byte order of the capturing host, which the file does not tell: families are small numbers,
    /// so the order that leaves the upper half empty is the right one. LOOP always has network order.
    fn null(&mut self) {
        let Some(&family) = array::<4>(self.bytes, 0) else {
            return self.short(Layer::Null, 0, 4);
        };
        self.layout.link_kind = Some(Layer::Null);
        self.layout.payload = 4;
        let big = u32::from_be_bytes(family);
        let family = match self.layout.link_type {
            LinkType::NULL if big > 0xffff => big.swap_bytes(),
            _ => big,
        };
        match family {
            AF_INET => self.ipv4(4),
            // Linux, NetBSD and OpenBSD, FreeBSD, macOS.
            10 | 24 | 28 | 30 => self.ipv6(4),
            number => match u16::try_from(number) {
                Ok(number) if number > MAX_802_3_LEN => self.ether_type(Layer::Null, 0, 4, EtherType(number)),
                _ => self.stop(Layer::Null, 0, 0, Limit::UnknownProtocol),
            },
        }
    }

    fn sll(&mut self) {
        let Some(header) = array::<{ LinuxSll::HEADER_LEN }>(self.bytes, 0) else {
            return self.short(Layer::LinuxSll, 0, LinuxSll::HEADER_LEN);
        };
        self.layout.link_kind = Some(Layer::LinuxSll);
        let hardware = u16::from_be_bytes([header[2], header[3]]);
        let protocol = u16::from_be_bytes([header[14], header[15]]);
        self.sll_payload(Layer::LinuxSll, LinuxSll::HEADER_LEN, hardware, protocol);
    }

    fn sll2(&mut self) {
        let Some(header) = array::<{ LinuxSll::HEADER_LEN_V2 }>(self.bytes, 0) else {
            return self.short(Layer::LinuxSll2, 0, LinuxSll::HEADER_LEN_V2);
        };
        self.layout.link_kind = Some(Layer::LinuxSll2);
        let hardware = u16::from_be_bytes([header[8], header[9]]);
        let protocol = u16::from_be_bytes([header[0], header[1]]);
        self.sll_payload(Layer::LinuxSll2, LinuxSll::HEADER_LEN_V2, hardware, protocol);
    }

    fn sll_payload(&mut self, layer: Layer, offset: usize, hardware: u16, protocol: u16) {
        match (hardware, protocol) {
            // Here the field is a netlink family.
            (ARPHRD_NETLINK, _) => {
                self.layout.payload = clamp(offset);
                self.stop(layer, 0, 0, Limit::UnknownProtocol);
            }
            (_, ETH_P_802_2) => self.llc(offset),
            (_, protocol) => self.ether_type(layer, 0, offset, EtherType(protocol)),
        }
    }

    /// Enters what `ether_type` names, behind any number of VLAN tags. `carrier` is the layer that holds the type.
    #[inline(always)]
    fn ether_type(&mut self, mut carrier: Layer, mut at: usize, mut offset: usize, mut ether_type: EtherType) {
        while ether_type.is_vlan() {
            let Some(tag) = self.captured::<4>(offset) else {
                return self.short(Layer::Vlan, offset, 4);
            };
            if self.layout.vlan_count == u8::MAX {
                return self.stop(Layer::Vlan, offset, 4, Limit::Depth);
            }
            if self.layout.vlan_count == 0 {
                self.layout.vlan = clamp(offset);
            }
            self.layout.vlan_count += 1;
            (carrier, at) = (Layer::Vlan, offset);
            ether_type = EtherType(u16::from_be_bytes([tag[2], tag[3]]));
            offset += 4;
        }
        self.layout.ether_type = ether_type;
        self.layout.payload = clamp(offset);
        match ether_type {
            EtherType::IPV4 => self.ip(offset),
            EtherType::IPV6 => self.ipv6(offset),
            EtherType::ARP | EtherType::REVERSE_ARP => self.arp(offset),
            EtherType::MPLS | EtherType::MPLS_UPSTREAM => self.mpls(offset),
            EtherType::PPPOE_SESSION | EtherType::PPPOE_DISCOVERY => self.pppoe(offset),
            EtherType::LLDP => self.named(Layer::Lldp, offset),
            EtherType::MACSEC => self.named(Layer::Macsec, offset),
            EtherType::SLOW => self.named(Layer::Slow, offset),
            EtherType(length) if length <= MAX_802_3_LEN && matches!(carrier, Layer::Ethernet | Layer::Vlan) => {
                self.layout.ether_type = EtherType(0);
                self.bound(offset + usize::from(length));
                self.llc(offset);
            }
            _ => self.stop(carrier, at, 0, Limit::UnknownProtocol),
        }
    }

    /// IEEE 802.2 logical link control, which can carry IP directly or behind a SNAP header.
    fn llc(&mut self, offset: usize) {
        self.layout.payload = clamp(offset);
        let Some(&[destination, source, control]) = self.captured::<3>(offset) else {
            return self.short(Layer::Llc, offset, 3);
        };
        self.layout.flags |= LLC;
        match (destination, source, control) {
            (SAP_SNAP, SAP_SNAP, UNNUMBERED_INFORMATION) => self.snap(offset + 3),
            (SAP_IP, SAP_IP, UNNUMBERED_INFORMATION) => self.ip(offset + 3),
            (SAP_STP, SAP_STP, UNNUMBERED_INFORMATION) => self.named(Layer::Stp, offset + 3),
            _ => self.stop(Layer::Llc, offset, 0, Limit::UnknownProtocol),
        }
    }

    fn snap(&mut self, offset: usize) {
        self.layout.payload = clamp(offset);
        let Some(&[a, b, c, high, low]) = self.captured::<5>(offset) else {
            return self.short(Layer::Snap, offset, 5);
        };
        let protocol = u16::from_be_bytes([high, low]);
        match [a, b, c] {
            // Encapsulated Ethernet (RFC 1042) and the bridge tunnel of IEEE 802.1H.
            // A VLAN tag in here would not stand with the others, which the table of offsets counts as one run.
            [0, 0, 0] | [0, 0, 0xf8] if protocol >= EtherType::FIRST && !EtherType(protocol).is_vlan() => {
                self.ether_type(Layer::Snap, offset, offset + 5, EtherType(protocol));
            }
            // Spanning trees of single VLANs.
            CISCO if protocol == 0x010b => self.named(Layer::Stp, offset + 5),
            _ => {
                self.layout.payload = clamp(offset + 5);
                self.stop(Layer::Snap, offset, 0, Limit::UnknownProtocol);
            }
        }
    }

    /// A protocol in the place of the network layer that is known by name alone.
    fn named(&mut self, layer: Layer, offset: usize) {
        (self.layout.network_kind, self.layout.network) = (Some(layer), clamp(offset));
        self.layout.payload = clamp(offset);
        self.stop(layer, offset, 0, Limit::UnknownProtocol);
    }

    fn arp(&mut self, offset: usize) {
        let Some(header) = self.captured::<{ Arp::HEADER_LEN }>(offset) else {
            return self.short(Layer::Arp, offset, Arp::HEADER_LEN);
        };
        let len = Arp { header, addresses: &[] }.message_len();
        self.layout.network = clamp(offset);
        self.layout.network_kind = Some(Layer::Arp);
        if self.available(offset) < len {
            return self.short(Layer::Arp, offset, len);
        }
        self.layout.payload = clamp(offset + len);
        self.bound(offset + len);
    }

    /// IP of the version that the header states: senders do put IPv6 behind the EtherType and the link type of IPv4.
    #[inline(always)]
    fn ip(&mut self, offset: usize) {
        match self.bytes.get(offset).map(|first| first >> 4) {
            Some(6) => self.ipv6(offset),
            _ => self.ipv4(offset),
        }
    }

    #[inline(always)]
    fn ipv4(&mut self, offset: usize) {
        let Some(header) = self.captured::<20>(offset) else {
            return self.short(Layer::Ipv4, offset, 20);
        };
        let view = Ipv4 { header, options: &[] };
        let (header_len, total) = (view.header_len(), usize::from(view.total_length()));
        if header[0] >> 4 != 4 || header_len < Ipv4::MIN_HEADER_LEN {
            return self.stop(Layer::Ipv4, offset, Ipv4::MIN_HEADER_LEN, Limit::Malformed);
        }
        let (protocol, fragment) = (view.protocol(), u16::from_be_bytes([header[6], header[7]]));
        self.layout.network = clamp(offset);
        self.layout.network_kind = Some(Layer::Ipv4);
        self.layout.ip_protocol = protocol;
        self.layout.payload = clamp(offset + header_len);
        match total {
            0 => self.layout.flags |= LENGTH_OPEN,
            _ if total < header_len => return self.stop(Layer::Ipv4, offset, header_len, Limit::Malformed),
            _ => self.datagram(offset + total),
        }
        if self.available(offset) < header_len {
            return self.short(Layer::Ipv4, offset, header_len);
        }
        let next = offset + header_len;
        if fragment & 0x3fff != 0 {
            self.layout.flags |= FRAGMENT | if fragment & 0x2000 != 0 { MORE_FRAGMENTS } else { 0 };
            self.layout.fragment_offset = fragment & 0x1fff;
            if self.layout.fragment_offset != 0 {
                return self.stop(Layer::Ipv4, offset, 0, Limit::Fragment);
            }
        }
        match protocol {
            IpProtocol::AUTHENTICATION => self.extensions(offset, next, protocol, |p| p == IpProtocol::AUTHENTICATION),
            _ => self.transport(Layer::Ipv4, offset, next, protocol),
        }
    }

    #[inline(always)]
    fn ipv6(&mut self, offset: usize) {
        let Some(header) = self.captured::<{ Ipv6::HEADER_LEN }>(offset) else {
            return self.short(Layer::Ipv6, offset, Ipv6::HEADER_LEN);
        };
        if header[0] >> 4 != 6 {
            return self.stop(Layer::Ipv6, offset, Ipv6::HEADER_LEN, Limit::Malformed);
        }
        let view = Ipv6 { header, extensions: &[] };
        let (length, protocol) = (usize::from(view.payload_length()), view.next_header());
        let next = offset + Ipv6::HEADER_LEN;
        self.layout.network = clamp(offset);
        self.layout.network_kind = Some(Layer::Ipv6);
        self.layout.ip_protocol = protocol;
        self.layout.payload = clamp(next);
        match (length, protocol) {
            (0, IpProtocol::NO_NEXT_HEADER) => self.datagram(next),
            (0, _) => match self.jumbo_length(next, protocol) {
                Some(length) => self.datagram(next.saturating_add(length)),
                None => self.layout.flags |= LENGTH_OPEN,
            },
            _ => self.datagram(next + length),
        }
        if protocol.is_extension() {
            self.extensions(offset, next, protocol, IpProtocol::is_extension);
        } else {
            self.transport(Layer::Ipv6, offset, next, protocol);
        }
    }

    /// The jumbo payload option of a hop-by-hop header (RFC 2675 section 2).
    fn jumbo_length(&self, offset: usize, protocol: IpProtocol) -> Option<usize> {
        if protocol != IpProtocol::HOP_BY_HOP {
            return None;
        }
        let [_, length] = *self.captured::<2>(offset)?;
        let mut rest = self.bytes.get(offset + 2..offset + extension_len(protocol, length))?;
        loop {
            match rest {
                [0, after @ ..] => rest = after,
                [0xc2, 4, a, b, c, d, ..] => return usize::try_from(u32::from_be_bytes([*a, *b, *c, *d])).ok(),
                [_, len, after @ ..] => rest = after.get(usize::from(*len)..)?,
                _ => return None,
            }
        }
    }

    /// Walks the extension headers of the IP header at `ip`, and enters what follows them.
    fn extensions(&mut self, ip: usize, mut offset: usize, mut protocol: IpProtocol, walk: fn(IpProtocol) -> bool) {
        let carrier = self.layout.network_kind.unwrap_or(Layer::Ipv6);
        for _ in 0..MAX_EXTENSIONS {
            if !walk(protocol) {
                return self.transport(carrier, ip, offset, protocol);
            }
            let Some(&[next, length]) = self.captured::<2>(offset) else {
                return self.short(Layer::Extension, offset, 8);
            };
            let len = extension_len(protocol, length);
            if self.available(offset) < len {
                return self.short(Layer::Extension, offset, len);
            }
            if protocol == IpProtocol::FRAGMENT && self.fragment(offset) {
                self.layout.ip_protocol = IpProtocol(next);
                self.layout.payload = clamp(offset + len);
                return self.stop(Layer::Extension, offset, 0, Limit::Fragment);
            }
            offset += len;
            protocol = IpProtocol(next);
            self.layout.ip_protocol = protocol;
            self.layout.payload = clamp(offset);
        }
        self.stop(Layer::Extension, offset, 0, Limit::Depth);
    }

    /// Notes a fragment header; true if the packet is not the first fragment.
    fn fragment(&mut self, offset: usize) -> bool {
        let field = self.captured::<4>(offset).map_or(0, |h| u16::from_be_bytes([h[2], h[3]]));
        self.layout.fragment_offset = field >> 3;
        if field & !6 != 0 {
            self.layout.flags |= FRAGMENT | if field & 1 != 0 { MORE_FRAGMENTS } else { 0 };
        }
        self.layout.fragment_offset != 0
    }

    #[inline(always)]
    fn transport(&mut self, carrier: Layer, ip: usize, offset: usize, protocol: IpProtocol) {
        match protocol {
            IpProtocol::TCP => self.tcp(offset),
            IpProtocol::UDP => self.udp(offset),
            IpProtocol::ICMP => self.icmp(Layer::Icmpv4, offset),
            IpProtocol::ICMPV6 => self.icmp(Layer::Icmpv6, offset),
            IpProtocol::NO_NEXT_HEADER if carrier == Layer::Ipv6 => {}
            _ => self.other_transport(carrier, ip, offset, protocol),
        }
    }

    #[cold]
    fn other_transport(&mut self, carrier: Layer, ip: usize, offset: usize, protocol: IpProtocol) {
        let (layer, length) = match protocol {
            // What these carry is a packet: see `Packet::inner`.
            IpProtocol::IPIP | IpProtocol::IPV6 | IpProtocol::GRE | IpProtocol::MPLS => return,
            IpProtocol::SCTP => (Layer::Sctp, 12),
            IpProtocol::UDP_LITE => (Layer::UdpLite, 8),
            IpProtocol::IGMP => (Layer::Igmp, 8),
            IpProtocol::ESP => (Layer::Esp, 8),
            IpProtocol::DCCP => (Layer::Dccp, 0),
            IpProtocol::VRRP => (Layer::Vrrp, 0),
            IpProtocol::L2TP => (Layer::L2tp, 0),
            IpProtocol::OSPF => (Layer::Ospf, 0),
            IpProtocol::PIM => (Layer::Pim, 0),
            _ => return self.stop(carrier, ip, 0, Limit::UnknownProtocol),
        };
        (self.layout.transport_kind, self.layout.transport) = (Some(layer), clamp(offset));
        if self.available(offset) < length {
            return self.short(layer, offset, length);
        }
        self.layout.payload = clamp(offset + length);
        if length == 0 {
            self.stop(layer, offset, 0, Limit::UnknownProtocol);
        }
    }

    #[inline(always)]
    fn tcp(&mut self, offset: usize) {
        self.layout.transport = clamp(offset);
        self.layout.transport_kind = Some(Layer::Tcp);
        let Some(header) = self.captured::<20>(offset) else {
            return self.short(Layer::Tcp, offset, 20);
        };
        let header_len = Tcp { header, options: &[] }.header_len();
        if header_len < Tcp::MIN_HEADER_LEN {
            return self.stop(Layer::Tcp, offset, Tcp::MIN_HEADER_LEN, Limit::Malformed);
        }
        // Also where the capture cut the options: the segment's length is still known.
        self.layout.payload = clamp(offset + header_len);
        if self.available(offset) < header_len {
            self.short(Layer::Tcp, offset, header_len);
        }
    }

    #[inline(always)]
    fn udp(&mut self, offset: usize) {
        self.layout.transport = clamp(offset);
        self.layout.transport_kind = Some(Layer::Udp);
        let Some(header) = self.captured::<8>(offset) else {
            return self.short(Layer::Udp, offset, 8);
        };
        if matches!(Udp { header }.length(), 1..8) {
            return self.stop(Layer::Udp, offset, 8, Limit::Malformed);
        }
        self.layout.payload = clamp(offset + 8);
    }

    fn icmp(&mut self, layer: Layer, offset: usize) {
        self.layout.transport = clamp(offset);
        self.layout.transport_kind = Some(layer);
        if self.available(offset) < Icmp::HEADER_LEN {
            return self.short(layer, offset, Icmp::HEADER_LEN);
        }
        self.layout.payload = clamp(offset + Icmp::HEADER_LEN);
    }

    fn network(&self) -> Network<'a> {
        let at = usize::from(self.layout.network);
        let found = match self.layout.network_kind {
            Some(Layer::Arp) => array(self.bytes, at).map(Network::Arp),
            Some(Layer::Ipv4) => array(self.bytes, at).map(Network::Ipv4),
            Some(Layer::Ipv6) => array(self.bytes, at).map(Network::Ipv6),
            _ => None,
        };
        found.unwrap_or(Network::None)
    }

    fn transport_header(&self) -> Transport<'a> {
        let at = usize::from(self.layout.transport);
        let found = match self.layout.transport_kind {
            Some(Layer::Tcp) => self.captured(at).map(Transport::Tcp),
            Some(Layer::Udp) => self.captured(at).map(Transport::Udp),
            Some(Layer::Icmpv4) => self.captured(at).map(Transport::Icmpv4),
            Some(Layer::Icmpv6) => self.captured(at).map(Transport::Icmpv6),
            _ => None,
        };
        found.unwrap_or(Transport::None)
    }

    /// The `N` octets at `offset`, if they were captured and belong to the datagram.
    #[inline(always)]
    fn captured<const N: usize>(&self, offset: usize) -> Option<&'a [u8; N]> {
        if self.available(offset) < N { None } else { array(self.bytes, offset) }
    }

    /// Captured octets of the datagram from `offset` on.
    #[inline(always)]
    fn available(&self, offset: usize) -> usize {
        (self.layout.captured_end as usize).saturating_sub(offset)
    }

    /// Sets the end of the datagram to `end`, or to the frame's end where the header claims more.
    #[inline(always)]
    fn datagram(&mut self, end: usize) {
        if end > self.layout.reported_end as usize {
            self.layout.flags |= LENGTH_EXCEEDS;
        }
        self.bound(end);
    }

    /// Draws the ends in to `end`: what lies behind is padding or a trailer.
    #[inline(always)]
    fn bound(&mut self, end: usize) {
        let end = u32::try_from(end).unwrap_or(u32::MAX);
        self.layout.reported_end = self.layout.reported_end.min(end);
        self.layout.captured_end = self.layout.captured_end.min(end);
    }

    /// Stops because `needed` octets are not there: finds out who set the end.
    #[cold]
    fn short(&mut self, layer: Layer, offset: usize, needed: usize) {
        let limit = if offset.saturating_add(needed) <= self.layout.reported_end as usize {
            Limit::CaptureLength
        } else if self.layout.flags & (FRAGMENT | IN_FRAGMENT) != 0 {
            Limit::Fragment
        } else if self.layout.reported_end < self.layout.outer_end {
            Limit::LengthField
        } else {
            Limit::FrameLength
        };
        self.stop(layer, offset, needed, limit);
    }

    #[cold]
    fn stop(&mut self, layer: Layer, offset: usize, needed: usize, limit: Limit) {
        self.layout.stop_layer = layer;
        self.layout.stop_offset = u32::try_from(offset).unwrap_or(u32::MAX);
        self.layout.stop_needed = u32::try_from(needed).unwrap_or(u32::MAX);
        self.layout.stop_available = u32::try_from(self.available(offset)).unwrap_or(u32::MAX);
        self.layout.stop_limit = Some(limit);
    }
}

/// An offset for the table. The walk is bounded (255 tags, 16 extension headers of at most 2,048 octets), so that it
/// always fits; were a bound lifted, the offset would point at the table's end and the views would be absent.
#[inline(always)]
fn clamp(offset: usize) -> u16 {
    u16::try_from(offset).unwrap_or(u16::MAX)
}

const AF_INET: u32 = 2;
const ARPHRD_NETLINK: u16 = 824;
const ETH_P_802_2: u16 = 4;
const SAP_SNAP: u8 = 0xaa;
const CISCO: [u8; 3] = [0, 0, 0x0c];
const SAP_IP: u8 = 0x06;
const SAP_STP: u8 = 0x42;
const UNNUMBERED_INFORMATION: u8 = 3;

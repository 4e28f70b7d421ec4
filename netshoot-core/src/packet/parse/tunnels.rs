//! What stands between a link layer and a network layer, and between two packets: shims and the headers of tunnels.

use super::super::bytes::{array, range};
use super::super::tunnel::{PPP_IPV4, PPP_IPV6, PPP_MPLS, PPP_MPLS_UPSTREAM, PPPOE_LEN, ppp_protocol, pseudo_wire};
use super::super::{EtherType, Geneve, Gre, Gtp, Layer, Limit};
use super::{MAX_EXTENSIONS, Parser, clamp};

/// Labels of one stack; the deepest that routers read is 16.
const MAX_LABELS: usize = 32;
/// Attributes before the packet of a netfilter log.
const MAX_ATTRIBUTES: usize = 64;

impl Parser<'_> {
    /// The header of a session or of discovery, which has tags and nothing else.
    pub(super) fn pppoe(&mut self, offset: usize) {
        let Some(&[_, code, _, _, high, low]) = self.captured::<PPPOE_LEN>(offset) else {
            return self.short(Layer::Pppoe, offset, PPPOE_LEN);
        };
        self.shim(Layer::Pppoe, offset);
        let next = offset + PPPOE_LEN;
        self.layout.payload = clamp(next);
        self.datagram(next + usize::from(u16::from_be_bytes([high, low])));
        // A session's packets should have the code 0, and are what they are without.
        match (code, self.layout.ether_type) {
            (_, EtherType::PPPOE_SESSION) | (0, EtherType(0)) => self.ppp(next),
            _ => self.stop(Layer::Pppoe, offset, 0, Limit::UnknownProtocol),
        }
    }

    /// PPP behind octets that tell the direction.
    pub(super) fn ppp_behind(&mut self, length: usize) {
        if self.bytes.len() < length { self.short(Layer::Frame, 0, length) } else { self.ppp(length) }
    }

    pub(super) fn ppp(&mut self, offset: usize) {
        let octets = range(self.bytes, offset, self.layout.captured_end as usize);
        let Some((protocol, length)) = ppp_protocol(octets) else {
            return self.short(Layer::Ppp, offset, octets.len() + 1);
        };
        self.shim(Layer::Ppp, offset);
        let next = offset + length;
        self.layout.payload = clamp(next);
        match protocol {
            PPP_IPV4 => self.ip(next),
            PPP_IPV6 => self.ipv6(next),
            PPP_MPLS | PPP_MPLS_UPSTREAM => self.mpls(next),
            _ => self.stop(Layer::Ppp, offset, 0, Limit::UnknownProtocol),
        }
    }

    /// A stack of labels. What is behind it, it does not say: the first four bits tell IP; else it is a pseudo-wire.
    pub(super) fn mpls(&mut self, mut offset: usize) {
        for _ in 0..MAX_LABELS {
            self.layout.payload = clamp(offset);
            let Some(label) = self.captured::<4>(offset) else {
                return self.short(Layer::Mpls, offset, 4);
            };
            self.shim(Layer::Mpls, offset);
            offset += 4;
            self.layout.payload = clamp(offset);
            if label[2] & 1 != 0 {
                return match self.captured::<1>(offset).map(|[first]| first >> 4) {
                    Some(4) => self.ipv4(offset),
                    Some(6) => self.ipv6(offset),
                    Some(nibble) => self.wire(nibble, offset),
                    None => self.short(Layer::Mpls, offset, 1),
                };
            }
        }
        self.stop(Layer::Mpls, offset, 0, Limit::Depth);
    }

    /// Stops where no pseudo-wire follows, or too little was captured to say so.
    fn wire(&mut self, nibble: u8, offset: usize) {
        let needed = if nibble == 0 { 18 } else { 14 };
        if self.available(offset) < needed {
            self.short(Layer::Mpls, offset, needed);
        } else if self.pseudo_wire_start(offset).is_none() {
            self.stop(Layer::Mpls, offset - 4, 0, Limit::UnknownProtocol);
        }
    }

    fn shim(&mut self, layer: Layer, offset: usize) {
        if self.layout.shim_kind.is_none() {
            (self.layout.shim_kind, self.layout.shim) = (Some(layer), clamp(offset));
        }
    }

    /// Attributes in the byte order of the capturing host, of which the last is the packet.
    pub(super) fn nflog(&mut self) {
        let Some(&[family, _, _, _]) = array::<4>(self.bytes, 0) else {
            return self.short(Layer::Nflog, 0, 4);
        };
        self.layout.link_kind = Some(Layer::Nflog);
        let mut offset = 4;
        for _ in 0..MAX_ATTRIBUTES {
            let Some(&[a, b, c, d]) = self.captured::<4>(offset) else {
                return self.short(Layer::Nflog, 0, offset + 4);
            };
            // Attributes are few and short: the order that leaves the type's upper half empty is the right one.
            let (length, kind) = match (c, d) {
                (_, 0) => (u16::from_le_bytes([a, b]), c),
                (0, kind) => (u16::from_be_bytes([a, b]), kind),
                _ => return self.stop(Layer::Nflog, offset, 4, Limit::Malformed),
            };
            let length = usize::from(length);
            if length < 4 {
                return self.stop(Layer::Nflog, 0, 0, Limit::Malformed);
            }
            if kind == NFULA_PAYLOAD {
                self.layout.payload = clamp(offset + 4);
                self.bound(offset + length);
                return match family {
                    AF_INET_LINUX => self.ip(offset + 4),
                    AF_INET6_LINUX => self.ipv6(offset + 4),
                    _ => self.stop(Layer::Nflog, 0, 0, Limit::UnknownProtocol),
                };
            }
            if self.available(offset) < length {
                return self.short(Layer::Nflog, 0, offset + length);
            }
            offset = (offset + length.next_multiple_of(4)).min(self.layout.captured_end as usize);
            self.layout.payload = clamp(offset);
        }
        self.stop(Layer::Nflog, 0, 0, Limit::Depth);
    }

    pub(super) fn tunnel(&mut self, layer: Layer, offset: usize) {
        match layer {
            Layer::Gre => self.gre(offset),
            Layer::Vxlan | Layer::VxlanGpe => self.vxlan(layer, offset),
            Layer::Geneve => self.geneve(offset),
            Layer::Gtp => self.gtp(offset),
            Layer::Teredo => self.teredo(offset),
            Layer::PseudoWire => self.pseudo_wire(offset),
            _ => self.stop(layer, offset, 0, Limit::UnknownProtocol),
        }
    }

    /// What an EtherType of a tunnel's names: there, Ethernet has one too.
    fn tunnelled(&mut self, carrier: Layer, at: usize, offset: usize, ether_type: EtherType) {
        self.layout.payload = clamp(offset);
        match ether_type {
            EtherType::TRANSPARENT_ETHERNET => self.ethernet(offset),
            EtherType::PPP => self.ppp(offset),
            EtherType::EOIP => self.ethernet(offset),
            // A header of four octets may stand before IP.
            EtherType::WCCP => match self.captured::<1>(offset).map(|[first]| first >> 4) {
                Some(4) => self.ipv4(offset),
                _ if self.available(offset) < 4 => self.short(Layer::Ipv4, offset, 4),
                _ => self.ipv4(offset + 4),
            },
            ether_type => self.ether_type(carrier, at, offset, ether_type),
        }
    }

    fn gre(&mut self, offset: usize) {
        let Some(header) = self.captured::<4>(offset) else {
            return self.short(Layer::Gre, offset, 4);
        };
        let view = Gre { header, fields: &[] };
        let mut next = offset + view.header_len();
        if self.available(offset) < view.header_len() {
            return self.short(Layer::Gre, offset, view.header_len());
        }
        self.layout.payload = clamp(next);
        if view.has_routes() || view.version() > 1 {
            return self.stop(Layer::Gre, offset, 0, Limit::UnknownProtocol);
        }
        match view.protocol() {
            EtherType::ERSPAN | EtherType::ERSPAN_III => {
                let length = view.erspan_len(range(self.bytes, next, self.layout.captured_end as usize));
                if self.available(next) < length {
                    return self.short(Layer::Erspan, next, length);
                }
                next += length;
                self.layout.payload = clamp(next);
                self.ethernet(next);
            }
            protocol => self.tunnelled(Layer::Gre, offset, next, protocol),
        }
    }

    fn vxlan(&mut self, layer: Layer, offset: usize) {
        let Some(header) = self.captured::<8>(offset) else {
            return self.short(layer, offset, 8);
        };
        let next = offset + 8;
        self.layout.payload = clamp(next);
        match (layer, header[3]) {
            (Layer::Vxlan, _) | (_, 3) => self.ethernet(next),
            (_, 1) => self.ipv4(next),
            (_, 2) => self.ipv6(next),
            (_, 5) => self.mpls(next),
            _ => self.stop(layer, offset, 0, Limit::UnknownProtocol),
        }
    }

    fn geneve(&mut self, offset: usize) {
        let Some(header) = self.captured::<8>(offset) else {
            return self.short(Layer::Geneve, offset, 8);
        };
        let view = Geneve { header, options: &[] };
        if view.version() != 0 {
            return self.stop(Layer::Geneve, offset, 0, Limit::UnknownProtocol);
        }
        if self.available(offset) < view.header_len() {
            return self.short(Layer::Geneve, offset, view.header_len());
        }
        self.tunnelled(Layer::Geneve, offset, offset + view.header_len(), view.protocol());
    }

    fn gtp(&mut self, offset: usize) {
        let Some(header) = self.captured::<8>(offset) else {
            return self.short(Layer::Gtp, offset, 8);
        };
        let view = Gtp { header };
        let mut next = offset + 8;
        self.layout.payload = clamp(next);
        if view.version() != 1 || header[0] & 0x10 == 0 {
            return self.stop(Layer::Gtp, offset, 0, Limit::UnknownProtocol);
        }
        self.datagram(next + usize::from(view.length()));
        if view.has_fields() {
            let Some(&[_, _, _, mut kind]) = self.captured::<4>(next) else {
                return self.short(Layer::Gtp, offset, 12);
            };
            next += 4;
            let mut left = MAX_EXTENSIONS;
            while view.has_extensions() && kind != 0 {
                let Some(&length) = self.bytes.get(next).filter(|_| self.available(next) > 0) else {
                    return self.short(Layer::Gtp, offset, next + 1 - offset);
                };
                let end = next + usize::from(length) * 4;
                if length == 0 || left == 0 {
                    return self.stop(Layer::Gtp, offset, 0, Limit::Malformed);
                }
                let Some(&[following]) = self.captured::<1>(end - 1) else {
                    return self.short(Layer::Gtp, offset, end - offset);
                };
                (next, kind, left) = (end, following, left - 1);
            }
            self.layout.payload = clamp(next);
        }
        if view.message_type() != GTP_PACKET {
            return self.stop(Layer::Gtp, offset, 0, Limit::UnknownProtocol);
        }
        match self.captured::<1>(next).map(|[first]| first >> 4) {
            Some(4) => self.ipv4(next),
            Some(6) => self.ipv6(next),
            Some(_) => self.stop(Layer::Gtp, offset, 0, Limit::UnknownProtocol),
            None => self.short(Layer::Gtp, offset, next + 1 - offset),
        }
    }

    /// Indications of origin and authentication may stand before the packet (RFC 4380 section 5.1.1).
    fn teredo(&mut self, offset: usize) {
        let mut next = offset;
        for _ in 0..3 {
            let Some(&[a, b, c, d]) = self.captured::<4>(next) else {
                return self.short(Layer::Teredo, next, 4);
            };
            let length = match [a, b] {
                [0, 0] => 8,
                [0, 1] => 4 + usize::from(c) + usize::from(d) + 9,
                _ if a >> 4 == 6 => return self.ipv6(next),
                _ => break,
            };
            if self.available(next) < length {
                return self.short(Layer::Teredo, next, length);
            }
            next += length;
            self.layout.payload = clamp(next);
        }
        self.stop(Layer::Teredo, offset, 0, Limit::UnknownProtocol);
    }

    fn pseudo_wire(&mut self, offset: usize) {
        let Some(start) = self.pseudo_wire_start(offset) else {
            return self.stop(Layer::PseudoWire, offset, 0, Limit::UnknownProtocol);
        };
        self.layout.payload = clamp(offset + start);
        self.ethernet(offset + start);
    }

    fn pseudo_wire_start(&self, offset: usize) -> Option<usize> {
        pseudo_wire(range(self.bytes, offset, self.layout.captured_end as usize))
    }
}

const AF_INET_LINUX: u8 = 2;
const AF_INET6_LINUX: u8 = 10;
const NFULA_PAYLOAD: u8 = 9;
const GTP_PACKET: u8 = 255;

//! The layers of a packet, one by one.

use core::ops::Range;

use super::bytes::array;
use super::tunnel::{PPPOE_LEN, ppp_protocol};
use super::{
    Arp, Esp, Extensions, Icmp, Igmp, Ipv4, Ipv6, Layer, LinuxSll, Packet, Sctp, Tcp, Tunnels, Udp, UdpLite, Vxlan,
};

/// One layer's header: which layer, and where its octets are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerRef {
    /// The layer.
    pub layer: Layer,
    /// The header's octets, counted from the start of the frame; cut where the capture cut them. Of a layer that is known
    /// by name alone, all that is left.
    pub range: Range<usize>,
    /// Tunnels around it.
    pub depth: u8,
}

/// Iterator over the headers that are there, outermost first, those of the packets inside of tunnels included.
#[derive(Clone, Debug)]
pub struct Layers<'a, 't> {
    packet: Packet<'a>,
    tunnels: Tunnels<'t>,
    stage: Stage<'a>,
}

#[derive(Clone, Copy, Debug)]
enum Stage<'a> {
    Tunnel,
    Erspan,
    Link,
    Vlan(u8),
    Llc,
    Snap(usize),
    Shim(Option<Layer>, usize),
    Network,
    Extensions { offset: usize, rest: Extensions<'a> },
    Transport,
    Inner,
    Done,
}

impl<'a, 't> Layers<'a, 't> {
    pub(super) fn new(packet: Packet<'a>, tunnels: Tunnels<'t>) -> Self {
        Self { packet, tunnels, stage: Stage::Tunnel }
    }

    /// The layer of this stage, if there is one, and the next stage.
    fn step(&mut self) -> (Option<LayerRef>, Stage<'a>) {
        let layout = *self.packet.layout();
        match self.stage {
            Stage::Tunnel => (self.tunnel(), Stage::Erspan),
            Stage::Erspan => (self.erspan(), Stage::Link),
            Stage::Link => {
                let found = layout.link_layer().map(|layer| {
                    let at = usize::from(layout.link);
                    let len = if layer == Layer::Nflog { usize::from(layout.network) } else { link_len(layer) };
                    self.header(layer, at, len)
                });
                (found, Stage::Vlan(0))
            }
            Stage::Vlan(i) if i < layout.vlan_count => {
                let at = usize::from(layout.vlan) + 4 * usize::from(i);
                (Some(self.header(Layer::Vlan, at, 4)), Stage::Vlan(i + 1))
            }
            Stage::Vlan(_) => {
                let shim = Stage::Shim(layout.shim_layer(), usize::from(layout.shim));
                (None, if layout.has_llc() { Stage::Llc } else { shim })
            }
            Stage::Llc => {
                let at = self.llc_offset();
                let snap = array::<3>(self.packet.bytes(), at) == Some(&[0xaa, 0xaa, 3]);
                let whole = snap && at + 8 <= layout.captured_end as usize;
                let shim = Stage::Shim(layout.shim_layer(), usize::from(layout.shim));
                (Some(self.header(Layer::Llc, at, 3)), if whole { Stage::Snap(at + 3) } else { shim })
            }
            Stage::Snap(at) => {
                let shim = Stage::Shim(layout.shim_layer(), usize::from(layout.shim));
                (Some(self.header(Layer::Snap, at, 5)), shim)
            }
            Stage::Shim(Some(layer), at) => self.shim(layer, at),
            Stage::Shim(None, _) => (None, Stage::Network),
            Stage::Network => self.network(),
            Stage::Extensions { offset, rest } => self.extension(offset, rest),
            Stage::Transport => (self.transport(), Stage::Inner),
            Stage::Inner => match self.packet.inner_by(&self.tunnels) {
                Some(inner) => {
                    self.packet = inner;
                    (None, Stage::Tunnel)
                }
                None => (None, Stage::Done),
            },
            Stage::Done => (None, Stage::Done),
        }
    }

    fn tunnel(&self) -> Option<LayerRef> {
        let layout = self.packet.layout();
        let at = usize::from(layout.tunnel);
        let layer = layout.tunnel_layer()?;
        if layout.stop().is_some_and(|stop| stop.layer == layer && stop.is_truncation()) {
            return None;
        }
        let length = match layer {
            Layer::Gre => self.packet.gre().map_or(0, |gre| gre.header_len()),
            Layer::Vxlan | Layer::VxlanGpe => Vxlan::HEADER_LEN,
            _ => self.tunnel_end().saturating_sub(at),
        };
        Some(self.header(layer, at, length))
    }

    /// Where the first header behind that of the tunnel begins.
    fn tunnel_end(&self) -> usize {
        let layout = self.packet.layout();
        usize::from(match (layout.link_layer(), layout.shim_layer(), layout.network_layer()) {
            _ if layout.vlan_count > 0 && layout.link_layer().is_none() => layout.vlan,
            (Some(_), _, _) => layout.link,
            (_, Some(_), _) => layout.shim,
            (_, _, Some(_)) => layout.network,
            _ => layout.payload,
        })
    }

    fn erspan(&self) -> Option<LayerRef> {
        self.packet.erspan()?;
        let at = usize::from(self.packet.layout().tunnel) + self.packet.gre()?.header_len();
        Some(self.header(Layer::Erspan, at, self.tunnel_end().saturating_sub(at)))
    }

    fn shim(&self, layer: Layer, at: usize) -> (Option<LayerRef>, Stage<'a>) {
        let layout = self.packet.layout();
        let rest = self.packet.bytes().get(at..layout.captured_end as usize).unwrap_or_default();
        let (length, next) = match layer {
            Layer::Pppoe => {
                let ppp = layout.payload > layout.shim + PPPOE_LEN as u16 || layout.network_layer().is_some();
                (PPPOE_LEN, ppp.then_some(Layer::Ppp))
            }
            Layer::Ppp => match ppp_protocol(rest) {
                Some((super::tunnel::PPP_MPLS | super::tunnel::PPP_MPLS_UPSTREAM, length)) => {
                    (length, Some(Layer::Mpls))
                }
                Some((_, length)) => (length, None),
                None => return (None, Stage::Network),
            },
            // Not beyond those that the parser walked over.
            _ => match array::<4>(rest, 0).filter(|_| at + 4 <= usize::from(layout.payload)) {
                Some(label) => (4, (label[2] & 1 == 0).then_some(Layer::Mpls)),
                None => return (None, Stage::Network),
            },
        };
        (Some(self.header(layer, at, length)), Stage::Shim(next, at + length))
    }

    fn network(&self) -> (Option<LayerRef>, Stage<'a>) {
        let layout = self.packet.layout();
        let at = usize::from(layout.network);
        let Some(layer) = layout.network_layer() else {
            return (None, Stage::Inner);
        };
        let (len, next) = match layer {
            Layer::Arp => (self.packet.arp().map_or(0, |arp| arp.message_len()).max(Arp::HEADER_LEN), Stage::Done),
            Layer::Ipv4 => {
                let len = self.packet.ipv4().map_or(Ipv4::MIN_HEADER_LEN, |ip| ip.header_len());
                (len, self.extensions_from(at + len))
            }
            Layer::Ipv6 => (Ipv6::HEADER_LEN, self.extensions_from(at + Ipv6::HEADER_LEN)),
            _ => ((layout.captured_end as usize).saturating_sub(at), Stage::Done),
        };
        (Some(self.header(layer, at, len)), next)
    }

    fn extensions_from(&self, offset: usize) -> Stage<'a> {
        Stage::Extensions { offset, rest: self.packet.extensions() }
    }

    fn extension(&self, offset: usize, mut rest: Extensions<'a>) -> (Option<LayerRef>, Stage<'a>) {
        match rest.next() {
            Some(extension) => {
                let len = extension.bytes.len();
                (Some(self.header(Layer::Extension, offset, len)), Stage::Extensions { offset: offset + len, rest })
            }
            None => (None, Stage::Transport),
        }
    }

    fn transport(&self) -> Option<LayerRef> {
        let layout = self.packet.layout();
        let (layer, at) = (layout.transport_layer()?, usize::from(layout.transport));
        let end = layout.captured_end as usize;
        let len = match layer {
            Layer::Tcp => self.packet.tcp().map_or(Tcp::MIN_HEADER_LEN, |tcp| tcp.header_len()),
            Layer::Udp => Udp::HEADER_LEN,
            Layer::UdpLite => UdpLite::HEADER_LEN,
            Layer::Sctp => Sctp::HEADER_LEN,
            Layer::Igmp => Igmp::HEADER_LEN,
            Layer::Esp => Esp::HEADER_LEN,
            Layer::Icmpv4 | Layer::Icmpv6 => Icmp::HEADER_LEN,
            _ => end.saturating_sub(at),
        };
        (at < end).then(|| self.header(layer, at, len))
    }

    fn header(&self, layer: Layer, at: usize, len: usize) -> LayerRef {
        let range = at..(at + len).min(self.packet.bytes().len());
        LayerRef { layer, range, depth: self.packet.layout().depth }
    }

    fn llc_offset(&self) -> usize {
        let layout = self.packet.layout();
        match (layout.vlan_count, layout.link_layer()) {
            (0, Some(layer)) => usize::from(layout.link) + link_len(layer),
            (0, None) => 0,
            (count, _) => usize::from(layout.vlan) + 4 * usize::from(count),
        }
    }
}

impl Iterator for Layers<'_, '_> {
    type Item = LayerRef;

    fn next(&mut self) -> Option<LayerRef> {
        while !matches!(self.stage, Stage::Done) {
            let (found, next) = self.step();
            self.stage = next;
            if found.is_some() {
                return found;
            }
        }
        None
    }
}

impl core::iter::FusedIterator for Layers<'_, '_> {}

fn link_len(layer: Layer) -> usize {
    match layer {
        Layer::Ethernet => 14,
        Layer::LinuxSll => LinuxSll::HEADER_LEN,
        Layer::LinuxSll2 => LinuxSll::HEADER_LEN_V2,
        Layer::Null => 4,
        _ => 0,
    }
}

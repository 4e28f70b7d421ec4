//! The layers of a packet, one by one.

use core::ops::Range;

use super::bytes::array;
use super::{Arp, Extensions, Icmp, Ipv4, Ipv6, Layer, LinuxSll, Packet, Tcp, Udp};

/// One layer's header: which layer, and where its octets are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerRef {
    /// The layer.
    pub layer: Layer,
    /// The header's octets, counted from the start of the frame; cut where the capture cut them.
    pub range: Range<usize>,
}

/// Iterator over the headers that are there, outermost first.
#[derive(Clone, Debug)]
pub struct Layers<'a> {
    packet: Packet<'a>,
    stage: Stage<'a>,
}

#[derive(Clone, Copy, Debug)]
enum Stage<'a> {
    Link,
    Vlan(u8),
    Llc,
    Snap(usize),
    Network,
    Extensions { offset: usize, rest: Extensions<'a> },
    Transport,
    Done,
}

impl<'a> Layers<'a> {
    pub(super) fn new(packet: Packet<'a>) -> Self {
        Self { packet, stage: Stage::Link }
    }

    /// The layer of this stage, if there is one, and the next stage.
    fn step(&self) -> (Option<LayerRef>, Stage<'a>) {
        let layout = self.packet.layout();
        match self.stage {
            Stage::Link => {
                let found = layout.link_layer().map(|layer| self.header(layer, 0, link_len(layer)));
                (found, Stage::Vlan(0))
            }
            Stage::Vlan(i) if i < layout.vlan_count => {
                let at = usize::from(layout.vlan) + 4 * usize::from(i);
                (Some(self.header(Layer::Vlan, at, 4)), Stage::Vlan(i + 1))
            }
            Stage::Vlan(_) => (None, if layout.has_llc() { Stage::Llc } else { Stage::Network }),
            Stage::Llc => {
                let at = self.llc_offset();
                let snap = array::<3>(self.packet.bytes(), at) == Some(&[0xaa, 0xaa, 3]);
                let whole = snap && at + 8 <= layout.captured_end as usize;
                let next = if whole { Stage::Snap(at + 3) } else { Stage::Network };
                (Some(self.header(Layer::Llc, at, 3)), next)
            }
            Stage::Snap(at) => (Some(self.header(Layer::Snap, at, 5)), Stage::Network),
            Stage::Network => self.network(),
            Stage::Extensions { offset, rest } => self.extension(offset, rest),
            Stage::Transport => (self.transport(), Stage::Done),
            Stage::Done => (None, Stage::Done),
        }
    }

    fn network(&self) -> (Option<LayerRef>, Stage<'a>) {
        let layout = self.packet.layout();
        let at = usize::from(layout.network);
        let Some(layer) = layout.network_layer() else {
            return (None, Stage::Done);
        };
        let (len, next) = match layer {
            Layer::Arp => (self.packet.arp().map_or(0, |arp| arp.message_len()), Stage::Done),
            Layer::Ipv4 => {
                let len = self.packet.ipv4().map_or(Ipv4::MIN_HEADER_LEN, |ip| ip.header_len());
                (len, self.extensions_from(at + len))
            }
            _ => (Ipv6::HEADER_LEN, self.extensions_from(at + Ipv6::HEADER_LEN)),
        };
        (Some(self.header(layer, at, len.max(if layer == Layer::Arp { Arp::HEADER_LEN } else { 0 }))), next)
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
        let len = match layer {
            Layer::Tcp => self.packet.tcp().map_or(Tcp::MIN_HEADER_LEN, |tcp| tcp.header_len()),
            Layer::Udp => Udp::HEADER_LEN,
            _ => Icmp::HEADER_LEN,
        };
        (at < layout.captured_end as usize).then(|| self.header(layer, at, len))
    }

    fn header(&self, layer: Layer, at: usize, len: usize) -> LayerRef {
        LayerRef { layer, range: at..(at + len).min(self.packet.bytes().len()) }
    }

    fn llc_offset(&self) -> usize {
        let layout = self.packet.layout();
        match (layout.vlan_count, layout.link_layer()) {
            (0, Some(layer)) => link_len(layer),
            (0, None) => 0,
            (count, _) => usize::from(layout.vlan) + 4 * usize::from(count),
        }
    }
}

impl Iterator for Layers<'_> {
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

impl core::iter::FusedIterator for Layers<'_> {}

fn link_len(layer: Layer) -> usize {
    match layer {
        Layer::Ethernet => 14,
        Layer::LinuxSll => LinuxSll::HEADER_LEN,
        Layer::LinuxSll2 => LinuxSll::HEADER_LEN_V2,
        Layer::Null => 4,
        _ => 0,
    }
}

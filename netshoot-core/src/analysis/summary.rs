//! Counters of the whole capture.

use super::report::{CaptureSummary, ProtocolCount};
use crate::capture::{Frame, Timestamp};
use crate::packet::{IpProtocol, Layer, Limit, Packet};

/// Counts frames for a [`CaptureSummary`].
#[derive(Debug)]
pub(super) struct Tally {
    summary: CaptureSummary,
    last_time: Option<Timestamp>,
    /// Frames and octets by IP protocol, the others behind them.
    protocols: Box<[(u64, u64); COUNTERS]>,
}

impl Tally {
    pub(super) fn new() -> Self {
        Self { summary: CaptureSummary::default(), last_time: None, protocols: Box::new([(0, 0); COUNTERS]) }
    }

    /// Counts a frame; its time, or that of the frame before it where it has none.
    #[inline]
    pub(super) fn count(&mut self, frame: &Frame<'_>, packet: &Packet<'_>) -> Timestamp {
        let summary = &mut self.summary;
        let (captured, wire) = (frame.bytes.len() as u64, u64::from(frame.original_length));
        summary.frames += 1;
        summary.bytes = summary.bytes.saturating_add(wire);
        summary.captured_bytes += captured;
        summary.truncated_frames += u64::from(captured < wire);
        summary.fragments += u64::from(packet.layout().is_fragment());
        match packet.inner() {
            None => self.count_innermost(frame, packet),
            Some(inner) => self.count_innermost(frame, &inner.innermost()),
        }
        self.time(frame.timestamp)
    }

    #[inline]
    fn count_innermost(&mut self, frame: &Frame<'_>, packet: &Packet<'_>) {
        let summary = &mut self.summary;
        let malformed = |limit| matches!(limit, Limit::Malformed | Limit::Depth);
        summary.malformed_frames +=
            u64::from(packet.stopped().is_some_and(|stop| stop.is_truncation() || malformed(stop.limit)));
        if !summary.link_types.contains(&frame.link_type) && summary.link_types.len() < MAX_LINK_TYPES {
            summary.link_types.push(frame.link_type);
        }
        if let Some((frames, bytes)) = self.protocols.get_mut(protocol(packet)) {
            *frames += 1;
            *bytes = bytes.saturating_add(u64::from(frame.original_length));
        }
    }

    pub(super) fn summary(&self) -> CaptureSummary {
        let mut summary = self.summary.clone();
        for (number, (frames, bytes)) in self.protocols.iter().enumerate().filter(|(_, (frames, _))| *frames > 0) {
            let protocol = name(number);
            match summary.protocols.iter_mut().find(|count| count.protocol == protocol) {
                Some(count) => {
                    count.frames += frames;
                    count.bytes = count.bytes.saturating_add(*bytes);
                }
                None => summary.protocols.push(ProtocolCount { protocol, frames: *frames, bytes: *bytes }),
            }
        }
        summary.protocols.sort_by_key(|count| std::cmp::Reverse(count.frames));
        summary
    }

    fn time(&mut self, timestamp: Option<Timestamp>) -> Timestamp {
        let Some(time) = timestamp else {
            return self.last_time.unwrap_or_default();
        };
        let summary = &mut self.summary;
        summary.time_reversals += u64::from(self.last_time.is_some_and(|last| time < last));
        self.last_time = Some(time);
        summary.first = Some(summary.first.map_or(time, |first| first.min(time)));
        summary.last = Some(summary.last.map_or(time, |last| last.max(time)));
        time
    }
}

/// The name under which a packet is counted.
pub(crate) fn protocol_name(packet: &Packet<'_>) -> &'static str {
    name(protocol(&packet.innermost()))
}

/// The counter of a packet.
#[inline]
fn protocol(packet: &Packet<'_>) -> usize {
    match packet.layout().network_layer() {
        Some(Layer::Ipv4 | Layer::Ipv6) => {}
        Some(Layer::Arp) => return ARP,
        Some(Layer::Lldp) => return LLDP,
        Some(Layer::Stp) => return STP,
        Some(Layer::Slow) => return SLOW,
        Some(Layer::Macsec) => return MACSEC,
        _ => return OTHER,
    }
    let protocol = packet.layout().ip_protocol;
    if protocol == IpProtocol::UDP && !packet.layout().is_fragment() {
        match packet.ports() {
            Some((53, _) | (_, 53)) => return DNS,
            Some((5353, _) | (_, 5353)) => return MDNS,
            Some((5355, _) | (_, 5355)) => return LLMNR,
            _ => {}
        }
    }
    usize::from(protocol.0)
}

fn name(counter: usize) -> &'static str {
    match counter {
        ARP => "arp",
        DNS => "dns",
        MDNS => "mdns",
        LLMNR => "llmnr",
        OTHER => "other",
        LLDP => "lldp",
        STP => "stp",
        SLOW => "slow",
        MACSEC => "macsec",
        _ => {
            let protocol = u8::try_from(counter).ok().map(IpProtocol);
            protocol
                .and_then(IpProtocol::name)
                .map_or("other", |name| if name == "ipv6-icmp" { "icmpv6" } else { name })
        }
    }
}

const ARP: usize = 256;
const DNS: usize = 257;
const MDNS: usize = 258;
const LLMNR: usize = 259;
const OTHER: usize = 260;
const LLDP: usize = 261;
const STP: usize = 262;
const SLOW: usize = 263;
const MACSEC: usize = 264;
const COUNTERS: usize = 265;
/// More than that in one file is an attack.
const MAX_LINK_TYPES: usize = 64;

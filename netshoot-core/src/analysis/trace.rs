//! A few flows once more, frame by frame: the second pass over a capture, for what the first has no room to keep.
//!
//! What the report says of a flow, its ends and its first and last frame, is enough to find its frames again; so the
//! state of the traced flows is all that is kept.

use std::collections::HashMap;
use std::io::Read;
use std::ops::ControlFlow;

use super::connection::Connection;
use super::course::Verdict;
use super::datagrams::{Origin, Part, Unpacker};
use super::key::{self, Key};
use super::segment::{Judgement, Segment, Side};
use super::{DirectionStats, Flow, Gate, Report, tcp_header};
use crate::capture::{Frame, Reader, Timestamp};
use crate::packet::{FiveTuple, IpProtocol, Packet, Tcp, TcpFlags, TcpOption};
use crate::{Error, ErrorKind, Result};

/// A frame of a traced flow.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    /// Number of the flow.
    pub(super) flow_id: u32,
    pub(super) frame: u64,
    pub(super) time: Timestamp,
    pub(super) from_client: bool,
    /// Octets behind the transport header on the wire.
    pub(super) payload: u64,
    pub(super) tcp: Option<TcpStep>,
}

/// What TCP says in it. Sequence numbers are relative to the SYN's and do not wrap.
#[derive(Clone, Copy, Debug)]
pub(super) struct TcpStep {
    pub(super) flags: TcpFlags,
    /// Of the segment, and of what follows it.
    pub(super) begin: u64,
    pub(super) end: u64,
    /// What of the peer's octets is acknowledged.
    pub(super) acknowledgment: Option<u64>,
    /// What it has of the peer's octets beyond that: the least and the last.
    pub(super) sacked: Option<(u64, u64)>,
    pub(super) judgement: Judgement,
    pub(super) verdict: Verdict,
    /// The options, in a SYN.
    pub(super) offer: Option<Offer>,
}

/// What an end offers in its SYN.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Offer {
    pub(super) mss: Option<u16>,
    pub(super) window_scale: Option<u8>,
    pub(super) sack: bool,
    pub(super) timestamps: bool,
}

/// The flows that are traced.
#[derive(Debug, Default)]
pub(super) struct Tracer {
    traces: HashMap<Key, Vec<Trace>>,
    frames: Option<(u64, u64)>,
    gate: Gate,
    last_time: Timestamp,
    unpacker: Unpacker,
}

#[derive(Debug)]
struct Trace {
    flow: Flow,
    client: Side,
    connection: Option<Connection>,
    /// The highest relative sequence numbers of client and server.
    highest: [u64; 2],
}

impl Tracer {
    /// Traces the flows of `report` with these numbers.
    pub(super) fn new(report: &Report, ids: &[u32]) -> Result<Self> {
        let mut tracer = Self::default();
        tracer.add_all(report, ids)?;
        Ok(tracer)
    }

    /// Traces these flows too.
    pub(super) fn add_all(&mut self, report: &Report, ids: &[u32]) -> Result<()> {
        (self.unpacker, self.gate) = (Unpacker::new(&report.options), Gate::new(report.options.since));
        for id in ids {
            let flow = report.flow(*id).ok_or_else(|| unknown(report, *id))?;
            self.add(report, flow);
        }
        Ok(())
    }

    fn add(&mut self, report: &Report, flow: &Flow) {
        let (first, last) = self.frames.unwrap_or((u64::MAX, 0));
        self.frames = Some((first.min(flow.first_frame), last.max(flow.last_frame)));
        let (key, from_low) = key_of(report, flow);
        let is_tcp = flow.protocol == IpProtocol::TCP;
        let reused = is_tcp && report.flows.iter().any(|other| other.id < flow.id && has_same_ends(other, flow));
        let trace = Trace {
            flow: Flow {
                client_to_server: DirectionStats::default(),
                server_to_client: DirectionStats::default(),
                ack_rtt: None,
                ..flow.clone()
            },
            client: if from_low { Side::Low } else { Side::High },
            connection: is_tcp.then(|| Connection::new(report.options.tcp_profile, reused)),
            highest: [0; 2],
        };
        self.traces.entry(key).or_default().push(trace);
    }

    /// Whether no frame behind this one is of a traced flow.
    pub(super) fn is_over(&self, frame: u64) -> bool {
        self.frames.is_none_or(|(_, last)| frame >= last)
    }

    /// Takes the next frame of the capture; `each` is told of it once for each traced flow that it is of.
    pub(super) fn push(&mut self, frame: &Frame<'_>, packet: &Packet<'_>, each: &mut impl FnMut(&Step)) {
        if !self.gate.lets_pass(frame.timestamp) {
            return;
        }
        let time = frame.timestamp.unwrap_or(self.last_time);
        self.last_time = time;
        let Self { traces, unpacker, frames, .. } = self;
        // A datagram may have begun before the first frame of its flow.
        let is_over = frames.is_none_or(|(_, last)| frame.number > last);
        if is_over || frames.is_some_and(|(first, _)| frame.number < first) && !unpacker.wants(packet) {
            return;
        }
        unpacker.walk(packet, Origin { frame: frame.number, time }, &mut |packet, part, _| {
            let Some((key, from)) = key::of_packet(packet) else { return };
            let traces = traces.get_mut(&key).into_iter().flatten();
            // What a datagram carries was told of with its fragments, but for segments, which only the whole has.
            let is_new = |trace: &Trace| part != Part::Assembled || trace.connection.is_some();
            for trace in traces.filter(|trace| trace.has(frame.number) && is_new(trace)) {
                each(&trace.step(frame, time, packet, from));
            }
        });
    }
}

impl Trace {
    fn has(&self, frame: u64) -> bool {
        (self.flow.first_frame..=self.flow.last_frame).contains(&frame)
    }

    fn step(&mut self, frame: &Frame<'_>, time: Timestamp, packet: &Packet<'_>, from: Side) -> Step {
        let from_client = from == self.client;
        let header = packet.tcp();
        let header = header.as_ref();
        let segment = header.and_then(|tcp| tcp_header::segment(packet, tcp, time, frame.number));
        let payload = match &segment {
            Some(segment) => u64::from(segment.len),
            None if self.flow.protocol == IpProtocol::TCP => 0,
            None => packet.payload().reported_len as u64,
        };
        let tcp = header.zip(segment).and_then(|(tcp, segment)| self.judge(from, &segment, tcp));
        Step { flow_id: self.flow.id, frame: frame.number, time, from_client, payload, tcp }
    }

    fn judge(&mut self, from: Side, segment: &Segment, tcp: &Tcp<'_>) -> Option<TcpStep> {
        let Self { flow, client, connection, highest } = self;
        let connection = connection.as_mut()?;
        let from_client = from == *client;
        let stats = if from_client { &mut flow.client_to_server } else { &mut flow.server_to_client };
        stats.packets += 1;
        let judgement = connection.judge(from, segment);
        let verdict = connection.observe(flow, from, from_client, segment, tcp, &judgement);
        let bases = [connection.base(from), connection.base(from.other())].map(Option::unwrap_or_default);
        let [client_highest, server_highest] = highest;
        let (own, peer) = if from_client { (client_highest, server_highest) } else { (server_highest, client_highest) };
        let begin = unwrapped(segment.sequence, bases[0], *own);
        let consumes = u64::from(segment.flags.intersects(TcpFlags::SYN | TcpFlags::FIN));
        let end = begin + u64::from(segment.len) + consumes;
        *own = if end.saturating_sub(*own) < MAX_JUMP { end.max(*own) } else { *own };
        let of_peer = |number| unwrapped(number, bases[1], *peer);
        let sacked = segment.sack.blocks().map(|(left, right)| (of_peer(left), of_peer(right)));
        Some(TcpStep {
            flags: segment.flags,
            begin,
            end,
            acknowledgment: segment.flags.contains(TcpFlags::ACK).then(|| of_peer(segment.acknowledgment)),
            sacked: sacked.reduce(|(least, last), (left, right)| (least.min(left), last.max(right))),
            judgement,
            verdict,
            offer: segment.flags.contains(TcpFlags::SYN).then(|| offer(tcp)),
        })
    }
}

/// Reads a capture until the last frame of the traced flows; `each` is told of their frames. Damage ends it, as it ended
/// the analysis.
pub(super) fn trace<R: Read>(
    reader: &mut Reader<R>,
    tracer: &mut Tracer,
    mut progress: impl FnMut(u64, u64) -> ControlFlow<()>,
    mut each: impl FnMut(&Step),
) -> Result<()> {
    let mut frames = 0;
    while !tracer.is_over(frames) {
        let Ok(Some(frame)) = reader.next_frame() else { break };
        frames = frame.number;
        tracer.push(&frame, &frame.packet(), &mut each);
        if frames % super::FRAMES_PER_PROGRESS == 0 && progress(reader.offset(), frames).is_break() {
            return Err(Error::new(ErrorKind::Cancelled, "trace flows"));
        }
    }
    Ok(())
}

fn unknown(report: &Report, id: u32) -> Error {
    let error = Error::new(ErrorKind::NotFound, format!("find flow {id}")).with_detail("the report has no such flow");
    match (report.flows.first(), report.flows.last()) {
        (Some(first), Some(last)) => error.with_hint(format!("the flows are {} to {}", first.id, last.id)),
        _ => error.with_hint("there are no flows at all"),
    }
}

fn has_same_ends(one: &Flow, other: &Flow) -> bool {
    let ends = |flow: &Flow| (flow.protocol, flow.client.min(flow.server), flow.client.max(flow.server));
    ends(one) == ends(other)
}

/// The key of a flow, and whether its client is the lower end. That of echo messages has their identifier.
fn key_of(report: &Report, flow: &Flow) -> (Key, bool) {
    let echo = report.icmp.iter().filter(|icmp| icmp.flow_id == Some(flow.id)).find_map(|icmp| icmp.echo);
    let ports = match echo {
        Some((identifier, _)) if flow.client.port == 0 => (identifier, identifier),
        _ => (flow.client.port, flow.server.port),
    };
    Key::new(&FiveTuple {
        source: flow.client.address,
        destination: flow.server.address,
        source_port: ports.0,
        destination_port: ports.1,
        protocol: flow.protocol,
    })
}

/// A sequence number relative to `base`, nearest to `highest`.
fn unwrapped(number: u32, base: u32, highest: u64) -> u64 {
    let low = highest as u32;
    let difference = number.wrapping_sub(base).wrapping_sub(low).cast_signed();
    highest.saturating_add_signed(difference.into())
}

fn offer(tcp: &Tcp<'_>) -> Offer {
    let mut offer = Offer::default();
    for option in tcp.options().flatten() {
        match option {
            TcpOption::MaximumSegmentSize(mss) => offer.mss = Some(mss),
            TcpOption::WindowScale(shift) => offer.window_scale = Some(shift),
            TcpOption::SackPermitted => offer.sack = true,
            TcpOption::Timestamps { .. } => offer.timestamps = true,
            _ => {}
        }
    }
    offer
}

/// A sequence number that is farther off is damaged.
const MAX_JUMP: u64 = 1 << 30;

#[cfg(test)]
mod tests {
    use super::unwrapped;

    #[test]
    fn sequence_numbers_go_on_behind_a_wrap() {
        assert_eq!(unwrapped(1000, 1000, 0), 0);
        assert_eq!(unwrapped(5, u32::MAX - 4, 0), 10);
        assert_eq!(unwrapped(999, 1000, 0), 0, "nothing comes before the first");
        assert_eq!(unwrapped(1000, 1000, 1 << 32), 1 << 32);
        assert_eq!(unwrapped(900, 1000, (1 << 32) + 50), (1 << 32) - 100);
    }
}

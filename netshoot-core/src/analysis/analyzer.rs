//! The engine: frames in, a report out.

use std::collections::HashMap;
use std::io::Read;
use std::ops::ControlFlow;
use std::time::Duration;

use super::connection::Connection;
use super::evidence::Event;
use super::findings::{self, Unreachables};
use super::key::{self, Key};
use super::resolver::Resolver;
use super::segment::{Judgement, MAX_WAIT, Segment, Side};
use super::server_name;
use super::summary::Tally;
use super::table::{Table, Track};
use super::{
    ConnectionState, DirectionStats, DnsTransport, Endpoint, Flow, Observation, Options, Report, RoleBasis,
    TcpAnalysis, TcpObservation,
};
use crate::capture::{Frame, Reader, Timestamp};
use crate::packet::{FiveTuple, IpProtocol, LinkType, Packet, Tcp, TcpFlags, TcpOption};
use crate::{Error, ErrorKind, Result};

/// Analyses a capture to its end.
///
/// `progress` is called every 4,096 frames with the octets of the file and the frames that were read; `Break` cancels. A
/// capture that is damaged or cut off gives a report of what could be read, with the damage in
/// [`CaptureSummary::damage`](super::CaptureSummary::damage) and a finding.
///
/// # Errors
/// [`ErrorKind::Cancelled`] if `progress` asked for it. A stream that fails for reasons of its own, such as a disk that
/// cannot be read, is reported as damage too.
pub fn analyze<R: Read>(
    reader: &mut Reader<R>,
    options: &Options,
    mut progress: impl FnMut(u64, u64) -> ControlFlow<()>,
) -> Result<Report> {
    let mut analyzer = Analyzer::new(options.clone());
    let mut frames = 0;
    let damage = loop {
        match reader.next_frame() {
            Ok(Some(frame)) => {
                analyzer.push(&frame, &frame.packet());
            }
            Ok(None) => break None,
            Err(error) => break Some(error.to_string()),
        }
        frames += 1;
        if frames % FRAMES_PER_PROGRESS == 0 && progress(reader.offset(), frames).is_break() {
            return Err(Error::new(ErrorKind::Cancelled, "analyze capture"));
        }
    };
    analyzer.damage = damage;
    Ok(analyzer.finish())
}

/// Turns frames into flows, transactions and findings.
///
/// ```no_run
/// use netshoot_core::{analysis, capture};
///
/// let mut reader = capture::Reader::open("incident.pcap")?;
/// let mut analyzer = analysis::Analyzer::new(analysis::Options::default());
/// while let Some(frame) = reader.next_frame()? {
///     let observation = analyzer.push(&frame, &frame.packet());
///     if let Some(tcp) = observation.tcp {
///         println!("{}: {:?}", frame.number, tcp.analysis.names().collect::<Vec<_>>());
///     }
/// }
/// for finding in analyzer.finish().findings {
///     println!("{}: {}", finding.severity, finding.summary);
/// }
/// # Ok::<(), netshoot_core::Error>(())
/// ```
#[derive(Debug)]
pub struct Analyzer {
    tally: Tally,
    table: Table,
    resolver: Resolver,
    unreachables: Unreachables,
    next_flow: u32,
    tcp_streams: u32,
    udp_streams: u32,
    /// Stream numbers that Wireshark gave to flows when an ICMP error quoted a packet of theirs, before any of their own.
    reserved_streams: HashMap<Key, u32>,
    damage: Option<String>,
}

impl Analyzer {
    /// An analyzer that has seen nothing.
    #[must_use]
    pub fn new(options: Options) -> Self {
        let for_dns = options.memory_limit / 4;
        Self {
            tally: Tally::new(),
            table: Table::new(options.memory_limit - for_dns),
            resolver: Resolver::new(for_dns),
            unreachables: Unreachables::default(),
            next_flow: 0,
            tcp_streams: 0,
            udp_streams: 0,
            reserved_streams: HashMap::new(),
            damage: None,
        }
    }

    /// Takes the next frame, with what parsing it gave, and says what it is: the innermost of its packets that belongs to
    /// a flow. The packets around that one, of tunnels, belong to flows too.
    pub fn push(&mut self, frame: &Frame<'_>, packet: &Packet<'_>) -> Observation {
        let time = self.tally.count(frame, packet);
        let mut observation = self.observe(frame, time, packet);
        let mut outer = *packet;
        while let Some(inner) = outer.inner() {
            let inside = self.observe(frame, time, &inner);
            if inside.flow_id.is_some() {
                observation = inside;
            }
            outer = inner;
        }
        observation
    }

    #[inline]
    fn observe(&mut self, frame: &Frame<'_>, time: Timestamp, packet: &Packet<'_>) -> Observation {
        let Some(tuple) = packet.five_tuple() else {
            return Observation::default();
        };
        let arrival = Arrival { frame: frame.number, time, wire_len: frame.original_length, packet, tuple };
        let (key, from) = key::of_packet(packet, &tuple);
        let tcp = segment(&arrival);
        let slot = self.flow_of(&arrival, key, from, tcp.as_ref());
        self.table.touch(slot);
        let Some((flow, track)) = self.table.slot(slot) else {
            return Observation::default();
        };
        let from_client = track.client == from;
        let first_payload = count(flow, &arrival, from_client, tcp.as_ref().map(|(_, segment)| segment));
        let judgement = tcp.as_ref().and_then(|(tcp, segment)| judge(flow, track, &arrival, from, segment, tcp));
        if first_payload && from_client && tcp.is_some() {
            flow.server_name = server_name::find(packet.payload().bytes).map(str::to_owned);
        }
        let observation = Observation {
            flow_id: Some(flow.id),
            from_client: Some(from_client),
            tcp: tcp.map(|(_, segment)| observation(flow, &segment, judgement)),
        };
        if judgement.is_some() {
            self.table.sort(slot);
            self.table.weigh(slot);
        }
        self.look_inside(&arrival, observation);
        observation
    }

    /// Everything found, once there are no more frames.
    #[must_use]
    pub fn finish(mut self) -> Report {
        self.table.settle();
        let mut report = Report { capture: self.tally.summary(), ..Report::default() };
        report.capture.damage = self.damage;
        report.evicted = self.table.evicted;
        report.evicted.dns = self.resolver.evicted();
        report.dns = self.resolver.into_transactions();
        report.findings = findings::find(&report.capture, &self.table, &report.dns, &self.unreachables);
        report.flows = self.table.into_flows();
        report
    }

    /// Takes out what is over, for programs that run for long: flows that were closed and then silent for 30 s, flows
    /// silent for 300 s, DNS transactions whose query is 30 s old, and the findings on them. Times are those of the frames.
    ///
    /// The analyzer forgets what it hands out, so that memory stays flat and a later report tells only what is new. The
    /// counters of the capture and of evictions are those from the start.
    #[must_use]
    pub fn take_finished(&mut self) -> Report {
        let mut report = Report { capture: self.tally.summary(), evicted: self.table.evicted, ..Report::default() };
        report.evicted.dns = self.resolver.evicted();
        let now = report.capture.last.unwrap_or_default();
        let (lingering, idle) = (before(now, LINGER), before(now, IDLE));
        let mut ended = self.table.take(lingering, |flow| flow.closed_by.is_some() || flow.last <= idle);
        ended.settle();
        report.dns = self.resolver.take_until(lingering);
        let unreachables = std::mem::take(&mut self.unreachables);
        report.findings = findings::find(&report.capture, &ended, &report.dns, &unreachables);
        report.flows = ended.into_flows();
        report
    }

    /// The slot of the flow that a packet belongs to; opens one if need be.
    #[inline]
    fn flow_of(&mut self, arrival: &Arrival<'_>, key: Key, from: Side, tcp: Option<&(Tcp<'_>, Segment)>) -> u32 {
        match self.table.find(&key) {
            Some(slot) if !self.is_reused(slot, from, tcp) => slot,
            _ => self.open(arrival, key, from),
        }
    }

    fn is_reused(&mut self, slot: u32, from: Side, tcp: Option<&(Tcp<'_>, Segment)>) -> bool {
        let Some((_, segment)) = tcp.filter(|(_, segment)| segment.flags.contains(TcpFlags::SYN)) else {
            return false;
        };
        let connection = self.table.slot(slot).and_then(|(_, track)| track.connection.as_ref());
        connection.is_some_and(|connection| connection.is_reused_by(from, segment))
    }

    fn open(&mut self, arrival: &Arrival<'_>, key: Key, from: Side) -> u32 {
        let reused = self.table.find(&key).is_some();
        let (from_client, role_basis) = role(arrival);
        let client = if from_client { from } else { from.other() };
        let is_tcp = arrival.tuple.protocol == IpProtocol::TCP;
        let connection = is_tcp.then(|| Box::new(Connection::new(reused)));
        let flow = Flow {
            id: self.next_flow,
            stream: self.reserved_streams.remove(&key).or_else(|| self.next_stream(&arrival.tuple)),
            ..new_flow(arrival, from_client, role_basis)
        };
        self.next_flow = self.next_flow.wrapping_add(1);
        self.table.insert(flow, Track::new(key, client, connection))
    }

    fn next_stream(&mut self, tuple: &FiveTuple) -> Option<u32> {
        let counter = match tuple.protocol {
            IpProtocol::TCP => &mut self.tcp_streams,
            IpProtocol::UDP => &mut self.udp_streams,
            _ => return None,
        };
        let stream = *counter;
        *counter = counter.wrapping_add(1);
        Some(stream)
    }

    /// Counts the stream that a quoted packet opens, as Wireshark does if enough of its header is there.
    fn reserve_stream(&mut self, key: Key, tuple: &FiveTuple, quoted: &Packet<'_>) {
        let header_len = quoted.bytes().len().saturating_sub(usize::from(quoted.layout().transport));
        let needed = if tuple.protocol == IpProtocol::TCP { QUOTED_TCP_LEN } else { QUOTED_UDP_LEN };
        if quoted.layout().is_fragment() || header_len < needed || self.reserved_streams.contains_key(&key) {
            return;
        }
        if let Some(stream) = self.next_stream(tuple)
            && self.reserved_streams.len() < MAX_RESERVED
        {
            self.reserved_streams.insert(key, stream);
        }
    }

    /// DNS messages, and ICMP errors that quote another packet.
    #[inline]
    fn look_inside(&mut self, arrival: &Arrival<'_>, observation: Observation) {
        let flow_id = observation.flow_id.unwrap_or_default();
        match arrival.tuple.protocol {
            IpProtocol::UDP => {
                if let Some(transport) = dns_transport(&arrival.tuple)
                    && let Some(message) = arrival.packet.dns()
                {
                    self.resolver.message(transport, &message, arrival.note(flow_id));
                }
            }
            IpProtocol::TCP => {
                let repeated = observation.tcp.is_some_and(|tcp| tcp.analysis.contains(TcpAnalysis::RETRANSMISSION));
                if (arrival.tuple.source_port == 53 || arrival.tuple.destination_port == 53) && !repeated {
                    self.resolver.stream(arrival.packet.payload().bytes, arrival.note(flow_id));
                }
            }
            IpProtocol::ICMP | IpProtocol::ICMPV6 => self.icmp_error(arrival),
            _ => {}
        }
    }

    fn icmp_error(&mut self, arrival: &Arrival<'_>) {
        let Some((kind, code)) = error_kind(arrival.packet) else { return };
        let quoted = arrival.packet.payload().bytes;
        let quoted = Packet::parse(LinkType::RAW, quoted, u32::try_from(quoted.len()).unwrap_or(u32::MAX));
        let Some(tuple) = quoted.five_tuple() else { return };
        let mut flow_id = None;
        let (key, _) = Key::new(&tuple);
        if let Some(slot) = self.table.find(&key) {
            if let Some((flow, track)) = self.table.slot(slot) {
                flow.icmp_errors = flow.icmp_errors.saturating_add(1);
                track.witness(Event::IcmpError, arrival.frame, arrival.time);
                flow_id = Some(flow.id);
            }
            self.table.sort(slot);
            self.table.weigh(slot);
        } else {
            self.reserve_stream(key, &tuple, &quoted);
        }
        self.unreachables.note(kind, code, arrival.tuple.source, &tuple, arrival.note(flow_id.unwrap_or(u32::MAX)));
    }
}

/// A packet that has arrived.
pub(super) struct Arrival<'a> {
    frame: u64,
    time: Timestamp,
    wire_len: u32,
    packet: &'a Packet<'a>,
    tuple: FiveTuple,
}

/// Where something was seen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Note {
    pub(super) frame: u64,
    pub(super) time: Timestamp,
    pub(super) tuple: FiveTuple,
    pub(super) flow_id: u32,
}

impl Arrival<'_> {
    fn note(&self, flow_id: u32) -> Note {
        Note { frame: self.frame, time: self.time, tuple: self.tuple, flow_id }
    }
}

/// The TCP header and what the state machine wants of it; nothing for fragments and headers that are not whole.
#[inline]
fn segment<'a>(arrival: &Arrival<'a>) -> Option<(Tcp<'a>, Segment)> {
    let layout = arrival.packet.layout();
    let tcp = arrival.packet.tcp()?;
    let start = u32::from(layout.transport) + u32::try_from(tcp.header_len()).unwrap_or(u32::MAX);
    if layout.is_fragment() || tcp.header_len() < Tcp::MIN_HEADER_LEN || start > layout.reported_end {
        return None;
    }
    let flags = tcp.flags();
    let window_scale = || {
        tcp.options().flatten().find_map(|option| match option {
            TcpOption::WindowScale(shift) => Some(shift),
            _ => None,
        })
    };
    let segment = Segment {
        time: arrival.time.as_nanos(),
        sequence: tcp.sequence_number(),
        acknowledgment: tcp.acknowledgment_number(),
        window: tcp.window(),
        flags,
        len: layout.reported_end - start,
        window_scale: flags.contains(TcpFlags::SYN).then(window_scale).flatten(),
    };
    Some((tcp, segment))
}

/// Counts a packet; true if it is the first of its direction with a payload.
#[inline]
fn count(flow: &mut Flow, arrival: &Arrival<'_>, from_client: bool, segment: Option<&Segment>) -> bool {
    flow.last = arrival.time;
    flow.last_frame = arrival.frame;
    let stats = if from_client { &mut flow.client_to_server } else { &mut flow.server_to_client };
    if stats.packets == 0 {
        stats.hop_limit = arrival.packet.hop_limit();
    }
    let payload = match segment {
        Some(segment) => u64::from(segment.len),
        None if flow.protocol == IpProtocol::TCP => 0,
        None => arrival.packet.payload().reported_len as u64,
    };
    let first = stats.payload_bytes == 0 && payload > 0;
    stats.packets += 1;
    stats.bytes = stats.bytes.saturating_add(u64::from(arrival.wire_len));
    stats.payload_bytes = stats.payload_bytes.saturating_add(payload);
    first
}

#[inline]
fn judge(
    flow: &mut Flow,
    track: &mut Track,
    arrival: &Arrival<'_>,
    from: Side,
    segment: &Segment,
    tcp: &Tcp<'_>,
) -> Option<Judgement> {
    let from_client = track.client == from;
    let judgement = track.connection.as_mut()?.observe(flow, from, from_client, segment, tcp);
    track.timeouts = track.timeouts.saturating_add(judgement.timeout.unwrap_or(0).min(MAX_WAIT));
    track.waited = track.waited.saturating_add(judgement.waited);
    if judgement.analysis.0 & WITNESSED != 0 {
        for (flag, event) in EVENTS {
            if judgement.analysis.contains(flag) {
                track.witness(event, arrival.frame, arrival.time);
            }
        }
    }
    if segment.flags.contains(TcpFlags::RST) {
        track.witness(Event::Reset, arrival.frame, arrival.time);
    }
    Some(judgement)
}

fn observation(flow: &Flow, segment: &Segment, judgement: Option<Judgement>) -> TcpObservation {
    let judgement = judgement.unwrap_or_default();
    TcpObservation {
        analysis: judgement.analysis,
        stream: flow.stream.unwrap_or_default(),
        segment_len: segment.len,
        window: judgement.window,
        ack_rtt: judgement.ack_rtt.map(|nanos| Duration::from_nanos(nanos.unsigned_abs())),
    }
}

/// Whether the sender of the first packet is the client, and how that is known.
fn role(arrival: &Arrival<'_>) -> (bool, RoleBasis) {
    let flags = arrival.packet.tcp().map(|tcp| tcp.flags()).unwrap_or_default();
    if flags.contains(TcpFlags::SYN) {
        return (!flags.contains(TcpFlags::ACK), RoleBasis::Syn);
    }
    if let Some((_, is_reply)) = key::echo(arrival.packet) {
        return (!is_reply, RoleBasis::First);
    }
    let FiveTuple { source_port, destination_port, .. } = arrival.tuple;
    for first_of_clients in [1024, 32_768] {
        match (source_port < first_of_clients, destination_port < first_of_clients) {
            (true, false) => return (false, RoleBasis::Port),
            (false, true) => return (true, RoleBasis::Port),
            _ => {}
        }
    }
    (true, RoleBasis::First)
}

fn new_flow(arrival: &Arrival<'_>, from_client: bool, role_basis: RoleBasis) -> Flow {
    let FiveTuple { source, destination, source_port, destination_port, protocol } = arrival.tuple;
    let sender = Endpoint { address: source, port: source_port };
    let receiver = Endpoint { address: destination, port: destination_port };
    let (client, server) = if from_client { (sender, receiver) } else { (receiver, sender) };
    Flow {
        id: 0,
        stream: None,
        protocol,
        client,
        server,
        role_basis,
        vlan: arrival.packet.vlans().next().map(|vlan| vlan.id()),
        first: arrival.time,
        last: arrival.time,
        first_frame: arrival.frame,
        last_frame: arrival.frame,
        client_to_server: DirectionStats::default(),
        server_to_client: DirectionStats::default(),
        state: ConnectionState::Oth,
        syn_rtt: None,
        ack_rtt: None,
        closed_by: None,
        server_name: None,
        icmp_errors: 0,
    }
}

fn dns_transport(tuple: &FiveTuple) -> Option<DnsTransport> {
    let has = |port| tuple.source_port == port || tuple.destination_port == port;
    match () {
        () if has(53) => Some(DnsTransport::Udp),
        () if has(5353) => Some(DnsTransport::Mdns),
        () if has(5355) => Some(DnsTransport::Llmnr),
        () => None,
    }
}

/// Type and code of an ICMP message that quotes the packet it is about.
fn error_kind(packet: &Packet<'_>) -> Option<(u8, u8)> {
    let icmp = match packet.layout().ip_protocol {
        IpProtocol::ICMP => packet.icmpv4().filter(|icmp| matches!(icmp.message_type(), 3 | 4 | 5 | 11 | 12)),
        _ => packet.icmpv6().filter(|icmp| matches!(icmp.message_type(), 1..=4)),
    }?;
    Some((icmp.message_type(), icmp.code()))
}

fn before(time: Timestamp, duration: Duration) -> Timestamp {
    let nanos = i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX);
    Timestamp::from_nanos(time.as_nanos().saturating_sub(nanos))
}

/// The flags that findings want frames for.
const EVENTS: [(TcpAnalysis, Event); 4] = [
    (TcpAnalysis::RETRANSMISSION, Event::Retransmission),
    (TcpAnalysis::OUT_OF_ORDER, Event::OutOfOrder),
    (TcpAnalysis::ZERO_WINDOW, Event::ZeroWindow),
    (TcpAnalysis::ACK_LOST_SEGMENT, Event::AckLost),
];
const WITNESSED: u32 = TcpAnalysis::RETRANSMISSION.0
    | TcpAnalysis::OUT_OF_ORDER.0
    | TcpAnalysis::ZERO_WINDOW.0
    | TcpAnalysis::ACK_LOST_SEGMENT.0;
/// Octets of a quoted header that Wireshark reads before it looks for the stream: in TCP up to the window.
const QUOTED_TCP_LEN: usize = 16;
const QUOTED_UDP_LEN: usize = 8;
/// Numbers that are kept for flows to come: beyond that they are counted only.
const MAX_RESERVED: usize = 4096;
const FRAMES_PER_PROGRESS: u64 = 4096;
/// Late segments of a closed connection still find their flow for this long.
const LINGER: Duration = Duration::from_secs(30);
/// A flow that was silent for this long is taken to be over.
const IDLE: Duration = Duration::from_secs(300);

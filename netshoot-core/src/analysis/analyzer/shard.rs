//! Flows and what they say: all of a capture's, or a share of them.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use super::numbers::{Opening, Step};
use super::share::Share;
use crate::analysis::calls::Told;
use crate::analysis::connection::Connection;
use crate::analysis::datagrams::{Origin, Part, Unpacker};
use crate::analysis::evidence::Event;
use crate::analysis::key::{self, Key};
use crate::analysis::log::Logs;
use crate::analysis::resolver::Resolver;
use crate::analysis::segment::{Judgement, MAX_WAIT, Segment, Side};
use crate::analysis::server_name;
use crate::analysis::table::{Table, Track};
use crate::analysis::tcp_header;
use crate::analysis::{
    Classification, Completeness, ConnectionState, DirectionStats, Endpoint, Flow, History, Observation, Options,
    RoleBasis, TcpAnalysis, TcpObservation,
};
use crate::capture::Timestamp;
use crate::packet::{FiveTuple, IpProtocol, Packet, TcpFlags};

/// The state of flows and of what is matched across packets. Of several shards, each has the flows of its [`Share`].
#[derive(Debug)]
pub(in crate::analysis) struct Shard {
    pub(super) share: Share,
    pub(super) options: Options,
    unpacker: Unpacker,
    /// Which frames brought fragments of what is in which flow, the last of them: some hold nothing else of the flow.
    pub(super) pieces: VecDeque<(u32, u64)>,
    pub(super) table: Table,
    pub(super) resolver: Resolver,
    pub(super) next: Counters,
    /// Stream numbers that Wireshark gave to flows when an ICMP error quoted a packet of theirs, before any of their own.
    pub(super) reserved_streams: HashMap<Key, u32>,
    /// What it numbered since all shards agreed on the numbers.
    pub(super) openings: Vec<Opening>,
    /// Where in which frame it is.
    pub(super) step: Step,
}

/// The numbers that the next flow and stream get.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::analysis) struct Counters {
    pub(super) flows: u32,
    pub(super) tcp_streams: u32,
    pub(super) udp_streams: u32,
}

/// A frame, as far as flows want to know of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Passing {
    pub(super) number: u64,
    pub(super) time: Timestamp,
    pub(super) wire_len: u32,
}

impl Shard {
    /// The flows of `share`, where all of them may take `memory_limit` of `options`. DNS, which may all be in one of them, and logs
    /// have as much room as if there were no others, so that it is known in the end what one would have kept.
    pub(super) fn new(share: Share, options: &Options) -> Self {
        let memory_limit = options.memory_limit;
        let for_dns = memory_limit / 16 * 3;
        let for_logs = for_dns;
        let for_flows = memory_limit - for_dns - for_logs;
        let for_flows = share.part_of(for_flows);
        let logs = Logs::new(for_logs);
        let logs = if share.is_part() { logs.into_part() } else { logs };
        Self {
            share,
            options: options.clone(),
            unpacker: Unpacker::new(options),
            pieces: VecDeque::new(),
            table: Table::new(for_flows, logs),
            resolver: Resolver::new(for_dns),
            next: Counters::default(),
            reserved_streams: HashMap::new(),
            openings: Vec::new(),
            step: Step::default(),
        }
    }

    /// Takes the next frame. `observation` becomes what it is: the innermost of its packets that belongs to a flow. The
    /// packets around that one, of tunnels, belong to flows too.
    pub(super) fn take(&mut self, frame: &Passing, packet: &Packet<'_>, mut observation: Option<&mut Observation>) {
        if self.share.is_part() {
            self.step = Step::of(frame.number);
            self.table.logs.set_time(frame.number);
        }
        if let Some(arp) = packet.arp().filter(|_| self.share.is_first()) {
            self.table.logs.arp.take(&arp, packet, frame.number, frame.time);
        }
        let mut next = self.take_packet(frame, packet, observation.as_deref_mut());
        while let Some(packet) = next {
            next = self.take_packet(frame, &packet, observation.as_deref_mut());
        }
    }

    /// Takes one of the packets of a frame; gives that inside of it.
    #[inline]
    fn take_packet<'a>(
        &mut self,
        frame: &Passing,
        packet: &Packet<'a>,
        observation: Option<&mut Observation>,
    ) -> Option<Packet<'a>> {
        if self.options.reassemble && packet.layout().is_fragment() {
            self.take_fragment(frame, packet, observation);
            return None;
        }
        self.observe(frame, packet, Part::Whole, observation);
        self.step.descend();
        packet.inner()
    }

    /// Takes a fragment: what it completes belongs to flows, too.
    fn take_fragment(&mut self, frame: &Passing, packet: &Packet<'_>, mut observation: Option<&mut Observation>) {
        let mut unpacker = std::mem::take(&mut self.unpacker);
        unpacker.walk(packet, Origin { frame: frame.number, time: frame.time }, &mut |packet, part, frames| {
            if let Some(id) = self.observe(frame, packet, part, observation.as_deref_mut()) {
                self.pieces.extend(frames.iter().map(|frame| (id, *frame)));
            }
            self.step.descend();
        });
        self.unpacker = unpacker;
        let excess = self.pieces.len().saturating_sub(most_pieces(&self.options));
        self.pieces.drain(..excess);
    }

    /// Gives the number of the flow that the packet belongs to.
    #[inline]
    fn observe(
        &mut self,
        frame: &Passing,
        packet: &Packet<'_>,
        part: Part,
        observation: Option<&mut Observation>,
    ) -> Option<u32> {
        let tuple = packet.five_tuple()?;
        let Passing { number, time, wire_len } = *frame;
        let arrival = Arrival { frame: number, time, wire_len, packet, tuple, part };
        let (key, from) = key::of_packet(packet)?;
        let flow_id = if self.share.has(&key) { self.follow(&arrival, key, from, observation) } else { None };
        if part != Part::Fragment {
            self.look_at_quoted(&arrival);
        }
        flow_id
    }

    #[inline]
    fn follow(
        &mut self,
        arrival: &Arrival<'_>,
        key: Key,
        from: Side,
        observation: Option<&mut Observation>,
    ) -> Option<u32> {
        let Arrival { frame, time, packet, .. } = *arrival;
        let tcp = packet.tcp();
        let segment = tcp.as_ref().and_then(|tcp| tcp_header::segment(packet, tcp, time, frame));
        let segment = segment.as_ref();
        let slot = self.flow_of(arrival, key, from, segment);
        self.table.touch(slot);
        let (flow, track, logs) = self.table.slot_and_logs(slot)?;
        let (flow_id, from_client) = (flow.id, track.client == from);
        let first_payload = count(flow, arrival, from_client, segment);
        let judgement = segment.and_then(|segment| Some(track.connection.as_mut()?.judge(from, segment)));
        let mut classification = None;
        if let (Some(tcp), Some(segment), Some(judgement)) = (&tcp, segment, &judgement) {
            let told = Told { frame, from_client, tcp, payload: packet.payload(), segment, judgement };
            classification = count_segment(flow, track, arrival, from, &told);
            track.tell(&told, flow, logs);
        }
        if first_payload && from_client && segment.is_some() {
            flow.server_name = server_name::find(packet.payload().bytes).map(str::to_owned);
        }
        if let Some(observation) = observation {
            let tcp = segment.map(|segment| tcp_observation(flow, segment, judgement.as_ref(), classification));
            *observation = Observation { flow_id: Some(flow_id), from_client: Some(from_client), tcp };
        }
        let mut repeated = false;
        if let Some(judgement) = &judgement {
            repeated = judgement.analysis.contains(TcpAnalysis::RETRANSMISSION);
            self.table.changed(slot);
        }
        self.look_inside(arrival, &Seen { slot, flow_id, from_client, repeated });
        Some(flow_id)
    }

    /// The slot of the flow that a packet belongs to; opens one if need be.
    #[inline]
    fn flow_of(&mut self, arrival: &Arrival<'_>, key: Key, from: Side, segment: Option<&Segment>) -> u32 {
        match self.table.find(&key) {
            Some(slot) if !self.is_reused(slot, from, segment) => slot,
            _ => self.open(arrival, key, from),
        }
    }

    fn is_reused(&mut self, slot: u32, from: Side, segment: Option<&Segment>) -> bool {
        let Some(segment) = segment.filter(|segment| segment.flags.contains(TcpFlags::SYN)) else { return false };
        let connection = self.table.slot(slot).and_then(|(_, track)| track.connection.as_ref());
        connection.is_some_and(|connection| connection.is_reused_by(from, segment))
    }

    fn open(&mut self, arrival: &Arrival<'_>, key: Key, from: Side) -> u32 {
        let reused = self.table.find(&key).is_some();
        let (from_client, role_basis) = role(arrival);
        let client = if from_client { from } else { from.other() };
        let is_tcp = arrival.tuple.protocol == IpProtocol::TCP;
        let connection = is_tcp.then(|| Box::new(Connection::new(self.options.tcp_profile, reused)));
        let reserved = self.reserved_streams.remove(&key);
        let counted = if reserved.is_none() { Some(arrival.tuple.protocol) } else { None };
        let (id, stream) = (self.next.flows, reserved.or_else(|| self.next_stream(arrival.tuple.protocol)));
        self.next.flows = self.next.flows.wrapping_add(1);
        if self.share.is_part() {
            self.openings.push(Opening::flow(self.step, counted));
        }
        let flow = Flow { id, stream, ..new_flow(arrival, from_client, role_basis) };
        self.table.insert(flow, Track::new(key, client, connection))
    }

    pub(super) fn next_stream(&mut self, protocol: IpProtocol) -> Option<u32> {
        let counter = match protocol {
            IpProtocol::TCP => &mut self.next.tcp_streams,
            IpProtocol::UDP => &mut self.next.udp_streams,
            _ => return None,
        };
        let stream = *counter;
        *counter = counter.wrapping_add(1);
        Some(stream)
    }
}

/// How many frames with fragments of flows are remembered.
pub(super) fn most_pieces(options: &Options) -> usize {
    options.memory_limit / 64 / size_of::<(u32, u64)>()
}

/// A packet that has arrived.
pub(super) struct Arrival<'a> {
    pub(super) frame: u64,
    pub(super) time: Timestamp,
    wire_len: u32,
    pub(super) packet: &'a Packet<'a>,
    pub(super) tuple: FiveTuple,
    pub(super) part: Part,
}

/// What is known of a packet that has arrived by the flow it belongs to.
pub(super) struct Seen {
    pub(super) slot: u32,
    pub(super) flow_id: u32,
    pub(super) from_client: bool,
    /// Retransmitted, by Wireshark's rules.
    pub(super) repeated: bool,
}

/// Where something was seen.
#[derive(Clone, Copy, Debug)]
pub(in crate::analysis) struct Note {
    pub(in crate::analysis) frame: u64,
    pub(in crate::analysis) time: Timestamp,
    pub(in crate::analysis) tuple: FiveTuple,
    pub(in crate::analysis) flow_id: u32,
}

impl Arrival<'_> {
    pub(super) fn note(&self, flow_id: u32) -> Note {
        Note { frame: self.frame, time: self.time, tuple: self.tuple, flow_id }
    }
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
    // Its first fragment was counted, with what that had of the payload where it is known of fragments.
    let counted = arrival.part == Part::Assembled && stats.packets > 0;
    let payload = match segment {
        Some(segment) => u64::from(segment.len),
        None if counted => 0,
        None if flow.protocol == IpProtocol::TCP => 0,
        None => arrival.packet.payload().reported_len as u64,
    };
    let first = stats.payload_bytes == 0 && payload > 0;
    stats.packets += u64::from(!counted);
    stats.bytes = stats.bytes.saturating_add(if counted { 0 } else { u64::from(arrival.wire_len) });
    stats.payload_bytes = stats.payload_bytes.saturating_add(payload);
    first
}

/// Counts what a segment that was judged says of its connection.
#[inline]
fn count_segment(
    flow: &mut Flow,
    track: &mut Track,
    arrival: &Arrival<'_>,
    from: Side,
    told: &Told<'_>,
) -> Option<Classification> {
    let Told { tcp, segment, judgement, .. } = *told;
    let verdict = track.connection.as_mut()?.observe(flow, from, told.from_client, segment, tcp, judgement);
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
    verdict.classification
}

fn tcp_observation(
    flow: &Flow,
    segment: &Segment,
    judgement: Option<&Judgement>,
    classification: Option<Classification>,
) -> TcpObservation {
    let judgement = judgement.copied().unwrap_or_default();
    let duration = |nanos: Option<i64>| nanos.map(|nanos| Duration::from_nanos(nanos.unsigned_abs()));
    TcpObservation {
        analysis: judgement.analysis,
        stream: flow.stream.unwrap_or_default(),
        segment_len: segment.len,
        window: judgement.window,
        ack_rtt: duration(judgement.ack_rtt),
        acked_frame: judgement.acked_frame,
        initial_rtt: duration(judgement.initial_rtt),
        timeout: duration(judgement.timeout),
        timeout_frame: judgement.timeout_frame,
        duplicate_ack_number: judgement.duplicate.map(|(number, _)| number),
        duplicate_ack_frame: judgement.duplicate.map(|(_, frame)| frame),
        bytes_in_flight: judgement.bytes_in_flight,
        push_bytes_sent: judgement.push_bytes_sent,
        completeness: judgement.completeness,
        classification,
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
        icmp: key::icmp(arrival.packet),
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
        initial_rtt: None,
        completeness: Completeness::default(),
        history: History::default(),
        closed_by: None,
        reset_hop_delta: None,
        reset_goes_on: None,
        server_name: None,
        syn_is_cut: false,
        icmp_errors: 0,
        too_big_errors: 0,
    }
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

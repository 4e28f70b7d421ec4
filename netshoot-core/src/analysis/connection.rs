//! What a flow's counters learn from a TCP segment, and how far its connection got.

use std::time::Duration;

use super::course::{Course, Verdict};
use super::history::{Counts, Events};
use super::segment::{Conversation, Judgement, Segment, Side};
use super::silence::{Broken, Silence};
use super::{ClosedBy, ConnectionState, DirectionStats, Flow, SegmentClass, TcpAnalysis, TcpProfile};
use crate::packet::{Tcp, TcpFlags, TcpOption};

/// The state of a TCP flow beyond its counters.
#[derive(Debug, Default)]
pub(super) struct Connection {
    conversation: Conversation,
    course: Course,
    syn_ack_time: Option<i64>,
    /// The timestamp in the first SYN-ACK, up to the server's next segment with one.
    syn_ack_clock: Option<u32>,
    clock_jump: Option<ClockJump>,
    /// The client's SYN has timestamps.
    offers_clock: bool,
    history: Counts,
    /// The time to live of the last segment of the client and of the server that was no reset.
    hop_limits: [Option<u8>; 2],
    /// Since when each end has its window closed: the client's, the server's.
    closed_windows: [Option<i64>; 2],
    silence: Silence,
}

/// What a server's clock (RFC 7323) counts more than milliseconds pass, from its SYN-ACK to its next segment.
#[derive(Clone, Copy, Debug)]
pub(super) struct ClockJump {
    pub(super) ticks: i64,
    pub(super) elapsed: Duration,
}

impl Connection {
    /// A connection; `reused` if its ports were in use before.
    pub(super) fn new(profile: TcpProfile, reused: bool) -> Self {
        Self { conversation: Conversation::new(profile, reused), ..Self::default() }
    }

    /// Whether `segment` begins another connection on the same ports.
    pub(super) fn is_reused_by(&self, from: Side, segment: &Segment) -> bool {
        self.conversation.is_reused_by(from, segment)
    }

    /// The sequence number of an end's SYN, or of what stands in its place.
    pub(super) fn base(&self, side: Side) -> Option<u32> {
        self.conversation.base(side)
    }

    /// The last long silence, and how it was broken.
    pub(super) fn broken_silence(&self) -> Option<&Broken> {
        self.silence.broken()
    }

    /// How the server's clock went on from its SYN-ACK, if there was one.
    pub(super) fn clock_jump(&self) -> Option<ClockJump> {
        self.clock_jump
    }

    /// Whether the client offers timestamps.
    pub(super) fn offers_clock(&self) -> bool {
        self.offers_clock
    }

    /// Judges a segment, which is then to be [observed](Self::observe).
    #[inline]
    pub(super) fn judge(&mut self, from: Side, segment: &Segment) -> Judgement {
        self.conversation.judge(from, segment)
    }

    /// Counts a segment that was judged so.
    #[inline]
    pub(super) fn observe(
        &mut self,
        flow: &mut Flow,
        from: Side,
        from_client: bool,
        segment: &Segment,
        tcp: &Tcp<'_>,
        judgement: &Judgement,
    ) -> Verdict {
        if segment.flags.contains(TcpFlags::RST) {
            self.suspect_reset(flow, from, from_client, segment);
        }
        let verdict = self.course.observe(from, segment, judgement);
        self.time_handshake(flow, from_client, segment);
        if self.syn_ack_clock.is_some() && !from_client {
            self.follow_clock(segment);
        }
        self.time_closed_window(flow, from_client, segment);
        let is_repeated = judgement.analysis.contains(TcpAnalysis::RETRANSMISSION);
        self.silence.note(from_client, segment, is_repeated);
        self.note_history(flow, from_client, segment, judgement, &verdict);
        if flow.initial_rtt.is_none() {
            flow.initial_rtt = judgement.initial_rtt.map(nanos);
        }
        flow.completeness = judgement.completeness;
        let [client, server] = &mut self.hop_limits;
        if !segment.flags.contains(TcpFlags::RST) {
            *(if from_client { client } else { server }) = Some(segment.hop_limit);
        }
        let is_syn = segment.flags.contains(TcpFlags::SYN);
        flow.syn_is_cut |= is_syn && Tcp::MIN_HEADER_LEN + tcp.option_bytes().len() < tcp.header_len();
        // Without the whole handshake, the scale of the windows is not known.
        let is_open = !flow.syn_is_cut && flow.client_to_server.syn > 0 && flow.server_to_client.syn > 0;
        let (sender, receiver) = match from_client {
            true => (&mut flow.client_to_server, &mut flow.server_to_client),
            false => (&mut flow.server_to_client, &mut flow.client_to_server),
        };
        count(sender, segment, judgement);
        if let Some(classification) = verdict.classification {
            count_class(sender, classification.class);
        }
        if is_syn {
            note_options(sender, tcp);
        }
        sender.resent_overrun = sender.resent_overrun.saturating_add(u32::from(verdict.overran && is_open));
        sender.acks_advanced |= verdict.acknowledged > 0;
        count_acknowledged(receiver, judgement, &verdict);
        self.course.pass(segment.time);
        note_close(flow, from_client, segment.flags);
        verdict
    }

    /// States what the ends waited for, and counts windows that are still closed at the end of the flow.
    pub(super) fn finish(&mut self, flow: &mut Flow, client_side: Side) {
        self.course.finish(client_side, &mut flow.client_to_server, &mut flow.server_to_client);
        let last = flow.last.as_nanos();
        let [client, server] = &mut self.closed_windows;
        open_window(client, &mut flow.client_to_server, last);
        open_window(server, &mut flow.server_to_client, last);
    }

    /// Octets on the heap.
    pub(super) fn heap_len(&self) -> usize {
        self.conversation.heap_len() + self.course.heap_len() + self.silence.heap_len()
    }

    fn time_handshake(&mut self, flow: &mut Flow, from_client: bool, segment: &Segment) {
        let (syn, ack) = (segment.flags.contains(TcpFlags::SYN), segment.flags.contains(TcpFlags::ACK));
        self.offers_clock |= syn && from_client && segment.timestamps.is_some();
        if syn && ack && !from_client && self.syn_ack_time.is_none() {
            self.syn_ack_time = Some(segment.time);
            self.syn_ack_clock = segment.timestamps.map(|(value, _)| value);
            if flow.client_to_server.syn > 0 {
                flow.syn_rtt = elapsed(segment.time, flow.first.as_nanos());
            }
        }
        if ack && !syn && from_client && flow.ack_rtt.is_none() && !segment.flags.contains(TcpFlags::RST) {
            // The first ACK counts, not a later one: an ACK that was dropped by the capture would look like a slow client.
            let first = !flow.client_to_server.tcp_flags.contains(TcpFlags::ACK);
            flow.ack_rtt = self.syn_ack_time.filter(|_| first).and_then(|time| elapsed(segment.time, time));
        }
    }

    fn follow_clock(&mut self, segment: &Segment) {
        let Some((value, _)) = segment.timestamps.filter(|_| !segment.flags.contains(TcpFlags::SYN)) else { return };
        let (Some(first), Some(sent)) = (self.syn_ack_clock.take(), self.syn_ack_time) else { return };
        self.clock_jump = elapsed(segment.time, sent).map(|elapsed| {
            let millis = i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX);
            ClockJump { ticks: i64::from(value.wrapping_sub(first)).saturating_sub(millis), elapsed }
        });
    }

    fn note_history(
        &mut self,
        flow: &mut Flow,
        from_client: bool,
        segment: &Segment,
        judgement: &Judgement,
        verdict: &Verdict,
    ) {
        let has = |flags| segment.flags.contains(flags);
        let class = verdict.classification.map(|verdict| verdict.class);
        let copied = matches!(class, Some(SegmentClass::DuplicateCapture | SegmentClass::DuplicateNetwork));
        if copied {
            return;
        }
        let (syn, ack) = (has(TcpFlags::SYN), has(TcpFlags::ACK));
        let control = syn || has(TcpFlags::FIN) || has(TcpFlags::RST);
        let mut events = Events::default();
        events.add(Events::SYN, syn && !ack);
        events.add(Events::SYN_ACK, syn && ack);
        events.add(Events::RESET, has(TcpFlags::RST));
        events.add(Events::RETRANSMISSION, class.is_some_and(SegmentClass::is_retransmission) && segment.len > 0);
        events.add(Events::DATA, segment.len > 0);
        events.add(Events::ACK, ack && segment.len == 0 && !control);
        events.add(Events::FIN, has(TcpFlags::FIN) && !has(TcpFlags::RST));
        events.add(Events::ZERO_WINDOW, judgement.analysis.contains(TcpAnalysis::ZERO_WINDOW));
        flow.history.note(&mut self.history, events, from_client);
        if verdict.missed > 0 {
            flow.history.note(&mut self.history, Events::GAP, !from_client);
        }
    }

    /// A reset should come with the time to live of its sender's other segments, and go on with their count.
    fn suspect_reset(&self, flow: &mut Flow, from: Side, from_client: bool, segment: &Segment) {
        let [low, high] = self.hop_limits;
        let usual = if from_client { low } else { high };
        let delta = usual.map(|usual| i16::from(segment.hop_limit) - i16::from(usual));
        // Routes change by a hop or two; what starts with another value is another system.
        let is_first = flow.reset_hop_delta.is_none();
        flow.reset_hop_delta = flow.reset_hop_delta.or(delta.filter(|delta| delta.unsigned_abs() > SAME_ROUTE));
        if is_first && flow.reset_hop_delta.is_some() {
            flow.reset_goes_on = self.course.goes_on(from, segment.identification);
        }
    }

    fn time_closed_window(&mut self, flow: &mut Flow, from_client: bool, segment: &Segment) {
        let [client, server] = &mut self.closed_windows;
        let (since, stats) = match from_client {
            true => (client, &mut flow.client_to_server),
            false => (server, &mut flow.server_to_client),
        };
        let control = segment.flags.intersects(CONTROL);
        if segment.window == 0 && !control {
            if since.is_none() {
                stats.window_closings = stats.window_closings.saturating_add(1);
            }
            since.get_or_insert(segment.time);
        } else {
            open_window(since, stats, segment.time);
        }
    }
}

/// How far a flow got, once it is over or the capture is.
pub(super) fn state(flow: &Flow) -> ConnectionState {
    let (client, server) = (&flow.client_to_server, &flow.server_to_client);
    if flow.protocol != crate::packet::IpProtocol::TCP {
        return if server.packets > 0 && client.packets > 0 { ConnectionState::S1 } else { ConnectionState::S0 };
    }
    let syn = client.tcp_flags.contains(TcpFlags::SYN);
    let syn_ack = server.tcp_flags.contains(TcpFlags::SYN);
    // Where the SYN-ACK is missing in the capture, data from the server proves that it was there.
    let answered = syn_ack || u64::from(server.rst) < server.packets;
    match (syn, answered) {
        (true, true) => established(flow),
        (true, false) if server.rst > 0 => ConnectionState::Rej,
        (true, false) if client.rst > 0 => ConnectionState::Rstos0,
        (true, false) if client.tcp_flags.contains(TcpFlags::FIN) => ConnectionState::Sh,
        (true, false) => ConnectionState::S0,
        (false, _) if syn_ack && server.rst > 0 => ConnectionState::Rstrh,
        (false, _) if syn_ack && server.tcp_flags.contains(TcpFlags::FIN) && client.packets == 0 => {
            ConnectionState::Shr
        }
        (false, _) => ConnectionState::Oth,
    }
}

fn established(flow: &Flow) -> ConnectionState {
    let (client, server) = (&flow.client_to_server, &flow.server_to_client);
    let fins = (client.tcp_flags.contains(TcpFlags::FIN), server.tcp_flags.contains(TcpFlags::FIN));
    match (fins, flow.closed_by) {
        ((true, true), _) => ConnectionState::Sf,
        (_, Some(ClosedBy::ClientReset)) => ConnectionState::Rsto,
        (_, Some(ClosedBy::ServerReset)) => ConnectionState::Rstr,
        _ if client.rst > 0 => ConnectionState::Rsto,
        _ if server.rst > 0 => ConnectionState::Rstr,
        ((true, false), _) => ConnectionState::S2,
        ((false, true), _) => ConnectionState::S3,
        _ => ConnectionState::S1,
    }
}

fn count(sender: &mut DirectionStats, segment: &Segment, judgement: &Judgement) {
    let Judgement { analysis, window, .. } = *judgement;
    let flag = |flag| u32::from(analysis.contains(flag));
    let control = |flag| u32::from(segment.flags.contains(flag));
    let add = |counter: &mut u32, count: u32| *counter = counter.saturating_add(count);
    add(&mut sender.syn, control(TcpFlags::SYN));
    add(&mut sender.rst, control(TcpFlags::RST));
    sender.tcp_flags = sender.tcp_flags | segment.flags;
    sender.max_segment = sender.max_segment.max(segment.len);
    sender.max_bytes_in_flight = sender.max_bytes_in_flight.max(judgement.bytes_in_flight.unwrap_or(0));
    if !segment.flags.intersects(TcpFlags::SYN | TcpFlags::RST) {
        sender.min_window = Some(sender.min_window.map_or(window, |least| least.min(window)));
    }
    if analysis == TcpAnalysis::default() {
        return;
    }
    if analysis.contains(TcpAnalysis::RETRANSMISSION) {
        sender.retransmitted_bytes = sender.retransmitted_bytes.saturating_add(u64::from(segment.len));
    }
    add(&mut sender.retransmissions, flag(TcpAnalysis::RETRANSMISSION));
    add(&mut sender.fast_retransmissions, flag(TcpAnalysis::FAST_RETRANSMISSION));
    add(&mut sender.spurious_retransmissions, flag(TcpAnalysis::SPURIOUS_RETRANSMISSION));
    add(&mut sender.out_of_order, flag(TcpAnalysis::OUT_OF_ORDER));
    add(&mut sender.duplicate_acks, flag(TcpAnalysis::DUPLICATE_ACK));
    add(&mut sender.lost_segments, flag(TcpAnalysis::LOST_SEGMENT));
    add(&mut sender.ack_lost_segments, flag(TcpAnalysis::ACK_LOST_SEGMENT));
    add(&mut sender.keep_alives, flag(TcpAnalysis::KEEP_ALIVE));
    add(&mut sender.zero_windows, flag(TcpAnalysis::ZERO_WINDOW));
    add(&mut sender.window_full, flag(TcpAnalysis::WINDOW_FULL));
}

fn count_class(sender: &mut DirectionStats, class: SegmentClass) {
    let counter = match class {
        SegmentClass::RetransmissionFast => &mut sender.resent_fast,
        SegmentClass::RetransmissionTimeout => &mut sender.resent_timeout,
        SegmentClass::RetransmissionSpurious => &mut sender.resent_spurious,
        SegmentClass::RetransmissionTail => &mut sender.resent_tail,
        SegmentClass::Reordered => &mut sender.reordered,
        SegmentClass::DuplicateNetwork => &mut sender.duplicate_network,
        SegmentClass::DuplicateCapture => &mut sender.duplicate_capture,
    };
    *counter = counter.saturating_add(1);
}

/// What an acknowledgment tells of the data of `receiver`.
fn count_acknowledged(receiver: &mut DirectionStats, judgement: &Judgement, verdict: &Verdict) {
    if let Some(rtt) = judgement.ack_rtt.map(nanos) {
        receiver.min_rtt = Some(receiver.min_rtt.map_or(rtt, |least| least.min(rtt)));
        receiver.max_rtt = receiver.max_rtt.max(Some(rtt));
    }
    if let Some(rtt) = verdict.timestamp_rtt.map(nanos) {
        receiver.timestamp_rtt = Some(receiver.timestamp_rtt.map_or(rtt, |least| least.min(rtt)));
    }
    receiver.max_acked_segment = receiver.max_acked_segment.max(judgement.acked_len);
    receiver.acknowledged_bytes = receiver.acknowledged_bytes.saturating_add(u64::from(verdict.acknowledged));
    receiver.capture_lost_bytes = receiver.capture_lost_bytes.saturating_add(verdict.missed);
    receiver.duplicate_sacks = receiver.duplicate_sacks.saturating_add(u32::from(verdict.duplicate_sack));
}

fn note_options(sender: &mut DirectionStats, tcp: &Tcp<'_>) {
    for option in tcp.options().flatten() {
        match option {
            TcpOption::MaximumSegmentSize(size) => sender.mss = Some(size),
            TcpOption::WindowScale(shift) => sender.window_scale = Some(shift),
            TcpOption::SackPermitted => sender.sack_permitted = true,
            _ => {}
        }
    }
}

fn note_close(flow: &mut Flow, from_client: bool, flags: TcpFlags) {
    if flow.closed_by.is_some() {
        return;
    }
    let (reset, fin) = (flags.contains(TcpFlags::RST), flags.contains(TcpFlags::FIN));
    flow.closed_by = match (reset, fin, from_client) {
        (true, _, true) => Some(ClosedBy::ClientReset),
        (true, _, false) => Some(ClosedBy::ServerReset),
        (false, true, true) => Some(ClosedBy::ClientFin),
        (false, true, false) => Some(ClosedBy::ServerFin),
        _ => None,
    };
}

fn open_window(since: &mut Option<i64>, stats: &mut DirectionStats, now: i64) {
    if let Some(closed) = since.take().and_then(|since| elapsed(now, since)) {
        stats.zero_window_time = stats.zero_window_time.saturating_add(closed);
    }
}

fn elapsed(now: i64, earlier: i64) -> Option<Duration> {
    now.checked_sub(earlier).and_then(|nanos| u64::try_from(nanos).ok()).map(Duration::from_nanos)
}

fn nanos(nanos: i64) -> Duration {
    Duration::from_nanos(nanos.unsigned_abs())
}

const CONTROL: TcpFlags = TcpFlags(TcpFlags::SYN.0 | TcpFlags::FIN.0 | TcpFlags::RST.0);
/// Hops by which the ways of two packets of one end may differ.
const SAME_ROUTE: u16 = 2;

//! What a flow's counters learn from a TCP segment, and how far its connection got.

use std::time::Duration;

use super::segment::{Conversation, Judgement, Segment, Side};
use super::{ClosedBy, ConnectionState, DirectionStats, Flow, TcpAnalysis};
use crate::packet::{Tcp, TcpFlags, TcpOption};

/// The state of a TCP flow beyond its counters.
#[derive(Debug, Default)]
pub(super) struct Connection {
    conversation: Conversation,
    syn_ack_time: Option<i64>,
    /// Since when each end has its window closed: the client's, the server's.
    closed_windows: [Option<i64>; 2],
}

impl Connection {
    /// A connection; `reused` if its ports were in use before.
    pub(super) fn new(reused: bool) -> Self {
        Self { conversation: Conversation::new(reused), ..Self::default() }
    }

    /// Whether `segment` begins another connection on the same ports.
    pub(super) fn is_reused_by(&self, from: Side, segment: &Segment) -> bool {
        self.conversation.is_reused_by(from, segment)
    }

    /// Judges a segment and counts it.
    pub(super) fn observe(
        &mut self,
        flow: &mut Flow,
        from: Side,
        from_client: bool,
        segment: &Segment,
        tcp: &Tcp<'_>,
    ) -> Judgement {
        let judgement = self.conversation.judge(from, segment);
        self.time_handshake(flow, from_client, segment);
        self.time_closed_window(flow, from_client, segment);
        let (sender, receiver) = match from_client {
            true => (&mut flow.client_to_server, &mut flow.server_to_client),
            false => (&mut flow.server_to_client, &mut flow.client_to_server),
        };
        count(sender, segment, &judgement);
        if segment.flags.contains(TcpFlags::SYN) {
            note_options(sender, tcp);
        }
        let rtt = judgement.ack_rtt.map(nanos);
        receiver.max_rtt = receiver.max_rtt.max(rtt);
        note_close(flow, from_client, segment.flags);
        judgement
    }

    /// Counts windows that are still closed at the end of the flow.
    pub(super) fn finish(&mut self, flow: &mut Flow) {
        let last = flow.last.as_nanos();
        let [client, server] = &mut self.closed_windows;
        open_window(client, &mut flow.client_to_server, last);
        open_window(server, &mut flow.server_to_client, last);
    }

    /// Octets on the heap.
    pub(super) fn heap_len(&self) -> usize {
        self.conversation.heap_len()
    }

    fn time_handshake(&mut self, flow: &mut Flow, from_client: bool, segment: &Segment) {
        let (syn, ack) = (segment.flags.contains(TcpFlags::SYN), segment.flags.contains(TcpFlags::ACK));
        if syn && ack && !from_client && self.syn_ack_time.is_none() {
            self.syn_ack_time = Some(segment.time);
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

    fn time_closed_window(&mut self, flow: &mut Flow, from_client: bool, segment: &Segment) {
        let [client, server] = &mut self.closed_windows;
        let (since, stats) = match from_client {
            true => (client, &mut flow.client_to_server),
            false => (server, &mut flow.server_to_client),
        };
        let control = segment.flags.intersects(CONTROL);
        if segment.window == 0 && !control {
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

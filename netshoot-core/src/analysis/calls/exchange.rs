//! What the two ends of a TCP flow say to each other.

use super::CallProtocol;
use super::http::{Messages, Next, Scene};
use super::open::End;
use super::tracker::Tracker;
use crate::analysis::handshake::Handshaking;
use crate::analysis::log::Logs;
use crate::analysis::segment::{Judgement, Segment};
use crate::analysis::{Flow, RoleBasis, TcpAnalysis};
use crate::application::http::Head;
use crate::application::tls::{ContentType, Records};
use crate::application::{Direction, GapReason, Pair, StreamEvent};
use crate::packet::{Payload, Tcp, TcpFlags};

/// When and where something was seen.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::analysis) struct Moment {
    /// Nanoseconds on a clock that never runs backwards.
    pub(in crate::analysis) clock: i64,
    /// The frame's own time.
    pub(in crate::analysis) time: i64,
    pub(in crate::analysis) frame: u64,
    /// The segment's first sequence number, the one behind its last octet, and what it acknowledges.
    pub(in crate::analysis) sequence: u32,
    pub(in crate::analysis) sequence_end: u32,
    pub(in crate::analysis) acknowledgment: u32,
}

/// One flow's conversation.
#[derive(Debug)]
pub(in crate::analysis) struct Exchange {
    pair: Pair,
    talk: Talk,
}

#[derive(Debug)]
struct Talk {
    tracker: Tracker,
    mode: Mode,
    last: Moment,
    /// Client and server are not those of the flow: what the one says that was taken for the server, only a client says.
    is_swapped: bool,
    /// The last acknowledgment of each: client, server.
    acknowledged: [Option<u32>; 2],
    is_midstream: bool,
}

/// What the connection speaks.
#[derive(Debug)]
enum Mode {
    /// The client has not said anything yet.
    Unknown,
    /// From the client, and from the server.
    Http(Box<[Messages; 2]>),
    Tls(Box<Handshaking>),
    /// Something whose messages are not known: the ends take turns.
    Turns,
    /// Something in which there are no calls.
    Left,
}

/// A segment of the flow.
pub(in crate::analysis) struct Told<'a> {
    pub(in crate::analysis) frame: u64,
    pub(in crate::analysis) from_client: bool,
    pub(in crate::analysis) tcp: &'a Tcp<'a>,
    pub(in crate::analysis) payload: Payload<'a>,
    pub(in crate::analysis) segment: &'a Segment,
    pub(in crate::analysis) judgement: &'a Judgement,
}

impl Exchange {
    /// The conversation of a flow, of which nothing was said yet. `first` are the sequence numbers of the first octets of
    /// client and server, where they are known.
    pub(in crate::analysis) fn new(flow: &Flow, first: [Option<u32>; 2]) -> Self {
        Self {
            pair: Pair::starting_at(first),
            talk: Talk {
                tracker: Tracker::new(flow.id),
                mode: Mode::Unknown,
                last: Moment { clock: i64::MIN, ..Moment::default() },
                is_swapped: false,
                acknowledged: [None; 2],
                is_midstream: flow.role_basis != RoleBasis::Syn,
            },
        }
    }

    /// Takes a segment.
    #[inline]
    pub(in crate::analysis) fn push(&mut self, told: &Told<'_>, flow: &Flow, logs: &mut Logs) {
        let Self { pair, talk } = self;
        let sender = talk.end(told.from_client);
        let moment = talk.advance(told);
        talk.acknowledge(sender, told, &moment);
        if told.segment.len > 0 {
            talk.measure(flow);
            if told.judgement.analysis.contains(TcpAnalysis::RETRANSMISSION) {
                let is_missing = !told.judgement.analysis.contains(TcpAnalysis::SPURIOUS_RETRANSMISSION);
                talk.tracker.retransmit(is_missing);
            }
        }
        pair.push(told.from_client, told.tcp, &told.payload, MAX_WAITING, &mut |event| {
            talk.event(&event, moment, logs);
        });
        talk.tracker.has_hole = pair.cost() > 0;
        let closed = [pair.is_closed(true), pair.is_closed(false)];
        if closed != [false; 2] || told.segment.flags.intersects(TcpFlags::FIN | TcpFlags::RST) {
            talk.close(sender, told.segment.flags, closed, logs);
        }
    }

    /// The flow is over, or forgotten.
    pub(in crate::analysis) fn finish(&mut self, logs: &mut Logs) {
        let Self { pair, talk } = self;
        let moment = talk.last;
        pair.finish(&mut |event| talk.event(&event, moment, logs));
        talk.end_all(true, logs);
    }

    /// Whether nothing that comes will tell of a call or a handshake.
    #[inline]
    pub(in crate::analysis) fn is_over(&self) -> bool {
        matches!(self.talk.mode, Mode::Left) && self.talk.tracker.is_idle()
    }

    /// The number of the flow.
    pub(in crate::analysis) const fn flow_id(&mut self) -> &mut u32 {
        &mut self.talk.tracker.flow_id
    }

    /// Octets on the heap.
    pub(in crate::analysis) fn heap_len(&self) -> usize {
        let mode = match &self.talk.mode {
            Mode::Http(messages) => size_of_val(&**messages) + messages.iter().map(Messages::heap_len).sum::<usize>(),
            Mode::Tls(handshaking) => handshaking.heap_len(),
            _ => 0,
        };
        size_of::<Self>() + mode + self.talk.tracker.heap_len() + self.pair.cost()
    }
}

impl Talk {
    fn end(&self, from_client: bool) -> End {
        if from_client == self.is_swapped { End::Server } else { End::Client }
    }

    /// Time passes up to this segment.
    #[inline]
    fn advance(&mut self, told: &Told<'_>) -> Moment {
        let Segment { time, sequence, acknowledgment, len, .. } = *told.segment;
        let sequence_end = sequence.wrapping_add(len);
        let clock = time.max(self.last.clock);
        if !self.tracker.is_idle() {
            self.tracker.pass(clock.saturating_sub(self.last.clock));
        }
        self.last = Moment { clock, time, frame: told.frame, sequence, sequence_end, acknowledgment };
        self.last
    }

    /// What a segment says to the other end beside its octets.
    #[inline]
    fn acknowledge(&mut self, sender: End, told: &Told<'_>, moment: &Moment) {
        let flags = told.segment.flags;
        let [client, server] = &mut self.acknowledged;
        let (last, other) = if sender == End::Client { (client, End::Server) } else { (server, End::Client) };
        let is_new = |last: u32| told.segment.acknowledgment.wrapping_sub(last).cast_signed() > 0;
        if flags.contains(TcpFlags::ACK) && last.is_none_or(is_new) {
            *last = Some(told.segment.acknowledgment);
            self.tracker.acknowledge(other, moment);
        }
        // An acknowledgment with octets may have waited for them.
        if let Some(rtt) = told.judgement.ack_rtt.filter(|_| told.segment.len == 0) {
            let trips = &mut self.tracker.trips;
            let trip = if sender == End::Client { &mut trips.client } else { &mut trips.server };
            *trip = if *trip == 0 { rtt } else { rtt.min(*trip) };
        }
        let [client, server] = &mut self.tracker.is_shut;
        let is_shut = if sender == End::Client { client } else { server };
        *is_shut = told.segment.window == 0 && !flags.intersects(TcpFlags::SYN | TcpFlags::FIN | TcpFlags::RST);
    }

    /// The round trips of the handshake.
    fn measure(&mut self, flow: &Flow) {
        let (mut client, mut server) = (flow.ack_rtt, flow.syn_rtt);
        if self.is_swapped {
            std::mem::swap(&mut client, &mut server);
        }
        let trips = &mut self.tracker.trips;
        for (trip, measured) in [(&mut trips.client, client), (&mut trips.server, server)] {
            if let Some(measured) = measured.and_then(|time| i64::try_from(time.as_nanos()).ok()) {
                *trip = if *trip == 0 { measured } else { measured.min(*trip) };
            }
        }
    }

    fn event(&mut self, event: &StreamEvent<'_>, moment: Moment, logs: &mut Logs) {
        match *event {
            StreamEvent::Data { direction, bytes, .. } => {
                self.data(self.end(direction == Direction::FromClient), bytes, moment, logs)
            }
            StreamEvent::Gap { direction, length, reason, .. } => {
                if reason != GapReason::CaptureLength {
                    self.tracker.lose();
                }
                self.gap(self.end(direction == Direction::FromClient), length, moment, logs);
            }
            _ => {}
        }
    }

    fn data(&mut self, mut sender: End, bytes: &[u8], moment: Moment, logs: &mut Logs) {
        let begins = match self.mode {
            Mode::Unknown => true,
            Mode::Turns => sender == End::Client && self.tracker.begins(),
            _ => false,
        };
        if begins {
            if self.is_midstream && sender == End::Server && matches!(self.mode, Mode::Unknown) && asks(bytes) {
                self.swap();
                sender = End::Client;
            }
            if sender == End::Client {
                self.recognise(bytes, moment, logs);
            }
        }
        match &mut self.mode {
            Mode::Turns => self.tracker.turn(sender, bytes.len() as u64, &moment, &mut logs.calls),
            Mode::Http(messages) => {
                let [client, server] = &mut **messages;
                let (own, peer) = if sender == End::Client { (client, server) } else { (server, client) };
                let (tracker, log, is_peer_lost) = (&mut self.tracker, &mut logs.calls, peer.is_lost());
                match own.push(bytes, &mut Scene { moment, tracker, log, is_peer_lost }) {
                    Some(Next::Tunnel) => (self.mode, self.is_midstream) = (Mode::Unknown, false),
                    Some(Next::Upgrade) => self.mode = Mode::Left,
                    None => {}
                }
            }
            Mode::Tls(handshaking) => {
                if let Some(rest) = handshaking.push(sender == End::Client, bytes, &moment) {
                    self.leave_handshake(sender, rest, moment, logs);
                }
            }
            Mode::Unknown | Mode::Left => {}
        }
    }

    fn gap(&mut self, sender: End, length: u64, moment: Moment, logs: &mut Logs) {
        match &mut self.mode {
            Mode::Unknown if sender == End::Client => {
                self.mode = Mode::Turns;
                self.tracker.turn(sender, length, &moment, &mut logs.calls);
            }
            Mode::Turns => self.tracker.turn(sender, length, &moment, &mut logs.calls),
            Mode::Http(messages) => {
                let [client, server] = &mut **messages;
                let (own, peer) = if sender == End::Client { (client, server) } else { (server, client) };
                let (tracker, log, is_peer_lost) = (&mut self.tracker, &mut logs.calls, peer.is_lost());
                own.gap(length, &mut Scene { moment, tracker, log, is_peer_lost });
            }
            Mode::Tls(handshaking) => handshaking.gap(sender == End::Client, length, &moment),
            Mode::Unknown | Mode::Left => {}
        }
    }

    fn leave_handshake(&mut self, sender: End, rest: usize, moment: Moment, logs: &mut Logs) {
        if let Mode::Tls(handshaking) = std::mem::replace(&mut self.mode, Mode::Turns) {
            logs.tls.push(handshaking.finish(self.tracker.flow_id));
        }
        self.tracker.protocol = CallProtocol::Tls;
        if rest > 0 {
            self.tracker.turn(sender, rest as u64, &moment, &mut logs.calls);
        }
    }

    /// What the client's octets say the connection speaks.
    fn recognise(&mut self, bytes: &[u8], moment: Moment, logs: &mut Logs) {
        let is_new = matches!(self.mode, Mode::Unknown);
        let is_request = match Head::parse(bytes) {
            Ok(head) => !head.is_response(),
            // The start of a word may be anything.
            Err(stop) => is_new && stop.is_truncation() && bytes.len() >= SHORTEST_WORD,
        };
        if is_request || greets(bytes) {
            // What came before was another protocol's.
            self.tracker.finish_all(true, moment.clock, &mut logs.calls);
        }
        if is_request {
            self.tracker.protocol = CallProtocol::Http;
            self.mode = Mode::Http(Box::new([Messages::new(End::Client), Messages::new(End::Server)]));
        } else if greets(bytes) {
            self.tracker.protocol = CallProtocol::Tls;
            self.mode = Mode::Tls(Box::new(Handshaking::new(&moment)));
        } else if is_new {
            if matches!(Records::new(bytes).next(), Some(Ok(_))) && self.is_midstream {
                self.tracker.protocol = CallProtocol::Tls;
            }
            self.mode = Mode::Turns;
        }
    }

    fn swap(&mut self) {
        self.is_swapped = !self.is_swapped;
        self.acknowledged.swap(0, 1);
        self.tracker.is_shut.swap(0, 1);
        let trips = &mut self.tracker.trips;
        std::mem::swap(&mut trips.client, &mut trips.server);
    }

    /// A FIN or a reset; `closed` are the directions of the flow's client and server that came to their end.
    fn close(&mut self, sender: End, flags: TcpFlags, closed: [bool; 2], logs: &mut Logs) {
        let [mut client, mut server] = closed;
        if sender == End::Client && flags.intersects(TcpFlags::FIN | TcpFlags::RST) {
            self.tracker.give_up(self.last.clock);
        }
        if self.is_swapped {
            std::mem::swap(&mut client, &mut server);
        }
        if flags.contains(TcpFlags::RST) {
            if let Mode::Tls(handshaking) = &mut self.mode {
                handshaking.reset(sender == End::Client);
            }
            self.end_all(false, logs);
            return;
        }
        if server {
            self.end_of_server(logs);
        }
        if let Mode::Tls(handshaking) = &mut self.mode {
            handshaking.close(client, server);
        }
        if client && server {
            self.end_all(true, logs);
        }
    }

    /// The server says nothing more.
    fn end_of_server(&mut self, logs: &mut Logs) {
        if let Mode::Http(messages) = &mut self.mode {
            let [client, server] = &mut **messages;
            let (moment, tracker, log, is_peer_lost) =
                (self.last, &mut self.tracker, &mut logs.calls, client.is_lost());
            server.close(&mut Scene { moment, tracker, log, is_peer_lost });
        }
    }

    /// Neither says anything more.
    fn end_all(&mut self, in_order: bool, logs: &mut Logs) {
        let is_turns = matches!(self.mode, Mode::Turns);
        self.tracker.finish_all(in_order && is_turns, self.last.clock, &mut logs.calls);
        if let Mode::Tls(handshaking) = std::mem::replace(&mut self.mode, Mode::Left) {
            logs.tls.push(handshaking.finish(self.tracker.flow_id));
        }
    }
}

/// Whether octets begin as only a client's do.
fn asks(bytes: &[u8]) -> bool {
    Head::parse(bytes).is_ok_and(|head| !head.is_response()) || greets(bytes)
}

/// Whether octets begin with the hello of a client of TLS.
fn greets(bytes: &[u8]) -> bool {
    let Some(Ok(record)) = Records::new(bytes).next() else { return false };
    record.content_type == ContentType::HANDSHAKE && matches!(record.payload, [] | [1, ..])
}

/// Octets that wait in a direction for others before them.
const MAX_WAITING: usize = 128 << 10;
const SHORTEST_WORD: usize = 3;

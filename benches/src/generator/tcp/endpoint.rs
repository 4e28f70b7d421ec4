//! One end of a connection: a sender with a scoreboard and a receiver with a queue of what came too early.
//!
//! It follows RFC 9293, 5681, 6298, 6675 and 7323 as far as a tap can tell, and does no input or output: it takes the
//! time and a segment, and pushes the segments that it answers with.

use std::collections::VecDeque;
use std::rc::Rc;

use super::application::Message;
use super::{ACK, Chunk, FIN, Fate, PSH, RST, Repeat, SYN, Segment, before};

/// What differs from host to host.
#[derive(Debug, Clone, Copy)]
pub(in crate::generator) struct Stack {
    pub(in crate::generator) maximum_segment: u16,
    pub(in crate::generator) window_scale: u8,
    pub(in crate::generator) selective: bool,
    pub(in crate::generator) timestamps: bool,
    /// Octets of receive buffer.
    pub(in crate::generator) buffer: u32,
    /// Where its timestamp clock (milliseconds) stood in 1970.
    pub(in crate::generator) clock: u32,
    /// Zero window probes carry one new octet, instead of none below the window (as Linux does it).
    pub(in crate::generator) probes_with_data: bool,
    pub(in crate::generator) initial_sequence: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Listen,
    SynSent,
    SynReceived,
    Established,
    /// There is no such connection (any more): every segment is answered with a reset.
    Gone,
    /// Gave up without a word.
    Silent,
}

#[derive(Debug)]
struct Sent {
    sequence: u32,
    end: u32,
    flags: u8,
    chunk: Rc<Chunk>,
    attempts: u8,
    selected: bool,
    lost: bool,
    repeated: bool,
}

#[derive(Debug)]
pub(super) struct Endpoint {
    stack: Stack,
    pub(super) state: State,
    // Sender.
    unacknowledged: u32,
    next: u32,
    peer_window: u32,
    peer_scale: u8,
    segment_limit: usize,
    board: VecDeque<Sent>,
    message: Message,
    close_wanted: bool,
    fin_sent: bool,
    window: usize,
    threshold: usize,
    recovery: Option<u32>,
    duplicates: usize,
    timer: u64,
    backoff: u32,
    repeat: Repeat,
    pub(super) retransmit_at: Option<u64>,
    // Receiver.
    pub(super) expected: u32,
    early: Vec<(u32, u32)>,
    fin_at: Option<u32>,
    pub(super) fin_received: bool,
    unread: u32,
    reading: bool,
    pending: u8,
    pub(super) acknowledge_at: Option<u64>,
    echo: u32,
    pub(super) probes_answered: u32,
}

impl Endpoint {
    /// `timer` is the retransmission timeout that a measured round trip would give.
    pub(super) fn new(stack: Stack, state: State, timer: u64) -> Self {
        Self {
            stack,
            state,
            unacknowledged: stack.initial_sequence,
            next: stack.initial_sequence,
            peer_window: 0,
            peer_scale: 0,
            segment_limit: 536,
            board: VecDeque::new(),
            message: Message::default(),
            close_wanted: false,
            fin_sent: false,
            window: 10,
            threshold: 64,
            recovery: None,
            duplicates: 0,
            timer,
            backoff: 0,
            repeat: Repeat::Fast,
            retransmit_at: None,
            expected: 0,
            early: Vec::new(),
            fin_at: None,
            fin_received: false,
            unread: 0,
            reading: true,
            pending: 0,
            acknowledge_at: None,
            echo: 0,
            probes_answered: 0,
        }
    }

    pub(super) fn connect(&mut self, now: u64, out: &mut Vec<Segment>) {
        self.state = State::SynSent;
        self.send_new(now, SYN, Vec::new(), out);
    }

    /// Gives the message to the sender and says where in the stream it ends.
    pub(super) fn write(&mut self, now: u64, message: Message, out: &mut Vec<Segment>) -> u32 {
        let end = self.next.wrapping_add(message.length());
        self.message = message;
        self.transmit(now, out);
        end
    }

    pub(super) fn close(&mut self, now: u64, out: &mut Vec<Segment>) {
        self.close_wanted = true;
        self.transmit(now, out);
    }

    pub(super) fn abort(&mut self, now: u64, out: &mut Vec<Segment>) {
        out.push(self.segment(now, self.next, RST | ACK, Rc::default()));
        self.forget(State::Gone);
    }

    pub(super) fn stop_reading(&mut self) {
        self.reading = false;
    }

    /// Takes all that waits in the buffer, which opens the window.
    pub(super) fn read_on(&mut self, now: u64, out: &mut Vec<Segment>) {
        self.reading = true;
        self.unread = 0;
        self.acknowledge(now, out);
    }

    pub(super) fn arrive(&mut self, now: u64, segment: &Segment, out: &mut Vec<Segment>) {
        match self.state {
            State::Silent => return,
            State::Gone => return self.refuse(now, segment, out),
            State::Listen if segment.has(SYN) => {
                self.learn(segment);
                self.state = State::SynReceived;
                return self.send_new(now, SYN | ACK, Vec::new(), out);
            }
            State::SynSent if segment.has(RST) => return self.forget(State::Silent),
            State::SynSent if segment.has(SYN) => {
                self.learn(segment);
                self.state = State::Established;
                self.acknowledged(now, segment);
                return self.acknowledge(now, out);
            }
            State::Listen | State::SynSent => return,
            State::SynReceived | State::Established => {}
        }
        if segment.has(RST) {
            return self.forget(State::Gone);
        }
        if segment.has(ACK) && !segment.has(SYN) {
            self.acknowledged(now, segment);
        }
        self.receive(now, segment, out);
        self.transmit(now, out);
    }

    pub(super) fn retransmit_timer(&mut self, now: u64, out: &mut Vec<Segment>) {
        self.retransmit_at = None;
        self.backoff = (self.backoff + 1).min(8);
        if self.board.is_empty() {
            if self.message.length() > 0 && self.peer_window == 0 {
                self.probe(now, out);
            }
            return self.transmit(now, out);
        }
        if self.board.front().is_some_and(|head| head.attempts >= ATTEMPTS) {
            return self.forget(State::Silent);
        }
        for sent in self.board.iter_mut().filter(|sent| !sent.selected) {
            sent.lost = true;
            sent.repeated = false;
        }
        self.threshold = (self.in_flight() / 2).max(2);
        self.window = 1;
        self.recovery = None;
        self.duplicates = 0;
        self.repeat = Repeat::Timeout;
        self.transmit(now, out);
        self.arm(now);
    }

    pub(super) fn acknowledge_timer(&mut self, now: u64, out: &mut Vec<Segment>) {
        self.acknowledge(now, out);
    }

    // Sending.

    fn transmit(&mut self, now: u64, out: &mut Vec<Segment>) {
        if self.state != State::Established && self.state != State::SynReceived && self.state != State::SynSent {
            return;
        }
        while self.in_flight() < self.window {
            if self.repeat_lost(now, out) {
                continue;
            }
            if self.state != State::Established || !self.send_more(now, out) {
                break;
            }
        }
        let stuck = self.board.is_empty() && self.message.length() > 0 && self.room() == 0;
        if stuck && self.retransmit_at.is_none() {
            self.arm(now);
        }
    }

    /// Sends the first piece known to be lost once more.
    fn repeat_lost(&mut self, now: u64, out: &mut Vec<Segment>) -> bool {
        let Some(sent) = self.board.iter_mut().find(|sent| sent.lost && !sent.repeated && !sent.selected) else {
            return false;
        };
        sent.repeated = true;
        sent.attempts += 1;
        let (sequence, flags, chunk) = (sent.sequence, sent.flags, Rc::clone(&sent.chunk));
        let repeat = self.repeat;
        let mut segment = self.segment(now, sequence, flags, chunk);
        segment.repeat = repeat;
        out.push(segment);
        self.arm_if_needed(now);
        true
    }

    /// Lets the oldest piece be sent once more, as if its time had run out.
    fn repeat_head(&mut self, now: u64) {
        self.repeat = Repeat::Timeout;
        if let Some(head) = self.board.front_mut() {
            head.lost = true;
            head.repeated = false;
        }
        self.arm(now);
    }

    /// Sends the next piece of the message, or the FIN behind it.
    fn send_more(&mut self, now: u64, out: &mut Vec<Segment>) -> bool {
        if self.message.length() == 0 {
            let fin = self.close_wanted && !self.fin_sent;
            if fin {
                self.fin_sent = true;
                self.send_new(now, FIN | ACK, Vec::new(), out);
            }
            return false;
        }
        let room = usize::try_from(self.room()).unwrap_or(0);
        if room == 0 {
            return false;
        }
        let bytes = self.message.take(room.min(self.segment_limit));
        let push = if self.message.length() == 0 { PSH } else { 0 };
        self.send_new(now, ACK | push, bytes, out);
        true
    }

    fn send_new(&mut self, now: u64, flags: u8, bytes: Vec<u8>, out: &mut Vec<Segment>) {
        let chunk = Rc::new(Chunk { bytes, ..Chunk::default() });
        let segment = self.segment(now, self.next, flags, Rc::clone(&chunk));
        let (sequence, end) = (segment.sequence, segment.end());
        self.next = end;
        let fresh = Sent { sequence, end, flags, chunk, attempts: 1, selected: false, lost: false, repeated: false };
        self.board.push_back(fresh);
        out.push(segment);
        self.arm_if_needed(now);
    }

    fn probe(&mut self, now: u64, out: &mut Vec<Segment>) {
        let (sequence, bytes) = if self.stack.probes_with_data {
            (self.next, self.message.peek())
        } else {
            (self.next.wrapping_sub(1), Vec::new())
        };
        let chunk = Rc::new(Chunk { bytes, ..Chunk::default() });
        let mut segment = self.segment(now, sequence, ACK, chunk);
        segment.probe = true;
        out.push(segment);
    }

    /// Octets that the peer's window still takes.
    fn room(&self) -> u32 {
        let edge = self.unacknowledged.wrapping_add(self.peer_window);
        if before(self.next, edge) { edge.wrapping_sub(self.next) } else { 0 }
    }

    fn in_flight(&self) -> usize {
        let flying = self.board.iter().filter(|sent| !sent.selected && (!sent.lost || sent.repeated)).count();
        if self.stack.selective { flying } else { flying.saturating_sub(self.duplicates) }
    }

    fn arm(&mut self, now: u64) {
        let base = if self.state == State::Established { self.timer } else { INITIAL_TIMER };
        self.retransmit_at = Some(now + (base << self.backoff).min(60_000_000));
    }

    fn arm_if_needed(&mut self, now: u64) {
        if self.retransmit_at.is_none() {
            self.arm(now);
        }
    }

    // Being acknowledged.

    fn acknowledged(&mut self, now: u64, segment: &Segment) {
        let acknowledgment = segment.acknowledgment;
        if before(self.next, acknowledgment) {
            return;
        }
        if self.state == State::SynReceived && acknowledgment == self.next {
            self.state = State::Established;
        }
        let scale = if segment.has(SYN) { 0 } else { self.peer_scale };
        let window = u32::from(segment.window) << scale;
        self.select(&segment.sack);
        if before(self.unacknowledged, acknowledgment) {
            self.advance(now, acknowledgment);
        } else if acknowledgment == self.unacknowledged && segment.length() == 0 && window == self.peer_window {
            self.duplicates += usize::from(!self.board.is_empty());
        }
        if self.peer_window == 0 && window > 0 {
            self.backoff = 0;
            self.retransmit_at = None;
        }
        self.peer_window = window;
        self.detect_loss();
        if !self.board.is_empty() {
            self.arm_if_needed(now);
        }
    }

    fn select(&mut self, blocks: &[(u32, u32)]) {
        for (left, right) in blocks {
            let inside = |sent: &&mut Sent| !before(sent.sequence, *left) && !before(*right, sent.end);
            for sent in self.board.iter_mut().filter(inside) {
                sent.selected = true;
            }
        }
    }

    fn advance(&mut self, now: u64, acknowledgment: u32) {
        self.unacknowledged = acknowledgment;
        let before_count = self.board.len();
        while self.board.front().is_some_and(|sent| !before(acknowledgment, sent.end)) {
            self.board.pop_front();
        }
        let newly = before_count - self.board.len();
        self.duplicates = 0;
        self.backoff = 0;
        self.retransmit_at = None;
        if !self.board.is_empty() {
            self.arm(now);
        }
        match self.recovery {
            Some(point) if before(acknowledgment, point) => {
                if let Some(head) = self.board.front_mut().filter(|_| !self.stack.selective) {
                    head.lost = true;
                }
            }
            _ => {
                self.recovery = None;
                let growth = if self.window < self.threshold { newly } else { 1 };
                self.window = (self.window + growth).min(WINDOW_LIMIT);
            }
        }
    }

    fn detect_loss(&mut self) {
        let mut found = false;
        if self.stack.selective {
            let mut above = 0;
            for sent in self.board.iter_mut().rev() {
                above += usize::from(sent.selected);
                if above >= 3 && !sent.selected && !sent.lost {
                    sent.lost = true;
                    found = true;
                }
            }
        } else if self.duplicates == 3
            && self.recovery.is_none()
            && let Some(head) = self.board.front_mut().filter(|head| !head.lost)
        {
            head.lost = true;
            found = true;
        }
        if found && self.recovery.is_none() {
            self.recovery = Some(self.next);
            self.threshold = (self.board.len() / 2).max(2);
            self.window = self.threshold;
            self.repeat = Repeat::Fast;
        }
    }

    // Receiving.

    fn learn(&mut self, segment: &Segment) {
        self.expected = segment.end();
        self.peer_window = u32::from(segment.window);
        self.echo = segment.timestamps.map_or(0, |(value, _)| value);
        if let Some((limit, scale, selective)) = segment.offer {
            let options = if segment.timestamps.is_some() && self.stack.timestamps { 12 } else { 0 };
            self.segment_limit = usize::from(limit.min(self.stack.maximum_segment)) - options;
            self.peer_scale = scale;
            self.stack.selective &= selective;
            self.stack.timestamps &= segment.timestamps.is_some();
        }
    }

    fn receive(&mut self, now: u64, segment: &Segment, out: &mut Vec<Segment>) {
        if segment.probe {
            self.probes_answered += 1;
            return self.acknowledge(now, out);
        }
        if segment.length() == 0 {
            return;
        }
        if before(segment.sequence, self.expected) {
            if self.state == State::SynReceived && segment.has(SYN) {
                return self.repeat_head(now);
            }
            return self.acknowledge(now, out);
        }
        if segment.has(FIN) {
            self.fin_at = Some(segment.end());
        }
        if segment.sequence != self.expected {
            self.keep_early(segment);
            return self.acknowledge(now, out);
        }
        if let Some((value, _)) = segment.timestamps {
            self.echo = value;
        }
        let filled = !self.early.is_empty();
        let start = self.expected;
        self.expected = segment.end();
        self.take_early();
        if !self.reading {
            self.unread += self.expected.wrapping_sub(start);
        }
        self.fin_received |= self.fin_at == Some(self.expected);
        self.pending += 1;
        if filled || self.fin_received || self.pending >= 2 {
            self.acknowledge(now, out);
        } else {
            self.acknowledge_at = Some(now + DELAYED_ACKNOWLEDGMENT);
        }
    }

    /// Merges the segment into the ranges that wait behind a hole; the newest range comes first (RFC 2018).
    fn keep_early(&mut self, segment: &Segment) {
        let (mut left, mut right) = (segment.sequence, segment.end());
        self.early.retain(|(start, end)| {
            let apart = before(*end, left) || before(right, *start);
            if !apart {
                left = if before(*start, left) { *start } else { left };
                right = if before(right, *end) { *end } else { right };
            }
            apart
        });
        self.early.insert(0, (left, right));
    }

    fn take_early(&mut self) {
        while let Some(index) = self.early.iter().position(|(start, _)| *start == self.expected) {
            let (_, end) = self.early.remove(index);
            self.expected = end;
        }
    }

    fn acknowledge(&mut self, now: u64, out: &mut Vec<Segment>) {
        out.push(self.segment(now, self.next, ACK, Rc::default()));
    }

    /// RFC 9293, section 3.10.7.1: what a closed port says.
    fn refuse(&mut self, now: u64, segment: &Segment, out: &mut Vec<Segment>) {
        if segment.has(RST) {
            return;
        }
        let mut reset = self.segment(now, segment.acknowledgment, RST, Rc::default());
        if !segment.has(ACK) {
            reset.sequence = 0;
            reset.flags = RST | ACK;
            reset.acknowledgment = segment.end();
        } else {
            reset.acknowledgment = 0;
        }
        reset.window = 0;
        reset.timestamps = None;
        out.push(reset);
    }

    fn forget(&mut self, state: State) {
        self.state = state;
        self.board.clear();
        self.message = Message::default();
        self.retransmit_at = None;
        self.acknowledge_at = None;
        self.early.clear();
    }

    // Both.

    /// Every segment carries the newest acknowledgment, so a delayed one is no longer owed.
    fn segment(&mut self, now: u64, sequence: u32, flags: u8, chunk: Rc<Chunk>) -> Segment {
        let acknowledges = flags & ACK != 0;
        if acknowledges {
            self.pending = 0;
            self.acknowledge_at = None;
        }
        let syn = flags & SYN != 0;
        let clock = u32::try_from((now / 1000) & 0xffff_ffff).unwrap_or(0).wrapping_add(self.stack.clock);
        let echo = if acknowledges { self.echo } else { 0 };
        let free = self.stack.buffer.saturating_sub(self.unread);
        let scaled = if syn { free } else { free >> self.stack.window_scale };
        let sack = if self.stack.selective && acknowledges {
            self.early.iter().take(3).copied().collect()
        } else {
            Vec::new()
        };
        Segment {
            identification: 0,
            sequence,
            acknowledgment: if acknowledges { self.expected } else { 0 },
            flags,
            window: u16::try_from(scaled).unwrap_or(u16::MAX),
            timestamps: self.stack.timestamps.then_some((clock, echo)),
            sack,
            offer: syn.then_some((self.stack.maximum_segment, self.stack.window_scale, self.stack.selective)),
            chunk,
            repeat: Repeat::No,
            cause: Fate::Delivered,
            fate: Fate::Delivered,
            probe: false,
        }
    }
}

const INITIAL_TIMER: u64 = 1_000_000;
const DELAYED_ACKNOWLEDGMENT: u64 = 40_000;
const WINDOW_LIMIT: usize = 48;
const ATTEMPTS: u8 = 7;

//! The judgement on one TCP segment: which of Wireshark's `tcp.analysis` flags it gets.
//!
//! This is the state machine of Wireshark 4.0, rule for rule, its oddities included: a sequence number of 0 counts as
//! "not seen yet", the acknowledgment field is looked at even without ACK, differences of time that would be negative
//! count as very large. It takes numbers and gives flags; it knows no packets, no addresses and no clock.
//!
//! Memory is bounded: a direction remembers at most 10,000 segments that were not acknowledged yet.

use std::collections::VecDeque;

use super::TcpAnalysis;
use crate::packet::TcpFlags;

/// What the state machine wants to know of a segment.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Segment {
    /// Nanoseconds on any clock.
    pub(super) time: i64,
    pub(super) sequence: u32,
    pub(super) acknowledgment: u32,
    /// The window field, unscaled.
    pub(super) window: u16,
    pub(super) flags: TcpFlags,
    /// Octets of payload on the wire.
    pub(super) len: u32,
    /// The shift announced in the window scale option.
    pub(super) window_scale: Option<u8>,
}

/// What it says of the segment.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Judgement {
    pub(super) analysis: TcpAnalysis,
    /// Nanoseconds since the segment of the peer that this one acknowledges was sent; never 0.
    pub(super) ack_rtt: Option<i64>,
    /// For a retransmission by timeout: nanoseconds since the oldest segment without an acknowledgment.
    pub(super) timeout: Option<i64>,
    /// What of that time no earlier retransmission of the same end has accounted for.
    pub(super) waited: i64,
    /// The announced window in octets, as far as the scale is known.
    pub(super) window: u32,
}

/// One TCP connection, from SYN to SYN.
#[derive(Debug, Default)]
pub(super) struct Conversation {
    /// Nanoseconds from the SYN to the first ACK behind the handshake; 0 is unknown.
    initial_rtt: i64,
    /// Time of the most recent SYN without ACK.
    syn_time: Option<i64>,
    /// The next segment gets the flag of reused ports.
    reused: bool,
    ends: [End; 2],
}

/// What is known of one end as a sender.
#[derive(Debug)]
struct End {
    /// The first sequence number.
    base: Option<u32>,
    /// The last window announced, unscaled.
    window: u32,
    scale: Scale,
    /// The sequence number expected next, and when the segment before it was sent; 0 is unknown.
    next: u32,
    next_time: i64,
    /// The last acknowledgment field, and when it was sent; 0 is unknown.
    last_ack: u32,
    last_ack_time: i64,
    /// Duplicates of `last_ack`; `u32::MAX` after an acknowledgment of something unseen.
    duplicates: u32,
    /// Up to where the peer may acknowledge without telling of segments that the capture lacks; 0 is unknown.
    max_ack: u32,
    /// The flags of the last segment.
    last: TcpAnalysis,
    /// A SYN was sent, and nothing behind it: windows are not scaled yet.
    awaiting_first_ack: bool,
    /// Until when waits before retransmissions are counted.
    waited_until: Option<i64>,
    unacknowledged: Unacknowledged,
}

/// What is known of the scale of an end's windows.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Scale {
    Unknown,
    /// One of the ends did not offer to scale.
    None,
    Shift(u8),
}

impl Conversation {
    /// A conversation; `reused` if its ports were in use before, which its first segment is told.
    pub(super) fn new(reused: bool) -> Self {
        Self { reused, ..Self::default() }
    }

    /// Whether `segment`, sent by end `from`, begins another connection on the same ports.
    pub(super) fn is_reused_by(&self, from: Side, segment: &Segment) -> bool {
        let base = self.end(from).base;
        is_first_syn(segment.flags) && base.is_some_and(|base| base != segment.sequence)
    }

    /// Judges a segment sent by end `from` and remembers it.
    pub(super) fn judge(&mut self, from: Side, segment: &Segment) -> Judgement {
        let initial_rtt = self.initial_rtt;
        let reused = std::mem::take(&mut self.reused);
        let (sender, receiver) = self.split(from);
        let mut flags = open(sender, receiver, segment);
        if reused {
            flags |= TcpAnalysis::REUSED_PORTS;
        }
        flags |= window_flags(sender, receiver, segment);
        let probe = flags.contains(TcpAnalysis::ZERO_WINDOW_PROBE);
        if segment.acknowledgment != sender.last_ack {
            sender.duplicates = 0;
        }
        flags |= acknowledgment_flags(receiver, segment);
        let repeated = sequence_flags(sender, receiver, segment, initial_rtt, flags);
        let by_timeout = repeated == TcpAnalysis::RETRANSMISSION;
        let timeout = by_timeout.then(|| segment.time.saturating_sub(sender.oldest_time())).filter(|time| *time > 0);
        let waited = timeout.map_or(0, |timeout| sender.wait(segment.time, timeout));
        flags |= repeated;
        sender.remember(segment, flags, probe);
        let sent = receiver.unacknowledged.acknowledge(segment.acknowledgment);
        let ack_rtt = sent.map(|sent| segment.time.saturating_sub(sent)).filter(|rtt| *rtt > 0);
        learn_scale(sender, receiver, segment);
        let window = sender.scaled(segment);
        self.time_handshake(segment);
        Judgement { analysis: flags, ack_rtt, timeout, waited, window }
    }

    /// Octets on the heap.
    pub(super) fn heap_len(&self) -> usize {
        self.ends.iter().map(|end| end.unacknowledged.sent.capacity() * size_of::<Sent>()).sum()
    }

    fn end(&self, side: Side) -> &End {
        let [low, high] = &self.ends;
        if side == Side::Low { low } else { high }
    }

    /// The sender and the receiver of what `from` sends.
    fn split(&mut self, from: Side) -> (&mut End, &mut End) {
        let [low, high] = &mut self.ends;
        if from == Side::Low { (low, high) } else { (high, low) }
    }

    fn time_handshake(&mut self, segment: &Segment) {
        if is_first_syn(segment.flags) {
            self.syn_time = Some(segment.time);
        } else if segment.flags.contains(TcpFlags::ACK)
            && !segment.flags.contains(TcpFlags::SYN)
            && let (Some(syn), 0) = (self.syn_time, self.initial_rtt)
        {
            self.initial_rtt = segment.time.wrapping_sub(syn);
        }
    }
}

/// One of the ends of a conversation: which is which, the key of the flow says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Low,
    High,
}

impl Side {
    pub(super) fn other(self) -> Self {
        if self == Self::Low { Self::High } else { Self::Low }
    }
}

/// The first sequence numbers of both ends, as far as this segment tells.
fn open(sender: &mut End, receiver: &mut End, segment: &Segment) -> TcpAnalysis {
    let mut flags = TcpAnalysis::default();
    let syn = segment.flags.contains(TcpFlags::SYN);
    let ack = segment.flags.contains(TcpFlags::ACK);
    if is_first_syn(segment.flags) && sender.base.is_some() {
        sender.next = sender.max_ack;
    }
    if syn && ack && sender.base.is_some_and(|base| base != segment.sequence) {
        sender.base = Some(segment.sequence);
        flags |= TcpAnalysis::REUSED_PORTS;
    }
    sender.base.get_or_insert(segment.sequence.wrapping_sub(u32::from(!syn)));
    if ack {
        receiver.base.get_or_insert(segment.acknowledgment.wrapping_sub(1));
    }
    flags
}

/// Windows, keep-alives, gaps and duplicate acknowledgments.
fn window_flags(sender: &mut End, receiver: &End, segment: &Segment) -> TcpAnalysis {
    let Segment { sequence, window, len, .. } = *segment;
    let mut flags = TcpAnalysis::default();
    if len == 1 && sequence == sender.next && receiver.window == 0 {
        return TcpAnalysis::ZERO_WINDOW_PROBE;
    }
    let control = segment.flags.intersects(CONTROL);
    if window == 0 && !control {
        flags |= TcpAnalysis::ZERO_WINDOW;
    }
    if sender.next != 0 && after(sequence, sender.next) && !segment.flags.contains(TcpFlags::RST) {
        flags |= TcpAnalysis::LOST_SEGMENT;
    }
    if control {
        return flags;
    }
    if len <= 1 && sequence == sender.next.wrapping_sub(1) {
        flags |= TcpAnalysis::KEEP_ALIVE;
    }
    if len > 0 && receiver.fills_window(sequence.wrapping_add(len)) {
        flags |= TcpAnalysis::WINDOW_FULL;
    }
    if len == 0 && sequence == sender.next && segment.acknowledgment == sender.last_ack {
        flags |= repeated_ack_flags(sender, receiver, u32::from(window));
    }
    flags
}

/// An acknowledgment without data that equals the one before: what it says is in its window.
fn repeated_ack_flags(sender: &mut End, receiver: &End, window: u32) -> TcpAnalysis {
    let same_window = window == sender.window;
    match window {
        1.. if !same_window => TcpAnalysis::WINDOW_UPDATE,
        1.. if receiver.last.contains(TcpAnalysis::KEEP_ALIVE) => TcpAnalysis::KEEP_ALIVE_ACK,
        0 if same_window && receiver.last.contains(TcpAnalysis::ZERO_WINDOW_PROBE) => {
            TcpAnalysis::ZERO_WINDOW_PROBE_ACK
        }
        1.. => {
            sender.duplicates = sender.duplicates.checked_add(1).unwrap_or(1);
            TcpAnalysis::DUPLICATE_ACK
        }
        0 => TcpAnalysis::default(),
    }
}

/// Whether the segment acknowledges what the capture does not have.
fn acknowledgment_flags(receiver: &mut End, segment: &Segment) -> TcpAnalysis {
    let unseen = receiver.max_ack != 0
        && after(segment.acknowledgment, receiver.max_ack)
        && segment.flags.contains(TcpFlags::ACK);
    if !unseen {
        return TcpAnalysis::default();
    }
    if before(receiver.max_ack, receiver.next) {
        receiver.max_ack = receiver.next;
        return TcpAnalysis::ACK_LOST_SEGMENT;
    }
    let first = receiver.duplicates == 0;
    receiver.duplicates = u32::MAX;
    if first { TcpAnalysis::ACK_LOST_SEGMENT } else { TcpAnalysis::default() }
}

/// Retransmissions and segments out of order.
fn sequence_flags(
    sender: &End,
    receiver: &End,
    segment: &Segment,
    initial_rtt: i64,
    flags: TcpAnalysis,
) -> TcpAnalysis {
    let Segment { sequence, len, time, .. } = *segment;
    let consumes = u32::from(segment.flags.intersects(SYN_OR_FIN));
    if (len == 0 && consumes == 0) || flags.contains(TcpAnalysis::KEEP_ALIVE) {
        return TcpAnalysis::default();
    }
    let end = sequence.wrapping_add(len);
    if len > 0 && receiver.last_ack != 0 && !after(end, receiver.last_ack) {
        return TcpAnalysis(TcpAnalysis::SPURIOUS_RETRANSMISSION.0 | TcpAnalysis::RETRANSMISSION.0);
    }
    let probe_of_one_more = len > 1 && sequence == sender.next.wrapping_sub(1);
    if sender.next == 0 || !before(sequence, sender.next) || probe_of_one_more {
        return TcpAnalysis::default();
    }
    let asked_for = receiver.duplicates >= 2 && receiver.last_ack == sequence;
    if asked_for && elapsed(time, receiver.last_ack_time) < FAST_RETRANSMISSION_TIME {
        return TcpAnalysis(TcpAnalysis::FAST_RETRANSMISSION.0 | TcpAnalysis::RETRANSMISSION.0);
    }
    let patience = if initial_rtt == 0 { OUT_OF_ORDER_TIME } else { initial_rtt.cast_unsigned() };
    if elapsed(time, sender.next_time) < patience && sender.next != end.wrapping_add(consumes) {
        return TcpAnalysis::OUT_OF_ORDER;
    }
    TcpAnalysis::RETRANSMISSION
}

/// What the options of a SYN say of the scale of windows.
fn learn_scale(sender: &mut End, receiver: &mut End, segment: &Segment) {
    let syn = segment.flags.contains(TcpFlags::SYN);
    match segment.window_scale {
        Some(_) if segment.flags.contains(TcpFlags::ACK) && syn && receiver.scale == Scale::None => {
            sender.scale = Scale::None;
        }
        Some(shift) if syn => sender.scale = Scale::Shift(shift.min(MAX_SCALE)),
        None if syn && sender.scale == Scale::Unknown => {
            sender.scale = Scale::None;
            receiver.scale = Scale::None;
        }
        _ => {}
    }
    if syn {
        sender.awaiting_first_ack = true;
    } else if segment.flags.contains(TcpFlags::ACK) {
        sender.awaiting_first_ack = false;
    }
}

impl Default for End {
    fn default() -> Self {
        Self {
            base: None,
            window: u32::MAX,
            scale: Scale::Unknown,
            next: 0,
            next_time: 0,
            last_ack: 0,
            last_ack_time: 0,
            duplicates: 0,
            max_ack: 0,
            last: TcpAnalysis(0),
            awaiting_first_ack: false,
            waited_until: None,
            unacknowledged: Unacknowledged::default(),
        }
    }
}

impl End {
    /// Whether data up to `end` fills the window that this end announced last, exactly.
    fn fills_window(&self, end: u32) -> bool {
        let shift = match self.scale {
            Scale::Unknown => return false,
            Scale::Shift(shift) if !self.awaiting_first_ack => shift,
            Scale::None | Scale::Shift(_) => 0,
        };
        end == self.last_ack.wrapping_add(self.window.wrapping_shl(u32::from(shift)))
    }

    fn remember(&mut self, segment: &Segment, flags: TcpAnalysis, probe: bool) {
        let Segment { sequence, len, time, .. } = *segment;
        let consumes = segment.flags.intersects(SYN_OR_FIN);
        let mut next = sequence.wrapping_add(len);
        if (len > 0 || consumes) && self.unacknowledged.sent.len() < MAX_UNACKNOWLEDGED {
            next = next.wrapping_add(u32::from(consumes));
            self.unacknowledged.push(Sent { next, time });
        }
        if !probe && (after(next, self.next) || self.next == 0) {
            self.next = next;
            self.next_time = time;
        }
        if !probe && (sequence == self.max_ack || self.max_ack == 0) {
            self.max_ack = self.next;
        }
        self.window = u32::from(segment.window);
        self.last_ack = segment.acknowledgment;
        self.last_ack_time = time;
        self.last = flags;
    }

    /// Accounts for a wait of `timeout` that ends `now`, at most [`MAX_WAIT`]: how much of it is new.
    fn wait(&mut self, now: i64, timeout: i64) -> i64 {
        let new = self.waited_until.map_or(timeout, |until| now.saturating_sub(until).clamp(0, timeout));
        self.waited_until = Some(self.waited_until.map_or(now, |until| until.max(now)));
        new.min(MAX_WAIT)
    }

    fn oldest_time(&self) -> i64 {
        self.unacknowledged.sent.front().map_or(self.next_time, |sent| sent.time)
    }

    fn scaled(&self, segment: &Segment) -> u32 {
        let window = u32::from(segment.window);
        match self.scale {
            Scale::Shift(shift) if !segment.flags.contains(TcpFlags::SYN) => window << shift,
            _ => window,
        }
    }
}

/// The segments of one end that were not acknowledged yet, the oldest first.
#[derive(Debug, Default)]
struct Unacknowledged {
    sent: VecDeque<Sent>,
    /// Not in the order of their sequence numbers.
    shuffled: bool,
}

/// A segment that was not acknowledged yet.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Sent {
    /// The first sequence number behind it.
    next: u32,
    time: i64,
}

impl Unacknowledged {
    fn push(&mut self, sent: Sent) {
        if let (Some(first), Some(last)) = (self.sent.front(), self.sent.back()) {
            self.shuffled |= after(first.next, sent.next) || after(last.next, sent.next);
        }
        self.sent.push_back(sent);
    }

    /// Forgets what `number` acknowledges; the time of the oldest segment that ends exactly there.
    ///
    /// Entries in order span less than half the number space, so that the two outermost tell whether all, none, or those
    /// from the front on are acknowledged. Only the rest needs a look at each.
    fn acknowledge(&mut self, number: u32) -> Option<i64> {
        let (first, last) = (self.sent.front()?, self.sent.back()?);
        let (keep_first, keep_last) = (after(first.next, number), after(last.next, number));
        let matched = match (self.shuffled, keep_first, keep_last) {
            (false, true, true) => return None,
            (false, false, _) => self.acknowledge_front(number),
            _ => self.acknowledge_each(number),
        };
        if self.sent.is_empty() {
            self.shuffled = false;
            // A burst should not hold its memory for as long as the flow lives.
            if self.sent.capacity() > 64 {
                self.sent = VecDeque::new();
            }
        }
        matched
    }

    fn acknowledge_front(&mut self, number: u32) -> Option<i64> {
        let mut matched = None;
        while let Some(sent) = self.sent.front().copied().filter(|sent| !after(sent.next, number)) {
            if sent.next == number {
                matched = matched.or(Some(sent.time));
            }
            self.sent.pop_front();
        }
        matched
    }

    fn acknowledge_each(&mut self, number: u32) -> Option<i64> {
        let matched = self.sent.iter().find(|sent| sent.next == number).map(|sent| sent.time);
        self.sent.retain(|sent| after(sent.next, number));
        matched
    }
}

fn is_first_syn(flags: TcpFlags) -> bool {
    flags.contains(TcpFlags::SYN) && !flags.contains(TcpFlags::ACK)
}

/// Whether `a` lies behind `b` in the circle of sequence numbers.
fn after(a: u32, b: u32) -> bool {
    b.wrapping_sub(a).cast_signed() < 0
}

/// Whether `a` lies before `b`; like [`after`], true for numbers half the circle apart.
fn before(a: u32, b: u32) -> bool {
    a.wrapping_sub(b).cast_signed() < 0
}

/// Nanoseconds from `earlier` to `now`; very many if `earlier` is the later of the two.
fn elapsed(now: i64, earlier: i64) -> u64 {
    now.wrapping_sub(earlier).cast_unsigned()
}

const CONTROL: TcpFlags = TcpFlags(TcpFlags::SYN.0 | TcpFlags::FIN.0 | TcpFlags::RST.0);
const SYN_OR_FIN: TcpFlags = TcpFlags(TcpFlags::SYN.0 | TcpFlags::FIN.0);
/// RFC 7323 section 2.3.
const MAX_SCALE: u8 = 14;
const MAX_UNACKNOWLEDGED: usize = 10_000;
/// No sender waits longer (RFC 6298 section 2.5 lets it end at 60 s, Linux at 120 s); more is for lack of acknowledgments in
/// the capture.
pub(super) const MAX_WAIT: i64 = 120_000_000_000;
/// A retransmission within this many nanoseconds of a duplicate acknowledgment is its effect.
const FAST_RETRANSMISSION_TIME: u64 = 20_000_000;
/// Out of order is what comes less than this many nanoseconds late, while the round trip is unknown.
const OUT_OF_ORDER_TIME: u64 = 3_000_000;

#[cfg(test)]
mod tests;

//! The judgement on one TCP segment: which of Wireshark's `tcp.analysis` flags it gets.
//!
//! This is the state machine of Wireshark 4.0, rule for rule, its oddities included: a sequence number of 0 counts as
//! "not seen yet", the acknowledgment field is looked at even without ACK, differences of time that would be negative
//! count as very large. What the newer profiles have otherwise is in [`newer`]. It takes numbers and gives
//! flags; it knows no packets, no addresses and no clock.
//!
//! Memory is bounded: a direction remembers at most 10,000 segments that were not acknowledged yet.

mod end;
mod input;
mod newer;
mod unacknowledged;

use super::{Completeness, TcpAnalysis, TcpProfile};
use crate::packet::TcpFlags;
use end::{End, Scale};
pub(super) use input::{Sack, Segment};
use unacknowledged::Acknowledged;

/// What it says of the segment.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Judgement {
    pub(super) analysis: TcpAnalysis,
    /// Nanoseconds since the segment of the peer that this one acknowledges was sent; never 0.
    pub(super) ack_rtt: Option<i64>,
    /// Frame of that segment.
    pub(super) acked_frame: Option<u64>,
    /// Sequence numbers of the largest segment of the peer that this one acknowledges.
    pub(super) acked_len: u32,
    /// For a retransmission by timeout: nanoseconds since the oldest segment without an acknowledgment.
    pub(super) timeout: Option<i64>,
    /// Frame of that segment, also where the clock went back since.
    pub(super) timeout_frame: Option<u64>,
    /// For a duplicate acknowledgment: which one it is, from 1, and the frame that it repeats.
    pub(super) duplicate: Option<(u32, u64)>,
    /// Octets sent and not acknowledged, this segment included.
    pub(super) bytes_in_flight: Option<u32>,
    /// Octets since the last PSH.
    pub(super) push_bytes_sent: Option<u32>,
    /// Nanoseconds of the handshake, where it was seen.
    pub(super) initial_rtt: Option<i64>,
    pub(super) completeness: Completeness,
    /// What of that time no earlier retransmission of the same end has accounted for.
    pub(super) waited: i64,
    /// The announced window in octets, as far as the scale is known.
    pub(super) window: u32,
}

/// One TCP connection, from SYN to SYN.
#[derive(Debug, Default)]
pub(super) struct Conversation {
    profile: TcpProfile,
    /// Nanoseconds from the SYN to the first ACK behind the handshake; 0 is unknown.
    initial_rtt: i64,
    /// Time of the most recent SYN without ACK.
    syn_time: Option<i64>,
    /// The next segment gets the flag of reused ports.
    reused: bool,
    completeness: Completeness,
    ends: [End; 2],
}

impl Conversation {
    /// A conversation; `reused` if its ports were in use before, which its first segment is told.
    pub(super) fn new(profile: TcpProfile, reused: bool) -> Self {
        Self { profile, reused, ..Self::default() }
    }

    /// Whether `segment`, sent by end `from`, begins another connection on the same ports.
    pub(super) fn is_reused_by(&self, from: Side, segment: &Segment) -> bool {
        let Some(base) = self.end(from).base else { return false };
        match self.profile {
            TcpProfile::Wireshark40 => is_first_syn(segment.flags) && base != segment.sequence,
            _ => newer::is_reused_by(base, self.completeness, segment),
        }
    }

    /// The first sequence number of an end: that of its SYN, or the one before the first octet that was seen.
    pub(super) fn base(&self, side: Side) -> Option<u32> {
        self.end(side).base
    }

    /// Judges a segment sent by end `from` and remembers it.
    #[inline]
    pub(super) fn judge(&mut self, from: Side, segment: &Segment) -> Judgement {
        let (profile, initial_rtt) = (self.profile, self.initial_rtt);
        let reused = std::mem::take(&mut self.reused);
        let is_first = !self.ends.iter().any(|end| end.base.is_some());
        self.completeness.note(segment, is_first, profile);
        let closing = self.completeness.contains(Completeness::FIN) || self.completeness.contains(Completeness::RST);
        let (sender, receiver) = self.split(from);
        let mut flags = open(sender, receiver, segment);
        if reused {
            flags |= TcpAnalysis::REUSED_PORTS;
        }
        flags |= window_flags(sender, receiver, segment);
        if profile != TcpProfile::Wireshark40 {
            flags |= newer::probe_is_taken(sender, receiver, segment);
        }
        let duplicate = flags.contains(TcpAnalysis::DUPLICATE_ACK);
        let mut duplicate = duplicate.then_some((sender.duplicates, sender.original_frame));
        let probe = flags.contains(TcpAnalysis::ZERO_WINDOW_PROBE);
        if segment.acknowledgment != sender.last_ack {
            sender.duplicates = 0;
            sender.original_frame = segment.frame;
        }
        flags |= match profile {
            TcpProfile::Wireshark40 => acknowledgment_flags(receiver, segment),
            _ => newer::acknowledgment_flags(sender, receiver, segment),
        };
        let repeated = sequence_flags(profile, sender, receiver, segment, initial_rtt, flags);
        let by_timeout = repeated == TcpAnalysis::RETRANSMISSION;
        let (oldest, oldest_frame) = if by_timeout { sender.oldest(profile, segment.sequence) } else { (0, 0) };
        let timeout = by_timeout.then(|| segment.time.saturating_sub(oldest)).filter(|time| *time > 0);
        let waited = timeout.map_or(0, |timeout| sender.wait(segment.time, timeout));
        flags |= repeated;
        let told = newer::tells(sender, segment);
        sender.remember(segment, flags, probe);
        let Acknowledged { matched: mut acked, partly, largest: acked_len } =
            receiver.unacknowledged.acknowledge(segment.acknowledgment);
        let (bytes_in_flight, push_bytes_sent) = sender.in_flight(profile, receiver, segment).unzip();
        match profile {
            TcpProfile::Wireshark40 if !sender.sack.is_empty() || !segment.sack.is_empty() => {
                sender.sack = segment.sack;
            }
            TcpProfile::Wireshark40 => {}
            _ => {
                let told = told || acked.is_some() || partly.is_some();
                duplicate = newer::selective(profile, sender, receiver, segment, &mut flags, told).or(duplicate);
                if let Some(partly) = partly {
                    flags |= TcpAnalysis::PARTIAL_ACK;
                    acked = Some(partly);
                }
                newer::learn_mss(sender, receiver, segment, is_first);
            }
        }
        if closing {
            sender.unacknowledged.release();
            receiver.unacknowledged.release();
        }
        learn_scale(sender, receiver, segment);
        let window = sender.scaled(segment);
        self.time_handshake(segment);
        Judgement {
            analysis: flags,
            ack_rtt: acked.map(|sent| segment.time.saturating_sub(sent.time)).filter(|rtt| *rtt > 0),
            acked_frame: acked.map(|sent| sent.frame),
            acked_len,
            timeout,
            timeout_frame: (by_timeout && segment.time != oldest).then_some(oldest_frame),
            duplicate,
            bytes_in_flight,
            push_bytes_sent,
            initial_rtt: (self.initial_rtt != 0).then_some(self.initial_rtt),
            completeness: self.completeness,
            waited,
            window,
        }
    }

    /// Octets on the heap.
    pub(super) fn heap_len(&self) -> usize {
        self.ends.iter().map(|end| end.unacknowledged.heap_len()).sum()
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
        receiver.in_flight_known = true;
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
        sender.in_flight_known = false;
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
    profile: TcpProfile,
    sender: &End,
    receiver: &End,
    segment: &Segment,
    initial_rtt: i64,
    flags: TcpAnalysis,
) -> TcpAnalysis {
    let Segment { sequence, len, .. } = *segment;
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
    let patience = if initial_rtt == 0 { OUT_OF_ORDER_TIME } else { initial_rtt.cast_unsigned() };
    let late = match profile {
        TcpProfile::Wireshark40 => late(sender, receiver, segment, patience),
        _ => newer::late(profile, sender, receiver, segment, patience),
    };
    match late {
        Late::OutOfOrder => TcpAnalysis::OUT_OF_ORDER,
        Late::Fast => TcpAnalysis(TcpAnalysis::FAST_RETRANSMISSION.0 | TcpAnalysis::RETRANSMISSION.0),
        Late::Retransmitted => TcpAnalysis::RETRANSMISSION,
    }
}

/// What a segment is that does not advance the sequence number.
enum Late {
    Fast,
    OutOfOrder,
    Retransmitted,
}

fn late(sender: &End, receiver: &End, segment: &Segment, patience: u64) -> Late {
    let Segment { sequence, time, .. } = *segment;
    let asked_for = receiver.duplicates >= 2 && receiver.last_ack == sequence;
    if asked_for && elapsed(time, receiver.last_ack_time) < FAST_RETRANSMISSION_TIME {
        return Late::Fast;
    }
    if elapsed(time, sender.next_time) < patience && sender.next != segment.next() {
        return Late::OutOfOrder;
    }
    Late::Retransmitted
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

fn is_first_syn(flags: TcpFlags) -> bool {
    flags.contains(TcpFlags::SYN) && !flags.contains(TcpFlags::ACK)
}

/// Whether `a` lies behind `b` in the circle of sequence numbers.
pub(super) fn after(a: u32, b: u32) -> bool {
    b.wrapping_sub(a).cast_signed() < 0
}

/// Whether `a` lies before `b`; like [`after`], true for numbers half the circle apart.
pub(super) fn before(a: u32, b: u32) -> bool {
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
/// Wireshark 4.0 takes no more of them from the octets in flight.
const COUNTED_SACK_BLOCKS: usize = 3;
/// Wireshark does not show more.
const MAX_IN_FLIGHT: u32 = 2_000_000_000;
/// No sender waits longer (RFC 6298 section 2.5 lets it end at 60 s, Linux at 120 s); more is for lack of acknowledgments in
/// the capture.
pub(super) const MAX_WAIT: i64 = 120_000_000_000;
/// A retransmission within this many nanoseconds of a duplicate acknowledgment is its effect.
const FAST_RETRANSMISSION_TIME: u64 = 20_000_000;
/// Out of order is what comes less than this many nanoseconds late, while the round trip is unknown.
const OUT_OF_ORDER_TIME: u64 = 3_000_000;

#[cfg(test)]
mod tests;

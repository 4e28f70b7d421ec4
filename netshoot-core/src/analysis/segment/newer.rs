//! What Wireshark 4.4 and 4.6 judge otherwise than Wireshark 4.0.
//!
//! In both, acknowledgments that tell of ranges received ahead (SACK) are duplicates though their window changed; a
//! retransmission behind two duplicates is fast if none of the ranges has it; a segment that the capture has already is
//! never out of order; a probe of a closed window may be taken in; acknowledgments of a part of a segment are seen; each
//! gap is told that an acknowledgment shows; and ports count as used again where a handshake follows a FIN or a reset.
//!
//! In 4.6 alone, a retransmission is fast as well where ranges of more than two segments were jumped over; any segment with
//! new ranges is a duplicate, if it is nothing else; ranges count until the same end tells of others; and what is out of
//! order comes soon after the peer's last segment, instead of the sender's.
//!
//! An oddity is kept: where ranges are compared with a sequence number, they are relative to the first one and it is not.

use super::end::End;
use super::{CONTROL, FAST_RETRANSMISSION_TIME, Late, Sack, Segment, after, before};
use crate::analysis::{Completeness, TcpAnalysis, TcpProfile};
use crate::packet::TcpFlags;

/// Whether a segment begins another connection on the same ports; `base` is the first sequence number of its sender, and
/// `seen` what was seen of the connection.
pub(super) fn is_reused_by(base: u32, seen: Completeness, segment: &Segment) -> bool {
    let is_over = seen.contains(Completeness::FIN) || seen.contains(Completeness::RST);
    segment.flags.contains(TcpFlags::SYN) && (base != segment.sequence || is_over)
}

/// The answer to a probe of a closed window that acknowledges the octet of the probe.
pub(super) fn probe_is_taken(sender: &End, receiver: &mut End, segment: &Segment) -> TcpAnalysis {
    let is_closed = segment.window == 0 && sender.window == 0 && !segment.flags.intersects(CONTROL);
    if !is_closed || segment.len > 0 || !takes_probe(sender, receiver, segment) {
        return TcpAnalysis::default();
    }
    receiver.advance_to(segment.acknowledgment);
    TcpAnalysis::ZERO_WINDOW_PROBE_ACK
}

/// Whether the segment acknowledges the octet of the probe that its receiver sent last, and nothing else.
fn takes_probe(sender: &End, receiver: &End, segment: &Segment) -> bool {
    receiver.last.contains(TcpAnalysis::ZERO_WINDOW_PROBE)
        && segment.sequence == sender.next
        && segment.acknowledgment == sender.last_ack.wrapping_add(1)
}

/// Whether the segment acknowledges what the capture does not have, or opens a window that was just probed.
pub(super) fn acknowledgment_flags(sender: &End, receiver: &mut End, segment: &Segment) -> TcpAnalysis {
    let number = segment.acknowledgment;
    let unseen = receiver.max_ack != 0 && after(number, receiver.max_ack) && segment.flags.contains(TcpFlags::ACK);
    if !unseen {
        return TcpAnalysis::default();
    }
    if takes_probe(sender, receiver, segment) {
        receiver.advance_to(number);
        return TcpAnalysis::WINDOW_UPDATE;
    }
    receiver.max_ack = receiver.contiguous_from(number);
    TcpAnalysis::ACK_LOST_SEGMENT
}

impl End {
    /// Takes the octet of a probe as sent.
    fn advance_to(&mut self, number: u32) {
        (self.next, self.max_ack) = (number, number);
    }

    /// Up to where segments lie behind `number` without a gap; looks at the newest first, and once.
    fn contiguous_from(&self, number: u32) -> u32 {
        let (mut left, mut right) = (0, 0);
        for sent in self.unacknowledged.newest_first() {
            if left == right {
                (left, right) = (sent.sequence, sent.next);
            }
            if before(sent.sequence, number) {
                continue;
            }
            if sent.next != left {
                right = sent.next;
            }
            left = sent.sequence;
        }
        if left == number && after(right, number) { right } else { number }
    }

    /// What a range of the peer's selective acknowledgments is compared as.
    fn relative(&self, (left, right): (u32, u32)) -> (u32, u32) {
        let base = self.base.unwrap_or_default();
        (left.wrapping_sub(base), right.wrapping_sub(base))
    }
}

/// What a segment is that does not advance the sequence number.
pub(super) fn late(profile: TcpProfile, sender: &End, receiver: &End, segment: &Segment, patience: u64) -> Late {
    let elapsed = segment.time.checked_sub(receiver.last_ack_time).unwrap_or(i64::MAX);
    let elapsed = u64::try_from(elapsed).unwrap_or(0);
    if elapsed < FAST_RETRANSMISSION_TIME && is_asked_for(profile, sender, receiver, segment) {
        return Late::Fast;
    }
    let seen = sender.unacknowledged.covers(segment.sequence, segment.sequence.wrapping_add(segment.len));
    let elapsed = match profile {
        TcpProfile::Wireshark46 => elapsed,
        _ => super::elapsed(segment.time, sender.next_time),
    };
    if elapsed < patience && !seen && (sender.next != segment.next() || sender.last_len == 0) {
        return Late::OutOfOrder;
    }
    Late::Retransmitted
}

/// Whether the peer's acknowledgments ask for the segment.
fn is_asked_for(profile: TcpProfile, sender: &End, receiver: &End, segment: &Segment) -> bool {
    let (first, next) = (segment.sequence, segment.sequence.wrapping_add(segment.len));
    let is_next = receiver.last_ack == first;
    let ranges = || receiver.sack.blocks().map(|range| sender.relative(range));
    let has = |(left, right): (u32, u32)| first >= left && next <= right;
    if receiver.duplicates >= 2 && is_next {
        return true;
    }
    if receiver.sack.is_empty() {
        return false;
    }
    let jumped_over = ranges().fold(0_u32, |sum, (left, right)| sum.wrapping_add(right.wrapping_sub(left)));
    let jumped_over = profile == TcpProfile::Wireshark46 && jumped_over.cast_signed() > 2 * receiver.mss;
    if jumped_over && is_next && !ranges().all(has) {
        return true;
    }
    receiver.duplicates >= 2 && !ranges().any(has)
}

/// Whether Wireshark has an entry of the segment, even if it says nothing else of it: only those become duplicates late. Must
/// be asked before the segment is remembered.
pub(super) fn tells(sender: &End, segment: &Segment) -> bool {
    let acknowledges = segment.len == 0
        && segment.window > 0
        && segment.acknowledgment >= sender.last_ack
        && !segment.flags.intersects(CONTROL);
    acknowledges || (segment.len > 0 && sender.in_flight_known)
}

/// Takes the ranges of a segment: it is a duplicate, and which one, if it would be a window update without them, or if it
/// is nothing else and they are new.
pub(super) fn selective(
    profile: TcpProfile,
    sender: &mut End,
    receiver: &End,
    segment: &Segment,
    flags: &mut TcpAnalysis,
    told: bool,
) -> Option<(u32, u64)> {
    let newest = profile == TcpProfile::Wireshark46;
    if segment.sack.is_empty() {
        if !newest {
            sender.sack = segment.sack;
        }
        return None;
    }
    let before = std::mem::replace(&mut sender.sack, segment.sack);
    if flags.contains(TcpAnalysis::WINDOW_UPDATE) {
        flags.0 &= !TcpAnalysis::WINDOW_UPDATE.0;
        sender.duplicates = sender.duplicates.wrapping_add(1);
    } else if newest && told && *flags == TcpAnalysis::default() && is_news(receiver, &before, segment) {
        sender.duplicates = 1;
    } else {
        return None;
    }
    *flags |= TcpAnalysis::DUPLICATE_ACK;
    Some((sender.duplicates, sender.original_frame))
}

/// Whether the segment tells of ranges that the one with ranges before did not, and not of data received twice.
fn is_news(receiver: &End, before: &Sack, segment: &Segment) -> bool {
    let number = segment.sack.blocks().count();
    if number >= MAX_NEWS || tells_of_copy(receiver, segment) {
        return false;
    }
    segment.sack.blocks().any(|range| before.blocks().all(|old| old != range))
}

/// Whether the first range was acknowledged, or is within the second (RFC 2883 section 4).
fn tells_of_copy(receiver: &End, segment: &Segment) -> bool {
    let mut ranges = segment.sack.blocks().map(|range| receiver.relative(range));
    let Some((_, right)) = ranges.next() else { return false };
    let is_ack = segment.flags.contains(TcpFlags::ACK);
    let base = if is_ack { receiver.base.unwrap_or_default() } else { 0 };
    let acknowledged = segment.acknowledgment.wrapping_sub(base);
    !after(right, acknowledged) || ranges.next().is_some_and(|(left, end)| before(left, right) && !before(end, right))
}

/// What SYNs say of the largest segment; without one, the connection gets what RFC 9293 section 3.7.1 supposes.
pub(super) fn learn_mss(sender: &mut End, receiver: &mut End, segment: &Segment, is_first: bool) {
    if let Some(mss) = segment.mss {
        sender.mss = i32::from(mss.cast_signed());
    }
    if is_first && sender.mss == -1 {
        let is_ipv6 = segment.identification.is_none();
        let supposed = if is_ipv6 { DEFAULT_MSS_IPV6 } else { DEFAULT_MSS_IPV4 };
        (sender.mss, receiver.mss) = (supposed, supposed);
    }
}

/// Wireshark compares no more ranges than one less than fit into the options.
const MAX_NEWS: usize = 4;
const DEFAULT_MSS_IPV4: i32 = 536;
const DEFAULT_MSS_IPV6: i32 = 1220;

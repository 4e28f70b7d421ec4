//! Why a segment of old data was sent, or how it came to be late.

use super::super::segment::{Segment, after, before};
use super::super::{Classification, SegmentClass};
use super::{Hole, Line, MIN_REACTION, Pace, Recovery, certain};
use crate::packet::TcpFlags;

impl Line {
    /// Classifies a segment up to `end` that begins before what was sent already; nothing if all that came before it is an
    /// acknowledgment, and not longer ago than the way may take.
    pub(super) fn classify(&mut self, segment: &Segment, end: u32, pace: Pace) -> Option<Classification> {
        let loss = self.loss.get_or_insert_default();
        let hole = loss.fill(segment.sequence, end);
        if segment.flags.contains(TcpFlags::SYN) {
            return Some(certain(SegmentClass::RetransmissionTimeout, 0.9));
        }
        let acknowledged = self.acknowledged.is_some_and(|number| !after(end, number));
        let has = |(left, right)| !before(segment.sequence, left) && !after(end, right);
        if acknowledged || loss.sack.blocks().any(has) {
            let confidence = if hole.is_some() { 0.7 } else { 0.95 };
            return Some(certain(SegmentClass::RetransmissionSpurious, confidence));
        }
        let is_prompted = self.duplicate_acks > 0 || loss.sacked.is_some();
        match hole.and_then(|hole| Some((hole.is_told, Self::is_reordered(&hole, segment, pace)?))) {
            Some((false, confidence)) => Some(certain(SegmentClass::Reordered, confidence)),
            Some((true, confidence)) if confidence >= SURE || !is_prompted => None,
            _ => Some(self.cause(segment, end, pace)),
        }
    }

    /// How sure it is that a segment which was not seen before is late, and not sent again; nothing if it is not so.
    fn is_reordered(hole: &Hole, segment: &Segment, pace: Pace) -> Option<f32> {
        if let Some((behind, confidence)) = hole.was_sent_behind(segment) {
            return behind.then_some(confidence);
        }
        // A sender reacts after a round trip at the earliest.
        let late = segment.time.saturating_sub(hole.opened);
        let known = pace.round_trip > 0;
        let patience = if known { pace.round_trip / 4 * 3 } else { REORDERING_TIME };
        let confidence = if known { 0.7 } else { 0.5 };
        (late < patience).then_some(confidence)
    }

    /// What prompted a retransmission.
    fn cause(&mut self, segment: &Segment, end: u32, pace: Pace) -> Classification {
        let Self { highest, acknowledged, duplicate_acks, .. } = *self;
        let (sacked, recovery) = self.loss.as_ref().map(|loss| (loss.sacked, loss.recovery)).unwrap_or_default();
        let point = highest.unwrap_or(end);
        let head = acknowledged.is_none_or(|number| !after(segment.sequence, number));
        let idle = segment.time.saturating_sub(self.sent_time.max(self.acknowledged_time));
        let timed_out = head && idle >= pace.round_trip.max(MIN_TIMEOUT);
        // What a recovery has sent again is only sent once more when it did not come back for too long: not before a round
        // trip has passed.
        let again = recovery.is_some_and(|recovery| {
            let elapsed = segment.time.saturating_sub(recovery.began);
            before(segment.sequence, recovery.resent) && elapsed >= pace.round_trip.max(MIN_REACTION)
        });
        let told = segment.time.saturating_sub(self.told_time) < pace.reaction && !again;
        let (class, confidence) = match recovery {
            Some(recovery) if !timed_out && (recovery.by_timeout || again) => {
                (SegmentClass::RetransmissionTimeout, 0.8)
            }
            Some(_) if !timed_out => (SegmentClass::RetransmissionFast, 0.8),
            _ if self.is_asked_for() && (told || !timed_out) => (SegmentClass::RetransmissionFast, 0.95),
            _ if (duplicate_acks > 0 || sacked.is_some()) && told => (SegmentClass::RetransmissionFast, 0.7),
            _ if timed_out => (SegmentClass::RetransmissionTimeout, 0.9),
            _ if duplicate_acks > 0 || sacked.is_some() => (SegmentClass::RetransmissionFast, 0.5),
            _ if end == point && idle >= pace.round_trip => return certain(SegmentClass::RetransmissionTail, 0.7),
            _ => (SegmentClass::RetransmissionTimeout, 0.5),
        };
        let by_timeout = class == SegmentClass::RetransmissionTimeout;
        let going_on = recovery.filter(|recovery| recovery.by_timeout == by_timeout && !timed_out);
        let recovery = going_on.unwrap_or(Recovery { point, by_timeout, began: segment.time, resent: end });
        let resent = if after(end, recovery.resent) { end } else { recovery.resent };
        self.loss.get_or_insert_default().recovery = Some(Recovery { resent, ..recovery });
        certain(class, confidence)
    }

    /// Whether the peer has told of a loss: by three duplicates, or by that much received behind it (RFC 6675 section 4).
    fn is_asked_for(&self) -> bool {
        let much = DUPLICATES.saturating_mul(self.segment_len.max(1));
        let lost = self.loss.as_ref().and_then(|loss| loss.sacked).is_some_and(|(edge, octets)| {
            let skipped = self.acknowledged.map_or(0, |number| edge.wrapping_sub(number));
            octets.saturating_add(self.segment_len / 2) >= much || skipped > much
        });
        self.duplicate_acks >= DUPLICATES || lost
    }
}

impl Hole {
    /// Whether the segment behind the hole was sent later than `segment`, and how sure that is, by timestamps and IP
    /// identifications; nothing where these do not tell.
    fn was_sent_behind(&self, segment: &Segment) -> Option<(bool, f32)> {
        if let (Some((own, _)), Some(later)) = (segment.timestamps, self.timestamp)
            && own != later
        {
            return Some((before(own, later), 0.95));
        }
        let identification = |value: Option<u16>| value.filter(|value| *value != 0);
        let pair = identification(segment.identification).zip(identification(self.identification));
        let distance = pair.map_or(0, |(own, later)| own.wrapping_sub(later).cast_signed());
        (1..=NEAR).contains(&distance.unsigned_abs()).then_some((distance < 0, 0.9))
    }
}

/// By timestamps or IP identifications.
const SURE: f32 = 0.9;
/// RFC 5681 section 3.2.
const DUPLICATES: u32 = 3;
/// Less than what the shortest timers wait: 200 ms in Linux.
const MIN_TIMEOUT: i64 = 180_000_000;
/// Out of order is what comes less than this many nanoseconds late, while the round trip is unknown.
const REORDERING_TIME: i64 = 3_000_000;
/// IP identifications farther apart than this tell nothing.
const NEAR: u16 = 2000;

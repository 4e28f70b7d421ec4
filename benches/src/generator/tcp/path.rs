//! The way between the two ends, with the tap somewhere on it: delay, serialisation, loss on either side of the tap,
//! and segments that overtake each other before they reach it.

use super::{Fate, SYN, Segment};
use crate::generator::pair::{Pair, Side};
use crate::generator::random::Random;

/// A path and what it does to segments. Times are microseconds, chances are in ten thousand.
#[derive(Debug, Clone)]
pub(in crate::generator) struct Path {
    /// From each end to the tap.
    pub(in crate::generator) delay: Pair<u64>,
    /// Least time between two segments, for 1,500 octets.
    pub(in crate::generator) spacing: u64,
    pub(in crate::generator) loss: u64,
    pub(in crate::generator) reorder: u64,
    pub(in crate::generator) random: Random,
    /// When the last segment from each end passed the tap, and when it arrived.
    pub(in crate::generator) last: Pair<(u64, u64)>,
    /// The IP identifications that the ends come to next.
    pub(in crate::generator) identifications: Pair<Option<u16>>,
}

impl Path {
    pub(super) fn round_trip(&self) -> u64 {
        2 * (self.delay.client + self.delay.server)
    }

    /// When a segment sent now passes the tap; `None` if it is lost before it.
    pub(super) fn reach_tap(&mut self, now: u64, from: Side, segment: &mut Segment) -> Option<u64> {
        let next = self.identifications.of_mut(from);
        // Each connection begins somewhere.
        segment.identification = next.unwrap_or((segment.sequence >> 8) as u16);
        *next = Some(segment.identification.wrapping_add(1));
        let fate = self.fate(segment);
        segment.cause = segment.chunk.fate.replace(fate);
        segment.fate = fate;
        if fate == Fate::LostBeforeTap {
            return None;
        }
        let serialisation = self.spacing * (segment.chunk.bytes.len() as u64 + 60) / 1_500;
        let jitter = self.random.below(self.delay.of(from) / 16 + 2);
        let last = &mut self.last.of_mut(from).0;
        let at = (now + self.delay.of(from) + jitter).max(*last + serialisation + 1);
        if fate == Fate::Reordered {
            // Late by about one full segment, and without holding up those behind it.
            return Some(at + self.spacing + 2);
        }
        *last = at;
        Some(at)
    }

    /// When a segment that passes the tap now arrives; `None` if it is lost behind it.
    pub(super) fn leave_tap(&mut self, now: u64, from: Side, segment: &Segment) -> Option<u64> {
        if segment.fate == Fate::LostAfterTap {
            return None;
        }
        let way = *self.delay.of(from.peer());
        let jitter = self.random.below(way / 16 + 2);
        let last = &mut self.last.of_mut(from).1;
        *last = (now + way + jitter).max(*last + 1);
        Some(*last)
    }

    fn fate(&mut self, segment: &Segment) -> Fate {
        let weight = if segment.payload().is_empty() { 8 } else { 1 };
        if self.random.chance(self.loss / weight) {
            return if self.random.chance(3_500) { Fate::LostBeforeTap } else { Fate::LostAfterTap };
        }
        let whole = segment.payload().len() > 1_000 && !segment.has(SYN);
        if whole && self.random.chance(self.reorder) {
            return Fate::Reordered;
        }
        Fate::Delivered
    }
}

//! The same packet twice: by the network, or by the capture.

use super::super::segment::Segment;
use super::super::{Classification, SegmentClass};
use super::clock::microseconds;
use super::{RECENT, certain};
use crate::packet::TcpFlags;

/// What the last segments of a direction looked like.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Recent {
    prints: [u32; RECENT],
    /// Microseconds, modulo 2³².
    times: [u32; RECENT],
    hop_limits: [u8; RECENT],
    at: u8,
    /// IP identifications differ from packet to packet, so that equal ones tell of a copy.
    identified: bool,
    /// How many packets in a row counted up.
    counted: u8,
    last: Option<u16>,
    packets: u32,
    copies: u32,
}

impl Recent {
    /// Remembers a segment, unless it is a copy of one of the last: then says of which kind.
    #[inline]
    pub(super) fn add(&mut self, segment: &Segment, round_trip: Option<i64>) -> Option<Classification> {
        let print = print(segment);
        self.packets = self.packets.saturating_add(1);
        // All at once, as there is hardly ever one.
        let known = self.prints.iter().fold(false, |known, other| known | (*other == print));
        if known
            && let Some(at) = self.prints.iter().position(|other| *other == print)
            && let Some(copy) = self.copy(at, segment, round_trip)
        {
            self.copies = self.copies.saturating_add(1);
            return Some(copy);
        }
        self.identified |= self.last.is_some_and(|last| segment.identification != Some(last));
        let counts = self.last.zip(segment.identification).is_some_and(|(last, own)| is_next(last, own));
        self.counted = if counts { self.counted.saturating_add(1) } else { 0 };
        self.last = segment.identification;
        let at = usize::from(self.at) % RECENT;
        if let (Some(old), Some(time), Some(hop_limit)) =
            (self.prints.get_mut(at), self.times.get_mut(at), self.hop_limits.get_mut(at))
        {
            (*old, *time, *hop_limit) = (print, microseconds(segment.time), segment.hop_limit);
        }
        self.at = self.at.wrapping_add(1);
        None
    }

    /// Whether an identification goes on with the last ones, if those count; 0 is none, as Linux puts it into a reset that
    /// no socket sends.
    pub(super) fn goes_on(&self, own: u16) -> Option<bool> {
        let last = self.last.filter(|_| self.counted >= COUNTED && own != 0)?;
        Some(is_next(last, own))
    }

    /// Whether a segment that looks like the one at `at` is a copy of it.
    fn copy(&self, at: usize, segment: &Segment, round_trip: Option<i64>) -> Option<Classification> {
        let elapsed = microseconds(segment.time).wrapping_sub(*self.times.get(at)?);
        let elapsed = i64::from(elapsed.cast_signed()) * 1000;
        let known = self.identified && segment.identification.is_some_and(|value| value != 0);
        let soon = round_trip.map_or(SOON, |time| (time / 2).min(SOON));
        let takes = segment.len > 0 || segment.flags.intersects(TcpFlags::SYN | TcpFlags::FIN);
        if !(known && elapsed.abs() < LONG || takes && (0..soon).contains(&elapsed)) {
            return None;
        }
        // Seen before and behind a router, or too soon for a network, or again and again.
        let routed = self.hop_limits.get(at) != Some(&segment.hop_limit);
        let often = self.packets > 8 && self.copies > self.packets / 4;
        let class = |yes| if yes { SegmentClass::DuplicateCapture } else { SegmentClass::DuplicateNetwork };
        Some(match (routed || often, known) {
            (true, known) => certain(class(true), if known { 0.95 } else { 0.8 }),
            (false, true) => certain(class(elapsed < AT_ONCE), 0.7),
            (false, false) => certain(class(elapsed < AT_ONCE), 0.5),
        })
    }
}

/// Whether an identification is one of the next of a count.
fn is_next(last: u16, own: u16) -> bool {
    (1..=SKIPPED).contains(&own.wrapping_sub(last))
}

/// All that a copy has in common with its original; 0 is none.
fn print(segment: &Segment) -> u32 {
    let Segment { sequence, acknowledgment, len, window, flags, identification, timestamps, .. } = *segment;
    let (value, echo_reply) = timestamps.unwrap_or_default();
    let join = |a: u32, b: u32| u64::from(a) << 32 | u64::from(b);
    let fields = [
        join(sequence, acknowledgment),
        join(len, u32::from(flags.0) << 16 | u32::from(window)),
        join(value, echo_reply),
        u64::from(identification.unwrap_or_default()),
    ];
    let mixed = fields.iter().fold(0_u64, |sum, field| (sum ^ field).wrapping_mul(MIX).rotate_left(29));
    u32::try_from(mixed >> 32).unwrap_or_default() | 1
}

/// Packets in a row that make a count, and those to others that may lie between two.
const COUNTED: u8 = 2;
const SKIPPED: u16 = 64;
const MIX: u64 = 0x9e37_79b9_7f4a_7c15;
/// No sender repeats itself that soon.
const SOON: i64 = 1_000_000;
/// No network keeps a copy for longer.
const LONG: i64 = 1_000_000_000;
/// Sooner than two frames follow each other on a wire of the common speeds.
const AT_ONCE: i64 = 20_000;

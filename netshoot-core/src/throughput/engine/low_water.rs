//! How much has to have come before a receiver is woken: fewer wake-ups on fast paths, at the price of latency.
//!
//! It pays where segments are large, as over the loopback: there it gave 1.1 times the rate under cubic and 1.7 under bbr.
//! Where the kernel's work for each packet is what limits, it made streams slower by a third, and over a veth pair, whose
//! large segments are of small ones, by a quarter.

use std::time::Duration;

use super::counters::Totals;
use crate::sys;

/// The highest mark.
pub(super) const MOST: usize = 1024 * 1024;
/// Octets of a segment from which on there is a mark.
pub(super) const LARGE_SEGMENT: usize = 16 * 1024;

/// Follows the rate of a stream with its mark.
pub(super) struct Adaptation {
    mark: usize,
    since: Duration,
    bytes: u64,
    calls: u64,
}

impl Adaptation {
    /// Begins with `mark`.
    pub(super) fn new(now: Duration, mark: usize) -> Self {
        Self { mark, since: now, bytes: 0, calls: 0 }
    }

    /// The mark to set now, if another than before; `room` asks what the socket can have at most.
    pub(super) fn step(&mut self, totals: &Totals, room: impl Fn() -> usize) -> Option<usize> {
        // Now and then: a clock need not be read for each call.
        if totals.calls < self.calls {
            return None;
        }
        self.calls = totals.calls + CALLS;
        self.step_at(sys::monotonic(), totals.bytes, room)
    }

    fn step_at(&mut self, now: Duration, bytes: u64, room: impl Fn() -> usize) -> Option<usize> {
        let elapsed = now.saturating_sub(self.since);
        if elapsed < WINDOW {
            return None;
        }
        let rate = bytes.saturating_sub(self.bytes) as f64 / elapsed.as_secs_f64();
        (self.since, self.bytes) = (now, bytes);
        if rate < SLOW {
            return (std::mem::replace(&mut self.mark, 1) > 1).then_some(1);
        }
        // It grows by steps that are worth a call, and does not follow each wave down.
        let grows = |best: &usize| rate > FAST && best / 2 >= self.mark;
        let best = Some(MOST.min((rate * SPAN) as usize)).filter(grows).map(|best| best.min(room())).filter(grows)?;
        self.mark = best;
        Some(best)
    }
}

const CALLS: u64 = 16;
const WINDOW: Duration = Duration::from_millis(10);
/// Octets a second from which on there is a mark: 5 Gbit/s.
pub(super) const FAST: f64 = 5e9 / 8.0;
/// Octets a second below which it is 1: 1 Gbit/s. Else the octets of an interval come in steps.
const SLOW: f64 = 1e9 / 8.0;
/// The time in seconds that a mark may be worth.
const SPAN: f64 = 400e-6;

#[cfg(test)]
mod tests {
    use super::*;

    /// The marks set for a stream of so many Gbit/s in each window.
    fn marks(rates: &[f64], room: usize) -> Vec<Option<usize>> {
        let mut adaptation = Adaptation::new(Duration::ZERO, 1);
        let mut bytes = 0;
        let mut now = Duration::ZERO;
        let step = |rate: &f64| {
            assert_eq!(adaptation.step_at(now + WINDOW / 2, bytes, || room), None);
            now += WINDOW;
            bytes += (rate * 1e9 / 8.0 * WINDOW.as_secs_f64()) as u64;
            adaptation.step_at(now, bytes, || room)
        };
        rates.iter().map(step).collect()
    }

    #[test]
    fn a_fast_stream_has_a_mark_until_it_is_slow() {
        assert_eq!(marks(&[1.1, 4.9, 30.0, 31.0, 2.0], MOST), [None, None, Some(MOST), None, None]);
        assert_eq!(marks(&[30.0, 0.9, 0.9, 30.0], MOST), [Some(MOST), Some(1), None, Some(MOST)]);
        assert_eq!(marks(&[8.0, 15.0, 18.0, 8.0, 60.0], MOST), [Some(400_000), None, Some(900_000), None, None]);
    }

    #[test]
    fn a_mark_from_the_beginning_goes_when_the_stream_is_slow() {
        let mut adaptation = Adaptation::new(Duration::ZERO, MOST);
        assert_eq!(adaptation.step_at(WINDOW, 60_000_000, || MOST), None);
        assert_eq!(adaptation.step_at(2 * WINDOW, 60_100_000, || MOST), Some(1));
    }

    #[test]
    fn a_mark_has_room() {
        assert_eq!(marks(&[30.0, 30.0], 16_384), [Some(16_384), None]);
        assert_eq!(marks(&[30.0, 30.0], 1), [None, None]);
        assert_eq!(marks(&[30.0, 0.5], 0), [None, None]);
    }
}

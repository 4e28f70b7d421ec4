//! How much has to have come before a receiver is woken: fewer wake-ups on fast paths, at the price of latency.
//!
//! Where the kernel's work for each packet is what limits, a high mark makes a stream slower, by a fifth where it was seen;
//! so it is tried, and given up where it does not help.

use std::time::Duration;

use super::counters::Totals;
use crate::sys;

/// The most that is tried.
pub(super) const MOST: usize = 512 * 1024;

/// Tries a mark and keeps it or not.
pub(super) struct Adaptation {
    state: State,
    since: Duration,
    bytes: u64,
    calls: u64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    /// The mark is 1.
    Low,
    /// A mark is tried in turn with none: octets a second without it, and with it.
    Trial { mark: usize, window: u32, without: f64, with: f64 },
    /// It helped, or did no harm.
    Kept,
    /// It did harm: the mark is 1, until the end.
    Refused,
}

impl Adaptation {
    pub(super) fn new(now: Duration) -> Self {
        Self { state: State::Low, since: now, bytes: 0, calls: 0 }
    }

    /// The mark to set now, if another than before; `receive_buffer` asks how large the socket's buffer has become.
    pub(super) fn step(&mut self, totals: &Totals, receive_buffer: impl FnOnce() -> usize) -> Option<usize> {
        // Now and then: a clock need not be read for each call.
        if totals.calls < self.calls {
            return None;
        }
        self.calls = totals.calls + CALLS;
        self.step_at(sys::monotonic(), totals.bytes, receive_buffer)
    }

    fn step_at(&mut self, now: Duration, bytes: u64, receive_buffer: impl FnOnce() -> usize) -> Option<usize> {
        let elapsed = now.saturating_sub(self.since);
        if elapsed < WINDOW {
            return None;
        }
        let rate = bytes.saturating_sub(self.bytes) as f64 / elapsed.as_secs_f64();
        (self.since, self.bytes) = (now, bytes);
        let (state, mark) = match self.state {
            State::Low if rate > FAST => {
                // Beyond an eighth of the buffer the sender would have to wait for the window.
                let mark = MOST.min((rate * SPAN) as usize).min(receive_buffer() / 8);
                let trial = State::Trial { mark, window: 1, without: rate, with: 0.0 };
                if mark > 1 { (trial, Some(mark)) } else { (State::Low, None) }
            }
            State::Trial { .. } | State::Kept if rate < SLOW => (State::Low, Some(1)),
            State::Trial { mark, window: 2, without, with } => {
                (State::Trial { mark, window: 3, without: without + rate, with }, Some(mark))
            }
            State::Trial { mark, window: 1, without, with } => {
                (State::Trial { mark, window: 2, without, with: with + rate }, Some(1))
            }
            State::Trial { without, with, .. } if with + rate < without * TOLERANCE => (State::Refused, Some(1)),
            State::Trial { .. } => (State::Kept, None),
            state => (state, None),
        };
        self.state = state;
        mark
    }
}

const CALLS: u64 = 16;
const WINDOW: Duration = Duration::from_millis(50);
/// Less than this of the rate without the mark is slower.
const TOLERANCE: f64 = 0.97;
/// Octets a second from which on a mark is tried: 5 Gbit/s.
const FAST: f64 = 5e9 / 8.0;
/// Octets a second below which it is 1: 1 Gbit/s. Else the octets of an interval come in steps.
const SLOW: f64 = 1e9 / 8.0;
/// The time in seconds that a mark may be worth.
const SPAN: f64 = 400e-6;

#[cfg(test)]
mod tests {
    use super::*;

    /// The marks set for a stream of so many Gbit/s in each window.
    fn marks(rates: &[f64], receive_buffer: usize) -> Vec<Option<usize>> {
        let mut adaptation = Adaptation::new(Duration::ZERO);
        let mut bytes = 0;
        let mut now = Duration::ZERO;
        let step = |rate: &f64| {
            assert_eq!(adaptation.step_at(now + WINDOW / 2, bytes, || receive_buffer), None);
            now += WINDOW;
            bytes += (rate * 1e9 / 8.0 * WINDOW.as_secs_f64()) as u64;
            adaptation.step_at(now, bytes, || receive_buffer)
        };
        rates.iter().map(step).collect()
    }

    const LARGE: usize = 64 * 1024 * 1024;

    #[test]
    fn a_mark_is_kept_while_it_does_no_harm() {
        assert_eq!(marks(&[1.0, 4.9, 4.0], LARGE), [None; 3]);
        let trial = [Some(MOST), Some(1), Some(MOST)];
        assert_eq!(marks(&[30.0, 31.0, 30.0, 28.5, 2.0], LARGE), [&trial[..], &[None, None]].concat());
        assert_eq!(marks(&[30.0, 25.0, 30.0, 28.0, 30.0], LARGE), [&trial[..], &[Some(1), None]].concat());
    }

    #[test]
    fn a_slow_stream_has_none() {
        let trial = [Some(MOST), Some(1), Some(MOST), None];
        assert_eq!(marks(&[30.0, 30.0, 30.0, 30.0, 0.9, 30.0], LARGE), [&trial[..], &[Some(1), Some(MOST)]].concat());
        assert_eq!(marks(&[30.0, 0.5, 0.5], LARGE), [Some(MOST), Some(1), None]);
    }

    #[test]
    fn a_mark_leaves_room_for_the_window() {
        assert_eq!(marks(&[8.0], LARGE), [Some(400_000)]);
        assert_eq!(marks(&[30.0], 131_072), [Some(16_384)]);
        assert_eq!(marks(&[30.0, 30.0], 0), [None, None]);
    }
}

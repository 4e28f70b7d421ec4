//! The highest rate of datagrams that comes without loss, with any iperf3 server.
//!
//! [`RateSearch`] decides without I/O which rate is tried next: doubling from the lowest until one fails, then halving the
//! distance (of logarithms) between the highest that passed and the lowest that failed. A rate fails when two trials of it
//! do, so that one moment of noise does not decide; what is found is tried again until it has passed as often as asked, and
//! has never lost too much. A sender that was too slow once says nothing of the path.

use std::time::Duration;

use super::{BitRate, Client, Direction, End, Options, Transport};
use crate::error::{Error, ErrorKind, Result};

/// What is searched for.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct SearchOptions {
    /// Where the search begins.
    pub lowest: BitRate,
    /// Where it ends at the latest.
    pub highest: BitRate,
    /// It ends when the lowest rate that failed is above the highest that passed by no more than this share.
    pub resolution: f64,
    /// The share of datagrams that may be lost.
    pub tolerance: f64,
    /// How often the rate found must have passed, and never lost too much.
    pub repeats: u32,
    /// The time of each trial, a second at least.
    #[cfg_attr(feature = "serde", serde(rename = "time_ns", serialize_with = "crate::netlink::json::serialize_nanos"))]
    pub time: Duration,
}

impl Default for SearchOptions {
    fn default() -> Self {
        Self {
            lowest: BitRate(1_000_000),
            highest: BitRate(100_000_000_000),
            resolution: 0.05,
            tolerance: 0.001,
            repeats: 3,
            time: Duration::from_secs(2),
        }
    }
}

/// One trial.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Trial {
    /// The rate that was tried.
    pub rate: BitRate,
    /// The rate at which the sender sent.
    pub sent: BitRate,
    /// Datagrams that the receiver knows of.
    pub packets: u64,
    /// Of these, those that it misses.
    pub lost: u64,
    /// Why it did not pass.
    pub failure: Option<TrialFailure>,
}

/// Why a trial did not pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum TrialFailure {
    /// More was lost than may be.
    Loss,
    /// The sender did not reach the rate.
    Sender,
}

impl Trial {
    /// The share of datagrams that were lost.
    #[must_use]
    pub fn loss(&self) -> f64 {
        share(self.lost, self.packets)
    }
}

impl TrialFailure {
    /// A word for programs.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Loss => "loss",
            Self::Sender => "sender",
        }
    }
}

impl SearchOptions {
    fn check(&self) -> Result<()> {
        let wrong = |detail: String| {
            Err(Error::new(ErrorKind::InvalidInput, "search the rate of datagrams").with_detail(detail))
        };
        let (lowest, highest) = (self.lowest, self.highest);
        if lowest == BitRate::UNLIMITED || lowest > highest {
            return wrong(format!("from {lowest} to {highest} there is nothing to search"));
        }
        if !(0.0..1.0).contains(&self.tolerance) || !(0.0..=1.0).contains(&self.resolution) {
            return wrong("the tolerance and the resolution are shares from 0 to 1".to_owned());
        }
        if !(1..=MOST_REPEATS).contains(&self.repeats) {
            return wrong(format!("a rate must pass from 1 to {MOST_REPEATS} times, not {}", self.repeats));
        }
        Ok(())
    }
}

/// What was found.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct SearchResult {
    /// The highest rate that passed each of its trials; `None` when not even the lowest did.
    pub rate: Option<BitRate>,
    /// The lowest rate that failed; `None` when not even the highest did.
    pub failed: Option<BitRate>,
    /// Why that one failed.
    pub failure: Option<TrialFailure>,
    /// How often the rate found has passed.
    pub passes: u32,
    /// The share of datagrams lost at the rate found.
    pub loss: f64,
    /// With 95% confidence, the share lost at that rate is no more (Wilson), as far as losses are independent.
    pub loss_at_most: f64,
    /// All trials in their order.
    pub trials: Vec<Trial>,
}

/// The search as a state machine: ask for [`next`](Self::next), try it, tell the outcome with [`add`](Self::add).
#[derive(Clone, Debug)]
pub struct RateSearch {
    options: SearchOptions,
    trials: Vec<Trial>,
    passed: Option<BitRate>,
    failed: Option<BitRate>,
}

impl RateSearch {
    /// A search that has tried nothing.
    #[must_use]
    pub fn new(options: SearchOptions) -> Self {
        Self { options, trials: Vec::new(), passed: None, failed: None }
    }

    /// The rate to try next; `None` when the search is over.
    #[must_use]
    pub fn next(&self) -> Option<BitRate> {
        if self.trials.len() >= MOST_TRIALS {
            return None;
        }
        // One failure is no failure yet.
        if let Some(last) = self.trials.last().filter(|last| last.failure.is_some())
            && self.failed.is_none_or(|failed| last.rate < failed)
        {
            return Some(last.rate);
        }
        match (self.passed, self.failed) {
            (None, None) => Some(self.options.lowest),
            (None, Some(_)) => None,
            (Some(passed), None) if passed >= self.options.highest => self.repeat(passed),
            (Some(passed), None) => Some(BitRate(passed.0.saturating_mul(2)).min(self.options.highest)),
            (Some(passed), Some(failed)) => {
                let middle = (passed.0 as f64 * failed.0 as f64).sqrt() as u64;
                let near = failed.0 as f64 <= passed.0 as f64 * (1.0 + self.options.resolution.max(0.001));
                if near || middle <= passed.0 { self.repeat(passed) } else { Some(BitRate(middle)) }
            }
        }
    }

    fn repeat(&self, rate: BitRate) -> Option<BitRate> {
        (self.of(rate).filter(|trial| trial.failure.is_none()).count() < self.options.repeats as usize).then_some(rate)
    }

    fn of(&self, rate: BitRate) -> impl Iterator<Item = &Trial> {
        self.trials.iter().filter(move |trial| trial.rate == rate)
    }

    /// The outcome of a trial; its failure is decided here.
    pub fn add(&mut self, mut trial: Trial) -> Trial {
        trial.failure = if trial.loss() > self.options.tolerance || trial.packets == 0 {
            Some(TrialFailure::Loss)
        } else if (trial.sent.0 as f64) < trial.rate.0 as f64 * SENT {
            Some(TrialFailure::Sender)
        } else {
            None
        };
        let (failed, lossy) = (self.of(trial.rate).any(|before| before.failure.is_some()), self.is_lossy(trial.rate));
        self.trials.push(trial);
        match trial.failure {
            None if !lossy => self.passed = self.passed.max(Some(trial.rate)),
            // Who lost before must not be among those that never did.
            None if self.passed.is_none_or(|passed| passed < trial.rate) => self.fail(trial.rate),
            None => {}
            Some(failure) => {
                let had_passed = failure == TrialFailure::Loss && self.passed == Some(trial.rate);
                if failed || had_passed {
                    self.fail(trial.rate);
                }
            }
        }
        trial
    }

    /// From now on `rate` is one that failed, and what passed is below.
    fn fail(&mut self, rate: BitRate) {
        self.failed = Some(self.failed.map_or(rate, |failed| failed.min(rate)));
        let has_passed = |trial: &&Trial| trial.rate < rate && trial.failure.is_none() && !self.is_lossy(trial.rate);
        self.passed = self.trials.iter().filter(has_passed).map(|trial| trial.rate).max();
    }

    /// Whether a trial of `rate` lost too much.
    fn is_lossy(&self, rate: BitRate) -> bool {
        self.of(rate).any(|trial| trial.failure == Some(TrialFailure::Loss))
    }

    /// What was found so far.
    #[must_use]
    pub fn result(&self) -> SearchResult {
        let (mut packets, mut lost, mut passes) = (0_u64, 0_u64, 0);
        let passed = self.passed.iter().flat_map(|rate| self.of(*rate)).filter(|trial| trial.failure.is_none());
        for trial in passed {
            packets += trial.packets;
            lost += trial.lost;
            passes += 1;
        }
        let failure = self.failed.and_then(|failed| self.of(failed).find_map(|trial| trial.failure));
        SearchResult {
            rate: self.passed,
            failed: self.failed,
            failure,
            passes,
            loss: share(lost, packets),
            loss_at_most: wilson(lost, packets),
            trials: self.trials.clone(),
        }
    }
}

impl Client {
    /// Searches for the highest rate of datagrams that comes without loss, in the direction of the client's options; each
    /// trial is a whole test.
    ///
    /// # Errors
    /// As [`run`](Self::run); the trials before are told of by then. [`InvalidInput`](ErrorKind::InvalidInput) when there
    /// is nothing to search.
    pub fn search_rate(&self, options: SearchOptions, mut on_trial: impl FnMut(&Trial)) -> Result<SearchResult> {
        options.check()?;
        let mut search = RateSearch::new(options);
        while let Some(rate) = search.next() {
            let trial = search.add(self.try_rate(rate, options.time)?);
            on_trial(&trial);
        }
        Ok(search.result())
    }

    fn try_rate(&self, rate: BitRate, time: Duration) -> Result<Trial> {
        let streams = u64::from(self.options().parallel.max(1));
        let test = Options {
            transport: Transport::Udp,
            rate: Some(BitRate(rate.0 / streams)),
            end: End::Time(time.max(Duration::from_secs(1))),
            interval: Duration::ZERO,
            udp_counters_64bit: true,
            ..self.options().clone()
        };
        let (_, report) = self.run_next(test)?;
        let (sent, received) = report.sum(self.options().direction != Direction::Reverse);
        let mut lost = u64::try_from(received.lost).unwrap_or(0);
        // What was on the way at the end is not lost; what is more than that is.
        let missing = sent.packets.saturating_sub(received.packets);
        if missing as f64 > sent.packets as f64 * ON_THE_WAY {
            lost += missing;
        }
        let packets = received.packets.max(lost);
        Ok(Trial { rate, sent: sent.rate(), packets, lost, failure: None })
    }
}

fn share(lost: u64, packets: u64) -> f64 {
    if packets > 0 { lost as f64 / packets as f64 } else { 0.0 }
}

/// The upper bound of a share, one-sided, of 95% confidence (Wilson, 1927).
fn wilson(lost: u64, packets: u64) -> f64 {
    if packets == 0 {
        return 1.0;
    }
    let (count, square) = (packets as f64, Z * Z);
    let found = lost as f64 / count;
    let spread = Z * (found * (1.0 - found) / count + square / (4.0 * count * count)).sqrt();
    ((found + square / (2.0 * count) + spread) / (1.0 + square / count)).min(1.0)
}

/// The quantile of the normal distribution.
const Z: f64 = 1.645;
/// The least share of the rate that the sender must have sent.
const SENT: f64 = 0.97;
/// The most that may be on the way at the end, of all.
const ON_THE_WAY: f64 = 0.1;
const MOST_REPEATS: u32 = 100;
/// Doubling from 1 bit to 2^63, then halving to a thousandth, each twice, and the repeats.
const MOST_TRIALS: usize = 300;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A path that loses what is above `capacity`, and now and then something below, too.
    fn search(capacity: u64, sender: u64, options: SearchOptions, mut noise: impl FnMut() -> bool) -> SearchResult {
        let mut search = RateSearch::new(options);
        while let Some(rate) = search.next() {
            let sent = rate.0.min(sender);
            let packets = 1_000_000;
            let mut lost = if sent > capacity { packets - packets * capacity / sent } else { 0 };
            if noise() {
                lost = lost.max(packets / 50);
            }
            search.add(Trial { rate, sent: BitRate(sent), packets, lost, failure: None });
        }
        search.result()
    }

    proptest! {
        #[test]
        fn the_capacity_is_found_within_the_resolution(capacity in 2_000_000_u64..50_000_000_000) {
            let options = SearchOptions::default();
            let found = search(capacity, u64::MAX, options, || false);
            let rate = found.rate.unwrap().0 as f64;
            // What is lost within the tolerance passes.
            prop_assert!(rate <= capacity as f64 * 1.0011 && rate >= capacity as f64 / 1.051, "{} {:?}", capacity, found.rate);
            prop_assert_eq!((found.passes, found.failure), (3, Some(TrialFailure::Loss)));
            prop_assert!(found.loss <= options.tolerance && found.loss_at_most < 0.0012);
            prop_assert!(found.trials.len() < 40);
        }

        /// Noise makes the answer lower, never wrong, and the search ends.
        #[test]
        fn noise_ends_and_never_names_a_rate_that_failed(capacity in 2_000_000_u64..1_000_000_000, seed in any::<u64>()) {
            let mut state = seed | 1;
            let found = search(capacity, u64::MAX, SearchOptions::default(), || {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                state >> 60 == 0
            });
            prop_assert!(found.trials.len() <= MOST_TRIALS);
            if let Some(rate) = found.rate {
                prop_assert!(rate.0 as f64 <= capacity as f64 * 1.0011);
                prop_assert!(found.trials.iter().filter(|trial| trial.rate == rate).all(|trial| trial.failure.is_none()));
            }
        }
    }

    /// A moment without a processor at any trial changes nothing but their number.
    #[test]
    fn a_sender_that_was_slow_once_says_nothing_of_the_path() {
        let options = SearchOptions { highest: BitRate(80_000_000), ..SearchOptions::default() };
        let usual = search(19_000_000, u64::MAX, options, || false);
        for late in 0..usual.trials.len() {
            let mut search = RateSearch::new(options);
            while let Some(rate) = search.next() {
                let sent = BitRate(if search.trials.len() == late { rate.0 / 2 } else { rate.0 });
                let lost = if sent.0 > 19_000_000 { 100_000 } else { 0 };
                search.add(Trial { rate, sent, packets: 1_000_000, lost, failure: None });
            }
            let found = search.result();
            assert_eq!((found.rate, found.passes, found.failed), (usual.rate, 3, usual.failed), "{late}: {found:?}");
        }
    }

    #[test]
    fn the_ends_of_the_range_are_results() {
        let options = SearchOptions { highest: BitRate(8_000_000), ..SearchOptions::default() };
        let all = search(u64::MAX, u64::MAX, options, || false);
        assert_eq!((all.rate, all.failed, all.passes), (Some(BitRate(8_000_000)), None, 3));
        let none = search(1_000, u64::MAX, options, || false);
        assert_eq!((none.rate, none.failed, none.trials.len()), (None, Some(BitRate(1_000_000)), 2));
        assert_eq!(none.loss_at_most, 1.0);
        let slow = search(u64::MAX, 3_000_000, options, || false);
        assert_eq!(slow.failure, Some(TrialFailure::Sender));
        assert!((2_900_000..=3_100_000).contains(&slow.rate.unwrap().0));
    }

    #[test]
    fn the_bound_is_that_of_wilson() {
        // R: prop.test(0, 1000, alternative = "less", correct = FALSE)
        assert!((wilson(0, 1_000) - 0.002_698).abs() < 1e-5);
        assert!((wilson(10, 1_000) - 0.016_59).abs() < 5e-4);
        assert_eq!(wilson(5, 0), 1.0);
    }
}

//! Round trip times, counted into buckets of fixed number, so that a test of any length takes the same memory.

use std::fmt;
use std::time::Duration;

/// A histogram of times from 1 ns to 18 minutes, whose buckets are at most 1/32 of the time wide; what is longer counts
/// as the longest.
#[derive(Clone, PartialEq, Eq)]
pub struct Histogram {
    /// Made with the first time.
    buckets: Box<[u32]>,
    count: u64,
    total: Duration,
    min: Duration,
    max: Duration,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { buckets: Box::default(), count: 0, total: Duration::ZERO, min: Duration::MAX, max: Duration::ZERO }
    }
}

impl Histogram {
    /// Counts a time.
    pub fn record(&mut self, time: Duration) {
        if self.buckets.is_empty() {
            self.buckets = vec![0; BUCKETS].into();
        }
        let nanoseconds = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        if let Some(bucket) = self.buckets.get_mut(place(nanoseconds)) {
            *bucket = bucket.saturating_add(1);
        }
        self.count += 1;
        self.total = self.total.saturating_add(time);
        (self.min, self.max) = (self.min.min(time), self.max.max(time));
    }

    /// Takes in what another one has counted.
    pub fn add(&mut self, other: &Self) {
        if self.buckets.is_empty() {
            self.buckets = other.buckets.clone();
        } else {
            for (own, more) in self.buckets.iter_mut().zip(&other.buckets) {
                *own = own.saturating_add(*more);
            }
        }
        self.count += other.count;
        self.total = self.total.saturating_add(other.total);
        (self.min, self.max) = (self.min.min(other.min), self.max.max(other.max));
    }

    /// How many times were counted.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Whether none was.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The shortest, exactly.
    #[must_use]
    pub fn min(&self) -> Option<Duration> {
        (self.count > 0).then_some(self.min)
    }

    /// The longest, exactly.
    #[must_use]
    pub fn max(&self) -> Option<Duration> {
        (self.count > 0).then_some(self.max)
    }

    /// The mean.
    #[must_use]
    pub fn mean(&self) -> Option<Duration> {
        let count = u32::try_from(self.count).unwrap_or(u32::MAX);
        (count > 0).then(|| self.total / count)
    }

    /// The time that `percent` of a hundred do not exceed, as exact as a bucket is wide.
    #[must_use]
    pub fn percentile(&self, percent: f64) -> Option<Duration> {
        let wanted = ((percent.clamp(0.0, 100.0) / 100.0 * self.count as f64).ceil() as u64).max(1);
        let mut seen = 0;
        for (index, count) in self.buckets.iter().enumerate() {
            seen += u64::from(*count);
            if seen >= wanted {
                return Some(Duration::from_nanos(middle(index)).clamp(self.min, self.max));
            }
        }
        self.max()
    }

    /// The median.
    #[must_use]
    pub fn median(&self) -> Option<Duration> {
        self.percentile(50.0)
    }

    /// Round trips that one after the other would go within a minute: of the mean.
    #[must_use]
    pub fn round_trips_per_minute(&self) -> Option<f64> {
        self.mean().filter(|mean| !mean.is_zero()).map(|mean| 60.0 / mean.as_secs_f64())
    }

    /// The buckets that are not empty: the lowest time of each, and how many times fell into it.
    pub fn buckets(&self) -> impl Iterator<Item = (Duration, u32)> + '_ {
        let counted = self.buckets.iter().enumerate().filter(|(_, count)| **count > 0);
        counted.map(|(index, count)| (Duration::from_nanos(lowest(index)), *count))
    }
}

impl fmt::Debug for Histogram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = f.debug_struct("Histogram");
        text.field("count", &self.count).field("min", &self.min()).field("median", &self.median());
        text.field("p99", &self.percentile(99.0)).field("max", &self.max()).finish()
    }
}

/// The bucket of a time: the first are one nanosecond wide, then there are as many for each doubling.
fn place(nanoseconds: u64) -> usize {
    if nanoseconds < STEPS {
        return nanoseconds as usize;
    }
    let doublings = nanoseconds.ilog2() - STEPS.ilog2();
    let step = (nanoseconds >> doublings) - STEPS;
    let index = (u64::from(doublings) + 1) * STEPS + step;
    (index as usize).min(BUCKETS - 1)
}

fn lowest(index: usize) -> u64 {
    let index = index as u64;
    match index / STEPS {
        0 => index,
        doublings => (STEPS + index % STEPS) << (doublings - 1),
    }
}

fn middle(index: usize) -> u64 {
    let (low, next) = (lowest(index), lowest(index + 1));
    low + (next - low) / 2
}

/// Buckets for each doubling.
const STEPS: u64 = 32;
/// Up to 2^40 ns.
const BUCKETS: usize = 36 * STEPS as usize;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Beside the sorted list.
        #[test]
        fn percentiles_are_those_of_the_list(mut times in prop::collection::vec(0_u64..1 << 40, 1..300), percent in 0.0_f64..100.0) {
            let mut histogram = Histogram::default();
            for time in &times {
                histogram.record(Duration::from_nanos(*time));
            }
            times.sort_unstable();
            let rank = ((percent / 100.0 * times.len() as f64).ceil() as usize).max(1);
            let (exact, told) = (times[rank - 1] as f64, histogram.percentile(percent).unwrap().as_nanos() as f64);
            prop_assert!((told - exact).abs() <= exact / 32.0 + 1.0, "{} {}", told, exact);
            prop_assert_eq!(histogram.min().unwrap().as_nanos() as u64, times[0]);
            prop_assert_eq!(histogram.max().unwrap().as_nanos() as u64, times[times.len() - 1]);
        }

        #[test]
        fn every_time_is_within_its_bucket(nanoseconds in 0_u64..1 << 41) {
            let place = place(nanoseconds);
            prop_assert!(lowest(place) <= nanoseconds);
            prop_assert!(nanoseconds < lowest(place + 1) || place == BUCKETS - 1);
        }
    }

    #[test]
    fn two_histograms_add_up() {
        let (mut one, mut other) = (Histogram::default(), Histogram::default());
        assert_eq!((one.percentile(50.0), one.mean(), one.round_trips_per_minute()), (None, None, None));
        one.add(&other);
        other.record(Duration::from_millis(10));
        other.record(Duration::from_millis(30));
        one.add(&other);
        one.add(&other);
        assert_eq!((one.count(), one.mean()), (4, Some(Duration::from_millis(20))));
        assert_eq!(one.round_trips_per_minute(), Some(3000.0));
        assert_eq!(one.buckets().map(|(_, count)| count).sum::<u32>(), 4);
        one.record(Duration::MAX);
        assert_eq!(one.max(), Some(Duration::MAX));
    }
}

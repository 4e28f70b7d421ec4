//! Bins of any kind: found by time and key, made wider when there are too many.

use std::collections::BTreeMap;
use std::time::Duration;

use super::SeriesOptions;
use crate::capture::Timestamp;
use crate::{Error, ErrorKind, Result};

/// What is kept of a bin.
pub(super) trait Bin: Clone + Default {
    /// Adds what another bin has.
    fn add(&mut self, other: &Self);
}

/// The bins that have something, by time and key.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Bins<K: Ord + Copy, B> {
    bins: BTreeMap<(i64, K), B>,
    options: SeriesOptions,
    /// Width of the bins that were asked for, in nanoseconds.
    least: u64,
    /// How often they became twice as wide.
    doublings: u32,
}

impl<K: Ord + Copy, B: Bin> Bins<K, B> {
    pub(super) fn new(options: &SeriesOptions, width: Duration) -> Self {
        let width = options.bin.unwrap_or(width).as_nanos();
        let least = u64::try_from(width).unwrap_or(u64::MAX).clamp(1, MAX_WIDTH);
        Self { bins: BTreeMap::new(), options: *options, least, doublings: 0 }
    }

    /// Adds something to the bin of `time` and `key`.
    pub(super) fn add(&mut self, time: Timestamp, key: K, what: &B) {
        let place = self.place(time);
        self.bins.entry((place, key)).or_default().add(what);
        self.narrow();
    }

    /// Adds what other bins have, if they were asked for with the same options.
    pub(super) fn merge(&mut self, other: &Self) -> Result<()> {
        if (self.least, self.options) != (other.least, other.options) {
            return Err(Error::new(ErrorKind::InvalidInput, "merge series")
                .with_detail("their bins differ")
                .with_hint("ask for both with the same width, origin and greatest number of bins"));
        }
        while self.doublings < other.doublings {
            self.widen();
        }
        let shift = self.doublings - other.doublings;
        for ((place, key), bin) in &other.bins {
            self.bins.entry((place >> shift, *key)).or_default().add(bin);
        }
        self.narrow();
        Ok(())
    }

    /// Width of the bins.
    pub(super) fn width(&self) -> Duration {
        Duration::from_nanos(self.nanos())
    }

    /// The bins that have something, with the times at which they begin.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Timestamp, K, &B)> {
        self.bins.iter().map(|((place, key), bin)| (self.time(*place), *key, bin))
    }

    /// All bins of a key from its first to its last, as far as there is room for those that have nothing; else only the
    /// first and the last of each gap, so that a line through the bins is right.
    pub(super) fn filled(&self, key: K) -> Vec<(Timestamp, B)> {
        let own: Vec<_> =
            self.bins.iter().filter(|((_, of), _)| *of == key).map(|((place, _), bin)| (*place, bin)).collect();
        let (Some((first, _)), Some((last, _))) = (own.first(), own.last()) else { return Vec::new() };
        let fits = last.abs_diff(*first) < self.options.max_bins as u64;
        let mut filled = Vec::new();
        let mut next = *first;
        for (place, bin) in own {
            let nothing: Vec<i64> = match (fits, place.saturating_sub(next)) {
                (_, 0) => Vec::new(),
                (true, _) => (next..place).collect(),
                (false, 1) => vec![next],
                (false, _) => vec![next, place.saturating_sub(1)],
            };
            filled.extend(nothing.into_iter().map(|place| (self.time(place), B::default())));
            filled.push((self.time(place), bin.clone()));
            next = place.saturating_add(1);
        }
        filled
    }

    pub(super) fn keys(&self) -> Vec<K> {
        let mut keys: Vec<_> = self.bins.keys().map(|(_, key)| *key).collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    fn nanos(&self) -> u64 {
        self.least.checked_shl(self.doublings).filter(|wide| wide >> self.doublings == self.least).unwrap_or(MAX_WIDTH)
    }

    fn place(&self, time: Timestamp) -> i64 {
        let since = i128::from(time.as_nanos()) - i128::from(self.options.origin.as_nanos());
        let place = since.div_euclid(self.least.into()) >> self.doublings;
        i64::try_from(place).unwrap_or(if place < 0 { i64::MIN } else { i64::MAX })
    }

    fn time(&self, place: i64) -> Timestamp {
        let nanos = (i128::from(place) << self.doublings) * i128::from(self.least);
        let nanos = nanos + i128::from(self.options.origin.as_nanos());
        Timestamp::from_nanos(i64::try_from(nanos).unwrap_or(if nanos < 0 { i64::MIN } else { i64::MAX }))
    }

    fn narrow(&mut self) {
        while self.bins.len() > self.options.max_bins.max(2) && self.doublings < MAX_DOUBLINGS {
            self.widen();
        }
    }

    /// Makes bins twice as wide.
    fn widen(&mut self) {
        let mut wide: BTreeMap<(i64, K), B> = BTreeMap::new();
        for ((place, key), bin) in std::mem::take(&mut self.bins) {
            match wide.entry((place >> 1, key)) {
                std::collections::btree_map::Entry::Vacant(entry) => drop(entry.insert(bin)),
                std::collections::btree_map::Entry::Occupied(mut entry) => entry.get_mut().add(&bin),
            }
        }
        self.bins = wide;
        self.doublings += 1;
    }
}

/// Half of all time there is.
const MAX_WIDTH: u64 = 1 << 62;
const MAX_DOUBLINGS: u32 = 63;

#[cfg(test)]
mod tests {
    use super::*;

    impl Bin for u64 {
        fn add(&mut self, other: &Self) {
            *self += other;
        }
    }

    fn bins(most: usize, times: &[i64]) -> Bins<u8, u64> {
        let options = SeriesOptions::default().with_bin(Duration::from_nanos(10)).with_max_bins(most);
        let mut bins = Bins::new(&options, Duration::ZERO);
        times.iter().for_each(|time| bins.add(Timestamp::from_nanos(*time), 0, &1));
        bins
    }

    #[test]
    fn bins_begin_at_multiples_of_their_width() {
        let bins = bins(10, &[-1, 0, 9, 10, 35]);
        let all: Vec<_> = bins.filled(0).into_iter().map(|(time, count)| (time.as_nanos(), count)).collect();
        assert_eq!(all, [(-10, 1), (0, 2), (10, 1), (20, 0), (30, 1)]);
    }

    #[test]
    fn parts_in_any_order_give_the_whole() {
        let times: Vec<i64> = (0..400_i64).map(|n| (n * 7919) % 5000 - 900 + (n % 3) * 1_000_000_007).collect();
        for most in [1, 2, 7, 50, 1000] {
            let whole = bins(most, &times);
            assert!(whole.bins.len() <= most.max(2), "{most}");
            assert_eq!(whole.iter().map(|(.., count)| count).sum::<u64>(), 400);
            let [a, b, c] = [&times[..100], &times[100..250], &times[250..]].map(|part| bins(most, part));
            let (mut left, mut right) = (a.clone(), c);
            left.merge(&b).unwrap();
            left.merge(&right).unwrap();
            right.merge(&b).unwrap();
            right.merge(&a).unwrap();
            assert_eq!((&left, &right), (&whole, &whole), "{most}");
        }
        assert!(bins(2, &times).merge(&bins(3, &times)).is_err());
    }

    #[test]
    fn far_times_leave_gaps_of_two() {
        let bins = bins(10, &[i64::MIN, 0, i64::MAX]);
        assert!(bins.bins.len() <= 3);
        assert!(bins.filled(0).len() <= 9);
    }
}

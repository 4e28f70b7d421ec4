//! Every target on its corpus, and on seeded mutations of it, without a fuzzer.
//!
//! `NETSHOOT_FUZZ_SECONDS` makes it mutate for that long a target, `NETSHOOT_FUZZ_TARGETS` only those that it names; the
//! seed of a failing input is in the message.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::print_stderr)]

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

use netshoot_fuzz::TARGETS;

#[test]
fn corpus_and_mutations_hold() {
    let seconds = std::env::var("NETSHOOT_FUZZ_SECONDS").ok().map(|text| text.parse().expect("a number of seconds"));
    let only = std::env::var("NETSHOOT_FUZZ_TARGETS").ok();
    let is_wanted = |name: &str| only.as_ref().is_none_or(|names| names.split(',').any(|wanted| wanted == name));
    for (name, target) in TARGETS.iter().filter(|(name, _)| is_wanted(name)) {
        let corpus = corpus(name);
        assert!(!corpus.is_empty(), "{name} has no corpus");
        corpus.iter().for_each(|data| target(data));
        let (rounds, limit) = match seconds {
            Some(seconds) => (u64::MAX, Duration::from_secs(seconds)),
            None => (ROUNDS, LIMIT),
        };
        let start = Instant::now();
        let mut round = 0;
        while round < rounds && start.elapsed() < limit {
            let data = Dice(round + 1).mutate(&corpus);
            if let Err(cause) = catch_unwind(AssertUnwindSafe(|| target(&data))) {
                eprintln!("{name}: round {round} breaks with {} octets: {data:02x?}", data.len());
                std::panic::resume_unwind(cause);
            }
            round += 1;
        }
        eprintln!("{name}: {} files, {round} mutations in {:?}", corpus.len(), start.elapsed());
    }
}

/// The files of a target's corpus, by name, so that a round means the same everywhere.
fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    let mut paths: Vec<_> = fs::read_dir(folder).expect("a corpus").map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

/// A small generator of numbers (splitmix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ bits >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ bits >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((bits ^ bits >> 31) % sides.max(1) as u64) as usize
    }

    /// A file of the corpus with one to eight changes.
    fn mutate(&mut self, corpus: &[Vec<u8>]) -> Vec<u8> {
        let mut data = corpus[self.roll(corpus.len())].clone();
        for _ in 0..=self.roll(8) {
            let at = self.roll(data.len());
            let length = self.roll(data.len() - at).min(64);
            match self.roll(6) {
                0 => data.truncate(at),
                1 => drop(data.splice(at..at + length, [])),
                2 => {
                    let other = &corpus[self.roll(corpus.len())];
                    let from = self.roll(other.len());
                    data.splice(at..at, other[from..].iter().take(64).copied());
                }
                3 => data.iter_mut().skip(at).take(1).for_each(|octet| *octet ^= 1 << self.roll(8)),
                4 => data.iter_mut().skip(at).take(1).for_each(|octet| *octet = self.roll(256) as u8),
                _ => {
                    let word = WORDS[self.roll(WORDS.len())];
                    let word = if self.roll(2) == 0 { word.to_le_bytes() } else { word.to_be_bytes() };
                    data.iter_mut().skip(at & !3).zip(word).for_each(|(octet, new)| *octet = new);
                }
            }
        }
        data
    }
}

/// Numbers that lengths and counts are rarely tested with.
const WORDS: [u32; 14] = [0, 1, 2, 3, 4, 6, 12, 16, 28, 32, 0x7fff_ffff, 0x8000_0000, 0xffff_fff0, u32::MAX];
const ROUNDS: u64 = 20_000;
const LIMIT: Duration = Duration::from_secs(4);

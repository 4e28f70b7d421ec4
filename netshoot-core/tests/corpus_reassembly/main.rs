//! Datagrams and streams that are put together, against those of tshark.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    unreachable_pub,
    missing_docs
)]

mod datagrams;
#[path = "../support/frames.rs"]
mod frames;
mod streams;
#[path = "../support/mod.rs"]
mod support;

use std::collections::BTreeMap;

/// What was compared, what a rule excused, and what is left.
#[derive(Default)]
struct Tally {
    captures: u64,
    compared: u64,
    octets: u64,
    excused: BTreeMap<&'static str, u64>,
    faults: Vec<String>,
}

impl Tally {
    fn merge(mut self, other: Self) -> Self {
        self.captures += other.captures;
        self.compared += other.compared;
        self.octets += other.octets;
        other.excused.into_iter().for_each(|(rule, count)| *self.excused.entry(rule).or_default() += count);
        self.faults.extend(other.faults);
        self
    }

    fn excuse(&mut self, rule: &'static str) {
        *self.excused.entry(rule).or_default() += 1;
    }

    /// Prints what was found, and fails if there are differences.
    fn verdict(&self, what: &str) {
        let Self { captures, compared, octets, .. } = self;
        eprintln!("{compared} {what} of {octets} octets in {captures} captures");
        self.excused.iter().for_each(|(rule, count)| eprintln!("{count:>9} excused: {rule}"));
        self.faults.iter().take(40).for_each(|fault| eprintln!("    WRONG {fault}"));
        assert!(self.faults.is_empty(), "{} differences that no rule excuses", self.faults.len());
    }
}

const SEED: u64 = 20_260_731;

//! What became of numbered datagrams: by iperf3's arithmetic, and by a memory of the last 4096 numbers.
//!
//! iperf3 takes every number that is not above the highest for a lost datagram that came after all, and so hides a loss
//! behind each duplicate. With the memory, duplicates, reordering and loss are told apart.

use super::counters::Totals;

/// The judgement on one stream of datagrams.
pub(super) struct Accounting {
    highest: u64,
    lost: u64,
    out_of_order: u64,
    /// Numbers that have come, each counted once.
    distinct: u64,
    duplicates: u64,
    reordered: u64,
    reorder_extent: u64,
    late: u64,
    /// Nanoseconds.
    jitter: f64,
    transit: Option<i64>,
    /// A bit for each of the last numbers: whether it has come.
    window: [u64; WORDS],
}

impl Accounting {
    pub(super) fn new() -> Self {
        Self {
            highest: 0,
            lost: 0,
            out_of_order: 0,
            distinct: 0,
            duplicates: 0,
            reordered: 0,
            reorder_extent: 0,
            late: 0,
            jitter: 0.0,
            transit: None,
            window: [0; WORDS],
        }
    }

    /// The number whose low 32 bits are `low`: the one next to the highest so far (RFC 1982). What would be before the
    /// first is 0, which no datagram has.
    pub(super) fn widen(&self, low: u32) -> u64 {
        let ahead = low.wrapping_sub(self.highest as u32).cast_signed();
        self.highest.checked_add_signed(ahead.into()).unwrap_or(0)
    }

    /// A datagram came; `transit` is the time of its arrival less that of its departure, in nanoseconds, by clocks that
    /// may differ.
    #[inline]
    pub(super) fn receive(&mut self, number: u64, transit: Option<i64>) {
        if number > self.highest {
            self.advance(number);
        } else {
            self.late_comer(number);
        }
        if let Some(transit) = transit
            && let Some(before) = self.transit.replace(transit)
        {
            self.jitter += (transit.wrapping_sub(before).unsigned_abs() as f64 - self.jitter) / 16.0;
        }
    }

    #[inline]
    fn advance(&mut self, number: u64) {
        let skipped = number - self.highest - 1;
        if skipped > 0 {
            self.lost = self.lost.saturating_add(skipped);
            self.forget(skipped);
        }
        self.highest = number;
        self.distinct += 1;
        let (word, bit) = place(number);
        if let Some(word) = self.window.get_mut(word) {
            *word |= bit;
        }
    }

    /// Makes room for the numbers after the highest, which have not come.
    #[cold]
    fn forget(&mut self, skipped: u64) {
        if skipped >= WINDOW {
            self.window = [0; WORDS];
            return;
        }
        for number in 1..=skipped {
            let (word, bit) = place(self.highest + number);
            if let Some(word) = self.window.get_mut(word) {
                *word &= !bit;
            }
        }
    }

    #[cold]
    fn late_comer(&mut self, number: u64) {
        self.out_of_order += 1;
        self.lost = self.lost.saturating_sub(1);
        let behind = self.highest - number;
        let (word, bit) = place(number);
        let Some(word) = self.window.get_mut(word).filter(|_| number > 0 && behind < WINDOW) else {
            self.late += 1;
            return;
        };
        if *word & bit != 0 {
            self.duplicates += 1;
            return;
        }
        *word |= bit;
        self.distinct += 1;
        self.reordered += 1;
        self.reorder_extent = self.reorder_extent.max(behind);
    }

    /// Writes the judgement so far.
    pub(super) fn write_to(&self, totals: &mut Totals) {
        totals.packets = self.highest;
        totals.lost = self.lost;
        totals.out_of_order = self.out_of_order;
        totals.jitter_ns = self.jitter as u64;
        totals.missing = self.highest - self.distinct;
        totals.duplicates = self.duplicates;
        totals.reordered = self.reordered;
        totals.reorder_extent = self.reorder_extent;
        totals.late = self.late;
    }
}

/// Where the window has the bit of a number.
fn place(number: u64) -> (usize, u64) {
    let slot = number % WINDOW;
    ((slot / 64) as usize, 1 << (slot % 64))
}

const WORDS: usize = 64;
/// As many numbers are remembered.
const WINDOW: u64 = 64 * WORDS as u64;

//! What a thread may move next, and what it has moved.

use super::counters::{Counters, Totals};
use super::shared::{Phase, Shared};

/// A thread's own totals, its share of the budget, and its ear for the phase.
pub(super) struct Meter<'a> {
    shared: &'a Shared,
    counters: &'a Counters,
    pub(super) totals: Totals,
    counting: bool,
    begun: bool,
    reserved: u64,
    has_paused: bool,
}

impl<'a> Meter<'a> {
    pub(super) fn new(shared: &'a Shared, counters: &'a Counters) -> Self {
        Self {
            shared,
            counters,
            totals: Totals::default(),
            counting: false,
            begun: false,
            reserved: 0,
            has_paused: false,
        }
    }

    /// The phase now; what was moved before it was [`Phase::Running`] is told as omitted.
    pub(super) fn phase(&mut self) -> Phase {
        let phase = self.shared.phase();
        if !self.counting && phase >= Phase::Running {
            self.counting = true;
            self.begun = self.totals.bytes > 0;
            self.reserved = 0;
            self.counters.end_omit(&self.totals);
        }
        phase
    }

    /// Whether the time to omit has ended since the last call.
    pub(super) fn has_just_begun(&mut self) -> bool {
        std::mem::take(&mut self.begun)
    }

    /// Whether the last grant came after a pause, since the last call.
    pub(super) fn has_paused(&mut self) -> bool {
        std::mem::take(&mut self.has_paused)
    }

    /// How much of `most` octets a sender may send; `None` is to stop.
    pub(super) fn grant(&mut self, most: u64) -> Option<u64> {
        if self.phase() >= Phase::Draining {
            return None;
        }
        if !self.counting {
            return Some(most);
        }
        if self.reserved == 0 {
            self.reserved = self.shared.take(most);
        }
        while self.reserved == 0 && self.shared.wait_for_end() {
            self.has_paused = true;
            self.reserved = self.shared.take(most);
        }
        (self.reserved > 0).then_some(self.reserved.min(most))
    }

    /// Whether so many octets and no more are to be moved.
    pub(super) fn has_budget(&self) -> bool {
        self.shared.has_budget()
    }

    /// There is nothing more to send.
    pub(super) fn exhaust(&self) {
        self.shared.exhaust();
    }

    /// Counts and publishes `octets` that one system call has moved.
    pub(super) fn moved(&mut self, octets: u64) {
        self.totals.bytes += octets;
        self.totals.calls += 1;
        self.counters.publish(&self.totals);
        if self.counting {
            self.reserved = self.reserved.saturating_sub(octets);
            self.shared.add_moved(octets);
        }
    }
}

//! What all streams of one direction share: go, stop, and how much there is to move.

use std::io::{PipeReader, PipeWriter, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::{Error, Result};

/// Starts and stops the streams of one direction, and holds what they are to move together.
#[derive(Debug)]
pub struct Shared {
    phase: AtomicU8,
    /// Since when all of the budget has left, where somebody waits behind it.
    gate: Mutex<Option<Instant>>,
    changed: Condvar,
    budget: Option<u64>,
    /// How long senders of datagrams wait for the end behind the budget, before they go on.
    grace: Option<Duration>,
    /// Of the budget, what no sender has taken yet.
    remaining: AtomicU64,
    moved: AtomicU64,
    spent: AtomicBool,
    exhausted: AtomicBool,
    notices: (PipeReader, PipeWriter),
}

/// Where the streams are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    Waiting,
    Omitting,
    Running,
    Draining,
    Stopping,
}

impl Shared {
    /// Streams that wait; with a `budget`, senders move that many octets and no more after [`go`](Self::go), UDP rounded
    /// up to whole datagrams.
    pub fn new(budget: Option<u64>) -> Result<Arc<Self>> {
        Self::make(budget, None)
    }

    /// As [`new`](Self::new), for senders of datagrams whose peer waits until as many octets as the `budget` have come: if
    /// it is not content within `grace`, some got lost, and they go on until it is.
    pub(in crate::throughput) fn with_grace(budget: Option<u64>, grace: Duration) -> Result<Arc<Self>> {
        Self::make(budget, Some(grace))
    }

    fn make(budget: Option<u64>, grace: Option<Duration>) -> Result<Arc<Self>> {
        let notices = std::io::pipe().map_err(|error| Error::io("open a pipe for the streams' notices", error))?;
        Ok(Arc::new(Self {
            phase: AtomicU8::new(Phase::Waiting as u8),
            gate: Mutex::new(None),
            changed: Condvar::new(),
            budget,
            grace,
            remaining: AtomicU64::new(budget.unwrap_or(u64::MAX)),
            moved: AtomicU64::new(0),
            spent: AtomicBool::new(false),
            exhausted: AtomicBool::new(false),
            notices,
        }))
    }

    /// Data flow, and are told as omitted.
    pub fn omit(&self) {
        self.advance(Phase::Omitting);
    }

    /// Data flow and count from now on.
    pub fn go(&self) {
        self.advance(Phase::Running);
    }

    /// Senders stop; receivers go on until nothing has come for 20 ms, the other end closes, or [`stop`](Self::stop).
    pub fn drain(&self) {
        self.advance(Phase::Draining);
    }

    /// Everybody stops; receivers still count what waits in their sockets.
    pub fn stop(&self) {
        self.advance(Phase::Stopping);
    }

    /// Whether all of the budget was sent or has come, or there is nothing more to send.
    #[must_use]
    pub fn budget_spent(&self) -> bool {
        self.exhausted.load(Ordering::Acquire)
            || self.budget.is_some_and(|budget| self.moved.load(Ordering::Acquire) >= budget)
    }

    /// A descriptor that can be read once the budget is spent, or a stream has failed or was closed by the other end.
    #[must_use]
    pub fn notice(&self) -> BorrowedFd<'_> {
        self.notices.0.as_fd()
    }

    pub(super) fn phase(&self) -> Phase {
        match self.phase.load(Ordering::Acquire) {
            0 => Phase::Waiting,
            1 => Phase::Omitting,
            2 => Phase::Running,
            3 => Phase::Draining,
            _ => Phase::Stopping,
        }
    }

    /// Sleeps until the phase is no longer to wait.
    pub(super) fn wait(&self) {
        let mut gate = self.gate.lock().unwrap_or_else(PoisonError::into_inner);
        while self.phase() == Phase::Waiting {
            gate = self.changed.wait(gate).unwrap_or_else(PoisonError::into_inner);
        }
    }

    pub(super) fn has_budget(&self) -> bool {
        self.budget.is_some()
    }

    /// Takes up to `most` octets of the budget.
    pub(super) fn take(&self, most: u64) -> u64 {
        if self.budget.is_none() {
            return most;
        }
        let taken = self.remaining.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |remaining| {
            (remaining > 0).then(|| remaining.saturating_sub(most))
        });
        taken.map_or(0, |remaining| remaining.min(most))
    }

    /// Waits behind the budget until the end comes; true if it did not, and there is more to send: without an end.
    pub(super) fn wait_for_end(&self) -> bool {
        let (Some(grace), Some(budget)) = (self.grace, self.budget) else { return false };
        let mut left_at = self.gate.lock().unwrap_or_else(PoisonError::into_inner);
        while self.phase() < Phase::Draining {
            if self.remaining.load(Ordering::Relaxed) > 0 {
                return true;
            }
            let mut rest = grace;
            if self.moved.load(Ordering::Acquire) >= budget {
                let now = Instant::now();
                rest = grace.saturating_sub(now.saturating_duration_since(*left_at.get_or_insert(now)));
            }
            if rest.is_zero() {
                self.remaining.store(u64::MAX, Ordering::Relaxed);
                self.changed.notify_all();
                return true;
            }
            let waited = self.changed.wait_timeout(left_at, rest);
            left_at = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        false
    }

    /// Counts `octets` that were moved.
    pub(super) fn add_moved(&self, octets: u64) {
        if self.budget.is_some() {
            self.moved.fetch_add(octets, Ordering::AcqRel);
            if self.budget_spent() && !self.spent.swap(true, Ordering::AcqRel) {
                self.notify();
            }
        }
    }

    /// There is nothing more to send.
    pub(super) fn exhaust(&self) {
        if !self.exhausted.swap(true, Ordering::AcqRel) {
            self.notify();
        }
    }

    /// Makes [`notice`](Self::notice) readable: called once a stream at most, and once or twice for
    /// the budget.
    pub(super) fn notify(&self) {
        // A pipe has room for thousands of notices.
        let _ = (&self.notices.1).write(&[0]);
    }

    /// Phases never go back.
    fn advance(&self, phase: Phase) {
        let _gate = self.gate.lock().unwrap_or_else(PoisonError::into_inner);
        self.phase.fetch_max(phase as u8, Ordering::AcqRel);
        self.changed.notify_all();
    }
}

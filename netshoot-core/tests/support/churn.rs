//! Runs of a test that changes everything at once.

use std::ops::Range;
use std::sync::{Condvar, Mutex};
use std::thread;

/// How many of the runs at once still change things.
type Left = (Mutex<usize>, Condvar);

/// One of them.
pub struct Busy<'a>(&'a Left);

impl Busy<'_> {
    /// Waits until none of those that run at once changes anything any more, so that nobody comes to rest beside others that
    /// do not.
    pub fn end(self) {
        let (left, ended) = self.0;
        drop(self);
        drop(ended.wait_while(left.lock().unwrap(), |left| *left > 0).unwrap());
    }
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        *self.0.0.lock().unwrap() -= 1;
        self.0.1.notify_all();
    }
}

/// Runs `run` as often as `NETSHOOT_CHURN_RUNS` says, 10 times without it, each with its number: several at a time, as
/// most of a run is waiting for the kernel to come to rest.
pub fn runs(run: impl Fn(usize, Busy<'_>) + Sync) {
    let runs = std::env::var("NETSHOOT_CHURN_RUNS").ok().and_then(|runs| runs.parse().ok()).unwrap_or(10);
    (0..runs).step_by(AT_ONCE).for_each(|first| at_once(first..runs.min(first + AT_ONCE), &run));
}

fn at_once(numbers: Range<usize>, run: &(impl Fn(usize, Busy<'_>) + Sync)) {
    let left: Left = (Mutex::new(numbers.len()), Condvar::new());
    thread::scope(|scope| {
        for number in numbers {
            let busy = Busy(&left);
            scope.spawn(move || run(number, busy));
        }
    });
}

const AT_ONCE: usize = 10;

//! Runs of a test that changes everything at once.

use std::sync::Mutex;
use std::thread;

/// Runs `run` as often as `NETSHOOT_CHURN_RUNS` says, 10 times without it, each with its number: several at a time, as
/// most of a run is waiting for the kernel to come to rest.
pub fn runs(run: impl Fn(usize) + Sync) {
    let runs = std::env::var("NETSHOOT_CHURN_RUNS").ok().and_then(|runs| runs.parse().ok()).unwrap_or(10);
    let numbers = Mutex::new(0..runs);
    let next = || numbers.lock().unwrap().next();
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(number) = next() {
                    run(number);
                }
            });
        }
    });
}

const AT_ONCE: usize = 10;

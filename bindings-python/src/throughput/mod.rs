//! Tests of throughput: each runs in a thread of its own, which knows nothing of Python; who waits for it looks at signals
//! ten times a second.

pub(crate) mod client;
mod options;
pub(crate) mod report;
pub(crate) mod series;
pub(crate) mod server;
pub(crate) mod values;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use netshoot_core::{Error, ErrorKind, Result};
use pyo3::prelude::*;

/// What a thread of Rust tells those of Python.
#[derive(Debug, Default)]
struct Shared<T> {
    state: Mutex<T>,
    changed: Condvar,
}

impl<T: Send> Shared<T> {
    fn change(&self, change: impl FnOnce(&mut T)) {
        change(&mut self.lock());
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, T> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What `ready` finds; `None` when it finds nothing within so many seconds. Without the interpreter lock.
    fn wait<R: Send>(
        &self,
        py: Python<'_>,
        timeout: Option<f64>,
        ready: impl Fn(&mut T) -> Option<R> + Sync,
    ) -> PyResult<Option<R>> {
        let until = timeout.and_then(|seconds| Instant::now().checked_add(Duration::try_from_secs_f64(seconds).ok()?));
        loop {
            let left = until.map_or(PIECE, |until| until.saturating_duration_since(Instant::now()).min(PIECE));
            let found = py.detach(|| {
                let mut state = self.lock();
                ready(&mut state).or_else(|| {
                    let waited = self.changed.wait_timeout(state, left);
                    ready(&mut waited.unwrap_or_else(PoisonError::into_inner).0)
                })
            });
            if found.is_some() {
                return Ok(found);
            }
            py.check_signals()?;
            if until.is_some_and(|until| until <= Instant::now()) {
                return Ok(None);
            }
        }
    }
}

/// Waits for the end of a thread that was told to end; one that hangs, such as in the lookup of a name, is left alone.
fn join(thread: &Mutex<Option<JoinHandle<()>>>, patience: Duration) {
    let Some(thread) = thread.lock().unwrap_or_else(PoisonError::into_inner).take() else { return };
    let until = Instant::now() + patience;
    while !thread.is_finished() {
        if Instant::now() >= until {
            return;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    let _ = thread.join();
}

/// Runs the body of a thread: whoever waits for it hears of a panic, too.
fn guarded(body: impl FnOnce() -> Result<()>) -> Result<()> {
    let fault =
        |_| Error::new(ErrorKind::Io, "run the test").with_detail("fault in netshoot").with_hint("please report it");
    catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|panic| Err(fault(panic)))
}

fn invalid(detail: String) -> Error {
    Error::new(ErrorKind::InvalidInput, "read arguments").with_detail(detail)
}

/// For how long signals are not looked at.
const PIECE: Duration = Duration::from_millis(100);

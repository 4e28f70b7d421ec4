//! The client of a test.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use netshoot_core::throughput::{Canceller, Client, Event, Interval, Record, Transport};
use netshoot_core::{Error, Result};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::report::{Outcome, ThroughputInterval, ThroughputReport};
use super::{Shared, guarded, join, options};
use crate::error::to_python;
use crate::kernel::namespace::NamespaceArgument;

/// A test at work.
#[pyclass(frozen, module = "netshoot._netshoot")]
#[derive(Debug)]
pub(crate) struct ThroughputTest {
    shared: Arc<Shared<State>>,
    canceller: Canceller,
    closed: AtomicBool,
    thread: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Debug, Default)]
struct State {
    intervals: VecDeque<Interval>,
    udp: bool,
    outcome: Option<Arc<Outcome>>,
}

/// What comes next.
enum Next {
    Interval(Interval, bool),
    End(Arc<Outcome>),
}

#[pymethods]
impl ThroughputTest {
    /// The next interval; `None` when none came within so many seconds, or the test is over.
    #[pyo3(signature = (timeout))]
    fn next(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<Option<ThroughputInterval>> {
        let next = self.shared.wait(py, timeout, |state| match state.intervals.pop_front() {
            Some(interval) => Some(Next::Interval(interval, state.udp)),
            None => state.outcome.clone().map(Next::End),
        })?;
        match next {
            Some(Next::Interval(interval, udp)) => Ok(Some(ThroughputInterval::new(interval, udp))),
            Some(Next::End(outcome)) => match outcome.record.error().filter(|_| !self.closed()) {
                Some(error) => Err(to_python(py, error)),
                None => Ok(None),
            },
            None => Ok(None),
        }
    }

    /// Waits for the end of the test; `None` when it does not end within so many seconds.
    #[pyo3(signature = (timeout))]
    fn report(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<Option<ThroughputReport>> {
        let Some(outcome) = self.shared.wait(py, timeout, |state| state.outcome.clone())? else { return Ok(None) };
        match outcome.record.error() {
            Some(error) => Err(to_python(py, error)),
            None => Ok(Some(ThroughputReport(outcome))),
        }
    }

    /// Ends the test if it is not over, also while another thread waits.
    fn close(&self, py: Python<'_>) {
        if self.shared.lock().outcome.is_none() {
            self.closed.store(true, Ordering::Release);
        }
        self.canceller.cancel();
        py.detach(|| join(&self.thread, PATIENCE));
    }

    /// Whether it was closed before its end.
    #[getter]
    fn closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// Whether it is over.
    #[getter]
    fn done(&self) -> bool {
        self.shared.lock().outcome.is_some()
    }
}

impl Drop for ThroughputTest {
    fn drop(&mut self) {
        self.canceller.cancel();
    }
}

/// Begins a test with the server at `host`.
#[pyfunction]
#[pyo3(signature = (host, options: "dict[str, object]", namespace: "object" = None))]
pub(crate) fn throughput_test(
    py: Python<'_>,
    host: String,
    options: &Bound<'_, PyDict>,
    namespace: Option<NamespaceArgument>,
) -> PyResult<ThroughputTest> {
    let latency = options::latency(options)?;
    let (port, options) = (options::port(options)?, options::client(options)?);
    let begun = py.detach(|| {
        let namespace = NamespaceArgument::open(namespace.as_ref())?;
        begin(Client::new(host, port, options)?.in_namespace(namespace), latency)
    });
    begun.map_err(|error: Error| to_python(py, &error))
}

fn begin(client: Client, latency: Option<Duration>) -> Result<ThroughputTest> {
    let canceller = client.canceller();
    let shared = Arc::new(Shared::default());
    let theirs = Arc::clone(&shared);
    let thread = std::thread::Builder::new().name("netshoot-client".to_owned());
    let thread = thread.spawn(move || run(client, latency, &theirs));
    let thread = thread.map_err(|error| Error::io("start a thread for the test", error))?;
    Ok(ThroughputTest { shared, canceller, closed: false.into(), thread: Mutex::new(Some(thread)) })
}

fn run(client: Client, latency: Option<Duration>, shared: &Shared<State>) {
    let mut outcome = Outcome::default();
    let Outcome { record, latency: seen } = &mut outcome;
    let failed = guarded(|| match latency {
        None => client
            .start()
            .and_then(|mut test| test.try_for_each(|event| event.map(|event| take(event, shared, record)))),
        Some(idle) => {
            client.run_with_latency(idle, |event| take(event.clone(), shared, record)).map(|(.., latency)| {
                *seen = Some(latency);
            })
        }
    });
    if let Err(error) = failed {
        outcome.record.fail(error);
    }
    shared.change(|state| state.outcome = Some(Arc::new(outcome)));
}

fn take(event: Event, shared: &Shared<State>, record: &mut Record) {
    shared.change(|state| match &event {
        Event::Started(start) => state.udp = start.transport() == Transport::Udp,
        Event::Interval(interval) => state.intervals.push_back(interval.clone()),
        _ => {}
    });
    record.add(event);
}

/// For the server to be told that the test is given up.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);

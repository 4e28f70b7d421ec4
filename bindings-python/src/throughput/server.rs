//! A server of tests.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use netshoot_core::Error;
use netshoot_core::throughput::{Canceller, Event, Record, Server, ServerEvent};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::report::{Outcome, ThroughputReport};
use super::{Shared, guarded, join, options};
use crate::error::to_python;
use crate::kernel::namespace::NamespaceArgument;

/// A server at work.
#[pyclass(frozen, module = "netshoot._netshoot")]
#[derive(Debug)]
pub(crate) struct ThroughputServer {
    shared: Arc<Shared<State>>,
    address: SocketAddr,
    canceller: Canceller,
    thread: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Debug, Default)]
struct State {
    reports: VecDeque<Record>,
    accepted: u64,
    refused: u64,
    missed: u64,
    over: bool,
    error: Option<Arc<Error>>,
}

/// What comes next.
enum Next {
    Report(Box<Record>),
    End(Option<Arc<Error>>),
}

#[pymethods]
impl ThroughputServer {
    /// The report of the next test that is over; `None` when none came within so many seconds, or the server has ended.
    #[pyo3(signature = (timeout))]
    fn next(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<Option<ThroughputReport>> {
        let next = self.shared.wait(py, timeout, |state| match state.reports.pop_front() {
            Some(record) => Some(Next::Report(Box::new(record))),
            None => state.over.then(|| Next::End(state.error.take())),
        })?;
        match next {
            Some(Next::Report(record)) => {
                Ok(Some(ThroughputReport(Arc::new(Outcome { record: *record, latency: None }))))
            }
            Some(Next::End(Some(error))) => Err(to_python(py, &error)),
            Some(Next::End(None)) | None => Ok(None),
        }
    }

    /// Ends the server, also while another thread waits, and waits for that; clients at work are told.
    fn close(&self, py: Python<'_>) {
        self.canceller.cancel();
        py.detach(|| join(&self.thread, PATIENCE));
    }

    /// Whether the server has ended.
    #[getter]
    fn closed(&self) -> bool {
        self.shared.lock().over
    }

    /// Address and port.
    #[getter]
    fn address(&self) -> (String, u16) {
        (self.address.ip().to_string(), self.address.port())
    }

    /// How many clients were admitted.
    #[getter]
    fn accepted(&self) -> u64 {
        self.shared.lock().accepted
    }

    /// How many clients were told that the server is busy.
    #[getter]
    fn refused(&self) -> u64 {
        self.shared.lock().refused
    }

    /// How many reports were forgotten because nobody asked for them.
    #[getter]
    fn missed(&self) -> u64 {
        self.shared.lock().missed
    }
}

impl Drop for ThroughputServer {
    fn drop(&mut self) {
        self.canceller.cancel();
    }
}

/// Begins to serve.
#[pyfunction]
#[pyo3(signature = (options: "dict[str, object]", namespace: "object" = None))]
pub(crate) fn throughput_server(
    py: Python<'_>,
    options: &Bound<'_, PyDict>,
    namespace: Option<NamespaceArgument>,
) -> PyResult<ThroughputServer> {
    let options = options::server(options)?;
    let begun = py.detach(|| {
        let server = Server::bind_in(NamespaceArgument::open(namespace.as_ref())?, options)?;
        let (address, canceller) = (server.local_address(), server.canceller());
        let shared = Arc::new(Shared::default());
        let theirs = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("netshoot-server".to_owned()).spawn(move || run(server, &theirs));
        let thread = thread.map_err(|error| Error::io("start a thread for the server", error))?;
        Ok(ThroughputServer { shared, address, canceller, thread: Mutex::new(Some(thread)) })
    });
    begun.map_err(|error: Error| to_python(py, &error))
}

fn run(mut server: Server, shared: &Shared<State>) {
    let mut records = HashMap::new();
    // Its sockets are closed when others learn that it has ended.
    let done = guarded(move || server.run(|event| take(event, &mut records, shared)));
    shared.change(|state| {
        state.over = true;
        state.error = done.err().map(Arc::new);
    });
}

fn take(event: ServerEvent, records: &mut HashMap<u64, Record>, shared: &Shared<State>) {
    match event {
        ServerEvent::Accepted { test, .. } => {
            records.insert(test, Record::bounded(ROWS));
            shared.change(|state| state.accepted += 1);
        }
        ServerEvent::Test { test, event } => {
            let finished = matches!(event, Event::Finished(_));
            if let Some(record) = records.get_mut(&test) {
                record.add(event);
            }
            if let Some(record) = finished.then(|| records.remove(&test)).flatten() {
                keep(record, shared);
            }
        }
        ServerEvent::Failed { test, error } => {
            let mut record = records.remove(&test).unwrap_or_default();
            record.fail(error);
            keep(record, shared);
        }
        ServerEvent::Refused { .. } => shared.change(|state| state.refused += 1),
        _ => {}
    }
}

fn keep(record: Record, shared: &Shared<State>) {
    shared.change(|state| {
        if state.reports.len() >= REPORTS {
            state.reports.pop_front();
            state.missed += 1;
        }
        state.reports.push_back(record);
    });
}

/// Rows of intervals that are kept of a test, a few megabytes: it is the client who says how long it runs.
const ROWS: usize = 4096;
/// Reports that wait to be asked for.
const REPORTS: usize = 64;
/// A little more than the library takes to end its tests.
const PATIENCE: Duration = Duration::from_secs(16);

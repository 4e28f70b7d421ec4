//! Several tests of one server, one after the other: the search for a rate, and the sweep over sizes.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use netshoot_core::table::{self, Options as TableOptions, RecordBatchReader};
use netshoot_core::throughput::search::{SearchResult, Trial, TrialFailure};
use netshoot_core::throughput::sweep::{DATAGRAM_SIZES, SEGMENT_SIZES, SizeResult};
use netshoot_core::throughput::{Client, Transport};
use netshoot_core::{Error, Result};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::values::CpuUse;
use super::{Shared, guarded, join, options};
use crate::error::to_python;
use crate::kernel::namespace::NamespaceArgument;
use crate::record::repr;
use crate::table::Table;

records! {
    /// One trial of a search.
    ThroughputTrial {
        /// The rate that was tried.
        bits_per_second: u64,
        /// The rate at which the sender sent.
        sent_bits_per_second: u64,
        /// Datagrams that the receiver knows of.
        packets: u64,
        /// Of these, those that it misses.
        lost: u64,
        /// Why it did not pass: `loss`, or `sender` who did not reach the rate; `None` if it did.
        failure: Option<&'static str>,
    }

    /// What one size of packets gave.
    ThroughputSize {
        /// Payload octets of a datagram, or the largest segment asked for.
        size: u32,
        /// Payload rate of what came.
        bits_per_second: u64,
        /// Packets with payload that came, in a second: of TCP by arithmetic, as if each were full.
        packets_per_second: f64,
        /// Datagrams lost, or segments sent again, in percent of those sent.
        lost_percent: f64,
        /// Processor time here.
        local_cpu: CpuUse,
        /// Processor time of the server.
        remote_cpu: CpuUse,
    }
}

/// What a search for the highest rate without loss found.
#[pyclass(frozen, subclass, module = "netshoot._netshoot")]
#[derive(Debug)]
pub(crate) struct ThroughputSearch(Arc<SearchResult>);

#[pymethods]
impl ThroughputSearch {
    /// The same result, for classes that inherit from this one.
    #[new]
    fn new(found: &Self) -> Self {
        Self(Arc::clone(&found.0))
    }

    /// The highest rate that passed each of its trials; `None` when not even the lowest did.
    #[getter]
    fn bits_per_second(&self) -> Option<u64> {
        self.0.rate.map(|rate| rate.0)
    }

    /// The lowest rate that failed; `None` when not even the highest did.
    #[getter]
    fn failed_bits_per_second(&self) -> Option<u64> {
        self.0.failed.map(|rate| rate.0)
    }

    /// Why that one failed: `loss`, or `sender` who did not reach it.
    #[getter]
    fn failure(&self) -> Option<&'static str> {
        self.0.failure.map(TrialFailure::key)
    }

    /// How often the rate found has passed.
    #[getter]
    fn passes(&self) -> u32 {
        self.0.passes
    }

    /// Datagrams lost at the rate found, in percent.
    #[getter]
    fn lost_percent(&self) -> f64 {
        self.0.loss * 100.0
    }

    /// With 95% confidence, no more percent are lost at that rate (Wilson), as far as losses are independent.
    #[getter]
    fn lost_percent_at_most(&self) -> f64 {
        self.0.loss_at_most * 100.0
    }

    /// All trials in their order.
    fn list_trials(&self) -> Vec<ThroughputTrial> {
        self.0.trials.iter().map(ThroughputTrial::from).collect()
    }

    /// A row for each trial.
    fn trial_table(&self, py: Python<'_>) -> PyResult<Table> {
        let found = Arc::clone(&self.0);
        let open = move |options: &TableOptions| table::throughput::trials(&found.trials, options);
        table(py, "throughput_trials", self.0.trials.len(), open)
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        let fields = ["bits_per_second", "failed_bits_per_second", "failure", "passes", "lost_percent_at_most"];
        repr(slf.as_any(), "ThroughputSearch", &fields)
    }
}

/// Searches for the highest rate of datagrams that comes without loss; each trial is given to `on_trial`.
#[pyfunction]
#[pyo3(signature = (host, options: "dict[str, object]", namespace: "object" = None, on_trial: "object" = None))]
pub(crate) fn throughput_search(
    py: Python<'_>,
    host: String,
    options: &Bound<'_, PyDict>,
    namespace: Option<NamespaceArgument>,
    on_trial: Option<Py<PyAny>>,
) -> PyResult<ThroughputSearch> {
    let search = options::search(options)?;
    let client = client(py, host, options, namespace)?;
    let work = move |client: &Client, tell: &mut dyn FnMut(ThroughputTrial)| {
        client.search_rate(search, |trial| tell(trial.into()))
    };
    let found = follow(py, client, on_trial, work);
    found.map(|found| ThroughputSearch(Arc::new(found)))
}

/// Runs a test for each size of packets, the usual ones if there are none; each result is given to `on_size`.
#[pyfunction]
#[pyo3(signature = (host, sizes, options: "dict[str, object]", namespace: "object" = None, on_size: "object" = None))]
pub(crate) fn throughput_sweep(
    py: Python<'_>,
    host: String,
    sizes: Vec<u32>,
    options: &Bound<'_, PyDict>,
    namespace: Option<NamespaceArgument>,
    on_size: Option<Py<PyAny>>,
) -> PyResult<(Vec<ThroughputSize>, Table)> {
    let datagrams = options::client(options)?.transport == Transport::Udp;
    let client = client(py, host, options, namespace)?;
    let usual = if datagrams { DATAGRAM_SIZES } else { SEGMENT_SIZES };
    let sizes = if sizes.is_empty() { usual.to_vec() } else { sizes };
    let work = move |client: &Client, tell: &mut dyn FnMut(ThroughputSize)| {
        client.sweep_sizes(&sizes, |size| tell(size.into()))
    };
    let results = follow(py, client, on_size, work)?;
    let listed = results.iter().map(ThroughputSize::from).collect();
    let rows = results.len();
    let open = move |options: &TableOptions| table::throughput::sizes(&results, options);
    Ok((listed, table(py, "throughput_sizes", rows, open)?))
}

fn client(
    py: Python<'_>,
    host: String,
    options: &Bound<'_, PyDict>,
    namespace: Option<NamespaceArgument>,
) -> PyResult<Client> {
    let (port, mut options) = (options::port(options)?, options::client(options)?);
    options.interval = Duration::ZERO;
    let made = py.detach(|| {
        let namespace = NamespaceArgument::open(namespace.as_ref())?;
        Ok(Client::new(host, port, options)?.in_namespace(namespace))
    });
    made.map_err(|error: Error| to_python(py, &error))
}

/// A table of what is there already.
pub(super) fn table<S: RecordBatchReader + Send + 'static>(
    py: Python<'_>,
    name: &'static str,
    rows: usize,
    open: impl Fn(&TableOptions) -> Result<S> + Send + Sync + 'static,
) -> PyResult<Table> {
    let schema = open(&TableOptions::default()).map_err(|error| to_python(py, &error))?.schema();
    Ok(Table::new(name, schema, Some(rows), true, move |batch_rows| {
        Ok(Box::new(open(&TableOptions::default().with_batch_rows(batch_rows))?))
    }))
}

struct Progress<T, R> {
    items: VecDeque<T>,
    outcome: Option<Result<R>>,
}

enum Next<T, R> {
    Item(T),
    End(Result<R>),
}

/// Does `work` in a thread of its own and gives what it tells to `on_item`, here. A signal, and an exception there, end it.
fn follow<T: Send + 'static + for<'py> IntoPyObject<'py>, R: Send + 'static>(
    py: Python<'_>,
    client: Client,
    on_item: Option<Py<PyAny>>,
    work: impl FnOnce(&Client, &mut dyn FnMut(T)) -> Result<R> + Send + 'static,
) -> PyResult<R> {
    let canceller = client.canceller();
    let progress = Mutex::new(Progress { items: VecDeque::new(), outcome: None });
    let shared = Arc::new(Shared { state: progress, changed: Condvar::new() });
    let theirs = Arc::clone(&shared);
    let body = move || {
        let mut outcome = None;
        let failed = guarded(|| {
            let tell = &mut |item| theirs.change(|progress: &mut Progress<T, R>| progress.items.push_back(item));
            outcome = Some(work(&client, tell)?);
            Ok(())
        });
        theirs.change(|progress| progress.outcome = failed.err().map(Err).or(outcome.map(Ok)));
    };
    let thread = std::thread::Builder::new().name("netshoot-client".to_owned()).spawn(body);
    let thread = thread.map_err(|error| to_python(py, &Error::io("start a thread for the tests", error)))?;
    let told = loop {
        let next = shared.wait(py, None, |progress| match progress.items.pop_front() {
            Some(item) => Some(Next::Item(item)),
            None => progress.outcome.take().map(Next::End),
        });
        let item = match next {
            Ok(Some(Next::End(outcome))) => return outcome.map_err(|error| to_python(py, &error)),
            Ok(Some(Next::Item(item))) => item,
            Ok(None) => continue,
            Err(error) => break error,
        };
        if let Some(on_item) = &on_item
            && let Err(error) = on_item.call1(py, (item,))
        {
            break error;
        }
    };
    canceller.cancel();
    py.detach(|| join(&Mutex::new(Some(thread)), super::client::PATIENCE));
    Err(told)
}

impl From<&Trial> for ThroughputTrial {
    fn from(trial: &Trial) -> Self {
        Self {
            bits_per_second: trial.rate.0,
            sent_bits_per_second: trial.sent.0,
            packets: trial.packets,
            lost: trial.lost,
            failure: trial.failure.map(TrialFailure::key),
        }
    }
}

impl From<&SizeResult> for ThroughputSize {
    fn from(size: &SizeResult) -> Self {
        Self {
            size: size.size,
            bits_per_second: size.rate.0,
            packets_per_second: size.packets_per_second,
            lost_percent: size.loss * 100.0,
            local_cpu: size.local_cpu.into(),
            remote_cpu: size.remote_cpu.into(),
        }
    }
}

//! The kernel's network counters.

use std::sync::Arc;

use netshoot_core::netlink::counters::{Counters as Snapshot, Value, explain as explanation};
use netshoot_core::netlink::json;
use netshoot_core::table::{self, Options};
use netshoot_core::{Error, ErrorKind};
use pyo3::exceptions::PyKeyError;
use pyo3::prelude::*;

use super::listing::time;
use super::namespace::NamespaceArgument;
use super::query::open;
use super::tree::{Tree, tree};
use crate::error::to_python;
use crate::table::Table;
use crate::time::Time;

/// The counters of a namespace at one time.
#[pyclass(frozen, module = "netshoot._netshoot")]
#[derive(Debug)]
pub(crate) struct Counters(Arc<Snapshot>);

/// Reads all counters.
#[pyfunction]
#[pyo3(signature = (namespace: "object" = None))]
pub(crate) fn counters(py: Python<'_>, namespace: Option<NamespaceArgument>) -> PyResult<Counters> {
    let read = py.detach(|| open(namespace.as_ref())?.counters());
    read.map(|counters| Counters(Arc::new(counters))).map_err(|error| to_python(py, &error))
}

/// What a counter counts and what it means when it grows; `None` for one that is not known.
#[pyfunction]
pub(crate) fn explain(name: &str) -> Option<&'static str> {
    explanation(name)
}

#[pymethods]
impl Counters {
    fn __len__(&self) -> usize {
        self.0.counters.len()
    }

    /// The value of the counter of this name.
    fn __getitem__(&self, name: &str) -> PyResult<i128> {
        let found = self.0.counters.iter().find(|counter| counter.name == *name);
        found.map(|counter| number(counter.value)).ok_or_else(|| PyKeyError::new_err(name.to_owned()))
    }

    /// Name and value of each, in the kernel's order.
    fn items(&self) -> Vec<(String, i128)> {
        self.0.counters.iter().map(|counter| (counter.name.to_string(), number(counter.value))).collect()
    }

    /// One dictionary for each counter.
    fn to_dicts(&self, py: Python<'_>) -> PyResult<Tree> {
        tree(py, &self.0.counters).map(Tree)
    }

    /// What happened since `earlier`, as a dictionary.
    fn delta(&self, py: Python<'_>, earlier: &Self) -> PyResult<Tree> {
        tree(py, &self.0.delta(&earlier.0)).map(Tree)
    }

    /// Name and growth of each counter that changed since `earlier`, of the same namespace.
    fn changes(&self, py: Python<'_>, earlier: &Self) -> PyResult<Vec<(String, i128)>> {
        let delta = self.0.delta(&earlier.0);
        if !delta.same_namespace {
            let error = Error::new(ErrorKind::InvalidInput, "compare counters")
                .with_detail("they are of different namespaces")
                .with_hint("details() compares them all the same");
            return Err(to_python(py, &error));
        }
        let changes = delta.changes.iter().map(|change| (change.counter.name.to_string(), number(change.difference)));
        Ok(changes.filter(|(_, difference)| *difference != 0).collect())
    }

    /// The counters as the library's own JSON.
    #[getter]
    fn json(&self, py: Python<'_>) -> String {
        py.detach(|| json::value(&*self.0))
    }

    /// Sources that could not be read.
    #[getter]
    fn unavailable(&self) -> Vec<String> {
        self.0.unavailable.iter().map(|source| source.text.clone()).collect()
    }

    /// What could not be read within a source.
    #[getter]
    fn notes(&self) -> Vec<String> {
        self.0.notes.iter().map(ToString::to_string).collect()
    }

    /// When reading began.
    #[getter]
    fn taken_at(&self) -> Time {
        time(self.0.taken_at)
    }

    /// The counters as a table.
    fn table(&self, py: Python<'_>) -> PyResult<Table> {
        let counters = Arc::clone(&self.0);
        let first = table::kernel::counters(Arc::clone(&counters), &Options::default());
        let first = first.map_err(|error| to_python(py, &error))?;
        let schema = arrow_array::RecordBatchReader::schema(&first);
        Ok(Table::new("counters", schema, Some(counters.counters.len()), true, move |batch_rows| {
            let options = Options::default().with_batch_rows(batch_rows);
            Ok(Box::new(table::kernel::counters(Arc::clone(&counters), &options)?))
        }))
    }
}

fn number(value: Value) -> i128 {
    match value {
        Value::Counter(value) => value.into(),
        Value::Gauge(value) => value.into(),
    }
}

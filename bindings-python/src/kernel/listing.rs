//! Listings: the objects stay in Rust, and one becomes a Python object when it is asked for.

use std::fmt::Debug;
use std::sync::{Arc, OnceLock};

use netshoot_core::Result;
use netshoot_core::capture::Timestamp;
use netshoot_core::netlink::{self, Consistency, Link, LinkNames, Netlink, Object, Owners};
use netshoot_core::table::kernel::Row;
use netshoot_core::table::{self, Options};
use pyo3::exceptions::PyIndexError;
use pyo3::prelude::*;
use serde::Serialize;

use super::item::{Item, Wrapped};
use super::tree::{Tree, tree};
use crate::error::to_python;
use crate::table::Table;
use crate::time::Time;

/// Objects of one kind, of one namespace, at one time.
#[pyclass(frozen, module = "netshoot._netshoot")]
#[derive(Debug)]
pub(crate) struct Listing(Box<dyn Shelf>, usize, Option<String>);

impl Listing {
    pub(crate) fn new<T: Listed>(netlink: Arc<Netlink>, listing: netlink::Listing<T>) -> Self {
        Self(Box::new(Shelved { netlink, listing: Arc::new(listing), names: OnceLock::new() }), 0, None)
    }

    /// With the names that the links had then.
    pub(crate) fn with_links<T: Listed>(
        netlink: Arc<Netlink>,
        listing: netlink::Listing<T>,
        links: Option<&netlink::Listing<Link>>,
    ) -> Self {
        let names = links.map(|links| OnceLock::from(Arc::new(links.iter().collect()))).unwrap_or_default();
        Self(Box::new(Shelved { netlink, listing: Arc::new(listing), names }), 0, None)
    }

    /// Says of how many processes the descriptors could not be read, and why.
    pub(crate) fn with_unreadable(self, owners: &Owners) -> Self {
        Self(self.0, owners.unreadable(), owners.unreadable_reason().map(|reason| reason.to_string()))
    }
}

/// What an object needs to be in a [`Listing`].
pub(crate) trait Listed: Object + Row + Serialize + Wrapped {}

impl<T: Object + Row + Serialize + Wrapped> Listed for T {}

struct Facts {
    kind: &'static str,
    consistency: Consistency,
    interrupted: bool,
    retries: u32,
    notes: Vec<String>,
    namespace: (u64, u64),
    taken_at: std::time::SystemTime,
}

trait Shelf: Debug + Send + Sync {
    fn len(&self) -> usize;
    fn item(&self, py: Python<'_>, index: usize) -> PyResult<Py<PyAny>>;
    fn tree(&self, py: Python<'_>) -> PyResult<Py<PyAny>>;
    fn json(&self) -> String;
    fn facts(&self) -> Facts;
    fn table(&self) -> Result<Table>;
}

#[derive(Debug)]
struct Shelved<T> {
    netlink: Arc<Netlink>,
    listing: Arc<netlink::Listing<T>>,
    /// Asked for by the first table.
    names: OnceLock<Arc<LinkNames>>,
}

impl<T: Listed> Shelf for Shelved<T> {
    fn len(&self) -> usize {
        self.listing.items.len()
    }

    fn item(&self, py: Python<'_>, index: usize) -> PyResult<Py<PyAny>> {
        T::wrap(py, Item::Listed(Arc::clone(&self.listing), index))
    }

    fn tree(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        tree(py, &self.listing.items)
    }

    fn json(&self) -> String {
        netlink::json::text(&self.listing)
    }

    fn facts(&self) -> Facts {
        let listing = &self.listing;
        Facts {
            kind: T::KIND.name(),
            consistency: listing.consistency,
            interrupted: listing.interrupted,
            retries: listing.retries,
            notes: listing
                .notes
                .iter()
                .map(ToString::to_string)
                .chain(listing.unsupported.iter().map(|name| format!("{name}: this kernel does not tell of it")))
                .collect(),
            namespace: (listing.namespace.device, listing.namespace.inode),
            taken_at: listing.taken_at,
        }
    }

    fn table(&self) -> Result<Table> {
        let names = match self.names.get() {
            Some(names) => Arc::clone(names),
            None => {
                let names = Arc::new(self.netlink.link_names()?);
                Arc::clone(self.names.get_or_init(|| names))
            }
        };
        let listing = Arc::clone(&self.listing);
        let schema = arrow_array::RecordBatchReader::schema(&table::kernel::table(
            Arc::clone(&listing),
            &names,
            &Options::default(),
        )?);
        let rows = listing.items.len();
        Ok(Table::new(T::TABLE, schema, Some(rows), true, move |batch_rows| {
            let options = Options::default().with_batch_rows(batch_rows);
            Ok(Box::new(table::kernel::table(Arc::clone(&listing), &names, &options)?))
        }))
    }
}

#[pymethods]
impl Listing {
    fn __len__(&self) -> usize {
        self.0.len()
    }

    /// The object at `index`, which may count from the end.
    fn __getitem__(&self, py: Python<'_>, index: isize) -> PyResult<Tree> {
        let length = self.0.len();
        let place = if index < 0 { length.checked_add_signed(index) } else { usize::try_from(index).ok() };
        match place.filter(|place| *place < length) {
            Some(place) => self.0.item(py, place).map(Tree),
            None => Err(PyIndexError::new_err("index out of range")),
        }
    }

    /// One dictionary for each object, in the form of [`json`](Self::json).
    fn to_dicts(&self, py: Python<'_>) -> PyResult<Tree> {
        self.0.tree(py).map(Tree)
    }

    /// The listing as the library's own JSON.
    #[getter]
    fn json(&self, py: Python<'_>) -> String {
        py.detach(|| self.0.json())
    }

    /// The kind: `link`, `route`.
    #[getter]
    fn kind(&self) -> &'static str {
        self.0.facts().kind
    }

    /// What the kernel promises: `atomic`, `checked` or `best_effort`.
    #[getter]
    fn consistency(&self) -> &'static str {
        match self.0.facts().consistency {
            Consistency::Atomic => "atomic",
            Consistency::Checked => "checked",
            _ => "best_effort",
        }
    }

    /// Whether even the last attempt was interrupted by a change.
    #[getter]
    fn interrupted(&self) -> bool {
        self.0.facts().interrupted
    }

    /// How many times it was begun again.
    #[getter]
    fn retries(&self) -> u32 {
        self.0.facts().retries
    }

    /// What could not be read.
    #[getter]
    fn notes(&self) -> Vec<String> {
        self.0.facts().notes
    }

    /// How many processes could not be looked into.
    #[getter]
    fn unreadable_processes(&self) -> usize {
        self.1
    }

    /// Why they could not.
    #[getter]
    fn unreadable_reason(&self) -> Option<&str> {
        self.2.as_deref()
    }

    /// Device and inode of the namespace.
    #[getter]
    fn namespace(&self) -> (u64, u64) {
        self.0.facts().namespace
    }

    /// When it was taken.
    #[getter]
    fn taken_at(&self) -> Time {
        time(self.0.facts().taken_at)
    }

    /// The listing as a table. Names of links are asked for at the first call.
    fn table(&self, py: Python<'_>) -> PyResult<Table> {
        py.detach(|| self.0.table()).map_err(|error| to_python(py, &error))
    }
}

pub(crate) fn time(time: std::time::SystemTime) -> Time {
    let since = time.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Time(Timestamp::from_nanos(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)))
}

//! Snapshots, their differences, and changes as they happen.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use netshoot_core::netlink::{
    self, AnyChange, Asked, Canceller, DiffOptions, Event as NetlinkEvent, EventKind, Kind, Netlink, Object,
    SnapshotOptions, Watch as NetlinkWatch, WatchOptions,
};
use netshoot_core::{Error, ErrorKind, Result};
use pyo3::exceptions::PyKeyError;
use pyo3::prelude::*;

use super::item::{Item, Wrapped};
use super::listing::{Listing, time};
use super::namespace::NamespaceArgument;
use super::query::open;
use super::tree::{Tree, tree};
use crate::error::to_python;
use crate::time::Time;

/// All that was asked for of a namespace, to be compared.
#[pyclass(frozen, module = "netshoot._netshoot")]
#[derive(Debug)]
pub(crate) struct Snapshot {
    netlink: Arc<Netlink>,
    snapshot: netlink::Snapshot,
}

macro_rules! listings {
    ($($field:ident)*) => {
        impl Snapshot {
            fn known(&self) -> impl Iterator<Item = (&'static str, usize)> {
                [$(size(&self.snapshot.$field),)*].into_iter().flatten()
            }

            fn find(&self, wanted: &str) -> Option<Listing> {
                let links = self.snapshot.links.known();
                $(if let Some(listing) = self.snapshot.$field.known() && size(&self.snapshot.$field)?.0 == wanted {
                    return Some(Listing::with_links(Arc::clone(&self.netlink), listing.clone(), links));
                })*
                None
            }
        }
    };
}

listings! {
    links addresses routes next_hops next_hop_buckets rules neighbors fdb qdiscs inet_sockets unix_sockets
    packet_sockets netlink_sockets
}

fn size<T: Object>(asked: &Asked<netlink::Listing<T>>) -> Option<(&'static str, usize)> {
    asked.known().map(|listing| (T::KIND.name(), listing.items.len()))
}

#[pymethods]
impl Snapshot {
    /// The kinds that were listed, and the number of objects of each.
    #[getter]
    fn sizes(&self) -> Vec<(&'static str, usize)> {
        self.known().collect()
    }

    /// The kinds that could not be listed, and why.
    #[getter]
    fn failed(&self) -> Vec<(&'static str, String)> {
        self.snapshot.failed().map(|(kind, why)| (kind.name(), why.error.clone())).collect()
    }

    /// The objects of one kind.
    fn listing(&self, py: Python<'_>, kind: &str) -> PyResult<Listing> {
        py.detach(|| self.find(kind)).ok_or_else(|| PyKeyError::new_err(kind.to_owned()))
    }

    /// Device and inode of the namespace.
    #[getter]
    fn namespace(&self) -> (u64, u64) {
        (self.snapshot.namespace.device, self.snapshot.namespace.inode)
    }

    /// When the first listing began.
    #[getter]
    fn taken_at(&self) -> Time {
        time(self.snapshot.taken_at)
    }

    /// All of it, in the form of the library's JSON.
    #[pyo3(signature = () -> "dict[str, object]")]
    fn to_dict(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        tree(py, &self.snapshot)
    }

    /// The same as JSON.
    #[getter]
    fn json(&self, py: Python<'_>) -> String {
        py.detach(|| netlink::json::value(&self.snapshot))
    }
}

/// How one object differs from what it was.
#[pyclass(frozen, module = "netshoot")]
#[derive(Debug)]
pub(crate) struct Change(Arc<AnyChange>);

#[pymethods]
impl Change {
    /// The kind of the object: `link`, `route`.
    #[getter]
    fn kind(&self) -> &'static str {
        self.0.kind().name()
    }

    /// What became of it: `added`, `changed` or `removed`.
    #[getter]
    fn op(&self) -> &'static str {
        self.0.op().name()
    }

    /// The attributes that differ and count, when it changed.
    #[getter]
    fn changed(&self) -> Vec<&'static str> {
        self.0.changed().to_vec()
    }

    /// What it was; `None` when it was added.
    #[getter(old)]
    fn before(&self, py: Python<'_>) -> PyResult<Option<Tree>> {
        end(py, &self.0, false)
    }

    /// What it is; `None` when it was removed.
    #[getter(new)]
    fn after(&self, py: Python<'_>) -> PyResult<Option<Tree>> {
        end(py, &self.0, true)
    }

    /// All of it, in the form of the library's JSON.
    #[pyo3(signature = () -> "dict[str, object]")]
    fn to_dict(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        tree(py, &*self.0)
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        super::item::repr(slf.as_any(), "Change", &["kind", "op", "changed", "old", "new"])
    }
}

macro_rules! ends {
    ($($kind:ident)*) => {
        fn end(py: Python<'_>, change: &AnyChange, new: bool) -> PyResult<Option<Tree>> {
            match change {
                $(AnyChange::$kind(change) => wrapped(py, if new { &change.new } else { &change.old }),)*
                _ => Ok(None),
            }
        }
    };
}

ends! {
    Link Address Route NextHop NextHopBucket Rule Neighbor FdbEntry Qdisc InetSocket UnixSocket PacketSocket NetlinkSocket
}

fn wrapped<T: Wrapped + Clone>(py: Python<'_>, object: &Option<T>) -> PyResult<Option<Tree>> {
    let Some(object) = object else { return Ok(None) };
    T::wrap(py, Item::Alone(Arc::new(object.clone()))).map(|object| Some(Tree(object)))
}

/// One thing that a watch tells.
#[pyclass(frozen, module = "netshoot")]
#[derive(Debug)]
pub(crate) struct Event(NetlinkEvent);

#[pymethods]
impl Event {
    /// Its number, from 1 without gaps.
    #[getter]
    fn seq(&self) -> u64 {
        self.0.seq
    }

    /// When it was read.
    #[getter]
    fn time(&self) -> Time {
        time(self.0.wall)
    }

    /// What it says: `change`; `resync_begin` and `resync_end` around what is told after changes were lost;
    /// `listing_failed` when something could not be listed.
    #[getter]
    fn event(&self) -> &'static str {
        match &self.0.what {
            EventKind::Change(_) => "change",
            EventKind::ResyncBegin { .. } => "resync_begin",
            EventKind::ResyncEnd { .. } => "resync_end",
            EventKind::ListingFailed { .. } => "listing_failed",
            _ => "other",
        }
    }

    /// How it is known: `event`, the kernel told it; by comparison, `resync` at the beginning or after a loss, `inferred`
    /// where the kernel tells nothing.
    #[getter]
    fn source(&self, py: Python<'_>) -> PyResult<String> {
        tree(py, &self.0.source)?.extract(py)
    }

    /// Why changes were lost, of `resync_begin`: `overrun`, `truncated`, `malformed`; what went wrong, of
    /// `listing_failed`.
    #[getter]
    fn reason(&self) -> Option<String> {
        match &self.0.what {
            EventKind::ResyncBegin { reason } => Some(reason.to_string()),
            EventKind::ListingFailed { error, .. } => Some(error.clone()),
            _ => None,
        }
    }

    /// For how many seconds the state was not true, of `resync_end`.
    #[getter]
    fn gap(&self) -> Option<f64> {
        match &self.0.what {
            EventKind::ResyncEnd { gap } => Some(gap.as_secs_f64()),
            _ => None,
        }
    }

    /// The change, if it is one.
    #[getter]
    fn change(&self) -> Option<Change> {
        match &self.0.what {
            EventKind::Change(change) => Some(Change(Arc::new(change.clone()))),
            _ => None,
        }
    }

    /// All of it, in the form of the library's JSON.
    #[pyo3(signature = () -> "dict[str, object]")]
    fn to_dict(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        tree(py, &self.0)
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        super::item::repr(slf.as_any(), "Event", &["seq", "event", "source", "reason", "gap", "change"])
    }
}

/// A watch on one namespace.
#[pyclass(frozen, module = "netshoot._netshoot")]
#[derive(Debug)]
pub(crate) struct Watch {
    watch: Mutex<Option<NetlinkWatch>>,
    canceller: Canceller,
    closed: std::sync::atomic::AtomicBool,
}

#[pymethods]
impl Watch {
    /// The next event; `None` when none came within so many seconds, or the watch was closed. Looks at signals ten times
    /// a second.
    #[pyo3(signature = (timeout))]
    fn next(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<Option<Event>> {
        let until = timeout.and_then(|seconds| Instant::now().checked_add(Duration::try_from_secs_f64(seconds).ok()?));
        loop {
            let left = until.map_or(PIECE, |until| until.saturating_duration_since(Instant::now()).min(PIECE));
            let told = py.detach(|| match &mut *self.watch.lock().unwrap_or_else(PoisonError::into_inner) {
                Some(watch) => watch.next(Some(left)),
                None => Err(Error::new(ErrorKind::Cancelled, "wait for changes")),
            });
            match told {
                Ok(Some(event)) => return Ok(Some(Event(event))),
                Ok(None) => {}
                Err(error) if error.kind() == ErrorKind::Cancelled => return Ok(None),
                Err(error) => return Err(to_python(py, &error)),
            }
            py.check_signals()?;
            if until.is_some_and(|until| until <= Instant::now()) {
                return Ok(None);
            }
        }
    }

    /// Ends the watch, also while another thread waits.
    fn close(&self, py: Python<'_>) {
        self.closed.store(true, std::sync::atomic::Ordering::Release);
        self.canceller.cancel();
        py.detach(|| drop(self.watch.lock().unwrap_or_else(PoisonError::into_inner).take()));
    }

    /// Whether it was closed.
    #[getter]
    fn closed(&self) -> bool {
        self.closed.load(std::sync::atomic::Ordering::Acquire)
    }
}

/// Lists all kinds, or these.
#[pyfunction]
#[pyo3(signature = (namespace: "object" = None, kinds: "list[str] | None" = None))]
pub(crate) fn snapshot(
    py: Python<'_>,
    namespace: Option<NamespaceArgument>,
    kinds: Option<Vec<String>>,
) -> PyResult<Snapshot> {
    let taken = py.detach(|| {
        let mut options = SnapshotOptions::default();
        if let Some(kinds) = kinds {
            options.kinds = named(&kinds)?;
        }
        let netlink = open(namespace.as_ref())?;
        Ok(Snapshot { snapshot: netlink.snapshot(&options), netlink: Arc::new(netlink) })
    });
    taken.map_err(|error: Error| to_python(py, &error))
}

/// What must happen to `old` for it to be `new`, and the kinds that are not compared, and why. Counters and ages count
/// only if they are asked for.
#[pyfunction]
pub(crate) fn diff(py: Python<'_>, old: &Snapshot, new: &Snapshot, volatile: bool) -> PyResult<Compared> {
    let options = if volatile { DiffOptions::ignoring([]) } else { DiffOptions::default() };
    let changes = py.detach(|| netlink::Snapshot::diff(&old.snapshot, &new.snapshot, &options));
    let changes = changes.map_err(|error| to_python(py, &error))?;
    let uncompared = netlink::Snapshot::uncompared(&old.snapshot, &new.snapshot);
    let uncompared = uncompared.into_iter().map(|(kind, why)| (kind.name(), why)).collect();
    Ok((changes.into_iter().map(|change| Change(Arc::new(change))).collect(), uncompared))
}

type Compared = (Vec<Change>, Vec<(&'static str, String)>);

/// Begins to watch.
#[pyfunction]
#[pyo3(signature = (
    namespace: "object" = None, kinds: "list[str] | None" = None, initial: "bool" = false, buffer: "int | None" = None,
))]
pub(crate) fn watch(
    py: Python<'_>,
    namespace: Option<NamespaceArgument>,
    kinds: Option<Vec<String>>,
    initial: bool,
    buffer: Option<usize>,
) -> PyResult<Watch> {
    let begun = py.detach(|| {
        let mut options = WatchOptions::default();
        if let Some(kinds) = kinds {
            options.kinds = named(&kinds)?;
        }
        options.initial = initial;
        options.buffer = buffer.unwrap_or(options.buffer);
        open(namespace.as_ref())?.watch(&options)
    });
    let watch = begun.map_err(|error| to_python(py, &error))?;
    Ok(Watch { canceller: watch.canceller(), watch: Mutex::new(Some(watch)), closed: false.into() })
}

fn named(kinds: &[String]) -> Result<Vec<Kind>> {
    kinds.iter().map(|name| name.parse()).collect()
}

/// For how long signals are not looked at.
const PIECE: Duration = Duration::from_millis(100);

//! Sockets as they are closed.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use netshoot_core::netlink::{self, Closing, Family, SocketProtocol};
use netshoot_core::{Error, Result};
use pyo3::prelude::*;

use super::item::Item;
use super::namespace::NamespaceArgument;
use super::query::{open, socket_protocols};
use super::sockets::InetSocket;
use crate::error::to_python;

/// Sockets of TCP and UDP in the order in which they are closed.
#[pyclass(frozen, module = "netshoot._netshoot")]
#[derive(Debug)]
pub(crate) struct ClosingSockets {
    sockets: Mutex<Option<netlink::ClosingSockets>>,
    lost: AtomicU64,
    closed: AtomicBool,
}

#[pymethods]
impl ClosingSockets {
    /// The next socket that is closed; `None` when there is none within so many seconds, or nothing is told any more. Looks
    /// at signals ten times a second.
    #[pyo3(signature = (timeout))]
    fn next(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<Option<InetSocket>> {
        let until = timeout.and_then(|seconds| Instant::now().checked_add(Duration::try_from_secs_f64(seconds).ok()?));
        loop {
            let left = until.map_or(PIECE, |until| until.saturating_duration_since(Instant::now()).min(PIECE));
            let told = py.detach(|| match &mut *self.sockets.lock().unwrap_or_else(PoisonError::into_inner) {
                Some(sockets) => sockets.next(left),
                None => Ok(None),
            });
            match told.map_err(|error| to_python(py, &error))? {
                Some(Closing::Socket(socket)) => return Ok(Some(InetSocket(Item::Alone(Arc::new(*socket))))),
                Some(_) => drop(self.lost.fetch_add(1, Ordering::Relaxed)),
                None => {}
            }
            py.check_signals()?;
            if self.closed() || until.is_some_and(|until| until <= Instant::now()) {
                return Ok(None);
            }
        }
    }

    /// Tells no more, also while another thread waits.
    fn close(&self, py: Python<'_>) {
        self.closed.store(true, Ordering::Release);
        py.detach(|| drop(self.sockets.lock().unwrap_or_else(PoisonError::into_inner).take()));
    }

    /// Whether nothing is told any more.
    #[getter]
    fn closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// How often sockets were closed faster than they were read, so that some were not told.
    #[getter]
    fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }
}

/// Begins to tell the sockets of these protocols (`tcp`, `udp`) that are closed from now on, of one family or both.
#[pyfunction]
#[pyo3(signature = (namespace: "object" = None, protocols: "list[str] | None" = None, family: "int | None" = None))]
pub(crate) fn closing_sockets(
    py: Python<'_>,
    namespace: Option<NamespaceArgument>,
    protocols: Option<Vec<String>>,
    family: Option<u8>,
) -> PyResult<ClosingSockets> {
    let begun: Result<_, Error> = py.detach(|| {
        let protocols = match protocols {
            Some(names) => socket_protocols(&names)?,
            None => vec![SocketProtocol::TCP, SocketProtocol::UDP],
        };
        open(namespace.as_ref())?.closing_sockets(&protocols, family.map(Family))
    });
    let sockets = begun.map_err(|error| to_python(py, &error))?;
    Ok(ClosingSockets { sockets: Mutex::new(Some(sockets)), lost: 0.into(), closed: false.into() })
}

/// For how long signals are not looked at.
const PIECE: Duration = Duration::from_millis(100);

//! What a lookup answers, and the namespaces of the host.

use std::net::IpAddr;
use std::sync::Arc;

use netshoot_core::namespace::{Denied, NamespaceInfo};
use netshoot_core::netlink::{RouteAnswer as Answer, RouteQuery};
use pyo3::prelude::*;

use super::item::Item;
use super::namespace::NamespaceArgument;
use super::query::{LinkArgument, index, ip_protocol, open};
use super::routes::Route;
use super::tables::Rule;
use super::tree::{Tree, tree};
use crate::error::to_python;

/// What the kernel would do with a packet.
#[pyclass(frozen, module = "netshoot")]
#[derive(Debug)]
pub(crate) struct RouteAnswer {
    answer: Answer,
    verdict: String,
    dev: Option<String>,
}

#[pymethods]
impl RouteAnswer {
    /// What becomes of it: `unicast`, `local`, `blackhole`, `no_route`.
    #[getter]
    fn verdict(&self) -> &str {
        &self.verdict
    }

    /// The table that decided.
    #[getter]
    fn table(&self) -> Option<u32> {
        self.answer.table
    }

    /// The rule that led to the table, or refused; `None` if it cannot be told.
    #[getter]
    fn rule(&self) -> Option<Rule> {
        self.answer.rule.clone().map(|rule| Rule(Item::Alone(Arc::new(rule))))
    }

    /// The source that it would have.
    #[getter]
    fn source(&self) -> Option<IpAddr> {
        self.answer.source
    }

    /// The index of the link that it would leave by.
    #[getter]
    fn oif(&self) -> Option<u32> {
        self.answer.oif
    }

    /// The name of that link.
    #[getter]
    fn dev(&self) -> Option<&str> {
        self.dev.as_deref()
    }

    /// The router that it would go to; `None` when the destination is on the link.
    #[getter]
    fn gateway(&self) -> Option<IpAddr> {
        self.answer.gateway
    }

    /// Largest packet in octets.
    #[getter]
    fn mtu(&self) -> Option<u32> {
        self.answer.mtu
    }

    /// The kernel's answer as a route. A refusal has none.
    #[getter]
    fn route(&self) -> Option<Route> {
        self.answer.route.clone().map(|route| Route(Item::Alone(Arc::new(route))))
    }

    /// All of it, in the form of the library's JSON.
    #[pyo3(signature = () -> "dict[str, object]")]
    fn to_dict(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        tree(py, &self.answer)
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        let fields = ["verdict", "table", "source", "dev", "gateway", "mtu"];
        super::item::repr(slf.as_any(), "RouteAnswer", &fields)
    }
}

/// Asks the kernel what it would do with a packet.
#[pyfunction]
#[pyo3(signature = (destination: "IPv4Address | IPv6Address", namespace: "object" = None, source: "IPv4Address | IPv6Address | None" = None, iif: "bytes | int | None" = None, oif: "bytes | int | None" = None, mark: "int | None" = None, uid: "int | None" = None, ip_proto: "str | None" = None, sport: "int | None" = None, dport: "int | None" = None, tos: "int" = 0, flowlabel: "int | None" = None, fib_match: "bool" = false))]
#[allow(clippy::too_many_arguments, reason = "the selectors of a route, which Python names")]
pub(crate) fn route_get(
    py: Python<'_>,
    destination: IpAddr,
    namespace: Option<NamespaceArgument>,
    source: Option<IpAddr>,
    iif: Option<LinkArgument>,
    oif: Option<LinkArgument>,
    mark: Option<u32>,
    uid: Option<u32>,
    ip_proto: Option<String>,
    sport: Option<u16>,
    dport: Option<u16>,
    tos: u8,
    flowlabel: Option<u32>,
    fib_match: bool,
) -> PyResult<RouteAnswer> {
    let answer = py.detach(|| {
        let netlink = open(namespace.as_ref())?;
        let mut query = RouteQuery::new(destination);
        query.source = source;
        query.iif = index(&netlink, iif)?;
        query.oif = index(&netlink, oif)?;
        (query.mark, query.uid) = (mark, uid);
        query.ip_proto = ip_proto.as_deref().map(ip_protocol).transpose()?;
        (query.sport, query.dport, query.tos) = (sport, dport, tos);
        (query.flowlabel, query.fib_match) = (flowlabel, fib_match);
        let answer = netlink.route_get(&query)?;
        let dev = match answer.oif {
            Some(oif) => Some(netlink.link_names()?.name(oif).to_string()),
            None => None,
        };
        Ok((answer, dev))
    });
    let (answer, dev) = answer.map_err(|error| to_python(py, &error))?;
    let verdict = tree(py, &answer.verdict)?.extract(py)?;
    Ok(RouteAnswer { answer, verdict, dev })
}

/// A network namespace of the host, and by what it was found.
#[pyclass(frozen, module = "netshoot")]
#[derive(Debug)]
pub(crate) struct Namespace(pub(crate) Arc<NamespaceInfo>);

#[pymethods]
impl Namespace {
    /// Device and inode of its file.
    #[getter]
    fn id(&self) -> (u64, u64) {
        (self.0.id.device, self.0.id.inode)
    }

    /// Whether it is the caller's own.
    #[getter]
    fn is_current(&self) -> bool {
        self.0.is_current
    }

    /// Names under `/run/netns`.
    #[getter]
    fn names(&self) -> Vec<String> {
        self.0.names.iter().map(ToString::to_string).collect()
    }

    /// The lowest number of its processes; `None` if it has none.
    #[getter]
    fn pid(&self) -> Option<u32> {
        self.0.processes.first().map(|process| process.pid)
    }

    /// The numbers of its processes.
    #[getter]
    fn pids(&self) -> Vec<u32> {
        self.0.processes.iter().map(|process| process.pid).collect()
    }

    /// Its processes: a dictionary each.
    #[getter]
    fn processes(&self, py: Python<'_>) -> PyResult<Tree> {
        tree(py, &self.0.processes).map(Tree)
    }

    /// Files that it is bound to, in any mount namespace: a dictionary each.
    #[getter]
    fn bind_mounts(&self, py: Python<'_>) -> PyResult<Tree> {
        tree(py, &self.0.bind_mounts).map(Tree)
    }

    /// Descriptors that other processes have of it: a dictionary each.
    #[getter]
    fn descriptors(&self, py: Python<'_>) -> PyResult<Tree> {
        tree(py, &self.0.descriptors).map(Tree)
    }

    /// The number that no other namespace has until the kernel restarts; `None` where it may not be asked.
    #[getter]
    fn cookie(&self) -> Option<u64> {
        self.0.cookie.known().copied()
    }

    /// The containers of its processes.
    #[getter]
    fn containers(&self) -> Vec<String> {
        self.0.containers.clone()
    }

    /// The number by which the caller's namespace knows it, if it has one and may be asked for.
    #[getter]
    fn nsid(&self) -> Option<i32> {
        self.0.nsid.known().copied().flatten()
    }

    /// All of it, in the form of the library's JSON.
    #[pyo3(signature = () -> "dict[str, object]")]
    fn to_dict(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        tree(py, &*self.0)
    }

    /// With the lowest of its processes' numbers.
    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        let fields = ["id", "is_current", "names", "nsid", "pid", "containers"];
        super::item::repr(slf.as_any(), "Namespace", &fields)
    }
}

/// The network namespaces of the host as far as the caller may see them, and what could not be read.
#[pyfunction]
pub(crate) fn namespaces(py: Python<'_>) -> PyResult<(Vec<Namespace>, Vec<String>)> {
    let found = py.detach(|| open(None)?.namespaces()).map_err(|error| to_python(py, &error))?;
    let denied = |denied: &Denied| match denied.capability {
        Some(capability) => format!("{}: {}; hint: needs {capability}", denied.what, denied.reason),
        None => format!("{}: {}", denied.what, denied.reason),
    };
    let denied = found.denied.iter().map(denied).collect();
    Ok((found.namespaces.into_iter().map(|namespace| Namespace(Arc::new(namespace))).collect(), denied))
}

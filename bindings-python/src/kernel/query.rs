//! The questions: each opens the namespace, asks the kernel and gives a listing. The interpreter lock is released.

use std::sync::Arc;

use netshoot_core::netlink::{
    self, Address, AddressFilter, ByteString, Family, FdbEntry, FdbFilter, InetSocket, InetSocketFilter, Link,
    LinkFilter, Neighbor, NeighborFilter, Netlink, NetlinkDiagSocket, NextHop, NextHopFilter, Owned, Owners,
    PacketSocket, Qdisc, QdiscFilter, Route, RouteFilter, RouteProtocol, Rule, RuleFilter, SocketProtocol, UnixSocket,
};
use netshoot_core::{Error, ErrorKind, Result};
use pyo3::prelude::*;

use super::listing::{Listed, Listing};
use super::namespace::NamespaceArgument;
use crate::error::to_python;

/// A link by its name or index.
#[derive(Debug, FromPyObject)]
pub(crate) enum LinkArgument {
    Index(u32),
    Name(String),
}

/// The links. `master` wants the ports of one, `kind` those of one kind such as `veth`.
#[pyfunction]
#[pyo3(signature = (namespace: "object" = None, master: "str | int | None" = None, kind: "str | None" = None, stats: "bool" = true))]
pub(crate) fn links(
    py: Python<'_>,
    namespace: Option<NamespaceArgument>,
    master: Option<LinkArgument>,
    kind: Option<String>,
    stats: bool,
) -> PyResult<Listing> {
    ask(py, namespace, |netlink| {
        let mut filter = LinkFilter::default();
        filter.master = index(netlink, master)?;
        filter.kind = kind.as_deref().map(ByteString::from);
        filter.without_stats = !stats;
        netlink.list::<Link>(&filter)
    })
}

/// The addresses, of one family (4 or 6) or link.
#[pyfunction]
#[pyo3(signature = (namespace: "object" = None, family: "int | None" = None, dev: "str | int | None" = None))]
pub(crate) fn addresses(
    py: Python<'_>,
    namespace: Option<NamespaceArgument>,
    family: Option<u8>,
    dev: Option<LinkArgument>,
) -> PyResult<Listing> {
    ask(py, namespace, |netlink| {
        let mut filter = AddressFilter::default();
        filter.family = family_of(family)?;
        filter.ifindex = index(netlink, dev)?;
        netlink.list::<Address>(&filter)
    })
}

/// The routes of all tables or one, of one family (4 or 6), out of one link, made by one protocol.
#[pyfunction]
#[pyo3(signature = (namespace: "object" = None, family: "int | None" = None, table: "int | None" = None, dev: "str | int | None" = None, protocol: "str | None" = None))]
pub(crate) fn routes(
    py: Python<'_>,
    namespace: Option<NamespaceArgument>,
    family: Option<u8>,
    table: Option<u32>,
    dev: Option<LinkArgument>,
    protocol: Option<String>,
) -> PyResult<Listing> {
    ask(py, namespace, |netlink| {
        let mut filter = RouteFilter::default();
        filter.family = family_of(family)?;
        filter.table = table;
        filter.oif = index(netlink, dev)?;
        filter.protocol = protocol.map(|name| named(&name, "protocol", RouteProtocol::from_name)).transpose()?;
        netlink.list::<Route>(&filter)
    })
}

/// The next hop objects, out of one link, or groups only.
#[pyfunction]
#[pyo3(signature = (namespace: "object" = None, id: "int | None" = None, dev: "str | int | None" = None, groups: "bool" = false))]
pub(crate) fn next_hops(
    py: Python<'_>,
    namespace: Option<NamespaceArgument>,
    id: Option<u32>,
    dev: Option<LinkArgument>,
    groups: bool,
) -> PyResult<Listing> {
    ask(py, namespace, |netlink| {
        let mut filter = NextHopFilter::default();
        filter.id = id;
        filter.oif = index(netlink, dev)?;
        filter.groups = groups;
        netlink.list::<NextHop>(&filter)
    })
}

/// The rules of policy routing, of one family (4 or 6) or table.
#[pyfunction]
#[pyo3(signature = (namespace: "object" = None, family: "int | None" = None, table: "int | None" = None))]
pub(crate) fn rules(
    py: Python<'_>,
    namespace: Option<NamespaceArgument>,
    family: Option<u8>,
    table: Option<u32>,
) -> PyResult<Listing> {
    ask(py, namespace, |netlink| {
        let mut filter = RuleFilter::default();
        filter.family = family_of(family)?;
        filter.table = table;
        netlink.list::<Rule>(&filter)
    })
}

/// The neighbours, of one family (4 or 6), on one link; `proxies` wants only those, or leaves them out.
#[pyfunction]
#[pyo3(signature = (namespace: "object" = None, family: "int | None" = None, dev: "str | int | None" = None, proxies: "bool | None" = None))]
pub(crate) fn neighbors(
    py: Python<'_>,
    namespace: Option<NamespaceArgument>,
    family: Option<u8>,
    dev: Option<LinkArgument>,
    proxies: Option<bool>,
) -> PyResult<Listing> {
    ask(py, namespace, |netlink| {
        let mut filter = NeighborFilter::default();
        filter.family = family_of(family)?;
        filter.ifindex = index(netlink, dev)?;
        filter.proxies = proxies;
        netlink.list::<Neighbor>(&filter)
    })
}

/// The forwarding entries, of one bridge, port or VLAN.
#[pyfunction]
#[pyo3(signature = (namespace: "object" = None, master: "str | int | None" = None, dev: "str | int | None" = None, vlan: "int | None" = None))]
pub(crate) fn fdb(
    py: Python<'_>,
    namespace: Option<NamespaceArgument>,
    master: Option<LinkArgument>,
    dev: Option<LinkArgument>,
    vlan: Option<u16>,
) -> PyResult<Listing> {
    ask(py, namespace, |netlink| {
        let mut filter = FdbFilter::default();
        filter.master = index(netlink, master)?;
        filter.ifindex = index(netlink, dev)?;
        filter.vlan = vlan;
        netlink.list::<FdbEntry>(&filter)
    })
}

/// The queueing disciplines, of one link.
#[pyfunction]
#[pyo3(signature = (namespace: "object" = None, dev: "str | int | None" = None))]
pub(crate) fn qdiscs(
    py: Python<'_>,
    namespace: Option<NamespaceArgument>,
    dev: Option<LinkArgument>,
) -> PyResult<Listing> {
    ask(py, namespace, |netlink| {
        let mut filter = QdiscFilter::default();
        filter.ifindex = index(netlink, dev)?;
        netlink.list::<Qdisc>(&filter)
    })
}

/// Internet sockets of these protocols (`tcp`, `udp`, `raw` …), of one family, in these states (bits of `1 << TCP_…`), that
/// a filter in the words of `ss` lets through; `details` asks for all that the kernel tells, `owners` for the processes that
/// hold them.
#[pyfunction]
#[pyo3(signature = (namespace: "object" = None, protocols: "list[str] | None" = None, family: "int | None" = None, states: "int" = u32::MAX, details: "bool" = true, owners: "bool" = false, filter: "str | None" = None))]
#[expect(clippy::too_many_arguments, reason = "named in Python")]
pub(crate) fn inet_sockets(
    py: Python<'_>,
    namespace: Option<NamespaceArgument>,
    protocols: Option<Vec<String>>,
    family: Option<u8>,
    states: u32,
    details: bool,
    owners: bool,
    filter: Option<String>,
) -> PyResult<Listing> {
    ask(py, namespace, |netlink| {
        let mut wanted = InetSocketFilter::default();
        if let Some(protocols) = protocols {
            let known = |name: &String| named(name, "protocol", SocketProtocol::from_name);
            wanted.protocols = protocols.iter().map(known).collect::<Result<_>>()?;
        }
        wanted.family = family_of(family)?;
        wanted.states = states;
        wanted.extensions = if details { InetSocketFilter::ALL_EXTENSIONS } else { 0 };
        if let Some(text) = filter {
            wanted.restrict(&netlink.socket_selection(&text)?);
        }
        owned(netlink.list::<InetSocket>(&wanted)?, owners)
    })
}

macro_rules! socket_lists {
    ($($(#[$doc:meta])* $name:ident: $object:ty;)*) => {$(
        $(#[$doc])*
        #[pyfunction]
        #[pyo3(signature = (namespace: "object" = None, owners: "bool" = false, filter: "str | None" = None))]
        pub(crate) fn $name(
            py: Python<'_>,
            namespace: Option<NamespaceArgument>,
            owners: bool,
            filter: Option<String>,
        ) -> PyResult<Listing> {
            ask(py, namespace, |netlink| {
                let mut wanted = <$object as Object>::Filter::default();
                if let Some(text) = filter {
                    wanted.restrict(&netlink.socket_selection(&text)?);
                }
                owned(netlink.list::<$object>(&wanted)?, owners)
            })
        }
    )*};
}

socket_lists! {
    /// Unix sockets that a filter in the words of `ss` lets through; `owners` asks for the processes that hold them.
    unix_sockets: UnixSocket;
    /// Packet sockets that a filter in the words of `ss` lets through; `owners` asks for the processes that hold them.
    packet_sockets: PacketSocket;
    /// Netlink sockets that a filter in the words of `ss` lets through; `owners` asks for the processes that hold them.
    netlink_sockets: NetlinkDiagSocket;
}

/// Opens the namespace, and asks with the interpreter lock released.
pub(crate) fn ask<T: Listed>(
    py: Python<'_>,
    namespace: Option<NamespaceArgument>,
    question: impl FnOnce(&Netlink) -> Result<netlink::Listing<T>> + Send,
) -> PyResult<Listing> {
    let answer = py.detach(|| {
        let netlink = open(namespace.as_ref())?;
        let listing = question(&netlink)?;
        Ok(Listing::new(Arc::new(netlink), listing))
    });
    answer.map_err(|error| to_python(py, &error))
}

pub(crate) fn open(namespace: Option<&NamespaceArgument>) -> Result<Netlink> {
    Netlink::open(&NamespaceArgument::open(namespace)?)
}

fn owned<T: Owned>(mut listing: netlink::Listing<T>, owners: bool) -> Result<netlink::Listing<T>> {
    if owners {
        Owners::scan()?.assign(&mut listing.items);
    }
    Ok(listing)
}

pub(crate) fn index(netlink: &Netlink, link: Option<LinkArgument>) -> Result<Option<u32>> {
    let name = match link {
        None => return Ok(None),
        Some(LinkArgument::Index(index)) => return Ok(Some(index)),
        Some(LinkArgument::Name(name)) => name,
    };
    let mut filter = LinkFilter::default();
    filter.without_stats = true;
    let links = netlink.list::<Link>(&filter)?;
    let is_it = |link: &&Link| link.ifname == *name || link.altnames.iter().any(|other| *other == *name);
    let found = links.iter().find(is_it).map(|link| Some(link.ifindex));
    found.ok_or_else(|| {
        Error::new(ErrorKind::NotFound, format!("find link {name:?}")).with_detail("there is none of that name")
    })
}

pub(crate) fn family_of(family: Option<u8>) -> Result<Option<Family>> {
    match family {
        None => Ok(None),
        Some(4) => Ok(Some(Family::INET)),
        Some(6) => Ok(Some(Family::INET6)),
        Some(other) => Err(Error::new(ErrorKind::InvalidInput, "read arguments")
            .with_detail(format!("family is {other}"))
            .with_hint("4 or 6")),
    }
}

fn named<T>(name: &str, what: &str, known: impl Fn(&str) -> Option<T>) -> Result<T> {
    known(name).ok_or_else(|| {
        Error::new(ErrorKind::InvalidInput, "read arguments").with_detail(format!("{what} {name:?} is unknown"))
    })
}

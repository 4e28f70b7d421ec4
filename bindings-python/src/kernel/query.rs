//! The questions: each opens the namespace, asks the kernel and gives a listing. The interpreter lock is released.

use std::net::IpAddr;
use std::sync::Arc;

use netshoot_core::netlink::iproute2::Names;
use netshoot_core::netlink::{
    self, Address, AddressFilter, ByteString, Family, FdbEntry, FdbFilter, FdbQuery, InetSocket, InetSocketFilter,
    Link, LinkFilter, Neighbor, NeighborFilter, NeighborFlags, NeighborQuery, NeighborState, Netlink,
    NetlinkDiagSocket, NextHop, NextHopBucket, NextHopBucketFilter, NextHopFilter, Object, Owned, Owners, PacketSocket,
    Qdisc, QdiscFilter, Route, RouteFilter, RouteKind, Rule, RuleFilter, SocketProtocol, UnixSocket,
};
use netshoot_core::{Error, ErrorKind, Result};
use pyo3::prelude::*;

use super::item::Item;
use super::listing::{Listed, Listing};
use super::namespace::NamespaceArgument;
use super::tables::{FdbEntry as PyFdbEntry, Neighbor as PyNeighbor};
use crate::error::to_python;

/// A link by its index or the octets of its name.
#[derive(Debug, FromPyObject)]
pub(crate) enum LinkArgument {
    Index(u32),
    Name(Vec<u8>),
}

/// The links. `dev` wants one, `master` the ports of one, `kind` those of one kind such as `veth`, `up` those that
/// are up, or not.
#[pyfunction]
#[pyo3(signature = (namespace: "object" = None, dev: "bytes | int | None" = None, master: "bytes | int | None" = None, kind: "str | None" = None, up: "bool | None" = None, stats: "bool" = true))]
pub(crate) fn links(
    py: Python<'_>,
    namespace: Option<NamespaceArgument>,
    dev: Option<LinkArgument>,
    master: Option<LinkArgument>,
    kind: Option<String>,
    up: Option<bool>,
    stats: bool,
) -> PyResult<Listing> {
    ask(py, namespace, |netlink| {
        let mut filter = LinkFilter::default();
        filter.master = index(netlink, master)?;
        filter.ifindex = index(netlink, dev)?;
        filter.kind = kind.as_deref().map(ByteString::from);
        (filter.up, filter.without_stats) = (up, !stats);
        netlink.links_matching(&filter)
    })
}

/// The addresses, of one family (`AF_*`), link or scope.
#[pyfunction]
#[pyo3(signature = (namespace: "object" = None, family: "int | None" = None, dev: "bytes | int | None" = None, scope: "str | None" = None))]
pub(crate) fn addresses(
    py: Python<'_>,
    namespace: Option<NamespaceArgument>,
    family: Option<u8>,
    dev: Option<LinkArgument>,
    scope: Option<String>,
) -> PyResult<Listing> {
    ask(py, namespace, |netlink| {
        let mut filter = AddressFilter::default();
        filter.family = family.map(Family);
        filter.ifindex = index(netlink, dev)?;
        let number = |name: &str| Names::system().scope_number(name);
        filter.scope = scope.map(|name| named(&name, "scope", SCOPES, number)).transpose()?;
        netlink.list::<Address>(&filter)
    })
}

/// The routes of all tables or one, of one family (`AF_*`), out of one link, made by one protocol, of one kind or metric.
#[pyfunction]
#[pyo3(signature = (namespace: "object" = None, family: "int | None" = None, table: "str | None" = None, dev: "bytes | int | None" = None, protocol: "str | None" = None, kind: "str | None" = None, priority: "int | None" = None))]
#[allow(clippy::too_many_arguments, reason = "the selectors of routes, which Python names")]
pub(crate) fn routes(
    py: Python<'_>,
    namespace: Option<NamespaceArgument>,
    family: Option<u8>,
    table: Option<String>,
    dev: Option<LinkArgument>,
    protocol: Option<String>,
    kind: Option<String>,
    priority: Option<u32>,
) -> PyResult<Listing> {
    ask(py, namespace, |netlink| {
        let mut filter = RouteFilter::default();
        filter.kind = kind.map(|name| named(&name, "kind", ROUTE_KINDS, RouteKind::from_name)).transpose()?;
        filter.priority = priority;
        filter.family = family.map(Family);
        filter.table = table_of(table)?;
        filter.oif = index(netlink, dev)?;
        let number = |name: &str| Names::system().protocol_number(name);
        filter.protocol = protocol.map(|name| named(&name, "protocol", ROUTE_PROTOCOLS, number)).transpose()?;
        netlink.list::<Route>(&filter)
    })
}

/// The next hop objects, out of one link or a port of `master`, or groups only.
#[pyfunction]
#[pyo3(signature = (namespace: "object" = None, id: "int | None" = None, dev: "bytes | int | None" = None, master: "bytes | int | None" = None, groups: "bool" = false))]
pub(crate) fn next_hops(
    py: Python<'_>,
    namespace: Option<NamespaceArgument>,
    id: Option<u32>,
    dev: Option<LinkArgument>,
    master: Option<LinkArgument>,
    groups: bool,
) -> PyResult<Listing> {
    ask(py, namespace, |netlink| {
        let mut filter = NextHopFilter::default();
        filter.id = id;
        filter.oif = index(netlink, dev)?;
        filter.master = index(netlink, master)?;
        filter.groups = groups;
        netlink.list::<NextHop>(&filter)
    })
}

/// The buckets of resilient groups: of the group `id`, with the next hop `nhid`.
#[pyfunction]
#[pyo3(signature = (namespace: "object" = None, id: "int | None" = None, nhid: "int | None" = None))]
pub(crate) fn next_hop_buckets(
    py: Python<'_>,
    namespace: Option<NamespaceArgument>,
    id: Option<u32>,
    nhid: Option<u32>,
) -> PyResult<Listing> {
    ask(py, namespace, |netlink| {
        let mut filter = NextHopBucketFilter::default();
        (filter.id, filter.nhid) = (id, nhid);
        netlink.list::<NextHopBucket>(&filter)
    })
}

/// The rules of policy routing, of one family (`AF_*`), table or priority.
#[pyfunction]
#[pyo3(signature = (namespace: "object" = None, family: "int | None" = None, table: "str | None" = None, priority: "int | None" = None))]
pub(crate) fn rules(
    py: Python<'_>,
    namespace: Option<NamespaceArgument>,
    family: Option<u8>,
    table: Option<String>,
    priority: Option<u32>,
) -> PyResult<Listing> {
    ask(py, namespace, |netlink| {
        let mut filter = RuleFilter::default();
        filter.priority = priority;
        filter.family = family.map(Family);
        filter.table = table_of(table)?;
        netlink.list::<Rule>(&filter)
    })
}

/// The neighbours, of one family (`AF_*`), on one link or ports of `master`, in one of `states` (`REACHABLE`, `FAILED` …);
/// `proxies` wants only those, or leaves them out.
#[pyfunction]
#[pyo3(signature = (namespace: "object" = None, family: "int | None" = None, dev: "bytes | int | None" = None, master: "bytes | int | None" = None, states: "int | None" = None, proxies: "bool | None" = None))]
pub(crate) fn neighbors(
    py: Python<'_>,
    namespace: Option<NamespaceArgument>,
    family: Option<u8>,
    dev: Option<LinkArgument>,
    master: Option<LinkArgument>,
    states: Option<u16>,
    proxies: Option<bool>,
) -> PyResult<Listing> {
    ask(py, namespace, |netlink| {
        let mut filter = NeighborFilter::default();
        filter.family = family.map(Family);
        filter.ifindex = index(netlink, dev)?;
        filter.master = index(netlink, master)?;
        filter.states = states.map(NeighborState);
        filter.proxies = proxies;
        netlink.list::<Neighbor>(&filter)
    })
}

/// The forwarding entries, of one bridge, port or VLAN, in one of `states`.
#[pyfunction]
#[pyo3(signature = (namespace: "object" = None, master: "bytes | int | None" = None, dev: "bytes | int | None" = None, vlan: "int | None" = None, states: "int | None" = None))]
pub(crate) fn fdb(
    py: Python<'_>,
    namespace: Option<NamespaceArgument>,
    master: Option<LinkArgument>,
    dev: Option<LinkArgument>,
    vlan: Option<u16>,
    states: Option<u16>,
) -> PyResult<Listing> {
    ask(py, namespace, |netlink| {
        let mut filter = FdbFilter::default();
        filter.master = index(netlink, master)?;
        filter.ifindex = index(netlink, dev)?;
        filter.vlan = vlan;
        filter.states = states.map(NeighborState);
        netlink.list::<FdbEntry>(&filter)
    })
}

/// The neighbour or proxy with this address on a link; `None` if there is none.
#[pyfunction]
#[pyo3(signature = (address: "IPv4Address | IPv6Address", dev: "bytes | int", namespace: "object" = None, proxy: "bool" = false))]
pub(crate) fn neighbor(
    py: Python<'_>,
    address: IpAddr,
    dev: LinkArgument,
    namespace: Option<NamespaceArgument>,
    proxy: bool,
) -> PyResult<Option<PyNeighbor>> {
    let found = py.detach(|| {
        let netlink = open(namespace.as_ref())?;
        let mut query = NeighborQuery::new(address, index(&netlink, Some(dev))?.unwrap_or_default());
        query.proxy = proxy;
        netlink.neighbor(&query)
    });
    let found = found.map_err(|error| to_python(py, &error))?;
    Ok(found.map(|neighbor| PyNeighbor(Item::Alone(Arc::new(neighbor)))))
}

/// The forwarding entry of a hardware address on a port or tunnel, or in a bridge; `None` if there is none.
#[pyfunction]
#[pyo3(signature = (mac: "str", namespace: "object" = None, dev: "bytes | int | None" = None, master: "bytes | int | None" = None, vlan: "int | None" = None, vni: "int | None" = None, own: "bool" = false))]
#[allow(clippy::too_many_arguments, reason = "keywords in Python")]
pub(crate) fn fdb_entry(
    py: Python<'_>,
    mac: &str,
    namespace: Option<NamespaceArgument>,
    dev: Option<LinkArgument>,
    master: Option<LinkArgument>,
    vlan: Option<u16>,
    vni: Option<u32>,
    own: bool,
) -> PyResult<Option<PyFdbEntry>> {
    let found = py.detach(|| {
        let netlink = open(namespace.as_ref())?;
        let mut query =
            FdbQuery::new(named(mac, "mac", "a hardware address such as 02:00:00:00:00:01", |text| text.parse().ok())?);
        query.ifindex = index(&netlink, dev)?;
        query.master = index(&netlink, master)?;
        (query.vlan, query.vni) = (vlan, vni);
        query.place = if own { NeighborFlags::SELF } else { query.place };
        netlink.fdb_entry(&query)
    });
    let found = found.map_err(|error| to_python(py, &error))?;
    Ok(found.map(|entry| PyFdbEntry(Item::Alone(Arc::new(entry)))))
}

/// The queueing disciplines, of one link.
#[pyfunction]
#[pyo3(signature = (namespace: "object" = None, dev: "bytes | int | None" = None))]
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
    ask_owned(py, namespace, owners, |netlink| {
        let mut wanted = InetSocketFilter::default();
        if let Some(protocols) = protocols {
            wanted.protocols = socket_protocols(&protocols)?;
        }
        wanted.family = family.map(Family);
        wanted.states = states;
        wanted.extensions = if details { InetSocketFilter::ALL_EXTENSIONS } else { 0 };
        if let Some(text) = filter {
            wanted.restrict(&netlink.socket_selection(&text)?);
        }
        netlink.list::<InetSocket>(&wanted)
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
            ask_owned(py, namespace, owners, |netlink| {
                let mut wanted = <$object as Object>::Filter::default();
                if let Some(text) = filter {
                    wanted.restrict(&netlink.socket_selection(&text)?);
                }
                netlink.list::<$object>(&wanted)
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

/// The same of sockets, with the processes that hold them if `owners` are wanted.
fn ask_owned<T: Listed + Owned>(
    py: Python<'_>,
    namespace: Option<NamespaceArgument>,
    owners: bool,
    question: impl FnOnce(&Netlink) -> Result<netlink::Listing<T>> + Send,
) -> PyResult<Listing> {
    let answer = py.detach(|| {
        let netlink = open(namespace.as_ref())?;
        let mut listing = question(&netlink)?;
        let owners = if owners { Owners::scan()? } else { Owners::default() };
        owners.assign(&mut listing.items);
        Ok(Listing::new(Arc::new(netlink), listing).with_unreadable(&owners))
    });
    answer.map_err(|error| to_python(py, &error))
}

pub(crate) fn index(netlink: &Netlink, link: Option<LinkArgument>) -> Result<Option<u32>> {
    match link {
        None => Ok(None),
        Some(LinkArgument::Index(index)) => match netlink.link_name(index)? {
            Some(_) => Ok(Some(index)),
            None => Err(Error::new(ErrorKind::NotFound, format!("find link {index}"))
                .with_detail("there is none with that index")),
        },
        Some(LinkArgument::Name(name)) => named_link(netlink, &name.as_slice().into()).map(Some),
    }
}

/// By the octets of its name or, where there is none of that name, by the form in which a name is shown.
fn named_link(netlink: &Netlink, name: &ByteString) -> Result<u32> {
    let mut filter = LinkFilter::default();
    filter.without_stats = true;
    let links = netlink.list::<Link>(&filter)?;
    let find = |name: &ByteString| links.iter().find(|link| link.ifname == *name || link.altnames.contains(name));
    let shown = || name.to_str().and_then(ByteString::from_escaped);
    find(name).or_else(|| find(&shown()?)).map(|link| link.ifindex).ok_or_else(|| {
        Error::new(ErrorKind::NotFound, format!("find link {name:?}")).with_detail("there is none of that name")
    })
}

/// `None` is all tables.
fn table_of(table: Option<String>) -> Result<Option<u32>> {
    let number = |name: &str| Names::system().table_number(name);
    let named = |name: String| named(&name, "table", "a number, a name in rt_tables such as main, or all", number);
    table.filter(|name| name != "all").map(named).transpose()
}

pub(crate) fn socket_protocols(names: &[String]) -> Result<Vec<SocketProtocol>> {
    names.iter().map(|name| named(name, "protocol", SOCKET_PROTOCOLS, SocketProtocol::from_name)).collect()
}

/// The number of an IP protocol, by its name in /etc/protocols or in digits.
pub(crate) fn ip_protocol(name: &str) -> Result<u8> {
    named(name, "ip_proto", IP_PROTOCOLS, |name| Names::system().ip_protocol_number(name))
}

fn named<T>(name: &str, what: &str, allowed: &'static str, known: impl Fn(&str) -> Option<T>) -> Result<T> {
    known(name).ok_or_else(|| {
        Error::new(ErrorKind::InvalidInput, "read arguments")
            .with_detail(format!("{what} {name:?} is unknown"))
            .with_hint(allowed)
    })
}

const SCOPES: &str = "global, site, link, host, nowhere, another name in rt_scopes, or a number";
const ROUTE_KINDS: &str =
    "unicast, local, broadcast, anycast, multicast, blackhole, unreachable, prohibit, throw, nat or xresolve";
const ROUTE_PROTOCOLS: &str = "kernel, boot, static, ra, dhcp, bgp, ospf, another name in rt_protos, or a number";
const IP_PROTOCOLS: &str = "tcp, udp, ipv6-icmp, another name in /etc/protocols, or a number up to 255";
const SOCKET_PROTOCOLS: &str = "tcp, udp, raw, mptcp, sctp, dccp, udplite or icmp";

"""The kernel's own view: links, addresses, routes, sockets, counters, in any network namespace.

Each function asks the kernel once and gives a :class:`Listing`: the objects stay as the library has them, and become Python
objects when they are asked for. ``namespace`` is a name of ``ip netns``, a path such as ``/proc/1/ns/net``, the number of a
process, one of :func:`namespaces`, or what has a ``fileno()``: a pidfd (see :class:`Pidfd`) or an open namespace file. To
enter a namespace other than the caller's needs ``CAP_SYS_ADMIN``. Nothing is ever changed.

Where there is a choice, ``dev``, ``master``, ``iif`` and ``oif`` are a link's name or index. Names are octets: ``bytes`` are
taken as they are, and text also in the escaped form in which a name is shown. ``family`` is 4, 6, ``inet`` or ``inet6``.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, overload

from netshoot import _arguments as given
from netshoot import _netshoot
from netshoot._arguments import AddressLike, Family, LinkLike, NamespaceLike, Words
from netshoot._capture import Table, Tabular

if TYPE_CHECKING:
    from datetime import datetime

Item = TypeVar("Item", covariant=True)


Socket: TypeAlias = "_netshoot.InetSocket | _netshoot.UnixSocket | _netshoot.PacketSocket | _netshoot.NetlinkSocket"


class Pidfd:
    """A process's descriptor, as ``os.pidfd_open`` gives it, for ``namespace``; it is only looked at."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def fileno(self) -> int:
        """The descriptor."""
        return self._descriptor


class Listing(Tabular, Sequence[Item]):
    """Objects of one kind, of one namespace, at one time, in the kernel's order.

    A list of typed objects, and a table: ``to_arrow()``, ``to_polars()``, ``to_pandas()`` and ``__arrow_c_stream__`` give
    its columns, ``to_dicts()`` and ``json`` all of it.
    """

    def __init__(self, listing: _netshoot.Listing) -> None:
        self._listing = listing

    @overload
    def __getitem__(self, index: int) -> Item: ...
    @overload
    def __getitem__(self, index: slice) -> list[Item]: ...
    def __getitem__(self, index: int | slice) -> Item | list[Item]:
        if isinstance(index, slice):
            return [self._listing[place] for place in range(*index.indices(len(self)))]
        item: Item = self._listing[index]
        return item

    def __len__(self) -> int:
        return len(self._listing)

    def __iter__(self) -> Iterator[Item]:
        return (self._listing[place] for place in range(len(self._listing)))

    @property
    def kind(self) -> str:
        """The kind of the objects: ``link``, ``route``."""
        return self._listing.kind

    @property
    def consistency(self) -> str:
        """What the kernel promises: ``atomic``, ``checked`` (see ``interrupted``) or ``best_effort``."""
        return self._listing.consistency

    @property
    def interrupted(self) -> bool:
        """Whether even the last attempt was interrupted by a change, so that objects may be missing or doubled."""
        return self._listing.interrupted

    @property
    def retries(self) -> int:
        """How many times the dump was begun again because a change interrupted it."""
        return self._listing.retries

    @property
    def notes(self) -> list[str]:
        """Messages that could not be read as an object at all, and what the kernel does not tell of: ``sctp``. What is
        wrong within an object is in its own notes."""
        return self._listing.notes

    @property
    def unreadable_processes(self) -> int:
        """How many processes could not be looked into when owners were looked for: a socket without an owner may be
        theirs."""
        return self._listing.unreadable_processes

    @property
    def unreadable_reason(self) -> str | None:
        """Why they could not, and what helps: a want of ``CAP_SYS_PTRACE``, or too many open files."""
        return self._listing.unreadable_reason

    @property
    def namespace(self) -> tuple[int, int]:
        """Device and inode of the namespace."""
        return self._listing.namespace

    @property
    def taken_at(self) -> datetime:
        """When the last attempt began."""
        return self._listing.taken_at

    @property
    def json(self) -> str:
        """The library's own JSON: an object with ``schema_version``, ``kind``, ``namespace``, ``items`` and more."""
        return self._listing.json

    def to_dicts(self) -> list[dict[str, Any]]:
        """One dictionary for each object, with all attributes."""
        dicts: list[dict[str, Any]] = self._listing.to_dicts()
        return dicts

    def table(self) -> Table[Any]:
        """The listing as a table of short columns."""
        return Table(self._listing.table(), None)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Listing) and len(self) == len(other) and all(a == b for a, b in zip(self, other))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        doubt = ", interrupted" if self.interrupted else ""
        return f"<netshoot.Listing of {len(self):,} × {self.kind}{doubt}>"


def links(
    namespace: NamespaceLike = None,
    *,
    dev: LinkLike | None = None,
    master: LinkLike | None = None,
    kind: str | None = None,
    up: bool | None = None,
    stats: bool = True,
) -> Listing[_netshoot.Link]:
    """Network interfaces: one, the ports of ``master``, those of one ``kind`` such as ``veth``.

    With ``up=True`` those that are set up, with ``up=False`` those that are not, without it both.
    """
    dev_, master_ = given.link("dev", dev), given.link("master", master)
    up_, stats_ = None if up is None else given.flag("up", up), given.flag("stats", stats)
    return Listing(_netshoot.links(given.namespace(namespace), dev_, master_, given.text("kind", kind), up_, stats_))


def addresses(
    namespace: NamespaceLike = None,
    *,
    family: Family = None,
    dev: LinkLike | None = None,
    scope: str | int | None = None,
) -> Listing[_netshoot.Address]:
    """IP addresses, of one family, link or scope such as ``global``."""
    family_, scope_ = given.family("family", family), given.name_or_number("scope", scope, bits=8)
    return Listing(_netshoot.addresses(given.namespace(namespace), family_, given.link("dev", dev), scope_))


def routes(
    namespace: NamespaceLike = None,
    *,
    family: Family = None,
    table: str | int | None = None,
    dev: LinkLike | None = None,
    protocol: str | int | None = None,
    kind: str | None = None,
    priority: int | None = None,
) -> Listing[_netshoot.Route]:
    """Routes of all tables or one, out of one link, made by one protocol such as ``bgp``, of one kind such as
    ``blackhole``, or of one priority (metric). ``family`` may be ``mpls``, too.

    Tables and protocols have a number, or a name that ``ip`` knows, as in ``rt_tables``: ``main``, ``local``, ``default``;
    ``all`` is all tables, as without.
    """
    return Listing(
        _netshoot.routes(
            given.namespace(namespace),
            given.family("family", family, "mpls"),
            given.name_or_number("table", table, least=1),
            given.link("dev", dev),
            given.name_or_number("protocol", protocol, bits=8),
            given.text("kind", kind),
            given.number("priority", priority),
        )
    )


def next_hops(
    namespace: NamespaceLike = None,
    *,
    id: int | None = None,
    dev: LinkLike | None = None,
    master: LinkLike | None = None,
    groups: bool = False,
) -> Listing[_netshoot.NextHop]:
    """Next hop objects: the one with a number, those out of one link or a port of ``master``, or groups only."""
    dev_, master_ = given.link("dev", dev), given.link("master", master)
    id_, groups_ = given.number("id", id), given.flag("groups", groups)
    return Listing(_netshoot.next_hops(given.namespace(namespace), id_, dev_, master_, groups_))


def next_hop_buckets(
    namespace: NamespaceLike = None, *, id: int | None = None, nhid: int | None = None
) -> Listing[_netshoot.NextHopBucket]:
    """Buckets of resilient groups of next hops: of the group ``id``, with the next hop ``nhid``."""
    id_, nhid_ = given.number("id", id), given.number("nhid", nhid)
    return Listing(_netshoot.next_hop_buckets(given.namespace(namespace), id_, nhid_))


def rules(
    namespace: NamespaceLike = None,
    *,
    family: Family = None,
    table: str | int | None = None,
    priority: int | None = None,
) -> Listing[_netshoot.Rule]:
    """Rules of policy routing, of one family, table (a number or a name, as for :func:`routes`) or priority."""
    family_, table_ = given.family("family", family), given.name_or_number("table", table)
    return Listing(_netshoot.rules(given.namespace(namespace), family_, table_, given.number("priority", priority)))


def neighbors(
    namespace: NamespaceLike = None,
    *,
    family: Family = None,
    dev: LinkLike | None = None,
    master: LinkLike | None = None,
    states: Words = None,
    proxies: bool | None = None,
) -> Listing[_netshoot.Neighbor]:
    """Neighbours, of one family, on one link or the ports of ``master``, in one of ``states`` such as ``FAILED``;
    ``proxies`` wants only those, or leaves them out."""
    return Listing(
        _netshoot.neighbors(
            given.namespace(namespace),
            given.family("family", family),
            given.link("dev", dev),
            given.link("master", master),
            given.bits("states", states, _NEIGHBOR_STATES),
            None if proxies is None else given.flag("proxies", proxies),
        )
    )


def fdb(
    namespace: NamespaceLike = None,
    *,
    master: LinkLike | None = None,
    dev: LinkLike | None = None,
    vlan: int | None = None,
    states: Words = None,
) -> Listing[_netshoot.FdbEntry]:
    """Forwarding entries of bridges and tunnels: of one bridge, port or VLAN, in one of ``states`` such as ``PERMANENT``."""
    return Listing(
        _netshoot.fdb(
            given.namespace(namespace),
            given.link("master", master),
            given.link("dev", dev),
            given.number("vlan", vlan, 12),
            given.bits("states", states, _NEIGHBOR_STATES),
        )
    )


def neighbor(
    address: AddressLike, dev: LinkLike, namespace: NamespaceLike = None, *, proxy: bool = False
) -> _netshoot.Neighbor | None:
    """The neighbour or proxy with this address on a link; ``None`` if there is none."""
    link = given.link("dev", dev)
    if link is None:
        raise given.invalid("dev is None", "a name or an index")
    dst, proxy_ = given.address("address", address), given.flag("proxy", proxy)
    return _netshoot.neighbor(dst, link, given.namespace(namespace), proxy_)


def fdb_entry(
    mac: str,
    namespace: NamespaceLike = None,
    *,
    dev: LinkLike | None = None,
    master: LinkLike | None = None,
    vlan: int | None = None,
    vni: int | None = None,
    own: bool = False,
) -> _netshoot.FdbEntry | None:
    """The forwarding entry of a hardware address on a port, or in a bridge; ``None`` if there is none.

    With ``own`` it is looked for on the device itself (``self`` in the words of ``bridge``): tunnels have theirs there.
    """
    octets = given.text("mac", mac)
    if octets is None:
        raise given.invalid("mac is None", "a hardware address such as 02:00:00:00:00:01")
    return _netshoot.fdb_entry(
        octets,
        given.namespace(namespace),
        given.link("dev", dev),
        given.link("master", master),
        given.number("vlan", vlan, 12),
        given.number("vni", vni, 24),
        given.flag("own", own),
    )


def qdiscs(namespace: NamespaceLike = None, *, dev: LinkLike | None = None) -> Listing[_netshoot.Qdisc]:
    """Queueing disciplines with their counters, of one link."""
    return Listing(_netshoot.qdiscs(given.namespace(namespace), given.link("dev", dev)))


def sockets(
    namespace: NamespaceLike = None,
    *,
    kind: str = "inet",
    protocols: Words = None,
    family: Family = None,
    states: Words = None,
    details: bool = True,
    owners: bool = False,
    filter: str | None = None,
) -> Listing[Any]:
    """Sockets of a kind: ``inet``, ``unix``, ``packet`` or ``netlink``.

    For ``inet``, ``protocols`` are ``tcp``, ``udp``, ``raw`` (these three without it) and others; ``states`` are the words
    of ``ss``, those that it prints such as ``ESTAB`` and those that it takes such as ``established`` and ``connected``, all
    of them without it; and ``details`` asks for ``tcp_info`` and all else that the kernel tells.
    ``owners`` looks for the processes that hold the sockets, which takes longer than the rest; those of other users need
    ``CAP_SYS_PTRACE``.

    ``filter`` is in the words of ``ss``, first of states, then of ends: ``state established dport = :443 and src 10/8``.
    Of ``inet``, the kernel leaves out what it does not let through. Names of hosts are refused; ``fwmark`` needs
    ``CAP_NET_ADMIN``.
    """
    plain, owners_, filter_ = given.namespace(namespace), given.flag("owners", owners), given.text("filter", filter)
    if kind == "inet":
        protocols_, family_ = given.words("protocols", protocols), given.family("family", family)
        states_ = given.bits("states", states, _STATES)
        every, details_ = 0xFFFF_FFFF if states_ is None else states_, given.flag("details", details)
        return Listing(_netshoot.inet_sockets(plain, protocols_, family_, every, details_, owners_, filter_))
    if given.text("kind", kind) not in _OTHER_SOCKETS:
        raise given.invalid(f"kind {kind!r} is unknown", "inet, unix, packet or netlink")
    for name, value in (("protocols", protocols), ("family", family), ("states", states)):
        if value is not None:
            raise given.invalid(f"{name} is {value!r} with kind {kind!r}", "it is for inet alone; filter is for all")
    return Listing(_OTHER_SOCKETS[kind](plain, owners_, filter_))


def open_socket(
    namespace: NamespaceLike,
    family: int = socket.AF_INET,
    type: int = socket.SOCK_STREAM,
    proto: int = 0,
) -> socket.socket:
    """Makes a socket inside a namespace, where it stays wherever it is used; the caller's threads do not move.

    Raw and packet sockets need ``CAP_NET_RAW``.
    """
    numbers = (("family", family), ("type", type), ("proto", proto))
    family, type, proto = (given.integer(name, value, -(1 << 31), (1 << 31) - 1) for name, value in numbers)
    return socket.socket(fileno=_netshoot.open_socket(given.namespace(namespace), family, type, proto))


def route_get(
    destination: AddressLike,
    namespace: NamespaceLike = None,
    *,
    source: AddressLike | None = None,
    iif: LinkLike | None = None,
    oif: LinkLike | None = None,
    mark: int | None = None,
    uid: int | None = None,
    ip_proto: str | int | None = None,
    sport: int | None = None,
    dport: int | None = None,
    tos: int = 0,
    flowlabel: int | None = None,
    fib_match: bool = False,
) -> _netshoot.RouteAnswer:
    """What the kernel would do with a packet to ``destination``. That there is no route is an answer, not an error.

    ``ip_proto`` is the name of a protocol, ``tcp``, or its number. With ``fib_match``, ``route`` of the answer is the one of the table that matches.
    """
    return _netshoot.route_get(
        given.address("destination", destination),
        given.namespace(namespace),
        None if source is None else given.address("source", source),
        given.link("iif", iif),
        given.link("oif", oif),
        given.number("mark", mark),
        given.number("uid", uid),
        given.name_or_number("ip_proto", ip_proto, bits=8),
        given.number("sport", sport, 16),
        given.number("dport", dport, 16),
        given.integer("tos", tos, 0, 0xFF),
        given.number("flowlabel", flowlabel, 20),
        given.flag("fib_match", fib_match),
    )


class Namespaces(Sequence[_netshoot.Namespace]):
    """The network namespaces of the host, as far as the caller may see them; ``denied`` tells what could not be read."""

    def __init__(self, namespaces: list[_netshoot.Namespace], denied: list[str]) -> None:
        self._namespaces = namespaces
        self.denied = denied

    @overload
    def __getitem__(self, index: int) -> _netshoot.Namespace: ...
    @overload
    def __getitem__(self, index: slice) -> list[_netshoot.Namespace]: ...
    def __getitem__(self, index: int | slice) -> _netshoot.Namespace | list[_netshoot.Namespace]:
        return self._namespaces[index]

    def __len__(self) -> int:
        return len(self._namespaces)

    def __repr__(self) -> str:
        return f"<netshoot.Namespaces {len(self)}>"

    def _repr_html_(self) -> str:
        from netshoot import _html

        return _html.namespaces(self._namespaces, self.denied)


def namespaces() -> Namespaces:
    """The network namespaces of the host with their names, processes and containers."""
    return Namespaces(*_netshoot.namespaces())


_OTHER_SOCKETS = {
    "unix": _netshoot.unix_sockets,
    "packet": _netshoot.packet_sockets,
    "netlink": _netshoot.netlink_sockets,
}
_NEIGHBOR_STATES = {
    "INCOMPLETE": 0x1,
    "REACHABLE": 0x2,
    "STALE": 0x4,
    "DELAY": 0x8,
    "PROBE": 0x10,
    "FAILED": 0x20,
    "NOARP": 0x40,
    "PERMANENT": 0x80,
}
"""``NUD_*`` of linux/neighbour.h."""
_STATES = {
    "ESTAB": 1 << 1,
    "SYN-SENT": 1 << 2,
    "SYN-RECV": 1 << 3,
    "FIN-WAIT-1": 1 << 4,
    "FIN-WAIT-2": 1 << 5,
    "TIME-WAIT": 1 << 6,
    "UNCONN": 1 << 7,
    "CLOSE-WAIT": 1 << 8,
    "LAST-ACK": 1 << 9,
    "LISTEN": 1 << 10,
    "CLOSING": 1 << 11,
    "NEW-SYN-RECV": 1 << 12,
    "BOUND-INACTIVE": 1 << 13,
}
"""What ``ss`` prints, by the numbers of include/net/tcp_states.h; and after that what it takes."""
_ALL = (1 << 12) - 1
_STATES |= {
    "ESTABLISHED": _STATES["ESTAB"],
    "LISTENING": _STATES["LISTEN"],
    "UNCONNECTED": _STATES["UNCONN"],
    "CLOSED": _STATES["UNCONN"],
    "ALL": _ALL,
    "CONNECTED": _ALL & ~(_STATES["UNCONN"] | _STATES["LISTEN"]),
    "SYNCHRONIZED": _ALL & ~(_STATES["UNCONN"] | _STATES["LISTEN"] | _STATES["SYN-SENT"]),
    "BUCKET": _STATES["SYN-RECV"] | _STATES["TIME-WAIT"],
    "BIG": _ALL & ~(_STATES["SYN-RECV"] | _STATES["TIME-WAIT"]),
}

"""The kernel's own view: links, addresses, routes, sockets, counters, in any network namespace.

Each function asks the kernel once and gives a :class:`Listing`: the objects stay as the library has them, and become Python
objects when they are asked for. ``namespace`` is a name of ``ip netns``, a path such as ``/proc/1/ns/net``, the number of a
process, or what has a ``fileno()``: a pidfd (see :class:`Pidfd`) or an open namespace file. To enter a namespace other than
the caller's needs ``CAP_SYS_ADMIN``. Nothing is ever changed.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Mapping, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar, overload

from netshoot import _netshoot
from netshoot._capture import Table, Tabular
from netshoot._errors import InvalidInputError, from_library

if TYPE_CHECKING:
    from datetime import datetime

Item = TypeVar("Item", covariant=True)


class HasFileno(Protocol):
    """What has a descriptor."""

    def fileno(self) -> int:
        """The descriptor."""


NamespaceLike: TypeAlias = "str | int | os.PathLike[str] | HasFileno | None"
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
        """Messages that could not be read as an object at all. What is wrong within an object is in its own notes."""
        return self._listing.notes

    @property
    def unreadable_processes(self) -> int:
        """How many processes did not let their descriptors be read when owners were looked for, for want of
        ``CAP_SYS_PTRACE``: a socket without an owner may be theirs."""
        return self._listing.unreadable_processes

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
    dev: str | int | None = None,
    master: str | int | None = None,
    kind: str | None = None,
    up: bool = False,
    stats: bool = True,
) -> Listing[_netshoot.Link]:
    """Network interfaces: one, the ports of ``master``, those of one ``kind`` such as ``veth``, or those that are up."""
    return Listing(_netshoot.links(plain_namespace(namespace), dev, master, kind, up, stats))


def addresses(
    namespace: NamespaceLike = None,
    *,
    family: int | None = None,
    dev: str | int | None = None,
    scope: str | None = None,
) -> Listing[_netshoot.Address]:
    """IP addresses, of one family (4 or 6), link or scope such as ``global``."""
    return Listing(_netshoot.addresses(plain_namespace(namespace), family, dev, scope))


def routes(
    namespace: NamespaceLike = None,
    *,
    family: int | None = None,
    table: int | None = None,
    dev: str | int | None = None,
    protocol: str | None = None,
    kind: str | None = None,
    priority: int | None = None,
) -> Listing[_netshoot.Route]:
    """Routes of all tables or one (254 is ``main``), out of one link, made by one protocol such as ``bgp``, of one kind
    such as ``blackhole``, or of one priority (metric)."""
    return Listing(_netshoot.routes(plain_namespace(namespace), family, table, dev, protocol, kind, priority))


def next_hops(
    namespace: NamespaceLike = None,
    *,
    id: int | None = None,
    dev: str | int | None = None,
    master: str | int | None = None,
    groups: bool = False,
) -> Listing[_netshoot.NextHop]:
    """Next hop objects: the one with a number, those out of one link or a port of ``master``, or groups only."""
    return Listing(_netshoot.next_hops(plain_namespace(namespace), id, dev, master, groups))


def next_hop_buckets(
    namespace: NamespaceLike = None, *, id: int | None = None, nhid: int | None = None
) -> Listing[_netshoot.NextHopBucket]:
    """Buckets of resilient groups of next hops: of the group ``id``, with the next hop ``nhid``."""
    return Listing(_netshoot.next_hop_buckets(plain_namespace(namespace), id, nhid))


def rules(
    namespace: NamespaceLike = None,
    *,
    family: int | None = None,
    table: int | None = None,
    priority: int | None = None,
) -> Listing[_netshoot.Rule]:
    """Rules of policy routing, of one family (4 or 6), table or priority."""
    return Listing(_netshoot.rules(plain_namespace(namespace), family, table, priority))


def neighbors(
    namespace: NamespaceLike = None,
    *,
    family: int | None = None,
    dev: str | int | None = None,
    master: str | int | None = None,
    states: Sequence[str] | None = None,
    proxies: bool | None = None,
) -> Listing[_netshoot.Neighbor]:
    """Neighbours, of one family (4 or 6), on one link or the ports of ``master``, in one of ``states`` such as ``FAILED``;
    ``proxies`` wants only those, or leaves them out."""
    wanted = None if states is None else list(states)
    return Listing(_netshoot.neighbors(plain_namespace(namespace), family, dev, master, wanted, proxies))


def fdb(
    namespace: NamespaceLike = None,
    *,
    master: str | int | None = None,
    dev: str | int | None = None,
    vlan: int | None = None,
    states: Sequence[str] | None = None,
) -> Listing[_netshoot.FdbEntry]:
    """Forwarding entries of bridges and tunnels: of one bridge, port or VLAN, in one of ``states`` such as ``PERMANENT``."""
    wanted = None if states is None else list(states)
    return Listing(_netshoot.fdb(plain_namespace(namespace), master, dev, vlan, wanted))


def neighbor(
    address: str | IPv4Address | IPv6Address, dev: str | int, namespace: NamespaceLike = None, *, proxy: bool = False
) -> _netshoot.Neighbor | None:
    """The neighbour or proxy with this address on a link; ``None`` if there is none."""
    return _netshoot.neighbor(ip_address(address), dev, plain_namespace(namespace), proxy)


def fdb_entry(
    mac: str,
    namespace: NamespaceLike = None,
    *,
    dev: str | int | None = None,
    master: str | int | None = None,
    vlan: int | None = None,
    vni: int | None = None,
) -> _netshoot.FdbEntry | None:
    """The forwarding entry of a hardware address on a port or tunnel, or in a bridge; ``None`` if there is none."""
    return _netshoot.fdb_entry(mac, plain_namespace(namespace), dev, master, vlan, vni)


def qdiscs(namespace: NamespaceLike = None, *, dev: str | int | None = None) -> Listing[_netshoot.Qdisc]:
    """Queueing disciplines with their counters, of one link."""
    return Listing(_netshoot.qdiscs(plain_namespace(namespace), dev))


def snapshot(namespace: NamespaceLike = None, *, kinds: Sequence[str] | None = None) -> _netshoot.Snapshot:
    """All that can be watched, or these ``kinds``.

    There are ``link``, ``address``, ``route``, ``next_hop``, ``next_hop_bucket``, ``rule``, ``neighbor``, ``fdb_entry``,
    ``qdisc``; and, which cannot be watched, ``inet_socket``, ``unix_socket``, ``packet_socket``, ``netlink_socket``.
    """
    return _netshoot.snapshot(plain_namespace(namespace), None if kinds is None else list(kinds))


def diff(old: _netshoot.Snapshot, new: _netshoot.Snapshot, *, volatile: bool = False) -> list[_netshoot.Change]:
    """What must happen to ``old`` for it to be ``new``; counters and ages count with ``volatile``."""
    return _netshoot.diff(old, new, volatile)


class Watch:
    """Changes of a namespace as they happen: an iterator, an asynchronous iterator and a context manager.

    It begins when it is made. The end of the ``with`` block, or ``close()`` from any thread, ends it.
    """

    def __init__(self, watch: _netshoot.Watch) -> None:
        self._watch = watch

    def __iter__(self) -> Watch:
        return self

    def __next__(self) -> _netshoot.Event:
        event = self._watch.next(None)
        if event is None:
            raise StopIteration
        return event

    def next(self, timeout: float | None = None) -> _netshoot.Event | None:
        """The next event; ``None`` when none came within ``timeout`` seconds, or the watch has ended."""
        return self._watch.next(timeout)

    def __aiter__(self) -> Watch:
        return self

    async def __anext__(self) -> _netshoot.Event:
        import asyncio

        while True:
            # In short pieces, so that a task that is cancelled does not leave a thread behind.
            event = await asyncio.to_thread(self._watch.next, _PIECE)
            if event is not None:
                return event
            if self._watch.closed:
                raise StopAsyncIteration

    def close(self) -> None:
        """Ends the watch."""
        self._watch.close()

    def __enter__(self) -> Watch:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def __aenter__(self) -> Watch:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()


def watch(
    namespace: NamespaceLike = None,
    *,
    kinds: Sequence[str] | None = None,
    initial: bool = False,
    buffer: int | None = None,
) -> Watch:
    """Watches a namespace for changes of all kinds or some, such as ``link``; ``initial`` tells what is there as added.

    The kernel queues as many octets as ``buffer`` says, 16 MiB without; when more comes than is read, the differences
    are told between ``resync_begin`` and ``resync_end``.
    """
    return Watch(_netshoot.watch(plain_namespace(namespace), None if kinds is None else list(kinds), initial, buffer))


def sockets(
    namespace: NamespaceLike = None,
    *,
    kind: str = "inet",
    protocols: Sequence[str] | None = None,
    family: int | None = None,
    states: Sequence[str] | None = None,
    details: bool = True,
    owners: bool = False,
    filter: str | None = None,
) -> Listing[Any]:
    """Sockets of a kind: ``inet``, ``unix``, ``packet`` or ``netlink``.

    For ``inet``, ``protocols`` are ``tcp``, ``udp``, ``raw`` (these three without it) and others, ``states`` the words of
    ``ss`` such as ``ESTAB`` and ``LISTEN``, and ``details`` asks for ``tcp_info`` and all else that the kernel tells.
    ``owners`` looks for the processes that hold the sockets, which takes longer than the rest; those of other users need
    ``CAP_SYS_PTRACE``.

    ``filter`` is in the words of ``ss``, first of states, then of ends: ``state established dport = :443 and src 10/8``.
    Of ``inet``, the kernel leaves out what it does not let through. Names of hosts are refused; ``fwmark`` needs
    ``CAP_NET_ADMIN``.
    """
    plain = plain_namespace(namespace)
    if kind == "inet":
        wanted = None if protocols is None else list(protocols)
        return Listing(_netshoot.inet_sockets(plain, wanted, family, _states(states), details, owners, filter))
    if kind not in _OTHER_SOCKETS:
        raise _invalid(f"kind {kind!r} is unknown", "inet, unix, packet or netlink")
    return Listing(_OTHER_SOCKETS[kind](plain, owners, filter))


class ClosingSockets:
    """Sockets of TCP and UDP as they are closed, with their last ``tcp_info``: an iterator. It begins when it is made."""

    def __init__(self, sockets: _netshoot.ClosingSockets) -> None:
        self._sockets = sockets

    def __iter__(self) -> ClosingSockets:
        return self

    def __next__(self) -> _netshoot.InetSocket:
        closed = self._sockets.next(None)
        if closed is None:
            raise StopIteration
        return closed

    def next(self, timeout: float | None = None) -> _netshoot.InetSocket | None:
        """The next socket that is closed; ``None`` when there is none within ``timeout`` seconds."""
        return self._sockets.next(timeout)

    @property
    def lost(self) -> int:
        """How often sockets were closed faster than they were read, so that some were not told."""
        return self._sockets.lost


def closing_sockets(
    namespace: NamespaceLike = None, *, protocols: Sequence[str] | None = None, family: int | None = None
) -> ClosingSockets:
    """Tells the sockets of ``tcp`` and ``udp``, or one of them, that are closed from now on. Needs no right."""
    return ClosingSockets(
        _netshoot.closing_sockets(plain_namespace(namespace), None if protocols is None else list(protocols), family)
    )


def open_socket(
    namespace: NamespaceLike,
    family: int = socket.AF_INET,
    type: int = socket.SOCK_STREAM,
    proto: int = 0,
) -> socket.socket:
    """Makes a socket inside a namespace, where it stays wherever it is used; the caller's threads do not move.

    Raw and packet sockets need ``CAP_NET_RAW``.
    """
    return socket.socket(fileno=_netshoot.open_socket(plain_namespace(namespace), family, type, proto))


def route_get(
    destination: str | IPv4Address | IPv6Address,
    namespace: NamespaceLike = None,
    *,
    source: str | IPv4Address | IPv6Address | None = None,
    iif: str | int | None = None,
    oif: str | int | None = None,
    mark: int | None = None,
    uid: int | None = None,
    ip_proto: int | None = None,
    sport: int | None = None,
    dport: int | None = None,
    tos: int = 0,
    flowlabel: int | None = None,
    fib_match: bool = False,
) -> _netshoot.RouteAnswer:
    """What the kernel would do with a packet to ``destination``. That there is no route is an answer, not an error.

    With ``fib_match``, ``route`` of the answer is the one of the table that matches.
    """
    return _netshoot.route_get(
        ip_address(destination),
        plain_namespace(namespace),
        None if source is None else ip_address(source),
        iif,
        oif,
        mark,
        uid,
        ip_proto,
        sport,
        dport,
        tos,
        flowlabel,
        fib_match,
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


def namespaces() -> Namespaces:
    """The network namespaces of the host with their names, processes and containers."""
    return Namespaces(*_netshoot.namespaces())


class Counters(Tabular, Mapping[str, int]):
    """The kernel's network counters at one time, by their names as in ``nstat``: ``TcpExtListenOverflows``.

    Those that ``nstat`` does not read have dots: ``dev.eth0.rx_bytes``, ``softnet.cpu0.dropped``.
    """

    def __init__(self, counters: _netshoot.Counters) -> None:
        self._counters = counters
        self._values = dict(counters.items())

    def __getitem__(self, name: str) -> int:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def delta(self, earlier: Counters) -> dict[str, int]:
        """By how much each counter grew since ``earlier``; those that did not change are left out."""
        return dict(self._counters.changes(earlier._counters))

    def details(self, earlier: Counters) -> dict[str, Any]:
        """What happened since ``earlier`` in full: rates, new and vanished counters, wraps and resets."""
        details: dict[str, Any] = self._counters.delta(earlier._counters)
        return details

    @property
    def unavailable(self) -> list[str]:
        """Sources that could not be read, with the reason."""
        return self._counters.unavailable

    @property
    def notes(self) -> list[str]:
        """What could not be read within a source: the line, and why."""
        return self._counters.notes

    @property
    def taken_at(self) -> datetime:
        """When reading began."""
        return self._counters.taken_at

    def to_dicts(self) -> list[dict[str, Any]]:
        """One dictionary for each counter: source, group, instance, field, name, value."""
        dicts: list[dict[str, Any]] = self._counters.to_dicts()
        return dicts

    def table(self) -> Table[Any]:
        """The counters as a table."""
        return Table(self._counters.table(), None)

    def __repr__(self) -> str:
        return f"<netshoot.Counters {len(self):,} at {self.taken_at:%Y-%m-%d %H:%M:%S} UTC>"


def counters(namespace: NamespaceLike = None) -> Counters:
    """Reads all network counters of a namespace."""
    return Counters(_netshoot.counters(plain_namespace(namespace)))


def explain(name: str) -> str | None:
    """What a counter counts and what it means when it grows; ``None`` for one that is not known."""
    return _netshoot.explain(name)


def plain_namespace(namespace: NamespaceLike) -> object:
    """A namespace as the library takes it."""
    if isinstance(namespace, os.PathLike):
        return os.fspath(namespace)
    return namespace


def _states(states: Sequence[str] | None) -> int:
    if states is None:
        return 0xFFFF_FFFF
    bits = 0
    for state in states:
        if state.upper() not in _STATES:
            raise _invalid(f"state {state!r} is unknown", f"one of {', '.join(_STATES)}")
        bits |= 1 << _STATES[state.upper()]
    return bits


def _invalid(detail: str, hint: str) -> InvalidInputError:
    text = f"read arguments: {detail}; hint: {hint}"
    error = from_library("invalid_input", text, "read arguments", detail, hint, None)
    assert isinstance(error, InvalidInputError)
    return error


_PIECE = 0.25
"""Seconds."""
_OTHER_SOCKETS = {
    "unix": _netshoot.unix_sockets,
    "packet": _netshoot.packet_sockets,
    "netlink": _netshoot.netlink_sockets,
}
_STATES = {
    "ESTAB": 1,
    "SYN-SENT": 2,
    "SYN-RECV": 3,
    "FIN-WAIT-1": 4,
    "FIN-WAIT-2": 5,
    "TIME-WAIT": 6,
    "UNCONN": 7,
    "CLOSE-WAIT": 8,
    "LAST-ACK": 9,
    "LISTEN": 10,
    "CLOSING": 11,
    "NEW-SYN-RECV": 12,
    "BOUND-INACTIVE": 13,
}

"""What changes: snapshots and their differences, a watch, and sockets as they are closed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from netshoot import _arguments as given
from netshoot import _netshoot
from netshoot._arguments import Family, NamespaceLike, Words
from netshoot._kernel import Listing
from netshoot._source import Source

if TYPE_CHECKING:
    from datetime import datetime

    from typing_extensions import Self

Item = TypeVar("Item", covariant=True)


class Snapshot(Mapping[str, Listing[Any]]):
    """The objects of a namespace, one kind listed after the other: a mapping from kinds to listings, ``snapshot["link"]``.

    Kinds that could not be listed are in ``failed`` instead.
    """

    def __init__(self, snapshot: _netshoot.Snapshot) -> None:
        self._snapshot = snapshot
        self._sizes = dict(snapshot.sizes)

    def __getitem__(self, kind: str) -> Listing[Any]:
        if kind not in self._sizes:
            raise KeyError(f"{kind}: {self.failed[kind]}" if kind in self.failed else kind)
        return Listing(self._snapshot.listing(kind))

    def __iter__(self) -> Iterator[str]:
        return iter(self._sizes)

    def __len__(self) -> int:
        return len(self._sizes)

    @property
    def failed(self) -> dict[str, str]:
        """The kinds that could not be listed, and why."""
        return dict(self._snapshot.failed)

    @property
    def namespace(self) -> tuple[int, int]:
        """Device and inode of the namespace."""
        return self._snapshot.namespace

    @property
    def taken_at(self) -> datetime:
        """When the first listing began."""
        return self._snapshot.taken_at

    @property
    def json(self) -> str:
        """The library's own JSON: an object with ``schema_version``, ``namespace``, ``links`` and more."""
        return self._snapshot.json

    def to_dict(self) -> dict[str, Any]:
        """All of it as plain objects, in the form of ``json``."""
        return self._snapshot.to_dict()

    # Two are compared by `diff`.
    __eq__ = object.__eq__
    __hash__ = object.__hash__

    def __repr__(self) -> str:
        sizes = ", ".join(f"{size:,} × {kind}" for kind, size in self._sizes.items()) or "nothing"
        doubt = f", failed: {', '.join(self.failed)}" if self.failed else ""
        return f"<netshoot.Snapshot of {sizes}{doubt}, at {self.taken_at:%Y-%m-%d %H:%M:%S} UTC>"

    def _repr_html_(self) -> str:
        from netshoot import _html

        return _html.snapshot(f"snapshot at {self.taken_at:%Y-%m-%d %H:%M:%S} UTC", self._sizes, self.failed)


def snapshot(namespace: NamespaceLike = None, *, kinds: Words = None) -> Snapshot:
    """All that can be watched, or these ``kinds``.

    There are ``link``, ``address``, ``route``, ``next_hop``, ``next_hop_bucket``, ``rule``, ``neighbor``, ``fdb_entry``,
    ``qdisc``; and, which cannot be watched, ``inet_socket``, ``unix_socket``, ``packet_socket``, ``netlink_socket``.
    """
    return Snapshot(_netshoot.snapshot(given.namespace(namespace), given.words("kinds", kinds)))


class Changes(list[_netshoot.Change]):
    """A list of changes.

    ``uncompared`` has the kinds that only one of the snapshots has, or that one of them could not list, and why.
    """

    def __init__(self, changes: Iterable[_netshoot.Change] = (), uncompared: Mapping[str, str] | None = None) -> None:
        super().__init__(changes)
        self.uncompared = dict(uncompared or {})

    def _repr_html_(self) -> str:
        from netshoot import _html

        return _html.changes(self)


def diff(old: Snapshot, new: Snapshot, *, volatile: bool = False) -> Changes:
    """What must happen to ``old`` for it to be ``new``, of the same namespace; counters and ages count with ``volatile``.

    Kinds that only one of them has are not compared, and told in ``uncompared`` of the list.
    """
    for name, value in (("old", old), ("new", new)):
        if not isinstance(value, Snapshot):
            raise TypeError(f"{name} is of type {type(value).__name__}; hint: what snapshot() gives")
    changes, uncompared = _netshoot.diff(old._snapshot, new._snapshot, given.flag("volatile", volatile))
    return Changes(changes, dict(uncompared))


class _Taken(Protocol[Item]):
    @property
    def closed(self) -> bool: ...
    def next(self, timeout: float | None) -> Item | None: ...
    def close(self) -> None: ...


class Subscription(Generic[Item]):
    """What is told as it happens: an iterator, an asynchronous iterator and a context manager.

    It begins when it is made. The end of the ``with`` block, or ``close()`` from any thread, ends it.
    """

    def __init__(self, taken: _Taken[Item]) -> None:
        self._taken = taken
        self._source = Source(taken.next, lambda: taken.closed)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Item:
        item = self._source.next(None)
        if item is None:
            raise StopIteration
        return item

    def next(self, timeout: float | None = None) -> Item | None:
        """The next; ``None`` when none came within ``timeout`` seconds, 0 of which is without waiting.

        Raises a ``ValueError`` when this is closed, also while it waits.
        """
        item = self._source.next(given.seconds("timeout", timeout))
        if item is None and self.closed:
            raise given.closed(type(self).__name__)
        return item

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Item:
        return await self._source.anext()

    @property
    def closed(self) -> bool:
        """Whether it was closed."""
        return self._taken.closed

    def close(self) -> None:
        """Ends it."""
        self._taken.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<netshoot.{type(self).__name__}{', closed' if self.closed else ''}>"


class Watch(Subscription[_netshoot.Event]):
    """Changes of a namespace as they happen: an iterator, an asynchronous iterator and a context manager.

    It begins when it is made. The end of the ``with`` block, or ``close()`` from any thread, ends it.
    """


def watch(
    namespace: NamespaceLike = None,
    *,
    kinds: Words = None,
    initial: bool = False,
    buffer: int | None = None,
) -> Watch:
    """Watches a namespace for changes of all ``kinds`` or some; ``initial`` tells what is there as added.

    There are ``link``, ``address``, ``route``, ``next_hop``, ``next_hop_bucket``, ``rule``, ``neighbor``, ``fdb_entry`` and
    ``qdisc``. Counters and ages are no changes.

    The kernel queues as many octets as ``buffer`` says, 16 MiB without; when more comes than is read, the differences
    are told between ``resync_begin`` and ``resync_end``.
    """
    kinds_, buffer_ = given.words("kinds", kinds), given.number("buffer", buffer, 31)
    return Watch(_netshoot.watch(given.namespace(namespace), kinds_, given.flag("initial", initial), buffer_))


class ClosingSockets(Subscription[_netshoot.InetSocket]):
    """Sockets of TCP and UDP as they are closed, with their last ``tcp_info``: an iterator, an asynchronous iterator and a
    context manager. It begins when it is made."""

    def __init__(self, sockets: _netshoot.ClosingSockets) -> None:
        super().__init__(sockets)
        self._sockets = sockets

    @property
    def lost(self) -> int:
        """How often sockets were closed faster than they were read, so that some were not told."""
        return self._sockets.lost


def closing_sockets(
    namespace: NamespaceLike = None, *, protocols: Words = None, family: Family = None
) -> ClosingSockets:
    """Tells the sockets of ``tcp`` and ``udp``, or one of them, that are closed from now on. Needs no right."""
    protocols_, family_ = given.words("protocols", protocols), given.family("family", family)
    return ClosingSockets(_netshoot.closing_sockets(given.namespace(namespace), protocols_, family_))

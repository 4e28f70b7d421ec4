"""The kernel's network counters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from netshoot import _arguments as given
from netshoot import _netshoot
from netshoot._arguments import NamespaceLike
from netshoot._capture import Table, Tabular

if TYPE_CHECKING:
    from datetime import datetime


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
        """By how much each counter grew since ``earlier``, of the same namespace; those that did not change are left out."""
        return dict(self._counters.changes(earlier._counters))

    def details(self, earlier: Counters) -> dict[str, Any]:
        """What happened since ``earlier`` in full: rates, new and vanished counters, wraps and resets, ``same_namespace``."""
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

    @property
    def json(self) -> str:
        """The library's own JSON: an object with ``counters``, ``unavailable``, ``notes``, ``namespace``, ``taken_at``."""
        return self._counters.json

    def __repr__(self) -> str:
        return f"<netshoot.Counters {len(self):,} at {self.taken_at:%Y-%m-%d %H:%M:%S} UTC>"


def counters(namespace: NamespaceLike = None) -> Counters:
    """Reads all network counters of a namespace."""
    return Counters(_netshoot.counters(given.namespace(namespace)))


def explain(name: str) -> str | None:
    """What a counter counts and what it means when it grows; ``None`` for one that is not known."""
    return _netshoot.explain(name)

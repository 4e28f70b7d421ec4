"""The interfaces of this host, or of another network namespace."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, overload

from netshoot import _arguments as given
from netshoot import _netshoot
from netshoot._arguments import NamespaceLike


def interfaces(namespace: NamespaceLike = None) -> Interfaces:
    """Asks the kernel for the interfaces and their addresses.

    ``namespace`` is the name that ``ip netns`` gave to a network namespace, a process in it, a path such as
    ``/proc/1/ns/net``, or what has a ``fileno()``; to enter one other than the caller's needs ``CAP_SYS_ADMIN``.

    Raises :class:`Error`, which is also a ``FileNotFoundError`` or ``PermissionError`` where that is the cause.
    """
    return Interfaces(*_netshoot.interfaces(given.namespace(namespace)))


class Interfaces(Sequence[_netshoot.Interface]):
    """Interfaces in the kernel's order."""

    def __init__(self, interfaces: list[_netshoot.Interface], json: str) -> None:
        self._interfaces = interfaces
        self._json = json

    @overload
    def __getitem__(self, index: int) -> _netshoot.Interface: ...
    @overload
    def __getitem__(self, index: slice) -> list[_netshoot.Interface]: ...
    def __getitem__(self, index: int | slice) -> _netshoot.Interface | list[_netshoot.Interface]:
        return self._interfaces[index]

    def __len__(self) -> int:
        return len(self._interfaces)

    @property
    def json(self) -> str:
        """What ``ip -j -d address`` prints: the same keys, values and types."""
        return self._json

    def to_dict(self) -> list[dict[str, Any]]:
        """One dictionary for each interface, with the keys of ``ip -j -d address``."""
        import json

        objects: list[dict[str, Any]] = json.loads(self._json)
        return objects

    def __repr__(self) -> str:
        return f"<netshoot.Interfaces {', '.join(interface.ifname for interface in self._interfaces)}>"

    def _repr_html_(self) -> str:
        from netshoot import _html

        return _html.interfaces(self._interfaces)

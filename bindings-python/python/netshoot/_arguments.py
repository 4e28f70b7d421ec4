"""Arguments as Python programs give them, made what the library takes. Who gives a wrong one is told which one it is, what
was given and what is allowed."""

from __future__ import annotations

import math
import operator
import os
import socket
from collections.abc import Iterable, Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Protocol, SupportsIndex, TypeAlias, TypeVar

from netshoot import _netshoot
from netshoot._errors import InvalidInputError, from_library


class HasFileno(Protocol):
    """What has a descriptor."""

    def fileno(self) -> int:
        """The descriptor."""


Address = IPv4Address | IPv6Address
AddressLike: TypeAlias = "str | IPv4Address | IPv6Address"
Family: TypeAlias = "int | str | None"
LinkLike: TypeAlias = "str | bytes | int"
NamespaceLike: TypeAlias = (
    "str | bytes | int | os.PathLike[str] | os.PathLike[bytes] | HasFileno | _netshoot.Namespace | None"
)
Words: TypeAlias = "str | Iterable[str] | None"
Value = TypeVar("Value")


def invalid(detail: str, hint: str) -> InvalidInputError:
    """The error for an argument that makes no sense."""
    text = f"read arguments: {detail}; hint: {hint}"
    error = from_library("invalid_input", text, "read arguments", detail, hint, None)
    assert isinstance(error, InvalidInputError)
    return error


def closed(name: str) -> InvalidInputError:
    """The error for the use of what was closed."""
    operation, detail = f"next of {name}", "it is closed"
    error = from_library("invalid_input", f"{operation}: {detail}", operation, detail, None, None)
    assert isinstance(error, InvalidInputError)
    return error


def namespace(value: NamespaceLike) -> object:
    """A network namespace; the module below looks further."""
    return os.fspath(value) if isinstance(value, os.PathLike) else value


def integer(name: str, value: SupportsIndex, least: int, most: int, what: str = "a number") -> int:
    """A number from ``least`` to ``most``. A truth value is none."""
    if isinstance(value, bool):
        raise _mistyped(name, value, "an int")
    try:
        number = operator.index(value)
    except TypeError:
        raise _mistyped(name, value, "an int") from None
    if not least <= number <= most:
        raise invalid(f"{name} is {number}", f"{what} from {least} to {most}")
    return number


def number(name: str, value: SupportsIndex | None, bits: int = 32) -> int | None:
    """A number of so many bits, if there is one."""
    return None if value is None else integer(name, value, 0, (1 << bits) - 1)


def flag(name: str, value: bool) -> bool:
    """A truth value, also numpy's."""
    if isinstance(value, bool) or type(value).__name__ in ("bool", "bool_"):
        return bool(value)
    raise _mistyped(name, value, "True or False")


def text(name: str, value: str | None) -> str | None:
    """Text, if there is some."""
    if value is None or isinstance(value, str):
        return value
    raise _mistyped(name, value, "a str")


def link(name: str, value: LinkLike | None) -> bytes | int | None:
    """The octets of a link's name, or its index."""
    if value is None or isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return value.encode("utf-8", "surrogateescape")
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise _mistyped(name, value, "a name (str or bytes) or an index (int)")
    return integer(name, value, 1, 0x7FFF_FFFF, "a name, or an index")


def family(name: str, value: Family, *others: str) -> int | None:
    """The kernel's number of an address family: of IPv4, IPv6 or one of ``others``."""
    if value is None:
        return None
    names = ["inet", "inet6", *others]
    allowed = f"4, 6, {', '.join(names[:-1])} or {names[-1]}"
    if not isinstance(value, str) and not _is_index(value):
        raise _mistyped(name, value, allowed)
    key = value if value in names or not isinstance(value, str) else None
    if key not in _FAMILIES:
        raise invalid(f"{name} is {value!r}", allowed)
    return _FAMILIES[key]


def name_or_number(name: str, value: str | int | None, least: int = 0, bits: int = 32) -> str | None:
    """A name, or a number in digits."""
    if value is None or isinstance(value, str):
        return value
    if not _is_index(value):
        raise _mistyped(name, value, "a name (str) or a number (int)")
    return str(integer(name, value, least, (1 << bits) - 1, "a name, or a number"))


def words(name: str, value: Words) -> list[str] | None:
    """Several words; one alone need not be in a list."""
    if value is None:
        return None
    if isinstance(value, (bytes, Mapping)) or not isinstance(value, Iterable):
        raise _mistyped(name, value, "a list of str")
    several = [value] if isinstance(value, str) else list(value)
    for word in several:
        if not isinstance(word, str):
            raise _mistyped(f"an item of {name}", word, "a str")
    if not several:
        raise invalid(f"{name} is empty", "leave it out if all are wanted")
    return several


def bits(name: str, value: Words, known: Mapping[str, int]) -> int | None:
    """The union of sets of bits that have these names, in letters of either case."""
    several = words(name, value)
    if several is None:
        return None
    union = 0
    for word in several:
        if word.upper() not in known:
            raise invalid(f'{name.removesuffix("s")} "{word}" is unknown', f"one of {', '.join(known)}")
        union |= known[word.upper()]
    return union


def address(name: str, value: AddressLike) -> Address:
    """An IP address without a scope."""
    if not isinstance(value, (str, IPv4Address, IPv6Address)):
        raise _mistyped(name, value, "an address (str, IPv4Address or IPv6Address)")
    try:
        found = ip_address(value)
    except ValueError:
        raise invalid(f"{name} is {value!r}", "an IPv4 or IPv6 address") from None
    if getattr(found, "scope_id", None) is not None:
        raise invalid(f"{name} is {str(value)!r}", "the link is an argument of its own, not a part of the address")
    return found


def seconds(name: str, value: float | None) -> float | None:
    """A time; ``None`` and infinity are for ever."""
    if value is None:
        return None
    if isinstance(value, bool) or not hasattr(value, "__float__"):
        raise _mistyped(name, value, "a number of seconds")
    time = float(value)
    if math.isnan(time) or time < 0:
        raise invalid(f"{name} is {time}", "a number of seconds from 0")
    return time


def _is_index(value: object) -> bool:
    return hasattr(value, "__index__") and not isinstance(value, bool)


def _mistyped(name: str, value: object, allowed: str) -> TypeError:
    return TypeError(f"{name} is {value!r:.60}, of type {type(value).__name__}; hint: {allowed}")


_FAMILIES: dict[int | str | None, int] = {
    4: socket.AF_INET,
    6: socket.AF_INET6,
    int(socket.AF_INET): socket.AF_INET,
    int(socket.AF_INET6): socket.AF_INET6,
    "inet": socket.AF_INET,
    "inet6": socket.AF_INET6,
    "mpls": 28,
}
"""Versions of IP, the numbers of ``socket``, and words of ``ip -f``."""

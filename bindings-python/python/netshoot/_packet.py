"""One packet."""

from __future__ import annotations

from netshoot import _netshoot


def parse(
    data: bytes | bytearray | memoryview,
    link_type: str | int = "ethernet",
    original_length: int | None = None,
) -> _netshoot.Packet:
    """Parses the octets of one frame. Any input gives a packet; ``packet.stop`` tells where and why parsing stopped.

    ``data`` starts with the link-layer header; ``bytes`` is held by reference, anything else is copied. ``link_type``
    is a name of the link-type registry (``ethernet``, ``raw``, ``null``, ``loop``, ``linux_sll``, ``linux_sll2``,
    ``ipv4``, ``ipv6``) or its number. ``original_length`` is the frame's length on the wire in octets, where the capture
    has cut it.

    Raises ``ValueError`` for a link type that there is not, ``TypeError`` for data that are no octets.
    """
    octets = data if isinstance(data, bytes) else bytes(memoryview(data))
    return _netshoot.parse(octets, link_type, original_length)

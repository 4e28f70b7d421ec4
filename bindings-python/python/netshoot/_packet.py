"""One packet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netshoot import _arguments as given
from netshoot import _netshoot

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import SupportsIndex

    from netshoot._arguments import AddressLike


def parse(
    data: bytes | bytearray | memoryview,
    link_type: str | int = "ethernet",
    original_length: int | None = None,
    *,
    ports: Mapping[int, str] | None = None,
) -> _netshoot.Packet:
    """Parses the octets of one frame. Any input gives a packet; ``packet.stop`` tells where and why parsing stopped.

    ``data`` starts with the link-layer header; ``bytes`` is held by reference, anything else is copied. ``link_type``
    is a name of the link-type registry (``ethernet``, ``raw``, ``null``, ``loop``, ``linux_sll``, ``linux_sll2``,
    ``ipv4``, ``ipv6``) or its number. ``original_length`` is the frame's length on the wire in octets, where the capture
    has cut it. ``ports`` says what further ports stand for, such as ``{8053: "dns", 14789: "vxlan"}``: ``dns``, ``tls``,
    ``http``, ``quic``, ``dhcp``, ``dhcpv6``, ``wg``, ``l2tp``, ``vxlan``, ``vxlan_gpe``, ``geneve``, ``gtp``, ``gre``,
    ``teredo``, or ``none``.

    Raises ``ValueError`` for a link type or a name that there is not, ``TypeError`` for data that are no octets.
    """
    octets = data if isinstance(data, bytes) else bytes(memoryview(data))
    own: dict[SupportsIndex, str] | None = None if ports is None else {port: ports[port] for port in ports}
    return _netshoot.parse(octets, link_type, original_length, own)


def community_id(
    source: AddressLike,
    destination: AddressLike,
    source_port: SupportsIndex = 0,
    destination_port: SupportsIndex = 0,
    protocol: SupportsIndex = 6,
    *,
    seed: SupportsIndex = 0,
) -> str:
    """The Community ID, version 1, of a packet or flow, the same for both directions: the name that Zeek, Suricata,
    Wireshark and others give it too. The flows of a capture have it in the column ``community_id``.

    ``protocol`` is the number of the IP protocol, such as ``socket.IPPROTO_UDP``; for ICMP and ICMPv6 ``source_port`` is
    the type of the message, ``destination_port`` its code. ``seed`` is 0 if the other programs were given no other.

    Raises :class:`Error` and ``TypeError`` for arguments that make no sense.
    """
    return _netshoot.community_id(
        given.address("source", source),
        given.address("destination", destination),
        given.integer("source_port", source_port, 0, 0xFFFF),
        given.integer("destination_port", destination_port, 0, 0xFFFF),
        given.integer("protocol", protocol, 0, 0xFF),
        given.integer("seed", seed, 0, 0xFFFF),
    )

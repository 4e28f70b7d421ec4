"""Rows of traffic added up."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import datetime


class EndpointTraffic(NamedTuple):
    """The traffic of an IP address: one row of :meth:`Capture.endpoints`."""

    address: str | None
    """``None`` in a last row for what others sent."""
    flows: int | None
    """Flows of which it is an end."""
    packets_sent: int
    bytes_sent: int
    """Octets of frames on the wire."""
    packets_received: int | None
    bytes_received: int | None
    first_ts: datetime | None
    last_ts: datetime | None


class Conversation(NamedTuple):
    """The traffic between two IP addresses: one row of :meth:`Capture.conversations`."""

    address_a: str | None
    """The lower address; ``None`` in a last row for the traffic of others, both ways together."""
    address_b: str | None
    flows: int | None
    packets_a_to_b: int
    bytes_a_to_b: int
    """Octets of frames on the wire."""
    packets_b_to_a: int | None
    bytes_b_to_a: int | None
    first_ts: datetime | None
    last_ts: datetime | None


class HierarchyNode(NamedTuple):
    """A protocol inside of others: one row of :meth:`Capture.hierarchy`."""

    path: str | None
    """The protocols around it and itself, such as ``eth:ip:tcp``; ``None`` in a last row for others."""
    protocol: str | None
    depth: int | None
    """How many protocols are around it."""
    packets: int
    """The frames that contain it, with all that it carries."""
    bytes: int


class AttemptedServices(NamedTuple):
    """What a client tried to connect to in vain: one row of :meth:`Capture.attempts`."""

    client: str | None
    """``None`` in a last row for what there was no room for."""
    services: int | None
    """Different addresses and ports."""
    hosts: int | None
    """Different addresses."""
    attempts: int | None
    """Connections."""
    unanswered: int | None
    """Connections that nobody answered."""
    refused: int | None
    packets: int
    """Of these connections, both ways."""
    first_ts: datetime | None
    last_ts: datetime | None

"""The rows of the tables of calls and other transactions: named tuples whose fields are the columns.

``None`` means that a value is not known or does not apply; times of ``_ms`` are in milliseconds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import datetime


class Call(NamedTuple):
    """A request with its response on a TCP connection: one row of :meth:`Capture.calls`."""

    flow_id: int
    n: int
    """Number of the call in its flow, from 0."""
    ts: datetime
    protocol: str
    """``http``, ``tls`` or ``other``."""
    request_bytes: int
    response_bytes: int
    server_ack_ms: float | None
    """From the last octet of the request to its acknowledgment."""
    ttfb_ms: float | None
    """From the last octet of the request to the first of the response."""
    transfer_ms: float | None
    """From the first octet of the response to the last."""
    total_ms: float
    """What the six parts that follow sum to."""
    network_ms: float
    server_ms: float
    client_ms: float
    recovery_ms: float
    receiver_stall_ms: float
    blind_ms: float
    dominant: str | None
    """The greatest part: ``network``, ``server``, ``client``, ``recovery``, ``receiver_stall`` or ``blind``."""
    retx: int
    """Segments that were retransmitted meanwhile."""
    complete: bool
    method: str | None
    host: str | None
    path: str | None
    status: int | None
    req_frame: int
    req_end_frame: int
    resp_frame: int | None
    resp_end_frame: int | None


class TlsHandshake(NamedTuple):
    """A handshake of TLS: one row of :meth:`Capture.tls`."""

    flow_id: int
    ts: datetime
    sni: str | None
    """The name of the server that the client asks for."""
    alpn: str | None
    offered_alpn: str | None
    version: str | None
    offered_versions: str | None
    cipher: str | None
    group: str | None
    hello_ms: float | None
    """From the client's hello to the server's."""
    handshake_ms: float | None
    retried: bool
    resumed: bool | None
    outcome: str | None
    """``ok``, ``alert``, ``reset``, ``no_server_hello``, ``stalled_after_client_hello`` or ``client_gone``."""
    alert: str | None
    failed_by: str | None
    """Who sent the alert or the reset: ``client`` or ``server``."""
    cert_subject: str | None
    """Null in TLS 1.3, where certificates are encrypted."""
    cert_issuer: str | None
    cert_names: str | None
    cert_not_before: datetime | None
    cert_not_after: datetime | None
    client_hello_frame: int
    server_hello_frame: int | None
    end_frame: int | None


class QuicConnection(NamedTuple):
    """How a connection of QUIC begins: one row of :meth:`Capture.quic`."""

    flow_id: int
    ts: datetime
    version: str
    outcome: str
    """``ok``, ``version_negotiation``, ``no_answer`` or ``incomplete``."""
    hello_ms: float | None
    handshake_ms: float | None
    retried: bool
    attempts: int
    first_frame: int
    answer_frame: int | None
    end_frame: int | None


class IcmpMessage(NamedTuple):
    """An error, or an echo request with its reply: one row of :meth:`Capture.icmp`."""

    ts: datetime
    src_ip: str
    dst_ip: str
    kind: str
    """Such as ``echo`` or ``port_unreachable``."""
    type: int
    code: int
    mtu: int | None
    quoted_ip_proto: int | None
    quoted_src_ip: str | None
    quoted_src_port: int | None
    quoted_dst_ip: str | None
    quoted_dst_port: int | None
    flow_id: int | None
    """The flow that an error is about."""
    echo_id: int | None
    echo_seq: int | None
    answered: bool | None
    rtt_ms: float | None
    frame: int
    reply_frame: int | None


class ArpMessage(NamedTuple):
    """A message of ARP: one row of :meth:`Capture.arp`."""

    ts: datetime
    sender_ip: str
    sender_mac: str
    target_ip: str
    kind: str
    """``request``, ``reply``, ``gratuitous`` or ``probe``."""
    answered: bool | None
    latency_ms: float | None
    answered_by_mac: str | None
    conflict: bool
    """Another claims the same address."""
    conflict_mac: str | None
    frame: int
    reply_frame: int | None


class DhcpExchange(NamedTuple):
    """The messages of one transaction of one client: one row of :meth:`Capture.dhcp`."""

    ts: datetime
    transaction: int
    client_mac: str | None
    host_name: str | None
    kind: str
    """The client's first message."""
    requests: int
    server_ips: str | None
    """Servers that answered, joined with commas."""
    requested_ip: str | None
    offered_ip: str | None
    lease_s: int | None
    outcome: str
    """``unanswered``, ``offered``, ``ack``, ``nak``, ``declined`` or ``released``."""
    latency_ms: float | None
    message: str | None
    first_frame: int
    last_frame: int

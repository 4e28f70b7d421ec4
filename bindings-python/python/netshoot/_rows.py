"""The rows of the tables: named tuples whose fields are the columns.

``c2s`` is from client to server, ``s2c`` back. ``None`` means that a value is not known or does not apply.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import datetime


class Frame(NamedTuple):
    """A frame of a capture: one row of :meth:`Capture.packets`."""

    frame: int
    """Number from 1, as in Wireshark."""
    ts: datetime | None
    """Time of capture, UTC."""
    iface: str | None
    """Name of the interface, where the file tells it."""
    cap_len: int
    """Octets captured."""
    orig_len: int
    """Octets on the wire."""
    file_offset: int
    """Octets from the start of the file to the record."""
    eth_type: int | None
    vlan_id: int | None
    """Outermost VLAN identifier."""
    ip_version: int | None
    src_ip: str | None
    dst_ip: str | None
    ip_proto: int | None
    ttl: int | None
    """Time to live, or hop limit."""
    ip_id: int | None
    dscp: int | None
    ecn: int | None
    ip_df: bool | None
    ip_frag: bool | None
    src_port: int | None
    dst_port: int | None
    payload_len: int
    """Octets behind the innermost header, on the wire."""
    tcp_flags: int | None
    """Control bits; :meth:`Table.flag_names` names them."""
    tcp_seq: int | None
    tcp_ack: int | None
    tcp_win: int | None
    """Window in octets, scaled where the handshake was seen."""
    flow_id: int | None
    from_client: bool | None
    ack_rtt_ms: float | None
    """Time since the segment whose data this one acknowledges."""
    tcp_analysis: int | None
    """Wireshark's judgements; :meth:`Table.flag_names` names the bits."""
    proto: str
    """The innermost protocol that was recognised."""


class Flow(NamedTuple):
    """The traffic of one five-tuple in both directions from open to close: one row of :meth:`Capture.flows`."""

    flow_id: int
    """Number from 0, in order of first appearance."""
    stream: int | None
    """Wireshark's stream number, each protocol by itself."""
    first_ts: datetime
    last_ts: datetime
    duration_ms: float
    ip_proto: int
    client_ip: str
    client_port: int | None
    server_ip: str
    server_port: int | None
    role_basis: str
    """How client and server were told apart: ``syn``, ``port`` or ``first``."""
    vlan_id: int | None
    server_name: str | None
    """Name of the server as the client put it: TLS server name or HTTP host."""
    conn_state: str
    """How far the connection got, in Zeek's letters: ``SF``, ``S0``, ``REJ``."""
    packets_c2s: int
    packets_s2c: int
    bytes_c2s: int
    """Octets of whole frames on the wire."""
    bytes_s2c: int
    payload_bytes_c2s: int
    """Octets behind the transport header, retransmissions included."""
    payload_bytes_s2c: int
    ttl_c2s: int | None
    ttl_s2c: int | None
    syn_count: int | None
    """SYN segments of the client; more than 1 means that it had to repeat."""
    syn_rtt_ms: float | None
    """SYN to SYN-ACK: round trip from the capture point to the server."""
    ack_rtt_ms: float | None
    """SYN-ACK to ACK: round trip from the capture point to the client."""
    rtt_max_ms_c2s: float | None
    """The longest time from a segment to the acknowledgment of its data."""
    rtt_max_ms_s2c: float | None
    retx_pkts_c2s: int | None
    retx_pkts_s2c: int | None
    retx_bytes_c2s: int | None
    retx_bytes_s2c: int | None
    ooo_c2s: int | None
    """Segments out of order."""
    ooo_s2c: int | None
    dup_acks_c2s: int | None
    dup_acks_s2c: int | None
    lost_unseen_c2s: int | None
    """Gaps: segments before which others are missing in the capture."""
    lost_unseen_s2c: int | None
    zw_count_c2s: int | None
    """Segments that announce a closed receive window."""
    zw_count_s2c: int | None
    zw_ms_c2s: float | None
    """Time during which the sender of this direction had its receive window closed."""
    zw_ms_s2c: float | None
    mss_c2s: int | None
    mss_s2c: int | None
    max_seg_c2s: int | None
    """The largest payload of one segment in octets."""
    max_seg_s2c: int | None
    wscale_c2s: int | None
    wscale_s2c: int | None
    fast_retx: int | None
    spurious: int | None
    """Retransmissions of data that had been acknowledged."""
    win_full: int | None
    """Segments that fill the peer's receive window."""
    min_win: int | None
    """The smallest window announced behind the handshake, in octets."""
    sack_ok: bool | None
    closed_by: str | None
    """``client_fin``, ``server_fin``, ``client_reset`` or ``server_reset``."""
    icmp_errors: int
    """ICMP errors that quote a packet of this flow."""
    one_way: bool
    first_frame: int
    last_frame: int


class DnsTransaction(NamedTuple):
    """A question put to a resolver, its repetitions and the answer: one row of :meth:`Capture.dns`."""

    ts: datetime
    """Time of the first query."""
    flow_id: int
    client_ip: str
    resolver_ip: str
    transport: str
    """``udp``, ``mdns`` or ``llmnr``."""
    txid: int
    qname: str
    """The name in presentation format without a final dot."""
    qtype: str
    rcode: str | None
    """The answer's code, such as ``NOERROR``; ``None`` without an answer."""
    answered: bool
    attempts: int
    """Queries sent with this identifier and question."""
    latency_ms: float | None
    """From the last query before the answer to the answer."""
    first_latency_ms: float | None
    """From the first query to the answer: what the client waited."""
    answers: str | None
    cname: str | None
    ttl_min: int | None
    """The smallest time to live in the answer section, in seconds."""
    truncated: bool | None
    query_frame: int | None
    response_frame: int | None


class Finding(NamedTuple):
    """A judgement with evidence, rolled up by kind and service: one row of :meth:`Capture.findings`."""

    id: int
    """Number from 1, the worst first."""
    kind: str
    """Stable name, such as ``tcp-unanswered-syn``."""
    severity: str
    """``critical``, ``warning`` or ``note``."""
    confidence: float
    """How sure it is, 0 to 1."""
    verdict: str
    """Where the cause lies: ``network``, ``server``, ``client``, ``dns``, ``capture`` or ``unknown``."""
    title: str
    summary: str
    """One plain sentence with the numbers."""
    server_ip: str | None
    server_port: int | None
    client_ip: str | None
    name: str | None
    """A name concerned: of a DNS question or of a server."""
    first_ts: datetime
    last_ts: datetime
    events: int
    flows: int
    flows_pct: float | None
    """Share of all flows, in per cent."""
    impact_ms: float | None
    """Time that it cost, summed over the flows."""
    evidence_frames: list[int]
    """Numbers of frames that prove it, at most 20, rising."""
    flow_ids: list[int]
    """The flows concerned, at most 100, rising."""
    wireshark_filter: str
    """A display filter that shows it."""
    next_steps: str

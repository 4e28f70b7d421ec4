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
    stream: int | None
    """Wireshark's number of the TCP stream."""
    ack_rtt_ms: float | None
    """Time since the segment whose data this one acknowledges."""
    acked_frame: int | None
    """Frame of that segment."""
    initial_rtt_ms: float | None
    """Time from the SYN to the first ACK behind the handshake."""
    rto_ms: float | None
    """For a retransmission by timeout: time since the oldest segment without an acknowledgment."""
    rto_frame: int | None
    """Frame of that segment."""
    dup_ack_num: int | None
    """Which duplicate acknowledgment this is, from 1."""
    dup_ack_frame: int | None
    """Frame of the acknowledgment that it repeats."""
    bytes_in_flight: int | None
    """Octets of the sender that were not acknowledged yet, this segment included."""
    push_bytes: int | None
    """Octets since the sender's last PSH."""
    completeness: int | None
    """What was seen of the connection so far: SYN 1, SYN-ACK 2, ACK 4, data 8, FIN 16, RST 32."""
    tcp_analysis: int | None
    """Wireshark's judgements; :meth:`Table.flag_names` names the bits."""
    classification: str | None
    """Our verdict on a segment that repeats others or comes late: ``retransmission_fast``, ``reordered`` and so on."""
    class_confidence: float | None
    """How sure that is, from 0 to 1."""
    proto: str
    """The innermost protocol that was recognised."""
    app: str | None
    """The application in the innermost packet: ``dns``, ``tls``, ``http``, ``quic``, ``dhcp``,
    ``dhcpv6``, ``wg`` or ``l2tp``."""
    app_info: str | None
    """What it says, as in the packet's line."""


class Flow(NamedTuple):
    """The traffic of one five-tuple in both directions from open to close: one row of :meth:`Capture.flows`."""

    flow_id: int
    """Number from 0, in order of first appearance."""
    stream: int | None
    """Wireshark's stream number, each protocol by itself."""
    community_id: str
    """Version 1 with seed 0, as other tools name the flow."""
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
    zw_closings_c2s: int | None
    """How often the window was closed."""
    zw_closings_s2c: int | None
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
    initial_rtt_ms: float | None
    """Time from the SYN to the first ACK behind the handshake."""
    completeness: int | None
    """What was seen of the connection: SYN 1, SYN-ACK 2, ACK 4, data 8, FIN 16, RST 32."""
    history: str | None
    """What happened, in the letters of Zeek's ``history``."""
    rtt_min_ms_c2s: float | None
    """The shortest time from a segment to the acknowledgment of its data."""
    rtt_min_ms_s2c: float | None
    ts_rtt_ms_c2s: float | None
    """The shortest time from a timestamp to its echo."""
    ts_rtt_ms_s2c: float | None
    resent_fast_c2s: int | None
    """Sent again because acknowledgments asked for it."""
    resent_fast_s2c: int | None
    resent_timeout_c2s: int | None
    """Sent again because nothing came back for too long."""
    resent_timeout_s2c: int | None
    resent_spurious_c2s: int | None
    """Sent again although the peer had it."""
    resent_spurious_s2c: int | None
    resent_tail_c2s: int | None
    """The last segment, sent again early."""
    resent_tail_s2c: int | None
    reordered_c2s: int | None
    """Overtaken by later segments on the way."""
    reordered_s2c: int | None
    resent_overrun_c2s: int | None
    """Of the segments sent again, those that had gone beyond the peer's receive window."""
    resent_overrun_s2c: int | None
    dup_network_c2s: int | None
    """Delivered twice by the network."""
    dup_network_s2c: int | None
    dup_capture_c2s: int | None
    """Captured twice."""
    dup_capture_s2c: int | None
    dsacks_c2s: int | None
    """Reports of the peer that it has received data twice."""
    dsacks_s2c: int | None
    lost_network_c2s: int | None
    """Segments sent again that were needed."""
    lost_network_s2c: int | None
    lost_capture_bytes_c2s: int | None
    """Octets that the peer acknowledged and the capture lacks."""
    lost_capture_bytes_s2c: int | None
    acked_bytes_c2s: int | None
    """Octets that the peer acknowledged."""
    acked_bytes_s2c: int | None
    max_acked_seg_c2s: int | None
    """The largest payload of one segment that was acknowledged."""
    max_acked_seg_s2c: int | None
    max_in_flight_c2s: int | None
    """The most octets in flight."""
    max_in_flight_s2c: int | None
    goodput_bps_c2s: float | None
    """Acknowledged bits a second while data was in flight."""
    goodput_bps_s2c: float | None
    sender_ms_c2s: float | None
    """Time in which the sender had nothing to send."""
    sender_ms_s2c: float | None
    network_ms_c2s: float | None
    """Time in which the sender waited for acknowledgments."""
    network_ms_s2c: float | None
    receiver_ms_c2s: float | None
    """Time in which the sender waited for the receiver's window."""
    receiver_ms_s2c: float | None
    mtu_suspect_c2s: bool | None
    """Large segments do not get through, smaller ones do."""
    mtu_suspect_s2c: bool | None
    mss_clamped_c2s: bool | None
    """A device on the way has lowered the maximum segment size that the client announced."""
    mss_clamped_s2c: bool | None
    wscale_missing: bool | None
    """Only one end offered to scale its windows."""
    asymmetric: bool | None
    """Only one direction was captured of a connection that has both."""
    captured_twice: bool | None
    """Each packet was captured twice."""
    rst_suspect: bool | None
    """A reset seems to come from a device on the way."""
    rst_ttl_delta: int | None
    """How its time to live differs from that of its sender's packets."""
    rst_goes_on: bool | None
    """Whether its IP identification goes on with those of its sender's packets."""
    too_big_errors: int
    """ICMP errors that tell of a smaller MTU."""
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
    tcp_fallback: bool
    """The client asked again over TCP after a truncated answer."""
    search_suffix: bool
    """A name of a search list that does not exist."""
    authoritative: bool | None
    pair_frame: int | None
    """The query for the other kind of address, A or AAAA, sent with this one."""
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

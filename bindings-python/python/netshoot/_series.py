"""The rows of series over time, of histograms and of stories.

``c2s`` is from client to server, ``s2c`` back. ``None`` means that a value is not known or does not apply.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from netshoot._arguments import invalid

if TYPE_CHECKING:
    from datetime import datetime


class IoBin(NamedTuple):
    """Traffic of a bin: one row of :meth:`Capture.io`."""

    bin_start: datetime
    bin_ms: float
    """Width of the bin."""
    protocol: str | None
    """Where traffic is counted by protocol."""
    flow_id: int | None
    """Where that of a flow is counted."""
    direction: str | None
    """``c2s`` or ``s2c``, where that of a flow is counted."""
    frames: int
    bytes: int
    """Octets of frames on the wire."""
    payload_bytes: int
    """Octets of TCP's payload on the wire."""
    new_flows: int
    retx_pkts: int
    """Segments that were sent again, by our own classification."""
    tcp_retx_pkts: int
    """Retransmissions as Wireshark counts them."""
    zero_windows: int
    resets: int


class RttBin(NamedTuple):
    """Round trips of a bin: one row of :meth:`Capture.rtt`."""

    bin_start: datetime
    flow_id: int
    direction: str
    """That of the data: ``c2s`` is from the capture point to the server and back."""
    samples: int
    rtt_min_ms: float
    rtt_mean_ms: float
    rtt_max_ms: float


class SequenceBin(NamedTuple):
    """Sequence numbers of a bin, relative to the SYN: one row of :meth:`Capture.sequence`."""

    bin_start: datetime
    flow_id: int
    direction: str
    """That of the data."""
    segments: int
    seq_min: int | None
    seq_max: int | None
    retx_pkts: int
    """Segments that were sent again, by our own classification."""
    retx_seq_min: int | None
    retx_seq_max: int | None
    ack_min: int | None
    ack_max: int | None
    """What the peer acknowledged."""
    sack_min: int | None
    sack_max: int | None
    """What the peer said to have beyond that."""
    window_min: int | None
    window_max: int | None
    """How far the peer's window went."""
    in_flight_max: int | None


class LatencyBucket(NamedTuple):
    """How often latencies of a kind occur: one row of :meth:`Capture.latencies`."""

    kind: str
    from_ms: float
    until_ms: float
    samples: int


class StoryRow(NamedTuple):
    """Something that happened on a flow: one row of :meth:`Story.table`."""

    ts: datetime
    end_ts: datetime
    kind: str
    by: str | None
    """``client`` or ``server``, where it is the doing of one of them."""
    first_frame: int | None
    last_frame: int | None
    times: int
    """How often it happened."""
    text: str


def width(bin: float | timedelta | None) -> int | None:
    """The width of bins in nanoseconds."""
    if bin is None:
        return None
    seconds = bin.total_seconds() if isinstance(bin, timedelta) else bin
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)):
        raise TypeError(f"bin is a number of seconds or a timedelta, not {type(bin).__name__}")
    if not 1e-9 <= seconds <= 1e9:
        raise invalid(f"bin is {seconds} s", "seconds, from 1e-9 to 1e9")
    return round(seconds * 1e9)

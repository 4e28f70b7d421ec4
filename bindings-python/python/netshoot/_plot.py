"""Plots of a capture, drawn by matplotlib from series that the library has binned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netshoot._arguments import invalid
from netshoot._capture import missing

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime, timedelta

    from netshoot._capture import Capture
    from netshoot._rows import Flow
    from netshoot._series import SequenceBin


class Plots:
    """Plots of a capture: each is drawn on ``ax`` or new axes, which are returned. They need matplotlib."""

    def __init__(self, capture: Capture) -> None:
        self._capture = capture

    def io(
        self,
        bin: float | timedelta | None = None,
        *,
        by: str | None = None,
        flow: int | Flow | None = None,
        ax: Any = None,
    ) -> Any:
        """The rate on the wire over time, of all, ``by="protocol"``, or of both directions of a flow; of all with the
        segments that were sent again below it. Without ``bin`` the bins are such that there are some hundred."""
        axes = _axes("plot.io", ax)
        if bin is None:
            bin = max(self._capture.summary().duration / _BINS, 1e-3)
        rows = list(self._capture.io(bin, by=by, flow=flow, max_bins=_MOST))
        start = min((row.bin_start for row in rows), default=None)
        for key in sorted({row.protocol or row.direction or "" for row in rows}):
            own = [row for row in rows if (row.protocol or row.direction or "") == key]
            values = [row.bytes * 8 / row.bin_ms / 1e3 for row in own]
            axes.step(_seconds((row.bin_start for row in own), start), values, where="post", label=key or "all")
        again = [(row.bin_start, row.retx_pkts) for row in rows if row.retx_pkts]
        if again and by is None and flow is None:
            other = axes.twinx()
            times = _seconds((time for time, _ in again), start)
            other.vlines(times, 0, [count for _, count in again], colors="tab:red", label="sent again")
            other.set_ylabel("segments sent again a bin", color="tab:red")
            other.set_ylim(0, 4 * max(count for _, count in again))
        axes.set_xlabel("seconds")
        axes.set_ylabel("Mbit/s")
        axes.set_ylim(bottom=0)
        axes.set_title(f"traffic, bins of {rows[0].bin_ms:g} ms" if rows else "traffic: none")
        if by is not None or flow is not None:
            axes.legend()
        return axes

    def sequence(self, flow: int | Flow, *, direction: str | None = None, ax: Any = None) -> Any:
        """Sequence numbers of a flow over time: what was sent, acknowledged and sent again, selective acknowledgments and the
        end of the window, of the ``direction`` ``c2s`` or ``s2c``, without it of that in which more was sent."""
        if direction not in (None, "c2s", "s2c"):
            raise invalid(f"direction is {direction!r}", "c2s or s2c")
        axes = _axes("plot.sequence", ax)
        rows = list(self._capture.sequence(flow, max_bins=_MOST))
        start = min((row.bin_start for row in rows), default=None)
        if direction is None:
            direction = max(rows, key=lambda row: row.seq_max or 0).direction if rows else "c2s"
        own = [row for row in rows if row.direction == direction]
        _line(axes, own, start, "window_max", "end of the window", "tab:gray", linestyle="--")
        _line(axes, own, start, "ack_max", "acknowledged", "tab:green")
        _spans(axes, own, start, "sack", "selectively acknowledged", "tab:orange")
        _spans(axes, own, start, "seq", "sent", "tab:blue")
        _spans(axes, own, start, "retx_seq", "sent again", "tab:red")
        sent = max((row.seq_max or 0 for row in own), default=1)
        axes.set_ylim(0, max(sent, 1) * 1.1)
        axes.set_xlabel("seconds")
        axes.set_ylabel("sequence number in octets")
        axes.set_title(f"flow {_number(flow)}, {direction}")
        if own:
            axes.legend()
        return axes

    def rtt(self, flow: int | Flow, *, ax: Any = None) -> Any:
        """Round trips of a flow over time, from the capture point to the server and back (``c2s``) and to the client and back
        (``s2c``)."""
        axes = _axes("plot.rtt", ax)
        rows = list(self._capture.rtt(flow, max_bins=_MOST))
        start = min((row.bin_start for row in rows), default=None)
        for direction, label in (("c2s", "to the server and back"), ("s2c", "to the client and back")):
            own = [row for row in rows if row.direction == direction]
            if own:
                times = _seconds((row.bin_start for row in own), start)
                lines = axes.plot(times, [row.rtt_mean_ms for row in own], ".", label=label)
                least, most = [row.rtt_min_ms for row in own], [row.rtt_max_ms for row in own]
                axes.vlines(times, least, most, colors=lines[0].get_color(), linewidth=1)
        axes.set_xlabel("seconds")
        axes.set_ylabel("round trip in ms")
        axes.set_ylim(bottom=0)
        axes.set_title(f"flow {_number(flow)}")
        if rows:
            axes.legend()
        return axes

    def __repr__(self) -> str:
        return f"<netshoot.Plots of {self._capture!r}: io(), sequence(flow), rtt(flow)>"


def _axes(name: str, ax: Any) -> Any:
    try:
        import matplotlib.pyplot
    except ImportError as error:
        raise missing(name, "plot", error) from None
    return matplotlib.pyplot.subplots()[1] if ax is None else ax


def _number(flow: int | Flow) -> int:
    return flow if isinstance(flow, int) else flow.flow_id


def _seconds(times: Iterable[datetime], start: datetime | None) -> list[float]:
    return [0.0 if start is None else (time - start).total_seconds() for time in times]


def _line(
    axes: Any, rows: list[SequenceBin], start: datetime | None, column: str, label: str, colour: str, **how: str
) -> None:
    own = [(row.bin_start, getattr(row, column)) for row in rows if getattr(row, column) is not None]
    if own:
        times = _seconds((time for time, _ in own), start)
        axes.step(times, [value for _, value in own], where="post", label=label, color=colour, linewidth=1, **how)


def _spans(
    axes: Any, rows: list[SequenceBin], start: datetime | None, column: str, label: str, colour: str
) -> None:
    low, high = f"{column}_min", f"{column}_max"
    own = [row for row in rows if getattr(row, low) is not None]
    if own:
        times = _seconds((row.bin_start for row in own), start)
        least, most = [getattr(row, low) for row in own], [getattr(row, high) for row in own]
        axes.vlines(times, least, most, colors=colour, label=label, linewidth=1.5)


_BINS, _MOST = 200, 2_000

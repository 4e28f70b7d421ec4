"""Capture files that are written: packet by packet, or from other captures."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, TypeAlias

from netshoot import _netshoot
from netshoot._arguments import invalid

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

Octets: TypeAlias = "bytes | bytearray | memoryview"
Path: TypeAlias = "str | os.PathLike[str]"
TimeLike: TypeAlias = "datetime | float | int | None"
FrameChoice: TypeAlias = "Iterable[int | tuple[int, int | None] | range] | None"


class CaptureWriter:
    """A capture file that is written packet by packet; with several files, see ``frames_per_file`` and its like.

    The path's ending tells the format, ``.pcap``, ``.cap`` and ``.dmp`` being pcap and all others pcapng, and the
    compression (``.gz``, ``.zst``, ``.lz4``). Close it, or use it in a ``with`` statement.
    """

    def __init__(
        self,
        path: Path,
        *,
        format: str | None = None,
        compression: str | None = None,
        snap_length: int | None = None,
        octets_per_file: int | None = None,
        frames_per_file: int | None = None,
        seconds_per_file: float | None = None,
        files: int | None = None,
        comment: str | None = None,
        application: str | None = None,
    ) -> None:
        """Creates the file. ``format`` is ``pcap``, ``nsecpcap`` (with nanoseconds) or ``pcapng``, ``compression``
        ``gzip``, ``zstd``, ``lz4`` or ``none``.

        ``octets_per_file`` (before compression), ``frames_per_file`` and ``seconds_per_file`` (by the packets' times)
        make several files, each whole, whose names carry a number and a time: ``trace_00001_20260921141320.pcapng``;
        ``files`` keeps the last ones only.
        """
        self._writer = _netshoot.CaptureWriter(
            os.fspath(path),
            {
                "format": format,
                "compression": compression,
                "snap_length": snap_length,
                "octets_per_file": octets_per_file,
                "frames_per_file": frames_per_file,
                "seconds_per_file": seconds_per_file,
                "files": files,
                "comments": [] if comment is None else [comment],
                "application": application,
                "secrets": [],
            },
        )
        self._link_types: dict[int, str | int] = {}

    def add_interface(
        self,
        link_type: str | int = "ethernet",
        *,
        name: str | None = None,
        description: str | None = None,
        snap_length: int = 0,
        decimals: int = 9,
    ) -> int:
        """Describes an interface, and gives its number for :meth:`write`. ``decimals`` are those of a second that its
        times have."""
        if not 0 <= decimals <= 18:
            raise invalid(f"decimals is {decimals}", "a number from 0 to 18")
        number = self._writer.add_interface(link_type, name, description, snap_length, decimals)
        self._link_types[number] = link_type
        return number

    def write(
        self,
        data: Octets,
        time: TimeLike = None,
        *,
        time_ns: int | None = None,
        interface: int = 0,
        original_length: int | None = None,
        comment: str | Iterable[str] | None = None,
        flags: int | None = None,
    ) -> None:
        """Writes a packet: its octets, when it was captured (``time``, a ``datetime`` or seconds since 1970, or to the
        nanosecond ``time_ns``), and what else is known of it. Without an interface, one for Ethernet is added.

        ``original_length`` is the length on the wire where the packet was cut; ``flags`` are pcapng's ``epb_flags``, of
        which 1 is inbound and 2 outbound.
        """
        if time is not None and time_ns is not None:
            raise invalid("time and time_ns are both given", "one of them")
        self._writer.write(
            data if isinstance(data, bytes) else bytes(memoryview(data)),
            nanoseconds("time", time) if time_ns is None else time_ns,
            interface,
            self._link_types.get(interface, "ethernet"),
            original_length,
            [comment] if isinstance(comment, str) else list(comment or ()),
            flags,
        )

    def write_secrets(self, data: Octets, kind: str = "tls") -> None:
        """Writes keys with which Wireshark decrypts the packets behind them: the octets of a key log, of ``tls`` or
        ``wireguard``."""
        self._writer.write_secrets(_secrets_kind(kind), bytes(data))

    @property
    def frames(self) -> int:
        """Packets that were written so far."""
        return self._writer.frames

    def flush(self) -> None:
        """Writes out what is held back."""
        self._writer.flush()

    def close(self) -> None:
        """Ends the file. Does nothing if that was done."""
        self._writer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def convert(
    source: Path,
    target: Path,
    *,
    format: str | None = None,
    compression: str | None = None,
    snap_length: int | None = None,
    octets_per_file: int | None = None,
    frames_per_file: int | None = None,
    seconds_per_file: float | None = None,
    files: int | None = None,
    frames: FrameChoice = None,
    drop_frames: bool = False,
    start: TimeLike = None,
    stop: TimeLike = None,
    flow: str | tuple[str, str] | None = None,
    protocol: int | None = None,
    duplicate_window: int = 0,
    time_shift: float | timedelta = 0,
    comments: Mapping[int, str] | None = None,
    capture_comment: str | None = None,
    secrets: Octets | None = None,
    drop_secrets: bool = False,
) -> _netshoot.Copied:
    """Copies a capture file, with interfaces, comments, flags, secrets and all else that pcapng has, and says what became
    of its frames. Without further arguments all of it is copied, into the format and compression of the name.

    ``frames`` are the numbers that are kept, such as ``[1, (5, 9), (100, None)]``, or dropped with ``drop_frames``;
    ``start`` and ``stop`` are the first time that is kept and the first that is not (a ``datetime``, or seconds since
    1970); ``flow`` is one end or two, such as ``("192.0.2.1:443", "198.51.100.7")``, in both directions, ``protocol``
    its IP protocol. ``duplicate_window`` drops frames that equal one of as many before them, itself counted, and
    ``time_shift`` (seconds) is added to each time. ``comments`` are those of frames by number, ``secrets`` a TLS key
    log. The remaining arguments are those of :class:`CaptureWriter`.

    Raises :class:`Error`; what is wrong with a source that was read is in ``damage`` of the result.
    """
    return _copy(
        [source],
        target,
        _settings(
            format, compression, snap_length, octets_per_file, frames_per_file, seconds_per_file, files, capture_comment,
            secrets,
        ),
        {
            "frames": _ranges(frames),
            "drop_frames": drop_frames,
            "start_ns": nanoseconds("start", start),
            "stop_ns": nanoseconds("stop", stop),
            "flow": ",".join(flow) if isinstance(flow, tuple) else flow,
            "protocol": protocol,
            "duplicate_window": duplicate_window,
            "shift_ns": _shift(time_shift),
            "frame_comments": list((comments or {}).items()),
            "drop_secrets": drop_secrets,
        },
        False,
        "none",
    )


def merge(
    sources: Iterable[Path],
    target: Path,
    *,
    append: bool = False,
    interfaces: str = "none",
    format: str | None = None,
    compression: str | None = None,
    snap_length: int | None = None,
    octets_per_file: int | None = None,
    frames_per_file: int | None = None,
    seconds_per_file: float | None = None,
    files: int | None = None,
    capture_comment: str | None = None,
) -> _netshoot.Copied:
    """Merges capture files by the times of their frames; where these are equal, in the order of the sources. ``append``
    puts one behind the other instead. Of the interfaces that are described in the same words, ``interfaces`` makes one
    of ``"any"``, also of one source, or of ``"all"`` if every source describes the same ones, or else keeps them apart, as
    ``"none"`` does (``mergecap -I``). The remaining arguments are those of :class:`CaptureWriter`."""
    if isinstance(sources, (str, os.PathLike)):
        raise TypeError(f"sources are a list of paths, not one; hint: [{sources!r}]")
    settings = _settings(
        format, compression, snap_length, octets_per_file, frames_per_file, seconds_per_file, files, capture_comment, None
    )
    return _copy(sources, target, settings, _EVERYTHING, append, interfaces)


def facts(path: Path) -> _netshoot.CaptureFacts:
    """Reads a capture file to its end and tells its facts, as capinfos does: frames, octets, times, interfaces."""
    return _netshoot.capture_facts(os.fspath(path))


def _copy(
    sources: Iterable[Path],
    target: Path,
    settings: dict[str, object],
    choice: dict[str, object],
    append: bool,
    interfaces: str,
) -> _netshoot.Copied:
    paths = [os.fspath(source) for source in sources]
    return _netshoot.copy_captures(paths, os.fspath(target), settings, choice, append, interfaces)


def _settings(
    format: str | None,
    compression: str | None,
    snap_length: int | None,
    octets_per_file: int | None,
    frames_per_file: int | None,
    seconds_per_file: float | None,
    files: int | None,
    comment: str | None,
    secrets: Octets | None,
) -> dict[str, object]:
    return {
        "format": format,
        "compression": compression,
        "snap_length": snap_length,
        "octets_per_file": octets_per_file,
        "frames_per_file": frames_per_file,
        "seconds_per_file": seconds_per_file,
        "files": files,
        "comments": [] if comment is None else [comment],
        "application": None,
        "secrets": [] if secrets is None else [(_secrets_kind("tls"), bytes(secrets))],
    }


def _ranges(frames: FrameChoice) -> list[tuple[int, int]]:
    ranges = []
    for item in frames or ():
        if isinstance(item, range):
            if item.step != 1:
                raise invalid(f"frames has {item!r}", "ranges of step 1")
            first, last = item.start, item.stop - 1
        elif isinstance(item, tuple):
            first, last = item[0], _LAST if item[1] is None else item[1]
        else:
            first = last = item
        if first < 1 or last < first:
            raise invalid(f"frames has {item!r}", "numbers from 1, the first not behind the last")
        ranges.append((first, last))
    return ranges


def nanoseconds(name: str, time: TimeLike) -> int | None:
    """A time in nanoseconds since 1970; ``name`` is that of the argument."""
    if time is None:
        return None
    if isinstance(time, datetime):
        if time.tzinfo is None:
            raise invalid(f"{name} has no time zone", "datetime(…, tzinfo=timezone.utc)")
        since = time - _EPOCH
        if not -_FAR < since.total_seconds() < _FAR:
            raise _far(name, time)
        return ((since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds) * 1000
    if isinstance(time, bool) or not isinstance(time, (int, float)):
        raise TypeError(f"{name} is a datetime or a number of seconds, not {type(time).__name__}")
    # Not a number is not in between, either.
    if not -_FAR < time < _FAR:
        raise _far(name, time)
    # A float has no more digits than these for the times of today.
    return time * 1_000_000_000 if isinstance(time, int) else round(time * 1_000_000) * 1000


def _far(name: str, time: datetime | float) -> Exception:
    return invalid(f"{name} is {time}", "a time of the years 1678 to 2262, in seconds since 1970")


def _shift(shift: float | timedelta) -> int:
    if isinstance(shift, timedelta):
        return (shift.days * 86_400 + shift.seconds) * 1_000_000_000 + shift.microseconds * 1000
    return round(shift * 1_000_000_000)


def _secrets_kind(name: str) -> int:
    kind = _netshoot.secrets_kind(name)
    if kind is None:
        raise invalid(f"kind is {name!r}", "tls or wireguard")
    return kind


_LAST = (1 << 64) - 1
_FAR = (1 << 63) // 1_000_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_EVERYTHING: dict[str, object] = {
    "frames": [],
    "drop_frames": False,
    "start_ns": None,
    "stop_ns": None,
    "flow": None,
    "protocol": None,
    "duplicate_window": 0,
    "shift_ns": 0,
    "frame_comments": [],
    "drop_secrets": False,
}

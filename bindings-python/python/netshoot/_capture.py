"""Captures and their tables."""

from __future__ import annotations

import builtins
import errno
import os
import threading
import warnings
from collections import namedtuple
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeAlias, TypeVar, overload

from netshoot import _arguments as given
from netshoot import _netshoot
from netshoot._errors import CaptureDamagedWarning, InvalidInputError, from_library
from netshoot._rows import DnsTransaction, Finding, Flow, Frame
from netshoot._transactions import (
    ArpMessage,
    Call,
    DhcpExchange,
    IcmpMessage,
    QuicConnection,
    TlsHandshake,
)
from netshoot._write import nanoseconds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from typing import SupportsIndex

    import pandas
    import polars
    import pyarrow

    from netshoot._aggregates import AttemptedServices, Conversation, EndpointTraffic, HierarchyNode
    from netshoot._frames import CaptureIndex
    from netshoot._plot import Plots
    from netshoot._series import IoBin, LatencyBucket, RttBin, SequenceBin
    from netshoot._story import FrameSelection, Story

Row = TypeVar("Row")
Result = TypeVar("Result")
SourceLike: TypeAlias = "str | os.PathLike[str] | bytes | bytearray | memoryview | Iterable[str | os.PathLike[str]]"
SinceLike: TypeAlias = "datetime | timedelta | float | str | None"
TcpProfile: TypeAlias = Literal["wireshark-4.0", "wireshark-4.4", "wireshark-4.6"]
FramesLike: TypeAlias = "Finding | Flow | Story | int | Iterable[Finding | Flow | Story | int]"


def open(
    source: SourceLike,
    *,
    strict: bool = False,
    progress: bool | Callable[[int, int | None], object] = False,
    since: SinceLike = None,
    threads: int = 1,
    tcp_profile: TcpProfile = "wireshark-4.0",
    reassemble: bool = True,
) -> Capture:
    """Opens a pcap or pcapng capture, also one that is compressed by gzip, zstd or lz4: the file at a path, or octets that
    are the contents of one.

    Only the header is read now. If the file turns out to be damaged or cut off, everything before the damage is used
    and a :class:`CaptureDamagedWarning` issued; ``strict`` makes that an :class:`Error`. While the capture is analysed,
    ``progress`` is called about ten times a second, and once at the end, with the octets read so far and the octets of
    the file (``None`` where unknown); ``True`` shows a bar, if tqdm is installed. A FIFO can be read only once.

    ``since`` has frames count from then on only, as if the capture began there: a ``datetime`` or seconds since 1970, or
    behind the first frame a ``timedelta`` or text such as ``10s``, ``250ms`` or ``5m``.

    Several files, given as a list of paths, are one capture: frames come in the order of their times and have one numbering,
    as :func:`merge` would write them. The analysis works in so many ``threads``, at most 64, 0 for as many as there are
    processors; the report is the same, unless more is to be remembered than there is memory for.

    TCP segments are judged by the rules of Wireshark 4.0, or by those of a later one where ``tcp_profile`` names it.
    Fragments of IP are put together, so that what a tunnel carries in them counts, unless ``reassemble`` is false. All tables
    and series of a capture follow these, so that a flow has the same number in each.

    Raises :class:`Error`, which is also a ``FileNotFoundError``, ``PermissionError``, ``IsADirectoryError`` or
    ``NotADirectoryError`` where that is the cause.
    """
    return Capture(
        source,
        strict=strict,
        progress=progress,
        since=since,
        threads=threads,
        tcp_profile=tcp_profile,
        reassemble=reassemble,
    )


class Capture:
    """A capture. Its tables are made when they are asked for.

    Flows, DNS transactions, findings and the summary come from one pass over the file, done at the first call that
    needs it and kept. Packets are read anew each time, in bounded memory.
    """

    def __init__(
        self,
        source: SourceLike,
        *,
        strict: bool = False,
        progress: bool | Callable[[int, int | None], object] = False,
        since: SinceLike = None,
        threads: int = 1,
        tcp_profile: TcpProfile = "wireshark-4.0",
        reassemble: bool = True,
    ) -> None:
        threads = given.integer("threads", threads, 0, 64, "how many threads analyse the capture")
        how = (_since(since), threads, tcp_profile, reassemble)
        if isinstance(source, (bytes, bytearray, memoryview)):
            self._name = "memory"
            self._capture = _netshoot.Capture(bytes(source), *how)
        elif isinstance(source, (str, os.PathLike)):
            self._name = os.fspath(source)
            self._capture = _open_file(self._name, how)
        else:
            paths = [os.fspath(path) for path in source]
            self._name = ", ".join(paths)
            self._capture = _open_file(paths, how)
        self._strict = strict
        self._progress = progress
        self._report: _netshoot.Report | None = None
        self._lock = threading.Lock()

    @overload
    def packets(self, columns: None = None, *, ports: Mapping[int, str] | None = None) -> Table[Frame]: ...
    @overload
    def packets(self, columns: Sequence[str], *, ports: Mapping[int, str] | None = None) -> Table[Any]: ...
    def packets(
        self, columns: Sequence[str] | None = None, *, ports: Mapping[int, str] | None = None
    ) -> Table[Any]:
        """One row for each frame, read from the file while the table is consumed.

        ``columns`` chooses columns and their order; what is not asked for is not computed. ``ports`` says what
        further ports stand for, as in :func:`parse`.
        """
        if isinstance(columns, str):
            raise TypeError(f"columns are a list of names, not one text; hint: columns=[{columns!r}]")
        names = None if columns is None else list(columns)
        own: dict[SupportsIndex, str] | None = None if ports is None else {port: ports[port] for port in ports}
        return Table(self._capture.packets(names, self._strict, own), Frame if columns is None else None, self._frames)

    def flows(self) -> Table[Flow]:
        """One row for each flow, in order of first appearance."""
        return Table(self._analysed().flows(), Flow)

    def dns(self) -> Table[DnsTransaction]:
        """One row for each DNS question to a resolver, in order of time."""
        return Table(self._analysed().dns(), DnsTransaction)

    def calls(self) -> Table[Call]:
        """One row for each request with its response on a TCP connection, in order of time."""
        return Table(self._analysed().calls(), Call)

    def tls(self) -> Table[TlsHandshake]:
        """One row for each handshake of TLS, in order of time."""
        return Table(self._analysed().tls(), TlsHandshake)

    def quic(self) -> Table[QuicConnection]:
        """One row for each beginning of a connection of QUIC, in order of time."""
        return Table(self._analysed().quic(), QuicConnection)

    def icmp(self) -> Table[IcmpMessage]:
        """One row for each error of ICMP, and for each echo request with its reply."""
        return Table(self._analysed().icmp(), IcmpMessage)

    def arp(self) -> Table[ArpMessage]:
        """One row for each message of ARP."""
        return Table(self._analysed().arp(), ArpMessage)

    def dhcp(self) -> Table[DhcpExchange]:
        """One row for each exchange of DHCP for IPv4."""
        return Table(self._analysed().dhcp(), DhcpExchange)

    def findings(self) -> Table[Finding]:
        """What a person should know, the worst first, each with the numbers of the frames that prove it."""
        return Table(self._analysed().findings(), Finding)

    def explain(self, flow: int | Flow) -> Story:
        """Tells the story of a flow: who connected when, its handshake, calls and where their time went, losses and how they
        were made up for, waits, how it ended, and the findings on it, each with the frames that show it.

        ``flow`` is a row of :meth:`flows` or its number. Reads the file once more. Raises :class:`Error` if there is no
        such flow.
        """
        from netshoot._story import Story

        return Story(self._capture, self._analysed(), _flow(flow))

    def io(
        self,
        bin: float | timedelta | None = None,
        *others: Capture,
        by: str | None = None,
        flow: int | Flow | None = None,
        origin: datetime | float | None = None,
        max_bins: int = 10_000,
    ) -> Table[IoBin]:
        """Traffic over time, in bins of ``bin`` seconds, without it one: of the whole capture, ``by="protocol"``, or of both
        directions of a ``flow``.

        Bins begin at multiples of their width behind ``origin``, without it 1970. If there were more than ``max_bins``,
        they are twice as wide, as often as it takes. The traffic of ``others``, parts of the same or captures of other
        machines, is added, unless a flow is asked for. Reads the file.
        """
        from netshoot._series import IoBin, width

        if by not in (None, "protocol"):
            raise given.invalid(f"by is {by!r}", "protocol, or nothing")
        if by is not None and flow is not None:
            raise given.invalid("by and flow are both given", "one of them")
        if others and flow is not None:
            raise given.invalid("a flow is of one capture", "no others beside flow")
        begin = nanoseconds("origin", origin) or 0
        number = None if flow is None else _flow(flow)
        most = given.integer("max_bins", max_bins, 1, 1 << 24)
        return Table(_netshoot.io_series(self._files(others), by is not None, number, width(bin), begin, most), IoBin)

    def rtt(
        self, flow: int | Flow, bin: float | timedelta | None = None, *, max_bins: int = 10_000
    ) -> Table[RttBin]:
        """Round trips of a TCP flow over time, in bins of ``bin`` seconds, without it as fine as ``max_bins`` allows; only
        bins with samples. Reads the file once more."""
        from netshoot._series import RttBin

        return Table(self._flow_series(flow, bin, max_bins)[0], RttBin)

    def sequence(
        self, flow: int | Flow, bin: float | timedelta | None = None, *, max_bins: int = 10_000
    ) -> Table[SequenceBin]:
        """Sequence numbers of a TCP flow over time, what was sent and what of it was acknowledged, with bins as for
        :meth:`rtt`. Reads the file once more."""
        from netshoot._series import SequenceBin

        return Table(self._flow_series(flow, bin, max_bins)[1], SequenceBin)

    def endpoints(self, *others: Capture) -> Table[EndpointTraffic]:
        """One row for each IP address: what it sent and received, the one with the most octets first; here and in ``others``,
        parts of the same or captures of other machines."""
        from netshoot._aggregates import EndpointTraffic

        return Table(_netshoot.endpoints(self._reports(others)), EndpointTraffic)

    def conversations(self, *others: Capture) -> Table[Conversation]:
        """One row for each two IP addresses that sent to each other, over all protocols and ports, those with the most octets
        first; here and in ``others``."""
        from netshoot._aggregates import Conversation

        return Table(_netshoot.conversations(self._reports(others)), Conversation)

    def hierarchy(self, *others: Capture) -> Table[HierarchyNode]:
        """One row for each protocol inside of others, in front of those that it carries, as Wireshark's protocol hierarchy.
        Those of ``others`` are added. Reads the files."""
        from netshoot._aggregates import HierarchyNode

        return Table(_netshoot.hierarchy(self._files(others)), HierarchyNode)

    def attempts(self, *others: Capture) -> Table[AttemptedServices]:
        """One row for each client that tried to connect in vain, the one that tried the most services first: scans of ports,
        SYNs that nobody answers, servers that are gone; here and in ``others``."""
        from netshoot._aggregates import AttemptedServices

        return Table(_netshoot.attempts(self._reports(others)), AttemptedServices)

    def latencies(self, *others: Capture) -> Table[LatencyBucket]:
        """How often which latency occurs, by kind: handshakes, first octets of responses, calls, DNS, echoes; here and in
        ``others``."""
        from netshoot._series import LatencyBucket

        return Table(_netshoot.latency_histograms(self._reports(others)), LatencyBucket)

    @property
    def plot(self) -> Plots:
        """Plots with matplotlib: ``plot.io()``, ``plot.sequence(flow)``, ``plot.rtt(flow)``."""
        from netshoot._plot import Plots

        return Plots(self)

    def frames(self, what: FramesLike, *, whole_flows: bool = False) -> FrameSelection:
        """The frames that prove a finding, with ``whole_flows`` all frames of its flows; those of a flow or a story; or those
        of these numbers; or of several such things. Iterate over them, or ``write(path)`` them to a capture.

        A finding's ``wireshark_filter`` shows its packets in Wireshark.
        """
        from netshoot._story import FrameSelection, chosen

        numbers, flows = chosen(what, whole_flows)
        return FrameSelection(self._capture, self._analysed() if flows else None, numbers, flows)

    def report_html(self, path: str | os.PathLike[str] | None = None) -> str:
        """The report as one page of HTML that needs nothing else: findings, traffic over time, plots and stories of the flows
        of the worst findings, largest flows, longest calls, slowest DNS queries. Also written to ``path``, if one is given.
        Reads the file once more."""
        page = _netshoot.html_page(self._capture, self._analysed(), self._name)
        if path is not None:
            with builtins.open(path, "w", encoding="utf-8") as file:
                file.write(page)
        return page

    def scan_packets(
        self, columns: Sequence[str] | None = None, *, ports: Mapping[int, str] | None = None
    ) -> polars.LazyFrame:
        """The table of packets as a polars lazy frame, read in batches while a query runs, so that a capture larger than
        memory can pass through: only the columns that the query needs are computed, rows that it does not want are dropped
        batch by batch, and reading ends where it has enough. Arguments as for :meth:`packets`."""
        from netshoot._scan import scan

        return scan(self, columns, ports)

    def index(self) -> CaptureIndex:
        """Reads the file once, so that any frame can be gone to by its number or time. Damage ends the index in front of
        it.

        Raises :class:`Error` for a compressed capture, in which nothing can be sought.
        """
        from netshoot._frames import CaptureIndex

        return CaptureIndex(self._capture.index())

    def names(self) -> dict[str, str]:
        """The names that the capture itself tells of addresses (pcapng's name resolution blocks), by address as the tables
        have it: ``flows.client_ip.map(capture.names())``. Nobody is asked; at most 65,536 are kept, and of an address the
        last one. Reads the file; damage ends the names in front of it.
        """
        return self._capture.names()

    def summary(self) -> _netshoot.Summary:
        """What was captured, and whether it can be trusted."""
        return self._analysed().summary()

    def __repr__(self) -> str:
        return f"<netshoot.Capture {self._name!r}>"

    def _repr_html_(self) -> str:
        from netshoot import _html

        return _html.card(self._name, self._analysed().summary(), self.findings())

    def _flow_series(
        self, flow: int | Flow, bin: float | timedelta | None, max_bins: int
    ) -> tuple[_netshoot.Table, _netshoot.Table]:
        from netshoot._series import width

        most = given.integer("max_bins", max_bins, 1, 1 << 24)
        return _netshoot.flow_series(self._capture, self._analysed(), _flow(flow), width(bin), 0, most)

    def _frames(self) -> int | None:
        return None if self._report is None else self._report.summary().frames

    def _files(self, others: Iterable[Capture]) -> list[_netshoot.Capture]:
        return [self._capture, *(other._capture for other in others)]

    def _reports(self, others: Iterable[Capture]) -> list[_netshoot.Report]:
        return [self._analysed(), *(other._analysed() for other in others)]

    def _analysed(self) -> _netshoot.Report:
        with self._lock:
            if self._report is None:
                self._report = self._analyse()
                damage = self._report.damage
                if damage is not None and not self._strict:
                    warnings.warn(damage, CaptureDamagedWarning, stacklevel=3)
        return self._report

    def _analyse(self) -> _netshoot.Report:
        if callable(self._progress):
            report = self._capture.analyze(self._progress)
        elif self._progress:
            report = _analyse_with_bar(self._capture)
        else:
            report = self._capture.analyze()
        if self._strict and report.damage is not None:
            raise from_library("malformed", report.damage, "read capture", None, None, None)
        return report


class Table(Generic[Row]):
    """Rows and columns that other libraries take as an Arrow stream, and that can be iterated as typed rows.

    It has ``__arrow_c_stream__``, so that ``polars.DataFrame(table)``, ``pandas.DataFrame.from_arrow(table)``,
    ``pyarrow.table(table)`` and, for a table in the variable ``flows``, ``duckdb.sql("from flows")`` work. Every use
    begins at the first row. Iteration gives named tuples; their times are cut to microseconds, those of the columns are
    nanoseconds.
    """

    def __init__(
        self,
        table: _netshoot.Table,
        row: type[Row] | None,
        count: Callable[[], int | None] | None = None,
    ) -> None:
        self._table = table
        self._row = row
        self._count = count

    @property
    def schema(self) -> dict[str, str]:
        """Arrow type of each column, in pyarrow's words."""
        return dict(self._table.columns)

    @property
    def column_names(self) -> list[str]:
        """Names of the columns in order."""
        return [name for name, _ in self._table.columns]

    def flag_names(self, column: str) -> list[str]:
        """Names of the bits of a column of flags such as ``tcp_flags``, bit 0 first; empty for other columns."""
        return self._table.flag_names(column)

    def to_polars(self) -> polars.DataFrame:
        """The table as a polars data frame."""
        try:
            import polars
        except ImportError as error:
            raise missing("to_polars", "polars", error) from None
        return self._give(polars.DataFrame)

    def to_pandas(self) -> pandas.DataFrame:
        """The table as a pandas data frame; needs pandas 3 and pyarrow."""
        try:
            import pandas
            import pyarrow  # noqa: F401
        except ImportError as error:
            raise missing("to_pandas", "pandas", error) from None
        return self._give(pandas.DataFrame.from_arrow)

    def to_arrow(self) -> pyarrow.Table:
        """The table as a pyarrow table."""
        try:
            import pyarrow
        except ImportError as error:
            raise missing("to_arrow", "pandas", error) from None
        return self._give(pyarrow.table)

    def batches(self, size: int = 65_536) -> Iterator[Table[Row]]:
        """The table in pieces of at most ``size`` rows, each a table, for captures that do not fit into memory."""
        if size < 1:
            raise ValueError(f"batches of {size} rows; hint: at least 1")
        for piece in self._table.batches(size):
            yield Table(piece, self._row)

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """A fresh Arrow C stream in a capsule."""
        return self._table.open(_BATCH_ROWS, True).__arrow_c_stream__(requested_schema)

    def __arrow_c_schema__(self) -> object:
        """The Arrow C schema in a capsule."""
        return self._table.schema()

    def __iter__(self) -> Iterator[Row]:
        row: Any = self._row or namedtuple("Row", self.column_names)
        return map(row._make, self._table.iterate())

    def __len__(self) -> int:
        rows = self._known_length()
        if rows is None:
            raise TypeError("the number of packets is not known before they are read; hint: capture.summary().frames")
        return rows

    def __bool__(self) -> bool:
        rows = self._known_length()
        return next(iter(self), None) is not None if rows is None else rows > 0

    def __repr__(self) -> str:
        rows = self._known_length()
        count = "" if rows is None else f"{rows:,} rows, "
        return f"<netshoot.Table {self._table.name}: {count}{len(self._table.columns)} columns>"

    def _repr_html_(self) -> str:
        from netshoot import _html

        return _html.table(self._table.name, self.column_names, self._known_length(), self._table.iterate())

    def _known_length(self) -> int | None:
        return self._table.rows if self._count is None else self._count()

    def _give(self, consumer: Callable[[Any], Result]) -> Result:
        """What ``consumer`` makes of the table. Where reading fails, it is the library's error that is raised."""
        stream = self._table.open(_BATCH_ROWS, False)
        try:
            return consumer(stream)
        except Exception:
            failure = stream.failure()
            if failure is None:
                raise
        raise failure


class Tabular:
    """What has a table, and so goes where Arrow streams go."""

    def table(self) -> Table[Any]:
        """The table."""
        raise NotImplementedError

    def to_arrow(self) -> pyarrow.Table:
        """The table as a pyarrow table."""
        return self.table().to_arrow()

    def to_polars(self) -> polars.DataFrame:
        """The table as a polars data frame."""
        return self.table().to_polars()

    def to_pandas(self) -> pandas.DataFrame:
        """The table as a pandas data frame; needs pandas 3 and pyarrow."""
        return self.table().to_pandas()

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """A fresh Arrow C stream in a capsule."""
        return self.table().__arrow_c_stream__(requested_schema)

    def __arrow_c_schema__(self) -> object:
        """The Arrow C schema in a capsule."""
        return self.table().__arrow_c_schema__()

    def _repr_html_(self) -> str:
        return self.table()._repr_html_()


def _since(since: SinceLike) -> str | None:
    """In the library's words."""
    if since is None or isinstance(since, str):
        return since
    if isinstance(since, timedelta):
        return f"{since // timedelta(microseconds=1)}us"
    begin = nanoseconds("since", since) or 0
    sign = "-" if begin < 0 else ""
    return f"{sign}{abs(begin) // 1_000_000_000}.{abs(begin) % 1_000_000_000:09}"


def _flow(flow: int | Flow) -> int:
    if hasattr(flow, "flow_id"):
        return flow.flow_id
    return given.integer("flow", flow, 0, (1 << 32) - 1, "the number of a flow")


def _open_file(source: str | list[str], how: tuple[str | None, int, str, bool]) -> _netshoot.Capture:
    try:
        return _netshoot.Capture(source, *how)
    except InvalidInputError as error:
        # The library tells of a directory without asking the system, so without the system's error code.
        if not any(map(os.path.isdir, [source] if isinstance(source, str) else source)):
            raise
        failure = from_library(error.kind, str(error), error.operation, error.detail, error.hint, errno.EISDIR)
    raise failure


def _analyse_with_bar(capture: _netshoot.Capture) -> _netshoot.Report:
    try:
        from tqdm.auto import tqdm
    except ImportError:
        return capture.analyze()
    with tqdm(unit="B", unit_scale=True, desc="analyse", delay=1) as bar:

        def show(octets: int, total: int | None) -> None:
            bar.total = total
            bar.update(octets - bar.n)

        return capture.analyze(show)


def missing(method: str, extra: str, error: ImportError) -> ImportError:
    """The error of a method that needs a library which is not installed."""
    return ImportError(f"{method}: {error}; hint: pip install 'netshoot[{extra}]'")


_BATCH_ROWS = 65_536
"""Rows of a batch: a few megabytes, read in some ten milliseconds."""

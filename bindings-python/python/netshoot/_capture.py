"""Captures and their tables."""

from __future__ import annotations

import errno
import os
import threading
import warnings
from collections import namedtuple
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from netshoot import _netshoot
from netshoot._errors import CaptureDamagedWarning, InvalidInputError, from_library
from netshoot._rows import DnsTransaction, Finding, Flow, Frame

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import pandas
    import polars
    import pyarrow

    from netshoot._frames import CaptureIndex

Row = TypeVar("Row")
Result = TypeVar("Result")


def open(
    source: str | os.PathLike[str] | bytes | bytearray | memoryview,
    *,
    strict: bool = False,
    progress: bool | Callable[[int, int | None], object] = False,
) -> Capture:
    """Opens a pcap or pcapng capture, also one that is compressed by gzip, zstd or lz4: the file at a path, or octets that
    are the contents of one.

    Only the header is read now. If the file turns out to be damaged or cut off, everything before the damage is used
    and a :class:`CaptureDamagedWarning` issued; ``strict`` makes that an :class:`Error`. While the capture is analysed,
    ``progress`` is called about ten times a second, and once at the end, with the octets read so far and the octets of
    the file (``None`` where unknown); ``True`` shows a bar, if tqdm is installed. A FIFO can be read only once.

    Raises :class:`Error`, which is also a ``FileNotFoundError``, ``PermissionError``, ``IsADirectoryError`` or
    ``NotADirectoryError`` where that is the cause.
    """
    return Capture(source, strict=strict, progress=progress)


class Capture:
    """A capture. Its tables are made when they are asked for.

    Flows, DNS transactions, findings and the summary come from one pass over the file, done at the first call that
    needs it and kept. Packets are read anew each time, in bounded memory.
    """

    def __init__(
        self,
        source: str | os.PathLike[str] | bytes | bytearray | memoryview,
        *,
        strict: bool = False,
        progress: bool | Callable[[int, int | None], object] = False,
    ) -> None:
        if isinstance(source, (bytes, bytearray, memoryview)):
            self._name = "memory"
            self._capture = _netshoot.Capture(bytes(source))
        else:
            self._name = os.fspath(source)
            self._capture = _open_file(self._name)
        self._strict = strict
        self._progress = progress
        self._report: _netshoot.Report | None = None
        self._lock = threading.Lock()

    @overload
    def packets(self, columns: None = None) -> Table[Frame]: ...
    @overload
    def packets(self, columns: Sequence[str]) -> Table[Any]: ...
    def packets(self, columns: Sequence[str] | None = None) -> Table[Any]:
        """One row for each frame, read from the file while the table is consumed.

        ``columns`` chooses columns and their order; what is not asked for is not computed.
        """
        if isinstance(columns, str):
            raise TypeError(f"columns are a list of names, not one text; hint: columns=[{columns!r}]")
        names = None if columns is None else list(columns)
        return Table(self._capture.packets(names, self._strict), Frame if columns is None else None, self._frames)

    def flows(self) -> Table[Flow]:
        """One row for each flow, in order of first appearance."""
        return Table(self._analysed().flows(), Flow)

    def dns(self) -> Table[DnsTransaction]:
        """One row for each DNS question to a resolver, in order of time."""
        return Table(self._analysed().dns(), DnsTransaction)

    def findings(self) -> Table[Finding]:
        """What a person should know, the worst first, each with the numbers of the frames that prove it."""
        return Table(self._analysed().findings(), Finding)

    def index(self) -> CaptureIndex:
        """Reads the file once, so that any frame can be gone to by its number or time. Damage ends the index in front of
        it.

        Raises :class:`Error` for a compressed capture, in which nothing can be sought.
        """
        from netshoot._frames import CaptureIndex

        return CaptureIndex(self._capture.index())

    def summary(self) -> _netshoot.Summary:
        """What was captured, and whether it can be trusted."""
        return self._analysed().summary()

    def __repr__(self) -> str:
        return f"<netshoot.Capture {self._name!r}>"

    def _repr_html_(self) -> str:
        from netshoot import _html

        return _html.card(self._name, self._analysed().summary(), self.findings())

    def _frames(self) -> int | None:
        return None if self._report is None else self._report.summary().frames

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


def _open_file(path: str) -> _netshoot.Capture:
    try:
        return _netshoot.Capture(path)
    except InvalidInputError as error:
        # The library tells of a directory without asking the system, so without the system's error code.
        if not os.path.isdir(path):
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

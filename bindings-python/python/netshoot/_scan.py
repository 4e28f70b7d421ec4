"""The packets of a capture as a polars lazy frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netshoot import _netshoot
from netshoot._capture import Table, missing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import polars

    from netshoot._capture import Capture


def scan(capture: Capture, columns: Sequence[str] | None, ports: Mapping[int, str] | None) -> polars.LazyFrame:
    """A lazy frame over the table of packets, of which polars says what it needs."""
    try:
        import polars
        from polars.io.plugins import register_io_source
    except ImportError as error:
        raise missing("scan_packets", "polars", error) from None
    table = capture.packets(columns, ports=ports) if columns is not None else capture.packets(ports=ports)
    names = table.column_names
    # A capture without packets has the same columns.
    schema = Table(_netshoot.Capture(_EMPTY).packets(names), None).to_polars().schema

    def read(
        wanted: list[str] | None, predicate: polars.Expr | None, rows: int | None, batch: int | None
    ) -> Iterator[polars.DataFrame]:
        chosen = names if wanted is None else [name for name in names if name in wanted]
        if rows == 0:
            return
        left = rows
        size = min(batch or _BATCH_ROWS, rows or _BATCH_ROWS)
        # A query that needs no column counts rows.
        for piece in capture.packets(chosen or names[:1], ports=ports).batches(size):
            frame = piece.to_polars()
            if left is not None:
                frame = frame.head(left)
                left -= frame.height
            if predicate is not None:
                frame = frame.filter(predicate)
            yield frame.select(wanted) if wanted is not None else frame
            if left == 0:
                return

    return register_io_source(read, schema=schema, is_pure=True)


_BATCH_ROWS = 65_536
_EMPTY = bytes.fromhex("d4c3b2a1020004000000000000000000ffff000001000000")

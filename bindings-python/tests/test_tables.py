"""Tables as Arrow streams: the same values in every library that takes them."""

from __future__ import annotations

import datetime
import os
import subprocess
import sys
import threading
from pathlib import Path

import duckdb
import pandas
import polars
import pyarrow
import pytest
from captures import CLIENT, RESOLVER, START_NS, dns, ethernet, ipv4, pcapng, udp

import netshoot

ROW_CLASSES = {
    "packets": netshoot.Frame,
    "flows": netshoot.Flow,
    "dns": netshoot.DnsTransaction,
    "findings": netshoot.Finding,
}
NAMES = list(ROW_CLASSES)


@pytest.mark.parametrize("name", NAMES)
def test_fields_of_rows_are_the_columns(capture: netshoot.Capture, name: str) -> None:
    table = getattr(capture, name)()
    assert list(ROW_CLASSES[name]._fields) == table.column_names == list(table.schema)
    assert all(isinstance(row, ROW_CLASSES[name]) for row in table)


@pytest.mark.parametrize("name", NAMES)
def test_annotations_of_rows_match_the_schema(capture: netshoot.Capture, name: str) -> None:
    """A field is of the type of its column, and may be None where the column may be null."""
    kinds = {
        "uint8": "int",
        "uint16": "int",
        "uint32": "int",
        "uint64": "int",
        "float": "float",
        "double": "float",
        "bool": "bool",
        "string": "str",
        "timestamp[ns, tz=UTC]": "datetime",
        "list<uint32>": "list[int]",
    }
    table = getattr(capture, name)()
    schema = pyarrow.schema(table)
    for field in schema:
        text = kinds.get(table.schema[field.name], "str")
        expected = f"{text} | None" if field.nullable else text
        assert ROW_CLASSES[name].__annotations__[field.name].__forward_arg__ == expected, field.name


@pytest.mark.parametrize("name", NAMES)
def test_all_libraries_see_the_same_rows(capture: netshoot.Capture, name: str) -> None:
    table = getattr(capture, name)()
    direct = table  # a name that is no keyword of SQL
    rows = [tuple(row) for row in direct]
    assert rows
    arrow = pyarrow.table(table)
    assert [tuple(_python(value) for value in row.values()) for row in arrow.to_pylist()] == rows
    assert arrow.equals(table.to_arrow())
    frame = polars.DataFrame(table)
    assert frame.equals(table.to_polars()) and frame.columns == table.column_names
    assert [tuple(row) for row in frame.iter_rows()] == rows
    assert duckdb.sql("select count(*) from direct").fetchall() == [(len(rows),)]
    assert duckdb.sql("select count(*) from (from arrow except all from direct)").fetchall() == [(0,)]
    data = pandas.DataFrame.from_arrow(table)
    assert list(data.columns) == table.column_names and len(data) == len(rows)
    assert data.equals(table.to_pandas())
    for column, values in zip(table.column_names, zip(*rows)):
        if isinstance(values[0], (int, str)):
            assert [None if pandas.isna(value) else value for value in data[column]] == list(values), column


def test_duckdb_reads_a_table_again_and_again(capture: netshoot.Capture) -> None:
    packets = capture.packets()
    query = (
        "select src_ip, count(*) as packets, sum(orig_len) as octets from packets group by src_ip order by octets desc"
    )
    first = duckdb.sql(query).fetchall()
    assert first == duckdb.sql(query).fetchall()
    assert sum(octets for _, _, octets in first) == capture.summary().bytes


def test_times_have_nanoseconds(capture: netshoot.Capture) -> None:
    assert capture.packets().to_polars()["ts"].cast(polars.Int64)[0] == START_NS
    assert capture.packets().to_pandas()["ts"][0].value == START_NS
    assert next(iter(capture.packets())).ts == datetime.datetime(
        2023, 11, 14, 22, 13, 20, 123456, datetime.timezone.utc
    )


def test_times_before_1970() -> None:
    query = udp((4000, 53), dns(1, "www.example"))
    frames = [(1_500_000_999, ethernet(ipv4(CLIENT, RESOLVER, 17, query)))]
    epoch = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
    for offset in (-2, -9_000_000_000, 9_000_000_000):
        first = epoch + datetime.timedelta(seconds=offset + 1, milliseconds=500)
        capture = netshoot.open(pcapng(frames, offset))
        assert [frame.ts for frame in capture.packets()] == [first]
        assert capture.packets().to_polars()["ts"].cast(polars.Int64)[0] == offset * 10**9 + 1_500_000_999
        assert capture.summary().first == capture.summary().last == first
        assert [flow.first_ts for flow in capture.flows()] == [question.ts for question in capture.dns()] == [first]
        assert str(first.year) in capture.packets()._repr_html_() and capture._repr_html_()


def test_chosen_columns_come_in_order(capture: netshoot.Capture) -> None:
    table = capture.packets(["dst_port", "frame"])
    assert table.column_names == ["dst_port", "frame"]
    assert next(iter(table)) == (80, 1)
    assert next(iter(table)).frame == 1
    assert capture.packets(["dst_port"]).to_polars().height == 44


def test_batches_cover_the_table(capture: netshoot.Capture) -> None:
    pieces = list(capture.packets().batches(10))
    assert [len(piece) for piece in pieces] == [10, 10, 10, 10, 4]
    assert polars.concat([piece.to_polars() for piece in pieces])["frame"].to_list() == list(range(1, 45))
    assert [row for piece in pieces for row in piece] == list(capture.packets())
    assert [len(piece) for piece in capture.flows().batches(6)][:2] == [6, 6]
    with pytest.raises(ValueError, match="at least 1"):
        next(capture.flows().batches(0))


def test_length(incident_bytes: bytes) -> None:
    capture = netshoot.open(incident_bytes)
    with pytest.raises(TypeError, match="not known before they are read"):
        len(capture.packets())
    assert bool(capture.packets())
    assert len(capture.dns()) == 8 and bool(capture.dns())
    assert len(capture.packets()) == 44


def test_capsules_follow_the_interface(capture: netshoot.Capture) -> None:
    table = capture.flows()
    assert '"arrow_array_stream"' in repr(table.__arrow_c_stream__(requested_schema=None))
    assert '"arrow_schema"' in repr(table.__arrow_c_schema__())
    assert pyarrow.schema(table) == table.to_arrow().schema
    reader = pyarrow.RecordBatchReader.from_stream(table)
    assert reader.read_all().num_rows == len(table)


def test_a_stream_that_nobody_reads_is_freed(capture: netshoot.Capture) -> None:
    for _ in range(100):
        capture.packets().__arrow_c_stream__()
        next(iter(capture.packets().batches(1)))


def test_many_threads_read_one_table(capture: netshoot.Capture) -> None:
    table, heights = capture.packets(), []
    threads = [threading.Thread(target=lambda: heights.append(table.to_polars().height)) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert heights == [44] * 16


def test_many_threads_pull_from_one_stream() -> None:
    """Each row reaches one thread, and an error one as well. In a process of its own: what can go wrong kills it."""
    program = """
import sys, threading, pyarrow, netshoot
from captures import START_NS, pcap
octets = pcap([(START_NS, bytes(60))] * 200_000)
def pull(capture):
    reader = pyarrow.RecordBatchReader.from_stream(capture.packets(["frame"]))
    frames, errors = [], []
    def work():
        try:
            while True:
                frames.extend(reader.read_next_batch()[0].to_pylist())
        except StopIteration:
            pass
        except Exception as error:
            errors.append(error)
    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(frames), errors
for _ in range(10):
    frames, errors = pull(netshoot.open(octets))
    assert frames == list(range(1, 200_001)) and errors == []
    frames, errors = pull(netshoot.open(octets[:-1], strict=True))
    assert len(errors) == 1 and "cut off" in str(errors[0]), errors
"""
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parent)}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, (done.returncode, done.stderr)


def test_a_missing_library_is_named(capture: netshoot.Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    for library, method, extra in (
        ("polars", "to_polars", "polars"),
        ("pandas", "to_pandas", "pandas"),
        ("pyarrow", "to_arrow", "pandas"),
    ):
        with monkeypatch.context() as patch:
            patch.setitem(sys.modules, library, None)
            with pytest.raises(ImportError, match=rf"hint: pip install 'netshoot\[{extra}\]'"):
                getattr(capture.flows(), method)()


def _python(value: object) -> object:
    """pyarrow gives pandas time stamps where there are nanoseconds."""
    return value.to_pydatetime(warn=False) if isinstance(value, pandas.Timestamp) else value

"""Tables as Arrow streams: the same values in every library that takes them."""

from __future__ import annotations

import datetime
import os
import struct
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import duckdb
import pandas
import polars
import pyarrow
import pytest
from captures import ACK, CLIENT, RESOLVER, RST, START_NS, SYN, dns, ethernet, ipv4, pcap, pcapng, tcp, udp, variety

import netshoot

ROW_CLASSES = {
    "packets": netshoot.Frame,
    "flows": netshoot.Flow,
    "dns": netshoot.DnsTransaction,
    "calls": netshoot.Call,
    "tls": netshoot.TlsHandshake,
    "quic": netshoot.QuicConnection,
    "icmp": netshoot.IcmpMessage,
    "arp": netshoot.ArpMessage,
    "dhcp": netshoot.DhcpExchange,
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
        "int64": "int",
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
    table = getattr(netshoot.open(variety()) if name in ("tls", "quic", "icmp", "arp", "dhcp") else capture, name)()
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


def test_segments_are_judged_by_the_profile_that_is_named() -> None:
    sent = ipv4(CLIENT, RESOLVER, 6, tcp((4000, 80), 1000, 1, ACK, b"x" * 100))
    taken = ipv4(RESOLVER, CLIENT, 6, tcp((80, 4000), 1, 1050, ACK))
    octets = pcap([(START_NS, ethernet(sent)), (START_NS + 1000, ethernet(taken))])
    partial_ack = 1 << 15
    for profile, judged in (("wireshark-4.0", 0), ("wireshark-4.4", partial_ack), ("wireshark-4.6", partial_ack)):
        capture = netshoot.open(octets, tcp_profile=profile)  # type: ignore[arg-type]
        assert [row.tcp_analysis for row in capture.packets(["tcp_analysis"])] == [0, judged], profile
    with pytest.raises(netshoot.InvalidInputError, match="hint: wireshark-4.0, wireshark-4.4 or wireshark-4.6"):
        netshoot.open(octets, tcp_profile="wireshark-1.0")  # type: ignore[arg-type]


def test_fragments_are_put_together_unless_that_is_unwanted() -> None:
    whole = ipv4(CLIENT, RESOLVER, 17, udp((4000, 53), dns(2, "fragments.example")))
    head, payload = whole[:20], whole[20:]
    # The first ends within the question.
    parts = [(payload[:24], 0x2000), (payload[24:], 3)]
    octets = pcap([
        (START_NS + place, ethernet(head[:2] + struct.pack("!HHH", 20 + len(part), 1, flags) + head[8:] + part))
        for place, (part, flags) in enumerate(parts)
    ])
    assert [row.qname for row in netshoot.open(octets).dns()] == ["fragments.example"]
    assert len(list(netshoot.open(octets, reassemble=False).dns())) == 0


@pytest.mark.parametrize(
    ("how", "numbers", "fragments"),
    [
        ({}, [0, 1, 1, 1, 1, 2, 3], [1]),
        ({"reassemble": False}, [1, 2, 2, 2, 2, 0, 3], []),
        ({"tcp_profile": "wireshark-4.4"}, [0, 1, 1, 2, 2, 3, 4], [1]),
        ({"tcp_profile": "wireshark-4.6", "reassemble": False}, [1, 2, 2, 3, 3, 0, 4], []),
        ({"since": "3ms"}, [0, 0, 1, 2], []),
    ],
)
def test_flows_have_the_same_numbers_everywhere(how: dict[str, Any], numbers: list[int], fragments: list[int]) -> None:
    capture = netshoot.open(numbered_by_options(), **how)
    rows = list(capture.packets(["frame", "flow_id"]))
    assert [row.flow_id for row in rows] == numbers
    assert capture.scan_packets(["flow_id"]).collect()["flow_id"].to_list() == numbers
    for flow in (flow for flow in capture.flows() if flow.client_port):
        frames = [row.frame for row in rows if row.flow_id == flow.flow_id]
        assert (frames[0], frames[-1]) == (flow.first_frame, flow.last_frame)
        # What frame 6 completes began in frames that are of another flow.
        began = fragments if frames == [6] else []
        assert [frame.number for frame in capture.frames(flow)] == began + frames
        assert sum(row.frames for row in capture.io(flow=flow)) == len(frames)
        assert capture.explain(flow).title.startswith(f"flow {flow.flow_id}, ")
    assert len(capture.packets()) == capture.summary().frames == sum(row.frames for row in capture.io()) == len(rows)


def numbered_by_options() -> bytes:
    """Flows have other numbers where fragments are not put together, by the rules of a later Wireshark, and from the
    second frame on: a segment in a tunnel that fragments it, around two attempts with the same SYN, and a query."""
    inner = ipv4("10.0.1.1", "10.0.1.2", 6, tcp((4000, 80), 1000, 1, ACK, b"x" * 100))
    whole = ipv4("10.0.2.1", "10.0.2.2", 4, inner)
    first, second = (
        whole[:2] + struct.pack("!HHH", 20 + len(part), 1, flags) + whole[8:20] + part
        for part, flags in ((inner[:80], 0x2000), (inner[80:], 10))
    )
    attempt = [
        ipv4(CLIENT, RESOLVER, 6, tcp((5000, 81), 100, 0, SYN)),
        ipv4(RESOLVER, CLIENT, 6, tcp((81, 5000), 0, 101, RST | ACK)),
    ]
    query = ipv4(CLIENT, RESOLVER, 17, udp((5000, 53), dns(7, "shop.example")))
    packets = [first, *attempt, *attempt, second, query]
    return pcap([(START_NS + place * 10**6, ethernet(packet)) for place, packet in enumerate(packets)])


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

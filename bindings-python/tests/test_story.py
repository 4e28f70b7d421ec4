"""Stories of flows, series, plots, pages, the frames of findings, and the lazy frame of packets."""

from __future__ import annotations

import subprocess
import sys
from datetime import datetime, timedelta, timezone
from html.parser import HTMLParser
from pathlib import Path

import captures as made
import pytest
from conftest import ROOT, program

import netshoot

DEMO = ROOT / "netshoot-core/tests/captures/demo.pcapng"
VOID = {"meta", "link", "br", "hr", "img", "input"}


@pytest.fixture(scope="module")
def demo() -> netshoot.Capture:
    return netshoot.open(DEMO)


def test_story_of_a_flow(demo: netshoot.Capture) -> None:
    flow = next(flow for flow in demo.flows() if flow.conn_state == "REJ")
    story = demo.explain(flow)
    assert story.title.startswith("flow 18, tcp stream 5: 10.99.0.1:37076 to 10.99.0.2:9090")
    assert str(story).splitlines()[-1] == "verdict: server (critical): connections refused"
    assert story.verdict == "server" and story.summary == "server (critical): connections refused"
    reset = next(event for event in story if event.kind == "reset")
    assert (reset.first_frame, reset.last_frame, reset.by, reset.times) == (338, 338, "server", 1)
    assert reset.text == "server refuses the connection: RST" and reset.seconds == pytest.approx(0.02657)
    assert len(story) == len(story.events) == len(story.table()) == story.to_polars().height
    assert [row.text for row in story.table()] == [event.text for event in story]
    assert "server refuses" in story._repr_html_() and "flow 18" in repr(story)
    assert str(demo.explain(18)) == str(story)


def test_story_of_no_flow(demo: netshoot.Capture) -> None:
    with pytest.raises(netshoot.NotFoundError, match="hint: the flows are 0 to 25"):
        demo.explain(99)
    with pytest.raises(netshoot.Error, match="flow is -1"):
        demo.explain(-1)


def test_hostile_text_is_escaped() -> None:
    capture = netshoot.open(hostile())
    story = capture.explain(0)
    assert "\x1b" not in str(story)
    for html in (story._repr_html_(), capture.report_html()):
        assert "<script" not in html and "&lt;script&gt;" in html


def hostile() -> bytes:
    ports = (40000, 80)
    request = b"GET /<script>alert(1)</script>\x1b[31m HTTP/1.1\r\nHost: <script>\r\n\r\n"
    frames = []
    for n in range(12):
        segment = made.tcp(ports, 1000 + n * len(request), 1, made.ACK, request)
        frames.append((made.START_NS + n * 1_000_000, made.ethernet(made.ipv4(made.CLIENT, made.SERVER, 6, segment))))
    query = made.udp((5555, 53), made.dns(1, "<script>.example"))
    frames.append((made.START_NS + 20_000_000, made.ethernet(made.ipv4(made.CLIENT, made.RESOLVER, 17, query))))
    return made.pcap(frames)


def test_series_add_up_to_the_summary(demo: netshoot.Capture) -> None:
    summary = demo.summary()
    for bin in (0.1, 1, timedelta(seconds=2)):
        rows = list(demo.io(bin))
        assert sum(row.frames for row in rows) == summary.frames
        assert sum(row.bytes for row in rows) == summary.bytes
        assert sum(row.new_flows for row in rows) == summary.flows
        width = timedelta(milliseconds=rows[0].bin_ms)
        assert [row.bin_start for row in rows] == [rows[0].bin_start + n * width for n in range(len(rows))]
    by_protocol = demo.io(by="protocol").to_polars().group_by("protocol").sum().to_dicts()
    counts = {count.protocol: count.frames for count in summary.protocols}
    assert {row["protocol"]: row["frames"] for row in by_protocol} == counts
    flow = max(demo.flows(), key=lambda flow: flow.packets_s2c)
    both = demo.io(flow=flow).to_polars().group_by("direction").sum().to_dicts()
    assert {row["direction"]: row["frames"] for row in both} == {"c2s": flow.packets_c2s, "s2c": flow.packets_s2c}
    assert len(demo.io(0.001, max_bins=10)) <= 10
    origin = list(demo.io(1, origin=summary.first))[0].bin_start
    assert origin == summary.first


def test_series_of_a_flow(demo: netshoot.Capture) -> None:
    flow = max(demo.flows(), key=lambda flow: flow.payload_bytes_s2c)
    packets = demo.packets().to_polars()
    own = packets.filter((packets["flow_id"] == flow.flow_id) & packets["ack_rtt_ms"].is_not_null())
    rows = list(demo.rtt(flow))
    assert sum(row.samples for row in rows) == own.height
    assert max(row.rtt_max_ms for row in rows) == pytest.approx(own["ack_rtt_ms"].max())
    sequence = [row for row in demo.sequence(flow, 0.01) if row.direction == "s2c"]
    assert max(row.ack_max or 0 for row in sequence) >= flow.payload_bytes_s2c - flow.retx_bytes_s2c
    assert sum(row.retx_pkts for row in sequence) > 0
    kinds = {row.kind for row in demo.latencies()}
    assert {"tcp_handshake", "dns", "call", "time_to_first_byte"} <= kinds


@pytest.mark.parametrize("name", ["io", "rtt", "sequence", "latencies", "story"])
def test_fields_of_rows_are_the_columns(demo: netshoot.Capture, name: str) -> None:
    tables = {
        "io": demo.io(),
        "rtt": demo.rtt(1),
        "sequence": demo.sequence(1),
        "latencies": demo.latencies(),
        "story": demo.explain(1).table(),
    }
    row = next(iter(tables[name]))
    assert list(row._fields) == tables[name].column_names


def test_arguments_of_series(demo: netshoot.Capture) -> None:
    with pytest.raises(netshoot.Error, match="bin is 0"):
        demo.io(0)
    with pytest.raises(TypeError, match="bin is a number of seconds"):
        demo.io("1s")  # type: ignore[arg-type]
    with pytest.raises(netshoot.Error, match="hint: protocol"):
        demo.io(by="port")
    with pytest.raises(netshoot.Error, match="max_bins is 0"):
        demo.io(max_bins=0)
    with pytest.raises(netshoot.NotFoundError):
        demo.rtt(99)


def test_since(demo: netshoot.Capture) -> None:
    first = demo.summary().first
    assert first is not None
    later = first + timedelta(seconds=10)
    counts = {
        netshoot.open(DEMO, since=since).summary().frames
        for since in ("10s", timedelta(seconds=10), later, later.timestamp(), str(later))
    }
    assert len(counts) == 1 and 0 < counts.pop() < demo.summary().frames
    capture = netshoot.open(DEMO, since="10s")
    assert sum(row.frames for row in capture.io()) == capture.summary().frames
    with pytest.raises(netshoot.Error, match="10s, 250ms"):
        netshoot.open(DEMO, since="soon")
    assert netshoot.open(DEMO, since=datetime(1969, 1, 1, tzinfo=timezone.utc)).summary().frames == 460


def test_plots(demo: netshoot.Capture) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    for axes, label in [
        (demo.plot.io(), "Mbit/s"),
        (demo.plot.io(0.5, by="protocol"), "Mbit/s"),
        (demo.plot.io(flow=5), "Mbit/s"),
        (demo.plot.sequence(5), "sequence number in octets"),
        (demo.plot.sequence(5, direction="c2s"), "sequence number in octets"),
        (demo.plot.rtt(5), "round trip in ms"),
        (netshoot.open(made.pcap([])).plot.io(), "Mbit/s"),
    ]:
        assert (axes.get_xlabel(), axes.get_ylabel()) == ("seconds", label)
        axes.figure.canvas.draw()
    own = plt.subplots()[1]
    assert demo.plot.rtt(5, ax=own) is own
    labels = [text.get_text() for text in demo.plot.sequence(5).get_legend().get_texts()]
    assert {"sent", "acknowledged", "sent again"} <= set(labels)
    with pytest.raises(netshoot.Error, match="c2s or s2c"):
        demo.plot.sequence(5, direction="up")
    plt.close("all")


def test_plots_say_what_is_missing(demo: netshoot.Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=r"plot\.io: .*; hint: pip install 'netshoot\[plot\]'"):
        demo.plot.io()


def test_frames_of_findings_and_flows(demo: netshoot.Capture, tmp_path: Path) -> None:
    findings = list(demo.findings())
    for finding in findings:
        assert [frame.number for frame in demo.frames(finding)] == finding.evidence_frames
    refused = next(finding for finding in findings if finding.kind == "tcp-refused")
    assert [frame.number for frame in demo.frames(refused, whole_flows=True)] == [337, 338]
    assert [frame.number for frame in demo.frames([3, 1])] == [1, 3]
    assert [frame.number for frame in demo.frames(demo.explain(18))] == [337, 338]
    everything = sorted({frame for finding in findings for frame in finding.evidence_frames})
    assert [frame.number for frame in demo.frames(findings)] == everything
    path = tmp_path / "evidence.pcapng"
    assert demo.frames(refused, whole_flows=True).write(path) == 2
    written = netshoot.open(path)
    assert [row.tcp_flags for row in written.packets()] == [2, 20]
    comments = [netshoot.open(path).index().frame(number).comments[-1] for number in (1, 2)]
    assert comments == [f"frame {number} of the capture that this is taken from" for number in (337, 338)]
    with pytest.raises(TypeError, match="not by str"):
        demo.frames("tcp-refused")  # type: ignore[arg-type]
    copy = tmp_path / "copy.pcapng"
    copy.write_bytes(DEMO.read_bytes())
    with pytest.raises(netshoot.Error):
        netshoot.open(copy).frames(1).write(copy)
    assert copy.read_bytes() == DEMO.read_bytes()


def test_wireshark_reads_the_evidence(demo: netshoot.Capture, tmp_path: Path) -> None:
    path = tmp_path / "evidence.pcapng"
    finding = next(finding for finding in demo.findings() if finding.kind == "tcp-zero-window")
    demo.frames(finding).write(path)
    command = [program("tshark"), "-n", "-r", str(path), "-T", "fields", "-e", "tcp.window_size_value"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["0"] * len(finding.evidence_frames)
    command = [command[0], "-n", "-r", str(DEMO), "-Y", finding.wireshark_filter, "-T", "fields", "-e", "frame.number"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert [int(number) for number in done.stdout.split()] == finding.evidence_frames


class Nesting(HTMLParser):
    """Sees that every tag is closed where it should be."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.outside: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.outside += [name for name, _ in attributes if name in ("src", "href") or name.startswith("on")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.open.pop()


@pytest.mark.parametrize("source", [DEMO, hostile(), made.pcap([])])
def test_page_is_well_formed(source: Path | bytes, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    page = netshoot.open(source).report_html(path)
    assert path.read_text(encoding="utf-8") == page
    parser = Nesting()
    parser.feed(page)
    parser.close()
    assert parser.open == [] and parser.outside == [] and "script" not in {*parser.open}


def test_scan_is_the_table(demo: netshoot.Capture) -> None:
    import polars

    whole = demo.packets().to_polars()
    lazy = demo.scan_packets()
    assert isinstance(lazy, polars.LazyFrame) and lazy.collect_schema() == whole.schema
    assert lazy.collect().equals(whole)
    columns = ["tcp_flags", "frame", "src_ip"]
    assert lazy.select(columns).collect().equals(whole.select(columns))
    assert demo.scan_packets(columns).collect().equals(whole.select(columns))
    assert lazy.head(7).collect().equals(whole.head(7))
    assert lazy.slice(5, 7).collect().equals(whole.slice(5, 7))
    assert lazy.select(polars.len()).collect().item() == whole.height
    where = (polars.col("src_ip") == "10.99.0.1") & (polars.col("orig_len") > 60)
    expected = whole.filter(where)
    assert 0 < expected.height < whole.height
    assert lazy.filter(where).collect().equals(expected)
    assert lazy.filter(where).select("frame").head(3).collect().equals(expected.select("frame").head(3))
    assert lazy.head(50).filter(where).collect().equals(whole.head(50).filter(where))
    grouped = lazy.group_by("src_ip").agg(polars.col("orig_len").sum()).sort("src_ip").collect()
    assert grouped["orig_len"].sum() == whole["orig_len"].sum()


def test_scan_stops_where_it_has_enough() -> None:
    frame = made.ethernet(made.ipv4(made.CLIENT, made.SERVER, 17, made.udp((1, 2), b"x")))
    file = made.pcap([(made.START_NS + n, frame) for n in range(1000)])
    # Behind the frames that are asked for, the file is damaged.
    capture = netshoot.open(file + b"\xff" * 40, strict=True)
    assert capture.scan_packets().head(100).collect().height == 100
    with pytest.raises(netshoot.Error):
        capture.packets().to_polars()

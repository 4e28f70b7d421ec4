"""Captures: what comes out of them, and what happens when they are bad."""

from __future__ import annotations

import datetime
import errno
import json
import os
import re
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from captures import CLIENT, SERVER, START_NS, connection, ethernet, ipv4, pcap, udp
from conftest import ROOT, skip

import netshoot


def test_summary(capture: netshoot.Capture) -> None:
    summary = capture.summary()
    assert summary.frames == 44 and summary.flows == len(capture.flows()) and summary.damage is None
    assert summary.first == datetime.datetime(2023, 11, 14, 22, 13, 20, 123456, datetime.timezone.utc)
    assert summary.last is not None and summary.duration == pytest.approx(5.0)
    assert summary.link_types == ["ethernet"]
    assert sum(count.frames for count in summary.protocols) == summary.frames
    assert summary.bytes == sum(frame.orig_len for frame in capture.packets())


def test_flows(capture: netshoot.Capture) -> None:
    flow = next(iter(capture.flows()))
    assert isinstance(flow, netshoot.Flow)
    assert (flow.client_ip, flow.client_port, flow.server_ip, flow.server_port) == (CLIENT, 40001, SERVER, 80)
    assert (flow.conn_state, flow.packets_c2s, flow.packets_s2c, flow.retx_pkts_s2c) == ("SF", 6, 4, 1)
    assert flow.syn_rtt_ms == pytest.approx(1.0) and flow.ack_rtt_ms == pytest.approx(1.0)
    assert flow.server_name == "shop.example"


def test_dns(capture: netshoot.Capture) -> None:
    transactions = list(capture.dns())
    assert len(transactions) == 8
    failed = transactions[0]
    assert (failed.qname, failed.rcode, failed.answered) == ("gone.example", "NXDOMAIN", True)
    assert failed.latency_ms == pytest.approx(5.0)
    silent = transactions[-1]
    assert (silent.answered, silent.rcode, silent.latency_ms) == (False, None, None)


def test_findings_name_what_was_planted(capture: netshoot.Capture) -> None:
    findings = {finding.kind: finding for finding in capture.findings()}
    assert {"tcp-refused", "tcp-unanswered-syn", "dns-failure", "dns-unanswered"} <= set(findings)
    refused = findings["tcp-refused"]
    assert (refused.server_ip, refused.server_port, refused.events) == (SERVER, 81, 4)
    frames = {frame.frame: frame for frame in capture.packets()}
    assert all(81 in (frames[number].src_port, frames[number].dst_port) for number in refused.evidence_frames)
    flows = {flow.flow_id: flow for flow in capture.flows()}
    assert all(flows[number].server_port == 81 for number in refused.flow_ids)
    assert refused.severity in ("critical", "warning", "note") and refused.summary


def test_names_are_those_of_the_capture(capture: netshoot.Capture) -> None:
    assert capture.names() == {}

    def block(kind: int, body: bytes) -> bytes:
        length = (12 + len(body)).to_bytes(4, "little")
        return kind.to_bytes(4, "little") + length + body + length

    section = block(0x0A0D0D0A, bytes.fromhex("4d3c2b1a01000000ffffffffffffffff"))
    records = bytes.fromhex("01001000c0000201") + b"one\0last.ex\0"
    records += bytes.fromhex("02001800" + "20010db8" + "00" * 11 + "01") + b"six.ex\0\0"
    named = netshoot.open(section + block(4, records + bytes(4)))
    assert named.names() == {"192.0.2.1": "last.ex", "2001:db8::1": "six.ex"}


def test_packets_see_the_flow(capture: netshoot.Capture) -> None:
    table = capture.packets()
    bit = 1 << table.flag_names("tcp_analysis").index("retransmission")
    marked = [frame.frame for frame in table if frame.tcp_analysis is not None and frame.tcp_analysis & bit]
    assert marked[:2] == [6, 16]
    assert table.flag_names("tcp_flags")[:5] == ["FIN", "SYN", "RST", "PSH", "ACK"]
    assert table.flag_names("frame") == []


def test_sources_are_equal(incident_file: Path, incident_bytes: bytes) -> None:
    sources = [incident_file, str(incident_file), incident_bytes, bytearray(incident_bytes), memoryview(incident_bytes)]
    flows = [list(netshoot.open(source).flows()) for source in sources]
    assert all(rows == flows[0] for rows in flows)
    with pytest.raises(TypeError):
        netshoot.open(3)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["packets", "flows", "calls", "dns", "findings"])
def test_values_equal_those_of_the_command(name: str) -> None:
    """Every value of every row, against what `netshoot packets --json` and `netshoot analyze --json` print."""
    table = getattr(netshoot.open(DEMO), name)()
    command = [_command(), "packets" if name == "packets" else "analyze", "--json", DEMO]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    objects = [json.loads(line) for line in printed.splitlines()] if name == "packets" else json.loads(printed)[name]
    rows = [row._asdict() for row in table]
    assert len(rows) == len(objects) > 0
    for mine, theirs in zip(rows, objects):
        assert list(mine) == list(theirs)
        for column, value in theirs.items():
            expected = _from_json(value, table.flag_names(column))
            assert mine[column] == (pytest.approx(expected) if isinstance(expected, float) else expected), column


def _from_json(value: object, flags: list[str]) -> object:
    """JSON has times as text with nanoseconds, and sets of flags as lists of names."""
    if flags and isinstance(value, list):
        return sum(1 << flags.index(name) for name in value)
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:]{8}\.\d{9}Z", value):
        return datetime.datetime.fromisoformat(value[:26] + "+00:00")
    return value


def test_progress_bar_is_optional(incident_bytes: bytes) -> None:
    assert len(netshoot.open(incident_bytes, progress=True).flows()) == 15


def test_missing_file_directory_garbage(tmp_path: Path) -> None:
    with pytest.raises(
        FileNotFoundError, match=r"^open capture .*/nothing.pcap: no such file or directory$"
    ) as missing:
        netshoot.open(tmp_path / "nothing.pcap")
    assert isinstance(missing.value, netshoot.Error)
    assert (missing.value.kind, missing.value.errno) == ("not_found", 2)
    with pytest.raises(IsADirectoryError, match=r"^open capture .*: is a directory$") as directory:
        netshoot.open(tmp_path)
    assert isinstance(directory.value, netshoot.Error) and isinstance(directory.value, ValueError)
    assert (directory.value.kind, directory.value.errno) == ("invalid_input", errno.EISDIR)
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError, match="not a directory") as behind:
        netshoot.open(tmp_path / "file/behind")
    assert isinstance(behind.value, netshoot.Error)
    for octets, kind in ((b"", "truncated"), (b"hello, world", "malformed"), (b"\xd4\xc3\xb2\xa1\x02\0", "truncated")):
        (tmp_path / "bad").write_bytes(octets)
        for source in (octets, tmp_path / "bad"):
            with pytest.raises(netshoot.Error) as error:
                netshoot.open(source)
            assert error.value.kind == kind
            assert "\n" not in str(error.value)
    with pytest.raises(netshoot.Error, match="hint: decompress it first"):
        netshoot.open(b"BZh9" + bytes(100))
    with pytest.raises(ValueError, match=r'there is no column "colour"; hint: there are frame, ts'):
        netshoot.open(pcap([])).packets(["colour"])
    with pytest.raises(TypeError, match=r"^columns are a list of names, not one text; hint: columns=\['frame'\]$"):
        netshoot.open(pcap([])).packets(columns="frame")


def test_unreadable_file(incident_file: Path) -> None:
    incident_file.chmod(0)
    if os.access(incident_file, os.R_OK):
        return  # root may read everything
    with pytest.raises(PermissionError, match="permission denied"):
        netshoot.open(incident_file)


def test_cut_off_file_keeps_what_was_before(incident_bytes: bytes) -> None:
    capture = netshoot.open(incident_bytes[:-3])
    with pytest.warns(netshoot.CaptureDamagedWarning, match="cut off"):
        assert len(list(capture.packets())) == 43
    with pytest.warns(netshoot.CaptureDamagedWarning, match=r"record 44 at offset \d+: cut off") as warned:
        findings = list(capture.findings())
    assert warned[0].filename == __file__
    assert any(finding.kind == "capture-damaged" for finding in findings)
    assert capture.summary().frames == 43 and "cut off" in str(capture.summary().damage)
    assert len(capture.packets()) == 43


def test_strict_raises_where_the_file_is_damaged(incident_bytes: bytes) -> None:
    capture = netshoot.open(incident_bytes[:-3], strict=True)
    for use in (
        capture.flows,
        capture.summary,
        lambda: list(capture.packets()),
        lambda: list(capture.packets().batches()),
    ):
        with pytest.raises(netshoot.Error, match="cut off"):
            use()


def test_every_prefix_is_a_capture_or_an_error() -> None:
    octets = pcap(connection(START_NS, 40001))
    for length in range(0, len(octets), 7):
        try:
            capture = netshoot.open(octets[:length])
        except netshoot.Error:
            continue
        whole = length == 24
        with pytest.warns(netshoot.CaptureDamagedWarning) if not whole else _nothing():
            capture.flows()


def test_progress_is_told_and_may_stop(big_file: Path) -> None:
    seen: list[tuple[int, int | None]] = []
    netshoot.open(big_file, progress=lambda octets, total: seen.append((octets, total))).flows()
    assert seen[-1] == (big_file.stat().st_size, big_file.stat().st_size)
    assert all(total == big_file.stat().st_size and octets <= total for octets, total in seen)
    assert sorted(seen) == seen

    def stop(octets: int, total: int | None) -> None:
        raise LookupError("enough")

    with pytest.raises(LookupError, match="enough"):
        netshoot.open(big_file, progress=stop).flows()


def test_progress_is_told_at_the_end_of_the_smallest_file(incident_bytes: bytes) -> None:
    for octets in (incident_bytes, pcap([])):
        seen: list[tuple[int, int | None]] = []
        netshoot.open(octets, progress=lambda *told: seen.append(told)).flows()
        assert seen == [(len(octets), len(octets))]


def test_no_capture_is_refused() -> None:
    with pytest.raises(netshoot.InvalidInputError, match="there are none"):
        netshoot.open([])


def test_threads_share_a_capture(incident_bytes: bytes) -> None:
    capture = netshoot.open(incident_bytes)
    expected = (list(netshoot.open(incident_bytes).flows()), list(netshoot.open(incident_bytes).packets()))
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda _: (list(capture.flows()), list(capture.packets())), range(32)))
    assert all(result == expected for result in results)


def test_the_interpreter_runs_while_a_file_is_read(big_file: Path) -> None:
    beats, done = 0, threading.Event()

    def read() -> None:
        netshoot.open(big_file).flows()
        done.set()

    thread = threading.Thread(target=read)
    thread.start()
    while not done.is_set():
        time.sleep(0.001)
        beats += 1
    thread.join()
    assert beats > 10


@pytest.mark.parametrize(
    "use",
    [
        "capture.flows()",
        "capture.packets().to_arrow()",
        "pyarrow.table(capture.packets())",
        "polars.DataFrame(capture.packets())",
        "sum(1 for _ in capture.packets())",
    ],
)
def test_interruption(big_file: Path, use: str) -> None:
    """Control-C ends a read of sixteen batches with the one that is being made, and what is raised is KeyboardInterrupt.

    A batch takes about an eighth of the processor's time for an analysis of the file, however fast and busy the machine is.
    """
    program = f"""
import sys, time, threading, os, signal, netshoot, pyarrow, polars
capture = netshoot.open({str(big_file)!r})
begin = time.process_time()
capture.flows()
whole = time.process_time() - begin
def strike():
    global struck
    time.sleep(0.03)
    struck = time.process_time()
    os.kill(os.getpid(), signal.SIGINT)
threading.Thread(target=strike).start()
try:
    try:
        while True:
            capture = netshoot.open({str(big_file)!r})
            {use}
    except KeyboardInterrupt:
        raise
    except Exception:
        for _ in range(100):
            time.sleep(0.01)  # where the pending interruption is raised
except KeyboardInterrupt:
    print((time.process_time() - struck) / whole)
"""
    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert finished.returncode == 0, finished.stderr
    assert float(finished.stdout) < 0.5


def test_memory_stays_flat_while_packets_pass(big_file: Path) -> None:
    """Eight times the file costs no more memory than the file once."""
    program = """
import sys, netshoot
rows = 0
for _ in range(int(sys.argv[2])):
    for batch in netshoot.open(sys.argv[1]).packets().batches(8192):
        rows += len(batch)
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM:"))
print(rows, peak.split()[1])
"""
    once, often = (
        [
            int(number)
            for number in subprocess.run(
                [sys.executable, "-c", program, big_file, str(times)], capture_output=True, text=True, check=True
            ).stdout.split()
        ]
        for times in (1, 8)
    )
    assert often[0] == 8 * once[0] == 8 * FRAMES
    assert often[1] - once[1] < 8 * 1024, "KiB"
    assert once[1] < 80 * 1024, "KiB"


def test_import_is_fast_and_needs_nothing() -> None:
    program = """
import sys, time
before = set(sys.modules)
start = time.process_time()
import netshoot
print(time.process_time() - start)
foreign = ("polars", "pandas", "pyarrow", "duckdb", "numpy", "tqdm")
print([name for name in set(sys.modules) - before if name.split(".")[0] in foreign])
"""
    # With compiled modules, as pip installs them: the first run writes what is missing.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, "-c", program]
    runs = [
        subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.splitlines()
        for _ in range(5)
    ]
    assert min(float(seconds) for seconds, _ in runs) < 0.05
    assert {modules for _, modules in runs} == {"[]"}


def test_a_fifo_is_read_as_a_stream(tmp_path: Path, incident_bytes: bytes) -> None:
    path = tmp_path / "fifo"
    os.mkfifo(path)
    writer = threading.Thread(target=lambda: path.write_bytes(incident_bytes))
    writer.start()
    assert netshoot.open(path).summary().frames == 44
    writer.join()


def test_no_descriptor_is_left_open(incident_file: Path) -> None:
    count = lambda: len(os.listdir("/proc/self/fd"))
    before = count()
    for _ in range(50):
        capture = netshoot.open(incident_file)
        capture.flows()
        next(iter(capture.packets()))
        capture.packets().__arrow_c_stream__()
    assert count() <= before + 1


@pytest.fixture(scope="module")
def big_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    frame = ethernet(ipv4(CLIENT, SERVER, 17, udp((4000, 4001), bytes(64))))
    record = pcap([(START_NS, frame)])[24:]
    path = tmp_path_factory.mktemp("captures") / "big.pcap"
    path.write_bytes(pcap([]) + record * FRAMES)
    return path


def _command() -> str:
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    found = [path for path in (target / "debug/netshoot", target / "release/netshoot") if path.exists()]
    return (
        str(max(found, key=lambda path: path.stat().st_mtime)) if found else skip("the command netshoot is not built")
    )


class _nothing:
    def __enter__(self) -> None: ...
    def __exit__(self, *_: object) -> None: ...


DEMO = ROOT / "netshoot-core/tests/captures/demo.pcapng"
FRAMES = 1_000_000

"""Captures are written, converted and merged, and read again by the library and by Wireshark's programs."""

from __future__ import annotations

import subprocess
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from conftest import ROOT, program

import netshoot

DEMO = ROOT / "netshoot-core/tests/captures/demo.pcapng"
FRAME = bytes.fromhex("020000000002020000000001 0800") + bytes(46)


def tshark(path: Path, *fields: str) -> list[list[str]]:
    words = [program("tshark"), "-n", "-r", str(path), "-T", "fields"]
    words += [word for field in fields for word in ("-e", field)]
    run = subprocess.run(words, capture_output=True, text=True, check=True)
    return [line.split("\t") for line in run.stdout.splitlines()]


@pytest.mark.parametrize("ending", ["pcapng", "pcap", "pcapng.gz", "pcapng.zst", "pcap.lz4"])
def test_what_is_written_is_read(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"made.{ending}"
    with netshoot.CaptureWriter(path, comment="made here") as writer:
        eth0 = writer.add_interface("ethernet", name="eth0")
        writer.write(FRAME, 1_700_000_000.5, interface=eth0, comment="the first", flags=1)
        writer.write(bytearray(FRAME[:20]), time_ns=1_700_000_001_000_000_001, original_length=60)
        writer.write(FRAME, datetime(2026, 9, 21, tzinfo=timezone.utc))
        writer.flush()
        assert writer.frames == 3
    rows = list(netshoot.open(path).packets(["orig_len", "cap_len", "ts"]))
    assert [(row.orig_len, row.cap_len) for row in rows] == [(60, 60), (60, 20), (60, 60)]
    assert rows[2].ts == datetime(2026, 9, 21, tzinfo=timezone.utc)
    facts = netshoot.facts(path)
    assert (facts.frames, facts.format) == (3, ending.split(".")[0])
    assert (facts.first_ns, facts.in_time_order, facts.damage) == (1_700_000_000_500_000_000, True, None)
    if facts.format == "pcapng":
        assert (facts.interfaces[0].name, facts.frame_comments, facts.comments) == ("eth0", 1, ["made here"])
    if ending == "pcapng":
        assert tshark(path, "frame.time_epoch", "frame.comment")[:2] == [
            ["1700000000.500000000", "the first"],
            ["1700000001.000000001", ""],
        ]
    with pytest.raises(netshoot.Error, match="write capture: it is closed"):
        writer.write(FRAME)
    writer.close()


def test_captures_are_converted(tmp_path: Path) -> None:
    copied = netshoot.convert(DEMO, tmp_path / "all.pcapng.zst")
    assert (copied.read, copied.written, copied.damage) == (460, 460, [])
    assert (copied.lost_options, copied.lost_blocks, copied.lost_times) == (0, 0, 0)
    some = tmp_path / "some.pcap"
    copied = netshoot.convert(
        tmp_path / "all.pcapng.zst",
        some,
        frames=[1, (5, 7), range(10, 12), (459, None)],
        snap_length=40,
        time_shift=timedelta(seconds=-1),
    )
    assert (copied.written, copied.lost_options) == (8, 1)
    before, after = list(netshoot.open(DEMO).packets()), list(netshoot.open(some).packets())
    numbers = [1, 5, 6, 7, 10, 11, 459, 460]
    assert [row.ts + timedelta(seconds=1) for row in after] == [before[number - 1].ts for number in numbers]
    assert max(row.cap_len for row in after) == 40
    middle = before[200].ts
    copied = netshoot.convert(DEMO, some, start=middle, flow=("10.99.0.1", "10.99.0.2"), protocol=6)
    assert 0 < copied.written < 260
    commented = tmp_path / "commented.pcapng"
    netshoot.convert(DEMO, commented, comments={7: "look here"}, secrets=b"CLIENT_RANDOM 00 00\n")
    assert [row for row in tshark(commented, "frame.number", "frame.comment") if row[1]] == [["7", "look here"]]
    assert netshoot.convert(commented, tmp_path / "no.pcapng", drop_secrets=True).written == 460
    cut = tmp_path / "cut"
    cut.write_bytes(DEMO.read_bytes()[:-1])
    copied = netshoot.convert(cut, tmp_path / "x")
    assert copied.written == 459
    assert "cut off" in copied.damage[0][1]


def test_captures_are_merged(tmp_path: Path) -> None:
    halves = [tmp_path / "a", tmp_path / "b"]
    netshoot.convert(DEMO, halves[0], frames=[(1, 300)])
    netshoot.convert(DEMO, halves[1], frames=[(1, 300)], drop_frames=True)
    merged = tmp_path / "merged.pcapng"
    assert netshoot.merge(halves[::-1], merged).written == 460
    columns = ["ts", "src_ip", "dst_ip", "ip_id", "orig_len", "tcp_seq"]
    assert list(netshoot.open(merged).packets(columns)) == list(netshoot.open(DEMO).packets(columns))
    assert len(netshoot.facts(merged).interfaces) == 2
    for interfaces, count in [("none", 2), ("all", 1), ("any", 1)]:
        netshoot.merge(halves, merged, interfaces=interfaces)
        assert len(netshoot.facts(merged).interfaces) == count
    with pytest.raises(netshoot.InvalidInputError, match="none, all or any"):
        netshoot.merge(halves, merged, interfaces="some")
    netshoot.merge(halves, merged)
    assert netshoot.merge(halves, merged, interfaces="any", append=True, frames_per_file=100, files=2).written == 460
    assert len(netshoot.facts(tmp_path / "merged.pcapng").interfaces) == 2
    kept = sorted(path.name for path in tmp_path.glob("merged_*"))
    assert [name[:13] for name in kept] == ["merged_00004_", "merged_00005_"]


def test_wrong_arguments_are_told(tmp_path: Path) -> None:
    path = tmp_path / "x"
    with pytest.raises(netshoot.Error, match="create capture /nonexistent/x: no such file or directory"):
        netshoot.CaptureWriter("/nonexistent/x")
    with pytest.raises(ValueError, match='format "snoop" is unknown; hint: one of pcap, nsecpcap or pcapng'):
        netshoot.CaptureWriter(path, format="snoop")
    with pytest.raises(ValueError, match="it is the same file as the input"):
        netshoot.convert(DEMO, DEMO)
    for wrong in (0, (3, 2), range(1, 9, 2)):
        with pytest.raises(ValueError, match="frames has"):
            netshoot.convert(DEMO, path, frames=[wrong])
    with pytest.raises(ValueError, match="start has no time zone"):
        netshoot.convert(DEMO, path, start=datetime(2026, 1, 1))
    with pytest.raises(ValueError, match='"10.0.0" is no address'):
        netshoot.convert(DEMO, path, flow="10.0.0")
    with pytest.raises(TypeError, match="sources are a list of paths"):
        netshoot.merge(str(DEMO), path)
    with netshoot.CaptureWriter(path) as writer:
        with pytest.raises(ValueError, match="time and time_ns are both given"):
            writer.write(FRAME, 1, time_ns=1)
        with pytest.raises(ValueError, match="kind is 'ssh'"):
            writer.write_secrets(b"", "ssh")
        late = datetime.max.replace(tzinfo=timezone.utc)
        for wrong_time in (1e10, -1e10, float("nan"), float("inf"), 1_790_000_000_000_000_000, late):
            with pytest.raises(ValueError, match="time is .*; hint: a time of the years 1678 to 2262"):
                writer.write(FRAME, wrong_time)
        writer.write(FRAME, 1)
        # The interface that this added for Ethernet is number 0.
        assert writer.add_interface("raw") == 1
        writer.write(FRAME[14:], 1, interface=1)
        with pytest.raises(ValueError, match="interface 7 was not described"):
            writer.write(FRAME, 1, interface=7)

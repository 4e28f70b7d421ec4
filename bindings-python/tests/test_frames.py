"""Frames one by one: an index of a capture, and captures that another program writes."""

from __future__ import annotations

import asyncio
import gzip
import threading
from pathlib import Path

import pytest
from captures import ethernet, ipv4, pcap, tcp
from conftest import ROOT

import netshoot

DEMO = ROOT / "netshoot-core/tests/captures/demo.pcapng"


def segment(number: int) -> bytes:
    return ethernet(ipv4("10.0.0.1", "10.0.0.2", 6, tcp((1000 + number, 80), 1, 0, 2)))


def small(count: int) -> bytes:
    """A second between frames, from 1970-01-01T00:00:01Z on."""
    return pcap([(number * 1_000_000_000, segment(number)) for number in range(1, count + 1)])


@pytest.mark.parametrize("in_memory", [False, True])
def test_any_frame_is_gone_to(in_memory: bool) -> None:
    index = netshoot.open(DEMO.read_bytes() if in_memory else DEMO).index()
    rows = list(netshoot.open(DEMO).packets(["frame", "cap_len"]))
    assert len(index) == len(rows) > 100
    assert repr(index) == f"<netshoot.CaptureIndex: {len(rows):,} frames>"
    for row in [rows[-1], *rows[:200:7]]:
        frame = index.frame(row.frame)
        assert (frame.number, len(frame.packet.data)) == (row.frame, row.cap_len)
    for number in (0, -1, len(rows) + 1):
        with pytest.raises(IndexError, match=f"no frame {number}; hint: the numbers are 1 to"):
            index.frame(number)


def test_frames_are_found_by_time() -> None:
    index = netshoot.open(small(5)).index()
    third = index.at(2.5)
    assert third is not None
    assert (third.number, third.time_ns, third.interface, third.section) == (3, 3_000_000_000, 0, 1)
    assert third.time is not None and third.time.timestamp() == 3
    assert third.packet.tcp is not None and third.packet.tcp.source_port == 1003
    assert repr(third).startswith("<netshoot.CapturedFrame 3: ")
    again = index.at(third.time)
    assert again is not None and again.number == 3
    assert index.at(6) is None
    assert index.frame(1).comments == []


def test_a_compressed_capture_has_no_index(tmp_path: Path) -> None:
    path = tmp_path / "small.pcap.gz"
    path.write_bytes(gzip.compress(small(2)))
    with pytest.raises(netshoot.Error, match="compressed by gzip; hint: decompress it first"):
        netshoot.open(path).index()


def test_what_is_written_meanwhile_is_told(tmp_path: Path) -> None:
    path = tmp_path / "growing.pcap"
    octets = small(3)
    path.write_bytes(octets[:-1])
    with netshoot.follow(path) as frames, path.open("ab") as out:
        assert [next(frames).number, next(frames).number] == [1, 2]
        assert frames.next(0.01) is None
        out.write(octets[-1:])
        out.flush()
        assert next(frames).packet.data == segment(3)
        threading.Timer(0.1, frames.close).start()
        assert list(frames) == []
        with pytest.raises(ValueError, match="closed"):
            frames.next(0)
    assert repr(frames) == "<netshoot.Follow, closed>"


def test_following_as_a_task(tmp_path: Path) -> None:
    path = tmp_path / "growing.pcap"
    path.write_bytes(small(2))

    async def take() -> list[int]:
        numbers = []
        async with netshoot.follow(path) as frames:
            async for frame in frames:
                numbers.append(frame.number)
                if len(numbers) == 2:
                    return numbers
        return numbers

    assert asyncio.run(take()) == [1, 2]


def test_what_cannot_be_followed(tmp_path: Path) -> None:
    with pytest.raises(netshoot.NotFoundError):
        netshoot.follow(tmp_path / "none.pcap")
    empty = tmp_path / "empty.pcap"
    empty.touch()
    with pytest.raises(netshoot.TimedOutError):
        netshoot.follow(empty, timeout=0.05)
    path = tmp_path / "shorter.pcap"
    path.write_bytes(small(3))
    with netshoot.follow(path) as frames:
        assert next(frames).number == 1
        path.write_bytes(small(3)[:50])
        with pytest.raises(netshoot.Error, match="became shorter"):
            list(frames)

"""Tests of throughput: iperf3 at the other end says the same, and with our own all is seen, stopped and limited."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars
import pyarrow
import pytest
from conftest import program, skip
from test_html import Checker

import netshoot

KINDS: list[dict[str, Any]] = [
    {},
    {"reverse": True},
    {"bidirectional": True},
    {"udp": True, "rate": 20e6},
    {"udp": True, "rate": 20e6, "reverse": True},
    {"udp": True, "rate": 20e6, "bidirectional": True},
]
LOCAL_KEYS = {"max_snd_cwnd", "max_snd_wnd", "max_rtt", "min_rtt", "mean_rtt", "reorder", "retransmits"}
"""What only the sender's own end knows."""
WORDS = {"reverse": "-R", "bidirectional": "--bidir", "udp": "-u"}


@pytest.fixture
def server() -> Iterator[netshoot.ThroughputServer]:
    with netshoot.throughput_server(port=0) as server:
        yield server


def run(server: netshoot.ThroughputServer, **options: Any) -> netshoot.ThroughputReport:
    return netshoot.throughput("127.0.0.1", port=server.port, **options)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.mark.parametrize("options", KINDS)
def test_client_with_iperf3(options: dict[str, Any]) -> None:
    port = free_port()
    command = ["timeout", "20", program("iperf3"), "-s", "-1", "-J", "-p", str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as peer:
        until = time.monotonic() + 10
        while True:
            try:
                report = netshoot.throughput("127.0.0.1", port=port, bytes=400_000, parallel=2, **options)
                break
            except ConnectionRefusedError:
                # It does not listen yet.
                if time.monotonic() > until:
                    raise
                time.sleep(0.02)
        theirs = json.loads(peer.communicate()[0])
    check(report, theirs)
    assert report.side == "client" and report.host == "127.0.0.1" and report.port == port


@pytest.mark.parametrize("options", KINDS)
def test_server_with_iperf3(server: netshoot.ThroughputServer, options: dict[str, Any]) -> None:
    words = [WORDS[name] for name, value in options.items() if value is True]
    rate = ["-b", "20M"] if "rate" in options else []
    command = ["timeout", "20", program("iperf3"), "-c", "127.0.0.1", "-p", str(server.port), "-J"]
    command += ["-n", "400000", "-P", "2", *words, *rate]
    theirs = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    report = server.next(10)
    assert report is not None
    check(report, theirs)
    assert report.side == "server" and (server.accepted, server.refused) == (1, 0)


def check(report: netshoot.ThroughputReport, theirs: dict[str, Any]) -> None:
    """What came is the same at both ends; our document has all the keys of theirs."""
    assert report.error is None and "error" not in theirs
    ours = report.to_dict()
    streams, udp = ours["end"]["streams"], report.transport == "UDP"
    assert len(streams) == len(theirs["end"]["streams"]) == len(report.streams)
    for number, (mine, other) in enumerate(zip(streams, theirs["end"]["streams"], strict=True)):
        for key in ["udp"] if udp else ["sender", "receiver"]:
            assert mine[key].keys() >= other[key].keys() - LOCAL_KEYS
            # A server of iperf3 has a zero where it does not know what the client said.
            assert other[key]["bytes"] in (0, mine[key]["bytes"])
        measured = [interval["streams"][number] for interval in theirs["intervals"]]
        stream = report.streams[number]
        assert all(one["sender"] is not stream.sender for one in measured)
        said = (stream.received if stream.sender else stream.sent).bytes
        assert sum(one["bytes"] for one in measured) == said
    assert sum(total.received.bytes for _, total in totals(report)) > 0
    assert ours["start"].keys() >= theirs["start"].keys() - {"connecting_to", "accepted_connection", "tcp_mss_default"}
    assert ours["end"].keys() >= {key for key in theirs["end"] if key.startswith(("sum", "streams", "cpu"))}
    assert ours["start"]["test_start"].keys() >= theirs["start"]["test_start"].keys()
    assert ours["intervals"] and ours["intervals"][0].keys() >= {"streams", "sum"}


def totals(report: netshoot.ThroughputReport) -> list[tuple[str, netshoot.ThroughputTotal]]:
    pairs = [("forward", report.client_to_server), ("reverse", report.server_to_client)]
    return [(name, total) for name, total in pairs if total is not None]


def test_report(server: netshoot.ThroughputServer) -> None:
    report = run(server, bytes=3_000_000, parallel=2, title="a <b>", extra_data="more", get_server_output=True)
    total = report.client_to_server
    assert total is not None and report.server_to_client is None
    assert total.sent.bytes == total.received.bytes == 3_000_000
    assert total.received.bits_per_second == report.bits_per_second > 0
    assert total.sent.retransmits is not None and total.sent.packets is None and total.sent.jitter is None
    assert report.transport == "TCP" and report.direction == "forward" and report.title == "a <b>"
    assert report.local_cpu is not None and report.local_cpu.total > 0 and report.started_at is not None
    assert report.local_congestion == report.remote_congestion and "bits/sec" in str(report.server_output)
    assert [stream.stream for stream in report.streams] == [1, 3]
    first = report.streams[0]
    assert first.sender and first.remote == ("127.0.0.1", server.port) and first.shortcuts == []
    assert first.max_congestion_window and first.mean_rtt and first.tcp_info["rtt"] > 0
    assert json.loads(report.json) == report.to_dict() and report.to_dict()["extra_data"] == "more"
    assert str(report).startswith("a <b>:  Connecting to host 127.0.0.1") and "[SUM]" in report.text
    assert "forward, client of 127.0.0.1" in repr(report)
    theirs = server.next(5)
    assert theirs is not None and theirs.cookie == report.cookie and theirs.error is None
    assert theirs.client_to_server is not None and theirs.client_to_server.received.bytes == 3_000_000


def test_intervals_are_a_list_and_a_table(server: netshoot.ThroughputServer) -> None:
    seen: list[netshoot.ThroughputInterval] = []
    report = run(server, duration=0.5, interval=0.1, parallel=2, rate=8e6, on_interval=seen.append)
    intervals = report.intervals
    assert len(intervals) >= 4 and [each.end for each in intervals] == [each.end for each in seen]
    assert intervals[0].start == 0 and intervals[0].sent is not None and intervals[0].received is None
    one = intervals[1].streams[0]
    assert one.stream == 1 and one.congestion_window and one.rtt and one.tcp_info["snd_mss"] > 0
    assert report.client_to_server is not None
    total = report.client_to_server.sent.bytes
    assert sum(each.sent.bytes for each in intervals if each.sent) == total
    table = intervals.to_polars()
    assert table.equals(polars.DataFrame(intervals.table())) and len(table) == 2 * len(intervals)
    assert table["bytes"].sum() == total
    assert table["packets"].null_count() == len(table) and table["rtt_ms"].null_count() == 0
    streams = pyarrow.table(report.streams)
    assert streams["sent_bytes"].to_pylist() == [stream.sent.bytes for stream in report.streams]
    assert [row.stream for row in report.streams.table()] == [1, 3] and len(list(intervals.table())) == len(table)


def test_datagrams(server: netshoot.ThroughputServer) -> None:
    report = run(server, bytes=100_000, udp=True, rate=50e6, block_length=1000, reverse=True)
    assert report.client_to_server is None and report.server_to_client is not None
    came = report.server_to_client.received
    assert came.packets is not None and came.packets >= 100 and came.lost == 0 and came.jitter is not None
    assert report.streams[0].tcp_info is None and report.streams[0].max_rtt is None
    row = report.intervals.to_arrow().to_pylist()[0]
    assert row["lost"] == 0 and row["jitter_ms"] is not None and row["snd_cwnd"] is None and row["sender"] is False


def test_verdict_and_latency(server: netshoot.ThroughputServer) -> None:
    report = run(server, duration=1.5, rate=20e6, bidirectional=True, latency=0.3, interval=0.5)
    assert [verdict.sender for verdict in report.verdicts] == ["client", "server"]
    for verdict in report.verdicts:
        assert "pacing" in [limit.limit for limit in verdict.limitations]
        chief = verdict.limitations[0]
        assert 0 < chief.confidence <= 1 and chief.evidence[0].text and chief.name in report._repr_html_()
    latency = report.latency
    assert latency is not None and latency.idle.count > 0 and latency.loaded.count > 0
    assert latency.idle.median is not None and 0 < latency.idle.median < 0.1 and latency.responsiveness
    assert "median round trip idle" in report._repr_html_()
    plain = run(server, bytes=1000, extension=False)
    assert plain.latency is None and len(plain.verdicts) == 1


@pytest.mark.parametrize("udp", [False, True])
def test_requests_and_responses(server: netshoot.ThroughputServer, udp: bool) -> None:
    report = run(server, duration=0.5, exchange=(100, 3000), parallel=2, udp=udp)
    times = report.round_trips
    assert times is not None and times.count > 100 and report.verdicts == []
    assert times.min is not None and times.median is not None and times.p99 is not None and times.max is not None
    assert 0 < times.min <= times.median <= times.p99 <= times.max < 1
    rate = report.transactions_per_second
    assert rate is not None and rate * 0.4 < times.count < rate * 0.8
    histogram = report.histogram
    assert sum(count for _, count in histogram) == times.count
    rows = histogram.to_arrow()
    assert rows["count"].to_pylist() == [count for _, count in histogram]
    assert rows["from_ms"].to_pylist()[0] == pytest.approx(histogram[0][0] * 1e3)
    assert "requests answered per second" in report._repr_html_()
    plain = run(server, bytes=1000)
    assert plain.round_trips is None and plain.transactions_per_second is None and len(plain.histogram) == 0


def drain(server: netshoot.ThroughputServer) -> None:
    """Until it has heard that the last test was given up."""
    while server.next(0.5) is not None:
        pass


def test_search_for_the_rate(server: netshoot.ThroughputServer) -> None:
    seen: list[netshoot.ThroughputTrial] = []
    found = netshoot.throughput_search(
        "127.0.0.1",
        port=server.port,
        lowest=4e6,
        highest=8e6,
        repeats=1,
        duration=1,
        block_length=1000,
        tolerance=0.5,
        on_trial=seen.append,
    )
    assert list(found.trials) == seen and seen[0].bits_per_second == 4e6
    # On a busy machine the sender may be too slow.
    passed = [trial.bits_per_second for trial in seen if trial.failure is None]
    failed = [trial.bits_per_second for trial in seen if trial.failure is not None]
    assert found.bits_per_second == 8e6 or failed, seen
    assert found.bits_per_second is None or found.bits_per_second in passed
    assert found.failed_bits_per_second is None or found.failed_bits_per_second in failed
    assert (found.failure is None) == (found.failed_bits_per_second is None)
    table = found.trials.to_polars()
    assert table["packets"].to_list() == [trial.packets for trial in seen] and min(table["packets"]) > 0
    assert table["failure"].null_count() == len(passed)
    html = found._repr_html_()
    assert "Mbit/s" in html and html.count("<tr>") == len(seen) + 1 and "Mbit/s" in repr(found)

    def fail(trial: netshoot.ThroughputTrial) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        netshoot.throughput_search("127.0.0.1", port=server.port, duration=1, on_trial=fail)
    drain(server)
    assert run(server, bytes=1000).error is None


def test_search_whose_sender_is_too_slow() -> None:
    with netshoot.throughput_server(port=0, max_rate=5e6) as server:
        # The server does not grant more.
        with pytest.raises(netshoot.Error, match="rate|bit"):
            netshoot.throughput_search("127.0.0.1", port=server.port, lowest=4e6, duration=1)


def test_sweep_over_sizes(server: netshoot.ThroughputServer) -> None:
    seen: list[int] = []
    sizes = netshoot.throughput_sweep(
        "127.0.0.1",
        [64, 1400],
        port=server.port,
        udp=True,
        rate=2e6,
        duration=0.5,
        on_size=lambda size: seen.append(size.size),
    )
    assert seen == [64, 1400] == [size.size for size in sizes]
    for size in sizes:
        assert size.packets_per_second * size.size * 8 == pytest.approx(size.bits_per_second, rel=0.02)
        assert size.local_cpu.total > 0 and size.remote_cpu.total > 0 and size.lost_percent < 50
    assert sizes.to_arrow()["size"].to_pylist() == seen and "throughput_sizes" in sizes._repr_html_()
    segments = netshoot.throughput_sweep("127.0.0.1", [500], port=server.port, duration=0.3)
    assert len(segments) == 1 and segments[0].bits_per_second > 1e6


def test_series_can_be_stopped(server: netshoot.ThroughputServer) -> None:
    for series in (netshoot.throughput_search, netshoot.throughput_sweep):
        threading.Timer(0.3, signal.raise_signal, [signal.SIGINT]).start()
        begun = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            series("127.0.0.1", port=server.port, duration=30)  # type: ignore[operator]
        assert time.monotonic() - begun < 2
    drain(server)
    assert run(server, bytes=1000).error is None


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"lowest": 0}, "nothing to search"),
        ({"lowest": 2e6, "highest": 1e6}, "nothing to search"),
        ({"tolerance": 2}, "tolerance is 2; hint: a share"),
        ({"repeats": 0}, "from 1 to 100 times"),
    ],
)
def test_bad_arguments_of_a_search(options: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        netshoot.throughput_search("127.0.0.1", **options)


def test_latency_can_be_stopped(server: netshoot.ThroughputServer) -> None:
    with netshoot.throughput_test("127.0.0.1", port=server.port, duration=0, latency=60) as test:
        assert test.next(0.3) is None
        begun = time.monotonic()
    assert time.monotonic() - begun < 1.5 and test.done


def test_live(server: netshoot.ThroughputServer) -> None:
    begun = time.monotonic()
    with netshoot.throughput_test("127.0.0.1", port=server.port, duration=1, interval=0.2, rate=1e6) as test:
        assert test.next(0) is None and not test.done
        first = next(iter(test))
        assert time.monotonic() - begun < 0.9 and first.end < 0.5
        assert test.report(0.01) is None
        rest = list(test)
        assert len(rest) >= 3 and test.done and not test.closed
        assert len(test.report().intervals) == len(rest) + 1 and test.next() is None
    assert not test.closed


def test_asyncio(server: netshoot.ThroughputServer) -> None:
    async def measure() -> int:
        async with netshoot.throughput_test("127.0.0.1", port=server.port, duration=0.4, interval=0.1) as test:
            return len([each async for each in test])

    assert asyncio.run(asyncio.wait_for(measure(), 10)) >= 3

    async def serve() -> str | None:
        async with netshoot.throughput_server(port=0, one_off=True) as one:
            await asyncio.to_thread(run, one, bytes=1000)
            return [report.side async for report in one][0]

    assert asyncio.run(asyncio.wait_for(serve(), 10)) == "server"


def test_other_threads_go_on(server: netshoot.ThroughputServer) -> None:
    count, stop = 0, threading.Event()

    def work() -> None:
        nonlocal count
        while not stop.wait(0.005):
            count += 1

    worker = threading.Thread(target=work)
    worker.start()
    run(server, duration=0.5, rate=1e6)
    stop.set()
    worker.join()
    assert count > 30


def test_close_from_another_thread(server: netshoot.ThroughputServer) -> None:
    test = netshoot.throughput_test("127.0.0.1", port=server.port, duration=0, rate=1e6)
    threading.Timer(0.3, test.close).start()
    begun = time.monotonic()
    # What was moved until then is told.
    told = list(test)
    assert [interval.end < 1 for interval in told] == [True] and time.monotonic() - begun < 2
    with pytest.raises(netshoot.Error) as caught:
        test.report()
    assert caught.value.kind == "cancelled" and test.closed and test.done
    # The server heard of it, and goes on.
    failed = server.next(5)
    assert failed is not None and "the client was interrupted" in str(failed.error)
    assert failed.to_dict()["error"] and failed.client_to_server is None and len(failed.streams) == 0
    assert "failed" in repr(failed) and "interrupted" in str(failed) and "interrupted" in failed._repr_html_()
    assert run(server, bytes=1000).error is None


def test_callback_that_fails_ends_the_test(server: netshoot.ThroughputServer) -> None:
    with pytest.raises(ZeroDivisionError):
        run(server, duration=0, interval=0.1, rate=1e6, on_interval=lambda interval: 1 / 0)
    failed = server.next(5)
    assert failed is not None and isinstance(failed.error, netshoot.Error)
    address = ipaddress.IPv4Address("127.0.0.1")
    assert netshoot.throughput(address, port=server.port, blocks=3, block_length=1000).error is None


def test_end_of_the_block_ends_the_test(server: netshoot.ThroughputServer) -> None:
    with netshoot.throughput_test("127.0.0.1", port=server.port, duration=0, interval=0.1, rate=1e6) as test:
        next(test)
    assert test.closed and test.done
    # The server has heard of it.
    assert server.next(5) is not None
    assert run(server, bytes=1000).error is None


def test_ctrl_c(server: netshoot.ThroughputServer) -> None:
    for wait in (lambda: run(server, duration=0, rate=1e6), lambda: server.next(), lambda: next(server)):
        while server.next(0.2):
            pass
        threading.Timer(0.3, signal.raise_signal, [signal.SIGINT]).start()
        begun = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            wait()
        assert time.monotonic() - begun < 2
    assert run(server, bytes=1000).error is None


def test_end_of_the_program_is_not_held_up() -> None:
    """By a test and a server that nobody closed."""
    text = """
import netshoot
server = netshoot.throughput_server(port=0)
test = netshoot.throughput_test("127.0.0.1", port=server.port, duration=0, interval=0.1, rate=1e6)
print(next(test).end)
"""
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, timeout=20)
    assert (done.returncode, done.stderr) == (0, "") and float(done.stdout) > 0


def test_limits() -> None:
    with netshoot.throughput_server(port=0, max_streams=2, max_duration=2, max_rate=1e9) as server:
        for options, text in [
            ({"parallel": 3, "bytes": 1000}, "streams"),
            ({"duration": 3}, "duration|time"),
            ({"rate": 2e9, "bytes": 1000}, "rate|bit"),
        ]:
            with pytest.raises(netshoot.Error, match=text) as caught:
                run(server, **options)
            assert caught.value.kind == "limit_reached"
            failed = server.next(5)
            assert failed is not None and "granted" in str(failed.error) and failed.host is None
        assert run(server, bytes=1000, parallel=2).error is None
        with pytest.raises(OSError, match="another server listens there"):
            netshoot.throughput_server(port=server.port)
    with pytest.raises(ConnectionRefusedError, match="no server listens there"):
        run(server, bytes=1000)


def test_busy_and_several_at_once(server: netshoot.ThroughputServer) -> None:
    with netshoot.throughput_test("127.0.0.1", port=server.port, duration=0, interval=0.1, rate=1e6) as test:
        next(test)
        with pytest.raises(netshoot.Error, match="busy") as caught:
            run(server, bytes=1000)
        assert caught.value.kind == "limit_reached" and server.refused == 1
    with netshoot.throughput_server(port=0, tests=2) as wide:
        with netshoot.throughput_test("127.0.0.1", port=wide.port, duration=0, interval=0.1, rate=1e6) as test:
            next(test)
            assert run(wide, bytes=1000).error is None and (wide.accepted, wide.refused) == (2, 0)


def test_one_off_and_callback() -> None:
    reports: list[netshoot.ThroughputReport] = []
    with netshoot.throughput_server(port=0, one_off=True, on_report=reports.append) as server:
        run(server, bytes=1000)
    assert len(reports) == 1 and server.closed and "ended" in repr(server)
    with netshoot.throughput_server(port=0, one_off=True, bind="127.0.0.1") as server:
        assert server.address == "127.0.0.1"
        run(server, bytes=1000)
        assert len(list(server)) == 1


def test_closing_a_server_tells_its_clients() -> None:
    with netshoot.throughput_server(port=0) as server:
        with netshoot.throughput_test("127.0.0.1", port=server.port, duration=0, interval=0.1, rate=1e6) as test:
            next(test)
            threading.Thread(target=server.close).start()
            with pytest.raises(netshoot.Error, match="interrupted"):
                list(test)
        assert [report.error is not None for report in server] == [True]


@pytest.mark.parametrize(
    ("options", "kind", "text"),
    [
        ({"parallel": 0}, ValueError, "number of streams is 0"),
        ({"parallel": 1000}, ValueError, "number of streams is 1000"),
        ({"parallel": -1}, ValueError, "parallel is -1; hint: a number from 0"),
        ({"parallel": "two"}, TypeError, "parallel is 'two', of type str; hint: an int"),
        ({"parallel": True}, TypeError, "parallel is True, of type bool"),
        ({"duration": 1, "bytes": 1}, ValueError, "exclude each other"),
        ({"reverse": True, "bidirectional": True}, ValueError, "exclude each other"),
        ({"reverse": 1}, TypeError, "reverse is 1, of type int; hint: True or False"),
        ({"tos": 4, "dscp": 1}, ValueError, "exclude each other"),
        ({"dscp": 64}, ValueError, "dscp is 64; hint: a number from 0 to 63"),
        ({"flow_label": 1 << 20}, ValueError, "flow_label is 1048576"),
        ({"duration": -1}, ValueError, "duration is -1"),
        ({"duration": 1e6}, ValueError, "time of the test in seconds is 1000000"),
        ({"interval": float("inf")}, ValueError, "interval is inf"),
        ({"port": 65536}, ValueError, "port is 65536"),
        ({"bytes": 0}, ValueError, "moves nothing"),
        ({"exchange": 5}, ValueError, "exchange is 5; hint: the octets of a request and of a response"),
        ({"exchange": (0, 1)}, ValueError, "length of a request is 0"),
        ({"exchange": (1, 1), "reverse": True}, ValueError, "responses to the client"),
        ({"rate": 0.5}, TypeError, "rate is 0.5, of type float"),
        ({"rate": 1e30}, ValueError, "rate is 1000000000000000019884624838656"),
        ({"family": 5}, ValueError, "family is 5; hint: 4, 6, inet or inet6"),
        ({"bind": "nowhere"}, ValueError, "bind is 'nowhere'; hint: an IPv4 or IPv6 address"),
        ({"congestion": 5}, TypeError, "congestion is 5, of type int; hint: a str"),
        ({"congestion": "no-such"}, OSError, "congestion"),
        ({"device": "no-such-device"}, OSError, "no-such-device"),
        ({"namespace": "no-such-namespace"}, FileNotFoundError, "no-such-namespace"),
        ({"speed": 1}, TypeError, "speed"),
    ],
)
def test_bad_arguments(
    server: netshoot.ThroughputServer, options: dict[str, Any], kind: type[Exception], text: str
) -> None:
    with pytest.raises(kind, match=text):
        netshoot.throughput("127.0.0.1", **{"port": server.port} | options)


def test_bad_arguments_of_servers_and_waits(server: netshoot.ThroughputServer) -> None:
    for host in (5, b"127.0.0.1"):
        with pytest.raises(TypeError, match="host is"):
            netshoot.throughput(host)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="host is ''"):
        netshoot.throughput("")
    with pytest.raises(ValueError, match="max_streams is -1"):
        netshoot.throughput_server(port=0, max_streams=-1)
    with pytest.raises(TypeError, match="one_off is 'no'"):
        netshoot.throughput_server(port=0, one_off="no")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="timeout is -1"):
        server.next(-1)
    with netshoot.throughput_server(port=0, family="inet", bind="127.0.0.1") as other:
        assert netshoot.throughput("localhost", port=other.port, bytes=1e5, family=4).error is None  # type: ignore[arg-type]


def test_peers_that_are_none() -> None:
    with pytest.raises(FileNotFoundError, match="look up"):
        netshoot.throughput("no-such-host.invalid")
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def close() -> None:
            listener.accept()[0].close()

        threading.Thread(target=close).start()
        with pytest.raises(netshoot.Error, match="the server closed the control connection"):
            netshoot.throughput("127.0.0.1", port=listener.getsockname()[1])


def test_in_a_namespace() -> None:
    if os.geteuid() != 0:
        skip("needs root to make a network namespace")
    ip, name = program("ip"), f"nst-{os.getpid()}"
    subprocess.run([ip, "netns", "add", name], check=True)
    try:
        subprocess.run([ip, "-n", name, "link", "set", "lo", "up"], check=True)
        with netshoot.throughput_server(port=0, namespace=name) as server:
            path = Path("/run/netns") / name
            report = netshoot.throughput("127.0.0.1", port=server.port, bytes=1_000_000, namespace=path)
            assert report.client_to_server is not None and report.client_to_server.received.bytes == 1_000_000
            with pytest.raises(ConnectionRefusedError):
                run(server, bytes=1000)
    finally:
        subprocess.run([ip, "netns", "delete", name], check=True)


def test_html(server: netshoot.ThroughputServer) -> None:
    report = run(server, duration=0.5, interval=0.1, bidirectional=True, rate=8e6, title="<script>")
    html = report._repr_html_()
    checker = Checker()
    checker.feed(html)
    checker.close()
    assert checker.open == [] and "svg" in checker.elements and "<script" not in html and "http" not in html
    assert "client to server" in checker.text and "server to client" in checker.text and "Mbit/s" in checker.text
    assert html.count("<polyline") == 2 and len(html) < 20_000
    assert "throughput_intervals" in report.intervals._repr_html_()


def test_long_tests_have_short_plots() -> None:
    from netshoot import _html

    points: list[_html.Rates] = [(second, second + 1, 1e9 + second, None) for second in range(86_400)]
    html = _html.throughput_live("host", points, 0.5)
    assert len(html) < 20_000 and html.count("<polyline") == 1 and "width:50.0%" in html
    assert _html.rate(0) == "0 bit/s" and _html.rate(9.41e9) == "9.41 Gbit/s" and _html.rate(123_456) == "123 kbit/s"


def test_plot(server: netshoot.ThroughputServer) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot

    axes = run(server, duration=0.4, interval=0.1, rate=8e6).plot()
    assert axes.get_ylabel() == "Mbit/s" and len(axes.patches) == 1
    assert run(server, bytes=1000, reverse=True).plot(axes) is axes
    matplotlib.pyplot.close("all")


def test_bar_in_a_terminal(server: netshoot.ThroughputServer, capsys: pytest.CaptureFixture[str]) -> None:
    run(server, duration=0.4, interval=0.1, rate=8e6, progress=True)
    shown = capsys.readouterr().err
    assert "127.0.0.1:" in shown and "0.4/0.4 s" in shown and "Mbit/s" in shown
    run(server, bytes=100_000, progress=True)
    assert "100k/100k octets" in capsys.readouterr().err
    run(server, bytes=1000)
    assert capsys.readouterr().err == ""


def test_bar_in_a_notebook(server: netshoot.ThroughputServer, monkeypatch: pytest.MonkeyPatch) -> None:
    import IPython
    import IPython.display

    shown: list[str] = []

    class Handle:
        def update(self, html: Any) -> None:
            shown.append(html.data)

    def display(html: Any, display_id: bool) -> Handle:
        shown.append(html.data)
        return Handle()

    class Shell:
        kernel = None

    monkeypatch.setattr(IPython, "get_ipython", Shell)
    monkeypatch.setattr(IPython.display, "display", display)
    run(server, duration=0.4, interval=0.1, rate=8e6, progress=True)
    assert len(shown) >= 4 and "connecting" in shown[0] and "width:100.0%" in shown[-1] and "<svg" in shown[-1]


def test_counters_are_iterated_as_rows() -> None:
    """They have signed numbers, as lost datagrams have."""
    counters = netshoot.counters()
    assert len(list(counters.table())) == len(counters) and "counters" in counters._repr_html_()


def test_a_file_is_sent_and_written(tmp_path: Path) -> None:
    sent, got = tmp_path / "sent", tmp_path / "got"
    sent.write_bytes(bytes(range(251)) * 4000)
    size = sent.stat().st_size
    with netshoot.throughput_server(port=0, file=got, one_off=True, send_timeout=5, keepalive=(2, 1, 3)) as server:
        more = {"fair_queue_rate": 8e9, "pacing_timer": 0.0005, "send_timeout": 5, "keepalive": (3, 1, 2)}
        report = run(server, file=str(sent), duration=5, **more)
    assert got.read_bytes() == sent.read_bytes()
    disk = report.to_dict()["end"]["streams"][0]["diskfile"]
    assert (disk["sent"], disk["received"], disk["size"], disk["filename"]) == (size, size, size, str(sent))
    with pytest.raises(netshoot.Error, match="cannot transfer file using UDP"):
        netshoot.throughput("127.0.0.1", udp=True, file=sent)
    with pytest.raises(TypeError, match="file"):
        netshoot.throughput("127.0.0.1", file=3)  # type: ignore[arg-type]
    for keepalive, message in ((3, "keepalive is 3"), ((0, 1, 2), "idle time in seconds is 0"), ((1, 1, -1), "keepalive")):
        with pytest.raises((netshoot.Error, TypeError, ValueError), match=message):
            netshoot.throughput("127.0.0.1", keepalive=keepalive)  # type: ignore[arg-type]

"""Tests of throughput with iperf3, or with this package, at the other end.

Times are seconds, rates bits a second, sizes octets. A test and a server run in threads of their own, outside the
interpreter: whoever waits for them lets others run, and Ctrl-C works.
"""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING, Any, TypeVar, overload

from netshoot import _arguments as given
from netshoot import _netshoot
from netshoot._arguments import Family, NamespaceLike
from netshoot._capture import Table, Tabular, missing
from netshoot._errors import Error
from netshoot._progress import Progress
from netshoot._source import Source

if TYPE_CHECKING:
    from netshoot._netshoot import ThroughputInterval, ThroughputSize, ThroughputStream, ThroughputTrial

Item = TypeVar("Item", covariant=True)


def throughput(
    host: str | IPv4Address | IPv6Address,
    *,
    port: int = 5201,
    duration: float | None = None,
    bytes: int | None = None,
    blocks: int | None = None,
    reverse: bool = False,
    bidirectional: bool = False,
    udp: bool = False,
    parallel: int = 1,
    rate: float | None = None,
    burst: int = 0,
    fair_queue_rate: float | None = None,
    pacing_timer: float = 0.001,
    block_length: int | None = None,
    window: int | None = None,
    mss: int | None = None,
    no_delay: bool = False,
    mptcp: bool = False,
    congestion: str | None = None,
    tos: int | None = None,
    dscp: int | None = None,
    flow_label: int | None = None,
    omit: float = 0,
    interval: float = 1,
    zero_copy: bool = False,
    skip_rx_copy: bool = False,
    repeating_payload: bool = False,
    udp_counters_64bit: bool = False,
    gsro: bool = False,
    dont_fragment: bool = False,
    bind: str | IPv4Address | IPv6Address | None = None,
    device: str | None = None,
    client_port: int | None = None,
    family: Family = None,
    connect_timeout: float = 10,
    receive_timeout: float = 120,
    send_timeout: float = 0,
    keepalive: tuple[float, float, int] | None = None,
    file: str | os.PathLike[str] | None = None,
    get_server_output: bool = False,
    title: str | None = None,
    extra_data: str | None = None,
    affinity: int | None = None,
    server_affinity: int | None = None,
    extension: bool = True,
    latency: float | None = None,
    exchange: tuple[int, int] | None = None,
    namespace: NamespaceLike = None,
    on_interval: Callable[[ThroughputInterval], object] | None = None,
    progress: bool = False,
) -> ThroughputReport:
    """Measures how much can be sent to an iperf3 server (3.1 to 3.21), or one of this package.

    The test ends after ``duration`` seconds (10; 0 is for ever), ``bytes`` or ``blocks``; the client sends, the server
    does in ``reverse``, both do if it is ``bidirectional``. ``rate`` limits the payload of each of ``parallel`` streams in
    bits a second: without it TCP is as fast as can be and UDP sends 1 Mbit/s, 0 is no limit. ``block_length`` is that of a
    block, or of a datagram. What flows during ``omit`` seconds, rounded up to whole ones, does not count. ``tos`` is the
    whole octet, ``dscp`` its upper six bits. ``skip_rx_copy`` does less than a receiver of data has to. The sockets are
    made in ``namespace``, see :func:`links`.

    ``fair_queue_rate`` is what the kernel paces each stream at, in bits a second; UDP needs the fq queueing discipline.
    ``mptcp`` is used where both ends have it. What was sent may stay ``send_timeout`` seconds without acknowledgment.
    ``keepalive`` is after how many whole seconds of silence the peer is asked whether it is there, after how many again,
    and how often before it is given up (10, 5, 4).
    ``file`` is sent to its end, unless another one comes first, or the one stream that is received is written to it.

    ``report.verdicts`` says what limited the test. With ``extension``, a server of this package tells what it saw, which
    makes them surer; iperf3 does not mind. With ``latency``, the idle path is probed for so many seconds, and again while
    data flow: ``report.latency``.

    With ``exchange``, each stream sends one request at a time, of the first number of octets, and waits for its response,
    of the second, as netperf's TCP_RR and UDP_RR do: ``report.round_trips``, ``report.transactions_per_second``. The server
    must be one of this package.

    ``on_interval`` is called with each interval while the test runs; ``progress`` shows a bar in a terminal, if tqdm is
    installed, and a bar with a plot in a notebook. Ctrl-C ends the test.

    Raises :class:`Error` when no server answers, it refuses or is busy (``limit_reached``), or the test fails.
    """
    arguments = dict(locals())
    with _begin(arguments) as test, Progress(progress, arguments) as shown:
        for each in test:
            shown.update(each)
            if on_interval is not None:
                on_interval(each)
        return test.report()


def throughput_test(
    host: str | IPv4Address | IPv6Address,
    *,
    port: int = 5201,
    duration: float | None = None,
    bytes: int | None = None,
    blocks: int | None = None,
    reverse: bool = False,
    bidirectional: bool = False,
    udp: bool = False,
    parallel: int = 1,
    rate: float | None = None,
    burst: int = 0,
    fair_queue_rate: float | None = None,
    pacing_timer: float = 0.001,
    block_length: int | None = None,
    window: int | None = None,
    mss: int | None = None,
    no_delay: bool = False,
    mptcp: bool = False,
    congestion: str | None = None,
    tos: int | None = None,
    dscp: int | None = None,
    flow_label: int | None = None,
    omit: float = 0,
    interval: float = 1,
    zero_copy: bool = False,
    skip_rx_copy: bool = False,
    repeating_payload: bool = False,
    udp_counters_64bit: bool = False,
    gsro: bool = False,
    dont_fragment: bool = False,
    bind: str | IPv4Address | IPv6Address | None = None,
    device: str | None = None,
    client_port: int | None = None,
    family: Family = None,
    connect_timeout: float = 10,
    receive_timeout: float = 120,
    send_timeout: float = 0,
    keepalive: tuple[float, float, int] | None = None,
    file: str | os.PathLike[str] | None = None,
    get_server_output: bool = False,
    title: str | None = None,
    extra_data: str | None = None,
    affinity: int | None = None,
    server_affinity: int | None = None,
    extension: bool = True,
    latency: float | None = None,
    exchange: tuple[int, int] | None = None,
    namespace: NamespaceLike = None,
) -> ThroughputTest:
    """Begins a test, whose intervals are iterated while it runs; see :func:`throughput` for what it takes.

        >>> with netshoot.throughput_test("192.0.2.1") as test:
        ...     for interval in test:
        ...         print(interval.end, interval.bits_per_second)
        >>> print(test.report())
    """
    return _begin(dict(locals()))


class ThroughputTest:
    """A test at work: an iterator of its intervals, an asynchronous iterator and a context manager.

    The end of the ``with`` block, or ``close()`` from any thread, ends it if it is not over; the server is told.
    """

    def __init__(self, test: _netshoot.ThroughputTest) -> None:
        self._test = test
        self._source = Source(test.next, lambda: test.done)

    def __iter__(self) -> ThroughputTest:
        return self

    def __next__(self) -> ThroughputInterval:
        interval = self._source.next(None)
        if interval is None:
            raise StopIteration
        return interval

    def next(self, timeout: float | None = None) -> ThroughputInterval | None:
        """The next interval; ``None`` when none came within ``timeout`` seconds, or the test is over."""
        return self._source.next(given.seconds("timeout", timeout))

    def __aiter__(self) -> ThroughputTest:
        return self

    async def __anext__(self) -> ThroughputInterval:
        return await self._source.anext()

    @overload
    def report(self, timeout: None = None) -> ThroughputReport: ...
    @overload
    def report(self, timeout: float) -> ThroughputReport | None: ...
    def report(self, timeout: float | None = None) -> ThroughputReport | None:
        """Waits for the end of the test; ``None`` when it does not end within ``timeout`` seconds.

        Raises :class:`Error` when the test failed, or was ended before its time (``cancelled``).
        """
        report = self._test.report(given.seconds("timeout", timeout))
        return None if report is None else ThroughputReport(report)

    @property
    def done(self) -> bool:
        """Whether it is over."""
        return self._test.done

    @property
    def closed(self) -> bool:
        """Whether it was closed before its end."""
        return self._test.closed

    def close(self) -> None:
        """Ends the test if it is not over."""
        self._test.close()

    def __enter__(self) -> ThroughputTest:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def __aenter__(self) -> ThroughputTest:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()


class ThroughputList(Tabular, Sequence[Item]):
    """The intervals or the streams of a report: typed objects, and a table with ``to_arrow()``, ``to_polars()``,
    ``to_pandas()`` and ``__arrow_c_stream__``, in which each stream has a row for each interval."""

    def __init__(self, items: list[Item], table: _netshoot.Table) -> None:
        self._items = items
        self._table = table

    @overload
    def __getitem__(self, index: int) -> Item: ...
    @overload
    def __getitem__(self, index: slice) -> list[Item]: ...
    def __getitem__(self, index: int | slice) -> Item | list[Item]:
        return self._items[index]

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[Item]:
        return iter(self._items)

    def table(self) -> Table[Any]:
        """The table."""
        return Table(self._table, None)

    def __repr__(self) -> str:
        return f"<netshoot.ThroughputList of {len(self):,}: {self._table.name}>"


class ThroughputSearch(_netshoot.ThroughputSearch):
    """What a search for the highest rate without loss found, with its trials."""

    @property
    def trials(self) -> ThroughputList[ThroughputTrial]:
        """All trials in their order."""
        return ThroughputList(self.list_trials(), self.trial_table())

    def __repr__(self) -> str:
        from netshoot import _html

        return f"<netshoot.ThroughputSearch: {_html.found(self)}>"

    def _repr_html_(self) -> str:
        from netshoot import _html

        return _html.search(self)


def throughput_search(
    host: str | IPv4Address | IPv6Address,
    *,
    port: int = 5201,
    lowest: float = 1e6,
    highest: float = 100e9,
    resolution: float = 0.05,
    tolerance: float = 0.001,
    repeats: int = 3,
    duration: float = 2,
    reverse: bool = False,
    parallel: int = 1,
    block_length: int | None = None,
    window: int | None = None,
    tos: int | None = None,
    dscp: int | None = None,
    flow_label: int | None = None,
    gsro: bool = False,
    dont_fragment: bool = False,
    bind: str | IPv4Address | IPv6Address | None = None,
    device: str | None = None,
    client_port: int | None = None,
    family: Family = None,
    connect_timeout: float = 10,
    receive_timeout: float = 120,
    affinity: int | None = None,
    server_affinity: int | None = None,
    namespace: NamespaceLike = None,
    on_trial: Callable[[ThroughputTrial], object] | None = None,
) -> ThroughputSearch:
    """Searches for the highest rate of datagrams that comes without loss, with any iperf3 server.

    Each trial is a test of ``duration`` seconds, one at least. The rate, in bits a second over all streams, doubles from
    ``lowest`` until two trials fail, or to ``highest``; then the distance is halved until it is a share of ``resolution``,
    and what is found is tried again until it has passed ``repeats`` times. A trial fails when more than a share of
    ``tolerance`` is lost, or the sender does not reach the rate. See :func:`throughput` for the other arguments.

        >>> found = netshoot.throughput_search("192.0.2.1", highest=1e9)
        >>> print(found.bits_per_second, found.lost_percent_at_most)

    ``on_trial`` is called with each trial. Ctrl-C, and what it raises, end the search.
    """
    arguments = dict(locals()) | {"udp": True}
    where = given.namespace(namespace)
    return ThroughputSearch(_netshoot.throughput_search(_name(host), _options(arguments), where, on_trial))


def throughput_sweep(
    host: str | IPv4Address | IPv6Address,
    sizes: Iterable[int] = (),
    *,
    port: int = 5201,
    duration: float = 2,
    reverse: bool = False,
    udp: bool = False,
    parallel: int = 1,
    rate: float | None = None,
    window: int | None = None,
    no_delay: bool = False,
    congestion: str | None = None,
    tos: int | None = None,
    dscp: int | None = None,
    flow_label: int | None = None,
    omit: float = 0,
    gsro: bool = False,
    dont_fragment: bool = False,
    bind: str | IPv4Address | IPv6Address | None = None,
    device: str | None = None,
    client_port: int | None = None,
    family: Family = None,
    connect_timeout: float = 10,
    receive_timeout: float = 120,
    affinity: int | None = None,
    server_affinity: int | None = None,
    namespace: NamespaceLike = None,
    on_size: Callable[[ThroughputSize], object] | None = None,
) -> ThroughputList[ThroughputSize]:
    """Measures rate, packets and loss for each of ``sizes``, with any iperf3 server.

    A size is the payload of a datagram or, of TCP, that of the largest segment; without ``sizes`` the usual ones are taken.
    Each is a test of ``duration`` seconds, in which UDP without a ``rate`` is sent as fast as can be. See
    :func:`throughput` for the other arguments.

        >>> print(netshoot.throughput_sweep("192.0.2.1", [64, 512, 1400], udp=True).to_polars())

    ``on_size`` is called with each result. Ctrl-C, and what it raises, end the sweep.
    """
    arguments = dict(locals())
    checked = [given.integer("sizes", size, 1, (1 << 32) - 1, "numbers") for size in sizes]
    where = given.namespace(namespace)
    return ThroughputList(*_netshoot.throughput_sweep(_name(host), checked, _options(arguments), where, on_size))


class ThroughputReport(_netshoot.ThroughputReport):
    """A test that is over: its intervals, its streams, and what each direction came to.

    ``to_dict()`` and ``json`` have the keys of ``iperf3 -J``, ``text`` its lines.
    """

    @property
    def error(self) -> Error | None:
        """Why the test failed; ``None`` if it did not. Only servers have reports of tests that failed."""
        error: Error | None = super().error
        return error

    @property
    def intervals(self) -> ThroughputList[ThroughputInterval]:
        """The intervals in their order."""
        return ThroughputList(self.list_intervals(), self.interval_table())

    @property
    def streams(self) -> ThroughputList[ThroughputStream]:
        """The streams in the order of their making; none if the test failed."""
        return ThroughputList(self.list_streams(), self.stream_table())

    @property
    def histogram(self) -> ThroughputList[tuple[float, int]]:
        """How many round trips of requests took how long: the shortest time of a bucket, and what fell into it."""
        return ThroughputList(self.list_buckets(), self.bucket_table())

    def to_dict(self) -> dict[str, Any]:
        """The document that ``iperf3 -J`` prints."""
        document: dict[str, Any] = json.loads(self.json)
        return document

    def plot(self, ax: Any = None) -> Any:
        """Draws the payload rate over time with matplotlib, on ``ax`` or new axes, which are returned."""
        try:
            import matplotlib.pyplot
        except ImportError as error:
            raise missing("plot", "plot", error) from None
        axes = matplotlib.pyplot.subplots()[1] if ax is None else ax
        intervals = self.list_intervals()
        for name in ("sent", "received"):
            moved = [(each.start, each.end, getattr(each, name)) for each in intervals]
            moved = [(start, end, one) for start, end, one in moved if one is not None]
            if moved:
                edges = [start for start, _, _ in moved] + [moved[-1][1]]
                axes.stairs([one.bits_per_second / 1e6 for _, _, one in moved], edges, label=name)
        axes.set_xlabel("seconds")
        axes.set_ylabel("Mbit/s")
        axes.set_ylim(bottom=0)
        axes.set_title(self.title or f"{self.transport} {self.direction}, {self.host}")
        if intervals:
            axes.legend()
        return axes

    def __repr__(self) -> str:
        from netshoot import _html

        if self.error is not None:
            return f"<netshoot.ThroughputReport failed: {self.error}>"
        rate = _html.rate(self.bits_per_second)
        return f"<netshoot.ThroughputReport {rate}, {self.transport} {self.direction}, {self.side} of {self.host}>"

    def __str__(self) -> str:
        return self.text if self.error is None else f"{self.text}{self.error}\n"

    def _repr_html_(self) -> str:
        from netshoot import _html

        return _html.throughput(self)


def throughput_server(
    *,
    port: int = 5201,
    bind: str | IPv4Address | IPv6Address | None = None,
    device: str | None = None,
    family: Family = None,
    tests: int = 1,
    one_off: bool = False,
    max_rate: float | None = None,
    max_duration: float | None = None,
    max_streams: int = 256,
    rate_interval: float = 5,
    idle_timeout: float | None = None,
    receive_timeout: float = 120,
    send_timeout: float = 0,
    keepalive: tuple[float, float, int] | None = None,
    file: str | os.PathLike[str] | None = None,
    interval: float = 1,
    json_output: bool = False,
    affinity: int | None = None,
    namespace: NamespaceLike = None,
    on_report: Callable[[ThroughputReport], object] | None = None,
) -> ThroughputServer:
    """Serves iperf3 (3.1 to 3.21) and the clients of this package, until it is closed or, with ``one_off``, the first test
    is over or none came for ``idle_timeout`` seconds. ``port`` 0 is one of the system's choice.

        >>> with netshoot.throughput_server(port=0, max_duration=60) as server:
        ...     print(server.port)
        ...     for report in server:
        ...         print(report.host, report.bits_per_second)

    Of one test at most ``max_rate`` bits a second, ``max_duration`` seconds and ``max_streams`` are granted; there are
    ``tests`` at once, and clients beyond are told that the server is busy. A test that gets no data for
    ``receive_timeout`` seconds is ended. ``file`` is sent by a test, or what its one stream brings is written to it, anew
    by each. ``on_report`` is called, in a thread of its own, with the report of each test
    that is over; without it, the reports are iterated.

    Raises :class:`Error` when the port cannot be listened on.
    """
    arguments = dict(locals())
    return ThroughputServer(_netshoot.throughput_server(_options(arguments), given.namespace(namespace)), on_report)


class ThroughputServer:
    """A server at work: an iterator of the reports of its tests, an asynchronous iterator and a context manager.

    A test that failed has a report, too, whose ``error`` says why. Of reports that nobody asks for, the last 64 are kept,
    and of a test the last 4096 rows of intervals. The end of the ``with`` block, or ``close()`` from any thread, ends it.
    """

    def __init__(
        self, server: _netshoot.ThroughputServer, on_report: Callable[[ThroughputReport], object] | None = None
    ) -> None:
        self._server = server
        self._source = Source(server.next, lambda: server.closed)
        self._teller: threading.Thread | None = None
        if on_report is not None:
            self._teller = threading.Thread(target=self._tell, args=(on_report,), name="netshoot-reports", daemon=True)
            self._teller.start()

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return self._server.address[1]

    @property
    def address(self) -> str:
        """The address that it listens on; ``::`` is all."""
        return self._server.address[0]

    @property
    def accepted(self) -> int:
        """How many clients were admitted."""
        return self._server.accepted

    @property
    def refused(self) -> int:
        """How many clients were told that the server is busy."""
        return self._server.refused

    @property
    def missed(self) -> int:
        """How many reports were forgotten because nobody asked for them."""
        return self._server.missed

    @property
    def closed(self) -> bool:
        """Whether it has ended."""
        return self._server.closed

    def __iter__(self) -> ThroughputServer:
        return self

    def __next__(self) -> ThroughputReport:
        report = self.next()
        if report is None:
            raise StopIteration
        return report

    def next(self, timeout: float | None = None) -> ThroughputReport | None:
        """The next report; ``None`` when none came within ``timeout`` seconds, or the server has ended."""
        report = self._source.next(given.seconds("timeout", timeout))
        return None if report is None else ThroughputReport(report)

    def __aiter__(self) -> ThroughputServer:
        return self

    async def __anext__(self) -> ThroughputReport:
        return ThroughputReport(await self._source.anext())

    def close(self) -> None:
        """Ends the server; clients at work are told. What was over before is still told."""
        self._server.close()
        if self._teller is not None and self._teller is not threading.current_thread():
            self._teller.join()

    def __enter__(self) -> ThroughputServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def __aenter__(self) -> ThroughputServer:
        return self

    async def __aexit__(self, *_: object) -> None:
        import asyncio

        await asyncio.to_thread(self.close)

    def __repr__(self) -> str:
        state = "ended" if self.closed else "listening"
        return f"<netshoot.ThroughputServer {state} on {self.address} port {self.port}>"

    def _tell(self, on_report: Callable[[ThroughputReport], object]) -> None:
        for report in self:
            on_report(report)


def _begin(arguments: dict[str, Any]) -> ThroughputTest:
    namespace = given.namespace(arguments["namespace"])
    return ThroughputTest(_netshoot.throughput_test(_name(arguments["host"]), _options(arguments), namespace))


def _name(host: str | IPv4Address | IPv6Address) -> str:
    """A name or an address, which may have a scope."""
    name = given.text("host", str(host) if isinstance(host, (IPv4Address, IPv6Address)) else host)
    if not name:
        raise given.invalid(f"host is {host!r}", "a name or an address")
    return name


def _options(arguments: dict[str, Any]) -> dict[str, object]:
    """As the library takes them: what was given, checked by name; ``None`` is not."""
    return {name: check(name, arguments[name]) for name, check in _CHECKS.items() if arguments.get(name) is not None}


def _number(bits: int) -> Callable[[str, Any], object]:
    return lambda name, value: given.number(name, value, bits)


def _large(name: str, value: Any) -> object:
    """A number that is often written as a float, ``1e9``."""
    return given.number(name, int(value) if isinstance(value, float) and value.is_integer() else value, 63)


def _share(name: str, value: Any) -> object:
    """A number from 0 to 1."""
    share = given.seconds(name, value)
    if share is not None and share > 1:
        raise given.invalid(f"{name} is {value}", "a share from 0 to 1")
    return share


def _exchange(name: str, value: Any) -> object:
    if not isinstance(value, Sequence) or len(value) != 2:
        raise given.invalid(f"{name} is {value!r}", "the octets of a request and of a response")
    return tuple(given.number(name, length, 32) for length in value)


def _keepalive(name: str, value: Any) -> object:
    if not isinstance(value, Sequence) or len(value) != 3:
        raise given.invalid(f"{name} is {value!r}", "the idle time and the interval in seconds, and how often")
    idle, interval, count = value
    return given.seconds(name, idle), given.seconds(name, interval), given.number(name, count, 32)


def _ip_version(name: str, value: Any) -> object:
    return 4 if given.family(name, value) == socket.AF_INET else 6


def _path(name: str, value: str | os.PathLike[str] | None) -> str | None:
    return given.text(name, os.fspath(value) if isinstance(value, os.PathLike) else value)


_CHECKS: dict[str, Callable[[str, Any], object]] = {
    **dict.fromkeys(["port", "client_port"], _number(16)),
    **dict.fromkeys(["parallel", "burst", "block_length", "window", "mss", "max_streams", "tests"], _number(32)),
    "repeats": _number(32),
    **dict.fromkeys(["resolution", "tolerance"], _share),
    "exchange": _exchange,
    "keepalive": _keepalive,
    **dict.fromkeys(["affinity", "server_affinity"], _number(31)),
    **dict.fromkeys(["rate", "fair_queue_rate", "max_rate", "lowest", "highest", "bytes", "blocks"], _large),
    "tos": _number(8),
    "dscp": _number(6),
    "flow_label": _number(20),
    **dict.fromkeys(["duration", "omit", "interval", "connect_timeout", "receive_timeout"], given.seconds),
    **dict.fromkeys(["send_timeout", "pacing_timer"], given.seconds),
    **dict.fromkeys(["max_duration", "rate_interval", "idle_timeout", "latency"], given.seconds),
    **dict.fromkeys(["reverse", "bidirectional", "udp", "no_delay", "zero_copy", "skip_rx_copy"], given.flag),
    **dict.fromkeys(["repeating_payload", "udp_counters_64bit", "gsro", "dont_fragment", "extension"], given.flag),
    **dict.fromkeys(["get_server_output", "one_off", "json_output", "mptcp"], given.flag),
    **dict.fromkeys(["congestion", "title", "extra_data", "device"], given.text),
    "bind": given.address,
    "file": _path,
    "family": _ip_version,
}

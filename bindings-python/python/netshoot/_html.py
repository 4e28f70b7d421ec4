"""What notebooks show: small self-contained HTML without scripts, legible on light and dark ground.

Whatever comes out of packets or files is escaped, and cut where it is long.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from netshoot import _netshoot
    from netshoot._rows import Finding
    from netshoot._story import Story
    from netshoot._throughput import ThroughputReport, ThroughputSearch

Rates: TypeAlias = "tuple[float, float, float | None, float | None]"
"""From when to when, and bits a second that were sent and received."""


def card(name: str, summary: _netshoot.Summary, findings: Iterable[Finding]) -> str:
    """A capture at a glance."""
    shown = list(zip(findings, range(_FINDINGS)))
    return (
        f'<div style="{_BOX}"><div><b>{_text(name)}</b></div>'
        f"<div>{_facts(summary)}</div>{_badges(summary)}{_protocols(summary)}"
        f"{''.join(_finding(finding) for finding, _ in shown)}{_more(summary.findings - len(shown))}</div>"
    )


def table(name: str, columns: list[str], rows: int | None, values: Iterator[list[object]]) -> str:
    """The first rows of a table, and those columns that matter most."""
    chosen = [column for column in _CHOSEN.get(name, []) if column in columns] or columns[:_COLUMNS]
    places = [columns.index(column) for column in chosen]
    body = [[row[place] for place in places] for row, _ in zip(values, range(_ROWS))]
    count = "" if rows is None else f"{rows:,} rows, "
    note = f"{name}: {count}{len(columns)} columns"
    note += "" if len(chosen) == len(columns) else f", {len(chosen)} shown"
    return f'<div style="{_BOX}"><div style="{_SMALL}">{_text(note)}</div>{_grid(chosen, body)}</div>'


def story(story: Story) -> str:
    """What became of a flow, one row an event."""
    rows: list[list[object]] = []
    for event in story.events:
        frames = "" if event.first_frame is None else str(event.first_frame)
        if event.last_frame is not None and event.last_frame != event.first_frame:
            frames += f"-{event.last_frame}"
        rows.append(["" if event.seconds is None else f"{event.seconds:.6f}", frames, event.text])
    grid = _grid(["seconds", "frame", "what"], rows)
    return f'<div style="{_BOX}"><div><b>{_text(story.title)}</b></div>{grid}<div>{_text(story.summary)}</div></div>'


def interfaces(interfaces: list[_netshoot.Interface]) -> str:
    """The interfaces, one a row."""
    rows: list[list[object]] = [
        [
            interface.ifname,
            interface.operstate,
            interface.address,
            interface.mtu,
            ", ".join(f"{address.local}/{address.prefixlen}" for address in interface.addresses),
        ]
        for interface in interfaces
    ]
    return f'<div style="{_BOX}">{_grid(["ifname", "operstate", "address", "mtu", "addresses"], rows)}</div>'


def namespaces(namespaces: list[_netshoot.Namespace], denied: list[str]) -> str:
    """The namespaces, one a row, and what could not be read."""
    columns = ["inode", "names", "pid", "processes", "containers"]
    rows: list[list[object]] = [[one.id[1], one.names, one.pid, len(one.pids), one.containers] for one in namespaces]
    notes = "".join(f'<div style="{_SMALL}">⚠ {_text(text)}</div>' for text in denied)
    return f'<div style="{_BOX}">{_grid(columns, rows)}{notes}</div>'


def changes(changes: list[_netshoot.Change]) -> str:
    """What became of which object, and what its fields were and are."""
    shown = changes[:_CHANGES]
    rows: list[list[object]] = [[change.op, change.kind, _object(change), _fields(change)] for change in shown]
    more = f", {_CHANGES} shown" if len(changes) > _CHANGES else ""
    note = f'<div style="{_SMALL}">{len(changes):,} changes{more}</div>'
    return f'<div style="{_BOX}">{note}{_grid(["op", "kind", "object", "changed"], rows)}</div>'


def _object(change: _netshoot.Change) -> str:
    """What a reader knows it by."""
    one = change.new or change.old
    values = ((name, getattr(one, name)) for name in _NAMING.get(change.kind, _SOCKET))
    return " ".join(f"{name}={value}" for name, value in values if value is not None)


def _fields(change: _netshoot.Change) -> str:
    return ", ".join(f"{name}: {getattr(change.old, name)} → {getattr(change.new, name)}" for name in change.changed)


def snapshot(title: str, sizes: dict[str, int], failed: dict[str, str]) -> str:
    """How many objects there are of each kind."""
    rows: list[list[object]] = [[kind, f"{size:,}"] for kind, size in sizes.items()]
    rows += [[kind, f"⚠ {error}"] for kind, error in failed.items()]
    return f'<div style="{_BOX}"><div style="{_SMALL}">{_text(title)}</div>{_grid(["kind", "objects"], rows)}</div>'


def throughput(report: ThroughputReport) -> str:
    """A test of throughput: what it came to, and the rate over time."""
    if report.error is not None:
        return f'<div style="{_BOX}"><div style="{_SMALL}">⚠ {_text(str(report.error))}</div></div>'
    directions = [("client to server", report.client_to_server), ("server to client", report.server_to_client)]
    rows: list[list[object]] = []
    for name, total in directions:
        if total is not None:
            sent, received = total.sent, total.received
            lost = None if received.lost_percent is None else f"{received.lost:,} ({received.lost_percent:.3g}%)"
            jitter = None if received.jitter is None else f"{received.jitter * 1e3:.3f} ms"
            rows.append([name, _octets(received.bytes), rate(received.bits_per_second), rate(sent.bits_per_second)])
            rows[-1] += [sent.retransmits, lost, jitter]
    columns = ["", "received", "rate", "sent at", "retransmits", "lost", "jitter"]
    used = [0, 1, 2, 3] + [place for place in (4, 5, 6) if any(row[place] is not None for row in rows)]
    grid = _grid([columns[place] for place in used], [[row[place] for place in used] for row in rows])
    facts = [f"{report.transport} {report.direction}", f"{report.side} of {report.host}"]
    count = len(report.streams)
    facts.append(f"{count} stream" if count == 1 else f"{count} streams")
    if report.local_congestion:
        facts.append(report.local_congestion)
    if report.local_cpu is not None and report.remote_cpu is not None:
        facts.append(f"processor {report.local_cpu.total:.0f}% here, {report.remote_cpu.total:.0f}% at the peer")
    head = f"<b>{_text(report.title or 'throughput')}</b> {_text(' · '.join(facts))}"
    plot = _rate_plot([rates(interval) for interval in report.list_intervals()])
    notes = "".join(f'<div style="{_SMALL}">{_text(note)}</div>' for note in _notes(report))
    return f'<div style="{_BOX}"><div>{head}</div>{grid}{plot}{notes}</div>'


def _notes(report: ThroughputReport) -> Iterator[str]:
    """What limited a test, and the round trip times during it."""
    for verdict in report.verdicts:
        chief = verdict.limitations[0]
        evidence = "; ".join(one.text for one in chief.evidence)
        yield f"{verdict.sender} sends, limited by {chief.name}{': ' if evidence else ''}{evidence}"
    if report.round_trips is not None:
        yield _round_trips(report.transactions_per_second or 0, report.round_trips)
    if report.latency is not None:
        times = {"idle": report.latency.idle.median, "loaded": report.latency.loaded.median}
        shown = [f"{name} {time * 1e3:.3f} ms" for name, time in times.items() if time is not None]
        yield f"median round trip {', '.join(shown) or 'not known'}"


def _round_trips(rate: float, times: _netshoot.RoundTrips) -> str:
    """What requests and their responses took."""
    named = {"median": times.median, "p99": times.p99, "p99.9": times.p999, "longest": times.max}
    shown = [f"{name} {time * 1e3:.3f} ms" for name, time in named.items() if time is not None]
    lost = f", {times.lost:,} without a response" if times.lost else ""
    return f"{rate:,.0f} requests answered per second, {times.count:,} in all{lost}: {', '.join(shown)}"


def search(search: ThroughputSearch) -> str:
    """A search for the highest rate without loss, with its trials."""
    rows: list[list[object]] = []
    for trial in search.list_trials():
        share = trial.lost / trial.packets * 100 if trial.packets else 0
        lost = f"{trial.lost:,} ({share:.3g}%)"
        rows.append([rate(trial.bits_per_second), rate(trial.sent_bits_per_second), f"{trial.packets:,}", lost])
        rows[-1].append({None: "passed", "loss": "loss", "sender": "the sender was slower"}[trial.failure])
    grid = _grid(["rate", "sent at", "datagrams", "lost", ""], rows)
    return f'<div style="{_BOX}"><div><b>{_text(found(search))}</b></div>{grid}</div>'


def found(search: ThroughputSearch) -> str:
    """What a search found, in words."""
    if search.bits_per_second is None:
        return f"not even {rate(search.failed_bits_per_second or 0)} came without loss"
    bound = f"at most {search.lost_percent_at_most:.3g}% lost with 95% confidence"
    passed = f"{rate(search.bits_per_second)} passed {search.passes} times, {bound}"
    if search.failed_bits_per_second is None:
        return f"{passed}; nothing higher was tried"
    why = "the sender was slower than" if search.failure == "sender" else "too much was lost at"
    return f"{passed}; {why} {rate(search.failed_bits_per_second)}"


def throughput_live(host: str, points: list[Rates], share: float | None) -> str:
    """A test that runs: how far it is, and the rate so far."""
    bar = ""
    if share is not None:
        width = f"width:{min(share, 1) * 100:.1f}%;background:{_COLOURS[0]}"
        track = "height:6px;margin:4px 0;background:rgba(128,128,128,.25)"
        bar = f'<div style="{track}"><div style="height:6px;{width}"></div></div>'
    now = rate((points[-1][2] or 0) + (points[-1][3] or 0)) if points else "connecting"
    return f'<div style="{_BOX}"><div><b>{_text(host)}</b> {now}</div>{bar}{_rate_plot(points)}</div>'


def rates(interval: _netshoot.ThroughputInterval) -> Rates:
    """The rates of an interval."""
    sent, received = interval.sent, interval.received
    return (
        interval.start,
        interval.end,
        None if sent is None else sent.bits_per_second,
        None if received is None else received.bits_per_second,
    )


def rate(bits: float) -> str:
    """A rate with the prefix that fits."""
    for unit in ("bit/s", "kbit/s", "Mbit/s"):
        if bits < 1000:
            return f"{bits:.3g} {unit}" if bits < 100 else f"{bits:.0f} {unit}"
        bits /= 1000
    return f"{bits:.3g} Gbit/s" if bits < 100 else f"{bits:,.0f} Gbit/s"


def _rate_plot(points: list[Rates]) -> str:
    """Lines of what was sent and received, at most some hundred points long."""
    step = max(1, -(-len(points) // _POINTS))
    points = [_mean(points[first : first + step]) for first in range(0, len(points), step)]
    most = max([value for point in points for value in point[2:] if value is not None], default=0.0)
    if not points or most <= 0:
        return ""
    begin, end = points[0][0], points[-1][1]
    lines, names = [], []
    for place, name in ((2, "sent"), (3, "received")):
        corners = []
        for point in points:
            value = point[place]
            if value is not None:
                y = f"{_HEIGHT * (1 - value / most / 1.05):.1f}"
                x = [f"{_WIDTH * (time - begin) / max(end - begin, 1e-9):.1f}" for time in point[:2]]
                corners += [f"{x[0]},{y}", f"{x[1]},{y}"]
        if corners:
            colour = _COLOURS[place - 2]
            line = f'<polyline fill="none" stroke="{colour}" stroke-width="1.5" points="{" ".join(corners)}"></polyline>'
            lines.append(line)
            names.append(f'<span style="color:{colour}">■</span> {name}')
    frame = "border-left:1px solid rgba(128,128,128,.6);border-bottom:1px solid rgba(128,128,128,.6)"
    note = f"{begin:g} to {end:.4g} s, at most {rate(most)} &nbsp; {' &nbsp; '.join(names)}"
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" style="width:100%;max-width:{_WIDTH}px;{frame}">{"".join(lines)}</svg>'
        f'<div style="{_SMALL}">{note}</div>'
    )


def _mean(points: list[Rates]) -> Rates:
    """Several intervals as one."""

    def mean(values: list[float | None]) -> float | None:
        known = [value for value in values if value is not None]
        return sum(known) / len(known) if known else None

    return points[0][0], points[-1][1], mean([point[2] for point in points]), mean([point[3] for point in points])


def _facts(summary: _netshoot.Summary) -> str:
    facts = [f"{summary.frames:,} frames", f"{_octets(summary.bytes)}", f"{summary.flows:,} flows"]
    if summary.dns:
        facts.append(f"{summary.dns:,} DNS transactions")
    if summary.first is not None:
        facts.append(f"{summary.duration:,.3f} s from {summary.first:%Y-%m-%d %H:%M:%S} UTC")
    return _text(" · ".join(facts))


def _badges(summary: _netshoot.Summary) -> str:
    doubts = [
        (summary.truncated_frames, "frames cut by the snap length"),
        (summary.malformed_frames, "frames with headers that cannot be read whole"),
        (summary.time_reversals, "steps back in time"),
        (summary.evicted_flows, "flows dropped to save memory"),
    ]
    texts = [f"{count:,} {what}" for count, what in doubts if count]
    if summary.damage is not None:
        texts.insert(0, summary.damage)
    return "".join(f'<div style="{_SMALL}">⚠ {_text(text)}</div>' for text in texts)


def _protocols(summary: _netshoot.Summary) -> str:
    if not summary.frames:
        return ""
    parts, names = [], []
    for count, colour in zip(summary.protocols, _COLOURS):
        share = 100 * count.frames / summary.frames
        parts.append(f'<span style="width:{share:.1f}%;background:{colour}"></span>')
        names.append(f'<span style="color:{colour}">■</span> {_text(count.protocol)} {share:.0f}%')
    return (
        f'<div style="display:flex;height:6px;margin:6px 0 2px">{"".join(parts)}</div>'
        f'<div style="{_SMALL}">{" &nbsp; ".join(names)}</div>'
    )


def _finding(finding: Finding) -> str:
    frames = ", ".join(str(frame) for frame in finding.evidence_frames[:5])
    more = ", …" if len(finding.evidence_frames) > 5 else ""
    return (
        f'<div style="margin-top:6px">{_severity(finding.severity)} {_text(finding.summary)}'
        f' <span style="{_SMALL}">frames {_text(frames)}{more}</span></div>'
    )


def _more(count: int) -> str:
    if count <= 0:
        return ""
    return f'<div style="{_SMALL}">and {count:,} more: findings()</div>'


def _severity(name: str) -> str:
    colour = _SEVERITIES.get(name, "#57606a")
    return f'<span style="background:{colour};{_BADGE}">{_text(name)}</span>'


def _grid(columns: list[str], rows: list[list[object]]) -> str:
    head = "".join(f'<th style="{_CELL}"><b>{_text(column)}</b></th>' for column in columns)
    body = "".join(
        "<tr>"
        + "".join(f'<td style="{_CELL}">{_value(column, value)}</td>' for column, value in zip(columns, row))
        + "</tr>"
        for row in rows
    )
    return f'<table style="border-collapse:collapse"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def _value(column: str, value: object) -> str:
    if value is None:
        return ""
    if column == "severity":
        return _severity(str(value))
    if isinstance(value, float):
        return f"{value:,.3f}"
    if isinstance(value, list):
        return _text(", ".join(str(item) for item in value[:8]) + (", …" if len(value) > 8 else ""))
    return _text(str(value))


def _text(text: str) -> str:
    return escape(text if len(text) <= _LENGTH else text[: _LENGTH - 1] + "…")


def _octets(octets: int) -> str:
    size = float(octets)
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} B" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"


_FINDINGS, _ROWS, _COLUMNS, _LENGTH, _CHANGES = 5, 10, 12, 240, 50
_SOCKET = ("inode", "cookie")
_NAMING = {
    "link": ("ifname", "ifindex"),
    "address": ("local", "prefixlen", "ifindex"),
    "route": ("dst", "dst_len", "gateway", "oif", "priority", "table", "kind"),
    "next_hop": ("id", "gateway", "oif"),
    "next_hop_bucket": ("id", "index", "nhid"),
    "rule": ("priority", "family", "action", "table"),
    "neighbor": ("dst", "ifindex", "lladdr"),
    "fdb_entry": ("mac", "ifindex", "master", "vlan"),
    "qdisc": ("kind", "ifindex", "handle"),
    "inet_socket": ("protocol", "source", "source_port", "destination", "destination_port", "state"),
    "unix_socket": ("name", "inode"),
}
_WIDTH, _HEIGHT, _POINTS = 600, 120, 200
_BOX = "border:1px solid rgba(128,128,128,.45);border-radius:6px;padding:8px 10px;max-width:70em;overflow-x:auto"
_SMALL = "opacity:.75;font-size:85%"
_BADGE = "color:#fff;border-radius:3px;padding:0 5px;font-size:85%"
_CELL = "text-align:left;padding:2px 8px;vertical-align:top"
_COLOURS = ("#3b82c4", "#d97f30", "#4a9e5c", "#a160b8", "#b8a13c", "#c2566b", "#4aa3a3", "#8a8a8a")
_SEVERITIES = {"critical": "#c0392b", "warning": "#a8640c", "note": "#57606a"}
_CHOSEN = {
    "findings": ["severity", "kind", "summary", "verdict", "events", "impact_ms", "evidence_frames"],
    "flows": [
        "flow_id",
        "client_ip",
        "client_port",
        "server_ip",
        "server_port",
        "conn_state",
        "duration_ms",
        "packets_c2s",
        "packets_s2c",
        "bytes_c2s",
        "bytes_s2c",
        "syn_rtt_ms",
        "retx_pkts_c2s",
        "retx_pkts_s2c",
    ],
    "dns": ["ts", "client_ip", "resolver_ip", "qname", "qtype", "rcode", "attempts", "latency_ms", "answers"],
    "packets": ["frame", "ts", "src_ip", "src_port", "dst_ip", "dst_port", "proto", "orig_len", "tcp_flags", "flow_id"],
}

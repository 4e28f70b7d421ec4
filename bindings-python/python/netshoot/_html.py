"""What notebooks show: small self-contained HTML without scripts, legible on light and dark ground.

Whatever comes out of packets or files is escaped, and cut where it is long.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from netshoot import _netshoot
    from netshoot._rows import Finding


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

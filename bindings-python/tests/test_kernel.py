"""The kernel's own view: the same as `ip -j` and `ss` say, in a namespace that the test makes."""

from __future__ import annotations

import ipaddress
import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from conftest import program, skip

import netshoot

NAME = f"nsp-{os.getpid()}"
COMMANDS = """
link set lo up
link add one type veth peer name two
link add br0 type bridge
link set two master br0 up
link set one up
link set br0 up
addr add 192.0.2.1/24 dev one
addr add 2001:db8::1/64 dev one nodad
route add 198.51.100.0/24 via 192.0.2.9 metric 5 mtu 1300 table 77
route add 203.0.113.0/24 nexthop via 192.0.2.7 weight 2 nexthop via 192.0.2.8
route add blackhole 203.0.112.0/24
nexthop add id 5 via 192.0.2.5 dev one
nexthop add id 6 group 5
"""


@pytest.fixture(scope="module")
def namespace() -> Iterator[str]:
    if os.geteuid() != 0:
        skip("needs root to make a network namespace")
    ip = program("ip")
    subprocess.run([ip, "netns", "add", NAME], check=True)
    try:
        # Without link-local addresses, which come when they like; what else comes with a carrier is waited for.
        quiet = "echo 1 > /proc/sys/net/ipv6/conf/default/addr_gen_mode"
        subprocess.run([ip, "netns", "exec", NAME, "sh", "-c", quiet], check=True)
        subprocess.run([ip, "-n", NAME, "-batch", "-"], input=COMMANDS.encode(), check=True)
        until = time.monotonic() + 30
        while not all(link["operstate"] in ("UP", "UNKNOWN") for link in ask(NAME, "link", "show", "up")):
            assert time.monotonic() < until, "the links do not come up"
            time.sleep(0.02)
        yield NAME
    finally:
        subprocess.run([ip, "netns", "delete", NAME], check=True)


def ask(namespace: str, *words: str) -> list[dict[str, Any]]:
    command = [program("ip"), "-n", namespace, "-j", "-d", *words]
    objects: list[dict[str, Any]] = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    return objects


def test_links_are_those_of_ip(namespace: str) -> None:
    links = netshoot.links(namespace)
    theirs = ask(namespace, "link")
    assert [link.ifindex for link in links] == [other["ifindex"] for other in theirs]
    for link, other in zip(links, theirs, strict=True):
        # `ip` leaves RUNNING out and puts NO-CARRIER in.
        assert {*link.flags} - {"RUNNING"} == {*other["flags"]} - {"NO-CARRIER"}
        assert (link.ifname, link.mtu) == (other["ifname"], other["mtu"])
        assert link.address == other["address"]
        kind = link.linkinfo["kind"] if link.linkinfo else None
        assert kind == other.get("linkinfo", {}).get("info_kind")
    assert [link.ifname for link in netshoot.links(namespace, master="br0")] == ["two"]
    assert [link.ifname for link in netshoot.links(namespace, kind="bridge", stats=False)] == ["br0"]
    with pytest.raises(FileNotFoundError, match='find link "none"'):
        netshoot.links(namespace, master="none")


def test_addresses_are_those_of_ip(namespace: str) -> None:
    mine = [(str(address.local), address.prefixlen) for address in netshoot.addresses(namespace, dev="one")]
    theirs = [(entry["local"], entry["prefixlen"]) for entry in ask(namespace, "addr", "show", "one")[0]["addr_info"]]
    assert sorted(mine) == sorted(theirs)
    [address] = netshoot.addresses(namespace, family=4, dev="one")
    assert address.local == ipaddress.IPv4Address("192.0.2.1") and address.scope == "global"
    with pytest.raises(ValueError, match="4, 6, inet or inet6"):
        netshoot.addresses(namespace, family=5)


def test_routes_are_those_of_ip(namespace: str) -> None:
    for family in (4, 6):
        mine = netshoot.routes(namespace, family=family)
        theirs = ask(namespace, f"-{family}", "route", "show", "table", "all")
        assert len(mine) == len(theirs)
        for route, other in zip(mine, theirs, strict=True):
            assert route.kind == other["type"] and route.protocol == other["protocol"]
            assert (route.gateway and str(route.gateway)) == other.get("gateway")
            assert route.priority == other.get("metric")
    [route] = netshoot.routes(namespace, table=77)
    assert (str(route.dst), route.dst_len, route.priority) == ("198.51.100.0", 24, 5)
    assert route.metrics["mtu"] == 1300
    assert [hop.id for hop in netshoot.next_hops(namespace)] == [5, 6]
    assert [hop.group[0]["id"] for hop in netshoot.next_hops(namespace, groups=True)] == [5]


def test_route_get(namespace: str) -> None:
    answer = netshoot.route_get("203.0.113.9", namespace)
    assert answer.verdict == "unicast" and answer.dev == "one" and answer.route is not None
    assert answer.to_dict()["oif"] == answer.oif
    assert answer.rule is not None and (answer.rule.priority, answer.rule.table) == (32766, answer.table)
    dropped = netshoot.route_get("203.0.112.9", namespace)
    assert dropped.verdict == "blackhole" and dropped.rule is not None and dropped.table == dropped.rule.table
    assert netshoot.route_get("8.8.8.8", namespace).verdict == "no_route"
    for protocol in ("tcp", "6", 6):
        assert netshoot.route_get("203.0.113.9", namespace, ip_proto=protocol, dport=443).verdict == "unicast"
    assert repr(netshoot.route_get("192.0.2.1", namespace)).startswith("RouteAnswer(verdict='local'")


def test_every_way_to_name_a_namespace(namespace: str) -> None:
    expected = [link.ifname for link in netshoot.links(namespace)]
    path = Path("/run/netns") / namespace
    with open(path) as file, subprocess.Popen(["ip", "netns", "exec", namespace, "sleep", "60"]) as process:
        try:
            pidfd = os.pidfd_open(process.pid)
            for way in (path, str(path), file):
                assert [link.ifname for link in netshoot.links(way)] == expected

            while os.readlink(f"/proc/{process.pid}/ns/net") == os.readlink("/proc/self/ns/net"):
                time.sleep(0.01)
            for way in (process.pid, netshoot.Pidfd(pidfd)):
                assert [link.ifname for link in netshoot.links(way)] == expected
        finally:
            process.kill()
    with pytest.raises(FileNotFoundError, match="ended|no such process"):
        netshoot.links(netshoot.Pidfd(pidfd))
    os.close(pidfd)
    with pytest.raises(TypeError, match="namespace is 1.5, of type float"):
        netshoot.links(1.5)  # type: ignore[arg-type]
    found = [one for one in netshoot.namespaces() if namespace in one.names]
    assert len(found) == 1 and not found[0].is_current
    assert [link.ifname for link in netshoot.links(found[0])] == expected
    assert found[0].names[0] in netshoot.namespaces()._repr_html_() and "pids" not in repr(found[0])
    assert found[0].cookie and str(path) in {mount["path"] for mount in found[0].bind_mounts}


def test_a_listing_is_a_list() -> None:
    links = netshoot.links()
    assert links[0] == links[-len(links)] and links[:1] == [links[0]] and links[0] in links
    assert list(links) == [links[place] for place in range(len(links))]
    assert links == links and links != netshoot.addresses()
    with pytest.raises(IndexError):
        links[len(links)]
    assert (links.kind, links.consistency, links.interrupted, links.notes) == ("link", "checked", False, [])
    assert abs((datetime.now(timezone.utc) - links.taken_at).total_seconds()) < 60
    assert repr(links).startswith("<netshoot.Listing of ") and "<table" in links._repr_html_()
    assert repr(links[0]).startswith("Link(ifindex=")


def test_json_dictionaries_and_tables_agree() -> None:
    links = netshoot.links()
    tree = json.loads(links.json)
    assert (tree["schema_version"], tree["kind"], tree["interrupted"]) == (1, "link", False)
    assert tree["items"] == links.to_dicts() == [link.to_dict() for link in links]
    assert list(links[0].to_dict())[:2] == ["ifindex", "ifname"]
    table = links.to_arrow()
    assert table.column("name").to_pylist() == [link.ifname for link in links]
    assert pyarrow.table(links).num_rows == len(links)
    assert pyarrow.table(netshoot.addresses()).column("dev").to_pylist().count("lo") >= 1


def test_sockets(namespace: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        port = server.getsockname()[1]
        listing = netshoot.sockets(protocols=["tcp"], family=4, states=["ESTAB"], owners=True)
        [mine] = [one for one in listing if one.source_port == client.getsockname()[1]]
        assert (str(mine.destination), mine.destination_port, mine.state) == ("127.0.0.1", port, "ESTAB")
        assert mine.tcp_info["snd_cwnd"] > 0 and mine.owners[0]["pid"] == os.getpid()
        [listener] = [one for one in netshoot.sockets(states=["listen"]) if one.source_port == port]
        assert listener.wqueue > 0
        [same] = netshoot.sockets(filter=f"state established sport = :{mine.source_port} and dst 127.0.0.0/8")
        assert same.cookie == mine.cookie
        [same] = netshoot.sockets(filter=f"sport = :{port} and dport = :0 and not src ::1")
        assert same.cookie == listener.cookie
        assert not netshoot.sockets(filter=f"state listening dport = :{port}")
        assert not netshoot.sockets(states=["LISTEN"], filter="state established")
        table = listing.to_arrow()
        row = table.column("src_port").to_pylist().index(client.getsockname()[1])
        assert table.column("pid").to_pylist()[row] == os.getpid()
        assert table.column("rtt_ms").to_pylist()[row] > 0
    for kind in ("unix", "packet", "netlink"):
        assert netshoot.sockets(kind=kind).kind == f"{kind}_socket"
        assert len(netshoot.sockets(kind=kind, filter="src inet:*")) == 0
        assert len(netshoot.sockets(kind=kind, filter="state all sport >= :-1")) > 0 or kind == "packet"
    with socket.socket(socket.AF_UNIX) as named:
        named.bind(f"\0netshoot-{os.getpid()}")
        [found] = netshoot.sockets(kind="unix", filter=f"src unix:@NETSHOOT-{os.getpid()}")
        assert found.inode == os.fstat(named.fileno()).st_ino
    with pytest.raises(ValueError, match="ESTAB"):
        netshoot.sockets(states=["open"])
    for text, told in (
        ("sport = :nonsense", 'at octet 8: ":nonsense"'),
        ("dst example.org", "not looked up"),
        ("( " * 10_000, "nested too deep"),
        ("sport =", "at its end"),
    ):
        with pytest.raises(netshoot.InvalidInputError, match=told):
            netshoot.sockets(filter=text)
    assert all(not str(one.source).startswith("10.") for one in netshoot.sockets(namespace))


def test_filters_leave_out_what_is_not_wanted(namespace: str) -> None:
    assert [link.ifname for link in netshoot.links(namespace, dev="two", up=True)] == ["two"]
    up, down = netshoot.links(namespace, up=True), netshoot.links(namespace, up=False)
    assert all("UP" in link.flags for link in up) and not any("UP" in link.flags for link in down)
    assert len(up) + len(down) == len(netshoot.links(namespace)) == len(netshoot.links(namespace, up=None))
    assert {address.scope for address in netshoot.addresses(namespace, scope="host")} == {"host"}
    assert [str(route.dst) for route in netshoot.routes(namespace, kind="blackhole")] == ["203.0.112.0"]
    assert [route.table for route in netshoot.routes(namespace, priority=5)] == [77]
    assert [rule.priority for rule in netshoot.rules(namespace, family=4, priority=32766)] == [32766]
    command = ["ip", "-n", namespace, "neigh", "replace", "192.0.2.77", "lladdr", "02:00:00:00:00:77", "dev", "one"]
    subprocess.run([*command, "nud", "stale"], check=True)
    stale = netshoot.neighbors(namespace, family=4, states=["STALE"])
    assert {*(str(one.dst) for one in stale)} == {"192.0.2.77"}
    assert len(netshoot.neighbors(namespace, master="br0", family=4)) == 0
    assert {*sum((entry.state for entry in netshoot.fdb(namespace, states=["PERMANENT"])), [])} == {"PERMANENT"}
    command = ["ip", "-n", namespace, "nexthop", "replace", "id", "19", "group", "5", "type", "resilient", "buckets", "4"]
    if subprocess.run(command, capture_output=True).returncode == 0:
        assert [bucket.nhid for bucket in netshoot.next_hop_buckets(namespace, id=19)] == [5] * 4
        assert netshoot.next_hop_buckets(namespace, id=19).to_arrow().num_rows == 4
    found = netshoot.neighbor("192.0.2.77", "one", namespace)
    assert found is not None and found.lladdr == "02:00:00:00:00:77"
    assert netshoot.neighbor("192.0.2.78", "one", namespace) is None
    [own] = [entry for entry in netshoot.fdb(namespace, dev="two", states=["PERMANENT"]) if entry.master][:1]
    entry = netshoot.fdb_entry(own.mac, namespace, dev="two")
    assert entry is not None and entry.master == own.master
    alone = [entry for entry in netshoot.fdb(namespace, dev="two") if "SELF" in entry.flags][:1]
    assert all(netshoot.fdb_entry(one.mac, namespace, dev="two", own=True) == one for one in alone)
    with pytest.raises(ValueError, match='state "OPEN" is unknown'):
        netshoot.neighbors(states=["OPEN"])
    matching = netshoot.route_get("203.0.113.9", namespace, fib_match=True).route
    assert matching is not None and matching.dst_len == 24 and len(matching.nexthops) == 2


def test_sockets_as_they_are_closed_in_a_namespace(namespace: str) -> None:
    closing = netshoot.closing_sockets(namespace, protocols=["tcp"], family=4)
    assert closing.next(0.01) is None
    with netshoot.open_socket(namespace) as server, netshoot.open_socket(namespace) as client:
        server.bind(("127.0.0.1", 0))
        server.listen()
        client.connect(server.getsockname())
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, bytes([1, 0, 0, 0, 0, 0, 0, 0]))
        port = client.getsockname()[1]
        assert port in [one.source_port for one in netshoot.sockets(namespace, protocols=["tcp"], owners=True)]
    with closing:
        closed = next(one for one in closing if one.source_port == port)
        assert closed.tcp_info["snd_mss"] > 0 and closing.lost == 0
    assert closing.closed and list(closing) == []
    with pytest.raises(ValueError, match="ClosingSockets: it is closed"):
        closing.next()
    owned = netshoot.sockets(namespace, owners=True)
    reason = owned.unreadable_reason
    # In a sandbox even root may be kept from what began it.
    assert reason is None if owned.unreadable_processes == 0 else "hint: needs CAP_SYS_PTRACE" in reason
    assert netshoot.sockets(namespace).unreadable_reason is None
    with pytest.raises(ValueError, match='protocol "sctpx" is unknown'):
        netshoot.closing_sockets(protocols=["sctpx"])
    with pytest.raises(OSError, match="open"):
        netshoot.open_socket(namespace, family=-1)


def test_counters(namespace: str) -> None:
    before = netshoot.counters(namespace)
    subprocess.run(["ip", "netns", "exec", namespace, "ping", "-qc1", "-W1", "192.0.2.1"], capture_output=True)
    after = netshoot.counters(namespace)
    assert after["IpInReceives"] >= before["IpInReceives"]
    assert all(after[name] - before[name] == growth for name, growth in after.delta(before).items() if name in before)
    assert after.table().column_names == ["source", "group", "instance", "field", "name", "value", "gauge"]
    assert len(after.to_dicts()) == len(after) == after.to_arrow().num_rows == after.to_polars().height
    assert list(after.to_pandas()["name"]) == list(after)
    assert pyarrow.table(after).schema == pyarrow.schema(after)
    assert json.loads(after.json)["counters"] == after.to_dicts()
    with pytest.raises(netshoot.InvalidInputError, match="different namespaces"):
        after.delta(netshoot.counters())
    assert not after.details(netshoot.counters())["same_namespace"]
    assert after.details(before)["same_namespace"] and after.notes == []
    explanation = netshoot.explain("TcpExtListenOverflows")
    assert explanation and netshoot.explain("NoSuchCounter") is None
    with pytest.raises(KeyError):
        before["NoSuchCounter"]


def test_rules_neighbors_fdb_and_qdiscs(namespace: str) -> None:
    rules = netshoot.rules(namespace, family=4)
    assert [rule.priority for rule in rules] == [other["priority"] for other in ask(namespace, "-4", "rule")]
    subprocess.run(["ip", "-n", namespace, "neigh", "add", "192.0.2.9", "lladdr", "02:00:00:00:00:09", "dev", "one"])
    [neighbor] = [one for one in netshoot.neighbors(namespace, dev="one", family=4) if str(one.dst) == "192.0.2.9"]
    assert neighbor.lladdr == "02:00:00:00:00:09" and neighbor.state == ["PERMANENT"]
    assert {entry.ifindex for entry in netshoot.fdb(namespace, master="br0")}
    assert {qdisc.kind for qdisc in netshoot.qdiscs(namespace, dev="one")} == {"noqueue"}
    for listing in (rules, netshoot.neighbors(namespace), netshoot.fdb(namespace), netshoot.qdiscs(namespace)):
        assert listing.to_arrow().num_rows == len(listing) == len(listing.to_dicts())


def test_snapshot_and_diff(namespace: str) -> None:
    before = netshoot.snapshot(namespace, kinds=["link", "route"])
    assert netshoot.diff(before, before) == []
    subprocess.run(["ip", "-n", namespace, "link", "set", "br0", "mtu", "1400"], check=True)
    after = netshoot.snapshot(namespace, kinds=["link", "route"])
    changes = [change for change in netshoot.diff(before, after) if change.kind == "link" and change.new]
    [change] = [change for change in changes if change.new.ifname == "br0"]
    assert (change.kind, change.op) == ("link", "changed") and "mtu" in change.changed
    assert (change.old.mtu, change.new.mtu) == (1500, 1400)
    assert json.loads(after.json)["schema_version"] == after.to_dict()["schema_version"] == 1
    assert "stats64" not in change.changed
    assert "mtu: 1500 → 1400" in netshoot.diff(before, after)._repr_html_()
    with pytest.raises(netshoot.InvalidInputError, match="different namespaces"):
        netshoot.diff(before, netshoot.snapshot(kinds="link"))
    with pytest.raises(TypeError, match="new is of type Listing; hint: what snapshot"):
        netshoot.diff(before, netshoot.links(namespace))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="next_hop"):
        netshoot.snapshot(kinds=["sockets"])


def test_a_snapshot_is_a_mapping_of_listings(namespace: str) -> None:
    snapshot = netshoot.snapshot(namespace, kinds=["link", "route", "unix_socket"])
    assert list(snapshot) == ["link", "route", "unix_socket"] and snapshot.failed == {}
    assert snapshot["link"].to_dicts() == snapshot.to_dict()["links"]["known"]["items"]
    assert snapshot["link"].namespace == snapshot.namespace == netshoot.links(namespace).namespace
    assert "one" in snapshot["route"].to_arrow().column("dev").to_pylist()
    assert repr(snapshot).startswith(f"<netshoot.Snapshot of {len(snapshot['link'])} × link, ")
    assert "<td" in snapshot._repr_html_() and snapshot == snapshot != netshoot.snapshot(namespace)
    with pytest.raises(KeyError, match="address"):
        snapshot["address"]


def test_diff_of_every_kind_has_its_objects(namespace: str) -> None:
    kinds = ["qdisc", "inet_socket", "unix_socket", "next_hop_bucket"]
    before = netshoot.snapshot(namespace, kinds=kinds)
    command = ["tc", "-n", namespace, "qdisc", "add", "dev", "one", "root", "tbf", "rate", "1mbit", "burst", "10k"]
    subprocess.run([*command, "latency", "50ms"], check=True)
    group = ["nexthop", "add", "id", "29", "group", "5", "type", "resilient", "buckets", "4"]
    subprocess.run(["ip", "-n", namespace, *group], check=True)
    with netshoot.open_socket(namespace, socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.listen()
        after = netshoot.snapshot(namespace, kinds=kinds)
    subprocess.run([*command[:4], "del", "dev", "one", "root"], check=True)
    changes = netshoot.diff(before, after)
    added = {change.kind: change.new for change in changes if change.op == "added"}
    assert added["qdisc"].kind == "tbf" and added["inet_socket"].state == "LISTEN"
    assert sum(change.kind == "next_hop_bucket" for change in changes) == 4
    assert all(change.new is not None or change.old is not None for change in changes)
    assert "kind=tbf ifindex=" in changes._repr_html_() and "id=29 index=3" in changes._repr_html_()


def test_watch_tells_what_was_lost(namespace: str) -> None:
    lines = "".join(f"rule add from 192.0.2.1 table 9 pref {1000 + number}\n" for number in range(500))
    with netshoot.watch(namespace, kinds=["rule"], buffer=4096) as watch:
        subprocess.run(["ip", "-n", namespace, "-batch", "-"], input=lines.encode(), check=True)
        events = []
        while event := watch.next(1.0):
            events.append(event)
    begin = next(event for event in events if event.event == "resync_begin")
    end = next(event for event in events if event.event == "resync_end")
    assert begin.reason == "overrun" and end.gap is not None and 0 <= end.gap < 10 and begin.gap is None
    assert sum(event.change.op == "added" for event in events if event.change) == 500
    assert {event.source for event in events} == {"event", "resync"}
    told = end.to_dict()
    assert told["event"] == "resync_end" and told["gap_ns"] == round(end.gap * 1e9) and str(told["wall"]).endswith("Z")


def test_watch_is_closed_from_another_thread(namespace: str) -> None:
    import threading

    watch = netshoot.watch(namespace, kinds=["rule"])
    threading.Timer(0.2, watch.close).start()
    # Ends, whatever else is told before.
    assert all(event.event == "change" for event in watch)
    with pytest.raises(ValueError, match="Watch: it is closed"):
        watch.next()
    with netshoot.watch(namespace, kinds="rule") as other, pytest.raises(netshoot.InvalidInputError, match="closed"):
        threading.Timer(0.2, other.close).start()
        while True:
            other.next(20.0)
    with pytest.raises(ValueError, match="is unknown"):
        netshoot.watch(namespace, kinds=["linc"])
    with pytest.raises(FileNotFoundError):
        netshoot.watch("no-such-namespace")


def test_watch(namespace: str) -> None:
    with netshoot.watch(namespace, kinds=["link"]) as watch:
        while watch.next(0.2):
            pass
        subprocess.run(["ip", "-n", namespace, "link", "set", "one", "mtu", "1200"], check=True)
        changes = (event.change for event in watch if event.change)
        change = next(change for change in changes if change.new and change.new.ifname == "one")
        assert change.op == "changed" and change.new.mtu == 1200 and "stats64" not in change.changed
    assert watch.closed and repr(watch) == "<netshoot.Watch, closed>" and list(watch) == []
    with pytest.raises(ValueError, match="Watch: it is closed"):
        watch.next(0)


def test_watch_of_asyncio(namespace: str) -> None:
    import asyncio

    async def first() -> netshoot.Event:
        async with netshoot.watch(namespace, kinds=["link"], initial=True) as watch:
            async for event in watch:
                if event.change:
                    return event
        raise AssertionError

    event = asyncio.run(asyncio.wait_for(first(), 10))
    assert event.change is not None and event.change.op == "added" and event.to_dict()["seq"] == event.seq


def test_what_is_not_compared_is_told(namespace: str) -> None:
    both, one = netshoot.snapshot(namespace, kinds=["link", "route"]), netshoot.snapshot(namespace, kinds="link")
    assert netshoot.diff(both, one).uncompared == {"route": "only the old were listed"}
    assert netshoot.diff(one, both).uncompared == {"route": "only the new were listed"}
    same = netshoot.diff(both, both)
    assert same == [] and same.uncompared == {}


def test_what_the_kernel_does_not_tell_of_is_told() -> None:
    sockets = netshoot.sockets(protocols=["sctp", "tcp"])
    if any(socket.protocol == "sctp" for socket in sockets) or not sockets.notes:
        skip("this kernel tells of SCTP")
    assert sockets.notes == ["sctp: this kernel does not tell of it"]
    assert json.loads(sockets.json)["unsupported"] == ["sctp"]
    assert netshoot.sockets(protocols="tcp").notes == []


def test_a_cancelled_wait_loses_no_event(namespace: str) -> None:
    import asyncio
    import random

    chance = random.Random(20261130)
    wanted = [f"198.18.0.{number}" for number in range(1, 121)]

    async def add() -> None:
        ip = program("ip")
        for address in wanted:
            await asyncio.sleep(chance.choice((0, 0.001, 0.01)))
            command = [ip, "-n", namespace, "addr", "add", f"{address}/32", "dev", "lo"]
            assert await (await asyncio.create_subprocess_exec(*command)).wait() == 0

    async def told(watch: netshoot.Watch) -> tuple[list[netshoot.Event], int]:
        adding = asyncio.create_task(add())
        events: list[netshoot.Event] = []
        cancelled, quiet = 0, 0
        while not adding.done() or quiet < 50:
            try:
                event = await asyncio.wait_for(watch.__anext__(), chance.uniform(0, 0.02))
            except asyncio.TimeoutError:
                cancelled += 1
                # Who asks without a coroutine has what one waited for, too.
                event = watch.next(0) if chance.random() < 0.2 else None
            quiet = quiet + 1 if event is None else 0
            events.extend([event] if event else [])
        await adding
        return events, cancelled

    with netshoot.watch(namespace, kinds="address") as watch:
        events, cancelled = asyncio.run(asyncio.wait_for(told(watch), 60))
        subprocess.run([program("ip"), "-n", namespace, "addr", "add", "198.18.1.1/32", "dev", "lo"], check=True)
        # The event loop of the last wait is gone.
        events.extend(filter(None, [watch.next(5)]))
    subprocess.run([program("ip"), "-n", namespace, "addr", "flush", "dev", "lo", "to", "198.18.0.0/15"], check=True)
    # Without gaps, and none twice; those of links that settle are among them.
    assert [event.seq for event in events] == [*range(events[0].seq, events[0].seq + len(events))]
    told_of = [str(event.change.new.local) for event in events if event.change and event.change.op == "added"]
    assert told_of == [*wanted, "198.18.1.1"] and cancelled > 20


def test_what_a_cancelled_wait_got_is_of_the_next() -> None:
    import asyncio

    from netshoot._source import Source

    coming = [1, 2, 3]

    def take(timeout: float | None) -> int | None:
        time.sleep(0.05)
        return coming.pop(0) if coming else None

    async def cancelled(source: Source[int]) -> None:
        for _ in range(3):
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(source.anext(), 0.01)

    source = Source(take, lambda: not coming)
    asyncio.run(cancelled(source))
    assert source.next(0) is None
    assert source.next(1) == 1

    async def two_at_once() -> list[int]:
        return sorted(await asyncio.gather(source.anext(), source.anext()))

    assert asyncio.run(two_at_once()) == [2, 3]

    with pytest.raises(StopAsyncIteration):
        asyncio.run(source.anext())


def test_closing_sockets_of_asyncio() -> None:
    import asyncio

    async def last(closing: netshoot.ClosingSockets, port: int) -> bool:
        async with closing:
            return any([one.source_port == port async for one in closing])

    async def both() -> bool:
        closing = netshoot.closing_sockets(protocols="tcp", family="inet")
        with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
            port = client.getsockname()[1]
        asyncio.get_running_loop().call_later(1, closing.close)
        return await last(closing, port)

    assert asyncio.run(asyncio.wait_for(both(), 20))


def test_ctrl_c_ends_a_watch() -> None:
    import signal
    import threading

    with netshoot.watch(kinds=["rule"]) as watch:
        while watch.next(0.2):
            pass
        threading.Timer(0.3, signal.raise_signal, [signal.SIGINT]).start()
        with pytest.raises(KeyboardInterrupt):
            watch.next()

"""Arguments of the kernel's view: in every form that is allowed, and named where they are wrong."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import program, skip

import netshoot

TYPES = [
    (lambda: netshoot.links(dev=True), "dev is True, of type bool; hint: a name (str or bytes) or an index (int)"),
    (lambda: netshoot.links(dev=1.5), "dev is 1.5, of type float; hint: a name"),
    (lambda: netshoot.links(True), "namespace is True, of type bool; hint: a name, a path"),
    (lambda: netshoot.interfaces(False), "namespace is False, of type bool"),
    (lambda: netshoot.links(up=1), "up is 1, of type int; hint: True or False"),
    (lambda: netshoot.links(kind=b"veth"), "kind is b'veth', of type bytes; hint: a str"),
    (lambda: netshoot.routes(table=True), "table is True, of type bool; hint: a name (str) or a number (int)"),
    (lambda: netshoot.routes(family=4.0), "family is 4.0, of type float; hint: 4, 6, inet, inet6 or mpls"),
    (lambda: netshoot.rules(priority=False), "priority is False, of type bool; hint: an int"),
    (lambda: netshoot.next_hops(id="5"), "id is '5', of type str; hint: an int"),
    (lambda: netshoot.sockets(protocols=6), "protocols is 6, of type int; hint: a list of str"),
    (lambda: netshoot.sockets(protocols=[6]), "an item of protocols is 6, of type int; hint: a str"),
    (lambda: netshoot.sockets(filter=b"dport"), "filter is b'dport', of type bytes"),
    (lambda: netshoot.watch(kinds=b"link"), "kinds is b'link', of type bytes; hint: a list of str"),
    (lambda: netshoot.route_get(True), "destination is True, of type bool; hint: an address"),
    (lambda: netshoot.open_socket(None, True), "family is True, of type bool; hint: an int"),
    (lambda: netshoot.watch().next("1"), "timeout is '1', of type str; hint: a number of seconds"),
]

VALUES = [
    (lambda: netshoot.links(dev=-1), "dev is -1; hint: a name, or an index from 1 to 2147483647"),
    (lambda: netshoot.links(dev=2**40), "dev is 1099511627776; hint: a name, or an index from 1 to"),
    (lambda: netshoot.links(-1), "namespace is -1; hint: the number of a process"),
    (lambda: netshoot.links(2**70), "namespace is 1180591620717411303424; hint: the number of a process"),
    (lambda: netshoot.links(""), "a name has no slash and is not empty"),
    (lambda: netshoot.routes(table="no-table"), 'table "no-table" is unknown; hint: a number, a name in rt_tables'),
    (lambda: netshoot.routes(table=2**32), "table is 4294967296; hint: a name, or a number from 1 to 4294967295"),
    (lambda: netshoot.routes(protocol="no"), 'protocol "no" is unknown; hint: kernel, boot, static'),
    (lambda: netshoot.routes(kind="no"), 'kind "no" is unknown; hint: unicast, local'),
    (lambda: netshoot.routes(family="ipv4"), "family is 'ipv4'; hint: 4, 6, inet, inet6 or mpls"),
    (lambda: netshoot.addresses(family="mpls"), "family is 'mpls'; hint: 4, 6, inet or inet6"),
    (lambda: netshoot.addresses(scope="no"), 'scope "no" is unknown; hint: global, site'),
    (lambda: netshoot.neighbors(states="no"), 'state "no" is unknown; hint: one of INCOMPLETE, REACHABLE'),
    (lambda: netshoot.fdb(vlan=5000), "vlan is 5000; hint: a number from 0 to 4095"),
    (lambda: netshoot.fdb_entry("no"), 'mac "no" is unknown; hint: a hardware address such as'),
    (lambda: netshoot.sockets(protocols="no"), 'protocol "no" is unknown; hint: tcp, udp'),
    (lambda: netshoot.sockets(protocols=[]), "protocols is empty; hint: leave it out"),
    (lambda: netshoot.sockets(kind="unix", states="all"), "states is 'all' with kind 'unix'; hint: it is for inet alone"),
    (lambda: netshoot.sockets(kind="tcp"), "kind 'tcp' is unknown; hint: inet, unix, packet or netlink"),
    (lambda: netshoot.snapshot(kinds=[]), "kinds is empty; hint: leave it out"),
    (lambda: netshoot.watch(kinds=[]), "kinds is empty; hint: leave it out"),
    (lambda: netshoot.watch(kinds=["link", "inet_socket"]), "kind inet_socket cannot be watched; hint: at least one of"),
    (lambda: netshoot.watch().next(-1), "timeout is -1.0; hint: a number of seconds from 0"),
    (lambda: netshoot.watch().next(float("nan")), "timeout is nan; hint"),
    (lambda: netshoot.route_get("no"), "destination is 'no'; hint: an IPv4 or IPv6 address"),
    (lambda: netshoot.route_get("fe80::1%lo"), "destination is 'fe80::1%lo'; hint: the link is an argument of its own"),
    (lambda: netshoot.route_get("::1", ip_proto="no"), 'ip_proto "no" is unknown; hint: tcp, udp'),
    (lambda: netshoot.route_get("::1", ip_proto=256), "ip_proto is 256; hint: a name, or a number from 0 to 255"),
    (lambda: netshoot.route_get("::1", dport=65536), "dport is 65536; hint: a number from 0 to 65535"),
]


@pytest.mark.parametrize(("ask", "told"), TYPES)
def test_wrong_types_are_named(ask: Callable[[], object], told: str) -> None:
    with pytest.raises(TypeError) as error:
        ask()
    assert str(error.value).startswith(told)


@pytest.mark.parametrize(("ask", "told"), VALUES)
def test_wrong_values_are_named(ask: Callable[[], object], told: str) -> None:
    with pytest.raises(netshoot.InvalidInputError) as error:
        ask()
    assert isinstance(error.value, ValueError) and told in str(error.value)


@pytest.mark.parametrize(
    "ask", [netshoot.links, netshoot.routes, netshoot.neighbors, netshoot.qdiscs, netshoot.addresses, netshoot.fdb]
)
@pytest.mark.parametrize("dev", ["no-such-link", b"no-such-link", 987_654_321])
def test_a_link_that_is_not_there_is_not_found(ask: Callable[..., object], dev: Any) -> None:
    with pytest.raises(netshoot.NotFoundError, match="find link .* there is none"):
        ask(dev=dev)


def test_forms_of_the_same_argument() -> None:
    tables = [list(netshoot.routes(table=table)) for table in (255, "255", "0xff", "local")]
    assert all(routes == tables[0] for routes in tables) and len(tables[0]) > 0
    assert list(netshoot.routes(table="all")) == list(netshoot.routes())
    assert [rule.table for rule in netshoot.rules(table="main", family=4)] == [254]
    families = [list(netshoot.addresses(family=family)) for family in (4, "inet", socket.AF_INET)]
    assert all(addresses == families[0] for addresses in families) and len(families[0]) > 0
    assert {address.family for address in netshoot.addresses(family="inet6")} <= {"inet6"}
    assert list(netshoot.routes(protocol=2)) == list(netshoot.routes(protocol="kernel"))
    assert list(netshoot.addresses(scope=254)) == list(netshoot.addresses(scope="host"))
    assert netshoot.links(dev=1)[0].ifname == netshoot.links(dev="lo")[0].ifname == netshoot.links(dev=b"lo")[0].ifname
    import numpy

    assert netshoot.links(numpy.int64(os.getpid()), dev=numpy.uint32(1), up=numpy.bool_(True))[0].ifname == "lo"


def test_one_word_is_a_list_of_one() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        port = client.getsockname()[1]
        for states in ("established", "ESTAB", ["Established"], "connected", ("listen", "estab"), {"big"}):
            found = netshoot.sockets(protocols="tcp", states=states, filter=f"sport = :{port}")
            assert [one.source_port for one in found] == [port]
        assert not netshoot.sockets(protocols="tcp", states="listening", filter=f"sport = :{port}")
    assert list(netshoot.snapshot(kinds="link")) == ["link"]
    assert list(netshoot.neighbors(states="permanent")) == list(netshoot.neighbors(states=["PERMANENT"]))
    with netshoot.watch(kinds="rule") as watch:
        assert not watch.closed


@pytest.fixture
def odd() -> Iterator[bytes]:
    """A namespace and a link in it, both of which have this in their names."""
    if os.geteuid() != 0:
        skip("needs root to make a network namespace")
    ip, octets = program("ip").encode(), b"o%d\\\xff" % os.getpid()
    subprocess.run([ip, b"netns", b"add", octets], check=True)
    try:
        subprocess.run([ip, b"-n", octets, b"link", b"add", octets, b"type", b"veth"], check=True)
        yield octets
    finally:
        subprocess.run([ip, b"netns", b"delete", octets], check=True)


def test_names_are_octets(odd: bytes) -> None:
    shown = f"o{os.getpid()}\\\\\\xff"
    for name in (odd, os.fsdecode(odd), Path("/run/netns") / os.fsdecode(odd), shown):
        [link] = netshoot.links(name, dev=odd)
        assert link.ifname == shown
        for dev in (os.fsdecode(odd), shown, link.ifindex):
            assert netshoot.links(name, dev=dev)[0] == link
    assert shown in sum((one.names for one in netshoot.namespaces()), [])
    with pytest.raises(FileNotFoundError):
        netshoot.links(odd + b"\xff")

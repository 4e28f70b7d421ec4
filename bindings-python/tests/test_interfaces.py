"""Interfaces: the same as `ip` says."""

from __future__ import annotations

import ipaddress
import json
import os
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import program, skip

import netshoot


def test_loopback() -> None:
    interfaces = netshoot.interfaces()
    loopback = next(interface for interface in interfaces if interface.ifname == "lo")
    assert loopback.ifindex == socket.if_nametoindex("lo")
    assert "LOOPBACK" in loopback.flags and loopback.link_type == "loopback" and loopback.mtu == 65536
    assert [(address.local, address.prefixlen) for address in loopback.addresses][:1] == [
        (ipaddress.IPv4Address("127.0.0.1"), 8)
    ]
    assert loopback.addresses[0].valid_life_time is None
    assert [interface.ifname for interface in interfaces] == [name for _, name in sorted(socket.if_nameindex())]


def test_is_a_sequence() -> None:
    interfaces = netshoot.interfaces()
    assert interfaces[0] in interfaces and list(interfaces[:1]) == [interfaces[0]]
    assert "lo" in repr(interfaces) and repr(interfaces[0]).startswith("Interface(ifindex=")


def test_json_equals_that_of_ip() -> None:
    command = [program("ip"), "-j", "-d", "address"]
    theirs = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    mine = netshoot.interfaces()
    assert mine.to_dict() == json.loads(mine.json)
    for ours, other in zip(mine.to_dict(), theirs, strict=True):
        for key in ("ifindex", "ifname", "flags", "mtu", "operstate", "link_type"):
            assert ours[key] == other[key]
        assert [(a["family"], a["local"], a["prefixlen"]) for a in ours["addr_info"]] == [
            (a["family"], a["local"], a["prefixlen"]) for a in other["addr_info"]
        ]


def test_namespaces() -> None:
    mine = [interface.ifname for interface in netshoot.interfaces()]
    for namespace in (os.getpid(), "/proc/self/ns/net", Path("/proc/self/ns/net")):
        assert [interface.ifname for interface in netshoot.interfaces(namespace)] == mine
    with pytest.raises(FileNotFoundError, match=r'network namespace "no-such-namespace"'):
        netshoot.interfaces("no-such-namespace")
    with pytest.raises(netshoot.Error):
        netshoot.interfaces(__file__)


def test_inside_another_namespace() -> None:
    """A namespace that the test makes has a loopback interface that is down, and nothing of ours."""
    if os.geteuid() != 0:
        skip("needs root to make a network namespace")
    with subprocess.Popen([program("unshare"), "--net", "sleep", "60"]) as process:
        try:
            wait_for(lambda: os.readlink(f"/proc/{process.pid}/ns/net") != os.readlink("/proc/self/ns/net"))
            inside = {interface.ifname: interface for interface in netshoot.interfaces(process.pid)}
        finally:
            process.kill()
    assert "UP" not in inside["lo"].flags and inside["lo"].addresses == []
    assert "eth0" not in inside


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)

"""Traffic added up, and Community IDs."""

from __future__ import annotations

import pytest
from captures import CLIENT, SERVER, START_NS, SYN, ethernet, ipv4, pcap, tcp
from conftest import ROOT

import netshoot

DEMO = ROOT / "netshoot-core/tests/captures/demo.pcapng"


def test_traffic_added_up() -> None:
    capture = netshoot.open(DEMO)
    ends, pairs, tree = capture.endpoints(), capture.conversations(), capture.hierarchy()
    assert sum(row.packets_sent for row in ends) == sum(row.packets_received or 0 for row in ends)
    assert sum(row.packets_a_to_b + (row.packets_b_to_a or 0) for row in pairs) == sum(row.packets_sent for row in ends)
    assert sum(row.packets for row in tree if row.depth == 0) == capture.summary().frames
    assert {row.path for row in tree} >= {"ip", "ip:tcp", "ip:udp:dns"}
    assert len(pairs.to_polars()) == len(pairs) == 2 and [row.address for row in ends if row.address is None] == []


def test_captures_of_a_fleet_add_up() -> None:
    one, other = netshoot.open(DEMO), netshoot.open(DEMO)
    for alone, both in (
        (one.endpoints(), one.endpoints(other)),
        (one.conversations(), one.conversations(other)),
        (one.hierarchy(), one.hierarchy(other)),
        (one.latencies(), one.latencies(other)),
        (one.io(), one.io(None, other)),
        (one.io(0.1, by="protocol"), one.io(0.1, other, by="protocol")),
    ):
        counted = ("packets_sent", "bytes_b_to_a", "packets", "samples", "retx_pkts", "frames")
        for row, sum in zip(alone, both, strict=True):
            for name in counted:
                if hasattr(row, name):
                    assert getattr(sum, name) == 2 * getattr(row, name), (name, row, sum)
    with pytest.raises(netshoot.InvalidInputError, match="a flow is of one capture"):
        one.io(None, other, flow=0)


def test_attempts_in_vain() -> None:
    syns = [
        (START_NS + number, ethernet(ipv4(CLIENT, SERVER, 6, tcp((4000 + number, 1 + number % 30), 1, 0, SYN))))
        for number in range(60)
    ]
    capture, other = netshoot.open(pcap(syns[:45])), netshoot.open(pcap(syns[45:]))
    (row,) = capture.attempts(other)
    assert (row.client, row.services, row.hosts, row.attempts, row.unanswered, row.refused) == (CLIENT, 30, 1, 60, 60, 0)
    (row,) = other.attempts()
    assert (row.services, row.attempts, row.packets) == (15, 15, 15)


def test_community_ids() -> None:
    ends = ("128.232.110.120", "66.35.250.204")
    assert netshoot.community_id(*ends, 34855, 80) == "1:LQU9qZlK+B5F3KDmev6m5PMibrg="
    assert netshoot.community_id(*ends, 34855, 80, seed=1) != netshoot.community_id(*ends, 34855, 80)
    for flow in netshoot.open(DEMO).flows():
        name = netshoot.community_id(
            flow.server_ip, flow.client_ip, flow.server_port or 0, flow.client_port or 0, flow.ip_proto
        )
        assert flow.community_id == name
    with pytest.raises(netshoot.InvalidInputError):
        netshoot.community_id("10.0.0.1", "nowhere")

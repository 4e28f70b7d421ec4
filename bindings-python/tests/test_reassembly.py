"""Datagrams from fragments, streams from segments, and checksums."""

from __future__ import annotations

import struct
from ipaddress import IPv4Address

import pytest
from captures import ACK, CLIENT, FIN, SERVER, SYN, ethernet, ipv4, tcp, udp

import netshoot


def fragment(offset: int, more: bool, payload: bytes) -> netshoot.Packet:
    field = offset | (0x2000 if more else 0)
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 7, field, 64, 17, 0, b"\n\0\0\1", b"\n\0\0\2")
    return netshoot.parse(head + payload, "raw")


def test_a_datagram_of_fragments() -> None:
    reassembler = netshoot.DatagramReassembler(overlap="first", timeout=5)
    head = struct.pack("!HHHH", 53, 54, 16, 0)
    assert reassembler.push(fragment(1, False, b"fragment"), 10.0) is None
    assert reassembler.pending == 1
    packet = reassembler.push(fragment(0, True, head), 11.5)
    assert packet is not None and (packet.link_type, packet.payload) == ("ipv4", b"fragment")
    assert reassembler.push(netshoot.parse(bytes(packet), "ipv4")) is None
    assert reassembler.push(fragment(0, True, head), 20.0) is None
    assert reassembler.push(fragment(1, False, b"too late"), 26.0) is None
    assert reassembler.counters["completed"] == reassembler.counters["expired"] == 1
    with pytest.raises(ValueError, match="overlap"):
        netshoot.DatagramReassembler(overlap="none")
    with pytest.raises(ValueError, match="timeout"):
        netshoot.DatagramReassembler(timeout=-1)


def test_a_stream_of_segments() -> None:
    ports = (40000, 80)

    def packet(sequence: int, acknowledgment: int, flags: int, payload: bytes = b"", back: bool = False) -> netshoot.Packet:
        source, destination = (SERVER, CLIENT) if back else (CLIENT, SERVER)
        segment = tcp(ports[::-1] if back else ports, sequence, acknowledgment, flags, payload)
        return netshoot.parse(ethernet(ipv4(source, destination, 6, segment)))

    reassembler = netshoot.StreamReassembler()
    opened = reassembler.push(packet(99, 0, SYN))[0]
    assert (opened.kind, opened.stream, opened.midstream) == ("opened", 0, False)
    assert (opened.client, opened.server) == ((IPv4Address(CLIENT), 40000), (IPv4Address(SERVER), 80))
    assert reassembler.push(packet(499, 100, SYN | ACK, back=True)) == []
    assert reassembler.push(packet(103, 500, ACK, b" / HTTP/1.1")) == []
    events = reassembler.push(packet(100, 500, ACK, b"GET"))
    assert [(event.kind, event.sender, event.offset, event.data) for event in events] == [
        ("data", "client", 0, b"GET"),
        ("data", "client", 3, b" / HTTP/1.1"),
    ]
    reassembler.push(packet(510, 114, ACK, b"second half", back=True))
    gap, data = reassembler.push(packet(114, 521, ACK | FIN))
    assert (gap.kind, gap.length, gap.reason, data.offset, data.data) == ("gap", 10, "acknowledged", 10, b"second half")
    assert [event.reason for event in reassembler.finish()] == ["finished"]
    assert reassembler.counters["missing_octets"] == 10
    assert opened != gap and "kind='opened'" in repr(opened)


def test_checksums() -> None:
    frame = ethernet(ipv4(CLIENT, SERVER, 17, udp((4000, 53), b"data")))
    packet = netshoot.parse(frame)
    assert bytes(packet) == packet.data == frame
    layers = [(checksum.layer, checksum.depth) for checksum in packet.checksums]
    assert layers == [("ip", 0), ("udp", 0)]
    cut = netshoot.parse(frame[:-2], original_length=len(frame)).checksums[1]
    assert cut.status in ("unverifiable", "absent")
    spoilt = bytearray(frame)
    spoilt[40:42] = b"\1\2"
    wrong = netshoot.parse(bytes(spoilt)).checksums[1]
    assert (wrong.status, wrong.found, wrong.offset) == ("invalid", 0x0102, 40)
    spoilt[40:42] = struct.pack("!H", wrong.computed or 0)
    right = netshoot.parse(bytes(spoilt))
    assert right.checksums[1].status == "valid" and "[udp sum ok]" in right.summary(verbose=True)
    assert right.summary() == str(right)

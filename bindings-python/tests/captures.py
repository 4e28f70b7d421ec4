"""Frames and captures, written octet by octet."""

from __future__ import annotations

import struct
from ipaddress import ip_address

CLIENT, SERVER, RESOLVER = "10.0.0.1", "10.0.0.2", "10.0.0.53"
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
START_NS = 1_700_000_000_123_456_789


def ethernet(payload: bytes, ether_type: int = 0x0800, vlan: int | None = None) -> bytes:
    tag = b"" if vlan is None else struct.pack("!HH", 0x8100, vlan)
    return bytes.fromhex("020000000002020000000001") + tag + struct.pack("!H", ether_type) + payload


def ipv4(source: str, destination: str, protocol: int, payload: bytes) -> bytes:
    head = [0x45, 0, 20 + len(payload), 1, 0x4000, 64, protocol]
    ends = ip_address(source).packed + ip_address(destination).packed
    checksum = _checksum(struct.pack("!BBHHHBBH", *head, 0) + ends)
    return struct.pack("!BBHHHBBH", *head, checksum) + ends + payload


def ipv6(source: str, destination: str, protocol: int, payload: bytes) -> bytes:
    ends = ip_address(source).packed + ip_address(destination).packed
    return struct.pack("!IHBB", 6 << 28, len(payload), protocol, 64) + ends + payload


def tcp(
    ports: tuple[int, int],
    seq: int,
    ack: int,
    flags: int,
    payload: bytes = b"",
    window: int = 512,
    options: bytes = b"",
) -> bytes:
    options += b"\0" * (-len(options) % 4)
    return (
        struct.pack("!HHIIBBHHH", *ports, seq, ack, (5 + len(options) // 4) << 4, flags, window, 0, 0)
        + options
        + payload
    )


def udp(ports: tuple[int, int], payload: bytes) -> bytes:
    return struct.pack("!HHHH", *ports, 8 + len(payload), 0) + payload


def dns(number: int, name: str, response: int | None = None) -> bytes:
    flags = 0x0100 if response is None else 0x8180 | response
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return struct.pack("!HHHHHH", number, flags, 1, 0, 0, 0) + labels + b"\0" + struct.pack("!HH", 1, 1)


def pcap(frames: list[tuple[int, bytes]], link_type: int = 1, snap_length: int = 65535) -> bytes:
    """A little-endian capture with nanoseconds; each frame is its time in nanoseconds and its octets."""
    records = [struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, snap_length, link_type)]
    for time, frame in frames:
        captured = frame[:snap_length]
        records.append(struct.pack("<IIII", time // 10**9, time % 10**9, len(captured), len(frame)) + captured)
    return b"".join(records)


def pcapng(frames: list[tuple[int, bytes]], offset_seconds: int = 0) -> bytes:
    """A little-endian capture with nanoseconds, whose times are meant to have an offset added (`if_tsoffset`)."""
    block = lambda kind, body: struct.pack("<II", kind, len(body) + 12) + body + struct.pack("<I", len(body) + 12)
    options = struct.pack("<HHB3x", 9, 1, 9) + struct.pack("<HHq", 14, 8, offset_seconds) + struct.pack("<HH", 0, 0)
    blocks = [block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))]
    blocks.append(block(1, struct.pack("<HHI", 1, 0, 65535) + options))
    for time, frame in frames:
        head = struct.pack("<IIIII", 0, time >> 32, time & 0xFFFFFFFF, len(frame), len(frame))
        blocks.append(block(6, head + frame + bytes(-len(frame) % 4)))
    return b"".join(blocks)


def connection(
    start: int, port: int, payload: bytes = b"GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n"
) -> list[tuple[int, bytes]]:
    """A whole TCP connection to port 80, one segment retransmitted, a millisecond between frames."""
    to_server = lambda *fields, **more: ethernet(ipv4(CLIENT, SERVER, 6, tcp((port, 80), *fields, **more)))
    to_client = lambda *fields, **more: ethernet(ipv4(SERVER, CLIENT, 6, tcp((80, port), *fields, **more)))
    asked, answer = 101 + len(payload), b"x" * 100
    frames = [
        to_server(100, 0, SYN, options=b"\x02\x04\x05\xb4\x03\x03\x07"),
        to_client(500, 101, SYN | ACK, options=b"\x02\x04\x05\xb4\x03\x03\x07"),
        to_server(101, 501, ACK),
        to_server(101, 501, PSH | ACK, payload),
        to_client(501, asked, PSH | ACK, answer),
        to_client(501, asked, PSH | ACK, answer),
        to_server(asked, 601, ACK),
        to_server(asked, 601, FIN | ACK),
        to_client(601, asked + 1, FIN | ACK),
        to_server(asked + 1, 602, ACK),
    ]
    # The second answer is later by more than a round trip, so that it counts as retransmitted, not as out of order.
    times = [0, 1, 2, 3, 4, 250, 251, 252, 253, 254]
    return [(start + time * 10**6, frame) for time, frame in zip(times, frames)]


def incident() -> bytes:
    """Two connections, two names (one does not exist, one gets no answer), a refused port, an unanswered SYN."""
    at = lambda milliseconds: START_NS + milliseconds * 10**6
    ask = lambda number, name: ethernet(ipv4(CLIENT, RESOLVER, 17, udp((4000 + number, 53), dns(number, name))))
    say = lambda number, name, code: ethernet(
        ipv4(RESOLVER, CLIENT, 17, udp((53, 4000 + number), dns(number, name, code)))
    )
    syn = lambda port, to: ethernet(ipv4(CLIENT, SERVER, 6, tcp((port, to), 100, 0, SYN)))
    reset = lambda port, to: ethernet(ipv4(SERVER, CLIENT, 6, tcp((to, port), 0, 101, RST | ACK)))
    frames = connection(at(0), 40001) + connection(at(500), 40002)
    for i in range(4):
        frames += [(at(1000 + i), ask(i, "gone.example")), (at(1005 + i), say(i, "gone.example", 3))]
        frames += [(at(1100 + i), ask(100 + i, HOSTILE_NAME))]
        frames += [(at(1200 + 10 * i), syn(41000 + i, 81)), (at(1201 + 10 * i), reset(41000 + i, 81))]
        frames += [(at(2000 + 1000 * i), syn(42000, 82))]
    return pcap(sorted(frames, key=lambda frame: frame[0]))


def variety() -> bytes:
    """What `incident` lacks: ARP, an echo, a DHCP exchange, a TLS handshake, the beginning of a QUIC connection."""
    at = lambda milliseconds: START_NS + milliseconds * 10**6
    mac, other = b"\x02\0\0\0\0\1", b"\x02\0\0\0\0\2"
    arp = lambda kind, *ends: ethernet(struct.pack("!HHBBH", 1, 0x0800, 6, 4, kind) + b"".join(ends), 0x0806)
    client, server = ip_address(CLIENT).packed, ip_address(SERVER).packed
    echo = lambda kind: struct.pack("!BBHHH", kind, 0, _checksum(struct.pack("!BBHHH", kind, 0, 0, 7, 1)), 7, 1)
    boot = lambda kind, message: (
        struct.pack("!BBBBIHH16x", kind, 1, 6, 0, 99, 0, 0) + mac + bytes(202) + b"\x63\x82\x53\x63\x35\1%c\xff" % message
    )
    hello = b"\3\3" + bytes(32) + b"\0\0\2\x13\1\1\0\0\0"
    hello = b"\x16\3\1" + struct.pack("!HHH", len(hello) + 4, 0x0100, len(hello)) + hello
    quic = b"\xc0\0\0\0\1\x08" + bytes(range(8)) + b"\0\0\x44\x9e" + bytes(1182)
    frames = [
        (at(0), arp(1, mac, client, bytes(6), server)),
        (at(1), arp(2, other, server, mac, client)),
        (at(10), ethernet(ipv4(CLIENT, SERVER, 1, echo(8)))),
        (at(11), ethernet(ipv4(SERVER, CLIENT, 1, echo(0)))),
        (at(20), ethernet(ipv4("0.0.0.0", "255.255.255.255", 17, udp((68, 67), boot(1, 1))))),
        (at(21), ethernet(ipv4(SERVER, CLIENT, 17, udp((67, 68), boot(2, 2))))),
        (at(30), ethernet(ipv4(CLIENT, SERVER, 17, udp((50000, 443), quic)))),
    ]
    return pcap(frames + connection(at(40), 40003, hello))


HOSTILE_NAME = "<script>alert(1)</script>&\"'.example"


def _checksum(header: bytes) -> int:
    total = sum(struct.unpack(f"!{len(header) // 2}H", header))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF

"""One packet: values against those that were put in, and against tcpdump."""

from __future__ import annotations

import struct
import subprocess
import sys
from ipaddress import IPv4Address, IPv6Address

import pytest
from captures import ACK, CLIENT, PSH, RESOLVER, SERVER, dns, ethernet, incident, ipv4, ipv6, pcap, tcp, udp
from conftest import program

import netshoot

OPTIONS = b"\x02\x04\x05\xb4\x01\x03\x03\x07\x04\x02" + b"\x08\x0a" + struct.pack("!II", 7, 9)


def test_tcp() -> None:
    frame = ethernet(ipv4(CLIENT, SERVER, 6, tcp((1234, 80), 100, 200, PSH | ACK, b"hello", options=OPTIONS)), vlan=42)
    packet = netshoot.parse(frame)
    assert [layer.name for layer in packet.layers] == ["eth", "vlan", "ip", "tcp"]
    assert sum(layer.length for layer in packet.layers) + len(packet.payload) == len(packet) == len(frame)
    assert (packet.source, packet.destination) == (IPv4Address(CLIENT), IPv4Address(SERVER))
    assert (packet.source_port, packet.destination_port, packet.ip_protocol, packet.hop_limit) == (1234, 80, 6, 64)
    assert (packet.vlan_ids, packet.ether_type, packet.link_type) == ([42], 0x0800, "ethernet")
    assert (packet.payload, packet.payload_length, packet.trailer, packet.stop) == (b"hello", 5, b"", None)
    assert packet.tcp is not None and packet.udp is None and packet.icmp is None and packet.dns is None
    assert (packet.tcp.sequence_number, packet.tcp.acknowledgment_number, packet.tcp.window) == (100, 200, 512)
    assert packet.tcp.flags == ["PSH", "ACK"]
    assert [(option.name, option.value) for option in packet.tcp.options[:5]] == [
        ("mss", 1460), ("nop", None), ("wscale", 7), ("sackOK", None), ("TS", (7, 9)),
    ]  # fmt: skip
    assert packet.ethernet is not None and packet.ethernet.source == "02:00:00:00:00:01"
    assert packet.ipv4 is not None and packet.ipv4.dont_fragment and packet.ipv6 is None


def test_udp_dns_over_ipv6() -> None:
    frame = ethernet(ipv6("2001:db8::1", "2001:db8::53", 17, udp((4000, 53), dns(7, "www.example"))), 0x86DD)
    packet = netshoot.parse(frame)
    assert packet.source == IPv6Address("2001:db8::1")
    assert packet.ipv6 is not None and packet.ipv6.next_header == 17
    assert packet.udp is not None and packet.udp.length == 8 + len(packet.payload)
    assert packet.dns is not None and (packet.dns.id, packet.dns.is_response) == (7, False)
    assert [(question.name, question.record_type) for question in packet.dns.questions] == [("www.example", "A")]


def test_dns_records_and_edns() -> None:
    question = b"\x01a\x01b\x00\x00\x0f\x00\x01"
    mail = b"\xc0\x0c\x00\x0f\x00\x01\x00\x00\x00\x3c\x00\x06\x00\x0a\x01m\xc0\x0c"
    edns = b"\x00\x00\x29\x04\xd0\x00\x00\x80\x00\x00\x06\x00\x0f\x00\x02\x00\x12"
    message = struct.pack("!6H", 7, 0x8180, 1, 1, 0, 1) + question + mail + edns
    answer = netshoot.parse(ethernet(ipv4(RESOLVER, CLIENT, 17, udp((53, 4000), message)))).dns
    assert answer is not None and answer.stop is None and answer.recursion_available and not answer.authoritative
    record = answer.records[0]
    assert (record.section, record.name, record.record_type, record.ttl) == ("answer", "a.b", "MX", 60)
    assert (record.value, len(record.data), len(answer.records)) == ("10 m.a.b", 6, 1)
    assert answer.edns is not None and (answer.edns.payload_size, answer.edns.dnssec_ok) == (1232, True)
    assert [(option.name, option.text) for option in answer.edns.options] == [("EDE", "18 (Prohibited)")]
    stream = struct.pack("!H", len(message)) + message
    over_tcp = netshoot.parse(ethernet(ipv4(RESOLVER, CLIENT, 6, tcp((53, 4000), 1, 1, PSH | ACK, stream))))
    assert over_tcp.dns == answer
    cut = netshoot.parse(ethernet(ipv4(RESOLVER, CLIENT, 17, udp((53, 4000), message[:30])))).dns
    assert cut is not None and cut.stop is not None and cut.stop.layer == "dns" and cut.records == []


def segment(port: int, payload: bytes) -> netshoot.Packet:
    return netshoot.parse(ethernet(ipv4(CLIENT, SERVER, 6, tcp((1234, port), 1, 1, PSH | ACK, payload))))


def test_tls() -> None:
    name = b"\x00\x00\x00\x08\x00\x06\x00\x00\x03a.b" + b"\x00\x10\x00\x05\x00\x03\x02h2"
    body = b"\x03\x03" + bytes(32) + b"\x00\x00\x02\x13\x01\x01\x00" + struct.pack("!H", len(name)) + name
    message = b"\x01\x00" + struct.pack("!H", len(body)) + body
    record = b"\x16\x03\x01" + struct.pack("!H", len(message)) + message
    packet = segment(443, record + b"\x15\x03\x03\x00\x02\x02\x28")
    assert packet.tls is not None and packet.tls.client_hello is not None and packet.tls.server_hello is None
    hello = packet.tls.client_hello
    assert (hello.server_name, hello.application_protocols, hello.version) == ("a.b", ["h2"], "TLS 1.2")
    assert (hello.cipher_suites, hello.extensions, hello.stop) == (["TLS_AES_128_GCM_SHA256"], [0, 16], None)
    assert packet.tls.messages == ["client_hello"] and packet.tls.stop is None
    assert packet.tls.alert is not None and packet.tls.alert.description == "handshake_failure"
    assert [record.content_type for record in packet.tls.records] == ["handshake", "alert"]
    assert str(packet).endswith(": TLS: client_hello TLS 1.2 a.b alpn h2; alert fatal handshake_failure")
    cut = segment(443, record[:50]).tls
    assert cut is not None and cut.records[0].is_truncated
    assert cut.client_hello is not None and cut.client_hello.stop is not None and cut.client_hello.server_name is None
    assert segment(22, record).tls is None and segment(443, b"SSH-2.0-x").tls is None


def test_http() -> None:
    packet = segment(80, b"GET /a HTTP/1.1\r\nHost: b\r\nX: caf\xe9\r\n\r\n")
    assert packet.http is not None and (packet.http.method, packet.http.target) == ("GET", "/a")
    assert packet.http.fields == [("Host", "b"), ("X", "caf\xe9")] and packet.http.stop is None
    assert (packet.http.body, packet.http.closes, packet.http.version) == ("none", False, "HTTP/1.1")
    assert str(packet).endswith(": HTTP: GET /a HTTP/1.1")
    assert packet.summary(verbose=True).splitlines()[1:] == ["\tHost: b", "\tX: caf\\xe9"]
    response = segment(8080, b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\nServ").http
    assert response is not None and (response.status, response.reason, response.body) == (200, "OK", "length")
    assert response.content_length == 5 and response.stop is not None and response.stop.layer == "http"


def test_quic() -> None:
    initial = b"\xc0\x00\x00\x00\x01\x02\x07\x08\x00\x01\x09\x02\x01\x01"
    packet = netshoot.parse(ethernet(ipv4(CLIENT, SERVER, 17, udp((4000, 443), initial))))
    assert packet.quic is not None
    (header,) = packet.quic
    assert (header.kind, header.version, header.destination_id, header.source_id) == ("initial", 1, b"\x07\x08", b"")
    assert (header.token, header.length, header.versions) == (b"\x09", 2, [])
    assert str(packet).endswith("UDP, length 14: quic, initial, v1, dcid 0708")


def test_icmp_and_arp() -> None:
    echo = netshoot.parse(ethernet(ipv4(CLIENT, SERVER, 1, struct.pack("!BBHHH", 8, 0, 0, 5, 6))))
    assert echo.icmp is not None
    assert (echo.icmp.ip_version, echo.icmp.message_type, echo.icmp.identifier, echo.icmp.sequence_number) == (
        4,
        8,
        5,
        6,
    )
    body = (
        struct.pack("!HHBBH", 1, 0x0800, 6, 4, 1)
        + bytes.fromhex("020000000001")
        + bytes([10, 0, 0, 1])
        + bytes(6)
        + bytes([10, 0, 0, 2])
    )
    arp = netshoot.parse(ethernet(body, 0x0806)).arp
    assert arp is not None
    assert (arp.operation, arp.sender_mac, arp.sender_ip, arp.target_ip) == (
        1,
        "02:00:00:00:00:01",
        IPv4Address("10.0.0.1"),
        IPv4Address("10.0.0.2"),
    )


def test_cut_packet_says_where_and_why() -> None:
    frame = ethernet(ipv4(CLIENT, SERVER, 6, tcp((1234, 80), 1, 2, ACK)))
    stop = netshoot.parse(frame[:40], original_length=len(frame)).stop
    assert stop is not None
    assert (stop.layer, stop.offset, stop.needed, stop.available, stop.limit) == ("tcp", 34, 20, 6, "capture_length")
    assert stop.text == "tcp at offset 34 needs 20 octets, 6 captured"


def test_any_octets_give_a_packet() -> None:
    for frame in (b"", b"\0", bytes(range(256)), b"\xff" * 2000):
        for link_type in ("ethernet", "raw", "null", "loop", "linux_sll", "linux_sll2", 147, 65535):
            packet = netshoot.parse(frame, link_type)
            assert str(packet) and repr(packet).startswith("<netshoot.Packet")
            for name in dir(packet):
                getattr(packet, name)


def test_octets_are_held_by_reference() -> None:
    frame = bytes(1_000_000)
    before = sys.getrefcount(frame)
    packet = netshoot.parse(frame)
    assert sys.getrefcount(frame) > before
    assert packet.data is frame
    assert netshoot.parse(bytearray(frame)).data == netshoot.parse(memoryview(frame)).data == frame


def test_link_types() -> None:
    datagram = ipv4(CLIENT, SERVER, 17, udp((1, 2), b"x"))
    assert netshoot.parse(datagram, "RAW").udp == netshoot.parse(datagram, 101).udp
    assert netshoot.parse(datagram, 147).link_type == "147"
    with pytest.raises(ValueError, match=r'link type "ethernut" is unknown; hint: one of ethernet, raw'):
        netshoot.parse(datagram, "ethernut")
    for number in (65536, -1, 2**64):
        with pytest.raises(ValueError, match=rf"^link type {number} is unknown; hint: numbers go to 65535$"):
            netshoot.parse(b"", number)
    with pytest.raises(ValueError, match=r"^link type .* is unknown; hint: one of ethernet.*$"):
        netshoot.parse(b"", "\udcff")
    with pytest.raises(TypeError, match=r"^a link type is a name or a number, not float$"):
        netshoot.parse(b"", 1.0)  # type: ignore[arg-type]


def test_packets_inside_of_packets() -> None:
    frame = ethernet(ipv4(CLIENT, SERVER, 6, tcp((1234, 80), 100, 200, PSH | ACK, b"hello")))
    vxlan = bytes([8, 0, 0, 0]) + (77 << 8).to_bytes(4, "big") + frame
    packet = netshoot.parse(ethernet(ipv4(SERVER, RESOLVER, 17, udp((50_000, 4789), vxlan))))
    assert [layer.name for layer in packet.layers] == ["eth", "ip", "udp", "vxlan", "eth", "ip", "tcp"]
    assert [layer.depth for layer in packet.layers] == [0, 0, 0, 1, 1, 1, 1]
    assert (packet.depth, packet.tunnel, packet.tunnel_id, packet.tcp) == (0, None, None, None)
    inner = packet.inner
    assert inner is not None
    assert [layer.name for layer in netshoot.parse(packet.data, ports={4789: "none"}).layers] == ["eth", "ip", "udp"]
    moved = netshoot.parse(packet.data[:36] + (14_789).to_bytes(2, "big") + packet.data[38:], ports={14_789: "vxlan"})
    assert moved.layers == packet.layers
    assert (inner.depth, inner.tunnel, inner.tunnel_id) == (1, "vxlan", 77)
    assert (inner.source_port, inner.destination_port, inner.payload) == (1234, 80, b"hello")
    assert inner.inner is None
    assert packet.innermost.tcp == inner.tcp == inner.innermost.tcp
    assert "VXLAN, vni 77: IP " in str(packet)


def test_labels_and_sessions() -> None:
    datagram = ipv4(CLIENT, SERVER, 6, tcp((1234, 80), 100, 200, ACK, b""))
    label = lambda number, bottom: ((number << 12) | (bottom << 8) | 64).to_bytes(4, "big")  # noqa: E731
    packet = netshoot.parse(bytes(12) + b"\x88\x47" + label(100, 0) + label(200, 1) + datagram)
    assert (packet.mpls_labels, packet.destination_port, packet.inner) == ([100, 200], 80, None)
    session = b"\x11\x00\x12\x34" + (2 + len(datagram)).to_bytes(2, "big") + b"\x00\x21" + datagram
    packet = netshoot.parse(bytes(12) + b"\x88\x64" + session)
    assert (packet.pppoe_session_id, packet.destination_port) == (0x1234, 80)


def test_only_octets_are_parsed() -> None:
    for data in (60, [1, 2, 3], "text", None):
        with pytest.raises(TypeError, match="a bytes-like object is required"):
            netshoot.parse(data)  # type: ignore[arg-type]
    assert netshoot.parse(memoryview(b"abcdef")[::2]).data == b"ace"


def test_line_equals_that_of_tcpdump(tmp_path) -> None:
    datagrams = [
        ipv4(CLIENT, SERVER, 6, tcp((1234, 12345), 100, 200, PSH | ACK, b"hello", options=OPTIONS)),
        ipv4(CLIENT, RESOLVER, 17, udp((4000, 53), dns(7, "www.example"))),
        ipv4(CLIENT, SERVER, 17, udp((4000, 4001), b"abc")),
    ]
    path = tmp_path / "lines.pcap"
    path.write_bytes(pcap([(10**18, ethernet(datagram)) for datagram in datagrams]))
    command = [program("tcpdump"), "-n", "-t", "-S", "-r", str(path)]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    assert [str(netshoot.parse(ethernet(datagram))) for datagram in datagrams] == lines


def test_records_are_values() -> None:
    frame = ethernet(ipv4(CLIENT, SERVER, 17, udp((1, 2), b"x")))
    assert netshoot.parse(frame).udp == netshoot.parse(frame).udp
    assert repr(netshoot.parse(frame).udp) == "Udp(source_port=1, destination_port=2, length=9, checksum=0)"
    with pytest.raises(AttributeError):
        netshoot.parse(frame).udp.length = 3  # type: ignore[misc, union-attr]


def test_builder_makes_a_capture() -> None:
    assert netshoot.open(incident()).summary().frames == 44


def test_dhcp() -> None:
    options = b"\x35\x01\x05\x33\x04\0\0\x0e\x10\x03\x08\x0a\0\0\x01\x0a\0\0\x02\x37\x02\x01\x79\x52\x03\x01\x01a\xff"
    header = bytes([2, 1, 6, 0, 0, 0, 0, 7, 0, 3, 0x80, 0]) + bytes(4) + bytes([10, 0, 0, 5]) + bytes(8)
    message = header + b"\x02\0\0\0\0\x01" + bytes(202) + b"\x63\x82\x53\x63" + options
    packet = netshoot.parse(ethernet(ipv4(SERVER, CLIENT, 17, udp((67, 68), message))))
    lease = packet.dhcp
    assert lease is not None and lease.stop is None
    assert (lease.operation, lease.message_type, lease.transaction_id, lease.broadcast) == (2, "ACK", 7, True)
    assert (lease.your_address, lease.client_address) == (IPv4Address("10.0.0.5"), IPv4Address("0.0.0.0"))
    assert (lease.lease_time, lease.mac_address) == (3600, "02:00:00:00:00:01")
    assert lease.routers == [IPv4Address("10.0.0.1"), IPv4Address("10.0.0.2")] and lease.dns_servers == []
    assert lease.parameter_list == [1, 121] and lease.host_name is None
    assert [(option.name, option.data) for option in lease.relay_agent] == [("circuit-id", b"a")]
    assert [option.name for option in lease.options][:2] == ["dhcp-message-type", "dhcp-lease-time"]
    assert (lease.options[1].code, lease.options[1].text, lease.options[1].data) == (51, "3600", b"\0\0\x0e\x10")
    assert ": BOOTP/DHCP, Reply, length " in packet.summary()
    assert "dhcp-lease-time (51), length 4: 3600" in packet.summary(verbose=True)
    cut = netshoot.parse(ethernet(ipv4(SERVER, CLIENT, 17, udp((67, 68), message[:-3])))).dhcp
    assert cut is not None and cut.stop is not None and cut.stop.layer == "dhcp"


def test_dhcpv6_by_name() -> None:
    frame = ethernet(ipv6("fe80::1", "ff02::1:2", 17, udp((546, 547), b"\x01\x00\x00\x09")), 0x86DD)
    message = netshoot.parse(frame).dhcpv6
    assert message is not None and (message.name, message.transaction_id) == ("solicit", 9)


def test_what_an_icmp_error_quotes_and_adds() -> None:
    quoted = ipv4(CLIENT, SERVER, 17, udp((4000, 33434), b"probe")).ljust(128, b"\0")
    labels = b"\0\x08\x01\x01" + struct.pack("!I", 16 << 12 | 3 << 9 | 1 << 8 | 1)
    interface = b"\0\x0d\x02\x0a" + struct.pack("!I", 7) + b"\x05eth0"
    error = struct.pack("!BBHBBH", 11, 0, 0, 0, 32, 0) + quoted + b"\x20\0\0\0" + labels + interface
    packet = netshoot.parse(ethernet(ipv4(SERVER, CLIENT, 1, error)))
    assert packet.quoted is not None and packet.quoted.destination_port == 33434
    assert packet.quoted.quoted is None and packet.quoted.depth == 1
    extensions = packet.icmp_extensions
    assert extensions is not None and (extensions.version, extensions.checksum_status) == (2, "absent")
    first, second = extensions.objects
    assert [(label.label, label.traffic_class, label.is_bottom) for label in first.labels] == [(16, 3, True)]
    assert second.interface is not None and (second.interface.index, second.interface.name) == (7, "eth0")
    assert (second.interface.role, second.interface.mtu, second.class_number) == ("incoming", None, 2)
    assert "label 16, tc 3, [S], ttl 1" in packet.summary(verbose=True)


def test_router_advertisement() -> None:
    prefix = b"\x03\x04\x40\xc0" + struct.pack("!III", 86400, 14400, 0) + IPv6Address("2001:db8::").packed
    message = struct.pack("!BBHBBHII", 134, 0, 0, 64, 0x40, 1800, 30000, 0) + prefix + b"\x05\x01\0\0\0\0\x05\xdc"
    packet = netshoot.parse(ethernet(ipv6("fe80::1", "ff02::1", 58, message), 0x86DD))
    router = packet.router_advertisement
    assert router is not None and (router.hop_limit, router.managed, router.other) == (64, False, True)
    assert (router.preference, router.lifetime, router.reachable_time) == ("medium", 1800, 30.0)
    on_link, mtu = packet.neighbor_options
    assert (on_link.prefix, on_link.prefix_length, on_link.on_link) == (IPv6Address("2001:db8::"), 64, True)
    assert (on_link.lifetime, on_link.preferred_lifetime, on_link.mtu) == (86400, 14400, None)
    assert (mtu.name, mtu.mtu, mtu.text) == ("mtu", 1500, "mtu option (5): 1500")


def test_ports_of_the_users() -> None:
    inside = ethernet(ipv4(CLIENT, RESOLVER, 17, udp((4000, 8053), dns(7, "www.example"))))
    frame = ethernet(ipv4(CLIENT, SERVER, 17, udp((5000, 14789), b"\x08\0\0\0\0\0\x2a\0" + inside)))
    assert netshoot.parse(frame).inner is None
    packet = netshoot.parse(frame, ports={14789: "vxlan", 8053: "dns"})
    assert packet.inner is not None and packet.inner.tunnel_id == 42
    assert packet.innermost.dns is not None and packet.innermost.dns.id == 7
    assert "VXLAN, vni 42" in packet.summary() and packet.summary().endswith(": 7+ A? www.example. (29)")
    assert netshoot.parse(frame, ports={14789: "none"}).inner is None
    with pytest.raises(ValueError, match='port 8053 stands for "DNS", which is none of none, dns, tls'):
        netshoot.parse(frame, ports={8053: "DNS"})
    table = netshoot.open(pcap([(0, frame)])).packets(["app", "app_info"], ports={14789: "vxlan", 8053: "dns"})
    assert [(row.app, row.app_info) for row in table] == [("dns", "7+ A? www.example. (29)")]

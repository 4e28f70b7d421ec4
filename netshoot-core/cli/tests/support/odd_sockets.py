"""Sockets with options that are rarely set, held until the standard input ends."""

import ctypes
import errno
import socket
import struct
import sys

held = []


def keep(family, kind, protocol=0):
    made = socket.socket(family, kind, protocol)
    held.append(made)
    return made


def option(made, level, name, value):
    """Sets an option that the kernel may lack."""
    try:
        made.setsockopt(level, name, value)
    except OSError as error:
        assert error.errno in (errno.ENOPROTOOPT, errno.ENOENT, errno.EOPNOTSUPP), (level, name, error)


def listener(family, address, protocol=0, options=()):
    made = keep(family, socket.SOCK_STREAM, protocol)
    for level, name, value in options:
        option(made, level, name, value)
    made.bind(address)
    made.listen(5)
    return made


def connected(family, address, protocol=0, options=()):
    made = keep(family, socket.SOCK_STREAM, protocol)
    for level, name, value in options:
        option(made, level, name, value)
    made.connect(address)
    return made


TCP, IP, IP6, SOL = socket.IPPROTO_TCP, socket.IPPROTO_IP, socket.IPPROTO_IPV6, socket.SOL_SOCKET
key = struct.pack("HH4s120s BBHi80s", socket.AF_INET, 0, bytes([127, 0, 0, 9]), b"", 0, 0, 17, 0, b"key-of-signatures")

# TCP: fast open, signatures, marks, priorities, congestion controls, transparent and free binding, urgent data.
fast = listener(socket.AF_INET, ("127.0.0.1", 7001), options=[(TCP, 23, 16), (TCP, 14, key), (SOL, 12, 5)])
client = connected(
    socket.AF_INET,
    ("127.0.0.1", 7001),
    options=[(TCP, socket.TCP_CONGESTION, b"reno"), (SOL, 36, 0x1234), (IP, socket.IP_TOS, 0xB8), (IP, 11, 1)],
)
server, _ = fast.accept()
held.append(server)
server.send(b"x" * 3000)
client.send(b"y", socket.MSG_OOB)
client.setsockopt(SOL, socket.SO_RCVBUF, 30000)
option(client, TCP, socket.TCP_USER_TIMEOUT, 5000)
option(client, TCP, socket.TCP_NOTSENT_LOWAT, 100)
listener(socket.AF_INET, ("203.0.113.7", 7002), options=[(IP, 15, 1)])
listener(socket.AF_INET, ("203.0.113.8", 7003), options=[(IP, 19, 1)])
six = listener(socket.AF_INET6, ("::1", 7004), options=[(IP6, socket.IPV6_TCLASS, 0x68)])
connected(
    socket.AF_INET6,
    ("::1", 7004),
    options=[(IP6, socket.IPV6_TCLASS, 0x20), (TCP, socket.TCP_CONGESTION, b"bbr"), (IP6, 25, 1)],
)
held.append(six.accept()[0])
# Paced, and with much that is not read.
paced = connected(socket.AF_INET, ("127.0.0.1", 7001), options=[(SOL, 47, 125_000)])
held.append(fast.accept()[0])
paced.send(b"z" * 5_000)

# Multipath.
try:
    many = listener(socket.AF_INET, ("127.0.0.1", 7005), 262)
    connected(socket.AF_INET, ("127.0.0.1", 7005), 262)
    held.append(many.accept()[0])
except OSError as error:
    assert error.errno in (errno.EPROTONOSUPPORT, errno.ENOPROTOOPT), error

# UDP: full, so that packets are dropped; multicast settings; a port given out.
small = keep(socket.AF_INET, socket.SOCK_DGRAM)
small.setsockopt(SOL, socket.SO_RCVBUF, 2304)
small.bind(("127.0.0.1", 7006))
sender = keep(socket.AF_INET, socket.SOCK_DGRAM)
for _ in range(30):
    sender.sendto(b"d" * 500, ("127.0.0.1", 7006))
option(sender, IP, socket.IP_MULTICAST_LOOP, 0)
option(sender, IP, 49, 0)
option(sender, IP, 24, 1)
lite = keep(socket.AF_INET6, socket.SOCK_DGRAM)
lite.setsockopt(IP6, socket.IPV6_V6ONLY, 1)
lite.bind(("::", 7007))
lite.connect(("::1", 7008))

# Raw: with the header included, bound, connected, with packets that wait.
header = keep(socket.AF_INET, socket.SOCK_RAW, 254)
header.setsockopt(IP, socket.IP_HDRINCL, 1)
bound = keep(socket.AF_INET, socket.SOCK_RAW, 89)
bound.bind(("127.0.0.1", 0))
bound.connect(("127.0.0.1", 0))
bound.send(b"hello")
keep(socket.AF_INET6, socket.SOCK_RAW, 89).bind(("::1", 0))

# Packet sockets: rings of two versions, a fan-out, a filter.
for version, ring in ((0, struct.pack("IIII", 4096, 4, 2048, 8)), (2, struct.pack("IIIIIII", 8192, 4, 2048, 16, 60, 0, 1))):
    packet = keep(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0806))
    packet.setsockopt(263, 10, version)
    packet.setsockopt(263, 5, ring)
    if version < 2:
        packet.setsockopt(263, 13, struct.pack("IIII", 4096, 2, 2048, 4))
    packet.bind(("lo", 0x0806))
    if version == 2:
        packet.setsockopt(263, 18, 7 | 1 << 16)
filtered = keep(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(3))
code = ctypes.create_string_buffer(struct.pack("HBBIHBBI", 0x28, 0, 0, 12, 6, 0, 0, 0xFFFF))
filtered.setsockopt(SOL, 26, struct.pack("HP", 2, ctypes.addressof(code)))
filtered.setsockopt(263, 8, 1)
filtered.setsockopt(263, 9, 1)

# Netlink: subscribed, connected.
for protocol, groups in ((0, 0x111), (15, 1)):
    subscribed = keep(socket.AF_NETLINK, socket.SOCK_RAW, protocol)
    subscribed.bind((0, groups))
    if protocol == 0:
        option(subscribed, 270, 1, 33)
keep(socket.AF_NETLINK, socket.SOCK_DGRAM, 2).connect((0, 0))

# Unix: connections that nobody accepts, a name with odd octets, datagrams that wait, an end that was closed.
odd = keep(socket.AF_UNIX, socket.SOCK_STREAM)
odd.bind(b"\0odd (name)\\ " + sys.argv[1].encode() + b"\0x")
odd.listen(3)
for _ in range(2):
    keep(socket.AF_UNIX, socket.SOCK_STREAM).connect(odd.getsockname())
keep(socket.AF_UNIX, socket.SOCK_DGRAM).bind("")
pair = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
held.extend(pair)
pair[0].send(b"1")
pair[0].send(b"22")
pair = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
pair[1].close()
held.append(pair[0])

print("ready", flush=True)
sys.stdin.read()

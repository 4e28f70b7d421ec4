"""Who acts in the incident lab: an application that can misbehave, and clients. `actors.py ROLE WORDS…`."""

import socket
import ssl
import struct
import sys
import threading
import time

RESET = struct.pack("ii", 1, 0)


# --- servers


def application(port, backlog="64", pause="0"):
    """An HTTP server by hand, which takes a connection and then none for a while."""
    listener = socket.create_server(("10.99.0.2", int(port)), backlog=int(backlog))
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=serve, args=(connection,), daemon=True).start()
        time.sleep(float(pause))


def serve(connection):
    reader = connection.makefile("rb")
    while line := reader.readline():
        path = line.split()[1].decode()
        length = 0
        while (header := reader.readline()) not in (b"\r\n", b""):
            if header.lower().startswith(b"content-length:"):
                length = int(header.split(b":")[1])
        word, _, value = path.strip("/").partition("/")
        if word == "deaf":
            # Takes the head and leaves the rest lying.
            time.sleep(float(value))
        reader.read(length)
        size, status = 200, "200 OK"
        if word == "slow":
            time.sleep(float(value))
        elif word == "big":
            size = int(value)
        elif word == "never":
            time.sleep(60)
        elif word == "fails":
            status = "500 Internal Server Error"
        elif word == "breaks":
            time.sleep(float(value))
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            reader.close()
            return connection.close()
        elif word == "missing":
            status = "404 Not Found"
        body = bytes(32 + number % 90 for number in range(min(size, 9000))) * (size // 9000 + 1)
        try:
            connection.sendall(b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n" % (status.encode(), size) + body[:size])
        except OSError:
            return connection.close()
    connection.close()


def mute(port):
    """Takes connections and says nothing."""
    listener = socket.create_server(("10.99.0.2", int(port)))
    kept = []
    while True:
        kept.append(listener.accept())


def lines(port):
    """Answers each line with its length, after the pause that its first word asks for."""
    listener = socket.create_server(("10.99.0.2", int(port)))

    def answer(connection):
        for line in connection.makefile("rb"):
            time.sleep(float(line.split()[0]))
            connection.sendall(b"%d octets\n" % len(line))
        connection.close()

    while True:
        threading.Thread(target=answer, args=(listener.accept()[0],), daemon=True).start()


def late_names(port, delay):
    """A name server that knows every name, after a while."""
    names = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    names.bind(("127.0.0.1", int(port)))
    print("ready", flush=True)

    def reply(query, client):
        time.sleep(float(delay))
        end = query.index(0, 12) + 5
        header = query[:2] + struct.pack("!HHHHH", 0x8580, 1, 1, 0, 0)
        record = struct.pack("!HHHIH4s", 0xC00C, 1, 1, 0, 4, bytes([192, 0, 2, 7]))
        if query[end - 3] != 1:
            header, record = query[:2] + struct.pack("!HHHHH", 0x8580, 1, 0, 0, 0), b""
        names.sendto(header + query[12:end] + record, client)

    while True:
        threading.Thread(target=reply, args=names.recvfrom(512), daemon=True).start()


def resetter(port, ttl):
    """A device on the way that ends connections to a port once data of the client passes it."""
    raw = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0800))
    raw.bind(("tun0", 0x0800))
    out = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    print("ready", flush=True)
    while True:
        packet = raw.recv(65535)
        header = (packet[0] & 15) * 4
        if packet[9] != 6 or struct.unpack_from("!H", packet, header + 2)[0] != int(port):
            continue
        source, _, sequence, acknowledged = struct.unpack_from("!HHII", packet, header)
        length = struct.unpack_from("!H", packet, 2)[0] - header - (packet[header + 12] >> 4) * 4
        if length <= 0:
            continue
        for to_client in (True, False):
            ends = (packet[16:20], packet[12:16]) if to_client else (packet[12:16], packet[16:20])
            ports = (int(port), source) if to_client else (source, int(port))
            numbers = (acknowledged, sequence + length) if to_client else (sequence, acknowledged)
            tcp = struct.pack("!HHIIBBHHH", *ports, numbers[0], numbers[1] & 0xFFFFFFFF, 0x50, 0x14, 0, 0, 0)
            tcp = tcp[:16] + struct.pack("!H", checksum(ends[0] + ends[1] + struct.pack("!HH", 6, 20) + tcp)) + tcp[18:]
            ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 40, 0x2A2A, 0, int(ttl), 6, 0, *ends)
            out.sendto(ip + tcp, (socket.inet_ntoa(ends[1]), 0))


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


# --- clients


def get(host, port, path, *options):
    """Requests, one after the other. Options are `name=value`; a failure is told, and no error."""
    told = dict(option.split("=", 1) for option in options)
    number = lambda name, default: float(told.get(name, default))
    requests = int(number("requests", 1))
    for _ in range(int(number("connections", 1))):
        time.sleep(number("apart", 0))
        try:
            one_connection(host, int(port), path, told, number, requests)
        except (OSError, ValueError) as error:
            print(f"{host}:{port}{path}: {error!r}", flush=True)


def one_connection(host, port, path, told, number, requests):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    connection = socket.socket(family, socket.SOCK_STREAM)
    connection.settimeout(number("timeout", 10))
    if "buffer" in told:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, int(told["buffer"]))
    if "from" in told:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        connection.bind(("", int(told["from"])))
    connection.connect((host, port))
    if "tls" in told:
        context = ssl.create_default_context(cafile=told["authority"]) if "authority" in told else ssl.SSLContext()
        if "newest" in told:
            context.maximum_version = getattr(ssl.TLSVersion, told["newest"])
        connection = context.wrap_socket(connection, server_hostname=told["tls"])
    upload = int(number("upload", 0))
    for index in range(requests):
        if index:
            time.sleep(number("pause", 0))
        method = b"POST" if upload else b"GET"
        head = b"%s %s HTTP/1.1\r\nHost: shop.example\r\nContent-Length: %d\r\n\r\n" % (method, path.encode(), upload)
        connection.sendall(head + bytes(upload))
        if "leave" in told:
            time.sleep(number("leave", 0))
        body = b""
        while b"\r\n\r\n" not in body:
            more = connection.recv(65536)
            if not more:
                raise ValueError("closed")
            body += more
        head, _, body = body.partition(b"\r\n\r\n")
        lengths = [line.split(b":")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
        got = len(body)
        while lengths and got < int(lengths[0]):
            more = connection.recv(int(number("piece", 65536)))
            if not more:
                raise ValueError("closed early")
            got += len(more)
            time.sleep(number("lazy", 0))
    if "linger" in told:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    connection.close()


def talk(host, port, *pauses):
    """Lines on one connection; a pause is `client:server` in seconds."""
    connection = socket.create_connection((host, int(port)), timeout=12)
    reader = connection.makefile("rb")
    try:
        for pause in pauses:
            client, server = pause.split(":")
            time.sleep(float(client))
            connection.sendall(server.encode() + b" please\n")
            reader.readline()
    except OSError as error:
        print(repr(error), flush=True)
    connection.close()


def knock(host, first, count, timeout="0.3"):
    """Tries ports one after the other."""
    for port in range(int(first), int(first) + int(count)):
        knocker = socket.socket()
        knocker.settimeout(float(timeout))
        knocker.connect_ex((host, port))
        knocker.close()


def crowd(host, port, count, seconds):
    """So many connections at once, held for a while."""
    held = []
    for _ in range(int(count)):
        one = socket.socket()
        one.setblocking(False)
        one.connect_ex((host, int(port)))
        held.append(one)
        time.sleep(0.02)
    time.sleep(float(seconds))


def ask(names, timeout="1", tries="2", pause="0.1", kinds="1,28"):
    """Asks for the addresses of names, separated by commas, as a stub resolver does."""
    for name in names.split(","):
        time.sleep(float(pause))
        asker = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        asker.connect(("10.99.0.2", 53))
        labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"
        waiting = {}
        for number, kind in enumerate(kinds.split(",")):
            identifier = (hash((name, time.time_ns())) + number) & 0xFFFF
            waiting[identifier] = struct.pack("!HHHHHH", identifier, 0x0100, 1, 0, 0, 0) + labels + struct.pack(
                "!HH", int(kind), 1
            )
        for _ in range(int(tries)):
            for query in waiting.values():
                asker.send(query)
            until = time.monotonic() + float(timeout)
            while waiting and (left := until - time.monotonic()) > 0:
                asker.settimeout(left)
                try:
                    waiting.pop(struct.unpack_from("!H", asker.recv(4096))[0], None)
                except OSError:
                    break
            if not waiting:
                break
        asker.close()


globals()[sys.argv[1]](*sys.argv[2:])

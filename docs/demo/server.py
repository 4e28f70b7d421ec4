"""The server of the demo capture: a small shop's API on port 8080, and a name server on port 53 that knows too little."""

import http.server
import socket
import struct
import threading
import time

CATALOGUE = b"".join(b"item %05d, price %4d.95, in stock\n" % (n, n * 7 % 900) for n in range(1200))
ADDRESSES = {"shop.example": ("10.99.0.2", "fd00:99::2"), "db.shop.example": ("10.99.0.2", None)}
FAILING = {"billing.shop.example"}
SILENT = {"search.shop.example"}
NOERROR, SERVFAIL, NXDOMAIN = 0, 2, 3


class Shop(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.path == "/orders/slow":
            time.sleep(1.2)
        body = CATALOGUE if self.path in ("/catalogue", "/report") else b"42 orders\n"
        if self.path == "/broken":
            return self.break_off()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def break_off(self):
        """Promises the whole catalogue and resets the connection in the middle of it."""
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(CATALOGUE)))
        self.end_headers()
        self.wfile.write(CATALOGUE[:9000])
        time.sleep(0.4)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        # Without this the base class would say goodbye politely first.
        self.connection.close()
        self.rfile.close()

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET6
    daemon_threads = True

    def shutdown_request(self, request):
        if request.fileno() >= 0:
            super().shutdown_request(request)

    def handle_error(self, request, client_address):
        pass


def answer(query):
    """The answer to a DNS query (RFC 1035), or None where the server stays silent."""
    position, labels = 12, []
    while query[position]:
        length = query[position]
        labels.append(query[position + 1 : position + 1 + length].decode())
        position += length + 1
    kind = struct.unpack_from("!H", query, position + 1)[0]
    question, name = query[12 : position + 5], ".".join(labels).lower()
    if name in SILENT:
        return None
    code = NOERROR if name in ADDRESSES else SERVFAIL if name in FAILING else NXDOMAIN
    records = b""
    four, six = ADDRESSES.get(name, (None, None))
    if kind == 1 and four:
        records = struct.pack("!HHHIH", 0xC00C, 1, 1, 60, 4) + socket.inet_aton(four)
    if kind == 28 and six:
        records = struct.pack("!HHHIH", 0xC00C, 28, 1, 60, 16) + socket.inet_pton(socket.AF_INET6, six)
    header = query[:2] + struct.pack("!BBHHHH", 0x81, 0x80 | code, 1, bool(records), 0, 0)
    return header + question + records


def serve_names():
    names = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    names.bind(("10.99.0.2", 53))
    while True:
        query, client = names.recvfrom(512)
        reply = answer(query)
        if reply:
            names.sendto(reply, client)


threading.Thread(target=serve_names, daemon=True).start()
shop = Server(("::", 8080), Shop)
print("ready", flush=True)
shop.serve_forever()

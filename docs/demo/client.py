"""The client of the demo capture: a morning with a shop whose network, names and server all have a fault or two."""

import contextlib
import http.client
import socket
import time

SHOP = "shop.example"


def get(path, address=SHOP, connection=None):
    connection = connection or http.client.HTTPConnection(address, 8080, timeout=15)
    connection.request("GET", path)
    connection.getresponse().read()
    return connection


def read_slowly():
    """Asks for the report and leaves it lying until the window is shut."""
    reader = socket.socket()
    reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    reader.settimeout(15)
    reader.connect(("10.99.0.2", 8080))
    reader.sendall(b"GET /report HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n")
    time.sleep(2.5)
    while reader.recv(65536):
        pass
    reader.close()


def failing(action, *errors):
    with contextlib.suppress(*errors):
        action()
        raise SystemExit("client.py: this was to fail")


orders = get("/orders")
for _ in range(4):
    time.sleep(0.1)
    get("/orders", connection=orders)
for _ in range(3):
    get("/catalogue").close()
get("/catalogue", address="10.99.0.2").close()
failing(lambda: get("/", "cart.shop.example"), socket.gaierror)
failing(lambda: get("/", "billing.shop.example"), socket.gaierror)
failing(lambda: get("/", "search.shop.example"), socket.gaierror)
failing(lambda: socket.create_connection(("10.99.0.2", 9090), timeout=5), ConnectionRefusedError)
failing(lambda: socket.create_connection(("db.shop.example", 5432), timeout=4), TimeoutError)
read_slowly()
failing(lambda: get("/broken"), ConnectionResetError, http.client.IncompleteRead)
get("/orders/slow", connection=orders).close()

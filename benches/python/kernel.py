"""The kernel's view from Python, beside pyroute2 and the price of the raw dump: received and thrown away.

    kernel.py NAMESPACE

CPU time of the whole process, in turn, medians. The promise is that of a list of which nothing was read yet; what
reading a field of each object costs is told. `make bench` runs it within the crowded namespace of the kernel benchmark.
"""

import os
import socket
import struct
import sys
import time
from collections.abc import Callable

import netshoot
from pyroute2 import IPRoute, netns

ROUNDS = 21
# It takes seconds.
ROUNDS_OF_PYROUTE2 = 3
LAZY = 2.5

NLM_F_REQUEST_DUMP = 0x301
NLMSG_DONE = 3


class Floor:
    """A netlink socket, and a buffer in which each datagram follows the other."""

    def __init__(self, namespace: str) -> None:
        before = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        netns.setns(namespace)
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
        netns.setns(before)
        os.close(before)
        self.buffer = bytearray(64 * 1024)

    def dump(self, kind: int, header: int) -> None:
        self.socket.send(struct.pack("=IHHII", 16 + header, kind, NLM_F_REQUEST_DUMP, 1, 0) + bytes(header))
        while True:
            length = self.socket.recv_into(self.buffer)
            # The end stands alone, or after the last objects.
            last, kind = struct.unpack_from("=IH", self.buffer, length - 20)
            if (last, kind) == (20, NLMSG_DONE):
                return


def median(work: Callable[[], object], rounds: int) -> float:
    times = []
    for _ in range(rounds):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return sorted(times)[rounds // 2]


def compare(what: str, raw: Callable[[], object], ours: Callable[[], netshoot.Listing], field: str, theirs: Callable[[], list]) -> bool:
    """Prints one line of the table, and tells whether the promise was kept."""
    if len(ours()) != len(theirs()):
        sys.exit(f"{what}: {len(ours())} here, {len(theirs())} in pyroute2")
    # In turn, so that a neighbour's load falls on all.
    times: list[list[float]] = [[], [], []]
    for _ in range(ROUNDS):
        times[0].append(median(raw, 1))
        times[1].append(median(lambda: len(ours()), 1))
        times[2].append(median(lambda: [getattr(item, field) for item in ours()], 1))
    floor, lazy, read = (sorted(each)[ROUNDS // 2] for each in times)
    rival = median(theirs, ROUNDS_OF_PYROUTE2)
    print(
        f"  {what:<24} raw {floor * 1e3:>8.2f}ms  python {lazy * 1e3:>7.2f}ms  {lazy / floor:>5.2f} x  (at most {LAZY})"
        f"  reading {read / floor:.1f} x  pyroute2 {rival / floor:.0f} x",
        flush=True,
    )
    return lazy / floor <= LAZY


def main(namespace: str) -> int:
    floor = Floor(namespace)
    with IPRoute(netns=namespace) as rival:
        kept = [
            compare(
                "links",
                lambda: floor.dump(18, 16),
                lambda: netshoot.links(namespace),
                "mtu",
                lambda: list(rival.get_links()),
            ),
            compare(
                "addresses",
                lambda: floor.dump(22, 8),
                lambda: netshoot.addresses(namespace),
                "prefixlen",
                lambda: list(rival.get_addr()),
            ),
            compare(
                "routes",
                lambda: floor.dump(26, 12),
                lambda: netshoot.routes(namespace),
                "dst",
                lambda: list(rival.get_routes()),
            ),
            compare(
                "neighbors",
                lambda: floor.dump(30, 12),
                lambda: netshoot.neighbors(namespace, proxies=False),
                "dst",
                lambda: list(rival.get_neighbours()),
            ),
        ]
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

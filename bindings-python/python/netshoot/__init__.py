"""Packet captures as tables and findings.

    >>> import netshoot
    >>> capture = netshoot.open("incident.pcapng")
    >>> for finding in capture.findings():
    ...     print(finding.severity, finding.summary)
    >>> capture.flows().to_polars().sort("retx_pkts_s2c", descending=True)

``open`` gives a lazy :class:`Capture` whose tables any library that knows Arrow takes as they are; ``parse`` looks into
one packet; ``links``, ``routes``, ``sockets`` and others ask the kernel. Times are UTC, latencies milliseconds where a column ends in ``_ms`` and seconds
elsewhere, lengths octets, frame numbers start at 1 as in Wireshark.
"""

from __future__ import annotations

from netshoot._capture import Capture, Table, open
from netshoot._errors import (
    CaptureDamagedWarning,
    Error,
    InputOutputError,
    InvalidInputError,
    IsDirectoryError,
    NotDirectoryError,
    NotFoundError,
    PermissionDeniedError,
    TimedOutError,
)
from netshoot._interfaces import Interfaces, interfaces
from netshoot._kernel import (
    Counters,
    Listing,
    Namespaces,
    Pidfd,
    addresses,
    counters,
    explain,
    links,
    namespaces,
    next_hops,
    route_get,
    routes,
    sockets,
)
from netshoot._netshoot import (
    Address,
    Arp,
    Dns,
    Ethernet,
    Icmp,
    InetSocket,
    Interface,
    InterfaceAddress,
    Ipv4,
    Ipv6,
    Layer,
    Link,
    Namespace,
    NetlinkSocket,
    NextHop,
    Packet,
    PacketSocket,
    ProtocolCount,
    Question,
    Route,
    RouteAnswer,
    Stop,
    Summary,
    Tcp,
    TcpOption,
    Udp,
    UnixSocket,
    Vlan,
    __version__,
)
from netshoot._packet import parse
from netshoot._rows import DnsTransaction, Finding, Flow, Frame

__all__ = [
    "Address",
    "Arp",
    "Capture",
    "CaptureDamagedWarning",
    "Counters",
    "Dns",
    "DnsTransaction",
    "Error",
    "Ethernet",
    "Finding",
    "Flow",
    "Frame",
    "Icmp",
    "InetSocket",
    "InputOutputError",
    "Interface",
    "InterfaceAddress",
    "Interfaces",
    "InvalidInputError",
    "Ipv4",
    "Ipv6",
    "IsDirectoryError",
    "Layer",
    "Link",
    "Listing",
    "Namespace",
    "Namespaces",
    "NetlinkSocket",
    "NextHop",
    "NotDirectoryError",
    "NotFoundError",
    "Packet",
    "PacketSocket",
    "PermissionDeniedError",
    "Pidfd",
    "ProtocolCount",
    "Question",
    "Route",
    "RouteAnswer",
    "Stop",
    "Summary",
    "Table",
    "Tcp",
    "TcpOption",
    "TimedOutError",
    "Udp",
    "UnixSocket",
    "Vlan",
    "__version__",
    "addresses",
    "counters",
    "explain",
    "interfaces",
    "links",
    "namespaces",
    "next_hops",
    "open",
    "parse",
    "route_get",
    "routes",
    "sockets",
]

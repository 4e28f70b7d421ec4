"""Packet captures as tables and findings.

    >>> import netshoot
    >>> capture = netshoot.open("incident.pcapng")
    >>> for finding in capture.findings():
    ...     print(finding.severity, finding.summary)
    >>> capture.flows().to_polars().sort("retx_pkts_s2c", descending=True)

``open`` gives a lazy :class:`Capture` whose tables any library that knows Arrow takes as they are; ``parse`` looks into
one packet; ``interfaces`` asks the kernel. Times are UTC, latencies milliseconds where a column ends in ``_ms`` and seconds
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
from netshoot._netshoot import (
    Arp,
    Dns,
    Ethernet,
    Icmp,
    Interface,
    InterfaceAddress,
    Ipv4,
    Ipv6,
    Layer,
    Packet,
    ProtocolCount,
    Question,
    Stop,
    Summary,
    Tcp,
    TcpOption,
    Udp,
    Vlan,
    __version__,
)
from netshoot._packet import parse
from netshoot._rows import DnsTransaction, Finding, Flow, Frame

__all__ = [
    "Arp",
    "Capture",
    "CaptureDamagedWarning",
    "Dns",
    "DnsTransaction",
    "Error",
    "Ethernet",
    "Finding",
    "Flow",
    "Frame",
    "Icmp",
    "InputOutputError",
    "Interface",
    "InterfaceAddress",
    "Interfaces",
    "InvalidInputError",
    "Ipv4",
    "Ipv6",
    "IsDirectoryError",
    "Layer",
    "NotDirectoryError",
    "NotFoundError",
    "Packet",
    "PermissionDeniedError",
    "ProtocolCount",
    "Question",
    "Stop",
    "Summary",
    "Table",
    "Tcp",
    "TcpOption",
    "TimedOutError",
    "Udp",
    "Vlan",
    "__version__",
    "interfaces",
    "open",
    "parse",
]

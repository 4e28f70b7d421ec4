"""
Private half of the package `netshoot`: use that one.
"""

from _typeshed import Incomplete, SupportsGetItem
from datetime import datetime
from ipaddress import IPv4Address, IPv6Address
from os import PathLike
from typing import Any, Final, SupportsFloat, SupportsIndex, final
from typing_extensions import disjoint_base

__all__ = ["__version__", "Address", "Arp", "Capture", "CaptureFacts", "CaptureIndex", "CaptureInterface", "CaptureWriter", "CapturedFrame", "Change", "Checksum", "ClosingSockets", "Copied", "Counters", "CpuUse", "DatagramReassembler", "Dhcp", "DhcpOption", "DhcpSubOption", "Dhcpv6", "Dns", "DnsRecord", "Edns", "EdnsOption", "Ethernet", "Event", "Evidence", "FdbEntry", "FollowedCapture", "FrameSelector", "Http", "Icmp", "IcmpExtensions", "IcmpInterface", "IcmpObject", "InetSocket", "Interface", "InterfaceAddress", "Ipv4", "Ipv6", "Layer", "Limitation", "Link", "Listing", "Moved", "MplsLabel", "Namespace", "Neighbor", "NeighborOption", "NetlinkSocket", "NextHop", "NextHopBucket", "Packet", "PacketSocket", "Pieces", "ProtocolCount", "Qdisc", "Question", "QuicPacket", "Report", "RoundTrips", "Route", "RouteAnswer", "RouterAdvertisement", "Rows", "Rule", "SelectedFrames", "Snapshot", "Stop", "Story", "StoryEvent", "Stream", "StreamEvent", "StreamReassembler", "Summary", "Table", "Tcp", "TcpOption", "ThroughputInterval", "ThroughputLatency", "ThroughputReport", "ThroughputSearch", "ThroughputServer", "ThroughputSize", "ThroughputStream", "ThroughputStreamInterval", "ThroughputTest", "ThroughputTotal", "ThroughputTrial", "Tls", "TlsAlert", "TlsHello", "TlsRecord", "Udp", "UnixSocket", "Verdict", "Vlan", "Watch", "addresses", "attempts", "capture_facts", "closing_sockets", "community_id", "conversations", "copy_captures", "counters", "diff", "endpoints", "explain", "fdb", "fdb_entry", "flow_series", "hierarchy", "html_page", "inet_sockets", "interfaces", "io_series", "latency_histograms", "links", "namespaces", "neighbor", "neighbors", "netlink_sockets", "next_hop_buckets", "next_hops", "open_socket", "packet_sockets", "parse", "qdiscs", "route_get", "routes", "rules", "secrets_kind", "snapshot", "throughput_search", "throughput_server", "throughput_sweep", "throughput_test", "unix_sockets", "watch"]

__version__: Final[str]
"""
Version of the package.
"""

@final
class Address:
    """
    An IP address of a link.

    Fields are the kernel's attributes in iproute2's words; `None` means that the kernel did not send the attribute.
    """
    def __eq__(self, other: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def address(self, /) -> IPv4Address | IPv6Address | None:
        """
        The other end's address, where it is not `local`.
        """
    @property
    def anycast(self, /) -> IPv4Address | IPv6Address | None:
        """
        IPv6 anycast address.
        """
    @property
    def broadcast(self, /) -> IPv4Address | IPv6Address | None:
        """
        IPv4 broadcast address.
        """
    @property
    def cacheinfo(self, /) -> Any | None:
        """
        Until when the address is preferred and valid, and since when.
        """
    @property
    def family(self, /) -> str:
        """
        IPv4 or IPv6.
        """
    @property
    def flags(self, /) -> list[str]:
        """
        State.
        """
    @property
    def ifindex(self, /) -> int:
        """
        The link that has the address.
        """
    @property
    def label(self, /) -> str | None:
        """
        IPv4 label: the link's name, perhaps with a suffix.
        """
    @property
    def local(self, /) -> IPv4Address | IPv6Address | None:
        """
        The link's own address. (The kernel sends it as `IFA_LOCAL` or, where that is missing, as `IFA_ADDRESS`.)
        """
    @property
    def metric(self, /) -> int | None:
        """
        Metric of the route to the prefix.
        """
    @property
    def notes(self, /) -> list[str]:
        """
        Attributes that could not be read.
        """
    @property
    def prefixlen(self, /) -> int:
        """
        Length of the prefix in bits; of `address` where there is one, else of `local`.
        """
    @property
    def protocol(self, /) -> str | None:
        """
        Who made the address.
        """
    @property
    def scope(self, /) -> str:
        """
        How far the address is valid.
        """
    def to_dict(self, /) -> "dict[str, object]":
        """
        All attributes, in the form of the library's JSON.
        """

@final
class Arp:
    """
    An ARP message. Addresses that are not of Ethernet or IPv4, or that the capture has cut, are `None`.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def operation(self, /) -> int:
        """
        1 request, 2 reply; others as registered by IANA.
        """
    @property
    def sender_ip(self, /) -> IPv4Address | None:
        """
        The sender's IPv4 address.
        """
    @property
    def sender_mac(self, /) -> str | None:
        """
        The sender's MAC address.
        """
    @property
    def target_ip(self, /) -> IPv4Address | None:
        """
        The target's IPv4 address.
        """
    @property
    def target_mac(self, /) -> str | None:
        """
        The target's MAC address.
        """

@final
class Capture:
    """
    A capture file, or its octets in memory. Nothing is kept of it between calls.
    """
    def __new__(cls, /, source: "str | bytes | list[str]", since: str | None = None, threads: SupportsIndex = 1, tcp_profile: str = "wireshark-4.0", reassemble: bool = True) -> Capture:
        """
        Looks at the file's header, so that what is no capture is refused at once. An analysis takes frames from the time
        `since` on: a span such as `10s` after the first frame, a time, or seconds since 1970. It works in so many `threads`, at
        most 64, 0 for as many as there are processors, judges TCP segments by the rules of `tcp_profile`, and puts fragments
        of IP together, unless `reassemble` is false.
        """
    def analyze(self, /, progress: Any | None = None) -> Report:
        """
        Reads the capture to its end and analyses it. `progress` is called about ten times a second, and once at the end,
        with the octets read and the octets of the file, `None` where that is not known.
        """
    def index(self, /) -> CaptureIndex:
        """
        Reads the capture to its end, so that any frame can be gone to.
        """
    def names(self, /) -> dict[str, str]:
        """
        Reads the capture to its end for the names that it tells of addresses, by address as tables have it.
        """
    def packets(self, /, columns: SupportsGetItem[int, str] | None = None, strict: bool = False, ports: dict[SupportsIndex, str] | None = None) -> Table:
        """
        The packet table: read anew each time that it is asked for its rows, and analysed as the report is.
        """

@final
class CaptureFacts:
    """
    The facts of a capture file, as capinfos tells them.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def application(self, /) -> str | None:
        """
        The program of the first section.
        """
    @property
    def captured_bytes(self, /) -> int:
        """
        Octets of the packets that were captured.
        """
    @property
    def comments(self, /) -> list[str]:
        """
        Comments on sections.
        """
    @property
    def compression(self, /) -> str | None:
        """
        `gzip`, `zstd` or `lz4`.
        """
    @property
    def damage(self, /) -> str | None:
        """
        What is wrong with the file, if something is.
        """
    @property
    def dropped(self, /) -> int:
        """
        Packets that the file says were lost, frame by frame.
        """
    @property
    def file_bytes(self, /) -> int:
        """
        Octets of the file.
        """
    @property
    def first_ns(self, /) -> int | None:
        """
        The earliest time, in nanoseconds since 1970.
        """
    @property
    def format(self, /) -> str:
        """
        `pcap` or `pcapng`.
        """
    @property
    def frame_comments(self, /) -> int:
        """
        Comments on frames.
        """
    @property
    def frames(self, /) -> int:
        """
        How many frames there are.
        """
    @property
    def frames_without_time(self, /) -> int:
        """
        Frames without a time.
        """
    @property
    def hardware(self, /) -> str | None:
        """
        The hardware of the first section.
        """
    @property
    def in_time_order(self, /) -> bool:
        """
        Whether no frame has a time before that of the frame in front of it.
        """
    @property
    def interfaces(self, /) -> list[CaptureInterface]:
        """
        The interfaces, in the order of the file.
        """
    @property
    def last_ns(self, /) -> int | None:
        """
        The latest time, in nanoseconds since 1970.
        """
    @property
    def operating_system(self, /) -> str | None:
        """
        The operating system of the first section.
        """
    @property
    def original_bytes(self, /) -> int:
        """
        Octets of the packets on the wire.
        """
    @property
    def sections(self, /) -> int:
        """
        How many sections there are.
        """

@final
class CaptureIndex:
    """
    Where the frames of a capture are.
    """
    def __len__(self, /) -> int: ...
    def at(self, /, time_ns: SupportsIndex) -> CapturedFrame | None:
        """
        The first frame of the file that is not before this time; `None` if there is none.
        """
    def frame(self, /, number: SupportsIndex) -> CapturedFrame | None:
        """
        The frame of this number, from 1; `None` if there is none.
        """

@final
class CaptureInterface:
    """
    An interface that a capture describes.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def description(self, /) -> str | None:
        """
        What that host knows of it.
        """
    @property
    def dropped(self, /) -> int | None:
        """
        Packets that it dropped, if the capture says so.
        """
    @property
    def filter(self, /) -> str | None:
        """
        The capture filter.
        """
    @property
    def frames(self, /) -> int:
        """
        Frames of the interface.
        """
    @property
    def id(self, /) -> int:
        """
        The number within the section, from 0.
        """
    @property
    def link_type(self, /) -> str:
        """
        The link type by name, or its number as text.
        """
    @property
    def name(self, /) -> str | None:
        """
        The name on the capturing host.
        """
    @property
    def operating_system(self, /) -> str | None:
        """
        The operating system of that host.
        """
    @property
    def received(self, /) -> int | None:
        """
        Packets that the interface received, if the capture says so.
        """
    @property
    def section(self, /) -> int:
        """
        The section that describes it, from 1.
        """
    @property
    def snap_length(self, /) -> int:
        """
        Octets of a packet that were captured at most, as stated; 0 is no limit.
        """
    @property
    def tsresol(self, /) -> int:
        """
        The unit of the times: as an `if_tsresol` option writes it.
        """

@final
class CaptureWriter:
    """
    A capture file that is being written.
    """
    def __new__(cls, /, path: str | PathLike[str], settings: Incomplete) -> CaptureWriter: ...
    def add_interface(self, /, link_type: "str | int", name: str | None, description: str | None, snap_length: SupportsIndex, tsresol: SupportsIndex) -> int:
        """
        Describes an interface; gives its number.
        """
    def close(self, /) -> None:
        """
        Ends the file. Does nothing if that was done.
        """
    def flush(self, /) -> None:
        """
        Writes out what is held back.
        """
    @property
    def frames(self, /) -> int:
        """
        Packets written so far.
        """
    def write(self, /, data: bytes | bytearray, time_ns: SupportsIndex | None, interface: SupportsIndex, link_type: "str | int", original_length: SupportsIndex | None, comments: SupportsGetItem[int, str], flags: SupportsIndex | None) -> None:
        """
        Writes one packet.
        """
    def write_secrets(self, /, kind: SupportsIndex, data: bytes | bytearray) -> None:
        """
        Writes keys for decryption.
        """

@final
class CapturedFrame:
    """
    A frame of a capture: when and where it was seen, and the packet.
    """
    def __repr__(self, /) -> str: ...
    @property
    def comments(self, /) -> list[str]:
        """
        The comments on it.
        """
    @property
    def interface(self, /) -> int:
        """
        The interface within its section, from 0; always 0 in pcap.
        """
    @property
    def number(self, /) -> int:
        """
        The place in the capture, from 1, as Wireshark's `frame.number`.
        """
    @property
    def packet(self, /) -> Packet:
        """
        Its octets, parsed.
        """
    @property
    def section(self, /) -> int:
        """
        The section of the file, from 1; always 1 in pcap.
        """
    @property
    def time(self, /) -> datetime | None:
        """
        When it was captured, cut to microseconds; `None` where the file has no time.
        """
    @property
    def time_ns(self, /) -> int | None:
        """
        The same in nanoseconds since 1970-01-01T00:00:00Z.
        """

@final
class Change:
    """
    How one object differs from what it was.
    """
    def __repr__(self, /) -> str: ...
    @property
    def changed(self, /) -> list[str]:
        """
        The attributes that differ and count, when it changed.
        """
    @property
    def kind(self, /) -> str:
        """
        The kind of the object: `link`, `route`.
        """
    @property
    def new(self, /) -> Any | None:
        """
        What it is; `None` when it was removed.
        """
    @property
    def old(self, /) -> Any | None:
        """
        What it was; `None` when it was added.
        """
    @property
    def op(self, /) -> str:
        """
        What became of it: `added`, `changed` or `removed`.
        """
    def to_dict(self, /) -> "dict[str, object]":
        """
        All of it, in the form of the library's JSON.
        """

@final
class Checksum:
    """
    A checksum, and whether it is right.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def computed(self, /) -> int | None:
        """
        As it should be; `None` where that cannot be said, or none is needed.
        """
    @property
    def depth(self, /) -> int:
        """
        Tunnels around the packet.
        """
    @property
    def found(self, /) -> int:
        """
        As sent.
        """
    @property
    def layer(self, /) -> str:
        """
        Whose it is, in the words of Wireshark's `frame.protocols`.
        """
    @property
    def limit(self, /) -> str | None:
        """
        Who cut off octets that it covers, in the words of `Stop.limit`, where it is `unverifiable`.
        """
    @property
    def offset(self, /) -> int:
        """
        Octets from the start of the frame to the field.
        """
    @property
    def status(self, /) -> str:
        """
        `valid`, `invalid`, `offloaded` (as hosts leave it that let the device compute it), `absent`, or
        `unverifiable`.
        """

@final
class ClosingSockets:
    """
    Sockets of TCP and UDP in the order in which they are closed.
    """
    def close(self, /) -> None:
        """
        Tells no more, also while another thread waits.
        """
    @property
    def closed(self, /) -> bool:
        """
        Whether nothing is told any more.
        """
    @property
    def lost(self, /) -> int:
        """
        How often sockets were closed faster than they were read, so that some were not told.
        """
    def next(self, /, timeout: SupportsFloat | SupportsIndex | None) -> InetSocket | None:
        """
        The next socket that is closed; `None` when there is none within so many seconds, or nothing is told any more. Looks
        at signals ten times a second.
        """

@final
class Copied:
    """
    What became of the frames of captures that were converted or merged.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def damage(self, /) -> list[tuple[int, str]]:
        """
        Captures that are damaged or cut off, by their place among the sources, with what is wrong; what comes before
        that place was written.
        """
    @property
    def lost_blocks(self, /) -> int:
        """
        Blocks beside packets and interfaces, such as secrets and names, that it has no place for.
        """
    @property
    def lost_options(self, /) -> int:
        """
        Sets of comments and other options that the format of the file has no place for.
        """
    @property
    def lost_times(self, /) -> int:
        """
        Times that were cut to longer units, or that a frame does not have.
        """
    @property
    def read(self, /) -> int:
        """
        Frames that were read.
        """
    @property
    def written(self, /) -> int:
        """
        Frames that were written.
        """

@final
class Counters:
    """
    The counters of a namespace at one time.
    """
    def __getitem__(self, name: str, /) -> int:
        """
        The value of the counter of this name.
        """
    def __len__(self, /) -> int: ...
    def changes(self, /, earlier: Counters) -> list[tuple[str, int]]:
        """
        Name and growth of each counter that changed since `earlier`, of the same namespace.
        """
    def delta(self, /, earlier: Counters) -> Any:
        """
        What happened since `earlier`, as a dictionary.
        """
    def items(self, /) -> list[tuple[str, int]]:
        """
        Name and value of each, in the kernel's order.
        """
    @property
    def json(self, /) -> str:
        """
        The counters as the library's own JSON.
        """
    @property
    def notes(self, /) -> list[str]:
        """
        What could not be read within a source.
        """
    def table(self, /) -> Table:
        """
        The counters as a table.
        """
    @property
    def taken_at(self, /) -> datetime:
        """
        When reading began.
        """
    def to_dicts(self, /) -> Any:
        """
        One dictionary for each counter.
        """
    @property
    def unavailable(self, /) -> list[str]:
        """
        Sources that could not be read.
        """

@final
class CpuUse:
    """
    Processor time in percent of one processor over the test.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def system(self, /) -> float:
        """
        In the kernel.
        """
    @property
    def total(self, /) -> float:
        """
        User and system together.
        """
    @property
    def user(self, /) -> float:
        """
        In user space.
        """

@final
class DatagramReassembler:
    """
    Puts IP datagrams together from their fragments.

    `max_bytes` is the memory for fragments, `timeout` how many seconds of the packets' own time they are waited for,
    `overlap` says which of two overlapping fragments counts: `bsd`, `first`, `last`, `linux` or `reject`.
    """
    def __new__(cls, /, *, max_bytes: SupportsIndex = 4194304, timeout: SupportsFloat | SupportsIndex = 30.0, overlap: str = "bsd") -> DatagramReassembler: ...
    @property
    def counters(self, /) -> dict[str, int]:
        """
        What was done so far, by name: `fragments`, `completed`, `truncated`, `malformed`, `duplicates`, `overlaps`,
        `conflicts`, `rejected`, `expired`, `evicted`.
        """
    @property
    def pending(self, /) -> int:
        """
        Datagrams that fragments are missing of.
        """
    def push(self, /, packet: Packet, time: SupportsFloat | SupportsIndex | None = None) -> Packet | None:
        """
        Takes a packet, captured at `time` seconds; without times nothing expires. Returns the datagram that it completed,
        whose link type is `ipv4` or `ipv6`; it may be a fragment again, to be pushed, too.
        """

@final
class Dhcp:
    """
    A message of DHCP for IPv4, or of BOOTP. Octets of text beyond ASCII are those of Latin-1.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def boot_file(self, /) -> str:
        """
        The file to boot; empty without.
        """
    @property
    def broadcast(self, /) -> bool:
        """
        The client wants the answer by broadcast.
        """
    @property
    def client_address(self, /) -> IPv4Address:
        """
        The address that the client has and answers for; 0.0.0.0 where it has none.
        """
    @property
    def client_id(self, /) -> bytes | None:
        """
        What the client wants to be known by: a type of hardware and its octets.
        """
    @property
    def dns_servers(self, /) -> list[IPv4Address]:
        """
        The DNS servers, the preferred one first.
        """
    @property
    def domain_name(self, /) -> str | None:
        """
        The domain to search names in.
        """
    @property
    def hardware_address(self, /) -> bytes:
        """
        The client's hardware address.
        """
    @property
    def hardware_type(self, /) -> int:
        """
        Type of hardware: 1 is Ethernet.
        """
    @property
    def hops(self, /) -> int:
        """
        Relays that it passed.
        """
    @property
    def host_name(self, /) -> str | None:
        """
        The client's name.
        """
    @property
    def lease_time(self, /) -> int | None:
        """
        Seconds for which the address may be used; 4294967295 is for ever.
        """
    @property
    def mac_address(self, /) -> str | None:
        """
        The same as text, where it is one of Ethernet.
        """
    @property
    def message(self, /) -> str | None:
        """
        Why a server refuses, or a client declines.
        """
    @property
    def message_type(self, /) -> str | None:
        """
        What is asked or answered, such as `DISCOVER` or `ACK`; `None` in BOOTP.
        """
    @property
    def next_server(self, /) -> IPv4Address:
        """
        The server to boot from next.
        """
    @property
    def operation(self, /) -> int:
        """
        Who speaks: 1 a client, 2 a server.
        """
    @property
    def options(self, /) -> list[DhcpOption]:
        """
        All options but padding and end, up to the first that cannot be read.
        """
    @property
    def parameter_list(self, /) -> list[int]:
        """
        Numbers of the options that the client wants.
        """
    @property
    def rebinding_time(self, /) -> int | None:
        """
        Seconds until the client asks any server (T2).
        """
    @property
    def relay_address(self, /) -> IPv4Address:
        """
        The first relay; 0.0.0.0 without.
        """
    @property
    def relay_agent(self, /) -> list[DhcpSubOption]:
        """
        What relays say, up to the first that cannot be read.
        """
    @property
    def renewal_time(self, /) -> int | None:
        """
        Seconds until the client asks its server again (T1).
        """
    @property
    def requested_address(self, /) -> IPv4Address | None:
        """
        The address that the client asks for.
        """
    @property
    def routers(self, /) -> list[IPv4Address]:
        """
        The routers, the preferred one first.
        """
    @property
    def seconds(self, /) -> int:
        """
        Seconds since the client began.
        """
    @property
    def server_id(self, /) -> IPv4Address | None:
        """
        The server that speaks, or that the client chose.
        """
    @property
    def server_name(self, /) -> str:
        """
        The server's name; empty where it gives none.
        """
    @property
    def stop(self, /) -> Stop | None:
        """
        Where and why the options ended early; offsets count from the start of the message.
        """
    @property
    def subnet_mask(self, /) -> IPv4Address | None:
        """
        The network's mask.
        """
    @property
    def transaction_id(self, /) -> int:
        """
        The transaction identifier.
        """
    @property
    def vendor_class(self, /) -> str | None:
        """
        What the client says it is.
        """
    @property
    def your_address(self, /) -> IPv4Address:
        """
        The address that the client gets.
        """

@final
class DhcpOption:
    """
    An option of DHCP.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def code(self, /) -> int:
        """
        Its number.
        """
    @property
    def data(self, /) -> bytes:
        """
        The data as they were sent.
        """
    @property
    def name(self, /) -> str | None:
        """
        Its name in dhcp-options(5), such as `dhcp-lease-time`; `None` for others.
        """
    @property
    def text(self, /) -> str | None:
        """
        What it says; `None` where that contradicts its format.
        """

@final
class DhcpSubOption:
    """
    What a relay of DHCP says.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def code(self, /) -> int:
        """
        Its number.
        """
    @property
    def data(self, /) -> bytes:
        """
        The data as they were sent.
        """
    @property
    def name(self, /) -> str | None:
        """
        Its name, such as `circuit-id`; `None` for others.
        """

@final
class Dhcpv6:
    """
    The header of a message of DHCP for IPv6, whose options are not entered.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def message_type(self, /) -> int:
        """
        The type's number.
        """
    @property
    def name(self, /) -> str | None:
        """
        The type in tcpdump's words, such as `solicit`; `None` for others.
        """
    @property
    def transaction_id(self, /) -> int | None:
        """
        The transaction identifier; what relays forward has none.
        """

@final
class Dns:
    """
    A DNS message.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def answer_count(self, /) -> int:
        """
        Answer records that the header states.
        """
    @property
    def answers(self, /) -> list[str]:
        """
        Addresses and names of the answer section, as far as they can be read.
        """
    @property
    def authentic_data(self, /) -> bool:
        """
        The server validated the data (DNSSEC).
        """
    @property
    def authoritative(self, /) -> bool:
        """
        The responder is an authority for the name.
        """
    @property
    def checking_disabled(self, /) -> bool:
        """
        The client wants no validation.
        """
    @property
    def edns(self, /) -> Edns | None:
        """
        What the sender says by EDNS.
        """
    @property
    def id(self, /) -> int:
        """
        Transaction identifier.
        """
    @property
    def is_response(self, /) -> bool:
        """
        Whether this is a response.
        """
    @property
    def opcode(self, /) -> int:
        """
        Kind of query: 0 standard.
        """
    @property
    def questions(self, /) -> list[Question]:
        """
        The questions, up to the first that cannot be read.
        """
    @property
    def records(self, /) -> list[DnsRecord]:
        """
        The records of all sections but EDNS, up to the first that cannot be read.
        """
    @property
    def recursion_available(self, /) -> bool:
        """
        The server offers recursion.
        """
    @property
    def recursion_desired(self, /) -> bool:
        """
        The client asks for recursion.
        """
    @property
    def response_code(self, /) -> str:
        """
        Response code, such as `NOERROR` or `NXDOMAIN`, with the bits that EDNS adds.
        """
    @property
    def stop(self, /) -> Stop | None:
        """
        Where and why the message ended early; offsets count from its start.
        """
    @property
    def truncated(self, /) -> bool:
        """
        The message did not fit and was cut by its sender.
        """

@final
class DnsRecord:
    """
    A DNS record.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def data(self, /) -> bytes:
        """
        The data as they were sent.
        """
    @property
    def name(self, /) -> str:
        """
        The name in presentation format without a final dot.
        """
    @property
    def record_class(self, /) -> int:
        """
        The class: 1 is Internet; in multicast DNS the highest bit says that this replaces what was known.
        """
    @property
    def record_type(self, /) -> str:
        """
        The type, such as `A`.
        """
    @property
    def section(self, /) -> str:
        """
        `answer`, `authority` or `additional`.
        """
    @property
    def ttl(self, /) -> int:
        """
        Time to live in seconds.
        """
    @property
    def value(self, /) -> str | None:
        """
        The data in presentation format, such as `10 mx.example.com`; `None` where they contradict the type.
        """

@final
class Edns:
    """
    What a DNS message says by EDNS.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def dnssec_ok(self, /) -> bool:
        """
        The sender wants records of DNSSEC.
        """
    @property
    def options(self, /) -> list[EdnsOption]:
        """
        The options, up to the first that cannot be read.
        """
    @property
    def payload_size(self, /) -> int:
        """
        Octets of a UDP payload that the sender can take.
        """
    @property
    def version(self, /) -> int:
        """
        The version, 0.
        """

@final
class EdnsOption:
    """
    An option of EDNS.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def code(self, /) -> int:
        """
        Its number.
        """
    @property
    def data(self, /) -> bytes:
        """
        The data as they were sent.
        """
    @property
    def name(self, /) -> str | None:
        """
        `NSID`, `ECS`, `COOKIE`, `KEEPALIVE`, `PADDING`, `EDE`; `None` for others.
        """
    @property
    def text(self, /) -> str | None:
        """
        What it says, such as `192.0.2.0/24/0`, or `18 (Prohibited)`; `None` where it contradicts its format.
        """

@final
class Ethernet:
    """
    The MAC header of a frame.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def destination(self, /) -> str:
        """
        Destination address, such as `02:00:00:00:00:01`.
        """
    @property
    def ether_type(self, /) -> int:
        """
        EtherType; below 1536 the length of an IEEE 802.3 frame.
        """
    @property
    def source(self, /) -> str:
        """
        Source address.
        """

@final
class Event:
    """
    One thing that a watch tells.
    """
    def __repr__(self, /) -> str: ...
    @property
    def change(self, /) -> Change | None:
        """
        The change, if it is one.
        """
    @property
    def event(self, /) -> str:
        """
        What it says: `change`; `resync_begin` and `resync_end` around what is told after changes were lost;
        `listing_failed` when something could not be listed.
        """
    @property
    def gap(self, /) -> float | None:
        """
        For how many seconds the state was not true, of `resync_end`.
        """
    @property
    def reason(self, /) -> str | None:
        """
        Why changes were lost, of `resync_begin`: `overrun`, `truncated`, `malformed`; what went wrong, of
        `listing_failed`.
        """
    @property
    def seq(self, /) -> int:
        """
        Its number, from 1 without gaps.
        """
    @property
    def source(self, /) -> str:
        """
        How it is known: `event`, the kernel told it; by comparison, `resync` at the beginning or after a loss, `inferred`
        where the kernel tells nothing.
        """
    @property
    def time(self, /) -> datetime:
        """
        When it was read.
        """
    def to_dict(self, /) -> "dict[str, object]":
        """
        All of it, in the form of the library's JSON.
        """

@final
class Evidence:
    """
    A number that speaks for a limit.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def at_least(self, /) -> float | None:
        """
        What it reached, if it was held against this.
        """
    @property
    def at_most(self, /) -> float | None:
        """
        What it stayed below, if it was held against this.
        """
    @property
    def text(self, /) -> str:
        """
        All of it in words.
        """
    @property
    def unit(self, /) -> str:
        """
        What the value counts.
        """
    @property
    def value(self, /) -> float:
        """
        How much.
        """
    @property
    def what(self, /) -> str:
        """
        What was measured.
        """

@final
class FdbEntry:
    """
    An entry of a forwarding database.
    """
    def __eq__(self, other: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def activity_notify(self, /) -> int | None:
        """
        `FDB_NOTIFY_*`: what is told of activity.
        """
    @property
    def cacheinfo(self, /) -> Any | None:
        """
        Ages.
        """
    @property
    def dst(self, /) -> IPv4Address | IPv6Address | None:
        """
        The other end of a tunnel.
        """
    @property
    def ext_flags(self, /) -> list[str]:
        """
        Further properties.
        """
    @property
    def flags(self, /) -> list[str]:
        """
        Properties.
        """
    @property
    def ifindex(self, /) -> int:
        """
        The port, or the tunnel.
        """
    @property
    def link_netnsid(self, /) -> int | None:
        """
        The namespace of that link, by this namespace's number.
        """
    @property
    def mac(self, /) -> str | None:
        """
        The address.
        """
    @property
    def master(self, /) -> int | None:
        """
        The bridge.
        """
    @property
    def nhid(self, /) -> int | None:
        """
        The next hop object in place of an address.
        """
    @property
    def notes(self, /) -> list[str]:
        """
        Attributes that could not be read.
        """
    @property
    def port(self, /) -> int | None:
        """
        Its UDP port.
        """
    @property
    def protocol(self, /) -> str | None:
        """
        Who made it.
        """
    @property
    def src_vni(self, /) -> int | None:
        """
        VXLAN network identifier of what is received.
        """
    @property
    def state(self, /) -> list[str]:
        """
        State: permanent, static (`NOARP`), stale, or learned (`REACHABLE`).
        """
    def to_dict(self, /) -> "dict[str, object]":
        """
        All attributes, in the form of the library's JSON.
        """
    @property
    def via(self, /) -> int | None:
        """
        The link that the tunnel's packets leave by.
        """
    @property
    def vlan(self, /) -> int | None:
        """
        VLAN identifier; 0 or `None` is none.
        """
    @property
    def vni(self, /) -> int | None:
        """
        VXLAN network identifier for what is sent.
        """

@final
class FollowedCapture:
    """
    A capture that grows.
    """
    def __new__(cls, /, path: str | PathLike[str], timeout: SupportsFloat | SupportsIndex | None) -> FollowedCapture:
        """
        Opens a capture that another program writes, and waits so many seconds for its header, without a number for ever.
        """
    def close(self, /) -> None:
        """
        Ends it, also while another thread waits.
        """
    @property
    def closed(self, /) -> bool:
        """
        Whether it was closed.
        """
    def next(self, /, timeout: SupportsFloat | SupportsIndex | None) -> CapturedFrame | None:
        """
        The next frame; `None` when there is none within so many seconds, or the capture was closed. Looks at signals ten
        times a second.
        """

@disjoint_base
class FrameSelector:
    """
    Frames of a capture: of these numbers, and all of these flows.
    """
    def __new__(cls, /, capture: Capture, report: Report | None, numbers: SupportsGetItem[int, SupportsIndex], flow_ids: SupportsGetItem[int, SupportsIndex]) -> FrameSelector: ...
    def iterate(self, /) -> SelectedFrames:
        """
        The frames one by one.
        """
    def write(self, /, path: str | PathLike[str]) -> int:
        """
        Writes them to a capture file, and gives their number. Never overwrites the capture that they are from.
        """

@final
class Http:
    """
    The head of an HTTP/1 message, as far as it is there. Octets beyond ASCII are those of Latin-1.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def body(self, /) -> str:
        """
        What follows: `none`, `length`, `chunked`, `until_close`, or `ambiguous`.
        """
    @property
    def closes(self, /) -> bool:
        """
        Whether the connection ends after this message.
        """
    @property
    def content_length(self, /) -> int | None:
        """
        Octets that follow, where the body is `length`.
        """
    @property
    def fields(self, /) -> list[tuple[str, str]]:
        """
        Names and values of the header fields.
        """
    @property
    def is_response(self, /) -> bool:
        """
        Whether this is a response.
        """
    @property
    def method(self, /) -> str | None:
        """
        Of a request: such as `GET`.
        """
    @property
    def reason(self, /) -> str | None:
        """
        Of a response: what it says to humans.
        """
    @property
    def status(self, /) -> int | None:
        """
        Of a response: such as 200.
        """
    @property
    def stop(self, /) -> Stop | None:
        """
        Where and why the head ended early; offsets count from the start of the segment's data.
        """
    @property
    def target(self, /) -> str | None:
        """
        Of a request: mostly a path with a query.
        """
    @property
    def version(self, /) -> str | None:
        """
        Such as `HTTP/1.1`; `None` where the line ends before it.
        """

@final
class Icmp:
    """
    The fixed part of an ICMP message.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def checksum(self, /) -> int:
        """
        Checksum as sent.
        """
    @property
    def code(self, /) -> int:
        """
        Code, whose meaning depends on the type.
        """
    @property
    def identifier(self, /) -> int:
        """
        Identifier of an echo message.
        """
    @property
    def ip_version(self, /) -> int:
        """
        4 for ICMP, 6 for ICMPv6.
        """
    @property
    def message_type(self, /) -> int:
        """
        Message type.
        """
    @property
    def sequence_number(self, /) -> int:
        """
        Sequence number of an echo message.
        """

@final
class IcmpExtensions:
    """
    What a router adds to an ICMP error (RFC 4884).
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def checksum(self, /) -> int:
        """
        Checksum as sent; 0 for none.
        """
    @property
    def checksum_status(self, /) -> str:
        """
        `valid`, `invalid`, `absent`, or `unverifiable`.
        """
    @property
    def objects(self, /) -> list[IcmpObject]:
        """
        The objects, up to the first that cannot be read.
        """
    @property
    def stop(self, /) -> Stop | None:
        """
        Where and why the objects ended early; offsets count from the start of the frame.
        """
    @property
    def version(self, /) -> int:
        """
        The version, 2.
        """

@final
class IcmpInterface:
    """
    An interface of the router that sent an ICMP error, as far as it tells.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def address(self, /) -> IPv4Address | IPv6Address | None:
        """
        Its address, or the next hop's.
        """
    @property
    def index(self, /) -> int | None:
        """
        Number of the interface.
        """
    @property
    def mtu(self, /) -> int | None:
        """
        Its MTU in octets.
        """
    @property
    def name(self, /) -> str | None:
        """
        Its name; octets beyond ASCII are those of Latin-1.
        """
    @property
    def role(self, /) -> str:
        """
        `incoming`, `incoming sub-ip`, `outgoing`, or `next hop`.
        """

@final
class IcmpObject:
    """
    An object of the extensions of an ICMP error.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def class_number(self, /) -> int:
        """
        What it is about: 1 MPLS, 2 an interface, 3 an interface that is asked for.
        """
    @property
    def class_type(self, /) -> int:
        """
        The class's own type (C-Type).
        """
    @property
    def data(self, /) -> bytes:
        """
        The data as they were sent.
        """
    @property
    def interface(self, /) -> IcmpInterface | None:
        """
        An interface of the router (RFC 5837).
        """
    @property
    def labels(self, /) -> list[MplsLabel]:
        """
        The labels with which the packet came (RFC 4950), outermost first; of other classes none.
        """

@final
class InetSocket:
    """
    An internet socket.

    `None` means that the kernel did not send the attribute, as it was not asked for or the socket has none.
    """
    def __eq__(self, other: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def bbr(self, /) -> Any | None:
        """
        Of BBR.
        """
    @property
    def cgroup_id(self, /) -> int | None:
        """
        Number of the control group, the inode of its directory in cgroup2.
        """
    @property
    def class_id(self, /) -> int | None:
        """
        Class of net_cls or priority.
        """
    @property
    def congestion(self, /) -> str | None:
        """
        Congestion control algorithm.
        """
    @property
    def cookie(self, /) -> int:
        """
        What tells the socket from all others until the next boot.
        """
    @property
    def dctcp(self, /) -> Any | None:
        """
        Of DCTCP.
        """
    @property
    def destination(self, /) -> IPv4Address | IPv6Address:
        """
        The other end's address.
        """
    @property
    def destination_port(self, /) -> int:
        """
        The other end's port.
        """
    @property
    def family(self, /) -> str:
        """
        IPv4 or IPv6.
        """
    @property
    def ifindex(self, /) -> int:
        """
        The link that the socket is bound to; 0 is none.
        """
    @property
    def inode(self, /) -> int:
        """
        Inode of its file; 0 where no file is open, as in TIME-WAIT.
        """
    @property
    def mark(self, /) -> int | None:
        """
        Firewall mark; told to who has `CAP_NET_ADMIN`.
        """
    @property
    def md5(self, /) -> list[Any]:
        """
        Peers with keys for MD5 signatures; told to who has `CAP_NET_ADMIN`.
        """
    @property
    def notes(self, /) -> list[str]:
        """
        Attributes that could not be read.
        """
    @property
    def owners(self, /) -> list[Any]:
        """
        Who holds the socket; filled in by `Owners::assign`.
        """
    @property
    def protocol(self, /) -> str:
        """
        The protocol.
        """
    @property
    def rqueue(self, /) -> int:
        """
        Octets received and not read; of a listener, connections that wait to be accepted.
        """
    @property
    def shutdown(self, /) -> int | None:
        """
        Directions that are shut down: 1 receiving, 2 sending.
        """
    @property
    def skmem(self, /) -> Any | None:
        """
        Memory.
        """
    @property
    def sockopt(self, /) -> list[str] | None:
        """
        Options.
        """
    @property
    def source(self, /) -> IPv4Address | IPv6Address:
        """
        This end's address.
        """
    @property
    def source_port(self, /) -> int:
        """
        This end's port; of a raw socket, the IP protocol.
        """
    @property
    def state(self, /) -> str:
        """
        State; of protocols without states, ESTAB where it is connected, else UNCONN.
        """
    @property
    def tclass(self, /) -> int | None:
        """
        Traffic class of what is sent over IPv6.
        """
    @property
    def tcp_info(self, /) -> Any | None:
        """
        What TCP knows.
        """
    @property
    def timer(self, /) -> Any | None:
        """
        The timer that runs.
        """
    def to_dict(self, /) -> "dict[str, object]":
        """
        All attributes, in the form of the library's JSON.
        """
    @property
    def tos(self, /) -> int | None:
        """
        Type of service of what is sent.
        """
    @property
    def uid(self, /) -> int:
        """
        The user who made it.
        """
    @property
    def ulp(self, /) -> Any | None:
        """
        Upper layer protocol.
        """
    @property
    def v6only(self, /) -> bool | None:
        """
        Whether an IPv6 socket refuses IPv4.
        """
    @property
    def vegas(self, /) -> Any | None:
        """
        Of TCP Vegas.
        """
    @property
    def wqueue(self, /) -> int:
        """
        Octets sent and not acknowledged; of a listener, most connections that may wait.
        """

@final
class Interface:
    """
    A network interface. Attributes have iproute2's names; `None` means that the kernel did not tell.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def address(self, /) -> str | None:
        """
        Link-layer address.
        """
    @property
    def addresses(self, /) -> list[InterfaceAddress]:
        """
        IP addresses, IPv4 before IPv6.
        """
    @property
    def altnames(self, /) -> list[str]:
        """
        Other names.
        """
    @property
    def broadcast(self, /) -> str | None:
        """
        Link-layer broadcast address, or that of the other end of a point-to-point link.
        """
    @property
    def flags(self, /) -> list[str]:
        """
        Names of the flags that are set, such as `UP`, in the kernel's order.
        """
    @property
    def ifalias(self, /) -> str | None:
        """
        A description for people.
        """
    @property
    def ifindex(self, /) -> int:
        """
        The number by which everything else in the namespace refers to it.
        """
    @property
    def ifname(self, /) -> str:
        """
        The name; octets that are not UTF-8 are shown as U+FFFD.
        """
    @property
    def kind(self, /) -> str | None:
        """
        The kind of virtual device, such as `veth`.
        """
    @property
    def link_type(self, /) -> str:
        """
        The kind of link layer, such as `ether`.
        """
    @property
    def master(self, /) -> str | None:
        """
        The bridge, bond or VRF that it is a port of.
        """
    @property
    def mtu(self, /) -> int | None:
        """
        Largest packet in octets.
        """
    @property
    def operstate(self, /) -> str | None:
        """
        Operational state, such as `UP`.
        """
    @property
    def qdisc(self, /) -> str | None:
        """
        The root queueing discipline.
        """

@final
class InterfaceAddress:
    """
    An IP address of an interface. Attributes have iproute2's names.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def address(self, /) -> IPv4Address | IPv6Address | None:
        """
        The other end of a point-to-point link.
        """
    @property
    def broadcast(self, /) -> IPv4Address | IPv6Address | None:
        """
        IPv4 broadcast address.
        """
    @property
    def flags(self, /) -> list[str]:
        """
        Names of the flags that are set, such as `permanent`.
        """
    @property
    def label(self, /) -> str | None:
        """
        IPv4 label.
        """
    @property
    def local(self, /) -> IPv4Address | IPv6Address | None:
        """
        The interface's own address.
        """
    @property
    def preferred_life_time(self, /) -> float | None:
        """
        Seconds for which new connections may use it; `None` for ever.
        """
    @property
    def prefixlen(self, /) -> int:
        """
        Length of the prefix in bits.
        """
    @property
    def scope(self, /) -> str:
        """
        How far it is valid: `global`, `link`, `host`, or a number.
        """
    @property
    def valid_life_time(self, /) -> float | None:
        """
        Seconds for which it is valid; `None` for ever.
        """

@final
class Ipv4:
    """
    An IPv4 header.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def checksum(self, /) -> int:
        """
        Header checksum as sent.
        """
    @property
    def destination(self, /) -> IPv4Address:
        """
        Destination address.
        """
    @property
    def dont_fragment(self, /) -> bool:
        """
        Don't fragment.
        """
    @property
    def dscp(self, /) -> int:
        """
        Differentiated services code point, 0 to 63.
        """
    @property
    def ecn(self, /) -> int:
        """
        Explicit congestion notification, 0 to 3.
        """
    @property
    def fragment_offset(self, /) -> int:
        """
        Fragment offset in units of eight octets.
        """
    @property
    def header_length(self, /) -> int:
        """
        Octets of the header.
        """
    @property
    def identification(self, /) -> int:
        """
        Identification of the datagram.
        """
    @property
    def more_fragments(self, /) -> bool:
        """
        More fragments follow.
        """
    @property
    def protocol(self, /) -> int:
        """
        Number of the protocol of the payload.
        """
    @property
    def source(self, /) -> IPv4Address:
        """
        Source address.
        """
    @property
    def time_to_live(self, /) -> int:
        """
        Time to live.
        """
    @property
    def total_length(self, /) -> int:
        """
        Octets of header and payload as the header states them.
        """

@final
class Ipv6:
    """
    An IPv6 header.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def destination(self, /) -> IPv6Address:
        """
        Destination address.
        """
    @property
    def dscp(self, /) -> int:
        """
        Differentiated services code point, 0 to 63.
        """
    @property
    def ecn(self, /) -> int:
        """
        Explicit congestion notification, 0 to 3.
        """
    @property
    def flow_label(self, /) -> int:
        """
        Flow label, 20 bits.
        """
    @property
    def hop_limit(self, /) -> int:
        """
        Hop limit.
        """
    @property
    def next_header(self, /) -> int:
        """
        Number of the extension header or protocol that follows.
        """
    @property
    def payload_length(self, /) -> int:
        """
        Octets behind this header as it states them.
        """
    @property
    def source(self, /) -> IPv6Address:
        """
        Source address.
        """

@final
class Layer:
    """
    One header: which layer it is and where its octets are.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def depth(self, /) -> int:
        """
        Tunnels around it.
        """
    @property
    def length(self, /) -> int:
        """
        Octets of the header, as far as they were captured.
        """
    @property
    def name(self, /) -> str:
        """
        Name in the words of Wireshark's `frame.protocols`, such as `eth`, `ip`, `tcp`.
        """
    @property
    def offset(self, /) -> int:
        """
        Octets from the start of the frame to the header.
        """

@final
class Limitation:
    """
    A limit with what speaks for it.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def confidence(self, /) -> float:
        """
        From 0 to 1: how sure that is.
        """
    @property
    def evidence(self, /) -> list[Evidence]:
        """
        The numbers.
        """
    @property
    def limit(self, /) -> str:
        """
        A word for programs, such as `receive_window`; `machine` if nothing else limits.
        """
    @property
    def name(self, /) -> str:
        """
        The same for people.
        """

@final
class Link:
    """
    A network interface.

    Fields are the kernel's attributes in iproute2's words; `None` means that the kernel did not send the attribute.
    """
    def __eq__(self, other: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def address(self, /) -> str | None:
        """
        Link-layer address.
        """
    @property
    def allmulti(self, /) -> int | None:
        """
        How many users want all multicast frames.
        """
    @property
    def altnames(self, /) -> list[str]:
        """
        Other names, which may be longer than 15 octets.
        """
    @property
    def broadcast(self, /) -> str | None:
        """
        Link-layer broadcast address or, on a point-to-point link, that of the other end.
        """
    @property
    def carrier(self, /) -> bool | None:
        """
        Whether the driver sees a carrier.
        """
    @property
    def carrier_changes(self, /) -> int | None:
        """
        How often the carrier came or went.
        """
    @property
    def carrier_down_count(self, /) -> int | None:
        """
        How often the carrier went.
        """
    @property
    def carrier_up_count(self, /) -> int | None:
        """
        How often the carrier came.
        """
    @property
    def devlink_port(self, /) -> Any | None:
        """
        The port of the device behind the link, as devlink names it.
        """
    @property
    def dpll_pin(self, /) -> int | None:
        """
        The pin of a digital phase-locked loop that the link's clock comes from.
        """
    @property
    def flags(self, /) -> list[str]:
        """
        State and abilities.
        """
    @property
    def gro_ipv4_max_size(self, /) -> int | None:
        """
        The same as `gro_max_size` for IPv4.
        """
    @property
    def gro_max_size(self, /) -> int | None:
        """
        Largest packet that generic receive offload makes.
        """
    @property
    def group(self, /) -> int | None:
        """
        Device group.
        """
    @property
    def gso_ipv4_max_size(self, /) -> int | None:
        """
        The same as `gso_max_size` for IPv4.
        """
    @property
    def gso_max_segs(self, /) -> int | None:
        """
        Most segments of one.
        """
    @property
    def gso_max_size(self, /) -> int | None:
        """
        Largest generic segmentation offload packet in octets.
        """
    @property
    def headroom(self, /) -> int | None:
        """
        Octets that the driver wants free before a packet.
        """
    @property
    def ifalias(self, /) -> str | None:
        """
        A description for people, any octets.
        """
    @property
    def ifindex(self, /) -> int:
        """
        The number by which everything else in the namespace refers to the link.
        """
    @property
    def ifname(self, /) -> str:
        """
        The name.
        """
    @property
    def inet6(self, /) -> Any | None:
        """
        The link in IPv6.
        """
    @property
    def inet6_addr_gen_mode(self, /) -> int | None:
        """
        How IPv6 makes link-local addresses (`IN6_ADDR_GEN_MODE_*`).
        """
    @property
    def inet_conf(self, /) -> Any | None:
        """
        How IPv4 treats the link.
        """
    @property
    def link_index(self, /) -> int | None:
        """
        Index of the link below, or of the peer; 0 for a tunnel that is bound to none.
        """
    @property
    def link_netns(self, /) -> str | None:
        """
        The name under `/run/netns` of that namespace, if it has one.
        """
    @property
    def link_netnsid(self, /) -> int | None:
        """
        The namespace in which `link_index` counts, by this namespace's number for it; -1 if it has none.
        """
    @property
    def link_type(self, /) -> str:
        """
        The kind of link layer.
        """
    @property
    def linkinfo(self, /) -> Any | None:
        """
        The kind of virtual device, with its settings.
        """
    @property
    def linkmode(self, /) -> str | None:
        """
        What the state becomes when the carrier comes.
        """
    @property
    def master(self, /) -> int | None:
        """
        Index of the bridge, bond or VRF that this link is a port of.
        """
    @property
    def max_mtu(self, /) -> int | None:
        """
        Largest MTU that the driver accepts; 0 is no limit.
        """
    @property
    def max_pacing_offload_horizon(self, /) -> int | None:
        """
        How far ahead the hardware can be told when to send, in nanoseconds.
        """
    @property
    def min_mtu(self, /) -> int | None:
        """
        Smallest MTU that the driver accepts.
        """
    @property
    def mtu(self, /) -> int | None:
        """
        Largest packet in octets.
        """
    @property
    def netns_immutable(self, /) -> bool | None:
        """
        Cannot be moved to another namespace.
        """
    @property
    def notes(self, /) -> list[str]:
        """
        Attributes that could not be read.
        """
    @property
    def num_rx_queues(self, /) -> int | None:
        """
        Receive queues.
        """
    @property
    def num_tx_queues(self, /) -> int | None:
        """
        Transmit queues.
        """
    @property
    def num_vf(self, /) -> int | None:
        """
        How many SR-IOV virtual functions there are.
        """
    @property
    def operstate(self, /) -> str | None:
        """
        Operational state.
        """
    @property
    def parentbus(self, /) -> str | None:
        """
        The bus of the device behind the link.
        """
    @property
    def parentdev(self, /) -> str | None:
        """
        The device behind the link.
        """
    @property
    def permaddr(self, /) -> str | None:
        """
        The address that the hardware was made with.
        """
    @property
    def phys_port_id(self, /) -> Any | None:
        """
        The port's identity on the device.
        """
    @property
    def phys_port_name(self, /) -> str | None:
        """
        The port's name on the device.
        """
    @property
    def phys_switch_id(self, /) -> Any | None:
        """
        The identity of the switch that the port belongs to.
        """
    @property
    def promiscuity(self, /) -> int | None:
        """
        How many users want all frames.
        """
    @property
    def proto_down(self, /) -> bool | None:
        """
        Held down by a protocol such as MLAG.
        """
    @property
    def proto_down_reason(self, /) -> int | None:
        """
        Why it is held down, a bit each.
        """
    @property
    def qdisc(self, /) -> str | None:
        """
        The root queueing discipline.
        """
    @property
    def stats64(self, /) -> Any | None:
        """
        Counters.
        """
    @property
    def tailroom(self, /) -> int | None:
        """
        Octets that the driver wants free behind it.
        """
    def to_dict(self, /) -> "dict[str, object]":
        """
        All attributes, in the form of the library's JSON.
        """
    @property
    def tso_max_segs(self, /) -> int | None:
        """
        Most segments of one.
        """
    @property
    def tso_max_size(self, /) -> int | None:
        """
        Largest packet that the hardware segments.
        """
    @property
    def txqlen(self, /) -> int | None:
        """
        Length of the transmit queue in packets.
        """
    @property
    def vfinfo_list(self, /) -> list[Any]:
        """
        The virtual functions, where the filter asks for them.
        """
    @property
    def xdp_attached(self, /) -> int | None:
        """
        How an XDP program is attached (`XDP_ATTACHED_*`); 0 is not at all.
        """
    @property
    def xdp_drv_prog_id(self, /) -> int | None:
        """
        The number of the program in the driver.
        """
    @property
    def xdp_hw_prog_id(self, /) -> int | None:
        """
        The number of the program in the hardware.
        """
    @property
    def xdp_prog_id(self, /) -> int | None:
        """
        The number of that program.
        """
    @property
    def xdp_skb_prog_id(self, /) -> int | None:
        """
        The number of the program in the generic hook.
        """

@final
class Listing:
    """
    Objects of one kind, of one namespace, at one time.
    """
    def __getitem__(self, index: SupportsIndex, /) -> Any:
        """
        The object at `index`, which may count from the end.
        """
    def __len__(self, /) -> int: ...
    @property
    def consistency(self, /) -> str:
        """
        What the kernel promises: `atomic`, `checked` or `best_effort`.
        """
    @property
    def interrupted(self, /) -> bool:
        """
        Whether even the last attempt was interrupted by a change.
        """
    @property
    def json(self, /) -> str:
        """
        The listing as the library's own JSON.
        """
    @property
    def kind(self, /) -> str:
        """
        The kind: `link`, `route`.
        """
    @property
    def namespace(self, /) -> tuple[int, int]:
        """
        Device and inode of the namespace.
        """
    @property
    def notes(self, /) -> list[str]:
        """
        What could not be read.
        """
    @property
    def retries(self, /) -> int:
        """
        How many times it was begun again.
        """
    def table(self, /) -> Table:
        """
        The listing as a table. Names of links are asked for at the first call.
        """
    @property
    def taken_at(self, /) -> datetime:
        """
        When it was taken.
        """
    def to_dicts(self, /) -> Any:
        """
        One dictionary for each object, in the form of [`json`](Self::json).
        """
    @property
    def unreadable_processes(self, /) -> int:
        """
        How many processes could not be looked into.
        """
    @property
    def unreadable_reason(self, /) -> str | None:
        """
        Why they could not.
        """

@final
class Moved:
    """
    What was sent, or received.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def bits_per_second(self, /) -> float:
        """
        Payload rate.
        """
    @property
    def bytes(self, /) -> int:
        """
        Payload octets.
        """
    @property
    def jitter(self, /) -> float | None:
        """
        How much the time that datagrams take varies (RFC 1889, A.8), in seconds.
        """
    @property
    def lost(self, /) -> int | None:
        """
        Datagrams that the receiver misses.
        """
    @property
    def lost_percent(self, /) -> float | None:
        """
        Their share in percent.
        """
    @property
    def out_of_order(self, /) -> int | None:
        """
        Datagrams that came after one that was sent later.
        """
    @property
    def packets(self, /) -> int | None:
        """
        Datagrams sent or, by the receiver, those it knows of; `None` of TCP, as what follows.
        """
    @property
    def retransmits(self, /) -> int | None:
        """
        TCP segments sent again; `None` where nobody tells.
        """
    @property
    def seconds(self, /) -> float:
        """
        In what time.
        """

@final
class MplsLabel:
    """
    A label of MPLS.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def is_bottom(self, /) -> bool:
        """
        Whether this is the last label.
        """
    @property
    def label(self, /) -> int:
        """
        The label, 20 bits.
        """
    @property
    def time_to_live(self, /) -> int:
        """
        Time to live.
        """
    @property
    def traffic_class(self, /) -> int:
        """
        Traffic class, 0 to 7.
        """

@final
class Namespace:
    """
    A network namespace of the host, and by what it was found.
    """
    def __repr__(self, /) -> str:
        """
        With the lowest of its processes' numbers.
        """
    @property
    def bind_mounts(self, /) -> Any:
        """
        Files that it is bound to, in any mount namespace: a dictionary each.
        """
    @property
    def containers(self, /) -> list[str]:
        """
        The containers of its processes.
        """
    @property
    def cookie(self, /) -> int | None:
        """
        The number that no other namespace has until the kernel restarts; `None` where it may not be asked.
        """
    @property
    def descriptors(self, /) -> Any:
        """
        Descriptors that other processes have of it: a dictionary each.
        """
    @property
    def id(self, /) -> tuple[int, int]:
        """
        Device and inode of its file.
        """
    @property
    def is_current(self, /) -> bool:
        """
        Whether it is the caller's own.
        """
    @property
    def names(self, /) -> list[str]:
        """
        Names under `/run/netns`.
        """
    @property
    def nsid(self, /) -> int | None:
        """
        The number by which the caller's namespace knows it, if it has one and may be asked for.
        """
    @property
    def pid(self, /) -> int | None:
        """
        The lowest number of its processes; `None` if it has none.
        """
    @property
    def pids(self, /) -> list[int]:
        """
        The numbers of its processes.
        """
    @property
    def processes(self, /) -> Any:
        """
        Its processes: a dictionary each.
        """
    def to_dict(self, /) -> "dict[str, object]":
        """
        All of it, in the form of the library's JSON.
        """

@final
class Neighbor:
    """
    A neighbour or a proxy.
    """
    def __eq__(self, other: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def cacheinfo(self, /) -> Any | None:
        """
        Ages.
        """
    @property
    def dst(self, /) -> IPv4Address | IPv6Address | None:
        """
        Its address.
        """
    @property
    def ext_flags(self, /) -> list[str]:
        """
        Further properties.
        """
    @property
    def family(self, /) -> str:
        """
        IPv4 or IPv6.
        """
    @property
    def flags(self, /) -> list[str]:
        """
        Properties.
        """
    @property
    def ifindex(self, /) -> int:
        """
        The link that it is on.
        """
    @property
    def kind(self, /) -> int:
        """
        The kind of address (`RTN_*`): 1 unicast, 2 of this host, 3 broadcast, 5 multicast.
        """
    @property
    def lladdr(self, /) -> str | None:
        """
        Its link-layer address.
        """
    @property
    def notes(self, /) -> list[str]:
        """
        Attributes that could not be read.
        """
    @property
    def probes(self, /) -> int | None:
        """
        How often it was asked in vain.
        """
    @property
    def protocol(self, /) -> str | None:
        """
        Who made it.
        """
    @property
    def state(self, /) -> list[str]:
        """
        How far that is known.
        """
    def to_dict(self, /) -> "dict[str, object]":
        """
        All attributes, in the form of the library's JSON.
        """

@final
class NeighborOption:
    """
    An option of neighbour discovery. What an option of its type does not say is `None`, or empty.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def autonomous(self, /) -> bool | None:
        """
        Hosts may make addresses of the prefix.
        """
    @property
    def domains(self, /) -> list[str]:
        """
        Domains to search names in.
        """
    @property
    def lifetime(self, /) -> int | None:
        """
        Seconds for which a prefix, a route, name servers or domains hold; 4294967295 is for ever.
        """
    @property
    def link_address(self, /) -> bytes | None:
        """
        The link-layer address of the sender or the target.
        """
    @property
    def mtu(self, /) -> int | None:
        """
        The link's MTU in octets.
        """
    @property
    def name(self, /) -> str:
        """
        Its name in tcpdump's words, such as `prefix info`.
        """
    @property
    def on_link(self, /) -> bool | None:
        """
        The prefix's addresses are on this link.
        """
    @property
    def option_type(self, /) -> int:
        """
        Its type's number.
        """
    @property
    def preferred_lifetime(self, /) -> int | None:
        """
        Seconds for which addresses made of the prefix are preferred.
        """
    @property
    def prefix(self, /) -> IPv6Address | None:
        """
        The address of a prefix or a route.
        """
    @property
    def prefix_length(self, /) -> int | None:
        """
        Bits of the prefix or route that count.
        """
    @property
    def servers(self, /) -> list[IPv6Address]:
        """
        Name servers.
        """
    @property
    def text(self, /) -> str:
        """
        What it says, in tcpdump's words.
        """

@final
class NetlinkSocket:
    """
    A netlink socket.
    """
    def __eq__(self, other: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def cookie(self, /) -> int:
        """
        What tells the socket from all others until the next boot.
        """
    @property
    def dst_group(self, /) -> int:
        """
        The group that it is connected to.
        """
    @property
    def dst_portid(self, /) -> int:
        """
        The port that it is connected to.
        """
    @property
    def flags(self, /) -> int | None:
        """
        `NDIAG_FLAG_*`: 1 a dump is under way, 2 tells its process, 4 broadcast errors, 8 no ENOBUFS.
        """
    @property
    def groups(self, /) -> list[int]:
        """
        Groups that it is subscribed to, a bit each, 32 in a number.
        """
    @property
    def inode(self, /) -> int:
        """
        Inode of its file.
        """
    @property
    def kind(self, /) -> str:
        """
        Raw or datagrams; the kernel makes no difference.
        """
    @property
    def notes(self, /) -> list[str]:
        """
        Attributes that could not be read.
        """
    @property
    def owners(self, /) -> list[Any]:
        """
        Who holds the socket; filled in by `Owners::assign`.
        """
    @property
    def portid(self, /) -> int:
        """
        Its port; 0 is the kernel's.
        """
    @property
    def protocol(self, /) -> int:
        """
        `NETLINK_*`: whom it talks to, such as 0 for rtnetlink.
        """
    @property
    def skmem(self, /) -> Any | None:
        """
        Memory.
        """
    @property
    def state(self, /) -> int:
        """
        0 not connected, 1 connected.
        """
    def to_dict(self, /) -> "dict[str, object]":
        """
        All attributes, in the form of the library's JSON.
        """

@final
class NextHop:
    """
    A next hop that routes refer to by its number, or a group of such.
    """
    def __eq__(self, other: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def blackhole(self, /) -> bool:
        """
        Packets are dropped.
        """
    @property
    def encap(self, /) -> Any | None:
        """
        What is put around packets.
        """
    @property
    def family(self, /) -> str:
        """
        The family of the gateway; that of a group is `Family::UNSPEC`.
        """
    @property
    def fdb(self, /) -> bool:
        """
        For a bridge's forwarding entries, not for routes.
        """
    @property
    def flags(self, /) -> list[str]:
        """
        State.
        """
    @property
    def gateway(self, /) -> IPv4Address | IPv6Address | None:
        """
        The gateway.
        """
    @property
    def group(self, /) -> list[Any]:
        """
        The members of a group.
        """
    @property
    def group_type(self, /) -> str | None:
        """
        How a group chooses.
        """
    @property
    def hw_stats_enable(self, /) -> bool | None:
        """
        Whether hardware counts the group's packets.
        """
    @property
    def hw_stats_used(self, /) -> bool | None:
        """
        Whether hardware takes part in the counters.
        """
    @property
    def id(self, /) -> int:
        """
        Its number.
        """
    @property
    def notes(self, /) -> list[str]:
        """
        Attributes that could not be read.
        """
    @property
    def oif(self, /) -> int | None:
        """
        The link out, by its index.
        """
    @property
    def op_flags(self, /) -> int | None:
        """
        `NHA_OP_FLAG_*`: what the kernel says of its answer.
        """
    @property
    def protocol(self, /) -> str:
        """
        Who made it.
        """
    @property
    def resilient_args(self, /) -> Any | None:
        """
        The settings of a resilient group.
        """
    @property
    def scope(self, /) -> str:
        """
        How far it is.
        """
    def to_dict(self, /) -> "dict[str, object]":
        """
        All attributes, in the form of the library's JSON.
        """

@final
class NextHopBucket:
    """
    A bucket of a resilient group: flows whose hash falls into it take its next hop.
    """
    def __eq__(self, other: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def flags(self, /) -> list[str]:
        """
        State.
        """
    @property
    def id(self, /) -> int:
        """
        The number of the group.
        """
    @property
    def idle_time(self, /) -> int | None:
        """
        How long it has been idle, in hundredths of a second.
        """
    @property
    def index(self, /) -> int:
        """
        The number of the bucket within the group.
        """
    @property
    def nhid(self, /) -> int | None:
        """
        The next hop's number.
        """
    @property
    def notes(self, /) -> list[str]:
        """
        Attributes that could not be read.
        """
    def to_dict(self, /) -> "dict[str, object]":
        """
        All attributes, in the form of the library's JSON.
        """

@final
class Packet:
    """
    A frame and what parsing it found. `str(packet)` is the line that tcpdump would print, with what the application says.
    """
    def __bytes__(self, /) -> bytes: ...
    def __len__(self, /) -> int: ...
    def __repr__(self, /) -> str: ...
    def __str__(self, /) -> str: ...
    @property
    def arp(self, /) -> Arp | None:
        """
        The ARP message.
        """
    @property
    def checksums(self, /) -> list[Checksum]:
        """
        The checksums of this packet, outermost first, verified now: GRE of the tunnel that it came out of, IPv4, and the
        transport layer's. Those of the packets inside are asked of `inner`.
        """
    @property
    def data(self, /) -> bytes:
        """
        The captured octets of the frame.
        """
    @property
    def depth(self, /) -> int:
        """
        Packets around the packet: 0 for the frame's own.
        """
    @property
    def destination(self, /) -> IPv4Address | IPv6Address | None:
        """
        IP destination address.
        """
    @property
    def destination_port(self, /) -> int | None:
        """
        Destination port of TCP, UDP, UDP-Lite, SCTP or DCCP.
        """
    @property
    def dhcp(self, /) -> Dhcp | None:
        """
        The message of DHCP, or of BOOTP, of port 67 or 68.
        """
    @property
    def dhcpv6(self, /) -> Dhcpv6 | None:
        """
        The header of a message of DHCP for IPv6, of port 546 or 547; its options are not entered.
        """
    @property
    def dns(self, /) -> Dns | None:
        """
        The DNS message of port 53, 5353 (mDNS) or 5355 (LLMNR); over TCP the first of the segment.
        """
    @property
    def ether_type(self, /) -> int | None:
        """
        The innermost EtherType, if the link layer has one.
        """
    @property
    def ethernet(self, /) -> Ethernet | None:
        """
        The MAC header.
        """
    @property
    def hop_limit(self, /) -> int | None:
        """
        Routers that may still be passed: time to live of IPv4, hop limit of IPv6.
        """
    @property
    def http(self, /) -> Http | None:
        """
        The head of the HTTP/1 message with which the segment begins, of port 80 or another where HTTP is usual.
        """
    @property
    def icmp(self, /) -> Icmp | None:
        """
        The ICMP header, of either version.
        """
    @property
    def icmp_extensions(self, /) -> IcmpExtensions | None:
        """
        What a router adds to an ICMP error, or what an extended echo request asks (RFC 8335).
        """
    @property
    def inner(self, /) -> Packet | None:
        """
        The packet inside of this one: IP in IP, GRE with ERSPAN, MPLS pseudo-wires, VXLAN, Geneve, GTP-U, Teredo. Its
        offsets count from the start of the frame.
        """
    @property
    def innermost(self, /) -> Packet:
        """
        The innermost packet: this one, if nothing is inside.
        """
    @property
    def ip_protocol(self, /) -> int | None:
        """
        Number of the protocol behind the IP header and its extension headers.
        """
    @property
    def ipv4(self, /) -> Ipv4 | None:
        """
        The IPv4 header.
        """
    @property
    def ipv6(self, /) -> Ipv6 | None:
        """
        The IPv6 header.
        """
    @property
    def layers(self, /) -> list[Layer]:
        """
        The headers that are there, outermost first, those of the packets inside included.
        """
    @property
    def link_type(self, /) -> str:
        """
        What the first octet is: the name in the link-type registry in lower case, or the number as text.
        """
    @property
    def mpls_labels(self, /) -> list[int]:
        """
        Labels of MPLS, outermost first.
        """
    @property
    def neighbor_options(self, /) -> list[NeighborOption]:
        """
        The options of a message of neighbour discovery, up to the first that cannot be read.
        """
    @property
    def original_length(self, /) -> int:
        """
        Octets of the frame on the wire.
        """
    @property
    def payload(self, /) -> bytes:
        """
        The captured octets behind the innermost header that was read.
        """
    @property
    def payload_length(self, /) -> int:
        """
        Octets of the payload on the wire; more than `len(payload)` if the capture has cut it.
        """
    @property
    def pppoe_session_id(self, /) -> int | None:
        """
        The session of PPP over Ethernet.
        """
    @property
    def quic(self, /) -> list[QuicPacket] | None:
        """
        The packets of QUIC in a datagram of port 443 or another where QUIC is usual.
        """
    @property
    def quoted(self, /) -> Packet | None:
        """
        The packet that an ICMP error quotes, as far as it does. Its offsets count from the start of the frame.
        """
    @property
    def router_advertisement(self, /) -> RouterAdvertisement | None:
        """
        What a router advertisement says itself.
        """
    @property
    def source(self, /) -> IPv4Address | IPv6Address | None:
        """
        IP source address.
        """
    @property
    def source_port(self, /) -> int | None:
        """
        Source port of TCP, UDP, UDP-Lite, SCTP or DCCP.
        """
    @property
    def stop(self, /) -> Stop | None:
        """
        Where and why parsing ended before the payload of a transport layer; `None` if it did not.
        """
    def summary(self, /, verbose: bool = False) -> str:
        """
        The line that tcpdump would print, with what the application says; `verbose` adds the fields of IP headers, whether
        checksums are right, and further lines with records of DNS, messages of TLS, fields of HTTP, options of DHCP and of
        neighbour discovery, and what ICMP errors quote and add.
        """
    @property
    def tcp(self, /) -> Tcp | None:
        """
        The TCP header.
        """
    @property
    def tls(self, /) -> Tls | None:
        """
        The records of TLS that begin in the segment, of port 443 or another where TLS is usual.
        """
    @property
    def trailer(self, /) -> bytes:
        """
        Captured octets behind the datagram: padding, a frame check sequence.
        """
    @property
    def tunnel(self, /) -> str | None:
        """
        The tunnel that the packet came out of, in Wireshark's words, such as `vxlan`; IP in IP has none.
        """
    @property
    def tunnel_id(self, /) -> int | None:
        """
        What tells the tunnel that the packet came out of from others between the same ends: the identifier (VNI) of VXLAN
        and Geneve, the endpoint (TEID) of GTP, the session of ERSPAN, the key of GRE.
        """
    @property
    def udp(self, /) -> Udp | None:
        """
        The UDP header.
        """
    @property
    def vlan_ids(self, /) -> list[int]:
        """
        VLAN identifiers, outermost first.
        """
    @property
    def vlans(self, /) -> list[Vlan]:
        """
        VLAN tags, outermost first.
        """

@final
class PacketSocket:
    """
    A packet socket.
    """
    def __eq__(self, other: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def cookie(self, /) -> int:
        """
        What tells the socket from all others until the next boot.
        """
    @property
    def fanout(self, /) -> int | None:
        """
        Group that shares the load: number in the low half, way of sharing in the high one.
        """
    @property
    def filter(self, /) -> Any | None:
        """
        The program that frames must pass, as classic BPF; told to who has `CAP_NET_ADMIN`.
        """
    @property
    def ifindex(self, /) -> int:
        """
        The link that it is bound to; 0 is none.
        """
    @property
    def info(self, /) -> Any | None:
        """
        How it is set up.
        """
    @property
    def inode(self, /) -> int:
        """
        Inode of its file.
        """
    @property
    def kind(self, /) -> str:
        """
        Raw frames, or frames without their link-layer header.
        """
    @property
    def notes(self, /) -> list[str]:
        """
        Attributes that could not be read.
        """
    @property
    def owners(self, /) -> list[Any]:
        """
        Who holds the socket; filled in by `Owners::assign`.
        """
    @property
    def protocol(self, /) -> int:
        """
        EtherType of the frames; 3 is all.
        """
    @property
    def rx_ring(self, /) -> Any | None:
        """
        The ring of received frames.
        """
    @property
    def skmem(self, /) -> Any | None:
        """
        Memory.
        """
    def to_dict(self, /) -> "dict[str, object]":
        """
        All attributes, in the form of the library's JSON.
        """
    @property
    def tx_ring(self, /) -> Any | None:
        """
        The ring of frames to send.
        """
    @property
    def uid(self, /) -> int | None:
        """
        The user who made it.
        """

@final
class Pieces:
    """
    The table in pieces, each a table.
    """
    def __iter__(self, /) -> Pieces: ...
    def __next__(self, /) -> Table: ...

@final
class ProtocolCount:
    """
    Traffic of one protocol: the innermost that was recognised.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def bytes(self, /) -> int:
        """
        Octets on the wire.
        """
    @property
    def frames(self, /) -> int:
        """
        Frames.
        """
    @property
    def protocol(self, /) -> str:
        """
        Name, such as `tcp`, `dns`, `arp` or `other`.
        """

@final
class Qdisc:
    """
    A queueing discipline.
    """
    def __eq__(self, other: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def egress_block(self, /) -> int | None:
        """
        Block of filters that it shares for what goes out.
        """
    @property
    def handle(self, /) -> Any:
        """
        Its number; 0 for those that the kernel makes.
        """
    @property
    def ifindex(self, /) -> int:
        """
        The link that it queues for.
        """
    @property
    def ingress_block(self, /) -> int | None:
        """
        Block of filters that it shares for what comes in.
        """
    @property
    def kind(self, /) -> str:
        """
        Its kind: `pfifo_fast`, `htb`.
        """
    @property
    def notes(self, /) -> list[str]:
        """
        Attributes that could not be read.
        """
    @property
    def offloaded(self, /) -> bool:
        """
        Whether the hardware does its work.
        """
    @property
    def options(self, /) -> Any | None:
        """
        Its settings.
        """
    @property
    def parent(self, /) -> Any:
        """
        What it is part of.
        """
    @property
    def refcnt(self, /) -> int:
        """
        How many refer to it.
        """
    @property
    def stats(self, /) -> Any | None:
        """
        Counters.
        """
    def to_dict(self, /) -> "dict[str, object]":
        """
        All attributes, in the form of the library's JSON.
        """
    @property
    def xstats(self, /) -> Any | None:
        """
        The kind's own counters.
        """

@final
class Question:
    """
    A DNS question.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def name(self, /) -> str:
        """
        The name in presentation format without a final dot.
        """
    @property
    def record_class(self, /) -> int:
        """
        The class: 1 is Internet.
        """
    @property
    def record_type(self, /) -> str:
        """
        The type of record, such as `A`.
        """

@final
class QuicPacket:
    """
    The header of a packet of QUIC.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def destination_id(self, /) -> bytes | None:
        """
        The receiver's identifier of the connection; `None` in a short header where its length is not known.
        """
    @property
    def kind(self, /) -> str:
        """
        `initial`, `0-rtt`, `handshake`, `retry`, `version_negotiation`, `short`, or `unknown` for a version of which
        nothing more is known.
        """
    @property
    def length(self, /) -> int | None:
        """
        Octets of packet number and payload.
        """
    @property
    def source_id(self, /) -> bytes | None:
        """
        The sender's identifier of the connection, in long headers.
        """
    @property
    def token(self, /) -> bytes | None:
        """
        The token of an initial packet or a retry.
        """
    @property
    def version(self, /) -> int | None:
        """
        The version's number, in long headers.
        """
    @property
    def versions(self, /) -> list[int]:
        """
        The versions that a negotiation offers.
        """

@final
class Report:
    """
    The outcome of an analysis.
    """
    def arp(self, /) -> Table:
        """
        Messages of ARP in order of their frames.
        """
    def calls(self, /) -> Table:
        """
        Calls on TCP connections in order of time.
        """
    @property
    def damage(self, /) -> str | None:
        """
        Why reading ended early, if the file is damaged or cut off.
        """
    def dhcp(self, /) -> Table:
        """
        Exchanges of DHCP for IPv4 in order of their first frames.
        """
    def dns(self, /) -> Table:
        """
        DNS transactions in order of time.
        """
    def findings(self, /) -> Table:
        """
        Findings, the worst first.
        """
    def flows(self, /) -> Table:
        """
        Flows in order of first appearance.
        """
    def icmp(self, /) -> Table:
        """
        Errors and echo requests of ICMP in order of their frames.
        """
    def quic(self, /) -> Table:
        """
        Beginnings of connections of QUIC in order of time.
        """
    def summary(self, /) -> Summary:
        """
        What was captured.
        """
    def tls(self, /) -> Table:
        """
        Handshakes of TLS in order of time.
        """

@final
class RoundTrips:
    """
    Round trip times of probes, or of requests and their responses, in seconds; `None` if none came back.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def count(self, /) -> int:
        """
        How many came back.
        """
    @property
    def lost(self, /) -> int:
        """
        How many did not: probes within a second, requests over UDP within half a second.
        """
    @property
    def max(self, /) -> float | None:
        """
        The longest.
        """
    @property
    def mean(self, /) -> float | None:
        """
        The mean.
        """
    @property
    def median(self, /) -> float | None:
        """
        Half are shorter.
        """
    @property
    def min(self, /) -> float | None:
        """
        The shortest.
        """
    @property
    def p95(self, /) -> float | None:
        """
        95 of 100 are shorter.
        """
    @property
    def p99(self, /) -> float | None:
        """
        99 of 100 are shorter.
        """
    @property
    def p999(self, /) -> float | None:
        """
        999 of 1000 are shorter.
        """

@final
class Route:
    """
    A route, or the answer to a lookup.

    Fields are the kernel's attributes in iproute2's words; `None` means that the kernel did not send the attribute.
    A plain route takes no memory outside of the structure.
    """
    def __eq__(self, other: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def cacheinfo(self, /) -> Any | None:
        """
        Use, age and end of life.
        """
    @property
    def dst(self, /) -> IPv4Address | IPv6Address | None:
        """
        The destination; `None` with a length of 0 is everywhere.
        """
    @property
    def dst_len(self, /) -> int:
        """
        Length of the destination's prefix in bits.
        """
    @property
    def encap(self, /) -> Any | None:
        """
        What is put around packets.
        """
    @property
    def family(self, /) -> str:
        """
        IPv4, IPv6 or MPLS; multicast forwarding entries are `Family::IPMR` and `Family::IP6MR`.
        """
    @property
    def flags(self, /) -> list[str]:
        """
        State.
        """
    @property
    def gateway(self, /) -> IPv4Address | IPv6Address | None:
        """
        The gateway, of the route's family.
        """
    @property
    def iif(self, /) -> int | None:
        """
        The link in, by its index: in answers and multicast forwarding entries.
        """
    @property
    def kind(self, /) -> str:
        """
        What it does with a packet.
        """
    @property
    def label(self, /) -> Any | None:
        """
        MPLS: the label that a packet must have.
        """
    @property
    def lookup(self, /) -> Any | None:
        """
        In an answer: the packet that was asked about.
        """
    @property
    def metrics(self, /) -> Any | None:
        """
        What connections begin with.
        """
    @property
    def multicast(self, /) -> Any | None:
        """
        Counters of a multicast forwarding entry.
        """
    @property
    def newdst(self, /) -> Any | None:
        """
        MPLS: the labels that replace the one that matched.
        """
    @property
    def nexthops(self, /) -> list[Any]:
        """
        The next hops, where there are several.
        """
    @property
    def nhid(self, /) -> int | None:
        """
        The next hop object that the route refers to; what that says is repeated in the route.
        """
    @property
    def notes(self, /) -> list[str]:
        """
        Attributes that could not be read.
        """
    @property
    def oif(self, /) -> int | None:
        """
        The link out, by its index.
        """
    @property
    def pref(self, /) -> str | None:
        """
        IPv6: the router's preference.
        """
    @property
    def prefsrc(self, /) -> IPv4Address | IPv6Address | None:
        """
        The source that packets of this host get.
        """
    @property
    def priority(self, /) -> int | None:
        """
        The metric: of two routes to the same destination, the lower is taken.
        """
    @property
    def protocol(self, /) -> str:
        """
        Who made it.
        """
    @property
    def realms(self, /) -> Any | None:
        """
        IPv4: realms.
        """
    @property
    def scope(self, /) -> str:
        """
        How far the destination is.
        """
    @property
    def src(self, /) -> IPv4Address | IPv6Address | None:
        """
        The source that a packet must have.
        """
    @property
    def src_len(self, /) -> int:
        """
        Length of the source's prefix in bits.
        """
    @property
    def table(self, /) -> int:
        """
        The table.
        """
    def to_dict(self, /) -> "dict[str, object]":
        """
        All attributes, in the form of the library's JSON.
        """
    @property
    def tos(self, /) -> int:
        """
        The type of service that a packet must have; 0 is any.
        """
    @property
    def ttl_propagate(self, /) -> bool | None:
        """
        MPLS: whether the time to live of the packet and of the label are one.
        """
    @property
    def via(self, /) -> Any | None:
        """
        The gateway, of another family.
        """

@final
class RouteAnswer:
    """
    What the kernel would do with a packet.
    """
    def __repr__(self, /) -> str: ...
    @property
    def dev(self, /) -> str | None:
        """
        The name of that link.
        """
    @property
    def gateway(self, /) -> IPv4Address | IPv6Address | None:
        """
        The router that it would go to; `None` when the destination is on the link.
        """
    @property
    def mtu(self, /) -> int | None:
        """
        Largest packet in octets.
        """
    @property
    def oif(self, /) -> int | None:
        """
        The index of the link that it would leave by.
        """
    @property
    def route(self, /) -> Route | None:
        """
        The kernel's answer as a route. A refusal has none.
        """
    @property
    def rule(self, /) -> Rule | None:
        """
        The rule that led to the table, or refused; `None` if it cannot be told.
        """
    @property
    def source(self, /) -> IPv4Address | IPv6Address | None:
        """
        The source that it would have.
        """
    @property
    def table(self, /) -> int | None:
        """
        The table that decided.
        """
    def to_dict(self, /) -> "dict[str, object]":
        """
        All of it, in the form of the library's JSON.
        """
    @property
    def verdict(self, /) -> str:
        """
        What becomes of it: `unicast`, `local`, `blackhole`, `no_route`.
        """

@final
class RouterAdvertisement:
    """
    A router advertisement's own fields; its prefixes and more are in `Packet.neighbor_options`.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def hop_limit(self, /) -> int:
        """
        Hop limit that hosts should use; 0 does not say.
        """
    @property
    def lifetime(self, /) -> int:
        """
        Seconds for which it is a default router; 0 says that it is none.
        """
    @property
    def managed(self, /) -> bool:
        """
        Addresses are handed out by DHCPv6 (M).
        """
    @property
    def other(self, /) -> bool:
        """
        Other settings are handed out by DHCPv6 (O).
        """
    @property
    def preference(self, /) -> str:
        """
        Preference as a default router: `high`, `medium`, `low`, or `reserved`.
        """
    @property
    def reachable_time(self, /) -> float | None:
        """
        Seconds for which a neighbour counts as reachable; 0 does not say. `None` where the message is cut.
        """
    @property
    def retransmission_timer(self, /) -> float | None:
        """
        Seconds between solicitations; 0 does not say. `None` where the message is cut.
        """

@final
class Rows:
    """
    The rows of a table one by one, each a list in the order of the columns.
    """
    def __iter__(self, /) -> Rows: ...
    def __next__(self, /) -> list[Any]: ...

@final
class Rule:
    """
    A rule: selectors, and what to do with packets that match all of them.
    """
    def __eq__(self, other: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def action(self, /) -> str:
        """
        What it does.
        """
    @property
    def dport_mask(self, /) -> int | None:
        """
        How much of one destination port counts.
        """
    @property
    def dport_range(self, /) -> Any | None:
        """
        Destination ports.
        """
    @property
    def dscp(self, /) -> int | None:
        """
        Differentiated services codepoint; from Linux 6.14.
        """
    @property
    def dscp_mask(self, /) -> int | None:
        """
        How much of it counts.
        """
    @property
    def dst(self, /) -> IPv4Address | IPv6Address | None:
        """
        Destination address.
        """
    @property
    def dst_len(self, /) -> int:
        """
        How much of it counts, in bits.
        """
    @property
    def family(self, /) -> str:
        """
        IPv4 or IPv6; rules of multicast routing are `Family::IPMR` and `Family::IP6MR`.
        """
    @property
    def flags(self, /) -> list[str]:
        """
        State.
        """
    @property
    def flow(self, /) -> Any | None:
        """
        Realms that packets get.
        """
    @property
    def flowlabel(self, /) -> int | None:
        """
        IPv6 flow label; from Linux 6.14.
        """
    @property
    def flowlabel_mask(self, /) -> int | None:
        """
        How much of it counts.
        """
    @property
    def fwmark(self, /) -> int | None:
        """
        Firewall mark.
        """
    @property
    def fwmask(self, /) -> int | None:
        """
        How much of it counts.
        """
    @property
    def goto(self, /) -> int | None:
        """
        The rule to go on at.
        """
    @property
    def iifname(self, /) -> str | None:
        """
        The link that packets come in by.
        """
    @property
    def ip_proto(self, /) -> int | None:
        """
        IP protocol.
        """
    @property
    def l3mdev(self, /) -> bool:
        """
        Looks up the table of the VRF that the link belongs to.
        """
    @property
    def notes(self, /) -> list[str]:
        """
        Attributes that could not be read.
        """
    @property
    def oifname(self, /) -> str | None:
        """
        The link that packets leave by, to which a socket is bound.
        """
    @property
    def priority(self, /) -> int:
        """
        Rules are tried from the lowest number to the highest.
        """
    @property
    def protocol(self, /) -> str | None:
        """
        Who made it.
        """
    @property
    def sport_mask(self, /) -> int | None:
        """
        How much of one source port counts; from Linux 6.15.
        """
    @property
    def sport_range(self, /) -> Any | None:
        """
        Source ports.
        """
    @property
    def src(self, /) -> IPv4Address | IPv6Address | None:
        """
        Source address.
        """
    @property
    def src_len(self, /) -> int:
        """
        How much of it counts, in bits.
        """
    @property
    def suppress_ifgroup(self, /) -> int | None:
        """
        Routes by links of this group do not count.
        """
    @property
    def suppress_prefixlen(self, /) -> int | None:
        """
        Routes of this prefix length or shorter do not count; `None` is no limit.
        """
    @property
    def table(self, /) -> int:
        """
        The table that is looked up; 0 is none.
        """
    def to_dict(self, /) -> "dict[str, object]":
        """
        All attributes, in the form of the library's JSON.
        """
    @property
    def tos(self, /) -> int:
        """
        Type of service; 0 is any.
        """
    @property
    def tun_id(self, /) -> int | None:
        """
        Identifier of the tunnel that packets came through.
        """
    @property
    def uid_range(self, /) -> Any | None:
        """
        Users whose sockets send, from the first to the last.
        """

@final
class SelectedFrames:
    """
    One passage through the frames of a [`FrameSelector`].
    """
    def __iter__(self, /) -> SelectedFrames: ...
    def __next__(self, /) -> CapturedFrame: ...

@final
class Snapshot:
    """
    All that was asked for of a namespace, to be compared.
    """
    @property
    def failed(self, /) -> list[tuple[str, str]]:
        """
        The kinds that could not be listed, and why.
        """
    @property
    def json(self, /) -> str:
        """
        The same as JSON.
        """
    def listing(self, /, kind: str) -> Listing:
        """
        The objects of one kind.
        """
    @property
    def namespace(self, /) -> tuple[int, int]:
        """
        Device and inode of the namespace.
        """
    @property
    def sizes(self, /) -> list[tuple[str, int]]:
        """
        The kinds that were listed, and the number of objects of each.
        """
    @property
    def taken_at(self, /) -> datetime:
        """
        When the first listing began.
        """
    def to_dict(self, /) -> "dict[str, object]":
        """
        All of it, in the form of the library's JSON.
        """

@final
class Stop:
    """
    Where and why parsing ended early.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def available(self, /) -> int:
        """
        Octets available from `offset` on.
        """
    @property
    def layer(self, /) -> str:
        """
        The layer that could not be read; for an unknown protocol or a fragment, the one that carries it.
        """
    @property
    def limit(self, /) -> str:
        """
        Who set the end: `capture_length`, `frame_length`, `length_field`, `malformed`, `unknown_protocol`,
        `fragment` or `depth`.
        """
    @property
    def needed(self, /) -> int:
        """
        Octets needed from `offset` on; 0 where that cannot be said.
        """
    @property
    def offset(self, /) -> int:
        """
        Octets from the start of the frame to the header or field concerned.
        """
    @property
    def text(self, /) -> str:
        """
        The same in one sentence.
        """

@disjoint_base
class Story:
    """
    What became of a flow.
    """
    def __new__(cls, /, capture: Capture, report: Report, flow_id: SupportsIndex) -> Story:
        """
        Tells the story of a flow of a report on a capture.
        """
    def __str__(self, /) -> str: ...
    def event_table(self, /) -> Table:
        """
        The events as a table.
        """
    @property
    def events(self, /) -> list[StoryEvent]:
        """
        What happened, in the order of time, and then the findings.
        """
    @property
    def flow_id(self, /) -> int:
        """
        Number of the flow.
        """
    @property
    def summary(self, /) -> str:
        """
        The verdict in one sentence.
        """
    @property
    def title(self, /) -> str:
        """
        What the story is of, in one line.
        """
    @property
    def verdict(self, /) -> str:
        """
        Where the cause lies of what went wrong, such as `network`; `none` if nothing is known to have gone wrong.
        """

@final
class StoryEvent:
    """
    Something that happened on a flow.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def by(self, /) -> str | None:
        """
        `client` or `server` where it is the doing of one of them.
        """
    @property
    def end(self, /) -> datetime:
        """
        When it was over.
        """
    @property
    def first_frame(self, /) -> int | None:
        """
        The first frame that shows it.
        """
    @property
    def kind(self, /) -> str:
        """
        What it is, such as `handshake`, `call`, `loss` or `close`.
        """
    @property
    def last_frame(self, /) -> int | None:
        """
        The last frame that shows it.
        """
    @property
    def seconds(self, /) -> float | None:
        """
        Seconds since the beginning of the flow; `None` for findings, which are about all of it.
        """
    @property
    def text(self, /) -> str:
        """
        It in words.
        """
    @property
    def time(self, /) -> datetime:
        """
        When it began, in UTC, cut to microseconds.
        """
    @property
    def times(self, /) -> int:
        """
        How often it happened.
        """

@final
class Stream:
    """
    One passage through a table, to be taken once.
    """
    def __arrow_c_stream__(self, /, requested_schema: Any | None = None) -> "object":
        """
        The stream as a capsule called `arrow_array_stream`. A requested schema is not obeyed: the columns have their types.
        """
    def failure(self, /) -> "BaseException | None":
        """
        The exception that ended the stream early, if one did.
        """

@final
class StreamEvent:
    """
    What a `StreamReassembler` tells.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def client(self, /) -> tuple[IPv4Address | IPv6Address, int] | None:
        """
        Address and port of the end that opened the connection, of `opened`.
        """
    @property
    def data(self, /) -> bytes | None:
        """
        The octets of `data`.
        """
    @property
    def kind(self, /) -> str:
        """
        `opened`, `data`, `gap` or `closed`.
        """
    @property
    def length(self, /) -> int | None:
        """
        Octets that there are, or that are missing.
        """
    @property
    def midstream(self, /) -> bool | None:
        """
        Whether the connection was there before the capture, of `opened`.
        """
    @property
    def offset(self, /) -> int | None:
        """
        Octets of this direction before these.
        """
    @property
    def reason(self, /) -> str | None:
        """
        Why octets are missing: `acknowledged`, `capture_length`, `limit` or `closed`; or how the connection ended:
        `fin`, `reset`, `reused`, `idle`, `evicted` or `finished`.
        """
    @property
    def sender(self, /) -> str | None:
        """
        Who sent the octets of `data`, and those that are missing of `gap`: `client` or `server`.
        """
    @property
    def server(self, /) -> tuple[IPv4Address | IPv6Address, int] | None:
        """
        Address and port of the other end.
        """
    @property
    def stream(self, /) -> int:
        """
        The number of the connection, from 0 on.
        """

@final
class StreamReassembler:
    """
    Puts TCP streams together from their segments.

    `max_direction_bytes` and `max_bytes` bound what waits for a hole to be filled, in one direction and in all;
    `idle_timeout` is in seconds of the packets' own time; `overlap` says which octets count where segments that wait
    overlap: `lower`, `first` or `last`; `verify_checksums` passes over segments whose checksum is wrong.
    """
    def __new__(cls, /, *, max_direction_bytes: SupportsIndex = 4194304, max_bytes: SupportsIndex = 67108864, max_connections: SupportsIndex = 65536, idle_timeout: SupportsFloat | SupportsIndex = 3600.0, overlap: str = "lower", verify_checksums: bool = False) -> StreamReassembler: ...
    @property
    def counters(self, /) -> dict[str, int]:
        """
        What was done so far, by name: `connections`, `octets`, `early_segments`, `duplicate_octets`, `conflicts`, `gaps`,
        `missing_octets`, `late_octets`, `corrupt`, `idle`, `evicted`.
        """
    def finish(self, /) -> list[StreamEvent]:
        """
        Ends all connections, as at the end of a capture.
        """
    def push(self, /, packet: Packet, time: SupportsFloat | SupportsIndex | None = None) -> list[StreamEvent]:
        """
        Takes a packet, captured at `time` seconds; without times no connection is idle. Returns what came of it.
        """

@final
class Summary:
    """
    What a capture consists of, and whether it can be trusted.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def bytes(self, /) -> int:
        """
        Octets of the frames on the wire.
        """
    @property
    def calls(self, /) -> int:
        """
        Calls kept.
        """
    @property
    def captured_bytes(self, /) -> int:
        """
        Octets of the frames captured.
        """
    @property
    def damage(self, /) -> str | None:
        """
        Why reading ended early, if the file is damaged or cut off.
        """
    @property
    def dns(self, /) -> int:
        """
        DNS transactions kept.
        """
    @property
    def duration(self, /) -> float:
        """
        Seconds between the two.
        """
    @property
    def evicted_dns(self, /) -> int:
        """
        DNS transactions dropped to stay below the limit of memory.
        """
    @property
    def evicted_flows(self, /) -> int:
        """
        Flows dropped to stay below the limit of memory.
        """
    @property
    def evicted_others(self, /) -> int:
        """
        Calls and other transactions dropped to stay below the limit of memory.
        """
    @property
    def findings(self, /) -> int:
        """
        Findings.
        """
    @property
    def first(self, /) -> datetime | None:
        """
        Time of the earliest frame, in UTC, cut to microseconds.
        """
    @property
    def flows(self, /) -> int:
        """
        Flows kept.
        """
    @property
    def fragments(self, /) -> int:
        """
        Frames that are IP fragments.
        """
    @property
    def frames(self, /) -> int:
        """
        Frames read.
        """
    @property
    def last(self, /) -> datetime | None:
        """
        Time of the latest frame, in UTC, cut to microseconds.
        """
    @property
    def link_types(self, /) -> list[str]:
        """
        Names of the link types in order of first appearance.
        """
    @property
    def malformed_frames(self, /) -> int:
        """
        Frames of whose headers at least one could not be read whole.
        """
    @property
    def protocols(self, /) -> list[ProtocolCount]:
        """
        Traffic of each protocol, the most frames first.
        """
    @property
    def time_reversals(self, /) -> int:
        """
        Frames whose time lies before that of the frame before them.
        """
    @property
    def truncated_frames(self, /) -> int:
        """
        Frames cut by the snap length.
        """
    @property
    def verdict(self, /) -> str:
        """
        Where the trouble of the whole capture lies: the verdict of the first finding if it is more than a note, else
        none.
        """

@final
class Table:
    """
    A table that can be read any number of times.
    """
    def batches(self, /, batch_rows: SupportsIndex) -> Pieces:
        """
        The table in pieces of at most `batch_rows` rows.
        """
    @property
    def columns(self, /) -> list[tuple[str, str]]:
        """
        Names and Arrow types of the columns.
        """
    def flag_names(self, /, column: str) -> list[str]:
        """
        The names of the bits of a column of flags, bit 0 first; empty for other columns.
        """
    def iterate(self, /) -> Rows:
        """
        The rows, each a list of its values.
        """
    @property
    def name(self, /) -> str:
        """
        What the rows are: `packets`, `flows`, `dns` or `findings`.
        """
    def open(self, /, batch_rows: SupportsIndex, interrupt_again: bool) -> Stream:
        """
        A stream that begins at the first row. `interrupt_again` has an interruption raised once more behind whoever takes
        the stream, for those that replace it with an error of their own.
        """
    @property
    def rows(self, /) -> int | None:
        """
        The number of rows, where it is known without reading the capture.
        """
    def schema(self, /) -> "object":
        """
        The schema as a capsule called `arrow_schema`.
        """

@final
class Tcp:
    """
    A TCP header.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def acknowledgment_number(self, /) -> int:
        """
        The acknowledgment field; it has a meaning only with the flag `ACK`.
        """
    @property
    def checksum(self, /) -> int:
        """
        Checksum as sent.
        """
    @property
    def destination_port(self, /) -> int:
        """
        Destination port.
        """
    @property
    def flags(self, /) -> list[str]:
        """
        Names of the control bits that are set: `FIN`, `SYN`, `RST`, `PSH`, `ACK`, `URG`, `ECE`, `CWR`, `AE`.
        """
    @property
    def header_length(self, /) -> int:
        """
        Octets of the header.
        """
    @property
    def options(self, /) -> list[TcpOption]:
        """
        The options, up to the first that cannot be read.
        """
    @property
    def sequence_number(self, /) -> int:
        """
        Sequence number of the first octet of the payload, or of the SYN.
        """
    @property
    def source_port(self, /) -> int:
        """
        Source port.
        """
    @property
    def urgent_pointer(self, /) -> int:
        """
        Urgent pointer; it has a meaning only with the flag `URG`.
        """
    @property
    def window(self, /) -> int:
        """
        The window field, unscaled.
        """

@final
class TcpOption:
    """
    One TCP option.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def kind(self, /) -> int:
        """
        Option kind.
        """
    @property
    def name(self, /) -> str:
        """
        `eol`, `nop`, `mss`, `wscale`, `sackOK`, `sack`, `TS` as tcpdump writes them, `unknown`, or `bad` for a length that
        leads beyond the options.
        """
    @property
    def value(self, /) -> int | tuple[int, int] | list[tuple[int, int]] | bytes | None:
        """
        A number for `mss` (octets) and `wscale` (shift), `(value, echo reply)` for `TS`, a list of
        `(left edge, right edge)` for `sack`, the octets for `unknown`, else `None`.
        """

@final
class ThroughputInterval:
    """
    A part of a test.
    """
    def __repr__(self, /) -> str: ...
    @property
    def bits_per_second(self, /) -> float:
        """
        Payload rate of all streams together.
        """
    @property
    def end(self, /) -> float:
        """
        The same.
        """
    @property
    def omitted(self, /) -> bool:
        """
        Whether this part does not count.
        """
    @property
    def received(self, /) -> Moved | None:
        """
        What this end received; `None` if it only sends.
        """
    @property
    def sent(self, /) -> Moved | None:
        """
        What this end sent; `None` if it only receives.
        """
    @property
    def start(self, /) -> float:
        """
        Seconds since the data began to flow or, when some time is omitted, since its end.
        """
    @property
    def streams(self, /) -> list[ThroughputStreamInterval]:
        """
        The streams in the order of their making.
        """

@final
class ThroughputLatency:
    """
    Latency before a test and during it.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def idle(self, /) -> RoundTrips:
        """
        Before the test.
        """
    @property
    def increase(self, /) -> float | None:
        """
        What the load adds to the median, in seconds.
        """
    @property
    def loaded(self, /) -> RoundTrips:
        """
        While data flowed.
        """
    @property
    def responsiveness(self, /) -> float | None:
        """
        Round trips that one after the other would go within a minute under load.
        """

@disjoint_base
class ThroughputReport:
    """
    A test that is over.
    """
    def __new__(cls, /, report: ThroughputReport) -> ThroughputReport:
        """
        The same report, for classes that inherit from this one.
        """
    @property
    def bits_per_second(self, /) -> float:
        """
        Payload rate at the receivers, of both directions together; 0 if the test failed.
        """
    def bucket_table(self, /) -> Table:
        """
        A row for each bucket.
        """
    @property
    def client_to_server(self, /) -> ThroughputTotal | None:
        """
        What the client sent.
        """
    @property
    def cookie(self, /) -> str | None:
        """
        What tells the test from others.
        """
    @property
    def direction(self, /) -> str | None:
        """
        Who sends: `forward` is the client, `reverse` the server, `bidirectional` both.
        """
    @property
    def error(self, /) -> Any | None:
        """
        Why the test failed; `None` if it did not.
        """
    @property
    def forgotten(self, /) -> int:
        """
        How many of the oldest intervals a server has forgotten.
        """
    @property
    def host(self, /) -> str | None:
        """
        The peer as it was given, or its address; `None` when no data flowed, as all that follows.
        """
    def interval_table(self, /) -> Table:
        """
        A row for each stream and interval.
        """
    @property
    def json(self, /) -> str:
        """
        The document that `iperf3 -J` prints.
        """
    @property
    def latency(self, /) -> ThroughputLatency | None:
        """
        Round trip times before the test and during it, if they were asked for.
        """
    def list_buckets(self, /) -> list[tuple[float, int]]:
        """
        How many round trips took how long: the shortest time of a bucket in seconds, and what fell into it.
        """
    def list_intervals(self, /) -> list[ThroughputInterval]:
        """
        The intervals.
        """
    def list_streams(self, /) -> list[ThroughputStream]:
        """
        The streams.
        """
    @property
    def local_congestion(self, /) -> str | None:
        """
        TCP congestion control here.
        """
    @property
    def local_cpu(self, /) -> CpuUse | None:
        """
        Processor time here.
        """
    @property
    def port(self, /) -> int | None:
        """
        The peer's port on the control connection.
        """
    @property
    def remote_congestion(self, /) -> str | None:
        """
        TCP congestion control of the peer.
        """
    @property
    def remote_cpu(self, /) -> CpuUse | None:
        """
        Processor time of the peer.
        """
    @property
    def round_trips(self, /) -> RoundTrips | None:
        """
        Round trip times of requests and their responses, if they were asked for.
        """
    @property
    def server_output(self, /) -> Any | None:
        """
        What the server printed, if the client asked for it: text, or the dictionary of a server that prints JSON.
        """
    @property
    def server_to_client(self, /) -> ThroughputTotal | None:
        """
        What the server sent.
        """
    @property
    def side(self, /) -> str:
        """
        Which end this is: `client` or `server`.
        """
    @property
    def started_at(self, /) -> datetime | None:
        """
        When the data began to flow.
        """
    def stream_table(self, /) -> Table:
        """
        A row for each stream.
        """
    @property
    def text(self, /) -> str:
        """
        The lines that iperf3 prints.
        """
    @property
    def title(self, /) -> str | None:
        """
        The title that the client gave.
        """
    @property
    def transactions_per_second(self, /) -> float | None:
        """
        Requests that were answered in a second, over all streams, if they were asked for.
        """
    @property
    def transport(self, /) -> str | None:
        """
        `TCP` or `UDP`.
        """
    @property
    def verdicts(self, /) -> list[Verdict]:
        """
        What limited each direction: that which the client sends comes first. None if the test failed.
        """

@disjoint_base
class ThroughputSearch:
    """
    What a search for the highest rate without loss found.
    """
    def __new__(cls, /, found: ThroughputSearch) -> ThroughputSearch:
        """
        The same result, for classes that inherit from this one.
        """
    def __repr__(self, /) -> str: ...
    @property
    def bits_per_second(self, /) -> int | None:
        """
        The highest rate that passed each of its trials; `None` when not even the lowest did.
        """
    @property
    def failed_bits_per_second(self, /) -> int | None:
        """
        The lowest rate that failed; `None` when not even the highest did.
        """
    @property
    def failure(self, /) -> str | None:
        """
        Why that one failed: `loss`, or `sender` who did not reach it.
        """
    def list_trials(self, /) -> list[ThroughputTrial]:
        """
        All trials in their order.
        """
    @property
    def lost_percent(self, /) -> float:
        """
        Datagrams lost at the rate found, in percent.
        """
    @property
    def lost_percent_at_most(self, /) -> float:
        """
        With 95% confidence, no more percent are lost at that rate (Wilson), as far as losses are independent.
        """
    @property
    def passes(self, /) -> int:
        """
        How often the rate found has passed.
        """
    def trial_table(self, /) -> Table:
        """
        A row for each trial.
        """

@final
class ThroughputServer:
    """
    A server at work.
    """
    @property
    def accepted(self, /) -> int:
        """
        How many clients were admitted.
        """
    @property
    def address(self, /) -> tuple[str, int]:
        """
        Address and port.
        """
    def close(self, /) -> None:
        """
        Ends the server, also while another thread waits, and waits for that; clients at work are told.
        """
    @property
    def closed(self, /) -> bool:
        """
        Whether the server has ended.
        """
    @property
    def missed(self, /) -> int:
        """
        How many reports were forgotten because nobody asked for them.
        """
    def next(self, /, timeout: SupportsFloat | SupportsIndex | None) -> ThroughputReport | None:
        """
        The report of the next test that is over; `None` when none came within so many seconds, or the server has ended.
        """
    @property
    def refused(self, /) -> int:
        """
        How many clients were told that the server is busy.
        """

@final
class ThroughputSize:
    """
    What one size of packets gave.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def bits_per_second(self, /) -> int:
        """
        Payload rate of what came.
        """
    @property
    def local_cpu(self, /) -> CpuUse:
        """
        Processor time here.
        """
    @property
    def lost_percent(self, /) -> float:
        """
        Datagrams lost, or segments sent again, in percent of those sent.
        """
    @property
    def packets_per_second(self, /) -> float:
        """
        Packets with payload that came, in a second: of TCP by arithmetic, as if each were full.
        """
    @property
    def remote_cpu(self, /) -> CpuUse:
        """
        Processor time of the server.
        """
    @property
    def size(self, /) -> int:
        """
        Payload octets of a datagram, or the largest segment asked for.
        """

@final
class ThroughputStream:
    """
    What one stream did in the whole test, what is omitted excluded.
    """
    def __repr__(self, /) -> str: ...
    @property
    def local(self, /) -> tuple[str, int]:
        """
        Address and port here.
        """
    @property
    def max_congestion_window(self, /) -> int | None:
        """
        Largest congestion window in octets; `None` where this end does not send over TCP, as what follows.
        """
    @property
    def max_rtt(self, /) -> float | None:
        """
        Longest round trip time in seconds.
        """
    @property
    def max_send_window(self, /) -> int | None:
        """
        Largest window that the receiver granted, in octets.
        """
    @property
    def mean_rtt(self, /) -> float | None:
        """
        Mean round trip time in seconds.
        """
    @property
    def min_rtt(self, /) -> float | None:
        """
        Shortest round trip time at the ends of the intervals, in seconds.
        """
    @property
    def received(self, /) -> Moved:
        """
        What its receiver says.
        """
    @property
    def remote(self, /) -> tuple[str, int]:
        """
        Address and port of the peer.
        """
    @property
    def sender(self, /) -> bool:
        """
        Whether this end sends.
        """
    @property
    def sent(self, /) -> Moved:
        """
        What its sender says.
        """
    @property
    def shortcuts(self, /) -> list[str]:
        """
        How this end saved work: `zero_copy`, `skip_rx_copy`, `gso`, `gro`, `kernel_pacing`.
        """
    @property
    def stream(self, /) -> int:
        """
        Its number in the protocol: 1, 3, 4, 5 and so on.
        """
    @property
    def tcp_info(self, /) -> Any | None:
        """
        All that TCP said at the end, as the kernel has it; `None` of UDP.
        """

@final
class ThroughputStreamInterval:
    """
    What one stream did in an interval.
    """
    def __repr__(self, /) -> str: ...
    @property
    def congestion_window(self, /) -> int | None:
        """
        Congestion window of the sender's TCP in octets; `None` where it does not say, as what follows.
        """
    @property
    def moved(self, /) -> Moved:
        """
        How much.
        """
    @property
    def path_mtu(self, /) -> int | None:
        """
        Path MTU in octets.
        """
    @property
    def reordering(self, /) -> int | None:
        """
        How far segments may be out of order.
        """
    @property
    def rtt(self, /) -> float | None:
        """
        Smoothed round trip time in seconds.
        """
    @property
    def rtt_variance(self, /) -> float | None:
        """
        Its mean deviation in seconds.
        """
    @property
    def send_window(self, /) -> int | None:
        """
        Window that the receiver grants, in octets.
        """
    @property
    def sender(self, /) -> bool:
        """
        Whether this end sends.
        """
    @property
    def stream(self, /) -> int:
        """
        The stream's number in the protocol: 1, 3, 4, 5 and so on.
        """
    @property
    def tcp_info(self, /) -> Any | None:
        """
        All that TCP says at its end, as the kernel has it; `None` of UDP.
        """

@final
class ThroughputTest:
    """
    A test at work.
    """
    def close(self, /) -> None:
        """
        Ends the test if it is not over, also while another thread waits.
        """
    @property
    def closed(self, /) -> bool:
        """
        Whether it was closed before its end.
        """
    @property
    def done(self, /) -> bool:
        """
        Whether it is over.
        """
    def next(self, /, timeout: SupportsFloat | SupportsIndex | None) -> ThroughputInterval | None:
        """
        The next interval; `None` when none came within so many seconds, or the test is over.
        """
    def report(self, /, timeout: SupportsFloat | SupportsIndex | None) -> ThroughputReport | None:
        """
        Waits for the end of the test; `None` when it does not end within so many seconds.
        """

@final
class ThroughputTotal:
    """
    What the streams of one direction did together in the whole test, what is omitted excluded.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def received(self, /) -> Moved:
        """
        What their receivers say.
        """
    @property
    def sent(self, /) -> Moved:
        """
        What their senders say.
        """

@final
class ThroughputTrial:
    """
    One trial of a search.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def bits_per_second(self, /) -> int:
        """
        The rate that was tried.
        """
    @property
    def failure(self, /) -> str | None:
        """
        Why it did not pass: `loss`, or `sender` who did not reach the rate; `None` if it did.
        """
    @property
    def lost(self, /) -> int:
        """
        Of these, those that it misses.
        """
    @property
    def packets(self, /) -> int:
        """
        Datagrams that the receiver knows of.
        """
    @property
    def sent_bits_per_second(self, /) -> int:
        """
        The rate at which the sender sent.
        """

@final
class Tls:
    """
    The records of TLS that begin in a segment, and what is not encrypted in them.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def alert(self, /) -> TlsAlert | None:
        """
        An end, or a complaint.
        """
    @property
    def certificates(self, /) -> list[bytes]:
        """
        The certificates (X.509, DER) that are whole in the segment.
        """
    @property
    def client_hello(self, /) -> TlsHello | None:
        """
        What the client offers.
        """
    @property
    def messages(self, /) -> list[str]:
        """
        Names of the messages of the handshake, such as `client_hello`.
        """
    @property
    def records(self, /) -> list[TlsRecord]:
        """
        The records; the last may be cut.
        """
    @property
    def server_hello(self, /) -> TlsHello | None:
        """
        What the server chose.
        """
    @property
    def stop(self, /) -> Stop | None:
        """
        Where and why the records ended early; offsets count from the start of the segment's data.
        """

@final
class TlsAlert:
    """
    An alert of TLS.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def description(self, /) -> str:
        """
        Why, such as `handshake_failure`.
        """
    @property
    def level(self, /) -> int:
        """
        1 warning, 2 fatal.
        """

@final
class TlsHello:
    """
    A client or server hello of TLS, as far as it is there.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def application_protocols(self, /) -> list[str]:
        """
        The protocols above TLS (ALPN).
        """
    @property
    def cipher_suites(self, /) -> list[str]:
        """
        The suites that the client offers, or the one that the server chose.
        """
    @property
    def extensions(self, /) -> list[int]:
        """
        Numbers of the extensions.
        """
    @property
    def has_early_data(self, /) -> bool:
        """
        Whether the client sends data before the handshake is over.
        """
    @property
    def has_pre_shared_key(self, /) -> bool:
        """
        Whether the client offers, or the server uses, a key from before.
        """
    @property
    def is_retry_request(self, /) -> bool:
        """
        Whether the server asks the client to say hello again.
        """
    @property
    def key_share_groups(self, /) -> list[str]:
        """
        The groups of which there are public keys.
        """
    @property
    def random(self, /) -> bytes:
        """
        32 random octets.
        """
    @property
    def server_name(self, /) -> str | None:
        """
        The name of the server that the client wants (SNI).
        """
    @property
    def session_id(self, /) -> bytes:
        """
        The session that the client wants to resume, or that the server resumes or begins.
        """
    @property
    def session_ticket(self, /) -> bytes | None:
        """
        The ticket by which the client wants to resume a session; empty where it has none.
        """
    @property
    def signature_algorithms(self, /) -> list[int]:
        """
        Numbers of the signatures that the sender can verify.
        """
    @property
    def stop(self, /) -> Stop | None:
        """
        Where and why the hello ended early.
        """
    @property
    def supported_groups(self, /) -> list[str]:
        """
        The groups for the key exchange that the sender can.
        """
    @property
    def supported_versions(self, /) -> list[str]:
        """
        The versions of the extension for them.
        """
    @property
    def version(self, /) -> str | None:
        """
        The version that the server chose, or the highest that the client offers.
        """

@final
class TlsRecord:
    """
    A record of TLS.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def content_type(self, /) -> str:
        """
        `handshake`, `application_data`, `alert`, `change_cipher_spec`.
        """
    @property
    def is_truncated(self, /) -> bool:
        """
        Whether the rest is in another segment, or was not captured.
        """
    @property
    def length(self, /) -> int:
        """
        Octets of its payload.
        """
    @property
    def version(self, /) -> str:
        """
        The version that it states, such as `TLS 1.2`.
        """

@final
class Udp:
    """
    A UDP header.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def checksum(self, /) -> int:
        """
        Checksum as sent; 0 means none over IPv4.
        """
    @property
    def destination_port(self, /) -> int:
        """
        Destination port.
        """
    @property
    def length(self, /) -> int:
        """
        Octets of header and payload as the header states them.
        """
    @property
    def source_port(self, /) -> int:
        """
        Source port.
        """

@final
class UnixSocket:
    """
    A unix socket.
    """
    def __eq__(self, other: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def cookie(self, /) -> int:
        """
        What tells the socket from all others until the next boot.
        """
    @property
    def inode(self, /) -> int:
        """
        Inode of its file.
        """
    @property
    def kind(self, /) -> str:
        """
        Stream, datagrams or datagrams in order.
        """
    @property
    def name(self, /) -> str | None:
        """
        The path or, after a NUL, the name without a file.
        """
    @property
    def notes(self, /) -> list[str]:
        """
        Attributes that could not be read.
        """
    @property
    def owners(self, /) -> list[Any]:
        """
        Who holds the socket; filled in by `Owners::assign`.
        """
    @property
    def peer(self, /) -> int | None:
        """
        The inode of the other end.
        """
    @property
    def pending(self, /) -> list[int]:
        """
        Of a listener, the inodes of the connections that wait to be accepted; 0 is one that was closed.
        """
    @property
    def rqueue(self, /) -> int | None:
        """
        Octets received and not read; of a listener, connections that wait to be accepted.
        """
    @property
    def shutdown(self, /) -> int | None:
        """
        Directions that are shut down: 1 receiving, 2 sending.
        """
    @property
    def skmem(self, /) -> Any | None:
        """
        Memory.
        """
    @property
    def state(self, /) -> str:
        """
        State: ESTAB, LISTEN or UNCONN.
        """
    def to_dict(self, /) -> "dict[str, object]":
        """
        All attributes, in the form of the library's JSON.
        """
    @property
    def uid(self, /) -> int | None:
        """
        The user who made it; from Linux 5.3.
        """
    @property
    def vfs(self, /) -> Any | None:
        """
        The file that it is bound to.
        """
    @property
    def wqueue(self, /) -> int | None:
        """
        Octets sent and not read; of a listener, most connections that may wait.
        """

@final
class Verdict:
    """
    What limited one direction of a test.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def limitations(self, /) -> list[Limitation]:
        """
        All that limited it, the chief one first; never empty.
        """
    @property
    def sender(self, /) -> str:
        """
        The end that sent: `client` or `server`.
        """

@final
class Vlan:
    """
    An IEEE 802.1Q or 802.1ad tag.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def drop_eligible(self, /) -> bool:
        """
        Drop-eligible indicator.
        """
    @property
    def id(self, /) -> int:
        """
        Identifier, 0 to 4095.
        """
    @property
    def priority(self, /) -> int:
        """
        Priority code point, 0 to 7.
        """
    @property
    def protocol(self, /) -> int:
        """
        EtherType that announced the tag.
        """

@final
class Watch:
    """
    A watch on one namespace.
    """
    def close(self, /) -> None:
        """
        Ends the watch, also while another thread waits.
        """
    @property
    def closed(self, /) -> bool:
        """
        Whether it was closed.
        """
    def next(self, /, timeout: SupportsFloat | SupportsIndex | None) -> Event | None:
        """
        The next event; `None` when none came within so many seconds, or the watch was closed. Looks at signals ten times
        a second.
        """

def addresses(namespace: "object" = None, family: "int | None" = None, dev: "bytes | int | None" = None, scope: "str | None" = None) -> Listing:
    """
    The addresses, of one family (`AF_*`), link or scope.
    """

def attempts(reports: SupportsGetItem[int, Report]) -> Table:
    """
    What clients tried to connect to in vain, in all of the reports.
    """

def capture_facts(path: str | PathLike[str]) -> CaptureFacts:
    """
    Reads a capture file for its facts.
    """

def closing_sockets(namespace: "object" = None, protocols: "list[str] | None" = None, family: "int | None" = None) -> ClosingSockets:
    """
    Begins to tell the sockets of these protocols (`tcp`, `udp`) that are closed from now on, of one family or both.
    """

def community_id(source: IPv4Address | IPv6Address, destination: IPv4Address | IPv6Address, source_port: SupportsIndex, destination_port: SupportsIndex, protocol: SupportsIndex, seed: SupportsIndex) -> str:
    """
    The Community ID of a packet or flow.
    """

def conversations(reports: SupportsGetItem[int, Report]) -> Table:
    """
    The traffic between each two IP addresses, in all of the reports.
    """

def copy_captures(sources: SupportsGetItem[int, str | PathLike[str]], target: str | PathLike[str], settings: Incomplete, choice: Incomplete, append: bool, interfaces: str) -> Copied:
    """
    Copies captures to a file.
    """

def counters(namespace: "object" = None) -> Counters:
    """
    Reads all counters.
    """

def diff(old: Snapshot, new: Snapshot, volatile: bool) -> tuple[list[Change], list[tuple[str, str]]]:
    """
    What must happen to `old` for it to be `new`, and the kinds that are not compared, and why. Counters and ages count
    only if they are asked for.
    """

def endpoints(reports: SupportsGetItem[int, Report]) -> Table:
    """
    The traffic of each IP address, in all of the reports.
    """

def explain(name: str) -> str | None:
    """
    What a counter counts and what it means when it grows; `None` for one that is not known.
    """

def fdb(namespace: "object" = None, master: "bytes | int | None" = None, dev: "bytes | int | None" = None, vlan: "int | None" = None, states: "int | None" = None) -> Listing:
    """
    The forwarding entries, of one bridge, port or VLAN, in one of `states`.
    """

def fdb_entry(mac: "str", namespace: "object" = None, dev: "bytes | int | None" = None, master: "bytes | int | None" = None, vlan: "int | None" = None, vni: "int | None" = None, own: "bool" = False) -> FdbEntry | None:
    """
    The forwarding entry of a hardware address on a port or tunnel, or in a bridge; `None` if there is none.
    """

def flow_series(capture: Capture, report: Report, flow_id: SupportsIndex, bin_ns: SupportsIndex | None, origin_ns: SupportsIndex, max_bins: SupportsIndex) -> tuple[Table, Table]:
    """
    Round trips, and sequence numbers, of a flow over time.
    """

def hierarchy(captures: SupportsGetItem[int, Capture]) -> Table:
    """
    The traffic of each protocol, by the protocols that carry it, in all of the captures.
    """

def html_page(capture: Capture, report: Report, title: str) -> str:
    """
    The report as one page of HTML.
    """

def inet_sockets(namespace: "object" = None, protocols: "list[str] | None" = None, family: "int | None" = None, states: "int" = ..., details: "bool" = True, owners: "bool" = False, filter: "str | None" = None) -> Listing:
    """
    Internet sockets of these protocols (`tcp`, `udp`, `raw` …), of one family, in these states (bits of `1 << TCP_…`), that
    a filter in the words of `ss` lets through; `details` asks for all that the kernel tells, `owners` for the processes that
    hold them.
    """

def interfaces(namespace: "object" = None) -> tuple[list[Interface], str]:
    """
    Lists the interfaces with their addresses, and gives the same as the JSON that `ip -j -d address` prints.
    """

def io_series(captures: SupportsGetItem[int, Capture], by_protocol: bool, flow_id: SupportsIndex | None, bin_ns: SupportsIndex | None, origin_ns: SupportsIndex, max_bins: SupportsIndex) -> Table:
    """
    Traffic over time of all captures: of all, by `protocol`, or of a flow. `bin_ns` is the width of the bins, `origin_ns`
    where one begins.
    """

def latency_histograms(reports: SupportsGetItem[int, Report]) -> Table:
    """
    How often which latency occurs, in all of the reports.
    """

def links(namespace: "object" = None, dev: "bytes | int | None" = None, master: "bytes | int | None" = None, kind: "str | None" = None, up: "bool | None" = None, stats: "bool" = True) -> Listing:
    """
    The links. `dev` wants one, `master` the ports of one, `kind` those of one kind such as `veth`, `up` those that
    are up, or not.
    """

def namespaces() -> tuple[list[Namespace], list[str]]:
    """
    The network namespaces of the host as far as the caller may see them, and what could not be read.
    """

def neighbor(address: "IPv4Address | IPv6Address", dev: "bytes | int", namespace: "object" = None, proxy: "bool" = False) -> Neighbor | None:
    """
    The neighbour or proxy with this address on a link; `None` if there is none.
    """

def neighbors(namespace: "object" = None, family: "int | None" = None, dev: "bytes | int | None" = None, master: "bytes | int | None" = None, states: "int | None" = None, proxies: "bool | None" = None) -> Listing:
    """
    The neighbours, of one family (`AF_*`), on one link or ports of `master`, in one of `states` (`REACHABLE`, `FAILED` …);
    `proxies` wants only those, or leaves them out.
    """

def netlink_sockets(namespace: "object" = None, owners: "bool" = False, filter: "str | None" = None) -> Listing:
    """
    Netlink sockets that a filter in the words of `ss` lets through; `owners` asks for the processes that hold them.
    """

def next_hop_buckets(namespace: "object" = None, id: "int | None" = None, nhid: "int | None" = None) -> Listing:
    """
    The buckets of resilient groups: of the group `id`, with the next hop `nhid`.
    """

def next_hops(namespace: "object" = None, id: "int | None" = None, dev: "bytes | int | None" = None, master: "bytes | int | None" = None, groups: "bool" = False) -> Listing:
    """
    The next hop objects, out of one link or a port of `master`, or groups only.
    """

def open_socket(namespace: "object", family: "int", kind: "int", protocol: "int" = 0) -> int:
    """
    Makes a socket in the namespace and returns its descriptor.
    """

def packet_sockets(namespace: "object" = None, owners: "bool" = False, filter: "str | None" = None) -> Listing:
    """
    Packet sockets that a filter in the words of `ss` lets through; `owners` asks for the processes that hold them.
    """

def parse(data: bytes | bytearray, link_type: "SupportsIndex | str | None" = None, original_length: SupportsIndex | None = None, ports: dict[SupportsIndex, str] | None = None) -> Packet:
    """
    Parses the octets of one frame. Any input gives a packet; `Packet.stop` tells where and why parsing ended early.

    `data` is the frame from its link-layer header on; `bytes` is held by reference, not copied. `link_type` says what the
    first octet is: a name in the link-type registry or its number. `original_length` is the frame's length on the wire in
    octets, where the capture has cut it. `ports` says what further ports stand for.
    """

def qdiscs(namespace: "object" = None, dev: "bytes | int | None" = None) -> Listing:
    """
    The queueing disciplines, of one link.
    """

def route_get(destination: "IPv4Address | IPv6Address", namespace: "object" = None, source: "IPv4Address | IPv6Address | None" = None, iif: "bytes | int | None" = None, oif: "bytes | int | None" = None, mark: "int | None" = None, uid: "int | None" = None, ip_proto: "str | None" = None, sport: "int | None" = None, dport: "int | None" = None, tos: "int" = 0, flowlabel: "int | None" = None, fib_match: "bool" = False) -> RouteAnswer:
    """
    Asks the kernel what it would do with a packet.
    """

def routes(namespace: "object" = None, family: "int | None" = None, table: "str | None" = None, dev: "bytes | int | None" = None, protocol: "str | None" = None, kind: "str | None" = None, priority: "int | None" = None) -> Listing:
    """
    The routes of all tables or one, of one family (`AF_*`), out of one link, made by one protocol, of one kind or metric.
    """

def rules(namespace: "object" = None, family: "int | None" = None, table: "str | None" = None, priority: "int | None" = None) -> Listing:
    """
    The rules of policy routing, of one family (`AF_*`), table or priority.
    """

def secrets_kind(name: str) -> int | None:
    """
    The kinds of secrets by name.
    """

def snapshot(namespace: "object" = None, kinds: "list[str] | None" = None) -> Snapshot:
    """
    Lists all kinds, or these.
    """

def throughput_search(host: str, options: "dict[str, object]", namespace: "object" = None, on_trial: "object" = None) -> ThroughputSearch:
    """
    Searches for the highest rate of datagrams that comes without loss; each trial is given to `on_trial`.
    """

def throughput_server(options: "dict[str, object]", namespace: "object" = None) -> ThroughputServer:
    """
    Begins to serve.
    """

def throughput_sweep(host: str, sizes: SupportsGetItem[int, SupportsIndex], options: "dict[str, object]", namespace: "object" = None, on_size: "object" = None) -> tuple[list[ThroughputSize], Table]:
    """
    Runs a test for each size of packets, the usual ones if there are none; each result is given to `on_size`.
    """

def throughput_test(host: str, options: "dict[str, object]", namespace: "object" = None) -> ThroughputTest:
    """
    Begins a test with the server at `host`.
    """

def unix_sockets(namespace: "object" = None, owners: "bool" = False, filter: "str | None" = None) -> Listing:
    """
    Unix sockets that a filter in the words of `ss` lets through; `owners` asks for the processes that hold them.
    """

def watch(namespace: "object" = None, kinds: "list[str] | None" = None, initial: "bool" = False, buffer: "int | None" = None) -> Watch:
    """
    Begins to watch.
    """

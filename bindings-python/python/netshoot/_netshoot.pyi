"""
Private half of the package `netshoot`: use that one.
"""

from _typeshed import SupportsGetItem
from datetime import datetime
from ipaddress import IPv4Address, IPv6Address
from typing import Any, Final, SupportsIndex, final

__all__ = ["__version__", "Arp", "Capture", "Dns", "Ethernet", "Icmp", "Interface", "InterfaceAddress", "Ipv4", "Ipv6", "Layer", "Packet", "Pieces", "ProtocolCount", "Question", "Report", "Rows", "Stop", "Stream", "Summary", "Table", "Tcp", "TcpOption", "Udp", "Vlan", "interfaces", "parse"]

__version__: Final[str]
"""
Version of the package.
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
    def __new__(cls, /, source: "str | bytes") -> Capture:
        """
        Looks at the file's header, so that what is no capture is refused at once.
        """
    def analyze(self, /, progress: Any | None = None) -> Report:
        """
        Reads the capture to its end and analyses it. `progress` is called about ten times a second, and once at the end,
        with the octets read and the octets of the file, `None` where that is not known.
        """
    def packets(self, /, columns: SupportsGetItem[int, str] | None = None, strict: bool = False) -> Table:
        """
        The packet table: read anew each time that it is asked for its rows.
        """

@final
class Dns:
    """
    A DNS message's header and questions.
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
    def response_code(self, /) -> str:
        """
        Response code, such as `NOERROR` or `NXDOMAIN`.
        """
    @property
    def truncated(self, /) -> bool:
        """
        The message did not fit and was cut by its sender.
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
class Packet:
    """
    A frame and what parsing it found. `str(packet)` is the line that tcpdump would print.
    """
    def __len__(self, /) -> int: ...
    def __repr__(self, /) -> str: ...
    def __str__(self, /) -> str: ...
    @property
    def arp(self, /) -> Arp | None:
        """
        The ARP message.
        """
    @property
    def data(self, /) -> bytes:
        """
        The captured octets of the frame.
        """
    @property
    def destination(self, /) -> IPv4Address | IPv6Address | None:
        """
        IP destination address.
        """
    @property
    def destination_port(self, /) -> int | None:
        """
        Destination port of TCP or UDP.
        """
    @property
    def dns(self, /) -> Dns | None:
        """
        The DNS message of UDP port 53, 5353 (mDNS) or 5355 (LLMNR).
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
    def icmp(self, /) -> Icmp | None:
        """
        The ICMP header, of either version.
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
        The headers that are there, outermost first.
        """
    @property
    def link_type(self, /) -> str:
        """
        What the first octet is: the name in the link-type registry in lower case, or the number as text.
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
    def source(self, /) -> IPv4Address | IPv6Address | None:
        """
        IP source address.
        """
    @property
    def source_port(self, /) -> int | None:
        """
        Source port of TCP or UDP.
        """
    @property
    def stop(self, /) -> Stop | None:
        """
        Where and why parsing ended before the payload of a transport layer; `None` if it did not.
        """
    @property
    def tcp(self, /) -> Tcp | None:
        """
        The TCP header.
        """
    @property
    def trailer(self, /) -> bytes:
        """
        Captured octets behind the datagram: padding, a frame check sequence.
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
class Report:
    """
    The outcome of an analysis.
    """
    @property
    def damage(self, /) -> str | None:
        """
        Why reading ended early, if the file is damaged or cut off.
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
    def summary(self, /) -> Summary:
        """
        What was captured.
        """

@final
class Rows:
    """
    The rows of a table one by one, each a list in the order of the columns.
    """
    def __iter__(self, /) -> Rows: ...
    def __next__(self, /) -> list[Any]: ...

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
        `nop`, `mss`, `wscale`, `sackOK`, `sack`, `TS` as tcpdump writes them, `unknown`, or `bad` for a length that
        leads beyond the options.
        """
    @property
    def value(self, /) -> int | tuple[int, int] | list[tuple[int, int]] | bytes | None:
        """
        A number for `mss` (octets) and `wscale` (shift), `(value, echo reply)` for `TS`, a list of
        `(left edge, right edge)` for `sack`, the octets for `unknown`, else `None`.
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

def interfaces(namespace: "str | int | None" = None) -> tuple[list[Interface], str]:
    """
    Lists the interfaces with their addresses, and gives the same as the JSON that `ip -j -d address` prints.
    """

def parse(data: bytes | bytearray, link_type: "SupportsIndex | str | None" = None, original_length: SupportsIndex | None = None) -> Packet:
    """
    Parses the octets of one frame. Any input gives a packet; `Packet.stop` tells where and why parsing ended early.

    `data` is the frame from its link-layer header on; `bytes` is held by reference, not copied. `link_type` says what the
    first octet is: a name in the link-type registry or its number. `original_length` is the frame's length on the wire in
    octets, where the capture has cut it.
    """

// netshoot: packets, captures, flow analysis with findings, the kernel's own view of the network, tests of throughput.
//
// Errors. Functions that can fail return NULL or -1 and, where they take a netshoot_error_t *, describe the failure
// there. A NULL argument is an error, except where it is said to be allowed. Nothing here ends the program, unless the
// system has no memory left, and nothing is printed, but for the note that Rust's runtime writes to standard error before
// NETSHOOT_ERROR_INTERNAL.
//
// Ownership. What a function whose name has _new, _open, _list, _delta, _analyze or _finish returns, or
// netshoot_throughput_client_run, belongs to the caller, who gives it back with the _free function of its type; those accept
// NULL. Everything else is lent: `const char *` and other pointers, returned or in structs that a function filled, stay valid
// as long as the handle they came from, or for a shorter time where that is said. Structs that a function fills hold nothing
// that must be freed.
//
// Threads. There is no global state. A handle may move between threads. One that is passed as `const T *` may be used by
// any number of threads at once; one that is passed as `T *` by one thread at a time.
//
// Text is UTF-8 and ends in a NUL. Times are in nanoseconds, those of frames since 1970-01-01T00:00:00Z.
//
// Generated from the sources; do not edit.

#ifndef NETSHOOT_H
#define NETSHOOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The version of this header.
#define NETSHOOT_VERSION "0.1.0"
#define NETSHOOT_VERSION_MAJOR 0
#define NETSHOOT_VERSION_MINOR 1
#define NETSHOOT_VERSION_PATCH 0
#define NETSHOOT_VERSION_NUMBER \
    ((NETSHOOT_VERSION_MAJOR << 16) | (NETSHOOT_VERSION_MINOR << 8) | NETSHOOT_VERSION_PATCH)

// What a netshoot_error_t is before its first use.
#define NETSHOOT_ERROR_INIT {0, 0, {0}}

// Options that leave every choice to the library.
#ifdef __cplusplus
#define NETSHOOT_OPTIONS_INIT {}
#else
#define NETSHOOT_OPTIONS_INIT {0}
#endif

// The Arrow C stream interface, as the Arrow specification defines it.
struct ArrowArrayStream;

// The rules of Wireshark 4.0.
#define NETSHOOT_TCP_PROFILE_WIRESHARK_4_0 0

// The rules of Wireshark 4.4.
#define NETSHOOT_TCP_PROFILE_WIRESHARK_4_4 1

// The rules of Wireshark 4.6.
#define NETSHOOT_TCP_PROFILE_WIRESHARK_4_6 2

// Room for a name or the data of a DNS record as text; longer text is cut. There is always a NUL at the end.
#define NETSHOOT_DNS_TEXT 256

// The record answers the question.
#define NETSHOOT_DNS_ANSWER 0

// The record names an authority.
#define NETSHOOT_DNS_AUTHORITY 1

// Everything else, EDNS included.
#define NETSHOOT_DNS_ADDITIONAL 2

// Nothing follows a head of HTTP.
#define NETSHOOT_HTTP_BODY_NONE 0

// So many octets follow as content_length says.
#define NETSHOOT_HTTP_BODY_LENGTH 1

// Chunks follow.
#define NETSHOOT_HTTP_BODY_CHUNKED 2

// All until the connection closes follows.
#define NETSHOOT_HTTP_BODY_UNTIL_CLOSE 3

// Servers and proxies may read differently what follows.
#define NETSHOOT_HTTP_BODY_AMBIGUOUS 4

// The first packets of a connection.
#define NETSHOOT_QUIC_INITIAL 0

// Data before the handshake is over.
#define NETSHOOT_QUIC_ZERO_RTT 1

// The handshake.
#define NETSHOOT_QUIC_HANDSHAKE 2

// The server wants to see that the client's address is its own.
#define NETSHOOT_QUIC_RETRY 3

// The server does not know the version; token has those that it knows, four octets each in network byte order.
#define NETSHOOT_QUIC_VERSION_NEGOTIATION 4

// A short header.
#define NETSHOOT_QUIC_SHORT 5

// A version of which nothing more is known.
#define NETSHOOT_QUIC_UNKNOWN 6

// Microseconds, or nanoseconds where an interface has units as short.
#define NETSHOOT_FORMAT_PCAP 1

// The block format of Wireshark.
#define NETSHOOT_FORMAT_PCAPNG 2

// pcap with nanoseconds.
#define NETSHOOT_FORMAT_NSECPCAP 3

// No interfaces become one.
#define NETSHOOT_INTERFACES_NONE 0

// All become one with their like, if every capture describes the same ones in the same order before its first frame; else
// none.
#define NETSHOOT_INTERFACES_ALL 1

// Any become one with their like, also of one capture.
#define NETSHOOT_INTERFACES_ANY 2

// No compression, whatever the name.
#define NETSHOOT_COMPRESSION_NONE 1

// gzip.
#define NETSHOOT_COMPRESSION_GZIP 2

// Zstandard.
#define NETSHOOT_COMPRESSION_ZSTD 3

// LZ4, in its frame format.
#define NETSHOOT_COMPRESSION_LZ4 4

// Keys of TLS, in the format of SSLKEYLOGFILE.
#define NETSHOOT_SECRETS_TLS_KEY_LOG 1414288203

// Keys of WireGuard.
#define NETSHOOT_SECRETS_WIREGUARD_KEY_LOG 1464290124

// A checksum is as it should be.
#define NETSHOOT_CHECKSUM_VALID 1

// It is not.
#define NETSHOOT_CHECKSUM_INVALID 2

// It is not, but as hosts leave it that let the device compute it: no fault in a capture made at the sender.
#define NETSHOOT_CHECKSUM_OFFLOADED 3

// None was sent.
#define NETSHOOT_CHECKSUM_ABSENT 4

// Octets that it covers are missing.
#define NETSHOOT_CHECKSUM_UNVERIFIABLE 5

// The most checksums of one packet: those of GRE, IPv4 and the transport layer.
#define NETSHOOT_CHECKSUMS 3

// Where fragments overlap, the one that begins first counts, or else the one that came first, as in BSD and Wireshark.
#define NETSHOOT_DATAGRAM_OVERLAP_BSD 0

// The one that came first counts.
#define NETSHOOT_DATAGRAM_OVERLAP_FIRST 1

// The one that came last counts.
#define NETSHOOT_DATAGRAM_OVERLAP_LAST 2

// The datagram is given up, unless all that a fragment has was there before, as Linux does.
#define NETSHOOT_DATAGRAM_OVERLAP_LINUX 3

// The datagram is given up, unless a fragment is a repetition (RFC 5722).
#define NETSHOOT_DATAGRAM_OVERLAP_REJECT 4

// DNS over UDP, port 53.
#define NETSHOOT_DNS_TRANSPORT_UDP 0

// Multicast DNS, UDP port 5353.
#define NETSHOOT_DNS_TRANSPORT_MDNS 1

// Link-local multicast name resolution, UDP port 5355.
#define NETSHOOT_DNS_TRANSPORT_LLMNR 2

// DNS over TCP, port 53.
#define NETSHOOT_DNS_TRANSPORT_TCP 3

// No error.
#define NETSHOOT_ERROR_NONE 0

// The file, interface, namespace or process does not exist.
#define NETSHOOT_ERROR_NOT_FOUND 1

// A right or capability is missing; the hint names it.
#define NETSHOOT_ERROR_PERMISSION_DENIED 2

// An argument makes no sense, such as NULL; nothing was tried.
#define NETSHOOT_ERROR_INVALID_INPUT 3

// What was read is not in the expected format.
#define NETSHOOT_ERROR_MALFORMED 4

// What was read ends before it is complete.
#define NETSHOOT_ERROR_TRUNCATED 5

// The kernel, the file or this build lacks the feature.
#define NETSHOOT_ERROR_UNSUPPORTED 6

// The deadline passed.
#define NETSHOOT_ERROR_TIMED_OUT 7

// The operation was interrupted.
#define NETSHOOT_ERROR_CANCELLED 8

// A limit on memory, size or count was reached.
#define NETSHOOT_ERROR_LIMIT_REACHED 9

// The operating system failed in another way; see os_error.
#define NETSHOOT_ERROR_IO 10

// A fault in this library. The handle that was used should only be freed.
#define NETSHOOT_ERROR_INTERNAL 11

// Worth knowing, rarely a cause.
#define NETSHOOT_SEVERITY_NOTE 1

// Costs time or is about to fail.
#define NETSHOOT_SEVERITY_WARNING 2

// Something does not work.
#define NETSHOOT_SEVERITY_CRITICAL 3

// The packets do not tell where the cause lies.
#define NETSHOOT_VERDICT_UNKNOWN 0

// The cause lies between the hosts.
#define NETSHOOT_VERDICT_NETWORK 1

// At the server's host.
#define NETSHOOT_VERDICT_SERVER 2

// At the client's host.
#define NETSHOOT_VERDICT_CLIENT 3

// In the name service.
#define NETSHOOT_VERDICT_DNS 4

// In the capture itself.
#define NETSHOOT_VERDICT_CAPTURE 5

// In a program, while its host and the network do their work.
#define NETSHOOT_VERDICT_APPLICATION 6

// Nothing is wrong.
#define NETSHOOT_VERDICT_NONE 7

// It is not known who ended the connection, or nobody did.
#define NETSHOOT_CLOSED_BY_NONE 0

// The client sent the first FIN.
#define NETSHOOT_CLOSED_BY_CLIENT_FIN 1

// The server sent the first FIN.
#define NETSHOOT_CLOSED_BY_SERVER_FIN 2

// The client sent a reset.
#define NETSHOOT_CLOSED_BY_CLIENT_RESET 3

// The server sent a reset.
#define NETSHOOT_CLOSED_BY_SERVER_RESET 4

// The client sent the first frame of the capture.
#define NETSHOOT_ROLE_BASIS_FIRST 0

// The client sent the SYN, or the server the SYN-ACK.
#define NETSHOOT_ROLE_BASIS_SYN 1

// The server's port is a well-known one.
#define NETSHOOT_ROLE_BASIS_PORT 2

// Another verdict than this version knows.
#define NETSHOOT_VERDICT_OTHER 0

// It is sent on.
#define NETSHOOT_VERDICT_UNICAST 1

// It is for this host.
#define NETSHOOT_VERDICT_LOCAL 2

// It is sent as a broadcast.
#define NETSHOOT_VERDICT_BROADCAST 3

// It is sent as multicast.
#define NETSHOOT_VERDICT_MULTICAST 4

// It is dropped without a word.
#define NETSHOOT_VERDICT_BLACKHOLE 5

// It is dropped and answered with "host unreachable".
#define NETSHOOT_VERDICT_UNREACHABLE 6

// It is dropped and answered with "administratively prohibited".
#define NETSHOOT_VERDICT_PROHIBIT 7

// There is no route.
#define NETSHOOT_VERDICT_NO_ROUTE 8

// The kernel makes no promise: changes during the dump go unnoticed.
#define NETSHOOT_CONSISTENCY_BEST_EFFORT 0

// The kernel marks a dump that a change interrupted; see netshoot_listing_interrupted.
#define NETSHOOT_CONSISTENCY_CHECKED 1

// The objects are of one instant.
#define NETSHOOT_CONSISTENCY_ATOMIC 2

// Link type of frames that begin with an Ethernet header: LINKTYPE_ETHERNET, DLT_EN10MB.
//
// Link types have the numbers of capture files (LINKTYPE_…). What pcap_datalink() returns (DLT_…) may be passed as it
// is: for all the types below the numbers are equal or both are known, such as 12 and 101 for DLT_RAW and
// LINKTYPE_RAW. Packets of other types are parsed as frames without known headers.
#define NETSHOOT_LINK_TYPE_ETHERNET 1

// BSD loopback, a four-octet address family in the byte order of the capturing host: LINKTYPE_NULL.
#define NETSHOOT_LINK_TYPE_NULL 0

// OpenBSD loopback, a four-octet address family in network byte order: LINKTYPE_LOOP.
#define NETSHOOT_LINK_TYPE_LOOP 108

// IPv4 or IPv6, told by the version: LINKTYPE_RAW.
#define NETSHOOT_LINK_TYPE_RAW 101

// IPv4: LINKTYPE_IPV4.
#define NETSHOOT_LINK_TYPE_IPV4 228

// IPv6: LINKTYPE_IPV6.
#define NETSHOOT_LINK_TYPE_IPV6 229

// Linux cooked capture, version 1: LINKTYPE_LINUX_SLL.
#define NETSHOOT_LINK_TYPE_LINUX_SLL 113

// Linux cooked capture, version 2: LINKTYPE_LINUX_SLL2.
#define NETSHOOT_LINK_TYPE_LINUX_SLL2 276

// No layer; in stop_layer, the frame itself.
#define NETSHOOT_LAYER_NONE 0

// Ethernet II or the MAC header of IEEE 802.3.
#define NETSHOOT_LAYER_ETHERNET 1

// An IEEE 802.1Q or 802.1ad tag.
#define NETSHOOT_LAYER_VLAN 2

// IEEE 802.2 logical link control.
#define NETSHOOT_LAYER_LLC 3

// Subnetwork access protocol behind LLC.
#define NETSHOOT_LAYER_SNAP 4

// Linux cooked capture header, version 1.
#define NETSHOOT_LAYER_LINUX_SLL 5

// Linux cooked capture header, version 2.
#define NETSHOOT_LAYER_LINUX_SLL2 6

// BSD loopback header.
#define NETSHOOT_LAYER_NULL 7

// A header of the kernel's netfilter log.
#define NETSHOOT_LAYER_NFLOG 8

// PPP over Ethernet (RFC 2516).
#define NETSHOOT_LAYER_PPPOE 9

// Point-to-point protocol (RFC 1661).
#define NETSHOOT_LAYER_PPP 10

// A label of MPLS (RFC 3032).
#define NETSHOOT_LAYER_MPLS 11

// IEEE 802.1AE, not entered.
#define NETSHOOT_LAYER_MACSEC 12

// Link layer discovery protocol, not entered.
#define NETSHOOT_LAYER_LLDP 13

// IEEE 802.3 slow protocols, LACP among them, not entered.
#define NETSHOOT_LAYER_SLOW 14

// Spanning tree protocol, not entered.
#define NETSHOOT_LAYER_STP 15

// Address resolution protocol (RFC 826).
#define NETSHOOT_LAYER_ARP 16

// IPv4 (RFC 791).
#define NETSHOOT_LAYER_IPV4 17

// IPv6 (RFC 8200).
#define NETSHOOT_LAYER_IPV6 18

// An IPv6 extension header or an IP authentication header.
#define NETSHOOT_LAYER_EXTENSION 19

// TCP (RFC 9293).
#define NETSHOOT_LAYER_TCP 32

// UDP (RFC 768).
#define NETSHOOT_LAYER_UDP 33

// ICMP for IPv4 (RFC 792).
#define NETSHOOT_LAYER_ICMPV4 34

// ICMP for IPv6 (RFC 4443).
#define NETSHOOT_LAYER_ICMPV6 35

// SCTP (RFC 9260).
#define NETSHOOT_LAYER_SCTP 36

// UDP-Lite (RFC 3828).
#define NETSHOOT_LAYER_UDP_LITE 37

// IGMP (RFC 3376).
#define NETSHOOT_LAYER_IGMP 38

// Encapsulating security payload (RFC 4303).
#define NETSHOOT_LAYER_ESP 39

// DCCP (RFC 4340), not entered.
#define NETSHOOT_LAYER_DCCP 40

// VRRP (RFC 5798), not entered.
#define NETSHOOT_LAYER_VRRP 41

// L2TP over IP (RFC 3931) or UDP (RFC 2661), not entered.
#define NETSHOOT_LAYER_L2TP 42

// OSPF (RFC 2328), not entered.
#define NETSHOOT_LAYER_OSPF 43

// PIM (RFC 7761), not entered.
#define NETSHOOT_LAYER_PIM 44

// The extensions of an ICMP error (RFC 4884).
#define NETSHOOT_LAYER_ICMP_EXTENSION 45

// A DNS message (RFC 1035).
#define NETSHOOT_LAYER_DNS 48

// Records of TLS (RFC 8446).
#define NETSHOOT_LAYER_TLS 49

// Packets of QUIC (RFC 9000).
#define NETSHOOT_LAYER_QUIC 50

// The head of an HTTP/1 message (RFC 9112).
#define NETSHOOT_LAYER_HTTP 51

// A message of DHCP for IPv4 (RFC 2131).
#define NETSHOOT_LAYER_DHCP 52

// A message of DHCP for IPv6 (RFC 8415), not entered.
#define NETSHOOT_LAYER_DHCPV6 53

// A message of WireGuard, encrypted.
#define NETSHOOT_LAYER_WIREGUARD 54

// Generic routing encapsulation (RFC 2784).
#define NETSHOOT_LAYER_GRE 64

// A header of ERSPAN behind GRE.
#define NETSHOOT_LAYER_ERSPAN 65

// VXLAN (RFC 7348).
#define NETSHOOT_LAYER_VXLAN 66

// VXLAN with a protocol field.
#define NETSHOOT_LAYER_VXLAN_GPE 67

// Geneve (RFC 8926).
#define NETSHOOT_LAYER_GENEVE 68

// GTP-U (3GPP TS 29.281).
#define NETSHOOT_LAYER_GTP 69

// Teredo (RFC 4380).
#define NETSHOOT_LAYER_TEREDO 70

// The control word of a pseudo-wire (RFC 4448), or nothing.
#define NETSHOOT_LAYER_PSEUDO_WIRE 71

// Parsing did not stop early.
#define NETSHOOT_STOP_NONE 0

// The capture cut the packet (snap length).
#define NETSHOOT_STOP_CAPTURE_LENGTH 1

// The frame ended on the wire before the header was complete.
#define NETSHOOT_STOP_FRAME_LENGTH 2

// A length field of an outer header ends the packet here.
#define NETSHOOT_STOP_LENGTH_FIELD 3

// A field of the layer's header contradicts the format.
#define NETSHOOT_STOP_MALFORMED 4

// The next protocol is not one the parser enters.
#define NETSHOOT_STOP_UNKNOWN_PROTOCOL 5

// The rest is in another IP fragment.
#define NETSHOOT_STOP_FRAGMENT 6

// Too many headers are nested.
#define NETSHOOT_STOP_DEPTH 7

// TCP control bits, in tcp_flags: no more data from the sender.
#define NETSHOOT_TCP_FIN 1

// Synchronise sequence numbers.
#define NETSHOOT_TCP_SYN 2

// Reset the connection.
#define NETSHOOT_TCP_RST 4

// Push.
#define NETSHOOT_TCP_PSH 8

// The acknowledgment number is significant.
#define NETSHOOT_TCP_ACK 16

// The urgent pointer is significant.
#define NETSHOOT_TCP_URG 32

// ECN echo (RFC 3168).
#define NETSHOOT_TCP_ECE 64

// Congestion window reduced (RFC 3168).
#define NETSHOOT_TCP_CWR 128

// Accurate ECN (RFC 9768), formerly the nonce sum.
#define NETSHOOT_TCP_AE 256

// The number of VLAN tags that netshoot_packet_t holds; more are counted.
#define NETSHOOT_VLAN_TAGS 4

// The number of labels of MPLS that netshoot_packet_t holds; more are counted.
#define NETSHOOT_MPLS_LABELS 4

// Room for the name of a layer, which ends in a NUL.
#define NETSHOOT_LAYER_NAME 12

// Traffic is counted of the whole capture.
#define NETSHOOT_IO_BY_CAPTURE 0

// By protocol.
#define NETSHOOT_IO_BY_PROTOCOL 1

// Of both directions of one flow.
#define NETSHOOT_IO_BY_FLOW 2

// It is the doing of neither end, or of both.
#define NETSHOOT_BY_NOBODY 0

// The client does it.
#define NETSHOOT_BY_CLIENT 1

// The server does it.
#define NETSHOOT_BY_SERVER 2

// A connection is seen for the first time.
#define NETSHOOT_STREAM_OPENED 1

// Octets that follow those before.
#define NETSHOOT_STREAM_DATA 2

// Octets that are missing.
#define NETSHOOT_STREAM_GAP 3

// Nothing more comes of a connection.
#define NETSHOOT_STREAM_CLOSED 4

// Of a gap: the receiver has the octets, the capture lost them.
#define NETSHOOT_GAP_ACKNOWLEDGED 1

// The capture cut the segment.
#define NETSHOOT_GAP_CAPTURE_LENGTH 2

// Memory for what is behind them ran out.
#define NETSHOOT_GAP_LIMIT 3

// The connection ended.
#define NETSHOOT_GAP_CLOSED 4

// Of a connection: both ends closed it.
#define NETSHOOT_CLOSE_FIN 1

// One end reset it.
#define NETSHOOT_CLOSE_RESET 2

// The same ports opened another.
#define NETSHOOT_CLOSE_REUSED 3

// Nothing came for too long.
#define NETSHOOT_CLOSE_IDLE 4

// There were too many.
#define NETSHOOT_CLOSE_EVICTED 5

// netshoot_streams_finish was called.
#define NETSHOOT_CLOSE_FINISHED 6

// Where segments that wait overlap, that counts which begins first, or else came first, as in Linux and Wireshark.
#define NETSHOOT_STREAM_OVERLAP_LOWER 0

// That which came first counts.
#define NETSHOOT_STREAM_OVERLAP_FIRST 1

// That which came last counts.
#define NETSHOOT_STREAM_OVERLAP_LAST 2

// The client sends.
#define NETSHOOT_THROUGHPUT_FORWARD 0

// The server sends.
#define NETSHOOT_THROUGHPUT_REVERSE 1

// Both do, on streams of their own.
#define NETSHOOT_THROUGHPUT_BIDIRECTIONAL 2

// For the rate: as fast as can be.
#define NETSHOOT_THROUGHPUT_UNLIMITED UINT64_MAX

// It passed.
#define NETSHOOT_TRIAL_PASSED 0

// More was lost than may be.
#define NETSHOOT_TRIAL_LOSS 1

// The sender did not reach the rate.
#define NETSHOOT_TRIAL_SENDER 2

// Something else than this version knows.
#define NETSHOOT_THROUGHPUT_EVENT_OTHER 0

// A client was admitted.
#define NETSHOOT_THROUGHPUT_EVENT_ACCEPTED 1

// All streams are there, and data begin to flow.
#define NETSHOOT_THROUGHPUT_EVENT_STARTED 2

// A part of a test is over.
#define NETSHOOT_THROUGHPUT_EVENT_INTERVAL 3

// A test is over.
#define NETSHOOT_THROUGHPUT_EVENT_FINISHED 4

// A test failed, or nobody could be accepted; the server goes on.
#define NETSHOOT_THROUGHPUT_EVENT_FAILED 5

// A client was told that the server is busy.
#define NETSHOOT_THROUGHPUT_EVENT_REFUSED 6

// No test came for the idle time-out.
#define NETSHOOT_THROUGHPUT_EVENT_IDLE 7

// Something else than this version knows.
#define NETSHOOT_EVENT_OTHER 0

// An object came.
#define NETSHOOT_EVENT_ADDED 1

// An object changed.
#define NETSHOOT_EVENT_CHANGED 2

// An object went.
#define NETSHOOT_EVENT_REMOVED 3

// Changes were lost; what follows is told by comparison.
#define NETSHOOT_EVENT_RESYNC_BEGIN 4

// The state is true again.
#define NETSHOOT_EVENT_RESYNC_END 5

// Something could not be listed, and the state may not be true until it can be.
#define NETSHOOT_EVENT_LISTING_FAILED 6

// An analysis in progress.
typedef struct netshoot_analyzer_t netshoot_analyzer_t;

// What clients tried to connect to in vain.
typedef struct netshoot_attempts_t netshoot_attempts_t;

// What ends a watch, the waiting for frames, a test of throughput or a server from another thread. It may outlive what it was made of.
typedef struct netshoot_canceller_t netshoot_canceller_t;

// Where the frames of a capture are. It holds a place for each 1,024 frames, or for each 2,048, 4,096 … of a long capture.
typedef struct netshoot_capture_index_t netshoot_capture_index_t;

// A capture that is being read: a pcap or pcapng file, or a stream in these formats.
typedef struct netshoot_capture_t netshoot_capture_t;

// A capture file that is being written, or several, one after the other.
typedef struct netshoot_capture_writer_t netshoot_capture_writer_t;

// Sockets of one namespace in the order in which they are closed, from when it is opened. Used by one thread at a time.
typedef struct netshoot_closing_sockets_t netshoot_closing_sockets_t;

// Traffic between each two IP addresses.
typedef struct netshoot_conversations_t netshoot_conversations_t;

// The network counters of a namespace at one time. They never change.
typedef struct netshoot_counters_t netshoot_counters_t;

// Datagrams that are being put together. Used by one thread at a time.
typedef struct netshoot_datagrams_t netshoot_datagrams_t;

// How the counters of a namespace grew from one time to another. It never changes.
typedef struct netshoot_delta_t netshoot_delta_t;

// What differs between two snapshots. It never changes.
typedef struct netshoot_diff_t netshoot_diff_t;

// Traffic of each IP address.
typedef struct netshoot_endpoints_t netshoot_endpoints_t;

// Round trips and sequence numbers of a TCP flow over time. It never changes.
typedef struct netshoot_flow_series_t netshoot_flow_series_t;

// Traffic of each protocol, by the protocols that carry it.
typedef struct netshoot_hierarchy_t netshoot_hierarchy_t;

// The network interfaces of one namespace, as they were when they were listed. It never changes.
typedef struct netshoot_interfaces_t netshoot_interfaces_t;

// Traffic over time.
typedef struct netshoot_io_series_t netshoot_io_series_t;

// How often which latency occurs.
typedef struct netshoot_latencies_t netshoot_latencies_t;

// Objects of one kind, of one namespace, at one time. It never changes.
typedef struct netshoot_listing_t netshoot_listing_t;

// The network namespaces of the host at one time, as far as the caller may see them. They never change.
typedef struct netshoot_namespaces_t netshoot_namespaces_t;

// The kernel's own view of one network namespace, which is asked time and again. Nothing is ever changed by it.
typedef struct netshoot_netlink_t netshoot_netlink_t;

// The outcome of an analysis: flows, DNS transactions and findings. It never changes.
typedef struct netshoot_report_t netshoot_report_t;

// The objects of a namespace, of the kinds that were asked for, one kind listed after the other. It never changes.
typedef struct netshoot_snapshot_t netshoot_snapshot_t;

// What became of a flow. It never changes.
typedef struct netshoot_story_t netshoot_story_t;

// Streams that are being put together. Used by one thread at a time.
typedef struct netshoot_streams_t netshoot_streams_t;

// The client of one test, which iperf3 or a server of this library is asked for.
typedef struct netshoot_throughput_client_t netshoot_throughput_client_t;

// All that a test told: its end, and its intervals. It never changes.
typedef struct netshoot_throughput_report_t netshoot_throughput_report_t;

// A listening server, for iperf3 and the clients of this library. It works while netshoot_throughput_server_run does.
typedef struct netshoot_throughput_server_t netshoot_throughput_server_t;

// A watch on one namespace, which begins when it is opened. Used by one thread at a time.
typedef struct netshoot_watch_t netshoot_watch_t;

// An IP address in network byte order: what inet_ntop takes.
typedef struct netshoot_address_t {
    // The address; one of IPv4 is in the first four octets, and the others are 0.
    uint8_t bytes[16];
    // 4 for IPv4, 6 for IPv6, 0 where there is no address.
    uint8_t version;
} netshoot_address_t;

// What went wrong. The caller owns it, on the stack as a rule: `netshoot_error_t error = NETSHOOT_ERROR_INIT;`
//
// It is written when a function fails, and left alone when it succeeds. Every function takes NULL for it from a
// caller who does not want to know more than that it failed.
typedef struct netshoot_error_t {
    // The class of the error, one of NETSHOOT_ERROR_…; others may be added.
    int32_t kind;
    // The operating system's error code (errno) if it was the system that refused, else 0.
    int32_t os_error;
    // One line of UTF-8 that ends in a NUL: what was being done, on what, what was wrong and, behind "; hint: ", what
    // to try. Cut at 511 octets.
    char message[512];
} netshoot_error_t;

// Frames and their octets on the wire.
typedef struct netshoot_traffic_t {
    // Frames.
    uint64_t frames;
    // Octets.
    uint64_t bytes;
} netshoot_traffic_t;

// What a client tried in vain.
typedef struct netshoot_attempted_services_t {
    // The client.
    struct netshoot_address_t client;
    // Different addresses and ports.
    uint64_t services;
    // Different addresses.
    uint64_t hosts;
    // Connections.
    uint64_t attempts;
    // Connections that nobody answered.
    uint64_t unanswered;
    // Connections that were refused.
    uint64_t refused;
    // The packets of these connections, both ways.
    struct netshoot_traffic_t traffic;
    // Time of the first.
    int64_t first_ns;
    // Time of the last frame of the last.
    int64_t last_ns;
} netshoot_attempted_services_t;

// How to analyse. Begin with NETSHOOT_OPTIONS_INIT, which leaves every choice to the library, as NULL does.
typedef struct netshoot_options_t {
    // Octets that the tables of flows and transactions may take; 0 for 96 MiB. When they are full, the flow that has been
    // silent the longest is dropped and counted.
    size_t memory_limit_bytes;
    // Frames before this time are passed over, as if the capture began there; 0 for none.
    int64_t since_ns;
    // The same for frames earlier than so long after the first one; 0 for none. since_ns goes before it.
    uint64_t since_after_first_ns;
    // Threads in which files are analysed, at most 64; 0 for one, UINT32_MAX for as many as there are processors. The report
    // is the same, unless more is to be remembered than memory_limit_bytes hold. An analyzer that frames are pushed to has one.
    uint32_t threads;
    // By the rules of which Wireshark TCP segments are judged: NETSHOOT_TCP_PROFILE_WIRESHARK_4_0, which is 0, or another.
    uint32_t tcp_profile;
    // Fragments of IP count as they are. Otherwise they are put together, so that what a tunnel carries in them counts, in at
    // most 4 MiB for each thread.
    bool without_reassembly;
} netshoot_options_t;

// Traffic of an IP address.
typedef struct netshoot_endpoint_traffic_t {
    // The address.
    struct netshoot_address_t address;
    // Flows of which it is an end.
    uint64_t flows;
    // What it sent.
    struct netshoot_traffic_t sent;
    // What was sent to it.
    struct netshoot_traffic_t received;
    // Time of the first frame.
    int64_t first_ns;
    // Time of the last frame.
    int64_t last_ns;
} netshoot_endpoint_traffic_t;

// Traffic between two IP addresses.
typedef struct netshoot_conversation_t {
    // The lower address.
    struct netshoot_address_t a;
    // The higher address.
    struct netshoot_address_t b;
    // Flows between the two.
    uint64_t flows;
    // What the lower address sent; everything if both are the same.
    struct netshoot_traffic_t a_to_b;
    // What the higher address sent.
    struct netshoot_traffic_t b_to_a;
    // Time of the first frame.
    int64_t first_ns;
    // Time of the last frame.
    int64_t last_ns;
} netshoot_conversation_t;

// A protocol inside of others.
typedef struct netshoot_hierarchy_node_t {
    // The protocols around it and itself, outermost first, such as "eth:ip:tcp".
    char path[256];
    // How many protocols are around it.
    uint32_t depth;
    // The frames that contain it, with all that it carries.
    struct netshoot_traffic_t traffic;
} netshoot_hierarchy_node_t;

// One record of a capture, or a packet from elsewhere that shall be analysed. Fields that are not known are 0.
typedef struct netshoot_frame_t {
    // The octets that were captured. From netshoot_capture_next, valid until its next call or the capture is freed.
    const uint8_t *bytes;
    // Octets at bytes.
    uint32_t captured_length;
    // Octets that were on the wire, as reported: usually captured_length or more.
    uint32_t original_length;
    // When the packet was captured, in nanoseconds since 1970-01-01T00:00:00Z; counts only with has_timestamp.
    int64_t timestamp_ns;
    // The place in the capture, from 1, as Wireshark's frame.number.
    uint64_t number;
    // Octets from the start of the file to the record.
    uint64_t offset;
    // The interface within its section, from 0; always 0 in pcap.
    uint32_t interface_id;
    // The section of the file, from 1; always 1 in pcap.
    uint32_t section;
    // What the first octet at bytes is, NETSHOOT_LINK_TYPE_….
    uint16_t link_type;
    // Whether the time is known: pcapng has packets without.
    bool has_timestamp;
} netshoot_frame_t;

// A port, and what it stands for.
typedef struct netshoot_port_t {
    // The port of UDP or TCP.
    uint16_t port;
    // An application or a tunnel: NETSHOOT_LAYER_DNS, …_TLS, …_QUIC, …_HTTP, …_DHCP, …_DHCPV6, …_WIREGUARD, …_L2TP,
    // …_GRE, …_VXLAN, …_VXLAN_GPE, …_GENEVE, …_GTP or …_TEREDO; NETSHOOT_LAYER_NONE for none.
    uint8_t layer;
} netshoot_port_t;

// Ports that stand for tunnels and applications, besides the usual ones.
typedef struct netshoot_ports_t {
    // The first.
    const struct netshoot_port_t *ports;
    // How many there are.
    size_t count;
} netshoot_ports_t;

// Octets of the frame that was passed: valid as long as that is. NULL and 0 where there are none.
typedef struct netshoot_octets_t {
    // The first.
    const uint8_t *bytes;
    // How many there are.
    size_t length;
} netshoot_octets_t;

// The header of a DNS message, its first question, and what it says by EDNS.
typedef struct netshoot_dns_message_t {
    // The message.
    struct netshoot_octets_t octets;
    // Transaction identifier.
    uint16_t id;
    // The response code, with the bits that EDNS adds.
    uint16_t response_code;
    // Questions and records of the three sections, as the header states them.
    uint16_t question_count;
    // Answers.
    uint16_t answer_count;
    // Records that name an authority.
    uint16_t authority_count;
    // Everything else.
    uint16_t additional_count;
    // Type of the first question.
    uint16_t question_type;
    // Class of the first question.
    uint16_t question_class;
    // Octets of a UDP payload that the sender can take, if has_edns.
    uint16_t edns_payload_size;
    // Why the response is as it is (RFC 8914), if has_extended_error.
    uint16_t extended_error;
    // Kind of query: 0 standard.
    uint8_t opcode;
    // Whether this is a response.
    bool is_response;
    // The responder is an authority for the name.
    bool authoritative;
    // The message did not fit and was cut by its sender.
    bool truncated;
    // The client asks for recursion.
    bool recursion_desired;
    // The server offers recursion.
    bool recursion_available;
    // The server validated the data.
    bool authentic_data;
    // The client wants no validation.
    bool checking_disabled;
    // Whether there is EDNS.
    bool has_edns;
    // The sender wants records of DNSSEC.
    bool dnssec_ok;
    // Whether extended_error is there.
    bool has_extended_error;
    // Name of the first question in presentation format without a final dot.
    char question_name[NETSHOOT_DNS_TEXT];
} netshoot_dns_message_t;

// A DNS record.
typedef struct netshoot_dns_record_t {
    // The data as they were sent.
    struct netshoot_octets_t data;
    // Time to live in seconds.
    uint32_t ttl;
    // The type (IANA).
    uint16_t record_type;
    // The class: 1 is Internet.
    uint16_t record_class;
    // NETSHOOT_DNS_ANSWER, …_AUTHORITY or …_ADDITIONAL.
    uint8_t section;
    // Whether value is there: the data fit the type.
    bool has_value;
    // The name in presentation format without a final dot.
    char name[NETSHOOT_DNS_TEXT];
    // The data in presentation format, such as `10 mx.example.com`.
    char value[NETSHOOT_DNS_TEXT];
} netshoot_dns_record_t;

// What the records of TLS in a segment say openly: the first hello, and the first alert.
typedef struct netshoot_tls_t {
    // The name of the server that the client wants (SNI).
    struct netshoot_octets_t server_name;
    // The first protocol above TLS (ALPN): the client's favourite, or the one that the server chose.
    struct netshoot_octets_t application_protocol;
    // The session that the client wants to resume, or that the server resumes or begins.
    struct netshoot_octets_t session_id;
    // 32 random octets.
    struct netshoot_octets_t random;
    // The suites that the client offers, or the one that the server chose: two octets each, in network byte order.
    struct netshoot_octets_t cipher_suites;
    // The first certificate (X.509, DER), of TLS 1.2 and before.
    struct netshoot_octets_t certificate;
    // Records that begin in the segment.
    uint32_t record_count;
    // The version that the server chose, or the highest that the client offers: 0x0303 is TLS 1.2, 0x0304 TLS 1.3.
    uint16_t version;
    // The group for the key exchange that the server chose; 0 where it does not say.
    uint16_t selected_group;
    // What the first record holds: 20 change of the cipher, 21 alert, 22 handshake, 23 application data.
    uint8_t content_type;
    // 1 warning, 2 fatal, if has_alert.
    uint8_t alert_level;
    // Why (IANA TLS alerts), if has_alert.
    uint8_t alert_description;
    // Whether there is a client hello.
    bool has_client_hello;
    // Whether there is a server hello, and no client hello.
    bool has_server_hello;
    // Whether the hello is whole.
    bool is_whole;
    // Whether there is an alert that is not encrypted.
    bool has_alert;
} netshoot_tls_t;

// The head of an HTTP/1 message.
typedef struct netshoot_http_t {
    // Of a request: such as GET.
    struct netshoot_octets_t method;
    // Of a request: mostly a path with a query.
    struct netshoot_octets_t target;
    // Of a response: what it says to humans.
    struct netshoot_octets_t reason;
    // Octets that follow, of NETSHOOT_HTTP_BODY_LENGTH.
    uint64_t content_length;
    // Of a response: such as 200.
    uint16_t status;
    // What follows, NETSHOOT_HTTP_BODY_….
    uint8_t body;
    // The version's second number: 1 of HTTP/1.1.
    uint8_t minor_version;
    // Whether this is a response.
    bool is_response;
    // Whether the head ends in the segment.
    bool is_whole;
    // Whether the connection ends after this message.
    bool closes;
} netshoot_http_t;

// A header field of HTTP.
typedef struct netshoot_http_field_t {
    // The name as it was sent; letters of either case are the same.
    struct netshoot_octets_t name;
    // The value without white space around it.
    struct netshoot_octets_t value;
} netshoot_http_field_t;

// The header of a packet of QUIC.
typedef struct netshoot_quic_packet_t {
    // The receiver's identifier of the connection; none in a short header where its length is not known.
    struct netshoot_octets_t destination_id;
    // The sender's identifier of the connection, in long headers.
    struct netshoot_octets_t source_id;
    // The token of an initial packet or a retry.
    struct netshoot_octets_t token;
    // Octets of packet number and payload.
    uint64_t payload_length;
    // The version, in long headers.
    uint32_t version;
    // NETSHOOT_QUIC_….
    uint8_t kind;
} netshoot_quic_packet_t;

// How a capture file is written. Zero leaves the choice to the library: NETSHOOT_OPTIONS_INIT.
typedef struct netshoot_capture_writer_options_t {
    // NETSHOOT_FORMAT_…; 0 for that of the name: .pcap, .cap and .dmp are pcap, all others pcapng.
    int32_t format;
    // NETSHOOT_COMPRESSION_…; 0 for that of the name: .gz, .zst and .lz4.
    int32_t compression;
    // Octets after which packets are cut; 0 for none.
    uint32_t snap_length;
    // Files that are kept, the last ones, where one of the three limits below makes several; 0 for all.
    uint32_t files;
    // Octets of a file, before compression; 0 for no limit. The names of several files carry a number and the time of
    // their first frame: trace_00001_20260921141320.pcapng.
    uint64_t octets_per_file;
    // Frames of a file; 0 for no limit.
    uint64_t frames_per_file;
    // Nanoseconds of the capture for a file; 0 for no limit.
    uint64_t nanos_per_file;
    // A comment on the capture, in pcapng; or NULL.
    const char *comment;
    // The program that writes, in pcapng; NULL for this library.
    const char *application;
} netshoot_capture_writer_options_t;

// An interface of a capture that is written.
typedef struct netshoot_capture_interface_t {
    // Units of its times in a second, a power of ten or of two; 0 for nanoseconds.
    uint64_t units_per_second;
    // Its name, or NULL.
    const char *name;
    // What is known of it, or NULL.
    const char *description;
    // Octets of a packet that are captured at most; 0 for no limit.
    uint32_t snap_length;
    // What the first octet of a frame is, NETSHOOT_LINK_TYPE_….
    uint16_t link_type;
} netshoot_capture_interface_t;

// What the format of a written file has no place for.
typedef struct netshoot_capture_lost_t {
    // Frames, interfaces and sections with comments and other options.
    uint64_t options;
    // Blocks beside packets and interfaces, such as secrets and names.
    uint64_t blocks;
    // Times that were cut to longer units, or that a frame does not have.
    uint64_t times;
} netshoot_capture_lost_t;

// Which frames of captures are copied. Zero is all of them, as they are: NETSHOOT_OPTIONS_INIT.
typedef struct netshoot_capture_choice_t {
    // The first frame that is kept, by its number in its own file, from 1; 0 for the first.
    uint64_t first_frame;
    // The last frame that is kept; 0 for the last.
    uint64_t last_frame;
    // The first time that is kept, in nanoseconds since 1970; counts only with has_start.
    int64_t start_ns;
    // The first time after that which is not kept; counts only with has_stop.
    int64_t stop_ns;
    // Nanoseconds that are added to each time.
    int64_t shift_ns;
    // The traffic that is kept, by one end or two: 192.0.2.1, [2001:db8::1]:443 or 192.0.2.1:443,198.51.100.7; NULL for
    // all.
    const char *flow;
    // Frames among which one that equals an earlier one is left out, itself counted; 0 keeps all.
    uint32_t duplicate_window;
    // Which interfaces of several captures become one, of those that are described in the same words:
    // NETSHOOT_INTERFACES_….
    int32_t interfaces;
    // Whether start_ns counts.
    bool has_start;
    // Whether stop_ns counts.
    bool has_stop;
    // One capture behind the other, in place of the order of time.
    bool append;
} netshoot_capture_choice_t;

// What became of the frames of captures.
typedef struct netshoot_capture_merged_t {
    // Frames that were read.
    uint64_t read;
    // Frames that were written.
    uint64_t written;
    // What the format of the file has no place for.
    struct netshoot_capture_lost_t lost;
    // Captures that are damaged or cut off; what comes before that place was written.
    size_t damaged;
    // What is wrong with the first of them; empty if there is none.
    char damage[512];
} netshoot_capture_merged_t;

// A checksum, and whether it is right.
typedef struct netshoot_checksum_t {
    // Where the field is, in octets from the start of the frame.
    uint32_t offset;
    // As sent.
    uint32_t found;
    // As it should be, if has_computed.
    uint32_t computed;
    // Whose it is, NETSHOOT_LAYER_….
    uint8_t layer;
    // Whether it is right, NETSHOOT_CHECKSUM_….
    uint8_t status;
    // Who cut off octets that it covers, NETSHOOT_STOP_…, of NETSHOOT_CHECKSUM_UNVERIFIABLE.
    uint8_t limit;
    // Tunnels around the packet.
    uint8_t depth;
    // Whether computed is there.
    bool has_computed;
} netshoot_checksum_t;

// An internet socket.
typedef struct netshoot_inet_socket_t {
    // What tells the socket from all others until the next boot.
    uint64_t cookie;
    // Number of the control group; 0 if unknown.
    uint64_t cgroup_id;
    // What TCP knows: struct tcp_info of <linux/tcp.h>, as long as the running kernel made it and of any alignment, so to
    // be copied; NULL if there is none.
    const uint8_t *tcp_info;
    // Octets at tcp_info.
    size_t tcp_info_length;
    // The number of owners that netshoot_listing_socket_owner knows.
    size_t owner_count;
    // Congestion control algorithm; NULL if there is none.
    const char *congestion;
    // This end's address.
    struct netshoot_address_t source;
    // The other end's address.
    struct netshoot_address_t destination;
    // Octets received and not read; of a listener, connections that wait to be accepted.
    uint32_t receive_queue;
    // Octets sent and not acknowledged; of a listener, most connections that may wait.
    uint32_t send_queue;
    // Packets that the socket dropped; 0 if unknown.
    uint32_t drops;
    // The user who made it.
    uint32_t uid;
    // Inode of its file; 0 where no file is open.
    uint32_t inode;
    // Index of the link that it is bound to; 0 if none.
    uint32_t link_index;
    // Firewall mark; 0 if it has none or CAP_NET_ADMIN is missing.
    uint32_t mark;
    // IPPROTO_…; 255 is raw.
    uint16_t protocol;
    // This end's port.
    uint16_t source_port;
    // The other end's port.
    uint16_t destination_port;
    // TCP_… of <netinet/tcp.h>: 1 established, 10 listen.
    uint8_t state;
} netshoot_inet_socket_t;

// What is called with each socket that was closed, with its last tcp_info, and the caller's own pointer; the socket is
// valid meanwhile. NULL in its place says that sockets were closed faster than they were read, and some are not told.
// Another value than 0 ends the call that made it.
typedef int (*netshoot_closing_callback_t)(const struct netshoot_inet_socket_t*, void*);

// A router advertisement's own fields.
typedef struct netshoot_router_advertisement_t {
    // Milliseconds for which a neighbour counts as reachable; 0 does not say.
    uint32_t reachable_time_ms;
    // Milliseconds between solicitations; 0 does not say.
    uint32_t retransmission_timer_ms;
    // Seconds for which it is a default router; 0 says that it is none.
    uint16_t lifetime_s;
    // Hop limit that hosts should use; 0 does not say.
    uint8_t hop_limit;
    // Preference as a default router: 1 high, 0 medium, 3 low, 2 reserved.
    uint8_t preference;
    // Addresses are handed out by DHCPv6 (M).
    bool managed;
    // Other settings are handed out by DHCPv6 (O).
    bool other;
} netshoot_router_advertisement_t;

// An option of neighbour discovery. What an option of its type does not say is 0.
typedef struct netshoot_neighbor_option_t {
    // The link-layer address of the sender (type 1) or the target (type 2); of a type that is not known, all its octets.
    struct netshoot_octets_t data;
    // A prefix (type 3), a route (type 24), or the first name server (type 25).
    struct netshoot_address_t address;
    // Seconds for which a prefix, a route, name servers or domains hold; UINT32_MAX is for ever.
    uint32_t lifetime_s;
    // Seconds for which addresses made of a prefix are preferred.
    uint32_t preferred_lifetime_s;
    // The link's MTU in octets (type 5).
    uint32_t mtu;
    // Its type.
    uint8_t option_type;
    // Bits of a prefix or a route that count.
    uint8_t prefix_length;
    // A prefix's addresses are on this link.
    bool on_link;
    // Hosts may make addresses of a prefix.
    bool autonomous;
    // All that it says, in tcpdump's words.
    char value[NETSHOOT_DNS_TEXT];
} netshoot_neighbor_option_t;

// A packet's headers: where they are, and what their fields say.
//
// All offsets and lengths count octets; offsets start at the first octet of the frame. Numbers are in the host's byte
// order, addresses as on the wire. A field of a header that is not there, or that was cut off, is 0.
typedef struct netshoot_packet_t {
    // Octets that were captured.
    uint32_t captured_length;
    // Octets on the wire.
    uint32_t original_length;
    // End of the captured octets of the IP datagram (or of the frame where there is no IP), without padding.
    uint32_t captured_end;
    // The same end on the wire: beyond captured_end if the capture cut the packet.
    uint32_t reported_end;
    // The first octet behind the innermost header that was read.
    uint32_t payload_offset;
    // Octets of the payload that were captured.
    uint32_t payload_captured_length;
    // Octets of the payload on the wire.
    uint32_t payload_reported_length;
    // Captured octets behind the datagram: padding or a frame check sequence. They are the last of the frame.
    uint32_t trailer_length;
    // Where the header is that could not be read.
    uint32_t stop_offset;
    // Octets that are needed from stop_offset on; 0 where that cannot be said.
    uint32_t stop_needed;
    // Octets that are there from stop_offset on.
    uint32_t stop_available;
    // Sequence number of TCP.
    uint32_t tcp_sequence_number;
    // Acknowledgment number of TCP.
    uint32_t tcp_acknowledgment_number;
    // What tells the tunnel that the packet came out of from others between the same ends: the identifier of VXLAN and
    // Geneve, the endpoint of GTP, the session of ERSPAN, the key of GRE.
    uint32_t tunnel_id;
    // The labels of MPLS, outermost first.
    uint32_t mpls_label[NETSHOOT_MPLS_LABELS];
    // The link type that the frame was parsed as.
    uint16_t link_type;
    // Where the header of the tunnel is that the packet came out of.
    uint16_t tunnel_offset;
    // Where the link header is.
    uint16_t link_offset;
    // The session of PPP over Ethernet.
    uint16_t pppoe_session_id;
    // The innermost EtherType.
    uint16_t ether_type;
    // Where the first VLAN tag's control information is.
    uint16_t vlan_offset;
    // The VLAN tags' control information, outermost first: the identifier in the low 12 bits, the priority in the
    // high 3.
    uint16_t vlan_control[NETSHOOT_VLAN_TAGS];
    // Where the header of IPv4, IPv6 or ARP is.
    uint16_t network_offset;
    // Where the header of TCP, UDP or ICMP is.
    uint16_t transport_offset;
    // Fragment offset of IP in units of eight octets.
    uint16_t fragment_offset;
    // Source port of TCP, UDP, SCTP and what else has ports.
    uint16_t source_port;
    // Destination port of the same.
    uint16_t destination_port;
    // Control bits of TCP, NETSHOOT_TCP_….
    uint16_t tcp_flags;
    // Window of TCP as in the header, not scaled.
    uint16_t tcp_window;
    // Octets of the transport header with its options, also if they were cut off.
    uint16_t transport_header_length;
    // Tunnels around the packet: 0 for the frame's own.
    uint8_t depth;
    // The tunnel that the packet came out of, NETSHOOT_LAYER_…; IP in IP has none.
    uint8_t tunnel_layer;
    // The number of labels of MPLS.
    uint8_t mpls_count;
    // Whether tunnel_id is there.
    bool has_tunnel_id;
    // The link layer, NETSHOOT_LAYER_….
    uint8_t link_layer;
    // The network layer: NETSHOOT_LAYER_ARP, …_IPV4, …_IPV6, or what stands in its place.
    uint8_t network_layer;
    // The transport layer, such as NETSHOOT_LAYER_TCP, also where its header was cut off.
    uint8_t transport_layer;
    // Who ended parsing before the payload of a transport layer, NETSHOOT_STOP_….
    uint8_t stop_limit;
    // The layer that could not be read or, for an unknown protocol or a fragment, the one that carries it.
    uint8_t stop_layer;
    // The number of VLAN tags.
    uint8_t vlan_count;
    // The protocol behind IP and its extension headers (IPPROTO_…).
    uint8_t ip_protocol;
    // Time to live of IPv4, hop limit of IPv6.
    uint8_t hop_limit;
    // Type of an ICMP message.
    uint8_t icmp_type;
    // Code of an ICMP message.
    uint8_t icmp_code;
    // Whether the fixed part of the transport header was captured whole: without it the fields of TCP and ICMP are 0.
    bool has_transport_header;
    // Whether the ports were captured.
    bool has_ports;
    // Whether the datagram is an IP fragment, first or later.
    bool is_fragment;
    // Whether more fragments follow this one.
    bool more_fragments;
    // Whether the IP header claims more octets than the frame had on the wire.
    bool length_exceeds_frame;
    // Whether there are MAC addresses.
    bool has_mac;
    // Source MAC address.
    uint8_t source_mac[6];
    // Destination MAC address.
    uint8_t destination_mac[6];
    // Source address of IP; in ARP, the sender's.
    struct netshoot_address_t source;
    // Destination address of IP; in ARP, the target's.
    struct netshoot_address_t destination;
} netshoot_packet_t;

// An object of the extensions of an ICMP error (RFC 4884).
typedef struct netshoot_icmp_object_t {
    // The data as they were sent; of MPLS (class 1) four octets for each label.
    struct netshoot_octets_t data;
    // Of an interface (class 2): its name.
    struct netshoot_octets_t name;
    // Of an interface: its address, or the next hop's.
    struct netshoot_address_t address;
    // Of an interface: its number; 0 where it does not say.
    uint32_t index;
    // Of an interface: its MTU in octets; 0 where it does not say.
    uint32_t mtu;
    // Of an interface: 0 the packet came by it, 1 by a part of it, 2 it would have left by it, 3 its next hop would be there.
    uint8_t role;
    // What it is about: 1 MPLS, 2 an interface, 3 an interface that is asked for.
    uint8_t class_number;
    // The class's own type (C-Type).
    uint8_t class_type;
    // Whether the data fit the format, where it is known.
    bool is_valid;
} netshoot_icmp_object_t;

// A counter.
typedef struct netshoot_counter_t {
    // The name that no other counter has: "TcpExtListenOverflows" as nstat has it, "dev.eth0.rx_bytes".
    const char *name;
    // What it counts and what it means when it grows, in a sentence; NULL if it is not known.
    const char *explanation;
    // The value of one that only grows; 0 for a gauge.
    uint64_t value;
    // The value of one that moves both ways; 0 for one that only grows.
    int64_t gauge;
    // Which of the two it is.
    bool is_gauge;
} netshoot_counter_t;

// How to put datagrams together. Begin with NETSHOOT_OPTIONS_INIT, which leaves every choice to the library, as NULL does.
typedef struct netshoot_datagram_options_t {
    // Octets that fragments may take; 0 for 4 MiB. Beyond it the oldest datagrams are given up.
    size_t max_bytes;
    // How long fragments are waited for, in nanoseconds of the packets' own time; 0 for 30 seconds.
    uint64_t timeout_ns;
    // Which of two overlapping fragments counts, NETSHOOT_DATAGRAM_OVERLAP_….
    uint8_t overlap;
} netshoot_datagram_options_t;

// How one counter changed.
typedef struct netshoot_change_t {
    // The name that no other counter has; see netshoot_counter_t.
    const char *name;
    // What it counts and what it means when it grows, in a sentence; NULL if it is not known.
    const char *explanation;
    // What was added, also where the counter began anew; of a gauge it may be below 0.
    int64_t difference;
    // The same per second; 0 when no time passed.
    double rate;
    // Whether it is a gauge, which moves both ways.
    bool is_gauge;
    // Whether the counter began anew, as when an interface is made again, so that difference is the least it can be.
    bool was_reset;
} netshoot_change_t;

// A message of DHCP for IPv4, or of BOOTP. Addresses that it does not tell have version 0, times and other numbers are 0.
typedef struct netshoot_dhcp_t {
    // The message.
    struct netshoot_octets_t octets;
    // The client's hardware address.
    struct netshoot_octets_t hardware_address;
    // The server's name.
    struct netshoot_octets_t server_name;
    // The file to boot.
    struct netshoot_octets_t boot_file;
    // The client's name.
    struct netshoot_octets_t host_name;
    // The domain to search names in.
    struct netshoot_octets_t domain_name;
    // What the client says it is.
    struct netshoot_octets_t vendor_class;
    // What the client wants to be known by: a type of hardware and its octets.
    struct netshoot_octets_t client_id;
    // Why a server refuses, or a client declines.
    struct netshoot_octets_t message;
    // Numbers of the options that the client wants.
    struct netshoot_octets_t parameter_list;
    // The address that the client has and answers for.
    struct netshoot_address_t client_address;
    // The address that the client gets.
    struct netshoot_address_t your_address;
    // The server to boot from next.
    struct netshoot_address_t next_server;
    // The first relay.
    struct netshoot_address_t relay_address;
    // The address that the client asks for.
    struct netshoot_address_t requested_address;
    // The server that speaks, or that the client chose.
    struct netshoot_address_t server_id;
    // The network's mask.
    struct netshoot_address_t subnet_mask;
    // The first router.
    struct netshoot_address_t router;
    // The first DNS server.
    struct netshoot_address_t dns_server;
    // The transaction identifier.
    uint32_t transaction_id;
    // Seconds for which the address may be used; UINT32_MAX is for ever.
    uint32_t lease_time_s;
    // Seconds until the client asks its server again (T1).
    uint32_t renewal_time_s;
    // Seconds until the client asks any server (T2).
    uint32_t rebinding_time_s;
    // Seconds since the client began.
    uint16_t seconds;
    // The flags; the highest says that the client wants the answer by broadcast.
    uint16_t flags;
    // Who speaks: 1 a client, 2 a server.
    uint8_t operation;
    // What is asked or answered: 1 discover, 2 offer, 3 request, 4 decline, 5 ack, 6 nak, 7 release, 8 inform; 0 in BOOTP.
    uint8_t message_type;
    // Type of hardware: 1 is Ethernet.
    uint8_t hardware_type;
    // Relays that it passed.
    uint8_t hops;
} netshoot_dhcp_t;

// An option of DHCP.
typedef struct netshoot_dhcp_option_t {
    // The data as they were sent.
    struct netshoot_octets_t data;
    // Its number.
    uint8_t code;
    // Whether value is there: the data fit the format.
    bool has_value;
    // What it says.
    char value[NETSHOOT_DNS_TEXT];
} netshoot_dhcp_option_t;

// One question put to one resolver, with its answer if there was one. Strings are valid as long as the report.
typedef struct netshoot_dns_t {
    // The name asked for, in presentation format without a final dot.
    const char *name;
    // The first canonical name in the answer, or NULL.
    const char *canonical_name;
    // Time of the first query; of the response where the query was not captured.
    int64_t time_ns;
    // From the last query before the answer to the answer; -1 if not known.
    int64_t latency_ns;
    // From the first query to the answer, what the client waited; -1 if not known.
    int64_t first_latency_ns;
    // The smallest time to live in the answer section, in seconds; -1 without.
    int64_t min_ttl_s;
    // Frame of the first query; 0 if it was not captured.
    uint64_t query_frame;
    // Frame of the answer; 0 without an answer.
    uint64_t response_frame;
    // Who asked.
    struct netshoot_address_t client;
    // Who was asked.
    struct netshoot_address_t resolver;
    // The flow of the first query.
    uint32_t flow_id;
    // Queries sent with this identifier and question.
    uint32_t attempts;
    // The answer's code, such as 3 for NXDOMAIN; -1 without an answer.
    int32_t response_code;
    // The number of answers that netshoot_report_dns_answer knows, at most 16.
    uint32_t answer_count;
    // Transaction identifier.
    uint16_t id;
    // The type asked for, such as 1 for A and 28 for AAAA.
    uint16_t record_type;
    // How the message travelled, NETSHOOT_DNS_TRANSPORT_….
    uint8_t transport;
    // Whether the answer was cut to fit into a datagram.
    bool truncated;
} netshoot_dns_t;

// One end of a flow.
typedef struct netshoot_endpoint_t {
    // IP address.
    struct netshoot_address_t address;
    // Port; 0 for protocols without ports.
    uint16_t port;
} netshoot_endpoint_t;

// Something a person should know, with the frames that prove it. All pointers are valid as long as the report.
typedef struct netshoot_finding_t {
    // The stable name of the kind, such as "tcp-unanswered-syn".
    const char *kind;
    // A few words.
    const char *title;
    // One plain sentence with the numbers.
    const char *summary;
    // A name concerned, of a DNS question or of a server, or NULL.
    const char *name;
    // A Wireshark display filter that shows it.
    const char *wireshark_filter;
    // What to look at next.
    const char *next_steps;
    // Numbers of the frames that prove it, rising.
    const uint64_t *evidence_frames;
    // How many there are at evidence_frames, at most 20.
    size_t evidence_frame_count;
    // The flows concerned, rising.
    const uint32_t *flow_ids;
    // How many there are at flow_ids, at most 100.
    size_t flow_id_count;
    // Time of the first event.
    int64_t first_ns;
    // Time of the last event.
    int64_t last_ns;
    // Time that it cost, summed over the flows; -1 where that cannot be said.
    int64_t impact_ns;
    // How often it happened.
    uint64_t events;
    // Number of the finding in its report, from 1, the worst first.
    uint32_t id;
    // Number of flows concerned.
    uint32_t flows;
    // How sure it is, 0 to 1.
    float confidence;
    // The service concerned; its address has version 0 if it is not one service.
    struct netshoot_endpoint_t server;
    // The client concerned, without a port where there are several flows; its address has version 0 if it is not one.
    struct netshoot_endpoint_t client;
    // How much it matters, NETSHOOT_SEVERITY_….
    uint8_t severity;
    // Where the cause lies, NETSHOOT_VERDICT_….
    uint8_t verdict;
} netshoot_finding_t;

// What one end of a flow sent. The counters of TCP count segments by the rules of Wireshark 4.0.
typedef struct netshoot_direction_t {
    // Frames.
    uint64_t packets;
    // Octets of the frames on the wire.
    uint64_t bytes;
    // Octets behind the transport header on the wire, retransmissions included.
    uint64_t payload_bytes;
    // Payload octets in retransmissions.
    uint64_t retransmitted_bytes;
    // Time during which the sender had its receive window closed.
    int64_t zero_window_time_ns;
    // The longest time from a segment to the acknowledgment of its data; -1 if not known.
    int64_t max_rtt_ns;
    // The shortest time from a segment to the acknowledgment of its data; -1 if not known.
    int64_t min_rtt_ns;
    // The shortest time from a timestamp to its echo; -1 if not known.
    int64_t timestamp_rtt_ns;
    // Time during which the sender had nothing to send.
    int64_t sender_limited_ns;
    // Time during which the sender waited for acknowledgments.
    int64_t network_limited_ns;
    // Time during which the sender waited for the receiver's window.
    int64_t receiver_limited_ns;
    // Octets that the peer acknowledged; a FIN counts as one.
    uint64_t acknowledged_bytes;
    // Octets that the peer acknowledged and the capture does not have.
    uint64_t capture_lost_bytes;
    // The smallest window announced behind the handshake, scaled where the scale is known; -1 if none.
    int64_t min_window;
    // SYN segments, repeated ones included.
    uint32_t syn;
    // RST segments.
    uint32_t rst;
    // Retransmissions of all kinds.
    uint32_t retransmissions;
    // Fast retransmissions, contained in retransmissions.
    uint32_t fast_retransmissions;
    // Spurious retransmissions (of data already acknowledged), contained in retransmissions.
    uint32_t spurious_retransmissions;
    // Segments out of order.
    uint32_t out_of_order;
    // Duplicate acknowledgments.
    uint32_t duplicate_acks;
    // Segments before which others are missing in the capture.
    uint32_t lost_segments;
    // Acknowledgments of segments that the capture does not have.
    uint32_t ack_lost_segments;
    // Keep-alive segments.
    uint32_t keep_alives;
    // Segments that announce a closed receive window.
    uint32_t zero_windows;
    // How often the sender of this direction closed its receive window.
    uint32_t window_closings;
    // Segments that fill the peer's receive window to its end.
    uint32_t window_full;
    // The largest payload of one segment in octets.
    uint32_t max_segment;
    // The largest payload of one segment that was acknowledged.
    uint32_t max_acked_segment;
    // The most octets that were in flight.
    uint32_t max_bytes_in_flight;
    // By our own classification: sent again because acknowledgments asked for it.
    uint32_t resent_fast;
    // Sent again because nothing came back for too long.
    uint32_t resent_timeout;
    // Sent again although the peer had it.
    uint32_t resent_spurious;
    // The last segment, sent again early.
    uint32_t resent_tail;
    // Sent again, where the first time had gone beyond the peer's receive window.
    uint32_t resent_overrun;
    // Overtaken by later ones on the way.
    uint32_t reordered;
    // Delivered twice by the network.
    uint32_t duplicate_network;
    // Captured twice.
    uint32_t duplicate_capture;
    // Reports of the peer that it has received data twice.
    uint32_t duplicate_sacks;
    // Maximum segment size announced; -1 if none.
    int32_t mss;
    // Time to live (IPv4) or hop limit (IPv6) of the first packet; -1 if there was none.
    int16_t hop_limit;
    // Window scale announced, as a shift; -1 if none.
    int16_t window_scale;
    // All TCP control bits seen, NETSHOOT_TCP_….
    uint16_t tcp_flags;
    // Whether selective acknowledgments were offered.
    bool sack_permitted;
} netshoot_direction_t;

// The traffic of one five-tuple in both directions, from open to close.
typedef struct netshoot_flow_t {
    // Number of the flow, from 0 in order of first appearance.
    uint32_t id;
    // For TCP and UDP, Wireshark's number of the stream (tcp.stream, udp.stream); else -1.
    int64_t stream;
    // The end that opened the flow, as far as role_basis tells.
    struct netshoot_endpoint_t client;
    // The other end.
    struct netshoot_endpoint_t server;
    // Time of the first frame.
    int64_t first_ns;
    // Time of the last frame.
    int64_t last_ns;
    // Number of the first frame.
    uint64_t first_frame;
    // Number of the last frame.
    uint64_t last_frame;
    // What the client sent.
    struct netshoot_direction_t client_to_server;
    // What the server sent.
    struct netshoot_direction_t server_to_client;
    // From the first SYN to the SYN-ACK, the round trip from the capture point to the server; -1 if not known.
    int64_t syn_rtt_ns;
    // From the SYN-ACK to the client's ACK, the round trip from the capture point to the client; -1 if not known.
    int64_t ack_rtt_ns;
    // From the SYN to the first ACK behind the handshake; -1 if not known.
    int64_t initial_rtt_ns;
    // Name of the server as the client put it (TLS server name or HTTP host), or NULL. Valid as long as the report.
    const char *server_name;
    // Frames of the ICMP errors that quote a packet of this flow.
    uint32_t icmp_errors;
    // Those of them that tell of a packet too big for a link.
    uint32_t too_big_errors;
    // Outermost VLAN identifier of the first frame; -1 without.
    int32_t vlan;
    // Type of the first message of ICMP or ICMPv6, where a reply to an echo counts as its request; -1 for other protocols.
    int16_t icmp_type;
    // Code of that message; -1 for other protocols.
    int16_t icmp_code;
    // How far a TCP connection got, in the letters of Zeek's conn_state, such as "SF" or "REJ"; for other protocols,
    // "S0" if there is traffic in one direction only, and "S1" in both.
    char state[8];
    // What happened on a TCP connection, in the letters of Zeek's history.
    char history[32];
    // How the time to live of a reset differs from that of its sender's other packets; 0 if it does not.
    int16_t reset_hop_delta;
    // Whether the IP identification of that reset goes on with those of its sender's packets, 0 or 1; -1 if not known.
    int8_t reset_goes_on;
    // What was seen of a TCP connection: SYN 1, SYN-ACK 2, ACK 4, data 8, FIN 16, RST 32.
    uint8_t completeness;
    // IP protocol (IPPROTO_…).
    uint8_t protocol;
    // How client and server were told apart, NETSHOOT_ROLE_BASIS_….
    uint8_t role_basis;
    // Who ended a TCP connection, and how, NETSHOOT_CLOSED_BY_….
    uint8_t closed_by;
} netshoot_flow_t;

// A network interface, with the counters since it was made.
typedef struct netshoot_interface_t {
    // Packets received.
    uint64_t rx_packets;
    // Packets sent.
    uint64_t tx_packets;
    // Octets received.
    uint64_t rx_bytes;
    // Octets sent.
    uint64_t tx_bytes;
    // Received packets that were bad.
    uint64_t rx_errors;
    // Packets that could not be sent.
    uint64_t tx_errors;
    // Good received packets dropped for want of room, or unwanted.
    uint64_t rx_dropped;
    // Packets dropped on their way to the wire.
    uint64_t tx_dropped;
    // The number of addresses that netshoot_interfaces_address knows.
    size_t address_count;
    // Index of the interface, from 1 (if_nametoindex).
    uint32_t index;
    // IFF_… of <linux/if.h>.
    uint32_t flags;
    // Maximum transmission unit in octets; 0 if it has none.
    uint32_t mtu;
    // Index of the bridge, bond or other interface that it is a port of; 0 if none.
    uint32_t master;
    // The name as the kernel has it, IFNAMSIZ octets with a NUL: any octets but '/', NUL and white space.
    char name[16];
    // Hardware type, ARPHRD_… of <linux/if_arp.h>.
    uint16_t hardware_type;
    // Octets of hardware_address that count: 6 for Ethernet, 0 if there is none.
    uint8_t hardware_address_length;
    // The hardware address.
    uint8_t hardware_address[32];
    // IF_OPER_… of <linux/if.h>, such as 6 for up; 0 if unknown.
    uint8_t operational_state;
} netshoot_interface_t;

// An address of an interface.
typedef struct netshoot_interface_address_t {
    // The address.
    struct netshoot_address_t address;
    // The peer's address on a point-to-point link; version 0 if there is none.
    struct netshoot_address_t peer;
    // Broadcast address; version 0 if there is none.
    struct netshoot_address_t broadcast;
    // Length of the network prefix in bits.
    uint8_t prefix_length;
    // RT_SCOPE_… of <linux/rtnetlink.h>: 0 global, 253 link, 254 host.
    uint8_t scope;
    // IFA_F_… of <linux/if_addr.h>.
    uint32_t flags;
} netshoot_interface_address_t;

// Which objects are wanted. Zeroed, or NULL in its place, it wants all; each field that is not 0 leaves some out. A field
// that the objects do not have is an error; which they have is said with each function.
typedef struct netshoot_filter_t {
    // Of a link: its kind, such as "veth".
    const char *kind;
    // Index of the link: the link itself, or that the object belongs to, or leaves by.
    uint32_t link_index;
    // Index of the bridge, bond or VRF that the link is a port of.
    uint32_t master;
    // Number of the routing table.
    uint32_t table;
    // Metric of a route, preference of a rule.
    uint32_t priority;
    // Number of the next hop or of the group.
    uint32_t id;
    // Handle of what the queueing discipline is part of; UINT32_MAX is the link.
    uint32_t parent;
    // NUD_… of <linux/neighbour.h>, any of these.
    uint16_t states;
    // VLAN identifier.
    uint16_t vlan;
    // AF_INET or AF_INET6.
    uint8_t family;
    // RTPROT_… of <linux/rtnetlink.h>: who made it.
    uint8_t protocol;
    // RTN_… of <linux/rtnetlink.h>: what a route does.
    uint8_t route_kind;
    // Only links that are up.
    bool only_up;
} netshoot_filter_t;

// A link, with the counters since it was made. What it has beside is in the listing's JSON.
typedef struct netshoot_link_t {
    // Packets received.
    uint64_t rx_packets;
    // Packets sent.
    uint64_t tx_packets;
    // Octets received.
    uint64_t rx_bytes;
    // Octets sent.
    uint64_t tx_bytes;
    // Received packets that were bad.
    uint64_t rx_errors;
    // Packets that could not be sent.
    uint64_t tx_errors;
    // Good received packets dropped.
    uint64_t rx_dropped;
    // Packets dropped on their way to the wire.
    uint64_t tx_dropped;
    // The name as the kernel has it: any octets but '/', NUL and white space.
    const char *name;
    // The kind of virtual device, such as "veth"; NULL if it is none.
    const char *kind;
    // A description for people, any octets but NUL; NULL if there is none.
    const char *alias;
    // The root queueing discipline; NULL if unknown.
    const char *qdisc;
    // Index of the link, from 1.
    uint32_t index;
    // IFF_… of <linux/if.h>.
    uint32_t flags;
    // Maximum transmission unit in octets; 0 if it has none.
    uint32_t mtu;
    // Index of the bridge, bond or other link that it is a port of; 0 if none.
    uint32_t master;
    // Index of the link below, or of the peer; 0 if none.
    uint32_t link;
    // Hardware type, ARPHRD_… of <linux/if_arp.h>.
    uint16_t hardware_type;
    // IF_OPER_… of <linux/if.h>, such as 6 for up; 0 if unknown.
    uint8_t operational_state;
    // Octets of hardware_address that count: 6 for Ethernet, 0 if there is none.
    uint8_t hardware_address_length;
    // The hardware address.
    uint8_t hardware_address[32];
} netshoot_link_t;

// An IP address of a link.
typedef struct netshoot_link_address_t {
    // IPv4 label; NULL if there is none.
    const char *label;
    // The address.
    struct netshoot_address_t address;
    // The peer's address on a point-to-point link; version 0 if there is none.
    struct netshoot_address_t peer;
    // Broadcast address; version 0 if there is none.
    struct netshoot_address_t broadcast;
    // Index of the link.
    uint32_t link_index;
    // IFA_F_… of <linux/if_addr.h>.
    uint32_t flags;
    // Seconds for which it is valid; UINT32_MAX for ever.
    uint32_t valid_s;
    // Seconds for which new connections may use it; UINT32_MAX for ever.
    uint32_t preferred_s;
    // Length of the network prefix in bits.
    uint8_t prefix_length;
    // RT_SCOPE_… of <linux/rtnetlink.h>: 0 global, 253 link, 254 host.
    uint8_t scope;
} netshoot_link_address_t;

// A route.
typedef struct netshoot_route_t {
    // The number of next hops that netshoot_listing_route_hop knows; 0 where there is one only, which is told here.
    size_t hop_count;
    // The destination; version 0 with a length of 0 is everywhere.
    struct netshoot_address_t destination;
    // The source that a packet must have; version 0 is any.
    struct netshoot_address_t source;
    // The gateway; version 0 if there is none.
    struct netshoot_address_t gateway;
    // The source that packets of this host get; version 0 if it is left open.
    struct netshoot_address_t preferred_source;
    // The table: 254 main, 255 local.
    uint32_t table;
    // Index of the link out; 0 if there is none.
    uint32_t link_index;
    // The metric: the lower is taken; 0 if there is none.
    uint32_t metric;
    // RTNH_F_… and RTM_F_… of <linux/rtnetlink.h>.
    uint32_t flags;
    // Largest packet in octets; 0 if the route does not say.
    uint32_t mtu;
    // The next hop object; 0 if there is none.
    uint32_t next_hop_id;
    // AF_INET, AF_INET6 or another.
    uint8_t family;
    // RTN_… of <linux/rtnetlink.h>: 1 unicast, 2 local, 6 blackhole.
    uint8_t kind;
    // RTPROT_… of <linux/rtnetlink.h>: 2 kernel, 3 boot, 4 static.
    uint8_t protocol;
    // RT_SCOPE_… of <linux/rtnetlink.h>.
    uint8_t scope;
    // The type of service that a packet must have; 0 is any.
    uint8_t tos;
    // Length of destination in bits.
    uint8_t destination_length;
    // Length of source in bits.
    uint8_t source_length;
} netshoot_route_t;

// One of several next hops of a route, or a member of a group.
typedef struct netshoot_hop_t {
    // The gateway; version 0 if there is none.
    struct netshoot_address_t gateway;
    // Index of the link out; 0 if it is told elsewhere.
    uint32_t link_index;
    // Its share, from 1 on.
    uint32_t weight;
    // RTNH_F_… of <linux/rtnetlink.h>.
    uint32_t flags;
    // The next hop object, of a member of a group; else 0.
    uint32_t next_hop_id;
} netshoot_hop_t;

// A next hop object, or a group of such.
typedef struct netshoot_next_hop_t {
    // The number of members that netshoot_listing_next_hop_member knows; 0 for one that is no group.
    size_t member_count;
    // The gateway; version 0 if there is none.
    struct netshoot_address_t gateway;
    // Its number.
    uint32_t id;
    // Index of the link out; 0 if there is none.
    uint32_t link_index;
    // RTNH_F_… of <linux/rtnetlink.h>.
    uint32_t flags;
    // AF_INET, AF_INET6; 0 of a group.
    uint8_t family;
    // RTPROT_… of <linux/rtnetlink.h>.
    uint8_t protocol;
    // RT_SCOPE_… of <linux/rtnetlink.h>.
    uint8_t scope;
    // Whether packets are dropped.
    bool blackhole;
    // Whether it is for a bridge's forwarding entries.
    bool fdb;
} netshoot_next_hop_t;

// A packet, as far as routing looks at it. Zeroed but for the destination, it is a packet of this host of which nothing
// else is known.
typedef struct netshoot_route_query_t {
    // Where to.
    struct netshoot_address_t destination;
    // Where from; version 0 leaves it open.
    struct netshoot_address_t source;
    // Index of the link that it came in by; 0 for a packet of this host.
    uint32_t in_link_index;
    // Index of the link that its socket is bound to; 0 if none.
    uint32_t out_link_index;
    // Its mark; 0 if none.
    uint32_t mark;
    // The user whose socket it is from, if has_uid is set.
    uint32_t uid;
    // IPv6's flow label; 0 if none.
    uint32_t flow_label;
    // The port that it is from; 0 leaves it open, as do the next two.
    uint16_t source_port;
    // The port that it goes to.
    uint16_t destination_port;
    // IPPROTO_…
    uint8_t ip_protocol;
    // The type of service.
    uint8_t tos;
    // Whether uid counts.
    bool has_uid;
} netshoot_route_query_t;

// What the kernel would do with a packet.
typedef struct netshoot_route_answer_t {
    // The source that it would have; version 0 if unknown.
    struct netshoot_address_t source;
    // The router that it would go to; version 0 when the destination is on the link, or there is none.
    struct netshoot_address_t gateway;
    // Priority of the rule that led to the table, or refused; -1 if unknown.
    int64_t rule_priority;
    // What becomes of it, one of NETSHOOT_VERDICT_…; others may be added.
    int32_t verdict;
    // The table that decided; 0 if unknown.
    uint32_t table;
    // Index of the link that it would leave by; 0 if none.
    uint32_t link_index;
    // Largest packet in octets; 0 if unknown.
    uint32_t mtu;
} netshoot_route_answer_t;

// A unix socket.
typedef struct netshoot_unix_socket_t {
    // What tells the socket from all others until the next boot.
    uint64_t cookie;
    // The number of owners that netshoot_listing_socket_owner knows.
    size_t owner_count;
    // The path; NULs in it are spaces, also that before a name without a file. NULL if there is none.
    const char *name;
    // Inode of its file.
    uint32_t inode;
    // Inode of the other end; 0 if none.
    uint32_t peer;
    // Octets received and not read; of a listener, connections that wait to be accepted.
    uint32_t receive_queue;
    // Octets sent and not read; of a listener, most connections that may wait.
    uint32_t send_queue;
    // SOCK_…: 1 stream, 2 datagrams, 5 datagrams in order.
    uint8_t kind;
    // TCP_… of <netinet/tcp.h>: 1 connected, 7 not, 10 listen.
    uint8_t state;
} netshoot_unix_socket_t;

// A neighbour or a proxy.
typedef struct netshoot_neighbor_t {
    // Its address; version 0 if it has none.
    struct netshoot_address_t address;
    // Index of the link that it is on.
    uint32_t link_index;
    // NUD_… of <linux/neighbour.h>: 2 reachable, 4 stale, 32 failed.
    uint16_t state;
    // NTF_… of <linux/neighbour.h>: 8 is a proxy.
    uint8_t flags;
    // Octets of hardware_address that count; 0 if it is not known.
    uint8_t hardware_address_length;
    // Its hardware address.
    uint8_t hardware_address[32];
} netshoot_neighbor_t;

// An entry of a forwarding database.
typedef struct netshoot_fdb_entry_t {
    // The other end of a tunnel; version 0 if there is none.
    struct netshoot_address_t destination;
    // Index of the port or tunnel.
    uint32_t link_index;
    // Index of the bridge; 0 if none.
    uint32_t master;
    // VXLAN network identifier; 0 if none.
    uint32_t vni;
    // The next hop object; 0 if none.
    uint32_t next_hop_id;
    // VLAN identifier; 0 if none.
    uint16_t vlan;
    // NUD_… of <linux/neighbour.h>: 64 static, 128 permanent.
    uint16_t state;
    // NTF_… of <linux/neighbour.h>: 2 of the device itself, 4 of the bridge.
    uint8_t flags;
    // The hardware address.
    uint8_t hardware_address[6];
} netshoot_fdb_entry_t;

// A rule of policy routing. Other selectors than these are in the listing's JSON.
typedef struct netshoot_rule_t {
    // The link that packets come in by; NULL for any.
    const char *in_link;
    // The link that packets leave by; NULL for any.
    const char *out_link;
    // Source; version 0 is any.
    struct netshoot_address_t source;
    // Destination; version 0 is any.
    struct netshoot_address_t destination;
    // Rules are tried from the lowest number to the highest.
    uint32_t priority;
    // The table that is looked up; 0 is none.
    uint32_t table;
    // FIB_RULE_… of <linux/fib_rules.h>.
    uint32_t flags;
    // Firewall mark.
    uint32_t mark;
    // How much of it counts; 0 for none.
    uint32_t mark_mask;
    // AF_INET or AF_INET6.
    uint8_t family;
    // FR_ACT_… of <linux/fib_rules.h>: 1 looks up the table.
    uint8_t action;
    // Length of source in bits.
    uint8_t source_length;
    // Length of destination in bits.
    uint8_t destination_length;
    // Type of service; 0 is any.
    uint8_t tos;
    // IP protocol; 0 is any.
    uint8_t ip_protocol;
} netshoot_rule_t;

// A queueing discipline, with its counters.
typedef struct netshoot_qdisc_t {
    // Octets sent.
    uint64_t bytes;
    // Packets sent.
    uint64_t packets;
    // Its kind: "fq_codel", "htb".
    const char *kind;
    // Index of the link that it queues for.
    uint32_t link_index;
    // Its number, the major half above the minor.
    uint32_t handle;
    // What it is part of; UINT32_MAX is the link.
    uint32_t parent;
    // Packets dropped.
    uint32_t drops;
    // How often a limit was passed.
    uint32_t overlimits;
    // How often a packet was put back.
    uint32_t requeues;
    // Octets that wait.
    uint32_t backlog;
    // Packets that wait.
    uint32_t queue_length;
} netshoot_qdisc_t;

// A network namespace. All its names, and the files that it is bound to, are in the JSON.
typedef struct netshoot_namespace_t {
    // Device of its file.
    uint64_t device;
    // Inode of its file, as in /proc/self/ns/net.
    uint64_t inode;
    // What no other namespace has until the kernel restarts; 0 if unknown.
    uint64_t cookie;
    // The number of processes that netshoot_namespaces_process knows.
    size_t process_count;
    // The number of names under /run/netns.
    size_t name_count;
    // The number of containers of its processes; those of one pod share a namespace.
    size_t container_count;
    // The first name; NULL if there is none.
    const char *name;
    // The id of the first container; NULL if there is none.
    const char *container;
    // The number by which the namespace that was asked knows it; -1 if there is none, or it may not be asked.
    int32_t nsid;
    // Whether it is the one of the calling thread.
    bool is_current;
} netshoot_namespace_t;

// A process, or some threads of it, in a namespace.
typedef struct netshoot_process_t {
    // When it started, in clock ticks since the host did; 0 if unknown. With the number it tells a process from all others.
    uint64_t start_time;
    // Its number.
    uint32_t pid;
    // How many threads are here while the process's first is elsewhere; 0 when that one is here.
    uint32_t thread_count;
    // The name of its program, as the kernel cuts it.
    char name[64];
    // The id of the container that it is in; empty if none.
    char container[80];
} netshoot_process_t;

// A header of a packet.
typedef struct netshoot_layer_t {
    // Where it is, in octets from the start of the frame.
    uint32_t offset;
    // Octets of it that were captured; of a layer that is known by name alone, all that is left.
    uint32_t length;
    // Which it is, NETSHOOT_LAYER_….
    uint8_t layer;
    // Tunnels around it.
    uint8_t depth;
    // Its name in Wireshark's words, such as vlan.
    char name[NETSHOOT_LAYER_NAME];
} netshoot_layer_t;

// A packet socket. Its rings and its filter are in the listing's JSON.
typedef struct netshoot_packet_socket_t {
    // What tells the socket from all others until the next boot.
    uint64_t cookie;
    // The number of owners that netshoot_listing_socket_owner knows.
    size_t owner_count;
    // Inode of its file.
    uint32_t inode;
    // Index of the link that it is bound to; 0 if none.
    uint32_t link_index;
    // The user who made it; 0 also if unknown.
    uint32_t uid;
    // Octets received and not read.
    uint32_t receive_memory;
    // Packets that the socket dropped; 0 if unknown.
    uint32_t drops;
    // The group that shares the load, its number in the low half; 0 also if there is none.
    uint32_t fanout;
    // EtherType of the frames; 3 is all.
    uint16_t protocol;
    // SOCK_…: 2 frames without their link-layer header, 3 raw frames.
    uint8_t kind;
} netshoot_packet_socket_t;

// A netlink socket. Its groups are in the listing's JSON.
typedef struct netshoot_netlink_socket_t {
    // What tells the socket from all others until the next boot.
    uint64_t cookie;
    // The number of owners that netshoot_listing_socket_owner knows.
    size_t owner_count;
    // Inode of its file.
    uint32_t inode;
    // Its port; 0 is the kernel's.
    uint32_t port;
    // The port that it is connected to; 0 is the kernel's.
    uint32_t peer_port;
    // Octets received and not read.
    uint32_t receive_memory;
    // Messages that the socket dropped; 0 if unknown.
    uint32_t drops;
    // NETLINK_… of <linux/netlink.h>: 0 routing, 4 sockets.
    uint8_t protocol;
} netshoot_netlink_socket_t;

// What was captured, and whether it can be trusted.
typedef struct netshoot_summary_t {
    // Frames read.
    uint64_t frames;
    // Octets of the frames on the wire.
    uint64_t bytes;
    // Octets of the frames captured.
    uint64_t captured_bytes;
    // Time of the earliest frame; counts only with has_time.
    int64_t first_ns;
    // Time of the latest frame; counts only with has_time.
    int64_t last_ns;
    // Frames cut by the snap length.
    uint64_t truncated_frames;
    // Frames of whose headers at least one could not be read whole.
    uint64_t malformed_frames;
    // Frames whose time lies before that of the frame before them.
    uint64_t time_reversals;
    // Frames that are IP fragments.
    uint64_t fragments;
    // Flows that the memory limit made the analyzer forget.
    uint64_t evicted_flows;
    // Frames in those flows.
    uint64_t evicted_packets;
    // Octets in those flows.
    uint64_t evicted_bytes;
    // DNS transactions that the memory limit made the analyzer forget.
    uint64_t evicted_dns;
    // Why reading ended early, if the file is damaged or cut off; else NULL.
    const char *damage;
    // Whether any frame had a time.
    bool has_time;
} netshoot_summary_t;

// Traffic of one protocol, the innermost that was recognised.
typedef struct netshoot_protocol_t {
    // Name, such as "tcp", "udp", "dns", "arp" or "other".
    char name[16];
    // Frames.
    uint64_t frames;
    // Octets on the wire.
    uint64_t bytes;
} netshoot_protocol_t;

// How a series is binned. Begin with NETSHOOT_OPTIONS_INIT, which leaves every choice to the library, as NULL does.
typedef struct netshoot_series_options_t {
    // Width of the bins in nanoseconds; 0 for 1 s of traffic, and for series of a flow as fine as max_bins allows.
    uint64_t bin_ns;
    // A time at which a bin begins.
    int64_t origin_ns;
    // Bins at most, 0 for 10,000: else they become twice as wide, as often as it takes.
    size_t max_bins;
} netshoot_series_options_t;

// Traffic of a bin.
typedef struct netshoot_io_bin_t {
    // When it begins.
    int64_t start_ns;
    // Frames.
    uint64_t frames;
    // Octets of the frames on the wire.
    uint64_t bytes;
    // Octets of TCP's payload on the wire.
    uint64_t payload_bytes;
    // Flows that began.
    uint64_t new_flows;
    // Segments that were sent again, by our own classification.
    uint64_t retransmissions;
    // Retransmissions as Wireshark counts them.
    uint64_t tcp_retransmissions;
    // Segments that announce a closed window.
    uint64_t zero_windows;
    // Segments with RST.
    uint64_t resets;
    // The protocol, where traffic is counted by protocol; else empty.
    char protocol[16];
    // Whether the flow's client sent it, where that of a flow is counted.
    bool from_client;
} netshoot_io_bin_t;

// Round trips of a bin: from data to the acknowledgment of it.
typedef struct netshoot_rtt_bin_t {
    // When it begins.
    int64_t start_ns;
    // How many there are.
    uint64_t samples;
    // The shortest.
    uint64_t min_ns;
    // The mean.
    uint64_t mean_ns;
    // The longest.
    uint64_t max_ns;
    // Whether it is the client's data that was acknowledged: from the capture point to the server and back.
    bool from_client;
} netshoot_rtt_bin_t;

// Sequence numbers of a bin, relative to the SYN and without wrapping; -1 where there are none.
typedef struct netshoot_sequence_bin_t {
    // When it begins.
    int64_t start_ns;
    // Segments with data, SYN or FIN.
    uint64_t segments;
    // Segments that were sent again, by our own classification.
    uint64_t retransmissions;
    // What was sent: the least.
    int64_t sent_min;
    // The greatest.
    int64_t sent_max;
    // What was sent again: the least.
    int64_t resent_min;
    // The greatest.
    int64_t resent_max;
    // What the peer acknowledged: the least.
    int64_t acknowledged_min;
    // The greatest.
    int64_t acknowledged_max;
    // What the peer said to have beyond that: the least.
    int64_t sacked_min;
    // The greatest.
    int64_t sacked_max;
    // How far the peer's window went: the least.
    int64_t window_min;
    // The greatest.
    int64_t window_max;
    // The most octets in flight.
    int64_t in_flight_max;
    // Whether it is the client's data.
    bool from_client;
} netshoot_sequence_bin_t;

// A bucket of a histogram.
typedef struct netshoot_latency_bucket_t {
    // What takes time, in lower case with underscores, such as "time_to_first_byte".
    char kind[32];
    // The shortest time that it counts.
    uint64_t from_ns;
    // The shortest time that it does not count any more.
    uint64_t until_ns;
    // How often that occurs.
    uint64_t samples;
} netshoot_latency_bucket_t;

// One object that differs. Its texts are valid as long as the netshoot_diff_t.
typedef struct netshoot_object_change_t {
    // The kind of the object, such as "link".
    const char *kind;
    // NETSHOOT_EVENT_ADDED, NETSHOOT_EVENT_CHANGED or NETSHOOT_EVENT_REMOVED.
    int32_t event;
    // What tells the object from others of its kind, as JSON.
    const char *key;
    // The number of fields that differ, when it changed; see netshoot_diff_field.
    size_t field_count;
} netshoot_object_change_t;

// A process's descriptor of a socket.
typedef struct netshoot_owner_t {
    // The process.
    uint32_t pid;
    // The number of the descriptor.
    uint32_t fd;
    // The process's name.
    char name[64];
    // The id of the container that the process is in; empty if none.
    char container[80];
} netshoot_owner_t;

// Something that happened on a flow. All pointers are valid as long as the story.
typedef struct netshoot_story_event_t {
    // What it is, such as "handshake", "call", "loss" or "close".
    const char *kind;
    // It in words: one line without control characters.
    const char *text;
    // When it began.
    int64_t time_ns;
    // When it was over.
    int64_t end_ns;
    // The first frame that shows it; 0 where none does.
    uint64_t first_frame;
    // The last frame that shows it.
    uint64_t last_frame;
    // How often it happened.
    uint64_t times;
    // Whose doing it is, NETSHOOT_BY_….
    uint8_t by;
} netshoot_story_event_t;

// How to put streams together. Begin with NETSHOOT_OPTIONS_INIT, which leaves every choice to the library, as NULL does.
typedef struct netshoot_stream_options_t {
    // Octets that may wait in one direction of a connection; 0 for 4 MiB.
    size_t max_direction_bytes;
    // Octets that may wait in all; 0 for 64 MiB.
    size_t max_bytes;
    // Connections that are known at a time; 0 for 65,536.
    size_t max_connections;
    // How long a connection may be silent, in nanoseconds of the packets' own time; 0 for an hour.
    uint64_t idle_timeout_ns;
    // Which octets count where segments overlap, NETSHOOT_STREAM_OVERLAP_….
    uint8_t overlap;
    // Passes over segments whose checksum is wrong.
    bool verify_checksums;
} netshoot_stream_options_t;

// What happened in a stream. A field that the kind does not name is 0.
typedef struct netshoot_stream_event_t {
    // The number of the connection, from 0 on.
    uint64_t stream;
    // Of data and gap: octets of this direction before these.
    uint64_t offset;
    // Of data and gap: octets that there are, or that are missing.
    uint64_t length;
    // Of data: the octets, valid during the call.
    const uint8_t *bytes;
    // Of opened: the end that opened the connection or, if that was not seen, that was seen first.
    struct netshoot_address_t client;
    // Of opened: the other end.
    struct netshoot_address_t server;
    // Of opened: the client's port.
    uint16_t client_port;
    // Of opened: the server's port.
    uint16_t server_port;
    // NETSHOOT_STREAM_….
    uint8_t kind;
    // Of gap NETSHOOT_GAP_…, of closed NETSHOOT_CLOSE_….
    uint8_t reason;
    // Of data and gap: whether the server sent them.
    bool from_server;
    // Of opened: whether the connection was there before the capture.
    bool midstream;
} netshoot_stream_event_t;

// What is called with each event, valid meanwhile, and the caller's own pointer.
typedef void (*netshoot_stream_callback_t)(const struct netshoot_stream_event_t*, void*);

// What a test is to do. Zeroed, or NULL in its place, it is what `iperf3 -c HOST` does; each field that is not 0 changes
// something.
typedef struct netshoot_throughput_options_t {
    // How long data flow, what is omitted excluded, at most a day; 10 s without another end.
    int64_t duration_ns;
    // Instead: ends the test after so many octets over all streams of a direction, and what is missing to whole blocks. A
    // server that sends datagrams, of which some may get lost, goes on after a tenth of a second, until its client ends the
    // test.
    uint64_t bytes;
    // Instead: ends the test after so many blocks or datagrams over all streams of a direction; a server's datagrams go on as
    // for octets.
    uint64_t blocks;
    // How long data flow before the counting begins, rounded up to whole seconds, at most 600 s.
    int64_t omit_ns;
    // The time between two intervals; 1 s.
    int64_t interval_ns;
    // How long the control connection may take to be made; 10 s.
    int64_t connect_timeout_ns;
    // How long a receiver waits for data before it gives up; 120 s.
    int64_t receive_timeout_ns;
    // How long what was sent may stay without acknowledgment before the connection is given up, in whole milliseconds; the
    // system's own for data.
    int64_t send_timeout_ns;
    // After so much silence the control connection is asked whether the peer is still there, in whole seconds; 10 s.
    int64_t keepalive_idle_ns;
    // Then again and again after so much, in whole seconds; 5 s.
    int64_t keepalive_interval_ns;
    // How much time what a TCP sender with a rate sends at once is worth; 1 ms.
    int64_t pacing_timer_ns;
    // How long the idle path is probed before the test; if it is, it is probed while data flow, too:
    // netshoot_throughput_report_latency.
    int64_t latency_ns;
    // Payload of each stream in bits a second; NETSHOOT_THROUGHPUT_UNLIMITED for TCP, 2^20 for UDP.
    uint64_t rate;
    // What the kernel paces each stream at, in bits a second; UDP needs the fq queueing discipline.
    uint64_t fair_queue_rate;
    // Path of the file that is sent, or to which the one stream that is received is written; TCP only. Its end ends the
    // test, unless another end comes first.
    const char *file;
    // The TCP congestion control of both ends, such as "cubic".
    const char *congestion;
    // A word that begins each line of the report's text.
    const char *title;
    // Text that both ends put into their JSON.
    const char *extra_data;
    // Name of the interface that all sockets are bound to.
    const char *device;
    // Octets of a block, 128 KiB, or of a datagram, the largest segment of the control connection.
    uint32_t length;
    // Send and receive buffers of both ends' data sockets, in octets.
    uint32_t window;
    // Largest TCP segment, in octets.
    uint32_t mss;
    // Streams of each direction; 1.
    uint32_t parallel;
    // Blocks or datagrams sent in a row when the rate is limited; 1.
    uint32_t burst;
    // So often it is asked before the peer is given up; 4.
    uint32_t keepalive_count;
    // In place of data: octets of a request, of which each stream sends one at a time and waits for the response, as
    // netperf's TCP_RR and UDP_RR do. Needs a server of this library: netshoot_throughput_report_requests.
    uint32_t request_length;
    // Octets of a response.
    uint32_t response_length;
    // The IPv6 flow label.
    uint32_t flow_label;
    // The processor that the first data thread here runs on, if has_affinity.
    uint32_t affinity;
    // The processor that the server is asked to run on, if has_server_affinity.
    uint32_t server_affinity;
    // The local address of all sockets.
    struct netshoot_address_t bind;
    // The local port of the first data stream; the others take those that follow.
    uint16_t client_port;
    // AF_INET or AF_INET6, to use no other.
    uint8_t family;
    // The type of service octet of both ends; a DSCP is its upper six bits.
    uint8_t tos;
    // Who sends: NETSHOOT_THROUGHPUT_FORWARD and its sisters.
    uint8_t direction;
    // UDP in place of TCP.
    bool udp;
    // The test ends when it is cancelled.
    bool endless;
    // There is one interval, the whole test.
    bool no_intervals;
    // A receiver waits for data for ever.
    bool no_receive_timeout;
    // Small segments do not wait to fill (TCP_NODELAY).
    bool no_delay;
    // Data streams are MPTCP where both ends have it.
    bool mptcp;
    // Sends without copying from user space.
    bool zero_copy;
    // Receives without copying to user space: less work than a receiver of data has.
    bool skip_rx_copy;
    // The payload is repeated digits and not random.
    bool repeating_payload;
    // 64-bit sequence numbers in datagrams.
    bool udp_counters_64bit;
    // Asks the peer to send with UDP_SEGMENT and receive with UDP_GRO.
    bool gsro;
    // Sets Don't Fragment on IPv4 datagrams.
    bool dont_fragment;
    // Asks the server for what it would print.
    bool get_server_output;
    // Asks a server of this library for what it saw, which makes verdicts surer; iperf3 does not mind.
    bool extension;
    // Whether affinity is meant.
    bool has_affinity;
    // Whether server_affinity is meant.
    bool has_server_affinity;
} netshoot_throughput_options_t;

// What was sent, or received.
typedef struct netshoot_moved_t {
    // Payload octets.
    uint64_t bytes;
    // In what time.
    int64_t time_ns;
    // Payload in bits a second.
    double bits_per_second;
    // TCP segments sent again; -1 where nobody tells.
    int64_t retransmits;
    // Datagrams sent or, by the receiver, those it knows of; 0 of TCP.
    uint64_t packets;
    // Datagrams that the receiver misses.
    int64_t lost;
    // Datagrams that came after one that was sent later.
    uint64_t out_of_order;
    // How much the time that datagrams take varies (RFC 1889, A.8).
    int64_t jitter_ns;
} netshoot_moved_t;

// A data stream.
typedef struct netshoot_throughput_stream_t {
    // Its number in the protocol: 1, 3, 4, 5 and so on.
    int64_t id;
    // Address here.
    struct netshoot_endpoint_t local;
    // Address of the peer.
    struct netshoot_endpoint_t remote;
    // Its descriptor here, which iperf3 shows in brackets.
    int32_t socket;
    // Whether this end sends.
    bool sender;
} netshoot_throughput_stream_t;

// What TCP says of itself at the end of an interval or of the test; -1 where it does not, as with UDP.
typedef struct netshoot_throughput_tcp_t {
    // Shortest round trip time.
    int64_t min_rtt_ns;
    // Time with data to send, since the connection was made.
    int64_t busy_ns;
    // The part of it in which the receiver's window was full.
    int64_t receive_window_limited_ns;
    // The part of it in which the send buffer was too small.
    int64_t send_buffer_limited_ns;
    // Delivery rate in octets a second.
    int64_t delivery_rate;
    // Pacing rate in octets a second.
    int64_t pacing_rate;
    // Segments sent again since the connection was made.
    int64_t total_retransmits;
} netshoot_throughput_tcp_t;

// What one stream did in an interval.
typedef struct netshoot_throughput_stream_interval_t {
    // The stream.
    struct netshoot_throughput_stream_t stream;
    // How much.
    struct netshoot_moved_t moved;
    // What TCP says at its end.
    struct netshoot_throughput_tcp_t tcp;
    // Congestion window of the sender in octets; -1 where it does not say, as all that follows.
    int64_t congestion_window;
    // Window that the receiver grants, in octets.
    int64_t send_window;
    // Smoothed round trip time.
    int64_t rtt_ns;
    // Its mean deviation.
    int64_t rtt_variance_ns;
    // Path MTU in octets.
    int64_t path_mtu;
    // How far segments may be out of order.
    int64_t reordering;
} netshoot_throughput_stream_interval_t;

// A part of a test. Valid while the callback runs.
typedef struct netshoot_throughput_interval_t {
    // Since the data began to flow or, when some time is omitted, since its end.
    int64_t start_ns;
    // The same.
    int64_t end_ns;
    // What this end sent on all streams.
    struct netshoot_moved_t sent;
    // What this end received on all streams.
    struct netshoot_moved_t received;
    // The streams in the order of their making.
    const struct netshoot_throughput_stream_interval_t *streams;
    // How many there are.
    size_t stream_count;
    // Whether this part does not count.
    bool omitted;
} netshoot_throughput_interval_t;

// What is called with each interval and the caller's own pointer. Another value than 0 ends the test.
typedef int (*netshoot_throughput_interval_callback_t)(const struct netshoot_throughput_interval_t*, void*);

// What the streams of one direction did together, what is omitted excluded.
typedef struct netshoot_throughput_total_t {
    // What their senders say.
    struct netshoot_moved_t sent;
    // What their receivers say.
    struct netshoot_moved_t received;
    // How many they are; 0 if the test has none in this direction.
    size_t stream_count;
} netshoot_throughput_total_t;

// Processor time in percent of one processor over the test.
typedef struct netshoot_cpu_use_t {
    // User and system together.
    double total;
    // In user space.
    double user;
    // In the kernel.
    double system;
} netshoot_cpu_use_t;

// A test as a whole.
typedef struct netshoot_throughput_summary_t {
    // When the data began to flow, since 1970-01-01T00:00:00Z.
    int64_t start_ns;
    // What the client sent.
    struct netshoot_throughput_total_t client_to_server;
    // What the server sent.
    struct netshoot_throughput_total_t server_to_client;
    // Processor time here.
    struct netshoot_cpu_use_t local_cpu;
    // Processor time of the peer.
    struct netshoot_cpu_use_t remote_cpu;
    // TCP congestion control here, or NULL.
    const char *local_congestion;
    // TCP congestion control of the peer, or NULL.
    const char *remote_congestion;
    // What the server printed, as text or as JSON, if the client asked for it, or NULL.
    const char *server_output;
    // What tells the test from others.
    char cookie[40];
    // Whether it was over UDP.
    bool udp;
    // Whether this end is the server.
    bool is_server;
} netshoot_throughput_summary_t;

// What one stream did in the whole test, what is omitted excluded.
typedef struct netshoot_throughput_stream_report_t {
    // The stream.
    struct netshoot_throughput_stream_t stream;
    // What its sender says.
    struct netshoot_moved_t sent;
    // What its receiver says.
    struct netshoot_moved_t received;
    // What TCP said at the end.
    struct netshoot_throughput_tcp_t tcp;
    // Largest congestion window in octets; -1 where this end does not send over TCP, as the four that follow.
    int64_t max_congestion_window;
    // Largest window that the receiver granted, in octets.
    int64_t max_send_window;
    // Shortest round trip time at the ends of the intervals.
    int64_t min_rtt_ns;
    // Mean round trip time.
    int64_t mean_rtt_ns;
    // Longest round trip time.
    int64_t max_rtt_ns;
    // Whether this end sent without copying from user space.
    bool zero_copy;
    // Whether this end received without copying to user space.
    bool skip_rx_copy;
    // Whether this end had the kernel cut datagrams from larger ones.
    bool gso;
    // Whether this end had the kernel put datagrams together.
    bool gro;
} netshoot_throughput_stream_report_t;

// What limited one direction of a test. Its texts are valid as long as the report.
typedef struct netshoot_throughput_limit_t {
    // A word for programs, such as "receive_window"; "machine" if nothing else limits.
    const char *key;
    // The same for people.
    const char *name;
    // The numbers that speak for it, joined by "; ".
    const char *evidence;
    // From 0 to 1: how sure that is.
    double confidence;
    // Whether it limited what the server sent, else what the client sent.
    bool server_sends;
} netshoot_throughput_limit_t;

// Round trip times; -1 where none came back.
typedef struct netshoot_round_trips_t {
    // How many came back.
    uint64_t count;
    // How many did not: probes within a second, requests over UDP within half a second.
    uint64_t lost;
    // The shortest.
    int64_t min_ns;
    // The mean.
    int64_t mean_ns;
    // Half are shorter.
    int64_t median_ns;
    // 95 of 100 are shorter.
    int64_t p95_ns;
    // 99 of 100 are shorter.
    int64_t p99_ns;
    // 999 of 1000 are shorter.
    int64_t p999_ns;
    // The longest.
    int64_t max_ns;
} netshoot_round_trips_t;

// Latency before a test and during it.
typedef struct netshoot_throughput_latency_t {
    // Of probes before the test.
    struct netshoot_round_trips_t idle;
    // Of probes while data flowed.
    struct netshoot_round_trips_t loaded;
    // Of the data streams that this end sends, as TCP tells it: smoothed, one for each sample and stream.
    struct netshoot_round_trips_t streams;
    // What the load adds to the median; -1 if one is not known.
    int64_t increase_ns;
    // Round trips that one after the other would go within a minute under load; 0 if none is known.
    double round_trips_per_minute;
} netshoot_throughput_latency_t;

// Requests and their responses.
typedef struct netshoot_throughput_requests_t {
    // How long they took.
    struct netshoot_round_trips_t round_trips;
    // How many were answered in a second, over all streams.
    double per_second;
} netshoot_throughput_requests_t;

// What is searched for. Zeroed, or NULL in its place, it is the library's choice; each field that is not 0 changes
// something.
typedef struct netshoot_throughput_search_options_t {
    // Where the search begins, in bits a second over all streams; 10^6.
    uint64_t lowest;
    // Where it ends at the latest; 10^11.
    uint64_t highest;
    // The time of each trial, a second at least; 2 s.
    int64_t time_ns;
    // It ends when the lowest rate that failed is above the highest that passed by no more than this share; 0.05.
    double resolution;
    // The share of datagrams that may be lost; 0.001. A negative one is none.
    double tolerance;
    // How often the rate found must have passed, and never lost too much; 3.
    uint32_t repeats;
} netshoot_throughput_search_options_t;

// One trial of a search.
typedef struct netshoot_throughput_trial_t {
    // The rate that was tried, in bits a second over all streams.
    uint64_t rate;
    // The rate at which the sender sent.
    uint64_t sent;
    // Datagrams that the receiver knows of.
    uint64_t packets;
    // Of these, those that it misses.
    uint64_t lost;
    // Why it did not pass: NETSHOOT_TRIAL_LOSS or NETSHOOT_TRIAL_SENDER.
    uint8_t failure;
} netshoot_throughput_trial_t;

// What is called with each trial and the caller's own pointer. Another value than 0 ends the search.
typedef int (*netshoot_throughput_trial_callback_t)(const struct netshoot_throughput_trial_t*, void*);

// What a search found.
typedef struct netshoot_throughput_search_t {
    // The highest rate that passed each of its trials, in bits a second over all streams; 0 when not even the lowest did.
    uint64_t rate;
    // The lowest rate that failed; 0 when not even the highest did.
    uint64_t failed;
    // The share of datagrams lost at the rate found.
    double loss;
    // With 95% confidence, the share lost at that rate is no more (Wilson), as far as losses are independent.
    double loss_at_most;
    // How many trials there were.
    size_t trial_count;
    // How often the rate found has passed.
    uint32_t passes;
    // Why the lowest rate that failed did: NETSHOOT_TRIAL_LOSS or NETSHOOT_TRIAL_SENDER.
    uint8_t failure;
} netshoot_throughput_search_t;

// What one size of packets gave.
typedef struct netshoot_throughput_size_t {
    // Payload that came, in bits a second.
    uint64_t rate;
    // Packets with payload that came, in a second: of TCP by arithmetic, as if each were full.
    double packets_per_second;
    // Datagrams lost, or segments sent again, as a share of those sent.
    double loss;
    // Processor time here.
    struct netshoot_cpu_use_t local_cpu;
    // Processor time of the server.
    struct netshoot_cpu_use_t remote_cpu;
    // Payload octets of a datagram, or the largest segment asked for.
    uint32_t size;
} netshoot_throughput_size_t;

// What is called with the result of each size and the caller's own pointer. Another value than 0 ends the sweep.
typedef int (*netshoot_throughput_size_callback_t)(const struct netshoot_throughput_size_t*, void*);

// What a server does. Zeroed, or NULL in its place, it is what `iperf3 -s` does; each field that is not 0 changes
// something.
typedef struct netshoot_throughput_server_options_t {
    // The longest that the data of a test may flow, what is omitted included.
    int64_t max_duration_ns;
    // The most that all streams of a test together may be told to send, in bits a second of payload.
    uint64_t max_rate;
    // The time over which the rate of a running test is averaged before it is held against max_rate; 5 s.
    int64_t rate_interval_ns;
    // Tells NETSHOOT_THROUGHPUT_EVENT_IDLE and listens anew after so much time without a test; with one_off, ends.
    int64_t idle_timeout_ns;
    // How long a test may go without data before it is ended; 120 s.
    int64_t receive_timeout_ns;
    // How long what was sent may stay without acknowledgment before the connection is given up, in whole milliseconds; the
    // system's own for data.
    int64_t send_timeout_ns;
    // After so much silence the control connection is asked whether the peer is still there, in whole seconds; 10 s.
    int64_t keepalive_idle_ns;
    // Then again and again after so much, in whole seconds; 5 s.
    int64_t keepalive_interval_ns;
    // The time between two intervals; 1 s.
    int64_t interval_ns;
    // Path of the file that a test sends, or to which the one stream that it receives is written, anew by each; TCP only.
    const char *file;
    // Name of the interface to listen on.
    const char *device;
    // Streams of a test, of both directions together; 256.
    uint32_t max_streams;
    // So often the client is asked before it is given up; 4.
    uint32_t keepalive_count;
    // Tests at once; 1. Clients beyond are told that the server is busy.
    uint32_t tests;
    // The processor that the first data thread of a test runs on, if has_affinity.
    uint32_t affinity;
    // The address to listen on; all.
    struct netshoot_address_t bind;
    // AF_INET or AF_INET6, to use no other.
    uint8_t family;
    // The server ends after its first test.
    bool one_off;
    // Gives clients that ask for the server's output JSON instead of text.
    bool json_output;
    // There is one interval, the whole test.
    bool no_intervals;
    // A test may go without data for ever.
    bool no_receive_timeout;
    // Whether affinity is meant.
    bool has_affinity;
} netshoot_throughput_server_options_t;

// One thing that happens at a server. What it points to is valid while the callback runs.
typedef struct netshoot_throughput_event_t {
    // The number of the test, counted from 1; 0 if it is of none.
    uint64_t test;
    // Of NETSHOOT_THROUGHPUT_EVENT_INTERVAL, the interval; else NULL.
    const struct netshoot_throughput_interval_t *interval;
    // Of a test that is over, its report, which of a failed one has no more than the JSON and what was before; else NULL.
    // It keeps the last 4096 rows of intervals, a row for each stream.
    const struct netshoot_throughput_report_t *report;
    // Of NETSHOOT_THROUGHPUT_EVENT_FAILED, why; else NULL.
    const struct netshoot_error_t *error;
    // Of NETSHOOT_THROUGHPUT_EVENT_ACCEPTED and NETSHOOT_THROUGHPUT_EVENT_REFUSED, the client.
    struct netshoot_endpoint_t peer;
    // What happens, one of NETSHOOT_THROUGHPUT_EVENT_…; others may be added.
    int32_t event;
} netshoot_throughput_event_t;

// What is called with each event and the caller's own pointer. Another value than 0 ends the call that made it.
typedef int (*netshoot_throughput_event_callback_t)(const struct netshoot_throughput_event_t*, void*);

// How to watch. Begin with NETSHOOT_OPTIONS_INIT, which leaves every choice to the library, as NULL does.
typedef struct netshoot_watch_options_t {
    // The kinds, joined by commas, such as "link,address"; NULL for all that can be watched: links, addresses, routes,
    // next hops, rules, neighbours, forwarding entries and queueing disciplines.
    const char *kinds;
    // Octets that the kernel may queue; 0 for 16 MiB. Without CAP_NET_ADMIN it may allow less.
    size_t buffer_bytes;
    // Whether what is there at first is told as added.
    bool initial;
} netshoot_watch_options_t;

// One thing that a watch tells. Its texts are valid while the callback runs.
typedef struct netshoot_event_t {
    // Its number, from 1 without gaps.
    uint64_t number;
    // The whole event as JSON, with the object as it was and as it is.
    const char *json;
    // What it says, one of NETSHOOT_EVENT_…; others may be added.
    int32_t event;
    // Of a change, the kind of the object, such as "link"; else NULL.
    const char *kind;
} netshoot_event_t;

// What is called with each event and the caller's own pointer. Another value than 0 ends the call that made it.
typedef int (*netshoot_event_callback_t)(const struct netshoot_event_t*, void*);

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

// Writes an address as text, such as "192.0.2.1" or "2001:db8::1", into a buffer of size octets, cut if need be and
// always with a NUL at the end. 46 octets hold every address. No address is empty text.
//
// Returns the length of the whole text without the NUL, as snprintf does, or -1 if address is NULL.
int netshoot_address_format(const struct netshoot_address_t *address,
                            char *buffer,
                            size_t size);

// Adds up the traffic of each IP address of a report, of 100,000 at most. A packet inside of a tunnel counts as well
// as the one around it.
//
// Returns NULL if report is NULL. Free it with netshoot_endpoints_free.
struct netshoot_endpoints_t *netshoot_endpoints(const struct netshoot_report_t *report,
                                                struct netshoot_error_t *err);

// Adds up the traffic between each two IP addresses of a report, of 100,000 pairs at most.
//
// Returns NULL if report is NULL. Free it with netshoot_conversations_free.
struct netshoot_conversations_t *netshoot_conversations(const struct netshoot_report_t *report,
                                                        struct netshoot_error_t *err);

// Adds up what clients of a report tried to connect to in vain, 100,000 pairs of a client and a service at most: scans of
// ports, SYNs that nobody answers, servers that are gone.
//
// Returns NULL if report is NULL. Free it with netshoot_attempts_free.
struct netshoot_attempts_t *netshoot_attempts(const struct netshoot_report_t *report,
                                              struct netshoot_error_t *err);

// Adds what was tried elsewhere, such as in another capture, in any order. Returns 0, or -1 if an argument is NULL.
int netshoot_attempts_merge(struct netshoot_attempts_t *attempts,
                            const struct netshoot_attempts_t *other,
                            struct netshoot_error_t *err);

// The number of clients. 0 if attempts is NULL.
size_t netshoot_attempts_count(const struct netshoot_attempts_t *attempts);

// Tells of the client at index, from 0, the one that tried the most services first. Returns 0, or -1 if an argument is
// NULL or index too large.
int netshoot_attempts_row(const struct netshoot_attempts_t *attempts,
                          size_t index,
                          struct netshoot_attempted_services_t *out);

// Tells what was sent in attempts that there was no room for. Returns 0, or -1 if an argument is NULL.
int netshoot_attempts_others(const struct netshoot_attempts_t *attempts, struct netshoot_traffic_t *out);

// Writes the clients to out as an Arrow C stream, one row for each; see netshoot_report_flows_arrow.
int netshoot_attempts_arrow(const struct netshoot_attempts_t *attempts,
                            struct ArrowArrayStream *out,
                            struct netshoot_error_t *err);

// Frees attempts. Accepts NULL.
void netshoot_attempts_free(struct netshoot_attempts_t *attempts);

// Counts the protocols in the frames of a capture, in 1,000 different stacks at most. options may be NULL; of them counts
// from when on frames do.
//
// Returns NULL if the file cannot be opened or is no capture, or if an option makes no sense; damage ends the counting. Free
// it with netshoot_hierarchy_free.
struct netshoot_hierarchy_t *netshoot_hierarchy(const char *path,
                                                const struct netshoot_options_t *options,
                                                struct netshoot_error_t *err);

// Adds the traffic of other endpoints, such as those of another capture, in any order. Returns 0, or -1 if an argument
// is NULL.
int netshoot_endpoints_merge(struct netshoot_endpoints_t *endpoints,
                             const struct netshoot_endpoints_t *other,
                             struct netshoot_error_t *err);

// The number of addresses. 0 if endpoints is NULL.
size_t netshoot_endpoints_count(const struct netshoot_endpoints_t *endpoints);

// Tells of the address at index, from 0, the one with the most octets first. Returns 0, or -1 if an argument is NULL
// or index too large.
int netshoot_endpoints_row(const struct netshoot_endpoints_t *endpoints,
                           size_t index,
                           struct netshoot_endpoint_traffic_t *out);

// Tells what was sent by addresses that are not listed, or by flows that were evicted. Returns 0, or -1 if an argument
// is NULL.
int netshoot_endpoints_others(const struct netshoot_endpoints_t *endpoints,
                              struct netshoot_traffic_t *out);

// Writes the addresses to out as an Arrow C stream, one row for each; see netshoot_report_flows_arrow.
int netshoot_endpoints_arrow(const struct netshoot_endpoints_t *endpoints,
                             struct ArrowArrayStream *out,
                             struct netshoot_error_t *err);

// Frees endpoints. Accepts NULL.
void netshoot_endpoints_free(struct netshoot_endpoints_t *endpoints);

// Adds the traffic of other conversations, such as those of another capture, in any order. Returns 0, or -1 if an
// argument is NULL.
int netshoot_conversations_merge(struct netshoot_conversations_t *conversations,
                                 const struct netshoot_conversations_t *other,
                                 struct netshoot_error_t *err);

// The number of pairs of addresses. 0 if conversations is NULL.
size_t netshoot_conversations_count(const struct netshoot_conversations_t *conversations);

// Tells of the pair of addresses at index, from 0, the one with the most octets first. Returns 0, or -1 if an argument
// is NULL or index too large.
int netshoot_conversations_row(const struct netshoot_conversations_t *conversations,
                               size_t index,
                               struct netshoot_conversation_t *out);

// Tells what was sent between addresses that are not listed, or by flows that were evicted. Returns 0, or -1 if an
// argument is NULL.
int netshoot_conversations_others(const struct netshoot_conversations_t *conversations,
                                  struct netshoot_traffic_t *out);

// Writes the pairs of addresses to out as an Arrow C stream, one row for each; see netshoot_report_flows_arrow.
int netshoot_conversations_arrow(const struct netshoot_conversations_t *conversations,
                                 struct ArrowArrayStream *out,
                                 struct netshoot_error_t *err);

// Frees conversations. Accepts NULL.
void netshoot_conversations_free(struct netshoot_conversations_t *conversations);

// Adds the traffic of another hierarchy, such as that of another capture, in any order. Returns 0, or -1 if an
// argument is NULL.
int netshoot_hierarchy_merge(struct netshoot_hierarchy_t *hierarchy,
                             const struct netshoot_hierarchy_t *other,
                             struct netshoot_error_t *err);

// The number of protocols. 0 if hierarchy is NULL.
size_t netshoot_hierarchy_count(const struct netshoot_hierarchy_t *hierarchy);

// Tells of the protocol at index, from 0, each in front of those that it carries. Returns 0, or -1 if an argument is
// NULL or index too large.
int netshoot_hierarchy_node(const struct netshoot_hierarchy_t *hierarchy,
                            size_t index,
                            struct netshoot_hierarchy_node_t *out);

// Tells how many frames are of stacks of protocols that are not listed. Returns 0, or -1 if an argument is NULL.
int netshoot_hierarchy_others(const struct netshoot_hierarchy_t *hierarchy,
                              struct netshoot_traffic_t *out);

// Writes the protocols to out as an Arrow C stream, one row for each; see netshoot_report_flows_arrow.
int netshoot_hierarchy_arrow(const struct netshoot_hierarchy_t *hierarchy,
                             struct ArrowArrayStream *out,
                             struct netshoot_error_t *err);

// Frees a hierarchy. Accepts NULL.
void netshoot_hierarchy_free(struct netshoot_hierarchy_t *hierarchy);

// Analyses a pcap or pcapng file to its end. options may be NULL.
//
// A file that is damaged or cut off gives a report of what could be read, with the damage in netshoot_summary_t.
// Returns NULL if the file cannot be opened or is no capture. Free the report with netshoot_report_free.
struct netshoot_report_t *netshoot_analyze_file(const char *path,
                                                const struct netshoot_options_t *options,
                                                struct netshoot_error_t *err);

// Analyses several files as one capture, whose frames come in the order of their times and have one numbering. options may be
// NULL.
//
// A file that is damaged or cut off gives what could be read of it, with the damage in netshoot_summary_t. Returns NULL if
// one of them cannot be opened or is no capture. Free the report with netshoot_report_free.
struct netshoot_report_t *netshoot_analyze_files(const char *const *paths,
                                                 size_t count,
                                                 const struct netshoot_options_t *options,
                                                 struct netshoot_error_t *err);

// Begins an analysis of frames that the caller has, from netshoot_capture_next or from elsewhere, such as libpcap.
// options may be NULL.
//
// Returns NULL if an option makes no sense. End with netshoot_analyzer_finish, or give up with netshoot_analyzer_free.
struct netshoot_analyzer_t *netshoot_analyzer_new(const struct netshoot_options_t *options,
                                                  struct netshoot_error_t *err);

// Takes the next frame, in the order of capture. Its octets are not needed after the call.
//
// A frame whose number is 0 gets the number that follows the last one's, from 1. With libpcap, fill bytes,
// captured_length from caplen, original_length from len, timestamp_ns from ts, has_timestamp, and link_type from
// pcap_datalink(). Any octets may come. Returns 0, or -1 if an argument makes no sense.
int netshoot_analyzer_push(struct netshoot_analyzer_t *analyzer,
                           const struct netshoot_frame_t *frame,
                           struct netshoot_error_t *err);

// Takes out what is over, for programs that run for long: flows that were closed and then silent for 30 s, flows silent
// for 300 s, DNS transactions whose query is 30 s old, and the findings on them. Times are those of the frames.
//
// The analyzer forgets what it hands out, so that memory stays flat and the next report tells only what is new. The
// counters of the summary are those from the start. Returns NULL if analyzer is NULL. Free the report with
// netshoot_report_free; the analyzer goes on.
struct netshoot_report_t *netshoot_analyzer_take_finished(struct netshoot_analyzer_t *analyzer,
                                                          struct netshoot_error_t *err);

// Ends an analysis and tells what was found. The analyzer is freed, in any case.
//
// Returns NULL if analyzer is NULL. Free the report with netshoot_report_free.
struct netshoot_report_t *netshoot_analyzer_finish(struct netshoot_analyzer_t *analyzer,
                                                   struct netshoot_error_t *err);

// Ends an analysis whose outcome is not wanted. Accepts NULL.
void netshoot_analyzer_free(struct netshoot_analyzer_t *analyzer);

// Reads the DNS message of the packet inside of depth tunnels: of port 53, 5353 (mDNS) or 5355 (LLMNR), over TCP the first
// of the segment. The arguments before out are those of netshoot_packet_parse_inner.
//
// Returns 1, or 0 if there is none, which leaves out as it was, or -1 if an argument makes no sense.
int netshoot_packet_dns(uint16_t link_type,
                        const uint8_t *bytes,
                        size_t length,
                        uint32_t original_length,
                        uint8_t depth,
                        const struct netshoot_ports_t *ports,
                        struct netshoot_dns_message_t *out,
                        struct netshoot_error_t *err);

// Reads the records of the DNS message that netshoot_packet_dns reads, and writes up to size of them to out.
//
// Returns how many there are up to the first that cannot be read, also if size is less; 0 if there is no message; or -1 if
// an argument makes no sense.
int netshoot_packet_dns_records(uint16_t link_type,
                                const uint8_t *bytes,
                                size_t length,
                                uint32_t original_length,
                                uint8_t depth,
                                const struct netshoot_ports_t *ports,
                                struct netshoot_dns_record_t *out,
                                size_t size,
                                struct netshoot_error_t *err);

// Reads the records of TLS that begin in the segment of the packet inside of depth tunnels, of port 443 or another where TLS
// is usual. The arguments before out are those of netshoot_packet_parse_inner.
//
// Returns 1, or 0 if there are none, which leaves out as it was, or -1 if an argument makes no sense.
int netshoot_packet_tls(uint16_t link_type,
                        const uint8_t *bytes,
                        size_t length,
                        uint32_t original_length,
                        uint8_t depth,
                        const struct netshoot_ports_t *ports,
                        struct netshoot_tls_t *out,
                        struct netshoot_error_t *err);

// Reads the head of the HTTP/1 message with which the segment of the packet inside of depth tunnels begins, of port 80 or
// another where HTTP is usual. The arguments before out are those of netshoot_packet_parse_inner.
//
// Returns 1, or 0 if there is none, which leaves out as it was, or -1 if an argument makes no sense.
int netshoot_packet_http(uint16_t link_type,
                         const uint8_t *bytes,
                         size_t length,
                         uint32_t original_length,
                         uint8_t depth,
                         const struct netshoot_ports_t *ports,
                         struct netshoot_http_t *out,
                         struct netshoot_error_t *err);

// Reads the header fields of the head that netshoot_packet_http reads, and writes up to size of them to out.
//
// Returns how many there are up to the first that cannot be read, also if size is less; 0 if there is no head; or -1 if an
// argument makes no sense.
int netshoot_packet_http_fields(uint16_t link_type,
                                const uint8_t *bytes,
                                size_t length,
                                uint32_t original_length,
                                uint8_t depth,
                                const struct netshoot_ports_t *ports,
                                struct netshoot_http_field_t *out,
                                size_t size,
                                struct netshoot_error_t *err);

// Reads the packets of QUIC in the datagram of the packet inside of depth tunnels, of port 443 or another where QUIC is
// usual, and writes up to size of them to out. The arguments before it are those of netshoot_packet_parse_inner.
//
// Returns how many there are up to the first that cannot be read, also if size is less; or -1 if an argument makes no
// sense.
int netshoot_packet_quic(uint16_t link_type,
                         const uint8_t *bytes,
                         size_t length,
                         uint32_t original_length,
                         uint8_t depth,
                         const struct netshoot_ports_t *ports,
                         struct netshoot_quic_packet_t *out,
                         size_t size,
                         struct netshoot_error_t *err);

// Writes the flows to out as an Arrow C stream: record batches, one row a flow.
//
// The stream belongs to the caller, who calls its release function in the end; it may outlive the report. Returns 0, or
// -1 if an argument is NULL.
int netshoot_report_flows_arrow(const struct netshoot_report_t *report,
                                struct ArrowArrayStream *out,
                                struct netshoot_error_t *err);

// Writes the DNS transactions to out as an Arrow C stream, one row a transaction; see netshoot_report_flows_arrow.
int netshoot_report_dns_arrow(const struct netshoot_report_t *report,
                              struct ArrowArrayStream *out,
                              struct netshoot_error_t *err);

// Writes the calls on TCP connections to out as an Arrow C stream; see netshoot_report_flows_arrow.
int netshoot_report_calls_arrow(const struct netshoot_report_t *report,
                                struct ArrowArrayStream *out,
                                struct netshoot_error_t *err);

// Writes the handshakes of TLS to out as an Arrow C stream; see netshoot_report_flows_arrow.
int netshoot_report_tls_arrow(const struct netshoot_report_t *report,
                              struct ArrowArrayStream *out,
                              struct netshoot_error_t *err);

// Writes the beginnings of connections of QUIC to out as an Arrow C stream; see netshoot_report_flows_arrow.
int netshoot_report_quic_arrow(const struct netshoot_report_t *report,
                               struct ArrowArrayStream *out,
                               struct netshoot_error_t *err);

// Writes the errors and echo requests of ICMP to out as an Arrow C stream; see netshoot_report_flows_arrow.
int netshoot_report_icmp_arrow(const struct netshoot_report_t *report,
                               struct ArrowArrayStream *out,
                               struct netshoot_error_t *err);

// Writes the messages of ARP to out as an Arrow C stream; see netshoot_report_flows_arrow.
int netshoot_report_arp_arrow(const struct netshoot_report_t *report,
                              struct ArrowArrayStream *out,
                              struct netshoot_error_t *err);

// Writes the exchanges of DHCP for IPv4 to out as an Arrow C stream; see netshoot_report_flows_arrow.
int netshoot_report_dhcp_arrow(const struct netshoot_report_t *report,
                               struct ArrowArrayStream *out,
                               struct netshoot_error_t *err);

// Writes the findings to out as an Arrow C stream, one row a finding; see netshoot_report_flows_arrow.
int netshoot_report_findings_arrow(const struct netshoot_report_t *report,
                                   struct ArrowArrayStream *out,
                                   struct netshoot_error_t *err);

// Writes the packets of the pcap or pcapng file at path to out as an Arrow C stream, one row a frame. options may be NULL;
// with those of a report on the same capture, flow_id is the number that a flow has there, and frames that do not count have
// no row.
//
// The file is read while the stream is; it is closed when the stream is released. Where it is damaged or cut off,
// get_next fails behind the rows before that place, and get_last_error says why. Returns 0, or -1 if the file cannot be
// opened or is no capture, or if an option makes no sense.
int netshoot_packets_arrow(const char *path,
                           const struct netshoot_options_t *options,
                           struct ArrowArrayStream *out,
                           struct netshoot_error_t *err);

// Ends it, now and ever after: netshoot_watch_run, netshoot_capture_next and netshoot_throughput_client_run fail with
// NETSHOOT_ERROR_CANCELLED, netshoot_throughput_server_run returns 0. The peers of a test are told. Returns 0, or -1 if canceller is NULL.
int netshoot_canceller_cancel(const struct netshoot_canceller_t *canceller);

// Frees a canceller. Accepts NULL.
void netshoot_canceller_free(struct netshoot_canceller_t *canceller);

// Opens a pcap or pcapng file, also one that is compressed by gzip, zstd or lz4. A FIFO is given five seconds for a writer to open it.
//
// Returns NULL if it cannot be opened or is no capture.
struct netshoot_capture_t *netshoot_capture_open(const char *path,
                                                 struct netshoot_error_t *err);

// Reads a capture from a descriptor, such as a pipe or standard input, from where it stands.
//
// The descriptor stays the caller's and may be closed at once; it is read ahead of the frames that are delivered.
// Returns NULL if what comes is no capture.
struct netshoot_capture_t *netshoot_capture_open_fd(int fd,
                                                    struct netshoot_error_t *err);

// Reads a capture that is in memory. The length octets at bytes are not copied: they must stay as they are until the
// capture is freed.
//
// Returns NULL if they are no capture.
struct netshoot_capture_t *netshoot_capture_open_memory(const uint8_t *bytes,
                                                        size_t length,
                                                        struct netshoot_error_t *err);

// Opens a capture that another program writes, and goes on at its end as tail -f does: netshoot_capture_next waits for
// the next frame, for timeout_ms milliseconds or, if that is negative, for ever. If none comes in time it fails with
// NETSHOOT_ERROR_TIMED_OUT and may be called again.
//
// Returns NULL if it cannot be opened, is no capture, or if its header does not come in time.
struct netshoot_capture_t *netshoot_capture_follow(const char *path,
                                                   int timeout_ms,
                                                   struct netshoot_error_t *err);

// What ends the waiting of netshoot_capture_next from another thread, which fails with NETSHOOT_ERROR_CANCELLED; it may
// outlive the capture. NULL if the capture is not followed, is compressed, or NULL.
struct netshoot_canceller_t *netshoot_capture_canceller_new(struct netshoot_capture_t *capture);

// Reads the next frame into out.
//
// Returns 1 for a frame, 0 at the end, -1 if the capture is damaged, cut off or cannot be read: every complete frame
// came before, and none will come after, but for one that is followed and no frame came in time.
int netshoot_capture_next(struct netshoot_capture_t *capture,
                          struct netshoot_frame_t *out,
                          struct netshoot_error_t *err);

// Keeps the names of addresses that the capture tells from here on, for netshoot_capture_name; NULL is left alone.
void netshoot_capture_keep_names(struct netshoot_capture_t *capture);

// Writes the name that the capture told of an address so far into a buffer of size octets, cut if need be and always
// with a NUL at the end; empty text if it told none, or netshoot_capture_keep_names was not called. Nobody is asked.
// Wireshark writes names behind the frames, so that all are known only at the end. What is not UTF-8 is replaced, but
// control characters are not.
//
// Returns the length of the whole name without the NUL, as snprintf does, or -1 if capture or address is NULL.
int netshoot_capture_name(const struct netshoot_capture_t *capture,
                          const struct netshoot_address_t *address,
                          char *buffer,
                          size_t size);

// Octets of the file that were used so far, of a compressed one before decompression: against the file's length, the
// progress. 0 if capture is NULL.
uint64_t netshoot_capture_offset(const struct netshoot_capture_t *capture);

// Closes a capture. Accepts NULL.
void netshoot_capture_free(struct netshoot_capture_t *capture);

// Reads a capture, of which nothing was read yet, to its end to make an index of it; damage ends the index in front of
// it. Then netshoot_capture_seek_frame and netshoot_capture_seek_time go to a frame, of this capture or of the same file
// opened again.
//
// Returns NULL if frames were read already, and if the capture is compressed, followed, or a pipe's: nothing can be
// sought there, of which a pipe tells first when that is tried.
struct netshoot_capture_index_t *netshoot_capture_index_new(struct netshoot_capture_t *capture,
                                                            struct netshoot_error_t *err);

// How many frames there are. 0 if index is NULL.
uint64_t netshoot_capture_index_frames(const struct netshoot_capture_index_t *index);

// Goes in front of a frame, counted from 1, so that netshoot_capture_next gives that.
//
// Returns 1, 0 if there is no such frame, or -1 on error.
int netshoot_capture_seek_frame(struct netshoot_capture_t *capture,
                                const struct netshoot_capture_index_t *index,
                                uint64_t number,
                                struct netshoot_error_t *err);

// Goes in front of the first frame of the file that is not before a time, in nanoseconds since 1970-01-01T00:00:00Z.
// Frames need not be in the order of time.
//
// Returns 1, 0 if there is no such frame, or -1 on error.
int netshoot_capture_seek_time(struct netshoot_capture_t *capture,
                               const struct netshoot_capture_index_t *index,
                               int64_t time_ns,
                               struct netshoot_error_t *err);

// Frees an index. Accepts NULL.
void netshoot_capture_index_free(struct netshoot_capture_index_t *index);

// Creates a capture file; what was there is replaced. options may be NULL. Returns NULL if it cannot be created.
struct netshoot_capture_writer_t *netshoot_capture_writer_open(const char *path,
                                                               const struct netshoot_capture_writer_options_t *options,
                                                               struct netshoot_error_t *err);

// Describes an interface, and writes its number to out, for interface_id of frames. Returns 0, or -1.
int netshoot_capture_writer_add_interface(struct netshoot_capture_writer_t *writer,
                                          const struct netshoot_capture_interface_t *interface,
                                          uint32_t *out,
                                          struct netshoot_error_t *err);

// Writes a frame of the interface frame->interface_id; if none was described yet, one of its link type is. Number, offset
// and section of the frame do not count. comment may be NULL. Returns 0, or -1.
int netshoot_capture_writer_write(struct netshoot_capture_writer_t *writer,
                                  const struct netshoot_frame_t *frame,
                                  const char *comment,
                                  struct netshoot_error_t *err);

// Writes keys with which the packets behind them are decrypted, kind being NETSHOOT_SECRETS_…. Returns 0, or -1.
int netshoot_capture_writer_write_secrets(struct netshoot_capture_writer_t *writer,
                                          uint32_t kind,
                                          const uint8_t *bytes,
                                          size_t length,
                                          struct netshoot_error_t *err);

// Writes out what is held back. Returns 0, or -1.
int netshoot_capture_writer_flush(struct netshoot_capture_writer_t *writer, struct netshoot_error_t *err);

// Ends the file: before this, parts of it may still be in memory. Nothing can be written afterwards. Returns 0, or -1.
int netshoot_capture_writer_finish(struct netshoot_capture_writer_t *writer,
                                   struct netshoot_error_t *err);

// What the format of the file has no place for so far. Returns 0, or -1 if an argument is NULL.
int netshoot_capture_writer_lost(const struct netshoot_capture_writer_t *writer,
                                 struct netshoot_capture_lost_t *out);

// Frees a writer. A file that was not finished is, and an error of that is not told. Accepts NULL.
void netshoot_capture_writer_free(struct netshoot_capture_writer_t *writer);

// Copies the count captures at paths to the file target: one as it is, several by the times of their frames. options,
// choice and out may be NULL. Returns 0, or -1 if a capture cannot be opened or the file cannot be written; captures that
// are damaged are told in out.
int netshoot_captures_merge(const char *const *paths,
                            size_t count,
                            const char *target,
                            const struct netshoot_capture_writer_options_t *options,
                            const struct netshoot_capture_choice_t *choice,
                            struct netshoot_capture_merged_t *out,
                            struct netshoot_error_t *err);

// Verifies the checksums of the packet inside of depth tunnels, outermost first, and writes up to size of them to out. The
// arguments before it are those of netshoot_packet_parse_inner.
//
// Returns how many there are, at most NETSHOOT_CHECKSUMS, also if size is less; or -1 if an argument makes no sense.
int netshoot_packet_checksums(uint16_t link_type,
                              const uint8_t *bytes,
                              size_t length,
                              uint32_t original_length,
                              uint8_t depth,
                              const struct netshoot_ports_t *ports,
                              struct netshoot_checksum_t *out,
                              size_t size,
                              struct netshoot_error_t *err);

// Begins to tell the sockets of one protocol (IPPROTO_TCP, IPPROTO_UDP) that are closed from now on, of both if it is 0.
// Needs no right. Returns NULL if the kernel refuses.
struct netshoot_closing_sockets_t *netshoot_closing_sockets_open(const struct netshoot_netlink_t *netlink,
                                                                 uint16_t protocol,
                                                                 struct netshoot_error_t *err);

// Calls callback with each socket that is closed within timeout_ms milliseconds; 0 for those that were already. Returns
// the number of calls, or -1 if an argument is NULL, timeout_ms is negative or the system fails.
int netshoot_closing_sockets_run(struct netshoot_closing_sockets_t *closing,
                                 int timeout_ms,
                                 netshoot_closing_callback_t callback,
                                 void *context,
                                 struct netshoot_error_t *err);

// Frees it. Accepts NULL.
void netshoot_closing_sockets_free(struct netshoot_closing_sockets_t *closing);

// Reads what a router advertisement in the packet inside of depth tunnels says itself. The arguments before out are those of
// netshoot_packet_parse_inner.
//
// Returns 1, or 0 if there is none, which leaves out as it was, or -1 if an argument makes no sense.
int netshoot_packet_router_advertisement(uint16_t link_type,
                                         const uint8_t *bytes,
                                         size_t length,
                                         uint32_t original_length,
                                         uint8_t depth,
                                         const struct netshoot_ports_t *ports,
                                         struct netshoot_router_advertisement_t *out,
                                         struct netshoot_error_t *err);

// Reads the options of a message of neighbour discovery in the packet inside of depth tunnels, and writes up to size of them
// to out. The arguments before it are those of netshoot_packet_parse_inner.
//
// Returns how many there are up to the first that cannot be read, also if size is less; or -1 if an argument makes no
// sense.
int netshoot_packet_neighbor_options(uint16_t link_type,
                                     const uint8_t *bytes,
                                     size_t length,
                                     uint32_t original_length,
                                     uint8_t depth,
                                     const struct netshoot_ports_t *ports,
                                     struct netshoot_neighbor_option_t *out,
                                     size_t size,
                                     struct netshoot_error_t *err);

// Parses the packet that an ICMP error in the packet inside of depth tunnels quotes, as far as it does. All offsets count
// from the start of the frame. The arguments before out are those of netshoot_packet_parse_inner.
//
// Returns 1, or 0 if there is none, which leaves out as it was, or -1 if an argument makes no sense.
int netshoot_packet_quoted(uint16_t link_type,
                           const uint8_t *bytes,
                           size_t length,
                           uint32_t original_length,
                           uint8_t depth,
                           const struct netshoot_ports_t *ports,
                           struct netshoot_packet_t *out,
                           struct netshoot_error_t *err);

// Reads the objects that a router adds to an ICMP error in the packet inside of depth tunnels (RFC 4884), or that an
// extended echo request asks for (RFC 8335), and writes up to size of them to out. The arguments before it are those of
// netshoot_packet_parse_inner.
//
// Returns how many there are up to the first that cannot be read, also if size is less; or -1 if an argument makes no
// sense.
int netshoot_packet_icmp_objects(uint16_t link_type,
                                 const uint8_t *bytes,
                                 size_t length,
                                 uint32_t original_length,
                                 uint8_t depth,
                                 const struct netshoot_ports_t *ports,
                                 struct netshoot_icmp_object_t *out,
                                 size_t size,
                                 struct netshoot_error_t *err);

// Reads all network counters of a namespace. Returns NULL if they cannot be read.
struct netshoot_counters_t *netshoot_counters_list(const struct netshoot_netlink_t *netlink,
                                                   struct netshoot_error_t *err);

// The number of counters. 0 if counters is NULL.
size_t netshoot_counters_count(const struct netshoot_counters_t *counters);

// Tells of the counter at index, from 0. Returns 0, or -1 if an argument is NULL or index too large.
int netshoot_counters_counter(const struct netshoot_counters_t *counters,
                              size_t index,
                              struct netshoot_counter_t *out);

// Tells of the counter of this name. Returns 0, or -1 if an argument is NULL or there is none of that name.
int netshoot_counters_find(const struct netshoot_counters_t *counters,
                           const char *name,
                           struct netshoot_counter_t *out);

// The counters with all that is known of each as JSON. Made at the first call and kept with them. NULL if counters is
// NULL.
const char *netshoot_counters_json(const struct netshoot_counters_t *counters);

// Writes the counters to out as an Arrow C stream, one row a counter; see netshoot_listing_arrow.
int netshoot_counters_arrow(const struct netshoot_counters_t *counters,
                            struct ArrowArrayStream *out,
                            struct netshoot_error_t *err);

// Frees counters. Accepts NULL.
void netshoot_counters_free(struct netshoot_counters_t *counters);

// Begins to put datagrams together. options may be NULL. Returns NULL if they make no sense. Free it with
// netshoot_datagrams_free.
struct netshoot_datagrams_t *netshoot_datagrams_new(const struct netshoot_datagram_options_t *options,
                                                    struct netshoot_error_t *err);

// Takes a frame, whose octets are not needed after the call. Where it completes a datagram, out is what the frame was
// with the datagram in the place of its octets and the link type of IPv4 or IPv6: valid until the next call, and ready to be
// pushed again, as it may hold a fragment.
//
// Returns 1 if it completed one, else 0, which leaves out as it was; -1 if an argument makes no sense.
int netshoot_datagrams_push(struct netshoot_datagrams_t *datagrams,
                            const struct netshoot_frame_t *frame,
                            struct netshoot_frame_t *out,
                            struct netshoot_error_t *err);

// Frees it. Accepts NULL.
void netshoot_datagrams_free(struct netshoot_datagrams_t *datagrams);

// What happened from earlier to later, as a list of the counters that both have; between those of two namespaces it has no
// meaning, and "same_namespace" is false in the JSON. Returns NULL if an argument is NULL.
struct netshoot_delta_t *netshoot_counters_delta(const struct netshoot_counters_t *later,
                                                 const struct netshoot_counters_t *earlier,
                                                 struct netshoot_error_t *err);

// The number of changes, among them those of counters that stayed as they were. 0 if delta is NULL.
size_t netshoot_delta_count(const struct netshoot_delta_t *delta);

// Tells of the change at index, from 0. Returns 0, or -1 if an argument is NULL or index too large.
int netshoot_delta_change(const struct netshoot_delta_t *delta, size_t index, struct netshoot_change_t *out);

// All of it as JSON, with the counters that only one of the two has. Made at the first call and kept with it. NULL if
// delta is NULL.
const char *netshoot_delta_json(const struct netshoot_delta_t *delta);

// Frees a delta. Accepts NULL.
void netshoot_delta_free(struct netshoot_delta_t *delta);

// Reads the message of DHCP, or of BOOTP, of the packet inside of depth tunnels, of port 67 or 68. The arguments before out
// are those of netshoot_packet_parse_inner.
//
// Returns 1, or 0 if there is none, which leaves out as it was, or -1 if an argument makes no sense.
int netshoot_packet_dhcp(uint16_t link_type,
                         const uint8_t *bytes,
                         size_t length,
                         uint32_t original_length,
                         uint8_t depth,
                         const struct netshoot_ports_t *ports,
                         struct netshoot_dhcp_t *out,
                         struct netshoot_error_t *err);

// Reads the options, without padding and end, of the message that netshoot_packet_dhcp reads, and writes up to size of them
// to out.
//
// Returns how many there are up to the first that cannot be read, also if size is less; 0 if there is no message; or -1 if
// an argument makes no sense.
int netshoot_packet_dhcp_options(uint16_t link_type,
                                 const uint8_t *bytes,
                                 size_t length,
                                 uint32_t original_length,
                                 uint8_t depth,
                                 const struct netshoot_ports_t *ports,
                                 struct netshoot_dhcp_option_t *out,
                                 size_t size,
                                 struct netshoot_error_t *err);

// The number of DNS transactions. 0 if report is NULL.
size_t netshoot_report_dns_count(const struct netshoot_report_t *report);

// Tells of the DNS transaction at index, from 0 in order of time. Returns 0, or -1 if an argument is NULL or index too
// large.
int netshoot_report_dns(const struct netshoot_report_t *report,
                        size_t index,
                        struct netshoot_dns_t *out);

// An answer to the DNS transaction at index: an address or a name as text. Both indices start at 0. Returns NULL if
// there is no such answer, or report is NULL.
const char *netshoot_report_dns_answer(const struct netshoot_report_t *report,
                                       size_t index,
                                       size_t answer_index);

// Writes the frames that prove the finding at index, from 0, to a capture file; with whole_flows all frames of its flows.
// path is the capture that the report is of, which is read once more.
//
// The ending of target tells the format and the compression; in pcapng each frame has a comment that tells its number in
// the capture that it comes from. Writes the number of frames to written, unless that is NULL. Returns 0, or -1 if a file
// cannot be read or written, if target is the capture itself, or if there is no such finding.
int netshoot_finding_write_frames(const struct netshoot_report_t *report,
                                  size_t index,
                                  bool whole_flows,
                                  const char *path,
                                  const char *target,
                                  uint64_t *written,
                                  struct netshoot_error_t *err);

// Writes all frames of a flow of a report to a capture file, as netshoot_finding_write_frames does.
int netshoot_flow_write_frames(const struct netshoot_report_t *report,
                               uint32_t flow_id,
                               const char *path,
                               const char *target,
                               uint64_t *written,
                               struct netshoot_error_t *err);

// The number of findings. 0 if report is NULL.
size_t netshoot_report_finding_count(const struct netshoot_report_t *report);

// Tells of the finding at index, from 0, the worst first. Returns 0, or -1 if an argument is NULL or index too large.
int netshoot_report_finding(const struct netshoot_report_t *report,
                            size_t index,
                            struct netshoot_finding_t *out);

// Where the trouble of the whole capture lies, NETSHOOT_VERDICT_…: the verdict of the first finding if it is more than a
// note, else NETSHOOT_VERDICT_NONE. NETSHOOT_VERDICT_UNKNOWN if report is NULL.
uint8_t netshoot_report_verdict(const struct netshoot_report_t *report);

// The word for a severity: "note", "warning" or "critical"; NULL for another number.
const char *netshoot_severity_name(uint8_t severity);

// The number of flows. 0 if report is NULL.
size_t netshoot_report_flow_count(const struct netshoot_report_t *report);

// Tells of the flow at index, from 0 in order of first appearance. Returns 0, or -1 if an argument is NULL or index too
// large.
int netshoot_report_flow(const struct netshoot_report_t *report,
                         size_t index,
                         struct netshoot_flow_t *out);

// Writes the Community ID, version 1, of the flow at index into a buffer of size octets, cut if need be and always with a
// NUL at the end: the name that Zeek, Suricata, Wireshark and others give it too with the same seed, 0 if nobody chose
// another. 31 octets hold it.
//
// Returns its length without the NUL, as snprintf does, or -1 if report is NULL or index too large.
int netshoot_report_flow_community_id(const struct netshoot_report_t *report,
                                      size_t index,
                                      uint16_t seed,
                                      char *buffer,
                                      size_t size);

// Writes the Community ID of a packet or flow with these ends and this IP protocol (IPPROTO_…) into a buffer of size octets;
// see netshoot_report_flow_community_id. For ICMP and ICMPv6 the port of source is the type of the message, that of
// destination its code.
//
// Returns its length without the NUL, as snprintf does, or -1 if source or destination is NULL or has no address.
int netshoot_community_id(const struct netshoot_endpoint_t *source,
                          const struct netshoot_endpoint_t *destination,
                          uint8_t protocol,
                          uint16_t seed,
                          char *buffer,
                          size_t size);

// Lists the network interfaces with their addresses: those of the network namespace whose file is at namespace_path,
// such as "/run/netns/blue" or "/proc/1234/ns/net", or the caller's own if it is NULL.
//
// The caller's own needs no rights, another needs CAP_SYS_ADMIN. Nothing is changed; the caller's threads stay where they
// are. Returns NULL if the namespace cannot be entered or the kernel refuses.
struct netshoot_interfaces_t *netshoot_interfaces_list(const char *namespace_path,
                                                       struct netshoot_error_t *err);

// The number of interfaces. 0 if interfaces is NULL.
size_t netshoot_interfaces_count(const struct netshoot_interfaces_t *interfaces);

// Whether interfaces changed while they were listed, time and again, so that the listing may not be of one instant.
// False if interfaces is NULL.
bool netshoot_interfaces_interrupted(const struct netshoot_interfaces_t *interfaces);

// Tells of the interface at index, from 0 in the kernel's order. Returns 0, or -1 if an argument is NULL or index too
// large.
int netshoot_interfaces_interface(const struct netshoot_interfaces_t *interfaces,
                                  size_t index,
                                  struct netshoot_interface_t *out);

// Tells of an address of the interface at index. Both indices start at 0. Returns 0, or -1 if an argument is NULL or an
// index too large.
int netshoot_interfaces_address(const struct netshoot_interfaces_t *interfaces,
                                size_t index,
                                size_t address_index,
                                struct netshoot_interface_address_t *out);

// Frees a listing. Accepts NULL.
void netshoot_interfaces_free(struct netshoot_interfaces_t *interfaces);

// Lists the links that filter wants: link_index, master, kind, only_up. Returns NULL if the kernel refuses.
struct netshoot_listing_t *netshoot_links_list(const struct netshoot_netlink_t *netlink,
                                               const struct netshoot_filter_t *filter,
                                               struct netshoot_error_t *err);

// Lists the addresses that filter wants: family, link_index. Returns NULL if the kernel refuses.
struct netshoot_listing_t *netshoot_addresses_list(const struct netshoot_netlink_t *netlink,
                                                   const struct netshoot_filter_t *filter,
                                                   struct netshoot_error_t *err);

// Tells of the link at index, from 0 in the kernel's order. Returns 0, or -1 if an argument is NULL, index is too large or
// the listing is of another kind.
int netshoot_listing_link(const struct netshoot_listing_t *listing,
                          size_t index,
                          struct netshoot_link_t *out);

// Tells of the address at index; see netshoot_listing_link.
int netshoot_listing_address(const struct netshoot_listing_t *listing,
                             size_t index,
                             struct netshoot_link_address_t *out);

// Lists the routes of all tables that filter wants: family, table, link_index, protocol, priority, route_kind. Returns NULL
// if the kernel refuses.
struct netshoot_listing_t *netshoot_routes_list(const struct netshoot_netlink_t *netlink,
                                                const struct netshoot_filter_t *filter,
                                                struct netshoot_error_t *err);

// Lists the next hop objects and groups that filter wants: family, id, link_index, master, protocol. Returns NULL if the
// kernel refuses.
struct netshoot_listing_t *netshoot_next_hops_list(const struct netshoot_netlink_t *netlink,
                                                   const struct netshoot_filter_t *filter,
                                                   struct netshoot_error_t *err);

// Lists the buckets of resilient groups of next hops that filter wants: id, link_index, master. What they hold is in the
// listing's JSON. Returns NULL if the kernel refuses.
struct netshoot_listing_t *netshoot_next_hop_buckets_list(const struct netshoot_netlink_t *netlink,
                                                          const struct netshoot_filter_t *filter,
                                                          struct netshoot_error_t *err);

// Tells of the route at index; see netshoot_listing_link.
int netshoot_listing_route(const struct netshoot_listing_t *listing,
                           size_t index,
                           struct netshoot_route_t *out);

// Tells of one of several next hops of the route at index. Returns 0, or -1 as netshoot_listing_link.
int netshoot_listing_route_hop(const struct netshoot_listing_t *listing,
                               size_t index,
                               size_t hop_index,
                               struct netshoot_hop_t *out);

// Tells of the next hop object at index; see netshoot_listing_link.
int netshoot_listing_next_hop(const struct netshoot_listing_t *listing,
                              size_t index,
                              struct netshoot_next_hop_t *out);

// Tells of a member of the group at index. Returns 0, or -1 as netshoot_listing_link.
int netshoot_listing_next_hop_member(const struct netshoot_listing_t *listing,
                                     size_t index,
                                     size_t member_index,
                                     struct netshoot_hop_t *out);

// Asks the kernel what it would do with a packet. That there is no route is an answer. Returns 0, or -1 if an argument is
// NULL, there is no destination, or the kernel refuses.
int netshoot_route_get(const struct netshoot_netlink_t *netlink,
                       const struct netshoot_route_query_t *query,
                       struct netshoot_route_answer_t *out,
                       struct netshoot_error_t *err);

// Lists internet sockets of one protocol (IPPROTO_…), or of TCP, UDP and raw IP if it is 0, that filter lets through; all
// if it is NULL. A filter is in the words of ss, first of states, then of ends: "state established dport = :443 and src
// 10/8"; names of hosts are refused, fwmark needs CAP_NET_ADMIN. With owners, looks for the processes that hold them, which
// takes longer than the rest; those of other users need CAP_SYS_PTRACE. Returns NULL if the filter makes no sense or the
// kernel refuses.
struct netshoot_listing_t *netshoot_inet_sockets_list(const struct netshoot_netlink_t *netlink,
                                                      uint16_t protocol,
                                                      const char *filter,
                                                      bool owners,
                                                      struct netshoot_error_t *err);

// Lists unix sockets; see netshoot_inet_sockets_list. A filter may ask for their names: "src unix:/run/*".
struct netshoot_listing_t *netshoot_unix_sockets_list(const struct netshoot_netlink_t *netlink,
                                                      const char *filter,
                                                      bool owners,
                                                      struct netshoot_error_t *err);

// Tells of the internet socket at index; see netshoot_listing_link.
int netshoot_listing_inet_socket(const struct netshoot_listing_t *listing,
                                 size_t index,
                                 struct netshoot_inet_socket_t *out);

// Tells of the unix socket at index; see netshoot_listing_link.
int netshoot_listing_unix_socket(const struct netshoot_listing_t *listing,
                                 size_t index,
                                 struct netshoot_unix_socket_t *out);

// Lists the rules that filter wants: family, table, priority. Returns NULL if the kernel refuses.
struct netshoot_listing_t *netshoot_rules_list(const struct netshoot_netlink_t *netlink,
                                               const struct netshoot_filter_t *filter,
                                               struct netshoot_error_t *err);

// Lists the neighbours and proxies that filter wants: family, link_index, master, states. Returns NULL if the kernel
// refuses.
struct netshoot_listing_t *netshoot_neighbors_list(const struct netshoot_netlink_t *netlink,
                                                   const struct netshoot_filter_t *filter,
                                                   struct netshoot_error_t *err);

// Lists the forwarding entries of bridges and tunnels that filter wants: link_index, master, vlan, states. Returns
// NULL if the kernel refuses.
struct netshoot_listing_t *netshoot_fdb_list(const struct netshoot_netlink_t *netlink,
                                             const struct netshoot_filter_t *filter,
                                             struct netshoot_error_t *err);

// Lists the queueing disciplines that filter wants: link_index, parent. Returns NULL if the kernel refuses.
struct netshoot_listing_t *netshoot_qdiscs_list(const struct netshoot_netlink_t *netlink,
                                                const struct netshoot_filter_t *filter,
                                                struct netshoot_error_t *err);

// Looks up one neighbour, or one proxy, by its address and its link. Returns 1, 0 if there is none, or -1 if an argument is
// NULL, there is no address, or the kernel refuses.
int netshoot_neighbor_get(const struct netshoot_netlink_t *netlink,
                          const struct netshoot_address_t *address,
                          uint32_t link_index,
                          bool proxy,
                          struct netshoot_neighbor_t *out,
                          struct netshoot_error_t *err);

// Looks up the forwarding entry of the six octets at hardware_address, of the port or tunnel, of the bridge, and of the
// VLAN; each is 0 where it is open, but one of the first two. Returns as netshoot_neighbor_get.
int netshoot_fdb_get(const struct netshoot_netlink_t *netlink,
                     const uint8_t *hardware_address,
                     uint32_t link_index,
                     uint32_t master,
                     uint16_t vlan,
                     struct netshoot_fdb_entry_t *out,
                     struct netshoot_error_t *err);

// Tells of the rule at index; see netshoot_listing_link.
int netshoot_listing_rule(const struct netshoot_listing_t *listing,
                          size_t index,
                          struct netshoot_rule_t *out);

// Tells of the neighbour at index; see netshoot_listing_link.
int netshoot_listing_neighbor(const struct netshoot_listing_t *listing,
                              size_t index,
                              struct netshoot_neighbor_t *out);

// Tells of the forwarding entry at index; see netshoot_listing_link.
int netshoot_listing_fdb_entry(const struct netshoot_listing_t *listing,
                               size_t index,
                               struct netshoot_fdb_entry_t *out);

// Tells of the queueing discipline at index; see netshoot_listing_link.
int netshoot_listing_qdisc(const struct netshoot_listing_t *listing,
                           size_t index,
                           struct netshoot_qdisc_t *out);

// The number of objects. 0 if listing is NULL.
size_t netshoot_listing_count(const struct netshoot_listing_t *listing);

// The kind of the objects, such as "link" or "inet_socket". NULL if listing is NULL.
const char *netshoot_listing_kind(const struct netshoot_listing_t *listing);

// What the kernel promises about the listing, one of NETSHOOT_CONSISTENCY_…. -1 if listing is NULL.
int netshoot_listing_consistency(const struct netshoot_listing_t *listing);

// Whether objects changed while they were listed, time and again, so that some may be missing or doubled. False if
// listing is NULL.
bool netshoot_listing_interrupted(const struct netshoot_listing_t *listing);

// How many processes could not be looked into when owners were looked for: a socket without an owner may be theirs. 0 if
// owners were not looked for or listing is NULL.
size_t netshoot_listing_unreadable_processes(const struct netshoot_listing_t *listing);

// Why they could not, and what helps: a want of CAP_SYS_PTRACE, or too many open files. It lives as long as the listing.
// NULL if all were looked into, owners were not looked for, or listing is NULL.
const char *netshoot_listing_unreadable_reason(const struct netshoot_listing_t *listing);

// The listing with all that is known of each object as JSON: an object with schema_version, kind, namespace, items and
// more. Made at the first call and kept with the listing. NULL if listing is NULL.
const char *netshoot_listing_json(const struct netshoot_listing_t *listing);

// Writes the listing to out as an Arrow C stream, one row an object. Names of links are asked for now.
//
// The stream belongs to the caller, who calls its release function in the end; it may outlive the listing. Returns 0, or
// -1 if an argument is NULL or the names cannot be had.
int netshoot_listing_arrow(const struct netshoot_listing_t *listing,
                           struct ArrowArrayStream *out,
                           struct netshoot_error_t *err);

// Frees a listing. Accepts NULL.
void netshoot_listing_free(struct netshoot_listing_t *listing);

// Lists the network namespaces of the host, by their names, processes, files and open descriptors, with the numbers that
// the handle's namespace knows them by. Processes of other users need CAP_SYS_PTRACE, and cookies of other namespaces
// CAP_SYS_ADMIN: what could not be read is counted. Returns NULL if the system fails.
struct netshoot_namespaces_t *netshoot_namespaces_list(const struct netshoot_netlink_t *netlink,
                                                       struct netshoot_error_t *err);

// The number of namespaces. 0 if namespaces is NULL.
size_t netshoot_namespaces_count(const struct netshoot_namespaces_t *namespaces);

// How many things could not be read, and so may hide namespaces, processes or files; the JSON has each, with the
// capability that it needs. 0 if namespaces is NULL.
size_t netshoot_namespaces_denied_count(const struct netshoot_namespaces_t *namespaces);

// Tells of the namespace at index, from 0. Returns 0, or -1 if an argument is NULL or index too large.
int netshoot_namespaces_namespace(const struct netshoot_namespaces_t *namespaces,
                                  size_t index,
                                  struct netshoot_namespace_t *out);

// Tells of a process of the namespace at index. Returns 0, or -1 if an argument is NULL or an index too large.
int netshoot_namespaces_process(const struct netshoot_namespaces_t *namespaces,
                                size_t index,
                                size_t process_index,
                                struct netshoot_process_t *out);

// All that is known of the namespaces as JSON. Made at the first call and kept with them. NULL if namespaces is NULL.
const char *netshoot_namespaces_json(const struct netshoot_namespaces_t *namespaces);

// Frees namespaces. Accepts NULL.
void netshoot_namespaces_free(struct netshoot_namespaces_t *namespaces);

// Opens a network namespace: by the name that ip netns gave it, by the path of its file, such as "/proc/1234/ns/net", by
// the number of a process as text, or the caller's own if it is NULL.
//
// The caller's own needs no rights, another needs CAP_SYS_ADMIN. The caller's threads stay where they are. Returns NULL if
// the namespace cannot be entered.
struct netshoot_netlink_t *netshoot_netlink_open(const char *namespace_name,
                                                 struct netshoot_error_t *err);

// Opens the network namespace of a process; see netshoot_netlink_open.
struct netshoot_netlink_t *netshoot_netlink_open_pid(uint32_t pid, struct netshoot_error_t *err);

// Opens the network namespace that fd is a descriptor of, or that the process is in which fd is a pidfd of. The
// descriptor stays the caller's; see netshoot_netlink_open.
struct netshoot_netlink_t *netshoot_netlink_open_fd(int fd,
                                                    struct netshoot_error_t *err);

// Makes a socket in the namespace, as socket() does in the caller's own; it stays there wherever it is used. Returns its
// descriptor, which is the caller's and is closed by exec, or -1 if the system refuses: raw and packet sockets need
// CAP_NET_RAW.
int netshoot_netlink_socket(const struct netshoot_netlink_t *netlink,
                            int domain,
                            int socket_type,
                            int protocol,
                            struct netshoot_error_t *err);

// Frees a handle; listings made with it stay. Accepts NULL.
void netshoot_netlink_free(struct netshoot_netlink_t *netlink);

// Parses a packet into out, which need not have been written before.
//
// bytes are the length octets that were captured of a frame that starts with a header of type link_type;
// original_length is the frame's length on the wire, where less than length counts as that. Any octets give a packet:
// stop_limit says where parsing ended early, and why. Does not allocate.
//
// Returns 0, or -1 if an argument makes no sense.
int netshoot_packet_parse(uint16_t link_type,
                          const uint8_t *bytes,
                          size_t length,
                          uint32_t original_length,
                          struct netshoot_packet_t *out,
                          struct netshoot_error_t *err);

// Parses the packet inside of depth tunnels (IP in IP, GRE with ERSPAN, MPLS pseudo-wires, VXLAN, Geneve, GTP-U, Teredo)
// into out: 0 is the frame's own, 1 what is inside of that. All offsets count from the start of the frame. ports says what
// ports stand for, besides the usual ones, or is NULL. The other arguments are those of netshoot_packet_parse.
//
// Returns 1, or 0 if there is no such packet, which leaves out as it was, or -1 if an argument makes no sense. Behind four
// tunnels comes a packet with NETSHOOT_STOP_DEPTH.
int netshoot_packet_parse_inner(uint16_t link_type,
                                const uint8_t *bytes,
                                size_t length,
                                uint32_t original_length,
                                uint8_t depth,
                                const struct netshoot_ports_t *ports,
                                struct netshoot_packet_t *out,
                                struct netshoot_error_t *err);

// Goes through the headers of the packet inside of depth tunnels and of those inside of it, outermost first, and writes up to
// size of them to out. The arguments before it are those of netshoot_packet_parse_inner.
//
// Returns how many there are, also if size is less; or -1 if an argument makes no sense.
int netshoot_packet_layers(uint16_t link_type,
                           const uint8_t *bytes,
                           size_t length,
                           uint32_t original_length,
                           uint8_t depth,
                           const struct netshoot_ports_t *ports,
                           struct netshoot_layer_t *out,
                           size_t size,
                           struct netshoot_error_t *err);

// Writes one line about a packet, in the words of `tcpdump -n`, with what the application says, into a buffer of size
// octets, cut if need be and always with a NUL at the end. ports says what ports stand for, besides the usual ones, or is
// NULL. The arguments before it are those of netshoot_packet_parse.
//
// Returns the length of the whole line without the NUL, as snprintf does, or -1 if an argument makes no sense.
int netshoot_packet_describe(uint16_t link_type,
                             const uint8_t *bytes,
                             size_t length,
                             uint32_t original_length,
                             const struct netshoot_ports_t *ports,
                             char *buffer,
                             size_t size);

// Lists packet sockets that filter lets through, with their owners if wanted, as netshoot_inet_sockets_list does. Needs no
// right, but programs that frames must pass are told only to who has CAP_NET_ADMIN. Returns NULL if the kernel refuses.
struct netshoot_listing_t *netshoot_packet_sockets_list(const struct netshoot_netlink_t *netlink,
                                                        const char *filter,
                                                        bool owners,
                                                        struct netshoot_error_t *err);

// Lists netlink sockets; see netshoot_packet_sockets_list.
struct netshoot_listing_t *netshoot_netlink_sockets_list(const struct netshoot_netlink_t *netlink,
                                                         const char *filter,
                                                         bool owners,
                                                         struct netshoot_error_t *err);

// Tells of the packet socket at index; see netshoot_listing_link.
int netshoot_listing_packet_socket(const struct netshoot_listing_t *listing,
                                   size_t index,
                                   struct netshoot_packet_socket_t *out);

// Tells of the netlink socket at index; see netshoot_listing_link.
int netshoot_listing_netlink_socket(const struct netshoot_listing_t *listing,
                                    size_t index,
                                    struct netshoot_netlink_socket_t *out);

// Tells what was captured. Returns 0, or -1 if an argument is NULL.
int netshoot_report_summary(const struct netshoot_report_t *report, struct netshoot_summary_t *out);

// The number of protocols. 0 if report is NULL.
size_t netshoot_report_protocol_count(const struct netshoot_report_t *report);

// Tells of the protocol at index, from 0, the one with the most frames first. Returns 0, or -1 if an argument is NULL or
// index too large.
int netshoot_report_protocol(const struct netshoot_report_t *report,
                             size_t index,
                             struct netshoot_protocol_t *out);

// Frees a report, and with it all that it lent. Accepts NULL.
void netshoot_report_free(struct netshoot_report_t *report);

// Counts the traffic of a capture over time; by is NETSHOOT_IO_BY_…, flow_id counts with NETSHOOT_IO_BY_FLOW only, and is
// that of a report on the same capture with the same options. options and bins may be NULL.
//
// It works in one thread. Returns NULL if the file cannot be opened or is no capture, or if an option makes no sense; damage
// ends the series. Free it with netshoot_io_series_free.
struct netshoot_io_series_t *netshoot_io_series(const char *path,
                                                const struct netshoot_options_t *options,
                                                uint8_t by,
                                                uint32_t flow_id,
                                                const struct netshoot_series_options_t *bins,
                                                struct netshoot_error_t *err);

// Adds the traffic of another series, such as that of another file, which has to be counted in the same way. Returns 0, or
// -1 if it is not, or if an argument is NULL.
int netshoot_io_series_merge(struct netshoot_io_series_t *series,
                             const struct netshoot_io_series_t *other,
                             struct netshoot_error_t *err);

// Width of the bins in nanoseconds. 0 if series is NULL.
uint64_t netshoot_io_series_width_ns(const struct netshoot_io_series_t *series);

// The number of bins. 0 if series is NULL.
size_t netshoot_io_series_count(const struct netshoot_io_series_t *series);

// Tells of the bin at index, from 0, by protocol or direction and then time. Returns 0, or -1 if an argument is NULL or
// index too large.
int netshoot_io_series_bin(const struct netshoot_io_series_t *series,
                           size_t index,
                           struct netshoot_io_bin_t *out);

// Writes the bins to out as an Arrow C stream, one row a bin; see netshoot_report_flows_arrow.
int netshoot_io_series_arrow(const struct netshoot_io_series_t *series,
                             struct ArrowArrayStream *out,
                             struct netshoot_error_t *err);

// Frees a series. Accepts NULL.
void netshoot_io_series_free(struct netshoot_io_series_t *series);

// Round trips and sequence numbers of a TCP flow of a report over time. path is the capture that the report is of, which is
// read once more; options may be NULL.
//
// Returns NULL if it cannot be read, or if the report has no such flow. Free the series with netshoot_flow_series_free.
struct netshoot_flow_series_t *netshoot_flow_series(const char *path,
                                                    const struct netshoot_report_t *report,
                                                    uint32_t flow_id,
                                                    const struct netshoot_series_options_t *options,
                                                    struct netshoot_error_t *err);

// The number of bins with round trips. 0 if series is NULL.
size_t netshoot_flow_series_rtt_count(const struct netshoot_flow_series_t *series);

// Tells of the round trips of the bin at index, from 0, by time. Returns 0, or -1 if an argument is NULL or index too large.
int netshoot_flow_series_rtt(const struct netshoot_flow_series_t *series,
                             size_t index,
                             struct netshoot_rtt_bin_t *out);

// The number of bins with sequence numbers. 0 if series is NULL.
size_t netshoot_flow_series_sequence_count(const struct netshoot_flow_series_t *series);

// Tells of the sequence numbers of the bin at index, from 0, by time. Returns 0, or -1 if an argument is NULL or index too
// large.
int netshoot_flow_series_sequence(const struct netshoot_flow_series_t *series,
                                  size_t index,
                                  struct netshoot_sequence_bin_t *out);

// Writes the round trips to out as an Arrow C stream, one row a bin; see netshoot_report_flows_arrow.
int netshoot_flow_series_rtt_arrow(const struct netshoot_flow_series_t *series,
                                   struct ArrowArrayStream *out,
                                   struct netshoot_error_t *err);

// Writes the sequence numbers to out as an Arrow C stream, one row a bin; see netshoot_report_flows_arrow.
int netshoot_flow_series_sequence_arrow(const struct netshoot_flow_series_t *series,
                                        struct ArrowArrayStream *out,
                                        struct netshoot_error_t *err);

// Frees a series. Accepts NULL.
void netshoot_flow_series_free(struct netshoot_flow_series_t *series);

// Counts how often which latency of a report occurs.
//
// Returns NULL if report is NULL. Free it with netshoot_latencies_free.
struct netshoot_latencies_t *netshoot_latencies(const struct netshoot_report_t *report,
                                                struct netshoot_error_t *err);

// Adds what other latencies count, such as those of another capture, in any order. Returns 0, or -1 if an argument is NULL.
int netshoot_latencies_merge(struct netshoot_latencies_t *latencies,
                             const struct netshoot_latencies_t *other,
                             struct netshoot_error_t *err);

// The number of buckets that count something. 0 if latencies is NULL.
size_t netshoot_latencies_count(const struct netshoot_latencies_t *latencies);

// Tells of the bucket at index, from 0, by kind and time. Returns 0, or -1 if an argument is NULL or index too large.
int netshoot_latencies_bucket(const struct netshoot_latencies_t *latencies,
                              size_t index,
                              struct netshoot_latency_bucket_t *out);

// Writes the buckets to out as an Arrow C stream, one row for each; see netshoot_report_flows_arrow.
int netshoot_latencies_arrow(const struct netshoot_latencies_t *latencies,
                             struct ArrowArrayStream *out,
                             struct netshoot_error_t *err);

// Frees latencies. Accepts NULL.
void netshoot_latencies_free(struct netshoot_latencies_t *latencies);

// Writes to out as an Arrow C stream how often which latency occurs, one row a bucket; see netshoot_report_flows_arrow.
int netshoot_report_latencies_arrow(const struct netshoot_report_t *report,
                                    struct ArrowArrayStream *out,
                                    struct netshoot_error_t *err);

// Lists the kinds that are named, joined by commas, such as "link,address,inet_socket"; those that can be watched if
// kinds is NULL. What cannot be listed does not fail the rest: the JSON says why. Returns NULL if an argument makes no
// sense.
struct netshoot_snapshot_t *netshoot_snapshot_take(const struct netshoot_netlink_t *netlink,
                                                   const char *kinds,
                                                   struct netshoot_error_t *err);

// The snapshot as JSON; valid as long as it is. NULL if snapshot is NULL.
const char *netshoot_snapshot_json(const struct netshoot_snapshot_t *snapshot);

// Frees a snapshot; differences made with it stay. Accepts NULL.
void netshoot_snapshot_free(struct netshoot_snapshot_t *snapshot);

// What must happen to the old one for it to be the new one; only kinds that both have are compared, see
// netshoot_diff_uncompared. Counters and ages
// count only with volatile_fields. Returns NULL if one is NULL, or they are of different namespaces.
struct netshoot_diff_t *netshoot_snapshot_diff(const struct netshoot_snapshot_t *old_snapshot,
                                               const struct netshoot_snapshot_t *new_snapshot,
                                               bool volatile_fields,
                                               struct netshoot_error_t *err);

// The kinds that only one of the snapshots has, or that one of them could not list, and why: a JSON object such as
// {"route":"only the old were listed"}; valid as long as diff is. NULL if diff is NULL.
const char *netshoot_diff_uncompared(const struct netshoot_diff_t *diff);

// The number of objects that differ. 0 if diff is NULL.
size_t netshoot_diff_count(const struct netshoot_diff_t *diff);

// Tells of the object at index, from 0. Returns 0, or -1 if an argument is NULL or index too large.
int netshoot_diff_change(const struct netshoot_diff_t *diff,
                         size_t index,
                         struct netshoot_object_change_t *out);

// The name of a field that differs, of the object at index, both from 0. NULL if diff is NULL or one is too large.
const char *netshoot_diff_field(const struct netshoot_diff_t *diff,
                                size_t index,
                                size_t field);

// The change of the object at index as JSON, with the object as it was and as it is; valid as long as diff is. NULL if
// diff is NULL or index too large.
const char *netshoot_diff_json(const struct netshoot_diff_t *diff,
                               size_t index);

// Frees differences. Accepts NULL.
void netshoot_diff_free(struct netshoot_diff_t *diff);

// Tells of an owner of the socket at index, of whatever kind it is. Returns 0, or -1 if an argument is NULL, an index is
// too large or the listing is none of sockets.
int netshoot_listing_socket_owner(const struct netshoot_listing_t *listing,
                                  size_t index,
                                  size_t owner_index,
                                  struct netshoot_owner_t *out);

// Tells the story of a flow of a report: who connected when, its handshake, calls and where their time went, losses and
// how they were made up for, waits, how it ended, and the findings on it.
//
// path is the capture that the report is of, which is read once more. Returns NULL if it cannot be read, or if the report
// has no such flow. Free the story with netshoot_story_free.
struct netshoot_story_t *netshoot_explain(const char *path,
                                          const struct netshoot_report_t *report,
                                          uint32_t flow_id,
                                          struct netshoot_error_t *err);

// The whole story as text of several lines, valid as long as the story. NULL if story is NULL.
const char *netshoot_story_text(const struct netshoot_story_t *story);

// What the story is of, in one line, valid as long as the story. NULL if story is NULL.
const char *netshoot_story_title(const struct netshoot_story_t *story);

// The verdict in one sentence, valid as long as the story. NULL if story is NULL.
const char *netshoot_story_summary(const struct netshoot_story_t *story);

// Where the cause lies of what went wrong, NETSHOOT_VERDICT_…; NETSHOOT_VERDICT_NONE if nothing is known to have gone wrong.
uint8_t netshoot_story_verdict(const struct netshoot_story_t *story);

// The number of events. 0 if story is NULL.
size_t netshoot_story_event_count(const struct netshoot_story_t *story);

// Tells of the event at index, from 0, in the order of time, the findings last. Returns 0, or -1 if an argument is NULL or
// index too large.
int netshoot_story_event(const struct netshoot_story_t *story,
                         size_t index,
                         struct netshoot_story_event_t *out);

// Writes the events to out as an Arrow C stream, one row an event; see netshoot_report_flows_arrow.
int netshoot_story_arrow(const struct netshoot_story_t *story,
                         struct ArrowArrayStream *out,
                         struct netshoot_error_t *err);

// Frees a story, and with it all that it lent. Accepts NULL.
void netshoot_story_free(struct netshoot_story_t *story);

// Writes a report to the file at page as one page of HTML that needs nothing else: findings, traffic over time, plots and
// stories of the flows of the worst findings, largest flows, longest calls, slowest DNS queries.
//
// path is the capture that the report is of, which is read once more; title may be NULL for the path. Returns 0, or -1 if
// a file cannot be read or written.
int netshoot_report_html(const struct netshoot_report_t *report,
                         const char *path,
                         const char *title,
                         const char *page,
                         struct netshoot_error_t *err);

// Begins to put streams together. options may be NULL. Returns NULL if they make no sense. Free it with
// netshoot_streams_free.
struct netshoot_streams_t *netshoot_streams_new(const struct netshoot_stream_options_t *options,
                                                struct netshoot_error_t *err);

// Takes a frame, in the order of capture, and calls callback with what comes of it. Fragments of IP are passed over: push
// what netshoot_datagrams_push made of them. callback must not use streams.
//
// Returns 0, or -1 if an argument makes no sense.
int netshoot_streams_push(struct netshoot_streams_t *streams,
                          const struct netshoot_frame_t *frame,
                          netshoot_stream_callback_t callback,
                          void *context,
                          struct netshoot_error_t *err);

// Ends all connections, as at the end of a capture, and calls callback with what is left of them. Returns 0, or -1 if an
// argument makes no sense.
int netshoot_streams_finish(struct netshoot_streams_t *streams,
                            netshoot_stream_callback_t callback,
                            void *context,
                            struct netshoot_error_t *err);

// Frees it. Accepts NULL.
void netshoot_streams_free(struct netshoot_streams_t *streams);

// Makes the client of a test with the server at host, a name or an address, and port, 5201 if that is 0. Its sockets are
// made in the namespace of netlink, or the caller's own if it is NULL. NULL for options is `iperf3 -c HOST`. Nothing is
// sent yet. Returns NULL if an argument makes no sense.
struct netshoot_throughput_client_t *netshoot_throughput_client_new(const struct netshoot_netlink_t *netlink,
                                                                    const char *host,
                                                                    uint16_t port,
                                                                    const struct netshoot_throughput_options_t *options,
                                                                    struct netshoot_error_t *err);

// Runs the test from connecting to its end, once, and calls callback, which may be NULL, with each interval; it should
// return soon, as the test waits for it. Every wait is bounded. If options have latency_ns, the path is probed before.
//
// Returns the report, or NULL if the name has no address, the server does not answer or refuses, something fails on the
// way, or the test was cancelled (NETSHOOT_ERROR_CANCELLED).
struct netshoot_throughput_report_t *netshoot_throughput_client_run(struct netshoot_throughput_client_t *client,
                                                                    netshoot_throughput_interval_callback_t callback,
                                                                    void *context,
                                                                    struct netshoot_error_t *err);

// What ends the test from another thread; to be made before it runs. NULL if client is NULL.
struct netshoot_canceller_t *netshoot_throughput_client_canceller_new(const struct netshoot_throughput_client_t *client);

// Frees a client. Accepts NULL.
void netshoot_throughput_client_free(struct netshoot_throughput_client_t *client);

// Tells of the test as a whole; its texts are valid as long as the report. Returns 0, or -1 if an argument is NULL or the
// test failed.
int netshoot_throughput_report_summary(const struct netshoot_throughput_report_t *report,
                                       struct netshoot_throughput_summary_t *out);

// The number of streams. 0 if report is NULL or the test failed.
size_t netshoot_throughput_report_stream_count(const struct netshoot_throughput_report_t *report);

// Tells of the stream at index, from 0 in the order of their making. Returns 0, or -1 if an argument is NULL or index too
// large.
int netshoot_throughput_report_stream(const struct netshoot_throughput_report_t *report,
                                      size_t index,
                                      struct netshoot_throughput_stream_report_t *out);

// The number of limits that the numbers speak for, of all directions. 0 if report is NULL or the test failed.
size_t netshoot_throughput_report_limit_count(const struct netshoot_throughput_report_t *report);

// Tells of the limit at index, from 0: one direction after the other, and the chief one of each first. Returns 0, or -1 if
// an argument is NULL or index too large.
int netshoot_throughput_report_limit(const struct netshoot_throughput_report_t *report,
                                     size_t index,
                                     struct netshoot_throughput_limit_t *out);

// The document that `iperf3 -J` prints; valid as long as the report. NULL if report is NULL.
const char *netshoot_throughput_report_json(const struct netshoot_throughput_report_t *report);

// The lines that iperf3 prints; valid as long as the report. NULL if report is NULL.
const char *netshoot_throughput_report_text(const struct netshoot_throughput_report_t *report);

// Writes the intervals to out as an Arrow C stream, one row a stream and interval; see netshoot_report_flows_arrow.
int netshoot_throughput_intervals_arrow(const struct netshoot_throughput_report_t *report,
                                        struct ArrowArrayStream *out,
                                        struct netshoot_error_t *err);

// Writes the streams to out as an Arrow C stream, one row a stream; see netshoot_report_flows_arrow.
int netshoot_throughput_streams_arrow(const struct netshoot_throughput_report_t *report,
                                      struct ArrowArrayStream *out,
                                      struct netshoot_error_t *err);

// Frees a report. Accepts NULL.
void netshoot_throughput_report_free(struct netshoot_throughput_report_t *report);

// Tells of latency before the test and during it. Returns 0, or -1 if an argument is NULL or latency was not asked for.
int netshoot_throughput_report_latency(const struct netshoot_throughput_report_t *report,
                                       struct netshoot_throughput_latency_t *out);

// Tells of requests and their responses; a server knows no times. Returns 0, or -1 if an argument is NULL or they were not
// asked for.
int netshoot_throughput_report_requests(const struct netshoot_throughput_report_t *report,
                                        struct netshoot_throughput_requests_t *out);

// Writes to out how many round trips of requests took how long, as an Arrow C stream, one row a bucket that is not empty;
// see netshoot_report_flows_arrow.
int netshoot_throughput_round_trips_arrow(const struct netshoot_throughput_report_t *report,
                                          struct ArrowArrayStream *out,
                                          struct netshoot_error_t *err);

// Searches for the highest rate of datagrams that comes without loss, in the direction of the client's options, with any
// iperf3 server: each trial is a whole test, whose transport, rate and end are the search's. callback, which may be NULL,
// is called with each trial. The client may search, sweep and then run.
//
// Returns 0, or -1 if an argument is NULL or makes no sense, a test fails, or the search is ended
// (NETSHOOT_ERROR_CANCELLED).
int netshoot_throughput_client_search_rate(struct netshoot_throughput_client_t *client,
                                           const struct netshoot_throughput_search_options_t *options,
                                           netshoot_throughput_trial_callback_t callback,
                                           void *context,
                                           struct netshoot_throughput_search_t *out,
                                           struct netshoot_error_t *err);

// Runs a test for each of count sizes and writes what they gave to as many results: by the length of datagrams or the
// largest segment of TCP; UDP without a rate of its own is sent as fast as can be. callback, which may be NULL, is called
// with each result. The client may search, sweep and then run.
//
// Returns 0, or -1 if an argument is NULL or makes no sense, a test fails, or the sweep is ended
// (NETSHOOT_ERROR_CANCELLED); the results before are written by then.
int netshoot_throughput_client_sweep_sizes(struct netshoot_throughput_client_t *client,
                                           const uint32_t *sizes,
                                           size_t count,
                                           netshoot_throughput_size_callback_t callback,
                                           void *context,
                                           struct netshoot_throughput_size_t *results,
                                           struct netshoot_error_t *err);

// Listens on port, of TCP and of UDP alike, or one of the system's choice if it is 0, in the namespace of netlink, or the
// caller's own if it is NULL. NULL for options is `iperf3 -s`. Returns NULL if that port cannot be listened on.
struct netshoot_throughput_server_t *netshoot_throughput_server_open(const struct netshoot_netlink_t *netlink,
                                                                     uint16_t port,
                                                                     const struct netshoot_throughput_server_options_t *options,
                                                                     struct netshoot_error_t *err);

// Tells where it listens. Returns 0, or -1 if an argument is NULL.
int netshoot_throughput_server_address(const struct netshoot_throughput_server_t *server,
                                       struct netshoot_endpoint_t *out);

// Serves, and calls callback, which may be NULL, with what happens, until the server is cancelled, the one test of a
// one_off is over, or the callback returns another value than 0; in this last case it may be called again. Tests run in
// threads of their own, the callback in the caller's; it should return soon, and must not use the server.
//
// Returns 0, or -1 if server is NULL or the server cannot go on listening.
int netshoot_throughput_server_run(struct netshoot_throughput_server_t *server,
                                   netshoot_throughput_event_callback_t callback,
                                   void *context,
                                   struct netshoot_error_t *err);

// What ends the server from another thread; to be made before it runs. NULL if server is NULL.
struct netshoot_canceller_t *netshoot_throughput_server_canceller_new(const struct netshoot_throughput_server_t *server);

// Ends the tests at work and frees the server. Accepts NULL.
void netshoot_throughput_server_free(struct netshoot_throughput_server_t *server);

// The version of the library that is running, such as "0.1.0". NETSHOOT_VERSION is that of the header.
const char *netshoot_version(void);

// The version of the library that is running as a number, major << 16 | minor << 8 | patch.
//
// A program works with any library whose number is at least the NETSHOOT_VERSION_NUMBER that it was compiled with, and
// whose soname is the same; before version 1.0 the minor number must be the same, too.
uint32_t netshoot_version_number(void);

// Begins to watch. options may be NULL. Returns NULL if a kind cannot be watched, the system has no more sockets or the
// first listing fails.
struct netshoot_watch_t *netshoot_watch_open(const struct netshoot_netlink_t *netlink,
                                             const struct netshoot_watch_options_t *options,
                                             struct netshoot_error_t *err);

// Calls callback with each event that is there, after waiting timeout_ms milliseconds for the first, for ever if that is
// negative. Returns the number of events, or -1 if an argument is NULL, the watch was cancelled or the system fails. The
// callback must not use the watch.
int netshoot_watch_run(struct netshoot_watch_t *watch,
                       int timeout_ms,
                       netshoot_event_callback_t callback,
                       void *context,
                       struct netshoot_error_t *err);

// The descriptor to wait for in a loop of the caller's own: call netshoot_watch_run with a time-out of 0 when it can be
// read, or netshoot_watch_deadline_ms is over. It stays the watch's. -1 if watch is NULL.
int netshoot_watch_fd(const struct netshoot_watch_t *watch);

// Milliseconds after which netshoot_watch_run must be called whatever the descriptor says; -1 for never, or if watch is
// NULL. What poll takes as its time-out.
int netshoot_watch_deadline_ms(const struct netshoot_watch_t *watch);

// What ends the watch from another thread; it may outlive the watch. NULL if watch is NULL.
struct netshoot_canceller_t *netshoot_canceller_new(const struct netshoot_watch_t *watch);

// Frees a watch. Accepts NULL.
void netshoot_watch_free(struct netshoot_watch_t *watch);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* NETSHOOT_H */

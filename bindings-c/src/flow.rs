//! The flows of a report.

use std::ffi::{c_char, c_int};
use std::ptr;

use netshoot_core::analysis::{ClosedBy, DirectionStats, Endpoint, Flow, RoleBasis, community_id};
use netshoot_core::packet::{FiveTuple, IpProtocol};

use crate::address::netshoot_address_t;
use crate::error::guard;
use crate::report::{count, fill, known, nanos, netshoot_report_t};
use crate::{pointer, text};

/// It is not known who ended the connection, or nobody did.
pub const NETSHOOT_CLOSED_BY_NONE: u8 = 0;
/// The client sent the first FIN.
pub const NETSHOOT_CLOSED_BY_CLIENT_FIN: u8 = 1;
/// The server sent the first FIN.
pub const NETSHOOT_CLOSED_BY_SERVER_FIN: u8 = 2;
/// The client sent a reset.
pub const NETSHOOT_CLOSED_BY_CLIENT_RESET: u8 = 3;
/// The server sent a reset.
pub const NETSHOOT_CLOSED_BY_SERVER_RESET: u8 = 4;

/// The client sent the first frame of the capture.
pub const NETSHOOT_ROLE_BASIS_FIRST: u8 = 0;
/// The client sent the SYN, or the server the SYN-ACK.
pub const NETSHOOT_ROLE_BASIS_SYN: u8 = 1;
/// The server's port is a well-known one.
pub const NETSHOOT_ROLE_BASIS_PORT: u8 = 2;

/// One end of a flow.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct netshoot_endpoint_t {
    /// IP address.
    pub address: netshoot_address_t,
    /// Port; 0 for protocols without ports.
    pub port: u16,
}

/// What one end of a flow sent. The counters of TCP count segments by the rules of Wireshark 4.0.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct netshoot_direction_t {
    /// Frames.
    pub packets: u64,
    /// Octets of the frames on the wire.
    pub bytes: u64,
    /// Octets behind the transport header on the wire, retransmissions included.
    pub payload_bytes: u64,
    /// Payload octets in retransmissions.
    pub retransmitted_bytes: u64,
    /// Time during which the sender had its receive window closed.
    pub zero_window_time_ns: i64,
    /// The longest time from a segment to the acknowledgment of its data; -1 if not known.
    pub max_rtt_ns: i64,
    /// The shortest time from a segment to the acknowledgment of its data; -1 if not known.
    pub min_rtt_ns: i64,
    /// The shortest time from a timestamp to its echo; -1 if not known.
    pub timestamp_rtt_ns: i64,
    /// Time during which the sender had nothing to send.
    pub sender_limited_ns: i64,
    /// Time during which the sender waited for acknowledgments.
    pub network_limited_ns: i64,
    /// Time during which the sender waited for the receiver's window.
    pub receiver_limited_ns: i64,
    /// Octets that the peer acknowledged; a FIN counts as one.
    pub acknowledged_bytes: u64,
    /// Octets that the peer acknowledged and the capture does not have.
    pub capture_lost_bytes: u64,
    /// The smallest window announced behind the handshake, scaled where the scale is known; -1 if none.
    pub min_window: i64,
    /// SYN segments, repeated ones included.
    pub syn: u32,
    /// RST segments.
    pub rst: u32,
    /// Retransmissions of all kinds.
    pub retransmissions: u32,
    /// Fast retransmissions, contained in retransmissions.
    pub fast_retransmissions: u32,
    /// Spurious retransmissions (of data already acknowledged), contained in retransmissions.
    pub spurious_retransmissions: u32,
    /// Segments out of order.
    pub out_of_order: u32,
    /// Duplicate acknowledgments.
    pub duplicate_acks: u32,
    /// Segments before which others are missing in the capture.
    pub lost_segments: u32,
    /// Acknowledgments of segments that the capture does not have.
    pub ack_lost_segments: u32,
    /// Keep-alive segments.
    pub keep_alives: u32,
    /// Segments that announce a closed receive window.
    pub zero_windows: u32,
    /// How often the sender of this direction closed its receive window.
    pub window_closings: u32,
    /// Segments that fill the peer's receive window to its end.
    pub window_full: u32,
    /// The largest payload of one segment in octets.
    pub max_segment: u32,
    /// The largest payload of one segment that was acknowledged.
    pub max_acked_segment: u32,
    /// The most octets that were in flight.
    pub max_bytes_in_flight: u32,
    /// By our own classification: sent again because acknowledgments asked for it.
    pub resent_fast: u32,
    /// Sent again because nothing came back for too long.
    pub resent_timeout: u32,
    /// Sent again although the peer had it.
    pub resent_spurious: u32,
    /// The last segment, sent again early.
    pub resent_tail: u32,
    /// Sent again, where the first time had gone beyond the peer's receive window.
    pub resent_overrun: u32,
    /// Overtaken by later ones on the way.
    pub reordered: u32,
    /// Delivered twice by the network.
    pub duplicate_network: u32,
    /// Captured twice.
    pub duplicate_capture: u32,
    /// Reports of the peer that it has received data twice.
    pub duplicate_sacks: u32,
    /// Maximum segment size announced; -1 if none.
    pub mss: i32,
    /// Time to live (IPv4) or hop limit (IPv6) of the first packet; -1 if there was none.
    pub hop_limit: i16,
    /// Window scale announced, as a shift; -1 if none.
    pub window_scale: i16,
    /// All TCP control bits seen, NETSHOOT_TCP_….
    pub tcp_flags: u16,
    /// Whether selective acknowledgments were offered.
    pub sack_permitted: bool,
}

/// The traffic of one five-tuple in both directions, from open to close.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct netshoot_flow_t {
    /// Number of the flow, from 0 in order of first appearance.
    pub id: u32,
    /// For TCP and UDP, Wireshark's number of the stream (tcp.stream, udp.stream); else -1.
    pub stream: i64,
    /// The end that opened the flow, as far as role_basis tells.
    pub client: netshoot_endpoint_t,
    /// The other end.
    pub server: netshoot_endpoint_t,
    /// Time of the first frame.
    pub first_ns: i64,
    /// Time of the last frame.
    pub last_ns: i64,
    /// Number of the first frame.
    pub first_frame: u64,
    /// Number of the last frame.
    pub last_frame: u64,
    /// What the client sent.
    pub client_to_server: netshoot_direction_t,
    /// What the server sent.
    pub server_to_client: netshoot_direction_t,
    /// From the first SYN to the SYN-ACK, the round trip from the capture point to the server; -1 if not known.
    pub syn_rtt_ns: i64,
    /// From the SYN-ACK to the client's ACK, the round trip from the capture point to the client; -1 if not known.
    pub ack_rtt_ns: i64,
    /// From the SYN to the first ACK behind the handshake; -1 if not known.
    pub initial_rtt_ns: i64,
    /// Name of the server as the client put it (TLS server name or HTTP host), or NULL. Valid as long as the report.
    pub server_name: *const c_char,
    /// Frames of the ICMP errors that quote a packet of this flow.
    pub icmp_errors: u32,
    /// Those of them that tell of a packet too big for a link.
    pub too_big_errors: u32,
    /// Outermost VLAN identifier of the first frame; -1 without.
    pub vlan: i32,
    /// Type of the first message of ICMP or ICMPv6, where a reply to an echo counts as its request; -1 for other protocols.
    pub icmp_type: i16,
    /// Code of that message; -1 for other protocols.
    pub icmp_code: i16,
    /// How far a TCP connection got, in the letters of Zeek's conn_state, such as "SF" or "REJ"; for other protocols,
    /// "S0" if there is traffic in one direction only, and "S1" in both.
    pub state: [c_char; 8],
    /// What happened on a TCP connection, in the letters of Zeek's history.
    pub history: [c_char; 32],
    /// How the time to live of a reset differs from that of its sender's other packets; 0 if it does not.
    pub reset_hop_delta: i16,
    /// Whether the IP identification of that reset goes on with those of its sender's packets, 0 or 1; -1 if not known.
    pub reset_goes_on: i8,
    /// What was seen of a TCP connection: SYN 1, SYN-ACK 2, ACK 4, data 8, FIN 16, RST 32.
    pub completeness: u8,
    /// IP protocol (IPPROTO_…).
    pub protocol: u8,
    /// How client and server were told apart, NETSHOOT_ROLE_BASIS_….
    pub role_basis: u8,
    /// Who ended a TCP connection, and how, NETSHOOT_CLOSED_BY_….
    pub closed_by: u8,
}

/// The number of flows. 0 if report is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_report_flow_count(report: *const netshoot_report_t) -> usize {
    // SAFETY: the caller lends a report or null.
    unsafe { count(report, |report| report.report.flows.len()) }
}

/// Tells of the flow at index, from 0 in order of first appearance. Returns 0, or -1 if an argument is NULL or index too
/// large.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_report_flow(
    report: *const netshoot_report_t,
    index: usize,
    out: *mut netshoot_flow_t,
) -> c_int {
    let row = |report: &netshoot_report_t| {
        let server_name = report.string(*report.strings.flows.get(index)?);
        Some(plain(report.report.flows.get(index)?, server_name))
    };
    // SAFETY: the caller lends a report or null, and a struct or null.
    unsafe { fill(report, out, row) }
}

/// Writes the Community ID, version 1, of the flow at index into a buffer of size octets, cut if need be and always with a
/// NUL at the end: the name that Zeek, Suricata, Wireshark and others give it too with the same seed, 0 if nobody chose
/// another. 31 octets hold it.
///
/// Returns its length without the NUL, as snprintf does, or -1 if report is NULL or index too large.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_report_flow_community_id(
    report: *const netshoot_report_t,
    index: usize,
    seed: u16,
    buffer: *mut c_char,
    size: usize,
) -> c_int {
    let body = || {
        // SAFETY: the caller lends a report or null.
        let report = unsafe { pointer::lent(report, "report") }?;
        let flow = report.report.flows.get(index).ok_or_else(|| pointer::out_of_range("index"))?;
        // SAFETY: the caller lends a buffer of `size` octets or null.
        Ok(unsafe { text::print(flow.community_id(seed), buffer, size) })
    };
    // SAFETY: null is allowed.
    unsafe { guard(ptr::null_mut(), -1, body) }
}

/// Writes the Community ID of a packet or flow with these ends and this IP protocol (IPPROTO_…) into a buffer of size octets;
/// see netshoot_report_flow_community_id. For ICMP and ICMPv6 the port of source is the type of the message, that of
/// destination its code.
///
/// Returns its length without the NUL, as snprintf does, or -1 if source or destination is NULL or has no address.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_community_id(
    source: *const netshoot_endpoint_t,
    destination: *const netshoot_endpoint_t,
    protocol: u8,
    seed: u16,
    buffer: *mut c_char,
    size: usize,
) -> c_int {
    let body = || {
        // SAFETY: the caller lends an endpoint or null.
        let source = unsafe { pointer::lent(source, "source") }?;
        // SAFETY: the caller lends an endpoint or null.
        let destination = unsafe { pointer::lent(destination, "destination") }?;
        let tuple = FiveTuple {
            source: source.address.ip().ok_or_else(|| pointer::out_of_range("source"))?,
            destination: destination.address.ip().ok_or_else(|| pointer::out_of_range("destination"))?,
            source_port: source.port,
            destination_port: destination.port,
            protocol: IpProtocol(protocol),
        };
        // SAFETY: the caller lends a buffer of `size` octets or null.
        Ok(unsafe { text::print(community_id(&tuple, seed), buffer, size) })
    };
    // SAFETY: null is allowed.
    unsafe { guard(ptr::null_mut(), -1, body) }
}

fn plain(flow: &Flow, server_name: *const c_char) -> netshoot_flow_t {
    netshoot_flow_t {
        id: flow.id,
        stream: known(flow.stream),
        client: flow.client.into(),
        server: flow.server.into(),
        first_ns: flow.first.as_nanos(),
        last_ns: flow.last.as_nanos(),
        first_frame: flow.first_frame,
        last_frame: flow.last_frame,
        client_to_server: direction(&flow.client_to_server),
        server_to_client: direction(&flow.server_to_client),
        syn_rtt_ns: nanos(flow.syn_rtt),
        ack_rtt_ns: nanos(flow.ack_rtt),
        initial_rtt_ns: nanos(flow.initial_rtt),
        server_name,
        icmp_errors: flow.icmp_errors,
        too_big_errors: flow.too_big_errors,
        vlan: flow.vlan.map_or(-1, i32::from),
        icmp_type: flow.icmp.map_or(-1, |(kind, _)| kind.into()),
        icmp_code: flow.icmp.map_or(-1, |(_, code)| code.into()),
        state: text::inline(flow.state.name()),
        history: text::inline(flow.history.as_str()),
        reset_hop_delta: flow.reset_hop_delta.unwrap_or(0),
        reset_goes_on: flow.reset_goes_on.map_or(-1, i8::from),
        completeness: flow.completeness.0,
        protocol: flow.protocol.0,
        role_basis: match flow.role_basis {
            RoleBasis::Syn => NETSHOOT_ROLE_BASIS_SYN,
            RoleBasis::Port => NETSHOOT_ROLE_BASIS_PORT,
            _ => NETSHOOT_ROLE_BASIS_FIRST,
        },
        closed_by: match flow.closed_by {
            Some(ClosedBy::ClientFin) => NETSHOOT_CLOSED_BY_CLIENT_FIN,
            Some(ClosedBy::ServerFin) => NETSHOOT_CLOSED_BY_SERVER_FIN,
            Some(ClosedBy::ClientReset) => NETSHOOT_CLOSED_BY_CLIENT_RESET,
            Some(ClosedBy::ServerReset) => NETSHOOT_CLOSED_BY_SERVER_RESET,
            _ => NETSHOOT_CLOSED_BY_NONE,
        },
    }
}

fn direction(stats: &DirectionStats) -> netshoot_direction_t {
    netshoot_direction_t {
        packets: stats.packets,
        bytes: stats.bytes,
        payload_bytes: stats.payload_bytes,
        retransmitted_bytes: stats.retransmitted_bytes,
        zero_window_time_ns: nanos(Some(stats.zero_window_time)),
        max_rtt_ns: nanos(stats.max_rtt),
        min_rtt_ns: nanos(stats.min_rtt),
        timestamp_rtt_ns: nanos(stats.timestamp_rtt),
        sender_limited_ns: nanos(Some(stats.sender_limited)),
        network_limited_ns: nanos(Some(stats.network_limited)),
        receiver_limited_ns: nanos(Some(stats.receiver_limited)),
        acknowledged_bytes: stats.acknowledged_bytes,
        capture_lost_bytes: stats.capture_lost_bytes,
        min_window: known(stats.min_window),
        syn: stats.syn,
        rst: stats.rst,
        retransmissions: stats.retransmissions,
        fast_retransmissions: stats.fast_retransmissions,
        spurious_retransmissions: stats.spurious_retransmissions,
        out_of_order: stats.out_of_order,
        duplicate_acks: stats.duplicate_acks,
        lost_segments: stats.lost_segments,
        ack_lost_segments: stats.ack_lost_segments,
        keep_alives: stats.keep_alives,
        zero_windows: stats.zero_windows,
        window_closings: stats.window_closings,
        window_full: stats.window_full,
        max_segment: stats.max_segment,
        max_acked_segment: stats.max_acked_segment,
        max_bytes_in_flight: stats.max_bytes_in_flight,
        resent_fast: stats.resent_fast,
        resent_timeout: stats.resent_timeout,
        resent_spurious: stats.resent_spurious,
        resent_tail: stats.resent_tail,
        resent_overrun: stats.resent_overrun,
        reordered: stats.reordered,
        duplicate_network: stats.duplicate_network,
        duplicate_capture: stats.duplicate_capture,
        duplicate_sacks: stats.duplicate_sacks,
        mss: stats.mss.map_or(-1, i32::from),
        hop_limit: stats.hop_limit.map_or(-1, i16::from),
        window_scale: stats.window_scale.map_or(-1, i16::from),
        tcp_flags: stats.tcp_flags.0,
        sack_permitted: stats.sack_permitted,
    }
}

impl From<Endpoint> for netshoot_endpoint_t {
    fn from(endpoint: Endpoint) -> Self {
        Self { address: endpoint.address.into(), port: endpoint.port }
    }
}

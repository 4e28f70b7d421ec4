//! What is known of a flow: the traffic of one five-tuple in both directions, from open to close.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use crate::capture::Timestamp;
use crate::packet::{IpProtocol, TcpFlags};

/// One end of a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Endpoint {
    /// IP address.
    pub address: IpAddr,
    /// Port; 0 for protocols without ports.
    pub port: u16,
}

/// `10.0.0.1:80`, `[::1]:80`, or the address alone for protocols without ports.
impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.address, self.port) {
            (address, 0) => write!(f, "{address}"),
            (IpAddr::V4(address), port) => write!(f, "{address}:{port}"),
            (IpAddr::V6(address), port) => write!(f, "[{address}]:{port}"),
        }
    }
}

/// A flow of TCP, UDP, ICMP or another IP protocol.
#[derive(Clone, Debug, PartialEq)]
pub struct Flow {
    /// Number of the flow, from 0 in order of first appearance.
    pub id: u32,
    /// For TCP and UDP, the number that Wireshark gives the stream: from 0 in order of first appearance, each protocol by
    /// itself.
    pub stream: Option<u32>,
    /// IP protocol.
    pub protocol: IpProtocol,
    /// The end that opened the flow, as far as [`role_basis`](Self::role_basis) tells.
    pub client: Endpoint,
    /// The other end.
    pub server: Endpoint,
    /// How client and server were told apart.
    pub role_basis: RoleBasis,
    /// Outermost VLAN identifier of the first frame.
    pub vlan: Option<u16>,
    /// Time of the first frame.
    pub first: Timestamp,
    /// Time of the last frame.
    pub last: Timestamp,
    /// Number of the first frame.
    pub first_frame: u64,
    /// Number of the last frame.
    pub last_frame: u64,
    /// What the client sent.
    pub client_to_server: DirectionStats,
    /// What the server sent.
    pub server_to_client: DirectionStats,
    /// How far a TCP connection got; for other protocols whether it was answered.
    pub state: ConnectionState,
    /// From the first SYN to the SYN-ACK: the round trip from the capture point to the server. TCP only.
    pub syn_rtt: Option<Duration>,
    /// From the SYN-ACK to the client's ACK: the round trip from the capture point to the client. TCP only.
    pub ack_rtt: Option<Duration>,
    /// Who ended a TCP connection, and how.
    pub closed_by: Option<ClosedBy>,
    /// Name of the server as the client put it: the TLS server name or the HTTP host.
    pub server_name: Option<String>,
    /// Frames of the ICMP errors that quote a packet of this flow.
    pub icmp_errors: u32,
}

impl Flow {
    /// Time between the first and the last frame.
    #[must_use]
    pub fn duration(&self) -> Duration {
        self.last.saturating_duration_since(self.first)
    }

    /// Frames of both directions.
    #[must_use]
    pub fn packets(&self) -> u64 {
        self.client_to_server.packets + self.server_to_client.packets
    }

    /// Octets of both directions, whole frames as on the wire.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.client_to_server.bytes + self.server_to_client.bytes
    }
}

/// Counters of one direction of a flow. Those of TCP count segments by the rules of Wireshark 4.0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DirectionStats {
    /// Frames.
    pub packets: u64,
    /// Octets of the frames on the wire.
    pub bytes: u64,
    /// Octets behind the transport header on the wire, retransmissions included.
    pub payload_bytes: u64,
    /// Time to live (IPv4) or hop limit (IPv6) of the first packet.
    pub hop_limit: Option<u8>,
    /// All TCP control bits seen.
    pub tcp_flags: TcpFlags,
    /// SYN segments, repeated ones included.
    pub syn: u32,
    /// RST segments.
    pub rst: u32,
    /// Retransmissions of all kinds: fast, spurious and by timeout.
    pub retransmissions: u32,
    /// Payload octets in retransmissions.
    pub retransmitted_bytes: u64,
    /// Fast retransmissions, contained in `retransmissions`.
    pub fast_retransmissions: u32,
    /// Spurious retransmissions (of data already acknowledged), contained in `retransmissions`.
    pub spurious_retransmissions: u32,
    /// Segments out of order.
    pub out_of_order: u32,
    /// Duplicate acknowledgments.
    pub duplicate_acks: u32,
    /// Gaps: segments before which others are missing in the capture.
    pub lost_segments: u32,
    /// Acknowledgments of segments that the capture does not have.
    pub ack_lost_segments: u32,
    /// Keep-alive segments.
    pub keep_alives: u32,
    /// Segments that announce a closed receive window.
    pub zero_windows: u32,
    /// Time during which the sender of this direction had its receive window closed.
    pub zero_window_time: Duration,
    /// Segments that fill the peer's receive window to its end.
    pub window_full: u32,
    /// The smallest window announced behind the handshake, scaled where the scale is known.
    pub min_window: Option<u32>,
    /// Maximum segment size announced.
    pub mss: Option<u16>,
    /// Window scale announced (shift).
    pub window_scale: Option<u8>,
    /// Whether selective acknowledgments were offered.
    pub sack_permitted: bool,
    /// The largest payload of one segment in octets.
    pub max_segment: u32,
    /// The longest time from a segment of this direction to the acknowledgment of its data.
    pub max_rtt: Option<Duration>,
}

/// How the client of a flow was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RoleBasis {
    /// It sent the SYN, or the other end the SYN-ACK.
    Syn,
    /// The other end's port is a well-known one.
    Port,
    /// It sent the first frame of the capture.
    First,
}

/// How far a connection got, in the letters of Zeek's `conn_state`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ConnectionState {
    /// SYN without an answer; for protocols other than TCP, traffic in one direction only.
    S0,
    /// Established, not closed; for protocols other than TCP, traffic in both directions.
    S1,
    /// Established and closed by both.
    Sf,
    /// The SYN was answered by a reset.
    Rej,
    /// Established; the client closed its side, the server did not.
    S2,
    /// Established; the server closed its side, the client did not.
    S3,
    /// Established; reset by the client.
    Rsto,
    /// Established; reset by the server.
    Rstr,
    /// SYN, then a reset by the client; no SYN-ACK seen.
    Rstos0,
    /// SYN-ACK, then a reset by the server; no SYN seen.
    Rstrh,
    /// SYN, then FIN of the client; no SYN-ACK seen.
    Sh,
    /// SYN-ACK, then FIN of the server; no SYN seen.
    Shr,
    /// No SYN seen: the capture began in the middle.
    Oth,
}

/// Who ended a TCP connection, and how: by its first FIN, or by a reset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ClosedBy {
    /// The client sent the first FIN.
    ClientFin,
    /// The server sent the first FIN.
    ServerFin,
    /// The client sent a reset.
    ClientReset,
    /// The server sent a reset.
    ServerReset,
}

impl RoleBasis {
    /// `syn`, `port` or `first`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Syn => "syn",
            Self::Port => "port",
            Self::First => "first",
        }
    }
}

impl ConnectionState {
    /// Zeek's spelling: `S0`, `SF`, `REJ` and so on.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::S0 => "S0",
            Self::S1 => "S1",
            Self::Sf => "SF",
            Self::Rej => "REJ",
            Self::S2 => "S2",
            Self::S3 => "S3",
            Self::Rsto => "RSTO",
            Self::Rstr => "RSTR",
            Self::Rstos0 => "RSTOS0",
            Self::Rstrh => "RSTRH",
            Self::Sh => "SH",
            Self::Shr => "SHR",
            Self::Oth => "OTH",
        }
    }
}

impl ClosedBy {
    /// `client_fin`, `server_fin`, `client_reset` or `server_reset`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ClientFin => "client_fin",
            Self::ServerFin => "server_fin",
            Self::ClientReset => "client_reset",
            Self::ServerReset => "server_reset",
        }
    }
}

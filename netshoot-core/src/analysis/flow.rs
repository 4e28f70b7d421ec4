//! What is known of a flow: the traffic of one five-tuple in both directions, from open to close.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use super::{Completeness, DirectionStats, History};
use crate::capture::Timestamp;
use crate::packet::IpProtocol;

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
    /// Type and code of the first message of ICMP or ICMPv6; a reply to an echo counts as its request.
    pub icmp: Option<(u8, u8)>,
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
    /// From the SYN to the first ACK behind the handshake: the round trip between the ends. TCP only.
    pub initial_rtt: Option<Duration>,
    /// What was seen of a TCP connection.
    pub completeness: Completeness,
    /// What happened on a TCP connection, in the letters of Zeek's `history`.
    pub history: History,
    /// Who ended a TCP connection, and how.
    pub closed_by: Option<ClosedBy>,
    /// A reset came with a time to live that its sender does not use: how much more or less it is. A device on the way
    /// sends such.
    pub reset_hop_delta: Option<i16>,
    /// Whether the IP identification of that reset goes on with those of its sender's packets; `None` where those do not
    /// count. If it does, the sender sent it after all.
    pub reset_goes_on: Option<bool>,
    /// Name of the server as the client put it: the TLS server name or the HTTP host.
    pub server_name: Option<String>,
    /// The options of a SYN were not captured to their end: what its sender offers is not known.
    pub(super) syn_is_cut: bool,
    /// Frames of the ICMP errors that quote a packet of this flow.
    pub icmp_errors: u32,
    /// Those of them that tell of a packet too big for a link (fragmentation needed, packet too big).
    pub too_big_errors: u32,
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

    /// Whether a reset seems to come from a device on the way.
    #[must_use]
    pub fn is_reset_suspect(&self) -> bool {
        self.reset_hop_delta.is_some() && self.reset_goes_on != Some(true)
    }

    /// Whether one end offered to scale its windows and the other did not, so that neither can be larger than 65,535 octets;
    /// not where the capture has cut the options of a SYN.
    #[must_use]
    pub fn lacks_window_scaling(&self) -> bool {
        let (client, server) = (&self.client_to_server, &self.server_to_client);
        let is_known = client.syn > 0 && server.syn > 0 && !self.syn_is_cut;
        is_known && client.window_scale.is_some() != server.window_scale.is_some()
    }

    /// Whether only one direction was captured of a connection that has both: one end acknowledges data that is not there.
    #[must_use]
    pub fn is_asymmetric(&self) -> bool {
        let (client, server) = (&self.client_to_server, &self.server_to_client);
        let alone = |one: &DirectionStats, other: &DirectionStats| other.packets == 0 && one.acks_advanced;
        alone(client, server) || alone(server, client)
    }

    /// Whether the packets were captured twice, as by a mirror port that copies both ingress and egress.
    #[must_use]
    pub fn is_captured_twice(&self) -> bool {
        let copies = [&self.client_to_server, &self.server_to_client].map(|stats| u64::from(stats.duplicate_capture));
        let copies: u64 = copies.iter().sum();
        copies >= 2 && copies * 4 >= self.packets()
    }

    /// Octets of both directions, whole frames as on the wire.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.client_to_server.bytes + self.server_to_client.bytes
    }
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

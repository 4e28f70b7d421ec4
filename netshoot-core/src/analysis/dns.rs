//! DNS transactions: a query, its repetitions, and the answer.

use std::net::IpAddr;
use std::time::Duration;

use crate::capture::Timestamp;
use crate::packet::dns::{RecordType, ResponseCode};

/// One question put to one resolver, with its answer if there was one.
#[derive(Clone, Debug, PartialEq)]
pub struct DnsTransaction {
    /// Time of the first query; of the response where the query was not captured.
    pub time: Timestamp,
    /// The flow of the first query.
    pub flow_id: u32,
    /// Who asked.
    pub client: IpAddr,
    /// Who was asked.
    pub resolver: IpAddr,
    /// How the message travelled.
    pub transport: DnsTransport,
    /// Transaction identifier.
    pub id: u16,
    /// The name asked for, in presentation format without a final dot.
    pub name: String,
    /// The type asked for.
    pub record_type: RecordType,
    /// The answer's code; `None` without an answer.
    pub response_code: Option<ResponseCode>,
    /// Queries sent with this identifier and question.
    pub attempts: u32,
    /// From the last query before the answer to the answer.
    pub latency: Option<Duration>,
    /// From the first query to the answer: what the client waited.
    pub first_latency: Option<Duration>,
    /// Addresses and names in the answer section, in presentation format, at most 16.
    pub answers: Vec<String>,
    /// The first canonical name in the answer.
    pub cname: Option<String>,
    /// The smallest time to live in the answer section, in seconds.
    pub min_ttl: Option<u32>,
    /// The answer was cut to fit into a datagram.
    pub truncated: bool,
    /// The answer comes from a server of the zone itself (AA).
    pub authoritative: bool,
    /// After a truncated answer the client asked again over TCP.
    pub tcp_fallback: bool,
    /// A name of a search list that does not exist: the client then asked for a name with less behind the same beginning.
    pub search_suffix: bool,
    /// Frame of the query for the other kind of address (A and AAAA) that the client sent with this one.
    pub pair_frame: Option<u64>,
    /// Frame of the first query.
    pub query_frame: Option<u64>,
    /// Frame of the answer; of its first fragment, where the others are missing.
    pub response_frame: Option<u64>,
    /// Only the first fragment of the answer came, and the client asked again.
    pub(super) is_lost: bool,
}

impl DnsTransaction {
    /// Whether an answer was seen.
    #[must_use]
    pub fn is_answered(&self) -> bool {
        self.response_frame.is_some()
    }

    /// Frame of the query, or of an answer that nobody asked for.
    pub(super) fn first_frame(&self) -> Option<u64> {
        self.query_frame.or(self.response_frame)
    }
}

/// How a DNS message travelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DnsTransport {
    /// UDP port 53.
    Udp,
    /// TCP port 53.
    Tcp,
    /// Multicast DNS, UDP port 5353.
    Mdns,
    /// Link-local multicast name resolution, UDP port 5355.
    Llmnr,
}

impl DnsTransport {
    /// `udp`, `tcp`, `mdns` or `llmnr`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Udp => "udp",
            Self::Tcp => "tcp",
            Self::Mdns => "mdns",
            Self::Llmnr => "llmnr",
        }
    }
}

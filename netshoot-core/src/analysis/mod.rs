//! From packets to flows, transactions and findings.
//!
//! An [`Analyzer`] takes the frames of a capture (or of any other source) in order and keeps one entry for each flow. It
//! judges TCP segments by the rules of Wireshark 4.0, matches DNS queries with their answers, and at the end states
//! [`Finding`]s: what is wrong, in one sentence, with the numbers of the frames that prove it. [`analyze`] does all of it
//! for a capture file.
//!
//! Memory is bounded by [`Options::memory_limit`]; what had to be dropped to stay below it is counted in
//! [`Report::evicted`].

mod analyzer;
mod connection;
mod dns;
mod evidence;
mod finding;
mod findings;
mod flow;
mod key;
mod report;
mod resolver;
mod segment;
mod server_name;
mod summary;
mod table;
mod tcp;

pub use analyzer::{Analyzer, analyze};
pub use dns::{DnsTransaction, DnsTransport};
pub use finding::{Finding, FindingKind, Severity, Verdict};
pub use flow::{ClosedBy, ConnectionState, DirectionStats, Endpoint, Flow, RoleBasis};
pub use report::{CaptureSummary, Evicted, ProtocolCount, Report};
#[cfg(feature = "arrow")]
pub(crate) use summary::protocol_name;
pub use tcp::{TcpAnalysis, TcpObservation};

/// How an [`Analyzer`] works.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// Octets that tables of flows and transactions may take; default 96 MiB. When they are full, the flow that has been
    /// silent the longest is dropped and counted in [`Report::evicted`].
    pub memory_limit: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { memory_limit: 96 << 20 }
    }
}

/// What the analyzer says of one frame as it passes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Observation {
    /// The flow that the frame belongs to, numbered from 0 in order of first appearance.
    pub flow_id: Option<u32>,
    /// Whether the flow's client sent it.
    pub from_client: Option<bool>,
    /// The judgement on a TCP segment.
    pub tcp: Option<TcpObservation>,
}

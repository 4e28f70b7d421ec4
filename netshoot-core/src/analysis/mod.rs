//! From packets to flows, transactions and findings.
//!
//! An [`Analyzer`] takes the frames of a capture (or of any other source) in order and keeps one entry for each flow. It
//! judges TCP segments by the rules of Wireshark, matches DNS queries with their answers, and at the end states
//! [`Finding`]s: what is wrong, in one sentence, with the numbers of the frames that prove it. [`analyze`] does all of it
//! for a capture file.
//!
//! Memory is bounded by [`Options::memory_limit`]; what had to be dropped to stay below it is counted in
//! [`Report::evicted`].

mod aggregates;
mod analyzer;
mod arp;
mod calls;
mod certificate;
mod community_id;
mod connection;
mod course;
mod datagrams;
mod dhcp;
mod direction;
mod dns;
mod evidence;
mod finding;
mod findings;
mod flow;
mod handshake;
mod history;
mod icmp;
mod join;
mod key;
mod log;
mod page;
mod quic;
mod recency;
mod relations;
mod report;
mod resolver;
mod segment;
mod selection;
mod series;
mod server_name;
mod silence;
mod since;
mod story;
mod summary;
mod table;
mod tcp;
mod tcp_header;
mod tls;
mod trace;
mod words;

pub use aggregates::{
    AttemptedServices, Attempts, ConversationTraffic, Conversations, EndpointTraffic, Endpoints, Hierarchy,
    HierarchyNode, Traffic, hierarchy,
};
pub use analyzer::{Analyzer, analyze};
pub use arp::{ArpKind, ArpMessage};
pub use calls::{Call, CallPart, CallProtocol, CallTime, HttpCall};
pub use community_id::community_id;
pub use dhcp::{DhcpExchange, DhcpOutcome};
pub use direction::DirectionStats;
pub use dns::{DnsTransaction, DnsTransport};
pub use finding::{Finding, FindingKind, Severity, Verdict};
pub use flow::{ClosedBy, ConnectionState, Endpoint, Flow, RoleBasis};
pub use history::History;
pub use icmp::{IcmpKind, IcmpMessage};
pub use page::{PageOptions, page};
pub use quic::{QuicConnection, QuicOutcome};
pub use report::{CaptureSummary, Evicted, ProtocolCount, Report};
pub use selection::FrameSelection;
pub use series::{
    FlowSeries, IoBin, IoBy, IoSeries, Latencies, LatencyBucket, LatencyKind, RttBin, SequenceBin, SeriesOptions,
    flow_series, io,
};
pub use since::{Gate, Since};
pub use story::{Story, StoryEvent, StoryKind, explain};
#[cfg(feature = "arrow")]
pub(crate) use summary::protocol_name;
pub use tcp::{Classification, Completeness, SegmentClass, TcpAnalysis, TcpObservation, TcpProfile};
pub use tls::{Certificate, TlsEnd, TlsHandshake, TlsOutcome};

/// How an [`Analyzer`] works.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// Octets that tables of flows and transactions may take; default 96 MiB. When they are full, the flow that has been
    /// silent the longest is dropped and counted in [`Report::evicted`].
    pub memory_limit: usize,
    /// Threads in which [`analyze`] works, at most 64: 1 unless told otherwise, 0 for as many as there are processors.
    ///
    /// Each has a share of the flows and an equal part of the memory for them. Any number of threads gives the same report,
    /// unless more is to be remembered than the memory limit holds. Of a million frames two took three quarters of the time
    /// of one, and 1.3 times as much of the processors. What is read ahead takes some 16 MiB; each thread but the first may take
    /// half of the memory limit more, and in the end flows and what is known of them are there twice for a moment.
    pub threads: usize,
    /// From when on frames count: those before are passed over, as if the capture began there, but for the numbers of frames.
    pub since: Option<Since>,
    /// By the rules of which Wireshark TCP segments are judged.
    pub tcp_profile: TcpProfile,
    /// Whether datagrams of IP are put together from their fragments, so that packets in tunnels and segments of TCP count
    /// that no frame has as a whole; default true, as in Wireshark. Fragments take at most 4 MiB in each thread, and wait for
    /// 30 s at most. The frame that brings the last fragment counts as theirs. What a datagram carries of which fragments are
    /// missing is not looked at, but for an answer of DNS in the first of them, whose later records are unknown then.
    pub reassemble: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { memory_limit: 96 << 20, threads: 1, since: None, tcp_profile: TcpProfile::default(), reassemble: true }
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

/// Whoever waits for a pass over a capture is told of its progress after so many frames.
const FRAMES_PER_PROGRESS: u64 = 4096;

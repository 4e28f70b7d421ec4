//! Findings: judgements with evidence.

use std::fmt;
use std::time::Duration;

use super::Endpoint;
use crate::capture::Timestamp;

/// Something a person should know, with the frames that prove it.
///
/// Findings are rolled up by kind and service: a thousand refused connections to one port are one finding.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// Number of the finding in its report, from 1, the worst first.
    pub id: u32,
    /// What was found.
    pub kind: FindingKind,
    /// How much it matters.
    pub severity: Severity,
    /// How sure it is, 0 to 1.
    pub confidence: f32,
    /// Where the cause lies.
    pub verdict: Verdict,
    /// A few words.
    pub title: String,
    /// One plain sentence with the numbers.
    pub summary: String,
    /// The service concerned, if it is one.
    pub server: Option<Endpoint>,
    /// The client concerned, if it is one; without a port where there are several flows.
    pub client: Option<Endpoint>,
    /// A name concerned: of a DNS question or of a server.
    pub name: Option<String>,
    /// Time of the first event.
    pub first: Timestamp,
    /// Time of the last event.
    pub last: Timestamp,
    /// How often it happened.
    pub events: u64,
    /// Number of flows concerned.
    pub flows: u32,
    /// Time that it cost, summed over the flows, where that can be said.
    pub impact: Option<Duration>,
    /// Numbers of frames that prove it, at most 20, rising.
    pub evidence_frames: Vec<u64>,
    /// The flows concerned, at most 100, rising.
    pub flow_ids: Vec<u32>,
    /// A Wireshark display filter that shows it.
    pub wireshark_filter: String,
    /// What to look at next.
    pub next_steps: String,
}

/// What a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum FindingKind {
    /// TCP connection attempts that nobody answered.
    TcpUnansweredSyn,
    /// TCP connection attempts answered by a reset.
    TcpRefused,
    /// Established TCP connections ended by a reset.
    TcpReset,
    /// Retransmissions beyond what a healthy path shows.
    TcpRetransmissions,
    /// Segments out of order beyond what a healthy path shows.
    TcpOutOfOrder,
    /// A receiver closed its window.
    TcpZeroWindow,
    /// One source tries many ports or many hosts.
    PortScan,
    /// DNS queries without an answer.
    DnsUnanswered,
    /// DNS answers with a failure code.
    DnsFailure,
    /// DNS answers that took long.
    DnsSlow,
    /// ICMP says that a destination cannot be reached.
    IcmpUnreachable,
    /// Large segments never get through, small ones do.
    MtuBlackHole,
    /// A router says that packets are too big, and senders heed it.
    MtuReduced,
    /// Packets go in circles until their time to live is used up.
    RoutingLoop,
    /// Two machines claim one address.
    AddressConflict,
    /// Nobody answers for an address on the local network.
    ArpUnanswered,
    /// Clients ask for an address and get none.
    DhcpUnanswered,
    /// A server refuses a client an address.
    DhcpRefused,
    /// Several servers give out addresses.
    DhcpSeveralServers,
    /// Connections ended by a reset that seems to come from a device on the way.
    TcpMiddleboxReset,
    /// Connections that were silent for long are not known any more to a device on the way or to the peer.
    TcpIdleDropped,
    /// A server's queue of new connections overflows.
    TcpBacklogFull,
    /// TCP connections that took long to open.
    TcpSlowConnect,
    /// A client uses ports again that the server still holds for an earlier connection.
    TcpPortReuse,
    /// A server's certificate is not valid at that time.
    TlsCertificateExpired,
    /// A server's certificate is not for the name that the client asked for.
    TlsNameMismatch,
    /// Handshakes of TLS ended by an alert, a reset, or something that is no TLS.
    TlsHandshakeFailed,
    /// Handshakes of TLS that went on nowhere.
    TlsHandshakeStalled,
    /// Versions of TLS that are not secure any more.
    TlsOldVersion,
    /// Connections of QUIC that did not come about.
    QuicFailed,
    /// DNS answers that did not fit and were not asked for again over TCP.
    DnsTruncated,
    /// Of two DNS queries sent together, for IPv4 and IPv6 addresses, one gets no answer.
    DnsHalfPair,
    /// DNS queries wasted on the suffixes of a search list.
    DnsSearchList,
    /// Resolvers of one client contradict each other.
    DnsAnswersDiffer,
    /// Requests without a response.
    CallUnanswered,
    /// Responses of HTTP that tell of an error.
    HttpError,
    /// Calls that took long.
    SlowCall,
    /// A receive window too small for the path sets the pace.
    TcpSmallWindow,
    /// A server answers SYNs by cookies, as too many wait.
    TcpSynCookies,
    /// A sender goes beyond the receiver's window.
    TcpWindowOverrun,
    /// The capture has only one direction of connections.
    CaptureOneSided,
    /// The capture has packets twice.
    CaptureDuplicated,
    /// Segments were acknowledged that the capture does not have: the capture dropped frames.
    CaptureLoss,
    /// The capture file is damaged or cut off.
    CaptureDamaged,
    /// The memory limit made the analysis forget flows that had something to say.
    AnalysisIncomplete,
}

impl FindingKind {
    /// All kinds that this version can find.
    pub const ALL: &[Self] = &[
        Self::TcpUnansweredSyn,
        Self::TcpRefused,
        Self::TcpReset,
        Self::TcpRetransmissions,
        Self::TcpOutOfOrder,
        Self::TcpZeroWindow,
        Self::PortScan,
        Self::DnsUnanswered,
        Self::DnsFailure,
        Self::DnsSlow,
        Self::IcmpUnreachable,
        Self::MtuBlackHole,
        Self::MtuReduced,
        Self::RoutingLoop,
        Self::AddressConflict,
        Self::ArpUnanswered,
        Self::DhcpUnanswered,
        Self::DhcpRefused,
        Self::DhcpSeveralServers,
        Self::TcpMiddleboxReset,
        Self::TcpIdleDropped,
        Self::TcpBacklogFull,
        Self::TcpSlowConnect,
        Self::TcpPortReuse,
        Self::TlsCertificateExpired,
        Self::TlsNameMismatch,
        Self::TlsHandshakeFailed,
        Self::TlsHandshakeStalled,
        Self::TlsOldVersion,
        Self::QuicFailed,
        Self::DnsTruncated,
        Self::DnsHalfPair,
        Self::DnsSearchList,
        Self::DnsAnswersDiffer,
        Self::CallUnanswered,
        Self::HttpError,
        Self::SlowCall,
        Self::TcpSmallWindow,
        Self::TcpSynCookies,
        Self::TcpWindowOverrun,
        Self::CaptureOneSided,
        Self::CaptureDuplicated,
        Self::CaptureLoss,
        Self::CaptureDamaged,
        Self::AnalysisIncomplete,
    ];

    /// The stable name of the kind, such as `tcp-unanswered-syn`.
    #[must_use]
    pub const fn slug(self) -> &'static str {
        match self {
            Self::TcpUnansweredSyn => "tcp-unanswered-syn",
            Self::TcpRefused => "tcp-refused",
            Self::TcpReset => "tcp-reset",
            Self::TcpRetransmissions => "tcp-retransmissions",
            Self::TcpOutOfOrder => "tcp-out-of-order",
            Self::TcpZeroWindow => "tcp-zero-window",
            Self::PortScan => "port-scan",
            Self::DnsUnanswered => "dns-unanswered",
            Self::DnsFailure => "dns-failure",
            Self::DnsSlow => "dns-slow",
            Self::IcmpUnreachable => "icmp-unreachable",
            Self::MtuBlackHole => "mtu-black-hole",
            Self::MtuReduced => "mtu-reduced",
            Self::RoutingLoop => "routing-loop",
            Self::AddressConflict => "address-conflict",
            Self::ArpUnanswered => "arp-unanswered",
            Self::DhcpUnanswered => "dhcp-unanswered",
            Self::DhcpRefused => "dhcp-refused",
            Self::DhcpSeveralServers => "dhcp-several-servers",
            Self::TcpMiddleboxReset => "tcp-middlebox-reset",
            Self::TcpIdleDropped => "tcp-idle-dropped",
            Self::TcpBacklogFull => "tcp-backlog-full",
            Self::TcpSlowConnect => "tcp-slow-connect",
            Self::TcpPortReuse => "tcp-port-reuse",
            Self::TlsCertificateExpired => "tls-certificate-expired",
            Self::TlsNameMismatch => "tls-name-mismatch",
            Self::TlsHandshakeFailed => "tls-handshake-failed",
            Self::TlsHandshakeStalled => "tls-handshake-stalled",
            Self::TlsOldVersion => "tls-old-version",
            Self::QuicFailed => "quic-failed",
            Self::DnsTruncated => "dns-truncated",
            Self::DnsHalfPair => "dns-half-pair",
            Self::DnsSearchList => "dns-search-list",
            Self::DnsAnswersDiffer => "dns-answers-differ",
            Self::CallUnanswered => "call-unanswered",
            Self::HttpError => "http-error",
            Self::SlowCall => "slow-call",
            Self::TcpSmallWindow => "tcp-small-window",
            Self::TcpSynCookies => "tcp-syn-cookies",
            Self::TcpWindowOverrun => "tcp-window-overrun",
            Self::CaptureOneSided => "capture-one-sided",
            Self::CaptureDuplicated => "capture-duplicated",
            Self::CaptureLoss => "capture-loss",
            Self::CaptureDamaged => "capture-damaged",
            Self::AnalysisIncomplete => "analysis-incomplete",
        }
    }
}

impl fmt::Display for FindingKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.slug())
    }
}

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing, rarely a cause.
    Note,
    /// Costs time or is about to fail.
    Warning,
    /// Something does not work.
    Critical,
}

impl Severity {
    /// `note`, `warning` or `critical`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Where a cause lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Verdict {
    /// Between the hosts.
    Network,
    /// At the server's host.
    Server,
    /// At the client's host.
    Client,
    /// In a program: it answers late, with an error, or not at all, while its host and the network do their work.
    Application,
    /// In the name service.
    Dns,
    /// In the capture itself.
    Capture,
    /// Nothing is wrong.
    None,
    /// The packets do not tell.
    Unknown,
}

impl Verdict {
    /// `network`, `server`, `client`, `application`, `dns`, `capture`, `none` or `unknown`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Network => "network",
            Self::Server => "server",
            Self::Client => "client",
            Self::Application => "application",
            Self::Dns => "dns",
            Self::Capture => "capture",
            Self::None => "none",
            Self::Unknown => "unknown",
        }
    }
}

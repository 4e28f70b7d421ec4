//! Everything an analysis found.

use std::time::Duration;

use super::log::Logs;
use super::{
    ArpMessage, Call, DhcpExchange, DnsTransaction, Finding, Flow, IcmpMessage, Options, QuicConnection, Severity,
    TlsHandshake, Verdict,
};
use crate::capture::Timestamp;
use crate::packet::LinkType;

/// The outcome of an analysis.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Report {
    /// What was captured.
    pub capture: CaptureSummary,
    /// Flows in order of first appearance.
    pub flows: Vec<Flow>,
    /// DNS transactions in order of time.
    pub dns: Vec<DnsTransaction>,
    /// Calls on TCP connections in order of time.
    pub calls: Vec<Call>,
    /// Handshakes of TLS in order of time.
    pub tls: Vec<TlsHandshake>,
    /// Beginnings of connections of QUIC in order of time.
    pub quic: Vec<QuicConnection>,
    /// Errors and echo requests of ICMP in order of their frames.
    pub icmp: Vec<IcmpMessage>,
    /// Messages of ARP in order of their frames.
    pub arp: Vec<ArpMessage>,
    /// Exchanges of DHCP for IPv4 in order of their first frames.
    pub dhcp: Vec<DhcpExchange>,
    /// Findings, the worst first.
    pub findings: Vec<Finding>,
    /// What the memory limit made the analyzer forget.
    pub evicted: Evicted,
    /// How it was analysed. Whatever reads the capture again for the report does so in the same way, and so finds the same
    /// flows.
    pub options: Options,
    /// Frames with fragments of what is in flows: the flow, and the frame; in order.
    pub(super) pieces: Vec<(u32, u64)>,
}

impl Report {
    /// The flow of this number; `None` if there is none, or if it was evicted.
    #[must_use]
    pub fn flow(&self, id: u32) -> Option<&Flow> {
        self.flows.binary_search_by_key(&id, |flow| flow.id).ok().and_then(|place| self.flows.get(place))
    }

    /// Frames with fragments of what is in a flow, as far as they are known.
    pub(super) fn pieces_of(&self, id: u32) -> impl Iterator<Item = u64> {
        let first = self.pieces.partition_point(|(flow, _)| *flow < id);
        let rest = self.pieces.get(first..).unwrap_or_default();
        rest.iter().take_while(move |(flow, _)| *flow == id).map(|(_, frame)| *frame)
    }

    /// The finding that tells most of what is wrong: the first, if it is more than a note.
    #[must_use]
    pub fn cause(&self) -> Option<&Finding> {
        self.findings.first().filter(|finding| finding.severity > Severity::Note)
    }

    /// Where the trouble of the whole capture lies: the verdict of its [cause](Self::cause), or [`Verdict::None`].
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        self.cause().map_or(Verdict::None, |finding| finding.verdict)
    }

    /// Adds what is in logs; [`sort`](Self::sort) puts it in order.
    pub(super) fn take_logs(&mut self, logs: &mut Logs) {
        add(&mut self.calls, logs.calls.take());
        add(&mut self.tls, logs.tls.take());
        add(&mut self.quic, logs.quic.take());
        add(&mut self.icmp, logs.icmp.log.take());
        add(&mut self.arp, logs.arp.log.take());
        add(&mut self.dhcp, logs.dhcp.log.take());
        self.evicted.add(&Evicted {
            calls: logs.calls.evicted,
            tls: logs.tls.evicted,
            quic: logs.quic.evicted,
            icmp: logs.icmp.log.evicted,
            arp: logs.arp.log.evicted,
            dhcp: logs.dhcp.log.evicted,
            ..Evicted::default()
        });
    }

    /// Puts what came from logs in order.
    pub(super) fn sort(&mut self) {
        // Keys are sorted, and each entry, which is much larger, is moved once.
        self.dns.sort_by_cached_key(|transaction| (transaction.time, transaction.first_frame()));
        self.calls.sort_by_cached_key(|call| (call.time, call.request_frame, call.flow_id, call.number));
        self.tls.sort_by_cached_key(|handshake| (handshake.time, handshake.client_hello_frame, handshake.flow_id));
        self.quic.sort_by_key(|connection| connection.first_frame);
        self.icmp.sort_by_key(|message| message.frame);
    }
}

/// Adds to a table what another shard has of it.
pub(super) fn add<T>(all: &mut Vec<T>, mut more: Vec<T>) {
    if all.is_empty() {
        *all = more;
    } else {
        all.append(&mut more);
    }
}

/// What a capture consists of, and whether it can be trusted.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct CaptureSummary {
    /// Frames read.
    pub frames: u64,
    /// Octets of the frames on the wire.
    pub bytes: u64,
    /// Octets of the frames captured.
    pub captured_bytes: u64,
    /// Time of the earliest frame.
    pub first: Option<Timestamp>,
    /// Time of the latest frame.
    pub last: Option<Timestamp>,
    /// Link types in order of first appearance.
    pub link_types: Vec<LinkType>,
    /// Frames cut by the snap length.
    pub truncated_frames: u64,
    /// Frames of whose headers at least one could not be read whole.
    pub malformed_frames: u64,
    /// Frames whose time lies before that of the frame before them.
    pub time_reversals: u64,
    /// Frames that are IP fragments.
    pub fragments: u64,
    /// Frames and octets of each protocol, the most frames first.
    pub protocols: Vec<ProtocolCount>,
    /// Why reading ended early, if the file is damaged or cut off: the error's text.
    pub damage: Option<String>,
}

impl CaptureSummary {
    /// Time between the earliest and the latest frame.
    #[must_use]
    pub fn duration(&self) -> Duration {
        match (self.first, self.last) {
            (Some(first), Some(last)) => last.saturating_duration_since(first),
            _ => Duration::ZERO,
        }
    }
}

/// Traffic of one protocol: the innermost that was recognised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProtocolCount {
    /// Name, such as `tcp`, `udp`, `dns`, `arp`, or `other`.
    pub protocol: &'static str,
    /// Frames.
    pub frames: u64,
    /// Octets on the wire.
    pub bytes: u64,
}

/// What was dropped to stay below the memory limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Evicted {
    /// Flows.
    pub flows: u64,
    /// Frames in those flows.
    pub packets: u64,
    /// Octets in those flows.
    pub bytes: u64,
    /// DNS transactions.
    pub dns: u64,
    /// Calls.
    pub calls: u64,
    /// Handshakes of TLS.
    pub tls: u64,
    /// Connections of QUIC.
    pub quic: u64,
    /// Messages of ICMP.
    pub icmp: u64,
    /// Messages of ARP.
    pub arp: u64,
    /// Exchanges of DHCP.
    pub dhcp: u64,
}

impl Evicted {
    pub(super) fn add(&mut self, other: &Self) {
        let Self { flows, packets, bytes, dns, calls, tls, quic, icmp, arp, dhcp } = *other;
        self.flows += flows;
        self.packets += packets;
        self.bytes += bytes;
        self.dns += dns;
        self.calls += calls;
        self.tls += tls;
        self.quic += quic;
        self.icmp += icmp;
        self.arp += arp;
        self.dhcp += dhcp;
    }
}

//! A first page, not a log: where very many services have the same trouble, the worst are told one by one and the others
//! together.

use std::collections::HashMap;
use std::time::Duration;

use super::draft;
use super::text;
use crate::analysis::{Finding, FindingKind, Severity, Verdict};

/// Folds `findings`, which are in order, the worst first.
pub(super) fn fold(findings: Vec<Finding>) -> Vec<Finding> {
    let mut counts: HashMap<(FindingKind, Severity, Verdict), u32> = HashMap::new();
    for finding in &findings {
        *counts.entry(key(finding)).or_default() += 1;
    }
    let mut kept: Vec<Finding> = Vec::new();
    let mut told: HashMap<(FindingKind, Severity, Verdict), (u32, usize)> = HashMap::new();
    for finding in findings {
        let key = key(&finding);
        let all = counts.get(&key).copied().unwrap_or_default();
        let (number, place) = told.entry(key).or_default();
        *number += 1;
        if *number < MAX_PER_KIND || all <= MAX_PER_KIND {
            kept.push(finding);
        } else if *number == MAX_PER_KIND {
            *place = kept.len();
            kept.push(rest(finding, all - MAX_PER_KIND + 1));
        } else if let Some(rest) = kept.get_mut(*place) {
            add(rest, &finding);
        }
    }
    for finding in &mut kept {
        finish(finding);
    }
    kept
}

fn key(finding: &Finding) -> (FindingKind, Severity, Verdict) {
    (finding.kind, finding.severity, finding.verdict)
}

/// The finding that stands for `count` more of its kind; its sentence is made when all are added.
fn rest(finding: Finding, count: u32) -> Finding {
    Finding {
        title: format!("{} at {count} other services", finding.title),
        summary: String::new(),
        server: None,
        client: None,
        name: None,
        wireshark_filter: filter(finding.kind).to_owned(),
        ..finding
    }
}

fn add(rest: &mut Finding, finding: &Finding) {
    rest.first = rest.first.min(finding.first);
    rest.last = rest.last.max(finding.last);
    rest.events = rest.events.saturating_add(finding.events);
    rest.flows = rest.flows.saturating_add(finding.flows);
    rest.confidence = rest.confidence.min(finding.confidence);
    if rest.impact.is_some() || finding.impact.is_some() {
        let add = |impact: Option<Duration>| impact.unwrap_or_default();
        rest.impact = Some(add(rest.impact).saturating_add(add(finding.impact)));
    }
    if rest.evidence_frames.len() < MAX_COLLECTED {
        rest.evidence_frames.extend(&finding.evidence_frames);
        rest.flow_ids.extend(&finding.flow_ids);
    }
}

fn finish(finding: &mut Finding) {
    if !finding.summary.is_empty() {
        return;
    }
    finding.evidence_frames = draft::frames(std::mem::take(&mut finding.evidence_frames));
    finding.flow_ids = draft::flow_ids(std::mem::take(&mut finding.flow_ids));
    let cost = finding.impact.map_or(String::new(), |impact| format!(", which cost {}", text::short(impact)));
    finding.summary = format!(
        "{}: {} in {}{cost}.",
        finding.title,
        text::count(finding.events, "event"),
        text::count(u64::from(finding.flows), "flow"),
    );
}

/// What shows a kind of finding, wherever it happens.
fn filter(kind: FindingKind) -> &'static str {
    match kind {
        FindingKind::TcpUnansweredSyn | FindingKind::PortScan => "tcp.flags.syn == 1 && tcp.flags.ack == 0",
        FindingKind::TcpRefused | FindingKind::TcpReset | FindingKind::TcpMiddleboxReset => "tcp.flags.reset == 1",
        FindingKind::TcpRetransmissions => "tcp.analysis.retransmission",
        FindingKind::TcpOutOfOrder => "tcp.analysis.out_of_order",
        FindingKind::TcpZeroWindow => "tcp.analysis.zero_window",
        FindingKind::DnsUnanswered => "dns && !dns.response_in && dns.flags.response == 0",
        FindingKind::DnsFailure => "dns.flags.rcode > 0",
        FindingKind::DnsSlow => "dns.time >= 0.5",
        FindingKind::IcmpUnreachable => "icmp.type == 3 || icmpv6.type == 1",
        FindingKind::CaptureLoss => "tcp.analysis.ack_lost_segment",
        FindingKind::MtuBlackHole => "tcp.analysis.retransmission && tcp.len > 1220",
        FindingKind::MtuReduced => "(icmp.type == 3 && icmp.code == 4) || icmpv6.type == 2",
        FindingKind::RoutingLoop => "icmp.type == 11 || icmpv6.type == 3",
        FindingKind::AddressConflict | FindingKind::ArpUnanswered => "arp",
        FindingKind::DhcpUnanswered | FindingKind::DhcpRefused | FindingKind::DhcpSeveralServers => "dhcp",
        FindingKind::TcpIdleDropped => "tcp.time_delta >= 30",
        FindingKind::TcpBacklogFull
        | FindingKind::TcpSlowConnect
        | FindingKind::TcpPortReuse
        | FindingKind::TcpSynCookies => "tcp.flags.syn == 1",
        FindingKind::TlsCertificateExpired
        | FindingKind::TlsNameMismatch
        | FindingKind::TlsHandshakeFailed
        | FindingKind::TlsHandshakeStalled
        | FindingKind::TlsOldVersion => "tls.handshake || tls.alert_message",
        FindingKind::QuicFailed => "quic",
        FindingKind::DnsTruncated => "dns.flags.truncated == 1",
        FindingKind::DnsHalfPair | FindingKind::DnsAnswersDiffer => "dns",
        FindingKind::DnsSearchList => "dns.flags.rcode == 3",
        FindingKind::CallUnanswered => "tcp.len > 0",
        FindingKind::HttpError => "http.response.code >= 400",
        FindingKind::SlowCall => "tcp.time_delta >= 0.3",
        FindingKind::TcpSmallWindow => "tcp.analysis.window_full",
        FindingKind::TcpWindowOverrun => "tcp.analysis.retransmission",
        FindingKind::CaptureDuplicated => "tcp.analysis.retransmission || tcp.analysis.duplicate_ack",
        FindingKind::CaptureOneSided | FindingKind::CaptureDamaged | FindingKind::AnalysisIncomplete => "frame",
    }
}

/// Findings of one kind, severity and verdict.
const MAX_PER_KIND: u32 = 5;
const MAX_COLLECTED: usize = 1000;

//! Which finding comes first.

use crate::analysis::{Endpoint, Finding, FindingKind, Severity, Verdict};

/// The worst first; of those that are equally bad, causes before what they bring about.
pub(super) fn sort(findings: &mut [Finding]) {
    findings.sort_by(|a, b| {
        let worth =
            |finding: &Finding| (finding.severity, u8::MAX - depth(finding.kind), finding.flows, finding.events);
        worth(b).cmp(&worth(a)).then_with(|| (a.kind, a.first).cmp(&(b.kind, b.first)))
    });
}

/// How far a kind is from a cause: what is lower down the layers brings about what is above.
const fn depth(kind: FindingKind) -> u8 {
    use FindingKind as K;
    match kind {
        K::CaptureDamaged | K::CaptureOneSided | K::CaptureDuplicated => 0,
        K::AddressConflict | K::ArpUnanswered | K::RoutingLoop | K::MtuBlackHole => 1,
        K::DhcpUnanswered | K::DhcpRefused | K::DhcpSeveralServers | K::IcmpUnreachable => 2,
        K::DnsFailure | K::DnsUnanswered | K::DnsHalfPair | K::DnsTruncated | K::DnsAnswersDiffer | K::DnsSlow => 3,
        K::TcpMiddleboxReset | K::TcpIdleDropped | K::TcpBacklogFull | K::TcpPortReuse => 4,
        K::TlsCertificateExpired | K::TlsNameMismatch | K::TlsHandshakeFailed | K::TlsHandshakeStalled => 4,
        K::TcpUnansweredSyn | K::TcpRefused | K::TcpZeroWindow | K::TcpSmallWindow | K::QuicFailed => 5,
        K::TcpWindowOverrun | K::TcpSynCookies => 5,
        K::TcpRetransmissions | K::CaptureLoss => 6,
        K::HttpError | K::CallUnanswered | K::SlowCall => 7,
        K::TcpReset | K::TcpSlowConnect | K::DnsSearchList | K::PortScan => 8,
        K::TcpOutOfOrder | K::MtuReduced | K::TlsOldVersion | K::AnalysisIncomplete => 9,
    }
}

/// Leaves out what another finding explains at the same service.
pub(super) fn without_symptoms(findings: &mut Vec<Finding>) {
    let told: Vec<Cause> = findings.iter().map(Cause::of).collect();
    findings.retain(|finding| {
        !told.iter().any(|cause| {
            explains(cause, finding)
                && cause.severity >= finding.severity
                && is_there(cause.kind, cause.server, finding.server)
        })
    });
}

/// What may explain another finding.
struct Cause {
    kind: FindingKind,
    severity: Severity,
    verdict: Verdict,
    server: Option<Endpoint>,
    events: u64,
}

impl Cause {
    fn of(finding: &Finding) -> Self {
        let Finding { kind, severity, verdict, server, events, .. } = *finding;
        Self { kind, severity, verdict, server, events }
    }
}

/// Whether `cause` brings about what `finding` tells of.
fn explains(cause: &Cause, finding: &Finding) -> bool {
    use FindingKind as K;
    match cause.kind {
        K::ArpUnanswered => matches!(finding.kind, K::IcmpUnreachable | K::TcpUnansweredSyn),
        K::RoutingLoop => matches!(finding.kind, K::TcpUnansweredSyn | K::CallUnanswered),
        K::TcpBacklogFull => matches!(finding.kind, K::TcpSlowConnect | K::TcpUnansweredSyn),
        K::IcmpUnreachable => finding.kind == K::QuicFailed,
        K::TcpUnansweredSyn | K::TcpRefused => finding.kind == K::DnsTruncated,
        K::TcpZeroWindow => finding.kind == K::TcpSmallWindow,
        // Who gets no answer may go with a reset.
        K::CallUnanswered => {
            let (kind, severity, by) = (finding.kind, finding.severity, finding.verdict);
            let is_reset = kind == K::TcpReset && severity == Severity::Warning && by == Verdict::Client;
            is_reset && cause.events >= finding.events
        }
        // Losses that are repaired within a round trip look like reordering, and reordering makes senders repair what is
        // not lost.
        K::TcpRetransmissions if cause.verdict == Verdict::Network => {
            finding.kind == K::TcpOutOfOrder && finding.severity == Severity::Note
        }
        K::TcpOutOfOrder => finding.kind == K::TcpRetransmissions && finding.verdict == Verdict::Unknown,
        _ => false,
    }
}

fn is_there(cause: FindingKind, server: Option<Endpoint>, other: Option<Endpoint>) -> bool {
    let (Some(server), Some(other)) = (server, other) else { return false };
    let of_host = matches!(cause, FindingKind::ArpUnanswered | FindingKind::RoutingLoop);
    server.address == other.address && (of_host || server.port == other.port)
}

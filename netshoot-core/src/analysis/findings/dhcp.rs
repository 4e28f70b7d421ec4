//! Clients of DHCP that get no address, are refused one, or are offered several.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::time::Duration;

use super::draft::{Draft, Statement};
use super::scene::Scene;
use super::text;
use crate::analysis::{DhcpExchange, DhcpOutcome, Finding, FindingKind, Severity, Verdict};
use crate::packet::MacAddress;
use crate::packet::dhcp::MessageType;

/// What went wrong with the exchanges.
pub(super) fn find(scene: &Scene<'_>) -> Vec<Finding> {
    [unanswered(scene), refused(scene), several(scene)].into_iter().flatten().collect()
}

/// Exchanges of one kind.
#[derive(Default)]
struct Exchanges {
    draft: Draft,
    clients: BTreeSet<MacAddress>,
    servers: BTreeSet<Ipv4Addr>,
}

impl Exchanges {
    fn of<'a>(exchanges: impl Iterator<Item = &'a DhcpExchange>) -> Option<Self> {
        let mut all = Self::default();
        for dhcp in exchanges {
            all.draft.events += u64::from(dhcp.requests.max(1));
            all.draft.frame(dhcp.first_frame, dhcp.time);
            all.draft.frame(dhcp.last_frame, dhcp.time);
            all.clients.extend(dhcp.client_mac);
            all.servers.extend(&dhcp.servers);
        }
        (all.draft.events > 0).then_some(all)
    }

    fn who(&self) -> String {
        match (self.clients.len(), self.clients.first()) {
            (1, Some(mac)) => mac.to_string(),
            (count, _) => text::count(count as u64, "client"),
        }
    }

    fn servers(&self) -> String {
        self.servers.iter().map(Ipv4Addr::to_string).collect::<Vec<_>>().join(", ")
    }
}

fn unanswered(scene: &Scene<'_>) -> Option<Finding> {
    let is_silent = |dhcp: &&DhcpExchange| {
        let waited = scene.end.saturating_duration_since(dhcp.time);
        let wants = matches!(dhcp.kind, MessageType::DISCOVER | MessageType::REQUEST);
        let missing = match dhcp.outcome {
            DhcpOutcome::Unanswered => true,
            // The offer was taken, and nothing came.
            DhcpOutcome::Offered => dhcp.requests > 1,
            _ => false,
        };
        wants && missing && (waited >= PATIENCE || dhcp.requests >= MANY_REQUESTS)
    };
    let silent = Exchanges::of(scene.dhcp.iter().filter(is_silent))?;
    let served = |mac: &MacAddress| {
        scene.dhcp.iter().any(|dhcp| dhcp.outcome == DhcpOutcome::Ack && dhcp.client_mac == Some(*mac))
    };
    let answered = scene.dhcp.iter().any(|dhcp| dhcp.outcome == DhcpOutcome::Ack);
    let recovered = silent.clients.iter().all(served);
    let rest = match (answered, recovered) {
        (_, true) => "; in the end they were served",
        (true, false) => "; others were served",
        (false, _) => "; nobody was served at all",
    };
    let summary =
        format!("{} asked {} for an address and got none{rest}.", silent.who(), text::times(silent.draft.events));
    Some(silent.draft.state(Statement {
        kind: FindingKind::DhcpUnanswered,
        severity: match (answered, recovered) {
            (_, true) => Severity::Note,
            (true, false) => Severity::Warning,
            (false, _) => Severity::Critical,
        },
        confidence: if answered { 0.7 } else { 0.8 },
        verdict: Verdict::Unknown,
        title: "DHCP without an answer".to_owned(),
        summary,
        server: None,
        wireshark_filter: "dhcp".to_owned(),
        next_steps: "Check that the server runs and has addresses left, and that broadcasts or the relay reach it from this \
                     network; the capture has to be on the client's side to show its answers.",
    }))
}

fn refused(scene: &Scene<'_>) -> Option<Finding> {
    let refused = Exchanges::of(scene.dhcp.iter().filter(|dhcp| dhcp.outcome == DhcpOutcome::Nak))?;
    let served = |mac: &MacAddress| {
        let last = scene.dhcp.iter().rfind(|dhcp| dhcp.client_mac == Some(*mac));
        last.is_some_and(|dhcp| dhcp.outcome == DhcpOutcome::Ack)
    };
    let recovered = refused.clients.iter().all(served);
    let summary = format!(
        "{} refused {} an address {}{}.",
        refused.servers(),
        refused.who(),
        text::times(refused.draft.events),
        if recovered { "; with another they were served" } else { "" },
    );
    Some(refused.draft.state(Statement {
        kind: FindingKind::DhcpRefused,
        severity: if recovered { Severity::Note } else { Severity::Warning },
        confidence: 0.9,
        verdict: Verdict::Server,
        title: "DHCP refuses an address".to_owned(),
        summary,
        server: None,
        wireshark_filter: "dhcp.option.dhcp == 6".to_owned(),
        next_steps: "Usual once when a client comes from another network; else look for a second server, or a lease that the \
                     server has lost.",
    }))
}

fn several(scene: &Scene<'_>) -> Option<Finding> {
    let several = Exchanges::of(scene.dhcp.iter().filter(|dhcp| dhcp.servers.len() > 1))?;
    let contradict = scene.dhcp.iter().any(|dhcp| dhcp.servers.len() > 1 && dhcp.outcome == DhcpOutcome::Nak);
    let summary = format!("Several servers answer {}: {}.", several.who(), several.servers());
    Some(several.draft.state(Statement {
        kind: FindingKind::DhcpSeveralServers,
        severity: if contradict { Severity::Warning } else { Severity::Note },
        confidence: 0.9,
        verdict: Verdict::Unknown,
        title: "several servers of DHCP".to_owned(),
        summary,
        server: None,
        wireshark_filter: "dhcp.option.dhcp == 2 || dhcp.option.dhcp == 5".to_owned(),
        next_steps: "Harmless if they are a pair that shares its leases; else find the one that should not be there.",
    }))
}

/// Clients ask again after about four seconds (RFC 2131 section 4.1).
const PATIENCE: Duration = Duration::from_secs(4);
const MANY_REQUESTS: u32 = 3;

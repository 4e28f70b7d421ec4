//! Connections of QUIC that did not come about.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::Duration;

use super::draft::{Draft, Statement};
use super::scene::Scene;
use super::text;
use crate::analysis::{Endpoint, Finding, FindingKind, QuicConnection, QuicOutcome, Severity, Verdict};
use crate::packet::IpProtocol;

/// Failed connections of each service, by how they failed: no answer, or no common version.
pub(super) fn find(scene: &Scene<'_>) -> Vec<Finding> {
    let mut drafts: BTreeMap<(Endpoint, bool), Draft> = BTreeMap::new();
    let mut good: BTreeMap<Endpoint, u32> = BTreeMap::new();
    for quic in scene.quic {
        let Some((flow, _)) = scene.flow(quic.flow_id) else { continue };
        if matches!(quic.outcome, QuicOutcome::Ok | QuicOutcome::Incomplete) {
            *good.entry(flow.server).or_default() += 1;
        } else if is_failed(quic, scene) {
            let is_silent = quic.outcome == QuicOutcome::NoAnswer;
            let draft = drafts.entry((flow.server, is_silent)).or_default();
            draft.flow(flow, u64::from(quic.attempts));
            draft.frame(quic.first_frame, quic.time);
            quic.end_frame.into_iter().for_each(|frame| draft.frame(frame, flow.last));
            draft.impact += flow.duration();
        }
    }
    if drafts.is_empty() {
        return Vec::new();
    }
    let alive = alive(scene);
    let state = |((server, is_silent), draft): ((Endpoint, bool), Draft)| {
        let good = good.get(&server).copied().unwrap_or_default();
        state(&server, draft, is_silent, good, alive.contains(&server.address))
    };
    drafts.into_iter().map(state).collect()
}

fn is_failed(quic: &QuicConnection, scene: &Scene<'_>) -> bool {
    match quic.outcome {
        QuicOutcome::VersionNegotiation => true,
        _ => quic.attempts > 1 && scene.end.saturating_duration_since(quic.time) >= PATIENCE,
    }
}

/// Servers that answer over TCP.
fn alive(scene: &Scene<'_>) -> BTreeSet<IpAddr> {
    let flows = scene.table.iter().filter(|(flow, _)| flow.protocol == IpProtocol::TCP);
    flows.filter(|(flow, _)| flow.server_to_client.syn > 0).map(|(flow, _)| flow.server.address).collect()
}

fn state(server: &Endpoint, draft: Draft, is_silent: bool, good: u32, alive: bool) -> Finding {
    let connections = text::count(u64::from(draft.flows), "connection");
    let what = match is_silent {
        true if alive => "got no answer, while the same host answers over TCP",
        true => "got no answer",
        false => "failed: the server does not speak the version that the client asked for",
    };
    let rest = if good > 0 { format!("; {good} others went on") } else { String::new() };
    let summary = format!("{connections} of QUIC from {} to {} {what}{rest}.", draft.clients(), draft.service(server));
    draft.state(Statement {
        kind: FindingKind::QuicFailed,
        severity: if is_silent && good == 0 { Severity::Warning } else { Severity::Note },
        confidence: if is_silent && alive { 0.9 } else { 0.7 },
        verdict: match is_silent {
            true if alive => Verdict::Network,
            true => Verdict::Unknown,
            false => Verdict::Server,
        },
        title: if is_silent { "QUIC without an answer" } else { "QUIC versions do not match" }.to_owned(),
        summary,
        server: Some(*server),
        wireshark_filter: format!("quic && {} && udp.port == {}", text::host(server.address), server.port),
        next_steps: "Check that UDP on that port passes firewalls both ways; browsers fall back to TCP, which costs the time \
                     they waited.",
    })
}

/// Clients try again after one second (RFC 9002 section 6.2.2).
const PATIENCE: Duration = Duration::from_secs(2);

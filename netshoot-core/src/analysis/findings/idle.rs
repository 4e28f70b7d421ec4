//! Connections that somebody forgot while they were silent.

use std::collections::BTreeMap;
use std::time::Duration;

use super::draft::{Draft, Statement};
use super::scene::{Claims, Suspects};
use super::text;
use crate::analysis::evidence::Event;
use crate::analysis::silence::{Answer, Broken};
use crate::analysis::{ClosedBy, ConnectionState, Endpoint, Finding, FindingKind, Flow, Severity, Verdict};
use crate::capture::Timestamp;

/// What is added up over the flows of a service.
#[derive(Default)]
struct Forgotten {
    draft: Draft,
    shortest: Option<Duration>,
    resets: u32,
}

/// Connections that were open and in use, then silent for long, and after that got no answer, or a reset.
pub(super) fn find(suspects: &Suspects<'_>, claims: &mut Claims) -> Vec<Finding> {
    let mut services: BTreeMap<Endpoint, Forgotten> = BTreeMap::new();
    for (flow, track) in suspects.iter() {
        let Some(broken) = track.broken_silence().filter(|broken| is_forgotten(flow, broken)) else { continue };
        if claims.has(flow.id) {
            continue;
        }
        let service = services.entry(flow.server).or_default();
        service.draft.flow(flow, u64::from(broken.attempts));
        let began = Timestamp::from_nanos(broken.time);
        service.draft.frame(broken.frame, began);
        service.draft.frame(flow.last_frame, flow.last);
        service.draft.witnesses(track, Event::Reset);
        service.draft.impact += flow.last.saturating_duration_since(began);
        let pause = Duration::from_nanos(broken.pause.unsigned_abs());
        service.shortest = Some(service.shortest.map_or(pause, |least| least.min(pause)));
        service.resets += u32::from(broken.answer == Answer::Reset);
        claims.add(flow.id);
    }
    services.into_iter().map(|(server, service)| state(&server, service)).collect()
}

fn is_forgotten(flow: &Flow, broken: &Broken) -> bool {
    let was_open = flow.client_to_server.packets > 1 && flow.server_to_client.packets > 0;
    // A FIN is often answered by a reset.
    let is_closing = matches!(flow.closed_by, Some(ClosedBy::ClientFin | ClosedBy::ServerFin));
    let is_unheard = match broken.answer {
        Answer::Nothing => broken.attempts >= MANY_ATTEMPTS,
        Answer::Reset => !is_closing,
        Answer::Something => false,
    };
    // Who acknowledges what the capture lacks has heard something.
    let is_whole = flow.client_to_server.ack_lost_segments == 0 && flow.server_to_client.ack_lost_segments == 0;
    was_open && is_whole && is_unheard && flow.state != ConnectionState::Sf
}

fn state(server: &Endpoint, forgotten: Forgotten) -> Finding {
    let Forgotten { draft, shortest, resets } = forgotten;
    let silent = draft.flows - resets.min(draft.flows);
    let fate = match (silent, resets) {
        (_, 0) => "nothing came back".to_owned(),
        (0, _) => "a reset came back".to_owned(),
        _ => format!("nothing came back in {silent} and a reset in {resets}"),
    };
    let summary = format!(
        "{} with {} went silent for {} or longer; of what was sent then, {fate}.",
        text::count(u64::from(draft.flows), "connection"),
        draft.service(server),
        text::short(shortest.unwrap_or_default()),
    );
    draft.state(Statement {
        kind: FindingKind::TcpIdleDropped,
        severity: Severity::Warning,
        confidence: if silent > 0 { 0.85 } else { 0.7 },
        // A reset may be of a peer that has been restarted.
        verdict: if silent > 0 { Verdict::Network } else { Verdict::Unknown },
        title: "idle connections were forgotten".to_owned(),
        summary,
        server: Some(*server),
        wireshark_filter: format!("tcp.time_delta >= 30 && {}", text::tcp(server)),
        next_steps: "Look for the idle timeout of firewalls, NAT and load balancers on the way, and make keep-alives more \
                     frequent than that (net.ipv4.tcp_keepalive_time, or the program's own).",
    })
}

/// Segments without an answer: fewer may be the end of the capture.
const MANY_ATTEMPTS: u32 = 3;

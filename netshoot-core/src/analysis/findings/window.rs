//! Receive windows that are too small for their path, and senders that do not heed them.

use std::collections::BTreeMap;
use std::time::Duration;

use super::draft::{Draft, Statement};
use super::scene::{Claims, Suspects, directions};
use super::text;
use crate::analysis::evidence::Event;
use crate::analysis::{DirectionStats, Endpoint, Finding, FindingKind, Flow, Severity, Verdict};

/// What is added up over the flows of a service whose receiver is the one or the other end.
#[derive(Default)]
struct Narrow {
    draft: Draft,
    window: u32,
    busy: Duration,
    unscaled: u32,
    round_trip: Option<Duration>,
}

/// Connections whose pace the receiver's window sets.
pub(super) fn find(suspects: &Suspects<'_>, claims: &Claims) -> Vec<Finding> {
    let mut services: BTreeMap<(Endpoint, bool), Narrow> = BTreeMap::new();
    for (flow, _) in suspects.iter().filter(|(flow, _)| !claims.has(flow.id)) {
        for (sender, receiver, by_client) in directions(flow) {
            let Some(time) = limited(flow, sender, receiver) else { continue };
            let narrow = services.entry((flow.server, by_client)).or_default();
            narrow.draft.flow(flow, u64::from(sender.window_full.max(1)));
            narrow.draft.frame(flow.first_frame, flow.first);
            narrow.draft.frame(flow.last_frame, flow.last);
            narrow.draft.impact += time;
            narrow.window = narrow.window.max(sender.max_bytes_in_flight);
            narrow.busy += sender.network_limited + sender.receiver_limited;
            narrow.unscaled += u32::from(flow.lacks_window_scaling());
            narrow.round_trip = narrow.round_trip.max(flow.initial_rtt);
        }
    }
    services.into_iter().map(|((server, by_client), narrow)| state(&server, by_client, narrow)).collect()
}

/// For how long the window limited the sender, if that was long and not because it was closed.
fn limited(flow: &Flow, sender: &DirectionStats, receiver: &DirectionStats) -> Option<Duration> {
    let time = sender.receiver_limited.saturating_sub(receiver.zero_window_time);
    let busy = sender.network_limited + sender.receiver_limited;
    let is_known = flow.client_to_server.syn > 0 && flow.server_to_client.syn > 0 && !flow.syn_is_cut;
    let is_bulk = sender.acknowledged_bytes >= BULK && sender.max_bytes_in_flight > 0;
    // Who closes the window altogether does not read, whatever its size.
    let is_read = receiver.zero_window_time * 4 <= time;
    (time >= LONG && time * 2 >= busy && is_known && is_bulk && is_read && !flow.is_captured_twice()).then_some(time)
}

fn state(server: &Endpoint, by_client: bool, narrow: Narrow) -> Finding {
    let Narrow { draft, window, busy, unscaled, round_trip } = narrow;
    let receiver = if by_client { draft.service(server) } else { format!("{} (the client)", draft.clients()) };
    let small = window <= UNSCALED;
    let scale = if unscaled > 0 { ", as one end does not scale its windows" } else { "" };
    let trip = round_trip.map_or(String::new(), |trip| format!(" at a round trip of {}", text::short(trip)));
    let share = draft.impact.as_secs_f64() / busy.as_secs_f64().max(f64::MIN_POSITIVE);
    let summary = format!(
        "The receive window of {receiver} set the pace for {} ({}) of {}: no more than {window} octets were in flight{trip}{scale}.",
        text::short(draft.impact),
        text::percent(share),
        text::count(u64::from(draft.flows), "connection"),
    );
    let receiver_end = if by_client { Verdict::Server } else { Verdict::Client };
    draft.state(Statement {
        kind: FindingKind::TcpSmallWindow,
        severity: if small { Severity::Warning } else { Severity::Note },
        confidence: 0.8,
        // An option that is missing at one end may have been taken out on the way.
        verdict: if unscaled > 0 { Verdict::Unknown } else { receiver_end },
        title: if unscaled > 0 { "window scaling is missing" } else { "small receive window" }.to_owned(),
        summary,
        server: Some(*server),
        wireshark_filter: format!("tcp.analysis.window_full && {}", text::tcp(server)),
        next_steps: "Raise the receive buffer at that end (net.ipv4.tcp_rmem, or SO_RCVBUF where the program sets it: a fixed \
                     size switches auto-tuning off), and let window scaling pass firewalls.",
    })
}

/// What is added up over the flows of a service where one end sends more than the other has room for.
#[derive(Default)]
struct Heedless {
    draft: Draft,
    resent: u64,
}

/// Senders that go beyond the receiver's window, and have to send again what it threw away.
pub(super) fn overruns(suspects: &Suspects<'_>, claims: &Claims) -> Vec<Finding> {
    let mut services: BTreeMap<(Endpoint, bool), Heedless> = BTreeMap::new();
    for (flow, track) in suspects.iter().filter(|(flow, _)| !claims.has(flow.id)) {
        for (sender, _, by_client) in directions(flow) {
            let resent = u64::from(sender.overruns());
            if resent > 0 {
                let heedless = services.entry((flow.server, by_client)).or_default();
                heedless.draft.flow(flow, resent);
                heedless.draft.witnesses(track, Event::Retransmission);
                let wait = Duration::from_nanos(track.waited.unsigned_abs()).min(flow.duration());
                heedless.draft.impact += wait;
                heedless.resent += u64::from(sender.resent());
            }
        }
    }
    services.into_iter().map(|((server, by_client), heedless)| overran(&server, by_client, heedless)).collect()
}

fn overran(server: &Endpoint, by_client: bool, heedless: Heedless) -> Finding {
    let Heedless { draft, resent } = heedless;
    let (client, service) = (draft.clients(), draft.service(server));
    let (sender, receiver) = if by_client { (client, service) } else { (service, client) };
    let summary = format!(
        "{sender} sent more than {receiver} had room for: {} of {} that were sent again in {} had gone beyond its receive \
         window.",
        draft.events,
        text::count(resent, "segment"),
        text::count(u64::from(draft.flows), "connection"),
    );
    draft.state(Statement {
        kind: FindingKind::TcpWindowOverrun,
        severity: Severity::Warning,
        confidence: 0.85,
        verdict: if by_client { Verdict::Client } else { Verdict::Server },
        title: "the receive window is not heeded".to_owned(),
        summary,
        server: Some(*server),
        wireshark_filter: format!("tcp.analysis.retransmission && {}", text::tcp(server)),
        next_steps: "Look at the sender, or at a device before it that speaks for it (an accelerator, a load balancer): no \
                     receiver needs to take what it has no room for. The network has not lost these segments.",
    })
}

/// Time that a window sets the pace.
pub(super) const LONG: Duration = Duration::from_secs(1);
/// Octets of a transfer for which the window matters.
const BULK: u64 = 65_536;
/// The largest window without scaling.
const UNSCALED: u32 = 65_535;

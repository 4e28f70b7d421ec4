//! How well established connections run: retransmissions, reordering, closed windows.

use std::collections::BTreeMap;
use std::time::Duration;

use super::draft::{Draft, Statement};
use super::scene::Claims;
use super::text;
use crate::analysis::evidence::Event;
use crate::analysis::table::{Table, Track};
use crate::analysis::{DirectionStats, Endpoint, Finding, FindingKind, Flow, Severity, Verdict};
use crate::packet::IpProtocol;

/// Retransmissions, segments out of order and closed windows of each service.
pub(super) fn find(table: &Table, claims: &Claims) -> Vec<Finding> {
    let mut services = table.ledger.quality.clone();
    for (flow, track) in table.iter().filter(|(flow, _)| flow.protocol == IpProtocol::TCP && carries_data(flow)) {
        if claims.has(flow.id) {
            continue;
        }
        services.entry(flow.server).or_default().add(flow, track, lost);
    }
    let mut findings = Vec::new();
    for (server, service) in services {
        let Service { packets, repeated, disordered, server_closed, client_closed, worst, .. } = service;
        findings.extend(repeated.and_then(|draft| retransmissions(&server, *draft, packets, worst)));
        findings.extend(disordered.and_then(|draft| out_of_order(&server, *draft, packets)));
        let [by_server, by_client] = worst.closed;
        findings.extend(server_closed.and_then(|draft| zero_window(&server, *draft, by_server, Verdict::Server)));
        findings.extend(client_closed.and_then(|draft| zero_window(&server, *draft, by_client, Verdict::Client)));
    }
    findings
}

/// What is added up over the flows of a service.
#[derive(Clone, Debug, Default)]
pub(super) struct Service {
    packets: u64,
    worst: Worst,
    repeated: Option<Box<Draft>>,
    disordered: Option<Box<Draft>>,
    server_closed: Option<Box<Draft>>,
    client_closed: Option<Box<Draft>>,
}

/// What the retransmissions of a service look like.
#[derive(Clone, Copy, Debug, Default)]
struct Worst {
    /// The longest time that the ends of one flow waited to retransmit.
    wait: Duration,
    /// From segments to their retransmission by timeout.
    timeouts: Duration,
    by_timeout: u64,
    /// All that were sent again, with what had no room, and those of them that were although the receiver had them: the
    /// acknowledgment had passed, or it says so afterwards (RFC 2883).
    resent: u64,
    spurious: u64,
    /// The longest time for which one connection's window was closed, by the server and by the client.
    closed: [Duration; 2],
}

impl Service {
    /// Adds a flow, of each of whose directions `lost` segments were lost.
    fn add(&mut self, flow: &Flow, track: &Track, lost: fn(&DirectionStats) -> u32) {
        let (client, server) = (&flow.client_to_server, &flow.server_to_client);
        let both = |count: fn(&DirectionStats) -> u32| u64::from(count(client)) + u64::from(count(server));
        self.packets += flow.packets();
        let repeated = both(lost);
        if repeated > 0 {
            let draft = self.repeated.get_or_insert_default();
            draft.flow(flow, repeated);
            draft.witnesses(track, Event::Retransmission);
            if both(|stats| stats.out_of_order.saturating_sub(stats.reordered)) > 0 {
                draft.witnesses(track, Event::OutOfOrder);
            }
            // Both ends may have waited at the same time.
            let wait = Duration::from_nanos(track.waited.unsigned_abs()).min(flow.duration());
            draft.impact += wait;
            self.worst.timeouts += Duration::from_nanos(track.timeouts.unsigned_abs());
            self.worst.wait = self.worst.wait.max(wait);
            let prompted = both(|stats| stats.fast_retransmissions.saturating_add(stats.spurious_retransmissions));
            let resent = both(|stats| stats.retransmissions);
            self.worst.resent += both(not_overtaken);
            self.worst.spurious += both(|stats| stats.spurious_retransmissions.max(stats.duplicate_sacks));
            self.worst.by_timeout += resent.saturating_sub(prompted);
        }
        // Much of what Wireshark calls out of order was sent again within a round trip; where it sees none, no frame shows it.
        let disordered = both(|stats| if stats.out_of_order > 0 { stats.reordered } else { 0 });
        if disordered > 0 {
            let draft = self.disordered.get_or_insert_default();
            draft.flow(flow, disordered);
            draft.witnesses(track, Event::OutOfOrder);
        }
        let ends = [(server, &mut self.server_closed), (client, &mut self.client_closed)];
        for ((stats, draft), longest) in ends.into_iter().zip(&mut self.worst.closed) {
            if stats.zero_windows > 0 {
                *longest = stats.zero_window_time.max(*longest);
                let draft = draft.get_or_insert_default();
                draft.flow(flow, u64::from(stats.window_closings));
                draft.witnesses(track, Event::ZeroWindow);
                draft.impact += stats.zero_window_time;
            }
        }
    }

    /// Adds a flow that is evicted: that its sender does not heed the window will not be told. Forgets examples beyond a few.
    pub(super) fn add_evicted(&mut self, flow: &Flow, track: &Track) {
        self.add(flow, track, not_overtaken);
        self.shorten();
    }

    /// Forgets examples beyond a few.
    fn shorten(&mut self) {
        self.drafts().for_each(Draft::shorten);
    }

    /// All drafts.
    pub(super) fn drafts(&mut self) -> impl Iterator<Item = &mut Draft> {
        let drafts = [&mut self.repeated, &mut self.disordered, &mut self.server_closed, &mut self.client_closed];
        drafts.into_iter().flatten().map(|draft| &mut **draft)
    }

    /// Adds the flows of another shard.
    pub(super) fn merge(&mut self, other: Self) {
        self.packets += other.packets;
        self.worst.wait = self.worst.wait.max(other.worst.wait);
        self.worst.timeouts += other.worst.timeouts;
        self.worst.by_timeout += other.worst.by_timeout;
        self.worst.resent += other.worst.resent;
        self.worst.spurious += other.worst.spurious;
        for (own, other) in self.worst.closed.iter_mut().zip(other.worst.closed) {
            *own = other.max(*own);
        }
        let own = [&mut self.repeated, &mut self.disordered, &mut self.server_closed, &mut self.client_closed];
        let other = [other.repeated, other.disordered, other.server_closed, other.client_closed];
        for (own, other) in own.into_iter().zip(other) {
            match (own, other) {
                (Some(own), Some(other)) => own.merge(*other),
                (own, Some(other)) => *own = Some(other),
                _ => {}
            }
        }
    }
}

/// The services of connections that were evicted.
pub(super) type Services = BTreeMap<Endpoint, Service>;

fn retransmissions(server: &Endpoint, draft: Draft, packets: u64, worst: Worst) -> Option<Finding> {
    let share = draft.events as f64 / packets.max(1) as f64;
    let severity = match () {
        () if draft.events < FEW_RETRANSMISSIONS => return None,
        () if share >= HEAVY_LOSS && draft.events >= MANY_RETRANSMISSIONS => Severity::Critical,
        () if share >= LOSS || (worst.wait >= LONG_WAIT && share >= NOTABLE_LOSS) => Severity::Warning,
        () if share >= NOTABLE_LOSS => Severity::Note,
        () => return None,
    };
    // Who sends data again within microseconds has not lost it: a mirror port that shows each packet twice looks so.
    let mean_wait = worst.timeouts / u32::try_from(worst.by_timeout).unwrap_or(u32::MAX).max(1);
    let mirrored = share >= MIRRORED_SHARE && worst.by_timeout > 0 && mean_wait < MIRRORED_WAIT;
    // The receiver had the data: its acknowledgment was late or lost, or the capture shows the directions out of step.
    let in_vain = worst.spurious * 10 >= worst.resent * 9;
    let rest = match mirrored {
        true => "; they follow so closely that the capture shows packets twice".to_owned(),
        false if in_vain => ", though the receiver had acknowledged them".to_owned(),
        false if draft.impact > Duration::ZERO => format!("; senders waited {} for them", text::short(draft.impact)),
        false => String::new(),
    };
    let summary = format!(
        "{} of {packets} packets ({}) in {} with {} were sent again{rest}.",
        draft.events,
        text::percent(share),
        text::count(u64::from(draft.flows), "connection"),
        draft.service(server),
    );
    Some(draft.state(Statement {
        kind: FindingKind::TcpRetransmissions,
        severity: if mirrored || in_vain { Severity::Note } else { severity },
        confidence: if mirrored || in_vain { 0.6 } else { 0.85 },
        verdict: match (mirrored, in_vain) {
            (true, _) => Verdict::Capture,
            (false, true) => Verdict::Unknown,
            (false, false) => Verdict::Network,
        },
        title: "retransmissions".to_owned(),
        summary,
        server: Some(*server),
        wireshark_filter: format!(
            "(tcp.analysis.retransmission || tcp.analysis.out_of_order) && {}",
            text::tcp(server)
        ),
        next_steps: "Compare with a capture at the other end to see on which side packets get lost; look at drops of \
                     interfaces, queues and policers on the way.",
    }))
}

fn out_of_order(server: &Endpoint, draft: Draft, packets: u64) -> Option<Finding> {
    let share = draft.events as f64 / packets.max(1) as f64;
    if draft.events < FEW_OUT_OF_ORDER || share < REORDERING {
        return None;
    }
    let heavy = share >= HEAVY_REORDERING && draft.events >= MANY_OUT_OF_ORDER;
    let summary = format!(
        "{} of {packets} packets ({}) in {} with {} came out of order.",
        draft.events,
        text::percent(share),
        text::count(u64::from(draft.flows), "connection"),
        draft.service(server),
    );
    Some(draft.state(Statement {
        kind: FindingKind::TcpOutOfOrder,
        severity: if heavy { Severity::Warning } else { Severity::Note },
        confidence: 0.7,
        verdict: Verdict::Network,
        title: "segments out of order".to_owned(),
        summary,
        server: Some(*server),
        wireshark_filter: format!("tcp.analysis.out_of_order && {}", text::tcp(server)),
        next_steps: "Look for paths of unequal delay (link aggregation, several routes) or for losses repaired within a round \
                     trip, which look the same.",
    }))
}

fn zero_window(server: &Endpoint, draft: Draft, longest: Duration, who: Verdict) -> Option<Finding> {
    let closed = draft.impact;
    let severity = match closed {
        _ if closed / draft.flows.max(1) >= LONG_CLOSED => Severity::Critical,
        _ if longest >= CLOSED => Severity::Warning,
        _ => Severity::Note,
    };
    let service = draft.service(server);
    let receiver =
        if who == Verdict::Server { service.clone() } else { format!("{} ({})", draft.clients(), "the client") };
    let summary = format!(
        "{receiver} closed its receive window {} for {} in all, in {} with {service}.",
        text::times(draft.events),
        text::short(closed),
        text::count(u64::from(draft.flows), "connection"),
    );
    let direction = match (who, draft.only_client()) {
        (Verdict::Server, _) => text::from(server.address),
        (_, Some(client)) => text::from(client),
        _ => text::to(server.address),
    };
    Some(draft.state(Statement {
        kind: FindingKind::TcpZeroWindow,
        severity,
        confidence: 0.9,
        verdict: who,
        title: format!("receive window closed by the {}", who.name()),
        summary,
        server: Some(*server),
        wireshark_filter: format!("tcp.analysis.zero_window && tcp.port == {} && {direction}", server.port),
        next_steps: "The program there does not read what has arrived: look at what it waits for (processor, disk, lock, its own \
                     downstream) rather than at the network.",
    }))
}

/// Retransmissions of a direction, without what its receiver had no room for, which is told by itself.
fn lost(stats: &DirectionStats) -> u32 {
    not_overtaken(stats).saturating_sub(stats.overruns())
}

/// Retransmissions of a direction: what Wireshark calls so or, within a round trip, out of order, without what was overtaken
/// on the way.
fn not_overtaken(stats: &DirectionStats) -> u32 {
    stats.retransmissions.saturating_add(stats.out_of_order).saturating_sub(stats.reordered)
}

/// Connections that were never open lose nothing but their SYN, which is another finding.
pub(super) fn carries_data(flow: &Flow) -> bool {
    flow.client_to_server.payload_bytes > 0 || flow.server_to_client.payload_bytes > 0
}

/// Fewer retransmissions of a service are not told.
const FEW_RETRANSMISSIONS: u64 = 5;
const MANY_RETRANSMISSIONS: u64 = 20;
/// Shares of the packets of a service. TCP slows down visibly from about 1% on; below 0.5% it is everyday life.
const NOTABLE_LOSS: f64 = 0.005;
const LOSS: f64 = 0.02;
const HEAVY_LOSS: f64 = 0.1;
/// A wait in one flow that a person notices.
const LONG_WAIT: Duration = Duration::from_secs(1);
/// A third of all packets again, after less time than any path takes.
const MIRRORED_SHARE: f64 = 0.2;
const MIRRORED_WAIT: Duration = Duration::from_micros(500);
/// Segments out of order of a service, and their shares of its packets.
const FEW_OUT_OF_ORDER: u64 = 5;
const MANY_OUT_OF_ORDER: u64 = 50;
const REORDERING: f64 = 0.01;
const HEAVY_REORDERING: f64 = 0.05;
/// Time that windows were closed: of one connection, so that a person notices, and the mean of all.
const CLOSED: Duration = Duration::from_secs(1);
const LONG_CLOSED: Duration = Duration::from_secs(10);

//! Connections that take long to open, and why: a full queue at the server, ports that are still in use.

use std::time::Duration;

use super::draft::{Draft, Statement};
use super::scene::{self, ByService, Claims, FlowTrack, Scene, Suspects};
use super::text;
use crate::analysis::evidence::Event;
use crate::analysis::{ConnectionState, Endpoint, Finding, FindingKind, Flow, RoleBasis, Severity, Verdict};
use crate::capture::Timestamp;
use crate::packet::TcpFlags;

/// Full queues, ports in use, and slow handshakes of each service.
pub(super) fn find(scene: &Scene<'_>, suspects: &Suspects<'_>, claims: &mut Claims) -> Vec<Finding> {
    let mut services: ByService<Service<'_>> = ByService::default();
    for (flow, track) in suspects.iter().filter(|(flow, _)| flow.role_basis == RoleBasis::Syn) {
        if let Some(trouble) = trouble(flow, scene.end).filter(|_| !claims.has(flow.id)) {
            let service = services.entry(flow.server).or_default();
            service.of(trouble).push((flow, track));
        }
    }
    if services.is_empty() {
        return Vec::new();
    }
    count_others(scene, &mut services);
    scene::sorted(services).into_iter().flat_map(|(server, service)| service.judge(&server, claims)).collect()
}

/// What may be wrong with a handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trouble {
    /// SYNs without an answer, of which the last may have got one.
    Dropped,
    /// The server repeats its SYN-ACK although it was acknowledged.
    NotTaken,
    /// An acknowledgment came where a SYN-ACK belongs.
    Reused,
    /// It took long, and no SYN was repeated.
    Slow,
}

/// Connections of a service.
#[derive(Default)]
struct Service<'a> {
    dropped: Vec<FlowTrack<'a>>,
    not_taken: Vec<FlowTrack<'a>>,
    reused: Vec<FlowTrack<'a>>,
    slow: Vec<FlowTrack<'a>>,
    /// Connections that it took at once.
    taken: u64,
    /// When it took the first connection, and the last.
    span: Option<(Timestamp, Timestamp)>,
    packets: u64,
    resent: u64,
}

impl<'a> Service<'a> {
    fn of(&mut self, trouble: Trouble) -> &mut Vec<FlowTrack<'a>> {
        match trouble {
            Trouble::Dropped => &mut self.dropped,
            Trouble::NotTaken => &mut self.not_taken,
            Trouble::Reused => &mut self.reused,
            Trouble::Slow => &mut self.slow,
        }
    }

    fn judge(mut self, server: &Endpoint, claims: &mut Claims) -> Vec<Finding> {
        let mut findings = Vec::new();
        let overflows = self.overflows();
        if overflows || self.not_taken.len() > 1 {
            let mut flows = std::mem::take(&mut self.not_taken);
            if overflows {
                flows.append(&mut self.dropped);
            }
            findings.push(backlog(server, &flows, self.taken, overflows));
            flows.iter().for_each(|(flow, _)| claims.add(flow.id));
        }
        if !self.reused.is_empty() {
            findings.push(reused(server, &self.reused));
            self.reused.iter().for_each(|(flow, _)| claims.add(flow.id));
        }
        self.slow.append(&mut self.dropped.iter().filter(|(flow, _)| is_open(flow)).copied().collect());
        findings.extend(slow(server, &self.slow));
        findings
    }

    /// Whether SYNs are dropped while, between them, others are taken, and little else gets lost.
    fn overflows(&self) -> bool {
        let Some((first, last)) = self.span else { return false };
        let between = |(flow, _): &&FlowTrack<'_>| (first..=last).contains(&flow.first);
        let among = self.dropped.iter().filter(between).count();
        // A path that loses them would lose as much of the rest.
        let dropped = among as f64 / (among as f64 + self.taken as f64);
        // A queue drains: who asks again gets in.
        let drains = self.dropped.iter().any(|(flow, _)| is_open(flow));
        let clean = (self.resent as f64) < self.packets as f64 * LITTLE_LOSS.max(dropped / MANIFOLD);
        among >= MANY_DROPPED && drains && clean && among as u64 * MOST_TAKEN >= self.taken
    }
}

/// Counts what went well at the services that have trouble.
fn count_others(scene: &Scene<'_>, services: &mut ByService<Service<'_>>) {
    for (flow, _) in scene.table.iter() {
        let Some(service) = services.get_mut(&flow.server) else { continue };
        let (client, server) = (&flow.client_to_server, &flow.server_to_client);
        service.packets += flow.packets();
        service.resent += u64::from(client.resent()) + u64::from(server.resent());
        // A SYN, or its answer, that is repeated counts as the trouble that is looked for.
        for end in [client, server] {
            service.resent -= u64::from(end.syn.saturating_sub(1).min(end.resent()));
        }
        if is_open(flow) {
            service.taken += u64::from(client.syn == 1 && server.syn == 1);
            // One whose SYN was dropped at first shows by its last that the server goes on to take some.
            let waited = flow.syn_rtt.map_or(0, |rtt| i64::try_from(rtt.as_nanos()).unwrap_or(i64::MAX));
            let answered = Timestamp::from_nanos(flow.first.as_nanos().saturating_add(waited));
            let (first, last) = service.span.unwrap_or((answered, answered));
            service.span = Some((first.min(answered), last.max(answered)));
        }
    }
}

fn trouble(flow: &Flow, end: Timestamp) -> Option<Trouble> {
    let (client, server) = (&flow.client_to_server, &flow.server_to_client);
    let only_acks = server.packets > 0 && server.syn == 0 && server.payload_bytes == 0 && client.payload_bytes == 0;
    let unanswered = server.packets == 0 && flow.state == ConnectionState::S0;
    let waited = end.saturating_duration_since(flow.first);
    match () {
        () if only_acks && client.syn > 0 && server.tcp_flags.contains(TcpFlags::ACK) && is_denied(flow) => {
            Some(Trouble::Reused)
        }
        () if server.syn > SYN_ACKS && client.syn == 1 && flow.ack_rtt.is_some() => Some(Trouble::NotTaken),
        () if client.syn > 1 && server.syn > 0 && flow.syn_rtt.is_some_and(|rtt| rtt >= REPEATED) => {
            Some(Trouble::Dropped)
        }
        () if unanswered && client.syn > 1 && waited >= SLOW && flow.icmp_errors == 0 => Some(Trouble::Dropped),
        () if flow.syn_rtt.is_some_and(|rtt| rtt >= SLOW) => Some(Trouble::Slow),
        () => None,
    }
}

/// The client did not want the acknowledgment, or tried again.
fn is_denied(flow: &Flow) -> bool {
    let client = &flow.client_to_server;
    (client.rst > 0 || client.syn > 1) && flow.server_to_client.rst == 0
}

fn is_open(flow: &Flow) -> bool {
    flow.server_to_client.syn > 0
}

fn gather(flows: &[FlowTrack<'_>], event: Event) -> Draft {
    let mut draft = Draft::default();
    for (flow, track) in flows {
        draft.flow(flow, 1);
        draft.frame(flow.first_frame, flow.first);
        draft.witnesses(track, event);
        // From the first SYN to the SYN-ACK; without one, as long as it was tried.
        draft.impact += flow.syn_rtt.unwrap_or_else(|| flow.duration());
    }
    draft
}

fn backlog(server: &Endpoint, flows: &[FlowTrack<'_>], taken: u64, overflows: bool) -> Finding {
    let draft = gather(flows, Event::Retransmission);
    let never = flows.iter().filter(|(flow, _)| !is_open(flow)).count();
    let repeated = flows.iter().filter(|(flow, _)| flow.server_to_client.syn > SYN_ACKS).count();
    let how = match repeated {
        0 => format!("it did not answer the first SYN of {}", text::count(u64::from(draft.flows), "connection")),
        _ => {
            format!("it did not take up {} although they were acknowledged", text::count(repeated as u64, "connection"))
        }
    };
    let lost = if never > 0 { format!(", {never} of them never") } else { String::new() };
    let summary = format!(
        "{} takes connections, but not all: {how}{lost}, while {taken} others were taken at once.",
        draft.service(server),
    );
    draft.state(Statement {
        kind: FindingKind::TcpBacklogFull,
        severity: if never > 0 { Severity::Critical } else { Severity::Warning },
        confidence: if repeated > 0 { 0.85 } else { 0.7 },
        // If it takes none at all, acknowledgments may get lost on the way to it.
        verdict: if taken > 0 { Verdict::Server } else { Verdict::Unknown },
        title: "the server's queue of new connections overflows".to_owned(),
        summary,
        server: Some(*server),
        wireshark_filter: if overflows && repeated == 0 {
            format!("tcp.flags.syn == 1 && tcp.flags.ack == 0 && {}", text::tcp(server))
        } else {
            format!("tcp.flags.syn == 1 && {}", text::tcp(server))
        },
        next_steps: "At the server, compare Recv-Q and Send-Q of the listening socket (ss -lnt) and look at the counters \
                     ListenOverflows and ListenDrops (nstat); the program accepts too slowly, or its backlog \
                     (net.core.somaxconn) is too small.",
    })
}

fn reused(server: &Endpoint, flows: &[FlowTrack<'_>]) -> Finding {
    let mut draft = gather(flows, Event::Reset);
    for (flow, _) in flows {
        draft.frame(flow.last_frame, flow.last);
    }
    let summary = format!(
        "{} answered {} from {} with a bare acknowledgment: it holds an earlier connection of the same ports, or a device on \
         the way does.",
        draft.service(server),
        text::count(u64::from(draft.flows), "connection attempt"),
        draft.clients(),
    );
    draft.state(Statement {
        kind: FindingKind::TcpPortReuse,
        severity: Severity::Warning,
        confidence: 0.8,
        verdict: Verdict::Client,
        title: "ports reused too early".to_owned(),
        summary,
        server: Some(*server),
        wireshark_filter: format!("(tcp.flags.syn == 1 || tcp.flags.reset == 1) && {}", text::tcp(server)),
        next_steps: "Widen the client's range of ports (net.ipv4.ip_local_port_range), keep connections open instead of opening \
                     many, and look for a NAT that gives the same ports to several clients.",
    })
}

fn slow(server: &Endpoint, flows: &[FlowTrack<'_>]) -> Option<Finding> {
    let longest = flows.iter().filter_map(|(flow, _)| flow.syn_rtt).max()?;
    let repeated = flows.iter().filter(|(flow, _)| flow.client_to_server.syn > 1).count();
    let draft = gather(flows, Event::Retransmission);
    let why = match repeated {
        0 => "no SYN was repeated".to_owned(),
        _ => format!("{repeated} of them because a SYN or its answer was lost or dropped"),
    };
    let summary = format!(
        "{} to {} took up to {} to open: {why}.",
        text::count(u64::from(draft.flows), "connection"),
        draft.service(server),
        text::short(longest),
    );
    let bad = draft.flows >= MANY_SLOW || longest >= VERY_SLOW;
    Some(draft.state(Statement {
        kind: FindingKind::TcpSlowConnect,
        severity: if bad { Severity::Warning } else { Severity::Note },
        confidence: 0.7,
        verdict: Verdict::Unknown,
        title: "slow to connect".to_owned(),
        summary,
        server: Some(*server),
        wireshark_filter: format!("tcp.flags.syn == 1 && {}", text::tcp(server)),
        next_steps: "Compare with a capture at the server: if the SYN comes late there, the path is slow or lossy; if its answer \
                     is late, the server is.",
    }))
}

/// A handshake that a person notices, from the first SYN to the SYN-ACK.
pub(super) const SLOW: Duration = Duration::from_secs(1);
const VERY_SLOW: Duration = Duration::from_secs(3);
/// The first repetition of a SYN comes after a second; clocks tick coarsely.
const REPEATED: Duration = Duration::from_millis(900);
/// SYN-ACKs of one connection beyond which the server has not taken up what was acknowledged.
const SYN_ACKS: u32 = 2;
const MANY_SLOW: u32 = 3;
/// Connections whose first SYN was dropped while others were taken, and how many of those there may be for each.
const MANY_DROPPED: usize = 3;
const MOST_TAKEN: u64 = 50;
/// Share of packets that are sent again where nothing but SYNs is dropped; of few packets one is more than that, as is the
/// FIN of a connection that the server has not taken up, so that the share of the SYNs may also be that many times as high.
const LITTLE_LOSS: f64 = 0.005;
const MANIFOLD: f64 = 20.0;

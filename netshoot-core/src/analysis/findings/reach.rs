//! Connections that did not come about, and connections that were cut.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::Duration;

use super::draft::{Draft, Statement};
use super::scan::Scans;
use super::scene::{Claims, Scene};
use super::text;
use crate::analysis::evidence::Event;
use crate::analysis::table::Track;
use crate::analysis::{ClosedBy, ConnectionState, Endpoint, Finding, FindingKind, Flow, RoleBasis, Severity, Verdict};
use crate::capture::Timestamp;
use crate::packet::{IpProtocol, TcpFlags};

/// Unanswered, refused and reset connections of each service.
pub(super) fn find(scene: &Scene<'_>, scans: &Scans, claims: &Claims) -> Vec<Finding> {
    let mut attempts = scene.table.ledger.reach.clone();
    attempts
        .drafts
        .retain(|(_, server), draft| !draft.only_client().is_some_and(|client| scans.have(client, server.address)));
    let flows = scene.table.iter().filter(|(flow, _)| flow.protocol == IpProtocol::TCP && !scans.explain(flow));
    for (flow, track) in flows {
        let fault = fault(flow, scene.end).filter(|_| !claims.has(flow.id));
        attempts.add(flow, track, fault);
    }
    let Attempts { drafts, services, mut alive } = attempts;
    // Those of TCP are known.
    let others = scene.table.iter().map(|(flow, _)| flow).filter(|flow| flow.protocol != IpProtocol::TCP);
    alive.extend(others.filter(|flow| flow.server_to_client.packets > 0).map(|flow| flow.server.address));
    let state = |((fault, server), draft): ((Fault, Endpoint), Draft)| {
        let service = services.get(&server).copied().unwrap_or_default();
        match fault {
            Fault::Unanswered => unanswered(&server, draft, service, alive.contains(&server.address)),
            Fault::Refused => refused(&server, draft, service),
            Fault::Reset { by, unserved } => reset(&server, draft, service, by, unserved),
        }
    };
    drafts.into_iter().map(state).collect()
}

/// What became of connection attempts, by service.
#[derive(Clone, Debug, Default)]
pub(super) struct Attempts {
    drafts: BTreeMap<(Fault, Endpoint), Draft>,
    services: BTreeMap<Endpoint, Service>,
    /// Servers that sent something.
    alive: BTreeSet<IpAddr>,
}

impl Attempts {
    fn add(&mut self, flow: &Flow, track: &Track, fault: Option<Fault>) {
        if let Some(fault) = fault {
            self.drafts.entry((fault, flow.server)).or_default().add(fault, flow, track);
        }
        self.services.entry(flow.server).or_default().count(flow);
        if flow.server_to_client.packets > 0 {
            self.alive.insert(flow.server.address);
        }
    }

    /// All drafts.
    pub(super) fn drafts(&mut self) -> impl Iterator<Item = &mut Draft> {
        self.drafts.values_mut()
    }

    /// Adds the connections of another shard.
    pub(super) fn merge(&mut self, other: Self) {
        for (what, draft) in other.drafts {
            self.drafts.entry(what).or_default().merge(draft);
        }
        for (server, service) in other.services {
            let own = self.services.entry(server).or_default();
            (own.flows, own.open) = (own.flows + service.flows, own.open + service.open);
        }
        self.alive.extend(other.alive);
    }

    /// Adds a flow that is evicted: an answer cannot be waited for any more. Forgets examples beyond a few.
    pub(super) fn add_evicted(&mut self, flow: &Flow, track: &Track) {
        let fault = fault(flow, Timestamp::MAX);
        self.add(flow, track, fault);
        if let Some(draft) = fault.and_then(|fault| self.drafts.get_mut(&(fault, flow.server))) {
            draft.shorten();
        }
    }
}

/// What went wrong with a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fault {
    Unanswered,
    Refused,
    Reset {
        by: By,
        /// The client had sent something and got nothing.
        unserved: bool,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum By {
    Client,
    Server,
}

/// Connections of a service, good and bad.
#[derive(Clone, Copy, Debug, Default)]
struct Service {
    flows: u32,
    /// Connections that the server took.
    open: u32,
}

impl Service {
    fn count(&mut self, flow: &Flow) {
        self.flows += 1;
        let refused = matches!(flow.state, ConnectionState::Rej | ConnectionState::S0 | ConnectionState::Rstos0);
        self.open += u32::from(!refused && flow.server_to_client.packets > 0);
    }
}

impl Draft {
    fn add(&mut self, fault: Fault, flow: &Flow, track: &Track) {
        match fault {
            Fault::Unanswered => {
                self.flow(flow, u64::from(flow.client_to_server.syn));
                self.impact += flow.duration();
                self.frame(flow.first_frame, flow.first);
                self.witnesses(track, Event::Retransmission);
                self.frame(flow.last_frame, flow.last);
            }
            Fault::Refused => {
                self.flow(flow, 1);
                self.witnesses(track, Event::Reset);
            }
            Fault::Reset { .. } => {
                self.flow(flow, 1);
                self.witnesses(track, Event::Reset);
            }
        }
    }
}

fn fault(flow: &Flow, end: Timestamp) -> Option<Fault> {
    let unserved = flow.client_to_server.payload_bytes > 0 && flow.server_to_client.payload_bytes == 0;
    match (flow.state, flow.closed_by) {
        (ConnectionState::S0, _) => is_unanswered(flow, end).then_some(Fault::Unanswered),
        (ConnectionState::Rej, _) => Some(Fault::Refused),
        (ConnectionState::Rstos0, _) => None,
        (_, Some(ClosedBy::ServerReset)) => Some(Fault::Reset { by: By::Server, unserved }),
        // A reset in answer to a SYN-ACK that nobody asked for is what a spoofed SYN brings.
        (_, Some(ClosedBy::ClientReset)) if flow.client_to_server.packets > u64::from(flow.client_to_server.rst) => {
            Some(Fault::Reset { by: By::Client, unserved })
        }
        _ => None,
    }
}

/// A SYN, and time enough for an answer. Acknowledgments show that the answer is only missing in the capture, ICMP errors
/// are told by themselves.
fn is_unanswered(flow: &Flow, end: Timestamp) -> bool {
    let client = &flow.client_to_server;
    let waited = end.saturating_duration_since(flow.first);
    flow.role_basis == RoleBasis::Syn
        && flow.server_to_client.packets == 0
        && !client.tcp_flags.contains(TcpFlags::ACK)
        && flow.icmp_errors == 0
        && (waited >= ANSWER_PATIENCE || client.syn > 1)
}

fn unanswered(server: &Endpoint, draft: Draft, service: Service, alive: bool) -> Finding {
    let flows = u64::from(draft.flows);
    let rest = match service.open {
        0 if alive => "; the host answers on other ports".to_owned(),
        0 => "; nothing at all came from that host".to_owned(),
        open => format!("; it took {}", text::count(u64::from(open), "other connection")),
    };
    let lasting = service.open == 0 && (draft.events > flows || flows > 2);
    let time = if draft.events > 1 { format!(" within {}", text::short(draft.duration())) } else { String::new() };
    let summary = format!(
        "{} from {} to {} got no answer ({}{time}){rest}.",
        text::count(flows, "connection attempt"),
        draft.clients(),
        draft.service(server),
        text::count(draft.events, "SYN"),
    );
    draft.state(Statement {
        kind: FindingKind::TcpUnansweredSyn,
        severity: if lasting { Severity::Critical } else { Severity::Warning },
        confidence: if lasting { 0.95 } else { 0.8 },
        verdict: match (service.open, alive) {
            (0, false) => Verdict::Unknown,
            (0, true) => Verdict::Network,
            _ => Verdict::Server,
        },
        title: "connection attempts without an answer".to_owned(),
        summary,
        server: Some(*server),
        wireshark_filter: syn_filter(server),
        next_steps: "Check that the server is up and listens, then look for a firewall or a missing route that drops the SYN or \
                     the answer; where some attempts succeed, look at the server's accept queue.",
    })
}

fn refused(server: &Endpoint, draft: Draft, service: Service) -> Finding {
    let rest = match service.open {
        0 => "none was accepted".to_owned(),
        open => format!("it took {}", text::count(u64::from(open), "other")),
    };
    let summary = format!(
        "{} refused {} from {} with a reset; {rest}.",
        draft.service(server),
        text::count(u64::from(draft.flows), "connection attempt"),
        draft.clients(),
    );
    draft.state(Statement {
        kind: FindingKind::TcpRefused,
        severity: if service.open == 0 { Severity::Critical } else { Severity::Warning },
        confidence: 0.95,
        verdict: Verdict::Server,
        title: "connections refused".to_owned(),
        summary,
        server: Some(*server),
        wireshark_filter: format!(
            "tcp.flags.reset == 1 && {} && tcp.srcport == {}",
            text::from(server.address),
            server.port
        ),
        next_steps: "Nothing listens on that port, or a firewall rejects: check that the service runs, on which address it \
                     listens, and that the client uses the right port.",
    })
}

fn reset(server: &Endpoint, draft: Draft, service: Service, by: By, unserved: bool) -> Finding {
    let (who, peer) = match by {
        By::Client => (draft.clients(), draft.service(server)),
        By::Server => (draft.service(server), draft.clients()),
    };
    let what = match (unserved, by) {
        (true, By::Server) => "after the client had sent data, without a response",
        (true, By::Client) => "after it had sent data and got no response",
        (false, _) => "without closing them first",
    };
    let flows = draft.flows;
    let share = f64::from(flows) / f64::from(service.flows.max(1));
    let summary = format!("{who} reset {} with {peer} {what}.", text::count(u64::from(flows), "connection"));
    let often = flows >= MANY_RESETS && share >= RESET_SHARE;
    let severity = match (unserved, by) {
        (true, _) => Severity::Warning,
        (false, By::Server) if often => Severity::Warning,
        _ => Severity::Note,
    };
    let (direction, port) = match by {
        By::Client => (text::to(server.address), "tcp.dstport"),
        By::Server => (text::from(server.address), "tcp.srcport"),
    };
    draft.state(Statement {
        kind: FindingKind::TcpReset,
        severity,
        confidence: if unserved { 0.8 } else { 0.6 },
        verdict: if by == By::Client { Verdict::Client } else { Verdict::Server },
        title: format!("connections reset by the {}", if by == By::Client { "client" } else { "server" }),
        summary,
        server: Some(*server),
        wireshark_filter: format!("tcp.flags.reset == 1 && {direction} && {port} == {}", server.port),
        next_steps: "Look at what was sent last before the reset, and for a timeout, a crash or a limit in that program; if the \
                     time to live of the reset differs from that of the other packets, a box in between sent it.",
    })
}

fn syn_filter(server: &Endpoint) -> String {
    format!(
        "tcp.flags.syn == 1 && tcp.flags.ack == 0 && {} && tcp.dstport == {}",
        text::to(server.address),
        server.port
    )
}

/// The first retransmission of a SYN comes after 1 s, the second after 3 s.
const ANSWER_PATIENCE: Duration = Duration::from_secs(3);
/// Servers end idle connections by resets: only many of them are worth a warning.
const MANY_RESETS: u32 = 10;
/// Of the connections of a service.
const RESET_SHARE: f64 = 0.2;

//! Destinations that ICMP says cannot be reached.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::draft::{Draft, Statement};
use super::scene::Scene;
use super::text;
use crate::analysis::analyzer::Numbers;
use crate::analysis::{Endpoint, Finding, FindingKind, IcmpMessage, Severity, Verdict};
use crate::packet::IpProtocol;

/// ICMP errors, added up by reason and destination.
#[derive(Debug, Default)]
pub(in crate::analysis) struct Unreachables {
    drafts: BTreeMap<Destination, Draft>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Destination {
    reason: Reason,
    reporter: IpAddr,
    address: IpAddr,
    protocol: IpProtocol,
    port: u16,
}

/// Why a packet did not arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Reason {
    NoRoute,
    Host,
    Port,
    Prohibited,
    Other,
}

impl Unreachables {
    /// Takes a message; what is no error about a packet that did not arrive tells nothing.
    pub(in crate::analysis) fn note(&mut self, message: &IcmpMessage) {
        let reporter = message.source;
        let Some(quoted) = &message.quoted else { return };
        let Some(reason) = reason(reporter.is_ipv6(), message.message_type, message.code) else { return };
        // Who traces a route wants these errors.
        let traced = quoted.protocol == IpProtocol::UDP && text::TRACEROUTE_PORTS.contains(&quoted.destination_port);
        if reason == Reason::Port && traced {
            return;
        }
        let destination = Destination {
            reason,
            reporter,
            address: quoted.destination,
            protocol: quoted.protocol,
            // A host that is gone is one finding, whatever was wanted of it.
            port: if reason == Reason::Port { quoted.destination_port } else { 0 },
        };
        if self.drafts.len() >= MAX_DESTINATIONS && !self.drafts.contains_key(&destination) {
            return;
        }
        let draft = self.drafts.entry(destination).or_default();
        draft.events += 1;
        draft.frame(message.frame, message.time);
        draft.client(Endpoint { address: quoted.source, port: quoted.source_port });
        if let Some(id) = message.flow_id {
            draft.flow_id(id);
        }
    }

    /// Puts the right numbers of flows in the place of those of a shard.
    pub(in crate::analysis) fn renumber(&mut self, numbers: &Numbers) {
        self.drafts.values_mut().for_each(|draft| draft.renumber(numbers));
    }

    /// Adds what another shard was told.
    pub(in crate::analysis) fn merge(&mut self, other: Self) {
        for (destination, draft) in other.drafts {
            if self.drafts.len() < MAX_DESTINATIONS || self.drafts.contains_key(&destination) {
                self.drafts.entry(destination).or_default().merge(draft);
            }
        }
    }
}

/// A finding for each destination, of what messages tell and those that were evicted.
pub(super) fn find(scene: &Scene<'_>, mut unreachables: Unreachables) -> Vec<Finding> {
    scene.icmp.iter().for_each(|message| unreachables.note(message));
    unreachables.drafts.into_iter().map(|(destination, draft)| state(&destination, draft)).collect()
}

fn state(destination: &Destination, draft: Draft) -> Finding {
    let Destination { reason, reporter, address, protocol, port } = *destination;
    let server = Endpoint { address, port };
    let what = match reason {
        Reason::NoRoute => "there is no route to",
        Reason::Host => "nobody answers for",
        Reason::Port => "nothing listens on",
        Reason::Prohibited => "a filter forbids to reach",
        Reason::Other => "it cannot deliver to",
    };
    let target = if port == 0 { server.to_string() } else { format!("{protocol} {server}") };
    let summary = format!(
        "{reporter} told {} {} that {what} {target}.",
        draft.clients(),
        if draft.events == 1 { "once".to_owned() } else { format!("{} times", draft.events) },
    );
    let kind = if reporter.is_ipv6() { "icmpv6.type == 1" } else { "icmp.type == 3" };
    let severity = match reason {
        Reason::Other => Severity::Note,
        // An answer that comes after the client has closed its socket.
        Reason::Port if port >= FIRST_EPHEMERAL => Severity::Note,
        _ if draft.events >= LASTING => Severity::Warning,
        _ => Severity::Note,
    };
    draft.state(Statement {
        kind: FindingKind::IcmpUnreachable,
        severity,
        confidence: 0.9,
        verdict: if reason == Reason::Port { Verdict::Server } else { Verdict::Network },
        title: "destination unreachable".to_owned(),
        summary,
        server: Some(server),
        wireshark_filter: format!("{kind} && {} && {}", text::from(reporter), text::host(address)),
        next_steps: match reason {
            Reason::Port => "Check that the service runs there and that the client has the right address and port.",
            Reason::Prohibited => "Look at the rules of the firewall that reports, and whether the traffic is wanted.",
            _ => "Check that the destination is up, then the routes and neighbours of the router that reports.",
        },
    })
}

/// Nothing for messages that are no failure to deliver.
fn reason(is_ipv6: bool, kind: u8, code: u8) -> Option<Reason> {
    Some(match (is_ipv6, kind, code) {
        (false, 3, 0 | 6 | 11) | (true, 1, 0) => Reason::NoRoute,
        (false, 3, 1 | 7 | 12) | (true, 1, 3) => Reason::Host,
        (false, 3, 3) | (true, 1, 4) => Reason::Port,
        (false, 3, 9 | 10 | 13) | (true, 1, 1 | 5 | 6) => Reason::Prohibited,
        // Too big for a link: told by itself.
        (false, 3, 4) => return None,
        (false, 3, _) | (true, 1, _) => Reason::Other,
        _ => return None,
    })
}

/// Destinations that are told apart; a sweep over dead addresses meets more.
const MAX_DESTINATIONS: usize = 1024;
/// Errors that are more than a passing trouble.
const LASTING: u64 = 3;
/// Where Linux begins to number the sockets of clients.
const FIRST_EPHEMERAL: u16 = 32_768;

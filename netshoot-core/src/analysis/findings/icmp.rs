//! Destinations that ICMP says cannot be reached.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::draft::{Draft, Statement};
use super::text;
use crate::analysis::analyzer::Note;
use crate::analysis::{Endpoint, Finding, FindingKind, Severity, Verdict};
use crate::packet::{FiveTuple, IpProtocol};

/// ICMP errors as they come, added up by reason and destination.
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
    TooBig,
    Other,
}

impl Unreachables {
    /// Takes an ICMP error of `kind` and `code` that `reporter` sent about a packet with the addresses of `quoted`.
    pub(in crate::analysis) fn note(&mut self, kind: u8, code: u8, reporter: IpAddr, quoted: &FiveTuple, note: Note) {
        let Some(reason) = reason(reporter.is_ipv6(), kind, code) else { return };
        // Who traces a route wants these errors.
        let traced = quoted.protocol == IpProtocol::UDP && TRACEROUTE_PORTS.contains(&quoted.destination_port);
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
        draft.frame(note.frame, note.time);
        draft.client(Endpoint { address: quoted.source, port: quoted.source_port });
        if note.flow_id != u32::MAX {
            draft.flow_id(note.flow_id);
        }
    }
}

/// A finding for each destination.
pub(super) fn find(unreachables: &Unreachables) -> Vec<Finding> {
    unreachables.drafts.iter().map(|(destination, draft)| state(destination, draft.clone())).collect()
}

fn state(destination: &Destination, draft: Draft) -> Finding {
    let Destination { reason, reporter, address, protocol, port } = *destination;
    let server = Endpoint { address, port };
    let what = match reason {
        Reason::NoRoute => "there is no route to",
        Reason::Host => "nobody answers for",
        Reason::Port => "nothing listens on",
        Reason::Prohibited => "a filter forbids to reach",
        Reason::TooBig => "packets are too big for the path to",
        Reason::Other => "it cannot deliver to",
    };
    let target = if port == 0 { server.to_string() } else { format!("{protocol} {server}") };
    let summary = format!(
        "{reporter} told {} {} that {what} {target}.",
        draft.clients(),
        if draft.events == 1 { "once".to_owned() } else { format!("{} times", draft.events) },
    );
    let kind = if reporter.is_ipv6() { "icmpv6.type <= 2" } else { "icmp.type == 3" };
    let severity = match reason {
        // Path MTU discovery at work.
        Reason::TooBig | Reason::Other => Severity::Note,
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
            Reason::TooBig => {
                "Harmless if the sender then sends smaller packets; if it does not, ICMP is filtered on its way."
            }
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
        (false, 3, 4) | (true, 2, _) => Reason::TooBig,
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
/// traceroute(8) counts up from 33434.
const TRACEROUTE_PORTS: std::ops::Range<u16> = 33_434..33_690;

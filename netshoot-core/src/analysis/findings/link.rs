//! Neighbours: addresses that two machines claim, and addresses that nobody answers for.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::net::{IpAddr, Ipv4Addr};

use super::draft::{Draft, Statement};
use super::scene::Scene;
use super::text;
use crate::analysis::{ArpKind, ArpMessage, DhcpOutcome, Endpoint, Finding, FindingKind, Severity, Verdict};
use crate::packet::MacAddress;

/// Conflicts and silent neighbours.
pub(super) fn find(scene: &Scene<'_>) -> Vec<Finding> {
    let mut findings = conflicts(scene);
    findings.extend(silent(scene));
    findings
}

/// Who claims an address.
#[derive(Default)]
struct Claimed {
    draft: Draft,
    machines: BTreeSet<MacAddress>,
    /// Claims in answer to a question, not announced.
    unannounced: u64,
    declined: bool,
}

fn conflicts(scene: &Scene<'_>) -> Vec<Finding> {
    let mut addresses: BTreeMap<Ipv4Addr, Claimed> = BTreeMap::new();
    for arp in scene.arp {
        let Some(other) = arp.conflict else { continue };
        let is_probe = arp.kind == ArpKind::Probe;
        let claimed = addresses.entry(if is_probe { arp.target } else { arp.sender }).or_default();
        claimed.machines.extend([arp.sender_mac, other]);
        claimed.unannounced += u64::from(arp.kind != ArpKind::Gratuitous);
        claimed.draft.events += 1;
        claimed.draft.frame(arp.frame, arp.time);
        arp.reply_frame.into_iter().for_each(|frame| claimed.draft.frame(frame, arp.time));
    }
    for dhcp in scene.dhcp.iter().filter(|dhcp| dhcp.outcome == DhcpOutcome::Declined) {
        let Some(address) = dhcp.requested.or(dhcp.offered) else { continue };
        let claimed = addresses.entry(address).or_default();
        claimed.machines.extend(dhcp.client_mac);
        claimed.declined = true;
        claimed.draft.events += 1;
        claimed.draft.frame(dhcp.last_frame, dhcp.time);
    }
    addresses.into_iter().map(|(address, claimed)| conflict(address, claimed)).collect()
}

fn conflict(address: Ipv4Addr, claimed: Claimed) -> Finding {
    let Claimed { draft, machines, unannounced, declined } = claimed;
    let names = machines.iter().map(MacAddress::to_string).collect::<Vec<_>>().join(", ");
    // Who takes over an address, as a cluster does, announces it and keeps it.
    let moved = unannounced == 0 && draft.events == 1 && !declined;
    let what = match (moved, declined) {
        (true, _) => format!("{address} moved from one machine to another"),
        (_, true) => format!("a client of DHCP found {address} in use"),
        _ => format!("several machines claim {address}"),
    };
    let summary = format!("{what} ({names}), seen {}.", text::times(draft.events));
    let lasting = draft.events >= FLIPS;
    draft.state(Statement {
        kind: FindingKind::AddressConflict,
        severity: match () {
            () if moved => Severity::Note,
            () if lasting && !declined => Severity::Critical,
            () => Severity::Warning,
        },
        confidence: if moved { 0.5 } else { 0.9 },
        verdict: if moved { Verdict::Unknown } else { Verdict::Network },
        title: if moved { "address moved" } else { "address conflict" }.to_owned(),
        summary,
        server: Some(Endpoint { address: IpAddr::V4(address), port: 0 }),
        wireshark_filter: format!("arp.src.proto_ipv4 == {address} || arp.dst.proto_ipv4 == {address}"),
        next_steps: "Find both machines by their hardware addresses (tables of the switches), give one another address, and keep \
                     fixed addresses out of the range of DHCP.",
    })
}

/// Questions about one address.
#[derive(Default)]
struct Silent<'a> {
    requests: Vec<&'a ArpMessage>,
    askers: BTreeSet<MacAddress>,
}

fn silent(scene: &Scene<'_>) -> Vec<Finding> {
    let alive: HashSet<Ipv4Addr> = scene.arp.iter().map(|arp| arp.sender).collect();
    let mut targets: BTreeMap<Ipv4Addr, Silent<'_>> = BTreeMap::new();
    for arp in scene.arp.iter().filter(|arp| arp.kind == ArpKind::Request && !alive.contains(&arp.target)) {
        let silent = targets.entry(arp.target).or_default();
        silent.requests.push(arp);
        silent.askers.insert(arp.sender_mac);
    }
    let mut wanted: BTreeMap<MacAddress, u32> = BTreeMap::new();
    targets.values().flat_map(|silent| &silent.askers).for_each(|asker| *wanted.entry(*asker).or_default() += 1);
    // Who asks for very many looks who is there.
    let sweeps = |asker: &MacAddress| wanted.get(asker).is_some_and(|count| *count >= SWEEP);
    targets.retain(|_, silent| silent.requests.len() >= MANY_REQUESTS && !silent.askers.iter().all(sweeps));
    if targets.is_empty() {
        return Vec::new();
    }
    let heard = heard(scene);
    let is_heard = |arp: &&ArpMessage| heard.contains(&arp.sender_mac);
    targets.retain(|_, silent| silent.requests.iter().any(is_heard));
    targets.into_iter().map(|(address, silent)| unanswered(address, &silent)).collect()
}

/// Who gets answers that the capture has: those to others may not pass there.
pub(super) fn heard(scene: &Scene<'_>) -> HashSet<MacAddress> {
    let answered = scene.arp.iter().filter(|arp| arp.reply_frame.is_some()).map(|arp| arp.sender_mac);
    let mut heard: HashSet<MacAddress> = answered.collect();
    let talks: HashSet<IpAddr> = scene
        .table
        .iter()
        .filter(|(flow, _)| flow.client_to_server.packets > 0 && flow.server_to_client.packets > 0)
        .flat_map(|(flow, _)| [flow.client.address, flow.server.address])
        .collect();
    heard.extend(scene.arp.iter().filter(|arp| talks.contains(&IpAddr::V4(arp.sender))).map(|arp| arp.sender_mac));
    heard
}

fn unanswered(address: Ipv4Addr, silent: &Silent<'_>) -> Finding {
    let mut draft = Draft::default();
    for arp in &silent.requests {
        draft.events += 1;
        draft.frame(arp.frame, arp.time);
        draft.client(Endpoint { address: IpAddr::V4(arp.sender), port: 0 });
    }
    draft.impact = draft.duration();
    let summary = format!(
        "{} asked {} within {} who has {address}, and nobody answered.",
        draft.clients(),
        text::times(draft.events),
        text::short(draft.duration()),
    );
    draft.state(Statement {
        kind: FindingKind::ArpUnanswered,
        severity: Severity::Warning,
        confidence: 0.8,
        verdict: Verdict::Unknown,
        title: "nobody answers for an address".to_owned(),
        summary,
        server: Some(Endpoint { address: IpAddr::V4(address), port: 0 }),
        wireshark_filter: format!("arp.dst.proto_ipv4 == {address}"),
        next_steps: "Check that the machine is up and has this address, that both are in the same VLAN, and that the netmask of \
                     the one that asks is right.",
    })
}

/// Changes of the machine behind an address beyond which it goes to and fro.
const FLIPS: u64 = 2;
/// Linux asks three times before it gives up.
const MANY_REQUESTS: usize = 3;
/// Silent addresses of one asker.
const SWEEP: u32 = super::sweep::MIN_SILENT as u32;

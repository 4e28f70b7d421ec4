//! Machines that ask ARP for one address after the other: they look who is there.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use super::draft::{Draft, Statement};
use super::link;
use super::scan::Probe;
use super::scene::Scene;
use super::text;
use crate::analysis::{ArpKind, Endpoint, Finding, FindingKind, Severity, Verdict};
use crate::capture::Timestamp;
use crate::packet::MacAddress;

/// What one machine asked for.
#[derive(Default)]
struct Asked {
    draft: Draft,
    machines: BTreeSet<MacAddress>,
    answered: BTreeSet<Ipv4Addr>,
    /// With the time of the first question.
    silent: BTreeMap<Ipv4Addr, Timestamp>,
}

/// A machine that looks who is there.
pub(super) struct Sweep {
    pub(super) client: IpAddr,
    /// Addresses of those it looked at that it tried to connect to.
    pub(super) tried: BTreeSet<IpAddr>,
    pub(super) finding: Finding,
}

/// Those who asked for many addresses that nobody has, with `probes` of connections by client, in order.
pub(super) fn find(scene: &Scene<'_>, probes: &[Probe]) -> Vec<Sweep> {
    let mut askers: BTreeMap<Ipv4Addr, Asked> = BTreeMap::new();
    for arp in scene.arp.iter().filter(|arp| arp.kind == ArpKind::Request && arp.sender != arp.target) {
        let asked = askers.entry(arp.sender).or_default();
        asked.machines.insert(arp.sender_mac);
        if arp.reply_frame.is_some() {
            asked.answered.insert(arp.target);
        } else {
            asked.silent.entry(arp.target).or_insert(arp.time);
        }
        asked.draft.frame(arp.frame, arp.time);
    }
    askers.retain(|_, asked| asked.sweeps());
    if askers.is_empty() {
        return Vec::new();
    }
    let heard = link::heard(scene);
    askers.retain(|_, asked| asked.machines.iter().any(|machine| heard.contains(machine)));
    let judge = |(asker, asked): (Ipv4Addr, Asked)| {
        let client = IpAddr::V4(asker);
        let from = probes.partition_point(|probe| probe.client < client);
        let own = probes.iter().skip(from).take_while(|probe| probe.client == client);
        state(client, asked, own)
    };
    askers.into_iter().map(judge).collect()
}

impl Asked {
    /// Whether it asked for many addresses that nobody has, in a short time.
    fn sweeps(&mut self) -> bool {
        self.silent.retain(|target, _| !self.answered.contains(target));
        let mut times: Vec<Timestamp> = self.silent.values().copied().collect();
        times.sort_unstable();
        let mut rows = times.iter().zip(times.iter().skip(MIN_SILENT - 1));
        self.silent.len() >= self.answered.len()
            && rows.any(|(first, last)| last.saturating_duration_since(*first) <= SHORT)
    }

    /// Whether it asked for an address, or for most of the 256 around it: then the capture may lack that question.
    fn has(&self, address: IpAddr) -> bool {
        let IpAddr::V4(address) = address else { return false };
        let (first, last) = (u32::from(address) & !0xff, u32::from(address) | 0xff);
        self.silent.contains_key(&address)
            || self.answered.contains(&address)
            || self.silent.range(Ipv4Addr::from(first)..=Ipv4Addr::from(last)).count() >= MOST
    }
}

fn state<'a>(client: IpAddr, asked: Asked, probes: impl Iterator<Item = &'a Probe>) -> Sweep {
    let mut draft = asked.draft.clone();
    let targets = asked.answered.len() + asked.silent.len();
    let duration = draft.duration();
    draft.client(Endpoint { address: client, port: 0 });
    draft.events = targets as u64;
    let mut tried = BTreeSet::new();
    for probe in probes.filter(|probe| asked.has(probe.server.address)) {
        draft.flow_id(probe.flow_id);
        draft.frame(probe.frame, probe.time);
        tried.insert(probe.server.address);
    }
    let attempts = match draft.flows {
        0 => String::new(),
        flows => format!("; it tried {} and exchanged no data", text::count(u64::from(flows), "connection")),
    };
    let answers = match asked.answered.len() {
        0 => "the capture shows no answer".to_owned(),
        answers => format!("{answers} answered"),
    };
    let within = text::short(duration);
    let summary =
        format!("{client} asked for {targets} addresses of its network within {within}: {answers}{attempts}.");
    let tries = draft.flows > 0;
    let finding = draft.state(Statement {
        kind: FindingKind::PortScan,
        // A router asks for others, too.
        severity: if tries { Severity::Warning } else { Severity::Note },
        confidence: if tries { 0.85 } else { 0.6 },
        verdict: Verdict::Client,
        title: "scan of the local network".to_owned(),
        summary,
        server: None,
        wireshark_filter: format!("arp.src.proto_ipv4 == {client} || {}", text::from(client)),
        next_steps: "Find out who runs the client: an inventory or monitoring job is harmless, anything else is an intrusion in \
                     the making; where it is a router, look for who sends through it to addresses that nobody has.",
    });
    Sweep { client, tried, finding }
}

/// Addresses that nobody has: fewer may be machines that are off.
pub(super) const MIN_SILENT: usize = 20;
/// Of 256 addresses.
const MOST: usize = 128;
/// Time in which so many are asked for: who asks more slowly may have other reasons.
const SHORT: Duration = Duration::from_secs(20);

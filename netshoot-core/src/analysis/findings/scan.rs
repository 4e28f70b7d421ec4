//! Scans of ports and of hosts.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

use super::draft::{Draft, Statement};
use super::scene::Scene;
use super::sweep::{self, Sweep};
use super::text;
use crate::analysis::{ClosedBy, ConnectionState, Endpoint, Finding, FindingKind, Flow, Severity, Verdict};
use crate::capture::Timestamp;
use crate::packet::IpProtocol;

/// What was found, and who is behind it.
#[derive(Debug, Default)]
pub(super) struct Scans {
    pub(super) findings: Vec<Finding>,
    /// Clients that scan, in order.
    clients: Vec<IpAddr>,
    /// Clients that look who is there on the local network, with the addresses that they tried.
    sweeps: BTreeSet<(IpAddr, IpAddr)>,
}

impl Scans {
    /// Whether a flow is part of a scan, so that its failure is not worth telling.
    pub(super) fn explain(&self, flow: &Flow) -> bool {
        is_probe(flow) && self.have(flow.client.address, flow.server.address)
    }

    /// Whether `client` tried `server` as one of many.
    pub(super) fn have(&self, client: IpAddr, server: IpAddr) -> bool {
        self.clients.binary_search(&client).is_ok() || self.sweeps.contains(&(client, server))
    }
}

/// A connection attempt that brought no data.
pub(super) struct Probe {
    pub(super) client: IpAddr,
    pub(super) server: Endpoint,
    pub(super) time: Timestamp,
    pub(super) frame: u64,
    pub(super) flow_id: u32,
}

/// Clients that tried many ports or many hosts in a short time.
pub(super) fn find(scene: &Scene<'_>) -> Scans {
    let mut probes: Vec<Probe> =
        scene.table.iter().filter(|(flow, _)| is_probe(flow)).map(|(flow, _)| probe(flow)).collect();
    probes.sort_unstable_by_key(|probe| (probe.client, probe.server, probe.frame));
    let mut scans = Scans::default();
    for probes in probes.chunk_by(|a, b| a.client == b.client) {
        if let Some(finding) = judge(probes) {
            scans.clients.extend(probes.first().map(|probe| probe.client));
            scans.findings.push(finding);
        }
    }
    for Sweep { client, tried, finding } in sweep::find(scene, &probes) {
        if scans.clients.binary_search(&client).is_err() {
            scans.sweeps.extend(tried.into_iter().map(|server| (client, server)));
            scans.findings.push(finding);
        }
    }
    scans
}

fn judge(probes: &[Probe]) -> Option<Finding> {
    let client = probes.first()?.client;
    let targets = probes.chunk_by(|a, b| a.server == b.server).count();
    let hosts = probes.chunk_by(|a, b| a.server.address == b.server.address).count();
    if targets < MIN_TARGETS {
        return None;
    }
    let mut draft = Draft::default();
    let mut by_time: Vec<&Probe> = probes.iter().collect();
    by_time.sort_unstable_by_key(|probe| probe.frame);
    for probe in by_time {
        draft.events += 1;
        draft.flow_id(probe.flow_id);
        draft.frame(probe.frame, probe.time);
    }
    draft.client(Endpoint { address: client, port: 0 });
    let duration = draft.duration();
    if duration > MAX_PAUSE * u32::try_from(targets).unwrap_or(u32::MAX) {
        return None;
    }
    let one_host = hosts == 1;
    let server = probes.first().filter(|_| one_host).map(|probe| Endpoint { port: 0, ..probe.server });
    let what = match &server {
        Some(server) => format!("{targets} ports of {server}"),
        None => format!("{targets} services on {hosts} hosts"),
    };
    Some(draft.state(Statement {
        kind: FindingKind::PortScan,
        severity: Severity::Warning,
        // One host refusing many ports is plain; many hosts silent on one port may also be a network that is gone.
        confidence: if one_host || targets > 2 * hosts { 0.95 } else { 0.7 },
        verdict: Verdict::Client,
        title: "port scan".to_owned(),
        summary: format!("{client} tried {what} within {} and exchanged no data.", text::short(duration)),
        server,
        wireshark_filter: format!("tcp.flags.syn == 1 && tcp.flags.ack == 0 && {}", text::from(client)),
        next_steps: "Find out who runs the client: an inventory or monitoring job is harmless, anything else is an intrusion in \
                     the making.",
    }))
}

/// A TCP connection that carried nothing: unanswered, refused, or dropped by the client once it was open.
pub(in crate::analysis) fn is_probe(flow: &Flow) -> bool {
    let silent = flow.client_to_server.payload_bytes == 0 && flow.server_to_client.payload_bytes == 0;
    let failed = match flow.state {
        ConnectionState::S0 | ConnectionState::Rej | ConnectionState::Rstos0 | ConnectionState::Sh => true,
        _ => flow.closed_by == Some(ClosedBy::ClientReset),
    };
    flow.protocol == IpProtocol::TCP && silent && failed
}

fn probe(flow: &Flow) -> Probe {
    let (client, server) = (flow.client.address, flow.server);
    Probe { client, server, time: flow.first, frame: flow.first_frame, flow_id: flow.id }
}

/// Fewer services than that a client may well try without an answer.
const MIN_TARGETS: usize = 20;
/// On average: what comes more slowly is not told from clients whose servers fail one by one.
const MAX_PAUSE: Duration = Duration::from_secs(5);

//! What the rules look at.

use std::sync::OnceLock;

use foldhash::fast::RandomState;
use hashbrown::{HashMap, HashSet};

use super::scan::Scans;
use crate::analysis::log::Notable;
use crate::analysis::table::{Table, Track};
use crate::analysis::{
    ArpMessage, Call, CaptureSummary, ConnectionState, DhcpExchange, DirectionStats, DnsTransaction, Endpoint, Flow,
    IcmpMessage, QuicConnection, Report, TlsHandshake,
};
use crate::capture::Timestamp;
use crate::packet::IpProtocol;

/// Everything that was seen.
pub(in crate::analysis) struct Scene<'a> {
    pub(super) summary: &'a CaptureSummary,
    /// Flows to judge.
    pub(super) table: &'a Table,
    pub(super) dns: &'a [DnsTransaction],
    calls: [&'a [Call]; 2],
    tls: [&'a [TlsHandshake]; 2],
    pub(super) quic: &'a [QuicConnection],
    pub(super) icmp: &'a [IcmpMessage],
    pub(super) arp: &'a [ArpMessage],
    pub(super) dhcp: &'a [DhcpExchange],
    evicted_calls: u64,
    /// The time of the last frame.
    pub(super) end: Timestamp,
    /// Flows that go on, of which calls and handshakes may tell already.
    live: Option<&'a Table>,
    flows: OnceLock<Vec<FlowTrack<'a>>>,
}

/// What is added up by service, to be sorted once it is complete: there are many calls and flows for each.
pub(super) type ByService<T> = HashMap<Endpoint, T, RandomState>;

/// Services in order.
pub(super) fn sorted<T>(services: ByService<T>) -> Vec<(Endpoint, T)> {
    let mut services: Vec<_> = services.into_iter().collect();
    services.sort_unstable_by_key(|(server, _)| *server);
    services
}

/// A flow, and what else is known of it.
pub(super) type FlowTrack<'a> = (&'a Flow, &'a Track);

impl<'a> Scene<'a> {
    /// The scene of a `report` without findings and flows, with the flows of `table` to judge, and others that are `live`.
    /// What is `notable` of what the report has lost to the memory limit belongs to it.
    pub(in crate::analysis) fn new(
        report: &'a Report,
        notable: &'a Notable,
        table: &'a Table,
        live: Option<&'a Table>,
    ) -> Self {
        Self {
            summary: &report.capture,
            table,
            dns: &report.dns,
            calls: [&notable.calls, &report.calls],
            tls: [&notable.tls, &report.tls],
            quic: &report.quic,
            icmp: &report.icmp,
            arp: &report.arp,
            dhcp: &report.dhcp,
            evicted_calls: report.evicted.calls,
            end: report.capture.last.unwrap_or_default(),
            live,
            flows: OnceLock::new(),
        }
    }

    /// Calls, some of which the report has lost.
    pub(super) fn calls(&self) -> impl Iterator<Item = &'a Call> {
        self.calls.into_iter().flatten()
    }

    /// Whether there were more calls than these.
    pub(super) fn forgets_calls(&self) -> bool {
        self.evicted_calls > 0
    }

    /// Handshakes, some of which the report has lost.
    pub(super) fn handshakes(&self) -> impl Iterator<Item = &'a TlsHandshake> {
        self.tls.into_iter().flatten()
    }

    /// The flow of that number.
    pub(super) fn flow(&self, id: u32) -> Option<FlowTrack<'a>> {
        let flows = self.flows.get_or_init(|| {
            let mut flows: Vec<_> = self.table.iter().chain(self.live.into_iter().flat_map(Table::iter)).collect();
            // Mostly they are in order.
            flows.sort_unstable_by_key(|(flow, _)| flow.id);
            flows
        });
        let first = flows.first()?.0.id;
        let direct = flows.get(id.checked_sub(first)? as usize).filter(|(flow, _)| flow.id == id);
        direct.or_else(|| flows.get(flows.binary_search_by_key(&id, |(flow, _)| flow.id).ok()?)).copied()
    }

    /// The TCP flows that something may be wrong with, in one walk over all; none of them is a probe of a scan.
    pub(super) fn suspects(&self, scans: &Scans) -> Suspects<'a> {
        let mut suspects = Suspects::default();
        for (flow, track) in self.table.iter().filter(|(flow, _)| flow.protocol == IpProtocol::TCP) {
            let carries = flow.client_to_server.payload_bytes + flow.server_to_client.payload_bytes > 0;
            suspects.flows += u64::from(carries);
            suspects.packets += flow.packets();
            if is_suspect(flow, track) && !scans.explain(flow) {
                suspects.list.push((flow, track));
            }
        }
        suspects
    }
}

/// TCP flows that something may be wrong with.
#[derive(Default)]
pub(super) struct Suspects<'a> {
    pub(super) list: Vec<FlowTrack<'a>>,
    /// All TCP flows with data, and the packets of all TCP flows.
    pub(super) flows: u64,
    pub(super) packets: u64,
}

impl<'a> Suspects<'a> {
    pub(super) fn iter(&self) -> impl Iterator<Item = FlowTrack<'a>> {
        self.list.iter().copied()
    }
}

fn is_suspect(flow: &Flow, track: &Track) -> bool {
    let (client, server) = (&flow.client_to_server, &flow.server_to_client);
    track.evidence.is_some()
        || client.packets == 0
        || server.packets == 0
        || client.syn > 1
        || server.syn > 1
        || client.duplicate_capture > 0
        || server.duplicate_capture > 0
        || flow.syn_rtt.is_some_and(|rtt| rtt >= super::connect::SLOW)
        || client.receiver_limited.max(server.receiver_limited) >= super::window::LONG
        || flow.state != ConnectionState::Sf
        || track.broken_silence().is_some()
}

/// Both directions, each with the other: the sender's own and the receiver's.
pub(super) fn directions(flow: &Flow) -> [(&DirectionStats, &DirectionStats, bool); 2] {
    let (client, server) = (&flow.client_to_server, &flow.server_to_client);
    [(client, server, true), (server, client, false)]
}

/// Flows whose trouble is explained.
#[derive(Debug, Default)]
pub(super) struct Claims {
    flows: HashSet<u32, RandomState>,
}

/// Queries whose trouble is explained, by their frames.
#[derive(Debug, Default)]
pub(super) struct Queries(HashSet<u64, RandomState>);

impl Claims {
    pub(super) fn add(&mut self, flow: u32) {
        self.flows.insert(flow);
    }

    #[inline]
    pub(super) fn has(&self, flow: u32) -> bool {
        !self.flows.is_empty() && self.flows.contains(&flow)
    }
}

impl Queries {
    pub(super) fn add(&mut self, frame: u64) {
        self.0.insert(frame);
    }

    pub(super) fn has(&self, frame: u64) -> bool {
        self.0.contains(&frame)
    }
}

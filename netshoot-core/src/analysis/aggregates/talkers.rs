//! Who sends how much, and to whom.

use std::cmp::Reverse;
use std::net::IpAddr;

use super::{Bounded, Entry, MAX_TALKERS, Traffic};
use crate::analysis::{DirectionStats, Flow, Report};
use crate::capture::Timestamp;

/// The traffic of each IP address. A packet inside of a tunnel counts as well as the one around it.
///
/// ```no_run
/// use std::ops::ControlFlow;
/// use netshoot_core::analysis::{Endpoints, Options, analyze};
/// use netshoot_core::capture::Reader;
///
/// let mut reader = Reader::open("incident.pcap")?;
/// let report = analyze(&mut reader, &Options::default(), |_, _| ControlFlow::Continue(()))?;
/// for endpoint in Endpoints::of(&report).rows().iter().take(10) {
///     println!("{} sent {} octets", endpoint.address, endpoint.sent.bytes);
/// }
/// # Ok::<(), netshoot_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Endpoints(Bounded<IpAddr, Counts<false>>);

/// The traffic between each two IP addresses, over all protocols and ports.
#[derive(Clone, Debug, PartialEq)]
pub struct Conversations(Bounded<(IpAddr, IpAddr), Counts<true>>);

/// The traffic of an IP address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EndpointTraffic {
    /// The address.
    pub address: IpAddr,
    /// Flows of which it is an end.
    pub flows: u64,
    /// What it sent.
    pub sent: Traffic,
    /// What was sent to it.
    pub received: Traffic,
    /// Time of the first frame.
    pub first: Timestamp,
    /// Time of the last frame.
    pub last: Timestamp,
}

/// The traffic between two IP addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConversationTraffic {
    /// The lower address.
    pub a: IpAddr,
    /// The higher address.
    pub b: IpAddr,
    /// Flows between the two.
    pub flows: u64,
    /// What the lower address sent; everything if both are the same.
    pub a_to_b: Traffic,
    /// What the higher address sent.
    pub b_to_a: Traffic,
    /// Time of the first frame.
    pub first: Timestamp,
    /// Time of the last frame.
    pub last: Timestamp,
}

impl Endpoints {
    /// Of nobody, with room for so many addresses.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self(Bounded::new(most))
    }

    /// The addresses of a report, 100,000 at most.
    #[must_use]
    pub fn of(report: &Report) -> Self {
        let mut endpoints = Self::new(MAX_TALKERS);
        endpoints.add(report);
        endpoints
    }

    /// Adds the traffic of a report. That of flows which were evicted is among the [others](Self::others).
    pub fn add(&mut self, report: &Report) {
        for flow in &report.flows {
            let (up, down) = (traffic(&flow.client_to_server), traffic(&flow.server_to_client));
            self.0.add(flow.client.address, &counts(flow, 1, up, down));
            let more = u64::from(flow.client.address != flow.server.address);
            self.0.add(flow.server.address, &counts(flow, more, down, up));
        }
        self.0.others.add(evicted(report));
    }

    /// Adds the traffic of another part of the capture or of another capture, in any order. The lower limit of both holds.
    pub fn merge(&mut self, other: &Self) {
        self.0.merge(&other.0);
    }

    /// The addresses with the most octets, both ways, first.
    #[must_use]
    pub fn rows(&self) -> Vec<EndpointTraffic> {
        let row = |(address, counts): (&IpAddr, &Counts<false>)| EndpointTraffic {
            address: *address,
            flows: counts.flows,
            sent: counts.there,
            received: counts.back,
            first: counts.first(),
            last: counts.last(),
        };
        let mut rows: Vec<_> = self.0.iter().map(row).collect();
        rows.sort_by_key(|row| (Reverse(row.sent.bytes.saturating_add(row.received.bytes)), row.address));
        rows
    }

    /// What was sent by addresses that are not among the rows, or by flows that the report has evicted.
    #[must_use]
    pub fn others(&self) -> Traffic {
        self.0.others
    }
}

impl Conversations {
    /// Of nobody, with room for so many pairs of addresses.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self(Bounded::new(most))
    }

    /// The pairs of addresses of a report, 100,000 at most.
    #[must_use]
    pub fn of(report: &Report) -> Self {
        let mut conversations = Self::new(MAX_TALKERS);
        conversations.add(report);
        conversations
    }

    /// Adds the traffic of a report. That of flows which were evicted is among the [others](Self::others).
    pub fn add(&mut self, report: &Report) {
        for flow in &report.flows {
            let (client, server) = (flow.client.address, flow.server.address);
            let (mut there, mut back) = (traffic(&flow.client_to_server), traffic(&flow.server_to_client));
            if client == server {
                there.add(std::mem::take(&mut back));
            } else if client > server {
                std::mem::swap(&mut there, &mut back);
            }
            self.0.add((client.min(server), client.max(server)), &counts(flow, 1, there, back));
        }
        self.0.others.add(evicted(report));
    }

    /// Adds the traffic of another part of the capture or of another capture, in any order. The lower limit of both holds.
    pub fn merge(&mut self, other: &Self) {
        self.0.merge(&other.0);
    }

    /// The pairs of addresses with the most octets, both ways, first.
    #[must_use]
    pub fn rows(&self) -> Vec<ConversationTraffic> {
        let row = |((a, b), counts): (&(IpAddr, IpAddr), &Counts<true>)| ConversationTraffic {
            a: *a,
            b: *b,
            flows: counts.flows,
            a_to_b: counts.there,
            b_to_a: counts.back,
            first: counts.first(),
            last: counts.last(),
        };
        let mut rows: Vec<_> = self.0.iter().map(row).collect();
        rows.sort_by_key(|row| (Reverse(row.a_to_b.bytes.saturating_add(row.b_to_a.bytes)), row.a, row.b));
        rows
    }

    /// What was sent between addresses that are not among the rows, or by flows that the report has evicted.
    #[must_use]
    pub fn others(&self) -> Traffic {
        self.0.others
    }
}

/// What an address sent and received; of a pair, what each of both sent.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Counts<const PAIR: bool> {
    flows: u64,
    there: Traffic,
    back: Traffic,
    /// Times of the first and the last frame.
    span: Option<(Timestamp, Timestamp)>,
}

impl<const PAIR: bool> Counts<PAIR> {
    fn first(&self) -> Timestamp {
        self.span.unwrap_or_default().0
    }

    fn last(&self) -> Timestamp {
        self.span.unwrap_or_default().1
    }
}

impl<const PAIR: bool> Entry for Counts<PAIR> {
    fn add(&mut self, other: &Self) {
        self.flows = self.flows.saturating_add(other.flows);
        self.there.add(other.there);
        self.back.add(other.back);
        self.span = match (self.span, other.span) {
            (Some(own), Some(other)) => Some((own.0.min(other.0), own.1.max(other.1))),
            (own, other) => own.or(other),
        };
    }

    /// So that each frame counts once.
    fn traffic(&self) -> Traffic {
        let mut traffic = self.there;
        if PAIR {
            traffic.add(self.back);
        }
        traffic
    }
}

fn counts<const PAIR: bool>(flow: &Flow, flows: u64, there: Traffic, back: Traffic) -> Counts<PAIR> {
    Counts { flows, there, back, span: Some((flow.first.min(flow.last), flow.last.max(flow.first))) }
}

fn traffic(stats: &DirectionStats) -> Traffic {
    Traffic { frames: stats.packets, bytes: stats.bytes }
}

fn evicted(report: &Report) -> Traffic {
    Traffic { frames: report.evicted.packets, bytes: report.evicted.bytes }
}

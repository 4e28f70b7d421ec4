//! Who tries to connect to how much in vain: scans of ports and of hosts, and SYNs that nobody answers.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::net::IpAddr;

use super::{Bounded, Entry, MAX_TALKERS, Traffic};
use crate::analysis::findings::is_probe;
use crate::analysis::{ConnectionState, Endpoint, Flow, Report};
use crate::capture::Timestamp;

/// The connections of TCP that carried nothing, by who tried them: what scans of ports, fans of unanswered SYNs and clients of
/// servers that are gone look like, over parts of a capture and captures of a fleet, too.
///
/// ```no_run
/// use std::ops::ControlFlow;
/// use netshoot_core::analysis::{Attempts, Options, analyze};
/// use netshoot_core::capture::Reader;
///
/// let mut sum = Attempts::default();
/// for path in ["monday.pcap", "tuesday.pcap"] {
///     let report = analyze(&mut Reader::open(path)?, &Options::default(), |_, _| ControlFlow::Continue(()))?;
///     sum.merge(&Attempts::of(&report));
/// }
/// for row in sum.rows().iter().take(10) {
///     println!("{} tried {} services on {} hosts", row.client, row.services, row.hosts);
/// }
/// # Ok::<(), netshoot_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Attempts(Bounded<(IpAddr, IpAddr, u16), Tries>);

/// What a client tried in vain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AttemptedServices {
    /// The client.
    pub client: IpAddr,
    /// Different addresses and ports.
    pub services: u64,
    /// Different addresses.
    pub hosts: u64,
    /// Connections.
    pub attempts: u64,
    /// Connections that nobody answered.
    pub unanswered: u64,
    /// Connections that were refused.
    pub refused: u64,
    /// The packets of these connections, both ways.
    pub traffic: Traffic,
    /// Time of the first.
    pub first: Timestamp,
    /// Time of the last frame of the last.
    pub last: Timestamp,
}

/// What one client tried with one service.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Tries {
    attempts: u64,
    unanswered: u64,
    refused: u64,
    traffic: Traffic,
    span: Option<(Timestamp, Timestamp)>,
}

impl Attempts {
    /// Of nobody, with room for so many pairs of a client and a service.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self(Bounded::new(most))
    }

    /// What the flows of a report tried, 100,000 pairs of a client and a service at most.
    #[must_use]
    pub fn of(report: &Report) -> Self {
        let mut attempts = Self::default();
        attempts.add(report);
        attempts
    }

    /// Adds what the flows of a report tried. Flows that were evicted are not among it.
    pub fn add(&mut self, report: &Report) {
        for flow in report.flows.iter().filter(|flow| is_probe(flow)) {
            let Endpoint { address, port } = flow.server;
            self.0.add((flow.client.address, address, port), &Tries::of(flow));
        }
    }

    /// Adds what was tried in another part of the capture or in another capture, in any order. The lower limit of both holds.
    pub fn merge(&mut self, other: &Self) {
        self.0.merge(&other.0);
    }

    /// The clients that tried the most services first.
    #[must_use]
    pub fn rows(&self) -> Vec<AttemptedServices> {
        let mut clients: BTreeMap<IpAddr, (Tries, u64, Vec<IpAddr>)> = BTreeMap::new();
        for ((client, server, _), tries) in self.0.iter() {
            let (sum, services, hosts) = clients.entry(*client).or_default();
            sum.add(tries);
            *services += 1;
            hosts.push(*server);
        }
        let mut rows: Vec<_> = clients.into_iter().map(|(client, sum)| row(client, sum)).collect();
        rows.sort_by_key(|row| (Reverse(row.services), row.client));
        rows
    }

    /// What was sent in attempts that there was no room for.
    #[must_use]
    pub fn others(&self) -> Traffic {
        self.0.others
    }
}

impl Default for Attempts {
    fn default() -> Self {
        Self::new(MAX_TALKERS)
    }
}

fn row(client: IpAddr, (sum, services, mut hosts): (Tries, u64, Vec<IpAddr>)) -> AttemptedServices {
    hosts.sort_unstable();
    hosts.dedup();
    let (first, last) = sum.span.unwrap_or_default();
    let Tries { attempts, unanswered, refused, traffic, .. } = sum;
    let hosts = hosts.len() as u64;
    AttemptedServices { client, services, hosts, attempts, unanswered, refused, traffic, first, last }
}

fn is_unanswered(flow: &Flow) -> bool {
    matches!(flow.state, ConnectionState::S0 | ConnectionState::Rstos0 | ConnectionState::Sh)
}

fn is_refused(flow: &Flow) -> bool {
    flow.state == ConnectionState::Rej
}

impl Tries {
    fn of(flow: &Flow) -> Self {
        let mut traffic = Traffic::default();
        for stats in [&flow.client_to_server, &flow.server_to_client] {
            traffic.add(Traffic { frames: stats.packets, bytes: stats.bytes });
        }
        Self {
            attempts: 1,
            unanswered: is_unanswered(flow).into(),
            refused: is_refused(flow).into(),
            traffic,
            span: Some((flow.first, flow.last)),
        }
    }
}

impl Entry for Tries {
    fn add(&mut self, other: &Self) {
        self.attempts += other.attempts;
        self.unanswered += other.unanswered;
        self.refused += other.refused;
        self.traffic.add(other.traffic);
        self.span = match (self.span, other.span) {
            (Some(one), Some(two)) => Some((one.0.min(two.0), one.1.max(two.1))),
            (one, two) => one.or(two),
        };
    }

    fn traffic(&self) -> Traffic {
        self.traffic
    }
}

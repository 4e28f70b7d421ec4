//! What flows say that had to be forgotten, added up by service.
//!
//! Counters stay exact for as many services as the memory limit allows; of the frames and flows that prove them, a few are
//! kept. How many flows with something to say were forgotten is a finding.

use std::collections::BTreeSet;

use super::capture::Losses;
use super::draft::{Draft, Statement};
use super::quality::{self, Services};
use super::reach::Attempts;
use super::text;
use crate::analysis::analyzer::Numbers;
use crate::analysis::table::Track;
use crate::analysis::{Endpoint, Finding, FindingKind, Flow, Severity, Verdict};
use crate::packet::IpProtocol;

/// What is kept of evicted flows.
#[derive(Debug, Default)]
pub(in crate::analysis) struct Ledger {
    pub(super) reach: Attempts,
    pub(super) quality: Services,
    pub(super) losses: Losses,
    /// The flows that had something to say.
    forgotten: Draft,
    /// Those of them whose service found no room here.
    untold: u64,
    services: BTreeSet<Endpoint>,
    max_services: usize,
}

impl Ledger {
    /// A ledger of at most `limit` octets.
    pub(in crate::analysis) fn new(limit: usize) -> Self {
        Self { max_services: (limit / SERVICE_LEN).clamp(MIN_SERVICES, MAX_SERVICES), ..Self::default() }
    }

    /// Octets that it takes at most by now.
    pub(in crate::analysis) fn len(&self) -> usize {
        self.services.len() * SERVICE_LEN
    }

    /// Takes over the limit of `other`.
    pub(in crate::analysis) fn limit_to(&mut self, other: &Self) {
        self.max_services = other.max_services;
    }

    /// Adds a flow that is evicted, `telling` if findings could tell of it.
    pub(in crate::analysis) fn add(&mut self, flow: &Flow, track: &Track, telling: bool) {
        if flow.protocol != IpProtocol::TCP {
            return;
        }
        self.losses.add(flow, track);
        self.losses.draft.shorten();
        if telling {
            self.forgotten.flow(flow, 1);
            self.forgotten.frame(flow.first_frame, flow.first);
            self.forgotten.shorten();
        }
        if self.services.len() >= self.max_services && !self.services.contains(&flow.server) {
            self.untold += u64::from(telling);
            return;
        }
        self.services.insert(flow.server);
        self.reach.add_evicted(flow, track);
        if quality::carries_data(flow) {
            self.quality.entry(flow.server).or_default().add_evicted(flow, track);
        }
    }

    /// Puts the right numbers of flows in the place of those of a shard.
    pub(in crate::analysis) fn renumber(&mut self, numbers: &Numbers) {
        self.reach.drafts().chain(self.quality.values_mut().flat_map(quality::Service::drafts)).for_each(|draft| {
            draft.renumber(numbers);
        });
        self.losses.draft.renumber(numbers);
        self.forgotten.renumber(numbers);
    }

    /// Adds what another shard keeps.
    pub(in crate::analysis) fn merge(&mut self, other: Self) {
        self.reach.merge(other.reach);
        for (server, service) in other.quality {
            self.quality.entry(server).or_default().merge(service);
        }
        self.losses.merge(other.losses);
        self.forgotten.merge(other.forgotten);
        self.untold += other.untold;
        self.services.extend(other.services);
    }

    /// The finding that flows with something to say were forgotten.
    pub(super) fn incomplete(&self) -> Option<Finding> {
        let mut draft = self.forgotten.clone();
        if draft.events == 0 {
            return None;
        }
        draft.name = None;
        let rest = match self.untold {
            0 => "other findings count them, but show few of them as evidence".to_owned(),
            untold => format!("{untold} of them are in no other finding"),
        };
        let summary = format!(
            "The memory limit made the analysis forget {} with something to say before the capture ended; {rest}.",
            text::count(draft.events, "connection"),
        );
        Some(draft.state(Statement {
            kind: FindingKind::AnalysisIncomplete,
            severity: Severity::Warning,
            confidence: 1.0,
            verdict: Verdict::Capture,
            title: "more connections than the memory limit allows".to_owned(),
            summary,
            server: None,
            wireshark_filter: "tcp".to_owned(),
            next_steps: "Analyse with a higher memory limit, or a part of the capture: split it by time or by address.",
        }))
    }

    /// Says of findings on flows that they are the least that happened, if flows were forgotten that had something to say.
    pub(super) fn qualify(&self, findings: &mut [Finding]) {
        if self.forgotten.events == 0 {
            return;
        }
        for finding in findings.iter_mut().filter(|finding| tells_of_flows(finding.kind)) {
            finding.summary.truncate(finding.summary.trim_end_matches('.').len());
            finding.summary.push_str(" (at least: the memory limit cut the analysis short).");
        }
    }
}

fn tells_of_flows(kind: FindingKind) -> bool {
    matches!(
        kind,
        FindingKind::TcpUnansweredSyn
            | FindingKind::TcpRefused
            | FindingKind::TcpReset
            | FindingKind::TcpRetransmissions
            | FindingKind::TcpOutOfOrder
            | FindingKind::TcpZeroWindow
            | FindingKind::PortScan
            | FindingKind::CaptureLoss
            | FindingKind::TcpMiddleboxReset
            | FindingKind::TcpIdleDropped
            | FindingKind::TcpBacklogFull
            | FindingKind::TcpSlowConnect
            | FindingKind::TcpPortReuse
            | FindingKind::TcpSmallWindow
            | FindingKind::TcpWindowOverrun
            | FindingKind::TcpSynCookies
            | FindingKind::MtuBlackHole
    )
}

/// What a service with all kinds of events takes.
const SERVICE_LEN: usize = 16 << 10;
const MIN_SERVICES: usize = 16;
const MAX_SERVICES: usize = 1024;

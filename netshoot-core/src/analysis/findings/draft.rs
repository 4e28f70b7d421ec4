//! A finding in the making: what is added up over the flows of one service.

use std::net::IpAddr;
use std::time::Duration;

use super::text;
use crate::analysis::analyzer::Numbers;
use crate::analysis::evidence::{Event, Witness};
use crate::analysis::table::Track;
use crate::analysis::{Endpoint, Finding, FindingKind, Flow, Severity, Verdict};
use crate::capture::Timestamp;

/// Events of one kind at one service.
#[derive(Clone, Debug, Default)]
pub(super) struct Draft {
    pub(super) events: u64,
    pub(super) flows: u32,
    pub(super) impact: Duration,
    span: Option<(Timestamp, Timestamp)>,
    frames: Vec<u64>,
    flow_ids: Vec<u32>,
    client: Option<Endpoint>,
    other_clients: bool,
    several_ports: bool,
    pub(super) name: Option<String>,
}

/// What a rule adds to the numbers of a draft.
pub(super) struct Statement {
    pub(super) kind: FindingKind,
    pub(super) severity: Severity,
    pub(super) confidence: f32,
    pub(super) verdict: Verdict,
    pub(super) title: String,
    pub(super) summary: String,
    pub(super) server: Option<Endpoint>,
    pub(super) wireshark_filter: String,
    pub(super) next_steps: &'static str,
}

impl Draft {
    /// Adds a flow with `events` events.
    pub(super) fn flow(&mut self, flow: &Flow, events: u64) {
        self.events += events;
        self.flow_id(flow.id);
        self.about(flow);
    }

    /// Names client and service of a flow.
    pub(super) fn about(&mut self, flow: &Flow) {
        self.client(flow.client);
        if self.name.is_none() {
            self.name.clone_from(&flow.server_name);
        }
    }

    /// Adds a flow of which something was added before, perhaps not just now.
    pub(super) fn flow_again(&mut self, id: u32) {
        if !self.flow_ids.contains(&id) {
            self.flow_id(id);
        }
    }

    /// Adds a flow that is known by its number alone; flows come one after the other.
    pub(super) fn flow_id(&mut self, id: u32) {
        if self.flow_ids.last() == Some(&id) {
            return;
        }
        self.flows = self.flows.saturating_add(1);
        if self.flow_ids.len() < MAX_COLLECTED {
            self.flow_ids.push(id);
        }
    }

    /// The flows so far, as far as they are kept.
    pub(super) fn flow_ids(&self) -> &[u32] {
        &self.flow_ids
    }

    /// Adds a client.
    pub(super) fn client(&mut self, client: Endpoint) {
        match &self.client {
            None => self.client = Some(client),
            Some(first) if first.address != client.address => self.other_clients = true,
            Some(first) => self.several_ports |= first.port != client.port,
        }
    }

    /// Adds a frame as evidence.
    pub(super) fn frame(&mut self, frame: u64, time: Timestamp) {
        self.span = Some(self.span.map_or((time, time), |(first, last)| (first.min(time), last.max(time))));
        if self.frames.len() < MAX_COLLECTED {
            self.frames.push(frame);
        }
    }

    /// Forgets examples beyond a few; the counters stay.
    pub(super) fn shorten(&mut self) {
        self.frames.truncate(MAX_KEPT_FRAMES);
        self.flow_ids.truncate(MAX_FLOW_IDS);
    }

    /// Puts the right numbers of flows in the place of those of a shard.
    pub(super) fn renumber(&mut self, numbers: &Numbers) {
        self.flow_ids.iter_mut().for_each(|id| numbers.flow(id));
    }

    /// Adds events of the same kind at the same service, of other flows.
    pub(super) fn merge(&mut self, other: Self) {
        self.events += other.events;
        self.flows = self.flows.saturating_add(other.flows);
        self.impact += other.impact;
        self.span = match (self.span, other.span) {
            (Some(own), Some(other)) => Some((own.0.min(other.0), own.1.max(other.1))),
            (own, other) => own.or(other),
        };
        self.frames.extend(other.frames);
        self.frames.sort_unstable();
        self.frames.truncate(MAX_COLLECTED);
        self.flow_ids.extend(other.flow_ids);
        self.flow_ids.sort_unstable();
        self.flow_ids.truncate(MAX_COLLECTED);
        other.client.into_iter().for_each(|client| self.client(client));
        self.other_clients |= other.other_clients;
        self.several_ports |= other.several_ports;
        self.name = self.name.take().or(other.name);
    }

    /// Adds what a flow has as evidence of `event`.
    pub(super) fn witnesses(&mut self, track: &Track, event: Event) {
        for Witness { frame, time, .. } in track.evidence.iter().flat_map(|evidence| evidence.of(event)) {
            self.frame(*frame, *time);
        }
    }

    /// Time between the first and the last event.
    pub(super) fn duration(&self) -> Duration {
        self.span.map_or(Duration::ZERO, |(first, last)| last.saturating_duration_since(first))
    }

    /// `10.0.0.1` or `several clients`.
    pub(super) fn clients(&self) -> String {
        match &self.client {
            Some(client) if !self.other_clients => client.address.to_string(),
            Some(_) => "several clients".to_owned(),
            None => "unknown clients".to_owned(),
        }
    }

    /// The address of the client, if there is only one.
    pub(super) fn only_client(&self) -> Option<IpAddr> {
        self.client.filter(|_| !self.other_clients).map(|client| client.address)
    }

    /// The service for a sentence.
    pub(super) fn service(&self, server: &Endpoint) -> String {
        text::service(server, self.name.as_deref())
    }

    /// The finding.
    pub(super) fn state(self, statement: Statement) -> Finding {
        let (first, last) = self.span.unwrap_or_default();
        let client = self.client.filter(|_| !self.other_clients);
        Finding {
            id: 0,
            kind: statement.kind,
            severity: statement.severity,
            confidence: statement.confidence,
            verdict: statement.verdict,
            title: printable(statement.title),
            summary: printable(statement.summary),
            server: statement.server,
            client: client.map(|client| Endpoint { port: if self.several_ports { 0 } else { client.port }, ..client }),
            name: self.name,
            first,
            last,
            events: self.events,
            flows: self.flows,
            impact: (self.impact > Duration::ZERO).then_some(self.impact),
            evidence_frames: frames(self.frames),
            flow_ids: flow_ids(self.flow_ids),
            wireshark_filter: statement.wireshark_filter,
            next_steps: statement.next_steps.to_owned(),
        }
    }
}

/// What comes from the wire may have control characters in it.
fn printable(text: String) -> String {
    if text.contains(char::is_control) { text.replace(char::is_control, "\u{fffd}") } else { text }
}

/// The frames that a finding shows, of those collected.
pub(super) fn frames(mut frames: Vec<u64>) -> Vec<u64> {
    frames.sort_unstable();
    frames.dedup();
    spread(&frames)
}

/// The flows that a finding shows, of those collected.
pub(super) fn flow_ids(mut ids: Vec<u32>) -> Vec<u32> {
    ids.sort_unstable();
    ids.dedup();
    ids.truncate(MAX_FLOW_IDS);
    ids
}

/// At most twenty of `frames`, the first and the last among them, the others evenly spread.
fn spread(frames: &[u64]) -> Vec<u64> {
    let len = frames.len();
    if len <= MAX_FRAMES {
        return frames.to_vec();
    }
    (0..MAX_FRAMES).filter_map(|i| frames.get(i * (len - 1) / (MAX_FRAMES - 1)).copied()).collect()
}

const MAX_FRAMES: usize = 20;
const MAX_FLOW_IDS: usize = 100;
/// In a draft of flows that were evicted.
const MAX_KEPT_FRAMES: usize = 100;
/// Collected before the best are chosen.
const MAX_COLLECTED: usize = 1000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twenty_frames_are_spread_from_first_to_last() {
        assert_eq!(spread(&[3, 5]), [3, 5]);
        let frames = spread(&(1..=1000).collect::<Vec<_>>());
        assert_eq!(frames.len(), 20);
        assert_eq!((frames.first(), frames.last()), (Some(&1), Some(&1000)));
        assert!(frames.is_sorted());
    }
}

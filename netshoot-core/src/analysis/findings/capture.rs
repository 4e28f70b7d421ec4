//! What is wrong with the capture itself.

use super::draft::{Draft, Statement};
use super::quality;
use super::scene::{Claims, Scene, Suspects};
use super::text;
use crate::analysis::evidence::Event;
use crate::analysis::table::{Table, Track};
use crate::analysis::{CaptureSummary, Finding, FindingKind, Flow, Severity, Verdict};

/// Damage of the file, frames that the capture dropped or has twice, and connections of which it has one direction.
pub(super) fn find(scene: &Scene<'_>, suspects: &Suspects<'_>, claims: &mut Claims) -> Vec<Finding> {
    let mut findings: Vec<_> = damaged(scene.summary).into_iter().collect();
    findings.extend(one_sided(suspects, claims));
    findings.extend(duplicated(suspects, claims));
    findings.extend(lossy(scene.table, suspects, claims));
    findings
}

fn damaged(summary: &CaptureSummary) -> Option<Finding> {
    let damage = summary.damage.as_ref()?;
    let mut draft = Draft::default();
    draft.events += 1;
    if summary.frames > 0 {
        draft.frame(summary.frames, summary.last.unwrap_or_default());
    }
    Some(draft.state(Statement {
        kind: FindingKind::CaptureDamaged,
        severity: Severity::Warning,
        confidence: 1.0,
        verdict: Verdict::Capture,
        title: "capture cut off or damaged".to_owned(),
        summary: format!("{} frames were read before the end of reading: {damage}.", summary.frames),
        server: None,
        wireshark_filter: format!("frame.number == {}", summary.frames),
        next_steps: "What could not be read is missing from this report: copy the file again, or let the capturing program \
                     finish before copying.",
    }))
}

/// Who acknowledges data that never passes has another path for it than the one captured.
fn one_sided(suspects: &Suspects<'_>, claims: &mut Claims) -> Option<Finding> {
    let (draft, streams) = gather(suspects, claims, Flow::is_asymmetric)?;
    let share = share(&draft, suspects);
    let all = if share >= MOST { "of the connections" } else { "of some connections" };
    let summary = format!(
        "In {} of {} with data, packets of one end only were captured: they acknowledge data of the other that is not there.",
        draft.flows,
        text::count(suspects.flows.max(u64::from(draft.flows)), "connection"),
    );
    Some(draft.state(Statement {
        kind: FindingKind::CaptureOneSided,
        severity: if share >= MOST { Severity::Warning } else { Severity::Note },
        confidence: 0.9,
        verdict: Verdict::Capture,
        title: format!("only one direction {all} was captured"),
        summary,
        server: None,
        wireshark_filter: streams,
        next_steps: "Capture where both directions pass (routing may be asymmetric, or the mirror port copies one direction \
                     only); losses and response times of these connections cannot be judged.",
    }))
}

/// A mirror port that copies packets on their way in and out.
fn duplicated(suspects: &Suspects<'_>, claims: &mut Claims) -> Option<Finding> {
    let (draft, streams) = gather(suspects, claims, |flow| flow.is_captured_twice() && quality::carries_data(flow))?;
    let summary = format!(
        "In {} of {} with data, packets were captured twice: the same identification and content, at nearly the same time.",
        draft.flows,
        text::count(suspects.flows, "connection"),
    );
    Some(draft.state(Statement {
        kind: FindingKind::CaptureDuplicated,
        severity: Severity::Note,
        confidence: 0.9,
        verdict: Verdict::Capture,
        title: "packets were captured twice".to_owned(),
        summary,
        server: None,
        wireshark_filter: format!("(tcp.analysis.retransmission || tcp.analysis.duplicate_ack) && {streams}"),
        next_steps: "Mirror one direction of the port only, or remove the copies (editcap -d) before counting anything; what \
                     looks like retransmissions in these connections is none.",
    }))
}

/// The flows for which `holds`, with a filter for some; their other oddities are explained by that. `None` if they are few
/// among many.
fn gather(suspects: &Suspects<'_>, claims: &mut Claims, holds: fn(&Flow) -> bool) -> Option<(Draft, String)> {
    let mut draft = Draft::default();
    let mut streams = Vec::new();
    for (flow, _) in suspects.iter().filter(|(flow, _)| holds(flow)) {
        draft.flow(flow, 1);
        draft.frame(flow.first_frame, flow.first);
        draft.frame(flow.last_frame, flow.last);
        claims.add(flow.id);
        streams.extend(flow.stream.filter(|_| streams.len() < SHOWN_STREAMS).map(|stream| stream.to_string()));
    }
    draft.name = None;
    let filter = format!("tcp.stream in {{{}}}", streams.join(", "));
    (draft.flows > 0 && share(&draft, suspects) >= SOME).then_some((draft, filter))
}

fn share(draft: &Draft, suspects: &Suspects<'_>) -> f64 {
    f64::from(draft.flows) / suspects.flows.max(1) as f64
}

/// Acknowledgments of what the capture does not have.
#[derive(Clone, Debug, Default)]
pub(super) struct Losses {
    pub(super) draft: Draft,
    /// Of all TCP connections.
    packets: u64,
}

impl Losses {
    /// Adds a flow that is evicted.
    pub(super) fn add(&mut self, flow: &Flow, track: &Track) {
        self.packets += flow.packets();
        self.note(flow, track);
    }

    /// Adds those of another shard.
    pub(super) fn merge(&mut self, other: Self) {
        self.draft.merge(other.draft);
        self.packets += other.packets;
    }

    fn note(&mut self, flow: &Flow, track: &Track) {
        let unseen = flow.client_to_server.ack_lost_segments.saturating_add(flow.server_to_client.ack_lost_segments);
        if unseen > 0 {
            self.draft.flow(flow, u64::from(unseen));
            self.draft.witnesses(track, Event::AckLost);
        }
    }
}

/// Who acknowledges data has received it: if the capture lacks it, the capture lost it.
fn lossy(table: &Table, suspects: &Suspects<'_>, claims: &Claims) -> Option<Finding> {
    let mut losses = table.ledger.losses.clone();
    losses.packets += suspects.packets;
    for (flow, track) in suspects.iter().filter(|(flow, _)| !claims.has(flow.id)) {
        losses.note(flow, track);
    }
    let Losses { draft, packets } = losses;
    let share = draft.events as f64 / packets.max(1) as f64;
    if draft.events < FEW_UNSEEN || share < LOSSY {
        return None;
    }
    let heavy = draft.events >= MANY_UNSEEN && share >= VERY_LOSSY;
    let summary = format!(
        "{} acknowledgments in {} are for data that is not in the capture: the capture dropped frames or saw only one of \
         several paths.",
        draft.events,
        text::count(u64::from(draft.flows), "connection"),
    );
    Some(draft.state(Statement {
        kind: FindingKind::CaptureLoss,
        severity: if heavy { Severity::Warning } else { Severity::Note },
        confidence: 0.9,
        verdict: Verdict::Capture,
        title: "the capture lacks packets".to_owned(),
        summary,
        server: None,
        wireshark_filter: "tcp.analysis.ack_lost_segment".to_owned(),
        next_steps: "Mistrust findings of loss in these connections; capture with a larger buffer, a shorter snap length or a \
                     filter, and check that both directions pass the capture point.",
    }))
}

/// Acknowledgments of unseen data, and their shares of all TCP packets.
const FEW_UNSEEN: u64 = 3;
const MANY_UNSEEN: u64 = 20;
const LOSSY: f64 = 0.000_5;
const VERY_LOSSY: f64 = 0.01;
/// Of the connections with data.
const SOME: f64 = 0.02;
const MOST: f64 = 0.5;
/// In a filter.
const SHOWN_STREAMS: usize = 20;

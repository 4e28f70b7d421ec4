//! What is wrong with the capture itself.

use super::draft::{Draft, Statement};
use super::text;
use crate::analysis::evidence::Event;
use crate::analysis::table::{Table, Track};
use crate::analysis::{CaptureSummary, Finding, FindingKind, Flow, Severity, Verdict};
use crate::packet::IpProtocol;

/// Damage of the file, and frames that the capture dropped.
pub(super) fn find(summary: &CaptureSummary, table: &Table) -> Vec<Finding> {
    damaged(summary).into_iter().chain(lossy(table)).collect()
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

/// Acknowledgments of what the capture does not have.
#[derive(Clone, Debug, Default)]
pub(super) struct Losses {
    pub(super) draft: Draft,
    /// Of all TCP connections.
    packets: u64,
}

impl Losses {
    pub(super) fn add(&mut self, flow: &Flow, track: &Track) {
        self.packets += flow.packets();
        let unseen = flow.client_to_server.ack_lost_segments.saturating_add(flow.server_to_client.ack_lost_segments);
        if unseen > 0 {
            self.draft.flow(flow, u64::from(unseen));
            self.draft.witnesses(track, Event::AckLost);
        }
    }
}

/// Who acknowledges data has received it: if the capture lacks it, the capture lost it.
fn lossy(table: &Table) -> Option<Finding> {
    let mut losses = table.ledger.losses.clone();
    for (flow, track) in table.iter().filter(|(flow, _)| flow.protocol == IpProtocol::TCP) {
        losses.add(flow, track);
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

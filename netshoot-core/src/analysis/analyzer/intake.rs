//! What is done with each frame before its flows are looked at.

use crate::analysis::CaptureSummary;
use crate::analysis::since::{Gate, Since};
use crate::analysis::summary::Tally;
use crate::capture::{Frame, Timestamp};
use crate::packet::Packet;

/// Counts frames, and tells which of them count.
#[derive(Debug)]
pub(super) struct Intake {
    tally: Tally,
    gate: Gate,
}

impl Intake {
    pub(super) fn new(since: Option<Since>) -> Self {
        Self { tally: Tally::new(), gate: Gate::new(since) }
    }

    /// Counts a frame; its time, or that of the frame before it where it has none. `None` if it does not count.
    #[inline]
    pub(super) fn take(&mut self, frame: &Frame<'_>, packet: &Packet<'_>) -> Option<Timestamp> {
        self.gate.lets_pass(frame.timestamp).then(|| self.tally.count(frame, packet))
    }

    /// Whether the last frame counted.
    pub(super) fn counts(&self) -> bool {
        self.gate.let_pass()
    }

    pub(super) fn summary(&self) -> CaptureSummary {
        self.tally.summary()
    }
}

//! Everything an analysis found.

use std::time::Duration;

use super::{DnsTransaction, Finding, Flow};
use crate::capture::Timestamp;
use crate::packet::LinkType;

/// The outcome of an analysis.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Report {
    /// What was captured.
    pub capture: CaptureSummary,
    /// Flows in order of first appearance.
    pub flows: Vec<Flow>,
    /// DNS transactions in order of time.
    pub dns: Vec<DnsTransaction>,
    /// Findings, the worst first.
    pub findings: Vec<Finding>,
    /// What the memory limit made the analyzer forget.
    pub evicted: Evicted,
}

/// What a capture consists of, and whether it can be trusted.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct CaptureSummary {
    /// Frames read.
    pub frames: u64,
    /// Octets of the frames on the wire.
    pub bytes: u64,
    /// Octets of the frames captured.
    pub captured_bytes: u64,
    /// Time of the earliest frame.
    pub first: Option<Timestamp>,
    /// Time of the latest frame.
    pub last: Option<Timestamp>,
    /// Link types in order of first appearance.
    pub link_types: Vec<LinkType>,
    /// Frames cut by the snap length.
    pub truncated_frames: u64,
    /// Frames of whose headers at least one could not be read whole.
    pub malformed_frames: u64,
    /// Frames whose time lies before that of the frame before them.
    pub time_reversals: u64,
    /// Frames that are IP fragments.
    pub fragments: u64,
    /// Frames and octets of each protocol, the most frames first.
    pub protocols: Vec<ProtocolCount>,
    /// Why reading ended early, if the file is damaged or cut off: the error's text.
    pub damage: Option<String>,
}

impl CaptureSummary {
    /// Time between the earliest and the latest frame.
    #[must_use]
    pub fn duration(&self) -> Duration {
        match (self.first, self.last) {
            (Some(first), Some(last)) => last.saturating_duration_since(first),
            _ => Duration::ZERO,
        }
    }
}

/// Traffic of one protocol: the innermost that was recognised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProtocolCount {
    /// Name, such as `tcp`, `udp`, `dns`, `arp`, or `other`.
    pub protocol: &'static str,
    /// Frames.
    pub frames: u64,
    /// Octets on the wire.
    pub bytes: u64,
}

/// What was dropped to stay below the memory limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Evicted {
    /// Flows.
    pub flows: u64,
    /// Frames in those flows.
    pub packets: u64,
    /// Octets in those flows.
    pub bytes: u64,
    /// DNS transactions.
    pub dns: u64,
}

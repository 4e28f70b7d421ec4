//! What the judgement on a segment is made from.

use super::{SYN_OR_FIN, after, before};
use crate::analysis::{Completeness, TcpProfile};
use crate::packet::TcpFlags;

/// What the state machine wants to know of a segment.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::analysis) struct Segment {
    /// Nanoseconds on any clock.
    pub(in crate::analysis) time: i64,
    /// Number of the frame.
    pub(in crate::analysis) frame: u64,
    pub(in crate::analysis) sequence: u32,
    pub(in crate::analysis) acknowledgment: u32,
    /// The window field, unscaled.
    pub(in crate::analysis) window: u16,
    pub(in crate::analysis) flags: TcpFlags,
    /// Octets of payload on the wire.
    pub(in crate::analysis) len: u32,
    /// The shift announced in the window scale option of a SYN.
    pub(in crate::analysis) window_scale: Option<u8>,
    /// The largest segment that a SYN offers to take.
    pub(in crate::analysis) mss: Option<u16>,
    /// Value and echo reply of the timestamps option.
    pub(in crate::analysis) timestamps: Option<(u32, u32)>,
    pub(in crate::analysis) sack: Sack,
    /// IPv4 identification.
    pub(in crate::analysis) identification: Option<u16>,
    /// Time to live or hop limit.
    pub(in crate::analysis) hop_limit: u8,
}

impl Segment {
    /// The first sequence number behind it.
    pub(super) fn next(&self) -> u32 {
        let consumes = u32::from(self.flags.intersects(SYN_OR_FIN));
        self.sequence.wrapping_add(self.len).wrapping_add(consumes)
    }
}

/// The ranges of a selective acknowledgment: left and right edges.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::analysis) struct Sack {
    blocks: [(u32, u32); MAX_SACK_BLOCKS],
    len: u8,
}

impl Sack {
    /// Adds a range, if there is room: four fit into the options.
    pub(in crate::analysis) fn push(&mut self, left: u32, right: u32) {
        if let Some(block) = self.blocks.get_mut(usize::from(self.len)) {
            *block = (left, right);
            self.len += 1;
        }
    }

    pub(in crate::analysis) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Whether the first range tells of data received twice: it was acknowledged, or is within the second (RFC 2883).
    pub(in crate::analysis) fn reports_duplicate(&self, acknowledgment: u32) -> bool {
        let mut blocks = self.blocks();
        let Some((left, right)) = blocks.next() else { return false };
        let within = |(a, b): (u32, u32)| !before(left, a) && !after(right, b);
        !after(right, acknowledgment) || blocks.next().is_some_and(within)
    }

    pub(in crate::analysis) fn blocks(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        self.blocks.iter().copied().take(usize::from(self.len))
    }
}

impl Completeness {
    /// Notes a segment; `first` if it is the first of its conversation.
    pub(super) fn note(&mut self, segment: &Segment, first: bool, profile: TcpProfile) {
        let has = |flags| segment.flags.contains(flags);
        let (syn, ack) = (has(TcpFlags::SYN), has(TcpFlags::ACK));
        self.add(Self::SYN, syn && !ack && first);
        let later = profile != TcpProfile::Wireshark40;
        self.add(Self::DATA, later && syn && !ack && first && segment.len > 0);
        self.add(Self::SYN_ACK, syn && ack && (later || !first));
        self.add(if segment.len == 0 { Self::ACK } else { Self::DATA }, ack && !syn);
        self.add(Self::FIN, ack && has(TcpFlags::FIN));
        self.add(Self::RST, has(TcpFlags::RST));
    }

    fn add(&mut self, bit: Self, seen: bool) {
        self.0 |= if seen { bit.0 } else { 0 };
    }
}

/// As many as fit into the options.
const MAX_SACK_BLOCKS: usize = 4;

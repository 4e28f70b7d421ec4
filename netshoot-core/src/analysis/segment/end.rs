//! What is known of one end of a TCP connection as a sender.

use super::unacknowledged::{Sent, Unacknowledged};
use super::{COUNTED_SACK_BLOCKS, MAX_IN_FLIGHT, MAX_WAIT, SYN_OR_FIN, Sack, Segment, after};
use crate::analysis::{TcpAnalysis, TcpProfile};
use crate::packet::TcpFlags;

/// What is known of one end as a sender.
#[derive(Debug)]
pub(super) struct End {
    /// The first sequence number.
    pub(super) base: Option<u32>,
    /// The last window announced, unscaled.
    pub(super) window: u32,
    pub(super) scale: Scale,
    /// The sequence number expected next, and when the segment before it was sent; 0 is unknown.
    pub(super) next: u32,
    pub(super) next_time: i64,
    pub(super) next_frame: u64,
    /// The last acknowledgment field, and when it was sent; 0 is unknown.
    pub(super) last_ack: u32,
    pub(super) last_ack_time: i64,
    /// Duplicates of `last_ack`; `u32::MAX` after an acknowledgment of something unseen.
    pub(super) duplicates: u32,
    /// The frame that acknowledged `last_ack` first.
    pub(super) original_frame: u64,
    /// Up to where the peer may acknowledge without telling of segments that the capture lacks; 0 is unknown.
    pub(super) max_ack: u32,
    /// The flags of the last segment.
    pub(super) last: TcpAnalysis,
    /// A SYN was sent, and nothing behind it: windows are not scaled yet.
    pub(super) awaiting_first_ack: bool,
    /// Until when waits before retransmissions are counted.
    pub(super) waited_until: i64,
    pub(super) unacknowledged: Unacknowledged,
    /// The capture lacks nothing since the peer's last acknowledgment.
    pub(super) in_flight_known: bool,
    /// The ranges in the last segment; by [`TcpProfile::Wireshark46`] in the last one that had some.
    pub(super) sack: Sack,
    /// The largest segment that this end takes, where its SYN tells; negative while nothing is known.
    pub(super) mss: i32,
    /// Octets of the segment that advanced `next` last, their lowest eight bits, as Wireshark has room for no more.
    pub(super) last_len: u8,
    pub(super) push_bytes: u32,
    pub(super) pushed: bool,
}

/// What is known of the scale of an end's windows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Scale {
    Unknown,
    /// One of the ends did not offer to scale.
    None,
    Shift(u8),
}

impl Default for End {
    fn default() -> Self {
        Self {
            base: None,
            window: u32::MAX,
            scale: Scale::Unknown,
            next: 0,
            next_time: 0,
            next_frame: 0,
            last_ack: 0,
            last_ack_time: 0,
            duplicates: 0,
            original_frame: 0,
            max_ack: 0,
            last: TcpAnalysis(0),
            awaiting_first_ack: false,
            waited_until: i64::MIN,
            unacknowledged: Unacknowledged::default(),
            in_flight_known: true,
            sack: Sack::default(),
            mss: -1,
            last_len: 0,
            push_bytes: 0,
            pushed: false,
        }
    }
}

impl End {
    /// Whether data up to `end` fills the window that this end announced last, exactly.
    pub(super) fn fills_window(&self, end: u32) -> bool {
        let shift = match self.scale {
            Scale::Unknown => return false,
            Scale::Shift(shift) if !self.awaiting_first_ack => shift,
            Scale::None | Scale::Shift(_) => 0,
        };
        end == self.last_ack.wrapping_add(self.window.wrapping_shl(u32::from(shift)))
    }

    pub(super) fn remember(&mut self, segment: &Segment, flags: TcpAnalysis, probe: bool) {
        let Segment { sequence, len, time, frame, .. } = *segment;
        let consumes = segment.flags.intersects(SYN_OR_FIN);
        let mut next = sequence.wrapping_add(len);
        if (len > 0 || consumes) && !self.unacknowledged.is_full() {
            next = next.wrapping_add(u32::from(consumes));
            self.unacknowledged.push(Sent { sequence, next, time, frame });
        }
        if self.next == 0 || after(next, self.next.wrapping_add(u32::from(consumes))) {
            self.last_len = len.to_le_bytes()[0];
        }
        if !probe && (after(next, self.next) || self.next == 0) {
            self.next = next;
            self.next_time = time;
            self.next_frame = frame;
        }
        if !probe && (sequence == self.max_ack || self.max_ack == 0) {
            self.max_ack = self.next;
        }
        self.window = u32::from(segment.window);
        self.last_ack = segment.acknowledgment;
        self.last_ack_time = time;
        self.last = flags;
    }

    /// Accounts for a wait of `timeout` that ends `now`, at most [`MAX_WAIT`]: how much of it is new.
    pub(super) fn wait(&mut self, now: i64, timeout: i64) -> i64 {
        let new = now.saturating_sub(self.waited_until).clamp(0, timeout);
        self.waited_until = self.waited_until.max(now);
        new.min(MAX_WAIT)
    }

    /// Time and frame of the oldest segment that was not acknowledged yet; of the newest if all were. Newer profiles look at
    /// those from `sequence` on alone.
    pub(super) fn oldest(&self, profile: TcpProfile, sequence: u32) -> (i64, u64) {
        let oldest = match profile {
            TcpProfile::Wireshark40 => self.unacknowledged.oldest(),
            _ => self.unacknowledged.oldest_from(sequence),
        };
        oldest.map_or((self.next_time, self.next_frame), |sent| (sent.time, sent.frame))
    }

    /// Octets in flight and octets since the last PSH, for segments with data.
    pub(super) fn in_flight(&mut self, profile: TcpProfile, receiver: &Self, segment: &Segment) -> Option<(u32, u32)> {
        if segment.len == 0 || !self.in_flight_known {
            return None;
        }
        let sent = self.unacknowledged.extent(self.base.unwrap_or_default())?;
        let counted = if profile == TcpProfile::Wireshark40 { COUNTED_SACK_BLOCKS } else { usize::MAX };
        let known = receiver.sack.blocks().take(counted);
        let octets = known.fold(sent, |octets, (left, right)| octets.wrapping_sub(right.wrapping_sub(left)));
        let push = segment.flags.contains(TcpFlags::PSH);
        let begins = self.pushed;
        self.push_bytes = if begins { segment.len } else { self.push_bytes.wrapping_add(segment.len) };
        self.pushed = push;
        let control = u32::from(segment.flags.intersects(SYN_OR_FIN));
        (1 + control..MAX_IN_FLIGHT).contains(&octets).then(|| (octets - control, self.push_bytes))
    }

    pub(super) fn scaled(&self, segment: &Segment) -> u32 {
        let window = u32::from(segment.window);
        match self.scale {
            Scale::Shift(shift) if !segment.flags.contains(TcpFlags::SYN) => window << shift,
            _ => window,
        }
    }
}

//! Who sets the pace of a direction.

use super::Line;
use crate::analysis::DirectionStats;
use std::time::Duration;

/// What a sender waits for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Limit {
    Sender,
    Network,
    Receiver,
}

impl Line {
    /// What the sender waits for, given the window of the peer in octets.
    pub(super) fn limit(&self, window: u32) -> Option<Limit> {
        let in_flight = self.highest?.wrapping_sub(self.acknowledged?);
        if in_flight.cast_signed() < 0 || self.segment_len == 0 {
            return None;
        }
        // Who makes up for a loss waits for that, however full the window is.
        let recovers = self.loss.as_ref().is_some_and(|loss| loss.recovery.is_some());
        let is_full = in_flight > 0 && in_flight.saturating_add(self.segment_len) > window;
        Some(if window == 0 || is_full && !recovers {
            Limit::Receiver
        } else if in_flight > 0 {
            Limit::Network
        } else {
            Limit::Sender
        })
    }

    /// Adds the time since the last segment of either end to what the sender waited for in it.
    #[inline]
    pub(super) fn pass(&mut self, now: i64, next: Option<Limit>) {
        if let Some(limit) = self.waits {
            let time = u64::try_from(now.saturating_sub(self.waits_since)).unwrap_or(0);
            let [sender, network, receiver] = &mut self.waited;
            let total = match limit {
                Limit::Sender => sender,
                Limit::Network => network,
                Limit::Receiver => receiver,
            };
            *total = total.saturating_add(time);
        }
        (self.waits, self.waits_since) = (next, now);
    }

    /// States what the sender waited for, and takes back what was not sure.
    pub(super) fn state(&self, stats: &mut DirectionStats) {
        let [sender, network, receiver] = self.waited.map(Duration::from_nanos);
        (stats.sender_limited, stats.network_limited, stats.receiver_limited) = (sender, network, receiver);
        if self.edge_is_unsure {
            stats.resent_overrun = 0;
        }
    }
}

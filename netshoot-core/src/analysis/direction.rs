//! The counters of one direction of a flow.

use std::time::Duration;

use crate::packet::TcpFlags;

/// Counters of one direction of a flow. Those of TCP count segments by the rules of Wireshark 4.0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DirectionStats {
    /// Frames.
    pub packets: u64,
    /// Octets of the frames on the wire.
    pub bytes: u64,
    /// Octets behind the transport header on the wire, retransmissions included.
    pub payload_bytes: u64,
    /// Time to live (IPv4) or hop limit (IPv6) of the first packet.
    pub hop_limit: Option<u8>,
    /// All TCP control bits seen.
    pub tcp_flags: TcpFlags,
    /// SYN segments, repeated ones included.
    pub syn: u32,
    /// RST segments.
    pub rst: u32,
    /// Retransmissions of all kinds: fast, spurious and by timeout.
    pub retransmissions: u32,
    /// Payload octets in retransmissions.
    pub retransmitted_bytes: u64,
    /// Fast retransmissions, contained in `retransmissions`.
    pub fast_retransmissions: u32,
    /// Spurious retransmissions (of data already acknowledged), contained in `retransmissions`.
    pub spurious_retransmissions: u32,
    /// Segments out of order.
    pub out_of_order: u32,
    /// Duplicate acknowledgments.
    pub duplicate_acks: u32,
    /// Gaps: segments before which others are missing in the capture.
    pub lost_segments: u32,
    /// Acknowledgments of segments that the capture does not have.
    pub ack_lost_segments: u32,
    /// Keep-alive segments.
    pub keep_alives: u32,
    /// Segments that announce a closed receive window.
    pub zero_windows: u32,
    /// How often the sender of this direction closed its receive window: several segments may announce it.
    pub window_closings: u32,
    /// Time during which the sender of this direction had its receive window closed.
    pub zero_window_time: Duration,
    /// Segments that fill the peer's receive window to its end.
    pub window_full: u32,
    /// The smallest window announced behind the handshake, scaled where the scale is known.
    pub min_window: Option<u32>,
    /// Maximum segment size announced.
    pub mss: Option<u16>,
    /// Window scale announced (shift).
    pub window_scale: Option<u8>,
    /// Whether selective acknowledgments were offered.
    pub sack_permitted: bool,
    /// The largest payload of one segment in octets.
    pub max_segment: u32,
    /// The largest payload of one segment that was acknowledged.
    pub max_acked_segment: u32,
    /// The shortest time from a segment of this direction to the acknowledgment of its data.
    pub min_rtt: Option<Duration>,
    /// The longest time from a segment of this direction to the acknowledgment of its data.
    pub max_rtt: Option<Duration>,
    /// The shortest time from a timestamp of this direction to its echo (RFC 7323); known in the middle of a connection too.
    pub timestamp_rtt: Option<Duration>,
    /// The most octets that were in flight.
    pub max_bytes_in_flight: u32,
    /// Octets that the peer acknowledged; a FIN counts as one.
    pub acknowledged_bytes: u64,
    /// The acknowledgments of this direction advance.
    pub acks_advanced: bool,
    /// By our own classification: sent again because acknowledgments asked for it.
    pub resent_fast: u32,
    /// Sent again because nothing came back for too long.
    pub resent_timeout: u32,
    /// Sent again although the peer had it.
    pub resent_spurious: u32,
    /// The last segment, sent again early.
    pub resent_tail: u32,
    /// Sent again, where the first time had gone beyond the peer's receive window; contained in the four above.
    pub resent_overrun: u32,
    /// Overtaken by later ones on the way.
    pub reordered: u32,
    /// Delivered twice by the network.
    pub duplicate_network: u32,
    /// Captured twice.
    pub duplicate_capture: u32,
    /// Reports of the peer that it has received data twice (RFC 2883).
    pub duplicate_sacks: u32,
    /// Octets that the peer acknowledged and the capture does not have: lost by the capture, not by the network.
    pub capture_lost_bytes: u64,
    /// Time during which everything was acknowledged: the sender had nothing to send.
    pub sender_limited: Duration,
    /// Time during which data was in flight or made up for: the path or the congestion window set the pace.
    pub network_limited: Duration,
    /// Time during which the peer's receive window was full or closed.
    pub receiver_limited: Duration,
}

impl DirectionStats {
    /// Segments sent again, by our own classification.
    #[must_use]
    pub fn resent(&self) -> u32 {
        let kinds = [self.resent_fast, self.resent_timeout, self.resent_spurious, self.resent_tail];
        kinds.into_iter().fold(0, u32::saturating_add)
    }

    /// Segments lost on the network, at a guess: those sent again, without those of which the peer says that it had them,
    /// and those for which it had no room.
    #[must_use]
    pub fn lost_by_network(&self) -> u32 {
        let needless = self.duplicate_sacks.max(self.resent_spurious);
        self.resent().saturating_sub(needless).saturating_sub(self.overruns())
    }

    /// Segments sent again because they had gone beyond the receiver's window; 0 where that is not sure, as the capture lacks
    /// segments, or they are few.
    pub(super) fn overruns(&self) -> u32 {
        let is_whole = self.capture_lost_bytes == 0 && self.lost_segments == 0;
        if is_whole && self.resent_overrun >= FEW_OVERRUNS { self.resent_overrun } else { 0 }
    }

    /// Acknowledged octets a second, over the time in which data was sent or in flight; `None` without such.
    #[must_use]
    pub fn goodput(&self) -> Option<f64> {
        let busy = (self.network_limited + self.receiver_limited).as_secs_f64();
        (busy > 0.0 && self.acknowledged_bytes > 0).then(|| self.acknowledged_bytes as f64 / busy)
    }

    /// Whether a device on the way has lowered the maximum segment size that this end announced: it sends larger ones
    /// itself. `peer_mss` is what the other end announced.
    #[must_use]
    pub fn is_mss_clamped(&self, peer_mss: Option<u16>) -> bool {
        let sent = self.max_segment;
        let allowed = peer_mss.is_some_and(|most| sent <= u32::from(most));
        allowed && self.mss.is_some_and(|mss| sent > u32::from(mss))
    }

    /// Whether large segments do not get through while smaller ones do: the mark of a path with a smaller MTU than its ends
    /// know of.
    #[must_use]
    pub fn is_mtu_suspect(&self) -> bool {
        self.resent_timeout >= 2 && self.max_segment > LEAST_MTU_PAYLOAD && self.max_acked_segment < self.max_segment
    }
}

/// What every path carries of TCP's payload: 1,220 octets over IPv6 (RFC 8200 section 5).
const LEAST_MTU_PAYLOAD: u32 = 1220;
/// Segments beyond a window that were sent again: fewer may be a window that was closed while they were on their way.
const FEW_OVERRUNS: u32 = 5;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_are_neither_needless_nor_overruns() {
        let stats =
            DirectionStats { resent_timeout: 20, duplicate_sacks: 3, resent_overrun: 6, ..DirectionStats::default() };
        assert_eq!(stats.lost_by_network(), 11);
        let few = DirectionStats { resent_overrun: 4, ..stats.clone() };
        let with_gaps = DirectionStats { lost_segments: 1, ..stats };
        assert_eq!((few.lost_by_network(), with_gaps.lost_by_network()), (17, 17));
    }
}

//! Judgement of TCP segments by the rules of Wireshark 4.0.

use std::time::Duration;

/// What Wireshark's `tcp.analysis` would say of a segment: one bit for each flag, as several can occur together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct TcpAnalysis(pub u32);

impl TcpAnalysis {
    /// Retransmission of any kind; also set with the two that follow.
    pub const RETRANSMISSION: Self = Self(1);
    /// Retransmission prompted by duplicate acknowledgments.
    pub const FAST_RETRANSMISSION: Self = Self(1 << 1);
    /// Retransmission of data that had been acknowledged.
    pub const SPURIOUS_RETRANSMISSION: Self = Self(1 << 2);
    /// Out of order.
    pub const OUT_OF_ORDER: Self = Self(1 << 3);
    /// An earlier segment is missing in the capture.
    pub const LOST_SEGMENT: Self = Self(1 << 4);
    /// Acknowledges a segment that the capture does not have.
    pub const ACK_LOST_SEGMENT: Self = Self(1 << 5);
    /// Duplicate acknowledgment.
    pub const DUPLICATE_ACK: Self = Self(1 << 6);
    /// Keep-alive.
    pub const KEEP_ALIVE: Self = Self(1 << 7);
    /// Answer to a keep-alive.
    pub const KEEP_ALIVE_ACK: Self = Self(1 << 8);
    /// The sender's receive window is closed.
    pub const ZERO_WINDOW: Self = Self(1 << 9);
    /// Probe of a closed window.
    pub const ZERO_WINDOW_PROBE: Self = Self(1 << 10);
    /// Answer to a probe of a closed window.
    pub const ZERO_WINDOW_PROBE_ACK: Self = Self(1 << 11);
    /// Announces a new window and nothing else.
    pub const WINDOW_UPDATE: Self = Self(1 << 12);
    /// Fills the peer's receive window.
    pub const WINDOW_FULL: Self = Self(1 << 13);
    /// A new connection on ports that were in use before.
    pub const REUSED_PORTS: Self = Self(1 << 14);

    const NAMES: [(Self, &'static str); 15] = [
        (Self::RETRANSMISSION, "retransmission"),
        (Self::FAST_RETRANSMISSION, "fast_retransmission"),
        (Self::SPURIOUS_RETRANSMISSION, "spurious_retransmission"),
        (Self::OUT_OF_ORDER, "out_of_order"),
        (Self::LOST_SEGMENT, "lost_segment"),
        (Self::ACK_LOST_SEGMENT, "ack_lost_segment"),
        (Self::DUPLICATE_ACK, "duplicate_ack"),
        (Self::KEEP_ALIVE, "keep_alive"),
        (Self::KEEP_ALIVE_ACK, "keep_alive_ack"),
        (Self::ZERO_WINDOW, "zero_window"),
        (Self::ZERO_WINDOW_PROBE, "zero_window_probe"),
        (Self::ZERO_WINDOW_PROBE_ACK, "zero_window_probe_ack"),
        (Self::WINDOW_UPDATE, "window_update"),
        (Self::WINDOW_FULL, "window_full"),
        (Self::REUSED_PORTS, "reused_ports"),
    ];

    /// Whether all bits of `other` are set.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The names of the bits that are set, as in Wireshark's fields `tcp.analysis.*`.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Self::NAMES.into_iter().filter(move |(flag, _)| self.contains(*flag)).map(|(_, name)| name)
    }
}

impl std::ops::BitOrAssign for TcpAnalysis {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

/// The judgement on one segment.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TcpObservation {
    /// Wireshark's flags.
    pub analysis: TcpAnalysis,
    /// Wireshark's stream number.
    pub stream: u32,
    /// Octets of payload on the wire.
    pub segment_len: u32,
    /// Announced window in octets, scaled where the handshake was seen.
    pub window: u32,
    /// Time since the segment whose data this one acknowledges.
    pub ack_rtt: Option<Duration>,
}

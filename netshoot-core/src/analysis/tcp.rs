//! Judgement of TCP segments by the rules of Wireshark.

use std::str::FromStr;
use std::time::Duration;

use crate::{Error, ErrorKind, Result};

/// By the rules of which Wireshark TCP segments are judged.
///
/// Our own verdicts ([`TcpObservation::classification`]) rest on round trips and keep-alives that are judged so, too, and may
/// differ a little.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TcpProfile {
    /// Those of Wireshark 4.0, which Debian 12 has.
    #[default]
    Wireshark40,
    /// Those of Wireshark 4.4. Acknowledgments with selective ranges are duplicates though their window changed; a
    /// retransmission behind two duplicates is fast if none of the ranges has it; what the capture has already is never out
    /// of order; a probe of a closed window may be taken in; [`TcpAnalysis::PARTIAL_ACK`] is set, and round trips are taken of
    /// such acknowledgments, too; each gap is told that an acknowledgment shows; a handshake behind a FIN or a reset opens
    /// another flow.
    Wireshark44,
    /// Those of Wireshark 4.6. Besides what 4.4 has, a retransmission is fast where ranges of more than two segments were
    /// jumped over; any segment that tells of new ranges is a duplicate acknowledgment, if it is nothing else; and out of
    /// order is what comes soon after the peer's last segment.
    Wireshark46,
}

impl TcpProfile {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Wireshark40, Self::Wireshark44, Self::Wireshark46];

    /// `wireshark-4.0`, `wireshark-4.4` or `wireshark-4.6`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Wireshark40 => "wireshark-4.0",
            Self::Wireshark44 => "wireshark-4.4",
            Self::Wireshark46 => "wireshark-4.6",
        }
    }
}

impl FromStr for TcpProfile {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|profile| profile.name() == text).ok_or_else(|| {
            Error::new(ErrorKind::InvalidInput, format!("read TCP profile {text:?}"))
                .with_hint("wireshark-4.0, wireshark-4.4 or wireshark-4.6")
        })
    }
}

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
    /// Acknowledges a part of a segment; set by the rules of Wireshark 4.4 and later alone.
    pub const PARTIAL_ACK: Self = Self(1 << 15);

    const NAMES: [(Self, &'static str); 16] = [
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
        (Self::PARTIAL_ACK, "partial_ack"),
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

/// Which parts of a connection were seen, in the bits of Wireshark's `tcp.completeness`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct Completeness(pub u8);

impl Completeness {
    /// The SYN, as the first segment.
    pub const SYN: Self = Self(1);
    /// The SYN-ACK.
    pub const SYN_ACK: Self = Self(2);
    /// An acknowledgment without data.
    pub const ACK: Self = Self(4);
    /// Data.
    pub const DATA: Self = Self(8);
    /// A FIN.
    pub const FIN: Self = Self(16);
    /// A reset.
    pub const RST: Self = Self(32);

    /// Whether all bits of `other` are set.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// What a segment is that repeats others or comes late: our own verdict, which uses more evidence than Wireshark's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SegmentClass {
    /// Sent again because acknowledgments were repeated or told of a gap, or on the way of such a recovery.
    RetransmissionFast,
    /// Sent again because nothing came back for too long, or on the way of such a recovery.
    RetransmissionTimeout,
    /// Sent again although the peer had it, as its acknowledgments before tell.
    RetransmissionSpurious,
    /// The last segment, sent again early to get an answer (tail loss probe, RFC 8985).
    RetransmissionTail,
    /// Overtaken by later ones on the way.
    Reordered,
    /// A packet that the network has delivered twice.
    DuplicateNetwork,
    /// A packet that was captured twice.
    DuplicateCapture,
}

impl SegmentClass {
    /// `retransmission_fast`, `reordered` and so on.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::RetransmissionFast => "retransmission_fast",
            Self::RetransmissionTimeout => "retransmission_timeout",
            Self::RetransmissionSpurious => "retransmission_spurious",
            Self::RetransmissionTail => "retransmission_tail",
            Self::Reordered => "reordered",
            Self::DuplicateNetwork => "duplicate_network",
            Self::DuplicateCapture => "duplicate_capture",
        }
    }

    /// Whether it was sent again.
    #[must_use]
    pub const fn is_retransmission(self) -> bool {
        !matches!(self, Self::Reordered | Self::DuplicateNetwork | Self::DuplicateCapture)
    }
}

/// What a segment is, and how sure that is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Classification {
    /// What it is.
    pub class: SegmentClass,
    /// From 0 to 1.
    pub confidence: f32,
}

/// The judgement on one segment: the flags and values of Wireshark's `tcp.analysis`.
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
    /// Frame of the segment that this one acknowledges.
    pub acked_frame: Option<u64>,
    /// Time from the SYN to the first ACK behind the handshake.
    pub initial_rtt: Option<Duration>,
    /// For a retransmission by timeout, the time since the oldest segment without an acknowledgment.
    pub timeout: Option<Duration>,
    /// Frame of that segment.
    pub timeout_frame: Option<u64>,
    /// Which duplicate acknowledgment this is, from 1.
    pub duplicate_ack_number: Option<u32>,
    /// Frame of the acknowledgment that it repeats.
    pub duplicate_ack_frame: Option<u64>,
    /// Octets that the sender has in flight, those of this segment included.
    pub bytes_in_flight: Option<u32>,
    /// Octets that the sender has sent since its last PSH, those of this segment included.
    pub push_bytes_sent: Option<u32>,
    /// What was seen of the connection so far.
    pub completeness: Completeness,
    /// Our own verdict on a segment that repeats others or comes late.
    pub classification: Option<Classification>,
}

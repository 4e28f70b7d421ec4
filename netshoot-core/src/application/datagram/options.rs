//! Limits of reassembly of datagrams, what it refuses, and what it counts.

use std::time::Duration;

/// Which of two fragments counts where they overlap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum DatagramOverlap {
    /// The one that begins first, or else came first: BSD, and Wireshark.
    #[default]
    Bsd,
    /// The one that came first: Windows, nearly.
    First,
    /// The one that came last: Cisco IOS, some printers.
    Last,
    /// Neither: the datagram is given up, unless all that a fragment has was there before, whatever it was: Linux.
    Linux,
    /// Neither: the datagram is given up, unless a fragment's octets were all there before and are the same (RFC 5722).
    Reject,
}

/// Limits of a [`DatagramReassembler`](super::DatagramReassembler).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DatagramOptions {
    /// Memory for fragments in octets, 4 MiB at first, as on Linux. Beyond it the oldest datagrams are given up. Each takes
    /// some 1,300 octets beside its fragments, and each of these some 80 beside what is in it.
    pub max_bytes: usize,
    /// How long fragments are waited for from the first on, in the packets' time: 30 seconds at first, as on Linux.
    pub timeout: Duration,
    /// Which of two fragments counts where they overlap.
    pub overlap: DatagramOverlap,
}

impl Default for DatagramOptions {
    fn default() -> Self {
        Self { max_bytes: 4 << 20, timeout: Duration::from_secs(30), overlap: DatagramOverlap::default() }
    }
}

/// Why a fragment is no use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Refusal {
    /// The capture or an outer length cut it.
    Truncated,
    /// It has no octets, or a number of them that no fragment but the last may have, or contradicts where another ends.
    Malformed,
    /// The datagram would be longer than 65,535 octets ("ping of death").
    TooLong,
    /// All that it has was there before.
    Duplicate,
    /// It overlaps another, and the datagram is given up for that.
    Overlap,
}

/// What a [`DatagramReassembler`](super::DatagramReassembler) has done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct DatagramCounters {
    /// Fragments that came.
    pub fragments: u64,
    /// Datagrams that were put together.
    pub completed: u64,
    /// Fragments that were cut.
    pub truncated: u64,
    /// Fragments that make no sense, those of too long a datagram among them.
    pub malformed: u64,
    /// Fragments whose octets had all come before.
    pub duplicates: u64,
    /// Fragments some of whose octets had come before.
    pub overlaps: u64,
    /// Fragments some of whose octets had come before and were others.
    pub conflicts: u64,
    /// Datagrams given up because fragments overlapped.
    pub rejected: u64,
    /// Datagrams given up because time ran out.
    pub expired: u64,
    /// Datagrams given up because memory ran out.
    pub evicted: u64,
}

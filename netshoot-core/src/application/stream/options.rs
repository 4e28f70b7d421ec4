//! Limits of stream reassembly, and what it counts.

use std::time::Duration;

/// Which octets count where segments that wait overlap. What was handed on already stays as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum StreamOverlap {
    /// Those of the segment that begins first, or else came first: Linux, and Wireshark.
    #[default]
    Lower,
    /// Those that came first.
    First,
    /// Those that came last.
    Last,
}

/// Limits of a [`StreamReassembler`](super::StreamReassembler).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StreamOptions {
    /// Memory in octets for what waits in one direction of a connection: 4 MiB at first. Beyond it the first hole is
    /// given up.
    pub max_direction_bytes: usize,
    /// The same for all together: 64 MiB at first. Beyond it the holes are given up that were there first.
    pub max_bytes: usize,
    /// Connections that are known at a time: 65,536 at first. Beyond it the one ends of which nothing came for longest.
    pub max_connections: usize,
    /// How long a connection may be silent, in the packets' time: an hour at first.
    pub idle_timeout: Duration,
    /// Which octets count where segments overlap.
    pub overlap: StreamOverlap,
    /// Passes over segments whose checksum is wrong, as their receiver did; those that a device was to compute pass. Off
    /// at first.
    pub verify_checksums: bool,
}

impl Default for StreamOptions {
    fn default() -> Self {
        Self {
            max_direction_bytes: 4 << 20,
            max_bytes: 64 << 20,
            max_connections: 1 << 16,
            idle_timeout: Duration::from_secs(3600),
            overlap: StreamOverlap::Lower,
            verify_checksums: false,
        }
    }
}

/// What a [`StreamReassembler`](super::StreamReassembler) has done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct StreamCounters {
    /// Connections that were seen.
    pub connections: u64,
    /// Octets that were handed on.
    pub octets: u64,
    /// Segments that came before others of their stream.
    pub early_segments: u64,
    /// Octets that had come before.
    pub duplicate_octets: u64,
    /// Segments that differed from others that waited, where they overlapped.
    pub conflicts: u64,
    /// Holes that were given up.
    pub gaps: u64,
    /// Octets that were missing.
    pub missing_octets: u64,
    /// Octets that came when their connection was closed.
    pub late_octets: u64,
    /// Segments with a wrong checksum.
    pub corrupt: u64,
    /// Connections that were silent for too long.
    pub idle: u64,
    /// Connections that ended because there were too many.
    pub evicted: u64,
}

//! Series over time, in bins: traffic, and the round trips and sequence numbers of a flow; and histograms of latencies.
//!
//! Each is bounded, whatever the capture: when there would be more bins than [`SeriesOptions::max_bins`], they become twice
//! as wide and neighbours one. So bins are as wide as was asked for, or that times a power of two, and begin at multiples of
//! their width behind the [origin](SeriesOptions::origin). What is kept of a bin adds up or is a least or a greatest, so
//! that [`merge`](IoSeries::merge) of the series of parts gives the series of the whole, in any order.

mod bins;
mod flow;
mod histogram;
mod io;

use std::time::Duration;

pub use flow::{FlowSeries, RttBin, SequenceBin, flow_series};
pub use histogram::{Latencies, LatencyBucket, LatencyKind};
pub use io::{IoBin, IoBy, IoSeries, io};

use crate::capture::Timestamp;

/// How a series is binned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SeriesOptions {
    /// Width of the bins; default 1 s for traffic and, where a flow's frames are asked for, 1 µs. 0 counts as 1 ns.
    pub bin: Option<Duration>,
    /// Where a bin begins; default 1970. With the time of the first frame bins are those of Wireshark.
    pub origin: Timestamp,
    /// Bins at most, of each direction or protocol of its own; default 10,000. Fewer than 2 count as 2: one before the
    /// origin, and one behind it.
    pub max_bins: usize,
}

impl SeriesOptions {
    /// The same, with bins of this width.
    #[must_use]
    pub fn with_bin(mut self, bin: Duration) -> Self {
        self.bin = Some(bin);
        self
    }

    /// The same, with a bin that begins at `origin`.
    #[must_use]
    pub fn with_origin(mut self, origin: Timestamp) -> Self {
        self.origin = origin;
        self
    }

    /// The same, with at most so many bins.
    #[must_use]
    pub fn with_max_bins(mut self, most: usize) -> Self {
        self.max_bins = most;
        self
    }
}

impl Default for SeriesOptions {
    fn default() -> Self {
        Self { bin: None, origin: Timestamp::from_nanos(0), max_bins: 10_000 }
    }
}

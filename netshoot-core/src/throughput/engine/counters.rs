//! What a stream counts: written by its thread alone, read by anybody at any time.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

macro_rules! totals {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// What one stream has moved, and what became of its datagrams.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize))]
        #[non_exhaustive]
        pub struct Totals {
            $($(#[$doc])* pub $name: u64,)*
        }

        #[derive(Debug, Default)]
        struct Published {
            $($name: AtomicU64,)*
        }

        impl Published {
            fn store(&self, totals: &Totals) {
                $(self.$name.store(totals.$name, Ordering::Relaxed);)*
            }

            fn load(&self) -> Totals {
                Totals { $($name: self.$name.load(Ordering::Relaxed),)* }
            }
        }
    };
}

totals! {
    /// Octets of payload sent or received.
    bytes,
    /// System calls that moved something.
    calls,
    /// UDP: the highest sequence number sent or seen, that is datagrams sent as far as this end can know.
    packets,
    /// UDP: datagrams that left or came.
    datagrams,
    /// UDP receiver: lost by iperf3's arithmetic, which takes a duplicate for a lost datagram found again.
    lost,
    /// UDP receiver: out of order by iperf3's arithmetic, duplicates among them.
    out_of_order,
    /// UDP receiver: interarrival jitter (RFC 1889 A.8) in nanoseconds.
    jitter_ns,
    /// UDP receiver: numbers up to the highest that have not come at all.
    missing,
    /// UDP receiver: datagrams that came again.
    duplicates,
    /// UDP receiver: datagrams that came for the first time after one with a higher number.
    reordered,
    /// UDP receiver: the most numbers by which one of them was behind the highest.
    reorder_extent,
    /// UDP receiver: datagrams so late, 4096 numbers or more, that nobody remembers whether they had come before.
    late,
    /// UDP receiver: datagrams too short for a header.
    malformed,
    /// UDP sender: datagrams with a number that the system here refused to send.
    unsent,
}

impl Totals {
    /// Interarrival jitter (RFC 1889 A.8).
    #[must_use]
    pub fn jitter(&self) -> Duration {
        Duration::from_nanos(self.jitter_ns)
    }
}

/// A stream's counters at one moment.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Sample {
    /// When they were read.
    pub at: Instant,
    /// Since the data began to flow.
    pub totals: Totals,
    /// Of these, what belongs to the time to omit; zeros while that lasts.
    pub omitted: Totals,
    /// Datagrams that came to this host and found the socket's buffer full (`SO_MEMINFO`).
    pub drops: Option<u64>,
}

/// The counters of one stream, apart from what other threads write.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(super) struct Counters {
    totals: Published,
    omitted: Published,
}

impl Counters {
    pub(super) fn publish(&self, totals: &Totals) {
        self.totals.store(totals);
    }

    pub(super) fn end_omit(&self, totals: &Totals) {
        self.omitted.store(totals);
    }

    pub(super) fn sample(&self, drops: Option<u64>) -> Sample {
        Sample { at: Instant::now(), totals: self.totals.load(), omitted: self.omitted.load(), drops }
    }
}

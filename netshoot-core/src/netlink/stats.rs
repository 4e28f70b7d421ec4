//! A link's counters.

use super::attribute::{Attribute, Notes};

macro_rules! stats64 {
    ($($(#[$doc:meta])* $field:ident,)*) => {
        /// `struct rtnl_link_stats64`: counters since the device was made.
        ///
        /// A counter that the running kernel does not have yet is 0.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize))]
        #[non_exhaustive]
        pub struct Stats64 {
            $($(#[$doc])* pub $field: u64,)*
        }

        impl Stats64 {
            /// The structure has grown twice: what an older kernel leaves out is zero, what a newer adds is skipped.
            pub(super) fn read(attribute: &Attribute<'_>, notes: &mut Notes) -> Self {
                let _ = attribute.array::<OLDEST_LENGTH>(notes);
                let mut counters = attribute.payload.chunks_exact(8).filter_map(|octets| octets.first_chunk::<8>());
                Self { $($field: counters.next().map_or(0, |octets| u64::from_ne_bytes(*octets)),)* }
            }
        }
    };
}

stats64! {
    /// Packets received.
    rx_packets,
    /// Packets sent.
    tx_packets,
    /// Octets received.
    rx_bytes,
    /// Octets sent.
    tx_bytes,
    /// Received packets that were bad.
    rx_errors,
    /// Packets that could not be sent.
    tx_errors,
    /// Good received packets dropped for want of room, or unwanted.
    rx_dropped,
    /// Packets dropped on their way to the wire.
    tx_dropped,
    /// Multicast packets received.
    multicast,
    /// Collisions while sending.
    collisions,
    /// Received packets with a bad length.
    rx_length_errors,
    /// Received packets that the receive ring had no room for.
    rx_over_errors,
    /// Received packets with a bad checksum.
    rx_crc_errors,
    /// Received packets with a framing error.
    rx_frame_errors,
    /// Receiver overruns.
    rx_fifo_errors,
    /// Packets that the hardware missed.
    rx_missed_errors,
    /// Sendings given up.
    tx_aborted_errors,
    /// Sendings lost for want of a carrier.
    tx_carrier_errors,
    /// Transmitter underruns.
    tx_fifo_errors,
    /// Heartbeat errors.
    tx_heartbeat_errors,
    /// Late collisions.
    tx_window_errors,
    /// Compressed packets received.
    rx_compressed,
    /// Compressed packets sent.
    tx_compressed,
    /// Packets dropped because nothing was listening; from Linux 4.6.
    rx_nohandler,
    /// Packets dropped because they were for another host; from Linux 5.19.
    rx_otherhost_dropped,
}

/// The 23 counters of the first version.
const OLDEST_LENGTH: usize = 23 * 8;

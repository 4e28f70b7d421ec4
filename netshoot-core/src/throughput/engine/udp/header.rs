//! The header of iperf3's datagrams: when it was sent, by the sender's clock, and its number; all big-endian.

use std::time::Duration;

/// What the header of a datagram says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// The time by the sender's monotonic clock.
    pub(super) sent: Duration,
    pub(super) number: Number,
}

/// The number of a datagram, or its low half.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Number {
    Low(u32),
    Whole(u64),
}

impl Header {
    /// `None` where the octets are too few.
    #[inline]
    pub(super) fn parse(octets: &[u8], counters64: bool) -> Option<Self> {
        let (seconds, rest) = octets.split_first_chunk()?;
        let (microseconds, rest) = rest.split_first_chunk()?;
        let number = if counters64 {
            Number::Whole(u64::from_be_bytes(*rest.first_chunk()?))
        } else {
            Number::Low(u32::from_be_bytes(*rest.first_chunk()?))
        };
        let seconds = Duration::from_secs(u32::from_be_bytes(*seconds).into());
        Some(Self { sent: seconds + Duration::from_micros(u32::from_be_bytes(*microseconds).into()), number })
    }

    /// Writes the time `stamp`, made by [`stamp`], and a number to the front of `datagram`.
    #[inline]
    pub(super) fn write_to(datagram: &mut [u8], stamp: [u8; 8], number: u64, counters64: bool) {
        let Some((time, rest)) = datagram.split_first_chunk_mut() else { return };
        *time = stamp;
        if counters64 {
            if let Some(place) = rest.first_chunk_mut() {
                *place = number.to_be_bytes();
            }
        } else if let Some(place) = rest.first_chunk_mut() {
            *place = (number as u32).to_be_bytes();
        }
    }
}

/// A time as the header has it.
pub(super) fn stamp(time: Duration) -> [u8; 8] {
    let time = u64::from(time.as_secs() as u32) << 32 | u64::from(time.subsec_micros());
    time.to_be_bytes()
}

/// Octets of the header.
pub(in crate::throughput::engine) fn header_len(counters64: bool) -> usize {
    if counters64 { 16 } else { 12 }
}

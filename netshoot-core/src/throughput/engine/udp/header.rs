//! The header of iperf3's datagrams: when it was sent, by the sender's clock, and its number; all big-endian.

use std::time::Duration;

/// What the header of a datagram says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// The time by the sender's monotonic clock, in nanoseconds.
    pub(super) sent: i64,
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
        // Not by way of a `Duration`: this is done millions of times a second.
        let [seconds, microseconds] = [seconds, microseconds].map(|octets| i64::from(u32::from_be_bytes(*octets)));
        Some(Self { sent: seconds * 1_000_000_000 + microseconds * 1_000, number })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_parsed() {
        let time = Duration::new(3, 4_999);
        for (counters64, number) in [(false, Number::Low(7)), (true, Number::Whole(1 << 32 | 7))] {
            let mut octets = [0xff; 20];
            Header::write_to(&mut octets, stamp(time), 1 << 32 | 7, counters64);
            let length = header_len(counters64);
            assert_eq!(Header::parse(&octets, counters64), Some(Header { sent: 3_000_004_000, number }));
            assert!(octets[length..].iter().all(|octet| *octet == 0xff));
            for length in 0..length {
                assert_eq!(Header::parse(&octets[..length], counters64), None);
                Header::write_to(&mut octets[..length], stamp(time), 7, counters64);
            }
        }
        assert_eq!(
            Header::parse(&[0xff; 12], false).map(|header| header.sent),
            Some(i64::from(u32::MAX) * 1_000_001_000)
        );
    }
}

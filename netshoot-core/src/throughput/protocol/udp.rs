//! What crosses the data sockets of a UDP test.

/// The first datagram of a stream, from the client; a server must not look at it: versions before 3.12 send other octets.
pub const HELLO: [u8; 4] = *b"9876";
/// The answer, which every version of the client takes.
pub const HELLO_REPLY: [u8; 4] = *b"6789";

/// Whether a datagram answers [`HELLO`]: as servers do since 3.12, or before, in either byte order of the server.
#[must_use]
pub fn is_hello_reply(datagram: &[u8]) -> bool {
    [HELLO_REPLY, [0xb1, 0x68, 0xde, 0x3a], [0x3a, 0xde, 0x68, 0xb1]].iter().any(|reply| datagram == reply)
}

/// The first octets of each datagram of a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DatagramHeader {
    /// The sender's clock, which nobody else can compare with anything: seconds.
    pub seconds: u32,
    /// The same: microseconds.
    pub microseconds: u32,
    /// Counted from 1 in each stream and direction.
    pub sequence: u64,
}

impl DatagramHeader {
    /// Octets of the header with 32-bit or 64-bit sequence numbers.
    #[must_use]
    pub fn len(counters_64bit: bool) -> usize {
        if counters_64bit { 16 } else { 12 }
    }

    /// The header of `datagram`; `None` when it is too short.
    #[must_use]
    pub fn parse(datagram: &[u8], counters_64bit: bool) -> Option<Self> {
        let (seconds, rest) = datagram.split_first_chunk()?;
        let (microseconds, rest) = rest.split_first_chunk()?;
        let sequence = match counters_64bit {
            true => u64::from_be_bytes(*rest.first_chunk()?),
            false => u32::from_be_bytes(*rest.first_chunk()?).into(),
        };
        let (seconds, microseconds) = (u32::from_be_bytes(*seconds), u32::from_be_bytes(*microseconds));
        Some(Self { seconds, microseconds, sequence })
    }

    /// Writes the header to the beginning of `datagram`, as far as there is room.
    pub fn write_to(self, datagram: &mut [u8], counters_64bit: bool) {
        let sequence = self.sequence.to_be_bytes();
        let sequence = if counters_64bit { sequence.as_slice() } else { sequence.get(4..).unwrap_or_default() };
        let octets = self.seconds.to_be_bytes().into_iter().chain(self.microseconds.to_be_bytes());
        for (place, octet) in datagram.iter_mut().zip(octets.chain(sequence.iter().copied())) {
            *place = octet;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_is_big_endian_in_both_widths() {
        let header = DatagramHeader { seconds: 1, microseconds: 0x0203_0405, sequence: 0x0607_0809 };
        let mut octets = [0xee; 17];
        header.write_to(&mut octets, false);
        assert_eq!(octets[..13], [0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0xee]);
        assert_eq!(DatagramHeader::parse(&octets, false), Some(header));
        assert_eq!(DatagramHeader::parse(&octets[..11], false), None);
        header.write_to(&mut octets, true);
        assert_eq!(octets, [0, 0, 0, 1, 2, 3, 4, 5, 0, 0, 0, 0, 6, 7, 8, 9, 0xee]);
        assert_eq!(DatagramHeader::parse(&octets, true), Some(header));
        assert_eq!(DatagramHeader::parse(&octets[..15], true), None);
    }

    #[test]
    fn replies_of_all_versions_are_known() {
        assert!(is_hello_reply(b"6789"));
        assert!(is_hello_reply(&987_654_321_u32.to_le_bytes()) && is_hello_reply(&987_654_321_u32.to_be_bytes()));
        assert!(!is_hello_reply(b"9876") && !is_hello_reply(b"") && !is_hello_reply(b"67890"));
    }
}

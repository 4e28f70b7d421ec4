//! The sums that checksums are made of: ones' complement (RFC 1071) and CRC-32c (RFC 9260 appendix A).

/// The ones' complement sum of 16-bit words, of which the first octet is the high one; an odd last octet counts as if a
/// zero followed.
///
/// Words of 32 bits are added into eight sums of 64 bits, which the compiler turns into vector additions: the order of
/// octets and of carries does not matter until the end (RFC 1071 section 2).
pub(super) fn ones_complement(bytes: &[u8]) -> u16 {
    let mut lanes = [0_u64; 8];
    let (blocks, rest) = bytes.as_chunks::<32>();
    for block in blocks {
        let (words, _) = block.as_chunks::<4>();
        for (lane, word) in lanes.iter_mut().zip(words) {
            *lane += u64::from(u32::from_ne_bytes(*word));
        }
    }
    let mut sum: u64 = lanes.iter().map(|lane| (lane & 0xffff_ffff) + (lane >> 32)).sum();
    let (pairs, last) = rest.as_chunks::<2>();
    sum += pairs.iter().map(|pair| u64::from(u16::from_ne_bytes(*pair))).sum::<u64>();
    if let [last] = last {
        sum += u64::from(u16::from_ne_bytes([*last, 0]));
    }
    u16::from_be_bytes(fold(sum).to_ne_bytes())
}

/// A sum in 16 bits, what was carried out of them added at the low end.
pub(super) fn fold(mut sum: u64) -> u16 {
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    sum as u16
}

/// CRC-32c as far as `crc`, continued over `bytes`; begins with [`CRC_START`] and ends with its complement.
///
/// Eight octets at a time, each looked up in a table of its own ("slicing by eight").
pub(super) fn crc32c(mut crc: u32, bytes: &[u8]) -> u32 {
    let (blocks, rest) = bytes.as_chunks::<8>();
    for [a, b, c, d, e, f, g, h] in blocks {
        let [i, j, k, l] = (crc ^ u32::from_le_bytes([*a, *b, *c, *d])).to_le_bytes();
        crc = entry(7, i) ^ entry(6, j) ^ entry(5, k) ^ entry(4, l);
        crc ^= entry(3, *e) ^ entry(2, *f) ^ entry(1, *g) ^ entry(0, *h);
    }
    for octet in rest {
        crc = (crc >> 8) ^ entry(0, crc as u8 ^ octet);
    }
    crc
}

/// What [`crc32c`] begins with.
pub(super) const CRC_START: u32 = u32::MAX;

#[allow(clippy::indexing_slicing, reason = "eight tables of as many entries as an octet has values")]
#[inline(always)]
fn entry(table: usize, octet: u8) -> u32 {
    CRC_TABLES[table & 7][octet as usize]
}

static CRC_TABLES: [[u32; 256]; 8] = crc_tables();

#[allow(clippy::indexing_slicing, reason = "runs in the compiler, which refuses what lies beyond")]
const fn crc_tables() -> [[u32; 256]; 8] {
    let mut tables = [[0; 256]; 8];
    let mut octet = 0;
    while octet < 256 {
        let (mut crc, mut bit) = (octet as u32, 0);
        while bit < 8 {
            crc = if crc & 1 == 0 { crc >> 1 } else { (crc >> 1) ^ 0x82f6_3b78 };
            bit += 1;
        }
        tables[0][octet] = crc;
        octet += 1;
    }
    octet = 0;
    while octet < 256 {
        let mut table = 1;
        while table < 8 {
            let before = tables[table - 1][octet];
            tables[table][octet] = (before >> 8) ^ tables[0][(before & 0xff) as usize];
            table += 1;
        }
        octet += 1;
    }
    tables
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Word by word, as RFC 1071 has it.
    fn slow_sum(bytes: &[u8]) -> u16 {
        let mut sum = 0_u32;
        for pair in bytes.chunks(2) {
            sum += u32::from(pair[0]) << 8 | pair.get(1).copied().map_or(0, u32::from);
            sum = (sum & 0xffff) + (sum >> 16);
        }
        sum as u16
    }

    /// Bit by bit.
    fn slow_crc(bytes: &[u8]) -> u32 {
        let mut crc = u32::MAX;
        for octet in bytes {
            crc ^= u32::from(*octet);
            for _ in 0..8 {
                crc = if crc & 1 == 0 { crc >> 1 } else { (crc >> 1) ^ 0x82f6_3b78 };
            }
        }
        !crc
    }

    #[test]
    fn known_sums() {
        // RFC 1071 section 3; RFC 3720 appendix B.4.
        assert_eq!(ones_complement(&[0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]), 0xddf2);
        assert_eq!(!crc32c(CRC_START, &[0; 32]), 0x8a91_36aa);
        assert_eq!(!crc32c(CRC_START, &[0xff; 32]), 0x62a8_ab43);
        assert_eq!(!crc32c(CRC_START, b"123456789"), 0xe306_9283);
    }

    proptest! {
        #[test]
        fn as_the_slow_twins(bytes in proptest::collection::vec(any::<u8>(), 0..300), ones in any::<bool>()) {
            let bytes = if ones { vec![0xff; bytes.len() * 31] } else { bytes };
            prop_assert_eq!(ones_complement(&bytes), slow_sum(&bytes));
            prop_assert_eq!(!crc32c(CRC_START, &bytes), slow_crc(&bytes));
            let (first, second) = bytes.split_at(bytes.len() / 3);
            prop_assert_eq!(!crc32c(crc32c(CRC_START, first), second), slow_crc(&bytes));
        }
    }
}

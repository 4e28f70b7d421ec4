//! IPv4 header (RFC 791).

use core::net::Ipv4Addr;

use super::IpProtocol;

/// An IPv4 header.
#[derive(Clone, Copy, Debug)]
pub struct Ipv4<'a> {
    pub(super) header: &'a [u8; 20],
    pub(super) options: &'a [u8],
}

impl<'a> Ipv4<'a> {
    /// Octets of a header without options.
    pub const MIN_HEADER_LEN: usize = 20;

    /// Octets of the header by its IHL field, options included: 20 to 60.
    #[must_use]
    pub fn header_len(&self) -> usize {
        usize::from(self.header[0] & 0x0f) * 4
    }

    /// Differentiated services code point, 0 to 63 (RFC 2474).
    #[must_use]
    pub fn dscp(&self) -> u8 {
        self.header[1] >> 2
    }

    /// Explicit congestion notification, 0 to 3 (RFC 3168).
    #[must_use]
    pub fn ecn(&self) -> u8 {
        self.header[1] & 3
    }

    /// Octets of header and payload as the header states them; 0 where the sender leaves cutting into segments to its
    /// device.
    #[must_use]
    pub fn total_length(&self) -> u16 {
        u16::from_be_bytes([self.header[2], self.header[3]])
    }

    /// Identification of the datagram, for reassembly.
    #[must_use]
    pub fn identification(&self) -> u16 {
        u16::from_be_bytes([self.header[4], self.header[5]])
    }

    /// Don't fragment.
    #[must_use]
    pub fn dont_fragment(&self) -> bool {
        self.header[6] & 0x40 != 0
    }

    /// More fragments follow.
    #[must_use]
    pub fn more_fragments(&self) -> bool {
        self.header[6] & 0x20 != 0
    }

    /// Fragment offset in units of eight octets.
    #[must_use]
    pub fn fragment_offset(&self) -> u16 {
        u16::from_be_bytes([self.header[6], self.header[7]]) & 0x1fff
    }

    /// Time to live: routers that may still be passed.
    #[must_use]
    pub fn time_to_live(&self) -> u8 {
        self.header[8]
    }

    /// The protocol of the payload.
    #[must_use]
    pub fn protocol(&self) -> IpProtocol {
        IpProtocol(self.header[9])
    }

    /// Header checksum as sent.
    #[must_use]
    pub fn checksum(&self) -> u16 {
        u16::from_be_bytes([self.header[10], self.header[11]])
    }

    /// The source address.
    #[must_use]
    pub fn source(&self) -> Ipv4Addr {
        Ipv4Addr::new(self.header[12], self.header[13], self.header[14], self.header[15])
    }

    /// The destination address.
    #[must_use]
    pub fn destination(&self) -> Ipv4Addr {
        Ipv4Addr::new(self.header[16], self.header[17], self.header[18], self.header[19])
    }

    /// Where the packet ends its journey, if a source route still leads it elsewhere (RFC 791 section 3.1).
    ///
    /// Checksums of transport layers are made with this address.
    #[must_use]
    pub fn final_destination(&self) -> Option<Ipv4Addr> {
        let mut rest = self.options;
        loop {
            match rest {
                [1, after @ ..] => rest = after,
                [LOOSE_ROUTE | STRICT_ROUTE, len, next, ..] => {
                    let route = rest.get(3..usize::from(*len))?;
                    return if next > len { None } else { route.last_chunk::<4>().copied().map(Ipv4Addr::from) };
                }
                [kind, len, ..] if *kind != 0 && *len >= 2 => rest = rest.get(usize::from(*len)..)?,
                _ => return None,
            }
        }
    }

    /// The captured octets of the options, undecoded.
    #[must_use]
    pub fn options(&self) -> &'a [u8] {
        self.options
    }
}

const LOOSE_ROUTE: u8 = 131;
const STRICT_ROUTE: u8 = 137;

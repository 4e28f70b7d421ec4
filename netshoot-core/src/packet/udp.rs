//! UDP header (RFC 768).

/// A UDP header.
#[derive(Clone, Copy, Debug)]
pub struct Udp<'a> {
    pub(super) header: &'a [u8; 8],
}

impl Udp<'_> {
    /// Octets of the header.
    pub const HEADER_LEN: usize = 8;

    /// The source port.
    #[must_use]
    pub fn source_port(&self) -> u16 {
        u16::from_be_bytes([self.header[0], self.header[1]])
    }

    /// The destination port.
    #[must_use]
    pub fn destination_port(&self) -> u16 {
        u16::from_be_bytes([self.header[2], self.header[3]])
    }

    /// Octets of header and payload as the header states them; 0 in a jumbogram (RFC 2675).
    #[must_use]
    pub fn length(&self) -> u16 {
        u16::from_be_bytes([self.header[4], self.header[5]])
    }

    /// Checksum as sent; 0 means none over IPv4.
    #[must_use]
    pub fn checksum(&self) -> u16 {
        u16::from_be_bytes([self.header[6], self.header[7]])
    }
}

//! ICMP for IPv4 (RFC 792) and for IPv6 (RFC 4443).

mod extension;

pub use extension::{IcmpExtensions, IcmpInterface, IcmpObject, IcmpObjectValue, IcmpObjects, MplsLabels};

/// The fixed part of an ICMP message, of either version; which one it is, the accessor of [`Packet`](super::Packet)
/// says that gave it.
#[derive(Clone, Copy, Debug)]
pub struct Icmp<'a> {
    pub(super) header: &'a [u8; 8],
}

impl<'a> Icmp<'a> {
    /// Octets of the fixed part.
    pub const HEADER_LEN: usize = 8;

    /// The message type (`type` in the RFC, a keyword here).
    #[must_use]
    pub fn message_type(&self) -> u8 {
        self.header[0]
    }

    /// The code, whose meaning depends on the type.
    #[must_use]
    pub fn code(&self) -> u8 {
        self.header[1]
    }

    /// Checksum as sent.
    #[must_use]
    pub fn checksum(&self) -> u16 {
        u16::from_be_bytes([self.header[2], self.header[3]])
    }

    /// The four octets behind the checksum, whose meaning depends on the type.
    #[must_use]
    pub fn rest_of_header(&self) -> [u8; 4] {
        [self.header[4], self.header[5], self.header[6], self.header[7]]
    }

    /// Identifier of an echo message.
    #[must_use]
    pub fn identifier(&self) -> u16 {
        u16::from_be_bytes([self.header[4], self.header[5]])
    }

    /// Sequence number of an echo message.
    #[must_use]
    pub fn sequence_number(&self) -> u16 {
        u16::from_be_bytes([self.header[6], self.header[7]])
    }
}

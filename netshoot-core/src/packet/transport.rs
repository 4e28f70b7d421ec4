//! Views of transport protocols beside TCP, UDP and ICMP: SCTP, UDP-Lite, IGMP, ESP.

use core::net::Ipv4Addr;

use super::bytes::{array, range};
use super::{Layer, Packet};

impl<'a> Packet<'a> {
    /// The SCTP header.
    #[must_use]
    pub fn sctp(&self) -> Option<Sctp<'a>> {
        let header = self.transport_header(Layer::Sctp)?;
        let payload = self.payload();
        Some(Sctp { header, chunks: payload.bytes })
    }

    /// The header of UDP-Lite.
    #[must_use]
    pub fn udp_lite(&self) -> Option<UdpLite<'a>> {
        self.transport_header(Layer::UdpLite).map(|header| UdpLite { header })
    }

    /// The IGMP message.
    #[must_use]
    pub fn igmp(&self) -> Option<Igmp<'a>> {
        let header = self.transport_header(Layer::Igmp)?;
        Some(Igmp { header })
    }

    /// The header of the encapsulating security payload.
    #[must_use]
    pub fn esp(&self) -> Option<Esp<'a>> {
        self.transport_header(Layer::Esp).map(|header| Esp { header })
    }

    fn transport_header<const N: usize>(&self, layer: Layer) -> Option<&'a [u8; N]> {
        if self.layout.transport_kind != Some(layer) {
            return None;
        }
        self.captured(usize::from(self.layout.transport))
    }
}

/// The common header of SCTP (RFC 9260) and the chunks behind it.
#[derive(Clone, Copy, Debug)]
pub struct Sctp<'a> {
    header: &'a [u8; 12],
    chunks: &'a [u8],
}

impl<'a> Sctp<'a> {
    /// Octets of the common header.
    pub const HEADER_LEN: usize = 12;

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

    /// The tag by which the receiver knows the association.
    #[must_use]
    pub fn verification_tag(&self) -> u32 {
        u32::from_be_bytes([self.header[4], self.header[5], self.header[6], self.header[7]])
    }

    /// The checksum (CRC-32c) as sent, read as the octets stand.
    #[must_use]
    pub fn checksum(&self) -> u32 {
        u32::from_be_bytes([self.header[8], self.header[9], self.header[10], self.header[11]])
    }

    /// The chunks, in order.
    #[must_use]
    pub fn chunks(&self) -> SctpChunks<'a> {
        SctpChunks { rest: self.chunks }
    }
}

/// A chunk of SCTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SctpChunk<'a> {
    /// The type: 0 is data, 1 INIT, 3 SACK.
    pub kind: u8,
    /// The flags, whose meaning depends on the type.
    pub flags: u8,
    /// Octets of the chunk as it states them, its first four included, padding not.
    pub length: u16,
    /// What follows these, as far as it was captured.
    pub value: &'a [u8],
}

impl SctpChunk<'_> {
    /// Of a chunk with data: the transmission sequence number.
    #[must_use]
    pub fn tsn(&self) -> Option<u32> {
        self.data_field(0)
    }

    /// Of a chunk with data: what kind of payload it is (IANA's numbers).
    #[must_use]
    pub fn payload_protocol(&self) -> Option<u32> {
        self.data_field(8)
    }

    fn data_field(&self, at: usize) -> Option<u32> {
        if self.kind != 0 {
            return None;
        }
        array(self.value, at).copied().map(u32::from_be_bytes)
    }
}

/// Iterator over chunks; ends at one whose length is below four, and behind one that was cut.
#[derive(Clone, Copy, Debug)]
pub struct SctpChunks<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for SctpChunks<'a> {
    type Item = SctpChunk<'a>;

    fn next(&mut self) -> Option<SctpChunk<'a>> {
        let [kind, flags, high, low] = *array::<4>(self.rest, 0)?;
        let length = u16::from_be_bytes([high, low]);
        let value = range(self.rest, 4, usize::from(length));
        let next = usize::from(length).next_multiple_of(4);
        self.rest = if length < 4 { &[] } else { self.rest.get(next..).unwrap_or_default() };
        (length >= 4).then_some(SctpChunk { kind, flags, length, value })
    }
}

impl core::iter::FusedIterator for SctpChunks<'_> {}

/// A header of UDP-Lite (RFC 3828).
#[derive(Clone, Copy, Debug)]
pub struct UdpLite<'a> {
    header: &'a [u8; 8],
}

impl UdpLite<'_> {
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

    /// Octets that the checksum covers, from the header on; 0 is all.
    #[must_use]
    pub fn checksum_coverage(&self) -> u16 {
        u16::from_be_bytes([self.header[4], self.header[5]])
    }

    /// Checksum as sent.
    #[must_use]
    pub fn checksum(&self) -> u16 {
        u16::from_be_bytes([self.header[6], self.header[7]])
    }
}

/// The fixed part of an IGMP message (RFC 3376).
#[derive(Clone, Copy, Debug)]
pub struct Igmp<'a> {
    header: &'a [u8; 8],
}

impl Igmp<'_> {
    /// Octets of the fixed part.
    pub const HEADER_LEN: usize = 8;

    /// The type: 0x11 is a query, 0x16 and 0x22 are reports.
    #[must_use]
    pub fn message_type(&self) -> u8 {
        self.header[0]
    }

    /// How long members may take to answer, as the message codes it.
    #[must_use]
    pub fn max_response_code(&self) -> u8 {
        self.header[1]
    }

    /// Checksum as sent.
    #[must_use]
    pub fn checksum(&self) -> u16 {
        u16::from_be_bytes([self.header[2], self.header[3]])
    }

    /// The group, in all messages but reports of version 3.
    #[must_use]
    pub fn group(&self) -> Option<Ipv4Addr> {
        let [_, _, _, _, a, b, c, d] = *self.header;
        (self.message_type() != 0x22).then(|| Ipv4Addr::new(a, b, c, d))
    }
}

/// The octets of the encapsulating security payload that are not encrypted (RFC 4303).
#[derive(Clone, Copy, Debug)]
pub struct Esp<'a> {
    header: &'a [u8; 8],
}

impl Esp<'_> {
    /// Octets of the header.
    pub const HEADER_LEN: usize = 8;

    /// The security parameters index.
    #[must_use]
    pub fn spi(&self) -> u32 {
        u32::from_be_bytes([self.header[0], self.header[1], self.header[2], self.header[3]])
    }

    /// The sequence number.
    #[must_use]
    pub fn sequence_number(&self) -> u32 {
        u32::from_be_bytes([self.header[4], self.header[5], self.header[6], self.header[7]])
    }
}

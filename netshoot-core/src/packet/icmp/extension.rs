//! What routers add to ICMP errors (RFC 4884): labels of MPLS (RFC 4950), interfaces (RFC 5837), and other objects.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::super::cursor::Cursor;
use super::super::sum::ones_complement;
use super::super::{ChecksumStatus, Layer, Limit, MplsLabel, Packet, Stop};

impl<'a> Packet<'a> {
    /// The extensions of an ICMP error, behind the packet that it [quotes](Self::quoted), or of an extended echo request
    /// (RFC 8335).
    ///
    /// Where a router does not say how long the quotation is, they are looked for behind 128 octets, and taken for what they
    /// are if their checksum is right (RFC 4884 section 5.5).
    #[must_use]
    pub fn icmp_extensions(&self) -> Option<IcmpExtensions<'a>> {
        if self.layout.fragment_offset != 0 {
            return None;
        }
        let start = match self.icmp_quote_len() {
            Some(length) => length,
            None if self.is_extended_echo() => 0,
            None => return None,
        };
        let payload = self.payload();
        let bytes = payload.bytes.get(start..)?;
        let header = bytes.first_chunk()?;
        let is_whole = !payload.is_truncated();
        Some(IcmpExtensions { bytes, header, offset: usize::from(self.layout.payload) + start, is_whole })
    }

    fn is_extended_echo(&self) -> bool {
        self.icmpv4().is_some_and(|icmp| icmp.message_type() == 42)
            || self.icmpv6().is_some_and(|icmp| icmp.message_type() == 160)
    }

    /// Octets of the quoted packet, where extensions stand behind it: 128 at least. Less stands where a sender left
    /// something in a field that had no meaning before.
    pub(in super::super) fn icmp_quote_len(&self) -> Option<usize> {
        let (icmp, unit) = match (self.icmpv4(), self.icmpv6()) {
            (Some(icmp), _) if matches!(icmp.message_type(), 3 | 11 | 12) => (icmp, 4),
            (_, Some(icmp)) if matches!(icmp.message_type(), 1 | 3) => (icmp, 8),
            _ => return None,
        };
        let [first, second, _, _] = icmp.rest_of_header();
        match usize::from(if unit == 4 { second } else { first }) * unit {
            0 => self.has_unannounced_extensions().then_some(LEAST_QUOTE),
            length => (length >= LEAST_QUOTE).then_some(length),
        }
    }

    /// Whether what is behind 128 octets can hardly be anything else.
    fn has_unannounced_extensions(&self) -> bool {
        let payload = self.payload();
        let bytes = payload.bytes.get(LEAST_QUOTE..).unwrap_or_default();
        let [version, _, high, low] = bytes.first_chunk().copied().unwrap_or_default();
        let has_checksum = version >> 4 == 2 && [high, low] != [0, 0];
        has_checksum && !payload.is_truncated() && ones_complement(bytes) == 0xffff
    }
}

/// The extension structure of an ICMP message.
#[derive(Clone, Copy, Debug)]
pub struct IcmpExtensions<'a> {
    /// From the structure's header to the end of the message.
    bytes: &'a [u8],
    header: &'a [u8; 4],
    /// Of the structure in the frame.
    offset: usize,
    /// Whether the capture has all of the message.
    is_whole: bool,
}

impl<'a> IcmpExtensions<'a> {
    /// The version, 2.
    #[must_use]
    pub fn version(&self) -> u8 {
        self.header[0] >> 4
    }

    /// Checksum over the structure as sent; 0 for none.
    #[must_use]
    pub fn checksum(&self) -> u16 {
        u16::from_be_bytes([self.header[2], self.header[3]])
    }

    /// Whether the checksum is right.
    #[must_use]
    pub fn checksum_status(&self) -> ChecksumStatus {
        match self.checksum() {
            0 => ChecksumStatus::Absent,
            _ if !self.is_whole => ChecksumStatus::Unverifiable(Limit::CaptureLength),
            _ if ones_complement(self.bytes) == 0xffff => ChecksumStatus::Valid,
            _ => ChecksumStatus::Invalid,
        }
    }

    /// Captured octets of the structure.
    #[must_use]
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The objects; ends behind the first that is cut or cannot be. Offsets in errors count from the start of the frame.
    #[must_use]
    pub fn objects(&self) -> IcmpObjects<'a> {
        let layer = Layer::IcmpExtension;
        let limit = if self.is_whole { Limit::LengthField } else { Limit::CaptureLength };
        IcmpObjects { cursor: Cursor::new(layer, self.bytes, self.header.len()), offset: self.offset, limit }
    }
}

/// Iterator over the objects of an extension structure.
#[derive(Clone, Debug)]
pub struct IcmpObjects<'a> {
    cursor: Cursor<'a>,
    /// Of the structure in the frame.
    offset: usize,
    /// Who set the end of the structure.
    limit: Limit,
}

impl<'a> IcmpObjects<'a> {
    fn read(&mut self) -> Result<IcmpObject<'a>, Stop> {
        let start = self.cursor.offset();
        let length = usize::from(self.cursor.u16()?);
        let [class, class_type] = *self.cursor.array()?;
        // It counts the object's header; less would never end.
        let length = length.checked_sub(4).ok_or_else(|| self.cursor.malformed(start))?;
        let offset = self.offset + self.cursor.offset();
        Ok(IcmpObject { class, class_type, data: self.cursor.take(length)?, offset })
    }
}

impl<'a> Iterator for IcmpObjects<'a> {
    type Item = Result<IcmpObject<'a>, Stop>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.cursor.is_empty() {
            return None;
        }
        let object = self.read().map_err(|stop| {
            self.cursor.take_rest();
            let limit = if stop.is_truncation() { self.limit } else { stop.limit };
            Stop { limit, ..stop }.moved(self.offset)
        });
        Some(object)
    }
}

impl core::iter::FusedIterator for IcmpObjects<'_> {}

/// An object of an extension structure.
#[derive(Clone, Copy, Debug)]
pub struct IcmpObject<'a> {
    /// What it is about (IANA ICMP extension object classes): 1 MPLS, 2 an interface, 3 an interface that is asked for.
    pub class: u8,
    /// The class's own type (C-Type).
    pub class_type: u8,
    /// What it says, undecoded.
    pub data: &'a [u8],
    /// Of the data in the frame.
    offset: usize,
}

/// What an object of an extension structure says.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum IcmpObjectValue<'a> {
    /// The labels with which the packet came (RFC 4950), outermost first.
    Mpls(MplsLabels<'a>),
    /// An interface of the router (RFC 5837).
    Interface(IcmpInterface<'a>),
    /// Any other.
    Unknown(&'a [u8]),
}

impl<'a> IcmpObject<'a> {
    /// What it says.
    ///
    /// # Errors
    /// A [`Stop`] where the data end early or contradict the format; its offset counts from the start of the frame.
    pub fn value(&self) -> Result<IcmpObjectValue<'a>, Stop> {
        match (self.class, self.class_type) {
            (1, 1) => Ok(IcmpObjectValue::Mpls(MplsLabels { rest: self.data })),
            (2, flags) => {
                interface(flags, self.data).map(IcmpObjectValue::Interface).map_err(|stop| stop.moved(self.offset))
            }
            _ => Ok(IcmpObjectValue::Unknown(self.data)),
        }
    }
}

/// Iterator over a stack of labels, outermost first.
#[derive(Clone, Copy, Debug)]
pub struct MplsLabels<'a> {
    rest: &'a [u8],
}

impl Iterator for MplsLabels<'_> {
    type Item = MplsLabel;

    fn next(&mut self) -> Option<Self::Item> {
        let (label, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(MplsLabel(u32::from_be_bytes(*label)))
    }
}

impl core::iter::FusedIterator for MplsLabels<'_> {}

/// An interface of the router that sent an ICMP error, as far as it tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IcmpInterface<'a> {
    /// 0 the packet came by it, 1 by a part of it, 2 it would have left by it, 3 its next hop would be there.
    pub role: u8,
    /// Number of the interface (`ifIndex`).
    pub index: Option<u32>,
    /// Its address, or the next hop's; `None` also for a family that is neither IPv4 nor IPv6.
    pub address: Option<IpAddr>,
    /// Its name, without zero octets at its end; at most 63 octets.
    pub name: Option<&'a [u8]>,
    /// Its MTU in octets.
    pub mtu: Option<u32>,
}

impl IcmpInterface<'_> {
    /// The role in one word or two: `incoming`, `incoming sub-ip`, `outgoing`, `next hop`.
    #[must_use]
    pub const fn role_name(&self) -> &'static str {
        match self.role {
            0 => "incoming",
            1 => "incoming sub-ip",
            2 => "outgoing",
            _ => "next hop",
        }
    }
}

fn interface(flags: u8, data: &[u8]) -> Result<IcmpInterface<'_>, Stop> {
    let mut cursor = Cursor::new(Layer::IcmpExtension, data, 0);
    let mut found = IcmpInterface { role: flags >> 6, index: None, address: None, name: None, mtu: None };
    if flags & 8 != 0 {
        found.index = Some(cursor.u32()?);
    }
    if flags & 4 != 0 {
        let at = cursor.offset();
        let (family, _) = (cursor.u16()?, cursor.u16()?);
        found.address = Some(match family {
            1 => Ipv4Addr::from(*cursor.array::<4>()?).into(),
            2 => Ipv6Addr::from(*cursor.array::<16>()?).into(),
            // Of others the length is not known, nor where the next field begins.
            _ => return Err(cursor.malformed(at)),
        });
    }
    if flags & 2 != 0 {
        let at = cursor.offset();
        // The octet counts itself.
        let length = usize::from(cursor.u8()?).checked_sub(1).ok_or_else(|| cursor.malformed(at))?;
        let name = cursor.take(length)?;
        found.name = name.split(|octet| *octet == 0).next();
    }
    if flags & 1 != 0 {
        found.mtu = Some(cursor.u32()?);
    }
    Ok(found)
}

/// A quoted packet is filled up to so many octets (RFC 4884 section 3).
const LEAST_QUOTE: usize = 128;

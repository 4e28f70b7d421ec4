//! IPv6 header and extension headers (RFC 8200).

use core::net::Ipv6Addr;

use super::IpProtocol;
use super::bytes::array;

/// An IPv6 header.
#[derive(Clone, Copy, Debug)]
pub struct Ipv6<'a> {
    pub(super) header: &'a [u8; 40],
    pub(super) extensions: &'a [u8],
}

impl<'a> Ipv6<'a> {
    /// Octets of the header, extension headers excluded.
    pub const HEADER_LEN: usize = 40;

    /// Traffic class: DSCP and ECN together.
    #[must_use]
    pub fn traffic_class(&self) -> u8 {
        (self.header[0] << 4) | (self.header[1] >> 4)
    }

    /// Differentiated services code point, 0 to 63.
    #[must_use]
    pub fn dscp(&self) -> u8 {
        self.traffic_class() >> 2
    }

    /// Explicit congestion notification, 0 to 3.
    #[must_use]
    pub fn ecn(&self) -> u8 {
        self.traffic_class() & 3
    }

    /// Flow label, 20 bits.
    #[must_use]
    pub fn flow_label(&self) -> u32 {
        u32::from_be_bytes([0, self.header[1] & 0x0f, self.header[2], self.header[3]])
    }

    /// Octets behind this header as it states them; 0 for a jumbogram or where the sender leaves cutting into segments to
    /// its device.
    #[must_use]
    pub fn payload_length(&self) -> u16 {
        u16::from_be_bytes([self.header[4], self.header[5]])
    }

    /// What follows this header: an extension header or the payload's protocol.
    #[must_use]
    pub fn next_header(&self) -> IpProtocol {
        IpProtocol(self.header[6])
    }

    /// Hop limit: routers that may still be passed.
    #[must_use]
    pub fn hop_limit(&self) -> u8 {
        self.header[7]
    }

    /// The source address.
    #[must_use]
    pub fn source(&self) -> Ipv6Addr {
        Ipv6Addr::from(array::<16>(self.header, 8).copied().unwrap_or_default())
    }

    /// The destination address.
    #[must_use]
    pub fn destination(&self) -> Ipv6Addr {
        Ipv6Addr::from(array::<16>(self.header, 24).copied().unwrap_or_default())
    }

    /// The extension headers that the parser walked over, in order.
    #[must_use]
    pub fn extensions(&self) -> Extensions<'a> {
        Extensions::new(self.next_header(), self.extensions)
    }
}

impl Ipv6<'_> {
    /// Where the packet ends its journey, if a routing header still leads it elsewhere: source routes (RFC 2460), those of
    /// mobile nodes (RFC 6275), of low-power networks (RFC 6554) and of segments (RFC 8754).
    ///
    /// Checksums of transport layers are made with this address (RFC 8200 section 8.1).
    #[must_use]
    pub fn final_destination(&self) -> Option<Ipv6Addr> {
        let routing = self.extensions().find(|extension| extension.protocol == IpProtocol::ROUTING)?;
        let [_, _, kind, left, elided, padding, ..] = *array::<8>(routing.bytes, 0)?;
        let addresses = routing.bytes.get(8..)?;
        match kind {
            _ if left == 0 => None,
            0 => addresses.last_chunk::<16>().copied().map(Ipv6Addr::from),
            2 | 4 => addresses.first_chunk::<16>().copied().map(Ipv6Addr::from),
            3 => {
                // The last address goes without the octets that it shares with the destination.
                let (shared, padding) = (usize::from(elided & 0x0f), usize::from(padding >> 4));
                let end = addresses.len().checked_sub(padding)?;
                let own = addresses.get(end.checked_sub(16 - shared)?..end)?;
                let mut last = self.destination().octets();
                last.get_mut(shared..)?.copy_from_slice(own);
                Some(Ipv6Addr::from(last))
            }
            _ => None,
        }
    }

    /// The address that a mobile node is known by, where it sends from another (RFC 6275 section 6.3).
    #[must_use]
    pub fn home_address(&self) -> Option<Ipv6Addr> {
        let is_options = |extension: &Extension<'_>| extension.protocol == IpProtocol::DESTINATION_OPTIONS;
        let mut rest = self.extensions().find(is_options)?.bytes.get(2..)?;
        loop {
            match rest {
                [0, after @ ..] => rest = after,
                [HOME_ADDRESS, 16, ..] => return array(rest, 2).copied().map(Ipv6Addr::from),
                [_, len, after @ ..] => rest = after.get(usize::from(*len)..)?,
                _ => return None,
            }
        }
    }
}

/// One extension header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extension<'a> {
    /// Which extension header it is.
    pub protocol: IpProtocol,
    /// What follows it.
    pub next_header: IpProtocol,
    /// The header's octets, from its next-header field on.
    pub bytes: &'a [u8],
}

impl Extension<'_> {
    /// Identification, offset in units of eight octets, and whether more follow, of a fragment header.
    #[must_use]
    pub fn fragment(&self) -> Option<Fragment> {
        if self.protocol != IpProtocol::FRAGMENT {
            return None;
        }
        let [_, _, high, low, id @ ..] = array::<8>(self.bytes, 0)?;
        let field = u16::from_be_bytes([*high, *low]);
        Some(Fragment { offset: field >> 3, more: field & 1 != 0, identification: u32::from_be_bytes(*id) })
    }
}

/// The contents of an IPv6 fragment header (RFC 8200 section 4.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fragment {
    /// Offset in units of eight octets.
    pub offset: u16,
    /// More fragments follow.
    pub more: bool,
    /// Identification of the datagram.
    pub identification: u32,
}

/// Iterator over extension headers; ends at the first octet that belongs to none.
#[derive(Clone, Copy, Debug)]
pub struct Extensions<'a> {
    next: IpProtocol,
    rest: &'a [u8],
}

impl<'a> Extensions<'a> {
    pub(super) fn new(next: IpProtocol, rest: &'a [u8]) -> Self {
        Self { next, rest }
    }
}

impl<'a> Iterator for Extensions<'a> {
    type Item = Extension<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        if !self.next.is_extension() {
            return None;
        }
        let [next_header, length] = *array::<2>(self.rest, 0)?;
        let (bytes, rest) = self.rest.split_at_checked(extension_len(self.next, length))?;
        let extension = Extension { protocol: self.next, next_header: IpProtocol(next_header), bytes };
        (self.next, self.rest) = (extension.next_header, rest);
        Some(extension)
    }
}

/// Octets of an extension header whose second octet is `length`.
///
/// The units differ: eight octets beyond the first eight, four beyond the first eight for the authentication header
/// (RFC 4302 section 2.2), and none at all for the fragment header.
pub(super) fn extension_len(protocol: IpProtocol, length: u8) -> usize {
    match protocol {
        IpProtocol::FRAGMENT => 8,
        IpProtocol::AUTHENTICATION => (usize::from(length) + 2) * 4,
        _ => (usize::from(length) + 1) * 8,
    }
}

/// The option of a mobile node's address.
const HOME_ADDRESS: u8 = 0xc9;

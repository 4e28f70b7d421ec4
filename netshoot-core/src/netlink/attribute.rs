//! Netlink attributes, borrowed from the message and read tolerantly.
//!
//! A payload longer than its type is read as far as it is known, as newer kernels append. A payload that is too short,
//! or a header that does not fit, costs that attribute alone: a [`ParseNote`] says so, and the object stays.

use std::fmt;
use std::net::IpAddr;

use super::ByteString;

/// Something in a message that could not be read; the rest of the object is as the kernel sent it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct ParseNote {
    /// What the attribute belongs to: `link`, `linkinfo`, `vxlan`, `address`.
    pub within: &'static str,
    /// The attribute's number there; 0 when it is the message's header that is cut off.
    pub attribute: u16,
    /// Octets from the start of the netlink message's payload to the attribute's payload.
    pub offset: u32,
    /// Octets that are needed.
    pub needed: u32,
    /// Octets that are there.
    pub available: u32,
}

impl ParseNote {
    /// A message too short for its fixed header.
    pub(crate) fn header(within: &'static str, needed: usize, available: usize) -> Self {
        Self { within, attribute: 0, offset: 0, needed: needed as u32, available: available as u32 }
    }
}

impl fmt::Display for ParseNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { within, attribute, offset, needed, available } = *self;
        if attribute == 0 && offset == 0 {
            return write!(f, "header of {within} needs {needed} octets, {available} are there");
        }
        write!(f, "attribute {attribute} of {within} at offset {offset} needs {needed} octets, {available} are there")
    }
}

/// One attribute; its number is without the flags `NLA_F_NESTED` and `NLA_F_NET_BYTEORDER`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attribute<'a> {
    pub(crate) number: u16,
    pub(crate) payload: &'a [u8],
    offset: usize,
    within: &'static str,
}

/// An attribute that is newer than this version, as the kernel sent it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct UnknownAttribute {
    /// Its number.
    pub number: u16,
    /// What it holds.
    pub octets: Box<[u8]>,
}

/// The notes of one object; bounded, as a message may hold thousands of bad attributes.
#[derive(Debug, Default)]
pub(crate) struct Notes(pub(crate) Vec<ParseNote>);

/// Calls `visit` for each attribute of `bytes`, which begin `offset` octets into the message's payload.
pub(crate) fn each<'a>(
    within: &'static str,
    bytes: &'a [u8],
    offset: usize,
    notes: &mut Notes,
    mut visit: impl FnMut(Attribute<'a>, &mut Notes),
) {
    let mut rest = bytes;
    let mut offset = offset;
    while let Some((header, _)) = rest.split_first_chunk::<HEADER_LENGTH>() {
        let [a, b, c, d] = *header;
        let length = usize::from(u16::from_ne_bytes([a, b]));
        let number = u16::from_ne_bytes([c, d]) & TYPE_MASK;
        let Some(payload) = rest.get(HEADER_LENGTH..length) else {
            notes.push(ParseNote {
                within,
                attribute: number,
                offset: (offset + HEADER_LENGTH) as u32,
                needed: length.max(HEADER_LENGTH) as u32,
                available: rest.len() as u32,
            });
            return;
        };
        visit(Attribute { number, payload, offset: offset + HEADER_LENGTH, within }, notes);
        let step = length.next_multiple_of(ALIGNMENT);
        offset += step;
        rest = rest.get(step..).unwrap_or_default();
    }
}

impl<'a> Attribute<'a> {
    /// Calls `visit` for each attribute nested in this one.
    pub(crate) fn each(&self, within: &'static str, notes: &mut Notes, visit: impl FnMut(Attribute<'a>, &mut Notes)) {
        each(within, self.payload, self.offset, notes, visit);
    }

    /// What follows the first `length` octets: attributes behind a structure.
    pub(crate) fn after(&self, length: usize) -> Self {
        let payload = self.payload.get(length..).unwrap_or_default();
        Self { payload, offset: self.offset + length, ..*self }
    }

    pub(crate) fn u8(&self, notes: &mut Notes) -> Option<u8> {
        self.array::<1>(notes).map(|[value]| value)
    }

    pub(crate) fn bool(&self, notes: &mut Notes) -> Option<bool> {
        self.u8(notes).map(|value| value != 0)
    }

    pub(crate) fn u16(&self, notes: &mut Notes) -> Option<u16> {
        self.array(notes).map(u16::from_ne_bytes)
    }

    /// In network byte order.
    pub(crate) fn be16(&self, notes: &mut Notes) -> Option<u16> {
        self.array(notes).map(u16::from_be_bytes)
    }

    pub(crate) fn u32(&self, notes: &mut Notes) -> Option<u32> {
        self.array(notes).map(u32::from_ne_bytes)
    }

    /// In network byte order.
    pub(crate) fn be32(&self, notes: &mut Notes) -> Option<u32> {
        self.array(notes).map(u32::from_be_bytes)
    }

    pub(crate) fn i32(&self, notes: &mut Notes) -> Option<i32> {
        self.array(notes).map(i32::from_ne_bytes)
    }

    pub(crate) fn u64(&self, notes: &mut Notes) -> Option<u64> {
        self.array(notes).map(u64::from_ne_bytes)
    }

    /// A number of 32 bits or, where it needs them, 64 (`NLA_UINT`).
    pub(crate) fn uint(&self, notes: &mut Notes) -> Option<u64> {
        if self.payload.len() < 8 { self.u32(notes).map(u64::from) } else { self.u64(notes) }
    }

    /// An attribute that is true by being there.
    pub(crate) fn flag(&self, _: &mut Notes) -> Option<bool> {
        Some(true)
    }

    /// A string up to its first NUL or, without one, its end.
    pub(crate) fn string(&self) -> ByteString {
        ByteString::from(self.payload.split(|byte| *byte == 0).next().unwrap_or_default())
    }

    /// An IPv4 or IPv6 address, told by its length.
    pub(crate) fn ip(&self, notes: &mut Notes) -> Option<IpAddr> {
        if self.payload.len() >= 16 {
            return self.array::<16>(notes).map(IpAddr::from);
        }
        self.array::<4>(notes).map(IpAddr::from)
    }

    /// The numbers of `N` octets each that the payload holds, without a remainder.
    ///
    /// Of a known length, so that a collection is allocated once.
    pub(crate) fn numbers<const N: usize>(&self) -> impl ExactSizeIterator<Item = [u8; N]> + use<'a, N> {
        self.payload.as_chunks::<N>().0.iter().copied()
    }

    /// Octets from the start of the message's payload to that of the attribute.
    pub(crate) fn offset(&self) -> usize {
        self.offset
    }

    /// Notes it when fewer than `needed` octets are there.
    pub(crate) fn require(&self, needed: usize, notes: &mut Notes) -> Option<()> {
        if self.payload.len() >= needed {
            return Some(());
        }
        notes.push(ParseNote {
            within: self.within,
            attribute: self.number,
            offset: self.offset as u32,
            needed: needed as u32,
            available: self.payload.len() as u32,
        });
        None
    }

    /// Keeps it, if its number is above the last one that this version knows. At most so many are kept, as a message may
    /// hold thousands.
    pub(crate) fn keep_unknown(&self, last_known: u16, kept: &mut Vec<UnknownAttribute>) {
        if self.number > last_known && kept.len() < UNKNOWN_LIMIT {
            kept.push(UnknownAttribute { number: self.number, octets: self.payload.into() });
        }
    }

    /// A structure that has at least so many octets.
    pub(crate) fn fixed<T: Fixed>(&self, least: usize, notes: &mut Notes) -> Option<T> {
        self.require(least, notes)?;
        Some(T::take(&mut { self.payload }))
    }

    /// The first `N` octets.
    pub(crate) fn array<const N: usize>(&self, notes: &mut Notes) -> Option<[u8; N]> {
        self.require(N, notes)?;
        self.payload.first_chunk::<N>().copied()
    }
}

/// What stands in octets without a length: a number in the machine's order, or several in a row.
pub(crate) trait Fixed: Sized {
    /// Takes itself from the front of `octets`; what is not there is zero.
    fn take(octets: &mut &[u8]) -> Self;
}

macro_rules! fixed_numbers {
    ($($type:ty)*) => {
        $(impl Fixed for $type {
            fn take(octets: &mut &[u8]) -> Self {
                let (number, rest) = octets.split_first_chunk().unwrap_or((&[0; size_of::<$type>()], &[]));
                *octets = rest;
                Self::from_ne_bytes(*number)
            }
        })*
    };
}

fixed_numbers!(u8 i8 u16 i16 u32 i32 u64 i64);

impl<T: Fixed, const N: usize> Fixed for [T; N] {
    fn take(octets: &mut &[u8]) -> Self {
        std::array::from_fn(|_| T::take(octets))
    }
}

/// The first `N` numbers of 32 bits; those that are not there are 0.
pub(crate) fn words<const N: usize>(octets: &[u8]) -> [u32; N] {
    let mut words = octets.chunks_exact(4).filter_map(|octets| octets.first_chunk::<4>());
    std::array::from_fn(|_| words.next().map_or(0, |octets| u32::from_ne_bytes(*octets)))
}

impl Notes {
    pub(crate) fn push(&mut self, note: ParseNote) {
        if self.0.len() < NOTES_LIMIT {
            self.0.push(note);
        }
    }
}

const HEADER_LENGTH: usize = 4;
const ALIGNMENT: usize = 4;
const TYPE_MASK: u16 = 0x3fff;
const NOTES_LIMIT: usize = 16;
const UNKNOWN_LIMIT: usize = 64;

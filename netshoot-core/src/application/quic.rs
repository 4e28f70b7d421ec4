//! QUIC as it is seen from outside: the headers of packets (RFC 8999, RFC 9000, RFC 9369).
//!
//! Long headers say all about themselves. A short header does not tell how long its connection identifier is: it is read
//! where that is known, from the long header before it in the datagram or from the caller.
//!
//! ```
//! use netshoot_core::application::quic::{Kind, Packets, Version};
//!
//! # let mut octets = vec![0xc0, 0, 0, 0, 1, 8, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0x44, 0xb0];
//! # octets.resize(1200, 0);
//! let packet = Packets::new(&octets).next().expect("a packet")?;
//! assert_eq!(packet.version(), Some(Version::V1));
//! assert_eq!(packet.destination_id(), Some(&[1, 2, 3, 4, 5, 6, 7, 8][..]));
//! assert!(matches!(packet.kind(), Kind::Initial { token: &[], length: 1200 }));
//! # Ok::<(), netshoot_core::packet::Stop>(())
//! ```

use std::fmt;

use crate::packet::cursor::Cursor;
use crate::packet::{Layer, Limit, Stop};

/// UDP ports whose traffic is read as QUIC, if it looks like it: HTTP/3, DNS, and what is tested with.
pub const PORTS: [u16; 4] = [443, 853, 4433, 8443];

/// A version of QUIC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(transparent)]
pub struct Version(pub u32);

impl Version {
    /// None: the packet lists versions.
    pub const NEGOTIATION: Self = Self(0);
    /// RFC 9000.
    pub const V1: Self = Self(1);
    /// RFC 9369.
    pub const V2: Self = Self(0x6b33_43cf);

    /// The number of a draft of the IETF.
    #[must_use]
    pub const fn draft(self) -> Option<u8> {
        if self.0 >> 8 == 0x00ff_0000 { Some(self.0 as u8) } else { None }
    }

    /// Whether a sender put it there to see that others negotiate (RFC 9000 section 15).
    #[must_use]
    pub const fn is_reserved(self) -> bool {
        self.0 & 0x0f0f_0f0f == 0x0a0a_0a0a
    }

    /// Whether the fields behind the connection identifiers are those of RFC 9000.
    const fn is_known(self) -> bool {
        let is_draft = matches!(self.draft(), Some(FIRST_DRAFT..=LAST_DRAFT));
        // Whoever forces a negotiation sends what it would send in its own version.
        matches!(self, Self::V1 | Self::V2) || is_draft || self.is_reserved()
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (*self, self.draft()) {
            (Self::V1, _) => f.write_str("v1"),
            (Self::V2, _) => f.write_str("v2"),
            (_, Some(draft)) => write!(f, "draft-{draft:02}"),
            _ => write!(f, "0x{:08x}", self.0),
        }
    }
}

/// The packets of a datagram, one behind the other (RFC 9000 section 12.2); ends behind the first that cannot be read.
#[derive(Clone, Debug)]
pub struct Packets<'a> {
    cursor: Cursor<'a>,
    /// The identifier of the connection, which all packets of a datagram have in common.
    id: Option<&'a [u8]>,
    /// Its length in a short header.
    id_length: Option<usize>,
}

impl<'a> Packets<'a> {
    /// `bytes` are the payload of a UDP datagram.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { cursor: Cursor::new(Layer::Quic, bytes, 0), id: None, id_length: None }
    }

    /// The same, where connection identifiers that go this way have `length` octets.
    #[must_use]
    pub const fn with_id_length(bytes: &'a [u8], length: usize) -> Self {
        Self { cursor: Cursor::new(Layer::Quic, bytes, 0), id: None, id_length: Some(length) }
    }
}

impl<'a> Iterator for Packets<'a> {
    type Item = Result<Packet<'a>, Stop>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut cursor = self.cursor;
        // A long header of zeros alone would be none: that is padding behind the last packet.
        if cursor.rest().iter().all(|octet| *octet == 0) {
            return None;
        }
        let start = cursor.offset();
        let packet =
            Packet::read(&mut cursor, self.id_length).and_then(|packet| match (self.id, packet.destination_id) {
                // Octets that belong to no connection.
                (Some(first), Some(id)) if first != id => Err(self.cursor.malformed(start)),
                _ => Ok(packet),
            });
        match &packet {
            Ok(packet) => (self.id, self.id_length) = (packet.destination_id, packet.destination_id.map(<[u8]>::len)),
            Err(_) => {
                cursor.take_rest();
            }
        }
        self.cursor = cursor;
        Some(packet)
    }
}

impl std::iter::FusedIterator for Packets<'_> {}

/// The header of a packet.
#[derive(Clone, Copy, Debug)]
pub struct Packet<'a> {
    first: u8,
    version: Option<Version>,
    destination_id: Option<&'a [u8]>,
    source_id: Option<&'a [u8]>,
    kind: Kind<'a>,
    /// What follows the fields, encrypted.
    payload: &'a [u8],
    offset: usize,
}

/// What kind of packet it is, and what that says openly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind<'a> {
    /// The first of a connection.
    Initial {
        /// What a server handed out before.
        token: &'a [u8],
        /// Octets of packet number and payload.
        length: u64,
    },
    /// Data that are sent before the handshake is over.
    ZeroRtt {
        /// Octets of packet number and payload.
        length: u64,
    },
    /// The handshake.
    Handshake {
        /// Octets of packet number and payload.
        length: u64,
    },
    /// The server wants to see that the client's address is its own.
    Retry {
        /// What the client has to send.
        token: &'a [u8],
        /// Proof that the token belongs to the connection; empty in drafts before 25.
        integrity_tag: &'a [u8],
    },
    /// The server does not know the version.
    VersionNegotiation {
        /// Those that it knows.
        versions: Versions<'a>,
    },
    /// A short header.
    Short,
    /// A version whose fields are not known here.
    Unknown,
}

impl Kind<'_> {
    /// One word, in lower case.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Initial { .. } => "initial",
            Self::ZeroRtt { .. } => "0-rtt",
            Self::Handshake { .. } => "handshake",
            Self::Retry { .. } => "retry",
            Self::VersionNegotiation { .. } => "version_negotiation",
            Self::Short => "short",
            Self::Unknown => "unknown",
        }
    }
}

impl<'a> Packet<'a> {
    fn read(cursor: &mut Cursor<'a>, id_length: Option<usize>) -> Result<Self, Stop> {
        let offset = cursor.offset();
        let first = cursor.u8()?;
        if first & LONG == 0 {
            // Without a length nobody can say where the identifier ends.
            let destination_id = id_length.map(|length| cursor.take(length)).transpose()?;
            let (version, source_id, kind) = (None, None, Kind::Short);
            return Ok(Self { first, version, destination_id, source_id, kind, payload: cursor.take_rest(), offset });
        }
        let version = Version(cursor.u32()?);
        if version.draft().is_some_and(|draft| draft < FIRST_DRAFT) {
            return Err(cursor.stop_at(offset, 0, Limit::UnknownProtocol));
        }
        let length = cursor.u8()?;
        if version.is_known() && length > MAX_ID_LEN {
            return Err(cursor.malformed(cursor.offset() - 1));
        }
        let destination_id = Some(cursor.take(length.into())?);
        let length = cursor.u8()?;
        if version.is_known() && length > MAX_ID_LEN {
            return Err(cursor.malformed(cursor.offset() - 1));
        }
        let source_id = Some(cursor.take(length.into())?);
        let (kind, payload) = Self::read_kind(cursor, first, version)?;
        Ok(Self { first, version: Some(version), destination_id, source_id, kind, payload, offset })
    }

    fn read_kind(cursor: &mut Cursor<'a>, first: u8, version: Version) -> Result<(Kind<'a>, &'a [u8]), Stop> {
        if version == Version::NEGOTIATION {
            return Ok((Kind::VersionNegotiation { versions: Versions { octets: cursor.take_rest() } }, &[]));
        }
        if !version.is_known() {
            return Ok((Kind::Unknown, cursor.take_rest()));
        }
        // Version 2 counts from another start (RFC 9369 section 3.2).
        let number = (first >> 4 & 3).wrapping_sub(u8::from(version == Version::V2)) & 3;
        Ok(match number {
            0 => {
                let length = variable(cursor)?;
                let token = cursor.take(usize::try_from(length).unwrap_or(usize::MAX))?;
                let length = variable(cursor)?;
                (Kind::Initial { token, length }, payload(cursor, length))
            }
            1 => {
                let length = variable(cursor)?;
                (Kind::ZeroRtt { length }, payload(cursor, length))
            }
            2 => {
                let length = variable(cursor)?;
                (Kind::Handshake { length }, payload(cursor, length))
            }
            // With the identifier that the client chose first, in place of a proof.
            _ if version.draft().is_some_and(|draft| draft < FIRST_DRAFT_WITH_TAG) => {
                let length = cursor.u8()?;
                cursor.take(length.into())?;
                (Kind::Retry { token: cursor.take_rest(), integrity_tag: &[] }, &[])
            }
            _ => {
                let rest = cursor.rest();
                let Some((token, integrity_tag)) = rest.split_last_chunk::<TAG_LEN>() else {
                    return Err(cursor.stop(TAG_LEN));
                };
                cursor.take_rest();
                (Kind::Retry { token, integrity_tag }, &[])
            }
        })
    }

    /// Whether the header is long.
    #[must_use]
    pub const fn is_long(&self) -> bool {
        self.first & LONG != 0
    }

    /// The bit that is 1 in all packets of RFC 9000, but for those that say otherwise (RFC 9287).
    #[must_use]
    pub const fn fixed_bit(&self) -> bool {
        self.first & 0x40 != 0
    }

    /// The bit by which round trips can be measured, in short headers.
    #[must_use]
    pub const fn spin_bit(&self) -> Option<bool> {
        if self.is_long() { None } else { Some(self.first & 0x20 != 0) }
    }

    /// The version, in long headers.
    #[must_use]
    pub const fn version(&self) -> Option<Version> {
        self.version
    }

    /// The receiver's identifier of the connection; `None` in a short header where its length is not known.
    #[must_use]
    pub const fn destination_id(&self) -> Option<&'a [u8]> {
        self.destination_id
    }

    /// The sender's identifier of the connection, in long headers.
    #[must_use]
    pub const fn source_id(&self) -> Option<&'a [u8]> {
        self.source_id
    }

    /// What kind of packet it is.
    #[must_use]
    pub const fn kind(&self) -> Kind<'a> {
        self.kind
    }

    /// Packet number and payload, encrypted, as far as they are there.
    #[must_use]
    pub const fn payload(&self) -> &'a [u8] {
        self.payload
    }

    /// Where the packet starts in the datagram.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.offset
    }
}

/// In tcpdump's words: `initial, v1, scid 0a0b, dcid 0c0d`.
impl fmt::Display for Packet<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            Kind::VersionNegotiation { .. } => "version negotiation",
            Kind::Short => "protected",
            kind => kind.name(),
        })?;
        if let Some(version) = self.version.filter(|version| *version != Version::NEGOTIATION) {
            write!(f, ", {version}")?;
        }
        for (name, id) in [("scid", self.source_id), ("dcid", self.destination_id)] {
            if let Some(id) = id.filter(|id| !id.is_empty()) {
                write!(f, ", {name} ")?;
                id.iter().try_for_each(|octet| write!(f, "{octet:02x}"))?;
            }
        }
        match self.kind {
            Kind::VersionNegotiation { mut versions } => versions.try_for_each(|version| write!(f, ", {version}")),
            _ => Ok(()),
        }
    }
}

/// The versions that a server knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Versions<'a> {
    octets: &'a [u8],
}

impl<'a> Versions<'a> {
    /// The octets of those that are left, four each.
    #[must_use]
    pub const fn octets(&self) -> &'a [u8] {
        self.octets
    }
}

impl Iterator for Versions<'_> {
    type Item = Version;

    fn next(&mut self) -> Option<Self::Item> {
        let (version, rest) = self.octets.split_first_chunk()?;
        self.octets = rest;
        Some(Version(u32::from_be_bytes(*version)))
    }
}

/// A number whose first two bits say how many octets it has (RFC 9000 section 16).
fn variable(cursor: &mut Cursor<'_>) -> Result<u64, Stop> {
    let first = cursor.rest().first().copied().ok_or_else(|| cursor.stop(1))?;
    let octets = cursor.take(1 << (first >> 6))?;
    let number = octets.iter().fold(0_u64, |number, octet| number << 8 | u64::from(*octet));
    Ok(number & (u64::MAX >> (64 - 8 * octets.len() + 2)))
}

/// As many octets as `length` says, or are there.
fn payload<'a>(cursor: &mut Cursor<'a>, length: u64) -> &'a [u8] {
    cursor.take_most(usize::try_from(length).unwrap_or(usize::MAX))
}

/// The form bit.
const LONG: u8 = 0x80;
/// Octets of an identifier in RFC 9000 section 17.2.
pub(super) const MAX_ID_LEN: u8 = 20;
const TAG_LEN: usize = 16;
/// Drafts whose headers are those of RFC 9000; before them the lengths of identifiers stood elsewhere.
const FIRST_DRAFT: u8 = 22;
const FIRST_DRAFT_WITH_TAG: u8 = 25;
const LAST_DRAFT: u8 = 34;

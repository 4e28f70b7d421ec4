//! TLS as it is seen from outside (RFC 8446, RFC 5246): records, and the messages of the handshake that are not encrypted.
//!
//! [`Records`] reads the octets of one segment, borrowed, as far as they go; a [`Decoder`] takes one direction of a stream
//! piece by piece, and puts together what segments and records split. What is cut or contradicts itself ends with a
//! [`Stop`] that says where; all before it stands.
//!
//! ```
//! use netshoot_core::application::tls::{Records, Version};
//!
//! # let name = b"\x00\x00\x00\x10\x00\x0e\x00\x00\x0bexample.com";
//! # let hello = [&[3, 3][..], &[7; 32], &[0, 0, 2, 0x13, 1, 1, 0, 0, 20], name].concat();
//! # let message = [&[1, 0, 0, hello.len() as u8][..], &hello].concat();
//! # let octets = [&[22, 3, 1, 0, message.len() as u8][..], &message].concat();
//! let record = Records::new(&octets).next().expect("a record")?;
//! let message = record.handshakes().next().expect("a message")?;
//! let hello = message.hello().expect("a hello");
//! assert_eq!(hello.server_name(), Some(&b"example.com"[..]));
//! assert_eq!(hello.legacy_version(), Some(Version::TLS_1_2));
//! assert_eq!(hello.cipher_suites().map(|suite| suite.to_string()).collect::<Vec<_>>(), ["TLS_AES_128_GCM_SHA256"]);
//! # Ok::<(), netshoot_core::packet::Stop>(())
//! ```

mod cipher;
mod decoder;
mod handshake;
mod hello;
mod number;

use std::fmt;

pub use decoder::{Decoder, Event};
pub use handshake::{Certificates, Handshake, Handshakes, SessionTicket};
pub use hello::{Extension, Extensions, Hello, KeyShares, Names, Numbers};
pub use number::{AlertDescription, CipherSuite, ContentType, ExtensionType, HandshakeType, NamedGroup, Version};

use crate::packet::cursor::Cursor;
use crate::packet::{Layer, Stop};

/// TCP ports whose traffic is read as TLS: HTTPS and those that IANA registers for other protocols inside of TLS, and
/// those on which Kubernetes and its agents listen.
pub const PORTS: [u16; 18] =
    [443, 465, 563, 636, 853, 989, 990, 992, 993, 994, 995, 2376, 5061, 5671, 6443, 8443, 8883, 10_250];

/// Octets of a record's header.
pub const HEADER_LEN: usize = 5;

/// The records in the octets of a stream; ends behind the first that is no record.
///
/// The last may be cut: its payload is as much as there is. Offsets count from the start of the octets.
#[derive(Clone, Debug)]
pub struct Records<'a> {
    cursor: Cursor<'a>,
}

impl<'a> Records<'a> {
    /// `bytes` start with a record.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { cursor: Cursor::new(Layer::Tls, bytes, 0) }
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Result<Record<'a>, Stop>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.cursor.is_empty() {
            return None;
        }
        let record = Record::read(&mut self.cursor);
        if record.is_err() {
            self.cursor.take_rest();
        }
        Some(record)
    }
}

impl core::iter::FusedIterator for Records<'_> {}

/// A record.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// What it holds.
    pub content_type: ContentType,
    /// The version that it states; TLS 1.3 says 1.2 here, and 1.0 in its first record.
    pub version: Version,
    /// Octets of the payload as the header states them.
    pub length: u16,
    /// The payload, as far as it is there.
    pub payload: &'a [u8],
    /// Where the payload starts.
    pub offset: usize,
}

impl<'a> Record<'a> {
    fn read(cursor: &mut Cursor<'a>) -> Result<Self, Stop> {
        let start = cursor.offset();
        let header = *cursor.array::<HEADER_LEN>()?;
        let (content_type, version, length) = fields(header).ok_or_else(|| cursor.malformed(start))?;
        let offset = cursor.offset();
        let payload = cursor.take_most(length.into());
        Ok(Self { content_type, version, length, payload, offset })
    }

    /// Whether the octets end before the record does.
    #[must_use]
    pub const fn is_truncated(&self) -> bool {
        self.payload.len() < self.length as usize
    }

    /// The messages of the handshake in this record; none if they seem to be encrypted.
    #[must_use]
    pub fn handshakes(&self) -> Handshakes<'a> {
        let plain = self.content_type == ContentType::HANDSHAKE && handshake::is_plain(self.payload, self.length);
        Handshakes::new(if plain { self.payload } else { &[] }, self.offset)
    }

    /// The alert, if it is not encrypted.
    #[must_use]
    pub fn alert(&self) -> Option<Alert> {
        match self.payload {
            [level, description] if self.content_type == ContentType::ALERT && self.length == 2 => {
                Some(Alert { level: *level, description: AlertDescription(*description) })
            }
            _ => None,
        }
    }
}

/// The fields of a record's header, if it can be one.
fn fields(header: [u8; HEADER_LEN]) -> Option<(ContentType, Version, u16)> {
    let [content_type, major, minor, high, low] = header;
    let length = u16::from_be_bytes([high, low]);
    let is_record = (20..=24).contains(&content_type) && major == 3 && minor <= 4 && length <= MAX_RECORD_LEN;
    is_record.then_some((ContentType(content_type), Version(u16::from_be_bytes([major, minor])), length))
}

/// An alert: an end, or a complaint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alert {
    /// 1 warning, 2 fatal.
    pub level: u8,
    /// Why.
    pub description: AlertDescription,
}

impl fmt::Display for Alert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = match self.level {
            1 => "warning",
            2 => "fatal",
            _ => "unknown",
        };
        write!(f, "{level} {}", self.description)
    }
}

/// 2¹⁴ octets and what encryption and compression may add (RFC 5246 section 6.2.3).
const MAX_RECORD_LEN: u16 = (1 << 14) + 2048;

//! Messages of the handshake.

use super::{HandshakeType, Hello, NamedGroup};
use crate::packet::cursor::Cursor;
use crate::packet::{Layer, Stop};

/// Octets of a message's header.
pub(super) const HEADER_LEN: usize = 4;

/// The longest message that is read: longer ones are taken for encrypted.
pub(super) const MAX_LEN: u32 = 0xffff;

/// Whether a handshake record of `length` octets looks like the start of a message. Encrypted ones often begin with zeros,
/// as only a request for a hello does.
pub(super) fn is_plain(payload: &[u8], length: u16) -> bool {
    match payload {
        [0, rest @ ..] => length == 4 && rest == [0, 0, 0],
        [kind, 0, ..] | [kind] => HandshakeType(*kind).name().is_some(),
        _ => false,
    }
}

/// Iterator over messages; ends behind the first whose header is cut. The last message may be cut.
#[derive(Clone, Debug)]
pub struct Handshakes<'a> {
    cursor: Cursor<'a>,
    /// Where the octets start.
    offset: usize,
}

impl<'a> Handshakes<'a> {
    pub(super) const fn new(bytes: &'a [u8], offset: usize) -> Self {
        Self { cursor: Cursor::new(Layer::Tls, bytes, 0), offset }
    }
}

impl<'a> Iterator for Handshakes<'a> {
    type Item = Result<Handshake<'a>, Stop>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.cursor.is_empty() {
            return None;
        }
        let message = Handshake::read(&mut self.cursor, self.offset);
        if message.is_err() {
            self.cursor.take_rest();
        }
        Some(message)
    }
}

impl core::iter::FusedIterator for Handshakes<'_> {}

/// A message of the handshake.
#[derive(Clone, Copy, Debug)]
pub struct Handshake<'a> {
    /// Which one.
    pub message_type: HandshakeType,
    /// Octets of the body as the header states them.
    pub length: u32,
    /// The body, as far as it is there.
    pub body: &'a [u8],
    /// Where the body starts.
    pub offset: usize,
}

impl<'a> Handshake<'a> {
    pub(super) fn read(cursor: &mut Cursor<'a>, offset: usize) -> Result<Self, Stop> {
        let mut read = || {
            let [kind, a, b, c] = *cursor.array::<HEADER_LEN>()?;
            let (message_type, length) = (HandshakeType(kind), u32::from_be_bytes([0, a, b, c]));
            let offset = offset + cursor.offset();
            Ok(Self { message_type, length, body: cursor.take_most(length as usize), offset })
        };
        read().map_err(|stop: Stop| stop.moved(offset))
    }

    /// Whether the octets end before the message does.
    #[must_use]
    pub const fn is_truncated(&self) -> bool {
        self.body.len() < self.length as usize
    }

    /// What a client or server hello says.
    #[must_use]
    pub fn hello(&self) -> Option<Hello<'a>> {
        match self.message_type {
            HandshakeType::CLIENT_HELLO => Some(Hello::read(self, false)),
            HandshakeType::SERVER_HELLO => Some(Hello::read(self, true)),
            _ => None,
        }
    }

    /// The certificates of a certificate message of TLS 1.2 or before, the sender's own first. Those of TLS 1.3 are
    /// encrypted.
    #[must_use]
    pub fn certificates(&self) -> Option<Certificates<'a>> {
        if self.message_type != HandshakeType::CERTIFICATE {
            return None;
        }
        let mut cursor = self.cursor();
        let length = cursor.u24().unwrap_or(0);
        Some(Certificates { cursor: cursor.part(length as usize), offset: self.offset })
    }

    /// The group of a server's key exchange on a curve (RFC 8422 section 5.4).
    #[must_use]
    pub fn key_exchange_group(&self) -> Option<NamedGroup> {
        match self.body {
            [NAMED_CURVE, high, low, ..] if self.message_type == HandshakeType::SERVER_KEY_EXCHANGE => {
                // The length of a prime could begin in the same way.
                Some(NamedGroup(u16::from_be_bytes([*high, *low]))).filter(|group| group.name().is_some())
            }
            _ => None,
        }
    }

    /// The ticket that a server of TLS 1.2 or before hands out (RFC 5077).
    #[must_use]
    pub fn session_ticket(&self) -> Option<SessionTicket<'a>> {
        if self.message_type != HandshakeType::NEW_SESSION_TICKET {
            return None;
        }
        let mut cursor = self.cursor();
        let (lifetime, length) = (cursor.u32().ok()?, cursor.u16().ok()?);
        Some(SessionTicket { lifetime, length, ticket: cursor.take_most(length.into()) })
    }

    pub(super) const fn cursor(&self) -> Cursor<'a> {
        Cursor::new(Layer::Tls, self.body, 0)
    }
}

/// A ticket for resumption.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionTicket<'a> {
    /// Seconds for which the server means to accept it; 0 does not say.
    pub lifetime: u32,
    /// Octets of the ticket as the message states them.
    pub length: u16,
    /// The ticket, as far as it is there.
    pub ticket: &'a [u8],
}

/// Iterator over certificates (X.509, DER); ends behind the first that is cut.
#[derive(Clone, Debug)]
pub struct Certificates<'a> {
    cursor: Cursor<'a>,
    offset: usize,
}

impl<'a> Iterator for Certificates<'a> {
    type Item = Result<&'a [u8], Stop>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.cursor.is_empty() {
            return None;
        }
        let certificate = self.cursor.u24().and_then(|length| self.cursor.take(length as usize));
        if certificate.is_err() {
            self.cursor.take_rest();
        }
        Some(certificate.map_err(|stop| stop.moved(self.offset)))
    }
}

impl core::iter::FusedIterator for Certificates<'_> {}

const NAMED_CURVE: u8 = 3;

//! One direction of a stream, piece by piece.

use super::handshake::{HEADER_LEN as MESSAGE_HEADER_LEN, MAX_LEN, is_plain};
use super::{Alert, ContentType, HEADER_LEN, Handshake, HandshakeType, Handshakes, Record, Records, Version, fields};
use crate::packet::cursor::Cursor;
use crate::packet::{Layer, Limit, Stop};

/// Reads TLS in one direction of a stream, whatever the pieces in which its octets come.
///
/// A record that one piece holds is read where it is; only what pieces or records split is copied: at most a record and a
/// message of the handshake, 85 KiB together. Octets of the application are passed over.
///
/// ```
/// use netshoot_core::application::tls::{AlertDescription, Decoder, Event};
///
/// let mut decoder = Decoder::default();
/// let mut alerts = Vec::new();
/// for piece in [&[21, 3, 3][..], &[0, 2, 2], &[40]] {
///     decoder.push(piece, &mut |event| {
///         if let Event::Alert(alert) = event {
///             alerts.push(alert.description);
///         }
///     });
/// }
/// assert_eq!(alerts, [AlertDescription::HANDSHAKE_FAILURE]);
/// ```
#[derive(Debug, Default)]
pub struct Decoder {
    /// The start of a record that is not whole yet.
    record: Vec<u8>,
    /// The start of a message that is not whole yet.
    message: Vec<u8>,
    /// Octets of a record that are to be passed over.
    skip: usize,
    /// Octets so far, those of gaps included.
    offset: u64,
    /// Those before the record.
    start: u64,
    /// Messages are encrypted from here on, or cannot be followed.
    is_ciphered: bool,
    /// Where the next record begins is not known.
    is_lost: bool,
    stop: Option<Stop>,
}

/// What a [`Decoder`] tells.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A record begins.
    Record {
        /// Octets of the stream before it.
        offset: u64,
        /// What it holds.
        content_type: ContentType,
        /// The version that it states.
        version: Version,
        /// Octets of its payload.
        length: u16,
    },
    /// A message of the handshake, put together from its records. It is cut only where a gap, what is no record, or the end
    /// of the stream cut it; offsets count from the message's start.
    Handshake(Handshake<'a>),
    /// An alert that is not encrypted.
    Alert(Alert),
}

type Sink<'s> = dyn FnMut(Event<'_>) + 's;

impl Decoder {
    /// Takes the next octets of the stream; tells `sink` what came of them.
    pub fn push(&mut self, mut bytes: &[u8], sink: &mut Sink<'_>) {
        if self.is_lost && matches!(Records::new(bytes).next(), Some(Ok(_))) {
            self.is_lost = false;
        }
        if self.is_lost {
            self.offset = self.offset.saturating_add(bytes.len() as u64);
            return;
        }
        while !bytes.is_empty() && !self.is_lost {
            let taken = self.step(bytes, sink);
            self.offset += taken as u64;
            bytes = bytes.get(taken..).unwrap_or_default();
        }
        self.offset = self.offset.saturating_add(bytes.len() as u64);
    }

    /// Passes over `length` octets that are missing. Within octets that are passed over anyhow nothing is lost; else reading
    /// goes on with the next piece that begins like a record.
    pub fn gap(&mut self, length: u64, sink: &mut Sink<'_>) {
        match usize::try_from(length) {
            Ok(length) if length <= self.skip => self.skip -= length,
            _ => {
                self.finish(sink);
                self.skip = 0;
                self.lose(Limit::CaptureLength);
            }
        }
        self.offset = self.offset.saturating_add(length);
    }

    /// Tells what there is of a message whose end did not come.
    pub fn finish(&mut self, sink: &mut Sink<'_>) {
        let record = std::mem::take(&mut self.record);
        if let Some(Ok(record)) = Records::new(&record).next()
            && record.content_type == ContentType::HANDSHAKE
        {
            self.read_handshakes(&record, sink);
        }
        let message = std::mem::take(&mut self.message);
        for message in Handshakes::new(&message, 0).flatten() {
            sink(Event::Handshake(message));
        }
    }

    /// Where and why the stream could not be read for the first time: what follows is no record, or octets are missing.
    /// The offset is that in the stream, as far as it can be said.
    #[must_use]
    pub const fn stopped(&self) -> Option<Stop> {
        self.stop
    }

    /// Memory that what waits takes, in octets.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.record.len() + self.message.len()
    }

    /// One step; gives the number of octets that it took.
    fn step(&mut self, bytes: &[u8], sink: &mut Sink<'_>) -> usize {
        if self.skip > 0 {
            let taken = self.skip.min(bytes.len());
            self.skip -= taken;
            return taken;
        }
        if self.record.is_empty() {
            self.start = self.offset;
        }
        if self.record.is_empty()
            && let Some(Ok(record)) = Records::new(bytes).next()
            && !record.is_truncated()
        {
            self.begin(record.content_type, record.version, record.length, sink);
            self.read(&record, sink);
            return HEADER_LEN + record.payload.len();
        }
        self.gather(bytes, sink)
    }

    /// Copies what is missing of a record's header, or of the record.
    fn gather(&mut self, bytes: &[u8], sink: &mut Sink<'_>) -> usize {
        let header = self.record.first_chunk::<HEADER_LEN>().copied().and_then(fields);
        let wanted = HEADER_LEN + header.map_or(0, |(_, _, length)| usize::from(length));
        let taken = wanted.saturating_sub(self.record.len()).min(bytes.len());
        self.record.extend_from_slice(bytes.get(..taken).unwrap_or_default());
        match (header, self.record.first_chunk::<HEADER_LEN>()) {
            (None, Some(octets)) => match fields(*octets) {
                Some((content_type, version, length)) => {
                    self.begin(content_type, version, length, sink);
                    // Nothing of it will be read.
                    if content_type == ContentType::APPLICATION_DATA {
                        (self.skip, self.record) = (length.into(), Vec::new());
                    } else if length == 0 {
                        self.read_gathered(sink);
                    }
                }
                None => {
                    self.record = Vec::new();
                    self.finish(sink);
                    self.lose(Limit::Malformed);
                }
            },
            (Some(_), _) if self.record.len() == wanted => self.read_gathered(sink),
            _ => {}
        }
        taken
    }

    fn read_gathered(&mut self, sink: &mut Sink<'_>) {
        let record = std::mem::take(&mut self.record);
        if let Some(Ok(record)) = Records::new(&record).next() {
            self.read(&record, sink);
        }
    }

    fn begin(&self, content_type: ContentType, version: Version, length: u16, sink: &mut Sink<'_>) {
        sink(Event::Record { offset: self.start, content_type, version, length });
    }

    fn read(&mut self, record: &Record<'_>, sink: &mut Sink<'_>) {
        match record.content_type {
            ContentType::CHANGE_CIPHER_SPEC => self.is_ciphered = true,
            ContentType::ALERT if !self.is_ciphered || record.length == 2 => {
                record.alert().into_iter().for_each(|alert| sink(Event::Alert(alert)));
            }
            ContentType::HANDSHAKE => self.read_handshakes(record, sink),
            _ => {}
        }
    }

    fn read_handshakes(&mut self, record: &Record<'_>, sink: &mut Sink<'_>) {
        let mut payload = record.payload;
        // What is empty is not encrypted, and says nothing of what comes behind it.
        if payload.is_empty() {
            return;
        }
        if self.message.is_empty() {
            let plain = if self.is_ciphered { is_hello(payload) } else { is_plain(payload, record.length) };
            if !plain {
                self.is_ciphered = true;
                return;
            }
        } else {
            payload = self.continue_message(payload, sink);
        }
        for message in Handshakes::new(payload, 0) {
            match message {
                Ok(message) if !message.is_truncated() => {
                    sink(Event::Handshake(Handshake { offset: MESSAGE_HEADER_LEN, ..message }));
                }
                Ok(message) => {
                    let start = message.offset - MESSAGE_HEADER_LEN;
                    // Longer ones cannot be told from encrypted octets.
                    if message.length > MAX_LEN {
                        self.is_ciphered = true;
                    } else {
                        self.message.extend_from_slice(payload.get(start..).unwrap_or_default());
                    }
                }
                Err(stop) => {
                    self.message.extend_from_slice(payload.get(stop.offset as usize..).unwrap_or_default());
                }
            }
        }
    }

    /// Adds to the message that is not whole yet; gives what is left of `payload`.
    fn continue_message<'p>(&mut self, payload: &'p [u8], sink: &mut Sink<'_>) -> &'p [u8] {
        let mut rest = payload;
        // The header, and then the body.
        for _ in 0..2 {
            let length = match self.message.as_slice() {
                [_, a, b, c, ..] => u32::from_be_bytes([0, *a, *b, *c]) as usize,
                _ => 0,
            };
            let missing = (MESSAGE_HEADER_LEN + length).saturating_sub(self.message.len());
            let (more, behind) = rest.split_at_checked(missing).unwrap_or((rest, &[]));
            self.message.extend_from_slice(more);
            rest = behind;
        }
        let whole = Handshakes::new(&self.message, 0).next();
        match whole {
            Some(Ok(message)) if message.length > MAX_LEN => {
                (self.is_ciphered, rest) = (true, &[]);
                self.message.clear();
            }
            Some(Ok(message)) if !message.is_truncated() => {
                sink(Event::Handshake(message));
                self.message.clear();
            }
            _ => {}
        }
        rest
    }

    fn lose(&mut self, limit: Limit) {
        let offset = usize::try_from(self.start).unwrap_or(usize::MAX);
        self.stop.get_or_insert(Cursor::new(Layer::Tls, &[], 0).stop_at(offset, 0, limit));
        (self.is_lost, self.record) = (true, Vec::new());
    }
}

/// Whether a record behind a change of the cipher holds a hello that is not encrypted, as in TLS 1.3 where the server asked
/// for another (RFC 8446 section 4.1.4).
fn is_hello(payload: &[u8]) -> bool {
    let mut messages = Handshakes::new(payload, 0).flatten();
    messages.next().is_some_and(|first| {
        let hello = matches!(first.message_type, HandshakeType::CLIENT_HELLO | HandshakeType::SERVER_HELLO);
        hello && first.length as usize + MESSAGE_HEADER_LEN == payload.len()
    })
}

//! DNS messages (RFC 1035), multicast DNS (RFC 6762) included: header, questions, records and their data, EDNS, without
//! copying.
//!
//! [`Message::parse`] checks the header only; questions and records are read when they are iterated, a record's data when
//! its [`value`](Record::value) is asked for, and each name when it is shown. Compression pointers are followed a bounded
//! number of times, so that no message can loop. Offsets in errors count from the start of the DNS message.
//!
//! ```
//! use netshoot_core::packet::dns::{EdnsValue, Message, Value};
//!
//! # let mut octets = vec![0, 7, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 1];
//! # octets.extend(b"\x07example\x03com\x00\x00\x0f\x00\x01\xc0\x0c\x00\x0f\x00\x01\x00\x00\x00\x3c\x00\x07");
//! # octets.extend(b"\x00\x0a\x02mx\xc0\x0c\x00\x00\x29\x04\xd0\x00\x00\x80\x00\x00\x06\x00\x0f\x00\x02\x00\x12");
//! let message = Message::parse(&octets)?;
//! let question = message.questions().next().expect("a question")?;
//! assert_eq!((question.name.to_string(), question.record_type.to_string()), ("example.com".into(), "MX".into()));
//! let answer = message.answers().next().expect("an answer")?;
//! assert!(matches!(answer.value()?, Value::MailExchange { preference: 10, .. }));
//! assert_eq!(answer.value()?.to_string(), "10 mx.example.com");
//! let edns = message.edns().expect("EDNS");
//! assert!(edns.dnssec_ok() && edns.payload_size() == 1232);
//! assert!(matches!(edns.options().next().expect("an option")?.value()?, EdnsValue::ExtendedError { code: 18, .. }));
//! # Ok::<(), netshoot_core::packet::Stop>(())
//! ```

mod edns;
mod name;
mod number;
mod record;
mod value;

pub use edns::{Edns, EdnsOption, EdnsOptions, EdnsValue, extended_error_name};
pub use name::{Labels, Name};
pub use number::{RecordType, ResponseCode};
pub use record::{Question, Questions, Record, Records, Section};
pub use value::{ServiceParameters, Strings, TypeBitmap, Value};

use super::cursor::Cursor;
use super::{Layer, Limit, Stop};

/// UDP ports whose traffic is read as DNS: DNS, multicast DNS (RFC 6762) and LLMNR (RFC 4795).
pub const PORTS: [u16; 3] = [53, 5353, 5355];

/// A DNS message.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    bytes: &'a [u8],
    header: &'a [u8; 12],
}

impl<'a> Message<'a> {
    /// Octets of the header.
    pub const HEADER_LEN: usize = 12;

    /// Reads the header of the message in `bytes`.
    ///
    /// # Errors
    /// A [`Stop`] if `bytes` is shorter than a header.
    #[inline]
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Stop> {
        match bytes.first_chunk() {
            Some(header) => Ok(Self { bytes, header }),
            None => Err(Cursor::new(Layer::Dns, bytes, 0).stop(Self::HEADER_LEN)),
        }
    }

    /// The message's octets.
    #[inline]
    #[must_use]
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The transaction identifier.
    #[inline]
    #[must_use]
    pub fn id(&self) -> u16 {
        u16::from_be_bytes([self.header[0], self.header[1]])
    }

    /// Whether this is a response.
    #[inline]
    #[must_use]
    pub fn is_response(&self) -> bool {
        self.header[2] & 0x80 != 0
    }

    /// Kind of query: 0 standard, 4 notify, 5 update.
    #[must_use]
    pub fn opcode(&self) -> u8 {
        (self.header[2] >> 3) & 0x0f
    }

    /// The responder is an authority for the name.
    #[must_use]
    pub fn authoritative(&self) -> bool {
        self.header[2] & 0x04 != 0
    }

    /// The response did not fit and was cut.
    #[must_use]
    pub fn truncated(&self) -> bool {
        self.header[2] & 0x02 != 0
    }

    /// The client asks for recursion.
    #[must_use]
    pub fn recursion_desired(&self) -> bool {
        self.header[2] & 0x01 != 0
    }

    /// The server offers recursion.
    #[must_use]
    pub fn recursion_available(&self) -> bool {
        self.header[3] & 0x80 != 0
    }

    /// The server validated the data (RFC 4035).
    #[must_use]
    pub fn authentic_data(&self) -> bool {
        self.header[3] & 0x20 != 0
    }

    /// The client wants no validation (RFC 4035).
    #[must_use]
    pub fn checking_disabled(&self) -> bool {
        self.header[3] & 0x10 != 0
    }

    /// The reserved bit.
    #[must_use]
    pub fn reserved(&self) -> bool {
        self.header[3] & 0x40 != 0
    }

    /// The response code in the header; EDNS can [extend](Self::extended_response_code) it.
    #[inline]
    #[must_use]
    pub fn response_code(&self) -> ResponseCode {
        ResponseCode(u16::from(self.header[3] & 0x0f))
    }

    /// The response code with the upper bits that EDNS gives (RFC 6891 section 6.1.3).
    #[must_use]
    pub fn extended_response_code(&self) -> ResponseCode {
        let upper = self.edns().map_or(0, |edns| edns.extended_response_code());
        ResponseCode(u16::from(upper) << 4 | self.response_code().0)
    }

    /// Number of questions that the header states.
    #[inline]
    #[must_use]
    pub fn question_count(&self) -> u16 {
        u16::from_be_bytes([self.header[4], self.header[5]])
    }

    /// Number of answer records that the header states.
    #[inline]
    #[must_use]
    pub fn answer_count(&self) -> u16 {
        u16::from_be_bytes([self.header[6], self.header[7]])
    }

    /// Number of authority records that the header states.
    #[inline]
    #[must_use]
    pub fn authority_count(&self) -> u16 {
        u16::from_be_bytes([self.header[8], self.header[9]])
    }

    /// Number of additional records that the header states.
    #[inline]
    #[must_use]
    pub fn additional_count(&self) -> u16 {
        u16::from_be_bytes([self.header[10], self.header[11]])
    }

    /// The questions; ends behind the first that cannot be read.
    #[inline]
    #[must_use]
    pub fn questions(&self) -> Questions<'a> {
        Questions::new(self)
    }

    /// The records of all sections in order; ends behind the first that cannot be read.
    #[inline]
    #[must_use]
    pub fn records(&self) -> Records<'a> {
        Records::new(self)
    }

    /// The records of the answer section; ends behind the first that cannot be read.
    pub fn answers(&self) -> impl Iterator<Item = Result<Record<'a>, Stop>> + use<'a> {
        self.records().take_while(|record| !matches!(record, Ok(record) if record.section != Section::Answer))
    }

    /// What the first OPT record says, if there is one that can be reached.
    #[must_use]
    pub fn edns(&self) -> Option<Edns<'a>> {
        if self.additional_count() == 0 {
            return None;
        }
        self.records().flatten().find_map(|record| Edns::of(&record))
    }
}

/// The messages in the octets of a TCP stream, each behind its length (RFC 1035 section 4.2.2); ends behind the first that
/// is not whole.
///
/// Offsets in errors count from the start of the stream's octets.
#[derive(Clone, Debug)]
pub struct Messages<'a> {
    cursor: Cursor<'a>,
}

impl<'a> Messages<'a> {
    /// `bytes` start with a message's length.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { cursor: Cursor::new(Layer::Dns, bytes, 0) }
    }

    /// Octets of the messages that were given.
    #[must_use]
    pub const fn consumed(&self) -> usize {
        self.cursor.offset()
    }
}

impl<'a> Iterator for Messages<'a> {
    type Item = Result<Message<'a>, Stop>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let mut cursor = self.cursor;
        if cursor.is_empty() {
            return None;
        }
        let start = cursor.offset();
        let message = cursor
            .u16()
            .and_then(|length| cursor.take(length.into()))
            .and_then(|bytes| Message::parse(bytes).map_err(|stop| stop.moved(start + 2)));
        // Nothing is read behind an error.
        if message.is_err() {
            cursor.take_rest();
        }
        self.cursor = cursor;
        Some(message)
    }
}

impl core::iter::FusedIterator for Messages<'_> {}

fn malformed(message: &[u8], offset: usize) -> Stop {
    Cursor::new(Layer::Dns, message, offset).malformed(offset)
}

fn stop(message: &[u8], offset: usize, needed: usize) -> Stop {
    // What a pointer leads to may lie far beyond the end.
    let beyond = offset.saturating_sub(message.len());
    Cursor::new(Layer::Dns, message, 0).stop_at(offset - beyond, needed + beyond, Limit::LengthField)
}

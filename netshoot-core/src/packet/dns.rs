//! DNS messages (RFC 1035): header, questions and records, without copying.
//!
//! [`Message::parse`] checks the header only; questions and records are read when they are iterated, and each name when
//! it is shown. Compression pointers are followed a bounded number of times, so that no message can loop. Offsets in
//! errors count from the start of the DNS message.

use core::fmt;
use core::net::IpAddr;

use super::bytes::array;
use super::{Layer, Limit, Stop};

/// UDP ports whose traffic is read as DNS: DNS, multicast DNS (RFC 6762) and LLMNR (RFC 4795).
pub const PORTS: [u16; 3] = [53, 5353, 5355];

/// The longest name in octets, length octets included (RFC 1035 section 2.3.4).
const MAX_NAME_LEN: usize = 255;
/// Compression pointers followed in one name: more than that many labels fit in no name.
const MAX_POINTERS: usize = 127;

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
            None => Err(stop(bytes, 0, Self::HEADER_LEN)),
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

    /// The response code in the header; EDNS can extend it.
    #[inline]
    #[must_use]
    pub fn response_code(&self) -> ResponseCode {
        ResponseCode(u16::from(self.header[3] & 0x0f))
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
        Questions { message: self.bytes, offset: Self::HEADER_LEN, left: self.question_count() }
    }

    /// The records of all sections in order; ends behind the first that cannot be read.
    #[inline]
    #[must_use]
    pub fn records(&self) -> Records<'a> {
        Records {
            questions: Some(self.questions()),
            message: self.bytes,
            offset: Self::HEADER_LEN,
            left: [self.answer_count(), self.authority_count(), self.additional_count()],
        }
    }
}

/// One question.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The name asked for.
    pub name: Name<'a>,
    /// The type of record asked for.
    pub record_type: RecordType,
    /// The class: 1 is Internet; multicast DNS uses the top bit for other ends.
    pub class: u16,
}

/// Iterator over questions.
#[derive(Clone, Debug)]
pub struct Questions<'a> {
    message: &'a [u8],
    offset: usize,
    left: u16,
}

impl<'a> Iterator for Questions<'a> {
    type Item = Result<Question<'a>, Stop>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let question = self.read();
        if question.is_err() {
            self.left = 0;
        }
        Some(question)
    }
}

impl core::iter::FusedIterator for Questions<'_> {}

impl<'a> Questions<'a> {
    #[inline]
    fn read(&mut self) -> Result<Question<'a>, Stop> {
        let name = Name { message: self.message, offset: self.offset };
        let end = name.end()?;
        let [a, b, c, d] = *array(self.message, end).ok_or_else(|| stop(self.message, end, 4))?;
        self.offset = end + 4;
        let record_type = RecordType(u16::from_be_bytes([a, b]));
        Ok(Question { name, record_type, class: u16::from_be_bytes([c, d]) })
    }
}

/// The part of a message that a record stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// Answers to the question.
    Answer,
    /// Records that name an authority.
    Authority,
    /// Everything else, EDNS included.
    Additional,
}

/// One resource record.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// The section it stands in.
    pub section: Section,
    /// The name it belongs to.
    pub name: Name<'a>,
    /// Its type.
    pub record_type: RecordType,
    /// Its class; for EDNS the sender's payload size.
    pub class: u16,
    /// Time to live in seconds; for EDNS flags and the extended response code.
    pub ttl: u32,
    /// Its data, undecoded.
    pub data: &'a [u8],
    message: &'a [u8],
    data_offset: usize,
}

impl<'a> Record<'a> {
    /// The address in an A or AAAA record.
    #[inline]
    #[must_use]
    pub fn address(&self) -> Option<IpAddr> {
        match self.record_type {
            RecordType::A => <[u8; 4]>::try_from(self.data).ok().map(IpAddr::from),
            RecordType::AAAA => <[u8; 16]>::try_from(self.data).ok().map(IpAddr::from),
            _ => None,
        }
    }

    /// The name in a CNAME, NS, PTR or DNAME record, if it fills the record's data.
    #[inline]
    #[must_use]
    pub fn target(&self) -> Option<Name<'a>> {
        match self.record_type {
            RecordType::CNAME | RecordType::NS | RecordType::PTR | RecordType::DNAME => {
                let name = Name { message: self.message, offset: self.data_offset };
                (name.end() == Ok(self.data_offset + self.data.len())).then_some(name)
            }
            _ => None,
        }
    }
}

/// Iterator over the records of all sections.
#[derive(Clone, Debug)]
pub struct Records<'a> {
    /// Questions that still have to be passed, until the first call.
    questions: Option<Questions<'a>>,
    message: &'a [u8],
    offset: usize,
    left: [u16; 3],
}

impl<'a> Iterator for Records<'a> {
    type Item = Result<Record<'a>, Stop>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.left == [0; 3] {
            return None;
        }
        let record = self.read();
        if record.is_err() {
            self.left = [0; 3];
        }
        Some(record)
    }
}

impl core::iter::FusedIterator for Records<'_> {}

impl<'a> Records<'a> {
    #[inline]
    fn read(&mut self) -> Result<Record<'a>, Stop> {
        if let Some(mut questions) = self.questions.take() {
            if let Some(Err(bad)) = questions.find(Result::is_err) {
                return Err(bad);
            }
            self.offset = questions.offset;
        }
        let [answer, authority, additional] = &mut self.left;
        let (section, left) = match (&*answer, &*authority) {
            (1.., _) => (Section::Answer, answer),
            (_, 1..) => (Section::Authority, authority),
            _ => (Section::Additional, additional),
        };
        *left = left.saturating_sub(1);
        let name = Name { message: self.message, offset: self.offset };
        let end = name.end()?;
        let fixed = array::<10>(self.message, end).ok_or_else(|| stop(self.message, end, 10))?;
        let [a, b, c, d, ttl0, ttl1, ttl2, ttl3, len0, len1] = *fixed;
        let (data_offset, len) = (end + 10, usize::from(u16::from_be_bytes([len0, len1])));
        let data = self.message.get(data_offset..data_offset + len);
        let data = data.ok_or_else(|| stop(self.message, data_offset, len))?;
        self.offset = data_offset + len;
        Ok(Record {
            section,
            name,
            record_type: RecordType(u16::from_be_bytes([a, b])),
            class: u16::from_be_bytes([c, d]),
            ttl: u32::from_be_bytes([ttl0, ttl1, ttl2, ttl3]),
            data,
            message: self.message,
            data_offset,
        })
    }
}

/// A name in a message, possibly compressed.
///
/// `Display` writes it in presentation format (RFC 1035 section 5.1, RFC 4343) without a final dot, the root as `.`; dots
/// and backslashes in labels are escaped as `\.` and `\\`, octets that are not printable ASCII as `\DDD`. A name that
/// cannot be read to its end is written as far as it goes and ends with `…`.
#[derive(Clone, Copy)]
pub struct Name<'a> {
    message: &'a [u8],
    offset: usize,
}

impl<'a> Name<'a> {
    /// The labels; ends behind the first that cannot be read.
    #[inline]
    #[must_use]
    pub fn labels(&self) -> Labels<'a> {
        Labels { message: self.message, offset: self.offset, len: 1, pointers: 0, done: false }
    }

    /// The first octet behind the name where it stands in the message.
    #[inline]
    fn end(&self) -> Result<usize, Stop> {
        let mut offset = self.offset;
        loop {
            let length = usize::from(*self.message.get(offset).ok_or_else(|| stop(self.message, offset, 1))?);
            match length >> 6 {
                0 if length == 0 => return Ok(offset + 1),
                0 => offset += 1 + length,
                3 if offset + 2 <= self.message.len() => return Ok(offset + 2),
                3 => return Err(stop(self.message, offset, 2)),
                _ => return Err(malformed(self.message, offset)),
            }
            if offset > self.offset + MAX_NAME_LEN {
                return Err(malformed(self.message, self.offset));
            }
        }
    }
}

/// Names are equal if their labels are, ASCII letters of either case being the same (RFC 4343).
impl PartialEq for Name<'_> {
    fn eq(&self, other: &Self) -> bool {
        let (mut a, mut b) = (self.labels(), other.labels());
        loop {
            match (a.next(), b.next()) {
                (None, None) => return true,
                (Some(Ok(x)), Some(Ok(y))) if x.eq_ignore_ascii_case(y) => {}
                _ => return false,
            }
        }
    }
}

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut empty = true;
        for label in self.labels() {
            if !empty {
                f.write_str(".")?;
            }
            empty = false;
            match label {
                Ok(label) => write_label(f, label)?,
                Err(_) => return f.write_str("…"),
            }
        }
        if empty { f.write_str(".") } else { Ok(()) }
    }
}

impl fmt::Debug for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Name({self})")
    }
}

fn write_label(f: &mut fmt::Formatter<'_>, label: &[u8]) -> fmt::Result {
    for &octet in label {
        match octet {
            b'.' | b'\\' => write!(f, "\\{}", char::from(octet))?,
            0x21..=0x7e => write!(f, "{}", char::from(octet))?,
            _ => write!(f, "\\{octet:03}")?,
        }
    }
    Ok(())
}

/// Iterator over the labels of a name, the root excluded.
#[derive(Clone, Debug)]
pub struct Labels<'a> {
    message: &'a [u8],
    offset: usize,
    /// Octets of the name so far, the final zero included.
    len: usize,
    pointers: usize,
    done: bool,
}

impl<'a> Iterator for Labels<'a> {
    type Item = Result<&'a [u8], Stop>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        while !self.done {
            let at = self.offset;
            let Some((&first, rest)) = self.message.get(at..).and_then(<[u8]>::split_first) else {
                return self.fail(stop(self.message, at, 1));
            };
            let length = usize::from(first);
            match first {
                0 => self.done = true,
                1..=63 => {
                    self.len += 1 + length;
                    if self.len > MAX_NAME_LEN {
                        return self.fail(malformed(self.message, at));
                    }
                    let Some(label) = rest.get(..length) else {
                        return self.fail(stop(self.message, at, 1 + length));
                    };
                    self.offset = at + 1 + length;
                    return Some(Ok(label));
                }
                0xc0.. if self.pointers < MAX_POINTERS => {
                    let Some(&low) = rest.first() else {
                        return self.fail(stop(self.message, at, 2));
                    };
                    self.pointers += 1;
                    self.offset = (length & 0x3f) << 8 | usize::from(low);
                }
                _ => return self.fail(malformed(self.message, at)),
            }
        }
        None
    }
}

impl core::iter::FusedIterator for Labels<'_> {}

impl<'a> Labels<'a> {
    #[cold]
    fn fail(&mut self, stop: Stop) -> Option<Result<&'a [u8], Stop>> {
        self.done = true;
        Some(Err(stop))
    }
}

/// The type of a resource record (IANA DNS parameters).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(transparent)]
pub struct RecordType(pub u16);

impl RecordType {
    /// IPv4 address.
    pub const A: Self = Self(1);
    /// Name server.
    pub const NS: Self = Self(2);
    /// Canonical name.
    pub const CNAME: Self = Self(5);
    /// Pointer, used for reverse look-ups.
    pub const PTR: Self = Self(12);
    /// IPv6 address.
    pub const AAAA: Self = Self(28);
    /// Redirection of a subtree (RFC 6672).
    pub const DNAME: Self = Self(39);
    /// EDNS (RFC 6891).
    pub const OPT: Self = Self(41);

    const NAMES: [(u16, &'static str); 35] = [
        (1, "A"),
        (2, "NS"),
        (5, "CNAME"),
        (6, "SOA"),
        (10, "NULL"),
        (12, "PTR"),
        (13, "HINFO"),
        (15, "MX"),
        (16, "TXT"),
        (17, "RP"),
        (18, "AFSDB"),
        (24, "SIG"),
        (25, "KEY"),
        (28, "AAAA"),
        (29, "LOC"),
        (33, "SRV"),
        (35, "NAPTR"),
        (37, "CERT"),
        (39, "DNAME"),
        (41, "OPT"),
        (43, "DS"),
        (44, "SSHFP"),
        (46, "RRSIG"),
        (47, "NSEC"),
        (48, "DNSKEY"),
        (50, "NSEC3"),
        (51, "NSEC3PARAM"),
        (52, "TLSA"),
        (64, "SVCB"),
        (65, "HTTPS"),
        (249, "TKEY"),
        (250, "TSIG"),
        (251, "IXFR"),
        (252, "AXFR"),
        (255, "ANY"),
    ];

    /// The mnemonic, for types in common use.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        Self::NAMES.iter().find(|(number, _)| *number == self.0).map(|(_, name)| *name)
    }
}

/// Unknown types as `TYPE123` (RFC 3597 section 5).
impl fmt::Display for RecordType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "TYPE{}", self.0),
        }
    }
}

/// A DNS response code (IANA DNS parameters).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(transparent)]
pub struct ResponseCode(pub u16);

impl ResponseCode {
    /// No error.
    pub const NO_ERROR: Self = Self(0);
    /// The server could not process the query.
    pub const SERVER_FAILURE: Self = Self(2);
    /// The name does not exist.
    pub const NAME_ERROR: Self = Self(3);
    /// The server refuses to answer.
    pub const REFUSED: Self = Self(5);

    /// The mnemonic, for codes that fit in the header.
    #[must_use]
    pub const fn name(self) -> Option<&'static str> {
        Some(match self.0 {
            0 => "NOERROR",
            1 => "FORMERR",
            2 => "SERVFAIL",
            3 => "NXDOMAIN",
            4 => "NOTIMP",
            5 => "REFUSED",
            6 => "YXDOMAIN",
            7 => "YXRRSET",
            8 => "NXRRSET",
            9 => "NOTAUTH",
            10 => "NOTZONE",
            11 => "DSOTYPENI",
            _ => return None,
        })
    }
}

impl fmt::Display for ResponseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "RCODE{}", self.0),
        }
    }
}

#[cold]
fn stop(message: &[u8], offset: usize, needed: usize) -> Stop {
    bad(message, offset, needed, Limit::LengthField)
}

#[cold]
fn malformed(message: &[u8], offset: usize) -> Stop {
    bad(message, offset, 0, Limit::Malformed)
}

fn bad(message: &[u8], offset: usize, needed: usize, limit: Limit) -> Stop {
    let saturate = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let available = saturate(message.len().saturating_sub(offset));
    Stop { layer: Layer::Dns, offset: saturate(offset), needed: saturate(needed), available, limit }
}

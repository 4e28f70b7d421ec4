//! Questions and resource records.

use core::net::IpAddr;

use super::super::bytes::array;
use super::{Message, Name, RecordType, Stop, Value, stop};

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

impl Question<'_> {
    /// In multicast DNS: the answer should come to the asker alone (RFC 6762 section 5.4).
    #[must_use]
    pub const fn wants_unicast(&self) -> bool {
        self.class & 0x8000 != 0
    }
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
    pub(super) fn new(message: &Message<'a>) -> Self {
        Self { message: message.bytes, offset: Message::HEADER_LEN, left: message.question_count() }
    }

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
    pub(super) message: &'a [u8],
    pub(super) data_offset: usize,
}

impl<'a> Record<'a> {
    /// The data, by the record's type.
    ///
    /// # Errors
    /// A [`Stop`] where the data end early or contradict the type's format.
    pub fn value(&self) -> Result<Value<'a>, Stop> {
        Value::of(self)
    }

    /// In multicast DNS: this replaces what is known of the name and type (RFC 6762 section 10.2).
    #[must_use]
    pub const fn flushes_cache(&self) -> bool {
        self.class & 0x8000 != 0 && self.record_type.0 != RecordType::OPT.0
    }

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
    pub(super) fn new(message: &Message<'a>) -> Self {
        Self {
            questions: Some(message.questions()),
            message: message.bytes,
            offset: Message::HEADER_LEN,
            left: [message.answer_count(), message.authority_count(), message.additional_count()],
        }
    }

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

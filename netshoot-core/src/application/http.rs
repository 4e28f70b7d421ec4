//! Heads of HTTP/1 messages (RFC 9112): request or status line and header fields, borrowed.
//!
//! [`Head::parse`] takes the octets from where a message begins; they may end anywhere. Lines may end with LF alone, a
//! field may go on in the next line (obs-fold), as servers accept it.
//!
//! ```
//! use netshoot_core::application::http::{Body, Head, Start};
//!
//! let octets = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n";
//! let head = Head::parse(octets)?;
//! assert!(matches!(head.start(), Start::Response { status: 200, .. }));
//! assert_eq!(head.field("content-type"), Some(&b"text/html"[..]));
//! assert_eq!(head.body(), Body::Chunked);
//! assert_eq!(head.length(), Some(octets.len() - 3));
//! # Ok::<(), netshoot_core::packet::Stop>(())
//! ```

use std::fmt;

use memchr::{memchr, memrchr};

use crate::packet::cursor::Cursor;
use crate::packet::{Layer, Limit, Stop};

/// TCP ports whose traffic is read as HTTP: 80 and the usual ones of proxies and servers that may not open that.
pub const PORTS: [u16; 10] = [80, 3128, 8000, 8008, 8080, 8081, 8088, 8090, 8888, 9090];

/// The longest head that is read, in octets.
pub const MAX_HEAD_LEN: usize = 256 << 10;

/// The most fields that are read.
pub const MAX_FIELDS: usize = 1000;

/// The head of a message, as far as it is there.
#[derive(Clone, Copy, Debug)]
pub struct Head<'a> {
    /// The octets of the head, at most.
    bytes: &'a [u8],
    start: Start<'a>,
    /// Where the fields begin.
    fields: usize,
}

/// The first line of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start<'a> {
    /// Of a request.
    Request {
        /// The method, such as `GET`.
        method: &'a [u8],
        /// What it is for: mostly a path with a query.
        target: &'a [u8],
        /// The version; `None` where the line ends before it.
        version: Option<Version>,
    },
    /// Of a response.
    Response {
        /// The version.
        version: Version,
        /// The status, such as 200.
        status: u16,
        /// What it says to humans.
        reason: &'a [u8],
    },
}

/// A version of HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// 1.
    pub major: u8,
    /// 0 or 1.
    pub minor: u8,
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HTTP/{}.{}", self.major, self.minor)
    }
}

/// What follows a head (RFC 9112 section 6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Body {
    /// Nothing.
    None,
    /// So many octets.
    Length(u64),
    /// Chunks behind their lengths.
    Chunked,
    /// All until the connection closes.
    UntilClose,
    /// Servers and proxies may read it differently: lengths that contradict each other or are none, a length beside a
    /// transfer coding, a coding that is not chunked.
    Ambiguous,
}

/// A header field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field<'a> {
    /// The name as it was sent; letters of either case are the same.
    pub name: &'a [u8],
    /// The value without white space around it. One that goes on in further lines has line ends inside.
    pub value: &'a [u8],
}

impl Field<'_> {
    /// Whether the value goes on in further lines (obs-fold).
    #[must_use]
    pub fn is_folded(&self) -> bool {
        memchr(b'\n', self.value).is_some()
    }
}

/// What the fields of a head say of the message.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outline<'a> {
    /// As [`Head::length`].
    pub(crate) length: Option<usize>,
    /// The first field `Host`.
    pub(crate) host: Option<&'a [u8]>,
    /// As [`Head::body`].
    pub(crate) body: Body,
}

/// What the fields `Content-Length` say.
#[derive(Default)]
struct Lengths {
    /// The first length; `Some(None)` if it is none.
    first: Option<Option<u64>>,
    differ: bool,
}

impl Lengths {
    fn add(&mut self, value: &[u8]) {
        for length in value.split(|octet| *octet == b',') {
            let length = number(length.trim_ascii());
            self.differ |= *self.first.get_or_insert(length) != length;
        }
    }
}

impl<'a> Head<'a> {
    /// Reads a head that begins at the start of `bytes`; empty lines before it are passed over.
    ///
    /// # Errors
    /// A [`Stop`] if this is no head of HTTP/1, or too little of one to tell.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Stop> {
        let empty = bytes.iter().take_while(|octet| matches!(octet, b'\r' | b'\n')).count();
        let cursor = Cursor::new(Layer::Http, bytes, empty);
        let bytes = bytes.get(..MAX_HEAD_LEN).unwrap_or(bytes);
        let line = Line::at(bytes, empty);
        let start = match line.map_or_else(|| bytes.get(empty..).unwrap_or_default(), |line| line.text) {
            text if empty > MAX_EMPTY => Err(text),
            text => Start::read(text, line.is_some()).ok_or(text),
        };
        let fields = line.map_or(bytes.len(), |line| line.next);
        start.map(|start| Self { bytes, start, fields }).map_err(|text| match line {
            None if empty <= MAX_EMPTY && Start::may_begin(text) => cursor.stop(text.len() + 1),
            _ => cursor.malformed(empty),
        })
    }

    /// The first line.
    #[must_use]
    pub const fn start(&self) -> Start<'a> {
        self.start
    }

    /// The version that the first line states.
    #[must_use]
    pub const fn version(&self) -> Option<Version> {
        match self.start {
            Start::Request { version, .. } => version,
            Start::Response { version, .. } => Some(version),
        }
    }

    /// Whether this is a response.
    #[must_use]
    pub const fn is_response(&self) -> bool {
        matches!(self.start, Start::Response { .. })
    }

    /// The header fields; ends behind the first that is cut or is none, or with the head.
    #[must_use]
    pub const fn fields(&self) -> Fields<'a> {
        Fields { bytes: self.bytes, offset: self.fields, count: 0, done: self.fields >= self.bytes.len() }
    }

    /// The value of the first field of that name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&'a [u8]> {
        self.values(name).next()
    }

    /// The values of all fields of that name.
    pub fn values(&self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        let named = self.fields().flatten().filter(move |field| field.name.eq_ignore_ascii_case(name.as_bytes()));
        named.map(|field| field.value)
    }

    /// Octets of the head with the empty line behind it, and those before it; `None` if it does not end here.
    #[must_use]
    pub fn length(&self) -> Option<usize> {
        self.outline().length
    }

    /// What the fields say of the message, in one walk.
    pub(crate) fn outline(&self) -> Outline<'a> {
        let mut outline = Outline { length: None, host: None, body: Body::None };
        let (mut codings, mut lengths) = (None, Lengths::default());
        let mut fields = self.fields();
        let is_whole = loop {
            match fields.next() {
                Some(Ok(Field { name, value })) => match name.len() {
                    4 if outline.host.is_none() && name.eq_ignore_ascii_case(b"host") => outline.host = Some(value),
                    14 if name.eq_ignore_ascii_case(b"content-length") => lengths.add(value),
                    17 if name.eq_ignore_ascii_case(b"transfer-encoding") => codings = Some(value),
                    _ => {}
                },
                Some(Err(_)) => break false,
                None => break true,
            }
        };
        if is_whole {
            let end = Line::at(self.bytes, fields.offset).filter(|line| line.text.is_empty());
            outline.length = end.map(|line| line.next);
        }
        outline.body = self.body_by(codings, &lengths);
        outline
    }

    /// Where and why the head ends early: octets are missing, or a line is no field.
    #[must_use]
    pub fn stopped(&self) -> Option<Stop> {
        let mut fields = self.fields();
        if let Some(stop) = fields.find_map(Result::err) {
            return Some(stop);
        }
        let cursor = Cursor::new(Layer::Http, self.bytes, fields.offset);
        Line::at(self.bytes, fields.offset).is_none().then(|| cursor.stop(cursor.rest().len() + 1))
    }

    /// The host that a request is for.
    #[must_use]
    pub fn host(&self) -> Option<&'a [u8]> {
        self.outline().host.filter(|_| !self.is_response())
    }

    /// What follows the head, by its fields. Not known here is the request of a response: nothing follows one to `HEAD`,
    /// and a tunnel one to `CONNECT`.
    #[must_use]
    pub fn body(&self) -> Body {
        self.outline().body
    }

    fn body_by(&self, codings: Option<&[u8]>, lengths: &Lengths) -> Body {
        let is_chunked = |coding: &[u8]| coding.trim_ascii().eq_ignore_ascii_case(b"chunked");
        let chunked = codings.map(|codings| codings.rsplit(|octet| *octet == b',').next().is_some_and(is_chunked));
        match (self.start, chunked, lengths.first) {
            (Start::Response { status: 100..=199 | 204 | 304, .. }, ..) => Body::None,
            (_, Some(true), None) => Body::Chunked,
            (Start::Response { .. }, Some(false), None) => Body::UntilClose,
            (_, Some(_), _) | (_, None, Some(None)) => Body::Ambiguous,
            (_, None, Some(_)) if lengths.differ => Body::Ambiguous,
            (_, None, Some(Some(length))) => Body::Length(length),
            (Start::Request { .. }, None, None) => Body::None,
            (Start::Response { .. }, None, None) => Body::UntilClose,
        }
    }

    /// Whether the connection ends after this message, by the version and the field `Connection`.
    #[must_use]
    pub fn closes(&self) -> bool {
        let has = |word: &[u8]| {
            let mut words = self.values("connection").flat_map(|value| value.split(|octet| *octet == b','));
            words.any(|own| own.trim_ascii().eq_ignore_ascii_case(word))
        };
        has(b"close") || self.version().is_none_or(|version| version < HTTP_1_1) && !has(b"keep-alive")
    }
}

impl fmt::Display for Head<'_> {
    /// The first line, what is not ASCII escaped.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.start {
            Start::Request { method, target, version } => {
                write!(f, "{} {}", method.escape_ascii(), target.escape_ascii())?;
                version.map_or(Ok(()), |version| write!(f, " {version}"))
            }
            Start::Response { version, status, reason } => {
                write!(f, "{version} {status:03} {}", reason.escape_ascii())
            }
        }
    }
}

impl<'a> Start<'a> {
    /// The first line, or the start of one.
    fn read(text: &'a [u8], whole: bool) -> Option<Self> {
        if let Some((version, rest)) = Version::read(text) {
            let [b' ', rest @ ..] = rest else { return None };
            let (digits, reason) = rest.split_at_checked(3)?;
            let status = u16::try_from(number(digits)?).ok()?;
            let reason = match reason {
                [] => reason,
                [b' ', reason @ ..] => reason,
                _ => return None,
            };
            return Some(Self::Response { version, status, reason });
        }
        // What goes on without a blank is no method.
        let end = memchr(b' ', text.get(..=MAX_METHOD_LEN).unwrap_or(text))?;
        let (method, rest) = (text.get(..end)?, text.get(end + 1..)?);
        let (target, version) = match memrchr(b' ', rest) {
            Some(at) if whole => match Version::read(rest.get(at + 1..)?) {
                Some((version, [])) => (rest.get(..at)?, Some(version)),
                _ => (rest, None),
            },
            // The start of a version.
            Some(at) if b"HTTP/1.1".starts_with(rest.get(at + 1..)?) => (rest.get(..at)?, None),
            _ => (rest, None),
        };
        // Any text begins with a word and a blank: without a version the word has to be known.
        let is_token = || !method.is_empty() && method.iter().copied().all(is_token);
        let is_method = version.is_some() && is_token() || METHODS.iter().any(|known| known.as_bytes() == method);
        is_method.then_some(Self::Request { method, target, version })
    }

    /// Whether a line without an end could become one of HTTP.
    fn may_begin(text: &[u8]) -> bool {
        let known = METHODS.iter().any(|method| method.as_bytes().starts_with(text));
        let known = known || METHODS.iter().any(|method| text.starts_with(method.as_bytes()));
        let response = b"HTTP/1.".iter().zip(text).all(|(own, octet)| own == octet);
        known || response && text.len() < RESPONSE_LEN
    }
}

impl Version {
    /// A version at the start of `text`, and what is behind it.
    fn read(text: &[u8]) -> Option<(Self, &[u8])> {
        match text {
            // HTTP/2 begins with a request of its own version.
            [b'H', b'T', b'T', b'P', b'/', major @ (b'0' | b'1'), b'.', minor @ b'0'..=b'9', rest @ ..] => {
                Some((Self { major: major - b'0', minor: minor - b'0' }, rest))
            }
            _ => None,
        }
    }
}

/// Iterator over header fields.
#[derive(Clone, Debug)]
pub struct Fields<'a> {
    bytes: &'a [u8],
    offset: usize,
    count: usize,
    done: bool,
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<Field<'a>, Stop>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let field = self.read();
        self.done = !matches!(field, Ok(Some(_)));
        field.transpose()
    }
}

impl std::iter::FusedIterator for Fields<'_> {}

impl<'a> Fields<'a> {
    fn read(&mut self) -> Result<Option<Field<'a>>, Stop> {
        let cursor = Cursor::new(Layer::Http, self.bytes, self.offset);
        let start = self.offset;
        let missing = || match self.bytes.len() {
            MAX_HEAD_LEN => cursor.stop_at(start, 0, Limit::Malformed),
            _ => cursor.stop(cursor.rest().len() + 1),
        };
        if cursor.is_empty() {
            return Ok(None);
        }
        let mut line = Line::at(self.bytes, start).ok_or_else(missing)?;
        if line.text.is_empty() {
            return Ok(None);
        }
        self.count += 1;
        let colon = memchr(b':', line.text).filter(|at| *at > 0 && self.count <= MAX_FIELDS);
        let colon = colon.ok_or_else(|| cursor.malformed(start))?;
        let mut end = start + line.text.len();
        // A line that begins with white space goes on with the one before.
        while matches!(self.bytes.get(line.next), Some(b' ' | b'\t')) {
            let more = Line::at(self.bytes, line.next).ok_or_else(missing)?;
            end = line.next + more.text.len();
            line = more;
        }
        // Whether it goes on, the next octet says.
        if line.next >= self.bytes.len() {
            return Err(missing());
        }
        self.offset = line.next;
        let name = self.bytes.get(start..start + colon).unwrap_or_default();
        let value = self.bytes.get(start + colon + 1..end).unwrap_or_default();
        Ok(Some(Field { name, value: value.trim_ascii() }))
    }
}

/// A line without its end.
#[derive(Clone, Copy)]
struct Line<'a> {
    text: &'a [u8],
    /// Where the next begins.
    next: usize,
}

impl<'a> Line<'a> {
    /// The line that begins at `start`; `None` if it does not end.
    fn at(bytes: &'a [u8], start: usize) -> Option<Self> {
        let rest = bytes.get(start..)?;
        let end = memchr(b'\n', rest)?;
        let text = rest.get(..end)?;
        Some(Self { text: text.strip_suffix(b"\r").unwrap_or(text), next: start + end + 1 })
    }
}

/// Digits alone.
fn number(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0_u64, |number, digit| {
        let digit = digit.checked_sub(b'0').filter(|digit| *digit < 10)?;
        number.checked_mul(10)?.checked_add(digit.into())
    })
}

/// What a method may consist of (RFC 9110 section 5.6.2).
const fn is_token(octet: u8) -> bool {
    octet.is_ascii_alphanumeric()
        || matches!(octet, b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'^'..=b'`' | b'|' | b'~')
}

/// Methods that are known without a version behind them.
const METHODS: [&str; 22] = [
    "GET",
    "HEAD",
    "POST",
    "PUT",
    "DELETE",
    "CONNECT",
    "OPTIONS",
    "TRACE",
    "PATCH",
    "PROPFIND",
    "PROPPATCH",
    "MKCOL",
    "COPY",
    "MOVE",
    "LOCK",
    "UNLOCK",
    "REPORT",
    "SEARCH",
    "NOTIFY",
    "M-SEARCH",
    "SUBSCRIBE",
    "UNSUBSCRIBE",
];
const MAX_METHOD_LEN: usize = 32;
/// Empty lines before a head, in octets (RFC 9112 section 2.2).
const MAX_EMPTY: usize = 8;
/// `HTTP/1.1 200`
const RESPONSE_LEN: usize = 12;
const HTTP_1_1: Version = Version { major: 1, minor: 1 };

//! Names, possibly compressed (RFC 1035 section 4.1.4).

use core::fmt;

use super::{Stop, malformed, stop};

/// A name in a message, possibly compressed.
///
/// `Display` writes it in presentation format (RFC 1035 section 5.1, RFC 4343) without a final dot, the root as `.`; dots
/// and backslashes in labels are escaped as `\.` and `\\`, octets that are not printable ASCII as `\DDD`. A name that
/// cannot be read to its end is written as far as it goes and ends with `…`.
#[derive(Clone, Copy)]
pub struct Name<'a> {
    pub(super) message: &'a [u8],
    pub(super) offset: usize,
}

impl<'a> Name<'a> {
    /// The labels; ends behind the first that cannot be read.
    #[inline]
    #[must_use]
    pub fn labels(&self) -> Labels<'a> {
        Labels { message: self.message, offset: self.offset, len: 1, pointers: 0, done: false }
    }

    /// The name at `offset`, and where the next octet is.
    pub(in super::super) fn at(message: &'a [u8], offset: usize) -> Option<(Self, usize)> {
        let name = Self { message, offset };
        name.end().ok().map(|end| (name, end))
    }

    /// The first octet behind the name where it stands in the message.
    #[inline]
    pub(super) fn end(&self) -> Result<usize, Stop> {
        let mut offset = self.offset;
        loop {
            let length = usize::from(*self.message.get(offset).ok_or_else(|| stop(self.message, offset, 1))?);
            match length >> 6 {
                0 if length == 0 => return Ok(offset + 1),
                0 if offset + 1 + length > self.message.len() => return Err(stop(self.message, offset, 1 + length)),
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

impl Name<'_> {
    /// Writes it as `Display` does.
    pub(crate) fn write_to(&self, out: &mut impl fmt::Write) -> fmt::Result {
        let mut empty = true;
        for label in self.labels() {
            if !empty {
                out.write_str(".")?;
            }
            empty = false;
            match label {
                Ok(label) => write_label(out, label)?,
                Err(_) => return out.write_str("…"),
            }
        }
        if empty { out.write_str(".") } else { Ok(()) }
    }
}

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_to(f)
    }
}

impl fmt::Debug for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Name({self})")
    }
}

fn write_label(out: &mut impl fmt::Write, label: &[u8]) -> fmt::Result {
    let is_plain = |octet: &u8| octet.is_ascii_graphic() & (*octet != b'.') & (*octet != b'\\');
    // All of them, so that the compiler looks at many at once.
    let all_plain = label.iter().fold(true, |plain, octet| plain & is_plain(octet));
    if let Some(text) = str::from_utf8(label).ok().filter(|_| all_plain) {
        return out.write_str(text);
    }
    for &octet in label {
        match octet {
            b'.' | b'\\' => write!(out, "\\{}", char::from(octet))?,
            0x21..=0x7e => write!(out, "{}", char::from(octet))?,
            _ => write!(out, "\\{octet:03}")?,
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

/// The longest name in octets, length octets included (RFC 1035 section 2.3.4).
const MAX_NAME_LEN: usize = 255;
/// Compression pointers followed in one name: more than that many labels fit in no name.
const MAX_POINTERS: usize = 127;

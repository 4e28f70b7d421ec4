//! Text from the kernel, which promises no encoding.

use std::borrow::Cow;
use std::fmt::{self, Write};

/// A name as the kernel has it: octets, mostly but not always UTF-8.
///
/// An interface may be called almost anything without a slash, a colon or white space, and an alias may hold any
/// octets at all. [`Display`](fmt::Display) never sends them to a terminal as they are: control characters and octets
/// that are not UTF-8 appear as `\x1b`, a backslash as `\\`, so that the text stays unambiguous.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct ByteString(Box<[u8]>);

impl ByteString {
    /// The octets, without the terminating NUL.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The text, where the octets are UTF-8.
    #[must_use]
    pub fn to_str(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }

    /// The text with U+FFFD in place of what is not UTF-8. Not lossless, and control characters are left as they are.
    #[must_use]
    pub fn to_string_lossy(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.0)
    }
}

impl From<&[u8]> for ByteString {
    fn from(bytes: &[u8]) -> Self {
        Self(bytes.into())
    }
}

impl From<&str> for ByteString {
    fn from(text: &str) -> Self {
        Self(text.as_bytes().into())
    }
}

impl PartialEq<str> for ByteString {
    fn eq(&self, other: &str) -> bool {
        *self.0 == *other.as_bytes()
    }
}

impl PartialEq<&str> for ByteString {
    fn eq(&self, other: &&str) -> bool {
        *self == **other
    }
}

impl fmt::Display for ByteString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.utf8_chunks() {
            for letter in chunk.valid().chars() {
                match letter {
                    '\\' => f.write_str("\\\\")?,
                    _ if !letter.is_control() => f.write_char(letter)?,
                    _ => escape(f, letter.encode_utf8(&mut [0; 4]).as_bytes())?,
                }
            }
            escape(f, chunk.invalid())?;
        }
        Ok(())
    }
}

impl fmt::Debug for ByteString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for ByteString {
    /// The escaped text of `Display`, which loses nothing.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

fn escape(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "\\x{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_escapes_what_a_terminal_or_a_reader_would_misread() {
        let name = ByteString::from(&b"caf\xe9 \x1b[31m\\ \xc3\xa9\xc2\x9b"[..]);
        assert_eq!(name.to_string(), "caf\\xe9 \\x1b[31m\\\\ é\\xc2\\x9b");
        assert_eq!(name.to_str(), None);
        assert_eq!(ByteString::from("eth0"), "eth0");
    }
}

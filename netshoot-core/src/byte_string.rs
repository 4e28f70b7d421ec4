//! Text from the kernel, which promises no encoding.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt::{self, Write};
use std::hash::{Hash, Hasher};

/// A name as the kernel has it: octets, mostly but not always UTF-8.
///
/// An interface may be called almost anything without a slash, a colon or white space, and an alias may hold any
/// octets at all. [`Display`](fmt::Display) never sends them to a terminal as they are: control characters and octets
/// that are not UTF-8 appear as `\x1b`, a backslash as `\\`, so that the text stays unambiguous.
///
/// Up to 22 octets, which is more than an interface's name may have, are kept without an allocation.
#[derive(Clone)]
pub struct ByteString(Repr);

#[derive(Clone)]
enum Repr {
    Inline { length: u8, octets: [u8; INLINE] },
    Heap(Box<[u8]>),
}

/// As many as fit beside a length and the mark of the other form in the space of a boxed slice and a word.
const INLINE: usize = 22;

/// Characters of a name that a message shows.
const SHORT: usize = 100;

impl ByteString {
    /// The octets, without the terminating NUL.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Repr::Inline { length, octets } => octets.get(..usize::from(*length)).unwrap_or_default(),
            Repr::Heap(octets) => octets,
        }
    }

    /// The text, where the octets are UTF-8.
    #[must_use]
    pub fn to_str(&self) -> Option<&str> {
        std::str::from_utf8(self.as_bytes()).ok()
    }

    /// What is shown as this text, by [`Display`](fmt::Display); `None` if nothing is.
    #[must_use]
    pub fn from_escaped(text: &str) -> Option<Self> {
        let mut octets = Vec::with_capacity(text.len());
        let mut rest = text;
        while let Some((plain, escape)) = rest.split_once('\\') {
            octets.extend_from_slice(plain.as_bytes());
            if let Some(after) = escape.strip_prefix('\\') {
                octets.push(b'\\');
                rest = after;
                continue;
            }
            let (digits, after) = escape.strip_prefix('x')?.split_at_checked(2)?;
            octets.push(u8::from_str_radix(digits, 16).ok().filter(|_| !digits.starts_with('+'))?);
            rest = after;
        }
        octets.extend_from_slice(rest.as_bytes());
        Some(Self::from(octets.as_slice()))
    }

    /// The escaped text as a message has it: of more than a hundred characters the first hundred, and an ellipsis.
    #[must_use]
    pub fn shortened(&self) -> String {
        // Each octet is a quarter of a character at least.
        let first = self.as_bytes().get(..SHORT * 4 + 1).unwrap_or(self.as_bytes());
        let text = Self::from(first).to_string();
        match text.char_indices().nth(SHORT) {
            Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
            None => text,
        }
    }

    /// The text with U+FFFD in place of what is not UTF-8. Not lossless, and control characters are left as they are.
    #[must_use]
    pub fn to_string_lossy(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(self.as_bytes())
    }
}

impl From<&[u8]> for ByteString {
    fn from(bytes: &[u8]) -> Self {
        let mut octets = [0; INLINE];
        match octets.get_mut(..bytes.len()) {
            Some(place) => {
                place.copy_from_slice(bytes);
                Self(Repr::Inline { length: bytes.len() as u8, octets })
            }
            None => Self(Repr::Heap(bytes.into())),
        }
    }
}

impl From<&str> for ByteString {
    fn from(text: &str) -> Self {
        Self::from(text.as_bytes())
    }
}

impl Default for ByteString {
    fn default() -> Self {
        Self::from(&[][..])
    }
}

impl PartialEq for ByteString {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for ByteString {}

impl PartialOrd for ByteString {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ByteString {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_bytes().cmp(other.as_bytes())
    }
}

impl Hash for ByteString {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_bytes().hash(state);
    }
}

impl PartialEq<str> for ByteString {
    fn eq(&self, other: &str) -> bool {
        *self.as_bytes() == *other.as_bytes()
    }
}

impl PartialEq<&str> for ByteString {
    fn eq(&self, other: &&str) -> bool {
        *self == **other
    }
}

impl fmt::Display for ByteString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.as_bytes().utf8_chunks() {
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

    proptest::proptest! {
        #[test]
        fn what_is_shown_leads_back(octets in proptest::collection::vec(proptest::num::u8::ANY, 0..40), text in ".{0,40}") {
            let name = ByteString::from(&octets[..]);
            proptest::prop_assert_eq!(ByteString::from_escaped(&name.to_string()), Some(name));
            let name = ByteString::from(text.as_str());
            proptest::prop_assert_eq!(ByteString::from_escaped(&name.to_string()), Some(name));
        }
    }

    #[test]
    fn what_is_never_shown_leads_nowhere() {
        for text in ["\\", "a\\q", "\\x", "\\x1", "\\x+1", "\\xg0", "\\x\u{e9}"] {
            assert_eq!(ByteString::from_escaped(text), None, "{text}");
        }
    }

    #[test]
    fn display_escapes_what_a_terminal_or_a_reader_would_misread() {
        let name = ByteString::from(&b"caf\xe9 \x1b[31m\\ \xc3\xa9\xc2\x9b"[..]);
        assert_eq!(name.to_string(), "caf\\xe9 \\x1b[31m\\\\ é\\xc2\\x9b");
        assert_eq!(name.to_str(), None);
        assert_eq!(ByteString::from("eth0"), "eth0");
    }

    #[test]
    fn a_message_shows_a_hundred_characters_of_a_name() {
        assert_eq!(ByteString::from("caf\u{1b}").shortened(), "caf\\x1b");
        assert_eq!(ByteString::from("x".repeat(100).as_str()).shortened(), "x".repeat(100));
        for letter in ["x", "é", "\u{1b}", "\u{1f980}"] {
            let short = ByteString::from(letter.repeat(1_000_000).as_str()).shortened();
            assert!(short.chars().count() == 101 && short.ends_with('…'), "{short}");
        }
    }

    #[test]
    fn short_and_long_strings_are_the_same_to_their_users() {
        assert_eq!(size_of::<ByteString>(), 24);
        let letters = "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz";
        for length in 0..letters.len() {
            let (short, next) = (ByteString::from(&letters[..length]), ByteString::from(&letters[..=length]));
            assert_eq!(short, letters[..length]);
            assert_eq!(short, short.clone());
            assert!(short < next);
        }
    }
}

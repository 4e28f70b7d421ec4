//! The cookie that tells the connections of one test from others.

use std::collections::hash_map::RandomState;
use std::fmt;
use std::hash::{BuildHasher, Hasher};

/// 37 octets that the client sends first on the control connection and on each TCP data connection.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Cookie([u8; Self::LEN]);

impl Cookie {
    /// Octets on the wire: 36 characters and a NUL.
    pub const LEN: usize = 37;

    /// A new one, from the random keys that the standard library hashes with.
    #[must_use]
    pub fn random() -> Self {
        let mut octets = [0; Self::LEN];
        let mut bits = 0;
        let (letters, _) = octets.split_at_mut(Self::LEN - 1);
        for (place, letter) in letters.iter_mut().enumerate() {
            if place % LETTERS_OF_A_HASH == 0 {
                let mut hasher = RandomState::new().build_hasher();
                hasher.write_usize(place);
                bits = hasher.finish();
            }
            *letter = ALPHABET.get((bits & 31) as usize).copied().unwrap_or(b'a');
            bits >>= 5;
        }
        Self(octets)
    }

    /// The cookie with these octets, whatever they are.
    #[must_use]
    pub fn from_bytes(octets: [u8; Self::LEN]) -> Self {
        Self(octets)
    }

    /// As it goes over the wire.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; Self::LEN] {
        &self.0
    }
}

/// The characters before the NUL; octets that are no ASCII letters, digits or marks are shown as `?`.
impl fmt::Display for Cookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for octet in self.0.iter().take_while(|octet| **octet != 0) {
            let shown = if octet.is_ascii_graphic() { char::from(*octet) } else { '?' };
            fmt::Write::write_char(f, shown)?;
        }
        Ok(())
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Cookie {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl fmt::Debug for Cookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cookie({self})")
    }
}

/// Five bits each of sixty-four.
const LETTERS_OF_A_HASH: usize = 12;
/// As iperf3 has it since 3.2 (`util.c`).
const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_cookies_differ_and_end_with_nul() {
        let (one, other) = (Cookie::random(), Cookie::random());
        assert_ne!(one, other);
        assert_eq!(one.to_string().len(), 36);
        assert_eq!(one.as_bytes()[36], 0);
        assert!(one.as_bytes()[..36].iter().all(|octet| ALPHABET.contains(octet)));
    }

    #[test]
    fn any_octets_are_shown() {
        assert_eq!(Cookie::from_bytes([0xff; 37]).to_string(), "?".repeat(37));
        assert_eq!(Cookie::from_bytes([0; 37]).to_string(), "");
    }
}

//! Link-layer addresses: of Ethernet, of InfiniBand, and of tunnels, which have IP addresses.

use std::fmt;
use std::str::FromStr;

use super::ByteString;
use super::attribute::{Attribute, Notes};
use crate::error::{Error, ErrorKind};

/// A link-layer address of up to 32 octets.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LinkLayerAddress {
    octets: [u8; Self::MAX_LEN],
    len: u8,
}

impl LinkLayerAddress {
    /// `MAX_ADDR_LEN` of the kernel.
    const MAX_LEN: usize = 32;

    /// An address of at most 32 octets.
    #[must_use]
    pub fn new(bytes: &[u8]) -> Option<Self> {
        let mut octets = [0; Self::MAX_LEN];
        octets.get_mut(..bytes.len())?.copy_from_slice(bytes);
        Some(Self { octets, len: bytes.len() as u8 })
    }

    /// The octets.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.octets.get(..usize::from(self.len)).unwrap_or_default()
    }

    /// No kernel sends more than 32 octets; of a message that does, the first 32 are kept.
    pub(super) fn read(attribute: &Attribute<'_>, _: &mut Notes) -> Option<Self> {
        Self::new(attribute.payload.get(..Self::MAX_LEN).unwrap_or(attribute.payload))
    }
}

impl FromStr for LinkLayerAddress {
    type Err = Error;

    /// Reads octets in hexadecimal with colons between them.
    fn from_str(text: &str) -> Result<Self, Error> {
        let are_digits = |digits: &str| digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        let octet = |digits: &str| u8::from_str_radix(digits, 16).ok().filter(|_| are_digits(digits));
        let octets: Option<Vec<u8>> = text.split(':').map(octet).collect();
        octets.as_deref().and_then(Self::new).ok_or_else(|| {
            Error::new(
                ErrorKind::InvalidInput,
                format!("read the link-layer address \"{}\"", ByteString::from(text).shortened()),
            )
            .with_detail("it is not octets in hexadecimal with colons between them")
        })
    }
}

impl fmt::Display for LinkLayerAddress {
    /// Octets in hexadecimal with colons between them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // At once: a formatter for each octet takes longer than all the rest of a link's JSON.
        let mut text = [b':'; 3 * Self::MAX_LEN];
        for (place, octet) in text.chunks_exact_mut(3).zip(self.as_bytes()) {
            if let [high, low, _] = place {
                (*high, *low) = (digit(octet >> 4), digit(octet & 15));
            }
        }
        let length = (3 * usize::from(self.len)).saturating_sub(1);
        f.write_str(text.get(..length).and_then(|text| std::str::from_utf8(text).ok()).unwrap_or_default())
    }
}

/// In hexadecimal.
fn digit(number: u8) -> u8 {
    if number < 10 { b'0' + number } else { b'a' + number - 10 }
}

impl fmt::Debug for LinkLayerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for LinkLayerAddress {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

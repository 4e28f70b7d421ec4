//! Many C strings in one allocation, each distinct text once.

use std::collections::HashMap;
use std::ffi::c_char;
use std::ptr;

/// The place of a string in its [`StringPool`]; 0 is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Text(usize);

/// Texts that end in a NUL, one behind the other. Never changes, so pointers into it stay valid as long as it lives.
#[derive(Debug)]
pub(crate) struct StringPool(Box<[u8]>);

/// A [`StringPool`] that is being filled.
#[derive(Debug)]
pub(crate) struct Pool<'a> {
    octets: Vec<u8>,
    known: HashMap<&'a [u8], Text>,
}

impl StringPool {
    /// The string; null for none.
    pub(crate) fn get(&self, text: Text) -> *const c_char {
        match self.0.get(text.0..) {
            Some(string) if text.0 != 0 => string.as_ptr().cast(),
            _ => ptr::null(),
        }
    }
}

impl Default for Pool<'_> {
    fn default() -> Self {
        Self { octets: vec![0], known: HashMap::new() }
    }
}

impl<'a> Pool<'a> {
    /// Adds a text; a NUL within it becomes a space.
    pub(crate) fn add(&mut self, text: &'a str) -> Text {
        self.add_octets(Some(text.as_bytes()))
    }

    /// Adds octets of any encoding if there are some; a NUL within them becomes a space.
    pub(crate) fn add_octets(&mut self, text: Option<&'a [u8]>) -> Text {
        let Some(text) = text else { return Text(0) };
        if let Some(place) = self.known.get(text) {
            return *place;
        }
        let place = Text(self.octets.len());
        self.octets.extend(text.iter().map(|&octet| if octet == 0 { b' ' } else { octet }));
        self.octets.push(0);
        self.known.insert(text, place);
        place
    }

    /// Adds a text if there is one.
    pub(crate) fn add_some(&mut self, text: Option<&'a str>) -> Text {
        text.map_or(Text(0), |text| self.add(text))
    }

    pub(crate) fn finish(self) -> StringPool {
        StringPool(self.octets.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::CStr;

    #[test]
    fn each_text_is_kept_once() {
        let mut pool = Pool::default();
        let places = ["a.example", "b\0b", "a.example", ""].map(|text| pool.add(text));
        let none = pool.add_some(None);
        let pool = pool.finish();
        assert_eq!(places[0], places[2]);
        assert!(pool.get(none).is_null());
        // SAFETY: the pool lives, and its strings end in a NUL.
        let texts = [0, 1, 3].map(|i: usize| unsafe { CStr::from_ptr(pool.get(places[i])) }.to_str().unwrap());
        assert_eq!(texts, ["a.example", "b b", ""]);
    }
}

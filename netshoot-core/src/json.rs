//! JSON text, written piece by piece.
//!
//! Strings come out as valid JSON whatever they hold: control characters are escaped, octets that are not UTF-8 become
//! U+FFFD. Commas are kept by the writer; that keys and values alternate, and brackets match, is up to the caller.
//! Writing to a `String` cannot fail, so results of `write!` are dropped.

use std::fmt::{self, Write};

/// JSON text being written.
#[derive(Debug, Default)]
pub(crate) struct Json {
    text: String,
    comma: bool,
}

impl Json {
    /// What was written since the last call.
    pub(crate) fn take(&mut self) -> String {
        std::mem::take(&mut self.text)
    }

    /// What was written since the last call of [`take`](Self::take) or [`clear`](Self::clear).
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Forgets what was written, but keeps the place for it.
    pub(crate) fn clear(&mut self) {
        self.text.clear();
    }

    pub(crate) fn begin_object(&mut self) {
        self.begin('{');
    }

    pub(crate) fn end_object(&mut self) {
        self.end('}');
    }

    pub(crate) fn begin_array(&mut self) {
        self.begin('[');
    }

    pub(crate) fn end_array(&mut self) {
        self.end(']');
    }

    /// The key of the next value.
    pub(crate) fn key(&mut self, key: &str) -> &mut Self {
        self.quoted(|text| escape(text, key));
        self.text.push(':');
        self.comma = false;
        self
    }

    /// A string of octets.
    pub(crate) fn string(&mut self, value: &[u8]) {
        self.quoted(|text| match std::str::from_utf8(value) {
            Ok(value) => escape(text, value),
            Err(_) => repair(text, value),
        });
    }

    /// A string of what `value` displays.
    pub(crate) fn display(&mut self, value: impl fmt::Display) {
        self.quoted(|text| {
            let _ = write!(Escaped(text), "{value}");
        });
    }

    /// A string of what `value` displays, in which nothing needs to be escaped: an address, a number.
    pub(crate) fn plain(&mut self, value: impl fmt::Display) {
        self.quoted(|text| {
            let _ = write!(text, "{value}");
        });
    }

    /// A number, which `value` displays as JSON has it.
    pub(crate) fn number(&mut self, value: impl fmt::Display) {
        self.separate();
        let _ = write!(self.text, "{value}");
    }

    pub(crate) fn bool(&mut self, value: bool) {
        self.number(value);
    }

    pub(crate) fn null(&mut self) {
        self.number("null");
    }

    fn quoted(&mut self, write: impl FnOnce(&mut String)) {
        self.separate();
        self.text.push('"');
        write(&mut self.text);
        self.text.push('"');
    }

    fn begin(&mut self, bracket: char) {
        self.separate();
        self.text.push(bracket);
        self.comma = false;
    }

    fn end(&mut self, bracket: char) {
        self.text.push(bracket);
        self.comma = true;
    }

    fn separate(&mut self) {
        if self.comma {
            self.text.push(',');
        }
        self.comma = true;
    }
}

fn repair(text: &mut String, octets: &[u8]) {
    for chunk in octets.utf8_chunks() {
        escape(text, chunk.valid());
        if !chunk.invalid().is_empty() {
            text.push('\u{fffd}');
        }
    }
}

struct Escaped<'a>(&'a mut String);

impl Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        escape(self.0, text);
        Ok(())
    }
}

pub(crate) fn escape(out: &mut String, text: &str) {
    let mut rest = text;
    while let Some((clean, special, after)) = split_special(rest) {
        out.push_str(clean);
        match special {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            _ => {
                let _ = write!(out, "\\u{special:04x}");
            }
        }
        rest = after;
    }
    out.push_str(rest);
}

/// Around the first octet that JSON does not allow within a string; such octets are ASCII.
fn split_special(text: &str) -> Option<(&str, u8, &str)> {
    let special = |byte: &u8| matches!(byte, 0..0x20 | b'"' | b'\\' | 0x7f);
    let position = text.bytes().position(|byte| special(&byte))?;
    let (clean, rest) = text.split_at_checked(position)?;
    let (special, after) = rest.split_at_checked(1)?;
    Some((clean, *special.as_bytes().first()?, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_and_brackets() {
        let mut json = Json::default();
        json.begin_object();
        json.key("a").number(1);
        json.key("b").begin_array();
        json.null();
        json.bool(true);
        json.end_array();
        json.key("c").begin_object();
        json.end_object();
        json.key("d").display("x\"y");
        json.end_object();
        assert_eq!(json.take(), r#"{"a":1,"b":[null,true],"c":{},"d":"x\"y"}"#);
    }

    #[test]
    fn any_octets_make_a_string_that_others_read() {
        for byte in 0..=u8::MAX {
            let octets = [b'a', byte, b'"', 0xe9, 0xc3, 0xa9, b'\\'];
            let mut json = Json::default();
            json.string(&octets);
            let read: String = serde_json::from_str(&json.take()).unwrap();
            assert_eq!(read, String::from_utf8_lossy(&octets));
        }
    }
}

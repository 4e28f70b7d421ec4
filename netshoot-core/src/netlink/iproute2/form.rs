//! One description of an object, written either as JSON or as text, so that what is said is decided once.
//!
//! Each member has a key, which JSON shows, and words around it, which text shows; what only one of the two says is
//! written with [`Form::json`] or [`Form::text`]. Text comes out visible whatever the names hold.

use std::borrow::Cow;
use std::fmt::{self, Display, Write};
use std::io;

use super::super::ByteString;
use crate::json::Json;

/// JSON or text being written.
#[derive(Debug)]
pub(super) struct Form(Kind);

#[derive(Debug)]
enum Kind {
    Json(Json),
    Text(String),
}

impl Form {
    pub(super) fn new(json: bool) -> Self {
        Self(if json { Kind::Json(Json::default()) } else { Kind::Text(String::new()) })
    }

    pub(super) fn is_json(&self) -> bool {
        matches!(self.0, Kind::Json(_))
    }

    /// Writes what there is so far to `out`, and forgets it.
    pub(super) fn flush(&mut self, out: &mut impl io::Write) -> io::Result<()> {
        match &mut self.0 {
            Kind::Json(json) => {
                out.write_all(json.text().as_bytes())?;
                json.clear();
                Ok(())
            }
            Kind::Text(text) => {
                out.write_all(visible(text).as_bytes())?;
                text.clear();
                Ok(())
            }
        }
    }

    /// Octets that were not yet written to `out`.
    fn len(&self) -> usize {
        match &self.0 {
            Kind::Json(json) => json.text().len(),
            Kind::Text(text) => text.len(),
        }
    }

    /// What only JSON says.
    pub(super) fn json(&mut self, write: impl FnOnce(&mut Json)) {
        if let Kind::Json(json) = &mut self.0 {
            write(json);
        }
    }

    /// What only text says.
    pub(super) fn text(&mut self, words: fmt::Arguments<'_>) {
        if let Kind::Text(text) = &mut self.0 {
            // Writing to a String cannot fail.
            let _ = text.write_fmt(words);
        }
    }

    /// A member that is a string in JSON.
    pub(super) fn string(&mut self, key: &str, before: &str, value: impl Display, after: &str) {
        match &mut self.0 {
            Kind::Json(json) => json.key(key).display(value),
            Kind::Text(text) => put(text, before, value, after),
        }
    }

    /// A member that is a string in JSON, in which nothing needs to be escaped: an address, a word of this crate's.
    pub(super) fn plain(&mut self, key: &str, before: &str, value: impl Display, after: &str) {
        match &mut self.0 {
            Kind::Json(json) => json.key(key).plain(value),
            Kind::Text(text) => put(text, before, value, after),
        }
    }

    /// A member that is a number, `true` or `false` in JSON.
    pub(super) fn number(&mut self, key: &str, before: &str, value: impl Display, after: &str) {
        match &mut self.0 {
            Kind::Json(json) => json.key(key).number(value),
            Kind::Text(text) => put(text, before, value, after),
        }
    }

    /// A name of the kernel's: where JSON cannot hold it as it is, its octets follow in hexadecimal under `key_hex`.
    pub(super) fn name(&mut self, key: &str, before: &str, value: &ByteString, after: &str) {
        match &mut self.0 {
            Kind::Json(json) => {
                json.key(key).string(value.as_bytes());
                if value.to_str().is_none() {
                    json.key(&format!("{key}_hex")).display(Hex(value.as_bytes()));
                }
            }
            Kind::Text(text) => put(text, before, value, after),
        }
    }

    /// A member that JSON says to be true, and text by a word.
    pub(super) fn flag(&mut self, key: &str, word: &str) {
        match &mut self.0 {
            Kind::Json(json) => json.key(key).bool(true),
            Kind::Text(text) => text.push_str(word),
        }
    }

    /// A member that JSON has as `null`, and text as a word.
    pub(super) fn null(&mut self, key: &str, word: &str) {
        match &mut self.0 {
            Kind::Json(json) => json.key(key).null(),
            Kind::Text(text) => text.push_str(word),
        }
    }

    /// A member that is a column of `width` letters in text.
    pub(super) fn padded(&mut self, key: &str, value: impl Display, width: usize) {
        match &mut self.0 {
            Kind::Json(json) => json.key(key).display(value),
            Kind::Text(text) => put(text, "", format_args!("{:<width$} ", value.to_string()), ""),
        }
    }

    /// An object without a key: one of a list.
    pub(super) fn object(&mut self, write: impl FnOnce(&mut Self)) {
        self.json(Json::begin_object);
        write(self);
        self.json(Json::end_object);
    }

    /// A member that is an object in JSON; text has its members alone.
    pub(super) fn member(&mut self, key: &str, write: impl FnOnce(&mut Self)) {
        self.json(|json| {
            json.key(key);
        });
        self.object(write);
    }

    /// A member that is an array in JSON; text has its items alone.
    pub(super) fn array(&mut self, key: &str, write: impl FnOnce(&mut Self)) {
        self.json(|json| json.key(key).begin_array());
        write(self);
        self.json(Json::end_array);
    }

    /// An item that is a string in JSON.
    pub(super) fn item(&mut self, before: &str, value: impl Display, after: &str) {
        match &mut self.0 {
            Kind::Json(json) => json.display(value),
            Kind::Text(text) => put(text, before, value, after),
        }
    }

    /// An item that is a number in JSON.
    pub(super) fn number_item(&mut self, before: &str, value: impl Display) {
        match &mut self.0 {
            Kind::Json(json) => json.number(value),
            Kind::Text(text) => put(text, before, value, ""),
        }
    }

    /// Writes a list of objects: in JSON an array with a line feed after it. It goes to `out` piece by piece, so that
    /// memory does not grow with their number.
    pub(super) fn list<T>(
        self,
        out: &mut impl io::Write,
        items: impl IntoIterator<Item = T>,
        mut write: impl FnMut(&mut Self, T),
    ) -> io::Result<()> {
        let mut list = self.begin(out);
        items.into_iter().try_for_each(|item| list.item(|form| write(form, item)))?;
        list.finish()
    }

    /// Begins such a list, whose items come one at a time.
    pub(super) fn begin<W: io::Write>(mut self, out: &mut W) -> List<'_, W> {
        self.json(Json::begin_array);
        List { form: self, out }
    }
}

/// A list of objects that is being written.
pub(super) struct List<'a, W: io::Write> {
    form: Form,
    out: &'a mut W,
}

impl<W: io::Write> List<'_, W> {
    /// Writes the next item.
    pub(super) fn item(&mut self, write: impl FnOnce(&mut Form)) -> io::Result<()> {
        write(&mut self.form);
        if self.form.len() < PIECE { Ok(()) } else { self.form.flush(self.out) }
    }

    /// Ends the list.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.form.json(Json::end_array);
        self.form.flush(self.out)?;
        if self.form.is_json() { self.out.write_all(b"\n") } else { Ok(()) }
    }
}

fn put(text: &mut String, before: &str, value: impl Display, after: &str) {
    text.push_str(before);
    // Writing to a String cannot fail.
    let _ = write!(text, "{value}");
    text.push_str(after);
}

/// Octets in hexadecimal.
pub(super) struct Hex<'a>(pub(super) &'a [u8]);

impl Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

/// `text` with what a reader would not see, or see in another place, as escaped octets, in the way of
/// [`ByteString`](super::super::ByteString), which leaves such letters as they are.
pub(super) fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        if is_hidden(letter) {
            // Writing to a String cannot fail.
            let _ = letter.encode_utf8(&mut [0; 4]).bytes().try_for_each(|byte| write!(out, "\\x{byte:02x}"));
        } else {
            out.push(letter);
        }
    }
    Cow::Owned(out)
}

/// Control characters but for the line feeds and tabs of the text itself (those of names were escaped before), and format
/// characters: marks of the direction of writing, joiners, spaces without width, tags.
fn is_hidden(letter: char) -> bool {
    match letter {
        '\n' | '\t' => false,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{feff}' => true,
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' => true,
        '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}' => true,
        _ => letter.is_control(),
    }
}

/// As much as is written at once.
const PIECE: usize = 16 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn format_characters_are_escaped_octets() {
        assert_eq!(visible("2: \u{202e}0hte: <UP>\n"), "2: \\xe2\\x80\\xae0hte: <UP>\n");
        assert_eq!(visible("a\u{200b}b\u{ad}\u{1b}"), "a\\xe2\\x80\\x8bb\\xc2\\xad\\x1b");
        assert_eq!(visible("2: caf\u{e9}\\x1b\n"), "2: caf\u{e9}\\x1b\n");
    }
}

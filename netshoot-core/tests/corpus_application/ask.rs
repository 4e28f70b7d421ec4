//! tshark's answers: the values of fields, frame by frame.

use crate::facts::{Facts, Field};
use crate::support::{self, Capture};

/// How a field's values are written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Number,
    Text,
    /// Hexadecimal digits.
    Octets,
}

/// What tshark says of a frame.
pub struct Row {
    pub number: u64,
    pub protocols: String,
    /// The connection.
    pub stream: Option<u64>,
    pub source: (String, String),
    pub is_malformed: bool,
    pub facts: Facts,
}

pub type Fields = &'static [(Field, Kind)];

/// Asks for `fields` of the frames that `filter` passes.
pub fn ask(capture: &Capture, filter: &str, fields: Fields, preferences: &[&str]) -> Vec<Row> {
    let mut command = support::tshark(&capture.path);
    command.args(["-Y", filter, "-T", "fields", "-E", "separator=\u{1e}", "-E", "aggregator=\u{1f}"]);
    for field in HEAD.iter().copied().chain(fields.iter().map(|(field, _)| *field)) {
        command.args(["-e", field]);
    }
    for preference in preferences {
        command.args(["-o", preference]);
    }
    let output = command.output().unwrap().stdout;
    let lines = output.split(|octet| *octet == b'\n').filter(|line| !line.is_empty());
    lines.map(|line| row(&String::from_utf8_lossy(line), fields)).collect()
}

fn row(line: &str, fields: Fields) -> Row {
    let mut cells = line.split('\u{1e}');
    let mut head = HEAD.map(|_| cells.next().unwrap().to_owned());
    let mut facts = Facts::default();
    for ((field, kind), cell) in fields.iter().zip(cells) {
        for value in cell.split('\u{1f}').filter(|_| !cell.is_empty()) {
            match kind {
                Kind::Number => facts.add(field, number(value).unwrap_or_else(|| panic!("{field} {value:?}"))),
                Kind::Text => facts.text(field, value),
                Kind::Octets => facts.text(field, value.replace(':', "")),
            }
        }
    }
    let last = |cell: &mut String| cell.rsplit('\u{1f}').next().unwrap().to_owned();
    let address = if head[3].is_empty() { last(&mut head[4]) } else { last(&mut head[3]) };
    let port = last(&mut head[5]);
    let is_malformed = !head[6].is_empty();
    let [number, protocols, stream, ..] = head;
    let stream = stream.rsplit('\u{1f}').next().and_then(|stream| stream.parse().ok());
    Row { number: number.parse().unwrap(), protocols, stream, source: (address, port), is_malformed, facts }
}

fn number(text: &str) -> Option<u64> {
    match text {
        "True" => Some(1),
        "False" => Some(0),
        _ => match text.strip_prefix("0x") {
            Some(digits) => u64::from_str_radix(digits, 16).ok(),
            None => text.parse().ok(),
        },
    }
}

const HEAD: [&str; 7] =
    ["frame.number", "frame.protocols", "tcp.stream", "ip.src", "ipv6.src", "tcp.srcport", "_ws.malformed"];

/// Text as tshark writes it.
pub fn text(octets: &[u8]) -> String {
    let mut text = String::new();
    for character in String::from_utf8_lossy(octets).chars() {
        match character {
            '\u{7}' => text.push_str("\\a"),
            '\u{8}' => text.push_str("\\b"),
            '\u{c}' => text.push_str("\\f"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '\u{b}' => text.push_str("\\v"),
            '\\' => text.push_str("\\\\"),
            '\0'..='\u{1f}' | '\u{7f}' => text.push_str(&format!("\\{:03o}", u32::from(character))),
            other => text.push(other),
        }
    }
    text
}

/// Octets as tshark writes them.
pub fn hex(octets: &[u8]) -> String {
    if octets.is_empty() {
        return "<MISSING>".into();
    }
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

pub const WHOLE_PACKETS: &[&str] = &["ip.defragment:FALSE", "ipv6.defragment:FALSE"];

//! The texts of `/proc/net`, read tolerantly: what cannot be read costs itself, and a note.
//!
//! Columns that a newer kernel appends, and names that this version does not know, come through; a table of pairs of
//! lines that do not match gives as many counters as both have.

use std::fmt;

use super::{Counter, Source, Value};
use crate::byte_string::ByteString;

/// What a text gives.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Parsed {
    /// In the order of the text.
    pub counters: Vec<Counter>,
    /// What could not be read; at most 16.
    pub notes: Vec<Note>,
}

/// A line that could not be read, or not wholly.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Note {
    /// The source.
    pub source: Source,
    /// The line's number, from 1; 0 when it is not about a line.
    pub line: u32,
    /// What was wrong.
    pub problem: &'static str,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} line {}: {}", self.source, self.line, self.problem)
    }
}

/// Reads the text of the file that `source` stands for, from this host or another.
///
/// # Examples
/// ```
/// use netshoot_core::netlink::counters::{Source, parse};
/// let parsed = parse(Source::Snmp, b"Ip: Forwarding InReceives\nIp: 1 42\n");
/// assert_eq!(parsed.counters[1].name, "IpInReceives");
/// assert_eq!(parsed.counters[1].value.as_u64(), 42);
/// ```
#[must_use]
pub fn parse(source: Source, text: &[u8]) -> Parsed {
    let mut reader = Reader { source, line: 0, parsed: Parsed::default() };
    match source {
        Source::Snmp | Source::Netstat => reader.pairs(text),
        Source::Snmp6 | Source::Sctp => reader.list(text),
        Source::Sockstat | Source::Sockstat6 => reader.sockets(text),
        Source::Softnet => reader.softnet(text),
        Source::Dev => reader.devices(text),
        Source::Conntrack => reader.conntrack(text),
    }
    reader.parsed
}

struct Reader {
    source: Source,
    line: u32,
    parsed: Parsed,
}

impl Reader {
    /// A line of names and one of values, both behind the group: `Ip: InReceives`, `Ip: 42`.
    fn pairs(&mut self, text: &[u8]) {
        let mut lines = lines(text).peekable();
        while let Some(line) = lines.next() {
            self.line += 1;
            let Some((group, names)) = split(line, b':') else {
                self.note("a line has no colon");
                continue;
            };
            // A line without its pair costs nothing but itself.
            let pair = lines.next_if(|line| split(line, b':').is_some_and(|(second, _)| second == group));
            let Some((_, values)) = pair.and_then(|line| split(line, b':')) else {
                self.note("a line of names has no line of values");
                continue;
            };
            self.line += 1;
            let (mut names, mut values) = (words(names), words(values));
            loop {
                match (names.next(), values.next()) {
                    (Some(name), Some(value)) => self.push(group, None, name, value, Base::Decimal),
                    (None, None) => break,
                    _ => {
                        self.note("there are not as many values as names");
                        break;
                    }
                }
            }
        }
    }

    /// A name and a value a line, the group being the start of the name: `Udp6InDatagrams 42`.
    fn list(&mut self, text: &[u8]) {
        for line in lines(text) {
            self.line += 1;
            let mut words = words(line);
            let (Some(name), Some(value)) = (words.next(), words.next()) else {
                self.note("a line is not a name and a value");
                continue;
            };
            let (group, field) = match self.source {
                Source::Sctp if name.starts_with(b"Sctp") => name.split_at(4),
                _ => name.split_at(name.iter().position(|octet| *octet == b'6').map_or(0, |place| place + 1)),
            };
            self.push(group, None, field, value, Base::Decimal);
        }
    }

    /// The protocol, and pairs of name and value: `TCP: inuse 1 orphan 0`.
    fn sockets(&mut self, text: &[u8]) {
        for line in lines(text) {
            self.line += 1;
            let Some((protocol, rest)) = split(line, b':') else {
                self.note("a line has no colon");
                continue;
            };
            let mut words = words(rest);
            while let Some(name) = words.next() {
                match words.next() {
                    Some(value) => self.push(group(self.source), Some(protocol), name, value, Base::Decimal),
                    None => self.note("the last name has no value"),
                }
            }
        }
    }

    /// Fixed columns in hexadecimal, a processor a line; older kernels have fewer and do not say which processor.
    fn softnet(&mut self, text: &[u8]) {
        for (place, line) in lines(text).enumerate() {
            self.line += 1;
            let columns: Vec<&[u8]> = words(line).collect();
            let processor = columns.get(SOFTNET_PROCESSOR).and_then(|word| number(word, Base::Hexadecimal));
            let processor = format!("cpu{}", processor.map_or(place as u64, |processor| processor as u64));
            if columns.is_empty() {
                self.note("a line is empty");
            }
            for (name, value) in SOFTNET.iter().zip(&columns).filter(|(name, _)| !name.is_empty()) {
                self.push(b"softnet", Some(processor.as_bytes()), name.as_bytes(), value, Base::Hexadecimal);
            }
        }
    }

    /// Two lines of head, then an interface a line.
    fn devices(&mut self, text: &[u8]) {
        for line in lines(text) {
            self.line += 1;
            if line.contains(&b'|') && self.line <= 2 {
                continue;
            }
            // A name has no colon; all else it may have.
            let Some((name, rest)) = split(line, b':') else {
                self.note("a line has no colon");
                continue;
            };
            let mut values = words(rest);
            for field in DEVICE {
                match values.next() {
                    Some(value) => self.push(b"dev", Some(name), field.as_bytes(), value, Base::Decimal),
                    None => {
                        self.note("a line has too few columns");
                        break;
                    }
                }
            }
        }
    }

    /// A line of names, then a processor a line, in hexadecimal. How many entries there are stands in each.
    fn conntrack(&mut self, text: &[u8]) {
        let mut lines = lines(text);
        let names: Vec<&[u8]> = lines.next().map(|line| words(line).collect()).unwrap_or_default();
        self.line = 1;
        for (place, line) in lines.enumerate() {
            self.line += 1;
            let processor = format!("cpu{place}");
            let mut values = words(line);
            for (name, value) in names.iter().zip(values.by_ref()) {
                match *name {
                    b"entries" if place > 0 => {}
                    b"entries" => self.push(b"conntrack", None, name, value, Base::Hexadecimal),
                    _ => self.push(b"conntrack", Some(processor.as_bytes()), name, value, Base::Hexadecimal),
                }
            }
            if values.next().is_some() {
                self.note("there are more values than names");
            }
        }
    }

    fn push(&mut self, group: &[u8], instance: Option<&[u8]>, field: &[u8], value: &[u8], base: Base) {
        let Some(value) = number(value, base) else {
            return self.note("a value is no number");
        };
        match Counter::new(self.source, group, instance, field, value) {
            Some(counter) if self.parsed.counters.len() < COUNTERS_LIMIT => self.parsed.counters.push(counter),
            Some(_) => self.note("there are too many counters"),
            None => self.note("a counter is below zero"),
        }
    }

    fn note(&mut self, problem: &'static str) {
        if self.parsed.notes.len() < NOTES_LIMIT {
            self.parsed.notes.push(Note { source: self.source, line: self.line, problem });
        }
    }
}

impl Counter {
    /// `None` for a counter below zero.
    pub(super) fn new(
        source: Source,
        group: &[u8],
        instance: Option<&[u8]>,
        field: &[u8],
        value: i128,
    ) -> Option<Self> {
        let value = if is_gauge(source, group, field) {
            Value::Gauge(i64::try_from(value).unwrap_or(i64::MAX))
        } else {
            Value::Counter(u64::try_from(value).ok()?)
        };
        let dot: &[u8] = if source.is_nstat() { b"" } else { b"." };
        let name = match instance {
            Some(instance) => [group, dot, instance, dot, field].concat(),
            None => [group, dot, field].concat(),
        };
        let [group, field] = [group, field].map(ByteString::from);
        let instance = instance.map(ByteString::from);
        Some(Self { source, group, instance, field, name: ByteString::from(name.as_slice()), value })
    }
}

/// What moves both ways, or is a setting. All else counts.
fn is_gauge(source: Source, group: &[u8], field: &[u8]) -> bool {
    match source {
        Source::Sockstat | Source::Sockstat6 => true,
        Source::Softnet => matches!(field, b"backlog_len" | b"input_qlen" | b"process_qlen"),
        Source::Conntrack => matches!(field, b"entries" | b"max"),
        Source::Dev => false,
        Source::Sctp => field == b"CurrEstab",
        Source::Snmp | Source::Snmp6 | Source::Netstat => matches!(
            (group, field),
            (b"Ip", b"Forwarding" | b"DefaultTTL")
                | (b"Tcp", b"RtoAlgorithm" | b"RtoMin" | b"RtoMax" | b"MaxConn" | b"CurrEstab")
                | (b"MPTcpExt", b"MPCurrEstab")
        ),
    }
}

fn group(source: Source) -> &'static [u8] {
    source.name().as_bytes()
}

fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    text.split(|octet| *octet == b'\n').take(if text.is_empty() { 0 } else { usize::MAX })
}

fn words(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(|octet| matches!(octet, b' ' | b'\t')).filter(|word| !word.is_empty())
}

/// What stands before `mark`, without the space around it, and what comes after.
fn split(line: &[u8], mark: u8) -> Option<(&[u8], &[u8])> {
    let place = line.iter().position(|octet| *octet == mark)?;
    let before = line.get(..place)?;
    let start = before.iter().position(|octet| *octet != b' ').unwrap_or(before.len());
    Some((before.get(start..)?, line.get(place + 1..)?))
}

#[derive(Clone, Copy)]
enum Base {
    Decimal,
    Hexadecimal,
}

/// A number of 64 bits with or without a sign.
fn number(word: &[u8], base: Base) -> Option<i128> {
    let text = std::str::from_utf8(word).ok()?;
    match base {
        Base::Decimal => text.parse::<u64>().map(i128::from).or_else(|_| text.parse::<i64>().map(i128::from)).ok(),
        Base::Hexadecimal => u64::from_str_radix(text, 16).map(i128::from).ok(),
    }
}

/// The columns of `softnet_stat`; those without a name are no longer used.
const SOFTNET: [&str; 15] = [
    "processed",
    "dropped",
    "time_squeeze",
    "",
    "",
    "",
    "",
    "",
    "cpu_collision",
    "received_rps",
    "flow_limit_count",
    "backlog_len",
    "",
    "input_qlen",
    "process_qlen",
];
/// The column that says which processor, since 5.10.
const SOFTNET_PROCESSOR: usize = 12;
/// The columns of `dev`, in the words of `struct rtnl_link_stats64` where they mean the same, else in the head's.
const DEVICE: [&str; 16] = [
    "rx_bytes",
    "rx_packets",
    "rx_errs",
    "rx_drop",
    "rx_fifo",
    "rx_frame",
    "rx_compressed",
    "rx_multicast",
    "tx_bytes",
    "tx_packets",
    "tx_errs",
    "tx_drop",
    "tx_fifo",
    "tx_colls",
    "tx_carrier",
    "tx_compressed",
];
const NOTES_LIMIT: usize = 16;
/// 16 for each of 65,536 interfaces.
const COUNTERS_LIMIT: usize = 1 << 20;

#[cfg(test)]
mod tests;

//! Counters as `nstat` shows them.
//!
//! Differences from iproute2 6.1: a history of a counter that is now lower is told by `(overflow)` as there, but the
//! increase is then the value itself, where `nstat` has zero. An empty history is one, in which every counter is zero.
//! A history says in a comment in front, which `nstat` passes over, whose counters it holds.

use std::collections::HashMap;
use std::io;

use super::super::ByteString;
use super::super::counters::{Change, Counter, Counters, Delta, Value};
use super::super::pattern::is_like;
use super::form::visible;
use crate::error::{Error, ErrorKind, Result};
use crate::json::Json;

/// Which counters are shown, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NstatOptions {
    /// One JSON object: `-j`.
    pub json: bool,
    /// JSON of one line a counter: `-p`.
    pub pretty: bool,
    /// Also those at zero: `-z`.
    pub zeros: bool,
    /// Only those whose name one of these patterns matches, in any case of letters: `*`, `?`, `[a-z]`.
    pub patterns: Vec<String>,
    /// Also the sources and settings that `nstat` leaves out.
    pub extended: bool,
    /// What each counter means, on a line of its own, or as a member in JSON.
    pub explain: bool,
}

/// What `nstat` keeps in a file from one call to the next: the values of the last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NstatHistory {
    values: HashMap<ByteString, u64>,
    /// The inode of the namespace, which `nstat` does not note down.
    namespace: Option<u64>,
}

impl NstatHistory {
    /// Reads the file's text; lines that are no counter are passed over.
    #[must_use]
    pub fn parse(text: &[u8]) -> Self {
        let lines = || text.split(|octet| *octet == b'\n');
        let entry = |line: &[u8]| {
            let mut words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
            let name = words.next()?;
            Some((ByteString::from(name), std::str::from_utf8(words.next()?).ok()?.parse().ok()?))
        };
        Self {
            values: lines().filter(|line| !line.starts_with(b"#")).filter_map(entry).collect(),
            namespace: lines().find_map(|line| {
                std::str::from_utf8(line.strip_prefix(b"#net:[")?.strip_suffix(b"]")?).ok()?.parse().ok()
            }),
        }
    }

    /// Refuses `counters` of another namespace than the history is of, if both are known.
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput).
    pub fn check(&self, counters: &Counters) -> Result<()> {
        match (self.namespace, counters.namespace) {
            (Some(before), Some(now)) if before != now.inode => {
                let detail = format!("it is of another namespace, net:[{before}], and they are of {now}");
                Err(Error::new(ErrorKind::InvalidInput, "compare counters with a history").with_detail(detail))
            }
            _ => Ok(()),
        }
    }

    /// Writes the file that the next call reads: the values of `counters`, but for those that `options` do not show the
    /// values of before.
    ///
    /// # Errors
    /// Those of `out`, nothing else.
    pub fn write(&self, out: &mut impl io::Write, counters: &Counters, options: &NstatOptions) -> io::Result<()> {
        let all = NstatOptions { extended: options.extended, zeros: options.zeros, ..NstatOptions::default() };
        let entries = counters.counters.iter().map(|counter| {
            let mut entry = Entry::now(counter);
            if !options.matches(counter) {
                entry.value = self.values.get(&counter.name).map_or(entry.value, |before| of_kind(counter, *before));
            }
            entry
        });
        if let Some(namespace) = counters.namespace {
            writeln!(out, "#{namespace}")?;
        }
        write(out, entries, &all)
    }
}

/// Writes the counters as `nstat -as` does.
///
/// # Errors
/// Those of `out`, nothing else.
pub fn write_nstat(out: &mut impl io::Write, counters: &Counters, options: &NstatOptions) -> io::Result<()> {
    write(out, counters.counters.iter().map(Entry::now), options)
}

/// Writes what happened since the values of `history`, as `nstat -s` does.
///
/// # Errors
/// Those of `out`, nothing else.
pub fn write_nstat_since(
    out: &mut impl io::Write,
    counters: &Counters,
    history: &NstatHistory,
    options: &NstatOptions,
) -> io::Result<()> {
    let entries = counters.counters.iter().map(|counter| {
        let before = history.values.get(&counter.name).copied().unwrap_or(0);
        let now = counter.value.as_u64();
        let value = of_kind(counter, now.checked_sub(before).unwrap_or(now));
        Entry { counter, value, rate: 0.0, fell: now < before }
    });
    write(out, entries, options)
}

/// Writes what happened between two snapshots, with the rates.
///
/// # Errors
/// Those of `out`, nothing else.
pub fn write_nstat_delta(out: &mut impl io::Write, delta: &Delta, options: &NstatOptions) -> io::Result<()> {
    let seconds = delta.elapsed.as_secs_f64();
    let appeared = delta.appeared.iter().map(|counter| {
        let rate = if seconds > 0.0 { counter.value.as_f64() / seconds } else { 0.0 };
        Entry { rate, ..Entry::now(counter) }
    });
    write(out, delta.changes.iter().map(Entry::change).chain(appeared), options)
}

struct Entry<'a> {
    counter: &'a Counter,
    value: Value,
    rate: f64,
    fell: bool,
}

impl<'a> Entry<'a> {
    fn now(counter: &'a Counter) -> Self {
        Self { counter, value: counter.value, rate: 0.0, fell: false }
    }

    fn change(change: &'a Change) -> Self {
        let Change { counter, difference, rate, discontinuity, .. } = change;
        Self { counter, value: *difference, rate: *rate, fell: discontinuity.is_some() }
    }
}

impl NstatOptions {
    fn shows(&self, entry: &Entry<'_>) -> bool {
        let Entry { counter, value, rate, .. } = entry;
        (self.zeros || !value.is_zero() || *rate != 0.0)
            && (self.extended || counter.source.is_nstat() && !is_left_out(counter))
            && self.matches(counter)
    }

    /// Whether one of the patterns matches the counter's name, or there is none.
    #[must_use]
    pub fn matches(&self, counter: &Counter) -> bool {
        let matches = |pattern: &String| is_like(pattern.as_bytes(), counter.name.as_bytes(), true);
        self.patterns.is_empty() || self.patterns.iter().any(matches)
    }
}

/// What `nstat` takes for no statistics.
fn is_left_out(counter: &Counter) -> bool {
    let name = counter.name.to_str().unwrap_or_default();
    ["IpForwarding", "IpDefaultTTL", "TcpRtoAlgorithm", "TcpRtoMin", "TcpRtoMax", "TcpMaxConn", "TcpCurrEstab"]
        .contains(&name)
}

fn of_kind(counter: &Counter, value: u64) -> Value {
    match counter.value {
        Value::Counter(_) => Value::Counter(value),
        Value::Gauge(_) => Value::Gauge(i64::try_from(value).unwrap_or(i64::MAX)),
    }
}

fn write<'a>(
    out: &mut impl io::Write,
    entries: impl Iterator<Item = Entry<'a>>,
    options: &NstatOptions,
) -> io::Result<()> {
    let entries = entries.filter(|entry| options.shows(entry));
    if options.json {
        return write_json(out, entries, options);
    }
    writeln!(out, "#{SOURCE}")?;
    for Entry { counter, value, rate, fell } in entries {
        // Not by a width for Display of the name, which knows none.
        let name = counter.name.to_string();
        let after = if fell { " (overflow)" } else { "" };
        writeln!(out, "{:<32}{:<16}{rate:>6.1}{after}", visible(&name), value.to_string())?;
        if let Some(text) = counter.explanation().filter(|_| options.explain) {
            writeln!(out, "    {text}")?;
        }
    }
    Ok(())
}

fn write_json<'a>(
    out: &mut impl io::Write,
    entries: impl Iterator<Item = Entry<'a>>,
    options: &NstatOptions,
) -> io::Result<()> {
    let (first, second, last, space) =
        if options.pretty { ("\n    ", "\n        ", "\n", " ") } else { ("", "", "", "") };
    write!(out, "{{{first}\"{SOURCE}\":{space}{{")?;
    let (mut comma, mut json) = ("", Json::default());
    for entry in entries {
        json.display(&entry.counter.name);
        write!(out, "{comma}{second}{}:{space}", json.take())?;
        json = Json::default();
        json_value(&mut json, &entry, options.explain);
        out.write_all(json.take().as_bytes())?;
        (comma, json) = (",", Json::default());
    }
    let end = if comma.is_empty() { "" } else { first };
    writeln!(out, "{end}}}{last}}}")
}

fn json_value(json: &mut Json, entry: &Entry<'_>, explain: bool) {
    if !explain {
        return json.number(entry.value);
    }
    json.begin_object();
    json.key("value").number(entry.value);
    json.key("kind").display(entry.value.kind());
    match entry.counter.explanation() {
        Some(text) => json.key("explanation").display(text),
        None => json.key("explanation").null(),
    }
    json.end_object();
}

/// `nstat` puts here whether its daemon answered, or the kernel.
const SOURCE: &str = "kernel";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn history_is_read_as_it_is_written() {
        let history =
            NstatHistory::parse(b"#kernel\nIpInReceives                    10284              0.0\nbad\nX y\n");
        assert_eq!((history.values.len(), history.namespace), (1, None));
        assert_eq!(history.values.get(&ByteString::from("IpInReceives")), Some(&10284));
        assert_eq!(NstatHistory::parse(b"#net:[4026531840]\n#kernel\n").namespace, Some(4_026_531_840));
        for text in [&b"#net:[]\n"[..], b"#net:[x]\n", b"net:[1]\n", b"#net:[1"] {
            assert_eq!(NstatHistory::parse(text).namespace, None);
        }
    }
}

//! Invariants of the texts of `/proc/net`, and of what is made of two of them.

use std::time::{Duration, SystemTime};

use netshoot_core::netlink::counters::{Counters, Delta, Source, Value};
use netshoot_core::netlink::iproute2::{NstatHistory, NstatOptions, write_nstat, write_nstat_delta, write_nstat_since};

/// Reads two texts of one source, apart at an octet 0xff, and compares them. The first octet says which source.
///
/// # Panics
/// If an invariant is broken: what is read is in the text, and what is written is JSON or text of one line a counter.
pub fn fuzz_counters(data: &[u8]) {
    let Some((&source, rest)) = data.split_first() else { return };
    let Some(&source) = Source::ALL.get(usize::from(source) % Source::ALL.len()) else { return };
    let mut texts = rest.splitn(2, |octet| *octet == 0xff);
    let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
    let mut next = |seconds| {
        let text = texts.next().unwrap_or_default();
        let counters = Counters::from_texts(at(seconds), [(source, text)]);
        check(source, text, &counters);
        counters
    };
    let (before, after) = (next(0), next(2));
    let delta = after.delta(&before);
    assert_eq!(delta.elapsed, Duration::from_secs(2));
    assert!(delta.changes.len() + delta.appeared.len() == after.counters.len());
    assert!(delta.changes.len() + delta.vanished.len() <= before.counters.len());
    for change in &delta.changes {
        assert_eq!(change.difference.kind(), change.counter.value.kind());
        assert!(change.rate.is_finite());
        if let (Value::Counter(before), Value::Counter(now), None) =
            (change.before, change.counter.value, change.discontinuity)
        {
            assert_eq!(now.checked_sub(before), Some(change.difference.as_u64()));
        }
    }
    write_all(rest, &after, &delta);
}

fn check(source: Source, text: &[u8], counters: &Counters) {
    assert!(counters.notes.len() <= 16);
    assert!(counters.counters.len() <= text.len());
    let lines = text.split(|octet| *octet == b'\n').count();
    assert!(counters.notes.iter().all(|note| note.line as usize <= lines && note.source == source));
    for counter in &counters.counters {
        let field = counter.field.as_bytes();
        assert_eq!(counter.source, source);
        assert!(counter.name.as_bytes().ends_with(field));
        assert!(counter.name.as_bytes().starts_with(counter.group.as_bytes()));
        // Must hold for any name, known or not.
        let _ = counter.explanation();
    }
}

fn write_all(text: &[u8], counters: &Counters, delta: &Delta) {
    let history = NstatHistory::parse(text);
    for bits in 0..4 {
        let options = NstatOptions {
            json: bits & 1 != 0,
            pretty: bits & 2 != 0,
            zeros: true,
            patterns: vec![String::from_utf8_lossy(text).into_owned(), "*".to_owned()],
            extended: true,
            explain: bits & 2 != 0,
        };
        let mut out = Vec::new();
        let written = write_nstat(&mut out, counters, &options)
            .and_then(|()| write_nstat_since(&mut out, counters, &history, &options))
            .and_then(|()| write_nstat_delta(&mut out, delta, &options))
            .and_then(|()| history.write(&mut out, counters, &options));
        assert!(written.is_ok());
        let Ok(out) = String::from_utf8(out) else { panic!("what is written is not UTF-8") };
        assert!(!out.chars().any(|c| c < ' ' && c != '\n'), "{out:?}");
        let head = match (options.json, options.pretty) {
            (true, false) => "{\"kernel\":{",
            (true, true) => "{\n    \"kernel\": {",
            (false, _) => "#kernel\n",
        };
        assert!(out.starts_with(head), "{out:?}");
    }
}

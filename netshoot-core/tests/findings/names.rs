//! The name service.

use super::script::Script;
use super::{Case, Kind, Severity, Verdict};

pub(super) fn cases() -> Vec<Case> {
    use Severity::{Critical, Note, Warning};
    let case = |kind, severity, verdict, shows, misses| Case { kind, severity, verdict, shows, misses };
    vec![
        case(Kind::DnsUnanswered, Critical, Verdict::Dns, |s| ask(s, 3, None), |s| ask(s, 3, Some(100_000))),
        case(Kind::DnsSlow, Note, Verdict::Dns, |s| ask(s, 1, Some(600_000)), |s| ask(s, 1, Some(400_000))),
        case(Kind::DnsFailure, Warning, Verdict::Dns, |s| fail(s, 2), |s| fail(s, 0)),
        case(Kind::DnsTruncated, Warning, Verdict::Unknown, |s| cut(s, false), |s| cut(s, true)),
        case(Kind::DnsHalfPair, Warning, Verdict::Dns, |s| pairs(s, false), |s| pairs(s, true)),
        case(Kind::DnsSearchList, Note, Verdict::Client, |s| suffixes(s, 6), |s| suffixes(s, 2)),
        case(Kind::DnsAnswersDiffer, Warning, Verdict::Dns, |s| differ(s, 54), |s| differ(s, 53)),
    ]
}

/// Names that are found, in pairs.
pub(super) fn healthy(s: &mut Script) {
    ask(s, 2, Some(20_000));
    pairs(s, true);
}

const A: u8 = 1;
const AAAA: u8 = 28;

/// A query, or the answer to it: the flags in two octets, and whether there is an address in it.
fn message(s: &mut Script, after: u64, server: u8, name: &str, kind: u8, answer: Option<([u8; 2], bool)>) {
    let flags = answer.map_or([1, 0], |(flags, _)| flags);
    let records = u8::from(answer.is_some_and(|(_, has_record)| has_record));
    let mut message = vec![7, name.len() as u8 + kind, flags[0], flags[1], 0, 1, 0, records, 0, 0, 0, 0];
    for label in name.split('.') {
        message.push(label.len() as u8);
        message.extend(label.as_bytes());
    }
    message.extend([0, 0, kind, 0, 1]);
    if records > 0 {
        message.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 10, 0, 0, 9]);
    }
    match answer {
        None => s.udp(after, [1, server], [5000, 53], &message),
        Some(_) => s.udp(after, [server, 1], [53, 5000], &message),
    }
}

fn query(s: &mut Script, after: u64, name: &str, kind: u8) {
    message(s, after, 53, name, kind, None);
}

fn answer(s: &mut Script, after: u64, name: &str, kind: u8, code: u8) {
    message(s, after, 53, name, kind, Some(([0x81, 0x80 | code], code == 0 && kind == A)));
}

fn ask(s: &mut Script, count: usize, latency: Option<u64>) {
    for name in ["a.example", "bb.example", "ccc.example"].iter().take(count) {
        query(s, 3_000_000, name, A);
        if let Some(latency) = latency {
            answer(s, latency, name, A, 0);
        }
    }
    s.udp(3_000_000, [1, 4], [6000, 6001], b"other");
}

fn fail(s: &mut Script, code: u8) {
    query(s, 0, "a.example", A);
    answer(s, 1000, "a.example", A, code);
}

/// A truncated answer, after which the client asks for less or not at all.
fn cut(s: &mut Script, asks_again: bool) {
    query(s, 0, "a.example", A);
    message(s, 1000, 53, "a.example", A, Some(([0x83, 0x80], false)));
    if asks_again {
        query(s, 1000, "a.example", A);
        answer(s, 1000, "a.example", A, 0);
    }
}

fn pairs(s: &mut Script, is_whole: bool) {
    for name in ["a.example", "bb.example", "ccc.example"] {
        query(s, 6_000_000, name, A);
        query(s, 10, name, AAAA);
        answer(s, 1000, name, A, 0);
        if is_whole {
            answer(s, 1000, name, AAAA, 0);
        }
    }
    s.udp(6_000_000, [1, 4], [6000, 6001], b"other");
}

fn suffixes(s: &mut Script, names: usize) {
    for n in 0..names {
        let name = format!("db{n}.example");
        for suffix in [".prod.svc", ".svc"] {
            let longer = format!("{name}{suffix}");
            query(s, 1000, &longer, A);
            answer(s, 1000, &longer, A, 3);
        }
        query(s, 1000, &name, A);
        answer(s, 1000, &name, A, 0);
    }
}

/// One resolver knows the name; the other answer comes from `denies`.
fn differ(s: &mut Script, denies: u8) {
    query(s, 0, "in.example", A);
    answer(s, 1000, "in.example", A, 0);
    message(s, 1000, denies, "in.example", A, None);
    message(s, 1000, denies, "in.example", A, Some(([0x81, 0x83], false)));
}

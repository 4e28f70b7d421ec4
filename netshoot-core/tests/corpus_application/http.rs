//! Heads of HTTP, segment by segment: neither side puts streams together.

use netshoot_core::application::Message;
use netshoot_core::application::http::{self, Head, Start};
use netshoot_core::packet::Packet;

use crate::ask::{Fields, Kind, WHOLE_PACKETS, ask, text};
use crate::facts::{Facts, Field};
use crate::support::Capture;
use crate::tally::Tally;
use crate::{Rule, compare, frames};

/// What rules ask of a head.
pub struct Of {
    stopped: bool,
    is_none: bool,
    /// The lower port.
    port: u16,
}

pub fn one(capture: &Capture, tally: &mut Tally) {
    let Some(mut reader) = frames::open(&capture.path) else { return };
    let preferences = [
        WHOLE_PACKETS,
        &[
            "tcp.desegment_tcp_streams:FALSE",
            "tcp.analyze_sequence_numbers:FALSE",
            "http.desegment_headers:FALSE",
            "http.desegment_body:FALSE",
        ],
    ]
    .concat();
    let rows = ask(capture, "http", FIELDS, &preferences);
    let mut rows = rows.into_iter().peekable();
    while let Ok(Some(frame)) = reader.next_frame() {
        let row = rows.next_if(|row| row.number == frame.number);
        let packet = Packet::parse(frame.link_type, frame.bytes, frame.original_length).innermost();
        let head = match Message::of(&packet) {
            Some(Message::Http(head)) => Some(head),
            _ => None,
        };
        let (mut theirs, mut ours) = (row.map(|row| row.facts).unwrap_or_default(), Facts::default());
        if let Some(head) = &head {
            facts(head, &mut ours);
        }
        // tshark finds HTTP on any port.
        let has_port = packet.ports().is_some_and(|(a, b)| http::PORTS.contains(&a) || http::PORTS.contains(&b));
        // It also reads fields from where no head begins.
        let begins = ["http.request.method", "http.response.code"].iter().any(|field| !theirs.of(field).is_empty());
        if head.is_none() && (!begins || !has_port) {
            continue;
        }
        // The first head of a segment is compared: where another stands behind a body, tshark reads it, too.
        theirs.0.iter_mut().for_each(|(field, items)| items.truncate(ours.of(field).len().max(1)));
        tally.frames += 1;
        let port = packet.ports().map_or(0, |(a, b)| a.min(b));
        let of = Of { stopped: head.is_some_and(|head| head.stopped().is_some()), is_none: head.is_none(), port };
        let place = || format!("{} frame {}", capture.name, frame.number);
        compare(&of, &theirs, &ours, RULES, &place, tally);
    }
}

fn facts(head: &Head<'_>, facts: &mut Facts) {
    match head.start() {
        Start::Request { method, target, version } => {
            facts.text("http.request.method", text(method));
            facts.text("http.request.uri", text(target));
            if let Some(version) = version {
                facts.text("http.request.version", version);
            }
        }
        Start::Response { version, status, reason } => {
            facts.text("http.response.version", version);
            facts.add("http.response.code", status);
            if !reason.is_empty() {
                facts.text("http.response.phrase", text(reason));
            }
        }
    }
    for (field, name) in NAMES {
        for value in head.values(name) {
            facts.text(field, text(value));
        }
    }
}

const NAMES: &[(Field, &str)] = &[
    ("http.host", "Host"),
    ("http.user_agent", "User-Agent"),
    ("http.content_type", "Content-Type"),
    ("http.content_length_header", "Content-Length"),
    ("http.transfer_encoding", "Transfer-Encoding"),
    ("http.connection", "Connection"),
    ("http.server", "Server"),
    ("http.accept", "Accept"),
    ("http.accept_encoding", "Accept-Encoding"),
    ("http.accept_language", "Accept-Language"),
    ("http.cache_control", "Cache-Control"),
    ("http.content_encoding", "Content-Encoding"),
    ("http.date", "Date"),
    ("http.last_modified", "Last-Modified"),
    ("http.location", "Location"),
    ("http.referer", "Referer"),
    ("http.cookie", "Cookie"),
    ("http.set_cookie", "Set-Cookie"),
    ("http.upgrade", "Upgrade"),
    ("http.x_forwarded_for", "X-Forwarded-For"),
];

const RULES: &[Rule<Of>] = &[
    Rule {
        says: "tshark finds HTTP on some ports only where a line is whole",
        fields: &["http."],
        applies: |case| ![80, 3128, 8080, 8088].contains(&case.of.port) && case.theirs.is_empty() && case.of.stopped,
    },
    Rule {
        says: "tshark shows the fields of what is cut or cannot be, one by one up to there",
        fields: &["http."],
        applies: |case| (case.of.stopped || case.of.is_none) && case.theirs.len() > case.ours.len(),
    },
];

const FIELDS: Fields = &[
    ("http.request.method", Kind::Text),
    ("http.request.uri", Kind::Text),
    ("http.request.version", Kind::Text),
    ("http.response.version", Kind::Text),
    ("http.response.code", Kind::Number),
    ("http.response.phrase", Kind::Text),
    ("http.host", Kind::Text),
    ("http.user_agent", Kind::Text),
    ("http.content_type", Kind::Text),
    ("http.content_length_header", Kind::Text),
    ("http.transfer_encoding", Kind::Text),
    ("http.connection", Kind::Text),
    ("http.server", Kind::Text),
    ("http.accept", Kind::Text),
    ("http.accept_encoding", Kind::Text),
    ("http.accept_language", Kind::Text),
    ("http.cache_control", Kind::Text),
    ("http.content_encoding", Kind::Text),
    ("http.date", Kind::Text),
    ("http.last_modified", Kind::Text),
    ("http.location", Kind::Text),
    ("http.referer", Kind::Text),
    ("http.cookie", Kind::Text),
    ("http.set_cookie", Kind::Text),
    ("http.upgrade", Kind::Text),
    ("http.x_forwarded_for", Kind::Text),
];

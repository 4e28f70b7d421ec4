//! TLS, by connection and direction: tshark puts the stream together, and so do we.

use std::collections::BTreeMap;
use std::time::Duration;

use netshoot_core::application::tls::{self, Decoder, Event, ExtensionType, Handshake, Hello, NamedGroup, Version};
use netshoot_core::application::{CloseReason, Direction, StreamEvent, StreamOptions, StreamReassembler};
use netshoot_core::packet::Packet;

use crate::ask::{Fields, Kind, WHOLE_PACKETS, ask, hex, text};
use crate::facts::Facts;
use crate::support::Capture;
use crate::tally::Tally;
use crate::{Rule, compare, frames};

/// What rules ask of a direction of a connection.
#[derive(Default)]
pub struct Of {
    /// The decoder stopped.
    stopped: bool,
    /// The connection was reset or closed before the capture ended.
    is_closed: bool,
    is_late: bool,
}

#[derive(Default)]
struct Half {
    decoder: Decoder,
    facts: Facts,
    of: Of,
    is_tls: Option<bool>,
    /// Octets so far, and where the last record would end.
    offset: u64,
    record_end: u64,
    /// It begins as SSL 2.0 does.
    is_older: bool,
    /// tshark waits for what is missing.
    has_gap: bool,
}

/// By the address and port of the sender and the number of the connection.
type Halves = BTreeMap<(u64, String, String), Half>;

pub fn one(capture: &Capture, tally: &mut Tally) {
    let preferences = [WHOLE_PACKETS, &["tcp.reassemble_out_of_order:TRUE"]].concat();
    let rows = ask(capture, "tls", FIELDS, &preferences);
    let mut theirs: BTreeMap<(u64, String, String), Facts> = BTreeMap::new();
    for row in rows {
        let Some(stream) = row.stream else { continue };
        let facts = theirs.entry((stream, row.source.0, row.source.1)).or_default();
        for (field, items) in row.facts.0 {
            facts.0.entry(field).or_default().extend(items);
        }
    }
    let ours = halves(capture);
    for (key, half) in &ours {
        let none = Facts::default();
        let their = theirs.remove(key).unwrap_or_default();
        let mut their = their;
        let opaque = their.0.remove("tls.record.opaque_type").unwrap_or_default();
        their.0.entry("tls.record.content_type").or_default().extend(opaque);
        let own = if half.is_tls == Some(true) { &half.facts } else { &none };
        let mut own = Facts(own.0.clone());
        within(&mut their, &mut own);
        if half.has_gap {
            // Sorted, they cannot be cut.
            for facts in [&mut their, &mut own] {
                facts.0.remove("tls.record.content_type");
            }
            their.0.iter_mut().for_each(|(field, items)| items.truncate(own.of(field).len()));
            their.0.retain(|_, items| !items.is_empty());
        }
        // What begins with a hello of SSL 2.0 is out of scope.
        if their.0.is_empty() && own.0.is_empty() || half.is_older {
            continue;
        }
        tally.frames += 1;
        let place = || format!("{} stream {} from {} {}", capture.name, key.0, key.1, key.2);
        compare(&half.of, &their, &own, RULES, &place, tally);
    }
    for key in theirs.keys() {
        tally.fault("tls", format!("{}: tshark reads TLS in {key:?}", capture.name));
    }
}

/// Takes out what is out of scope: the algorithms of signatures themselves, which have the same field in tshark.
fn within(theirs: &mut Facts, ours: &mut Facts) {
    let count = ours.of("tls.handshake.sig_hash_alg").len();
    if let Some(all) = theirs.0.get_mut("tls.handshake.sig_hash_alg") {
        all.truncate(count);
    }
    // tshark has another field for the types of records that TLS 1.3 encrypts.
    for facts in [theirs, ours] {
        if let Some(all) = facts.0.get_mut("tls.record.content_type") {
            all.sort_by_key(|item| format!("{item:?}"));
        }
        facts.0.retain(|_, items| !items.is_empty());
    }
}

fn halves(capture: &Capture) -> Halves {
    let mut options = StreamOptions::default();
    (options.max_bytes, options.max_direction_bytes, options.idle_timeout) = (1 << 30, 1 << 30, Duration::MAX);
    let mut reassembler = StreamReassembler::new(options);
    let (mut halves, mut tuples) = (Halves::new(), BTreeMap::new());
    frames::each_frame(&capture.path, |frame| {
        let packet = Packet::parse(frame.link_type, frame.bytes, frame.original_length);
        reassembler.push(&packet, frame.timestamp, &mut |event| note(&mut halves, &mut tuples, event));
    });
    reassembler.finish(&mut |event| note(&mut halves, &mut tuples, event));
    halves
}

type Ends = [(String, String); 2];
type Tuples = BTreeMap<u64, Ends>;

fn half<'h>(halves: &'h mut Halves, tuples: &Tuples, stream: u64, direction: Direction) -> &'h mut Half {
    let (address, port) = tuples[&stream][usize::from(direction == Direction::FromServer)].clone();
    halves.entry((stream, address, port)).or_default()
}

fn note(halves: &mut Halves, tuples: &mut Tuples, event: StreamEvent<'_>) {
    match event {
        StreamEvent::Opened { stream, tuple, .. } => {
            let end = |address: std::net::IpAddr, port: u16| (address.to_string(), port.to_string());
            let ends = [end(tuple.source, tuple.source_port), end(tuple.destination, tuple.destination_port)];
            tuples.insert(stream.0, ends);
        }
        StreamEvent::Data { stream, direction, bytes, .. } => half(halves, tuples, stream.0, direction).data(bytes),
        StreamEvent::Gap { stream, direction, length, .. } => half(halves, tuples, stream.0, direction).gap(length),
        StreamEvent::Closed { stream, reason } => {
            for direction in [Direction::FromClient, Direction::FromServer] {
                let half = half(halves, tuples, stream.0, direction);
                half.end();
                half.of.is_closed = reason != CloseReason::Finished;
            }
        }
        _ => {}
    }
}

impl Half {
    fn data(&mut self, bytes: &[u8]) {
        if self.has_gap {
            return;
        }
        let first = bytes.len() < tls::HEADER_LEN || tls::Records::new(bytes).next().is_some_and(|r| r.is_ok());
        self.is_older |= self.is_tls.is_none() && matches!(bytes, [first, _, 1, ..] if first & 0x80 != 0);
        self.offset += bytes.len() as u64;
        if !*self.is_tls.get_or_insert(first) {
            self.of.is_late |= first;
            return;
        }
        let Self { decoder, facts, record_end, .. } = self;
        decoder.push(bytes, &mut |event| {
            if let Event::Record { offset, length, .. } = &event {
                *record_end = offset + 5 + u64::from(*length);
            }
            event_facts(&event, facts);
        });
        self.of.stopped = self.decoder.stopped().is_some();
    }

    fn gap(&mut self, length: u64) {
        self.end();
        self.offset += length;
        self.has_gap = true;
    }

    /// tshark shows nothing of a record that does not end.
    fn end(&mut self) {
        if self.record_end > self.offset && self.is_tls == Some(true) {
            for field in ["tls.record.content_type", "tls.record.version", "tls.record.length"] {
                self.facts.0.get_mut(field).and_then(Vec::pop);
            }
            self.record_end = 0;
        }
    }
}

fn event_facts(event: &Event<'_>, facts: &mut Facts) {
    match event {
        Event::Record { content_type, version, length, .. } => {
            facts.add("tls.record.content_type", content_type.0);
            facts.add("tls.record.version", version.0);
            facts.add("tls.record.length", *length);
        }
        Event::Alert(alert) => {
            facts.add("tls.alert_message.level", alert.level);
            facts.add("tls.alert_message.desc", alert.description.0);
        }
        Event::Handshake(message) => message_facts(message, facts),
        _ => {}
    }
}

fn message_facts(message: &Handshake<'_>, facts: &mut Facts) {
    facts.add("tls.handshake.type", message.message_type.0);
    facts.add("tls.handshake.length", message.length);
    if let Some(hello) = message.hello() {
        hello_facts(&hello, facts);
    }
    for certificate in message.certificates().into_iter().flatten().flatten() {
        facts.add("tls.handshake.certificate_length", certificate.len() as u64);
        facts.text("tls.handshake.certificate", hex(certificate));
    }
    if let Some(group) = message.key_exchange_group() {
        facts.add("tls.handshake.server_named_curve", group.0);
    }
    if let Some(ticket) = message.session_ticket() {
        facts.add("tls.handshake.session_ticket_lifetime_hint", ticket.lifetime);
        facts.add("tls.handshake.session_ticket_length", ticket.length);
        facts.text("tls.handshake.session_ticket", hex(ticket.ticket));
    }
}

fn hello_facts(hello: &Hello<'_>, facts: &mut Facts) {
    if let Some(version) = hello.legacy_version() {
        facts.add("tls.handshake.version", version.0);
    }
    facts.text("tls.handshake.random", hex(hello.random()));
    if !matches!(hello.legacy_version(), Some(Version(0x7f00..=0x7f15))) {
        facts.add("tls.handshake.session_id_length", hello.session_id().len() as u64);
    }
    if !hello.session_id().is_empty() {
        facts.text("tls.handshake.session_id", hex(hello.session_id()));
    }
    hello.cipher_suites().for_each(|suite| facts.add("tls.handshake.ciphersuite", suite.0));
    hello.compression_methods().iter().for_each(|method| facts.add("tls.handshake.comp_method", *method));
    for extension in hello.extensions().flatten() {
        facts.add("tls.handshake.extension.type", extension.extension_type.0);
        facts.add("tls.handshake.extension.len", extension.data.len() as u64);
        if matches!(extension.extension_type.0, 13 | 34 | 50) {
            let (algorithms, _) = extension.data.get(2..).unwrap_or_default().as_chunks::<2>();
            algorithms.iter().for_each(|own| facts.add("tls.handshake.sig_hash_alg", u16::from_be_bytes(*own)));
        }
    }
    if let Some(name) = hello.server_name() {
        facts.text("tls.handshake.extensions_server_name", text(name));
    }
    for name in hello.application_protocols() {
        facts.text("tls.handshake.extensions_alpn_str", text(name));
    }
    hello.supported_versions().for_each(|own| facts.add("tls.handshake.extensions.supported_version", own.0));
    hello.supported_groups().for_each(|own| facts.add("tls.handshake.extensions_supported_group", own.0));
    let whole = hello.extension(ExtensionType::SIGNATURE_ALGORITHMS).unwrap_or_default();
    assert_eq!(hello.signature_algorithms().count(), (whole.len() / 2).saturating_sub(1));
    hello.point_formats().iter().for_each(|own| facts.add("tls.handshake.extensions_ec_point_format", *own));
    let retry =
        hello.is_retry_request() && hello.extension(ExtensionType::KEY_SHARE).is_some_and(|data| data.len() == 2);
    if retry {
        facts.add(
            "tls.handshake.extensions_key_share_selected_group",
            hello.selected_group().map_or(0, |group| group.0),
        );
    } else {
        for (NamedGroup(group), key) in hello.key_shares() {
            facts.add("tls.handshake.extensions_key_share_group", group);
            facts.add("tls.handshake.extensions_key_share_key_exchange_length", key.len() as u64);
        }
    }
}

const RULES: &[Rule<Of>] = &[
    Rule {
        says: "tshark goes on elsewhere behind what is no record",
        fields: &["tls."],
        applies: |case| case.of.stopped || case.of.is_late,
    },
    Rule {
        says: "tshark goes on when a connection was reset or closed",
        fields: &["tls."],
        applies: |case| {
            case.of.is_closed && (case.theirs.starts_with(case.ours) || case.theirs.len() > case.ours.len())
        },
    },
    Rule {
        says: "tshark reads a key exchange only by the cipher suite that it saw chosen, if it knows that",
        fields: &["tls.handshake.server_named_curve"],
        applies: |case| case.theirs.is_empty(),
    },
];

const FIELDS: Fields = &[
    ("tls.record.content_type", Kind::Number),
    ("tls.record.opaque_type", Kind::Number),
    ("tls.record.version", Kind::Number),
    ("tls.record.length", Kind::Number),
    ("tls.alert_message.level", Kind::Number),
    ("tls.alert_message.desc", Kind::Number),
    ("tls.handshake.type", Kind::Number),
    ("tls.handshake.length", Kind::Number),
    ("tls.handshake.version", Kind::Number),
    ("tls.handshake.random", Kind::Octets),
    ("tls.handshake.session_id_length", Kind::Number),
    ("tls.handshake.session_id", Kind::Octets),
    ("tls.handshake.ciphersuite", Kind::Number),
    ("tls.handshake.comp_method", Kind::Number),
    ("tls.handshake.extension.type", Kind::Number),
    ("tls.handshake.extension.len", Kind::Number),
    ("tls.handshake.extensions_server_name", Kind::Text),
    ("tls.handshake.extensions_alpn_str", Kind::Text),
    ("tls.handshake.extensions.supported_version", Kind::Number),
    ("tls.handshake.extensions_supported_group", Kind::Number),
    ("tls.handshake.sig_hash_alg", Kind::Number),
    ("tls.handshake.extensions_ec_point_format", Kind::Number),
    ("tls.handshake.extensions_key_share_selected_group", Kind::Number),
    ("tls.handshake.extensions_key_share_group", Kind::Number),
    ("tls.handshake.extensions_key_share_key_exchange_length", Kind::Number),
    ("tls.handshake.certificate_length", Kind::Number),
    ("tls.handshake.certificate", Kind::Octets),
    ("tls.handshake.server_named_curve", Kind::Number),
    ("tls.handshake.session_ticket_lifetime_hint", Kind::Number),
    ("tls.handshake.session_ticket_length", Kind::Number),
    ("tls.handshake.session_ticket", Kind::Octets),
];

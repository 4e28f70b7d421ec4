//! TLS, by connection and direction: tshark puts the stream together, and so do we.

use std::collections::BTreeMap;
use std::time::Duration;

use netshoot_core::application::tls::{self, Decoder, Event, ExtensionType, Handshake, Hello, NamedGroup};
use netshoot_core::application::{Direction, StreamEvent, StreamOptions, StreamReassembler};
use netshoot_core::packet::Packet;

use crate::ask::{Fields, Kind, WHOLE_PACKETS, ask, hex, text};
use crate::facts::Facts;
use crate::support::Capture;
use crate::tally::Tally;
use crate::{Rule, compare, frames};

/// What rules ask of a direction of a connection.
#[derive(Default)]
pub struct Of {
    stopped: bool,
    midstream: bool,
    closed: bool,
}

#[derive(Default)]
struct Half {
    decoder: Decoder,
    facts: Facts,
    of: Of,
    is_tls: Option<bool>,
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
        let own = if half.is_tls == Some(true) { &half.facts } else { &none };
        if their.0.is_empty() && own.0.is_empty() {
            continue;
        }
        tally.frames += 1;
        let place = || format!("{} stream {} from {} {}", capture.name, key.0, key.1, key.2);
        compare(&half.of, &their, own, RULES, &place, tally);
    }
    for key in theirs.keys() {
        tally.fault("tls", format!("{}: tshark reads TLS in {key:?}", capture.name));
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
type Tuples = BTreeMap<u64, (Ends, bool)>;

fn half<'h>(halves: &'h mut Halves, tuples: &Tuples, stream: u64, direction: Direction) -> &'h mut Half {
    let (ends, midstream) = &tuples[&stream];
    let (address, port) = ends[usize::from(direction == Direction::FromServer)].clone();
    let half = halves.entry((stream, address, port)).or_default();
    half.of.midstream = *midstream;
    half
}

fn note(halves: &mut Halves, tuples: &mut Tuples, event: StreamEvent<'_>) {
    match event {
        StreamEvent::Opened { stream, tuple, midstream } => {
            let end = |address: std::net::IpAddr, port: u16| (address.to_string(), port.to_string());
            let ends = [end(tuple.source, tuple.source_port), end(tuple.destination, tuple.destination_port)];
            tuples.insert(stream.0, (ends, midstream));
        }
        StreamEvent::Data { stream, direction, bytes, .. } => {
            let Half { decoder, facts, of, is_tls } = half(halves, tuples, stream.0, direction);
            let first = bytes.len() < tls::HEADER_LEN || tls::Records::new(bytes).next().is_some_and(|record| record.is_ok());
            if *is_tls.get_or_insert(first) {
                decoder.push(bytes, &mut |event| event_facts(&event, facts));
                of.stopped = decoder.stopped().is_some();
            }
        }
        StreamEvent::Gap { stream, direction, length, .. } => {
            let Half { decoder, facts, of, .. } = half(halves, tuples, stream.0, direction);
            decoder.gap(length, &mut |event| event_facts(&event, facts));
            of.stopped = decoder.stopped().is_some();
        }
        StreamEvent::Closed { stream, .. } => {
            for direction in [Direction::FromClient, Direction::FromServer] {
                let Half { decoder, facts, of, .. } = half(halves, tuples, stream.0, direction);
                of.closed |= decoder.bytes() > 0;
                decoder.finish(&mut |event| event_facts(&event, facts));
            }
        }
        _ => {}
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
    facts.add("tls.handshake.session_id_length", hello.session_id().len() as u64);
    if !hello.session_id().is_empty() {
        facts.text("tls.handshake.session_id", hex(hello.session_id()));
    }
    hello.cipher_suites().for_each(|suite| facts.add("tls.handshake.ciphersuite", suite.0));
    hello.compression_methods().iter().for_each(|method| facts.add("tls.handshake.comp_method", *method));
    for extension in hello.extensions().flatten() {
        facts.add("tls.handshake.extension.type", extension.extension_type.0);
        facts.add("tls.handshake.extension.len", extension.data.len() as u64);
    }
    if let Some(name) = hello.server_name() {
        facts.text("tls.handshake.extensions_server_name", text(name));
    }
    for name in hello.application_protocols() {
        facts.text("tls.handshake.extensions_alpn_str", text(name));
    }
    hello.supported_versions().for_each(|own| facts.add("tls.handshake.extensions.supported_version", own.0));
    hello.supported_groups().for_each(|own| facts.add("tls.handshake.extensions_supported_group", own.0));
    hello.signature_algorithms().for_each(|own| facts.add("tls.handshake.sig_hash_alg", own));
    hello.point_formats().iter().for_each(|own| facts.add("tls.handshake.extensions_ec_point_format", *own));
    let retry = hello.is_retry_request() && hello.extension(ExtensionType::KEY_SHARE).is_some_and(|data| data.len() == 2);
    if retry {
        facts.add("tls.handshake.extensions_key_share_selected_group", hello.selected_group().map_or(0, |group| group.0));
    } else {
        for (NamedGroup(group), key) in hello.key_shares() {
            facts.add("tls.handshake.extensions_key_share_group", group);
            facts.add("tls.handshake.extensions_key_share_key_exchange_length", key.len() as u64);
        }
    }
}

const RULES: &[Rule<Of>] = &[];

const FIELDS: Fields = &[
    ("tls.record.content_type", Kind::Number),
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

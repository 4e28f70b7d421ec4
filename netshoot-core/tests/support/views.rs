//! What holds for the views of applications, whatever the octets.
#![allow(dead_code)]

use netshoot_core::application::{http, quic, tls};
use netshoot_core::packet::{Layer, Stop, dns};

/// Panics where the view of `bytes`, or of their first `cut` octets, contradicts itself, or the two each other.
pub fn check(layer: Layer, bytes: &[u8], cut: usize) {
    let whole = items(layer, bytes);
    check_prefix(layer, &whole, &bytes[..cut.min(bytes.len())]);
}

/// What a prefix says is what the whole says first.
pub fn check_prefix(layer: Layer, whole: &[String], prefix: &[u8]) {
    let items = items(layer, prefix);
    assert!(items.len() <= whole.len(), "{layer}: {items:?} of {whole:?}");
    for (own, all) in items.iter().zip(whole) {
        // A name that points to where the prefix ends is cut.
        assert!(own == all || own.contains('…'), "{layer}: {own} and {all}");
    }
}

/// What the view says, in order, each whole.
pub fn items(layer: Layer, bytes: &[u8]) -> Vec<String> {
    let mut items = Vec::new();
    match layer {
        Layer::Dns => dns_items(bytes, &mut items),
        Layer::Tls => tls_items(bytes, &mut items),
        Layer::Http => http_items(bytes, &mut items),
        _ => quic_items(bytes, &mut items),
    }
    items
}

fn check_stop(layer: Layer, stop: &Stop, bytes: &[u8]) {
    assert_eq!(stop.layer, layer);
    assert!(stop.offset as usize <= bytes.len() && !stop.to_string().is_empty(), "{stop:?}");
    assert!(!stop.is_truncation() || stop.needed > stop.available, "{stop:?}");
}

fn dns_items(bytes: &[u8], items: &mut Vec<String>) {
    let message = match dns::Message::parse(bytes) {
        Ok(message) => message,
        Err(stop) => return check_stop(Layer::Dns, &stop, bytes),
    };
    let counts = [message.question_count(), message.answer_count(), message.authority_count()];
    items.push(format!("{} {} {counts:?}", message.id(), message.response_code()));
    let mut stops = Vec::new();
    for question in message.questions().take(MOST) {
        match question {
            Ok(question) => items.push(format!("{} {} {}", question.name, question.record_type, question.class)),
            Err(stop) => stops.push(stop),
        }
    }
    for record in message.records().take(MOST) {
        match record {
            Ok(record) => {
                items.push(format!("{:?} {} {} {}", record.section, record.name, record.record_type, record.ttl));
                dns_value(&record, items);
            }
            Err(stop) => stops.push(stop),
        }
    }
    stops.iter().for_each(|stop| check_stop(Layer::Dns, stop, bytes));
    assert!(message.edns().is_none() || message.additional_count() > 0);
    assert!(message.extended_response_code().0 & 0xf == message.response_code().0);
    let mut framed = dns::Messages::new(bytes);
    assert!(framed.by_ref().count() <= bytes.len() / 14 + 1 && framed.consumed() <= bytes.len());
}

fn dns_value(record: &dns::Record<'_>, items: &mut Vec<String>) {
    match record.value() {
        Ok(value) => {
            let text = value.to_string();
            assert!(text.len() <= 10 * record.data.len() + 4 * 1024, "{text}");
            items.push(text);
        }
        Err(stop) => items.push(stop.limit_name()),
    }
    let Some(edns) = dns::Edns::of(record) else { return };
    for option in edns.options() {
        let told = option.and_then(|option| Ok(format!("{} {:?}", option.code, option.value()?)));
        items.push(told.unwrap_or_else(|stop| stop.limit_name()));
    }
}

trait Limited {
    fn limit_name(&self) -> String;
}

impl Limited for Stop {
    fn limit_name(&self) -> String {
        format!("{:?}", self.limit)
    }
}

fn tls_items(bytes: &[u8], items: &mut Vec<String>) {
    for record in tls::Records::new(bytes) {
        let record = match record {
            Ok(record) => record,
            Err(stop) => return check_stop(Layer::Tls, &stop, bytes),
        };
        assert!(record.payload.len() <= record.length.into() && record.offset + record.payload.len() <= bytes.len());
        items.push(format!("{} {} {}", record.content_type, record.version, record.length));
        items.extend(record.alert().map(|alert| alert.to_string()));
        for message in record.handshakes().flatten() {
            assert!(message.body.len() <= message.length as usize && message.offset <= bytes.len());
            message_items(&message, bytes, items);
        }
    }
}

fn message_items(message: &tls::Handshake<'_>, bytes: &[u8], items: &mut Vec<String>) {
    items.push(format!("{} {}", message.message_type, message.length));
    if let Some(hello) = message.hello() {
        if let Some(stop) = hello.stopped() {
            check_stop(Layer::Tls, &stop, bytes);
        }
        assert!(hello.stopped().is_some() || hello.random().len() == 32);
        items.extend(hello.legacy_version().map(|version| version.to_string()));
        let fields = [hello.random(), hello.session_id(), hello.compression_methods()];
        let mut fields = fields.map(|field| format!("{field:?}")).to_vec();
        fields.insert(2, format!("{:?}", hello.cipher_suites().collect::<Vec<_>>()));
        items.extend(fields.into_iter().filter(|field| field != "[]"));
        hello_invariants(&hello);
        for extension in hello.extensions() {
            match extension {
                Ok(extension) => items.push(format!("{extension:?}")),
                Err(stop) => check_stop(Layer::Tls, &stop, bytes),
            }
        }
    }
    for certificate in message.certificates().into_iter().flatten() {
        match certificate {
            Ok(certificate) => items.push(format!("{certificate:?}")),
            Err(stop) => check_stop(Layer::Tls, &stop, bytes),
        }
    }
}

fn hello_invariants(hello: &tls::Hello<'_>) {
    let extensions: usize = hello.extensions().flatten().map(|extension| extension.data.len() + 4).sum();
    assert!(hello.server_name().is_none_or(|name| name.len() < extensions));
    assert!(hello.application_protocols().map(|name| name.len() + 1).sum::<usize>() <= extensions);
    assert!(hello.supported_versions().count() * 2 <= extensions && hello.supported_groups().count() * 2 <= extensions);
    assert!(hello.key_shares().map(|(_, key)| key.len() + 4).sum::<usize>() <= extensions);
    assert!(hello.signature_algorithms().count() * 2 <= extensions && hello.point_formats().len() <= extensions);
    assert!(!hello.is_retry_request() || hello.is_server());
    assert!(hello.version().is_some() || hello.legacy_version().is_none());
}

fn http_items(bytes: &[u8], items: &mut Vec<String>) {
    let head = match http::Head::parse(bytes) {
        Ok(head) => head,
        Err(stop) => return check_stop(Layer::Http, &stop, bytes),
    };
    assert_eq!(head.length().is_some(), head.stopped().is_none(), "{:?}", head.stopped());
    assert!(head.length().is_none_or(|length| length <= bytes.len()));
    let text = bytes.iter().skip_while(|octet| matches!(octet, b'\r' | b'\n'));
    if text.clone().any(|octet| *octet == b'\n') {
        items.push(head.to_string());
    }
    let mut octets = 0;
    for field in head.fields() {
        match field {
            Ok(field) => {
                octets += field.name.len() + field.value.len();
                assert!(!field.name.is_empty() && !field.name.contains(&b'\n'));
                items.push(format!("{field:?}"));
            }
            Err(stop) => check_stop(Layer::Http, &stop, bytes),
        }
    }
    assert!(octets <= bytes.len());
    if let http::Body::Length(length) = head.body() {
        assert!(head.field("Content-Length").is_some_and(|value| value.starts_with(b"0") || length > 0));
    }
    let _ = (head.closes(), head.host());
}

fn quic_items(bytes: &[u8], items: &mut Vec<String>) {
    let mut end = 0;
    for packet in quic::Packets::new(bytes) {
        let packet = match packet {
            Ok(packet) => packet,
            Err(stop) => return check_stop(Layer::Quic, &stop, bytes),
        };
        assert!(packet.offset() >= end && packet.offset() < bytes.len());
        end = packet.offset() + 1 + packet.payload().len();
        assert!(end <= bytes.len());
        assert_eq!(packet.is_long(), packet.version().is_some());
        assert!(packet.kind() != quic::Kind::Unknown || packet.version().is_some());
        match packet.kind() {
            // Only the end of the datagram says where these end.
            quic::Kind::Retry { .. } => return,
            quic::Kind::VersionNegotiation { versions } => {
                items.push(format!("{:?} {:?}", packet.destination_id(), packet.source_id()));
                items.extend(versions.map(|version| version.to_string()));
            }
            kind => items.push(format!("{packet} {kind:?}")),
        }
    }
}

/// Names can be long and share octets: some of each message are looked at.
const MOST: usize = 64;

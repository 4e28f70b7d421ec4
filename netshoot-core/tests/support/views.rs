//! What holds for the views of applications, whatever the octets.
#![allow(dead_code)]

use netshoot_core::application::{http, l2tp, quic, tls, wireguard};
use netshoot_core::packet::{Layer, Stop, dhcp, dns};

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
        Layer::Dhcp => dhcp_items(bytes, &mut items),
        Layer::Dhcpv6 => dhcpv6_items(bytes, &mut items),
        Layer::WireGuard => wireguard_items(bytes, &mut items),
        Layer::L2tp => l2tp_items(bytes, &mut items),
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

fn dhcp_items(bytes: &[u8], items: &mut Vec<String>) {
    let message = match dhcp::Message::parse(bytes) {
        Ok(message) => message,
        Err(stop) => return check_stop(Layer::Dhcp, &stop, bytes),
    };
    let addresses = [message.client_address(), message.your_address(), message.next_server(), message.relay_address()];
    items.push(format!("{} {:x} {addresses:?}", message.operation(), message.transaction_id()));
    assert!(message.hardware_address().len() <= 16 && message.server_name().len() <= 64);
    assert!(message.boot_file().len() <= 128 && message.message_type().is_none_or(|_| message.has_cookie()));
    let (mut octets, mut stops) = (0, 0);
    for option in message.options() {
        match option {
            Ok(option) => {
                octets += 2 + option.data.len();
                assert!(option.code != 0 && option.code != 255 && stops == 0);
                items.push(option.to_string());
                dhcp_value(&option, bytes);
            }
            Err(stop) => {
                stops += 1;
                check_stop(Layer::Dhcp, &stop, bytes);
            }
        }
    }
    // None is read twice, and no octet is of two.
    assert!(octets <= bytes.len().saturating_sub(240) + 64 + 128);
    assert!(message.to_string().len() < 100 && format!("{message:#}").len() <= 64 * 2048 + 4096);
}

fn dhcp_value(option: &dhcp::DhcpOption<'_>, bytes: &[u8]) {
    let stops: Vec<Stop> = match option.value() {
        Ok(dhcp::Value::RelayAgent(options)) => options.filter_map(Result::err).collect(),
        Ok(dhcp::Value::Routes(routes)) => routes.filter_map(Result::err).collect(),
        Ok(_) => Vec::new(),
        Err(stop) => vec![stop],
    };
    assert!(stops.len() <= 1);
    stops.iter().for_each(|stop| check_stop(Layer::Dhcp, stop, bytes));
}

fn dhcpv6_items(bytes: &[u8], items: &mut Vec<String>) {
    match dhcp::Message6::parse(bytes) {
        Ok(message) => {
            assert_eq!(message.transaction_id().is_none(), message.is_relayed());
            items.push(format!("{} {:?}", message.message_type(), message.transaction_id()));
        }
        Err(stop) => check_stop(Layer::Dhcpv6, &stop, bytes),
    }
}

fn wireguard_items(bytes: &[u8], items: &mut Vec<String>) {
    // The length on the wire is what makes it one.
    if let Some(message) = [148, 92, 64, 32].into_iter().find_map(|length| wireguard::Message::parse(bytes, length)) {
        assert!((1..=4).contains(&message.message_type()));
        assert!(message.counter().is_none() || message.receiver_index().is_some());
        items.push(format!("{} {:?}", message.message_type(), message.sender_index()));
    }
}

fn l2tp_items(bytes: &[u8], items: &mut Vec<String>) {
    if let Some(message) = l2tp::Message::parse(bytes, usize::from(u16::MAX)) {
        assert!(message.body.len() + 6 <= bytes.len() && (2..=3).contains(&message.version));
        assert!(message.is_control || message.message_type().is_none());
        assert!(message.tunnel.is_some() || message.session.is_some());
        items.push(format!("{:?} {:?} {:?}", message.tunnel, message.session, message.sequence));
    }
}

/// Names can be long and share octets: some of each message are looked at.
const MOST: usize = 64;

//! QUIC, datagram by datagram: what the headers say openly.

use netshoot_core::application::Message;
use netshoot_core::application::quic::{Kind as PacketKind, Packet as Header, Version};
use netshoot_core::packet::Packet;

use crate::ask::{Fields, Kind, WHOLE_PACKETS, ask, hex};
use crate::facts::Facts;
use crate::support::Capture;
use crate::tally::Tally;
use crate::{Rule, compare, frames};

/// What rules ask of a datagram.
pub struct Of {
    is_malformed: bool,
    /// A short header comes behind long ones.
    ends_short: bool,
}

pub fn one(capture: &Capture, tally: &mut Tally) {
    let Some(mut reader) = frames::open(&capture.path) else { return };
    let rows = ask(capture, "quic", FIELDS, WHOLE_PACKETS);
    let mut rows = rows.into_iter().peekable();
    while let Ok(Some(frame)) = reader.next_frame() {
        let row = rows.next_if(|row| row.number == frame.number);
        let packet = Packet::parse(frame.link_type, frame.bytes, frame.original_length).innermost();
        let message = match Message::of(&packet) {
            Some(Message::Quic(packets)) => Some(packets),
            _ => None,
        };
        // What ICMP errors quote, and other ports, where tshark looks at the octets alone.
        if row.as_ref().is_some_and(|row| row.protocols.contains(":icmp")) || message.is_none() {
            continue;
        }
        let headers: Vec<Header<'_>> = message.into_iter().flatten().flatten().collect();
        let of = Of {
            is_malformed: row.as_ref().is_some_and(|row| row.is_malformed),
            ends_short: headers.last().is_some_and(|header| !header.is_long()),
        };
        let (mut theirs, mut ours) = (row.map(|row| row.facts).unwrap_or_default(), Facts::default());
        headers.iter().for_each(|header| facts(header, &mut ours));
        let is_short = headers.iter().all(|header| !header.is_long());
        if is_short && theirs.0.is_empty() {
            continue;
        }
        // Of a version that is not known, what all have in common.
        if headers.iter().any(|header| header.kind() == PacketKind::Unknown) {
            if theirs.0.is_empty() {
                continue;
            }
            theirs.0.retain(|field, _| COMMON.contains(field));
            theirs.0.values_mut().for_each(|items| items.truncate(1));
        }
        // Without a table of connections an identifier of a short header has no length.
        if let Some(all) = theirs.0.get_mut("quic.dcid").filter(|all| all.len() > ours.of("quic.dcid").len()) {
            all.truncate(ours.of("quic.dcid").len());
        }
        theirs.0.retain(|_, items| !items.is_empty());
        tally.frames += 1;
        let place = || format!("{} frame {}", capture.name, frame.number);
        compare(&of, &theirs, &ours, RULES, &place, tally);
    }
}

fn facts(header: &Header<'_>, facts: &mut Facts) {
    facts.add("quic.header_form", u8::from(header.is_long()));
    let Some(version) = header.version() else {
        facts.add("quic.fixed_bit", u8::from(header.fixed_bit()));
        facts.add("quic.spin_bit", u8::from(header.spin_bit().unwrap()));
        if let Some(id) = header.destination_id().filter(|id| !id.is_empty()) {
            facts.text("quic.dcid", hex(id));
        }
        return;
    };
    facts.add("quic.version", version.0);
    for (length, field, id) in [
        ("quic.dcil", "quic.dcid", header.destination_id().unwrap()),
        ("quic.scil", "quic.scid", header.source_id().unwrap()),
    ] {
        facts.add(length, id.len() as u64);
        if !id.is_empty() {
            facts.text(field, hex(id));
        }
    }
    let number = match header.kind() {
        PacketKind::VersionNegotiation { versions } => {
            versions.for_each(|version| facts.add("quic.supported_version", version.0));
            return;
        }
        PacketKind::Initial { token, length } => {
            facts.add("quic.token_length", token.len() as u64);
            if !token.is_empty() {
                facts.text("quic.token", hex(token));
            }
            facts.add("quic.length", length);
            0
        }
        PacketKind::ZeroRtt { length } => {
            facts.add("quic.length", length);
            1
        }
        PacketKind::Handshake { length } => {
            facts.add("quic.length", length);
            2
        }
        PacketKind::Retry { token, integrity_tag } => {
            facts.text("quic.retry_token", hex(token));
            facts.text("quic.retry_integrity_tag", hex(integrity_tag));
            3
        }
        _ => return,
    };
    // tshark shows none in a retry.
    if number != 3 {
        facts.add("quic.fixed_bit", u8::from(header.fixed_bit()));
    }
    let is_second = version == Version::V2;
    let field = if is_second { "quic.long.packet_type_v2" } else { "quic.long.packet_type" };
    facts.add(field, (number + u64::from(is_second)) & 3);
}

const COMMON: [&str; 6] = ["quic.header_form", "quic.version", "quic.dcil", "quic.dcid", "quic.scil", "quic.scid"];

const RULES: &[Rule<Of>] = &[
    Rule {
        says: "tshark ends a datagram at what it decrypts and cannot read",
        fields: &["quic."],
        applies: |case| case.of.is_malformed && case.ours.starts_with(case.theirs),
    },
    Rule {
        says: "tshark shows no identifier in some short headers behind long ones",
        fields: &["quic.dcid"],
        applies: |case| case.of.ends_short && case.ours.starts_with(case.theirs),
    },
];

const FIELDS: Fields = &[
    ("quic.header_form", Kind::Number),
    ("quic.fixed_bit", Kind::Number),
    ("quic.spin_bit", Kind::Number),
    ("quic.version", Kind::Number),
    ("quic.dcil", Kind::Number),
    ("quic.dcid", Kind::Octets),
    ("quic.scil", Kind::Number),
    ("quic.scid", Kind::Octets),
    ("quic.long.packet_type", Kind::Number),
    ("quic.long.packet_type_v2", Kind::Number),
    ("quic.token_length", Kind::Number),
    ("quic.token", Kind::Octets),
    ("quic.length", Kind::Number),
    ("quic.retry_token", Kind::Octets),
    ("quic.retry_integrity_tag", Kind::Octets),
    ("quic.supported_version", Kind::Number),
];

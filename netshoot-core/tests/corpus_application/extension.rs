//! Extensions of ICMP errors: those of the corpus, and more that are made here.

use netshoot_core::packet::{ChecksumStatus, IcmpObject, IcmpObjectValue, Packet, Stop};

use crate::ask::{Fields, Kind, WHOLE_PACKETS, ask, hex, text};
use crate::facts::Facts;
use crate::support::{self, Capture};
use crate::tally::Tally;
use crate::{Rule, compare, frames};

/// What rules ask of a message.
pub struct Of {
    /// An object, or what it says, is cut, or cannot be.
    stopped: bool,
}

pub fn one(capture: &Capture, tally: &mut Tally) {
    let Some(mut reader) = frames::open(&capture.path) else { return };
    let rows = ask(capture, "icmp.ext", FIELDS, WHOLE_PACKETS);
    let mut rows = rows.into_iter().peekable();
    while let Ok(Some(frame)) = reader.next_frame() {
        let row = rows.next_if(|row| row.number == frame.number);
        let packet = Packet::parse(frame.link_type, frame.bytes, frame.original_length).innermost();
        let Some(extensions) = packet.icmp_extensions() else {
            // Of what cannot be, and behind quotations that are too short or too long.
            if row.is_some_and(|row| !row.facts.of("icmp.ext.class").is_empty()) {
                tally.unread.push(format!("{} frame {}", capture.name, frame.number));
            }
            continue;
        };
        let mut ours = Facts::default();
        facts(&packet, &mut ours);
        let unread = |object: Result<IcmpObject<'_>, Stop>| object.is_ok_and(|object| object.value().is_err());
        let of = Of {
            stopped: packet.payload().is_truncated()
                || extensions.objects().any(|object| object.is_err() || unread(object)),
        };
        let mut theirs = row.map(|row| row.facts).unwrap_or_default();
        // Behind the one object of an extended echo request stand octets that are to come back (RFC 8335 section 2).
        if packet.icmpv4().or_else(|| packet.icmpv6()).is_some_and(|icmp| matches!(icmp.message_type(), 42 | 160)) {
            theirs.0.values_mut().for_each(|items| items.truncate(1));
            theirs.0.remove("icmp.ext.data");
        }
        tally.frames += 1;
        let place = || format!("{} frame {}", capture.name, frame.number);
        compare(&of, &theirs, &ours, RULES, &place, tally);
    }
}

fn facts(packet: &Packet<'_>, facts: &mut Facts) {
    let Some(extensions) = packet.icmp_extensions() else { return };
    facts.add("icmp.ext.version", extensions.version());
    facts.add("icmp.ext.checksum", extensions.checksum());
    let status = match extensions.checksum_status() {
        ChecksumStatus::Valid => 1u8,
        ChecksumStatus::Absent => 3,
        ChecksumStatus::Unverifiable(_) => 2,
        _ => 0,
    };
    facts.add("icmp.ext.checksum.status", status);
    for object in extensions.objects().flatten() {
        facts.add("icmp.ext.length", object.data.len() as u64 + 4);
        facts.add("icmp.ext.class", object.class);
        facts.add("icmp.ext.ctype", object.class_type);
        match object.value() {
            Ok(IcmpObjectValue::Mpls(labels)) => labels.for_each(|label| {
                facts.add("icmp.mpls.label", label.label());
                facts.add("icmp.mpls.exp", label.traffic_class());
                facts.add("icmp.mpls.s", u8::from(label.is_bottom()));
                facts.add("icmp.mpls.ttl", label.time_to_live());
            }),
            Ok(IcmpObjectValue::Interface(interface)) => {
                facts.add("icmp.int_info.role", interface.role);
                interface.index.into_iter().for_each(|index| facts.add("icmp.int_info.index", index));
                match interface.address {
                    Some(address) if address.is_ipv4() => facts.text("icmp.int_info.ipv4", address),
                    Some(address) => facts.text("icmp.int_info.ipv6", address),
                    None => {}
                }
                interface.name.into_iter().for_each(|name| facts.text("icmp.int_info.name", text(name)));
                interface.mtu.into_iter().for_each(|mtu| facts.add("icmp.int_info.mtu", mtu));
            }
            Ok(IcmpObjectValue::Unknown(data)) if object.class > 3 && !data.is_empty() => {
                facts.text("icmp.ext.data", hex(data));
            }
            _ => {}
        }
    }
}

const RULES: &[Rule<Of>] = &[Rule {
    says: "tshark shows the fields of what is cut or cannot be, one by one up to there",
    fields: &["icmp."],
    applies: |case| case.of.stopped && case.theirs.starts_with(case.ours),
}];

#[test]
fn extensions_are_as_in_tshark() {
    const TEST: &str = "extensions_are_as_in_tshark";
    if !support::has_program("tshark") {
        return support::skip(TEST, "needs tshark");
    }
    let frames: Vec<Vec<u8>> = structures().iter().flat_map(|structure| messages(structure)).chain(odd()).collect();
    let path = std::env::temp_dir().join(format!("netshoot-extensions-{}.pcap", std::process::id()));
    let mut file = [&0xa1b2_c3d4_u32.to_le_bytes()[..], &[2, 0, 4, 0], &[0; 8], &[0, 0, 1, 0, 101, 0, 0, 0]].concat();
    for frame in &frames {
        let length = (frame.len() as u32).to_le_bytes();
        file.extend([&[0; 8][..], &length, &length, frame].concat());
    }
    std::fs::write(&path, file).unwrap();
    let made = Capture { name: "made".into(), path, format: String::new(), sha1: String::new() };
    let mut tally = Tally::default();
    one(&made, &mut tally);
    std::fs::remove_file(&made.path).unwrap();
    eprint!("{}", tally.report());
    assert!(tally.faults.is_empty() && tally.unread.is_empty(), "{:?}", tally.unread);
    assert!(tally.frames > 40);
}

/// An object.
fn object(class: u8, class_type: u8, data: &[u8]) -> Vec<u8> {
    [&[0, 4 + data.len() as u8, class, class_type], data].concat()
}

fn structures() -> Vec<Vec<u8>> {
    let mpls = object(1, 1, &[0, 1, 6, 1, 0xff, 0xff, 0xf1, 0xff]);
    let address = [0, 1, 0, 0, 192, 0, 2, 1];
    let all = [&[0, 0, 0, 7][..], &address, b"\x08eth0\0\0\0", &[0, 0, 5, 0xdc]].concat();
    let six = [&[0, 0, 0, 9, 0, 2, 0, 0, 0x20, 1, 0xd, 0xb8][..], &[0; 11], &[1]].concat();
    let objects = [
        mpls.clone(),
        object(2, 0x0f, &all),
        object(2, 0xcc, &six),
        object(2, 0x48, &[0, 0, 1, 0]),
        object(3, 1, b"eth0"),
        [mpls.clone(), object(2, 0x8f, &all)].concat(),
        object(200, 3, b"abcd"),
        object(1, 1, &[]),
        // What says one thing and is another.
        mpls[..10].to_vec(),
        object(2, 8, b"ab"),
        object(2, 2, b"\x40abc"),
        vec![0, 3, 1, 1],
        vec![0, 100, 1, 1, 0, 1, 6, 1],
    ];
    objects.iter().map(|objects| structure(2, objects)).collect()
}

/// A structure with its checksum.
fn structure(version: u8, objects: &[u8]) -> Vec<u8> {
    let mut structure = [&[version << 4, 0, 0, 0], objects].concat();
    let sum: u32 =
        structure.chunks(2).map(|pair| u32::from(pair[0]) << 8 | pair.get(1).map_or(0, |low| u32::from(*low))).sum();
    let sum = !((sum & 0xffff) + (sum >> 16)) as u16;
    structure[2..4].copy_from_slice(&sum.to_be_bytes());
    structure
}

/// Errors of both versions that have it behind a quotation.
fn messages(structure: &[u8]) -> Vec<Vec<u8>> {
    let four = [3, 11, 12].map(|kind| icmpv4(kind, [0, 32, 0, 0], structure));
    let six = [1, 3].map(|kind| icmpv6(kind, [16, 0, 0, 0], structure));
    [&four[..], &six].concat()
}

fn odd() -> Vec<Vec<u8>> {
    let mpls = object(1, 1, &[0, 1, 7, 1]);
    let right = structure(2, &mpls);
    let (mut wrong, mut none) = (right.clone(), right.clone());
    wrong[2] ^= 1;
    none[2..4].copy_from_slice(&[0, 0]);
    let mut frames = vec![icmpv4(11, [0; 4], &right), icmpv4(11, [0, 8, 0, 0], &right)];
    frames.extend([wrong, none, structure(1, &mpls)].iter().map(|structure| icmpv4(11, [0, 32, 0, 0], structure)));
    let request = structure(2, &object(3, 1, b"eth0"));
    frames.push(packet4(&[&[42, 0, 0, 0, 0, 1, 1, 1], &request[..]].concat(), 1));
    frames.push(packet6(&[&[160, 0, 0, 0, 0, 1, 1, 1], &request[..]].concat()));
    frames
}

fn icmpv4(kind: u8, rest: [u8; 4], structure: &[u8]) -> Vec<u8> {
    let mut quoted = packet4(&[&[3, 0xe8, 0x82, 0x9a, 0, 28, 0, 0], &[b'x'; 20][..]].concat(), 17);
    quoted.resize(128, 0);
    packet4(&[&[kind, 0, 0, 0], &rest[..], &quoted, structure].concat(), 1)
}

fn icmpv6(kind: u8, rest: [u8; 4], structure: &[u8]) -> Vec<u8> {
    let mut quoted = packet6(&[]);
    quoted.resize(128, 0);
    packet6(&[&[kind, 0, 0, 0], &rest[..], &quoted, structure].concat())
}

fn packet4(payload: &[u8], protocol: u8) -> Vec<u8> {
    let length = (20 + payload.len() as u16).to_be_bytes();
    let ip = [0x45, 0, length[0], length[1], 0, 1, 0, 0, 64, protocol, 0, 0, 10, 0, 0, 9, 10, 0, 0, 1];
    [&ip, payload].concat()
}

fn packet6(payload: &[u8]) -> Vec<u8> {
    let length = (payload.len() as u16).to_be_bytes();
    let mut ip = vec![0x60, 0, 0, 0, length[0], length[1], 58, 64];
    ip.extend([[0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]; 2].concat());
    ip.extend(payload);
    ip
}

const FIELDS: Fields = &[
    ("icmp.ext.version", Kind::Number),
    ("icmp.ext.checksum", Kind::Number),
    ("icmp.ext.checksum.status", Kind::Number),
    ("icmp.ext.length", Kind::Number),
    ("icmp.ext.class", Kind::Number),
    ("icmp.ext.ctype", Kind::Number),
    ("icmp.ext.data", Kind::Octets),
    ("icmp.mpls.label", Kind::Number),
    ("icmp.mpls.exp", Kind::Number),
    ("icmp.mpls.s", Kind::Number),
    ("icmp.mpls.ttl", Kind::Number),
    ("icmp.int_info.role", Kind::Number),
    ("icmp.int_info.index", Kind::Number),
    ("icmp.int_info.ipv4", Kind::Text),
    ("icmp.int_info.ipv6", Kind::Text),
    ("icmp.int_info.name", Kind::Text),
    ("icmp.int_info.mtu", Kind::Number),
];

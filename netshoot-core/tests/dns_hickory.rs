//! The view of DNS messages against hickory-proto: what it decodes, we read alike.
//!
//! The reverse does not hold: hickory decodes all record data and refuses a message for a fault in it, where the view gives
//! the octets.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    unreachable_pub,
    missing_docs
)]

#[path = "support/frames.rs"]
mod frames;
#[path = "support/invariants.rs"]
mod invariants;
mod support;

use std::net::IpAddr;

use hickory_proto::op::{Edns, Message as Theirs, MessageType, OpCode, Query};
use hickory_proto::rr::rdata::{A, AAAA, CNAME, MX, NS, PTR, SOA, SRV, TXT};
use hickory_proto::rr::{Name, RData, Record, RecordType};
use netshoot_core::packet::dns::Value;
use netshoot_core::packet::{Packet, dns};
use proptest::prelude::*;
use support::{Capture, Corpus};

type Labels = Vec<Vec<u8>>;

#[derive(Debug, PartialEq, Eq)]
struct Summary {
    id: u16,
    opcode: u8,
    response_code: u16,
    /// Response, authoritative, truncated, recursion desired and available, authentic data, checking disabled.
    flags: [bool; 7],
    questions: Vec<(Labels, u16, u16)>,
    /// Without EDNS.
    records: Vec<RecordSummary>,
}

#[derive(Debug, PartialEq, Eq)]
struct RecordSummary {
    section: u8,
    name: Labels,
    record_type: u16,
    class: u16,
    ttl: u32,
    address: Option<IpAddr>,
    target: Option<Labels>,
    /// The data of other types, field by field.
    fields: Option<Vec<Field>>,
}

#[derive(Debug, PartialEq, Eq)]
enum Field {
    Number(u64),
    Name(Labels),
    Octets(Vec<u8>),
}

#[derive(Default)]
struct Counts {
    messages: u64,
    records: u64,
    refused: u64,
}

#[test]
fn messages_of_the_corpus_are_as_in_hickory() {
    let Some(corpus) = Corpus::find("messages_of_the_corpus_are_as_in_hickory") else { return };
    let counts = frames::in_two_threads(&corpus.captures, |capture: &Capture, counts: &mut Counts| {
        frames::each_frame(&capture.path, |frame| {
            let packet = Packet::parse(frame.link_type, frame.bytes, frame.original_length);
            let Some(message) = packet.dns() else { return };
            match compare(&message) {
                Some(records) => {
                    counts.messages += 1;
                    counts.records += records as u64;
                }
                None => counts.refused += 1,
            }
        });
    });
    let [messages, records, refused] = [|c: &Counts| c.messages, |c: &Counts| c.records, |c: &Counts| c.refused]
        .map(|of| counts.iter().map(of).sum::<u64>());
    eprintln!("{messages} messages with {records} records are alike, {refused} are refused by hickory");
    assert!(messages > 600 && records > 600 && refused * 4 < messages);
}

/// Panics where the views differ; gives the number of records, or `None` where hickory refuses the message.
fn compare(message: &dns::Message<'_>) -> Option<usize> {
    invariants::dns_message(message);
    let theirs = Theirs::from_vec(message.bytes()).ok()?;
    let (ours, theirs) = (our_summary(message), their_summary(&theirs));
    assert_eq!(ours, theirs, "{:02x?}", message.bytes());
    Some(ours.records.len())
}

fn our_summary(message: &dns::Message<'_>) -> Summary {
    let records = message.records().map(Result::unwrap).filter(|record| record.record_type != dns::RecordType::OPT);
    Summary {
        id: message.id(),
        opcode: message.opcode(),
        response_code: message.response_code().0,
        flags: [
            message.is_response(),
            message.authoritative(),
            message.truncated(),
            message.recursion_desired(),
            message.recursion_available(),
            message.authentic_data(),
            message.checking_disabled(),
        ],
        questions: message
            .questions()
            .map(Result::unwrap)
            .map(|q| (labels(&q.name), q.record_type.0, q.class))
            .collect(),
        records: records
            .map(|record| RecordSummary {
                section: record.section as u8,
                name: labels(&record.name),
                record_type: record.record_type.0,
                class: record.class,
                ttl: record.ttl,
                address: record.address(),
                // hickory leaves the data of DNAME undecoded.
                target: record
                    .target()
                    .filter(|_| record.record_type != dns::RecordType::DNAME)
                    .map(|name| labels(&name)),
                fields: our_fields(&record),
            })
            .collect(),
    }
}

fn our_fields(record: &dns::Record<'_>) -> Option<Vec<Field>> {
    let number = |number: u64| Field::Number(number);
    Some(match record.value().ok()? {
        Value::MailExchange { preference, exchange } => vec![number(preference.into()), Field::Name(labels(&exchange))],
        Value::Authority { server, mailbox, serial, refresh, retry, expire, minimum } => {
            let numbers = [serial, refresh, retry, expire, minimum].map(|own| number(own.into()));
            [Field::Name(labels(&server)), Field::Name(labels(&mailbox))].into_iter().chain(numbers).collect()
        }
        Value::Service { priority, weight, port, target } => {
            let numbers = [priority, weight, port].map(|own| number(own.into()));
            numbers.into_iter().chain([Field::Name(labels(&target))]).collect()
        }
        Value::Text(strings) if record.record_type == dns::RecordType::TXT => {
            strings.map(|string| Field::Octets(string.to_vec())).collect()
        }
        Value::NamingAuthority { order, preference, flags, services, regular_expression, replacement } => {
            let strings = [flags, services, regular_expression].map(|own| Field::Octets(own.to_vec()));
            let numbers = [order, preference].map(|own| number(own.into()));
            let name = Field::Name(labels(&replacement));
            numbers.into_iter().chain(strings).chain([name]).collect()
        }
        _ => return None,
    })
}

fn their_fields(data: &RData) -> Option<Vec<Field>> {
    let number = |number: u64| Field::Number(number);
    Some(match data {
        RData::MX(mx) => vec![number(mx.preference.into()), Field::Name(their_labels(&mx.exchange))],
        RData::SOA(soa) => {
            let numbers = [
                u64::from(soa.serial),
                u64::from(soa.refresh as u32),
                u64::from(soa.retry as u32),
                u64::from(soa.expire as u32),
                u64::from(soa.minimum),
            ];
            let names = [Field::Name(their_labels(&soa.mname)), Field::Name(their_labels(&soa.rname))];
            names.into_iter().chain(numbers.map(number)).collect()
        }
        RData::SRV(srv) => {
            let numbers = [srv.priority, srv.weight, srv.port].map(|own| number(own.into()));
            numbers.into_iter().chain([Field::Name(their_labels(&srv.target))]).collect()
        }
        RData::TXT(txt) => txt.txt_data.iter().map(|string| Field::Octets(string.to_vec())).collect(),
        RData::NAPTR(naptr) => {
            let strings = [&naptr.flags, &naptr.services, &naptr.regexp].map(|own| Field::Octets(own.to_vec()));
            let numbers = [naptr.order, naptr.preference].map(|own| number(own.into()));
            let name = Field::Name(their_labels(&naptr.replacement));
            numbers.into_iter().chain(strings).chain([name]).collect()
        }
        _ => return None,
    })
}

fn labels(name: &dns::Name<'_>) -> Labels {
    name.labels().map(|label| label.unwrap().to_vec()).collect()
}

fn their_summary(message: &Theirs) -> Summary {
    let of = &message.metadata;
    let sections = [&message.answers, &message.authorities, &message.additionals];
    let records =
        sections.into_iter().zip(0u8..).flat_map(|(records, section)| records.iter().map(move |r| (section, r)));
    Summary {
        id: of.id,
        opcode: of.op_code.into(),
        // EDNS gives the upper bits.
        response_code: u16::from(of.response_code) & 0xf,
        flags: [
            of.message_type == MessageType::Response,
            of.authoritative,
            of.truncation,
            of.recursion_desired,
            of.recursion_available,
            of.authentic_data,
            of.checking_disabled,
        ],
        questions: message
            .queries
            .iter()
            .map(|query| (their_labels(query.name()), query.query_type().into(), query.query_class().into()))
            .collect(),
        records: records.map(|(section, record)| their_record(section, record)).collect(),
    }
}

fn their_record(section: u8, record: &Record) -> RecordSummary {
    let (address, target) = match &record.data {
        RData::A(a) => (Some(IpAddr::V4(a.0)), None),
        RData::AAAA(a) => (Some(IpAddr::V6(a.0)), None),
        RData::CNAME(CNAME(name)) | RData::NS(NS(name)) | RData::PTR(PTR(name)) => (None, Some(their_labels(name))),
        _ => (None, None),
    };
    RecordSummary {
        section,
        name: their_labels(&record.name),
        record_type: record.record_type().into(),
        class: record.dns_class.into(),
        ttl: record.ttl,
        address,
        target,
        fields: their_fields(&record.data),
    }
}

fn their_labels(name: &Name) -> Labels {
    name.iter().map(<[u8]>::to_vec).collect()
}

const LABELS: &[&[u8]] = &[b"www", b"example", b"com", b"a.b\\c", b"\x00\xff"];

/// Names of few labels, so that they share ends and are compressed.
fn name() -> impl Strategy<Value = Name> {
    let label =
        prop_oneof![prop::sample::select(LABELS).prop_map(<[u8]>::to_vec), prop::collection::vec(any::<u8>(), 1..20),];
    prop::collection::vec(label, 0..6).prop_map(|labels| Name::from_labels(labels).unwrap())
}

fn record() -> impl Strategy<Value = Record> {
    let data = prop_oneof![
        any::<[u8; 4]>().prop_map(|octets| RData::A(A(octets.into()))),
        any::<[u8; 16]>().prop_map(|octets| RData::AAAA(AAAA(octets.into()))),
        name().prop_map(|name| RData::CNAME(CNAME(name))),
        name().prop_map(|name| RData::NS(NS(name))),
        name().prop_map(|name| RData::PTR(PTR(name))),
        prop::collection::vec("[a-z]{0,40}", 1..3).prop_map(|texts| RData::TXT(TXT::new(texts))),
        (any::<u16>(), name()).prop_map(|(preference, name)| RData::MX(MX::new(preference, name))),
        (any::<[u16; 3]>(), name()).prop_map(|([a, b, c], name)| RData::SRV(SRV::new(a, b, c, name))),
        (name(), name(), any::<(u32, i32, i32, i32, u32)>())
            .prop_map(|(server, mailbox, (a, b, c, d, e))| RData::SOA(SOA::new(server, mailbox, a, b, c, d, e))),
    ];
    (name(), 0u32..0x8000_0000, data).prop_map(|(name, ttl, data)| Record::from_rdata(name, ttl, data))
}

fn message() -> impl Strategy<Value = Theirs> {
    let types = prop::sample::select(&[RecordType::A, RecordType::AAAA, RecordType::PTR, RecordType::TXT][..]);
    let queries = prop::collection::vec((name(), types), 0..3);
    let sections = prop::array::uniform3(prop::collection::vec(record(), 0..5));
    (any::<(u16, bool, [bool; 6])>(), queries, sections, any::<bool>()).prop_map(|(head, queries, sections, edns)| {
        let (id, response, flags) = head;
        let mut message =
            Theirs::new(id, if response { MessageType::Response } else { MessageType::Query }, OpCode::Query);
        let of = &mut message.metadata;
        [of.authoritative, of.truncation, of.recursion_desired] = [flags[0], flags[1], flags[2]];
        [of.recursion_available, of.authentic_data, of.checking_disabled] = [flags[3], flags[4], flags[5]];
        message.add_queries(queries.into_iter().map(|(name, kind)| Query::query(name, kind)));
        [message.answers, message.authorities, message.additionals] = sections;
        if edns {
            message.set_edns(Edns::new());
        }
        message
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_messages_are_as_in_hickory(message in message()) {
        let bytes = message.to_vec().unwrap();
        let ours = dns::Message::parse(&bytes).unwrap();
        prop_assert!(compare(&ours).is_some());
    }

    #[test]
    fn damaged_messages_are_as_in_hickory(
        message in message(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        kept in any::<prop::sample::Index>(),
        cut in any::<bool>(),
    ) {
        let mut bytes = message.to_vec().unwrap();
        for (place, octet) in damage {
            let place = place.index(bytes.len());
            bytes[place] = octet;
        }
        if cut {
            bytes.truncate(12 + kept.index(bytes.len() - 11));
        }
        compare(&dns::Message::parse(&bytes).unwrap());
    }
}

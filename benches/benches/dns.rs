//! Decoding DNS messages to names, types and addresses, beside hickory-proto on the same messages.
//!
//! The promise that is checked: at least five times as fast. What both find is compared before anything is timed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, missing_docs)]

use std::hint::black_box;
use std::net::IpAddr;

use hickory_proto::op::{Edns, Message as Theirs, MessageType, OpCode, Query};
use hickory_proto::rr::rdata::{A, AAAA, CNAME, NS};
use hickory_proto::rr::{Name, RData, Record, RecordType};
use netshoot_benches::comparison::{medians, table};
use netshoot_benches::generator::{Settings, generate};
use netshoot_core::capture::Reader;
use netshoot_core::packet::dns;

/// What is found in a message, put together in the order in which it stands there.
#[derive(Default)]
struct Answer(u64);

impl Answer {
    fn number(&mut self, number: u64) {
        self.0 = self.0.rotate_left(5) ^ number;
    }

    fn label(&mut self, label: &[u8]) {
        let ends = u64::from(*label.first().unwrap()) << 8 | u64::from(*label.last().unwrap());
        self.number(ends << 8 | label.len() as u64);
    }

    fn address(&mut self, address: IpAddr) {
        match address {
            IpAddr::V4(address) => self.number(address.to_bits().into()),
            IpAddr::V6(address) => self.number(address.to_bits() as u64),
        }
    }
}

fn ours(message: &[u8]) -> u64 {
    let message = dns::Message::parse(message).unwrap();
    let mut answer = Answer::default();
    let name = |answer: &mut Answer, name: &dns::Name<'_>| name.labels().for_each(|label| answer.label(label.unwrap()));
    answer.number(u64::from(message.id()) << 16 | u64::from(message.response_code().0));
    for question in message.questions().map(Result::unwrap) {
        name(&mut answer, &question.name);
        answer.number(question.record_type.0.into());
    }
    for record in message.records().map(Result::unwrap).filter(|record| record.record_type != dns::RecordType::OPT) {
        name(&mut answer, &record.name);
        answer.number(u64::from(record.record_type.0) << 32 | u64::from(record.ttl));
        if let Some(address) = record.address() {
            answer.address(address);
        }
        if let Some(target) = record.target() {
            name(&mut answer, &target);
        }
    }
    answer.0
}

fn with_hickory(message: &[u8]) -> u64 {
    let message = Theirs::from_vec(message).unwrap();
    let mut answer = Answer::default();
    let name = |answer: &mut Answer, name: &Name| name.iter().for_each(|label| answer.label(label));
    answer.number(u64::from(message.metadata.id) << 16 | u64::from(u16::from(message.metadata.response_code)));
    for query in &message.queries {
        name(&mut answer, query.name());
        answer.number(u16::from(query.query_type()).into());
    }
    for record in message.answers.iter().chain(&message.authorities).chain(&message.additionals) {
        name(&mut answer, &record.name);
        answer.number(u64::from(u16::from(record.record_type())) << 32 | u64::from(record.ttl));
        match &record.data {
            RData::A(address) => answer.address(address.0.into()),
            RData::AAAA(address) => answer.address(address.0.into()),
            RData::CNAME(CNAME(target)) | RData::NS(NS(target)) => name(&mut answer, target),
            _ => {}
        }
    }
    answer.0
}

/// Queries and responses of the generated capture: short ones, as resolvers and clients of one host exchange them.
fn short() -> Vec<Vec<u8>> {
    let mut capture = Vec::new();
    generate(Settings { frames: 100_000, seed: 1 }, &mut capture, std::io::sink()).unwrap();
    let mut reader = Reader::new(capture.as_slice()).unwrap();
    let mut messages = Vec::new();
    while let Some(frame) = reader.next_frame().unwrap() {
        messages.extend(frame.packet().dns().map(|message| message.bytes().to_vec()));
    }
    messages.truncate(2_000);
    messages
}

/// Responses with an alias, addresses, name servers and their addresses, all names compressed.
fn long() -> Vec<Vec<u8>> {
    let name = |text: &str| Name::from_ascii(text).unwrap();
    let response = |number: u16| {
        let mut message = Theirs::new(number, MessageType::Response, OpCode::Query);
        let (host, alias) = (name(&format!("host{number}.example.com.")), name("www.region.cdn.example.net."));
        message.add_queries([Query::query(host.clone(), RecordType::A)]);
        message.answers.push(Record::from_rdata(host, 300, RData::CNAME(CNAME(alias.clone()))));
        for last in 0..4 {
            message.answers.push(Record::from_rdata(alias.clone(), 60, RData::A(A([192, 0, 2, last].into()))));
        }
        for server in ["ns1.cdn.example.net.", "ns2.cdn.example.net.", "ns3.cdn.example.net."] {
            let owner = name("cdn.example.net.");
            message.authorities.push(Record::from_rdata(owner, 86_400, RData::NS(NS(name(server)))));
            message.additionals.push(Record::from_rdata(name(server), 86_400, RData::A(A([198, 51, 100, 1].into()))));
            let six = AAAA("2001:db8::53".parse().unwrap());
            message.additionals.push(Record::from_rdata(name(server), 86_400, RData::AAAA(six)));
        }
        message.set_edns(Edns::new());
        message.to_vec().unwrap()
    };
    (0..1_000).map(response).collect()
}

fn all(decode: fn(&[u8]) -> u64, messages: &[Vec<u8>]) -> u64 {
    messages.iter().fold(0, |sum: u64, message| sum.rotate_left(1) ^ decode(black_box(message)))
}

fn main() {
    let mut late = Vec::new();
    for (title, messages) in [("short messages", short()), ("long responses", long())] {
        for message in &messages {
            assert_eq!(ours(message), with_hickory(message), "{message:02x?}");
        }
        let found = medians(
            &mut [
                ("netshoot-core", &mut || all(ours, &messages)),
                ("hickory-proto", &mut || all(with_hickory, &messages)),
            ],
            301,
        )
        .unwrap();
        println!("{}", table(&format!("DNS, {title}"), &found, messages.len() as u64));
        let [(_, us), (_, them)] = found.as_slice() else { panic!("{found:?}") };
        let ratio = them.as_secs_f64() / us.as_secs_f64();
        if ratio < FASTER {
            late.push(format!("{title}: {ratio:.2} times as fast"));
        }
    }
    assert!(late.is_empty(), "less than {FASTER} times as fast: {late:?}");
}

const FASTER: f64 = 5.0;

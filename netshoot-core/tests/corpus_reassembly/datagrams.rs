//! Datagrams from fragments.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use netshoot_core::application::{DatagramOptions, DatagramReassembler, Refusal, Step};
use netshoot_core::capture::Frame;
use netshoot_core::packet::{LinkType, Packet};
use serde_json::Value;

use crate::support::{self, Capture, Corpus};
use crate::{Tally, frames};

/// Captures with fragments are few: tshark is asked about all of them.
#[test]
fn datagrams_are_as_in_tshark() {
    const TEST: &str = "datagrams_are_as_in_tshark";
    let Some(corpus) = Corpus::find(TEST) else { return };
    if !support::has_program("tshark") {
        return support::skip(TEST, "needs tshark");
    }
    let tallies = frames::in_two_threads(&corpus.captures, |capture: &Capture, tally: &mut Tally| {
        let ours = datagrams(capture);
        if ours.fragments > 0 {
            compare(capture, &ours, tally);
        }
    });
    let [first, second] = tallies;
    let tally = first.merge(second);
    tally.verdict("datagrams");
    assert!(tally.compared > 0);
}

/// What came of the frames of a capture.
#[derive(Default)]
struct Own {
    fragments: u64,
    /// By the frame that completed them, outermost first.
    datagrams: BTreeMap<u64, Vec<Vec<u8>>>,
    /// Frames with a fragment that is no use, and why.
    refused: BTreeMap<u64, Refusal>,
    /// Frames whose datagram had a fragment inside.
    nested: BTreeSet<u64>,
    /// Frames with an ICMP error.
    errors: BTreeSet<u64>,
}

fn datagrams(capture: &Capture) -> Own {
    let mut own = Own::default();
    let mut options = DatagramOptions::default();
    (options.max_bytes, options.timeout) = (1 << 30, Duration::MAX);
    let mut reassembler = DatagramReassembler::new(options);
    frames::each_frame(&capture.path, |frame: Frame<'_>| {
        let packet = Packet::parse(frame.link_type, frame.bytes, frame.original_length);
        if packet.quoted().is_some() {
            own.errors.insert(frame.number);
        }
        let mut step = reassembler.push(&packet, frame.timestamp);
        if let Step::Refused(refusal) = step {
            own.refused.insert(frame.number, refusal);
        }
        while let Step::Complete(datagram) = step {
            let version = if datagram.link_type() == LinkType::IPV4 { 4 } else { 6 };
            let text = [&[version][..], datagram.payload()].concat();
            own.datagrams.entry(frame.number).or_default().push(text);
            let packet = datagram.packet();
            assert!(!packet.layout().length_exceeds_frame());
            step = reassembler.push(&packet, frame.timestamp);
            if !matches!(step, Step::Whole) {
                own.nested.insert(frame.number);
            }
        }
    });
    own.fragments = reassembler.counters().fragments + reassembler.counters().malformed;
    own
}

fn compare(capture: &Capture, own: &Own, tally: &mut Tally) {
    tally.captures += 1;
    let mut command = support::tshark(&capture.path);
    command.args(["-T", "ek", "-e", "frame.number", "-e", "ip.reassembled.data", "-e", "ipv6.reassembled.data"]);
    let text = String::from_utf8_lossy(&command.output().unwrap().stdout).into_owned();
    let mut theirs: BTreeMap<u64, Vec<Vec<u8>>> = BTreeMap::new();
    for line in text.lines().filter(|line| line.starts_with(r#"{"timestamp""#)) {
        let row = serde_json::from_str::<Value>(line).unwrap()["layers"].take();
        let number = row["frame_number"][0].as_str().unwrap().parse().unwrap();
        for (version, key) in [(4, "ip_reassembled_data"), (6, "ipv6_reassembled_data")] {
            for data in row[key].as_array().into_iter().flatten().filter_map(Value::as_str) {
                theirs.entry(number).or_default().push([&[version][..], &octets(data)].concat());
            }
        }
    }
    let numbers: BTreeSet<u64> = theirs.keys().chain(own.datagrams.keys()).copied().collect();
    for number in numbers {
        let sorted = |all: &BTreeMap<u64, Vec<Vec<u8>>>| {
            let mut all = all.get(&number).cloned().unwrap_or_default();
            all.sort();
            all
        };
        let (theirs, ours) = (sorted(&theirs), sorted(&own.datagrams));
        tally.compared += theirs.len().max(ours.len()) as u64;
        tally.octets += ours.iter().map(|octets| octets.len() as u64).sum::<u64>();
        if theirs != ours {
            let lengths = |all: &[Vec<u8>]| all.iter().map(|octets| octets.len() - 1).collect::<Vec<_>>();
            let (a, b) = (lengths(&theirs), lengths(&ours));
            match excuse(own, number, &ours) {
                Some(rule) => tally.excuse(rule),
                None => tally.faults.push(format!("{} frame {number}: tshark {a:?}, ours {b:?}", capture.name)),
            }
        }
    }
}

/// What tshark does differently.
fn excuse(own: &Own, number: u64, ours: &[Vec<u8>]) -> Option<&'static str> {
    match own.refused.get(&number) {
        Some(Refusal::Malformed) if ours.is_empty() => {
            return Some("tshark cuts a fragment that goes on behind the end that another states");
        }
        Some(Refusal::TooLong) if ours.is_empty() => {
            return Some("tshark puts more octets together than a datagram can have");
        }
        _ => {}
    }
    own.nested.range(..=number).next()?;
    if own.errors.contains(&number) {
        return Some("tshark puts fragments that an ICMP error quotes to those that were sent");
    }
    Some("tshark looks for no fragment in a datagram that it put together")
}

fn octets(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(|digit| *digit != b':').collect();
    digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

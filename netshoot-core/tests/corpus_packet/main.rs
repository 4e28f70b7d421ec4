//! The parser against tshark, field by field, on every frame of the corpus.
//!
//! tshark's answers are those stored beside the corpus; for a share of the captures it is asked again.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    unreachable_pub,
    missing_docs
)]

mod answer;
mod checksums;
mod facts;
#[path = "../support/frames.rs"]
mod frames;
mod ours;
mod rules;
#[path = "../support/mod.rs"]
mod support;
mod tally;

use std::collections::BTreeSet;
use std::process::Command;

use answer::Answer;
use facts::{Field, Item};
use netshoot_core::packet::{IpProtocol, Limit, Packet};
use rules::Case;
use serde_json::Value;
use support::{Capture, Corpus};
use tally::Tally;

#[test]
fn packets_are_as_in_tshark() {
    let Some(corpus) = Corpus::find("packets_are_as_in_tshark") else { return };
    let tallies = frames::in_two_threads(&corpus.captures, |capture: &Capture, tally: &mut Tally| {
        compare_capture(capture, corpus.answers(capture, "packets"), tally);
    });
    let [first, second] = tallies;
    verdict(&first.merge(second));
}

/// tshark is asked again about one capture in twenty, or about all where `NETSHOOT_CORPUS_PARTS` is 1: its stored answers are not stale, and the parser agrees with fresh ones.
#[test]
fn packets_are_as_in_tshark_today() {
    const TEST: &str = "packets_are_as_in_tshark_today";
    let Some(corpus) = Corpus::find(TEST) else { return };
    if !support::has_program("tshark") || !support::has_program("python3") {
        return support::skip(TEST, "needs tshark and python3");
    }
    let parts = support::corpus_parts();
    let drawn: Vec<&Capture> = corpus.captures.iter().filter(|capture| capture.is_drawn(SEED, parts)).collect();
    let script =
        std::env::var_os("NETSHOOT_CORPUS").map(std::path::PathBuf::from).unwrap().join("../oracles/oracle.py");
    if !script.is_file() {
        return support::skip(TEST, "needs ../oracles/oracle.py beside the corpus");
    }
    let tallies = frames::in_two_threads(&drawn, |capture: &&Capture, tally: &mut Tally| {
        let output = Command::new("python3").arg(&script).arg("packets").arg(&capture.path).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let fresh: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let packets = |rows: &[Value]| rows.iter().filter(|row| row.get("end").is_none()).cloned().collect::<Vec<_>>();
        let stored: Vec<Value> = corpus.answers(capture, "packets").collect();
        if packets(&stored) != packets(&fresh) {
            tally.fault("stored", format!("{}: tshark now answers otherwise", capture.name));
        }
        compare_capture(capture, fresh.into_iter(), tally);
    });
    let [first, second] = tallies;
    verdict(&first.merge(second));
}

fn verdict(tally: &Tally) {
    eprint!("{}", tally.report());
    assert!(tally.faults.is_empty(), "there are differences that no rule excuses");
    assert!(tally.excuses() * 1000 < tally.values(), "the rules excuse a thousandth or more");
    assert!(tally.values() > 0);
}

fn compare_capture(capture: &Capture, answers: impl Iterator<Item = Value>, tally: &mut Tally) {
    let Some(mut reader) = frames::open(&capture.path) else {
        return tally.unread.push(capture.name.clone());
    };
    let mut bases = Bases::default();
    for answers in answers.map(|row| Answer::all(&row)).filter(|answers| !answers.is_empty()) {
        let Ok(Some(frame)) = reader.next_frame() else {
            return tally.fault("frames", format!("{}: tshark has a frame more", capture.name));
        };
        let packet = Packet::parse(frame.link_type, frame.bytes, frame.original_length);
        let place = || format!("{} frame {}", capture.name, frame.number);
        tally.frames += 1;
        let mut next = Some(packet);
        let mut last = packet;
        for answer in &answers {
            let Some(packet) = next else {
                match rules::fewer(&last) {
                    Some(rule) => *tally.excused.entry((rule, "depth")).or_default() += 1,
                    None => tally.fault("depth", format!("{}: no packet for {:?}", place(), answer.layers)),
                }
                break;
            };
            compare(&packet, answer, &mut bases, &place, tally);
            *tally.compared.entry("depth").or_default() += 1;
            (last, next) = (packet, packet.inner());
        }
        if let Some(packet) = next {
            match rules::more(&last, &packet) {
                Some(rule) => *tally.excused.entry((rule, "depth")).or_default() += 1,
                None => {
                    let layers = ours::layers(&packet);
                    let next = answers.last().and_then(|answer| answer.next.as_deref());
                    tally.fault("depth", format!("{}: a packet more: {layers:?}; {next:?}", place()));
                }
            }
        }
    }
}

/// The numbers that tshark takes off the edges of selective acknowledgments, by connection and direction.
type Bases = std::collections::HashMap<Vec<String>, u64>;

fn compare(packet: &Packet<'_>, answer: &Answer, bases: &mut Bases, place: &dyn Fn() -> String, tally: &mut Tally) {
    let mut theirs = answer_facts(answer);
    let mut ours = ours::facts(packet);
    own_facts(packet, &mut ours);
    rebase(&ours, &mut theirs, bases);
    let fields: BTreeSet<Field> = theirs.0.keys().chain(ours.0.keys()).copied().collect();
    for field in fields {
        let case = Case { field, packet, answer, theirs: theirs.of(field), ours: ours.of(field) };
        let count = case.theirs.len().max(case.ours.len()) as u64;
        *tally.compared.entry(field).or_default() += count;
        if case.theirs == case.ours {
            continue;
        }
        match rules::excuse(&case) {
            Some(rule) => *tally.excused.entry((rule, field)).or_default() += count,
            None => {
                let Case { theirs, ours, .. } = case;
                let (layers, next) = (answer.layers.join(":"), answer.next.as_deref().unwrap_or("-"));
                let stop = packet.stopped();
                tally.fault(field, format!("{}: tshark {theirs:?}, ours {ours:?}; {layers}>{next} {stop:?}", place()));
            }
        }
    }
}

fn answer_facts(answer: &Answer) -> facts::Facts {
    let mut theirs = facts::Facts(answer.facts.0.clone());
    if answer.is_outermost() {
        theirs.add("frame.len", answer.length);
        theirs.add("frame.cap_len", answer.captured);
    }
    theirs.text("layers", answer.layers.join(":"));
    let ended = match (answer.layers.last().map(String::as_str), answer.next.as_deref()) {
        (_, Some("gre" | "ip" | "ipv6" | "pwethheuristic" | "mpls")) if answer.is_tunnel() => "read",
        (Some("tcp" | "udp" | "icmp" | "icmpv6" | "sctp" | "udplite" | "igmp" | "esp"), Some(_)) => "read",
        (Some("arp"), None) if !answer.cut => "read",
        (Some("lldp" | "macsec" | "slow" | "stp" | "dccp" | "vrrp" | "ospf" | "pim" | "pppoed"), _) if !answer.cut => {
            "unknown"
        }
        (Some("tcp" | "udp" | "icmp" | "icmpv6" | "sctp" | "udplite" | "igmp" | "esp"), None) if !answer.cut => "read",
        (_, Some(_)) => "unknown",
        (_, None) if answer.cut => "cut",
        (_, None) => "end",
    };
    theirs.text("stop", ended);
    theirs
}

fn own_facts(packet: &Packet<'_>, ours: &mut facts::Facts) {
    if packet.layout().depth == 0 {
        ours.add("frame.len", packet.original_length());
        ours.add("frame.cap_len", packet.bytes().len() as u64);
        ours::flat(packet, ours);
    }
    ours.text("layers", ours::layers(packet).join(":"));
    let ended = match packet.stopped().map(|stop| stop.limit) {
        None if packet.layout().ip_protocol == IpProtocol::NO_NEXT_HEADER => "end",
        None => "read",
        Some(Limit::UnknownProtocol) => "unknown",
        Some(Limit::Fragment) if packet.layout().fragment_offset != 0 => "unknown",
        Some(Limit::CaptureLength | Limit::FrameLength | Limit::LengthField | Limit::Fragment | Limit::Malformed) => {
            "cut"
        }
        Some(_) => "depth",
    };
    ours.text("stop", ended);
}

/// tshark shows the edges of selective acknowledgments relative to the start of the connection, which the parser cannot
/// know: the first edge of a direction gives the base, by which all others are compared.
fn rebase(ours: &facts::Facts, theirs: &mut facts::Facts, bases: &mut Bases) {
    const EDGES: [Field; 2] = ["tcp.options.sack_le", "tcp.options.sack_re"];
    let Some(first) = theirs.of(EDGES[0]).first().and_then(Item::number) else { return };
    let Some(own) = ours.of(EDGES[0]).first().and_then(Item::number) else { return };
    let key = ["ip.src", "ip.dst", "tcp.srcport", "tcp.dstport"].map(|field| format!("{:?}", ours.of(field)));
    let here = own.wrapping_sub(first) & 0xffff_ffff;
    let base = *bases.entry(key.into()).or_insert(here);
    for edge in EDGES {
        for item in theirs.0.get_mut(edge).into_iter().flatten() {
            if let Item::Number(number) = item {
                *number = (*number + base) & 0xffff_ffff;
            }
        }
    }
}

const SEED: u64 = 20_260_731;

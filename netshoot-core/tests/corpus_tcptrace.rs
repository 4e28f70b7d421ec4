//! Retransmissions of each TCP connection of the corpus, counted by our own classification, against tcptrace's.
//!
//! What fills a gap of the capture is out of order to tcptrace, and a retransmission to us if there is evidence for it: this
//! makes most of the differences. tcptrace reads classic captures of the common link types and looks at the outermost IP header only.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    missing_docs
)]

mod support;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use netshoot_core::analysis::{Analyzer, Options, SegmentClass};
use netshoot_core::capture::Reader;
use netshoot_core::packet::TcpFlags;
use support::Corpus;

/// Retransmissions of each connection between two ends, in the order of the connections.
type Counts = BTreeMap<[String; 2], Vec<[u32; 2]>>;

#[test]
fn retransmissions_are_tcptraces() {
    const TEST: &str = "retransmissions_are_tcptraces";
    let Some(corpus) = Corpus::find(TEST) else { return };
    if !support::has_program("tcptrace") {
        return support::skip(TEST, "tcptrace is not installed");
    }
    let (mut compared, mut equal, mut lossy, mut equal_lossy) = (0, 0, 0, 0);
    let mut differ = Vec::new();
    for capture in corpus.captures.iter().filter(|capture| capture.format.starts_with("pcap-")) {
        let theirs = tcptrace(&capture.path);
        if theirs.is_empty() {
            continue;
        }
        let ours = count(&capture.path);
        for (ends, counts) in &theirs {
            // Where a capture holds something that the other does not take for a connection, there is nothing to compare.
            let Some(own) = ours.get(ends).filter(|own| own.len() == counts.len()) else { continue };
            for (own, their) in own.iter().zip(counts) {
                let same = own == their;
                let is_lossy = *their != [0, 0] || *own != [0, 0];
                compared += 1;
                equal += u32::from(same);
                lossy += u32::from(is_lossy);
                equal_lossy += u32::from(same && is_lossy);
                if !same {
                    differ.push(format!("{} {ends:?}: tcptrace {their:?}, ours {own:?}", capture.name));
                }
            }
        }
    }
    eprintln!("{equal} of {compared} connections equal, {equal_lossy} of {lossy} of those with any retransmission");
    eprintln!("{}", differ.join("\n"));
    assert!(compared > 1000 && equal * 100 >= compared * 95, "{equal} of {compared} connections");
}

fn tcptrace(path: &Path) -> Counts {
    let run = Command::new("tcptrace").args(["-n", "-l", "-r"]).arg(path).output().expect("tcptrace");
    let text = String::from_utf8_lossy(&run.stdout);
    let mut counts = Counts::new();
    let mut ends: Vec<String> = Vec::new();
    for line in text.lines() {
        let words: Vec<_> = line.split_whitespace().collect();
        match words.as_slice() {
            ["TCP", "connection", ..] => ends.clear(),
            ["host", _, end] => ends.push((*end).to_owned()),
            ["rexmt", "data", "pkts:", ab, "rexmt", "data", "pkts:", ba] if ends.len() == 2 => {
                let number = |text: &str| text.parse().expect("a number");
                add(&mut counts, [ends[0].clone(), ends[1].clone()], [number(ab), number(ba)]);
            }
            _ => {}
        }
    }
    counts
}

fn count(path: &Path) -> Counts {
    let mut counts = Counts::new();
    let Ok(mut reader) = Reader::open(path) else { return counts };
    let mut analyzer = Analyzer::new(Options::default());
    let mut flows: BTreeMap<u32, ([String; 2], [u32; 2])> = BTreeMap::new();
    while let Ok(Some(frame)) = reader.next_frame() {
        let packet = frame.packet();
        let observation = analyzer.push(&frame, &packet);
        let (Some(flow), Some(tcp), Some(tuple)) =
            (observation.flow_id, observation.tcp, packet.innermost().five_tuple())
        else {
            continue;
        };
        let ends = [(tuple.source, tuple.source_port), (tuple.destination, tuple.destination_port)];
        let ends = ends.map(|(address, port)| format!("{address}:{port}"));
        let (known, pair) = flows.entry(flow).or_insert_with(|| (ends.clone(), [0, 0]));
        // tcptrace does not tell copies from retransmissions.
        let again = tcp.classification.is_some_and(|verdict| verdict.class != SegmentClass::Reordered);
        let flags = packet.innermost().tcp().map(|tcp| tcp.flags()).unwrap_or_default();
        let is_data = tcp.segment_len > 0 || flags.intersects(TcpFlags::SYN | TcpFlags::FIN);
        pair[usize::from(known[0] != ends[0])] += u32::from(again && is_data);
    }
    for (ends, pair) in flows.into_values() {
        add(&mut counts, ends, pair);
    }
    counts
}

fn add(counts: &mut Counts, mut ends: [String; 2], mut pair: [u32; 2]) {
    if ends[0] > ends[1] {
        ends.swap(0, 1);
        pair.swap(0, 1);
    }
    counts.entry(ends).or_default().push(pair);
}

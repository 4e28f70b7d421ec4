//! The profiles of the TCP analysis over the whole corpus: none fails, and where newer ones judge otherwise than Wireshark
//! 4.0, one of the rules tells why that are stated for them. How often each does is told.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    missing_docs
)]

mod support;

use std::collections::{BTreeMap, BTreeSet};

use netshoot_core::analysis::{Analyzer, Options, TcpAnalysis, TcpProfile};
use netshoot_core::capture::Reader;
use netshoot_core::packet::{TcpFlags, TcpOption};
use support::{Capture, Corpus};

/// What is said of a segment.
#[derive(Clone, Copy)]
struct Judged {
    flags: TcpAnalysis,
    stream: u32,
    is_syn: bool,
    has_ranges: bool,
}

#[test]
fn each_difference_between_profiles_is_of_a_stated_rule() {
    let Some(corpus) = Corpus::find("each_difference_between_profiles_is_of_a_stated_rule") else { return };
    let mut segments = 0;
    let (mut counts, mut unexplained) = (BTreeMap::<_, u64>::new(), Vec::new());
    for capture in &corpus.captures {
        let [old, newer @ ..] = TcpProfile::ALL.map(|profile| (profile, judge(capture, profile)));
        segments += old.1.len();
        for (profile, judged) in newer {
            assert!(judged.keys().eq(old.1.keys()), "{}: not the same segments", capture.name);
            // Streams of 4.0 that go on as others, and the last ones that they were.
            let (mut over, mut last) = (BTreeSet::new(), BTreeMap::new());
            for (frame, new) in &judged {
                let old = &old.1[frame];
                if last.insert(old.stream, new.stream).is_some_and(|last| last != new.stream) {
                    over.insert(old.stream);
                }
                for rule in rules(old, new, over.contains(&old.stream)) {
                    match rule {
                        Ok(rule) => *counts.entry((profile.name(), rule)).or_default() += 1,
                        Err(flag) => unexplained.push(format!("{} {} {frame}: {flag}", profile.name(), capture.name)),
                    }
                }
            }
        }
    }
    eprintln!("{segments} segments");
    for ((profile, rule), count) in &counts {
        eprintln!("  {profile}: {count} {rule}");
    }
    assert!(
        unexplained.is_empty(),
        "{} differences: {:#?}",
        unexplained.len(),
        &unexplained[..unexplained.len().min(20)]
    );
    assert!(segments > 60_000);
    // New ranges make duplicates in 4.6 alone.
    assert_eq!(counts.len(), 9 + 10, "a rule tells of no difference");
}

fn judge(capture: &Capture, profile: TcpProfile) -> BTreeMap<u64, Judged> {
    let mut judged = BTreeMap::new();
    let Ok(mut reader) = Reader::open(&capture.path) else { return judged };
    let mut options = Options::default();
    options.tcp_profile = profile;
    let mut analyzer = Analyzer::new(options);
    while let Ok(Some(frame)) = reader.next_frame() {
        let packet = frame.packet();
        if let Some(tcp) = analyzer.push(&frame, &packet).tcp {
            let header = packet.innermost().tcp();
            let mut options = header.into_iter().flat_map(|tcp| tcp.options().flatten());
            let has_ranges = options.any(|option| matches!(option, TcpOption::Sack(_)));
            let is_syn = header.is_some_and(|tcp| tcp.flags().contains(TcpFlags::SYN));
            judged.insert(frame.number, Judged { flags: tcp.analysis, stream: tcp.stream, is_syn, has_ranges });
        }
    }
    let report = analyzer.finish();
    assert_eq!(report.options.tcp_profile, profile);
    judged
}

/// For each flag that differs, the rule that says so, or the flag.
fn rules(old: &Judged, new: &Judged, is_over: bool) -> Vec<Result<&'static str, &'static str>> {
    let changed = TcpAnalysis(old.flags.0 ^ new.flags.0);
    let gained = |flag| new.flags.contains(flag) && !old.flags.contains(flag);
    let lost = |flag| old.flags.contains(flag) && !new.flags.contains(flag);
    let order = [TcpAnalysis::OUT_OF_ORDER, TcpAnalysis::RETRANSMISSION];
    let explain = |name: &'static str| match name {
        "partial_ack" if gained(TcpAnalysis::PARTIAL_ACK) => Ok("acknowledges a part of a segment"),
        "reused_ports" if gained(TcpAnalysis::REUSED_PORTS) && new.is_syn => {
            Ok("a handshake behind a FIN or a reset, or that of another connection without its SYN")
        }
        _ if is_over => Ok("behind ports used again"),
        "duplicate_ack" | "window_update" if lost(TcpAnalysis::WINDOW_UPDATE) && new.has_ranges => {
            Ok("the window changed with ranges")
        }
        "fast_retransmission" | "retransmission" | "out_of_order" if lost(TcpAnalysis::FAST_RETRANSMISSION) => {
            Ok("an acknowledgment of something unseen asks for nothing")
        }
        "duplicate_ack" if gained(TcpAnalysis::DUPLICATE_ACK) && new.has_ranges => Ok("new ranges"),
        "fast_retransmission" | "retransmission" if gained(TcpAnalysis::FAST_RETRANSMISSION) => Ok("no range has it"),
        "out_of_order" if gained(TcpAnalysis::FAST_RETRANSMISSION) => Ok("no range has it"),
        "out_of_order" | "retransmission"
            if order.iter().any(|flag| gained(*flag)) && order.iter().any(|flag| lost(*flag)) =>
        {
            Ok("seen already, or measured from the peer")
        }
        "ack_lost_segment" if gained(TcpAnalysis::ACK_LOST_SEGMENT) => Ok("each gap is told"),
        "ack_lost_segment" if lost(TcpAnalysis::ACK_LOST_SEGMENT) => Ok("the segments behind the gap are there"),
        name => Err(name),
    };
    changed.names().map(explain).collect()
}

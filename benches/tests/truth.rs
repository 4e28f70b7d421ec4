//! What was planted in the generated capture is found, and nothing else: precision and recall of each kind of fault, in the
//! events that the analysis tells of, and the findings on them.
//!
//! `NETSHOOT_TRUTH_FRAMES` says how many frames the capture has; 200,000 if it says nothing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::print_stderr)]

use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;
use std::net::IpAddr;
use std::time::Duration;

use netshoot_benches::generator::{Settings, generate};
use netshoot_core::analysis::{
    Analyzer, ClosedBy, ConnectionState, FindingKind, Flow, IcmpKind, Options, Report, SegmentClass,
};
use netshoot_core::capture::Reader;
use netshoot_core::packet::IpProtocol;
use serde_json::Value;

/// Something to be found: a frame, or a flow by what its ends are.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Mark {
    Frame(u64),
    Flow(IpAddr, u16, IpAddr, u16),
    Host(IpAddr),
}

/// What was planted, and what was found, of one kind.
#[derive(Default)]
struct Score {
    planted: BTreeSet<Mark>,
    found: BTreeSet<Mark>,
}

impl Score {
    fn share(part: usize, of: usize) -> f64 {
        if of == 0 { 1.0 } else { part as f64 / of as f64 }
    }

    fn precision(&self) -> f64 {
        Self::share(self.found.intersection(&self.planted).count(), self.found.len())
    }

    fn recall(&self) -> f64 {
        Self::share(self.found.intersection(&self.planted).count(), self.planted.len())
    }
}

type Scores = BTreeMap<&'static str, Score>;

/// The least precision and recall: what was seen. Queries at the end of the capture have no answer yet.
const FLOORS: [(&str, f64, f64); 13] = [
    ("retransmission", 0.99, 0.99),
    ("retransmission or reordering", 0.99, 0.99),
    ("reordered", 0.99, 0.99),
    ("dns_failure", 1.0, 1.0),
    ("dns_retry", 1.0, 1.0),
    ("dns_slow", 1.0, 1.0),
    ("dns_unanswered", 0.95, 1.0),
    ("reset", 1.0, 1.0),
    ("connection_refused", 1.0, 1.0),
    ("syn_unanswered", 1.0, 1.0),
    ("zero_window", 1.0, 1.0),
    ("unreachable", 1.0, 1.0),
    ("echo_unanswered", 1.0, 1.0),
];

#[test]
fn planted_faults_are_found() {
    let frames = std::env::var("NETSHOOT_TRUTH_FRAMES").map_or(200_000, |frames| frames.parse().unwrap());
    let (mut capture, mut truth) = (Vec::new(), Vec::new());
    generate(Settings { frames, seed: 1 }, &mut capture, &mut truth).unwrap();
    let truth = String::from_utf8(truth).unwrap();
    let mut scores = Scores::new();
    let mut scans = BTreeSet::new();
    for line in truth.lines() {
        let fault: Value = serde_json::from_str(line).unwrap();
        if fault["kind"] == "port_scan" {
            scans.insert((address(&fault["flow"]["client"]), address(&fault["flow"]["server"])));
        } else {
            plant(&fault, &mut scores);
        }
    }
    let report = analyse(&capture, &mut scores);
    find(&report, &scans, &mut scores);

    let told = report.findings.iter().filter(|finding| finding.kind == FindingKind::PortScan);
    let found: BTreeSet<_> = told.filter_map(|finding| Some(finding.client?.address)).collect();
    let scan = Score {
        planted: scans.into_iter().map(|(scanner, _)| Mark::Host(scanner)).collect(),
        found: found.into_iter().map(Mark::Host).collect(),
    };
    scores.insert("port_scan", scan);
    eprintln!("{:<30} planted   found  precision   recall   ({frames} frames)", "kind");
    for (kind, score) in &scores {
        let (planted, found, precision, recall) =
            (score.planted.len(), score.found.len(), score.precision(), score.recall());
        eprintln!("{kind:<30} {planted:>7} {found:>7}   {precision:>8.4} {recall:>8.4}");
        for mark in score.planted.symmetric_difference(&score.found).take(3) {
            eprintln!("    {} {mark:?}", if score.planted.contains(mark) { "missed" } else { "invented" });
        }
    }
    for (kind, precision, recall) in FLOORS {
        let score = &scores[kind];
        assert!(score.precision() >= precision && score.recall() >= recall, "{kind}");
    }
    let score = &scores["port_scan"];
    assert!(!score.planted.is_empty() && score.planted == score.found);
    findings_tell_of_them(&report, &scores);
}

fn address(value: &Value) -> IpAddr {
    value.as_str().unwrap().parse().unwrap()
}

fn frames(value: &Value) -> impl Iterator<Item = Mark> {
    value.as_array().unwrap().iter().map(|frame| Mark::Frame(frame.as_u64().unwrap()))
}

fn plant(fault: &Value, scores: &mut Scores) {
    let flow = &fault["flow"];
    let port = |name: &str| u16::try_from(flow[name].as_u64().unwrap()).unwrap();
    let whole =
        Mark::Flow(address(&flow["client"]), port("client_port"), address(&flow["server"]), port("server_port"));
    let last = || frames(&fault["frames"]).last().unwrap();
    let first = || frames(&fault["frames"]).next().unwrap();
    let is_seen_again = fault["details"]["behind_highest"] != Value::Bool(false);
    let mut add = |kind, mark| {
        scores.entry(kind).or_default().planted.insert(mark);
    };
    match fault["kind"].as_str().unwrap() {
        // What was lost before the tap, and has nothing behind it, is new to whoever sees the tap alone.
        "retransmission" if is_seen_again => {
            add("retransmission", last());
            add("retransmission or reordering", last());
        }
        "retransmission" => {}
        "reordered" => {
            add("reordered", last());
            add("retransmission or reordering", last());
        }
        "dns_failure" => add("dns_failure", last()),
        "dns_slow" => add("dns_slow", first()),
        "dns_retry" => add("dns_retry", first()),
        "dns_unanswered" => add("dns_unanswered", first()),
        "echo_unanswered" => add("echo_unanswered", first()),
        "reset" => add("reset", whole),
        "connection_refused" => add("connection_refused", whole),
        "syn_unanswered" => add("syn_unanswered", whole),
        "zero_window" => add("zero_window", whole),
        "unreachable" => frames(&fault["details"]["icmp_frames"]).for_each(|frame| add("unreachable", frame)),
        other => panic!("{other} is not known here"),
    }
}

/// Analyses the capture, and notes how its segments are classified.
fn analyse(capture: &[u8], scores: &mut Scores) -> Report {
    let mut analyzer = Analyzer::new(Options::default());
    let mut reader = Reader::new(Cursor::new(capture)).unwrap();
    while let Some(frame) = reader.next_frame().unwrap() {
        let observation = analyzer.push(&frame, &frame.packet());
        let Some(class) = observation.tcp.and_then(|tcp| tcp.classification) else { continue };
        let kind = match class.class {
            SegmentClass::Reordered => "reordered",
            SegmentClass::DuplicateNetwork | SegmentClass::DuplicateCapture => "duplicate",
            _ => "retransmission",
        };
        for kind in [kind, "retransmission or reordering"] {
            scores.entry(kind).or_default().found.insert(Mark::Frame(frame.number));
        }
    }
    analyzer.finish()
}

fn find(report: &Report, scans: &BTreeSet<(IpAddr, IpAddr)>, scores: &mut Scores) {
    let mut add = |kind, mark| {
        scores.entry(kind).or_default().found.insert(mark);
    };
    for lookup in &report.dns {
        let query = Mark::Frame(lookup.query_frame.unwrap_or_default());
        let waited = lookup.first_latency.unwrap_or_default();
        match lookup.response_code {
            None => add("dns_unanswered", query),
            Some(code) if code.0 != 0 => add("dns_failure", Mark::Frame(lookup.response_frame.unwrap())),
            Some(_) if lookup.attempts > 1 => add("dns_retry", query),
            Some(_) if waited >= Duration::from_millis(500) => add("dns_slow", query),
            Some(_) => {}
        }
    }
    for message in &report.icmp {
        match message.kind {
            IcmpKind::Echo if message.reply_frame.is_none() => add("echo_unanswered", Mark::Frame(message.frame)),
            IcmpKind::Echo => {}
            _ => add("unreachable", Mark::Frame(message.frame)),
        }
    }
    let tcp = report.flows.iter().filter(|flow| flow.protocol == IpProtocol::TCP);
    for flow in tcp.filter(|flow| !scans.contains(&(flow.client.address, flow.server.address))) {
        let mark = Mark::Flow(flow.client.address, flow.client.port, flow.server.address, flow.server.port);
        if let Some(kind) = fate(flow) {
            add(kind, mark.clone());
        }
        if flow.client_to_server.zero_windows + flow.server_to_client.zero_windows > 0 {
            add("zero_window", mark);
        }
    }
}

fn fate(flow: &Flow) -> Option<&'static str> {
    match (flow.state, flow.closed_by) {
        (ConnectionState::S0, _) if flow.icmp_errors == 0 => Some("syn_unanswered"),
        (ConnectionState::S0, _) => None,
        (ConnectionState::Rej, _) => Some("connection_refused"),
        (_, Some(ClosedBy::ClientReset | ClosedBy::ServerReset)) => Some("reset"),
        // A reset behind a FIN.
        _ if flow.client_to_server.rst + flow.server_to_client.rst > 0 => Some("reset"),
        _ => None,
    }
}

/// Each kind that occurs often is told of.
fn findings_tell_of_them(report: &Report, scores: &Scores) {
    for (kind, finding) in [
        ("dns_failure", FindingKind::DnsFailure),
        ("dns_unanswered", FindingKind::DnsUnanswered),
        ("reset", FindingKind::TcpReset),
        ("connection_refused", FindingKind::TcpRefused),
        ("syn_unanswered", FindingKind::TcpUnansweredSyn),
        ("zero_window", FindingKind::TcpZeroWindow),
        ("unreachable", FindingKind::IcmpUnreachable),
        ("retransmission", FindingKind::TcpRetransmissions),
    ] {
        let is_told = report.findings.iter().any(|told| told.kind == finding);
        assert!(is_told || scores[kind].planted.is_empty(), "nothing tells of {kind}");
    }
}

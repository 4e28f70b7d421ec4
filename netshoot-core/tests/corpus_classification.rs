//! Our own verdict on retransmissions and reordering against those of others: the labels that TCPRS, an analyzer for Bro,
//! gave to the segments of 55 traces of its authors.
//!
//! A label that we do not share is excused only by a rule that is named here; how often each was used is printed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    missing_docs
)]

mod support;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};

use netshoot_core::analysis::{Analyzer, Classification, Options, Report, SegmentClass, TcpObservation};
use netshoot_core::capture::Reader;
use support::Corpus;

/// A segment by its time in microseconds and its sequence number.
type Key = (i64, u32);

#[test]
fn labelled_events_are_found() {
    let Some(traces) = Trace::all("labelled_events_are_found") else { return };
    let (mut events, mut agreed, mut poor, mut unlabelled) = (0, 0, Vec::new(), Vec::new());
    let mut excused: BTreeMap<&'static str, u32> = BTreeMap::new();
    for trace in &traces {
        let (ours, _) = analyze(&trace.capture);
        let labels = trace.labels();
        let mut same = 0;
        for label in &labels {
            let verdict = ours.get(&label.key).and_then(|tcp| tcp.classification);
            if verdict.is_some_and(|verdict| label.agrees(verdict.class)) {
                same += 1;
            } else if let Some(rule) = verdict.and_then(|verdict| label.excuse(&verdict)) {
                *excused.entry(rule).or_default() += 1;
                same += 1;
            } else {
                eprintln!("{} {:?} {:?}: {verdict:?}", trace.name, label.key, label.kind);
            }
        }
        events += labels.len();
        agreed += same;
        if same * 100 < labels.len() * 98 {
            poor.push(format!("{}: {same} of {}", trace.name, labels.len()));
        }
        let known: HashSet<_> = labels.iter().map(|label| label.key).collect();
        let others = ours.iter().filter(|(key, tcp)| !known.contains(*key) && tcp.segment_len > 0);
        unlabelled
            .extend(others.filter_map(|(key, tcp)| Some(format!("{} {key:?} {:?}", trace.name, tcp.classification?))));
    }
    eprintln!("{agreed} of {events} events in {} traces, excused {excused:?}, unlabelled {unlabelled:?}", traces.len());
    assert!(poor.is_empty(), "{} traces: {poor:#?}", poor.len());
    assert!(unlabelled.is_empty() && events > 680 && excused.values().sum::<u32>() < 7);
}

/// Zeek's state and letters, but for those of retransmissions and closed windows: Zeek 2.5 misses some that its own plug-in
/// labels, and knows none for windows. A connection that Zeek ends after a silence, to begin another, is left out.
#[test]
fn states_and_histories_are_zeeks() {
    let Some(traces) = Trace::all("states_and_histories_are_zeeks") else { return };
    let (mut compared, mut left_out) = (0, 0);
    for trace in &traces {
        let (_, report) = analyze(&trace.capture);
        let connections = rows(&trace.log("conn"));
        if connections.len() > 1 || connections[0][15].starts_with('^') {
            left_out += 1;
            continue;
        }
        for cells in connections {
            let port: u16 = cells[3].parse().expect("a port");
            let flow = report.flows.iter().find(|flow| flow.client.port == port).expect("a flow");
            let ours = (flow.state.name(), letters(flow.history.as_str()));
            assert_eq!(ours, (cells[11].as_str(), letters(&cells[15])), "{}", trace.name);
            compared += 1;
        }
    }
    eprintln!("{compared} connections compared, {left_out} left out");
    assert!(compared > 45);
}

/// The first of each letter.
fn letters(text: &str) -> String {
    let mut seen = String::new();
    for letter in text.chars().filter(|letter| !"TtWw".contains(*letter)) {
        if !seen.contains(letter) {
            seen.push(letter);
        }
    }
    seen
}

/// A trace with the logs of TCPRS.
struct Trace {
    name: String,
    capture: PathBuf,
    logs: PathBuf,
}

impl Trace {
    fn all(test: &str) -> Option<Vec<Self>> {
        Corpus::find(test)?;
        let root = PathBuf::from(std::env::var_os("NETSHOOT_CORPUS").expect("a corpus"));
        let groups = entries(&root.join("expected/tcprs"));
        let logs = groups.iter().flat_map(|group| entries(group));
        let traces = logs.filter_map(|log| {
            let name = log.file_name()?.to_str()?.strip_suffix(".conn.log")?.to_owned();
            let group = log.parent()?.file_name()?.to_str()?.to_owned();
            let capture = root.join(format!("captures/jswaro+tcprs/tests/Traces/tcp/{group}/{name}.trace"));
            Some(Self { name, capture, logs: log.parent()?.to_owned() })
        });
        Some(traces.collect())
    }

    fn log(&self, kind: &str) -> PathBuf {
        self.logs.join(format!("{}.{kind}.log", self.name))
    }

    fn labels(&self) -> Vec<Label> {
        let event = |cells: &Vec<String>| (microseconds(&cells[0]), cells[7].parse().expect("a sequence number"));
        let resent = rows(&self.log("tcpretransmissions")).into_iter().map(|cells| {
            let number = |cell: usize| cells[cell].parse().expect("a number");
            Label { key: event(&cells), kind: Kind::Retransmission { reason: number(11), kind: number(12) } }
        });
        let late = rows(&self.log("tcpreordering"))
            .into_iter()
            .map(|cells| Label { key: event(&cells), kind: Kind::Reordering });
        resent.chain(late).collect()
    }
}

/// The rows of a log; none if there is no such log.
fn rows(log: &Path) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| line.split('\t').map(str::to_owned).collect()).collect()
}

struct Label {
    key: Key,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Reordering,
    /// Why TCPRS knew (1 seen before, 2 spans what was seen, 3 acknowledged before), and what it takes for the cause.
    Retransmission {
        reason: u32,
        kind: u32,
    },
}

impl Label {
    fn agrees(&self, class: SegmentClass) -> bool {
        match self.kind {
            Kind::Reordering => class == SegmentClass::Reordered,
            // A timeout, one without duplicate acknowledgments, a repeated one.
            Kind::Retransmission { kind: 1 | 14 | 15, .. } => {
                class.is_retransmission() && class != SegmentClass::RetransmissionFast
            }
            // Three duplicates, early retransmit, by selective acknowledgments, by what was received behind a gap.
            Kind::Retransmission { kind: 2 | 3 | 4 | 9..=13 | 16, .. } => class == SegmentClass::RetransmissionFast,
            // Unknown, or a consequence of one of the others.
            Kind::Retransmission { .. } => class.is_retransmission(),
        }
    }

    fn excuse(&self, ours: &Classification) -> Option<&'static str> {
        let fast = ours.class == SegmentClass::RetransmissionFast;
        match self.kind {
            Kind::Retransmission { kind: 15, .. } if fast && ours.confidence < 0.8 => {
                Some("TCPRS wants three duplicates, and takes what a single one prompts at once for a timeout")
            }
            Kind::Retransmission { reason: 2, kind: 1 } if fast => {
                Some("TCPRS takes a segment of a recovery for a timeout if it is cut otherwise than before")
            }
            _ => None,
        }
    }
}

fn analyze(path: &Path) -> (HashMap<Key, TcpObservation>, Report) {
    let mut reader = Reader::open(path).expect("a capture");
    let mut analyzer = Analyzer::new(Options::default());
    let mut segments = HashMap::new();
    while let Ok(Some(frame)) = reader.next_frame() {
        let packet = frame.packet();
        if let (Some(tcp), Some(observation)) = (packet.tcp(), analyzer.push(&frame, &packet).tcp) {
            let time = frame.timestamp.expect("a time").as_nanos() / 1000;
            segments.insert((time, tcp.sequence_number()), observation);
        }
    }
    (segments, analyzer.finish())
}

fn entries(path: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<_> = std::fs::read_dir(path).expect("a folder").map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    entries
}

/// `1285863762.254012` as microseconds.
fn microseconds(text: &str) -> i64 {
    text.replace('.', "").parse().expect("seconds with six decimals")
}

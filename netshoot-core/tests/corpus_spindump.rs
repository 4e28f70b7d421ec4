//! Round trips of TCP, DNS, ICMP and the beginnings of QUIC against those that spindump tells of, event by event.
//!
//! An event that we do not tell of is excused only by a rule that is named here; how often each was used is printed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    missing_docs
)]

mod support;

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use netshoot_core::analysis::{Analyzer, Options};
use netshoot_core::capture::Reader;
use support::Corpus;

/// Round trips in microseconds by the time at which they end, in microseconds since 1970.
type Trips = HashMap<i64, Vec<f64>>;

/// A rule, and how often it was needed.
type Excuse = (&'static str, u32);

/// What we know of a capture.
#[derive(Default)]
struct Ours {
    trips: Trips,
    /// Acknowledgments with selective ones.
    selective: Vec<i64>,
    /// Acknowledgments of what was sent more than once.
    ambiguous: Vec<i64>,
    /// Ports of the clients of QUIC, and how often each sent its first datagram.
    quic: HashMap<u16, u32>,
    start: i64,
}

/// A measurement.
struct Event {
    protocol: String,
    time: i64,
    micros: f64,
    /// The answer to the first datagram of a connection of QUIC, and the client's port.
    is_first: bool,
    port: Option<u16>,
}

#[test]
fn round_trips_are_spindumps() {
    if Corpus::find("round_trips_are_spindumps").is_none() {
        return;
    }
    let root = PathBuf::from(std::env::var_os("NETSHOOT_CORPUS").expect("a corpus"));
    let mut equal: BTreeMap<String, u32> = BTreeMap::new();
    let mut excused: BTreeMap<Excuse, u32> = BTreeMap::new();
    let mut differ = Vec::new();
    for file in entries(&root.join("expected/spindump")) {
        let Some(name) = file.file_name().and_then(|name| name.to_str()?.strip_suffix(".expected")) else { continue };
        let Some(capture) = find(&root.join("captures/EricssonResearch+spindump"), &format!("{name}.pcap")) else {
            continue;
        };
        let ours = Ours::of(&capture);
        for event in events(&std::fs::read_to_string(&file).expect("events"), ours.start) {
            let own = ours.trips.get(&event.time).map(Vec::as_slice).unwrap_or_default();
            if own.iter().any(|own| (own - event.micros).abs() <= event.micros * 0.05) {
                *equal.entry(event.protocol).or_default() += 1;
            } else if let Some(rule) = ours.excuse(&event) {
                *excused.entry(rule).or_default() += 1;
            } else {
                differ.push(format!("{name} {} {}: {}, ours {own:?}", event.protocol, event.time, event.micros));
            }
        }
    }
    eprintln!("round trips: {equal:?} equal, {} differ, excused {excused:?}", differ.len());
    eprintln!("{}", differ.join("\n"));
    assert!(differ.is_empty());
    for (protocol, seen) in [("TCP", 14), ("DNS", 14), ("ICMP", 78), ("QUIC", 30)] {
        assert!(equal.get(protocol).is_some_and(|equal| *equal >= seen), "{protocol}: {equal:?}");
    }
    for ((rule, most), used) in excused {
        assert!(used <= most, "{rule}: {used} times");
    }
}

impl Ours {
    fn of(capture: &Path) -> Self {
        let mut ours = Self::default();
        let mut reader = Reader::open(capture).expect("a capture");
        let mut analyzer = Analyzer::new(Options::default());
        // The end of each segment that was sent again, by flow and direction.
        let mut resent: HashMap<(u32, bool), Vec<u32>> = HashMap::new();
        while let Ok(Some(frame)) = reader.next_frame() {
            let time = frame.timestamp.expect("a time").as_nanos() / 1000;
            let packet = frame.packet();
            let observation = analyzer.push(&frame, &packet);
            let (Some(tcp), Some(header)) = (observation.tcp, packet.tcp()) else { continue };
            let (flow, from_client) = (observation.flow_id.unwrap(), observation.from_client.unwrap());
            if tcp.classification.is_some_and(|verdict| verdict.class.is_retransmission()) {
                let end = header.sequence_number().wrapping_add(tcp.segment_len);
                resent.entry((flow, from_client)).or_default().push(end);
            }
            if let Some(rtt) = tcp.ack_rtt {
                ours.add(time, rtt.as_secs_f64());
            }
            let is_selective = header.option_bytes().windows(2).any(|pair| pair[0] == 5 && pair[1] >= 10);
            ours.selective.extend(is_selective.then_some(time));
            let numbers = resent.get(&(flow, !from_client)).map(Vec::as_slice).unwrap_or_default();
            ours.ambiguous.extend(numbers.contains(&header.acknowledgment_number()).then_some(time));
        }
        let report = analyzer.finish();
        ours.start = report.capture.first.expect("a time").as_nanos() / 1000;
        let at = |time: netshoot_core::capture::Timestamp| time.as_nanos();
        for dns in &report.dns {
            for latency in dns.latency.into_iter().chain(dns.first_latency) {
                ours.add((at(dns.time) + latency.as_nanos() as i64) / 1000, latency.as_secs_f64());
            }
        }
        for icmp in &report.icmp {
            let rtt = icmp.rtt.map(|rtt| ((at(icmp.time) + rtt.as_nanos() as i64) / 1000, rtt));
            rtt.into_iter().for_each(|(time, rtt)| ours.add(time, rtt.as_secs_f64()));
        }
        for quic in &report.quic {
            let flow = report.flow(quic.flow_id).expect("a flow");
            ours.quic.insert(flow.client.port, quic.attempts);
            let hello = quic.hello.map(|hello| ((at(quic.time) + hello.as_nanos() as i64) / 1000, hello));
            hello.into_iter().for_each(|(time, hello)| ours.add(time, hello.as_secs_f64()));
        }
        ours
    }

    fn add(&mut self, time: i64, seconds: f64) {
        self.trips.entry(time).or_default().push(seconds * 1e6);
    }

    fn excuse(&self, event: &Event) -> Option<Excuse> {
        Some(match event.protocol.as_str() {
            "TCP" if self.ambiguous.contains(&event.time) => {
                ("spindump measures from the last copy of what was sent again, Wireshark from the first", 1)
            }
            "TCP" if self.selective.contains(&event.time) => ("spindump measures from selective acknowledgments", 7),
            "SCTP" => ("SCTP has no round trips here", 6),
            "QUIC" if event.port.is_none_or(|port| !self.quic.contains_key(&port)) => {
                ("QUIC of other versions than the RFCs and the drafts of 2019 on, or with shorter identifiers", 101)
            }
            "QUIC" if event.is_first && event.port.is_some_and(|port| self.quic.get(&port) > Some(&1)) => {
                ("spindump measures from the last copy of the first datagram", 5)
            }
            "QUIC" if !event.is_first => ("behind the first answer, QUIC tells by its spin bit and by guesses", 27),
            _ => return None,
        })
    }
}

/// The round trips of a file of events, as text or as JSON.
fn events(text: &str, start: i64) -> Vec<Event> {
    let mut known = Vec::new();
    let mut events = Vec::new();
    for line in text.lines() {
        let words: Vec<_> = line.split([' ', ',']).collect();
        let after =
            |word: &str| words.iter().position(|other| *other == word).and_then(|at| words.get(at + 1)).copied();
        let is_json = line.starts_with('{');
        let protocol = if is_json { after("\"Type\":") } else { words.first().copied() };
        let time = after(if is_json { "\"Ts\":" } else { "at" }).and_then(|time| time.parse::<i64>().ok());
        let trip = ["left", "right", "\"Left_rtt\":", "\"Right_rtt\":"].into_iter().find_map(after);
        let trip = trip.and_then(|trip| trip.parse::<f64>().ok());
        let (Some(protocol), Some(time), Some(micros)) = (protocol, time, trip) else { continue };
        let ports = words.iter().find_map(|word| word.trim_matches(['(', ')', '"']).split_once(':'));
        let port = ports.and_then(|(port, _)| port.parse().ok());
        let is_right = after("right").or_else(|| after("\"Right_rtt\":")).is_some();
        let is_first = is_right && !known.contains(&port);
        known.push(port);
        let time = if time < 1_000_000_000_000 { start + time } else { time };
        let protocol = protocol.trim_matches('"').replace("HOSTS", "ICMP");
        events.push(Event { protocol, time, micros, is_first, port });
    }
    events
}

fn find(folder: &Path, name: &str) -> Option<PathBuf> {
    entries(folder).into_iter().find_map(|entry| match entry.is_dir() {
        true => find(&entry, name),
        false => (entry.file_name()?.to_str()? == name).then_some(entry),
    })
}

fn entries(path: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<_> = std::fs::read_dir(path).expect("a folder").map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    entries
}

//! The capture reader against capinfos and tshark on every file of the shared corpus, frame by frame.
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
use std::fs;
use std::process::Command;

use netshoot_core::Error;
use netshoot_core::capture::{Interface, Reader, Resolution};
use serde_json::Value;
use support::{Capture, Corpus};

/// Files that other programs refuse and we do not, each with the reason.
const DISAGREEMENTS: &[(&str, &str)] = &[
    ("libpcap/tests/filter/brcm-tag-stp.pcap", UNKNOWN_LINK_TYPE),
    ("libpcap/tests/filter/brcm-tag.pcap", UNKNOWN_LINK_TYPE),
    ("tcpdump/tests/brcm-tag.pcap", UNKNOWN_LINK_TYPE),
    ("tcpdump/tests/edsa-high-vid.pcap", UNKNOWN_LINK_TYPE),
    ("tcpdump/tests/edsa.pcap", UNKNOWN_LINK_TYPE),
    ("tcpdump/tests/frf16_magic_ie-oobr.pcap", UNKNOWN_LINK_TYPE),
    ("tcpdump/tests/vtp_asan.pcap", UNKNOWN_LINK_TYPE),
    ("tcpdump/tests/vtp_asan-2.pcap", UNKNOWN_LINK_TYPE),
    ("tcpdump/tests/vtp_asan-3.pcap", UNKNOWN_LINK_TYPE),
];
const UNKNOWN_LINK_TYPE: &str =
    "Wireshark 4.0 refuses the link type (182, 281, 285); frames are frames, whatever is in them";

/// What a frame says, without its octets.
struct Row {
    offset: u64,
    nanos: Option<i64>,
    captured: u64,
    original: u64,
    link_type: u16,
    interface: u32,
    section: u32,
}

struct Walk {
    rows: Vec<Row>,
    interfaces: Vec<Interface>,
    error: Option<Error>,
}

#[derive(Default)]
struct Tally {
    files: usize,
    frames: u64,
    values: u64,
    excused: BTreeMap<&'static str, u64>,
    encapsulations: BTreeMap<u16, BTreeSet<i64>>,
    faults: Vec<String>,
}

#[test]
fn every_capture_reads_as_in_wireshark() {
    let Some(corpus) = Corpus::find("every_capture_reads_as_in_wireshark") else { return };
    let mut tally = Tally::default();
    for capture in &corpus.captures {
        let info = corpus.answers(capture, "info").next().expect("one line of facts");
        let walk = walk(capture);
        tally.files += 1;
        let frames: Vec<_> = corpus.answers(capture, "packets").filter(|row| row.get("end").is_none()).collect();
        tally.compare_file(capture, &info, &walk, &frames);
        tally.compare_frames(capture, &walk, &frames);
    }
    tally.compare_encapsulations();
    tally.report();
}

/// capinfos still says what is stored, for a seeded twentieth of the files, or for as many as `NETSHOOT_CORPUS_PARTS` says.
#[test]
fn stored_answers_are_those_of_capinfos() {
    const TEST: &str = "stored_answers_are_those_of_capinfos";
    let Some(corpus) = Corpus::find(TEST) else { return };
    if !support::has_program("capinfos") {
        return support::skip(TEST, "capinfos is not installed");
    }
    let mut asked = 0;
    let parts = support::corpus_parts();
    for capture in corpus.captures.iter().filter(|capture| capture.is_drawn(SEED, parts)) {
        let stored = corpus.answers(capture, "info").next().expect("one line of facts");
        let run =
            Command::new("capinfos").args(["-T", "-M", "-r", "-c"]).arg(&capture.path).output().expect("capinfos");
        assert_eq!(run.status.code().map(i64::from), stored["exit"].as_i64(), "{}", capture.name);
        let text = String::from_utf8_lossy(&run.stdout);
        let count = text.lines().next().and_then(|line| line.rsplit('\t').next());
        assert_eq!(count, stored["Number of packets"].as_str(), "{}", capture.name);
        asked += 1;
    }
    eprintln!("capinfos asked again for {asked} of {} files", corpus.captures.len());
    assert!(asked > corpus.captures.len() / 40);
}

impl Tally {
    fn check(&mut self, holds: bool, fault: impl FnOnce() -> String) {
        self.values += 1;
        if !holds {
            self.faults.push(fault());
        }
    }

    /// Where capinfos reads the whole file so do we, with the same count; where it fails, we deliver at least as many
    /// frames and then name the offset.
    fn compare_file(&mut self, capture: &Capture, info: &Value, walk: &Walk, frames: &[Value]) {
        let name = &capture.name;
        let listed = DISAGREEMENTS.iter().any(|(file, _)| name.ends_with(file));
        let ours = walk.rows.len();
        let shown = frames.iter().filter(|frame| is_packet(capture, frame)).count();
        let theirs = info["Number of packets"].as_str().map_or(0, |count| count.parse().expect("a count"));
        if info["exit"] == 0 {
            self.check(!listed, || format!("{name}: listed in vain"));
            self.check(walk.error.is_none(), || format!("{name}: {:?}", walk.error));
            self.check(ours == theirs, || format!("{name}: {ours} frames, capinfos {theirs}"));
            self.check(ours == shown, || format!("{name}: {ours} frames, tshark {shown}"));
            return;
        }
        self.check(ours >= theirs, || format!("{name}: {ours} frames, capinfos {theirs} before its error"));
        let named = walk.error.as_ref().is_some_and(|error| error.to_string().contains(" at offset "));
        self.check(named != listed, || {
            format!("{name}: after {ours} frames {:?}, listed: {listed}, capinfos: {}", walk.error, info["stderr"])
        });
    }

    fn compare_frames(&mut self, capture: &Capture, walk: &Walk, frames: &[Value]) {
        let file = fs::read(&capture.path).expect("a capture");
        let theirs: Vec<_> = frames.iter().filter(|frame| is_packet(capture, frame)).collect();
        self.check(theirs.len() <= walk.rows.len(), || format!("{}: fewer frames than tshark", capture.name));
        for (row, frame) in walk.rows.iter().zip(theirs) {
            self.frames += 1;
            self.compare_frame(capture, walk, &file, row, frame);
        }
    }

    fn compare_frame(&mut self, capture: &Capture, walk: &Walk, file: &[u8], row: &Row, frame: &Value) {
        let place = || format!("{} frame {}", capture.name, frame["n"]);
        let stripped = pseudo_header(row.link_type);
        let (captured, mut original) = (row.captured - stripped, row.original - stripped);
        if stripped != 0 {
            self.excuse("tshark takes the pseudo-header of SunATM off both lengths", 2);
        }
        if original > INT_MAX {
            self.excuse("tshark cuts the original length to 31 bits", 1);
            original = INT_MAX;
        }
        self.check(frame["caplen"] == captured, || format!("{}: captured {captured}, {}", place(), frame["caplen"]));
        self.check(frame["len"] == original, || format!("{}: original {original}, {}", place(), frame["len"]));
        let theirs = frame["ts"].as_str().map(nanos);
        if row.nanos != theirs && has_long_fraction(walk, file, row) {
            self.excuse("tshark does not carry fractions of a second and more", 1);
        } else {
            self.check(row.nanos == theirs, || format!("{}: time {:?}, {theirs:?}", place(), row.nanos));
        }
        if capture.format.starts_with("pcapng") {
            self.compare_interface(walk, row, frame, place);
        }
        let encapsulation = frame["encap"].as_i64().expect("an encapsulation");
        self.encapsulations.entry(row.link_type).or_default().insert(encapsulation);
    }

    fn compare_interface(&mut self, walk: &Walk, row: &Row, frame: &Value, place: impl Fn() -> String) {
        self.check(frame["if_id"] == row.interface, || format!("{}: interface {}", place(), row.interface));
        self.check(frame["section"] == row.section, || format!("{}: section {}", place(), row.section));
        let interface = walk.interfaces.iter().find(|i| (i.section, i.id) == (row.section, row.interface));
        // tshark falls back on the description, then on this word.
        let name = interface.and_then(|i| i.name.as_deref().or(i.description.as_deref())).unwrap_or("unknown");
        match &frame["if_name"] {
            Value::Null => {}
            theirs if theirs != name && row.section > 1 => {
                self.excuse("tshark names interfaces of later sections as those of the first", 1);
            }
            theirs => self.check(theirs == name, || format!("{}: interface {name}, {theirs}", place())),
        }
    }

    fn excuse(&mut self, rule: &'static str, values: u64) {
        *self.excused.entry(rule).or_default() += values;
    }

    /// tshark shows its own number for the link type: it must be one number a link type, and the right one for those
    /// that the parser enters.
    fn compare_encapsulations(&mut self) {
        let table = std::mem::take(&mut self.encapsulations);
        for (link_type, encapsulations) in &table {
            let known = KNOWN_ENCAPSULATIONS.iter().find(|(known, _)| known == link_type);
            let right = known.is_none_or(|(_, number)| encapsulations.contains(number));
            self.check(encapsulations.len() == 1 && right, || format!("link type {link_type}: {encapsulations:?}"));
        }
        eprintln!("{} link types", table.len());
    }

    fn report(&self) {
        let excused: u64 = self.excused.values().sum();
        eprintln!(
            "{} files, {} frames, {} values compared, {excused} excused, {} files listed",
            self.files,
            self.frames,
            self.values,
            DISAGREEMENTS.len()
        );
        for (rule, count) in &self.excused {
            eprintln!("  {count} excused: {rule}");
        }
        assert!(self.faults.is_empty(), "{} faults:\n{}", self.faults.len(), self.faults.join("\n"));
        assert!(excused * 1000 <= self.values, "more than 0.1% excused");
        assert!(DISAGREEMENTS.len() <= 20);
    }
}

fn walk(capture: &Capture) -> Walk {
    let mut walk = Walk { rows: Vec::new(), interfaces: Vec::new(), error: None };
    let mut reader = match Reader::open(&capture.path) {
        Ok(reader) => reader,
        Err(error) => return Walk { error: Some(error), ..walk },
    };
    loop {
        match reader.next_frame() {
            Ok(None) => break,
            Err(error) => walk.error = Some(error),
            Ok(Some(frame)) => walk.rows.push(Row {
                offset: frame.offset,
                nanos: frame.timestamp.map(|time| time.as_nanos()),
                captured: frame.bytes.len() as u64,
                original: frame.original_length.into(),
                link_type: frame.link_type.0,
                interface: frame.interface,
                section: frame.section,
            }),
        }
    }
    walk.interfaces = reader.interfaces().to_vec();
    walk
}

/// tshark also numbers the custom blocks of pcapng, which have no encapsulation.
fn is_packet(capture: &Capture, frame: &Value) -> bool {
    !capture.format.starts_with("pcapng") || frame.get("encap").is_some()
}

/// Octets that tshark takes off the front of a frame of a link type as a pseudo-header.
fn pseudo_header(link_type: u16) -> u64 {
    match link_type {
        SUNATM => 4,
        _ => 0,
    }
}

/// Whether a pcap record has a second or more in its fraction.
fn has_long_fraction(walk: &Walk, file: &[u8], row: &Row) -> bool {
    if !file.starts_with(&[0xd4, 0xc3]) && !file.starts_with(&[0x4d, 0x3c]) {
        return false;
    }
    let at = row.offset as usize + 4;
    let fraction = u32::from_le_bytes(file[at..at + 4].try_into().expect("four octets"));
    fraction >= if walk.interfaces[0].resolution == Resolution::MICROSECONDS { 1_000_000 } else { 1_000_000_000 }
}

/// Nanoseconds in tshark's decimal seconds.
fn nanos(text: &str) -> i64 {
    let (seconds, fraction) = text.split_once('.').expect("a decimal point");
    let fraction: i64 = fraction.parse().expect("nanoseconds");
    seconds.parse::<i64>().expect("seconds") * 1_000_000_000 + fraction
}

const SUNATM: u16 = 123;
const INT_MAX: u64 = 0x7fff_ffff;
const SEED: u64 = 20_261_123;

/// Wireshark's numbers for the link types that the parser enters.
const KNOWN_ENCAPSULATIONS: &[(u16, i64)] =
    &[(0, 15), (1, 1), (12, 7), (14, 7), (101, 7), (108, 15), (113, 25), (228, 129), (229, 130), (276, 210)];

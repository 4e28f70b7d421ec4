//! The generated capture: the same from everywhere, made up of what it promises, and judged by tshark to hold exactly
//! the faults that its file of truth lists.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::print_stderr)]

mod support;

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::Path;
use std::process::Command;

use netshoot_benches::generator::{Settings, Summary, generate};
use serde_json::Value;
use sha1::{Digest, Sha1};

/// Keeps nothing but a hash.
#[derive(Default)]
struct Hashed(Sha1);

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Hashed {
    fn hex(self) -> String {
        self.0.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

fn hashes(settings: Settings) -> (Summary, String, String) {
    let (mut capture, mut truth) = (Hashed::default(), Hashed::default());
    let summary = generate(settings, &mut capture, &mut truth).unwrap();
    (summary, capture.hex(), truth.hex())
}

fn in_memory(settings: Settings) -> (Vec<u8>, Vec<Value>) {
    let (mut capture, mut truth) = (Vec::new(), Vec::new());
    generate(settings, &mut capture, &mut truth).unwrap();
    let lines = String::from_utf8(truth).unwrap();
    (capture, lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

#[test]
fn small_capture_is_frozen() {
    let (summary, capture, truth) = hashes(Settings { frames: 20_000, seed: 1 });
    assert_eq!(summary.frames, 20_000);
    assert_eq!((capture.as_str(), truth.as_str()), SMALL);
}

#[test]
fn default_capture_is_frozen() {
    let (summary, capture, truth) = hashes(Settings::default());
    assert_eq!(summary.frames, 1_050_000);
    assert!((270_000_000..330_000_000).contains(&summary.octets), "{} octets", summary.octets);
    assert!(summary.flows >= 19_000);
    assert_eq!((capture.as_str(), truth.as_str()), DEFAULT);
}

#[test]
fn seeds_differ() {
    let (_, one, _) = hashes(Settings { frames: 500, seed: 1 });
    let (_, two, _) = hashes(Settings { frames: 500, seed: 2 });
    assert_ne!(one, two);
}

/// What one frame is, found without any parser but the few lines here.
struct Seen {
    six: bool,
    tagged: bool,
    protocol: u8,
    ports: [u16; 2],
}

fn frames(capture: &[u8]) -> Vec<(u64, Seen)> {
    let word = |at: usize| u32::from_le_bytes(capture[at..at + 4].try_into().unwrap());
    let short = |at: usize| u16::from_be_bytes(capture[at..at + 2].try_into().unwrap());
    let (mut at, mut found) = (24, Vec::new());
    while at < capture.len() {
        let time = u64::from(word(at)) * 1_000_000 + u64::from(word(at + 4));
        let mut network = at + 16 + 14;
        while [0x8100, 0x88a8].contains(&short(network - 2)) {
            network += 4;
        }
        let six = short(network - 2) == 0x86dd;
        let (protocol, transport) =
            if six { (capture[network + 6], network + 40) } else { (capture[network + 9], network + 20) };
        let tagged = network > at + 30;
        found.push((time, Seen { six, tagged, protocol, ports: [short(transport), short(transport + 2)] }));
        at += 16 + word(at + 8) as usize;
    }
    found
}

#[test]
fn proportions_are_as_promised() {
    let (capture, truth) = in_memory(Settings { frames: 200_000, seed: 1 });
    let frames = frames(&capture);
    assert_eq!(frames.len(), 200_000);
    assert!(frames.windows(2).all(|pair| pair[0].0 <= pair[1].0), "frames are in order of time");
    let share = |of: &dyn Fn(&Seen) -> bool| frames.iter().filter(|(_, seen)| of(seen)).count() as f64 / 2_000.0;
    let dns = share(&|seen| seen.protocol == 17 && seen.ports.contains(&53));
    let web = share(&|seen| seen.protocol == 6 && seen.ports.iter().any(|port| [80, 443, 8080].contains(port)));
    let (six, tagged) = (share(&|seen| seen.six), share(&|seen| seen.tagged));
    let tcp = share(&|seen| seen.protocol == 6) * 2_000.0;
    assert!(dns >= 5.0, "{dns}% DNS");
    assert!(web >= 60.0, "{web}% of frames in TLS or HTTP connections, about half of which carry data");
    assert!((15.0..35.0).contains(&six), "{six}% IPv6");
    assert!((10.0..30.0).contains(&tagged), "{tagged}% with VLAN tags");
    let disordered =
        truth.iter().filter(|fault| ["retransmission", "reordered"].contains(&fault["kind"].as_str().unwrap()));
    let disordered = disordered.count() as f64 * 100.0 / tcp;
    assert!((1.6..2.6).contains(&disordered), "{disordered}% of segments retransmitted or reordered");
    for kind in KINDS {
        assert!(truth.iter().any(|fault| fault["kind"] == *kind), "no {kind} was planted");
    }
}

#[test]
fn truth_names_frames_of_its_flow() {
    let (capture, truth) = in_memory(Settings { frames: 60_000, seed: 3 });
    let frames = frames(&capture);
    for fault in &truth {
        let numbers: Vec<usize> =
            fault["frames"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap() as usize).collect();
        assert!(!numbers.is_empty() && numbers.windows(2).all(|pair| pair[0] < pair[1]), "{fault}");
        let ports =
            [&fault["flow"]["client_port"], &fault["flow"]["server_port"]].map(|port| port.as_u64().unwrap() as u16);
        for number in numbers {
            let (_, seen) = &frames[number - 1];
            let same = seen.ports == ports || seen.ports == [ports[1], ports[0]];
            let other = [1, 58].contains(&seen.protocol) || fault["kind"] == "port_scan";
            assert!(same || other, "frame {number} of {fault}");
        }
    }
}

/// What tshark says about one frame: the values of `FIELDS`, empty where it has none.
struct Judged(Vec<(u64, Vec<String>)>);

impl Judged {
    fn of(file: &Path) -> Self {
        let mut command = Command::new("tshark");
        command.args(["-n", "-T", "fields", "-e", "frame.number", "-E", "occurrence=f", "-r"]).arg(file);
        for field in FIELDS {
            command.args(["-e", field]);
        }
        for option in ["ip.check_checksum", "tcp.check_checksum", "udp.check_checksum", "tcp.reassemble_out_of_order"] {
            command.args(["-o", &format!("{option}:TRUE")]);
        }
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let row = |line: &str| {
            let mut columns = line.split('\t').map(str::to_owned);
            (columns.next().unwrap().parse().unwrap(), columns.collect())
        };
        Self(String::from_utf8(output.stdout).unwrap().lines().map(row).collect())
    }

    /// The frames whose value of one of these fields is as wanted.
    fn frames(&self, fields: &[&str], wanted: impl Fn(&str) -> bool) -> BTreeSet<u64> {
        let columns: Vec<usize> =
            fields.iter().map(|field| FIELDS.iter().position(|known| known == field).unwrap()).collect();
        let hit = |row: &&(u64, Vec<String>)| {
            columns.iter().any(|column| !row.1[*column].is_empty() && wanted(&row.1[*column]))
        };
        self.0.iter().filter(hit).map(|row| row.0).collect()
    }

    fn flagged(&self, fields: &[&str]) -> BTreeSet<u64> {
        self.frames(fields, |_| true)
    }
}

fn numbers<'a>(values: impl Iterator<Item = &'a Value>) -> BTreeSet<u64> {
    let flat = values.flat_map(|value| match value {
        Value::Array(list) => list.clone(),
        other => vec![other.clone()],
    });
    flat.filter_map(|value| value.as_u64()).collect()
}

#[test]
fn tshark_sees_exactly_the_planted_faults() {
    if !support::has_program("tshark", "--version") {
        return support::skip("tshark_sees_exactly_the_planted_faults", "tshark is not installed");
    }
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("generated.pcap");
    let (capture, truth) = in_memory(Settings { frames: 60_000, seed: 2 });
    std::fs::write(&file, &capture).unwrap();
    let of = |kinds: &'static [&'static str]| {
        truth.iter().filter(move |fault| kinds.contains(&fault["kind"].as_str().unwrap()))
    };
    let details = |kind: &'static [&'static str], field: &'static str| {
        numbers(of(kind).map(move |fault| &fault["details"][field]))
    };
    let last = |fault: &&Value| fault["frames"].as_array().unwrap().last().unwrap().as_u64().unwrap();

    let judged = Judged::of(&file);
    assert_eq!(judged.0.len(), 60_000);
    assert_eq!(judged.flagged(&["_ws.malformed"]), BTreeSet::new());
    assert_eq!(judged.frames(CHECKSUMS, |status| status == "0"), BTreeSet::new(), "wrong checksums");
    assert!(judged.frames(CHECKSUMS, |status| status == "1").len() > 59_000, "checksums were looked at");
    assert_eq!(judged.flagged(&["tcp.analysis.ack_lost_segment", "tcp.analysis.reused_ports"]), BTreeSet::new());
    // A repeat of a segment that was lost before the tap, with nothing behind it, looks like new data.
    let visible = |fault: &&Value| fault["kind"] == "reordered" || fault["details"]["behind_highest"] == true;
    let disorder: BTreeSet<u64> =
        of(&["retransmission", "reordered"]).filter(visible).map(|fault| last(&fault)).collect();
    assert_eq!(judged.flagged(&["tcp.analysis.retransmission", "tcp.analysis.out_of_order"]), disorder);
    assert_eq!(judged.flagged(&["tcp.analysis.zero_window"]), details(&["zero_window"], "zero_window_frames"));
    let probes = judged.flagged(&["tcp.analysis.zero_window_probe", "tcp.analysis.keep_alive"]);
    assert_eq!(probes, details(&["zero_window"], "probe_frames"));
    assert_eq!(judged.flagged(&["tcp.analysis.window_update"]), details(&["zero_window"], "update_frame"));
    let failures: BTreeSet<u64> = of(&["dns_failure"]).map(|fault| last(&fault)).collect();
    assert_eq!(judged.frames(&["dns.flags.rcode"], |code| code != "0"), failures);
    let mut unreachable = judged.frames(&["icmp.type"], |kind| kind == "3");
    unreachable.extend(judged.frames(&["icmpv6.type"], |kind| kind == "1"));
    assert_eq!(unreachable, details(&["unreachable"], "icmp_frames"));
    let resets = judged.frames(&["tcp.flags.reset"], |flag| flag == "1" || flag == "True");
    let planted = of(&["reset", "connection_refused"]).map(|fault| last(&fault));
    for frame in planted {
        assert!(resets.contains(&frame), "frame {frame} is no reset");
    }
}

/// SHA-1 of the capture and of the file of truth.
const SMALL: (&str, &str) = ("0af8b2618f97a4dbd0a25f14b2d37a0e8a4bcadc", "771abbea5698bfff0a7f69cca945f9970743bca6");
const DEFAULT: (&str, &str) = ("90c3869114e3dc47dc444e41987d24f405c6ba5a", "b30c1034ecb67778942589a3fea29ebceb4ed301");

const CHECKSUMS: &[&str] = &[
    "ip.checksum.status",
    "tcp.checksum.status",
    "udp.checksum.status",
    "icmp.checksum.status",
    "icmpv6.checksum.status",
];

const FIELDS: &[&str] = &[
    "_ws.malformed",
    "ip.checksum.status",
    "tcp.checksum.status",
    "udp.checksum.status",
    "icmp.checksum.status",
    "icmpv6.checksum.status",
    "tcp.analysis.ack_lost_segment",
    "tcp.analysis.reused_ports",
    "tcp.analysis.retransmission",
    "tcp.analysis.out_of_order",
    "tcp.analysis.zero_window",
    "tcp.analysis.zero_window_probe",
    "tcp.analysis.keep_alive",
    "tcp.analysis.window_update",
    "dns.flags.rcode",
    "icmp.type",
    "icmpv6.type",
    "tcp.flags.reset",
];

const KINDS: &[&str] = &[
    "retransmission",
    "reordered",
    "zero_window",
    "reset",
    "connection_refused",
    "syn_unanswered",
    "unreachable",
    "dns_failure",
    "dns_unanswered",
    "dns_retry",
    "dns_slow",
    "echo_unanswered",
    "port_scan",
];

//! `netshoot analyze`: the story of a flow, single findings, times, a page, and captures of the evidence.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use std::path::Path;
use std::process::{Command, Output};

use netshoot_core::capture::Reader;
use script::Script;
use serde_json::Value;

#[path = "../../tests/support/script.rs"]
mod script;
#[path = "../../tests/support/skip.rs"]
mod skip;

const DEMO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/captures/demo.pcapng");

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_netshoot")).arg("analyze").args(arguments).output().unwrap()
}

fn text(arguments: &[&str]) -> String {
    let output = run(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn refused(arguments: &[&str]) -> (Option<i32>, String) {
    let output = run(arguments);
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

fn frames(path: &Path) -> u64 {
    let mut reader = Reader::open(path).unwrap();
    let mut frames = 0;
    while reader.next_frame().unwrap().is_some() {
        frames += 1;
    }
    frames
}

#[test]
fn the_story_of_a_flow() {
    let told = text(&["--flow", "18", DEMO]);
    assert!(told.starts_with("flow 18, tcp stream 5: 10.99.0.1:37076 to 10.99.0.2:9090"), "{told}");
    assert!(told.contains("    0.026570  338    server refuses the connection: RST\n"), "{told}");
    assert!(told.ends_with("verdict: server (critical): connections refused\n"), "{told}");
    let told: Value = serde_json::from_str(&text(&["--flow=18", "--json", DEMO])).unwrap();
    assert_eq!((&told["flow_id"], &told["verdict"]), (&18.into(), &"server".into()));
    let events = told["events"].as_array().unwrap();
    let refusal = events.iter().find(|event| event["kind"] == "reset").unwrap();
    assert_eq!((&refusal["first_frame"], &refusal["by_client"]), (&338.into(), &false.into()));
    let (status, error) = refused(&["--flow", "99", DEMO]);
    assert_eq!(status, Some(1));
    assert!(error.contains("find flow 99") && error.contains("hint: the flows are 0 to 25"), "{error}");
    let (status, error) = refused(&["--flow", "1", "-"]);
    assert_eq!((status, error.lines().count()), (Some(2), 1), "{error}");
}

#[test]
fn traffic_added_up() {
    let told = text(&["--aggregates", "-n", "1", DEMO]);
    assert!(told.contains("\nENDPOINTS  the largest 1 of 4\n") && told.contains("\nCONVERSATIONS  "), "{told}");
    assert!(told.contains("\nPROTOCOLS\n") && told.contains("\n  ip "), "{told}");
    let told: Value = serde_json::from_str(&text(&["--aggregates", "--json", DEMO])).unwrap();
    let rows = |key: &str| told[key].as_array().unwrap().clone();
    let sum = |rows: Vec<Value>, key: &str| rows.iter().map(|row| row[key].as_u64().unwrap()).sum::<u64>();
    assert_eq!((rows("endpoints").len(), rows("conversations").len()), (4, 2));
    assert_eq!(sum(rows("endpoints"), "packets_sent"), sum(rows("endpoints"), "packets_received"));
    let outermost = rows("hierarchy").into_iter().filter(|row| row["depth"] == 0).collect();
    assert_eq!(sum(outermost, "packets"), told["capture"]["frames"].as_u64().unwrap());
    assert!(told["attempts"].is_array() && !text(&[DEMO]).contains("ENDPOINTS"));
    for wrong in [["--aggregates", "-"], ["--aggregates", "--findings"]] {
        assert_eq!(refused(&wrong).0, Some(2));
    }
}

#[test]
fn single_findings() {
    let all = text(&["--findings", DEMO]);
    assert!(!all.contains("FLOWS") && all.contains("tcp-refused") && all.contains("dns-failure"), "{all}");
    let some = text(&["--findings=tcp-refused,dns-failure", DEMO]);
    assert!(some.contains("tcp-refused") && some.contains("dns-failure") && !some.contains("tcp-reset"), "{some}");
    let rows: Value = serde_json::from_str(&text(&["--findings=1,2", "--json", DEMO])).unwrap();
    let ids: Vec<_> = rows["findings"].as_array().unwrap().iter().map(|row| row["id"].as_u64().unwrap()).collect();
    assert_eq!(ids, [1, 2]);
    let (status, error) = refused(&["--findings=tcp-bad-luck", DEMO]);
    assert!(status == Some(2) && error.contains("tcp-refused"), "{error}");
}

#[test]
fn frames_from_a_time_on() {
    let count = |arguments: &[&str]| {
        let report: Value = serde_json::from_str(&text(&[arguments, &["--json", DEMO]].concat())).unwrap();
        report["capture"]["frames"].as_u64().unwrap()
    };
    let (all, late) = (count(&[]), count(&["--since", "10s"]));
    assert!(late > 0 && late < all);
    assert_eq!(count(&["--since=2026-11-23T06:54:49.036297Z"]), late);
    assert_eq!((count(&["--since=-5"]), count(&["--since", "1h"])), (all, 0));
    let (status, error) = refused(&["--since", "tomorrow", DEMO]);
    assert!(status == Some(2) && error.contains("10s"), "{error}");
}

#[test]
fn evidence_as_captures() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("evidence.pcapng");
    let write = |arguments: &[&str]| {
        text(&[arguments, &["--write", path.to_str().unwrap(), DEMO]].concat());
        frames(&path)
    };
    assert_eq!(write(&["--flow", "18"]), 2);
    assert_eq!(write(&["--findings=tcp-refused"]), 1);
    assert_eq!(write(&["--findings=tcp-refused", "--whole-flows"]), 2);
    if Command::new("tshark").arg("--version").output().is_err() {
        skip::skip("evidence_as_captures", "tshark is missing");
    } else {
        let mut tshark = Command::new("tshark");
        tshark.args(["-n", "-T", "fields", "-e", "tcp.flags", "-e", "frame.comment", "-r"]).arg(&path);
        let read = String::from_utf8(tshark.output().unwrap().stdout).unwrap();
        let comment = |frame| format!("frame {frame} of the capture that this is taken from");
        assert_eq!(read, format!("0x0002\t{}\n0x0014\t{}\n", comment(337), comment(338)));
    }
    for (wrong, what) in [(DEMO, "the capture itself"), ("-", "standard output")] {
        for option in ["--write", "--html"] {
            let (status, error) = refused(&[option, wrong, DEMO]);
            assert!(status == Some(2) && error.contains(what), "{error}");
        }
    }
}

#[test]
fn a_page() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("page.html");
    text(&["--html", path.to_str().unwrap(), DEMO]);
    let page = std::fs::read_to_string(&path).unwrap();
    assert!(page.starts_with("<!DOCTYPE html>") && page.trim_end().ends_with("</html>"));
    for part in ["Findings: ", "Traffic over time", "Sequence numbers, server to client", "Longest calls", "<svg"] {
        assert!(page.contains(part), "{part}");
    }
    let (status, error) = refused(&["--html", "/nonexistent/page.html", DEMO]);
    assert!(status == Some(1) && error.contains("write /nonexistent/page.html"), "{error}");
}

/// A query for the address of "a" in two fragments, of which the first ends within the question.
#[test]
fn fragments_are_put_together_unless_that_is_unwanted() {
    let header = |length, offset| [0x45, 0, 0, length, 0, 1, offset, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 53];
    let mut first = header(44, 0x20).to_vec();
    first.extend([0x30, 0x39, 0, 53, 0, 27, 0, 0, 0, 2, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, b'a', 0, 0]);
    let mut second = header(23, 0).to_vec();
    second[7] = 3;
    second.extend([1, 0, 1]);
    let words = |words: &[u32]| words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<u8>>();
    let mut octets = words(&[0xa1b2_c3d4, 4 << 16 | 2, 0, 0, 65_535, 101]);
    for frame in [&first, &second] {
        let length = u32::try_from(frame.len()).unwrap();
        octets.extend(words(&[0, 0, length, length]));
        octets.extend(frame);
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fragments.pcap");
    std::fs::write(&path, octets).unwrap();
    let path = path.to_str().unwrap();
    for (arguments, names) in [(&["--json", path][..], 1), (&["--json", "--no-reassembly", path], 0)] {
        let told: Value = serde_json::from_str(&text(arguments)).unwrap();
        assert_eq!(told["dns"].as_array().unwrap().len(), names, "{arguments:?}");
    }
}

/// Flows have the numbers in `packets` that they have in `analyze` with the same options, and the same frames count.
#[test]
fn packets_are_of_the_flows_of_the_report_with_the_same_options() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("options.pcap");
    std::fs::write(&path, Script::numbered_by_options().file).unwrap();
    let path = path.to_str().unwrap();
    let packets = |how: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_netshoot")).arg("packets").args(how).arg(path).output().unwrap();
        assert!(output.status.success(), "{how:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    for (how, expected) in [
        (&[][..], &[0, 1, 1, 1, 1, 2, 3][..]),
        (&["--no-reassembly"], &[1, 2, 2, 2, 2, 0, 3]),
        (&["--tcp-profile=wireshark-4.4"], &[0, 1, 1, 2, 2, 3, 4]),
        (&["--tcp-profile=wireshark-4.6", "--no-reassembly"], &[1, 2, 2, 3, 3, 0, 4]),
        (&["--since=3ms"], &[0, 0, 1, 2]),
    ] {
        let rows = packets(&[how, &["--columns=frame,flow_id"]].concat());
        let rows: Vec<Value> = rows.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let numbers: Vec<_> = rows.iter().map(|row| row["flow_id"].as_i64().unwrap()).collect();
        assert_eq!(numbers, expected, "{how:?}");
        let report: Value = serde_json::from_str(&text(&[how, &["--json", path]].concat())).unwrap();
        let flows = report["flows"].as_array().unwrap().iter().filter(|flow| flow["client_port"].is_u64());
        for flow in flows {
            let own: Vec<_> = rows.iter().filter(|row| row["flow_id"] == flow["flow_id"]).collect();
            let ends = [own.first().unwrap(), own.last().unwrap()].map(|row| &row["frame"]);
            assert_eq!(ends, [&flow["first_frame"], &flow["last_frame"]], "{how:?}");
        }
        let lines = packets(how);
        let frames: Vec<_> = lines.lines().map(|line| line.split_whitespace().next().unwrap().to_owned()).collect();
        assert_eq!(frames, rows.iter().map(|row| row["frame"].to_string()).collect::<Vec<_>>(), "{how:?}");
    }
}

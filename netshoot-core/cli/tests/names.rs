//! `netshoot packets --names` and `netshoot analyze --names`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

#[path = "../../tests/support/build.rs"]
#[allow(dead_code, unreachable_pub)]
mod build;

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};

use build::Order;

/// From 192.0.2.1 to 192.0.2.2.
const UDP: [u8; 28] =
    [0x45, 0, 0, 28, 0, 7, 0, 0, 64, 17, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2, 0x9c, 0x40, 0x1f, 0x90, 0, 8, 0, 0];

/// One name in front of two packets, one between them, and one behind them.
fn capture() -> Vec<u8> {
    let order = Order::Little;
    let name = |last: u8, name: &str| {
        build::block(order, 4, &build::option(order, 1, &[&[192, 0, 2, last], name.as_bytes(), b"\0"].concat()))
    };
    let packet = build::enhanced(order, 0, 0, 28, &UDP);
    [
        build::section(order, (1, 0), &[]),
        build::interface(order, 101, 0, &[]),
        name(1, "early"),
        packet.clone(),
        name(2, "late\u{1b}[31m"),
        packet,
        name(1, "last"),
    ]
    .concat()
}

fn netshoot(words: &[&str], path: &Path) -> (String, Option<i32>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_netshoot"));
    let output = command.args(words).stdin(Stdio::from(File::open(path).unwrap())).output().unwrap();
    assert_eq!(output.status.code() == Some(0), output.stderr.is_empty());
    (String::from_utf8(output.stdout).unwrap(), output.status.code())
}

#[test]
fn names_are_those_of_the_capture() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("named.pcapng");
    std::fs::write(&path, capture()).unwrap();
    let file = path.to_str().unwrap();
    let line = |from: &str, to: &str| format!("IP {from}.40000 > {to}.8080: UDP, length 0\n");
    let lines = |words: &[&str]| netshoot(&[&["packets", "-t"], words].concat(), &path).0.replace("    ", "");
    let numbered =
        |pairs: [(&str, &str); 2]| format!("1 {}2 {}", line(pairs[0].0, pairs[0].1), line(pairs[1].0, pairs[1].1));
    assert_eq!(lines(&[file]), numbered([("192.0.2.1", "192.0.2.2"); 2]));
    // A file is read for its names first; of a stream they are known as they come.
    assert_eq!(lines(&["--names", file]), numbered([("last", "late\\x1b[31m"); 2]));
    assert_eq!(lines(&["-N", "-"]), numbered([("early", "192.0.2.2"), ("early", "late\\x1b[31m")]));
    for words in [&["packets", "-n", "-N", file][..], &["packets", "-N", "--json", file]] {
        assert_eq!(netshoot(words, &path).1, Some(2));
    }
    for file in [file, "-"] {
        let (report, _) = netshoot(&["analyze", "--names", file], &path);
        assert!(report.contains("192.0.2.1:40000 last  192.0.2.2:8080 late\\x1b[31m"), "{report}");
        let (report, _) = netshoot(&["analyze", "--names", "--json", file], &path);
        let report: serde_json::Value = serde_json::from_str(&report).unwrap();
        assert_eq!(report["names"], serde_json::json!({"192.0.2.1": "last", "192.0.2.2": "late\u{1b}[31m"}));
        let (report, _) = netshoot(&["analyze", "--json", file], &path);
        assert!(!report.contains("\"names\""));
    }
}

//! `netshoot snapshot`: one JSON object of everything, and what differs between two.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::print_stderr)]
#![allow(missing_docs)]

#[path = "../../tests/support/skip.rs"]
mod skip;

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// A namespace made for one test, and removed after it.
struct Place(String);

impl Place {
    fn new(test: &str) -> Option<Self> {
        let name = format!("netshoot-{test}-{}", std::process::id());
        let made = Command::new("ip").args(["netns", "add", &name]).output();
        if !made.is_ok_and(|output| output.status.success()) {
            skip::skip(test, "making a network namespace needs iproute2 and root");
            return None;
        }
        let place = Self(name);
        place.ip("link add va type veth peer name vb");
        Some(place)
    }

    fn ip(&self, command: &str) {
        let output = Command::new("ip").args(["-n", &self.0]).args(command.split(' ')).output().unwrap();
        assert!(output.status.success(), "ip {command}: {}", String::from_utf8_lossy(&output.stderr));
    }

    fn netshoot(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_netshoot"));
        command.args(["snapshot", "-n", &self.0]).args(words);
        command
    }

    /// Waits until the kernel has noticed that `va` is down.
    fn until_down(&self) {
        for _ in 0..100 {
            let output = Command::new("ip").args(["-n", &self.0, "link", "show", "va"]).output().unwrap();
            if String::from_utf8_lossy(&output.stdout).contains("state DOWN") {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        panic!("va does not go down");
    }

    /// What is said of what `changes` do between two snapshots.
    fn between(&self, words: &[&str], changes: &[&str]) -> String {
        let mut command = self.netshoot(&[&["--diff"], words].concat());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut told = String::new();
        BufReader::new(child.stderr.as_mut().unwrap()).read_line(&mut told).unwrap();
        assert!(told.contains("the first snapshot is taken"), "{told}");
        changes.iter().for_each(|command| self.ip(command));
        child.stdin.take().unwrap().write_all(b"\n").unwrap();
        text(&child.wait_with_output().unwrap())
    }
}

fn text(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = Command::new("ip").args(["netns", "delete", &self.0]).output();
    }
}

#[test]
fn a_snapshot_is_one_object_of_all_kinds_or_of_some() {
    let Some(place) = Place::new("a_snapshot_is_one_object_of_all_kinds_or_of_some") else { return };
    let all: Value = serde_json::from_str(&text(&place.netshoot(&[]).output().unwrap())).unwrap();
    assert_eq!(all["schema_version"], 1);
    assert_eq!(all["links"]["known"]["items"].as_array().unwrap().len(), 3);
    assert!(all["taken_at"].as_str().unwrap().ends_with('Z') && all["counters"].get("known").is_some());
    let some: Value =
        serde_json::from_str(&text(&place.netshoot(&["--kinds", "rule,link"]).output().unwrap())).unwrap();
    assert_eq!((&some["routes"], &some["counters"]), (&Value::from("not_asked"), &Value::from("not_asked")));
    assert_eq!(some["rules"]["known"]["items"].as_array().unwrap().len(), 5);
    for option in ["-j", "--json", "--stable-json"] {
        let same: Value =
            serde_json::from_str(&text(&place.netshoot(&[option, "--kinds", "rule"]).output().unwrap())).unwrap();
        assert_eq!(same["rules"]["known"]["items"], some["rules"]["known"]["items"], "{option}");
    }
}

#[test]
fn what_changes_between_two_snapshots_is_told() {
    let Some(place) = Place::new("what_changes_between_two_snapshots_is_told") else { return };
    assert_eq!(place.between(&[], &[]), "");
    let changes = ["addr add 192.0.2.1/24 dev va", "link set vb mtu 1400", "rule add from 192.0.2.0/24 table 7 pref 9"];
    let told = place.between(&["--kinds", "link,address,rule"], &changes);
    let address =
        r"added address 3: va    inet 192.0.2.1/24 scope global va\       valid_lft forever preferred_lft forever";
    assert!(told.lines().any(|line| line == address), "{told}");
    assert!(told.contains("\n    mtu: 1500 -> 1400\n"), "{told}");
    assert!(told.contains("added rule 9:\tfrom 192.0.2.0/24 lookup 7\n"), "{told}");
    let told = place.between(&["--kinds", "qdisc"], &["link set va up"]);
    assert!(told.contains(" qdisc noqueue 0: dev va "), "{told}");
    assert!(told.lines().all(|line| line.split(' ').filter(|word| *word == "qdisc").count() <= 1), "{told}");
    let told = place.between(&["--json", "--kinds", "address"], &["addr del 192.0.2.1/24 dev va"]);
    let change: Value = serde_json::from_str(&told).unwrap();
    assert_eq!((&change["op"], &change["kind"]), (&Value::from("removed"), &Value::from("address")));
    // Sockets of the command itself are no change; nor is a link once what has happened to it is told.
    place.ip("link set va down");
    place.until_down();
    assert_eq!(place.between(&["--kinds", "link,netlink_socket"], &[]), "");
    assert_eq!((&change["old"]["local"], &change["new"]), (&Value::from("192.0.2.1"), &Value::Null));
}

#[test]
fn what_makes_no_sense_is_told() {
    let place = Place::new("what_makes_no_sense_is_told");
    if let Some(Place(name)) = &place {
        let path = format!("/run/netns/{name}");
        let two = format!("--netns: \"{name}\" and \"current\" are two network namespaces; hint: one");
        for (words, part) in [
            (&["ip", "-n", name, "-n", "current", "link"][..], Some(two.as_str())),
            (&["--netns", name, "ip", "link", "-n", "current"], Some(&two)),
            (&["--netns", name, "ss", "-N", "current"], Some(&two)),
            (&["--netns", name, "nstat", "--netns", "current"], Some(&two)),
            (&["--netns", name, "snapshot", "-n", "current"], Some(&two)),
            (&["--netns", name, "ip", "-n", &path, "link"], None),
            (&["--netns", name, "ss", "-N", name], None),
        ] {
            let output = Command::new(env!("CARGO_BIN_EXE_netshoot")).args(words).output().unwrap();
            let told = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), part.map_or(Some(0), |_| Some(2)), "{words:?}: {told}");
            assert!(part.map_or(told.is_empty(), |part| told.contains(part)), "{words:?}: {told}");
        }
    }
    for (words, part) in [
        (&["--kinds", "linc"][..], "one of link, address, route"),
        (&["--for", "1"], "--diff"),
        (&["--diff", "--for", "-1"], "no number of seconds"),
        (&["-n", "no-such"], "no-such"),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_netshoot")).arg("snapshot").args(words).output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && told.contains(part), "{words:?}: {told}");
    }
}

//! `netshoot throughput` beside itself: text, JSON, what it refuses.
#![cfg(target_os = "linux")]
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "../../tests/support/port.rs"]
mod port;

use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use port::free_port;
use serde_json::Value;
use tempfile::NamedTempFile;

fn run(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_netshoot")).arg("throughput").args(arguments).output().unwrap();
    let text = |octets: Vec<u8>| String::from_utf8(octets).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

struct Server {
    child: Child,
    port: String,
    out: NamedTempFile,
}

impl Server {
    fn start() -> Self {
        Self::with(&[])
    }

    fn with(options: &[&str]) -> Self {
        let port = free_port().to_string();
        let out = NamedTempFile::new().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_netshoot"));
        command.args(["throughput", "--server", "-p", &port]).args(options);
        let child = command.stdout(out.reopen().unwrap()).stderr(Stdio::null()).spawn().unwrap();
        Self { child, port, out }
    }

    /// What it has printed, once the part of its last test contains this.
    fn told(&self, part: &str) -> String {
        self.told_when(part, |test| test.contains(part))
    }

    fn told_when(&self, what: &str, is_told: impl Fn(&str) -> bool) -> String {
        let until = Instant::now() + Duration::from_secs(60);
        loop {
            let out = std::fs::read_to_string(self.out.path()).unwrap();
            if is_told(out.rsplit(" of 127.0.0.1 port ").next().unwrap()) {
                return out;
            }
            assert!(Instant::now() < until, "{what:?} does not come: {out}");
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Runs the client until the server listens.
    fn client(&self, arguments: &[&str]) -> String {
        let until = Instant::now() + Duration::from_secs(30);
        loop {
            let (status, out, err) = run(&[&["127.0.0.1", "-p", &self.port], arguments].concat());
            if status == Some(0) {
                assert_eq!(err, "");
                return out;
            }
            assert!(Instant::now() < until, "{out}{err}");
            thread::sleep(Duration::from_millis(20));
        }
    }
}

/// The beginnings and ends of the intervals, in seconds.
fn intervals(test: &str) -> Vec<[f64; 2]> {
    let ends = test.lines().filter_map(|line| line.split_whitespace().next()?.split_once('–'));
    ends.map(|(begin, end)| [begin, end].map(|seconds| seconds.parse().unwrap())).collect()
}

/// The first is a second long, or what a busy machine makes of it, and each begins where the one before ended.
fn assert_whole(test: &str) {
    let intervals = intervals(test);
    assert!(intervals.first().is_some_and(|[begin, end]| *begin == 0.0 && *end >= 1.0), "{test}");
    assert!(intervals.windows(2).all(|pair| pair[0][1] == pair[1][0]), "{test}");
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn text_has_rate_processor_latency_and_verdict() {
    let server = Server::start();
    let out = server.client(&["-t", "1", "--rate", "5M", "--latency"]);
    for part in [
        "127.0.0.1 port ",
        ": TCP to the server, 1 stream\n",
        " Mbit/s  sent ",
        "\nreceived ",
        "\nCPU       here ",
        "\n  idle ",
        "\n  loaded ",
        " round trips per minute under load; the median ",
        "\nlimited by ",
        " (confidence ",
        "nothing but the machine",
    ] {
        assert!(out.contains(part), "{part:?} is not in\n{out}");
    }
}

#[test]
fn json_is_one_object() {
    let server = Server::start();
    let tree = |arguments: &[&str]| -> Value { serde_json::from_str(&server.client(arguments)).unwrap() };
    let test = tree(&["-u", "-b", "20M", "-l", "1000", "-t", "1", "--bidirectional", "--latency", "--json"]);
    assert_eq!((&test["schema_version"], &test["direction"]), (&1.into(), &"bidirectional".into()));
    assert_eq!(test["directions"].as_array().unwrap().len(), 2);
    assert_eq!(test["verdicts"][1]["sender"], "server");
    assert!(test["verdicts"][0]["limitations"][0]["evidence"].is_array());
    assert!(test["latency"]["idle"]["p50"].as_f64().unwrap() > 0.0, "{test}");
    assert!(test["latency"]["round_trips_per_minute"].as_f64().unwrap() > 100.0);
    let sizes = tree(&["--sizes=200,1000", "-u", "-b", "5M", "-t", "1", "-J"]);
    assert_eq!((&sizes["sizes"][0]["size"], &sizes["sizes"][1]["size"]), (&200.into(), &1000.into()));
    assert!(sizes["sizes"][0]["packets_per_second"].as_f64().unwrap() > 2_000.0, "{sizes}");
    let search = tree(&["--search-rate", "-b", "2M", "-t", "1", "--repeats", "1", "-l", "1000", "-J"]);
    let trials = search["trials"].as_array().unwrap();
    assert_eq!(trials[0]["bits_per_second"], 1_000_000, "{search}");
    // On a busy machine a sender may be too slow.
    let passed = |trial: &&Value| trial["failure"].is_null() && trial["bits_per_second"] == search["bits_per_second"];
    assert_eq!(search["passes"], trials.iter().filter(passed).count(), "{search}");
    assert_eq!(search["bits_per_second"].is_null(), search["passes"] == 0, "{search}");
}

#[test]
fn requests_have_a_rate_and_a_histogram() {
    let server = Server::start();
    let out = server.client(&["--rr", "-t", "1"]);
    for part in [
        "TCP requests of 1 octets, responses of 1, 1 stream\n",
        " requests/s\n",
        " requests answered per second, ",
        "round trip       p50",
        "  #",
    ] {
        assert!(out.contains(part), "{part:?} is not in\n{out}");
    }
    let tree: Value =
        serde_json::from_str(&server.client(&["--rr=100,200", "-u", "-t", "1", "-P", "2", "-J"])).unwrap();
    let requests = &tree["requests"];
    assert_eq!((&requests["request"], &requests["response"]), (&100.into(), &200.into()));
    assert!(requests["per_second"].as_f64().unwrap() > 100.0, "{requests}");
    let buckets = requests["buckets"].as_array().unwrap();
    assert_eq!(requests["round_trips"]["count"], buckets.iter().map(|bucket| bucket[1].as_u64().unwrap()).sum::<u64>());
}

#[test]
fn a_server_tells_each_test_as_it_runs() {
    let server = Server::with(&[]);
    server.client(&["-t", "1", "--rate", "5M"]);
    server.told("\nlimited by ");
    let mut killed = Command::new(env!("CARGO_BIN_EXE_netshoot"));
    killed.args(["throughput", "127.0.0.1", "-p", &server.port, "-t", "30", "-R", "--rate", "5M"]);
    let mut killed = killed.stdout(Stdio::null()).spawn().unwrap();
    server.told(": TCP to the client");
    server.told_when("an interval", |test| !intervals(test).is_empty());
    killed.kill().unwrap();
    killed.wait().unwrap();
    server.told("\nsent ");
    server.client(&["-t", "1", "--rate", "1M"]);
    let out = server.told(": TCP from the client");
    let tests: Vec<&str> = out.split("\ntest ").collect();
    assert_eq!(tests.len(), 4, "{out}");
    let (first, second) = (tests[1], tests[2]);
    for (test, part) in [
        (first, "1 of 127.0.0.1 port "),
        (first, ": TCP from the client, 1 stream\n"),
        (first, " Mbit/s  received\n"),
        (first, "  client  "),
        (first, "\nCPU       here "),
        (first, "; client "),
        (first, "\nlimited by "),
        (second, ": TCP to the client, 1 stream\n"),
        (second, "\nsent "),
    ] {
        assert!(test.contains(part), "{part:?} is not in\n{test}");
    }
    [first, second].into_iter().for_each(assert_whole);
    for part in ["  client  ", "limited by", "received"] {
        assert!(!second.contains(part), "{part:?} is in\n{second}");
    }
}

#[test]
fn lines_of_tests_at_once_tell_which() {
    let server = Server::with(&["--tests", "2"]);
    server.client(&["-t", "1", "--rate", "1M"]);
    let out = server.told("limited by ");
    let mut lines = out.lines().skip(1);
    assert!(lines.next().is_some_and(|line| line.starts_with("test 1 of 127.0.0.1 port ")), "{out}");
    assert!(lines.all(|line| line.starts_with("test 1  ")) && out.lines().count() > 5, "{out}");
}

#[test]
fn a_server_has_a_json_object_for_each_test() {
    let server = Server::with(&["--json"]);
    server.client(&["-t", "1", "--rate", "1M"]);
    let tree: Value = serde_json::from_str(&server.told("\n")).unwrap();
    assert!(!tree["intervals"].as_array().unwrap().is_empty(), "{tree}");
    assert_eq!(tree["directions"][0]["sender"], "client");
}

#[test]
fn what_makes_no_sense_is_refused() {
    for (arguments, part) in [
        (&["--server", "-t", "3"][..], "netshoot: what a test is, the client says; hint: "),
        (&["--server", "-t", "3", "-t", "4"], "netshoot: what a test is, the client says; hint: "),
        (&[], "the following required arguments were not provided"),
        (&["x", "-4", "-6"], "cannot be used with"),
        (&["x", "--sizes=a"], "are not numbers of octets"),
        (&["x", "--sizes=1", "--search-rate"], "cannot be used with"),
        (&["x", "--rr=a"], "are not one or two numbers of octets"),
        (&["x", "--rr", "-b", "1M"], "requests have no rate"),
        (&["x", "-R", "--bidirectional"], "cannot be both reverse and bidirectional"),
        (&["x", "--search-rate", "--loss", "200"], "is not a number from 0 to 100"),
    ] {
        let (status, _, err) = run(arguments);
        assert_eq!(status, Some(2), "{arguments:?} {err}");
        assert!(err.contains(part), "{part:?} is not in\n{err}");
    }
}

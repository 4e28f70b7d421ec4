//! `netshoot throughput` beside itself: text, JSON, what it refuses.
#![cfg(target_os = "linux")]
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

fn run(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_netshoot")).arg("throughput").args(arguments).output().unwrap();
    let text = |octets: Vec<u8>| String::from_utf8(octets).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

struct Server {
    child: Child,
    port: String,
}

impl Server {
    fn start() -> Self {
        let port = TcpListener::bind(("::", 0)).unwrap().local_addr().unwrap().port().to_string();
        let mut command = Command::new(env!("CARGO_BIN_EXE_netshoot"));
        let child = command.args(["throughput", "--server", "-p", &port]).stdout(Stdio::null()).spawn().unwrap();
        Self { child, port }
    }

    /// Runs the client until the server listens.
    fn client(&self, arguments: &[&str]) -> String {
        let until = Instant::now() + Duration::from_secs(5);
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

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn text_has_rate_processor_latency_and_verdict() {
    let server = Server::start();
    let out = server.client(&["-t", "1", "--rate", "50M", "--latency"]);
    for part in [
        "127.0.0.1 port ",
        ": TCP to the server, 1 stream\n",
        " Mbit/s  sent ",
        "\nreceived ",
        "\nCPU       here ",
        "\n  idle ",
        "\n  loaded ",
        " round trips per minute under load; the median ",
        "\nlimited by the rate asked for (confidence 95%)\n    rate ",
        "\n  also nothing but the machine",
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
    assert_eq!(search["passes"], 1, "{search}");
    assert!(search["trials"][0]["bits_per_second"].as_u64().unwrap() == 1_000_000);
}

#[test]
fn what_makes_no_sense_is_refused() {
    for (arguments, part) in [
        (&["--server", "-t", "3"][..], "netshoot: what a test is, the client says; hint: "),
        (&[], "the following required arguments were not provided"),
        (&["x", "--sizes=a"], "are not numbers of octets"),
        (&["x", "--sizes=1", "--search-rate"], "cannot be used with"),
        (&["x", "-R", "--bidirectional"], "cannot be both reverse and bidirectional"),
        (&["x", "--search-rate", "--loss", "200"], "is not a number from 0 to 100"),
    ] {
        let (status, _, err) = run(arguments);
        assert_eq!(status, Some(2), "{arguments:?} {err}");
        assert!(err.contains(part), "{part:?} is not in\n{err}");
    }
}

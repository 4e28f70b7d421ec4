//! `netshoot iperf3` beside itself: text, JSON, exit status, and what it refuses.
#![cfg(target_os = "linux")]
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::net::TcpListener;
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

fn netshoot(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_netshoot"));
    command.arg("iperf3").args(arguments);
    command
}

fn run(arguments: &[&str]) -> (Option<i32>, String, String) {
    told(netshoot(arguments).output().unwrap())
}

fn told(output: Output) -> (Option<i32>, String, String) {
    let text = |octets: Vec<u8>| String::from_utf8(octets).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

fn server(arguments: &[&str]) -> (Child, String) {
    let port = TcpListener::bind(("::", 0)).unwrap().local_addr().unwrap().port().to_string();
    let child = netshoot(&[&["-s", "-p", &port], arguments].concat())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    (child, port)
}

/// Runs the client until the server listens.
fn client(port: &str, arguments: &[&str]) -> (Option<i32>, String, String) {
    let until = Instant::now() + Duration::from_secs(5);
    loop {
        let ran = run(&[&["-c", "127.0.0.1", "-p", port], arguments].concat());
        if !(ran.1.clone() + &ran.2).contains("connection refused") || Instant::now() > until {
            return ran;
        }
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn text_is_that_of_iperf3() {
    let (child, port) = server(&["-1"]);
    let (status, out, err) = client(&port, &["-n", "1M", "-P", "2", "-f", "m", "-V", "-T", "x"]);
    assert_eq!((status, err.as_str()), (Some(0), ""));
    for part in [
        "netshoot ",
        "x:  Control connection MSS ",
        "x:  Connecting to host 127.0.0.1, port ",
        "x:        TCP MSS: ",
        "x:  [ ID] Interval           Transfer     Bitrate         Retr  Cwnd\n",
        "x:  Starting Test: protocol: TCP, 2 streams, 131072 byte blocks, omitting 0 seconds, 1048576 bytes to send, tos 0\n",
        "x:  [SUM]   0.00-",
        "x:  - - - - - - - - - - - - - - - - - - - - - - - - -\n",
        " Mbits/sec ",
        "CPU Utilization: local/sender ",
        "receiver\n",
        "x:  iperf Done.\n",
    ] {
        assert!(out.contains(part), "{part:?} is not in\n{out}");
    }
    let (status, out, err) = told(child.wait_with_output().unwrap());
    assert_eq!((status, err.as_str()), (Some(0), ""));
    assert!(out.starts_with(&format!("{0}\nServer listening on {port} (test #1)\n{0}\n", "-".repeat(59))), "{out}");
    assert!(out.contains("Accepted connection from 127.0.0.1, port ") && out.contains("receiver\n"), "{out}");
}

#[test]
fn json_is_one_document_or_one_line_an_event() {
    let (child, port) = server(&["-1", "-J"]);
    let (status, out, err) = client(&port, &["-u", "-n", "100K", "-b", "0", "-l", "1000", "-J", "--get-server-output"]);
    assert_eq!((status, err.as_str()), (Some(0), ""));
    let tree: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(tree["start"]["test_start"]["protocol"], "UDP");
    assert_eq!(tree["end"]["sum_sent"]["bytes"], 103_000);
    assert_eq!(tree["server_output_json"]["start"]["test_start"]["blksize"], 1000);
    let (_, out, _) = told(child.wait_with_output().unwrap());
    let served: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(served["end"]["sum_received"]["packets"], tree["end"]["sum_received"]["packets"]);

    let (mut child, port) = server(&["-1"]);
    let (_, out, _) = client(&port, &["-n", "1M", "--json-stream"]);
    let events: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let names: Vec<_> = events.iter().map(|event| event["event"].as_str().unwrap()).collect();
    assert_eq!((names[0], names[names.len() - 1]), ("start", "end"));
    child.wait().unwrap();
}

#[test]
fn an_interrupted_client_prints_what_it_has() {
    let (mut child, port) = server(&[]);
    client(&port, &["-n", "1K"]);
    for arguments in [&["-t", "20", "-i", "0.2"][..], &["-t", "20", "-J"]] {
        let client = netshoot(&[&["-c", "127.0.0.1", "-p", &port], arguments].concat())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        thread::sleep(Duration::from_millis(900));
        assert!(Command::new("kill").args(["-INT", &client.id().to_string()]).status().unwrap().success());
        let (status, out, err) = told(client.wait_with_output().unwrap());
        assert_eq!(status, Some(1), "{out}{err}");
        if let Ok(tree) = serde_json::from_str::<Value>(&out) {
            assert!(tree["end"]["sum_sent"]["bytes"].as_u64().unwrap() > 0 && tree["error"].is_string(), "{out}");
        } else {
            assert!(out.contains("- - - -\n") && out.contains(" sender\n") && !out.contains("Done"), "{out}");
            assert!(err == "iperf3: interrupt - the client has terminated\n", "{err}");
        }
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn what_makes_no_sense_is_told_in_one_line() {
    for (arguments, line) in [
        (&[][..], "iperf3: parameter error - must either be a client (-c) or server (-s)\n"),
        (&["-s", "-c", "x"], "iperf3: parameter error - cannot be both server and client\n"),
        (&["-s", "-R"], "iperf3: parameter error - some option you are trying to set is client only\n"),
        (&["-c", "x", "-1"], "iperf3: parameter error - some option you are trying to set is server only\n"),
        (&["-c", "x", "-R", "--bidir"], "iperf3: parameter error - cannot be both reverse and bidirectional\n"),
        (
            &["-c", "x", "-t", "1", "-n", "5"],
            "iperf3: parameter error - only one test end condition (-t, -n, -k) may be specified\n",
        ),
        (&["-c", "x", "--sctp"], "iperf3: parameter error - --sctp is not supported\n"),
        (&["-c", "x", "-m"], "iperf3: parameter error - --mptcp is not supported\n"),
        (
            &["-c", "127.0.0.1", "-P", "200"],
            "iperf3: parameter error - set up a test: the number of streams is 200, which is not within 1 to 128\n",
        ),
    ] {
        let (status, out, err) = run(arguments);
        assert_eq!((status, err.as_str()), (Some(1), line), "{arguments:?} {out}");
    }
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
    let (status, out, err) = run(&["-c", "127.0.0.1", "-p", &closed]);
    assert_eq!(out, "");
    let told = format!("iperf3: error - connect to iperf3 server 127.0.0.1 port {closed}: connection refused; hint: ");
    assert!(status == Some(1) && err.starts_with(&told), "{err}");
    let (status, out, err) = run(&["-c", "127.0.0.1", "-p", &closed, "-J"]);
    let tree: Value = serde_json::from_str(&out).unwrap();
    assert!(tree["error"].as_str().unwrap().contains("connection refused"));
    assert_eq!((status, err.as_str()), (Some(1), ""));
    assert_eq!(run(&["-c", "x", "-b", "many"]).0, Some(1));
}

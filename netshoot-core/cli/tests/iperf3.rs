//! `netshoot iperf3` beside itself: text, JSON, exit status, and what it refuses.
#![cfg(target_os = "linux")]
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "../../tests/support/port.rs"]
mod port;
#[path = "support/running.rs"]
mod running;

use std::io::Read;
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use netshoot_core::namespace::Namespace;
use netshoot_core::netlink::{InetSocket, InetSocketFilter, Netlink, SocketProtocol};
use port::free_port;
use running::{Running, until};
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
    let port = free_port().to_string();
    let child = netshoot(&[&["-s", "-p", &port], arguments].concat())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    (child, port)
}

/// Runs the client until the server listens.
fn client(port: &str, arguments: &[&str]) -> (Option<i32>, String, String) {
    let until = Instant::now() + Duration::from_secs(30);
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
fn the_json_of_a_server_is_shown_in_text() {
    let (mut child, port) = server(&["-1", "-J"]);
    let (status, out, err) = client(&port, &["-n", "1M", "--get-server-output"]);
    assert_eq!((status, err.as_str()), (Some(0), ""));
    child.wait().unwrap();
    let (_, document) = out.split_once("\nServer JSON output:\n").unwrap();
    let document = document.strip_suffix("\niperf Done.\n").unwrap();
    assert!(document.starts_with("{\n\t\"") && document.ends_with("\n}\n"), "{out}");
    let tree: Value = serde_json::from_str(document).unwrap();
    assert_eq!(tree["start"]["test_start"]["protocol"], "TCP");
}

#[test]
fn an_error_is_in_the_log_file() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let closed = free_port().to_string();
    let arguments = ["-c", "127.0.0.1", "-p", &closed, "--logfile", log.to_str().unwrap()];
    for (more, begin) in [(&[][..], ""), (&["--timestamps=at%% "], "at% ")] {
        assert_eq!(run(&[&arguments[..], more].concat()), (Some(1), String::new(), String::new()));
        let text = std::fs::read_to_string(&log).unwrap();
        let line =
            format!("{begin}iperf3: error - connect to iperf3 server 127.0.0.1 port {closed}: connection refused");
        assert!(text.lines().last().unwrap().starts_with(&line), "{text}");
    }
}

fn start(command: &mut Command) -> Running {
    Running::start(command.stderr(Stdio::piped()))
}

/// How it ends when it is interrupted.
fn interrupted(mut program: Running) -> (Option<i32>, String, String) {
    interrupt(&program.child);
    let mut err = String::new();
    program.child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    (program.child.wait().unwrap().code(), program.said(), err)
}

/// Whether a stream to the port has brought something.
fn moves(port: &str) -> bool {
    let mut filter = InetSocketFilter::default();
    filter.protocols = vec![SocketProtocol::TCP];
    let sockets = Netlink::open(&Namespace::current().unwrap()).unwrap().list::<InetSocket>(&filter).unwrap();
    let mut to_port = sockets.iter().filter(|socket| socket.source_port.to_string() == *port);
    // More than the control connection.
    to_port.any(|socket| socket.tcp_info.as_ref().and_then(|info| info.bytes_received()) > Some(1_000_000))
}

#[test]
fn an_interrupted_client_prints_what_it_has() {
    let port = free_port().to_string();
    let server = start(&mut netshoot(&["-s", "-p", &port]));
    client(&port, &["-n", "1K"]);
    for (test, arguments) in [("(test #2)", &["-t", "20", "-i", "0.2"][..]), ("(test #3)", &["-t", "20", "-J"])] {
        // Until then it is busy with the one before.
        server.said_when(|said| said.contains(test));
        let client = start(&mut netshoot(&[&["-c", "127.0.0.1", "-p", &port], arguments].concat()));
        until("a stream begins", || moves(&port));
        let is_json = arguments.contains(&"-J");
        client.said_when(|said| is_json || said.contains(" sec "));
        let (status, out, err) = interrupted(client);
        assert_eq!(status, Some(1), "{out}{err}");
        if is_json {
            let tree: Value = serde_json::from_str(&out).unwrap();
            assert!(tree["end"]["sum_sent"]["bytes"].as_u64().unwrap() > 0, "{out}");
            assert_eq!(tree["error"], "interrupt - the client has terminated");
        } else {
            assert!(out.contains("- - - -\n") && out.contains(" sender\n") && !out.contains("Done"), "{out}");
            assert!(err == "iperf3: interrupt - the client has terminated\n", "{err}");
        }
    }
}

#[test]
fn an_interrupted_server_prints_what_it_has() {
    for json in [false, true] {
        let port = free_port().to_string();
        let arguments: &[&str] = if json { &["-J"] } else { &[] };
        let server = start(&mut netshoot(&[&["-s", "-p", &port], arguments].concat()));
        let client = thread::spawn({
            let port = port.clone();
            move || client(&port, &["-t", "20", "-i", "0.2"])
        });
        until("a stream begins", || moves(&port));
        server.said_when(|said| json || said.contains(" sec "));
        let (status, out, err) = interrupted(server);
        assert_eq!(status, Some(0), "{out}{err}");
        if json {
            let tree: Value = serde_json::from_str(&out).unwrap();
            assert!(tree["end"]["sum_received"]["bytes"].as_u64().unwrap() > 0, "{out}");
            assert!(tree["error"].as_str().unwrap().ends_with("the server was interrupted"), "{out}");
        } else {
            assert!(out.contains("- - - -\n") && out.ends_with(" receiver\n") && !out.contains("#2"), "{out}");
            assert!(err.ends_with("the server was interrupted\n"), "{err}");
        }
        assert!(client.join().unwrap().2.ends_with("the server was interrupted\n"));
    }
}

#[test]
fn an_interval_of_zero_is_one_for_the_whole_test() {
    let (child, port) = server(&["-1", "-i", "0", "-J"]);
    let (status, out, _) = client(&port, &["-t", "0.3", "-i", "0", "-O", "1", "-J"]);
    let served = told(child.wait_with_output().unwrap()).1;
    assert_eq!(status, Some(0), "{out}");
    for text in [out, served] {
        let tree: Value = serde_json::from_str(&text).unwrap();
        let intervals = tree["intervals"].as_array().unwrap();
        assert!(intervals.len() == 1 && intervals[0]["sum"]["omitted"] == false, "{text}");
        assert!(intervals[0]["sum"]["bytes"].as_u64().unwrap() > 0, "{text}");
    }
}

#[test]
fn a_server_for_one_client_does_not_wait_for_ever() {
    let begun = Instant::now();
    let (child, _) = server(&["-1", "--idle-timeout", "1"]);
    let (status, _, err) = told(child.wait_with_output().unwrap());
    assert_eq!((status, err.as_str()), (Some(0), ""));
    assert!((Duration::from_millis(900)..Duration::from_secs(5)).contains(&begun.elapsed()));
}

/// It does not ask for them again and again, and serves who comes once there are some.
#[test]
fn a_server_without_descriptors_says_so_and_rests() {
    let port = free_port().to_string();
    let line = "ulimit -n 20; exec \"$0\" iperf3 -s -p \"$1\"";
    let server = start(Command::new("sh").args(["-c", line, env!("CARGO_BIN_EXE_netshoot"), &port]));
    assert_eq!(client(&port, &["-n", "1K"]).0, Some(0));
    let silent: Vec<_> = (0..20).map(|_| std::net::TcpStream::connect(format!("127.0.0.1:{port}")).unwrap()).collect();
    let used = || {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", server.child.id())).unwrap();
        let fields: Vec<_> = stat.rsplit_once(") ").unwrap().1.split(' ').collect();
        fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
    };
    let before = used();
    thread::sleep(Duration::from_secs(1));
    let used = used() - before;
    assert!(used < 20, "{used} hundredths of a second");
    drop(silent);
    let until = Instant::now() + Duration::from_secs(20);
    while client(&port, &["-n", "1K"]).0 != Some(0) {
        assert!(Instant::now() < until);
    }
    let (_, _, err) = interrupted(server);
    assert!(err.contains(&format!("accept a connection on port {port}: too many open files")), "{err}");
}

fn interrupt(child: &Child) {
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
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
        (
            &["-c", "x", "-M", "64"],
            "iperf3: parameter error - set up a test: the maximum segment size is 64, which is not within 88 to 32767\n",
        ),
        (&["-c", "x", "--sctp"], "iperf3: parameter error - --sctp is not supported\n"),
        (&["-c", "x", "--username", "u"], "iperf3: parameter error - --username is not supported\n"),
        (&["-c", "x", "-u", "-F", "y"], "iperf3: parameter error - cannot transfer file using UDP\n"),
        (&["-c", "x", "-D"], "iperf3: parameter error - some option you are trying to set is server only\n"),
        (&["-s", "--fq-rate", "1M"], "iperf3: parameter error - some option you are trying to set is client only\n"),
        (&["-c", "x", "-u", "-m"], "iperf3: parameter error - set up a test: MPTCP carries TCP alone\n"),
        (
            &["-c", "x", "-R", "-P", "2", "-F", "y"],
            "iperf3: parameter error - set up a test: one file cannot hold what several streams bring\n",
        ),
        (
            &["-c", "x", "--bidir", "-F", "y", "-J"],
            "iperf3: parameter error - set up a test: one file cannot be both sent and written\n",
        ),
        (
            &["-c", "127.0.0.1", "-P", "200"],
            "iperf3: parameter error - set up a test: the number of streams is 200, which is not within 1 to 128\n",
        ),
    ] {
        let (status, out, err) = run(arguments);
        assert_eq!((status, err.as_str()), (Some(1), line), "{arguments:?} {out}");
    }
    let closed = free_port().to_string();
    let (status, out, err) = run(&["-c", "127.0.0.1", "-p", &closed]);
    assert_eq!(out, "");
    let told = format!("iperf3: error - connect to iperf3 server 127.0.0.1 port {closed}: connection refused; hint: ");
    assert!(status == Some(1) && err.starts_with(&told), "{err}");
    let (status, out, err) = run(&["-c", "127.0.0.1", "-p", &closed, "-J"]);
    let tree: Value = serde_json::from_str(&out).unwrap();
    assert!(tree["error"].as_str().unwrap().contains("connection refused"));
    assert_eq!((status, err.as_str()), (Some(1), ""));
    assert_eq!(run(&["-c", "x", "-b", "many"]).0, Some(1));
    for (option, part) in [
        ("--snd-timeout=-1", "send timeout value is incorrect or not in range"),
        ("--snd-timeout=86400001", "send timeout value is incorrect or not in range"),
        ("--cntl-ka=10/5/2", "larger than the full retry period"),
        ("--cntl-ka=1/2/3/4", "more than idle time, interval and count"),
        ("--pacing-timer=x", "is not a number"),
        ("--fq-rate=x", "is not a number"),
        ("--cport=0", "0 is not in 1..=65535"),
        ("--server-bitrate-limit=1M/61", "invalid time interval for calculating average data rate"),
    ] {
        let (status, _, err) = run(&["-c", "x", option]);
        assert!(status == Some(1) && err.contains(part), "{option}: {err}");
    }
}

/// On standard error, and the output is what it is without.
#[test]
fn debug_tells_the_states_and_what_was_set() {
    let (child, port) = server(&["-1", "-d"]);
    let (status, out, err) = client(&port, &["-n", "1M", "-d", "-J", "--snd-timeout", "7000", "--fq-rate", "8G"]);
    assert_eq!(status, Some(0));
    let _: Value = serde_json::from_str(&out).unwrap();
    let told_by = |text: &str, verb: &str| -> Vec<String> {
        let states = text.lines().filter_map(|line| line.split_once(verb)).map(|(_, state)| state.to_owned());
        states.filter(|state| state.bytes().all(|octet| octet.is_ascii_uppercase() || octet == b'_')).collect()
    };
    let (of_server, of_client) = (
        ["PARAM_EXCHANGE", "CREATE_STREAMS", "TEST_START", "TEST_RUNNING", "EXCHANGE_RESULTS", "DISPLAY_RESULTS"],
        ["TEST_END", "IPERF_DONE"],
    );
    assert_eq!(
        (told_by(&err, " received "), told_by(&err, " sent ")),
        (of_server.map(String::from).into(), of_client.map(String::from).into())
    );
    for part in ["parameters {\"tcp\":true,", "TCP_USER_TIMEOUT 7000\n", "SO_MAX_PACING_RATE 1000000000\n", "debug 0."]
    {
        assert!(err.contains(part), "{part:?} is not in {err}");
    }
    let (_, _, err) = told(child.wait_with_output().unwrap());
    assert_eq!(
        (told_by(&err, " sent "), told_by(&err, " received ")),
        (of_server.map(String::from).into(), of_client.map(String::from).into())
    );
}

#[test]
fn a_stream_of_events_ends_with_all_of_it_when_that_is_wanted() {
    let (mut child, port) = server(&["-1"]);
    let arguments = ["-u", "-n", "100K", "-b", "0", "-l", "1000", "--json-stream", "--get-server-output"];
    let (_, out, _) = client(&port, &[&arguments[..], &["--json-stream-full-output"]].concat());
    child.wait().unwrap();
    let (lines, document) = out.split_once("\n{\n").unwrap();
    let events: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let names: Vec<_> = events.iter().map(|event| event["event"].as_str().unwrap()).collect();
    assert_eq!((names[0], &names[names.len() - 2..]), ("start", &["server_output_text", "end"][..]));
    let document: Value = serde_json::from_str(&format!("{{{document}")).unwrap();
    assert_eq!(document["end"], events.last().unwrap()["data"]);
    assert_eq!(document["end"]["sum"]["packets"], 103);

    let (_, out, _) = run(&["-c", "127.0.0.1", "-p", &port, "--json-stream"]);
    let events: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(events[0]["event"], "error");
    assert_eq!(events[1], serde_json::json!({"event": "end", "data": {}}));
}

/// The processors that the data threads of a process are kept on, once there are so many, and each has one.
fn processors(process: u32, streams: usize) -> Vec<String> {
    let until = Instant::now() + Duration::from_secs(30);
    loop {
        let tasks = std::fs::read_dir(format!("/proc/{process}/task")).unwrap().flatten();
        let streams_of = tasks.filter_map(|task| {
            let status = std::fs::read_to_string(task.path().join("status")).ok()?;
            let field = |name| status.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
            (field("Name:")? == "throughput").then(|| field("Cpus_allowed_list:").unwrap().to_owned())
        });
        let found: Vec<String> = streams_of.collect();
        if found.len() >= streams && found.iter().all(|list| list.parse::<usize>().is_ok()) {
            return found;
        }
        assert!(Instant::now() < until, "{found:?}");
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn streams_run_where_the_client_says() {
    let port = free_port().to_string();
    let server = start(&mut netshoot(&["-s", "-p", &port]));
    server.said_when(|said| said.contains("(test #1)"));
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let allowed = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:")).unwrap().trim();
    let first = allowed.split([',', '-']).next().unwrap();
    let both = format!("{first},{first}");
    let client = start(&mut netshoot(&["-c", "127.0.0.1", "-p", &port, "-P", "3", "-t", "20", "-A", &both]));
    let processors = processors(server.child.id(), 3);
    let (status, _, err) = interrupted(client);
    assert_eq!((status, err.as_str()), (Some(1), "iperf3: interrupt - the client has terminated\n"));
    assert!(processors.contains(&first.to_owned()), "{processors:?}");
}

#[test]
fn a_processor_that_the_server_does_not_have_is_told() {
    let (server, port) = self::server(&["-1"]);
    let (status, _, err) = client(&port, &["-t", "1", "-A", "0,1023"]);
    assert_eq!(status, Some(1));
    assert!(err.contains("the server cannot set its CPU affinity"), "{err}");
    let (_, _, err) = told(server.wait_with_output().unwrap());
    assert!(err.contains("pin a stream to CPU 1023: ") && err.contains("hint: the CPU must exist"), "{err}");
}

#[test]
fn a_file_is_sent_to_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let content: Vec<u8> = (0..300_001_u32).map(|octet| (octet * 7 / 5) as u8).collect();
    std::fs::write(path("sent"), &content).unwrap();
    for more in [&[][..], &["-t", "5", "-Z"]] {
        let (child, port) = server(&["-1", "-F", &path("got")]);
        let (status, out, err) = client(&port, &[&["-F", &path("sent")], more].concat());
        assert_eq!((status, err.as_str()), (Some(0), ""));
        assert!(out.contains(&format!("        Sent  293 KByte /  293 KByte (100%) of {}\n", path("sent"))), "{out}");
        assert_eq!(told(child.wait_with_output().unwrap()).0, Some(0));
        assert!(std::fs::read(path("got")).unwrap() == content);
    }
    for (arguments, part) in [
        (&["-P", "2"][..], "the server cannot use its file"),
        (&["--bidir"], "the server cannot use its file"),
        (&["-u"], "files cannot be sent over UDP"),
    ] {
        let (child, port) = server(&["-1", "-F", &path("got")]);
        let (status, _, err) = client(&port, arguments);
        assert!(status == Some(1) && err.contains(part), "{err}");
        child.wait_with_output().unwrap();
    }
    let (mut child, port) = server(&["-1"]);
    let (status, _, err) = client(&port, &["-F", folder.path().to_str().unwrap()]);
    assert!(status == Some(1) && err.contains("it is neither a file nor a device"), "{err}");
    child.wait().unwrap();
}

/// The server goes on in a session of its own, and is there when the command is done.
#[test]
fn a_server_in_the_background() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let port = free_port().to_string();
    let (pid_file, log) = (path("pid"), path("log"));
    let arguments = ["-s", "-D", "-1", "-p", &port, "-I", &pid_file, "--logfile", &log];
    assert_eq!(run(&arguments), (Some(0), String::new(), String::new()));
    let pid = std::fs::read_to_string(&pid_file).unwrap().trim().to_owned();
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<_> = stat.rsplit_once(") ").unwrap().1.split(' ').collect();
    assert_eq!((fields[3], fields[4]), (pid.as_str(), "0"), "it leads a session without a terminal: {stat}");
    for standard in 0..3 {
        let target = std::fs::read_link(format!("/proc/{pid}/fd/{standard}")).unwrap();
        assert_eq!(target.to_str(), Some("/dev/null"));
    }
    let (status, _, err) = run(&["-s", "-D", "-p", &port, "-I", &path("other")]);
    assert!(status == Some(1) && err.contains("address already in use"), "{err}");
    assert!(std::fs::metadata(path("other")).is_err());
    let (status, _, err) = run(&["-s", "-D", "-I", &pid_file]);
    assert_eq!((status, err.as_str()), (Some(1), "iperf3: Another instance of iperf3 appears to be running\n"));
    assert_eq!(run(&["-c", "127.0.0.1", "-p", &port, "-n", "1K"]).0, Some(0));
    until("the server ends", || std::fs::metadata(&pid_file).is_err());
    assert!(std::fs::read_to_string(&log).unwrap().contains("receiver\n"));
}

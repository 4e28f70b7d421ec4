//! Tests with iperf3 at the other end, in both roles: it must understand, and its numbers must be ours.
#![cfg(all(feature = "throughput", target_os = "linux"))]
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr
)]

#[path = "support/port.rs"]
mod port;
#[path = "support/skip.rs"]
mod skip;

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{OnceLock, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use netshoot_core::throughput::report::Moved;
use netshoot_core::throughput::report::json::Document;
use netshoot_core::throughput::{
    BitRate, Client, Direction, End, Event, Options, Report, Server, ServerEvent, ServerOptions, Transport,
};
use port::free_port;
use serde_json::Value;
use skip::skip;

fn has_iperf3(test: &str) -> bool {
    let found = Command::new("iperf3").arg("--version").stdout(Stdio::null()).status().is_ok();
    if !found {
        skip(test, "iperf3 is not installed");
    }
    found
}

/// What a test came to at both ends.
struct Outcome {
    report: Report,
    ours: Value,
    theirs: Value,
}

/// A server of iperf3, before all else that this machine does where that is allowed: when a test ends, it drops what it
/// has not read.
fn their_server() -> Command {
    static REAL_TIME: OnceLock<bool> = OnceLock::new();
    let real_time = ["chrt", "--fifo", "1"];
    let allowed = || Command::new("chrt").args(["--fifo", "1", "true"]).output().is_ok_and(|ran| ran.status.success());
    let words = if *REAL_TIME.get_or_init(allowed) { real_time } else { ["nice", "-n", "-19"] };
    let mut command = Command::new(words[0]);
    command.args(&words[1..]).args(["iperf3", "-s", "-1", "-J"]);
    command
}

/// The arguments of iperf3 for what our client would do.
fn arguments(options: &Options) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut add = |name: &str, value: Option<String>| {
        words.push(name.to_owned());
        words.extend(value);
    };
    match options.end {
        End::Time(time) => add("-t", Some(time.as_secs().to_string())),
        End::Bytes(bytes) => add("-n", Some(bytes.to_string())),
        End::Blocks(blocks) => add("-k", Some(blocks.to_string())),
    }
    add("-P", Some(options.parallel.to_string()));
    match options.direction {
        Direction::Forward => {}
        Direction::Reverse => add("-R", None),
        Direction::Bidirectional => add("--bidir", None),
    }
    for (name, set) in [
        ("-u", options.transport == Transport::Udp),
        ("-N", options.no_delay),
        ("-Z", options.zero_copy),
        ("--repeating-payload", options.repeating_payload),
        ("--udp-counters-64bit", options.udp_counters_64bit),
        ("--get-server-output", options.get_server_output),
        ("--dont-fragment", options.dont_fragment),
        ("--mptcp", options.mptcp),
    ] {
        if set {
            add(name, None);
        }
    }
    for (name, value) in [
        ("-l", options.length.map(|length| length.to_string())),
        ("-w", options.window.map(|window| window.to_string())),
        ("-M", options.mss.map(|mss| mss.to_string())),
        ("-C", options.congestion.clone()),
        ("-S", Some(options.tos).filter(|tos| *tos > 0).map(|tos| tos.to_string())),
        ("-O", Some(options.omit.as_secs()).filter(|omit| *omit > 0).map(|omit| omit.to_string())),
        ("-T", options.title.clone()),
        ("--extra-data", options.extra_data.clone()),
        ("--fq-rate", options.fair_queue_rate.map(|rate| rate.0.to_string())),
        ("-L", Some(options.flow_label).filter(|label| *label > 0).map(|label| label.to_string())),
    ] {
        if let Some(value) = value {
            add(name, Some(value));
        }
    }
    if let Some(BitRate(rate)) = options.rate {
        let burst = if options.burst > 0 { format!("/{}", options.burst) } else { String::new() };
        add("-b", Some(format!("{rate}{burst}")));
    }
    words
}

/// Our client, their server.
fn as_client(host: &str, options: &Options) -> Outcome {
    as_client_of(host, options, &[])
}

/// Our client, their server with arguments of its own.
fn as_client_of(host: &str, options: &Options, arguments: &[&str]) -> Outcome {
    let port = free_port();
    let server = their_server()
        .args(["-p", &port.to_string()])
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut server = Killed(Some(server));
    let until = Instant::now() + Duration::from_secs(5);
    let mut test = loop {
        match Client::new(host, port, options.clone()).unwrap().start() {
            Ok(test) => break test,
            // It does not listen yet.
            Err(error) if error.raw_os_error() == Some(111) && Instant::now() < until => {
                thread::sleep(Duration::from_millis(5));
            }
            Err(error) => panic!("{error}"),
        }
    };
    let mut document = Document::default();
    let mut report = None;
    while let Some(event) = test.next_event().unwrap_or_else(|error| panic!("{options:?}: {error}")) {
        document.add(&event);
        if let Event::Finished(end) = event {
            report = Some(*end);
        }
    }
    let output = server.0.take().unwrap().wait_with_output().unwrap();
    let theirs = tree(&output.stdout);
    Outcome { report: report.unwrap(), ours: serde_json::from_str(&document.pretty()).unwrap(), theirs }
}

/// Our server, their client.
fn as_server(host: &str, options: &Options) -> Outcome {
    as_server_with(ServerOptions::default(), host, options, &[])
}

/// Our server with settings of its own, their client with arguments of its own.
fn as_server_with(mut settings: ServerOptions, host: &str, options: &Options, more: &[&str]) -> Outcome {
    settings.port = 0;
    settings.one_off = true;
    let mut server = Server::bind(settings).unwrap();
    let port = server.local_address().port();
    let (sender, receiver) = mpsc::channel();
    let canceller = server.canceller();
    let serving = thread::spawn(move || {
        let mut document = Document::default();
        server
            .run(|event| match event {
                ServerEvent::Test { event, .. } => {
                    document.add(&event);
                    if let Event::Finished(report) = event {
                        sender.send((*report, document.pretty())).unwrap();
                    }
                }
                ServerEvent::Failed { error, .. } => eprintln!("our server: {error}"),
                _ => {}
            })
            .unwrap();
    });
    let client = Command::new("timeout")
        .args(["20", "iperf3", "-c", host, "-J", "-p", &port.to_string()])
        .args(arguments(options))
        .args(more)
        .output()
        .unwrap();
    let theirs = tree(&client.stdout);
    assert_eq!(theirs.get("error"), None, "{options:?}");
    let (report, ours) = receiver.recv_timeout(Duration::from_secs(15)).expect("our server has a report");
    canceller.cancel();
    serving.join().unwrap();
    Outcome { report, ours: serde_json::from_str(&ours).unwrap(), theirs }
}

/// iperf3 may write warnings before its JSON.
fn tree(text: &[u8]) -> Value {
    let start = text.iter().position(|octet| *octet == b'{').unwrap_or_default();
    serde_json::from_slice(&text[start..]).unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(text)))
}

struct Killed(Option<Child>);

impl Drop for Killed {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Whether what iperf3 says of each stream is what our report says.
fn agree(outcome: &Outcome, ours_is_client: bool, options: &Options) {
    let streams = outcome.theirs["end"]["streams"].as_array().unwrap();
    assert_eq!(streams.len(), outcome.report.streams.len(), "{options:?}");
    for (theirs, ours) in streams.iter().zip(&outcome.report.streams) {
        let they_send = !ours.stream.sender;
        if options.transport == Transport::Tcp {
            // Their server says nothing of what only our client knows.
            if !ours_is_client || they_send {
                assert_eq!(theirs["sender"]["bytes"], ours.sent.bytes, "{options:?}");
                assert_eq!(theirs["sender"]["retransmits"], ours.sent.retransmits.unwrap_or(0), "{options:?}");
            }
            if !ours_is_client || !they_send {
                assert_eq!(theirs["receiver"]["bytes"], ours.received.bytes, "{options:?}");
            }
        } else {
            let theirs = &theirs["udp"];
            if !ours_is_client || !they_send {
                // What was lost in the omitted time, 3.12 neither tells nor understands.
                if options.omit.is_zero() {
                    assert_eq!(theirs["lost_packets"], ours.received.lost, "{options:?}");
                }
                let jitter = theirs["jitter_ms"].as_f64().unwrap();
                let own = ours.received.jitter.as_secs_f64() * 1000.0;
                assert!((jitter - own).abs() <= own * 1e-3 + 1e-6, "{jitter} {own}");
            }
            // Of the omitted time 3.12 says nothing.
            if they_send && options.omit.is_zero() {
                assert_eq!(theirs["packets"], ours.sent.packets, "{options:?}");
            }
        }
    }
}

/// Whether what was sent came, but for a block of each stream.
fn arrived(outcome: &Outcome, options: &Options) {
    let length = options.length.unwrap() as u64;
    for local in [true, false] {
        let (sent, received): (Moved, Moved) = outcome.report.sum(local);
        let slack = length * u64::from(options.parallel);
        if outcome.report.streams.iter().all(|stream| stream.stream.sender != local) {
            continue;
        }
        let End::Bytes(bytes) = options.end else { return };
        let lost = received.lost.max(0) as u64 * length;
        assert!(sent.bytes >= received.bytes, "{options:?}: {sent:?} {received:?}");
        // In a test in both directions, the one that is done first ends it.
        if options.direction == Direction::Bidirectional {
            continue;
        }
        // A sender of iperf3 that paces itself sends some datagrams too many.
        let exact = local || options.transport == Transport::Tcp;
        assert!(sent.bytes >= bytes && (!exact || sent.bytes <= bytes + slack), "{options:?}: {sent:?}");
        let due = if exact { sent.bytes } else { bytes };
        assert!(received.bytes + slack + lost >= due, "{options:?}: {sent:?} {received:?}");
    }
}

fn matrix(transport: Transport) -> Vec<Options> {
    let mut all = Vec::new();
    for direction in [Direction::Forward, Direction::Reverse, Direction::Bidirectional] {
        for parallel in [1, 3, 8] {
            let mut options = if transport == Transport::Tcp { Options::default() } else { Options::udp() };
            options.direction = direction;
            options.parallel = parallel;
            options.length = Some(if transport == Transport::Tcp { 16 * 1024 } else { 1000 });
            options.end = End::Bytes(if transport == Transport::Tcp { 4 << 20 } else { 200_000 });
            options.rate = Some(if transport == Transport::Tcp { BitRate(0) } else { BitRate(5_000_000) });
            all.push(options);
        }
    }
    all
}

fn run_matrix(test: &str, transport: Transport) {
    if !has_iperf3(test) {
        return;
    }
    for options in matrix(transport) {
        for client in [true, false] {
            let outcome = if client { as_client("127.0.0.1", &options) } else { as_server("127.0.0.1", &options) };
            agree(&outcome, client, &options);
            arrived(&outcome, &options);
        }
    }
}

#[test]
fn tcp_in_all_directions_and_roles() {
    run_matrix("tcp_in_all_directions_and_roles", Transport::Tcp);
}

#[test]
fn udp_in_all_directions_and_roles() {
    run_matrix("udp_in_all_directions_and_roles", Transport::Udp);
}

/// Every key that iperf3 has, ours has, with a value of the same type, in either role.
#[test]
fn json_has_the_keys_of_iperf3() {
    if !has_iperf3("json_has_the_keys_of_iperf3") {
        return;
    }
    for transport in [Transport::Tcp, Transport::Udp] {
        for direction in [Direction::Forward, Direction::Reverse, Direction::Bidirectional] {
            for parallel in [1, 2] {
                let mut options = if transport == Transport::Tcp { Options::default() } else { Options::udp() };
                options.direction = direction;
                options.parallel = parallel;
                options.end = End::Time(Duration::from_secs(1));
                options.rate = Some(BitRate(20_000_000));
                options.length = Some(1400);
                options.title = Some("title".to_owned());
                options.extra_data = Some("extra".to_owned());
                let (one, other) = (as_client("127.0.0.1", &options), as_server("127.0.0.1", &options));
                compare_keys("client", &other.theirs, &one.ours, &options);
                compare_keys("server", &one.theirs, &other.ours, &options);
                for outcome in [&one, &other] {
                    let seconds = outcome.ours["end"]["streams"][0].as_object().unwrap().values().next().unwrap();
                    let seconds = seconds["seconds"].as_f64().unwrap();
                    assert!((0.9..2.0).contains(&seconds), "{seconds}");
                }
            }
        }
    }
}

fn compare_keys(role: &str, theirs: &Value, ours: &Value, options: &Options) {
    let (mut wanted, mut found) = (BTreeSet::new(), BTreeSet::new());
    keys(theirs, "", &mut wanted);
    keys(ours, "", &mut found);
    let missing: Vec<_> = wanted.difference(&found).collect();
    assert!(missing.is_empty(), "{role}: {missing:?} are missing with {options:?}");
    // What newer versions have, and what a server says of its client here.
    let more: Vec<_> = found.difference(&wanted).filter(|key| !NEWER.iter().any(|known| key.contains(known))).collect();
    assert!(more.is_empty(), "{role}: {more:?} are too many with {options:?}");
}

/// Paths of all members with the types of their values.
fn keys(value: &Value, path: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => members.iter().for_each(|(key, value)| keys(value, &format!("{path}.{key}"), found)),
        Value::Array(list) => list.iter().for_each(|value| keys(value, &format!("{path}[]"), found)),
        Value::Bool(_) => drop(found.insert(format!("{path}: bool"))),
        Value::Number(_) => drop(found.insert(format!("{path}: number"))),
        Value::String(_) => drop(found.insert(format!("{path}: string"))),
        Value::Null => drop(found.insert(format!("{path}: null"))),
    }
}

/// Keys that iperf3 3.12 has not, but later versions have; and what only the peer knows, which iperf3 leaves out.
const NEWER: [&str; 15] = [
    "reorder",
    "timemillisecs",
    "fq_rate",
    "test_start.bidir",
    "test_start.fqrate",
    "test_start.interval",
    "test_start.gso",
    "test_start.gro",
    "sender_tcp_congestion",
    "receiver_tcp_congestion",
    "title",
    "extra_data",
    "retransmits",
    "_snd_",
    "_rtt",
];

/// Each value of each option meets each value of each other option in some test.
#[test]
fn options_by_pairs() {
    if !has_iperf3("options_by_pairs") {
        return;
    }
    for row in pairs(&LEVELS) {
        let (options, host) = of_row(&row);
        for client in [true, false] {
            let outcome = if client { as_client(host, &options) } else { as_server(host, &options) };
            agree(&outcome, client, &options);
            let start = if client { &outcome.theirs["start"] } else { &outcome.ours["start"] };
            let test = &start["test_start"];
            let tcp = options.transport == Transport::Tcp;
            let expected = [
                ("protocol", if tcp { "TCP".into() } else { "UDP".into() }),
                ("num_streams", options.parallel.into()),
                ("omit", options.omit.as_secs().into()),
                ("tos", options.tos.into()),
                ("reverse", u8::from(options.direction == Direction::Reverse).into()),
                ("target_bitrate", options.effective_rate().map_or(0, |rate| rate.0).into()),
                ("blksize", options.length.unwrap().into()),
            ];
            for (key, value) in expected {
                let (value, found): (Value, _) = (value, &test[key]);
                assert_eq!(found.as_f64(), value.as_f64(), "{key} with {options:?}");
                assert_eq!(found.as_str(), value.as_str(), "{key} with {options:?}");
            }
            let client_side = if client { &outcome.ours } else { &outcome.theirs };
            let told = client_side.get("server_output_text").or(client_side.get("server_output_json"));
            assert_eq!(told.is_some(), options.get_server_output, "{options:?}");
            if let (Some(name), true) = (&options.congestion, tcp) {
                assert_eq!(outcome.report.local_congestion.as_ref(), Some(name));
                assert_eq!(outcome.report.remote_congestion.as_ref(), Some(name));
            }
        }
    }
}

/// How many values each option has, in the order of [`of_row`].
const LEVELS: [usize; 14] = [2, 3, 2, 2, 2, 2, 2, 2, 2, 3, 2, 2, 2, 2];

fn of_row(row: &[usize]) -> (Options, &'static str) {
    let udp = row[0] == 1;
    let mut options = if udp { Options::udp() } else { Options::default() };
    options.direction = [Direction::Forward, Direction::Reverse, Direction::Bidirectional][row[1]];
    options.parallel = [1, 2][row[2]];
    options.length = Some([1200, 9000][row[3]]);
    options.window = [None, Some(64 * 1024)][row[4]];
    options.mss = [None, Some(1000)][row[5]].filter(|_| !udp);
    options.no_delay = row[6] == 1 && !udp;
    options.congestion = (row[7] == 1 && !udp).then(|| "cubic".to_owned());
    options.tos = [0, 0x10][row[8]];
    (options.rate, options.burst) = [(BitRate(10_000_000), 0), (BitRate(50_000_000), 0), (BitRate(20_000_000), 5)]
        .map(|(a, b)| (Some(a), b))[row[9]];
    options.omit = Duration::from_secs([0, 1][row[10]]);
    options.end = if row[10] == 1 { End::Time(Duration::from_secs(1)) } else { End::Blocks(60) };
    options.zero_copy = row[11] == 1 && !udp;
    options.repeating_payload = row[11] == 0;
    options.udp_counters_64bit = row[12] == 1;
    options.get_server_output = row[12] == 1;
    options.title = (row[12] == 0).then(|| "title".to_owned());
    (options, if row[13] == 1 { "::1" } else { "127.0.0.1" })
}

/// Rows in which each two values of different options meet, found greedily.
fn pairs(levels: &[usize]) -> Vec<Vec<usize>> {
    let mut open = BTreeSet::new();
    for one in 0..levels.len() {
        for other in one + 1..levels.len() {
            for a in 0..levels[one] {
                for b in 0..levels[other] {
                    open.insert((one, a, other, b));
                }
            }
        }
    }
    let mut rows = Vec::new();
    while let Some(&(one, a, other, b)) = open.first() {
        let mut row = vec![usize::MAX; levels.len()];
        (row[one], row[other]) = (a, b);
        for place in 0..levels.len() {
            if row[place] == usize::MAX {
                let meets = |value: usize| {
                    (0..levels.len())
                        .filter(|&with| with != place && row[with] != usize::MAX)
                        .filter(|&with| {
                            let (low, high) = (with.min(place), with.max(place));
                            let pick = |at: usize| if at == place { value } else { row[at] };
                            open.contains(&(low, pick(low), high, pick(high)))
                        })
                        .count()
                };
                row[place] = (0..levels[place]).max_by_key(|&value| meets(value)).unwrap();
            }
        }
        open.retain(|&(one, a, other, b)| row[one] != a || row[other] != b);
        rows.push(row);
    }
    rows
}

/// An address of this host that is not loopback would do as well; names resolve to one of both.
#[test]
fn a_name_resolves_in_either_family() {
    if !has_iperf3("a_name_resolves_in_either_family") {
        return;
    }
    let mut options = Options::default();
    options.end = End::Bytes(100_000);
    let outcome = as_client("localhost", &options);
    let ip: IpAddr = outcome.report.streams[0].stream.remote.ip();
    assert!(ip.is_loopback());
}

/// A rate that the kernel keeps, time-outs and keep-alive, and MPTCP where the other end has it.
#[test]
fn pacing_by_the_kernel_and_options_of_one_end() {
    if !has_iperf3("pacing_by_the_kernel_and_options_of_one_end") {
        return;
    }
    let mut options = Options::default();
    options.end = End::Time(Duration::from_secs(1));
    options.length = Some(16 * 1024);
    options.fair_queue_rate = Some(BitRate(80_000_000));
    options.pacing_timer = Duration::from_micros(500);
    options.send_timeout = Duration::from_secs(5);
    options.keepalive.idle = Duration::from_secs(20);
    for client in [true, false] {
        let outcome = if client { as_client("127.0.0.1", &options) } else { as_server("127.0.0.1", &options) };
        agree(&outcome, client, &options);
        // What the sender says has the send buffer in it.
        let rate = outcome.report.sum(client).1.bits_per_second();
        // A first burst is not paced.
        assert!((60e6..200e6).contains(&rate), "{rate}");
        assert_eq!(outcome.ours["start"]["fq_rate"], 80_000_000);
        // 3.12 says nothing of it.
        for fq_rate in [&outcome.theirs["start"]["fq_rate"], &outcome.theirs["start"]["test_start"]["fqrate"]] {
            assert!(fq_rate.is_null() || *fq_rate == 80_000_000, "{fq_rate}");
        }
    }
}

#[test]
fn mptcp_or_tcp_as_the_other_end_has_it() {
    if !has_iperf3("mptcp_or_tcp_as_the_other_end_has_it") {
        return;
    }
    if std::fs::read_to_string("/proc/sys/net/mptcp/enabled").is_ok_and(|enabled| enabled.trim() == "1") {
        let mut options = Options::default();
        options.end = End::Bytes(4 << 20);
        options.length = Some(16 * 1024);
        options.parallel = 2;
        options.direction = Direction::Bidirectional;
        options.mptcp = true;
        agree(&as_client("127.0.0.1", &options), true, &options);
        let iperf3 = Command::new("iperf3").arg("--help").output().unwrap();
        if String::from_utf8_lossy(&iperf3.stdout).contains("--mptcp") {
            agree(&as_server("127.0.0.1", &options), false, &options);
        }
    } else {
        skip("mptcp_or_tcp_as_the_other_end_has_it", "the kernel has no MPTCP");
    }
}

/// Octet by octet, from our end to theirs and the other way, by a copy and without.
#[test]
fn a_file_arrives_as_it_left() {
    if !has_iperf3("a_file_arrives_as_it_left") {
        return;
    }
    // Where there is one, without a disk, which iperf3 would have to wait for.
    let memory = Path::new("/dev/shm");
    let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap();
    let (sent, got) = (folder.path().join("sent"), folder.path().join("got"));
    let content: Vec<u8> = (0..2_500_017_u32).flat_map(|word| word.wrapping_mul(0x9e37_79b9).to_le_bytes()).collect();
    std::fs::write(&sent, &content).unwrap();
    let size = content.len() as u64;
    for zero_copy in [false, true] {
        let mut options = Options::default();
        options.end = End::Bytes(size);
        options.file = Some(sent.clone());
        options.zero_copy = zero_copy;
        let outcome = as_client_of("127.0.0.1", &options, &["-F", got.to_str().unwrap()]);
        assert!(std::fs::read(&got).unwrap() == content);
        let file = &outcome.ours["end"]["streams"][0]["diskfile"];
        assert_eq!((&file["sent"], &file["size"], &file["percent_sent"]), (&size.into(), &size.into(), &100.into()));
        assert_eq!(file["filename"], sent.to_str().unwrap());
        std::fs::remove_file(&got).unwrap();
    }
    let mut settings = ServerOptions::default();
    settings.file = Some(got.clone());
    let mut options = Options::default();
    options.end = End::Bytes(size);
    let outcome = as_server_with(settings, "127.0.0.1", &options, &["-F", sent.to_str().unwrap()]);
    assert!(std::fs::read(&got).unwrap() == content);
    let file = &outcome.ours["end"]["streams"][0]["diskfile"];
    assert_eq!(
        (&file["received"], &file["size"], &file["percent_received"]),
        (&size.into(), &size.into(), &100.into())
    );
    // What a server sends, and a client writes: the end of the file, not of the time, is what counts.
    let mut options = Options::default();
    options.end = End::Time(Duration::from_secs(1));
    options.direction = Direction::Reverse;
    options.file = Some(got.clone());
    let outcome = as_client_of("127.0.0.1", &options, &["-F", sent.to_str().unwrap()]);
    assert!(std::fs::read(&got).unwrap() == content);
    assert_eq!(outcome.report.sum(false).1.bytes, size);
}

//! The command as its users meet it: output, errors, exit status, help.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[path = "../../tests/support/build.rs"]
mod build;
#[path = "../../tests/support/incident.rs"]
mod incident;

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use serde_json::Value;

/// A capture on disk, which goes with its folder.
struct Capture {
    folder: tempfile::TempDir,
    path: PathBuf,
}

impl Capture {
    fn new(bytes: &[u8]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("incident.pcapng");
        std::fs::write(&path, bytes).unwrap();
        Self { folder, path }
    }
}

fn netshoot() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_netshoot"));
    command.env_remove("COLUMNS").env_remove("NO_COLOR").stdin(Stdio::null());
    command
}

struct Ran {
    status: Option<i32>,
    out: String,
    err: String,
}

fn run(arguments: &[&str], file: &Path) -> Ran {
    let output = netshoot().args(arguments).arg(file).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ran { status: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

#[test]
fn analyze_tells_capture_findings_flows_and_dns() {
    let capture = Capture::new(&incident::incident());
    let ran = run(&["analyze"], &capture.path);
    assert_eq!((ran.status, ran.err.as_str()), (Some(0), ""));
    let first = ran.out.lines().next().unwrap();
    assert!(
        first.contains(": 12 frames, ") && first.contains(" in 11.0 ms, 2026-09-21 14:13:20 to 14:13:20 UTC"),
        "{first}"
    );
    assert!(ran.out.contains("\npcapng, ETHERNET: tcp 8, dns 2, "), "{}", ran.out);
    assert!(ran.out.contains("caution: 1 frame cut short by the snap length"), "{}", ran.out);
    for part in
        ["\nFINDINGS  ", "\nFLOWS  3\n", "10.0.0.1:40000", "RSTR", "\nDNS  1 query, 0 without an answer, 1 failed"]
    {
        assert!(ran.out.contains(part), "{part:?} is not in\n{}", ran.out);
    }
    assert!(!ran.out.contains('\x1b'), "an escape sequence of a packet came through, or colour: {}", ran.out);
    let top = run(&["analyze", "--top", "1", "--color", "always"], &capture.path);
    assert!(top.out.contains("the largest 1 of 3") && top.out.contains("\x1b[1mFLOWS\x1b[0m"), "{}", top.out);
}

#[test]
fn analyze_as_json() {
    let capture = Capture::new(&incident::incident());
    let ran = run(&["analyze", "--json"], &capture.path);
    assert_eq!((ran.status, ran.err.as_str()), (Some(0), ""));
    let report: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(report["schema_version"], 1);
    let about = &report["capture"];
    assert_eq!((&about["frames"], &about["damage"], &about["truncated_frames"]), (&12.into(), &Value::Null, &1.into()));
    assert_eq!(about["interfaces"][0]["name"], "eth7");
    assert_eq!(report["flows"][0]["client_ip"], "10.0.0.1");
    assert_eq!(report["dns"][0]["rcode"], "NXDOMAIN");
    assert_eq!(report["flows"].as_array().unwrap().len(), 3);
    assert_eq!((&report["verdict"], &report["cause"]), (&"server".into(), &1.into()));
    assert!(report["findings"].as_array().unwrap().iter().any(|finding| finding["kind"] == "tcp-reset"), "{}", ran.out);
}

#[test]
fn packets_one_line_a_frame() {
    let capture = Capture::new(&incident::incident());
    let ran = run(&["packets"], &capture.path);
    assert_eq!((ran.status, ran.err.as_str()), (Some(0), ""));
    let lines: Vec<_> = ran.out.lines().collect();
    assert_eq!(lines.len(), 12, "{}", ran.out);
    assert!(lines[1].starts_with("    2    0.001000000 IP 10.0.0.2.80 > 10.0.0.1.40000: Flags [S.]"), "{}", lines[1]);
    assert!(!ran.out.contains('\x1b'), "an escape sequence of a packet came through");
    for (option, start) in [
        ("-t", "    2 IP 10.0.0.2"),
        ("-tt", "    2 1790000000.124456789 IP"),
        ("-ttt", "    2    0.001000000 IP"),
        ("-tttt", "    2 2026-09-21T14:13:20.124456789Z IP"),
        ("--time=none", "    2 IP 10.0.0.2"),
    ] {
        let ran = run(&["packets", "-c2", option], &capture.path);
        assert_eq!(ran.out.lines().count(), 2);
        assert!(ran.out.lines().nth(1).unwrap().starts_with(start), "{option}: {}", ran.out);
    }
}

#[test]
fn packets_with_checksums_and_octets() {
    let capture = Capture::new(&incident::incident());
    let ran = run(&["packets", "-vx", "-c1"], &capture.path);
    let lines: Vec<_> = ran.out.lines().collect();
    assert!(
        lines[0].contains("IP (tos 0xb9,ECT(1), ttl 63, id 4660, offset 0, flags [DF], proto TCP (6), length 40, ")
    );
    assert!(lines[0].contains("Flags [S], cksum 0x0000 (incorrect -> 0xfa68, left to the device), seq 999"));
    assert!(lines[1].starts_with("\t0x0000:  45b9 0028"), "{}", ran.out);
    let ran = run(&["packets", "-XX", "-c1"], &capture.path);
    let line = ran.out.lines().nth(1).unwrap();
    assert!(line.starts_with("\t0x0000:  ") && line.ends_with("E.") && line.contains("0800 45b9"), "{}", ran.out);
    let both = run(&["packets", "-v", "--json"], &capture.path);
    assert_eq!(both.status, Some(2), "{}", both.err);
}

/// A segment of 100 octets, and the acknowledgment of half of it.
fn partly_acknowledged() -> Vec<u8> {
    let packet = |from: u8, ports: [u16; 2], sequence: u32, acknowledgment: u32, len: u16| {
        let (total, to) = (40 + len, 3 - from);
        let mut packet = vec![0x45, 0];
        packet.extend(total.to_be_bytes());
        packet.extend([0, 1, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, from, 10, 0, 0, to]);
        packet.extend(ports.map(u16::to_be_bytes).concat());
        packet.extend([sequence, acknowledgment].map(u32::to_be_bytes).concat());
        packet.extend([0x50, 0x10, 4, 0, 0, 0, 0, 0]);
        packet.resize(usize::from(total), b'x');
        packet
    };
    let order = build::Order::Little;
    let mut file = build::pcap_header(order, build::MICROSECONDS, (2, 4), 65_535, 101);
    for packet in [packet(1, [4000, 80], 1000, 1, 100), packet(2, [80, 4000], 1, 1050, 0)] {
        file.extend(build::pcap_record(order, 1, 0, packet.len() as u32, &packet));
    }
    file
}

#[test]
fn segments_are_judged_by_the_profile_that_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("part.pcap");
    std::fs::write(&path, partly_acknowledged()).unwrap();
    for (profile, flags) in [("4.0", "[]"), ("4.4", "[\"partial_ack\"]"), ("4.6", "[\"partial_ack\"]")] {
        let profile = format!("--tcp-profile=wireshark-{profile}");
        let ran = run(&["packets", "--columns", "tcp_analysis", &profile], &path);
        assert_eq!(ran.out.lines().last(), Some(&*format!("{{\"tcp_analysis\":{flags}}}")), "{}", ran.err);
        assert_eq!(run(&["analyze", &profile], &path).status, Some(0));
    }
    let wrong = run(&["analyze", "--tcp-profile", "wireshark-1.0"], &path);
    assert_eq!(wrong.status, Some(2), "{}", wrong.err);
    assert!(wrong.err.contains("wireshark-4.0, wireshark-4.4 or wireshark-4.6"), "{}", wrong.err);
}

#[test]
fn ports_of_the_users() {
    let capture = Capture::new(&incident::incident());
    let ran = run(&["packets", "--json", "--columns", "app,app_info", "--port", "53=none"], &capture.path);
    assert_eq!((ran.status, ran.err.as_str()), (Some(0), ""));
    assert!(!ran.out.contains("dns"), "{}", ran.out);
    let usual = run(&["packets", "--json", "--columns", "app,app_info"], &capture.path);
    assert!(usual.out.contains("\"app\":\"dns\",\"app_info\":\""), "{}", usual.out);
    for (port, what) in [
        (
            "53=DNS",
            "\"DNS\" is none of none, dns, tls, quic, http, dhcp, dhcpv6, wg, l2tp, gre, vxlan, vxlan_gpe, geneve, gtp, teredo",
        ),
        ("65536=dns", "\"65536\" is no port: a number up to 65535"),
        ("53", "a port and what it stands for, such as 8053=dns"),
    ] {
        let wrong = run(&["packets", "--port", port], &capture.path);
        assert_eq!(wrong.status, Some(2));
        assert!(wrong.err.contains(what), "{}", wrong.err);
    }
}

#[test]
fn packets_as_json() {
    let capture = Capture::new(&incident::incident());
    let ran = run(&["packets", "--json"], &capture.path);
    assert_eq!((ran.status, ran.err.as_str()), (Some(0), ""));
    let rows: Vec<Value> = ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rows.len(), 12);
    assert_eq!((&rows[6]["frame"], &rows[6]["tcp_flags"]), (&7.into(), &serde_json::json!(["RST", "ACK"])));
    let some = run(&["packets", "--json", "-c", "3", "--columns", "frame,proto"], &capture.path);
    assert_eq!(
        some.out,
        "{\"frame\":1,\"proto\":\"tcp\"}\n{\"frame\":2,\"proto\":\"tcp\"}\n{\"frame\":3,\"proto\":\"tcp\"}\n"
    );
    let wrong = run(&["packets", "--json", "--columns", "colour"], &capture.path);
    assert_eq!(wrong.status, Some(1));
    assert!(wrong.err.starts_with("netshoot: choose columns of table packets: there is no column \"colour\"; hint: "));
}

#[test]
fn bad_input_is_one_line_and_a_status() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let cases = [
        (file("text", b"this is not a capture"), "not a capture"),
        (file("empty", b""), "empty"),
        (file("header", &incident::incident()[..10]), "cut off"),
        (file("bz2", b"BZh91AY&SY"), "decompress it first"),
        (file("gz", b"\x1f\x8b\x08\0\0\0\0\0"), "cut off"),
        (folder.path().to_owned(), "is a directory"),
        (folder.path().join("missing"), "no such file"),
    ];
    for (path, part) in &cases {
        for command in [&["analyze"][..], &["packets"], &["packets", "--json"], &["analyze", "--json"]] {
            let ran = run(command, path);
            assert_eq!((ran.status, ran.out.as_str()), (Some(1), ""), "{command:?} {}", path.display());
            assert!(ran.err.starts_with("netshoot: ") && ran.err.contains(part), "{}", ran.err);
            assert!(ran.err.contains(path.to_str().unwrap()), "the path is not in: {}", ran.err);
            assert_eq!(ran.err.matches('\n').count(), 1, "{}", ran.err);
        }
    }
    for arguments in
        [&["analyze"][..], &["packets", "--json", "-t", "x"], &["nonsense"], &["ip", "address", "--brief=x"]]
    {
        assert_eq!(netshoot().args(arguments).output().unwrap().status.code(), Some(2), "{arguments:?}");
    }
}

#[test]
fn a_cut_off_file_is_read_to_the_cut() {
    let capture = Capture::new(&incident::incident_cut_off());
    for (command, part) in [
        (&["analyze"][..], "caution: the file is damaged"),
        (&["analyze", "--json"], "\"kind\":\"capture-damaged\""),
        (&["packets"], "\n   11 "),
        (&["packets", "--json"], "\n{\"frame\":11,"),
    ] {
        let ran = run(command, &capture.path);
        assert_eq!(ran.status, Some(3), "{command:?}");
        assert!(ran.out.contains(part), "{command:?}: {part:?} is not in\n{}", ran.out);
        assert!(ran.err.starts_with("netshoot: read ") && ran.err.contains("offset"), "{}", ran.err);
        assert_eq!(ran.err.matches('\n').count(), 1, "{}", ran.err);
    }
    let before = run(&["packets", "-c", "11"], &capture.path);
    assert_eq!((before.status, before.err.as_str()), (Some(0), ""));
}

#[test]
fn standard_input_and_fifos_are_captures_too() {
    let capture = Capture::new(&incident::incident());
    let mut child = netshoot().args(["packets", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(&incident::incident()).unwrap();
    assert_eq!(String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap().lines().count(), 12);

    let fifo = capture.folder.path().join("fifo");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let writer = {
        let fifo = fifo.clone();
        thread::spawn(move || std::fs::write(fifo, incident::incident()))
    };
    let ran = run(&["analyze"], &fifo);
    assert_eq!((ran.status, ran.err.as_str()), (Some(0), ""));
    assert!(ran.out.contains("12 frames"), "{}", ran.out);
    writer.join().unwrap().unwrap();
}

/// A live capture: lines come as soon as their frames do.
#[test]
fn line_buffered_output_does_not_wait() {
    for arguments in [&["packets", "-l", "-"][..], &["packets", "-l", "--json", "-"]] {
        let mut child = netshoot().args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let file = incident::incident();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(&file[..file.len() - 10]).unwrap();
        stdin.flush().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert_eq!(lines.by_ref().take(11).count(), 11);
        stdin.write_all(&file[file.len() - 10..]).unwrap();
        drop(stdin);
        assert_eq!(lines.count(), 1);
        assert_eq!(child.wait().unwrap().code(), Some(0));
    }
}

#[test]
fn a_file_that_grows_is_followed() {
    let file = incident::incident();
    for arguments in [&["packets", "--follow", "-c", "12"][..], &["packets", "--follow", "--json", "-c", "12"]] {
        let capture = Capture::new(&file[..file.len() - 10]);
        let mut child = netshoot().args(arguments).arg(&capture.path).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert_eq!(lines.by_ref().take(11).count(), 11);
        let mut end = std::fs::File::options().append(true).open(&capture.path).unwrap();
        end.write_all(&file[file.len() - 10..]).unwrap();
        assert_eq!(lines.count(), 1);
        assert_eq!(child.wait().unwrap().code(), Some(0));
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let mut file = incident::incident();
    let frame = incident::tcp(true, incident::ACK, 1, 1, b"");
    let length = u32::try_from(frame.len()).unwrap();
    let block = build::enhanced(build::Order::Little, 0, incident::START, length, &frame);
    (0..20_000).for_each(|_| file.extend(&block));
    let capture = Capture::new(&file);
    for command in [&["packets"][..], &["packets", "--json"]] {
        let mut child =
            netshoot().args(command).arg(&capture.path).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut first = [0; 1];
        child.stdout.take().unwrap().read_exact(&mut first).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), output.stderr.len()), (Some(141), 0));
    }
}

#[test]
fn addresses_of_this_host() {
    let ran = run(&["ip", "-j", "addr", "show", "dev"], Path::new("lo"));
    assert_eq!((ran.status, ran.err.as_str()), (Some(0), ""));
    let links: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((&links[0]["ifname"], links.as_array().unwrap().len()), (&"lo".into(), 1));
    let one_dash = run(&["ip", "-json", "-details", "a", "list"], Path::new("lo"));
    assert_eq!(serde_json::from_str::<Value>(&one_dash.out).unwrap()[0]["ifname"], "lo");
    assert!(run(&["ip", "address"], Path::new("lo")).out.starts_with("1: lo: <LOOPBACK"));
    let one_line = run(&["ip", "-o", "-4", "addr", "show", "scope", "host", "dev"], Path::new("lo"));
    assert!(one_line.out.starts_with("1: lo    inet 127.0.0.1/8 scope host lo\\"), "{}", one_line.out);
    let numbers = run(&["ip", "-N", "addr", "show", "dev"], Path::new("lo"));
    assert!(numbers.out.contains(" scope 254 ") && !numbers.out.contains("kernel"), "{}", numbers.out);
    let columns = run(&["ip", "-br", "l", "sh", "up", "dev"], Path::new("lo"));
    assert!(columns.out.starts_with("lo               UNKNOWN        00:00:00:00:00:00 <LOOPBACK,UP,LOWER_UP>"));
    let digits = |arguments: &[&str]| {
        let ran = run(arguments, Path::new("lo"));
        ran.out.lines().nth(3).unwrap().split_whitespace().next().unwrap().chars().all(|letter| letter.is_ascii_digit())
    };
    assert!(digits(&["ip", "-iec", "-s", "link", "show", "dev"]), "-iec is of -h");
    let counters = run(&["ip", "-s", "-s", "-d", "link", "show", "dev"], Path::new("lo"));
    assert!(counters.out.contains("    TX errors: ") && counters.out.contains(" promiscuity 0 "), "{}", counters.out);
    let none = run(
        &["ip", "-j", "addr", "show", "-tentative", "dynamic", "to", "192.0.2.0/25", "type", "nix", "dev"],
        Path::new("lo"),
    );
    assert_eq!((none.status, none.out.as_str(), none.err.as_str()), (Some(0), "[]\n", ""));
    for words in [
        &["link", "master", "nix0"][..],
        &["link", "vrf", "lo"],
        &["addr", "to", "1.2.3/99"],
        &["addr", "group", "nix"],
    ] {
        let wrong = run(&[&["ip"], &words[..words.len() - 1]].concat(), Path::new(words[words.len() - 1]));
        assert!(matches!(wrong.status, Some(1 | 2)) && wrong.err.matches('\n').count() == 1, "{words:?} {}", wrong.err);
    }
    let missing = run(&["ip", "addr"], Path::new("nix0"));
    assert_eq!(missing.status, Some(1));
    assert!(missing.err.starts_with("netshoot: show addresses of nix0: there is no such interface"), "{}", missing.err);
    let namespace = run(&["ip", "-n", "no-such-namespace", "addr"], Path::new("lo"));
    assert_eq!((namespace.status, namespace.err.matches('\n').count()), (Some(1), 1), "{}", namespace.err);
}

/// Text and JSON, report and packets: what ends the reading ends it with the same status.
#[test]
fn a_limit_of_the_reader_counts_as_damage_for_all() {
    let mut file = incident::incident();
    let interface = build::interface(build::Order::Little, 1, 0, &[]);
    (0..=65_536).for_each(|_| file.extend(&interface));
    let capture = Capture::new(&file);
    for command in [&["analyze"][..], &["packets"], &["packets", "--json"], &["analyze", "--json"]] {
        let ran = run(command, &capture.path);
        assert_eq!((ran.status, ran.err.matches('\n').count()), (Some(3), 1), "{command:?}: {}", ran.err);
        assert!(ran.err.contains("more than 65536 interfaces"), "{}", ran.err);
        assert!(ran.out.contains("10.0.0.1"), "{command:?} lost what came before");
    }
}

#[test]
fn help_that_cannot_be_written_is_an_error() {
    for arguments in [&["--help"][..], &["--version"], &["packets", "-h"], &["ip", "address", "--help"]] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = netshoot().args(arguments).stdout(full).output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), told.matches('\n').count()), (Some(1), 1), "{arguments:?}: {told}");
        assert!(told.starts_with("netshoot: write standard output: no space left"), "{told}");
    }
}

#[test]
fn options_that_hands_know() {
    let capture = Capture::new(&incident::incident());
    let plain = run(&["packets"], &capture.path);
    for arguments in [&["packets", "-n"][..], &["packets", "-nn", "-r"], &["packets", "-nr"]] {
        let ran = run(arguments, &capture.path);
        assert_eq!((ran.status, &ran.out, ran.err.as_str()), (Some(0), &plain.out, ""), "{arguments:?}");
    }
    let columns = run(&["packets", "-c1", "--columns", "frame,proto"], &capture.path);
    assert_eq!(columns.out, "{\"frame\":1,\"proto\":\"tcp\"}\n");
}

#[test]
fn what_is_not_there_yet_is_said_in_one_line() {
    let capture = Capture::new(&incident::incident());
    let path = capture.path.to_str().unwrap();
    for (arguments, part) in [
        (
            &["packets", path, "tcp", "port", "80"][..],
            "\"tcp port 80\" is more than a capture; hint: one capture at a time; filters are to come",
        ),
        (&["packets", "-r", path, "udp"], "\"udp\" is more than a capture"),
        (&["packets", "-r", path, path], "is more than a capture"),
        (&["packets", path, path], "filters are to come"),
        (&["analyze", "-", "-"], "standard input can be read only once"),
        (&["ip", "link", "show", "lo", "eth0"], "cannot make sense of \"eth0\"; hint: [show] [[dev] NAME]"),
        (&["ip", "addr", "show", "to"], "show addresses: nothing follows \"to\""),
    ] {
        let output = netshoot().args(arguments).output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{arguments:?}: {told}");
        assert!(told.starts_with("netshoot: ") && told.contains(part), "{arguments:?}: {told}");
        assert_eq!(told.matches('\n').count(), 1, "{told}");
    }
}

#[test]
fn several_captures_are_all_named() {
    let capture = Capture::new(&incident::incident());
    let path = capture.path.to_str().unwrap();
    let json = |paths: &[&str]| -> serde_json::Value {
        let output = netshoot().args(["analyze", "--json"]).args(paths).output().unwrap();
        serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap()["capture"].take()
    };
    let (one, both) = (json(&[path]), json(&[path, path]));
    assert_eq!((one["file"].as_str(), one["format"].as_str()), (Some(path), Some("pcapng")));
    assert_eq!(one["files"], serde_json::json!([path]));
    assert!(both["file"].is_null() && both["format"].is_null(), "{both}");
    assert_eq!(both["files"], serde_json::json!([path, path]));
    assert_eq!(both["frames"].as_u64(), one["frames"].as_u64().map(|frames| 2 * frames));
    let output = netshoot().args(["analyze", path, path]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with(&format!("{path}, {path}: ")) && text.contains("\n2 captures merged, "), "{text}");
    let output = netshoot().args(["analyze", "--threads", "65", path]).output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0), "{told}");
    assert!(told.contains("65 threads: there may be 64"), "{told}");
}

#[test]
fn flows_have_states_that_are_explained() {
    let capture = Capture::new(&incident::incident());
    let ran = run(&["analyze"], &capture.path);
    let row = |protocol: &str| {
        let lines = ran.out.lines().map(|line| line.split_ascii_whitespace().collect::<Vec<_>>());
        lines.filter(|words| words.get(1) == Some(&protocol)).map(|words| words[4].to_owned()).next()
    };
    assert_eq!((row("tcp").as_deref(), row("udp").as_deref()), (Some("RSTR"), Some("-")), "{}", ran.out);
    assert!(ran.out.contains("\n  states: RSTR reset by the server\n"), "{}", ran.out);
    let none = run(&["analyze", "--top", "0"], &capture.path);
    assert!(!none.out.contains("FLOWS") && none.out.contains("\nDNS  1 query"), "{}", none.out);
}

#[test]
fn long_names_are_cut_in_tables() {
    let mut file = incident::incident();
    let label = [b'n'; 60];
    let query = incident::dns(false, &[&label, &label, &label, &label]);
    let length = u32::try_from(query.len()).unwrap();
    file.extend(build::enhanced(build::Order::Little, 0, incident::START + 50_000_000, length, &query));
    let capture = Capture::new(&file);
    let ran = run(&["analyze"], &capture.path);
    let row = ran.out.lines().skip_while(|line| !line.starts_with("DNS")).find(|line| line.contains("no answer"));
    let row = row.unwrap_or_else(|| panic!("{}", ran.out));
    assert!(row.contains(&format!("{}…  10.0.0.53", "n".repeat(59))) && row.chars().count() < 130, "{row}");
}

/// The help of the command and of each of its subcommands; `NETSHOOT_WRITE_HELP=1 cargo test -p netshoot` writes the files
/// anew.
#[test]
fn help_is_as_committed() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("help");
    let mut found = Vec::new();
    let mut ahead = vec![Vec::<String>::new()];
    while let Some(words) = ahead.pop() {
        let output = netshoot().args(&words).arg("--help").output().unwrap();
        let help = String::from_utf8(output.stdout).unwrap();
        let path = folder.join(format!("{}.txt", [&["netshoot".to_owned()], &words[..]].concat().join("-")));
        if std::env::var_os("NETSHOOT_WRITE_HELP").is_some() {
            std::fs::write(&path, &help).unwrap();
        }
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(help, committed, "{} is not the help of {words:?}", path.display());
        ahead.extend(subcommands(&help).map(|name| [&words[..], &[name]].concat()));
        found.push(path);
    }
    let all: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(all.iter().all(|path| found.contains(path)), "help of a command that is gone: {all:?}");
}

fn subcommands(help: &str) -> impl Iterator<Item = String> {
    let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    // A description goes on in the next line, further to the right.
    let names = lines.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    names.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help").map(str::to_owned)
}

/// As the tools of GNU have it: who writes nowhere is told so.
#[test]
fn a_closed_standard_output_is_an_error() {
    let capture = Capture::new(&incident::incident());
    let path = capture.path.to_str().unwrap();
    for words in [
        "ip addr",
        "ip -j link",
        "ip route",
        "ip rule",
        "ip neigh",
        "ip nexthop",
        "ip netns all",
        "ip --stable-json addr",
        "bridge fdb",
        "tc qdisc",
        "ss -tan",
        "ss -s",
        "ss -j",
        "nstat",
        "nstat --stable-json",
        "snapshot --kinds link",
        "analyze FILE",
        "analyze --json FILE",
        "packets FILE",
        "packets --json FILE",
        "--help",
        "ip --help",
        "--version",
    ] {
        let script = format!("exec \"$0\" {} >&-", words.replace("FILE", path));
        let output = Command::new("sh").args(["-c", &script, env!("CARGO_BIN_EXE_netshoot")]).output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{words}: {told}");
        assert_eq!(told, "netshoot: write standard output: bad file descriptor\n", "{words}");
        // Open on /dev/null in any way is open.
        let script = format!("exec \"$0\" {} 1<>/dev/null", words.replace("FILE", path));
        let output = Command::new("sh").args(["-c", &script, env!("CARGO_BIN_EXE_netshoot")]).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{words}");
    }
}

/// Words that change something are refused alike for every object, and `help` shows the help of the object.
#[test]
fn words_that_change_something_are_refused_alike() {
    for (words, part) in [
        ("ip addr add 192.0.2.1/24 dev lo", "ip address add: netshoot changes nothing; hint: ip itself does it"),
        ("ip a a 192.0.2.1/24 dev lo", "ip address add: netshoot changes nothing"),
        ("ip addr flush dev lo", "ip address flush: netshoot changes nothing"),
        ("ip link set lo up", "ip link set: netshoot changes nothing"),
        ("ip link del x", "ip link delete: netshoot changes nothing"),
        ("ip route add default", "ip route add: netshoot changes nothing"),
        ("ip route repl default", "ip route replace: netshoot changes nothing"),
        ("ip rule add from all", "ip rule add: netshoot changes nothing"),
        ("ip neigh flush all", "ip neighbor flush: netshoot changes nothing"),
        ("ip link xstats type bridge", "ip link xstats: not to be had here; hint: ip has it"),
        ("ip addr showdump", "ip address showdump: not to be had here"),
        ("ip nexthop add id 1", "ip nexthop add: netshoot changes nothing"),
        ("ip netns add x", "ip netns add: netshoot changes nothing"),
        ("ip netns exec x true", "ip netns exec: netshoot changes nothing"),
        ("bridge fdb add x", "bridge fdb add: netshoot changes nothing; hint: bridge itself does it"),
        ("tc qdisc add dev lo root pfifo", "tc qdisc add: netshoot changes nothing; hint: tc itself does it"),
    ] {
        let output = netshoot().args(words.split(' ')).output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(2) && told.contains(part), "{words}: {told}");
        assert_eq!(told.matches('\n').count(), 1, "{told}");
    }
    for object in
        ["ip addr", "ip link", "ip route", "ip rule", "ip neigh", "ip nexthop", "ip netns", "bridge fdb", "tc qdisc"]
    {
        let help = |words: &str| netshoot().args(words.split(' ')).output().unwrap();
        let (word, option) = (help(&format!("{object} help")), help(&format!("{object} --help")));
        assert!(word.status.success() && word.stderr.is_empty(), "{object}");
        assert!(word.stdout == option.stdout && !word.stdout.is_empty(), "{object}");
        assert!(String::from_utf8(word.stdout).unwrap().contains("Words, as for iproute2:"), "{object}");
    }
}

#[test]
fn every_command_of_iproute2_has_a_version() {
    for words in ["ip -V", "ip -Version", "bridge -V", "tc -V", "ss -V", "nstat --version"] {
        let output = netshoot().args(words.split(' ')).output().unwrap();
        let version = format!("netshoot {}\n", env!("CARGO_PKG_VERSION"));
        assert_eq!(String::from_utf8(output.stdout).unwrap(), version, "{words}");
    }
}

/// What clap says is told as everything else is: one line, and where to look.
#[test]
fn a_wrong_command_line_is_told_in_one_line() {
    for (words, told) in [
        ("ip --foo addr", "netshoot: read arguments: unexpected argument '--foo' found; hint: netshoot ip --help\n"),
        ("ss -K", "netshoot: ss -K: netshoot closes no socket; hint: ss itself does it\n"),
        ("ss -tanT", "netshoot: ss -T: threads are not shown; hint: -p shows the processes\n"),
        ("ss --vsock", "netshoot: ss --vsock: sockets of VSOCK are not shown; hint: ss itself shows them\n"),
        ("ss -A tcp,dccp", "netshoot: show sockets: those of dccp are not shown; hint: ss itself shows them\n"),
        ("ip -batch f", "netshoot: ip -batch: one command a call; hint: a loop of the shell\n"),
        ("ip -rc 5 addr", "netshoot: ip -rcvbuf: the buffer is as large as is needed; hint: without it\n"),
        (
            "ip route -a",
            "netshoot: ip -a: one namespace a call; hint: netshoot ip netns all lists them, --netns names one\n",
        ),
        (
            "ip addr show proto 3",
            "netshoot: show addresses: \"proto\": addresses are not chosen by who made them; hint: newer versions of ip \
             do it\n",
        ),
        ("ip xfrm state", "netshoot: ip xfrm: not to be had here; hint: ip itself has it\n"),
        ("bridge vlan", "netshoot: bridge vlan: not to be had here; hint: bridge itself has it\n"),
        ("tc -s class show dev lo", "netshoot: tc class: not to be had here; hint: tc itself has it\n"),
        ("tc -graph qdisc", "netshoot: tc -graph: not to be had here; hint: iproute2 itself has it\n"),
        ("bridge -ts fdb", "netshoot: bridge -tshort: changes are not watched; hint: netshoot ip monitor\n"),
        ("ip nonsense", "netshoot: read arguments: unrecognized subcommand 'nonsense'; hint: netshoot ip --help\n"),
        (
            "analyze --netns x f",
            "netshoot: read arguments: unexpected argument '--netns' found; hint: netshoot analyze --help\n",
        ),
        (
            "ip addr show -n",
            "netshoot: read arguments: a value is required for '--netns <NAME|PID|PATH>' but none was supplied; \
             hint: netshoot ip --help\n",
        ),
        (
            "tc qdisc show --netns",
            "netshoot: read arguments: a value is required for '--netns <NAME|PID|PATH>' but none was supplied; \
             hint: netshoot tc --help\n",
        ),
        ("--netns x", "netshoot: read arguments: a value and a command follow --netns; hint: netshoot --help\n"),
        (
            "ip netns identify -1",
            "netshoot: identify a network namespace: \"-1\" is no process number; hint: identify [PID]\n",
        ),
        ("ip -4 neigh get ::1 dev lo", "netshoot: look up a neighbour: \"::1\" is no address of the family inet\n"),
        (
            "ip -6 neigh show 10.0.0.0/8",
            "netshoot: show neighbours: \"10.0.0.0/8\" is no address of the family inet6\n",
        ),
        ("ip rule show from fe80::/64", "netshoot: show rules: \"fe80::/64\" is no address of the family inet\n"),
        (
            "--netns x analyze f",
            "netshoot: read arguments: unexpected argument '--netns' found; hint: netshoot analyze --help\n",
        ),
    ] {
        let output = netshoot().args(words.split(' ')).output().unwrap();
        assert_eq!((output.status.code(), String::from_utf8(output.stderr).unwrap().as_str()), (Some(2), told));
    }
}

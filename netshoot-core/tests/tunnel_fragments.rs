//! Datagrams that are put together before they are analysed: streams, lengths and flags against tshark, which does so unless
//! it is told not to, on a tunnel of our own and on the files of the corpus that have fragments.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    missing_docs
)]

#[path = "support/script.rs"]
mod script;
mod support;

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Duration;

use netshoot_core::analysis::{Analyzer, FindingKind, Flow, FrameSelection, Options, Report, Since, analyze};
use netshoot_core::capture::{Reader, Writer};
use script::fragments;
use support::Corpus;
use support::build::{self, Order};

/// Stream, octets of payload and flags, by frame.
type Segments = BTreeMap<u64, (u32, u32, String)>;

const FLAGS: [&str; 15] = [
    "ack_lost_segment",
    "duplicate_ack",
    "fast_retransmission",
    "keep_alive",
    "keep_alive_ack",
    "lost_segment",
    "out_of_order",
    "retransmission",
    "reused_ports",
    "spurious_retransmission",
    "window_full",
    "window_update",
    "zero_window",
    "zero_window_probe",
    "zero_window_probe_ack",
];

fn ours(path: &Path, reassemble: bool) -> Segments {
    let mut segments = Segments::new();
    let Ok(mut reader) = Reader::open(path) else { return segments };
    let mut options = Options::default();
    options.reassemble = reassemble;
    let mut analyzer = Analyzer::new(options);
    while let Ok(Some(frame)) = reader.next_frame() {
        if let Some(tcp) = analyzer.push(&frame, &frame.packet()).tcp {
            let mut flags: Vec<_> = tcp.analysis.names().collect();
            flags.sort_unstable();
            segments.insert(frame.number, (tcp.stream, tcp.segment_len, flags.join(",")));
        }
    }
    segments
}

/// Of several segments in a frame, as ICMP quotes them, the last one counts.
fn theirs(path: &Path) -> Segments {
    let mut command = support::tshark(path);
    command.args(["-o", "tcp.desegment_tcp_streams:FALSE", "-Y", "tcp.len", "-T", "fields", "-E", "separator=/t"]);
    command.args(["-E", "occurrence=l", "-e", "frame.number", "-e", "tcp.stream", "-e", "tcp.len"]);
    for flag in FLAGS {
        command.args(["-e", &format!("tcp.analysis.{flag}")]);
    }
    let output = command.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let row = |line: &str| {
        let cells: Vec<_> = line.split('\t').collect();
        let set = FLAGS.iter().zip(&cells[3..]).filter(|(_, cell)| !cell.is_empty()).map(|(flag, _)| *flag);
        let flags = set.collect::<Vec<_>>().join(",");
        (cells[0].parse().unwrap(), (cells[1].parse().unwrap(), cells[2].parse().unwrap(), flags))
    };
    text.lines().map(row).collect()
}

/// A segment of TCP in IPv4.
fn segment(from_client: bool, sequence: u32, acknowledgment: u32, flags: u8, len: u16) -> Vec<u8> {
    let (ends, ports) = if from_client { ([1, 2], [4000, 29_999]) } else { ([2, 1], [29_999_u16, 4000]) };
    let mut tcp = ports.map(u16::to_be_bytes).concat();
    tcp.extend([sequence, acknowledgment].map(u32::to_be_bytes).concat());
    tcp.extend([0x50, flags, 4, 0, 0, 0, 0, 0]);
    tcp.resize(20 + usize::from(len), b'x');
    ipv4([192, 168, 0, ends[0]], [192, 168, 0, ends[1]], 6, 1, &tcp)
}

fn ipv4(source: [u8; 4], destination: [u8; 4], protocol: u8, identification: u16, payload: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x45, 0];
    packet.extend((20 + payload.len() as u16).to_be_bytes());
    packet.extend(identification.to_be_bytes());
    packet.extend([0, 0, 64, protocol, 0, 0]);
    packet.extend(source);
    packet.extend(destination);
    packet.extend(payload);
    packet
}

/// A connection in GRE whose tunnel fragments it, and in it another that was fragmented before.
fn tunnel() -> Vec<u8> {
    let inside = [
        segment(true, 1000, 0, 2, 0),
        segment(false, 5000, 1001, 18, 0),
        segment(true, 1001, 5001, 16, 0),
        segment(true, 1001, 5001, 24, 1400),
        segment(false, 5001, 2401, 16, 0),
        segment(false, 5001, 2401, 24, 1200),
        segment(true, 2401, 6201, 16, 0),
    ];
    let mut packets = Vec::new();
    let gre =
        |inner: &[u8], number: u16| ipv4([10, 0, 0, 1], [10, 0, 0, 2], 47, number, &[&[0, 0, 8, 0], inner].concat());
    for (number, inner) in (100..).zip(&inside) {
        match number {
            // The packet is fragmented, and then put into the tunnel.
            105 => packets.extend(fragments(inner, 512).iter().zip(200..).map(|(inner, number)| gre(inner, number))),
            // The tunnel fragments, and the pieces come in disorder.
            _ => packets.extend(fragments(&gre(inner, number), 576).into_iter().rev()),
        }
    }
    let mut file = build::pcap_header(Order::Little, build::MICROSECONDS, (2, 4), 65_535, 101);
    for (time, packet) in (0..).zip(&packets) {
        file.extend(build::pcap_record(Order::Little, 1, 1000 * time, packet.len() as u32, packet));
    }
    file
}

fn report(octets: &[u8], threads: usize) -> Report {
    let mut options = Options::default();
    options.threads = threads;
    let mut report = analyze(&mut Reader::new(octets).unwrap(), &options, |_, _| ControlFlow::Continue(())).unwrap();
    // The one thing in which reports differ.
    assert_eq!(std::mem::take(&mut report.options).threads, threads);
    report
}

#[test]
fn what_a_tunnel_fragments_is_analysed_whole() {
    let octets = tunnel();
    let report = report(&octets, 1);
    let flow = report.flows.iter().find(|flow| flow.stream == Some(0)).unwrap();
    let (there, back) = (&flow.client_to_server, &flow.server_to_client);
    assert_eq!((there.payload_bytes, back.payload_bytes, flow.packets()), (1400, 1200, 7));
    assert_eq!((there.lost_segments, back.lost_segments, there.ack_lost_segments + back.ack_lost_segments), (0, 0, 0));
    for threads in [2, 3, 5] {
        assert_eq!(format!("{:?}", self::report(&octets, threads)), format!("{report:?}"), "{threads} threads");
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tunnel.pcap");
    std::fs::write(&path, octets).unwrap();
    assert_ne!(ours(&path, true), ours(&path, false));
    if !support::has_program("tshark") {
        return support::skip("what_a_tunnel_fragments_is_analysed_whole", "tshark is not installed");
    }
    assert_eq!(ours(&path, true), theirs(&path));
}

/// A connection in a tunnel, and a datagram whose fragments come in disorder: a capture of the flow alone has the same flow.
#[test]
fn what_is_written_of_a_flow_has_all_its_fragments() {
    let mut file = tunnel();
    let datagram = [&[0, 9, 0, 9, 5000_u16.to_be_bytes()[0], 5000_u16.to_be_bytes()[1], 0, 0][..], &[7; 4992]].concat();
    let other = ipv4([10, 0, 0, 7], [10, 0, 0, 8], 17, 9, &datagram);
    for packet in fragments(&other, 1024).iter().rev() {
        file.extend(build::pcap_record(Order::Little, 2, 0, packet.len() as u32, packet));
    }
    let all = report(&file, 1);
    let frames = all.capture.frames;
    let is_wanted = |flow: &&Flow| flow.stream == Some(0);
    let flows: Vec<_> = all.flows.iter().filter(is_wanted).collect();
    assert_eq!(flows.len(), 2, "one of TCP, one of UDP");
    for (flow, expected) in flows.into_iter().zip([frames - 5, 5]) {
        for threads in [1, 2] {
            let selection = FrameSelection::new().flows(&report(&file, threads), &[flow.id]).unwrap();
            let mut writer = Writer::builder().start(Vec::new()).unwrap();
            let go_on = |_, _| ControlFlow::Continue(());
            let written = selection.write_to(&mut Reader::new(&file[..]).unwrap(), &mut writer, go_on).unwrap();
            assert_eq!(written, expected, "{flow:?}");
            let alone = report(&writer.finish().unwrap(), 1);
            let same = alone.flows.iter().find(is_wanted).unwrap();
            assert_eq!(same.client_to_server, flow.client_to_server);
            assert_eq!(same.server_to_client, flow.server_to_client);
        }
    }
}

/// What began before the frames that count is no more of a flow where that is read again than in the report.
#[test]
fn what_began_before_the_frames_that_count_is_not_put_together() {
    let segments: [_; 3] = std::array::from_fn(|n| {
        let inner = segment(true, 1000 + 100 * n as u32, 5000, 16, 100);
        ipv4([10, 0, 0, 1], [10, 0, 0, 2], 4, 100 + n as u16, &inner)
    });
    let [before, whole, after] = &segments;
    let parts = fragments(before, 80);
    let mut file = build::pcap_header(Order::Little, build::MICROSECONDS, (2, 4), 65_535, 101);
    for (time, packet) in (0..).zip([&parts[0], whole, &parts[1], after]) {
        file.extend(build::pcap_record(Order::Little, 1, time, packet.len() as u32, packet));
    }
    let later = Some(Since::AfterFirst(Duration::from_micros(1)));
    for (since, packets, expected) in [(None, 3, vec![1, 2, 3, 4]), (later, 2, vec![2, 4])] {
        let mut options = Options::default();
        options.since = since;
        let mut reader = Reader::new(&file[..]).unwrap();
        let report = analyze(&mut reader, &options, |_, _| ControlFlow::Continue(())).unwrap();
        let flow = report.flows.iter().find(|flow| flow.stream == Some(0)).unwrap();
        let mut selection = FrameSelection::new().flows(&report, &[flow.id]).unwrap();
        let mut reader = Reader::new(&file[..]).unwrap();
        let mut frames = Vec::new();
        while let Some(frame) = reader.next_frame().unwrap() {
            if selection.has(&frame) {
                frames.push(frame.number);
            }
        }
        assert_eq!((flow.packets(), &frames), (packets, &expected), "{since:?}");
    }
}

#[test]
fn files_with_fragments_are_analysed_as_by_tshark() {
    const TEST: &str = "files_with_fragments_are_analysed_as_by_tshark";
    let Some(corpus) = Corpus::find(TEST) else { return };
    if !support::has_program("tshark") {
        return support::skip(TEST, "tshark is not installed");
    }
    let (mut files, mut segments, mut changed, mut differ) = (0, 0, 0, Vec::new());
    for capture in &corpus.captures {
        // Only files in which putting datagrams together changes something of TCP.
        let (whole, parts) = (ours(&capture.path, true), ours(&capture.path, false));
        if whole == parts {
            continue;
        }
        let theirs = theirs(&capture.path);
        files += 1;
        segments += theirs.len();
        let frames = whole.keys().chain(theirs.keys()).collect::<std::collections::BTreeSet<_>>();
        changed += frames.iter().filter(|frame| whole.get(frame) != parts.get(frame)).count();
        for frame in frames {
            let (ours, theirs) = (whole.get(frame), theirs.get(frame));
            if ours != theirs {
                differ.push(format!("{} {frame}: ours {ours:?}, tshark {theirs:?}", capture.name));
            }
        }
    }
    eprintln!("{files} files, {segments} segments, {changed} changed by putting datagrams together");
    assert!(differ.is_empty(), "{} differ: {:#?}", differ.len(), &differ[..differ.len().min(30)]);
    assert!(files > 0 && changed > 0);
}

/// First fragments that nothing follows.
#[test]
fn fragments_that_never_end_carry_nothing() {
    let mut file = build::pcap_header(Order::Little, build::MICROSECONDS, (2, 4), 65_535, 101);
    for number in 0..20_000_u32 {
        let inner = segment(true, 1000, 0, 2, 1400);
        let packet = ipv4([10, 1, (number >> 8) as u8, number as u8], [10, 0, 0, 2], 4, number as u16, &inner);
        let first = fragments(&packet, 1024).swap_remove(0);
        file.extend(build::pcap_record(Order::Little, 1, number, first.len() as u32, &first));
    }
    let report = report(&file, 2);
    assert_eq!((report.capture.frames, report.capture.fragments), (20_000, 20_000));
    assert!(report.flows.iter().all(|flow| flow.stream.is_none()), "nothing inside was complete");
}

/// A query of DNS for a name, and the fragments of its answer: a long record, and an address in the second of them.
fn dns(name: &[u8; 7], identification: u16) -> (Vec<u8>, [Vec<u8>; 2]) {
    let question = [&[7][..], name, &[3], b"com", &[0, 0, 16, 0, 1]].concat();
    let header = |flags: u16, answers: u16| [7, flags, 1, answers, 0, 0].map(u16::to_be_bytes).concat();
    let udp = |ports: [u16; 2], message: &[u8]| {
        let length = 8 + message.len() as u16;
        [&[ports[0], ports[1], length, 0].map(u16::to_be_bytes).concat(), message].concat()
    };
    let record = |kind: u16, data: &[u8]| {
        let fields = [0xc00c, kind, 1, 0, 300, data.len() as u16].map(u16::to_be_bytes).concat();
        [&fields, data].concat()
    };
    let text = [&[255][..], &[b'x'; 255]].concat().repeat(5);
    let answer = [header(0x8180, 2), question.clone(), record(16, &text), record(1, &[192, 0, 2, 1])].concat();
    let query = ipv4([10, 0, 0, 1], [10, 0, 0, 2], 17, 1, &udp([5000, 53], &[header(0x100, 0), question].concat()));
    let answer = ipv4([10, 0, 0, 2], [10, 0, 0, 1], 17, identification, &udp([53, 5000], &answer));
    (query, fragments(&answer, 1024).try_into().unwrap())
}

/// Packets a millisecond apart.
fn a_millisecond_apart(packets: &[&Vec<u8>]) -> Vec<u8> {
    let mut file = build::pcap_header(Order::Little, build::MICROSECONDS, (2, 4), 65_535, 101);
    for (number, packet) in (0..).zip(packets) {
        file.extend(build::pcap_record(Order::Little, 1, 1000 * number, packet.len() as u32, packet));
    }
    file
}

/// Of an answer in two fragments, a filter for the port, or the path, may leave only the first.
#[test]
fn answers_of_dns_count_from_their_first_fragment_on() {
    let (query, [first, second]) = &dns(b"example", 2);
    let (_, [other_first, other_second]) = &dns(b"another", 3);
    let transaction = |packets: &[&Vec<u8>]| {
        let file = a_millisecond_apart(packets);
        let [one, two] = [1, 2].map(|threads| report(&file, threads));
        assert_eq!(one.dns, two.dns);
        let [transaction] = &one.dns[..] else { panic!("{:?}", one.dns) };
        let is_lost = one.findings.iter().any(|finding| finding.kind == FindingKind::DnsUnanswered);
        let frames = (transaction.query_frame, transaction.response_frame);
        let millis = transaction.latency.map(|time| time.as_millis());
        (transaction.attempts, frames, millis, transaction.answers.join(","), is_lost)
    };
    let address = || "192.0.2.1".to_owned();
    let whole = (1, (Some(1), Some(3)), Some(2), address(), false);
    assert_eq!(transaction(&[query, first]), (1, (Some(1), Some(2)), Some(1), String::new(), false));
    assert_eq!(transaction(&[query, first, second]), whole);
    assert_eq!(transaction(&[query, second, first]), whole);
    assert_eq!(transaction(&[first]), (0, (None, Some(1)), None, String::new(), false));
    assert_eq!(transaction(&[first, second]), (0, (None, Some(2)), None, address(), false));
    assert_eq!(transaction(&[query, first, second, first]), whole, "once more");
    assert_eq!(transaction(&[query, first, second, other_first, other_second]), whole, "one that nobody asked for");
    let begun = (1, (Some(1), Some(2)), Some(1), String::new(), false);
    assert_eq!(transaction(&[query, first, other_first, other_second]), begun, "another name");
    // Who asks again did not get it.
    assert_eq!(transaction(&[query, first, query, second]), (2, (Some(1), Some(4)), Some(1), address(), false));
    assert_eq!(transaction(&[query, first, query, first]), (2, (Some(1), Some(2)), Some(1), String::new(), true));
    let findings = report(&a_millisecond_apart(&[query, first, query, first]), 1).findings;
    assert!(findings.iter().all(|finding| !finding.summary.contains("asking again")), "{findings:#?}");
}

/// Fragments of flows that were handed out already, and of those to come.
#[test]
fn who_takes_flows_out_as_they_end_gets_their_fragments() {
    let (_, [first, second]) = &dns(b"example", 2);
    let mut file = a_millisecond_apart(&[second, first]);
    let (mut analyzer, mut taken) = (Analyzer::new(Options::default()), Vec::new());
    let later =
        |seconds: u32, packet: &[u8]| build::pcap_record(Order::Little, seconds, 0, packet.len() as u32, packet);
    let other = segment(true, 1, 0, 2, 0);
    file.extend([later(1000, &other), later(2000, second), later(2000, first), later(3000, &other)].concat());
    let mut reader = Reader::new(&file[..]).unwrap();
    while let Some(frame) = reader.next_frame().unwrap() {
        analyzer.push(&frame, &frame.packet());
        let report = analyzer.take_finished();
        for flow in report.flows.iter().filter(|flow| flow.client.port == 5000 || flow.server.port == 5000) {
            let mut selection = FrameSelection::new().flows(&report, &[flow.id]).unwrap();
            let mut reader = Reader::new(&file[..]).unwrap();
            while let Some(frame) = reader.next_frame().unwrap() {
                taken.extend(selection.has(&frame).then_some(frame.number));
            }
        }
    }
    assert_eq!(taken, [1, 2, 4, 5]);
}

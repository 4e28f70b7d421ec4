//! The analyzer under traffic that is out to hurt it, and its findings in tshark's eyes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    missing_docs
)]

#[path = "support/allocator.rs"]
mod allocator;
mod support;

use std::collections::BTreeSet;
use std::io::Cursor;
use std::ops::ControlFlow;
use std::process::Command;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use allocator::{NOW, PEAK};
use netshoot_core::ErrorKind;
use netshoot_core::analysis::{Analyzer, FindingKind, Options, Report, Severity, analyze};
use netshoot_core::capture::Reader;

/// A capture of raw IPv4 packets, one a microsecond.
fn capture(packets: impl Iterator<Item = Vec<u8>>) -> Vec<u8> {
    let mut file = Vec::new();
    for word in [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 65_535, 101] {
        file.extend(word.to_le_bytes());
    }
    for (number, packet) in (0_u32..).zip(packets) {
        for word in [1_700_000_000 + number / 1_000_000, number % 1_000_000, packet.len() as u32, packet.len() as u32] {
            file.extend(word.to_le_bytes());
        }
        file.extend(packet);
    }
    file
}

fn ip(protocol: u8, source: u32, destination: u32, transport: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x45, 0];
    packet.extend((20 + transport.len() as u16).to_be_bytes());
    packet.extend([0, 1, 0, 0, 64, protocol, 0, 0]);
    packet.extend(source.to_be_bytes());
    packet.extend(destination.to_be_bytes());
    packet.extend(transport);
    packet
}

fn tcp(ports: [u16; 2], sequence: u32, acknowledgment: u32, flags: u8, payload: &[u8]) -> Vec<u8> {
    let mut segment = Vec::new();
    ports.iter().for_each(|port| segment.extend(port.to_be_bytes()));
    segment.extend(sequence.to_be_bytes());
    segment.extend(acknowledgment.to_be_bytes());
    segment.extend([0x50, flags, 1, 0, 0, 0, 0, 0]);
    segment.extend(payload);
    segment
}

fn dns_query(port: u16, id: u16, label: &str) -> Vec<u8> {
    let mut message = id.to_be_bytes().to_vec();
    message.extend([1, 0, 0, 1, 0, 0, 0, 0, 0, 0, label.len() as u8]);
    message.extend(label.as_bytes());
    message.extend([0, 0, 1, 0, 1]);
    let mut datagram = Vec::new();
    [port, 53, 8 + message.len() as u16, 0].iter().for_each(|word| datagram.extend(word.to_be_bytes()));
    datagram.extend(message);
    datagram
}

fn report(file: &[u8], memory_limit: usize) -> Report {
    report_of_threads(file, memory_limit, 1)
}

fn report_of_threads(file: &[u8], memory_limit: usize, threads: usize) -> Report {
    let mut options = Options::default();
    (options.memory_limit, options.threads) = (memory_limit, threads);
    let mut reader = Reader::new(Cursor::new(file)).expect("a capture");
    analyze(&mut reader, &options, |_, _| ControlFlow::Continue(())).expect("a report")
}

/// Flows, unacknowledged segments, evidence and DNS transactions without end, in a memory of 8 MiB. The report is within it;
/// the tables may grow by copying, and findings need something while they are made.
#[test]
fn memory_stays_below_its_limit() {
    const LIMIT: usize = 8 << 20;
    const COUNT: u32 = 300_000;
    let packets = (0..COUNT).map(|i| match i % 3 {
        0 => ip(6, 0x0a00_0000 + i, 0x0b00_0001, &tcp([(i % 60_000) as u16, 80], i, 0, 2, &[])),
        1 => ip(6, 0x0a80_0000 + i % 500, 0x0b00_0001, &tcp([1, 80], i.wrapping_mul(7919), 1, 16, b"GET")),
        _ => ip(17, 0x0a00_0001, 0x0b00_0002, &dns_query((i % 60_000) as u16, i as u16, &format!("name{i}"))),
    });
    let file = capture(packets);
    let before = NOW.load(Relaxed);
    PEAK.store(before, Relaxed);
    let report = report(&file, LIMIT);
    let peak = PEAK.load(Relaxed) - before;
    let held = NOW.load(Relaxed) - before;
    eprintln!("limit {LIMIT}, peak {peak}, report {held}, evicted {:?}", report.evicted);
    assert!(peak < 2 * LIMIT, "{peak} octets at the peak");
    assert!(held < LIMIT, "{held} octets in the report");
    assert_eq!(report.capture.frames, u64::from(COUNT));
    assert!(report.evicted.flows > 0 && report.evicted.dns > 0);
    let seen: u64 = report.flows.iter().map(|flow| flow.packets()).sum();
    assert_eq!(seen + report.evicted.packets, u64::from(COUNT), "no packet is lost without being counted");
    assert!(report.flows.is_sorted_by_key(|flow| flow.id));

    let of_two = report_of_threads(&file, LIMIT, 2);
    let seen: u64 = of_two.flows.iter().map(|flow| flow.packets()).sum();
    assert_eq!(seen + of_two.evicted.packets, u64::from(COUNT), "by no thread either");
    let kinds = |report: &Report| report.findings.iter().map(|finding| finding.kind).collect::<BTreeSet<_>>();
    assert_eq!(kinds(&of_two), kinds(&report));
}

/// However it is shared, DNS has all of its room, and what is forgotten for want of it is what one thread forgets.
#[test]
fn dns_is_forgotten_alike_in_threads() {
    for (clients, queries, is_forgotten) in [(1, 800, false), (1, 4000, true), (10, 4000, true)] {
        let file = capture((0..queries).map(|i| {
            let client = i * i % clients;
            let query = dns_query(1000, (i & 0xffff) as u16, &format!("name{i}"));
            ip(17, 0x0a00_0000 + client, 2, &query)
        }));
        let one = report(&file, 4 << 20);
        assert_eq!(one.evicted.dns > 0, is_forgotten, "{clients} clients: {:?}", one.evicted);
        for threads in [2, 5] {
            let found = report_of_threads(&file, 4 << 20, threads);
            assert_eq!(found.evicted, one.evicted);
            assert!(found.dns == one.dns, "{clients} clients in {threads} threads");
        }
    }
}

/// Heads without end, halves of handshakes, holes that nobody fills, requests that nobody answers, echo requests and ARP:
/// all of it at once, in a memory of 8 MiB.
#[test]
fn talk_stays_below_the_limit() {
    const LIMIT: usize = 8 << 20;
    const COUNT: u32 = 80_000;
    let hello = [&[22, 3, 1, 0x3f, 0xff, 1, 0, 0x3f, 0xfb, 3, 3][..], &[7; 400]].concat();
    let packets = (0..COUNT).map(|i| {
        let (round, flow) = (i / 500, i % 500);
        let (client, ports) = (0x0a00_0000 + round / 20 * 500 + flow, [1000 + flow as u16, 80]);
        let sequence = 1 + round % 20 * 500;
        let segment = |sequence, payload: &[u8]| ip(6, client, 2, &tcp(ports, sequence, 1, 16, payload));
        match flow % 6 {
            0 if round % 20 == 0 => segment(sequence, &[b"GET / HTTP/1.1\r\n".as_slice(), &[b'x'; 484]].concat()),
            1 if round % 20 == 0 => segment(sequence, &hello),
            0 | 1 => segment(sequence, &[b'x'; 500]),
            2 => segment(sequence + u32::from(round % 20 > 0), &[b'x'; 400]),
            3 => segment(sequence, format!("GET /{i} HTTP/1.1\r\nHost: {i:0>475}\r\n\r\n").as_bytes()),
            4 => ip(1, client, 2, &[8, 0, 0, 0, 0, flow as u8, (round >> 8) as u8, round as u8]),
            _ => ip(17, client, 3, &dns_query(ports[0], i as u16, &format!("name{i}"))),
        }
    });
    let file = capture(packets);
    let before = NOW.load(Relaxed);
    PEAK.store(before, Relaxed);
    let report = report(&file, LIMIT);
    let (peak, held) = (PEAK.load(Relaxed) - before, NOW.load(Relaxed) - before);
    eprintln!("limit {LIMIT}, peak {peak}, report {held}, evicted {:?}", report.evicted);
    assert!(peak < 2 * LIMIT, "{peak} octets at the peak");
    assert!(held < LIMIT, "{held} octets in the report");
    assert!(report.evicted.flows > 0 && report.evicted.calls > 0 && report.evicted.icmp > 0);
    assert!(!report.calls.is_empty() && report.calls.iter().all(|call| call.parts.sum() == call.total));
}

/// What is read piece by piece, as it is made.
struct Endless<I> {
    packets: I,
    piece: Vec<u8>,
    read: usize,
    number: u64,
}

impl<I: Iterator<Item = Vec<u8>>> std::io::Read for Endless<I> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.read == self.piece.len() {
            (self.read, self.piece) = (0, Vec::new());
            for packet in self.packets.by_ref().take(1000) {
                let (length, time) = (packet.len() as u32, self.number);
                for word in [1_700_000_000 + (time / 1_000_000) as u32, (time % 1_000_000) as u32, length, length] {
                    self.piece.extend(word.to_le_bytes());
                }
                self.piece.extend(packet);
                self.number += 1;
            }
        }
        let read = std::io::Read::read(&mut &self.piece[self.read..], buffer)?;
        self.read += read;
        Ok(read)
    }
}

/// As many flows as `NETSHOOT_FLOWS` says, in one thread and in several, in the same memory however many there are.
#[test]
fn flows_without_end_stay_below_the_limit() {
    const LIMIT: usize = 16 << 20;
    let count: u32 = std::env::var("NETSHOOT_FLOWS").map_or(400_000, |count| count.parse().unwrap());
    for threads in [1, 2, 3] {
        let packets = (0..count).map(|i| {
            let (client, port) = (0x0a00_0000 + i / 50_000, 1024 + (i % 50_000) as u16);
            if i % 2 == 0 {
                ip(6, client, 0x0b00_0001 + i % 7, &tcp([port, 80], i, 0, 2, &[]))
            } else {
                ip(17, client, 0x0b00_0001 + i % 7, &[port.to_be_bytes(), [0, 99], [0, 8], [0, 0]].concat())
            }
        });
        let mut options = Options::default();
        (options.memory_limit, options.threads) = (LIMIT, threads);
        let before = NOW.load(Relaxed);
        PEAK.store(before, Relaxed);
        let stream = Endless { packets, piece: capture(std::iter::empty()), read: 0, number: 0 };
        let mut reader = Reader::new(stream).unwrap();
        let report = analyze(&mut reader, &options, |_, _| ControlFlow::Continue(())).unwrap();
        let peak = PEAK.load(Relaxed) - before;
        eprintln!("{count} flows, {threads} threads: peak {peak}, evicted {:?}", report.evicted);
        // The tables while they grow, frames that are read ahead, and findings while they are made.
        let others = if threads > 1 { 8 << 20 } else { 0 };
        assert!(peak < 2 * LIMIT + others, "{peak} octets at the peak");
        assert_eq!(report.capture.frames, u64::from(count));
        assert_eq!(report.flows.len() as u64 + report.evicted.flows, u64::from(count), "{threads} threads");
        let last = report.flows.last().unwrap();
        assert_eq!((last.id, last.stream), (count - 1, Some((count - 1) / 2)));
        assert!(report.findings.iter().any(|finding| finding.kind == FindingKind::AnalysisIncomplete));
    }
}

/// A connection that is opened, used and closed, with nothing wrong.
fn healthy(client: u32, port: u16) -> Vec<Vec<u8>> {
    let (there, back) = ([port, 443], [443, port]);
    let (to, from) = (|segment: &[u8]| ip(6, client, 9, segment), |segment: &[u8]| ip(6, 9, client, segment));
    vec![
        to(&tcp(there, 100, 0, 2, &[])),
        from(&tcp(back, 300, 101, 18, &[])),
        to(&tcp(there, 101, 301, 24, b"GET")),
        from(&tcp(back, 301, 104, 24, b"200")),
        to(&tcp(there, 104, 304, 17, &[])),
        from(&tcp(back, 304, 105, 17, &[])),
        to(&tcp(there, 105, 305, 16, &[])),
    ]
}

/// What went wrong first is still told when far more connections than fit in memory have gone well since.
#[test]
fn healthy_flows_are_forgotten_before_bad_ones() {
    let refused = (0..50_u16).flat_map(|port| {
        let syn = ip(6, 1, 2, &tcp([1000 + port, 80], 7, 0, 2, &[]));
        [syn, ip(6, 2, 1, &tcp([80, 1000 + port], 0, 8, 20, &[]))]
    });
    let unanswered = (0..5).map(|_| ip(6, 1, 3, &tcp([1000, 81], 7, 0, 2, &[])));
    let bad: Vec<_> = refused.chain(unanswered).collect();
    let good = (0..10_000_u32).flat_map(|number| healthy(0x0a00_0000 + number / 100, 2000 + (number % 100) as u16));
    let told = |report: &Report| -> Vec<_> {
        report.findings.iter().map(|finding| (finding.kind, finding.severity, finding.events, finding.flows)).collect()
    };
    let alone = report(&capture(bad.iter().cloned()), 1 << 20);
    let among = report(&capture(bad.iter().cloned().chain(good)), 1 << 20);
    assert!(among.evicted.flows > 5000, "{:?}", among.evicted);
    assert_eq!(told(&alone).len(), 2);
    assert_eq!(told(&alone), told(&among));
    assert!(among.findings.iter().all(|finding| finding.severity == Severity::Critical));
}

/// More SYNs than memory has room for: their number is told, and that some were forgotten.
#[test]
fn a_flood_of_syns_is_found() {
    const COUNT: u32 = 60_000;
    let syns = (0..COUNT).map(|i| ip(6, i.wrapping_mul(0x9e37_79b1), 2, &tcp([i as u16, 80], i, 0, 2, &[])));
    let report = report(&capture(syns), 2 << 20);
    assert!(report.evicted.flows > COUNT as u64 / 2, "{:?}", report.evicted);
    let find = |kind| report.findings.iter().find(|finding| finding.kind == kind).expect("a finding");
    let unanswered = find(FindingKind::TcpUnansweredSyn);
    assert_eq!(u64::from(unanswered.flows), report.evicted.flows, "those left may still get an answer");
    assert!(unanswered.summary.contains("at least"), "{}", unanswered.summary);
    let incomplete = find(FindingKind::AnalysisIncomplete);
    assert_eq!((incomplete.severity, incomplete.events), (Severity::Warning, report.evicted.flows));
    assert!(!incomplete.evidence_frames.is_empty());
}

/// Wireshark opens a stream for a packet that an ICMP error quotes, if its header is there up to the window. The numbers
/// are those of tshark 4.0.
#[test]
fn quoted_packets_take_stream_numbers() {
    let datagram = |port: u16| [&port.to_be_bytes()[..], &[0, 80, 0, 12, 0, 0, 1, 2, 3, 4]].concat();
    let segment = |port| ip(6, 1, 2, &tcp([port, 80], 7, 0, 2, &[]));
    let error = |quoted: &[u8]| ip(1, 9, 1, &[&[3, 3, 0, 0, 0, 0, 0, 0], quoted].concat());
    let packets = [
        error(&segment(10)[..28]),
        segment(11),
        error(&segment(12)),
        error(&segment(12)),
        segment(13),
        segment(12),
        segment(10),
        error(&ip(17, 1, 2, &datagram(10))[..28]),
        ip(17, 1, 2, &datagram(11)),
        ip(17, 1, 2, &datagram(10)),
        error(&segment(14)[..34]),
        segment(15),
        error(&segment(16)[..36]),
        segment(17),
    ];
    let report = report(&capture(packets.into_iter()), 8 << 20);
    let streams: Vec<_> = report.flows.iter().filter_map(|flow| Some((flow.client.port, flow.stream?))).collect();
    let of_tcp = [(11, 0), (13, 2), (12, 1), (10, 3)];
    assert_eq!(streams, [&of_tcp[..], &[(11, 1), (10, 0), (15, 4), (17, 6)]].concat());
}

#[test]
fn what_is_over_is_handed_out_once() {
    let mut file = capture((0..40_u16).map(|i| {
        let flags = if i % 2 == 0 { 2 } else { 17 };
        ip(6, 1, 2, &tcp([1000 + i / 2, 80], u32::from(i % 2), 0, flags, &[]))
    }));
    // The last frame comes a minute later.
    file.extend(1_700_000_060_u32.to_le_bytes());
    file.extend([0; 4]);
    let packet = ip(6, 1, 2, &tcp([5, 80], 9, 0, 2, &[]));
    file.extend([(packet.len() as u32).to_le_bytes(), (packet.len() as u32).to_le_bytes()].concat());
    file.extend(packet);
    let mut reader = Reader::new(Cursor::new(&file)).expect("a capture");
    let mut analyzer = Analyzer::new(Options::default());
    while let Some(frame) = reader.next_frame().expect("a frame") {
        analyzer.push(&frame, &frame.packet());
    }
    assert_eq!(analyzer.take_finished().flows.len(), 20, "those with a FIN");
    assert_eq!(analyzer.take_finished().flows.len(), 0);
    let rest = analyzer.finish();
    assert_eq!((rest.flows.len(), rest.capture.frames), (1, 41));
}

#[test]
fn a_scan_is_one_finding() {
    let packets = (0..1000_u16).flat_map(|port| {
        let syn = ip(6, 1, 2, &tcp([40_000, port + 1], 7, 0, 2, &[]));
        let reset = ip(6, 2, 1, &tcp([port + 1, 40_000], 0, 8, 20, &[]));
        [Some(syn), (port % 3 > 0).then_some(reset)]
    });
    let report = report(&capture(packets.flatten()), 8 << 20);
    let kinds: Vec<_> = report.findings.iter().map(|finding| (finding.kind, finding.flows)).collect();
    assert_eq!(kinds, [(FindingKind::PortScan, 1000)]);
}

#[test]
fn a_cut_capture_is_a_finding_and_a_break_is_an_error() {
    let file = capture((0..5000).map(|i| ip(17, 1, 2, &[0, 9, 0, 9, 0, 8, 0, (i % 7) as u8])));
    let cut = report(&file[..file.len() - 3], 8 << 20);
    assert_eq!((cut.capture.frames, cut.findings[0].kind), (4999, FindingKind::CaptureDamaged));
    assert!(cut.capture.damage.is_some_and(|damage| damage.contains("offset")));
    let mut reader = Reader::new(Cursor::new(&file)).expect("a capture");
    let cancelled = analyze(&mut reader, &Options::default(), |_, _| ControlFlow::Break(()));
    assert_eq!(cancelled.expect_err("cancelled").kind(), ErrorKind::Cancelled);
}

/// Findings on the whole corpus: within their bounds, worst first, and each filter is one that tshark takes.
#[test]
fn findings_keep_their_promises() {
    const TEST: &str = "findings_keep_their_promises";
    let Some(corpus) = support::Corpus::find(TEST) else { return };
    let mut filters = BTreeSet::new();
    let mut kinds = BTreeSet::new();
    for capture in &corpus.captures {
        let Ok(mut reader) = Reader::open(&capture.path) else { continue };
        let report = analyze(&mut reader, &Options::default(), |_, _| ControlFlow::Continue(())).expect("a report");
        for (id, finding) in (1..).zip(&report.findings) {
            assert_eq!(finding.id, id, "{}", capture.name);
            assert!(finding.evidence_frames.len() <= 20 && finding.evidence_frames.is_sorted(), "{finding:?}");
            assert!(finding.flow_ids.len() <= 100 && finding.flow_ids.is_sorted(), "{finding:?}");
            assert!(finding.evidence_frames.iter().all(|frame| (1..=report.capture.frames).contains(frame)));
            assert!(!finding.evidence_frames.is_empty() || report.capture.frames == 0, "{}: {finding:?}", capture.name);
            if finding.kind == FindingKind::TcpRetransmissions {
                let flows =
                    report.flows.iter().filter(|flow| finding.server.is_none_or(|server| flow.server == server));
                let lived: Duration = flows.map(|flow| flow.duration()).sum();
                assert!(finding.impact.unwrap_or_default() <= lived, "{}: {finding:?}", capture.name);
            }
            assert!(finding.summary.ends_with('.') && !finding.summary.contains('\n'), "{finding:?}");
            filters.insert(finding.wireshark_filter.clone());
            kinds.insert(finding.kind);
        }
        let order: Vec<Severity> = report.findings.iter().map(|finding| finding.severity).collect();
        assert!(order.is_sorted_by(|a, b| a >= b), "{}", capture.name);
    }
    eprintln!("{} filters, kinds: {kinds:?}", filters.len());
    if !support::has_program("tshark") {
        return support::skip(TEST, "tshark is not installed, so no filter was tried");
    }
    let empty = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(empty.path(), capture(std::iter::empty())).expect("an empty capture");
    // All at once: a filter of filters is valid if each is.
    for some in filters.iter().collect::<Vec<_>>().chunks(100) {
        let all = some.iter().map(|filter| format!("({filter})")).collect::<Vec<_>>().join(" || ");
        let run = Command::new("tshark").args(["-n", "-Y", &all, "-r"]).arg(empty.path()).output().expect("tshark");
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    }
}

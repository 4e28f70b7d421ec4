//! One thread, two and three give the same report, of every shared capture.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    missing_docs
)]

mod support;

use std::fmt::Write;
use std::io::{Cursor, Read};
use std::ops::ControlFlow;

use netshoot_core::ErrorKind;
use netshoot_core::analysis::{Options, Report, Since, analyze};
use netshoot_core::capture::Reader;
use support::Corpus;
use support::build::{self, Order};

fn report<R: Read + Send>(reader: &mut Reader<R>, threads: usize, since: Option<Since>) -> Report {
    let mut options = Options::default();
    (options.threads, options.since) = (threads, since);
    analyze(reader, &options, |_, _| ControlFlow::Continue(())).expect("a report")
}

/// All of a report, a line for each row of each table.
fn lines(report: &Report) -> Vec<String> {
    let Report { capture, flows, dns, calls, tls, quic, icmp, arp, dhcp, findings, evicted, .. } = report;
    let mut text = format!("{capture:?}\n{evicted:?}\n{:?}\n", report.verdict());
    let mut table = |rows: &mut dyn Iterator<Item = String>| rows.for_each(|row| writeln!(text, "{row}").unwrap());
    table(&mut findings.iter().map(|row| format!("{row:?}")));
    table(&mut flows.iter().map(|row| format!("{row:?}")));
    table(&mut dns.iter().map(|row| format!("{row:?}")));
    table(&mut calls.iter().map(|row| format!("{row:?}")));
    table(&mut tls.iter().map(|row| format!("{row:?}")));
    table(&mut quic.iter().map(|row| format!("{row:?}")));
    table(&mut icmp.iter().map(|row| format!("{row:?}")));
    table(&mut arp.iter().map(|row| format!("{row:?}")));
    table(&mut dhcp.iter().map(|row| format!("{row:?}")));
    text.lines().map(str::to_owned).collect()
}

/// How two reports differ first.
fn difference(one: &[String], other: &[String]) -> Option<String> {
    let differs = one.iter().zip(other).find(|(one, other)| one != other);
    match differs {
        Some((one, other)) => Some(format!("\n  {one}\n  {other}")),
        None if one.len() != other.len() => Some(format!("{} and {} rows", one.len(), other.len())),
        None => None,
    }
}

#[test]
fn threads_agree_on_every_capture() {
    let Some(corpus) = Corpus::find("threads_agree_on_every_capture") else { return };
    let (mut captures, mut rows, mut faults) = (0, 0, Vec::new());
    for capture in &corpus.captures {
        let open = || Reader::open(&capture.path);
        let Ok(mut reader) = open() else { continue };
        let expected = lines(&report(&mut reader, 1, None));
        for threads in [2, 3] {
            let found = lines(&report(&mut open().unwrap(), threads, None));
            let difference = difference(&expected, &found);
            faults.extend(difference.map(|what| format!("{} with {threads} threads: {what}", capture.name)));
        }
        captures += 1;
        rows += expected.len();
    }
    eprintln!("{captures} captures, {rows} rows, {} differ", faults.len());
    assert!(faults.is_empty(), "{}", faults.iter().take(10).cloned().collect::<Vec<_>>().join("\n"));
    assert!(captures > 100);
}

const DEMO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/captures/demo.pcapng");

#[test]
fn threads_agree_on_a_part_and_on_damage() {
    let since = Some(Since::AfterFirst(std::time::Duration::from_millis(500)));
    let part = |threads| lines(&report(&mut Reader::open(DEMO).unwrap(), threads, since));
    assert_eq!(difference(&part(1), &part(4)), None);

    let octets = std::fs::read(DEMO).unwrap();
    for length in [octets.len() / 3, octets.len() / 2, octets.len() - 5] {
        let cut = |threads| report(&mut Reader::new(Cursor::new(&octets[..length])).unwrap(), threads, None);
        let (one, two) = (cut(1), cut(2));
        assert!(one.capture.damage.is_some() && one.findings.iter().any(|told| told.kind.slug() == "capture-damaged"));
        assert_eq!(difference(&lines(&one), &lines(&two)), None, "{length} octets");
    }
}

#[test]
fn threads_are_cancelled() {
    let mut file = Vec::new();
    for word in [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 65_535, 101] {
        file.extend(word.to_le_bytes());
    }
    for number in 0..100_000_u32 {
        [number, 0, 0, 0].iter().for_each(|word| file.extend(word.to_le_bytes()));
    }
    let mut options = Options::default();
    options.threads = 3;
    let mut asked = 0;
    let stopped = analyze(&mut Reader::new(Cursor::new(&file)).unwrap(), &options, |_, _| {
        asked += 1;
        if asked == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert_eq!(stopped.unwrap_err().kind(), ErrorKind::Cancelled);
    assert_eq!(asked, 2);
}

/// A datagram in IPv4 from a host and a port, so that shards share them, of this length at least.
fn datagram(host: u8, length: usize) -> Vec<u8> {
    let stated = (length.clamp(28, 65_535) as u16).to_be_bytes();
    let mut packet = vec![0x45, 0, stated[0], stated[1], 0, 1, 0, 0, 64, 17, 0, 0, 10, 0, 0, host, 10, 1, 0, 1];
    packet.extend([4, host, 0, 99, 0, 8, 0, 0]);
    packet.resize(packet.len().max(length), host);
    packet
}

/// Gives so many octets at a time.
struct Pieces<'a>(&'a [u8], usize);

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let length = buffer.len().min(self.1);
        self.0.read(&mut buffer[..length])
    }
}

fn assert_threads_agree(file: &[u8], what: &str) {
    for piece in [usize::MAX, 100_001] {
        let of = |threads| report(&mut Reader::new(Pieces(file, piece)).unwrap(), threads, None);
        let one = of(1);
        assert_eq!(one.capture.damage, None, "{what}");
        for threads in [2, 3] {
            assert_eq!(difference(&lines(&one), &lines(&of(threads))), None, "{what} in {threads} threads");
        }
    }
}

const RAW: u16 = 101;

#[test]
fn threads_agree_on_long_records() {
    // Small ones up to the end of a buffer, and a few behind the long one.
    for before in [3, 9_000_u32] {
        let lengths = || (0..before).map(|_| 28).chain([300 << 10, 40, 40, 15 << 20, 40, 1400, 262_000]).chain([28; 9]);
        let order = Order::Little;
        let mut file = [build::section(order, (1, 0), &[]), build::interface(order, RAW, 0, &[])].concat();
        for (place, length) in lengths().enumerate() {
            let packet = datagram(place as u8, length);
            file.extend(build::enhanced(order, 0, place as u64, packet.len() as u32, &packet));
        }
        assert_threads_agree(&file, "pcapng");
        let mut file = build::pcap_header(order, build::MICROSECONDS, (2, 4), 262_144, u32::from(RAW));
        for (place, length) in
            lengths().filter(|length| *length < 1 << 20).map(|length| length.min(256 << 10)).enumerate()
        {
            let packet = datagram(place as u8, length);
            file.extend(build::pcap_record(order, 1, place as u32, packet.len() as u32, &packet));
        }
        assert_threads_agree(&file, "pcap");
    }
}

/// Each of these makes a batch of its own, or begins one.
#[test]
fn threads_agree_on_blocks_of_other_kinds() {
    let order = Order::Big;
    let mut file = [build::section(order, (1, 0), &[]), build::interface(order, RAW, 0, &[])].concat();
    for place in 0..20_000_u32 {
        let packet = datagram(place as u8, 28 + place as usize % 500);
        let length = packet.len() as u32;
        file.extend(match place % 10_000 / 100 {
            77 => build::enhanced(order, 0, place.into(), length, &packet),
            78 if place % 3 == 0 => build::statistics(order, 0, place.into(), 0),
            _ => build::simple(order, length, &packet),
        });
    }
    assert_threads_agree(&file, "simple packets");
}

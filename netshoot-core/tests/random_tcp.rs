//! The judgement on TCP segments against tshark, on random but plausible conversations.
//!
//! Sequence numbers wrap, windows are closed or just filled, segments repeat, go missing and come late, ports are used
//! again, clocks stand still, selective acknowledgments make no sense, and now and then a segment is in IP fragments, which
//! neither looks into. Each seed gives a capture of its own; tshark and we must agree on each flag and each value of each
//! segment. `NETSHOOT_TCP_SEGMENTS` asks for more of them than continuous integration has time for.
//!
//! The rules of Wireshark 4.4 are compared with what Wireshark 4.4.5 said of two of these captures: its answers are kept, as
//! it is not what Debian has. `tests/data/wiregasm.mjs` asks it again.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    missing_docs
)]

mod support;

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use flate2::read::GzDecoder;
use netshoot_core::analysis::{Analyzer, Options, TcpAnalysis, TcpObservation, TcpProfile};
use netshoot_core::capture::Reader;

/// Segments of one capture.
const SEGMENTS: usize = 6000;
const VALUES: [&str; 12] = [
    "tcp.stream",
    "tcp.window_size",
    "tcp.analysis.ack_rtt",
    "tcp.analysis.acks_frame",
    "tcp.analysis.initial_rtt",
    "tcp.analysis.rto",
    "tcp.analysis.rto_frame",
    "tcp.analysis.duplicate_ack_num",
    "tcp.analysis.duplicate_ack_frame",
    "tcp.analysis.bytes_in_flight",
    "tcp.analysis.push_bytes_sent",
    "tcp.completeness",
];
const ACK_RTT: usize = 2;
const INITIAL_RTT: usize = 4;
const COMPLETENESS: usize = 11;
const FLAGS: [&str; 15] = [
    "retransmission",
    "fast_retransmission",
    "spurious_retransmission",
    "out_of_order",
    "lost_segment",
    "ack_lost_segment",
    "duplicate_ack",
    "keep_alive",
    "keep_alive_ack",
    "zero_window",
    "zero_window_probe",
    "zero_window_probe_ack",
    "window_update",
    "window_full",
    "reused_ports",
];

#[test]
fn random_conversations_are_judged_as_by_tshark() {
    const TEST: &str = "random_conversations_are_judged_as_by_tshark";
    if !support::has_program("tshark") {
        return support::skip(TEST, "tshark is not installed");
    }
    let wanted = std::env::var("NETSHOOT_TCP_SEGMENTS");
    let wanted = wanted.map_or(5 * SEGMENTS, |number| number.parse().expect("NETSHOOT_TCP_SEGMENTS: a number"));
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("random.pcap");
    let mut seen: BTreeMap<String, u64> = BTreeMap::new();
    let mut differences = Vec::new();
    for seed in 1..=wanted.div_ceil(SEGMENTS) as u64 {
        std::fs::write(&path, capture(seed)).expect("a capture");
        let (ours, theirs) = (judge(&path, TcpProfile::Wireshark40), ask_tshark(&path));
        assert_eq!((ours.len(), theirs.len()), (SEGMENTS, SEGMENTS));
        for (frame, (mut ours, theirs)) in ours.into_iter().zip(theirs).enumerate() {
            // The round trip of the handshake is shown where there is anything else to show.
            if theirs.1.is_empty() && theirs.0[ACK_RTT..COMPLETENESS].iter().all(String::is_empty) {
                ours.0[INITIAL_RTT].clear();
            }
            if ours != theirs {
                differences.push(format!("seed {seed}, frame {}:\n  {ours:?}\n  {theirs:?}", frame + 1));
            }
            let values = VALUES.iter().zip(&theirs.0).filter(|(_, value)| !value.is_empty()).map(|(name, _)| *name);
            for name in theirs.1.iter().copied().chain(values) {
                *seen.entry(name.to_owned()).or_default() += 1;
            }
        }
    }
    eprintln!("{} segments, seen: {seen:?}", wanted.next_multiple_of(SEGMENTS));
    let first: Vec<_> = differences.iter().take(10).map(String::as_str).collect();
    assert!(differences.is_empty(), "{} differ, ours before tshark's:\n{}", differences.len(), first.join("\n"));
    let missing: Vec<_> = FLAGS.iter().chain(&VALUES).filter(|name| !seen.contains_key(**name)).collect();
    assert!(missing.is_empty(), "the generator makes no {missing:?}");
}

/// Values that do not depend on whether a capture is read once or twice, in the columns of the answers, and then the flags.
const KEPT: [usize; 9] = [0, 2, 3, 5, 6, 7, 8, 9, 10];

/// To ask Wireshark again, `NETSHOOT_RANDOM_CAPTURES` names the folder that the captures are written to.
#[test]
fn random_conversations_are_judged_as_by_wireshark_4_4() {
    if let Some(folder) = std::env::var_os("NETSHOOT_RANDOM_CAPTURES") {
        for seed in [1, 2] {
            std::fs::write(Path::new(&folder).join(format!("random-{seed}.pcap")), capture(seed)).expect("a capture");
        }
    }
    let folder = tempfile::tempdir().expect("a folder");
    let mut seen: BTreeMap<String, u64> = BTreeMap::new();
    let (mut differences, mut old_rules) = (Vec::new(), 0_u64);
    for seed in [1, 2] {
        let path = folder.path().join(format!("random-{seed}.pcap"));
        std::fs::write(&path, capture(seed)).expect("a capture");
        let theirs = answers_of_4_4(seed);
        let ours: Vec<_> = judge(&path, TcpProfile::Wireshark44).iter().map(row).collect();
        let old: Vec<_> = judge(&path, TcpProfile::Wireshark40).iter().map(row).collect();
        assert_eq!((ours.len(), theirs.len()), (SEGMENTS, SEGMENTS));
        for (frame, (ours, theirs)) in ours.iter().zip(&theirs).enumerate() {
            // The numbers of streams differ from the first connection on whose ports count as used again.
            let but_stream = |row: &str| row.split_once('\t').map(|(_, rest)| rest.to_owned());
            old_rules += u64::from(but_stream(&old[frame]) != but_stream(theirs));
            if ours != theirs {
                differences.push(format!("seed {seed}, frame {}:\n  {ours:?}\n  {theirs:?}", frame + 1));
            }
            let flags = theirs.rsplit('\t').next().expect("flags");
            for name in flags.split(',').filter(|name| !name.is_empty()) {
                *seen.entry(name.to_owned()).or_default() += 1;
            }
        }
    }
    eprintln!("{} segments, {old_rules} otherwise by the rules of 4.0, seen: {seen:?}", 2 * SEGMENTS);
    let first: Vec<_> = differences.iter().take(10).map(String::as_str).collect();
    assert!(differences.is_empty(), "{} differ, ours before theirs:\n{}", differences.len(), first.join("\n"));
    let missing: Vec<_> = FLAGS.iter().chain(&["partial_ack"]).filter(|name| !seen.contains_key(**name)).collect();
    assert!(missing.is_empty(), "the generator makes no {missing:?}");
    assert!(old_rules > 100, "the rules are the same");
}

/// A line a segment.
fn answers_of_4_4(seed: u64) -> Vec<String> {
    let path = format!("{}/tests/data/random-{seed}.wireshark-4.4.5.tsv.gz", env!("CARGO_MANIFEST_DIR"));
    let mut text = String::new();
    let file = std::fs::File::open(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    GzDecoder::new(file).read_to_string(&mut text).expect("compressed text");
    text.lines().map(str::to_owned).collect()
}

fn row((values, flags): &Answer) -> String {
    let values: Vec<_> = KEPT.iter().map(|place| values[*place].as_str()).collect();
    format!("{}\t{}", values.join("\t"), flags.join(","))
}

/// Values and flags of a segment; all empty for a fragment.
type Answer = ([String; VALUES.len()], Vec<&'static str>);

fn judge(path: &Path, profile: TcpProfile) -> Vec<Answer> {
    let mut reader = Reader::open(path).expect("a capture");
    let mut options = Options::default();
    options.tcp_profile = profile;
    let mut analyzer = Analyzer::new(options);
    let (mut rows, mut completeness) = (Vec::new(), BTreeMap::new());
    while let Some(frame) = reader.next_frame().expect("a frame") {
        let Some(tcp) = analyzer.push(&frame, &frame.packet()).tcp else {
            rows.push(Answer::default());
            continue;
        };
        // In one pass, tshark shows what was seen before the segment, but for the SYN on used ports.
        let reused = tcp.analysis.contains(TcpAnalysis::REUSED_PORTS);
        let first = if reused { tcp.completeness.0 } else { 0 };
        let before = completeness.insert(tcp.stream, tcp.completeness.0).unwrap_or(first);
        rows.push(answer(&tcp, before));
    }
    rows
}

fn answer(tcp: &TcpObservation, before: u8) -> Answer {
    let seconds = |time: Option<Duration>| {
        time.map_or_else(String::new, |time| format!("{}.{:09}", time.as_secs(), time.subsec_nanos()))
    };
    let number = |number: Option<u64>| number.map_or_else(String::new, |number| number.to_string());
    let values = [
        tcp.stream.to_string(),
        tcp.window.to_string(),
        seconds(tcp.ack_rtt),
        number(tcp.acked_frame),
        seconds(tcp.initial_rtt),
        seconds(tcp.timeout),
        number(tcp.timeout_frame),
        number(tcp.duplicate_ack_number.map(u64::from)),
        number(tcp.duplicate_ack_frame),
        number(tcp.bytes_in_flight.map(u64::from)),
        number(tcp.push_bytes_sent.map(u64::from)),
        before.to_string(),
    ];
    let mut flags: Vec<_> = tcp.analysis.names().collect();
    flags.sort_unstable();
    (values, flags)
}

fn ask_tshark(path: &Path) -> Vec<Answer> {
    let mut command = Command::new("tshark");
    command.args(["-n", "-o", "tcp.desegment_tcp_streams:FALSE", "-T", "fields", "-E", "separator=/t", "-r"]).arg(path);
    for value in VALUES {
        command.args(["-e", value]);
    }
    for flag in FLAGS {
        command.args(["-e", &format!("tcp.analysis.{flag}")]);
    }
    let run = command.output().expect("tshark");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let text = String::from_utf8(run.stdout).expect("text");
    text.lines()
        .map(|line| {
            let cells: Vec<_> = line.split('\t').collect();
            let (values, flags) = cells.split_at(VALUES.len());
            let set = FLAGS.iter().zip(flags).filter(|(_, cell)| !cell.is_empty());
            let mut flags: Vec<_> = set.map(|(flag, _)| *flag).collect();
            flags.sort_unstable();
            (std::array::from_fn(|at| values[at].to_owned()), flags)
        })
        .collect()
}

/// xorshift64*.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len() as u64) as usize]
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}

/// One end of a conversation, as its own kernel sees it.
#[derive(Clone, Copy, Default)]
struct End {
    next: u32,
    window: u16,
    sent: [(u32, u16); 8],
    /// What it acknowledged last.
    acknowledged: u32,
    scale: u8,
}

fn capture(seed: u64) -> Vec<u8> {
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let mut file = Vec::new();
    for word in [0xa1b2_3c4d_u32, 0x0004_0002, 0, 0, 65_535, 101] {
        file.extend(word.to_le_bytes());
    }
    let mut time = 1_700_000_000_000_000_000_u64;
    let mut flows = [[End::default(); 2]; 12];
    let mut opened = [0_u8; 12];
    let mut flow = 0;
    // In a recovery one end, of the flow, repeats its acknowledgment so often, and then the other sends what it asks for.
    let mut recovery = None;
    for at in 0..SEGMENTS {
        recovery = match recovery {
            Some((from, left)) if left > 0 => Some((from, left - 1)),
            None if opened[flow] > 1 && random.chance(6) => Some((random.below(2) as usize, 1 + random.below(3))),
            _ => None,
        };
        // In bursts the same flow goes on at once.
        if recovery.is_some() || random.chance(50) {
            time += random.one_of(&[0, 1_000, 100_000, 2_000_000]);
        } else {
            flow = random.below(12) as usize;
            let steps = [0, 1_000, 100_000, 1_000_000, 2_999_000, 3_000_000, 10_000_000, 19_000_000, 200_000_000];
            time += random.one_of(&steps);
        }
        let mut segment = segment(&mut random, &mut flows[flow], &mut opened[flow], flow as u16, recovery);
        if opened[flow] > 1 && random.chance(1) {
            // The first or the last fragment of a datagram whose others are missing.
            segment[4..6].copy_from_slice(&(at as u16 + 2).to_be_bytes());
            (segment[6], segment[7]) = random.one_of(&[(0x20, 0), (0, 4)]);
        }
        let length = (segment.len() as u32).to_le_bytes();
        file.extend(((time / 1_000_000_000) as u32).to_le_bytes());
        file.extend(((time % 1_000_000_000) as u32).to_le_bytes());
        file.extend(length);
        file.extend(length);
        file.extend(segment);
    }
    file
}

const FIN: u8 = 1;
const SYN: u8 = 2;
const RST: u8 = 4;
const PSH: u8 = 8;
const ACK: u8 = 16;

/// The next segment of a conversation.
fn segment(
    random: &mut Random,
    ends: &mut [End; 2],
    opened: &mut u8,
    flow: u16,
    recovery: Option<(usize, u64)>,
) -> Vec<u8> {
    let from = match (*opened, recovery) {
        (0, _) => 0,
        (1, _) => 1,
        (_, Some((from, left))) => {
            if left > 0 {
                from
            } else {
                1 - from
            }
        }
        _ => random.below(2) as usize,
    };
    if *opened < 2 || recovery.is_none() && random.chance(1) {
        *opened = opened.saturating_add(1);
        return open(random, ends, from, flow);
    }
    let peer = ends[1 - from];
    let end = &mut ends[from];
    let edge = peer.window as u32;
    let mut flags = ACK;
    let mut sequence = end.next;
    let mut acknowledgment = peer.next;
    let mut len = random.one_of(&[0, 0, 0, 1, 1, 100, 536, 1460]);
    let action = match recovery {
        Some((_, 0)) => 19,
        Some(_) => 17,
        None => random.below(24),
    };
    match action {
        0..=2 => (sequence, len) = random.one_of(&end.sent), // again
        3 => sequence = end.next.wrapping_add(random.one_of(&[1, 1460, 2920])), // after a gap
        4 => (sequence, len) = (end.next.wrapping_sub(1), random.below(2) as u16), // keep-alive
        5 => acknowledgment = peer.next.wrapping_add(random.one_of(&[1, 500, 3000])), // of something unseen
        6..=8 => acknowledgment = random.one_of(&peer.sent).0, // of something old
        9 => end.window = random.one_of(&[0, 1, 1000, 29_200, 65_535]),
        10 if edge < 2000 => len = edge as u16,
        11 => len = 1,
        12 if random.chance(20) => flags |= FIN,
        13 if random.chance(10) => flags |= RST,
        14 if random.chance(10) => flags = PSH, // without ACK
        15 => end.window = end.window.wrapping_sub(len),
        16 => len = 0,
        17..=18 => (acknowledgment, len) = (end.acknowledged, 0), // once more
        19 => (sequence, len) = (peer.acknowledged, random.one_of(&[100, 536, 1460])), // what is asked for
        _ => {}
    }
    end.acknowledged = acknowledgment;
    end.sent.rotate_right(1);
    end.sent[0] = (sequence, len);
    let behind = sequence.wrapping_add(u32::from(len)).wrapping_add(u32::from(flags & FIN));
    if (end.next.wrapping_sub(behind) as i32) < 0 {
        end.next = behind;
    }
    let often = if recovery.is_some() { 60 } else { 15 };
    let options = options(random, acknowledgment, often);
    if random.chance(25) {
        flags |= PSH;
    }
    build(flow, from, sequence, acknowledgment, flags, end.window, &options, len)
}

/// Timestamps, and selective acknowledgments, mostly of what lies behind the acknowledgment.
fn options(random: &mut Random, acknowledgment: u32, often: u64) -> Vec<u8> {
    let mut options = Vec::new();
    if random.chance(20) {
        options.extend([1, 1, 8, 10, 0, 0, 0, random.below(100) as u8, 0, 0, 0, random.below(100) as u8]);
    }
    if random.chance(often) {
        let blocks = 1 + random.below(if options.is_empty() { 4 } else { 3 });
        options.extend([1, 1, 5, 2 + 8 * blocks as u8]);
        for _ in 0..blocks {
            let left = acknowledgment.wrapping_add(random.one_of(&[0, 1, 536, 1460, 2920, 0xffff_0000]));
            let right = left.wrapping_add(random.one_of(&[0, 1, 536, 1460, 1460, 0xffff_ffff]));
            options.extend(left.to_be_bytes());
            options.extend(right.to_be_bytes());
        }
    }
    options
}

/// A SYN or SYN-ACK, with one of the window scales that matter.
fn open(random: &mut Random, ends: &mut [End; 2], from: usize, flow: u16) -> Vec<u8> {
    let peer_next = ends[1 - from].next;
    let end = &mut ends[from];
    let initial = random.one_of(&[0, 1, 1000, 0x7fff_fff0, 0xffff_ff00, 0xffff_ffff]);
    let again = random.chance(30);
    let sequence = if again { end.next.wrapping_sub(1) } else { initial };
    end.next = sequence.wrapping_add(1);
    end.window = random.one_of(&[0, 1, 1000, 29_200, 65_535]);
    end.scale = random.one_of(&[0, 7, 14, 15]);
    end.sent = [(end.next, 0); 8];
    let mut options = Vec::new();
    if random.chance(70) {
        options.extend([1, 3, 3, end.scale]);
    }
    if random.chance(50) {
        let mss: u16 = random.one_of(&[100, 536, 1460, 65_495]);
        options.extend([2, 4]);
        options.extend(mss.to_be_bytes());
    }
    let (flags, acknowledgment) = if from == 1 { (SYN | ACK, peer_next) } else { (SYN, 0) };
    build(flow, from, sequence, acknowledgment, flags, end.window, &options, 0)
}

#[expect(clippy::too_many_arguments, reason = "they are the fields of the headers")]
fn build(
    flow: u16,
    from: usize,
    sequence: u32,
    acknowledgment: u32,
    flags: u8,
    window: u16,
    options: &[u8],
    len: u16,
) -> Vec<u8> {
    let total = 40 + options.len() as u16 + len;
    let [client, server] = [[10, 0, 0, 1], [10, 0, 0, 2]];
    let (source, destination) = if from == 0 { (client, server) } else { (server, client) };
    // Ports of no protocol, so that no dissector looks into the payload.
    let ports = if from == 0 { [30_000 + flow, 29_999] } else { [29_999, 30_000 + flow] };
    let mut packet = vec![0x45, 0];
    packet.extend(total.to_be_bytes());
    packet.extend([0, 1, 0x40, 0, 64, 6, 0, 0]);
    packet.extend(source);
    packet.extend(destination);
    packet.extend(ports[0].to_be_bytes());
    packet.extend(ports[1].to_be_bytes());
    packet.extend(sequence.to_be_bytes());
    packet.extend(acknowledgment.to_be_bytes());
    packet.extend([(20 + options.len() as u8) << 2, flags]);
    packet.extend(window.to_be_bytes());
    packet.extend([0; 4]);
    packet.extend(options);
    packet.resize(usize::from(total), b'x');
    packet
}

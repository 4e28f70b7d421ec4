//! The judgement on TCP segments against tshark, on random but plausible conversations.
//!
//! Sequence numbers wrap, windows are closed or just filled, segments repeat, go missing and come late, clocks stand still.
//! Each seed gives a capture of its own; tshark and we must agree on each flag of each segment.
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
use std::path::Path;
use std::process::Command;

use netshoot_core::analysis::{Analyzer, Options};
use netshoot_core::capture::Reader;

const SEGMENTS: usize = 6000;
const SEEDS: std::ops::Range<u64> = 1..6;
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
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("random.pcap");
    let mut seen: BTreeMap<String, u64> = BTreeMap::new();
    for seed in SEEDS {
        std::fs::write(&path, capture(seed)).expect("a capture");
        let (ours, theirs) = (judge(&path), ask_tshark(&path));
        assert_eq!(ours.len(), SEGMENTS);
        for (frame, (ours, theirs)) in ours.iter().zip(&theirs).enumerate() {
            assert_eq!(ours, theirs, "seed {seed}, frame {}", frame + 1);
            for flag in ours[3].split(' ').filter(|flag| !flag.is_empty()) {
                *seen.entry(flag.to_owned()).or_default() += 1;
            }
        }
        assert_eq!(ours.len(), theirs.len());
    }
    eprintln!("{} segments, flags seen: {seen:?}", SEGMENTS * SEEDS.count());
    let missing: Vec<_> = FLAGS.iter().filter(|flag| !seen.contains_key(**flag)).collect();
    assert!(missing.is_empty(), "the generator makes no {missing:?}");
}

/// Stream, window, time of acknowledgment and flags of each segment.
fn judge(path: &Path) -> Vec<[String; 4]> {
    let mut reader = Reader::open(path).expect("a capture");
    let mut analyzer = Analyzer::new(Options::default());
    let mut rows = Vec::new();
    while let Some(frame) = reader.next_frame().expect("a frame") {
        let tcp = analyzer.push(&frame, &frame.packet()).tcp.expect("a segment");
        let rtt = tcp.ack_rtt.map_or(String::new(), |rtt| format!("{}.{:09}", rtt.as_secs(), rtt.subsec_nanos()));
        let mut flags: Vec<_> = tcp.analysis.names().collect();
        flags.sort_unstable();
        rows.push([tcp.stream.to_string(), tcp.window.to_string(), rtt, flags.join(" ")]);
    }
    rows
}

fn ask_tshark(path: &Path) -> Vec<[String; 4]> {
    let mut command = Command::new("tshark");
    command.args(["-n", "-o", "tcp.desegment_tcp_streams:FALSE", "-T", "fields", "-E", "separator=/t", "-r"]).arg(path);
    for field in ["tcp.stream", "tcp.window_size", "tcp.analysis.ack_rtt"] {
        command.args(["-e", field]);
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
            let mut flags: Vec<_> =
                FLAGS.iter().zip(&cells[3..]).filter(|(_, cell)| !cell.is_empty()).map(|(flag, _)| *flag).collect();
            flags.sort_unstable();
            [cells[0].into(), cells[1].into(), cells[2].into(), flags.join(" ")]
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
    for _ in 0..SEGMENTS {
        time +=
            random.one_of(&[0, 1_000, 100_000, 1_000_000, 2_999_000, 3_000_000, 10_000_000, 19_000_000, 200_000_000]);
        let flow = random.below(12) as usize;
        let segment = segment(&mut random, &mut flows[flow], &mut opened[flow], flow as u16);
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
fn segment(random: &mut Random, ends: &mut [End; 2], opened: &mut u8, flow: u16) -> Vec<u8> {
    let from = match *opened {
        0 => 0,
        1 => 1,
        _ => random.below(2) as usize,
    };
    if *opened < 2 || random.chance(1) {
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
    match random.below(24) {
        0..=2 => (sequence, len) = random.one_of(&end.sent), // again
        3 => sequence = end.next.wrapping_add(random.one_of(&[1, 1460, 2920])), // after a gap
        4 => (sequence, len) = (end.next.wrapping_sub(1), random.below(2) as u16), // keep-alive
        5 => acknowledgment = peer.next.wrapping_add(random.one_of(&[1, 500, 3000])), // of something unseen
        6..=8 => acknowledgment = random.one_of(&peer.sent).0, // of something old
        9 => end.window = random.one_of(&[0, 0, 1, 1000, 65_535]),
        10 if edge < 2000 => len = edge as u16,
        11 => len = 1,
        12 if random.chance(20) => flags |= FIN,
        13 if random.chance(10) => flags |= RST,
        14 if random.chance(10) => flags = PSH, // without ACK
        15 => end.window = end.window.wrapping_sub(len),
        16..=19 => len = 0,
        _ => {}
    }
    end.sent.rotate_right(1);
    end.sent[0] = (sequence, len);
    let behind = sequence.wrapping_add(u32::from(len)).wrapping_add(u32::from(flags & FIN));
    if (end.next.wrapping_sub(behind) as i32) < 0 {
        end.next = behind;
    }
    build(flow, from, sequence, acknowledgment, flags, end.window, &[], len)
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
    let options: &[u8] = if random.chance(70) { &[1, 3, 3, end.scale] } else { &[] };
    let (flags, acknowledgment) = if from == 1 { (SYN | ACK, peer_next) } else { (SYN, 0) };
    build(flow, from, sequence, acknowledgment, flags, end.window, options, 0)
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

//! A TCP stream of a gibibyte put together, beside copying it; and checksums beside those of pnet_packet.
//!
//! Whatever is timed gives the same answer. The promise that is checked: at least half the rate of memcpy, also if who
//! takes the octets copies them as memcpy does, from memory that is not in the cache.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, missing_docs)]

use std::cell::RefCell;
use std::hint::black_box;

use netshoot_benches::comparison::{medians, table};
use netshoot_core::application::{StreamEvent, StreamOptions, StreamReassembler};
use netshoot_core::packet::{ChecksumStatus, Layer, LinkType, Packet};

fn main() {
    let frames = frames();
    streams(&frames);
    checksums(&frames);
}

/// Segments in order, in Ethernet and IPv4, one behind the other as in a mapped file.
fn frames() -> Vec<u8> {
    let ethernet = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0];
    let total = ((FRAME - 14) as u16).to_be_bytes();
    let ip = [0x45, 0, total[0], total[1], 0, 1, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2];
    let mut frames = Vec::with_capacity(COUNT * FRAME);
    for number in 0..COUNT as u32 {
        let start = frames.len();
        let sequence = number.wrapping_mul(PAYLOAD as u32).to_be_bytes();
        frames.extend_from_slice(&ethernet);
        frames.extend_from_slice(&ip);
        frames.extend_from_slice(&[0x9c, 0x40, 0, 80]);
        frames.extend_from_slice(&sequence);
        frames.extend_from_slice(&[0, 0, 0, 1, 0x50, 0x10, 0xff, 0xff, 0, 0, 0, 0]);
        frames.resize(start + FRAME, number as u8);
        let frame = frames.get_mut(start..).unwrap();
        let checksum = Packet::parse(LinkType::ETHERNET, frame, FRAME as u32).checksum(Layer::Tcp).unwrap();
        let field = (checksum.computed.unwrap() as u16).to_be_bytes();
        frame.get_mut(50..52).unwrap().copy_from_slice(&field);
    }
    frames
}

fn streams(frames: &[u8]) {
    // One place for both, so that neither has the better pages.
    let out = RefCell::new(vec![1_u8; COUNT * PAYLOAD]);
    let mut copied = || {
        let (mut out, mut at) = (out.borrow_mut(), 0);
        for frame in frames.chunks_exact(FRAME) {
            let payload = frame.get(HEADERS..).unwrap();
            out.get_mut(at..at + payload.len()).unwrap().copy_from_slice(payload);
            at += payload.len();
        }
        black_box(&out);
        at as u64
    };
    let mut reassembled = || {
        let (mut out, mut at) = (out.borrow_mut(), 0);
        stream(frames, &mut |bytes| {
            out.get_mut(at..at + bytes.len()).unwrap().copy_from_slice(bytes);
            at += bytes.len();
        });
        black_box(&out);
        at as u64
    };
    let mut borrowed = || {
        let mut octets = 0;
        stream(frames, &mut |bytes| octets += black_box(bytes).len() as u64);
        octets
    };
    let contenders: &mut [netshoot_benches::comparison::Contender<'_>] = &mut [
        ("memcpy", &mut copied),
        ("put together and copied", &mut reassembled),
        ("put together, borrowed", &mut borrowed),
    ];
    let found = medians(contenders, 5).unwrap_or_else(|error| panic!("{error}"));
    println!("{}", table("A stream of a gibibyte, segments", &found, COUNT as u64));
    let rate = |at: usize| (COUNT * PAYLOAD) as f64 / found.get(at).unwrap().1.as_secs_f64() / 1e9;
    println!("  {:.1} GB/s, {:.1} GB/s, {:.1} GB/s\n", rate(0), rate(1), rate(2));
    assert!(rate(1).min(rate(2)) >= RATE * rate(0), "less than {RATE} of the rate of memcpy");
}

fn stream(frames: &[u8], sink: &mut dyn FnMut(&[u8])) {
    let mut streams = StreamReassembler::new(StreamOptions::default());
    for frame in frames.chunks_exact(FRAME) {
        let packet = Packet::parse(LinkType::ETHERNET, frame, FRAME as u32);
        streams.push(&packet, None, &mut |event| {
            if let StreamEvent::Data { bytes, .. } = event {
                sink(bytes);
            }
        });
    }
}

/// Frames that stay in the cache, so that the sum is timed and not the memory.
fn checksums(frames: &[u8]) {
    let frames = || frames.chunks_exact(FRAME).take(64).cycle().take(CHECKED);
    let mut ours = || {
        let packets = frames().map(|frame| Packet::parse(LinkType::ETHERNET, frame, FRAME as u32));
        packets.filter(|packet| packet.checksum(Layer::Tcp).unwrap().status == ChecksumStatus::Valid).count() as u64
    };
    let mut with_pnet = || {
        use pnet_packet::ipv4::Ipv4Packet;
        use pnet_packet::tcp::{TcpPacket, ipv4_checksum};
        let is_valid = |frame: &&[u8]| {
            let ip = Ipv4Packet::new(frame.get(14..34).unwrap()).unwrap();
            let tcp = TcpPacket::new(frame.get(34..).unwrap()).unwrap();
            ipv4_checksum(&tcp, &ip.get_source(), &ip.get_destination()) == tcp.get_checksum()
        };
        frames().filter(is_valid).count() as u64
    };
    let contenders: &mut [netshoot_benches::comparison::Contender<'_>] =
        &mut [("netshoot-core", &mut ours), ("pnet_packet", &mut with_pnet)];
    let found = medians(contenders, 9).unwrap_or_else(|error| panic!("{error}"));
    println!("{}", table("TCP checksums of 1,480 octets", &found, CHECKED as u64));
}

const PAYLOAD: usize = 1460;
const HEADERS: usize = 54;
const FRAME: usize = HEADERS + PAYLOAD;
/// Segments of a gibibyte.
const COUNT: usize = (1 << 30) / PAYLOAD;
const RATE: f64 = 0.5;
const CHECKED: usize = 200_000;

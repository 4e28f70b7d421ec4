//! Segments that come in order are handed on without a copy and without memory; what waits takes no more than is counted.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "support/allocator.rs"]
mod allocator;

use netshoot_core::application::{DatagramOptions, DatagramReassembler, StreamEvent, StreamOptions, StreamReassembler};
use netshoot_core::packet::{LinkType, Packet};

#[test]
fn in_order_segments_take_no_memory() {
    let data = [7_u8; 1000];
    let ip = [0x45, 0, 0x04, 0x10, 0, 0, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2];
    let tcp = [3, 0xe8, 0, 80, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 0x10, 0xff, 0xff, 0, 0, 0, 0];
    let mut frame = [&ip[..], &tcp, &data].concat();
    let mut streams = StreamReassembler::new(StreamOptions::default());
    let (mut octets, mut borrowed) = (0, true);
    let mut push = |number: u32| {
        let sequence = 1 + number * 1000;
        frame.iter_mut().skip(24).zip(sequence.to_be_bytes()).for_each(|(octet, new)| *octet = new);
        let range = frame.as_ptr_range();
        let packet = Packet::parse(LinkType::RAW, &frame, 1040);
        streams.push(&packet, None, &mut |event| {
            if let StreamEvent::Data { bytes, .. } = event {
                octets += bytes.len();
                borrowed &= range.contains(&bytes.as_ptr());
            }
        });
    };
    push(0);
    let before = allocator::calls();
    (1..10_000).for_each(&mut push);
    assert_eq!(allocator::calls(), before);
    assert_eq!((octets, borrowed), (10_000_000, true));
}

/// First fragments of datagrams that never end, and pieces of datagrams with gaps: the smallest ones cost the most beside
/// their octets.
#[test]
fn fragments_that_wait_take_no_more_than_is_counted() {
    for (datagrams, pieces, len) in [(30_000_u32, 1, 8), (30_000, 1, 1024), (8000, 8, 8), (20, 4000, 8)] {
        for limit in [700_000, 1 << 20, 1_500_000, 2 << 20, 3_000_000, 4 << 20] {
            let (counted, taken) = wait(limit, datagrams, pieces, len);
            let what =
                format!("{datagrams} of {pieces} pieces with {len} octets: {taken}, counted {counted} of {limit}");
            assert!(counted > limit / 2 && counted <= limit, "{what}");
            assert!(taken <= limit, "{what}");
        }
    }
}

/// Octets that a reassembler with a limit counts in the end, and the most that it took.
fn wait(limit: usize, datagrams: u32, pieces: usize, len: usize) -> (usize, usize) {
    let mut options = DatagramOptions::default();
    options.max_bytes = limit;
    let mut reassembler = DatagramReassembler::new(options);
    let (before, mut most) = (allocator::taken(), 0);
    for number in 0..datagrams {
        for piece in 0..pieces {
            let [_, a, b, c] = number.to_be_bytes();
            let [high, low] = (20 + len as u16).to_be_bytes();
            // Twice as far apart as they are long, and in disorder: pieces of a map split where it is full.
            let place = piece * 1237 % pieces;
            let [flags, offset] = (0x2000 | (place * len / 4) as u16).to_be_bytes();
            let header = [0x45, 0, high, low, b, c, flags, offset, 64, 17, 0, 0, 10, a, b, c, 10, 0, 0, 2];
            let octets = [&header[..], &vec![7; len]].concat();
            reassembler.push(&Packet::parse(LinkType::RAW, &octets, octets.len() as u32), None);
            drop(octets);
            most = most.max(allocator::taken() - before);
        }
    }
    (reassembler.bytes(), most.unsigned_abs())
}

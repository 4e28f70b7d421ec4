//! Segments that come in order are handed on without a copy and without memory.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "support/allocator.rs"]
mod allocator;

use std::sync::atomic::Ordering::Relaxed;

use netshoot_core::application::{StreamEvent, StreamOptions, StreamReassembler};
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
    let before = (allocator::NOW.load(Relaxed), allocator::COUNT.load(Relaxed));
    (1..10_000).for_each(&mut push);
    assert_eq!((allocator::NOW.load(Relaxed), allocator::COUNT.load(Relaxed)), before);
    assert_eq!((octets, borrowed), (10_000_000, true));
}

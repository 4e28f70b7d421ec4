//! Frames are read, parsed and looked into without memory of their own.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "support/allocator.rs"]
mod allocator;

use netshoot_core::capture::{Format, Frame, Interface, Reader, Timestamp, Writer};
use netshoot_core::packet::LinkType;

/// A DNS response over UDP, and a segment of TCP with options.
const FRAMES: [&[u8]; 2] = [
    b"E\0\0\x3f\0\0\0\0@\x11\0\0\x0a\0\0\x01\x0a\0\0\x02\0\x35\x9c\x40\0\x2b\0\0\
      \x12\x34\x81\x80\0\x01\0\x01\0\0\0\0\x01a\0\0\x01\0\x01\xc0\x0c\0\x01\0\x01\0\0\0\x3c\0\x04\xc0\0\x02\x01",
    b"E\0\0\x31\0\0\0\0@\x06\0\0\x0a\0\0\x01\x0a\0\0\x02\0\x50\x9c\x40\0\0\0\x01\0\0\0\x01\x60\x18\x01\0\0\0\0\0\
      \x02\x04\x05\xb4hello",
];

#[test]
fn frames_take_no_memory() {
    for format in [Format::Pcap, Format::Pcapng] {
        let mut file = Vec::new();
        let mut writer = Writer::builder().format(format).start(&mut file).unwrap();
        writer.add_interface(&Interface::described(LinkType::RAW, None)).unwrap();
        for _ in 0..20_000 {
            for bytes in FRAMES {
                let time = Timestamp::from_nanos(1);
                writer.write(&Frame::new(1, Some(time), LinkType::RAW, bytes)).unwrap();
            }
        }
        writer.finish().unwrap();
        let mut reader = Reader::new(file.as_slice()).unwrap();
        reader.next_frame().unwrap().unwrap();
        let before = allocator::calls();
        let (mut answers, mut options) = (0, 0);
        while let Some(frame) = reader.next_frame().unwrap() {
            let packet = frame.packet();
            assert!(packet.five_tuple().is_some() && frame.comments().next().is_none());
            answers += packet.dns().map_or(0, |message| message.records().filter_map(|r| r.unwrap().address()).count());
            options += packet.tcp().map_or(0, |tcp| tcp.options().count());
        }
        assert_eq!(allocator::calls(), before, "{format}");
        assert_eq!((answers, options), (19_999, 20_000));
    }
}

//! Views of applications are made and read without memory.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "support/allocator.rs"]
mod allocator;

use std::fmt::{self, Write};

use netshoot_core::application::{Message, Summary};
use netshoot_core::packet::{LinkType, Packet};

#[test]
fn views_take_no_memory() {
    let name = [0, 0, 0, 8, 0, 6, 0, 0, 3, b'a', b'.', b'b', 0, 16, 0, 5, 0, 3, 2, b'h', b'2'];
    let hello = [&[3, 3][..], &[7; 32], &[0, 0, 2, 0x13, 1, 1, 0, 0, 21], &name].concat();
    let hello = [&[22, 3, 1, 0, hello.len() as u8 + 4, 1, 0, 0, hello.len() as u8][..], &hello].concat();
    let answer =
        b"\0\x07\x81\x80\0\x01\0\x01\0\0\0\0\x01a\0\0\x0f\0\x01\xc0\x0c\0\x0f\0\x01\0\0\0\x3c\0\x04\0\x0a\xc0\x0c";
    let request = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    let initial = [0xc0, 0, 0, 0, 1, 2, 7, 8, 0, 1, 9, 2, 1, 1];
    let lease =
        [&[2, 1, 6, 0][..], &[0; 232], b"\x63\x82\x53\x63\x35\x01\x05\x33\x04\0\0\x0e\x10\x52\x03\x01\x01a\xff"]
            .concat();
    let frames = [
        frame(6, 443, &hello),
        frame(17, 53, answer),
        frame(6, 80, request),
        frame(17, 443, &initial),
        frame(17, 67, &lease),
    ];
    let mut written = 0;
    let before = allocator::calls();
    for frame in &frames {
        let packet = Packet::parse(LinkType::RAW, frame, 0);
        // What is written comes from every field.
        let message = Message::of(&packet);
        written += usize::from(message.is_some());
        let mut sink = Sink(0);
        write!(sink, "{} {:#}", Summary::of(packet), Summary::of(packet)).unwrap();
        written += usize::from(sink.0 > 100);
    }
    assert_eq!(allocator::calls(), before);
    assert_eq!(written, 10);
}

/// Counts the octets of text.
struct Sink(usize);

impl Write for Sink {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0 += text.len();
        Ok(())
    }
}

fn frame(protocol: u8, port: u16, payload: &[u8]) -> Vec<u8> {
    let [high, low] = port.to_be_bytes();
    let [octets, more] = (8 + payload.len() as u16).to_be_bytes();
    let udp = [0x9c, 0x40, high, low, octets, more, 0, 0];
    let tcp = [0x9c, 0x40, high, low, 0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x18, 1, 0, 0, 0, 0, 0];
    let transport = if protocol == 6 { &tcp[..] } else { &udp[..] };
    let [octets, more] = (20 + transport.len() as u16 + payload.len() as u16).to_be_bytes();
    let ip = [0x45, 0, octets, more, 0, 7, 0x40, 0, 64, protocol, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2];
    [&ip[..], transport, payload].concat()
}

//! Captures that are written packet by packet.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, missing_docs)]

use std::io::Cursor;
use std::ops::ControlFlow;

use netshoot_core::analysis::{self, Call, Report};
use netshoot_core::capture::Reader;

pub const FIN: u8 = 1;
pub const SYN: u8 = 2;
pub const RST: u8 = 4;
pub const ACK: u8 = 16;

/// A capture that is written packet by packet, each `after` microseconds after the one before.
pub struct Script {
    pub file: Vec<u8>,
    pub micros: u64,
    /// The last octets of the addresses of client and server, and their ports.
    pub hosts: [u8; 2],
    pub ports: [u16; 2],
    /// The next sequence numbers of client and server.
    pub next: [u32; 2],
    pub window: u16,
    pub hop_limit: u8,
    pub identification: u16,
    /// Options of TCP, in whole words.
    pub options: Vec<u8>,
    /// Octets of a frame that are captured at most.
    pub snap_len: usize,
    is_ethernet: bool,
}

impl Script {
    pub fn new(link_type: u32) -> Self {
        let mut file = Vec::new();
        for word in [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 65_535, link_type] {
            file.extend(word.to_le_bytes());
        }
        Self {
            file,
            micros: 1_700_000_000_000_000,
            hosts: [1, 2],
            ports: [50_000, 40_000],
            next: [1000, 9000],
            window: 1000,
            hop_limit: 64,
            identification: 1,
            options: Vec::new(),
            snap_len: usize::MAX,
            is_ethernet: link_type == 1,
        }
    }

    pub fn frame(&mut self, after: u64, octets: &[u8]) {
        self.micros += after;
        let captured = &octets[..octets.len().min(self.snap_len)];
        let lengths = [captured.len() as u32, octets.len() as u32];
        for word in [(self.micros / 1_000_000) as u32, (self.micros % 1_000_000) as u32, lengths[0], lengths[1]] {
            self.file.extend(word.to_le_bytes());
        }
        self.file.extend(captured);
    }

    pub fn ip(&mut self, after: u64, protocol: u8, ends: [u8; 2], rest: &[u8]) {
        let packet = self.packet(protocol, ends, rest);
        if self.is_ethernet {
            let [from, to] = ends;
            let head = [2, 0, 0, 0, 0, to, 2, 0, 0, 0, 0, from, 8, 0];
            self.frame(after, &[&head[..], &packet].concat());
        } else {
            self.frame(after, &packet);
        }
    }

    pub fn packet(&self, protocol: u8, [from, to]: [u8; 2], rest: &[u8]) -> Vec<u8> {
        let mut packet = vec![0x45, 0];
        packet.extend((20 + rest.len() as u16).to_be_bytes());
        packet.extend(self.identification.to_be_bytes());
        packet.extend([0, 0, self.hop_limit, protocol, 0, 0, 10, 0, 0, from, 10, 0, 0, to]);
        packet.extend(rest);
        packet
    }

    pub fn udp(&mut self, after: u64, ends: [u8; 2], ports: [u16; 2], payload: &[u8]) {
        let mut datagram: Vec<u8> = Vec::new();
        [ports[0], ports[1], 8 + payload.len() as u16, 0].iter().for_each(|word| datagram.extend(word.to_be_bytes()));
        datagram.extend(payload);
        self.ip(after, 17, ends, &datagram);
    }

    /// A segment with a sequence number of its own.
    pub fn segment(&mut self, after: u64, end: usize, flags: u8, sequence: u32, payload: &[u8]) {
        let segment = self.tcp(end, flags, sequence, payload);
        let ends = [self.hosts[end], self.hosts[1 - end]];
        self.ip(after, 6, ends, &segment);
    }

    pub fn tcp(&self, end: usize, flags: u8, sequence: u32, payload: &[u8]) -> Vec<u8> {
        let mut segment = Vec::new();
        [self.ports[end], self.ports[1 - end]].iter().for_each(|port| segment.extend(port.to_be_bytes()));
        segment.extend(sequence.to_be_bytes());
        segment.extend(self.next[1 - end].to_be_bytes());
        segment.extend([0x50 + (self.options.len() as u8 * 4), flags]);
        segment.extend(self.window.to_be_bytes());
        segment.extend([0; 4]);
        segment.extend(&self.options);
        segment.extend(payload);
        segment
    }

    pub fn say(&mut self, after: u64, end: usize, payload: &[u8]) -> u32 {
        let sequence = self.next[end];
        self.segment(after, end, ACK, sequence, payload);
        self.next[end] += payload.len() as u32;
        sequence
    }

    pub fn client(&mut self, after: u64, payload: &[u8]) -> u32 {
        self.say(after, 0, payload)
    }

    pub fn server(&mut self, after: u64, payload: &[u8]) -> u32 {
        self.say(after, 1, payload)
    }

    pub fn flags(&mut self, after: u64, end: usize, flags: u8) {
        let sequence = self.next[end];
        self.segment(after, end, flags, sequence, &[]);
        self.next[end] += u32::from(flags & (SYN | FIN) != 0);
    }

    /// Ten milliseconds to the server, one to the client.
    pub fn open(&mut self) {
        let server = self.next[1];
        self.next[1] = 0;
        self.flags(0, 0, SYN);
        self.next[1] = server;
        self.flags(10_000, 1, SYN | ACK);
        self.flags(1000, 0, ACK);
    }

    pub fn handshake(mut self) -> Self {
        self.open();
        self
    }

    /// Both ends close.
    pub fn close(&mut self) {
        self.flags(1000, 0, FIN | ACK);
        self.flags(10_000, 1, FIN | ACK);
        self.flags(1000, 0, ACK);
    }

    /// The next connection to the same service.
    pub fn another(&mut self) {
        self.ports[0] += 1;
        self.next = [1000, 9000];
    }

    /// Raw IP whose flows have other numbers where fragments are not put together, by the rules of a later Wireshark, and from
    /// the second frame on: a segment in a tunnel that fragments it, around two attempts with the same SYN, and a query.
    pub fn numbered_by_options() -> Self {
        let mut script = Self::new(101);
        let inner = script.packet(6, [1, 2], &script.tcp(0, ACK, 1000, &[b'x'; 100]));
        let [first, second] = <[_; 2]>::try_from(fragments(&script.packet(4, [8, 9], &inner), 80)).unwrap();
        script.frame(0, &first);
        script.hosts = [5, 6];
        for _ in 0..2 {
            script.segment(1000, 0, SYN, 100, &[]);
            script.segment(1000, 1, RST | ACK, 0, &[]);
        }
        script.frame(1000, &second);
        script.udp(1000, [3, 4], [5000, 53], b"?");
        script
    }

    pub fn report(&self) -> Report {
        self.report_within(analysis::Options::default().memory_limit)
    }

    pub fn report_within(&self, memory_limit: usize) -> Report {
        let mut reader = Reader::new(Cursor::new(&self.file)).unwrap();
        let mut options = analysis::Options::default();
        options.memory_limit = memory_limit;
        let report = analysis::analyze(&mut reader, &options, |_, _| ControlFlow::Continue(())).unwrap();
        report.calls.iter().for_each(|call| assert_eq!(call.parts.sum(), call.total, "{call:?}"));
        report
    }

    pub fn calls(&self) -> Vec<Call> {
        self.report().calls
    }
}

/// The packet of IPv4 in pieces of `size` octets of payload, a multiple of eight.
pub fn fragments(packet: &[u8], size: usize) -> Vec<Vec<u8>> {
    let (header, payload) = packet.split_at(20);
    let number = payload.len().div_ceil(size);
    let piece = |(place, octets): (usize, &[u8])| {
        let mut piece = [header, octets].concat();
        let more = if place + 1 < number { 0x2000 } else { 0 };
        piece[2..4].copy_from_slice(&(20 + octets.len() as u16).to_be_bytes());
        piece[6..8].copy_from_slice(&(more | (place * size / 8) as u16).to_be_bytes());
        piece
    };
    payload.chunks(size).enumerate().map(piece).collect()
}

pub fn record(kind: u8, payload: &[u8]) -> Vec<u8> {
    [&[kind, 3, 3][..], &(payload.len() as u16).to_be_bytes(), payload].concat()
}

pub fn client_hello() -> Vec<u8> {
    let name = b"\x00\x00\x00\x10\x00\x0e\x00\x00\x0bexample.com";
    let versions = b"\x00\x2b\x00\x05\x04\x03\x04\x03\x03";
    let extensions = [&name[..], versions].concat();
    let length = (extensions.len() as u16).to_be_bytes();
    let hello = [&[3, 3][..], &[7; 32], &[0, 0, 2, 0x13, 1, 1, 0], &length, &extensions].concat();
    record(22, &[&[1, 0, 0, hello.len() as u8][..], &hello].concat())
}

pub fn server_hello(version: u8) -> Vec<u8> {
    let extensions: &[u8] = if version == 4 { b"\x00\x06\x00\x2b\x00\x02\x03\x04" } else { b"" };
    let hello = [&[3, version.min(3)][..], &[8; 32], &[0, 0x13, 1, 0], extensions].concat();
    record(22, &[&[2, 0, 0, hello.len() as u8][..], &hello].concat())
}

//! Frames of our own, and a small capture in which things go wrong.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, missing_docs)]

use super::build::{self, Order};

pub const FIN: u8 = 1;
pub const SYN: u8 = 2;
pub const RST: u8 = 4;
pub const ACK: u8 = 16;

pub const CLIENT: [u8; 4] = [10, 0, 0, 1];
pub const SERVER: [u8; 4] = [10, 0, 0, 2];
pub const RESOLVER: [u8; 4] = [10, 0, 0, 53];

/// The time of the first frame in nanoseconds since 1970: 2026-09-21T14:13:20.123456789Z.
pub const START: u64 = 1_790_000_000_123_456_789;

pub fn ethernet(ether_type: u16, payload: &[u8]) -> Vec<u8> {
    [&[2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1][..], &ether_type.to_be_bytes(), payload].concat()
}

pub fn ipv4(protocol: u8, source: [u8; 4], destination: [u8; 4], payload: &[u8]) -> Vec<u8> {
    let total = u16::try_from(20 + payload.len()).unwrap().to_be_bytes();
    let head = [0x45, 0xb9, total[0], total[1], 0x12, 0x34, 0x40, 0, 63, protocol, 0, 0];
    ethernet(0x0800, &[&head[..], &source, &destination, payload].concat())
}

/// A segment between port 40000 of the client and port 80 of the server.
pub fn tcp(from_client: bool, flags: u8, sequence: u32, acknowledgment: u32, payload: &[u8]) -> Vec<u8> {
    let (source, destination) = if from_client { (CLIENT, SERVER) } else { (SERVER, CLIENT) };
    let ports = if from_client { [0x9c, 0x40, 0, 80] } else { [0, 80, 0x9c, 0x40] };
    let head = [&ports[..], &sequence.to_be_bytes(), &acknowledgment.to_be_bytes(), &[0x50, flags, 1, 0, 0, 0, 0, 0]];
    ipv4(6, source, destination, &[&head.concat()[..], payload].concat())
}

pub fn udp(ports: [u16; 2], payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(8 + payload.len()).unwrap();
    [&ports[0].to_be_bytes()[..], &ports[1].to_be_bytes(), &length.to_be_bytes(), &[0, 0], payload].concat()
}

/// A query for the IPv4 address of `labels`, or its answer that the name does not exist.
pub fn dns(is_response: bool, labels: &[&[u8]]) -> Vec<u8> {
    let flags = if is_response { [0x81, 0x83] } else { [0x01, 0x00] };
    let mut message = [&[0xab, 0xcd][..], &flags, &[0, 1, 0, 0, 0, 0, 0, 0]].concat();
    for label in labels {
        message.push(u8::try_from(label.len()).unwrap());
        message.extend(*label);
    }
    message.extend([0, 0, 1, 0, 1]);
    if is_response {
        ipv4(17, RESOLVER, CLIENT, &udp([53, 5555], &message))
    } else {
        ipv4(17, CLIENT, RESOLVER, &udp([5555, 53], &message))
    }
}

/// Twelve frames, a millisecond apart, on the interface eth7: a connection with a retransmission and a reset, a name
/// that does not exist and has an escape sequence in it, ARP, IPv6 behind a VLAN tag, and a frame that was cut.
pub fn incident() -> Vec<u8> {
    let request = [b'x'; 100];
    let name: &[&[u8]] = &[b"bad\x1b[31m", b"example"];
    let ipv6 = [&[0x60, 0, 0, 0, 0, 12, 17, 64][..], &[0xfd; 16], &[0xfe; 16], &udp([1000, 2000], b"four")].concat();
    let arp = [&[0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 1][..], &CLIENT, &[0; 6], &SERVER].concat();
    let frames = [
        tcp(true, SYN, 999, 0, b""),
        tcp(false, SYN | ACK, 4999, 1000, b""),
        tcp(true, ACK, 1000, 5000, b""),
        tcp(true, ACK, 1000, 5000, &request),
        tcp(true, ACK, 1000, 5000, &request),
        tcp(false, ACK, 5000, 1100, b""),
        tcp(false, RST | ACK, 5000, 1100, b""),
        dns(false, name),
        dns(true, name),
        ethernet(0x0806, &arp),
        ethernet(0x8100, &[&[0, 7, 0x86, 0xdd][..], &ipv6].concat()),
        tcp(true, FIN, 1100, 0, b"")[..40].to_vec(),
    ];
    let order = Order::Little;
    let options = [build::option(order, 2, b"eth7"), build::option(order, 9, &[9])].concat();
    let mut file = [build::section(order, (1, 0), &[]), build::interface(order, 1, 0, &options)].concat();
    for (time, frame) in (START..).step_by(1_000_000).zip(&frames) {
        let original = if frame.len() == 40 { 54 } else { u32::try_from(frame.len()).unwrap() };
        file.extend(build::enhanced(order, 0, time, original, frame));
    }
    file
}

/// Where the last frame of [`incident`] is cut: everything before it can be read.
pub fn incident_cut_off() -> Vec<u8> {
    let mut file = incident();
    file.truncate(file.len() - 10);
    file
}

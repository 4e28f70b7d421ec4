//! Captures that the C programs read: a refused connection, a name that does not exist, ARP, IPv6 behind a VLAN tag.

use std::path::Path;

/// Writes `whole.pcap`, and `cut.pcap` whose sixth and last record is cut.
pub(crate) fn write(folder: &Path) {
    let mut file = Vec::new();
    for word in [0xa1b2_3c4d_u32, 0x0004_0002, 0, 0, 65535, 1] {
        file.extend(word.to_le_bytes());
    }
    for (position, frame) in frames().iter().enumerate() {
        let length = frame.len() as u32;
        let nanos = (position as u32 + 1) * 1_000_000;
        for word in [1_700_000_000, nanos, length, length] {
            file.extend(word.to_le_bytes());
        }
        file.extend(frame);
    }
    std::fs::write(folder.join("whole.pcap"), &file).unwrap();
    std::fs::write(folder.join("cut.pcap"), &file[..file.len() - 10]).unwrap();
}

fn frames() -> [Vec<u8>; 6] {
    let (client, server, resolver) = ([10, 0, 0, 1], [10, 0, 0, 2], [10, 0, 0, 53]);
    let query = [0x0700, 0x0100, 1, 0, 0, 0].map(u16::to_be_bytes).concat();
    let answer = [0x0700, 0x8183, 1, 0, 0, 0].map(u16::to_be_bytes).concat();
    let question = b"\x07missing\x07example\0\0\x01\0\x01".to_vec();
    [
        ipv4(client, server, 6, &tcp(40000, 81, 1, 0, 0x02)),
        ipv4(server, client, 6, &tcp(81, 40000, 0, 2, 0x14)),
        ipv4(client, resolver, 17, &udp(40001, 53, &[query, question.clone()].concat())),
        ipv4(resolver, client, 17, &udp(53, 40001, &[answer, question].concat())),
        arp(client, server),
        tagged_ipv6(7, &tcp(40002, 443, 1, 0, 0x02)),
    ]
}

fn ethernet(ether_type: u16, payload: &[u8]) -> Vec<u8> {
    [&[2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1][..], &ether_type.to_be_bytes(), payload].concat()
}

fn ipv4(source: [u8; 4], destination: [u8; 4], protocol: u8, payload: &[u8]) -> Vec<u8> {
    let [high, low] = (20 + payload.len() as u16).to_be_bytes();
    let mut header = [0x45, 0, high, low, 0, 1, 0x40, 0, 64, protocol, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    header[12..16].copy_from_slice(&source);
    header[16..].copy_from_slice(&destination);
    let sum: u32 = header.chunks_exact(2).map(|pair| u32::from(u16::from_be_bytes([pair[0], pair[1]]))).sum();
    let checksum = !((sum & 0xffff) + (sum >> 16)) as u16;
    header[10..12].copy_from_slice(&checksum.to_be_bytes());
    ethernet(0x0800, &[&header, payload].concat())
}

fn tagged_ipv6(vlan: u16, payload: &[u8]) -> Vec<u8> {
    let [high, low] = (payload.len() as u16).to_be_bytes();
    let address = |last| [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last];
    let header = [&[0x60, 0, 0, 0, high, low, 6, 64][..], &address(1), &address(2)].concat();
    ethernet(0x8100, &[&vlan.to_be_bytes()[..], &[0x86, 0xdd], &header, payload].concat())
}

fn tcp(source: u16, destination: u16, sequence: u32, acknowledgment: u32, flags: u8) -> Vec<u8> {
    let ports = [source.to_be_bytes(), destination.to_be_bytes()].concat();
    let numbers = [sequence.to_be_bytes(), acknowledgment.to_be_bytes()].concat();
    [&ports[..], &numbers, &[0x50, flags, 0xff, 0xff, 0, 0, 0, 0]].concat()
}

fn udp(source: u16, destination: u16, payload: &[u8]) -> Vec<u8> {
    let fields = [source, destination, 8 + payload.len() as u16, 0].map(u16::to_be_bytes).concat();
    [&fields[..], payload].concat()
}

fn arp(sender: [u8; 4], target: [u8; 4]) -> Vec<u8> {
    let head = [0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 1];
    ethernet(0x0806, &[&head[..], &sender, &[0; 6], &target].concat())
}

//! Views of a message in one frame, parsing included: DHCP, the extensions of an ICMP error, a router advertisement.
//!
//! What each has to find is checked before it is timed.
#![allow(clippy::unwrap_used, missing_docs)]

use std::hint::black_box;

use criterion::Criterion;
use netshoot_core::packet::{LinkType, Packet};

type Count = fn(&Packet<'_>) -> usize;

fn dhcp() -> Vec<u8> {
    let options = [53, 1, 1, 12, 3, b'a', b'b', b'c', 50, 4, 1, 2, 3, 4, 55, 3, 1, 3, 6, 255];
    let mut message = vec![1, 1, 6, 0, 0, 0, 0, 5];
    message.resize(236, 0);
    message.extend([0x63, 0x82, 0x53, 0x63]);
    message.extend(options);
    ipv4(17, &[&[0, 68, 0, 67, 1, 12, 0, 0][..], &message].concat())
}

/// A time-out whose quoted packet is filled up to 128 octets, and a stack of one label behind it.
fn icmp_extension() -> Vec<u8> {
    let mut quoted = ipv4(17, &[0, 1, 0, 2, 0, 8, 0, 0]);
    quoted.resize(128, 0);
    let extension = [0x20, 0, 0, 0, 0, 8, 1, 1, 0, 1, 0x21, 0x40];
    ipv4(1, &[&[11, 0, 0, 0, 0, 32, 0, 0][..], &quoted, &extension].concat())
}

/// With a prefix, an MTU and a name server.
fn router_advertisement() -> Vec<u8> {
    let mut options = vec![3, 4, 64, 0xc0, 0, 0, 14, 16, 0, 0, 14, 16, 0, 0, 0, 0];
    options.extend([0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 1, 0, 0, 0, 0, 5, 0x78]);
    options.extend([25, 3, 0, 0, 0, 0, 14, 16, 0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x53]);
    let message = [&[134, 0, 0, 0, 64, 0, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0][..], &options].concat();
    let mut packet = vec![0x60, 0, 0, 0, 0, message.len() as u8, 58, 255];
    packet.resize(40, 1);
    packet.extend(message);
    packet
}

fn ipv4(protocol: u8, payload: &[u8]) -> Vec<u8> {
    let [high, low] = (20 + payload.len() as u16).to_be_bytes();
    let header = [0x45, 0, high, low, 0, 1, 0, 0, 64, protocol, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2];
    [&header[..], payload].concat()
}

fn dhcp_options(packet: &Packet<'_>) -> usize {
    packet.dhcp().map_or(0, |message| message.options().flatten().count())
}

fn icmp_objects(packet: &Packet<'_>) -> usize {
    let valid = |extensions: netshoot_core::packet::IcmpExtensions<'_>| {
        extensions.objects().flatten().filter(|object| object.value().is_ok()).count()
    };
    packet.icmp_extensions().map_or(0, valid)
}

fn neighbor_options(packet: &Packet<'_>) -> usize {
    usize::from(packet.router_advertisement().is_some()) + packet.neighbor_options().flatten().count()
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("views");
    let views: [(&str, Vec<u8>, Count, usize); 3] = [
        ("dhcp", dhcp(), dhcp_options, 4),
        ("icmp extension", icmp_extension(), icmp_objects, 1),
        ("router advertisement", router_advertisement(), neighbor_options, 4),
    ];
    for (name, bytes, count, expected) in &views {
        let parse = || count(&Packet::parse(LinkType::RAW, black_box(bytes), bytes.len() as u32));
        assert_eq!(parse(), *expected, "{name}");
        group.bench_function(*name, |bencher| bencher.iter(parse));
    }
    group.finish();
    criterion.final_summary();
}

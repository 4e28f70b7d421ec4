//! Parsing frames to addresses, ports and TCP numbers, beside etherparse, pdu, pnet_packet and smoltcp on the same frames.
//!
//! Every contender's fields are compared frame by frame before anything is timed. The promises that are checked: for frames
//! in the cache at most 1.25 times the time of smoltcp, and less than etherparse and pdu take; for frames out of it, where
//! memory takes most of the time, no more than any, but for a tenth that is noise.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, missing_docs)]

use std::hint::black_box;
use std::net::IpAddr;

use criterion::{Criterion, Throughput};
use netshoot_benches::comparison::{medians, table};
use netshoot_benches::generator::{Settings, generate};
use netshoot_core::capture::Reader;
use netshoot_core::packet::{LinkType, Packet};

/// What each contender has to find; zero where a frame has no such field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Fields {
    addresses: (IpAddr, IpAddr),
    ports: (u16, u16),
    numbers: (u32, u32),
    window: u16,
    payload: usize,
}

impl Fields {
    fn udp(addresses: (IpAddr, IpAddr), ports: (u16, u16), payload: usize) -> Self {
        Self { addresses, ports, numbers: (0, 0), window: 0, payload }
    }

    fn fold(&self) -> u64 {
        let address = |address: IpAddr| match address {
            IpAddr::V4(four) => u64::from(four.to_bits()),
            IpAddr::V6(six) => six.to_bits() as u64,
        };
        let ends = address(self.addresses.0) ^ address(self.addresses.1).rotate_left(7);
        let ports = u64::from(self.ports.0) << 16 | u64::from(self.ports.1);
        let numbers = u64::from(self.numbers.0) << 32 | u64::from(self.numbers.1);
        ends ^ ports ^ numbers ^ u64::from(self.window) << 40 ^ self.payload as u64
    }
}

type Parse = fn(&[u8]) -> Option<Fields>;

const CONTENDERS: [(&str, Parse); 5] = [
    ("netshoot-core", ours),
    ("etherparse", with_etherparse),
    ("pdu", with_pdu),
    ("pnet_packet", with_pnet),
    ("smoltcp", with_smoltcp),
];

fn ours(frame: &[u8]) -> Option<Fields> {
    let packet = Packet::parse(LinkType::ETHERNET, frame, frame.len() as u32);
    let addresses = packet.ip_addresses()?;
    let payload = packet.payload().bytes.len();
    if let Some(tcp) = packet.tcp() {
        let ports = (tcp.source_port(), tcp.destination_port());
        let numbers = (tcp.sequence_number(), tcp.acknowledgment_number());
        return Some(Fields { addresses, ports, numbers, window: tcp.window(), payload });
    }
    let udp = packet.udp()?;
    Some(Fields::udp(addresses, (udp.source_port(), udp.destination_port()), payload))
}

fn with_etherparse(frame: &[u8]) -> Option<Fields> {
    use etherparse::{NetSlice, SlicedPacket, TransportSlice};
    let packet = SlicedPacket::from_ethernet(frame).ok()?;
    let addresses = match packet.net? {
        NetSlice::Ipv4(ip) => (ip.header().source_addr().into(), ip.header().destination_addr().into()),
        NetSlice::Ipv6(ip) => (ip.header().source_addr().into(), ip.header().destination_addr().into()),
        NetSlice::Arp(_) => return None,
    };
    match packet.transport? {
        TransportSlice::Tcp(tcp) => Some(Fields {
            addresses,
            ports: (tcp.source_port(), tcp.destination_port()),
            numbers: (tcp.sequence_number(), tcp.acknowledgment_number()),
            window: tcp.window_size(),
            payload: tcp.payload().len(),
        }),
        TransportSlice::Udp(udp) => {
            Some(Fields::udp(addresses, (udp.source_port(), udp.destination_port()), udp.payload().len()))
        }
        _ => None,
    }
}

fn with_pdu(frame: &[u8]) -> Option<Fields> {
    use pdu::{Ethernet, EthernetPdu, Ip, Ipv4, Ipv6, Tcp, Udp};

    fn tcp(addresses: (IpAddr, IpAddr), tcp: &pdu::TcpPdu<'_>) -> Option<Fields> {
        let Ok(Tcp::Raw(payload)) = tcp.inner() else { return None };
        let ports = (tcp.source_port(), tcp.destination_port());
        let numbers = (tcp.sequence_number(), tcp.acknowledgement_number());
        Some(Fields { addresses, ports, numbers, window: tcp.window_size(), payload: payload.len() })
    }

    fn udp(addresses: (IpAddr, IpAddr), udp: &pdu::UdpPdu<'_>) -> Option<Fields> {
        let Ok(Udp::Raw(payload)) = udp.inner() else { return None };
        Some(Fields::udp(addresses, (udp.source_port(), udp.destination_port()), payload.len()))
    }

    let ethernet = EthernetPdu::new(frame).ok()?;
    let ip = match ethernet.inner().ok()? {
        Ethernet::Ipv4(ip) => Ip::Ipv4(ip),
        Ethernet::Ipv6(ip) => Ip::Ipv6(ip),
        Ethernet::Arp(_) => return None,
        // pdu knows one VLAN tag, so others are stepped over for it.
        Ethernet::Raw(mut bytes) => {
            let mut kind = ethernet.ethertype();
            while kind == 0x8100 || kind == 0x88a8 {
                let [_, _, high, low, ..] = *bytes else { return None };
                kind = u16::from_be_bytes([high, low]);
                bytes = bytes.get(4..)?;
            }
            Ip::new(bytes).ok()?
        }
    };
    match ip {
        Ip::Ipv4(ip) => {
            let addresses = (ip.source_address().into(), ip.destination_address().into());
            match ip.inner().ok()? {
                Ipv4::Tcp(segment) => tcp(addresses, &segment),
                Ipv4::Udp(datagram) => udp(addresses, &datagram),
                _ => None,
            }
        }
        Ip::Ipv6(ip) => {
            let addresses = (ip.source_address().into(), ip.destination_address().into());
            match ip.inner().ok()? {
                Ipv6::Tcp(segment) => tcp(addresses, &segment),
                Ipv6::Udp(datagram) => udp(addresses, &datagram),
                _ => None,
            }
        }
    }
}

fn with_pnet(frame: &[u8]) -> Option<Fields> {
    use pnet_packet::Packet as _;
    use pnet_packet::ethernet::{EtherTypes, EthernetPacket};
    use pnet_packet::ip::IpNextHeaderProtocol;
    use pnet_packet::{ipv4, ipv6, tcp, udp, vlan};

    fn transport(protocol: IpNextHeaderProtocol, addresses: (IpAddr, IpAddr), bytes: &[u8]) -> Option<Fields> {
        match protocol.0 {
            6 => {
                let tcp = tcp::TcpPacket::new(bytes)?;
                let ports = (tcp.get_source(), tcp.get_destination());
                let numbers = (tcp.get_sequence(), tcp.get_acknowledgement());
                Some(Fields { addresses, ports, numbers, window: tcp.get_window(), payload: tcp.payload().len() })
            }
            17 => {
                let udp = udp::UdpPacket::new(bytes)?;
                Some(Fields::udp(addresses, (udp.get_source(), udp.get_destination()), udp.payload().len()))
            }
            _ => None,
        }
    }

    let ethernet = EthernetPacket::new(frame)?;
    let (mut kind, mut bytes) = (ethernet.get_ethertype(), frame.get(14..)?);
    while kind == EtherTypes::Vlan || kind.0 == 0x88a8 {
        kind = vlan::VlanPacket::new(bytes)?.get_ethertype();
        bytes = bytes.get(4..)?;
    }
    if kind == EtherTypes::Ipv4 {
        let ip = ipv4::Ipv4Packet::new(bytes)?;
        let addresses = (ip.get_source().into(), ip.get_destination().into());
        return transport(ip.get_next_level_protocol(), addresses, ip.payload());
    }
    let ip = ipv6::Ipv6Packet::new(bytes)?;
    let addresses = (ip.get_source().into(), ip.get_destination().into());
    transport(ip.get_next_header(), addresses, ip.payload())
}

fn with_smoltcp(frame: &[u8]) -> Option<Fields> {
    use smoltcp::wire::{EthernetFrame, IpProtocol, Ipv4Packet, Ipv6Packet, TcpPacket, UdpPacket};

    fn transport(protocol: IpProtocol, addresses: (IpAddr, IpAddr), bytes: &[u8]) -> Option<Fields> {
        match protocol {
            IpProtocol::Tcp => {
                let tcp = TcpPacket::new_checked(bytes).ok()?;
                let ports = (tcp.src_port(), tcp.dst_port());
                let numbers = (tcp.seq_number().0 as u32, tcp.ack_number().0 as u32);
                Some(Fields { addresses, ports, numbers, window: tcp.window_len(), payload: tcp.payload().len() })
            }
            IpProtocol::Udp => {
                let udp = UdpPacket::new_checked(bytes).ok()?;
                Some(Fields::udp(addresses, (udp.src_port(), udp.dst_port()), udp.payload().len()))
            }
            _ => None,
        }
    }

    // smoltcp knows no VLAN tags, so they are stepped over for it.
    let ethernet = EthernetFrame::new_checked(frame).ok()?;
    let (mut kind, mut bytes) = (u16::from(ethernet.ethertype()), ethernet.payload());
    while kind == 0x8100 || kind == 0x88a8 {
        let [_, _, high, low, ..] = *bytes else { return None };
        kind = u16::from_be_bytes([high, low]);
        bytes = bytes.get(4..)?;
    }
    if kind == 0x0800 {
        let ip = Ipv4Packet::new_checked(bytes).ok()?;
        let addresses = (ip.src_addr().into(), ip.dst_addr().into());
        return transport(ip.next_header(), addresses, ip.payload());
    }
    let ip = Ipv6Packet::new_checked(bytes).ok()?;
    let addresses = (ip.src_addr().into(), ip.dst_addr().into());
    transport(ip.next_header(), addresses, ip.payload())
}

fn frames(count: u32) -> Vec<Vec<u8>> {
    let mut capture = Vec::new();
    generate(Settings { frames: count, seed: 1 }, &mut capture, std::io::sink()).unwrap();
    let mut reader = Reader::new(capture.as_slice()).unwrap();
    let mut frames = Vec::new();
    while let Some(frame) = reader.next_frame().unwrap() {
        frames.push(frame.bytes.to_vec());
    }
    frames
}

fn all(parse: Parse, frames: &[Vec<u8>]) -> u64 {
    frames.iter().filter_map(|frame| parse(black_box(frame))).fold(0, |sum, fields| sum.rotate_left(1) ^ fields.fold())
}

fn main() {
    // Small enough to stay in the cache: what is measured is parsing, not memory.
    let frames = frames(2_000);
    for (number, frame) in frames.iter().enumerate() {
        let expected = ours(frame);
        for (name, parse) in CONTENDERS {
            assert_eq!(parse(frame), expected, "{name}, frame {}", number + 1);
        }
    }
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("parse");
    group.throughput(Throughput::Elements(frames.len() as u64));
    for (name, parse) in CONTENDERS {
        group.bench_function(name, |bencher| bencher.iter(|| all(parse, &frames)));
    }
    group.finish();
    criterion.final_summary();

    let hot = [("smoltcp", 1.25), ("etherparse", 1.0), ("pdu", 1.0)];
    let mut late = race("frames parsed, in the cache", &frames, 301, &hot);
    let cold = ["etherparse", "pdu", "pnet_packet", "smoltcp"].map(|name| (name, 1.1));
    late.extend(race("frames parsed, out of the cache", &self::frames(COLD), 31, &cold));
    assert!(late.is_empty(), "promises not kept: {late:?}");
}

/// Times the contenders on the frames and prints a table; gives the promises that are not kept.
fn race(title: &str, frames: &[Vec<u8>], rounds: usize, promises: &[(&str, f64)]) -> Vec<String> {
    let mut works = CONTENDERS.map(|(name, parse)| (name, move || all(parse, frames)));
    let mut contenders: Vec<(&str, &mut dyn FnMut() -> u64)> = Vec::new();
    for (name, work) in &mut works {
        contenders.push((name, work));
    }
    let found = medians(&mut contenders, rounds).unwrap();
    println!("{}", table(title, &found, frames.len() as u64));
    let time = |name: &str| found.iter().find(|(other, _)| other == name).unwrap().1.as_secs_f64();
    let ratio = |name: &str| time("netshoot-core") / time(name);
    let late = promises.iter().filter(|(name, most)| ratio(name) > *most);
    late.map(|(name, most)| format!("{title}: {:.2} times the time of {name}, not {most}", ratio(name))).collect()
}

/// Frames of 120 MB, several times what any cache holds.
const COLD: u32 = 400_000;

//! Packets that are written, and those that are taken apart and written back.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    unreachable_pub,
    missing_docs
)]

#[path = "support/frames.rs"]
mod frames;
#[path = "support/mod.rs"]
mod support;

use netshoot_core::packet::build::{Builder, Header, IcmpHeader, Ipv4Header, Ipv6Header, TcpHeader};
use netshoot_core::packet::{ChecksumStatus, EtherType, IpProtocol, Layer, LinkType, MacAddress, Packet, TcpFlags};
use proptest::prelude::*;
use support::Corpus;

fn write(headers: &[Header<'_>], payload: &[u8], trailer: &[u8]) -> Vec<u8> {
    let builder = Builder { headers, payload, trailer };
    let mut out = vec![0xee; builder.len() + 1];
    assert_eq!(builder.write_to(&mut out), Some(builder.len()));
    assert_eq!(out.pop(), Some(0xee));
    out
}

/// Each frame of the corpus comes out of its headers as it was.
#[test]
fn the_corpus_is_written_back() {
    let Some(corpus) = Corpus::find("the_corpus_is_written_back") else { return };
    let tallies = frames::in_two_threads(&corpus.captures, |capture, tally: &mut (u64, u64, Vec<String>)| {
        frames::each_frame(&capture.path, |frame| {
            let packet = Packet::parse(frame.link_type, frame.bytes, frame.original_length);
            let headers: Vec<Header<'_>> = packet.headers().collect();
            let (payload, trailer) = packet.body();
            tally.0 += 1;
            tally.1 += headers.iter().filter(|header| !matches!(header, Header::Raw(_))).count() as u64;
            if write(&headers, payload, trailer) != frame.bytes {
                tally.2.push(format!("{} frame {}: {headers:?}", capture.name, frame.number));
            }
        });
    });
    let [(a, b, mut faults), (c, d, others)] = tallies;
    faults.extend(others);
    eprintln!("{} frames, {} headers", a + c, b + d);
    faults.iter().take(20).for_each(|fault| eprintln!("    WRONG {fault}"));
    assert!(faults.is_empty(), "{} frames", faults.len());
}

/// So does what was cut anywhere.
#[test]
fn what_was_cut_is_written_back() {
    let ip = Ipv4Header { source: [10, 0, 0, 1].into(), destination: [10, 0, 0, 2].into(), ..Ipv4Header::default() };
    let gre = |has_checksum, key, sequence_number| Header::Gre {
        protocol: None,
        has_checksum,
        checksum: None,
        key,
        sequence_number,
    };
    let tcp = TcpHeader { options: &[1; 12], ..TcpHeader::default() };
    for gre in [gre(true, Some(7), Some(9)), gre(false, Some(7), None), gre(false, None, Some(9))] {
        let whole = write(&[Header::Ipv4(ip), gre, Header::Ipv4(ip), Header::Tcp(tcp)], b"data", b"");
        for length in 0..whole.len() {
            let packet = Packet::parse(LinkType::IPV4, &whole[..length], whole.len() as u32);
            let headers: Vec<Header<'_>> = packet.headers().collect();
            let (payload, trailer) = packet.body();
            assert_eq!(write(&headers, payload, trailer), whole[..length], "{length}: {headers:?}");
        }
    }
}

/// Addresses, ports and payload of a packet can be changed, and all that depends on them comes out right.
#[test]
fn what_was_changed_is_valid() {
    let tcp = TcpHeader { source_port: 1, destination_port: 2, flags: TcpFlags::ACK, ..TcpHeader::default() };
    let ip = Ipv4Header { source: [10, 0, 0, 1].into(), destination: [10, 0, 0, 2].into(), ..Ipv4Header::default() };
    let gre = Header::Gre { protocol: None, has_checksum: true, checksum: None, key: Some(7), sequence_number: None };
    let outer = Ipv6Header { source: [0xfd; 16].into(), destination: [0xfe; 16].into(), ..Ipv6Header::default() };
    let before = write(&[Header::Ipv6(outer), gre, Header::Ipv4(ip), Header::Tcp(tcp)], b"before", b"");
    let packet = Packet::parse(LinkType::RAW, &before, before.len() as u32);
    let mut headers: Vec<Header<'_>> = packet.headers().collect();
    if let [.., Header::Ipv4(ip), Header::Tcp(tcp)] = &mut headers[..] {
        ip.destination = [192, 0, 2, 9].into();
        tcp.destination_port = 443;
        tcp.options = &[2, 4, 5, 0xb4, 1];
    }
    headers.insert(0, Header::Vlan { protocol: EtherType::VLAN, control: 42, ether_type: None });
    let macs = [MacAddress([2; 6]), MacAddress([4; 6])];
    headers.insert(0, Header::Ethernet { source: macs[0], destination: macs[1], ether_type: None });
    let after = write(&headers, b"and longer afterwards", &[0; 4]);
    let packet = Packet::parse(LinkType::ETHERNET, &after, after.len() as u32);
    let inner = packet.inner().unwrap();
    assert_eq!((packet.trailer(), inner.payload().bytes), (&[0; 4][..], &b"and longer afterwards"[..]));
    assert_eq!(inner.tcp().unwrap().option_bytes(), [2, 4, 5, 0xb4, 1, 0, 0, 0]);
    let sums: Vec<_> = packet.checksums().chain(inner.checksums()).map(|sum| (sum.layer, sum.status)).collect();
    let valid = [Layer::Gre, Layer::Ipv4, Layer::Tcp].map(|layer| (layer, ChecksumStatus::Valid));
    assert_eq!(sums, valid);
    assert_eq!(packet.vlans().next().map(|tag| tag.id()), Some(42));
    assert!(inner.stopped().is_none());
}

#[test]
fn what_does_not_fit_is_refused() {
    let ip = Ipv4Header { options: &[1; 41], ..Ipv4Header::default() };
    let builder = Builder { headers: &[Header::Ipv4(ip)], ..Builder::default() };
    assert_eq!(builder.write_to(&mut [0; 100]), None);
    let builder = Builder {
        headers: &[Header::Udp { source_port: 1, destination_port: 2, length: None, checksum: None }],
        ..Builder::default()
    };
    assert_eq!((builder.write_to(&mut [0; 7]), builder.write_to(&mut [0; 8])), (None, Some(8)));
}

#[test]
fn what_hosts_leave_to_the_device() {
    let ip = Ipv4Header { source: [10, 0, 0, 1].into(), destination: [10, 0, 0, 2].into(), ..Ipv4Header::default() };
    let status = |checksum, identification| {
        let tcp = TcpHeader { checksum: Some(checksum), ..TcpHeader::default() };
        let bytes = write(&[Header::Ipv4(Ipv4Header { identification, ..ip }), Header::Tcp(tcp)], b"data", b"");
        Packet::parse(LinkType::RAW, &bytes, bytes.len() as u32).checksum(Layer::Tcp).unwrap().status
    };
    // Addresses, protocol and 24 octets; the same without a length.
    assert_eq!(status(0x1421, 1), ChecksumStatus::Offloaded);
    assert_eq!(status(0x1409, 1), ChecksumStatus::Offloaded);
    assert_eq!(status(0, 1), ChecksumStatus::Offloaded);
    assert_eq!(status(0x1422, 1), ChecksumStatus::Invalid);
    let udp = Header::Udp { source_port: 1, destination_port: 2, length: None, checksum: Some(0) };
    let six = Ipv6Header::default();
    let absent = write(&[Header::Ipv4(ip), udp], b"", b"");
    let wrong = write(&[Header::Ipv6(six), udp], b"", b"");
    let of = |bytes: &[u8]| Packet::parse(LinkType::RAW, bytes, bytes.len() as u32).checksum(Layer::Udp).unwrap();
    assert_eq!((of(&absent).status, of(&wrong).status), (ChecksumStatus::Absent, ChecksumStatus::Invalid));
    assert_eq!(of(&absent).to_string(), "no cksum");
    assert!(of(&wrong).to_string().starts_with("cksum 0x0000 (incorrect -> 0x"));
}

fn network() -> impl Strategy<Value = Header<'static>> {
    let four =
        (any::<[u8; 4]>(), any::<[u8; 4]>(), any::<u8>(), any::<u16>(), 0..4_usize).prop_map(|(a, b, c, id, words)| {
            let options = &[1; 12][..4 * words.min(3)];
            Header::Ipv4(Ipv4Header {
                type_of_service: c,
                identification: id,
                fragment: 0x4000,
                time_to_live: c,
                source: a.into(),
                destination: b.into(),
                options,
                ..Ipv4Header::default()
            })
        });
    let six = (any::<[u8; 16]>(), any::<[u8; 16]>(), any::<u8>(), 0..1_u32 << 20).prop_map(|(a, b, c, flow_label)| {
        Header::Ipv6(Ipv6Header {
            traffic_class: c,
            flow_label,
            hop_limit: c,
            source: a.into(),
            destination: b.into(),
            ..Ipv6Header::default()
        })
    });
    prop_oneof![four, six]
}

fn transport() -> impl Strategy<Value = Header<'static>> {
    // No ports of tunnels.
    let port = 40_000..60_000_u16;
    let tcp = (port.clone(), port.clone(), any::<[u32; 2]>(), any::<[u16; 3]>(), 0..10_usize);
    let tcp =
        tcp.prop_map(|(source_port, destination_port, [sequence_number, acknowledgment_number], [a, b, c], words)| {
            Header::Tcp(TcpHeader {
                source_port,
                destination_port,
                sequence_number,
                acknowledgment_number,
                flags: TcpFlags(a & 0x0fff),
                window: b,
                checksum: None,
                urgent_pointer: c,
                options: &[1; 40][..4 * words],
            })
        });
    let udp = (port.clone(), port.clone()).prop_map(|(source_port, destination_port)| Header::Udp {
        source_port,
        destination_port,
        length: None,
        checksum: None,
    });
    let icmp = (any::<bool>(), any::<u8>(), any::<[u8; 4]>()).prop_map(|(six, code, rest_of_header)| {
        let message_type = if six { 128 } else { 8 };
        let header = IcmpHeader { message_type, code, checksum: None, rest_of_header };
        if six { Header::Icmpv6(header) } else { Header::Icmpv4(header) }
    });
    let sctp = (port.clone(), port, any::<u32>()).prop_map(|(source_port, destination_port, verification_tag)| {
        Header::Sctp { source_port, destination_port, verification_tag, checksum: None }
    });
    prop_oneof![tcp, udp, icmp, sctp]
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        tags in proptest::collection::vec(any::<u16>(), 0..3),
        outer in proptest::option::of((network(), any::<bool>(), any::<Option<u32>>(), any::<Option<u32>>())),
        network in network(),
        transport in transport(),
        payload in proptest::collection::vec(any::<u8>(), 0..200),
        trailer in proptest::collection::vec(any::<u8>(), 0..8),
    ) {
        let mut headers = vec![Header::Ethernet { source: MacAddress([2; 6]), destination: MacAddress([4; 6]), ether_type: None }];
        let tag = |control: &u16| Header::Vlan { protocol: EtherType::VLAN, control: *control, ether_type: None };
        headers.extend(tags.iter().map(tag));
        if let Some((outer, has_checksum, key, sequence_number)) = outer {
            headers.push(outer);
            headers.push(Header::Gre { protocol: None, has_checksum, checksum: None, key, sequence_number });
        }
        headers.extend([network, transport]);
        let bytes = write(&headers, &payload, &trailer);
        let packet = Packet::parse(LinkType::ETHERNET, &bytes, bytes.len() as u32);
        let inner = packet.innermost();
        prop_assert!(inner.stopped().is_none(), "{:?}", inner.stopped());
        prop_assert_eq!(inner.payload().bytes, &payload[..]);
        prop_assert_eq!(packet.trailer(), &trailer[..]);
        let mut next = Some(packet);
        while let Some(packet) = next {
            for checksum in packet.checksums() {
                prop_assert_eq!(checksum.status, ChecksumStatus::Valid, "{:?}", checksum);
            }
            next = packet.inner();
        }
        prop_assert_eq!(packet.headers().collect::<Vec<_>>(), headers);
        prop_assert_eq!(packet.body(), (&payload[..], &trailer[..]));
    }
}

/// A device that spoils one bit is found out.
#[test]
fn each_bit_counts() {
    let ip = Ipv4Header { source: [10, 0, 0, 1].into(), destination: [10, 0, 0, 2].into(), ..Ipv4Header::default() };
    let udp = Header::Udp { source_port: 1, destination_port: 2, length: None, checksum: None };
    let mut bytes = write(&[Header::Ipv4(ip), udp], b"payload", b"");
    for bit in 28 * 8..bytes.len() * 8 {
        bytes[bit / 8] ^= 1 << (bit % 8);
        let packet = Packet::parse(LinkType::RAW, &bytes, bytes.len() as u32);
        assert_eq!(packet.checksum(Layer::Udp).unwrap().status, ChecksumStatus::Invalid);
        bytes[bit / 8] ^= 1 << (bit % 8);
    }
    assert_eq!(IpProtocol::UDP, Packet::parse(LinkType::RAW, &bytes, 0).layout().ip_protocol);
}

//! Packets that the builder writes are those that `pnet_packet` builds from the same fields, octet by octet.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use std::net::{Ipv4Addr, Ipv6Addr};

use netshoot_core::packet::build::{Builder, Header, IcmpHeader, Ipv4Header, Ipv6Header, TcpHeader};
use netshoot_core::packet::{EtherType, IpProtocol, MacAddress, TcpFlags};
use pnet_base::MacAddr;
use pnet_packet::ethernet::{self, MutableEthernetPacket};
use pnet_packet::icmp::{self, MutableIcmpPacket};
use pnet_packet::icmpv6::{self, MutableIcmpv6Packet};
use pnet_packet::ip::IpNextHeaderProtocol;
use pnet_packet::ipv4::{self, MutableIpv4Packet};
use pnet_packet::ipv6::MutableIpv6Packet;
use pnet_packet::tcp::{self, MutableTcpPacket};
use pnet_packet::udp::{self, MutableUdpPacket};
use pnet_packet::vlan::MutableVlanPacket;
use proptest::prelude::*;

/// Source and destination.
#[derive(Clone, Copy, Debug)]
enum Ends {
    Four(Ipv4Addr, Ipv4Addr),
    Six(Ipv6Addr, Ipv6Addr),
}

/// What is written in both ways; each header takes what it needs of the numbers.
#[derive(Clone, Debug)]
struct Fields {
    vlan: Option<u16>,
    ends: Ends,
    protocol: IpProtocol,
    octets: [u8; 4],
    words: [u16; 5],
    long: [u32; 2],
    options: Vec<u8>,
    payload: Vec<u8>,
}

fn fields() -> impl Strategy<Value = Fields> {
    let four = any::<[[u8; 4]; 2]>().prop_map(|[from, to]| Ends::Four(from.into(), to.into()));
    let six = any::<[[u8; 16]; 2]>().prop_map(|[from, to]| Ends::Six(from.into(), to.into()));
    let protocol = prop::sample::select(vec![IpProtocol::TCP, IpProtocol::UDP, IpProtocol::ICMP]);
    let options = (0..10_usize).prop_flat_map(|words| prop::collection::vec(any::<u8>(), words * 4));
    let payload = prop::collection::vec(any::<u8>(), 0..200);
    let numbers = (any::<[u8; 4]>(), any::<[u16; 5]>(), any::<[u32; 2]>());
    (any::<Option<u16>>(), prop_oneof![four, six], protocol, numbers, options, payload).prop_map(
        |(vlan, ends, protocol, (octets, words, long), options, payload)| {
            let is_icmpv6 = protocol == IpProtocol::ICMP && matches!(ends, Ends::Six(..));
            let protocol = if is_icmpv6 { IpProtocol::ICMPV6 } else { protocol };
            Fields { vlan, ends, protocol, octets, words, long, options, payload }
        },
    )
}

const MACS: [[u8; 6]; 2] = [[2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2]];

fn ours(fields: &Fields) -> Vec<u8> {
    let Fields { octets: [tos, ttl, kind, code], words: [a, b, c, d, e], long: [sequence, acknowledgment], .. } =
        *fields;
    let [source, destination] = MACS.map(MacAddress);
    let mut headers = vec![Header::Ethernet { source, destination, ether_type: None }];
    headers.extend(fields.vlan.map(|control| Header::Vlan { protocol: EtherType::VLAN, control, ether_type: None }));
    headers.push(match fields.ends {
        Ends::Four(source, destination) => Header::Ipv4(Ipv4Header {
            type_of_service: tos,
            identification: a,
            fragment: b,
            time_to_live: ttl,
            source,
            destination,
            options: &fields.options,
            ..Ipv4Header::default()
        }),
        Ends::Six(source, destination) => Header::Ipv6(Ipv6Header {
            traffic_class: tos,
            flow_label: sequence & 0x000f_ffff,
            hop_limit: ttl,
            source,
            destination,
            ..Ipv6Header::default()
        }),
    });
    let icmp = IcmpHeader { message_type: kind, code, checksum: None, rest_of_header: sequence.to_be_bytes() };
    headers.push(match fields.protocol {
        IpProtocol::TCP => Header::Tcp(TcpHeader {
            source_port: c,
            destination_port: d,
            sequence_number: sequence,
            acknowledgment_number: acknowledgment,
            flags: TcpFlags(b & 0x0fff),
            window: e,
            checksum: None,
            urgent_pointer: a,
            options: &fields.options,
        }),
        IpProtocol::UDP => Header::Udp { source_port: c, destination_port: d, length: None, checksum: None },
        IpProtocol::ICMP => Header::Icmpv4(icmp),
        _ => Header::Icmpv6(icmp),
    });
    let builder = Builder { headers: &headers, payload: &fields.payload, trailer: &[] };
    let mut out = vec![0xee; builder.len()];
    assert_eq!(builder.write_to(&mut out), Some(out.len()));
    out
}

fn theirs(fields: &Fields) -> Vec<u8> {
    let transport = match fields.protocol {
        IpProtocol::TCP => tcp(fields),
        IpProtocol::UDP => udp(fields),
        _ => icmp(fields),
    };
    let packet = match fields.ends {
        Ends::Four(from, to) => ipv4(fields, from, to, &transport),
        Ends::Six(from, to) => ipv6(fields, from, to, &transport),
    };
    let network = match fields.ends {
        Ends::Four(..) => ethernet::EtherTypes::Ipv4,
        Ends::Six(..) => ethernet::EtherTypes::Ipv6,
    };
    let mut behind = packet;
    if let Some(control) = fields.vlan {
        let mut bytes = vec![0; 4 + behind.len()];
        let mut vlan = MutableVlanPacket::new(&mut bytes).unwrap();
        vlan.set_priority_code_point(pnet_packet::vlan::ClassOfService((control >> 13) as u8));
        vlan.set_drop_eligible_indicator((control >> 12 & 1) as u8);
        vlan.set_vlan_identifier(control & 0x0fff);
        vlan.set_ethertype(network);
        vlan.set_payload(&behind);
        behind = bytes;
    }
    let mut bytes = vec![0; 14 + behind.len()];
    let mut frame = MutableEthernetPacket::new(&mut bytes).unwrap();
    let [source, destination] = MACS.map(MacAddr::from);
    frame.set_source(source);
    frame.set_destination(destination);
    frame.set_ethertype(if fields.vlan.is_some() { ethernet::EtherTypes::Vlan } else { network });
    frame.set_payload(&behind);
    bytes
}

fn ipv4(fields: &Fields, from: Ipv4Addr, to: Ipv4Addr, transport: &[u8]) -> Vec<u8> {
    let header_len = 20 + fields.options.len();
    let mut bytes = vec![0; header_len + transport.len()];
    let mut ip = MutableIpv4Packet::new(&mut bytes).unwrap();
    ip.set_version(4);
    ip.set_header_length((header_len / 4) as u8);
    ip.set_dscp(fields.octets[0] >> 2);
    ip.set_ecn(fields.octets[0] & 3);
    ip.set_total_length((header_len + transport.len()) as u16);
    ip.set_identification(fields.words[0]);
    ip.set_flags((fields.words[1] >> 13) as u8);
    ip.set_fragment_offset(fields.words[1] & 0x1fff);
    ip.set_ttl(fields.octets[1]);
    ip.set_next_level_protocol(IpNextHeaderProtocol(fields.protocol.0));
    ip.set_source(from);
    ip.set_destination(to);
    ip.get_options_raw_mut().copy_from_slice(&fields.options);
    ip.set_payload(transport);
    let checksum = ipv4::checksum(&ip.to_immutable());
    ip.set_checksum(checksum);
    bytes
}

fn ipv6(fields: &Fields, from: Ipv6Addr, to: Ipv6Addr, transport: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0; 40 + transport.len()];
    let mut ip = MutableIpv6Packet::new(&mut bytes).unwrap();
    ip.set_version(6);
    ip.set_traffic_class(fields.octets[0]);
    ip.set_flow_label(fields.long[0] & 0x000f_ffff);
    ip.set_payload_length(transport.len() as u16);
    ip.set_next_header(IpNextHeaderProtocol(fields.protocol.0));
    ip.set_hop_limit(fields.octets[1]);
    ip.set_source(from);
    ip.set_destination(to);
    ip.set_payload(transport);
    bytes
}

fn tcp(fields: &Fields) -> Vec<u8> {
    let header_len = 20 + fields.options.len();
    let mut bytes = vec![0; header_len + fields.payload.len()];
    let mut segment = MutableTcpPacket::new(&mut bytes).unwrap();
    segment.set_source(fields.words[2]);
    segment.set_destination(fields.words[3]);
    segment.set_sequence(fields.long[0]);
    segment.set_acknowledgement(fields.long[1]);
    segment.set_data_offset((header_len / 4) as u8);
    segment.set_reserved((fields.words[1] >> 8 & 0xf) as u8);
    segment.set_flags(fields.words[1] as u8);
    segment.set_window(fields.words[4]);
    segment.set_urgent_ptr(fields.words[0]);
    segment.get_options_raw_mut().copy_from_slice(&fields.options);
    segment.set_payload(&fields.payload);
    let checksum = match fields.ends {
        Ends::Four(from, to) => tcp::ipv4_checksum(&segment.to_immutable(), &from, &to),
        Ends::Six(from, to) => tcp::ipv6_checksum(&segment.to_immutable(), &from, &to),
    };
    segment.set_checksum(checksum);
    bytes
}

fn udp(fields: &Fields) -> Vec<u8> {
    let mut bytes = vec![0; 8 + fields.payload.len()];
    let length = bytes.len() as u16;
    let mut datagram = MutableUdpPacket::new(&mut bytes).unwrap();
    datagram.set_source(fields.words[2]);
    datagram.set_destination(fields.words[3]);
    datagram.set_length(length);
    datagram.set_payload(&fields.payload);
    let checksum = match fields.ends {
        Ends::Four(from, to) => udp::ipv4_checksum(&datagram.to_immutable(), &from, &to),
        Ends::Six(from, to) => udp::ipv6_checksum(&datagram.to_immutable(), &from, &to),
    };
    // pnet leaves it to who calls that a sum of zero is sent as all ones (RFC 768).
    datagram.set_checksum(if checksum == 0 { 0xffff } else { checksum });
    bytes
}

fn icmp(fields: &Fields) -> Vec<u8> {
    let rest = [&fields.long[0].to_be_bytes()[..], &fields.payload].concat();
    let mut bytes = vec![0; 4 + rest.len()];
    match fields.ends {
        Ends::Four(..) => {
            let mut message = MutableIcmpPacket::new(&mut bytes).unwrap();
            message.set_icmp_type(icmp::IcmpType(fields.octets[2]));
            message.set_icmp_code(icmp::IcmpCode(fields.octets[3]));
            message.set_payload(&rest);
            let checksum = icmp::checksum(&message.to_immutable());
            message.set_checksum(checksum);
        }
        Ends::Six(from, to) => {
            let mut message = MutableIcmpv6Packet::new(&mut bytes).unwrap();
            message.set_icmpv6_type(icmpv6::Icmpv6Type(fields.octets[2]));
            message.set_icmpv6_code(icmpv6::Icmpv6Code(fields.octets[3]));
            message.set_payload(&rest);
            let checksum = icmpv6::checksum(&message.to_immutable(), &from, &to);
            message.set_checksum(checksum);
        }
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn packets_are_those_of_pnet(fields in fields()) {
        prop_assert_eq!(ours(&fields), theirs(&fields));
    }
}

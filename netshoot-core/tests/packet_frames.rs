//! Frames built by hand: what the parser finds in each, and where it stops.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    unreachable_pub,
    missing_docs
)]

#[path = "support/layers.rs"]
mod layers;

use layers::*;
use netshoot_core::packet::{
    BadOption, EtherType, IpProtocol, Layer, Limit, LinkType, Packet, Stop, TcpOption, Tunnels, dns,
};

const IPV4: u16 = 0x0800;
const IPV6: u16 = 0x86dd;

fn parse(link_type: u16, frame: &[u8]) -> Packet<'_> {
    Packet::parse(LinkType(link_type), frame, frame.len() as u32)
}

fn names(packet: &Packet<'_>) -> String {
    let names: Vec<&str> = packet.layers().map(|layer| layer.layer.name()).collect();
    names.join(" ")
}

fn stop(layer: Layer, offset: u32, needed: u32, available: u32, limit: Limit) -> Option<Stop> {
    Some(Stop { layer, offset, needed, available, limit })
}

/// Layers and stop of an Ethernet frame.
#[track_caller]
fn expect(frame: &[u8], layers: &str, stopped: Option<Stop>) {
    let packet = parse(ETHERNET, frame);
    assert_eq!(names(&packet), layers);
    assert_eq!(packet.stopped(), stopped);
}

#[test]
fn every_link_type_leads_to_the_segment() {
    let expected = [
        "eth ip tcp",
        "eth ip tcp",
        "eth ip udp",
        "eth ip udp",
        "eth ip icmp",
        "eth ip extension tcp",
        "eth ip udp",
        "eth arp",
        "eth ipv6 tcp",
        "eth ipv6 extension extension extension tcp",
        "eth ipv6 extension udp",
        "eth ipv6 icmpv6",
        "eth vlan ip tcp",
        "eth vlan vlan ipv6 udp",
        "eth llc snap ip tcp",
        "eth llc ip tcp",
        "null ip tcp",
        "null ipv6 tcp",
        "ip tcp",
        "ipv6 udp",
        "ip udp",
        "null ipv6 tcp",
        "sll ip tcp",
        "sll llc stp",
        "ip tcp",
        "ipv6 tcp",
        "sll2 ipv6 tcp",
        "eth ip ipv6 ip tcp",
        "eth ip gre eth ip tcp",
        "eth ip gre erspan eth vlan ip tcp",
        "eth ipv6 udp vxlan eth vlan ip tcp",
        "eth ip udp geneve eth vlan ip tcp",
        "eth ip udp gtp ip udp",
        "eth ip udp teredo ipv6 tcp",
        "eth mpls mpls ip tcp",
        "eth mpls pw eth vlan ip tcp",
        "eth mpls pw eth vlan ip tcp",
        "eth pppoe ppp ip tcp",
        "eth pppoe",
        "eth ip sctp",
        "eth ip udplite",
        "eth ip igmp",
        "eth ip esp",
        "eth ip icmp",
        "eth lldp",
        "ppp ip tcp",
        "ppp ipv6 tcp",
        "ppp mpls ip tcp",
        "nflog ip tcp",
    ];
    let samples = samples();
    assert_eq!(samples.len(), expected.len());
    for ((link_type, frame), expected) in samples.iter().zip(expected) {
        let packet = parse(*link_type, frame);
        assert_eq!(names(&packet), expected, "{packet:?}");
        let whole = packet.stopped().is_none();
        assert_eq!(whole, !["sll llc stp", "eth pppoe", "eth lldp"].contains(&expected));
        assert_eq!(packet.strict().is_ok(), whole);
        if expected.ends_with("tcp") {
            assert_eq!(packet.innermost().ports(), Some((40_000, 80)));
        }
    }
}

/// The packet of a sample, by its layers.
fn sample(layers: &str) -> (u16, Vec<u8>) {
    samples().into_iter().find(|(link_type, frame)| names(&parse(*link_type, frame)) == layers).unwrap()
}

#[test]
fn headers_of_tunnels_say_what_they_hold() {
    let inner = |layers: &str, look: &dyn Fn(&Packet<'_>)| {
        let (link_type, frame) = sample(layers);
        look(&parse(link_type, &frame).inner().unwrap());
    };
    inner("eth ip gre eth ip tcp", &|packet| {
        let gre = packet.gre().unwrap();
        assert_eq!((gre.version(), gre.protocol(), gre.header_len()), (0, EtherType::TRANSPARENT_ETHERNET, 16));
        assert_eq!((gre.checksum(), gre.key(), gre.sequence_number()), (Some(0), Some(7), Some(9)));
        assert_eq!((gre.call_id(), gre.payload_length(), gre.acknowledgment_number()), (None, None, None));
        assert_eq!((packet.tunnel_id(), packet.erspan().is_none()), (Some(7), true));
    });
    inner("eth ip gre erspan eth vlan ip tcp", &|packet| {
        let erspan = packet.erspan().unwrap();
        assert_eq!((erspan.erspan_type(), erspan.vlan(), erspan.session_id()), (2, 7, 9));
        assert_eq!((packet.tunnel_id(), erspan.is_truncated()), (Some(9), false));
        assert_eq!(packet.vlans().next().map(|tag| (tag.id(), tag.protocol)), Some((7, EtherType::VLAN)));
    });
    inner("eth ipv6 udp vxlan eth vlan ip tcp", &|packet| {
        assert_eq!(packet.vxlan().map(|vxlan| (vxlan.flags(), vxlan.vni())), Some((8, 100)));
        assert_eq!((packet.tunnel_id(), packet.layout().depth), (Some(100), 1));
    });
    inner("eth ip udp geneve eth vlan ip tcp", &|packet| {
        let geneve = packet.geneve().unwrap();
        assert_eq!((geneve.version(), geneve.vni(), geneve.header_len()), (0, 5, 16));
        assert!(!geneve.is_control() && !geneve.has_critical_options());
        let options: Vec<_> = geneve.options().map(|option| (option.class, option.kind, option.data)).collect();
        assert_eq!(options, [(0x0102, 3, &[9; 4][..])]);
    });
    inner("eth ip udp gtp ip udp", &|packet| {
        let gtp = packet.gtp().unwrap();
        assert_eq!((gtp.version(), gtp.message_type(), gtp.teid()), (1, 255, 3));
    });
    let (link_type, frame) = sample("eth mpls mpls ip tcp");
    let packet = parse(link_type, &frame);
    let labels: Vec<_> = packet.mpls().map(|label| (label.label(), label.is_bottom(), label.time_to_live())).collect();
    assert_eq!(labels, [(100, false, 64), (200, true, 64)]);
    let (link_type, frame) = sample("eth pppoe ppp ip tcp");
    let pppoe = parse(link_type, &frame).pppoe().map(|pppoe| (pppoe.code(), pppoe.session_id(), pppoe.length()));
    assert_eq!(pppoe, Some((0, 0x1234, 47)));
    let (link_type, frame) = sample("ppp mpls ip tcp");
    assert_eq!(parse(link_type, &frame).mpls().map(|label| label.label()).collect::<Vec<_>>(), [7]);
}

#[test]
fn other_transports_have_their_fields() {
    let (link_type, frame) = sample("eth ip sctp");
    let packet = parse(link_type, &frame);
    let sctp = packet.sctp().unwrap();
    assert_eq!((sctp.source_port(), sctp.destination_port(), sctp.verification_tag()), (2944, 2945, 5));
    assert_eq!(packet.ports(), Some((2944, 2945)));
    let chunks: Vec<_> =
        sctp.chunks().map(|chunk| (chunk.kind, chunk.flags, chunk.length, chunk.value.len())).collect();
    assert_eq!(chunks, [(0, 3, 19, 15), (4, 0, 4, 0)]);
    let data = sctp.chunks().next().unwrap();
    assert_eq!((data.tsn(), data.payload_protocol()), (Some(1), Some(46)));
    let (link_type, frame) = sample("eth ip udplite");
    let lite = parse(link_type, &frame).udp_lite().map(|lite| (lite.source_port(), lite.checksum_coverage()));
    assert_eq!(lite, Some((1, 13)));
    let (link_type, frame) = sample("eth ip igmp");
    let igmp = parse(link_type, &frame).igmp().map(|igmp| (igmp.message_type(), igmp.group().unwrap().octets()));
    assert_eq!(igmp, Some((0x16, [224, 0, 0, 9])));
    let (link_type, frame) = sample("eth ip esp");
    let esp = parse(link_type, &frame).esp().map(|esp| (esp.spi(), esp.sequence_number()));
    assert_eq!(esp, Some((7, 1)));
}

#[test]
fn tunnels_are_entered_to_a_depth_and_by_ports() {
    let mut datagram = ipv4(17, &udp(1, 2, b"x"));
    for _ in 0..6 {
        datagram = ipv4(4, &datagram);
    }
    let packet = parse(101, &datagram);
    let last = packet.innermost();
    assert_eq!((last.layout().depth, last.layout().network_layer()), (5, None));
    assert_eq!(last.stopped().unwrap().limit, Limit::Depth);
    let mut tunnels = Tunnels::default();
    tunnels.depth = 9;
    let deep = packet.innermost_by(&tunnels);
    assert_eq!((packet.layers().count(), packet.layers_by(&tunnels).count()), (5, 8));
    assert_eq!((deep.layout().depth, deep.ports()), (6, Some((1, 2))));

    let datagram = ipv4(17, &udp(50_000, 14_789, &vxlan(9, &ethernet(IPV4, &ipv4(17, &udp(1, 2, b"x"))))));
    let packet = parse(101, &datagram);
    assert!(packet.inner().is_none());
    let mut tunnels = Tunnels::default();
    tunnels.ports = &[(14_789, Layer::Vxlan)];
    assert_eq!(packet.inner_by(&tunnels).and_then(|inner| inner.tunnel_id()), Some(9));
    assert_eq!(packet.layers_by(&tunnels).last().map(|layer| (layer.layer, layer.depth)), Some((Layer::Udp, 1)));
    tunnels.ports = &[(4789, Layer::Frame)];
    let (link_type, frame) = sample("eth ipv6 udp vxlan eth vlan ip tcp");
    assert!(parse(link_type, &frame).inner_by(&tunnels).is_none());
    assert!(parse(link_type, &frame).layers_by(&tunnels).all(|layer| layer.depth == 0));
}

/// RFC 4884: what stands behind the quoted packet is not part of it.
#[test]
fn errors_quote_packets() {
    let quoted = ipv4(17, &udp(1, 2, b"x"));
    let whole = ipv4(1, &icmp(11, 0, &quoted));
    let packet = parse(101, &whole);
    assert_eq!(packet.quoted().and_then(|quoted| quoted.ports()), Some((1, 2)));
    assert!(packet.inner().is_none());
    let mut padded = quoted.clone();
    padded.resize(128, 0);
    padded.extend([0x20, 0, 0, 0, 0, 8, 1, 1, 0, 1, 0, 1]);
    let mut message = icmp(11, 0, &padded);
    message[5] = 32;
    let datagram = ipv4(1, &message);
    let packet = parse(101, &datagram);
    let quoted = packet.quoted().unwrap();
    assert_eq!((quoted.ports(), quoted.payload().bytes), (Some((1, 2)), &b"x"[..]));
    assert_eq!(quoted.trailer().len(), 128 - 29);
    assert!(parse(101, &ipv4(1, &icmp(8, 0, &[0x45; 40]))).quoted().is_none());
}

#[test]
fn unknown_link_types_and_families_stop_at_once() {
    let packet = parse(147, &[1, 2, 3]);
    assert_eq!(packet.stopped(), stop(Layer::Frame, 0, 0, 3, Limit::UnknownProtocol));
    assert_eq!(packet.to_string(), "link type 147, length 3");
    assert_eq!(parse(0, &[99, 0, 0, 0, 1]).stopped(), stop(Layer::Null, 0, 0, 5, Limit::UnknownProtocol));
    // LOOP has one byte order.
    assert_eq!(parse(108, &[2, 0, 0, 0, 1]).stopped().unwrap().limit, Limit::UnknownProtocol);
    assert_eq!(parse(101, &[0x50]).stopped(), stop(Layer::Frame, 0, 0, 1, Limit::UnknownProtocol));
    assert_eq!(parse(101, &[]).stopped(), stop(Layer::Frame, 0, 1, 0, Limit::FrameLength));
    // Senders do put IPv6 behind the type of IPv4, but not the reverse.
    assert_eq!(names(&parse(228, &ipv6(6, &tcp(2, &[], &[])))), "ipv6 tcp");
    assert_eq!(parse(229, &ipv4(6, &[0; 40])).stopped(), stop(Layer::Ipv6, 0, 40, 60, Limit::Malformed));
}

#[test]
fn vlan_tags_stack_up_to_a_limit() {
    let inner = ipv4(17, &udp(1, 2, b"x"));
    let frame = ethernet(0x9100, &vlan(0xf001, 0x88a8, &vlan(2, 0x8100, &vlan(3, IPV4, &inner))));
    let packet = parse(ETHERNET, &frame);
    let tags: Vec<_> =
        packet.vlans().map(|tag| (tag.protocol, tag.id(), tag.priority(), tag.drop_eligible())).collect();
    let expected =
        [(EtherType::QINQ, 1, 7, true), (EtherType::SERVICE_VLAN, 2, 0, false), (EtherType::VLAN, 3, 0, false)];
    assert_eq!(tags, expected);
    assert!(packet.to_string().starts_with("vlan 1, p 7, vlan 2, p 0, vlan 3, p 0, IP 10.0.0.1.1 > 10.0.0.2.2"));
    let deep = ethernet(0x8100, &[0, 1, 0x81, 0].repeat(300));
    let packet = parse(ETHERNET, &deep);
    assert_eq!((packet.vlans().count(), packet.layers().count()), (255, 256));
    assert_eq!(packet.stopped(), stop(Layer::Vlan, 14 + 255 * 4, 4, 45 * 4, Limit::Depth));
    expect(&ethernet(0x8100, &[0, 1]), "eth", stop(Layer::Vlan, 14, 4, 2, Limit::FrameLength));
}

#[test]
fn llc_carries_ip_or_ends_the_walk() {
    // The length field leaves padding out.
    let frame = ethernet(3, &[0xe0, 0xe0, 3, 9, 9, 9]);
    expect(&frame, "eth llc", stop(Layer::Llc, 14, 0, 3, Limit::UnknownProtocol));
    assert_eq!(parse(ETHERNET, &frame).trailer(), [9, 9, 9]);
    expect(&ethernet(2, &[0xaa, 0xaa, 3]), "eth", stop(Layer::Llc, 14, 3, 2, Limit::LengthField));
    let snap = ethernet(8, &[0xaa, 0xaa, 3, 0, 0, 0x0c, 0x20, 0]);
    expect(&snap, "eth llc snap", stop(Layer::Snap, 17, 0, 5, Limit::UnknownProtocol));
    expect(&ethernet(5, &[0xaa, 0xaa, 3, 0, 0, 0, 8, 0]), "eth llc", stop(Layer::Snap, 17, 5, 2, Limit::LengthField));
    // A VLAN tag in here is not entered.
    let tagged = ethernet(12, &[0xaa, 0xaa, 3, 0, 0, 0, 0x81, 0, 0, 7, 8, 0]);
    expect(&tagged, "eth llc snap", stop(Layer::Snap, 17, 0, 9, Limit::UnknownProtocol));
    // 1,501 to 1,535 is neither length nor type.
    expect(&ethernet(1501, &[0; 9]), "eth", stop(Layer::Ethernet, 0, 0, 23, Limit::UnknownProtocol));
}

#[test]
fn ipv4_lengths_bound_the_payload() {
    let packet = ipv4(17, &udp(1, 2, b"abc"));
    let frame = ethernet(IPV4, &[&packet[..], &[7; 15]].concat());
    let parsed = parse(ETHERNET, &frame);
    assert_eq!((parsed.payload().bytes, parsed.trailer()), (&b"abc"[..], &[7; 15][..]));
    // 0: the sender leaves the cutting to its device.
    let mut open = frame.clone();
    open[16..18].fill(0);
    let parsed = parse(ETHERNET, &open);
    assert!(parsed.layout().length_is_open() && parsed.stopped().is_none());
    assert_eq!((parsed.layout().reported_end as usize, parsed.trailer()), (open.len(), &[][..]));
    // More than the frame has.
    let mut long = frame.clone();
    long[16..18].copy_from_slice(&1500u16.to_be_bytes());
    assert!(parse(ETHERNET, &long).layout().length_exceeds_frame());
    // Less than the header, a header below five words, another version.
    let mut short = frame.clone();
    short[17] = 19;
    expect(&short, "eth ip", stop(Layer::Ipv4, 14, 20, 46, Limit::Malformed));
    let mut words = frame.clone();
    words[14] = 0x44;
    expect(&words, "eth", stop(Layer::Ipv4, 14, 20, 46, Limit::Malformed));
    words[14] = 0x55;
    expect(&words, "eth", stop(Layer::Ipv4, 14, 20, 46, Limit::Malformed));
}

#[test]
fn ipv4_options_and_fragments() {
    let segment = tcp(0x10, &[], b"data");
    let frame = ethernet(IPV4, &ipv4_with(6, 0, &[7, 7, 4, 0, 0, 0, 0, 0], &segment));
    let packet = parse(ETHERNET, &frame);
    assert_eq!(packet.ipv4().unwrap().options(), [7, 7, 4, 0, 0, 0, 0, 0]);
    assert_eq!(packet.payload().bytes, b"data");
    let first = ethernet(IPV4, &ipv4_with(6, 0x2000, &[], &segment));
    let packet = parse(ETHERNET, &first);
    assert!(packet.layout().is_fragment() && packet.layout().more_fragments() && packet.stopped().is_none());
    assert_eq!(packet.five_tuple().unwrap().destination_port, 80);
    let later = ethernet(IPV4, &ipv4_with(6, 0x00b9, &[], &segment));
    expect(&later, "eth ip", stop(Layer::Ipv4, 14, 0, 44, Limit::Fragment));
    let packet = parse(ETHERNET, &later);
    assert_eq!((packet.layout().fragment_offset, packet.five_tuple()), (0xb9, None));
    // A first fragment too small for the header.
    let tiny = ethernet(IPV4, &ipv4_with(6, 0x2000, &[], &segment[..8]));
    expect(&tiny, "eth ip tcp", stop(Layer::Tcp, 34, 20, 8, Limit::Fragment));
    assert_eq!(parse(ETHERNET, &tiny).ports(), Some((40_000, 80)));
}

#[test]
fn ipv6_extension_chains() {
    let segment = tcp(2, &[], &[]);
    let chain = extension(60, &extension(43, &extension(51, &authentication(6, &segment))));
    let frame = ethernet(IPV6, &ipv6(0, &chain));
    let packet = parse(ETHERNET, &frame);
    let walked: Vec<_> = packet.extensions().map(|e| (e.protocol, e.bytes.len())).collect();
    let expected = [
        (IpProtocol::HOP_BY_HOP, 8),
        (IpProtocol::DESTINATION_OPTIONS, 8),
        (IpProtocol::ROUTING, 8),
        (IpProtocol::AUTHENTICATION, 24),
    ];
    assert_eq!(walked, expected);
    assert_eq!((packet.ports(), packet.layout().ip_protocol), (Some((40_000, 80)), IpProtocol::TCP));
    // An atomic fragment is whole (RFC 6946).
    let atomic = ethernet(IPV6, &ipv6(44, &fragment(6, 0, false, &segment)));
    assert!(!parse(ETHERNET, &atomic).layout().is_fragment());
    expect(&atomic, "eth ipv6 extension tcp", None);
    let later = ethernet(IPV6, &ipv6(44, &fragment(6, 181, true, &segment)));
    expect(&later, "eth ipv6 extension", stop(Layer::Extension, 54, 0, 28, Limit::Fragment));
    let seen = parse(ETHERNET, &later).ipv6().unwrap().extensions().next().unwrap().fragment().unwrap();
    assert_eq!((seen.offset, seen.more, seen.identification), (181, true, 9));
    expect(&ethernet(IPV6, &ipv6(253, &[0; 30])), "eth ipv6", stop(Layer::Ipv6, 14, 0, 70, Limit::UnknownProtocol));
    expect(&ethernet(IPV6, &ipv6(59, &[])), "eth ipv6", None);
    expect(
        &ethernet(IPV6, &ipv6(60, &[59])),
        "eth ipv6",
        stop(Layer::Extension, 54, 8, 1, Limit::LengthField).map(as_frame),
    );
    let deep = ethernet(IPV6, &ipv6(60, &[60, 0, 1, 4, 0, 0, 0, 0].repeat(20)));
    let packet = parse(ETHERNET, &deep);
    assert_eq!((packet.extensions().count(), packet.stopped().unwrap().limit), (16, Limit::Depth));
}

/// Where the datagram and the frame end together, the frame is named.
fn as_frame(stop: Stop) -> Stop {
    Stop { limit: Limit::FrameLength, ..stop }
}

#[test]
fn ipv6_jumbograms_and_open_lengths() {
    let jumbo = |length: u32| {
        let option = [&[6, 0, 0xc2, 4][..], &length.to_be_bytes()].concat();
        let mut packet = ipv6(0, &[&option[..], &tcp(0x10, &[], b"big")].concat());
        packet[4..6].fill(0);
        packet
    };
    let frame = jumbo(70_000);
    let packet = Packet::parse(LinkType::RAW, &frame, 70_040);
    assert_eq!((packet.payload().bytes, packet.payload().reported_len), (&b"big"[..], 70_000 - 28));
    assert!(packet.payload().is_truncated() && !packet.layout().length_is_open());
    assert!(parse(101, &frame).layout().length_exceeds_frame());
    let mut open = ipv6(6, &tcp(0x10, &[], b"big"));
    open[4..6].fill(0);
    let packet = parse(101, &open);
    assert!(packet.layout().length_is_open());
    assert_eq!(packet.payload().bytes, b"big");
}

#[test]
fn tcp_options_of_every_kind() {
    let options = [
        2, 4, 5, 0xb4, 3, 3, 7, 4, 2, 1, 8, 10, 0, 0, 0, 9, 0, 0, 0, 8, 5, 10, 0, 0, 0, 1, 0, 0, 0, 5, 254, 4, 0xf9,
        0x89, 1, 0,
    ];
    let frame = ipv4(6, &tcp(2, &options, &[]));
    let packet = parse(101, &frame);
    let all: Vec<_> = packet.tcp().unwrap().options().map(Result::unwrap).collect();
    assert_eq!(all[0], TcpOption::MaximumSegmentSize(1460));
    assert_eq!(all[1..4], [TcpOption::WindowScale(7), TcpOption::SackPermitted, TcpOption::NoOperation]);
    assert_eq!(all[4], TcpOption::Timestamps { value: 9, echo_reply: 8 });
    let TcpOption::Sack(blocks) = all[5] else { panic!("{:?}", all[5]) };
    assert_eq!(blocks.collect::<Vec<_>>(), [(1, 5)]);
    assert_eq!(all[6], TcpOption::Unknown { kind: 254, data: &[0xf9, 0x89] });
    assert_eq!(all[7..], [TcpOption::NoOperation, TcpOption::EndOfOptions]);
}

#[test]
fn tcp_options_that_lie() {
    let last = |options: &[u8]| {
        let frame = ipv4(6, &tcp(2, options, &[]));
        parse(101, &frame).tcp().unwrap().options().last().map(|last| last.map(|_| ()))
    };
    assert_eq!(last(&[8, 0, 0, 0]), Some(Err(BadOption { kind: 8, length: Some(0), available: 4 })));
    assert_eq!(last(&[1, 8, 10, 0]), Some(Err(BadOption { kind: 8, length: Some(10), available: 3 })));
    assert_eq!(last(&[1, 1, 1, 2]), Some(Err(BadOption { kind: 2, length: None, available: 1 })));
    assert_eq!(last(&[0, 2, 4, 5]), Some(Ok(())));
    // Lengths that are not the option's own.
    assert_eq!(last(&[3, 4, 7, 7]), Some(Ok(())));
    let mut low = ipv4(6, &tcp(2, &[], b"12345678"));
    low[32] = 0x40;
    assert_eq!(parse(101, &low).stopped(), stop(Layer::Tcp, 20, 20, 28, Limit::Malformed));
    low[32] = 0xf0;
    assert_eq!(parse(101, &low).stopped(), stop(Layer::Tcp, 20, 60, 28, Limit::FrameLength));
}

#[test]
fn a_segments_length_outlives_a_cut_header() {
    let frame = ipv4(6, &tcp(0x18, &[1; 12], &[b'x'; 100]));
    let cut = Packet::parse(LinkType::RAW, &frame[..44], frame.len() as u32);
    assert_eq!(cut.stopped(), stop(Layer::Tcp, 20, 32, 24, Limit::CaptureLength));
    assert_eq!(cut.tcp().unwrap().option_bytes(), [1; 4]);
    assert_eq!((cut.payload().bytes, cut.payload().reported_len), (&[][..], 100));
}

#[test]
fn udp_lengths() {
    let with_length = |length: u16| {
        let mut frame = ipv4(17, &udp(1000, 2000, b"12345678"));
        frame[24..26].copy_from_slice(&length.to_be_bytes());
        frame
    };
    let payload = |frame: &[u8]| parse(101, frame).payload().bytes.len();
    assert_eq!(payload(&with_length(16)), 8);
    assert_eq!(payload(&with_length(12)), 4);
    assert_eq!(payload(&with_length(0)), 8);
    assert_eq!(payload(&with_length(200)), 8);
    let frame = with_length(7);
    assert_eq!(parse(101, &frame).stopped(), stop(Layer::Udp, 20, 8, 16, Limit::Malformed));
}

#[test]
fn arp_messages() {
    let frame = ethernet(0x0806, &[&arp(2)[..], &[0; 18]].concat());
    let packet = parse(ETHERNET, &frame);
    assert_eq!(packet.arp().unwrap().sender_ipv4(), Some([10, 0, 0, 1].into()));
    assert_eq!(packet.trailer().len(), 18);
    assert_eq!(packet.to_string(), "ARP, Reply 10.0.0.1 is-at 02:00:00:00:00:01, length 46");
    let mut long = frame.clone();
    long[18] = 200;
    expect(&long, "eth arp", stop(Layer::Arp, 14, 416, 46, Limit::FrameLength));
    assert_eq!(parse(ETHERNET, &long).arp().unwrap().target_ipv4(), None);
    let mut empty = frame.clone();
    empty[18..20].fill(0);
    assert_eq!(parse(ETHERNET, &empty).arp().unwrap().sender_mac(), None);
    let reverse = ethernet(0x8035, &arp(3));
    assert_eq!(parse(ETHERNET, &reverse).arp().unwrap().operation(), 3);
    expect(&ethernet(0x0806, &arp(1)[..7]), "eth", stop(Layer::Arp, 14, 8, 7, Limit::FrameLength));
}

#[test]
fn dns_names_that_loop_or_run_out() {
    let first = |rest: &[u8]| {
        let message = [&[0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0][..], rest].concat();
        let message = dns::Message::parse(&message).unwrap();
        message.questions().next().unwrap().map(|question| question.name.to_string())
    };
    assert_eq!(first(b"\x03a.b\x02\\\xff\x00\x00\x01\x00\x01").unwrap(), "a\\.b.\\\\\\255");
    assert_eq!(first(b"\x00\x00\x01\x00\x01").unwrap(), ".");
    assert_eq!(first(b"\xc0\x0c\x00\x01\x00\x01").unwrap(), "…");
    assert_eq!(first(b"\x01a\xc0\x0c\x00\x01\x00\x01").unwrap().chars().last(), Some('…'));
    assert!(matches!(first(b"\x40a\x00\x00\x01\x00\x01"), Err(Stop { limit: Limit::Malformed, offset: 12, .. })));
    assert!(matches!(first(b"\x09abc"), Err(Stop { layer: Layer::Dns, limit: Limit::LengthField, .. })));
    assert!(matches!(first(b"\x00\x00\x01"), Err(Stop { offset: 13, needed: 4, available: 2, .. })));
}

#[test]
fn dns_targets_stay_within_their_record() {
    let with_length = |length: u8| {
        let alias = [&[0xc0, 0x0c, 0, 5, 0, 1, 0, 0, 0, 60, 0, length][..], b"\x03www\xc0\x0c"].concat();
        let message = layers::dns(0x8180, [1, 1, 0, 0], &alias);
        let message = dns::Message::parse(&message).unwrap();
        let record = message.records().next().unwrap().unwrap();
        record.target().map(|name| name.to_string())
    };
    assert_eq!(with_length(6).as_deref(), Some("www.example.com"));
    assert_eq!(with_length(0), None);
    assert_eq!(with_length(4), None);
}

//! Packets built by hand, layer around layer, without the parser's help. Checksums are left at 0.
#![allow(dead_code)]

pub const ETHERNET: u16 = 1;

pub fn ethernet(ether_type: u16, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1];
    frame.extend(ether_type.to_be_bytes());
    frame.extend(payload);
    frame
}

/// A tag's control information and the type behind it.
pub fn vlan(control: u16, ether_type: u16, payload: &[u8]) -> Vec<u8> {
    [&control.to_be_bytes()[..], &ether_type.to_be_bytes(), payload].concat()
}

pub fn sll(hardware: u16, protocol: u16, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![0, 4];
    frame.extend(hardware.to_be_bytes());
    frame.extend([0, 6, 2, 0, 0, 0, 0, 1, 0, 0]);
    frame.extend(protocol.to_be_bytes());
    frame.extend(payload);
    frame
}

pub fn sll2(hardware: u16, protocol: u16, payload: &[u8]) -> Vec<u8> {
    let mut frame = protocol.to_be_bytes().to_vec();
    frame.extend([0, 0, 0, 0, 0, 7]);
    frame.extend(hardware.to_be_bytes());
    frame.extend([4, 6, 2, 0, 0, 0, 0, 1, 0, 0]);
    frame.extend(payload);
    frame
}

pub fn ipv4(protocol: u8, payload: &[u8]) -> Vec<u8> {
    ipv4_with(protocol, 0, &[], payload)
}

/// With options (a multiple of four octets) and the field of flags and fragment offset.
pub fn ipv4_with(protocol: u8, fragment: u16, options: &[u8], payload: &[u8]) -> Vec<u8> {
    let header_len = 20 + options.len();
    let mut packet = vec![0x40 | (header_len / 4) as u8, 0];
    packet.extend(((header_len + payload.len()) as u16).to_be_bytes());
    packet.extend([0x12, 0x34]);
    packet.extend(fragment.to_be_bytes());
    packet.extend([64, protocol, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]);
    packet.extend(options);
    packet.extend(payload);
    packet
}

pub fn ipv6(next_header: u8, payload: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x60, 0, 0, 0];
    packet.extend((payload.len() as u16).to_be_bytes());
    packet.extend([next_header, 64]);
    packet.extend([0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    packet.extend([0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]);
    packet.extend(payload);
    packet
}

/// An extension header of eight octets with nothing but padding, such as hop-by-hop or destination options.
pub fn extension(next_header: u8, payload: &[u8]) -> Vec<u8> {
    [&[next_header, 0, 1, 4, 0, 0, 0, 0], payload].concat()
}

pub fn fragment(next_header: u8, offset: u16, more: bool, payload: &[u8]) -> Vec<u8> {
    let field = (offset << 3) | u16::from(more);
    [&[next_header, 0][..], &field.to_be_bytes(), &[0, 0, 0, 9], payload].concat()
}

/// An authentication header with a check value of 12 octets.
pub fn authentication(next_header: u8, payload: &[u8]) -> Vec<u8> {
    [&[next_header, 4][..], &[0; 22], payload].concat()
}

pub fn tcp(flags: u8, options: &[u8], payload: &[u8]) -> Vec<u8> {
    let mut segment = vec![0x9c, 0x40, 0, 80, 0, 0, 0, 1, 0, 0, 0, 2];
    segment.extend([(((20 + options.len()) / 4) << 4) as u8, flags, 0xff, 0xff, 0, 0, 0, 0]);
    segment.extend(options);
    segment.extend(payload);
    segment
}

pub fn udp(source: u16, destination: u16, payload: &[u8]) -> Vec<u8> {
    let mut datagram = [source.to_be_bytes(), destination.to_be_bytes()].concat();
    datagram.extend((8 + payload.len() as u16).to_be_bytes());
    datagram.extend([0, 0]);
    datagram.extend(payload);
    datagram
}

pub fn icmp(message_type: u8, code: u8, payload: &[u8]) -> Vec<u8> {
    [&[message_type, code, 0, 0, 0, 1, 0, 2], payload].concat()
}

pub fn arp(operation: u16) -> Vec<u8> {
    let mut message = vec![0, 1, 8, 0, 6, 4];
    message.extend(operation.to_be_bytes());
    message.extend([2, 0, 0, 0, 0, 1, 10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 10, 0, 0, 2]);
    message
}

/// A message with one question for `example.com`, and `rest` behind it.
pub fn dns(flags: u16, counts: [u16; 4], rest: &[u8]) -> Vec<u8> {
    let mut message = vec![0x30, 0x39];
    message.extend(flags.to_be_bytes());
    message.extend(counts.into_iter().flat_map(u16::to_be_bytes));
    message.extend(b"\x07example\x03com\x00\x00\x01\x00\x01");
    message.extend(rest);
    message
}

/// A header of GRE with all optional fields.
pub fn gre(ether_type: u16, payload: &[u8]) -> Vec<u8> {
    let mut packet = vec![0xb0, 0];
    packet.extend(ether_type.to_be_bytes());
    packet.extend([0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 9]);
    packet.extend(payload);
    packet
}

pub fn vxlan(network: u32, payload: &[u8]) -> Vec<u8> {
    [&[8, 0, 0, 0][..], &(network << 8).to_be_bytes(), payload].concat()
}

/// With one option of four octets.
pub fn geneve(ether_type: u16, payload: &[u8]) -> Vec<u8> {
    let mut packet = vec![2, 0];
    packet.extend(ether_type.to_be_bytes());
    packet.extend([0, 0, 5, 0, 1, 2, 3, 1, 9, 9, 9, 9]);
    packet.extend(payload);
    packet
}

/// A user's packet with an extension header.
pub fn gtp(payload: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x34, 255];
    packet.extend((8 + payload.len() as u16).to_be_bytes());
    packet.extend([0, 0, 0, 3, 0, 0, 0, 0x85, 1, 0, 1, 0]);
    packet.extend(payload);
    packet
}

pub fn mpls(labels: &[u32], payload: &[u8]) -> Vec<u8> {
    let mut packet = Vec::new();
    for (at, label) in labels.iter().enumerate() {
        let bottom = u32::from(at + 1 == labels.len());
        packet.extend(((label << 12) | (bottom << 8) | 64).to_be_bytes());
    }
    packet.extend(payload);
    packet
}

pub fn pppoe(protocol: u16, payload: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x11, 0, 0x12, 0x34];
    packet.extend((2 + payload.len() as u16).to_be_bytes());
    packet.extend(protocol.to_be_bytes());
    packet.extend(payload);
    packet
}

/// Two chunks, of data and of a heartbeat.
pub fn sctp() -> Vec<u8> {
    let mut packet = vec![0x0b, 0x80, 0x0b, 0x81, 0, 0, 0, 5, 0, 0, 0, 0];
    packet.extend([0, 3, 0, 19, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 46, b'a', b'b', b'c', 0]);
    packet.extend([4, 0, 0, 4]);
    packet
}

/// One frame or more of every shape that the parser enters, with its link type.
pub fn samples() -> Vec<(u16, Vec<u8>)> {
    let options = [2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 7];
    let answer = [0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1];
    let segment = tcp(0x18, &[], b"hello");
    let query = udp(40_000, 53, &dns(0x0100, [1, 0, 0, 0], &[]));
    let response = udp(53, 40_000, &dns(0x8180, [1, 1, 0, 0], &answer));
    let tagged = ethernet(0x8100, &vlan(7, 0x0800, &ipv4(6, &segment)));
    let routed = [&[6, 2, 4, 0, 0, 0, 0, 0][..], &[0; 16], &segment].concat();
    vec![
        (ETHERNET, ethernet(0x0800, &ipv4(6, &tcp(2, &options, &[])))),
        (ETHERNET, ethernet(0x0800, &ipv4_with(6, 0x4000, &[1, 1, 1, 0], &segment))),
        (ETHERNET, ethernet(0x0800, &[&ipv4(17, &query)[..], &[0; 6]].concat())),
        (ETHERNET, ethernet(0x0800, &ipv4(17, &response))),
        (ETHERNET, ethernet(0x0800, &ipv4(1, &icmp(8, 0, b"ping")))),
        (ETHERNET, ethernet(0x0800, &ipv4(51, &authentication(6, &segment)))),
        (ETHERNET, ethernet(0x0800, &ipv4_with(17, 0x2000, &[], &query))),
        (ETHERNET, ethernet(0x0806, &arp(1))),
        (ETHERNET, ethernet(0x86dd, &ipv6(6, &segment))),
        (ETHERNET, ethernet(0x86dd, &ipv6(0, &extension(60, &extension(43, &routed))))),
        (ETHERNET, ethernet(0x86dd, &ipv6(44, &fragment(17, 0, true, &query)))),
        (ETHERNET, ethernet(0x86dd, &ipv6(58, &icmp(135, 0, &[0; 16])))),
        (ETHERNET, ethernet(0x8100, &vlan(0x6064, 0x0800, &ipv4(6, &segment)))),
        (ETHERNET, ethernet(0x88a8, &vlan(10, 0x8100, &vlan(20, 0x86dd, &ipv6(17, &query))))),
        (ETHERNET, ethernet(53, &[&[0xaa, 0xaa, 3, 0, 0, 0, 8, 0][..], &ipv4(6, &segment)].concat())),
        (ETHERNET, ethernet(48, &[&[6, 6, 3][..], &ipv4(6, &segment)].concat())),
        (0, [&[2, 0, 0, 0][..], &ipv4(6, &segment)].concat()),
        (0, [&[0, 0, 0, 30][..], &ipv6(6, &segment)].concat()),
        (12, ipv4(6, &segment)),
        (14, ipv6(17, &query)),
        (101, ipv4(17, &response)),
        (108, [&[0, 0, 0, 24][..], &ipv6(6, &segment)].concat()),
        (113, sll(1, 0x0800, &ipv4(6, &segment))),
        (113, sll(1, 4, &[0x42, 0x42, 3, 0, 0])),
        (228, ipv4(6, &segment)),
        (229, ipv6(6, &segment)),
        (276, sll2(1, 0x86dd, &ipv6(6, &segment))),
        (ETHERNET, ethernet(0x0800, &ipv4(4, &ipv6(41, &ipv4(6, &segment))))),
        (ETHERNET, ethernet(0x0800, &ipv4(47, &gre(0x6558, &ethernet(0x0800, &ipv4(6, &segment)))))),
        (ETHERNET, ethernet(0x0800, &ipv4(47, &gre(0x88be, &[&[0x10, 7, 0, 9, 0, 0, 0, 0][..], &tagged].concat())))),
        (ETHERNET, ethernet(0x86dd, &ipv6(17, &udp(50_000, 4789, &vxlan(100, &tagged))))),
        (ETHERNET, ethernet(0x0800, &ipv4(17, &udp(50_000, 6081, &geneve(0x6558, &tagged))))),
        (ETHERNET, ethernet(0x0800, &ipv4(17, &udp(2152, 2152, &gtp(&ipv4(17, &query)))))),
        (ETHERNET, ethernet(0x0800, &ipv4(17, &udp(3544, 50_000, &[&[0; 8], &ipv6(6, &segment)[..]].concat())))),
        (ETHERNET, ethernet(0x8847, &mpls(&[100, 200], &ipv4(6, &segment)))),
        (ETHERNET, ethernet(0x8847, &mpls(&[100], &[&[0; 4], &tagged[..]].concat()))),
        (ETHERNET, ethernet(0x8847, &mpls(&[100], &tagged))),
        (ETHERNET, ethernet(0x8864, &pppoe(0x0021, &ipv4(6, &segment)))),
        (ETHERNET, ethernet(0x8863, &[0x11, 9, 0, 0, 0, 4, 1, 1, 0, 0])),
        (ETHERNET, ethernet(0x0800, &ipv4(132, &sctp()))),
        (ETHERNET, ethernet(0x0800, &ipv4(136, &udp(1, 2, b"light")))),
        (ETHERNET, ethernet(0x0800, &ipv4(2, &[0x16, 0, 0, 0, 224, 0, 0, 9]))),
        (ETHERNET, ethernet(0x0800, &ipv4(50, &[0, 0, 0, 7, 0, 0, 0, 1, 0xaa, 0xbb]))),
        (ETHERNET, ethernet(0x0800, &ipv4(1, &icmp(3, 1, &ipv4(17, &query))))),
        (ETHERNET, ethernet(0x88cc, &[2, 7, 4, 2, 0, 0, 0, 0, 1])),
        (9, [&[0xff, 3, 0, 0x21][..], &ipv4(6, &segment)].concat()),
        (9, [&[0x57][..], &ipv6(6, &segment)].concat()),
        (9, [&[2, 0x81][..], &mpls(&[7], &ipv4(6, &segment))].concat()),
        (239, [&[2, 0, 0, 0, 8, 0, 1, 0, 8, 0, 1, 0, 4 + 45, 0, 9, 0][..], &ipv4(6, &segment)].concat()),
    ]
}

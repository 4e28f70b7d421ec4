//! The lines of frames that tcpdump has other words for, or none.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, unreachable_pub, missing_docs, dead_code)]

#[path = "support/layers.rs"]
mod layers;

use layers::*;
use netshoot_core::packet::{LinkType, Packet, dns};

const IPV4: u16 = 0x0800;

#[track_caller]
fn expect(link_type: u16, frame: &[u8], line: &str) {
    assert_eq!(Packet::parse(LinkType(link_type), frame, frame.len() as u32).to_string(), line);
}

#[test]
fn layers_that_are_known_by_name_alone() {
    expect(ETHERNET, &ethernet(0x88cc, &[0; 46]), "LLDP, length 46");
    expect(ETHERNET, &ethernet(0x8809, &[1; 110]), "802.3 slow protocol, length 110");
    expect(ETHERNET, &ethernet(0x88e5, &[0; 54]), "MACsec, length 54");
    let spanning_tree = [&[0x42, 0x42, 3][..], &[0; 35], &[0; 8]].concat();
    expect(ETHERNET, &ethernet(38, &spanning_tree), "STP, length 35");
}

#[test]
fn nothing_known_inside_of_a_tunnel() {
    let echo = [0x32, 1, 0, 4, 0, 0, 0, 0, 0, 1, 0, 0];
    let ends = "IP 10.0.0.1.2152 > 10.0.0.2.2152: UDP, length 12";
    let frame = ethernet(IPV4, &ipv4(17, &udp(2152, 2152, &echo)));
    expect(ETHERNET, &frame, &format!("{ends}: GTP, teid 0x0: length 0"));
    let frame = ethernet(IPV4, &ipv4(47, &gre(0x1234, &[0; 5])));
    let line = "IP 10.0.0.1 > 10.0.0.2: GREv0, key=0x7, seq 9, length 21: ethertype 0x1234, length 5";
    expect(ETHERNET, &frame, line);
    let frame = ethernet(IPV4, &ipv4(17, &udp(1, 4789, &vxlan(9, &ethernet(0x1234, &[0; 5])))));
    let (outer, inner) = ("IP 10.0.0.1.1 > 10.0.0.2.4789: UDP, length 27", "ethertype 0x1234, length 19");
    let macs = "02:00:00:00:00:01 > 02:00:00:00:00:02";
    expect(ETHERNET, &frame, &format!("{outer}: VXLAN, vni 9: {macs}, {inner}"));
    let deep = (0..6).fold(tcp(2, &[], b""), |inside, i| ipv4(if i == 0 { 6 } else { 4 }, &inside));
    let line = Packet::parse(LinkType::RAW, &deep, deep.len() as u32).to_string();
    assert!(line.ends_with("IP 10.0.0.1 > 10.0.0.2: length 40 [|frame at offset 100 is nested too deeply]"), "{line}");
}

#[test]
fn gre_within_udp() {
    let frame = ipv4(17, &udp(1, 4754, &gre(IPV4, &ipv4(17, &udp(2, 3, b"x")))));
    let inner = "GREv0, key=0x7, seq 9, length 45: IP 10.0.0.1.2 > 10.0.0.2.3: UDP, length 1";
    expect(101, &frame, &format!("IP 10.0.0.1.1 > 10.0.0.2.4754: UDP, length 45: {inner}"));
}

/// `LINKTYPE_PPP_PPPD` has the direction in place of the address, `LINKTYPE_PPP_WITH_DIR` in front of it.
#[test]
fn ppp_with_a_direction() {
    let datagram = ipv4(17, &udp(2, 3, b"x"));
    let line = "IP 10.0.0.1.2 > 10.0.0.2.3: UDP, length 1";
    for (link_type, head) in [(166, &[0, 3, 0, 0x21][..]), (166, &[1, 3, 0, 0x21]), (204, &[1, 0xff, 3, 0, 0x21])] {
        expect(link_type, &[head, &datagram].concat(), line);
    }
    expect(166, &[1], "link type PPP_PPPD, length 1 [|frame at offset 0 needs 2 octets, 1 in the frame]");
    expect(204, &[], "link type PPP_WITH_DIR, length 0 [|frame at offset 0 needs 1 octets, 0 in the frame]");
}

/// Octets of a bitmap claim eight types each.
#[test]
fn many_types_of_a_dns_name_are_written_in_part() {
    let line = |windows: u8| {
        let bitmap: Vec<u8> = (0..windows).flat_map(|window| [&[window, 32][..], &[0xff; 32]].concat()).collect();
        let data = [&[1, b'a', 0][..], &bitmap].concat();
        let length = u16::try_from(data.len()).unwrap().to_be_bytes();
        let header = [0, 1, 0x80, 0, 0, 0, 0, 1, 0, 0, 0, 0];
        let message = [&header[..], &[0, 0, 47, 0, 1, 0, 0, 0, 9], &length, &data].concat();
        let message = dns::Message::parse(&message).unwrap();
        let value = message.records().next().unwrap().unwrap().value().unwrap();
        let types = if let dns::Value::NextSecure { types, .. } = value { types.count() } else { 0 };
        assert_eq!(types, 256 * usize::from(windows));
        value.to_string()
    };
    assert!(line(1).starts_with("a TYPE0 A NS ") && line(1).ends_with(" TYPE254 ANY"), "{}", line(1));
    assert_eq!(line(200), format!("{} …", line(1)));
}

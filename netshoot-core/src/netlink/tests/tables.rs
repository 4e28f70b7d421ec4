//! Rules, neighbours, forwarding entries and queueing disciplines: what netlink-packet-route encoded, attributes by hand
//! where it or this machine's kernel lacks them, every shorter prefix, and bad attributes.

use netlink_packet_route::AddressFamily;
use netlink_packet_route::neighbour::{NeighbourAddress, NeighbourAttribute, NeighbourMessage};
use netlink_packet_route::rule::{RuleAttribute, RuleMessage};

use super::decode::{attribute, octets};
use crate::netlink::{
    Family, FdbEntry, FqCodelStats, Link, Neighbor, NeighborExtendedFlags, Object, Qdisc, QdiscHandle, QdiscOptions,
    QdiscXstats, Rule, RuleFlags,
};

#[test]
fn a_rule_is_what_netlink_packet_route_encoded() {
    let mut message = RuleMessage::default();
    message.header.family = AddressFamily::Inet6;
    (message.header.src_len, message.header.dst_len, message.header.tos) = (32, 128, 16);
    message.attributes = vec![
        RuleAttribute::Source("fd00::".parse().unwrap()),
        RuleAttribute::Destination("fd01::1".parse().unwrap()),
        RuleAttribute::Iifname("eth0".to_owned()),
        RuleAttribute::Oifname("eth1".to_owned()),
        RuleAttribute::Goto(9),
        RuleAttribute::Priority(100),
        RuleAttribute::FwMark(5),
        RuleAttribute::FwMask(0xff),
        RuleAttribute::SuppressIfGroup(u32::MAX),
        RuleAttribute::SuppressPrefixLen(24),
        RuleAttribute::Table(70_000),
        RuleAttribute::L3MDev(true),
    ];
    let rule = Rule::parse(&octets(&message)).unwrap();
    assert_eq!((rule.family, rule.src_len, rule.dst_len, rule.tos), (Family::INET6, 32, 128, 16));
    assert_eq!((rule.src, rule.dst), ("fd00::".parse().ok(), "fd01::1".parse().ok()));
    assert!(rule.iifname.as_ref().unwrap() == "eth0" && rule.oifname.as_ref().unwrap() == "eth1");
    assert_eq!((rule.goto, rule.priority, rule.fwmark, rule.fwmask), (Some(9), 100, Some(5), Some(0xff)));
    assert_eq!((rule.suppress_ifgroup, rule.suppress_prefixlen), (None, Some(24)));
    assert_eq!((rule.table, rule.l3mdev), (70_000, true));
    assert_eq!(rule.notes, []);
}

#[test]
fn selectors_of_newer_kernels() {
    let rule = Rule::parse(&rule_octets()).unwrap();
    assert_eq!((rule.uid_range, rule.ip_proto), (Some(1..=2), Some(17)));
    assert_eq!((rule.sport_range, rule.sport_mask), (Some(53..=53), Some(0xff)));
    assert_eq!((rule.dport_range, rule.dport_mask), (Some(1..=9), Some(0xf0)));
    assert_eq!((rule.dscp, rule.dscp_mask), (Some(46), Some(0x3f)));
    assert_eq!((rule.flowlabel, rule.flowlabel_mask), (Some(0x12345), Some(0xfffff)));
    assert_eq!((rule.tun_id, rule.notes), (Some(77), vec![]));
}

#[test]
fn a_neighbour_is_what_netlink_packet_route_encoded() {
    let mut message = NeighbourMessage::default();
    message.header.family = AddressFamily::Inet;
    message.header.ifindex = 7;
    message.attributes = vec![
        NeighbourAttribute::Destination(NeighbourAddress::Inet([10, 0, 0, 1].into())),
        NeighbourAttribute::LinkLayerAddress(vec![2, 0, 0, 0, 0, 1]),
        NeighbourAttribute::Probes(3),
    ];
    let bytes = [octets(&message), attribute(15, &5_u32.to_ne_bytes())].concat();
    let neighbor = Neighbor::parse(&bytes).unwrap();
    assert_eq!((neighbor.family, neighbor.ifindex, neighbor.probes), (Family::INET, 7, Some(3)));
    assert_eq!(neighbor.dst, Some([10, 0, 0, 1].into()));
    assert_eq!(neighbor.lladdr.unwrap().as_bytes(), [2, 0, 0, 0, 0, 1]);
    assert_eq!(neighbor.ext_flags, NeighborExtendedFlags(5));
    assert_eq!(neighbor.notes, []);
}

#[test]
fn a_forwarding_entry_with_everything() {
    let entry = FdbEntry::parse(&fdb_octets()).unwrap();
    assert_eq!((entry.ifindex, entry.master, entry.vlan), (3, Some(9), Some(5)));
    assert_eq!((entry.port, entry.vni, entry.src_vni, entry.via), (Some(4790), Some(77), Some(78), Some(4)));
    assert_eq!((entry.nhid, entry.link_netnsid, entry.activity_notify), (Some(8), Some(-1), Some(1)));
    assert_eq!((entry.dst, entry.notes), ("fd00::9".parse().ok(), vec![]));
}

#[test]
fn a_queueing_discipline_with_everything() {
    let qdisc = Qdisc::parse(&qdisc_octets()).unwrap();
    assert!(qdisc.kind == "fq_codel" && qdisc.parent == QdiscHandle::ROOT && qdisc.offloaded);
    assert_eq!((qdisc.ingress_block, qdisc.egress_block), (Some(11), Some(12)));
    let Some(QdiscOptions::FqCodel(queues)) = qdisc.options else { panic!("no options of fq_codel") };
    assert_eq!((queues.target, queues.limit, queues.ecn), (Some(4999), Some(10240), Some(1)));
    let table = qdisc.stab.unwrap();
    assert_eq!((table.linklayer, table.overhead, table.mpu, table.mtu, table.tsize), (2, -4, 64, 2047, 512));
    let stats = qdisc.stats.unwrap();
    assert_eq!((stats.bytes, stats.packets), (1 << 40, 1 << 33), "64 bits of packets where they are there");
    assert_eq!((stats.qlen, stats.backlog, stats.drops, stats.requeues, stats.overlimits), (1, 2, 3, 4, 5));
    assert_eq!((stats.rate, stats.pps), (Some(1 << 34), Some(7)));
    let Some(QdiscXstats::FqCodel(FqCodelStats::Qdisc(counters))) = qdisc.xstats else { panic!("no counters") };
    assert_eq!((counters.maxpacket, counters.drop_overmemory, qdisc.notes), (1514, 0, vec![]));

    let other = Qdisc::parse(&[vec![0; 20], attribute(1, b"new\0"), attribute(2, &[9, 8])].concat()).unwrap();
    assert_eq!(other.options, Some(QdiscOptions::Other([9, 8].into())));
}

#[test]
fn every_shorter_prefix_is_an_object_or_a_note() {
    shorter::<Rule>(&rule_octets(), 12, |rule| rule.notes.len());
    shorter::<Neighbor>(&fdb_octets(), 12, |neighbor| neighbor.notes.len());
    shorter::<FdbEntry>(&fdb_octets(), 12, |entry| entry.notes.len());
    shorter::<Qdisc>(&qdisc_octets(), 20, |qdisc| qdisc.notes.len());
}

fn shorter<T: Object>(bytes: &[u8], header: usize, notes: impl Fn(&T) -> usize) {
    for length in 0..bytes.len() {
        match T::parse(&bytes[..length]) {
            Ok(object) => assert!(length >= header && notes(&object) <= 16),
            Err(note) => assert!(length < header && note.needed as usize == header),
        }
    }
}

#[test]
fn attributes_newer_than_this_version_are_kept() {
    let object = |header: usize| [vec![0; header], attribute(1000, b"abc"), attribute(1001, &[])].concat();
    let kept = [
        Link::parse(&object(16)).unwrap().unknown,
        Rule::parse(&object(12)).unwrap().unknown,
        Neighbor::parse(&object(12)).unwrap().unknown,
        FdbEntry::parse(&object(12)).unwrap().unknown,
        Qdisc::parse(&object(20)).unwrap().unknown,
    ];
    for unknown in kept {
        let unknown: Vec<_> = unknown.iter().map(|attribute| (attribute.number, &attribute.octets[..])).collect();
        assert_eq!(unknown, [(1000, &b"abc"[..]), (1001, &[])]);
    }
    let many = [vec![0; 12], attribute(1000, &[]).repeat(5000)].concat();
    assert!(Neighbor::parse(&many).unwrap().unknown.len() <= 64);
}

#[test]
fn a_rule_has_the_same_key_whatever_the_kernel_finds_out() {
    let rule = Rule::parse(&rule_octets()).unwrap();
    let mut detached = rule.clone();
    detached.flags.0 |= RuleFlags::IIF_DETACHED.0 | RuleFlags::UNRESOLVED.0;
    assert_eq!(rule.key(), detached.key());
    let changes: [fn(&mut Rule); 8] = [
        |rule| rule.flags.0 |= RuleFlags::INVERT.0,
        |rule| rule.priority += 1,
        |rule| rule.table += 1,
        |rule| rule.src_len += 1,
        |rule| rule.fwmask = Some(7),
        |rule| rule.iifname = Some("eth0".into()),
        |rule| rule.sport_range = Some(1..=2),
        |rule| rule.dscp_mask = Some(1),
    ];
    for change in changes {
        let mut other = rule.clone();
        change(&mut other);
        assert_ne!(rule.key(), other.key());
    }
}

#[test]
fn an_attribute_too_short_costs_itself_alone() {
    let rule = Rule::parse(&[vec![0; 12], attribute(6, &[1]), attribute(15, &7_u32.to_ne_bytes())].concat()).unwrap();
    assert_eq!((rule.priority, rule.table, rule.notes.len()), (0, 7, 1));
    let note = Rule::parse(&[vec![0; 12], attribute(23, &[1, 2])].concat()).unwrap().notes[0];
    assert_eq!((note.attribute, note.offset, note.needed, note.available), (23, 16, 4, 2));
    let entry = FdbEntry::parse(&[vec![0; 12], attribute(5, &[1]), attribute(7, &[9, 0, 0, 0])].concat()).unwrap();
    assert_eq!((entry.vlan, entry.vni.is_some(), entry.notes.len()), (None, true, 1));
    let short_table = attribute(8, &attribute(1, &[0; 23]));
    let qdisc = Qdisc::parse(&[vec![0; 20], short_table, attribute(1, b"tbf\0")].concat()).unwrap();
    assert!(qdisc.stab.is_none() && qdisc.kind == "tbf" && qdisc.notes.len() == 1);
}

fn number(kind: u16, value: u32) -> Vec<u8> {
    attribute(kind, &value.to_ne_bytes())
}

fn numbers(values: &[u32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_ne_bytes()).collect()
}

fn range(kind: u16, start: u16, end: u16) -> Vec<u8> {
    attribute(kind, &[start.to_ne_bytes(), end.to_ne_bytes()].concat())
}

fn rule_octets() -> Vec<u8> {
    [
        vec![10, 0, 0, 0, 254, 0, 0, 1, 0, 0, 0, 0],
        attribute(20, &numbers(&[1, 2])),
        attribute(22, &[17]),
        range(23, 53, 53),
        range(24, 1, 9),
        attribute(25, &[46]),
        attribute(26, &0x12345_u32.to_be_bytes()),
        attribute(27, &0xfffff_u32.to_be_bytes()),
        attribute(28, &0xff_u16.to_ne_bytes()),
        attribute(29, &0xf0_u16.to_ne_bytes()),
        attribute(30, &[0x3f]),
        attribute(12, &77_u64.to_be_bytes()),
    ]
    .concat()
}

fn fdb_octets() -> Vec<u8> {
    let end: std::net::Ipv6Addr = "fd00::9".parse().unwrap();
    [
        vec![7, 0, 0, 0],
        numbers(&[3]),
        vec![0x80, 0, 2, 0],
        attribute(1, &end.octets()),
        attribute(2, &[2, 0, 0, 0, 0, 1]),
        attribute(3, &numbers(&[100, 200, 300, 1])),
        attribute(5, &5_u16.to_ne_bytes()),
        attribute(6, &4790_u16.to_be_bytes()),
        number(7, 77),
        number(8, 4),
        number(9, 9),
        number(10, u32::MAX),
        number(11, 78),
        number(13, 8),
        attribute(14, &attribute(1, &[1])),
    ]
    .concat()
}

fn qdisc_octets() -> Vec<u8> {
    let stats = [
        attribute(1, &[&(1_u64 << 40).to_ne_bytes()[..], &numbers(&[5, 0])].concat()),
        attribute(8, &(1_u64 << 33).to_ne_bytes()),
        attribute(3, &numbers(&[1, 2, 3, 4, 5])),
        attribute(5, &[(1_u64 << 34).to_ne_bytes(), 7_u64.to_ne_bytes()].concat()),
        attribute(2, &numbers(&[9, 9])),
        // As kernels before 4.2 have it.
        attribute(4, &numbers(&[0, 1514, 1, 2, 3, 4, 5])),
    ];
    [
        numbers(&[0, 3, 1 << 16, u32::MAX, 2]),
        // Before the kind: the order is the kernel's affair.
        attribute(2, &[number(1, 4999), number(2, 10240), number(4, 1)].concat()),
        attribute(1, b"fq_codel\0"),
        attribute(7, &stats.concat()),
        attribute(8, &attribute(1, &numbers(&[0, -4_i32 as u32, 2, 64, 2047, 512]))),
        attribute(12, &[1]),
        number(13, 11),
        number(14, 12),
    ]
    .concat()
}

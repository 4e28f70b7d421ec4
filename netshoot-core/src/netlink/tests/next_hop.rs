//! Next hops and their buckets, which netlink-packet-route has no message for: octets that Linux 6.18 sent for what `ip
//! nexthop add` made, and encapsulations that pyroute2 encoded.

use crate::netlink::{
    Encap, Family, NextHop, NextHopBucket, NextHopFilter, NextHopGroupType, Object, Route, RouteFlags, RouteProtocol,
    Scope, Seg6Action,
};

use super::decode::attribute;

fn hop(hex: &str) -> NextHop {
    let hop = NextHop::parse(&octets(hex)).unwrap();
    assert_eq!(hop.notes, []);
    hop
}

fn octets(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.chars().filter_map(|digit| digit.to_digit(16)).map(|digit| digit as u8).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

#[test]
fn next_hops_that_the_kernel_sent() {
    let one = hop(VIA_BGP);
    assert_eq!((one.id, one.family, one.scope, one.oif), (1, Family::INET, Scope::LINK, Some(3)));
    assert_eq!((one.protocol, one.gateway), (RouteProtocol::BGP, Some([10, 0, 0, 2].into())));
    assert!(one.group.is_empty() && !one.blackhole && !one.fdb);

    let onlink = hop(ONLINK);
    assert_eq!((onlink.flags, onlink.family), (RouteFlags::ONLINK, Family::INET6));
    assert_eq!(onlink.gateway, Some("fd00::2".parse().unwrap()));
    assert!(hop(BLACKHOLE).blackhole);
    let fdb = hop(FDB);
    assert!(fdb.fdb && fdb.oif.is_none());

    let Some(Encap::Ip(ip)) = hop(ENCAP).encap.map(|encap| *encap) else { panic!("no encapsulation") };
    assert_eq!((ip.id, ip.dst), (Some(3), Some([192, 0, 2, 3].into())));

    let group = hop(GROUP);
    let members: Vec<_> = group.group.iter().map(|member| (member.id, member.weight, member.packets)).collect();
    assert_eq!(members, [(1, 3, Some(0)), (6, 200, Some(0))]);
    assert_eq!((group.family, group.group_type), (Family::UNSPEC, Some(NextHopGroupType::MPATH)));
    assert_eq!((group.hw_stats_enable, group.op_flags), (Some(false), Some(1 << 31)));

    let resilient = hop(RESILIENT);
    assert_eq!(resilient.group_type, Some(NextHopGroupType::RESILIENT));
    let settings = resilient.resilient_args.unwrap();
    assert_eq!((settings.buckets, settings.idle_timer, settings.unbalanced_timer), (Some(32), Some(6000), Some(30000)));
    assert_eq!(settings.unbalanced_time, Some(0));

    let bucket = NextHopBucket::parse(&octets(BUCKET)).unwrap();
    assert_eq!((bucket.id, bucket.index, bucket.nhid, bucket.idle_time), (12, 1, Some(6), Some(11)));
    assert_eq!((bucket.key(), bucket.notes), ((12, 1), vec![]));
}

#[test]
fn weights_have_16_bits_where_the_kernel_says_so() {
    let group = [&5u32.to_ne_bytes()[..], &[0xff, 0x02, 0, 0]].concat();
    let weight = |more: &[u8]| {
        let payload = [&[0; 8][..], &attribute(2, &group), more].concat();
        NextHop::parse(&payload).unwrap().group[0].weight
    };
    assert_eq!(weight(&[]), 256, "an old kernel's octets are not to be trusted");
    assert_eq!(weight(&attribute(14, &(1u32 << 31).to_ne_bytes())), 768);
}

#[test]
fn counters_of_members_find_their_member() {
    let members = [1u32, 6].map(|id| [&id.to_ne_bytes()[..], &[0; 4]].concat()).concat();
    let entry = |id: u32, packets: &[u8]| {
        let parts =
            [attribute(1, &id.to_ne_bytes()), attribute(2, packets), attribute(3, &3u32.to_ne_bytes())].concat();
        attribute(1, &parts)
    };
    let stats = [entry(6, &(1u64 << 40).to_ne_bytes()), entry(1, &5u32.to_ne_bytes()), entry(9, &[])].concat();
    let payload = [&[0; 8][..], &attribute(15, &stats), &attribute(2, &members)].concat();
    let hop = NextHop::parse(&payload).unwrap();
    assert_eq!((hop.group[0].packets, hop.group[1].packets), (Some(5), Some(1 << 40)));
    assert_eq!(hop.group[0].packets_hw, Some(3));
    assert_eq!(hop.notes.len(), 1);
}

#[test]
fn a_group_that_is_no_list_of_members_is_noted() {
    for (length, members) in [(0, 0), (7, 0), (9, 1), (15, 1)] {
        let payload = [&[0; 8][..], &attribute(2, &vec![0; length])].concat();
        let hop = NextHop::parse(&payload).unwrap();
        assert_eq!((hop.group.len(), hop.notes.len()), (members, 1), "{length}");
    }
}

#[test]
fn every_shorter_prefix_of_a_next_hop_is_read_without_a_fault() {
    for hex in [VIA_BGP, ONLINK, BLACKHOLE, FDB, ENCAP, GROUP, RESILIENT, BUCKET] {
        let whole = octets(hex);
        for length in 0..whole.len() {
            assert_eq!(NextHop::parse(&whole[..length]).is_ok(), length >= 8);
            assert_eq!(NextHopBucket::parse(&whole[..length]).is_ok(), length >= 8);
            if let Ok(hop) = NextHop::parse(&whole[..length]) {
                assert!(hop.notes.len() <= 2, "{:?}", hop.notes);
            }
        }
    }
}

#[test]
fn filters_choose_again_what_the_kernel_chose() {
    let mut filter = NextHopFilter::default();
    assert!(hop(GROUP).matches(&filter));
    filter.groups = true;
    assert!(hop(GROUP).matches(&filter) && !hop(VIA_BGP).matches(&filter));
    filter.groups = false;
    filter.fdb = true;
    assert!(hop(FDB).matches(&filter) && !hop(GROUP).matches(&filter));
    (filter.fdb, filter.protocol) = (false, Some(RouteProtocol::BGP));
    assert!(hop(VIA_BGP).matches(&filter) && !hop(ONLINK).matches(&filter));
}

#[test]
fn programs_that_pyroute2_encoded() {
    let route = Route::parse(&octets(BPF)).unwrap();
    let Some(Encap::Bpf(bpf)) = route.encap.as_deref() else { panic!("{route:?}") };
    let input = bpf.input.as_ref().unwrap();
    assert_eq!((input.id, input.name.as_ref().unwrap()), (Some(7), &"in.o:[a]".into()));
    let xmit = bpf.xmit.as_ref().unwrap();
    assert_eq!((xmit.id, xmit.name.as_ref().unwrap()), (None, &"x".into()));
    assert_eq!((&bpf.output, bpf.headroom), (&None, Some(14)));
    assert_eq!(route.notes, []);

    let route = Route::parse(&octets(SEG6_LOCAL_BPF)).unwrap();
    let Some(Encap::Seg6Local(local)) = route.encap.as_deref() else { panic!("{route:?}") };
    let program = local.bpf.as_ref().unwrap();
    assert_eq!((local.action, program.id), (Some(Seg6Action::UNSPEC), Some(9)));
    assert_eq!(program.name.as_ref().unwrap(), "endpoint");
}

#[test]
fn flavors_and_counters_of_segments() {
    let counters =
        [attribute(2, &7u64.to_ne_bytes()), attribute(3, &8u64.to_ne_bytes()), attribute(4, &9u64.to_ne_bytes())];
    let flavors = [attribute(1, &0x12u32.to_ne_bytes()), attribute(2, &[32]), attribute(3, &[16])];
    let parts = [
        attribute(1, &1u32.to_ne_bytes()),
        attribute(10 | 0x8000, &counters.concat()),
        attribute(11 | 0x8000, &flavors.concat()),
    ];
    let payload = [vec![0; 12], attribute(22, &parts.concat()), attribute(21, &7u16.to_ne_bytes())].concat();
    let route = Route::parse(&payload).unwrap();
    let Some(Encap::Seg6Local(local)) = route.encap.as_deref() else { panic!("{route:?}") };
    let counters = local.counters.as_ref().unwrap();
    assert_eq!((counters.packets, counters.bytes, counters.errors), (Some(7), Some(8), Some(9)));
    let flavors = local.flavors.as_ref().unwrap();
    assert_eq!(flavors.operation.unwrap().names().collect::<Vec<_>>(), ["psp", "next-csid"]);
    assert_eq!((flavors.lcblock_bits, flavors.lcnode_fn_bits), (Some(32), Some(16)));
}

// Payloads of a little-endian machine.
const VIA_BGP: &str = "02fdba00 00000000 0800010001000000 0800050003000000 080006000a000002";
const ONLINK: &str = "0afd0000 04000000 0800010002000000 0800050003000000 14000600fd000000000000000000000000000002";
const BLACKHOLE: &str = "02000000 00000000 0800010003000000 04000400";
const FDB: &str = "02fd0000 00000000 0800010014000000 04000b00 080006000a000009";
const ENCAP: &str = "02fd0000 00000000 0800010006000000 0800050003000000 080006000a000008 38000800
    0c0001000000000000000003 08000200c0000203 0800030000000000 0500050000000000 0500040000000000 0600060000000000
    0600070002000000";
const GROUP: &str = "00000000 00000000 080001000b000000 0600030000000000 14000200 0100000002000000 06000000c7000000
    0800100000000000 2c000f80 14000180 0800010001000000 0800020000000000 14000180 0800010006000000 0800020000000000
    08000e0000000080";
const RESILIENT: &str = "00000000 00000000 080001000c000000 0600030001000000 14000200 0100000002000000
    0600000000000000 28000c80 0600010020000000 0800020070170000 0800030030750000 0c0004000000000000000000
    0800100000000000 08000e0000000080";
const BUCKET: &str = "00000000 00000000 080001000c000000 20000d80 0600010001000000 0800030006000000
    0c0002000b00000000000000";
const BPF: &str = "0a400000fe000001000000000600150006000000340016001c00010008000100070000000d000200696e2e6f3a5b615d
    000000000c0003000600020078000000080004000e000000";
const SEG6_LOCAL_BPF: &str = "0a400000fe0000010000000006001500070000002800160008000100000000001c00080008000100090000
    000d000200656e64706f696e7400000000";

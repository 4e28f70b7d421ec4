//! Routes: what netlink-packet-route encodes is read as it was meant, each attribute and each encapsulation, and what the
//! kernel sends is read as netlink-packet-route reads it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use netlink_packet_core::{DefaultNla, Parseable};
use netlink_packet_route::AddressFamily;
use netlink_packet_route::route::{
    Ioam6Mode as WireIoam6Mode, Ioam6TraceHdr, MplsLabel as WireLabel, RouteAddress, RouteAttribute as A,
    RouteCacheInfo as WireCacheInfo, RouteErspanOpt, RouteGeneveOpt, RouteIoam6Tunnel, RouteIp6Tunnel,
    RouteIp6TunnelFlags, RouteIpTunnel, RouteIpTunnelFlags, RouteLwEnCapType as K, RouteLwTunnelEncap as E,
    RouteLwTunnelOpt, RouteMessage, RouteMetric as M, RouteMfcStats, RouteMplsIpTunnel, RouteMplsTtlPropagation,
    RouteNextHop as WireHop, RouteNextHopFlags, RoutePreference as WirePreference, RouteRealm, RouteRplIpTunnel,
    RouteSeg6IpTunnel, RouteSeg6LocalTunnel, RouteVia, RouteVxlanOpt, RouteXfrmTunnel, RplSrh, Seg6Header,
    Seg6LocalAction, Seg6LocalSrh, Seg6Mode as WireSeg6Mode,
};

use super::decode::{attribute, live, octets};
use crate::netlink::{
    Encap, EncapKind, Family, Ioam6Mode, Object, Prefix, Realms, Route, RouteFilter, RouteFlags, RouteKind,
    RouteNextHop, RoutePreference, RouteProtocol, Scope, Seg6Action, Seg6Mode, TunnelFlags, TunnelOptions, Via,
};

const V4: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 9);
const V6: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 9);

fn message(family: AddressFamily, length: u8, attributes: Vec<A>) -> RouteMessage {
    let mut message = RouteMessage::default();
    message.header.address_family = family;
    message.header.destination_prefix_length = length;
    message.header.kind = 1.into();
    message.header.protocol = 4.into();
    message.attributes = attributes;
    message
}

fn read(attributes: Vec<A>) -> Route {
    let route = Route::parse(&octets(&message(AddressFamily::Inet, 24, attributes))).unwrap();
    assert_eq!(route.notes, []);
    route
}

fn encap(kind: K, parts: Vec<E>) -> Encap {
    // The kind comes after in the kernel's messages.
    *read(vec![A::Encap(parts), A::EncapType(kind)]).encap.unwrap()
}

fn rich() -> RouteMessage {
    let mut cache = WireCacheInfo::parse(&[0; 32]).unwrap();
    (cache.clntref, cache.last_use, cache.expires, cache.error, cache.used) = (3, 250, 60_000, (-113i32) as u32, 7);
    let mut hop = WireHop::default();
    (hop.hops, hop.interface_index, hop.flags) = (255, 5, RouteNextHopFlags::Onlink | RouteNextHopFlags::Linkdown);
    hop.attributes = vec![A::Gateway(RouteAddress::Inet(V4)), A::Realm(realm(1, 2))];
    let mut other = WireHop::default();
    (other.interface_index, other.attributes) = (6, vec![A::Via(RouteVia::Inet6(V6))]);
    let mut rich = message(
        AddressFamily::Inet,
        24,
        vec![
            A::Table(70_000),
            A::Destination(RouteAddress::Inet(V4)),
            A::Source(RouteAddress::Inet(V4)),
            A::Gateway(RouteAddress::Inet(Ipv4Addr::new(192, 0, 2, 1))),
            A::PrefSource(RouteAddress::Inet(Ipv4Addr::new(192, 0, 2, 2))),
            A::Iif(3),
            A::Oif(4),
            A::Priority(100),
            A::Realm(realm(5, 6)),
            A::CacheInfo(cache),
            A::Mark(7),
            A::Uid(1000),
            A::IpProto(6),
            A::Sport(1000),
            A::Dport(443),
            A::Flowlabel(0x12345),
            A::NhId(12),
            A::Preference(WirePreference::Low),
            A::TtlPropagate(RouteMplsTtlPropagation::Enabled),
            A::Metrics(vec![M::Lock(1 << 2), M::Mtu(1400), M::Rtt(2400), M::CcAlgo("cubic".to_owned())]),
            A::MultiPath(vec![hop, other]),
        ],
    );
    rich.header.source_prefix_length = 25;
    rich.header.tos = 0x10;
    rich.header.scope = 253.into();
    rich
}

fn realm(source: u16, destination: u16) -> RouteRealm {
    RouteRealm { source, destination }
}

#[test]
fn a_route_is_what_netlink_packet_route_encoded() {
    let route = Route::parse(&octets(&rich())).unwrap();
    assert_eq!((route.family, route.kind, route.protocol), (Family::INET, RouteKind::UNICAST, RouteProtocol::STATIC));
    assert_eq!((route.dst, route.dst_len, route.src, route.src_len), (Some(V4.into()), 24, Some(V4.into()), 25));
    assert_eq!((route.table, route.tos, route.scope), (70_000, 0x10, Scope::LINK));
    assert_eq!(route.gateway, Some([192, 0, 2, 1].into()));
    assert_eq!(route.prefsrc, Some([192, 0, 2, 2].into()));
    assert_eq!((route.iif, route.oif, route.priority, route.nhid), (Some(3), Some(4), Some(100), Some(12)));
    assert_eq!(route.realms.map(|realms| (realms.from(), realms.to())), Some((5, 6)));
    assert_eq!((route.pref, route.ttl_propagate), (Some(RoutePreference::LOW), Some(true)));
    let cache = route.cacheinfo.unwrap();
    assert_eq!((cache.users, cache.age, cache.expires, cache.error, cache.used), (3, 250, 60_000, -113, 7));
    assert_eq!(cache.expires_in(), Some(Duration::from_secs(600)));
    let lookup = route.lookup.as_deref().unwrap();
    assert_eq!((lookup.mark, lookup.uid, lookup.ip_proto), (Some(7), Some(1000), Some(6)));
    assert_eq!((lookup.sport, lookup.dport, lookup.flowlabel), (Some(1000), Some(443), Some(0x12345)));
    let metrics = route.metrics.as_deref().unwrap();
    assert_eq!(
        (metrics.mtu, metrics.rtt, metrics.is_locked(2), metrics.is_locked(4)),
        (Some(1400), Some(2400), true, false)
    );
    assert_eq!(metrics.congctl.as_ref().unwrap(), "cubic");
    let [first, second] = &route.nexthops[..] else { panic!("{:?}", route.nexthops) };
    assert_eq!((first.oif, first.weight, first.gateway), (5, 256, Some(V4.into())));
    assert_eq!((first.flags, first.realms), (RouteFlags(0x14), Some(Realms(1 << 16 | 2))));
    assert_eq!((second.oif, second.weight, &second.via), (6, 1, &Some(Box::new(Via::Ip(V6.into())))));
    assert_eq!(route.notes, []);
}

#[test]
fn every_metric_is_at_its_number() {
    let metrics = |list: Vec<M>| *read(vec![A::Metrics(list)]).metrics.unwrap();
    type Make = fn(u32) -> M;
    let each: [(Make, u16); 16] = [
        (M::Lock, 1),
        (M::Mtu, 2),
        (M::Window, 3),
        (M::Rtt, 4),
        (M::RttVar, 5),
        (M::SsThresh, 6),
        (M::Cwnd, 7),
        (M::Advmss, 8),
        (M::Reordering, 9),
        (M::Hoplimit, 10),
        (M::InitCwnd, 11),
        (M::Features, 12),
        (M::RtoMin, 13),
        (M::InitRwnd, 14),
        (M::QuickAck, 15),
        (M::FastopenNoCookie, 17),
    ];
    for (make, number) in each {
        let found = metrics(vec![make(4242)]);
        assert_eq!(found.get(number), Some(4242), "metric {number}");
        assert_eq!((0..40).filter(|other| found.get(*other).is_some()).count(), 1);
    }
}

#[test]
fn mpls_routes_have_labels() {
    let label = |label, bottom_of_stack| WireLabel { label, traffic_class: 3, bottom_of_stack, ttl: 64 };
    let mut wire = message(
        AddressFamily::Mpls,
        20,
        vec![
            A::Destination(RouteAddress::Mpls(label(100, true))),
            A::NewDestination(vec![label(200, false), label(300, true)]),
            A::Via(RouteVia::Inet(V4)),
            A::TtlPropagate(RouteMplsTtlPropagation::Disabled),
        ],
    );
    let route = Route::parse(&octets(&wire)).unwrap();
    assert_eq!(route.label.map(|label| (label.label(), label.traffic_class(), label.ttl())), Some((100, 3, 64)));
    for (wanted, is_wanted) in [(100, true), (101, false), (100 << 12, false)] {
        let filter = RouteFilter { family: Some(Family::MPLS), label: Some(wanted), ..RouteFilter::default() };
        assert_eq!(route.matches(&filter), is_wanted, "{wanted}");
    }
    assert_eq!((route.dst, route.newdst.unwrap().to_string()), (None, "200/300".to_owned()));
    assert_eq!((route.via, route.ttl_propagate), (Some(Box::new(Via::Ip(V4.into()))), Some(false)));

    // A link-layer address as gateway is kept as octets.
    wire.attributes = vec![A::Via(RouteVia::Packet(vec![2, 0, 0, 0, 0, 1]))];
    let route = Route::parse(&octets(&wire)).unwrap();
    assert_eq!(route.via, Some(Box::new(Via::Other { family: Family::PACKET, octets: Box::new([2, 0, 0, 0, 0, 1]) })));

    let mpls = encap(
        K::Mpls,
        vec![
            E::Mpls(RouteMplsIpTunnel::Destination(vec![label(16, false), label(1_048_575, true)])),
            E::Mpls(RouteMplsIpTunnel::Ttl(9)),
        ],
    );
    let Encap::Mpls(mpls) = mpls else { panic!("{mpls:?}") };
    assert_eq!((mpls.dst.unwrap().to_string(), mpls.ttl), ("16/1048575".to_owned(), Some(9)));
}

#[test]
fn multicast_entries_have_counters() {
    let mut stats = RouteMfcStats::parse(&[0; 24]).unwrap();
    (stats.packets, stats.bytes, stats.wrong_if) = (1 << 40, 5, 6);
    let multicast = *read(vec![A::MfcStats(stats), A::MulticastExpires(1 << 33)]).multicast.unwrap();
    assert_eq!((multicast.packets, multicast.bytes, multicast.wrong_if), (1 << 40, 5, 6));
    assert_eq!(multicast.expires, Some(1 << 33));
}

#[test]
fn keys_of_ip_tunnels_with_all_options() {
    let options = |opts: RouteLwTunnelOpt| {
        let found = encap(
            K::Ip,
            vec![
                E::Ip(RouteIpTunnel::Id(0x0102_0304_0506_0708)),
                E::Ip(RouteIpTunnel::Destination(V4)),
                E::Ip(RouteIpTunnel::Source(Ipv4Addr::LOCALHOST)),
                E::Ip(RouteIpTunnel::Ttl(5)),
                E::Ip(RouteIpTunnel::Tos(8)),
                E::Ip(RouteIpTunnel::Flags(RouteIpTunnelFlags::Key | RouteIpTunnelFlags::Sequence)),
                E::Ip(RouteIpTunnel::Opts(vec![opts])),
            ],
        );
        let Encap::Ip(ip) = found else { panic!("{found:?}") };
        assert_eq!((ip.id, ip.dst, ip.src), (Some(0x0102_0304_0506_0708), Some(V4), Some(Ipv4Addr::LOCALHOST)));
        assert_eq!((ip.ttl, ip.tos, ip.flags), (Some(5), Some(8), Some(TunnelFlags(0xc))));
        ip.opts.unwrap()
    };
    let geneve = |class, typ, data: &[u8]| {
        let mut option = RouteGeneveOpt::default();
        (option.class, option.typ, option.data) = (class, typ, data.to_vec());
        option
    };
    let two = options(RouteLwTunnelOpt::Geneve(vec![geneve(0x102, 7, &[1, 2, 3, 4]), geneve(3, 0x80, &[])]));
    let TunnelOptions::Geneve(two) = two else { panic!("{two:?}") };
    let two: Vec<_> = two.iter().map(|option| (option.class, option.kind, &option.data[..])).collect();
    assert_eq!(two, [(0x102, 7, &[1, 2, 3, 4][..]), (3, 0x80, &[])]);
    let TunnelOptions::Vxlan(vxlan) = options(RouteLwTunnelOpt::Vxlan(vec![RouteVxlanOpt::Gbp(9)])) else { panic!() };
    assert_eq!(vxlan.gbp, Some(9));
    let erspan =
        vec![RouteErspanOpt::Ver(2), RouteErspanOpt::Dir(1), RouteErspanOpt::Hwid(3), RouteErspanOpt::Index(77)];
    let TunnelOptions::Erspan(erspan) = options(RouteLwTunnelOpt::Erspan(erspan)) else { panic!() };
    assert_eq!((erspan.ver, erspan.dir, erspan.hwid, erspan.index), (Some(2), Some(1), Some(3), Some(77)));

    let found = encap(
        K::Ip6,
        vec![
            E::Ip6(RouteIp6Tunnel::Id(9)),
            E::Ip6(RouteIp6Tunnel::Destination(V6)),
            E::Ip6(RouteIp6Tunnel::Source(Ipv6Addr::LOCALHOST)),
            E::Ip6(RouteIp6Tunnel::Hoplimit(5)),
            E::Ip6(RouteIp6Tunnel::Tc(8)),
            E::Ip6(RouteIp6Tunnel::Flags(RouteIp6TunnelFlags::Checksum)),
        ],
    );
    let Encap::Ip6(ip6) = found else { panic!("{found:?}") };
    assert_eq!((ip6.id, ip6.dst, ip6.src), (Some(9), Some(V6), Some(Ipv6Addr::LOCALHOST)));
    assert_eq!((ip6.hoplimit, ip6.tc, ip6.flags), (Some(5), Some(8), Some(TunnelFlags::CSUM)));
}

#[test]
fn segments_are_in_the_order_of_the_journey() {
    let segments = [V6, Ipv6Addr::LOCALHOST, Ipv6Addr::UNSPECIFIED];
    let mut header = Seg6Header::default();
    (header.mode, header.segments, header.hmac) = (WireSeg6Mode::Encap, segments.to_vec(), Some(0xdead_beef));
    let found = encap(K::Seg6, vec![E::Seg6(RouteSeg6IpTunnel::Seg6(header)), E::Seg6(RouteSeg6IpTunnel::Src(V6))]);
    let Encap::Seg6(seg6) = found else { panic!("{found:?}") };
    let srh = seg6.srh.unwrap();
    assert_eq!((seg6.mode, seg6.tunsrc, srh.hmac), (Some(Seg6Mode::ENCAP), Some(V6), Some(0xdead_beef)));
    assert_eq!(srh.segs, segments);

    let mut srh = Seg6LocalSrh::default();
    (srh.first_segment, srh.segments_left, srh.segments) = (1, 1, vec![V6, Ipv6Addr::LOCALHOST]);
    let local = vec![
        RouteSeg6LocalTunnel::Action(Seg6LocalAction::EndB6Encap),
        RouteSeg6LocalTunnel::Srh(srh),
        RouteSeg6LocalTunnel::Table(254),
        RouteSeg6LocalTunnel::Nh4(V4),
        RouteSeg6LocalTunnel::Nh6(V6),
        RouteSeg6LocalTunnel::Iif(3),
        RouteSeg6LocalTunnel::Oif(4),
        RouteSeg6LocalTunnel::VrfTable(100),
    ];
    let found = encap(K::Seg6Local, local.into_iter().map(E::Seg6Local).collect());
    let Encap::Seg6Local(local) = found else { panic!("{found:?}") };
    assert_eq!((local.action, local.table, local.vrftable), (Some(Seg6Action::END_B6_ENCAP), Some(254), Some(100)));
    assert_eq!((local.nh4, local.nh6, local.iif, local.oif), (Some(V4), Some(V6), Some(3), Some(4)));
    assert_eq!(local.srh.unwrap().segs, [Ipv6Addr::LOCALHOST, V6]);

    let mut header = RplSrh::default();
    (header.segments_left, header.segments) = (2, vec![V6, Ipv6Addr::LOCALHOST]);
    let found = encap(K::Rpl, vec![E::Rpl(RouteRplIpTunnel::Srh(header))]);
    let Encap::Rpl(rpl) = found else { panic!("{found:?}") };
    assert_eq!(rpl.segs, [Ipv6Addr::LOCALHOST, V6]);
}

#[test]
fn the_other_encapsulations() {
    let mut trace = Ioam6TraceHdr::default();
    (trace.namespace_id, trace.remlen, trace.trace_type) = (0x102, 3, 0x80_0001);
    let parts = vec![
        RouteIoam6Tunnel::Mode(WireIoam6Mode::Auto),
        RouteIoam6Tunnel::Dst(V6),
        RouteIoam6Tunnel::Trace(trace),
        RouteIoam6Tunnel::FreqK(1),
        RouteIoam6Tunnel::FreqN(3),
        RouteIoam6Tunnel::Src(Ipv6Addr::LOCALHOST),
    ];
    let found = encap(K::Ioam6, parts.into_iter().map(E::Ioam6).collect());
    let Encap::Ioam6(ioam6) = found else { panic!("{found:?}") };
    let trace = ioam6.trace.unwrap();
    assert_eq!((trace.namespace, trace.size, trace.kind), (0x102, 12, 0x80_0001));
    assert_eq!((ioam6.mode, ioam6.tundst, ioam6.tunsrc), (Some(Ioam6Mode::AUTO), Some(V6), Some(Ipv6Addr::LOCALHOST)));
    assert_eq!((ioam6.freqk, ioam6.freqn), (Some(1), Some(3)));

    let found = encap(K::Xfrm, vec![E::Xfrm(RouteXfrmTunnel::IfId(5)), E::Xfrm(RouteXfrmTunnel::Link(6))]);
    let Encap::Xfrm(xfrm) = found else { panic!("{found:?}") };
    assert_eq!((xfrm.if_id, xfrm.link), (Some(5), Some(6)));

    let found = encap(K::Other(99), vec![E::Other(DefaultNla::new(1, vec![1, 2, 3, 4]))]);
    let Encap::Other { kind, data } = found else { panic!("{found:?}") };
    assert_eq!((kind, &data[4..]), (EncapKind(99), &[1, 2, 3, 4][..]));
}

/// netlink-packet-route 0.34 takes the kind of a next hop's encapsulation from the route.
#[test]
fn each_of_several_next_hops_has_an_encapsulation_of_its_own() {
    let encap = attribute(22, &[attribute(1, &7u64.to_be_bytes()), attribute(2, &[192, 0, 2, 9])].concat());
    let attributes = [encap, attribute(21, &2u16.to_ne_bytes())].concat();
    let length = (8 + attributes.len()) as u16;
    let hop = [&length.to_ne_bytes()[..], &[0, 4], &9u32.to_ne_bytes(), &attributes].concat();
    let mut payload = vec![0; 12];
    payload.extend(attribute(9, &[&hop[..], &hop].concat()));
    let route = Route::parse(&payload).unwrap();
    assert_eq!((route.nexthops.len(), route.notes.len()), (2, 0));
    for hop in &route.nexthops {
        let Some(Encap::Ip(ip)) = hop.encap.as_deref() else { panic!("{hop:?}") };
        assert_eq!((hop.weight, hop.oif, ip.id, ip.dst), (5, 9, Some(7), Some(V4)));
    }
}

#[test]
fn a_next_hop_with_a_bad_length_ends_the_list_with_a_note() {
    for (length, hops) in [(0u16, 1), (1, 1), (7, 1), (8, 2), (9, 2), (12, 2), (13, 1), (u16::MAX, 1)] {
        let good = [8, 0, 0, 0, 1, 0, 0, 0];
        let bad = [&length.to_ne_bytes()[..], &[0, 0], &2u32.to_ne_bytes(), &[0; 4]].concat();
        let mut payload = vec![0; 12];
        payload.extend(attribute(9, &[&good[..], &bad].concat()));
        payload.extend(attribute(4, &7u32.to_ne_bytes()));
        let route = Route::parse(&payload).unwrap();
        assert_eq!((route.nexthops.len(), route.oif), (hops, Some(7)), "length {length}");
        assert!(route.notes.len() <= 1 && (hops == 2 || route.notes[0].within == "multipath"), "length {length}");
    }
}

#[test]
fn every_shorter_prefix_of_a_route_keeps_what_it_holds() {
    let encoded = octets(&rich());
    let whole = Route::parse(&encoded).unwrap();
    for length in 0..encoded.len() {
        let Ok(route) = Route::parse(&encoded[..length]) else {
            assert!(length < 12);
            continue;
        };
        assert_eq!((route.family, route.kind, route.tos), (whole.family, whole.kind, whole.tos));
        assert!(route.dst.is_none() || route.dst == whole.dst);
        assert!(route.metrics.is_none() || route.metrics == whole.metrics);
        assert!(route.nexthops.is_empty() || route.nexthops == whole.nexthops);
        assert!(route.notes.len() <= 1, "{:?}", route.notes);
        assert!(route.notes.iter().all(|note| note.available < note.needed));
    }
}

#[test]
fn every_shorter_prefix_of_an_encapsulation_is_read_without_a_fault() {
    let mut header = Seg6Header::default();
    (header.mode, header.segments, header.hmac) = (WireSeg6Mode::Encap, vec![V6; 3], Some(7));
    let seg6 =
        octets(&message(AddressFamily::Inet6, 64, vec![A::Encap(vec![E::Seg6(RouteSeg6IpTunnel::Seg6(header))])]));
    let inner = &seg6[16..];
    for kind in 0..12u16 {
        for length in 0..=inner.len() {
            let mut payload = vec![0; 12];
            payload.extend(attribute(21, &kind.to_ne_bytes()));
            payload.extend(attribute(22, &inner[..length]));
            let route = Route::parse(&payload).unwrap();
            assert_eq!(route.encap.unwrap().kind(), EncapKind(kind));
        }
    }
}

#[test]
fn a_plain_route_takes_300_octets() {
    assert!(size_of::<Route>() <= 300, "{}", size_of::<Route>());
    assert!(size_of::<RouteNextHop>() <= 104, "{}", size_of::<RouteNextHop>());
    let route = Route::parse(&octets(&message(
        AddressFamily::Inet,
        24,
        vec![
            A::Table(254),
            A::Destination(RouteAddress::Inet(V4)),
            A::Gateway(RouteAddress::Inet(V4)),
            A::Oif(4),
            A::Priority(1),
        ],
    )))
    .unwrap();
    let (metrics, lookup, encap) = (route.metrics, route.lookup, route.encap);
    assert!(metrics.is_none() && lookup.is_none() && encap.is_none() && route.multicast.is_none());
    assert_eq!((route.nexthops.capacity(), route.notes.capacity()), (0, 0));
}

#[test]
fn prefixes_are_read_and_compared() {
    let prefix = |text: &str| text.parse::<Prefix>().unwrap();
    assert_eq!((prefix("10/8"), prefix("10.0.0.0/8").length), (prefix("10.0.0.0/8"), 8));
    assert_eq!((prefix("::1").length, prefix("192.0.2.1").length), (128, 32));
    for bad in ["", "10", "10/33", "::/129", "1.2.3.4.5/8", "1..2/8", "256/8", "a/8", "10/-1", "10/"] {
        assert!(bad.parse::<Prefix>().is_err(), "{bad}");
    }
    assert!(prefix("0.0.0.0/0").contains(V4.into()) && prefix("::/0").contains(V6.into()));
    assert!(!prefix("0.0.0.0/0").contains(V6.into()));
    assert!(prefix("192.0.2.8/31").contains(V4.into()) && !prefix("192.0.2.10/31").contains(V4.into()));
    assert!(prefix("10/8").covers(prefix("10.1.0.0/16")) && !prefix("10.1.0.0/16").covers(prefix("10/8")));
    assert_eq!(prefix("10.1.2.3/16").to_string(), "10.1.2.3/16");
    // One bit at a time, against a slow twin.
    for length in 0..=128u8 {
        let differing = IpAddr::from((V6.to_bits() ^ (1 << 64)).to_be_bytes());
        assert_eq!(Prefix::new(V6.into(), length).contains(differing), length <= 63, "{length}");
    }
}

#[test]
fn entries_of_the_cache_are_left_out_unless_wanted() {
    let mut wire = message(AddressFamily::Inet, 32, vec![]);
    let mut filter = RouteFilter::default();
    assert!(Route::parse(&octets(&wire)).unwrap().matches(&filter));
    wire.header.flags = netlink_packet_route::route::RouteFlags::Cloned;
    let cached = Route::parse(&octets(&wire)).unwrap();
    assert!(!cached.matches(&filter));
    filter.cloned = true;
    assert!(cached.matches(&filter));
}

/// Every route of this host, read by both decoders.
#[test]
fn this_hosts_routes_are_what_netlink_packet_route_reads() {
    let mut compared = 0;
    live::<Route>(|payload| {
        let (own, theirs) = (Route::parse(payload).unwrap(), RouteMessage::parse(payload).unwrap());
        let header = &theirs.header;
        assert_eq!((own.dst_len, own.src_len), (header.destination_prefix_length, header.source_prefix_length));
        assert_eq!((own.tos, own.kind.0, own.flags.0), (header.tos, header.kind.into(), header.flags.bits()));
        for attribute in &theirs.attributes {
            compared += 1;
            match attribute {
                A::Table(table) => assert_eq!(own.table, *table),
                A::Oif(oif) => assert_eq!(own.oif, Some(*oif)),
                A::Priority(priority) => assert_eq!(own.priority, Some(*priority)),
                A::Destination(RouteAddress::Inet(address)) => assert_eq!(own.dst, Some((*address).into())),
                A::Destination(RouteAddress::Inet6(address)) => assert_eq!(own.dst, Some((*address).into())),
                A::Gateway(RouteAddress::Inet(address)) => assert_eq!(own.gateway, Some((*address).into())),
                A::Gateway(RouteAddress::Inet6(address)) => assert_eq!(own.gateway, Some((*address).into())),
                A::PrefSource(RouteAddress::Inet(address)) => assert_eq!(own.prefsrc, Some((*address).into())),
                A::Preference(pref) => assert_eq!(own.pref, Some(RoutePreference((*pref).into()))),
                _ => compared -= 1,
            }
        }
    });
    assert!(compared >= 6, "only {compared} attributes were compared");
}

proptest::proptest! {
    /// Any octets, also those of a whole route with a few overwritten, make a route and few notes.
    #[test]
    fn any_octets_are_read_without_a_fault(
        noise in proptest::collection::vec(0u8.., 0..300),
        wounds in proptest::collection::vec((0usize..1000, 0u8..), 0..8),
    ) {
        let mut wounded = octets(&rich());
        for (place, value) in wounds {
            let place = place % wounded.len();
            wounded[place] = value;
        }
        for payload in [&noise, &wounded] {
            let notes = Route::parse(payload).map_or(0, |route| route.notes.len());
            let more = crate::netlink::NextHop::parse(payload).map_or(0, |hop| hop.notes.len());
            proptest::prop_assert!(notes <= 16 && more <= 16);
        }
    }
}

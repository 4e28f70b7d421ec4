//! What this kernel does not make, in the words that iproute2's sources have for it.

use netlink_packet_route::AddressFamily;
use netlink_packet_route::route::{
    Ioam6Mode, Ioam6TraceHdr, MplsLabel, RouteAddress, RouteAttribute as A, RouteErspanOpt, RouteFlags as WireFlags,
    RouteGeneveOpt, RouteIoam6Tunnel, RouteIpTunnel, RouteLwEnCapType as K, RouteLwTunnelEncap as E, RouteLwTunnelOpt,
    RouteMessage, RouteMplsIpTunnel, RouteMplsTtlPropagation, RouteNextHop as WireHop, RouteRplIpTunnel,
    RouteSeg6IpTunnel, RouteVia, RouteVxlanOpt, RouteXfrmTunnel, RplSrh, Seg6Header,
};
use serde_json::{Value, json};

use super::decode::{attribute, octets};
use crate::netlink::iproute2::{Names, RouteOptions, write_next_hops, write_routes};
use crate::netlink::{LinkNames, NextHop, Object, Route};

fn shown(route: &Route, json: bool, statistics: bool) -> String {
    let mut options = RouteOptions::default();
    (options.json, options.statistics) = (json, statistics);
    let mut out = Vec::new();
    write_routes(&mut out, [route], &[], &Names::default(), &LinkNames::default(), &options).unwrap();
    String::from_utf8(out).unwrap()
}

fn tree(route: &Route) -> Value {
    let text = shown(route, true, true);
    serde_json::from_str::<Value>(&text).unwrap_or_else(|error| panic!("{error}: {text}"))[0].take()
}

fn message(family: AddressFamily, attributes: Vec<A>) -> RouteMessage {
    let mut message = RouteMessage::default();
    message.header.address_family = family;
    message.header.table = 254;
    message.header.kind = 1.into();
    message.header.protocol = 3.into();
    message.attributes = attributes;
    message
}

fn encap(kind: K, parts: Vec<E>) -> Route {
    Route::parse(&octets(&message(AddressFamily::Inet6, vec![A::EncapType(kind), A::Encap(parts)]))).unwrap()
}

#[test]
fn mpls() {
    let label = |label, bottom_of_stack| MplsLabel { label, traffic_class: 0, bottom_of_stack, ttl: 0 };
    let mut hop = WireHop::default();
    (hop.interface_index, hop.attributes) = (7, vec![A::NewDestination(vec![label(9, true)])]);
    let mut wire = message(
        AddressFamily::Mpls,
        vec![
            A::Destination(RouteAddress::Mpls(label(100, true))),
            A::NewDestination(vec![label(200, false), label(300, true)]),
            A::Via(RouteVia::Packet(vec![2, 0, 0, 0, 0, 1])),
            A::TtlPropagate(RouteMplsTtlPropagation::Enabled),
            A::MultiPath(vec![hop]),
        ],
    );
    wire.header.destination_prefix_length = 20;
    let route = Route::parse(&octets(&wire)).unwrap();
    let line = "100 as to 200/300 via link 02:00:00:00:00:01 ttl-propogate enabled\n\tnexthop as to 9 dev if7 \n";
    assert_eq!(shown(&route, false, false), line);
    let expected = json!({
        "dst": "100", "to": "200/300", "via": {"family": "link", "host": "02:00:00:00:00:01"}, "flags": [],
        "ttl-propogate": true, "nexthops": [{"to": "9", "dev": "if7", "flags": []}]
    });
    assert_eq!(tree(&route), expected);
    let parts = vec![
        E::Mpls(RouteMplsIpTunnel::Destination(vec![label(16, false), label(17, true)])),
        E::Mpls(RouteMplsIpTunnel::Ttl(5)),
    ];
    assert_eq!(shown(&encap(K::Mpls, parts), false, false), "default  encap mpls  16/17 ttl 5 \n");
}

#[test]
fn options_of_tunnels() {
    let with = |opts| encap(K::Ip, vec![E::Ip(RouteIpTunnel::Id(1)), E::Ip(RouteIpTunnel::Opts(vec![opts]))]);
    let geneve = |class, data: &[u8]| {
        let mut option = RouteGeneveOpt::default();
        (option.class, option.typ, option.data) = (class, 128, data.to_vec());
        option
    };
    let route = with(RouteLwTunnelOpt::Geneve(vec![geneve(258, &[0xab, 0xcd]), geneve(3, &[1])]));
    assert_eq!(shown(&route, false, false), "default  encap ip id 1 \n\tgeneve_opts 258:128:abcd,3:128:01 \n");
    let options = json!([{"class": 258, "type": 128, "data": "abcd"}, {"class": 3, "type": 128, "data": "01"}]);
    assert_eq!(tree(&route)["geneve_opts"], options);
    let route = with(RouteLwTunnelOpt::Vxlan(vec![RouteVxlanOpt::Gbp(9)]));
    assert_eq!(shown(&route, false, false), "default  encap ip id 1 \n\tvxlan_opts 9 \n");
    assert_eq!(tree(&route)["vxlan_opts"], json!([{"gbp": 9}]));
    let route = with(RouteLwTunnelOpt::Erspan(vec![RouteErspanOpt::Ver(1), RouteErspanOpt::Index(7)]));
    assert_eq!(shown(&route, false, false), "default  encap ip id 1 \n\terspan_opts 1:7:0:0 \n");
    let route =
        with(RouteLwTunnelOpt::Erspan(vec![RouteErspanOpt::Ver(2), RouteErspanOpt::Dir(1), RouteErspanOpt::Hwid(3)]));
    assert_eq!(tree(&route)["erspan_opts"], json!([{"ver": 2, "index": 0, "dir": 1, "hwid": 3}]));
}

#[test]
fn headers_of_ipv6() {
    let segments = vec!["fd00::1".parse().unwrap(), "::".parse().unwrap()];
    let mut header = Seg6Header::default();
    (header.segments, header.hmac) = (segments.clone(), Some(0xab));
    let seg6 =
        encap(K::Seg6, vec![E::Seg6(RouteSeg6IpTunnel::Seg6(header)), E::Seg6(RouteSeg6IpTunnel::Src(segments[0]))]);
    let line = "default  encap seg6 mode inline tunsrc fd00::1 segs 2 [ fd00::1 :: ] hmac AB \n";
    assert_eq!(shown(&seg6, false, false), line);
    assert_eq!((&tree(&seg6)["segs"], &tree(&seg6)["hmac"]), (&json!(["fd00::1", "::"]), &json!("0xab")));

    let mut header = RplSrh::default();
    (header.segments_left, header.segments) = (2, segments.clone());
    let rpl = encap(K::Rpl, vec![E::Rpl(RouteRplIpTunnel::Srh(header))]);
    assert_eq!(shown(&rpl, false, false), "default  encap rpl segs 2 [ :: fd00::1 ] \n");

    let mut trace = Ioam6TraceHdr::default();
    (trace.namespace_id, trace.remlen, trace.trace_type) = (1, 3, 0x80_0000);
    let parts = |mode, more: Option<RouteIoam6Tunnel>| {
        let parts = [
            RouteIoam6Tunnel::Mode(mode),
            RouteIoam6Tunnel::Trace(trace.clone()),
            RouteIoam6Tunnel::FreqK(1),
            RouteIoam6Tunnel::FreqN(3),
        ];
        encap(K::Ioam6, parts.into_iter().chain(more).map(E::Ioam6).collect())
    };
    let inline = parts(Ioam6Mode::Inline, None);
    let line = "default  encap ioam6 freq 1/3 mode inline trace prealloc type 0x800000 ns 1 size 12 \n";
    assert_eq!(shown(&inline, false, false), line);
    let expected = json!({
        "dst": "default", "encap": "ioam6", "freqk": 1, "freqn": 3, "mode": "inline", "trace": null, "prealloc": null,
        "encap_type": "800000", "ns": 1, "size": 12, "flags": []
    });
    assert_eq!(tree(&inline), expected);
    let outer = parts(Ioam6Mode::Encap, Some(RouteIoam6Tunnel::Dst(segments[0])));
    assert!(shown(&outer, false, false).contains("mode encap tundst fd00::1 trace"));
    assert_eq!(shown(&parts(Ioam6Mode::Encap, None), false, false), "default  encap ioam6 freq 1/3 \n");

    let xfrm = encap(K::Xfrm, vec![E::Xfrm(RouteXfrmTunnel::IfId(5)), E::Xfrm(RouteXfrmTunnel::Link(6))]);
    assert_eq!(shown(&xfrm, false, false), "default  encap xfrm if_id 5 link_dev if6 \n");
    assert_eq!(shown(&encap(K::Other(77), vec![]), false, false), "default  encap unknown \n");
}

#[test]
fn locators_programs_and_segments_of_this_host() {
    let with = |kind: u16, parts: &[Vec<u8>]| {
        let head = [&[10, 0, 0, 0, 254, 3, 0, 1][..], &[0; 4]].concat();
        let route = [head, attribute(21, &kind.to_ne_bytes()), attribute(22, &parts.concat())].concat();
        Route::parse(&route).unwrap()
    };
    let locator = [0, 8, 0, 1, 0, 0x0a, 0xff, 0xff];
    let ila = with(3, &[attribute(1, &locator), attribute(7, &[2]), attribute(8, &[1]), attribute(9, &[1])]);
    let line = "default  encap ila  8:1:a:ffff  csum-mode no-action  ident-type luid  hook-type input \n";
    assert_eq!(shown(&ila, false, false), line);
    let program = |name: &[u8]| attribute(2, name);
    let bpf = with(6, &[attribute(1, &program(b"in.o\0")), attribute(3, &[]), attribute(4, &14u32.to_ne_bytes())]);
    assert_eq!(shown(&bpf, false, false), "default  encap bpf in in.o xmit  14 \n");
    assert_eq!((&tree(&bpf)["in"], &tree(&bpf)["xmit"]), (&json!("in.o"), &json!("<unknown>")));

    let counters = [attribute(2, &7u64.to_ne_bytes()), attribute(3, &8u64.to_ne_bytes())].concat();
    let flavors = [attribute(1, &0x12u32.to_ne_bytes()), attribute(2, &[32]), attribute(3, &[16])].concat();
    let local = with(7, &[attribute(1, &1u32.to_ne_bytes()), attribute(10, &counters), attribute(11, &flavors)]);
    let line =
        "default  encap seg6local action End packets 7 bytes 8 errors 0 flavors psp,next-csid lblen 32 nflen 16 \n";
    assert_eq!(shown(&local, false, true), line);
    assert_eq!(tree(&local)["flavors"], json!(["psp", "next-csid"]));
    assert!(!shown(&local, false, false).contains("packets"));
}

#[test]
fn entries_of_the_cache_and_of_multicast_forwarding() {
    let mut wire = message(AddressFamily::Inet, vec![]);
    wire.header.flags = WireFlags::from_bits_retain(0x200 | 0x2000_0000 | 0x0200_0000 | 0x8000_0000);
    let route = Route::parse(&octets(&wire)).unwrap();
    assert_eq!(shown(&route, false, false), "default \n    cache <local,mc,2000000>\n");
    assert_eq!(tree(&route)["cache"], json!(["local", "mc", "2000000"]));
    wire.header.flags = WireFlags::Cloned;
    let route = Route::parse(&octets(&wire)).unwrap();
    assert_eq!(shown(&route, false, false), "default \n    cache \n");

    let hop = |index, hops| {
        let mut hop = WireHop::default();
        (hop.interface_index, hop.hops) = (index, hops);
        hop
    };
    wire.header.kind = 5.into();
    wire.attributes = vec![A::Iif(3), A::MultiPath(vec![hop(4, 1), hop(5, 9)])];
    let route = Route::parse(&octets(&wire)).unwrap();
    assert_eq!(shown(&route, false, false), "multicast default \n    cache iif if3 Oifs: if4  if5(ttl>9) \n");
}

#[test]
fn names_that_are_not_utf8() {
    let route = Route::parse(&octets(&message(AddressFamily::Inet, vec![A::Oif(7)]))).unwrap();
    let links: LinkNames = [(7, b"caf\xe9\x1b"[..].into())].into_iter().collect();
    let write = |json| {
        let options = RouteOptions { json, ..RouteOptions::default() };
        let mut out = Vec::new();
        write_routes(&mut out, [&route], &[], &Names::default(), &links, &options).unwrap();
        String::from_utf8(out).unwrap()
    };
    assert_eq!(write(false), "default dev caf\\xe9\\x1b \n");
    let tree: Value = serde_json::from_str(&write(true)).unwrap();
    let expected = json!([{"dst": "default", "dev": "caf\u{fffd}\u{1b}", "dev_hex": "636166e91b", "flags": []}]);
    assert_eq!(tree, expected);
}

#[test]
fn counters_of_groups() {
    let members = [1u32, 6].map(|id| [&id.to_ne_bytes()[..], &[0; 4]].concat()).concat();
    let entry = attribute(1, &[attribute(1, &1u32.to_ne_bytes()), attribute(2, &5u32.to_ne_bytes())].concat());
    let hop =
        [&[0; 8][..], &attribute(1, &9u32.to_ne_bytes()), &attribute(2, &members), &attribute(15, &entry)].concat();
    let hop = NextHop::parse(&hop).unwrap();
    let mut out = Vec::new();
    write_next_hops(&mut out, [&hop], &Names::default(), &LinkNames::default(), &RouteOptions::default()).unwrap();
    let text = String::from_utf8(out).unwrap();
    assert_eq!(text, "id 9 group 1/6 \n  stats:\n    id 1 packets 5\n    id 6 packets 0\n");
}

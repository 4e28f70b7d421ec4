//! Routes, lookups and next hops against the installed `ip`: equal JSON trees and equal lines of text, for hundreds of
//! routes of every kind that the kernel accepts, in a namespace made here.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::print_stderr)]
#![allow(missing_docs, unreachable_pub)]

mod support;

use std::net::IpAddr;
use std::thread;
use std::time::Duration;

use netshoot_core::namespace::Namespace;
use netshoot_core::netlink::iproute2::{self, Names, RouteOptions};
use netshoot_core::netlink::{
    Consistency, Encap, Family, LinkNames, Netlink, NextHop, NextHopBucket, NextHopBucketFilter, NextHopFilter,
    NextHopGroupType, Object, Prefix, Route, RouteFilter, RouteKind, RouteProtocol, RouteQuery, RouteVerdict, Scope,
    TABLE_LOCAL, TABLE_MAIN,
};
use serde_json::Value;
use support::kernel::{Zoo, as_nobody, differences, has_ip, is_root, remove, repair};

#[test]
fn this_hosts_routes_are_those_of_ip() {
    if !has_ip("this_hosts_routes_are_those_of_ip") {
        return;
    }
    let host = Place { netlink: Netlink::open(&Namespace::current().unwrap()).unwrap(), zoo: None };
    for details in [false, true] {
        host.compare_routes(&RouteFilter::default(), details, &["table", "all"]);
    }
}

#[test]
fn as_nobody_routes_need_no_rights() {
    if is_root() && has_ip("as_nobody_routes_need_no_rights") {
        as_nobody("this_hosts_routes_are_those_of_ip", &[]);
    }
}

#[test]
fn a_zoo_of_routes_is_that_of_ip() {
    let Some(zoo) = full_zoo("a_zoo_of_routes_is_that_of_ip") else { return };
    let place = Place::of(&zoo);
    let routes = place.netlink.routes().unwrap();
    assert_eq!(routes.consistency, Consistency::BestEffort);
    assert!(routes.items.len() >= 600, "only {} routes", routes.items.len());
    assert!(routes.iter().all(|route| route.notes.is_empty()), "no attribute is unreadable");
    let four = || RouteFilter::table(TABLE_MAIN).of(Family::INET);
    let six = || RouteFilter::table(TABLE_MAIN).of(Family::INET6);
    let all = RouteFilter::default;
    for details in [false, true] {
        place.compare_routes(&all(), details, &["table", "all"]);
        place.compare_routes(&four(), details, &[]);
        place.compare_routes(&six(), details, &["-6"]);
        place.compare_routes(&all().of(Family::INET), details, &["-4", "table", "all"]);
        place.compare_routes(&all().of(Family::INET6), details, &["-6", "table", "all"]);
        place.compare_routes(&RouteFilter::table(TABLE_LOCAL).of(Family::INET), details, &["table", "local"]);
        place.compare_routes(&RouteFilter::table(1000).of(Family::INET), details, &["table", "1000"]);
        place.compare_routes(&RouteFilter::table(70000).of(Family::INET6), details, &["-6", "table", "70000"]);
    }
    place.compare_routes(&with(four(), |f| f.protocol = Some(RouteProtocol::BGP)), false, &["proto", "bgp"]);
    place.compare_routes(
        &with(all(), |f| f.protocol = Some(RouteProtocol(99))),
        false,
        &["table", "all", "proto", "99"],
    );
    // A route by a blackhole as next hop object is one, too.
    for kind in [
        RouteKind::UNREACHABLE,
        RouteKind::LOCAL,
        RouteKind::THROW,
        RouteKind::MULTICAST,
        RouteKind::BLACKHOLE,
        RouteKind::UNICAST,
    ] {
        let filter = with(all(), |f| f.kind = Some(kind));
        place.compare_routes(&filter, true, &["table", "all", "type", &kind.to_string()]);
    }
    place.compare_routes(&with(four(), |f| f.scope = Some(Scope::LINK)), false, &["scope", "link"]);
    place.compare_routes(&with(four(), |f| f.tos = Some(0x10)), false, &["tos", "0x10"]);
    place.compare_routes(&with(four(), |f| f.priority = Some(77)), false, &["metric", "77"]);
    place.compare_routes(&with(all(), |f| f.priority = Some(1024)), false, &["table", "all", "metric", "1024"]);
    place.compare_routes(&with(four(), |f| f.realms = Some((5 << 16 | 6, !0))), false, &["realms", "5/6"]);
    place.compare_routes(&with(four(), |f| f.realms = Some((6, 0xffff))), false, &["realms", "6"]);
    let prefix = |text: &str| text.parse::<Prefix>().unwrap();
    for text in ["10.20.0.0/16", "10/8", "0.0.0.0/0", "10.30.7.0/24", "10.0.0.1"] {
        place.compare_routes(&with(four(), |f| f.root = Some(prefix(text))), false, &["root", text]);
        place.compare_routes(&with(four(), |f| f.matching = Some(prefix(text))), false, &["match", text]);
        place.compare_routes(&four().exact(prefix(text)), false, &["exact", text]);
        place.compare_routes(&four().exact(prefix(text)), false, &[text]);
    }
    for text in ["fd20::/16", "fd20:5::/32", "::/0"] {
        place.compare_routes(&with(six(), |f| f.root = Some(prefix(text))), false, &["-6", "root", text]);
        place.compare_routes(&with(six(), |f| f.matching = Some(prefix(text))), false, &["-6", "match", text]);
    }
    place.compare_routes(&with(four(), |f| f.longest = Some(0)), false, &["default"]);
    place.compare_routes(&with(four(), |f| f.prefsrc = Some(prefix("10.0.0.1"))), false, &["src", "10.0.0.1"]);
    place.compare_routes(&with(four(), |f| f.prefsrc = Some(prefix("10.0.0.0/8"))), false, &["src", "10.0.0.0/8"]);
    place.compare_routes(&with(six(), |f| f.via = Some(prefix("fd00::20"))), false, &["-6", "via", "fd00::20"]);
    place.compare_routes(
        &with(six(), |f| f.from_root = Some(prefix("fd77::/16"))),
        false,
        &["-6", "from", "root", "fd77::/16"],
    );
    place.compare_routes(&with(all(), |f| f.cloned = true), false, &["table", "cache"]);
}

/// `ip` leaves out routes with several next hops.
#[test]
fn routes_by_link_and_by_router_include_those_with_several_next_hops() {
    let Some(zoo) = full_zoo("routes_by_link_and_by_router_include_those_with_several_next_hops") else { return };
    let place = Place::of(&zoo);
    let v0 = place.index("v0");
    let filter = with(RouteFilter::table(TABLE_MAIN).of(Family::INET), |f| f.oif = Some(v0));
    let routes = place.netlink.list::<Route>(&filter).unwrap().items;
    let (several, one): (Vec<_>, Vec<_>) = routes.into_iter().partition(|route| route.oif.is_none());
    assert!(several.len() >= 5 && several.iter().all(|route| route.nexthops.iter().any(|hop| hop.oif == v0)));
    let options = place.options(&filter, true, false);
    let own: Value = serde_json::from_slice(&place.write(&one, &[], &options)).unwrap();
    let theirs = zoo.ask_json("ip", &["route", "show", "dev", "v0"]);
    assert_same(&unexpiring(plain(own)), &unexpiring(theirs), "dev v0");
    let filter = with(RouteFilter::default(), |f| f.via = Some("10.0.0.7".parse().unwrap()));
    assert!(place.netlink.list::<Route>(&filter).unwrap().iter().any(|route| route.nexthops.len() == 3));
}

#[test]
fn what_the_zoo_holds_is_there_as_values() {
    let Some(zoo) = full_zoo("what_the_zoo_holds_is_there_as_values") else { return };
    let place = Place::of(&zoo);
    let routes = place.netlink.routes().unwrap().items;
    let find = |text: &str| {
        let prefix: Prefix = text.parse().unwrap();
        let is_it = |route: &&Route| route.dst == Some(prefix.address) && route.dst_len == prefix.length;
        routes.iter().find(is_it).unwrap_or_else(|| panic!("no {text}"))
    };
    let metrics = find("10.40.0.0/24").metrics.as_deref().unwrap();
    assert_eq!((metrics.mtu, metrics.is_locked(2), metrics.rtt), (Some(1400), true, Some(2400)));
    assert_eq!(metrics.congctl.as_ref().unwrap(), "cubic");
    let several = find("10.41.0.0/24");
    let weights: Vec<_> = several.nexthops.iter().map(|hop| hop.weight).collect();
    assert_eq!((weights, several.gateway, several.oif), (vec![1, 5, 256], None, None));
    assert_eq!(find("10.42.1.0/24").via.as_ref().unwrap().ip(), Some("fd00::5".parse::<IpAddr>().unwrap()));
    let Some(Encap::Ip(ip)) = find("10.43.0.0/24").encap.as_deref() else { panic!("no encapsulation") };
    assert_eq!((ip.id, ip.ttl, ip.dst), (Some(42), Some(5), Some([192, 0, 2, 1].into())));
    let Some(Encap::Seg6(seg6)) = find("fd43:1::/32").encap.as_deref() else { panic!("no encapsulation") };
    let segments: Vec<_> = seg6.srh.as_ref().unwrap().segs.iter().map(ToString::to_string).collect();
    assert_eq!(segments, ["fd00::2", "fd00::3"]);
    assert_eq!(find("10.44.0.0/24").nhid, Some(12));

    let mut keys: Vec<_> = routes.iter().map(Route::key).collect();
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), routes.len(), "keys tell all routes apart");
    // A table without routes, and one that was never used.
    for table in [1001, 4_000_000_000] {
        assert!(place.netlink.list::<Route>(&RouteFilter::table(table)).unwrap().items.is_empty());
    }
}

#[test]
fn lookups_are_those_of_ip() {
    let Some(zoo) = full_zoo("lookups_are_those_of_ip") else { return };
    let place = Place::of(&zoo);
    let query = |destination: &str| RouteQuery::new(destination.parse().unwrap());
    for destination in [
        "10.0.0.7",
        "10.0.0.1",
        "10.0.0.255",
        "127.0.0.1",
        "10.20.3.4",
        "10.40.0.1",
        "8.8.8.8",
        "239.1.2.3",
        "10.42.1.1",
    ] {
        place.compare_lookup(&query(destination), &[destination]);
        place.compare_lookup(&fib(query(destination)), &["fibmatch", destination]);
    }
    for destination in ["fd00::7", "fd00::1", "::1", "fd20:5::1", "fd43:1::1", "fe80::1", "ff02::1", "2001:db8::1"] {
        place.compare_lookup(&query(destination), &[destination]);
        place.compare_lookup(&fib(query(destination)), &["fibmatch", destination]);
    }
    let more = |change: &dyn Fn(&mut RouteQuery)| {
        let mut query = query("10.20.3.4");
        change(&mut query);
        query
    };
    let (v0, source) = (place.index("v0"), "10.0.0.1".parse().unwrap());
    place.compare_lookup(&more(&|q| q.source = Some(source)), &["10.20.3.4", "from", "10.0.0.1"]);
    place.compare_lookup(&more(&|q| q.oif = Some(v0)), &["10.20.3.4", "oif", "v0"]);
    place.compare_lookup(&more(&|q| q.mark = Some(7)), &["10.20.3.4", "mark", "7"]);
    place.compare_lookup(&more(&|q| q.mark = Some(70)), &["10.20.3.4", "mark", "70"]);
    place.compare_lookup(&more(&|q| q.uid = Some(1000)), &["10.20.3.4", "uid", "1000"]);
    place.compare_lookup(&more(&|q| q.tos = 0x10), &["10.20.3.4", "tos", "0x10"]);
    let ports = more(&|q| (q.ip_proto, q.sport, q.dport) = (Some(6), Some(1000), Some(443)));
    place.compare_lookup(&ports, &["10.20.3.4", "ipproto", "tcp", "sport", "1000", "dport", "443"]);
    let forwarded = more(&|q| (q.iif, q.source) = (Some(v0), Some("10.0.0.9".parse().unwrap())));
    place.compare_lookup(&forwarded, &["10.20.3.4", "from", "10.0.0.9", "iif", "v0"]);

    let answer = place.netlink.route_get(&more(&|q| q.mark = Some(7))).unwrap();
    assert_eq!((answer.verdict, answer.table, answer.mtu), (RouteVerdict::Unicast, Some(1000), Some(1500)));
    assert_eq!(answer.gateway, Some("10.0.0.99".parse().unwrap()));
    assert_eq!(place.netlink.route_get(&query("10.40.0.1")).unwrap().mtu, Some(1400));
    let verdict = |destination: &str| place.netlink.route_get(&query(destination)).unwrap().verdict;
    assert_eq!((verdict("10.0.0.1"), verdict("fd00::1")), (RouteVerdict::Local, RouteVerdict::Local));
    assert_eq!((verdict("10.0.0.255"), verdict("239.1.2.3")), (RouteVerdict::Broadcast, RouteVerdict::Multicast));
    for (kind, four, six) in [
        (RouteVerdict::Unreachable, "10.50.1.1", "fd50:1::1"),
        (RouteVerdict::Prohibited, "10.50.2.1", "fd50:2::1"),
        (RouteVerdict::Blackhole, "10.50.3.1", "fd50:3::1"),
        (RouteVerdict::NoRoute, "11.0.0.1", "3fff::1"),
    ] {
        assert_eq!((verdict(four), verdict(six)), (kind, kind));
    }
    // A link that is not there is no finding.
    assert!(place.netlink.route_get(&more(&|q| q.oif = Some(999_999))).is_err());
}

#[test]
fn a_learned_path_mtu_is_an_entry_of_the_cache() {
    let Some(zoo) = full_zoo("a_learned_path_mtu_is_an_entry_of_the_cache") else { return };
    let place = Place::of(&zoo);
    let query = RouteQuery::new([10, 20, 9, 9].into());
    assert_eq!(place.netlink.route_get(&query).unwrap().mtu, Some(1500));
    // Those of IPv6 come when addresses have been looked for.
    let keys = || {
        let routes = place.netlink.list::<Route>(&RouteFilter::default().of(Family::INET)).unwrap().items;
        routes.iter().map(Route::key).collect::<Vec<_>>()
    };
    let before = keys();
    Namespace::named(&zoo.name).unwrap().run(|| too_big([10, 20, 9, 9], 1300)).unwrap();
    assert_eq!(place.netlink.route_get(&query).unwrap().mtu, Some(1300));
    place.compare_lookup(&query, &["10.20.9.9"]);

    let cached = with(RouteFilter::default(), |f| f.cloned = true);
    place.compare_routes(&cached, false, &["table", "cache"]);
    let cached = place.netlink.list::<Route>(&cached).unwrap().items;
    let [entry] = &cached[..] else { panic!("{cached:?}") };
    assert_eq!((entry.dst, entry.dst_len), (Some([10, 20, 9, 9].into()), 32));
    let expires = entry.cacheinfo.unwrap().expires_in().unwrap();
    assert!((590..=600).contains(&expires.as_secs()), "{expires:?}");
    assert_eq!(keys(), before, "the cache is left out");
}

/// Tells this host that a ping of its own to `destination` did not fit.
fn too_big(destination: [u8; 4], mtu: u16) {
    let host = [10, 0, 0, 1];
    let with_sum = |mut octets: Vec<u8>, place: usize| {
        let words = octets.chunks(2).map(|pair| u32::from(u16::from_be_bytes([pair[0], pair[1]])));
        let sum: u32 = words.sum();
        let sum = !((sum & 0xffff) + (sum >> 16)) as u16;
        octets[place..place + 2].copy_from_slice(&sum.to_be_bytes());
        octets
    };
    let ip = [&[0x45, 0, 5, 220, 0, 1, 0x40, 0, 64, 1, 0, 0][..], &host, &destination].concat();
    let quoted = [&with_sum(ip, 10)[..], &[8, 0, 0, 0, 0, 1, 0, 1]].concat();
    let icmp = [&[3, 4, 0, 0, 0, 0][..], &mtu.to_be_bytes(), &quoted].concat();
    let socket =
        socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::RAW, Some(socket2::Protocol::ICMPV4)).unwrap();
    socket.send_to(&with_sum(icmp, 2), &std::net::SocketAddr::from((host, 0)).into()).unwrap();
}

#[test]
fn next_hops_are_those_of_ip() {
    let Some(zoo) = full_zoo("next_hops_are_those_of_ip") else { return };
    let place = Place::of(&zoo);
    for details in [false, true] {
        place.compare_next_hops(&NextHopFilter::default(), details, &[]);
    }
    let filter = |change: &dyn Fn(&mut NextHopFilter)| {
        let mut filter = NextHopFilter::default();
        change(&mut filter);
        filter
    };
    let (v0, br0) = (place.index("v0"), place.index("br0"));
    place.compare_next_hops(&filter(&|f| f.oif = Some(v0)), false, &["dev", "v0"]);
    place.compare_next_hops(&filter(&|f| f.groups = true), false, &["groups"]);
    place.compare_next_hops(&filter(&|f| f.master = Some(br0)), false, &["master", "br0"]);
    place.compare_next_hops(&filter(&|f| f.protocol = Some(RouteProtocol::BGP)), false, &["protocol", "186"]);
    for id in [1, 3, 11, 12, 21] {
        place.compare_next_hops(&filter(&|f| f.id = Some(id)), false, &["id", &id.to_string()]);
    }
    // The kernel does not look at `fdb`, nor does `ip` after it.
    let of_bridges = place.netlink.list::<NextHop>(&filter(&|f| f.fdb = true)).unwrap();
    assert_eq!(of_bridges.iter().map(|hop| hop.id).collect::<Vec<_>>(), [20, 21]);
    assert!(place.netlink.list::<NextHop>(&filter(&|f| f.id = Some(999))).unwrap().items.is_empty());

    let counted = place.netlink.list::<NextHop>(&filter(&|f| (f.id, f.stats) = (Some(11), true))).unwrap().items;
    assert!(counted[0].group.iter().all(|member| member.packets.is_some() || counted[0].op_flags.is_none()));
    let resilient = &place.netlink.list::<NextHop>(&filter(&|f| f.id = Some(12))).unwrap().items[0];
    assert_eq!(resilient.group_type, Some(NextHopGroupType::RESILIENT));
    let settings = resilient.resilient_args.as_deref().unwrap();
    assert_eq!((settings.buckets, settings.idle_timer), (Some(32), Some(6000)));

    let buckets = place.netlink.list::<NextHopBucket>(&NextHopBucketFilter::default()).unwrap().items;
    let mut own = Vec::new();
    let (names, links) = (Names::system(), place.netlink.link_names().unwrap());
    let mut options = RouteOptions::default();
    options.json = true;
    iproute2::write_next_hop_buckets(&mut own, &buckets, &names, &links, &options).unwrap();
    let mut own: Value = serde_json::from_slice(&own).unwrap();
    let mut theirs = zoo.ask_json("ip", &["nexthop", "bucket"]);
    [&mut own, &mut theirs].into_iter().for_each(|tree| remove(tree, &["idle_time"]));
    assert_same(&own, &theirs, "buckets");
    assert_eq!(buckets.len(), 32);
}

/// A namespace, asked by both.
struct Place<'a> {
    netlink: Netlink,
    zoo: Option<&'a Zoo>,
}

impl<'a> Place<'a> {
    fn of(zoo: &'a Zoo) -> Self {
        Self { netlink: Netlink::open(&Namespace::named(&zoo.name).unwrap()).unwrap(), zoo: Some(zoo) }
    }

    fn index(&self, name: &str) -> u32 {
        self.netlink.links().unwrap().iter().find(|link| link.ifname == *name).unwrap().ifindex
    }

    fn ip(&self, arguments: &[&str]) -> Vec<u8> {
        let mut command = std::process::Command::new("ip");
        if let Some(zoo) = self.zoo {
            command.args(["-n", &zoo.name]);
        }
        let output = command.args(arguments).output().unwrap();
        assert!(output.status.success(), "ip {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    }

    fn options(&self, filter: &RouteFilter, json: bool, details: bool) -> RouteOptions {
        let mut options = RouteOptions::default();
        (options.json, options.details, options.filter) = (json, details, filter.clone());
        options
    }

    fn write(&self, routes: &[Route], hops: &[NextHop], options: &RouteOptions) -> Vec<u8> {
        let (names, links) = (Names::system(), self.netlink.link_names().unwrap());
        let mut out = Vec::new();
        iproute2::write_routes(&mut out, routes, hops, &names, &links, options).unwrap();
        out
    }

    /// Both forms, with nothing having changed from before `ip` was asked until after.
    fn compare_routes(&self, filter: &RouteFilter, details: bool, words: &[&str]) {
        let hops = self.netlink.next_hops().unwrap().items;
        let (flags, words): (Vec<&str>, Vec<&str>) = words.iter().partition(|word| word.starts_with('-'));
        for json in [true, false] {
            let more: &[&str] = if details { &["-d"] } else { &[] };
            let form: &[&str] = if json { &["-j"] } else { &[] };
            let arguments = [form, more, &flags, &["route", "show"], &words].concat();
            let options = self.options(filter, json, details);
            let (own, theirs) = self.steady(filter, &arguments, |routes| self.write(routes, &hops, &options));
            let what = format!("ip {}", arguments.join(" "));
            compare(own, theirs, json, &what);
        }
    }

    fn steady(
        &self,
        filter: &RouteFilter,
        arguments: &[&str],
        write: impl Fn(&[Route]) -> Vec<u8>,
    ) -> (Vec<u8>, Vec<u8>) {
        let list = || self.netlink.list::<Route>(filter).unwrap().items;
        for _ in 0..100 {
            let before = list();
            let theirs = self.ip(arguments);
            let still = |route: &Route| with_route(route.clone(), |route| route.cacheinfo = None);
            if before.iter().map(still).eq(list().iter().map(still)) {
                return (write(&before), theirs);
            }
            thread::sleep(Duration::from_millis(50));
        }
        panic!("the routes change all the time");
    }

    fn compare_lookup(&self, query: &RouteQuery, words: &[&str]) {
        let hops = self.netlink.next_hops().unwrap().items;
        for (json, details) in [(true, false), (true, true), (false, false), (false, true)] {
            let more: &[&str] = if details { &["-d"] } else { &[] };
            let form: &[&str] = if json { &["-j"] } else { &[] };
            let arguments = [form, more, &["route", "get"], words].concat();
            let what = format!("ip {}", arguments.join(" "));
            let ours = || {
                let route = self.netlink.route_get(query).unwrap().route.unwrap();
                own_form(&self.write(&[route], &hops, &self.options(&RouteFilter::default(), json, details)), json)
            };
            let theirs = || {
                let theirs = String::from_utf8(self.ip(&arguments)).unwrap();
                let theirs = theirs.replace("rt_offload_failed ", "").replace("\"rt_offload_failed\"", "");
                their_form(theirs.as_bytes(), json)
            };
            let (own, theirs) = support::still::still(&what, ours, theirs);
            assert_same(&own, &theirs, &what);
        }
    }

    fn compare_next_hops(&self, filter: &NextHopFilter, details: bool, words: &[&str]) {
        let (names, links): (Names, LinkNames) = (Names::system(), self.netlink.link_names().unwrap());
        for json in [true, false] {
            let more: &[&str] = if details { &["-d"] } else { &[] };
            let form: &[&str] = if json { &["-j"] } else { &[] };
            let arguments = [form, more, &["nexthop", "show"], words].concat();
            let hops = self.netlink.list::<NextHop>(filter).unwrap().items;
            assert!(!hops.is_empty() && hops.iter().all(|hop| hop.notes.is_empty()), "{words:?}");
            let mut own = Vec::new();
            let options = self.options(&RouteFilter::default(), json, details);
            iproute2::write_next_hops(&mut own, &hops, &names, &links, &options).unwrap();
            compare(own, self.ip(&arguments), json, &format!("ip {}", arguments.join(" ")));
        }
    }
}

fn compare(own: Vec<u8>, theirs: Vec<u8>, json: bool, what: &str) {
    assert_same(&own_form(&own, json), &their_form(&theirs, json), what);
}

/// A tree, or lines, without the seconds that may tick between two questions.
fn own_form(own: &[u8], json: bool) -> Value {
    if json { unexpiring(plain(serde_json::from_slice(own).unwrap())) } else { lines(own) }
}

fn their_form(theirs: &[u8], json: bool) -> Value {
    if !json {
        return lines(theirs);
    }
    let theirs = repair(theirs);
    unexpiring(serde_json::from_str(if theirs.is_empty() { "[]" } else { &theirs }).unwrap())
}

fn lines(text: &[u8]) -> Value {
    str::from_utf8(text).unwrap().lines().map(still).collect()
}

fn unexpiring(mut tree: Value) -> Value {
    remove(&mut tree, &["expires"]);
    tree
}

fn assert_same(own: &Value, theirs: &Value, what: &str) {
    let differences = differences(own, theirs);
    assert!(differences.is_empty(), "{what}:\n{}", differences.join("\n"));
}

/// iproute2 has these keys twice, and the last counts.
fn plain(mut tree: Value) -> Value {
    for route in tree.as_array_mut().unwrap() {
        let members = route.as_object_mut().unwrap();
        let own: Vec<_> = members.keys().filter(|key| key.starts_with("encap_")).cloned().collect();
        for key in own {
            let value = members.remove(&key).unwrap();
            let key = key.trim_start_matches("encap_").to_owned();
            if ["table", "tos", "iif"].contains(&key.as_str()) {
                members.entry(key).or_insert(value);
            } else {
                members.insert(key, value);
            }
        }
        if let Some(hop) = members.get_mut("nh_info") {
            *hop = plain(Value::Array(vec![hop.take()]))[0].take();
        }
    }
    tree
}

fn still(line: &str) -> String {
    let mut words: Vec<&str> = line.split(' ').collect();
    if let Some(place) = words.iter().position(|word| *word == "expires") {
        words[place + 1] = "(seconds)";
    }
    words.join(" ")
}

fn with(mut filter: RouteFilter, change: impl FnOnce(&mut RouteFilter)) -> RouteFilter {
    change(&mut filter);
    filter
}

fn with_route(mut route: Route, change: impl FnOnce(&mut Route)) -> Route {
    change(&mut route);
    route
}

fn fib(mut query: RouteQuery) -> RouteQuery {
    query.fib_match = true;
    query
}

trait Of {
    fn of(self, family: Family) -> Self;
}

impl Of for RouteFilter {
    fn of(mut self, family: Family) -> Self {
        self.family = Some(family);
        self
    }
}

fn full_zoo(test: &str) -> Option<Zoo> {
    let zoo = Zoo::empty(test)?;
    let mut lines = LINKS.to_owned();
    for number in 0..250 {
        let (a, b) = (number % 64, number % 7);
        lines += &format!("route add 10.20.{number}.0/24 via 10.0.0.{} metric {b} proto bgp\n", 2 + a);
        lines += &format!("route add fd20:{number:x}::/32 via fd00::{:x} metric {}\n", 2 + a, 100 + b);
    }
    let kinds = ["unicast", "local", "broadcast", "multicast", "unreachable", "prohibit", "blackhole", "throw"];
    for (number, kind) in kinds.iter().enumerate() {
        let device = if number < 4 { "dev v0" } else { "" };
        lines += &format!("route add {kind} 10.30.{number}.0/24 {device} table 1000 proto 99\n");
        if !matches!(*kind, "broadcast") {
            lines += &format!("route add {kind} fd30:{number}::/32 {device} table 70000 proto static\n");
        }
    }
    // The family is told by the addresses: lines of a batch take no options.
    let status = zoo.batch(&(lines + ROUTES)).wait().unwrap();
    assert!(status.success(), "not all lines of the zoo were accepted");
    zoo.run("sh", &["-c", "echo 1 > /proc/sys/net/ipv4/ip_forward"]);
    Some(zoo)
}

const LINKS: &str = "
    link set lo up
    link add v0 type veth peer name v1
    link add v2 type veth peer name v3
    link add br0 type bridge
    link add ifb0 type ifb
    link set v1 master br0
    link set v0 up
    link set v1 up
    link set v2 up
    link set br0 up
    link set ifb0 up
    addr add 10.0.0.1/24 brd + dev v0
    addr add 10.0.1.1/24 dev ifb0
    addr add 10.0.2.1/24 dev br0
    addr add fd00::1/64 dev v0 nodad
    addr add fd01::1/64 dev ifb0 nodad
";
// No options of tunnels (`vxlan_opts` and the like): a kernel of the time of writing panics over them.
const ROUTES: &str = "
    route add 10.40.0.0/24 via 10.0.0.7 mtu lock 1400 rtt 300ms rttvar 2s congctl cubic hoplimit 9 advmss 1300
    route add 10.40.1.0/24 via 10.0.0.7 window 30000 ssthresh lock 5 cwnd lock 7 initcwnd 20 initrwnd 30 quickack 1
    route add 10.40.2.0/24 via 10.0.0.7 features ecn rto_min 1500ms reordering 5 fastopen_no_cookie 1 congctl lock reno
    route add 10.40.3.0/24 via 10.0.0.7 rtt 2s rto_min 250ms mtu 1280
    route add 10.41.0.0/24 nexthop via 10.0.0.7 dev v0 nexthop via 10.0.1.7 dev ifb0 weight 5 nexthop dev ifb0 weight 256
    route add 10.41.1.0/24 nexthop via inet6 fd00::9 dev v0 nexthop via 10.0.0.7 dev v0 onlink weight 3
    route add 10.41.2.0/24 nexthop encap ip id 7 dst 192.0.2.7 via 10.0.0.7 dev v0 nexthop encap ip6 id 8 dst fd00::8 via 10.0.1.7 dev ifb0
    route add 10.41.3.0/24 nexthop via 10.0.0.7 dev v0 realm 3/4 nexthop via 10.0.1.7 dev ifb0
    route add 10.42.0.0/24 dev v2
    route add 10.42.1.0/24 via inet6 fd00::5 dev v0
    route add 10.42.2.0/24 via 192.0.2.99 dev v0 onlink
    route add 10.42.3.0/24 via 10.0.0.7 realms 5/6
    route add 10.42.4.0/24 via 10.0.0.7 realms 6
    route add 10.42.5.0/24 tos 0x10 via 10.0.0.8
    route add 10.42.6.0/24 via 10.0.0.7 metric 77 src 10.0.0.1 proto 77 scope 123
    route add 10.42.7.7 dev v0 scope site proto dhcp
    route add 10.42.8.0/24 dev v0 metric 5
    route append 10.42.8.0/24 dev ifb0 metric 5
    route add default via 10.0.0.7 proto static
    route add default via 10.0.1.7 metric 500
    route add 10.43.0.0/24 encap ip id 42 dst 192.0.2.1 ttl 5 tos 8 csum key seq dev v0
    route add 10.43.1.0/24 encap ip6 id 42 src fd00::1 dst fd00::2 hoplimit 5 tc 8 csum dev v0
    route add 10.43.2.0/24 encap ip id 18446744073709551615 src 10.0.0.1 dst 192.0.2.1 dev ifb0
    route add default via fd00::7 proto ra pref high expires 1000
    route add fd40::/32 via fd00::7 mtu lock 1400 hoplimit 9 congctl reno features ecn pref low
    route add fd41::/32 nexthop via fd00::7 dev v0 nexthop via fd01::7 dev ifb0 weight 9
    route add fd41:1::/32 dev v0
    route append fd41:1::/32 dev ifb0
    route add fd42::/32 from fd77:1::/32 via fd00::7 metric 9
    route add fd42:1::/32 from fd77:1::1 via fd00::7
    route add fd42:2::1 via fe80::1 dev v0 expires 5000
    route add fd42:3::/32 via fd00::7 src fd00::1
    route add anycast fd42:4::1 dev v0
    route add fd43:1::/32 encap seg6 mode encap segs fd00::2,fd00::3 dev v0
    route add fd43:2::/32 encap seg6 mode inline segs fd00::2,fd00::3 dev v0
    route add fd43:3::/32 encap seg6 mode l2encap segs fd00::2 dev v0
    route add fd43:4::/32 encap seg6 mode encap.red segs fd00::2,fd00::3,fd00::4 dev v0
    route add fd43:5::/32 encap seg6local action End dev v0
    route add fd43:6::/32 encap seg6local action End.X nh6 fd00::9 count dev v0
    route add fd43:7::/32 encap seg6local action End.DT6 table 100 dev v0
    route add fd43:8::/32 encap seg6local action End.DX4 nh4 10.0.0.9 dev v0
    route add fd43:9::/32 encap seg6local action End.DX2 oif ifb0 dev v0
    route add fd43:a::/32 encap seg6local action End.T table main dev v0
    route add fd43:b::/32 encap seg6local action End.B6.Encaps srh segs fd00::2,fd00::3 dev v0
    route add fd43:c::/32 encap ip6 id 3 dst fd00::2 dev v0
    route add fd43:d::/32 encap ip id 4 dst 192.0.2.9 dev v0
    route add 10.43.3.0/24 encap seg6 mode encap segs fd00::2 dev v0
    nexthop add id 1 via 10.0.0.7 dev v0
    nexthop add id 2 via fd00::7 dev v0 proto bgp
    nexthop add id 3 blackhole
    nexthop add id 4 dev ifb0
    nexthop add id 5 via 10.0.0.8 dev v0 onlink
    nexthop add id 6 encap ip id 3 dst 192.0.2.3 via 10.0.0.8 dev v0
    nexthop add id 7 via 10.0.2.9 dev br0
    nexthop add id 10 group 1
    nexthop add id 11 group 1,3/5,200/6 proto static
    nexthop add id 12 group 1,3/5 type resilient buckets 32 idle_timer 60 unbalanced_timer 300
    nexthop add id 20 via 10.0.0.9 fdb
    nexthop add id 21 group 20 fdb
    nexthop add id 30 via 10.0.0.9 dev v1 onlink
    route add 10.44.0.0/24 nhid 12
    route add 10.44.1.0/24 nhid 1
    route add 10.44.2.0/24 nhid 3
    route add 10.44.3.0/24 nhid 11
    route add 10.44.4.0/24 nhid 6
    route add fd44::/32 nhid 2
    route add unreachable 10.50.1.0/24
    route add prohibit 10.50.2.0/24
    route add blackhole 10.50.3.0/24
    route add throw 11.0.0.0/8
    route add 11.0.0.0/8 dev v0 table 4242
    route add unreachable fd50:1::/32
    route add prohibit fd50:2::/32
    route add blackhole fd50:3::/32
    route add unreachable 3fff::/16 table 4242
    route add throw 3fff::/16
    route add 10.20.3.0/24 via 10.0.0.99 table 1000
    rule add fwmark 7 table 1000
    rule add ipproto tcp dport 443 table 1000
";

//! Rules, neighbours, proxies, forwarding entries and queueing disciplines against the installed `ip`, `bridge` and `tc`:
//! equal JSON trees and equal lines of text, in a namespace made here.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::print_stderr)]
#![allow(missing_docs, unreachable_pub)]

mod support;

use std::collections::HashSet;

use netshoot_core::namespace::Namespace;
use netshoot_core::netlink::iproute2::{self, Names, NeighborOptions, QdiscShowOptions, RuleOptions};
use netshoot_core::netlink::{
    Family, FdbEntry, FdbFilter, FdbQuery, LinkNames, Neighbor, NeighborFilter, NeighborFlags, NeighborQuery,
    NeighborState, Netlink, Object, Qdisc, QdiscFilter, QdiscOptions, Rule, RuleFilter,
};
use serde_json::Value;
use support::kernel::{Zoo, differences, remove};

/// Seconds since something happened, which may tick between two questions.
const AGES: [&str; 3] = ["used", "confirmed", "updated"];

/// What a filter is made of, and the words for it.
type Case<'a, T> = (&'a dyn Fn(&mut T), &'a [&'a str]);

#[test]
fn a_zoo_of_rules_is_that_of_ip() {
    let Some(zoo) = Zoo::empty("a_zoo_of_rules_is_that_of_ip") else { return };
    zoo.all("link add v0 type veth peer name v1");
    for family in ["-4", "-6"] {
        let prefix = if family == "-4" {
            ["10.1.0.0/16", "10.2.3.4", "192.0.2.0/24"]
        } else {
            ["fd01::/32", "fd02::4", "fd03::/48"]
        };
        for line in RULES.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let line = line.replace("NET", prefix[0]).replace("HOST", prefix[1]).replace("OTHER", prefix[2]);
            zoo.all(&format!("{family} rule add {line}"));
        }
    }
    let (netlink, _) = open(&zoo);
    let both = netlink.list::<Rule>(&RuleFilter::default()).unwrap();
    assert!(both.iter().all(|rule| rule.notes.is_empty()));
    let keys: HashSet<_> = both.iter().map(Rule::key).collect();
    assert_eq!(keys.len(), both.items.len(), "each rule has a key of its own");
    for (family, word) in [(Family::INET, "-4"), (Family::INET6, "-6")] {
        let mut filter = RuleFilter::default();
        filter.family = Some(family);
        let rules = netlink.list::<Rule>(&filter).unwrap();
        assert!(rules.items.len() >= 30, "only {} rules", rules.items.len());
        for details in [false, true] {
            let more: &[&str] = if details { &["-d"] } else { &[] };
            compare(&zoo, "ip", &[&[word], more, &["rule"]].concat(), |out, json| {
                let mut options = RuleOptions::default();
                (options.json, options.details) = (json, details);
                let rules = netlink.list::<Rule>(&filter).unwrap();
                iproute2::write_rules(out, rules.iter(), &Names::system(), &options).unwrap();
            });
        }
        for (table, priority, words) in [(Some(1000), None, ["table", "1000"]), (None, Some(32766), ["pref", "32766"])]
        {
            (filter.table, filter.priority) = (table, priority);
            assert!(!netlink.list::<Rule>(&filter).unwrap().items.is_empty());
            compare(&zoo, "ip", &[&[word, "rule", "show"][..], &words].concat(), |out, json| {
                let mut options = RuleOptions::default();
                options.json = json;
                let chosen = netlink.list::<Rule>(&filter).unwrap();
                iproute2::write_rules(out, chosen.iter(), &Names::system(), &options).unwrap();
            });
        }
    }
}

#[test]
fn a_zoo_of_neighbours_is_that_of_ip() {
    let Some(zoo) = Zoo::empty("a_zoo_of_neighbours_is_that_of_ip") else { return };
    zoo.all("link add v0 type veth peer name v1\nlink add b0 type bridge\nlink set v1 master b0");
    zoo.all("link set v0 addrgenmode none\nlink set v1 addrgenmode none\nlink set b0 addrgenmode none");
    // So that no state passes into another while it is looked at.
    for family in ["ipv4", "ipv6"] {
        for (name, value) in
            [("delay_first_probe_time", 600), ("retrans_time_ms", 600_000), ("base_reachable_time_ms", 6_000_000)]
        {
            zoo.run("sh", &["-c", &format!("echo {value} > /proc/sys/net/{family}/neigh/v0/{name}")]);
        }
    }
    zoo.all("link set v0 up\nlink set v1 up\nlink set b0 up");
    // Reports of multicast membership make this one at a time of their own: it is there from the start.
    for link in ["v0", "v1", "b0"] {
        zoo.all(&format!("neigh replace ff02::16 lladdr 33:33:00:00:00:16 dev {link} nud permanent"));
    }
    for (place, state) in STATES.iter().enumerate() {
        zoo.all(&format!("neigh add 10.0.0.{} lladdr 02:00:00:00:00:{place:02x} dev v0 nud {state}", place + 1));
        zoo.all(&format!("neigh add fd00::{} lladdr 02:00:00:00:01:{place:02x} dev v0 nud {state}", place + 1));
    }
    zoo.all(NEIGHBOURS);
    zoo.all("addr add 10.0.0.200/24 dev v0");
    // What is sent to a stale neighbour makes it wait for confirmation.
    zoo.all("neigh add 10.0.0.100 lladdr 02:00:00:00:03:01 dev v0 nud stale");
    zoo.run("bash", &["-c", "echo > /dev/udp/10.0.0.100/9"]);
    let (netlink, links) = open(&zoo);
    let all = netlink.list::<Neighbor>(&NeighborFilter::default()).unwrap();
    assert!(all.iter().all(|neighbor| neighbor.notes.is_empty()));
    let states = all.iter().fold(0, |states, neighbor| states | neighbor.state.0);
    assert_eq!(states, 0xff, "every state is there");
    let keys: HashSet<_> = all.iter().map(Neighbor::key).collect();
    assert_eq!(keys.len(), all.items.len());
    assert!(all.iter().filter(|neighbor| neighbor.flags.contains(NeighborFlags::PROXY)).count() >= 3);

    let v0 = zoo_index(&links, "v0");
    let b0 = zoo_index(&links, "b0");
    let cases: &[Case<'_, NeighborFilter>] = &[
        (&|_| (), &["neigh", "show", "nud", "all"]),
        (&|f| f.family = Some(Family::INET), &["-4", "neigh", "show", "nud", "all"]),
        (&|f| f.family = Some(Family::INET6), &["-6", "neigh", "show", "nud", "all"]),
        (&|f| f.ifindex = Some(v0), &["neigh", "show", "nud", "all", "dev", "v0"]),
        (&|f| f.master = Some(b0), &["neigh", "show", "nud", "all", "master", "b0"]),
        (&|f| f.proxies = Some(true), &["neigh", "show", "proxy"]),
        (&|f| (f.proxies, f.master) = (Some(true), Some(b0)), &["neigh", "show", "proxy", "master", "b0"]),
        (&|f| (f.proxies, f.ifindex) = (Some(true), Some(v0)), &["neigh", "show", "proxy", "dev", "v0"]),
    ];
    for (choose, words) in cases {
        let mut filter = NeighborFilter::default();
        filter.proxies = Some(false);
        choose(&mut filter);
        assert!(!netlink.list::<Neighbor>(&filter).unwrap().items.is_empty(), "{words:?}");
        for (flag, statistics, brief) in [(&[][..], false, false), (&["-s"], true, false), (&["-br"], false, true)] {
            // `ip -br -j` leaves its objects open: only the text can be compared.
            let only_text = brief;
            let arguments = [flag, words].concat();
            let own = |out: &mut Vec<u8>, json| {
                let mut options = NeighborOptions::default();
                (options.json, options.statistics, options.brief) = (json, statistics, brief);
                options.without_device = filter.ifindex.is_some();
                let found = netlink.list::<Neighbor>(&filter).unwrap();
                iproute2::write_neighbors(out, found.iter(), &Names::system(), &links, &options).unwrap();
            };
            if only_text { compare_text(&zoo, "ip", &arguments, own) } else { compare(&zoo, "ip", &arguments, own) }
        }
    }
    // Each alone is the same.
    for neighbor in all.iter().filter(|neighbor| neighbor.state != NeighborState::PROBE) {
        let mut query = NeighborQuery::new(neighbor.dst.unwrap(), neighbor.ifindex);
        query.proxy = neighbor.flags.contains(NeighborFlags::PROXY);
        let one = netlink.neighbor(&query).unwrap().unwrap();
        assert_eq!((one.key(), one.lladdr), (neighbor.key(), neighbor.lladdr));
    }
    assert_eq!(netlink.neighbor(&NeighborQuery::new([10, 255, 0, 1].into(), v0)).unwrap(), None);
    assert!(netlink.neighbor(&NeighborQuery::new([10, 255, 0, 1].into(), 0)).is_err());
    let mut filter = NeighborFilter::default();
    filter.states = Some(NeighborState(NeighborState::STALE.0 | NeighborState::FAILED.0));
    let some = netlink.list::<Neighbor>(&filter).unwrap();
    assert!(some.items.len() >= 4 && some.iter().all(|neighbor| neighbor.state.0 & 0x24 != 0));
}

#[test]
fn a_zoo_of_forwarding_entries_is_that_of_bridge() {
    let Some(zoo) = Zoo::empty("a_zoo_of_forwarding_entries_is_that_of_bridge") else { return };
    zoo.all(BRIDGES);
    for line in FORWARDING.lines().map(str::trim).filter(|line| !line.is_empty()) {
        zoo.run("bridge", &line.split(' ').collect::<Vec<_>>());
    }
    let (netlink, links) = open(&zoo);
    let all = netlink.list::<FdbEntry>(&FdbFilter::default()).unwrap();
    assert!(all.iter().all(|entry| entry.notes.is_empty()));
    let keys: HashSet<_> = all.iter().map(FdbEntry::key).collect();
    assert_eq!(keys.len(), all.items.len(), "each entry has a key of its own");
    assert!(all.iter().any(|entry| entry.dst.is_some() && entry.vni == Some(77) && entry.port == Some(4790)));
    let [v0, b0, x0] = ["v0", "b0", "x0"].map(|name| zoo_index(&links, name));
    // A bridge is no port of its own.
    for entry in all.iter().filter(|entry| entry.master.is_some_and(|master| master != entry.ifindex)) {
        let mut query = FdbQuery::new(entry.mac.unwrap());
        (query.ifindex, query.place) = (Some(entry.ifindex), NeighborFlags::MASTER);
        let one = netlink.fdb_entry(&query).unwrap().unwrap();
        assert_eq!((one.key(), one.state), (entry.key(), entry.state));
        query.mac = "02:00:00:00:ff:ff".parse().unwrap();
        assert_eq!(netlink.fdb_entry(&query).unwrap(), None);
    }
    let cases: &[Case<'_, FdbFilter>] = &[
        (&|_| (), &[]),
        (&|f| f.master = Some(b0), &["br", "b0"]),
        (&|f| f.ifindex = Some(v0), &["brport", "v0"]),
        (&|f| f.ifindex = Some(x0), &["dev", "x0"]),
        (&|f| f.states = Some(NeighborState::NOARP), &["state", "static"]),
        (&|f| f.states = Some(NeighborState::PERMANENT), &["state", "permanent"]),
    ];
    for (choose, words) in cases {
        let mut filter = FdbFilter::default();
        choose(&mut filter);
        assert!(!netlink.list::<FdbEntry>(&filter).unwrap().items.is_empty(), "{words:?}");
        for statistics in [false, true] {
            let flag: &[&str] = if statistics { &["-s"] } else { &[] };
            compare(&zoo, "bridge", &[flag, &["fdb", "show"], words].concat(), |out, json| {
                let mut options = NeighborOptions::default();
                (options.json, options.statistics) = (json, statistics);
                options.without_device = filter.ifindex.is_some();
                let found = netlink.list::<FdbEntry>(&filter).unwrap();
                iproute2::write_fdb(out, found.iter(), &links, &options).unwrap();
            });
        }
    }
}

#[test]
fn a_zoo_of_queueing_disciplines_is_that_of_tc() {
    let Some(zoo) = Zoo::empty("a_zoo_of_queueing_disciplines_is_that_of_tc") else { return };
    let lines: Vec<_> = DISCIPLINES.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    for (place, line) in lines.iter().enumerate() {
        zoo.all(&format!("link add d{place} numtxqueues 4 type veth peer name e{place}"));
        zoo.all(&format!("link set d{place} addrgenmode none\nlink set d{place} up"));
        let words = format!("qdisc add dev d{place} {line}");
        zoo.run("tc", &words.split(' ').collect::<Vec<_>>());
    }
    let (netlink, links) = open(&zoo);
    for invisible in [false, true] {
        let mut filter = QdiscFilter::default();
        filter.invisible = invisible;
        let found = netlink.list::<Qdisc>(&filter).unwrap();
        assert!(found.items.len() >= lines.len());
        assert!(found.iter().all(|qdisc| qdisc.notes.is_empty()));
        let keys: HashSet<_> = found.iter().map(Qdisc::key).collect();
        assert_eq!(keys.len(), found.items.len());
        assert!(found.iter().any(|qdisc| matches!(qdisc.options, Some(QdiscOptions::Tbf(_)))));
        let more: &[&str] = if invisible { &["invisible"] } else { &[] };
        for (flags, details, statistics) in
            [(&[][..], false, false), (&["-d"], true, false), (&["-s"], false, true), (&["-s", "-d"], true, true)]
        {
            compare(&zoo, "tc", &[flags, &["qdisc", "show"], more].concat(), |out, json| {
                let mut options = QdiscShowOptions::default();
                (options.json, options.details, options.statistics) = (json, details, statistics);
                let found = netlink.list::<Qdisc>(&filter).unwrap();
                iproute2::write_qdiscs(out, found.iter(), &links, &options).unwrap();
            });
        }
    }
}

fn open(zoo: &Zoo) -> (Netlink, LinkNames) {
    let netlink = Netlink::open(&Namespace::find(&zoo.name).unwrap()).unwrap();
    let links = netlink.link_names().unwrap();
    (netlink, links)
}

fn zoo_index(links: &LinkNames, name: &str) -> u32 {
    (1..1000).find(|index| links.get(*index).is_some_and(|own| own == name)).unwrap()
}

/// Both forms are those of the installed program, with nothing having changed meanwhile.
fn compare(zoo: &Zoo, program: &str, arguments: &[&str], write: impl Fn(&mut Vec<u8>, bool)) {
    let what = format!("{program} -j {arguments:?}");
    let ageless = |mut tree: Value| {
        remove(&mut tree, &AGES);
        tree
    };
    let ours = || ageless(serde_json::from_slice(&written(&write, true)).unwrap());
    let (own, theirs) = support::still::still(&what, ours, || ageless(zoo.ask_json(program, arguments)));
    if let (Some(own), Some(theirs)) = (own.as_array(), theirs.as_array()) {
        let missing: Vec<_> = theirs.iter().filter(|item| !own.contains(item)).collect();
        let more: Vec<_> = own.iter().filter(|item| !theirs.contains(item)).collect();
        assert!(missing.is_empty() && more.is_empty(), "{what}: not {more:?}, but {missing:?}");
    }
    let differences = differences(&own, &theirs);
    assert!(differences.is_empty(), "{what}:\n{}", differences.join("\n"));
    compare_text(zoo, program, arguments, write);
}

fn compare_text(zoo: &Zoo, program: &str, arguments: &[&str], write: impl Fn(&mut Vec<u8>, bool)) {
    let what = format!("{program} {arguments:?}");
    let lines = |text: Vec<u8>| String::from_utf8(text).unwrap().lines().map(ageless).collect::<Vec<_>>();
    let theirs = || lines(zoo.ask(program, arguments));
    let (own, theirs) = support::still::still(&what, || lines(written(&write, false)), theirs);
    for (own, theirs) in own.iter().zip(&theirs) {
        assert_eq!(own, theirs, "{what}");
    }
    assert_eq!(own.len(), theirs.len(), "{what}");
}

fn written(write: impl Fn(&mut Vec<u8>, bool), json: bool) -> Vec<u8> {
    let mut out = Vec::new();
    write(&mut out, json);
    out
}

/// A line without the ages behind `used`.
fn ageless(line: &str) -> String {
    let mut words = line.split(' ').peekable();
    let mut kept = Vec::new();
    while let Some(word) = words.next() {
        kept.push(word.to_owned());
        if word == "used" {
            // What follows the ages without a blank stays: `used 1/2/3probes 4`.
            kept.extend(
                words.next().map(|ages| ages.trim_start_matches(|c: char| c.is_ascii_digit() || c == '/').to_owned()),
            );
        }
    }
    kept.join(" ")
}

const RULES: &str = "
    from NET pref 100 table 1000
    to NET pref 101 table 1000
    from HOST to OTHER pref 102 table 70000
    not from HOST pref 103 table 1000
    from all tos 0x10 pref 104 table 1000
    fwmark 5 pref 105 table 1000
    fwmark 0x5/0xff pref 106 table 1000
    fwmark 0/0xf pref 107 table 1000
    iif v0 pref 108 table 1000
    iif lo pref 109 table 1000
    iif nothere pref 110 table 1000
    oif v1 pref 111 table 1000
    oif nothere pref 112 table 1000
    uidrange 0-100 pref 113 table 1000
    ipproto tcp pref 114 table 1000
    ipproto udp sport 53 pref 115 table 1000
    ipproto 17 dport 1000-2000 pref 116 table 1000
    ipproto tcp sport 1-10 dport 443 pref 117 table 1000
    ipproto 253 pref 118 table 1000
    table main suppress_prefixlength 0 pref 119
    table main suppress_prefixlength 16 pref 120
    table main suppress_ifgroup 3 pref 121
    table main suppress_ifgroup default pref 122
    goto 32766 pref 123
    goto 30000 pref 124
    nop pref 125
    from NET blackhole pref 126
    from NET unreachable pref 127
    from NET prohibit pref 128
    from NET table 1000 protocol bgp pref 129
    from NET table 1000 protocol 200 pref 130
    from NET table 1000 protocol kernel pref 131
    from NET fwmark 9 iif v0 oif v1 ipproto udp dport 7 uidrange 1-2 table 255 pref 132
    from HOST table 1000 pref 132
    from OTHER table 1000 pref 132
";

/// `delay` does not last when set by hand.
const STATES: [&str; 7] = ["permanent", "noarp", "stale", "reachable", "probe", "failed", "incomplete"];

const NEIGHBOURS: &str = "
    neigh add 10.0.1.1 lladdr 02:00:00:00:02:01 dev v0 router nud permanent
    neigh add 10.0.1.2 lladdr 02:00:00:00:02:02 dev v0 extern_learn nud reachable
    neigh add 10.0.1.3 lladdr 02:00:00:00:02:03 dev v0 protocol bgp nud permanent
    neigh add fd00:1::3 lladdr 02:00:00:00:02:04 dev v0 protocol 201 router nud permanent
    neigh add 10.0.2.1 lladdr 02:00:00:00:02:05 dev v1 nud permanent
    neigh add proxy 10.0.3.1 dev v0
    neigh add proxy 10.0.3.2 dev v1 protocol static
    neigh add proxy fd00:3::1 dev v0
";

// Without VLANs: a kernel without `CONFIG_BRIDGE_VLAN_FILTERING` refuses them.
const BRIDGES: &str = "
    link add b0 type bridge
    link add v0 type veth peer name v1
    link set v0 addrgenmode none
    link set v1 addrgenmode none
    link set b0 addrgenmode none
    link set v0 master b0
    link add x0 type vxlan id 3 dstport 4789 local 127.0.0.1
    link add x1 type vxlan external dstport 4791
    link set x0 addrgenmode none
    link set x0 master b0
    nexthop add id 7 via 10.9.9.9 fdb
    nexthop add id 8 group 7 fdb
";

const FORWARDING: &str = "
    fdb add 02:00:00:00:00:01 dev v0 master static
    fdb add 02:00:00:00:00:02 dev v0 master permanent
    fdb add 02:00:00:00:00:04 dev v0 master static sticky
    fdb add 02:00:00:00:00:05 dev v0 master dynamic extern_learn
    fdb add 02:00:00:00:00:06 dev b0 self permanent
    fdb append 02:00:00:00:01:01 dev x0 dst 10.0.0.1
    fdb append 00:00:00:00:00:00 dev x0 dst 10.0.0.2
    fdb append 00:00:00:00:00:00 dev x0 dst 10.0.0.3 port 4790 vni 77 via v1
    fdb append 02:00:00:00:01:02 dev x0 dst 10.0.0.4 self static
    fdb add 02:00:00:00:01:03 dev x0 nhid 8 self
    fdb append 02:00:00:00:02:01 dev x1 dst 10.0.0.5 src_vni 900 vni 901 self
";

const DISCIPLINES: &str = "
    root tbf rate 1mbit burst 10k latency 50ms
    root handle 5: tbf rate 40gbit burst 10m limit 1000000
    root tbf rate 1mbit burst 10k latency 70ms peakrate 2mbit minburst 1540 mpu 64 overhead 8 linklayer atm
    root handle 1: htb
    root handle 2: htb default 0x1f r2q 5 direct_qlen 77
    root pfifo
    root handle 3: pfifo limit 5
    root bfifo limit 10240
    root bfifo limit 1234567
    root pfifo_head_drop limit 9
    root pfifo_fast
    root mq
    ingress
    clsact
    root stab mtu 2047 overhead 8 linklayer ethernet pfifo
    root estimator 1s 8s pfifo limit 3
";

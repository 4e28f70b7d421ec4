//! The rule that decides a lookup, which the kernel does not tell: the kernel is the judge all the same. The rule that
//! is named is made to lead to a table of its own; if it is the one, the answer now comes from there.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::print_stderr)]
#![allow(missing_docs, unreachable_pub)]

mod support;

use netshoot_core::namespace::Namespace;
use netshoot_core::netlink::{Netlink, RouteQuery, RouteVerdict, TABLE_LOCAL, TABLE_MAIN};
use support::kernel::Zoo;

/// Links, tables, and a table that nothing leads to.
const PLACE: &str = "
    link set lo up
    link add v0 type veth peer name v1
    link set v0 up
    link set v1 up
    addr add 10.0.0.1/24 dev v0
    addr add fd00::1/64 dev v0 nodad
    route add default via 10.0.0.2
    route add default via 10.0.0.3 table 100
    route add 20.1.0.0/16 via 10.0.0.4 table 200
    route add throw 20.2.0.0/16 table 200
    route add unreachable 20.3.0.0/16 table 200
    route add prohibit 20.4.0.0/16 table 200
    route add blackhole 20.5.0.0/16 table 200
    route add default via 10.0.0.5 table 300
    route add default via 10.0.0.9 table 999
    -6 route add default via fd00::2
    -6 route add default via fd00::3 table 100
    -6 route add 2001:db8:1::/48 via fd00::4 table 200
    -6 route add throw 2001:db8:2::/48 table 200
    -6 route add unreachable 2001:db8:3::/48 table 200
    -6 route add prohibit 2001:db8:4::/48 table 200
    -6 route add blackhole 2001:db8:5::/48 table 200
    -6 route add default via fd00::5 table 300
    -6 route add default via fd00::9 table 999";

/// Priority, selectors, action.
const FOUR: &[(u32, &str, &str)] = &[
    (10, "fwmark 0x10/0xf0", "lookup 100"),
    (11, "fwmark 0x10/0xff", "lookup 100"),
    (20, "to 20.0.0.0/8", "lookup 200"),
    (21, "from 10.0.0.1 ipproto tcp dport 443", "lookup 100"),
    (22, "ipproto tcp dport 400-500", "lookup 100"),
    (23, "ipproto udp", "lookup 300 suppress_prefixlength 0"),
    (24, "tos 0x10", "lookup 100"),
    (25, "uidrange 7-9", "lookup 100"),
    (26, "iif v0", "lookup 100"),
    (27, "oif v0 to 30.0.0.0/8", "lookup 100"),
    (28, "not to 0.0.0.0/1 from 0.0.0.0/1", "goto 40"),
    (30, "to 200.0.0.0/8", "lookup 100"),
    (40, "to 200.1.0.0/16", "prohibit"),
    (41, "to 200.2.0.0/16", "blackhole"),
    (42, "to 200.3.0.0/16", "unreachable"),
    (43, "to 200.4.0.0/16 sport 7", "nop"),
    (44, "to 200.0.0.0/8", "lookup 100 suppress_ifgroup 0"),
    (45, "to 200.0.0.0/8", "lookup 100"),
];

const SIX: &[(u32, &str, &str)] = &[
    (10, "fwmark 0x10/0xf0", "lookup 100"),
    (20, "to 2001:db8::/32", "lookup 200"),
    (21, "from fd00::1 ipproto tcp dport 443", "lookup 100"),
    (22, "ipproto udp sport 53", "lookup 100"),
    (24, "tos 0x10", "lookup 100"),
    (25, "uidrange 7-9", "lookup 100"),
    (26, "iif v0", "lookup 100"),
    (27, "oif v0 to 3000::/16", "lookup 100"),
    (28, "not to ::/1", "lookup 100"),
    (40, "to 2002:1::/32", "prohibit"),
    (41, "to 2002:2::/32", "blackhole"),
    (42, "to 2002:3::/32", "unreachable"),
    (45, "to 2002::/16", "lookup 100"),
];

/// The lookup, in `ip`'s words, and the priority of the rule that decides it; -1 is that none does.
const LOOKUPS_FOUR: &[(&str, i64)] = &[
    ("10.0.0.1", 0),
    ("10.0.0.255", 0),
    ("10.0.0.7", 32766),
    ("8.8.8.8", 32766),
    ("8.8.8.8 mark 0x10", 10),
    ("8.8.8.8 mark 0x1f", 10),
    ("8.8.8.8 mark 0x20", 32766),
    ("20.1.2.3", 20),
    ("20.2.2.3", 32766),
    ("20.3.2.3", 20),
    ("20.4.2.3", 20),
    ("20.5.2.3", 20),
    ("20.9.2.3", 32766),
    ("8.8.8.8 from 10.0.0.1 ipproto tcp dport 443", 21),
    ("8.8.8.8 ipproto tcp dport 443", 22),
    ("8.8.8.8 ipproto tcp dport 399", 32766),
    ("8.8.8.8 ipproto udp dport 443", 32766),
    ("8.8.8.8 tos 0x10", 24),
    ("8.8.8.8 tos 0x14", 32766),
    ("8.8.8.8 uid 8", 25),
    ("8.8.8.8 uid 10", 32766),
    ("8.8.8.8 from 10.0.0.9 iif v0", 26),
    ("30.1.1.1 oif v0", 27),
    ("30.1.1.1", 32766),
    ("200.1.1.1", 40),
    ("200.2.1.1", 41),
    ("200.3.1.1", 42),
    ("200.4.1.1 ipproto udp sport 7", 45),
    ("200.9.1.1", 45),
];

const LOOKUPS_SIX: &[(&str, i64)] = &[
    ("fd00::1", 0),
    ("fd00::7", 28),
    ("2600::1", 32766),
    ("2600::1 mark 0x11", 10),
    ("2001:db8:1::1", 20),
    ("2001:db8:2::1", 32766),
    ("2001:db8:3::1", 20),
    ("2001:db8:4::1", 20),
    ("2001:db8:5::1", 20),
    ("2600::1 from fd00::1 ipproto tcp dport 443", 21),
    ("2600::1 from fd00::1 ipproto tcp dport 444", 32766),
    ("2600::1 ipproto udp sport 53", 22),
    ("2600::1 tos 0x10", 24),
    ("2600::1 uid 9", 25),
    ("2600::1 from fd00::9 iif v0", 26),
    ("3000::1 oif v0", 27),
    ("ff0e::1 from fd00::1", 0),
    ("9000::1 from fd00::1", 28),
    ("2002:1::1", 40),
    ("2002:2::1", 41),
    ("2002:3::1", 42),
    ("2002:9::1", 45),
];

#[test]
fn the_rule_that_decides_is_told() {
    let Some(zoo) = Zoo::empty("the_rule_that_decides_is_told") else { return };
    zoo.all(PLACE);
    zoo.run("sh", &["-c", "echo 1 > /proc/sys/net/ipv4/ip_forward; echo 1 > /proc/sys/net/ipv6/conf/all/forwarding"]);
    let netlink = Netlink::open(&Namespace::named(&zoo.name).unwrap()).unwrap();
    // Before the first rule was added the kernel has but one table.
    for (lookup, table, priority) in [("10.0.0.1", TABLE_LOCAL, 0), ("8.8.8.8", TABLE_MAIN, 32766)] {
        let answer = netlink.route_get(&query(&netlink, lookup)).unwrap();
        assert_eq!((answer.table, answer.rule.map(|rule| rule.priority)), (Some(table), Some(priority)), "{lookup}");
    }
    for (family, rules, lookups) in [("-4", FOUR, LOOKUPS_FOUR), ("-6", SIX, LOOKUPS_SIX)] {
        for (priority, selectors, action) in rules.iter().rev() {
            zoo.all(&format!("{family} rule add pref {priority} {selectors} {action}"));
        }
        for (lookup, expected) in lookups {
            let query = query(&netlink, lookup);
            let answer = netlink.route_get(&query).unwrap();
            let told = answer.rule.as_ref().map_or(-1, |rule| i64::from(rule.priority));
            assert_eq!(told, *expected, "{lookup}: {answer:?}");
            judge(&zoo, &netlink, family, rules, lookup, &query, answer.table);
        }
    }
}

/// Changes the rule that decided, asks the kernel again, and changes it back.
fn judge(
    zoo: &Zoo,
    netlink: &Netlink,
    family: &str,
    rules: &[(u32, &str, &str)],
    lookup: &str,
    query: &RouteQuery,
    table: Option<u32>,
) {
    let answer = netlink.route_get(query).unwrap();
    let priority = answer.rule.unwrap().priority;
    let own = rules.iter().find(|rule| rule.0 == priority).copied();
    let (_, selectors, action) = own.unwrap_or(match priority {
        0 => (0, "from all", "lookup local"),
        _ => (priority, "from all", "lookup main"),
    });
    zoo.all(&format!("{family} rule add pref {priority} {selectors} lookup 999"));
    zoo.all(&format!("{family} rule del pref {priority} {selectors} {action}"));
    let changed = netlink.route_get(query).unwrap();
    // From the other table nothing is local, and the kernel finds another source.
    assert_eq!(changed.table, Some(999), "{lookup}: {changed:?}");
    assert_eq!(changed.verdict, RouteVerdict::Unicast, "{lookup}");
    assert_ne!(table, Some(999));
    zoo.all(&format!("{family} rule add pref {priority} {selectors} {action}"));
    zoo.all(&format!("{family} rule del pref {priority} {selectors} lookup 999"));
}

fn query(netlink: &Netlink, lookup: &str) -> RouteQuery {
    let mut words = lookup.split(' ');
    let mut query = RouteQuery::new(words.next().unwrap().parse().unwrap());
    let number = |text: &str| match text.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16).unwrap(),
        None => text.parse().unwrap(),
    };
    let link = |name: &str| netlink.links().unwrap().iter().find(|link| link.ifname == *name).unwrap().ifindex;
    while let (Some(word), Some(value)) = (words.next(), words.next()) {
        match word {
            "from" => query.source = Some(value.parse().unwrap()),
            "iif" => query.iif = Some(link(value)),
            "oif" => query.oif = Some(link(value)),
            "mark" => query.mark = Some(number(value)),
            "uid" => query.uid = Some(number(value)),
            "tos" => query.tos = u8::try_from(number(value)).unwrap(),
            "ipproto" => query.ip_proto = Some(if value == "tcp" { 6 } else { 17 }),
            "sport" => query.sport = Some(value.parse().unwrap()),
            "dport" => query.dport = Some(value.parse().unwrap()),
            word => panic!("{word}"),
        }
    }
    query
}

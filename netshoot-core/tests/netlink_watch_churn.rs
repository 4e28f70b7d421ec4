//! Watching while everything changes at once: links, addresses, routes of both families, rules, next hops, neighbours,
//! queueing disciplines, settings of links; afterwards the state is that of a fresh dump, field by field.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::print_stderr)]
#![allow(missing_docs, unreachable_pub, dead_code)]

mod support;

use std::fmt::Write;
use std::io::Write as _;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use netshoot_core::namespace::Namespace;
use netshoot_core::netlink::{
    Address, Change, DiffOptions, EventKind, FdbEntry, Link, Neighbor, NeighborState, Netlink, NextHop, NextHopBucket,
    Qdisc, Route, Rule, Watch, WatchOptions, Watched, diff,
};
use support::churn;
use support::kernel::Zoo;

fn netlink(zoo: &Zoo) -> Netlink {
    Netlink::open(&Namespace::named(&zoo.name).unwrap()).unwrap()
}

/// Without the audit, which would hide what was missed.
fn options(buffer: usize) -> WatchOptions {
    let mut options = WatchOptions::default();
    (options.audit, options.buffer) = (None, buffer);
    options
}

/// Reads until nothing comes for a while.
fn rest(watch: &mut Watch) -> usize {
    std::iter::from_fn(|| watch.next(Some(Duration::from_millis(700))).unwrap()).count()
}

/// How the watched objects of one kind differ from a fresh dump, with the value of each field that does.
fn against_dump<T: Watched>(watch: &Watch, netlink: &Netlink, but: impl Fn(&T) -> bool) -> Vec<String> {
    let watched: Vec<T> = watch.state().iter::<T>().filter(|object| !but(object)).cloned().collect();
    let mut dumped = netlink.list::<T>(&T::Filter::default()).unwrap();
    if dumped.interrupted {
        return vec![format!("the dump of kind {} was interrupted", T::KIND)];
    }
    dumped.items.retain(|object| !but(object));
    let tell = |change: &Change<T>| {
        let (old, new) = (format!("{:?}", change.old), format!("{:?}", change.new));
        let of = |text: &str, field: &str| {
            let begin = text.find(&format!("{field}: ")).unwrap_or_default();
            text[begin..].chars().take(120).collect::<String>()
        };
        let field = |field: &&str| format!("\n  {}\n  {}", of(&old, field), of(&new, field));
        let fields: String = change.changed.iter().map(field).collect();
        format!("{} {} {:?} {fields}", change.op, T::KIND, change.key)
    };
    diff(&watched, &dumped.items, &DiffOptions::default()).iter().map(tell).collect()
}

fn all_against_dump(watch: &Watch, netlink: &Netlink) -> Vec<String> {
    [
        against_dump::<Link>(watch, netlink, |_| false),
        against_dump::<Address>(watch, netlink, |_| false),
        against_dump::<Route>(watch, netlink, |_| false),
        against_dump::<NextHop>(watch, netlink, |_| false),
        against_dump::<NextHopBucket>(watch, netlink, |_| false),
        against_dump::<Rule>(watch, netlink, |_| false),
        // Those that the kernel makes for multicast addresses when it first sends there are told by no message.
        against_dump::<Neighbor>(watch, netlink, |neighbor| neighbor.state == NeighborState::NOARP),
        against_dump::<FdbEntry>(watch, netlink, |_| false),
        against_dump::<Qdisc>(watch, netlink, |_| false),
    ]
    .concat()
}

/// Commands of a mutator, for `ip`.
fn changes(rounds: usize) -> String {
    let mut lines = String::new();
    for round in 0..rounds {
        let (a, b) = (format!("c{}", round % 7), format!("d{}", round % 7));
        let net = round % 200;
        writeln!(lines, "link add {a} type veth peer name {b}").unwrap();
        for line in [
            format!("link set {a} up"),
            format!("link set {b} up"),
            format!("addr add 10.{net}.0.1/24 dev {a}"),
            format!("addr add 2001:db8:{net}::1/64 dev {a} nodad"),
            format!("route add 10.{net}.1.0/24 via 10.{net}.0.2"),
            format!("route append 10.{net}.1.0/24 via 10.{net}.0.3"),
            format!("route replace 10.{net}.1.0/24 via 10.{net}.0.4"),
            format!("route add 10.{net}.2.0/24 nexthop via 10.{net}.0.2 nexthop via 10.{net}.0.3 weight 2"),
            format!("route replace 10.{net}.2.0/24 dev {a} metric 5"),
            format!("-6 route add 2001:db8:ff{net}::/64 via 2001:db8:{net}::2"),
            format!("-6 route append 2001:db8:ff{net}::/64 via 2001:db8:{net}::3"),
            format!("-6 route append 2001:db8:ff{net}::/64 via 2001:db8:{net}::4"),
            format!("-6 route del 2001:db8:ff{net}::/64 via 2001:db8:{net}::3"),
            format!("-6 route add 2001:db8:fe{net}::/64 nexthop via 2001:db8:{net}::2 nexthop via 2001:db8:{net}::3"),
            format!("rule add from 10.{net}.0.0/16 iif {a} table 100"),
            format!("nexthop replace id {} via 10.{net}.0.9 dev {a}", round % 5 + 1),
            format!("route replace 172.16.{net}.0/24 nhid {}", round % 5 + 1),
            format!("nexthop replace id 50 group {} type resilient buckets 8", round % 5 + 1),
            format!("neigh replace 10.{net}.0.7 lladdr 02:00:00:00:00:01 dev {a}"),
            format!("link set {a} mtu {}", 1300 + net),
        ] {
            writeln!(lines, "{line}").unwrap();
        }
        let last = match round % 4 {
            0 => format!("link del {a}"),
            1 => format!("link set {b} down"),
            2 => format!("addr flush dev {a}"),
            _ => format!("nexthop del id {}", round % 5 + 1),
        };
        writeln!(lines, "{last}").unwrap();
        if round >= 3 && round % 2 == 0 {
            writeln!(lines, "link del c{}", (round - 3) % 7).unwrap();
            writeln!(lines, "rule del from 10.{net}.0.0/16 iif {a} table 100").unwrap();
        }
    }
    lines
}

/// Until the state is that of a dump: address detection and the like go on for a moment. What differs in the end.
fn settle(watch: &mut Watch, netlink: &Netlink) -> Vec<String> {
    let end = Instant::now() + Duration::from_secs(60);
    loop {
        rest(watch);
        let mut left = all_against_dump(watch, netlink);
        if !watch.is_settled() {
            left.push("something is to be listed again".to_owned());
        }
        if left.is_empty() || Instant::now() > end {
            return left;
        }
    }
}

/// Commands of another, for `tc`, as often on links that are there as on others.
fn queues(rounds: usize) -> String {
    (0..rounds).fold(String::new(), |mut lines, round| {
        let dev = format!("{}{}", if round % 2 == 0 { 'c' } else { 'd' }, round % 7);
        writeln!(lines, "qdisc add dev {dev} root handle 1: htb default 10").unwrap();
        writeln!(lines, "class add dev {dev} parent 1: classid 1:10 htb rate 1mbit").unwrap();
        writeln!(lines, "qdisc add dev {dev} parent 1:10 handle 10: tbf rate 1mbit burst 10k latency 50ms").unwrap();
        writeln!(lines, "qdisc add dev {dev} clsact").unwrap();
        let last = match round % 3 {
            0 => "qdisc del dev {dev} root",
            1 => "qdisc replace dev {dev} root tbf rate 2mbit burst 10k latency 50ms",
            _ => "class del dev {dev} classid 1:10",
        };
        writeln!(lines, "{}", last.replace("{dev}", &dev)).unwrap();
        lines
    })
}

/// A program of iproute2 that runs `commands` as fast as it can, whatever comes of each.
fn mutator(zoo: &Zoo, program: &str, commands: String) -> Child {
    let mut child = Command::new(program)
        .args(["-n", &zoo.name, "-force", "-batch", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    thread::spawn(move || stdin.write_all(commands.as_bytes()));
    child
}

#[test]
fn after_churn_of_everything_the_state_is_a_fresh_dump() {
    churn::runs(|run, busy| {
        let Some(zoo) = Zoo::empty("after_churn_of_everything_the_state_is_a_fresh_dump") else { return };
        zoo.all("link set lo up");
        let netlink = netlink(&zoo);
        // Every other run has room for hardly anything.
        let mut watch = netlink.watch(&options(if run % 2 == 0 { 4096 } else { 1 << 20 })).unwrap();
        let mut mutators = [mutator(&zoo, "ip", changes(150)), mutator(&zoo, "tc", queues(150))];
        let (mut told, mut resyncs) = (0, 0);
        while mutators.iter_mut().any(|mutator| mutator.try_wait().unwrap().is_none()) {
            let Some(event) = watch.next(Some(Duration::from_millis(10))).unwrap() else { continue };
            told += 1;
            resyncs += usize::from(matches!(event.what, EventKind::ResyncBegin { .. }));
        }
        busy.end();
        let stopped = Instant::now();
        let left = settle(&mut watch, &netlink);
        eprintln!("run {run}: {told} events, {resyncs} resyncs, settled after {:?}", stopped.elapsed());
        assert!(left.is_empty(), "run {run}:\n{}", left.join("\n"));
    });
}

/// The kernel takes a rule a second time when it is not told to look for it, and removes one at a time.
#[test]
fn a_rule_that_is_there_twice_stays_when_one_goes() {
    let Some(zoo) = Zoo::empty("a_rule_that_is_there_twice_stays_when_one_goes") else { return };
    let netlink = netlink(&zoo);
    let mut watch = netlink.watch(&options(1 << 20)).unwrap();
    zoo.all("rule add from 192.0.2.7 table 9 priority 7");
    // `ip rule restore` is what adds without a look.
    let saved = zoo.ask("ip", &["rule", "save"]);
    let mut restore = Command::new("ip")
        .args(["-n", &zoo.name, "rule", "restore"])
        .stdin(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    restore.stdin.take().unwrap().write_all(&saved).unwrap();
    restore.wait().unwrap();
    let left = settle(&mut watch, &netlink);
    assert!(left.is_empty(), "{}", left.join("\n"));
    zoo.all("rule del from 192.0.2.7 table 9 priority 7");
    let left = settle(&mut watch, &netlink);
    assert!(left.is_empty(), "{}", left.join("\n"));
}

/// The message about a link comes before IPv6 has heard of it, and that about an end of a pair before the other is there.
#[test]
fn what_follows_the_message_about_a_link_is_found() {
    let Some(zoo) = Zoo::empty("what_follows_the_message_about_a_link_is_found") else { return };
    let netlink = netlink(&zoo);
    let mut watch = netlink.watch(&options(1 << 20)).unwrap();
    for command in ["link add va type veth peer name vb", "link set va up", "link set vb up", "link set va mtu 1400"] {
        zoo.all(command);
        let left = settle(&mut watch, &netlink);
        assert!(left.is_empty(), "{command}:\n{}", left.join("\n"));
    }
}

//! Watching a namespace: what the kernel does not tell, what is lost, and what a mutator at full speed leaves behind.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::print_stderr)]
#![allow(missing_docs, unreachable_pub, dead_code)]

mod support;

use std::fmt::Write;
use std::thread;
use std::time::{Duration, Instant};

use netshoot_core::ErrorKind;
use netshoot_core::namespace::Namespace;
use netshoot_core::netlink::{
    Address, AnyChange, DiffOptions, EventSource, FdbEntry, Happening, Kind, Link, Neighbor, NeighborState, Netlink,
    NextHop, Operation, Route, Rule, Snapshot, SnapshotOptions, Watch, WatchEvent, WatchOptions, Watched, diff,
};
use support::kernel::Zoo;

fn netlink(zoo: &Zoo) -> Netlink {
    Netlink::open(&Namespace::named(&zoo.name).unwrap()).unwrap()
}

fn without_audit(kinds: &[Kind]) -> WatchOptions {
    let mut options = WatchOptions::kinds(kinds);
    options.audit = None;
    options
}

/// Lets pass what happens until nothing does for a while.
fn settle(watch: &mut Watch) -> Vec<WatchEvent> {
    let mut events = Vec::new();
    while let Some(event) = watch.next(Some(Duration::from_millis(700))).unwrap() {
        events.push(event);
    }
    events
}

/// Events until `enough` says so; fails after ten seconds.
fn until(watch: &mut Watch, mut enough: impl FnMut(&WatchEvent) -> bool) -> Vec<WatchEvent> {
    let end = Instant::now() + Duration::from_secs(10);
    let mut events = Vec::new();
    loop {
        let left = end.saturating_duration_since(Instant::now());
        let event = watch.next(Some(left)).unwrap().unwrap_or_else(|| panic!("nothing comes after {events:#?}"));
        let last = enough(&event);
        events.push(event);
        if last {
            return events;
        }
    }
}

/// How the watched objects of one kind differ from a fresh dump.
fn against_dump<T: Watched>(watch: &Watch, netlink: &Netlink) -> Vec<String> {
    against_dump_but::<T>(watch, netlink, |_| false)
}

fn against_dump_but<T: Watched>(watch: &Watch, netlink: &Netlink, but: impl Fn(&T) -> bool) -> Vec<String> {
    let watched: Vec<T> = watch.objects::<T>().filter(|object| !but(object)).cloned().collect();
    let mut dumped = netlink.list::<T>(&T::Filter::default()).unwrap();
    assert!(!dumped.interrupted);
    dumped.items.retain(|object| !but(object));
    let changes = diff(&watched, &dumped.items, &DiffOptions::default());
    let tell = |change: &netshoot_core::netlink::Change<T>| {
        let value = |field: &&'static str| {
            let (old, new) = (format!("{:?}", change.old), format!("{:?}", change.new));
            let of = |text: &str| {
                let begin = text.find(&format!("{field}: ")).unwrap_or_default();
                text[begin..].chars().take(900).collect::<String>()
            };
            format!("\n  {field}:\n    {}\n    {}", of(&old), of(&new))
        };
        let fields: String = change.changed.iter().map(value).collect();
        format!("{:?} {} {:?} {:?} {fields}", change.op, T::KIND, change.key, change.changed)
    };
    changes.iter().map(tell).collect()
}

fn all_against_dump(watch: &Watch, netlink: &Netlink) -> Vec<String> {
    let mut differences = against_dump::<Link>(watch, netlink);
    differences.extend(against_dump::<Address>(watch, netlink));
    differences.extend(against_dump::<Route>(watch, netlink));
    differences.extend(against_dump::<NextHop>(watch, netlink));
    differences.extend(against_dump::<Rule>(watch, netlink));
    // Those that the kernel makes for multicast addresses when it first sends there are told by no message.
    differences.extend(against_dump_but::<Neighbor>(watch, netlink, |neighbor| neighbor.state == NeighborState::NOARP));
    differences.extend(against_dump::<FdbEntry>(watch, netlink));
    differences
}

fn count_v4(watch: &Watch) -> usize {
    watch.objects::<Route>().filter(|route| route.dst.is_some_and(|dst| dst.is_ipv4()) && route.table == 254).count()
}

fn removed_v4(event: &WatchEvent) -> bool {
    match &event.what {
        Happening::Change(AnyChange::Route(change)) => {
            let route = change.object().unwrap();
            change.op == Operation::Removed && route.table == 254 && route.dst.is_some_and(|dst| dst.is_ipv4())
        }
        _ => false,
    }
}

/// Two links with addresses, twenty static routes, by a gateway.
fn routed(test: &str) -> Option<Zoo> {
    let zoo = Zoo::empty(test)?;
    zoo.all(
        "link set lo up
        link add va type veth peer name vb
        link set va up
        link set vb up
        addr add 192.0.2.1/24 dev va
        addr add 198.51.100.1/24 dev vb",
    );
    for number in 0..20 {
        zoo.all(&format!("route add 10.0.{number}.0/24 via 192.0.2.254"));
    }
    Some(zoo)
}

/// Each row of the table of silent removals: what is done, and how many routes of the main table go with it.
#[test]
fn silent_removals_are_told_within_a_tenth_of_a_second() {
    let rows = [
        ("link down", "", "link set va down", 21),
        ("address gone", "", "addr del 192.0.2.1/24 dev va", 21),
        ("next hop gone", "nexthop add id 7 via 198.51.100.254 dev vb", "nexthop del id 7", 20),
        ("link gone", "", "link del va", 22),
    ];
    for (name, before, command, gone) in rows {
        let Some(zoo) = routed("silent_removals_are_told_within_a_tenth_of_a_second") else { return };
        if !before.is_empty() {
            zoo.all(before);
            for number in 0..20 {
                zoo.all(&format!("route add 10.1.{number}.0/24 nhid 7"));
            }
        }
        let netlink = netlink(&zoo);
        let mut watch = netlink.watch(&without_audit(WatchOptions::KINDS)).unwrap();
        settle(&mut watch);
        let routes = count_v4(&watch);
        let deed = {
            let namespace = zoo.name.clone();
            let command = command.to_owned();
            thread::spawn(move || {
                let words = command.split(' ');
                let status = std::process::Command::new("ip").args(["-n", &namespace]).args(words).status().unwrap();
                assert!(status.success());
                Instant::now()
            })
        };
        let (mut told, mut inferred) = (0, 0);
        until(&mut watch, |event| {
            if removed_v4(event) {
                told += 1;
                inferred += usize::from(event.source == EventSource::Inferred);
            }
            told == gone
        });
        let last = Instant::now();
        let done = deed.join().unwrap();
        let delay = last.saturating_duration_since(done);
        eprintln!("{name}: {told} routes gone, {inferred} of them not told, the last {delay:?} after the command");
        assert_eq!(count_v4(&watch), routes - gone, "{name}");
        assert!(inferred > 0, "{name}: the kernel tells by now");
        assert!(delay < Duration::from_millis(100), "{name}: {delay:?}");
        settle(&mut watch);
        let left = all_against_dump(&watch, &netlink);
        assert!(left.is_empty(), "{name}: {}", left.join("\n"));
    }
}

/// Commands of a mutator: links, addresses, routes of both families, rules, next hops, neighbours.
fn churn(rounds: usize) -> String {
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

#[test]
fn after_churn_the_state_is_that_of_a_dump() {
    let runs: usize = std::env::var("NETSHOOT_CHURN_RUNS").ok().and_then(|runs| runs.parse().ok()).unwrap_or(10);
    for run in 0..runs {
        let Some(zoo) = Zoo::empty("after_churn_the_state_is_that_of_a_dump") else { return };
        zoo.all("link set lo up");
        let netlink = netlink(&zoo);
        let mut options = without_audit(WatchOptions::KINDS);
        // Every other run has room for hardly anything.
        options.receive_buffer = if run % 2 == 0 { 4096 } else { 1 << 20 };
        let mut watch = netlink.watch(&options).unwrap();
        let mut mutator = std::process::Command::new("ip")
            .args(["-n", &zoo.name, "-force", "-batch", "-"])
            .stdin(std::process::Stdio::piped())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        let mut stdin = mutator.stdin.take().unwrap();
        let commands = churn(150);
        let feeder = thread::spawn(move || std::io::Write::write_all(&mut stdin, commands.as_bytes()));
        let (mut told, mut resyncs) = (0, 0);
        let begun = Instant::now();
        while mutator.try_wait().unwrap().is_none() {
            while let Some(event) = watch.next(Some(Duration::from_millis(10))).unwrap() {
                told += 1;
                resyncs += usize::from(matches!(event.what, Happening::ResyncBegin { .. }));
                if event.seq % 64 == 0 && mutator.try_wait().unwrap().is_some() {
                    break;
                }
            }
        }
        feeder.join().unwrap().unwrap();
        let stopped = Instant::now();
        let end = stopped + Duration::from_secs(20);
        let mut left = Vec::new();
        // Duplicate address detection and the like go on for a moment.
        while Instant::now() < end {
            told += settle(&mut watch).len();
            left = all_against_dump(&watch, &netlink);
            if left.is_empty() && !watch.is_resyncing() {
                break;
            }
        }
        eprintln!(
            "run {run}: {told} events, {resyncs} resyncs in {:?}, settled after {:?}; {} links, {} routes",
            stopped - begun,
            stopped.elapsed(),
            watch.objects::<Link>().count(),
            watch.objects::<Route>().count()
        );
        assert!(left.is_empty(), "run {run}: {}", left.join("\n"));
    }
}

#[test]
fn a_loss_is_told_with_what_was_missed() {
    let Some(zoo) = routed("a_loss_is_told_with_what_was_missed") else { return };
    let netlink = netlink(&zoo);
    let mut options = without_audit(&[Kind::Route]);
    options.receive_buffer = 4096;
    let mut watch = netlink.watch(&options).unwrap();
    assert!(watch.receive_buffer().unwrap() < 20_000);
    settle(&mut watch);
    let commands: String =
        (0..300).map(|number| format!("route add 10.9.{}.{}/32 dev va\n", number / 256, number % 256)).collect();
    assert!(zoo.batch(&commands).wait().unwrap().success());
    let events = until(&mut watch, |event| matches!(event.what, Happening::ResyncEnd { .. }));
    let begin = events.iter().position(|event| matches!(event.what, Happening::ResyncBegin { .. })).unwrap();
    let changes = events[begin..].iter().filter(|event| matches!(event.what, Happening::Change(_)));
    assert!(changes.clone().all(|event| event.source == EventSource::Resync));
    let added = events.iter().filter(|event| match &event.what {
        Happening::Change(change) => change.op() == Operation::Added && change.kind() == Kind::Route,
        _ => false,
    });
    assert_eq!(added.count(), 300);
    assert!(events.iter().map(|event| event.seq).is_sorted());
    assert_eq!(against_dump::<Route>(&watch, &netlink), Vec::<String>::new());
}

#[test]
fn another_thread_ends_the_watch() {
    let Some(zoo) = Zoo::empty("another_thread_ends_the_watch") else { return };
    let mut watch = netlink(&zoo).watch(&WatchOptions::default()).unwrap();
    let canceller = watch.canceller();
    let thread = thread::spawn(move || {
        thread::sleep(Duration::from_millis(50));
        canceller.cancel();
    });
    let error = loop {
        match watch.next(None) {
            Ok(event) => assert!(event.is_some()),
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    assert_eq!(watch.next(None).unwrap_err().kind(), ErrorKind::Cancelled);
    thread.join().unwrap();
}

#[test]
fn an_event_has_the_old_and_the_new_object() {
    let Some(zoo) = routed("an_event_has_the_old_and_the_new_object") else { return };
    let mut watch = netlink(&zoo).watch(&without_audit(&[Kind::Link])).unwrap();
    settle(&mut watch);
    zoo.all("link set va mtu 1400");
    let events = until(&mut watch, |event| match &event.what {
        Happening::Change(change) => change.changed().contains(&"mtu"),
        _ => false,
    });
    let event = events.last().unwrap();
    assert_eq!(event.source, EventSource::Event);
    let Happening::Change(AnyChange::Link(change)) = &event.what else { panic!("{event:?}") };
    let (old, new) = (change.old.as_ref().unwrap(), change.new.as_ref().unwrap());
    assert_eq!((old.mtu, new.mtu), (Some(1500), Some(1400)));
    #[cfg(feature = "serde")]
    {
        let json = serde_json::to_value(event).unwrap();
        assert_eq!((&json["kind"], &json["op"], &json["source"]), (&"link".into(), &"changed".into(), &"event".into()));
        assert_eq!(json["new"]["mtu"], 1400);
        assert_eq!(json["key"], new.ifindex);
    }
}

#[test]
fn snapshots_are_compared() {
    let Some(zoo) = routed("snapshots_are_compared") else { return };
    let netlink = netlink(&zoo);
    let options = SnapshotOptions::default();
    let before = netlink.snapshot(&options);
    assert!(before.routes.known().is_some_and(|routes| routes.items.len() > 20));
    assert_eq!(before.missing(), Vec::new());
    zoo.all("link set vb mtu 1400");
    let after = netlink.snapshot(&options);
    let mut compared = Snapshot::diff(&before, &after, &DiffOptions::default());
    compared.retain(|change| change.kind() == Kind::Link);
    assert_eq!(compared.len(), 1, "{compared:#?}");
    assert!(compared[0].changed().contains(&"mtu"), "{compared:#?}");
    #[cfg(feature = "serde")]
    assert_eq!(serde_json::to_value(&after).unwrap()["schema_version"], 1);
}

//! Watching against the running kernel: what it tells, what must be inferred, and that the state is true in the end,
//! whatever was lost on the way.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::print_stderr)]
#![allow(missing_docs, unreachable_pub)]

mod support;

use std::collections::HashMap;
use std::fmt::Write;
use std::thread;
use std::time::{Duration, Instant};

use netshoot_core::ErrorKind;
use netshoot_core::namespace::Namespace;
use netshoot_core::netlink::{
    Address, AnyChange, Change, ChangeOp, DiffOptions, Event, EventKind, Family, Kind, Link, Netlink, NextHop,
    NextHopBucket, Qdisc, Route, Rule, Snapshot, SnapshotOptions, Source, Watch, WatchOptions, Watched, diff,
};
use support::churn;
use support::kernel::Zoo;

fn netlink(zoo: &Zoo) -> Netlink {
    Netlink::open(&Namespace::named(&zoo.name).unwrap()).unwrap()
}

fn options(kinds: &[Kind]) -> WatchOptions {
    let mut options = WatchOptions::default();
    options.kinds = kinds.to_vec();
    options
}

const EQUAL: [Kind; 5] = [Kind::Link, Kind::Address, Kind::Route, Kind::NextHop, Kind::Rule];

/// Events until there was none for `quiet`.
fn rest(watch: &mut Watch, quiet: Duration) -> Vec<Event> {
    std::iter::from_fn(|| watch.next(Some(quiet)).unwrap()).collect()
}

/// Events until the state is said to be true and nothing comes.
fn settle(watch: &mut Watch) -> Vec<Event> {
    let end = Instant::now() + Duration::from_secs(40);
    let mut events = rest(watch, Duration::from_millis(100));
    while !watch.is_settled() {
        assert!(Instant::now() < end, "not settled: {watch:?}");
        events.extend(rest(watch, Duration::from_millis(50)));
    }
    events
}

fn compare<T: Watched>(watch: &Watch, netlink: &Netlink) -> Vec<String> {
    let state: Vec<T> = watch.state().iter::<T>().cloned().collect();
    let fresh = netlink.list::<T>(&T::Filter::default()).unwrap().items;
    diff(&state, &fresh, &DiffOptions::default())
        .iter()
        .map(|change| format!("{} {:?} {:?}", change.op, change.key, change.changed))
        .collect()
}

fn differences(watch: &Watch, netlink: &Netlink) -> Vec<String> {
    [
        compare::<Link>(watch, netlink),
        compare::<Address>(watch, netlink),
        compare::<Route>(watch, netlink),
        compare::<NextHop>(watch, netlink),
        compare::<Rule>(watch, netlink),
    ]
    .concat()
}

/// The kernel tells of an address that IPv6 looks for first only when it was not found with others: a second or two
/// later, and more on a busy machine. All events until the state is that of a fresh listing, to which nothing came
/// meanwhile.
#[track_caller]
fn settle_with_addresses(watch: &mut Watch, netlink: &Netlink) -> Vec<Event> {
    let end = Instant::now() + Duration::from_secs(60);
    let mut events = settle(watch);
    loop {
        let differences = differences(watch, netlink);
        let later = settle(watch);
        if differences.is_empty() && later.is_empty() {
            return events;
        }
        assert!(Instant::now() < end, "the state differs from a fresh listing:\n{}", differences.join("\n"));
        events.extend(later);
    }
}

#[track_caller]
fn assert_true(watch: &Watch, netlink: &Netlink) {
    let differences = differences(watch, netlink);
    assert!(differences.is_empty(), "the state differs from a fresh listing:\n{}", differences.join("\n"));
}

fn changes(events: &[Event], op: ChangeOp, kind: Kind) -> Vec<&Event> {
    let wanted = |event: &&Event| match &event.what {
        EventKind::Change(change) => change.op() == op && change.kind() == kind,
        _ => false,
    };
    events.iter().filter(wanted).collect()
}

#[test]
fn what_the_kernel_tells_is_told_with_what_was_before() {
    let Some(zoo) = Zoo::empty("what_the_kernel_tells_is_told_with_what_was_before") else { return };
    let netlink = netlink(&zoo);
    let mut watch = netlink.watch(&options(&EQUAL)).unwrap();
    assert!(watch.buffer() >= 16 << 20, "{}", watch.buffer());
    assert!(rest(&mut watch, Duration::from_millis(20)).is_empty());
    zoo.all(
        "link add name va type veth peer name vb\naddr add 192.0.2.1/24 dev va\nlink set va mtu 1400 up\nlink set vb up",
    );
    let events = settle(&mut watch);
    let numbers: Vec<_> = events.iter().map(|event| event.seq).collect();
    assert_eq!(numbers, (1..=events.len() as u64).collect::<Vec<_>>());
    assert_eq!(changes(&events, ChangeOp::Added, Kind::Link).len(), 2);
    let mtu = events.iter().find_map(|event| match &event.what {
        EventKind::Change(AnyChange::Link(change)) if change.changed.contains(&"mtu") => Some(change),
        _ => None,
    });
    let mtu = mtu.unwrap();
    assert_eq!((mtu.old.as_ref().unwrap().mtu, mtu.new.as_ref().unwrap().mtu), (Some(1500), Some(1400)));
    assert!(events.iter().all(|event| event.namespace == netlink.namespace().id()));
    // Link-local addresses come when the links are ready, and are tentative for a while.
    thread::sleep(Duration::from_millis(2500));
    settle_with_addresses(&mut watch, &netlink);
    zoo.all("rule add from 192.0.2.7 table 9\nrule del from 192.0.2.7 table 9\nnexthop add id 7 via 192.0.2.2 dev va");
    let events = settle(&mut watch);
    assert_eq!(changes(&events, ChangeOp::Added, Kind::Rule).len(), 1);
    assert_eq!(changes(&events, ChangeOp::Removed, Kind::Rule).len(), 1);
    assert_eq!(changes(&events, ChangeOp::Added, Kind::NextHop).len(), 1);
    settle_with_addresses(&mut watch, &netlink);
}

/// Two links that are up, with nothing of theirs still to be told: without addresses that IPv6 makes itself, which come
/// later.
fn pair(zoo: &Zoo) {
    zoo.all("link add name va type veth peer name vb\nlink set va addrgenmode none\nlink set vb addrgenmode none");
    zoo.all("link set vb up\nlink set va up\naddr add 192.0.2.1/24 dev va");
    ["va", "vb"].into_iter().for_each(|link| zoo.until_up(link));
}

/// Twenty routes by a gateway, and what removes them without a word.
#[test]
fn silent_removals_are_inferred_within_100_milliseconds() {
    let Some(zoo) = Zoo::empty("silent_removals_are_inferred_within_100_milliseconds") else { return };
    let routes = |via: &str| {
        (0..20).fold(String::new(), |mut lines, index| {
            writeln!(lines, "route add 198.51.{index}.0/24 {via}").unwrap();
            lines
        })
    };
    let cases = [
        ("link set va down", "via 192.0.2.2", 21),
        ("addr del 192.0.2.1/24 dev va", "via 192.0.2.2", 21),
        ("nexthop del id 7", "nhid 7", 20),
        ("link del va", "via 192.0.2.2", 21),
    ];
    for (command, via, gone) in cases {
        pair(&zoo);
        if via.starts_with("nhid") {
            zoo.all("nexthop add id 7 via 192.0.2.2 dev va");
        }
        zoo.all(&routes(via));
        let netlink = netlink(&zoo);
        let mut watch = netlink.watch(&options(&EQUAL)).unwrap();
        settle(&mut watch);
        let (arguments, name) = (command.split(' ').map(str::to_owned).collect::<Vec<_>>(), zoo.name.clone());
        let mutator = thread::spawn(move || {
            let status = std::process::Command::new("ip").args(["-n", &name]).args(arguments).status().unwrap();
            assert!(status.success());
        });
        let events = settle(&mut watch);
        mutator.join().unwrap();
        let removed: Vec<_> = changes(&events, ChangeOp::Removed, Kind::Route)
            .into_iter()
            .filter(|event| match &event.what {
                EventKind::Change(AnyChange::Route(change)) => {
                    change.key.table == 254 && change.old.as_ref().is_some_and(|route| route.dst_len == 24)
                }
                _ => false,
            })
            .collect();
        assert_eq!(removed.len(), gone, "{command}: {} events", events.len());
        assert!(removed.iter().any(|event| event.source == Source::Inferred), "{command}");
        let first = events.first().unwrap().monotonic;
        let last = removed.iter().map(|event| event.monotonic).max().unwrap();
        assert!(last - first <= Duration::from_millis(100), "{command}: {:?}", last - first);
        assert_true(&watch, &netlink);
        let _ = std::process::Command::new("ip").args(["-n", &zoo.name, "link", "del", "va"]).output();
        let _ = std::process::Command::new("ip").args(["-n", &zoo.name, "nexthop", "flush"]).output();
    }
}

/// What goes with the object that is named: children of a queueing discipline, the one of a class, buckets.
#[test]
fn what_goes_with_its_parent_is_inferred_within_100_milliseconds() {
    let Some(zoo) = Zoo::empty("what_goes_with_its_parent_is_inferred_within_100_milliseconds") else { return };
    let words = |line: &'static str| line.split(' ').collect::<Vec<_>>();
    let queues = [
        "qdisc add dev va root handle 1: htb default 10",
        "class add dev va parent 1: classid 1:10 htb rate 1mbit",
        "qdisc add dev va parent 1:10 handle 10: tbf rate 1mbit burst 10k latency 50ms",
    ];
    let netlink = netlink(&zoo);
    for (program, line, kind, gone) in [
        ("tc", "qdisc del dev va root", Kind::Qdisc, 2),
        ("tc", "class del dev va classid 1:10", Kind::Qdisc, 1),
        ("ip", "link del va", Kind::Qdisc, 3),
        ("ip", "nexthop del id 8", Kind::NextHopBucket, 16),
        ("ip", "nexthop del id 7", Kind::NextHopBucket, 16),
        ("ip", "link set va down", Kind::NextHopBucket, 16),
    ] {
        pair(&zoo);
        zoo.all("nexthop add id 7 via 192.0.2.2 dev va\nnexthop add id 8 group 7 type resilient buckets 16");
        queues.iter().for_each(|line| drop(zoo.ask("tc", &words(line))));
        if line.starts_with("class") {
            zoo.ask("tc", &words("qdisc del dev va parent 1:10"));
            zoo.ask("tc", &words(queues[2]));
        }
        let mut watch = netlink.watch(&WatchOptions::default()).unwrap();
        settle(&mut watch);
        zoo.ask(program, &words(line));
        let events = settle(&mut watch);
        let removed = changes(&events, ChangeOp::Removed, kind);
        assert_eq!(removed.len(), gone, "{line}: {} events", events.len());
        let first = events.first().unwrap().monotonic;
        let last = removed.iter().map(|event| event.monotonic).max().unwrap();
        assert!(last - first <= Duration::from_millis(100), "{line}: {:?}", last - first);
        let left = [compare::<Qdisc>(&watch, &netlink), compare::<NextHopBucket>(&watch, &netlink)].concat();
        assert!(left.is_empty(), "{line}: {left:?}");
        let _ = std::process::Command::new("ip").args(["-n", &zoo.name, "nexthop", "flush"]).output();
        let _ = std::process::Command::new("ip").args(["-n", &zoo.name, "link", "del", "va"]).output();
    }
}

/// Who does not fetch the events is not flooded with them: the kernel's queue keeps the rest.
#[test]
fn events_that_nobody_fetches_are_bounded() {
    let Some(zoo) = Zoo::empty("events_that_nobody_fetches_are_bounded") else { return };
    let mut few = options(&EQUAL);
    few.queue = 10;
    let mut watch = netlink(&zoo).watch(&few).unwrap();
    settle(&mut watch);
    let lines = (0..400).fold(String::from("link set lo up\n"), |mut lines, index| {
        writeln!(lines, "rule add from 192.0.2.{} table 9 pref {}", index % 250, 1000 + index).unwrap();
        lines
    });
    assert!(zoo.batch(&lines).wait().unwrap().success());
    for _ in 0..50 {
        watch.poll().unwrap();
        thread::sleep(Duration::from_millis(2));
    }
    assert!((10..16).contains(&watch.waiting()), "{}", watch.waiting());
    let events = settle(&mut watch);
    assert_eq!(changes(&events, ChangeOp::Added, Kind::Rule).len(), 400);
    assert!(!events.iter().any(|event| matches!(event.what, EventKind::ResyncBegin { .. })));
    assert_true(&watch, &netlink(&zoo));
}

#[test]
fn after_an_overrun_the_differences_are_told() {
    let Some(zoo) = Zoo::empty("after_an_overrun_the_differences_are_told") else { return };
    pair(&zoo);
    zoo.all("route add 203.0.113.0/24 via 192.0.2.2");
    let netlink = netlink(&zoo);
    let mut small = options(&EQUAL);
    small.buffer = 4096;
    let mut watch = netlink.watch(&small).unwrap();
    settle(&mut watch);
    assert!(watch.buffer() < 65536);
    let lines = (0..1000).fold(String::from("route del 203.0.113.0/24\n"), |mut lines, index| {
        writeln!(lines, "route add 10.{}.{}.0/24 via 192.0.2.2", index / 256, index % 256).unwrap();
        lines
    });
    assert!(zoo.batch(&lines).wait().unwrap().success());
    let events = settle(&mut watch);
    let begin = events.iter().position(|event| matches!(event.what, EventKind::ResyncBegin { .. })).unwrap();
    let end = events.iter().position(|event| matches!(event.what, EventKind::ResyncEnd { .. })).unwrap();
    let within = &events[begin + 1..end];
    assert!(within.iter().all(|event| event.source == Source::Resync));
    assert!(within.len() > 500, "{}", within.len());
    assert_eq!(changes(&events, ChangeOp::Added, Kind::Route).len(), 1000);
    assert_eq!(changes(&events, ChangeOp::Removed, Kind::Route).len(), 1);
    assert_true(&watch, &netlink);
}

/// Links, addresses and routes of both families come and go as fast as `ip` can; the watch loses much of it, and is
/// right in the end.
#[test]
fn after_churn_the_state_is_a_fresh_listing() {
    churn::runs(|run, busy| {
        let Some(zoo) = Zoo::empty("after_churn_the_state_is_a_fresh_listing") else { return };
        zoo.all("link add base type veth peer name far\nlink set far up\nlink set base up");
        zoo.all("addr add 192.0.2.1/24 dev base\naddr add 2001:db8::1/64 dev base nodad");
        let netlink = netlink(&zoo);
        let mut churned = options(&EQUAL);
        churned.buffer = if run % 2 == 0 { 4096 } else { 1 << 20 };
        churned.initial = true;
        let mut watch = netlink.watch(&churned).unwrap();
        let mut follower = Follower::default();
        follower.follow(&settle(&mut watch));
        let mut children: Vec<_> = changing().iter().map(|lines| zoo.batch(lines)).collect();
        let mut seen = 0;
        while children.iter_mut().any(|child| child.try_wait().unwrap().is_none()) {
            let event = watch.next(Some(Duration::from_millis(5))).unwrap();
            seen += usize::from(event.is_some());
            follower.follow(event.as_slice());
        }
        busy.end();
        follower.follow(&settle(&mut watch));
        // Addresses of links that came up are tentative for a second or two, which ends later.
        thread::sleep(Duration::from_millis(2500));
        follower.follow(&settle_with_addresses(&mut watch, &netlink));
        assert!(seen > 0);
        follower.assert_has(&watch);
    });
}

/// Who knows what the events tell, and nothing else: how often each object is there.
#[derive(Default)]
struct Follower(HashMap<(Kind, String), u32>);

impl Follower {
    #[track_caller]
    fn follow(&mut self, events: &[Event]) {
        for event in events {
            match &event.what {
                EventKind::Change(AnyChange::Link(change)) => self.take(change, false, event.source),
                EventKind::Change(AnyChange::Address(change)) => self.take(change, false, event.source),
                EventKind::Change(AnyChange::Route(change)) => {
                    let several = change.key.family == Family::INET;
                    self.take(change, several, event.source);
                }
                EventKind::Change(AnyChange::NextHop(change)) => self.take(change, false, event.source),
                EventKind::Change(AnyChange::Rule(change)) => self.take(change, true, event.source),
                _ => {}
            }
        }
    }

    #[track_caller]
    fn take<T: Watched>(&mut self, change: &Change<T>, several: bool, source: Source) {
        let known = self.0.entry((T::KIND, format!("{:?}", change.key))).or_default();
        let possible = match change.op {
            ChangeOp::Added => several || *known == 0,
            _ => *known > 0,
        };
        assert!(possible, "{} ({source:?}) of what is there {known} times: {:?}", change.op, change.key);
        match change.op {
            ChangeOp::Added => *known += 1,
            ChangeOp::Removed => *known -= 1,
            _ => {}
        }
    }

    #[track_caller]
    fn assert_has(&self, watch: &Watch) {
        let mut left = self.0.clone();
        self.count::<Link>(watch, &mut left);
        self.count::<Address>(watch, &mut left);
        self.count::<Route>(watch, &mut left);
        self.count::<NextHop>(watch, &mut left);
        self.count::<Rule>(watch, &mut left);
        left.retain(|_, count| *count != 0);
        assert!(left.is_empty(), "the events do not add up to the state: {left:?}");
    }

    fn count<T: Watched>(&self, watch: &Watch, left: &mut HashMap<(Kind, String), u32>) {
        for item in watch.state().iter::<T>() {
            let count = left.entry((T::KIND, format!("{:?}", item.key()))).or_default();
            *count = count.wrapping_sub(1);
        }
    }
}

fn changing() -> [String; 4] {
    // Each link that is up has routes of IPv6's own, to the same destination: a listing of them takes many reads.
    let mut bridges = String::new();
    for (round, word) in [(0, "add"), (1, "del"), (2, "add")] {
        for index in 0..BRIDGES {
            writeln!(bridges, "link {word} e{index} type bridge").unwrap();
            if round % 2 == 0 {
                writeln!(bridges, "link set e{index} up").unwrap();
            }
        }
    }
    let (mut links, mut routes, mut sixes) = (String::new(), String::new(), String::new());
    for index in 0..40 {
        writeln!(links, "link add c{index} type veth peer name d{index}").unwrap();
        writeln!(links, "addr add 10.9.{index}.1/24 dev c{index}\nlink set c{index} up\nlink set d{index} up").unwrap();
        writeln!(links, "route add 10.8.{index}.0/24 via 10.9.{index}.2").unwrap();
        match index % 4 {
            0 => writeln!(links, "link set c{index} down").unwrap(),
            1 => writeln!(links, "addr del 10.9.{index}.1/24 dev c{index}").unwrap(),
            2 => writeln!(links, "link del c{index}").unwrap(),
            _ => {}
        }
    }
    for round in 0..3 {
        for index in 0..250 {
            writeln!(routes, "route add 10.7.{index}.0/24 via 192.0.2.2").unwrap();
            writeln!(routes, "route append 10.7.{index}.0/24 via 192.0.2.3").unwrap();
            writeln!(sixes, "route add 2001:db8:7:{index}::/64 via 2001:db8::2").unwrap();
            writeln!(sixes, "route append 2001:db8:7:{index}::/64 via 2001:db8::3").unwrap();
            if (index + round) % 3 > 0 || round < 2 {
                writeln!(routes, "route replace 10.7.{index}.0/24 via 192.0.2.4").unwrap();
                writeln!(routes, "route del 10.7.{index}.0/24\nroute del 10.7.{index}.0/24").unwrap();
                writeln!(sixes, "route del 2001:db8:7:{index}::/64 via 2001:db8::2").unwrap();
                writeln!(sixes, "route del 2001:db8:7:{index}::/64").unwrap();
            }
        }
    }
    [links, routes, sixes, bridges]
}

const BRIDGES: usize = 50;

#[test]
fn another_thread_ends_it() {
    let Some(zoo) = Zoo::empty("another_thread_ends_it") else { return };
    let mut watch = netlink(&zoo).watch(&WatchOptions::default()).unwrap();
    let canceller = watch.canceller();
    let other = thread::spawn(move || {
        thread::sleep(Duration::from_millis(30));
        canceller.cancel();
    });
    assert_eq!(watch.next(Some(Duration::from_secs(20))).unwrap_err().kind(), ErrorKind::Cancelled);
    other.join().unwrap();
}

#[test]
fn what_cannot_be_watched_is_refused() {
    let netlink = Netlink::open(&Namespace::current().unwrap()).unwrap();
    for (kinds, told) in [(&[][..], "there is no kind"), (&[Kind::Link, Kind::InetSocket], "kind inet_socket cannot")] {
        let error = netlink.watch(&options(kinds)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(error.to_string().contains(told) && error.hint().unwrap().ends_with("fdb_entry, qdisc"), "{error}");
    }
}

#[test]
fn snapshots_of_two_namespaces_are_not_compared() {
    let Some(zoo) = Zoo::empty("snapshots_of_two_namespaces_are_not_compared") else { return };
    let here = Netlink::open(&Namespace::current().unwrap()).unwrap();
    let [here, there] = [&here, &netlink(&zoo)].map(|netlink| netlink.snapshot(&SnapshotOptions::default()));
    let error = Snapshot::diff(&here, &there, &DiffOptions::default()).unwrap_err();
    assert!(error.kind() == ErrorKind::InvalidInput && error.to_string().contains("different namespaces"), "{error}");
}

#[test]
fn asking_changes_nothing() {
    let Some(zoo) = Zoo::empty("asking_changes_nothing") else { return };
    pair(&zoo);
    let netlink = netlink(&zoo);
    let mut before = netlink.snapshot(&SnapshotOptions::default());
    for _ in 0..20 {
        thread::sleep(Duration::from_millis(1500));
        let earlier = std::mem::replace(&mut before, netlink.snapshot(&SnapshotOptions::default()));
        if Snapshot::diff(&earlier, &before, &DiffOptions::default()).unwrap().is_empty() {
            break;
        }
    }
    for kind in [&before.links.known().map(|_| ()), &before.rules.known().map(|_| ())] {
        assert!(kind.is_some());
    }
    let text = |arguments: &[&str]| String::from_utf8(zoo.ask("ip", arguments)).unwrap();
    let dump = || {
        [text(&["-d", "link"]), text(&["rule"]), text(&["route", "show", "table", "all"]), text(&["netns", "list-id"])]
    };
    let texts = dump();
    drop(netlink.watch(&WatchOptions::default()).unwrap());
    netlink.interfaces().unwrap();
    let _ = netlink.snapshot(&SnapshotOptions::default());
    let after = netlink.snapshot(&SnapshotOptions::default());
    assert_eq!(Snapshot::diff(&before, &after, &DiffOptions::default()).unwrap(), []);
    assert_eq!(dump(), texts);
    zoo.all("addr add 192.0.2.9/24 dev va");
    let later = netlink.snapshot(&SnapshotOptions::default());
    let changes = Snapshot::diff(&after, &later, &DiffOptions::default()).unwrap();
    assert!(changes.iter().any(|change| change.kind() == Kind::Address && change.op() == ChangeOp::Added));
    assert!(changes.iter().all(|change| change.op() == ChangeOp::Added), "{changes:?}");
}

//! Counters against the installed `nstat`, equal as text and as JSON, and against `/proc` itself, for this host's own
//! namespace and, as root, for one with traffic that is made here.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::print_stderr)]
#![allow(missing_docs, unreachable_pub)]

mod support;

use std::collections::HashMap;
use std::io::Read;
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use netshoot_core::ErrorKind;
use netshoot_core::namespace::Namespace;
use netshoot_core::netlink::Netlink;
use netshoot_core::netlink::counters::{Counters, Discontinuity, Source, Value, dictionary, explain, parse};
use netshoot_core::netlink::iproute2::{NstatHistory, NstatOptions, write_nstat, write_nstat_delta, write_nstat_since};
use support::kernel::{Zoo, as_nobody, is_root};

#[test]
fn this_namespaces_counters_are_those_of_nstat() {
    const NAME: &str = "this_namespaces_counters_are_those_of_nstat";
    if !support::has_program("nstat") {
        return support::skip(NAME, "nstat is not installed");
    }
    in_a_quiet_namespace(NAME, || {
        let netlink = Netlink::open(&Namespace::current().unwrap()).unwrap();
        compare_with_nstat(&netlink, |arguments| Command::new("nstat").args(arguments).output().unwrap().stdout);
    });
}

#[test]
fn as_nobody_counters_need_no_rights() {
    // Without root whoever runs the tests is nobody enough: the comparison above is the test.
    if is_root() && support::has_program("nstat") {
        in_a_quiet_namespace("as_nobody_counters_need_no_rights", || {
            as_nobody("this_namespaces_counters_are_those_of_nstat", &[]);
        });
    }
}

/// Runs it in a namespace of its own, which nobody else uses, where the rights allow: on a busy host the counters never
/// stand still.
fn in_a_quiet_namespace(test: &str, act: impl FnOnce() + Send) {
    if !is_root() {
        return act();
    }
    let Some(zoo) = Zoo::empty(test) else { return };
    zoo.all("link set lo up");
    let namespace = Namespace::named(&zoo.name).unwrap();
    traffic(&namespace);
    namespace.run(act).unwrap();
}

#[test]
fn another_namespaces_counters_are_those_of_nstat_within_it() {
    const NAME: &str = "another_namespaces_counters_are_those_of_nstat_within_it";
    let Some(zoo) = Zoo::empty(NAME) else { return };
    if !support::has_program("nstat") {
        return support::skip(NAME, "nstat is not installed");
    }
    let namespace = Namespace::named(&zoo.name).unwrap();
    zoo.all("link set lo up");
    traffic(&namespace);
    let netlink = Netlink::open(&namespace).unwrap();
    compare_with_nstat(&netlink, |arguments| zoo.run("nstat", arguments));
    let counters = netlink.counters().unwrap();
    assert!(counters.value("TcpPassiveOpens").unwrap() >= 1);
    assert!(counters.value("dev.lo.rx_packets").unwrap() > 0);
    assert_eq!(counters.get("dev.eth0.rx_bytes"), None, "the caller's own interfaces are not there");
    assert_eq!(counters.namespace, Some(namespace.id()));
    compare_with_proc(&namespace, &counters);
}

/// The same files read again, with nothing sent in between: equal to the last digit.
fn compare_with_proc(namespace: &Namespace, counters: &Counters) {
    for source in [Source::Snmp, Source::Snmp6, Source::Netstat, Source::Dev, Source::Sockstat6] {
        let mut text = Vec::new();
        namespace.open_proc_net(source.path()).unwrap().read_to_end(&mut text).unwrap();
        let parsed = parse(source, &text);
        assert!(parsed.notes.is_empty(), "{source}: {:?}", parsed.notes);
        let ours: Vec<_> = counters.counters.iter().filter(|counter| counter.source == source).collect();
        assert!(ours.iter().copied().eq(&parsed.counters), "{source}");
        // By another way: every number of the text, in its order.
        let text = String::from_utf8(text).unwrap();
        let numbers = text.split_whitespace().filter_map(|word| word.parse::<i128>().ok());
        let values = ours.iter().map(|counter| match counter.value {
            Value::Counter(value) => i128::from(value),
            Value::Gauge(value) => i128::from(value),
        });
        assert!(numbers.eq(values), "{source}");
    }
}

#[test]
fn a_delta_tells_what_happened() {
    let Some(zoo) = Zoo::empty("a_delta_tells_what_happened") else { return };
    let namespace = Namespace::named(&zoo.name).unwrap();
    zoo.all("link set lo up\nlink add v1 type veth peer name v2\nlink set v1 up\nlink set v2 up");
    let netlink = Netlink::open(&namespace).unwrap();
    let before = netlink.counters().unwrap();
    traffic(&namespace);
    zoo.all("link del v1\nlink add v3 type ifb");
    let after = netlink.counters().unwrap();
    let delta = after.delta(&before);
    assert!(delta.same_namespace && !delta.elapsed.is_zero());
    let changes: HashMap<_, _> = delta.changes.iter().map(|change| (change.counter.name.to_string(), change)).collect();
    let change = |name: &str| changes[name];
    assert_eq!(change("TcpActiveOpens").difference, Value::Counter(1));
    assert_eq!(change("TcpPassiveOpens").difference, Value::Counter(1));
    assert_eq!(change("UdpNoPorts").difference, Value::Counter(1));
    assert_eq!(change("UdpInDatagrams").difference, Value::Counter(1));
    assert!(change("TcpActiveOpens").rate > 0.0);
    assert!(
        delta.appeared.iter().any(|counter| counter.name == "IcmpMsgInType3" && counter.value == Value::Counter(1))
    );
    assert!(delta.appeared.iter().any(|counter| counter.name == "dev.v3.rx_bytes"));
    assert!(delta.vanished.iter().any(|counter| counter.name == "dev.v1.rx_bytes"));
    assert!(delta.changes.iter().all(|change| change.discontinuity.is_none()));
    // The other way round every counter that grew has fallen.
    let back = before.delta(&after);
    let fell = back.changes.iter().find(|change| change.counter.name == "TcpActiveOpens").unwrap();
    assert_eq!((fell.discontinuity, fell.rate), (Some(Discontinuity::Reset), 0.0));

    let text = |delta| {
        let mut out = Vec::new();
        write_nstat_delta(&mut out, delta, &NstatOptions::default()).unwrap();
        String::from_utf8(out).unwrap()
    };
    assert!(text(&delta).contains("TcpActiveOpens                  1 "), "{}", text(&delta));
    assert!(text(&back).contains(" (overflow)\n") || fell.difference.is_zero(), "{}", text(&back));
}

#[test]
fn a_history_is_that_of_nstat() {
    const NAME: &str = "a_history_is_that_of_nstat";
    let Some(zoo) = Zoo::empty(NAME) else { return };
    if !support::has_program("nstat") {
        return support::skip(NAME, "nstat is not installed");
    }
    let namespace = Namespace::named(&zoo.name).unwrap();
    zoo.all("link set lo up");
    let netlink = Netlink::open(&namespace).unwrap();
    let options = NstatOptions::default();
    let file = tempfile::NamedTempFile::new().unwrap();
    let nstat = |words: &str| {
        let path = file.path().to_str().unwrap();
        let command = format!("NSTAT_HISTORY={path} nstat {words}");
        zoo.run("sh", &["-c", &command])
    };
    traffic(&namespace);
    nstat("-n");
    let counters = nstats(&netlink);
    let history = std::fs::read(file.path()).unwrap();
    let mut ours = Vec::new();
    NstatHistory::default().write(&mut ours, &counters, &options).unwrap();
    let head = format!("#{}\n", namespace.id());
    assert_eq!(String::from_utf8(ours.clone()).unwrap(), head + std::str::from_utf8(&history).unwrap());
    NstatHistory::parse(&history).check(&counters).unwrap();
    let host = Netlink::open(&Namespace::current().unwrap()).unwrap();
    let error = NstatHistory::parse(&ours).check(&nstats(&host)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    // Theirs can read ours, too, without a word.
    std::fs::write(file.path(), &ours).unwrap();
    assert_eq!(String::from_utf8(nstat("-s 'Icmp*'")).unwrap(), "#kernel\n");
    assert_eq!(String::from_utf8(nstat("-s 2>&1 >/dev/null")).unwrap(), "");
    traffic(&namespace);
    let mut ours = Vec::new();
    write_nstat_since(&mut ours, &nstats(&netlink), &NstatHistory::parse(&history), &options).unwrap();
    assert_eq!(String::from_utf8(ours).unwrap(), String::from_utf8(nstat("-s")).unwrap());
}

#[test]
fn what_is_not_there_is_told() {
    let netlink = Netlink::open(&Namespace::current().unwrap()).unwrap();
    let counters = netlink.counters().unwrap();
    assert!(counters.notes.is_empty(), "{:?}", counters.notes);
    for missing in &counters.unavailable {
        assert!(matches!(missing.kind, ErrorKind::NotFound | ErrorKind::PermissionDenied), "{missing}");
    }
    for source in [Source::Snmp, Source::Netstat, Source::Sockstat, Source::Dev, Source::Softnet] {
        assert!(counters.counters.iter().any(|counter| counter.source == source), "{source}");
    }
    let error = netlink.namespace().open_proc_net("../version").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert_eq!(netlink.namespace().open_proc_net("no-such-file").unwrap_err().kind(), ErrorKind::NotFound);
    #[cfg(feature = "serde")]
    {
        let json = serde_json::to_value(&counters).unwrap();
        let counter = json["counters"].as_array().unwrap().iter().find(|one| one["name"] == "IpForwarding").unwrap();
        assert_eq!((&counter["value"]["kind"], &counter["group"]), (&"gauge".into(), &"Ip".into()));
    }
}

#[test]
fn every_counter_of_this_kernel_is_explained() {
    let netlink = Netlink::open(&Namespace::current().unwrap()).unwrap();
    let counters = netlink.counters().unwrap();
    let unknown: Vec<_> =
        counters.counters.iter().filter(|one| one.explanation().is_none()).map(|one| one.name.to_string()).collect();
    // Those that a newer kernel has are let go.
    assert!(unknown.len() * 10 < counters.counters.len(), "{unknown:?}");
    for counter in counters.counters.iter().filter(|one| one.explanation().is_some()) {
        assert_eq!(explain(&counter.name.to_string()), counter.explanation(), "{}", counter.name);
    }
    let entries: Vec<_> = dictionary().collect();
    assert!(entries.len() > 450, "{}", entries.len());
    for (name, text) in &entries {
        assert!(text.ends_with('.') && text.len() > 10 && !text.contains(".."), "{name}: {text}");
        assert!(explain(name).is_some(), "{name}");
    }
}

fn nstats(netlink: &Netlink) -> Counters {
    netlink.counters_of(&[Source::Sctp, Source::Snmp, Source::Snmp6, Source::Netstat]).unwrap()
}

/// The JSON of iproute2 6.1 has the lower 32 bits of each number alone.
fn cut(json: &str) -> String {
    let words = json.split_inclusive([':', ',', '}', ' ', '\n']);
    let cut = |word: &str| {
        let digits = word.trim_end_matches(|letter: char| !letter.is_ascii_digit());
        let number = digits.parse::<u64>().ok().filter(|number| *number > u32::MAX.into());
        number.map_or_else(|| word.to_owned(), |number| word.replace(digits, &(number as u32).to_string()))
    };
    words.map(cut).collect()
}

/// Asks `nstat` between two of our snapshots, until nothing has changed between those.
fn compare_with_nstat(netlink: &Netlink, nstat: impl Fn(&[&str]) -> Vec<u8>) {
    let plain = NstatOptions { zeros: true, ..NstatOptions::default() };
    let json = NstatOptions { json: true, ..plain.clone() };
    let pretty = NstatOptions { pretty: true, ..json.clone() };
    let none = NstatOptions { patterns: vec!["none*".to_owned()], ..pretty.clone() };
    let patterns = ["tcpext*", "Ip[!6E]*s", "Udp?InErrors"];
    let some = NstatOptions { patterns: patterns.map(str::to_owned).to_vec(), ..NstatOptions::default() };
    let cases: [(&NstatOptions, &[&str]); 5] = [
        (&plain, &["-asz"]),
        (&json, &["-jasz"]),
        (&pretty, &["-jaszp"]),
        (&none, &["-jaszp", "none*"]),
        (&some, &["-as", "tcpext*", "Ip[!6E]*s", "Udp?InErrors"]),
    ];
    for (options, arguments) in cases {
        let ours = |counters: &Counters| {
            let mut out = Vec::new();
            write_nstat(&mut out, counters, options).unwrap();
            String::from_utf8(out).unwrap()
        };
        let end = Instant::now() + Duration::from_secs(60);
        loop {
            let before = ours(&nstats(netlink));
            let theirs = String::from_utf8(nstat(arguments)).unwrap();
            if before == ours(&nstats(netlink)) {
                assert_eq!(if options.json { cut(&before) } else { before }, theirs);
                break;
            }
            assert!(Instant::now() < end, "the counters do not stand still");
            thread::sleep(Duration::from_millis(20));
        }
    }
}

/// One connection over TCP with data, one datagram that arrives and one that nobody wants.
fn traffic(namespace: &Namespace) {
    namespace
        .run(|| {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            let (mut server, _) = listener.accept().unwrap();
            std::io::Write::write_all(&mut &client, b"hello").unwrap();
            drop(client);
            let mut text = String::new();
            server.read_to_string(&mut text).unwrap();
            assert_eq!(text, "hello");
            let receiver = UdpSocket::bind("127.0.0.1:0").unwrap();
            let address = receiver.local_addr().unwrap();
            let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
            sender.send_to(b"x", address).unwrap();
            receiver.recv_from(&mut [0; 8]).unwrap();
            drop(receiver);
            sender.send_to(b"x", address).unwrap();
        })
        .unwrap();
}

//! Traffic added up, against tshark, and merged in any order.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod support;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Duration;

use netshoot_core::analysis::{
    self, Attempts, Conversations, Endpoints, Hierarchy, Latencies, LatencyKind, Options, Report, Traffic,
};
use netshoot_core::capture::Reader;
use proptest::prelude::*;

const DEMO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/captures/demo.pcapng");
/// Of the corpus: many protocols, neighbours, tunnels, tags, and a lot of TCP.
const OTHERS: [&str; 4] = [
    "corelight+community-id-spec/pcaps/combined.pcap.gz",
    "zeek+zeek/testing/btest/Traces/tunnels/vxlan-encapsulated-igmp-v2.pcap",
    "zeek+zeek/testing/btest/Traces/http/206_example_b.pcap",
    "brimdata+brimcap/cmd/brimcap/ztests/alerts.pcap",
];

fn go_on(_: u64, _: u64) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

fn report(file: impl std::io::Read + Send) -> Report {
    analysis::analyze(&mut Reader::new(file).unwrap(), &Options::default(), go_on).unwrap()
}

/// The demo, one that is built, with tags, IPv6 and packets in packets, and those of the corpus.
fn captures(test: &str, built: &Path) -> Option<Vec<PathBuf>> {
    if !support::has_program("tshark") {
        support::skip(test, "tshark is missing");
        return None;
    }
    let pairs: Vec<_> = (0..60_u8).map(|n| (n % 7, n % 5, n)).collect();
    let files = [built.join("incident.pcap"), built.join("hosts.pcap")];
    std::fs::write(&files[0], support::incident::incident()).unwrap();
    std::fs::write(&files[1], parts(&pairs)).unwrap();
    let mut captures = vec![PathBuf::from(DEMO)];
    captures.extend(files);
    match std::env::var_os("NETSHOOT_CORPUS") {
        Some(corpus) => captures.extend(OTHERS.map(|name| Path::new(&corpus).join("captures").join(name))),
        None => support::skip(test, "NETSHOOT_CORPUS is not set: only the demo is compared"),
    }
    Some(captures)
}

fn tshark(path: &Path, statistics: &[&str]) -> String {
    let mut command = support::tshark(path);
    command.arg("-q").args(statistics.iter().flat_map(|name| ["-z", name]));
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn whole(path: &Path) -> Report {
    analysis::analyze(&mut Reader::open(path).unwrap(), &Options::default(), go_on).unwrap()
}

/// Frames and octets that each address sent and received.
#[test]
fn endpoints_are_those_of_tshark() {
    let folder = tempfile::tempdir().unwrap();
    let Some(captures) = captures("endpoints_are_those_of_tshark", folder.path()) else { return };
    for path in captures {
        let theirs: BTreeMap<IpAddr, [u64; 4]> = tshark(&path, &["endpoints,ip", "endpoints,ipv6"])
            .lines()
            .filter_map(|line| {
                let cells: Vec<_> = line.split_whitespace().collect();
                let number = |place: usize| cells[place].parse().unwrap();
                let address = cells.first()?.parse().ok()?;
                Some((address, [number(3), number(4), number(5), number(6)]))
            })
            .collect();
        let endpoints = Endpoints::of(&whole(&path));
        assert_eq!(endpoints.others(), Traffic::default());
        let rows = endpoints.rows().into_iter();
        let ours: BTreeMap<_, _> = rows
            .map(|row| (row.address, [row.sent.frames, row.sent.bytes, row.received.frames, row.received.bytes]))
            .collect();
        assert_eq!(ours, theirs, "{}", path.display());
    }
}

/// Frames in both directions; tshark rounds the octets.
#[test]
fn conversations_are_those_of_tshark() {
    let folder = tempfile::tempdir().unwrap();
    let Some(captures) = captures("conversations_are_those_of_tshark", folder.path()) else { return };
    for path in captures {
        let theirs: BTreeMap<(IpAddr, IpAddr), [u64; 2]> = tshark(&path, &["conv,ip", "conv,ipv6"])
            .lines()
            .filter_map(|line| {
                let (a, rest) = line.split_once("<->")?;
                let cells: Vec<_> = rest.split_whitespace().collect();
                let (a, b): (IpAddr, IpAddr) = (a.trim().parse().ok()?, cells[0].parse().unwrap());
                // What came from b, its octets with their unit, and what went to b.
                let (back, there) = (cells[1].parse().unwrap(), cells[4].parse().unwrap());
                Some(if a <= b { ((a, b), [there, back]) } else { ((b, a), [back, there]) })
            })
            .collect();
        let rows = Conversations::of(&whole(&path)).rows().into_iter();
        let ours: BTreeMap<_, _> = rows.map(|row| ((row.a, row.b), [row.a_to_b.frames, row.b_to_a.frames])).collect();
        assert_eq!(ours, theirs, "{}", path.display());
    }
}

/// The protocols down to the transport, by these rules: what applications say is left out, since tshark puts streams together
/// and guesses, as are raw IP, which is no protocol of ours, the packets that ICMP quotes, and the headers behind IPv6.
#[test]
fn the_hierarchy_is_that_of_tshark() {
    const KNOWN: [&str; 15] = [
        "eth", "vlan", "llc", "sll", "arp", "ip", "ipv6", "tcp", "udp", "icmp", "icmpv6", "sctp", "gre", "vxlan",
        "igmp",
    ];
    let folder = tempfile::tempdir().unwrap();
    let Some(captures) = captures("the_hierarchy_is_that_of_tshark", folder.path()) else { return };
    for path in captures {
        let mut theirs = BTreeMap::new();
        let mut around: Vec<String> = Vec::new();
        for line in tshark(&path, &["io,phs"]).lines().filter(|line| line.contains("frames:")) {
            let depth = (line.len() - line.trim_start().len()) / 2;
            let cells: Vec<_> = line.split_whitespace().collect();
            let number = |cell: &str| cell.split_once(':').unwrap().1.parse::<u64>().unwrap();
            around.truncate(depth);
            around.push(cells[0].to_owned());
            let names: Vec<_> = around.iter().map(String::as_str).filter(|name| *name != "raw").collect();
            theirs.insert(names.join(":"), (number(cells[1]), number(cells[2])));
        }
        let is_compared = |path: &String| {
            let names: Vec<_> = path.split(':').collect();
            let is_quoted = names.iter().rev().skip(1).any(|name| name.starts_with("icmp") || *name == "sctp");
            !path.is_empty() && names.iter().all(|name| KNOWN.contains(name)) && !is_quoted
        };
        theirs.retain(|path, _| is_compared(path));
        let hierarchy = analysis::hierarchy(&mut Reader::open(&path).unwrap(), &Options::default(), go_on).unwrap();
        let nodes = hierarchy.nodes().into_iter();
        let ours: BTreeMap<_, _> = nodes
            .map(|node| (node.name(), (node.traffic.frames, node.traffic.bytes)))
            .filter(|(path, _)| is_compared(path))
            .collect();
        assert_eq!(ours, theirs, "{}", path.display());
    }
}

#[test]
fn first_and_last_are_of_all_flows() {
    let report = whole(Path::new(DEMO));
    let rows = Endpoints::of(&report).rows();
    for row in rows {
        let own =
            || report.flows.iter().filter(|flow| [flow.client.address, flow.server.address].contains(&row.address));
        assert_eq!(row.flows, own().count() as u64);
        assert_eq!(row.first, own().map(|flow| flow.first).min().unwrap());
        assert_eq!(row.last, own().map(|flow| flow.last).max().unwrap());
    }
}

/// A capture of a frame between each pair of hosts: of UDP or of ICMP, some in a tunnel of IP.
fn parts(pairs: &[(u8, u8, u8)]) -> Vec<u8> {
    let mut file = [0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 101, 0, 0, 0].to_vec();
    for (n, (from, to, kind)) in (0_u32..).zip(pairs) {
        let (protocol, inside) = match kind % 3 {
            0 => (17, vec![0, 7, 0, 9, 0, 8, 0, 0]),
            1 => (1, vec![8, 0, 0, 0, 0, 0, 0, 0]),
            _ => (4, ip(*to, *from, 17, &[0, 7, 0, 9, 0, 8, 0, 0])),
        };
        let packet = ip(*from, *to, protocol, &inside);
        let len = packet.len() as u32;
        file.extend([n * 7919 % 100, 0, len, len].iter().flat_map(|number| number.to_le_bytes()));
        file.extend(packet);
    }
    file
}

fn ip(from: u8, to: u8, protocol: u8, payload: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x45, 0, 0, 20 + payload.len() as u8, 0, 0, 0, 0, 64, protocol, 0, 0];
    packet.extend([10, 0, 0, from, 10, 0, 0, to]);
    packet.extend(payload);
    packet
}

fn protocols(file: &[u8], most: usize) -> Hierarchy {
    let mut hierarchy = Hierarchy::new(most);
    let mut reader = Reader::new(file).unwrap();
    while let Some(frame) = reader.next_frame().unwrap() {
        hierarchy.add(&frame, &frame.packet());
    }
    hierarchy
}

/// `(a + b) + c`, `a + (b + c)` and `c + b + a`.
fn merged<T: Clone>(parts: [T; 3], merge: impl Fn(&mut T, &T)) -> [T; 3] {
    let [a, b, c] = parts;
    let sum = |first: &T, second: &T| {
        let mut sum = first.clone();
        merge(&mut sum, second);
        sum
    };
    [sum(&sum(&a, &b), &c), sum(&a, &sum(&b, &c)), sum(&sum(&c, &b), &a)]
}

fn hosts() -> impl Strategy<Value = Vec<(u8, u8, u8)>> {
    prop::collection::vec((0_u8..12, 0_u8..12, 0_u8..3), 0..40)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn parts_in_any_order_give_the_same(a in hosts(), b in hosts(), c in hosts(), most in 0_usize..16) {
        let files = [parts(&a), parts(&b), parts(&c)];
        let all: u64 = files.iter().flat_map(|file| report(&file[..]).flows).map(|flow| flow.packets()).sum();
        let endpoints = files.each_ref().map(|file| {
            let mut endpoints = Endpoints::new(most);
            endpoints.add(&report(&file[..]));
            endpoints
        });
        let [one, other, back] = merged(endpoints, Endpoints::merge);
        prop_assert!(one == other && one == back && one.rows().len() <= most);
        let kept: u64 = one.rows().iter().map(|row| row.sent.frames).sum();
        prop_assert_eq!(kept + one.others().frames, all);
        let pairs = files.each_ref().map(|file| {
            let mut conversations = Conversations::new(most);
            conversations.add(&report(&file[..]));
            conversations
        });
        let [one, other, back] = merged(pairs, Conversations::merge);
        prop_assert!(one == other && one == back && one.rows().len() <= most);
        let kept: u64 = one.rows().iter().map(|row| row.a_to_b.frames + row.b_to_a.frames).sum();
        prop_assert_eq!(kept + one.others().frames, all);
        let [one, other, back] = merged(files.each_ref().map(|file| protocols(file, most % 3)), Hierarchy::merge);
        prop_assert!(one == other && one == back);
        let kept: u64 = one.nodes().iter().filter(|node| node.path.len() == 1).map(|node| node.traffic.frames).sum();
        prop_assert_eq!(kept + one.others().frames, (a.len() + b.len() + c.len()) as u64);
    }

    /// What is kept of a capture that is cut in two is what is kept of the whole.
    #[test]
    fn what_is_kept_is_exact(all in hosts(), cut in 0_usize..40, most in 0_usize..16) {
        let (a, b) = all.split_at(cut.min(all.len()));
        let sum = |pairs: &[(u8, u8, u8)]| {
            let mut endpoints = Endpoints::new(most);
            endpoints.add(&report(&parts(pairs)[..]));
            endpoints
        };
        let mut merged = sum(a);
        merged.merge(&sum(b));
        let traffic = |endpoints: &Endpoints| {
            endpoints.rows().iter().map(|row| (row.address, row.sent, row.received)).collect::<Vec<_>>()
        };
        prop_assert_eq!(traffic(&merged), traffic(&sum(&all)));
        prop_assert_eq!(merged.others(), sum(&all).others());
    }
}

/// Connections of `client` to `host` and `port`: unanswered, refused, or open with data.
fn attempted(tries: &[(u8, u8, u8, u8)]) -> Vec<u8> {
    let mut file = [0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 101, 0, 0, 0].to_vec();
    let mut put = |time: u32, ends: [u8; 2], ports: [u16; 2], flags: u8, len: u16| {
        let total = 40 + len;
        let record = [1_u32, time, total.into(), total.into()].map(u32::to_le_bytes).concat();
        file.extend(record);
        file.extend([0x45, 0, (total >> 8) as u8, total as u8, 0, 1, 0x40, 0, 64, 6, 0, 0]);
        file.extend([10, 0, 0, ends[0], 10, 0, 0, ends[1]]);
        file.extend(ports.map(u16::to_be_bytes).concat());
        file.extend([0, 0, 0, 1, 0, 0, 0, 1, 0x50, flags, 4, 0, 0, 0, 0, 0]);
        file.resize(file.len() + usize::from(len), 0);
    };
    for (number, (client, host, port, kind)) in (0_u16..).zip(tries) {
        let (ends, ports) = ([*client, 100 + host], [40_000 + number, 1 + u16::from(*port)]);
        let (back, reply) = ([ends[1], ends[0]], [ports[1], ports[0]]);
        let time = u32::from(number) * 10;
        put(time, ends, ports, 2, 0);
        match kind % 3 {
            0 => {}
            1 => put(time + 1, back, reply, 20, 0),
            _ => {
                put(time + 1, back, reply, 18, 0);
                put(time + 2, ends, ports, 24, 10);
            }
        }
    }
    file
}

fn tries() -> impl Strategy<Value = Vec<(u8, u8, u8, u8)>> {
    prop::collection::vec((0_u8..3, 0_u8..4, 0_u8..6, 0_u8..3), 0..40)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn attempts_of_parts_in_any_order_are_those_of_the_whole(a in tries(), b in tries(), c in tries(), most in 0_usize..12) {
        let bounded = |tries: &[(u8, u8, u8, u8)], most| {
            let mut attempts = Attempts::new(most);
            attempts.add(&report(&attempted(tries)[..]));
            attempts
        };
        let of = |most: usize| merged([&a, &b, &c].map(|tries| bounded(tries, most)), Attempts::merge);
        let [one, two, three] = of(most);
        prop_assert!(one == two && two == three, "merging is associative, and any order does");
        // Each part's connections are other ones, so that the whole is what all of them are together.
        let all = [&a[..], &b[..], &c[..]].concat();
        let vain = all.iter().filter(|(.., kind)| kind % 3 < 2);
        let [sum, ..] = of(1000);
        let rows = sum.rows();
        prop_assert_eq!(rows.iter().map(|row| row.attempts).sum::<u64>(), vain.clone().count() as u64);
        for row in rows {
            let IpAddr::V4(client) = row.client else { panic!("IPv4") };
            let own: Vec<_> = vain.clone().filter(|(from, ..)| *from == client.octets()[3]).collect();
            let services: std::collections::BTreeSet<_> = own.iter().map(|(_, host, port, _)| (host, port)).collect();
            let hosts: std::collections::BTreeSet<_> = own.iter().map(|(_, host, ..)| host).collect();
            let refused = own.iter().filter(|(.., kind)| kind % 3 == 1).count() as u64;
            prop_assert_eq!((row.services, row.hosts), (services.len() as u64, hosts.len() as u64));
            prop_assert_eq!((row.refused, row.unanswered), (refused, own.len() as u64 - refused));
        }
    }

    #[test]
    fn latencies_of_parts_in_any_order_are_those_of_the_whole(parts in prop::array::uniform3(prop::collection::vec(0_u64..1 << 40, 0..50))) {
        let of = |nanos: &[u64]| {
            let mut latencies = Latencies::default();
            let each = nanos.iter().map(|nanos| Duration::from_nanos(*nanos));
            each.for_each(|time| latencies.add(LatencyKind::Call, Some(time)));
            latencies
        };
        let whole = of(&parts.concat());
        for sum in merged(parts.map(|part| of(&part)), Latencies::merge) {
            prop_assert_eq!(&sum, &whole);
        }
    }
}

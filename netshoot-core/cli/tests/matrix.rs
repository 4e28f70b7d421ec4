//! Options and words of `ip`, `bridge`, `tc`, `ss` and `nstat`, each combination octet for octet beside the installed
//! program, in a namespace that keeps still.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::print_stderr)]
#![allow(missing_docs)]

#[path = "../../tests/support/skip.rs"]
mod skip;

use std::io::Write;
use std::process::{Command, Output, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde_json::Value;

/// A namespace made for one test, and removed after it.
struct Place(String);

impl Place {
    fn new(test: &str) -> Option<Self> {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("netshoot-matrix-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let made = Command::new("ip").args(["netns", "add", &name]).output();
        if !made.is_ok_and(|output| output.status.success()) {
            skip::skip(test, "making a network namespace needs iproute2 and root");
            return None;
        }
        let place = Self(name);
        for (program, option, lines) in
            [("ip", "-s", LINKS), ("ip", "-6", RULES6), ("bridge", "-s", ENTRIES), ("tc", "-s", QDISCS)]
        {
            let mut batch = Command::new(program)
                .args([option, "-n", &place.0, "-batch", "-"])
                .stdin(Stdio::piped())
                .spawn()
                .unwrap();
            batch.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
            assert!(batch.wait().unwrap().success(), "{program}");
        }
        Some(place)
    }

    fn ask(&self, words: &str, ours: bool) -> Output {
        let mut words: Vec<&str> = words.split_whitespace().collect();
        if ours {
            words.insert(0, env!("CARGO_BIN_EXE_netshoot"));
        }
        // Less work than `ip netns exec`, which mounts a file system for each.
        Command::new("nsenter").arg(format!("--net=/run/netns/{}", self.0)).args(words).output().unwrap()
    }

    /// What differs between the two, when nothing changed from before until after; `None` when nothing does.
    fn difference(&self, words: &str) -> Option<String> {
        let show = |ours: bool| {
            let output = self.ask(words, ours);
            let error = if output.status.success() { "" } else { "refused\n" };
            Shown::new(&format!("{error}{}", String::from_utf8_lossy(&output.stdout)))
        };
        let mut before = show(false);
        for _ in 0..100 {
            let (mut own, after) = (show(true), show(false));
            if before.text == after.text && before.is_no_older(&after) {
                // Nothing is not JSON; an empty list is.
                if after.text.is_empty() && matches!(own.text.trim_end(), "[]" | "[ ]") {
                    own.text.clear();
                }
                let is_same = own.text == after.text || without_news(&own.text) == without_news(&after.text);
                let is_between = before.is_no_older(&own) && own.is_no_older(&after);
                let told = || format!("{words}:\n{own:?}\nbut the installed program has\n{before:?}\nand\n{after:?}");
                return (!is_same || !is_between).then(told);
            }
            before = after;
        }
        Some(format!("{words}: it changed between any two of 100 answers"))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = Command::new("ip").args(["netns", "delete", &self.0]).output();
    }
}

/// An answer, and apart from it how many seconds ago each neighbour or entry was used, confirmed and updated.
#[derive(Debug)]
struct Shown {
    text: String,
    ages: Vec<u64>,
}

impl Shown {
    /// `used 1/2/3`, in JSON `"used":1`.
    fn new(answer: &str) -> Self {
        let mut shown = Self { text: String::new(), ages: Vec::new() };
        let mut is_aged = false;
        for word in answer.split_inclusive(|letter: char| !letter.is_ascii_alphanumeric()) {
            let rest = word.trim_start_matches(|letter: char| letter.is_ascii_digit());
            if word.starts_with(|letter: char| letter.is_ascii_alphabetic()) {
                is_aged = ["used", "confirmed", "updated"].iter().any(|name| word.starts_with(name));
            }
            match word[..word.len() - rest.len()].parse() {
                Ok(age) if is_aged => {
                    shown.ages.push(age);
                    shown.text.push('0');
                    shown.text.push_str(rest);
                }
                _ => shown.text.push_str(word),
            }
        }
        shown
    }

    fn is_no_older(&self, later: &Self) -> bool {
        self.ages.len() == later.ages.len() && self.ages.iter().zip(&later.ages).all(|(age, later)| age <= later)
    }
}

/// Without what versions of iproute2 after 6.1 say of links and addresses: words with the one behind them, or members.
fn without_news(text: &str) -> String {
    if let Ok(mut tree) = serde_json::from_str(text) {
        forget(&mut tree);
        return tree.to_string();
    }
    let mut lines = Vec::new();
    for line in text.lines() {
        let mut left = Vec::new();
        let mut words = line.split(' ');
        while let Some(word) = words.next() {
            match word {
                "netns-immutable" => {}
                word if NEWS.contains(&word) => drop(words.next()),
                word => left.push(word),
            }
        }
        lines.push(left.join(" ").replace(" proto kernel_lo", "").replace(" proto 0x1", ""));
    }
    lines.join("\n")
}

fn forget(tree: &mut Value) {
    match tree {
        Value::Array(items) => items.iter_mut().for_each(forget),
        Value::Object(members) => {
            let of_loopback =
                |name: &str, value: &Value| name == "protocol" && (value == "kernel_lo" || value == "0x1");
            members.retain(|name, value| !NEWS.contains(&name.as_str()) && !of_loopback(name, value));
            members.values_mut().for_each(forget);
        }
        _ => {}
    }
}

fn compare(test: &str, lines: &[String]) {
    let Some(place) = Place::new(test) else { return };
    let (next, differing) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some(words) = lines.get(next.fetch_add(1, Ordering::Relaxed)) {
                    differing.lock().unwrap().extend(place.difference(words));
                }
            });
        }
    });
    let differing = differing.into_inner().unwrap();
    assert!(differing.is_empty(), "{} of {}:\n{}", differing.len(), lines.len(), differing.join("\n"));
}

fn product(program: &str, options: &str, objects: &str) -> Vec<String> {
    let mut all = Vec::new();
    for option in options.split('|').map(str::trim) {
        for object in objects.split('|').map(str::trim) {
            all.push(format!("{program} {option} {object}").split_whitespace().collect::<Vec<_>>().join(" "));
        }
    }
    all
}

#[test]
fn options_of_ip_mean_the_same() {
    let mut lines = product("ip", IP_OPTIONS, IP_OBJECTS);
    lines.retain(|line| !EXPLAINED.contains(&line.as_str()));
    assert!(lines.len() > 250);
    compare("options_of_ip_mean_the_same", &lines);
}

#[test]
fn words_of_ip_mean_the_same() {
    let lines: Vec<_> = IP_WORDS.split('|').map(|words| format!("ip {}", words.trim())).collect();
    compare("words_of_ip_mean_the_same", &lines);
}

#[test]
fn options_of_bridge_and_tc_mean_the_same() {
    let lines = [
        product(
            "bridge",
            "|-j|-s|-d|-s -d|-j -p|-j -s|-stat|-c=never",
            "fdb|fdb show br br0|f s brport two|fdb show dev vx",
        ),
        product(
            "tc",
            "|-j|-s|-d|-s -d|-j -p|-j -s -d|-stat|-det|-N|-br|-j -brief|-c=never",
            "qdisc|q ls|qdisc show dev one|qdisc show dev one root",
        ),
    ];
    compare("options_of_bridge_and_tc_mean_the_same", &lines.concat());
}

#[test]
fn options_of_ss_and_nstat_mean_the_same() {
    let lines = [
        product("ss", "-t|-u|-w|-x|-0|-tu|-tuw|-4|-6|-f inet|-f inet6|-A tcp|-A inet,unix", "-n|-an|-ln|-lnH|-nO|-ane"),
        product("nstat", "-as|-asz|-asj|-aszj|-a -s -z -p -j", "|Tcp*|UdpIn* Ip*"),
    ];
    compare("options_of_ss_and_nstat_mean_the_same", &lines.concat());
}

const NEWS: [&str; 9] = [
    "gso_ipv4_max_size",
    "gro_ipv4_max_size",
    "netns-immutable",
    "fdb_n_learned",
    "fdb_max_learned",
    "mst_enabled",
    "mab",
    "neigh_vlan_suppress",
    "bclim",
];
/// `ip -6 address` leaves out what it says of links otherwise; rules have a family of their own; newer versions of
/// `ip -s nexthop` have counters.
const EXPLAINED: [&str; 14] = [
    "ip -6 a",
    "ip -4 -6 a",
    "ip -f inet6 a",
    "ip -family inet6 a",
    "ip -d -6 a",
    "ip -0 ru",
    "ip -s nexthop",
    "ip -s -s nexthop",
    "ip -d -s nexthop",
    "ip -j -d -s nexthop",
    "ip -s -o nexthop",
    "ip -h -s nexthop",
    "ip -iec -h -s nexthop",
    "ip -stat -details nexthop",
];
const IP_OPTIONS: &str = "|-4|-6|-0|-j|-d|-s|-s -s|-o|-br|-N|-j -p|-d -s|-j -d -s|-d -o|-s -o|-j -br|-br -4|-h -s|-iec -h -s\
    |-f inet|-f inet6|-family inet6|-4 -6|-det|-stat -details|-c=never|-color=never -j|-oneline|-pretty -json|-N -d|-d -4|-d -6";
const IP_OBJECTS: &str = "a|addr show one|l|link show type veth|r|ro sh table all|ru|n|nexthop";
const IP_WORDS: &str = "a|ad|addr|addre|address|address show|a s|a sh|a l|a list|a ls|a s one|a s dev one|addr show up|addr show dev one up\
    |addr show master br0|addr show type veth|addr show to 192.0.2.0/24|addr show scope host|addr show scope link|addr show label one*\
    |addr show permanent|addr show dynamic|addr show primary|addr show secondary|-4 addr show up scope global|addr show group default\
    |l|li|link|l sh|link ls|link show one|link show dev one|link show up|link show master br0|link show nomaster|link show type bridge\
    |link show type bridge_slave|link show group 7|link show type vxlan|-d link show type vxlan|-s -s link show one\
    |r|ro|route|r s|r l|ro ls|route show|route list|route show table main|route show table 254|route show table local|route show table 77\
    |route show table all|-6 route show table all|route show dev one|route show proto static|route show proto boot|route show proto kernel\
    |route show scope link|route show scope global|route show type blackhole|route show type unicast|route show type local table all\
    |route show via 192.0.2.9|route show src 192.0.2.1|route show metric 5 table all|route show default|route show 198.51.100.0/24\
    |route show root 198.51.100.0/24|route show match 203.0.113.9|route show exact 203.0.113.0/24|route show to 203.0.113.0/24\
    |route show to root 0.0.0.0/0|route show to match 203.0.113.9|route show tos 0|route show table 77 dev one|-6 route show dev one\
    |-6 r|-4 r|r g 192.0.2.9|ro get 192.0.2.9|route get 203.0.113.9|route get to 192.0.2.1|route get 192.0.2.9 from 192.0.2.1\
    |route get 192.0.2.9 oif one|route get 192.0.2.9 mark 1|route get 192.0.2.9 uid 0|route get 192.0.2.9 ipproto tcp dport 80\
    |route get fibmatch 203.0.113.9|-6 route get 2001:db8::9|-j route get 192.0.2.9|-d route get 192.0.2.9|-o route get 192.0.2.9\
    |route get 203.0.112.9|route get 8.8.8.8|ru|rule|rule show|rule ls|ru l|-6 rule|rule show table 77|rule show pref 100|rule show from 10.0.0.0/8\
    |-d rule|-N rule|n|ne|neigh|neighbor|neighbour|n s|neigh show|neigh ls|neigh show dev one|neigh show nud permanent|neigh show nud all\
    |neigh show proxy|neigh show 192.0.2.9|neigh show to 192.0.2.0/24|neigh show nud reachable|-6 neigh|-s neigh|-br neigh|-j neigh\
    |neigh show master br0|nexthop|nexthop show|nexthop ls|nexthop show id 5|nexthop show groups|nexthop show dev one|nexthop get id 5\
    |-0 -br addr|-0 -o addr|-0 -o -s addr show one|-0 -j addr|-0 -j -br addr|-Numeric -j addr|-Num route|route get 192.0.2|route get 198\
    |route show root 198/8|route show match 203.0|neigh show 192.0/16|addr show to 192/8|rule show from 10/8|rule show to 10\
    |-d nexthop|-N nexthop|route show nonsense|link show no-such|addr show nonsense nonsense|neigh show nud nonsense|route show table nonsense";
const LINKS: &str = "\
link set lo up
link add one index 100 address 02:00:00:00:00:01 type veth peer name two index 101 address 02:00:00:00:00:02
link add br0 index 102 address 02:00:00:00:00:03 type bridge
link add vx index 103 address 02:00:00:00:00:04 type vxlan id 7 remote 192.0.2.7 dstport 4789
link add mac0 index 104 address 02:00:00:00:00:05 link one type macvlan mode bridge
link set one addrgenmode none alias uplink
link set two addrgenmode none group 7
link set two master br0
link set two up
link set one up
addr add 192.0.2.1/24 dev one label one:a
addr add 192.0.2.2/24 dev one
addr add 2001:db8::1/64 dev one nodad
addr add 10.9.0.1 peer 10.9.0.2/32 dev mac0
route add default via 192.0.2.254
route add 198.51.100.0/24 via 192.0.2.9 metric 5 mtu 1300 proto static table 77
route add 203.0.113.0/24 nexthop via 192.0.2.7 weight 2 nexthop via 192.0.2.8
route add blackhole 203.0.112.0/24
route add unreachable 203.0.111.0/24 metric 9
route add 203.0.110.0/24 via 192.0.2.9 proto static src 192.0.2.2
route add 2001:db8:1::/48 via 2001:db8::9
route add prohibit 2001:db8:2::/48
rule add from 10.0.0.0/8 table 77 pref 100
rule add fwmark 5/0xff blackhole pref 200
rule add iif one tos 0x10 lookup 77 pref 300
neigh add 192.0.2.9 lladdr 02:00:00:00:00:09 dev one nud permanent
neigh add proxy 192.0.2.77 dev one
neigh add 2001:db8::9 lladdr 02:00:00:00:00:09 dev one nud permanent
nexthop add id 5 via 192.0.2.5 dev one
nexthop add id 6 group 5
nexthop add id 8 blackhole
";
const RULES6: &str = "rule add to 2001:db8::/32 table 77 pref 100\n";
const ENTRIES: &str = "\
fdb add 02:00:00:00:00:aa dev two master static
fdb add 02:00:00:00:00:bb dev vx dst 192.0.2.8
";
const QDISCS: &str = "\
qdisc add dev one root handle 1: htb default 10
qdisc add dev two root tbf rate 1mbit burst 10k latency 50ms
";

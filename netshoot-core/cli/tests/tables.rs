//! `netshoot ip rule`, `ip neigh`, `bridge fdb` and `tc qdisc` beside the installed iproute2, word for word.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::print_stderr)]
#![allow(missing_docs)]

#[path = "../../tests/support/skip.rs"]
mod skip;
#[path = "../../tests/support/still.rs"]
mod still;

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::Value;

/// A namespace made for one test, and removed after it.
struct Place(String);

impl Place {
    fn new(test: &str) -> Option<Self> {
        let name = format!("netshoot-tables-{}", std::process::id());
        let made = Command::new("ip").args(["netns", "add", &name]).output();
        if !made.is_ok_and(|output| output.status.success()) {
            skip::skip(test, "making a network namespace needs iproute2 and root");
            return None;
        }
        let place = Self(name);
        for (program, family, lines) in
            [("ip", "-s", LINKS), ("ip", "-6", RULES6), ("bridge", "-s", ENTRIES), ("tc", "-s", QDISCS)]
        {
            let mut batch = Command::new(program)
                .args([family, "-n", &place.0, "-batch", "-"])
                .stdin(Stdio::piped())
                .spawn()
                .unwrap();
            batch.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
            assert!(batch.wait().unwrap().success(), "{program}");
        }
        Some(place)
    }

    /// What the installed program says, or what ours says in its place.
    fn ask(&self, words: &str, ours: bool) -> String {
        let own = ours.then_some(env!("CARGO_BIN_EXE_netshoot"));
        let words = own.into_iter().chain(words.split_whitespace());
        let output = Command::new("ip").args(["netns", "exec", &self.0]).args(words).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{own:?}");
        String::from_utf8(output.stdout).unwrap()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = Command::new("ip").args(["netns", "delete", &self.0]).output();
    }
}

#[test]
fn rules_neighbours_forwarding_entries_and_qdiscs_are_those_of_iproute2() {
    let Some(place) = Place::new("rules_neighbours_forwarding_entries_and_qdiscs_are_those_of_iproute2") else {
        return;
    };
    let (mut differing, mut lines) = (Vec::new(), 0);
    for words in SAME.lines().map(str::trim).filter(|line| !line.is_empty()) {
        // Ages tick, too.
        let (own, theirs) = still::still(words, || place.ask(words, true), || place.ask(words, false));
        let tree = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_else(|error| panic!("{words}: {error}"));
        let theirs = if words.contains("-j") && theirs.is_empty() { "[]".to_owned() } else { theirs };
        let same = if words.contains("-j") { tree(&own) == tree(&theirs) } else { own == theirs };
        if !same {
            differing.push(format!("{words}:\n{own}but iproute2 has\n{theirs}"));
        }
        lines += own.lines().count();
    }
    assert!(differing.is_empty(), "{}", differing.join("\n"));
    assert!(lines > 500, "only {lines} lines were compared");
}

#[test]
fn what_cannot_be_shown_is_told_in_one_line() {
    for (words, part) in [
        ("ip rule nonsense", "cannot make sense of \"nonsense\""),
        ("ip neigh show dev no-such", "there is no such link"),
        ("ip neigh show nud nonsense", "is no state"),
        ("ip neigh get 10.255.255.254 dev lo", "there is no such neighbour"),
        ("ip neigh get 10.255.255.254", "an address and a link are needed"),
        ("ip neigh get nonsense dev lo", "cannot make sense of \"nonsense\""),
        ("bridge fdb get 02:00:00:00:00:0x dev lo", "cannot make sense of"),
        ("bridge fdb get 02:00:00:00:00:01", "an address and a link are needed"),
        ("bridge fdb nonsense", "cannot make sense of \"nonsense\""),
        ("tc qdisc show parent x:y", "is no parent"),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_netshoot")).args(words.split(' ')).output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && told.contains(part) && told.lines().count() == 1, "{words}: {told}");
    }
}

const SAME: &str = "
    ip rule
    ip rule show
    ip -d rule
    ip -j rule
    ip -j -d rule
    ip -6 rule
    ip -6 -d rule
    ip -6 -j -d rule
    ip rule list table 100
    ip rule show from 10.0.0.0/8
    ip rule show to 192.0.2.0/24
    ip rule show pref 30
    ip rule show fwmark 0x10
    ip rule show iif v0
    ip rule show oif v1
    ip rule show not
    ip rule show ipproto tcp
    ip rule show uidrange 1000-2000
    ip rule show tos 0x10
    ip rule show l3mdev
    ip neigh
    ip neigh show
    ip -4 neigh
    ip -6 neigh
    ip -j neigh
    ip -d neigh
    ip -j -d neigh
    ip -br neigh
    ip -br -j neigh
    ip -s neigh
    ip -s -j neigh
    ip neigh show dev v0
    ip neigh show nomaster
    ip -j neigh show dev v0
    ip neigh show nud all
    ip neigh show nud noarp
    ip neigh show nud stale nud permanent
    ip neigh show 10.1.0.0/24
    ip neigh show to fd00::/16
    ip neigh show proxy
    ip -j neigh show proxy
    ip neigh show unused
    ip neigh show proto static
    ip neigh show master br0
    ip neigh show proxy master br0
    ip neigh get 10.1.0.2 dev v0
    ip neigh get to fd00:1::2 dev v0
    ip -s neigh get 10.1.0.7 dev v0
    ip neigh get proxy 10.1.0.99 dev v0
    bridge fdb get 02:00:00:00:00:aa dev v1 master
    bridge -j fdb get 02:00:00:00:00:aa br br0
    bridge -s fdb get 02:00:00:00:01:01 dev vx0 self
    bridge fdb
    bridge fdb show
    bridge -j fdb
    bridge -d fdb
    bridge -s fdb
    bridge fdb show br br0
    bridge -j fdb show br br0
    bridge fdb show brport v1
    bridge fdb show dev vx0
    bridge -s -j fdb
    bridge fdb show dynamic
    bridge fdb show state permanent
    bridge fdb show state static
    tc qdisc
    tc qdisc show
    tc -d qdisc
    tc -s qdisc
    tc -j qdisc
    tc -j -s -d qdisc
    tc -s -d qdisc
    tc qdisc show dev v0
    tc -j -d qdisc show dev v2
    tc -d -s qdisc show dev v3
    tc qdisc show root
    tc qdisc show dev v5 ingress
    tc qdisc show invisible
    tc -j qdisc show dev v0 invisible
";
const LINKS: &str = "
link set lo up
link add v0 type veth peer name v1
link add v2 type veth peer name v3
link add v4 type veth peer name v5
link add v6 type veth peer name v7
link add br0 type bridge
link set v1 master br0
link set v0 up
link set v1 up
link set v2 up
link set v3 up
link set v4 up
link set v5 up
link set v6 up
link set br0 up
link add vx0 type vxlan id 42 dev v2 dstport 4789
link add vx1 type vxlan external dstport 4790
link set vx0 up
addr add 10.1.0.1/24 dev v0
addr add fd00:1::1/64 dev v0 nodad
rule add pref 10 from 10.0.0.0/8 table 100
rule add pref 11 from 10.1.2.3 to 192.0.2.0/24 table 70000
rule add pref 12 not from 10.0.0.0/8 lookup main
rule add pref 13 fwmark 0x10 table 101
rule add pref 14 fwmark 0x10/0xff table 101
rule add pref 15 fwmark 0/0xf0 table 101
rule add pref 16 iif v0 table 102
rule add pref 17 iif gone0 table 102
rule add pref 18 oif v1 table 103
rule add pref 19 oif gone1 table 103
rule add pref 20 uidrange 1000-2000 table 104
rule add pref 21 ipproto tcp dport 80 table 105
rule add pref 22 ipproto udp sport 1000-2000 dport 53 table 105
rule add pref 23 ipproto 99 table 105
rule add pref 24 tos 0x10 table 106
rule add pref 25 table main suppress_prefixlength 0
rule add pref 26 table main suppress_ifgroup 7
rule add pref 27 goto 40
rule add pref 28 goto 99999
rule add pref 29 nop
rule add pref 30 from 10.9.0.0/16 blackhole
rule add pref 31 from 10.9.0.0/16 unreachable
rule add pref 32 from 10.9.0.0/16 prohibit
rule add pref 33 tun_id 77 table 107
rule add pref 34 from 10.8.0.0/16 table 108 realms 5/6
rule add pref 35 from 10.8.0.0/16 table 108 realms 6
rule add pref 36 from all table 109 protocol bgp
rule add pref 37 from all table 109 protocol 99
rule add pref 38 l3mdev
rule add pref 40 from all lookup default
neigh add 10.1.0.2 lladdr 02:00:00:00:00:02 dev v0
neigh add 10.1.0.3 lladdr 02:00:00:00:00:03 dev v0 nud noarp
neigh add 10.1.0.4 lladdr 02:00:00:00:00:04 dev v0 nud stale
neigh add 10.1.0.5 dev v0 nud failed
neigh add 10.1.0.6 lladdr 02:00:00:00:00:06 dev v0 protocol static
neigh add 10.1.0.7 lladdr 02:00:00:00:00:07 dev v0 nud permanent extern_learn
neigh add 10.1.0.8 lladdr 02:00:00:00:00:08 dev v0 router
neigh add fd00:1::2 lladdr 02:00:00:00:00:02 dev v0
neigh add fd00:1::3 lladdr 02:00:00:00:00:03 dev v0 nud stale router
neigh add 10.2.0.2 lladdr 02:00:00:00:01:02 dev v1
neigh add proxy 10.1.0.99 dev v0
neigh add proxy fd00:1::99 dev v0
neigh add proxy 10.2.0.99 dev v1
neigh add proxy 10.1.0.98 dev v0 protocol 99
";
const RULES6: &str = "
rule add pref 10 from fd00::/8 table 100
rule add pref 11 from fd00::1 to 2001:db8::/32 table 70000
rule add pref 12 from ::/0 fwmark 7 table 101
rule add pref 13 ipproto ipv6-icmp table 101
rule add pref 14 sport 5 table 101
rule add pref 15 goto 20
rule add pref 20 nop
";
const ENTRIES: &str = "
fdb add 02:00:00:00:00:aa dev v1 master static
fdb add 02:00:00:00:00:ac dev v1 master dynamic
fdb add 02:00:00:00:00:ad dev v1 master sticky static
fdb add 02:00:00:00:00:ae dev v1 self permanent
fdb add 02:00:00:00:00:af dev br0 self local
fdb add 02:00:00:00:00:b0 dev v1 master extern_learn
fdb add 02:00:00:00:01:01 dev vx0 dst 192.0.2.1
fdb append 00:00:00:00:00:00 dev vx0 dst 192.0.2.2
fdb append 00:00:00:00:00:00 dev vx0 dst 192.0.2.3 port 4791 vni 77
fdb add 02:00:00:00:01:02 dev vx0 dst 192.0.2.4 via v2
fdb add 02:00:00:00:01:03 dev vx1 dst 192.0.2.5 src_vni 1000 vni 2000
fdb add 02:00:00:00:01:04 dev vx1 dst 192.0.2.9 src_vni 1001
";
const QDISCS: &str = "
qdisc add dev v0 root handle 1: tbf rate 1mbit burst 32kbit latency 400ms
qdisc add dev v1 root handle 1: tbf rate 20gbit burst 10mb limit 100mb
qdisc add dev v2 root handle 5: htb default 30 r2q 20
class add dev v2 parent 5: classid 5:30 htb rate 3mbit
qdisc add dev v2 parent 5:30 handle 30: pfifo limit 17
qdisc add dev v3 root handle 7: bfifo limit 30000
qdisc add dev v4 root handle a1: tbf rate 3333kbit burst 5000 limit 20000 peakrate 7mbit minburst 1600 overhead 9 linklayer atm
qdisc add dev v5 ingress
qdisc add dev v6 clsact
qdisc add dev v6 root handle fff0: pfifo_head_drop limit 9
";

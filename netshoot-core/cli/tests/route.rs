//! `netshoot ip route` and `ip nexthop` beside the installed `ip`, word for word: what one prints and how it ends, the other
//! does.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::print_stderr)]
#![allow(missing_docs)]

#[path = "../../tests/support/skip.rs"]
mod skip;
#[path = "../../tests/support/still.rs"]
mod still;

use std::io::Write;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// A namespace made for one test, and removed after it.
struct Place(String);

impl Place {
    fn new(test: &str) -> Option<Self> {
        let name = format!("netshoot-cli-{}-{}", std::process::id(), &test[..4]);
        let made = Command::new("ip").args(["netns", "add", &name]).output();
        if !made.is_ok_and(|output| output.status.success()) {
            skip::skip(test, "making a network namespace needs iproute2 and root");
            return None;
        }
        let place = Self(name);
        // Link-local addresses are there at once, not a second or two later.
        let quick = ["netns", "exec", &place.0, "sh", "-c", "echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad"];
        assert!(Command::new("ip").args(quick).status().unwrap().success());
        let mut batch = Command::new("ip").args(["-n", &place.0, "-batch", "-"]).stdin(Stdio::piped()).spawn().unwrap();
        batch.stdin.take().unwrap().write_all(LINES.as_bytes()).unwrap();
        assert!(batch.wait().unwrap().success());
        Some(place)
    }

    fn ask(&self, program: &str, words: &str) -> Output {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.0, program]);
        if program != "ip" {
            command.arg("ip");
        }
        command.args(words.split_whitespace()).output().unwrap()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = Command::new("ip").args(["netns", "delete", &self.0]).output();
    }
}

#[test]
fn words_of_ip_route_and_nexthop_mean_the_same() {
    let Some(place) = Place::new("words_of_ip_route_and_nexthop_mean_the_same") else { return };
    let mut differing = Vec::new();
    for words in SAME.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let ask = |program: &str| {
            let output = place.ask(program, words);
            assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{program} {words}");
            String::from_utf8(output.stdout).unwrap()
        };
        // Routes of IPv6 come with carriers, which come when they like.
        let (own, theirs) = still::still(words, || ask(env!("CARGO_BIN_EXE_netshoot")), || ask("ip"));
        // The installed one forgets that each route is to be in one line.
        let theirs = if words.starts_with("-o") { theirs.replace("\n\tnh_info", "\\\tnh_info") } else { theirs };
        let tree = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        let same = if words.contains("-j") { tree(&own) == tree(&theirs) } else { own == theirs };
        if own.is_empty() || !same {
            differing.push(format!("{words}:\n{own}but ip has\n{theirs}"));
        }
    }
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}

#[test]
fn what_is_not_there_is_told_in_one_line() {
    let Some(place) = Place::new("what_is_not_there_is_told_in_one_line") else { return };
    for (words, told, status) in [
        ("route get 10.9.0.1", "look up the route to 10.9.0.1: the host is unreachable", 1),
        ("route get 11.9.0.1", "look up the route to 11.9.0.1: no route: the network is unreachable", 1),
        ("route get", "look up a route: no address is named", 2),
        ("-6 route get 10.0.0.1", "look up a route: \"10.0.0.1\" is no address of the family inet6", 2),
        ("-4 route get fd00::1", "look up a route: \"fd00::1\" is no address of the family inet", 2),
        ("-6 route show 10/8", "show routes: \"10/8\" is no address of the family inet6", 2),
        ("route get localhost", "\"localhost\"; hint: get ADDRESS [from A]", 2),
        ("route get 300.1", "look up a route: \"300.1\" is no address", 2),
        ("route get 10.0.0.1 notify", "look up a route: \"notify\" asks the kernel", 2),
        ("route get 10.0.0.1 mark", "look up a route: nothing follows \"mark\"", 2),
        ("route show dev nix", "look for the link nix: there is no such link", 1),
        ("route show table nix", "show routes: \"nix\" is no table", 2),
        ("route show vrf v0", "show routes: \"v0\" is no vrf", 2),
        ("-f mpls route show 100/200", "show routes: \"100/200\" is no MPLS label", 2),
        ("-M route show 1048576", "show routes: \"1048576\" is no MPLS label", 2),
        ("-M route show default", "show routes: \"default\" is no MPLS label", 2),
        ("route show 10.0.0.0/33", "cannot make sense of \"10.0.0.0/33\"", 2),
        ("route add 10.0.0.0/8 dev v0", "netshoot changes nothing", 2),
        ("route flush table main", "netshoot changes nothing", 2),
        ("nexthop show id 99", "show next hop 99: there is no such next hop", 1),
        ("nexthop add id 7 blackhole", "netshoot changes nothing", 2),
    ] {
        let own = place.ask(env!("CARGO_BIN_EXE_netshoot"), words);
        let text = String::from_utf8(own.stderr).unwrap();
        assert!(text.contains(told) && text.lines().count() == 1, "{words}: {text}");
        assert_eq!((own.status.code(), own.stdout.as_slice()), (Some(status), &b""[..]), "{words}");
    }
    // A label is asked for; where the kernel knows none there are no routes of it.
    for words in ["-f mpls route show 100", "-M route show exact 0x64", "-M route show to 100/20"] {
        let [own, theirs] = [env!("CARGO_BIN_EXE_netshoot"), "ip"].map(|program| place.ask(program, words));
        assert_eq!((own.status.code(), &own.stdout, &own.stderr), (Some(0), &theirs.stdout, &theirs.stderr), "{words}");
    }
    // No error: a table that was never used has no routes.
    let own = place.ask(env!("CARGO_BIN_EXE_netshoot"), "-j route show table 4000000000");
    assert_eq!((own.status.code(), own.stdout.as_slice()), (Some(0), &b"[]\n"[..]));
}

const LINES: &str = "
link set lo up
link add v0 type veth peer name v1
link add ifb0 type ifb
link property add dev v0 altname left
link set v0 up
link set v1 up
link set ifb0 up
addr add 10.0.0.1/24 dev v0
addr add 10.1.0.1/24 dev ifb0
addr add fd00::1/64 dev v0 nodad
route add default via 10.0.0.7 proto static
route add 10.2.0.0/16 via 10.0.0.8 metric 16 proto bgp mtu lock 1400
route add 10.2.3.0/24 via 10.0.0.8 tos 0x10 src 10.0.0.1
route add 10.2.3.4 dev ifb0 scope site realm 5/6
route add 10.4.0.0/16 nexthop via 10.0.0.7 dev v0 nexthop via 10.1.0.7 dev ifb0 weight 3
route add 10.5.0.0/16 via inet6 fd00::7 dev v0
route add blackhole 10.8.0.0/16 table 1000
route add unreachable 10.9.0.0/16
route add throw 11.0.0.0/8
route add throw 11.0.0.0/8 table 1000
route add fd01::/32 via fd00::7 metric 9
route add fd02::/32 from fd07::/32 via fd00::8
route add prohibit fd03::/32 table 1000
rule add fwmark 7 table 1000
nexthop add id 1 via 10.0.0.7 dev v0 proto bgp
nexthop add id 2 blackhole
nexthop add id 3 via 10.1.0.7 dev ifb0
nexthop add id 10 group 1,5/3
route add 10.6.0.0/16 nhid 10
";

/// JSON where the line begins with `-j`; without that, every octet is the same.
const SAME: &str = "
    route
    r
    ro li
    -j route show
    -d route list
    -j -d route lst table all
    -o -d route s table all
    -d -s r sh t all
    -4 route show table all
    -6 route
    -6 route show table all
    -f inet6 r
    -family inet route
    route show table 1000
    route show table 0x3e8
    route show table local
    route show table 255
    route show tab main
    -j route show table all type blackhole
    route show type unr
    route show type brd table all
    route show table all type 7
    route show proto kernel
    route show proto bgp
    route show protocol 186
    route show proto all scope link
    route show scope 200
    route show scope all
    route show metric 16
    route show pri 0x10
    route show tos 0x10
    route show tos 10
    route show realms 5/6
    route show realm 6
    route show realms 5/
    route show src 10.0.0.1
    route show src 10.0.0.0/8
    -6 route show via fd00::7
    route show via 10.0.0.7
    route show via 10.0.0.8
    -6 route show via inet6 fd00::8
    -6 route show from fd07::/32
    -6 route show from root fd07::/16
    -6 route show from match fd07::/64
    route show 10.2.0.0/16
    route show exact 10.2/16
    route show to exact 10.2/16
    route show root 10.2.0.0/16
    route show ro 10.2.0.0/16
    route show match 10.2.3.4
    route show to match 10.2.3.0/24
    route show default
    -6 route show root fd00::/8
    route show table all root 10.2/16
    route get 10.2.3.4
    route get to 10.2.9.9
    -j route get 10.2.9.9
    -d -j route get 10.2.9.9
    -o route get 10.2.9.9
    route get 10.2.9.9 from 10.0.0.1
    route get 10.2.9.9 oif ifb0
    route get 10.2.9.9 dev left
    route get 10.2.9.9 fibmatch
    route get fib 10.4.1.1
    route get 10.2
    route get 0xa.02.9.9/32
    route show 10.2/16
    route show root 10/8
    route show root 10/255.0.0.0
    route show match 10.0
    route get 10.2.9.9 mark 8
    route get 10.2.9.9 uid 1000 ipproto udp sport 53 dport 0x35
    route get 10.2.9.9 tos 0x10
    -d route get fd01::1
    route get fd01::1 from fd00::1
    route get ::1
    nexthop
    next
    -j nexthop
    -d nexthop list
    -j -d nexthop show
    nexthop show id 10
    nexthop get id 1
    nexthop show dev v0
    nexthop show groups
    nexthop show proto 186
";

//! `netshoot ip monitor` beside the installed `ip monitor`, over a script of changes: what `ip` says, this says in the
//! same words. What this says besides, as the kernel does not tell it, is named at each change.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::print_stderr)]
#![allow(missing_docs)]

#[path = "support/running.rs"]
mod running;
#[path = "../../tests/support/skip.rs"]
mod skip;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use running::Running;

/// A change, and what only one of the two says of it, by a part of each block.
struct Step {
    command: &'static str,
    apart: &'static [&'static str],
}

const fn step(command: &'static str, apart: &'static [&'static str]) -> Step {
    Step { command, apart }
}

/// Before the programs start.
const SETUP: &[&str] = &["link set lo up", "link add va type veth peer name vb", "link set vb up", "link set va up"];
/// And for forwarding entries and other namespaces.
const MORE: &[&str] =
    &["link add vh type veth peer name vi netns OTHER", "link add br0 type bridge", "link set br0 up"];

const STEPS: &[Step] = &[
    // The first of a pair is told before the other is there.
    step("link add vc type veth peer name vd", &[": vd@vc: "]),
    step("addr add 192.0.2.1/24 dev va", &[]),
    step("addr add 192.0.2.5/32 peer 198.51.100.9 dev va label va:x", &[]),
    step("addr add 203.0.113.1/24 dev vb valid_lft 300 preferred_lft 200", &[]),
    // Lifetimes run, and are no change.
    step("addr change 203.0.113.1/24 dev vb valid_lft 500 preferred_lft 400", &["203.0.113.1/24"]),
    step("addr add 2001:db8::1/64 dev va nodad", &[]),
    step("link set vc up", &[]),
    step("link set vd up", &[]),
    step("link set va alias told", &[]),
    step("link set va mtu 1400", &[]),
    step("link set vc address 02:00:00:00:00:77", &[]),
    step("link set vc down", &["linkdown"]),
    step("link set vd name ve", &["link set vd name ve"]),
    step("route add 198.51.100.0/24 via 192.0.2.2", &[]),
    step("route append 198.51.100.0/24 via 192.0.2.3", &[]),
    // What it was is an object of its own, as the gateway tells routes apart.
    step("route replace 198.51.100.0/24 via 192.0.2.4", &["198.51.100.0/24 via 192.0.2.2"]),
    step("route add 198.51.101.0/24 nexthop via 192.0.2.2 nexthop via 192.0.2.3 weight 2", &[]),
    step("route add 10.0.0.0/8 via 192.0.2.2 table 100 metric 5 mtu 1400 proto static", &[]),
    step("route add blackhole 10.1.0.0/16", &[]),
    step("route add 2001:db8:1::/64 via 2001:db8::2", &[]),
    step("route add unreachable 2001:db8:2::/64 metric 7", &[]),
    step("route del 2001:db8:1::/64", &[]),
    step("route del 198.51.101.0/24", &[]),
    step("route del blackhole 10.1.0.0/16", &[]),
    step("neigh add 192.0.2.7 lladdr 02:00:00:00:00:01 dev va", &[]),
    step("neigh replace 192.0.2.7 lladdr 02:00:00:00:00:02 dev va nud reachable", &[]),
    step("neigh add proxy 192.0.2.8 dev va", &[]),
    step("neigh del 192.0.2.7 dev va", &[]),
    step("rule add from 192.0.2.0/24 table 100 priority 7", &[]),
    step("rule add fwmark 1 iif va prohibit priority 8", &[]),
    step("rule del priority 7", &[]),
    step("nexthop add id 7 via 192.0.2.2 dev va", &[]),
    step("nexthop add id 8 group 7", &[]),
    step("route add 198.51.102.0/24 nhid 7", &[]),
    step("route add 198.51.103.0/24 nhid 8", &[]),
    // In detail, `ip` shows the next hop that it saw first.
    step("nexthop replace id 7 via 192.0.2.3 dev va", &["198.51.102.0/24", "198.51.103.0/24"]),
    step("nexthop del id 8", &["198.51.103.0/24"]),
    step("nexthop del id 7", &["198.51.102.0/24"]),
    step("addr del 203.0.113.1/24 dev vb", &[]),
    step("route add 198.51.104.0/24 via 192.0.2.2", &[]),
    step("link set va down", &["198.51.10", "10.0.0.0/8", "192.0.2.0/24", "192.0.2.255", "linkdown"]),
    // Rules by the link's name no longer apply.
    step("link del va", &["iif va [detached]"]),
];

/// Forwarding entries, which `ip` shows among neighbours where the kernel tells them.
const BRIDGE_STEPS: &[Step] = &[
    step("link set vb master br0", &[]),
    step("neigh add 192.0.2.7 lladdr 02:00:00:00:00:01 dev br0", &[]),
    // What was the port's own becomes the bridge's, and goes, of which the kernel tells the second alone.
    step("link set vb nomaster", &["Deleted dev br0"]),
    step("link set vb master br0", &[]),
    step("link set vh up", &[]),
    step("link set vh alias told", &[]),
    step("link set br0 down", &[]),
    step("link del vb", &["Deleted dev br0"]),
    step("link del br0", &[]),
];
const BRIDGE_MONITORS: &[&str] = &["monitor label neigh", "monitor neigh address"];
const LINK_MONITORS: &[&str] = &["monitor link address"];

/// One pair for each.
const MONITORS: &[&str] = &[
    "monitor label link address route rule neigh nexthop",
    "monitor all rule",
    "-o monitor label address route link",
    "-d monitor label address route rule",
    "-4 monitor label address route rule neigh",
    "-6 monitor label address route rule neigh",
    "monitor label dev va address route neigh",
    "-t monitor label address",
    "-ts monitor label rule",
];

/// One of the programs that run.
struct Monitor {
    program: Running,
    ours: bool,
}

impl Monitor {
    fn start(namespace: &str, words: &str, ours: bool) -> Self {
        let program = if ours { vec![env!("CARGO_BIN_EXE_netshoot"), "ip"] } else { vec!["ip"] };
        let mut command = Command::new("ip");
        command.args(["netns", "exec", namespace]).args(program).args(words.split(' '));
        Self { program: Running::start(command.env("TZ", "America/New_York")), ours }
    }

    /// Whether it waits for news alone. What is to be listed again is so within seconds, and all of it only after minutes:
    /// that is how long the call of ours waits.
    fn is_idle(&self) -> bool {
        let call = fs::read_to_string(format!("/proc/{}/syscall", self.program.child.id())).unwrap();
        let words: Vec<_> = call.split_whitespace().collect();
        let waits_long = || {
            let [POLL, _, _, milliseconds, ..] = words[..] else { return false };
            i64::from_str_radix(&milliseconds[2..], 16).unwrap() > 10_000
        };
        self.program.sleeps() && (!self.ours || cfg!(not(target_arch = "x86_64")) || waits_long())
    }
}

/// The call's number on x86-64.
const POLL: &str = "7";

/// A namespace made for one test, and removed after it.
struct Place(String, #[allow(dead_code)] MutexGuard<'static, ()>);

impl Place {
    fn new(test: &str, more: &[&str]) -> Option<Self> {
        // One at a time, as what comes late is taken for another change's.
        static ALONE: Mutex<()> = Mutex::new(());
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        static MADE: AtomicUsize = AtomicUsize::new(0);
        let name = format!("netshoot-monitor-{}-{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
        let made = Command::new("ip").args(["netns", "add", &name]).output();
        if !made.is_ok_and(|output| output.status.success()) {
            skip::skip(test, "making a network namespace needs iproute2 and root");
            return None;
        }
        let place = Self(name, alone);
        assert!(Command::new("ip").args(["netns", "add", &place.other()]).status().unwrap().success());
        // Link-local addresses come when they like.
        let quiet = "echo 1 > /proc/sys/net/ipv6/conf/default/addr_gen_mode";
        assert!(Command::new("ip").args(["netns", "exec", &place.0, "sh", "-c", quiet]).status().unwrap().success());
        SETUP.iter().chain(more).for_each(|command| drop(place.ip(&command.replace("OTHER", &place.other()))));
        Some(place)
    }

    fn other(&self) -> String {
        format!("{}-other", self.0)
    }

    fn ip(&self, command: &str) -> String {
        let output = Command::new("ip").args(["-n", &self.0]).args(command.split(' ')).output().unwrap();
        assert!(output.status.success(), "ip {command}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Starts one of theirs and one of ours for each, and waits until they listen; what they say of what came before is
    /// let go.
    fn start(&self, words: &[&str], who: &[bool]) -> Vec<Vec<Monitor>> {
        let start = |words: &&str| who.iter().map(|ours| Monitor::start(&self.0, words, *ours)).collect();
        let monitors: Vec<Vec<_>> = words.iter().map(start).collect();
        monitors.iter().flatten().for_each(|monitor| monitor.program.wait_until_it_listens(running::ROUTE));
        self.rest(&monitors);
        monitors.iter().flatten().for_each(|monitor| drop(monitor.program.take()));
        monitors
    }

    /// Until nobody has said a word for a while, nor has anything to do, nor the kernel to tell.
    fn rest(&self, monitors: &[Vec<Monitor>]) {
        let all = || monitors.iter().flatten();
        let length = || all().map(|monitor| monitor.program.length()).sum::<u64>();
        let (end, mut last, mut since) = (Instant::now() + Duration::from_secs(60), length(), Instant::now());
        while since.elapsed() < Duration::from_millis(150) || !self.is_told() {
            thread::sleep(Duration::from_millis(10));
            if length() != last || !all().all(Monitor::is_idle) {
                (last, since) = (length(), Instant::now());
            }
            assert!(Instant::now() < end, "they do not come to rest");
        }
    }

    /// Whether all carriers are told: the kernel does so up to a second after they came or went.
    fn is_told(&self) -> bool {
        self.ip("-o link show up").lines().all(|line| line.contains("NO-CARRIER") != line.contains("LOWER_UP"))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        for name in [&self.0, &self.other()] {
            let _ = Command::new("ip").args(["netns", "delete", name]).output();
        }
    }
}

/// One block a change: a line, and those that belong to it. What differs on purpose is made alike.
fn blocks(said: &str) -> Vec<String> {
    let mut blocks: Vec<String> = Vec::new();
    for line in said.lines() {
        let line = plain(line);
        match blocks.last_mut() {
            Some(last) if line.starts_with([' ', '\t']) || last.starts_with("Timestamp") && !last.contains('\n') => {
                last.push_str(&format!("\n{line}"));
            }
            _ => blocks.push(line),
        }
    }
    // `ip` repeats what was said.
    blocks.dedup();
    blocks
}

fn plain(line: &str) -> String {
    // Newer than iproute2 6.1.
    let mut line = line.replace(" proto kernel_ll", "").replace(" proto kernel_lo", "");
    // A link that is gone is shown as it last was, and by `ip` as the kernel took it apart.
    if let Some(start) = line.find("Deleted ").filter(|_| line.contains(": <")) {
        line.truncate(start + line[start..].find('@').unwrap_or(0));
    }
    // And an address with the time that it had, which `ip` has left.
    if line.contains("Deleted ") || line.starts_with("       valid_lft") {
        let word = |word: &str| if word.ends_with("sec") { "SECONDS".to_owned() } else { word.to_owned() };
        line = line.split(' ').map(word).collect::<Vec<_>>().join(" ");
    }
    // `ip` says the kind before it decides that it is not to be shown.
    if let Some(last) = line.rfind("][") {
        line.drain(..=last);
    }
    // The same form, another microsecond.
    if line.starts_with("Timestamp") || line.starts_with("[2") {
        let end = line.find("] ").or(line.find(" usec")).unwrap_or(line.len());
        let (time, rest) = line.split_at(end);
        let minutes = time.rfind(':').unwrap();
        line = format!("{}{}", time[..minutes].split(':').next().unwrap(), rest);
    }
    line
}

/// What `ip` cannot know: addresses that the kernel makes for multicast without a word, and proxies.
fn is_untold(block: &str) -> bool {
    block.contains("lladdr 33:33:") || block.contains("lladdr 01:00:5e:") || block.trim_end().ends_with(" proxy")
}

/// What differs over the steps, and how many blocks were compared.
fn compare(place: &Place, steps: &[Step], words: &[&str]) -> (Vec<String>, usize) {
    let monitors = place.start(words, &[false, true]);
    let (mut wrong, mut compared) = (Vec::new(), 0);
    for Step { command, apart } in steps {
        place.ip(command);
        place.rest(&monitors);
        for (pair, words) in monitors.iter().zip(words) {
            let [theirs, own] = [0, 1].map(|one: usize| blocks(&pair[one].program.take()));
            let explained = |block: &str| apart.iter().any(|part| block.contains(part)) || is_untold(block);
            let missing = theirs.iter().filter(|block| !own.contains(block) && !explained(block));
            let more = own.iter().filter(|block| !theirs.contains(block) && !explained(block));
            wrong.extend(missing.map(|block| format!("{command}: {words} lacks\n{block}")));
            wrong.extend(more.map(|block| format!("{command}: {words} has besides\n{block}")));
            compared += theirs.len();
        }
    }
    (wrong, compared)
}

#[test]
fn what_ip_monitor_says_is_said_in_the_same_words() {
    let Some(place) = Place::new("what_ip_monitor_says_is_said_in_the_same_words", &[]) else { return };
    let (wrong, compared) = compare(&place, STEPS, MONITORS);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(compared > 150, "only {compared} were compared");
}

#[test]
fn forwarding_entries_are_shown_among_neighbours_where_the_kernel_tells_them() {
    let Some(place) = Place::new("forwarding_entries_are_shown_among_neighbours_where_the_kernel_tells_them", MORE)
    else {
        return;
    };
    let (wrong, compared) = compare(&place, BRIDGE_STEPS, BRIDGE_MONITORS);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(compared > 10, "only {compared} were compared");
}

/// What the kernel does not tell is shown when it is asked for.
#[test]
fn untold_forwarding_entries_are_there_for_those_who_ask() {
    let Some(place) = Place::new("untold_forwarding_entries_are_there_for_those_who_ask", MORE) else { return };
    let monitors = place.start(&["monitor neigh", "monitor fdb"], &[true]);
    // The kernel says nothing of the addresses that a link without a bridge listens to.
    place.ip("maddr add 01:00:5e:00:00:77 dev va");
    place.ip("link set va alias news");
    place.ip("link set va down");
    place.rest(&monitors);
    let [neigh, fdb] = [0, 1].map(|one: usize| monitors[one][0].program.take());
    assert!(!neigh.contains("01:00:5e:00:00:77"), "{neigh}");
    assert!(fdb.contains("01:00:5e:00:00:77"), "{fdb}");
}

#[test]
fn the_other_end_of_a_link_is_in_a_namespace_with_a_name() {
    let Some(place) = Place::new("the_other_end_of_a_link_is_in_a_namespace_with_a_name", MORE) else { return };
    let (wrong, compared) = compare(&place, &[step("link set vh mtu 1450", &[])], LINK_MONITORS);
    assert!(wrong.is_empty() && compared > 0, "{compared} {}", wrong.join("\n"));
    let monitors = place.start(&["monitor link", "monitor"], &[true]);
    let mut snapshots = Command::new(env!("CARGO_BIN_EXE_netshoot"))
        .args(["snapshot", "--netns", &place.0, "--diff", "--kinds", "link"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut told = String::new();
    BufReader::new(snapshots.stderr.as_mut().unwrap()).read_line(&mut told).unwrap();
    assert!(told.contains("the first snapshot is taken"), "{told}");
    place.ip("link set vh mtu 1400");
    place.rest(&monitors);
    snapshots.stdin.take().unwrap().write_all(b"\n").unwrap();
    let name = format!("link-netns {}", place.other());
    for monitor in monitors.iter().flatten() {
        let said = monitor.program.take();
        assert!(said.contains("mtu 1400") && said.contains(&name), "{said}");
    }
    let told = String::from_utf8(snapshots.wait_with_output().unwrap().stdout).unwrap();
    assert!(told.contains("mtu: 1450 -> 1400") && told.contains(&name), "{told}");
}

//! Nothing is ever written: the system before and after every question is the same, and no system call changes it.
//!
//! What the kernel does by itself is no business of a reader, but is known: to ask for sockets of a kind loads the
//! module that tells of them (`inet_diag`, `unix_diag`, `packet_diag`, `netlink_diag`), as `ss` does too.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::print_stderr)]
#![allow(missing_docs)]

#[path = "../../tests/support/skip.rs"]
mod skip;

use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

/// Two namespaces made for one test, one with something in it, and removed after it.
struct Place {
    name: String,
    other: String,
}

impl Place {
    fn new(test: &str) -> Option<Self> {
        let stem = format!("netshoot-still-{}-{}", test.len(), std::process::id());
        let place = Self { name: format!("{stem}-a"), other: format!("{stem}-b") };
        for name in [&place.name, &place.other] {
            let made = Command::new("ip").args(["netns", "add", name]).output();
            if !made.is_ok_and(|output| output.status.success()) {
                skip::skip(test, "making a network namespace needs iproute2 and root");
                return None;
            }
        }
        let mut batch =
            Command::new("ip").args(["-n", &place.name, "-batch", "-"]).stdin(Stdio::piped()).spawn().unwrap();
        batch.stdin.take().unwrap().write_all(LINKS.replace("OTHER", &place.other).as_bytes()).unwrap();
        assert!(batch.wait().unwrap().success());
        Some(place)
    }

    /// A command with the words, in which `NAME` stands for the namespace.
    fn command(&self, words: &str) -> Vec<String> {
        words.split_whitespace().map(|word| word.replace("NAME", &self.name)).collect()
    }

    /// Everything that other programs tell of the two namespaces, and the files that belong to them.
    fn state(&self) -> String {
        let mut state = String::new();
        for name in [&self.name, &self.other] {
            for question in STATE {
                let output = Command::new("nsenter")
                    .arg(format!("--net=/run/netns/{name}"))
                    .args(question.split_whitespace())
                    .stderr(Stdio::null())
                    .output()
                    .unwrap();
                state += &format!("{name} {question}\n{}", String::from_utf8_lossy(&output.stdout));
            }
        }
        for folder in ["/run/netns", "/run", "/etc/iproute2", "/var/lib"] {
            let entries = fs::read_dir(folder).into_iter().flatten().flatten();
            let names = entries.map(|entry| entry.path().display().to_string());
            // Namespaces of other tests come and go.
            let mut names: Vec<_> =
                names.filter(|name| !name.starts_with("/run/netns/") || name.contains(&self.name)).collect();
            names.sort();
            state += &format!("{names:?}\n");
        }
        state
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        for name in [&self.name, &self.other] {
            let _ = Command::new("ip").args(["netns", "delete", name]).output();
        }
    }
}

#[test]
fn the_system_is_the_same_after_every_question() {
    let Some(place) = Place::new("the_system_is_the_same_after_every_question") else { return };
    let run = |words: &str| {
        Command::new("timeout").args(["1", env!("CARGO_BIN_EXE_netshoot")]).args(place.command(words)).output().unwrap()
    };
    // Once before, so that modules which the kernel loads by itself are there.
    QUESTIONS.iter().for_each(|words| drop(run(words)));
    let mut before = place.state();
    for questions in QUESTIONS.chunks(4) {
        // What the kernel does by itself in the meantime, as announcing an address, does not come again.
        let same = (0..10).any(|_| {
            questions.iter().for_each(|words| drop(run(words)));
            let after = place.state();
            std::mem::replace(&mut before, after) == before
        });
        assert!(same, "after {questions:?} the system is another");
    }
}

#[test]
fn no_system_call_changes_anything() {
    let test = "no_system_call_changes_anything";
    if !Command::new("strace").arg("-V").output().is_ok_and(|output| output.status.success()) {
        return skip::skip(test, "strace is not installed");
    }
    let changing = "9 sendto(3, [{nlmsg_len=32, nlmsg_type=RTM_NEWLINK, nlmsg_flags=NLM_F_REQUEST}";
    assert!(!is_harmless(changing) && !is_harmless("9 openat(AT_FDCWD, \"/etc/x\", O_WRONLY|O_CREAT)"));
    let Some(place) = Place::new(test) else { return };
    let trace = tempfile::NamedTempFile::new().unwrap();
    for words in QUESTIONS {
        let output = Command::new("timeout")
            .args(["2", "strace", "-f", "-qq", "-s", "64", "-o"])
            .arg(trace.path())
            .args(["-e", CALLS, env!("CARGO_BIN_EXE_netshoot")])
            .args(place.command(words))
            .output()
            .unwrap();
        let text = fs::read_to_string(trace.path()).unwrap();
        if text.is_empty() {
            return skip::skip(test, &format!("strace says nothing: {}", String::from_utf8_lossy(&output.stderr)));
        }
        for line in text.lines() {
            assert!(is_harmless(line), "{words}: {line}");
        }
        assert!(text.contains("sendto(") || text.contains("openat("), "{words}: {text}");
    }
}

/// Whether a call of those in [`CALLS`] only reads.
fn is_harmless(line: &str) -> bool {
    let call = line.split_once(' ').map_or(line, |(_, call)| call.trim_start());
    let name = call.split('(').next().unwrap_or_default();
    match name {
        "open" | "openat" | "creat" => {
            !["O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC"].iter().any(|flag| call.contains(flag))
        }
        // Requests are of the kinds that get.
        "sendto" | "sendmsg" | "write" | "writev" if call.contains("nlmsg_type=") => {
            !["=RTM_NEW", "=RTM_DEL", "=RTM_SET", "=SOCK_DESTROY", "_MSG_NEW"].iter().any(|kind| call.contains(kind))
        }
        "ioctl" => ["TCGETS", "TIOCGWINSZ", "NS_GET", "0xb7", "TIOCGPGRP", "SIOCG", "FIONBIO", "PIDFD_GET", "0xff"]
            .iter()
            .any(|kind| call.contains(kind)),
        "sendto" | "sendmsg" => true,
        // Of its own threads and descriptors.
        "setns" | "+++" | "---" | "<..." => true,
        _ => call.starts_with("<...") || call.starts_with("+++") || call.starts_with("---") || name.is_empty(),
    }
}

/// Files opened, messages sent, and all that changes a file system, a namespace's mounts, modules or other processes.
const CALLS: &str = "trace=open,openat,creat,sendto,sendmsg,ioctl,setns,unshare,mount,umount2,unlink,unlinkat,rename,\
    renameat,renameat2,mkdir,mkdirat,rmdir,chmod,fchmod,chown,symlink,link,truncate,ftruncate,init_module,finit_module,\
    delete_module,bpf,kill,ptrace,sethostname,mknod,mknodat,utimensat,setxattr,fallocate";
const STATE: [&str; 16] = [
    "ip -j -d addr",
    "ip -j -d -4 route show table all",
    "ip -j -d -6 route show table all",
    "ip -j -4 rule",
    "ip -j -6 rule",
    "ip -j neigh show nud all",
    "ip -j neigh show proxy",
    "ip -j -d nexthop",
    "ip netconf",
    "ip netns list-id",
    "bridge -j fdb",
    "bridge -j vlan",
    "tc -j qdisc",
    "nft list ruleset",
    "ss -Htuwxan0",
    "sysctl -a --pattern ^net\\.",
];
const QUESTIONS: [&str; 24] = [
    "ip --netns NAME -d -s addr",
    "ip --netns NAME -j -d -s link",
    "ip --netns NAME --stable-json route show table all",
    "ip --netns NAME -6 route show table all",
    "ip --netns NAME route get 192.0.2.9",
    "ip --netns NAME route get 192.0.2.9 fibmatch",
    "ip --netns NAME rule",
    "ip --netns NAME neigh show nud all",
    "ip --netns NAME neigh show proxy",
    "ip --netns NAME -s nexthop",
    "ip --netns NAME nexthop bucket",
    "ip --netns NAME netns list",
    "ip --netns NAME netns list-id",
    "ip --netns NAME netns all",
    "ip netns pids NAME",
    "ip netns identify",
    "ip --netns NAME monitor",
    "bridge --netns NAME -s fdb",
    "tc --netns NAME -s -d qdisc",
    "ss --netns NAME -A all -aneimpo",
    "ss --netns NAME -tuE",
    "ss --netns NAME -s",
    "nstat --netns NAME -x",
    "snapshot --netns NAME",
];
const LINKS: &str = "\
link set lo up
link add one type veth peer name two netns OTHER
link set one addrgenmode none up
addr add 192.0.2.1/24 dev one
addr add 2001:db8::1/64 dev one nodad
link add br0 type bridge
route add 198.51.100.0/24 via 192.0.2.9
rule add from 10.0.0.0/8 table 77
neigh add 192.0.2.9 lladdr 02:00:00:00:00:09 dev one nud permanent
nexthop add id 5 blackhole
";

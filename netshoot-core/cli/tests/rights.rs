//! The command as nobody: what needs no right works and says the same as to root, what needs one says which.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::print_stderr)]
#![allow(missing_docs)]

#[path = "support/running.rs"]
mod running;
#[path = "../../tests/support/skip.rs"]
mod skip;

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::Duration;

use running::Running;
use serde_json::Value;

/// A copy of the command that everybody may run, and a namespace that only root may enter.
struct Place {
    folder: tempfile::TempDir,
    namespace: String,
}

impl Place {
    fn new(test: &str) -> Option<Self> {
        let namespace = format!("netshoot-rights-{test}-{}", std::process::id());
        let nobody = Command::new("setpriv").args(NOBODY).arg("true").output();
        let made = Command::new("ip").args(["netns", "add", &namespace]).output();
        if !nobody.is_ok_and(|output| output.status.success()) || !made.is_ok_and(|output| output.status.success()) {
            skip::skip(test, "needs root, setpriv and iproute2");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        fs::copy(env!("CARGO_BIN_EXE_netshoot"), folder.path().join("netshoot")).unwrap();
        Some(Self { folder, namespace })
    }

    fn program(&self) -> PathBuf {
        self.folder.path().join("netshoot")
    }

    fn as_nobody(&self, words: &str) -> Command {
        let mut command = Command::new("setpriv");
        command.args(NOBODY).arg(self.program()).args(words.replace("NAME", &self.namespace).split_whitespace());
        command
    }

    fn as_root(&self, words: &str) -> Output {
        Command::new(self.program()).args(words.split_whitespace()).output().unwrap()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = Command::new("ip").args(["netns", "delete", &self.namespace]).output();
    }
}

/// The caller's own namespace needs no right.
#[test]
fn what_needs_no_right_works() {
    let Some(place) = Place::new("what_needs_no_right_works") else { return };
    for words in FREE {
        let equal = (0..20).any(|_| {
            let (before, own, after) =
                (place.as_root(words), place.as_nobody(words).output().unwrap(), place.as_root(words));
            let told = String::from_utf8_lossy(&own.stderr);
            assert!(own.status.success() && told.is_empty(), "{words}: {told}");
            // A lookup tells whose packet it is of.
            let own = String::from_utf8_lossy(&own.stdout).replace("65534", "0");
            [before, after].iter().any(|root| String::from_utf8_lossy(&root.stdout) == own)
        });
        assert!(equal, "{words}: root sees more");
    }
}

#[test]
fn what_needs_a_right_says_which() {
    let Some(place) = Place::new("what_needs_a_right_says_which") else { return };
    for (words, hint) in GUARDED {
        let output = place.as_nobody(words).output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{words}: {told}");
        assert!(output.stdout.is_empty() && told.contains(hint) && told.lines().count() == 1, "{words}: {told}");
    }
}

/// What of a larger question may not be asked does not fail the rest, and is told.
#[test]
fn what_may_not_be_seen_is_counted() {
    let Some(place) = Place::new("what_may_not_be_seen_is_counted") else { return };
    let owners = place.as_nobody("ss -tanp").output().unwrap();
    let told = String::from_utf8(owners.stderr).unwrap();
    assert!(owners.status.success() && !owners.stdout.is_empty());
    assert!(told.contains("processes") && told.contains("CAP_SYS_PTRACE") && told.lines().count() == 1, "{told}");
    let root = place.as_root("ss -tanp");
    assert_eq!(root.stderr.is_empty(), root_sees_all(), "{}", String::from_utf8_lossy(&root.stderr));

    let all = place.as_nobody("ip netns all").output().unwrap();
    let text = String::from_utf8(all.stdout).unwrap();
    assert!(text.contains("network namespace of process 1: needs CAP_SYS_PTRACE"), "{text}");
    assert!(text.contains("cookie needs CAP_SYS_ADMIN") && text.contains(&place.namespace), "{text}");

    let output = place.as_nobody("snapshot").output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    let snapshot: Value = serde_json::from_slice(&output.stdout).unwrap();
    let unanswered: Vec<_> =
        snapshot.as_object().unwrap().iter().filter(|(_, answer)| answer.get("failed").is_some()).collect();
    for (kind, answer) in unanswered {
        assert!(answer["failed"]["capability"].is_string(), "{kind}: {answer}");
    }
    for kind in ["links", "addresses", "routes", "rules", "neighbors", "fdb", "qdiscs", "inet_sockets", "counters"] {
        assert!(snapshot[kind].get("known").is_some(), "{kind}: {}", snapshot[kind]);
    }
}

/// A list that is empty for want of a right would say that nobody is there.
#[test]
fn processes_that_may_not_be_seen_are_missed() {
    let Some(place) = Place::new("processes_that_may_not_be_seen_are_missed") else { return };
    let inside = Command::new("ip").args(["netns", "exec", &place.namespace, "sleep", "60"]).spawn();
    let mut inside = inside.unwrap();
    let pid = format!("{}\n", inside.id());
    let words = format!("ip netns pids {}", place.namespace);
    let came = (0..500).any(|_| {
        std::thread::sleep(Duration::from_millis(10));
        place.as_root(&words).stdout == pid.as_bytes()
    });
    let output = place.as_nobody(&words).output().unwrap();
    inside.kill().unwrap();
    inside.wait().unwrap();
    assert!(came, "root sees {pid}");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.stdout.is_empty() && output.status.code() == Some(3), "{:?} {told}", output.status);
    assert!(
        told.contains("some may be missing") && told.contains("CAP_SYS_PTRACE") && told.lines().count() == 1,
        "{told}"
    );
}

/// Each question gives all of its answer, or says that it could not.
#[test]
fn nothing_is_lost_in_silence_for_want_of_descriptors() {
    let Some(place) = Place::new("nothing_is_lost_in_silence_for_want_of_descriptors") else { return };
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let few = |limit: u32, words: &str| {
        let mut command = Command::new("prlimit");
        command.arg(format!("--nofile={limit}")).arg(place.program()).args(words.split_whitespace());
        command.output().unwrap()
    };
    let (mut whole, mut told) = (0, 0);
    for limit in 3..16 {
        let sockets = few(limit, &format!("ss -tlnpH sport = :{port}"));
        let all = few(limit, "ip -j netns all");
        let pids = few(limit, &format!("ip netns pids {}", place.namespace));
        let own = format!("pid={},fd=", std::process::id());
        let names = few(limit, "ip netns");
        for (output, is_whole) in [
            (&sockets, String::from_utf8_lossy(&sockets.stdout).contains(&own)),
            (&all, serde_json::from_slice(&all.stdout).is_ok_and(|all| has_cookies(&all, &place.namespace))),
            (&pids, pids.status.success() && root_sees_all()),
            (&names, String::from_utf8_lossy(&names.stdout).contains(&place.namespace)),
        ] {
            let said = String::from_utf8_lossy(&output.stderr);
            let in_answer = String::from_utf8_lossy(&output.stdout).contains("too many open files");
            whole += usize::from(is_whole);
            told += usize::from(!is_whole);
            assert!(is_whole || in_answer || !said.is_empty(), "{limit}: {:?}", output.status);
            assert!(!said.contains("/proc mounted") && !said.contains("no such process"), "{limit}: {said}");
        }
    }
    assert!(whole > 10 && told > 6, "{whole} whole, {told} told");
}

/// What could not be read ends the command otherwise than what was, and SCTP, which few have, is not blamed.
#[test]
fn counters_and_snapshots_say_what_descriptors_were_too_few_for() {
    let Some(place) = Place::new("counters_and_snapshots_say_what_descriptors_were_too_few_for") else { return };
    for words in ["nstat", "nstat -x", "nstat --stable-json", "nstat -t 0.01", "snapshot --diff --for 0", "snapshot"] {
        let (mut whole, mut partial) = (0, 0);
        // With three the command itself cannot be loaded.
        for limit in 4..32 {
            let mut command = Command::new("prlimit");
            command.arg(format!("--nofile={limit}")).arg(place.program()).args(words.split(' '));
            let output = command.output().unwrap();
            let told = String::from_utf8_lossy(&output.stderr);
            match output.status.code() {
                Some(0) => assert!(told.is_empty(), "{words}, {limit}: {told}"),
                Some(1) => assert!(told.lines().count() == 1 && !told.contains("sctp"), "{words}, {limit}: {told}"),
                status => {
                    assert!(status == Some(3) && told.contains("too many open files"), "{words}, {limit}: {told}")
                }
            }
            whole += usize::from(output.status.success());
            partial += usize::from(output.status.code() == Some(3));
        }
        assert!(whole > 5 && partial > 0, "{words}: {whole} whole, {partial} in part");
    }
}

/// In a sandbox it may be kept from what began it.
fn root_sees_all() -> bool {
    fs::read_link("/proc/1/ns/net").is_ok()
}

/// Of the own namespace and of the one named; those of other tests come and go.
fn has_cookies(all: &Value, name: &str) -> bool {
    let is_meant = |namespace: &&Value| {
        namespace["current"] == true || namespace["names"].as_array().unwrap().iter().any(|one| one == name)
    };
    let meant: Vec<_> = all["namespaces"].as_array().unwrap().iter().filter(is_meant).collect();
    meant.len() == 2 && meant.iter().all(|namespace| namespace["cookie"].is_u64())
}

/// Hints name what is wrong; with the right to ask a socket, the own namespace needs no /proc.
#[test]
fn where_proc_is_not_mounted_that_is_said() {
    let Some(place) = Place::new("where_proc_is_not_mounted_that_is_said") else { return };
    let run = |before: &str, words: &str| {
        let line = format!("mount -t tmpfs none /proc && exec {before} {} {words}", place.program().display());
        let line = line.replace("NAME", &place.namespace);
        Command::new("unshare").args(["-m", "--propagation", "slave", "sh", "-c", &line]).output().unwrap()
    };
    let nobody = format!("setpriv {}", NOBODY.join(" "));
    let refused = [
        (nobody.as_str(), "ip link"),
        ("", "ip --netns 1 link"),
        ("", "ip --netns /proc/1/ns/net link"),
        ("", "ip netns pids NAME"),
    ];
    let hint = "hint: is /proc mounted?";
    for (before, words) in refused {
        let output = run(before, words);
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.stdout.is_empty() && told.contains(hint) && told.lines().count() == 1, "{words}: {told}");
        assert_eq!(output.status.code(), Some(1), "{words}");
    }
    // The sockets are shown all the same, without owners.
    let output = run("", "ss -lp");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains(hint) && told.lines().count() == 1, "{told}");
    assert!(output.stdout.starts_with(b"Netid") && output.status.code() == Some(3), "{output:?}");
    let output = run("", "ip link show lo");
    assert!(output.status.success() && output.stdout.starts_with(b"1: lo: "), "{output:?}");
}

/// The kernel tells the sockets that are closed to everybody.
#[test]
fn closing_sockets_and_changes_are_told_to_nobody_too() {
    let Some(place) = Place::new("closing_sockets_and_changes_are_told_to_nobody_too") else { return };
    let closing = Running::start(&mut place.as_nobody("ss -tEnHO"));
    let changes = Running::start(&mut place.as_nobody("ip -j monitor link"));
    closing.wait_until_it_listens(running::SOCK_DIAG);
    changes.wait_until_it_listens(running::ROUTE);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(TcpStream::connect(address).unwrap());
    drop(listener);
    closing.said_when(|told| told.contains(&address.to_string()));
}

const NOBODY: [&str; 5] =
    ["--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all"];
const FREE: [&str; 22] = [
    "ip link",
    "ip -j -d link",
    "ip addr",
    "ip -br addr",
    "ip route show table all",
    "ip -6 route",
    "ip -j -d route",
    "ip rule",
    "ip neigh",
    "ip nexthop",
    "ip nexthop bucket",
    "ip route get 127.0.0.1",
    "ip -j route get 127.0.0.1 ipproto tcp dport 80",
    "ip netns list",
    "ip netns list-id",
    "bridge -d fdb",
    "tc -d qdisc",
    "ss -tlnH",
    "ss -uanH",
    "ss -0nH",
    "ss -xlH",
    "nstat Ip*",
];
const GUARDED: [(&str, &str); 9] = [
    ("ip --netns NAME link", "hint: needs CAP_SYS_ADMIN"),
    ("ip -n NAME route", "hint: needs CAP_SYS_ADMIN"),
    ("ip --netns 1 link", "hint: needs CAP_SYS_PTRACE"),
    ("ip --netns /proc/1/ns/net link", "hint: needs CAP_SYS_PTRACE"),
    ("ip netns identify 1", "hint: needs CAP_SYS_PTRACE"),
    ("ss --netns NAME -t", "hint: needs CAP_SYS_ADMIN"),
    ("bridge --netns NAME fdb", "hint: needs CAP_SYS_ADMIN"),
    ("nstat --netns NAME", "hint: needs CAP_SYS_ADMIN"),
    ("snapshot --netns NAME", "hint: needs CAP_SYS_ADMIN"),
];

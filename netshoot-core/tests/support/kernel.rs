//! Network namespaces made for one test, and the answers of iproute2 beside ours: trees of JSON, told apart member by
//! member.

use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::skip;

/// Counted in seconds by the kernel, and so may tick between two questions.
pub const TICKING: [&str; 2] = ["valid_life_time", "preferred_life_time"];
/// Timers of bridges, in hundredths of a second.
pub const RUNNING: [&str; 7] = [
    "gc_timer",
    "hello_timer",
    "tcn_timer",
    "topology_change_timer",
    "hold_timer",
    "message_age_timer",
    "forward_delay_timer",
];
/// Octets of names that are not UTF-8, which `ip` prints raw.
pub const OWN: [&str; 6] = ["ifname_hex", "ifalias_hex", "label_hex", "link_hex", "master_hex", "altnames_hex"];

/// Said of links and addresses here, but not by iproute2 6.1; newer versions say it too.
pub const NEWER: [&str; 11] = [
    "protocol",
    "gso_ipv4_max_size",
    "gro_ipv4_max_size",
    "netns-immutable",
    "fdb_n_learned",
    "fdb_max_learned",
    "mst_enabled",
    "mab",
    "neigh_vlan_suppress",
    "backup_nhid",
    "bclim",
];

/// Two namespaces made for one test, and removed after it.
pub struct Zoo {
    pub name: String,
    pub other: String,
}

impl Zoo {
    pub fn empty(test: &str) -> Option<Self> {
        if !has_ip(test) {
            return None;
        }
        if !is_root() {
            skip(test, "making network namespaces needs root");
            return None;
        }
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let stem = format!("netshoot-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let zoo = Self { name: format!("{stem}-a"), other: format!("{stem}-b") };
        for name in [&zoo.name, &zoo.other] {
            let made = Command::new("ip").args(["netns", "add", name]).output().unwrap();
            if !made.status.success() {
                skip(test, &format!("ip netns add: {}", String::from_utf8_lossy(&made.stderr)));
                return None;
            }
        }
        Some(zoo)
    }

    /// Runs the lines of `commands` in one process of `ip`.
    pub fn batch(&self, commands: &str) -> Child {
        let mut child =
            Command::new("ip").args(["-n", &self.name, "-batch", "-"]).stdin(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let commands = commands.to_owned();
        // In a thread, as the pipe holds less than all lines; it ends when `ip` does.
        thread::spawn(move || stdin.write_all(commands.as_bytes()));
        child
    }

    /// Runs each line, without `ip` in front, on its own; all must succeed. `OTHER` stands for the other namespace.
    pub fn all(&self, lines: &str) {
        for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let line = line.replace("OTHER", &self.other);
            self.ip(&line.split(' ').map(OsStr::new).collect::<Vec<_>>());
        }
    }

    /// What a program of iproute2 (`ip`, `bridge`, `tc`) prints when it is asked about the namespace.
    pub fn ask(&self, program: &str, arguments: &[&str]) -> Vec<u8> {
        let output = Command::new(program).args(["-n", &self.name]).args(arguments).output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{program} {arguments:?}: {told}");
        output.stdout
    }

    /// The same as a tree; iproute2 says nothing instead of an empty list.
    pub fn ask_json(&self, program: &str, arguments: &[&str]) -> Value {
        let text = repair(&self.ask(program, &[&["-j"], arguments].concat()));
        if text.is_empty() { Value::Array(Vec::new()) } else { serde_json::from_str(&text).unwrap() }
    }

    /// Runs any program inside the namespace; it must succeed.
    pub fn run(&self, program: &str, arguments: &[&str]) -> Vec<u8> {
        let output = Command::new("ip").args(["netns", "exec", &self.name, program]).args(arguments).output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{program} {arguments:?}: {told}");
        output.stdout
    }

    /// Waits until a link that was set up is: the kernel tells its carrier up to a second later, and then what comes with
    /// it, such as routes and queueing disciplines.
    pub fn until_up(&self, link: &str) {
        let end = Instant::now() + Duration::from_secs(30);
        loop {
            let line = String::from_utf8_lossy(&self.ask("ip", &["-o", "link", "show", link])).into_owned();
            if line.contains(" state UP ") {
                return;
            }
            assert!(Instant::now() < end, "not up within 30 seconds: {line}");
            thread::sleep(Duration::from_millis(20));
        }
    }

    pub fn ip(&self, arguments: &[&OsStr]) {
        let output = Command::new("ip").args(["-n", &self.name]).args(arguments).output().unwrap();
        assert!(output.status.success(), "ip {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

impl Drop for Zoo {
    fn drop(&mut self) {
        for name in [&self.name, &self.other] {
            let _ = Command::new("ip").args(["netns", "delete", name]).output();
        }
    }
}

pub fn is_root() -> bool {
    fs::read_to_string("/proc/self/status").unwrap().lines().any(|line| line.starts_with("Uid:\t0\t"))
}

pub fn has_ip(test: &str) -> bool {
    let found = Command::new("ip").arg("-V").output().is_ok();
    if !found {
        skip(test, "iproute2 is not installed");
    }
    found
}

/// Runs the test `other` of this program as a user without rights.
pub fn as_nobody(other: &str, variables: &[(&str, &String)]) {
    let run = |program: &Path| {
        Command::new(program)
            .args(["--exact", other])
            .envs(variables.iter().copied())
            .uid(65534)
            .gid(65534)
            .current_dir("/")
            .output()
    };
    let program = std::env::current_exe().unwrap();
    let output = run(&program).unwrap_or_else(|_| {
        // Built below a folder of root's alone: run a copy outside. Copied by another process, as a child of this one
        // that starts meanwhile would hold the copy open for writing, and what is being written cannot be run.
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
        let copy = folder.path().join("netlink_ip");
        assert!(Command::new("cp").arg(&program).arg(&copy).status().unwrap().success());
        run(&copy).unwrap()
    });
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}

/// Makes JSON of what `ip` prints: control characters escaped, U+FFFD for what is not UTF-8.
pub fn repair(octets: &[u8]) -> String {
    let escape = |letter: char| match letter {
        '\0'..'\x20' => format!("\\u{:04x}", u32::from(letter)),
        letter => letter.to_string(),
    };
    String::from_utf8_lossy(octets).trim().chars().map(escape).collect()
}

pub fn remove(tree: &mut Value, keys: &[&str]) {
    match tree {
        Value::Object(members) => {
            members.retain(|key, _| !keys.contains(&key.as_str()));
            members.values_mut().for_each(|value| remove(value, keys));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| remove(item, keys)),
        _ => {}
    }
}

pub fn contains(tree: &Value, key: &str) -> bool {
    match tree {
        Value::Object(members) => members.contains_key(key) || members.values().any(|value| contains(value, key)),
        Value::Array(items) => items.iter().any(|item| contains(item, key)),
        _ => false,
    }
}

/// Where the two differ, member by member; values that move by themselves are let go: see [`has_ticked`].
pub fn differences(own: &Value, theirs: &Value) -> Vec<String> {
    let mut differences = Vec::new();
    differ(own, theirs, "", &mut differences);
    differences
}

/// Whether all that counts down in theirs is between what it was in ours before and after.
pub fn has_ticked(before: &Value, theirs: &Value, after: &Value) -> bool {
    let [before, theirs, after] = [before, theirs, after].map(|tree| {
        let mut seconds = Vec::new();
        collect_ticking(tree, &mut seconds);
        seconds
    });
    let falls = |from: &[u64], to: &[u64]| from.len() == to.len() && from.iter().zip(to).all(|(from, to)| from >= to);
    falls(&before, &theirs) && falls(&theirs, &after)
}

fn collect_ticking(tree: &Value, seconds: &mut Vec<u64>) {
    match tree {
        Value::Object(members) => members.iter().for_each(|(key, value)| match value.as_u64() {
            Some(value) if TICKING.contains(&key.as_str()) => seconds.push(value),
            _ => collect_ticking(value, seconds),
        }),
        Value::Array(items) => items.iter().for_each(|item| collect_ticking(item, seconds)),
        _ => {}
    }
}

fn differ(own: &Value, theirs: &Value, path: &str, differences: &mut Vec<String>) {
    match (own, theirs) {
        (Value::Object(a), Value::Object(b)) => {
            for key in a.keys().chain(b.keys().filter(|key| !a.contains_key(*key))) {
                let path = format!("{path}.{key}");
                match (a.get(key), b.get(key)) {
                    (Some(a), Some(b)) => differ_member(key, a, b, &path, differences),
                    (a, b) => differences.push(format!("{path}: {a:?}, but iproute2 has {b:?}")),
                }
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (index, (a, b)) in a.iter().zip(b).enumerate() {
                differ(a, b, &format!("{path}[{index}]"), differences);
            }
        }
        (a, b) if a == b => {}
        (a, b) => differences.push(format!("{path}: {a}, but iproute2 has {b}")),
    }
}

fn differ_member(key: &str, own: &Value, theirs: &Value, path: &str, differences: &mut Vec<String>) {
    if !TICKING.contains(&key) && !RUNNING.contains(&key) {
        differ(own, theirs, path, differences);
    }
}

/// A line of text without what only newer versions say: words with a value behind each.
pub fn without_newer(line: &str) -> String {
    let mut words = line.split(' ').peekable();
    let mut kept = Vec::new();
    while let Some(word) = words.next() {
        if word == "proto" || NEWER.contains(&word) && word != "netns-immutable" {
            words.next();
        } else if word != "netns-immutable" {
            kept.push(word);
        }
    }
    kept.join(" ")
}

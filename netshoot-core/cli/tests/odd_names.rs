//! Links and namespaces whose names look like options, or are no text: each can be asked for, by its octets and by the
//! form in which it is shown.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::print_stderr)]
#![allow(missing_docs)]

#[path = "../../tests/support/skip.rs"]
mod skip;

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;

/// A namespace with an odd name, in which two links have odd names, too; removed after the test.
struct Place {
    name: OsString,
    links: [OsString; 2],
}

impl Place {
    fn new(test: &str, name: &[u8], links: [&[u8]; 2]) -> Option<Self> {
        static MADE: AtomicUsize = AtomicUsize::new(0);
        let number = format!("-odd-{}-{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
        let name = OsStr::from_bytes(&[name, number.as_bytes()].concat()).to_owned();
        let links = links.map(|link| OsStr::from_bytes(link).to_owned());
        let made = Command::new("unshare")
            .args([
                "-n",
                "--",
                "sh",
                "-c",
                "touch \"/run/netns/$0\" && mount --bind /proc/self/ns/net \"/run/netns/$0\"",
            ])
            .arg(&name)
            .output();
        if !made.is_ok_and(|output| output.status.success()) {
            skip::skip(test, "making a network namespace needs root");
            return None;
        }
        let place = Self { name, links };
        let [first, second] = &place.links;
        let added = Command::new("nsenter")
            .arg([OsStr::new("--net=/run/netns/"), &place.name].iter().copied().collect::<OsString>())
            .args(["ip", "link", "add", "name"])
            .arg(first)
            .args(["type", "veth", "peer", "name"])
            .arg(second)
            .output()
            .unwrap();
        assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
        Some(place)
    }

    /// Each word `NS` is the namespace, `A` and `B` the links, `C` the first link as it is shown.
    fn ask(&self, words: &str) -> Output {
        let word = |word: &str| match word {
            "NS" => self.name.clone(),
            "A" => self.links[0].clone(),
            "B" => self.links[1].clone(),
            "C" => OsString::from(escaped(&self.links[0])),
            "NSC" => OsString::from(escaped(&self.name)),
            word => OsString::from(word),
        };
        Command::new(env!("CARGO_BIN_EXE_netshoot")).args(words.split(' ').map(word)).output().unwrap()
    }

    /// The indices of what `words` list, all in one line each.
    fn indices(&self, words: &str) -> Vec<u32> {
        let output = self.ask(words);
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && told.is_empty(), "{words}: {told}");
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines().map(|line| line.split(':').next().unwrap().parse().unwrap()).collect()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let path = [OsStr::new("/run/netns/"), &self.name].iter().copied().collect::<OsString>();
        let _ = Command::new("umount").arg(&path).stderr(Stdio::null()).status();
        let _ = std::fs::remove_file(&path);
    }
}

fn escaped(name: &OsStr) -> String {
    netshoot_core::netlink::ByteString::from(name.as_bytes()).to_string()
}

#[test]
fn a_link_that_is_called_like_an_option_can_be_asked_for() {
    let test = "a_link_that_is_called_like_an_option_can_be_asked_for";
    let Some(place) = Place::new(test, b"--help", [b"-s", b"--help"]) else { return };
    for (words, count) in [
        ("ip --netns NS -o link show dev A", 1),
        ("ip -n NS -o link show dev B", 1),
        ("ip -o -n NS link -- A", 1),
        ("ip -o -n NS link show -- B", 1),
        ("ip -o link --netns NS show dev A", 1),
        ("ip -o link show dev A --netns NS", 1),
        ("ip -o -n NS link show dev B up", 0),
        ("ip -o -n NS link show", 3),
        ("ip -o -n NS link show -s", 3),
    ] {
        assert_eq!(place.indices(words).len(), count, "{words}");
    }
    for words in [
        "ip -n NS addr show dev A",
        "ip -n NS route show dev A",
        "ip -n NS neigh show dev B",
        "ip -n NS rule show iif A",
        "bridge -n NS fdb show dev A",
        "bridge -n NS fdb show brport B",
        "tc -n NS qdisc show dev B",
        "ip netns pids NS",
        "ss --netns NS -tan",
        "ss -N NS -tan",
        "--netns NS ss -tan",
        "--netns NS ip -j addr",
        "nstat --netns NS",
        "snapshot -n NS --kinds link",
    ] {
        let output = place.ask(words);
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(is_answered(&output), "{words}: {told}");
        assert!(!String::from_utf8_lossy(&output.stdout).contains("Usage: "), "{words} shows help");
    }
    let missing = place.ask("ip -n NS addr show dev -x");
    let told = String::from_utf8(missing.stderr).unwrap();
    assert_eq!(missing.status.code(), Some(1), "{told}");
    assert!(told.contains("show addresses of -x: there is no such interface"), "{told}");
}

/// In a sandbox even root may be kept from the process that began it, which is told.
fn is_answered(output: &Output) -> bool {
    let told = String::from_utf8_lossy(&output.stderr);
    output.status.success() && told.is_empty() || told.contains("network namespace of process 1: permission denied")
}

#[test]
fn a_name_may_be_any_octets_and_is_known_as_it_is_shown() {
    let test = "a_name_may_be_any_octets_and_is_known_as_it_is_shown";
    let Some(place) = Place::new(test, b"caf\xe9\x1b", [b"caf\xe9\x1b\\", b"caf\\xe9"]) else { return };
    let own = place.indices("ip -n NS -o link show dev A");
    let other = place.indices("ip -n NS -o link show dev B");
    assert!(own.len() == 1 && other.len() == 1 && own != other, "{own:?} {other:?}");
    for words in ["ip -n NS -o link show C", "ip -n NSC -o link show dev C", "--netns NSC ip -o link show A"] {
        assert_eq!(place.indices(words), own, "{words}");
    }
    for words in [
        "ss -N NS -tan dev = A",
        "ss -N NS -tan dev = C",
        "ss -N NSC -tan",
        "tc -n NSC qdisc show dev C",
        "ip netns pids NSC",
    ] {
        let output = place.ask(words);
        assert!(is_answered(&output), "{words}: {}", String::from_utf8_lossy(&output.stderr));
    }
    // Each name is known by its octets, that of the other end as well.
    let json: Value = serde_json::from_slice(&place.ask("ip -n NS -j link show").stdout).unwrap();
    for key in ["ifname_hex", "link_hex"] {
        assert!(json.as_array().unwrap().iter().any(|link| link[key] == "636166e91b5c"), "{key}: {json}");
    }
    // The octets of a name come before what they would be an escape of.
    let shown = place.ask("ip -n NS -o link show dev caf\\xe9").stdout;
    assert_eq!(String::from_utf8(shown).unwrap().split(':').next().unwrap().parse::<u32>().unwrap(), other[0]);
}

#[test]
fn errors_show_a_hundred_characters_of_a_name_all_in_one_way() {
    let long = "x".repeat(100_000);
    let ask = |words: &[&OsStr]| {
        let output = Command::new(env!("CARGO_BIN_EXE_netshoot")).args(words).output().unwrap();
        assert!(output.stdout.is_empty() && !output.status.success(), "{words:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    let long = OsStr::new(&long);
    let odd = OsStr::from_bytes(b"a\x1b[31m\xff");
    for words in [
        ["ip", "addr", "show", "dev", "NAME"],
        ["ip", "route", "show", "dev", "NAME"],
        ["ip", "route", "show", "table", "NAME"],
        ["ip", "route", "show", "proto", "NAME"],
        ["ip", "neigh", "show", "to", "NAME"],
        ["ip", "-n", "NAME", "addr", "show"],
        ["ip", "netns", "list-id", "nsid", "NAME"],
        ["ip", "-f", "NAME", "addr", "show"],
        ["bridge", "fdb", "get", "NAME", "dev"],
        ["ss", "-tan", "-A", "NAME", "-a"],
        ["ss", "-tan", "-f", "NAME", "-a"],
        ["snapshot", "--diff", "--for", "0", "--kinds=NAME"],
    ] {
        let with = |name: &OsStr| {
            let word = |word: &&str| match word.strip_suffix("NAME") {
                Some(front) => [OsStr::new(front), name].into_iter().collect::<OsString>(),
                None => OsString::from(word),
            };
            words.iter().map(word).collect::<Vec<_>>()
        };
        let told = ask(&with(long).iter().map(OsString::as_os_str).collect::<Vec<_>>());
        assert!(told.chars().count() < 700 && told.contains('…') && told.lines().count() == 1, "{words:?}: {told}");
        let told = ask(&with(odd).iter().map(OsString::as_os_str).collect::<Vec<_>>());
        assert!(!told.contains("\\u{") && !told.contains('\x1b') && told.lines().count() == 1, "{words:?}: {told}");
    }
    let told = ask(&["ip", "addr", "show", "dev"].map(OsStr::new).into_iter().chain([odd]).collect::<Vec<_>>());
    assert!(told.contains("show addresses of a\\x1b[31m\\xff: "), "{told}");
    // A sign is no part of a process's number.
    let told = ask(&["ip", "--netns", "+1", "addr"].map(OsStr::new));
    assert!(told.contains("open network namespace \"+1\": no such file"), "{told}");
}

//! `--stable-json` and `ss -j`: the library's own form has its version, and as many objects as iproute2's JSON.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::print_stderr)]
#![allow(missing_docs)]

use std::process::Command;

use serde_json::Value;

fn asked(words: &str) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_netshoot")).args(words.split(' ')).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && told.is_empty(), "{words}: {told}");
    assert_eq!(output.stdout.iter().filter(|octet| **octet == b'\n').count(), 1, "{words}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn each_listing_has_a_version_and_all_objects() {
    for (words, kind) in LISTINGS {
        let same = (0..20).any(|_| {
            let (own, theirs) = (asked(&format!("{words} --stable-json")), asked(&format!("{words} -j")));
            assert_eq!((&own["schema_version"], &own["kind"]), (&Value::from(1), &Value::from(kind)), "{words}");
            assert!(own["namespace"]["inode"].is_number() && own["interrupted"].is_boolean(), "{words}");
            let objects = |interface: &Value| interface["addr_info"].as_array().map_or(1, Vec::len);
            let count: usize = theirs.as_array().unwrap().iter().map(objects).sum();
            own["items"].as_array().unwrap().len() == count
        });
        assert!(same, "{words}: another number of objects");
    }
}

#[test]
fn answers_and_counters_have_a_version() {
    for (words, kind, member) in [
        ("ip route get 127.0.0.1 --stable-json", "route_answer", "verdict"),
        ("ip netns all --stable-json", "namespaces", "namespaces"),
        ("nstat --stable-json", "counters", "counters"),
        ("nstat --stable-json -t 0.01", "delta", "changes"),
        ("ss -tan --stable-json", "sockets", "inet_sockets"),
        ("ss -x -a -j", "sockets", "unix_sockets"),
    ] {
        let tree = asked(words);
        assert_eq!((&tree["schema_version"], &tree["kind"]), (&Value::from(1), &Value::from(kind)), "{words}");
        assert!(!tree[member].is_null(), "{words}: {tree}");
    }
    let refused = asked("ip route get 255.255.255.255 --stable-json");
    assert!(refused["verdict"].is_string(), "{refused}");
}

#[test]
fn of_both_forms_the_own_one_is_written_and_names_have_none() {
    for (words, kind) in [
        ("ip -j --stable-json link", "link"),
        ("ip --stable-json rule -j", "rule"),
        ("nstat -j --stable-json", "counters"),
        ("ip -j --stable-json netns all", "namespaces"),
    ] {
        assert_eq!(asked(words)["kind"], kind, "{words}");
    }
    let names = "ip netns list --stable-json".split(' ');
    let output = Command::new(env!("CARGO_BIN_EXE_netshoot")).args(names).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn options_may_stand_in_front_of_the_words_and_behind_them() {
    let own = format!("--netns /proc/{}/ns/net", std::process::id());
    let expected = asked("ip -j addr show lo");
    for words in [
        "ip addr show lo -j",
        "ip addr -json show lo",
        "ip a s lo -js",
        "ip SELF -j a s lo",
        "ip a s lo -j SELF",
        "ip SELF --json a s dev lo",
        "ip a SELF show lo -j",
    ] {
        assert_eq!(asked(&words.replace("SELF", &own)), expected, "{words}");
    }
}

const LISTINGS: [(&str, &str); 9] = [
    ("ip link", "link"),
    ("ip address", "address"),
    ("ip address show lo", "address"),
    ("ip route show table local", "route"),
    ("ip rule", "rule"),
    ("ip neigh", "neighbor"),
    ("ip nexthop", "next_hop"),
    ("bridge fdb", "fdb_entry"),
    ("tc qdisc", "qdisc"),
];

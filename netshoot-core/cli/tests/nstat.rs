//! `netshoot nstat` and `netshoot ip netns` as their users meet them.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use std::process::{Command, Output};
use std::time::{Duration, Instant};

use serde_json::Value;

fn netshoot(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_netshoot")).args(arguments).output().unwrap()
}

/// What it prints, when it can do its work and has nothing to complain of.
fn printed(arguments: &[&str]) -> String {
    let output = netshoot(arguments);
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && told.is_empty(), "{arguments:?}: {told}");
    String::from_utf8(output.stdout).unwrap()
}

/// One line on standard error, and the status.
fn refused(arguments: &[&str]) -> (Option<i32>, String) {
    let output = netshoot(arguments);
    assert!(output.stdout.is_empty(), "{arguments:?}");
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn counters_are_shown_as_by_nstat() {
    let text = printed(&["nstat", "-asz"]);
    assert!(text.starts_with("#kernel\nIpInReceives                    "), "{text}");
    assert!(text.lines().skip(1).all(|line| line.len() >= 54 && line.ends_with("   0.0")), "{text}");
    assert!(!text.contains("IpForwarding") && !text.contains("sockstat."), "{text}");
    let names = |arguments: &[&str]| -> Vec<String> {
        let json: Value = serde_json::from_str(&printed(arguments)).unwrap();
        json["kernel"].as_object().unwrap().keys().cloned().collect()
    };
    assert_eq!(names(&["nstat", "-jasz"]).len(), text.lines().count() - 1);
    let some = names(&["nstat", "-jz", "tcpext*drops", "UdpNoPorts"]);
    assert_eq!(some, ["TcpExtListenDrops", "UdpNoPorts"]);
    assert!(names(&["nstat", "-jxz"]).contains(&"dev.lo.rx_bytes".to_owned()));
}

#[test]
fn counters_are_explained() {
    let text = printed(&["nstat", "--explain", "TcpExtListenOverflows"]);
    assert!(text.lines().nth(2).unwrap().contains("the program accepts too slowly"), "{text}");
    let json: Value = serde_json::from_str(&printed(&["nstat", "--explain", "-j", "TcpExtListenOverflows"])).unwrap();
    let counter = &json["kernel"]["TcpExtListenOverflows"];
    assert_eq!(counter["kind"], "counter");
    assert!(counter["value"].is_u64() && counter["explanation"].is_string(), "{json}");
}

#[test]
fn an_interval_is_waited_for() {
    let start = Instant::now();
    let text = printed(&["nstat", "-z", "-t", "0.2", "IpInReceives"]);
    assert!(start.elapsed() >= Duration::from_millis(200));
    assert!(text.starts_with("#kernel\nIpInReceives"), "{text}");
    assert_eq!(refused(&["nstat", "-t", "-1"]).0, Some(2));
    assert_eq!(refused(&["nstat", "-t", "NaN"]).0, Some(2));
    assert_eq!(refused(&["nstat", "-t", "0"]).0, Some(2));
}

#[test]
fn the_own_form_takes_patterns_explanations_and_lines() {
    let names = |list: &Value, of: fn(&Value) -> &Value| -> Vec<String> {
        list.as_array().unwrap().iter().map(|item| of(item)["name"].as_str().unwrap().to_owned()).collect()
    };
    let tree: Value = serde_json::from_str(&printed(&["nstat", "--stable-json", "TcpExtListen*"])).unwrap();
    assert_eq!(names(&tree["counters"], |counter| counter), ["TcpExtListenOverflows", "TcpExtListenDrops"]);
    assert!(tree["counters"][0].get("explanation").is_none());
    let text = printed(&["nstat", "--stable-json", "-p", "--explain", "TcpExtListenDrops"]);
    assert!(text.lines().count() > 10, "{text}");
    let tree: Value = serde_json::from_str(&text).unwrap();
    assert!(tree["counters"][0]["explanation"].is_string(), "{text}");
    let text = printed(&["nstat", "--stable-json", "--explain", "-t", "0.01", "TcpExtListenDrops"]);
    let tree: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(names(&tree["changes"], |change| &change["counter"]), ["TcpExtListenDrops"]);
    assert!(tree["changes"][0]["counter"]["explanation"].is_string(), "{text}");
}

/// What would do nothing, or something else than nstat does, is refused.
#[test]
fn options_without_an_effect_are_refused() {
    for (arguments, part) in [
        (&["nstat", "-n"][..], "netshoot: nstat -n: without output"),
        (&["nstat", "-r"], "there is no history to forget; hint: --history FILE"),
        (&["nstat", "-rn"], "hint: --history FILE"),
        (&["nstat", "-d", "60"], "netshoot: nstat -d: there is no daemon"),
        (&["nstat", "-d"], "there is no daemon"),
        (&["nstat", "--scan=60"], "there is no daemon"),
    ] {
        let (status, told) = refused(arguments);
        assert!(status == Some(2) && told.contains(part) && told.lines().count() == 1, "{arguments:?}: {told}");
    }
}

/// Nothing is written but the file that is named for it.
#[test]
fn a_history_is_kept_where_one_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history");
    let file = path.to_str().unwrap();
    printed(&["nstat"]);
    assert!(!path.exists());
    assert_eq!(printed(&["nstat", "-n", "--history", file]), "");
    let kept = std::fs::read_to_string(&path).unwrap();
    assert!(kept.starts_with("#net:[") && kept.contains("]\n#kernel\n") && kept.lines().count() > 1, "{kept}");
    let since = printed(&["nstat", "-sz", "--history", file]);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), kept, "-s leaves it as it is");
    // As good as nothing since.
    let total = |text: &str| -> u64 {
        let numbers = text.lines().filter(|line| line.starts_with("TcpExt")).map(|line| line.split_whitespace().nth(1));
        numbers.map(|number| number.unwrap().parse::<u64>().unwrap()).sum()
    };
    assert!(total(&since) <= total(&kept), "{since}");
    assert_eq!(printed(&["nstat", "-rz", "--history", file]).lines().count(), since.lines().count());
    let other = folder.path().join("other");
    std::fs::write(&other, "{precious").unwrap();
    for options in ["-s", "-r"] {
        let (status, told) = refused(&["nstat", options, "--history", other.to_str().unwrap()]);
        assert!(status == Some(1) && told.contains("it is no history of nstat"), "{told}");
        assert_eq!(std::fs::read_to_string(&other).unwrap(), "{precious");
    }
    // Nor is what is of another namespace.
    std::fs::write(&other, "#net:[1]\n#kernel\nIpInReceives 10 0.0\n").unwrap();
    for options in ["-s", "-n", "-a"] {
        let (status, told) = refused(&["nstat", options, "--history", other.to_str().unwrap()]);
        assert!(
            status == Some(1) && told.contains("it is of another namespace, net:[1], and they are of net:["),
            "{told}"
        );
        assert!(std::fs::read_to_string(&other).unwrap().starts_with("#net:[1]\n"));
    }
    printed(&["nstat", "-nr", "--history", other.to_str().unwrap()]);
    assert!(!std::fs::read_to_string(&other).unwrap().starts_with("#net:[1]\n"));
    let (status, told) = refused(&["nstat", "-n", "--history", "/no/such/folder/history"]);
    assert_eq!(status, Some(1));
    assert!(told.starts_with("netshoot: write history file /no/such/folder/history: "), "{told}");
}

#[test]
fn namespaces_are_listed() {
    let text = printed(&["ip", "netns", "all"]);
    let own = std::fs::read_link("/proc/self/ns/net").unwrap();
    assert!(text.contains(&format!("{} current", own.display())), "{text}");
    let json: Value = serde_json::from_str(&printed(&["ip", "-j", "netns", "all"])).unwrap();
    let current = json["namespaces"].as_array().unwrap().iter().find(|one| one["current"] == true).unwrap();
    assert_eq!(current["namespace"], own.to_str().unwrap());
    assert!(printed(&["ip", "netns", "identify"]).ends_with('\n'));
    let names: Value = serde_json::from_str(&printed(&["ip", "-j", "netns"])).unwrap();
    assert!(names.is_array());
    for (words, part) in [
        (&["add", "x"][..], "ip netns add: netshoot changes nothing"),
        (&["nonsense"], "cannot make sense of \"nonsense\""),
        (&["list-id", "nsid"], "hint: [list] | list-id"),
        (&["pids", "no-such-name"], "network namespace \"no-such-name\""),
    ] {
        let (status, told) = refused(&[&["ip", "netns"], words].concat());
        let expected = if words[0] == "pids" { 1 } else { 2 };
        assert!(status == Some(expected) && told.contains(part), "{told}");
    }
    assert_eq!(refused(&["ip", "netns", "identify", "x"]).0, Some(2));
}

//! `netshoot ss` beside iproute2's `ss`, in a namespace full of sockets.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[path = "../../tests/support/kernel.rs"]
mod kernel;
#[path = "support/running.rs"]
mod running;
#[path = "../../tests/support/skip.rs"]
mod skip_support;
#[path = "support/sockets.rs"]
mod sockets;

use std::process::{Command, Output};
use std::thread;
use std::time::Duration;

use running::Running;
use serde_json::Value;
use skip_support::skip;
use sockets::Sockets;

/// Words of `ss` whose values move by themselves, and so may differ between two questions. `*` stands for the value.
const MOVING: [&str; 6] = ["lastsnd:*", "lastrcv:*", "lastack:*", "timer:(*", "busy:*", "rwnd_limited:*"];

#[test]
fn text_is_that_of_ss() {
    let Some(sockets) = Sockets::open("text_is_that_of_ss") else { return };
    let sets: Vec<&str> = OPTIONS.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let words = |set: &str| set.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let differences: Vec<_> = sets.iter().filter_map(|set| compare(&sockets, &words(set))).collect();
    assert!(differences.is_empty(), "{} of {} sets:\n{}", differences.len(), sets.len(), differences.join("\n\n"));
}

/// Asks both until nothing changes in between, as timers run out and sockets end.
fn compare(sockets: &Sockets, words: &[String]) -> Option<String> {
    let mut last = String::new();
    for _ in 0..5 {
        let (own, theirs) = (netshoot(sockets, words), ss(sockets, words));
        let told = String::from_utf8_lossy(&own.stderr);
        // In a sandbox even root may be kept from the process that began it.
        if !own.status.success() || !(told.is_empty() || told.contains("look into 1 process for its sockets")) {
            return Some(format!("ss {}: {told}", words.join(" ")));
        }
        let told = String::from_utf8_lossy(&theirs.stderr);
        if !theirs.status.success() {
            return Some(format!("ss refuses {}: {told}", words.join(" ")));
        }
        match difference(&own.stdout, &theirs.stdout) {
            None => return None,
            Some(difference) => last = difference,
        }
        thread::sleep(Duration::from_millis(50));
    }
    Some(format!("ss {}:\n{last}", words.join(" ")))
}

/// The first line that differs, with moving values hidden.
fn difference(own: &[u8], theirs: &[u8]) -> Option<String> {
    let (own, theirs) = (String::from_utf8_lossy(own), String::from_utf8_lossy(theirs));
    // It writes the keys of signatures, before the line that they belong to; they are not shown here.
    let (own, theirs) = (still(&own), still(&theirs.replace("key-of-signatures", "")));
    let lines = own.iter().zip(&theirs).find(|(own, theirs)| own != theirs);
    match lines {
        Some((own, theirs)) => Some(format!("own:    {own}$\ntheirs: {theirs}$")),
        None if own.len() == theirs.len() => None,
        None => {
            Some(format!("{} lines, not {}:\n{}\n--\n{}", own.len(), theirs.len(), own.join("\n"), theirs.join("\n")))
        }
    }
}

/// The lines with moving values hidden. Where one is, the spaces after the line, which depend on the longest of all
/// lines, are let go.
fn still(text: &str) -> Vec<String> {
    let moves = MOVING.iter().any(|word| text.contains(&word[..word.len() - 1]));
    // Two programs that ask are two different processes, each with one socket of its own.
    let asking = text.contains("tcpdiag:");
    text.lines()
        .filter(|line| !line.contains("tcpdiag:"))
        .map(|line| {
            // Counts those of the one who asks.
            let line = if line.starts_with("Total: ") { "Total: *" } else { line };
            let line = line.split(' ').map(still_word).collect::<Vec<_>>().join(" ");
            match (moves, asking) {
                (_, true) => line.split_whitespace().collect::<Vec<_>>().join(" "),
                (true, _) => line.trim_end().to_owned(),
                _ => line,
            }
        })
        .collect()
}

fn still_word(word: &str) -> String {
    let hides = |moving: &&str| word.trim_start_matches('\t').starts_with(&moving[..moving.len() - 1]);
    MOVING.iter().find(|moving| hides(moving)).map_or_else(|| word.to_owned(), |moving| (*moving).to_owned())
}

fn netshoot(sockets: &Sockets, words: &[impl AsRef<std::ffi::OsStr>]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_netshoot")).args(["ss", "-N", &sockets.zoo.name]).args(words).output().unwrap()
}

/// Not `ss -N`, which hides the cgroups.
fn ss(sockets: &Sockets, words: &[impl AsRef<std::ffi::OsStr>]) -> Output {
    let place = format!("--net=/run/netns/{}", sockets.zoo.name);
    Command::new("nsenter").args([&place, "ss"]).args(words).output().unwrap()
}

/// On a terminal the columns are spread over its width, or broken into several lines.
#[test]
fn columns_fill_a_terminal_as_those_of_ss() {
    let Some(sockets) = Sockets::open("columns_fill_a_terminal_as_those_of_ss") else { return };
    if Command::new("script").arg("--version").output().is_err() {
        return skip("columns_fill_a_terminal_as_those_of_ss", "script is not installed");
    }
    let place = format!("/run/netns/{}", sockets.zoo.name);
    let show = |width: u32, program: &str, words: &str| {
        let command = format!("stty rows 24 cols {width}; exec {program} {words}");
        let output = Command::new("nsenter")
            .arg(format!("--net={place}"))
            .args(["script", "-qec", &command, "/dev/null"])
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        // In a sandbox even root may be kept from the process that began it.
        let is_shown = |line: &&str| !line.starts_with("netshoot: look into 1 process ");
        text.split_inclusive('\n').filter(is_shown).collect::<String>()
    };
    for width in [20, 60, 80, 100, 133, 200] {
        for words in ["-ta", "-tan", "-xa", "-uap", "-tlnH"] {
            let own = show(width, concat!(env!("CARGO_BIN_EXE_netshoot"), " ss"), words);
            assert_eq!(own, show(width, "ss", words), "ss {words}, {width} columns");
        }
    }
}

#[test]
fn closing_sockets_are_those_of_ss() {
    let Some(sockets) = Sockets::empty("closing_sockets_are_those_of_ss") else { return };
    let place = format!("--net=/run/netns/{}", sockets.zoo.name);
    for words in ["-Etun", "-Etuni", "-EtunemiH", "-Et6n"] {
        let watch = |program: &[&str]| Running::start(Command::new("nsenter").arg(&place).args(program).arg(words));
        let watches = [watch(&[env!("CARGO_BIN_EXE_netshoot"), "ss"]), watch(&["stdbuf", "-oL", "ss"])];
        watches.iter().for_each(|watch| watch.wait_until_it_listens(running::SOCK_DIAG));
        let is_of = |line: &str, port: &str| line.split_whitespace().any(|word| word.ends_with(port));
        let of = |text: &str, port: &str| text.lines().filter(|line| is_of(line, port)).count();
        // A client, what it is connected to, what listens for it, and a datagram socket, of each family.
        sockets.come_and_go(&["127.0.0.1:8450", "[::1]:8451"]);
        let each = if words.contains('6') { [0, 3] } else { [4, 4] };
        let all = |text: &str| [of(text, ":8450"), of(text, ":8451")] == each;
        watches.iter().for_each(|watch| drop(watch.said_when(all)));
        // Theirs is written line by line: when the next is there, the last is complete.
        sockets.come_and_go(&["[::1]:8452"]);
        let [own, theirs] = watches.map(|watch| {
            let text = watch.said_when(|text| of(text, ":8452") > 0);
            let before = text.split_inclusive('\n').take_while(|line| !is_of(line, ":8452"));
            before.collect::<String>()
        });
        assert_eq!(own, theirs, "ss {words}");
    }
}

#[test]
fn more_text_than_five_mebibytes_is_that_of_ss() {
    let Some(sockets) = Sockets::many("more_text_than_five_mebibytes_is_that_of_ss", 5_000) else { return };
    for words in ["-tin", "-tinme", "-ta"] {
        assert_eq!(compare(&sockets, &[words.to_owned()]), None);
    }
}

#[test]
fn json_has_each_socket_of_the_text() {
    let Some(sockets) = Sockets::open("json_has_each_socket_of_the_text") else { return };
    for words in [&["-tan"][..], &["-uan"], &["-xan"], &["-wan"], &["-0an"], &["-an"]] {
        let own = netshoot(&sockets, &[words, &["-j"]].concat());
        let tree: Value = serde_json::from_slice(&own.stdout).unwrap();
        let text = netshoot(&sockets, &[words, &["-H"]].concat());
        let lines = String::from_utf8(text.stdout).unwrap().lines().count();
        assert_eq!(tree["schema_version"], 1);
        let all = tree.as_object().unwrap().iter().filter(|(name, _)| name.ends_with("_sockets"));
        let sockets: usize = all.map(|(_, list)| list.as_array().unwrap().len()).sum();
        // The last has netlink sockets, too, of which the command's own are among both.
        assert_eq!(sockets, lines, "{words:?}");
    }
    let own = netshoot(&sockets, &["-tajn", "state", "established", "sport", "=", ":8443"]);
    let tree: Value = serde_json::from_slice(&own.stdout).unwrap();
    let socket = &tree["inet_sockets"][0];
    assert_eq!(socket["protocol"], "tcp");
    assert_eq!(socket["state"], "ESTAB");
    assert_eq!(socket["source_port"], 8443);
    assert!(socket["tcp_info"]["rtt"].is_number(), "{socket}");
    assert!(socket["skmem"]["rcvbuf"].is_number(), "{socket}");
}

#[test]
fn nothing_can_be_closed() {
    for words in
        [&["ss", "-K"][..], &["ss", "--kill"], &["ss", "-tK"], &["ss", "-D", "file"], &["ss", "-Z"], &["ss", "-r"]]
    {
        let output = Command::new(env!("CARGO_BIN_EXE_netshoot")).args(words).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{words:?}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn what_makes_no_sense_is_told() {
    for (words, part) in [
        (&["-A", "tcp,nonsense"][..], "there is no table \"nonsense\""),
        (&["-f", "ipx"], "there is no family \"ipx\""),
        (&["state", "nonsense"], "at octet 6: \"nonsense\" is no state"),
        (&["exclude"], "at its end: something is missing"),
        (&["sport", "=", ":nonsense"], "at octet 8: \":nonsense\" has neither a port nor the name of one"),
        (&["sport", "=", ":65536"], "at octet 8: \":65536\" has a port that cannot be: the highest is 65535"),
        (&["dport", "<", "4294967296"], "the highest is 65535"),
        (&["src", "127.0.0.1:4294967295"], "the highest is 65535"),
        (&["sport", ">=", ":-2"], "the highest is 65535"),
        (&["src", "localhost"], "names of hosts are not looked up"),
        (&["dst", "example.org"], "names of hosts are not looked up"),
        (&["( ".repeat(10_000).as_str()], "nested too deep"),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_netshoot")).arg("ss").args(words).output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(2) && told.contains(part), "{words:?}: {told}");
    }
}

/// Whole lines, with every option that adds to them.
#[test]
fn every_field_is_that_of_ss() {
    let Some(sockets) = Sockets::odd("every_field_is_that_of_ss") else { return };
    let sets: Vec<&str> = FIELDS.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let words = |set: &str| set.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let differences: Vec<_> = sets.iter().filter_map(|set| compare(&sockets, &words(set))).collect();
    assert!(differences.is_empty(), "{} of {} sets:\n{}", differences.len(), sets.len(), differences.join("\n\n"));
}

/// A file of a filter that cannot be read, or has no end, is told with its name and what may be done.
#[test]
fn the_file_of_a_filter_is_read_within_bounds() {
    for (file, part) in [
        ("/no/such/file", "read socket filter /no/such/file: no such file or directory; hint: -F takes"),
        ("/", "read socket filter /: is a directory; hint: -F takes"),
        ("/dev/zero", "read socket filter /dev/zero: it is longer than 2097152 octets; hint: -F takes"),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_netshoot")).args(["ss", "-tan", "-F", file]).output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{told}");
        assert!(output.stdout.is_empty() && told.contains(part) && told.lines().count() == 1, "{told}");
    }
}

#[test]
fn filters_choose_the_sockets_of_ss() {
    let Some(sockets) = Sockets::open("filters_choose_the_sockets_of_ss") else { return };
    let mounts = std::fs::read_to_string("/proc/self/mounts").unwrap();
    let cgroup = mounts.lines().find(|line| line.starts_with("cgroup2 ")).and_then(|line| line.split(' ').nth(1));
    let cgroup = cgroup.unwrap_or("/sys/fs/cgroup").to_owned();
    let mut differences = Vec::new();
    let (mut some, mut none) = (0, 0);
    for line in FILTERS.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let line = line.replace("NAMESPACE", &sockets.zoo.name).replace("CGROUP", &cgroup);
        let words: Vec<_> = line.split(' ').map(str::to_owned).collect();
        differences.extend(compare(&sockets, &words));
        let shown = netshoot(&sockets, &words).stdout;
        *(if shown.iter().filter(|octet| **octet == b'\n').count() > 1 { &mut some } else { &mut none }) += 1;
    }
    assert!(differences.is_empty(), "{}", differences.join("\n\n"));
    assert!(some > 6 * none, "{some} filters find some sockets, {none} find none");
}

const OPTIONS: &str = "
    -n
    -O
    --tcp --all --numeric
    --query=tcp,raw --all
    --family=inet --listening
    -tupn -a --extended
    -a
    -H
    -t
    -ta
    -tan
    -tl
    -tln
    -tlnp
    -tulpn
    -tulpnH
    -tua4
    -tan4
    -tan6
    -ua
    -uan
    -u
    -ul
    -uap
    -w
    -wa
    -wan
    -wlp
    -x
    -xa
    -xl
    -xap
    -xae
    -xam
    -xaemp
    -0
    -0p
    -0e
    -0em
    -0eO
    -0n
    -f netlink
    -f netlink -e
    -f netlink -m
    -f inet -a
    -f inet6 -a
    -f unix -a
    -f link -a
    -A tcp -a
    -A tcp,udp
    -A all -a
    -A inet,!udp -a
    -A unix_stream -a
    -A u_dgr,u_seq -a
    -0b
    -to
    -tao
    -taoe
    -tane
    -tam
    -tamn
    -ti
    -tia
    -tin
    -tinm
    -tinmO
    -tinmpeH
    -tanoO
    -uame
    -uai
    -tai --tos
    -uan --tos
    -tan --cgroup
    -uan --inet-sockopt
    -tan --inet-sockopt -O
    -tuwxan
    -s
    -s -t
    -o state established
    -t state listening
    -ta exclude listening exclude established
    -tan state time-wait
    -tan state bucket
    -tan state all
    -tan state connected
    -tan state syn-sent state close-wait
    -tn sport = :8443
    -tan sport = :8443 or dport = :8443
    -tan dst 127.0.0.1
    -tan src 127.0.0.0/8 and not sport = :8443
    -tan ( sport = :8443 or sport = :22 )
    -tan sport ge :8000 sport le :9000
    -tan sport > :8443
    -tan dport != :8443
    -tan src [::1]
    -tan src fd00::/16
    -tan src 127.0.0.0/8:8443
    -ta sport = :https or sport = :ssh
    -tan dst 0.0.0.0/0
    -f netlink src rtnl:kernel
    -0 src *:v0
    -tan dev lo
    -tan autobound
    -uan src 127.0.0.1
    -xa src *netshoot*
    -an src unix:*netshoot*
    -tn state established dst inet:127.0.0.1
";

const FIELDS: &str = "
    -tuxnimpeH
    -tuxanimpeH
    -tuwxanimpeHO
    -tuxlnimpe
    -wanimpeH
    -wanimpeHO
    -0animpeH
    -0animpebHO
    -f netlink -mpeH
    -f netlink -aimpeHO
    -A tcp,udp,raw,unix,packet,netlink -aimpe
    -tanimpeoH state time-wait
    -tanimpeoH state syn-sent
    -tanimpeoH state syn-recv
    -tlnimpeH
    -tanimpe --tos --cgroup --inet-sockopt
    -uanmpe --tos --cgroup --inet-sockopt
    -wanmpe --tos --cgroup --inet-sockopt -O
    -xanmpe --cgroup
";

const FILTERS: &str = "
    -an sport = :22
    -an sport 22
    -an sport eq ssh
    -an sport == 0x16
    -an sport = :+22
    -tuan sport = :-1
    -tuan not sport = :-1
    -tuan sport != :-1
    -tuan sport < :-1
    -tuan src 127.0.0.1:-1
    -tuan dport != 8443
    -tuan dport ne 8443
    -a dport neq 8443
    -an sport < 100
    -an sport lt 100
    -an sport <= 80
    -an sport le 80
    -an sport leq 80
    -tuan sport > 8443
    -a sport gt 8443
    -tuan sport >= 8443
    -wan sport ge 253
    -a sport geq 8443
    -tuan sport = *
    -tuan src *
    -tuan src *:8443
    -tuan src :8443
    -tuan src any
    -tan src 127.0.0.1:8443
    -tan src = 127.0.0.1
    -tan src 127/8
    -tan src 127.0.0.0/255.0.0.0
    -tan src 10.9.0.1/24:5432
    -tuan src 10.9.0.1
    -tuan dst 127.0.0.0/8
    -tuan not dst 127.0.0.0/8
    -tan dst [fd00:9::1]:9000
    -tan dst fd00:9::/64
    -tan dst fd00:9::1:9000
    -tan src [::1]
    -tan src [::ffff:127.0.0.1]
    -tan src inet:127.0.0.1
    -tan src inet6:*
    -tan src inet:*
    -tan not src inet6:[::1]
    -tan dport = inet6:8443
    -4tan src 127.0.0.1
    -6tan sport = :9000
    -tuan sport = :domain
    -uan sport = :bootpc or sport = :syslog
    -tuan dev lo
    -tuan dev = lo
    -tuan dev != lo
    -uan dev v0
    -tuan not dev v0 sport < 600
    -tuan dev 1
    -tan fwmark = 0x2a
    -tan fwmark 42
    -tan fwmark = 052/0xff
    -tan fwmark = 0x2/0x3
    -tan state established fwmark != 0x2a
    -uan fwmark = 0
    -tan cgroup CGROUP
    -tan state established cgroup = CGROUP
    -uan cgroup != CGROUP
    -tan autobound
    -uan autobound
    -tan state established not autobound
    -tuan sport = :8443 or autobound
    -xan autobound
    -0an autobound
    -f netlink autobound
    -f netlink not autobound
    -tan state established
    -tan state listening
    -tan state close
    -tan state closed state syn-sent
    -tan state TIME-WAIT
    -tan state fin-wait-2 state close-wait
    -tan state bucket sport = :8444
    -tan state big sport = :8444
    -tan state synchronized
    -tan state connected
    -tan state all dport = :8445
    -tan exclude connected
    -tan excl established exclude listening
    -tn exclude all
    -ta exclude all
    -xan state established
    -xan state listening
    -an state established src inet6:*
    -n sport = :8443
    -tuwn dport = :514
    -tan ( sport = :22 or sport = :80 ) and not src 127.0.0.1
    -tan ! ( sport = :22 | sport = :80 ) & ! src 127.0.0.1
    -tan sport = :22 || sport = :80 && dport = 0
    -tan sport = :22 or ( sport = :80 and ( dport = 0 or dport = 1 ) )
    -tan not not sport = :22
    -tan not ( sport > 100 or sport < 30 )
    -xan src *netshoot.sock
    -xan src */NETSHOOT.[Ss]OCK
    -xan src */netshoot.[!x]??k
    -xan src @netshoot-NAMESPACE
    -xan src @netshoot*
    -xan not src *netshoot*
    -xan src unix:*
    -xan dst unix:*
    -xan dst *netshoot*
    -an src unix:*netshoot.s*
    -an not src unix:*netshoot.s*
    -an src unix:*netshoot.sock or src unix:*netshoot.seq
    -0an src *:v0
    -0an src ip:*
    -0an src 0x88cc
    -0an src link:lldp
    -0an sport = v0
    -0an sport != link:v0
    -0an dev v0
    -an src link:*
    -an src link:ip
    -an not src link:ip
    -f netlink src genl:*
    -f netlink src *:kernel
    -f netlink src 16:kernel
    -f netlink sport = kernel
    -f netlink sport < 0
    -an src netlink:genl
    -a sport != netlink:kernel
    -wan src *
    -wan sport = 1
    -wan not sport = 1
    -wan dev lo
    -an src vsock:2
    -tan src vsock:*:22
";

//! The library as C programs see it: tests written in C, the header as C++, the symbols, an installed copy, the samples.
//!
//! Needs a C compiler; what needs more says so when it is skipped.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::print_stderr)]

#[path = "../../netshoot-core/tests/support/port.rs"]
mod port;
mod support;

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use port::free_port;
use support::{Workshop, crate_folder, has_program, run, skip};

const TESTS: [&str; 14] = [
    "packet",
    "reassembly",
    "capture",
    "writer",
    "analysis",
    "options",
    "story",
    "interfaces",
    "arrow",
    "kernel",
    "sockets",
    "watch",
    "snapshot",
    "throughput",
];

#[test]
fn c_tests_pass() {
    let Some(shop) = Workshop::open("c_tests_pass") else { return };
    for test in TESTS {
        let program = shop.compile_c(&crate_folder().join(format!("tests/{test}.c")), &shop.link_shared());
        run(shop.program(&program).args(shop.captures()));
    }
}

#[test]
fn c_tests_pass_under_valgrind() {
    let Some(shop) = Workshop::open("c_tests_pass_under_valgrind") else { return };
    if !has_program("valgrind") {
        return skip("c_tests_pass_under_valgrind", "valgrind is not installed");
    }
    let valgrind = |source: &str| {
        let program = shop.compile_c(&crate_folder().join(format!("tests/{source}.c")), &shop.link_shared());
        let mut valgrind = shop.program(Path::new("valgrind"));
        valgrind.args(["--quiet", "--leak-check=full", "--errors-for-leak-kinds=definite,indirect,possible"]);
        valgrind.arg(format!("--suppressions={}", crate_folder().join("tests/other/valgrind.supp").display()));
        valgrind.env("NETSHOOT_UNDER_VALGRIND", "1").arg("--error-exitcode=99").arg(&program).args(shop.captures());
        valgrind
    };
    for test in TESTS {
        run(&mut valgrind(test));
    }
    let fault = valgrind("other/read_after_free").output().unwrap();
    assert_eq!(fault.status.code(), Some(99), "valgrind sees no fault where there is one");
}

#[test]
fn c_tests_pass_under_sanitizers() {
    let Some(shop) = Workshop::open("c_tests_pass_under_sanitizers") else { return };
    let flags = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"].map(str::to_owned).to_vec();
    if !shop.can_compile(&flags) {
        return skip("c_tests_pass_under_sanitizers", "the C compiler has no address sanitizer");
    }
    let flags = [flags, shop.link_static()].concat();
    for test in TESTS {
        let program = shop.compile_c(&crate_folder().join(format!("tests/{test}.c")), &flags);
        run(shop.program(&program).args(shop.captures()));
    }
    let fault = shop.compile_c(&crate_folder().join("tests/other/read_after_free.c"), &flags);
    let output = shop.program(&fault).args(shop.captures()).output().unwrap();
    let report = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && report.contains("heap-use-after-free"), "the sanitizer is not in: {report}");
}

#[test]
fn header_is_cxx() {
    let Some(shop) = Workshop::open("header_is_cxx") else { return };
    if !has_program("g++") {
        return skip("header_is_cxx", "g++ is not installed");
    }
    let program = shop.path("cxx");
    let source = crate_folder().join("tests/other/cxx.cpp");
    let mut compiler = Command::new("g++");
    compiler.args(["-std=c++17", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]).arg("-I").arg(shop.include());
    run(compiler.arg(source).arg("-o").arg(&program).args(shop.link_shared()));
    run(&mut shop.program(&program));
}

#[test]
fn shared_library_exports_what_the_header_declares() {
    let Some(shop) = Workshop::open("shared_library_exports_what_the_header_declares") else { return };
    if !has_program("nm") {
        return skip("shared_library_exports_what_the_header_declares", "nm is not installed");
    }
    let output = run(Command::new("nm").args(["-D", "--defined-only"]).arg(shop.library("libnetshoot.so")));
    let mut exported: Vec<_> = output.lines().filter_map(|line| line.split_whitespace().last()).collect();
    exported.sort_unstable();
    let header = fs::read_to_string(crate_folder().join("include/netshoot.h")).unwrap();
    let mut declared: Vec<_> = header
        .lines()
        .filter(|line| !line.trim_start().starts_with("//") && !line.starts_with([' ', '#']))
        .filter_map(|line| line.split_once('(')?.0.rsplit([' ', '*']).next())
        .filter(|name| name.starts_with("netshoot_"))
        .collect();
    declared.sort_unstable();
    assert!(declared.len() > 30, "{declared:?}");
    assert_eq!(exported, declared);
}

#[test]
fn installed_copy_is_found_by_pkg_config() {
    let test = "installed_copy_is_found_by_pkg_config";
    let Some(shop) = Workshop::open(test) else { return };
    for tool in ["make", "pkg-config", "readelf"] {
        if !has_program(tool) {
            return skip(test, &format!("{tool} is not installed"));
        }
    }
    let prefix = shop.install();
    let soname = run(Command::new("readelf").arg("-d").arg(prefix.join("lib/libnetshoot.so")));
    let major = env!("CARGO_PKG_VERSION_MAJOR");
    assert!(soname.contains(&format!("soname: [libnetshoot.so.{major}]")), "{soname}");

    let source = crate_folder().join("examples/findings.c");
    let program = shop.compile_c(&source, &shop.pkg_config(&prefix, &["netshoot"]));
    let shared = run(Command::new(&program).env("LD_LIBRARY_PATH", prefix.join("lib")).arg(&shop.captures()[0]));
    // Without the shared library there, the same names mean the static one.
    for entry in fs::read_dir(prefix.join("lib")).unwrap() {
        let path = entry.unwrap().path();
        if path.to_string_lossy().contains(".so") {
            fs::remove_file(path).unwrap();
        }
    }
    let program = shop.compile_c(&source, &shop.pkg_config(&prefix, &["--static", "netshoot"]));
    assert_eq!(run(Command::new(&program).arg(&shop.captures()[0])), shared);
    assert!(shared.contains("tcp-refused") && shared.contains("dns-failure"), "{shared}");
}

#[test]
fn program_with_libpcap_prints_findings() {
    let test = "program_with_libpcap_prints_findings";
    let Some(shop) = Workshop::open(test) else { return };
    for tool in ["make", "pkg-config"] {
        if !has_program(tool) {
            return skip(test, &format!("{tool} is not installed"));
        }
    }
    if !Command::new("pkg-config").args(["--exists", "libpcap"]).status().unwrap().success() {
        return skip(test, "libpcap is not installed");
    }
    let prefix = shop.install();
    let flags = shop.pkg_config(&prefix, &["netshoot", "libpcap"]);
    let program = shop.compile_c(&crate_folder().join("examples/pcap_findings.c"), &flags);
    let output = run(Command::new(&program).env("LD_LIBRARY_PATH", prefix.join("lib")).arg(&shop.captures()[0]));
    assert!(output.contains("6 packets: 3 TCP, 2 UDP, 1 other"), "{output}");
    assert!(output.contains("tcp-refused") && output.contains("dns-failure"), "{output}");
}

/// The example at one end, iperf3 at the other: each has moved what the other says.
#[test]
fn example_and_iperf3_agree() {
    let test = "example_and_iperf3_agree";
    let Some(shop) = Workshop::open(test) else { return };
    if !has_program("iperf3") {
        return skip(test, "iperf3 is not installed");
    }
    let program = shop.compile_c(&crate_folder().join("examples/throughput.c"), &shop.link_shared());

    let mut server = shop.program(&program);
    let mut server = server.args(["server", "0"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(server.stderr.as_mut().unwrap()).read_line(&mut line).unwrap();
    let port = line.trim().strip_prefix("listening on ").unwrap().to_owned();
    let iperf3 = ["20", "iperf3", "-J", "-n", "5M", "-P", "2", "-c", "127.0.0.1", "-p", &port];
    let theirs = run(Command::new("timeout").args(iperf3));
    let ours = String::from_utf8(server.wait_with_output().unwrap().stdout).unwrap();
    assert_eq!(bytes(&ours, "sum_received"), bytes(&theirs, "sum_received"), "{ours}{theirs}");
    assert_eq!(bytes(&ours, "sum_sent"), bytes(&theirs, "sum_sent"), "{ours}{theirs}");

    let port = free_port().to_string();
    let mut iperf3 = Command::new("timeout");
    iperf3.args(["20", "iperf3", "-s", "-1", "-J", "-p", &port]).stdout(Stdio::piped());
    let iperf3 = iperf3.spawn().unwrap();
    let until = Instant::now() + Duration::from_secs(10);
    let ours = loop {
        let output = shop.program(&program).args(["client", "127.0.0.1", &port, "5"]).output().unwrap();
        if output.status.success() || Instant::now() > until {
            break String::from_utf8(output.stdout).unwrap();
        }
        // It does not listen yet.
        std::thread::sleep(Duration::from_millis(20));
    };
    let theirs = String::from_utf8(iperf3.wait_with_output().unwrap().stdout).unwrap();
    // What was asked for, and the rest of the last of 39 blocks.
    assert_eq!(bytes(&ours, "sum_sent"), Some((39 * 131_072).to_string().as_str()), "{ours}");
    assert_eq!(bytes(&ours, "sum_received"), bytes(&theirs, "sum_received"), "{ours}{theirs}");
}

/// The `bytes` behind a key, as both print them.
fn bytes<'a>(json: &'a str, key: &str) -> Option<&'a str> {
    let rest = json.split_once(&format!("\"{key}\":"))?.1.split_once("\"bytes\":")?.1;
    rest.trim_start().split(|letter: char| !letter.is_ascii_digit()).next()
}

#[test]
fn samples_of_the_quick_start_run() {
    let Some(shop) = Workshop::open("samples_of_the_quick_start_run") else { return };
    let text = fs::read_to_string(crate_folder().join("../docs/c.md")).unwrap();
    let samples: Vec<_> = text.split("```c\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(!samples.is_empty());
    for (number, sample) in samples.iter().enumerate() {
        let source = shop.path(&format!("sample{number}.c"));
        fs::write(&source, sample).unwrap();
        let program = shop.compile_c(&source, &shop.link_shared());
        let output = run(shop.program(&program).arg(&shop.captures()[0]));
        assert!(!output.is_empty(), "sample {number} prints nothing");
    }
}

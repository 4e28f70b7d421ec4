//! The command beside iproute2's, and the Python package beside pyroute2.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use netshoot_core::namespace::Namespace;

use crate::{ROUNDS, connections, skip};

/// By the clock, as the command receives and writes at the same time. What counts is the quickest of the rounds, because
/// neighbours on the machine only ever slow one down; the medians are told.
pub(crate) fn iproute2(name: &str, namespace: &Namespace) -> Vec<String> {
    let netshoot = std::env::current_exe().unwrap().parent().unwrap().parent().unwrap().join("netshoot");
    if !netshoot.exists() {
        skip::skip("kernel", "target/release/netshoot is missing");
        return Vec::new();
    }
    let mut late = Vec::new();
    late.extend(race(&netshoot, "ip", &["-n", name], "-j route", 3.0));
    // Only now: each program that is started from here has their descriptors to close first.
    let _connections = namespace.run(connections).unwrap();
    late.extend(race(&netshoot, "ss", &["-N", name], "-ti", 2.0));
    late
}

fn race(netshoot: &Path, program: &str, place: &[&str], words: &str, least: f64) -> Option<String> {
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        times[0].push(run(netshoot, &[&[program], place].concat(), words));
        times[1].push(run(Path::new(program), place, words));
    }
    let [ours, theirs] = times.map(|mut times| {
        times.sort_unstable();
        (times[0], times[ROUNDS / 2])
    });
    let ratio = |ours: Duration, theirs: Duration| theirs.as_secs_f64() / ours.as_secs_f64();
    let (best, median) = (ratio(ours.0, theirs.0), ratio(ours.1, theirs.1));
    println!(
        "  {program} {words:<20} {:>10.2?}  ours {:>10.2?}  {best:>5.2} x faster  (at least {least}; medians {median:.2})",
        theirs.0, ours.0
    );
    (best < least).then(|| format!("{program} {words}: {best:.2} x faster"))
}

fn run(program: &Path, first: &[&str], words: &str) -> Duration {
    let mut command = Command::new(program);
    command.args(first).args(words.split(' ')).stdout(Stdio::null());
    let start = Instant::now();
    assert!(command.status().unwrap().success());
    start.elapsed()
}

/// Runs the same comparison in Python, which keeps its own promises.
pub(crate) fn python(name: &str) -> Vec<String> {
    let Some(python) = std::env::var_os("NETSHOOT_PYTHON").map(PathBuf::from) else {
        skip::skip("kernel", "NETSHOOT_PYTHON names no Python that has netshoot and pyroute2");
        return Vec::new();
    };
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/python/kernel.py");
    let status = Command::new(python).args([script, name]).status().unwrap();
    if status.success() { Vec::new() } else { vec!["python".to_owned()] }
}

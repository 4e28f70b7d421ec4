//! The generated capture of a million frames: `netshoot analyze` against `tshark -q -z expert`, in the same run.
//!
//! Needs the release build of the command beside this program, tshark, and GNU time, which measures both. The promise
//! that is checked: at least twelve times faster than tshark in CPU time, in at most 150 MiB.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::print_stdout)]
#![allow(missing_docs)]

#[path = "../../netshoot-core/tests/support/skip.rs"]
mod skip;

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use netshoot_benches::generator::{Settings, generate};

const FASTER: f64 = 12.0;
const MEMORY_MIB: f64 = 150.0;
const RUNS: usize = 5;

#[derive(Clone, Copy, Debug)]
struct Usage {
    wall_s: f64,
    cpu_s: f64,
    memory_mib: f64,
}

impl std::fmt::Display for Usage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { wall_s, cpu_s, memory_mib } = self;
        write!(f, "{cpu_s:>6.2} s CPU  {wall_s:>6.2} s wall  {memory_mib:>6.1} MiB")
    }
}

fn main() {
    let netshoot = std::env::current_exe().unwrap().parent().unwrap().parent().unwrap().join("netshoot");
    for (what, found) in [
        ("tshark", available("tshark")),
        ("GNU time", Path::new("/usr/bin/time").exists()),
        ("target/release/netshoot", netshoot.exists()),
    ] {
        if !found {
            return skip::skip("race", &format!("{what} is missing"));
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let capture = folder.path().join("million.pcap");
    let truth = BufWriter::new(File::create(folder.path().join("truth.jsonl")).unwrap());
    let summary = generate(Settings::default(), BufWriter::new(File::create(&capture).unwrap()), truth).unwrap();
    println!("{} frames, {} flows, {} octets", summary.frames, summary.flows, summary.octets);

    let mut ours: Vec<Usage> =
        (0..RUNS).map(|_| measure(Command::new(&netshoot).arg("analyze").arg(&capture), folder.path())).collect();
    let theirs = measure(
        Command::new("tshark").args(["-q", "-z", "expert", "-r"]).arg(&capture).env("HOME", "/nonexistent"),
        folder.path(),
    );
    ours.sort_by(|a, b| a.cpu_s.total_cmp(&b.cpu_s));
    let median = ours[RUNS / 2];
    let ratio = theirs.cpu_s / median.cpu_s;
    println!("netshoot analyze      {median}  (median of {RUNS})");
    println!("tshark -q -z expert   {theirs}");
    println!("ratio of CPU time     {ratio:.1}");
    assert!(ratio >= FASTER, "only {ratio:.1} times faster than tshark");
    assert!(ours.iter().all(|run| run.memory_mib <= MEMORY_MIB), "more than {MEMORY_MIB} MiB: {ours:?}");
}

fn available(program: &str) -> bool {
    Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
}

/// Runs `command` under GNU time and gives what it used.
fn measure(command: &Command, folder: &Path) -> Usage {
    let figures: PathBuf = folder.join("figures");
    let mut timed = Command::new("/usr/bin/time");
    timed.args(["-f", "%e %U %S %M", "-o"]).arg(&figures).arg(command.get_program()).args(command.get_args());
    timed.envs(command.get_envs().filter_map(|(key, value)| Some((key, value?))));
    let status = timed.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
    assert!(status.success(), "{command:?}: {status}");
    let text = std::fs::read_to_string(figures).unwrap();
    let numbers: Vec<f64> = text.split_whitespace().map(|word| word.parse().unwrap()).collect();
    Usage { wall_s: numbers[0], cpu_s: numbers[1] + numbers[2], memory_mib: numbers[3] / 1024.0 }
}

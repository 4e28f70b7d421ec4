//! The generated capture of a million frames: `netshoot analyze` against `tshark -q -z expert`, in the same run, and two
//! threads against one.
//!
//! Needs the release build of the command beside this program, tshark, and GNU time, which measures both. The promises
//! that are checked: at least twelve times faster than tshark in CPU time, in at most 150 MiB, also with two threads, and the
//! same report from them. nfpcapd, tcptrace, and nfstream in the Python that `NETSHOOT_NFSTREAM` names, are told
//! beside it where they are installed. With `NETSHOOT_RACE_LONG` set, the cost of a frame is told for 10^5 to 10^7 of them, too.
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
const TSHARK: &str = "tshark -q -z expert";

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

    let analyze = |threads: &str| {
        let mut command = Command::new(&netshoot);
        command.args(["analyze", "--threads", threads]).arg(&capture);
        command
    };
    // Those that take a second or less run in turns.
    let mut commands = vec![("netshoot analyze", analyze("1")), ("with two threads", analyze("2"))];
    commands.extend(quick_rivals(&capture, folder.path()));
    let mut runs = vec![Vec::new(); commands.len()];
    for _ in 0..RUNS {
        for (runs, (_, command)) in runs.iter_mut().zip(&commands) {
            runs.push(measure(command, folder.path()));
        }
    }
    let median = |place: usize, of: fn(&Usage) -> f64| {
        let mut values: Vec<f64> = runs[place].iter().map(of).collect();
        values.sort_by(f64::total_cmp);
        values[RUNS / 2]
    };
    let (cpu, wall) = (median(0, |run| run.cpu_s), median(0, |run| run.wall_s));
    println!("medians of {RUNS} runs in turns; how many times the CPU time and the wall time of netshoot analyze");
    for (place, (name, _)) in commands.iter().enumerate() {
        let cpu_s = median(place, |run| run.cpu_s);
        let wall_s = median(place, |run| run.wall_s);
        let memory_mib = median(place, |run| run.memory_mib);
        tell(name, Usage { cpu_s, wall_s, memory_mib }, cpu, wall);
    }
    let mut ratio = 0.0;
    for (name, command) in slow_rivals(&capture) {
        let usage = measure(&command, folder.path());
        tell(name, usage, cpu, wall);
        if name == TSHARK {
            ratio = usage.cpu_s / cpu;
        }
    }
    assert_same_report(&netshoot, &capture);
    if std::env::var_os("NETSHOOT_RACE_LONG").is_some() {
        long(&netshoot, folder.path());
    }
    assert!(ratio >= FASTER, "only {ratio:.1} times faster than tshark");
    let all = || runs[..2].iter().flatten();
    assert!(all().all(|run| run.memory_mib <= MEMORY_MIB), "more than {MEMORY_MIB} MiB: {:?}", &runs[..2]);
}

fn tell(name: &str, usage: Usage, cpu: f64, wall: f64) {
    println!("{name:<21} {usage}  {:>6.2} x CPU {:>6.2} x wall", usage.cpu_s / cpu, usage.wall_s / wall);
}

/// What else counts flows, as far as it is here.
fn quick_rivals(capture: &Path, folder: &Path) -> Vec<(&'static str, Command)> {
    let mut rivals = Vec::new();
    if available("nfpcapd") {
        let flows = folder.join("flows");
        std::fs::create_dir_all(&flows).unwrap();
        let mut command = Command::new("nfpcapd");
        command.arg("-r").arg(capture).arg("-w").arg(flows);
        rivals.push(("nfpcapd", command));
    }
    if available("tcptrace") {
        // Without -n it asks for the name of each address. It tells more if it is asked for all that it knows of each
        // connection, round trips and windows included, which an analysis always finds.
        for (name, more) in [("tcptrace", &[][..]), ("tcptrace -l -r -W", &["-l", "-r", "-W"])] {
            let mut command = Command::new("tcptrace");
            command.arg("-n").args(more).arg(capture);
            rivals.push((name, command));
        }
    }
    rivals
}

fn slow_rivals(capture: &Path) -> Vec<(&'static str, Command)> {
    let mut tshark = Command::new("tshark");
    tshark.args(["-q", "-z", "expert", "-r"]).arg(capture).env("HOME", "/nonexistent");
    let mut rivals = vec![(TSHARK, tshark)];
    if let Some(python) = std::env::var_os("NETSHOOT_NFSTREAM") {
        let program = "import sys, nfstream\nfor _ in nfstream.NFStreamer(source=sys.argv[1], n_meters=1): pass";
        let mut command = Command::new(python);
        command.args(["-c", program]).arg(capture);
        rivals.push(("nfstream", command));
    }
    rivals
}

fn assert_same_report(netshoot: &Path, capture: &Path) {
    let report = |threads: &str| {
        let output =
            Command::new(netshoot).args(["analyze", "--json", "--threads", threads]).arg(capture).output().unwrap();
        assert!(output.status.success());
        output.stdout
    };
    assert!(report("1") == report("2"), "two threads give another report than one");
}

/// The cost of a frame, however many there are.
fn long(netshoot: &Path, folder: &Path) {
    for frames in [100_000_u32, 1_000_000, 10_000_000] {
        let path = folder.join("long.pcap");
        generate(Settings { frames, seed: 1 }, BufWriter::new(File::create(&path).unwrap()), std::io::sink()).unwrap();
        let mut runs: Vec<_> =
            (0..RUNS).map(|_| measure(Command::new(netshoot).arg("analyze").arg(&path), folder)).collect();
        runs.sort_by(|a, b| a.cpu_s.total_cmp(&b.cpu_s));
        let usage = runs[RUNS / 2];
        println!("{frames:>10} frames     {usage}  {:.0} ns each", usage.cpu_s * 1e9 / f64::from(frames));
    }
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

//! `netshoot iperf3` beside iperf3: the same options, in turn, over the loopback and over a cable.
//!
//! Medians of `NETSHOOT_ROUNDS` (5) rounds of a second each, as ratios to the first of each table. The rate is that at the
//! receiver; processor time is that of both processes as the kernel counts it, for each gigabyte received. `NETSHOOT_ONLY`
//! runs the tables whose name has it.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::print_stdout)]
#![allow(missing_docs)]

#[path = "../../netshoot-core/tests/support/skip.rs"]
mod skip;

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use netshoot_benches::lab::Lab;
use serde_json::Value;

fn main() {
    if std::env::args().any(|argument| argument == "--test" || argument == "--list") {
        return;
    }
    let netshoot = std::env::current_exe().unwrap().parent().unwrap().parent().unwrap().join("netshoot");
    if !netshoot.exists() || Command::new("iperf3").arg("--version").stdout(Stdio::null()).status().is_err() {
        return skip::skip("iperf3", "target/release/netshoot or iperf3 is missing");
    }
    let bench = Bench { netshoot, only: std::env::var("NETSHOOT_ONLY").ok() };
    bench.loopback();
    match Lab::direct() {
        Ok(lab) => bench.cable(&lab),
        Err(error) => skip::skip("iperf3", &format!("no cable can be made: {error}")),
    }
}

struct Bench {
    netshoot: PathBuf,
    only: Option<String>,
}

/// Who sends and who receives.
#[derive(Clone, Copy)]
enum Tools {
    Iperf3,
    Netshoot,
    /// Our client with their server.
    NetshootSends,
    /// Their client with our server.
    NetshootReceives,
}

/// What is compared: a name, the tools, and options beside those of the table.
type Contender = (&'static str, Tools, &'static [&'static str]);

const BOTH: &[Contender] = &[("iperf3", Tools::Iperf3, &[]), ("netshoot", Tools::Netshoot, &[])];

impl Bench {
    fn loopback(&self) {
        for congestion in ["cubic", "bbr"] {
            let pinned = ["-C", congestion, "-A", "0,1"];
            self.table(
                &format!("loopback, TCP, {congestion}"),
                None,
                &pinned,
                &[
                    ("iperf3", Tools::Iperf3, &[]),
                    ("iperf3 -l 1M", Tools::Iperf3, &["-l", "1M"]),
                    ("netshoot", Tools::Netshoot, &[]),
                    ("netshoot to iperf3", Tools::NetshootSends, &[]),
                    ("iperf3 to netshoot", Tools::NetshootReceives, &[]),
                ],
            );
        }
        for streams in ["2", "3", "8"] {
            self.table(
                &format!("loopback, TCP, cubic, {streams} streams"),
                None,
                &["-C", "cubic", "-P", streams],
                BOTH,
            );
        }
        self.table("loopback, TCP, cubic, -Z", None, &["-C", "cubic", "-A", "0,1", "-Z"], BOTH);
        for length in ["1400", "64"] {
            let options = ["-u", "-b", "0", "-l", length, "-A", "0,1"];
            self.table(&format!("loopback, UDP of {length} octets"), None, &options, BOTH);
        }
        let options = ["-u", "-b", "0", "-l", "1400", "-P", "3"];
        self.table("loopback, UDP of 1400 octets, 3 streams", None, &options, BOTH);
    }

    fn cable(&self, lab: &Lab) {
        for offloads in ["on", "off"] {
            let switched = ["tso", "gso", "gro", "tx-udp-segmentation"].map(|name| format!("{name} {offloads}"));
            for mut command in [lab.on_client("ethtool"), lab.on_server("ethtool")] {
                let words = format!("-K tun0 {}", switched.join(" "));
                let done = command.args(words.split(' ')).stdout(Stdio::null()).stderr(Stdio::null()).status();
                assert!(done.unwrap().success(), "{words}");
            }
            let name = format!("cable, offloads {offloads}");
            let pinned = ["-C", "cubic", "-A", "0,1"];
            self.table(
                &format!("{name}, TCP, cubic"),
                Some(lab),
                &pinned,
                &[
                    ("iperf3", Tools::Iperf3, &[]),
                    ("iperf3 -l 1M", Tools::Iperf3, &["-l", "1M"]),
                    ("netshoot", Tools::Netshoot, &[]),
                ],
            );
            for streams in ["3", "8"] {
                let options = ["-C", "cubic", "-P", streams];
                self.table(&format!("{name}, TCP, cubic, {streams} streams"), Some(lab), &options, BOTH);
            }
            for length in ["1400", "64"] {
                let options = ["-u", "-b", "0", "-l", length, "-A", "0,1"];
                self.table(&format!("{name}, UDP of {length} octets"), Some(lab), &options, BOTH);
            }
        }
    }

    /// Medians of interleaved rounds, each beside the first.
    fn table(&self, name: &str, lab: Option<&Lab>, options: &[&str], contenders: &[Contender]) {
        if self.only.as_ref().is_some_and(|only| !name.contains(only.as_str())) {
            return;
        }
        let rounds = std::env::var("NETSHOOT_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(5);
        let mut figures = vec![Vec::new(); contenders.len()];
        for _ in 0..rounds {
            for ((_, tools, more), figures) in contenders.iter().zip(&mut figures) {
                figures.push(self.run(*tools, lab, &[options, *more].concat()));
            }
        }
        println!("\n{name}");
        let median = |figures: &[Figures], key: fn(&Figures) -> f64| {
            let mut values: Vec<f64> = figures.iter().map(key).collect();
            values.sort_by(f64::total_cmp);
            values[values.len() / 2]
        };
        let medians: Vec<_> = figures
            .iter()
            .map(|all| [median(all, |one| one.gigabits), median(all, |one| one.cpu), median(all, |one| one.loss)])
            .collect();
        for ((name, ..), [gigabits, cpu, loss]) in contenders.iter().zip(&medians) {
            println!(
                "  {name:<20} {gigabits:>7.2} Gbit/s {:>6.2} ×  {cpu:>7.3} s/GB {:>5.2} ×  {:>5.2}% lost",
                gigabits / medians[0][0],
                cpu / medians[0][1],
                loss * 100.0
            );
        }
    }

    fn run(&self, tools: Tools, lab: Option<&Lab>, options: &[&str]) -> Figures {
        let before = children();
        let (theirs, ours) = ("iperf3", self.netshoot.to_str().unwrap());
        let (sender, receiver) = match tools {
            Tools::Iperf3 => (theirs, theirs),
            Tools::Netshoot => (ours, ours),
            Tools::NetshootSends => (ours, theirs),
            Tools::NetshootReceives => (theirs, ours),
        };
        let command = |program: &str, on: fn(&Lab, &str) -> Command| {
            let mut command = lab.map_or_else(|| Command::new(program), |lab| on(lab, program));
            if program == ours {
                command.arg("iperf3");
            }
            command
        };
        let mut server = command(receiver, Lab::on_server);
        let mut server = server.args(["-s", "-1", "-p", PORT]).stdout(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(300));
        let host = lab.map_or("127.0.0.1", |_| Lab::SERVER);
        let mut client = command(sender, Lab::on_client);
        client.args(["-c", host, "-p", PORT, "-J", "-t", "1"]).args(options);
        let output = client.output().unwrap();
        // A server that does not end by itself has not served.
        for _ in 0..50 {
            if server.try_wait().unwrap().is_some() {
                break;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = server.kill();
        server.wait().unwrap();
        let used = children() - before;
        let report: Value =
            serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"));
        Figures::of(&report, used)
    }
}

#[derive(Clone, Copy)]
struct Figures {
    /// Received in a second.
    gigabits: f64,
    /// Seconds of processor time, both ends, for each gigabyte received.
    cpu: f64,
    /// Of what was sent.
    loss: f64,
}

impl Figures {
    fn of(report: &Value, used: f64) -> Self {
        let get = |path: &str| report.pointer(path).and_then(Value::as_f64);
        let wanted = |path: &str| get(path).unwrap_or_else(|| panic!("{path} is not in {report}"));
        let loss = get("/end/sum/lost_percent").unwrap_or(0.0) / 100.0;
        let udp = report["start"]["test_start"]["protocol"] == "UDP";
        let gigabits = if udp {
            wanted("/end/sum/bytes") * (1.0 - loss) * 8e-9 / wanted("/end/sum/seconds")
        } else {
            wanted("/end/sum_received/bits_per_second") * 1e-9
        };
        let seconds = wanted("/start/test_start/duration");
        Self { gigabits, cpu: used / (gigabits / 8.0 * seconds), loss }
    }
}

/// Seconds of processor time of all children that have ended.
fn children() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = text[text.rfind(')').unwrap()..].split(' ').collect();
    // `cutime` and `cstime` of proc_pid_stat(5), in ticks of which there are a hundred in a second everywhere.
    [14, 15].map(|field| fields[field].parse::<f64>().unwrap() / 100.0).iter().sum()
}

const PORT: &str = "45201";

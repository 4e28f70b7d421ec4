//! Verdicts on tests whose limit is known: a lab of shaped paths, small windows, busy processors and lossy links, beside
//! healthy ones.
//!
//! Two seeds of each here; `NETSHOOT_VERDICT_SEEDS=N` runs more, and longer (`make proof`). `NETSHOOT_VERDICT_ONLY` names
//! one case, of which the facts are shown.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::print_stderr)]

mod support;

use std::fmt::Write as _;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use netshoot_benches::generator::Random;
use netshoot_benches::lab::Lab;
use netshoot_benches::relay::Conditions;
use netshoot_core::namespace::Namespace;
use netshoot_core::throughput::report::Start;
use netshoot_core::throughput::verdict::{Limit, facts, verdict};
use netshoot_core::throughput::{
    BitRate, Client, Direction, End, Event, Options, Report, Server, ServerOptions, Transport,
};

const MS: Duration = Duration::from_millis(1);

/// A test whose limit is known.
struct Case {
    name: &'static str,
    /// Any of these is right.
    truth: &'static [Limit],
    /// It needs the processors for itself.
    heavy: bool,
    set_up: fn(&mut Setting, &mut Chance),
}

/// What a case is made of.
#[derive(Default)]
struct Setting {
    /// Both ways; without them a cable.
    relay: Option<[Conditions; 2]>,
    loopback: bool,
    /// Run by a shell in each namespace before the test.
    on_client: Vec<String>,
    on_server: Vec<String>,
    options: Options,
    /// iperf3 is the server.
    plain: bool,
    server_affinity: Option<usize>,
    /// Processors on which somebody else works hard.
    busy: Vec<usize>,
}

struct Chance(Random);

impl Chance {
    fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.0.below(high - low + 1)
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.0.below(of.len() as u64) as usize]
    }
}

impl Setting {
    fn shape(&mut self, side: &str, line: String) {
        let line = format!("tc qdisc add dev tun0 root {line}");
        if side == "client" { self.on_client.push(line) } else { self.on_server.push(line) }
    }

    fn distance(&mut self, chance: &mut Chance, low: u64, high: u64) {
        let delay = Duration::from_micros(chance.between(low * 500, high * 500));
        let link = Conditions { delay, queue: 1 << 20, ..Conditions::default() };
        self.relay = Some([link, link]);
    }

    fn congestion(&mut self, name: &str) {
        self.options.congestion = Some(name.to_owned());
    }
}

fn tbf(chance: &mut Chance) -> String {
    let rate = chance.between(5, 300);
    format!("tbf rate {rate}mbit burst {} latency {}ms", 5_000 + rate * 1_000, chance.between(10, 50))
}

const CASES: &[Case] = &[
    Case {
        name: "healthy cable",
        truth: &[Limit::Machine],
        heavy: true,
        set_up: |setting, chance| {
            setting.congestion(chance.one(&["cubic", "bbr"]));
            setting.options.parallel = chance.one(&[1, 1, 2]);
            setting.options.direction = chance.one(&[Direction::Forward, Direction::Forward, Direction::Reverse]);
        },
    },
    Case {
        name: "healthy loopback",
        truth: &[Limit::Machine],
        heavy: true,
        set_up: |setting, chance| {
            setting.loopback = true;
            setting.congestion(chance.one(&["cubic", "bbr"]));
        },
    },
    Case {
        name: "tbf on a cable",
        truth: &[Limit::Shaper],
        heavy: false,
        set_up: |setting, chance| {
            let line = tbf(chance);
            setting.shape("client", line);
            setting.congestion(chance.one(&["cubic", "bbr"]));
        },
    },
    Case {
        name: "tbf at a distance",
        truth: &[Limit::Shaper],
        heavy: false,
        set_up: |setting, chance| {
            setting.distance(chance, 4, 40);
            let rate = chance.between(5, 60);
            setting.shape("client", format!("tbf rate {rate}mbit burst 30000 latency 50ms"));
            setting.congestion(chance.one(&["cubic", "bbr"]));
        },
    },
    Case {
        name: "tbf at the server, reverse",
        truth: &[Limit::Shaper],
        heavy: false,
        set_up: |setting, chance| {
            let line = tbf(chance);
            setting.shape("server", line);
            setting.options.direction = Direction::Reverse;
        },
    },
    Case {
        name: "htb on a cable",
        truth: &[Limit::Shaper],
        heavy: false,
        set_up: |setting, chance| {
            let rate = chance.between(10, 400);
            setting.shape("client", "handle 1: htb default 1".to_owned());
            let class = format!("tc class add dev tun0 parent 1: classid 1:1 htb rate {rate}mbit");
            setting.on_client.push(class);
            setting.options.parallel = chance.one(&[1, 3]);
        },
    },
    Case {
        name: "narrow link",
        truth: &[Limit::Shaper],
        heavy: false,
        set_up: |setting, chance| {
            setting.distance(chance, 2, 30);
            let rate = chance.between(5, 60) * 1_000_000;
            let links = setting.relay.as_mut().unwrap();
            links[0].rate = Some(rate);
            // About 60 ms.
            links[0].queue = (rate / 8 * 60 / 1_000) as usize;
        },
    },
    Case {
        name: "datagrams through tbf",
        truth: &[Limit::Shaper],
        heavy: false,
        set_up: |setting, chance| {
            let rate = chance.between(5, 100);
            setting.shape("server", format!("tbf rate {rate}mbit burst 30000 latency 20ms"));
            setting.options.transport = Transport::Udp;
            setting.options.direction = Direction::Reverse;
            setting.options.rate = Some(BitRate(rate * 1_000_000 * chance.between(12, 30) / 10));
        },
    },
    Case {
        name: "windows of both ends",
        truth: &[Limit::ReceiveWindow, Limit::SendBuffer],
        heavy: false,
        set_up: |setting, chance| {
            setting.distance(chance, 10, 60);
            setting.options.window = Some(chance.between(16, 64) as u32 * 1024);
        },
    },
    Case {
        name: "receive window",
        truth: &[Limit::ReceiveWindow],
        heavy: false,
        set_up: |setting, chance| {
            setting.distance(chance, 10, 60);
            let most = chance.between(30, 130) * 1024;
            setting.on_server.push(format!("sysctl -qw net.ipv4.tcp_rmem='4096 {0} {0}'", most));
        },
    },
    Case {
        name: "send buffer",
        truth: &[Limit::SendBuffer],
        heavy: false,
        set_up: |setting, chance| {
            setting.distance(chance, 10, 60);
            let most = chance.between(30, 130) * 1024;
            setting.on_client.push(format!("sysctl -qw net.ipv4.tcp_wmem='4096 {0} {0}'", most));
        },
    },
    Case {
        name: "busy sender",
        truth: &[Limit::SenderCpu],
        heavy: true,
        set_up: |setting, chance| {
            let cpu = chance.one(&[0, 1]);
            setting.options.affinity = Some(cpu);
            setting.server_affinity = Some(1 - cpu);
            setting.busy = vec![cpu; chance.between(2, 3) as usize];
            setting.congestion(chance.one(&["cubic", "bbr"]));
        },
    },
    Case {
        name: "busy receiver",
        truth: &[Limit::ReceiverCpu],
        heavy: true,
        set_up: |setting, chance| {
            let cpu = chance.one(&[0, 1]);
            setting.options.affinity = Some(1 - cpu);
            setting.server_affinity = Some(cpu);
            // Who waits for a processor at the other end, iperf3 does not tell.
            setting.plain = false;
            setting.busy = vec![cpu; chance.between(2, 3) as usize];
            setting.congestion(chance.one(&["cubic", "bbr"]));
        },
    },
    Case {
        name: "dropped by nft",
        truth: &[Limit::Congestion],
        heavy: false,
        set_up: |setting, chance| {
            setting.distance(chance, 4, 40);
            let share = chance.between(5, 30);
            setting.on_server.push(
                "nft add table ip drops && nft add chain ip drops in '{ type filter hook input priority 0; }'"
                    .to_owned(),
            );
            setting.on_server.push(format!(
                "nft add rule ip drops in tcp dport 5201 meta length '>' 500 numgen random mod 1000 '<' {share} drop"
            ));
            setting.congestion("cubic");
        },
    },
    Case {
        name: "lossy link",
        truth: &[Limit::Congestion],
        heavy: false,
        set_up: |setting, chance| {
            setting.distance(chance, 4, 40);
            setting.relay.as_mut().unwrap()[0].loss_ppm = chance.between(3_000, 20_000) as u32;
            setting.congestion(chance.one(&["cubic", "reno"]));
        },
    },
    Case {
        name: "rate asked for",
        truth: &[Limit::Pacing],
        heavy: false,
        set_up: |setting, chance| {
            if chance.one(&[true, false]) {
                setting.options.transport = Transport::Udp;
            }
            setting.distance(chance, 2, 20);
            setting.options.rate = Some(BitRate(chance.between(1, 40) * 1_000_000));
        },
    },
    Case {
        name: "small segments",
        truth: &[Limit::PacketRate],
        heavy: true,
        set_up: |setting, chance| setting.options.mss = Some(chance.between(88, 300) as u32),
    },
    Case {
        name: "small datagrams",
        truth: &[Limit::PacketRate],
        heavy: true,
        set_up: |setting, chance| {
            setting.options.transport = Transport::Udp;
            setting.options.rate = Some(BitRate::UNLIMITED);
            setting.options.length = Some(chance.between(16, 200) as usize);
        },
    },
    Case {
        name: "small path MTU",
        truth: &[Limit::PathMtu],
        heavy: true,
        set_up: |setting, chance| {
            let mtu = chance.between(300, 800);
            for commands in [&mut setting.on_client, &mut setting.on_server] {
                commands.push(format!("ip link set dev tun0 mtu {mtu}"));
                // As a real path would have it: each packet by itself.
                commands.push("ethtool -K tun0 tso off gso off gro off >/dev/null".to_owned());
            }
        },
    },
    Case {
        name: "path that swallows large packets",
        truth: &[Limit::PathMtu],
        heavy: false,
        set_up: |setting, chance| {
            setting.distance(chance, 2, 30);
            if chance.one(&[true, false]) {
                setting.options.transport = Transport::Udp;
                setting.options.length = Some(chance.between(1_350, 1_450) as usize);
                setting.options.rate = Some(BitRate(10_000_000));
            }
            // As a tunnel does whose far end drops what is too long, and ICMP with it.
            let most = chance.between(1_200, 1_350);
            for commands in [&mut setting.on_client, &mut setting.on_server] {
                commands.push("ethtool -K tun0 tso off gso off gro off >/dev/null".to_owned());
                commands.push(format!(
                    "nft add table ip hole && nft add chain ip hole in '{{ type filter hook prerouting priority 0; }}' && \
                     nft add rule ip hole in ip length '>' {most} drop"
                ));
            }
        },
    },
];

#[test]
fn limits_are_named() {
    let test = "limits_are_named";
    for (program, flag) in [("tc", "-V"), ("nft", "--version"), ("iperf3", "--version"), ("ethtool", "--version")] {
        if !support::has_program(program, flag) {
            return support::skip(test, &format!("{program} is not installed"));
        }
    }
    if support::has_labs(test) && support::is_preferred(test) {
        judge_all();
    }
}

fn judge_all() {
    let seeds: Option<u64> = std::env::var("NETSHOOT_VERDICT_SEEDS").ok().and_then(|seeds| seeds.parse().ok());
    let time = if seeds.is_some() { 4_000 * MS } else { 1_800 * MS };
    let only = std::env::var("NETSHOOT_VERDICT_ONLY").ok();
    let cases: Vec<_> = CASES
        .iter()
        .filter(|case| only.as_deref().is_none_or(|only| only.split('|').any(|only| case.name.contains(only))))
        .collect();
    let runs: Vec<_> = (1..=seeds.unwrap_or(2)).flat_map(|seed| cases.iter().map(move |case| (*case, seed))).collect();
    let (heavy, light): (Vec<_>, Vec<_>) = runs.into_iter().partition(|(case, _)| case.heavy);
    let outcomes = Mutex::new(Vec::new());
    for (runs, at_once) in [(light, 4), (heavy, 1)] {
        let left = Mutex::new(runs);
        thread::scope(|scope| {
            for _ in 0..at_once {
                scope.spawn(|| {
                    loop {
                        let Some((case, seed)) = left.lock().unwrap().pop() else { return };
                        let outcome = run(case, seed, time);
                        outcomes.lock().unwrap().push(outcome);
                    }
                });
            }
        });
    }
    let outcomes = outcomes.into_inner().unwrap();
    let wrong: Vec<_> = outcomes.iter().filter(|outcome| !outcome.right).collect();
    let told: String =
        outcomes.iter().filter(|outcome| !outcome.right || only.is_some()).fold(String::new(), |mut all, outcome| {
            let _ = writeln!(all, "{}", outcome.told);
            all
        });
    let _ = std::io::Write::write_all(&mut std::io::stderr(), told.as_bytes());
    assert!(wrong.len() * 20 <= outcomes.len(), "{} of {} are wrong", wrong.len(), outcomes.len());
}

struct Outcome {
    right: bool,
    told: String,
}

fn run(case: &Case, seed: u64, time: Duration) -> Outcome {
    let mut chance = Chance(Random::new(seed * 1_000 + case.name.len() as u64));
    let mut setting = Setting { plain: chance.one(&[true, false]), ..Setting::default() };
    setting.options.end = End::Time(time);
    setting.options.extension = true;
    (case.set_up)(&mut setting, &mut chance);
    let lab = match setting.relay {
        Some([there, back]) => Lab::new(there, back, seed).unwrap(),
        None => Lab::direct().unwrap(),
    };
    for (commands, namespace) in [(&setting.on_client, lab.client()), (&setting.on_server, lab.server())] {
        for line in commands {
            let ran = Command::new("ip").args(["netns", "exec", namespace, "sh", "-c", line]).output().unwrap();
            assert!(ran.status.success(), "{line}: {}", String::from_utf8_lossy(&ran.stderr));
        }
    }
    let busy: Vec<Busy> = setting.busy.iter().map(|cpu| Busy::on(*cpu)).collect();
    let (start, report) = test(&lab, &setting);
    drop(busy);
    let verdicts = verdict(&start, &report);
    let chief = verdicts[0].chief();
    let told = format!(
        "{} ({seed}, {}): {chief}, truth {:?}; {}\n  {}  {:?}",
        case.name,
        if setting.plain { "iperf3" } else { "netshoot" },
        case.truth,
        report.sum(setting.options.direction == Direction::Forward).1.rate(),
        facts(&start, &report),
        verdicts[0].limitations,
    );
    Outcome { right: case.truth.contains(&chief), told }
}

fn test(lab: &Lab, setting: &Setting) -> (Start, Report) {
    let place = if setting.loopback { lab.client() } else { lab.server() };
    let mut server = None;
    let serving = if setting.plain {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", place]);
        if let Some(cpu) = setting.server_affinity {
            command.args(["taskset", "-c", &cpu.to_string()]);
        }
        server = Some(Killed(command.args(["iperf3", "-s"]).stdout(Stdio::null()).spawn().unwrap()));
        None
    } else {
        let namespace = Namespace::named(place).unwrap();
        let mut options = ServerOptions::default();
        options.affinity = setting.server_affinity;
        let mut server = Server::bind_in(namespace, options).unwrap();
        let canceller = server.canceller();
        Some((canceller, thread::spawn(move || server.run(|_| {}).unwrap())))
    };
    let address = if setting.loopback { "127.0.0.1" } else { Lab::SERVER };
    let until = Instant::now() + Duration::from_secs(5);
    let (mut start, mut report) = (None, None);
    let mut client = loop {
        let namespace = Namespace::named(lab.client()).unwrap();
        let client = Client::new(address, 5201, setting.options.clone()).unwrap().in_namespace(namespace);
        match client.start() {
            Ok(client) => break client,
            Err(error) if Instant::now() > until => panic!("{error}"),
            Err(_) => thread::sleep(20 * MS),
        }
    };
    while let Some(event) = client.next_event().unwrap() {
        match event {
            Event::Started(told) => start = Some(*told),
            Event::Finished(told) => report = Some(*told),
            _ => {}
        }
    }
    if let Some((canceller, thread)) = serving {
        canceller.cancel();
        thread.join().unwrap();
    }
    drop(server);
    (start.unwrap(), report.unwrap())
}

struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Somebody else's work on a processor.
struct Busy(#[allow(dead_code)] Killed);

impl Busy {
    fn on(cpu: usize) -> Self {
        let mut command = Command::new("taskset");
        Self(Killed(command.args(["-c", &cpu.to_string(), "sh", "-c", "while :; do :; done"]).spawn().unwrap()))
    }
}

//! Each size that the throughput engine can be tuned by, over the loopback.
//!
//! Both ends count, and the counts have to agree. The tables are medians of interleaved rounds, with the CPU time of both
//! ends for each gigabyte; `NETSHOOT_ROUNDS` is how many, `NETSHOOT_MOMENT` how many milliseconds each run takes.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::print_stdout)]
#![allow(missing_docs)]

use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, Throughput};
use netshoot_core::throughput::Transport;
use netshoot_core::throughput::engine::{Finished, LowWater, Outcome, Role, Running, Shared, Task, Tuning, start};
use rustix::event::{PollFd, PollFlags, poll};
use socket2::Socket;

/// Octets of one iteration.
const UNIT: u64 = 64 * 1024 * 1024;
const KIB: usize = 1024;

fn main() {
    let parameters = parameters();
    let mut criterion = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .configure_from_args();
    for parameter in &parameters {
        let mut group = criterion.benchmark_group(format!("throughput/{}", parameter.name));
        group.throughput(Throughput::Bytes(UNIT));
        for case in &parameter.cases {
            group.bench_function(BenchmarkId::from_parameter(&case.name), |bencher| {
                bencher.iter_custom(|iterations| case.move_octets(iterations * UNIT));
            });
        }
        group.finish();
    }
    criterion.final_summary();
    if std::env::args().any(|argument| argument == "--test" || argument == "--list") {
        return;
    }
    for parameter in &parameters {
        table(&parameter.name, parameter.cases.iter().map(|case| (case.name.clone(), || case.figures())));
    }
}

struct Parameter {
    name: String,
    cases: Vec<Case>,
}

/// One choice of sizes at both ends.
#[derive(Clone)]
struct Case {
    name: String,
    sender: Task,
    receiver: Task,
}

fn parameters() -> Vec<Parameter> {
    let tcp = Case::new(Transport::Tcp, 128 * KIB);
    let udp = Case::new(Transport::Udp, 1_400);
    let tiny = Case::new(Transport::Udp, 64);
    let bytes = |octets: usize| format!("{} KiB", octets / KIB);
    vec![
        Parameter::new("write", [128, 256, 512, 1024, 2048, 4096], |size| {
            tcp.with(bytes(size * KIB), |tuning| tuning.write = size * KIB)
        }),
        Parameter::new("read", [32, 64, 128, 256, 512, 1024], |size| {
            tcp.with(bytes(size * KIB), |tuning| tuning.read = size * KIB)
        }),
        Parameter::new("low water", [0, 1, 64 * KIB, 128 * KIB, 256 * KIB, 512 * KIB, 1024 * KIB], |mark| {
            let name = if mark == 0 { "adaptive".to_owned() } else { mark.to_string() };
            let low_water = if mark == 0 { LowWater::Adaptive } else { LowWater::Fixed(mark) };
            tcp.with(name, |tuning| tuning.low_water = low_water)
        }),
        Parameter::new("copies", [(false, false), (true, false), (false, true), (true, true)], |(zero, skip)| {
            let name =
                format!("{}, {}", if zero { "sendfile" } else { "write" }, if skip { "truncate" } else { "read" });
            let mut case = tcp.with(name, |_| ());
            (case.sender.zero_copy, case.receiver.skip_rx_copy) = (zero, skip);
            case
        }),
        Parameter::new("segments of 1400", [1, 4, 8, 16, 32, 46], |segments| {
            udp.with(segments.to_string(), |tuning| tuning.segments = segments)
        }),
        Parameter::new("segments of 64", [1, 16, 64, 128], |segments| {
            tiny.with(segments.to_string(), |tuning| tuning.segments = segments)
        }),
        Parameter::new("send batch of 1400, no segments", [1, 8, 32, 64], |batch| {
            udp.with(batch.to_string(), |tuning| (tuning.segments, tuning.send_batch) = (1, batch))
        }),
        Parameter::new("send batch of 64 × 128", [1, 2, 4, 8], |batch| {
            tiny.with(batch.to_string(), |tuning| tuning.send_batch = batch)
        }),
        Parameter::new("receive batch with GRO", [1, 4, 15], |batch| {
            udp.with(batch.to_string(), |tuning| tuning.receive_batch = batch)
        }),
        Parameter::new("receive batch without GRO", [1, 8, 32, 64, 128], |batch| {
            let mut case = udp.with(batch.to_string(), |tuning| tuning.receive_batch = batch);
            case.receiver.gro = false;
            case
        }),
        Parameter::new("receive buffer", [208 * KIB, 1024 * KIB, 4096 * KIB, 32 * 1024 * KIB], |size| {
            udp.with(bytes(size), |tuning| tuning.receive_buffer = size)
        }),
    ]
}

impl Parameter {
    fn new<T: Copy, const N: usize>(name: &str, values: [T; N], case: impl Fn(T) -> Case) -> Self {
        Self { name: name.to_owned(), cases: values.into_iter().map(case).collect() }
    }
}

impl Case {
    fn new(transport: Transport, length: usize) -> Self {
        let end = |role, cpu| {
            let mut task = Task::new(transport, role, length);
            (task.gso, task.gro) = (true, true);
            task.affinity = std::thread::available_parallelism().is_ok_and(|cpus| cpus.get() > 1).then_some(cpu);
            task
        };
        Self { name: "default".to_owned(), sender: end(Role::Sender, 0), receiver: end(Role::Receiver, 1) }
    }

    fn with(&self, name: String, change: impl Fn(&mut Tuning)) -> Self {
        let mut case = Self { name, ..self.clone() };
        change(&mut case.sender.tuning);
        change(&mut case.receiver.tuning);
        case
    }

    /// The time that `octets` take, stretched by what of them was lost.
    fn move_octets(&self, octets: u64) -> Duration {
        let test = Streams::start(self, Some(octets));
        let start = Instant::now();
        test.go();
        let notice = test.sending.notice();
        while !test.sending.budget_spent() {
            poll(&mut [PollFd::new(&notice.as_fd(), PollFlags::IN)], None).unwrap();
        }
        let (sent, received) = test.end();
        let quiet = Duration::from_millis(20);
        let bytes = [&sent, &received].map(|finished| finished.sample.totals.bytes);
        start.elapsed().saturating_sub(quiet).mul_f64(bytes[0] as f64 / bytes[1] as f64)
    }

    /// What one moment of it gives.
    fn figures(&self) -> Figures {
        let test = Streams::start(self, None);
        test.go();
        // By then the low-water mark is found.
        std::thread::sleep(Duration::from_millis(250));
        let before = test.receiver.sample();
        std::thread::sleep(Duration::from_millis(number("NETSHOOT_MOMENT", 500)));
        let after = test.receiver.sample();
        let (sent, received) = test.end();
        let octets = (after.totals.bytes - before.totals.bytes) as f64;
        let cpu: Duration = [&sent, &received].map(|finished| finished.cpu.user + finished.cpu.system).iter().sum();
        let [left, came] = [&sent, &received].map(|finished| finished.sample.totals.bytes as f64);
        Figures {
            gigabits: octets * 8e-9 / (after.at - before.at).as_secs_f64(),
            cpu: cpu.as_secs_f64() / (came * 1e-9),
            loss: 1.0 - came / left,
        }
    }
}

#[derive(Clone, Copy)]
struct Figures {
    /// Received in a second.
    gigabits: f64,
    /// Seconds of CPU time, both ends, for each gigabyte received.
    cpu: f64,
    /// Of what was sent.
    loss: f64,
}

/// A sender and its receiver.
struct Streams {
    sending: Arc<Shared>,
    receiving: Arc<Shared>,
    sender: Running,
    receiver: Running,
}

impl Streams {
    fn start(case: &Case, budget: Option<u64>) -> Self {
        let (here, there) = pair(case.sender.transport);
        let [sending, receiving] = [budget, None].map(|budget| Shared::new(budget).unwrap());
        let receiver = start(case.receiver.clone(), there, &receiving).unwrap();
        let sender = start(case.sender.clone(), here, &sending).unwrap();
        Self { sending, receiving, sender, receiver }
    }

    fn go(&self) {
        self.receiving.go();
        self.sending.go();
    }

    /// Stops, and compares what both ends have counted.
    fn end(self) -> (Finished, Finished) {
        let deadline = Instant::now() + Duration::from_secs(5);
        self.sending.stop();
        let sent = self.sender.finish(deadline);
        self.receiving.drain();
        let received = self.receiver.finish(deadline);
        for finished in [&sent, &received] {
            assert!(matches!(finished.outcome, Outcome::Stopped), "{finished:?}");
        }
        let [left, came] = [&sent, &received].map(|finished| finished.sample.totals);
        let dropped = received.sample.drops.unwrap_or(0);
        if left.packets == 0 {
            assert_eq!(left.bytes, came.bytes);
        } else {
            // Drops are counted in the kernel's units, which GRO makes larger.
            assert!(left.datagrams == came.datagrams || dropped > 0, "{left:?} {came:?}");
        }
        (sent, received)
    }
}

fn pair(transport: Transport) -> (Socket, Socket) {
    if transport == Transport::Tcp {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let here = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        return (here.into(), listener.accept().unwrap().0.into());
    }
    let [here, there] = [(); 2].map(|()| UdpSocket::bind("127.0.0.1:0").unwrap());
    here.connect(there.local_addr().unwrap()).unwrap();
    there.connect(here.local_addr().unwrap()).unwrap();
    (here.into(), there.into())
}

/// Medians of interleaved rounds, each beside the first.
fn table<F: Fn() -> Figures>(name: &str, contenders: impl Iterator<Item = (String, F)>) {
    let contenders: Vec<_> = contenders.collect();
    let mut rounds = vec![Vec::new(); contenders.len()];
    for _ in 0..number("NETSHOOT_ROUNDS", 5) {
        for ((_, run), figures) in contenders.iter().zip(&mut rounds) {
            figures.push(run());
        }
    }
    println!("\n{name}");
    let median = |figures: &[Figures], key: fn(&Figures) -> f64| {
        let mut values: Vec<f64> = figures.iter().map(key).collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    let first = median(&rounds[0], |figures| figures.gigabits);
    for ((name, _), figures) in contenders.iter().zip(&rounds) {
        let gigabits = median(figures, |figures| figures.gigabits);
        let cpu = median(figures, |figures| figures.cpu);
        let loss = median(figures, |figures| figures.loss) * 100.0;
        println!("  {name:<28} {gigabits:>7.2} Gbit/s {:>6.2} × {cpu:>7.3} s/GB {loss:>6.2}% lost", gigabits / first);
    }
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

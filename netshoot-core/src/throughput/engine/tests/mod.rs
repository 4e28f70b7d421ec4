//! Streams over the loopback, in one process.

mod accounting;
mod flow;
mod pacing;
mod stop;

use std::net::{TcpListener, TcpStream, UdpSocket};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use socket2::Socket;

use super::{Finished, Outcome, Role, Running, Shared, Task, start};
use crate::throughput::Transport;

const MS: Duration = Duration::from_millis(1);

/// Two connected sockets.
fn pair(transport: Transport) -> (Socket, Socket) {
    match transport {
        Transport::Tcp => {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let sender = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            (sender.into(), listener.accept().unwrap().0.into())
        }
        Transport::Udp => {
            let sockets = [(); 2].map(|()| UdpSocket::bind("127.0.0.1:0").unwrap());
            let addresses = sockets.each_ref().map(|socket| socket.local_addr().unwrap());
            sockets[0].connect(addresses[1]).unwrap();
            sockets[1].connect(addresses[0]).unwrap();
            let [sender, receiver] = sockets;
            (sender.into(), receiver.into())
        }
    }
}

/// A sender and a receiver for each of `count` streams, with a direction's `Shared` at either end.
struct Test {
    sending: Arc<Shared>,
    receiving: Arc<Shared>,
    senders: Vec<Running>,
    receivers: Vec<Running>,
}

impl Test {
    fn new(sender: &Task, count: usize, budget: Option<u64>) -> Self {
        let receiver = Task { role: Role::Receiver, affinity: None, ..sender.clone() };
        Self::with(sender, &receiver, count, budget)
    }

    fn with(sender: &Task, receiver: &Task, count: usize, budget: Option<u64>) -> Self {
        let [sending, receiving] = [budget, budget].map(|budget| Shared::new(budget).unwrap());
        let (mut senders, mut receivers) = (Vec::new(), Vec::new());
        for _ in 0..count {
            let (here, there) = pair(sender.transport);
            receivers.push(start(receiver.clone(), there, &receiving).unwrap());
            senders.push(start(sender.clone(), here, &sending).unwrap());
        }
        Self { sending, receiving, senders, receivers }
    }

    fn go(&self) {
        self.receiving.go();
        self.sending.go();
    }

    /// Ends as a server does that has been told that the client is at the end: what is under way still counts.
    fn end(self) -> (Vec<Finished>, Vec<Finished>) {
        self.sending.stop();
        let senders = finish(self.senders);
        self.receiving.drain();
        (senders, finish(self.receivers))
    }

    /// Waits until the senders have spent the budget.
    fn spent(&self) {
        let notice = [self.sending.notice()];
        crate::sys::poll_readable(&notice, Some(20_000 * MS)).unwrap();
        assert!(self.sending.budget_spent());
    }
}

fn finish(streams: Vec<Running>) -> Vec<Finished> {
    streams.into_iter().map(|stream| stream.finish(Instant::now() + 5_000 * MS)).collect()
}

fn bytes(finished: &[Finished]) -> u64 {
    finished.iter().map(|finished| finished.sample.totals.bytes - finished.sample.omitted.bytes).sum()
}

fn task(transport: Transport, length: usize) -> Task {
    Task::new(transport, Role::Sender, length)
}

#[track_caller]
fn all_stopped(finished: &[Finished]) {
    assert!(finished.iter().all(|finished| matches!(finished.outcome, Outcome::Stopped)), "{finished:#?}");
}

/// Waits until something has come to pass.
#[track_caller]
fn until(is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + 10_000 * MS;
    while !is_so() {
        assert!(Instant::now() < deadline, "it does not come to pass");
        std::thread::sleep(MS);
    }
}

/// For how long threads of this process have waited for a CPU, and the CPUs for their host. A wait is told when it is over,
/// so those of `streams` are let run first.
#[track_caller]
fn run_delay(streams: [&Running; 2]) -> Duration {
    let running = |stream: &Running| stream.scheduled().map(|thread| thread.running);
    let before = streams.map(running);
    until(|| streams.iter().zip(before).all(|(stream, before)| before.is_none() || running(stream) > before));
    std::fs::read_dir("/proc/self/task").unwrap().flatten().map(|task| delay(&task.path())).sum::<Duration>() + stolen()
}

/// For how long others on the host of this virtual machine have had its CPUs: `steal` in proc_stat(5), in hundredths.
fn stolen() -> Duration {
    let text = std::fs::read_to_string("/proc/stat").unwrap_or_default();
    let ticks =
        text.lines().next().and_then(|all| all.split_ascii_whitespace().nth(8)).and_then(|ticks| ticks.parse().ok());
    10 * MS * ticks.unwrap_or(0)
}

/// For how long a thread has waited for a CPU, from its folder in /proc.
fn delay(thread: &Path) -> Duration {
    let text = std::fs::read_to_string(thread.join("schedstat")).unwrap_or_default();
    Duration::from_nanos(text.split(' ').nth(1).and_then(|nanoseconds| nanoseconds.parse().ok()).unwrap_or(0))
}

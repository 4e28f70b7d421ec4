//! The thread of a stream: started, sampled, ended.

use std::fs::File;
use std::net::Shutdown;
use std::os::fd::AsFd;
use std::os::unix::fs::FileExt;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use socket2::Socket;

use super::counters::{Counters, Sample};
use super::exchange::{Requester, Responder};
use super::meter::Meter;
use super::shared::Shared;
use super::task::{Role, Task};
use super::{PATIENCE, tcp, udp};
use crate::netlink::TcpInfo;
use crate::throughput::Transport;
use crate::throughput::latency::Histogram;
use crate::{Error, ErrorKind, Result, sys};

/// How a stream ended.
#[derive(Debug)]
#[non_exhaustive]
pub enum Outcome {
    /// It was told to, or its part of the budget was sent.
    Stopped,
    /// The other end closed or reset the connection.
    PeerClosed,
    /// The system refused something.
    Failed(Error),
}

/// The CPU time of one thread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Cpu {
    /// In its own code.
    pub user: Duration,
    /// In the kernel's.
    pub system: Duration,
}

/// What the scheduler knows of one thread since it was started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Scheduled {
    /// It had a processor.
    pub running: Duration,
    /// It was ready to run, and others had the processor.
    pub waiting: Duration,
}

/// Which shortcuts a stream has really taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Shortcuts {
    /// `sendfile` instead of a copy from user space.
    pub zero_copy: bool,
    /// What came was not copied to user space.
    pub skip_rx_copy: bool,
    /// The largest `SO_RCVLOWAT` that was kept; 0 is none.
    pub low_water: usize,
    /// Datagrams cut from one by the kernel or the device, at most; 0 is none.
    pub segments: usize,
    /// Datagrams put together by the kernel came.
    pub gro: bool,
    /// The kernel's pacing (`SO_MAX_PACING_RATE`) was at work beside the schedule.
    pub kernel_pacing: bool,
}

/// All about a stream that has ended.
#[derive(Debug)]
#[non_exhaustive]
pub struct Finished {
    /// Its last counters.
    pub sample: Sample,
    /// What the kernel knew of the connection at the end.
    pub tcp_info: Option<TcpInfo>,
    /// What its thread has used of the CPU since data began to flow.
    pub cpu: Cpu,
    /// What the scheduler knew of its thread at the end; `None` where the kernel does not tell.
    pub scheduled: Option<Scheduled>,
    /// How it ended.
    pub outcome: Outcome,
    /// Which shortcuts it has taken.
    pub shortcuts: Shortcuts,
    /// How long each request waited for its response, where requests are made.
    pub round_trips: Histogram,
    stream: Arc<Stream>,
}

impl Finished {
    /// The stream's socket, which is closed when this is dropped.
    #[must_use]
    pub fn socket(&self) -> &Socket {
        &self.stream.socket
    }
}

/// A stream with its thread. One that is dropped stops all that share its [`Shared`].
#[derive(Debug)]
pub struct Running {
    stream: Arc<Stream>,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
    end: Receiver<End>,
}

/// What the thread and its owner both see.
#[derive(Debug)]
struct Stream {
    socket: Socket,
    counters: Counters,
    transport: Transport,
    /// The thread's `schedstat` of /proc.
    schedule: OnceLock<File>,
}

/// What a thread leaves behind.
#[derive(Debug)]
struct End {
    outcome: Outcome,
    shortcuts: Shortcuts,
    cpu: Cpu,
    scheduled: Option<Scheduled>,
    round_trips: Histogram,
}

/// Starts the thread of a stream over a connected `socket` and returns when it is ready to go.
///
/// Errors: the CPU does not exist, the socket is not of the task's transport, the datagram is too short for its header
/// or longer than UDP allows, no thread or memory.
pub fn start(task: Task, socket: Socket, shared: &Arc<Shared>) -> Result<Running> {
    check(&task)?;
    let (transport, counters) = (task.transport, Counters::default());
    let stream = Arc::new(Stream { socket, counters, transport, schedule: OnceLock::new() });
    let (ready, is_ready) = sync_channel(1);
    let (ended, end) = sync_channel(1);
    let thread = {
        let (stream, shared) = (Arc::clone(&stream), Arc::clone(shared));
        std::thread::Builder::new()
            .name("throughput".to_owned())
            .spawn(move || live(&task, &stream, &shared, &ready, &ended))
            .map_err(|error| Error::io("start the thread of a stream", error))?
    };
    let running = Running { stream, shared: Arc::clone(shared), thread: Some(thread), end };
    match is_ready.recv() {
        Ok(Ok(())) => Ok(running),
        Ok(Err(error)) => Err(running.refused(error)),
        Err(_) => Err(running.refused(Error::new(ErrorKind::Io, "start the thread of a stream"))),
    }
}

impl Running {
    /// The counters now.
    #[must_use]
    pub fn sample(&self) -> Sample {
        self.stream.sample()
    }

    /// The stream's socket, for its options and addresses.
    #[must_use]
    pub fn socket(&self) -> &Socket {
        &self.stream.socket
    }

    /// What the kernel knows of the connection now; `None` for UDP.
    #[must_use]
    pub fn tcp_info(&self) -> Option<TcpInfo> {
        self.stream.tcp_info()
    }

    /// What the scheduler knows of the thread now; `None` when it has ended, or where the kernel does not tell.
    #[must_use]
    pub fn scheduled(&self) -> Option<Scheduled> {
        self.stream.scheduled()
    }

    /// Whether the thread has come to its end.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }

    /// Waits for the end of the stream. At `deadline` all streams of its [`Shared`] are stopped, and a thread that has not
    /// heard that 200 ms later has its connection shut down.
    #[must_use]
    pub fn finish(mut self, deadline: Instant) -> Finished {
        let end = self.wait(deadline).or_else(|| {
            self.shared.stop();
            self.wait(Instant::now() + 10 * PATIENCE)
        });
        let end = end.or_else(|| {
            let _ = self.stream.socket.shutdown(Shutdown::Both);
            self.wait(Instant::now() + 10 * PATIENCE)
        });
        match end {
            Some(_) => self.join(),
            None => self.thread = None,
        }
        let end = end.unwrap_or_else(End::never);
        Finished {
            sample: self.stream.sample(),
            tcp_info: self.stream.tcp_info(),
            cpu: end.cpu,
            scheduled: end.scheduled,
            outcome: end.outcome,
            shortcuts: end.shortcuts,
            round_trips: end.round_trips,
            stream: Arc::clone(&self.stream),
        }
    }

    fn wait(&self, deadline: Instant) -> Option<End> {
        match self.end.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(end) => Some(end),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => Some(End::never()),
        }
    }

    fn join(&mut self) {
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }

    /// The thread has ended before it was ready; nobody else is disturbed.
    fn refused(mut self, error: Error) -> Error {
        self.join();
        error
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.thread.is_some() {
            self.shared.stop();
            self.join();
        }
    }
}

/// What the kernel knows of a connection; `None` for what is none.
pub(in crate::throughput) fn tcp_info(socket: &Socket) -> Option<TcpInfo> {
    let mut octets = [0; TcpInfo::MAX_LEN];
    let length = sys::socket::option(socket.as_fd(), libc::IPPROTO_TCP, libc::TCP_INFO, &mut octets).ok()?;
    octets.get(..length).map(TcpInfo::new)
}

impl Stream {
    fn sample(&self) -> Sample {
        self.counters.sample((self.transport == Transport::Udp).then(|| self.drops()).flatten())
    }

    fn tcp_info(&self) -> Option<TcpInfo> {
        if self.transport == Transport::Tcp { tcp_info(&self.socket) } else { None }
    }

    /// `run_delay` and the time before it, see proc_pid_schedstat(5).
    fn scheduled(&self) -> Option<Scheduled> {
        let mut octets = [0; 96];
        let length = self.schedule.get()?.read_at(&mut octets, 0).ok()?;
        let text = std::str::from_utf8(octets.get(..length)?).ok()?;
        let mut numbers = text.split_ascii_whitespace().map_while(|number| number.parse().ok());
        let mut next = || numbers.next().map(Duration::from_nanos);
        Some(Scheduled { running: next()?, waiting: next()? })
    }

    fn drops(&self) -> Option<u64> {
        let mut octets = [0; 4 * SK_MEMINFO_VARS];
        let length = sys::socket::option(self.socket.as_fd(), libc::SOL_SOCKET, SO_MEMINFO, &mut octets).ok()?;
        let value = octets.get(..length)?.get(4 * SK_MEMINFO_DROPS..)?.first_chunk()?;
        Some(u32::from_ne_bytes(*value).into())
    }
}

impl End {
    fn never() -> Self {
        let error = Error::new(ErrorKind::TimedOut, "wait for the thread of a stream");
        Self {
            outcome: Outcome::Failed(error),
            shortcuts: Shortcuts::default(),
            cpu: Cpu::default(),
            scheduled: None,
            round_trips: Histogram::default(),
        }
    }
}

/// The work of each kind of stream, with all that it needs.
enum Work {
    SendTcp(tcp::Sender),
    ReceiveTcp(tcp::Receiver),
    SendUdp(udp::Sender),
    ReceiveUdp(Box<udp::Receiver>),
    Request(Requester),
    Respond(Responder),
}

impl Work {
    fn prepare(task: &Task, socket: &Socket) -> Result<Self> {
        sys::namespace::block_signals();
        if let Some(cpu) = task.affinity {
            sys::thread::pin(cpu).map_err(|error| {
                Error::io(format!("pin a stream to CPU {cpu}"), error).with_hint("the CPU must exist and be allowed")
            })?;
        }
        let patience = Some(PATIENCE);
        let timeouts = socket.set_read_timeout(patience).and_then(|()| socket.set_write_timeout(patience));
        timeouts.map_err(|error| Error::io("set the time-outs of a stream's socket", error))?;
        if let Some(exchange) = task.exchange {
            return Ok(match task.role {
                Role::Sender => Self::Request(Requester::prepare(task, exchange, socket)?),
                Role::Receiver => Self::Respond(Responder::prepare(task, exchange, socket)?),
            });
        }
        Ok(match (task.transport, task.role) {
            (Transport::Tcp, Role::Sender) => Self::SendTcp(tcp::Sender::prepare(task, socket)?),
            (Transport::Tcp, Role::Receiver) => Self::ReceiveTcp(tcp::Receiver::prepare(task)),
            (Transport::Udp, Role::Sender) => Self::SendUdp(udp::Sender::prepare(task, socket)),
            (Transport::Udp, Role::Receiver) => Self::ReceiveUdp(Box::new(udp::Receiver::prepare(task, socket)?)),
        })
    }

    fn run(self, socket: &Socket, meter: &mut Meter<'_>) -> (Outcome, Shortcuts, Histogram) {
        let (outcome, shortcuts) = match self {
            Self::Request(work) => return work.run(socket, meter),
            Self::Respond(work) => return work.run(socket, meter),
            Self::SendTcp(work) => work.run(socket, meter),
            Self::ReceiveTcp(work) => work.run(socket, meter),
            Self::SendUdp(work) => work.run(socket, meter),
            Self::ReceiveUdp(work) => work.run(socket, meter),
        };
        (outcome, shortcuts, Histogram::default())
    }
}

/// The life of a stream's thread.
fn live(task: &Task, stream: &Stream, shared: &Shared, ready: &SyncSender<Result<()>>, ended: &SyncSender<End>) {
    let work = match Work::prepare(task, &stream.socket) {
        Ok(work) => work,
        Err(error) => return ready.send(Err(error)).unwrap_or_default(),
    };
    if let Ok(file) = File::open("/proc/thread-self/schedstat") {
        let _ = stream.schedule.set(file);
    }
    if ready.send(Ok(())).is_err() {
        return;
    }
    shared.wait();
    let (user, system) = sys::thread::usage();
    let (outcome, shortcuts, round_trips) = work.run(&stream.socket, &mut Meter::new(shared, &stream.counters));
    let now = sys::thread::usage();
    let cpu = Cpu { user: now.0.saturating_sub(user), system: now.1.saturating_sub(system) };
    let early = !matches!(outcome, Outcome::Stopped);
    let _ = ended.send(End { outcome, shortcuts, cpu, scheduled: stream.scheduled(), round_trips });
    if early {
        shared.notify();
    }
}

fn check(task: &Task) -> Result<()> {
    let (least, most) = match task.transport {
        Transport::Tcp => (1, MOST_BLOCK),
        Transport::Udp => (udp::header_len(task.counters64), udp::MOST_DATAGRAM),
    };
    if (least..=most).contains(&task.length) {
        return Ok(());
    }
    Err(Error::new(ErrorKind::InvalidInput, "start a stream")
        .with_detail(format!("a length of {} is not within {least} to {most}", task.length)))
}

/// iperf3 allows a mebibyte; a larger block has no use, but a buffer of its size.
const MOST_BLOCK: usize = 16 * 1024 * 1024;
/// asm-generic/socket.h
const SO_MEMINFO: libc::c_int = 55;
/// linux/sock_diag.h
const SK_MEMINFO_DROPS: usize = 8;
/// linux/sock_diag.h
const SK_MEMINFO_VARS: usize = 9;

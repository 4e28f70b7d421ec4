//! The data plane: one thread a stream, blocking calls, counters that anybody may read.

use std::io;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU8, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use socket2::Socket;

use super::protocol::DatagramHeader;
use super::{BitRate, Transport};
use crate::error::{Error, Result};
use crate::netlink::TcpInfo;
use crate::sys;

/// What one stream has to do.
#[derive(Clone, Debug)]
pub(super) struct Task {
    pub(super) transport: Transport,
    pub(super) role: Role,
    pub(super) length: usize,
    pub(super) rate: Option<BitRate>,
    pub(super) burst: u32,
    pub(super) counters64: bool,
    pub(super) zero_copy: bool,
    pub(super) skip_rx_copy: bool,
    pub(super) gso: bool,
    pub(super) gro: bool,
    pub(super) repeating_payload: bool,
    pub(super) affinity: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Sender,
    Receiver,
}

/// What all streams of one direction share.
#[derive(Debug)]
pub(super) struct Shared {
    phase: AtomicU8,
    limited: bool,
    left: AtomicI64,
}

impl Shared {
    /// `budget`: octets that all streams may move together.
    pub(super) fn new(budget: Option<u64>) -> Arc<Self> {
        let left = budget.map_or(i64::MAX, |bytes| i64::try_from(bytes).unwrap_or(i64::MAX));
        Arc::new(Self { phase: AtomicU8::new(WAITING), limited: budget.is_some(), left: AtomicI64::new(left) })
    }

    /// Lets the data flow; what flows while omitting does not count for the budget.
    pub(super) fn go(&self, omitting: bool) {
        self.phase.store(if omitting { OMITTING } else { RUNNING }, Ordering::Release);
    }

    pub(super) fn end_omit(&self) {
        self.phase.store(RUNNING, Ordering::Release);
    }

    pub(super) fn stop(&self) {
        self.phase.store(STOPPING, Ordering::Release);
    }

    /// Lets receivers read what is there, and then stop.
    pub(super) fn drain(&self) {
        self.phase.store(DRAINING, Ordering::Release);
    }

    pub(super) fn budget_spent(&self) -> bool {
        self.limited && self.left.load(Ordering::Acquire) <= 0
    }

    fn phase(&self) -> u8 {
        self.phase.load(Ordering::Acquire)
    }

    fn spend(&self, bytes: u64) {
        if self.limited && self.phase() == RUNNING {
            self.left.fetch_sub(bytes as i64, Ordering::AcqRel);
        }
    }
}

/// Counters of one stream.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(super) struct Counters {
    bytes: AtomicU64,
    packets: AtomicU64,
    lost: AtomicI64,
    out_of_order: AtomicU64,
    jitter_ns: AtomicU64,
}

/// What a stream had moved at a moment, the omitted time included.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sample {
    pub(super) at: Instant,
    pub(super) bytes: u64,
    pub(super) packets: u64,
    pub(super) lost: i64,
    pub(super) out_of_order: u64,
    pub(super) jitter_ns: u64,
}

impl Counters {
    pub(super) fn snapshot(&self) -> Sample {
        Sample {
            at: Instant::now(),
            bytes: self.bytes.load(Ordering::Relaxed),
            packets: self.packets.load(Ordering::Relaxed),
            lost: self.lost.load(Ordering::Relaxed),
            out_of_order: self.out_of_order.load(Ordering::Relaxed),
            jitter_ns: self.jitter_ns.load(Ordering::Relaxed),
        }
    }
}

/// A stream at work.
#[derive(Debug)]
pub(super) struct Running {
    counters: Arc<Counters>,
    socket: Arc<Socket>,
    ended: Arc<AtomicBool>,
    tcp: bool,
    thread: Option<JoinHandle<(io::Result<()>, (Duration, Duration))>>,
}

/// How a stream ended.
#[derive(Debug)]
pub(super) enum Ended {
    Stopped,
    PeerClosed,
    Failed(Error),
}

#[derive(Debug)]
pub(super) struct Finished {
    pub(super) sample: Sample,
    pub(super) tcp_info: Option<TcpInfo>,
    /// In user space, in the kernel.
    pub(super) cpu: (Duration, Duration),
    pub(super) ended: Ended,
}

pub(super) fn start(task: Task, socket: Socket, shared: &Arc<Shared>) -> Result<Running> {
    let failed = |error| Error::io("start a data thread", error);
    let counters = Arc::new(Counters::default());
    let socket = Arc::new(socket);
    let ended = Arc::new(AtomicBool::new(false));
    socket.set_read_timeout(Some(TICK)).and_then(|()| socket.set_write_timeout(Some(TICK))).map_err(failed)?;
    let tcp = task.transport == Transport::Tcp;
    let work = (Arc::clone(&counters), Arc::clone(&socket), Arc::clone(shared), Arc::clone(&ended));
    let thread = thread::Builder::new()
        .name("netshoot-data".to_owned())
        .spawn(move || {
            let (counters, socket, shared, ended) = work;
            let result = match task.role {
                Role::Sender => send(&task, &socket, &shared, &counters),
                Role::Receiver => receive(&task, &socket, &shared, &counters),
            };
            ended.store(true, Ordering::Release);
            (result, sys::throughput::thread_times())
        })
        .map_err(failed)?;
    Ok(Running { counters, socket, ended, tcp, thread: Some(thread) })
}

impl Running {
    pub(super) fn counters(&self) -> &Counters {
        &self.counters
    }

    pub(super) fn socket(&self) -> &Socket {
        &self.socket
    }

    /// Whether the thread is at its end, whatever brought it there.
    pub(super) fn has_ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }

    pub(super) fn tcp_info(&self) -> Option<TcpInfo> {
        let mut room = [0; TcpInfo::MAX_LEN];
        let octets = sys::throughput::tcp_info(self.socket.as_fd(), &mut room).ok()?;
        self.tcp.then(|| TcpInfo::new(octets))
    }

    /// Waits for the thread, which was told to stop.
    pub(super) fn finish(mut self, _deadline: Instant) -> Finished {
        let tcp_info = self.tcp_info();
        let joined = self.thread.take().map(JoinHandle::join);
        let (result, cpu) = match joined {
            Some(Ok(outcome)) => outcome,
            _ => (Err(io::Error::other("the data thread is gone")), Default::default()),
        };
        let ended = match result {
            Ok(()) => Ended::Stopped,
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ended::PeerClosed,
            Err(error) => Ended::Failed(Error::io("move data", error)),
        };
        Finished { sample: self.counters.snapshot(), tcp_info, cpu, ended }
    }
}

fn wait(shared: &Shared) {
    while shared.phase() == WAITING {
        thread::sleep(Duration::from_micros(200));
    }
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut | io::ErrorKind::Interrupted)
}

fn send(task: &Task, socket: &Socket, shared: &Shared, counters: &Counters) -> io::Result<()> {
    let mut block: Vec<u8> = (0..task.length).map(|place| b'0' + (place % 10) as u8).collect();
    wait(shared);
    let start = Instant::now();
    let (mut sequence, mut sent) = (0_u64, 0_u64);
    while shared.phase() < DRAINING {
        if shared.budget_spent() {
            thread::sleep(Duration::from_millis(1));
            continue;
        }
        if let Some(rate) = task.rate {
            let due = start + Duration::from_secs_f64(sent as f64 / rate.bytes_per_second());
            let now = Instant::now();
            if due > now {
                thread::sleep((due - now).min(TICK));
                continue;
            }
        }
        if task.transport == Transport::Udp {
            let now = sys::monotonic();
            let header = DatagramHeader {
                seconds: now.as_secs() as u32,
                microseconds: now.subsec_micros(),
                sequence: sequence + 1,
            };
            header.write_to(&mut block, task.counters64);
        }
        match socket.send(&block) {
            Ok(count) => {
                sequence += 1;
                sent += count as u64;
                counters.bytes.fetch_add(count as u64, Ordering::Relaxed);
                counters.packets.store(sequence, Ordering::Relaxed);
                shared.spend(count as u64);
            }
            Err(error) if is_timeout(&error) => {}
            Err(error) if task.transport == Transport::Udp && error.raw_os_error() == Some(libc::ENOBUFS) => {}
            Err(_) if shared.phase() >= DRAINING => break,
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn receive(task: &Task, mut socket: &Socket, shared: &Shared, counters: &Counters) -> io::Result<()> {
    use std::io::Read;
    let mut block = vec![0; if task.transport == Transport::Tcp { 128 * 1024 } else { 65536 }];
    let (mut highest, mut jitter, mut transit) = (0_u64, 0.0_f64, None);
    wait(shared);
    let mut drained = false;
    while shared.phase() != STOPPING && !drained {
        if shared.phase() == DRAINING {
            socket.set_nonblocking(true)?;
        }
        match socket.read(&mut block) {
            Ok(0) if task.transport == Transport::Tcp => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => {
                if task.transport == Transport::Udp {
                    let Some(datagram) = block.get(..count) else { continue };
                    let Some(header) = DatagramHeader::parse(datagram, task.counters64) else { continue };
                    if header.sequence > highest {
                        counters.lost.fetch_add((header.sequence - 1 - highest) as i64, Ordering::Relaxed);
                        highest = header.sequence;
                    } else {
                        counters.out_of_order.fetch_add(1, Ordering::Relaxed);
                        if counters.lost.load(Ordering::Relaxed) > 0 {
                            counters.lost.fetch_sub(1, Ordering::Relaxed);
                        }
                    }
                    counters.packets.store(highest, Ordering::Relaxed);
                    let sent = f64::from(header.seconds) + f64::from(header.microseconds) / 1e6;
                    let now = sys::monotonic().as_secs_f64() - sent;
                    if let Some(before) = transit.replace(now) {
                        jitter += ((now - before as f64).abs() - jitter) / 16.0;
                        counters.jitter_ns.store((jitter * 1e9) as u64, Ordering::Relaxed);
                    }
                }
                counters.bytes.fetch_add(count as u64, Ordering::Relaxed);
                shared.spend(count as u64);
            }
            Err(error) if is_timeout(&error) => drained = shared.phase() == DRAINING,
            Err(_) if shared.phase() >= DRAINING => break,
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

const WAITING: u8 = 0;
const OMITTING: u8 = 1;
const RUNNING: u8 = 2;
const DRAINING: u8 = 3;
const STOPPING: u8 = 4;
/// How soon a thread sees that it is to stop.
const TICK: Duration = Duration::from_millis(50);

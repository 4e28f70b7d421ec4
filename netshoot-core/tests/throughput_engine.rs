//! The data plane allocates nothing while data flow, and leaves nothing behind.
#![cfg(all(feature = "throughput", target_os = "linux"))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use netshoot_core::throughput::engine::{Outcome, Role, Running, Shared, Task, start};
use netshoot_core::throughput::{BitRate, Transport};
use socket2::Socket;

/// Counts allocations, but for those of the first thread, which is libtest's.
struct Counting;

#[allow(unsafe_code, reason = "the number of a thread comes from the system")]
fn count() {
    // SAFETY: no pointer is handed over.
    if u32::try_from(unsafe { libc::gettid() }) != Ok(std::process::id()) {
        ALLOCATIONS.fetch_add(1, Relaxed);
    }
}

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);

#[allow(unsafe_code, reason = "an allocator is unsafe by nature; it hands everything on to the system's")]
// SAFETY: each call is handed on unchanged to the system's allocator, which keeps the contract.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count();
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// One test, as its numbers are those of the whole process.
#[test]
fn nothing_is_allocated_and_nothing_is_left() {
    for transport in [Transport::Tcp, Transport::Udp] {
        for rate in [None, Some(BitRate(100_000_000))] {
            nothing_is_allocated(transport, rate);
        }
    }
    let before = holdings();
    for round in 0..STARTS {
        let transport = if round % 2 == 0 { Transport::Tcp } else { Transport::Udp };
        let (shared, streams) = streams(transport, None);
        match round % 5 {
            0 => drop(streams),
            _ => {
                shared.go();
                std::thread::sleep(Duration::from_millis(round % 3));
                shared.stop();
                for stream in streams {
                    let finished = stream.finish(Instant::now() + Duration::from_secs(5));
                    assert!(matches!(finished.outcome, Outcome::Stopped | Outcome::PeerClosed), "{finished:?}");
                }
            }
        }
    }
    assert_eq!(holdings(), before);
}

fn nothing_is_allocated(transport: Transport, rate: Option<BitRate>) {
    let (shared, streams) = streams(transport, rate);
    shared.go();
    std::thread::sleep(Duration::from_millis(50));
    let before = ALLOCATIONS.load(Relaxed);
    std::thread::sleep(Duration::from_millis(200));
    let samples = [streams[0].sample(), streams[1].sample()];
    assert_eq!(ALLOCATIONS.load(Relaxed), before, "{transport:?} {rate:?}");
    assert!(samples.iter().all(|sample| sample.totals.bytes > 100_000), "{samples:?}");
    shared.stop();
}

/// A sender and its receiver.
fn streams(transport: Transport, rate: Option<BitRate>) -> (std::sync::Arc<Shared>, Vec<Running>) {
    let shared = Shared::new(None).unwrap();
    let (here, there) = pair(transport);
    let roles = [(Role::Receiver, there), (Role::Sender, here)];
    let start = |(role, socket)| {
        let mut task = Task::new(transport, role, 1_400);
        (task.rate, task.gso, task.gro) = (rate, true, true);
        start(task, socket, &shared).unwrap()
    };
    let streams = roles.map(start).into();
    (shared, streams)
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

/// Descriptors and threads of this process: a thread is seen for a moment after it was joined.
fn holdings() -> [usize; 2] {
    let until = Instant::now() + Duration::from_secs(10);
    let is_stream = |task: std::fs::DirEntry| {
        std::fs::read_to_string(task.path().join("comm")).is_ok_and(|name| name == "throughput\n")
    };
    while std::fs::read_dir("/proc/self/task").unwrap().flatten().any(is_stream) && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(1));
    }
    ["/proc/self/fd", "/proc/self/task"].map(|path| std::fs::read_dir(path).unwrap().count())
}

const STARTS: u64 = 500;

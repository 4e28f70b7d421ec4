//! Many short tests of one server, of every kind and with every kind of end: no descriptor, thread or octet is left behind.
//!
//! `NETSHOOT_SOAK_TESTS` says how many; 500 without it.
#![cfg(all(feature = "throughput", target_os = "linux"))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicIsize, AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use netshoot_core::throughput::request_response::Exchange;
use netshoot_core::throughput::{
    BitRate, Client, Direction, End, Event, Options, Server, ServerEvent, ServerOptions, Transport,
};
use netshoot_core::{Error, ErrorKind};

/// Counts the octets that are allocated.
struct Counting;

static LIVE: AtomicIsize = AtomicIsize::new(0);

#[allow(unsafe_code, reason = "an allocator is unsafe by nature; it hands everything on to the system's")]
// SAFETY: each call is handed on unchanged to the system's allocator, which keeps the contract.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LIVE.fetch_add(layout.size().cast_signed(), Relaxed);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size().cast_signed(), Relaxed);
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// What the server told.
#[derive(Debug, Default)]
struct Told {
    finished: AtomicUsize,
    failed: AtomicUsize,
    refused: AtomicUsize,
}

/// What this process holds.
#[derive(Clone, Copy, Debug)]
struct Holdings {
    descriptors: usize,
    threads: usize,
    live: isize,
    resident: usize,
}

impl Holdings {
    fn now() -> Self {
        let entries = |path| std::fs::read_dir(path).unwrap().count();
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        let kibibytes: usize = line.trim().trim_end_matches(" kB").parse().unwrap();
        let (descriptors, threads) = (entries("/proc/self/fd"), entries("/proc/self/task"));
        Self { descriptors, threads, live: LIVE.load(Relaxed), resident: kibibytes * 1024 }
    }

    /// Once nothing ends any more: the server lets those that it refused read why, for a second.
    fn settled() -> Self {
        let mut last = Self::now();
        let until = Instant::now() + Duration::from_secs(15);
        loop {
            thread::sleep(Duration::from_millis(1_200));
            let now = Self::now();
            if (now.descriptors, now.threads) == (last.descriptors, last.threads) || Instant::now() > until {
                return now;
            }
            last = now;
        }
    }
}

/// One test, as the numbers are those of the whole process.
#[test]
fn many_short_tests_leave_nothing_behind() {
    let count = std::env::var("NETSHOOT_SOAK_TESTS").ok().and_then(|text| text.parse().ok()).unwrap_or(500_usize);
    let before = Holdings::settled();
    let mut options = ServerOptions::default();
    (options.port, options.limits.streams) = (0, 8);
    let mut server = Server::bind(options).unwrap();
    let (port, canceller) = (server.local_address().port(), server.canceller());
    let told = Arc::new(Told::default());
    let theirs = Arc::clone(&told);
    let serving = thread::spawn(move || server.run(|event| theirs.take(&event)).unwrap());
    for number in 0..3 * KINDS {
        one(port, number);
    }
    let (warm, start) = (Holdings::settled(), Instant::now());
    for number in 0..count {
        one(port, number);
    }
    let time = start.elapsed();
    let after = Holdings::settled();
    println!("{count} tests in {time:.1?}: {told:?}\n{warm:?}\n{after:?}");
    assert_eq!((after.descriptors, after.threads), (warm.descriptors, warm.threads), "{warm:?} {after:?}");
    assert!(after.live - warm.live < MOST_OCTETS, "{warm:?} {after:?}");
    assert!(after.resident < warm.resident + MOST_RESIDENT, "{warm:?} {after:?}");
    // Of the kinds 8 finish and 5 fail, one of which after another client was refused.
    let rounds = count / KINDS;
    let (finished, failed) = (told.finished.load(Relaxed), told.failed.load(Relaxed));
    assert!(finished >= 8 * rounds && failed >= 5 * rounds && told.refused.load(Relaxed) >= rounds, "{told:?}");
    canceller.cancel();
    serving.join().unwrap();
    drop(canceller);
    let end = Holdings::settled();
    assert_eq!((end.descriptors, end.threads), (before.descriptors, before.threads), "{before:?} {end:?}");
}

/// A test of the kind that `number` comes to.
fn one(port: u16, number: usize) {
    match number % KINDS {
        0 => complete(port, &short(Transport::Tcp, Direction::Forward, 1)),
        1 => complete(port, &short(Transport::Tcp, Direction::Reverse, 3)),
        2 => complete(port, &short(Transport::Tcp, Direction::Bidirectional, 2)),
        3 => complete(port, &short(Transport::Udp, Direction::Forward, 1)),
        4 => complete(port, &short(Transport::Udp, Direction::Reverse, 2)),
        5 => complete(port, &short(Transport::Udp, Direction::Bidirectional, 1)),
        6 => {
            let exchange = Some(Exchange { request: 100, response: 1_000 });
            let transport = if (number / KINDS).is_multiple_of(2) { Transport::Tcp } else { Transport::Udp };
            let mut options = short(transport, Direction::Forward, 2);
            (options.exchange, options.end) = (exchange, End::Blocks(50));
            complete(port, &options);
        }
        7 => {
            let run = |client: Client| client.run_with_latency(Duration::from_millis(1), |_| ()).map(drop);
            finish(port, &short(Transport::Tcp, Direction::Forward, 1), run);
        }
        8 => cancelled(port, Transport::Tcp, Direction::Forward),
        9 => cancelled(port, Transport::Udp, Direction::Reverse),
        10 => {
            let options = short(Transport::Tcp, Direction::Forward, 100);
            let error =
                patient(|| client(port, &options).run(|_| ()).map(drop), "too many parallel streams").unwrap_err();
            assert!(error.to_string().contains("too many parallel streams"), "{error}");
        }
        11 => busy(port),
        _ => dead(port, number / KINDS),
    }
}

fn short(transport: Transport, direction: Direction, parallel: u32) -> Options {
    let mut options = Options::default();
    (options.transport, options.direction, options.parallel) = (transport, direction, parallel);
    options.rate = Some(BitRate::UNLIMITED);
    options.length = Some(1_000);
    options.end = End::Bytes(50_000);
    options.extension = true;
    options
}

fn client(port: u16, options: &Options) -> Client {
    Client::new("127.0.0.1", port, options.clone()).unwrap()
}

fn complete(port: u16, options: &Options) {
    finish(port, options, |client| client.run(|_| ()).map(drop));
}

fn finish(port: u16, options: &Options, run: impl Fn(Client) -> Result<(), Error>) {
    patient(|| run(client(port, options)), "").unwrap();
}

/// The server may not know yet that the test before is over.
fn patient(run: impl Fn() -> Result<(), Error>, wanted: &str) -> Result<(), Error> {
    let until = Instant::now() + Duration::from_secs(10);
    loop {
        let outcome = run();
        match &outcome {
            Err(error) if error.kind() == ErrorKind::LimitReached && Instant::now() < until => {
                if !wanted.is_empty() && error.to_string().contains(wanted) {
                    return outcome;
                }
                thread::sleep(Duration::from_millis(2));
            }
            _ => return outcome,
        }
    }
}

/// It would last a minute.
fn cancelled(port: u16, transport: Transport, direction: Direction) {
    let mut options = short(transport, direction, 2);
    options.end = End::Time(Duration::from_secs(60));
    let run = || {
        let client = client(port, &options);
        let canceller = client.canceller();
        client
            .run(|event| {
                if matches!(event, Event::Started(_)) {
                    canceller.cancel();
                }
            })
            .map(drop)
    };
    assert_eq!(patient(run, "").unwrap_err().kind(), ErrorKind::Cancelled);
}

/// One client holds the server, another is refused, and the first one leaves.
fn busy(port: u16) {
    let mut held = admitted(port);
    let error = client(port, &short(Transport::Tcp, Direction::Forward, 1)).run(|_| ()).unwrap_err();
    assert!(error.to_string().contains("busy"), "{error}");
    held.write_all(&[12]).unwrap();
}

/// A client that leaves in some state, or says what makes no sense.
fn dead(port: u16, number: usize) {
    let mut control = admitted(port);
    let parameters = br#"{"tcp":true,"omit":0,"time":9,"parallel":1,"len":1000,"client_version":"3.12"}"#;
    let frame = |text: &[u8]| [&u32::try_from(text.len()).unwrap().to_be_bytes(), text].concat();
    match number % 4 {
        0 => {}
        1 => control.write_all(&frame(b"{\"tcp\":")).unwrap(),
        state => {
            control.write_all(&frame(parameters)).unwrap();
            control.read_exact(&mut [0; 1]).unwrap();
            if state == 3 {
                let mut data = TcpStream::connect(("127.0.0.1", port)).unwrap();
                data.write_all(&[b's'; 37]).unwrap();
                control.read_exact(&mut [0; 2]).unwrap();
            }
        }
    }
}

/// A control connection whose cookie was taken.
fn admitted(port: u16) -> TcpStream {
    let until = Instant::now() + Duration::from_secs(10);
    loop {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        stream.write_all(&[b's'; 37]).unwrap();
        let mut answer = [0];
        stream.read_exact(&mut answer).unwrap();
        if answer == [9] {
            return stream;
        }
        assert!(Instant::now() < until);
        thread::sleep(Duration::from_millis(2));
    }
}

impl Told {
    fn take(&self, event: &ServerEvent) {
        let counter = match event {
            ServerEvent::Test { event: Event::Finished(_), .. } => &self.finished,
            ServerEvent::Failed { .. } => &self.failed,
            ServerEvent::Refused { .. } => &self.refused,
            _ => return,
        };
        counter.fetch_add(1, Relaxed);
    }
}

const KINDS: usize = 13;
/// What a cache may take, whatever the number of tests.
const MOST_OCTETS: isize = 64 << 10;
const MOST_RESIDENT: usize = 16 << 20;

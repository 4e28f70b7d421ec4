//! The kernel's view of a crowded namespace, beside the price of the raw dump: received, walked, thrown away.
//!
//! CPU time, in turn, medians; needs root. Each promise is a ratio and is checked.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::print_stdout)]
#![allow(missing_docs)]

#[path = "../../netshoot-core/tests/support/skip.rs"]
mod skip;

use std::hint::black_box;
use std::io::Read;
use std::time::Duration;

use netshoot_benches::crowd::{Crowd, Numbers};
use netshoot_core::namespace::Namespace;
use netshoot_core::netlink::iproute2::{self, Names, Options};
use netshoot_core::netlink::{Address, Link, Netlink, Object};
use rustix::time::{ClockId, clock_gettime};
use socket2::{Domain, Protocol, Socket, Type};

const ROUNDS: usize = 41;
const TYPED: f64 = 1.25;
const JSON: f64 = 1.6;

const NETLINK_ROUTE: i32 = 0;
const NLM_F_REQUEST_DUMP: u16 = 0x301;
const NLMSG_DONE: u16 = 3;
const RTM_GETLINK: u16 = 18;
const RTM_GETADDR: u16 = 22;

fn main() {
    let crowd = match Crowd::new(Numbers::default()) {
        Ok(crowd) => crowd,
        Err(error) => return skip::skip("kernel", &format!("making a crowded namespace: {error}")),
    };
    let namespace = Namespace::named(crowd.name()).unwrap();
    let netlink = Netlink::open(&namespace).unwrap();
    let mut floor = Floor::new(&namespace, NETLINK_ROUTE);

    println!("ratios to the raw dump, CPU time, medians of {ROUNDS} interleaved rounds");
    let mut late = Vec::new();
    late.extend(typed::<Link>(&netlink, &mut floor, RTM_GETLINK, 16));
    late.extend(typed::<Address>(&netlink, &mut floor, RTM_GETADDR, 8));
    late.extend(interfaces_as_json(&netlink, &mut floor));
    assert!(late.is_empty(), "promises not kept: {late:?}");
}

/// The typed list of one kind.
fn typed<T: Object>(netlink: &Netlink, floor: &mut Floor, kind: u16, header: usize) -> Option<String> {
    let request = request(kind, &vec![0; header]);
    let [raw, ours] =
        medians([&mut || floor.dump(&request), &mut || netlink.list::<T>(&T::Filter::default()).unwrap().items.len()]);
    promise(T::KIND.plural(), raw, ours, TYPED)
}

/// Links and addresses as `ip -j address` writes them.
fn interfaces_as_json(netlink: &Netlink, floor: &mut Floor) -> Option<String> {
    let requests = [request(RTM_GETLINK, &[0; 16]), request(RTM_GETADDR, &[0; 8])];
    let (names, options) = (Names::system(), Options::default());
    let [raw, ours] = medians([
        &mut || {
            let counts = requests.each_ref().map(|request| floor.dump(request));
            counts[0]
        },
        &mut || {
            let listing = netlink.interfaces().unwrap();
            let mut out = Vec::new();
            iproute2::write_json(&mut out, &listing.items, &names, &options).unwrap();
            black_box(&out);
            listing.items.len()
        },
    ]);
    promise("interfaces, JSON", raw, ours, JSON)
}

fn promise(what: &str, raw: Duration, ours: Duration, most: f64) -> Option<String> {
    let ratio = ours.as_secs_f64() / raw.as_secs_f64();
    println!("  {what:<24} raw {raw:>10.2?}  ours {ours:>10.2?}  {ratio:>5.2} x  (at most {most})");
    (ratio > most).then(|| format!("{what}: {ratio:.2}"))
}

/// CPU time of each of the two, which must count the same.
fn medians(mut contenders: [&mut dyn FnMut() -> usize; 2]) -> [Duration; 2] {
    let mut times = [const { Vec::new() }; 2];
    let mut counts = [0; 2];
    for _ in 0..ROUNDS {
        for (index, work) in contenders.iter_mut().enumerate() {
            let start = cpu_time();
            counts[index] = black_box(work());
            times[index].push(cpu_time() - start);
        }
        assert_eq!(counts[0], counts[1], "both must have seen the same objects");
    }
    times.map(|mut times| {
        times.sort_unstable();
        times[ROUNDS / 2]
    })
}

fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec as u32)
}

/// What is received and thrown away.
struct Floor {
    socket: Socket,
    buffer: Vec<u8>,
}

impl Floor {
    fn new(namespace: &Namespace, protocol: i32) -> Self {
        let domain = Domain::from(16);
        let socket = namespace.socket(domain, Type::RAW, Some(Protocol::from(protocol))).unwrap();
        Self { socket, buffer: vec![0; 64 * 1024] }
    }

    /// Walks the headers of the messages and counts them.
    fn dump(&mut self, request: &[u8]) -> usize {
        self.socket.send(request).unwrap();
        let mut count = 0;
        loop {
            let length = (&self.socket).read(&mut self.buffer).unwrap();
            let mut rest = &self.buffer[..length];
            while rest.len() >= 16 {
                let length = u32::from_ne_bytes(rest[..4].try_into().unwrap()) as usize;
                if u16::from_ne_bytes([rest[4], rest[5]]) == NLMSG_DONE {
                    return count;
                }
                count += 1;
                rest = &rest[length.next_multiple_of(4).min(rest.len())..];
            }
        }
    }
}

fn request(kind: u16, payload: &[u8]) -> Vec<u8> {
    let length = (16 + payload.len()) as u32;
    [
        &length.to_ne_bytes()[..],
        &kind.to_ne_bytes(),
        &NLM_F_REQUEST_DUMP.to_ne_bytes(),
        &1_u32.to_ne_bytes(),
        &0_u32.to_ne_bytes(),
        payload,
    ]
    .concat()
}

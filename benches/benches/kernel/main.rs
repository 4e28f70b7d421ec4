//! The kernel's view of a crowded namespace, beside the price of the raw dump: received, walked, thrown away.
//!
//! CPU time, in turn, medians; needs root. Each promise is a ratio and is checked.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::print_stdout)]
#![allow(missing_docs)]

mod commands;
mod floor;
#[cfg(feature = "rivals")]
mod rivals;
#[path = "../../../netshoot-core/tests/support/skip.rs"]
mod skip;

use std::hint::black_box;
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use netshoot_benches::crowd::{Crowd, Numbers};
use netshoot_core::namespace::Namespace;
use netshoot_core::netlink::iproute2::{self, Names, Options, RouteOptions};
use netshoot_core::netlink::{
    Address, AddressFilter, InetSocket, InetSocketFilter, Link, LinkFilter, Neighbor, NeighborFilter, Netlink, Object,
    Owners, Route, RouteFilter, SocketProtocol,
};
use rustix::time::{ClockId, clock_gettime};

use floor::{Floor, NETLINK_ROUTE, NETLINK_SOCK_DIAG, SOCK_DIAG_BY_FAMILY, request};

const ROUNDS: usize = 41;
const TYPED: f64 = 1.25;
const SOCKETS: f64 = 1.35;
const OWNERS: f64 = 1.3;
const JSON: f64 = 1.6;
const CONNECTIONS: usize = 5_000;

const RTM_GETLINK: u16 = 18;
const RTM_GETADDR: u16 = 22;
const RTM_GETROUTE: u16 = 26;
const RTM_GETNEIGH: u16 = 30;

fn main() {
    // Each connection has a descriptor at both ends.
    let resource = rustix::process::Resource::Nofile;
    let mut files = rustix::process::getrlimit(resource);
    files.current = files.maximum;
    rustix::process::setrlimit(resource, files).unwrap();
    let crowd = match Crowd::new(Numbers::default()) {
        Ok(crowd) => crowd,
        Err(error) => return skip::skip("kernel", &format!("making a crowded namespace: {error}")),
    };
    let namespace = Namespace::named(crowd.name()).unwrap();
    let netlink = Netlink::open(&namespace).unwrap();
    let mut floor = Floor::new(&namespace, NETLINK_ROUTE);

    println!("ratios to the raw dump, CPU time, medians of {ROUNDS} interleaved rounds");
    let mut late = Vec::new();
    late.extend(typed::<Link>(&netlink, &mut floor, &[request(RTM_GETLINK, &[0; 16])], &LinkFilter::default(), TYPED));
    late.extend(typed::<Address>(
        &netlink,
        &mut floor,
        &[request(RTM_GETADDR, &[0; 8])],
        &AddressFilter::default(),
        TYPED,
    ));
    late.extend(typed::<Route>(
        &netlink,
        &mut floor,
        &[request(RTM_GETROUTE, &[0; 12])],
        &RouteFilter::default(),
        TYPED,
    ));
    let mut neighbors = NeighborFilter::default();
    neighbors.proxies = Some(false);
    late.extend(typed::<Neighbor>(&netlink, &mut floor, &[request(RTM_GETNEIGH, &[0; 12])], &neighbors, TYPED));
    late.extend(interfaces_as_json(&netlink, &mut floor));
    late.extend(routes_as_json(&netlink, &mut floor));
    late.extend(sockets(&netlink, &namespace));
    late.extend(owners());
    #[cfg(feature = "rivals")]
    rivals::rtnetlink(&namespace, &mut floor);
    late.extend(commands::python(crowd.name()));
    late.extend(commands::iproute2(crowd.name(), &namespace));
    assert!(late.is_empty(), "promises not kept: {late:?}");
}

/// The typed list of one kind.
fn typed<T: Object>(
    netlink: &Netlink,
    floor: &mut Floor,
    requests: &[Vec<u8>],
    filter: &T::Filter,
    most: f64,
) -> Option<String> {
    let [raw, ours] = medians([&mut || requests.iter().map(|request| floor.dump(request)).sum(), &mut || {
        netlink.list::<T>(filter).unwrap().items.len()
    }]);
    promise(T::KIND.plural(), raw, ours, most)
}

/// TCP with all that the kernel tells, of 10,000 connected sockets.
fn sockets(netlink: &Netlink, namespace: &Namespace) -> Option<String> {
    let _connections = namespace.run(connections).unwrap();
    let mut filter = InetSocketFilter::default();
    filter.protocols = vec![SocketProtocol::TCP];
    let question = |family: u8| {
        let mut payload = [0; 56];
        payload[..3].copy_from_slice(&[family, 6, 0xff]);
        payload[4..8].copy_from_slice(&u32::MAX.to_ne_bytes());
        request(SOCK_DIAG_BY_FAMILY, &payload)
    };
    let mut floor = Floor::new(namespace, NETLINK_SOCK_DIAG);
    typed::<InetSocket>(netlink, &mut floor, &[question(2), question(10)], &filter, SOCKETS)
}

fn connections() -> Vec<TcpStream> {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let mut both = Vec::new();
    for _ in 0..CONNECTIONS {
        both.push(TcpStream::connect(address).unwrap());
        both.push(listener.accept().unwrap().0);
    }
    both
}

/// Who holds which socket, beside reading the links of all descriptors and throwing them away.
fn owners() -> Option<String> {
    let bare = || {
        let mut count = 0_usize;
        for process in std::fs::read_dir("/proc").unwrap().flatten() {
            if !process.file_name().as_encoded_bytes()[0].is_ascii_digit() {
                continue;
            }
            let Ok(descriptors) = std::fs::read_dir(process.path().join("fd")) else { continue };
            for descriptor in descriptors.flatten() {
                count += usize::from(std::fs::read_link(descriptor.path()).is_ok());
            }
        }
        count.min(1)
    };
    let mut bare = bare;
    let [raw, ours] = medians([&mut bare, &mut || usize::from(Owners::scan().is_ok())]);
    promise("owners", raw, ours, OWNERS)
}

/// Routes as `ip -j route` writes them.
fn routes_as_json(netlink: &Netlink, floor: &mut Floor) -> Option<String> {
    let question = request(RTM_GETROUTE, &[0; 12]);
    let names = Names::system();
    let mut options = RouteOptions::default();
    options.json = true;
    let links = netlink.link_names().unwrap();
    let [raw, ours] = medians([&mut || floor.dump(&question), &mut || {
        let listing = netlink.list::<Route>(&RouteFilter::default()).unwrap();
        let mut out = Vec::new();
        iproute2::write_routes(&mut out, &listing.items, &[], &names, &links, &options).unwrap();
        black_box(&out);
        listing.items.len()
    }]);
    promise("routes, JSON", raw, ours, JSON)
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
fn medians(contenders: [&mut dyn FnMut() -> usize; 2]) -> [Duration; 2] {
    medians_of(ROUNDS, contenders)
}

fn medians_of(rounds: usize, mut contenders: [&mut dyn FnMut() -> usize; 2]) -> [Duration; 2] {
    let mut times = [const { Vec::new() }; 2];
    let mut counts = [0; 2];
    for _ in 0..rounds {
        for (index, work) in contenders.iter_mut().enumerate() {
            let start = cpu_time();
            counts[index] = black_box(work());
            times[index].push(cpu_time() - start);
        }
        assert_eq!(counts[0], counts[1], "both must have seen the same objects");
    }
    times.map(|mut times| {
        times.sort_unstable();
        times[rounds / 2]
    })
}

fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec as u32)
}

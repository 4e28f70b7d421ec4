//! What a listing of a crowded namespace takes in memory, all that hangs on its objects included.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::print_stderr)]

#[path = "../../netshoot-core/tests/support/allocator.rs"]
mod allocator;
mod support;

use std::net::{TcpListener, TcpStream};
use std::sync::atomic::Ordering::Relaxed;

use netshoot_benches::crowd::{Crowd, Numbers};
use netshoot_core::namespace::Namespace;
use netshoot_core::netlink::{InetSocket, InetSocketFilter, Netlink, Object, Route, RouteFilter, SocketProtocol};

const ROUTE: usize = 300;
const SOCKET: usize = 700;
const ROUTES: usize = 13_000;
const CONNECTIONS: usize = 1_000;

#[test]
fn a_route_and_a_socket_take_no_more_than_promised() {
    let test = "a_route_and_a_socket_take_no_more_than_promised";
    let crowd = match Crowd::new(Numbers { pairs: 50, routes: ROUTES, neighbors: 0 }) {
        Ok(crowd) => crowd,
        Err(error) => return support::skip(test, &format!("no crowd can be made: {error}")),
    };
    let namespace = Namespace::named(crowd.name()).unwrap();
    let netlink = Netlink::open(&namespace).unwrap();
    let route = octets_each::<Route>(&netlink, &RouteFilter::default(), ROUTES);
    assert!(route <= ROUTE, "{route} octets a route");

    let _connections = namespace.run(connections).unwrap();
    let mut filter = InetSocketFilter::default();
    filter.protocols = vec![SocketProtocol::TCP];
    let socket = octets_each::<InetSocket>(&netlink, &filter, 2 * CONNECTIONS);
    assert!(socket <= SOCKET, "{socket} octets a socket");
    eprintln!("{route} octets a route, {socket} a socket");
}

fn octets_each<T: Object>(netlink: &Netlink, filter: &T::Filter, least: usize) -> usize {
    // A first time, so that what is opened once does not count.
    drop(netlink.list::<T>(filter).unwrap());
    let before = allocator::NOW.load(Relaxed);
    let listing = netlink.list::<T>(filter).unwrap();
    let taken = allocator::NOW.load(Relaxed) - before;
    assert!(listing.items.len() >= least, "{} of {least}", listing.items.len());
    taken / listing.items.len()
}

fn connections() -> (TcpListener, Vec<TcpStream>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let mut both = Vec::new();
    for _ in 0..CONNECTIONS {
        both.push(TcpStream::connect(address).unwrap());
        both.push(listener.accept().unwrap().0);
    }
    (listener, both)
}

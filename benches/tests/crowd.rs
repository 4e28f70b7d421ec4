//! A namespace as crowded as a large host: nothing is missing, and all is equal to what iproute2 says.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::print_stderr)]

mod support;

use std::collections::BTreeMap;
use std::net::{TcpListener, TcpStream};

use netshoot_benches::crowd::{Crowd, Numbers};
use netshoot_core::namespace::Namespace;
use netshoot_core::netlink::iproute2::{self, Names, NeighborOptions, Options, RouteOptions};
use netshoot_core::netlink::{Family, SocketProtocol, SocketState, TABLE_MAIN};
use netshoot_core::netlink::{InetSocket, InetSocketFilter, Neighbor, NeighborFilter, Netlink, Route, RouteFilter};
use serde_json::Value;

const CONNECTIONS: usize = 5_000;

#[test]
fn a_crowded_namespace_is_that_of_iproute2() {
    let test = "a_crowded_namespace_is_that_of_iproute2";
    if !support::has_program("ip", "-V") {
        return support::skip(test, "iproute2 is not installed");
    }
    let crowd = match Crowd::new(Numbers::default()) {
        Ok(crowd) => crowd,
        Err(error) => return support::skip(test, &format!("no crowd can be made: {error}")),
    };
    let namespace = Namespace::named(crowd.name()).unwrap();
    let netlink = Netlink::open(&namespace).unwrap();
    let (names, links) = (Names::system(), netlink.link_names().unwrap());
    let theirs = |words: &str| -> Value {
        let words: Vec<_> = ["-n", crowd.name(), "-j"].into_iter().chain(words.split(' ')).collect();
        serde_json::from_str(&support::output("ip", &words)).unwrap()
    };

    let addresses = || {
        let interfaces = netlink.interfaces().unwrap().items;
        assert_eq!(interfaces.len(), 1_001);
        assert!(interfaces.iter().map(|interface| interface.addresses.len()).sum::<usize>() >= 2_000);
        let mut ours = Vec::new();
        iproute2::write_json(&mut ours, &interfaces, &names, &Options::default()).unwrap();
        ours
    };
    same("addr", addresses, || theirs("addr"));

    for (words, family, least) in [("route", Family::INET, 12_000), ("-6 route", Family::INET6, 1_000)] {
        let mut filter = RouteFilter::default();
        (filter.family, filter.table) = (Some(family), Some(TABLE_MAIN));
        let mut options = RouteOptions::default();
        (options.json, options.filter) = (true, filter.clone());
        let routes = || {
            let routes = netlink.list::<Route>(&filter).unwrap().items;
            assert!(routes.len() >= least, "{words}: {}", routes.len());
            let mut ours = Vec::new();
            iproute2::write_routes(&mut ours, &routes, &[], &names, &links, &options).unwrap();
            ours
        };
        same(words, routes, || theirs(words));
    }

    let mut filter = NeighborFilter::default();
    filter.proxies = Some(false);
    let mut options = NeighborOptions::default();
    options.json = true;
    let neighbors = || {
        let neighbors = netlink.list::<Neighbor>(&filter).unwrap().items;
        assert!(neighbors.len() >= 11_000, "{}", neighbors.len());
        let mut ours = Vec::new();
        iproute2::write_neighbors(&mut ours, &neighbors, &names, &links, &options).unwrap();
        ours
    };
    same("neigh show nud all", neighbors, || theirs("neigh show nud all"));

    sockets(crowd.name(), &namespace, &netlink);
}

/// State and ends of each, as often as it is there.
fn sockets(name: &str, namespace: &Namespace, netlink: &Netlink) {
    let _connections = namespace.run(connections).unwrap();
    let mut filter = InetSocketFilter::default();
    filter.protocols = vec![SocketProtocol::TCP];
    let mut counts = BTreeMap::<(bool, String, String), i64>::new();
    let sockets = netlink.list::<InetSocket>(&filter).unwrap().items;
    assert_eq!(sockets.len(), 2 * CONNECTIONS + 1);
    for socket in sockets {
        assert!(socket.tcp_info.is_some(), "{socket:?}");
        let source = format!("{}:{}", socket.source, socket.source_port);
        let destination = format!("{}:{}", socket.destination, socket.destination_port);
        *counts.entry((socket.state == SocketState::LISTEN, source, destination)).or_default() += 1;
    }
    for line in support::output("ss", &["-N", name, "-tanH"]).lines() {
        let [state, _, _, source, destination] = line.split_whitespace().collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        let destination = destination.replace('*', "0");
        *counts.entry((state == "LISTEN", source.to_owned(), destination)).or_default() -= 1;
    }
    counts.retain(|_, count| *count != 0);
    assert!(counts.is_empty(), "{} ends differ from those of ss, such as {:?}", counts.len(), counts.first_key_value());
}

fn connections() -> (TcpListener, Vec<TcpStream>) {
    let resource = rustix::process::Resource::Nofile;
    let mut files = rustix::process::getrlimit(resource);
    files.current = files.maximum;
    rustix::process::setrlimit(resource, files).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let mut both = Vec::new();
    for _ in 0..CONNECTIONS {
        both.push(TcpStream::connect(address).unwrap());
        both.push(listener.accept().unwrap().0);
    }
    (listener, both)
}

/// Both are of one state: the kernel still makes and forgets entries of its own here, such as the neighbours that stand for
/// multicast groups, so theirs is asked for before and after ours, until both are equal.
fn same(what: &str, ours: impl Fn() -> Vec<u8>, theirs: impl Fn() -> Value) {
    let mut before = theirs();
    for _ in 0..60 {
        let ours = ours();
        let after = theirs();
        if before == after {
            return equal(what, &ours, &after);
        }
        before = after;
    }
    panic!("{what}: it changed between any two of 60 lists");
}

fn equal(what: &str, ours: &[u8], theirs: &Value) {
    let ours: Value = serde_json::from_slice(ours).unwrap();
    let (Value::Array(mut ours), Value::Array(theirs)) = (ours, theirs) else { panic!("{what}: no lists") };
    assert_eq!(ours.len(), theirs.len(), "{what}");
    // An address's protocol is said by newer versions of iproute2 only.
    let addresses = ours.iter_mut().filter_map(|object| object.get_mut("addr_info")?.as_array_mut()).flatten();
    addresses.filter_map(Value::as_object_mut).for_each(|address| drop(address.remove("protocol")));
    for (index, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
        assert_eq!(ours, theirs, "{what}, object {index}");
    }
}

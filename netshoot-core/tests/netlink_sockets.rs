//! Sockets in a namespace made here: expressions as the kernel, the library and the installed `ss` understand them, and
//! protocol, state and ends of each socket beside those that `ss` prints.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::print_stderr)]
#![allow(missing_docs, unreachable_pub)]

mod support;

use std::collections::BTreeSet;
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::thread;
use std::time::{Duration, Instant};

use netshoot_core::namespace::Namespace;
use netshoot_core::netlink::{
    Family, InetSocket, InetSocketFilter, Netlink, Object, Owners, SocketExpression, SocketProtocol, SocketState,
};
use support::kernel::Zoo;

/// Sockets that live as long as this does.
struct Population {
    _tcp: Vec<TcpStream>,
    _listeners: Vec<TcpListener>,
    _udp: Vec<UdpSocket>,
}

fn populate() -> Population {
    let listeners: Vec<_> =
        ["127.0.0.1:4001", "[::1]:4002", "[::]:4003"].map(|address| TcpListener::bind(address).unwrap()).into();
    // To the third as IPv4 within IPv6; the first keeps one that nobody accepts.
    let mut tcp: Vec<_> =
        ["127.0.0.1:4001", "[::1]:4002", "127.0.0.1:4003"].map(|address| TcpStream::connect(address).unwrap()).into();
    tcp.extend(listeners[1..].iter().map(|listener| listener.accept().unwrap().0));
    // One end closed: FIN-WAIT-2 here, CLOSE-WAIT there.
    tcp[1].shutdown(std::net::Shutdown::Write).unwrap();
    let udp: Vec<_> = ["127.0.0.1:5001", "[::1]:5002"].map(|address| UdpSocket::bind(address).unwrap()).into();
    udp[0].connect("127.0.0.1:5009").unwrap();
    socket2::SockRef::from(&tcp[0]).set_mark(0x2a).unwrap();
    socket2::SockRef::from(&udp[1]).bind_device(Some(b"lo")).unwrap();
    Population { _tcp: tcp, _listeners: listeners, _udp: udp }
}

fn filter() -> InetSocketFilter {
    let mut filter = InetSocketFilter::default();
    filter.protocols = vec![SocketProtocol::TCP, SocketProtocol::UDP];
    filter
}

fn list(netlink: &Netlink, filter: &InetSocketFilter) -> Vec<InetSocket> {
    netlink.list::<InetSocket>(filter).unwrap().items
}

/// What the kernel alone lets through.
fn kernel_list(netlink: &Netlink, expression: &SocketExpression) -> Vec<InetSocket> {
    let of = |family| {
        let mut filter = filter();
        (filter.family, filter.bytecode) = (Some(family), Some(expression.bytecode(family).unwrap()));
        list(netlink, &filter)
    };
    [of(Family::INET), of(Family::INET6)].concat()
}

/// `source:port destination:port` of each, as `ss -n` writes it.
fn ends(socket: &InetSocket) -> String {
    let end = |address: std::net::IpAddr, port: u16| {
        let any = address.is_unspecified();
        let port = if any && port == 0 { "*".to_owned() } else { port.to_string() };
        match address {
            _ if any && address.is_ipv6() && socket_is_dual(socket) => format!("*:{port}"),
            std::net::IpAddr::V6(address) => format!("[{address}]:{port}"),
            std::net::IpAddr::V4(address) => format!("{address}:{port}"),
        }
    };
    let (own, other) = (end(socket.source, socket.source_port), end(socket.destination, socket.destination_port));
    format!("{} {} {own} {other}", socket.protocol, socket.state)
}

fn socket_is_dual(socket: &InetSocket) -> bool {
    socket.v6only == Some(false) && socket.source.is_unspecified()
}

#[test]
fn sockets_and_expressions_are_those_of_the_kernel_and_of_ss() {
    const NAME: &str = "sockets_and_expressions_are_those_of_the_kernel_and_of_ss";
    let Some(zoo) = Zoo::empty(NAME) else { return };
    if !support::has_program("ss") {
        return support::skip(NAME, "ss is not installed");
    }
    zoo.all("link set lo up");
    let namespace = Namespace::named(&zoo.name).unwrap();
    let _population = namespace.run(populate).unwrap();
    let netlink = Netlink::open(&namespace).unwrap();
    let all = settled(&netlink);
    let waiting = all.iter().find(|socket| socket.source_port == 4001 && socket.state == SocketState::LISTEN).unwrap();
    assert_eq!((waiting.rqueue, waiting.wqueue), (1, 128), "one waits to be accepted");
    for state in [SocketState::FIN_WAIT2, SocketState::CLOSE_WAIT, SocketState::ESTABLISHED] {
        assert!(all.iter().any(|socket| socket.state == state), "{state}");
    }
    assert!(all.iter().all(|socket| socket.notes.is_empty()));
    for text in EXPRESSIONS {
        let selection = netlink.socket_selection(text).unwrap();
        let expression = selection.expression.clone().unwrap();
        let kernel: BTreeSet<_> = kernel_list(&netlink, &expression).iter().map(ends).collect();
        let here = all.iter().filter(|socket| expression.matches(*socket).unwrap());
        assert_eq!(here.map(ends).collect::<BTreeSet<_>>(), kernel, "{text}");
        let mut filter = filter();
        filter.restrict(&selection);
        let both: BTreeSet<_> = list(&netlink, &filter).iter().map(ends).collect();
        assert_eq!(both, kernel, "{text}");
        let theirs = String::from_utf8(zoo.run("ss", &["-Htuan", text])).unwrap();
        let theirs: BTreeSet<_> = theirs.lines().map(line_of_ss).collect();
        assert_eq!(theirs, kernel, "{text}");
    }
}

/// All sockets, when the end of the half-closed connection was acknowledged, which may take 40 ms.
fn settled(netlink: &Netlink) -> Vec<InetSocket> {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let all = list(netlink, &filter());
        if all.iter().all(|socket| socket.state != SocketState::FIN_WAIT1) {
            return all;
        }
        assert!(Instant::now() < deadline, "the end is not acknowledged");
        thread::sleep(Duration::from_millis(5));
    }
}

/// Protocol, state and ends of a line of `ss -Htuan`.
fn line_of_ss(line: &str) -> String {
    let words: Vec<_> = line.split_whitespace().collect();
    format!("{} {} {} {}", words[0], words[1], words[4].replace("%lo", ""), words[5])
}

#[test]
fn owners_are_found_by_inode() {
    let Some(zoo) = Zoo::empty("owners_are_found_by_inode") else { return };
    zoo.all("link set lo up");
    let namespace = Namespace::named(&zoo.name).unwrap();
    let _population = namespace.run(populate).unwrap();
    let mut sockets = list(&Netlink::open(&namespace).unwrap(), &filter());
    Owners::scan().unwrap().assign(&mut sockets);
    // The one that nobody accepted has no file yet.
    for socket in sockets.iter().filter(|socket| socket.inode != 0) {
        assert!(socket.owners.iter().any(|owner| owner.pid == std::process::id()), "{socket:?}");
    }
    assert!(sockets.iter().map(Object::key).collect::<BTreeSet<_>>().len() == sockets.len());
}

const EXPRESSIONS: [&str; 24] = [
    "sport = :4001",
    "sport >= :4002 and sport <= :5001",
    "dport < :4003",
    "not dport = :4002",
    "src 127.0.0.0/8",
    "dst [::1]",
    "src 127.0.0.1:4001",
    "( sport = :4001 or sport = :5002 )",
    "not ( src 127.0.0.0/8 or sport = :4002 )",
    "dport > :4001 and not src [::1]",
    "src [::ffff:127.0.0.1]",
    "dst 127.0.0.1 or ( sport != :4003 and src [::1/64] )",
    "dev = lo",
    "not dev lo and sport < 4003",
    "fwmark = 0x2a",
    "fwmark = 0x2/0x3 or sport = :4002",
    "not fwmark 0/1",
    "src *:4001",
    "src inet:127.0.0.1",
    "not src inet6:[::1]",
    "sport = :4001 or sport = :4002 or sport = :4003 or sport = :5001 and dport = 0",
    "sport > :65535",
    "sport <= :65535 and dport >= :0",
    "src [::1/64] and not dev lo",
];

//! Servers that babble, stall, lie and die, and paths that are broken: the client says where and why, in bounded time.
#![cfg(all(feature = "throughput", target_os = "linux"))]
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "support/port.rs"]
mod port;
mod support;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::process::Command;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use netshoot_core::namespace::Namespace;
use netshoot_core::throughput::{
    BitRate, Canceller, Client, Direction, End, Event, IpFamily, Keepalive, Options, Server, ServerEvent, ServerOptions,
};
use netshoot_core::{Error, ErrorKind};
use port::free_port;
use support::kernel::Zoo;
use support::skip;

fn short(port: u16) -> Client {
    let mut options = Options::default();
    options.end = End::Bytes(100_000);
    options.length = Some(10_000);
    Client::new("127.0.0.1", port, options).unwrap()
}

fn long(port: u16) -> Client {
    Client::new("127.0.0.1", port, Options::default()).unwrap()
}

fn read(stream: &mut TcpStream, count: usize) -> Vec<u8> {
    let mut octets = vec![0; count];
    stream.read_exact(&mut octets).unwrap();
    octets
}

/// A server that does what `script` does with the control connection.
fn scripted(script: impl FnOnce(TcpStream, SocketAddr) + Send + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(15))).unwrap();
        read(&mut stream, 37);
        script(stream, address);
    });
    address.port()
}

fn take_parameters(stream: &mut TcpStream) {
    stream.write_all(&[9]).unwrap();
    let length = u32::from_be_bytes(read(stream, 4).try_into().unwrap());
    read(stream, length as usize);
}

fn udp(port: u16) -> Client {
    let mut options = Options::udp();
    options.end = End::Bytes(10_000);
    options.length = Some(1000);
    options.rate = Some(BitRate(0));
    Client::new("127.0.0.1", port, options).unwrap()
}

#[test]
fn servers_that_die_or_babble() {
    let say = |octets: &'static [u8]| {
        let port = scripted(move |mut stream, _| {
            take_parameters(&mut stream);
            stream.write_all(octets).unwrap();
            let _ = stream.shutdown(std::net::Shutdown::Write);
            let _ = stream.read_to_end(&mut Vec::new());
        });
        short(port).run(|_| ()).unwrap_err().to_string()
    };
    assert!(say(&[]).contains("send the parameters to iperf3 server 127.0.0.1 port "));
    assert!(say(&[0xfe, 0, 0, 0, 142]).contains("authentication"));
    assert!(say(&[0xfe, 0, 0, 0, 27, 0, 0, 0, 0]).contains("above the server's limit"));
    assert!(say(&[11]).contains("the server was interrupted"));
    assert!(say(b"nonsense").contains("unexpected control octet 110"));
}

#[test]
fn a_first_datagram_that_is_lost_is_sent_again() {
    let port = scripted(|mut stream, address| {
        let socket = UdpSocket::bind(address).unwrap();
        take_parameters(&mut stream);
        stream.write_all(&[10]).unwrap();
        let mut room = [0; 2000];
        let (_, first) = socket.recv_from(&mut room).unwrap();
        let (count, again) = socket.recv_from(&mut room).unwrap();
        assert_eq!((first, &room[..count]), (again, &b"9876"[..]));
        socket.send_to(b"6789", again).unwrap();
        stream.write_all(&[1, 2]).unwrap();
        assert_eq!(read(&mut stream, 1), [4]);
        stream.write_all(&[11]).unwrap();
    });
    let start = Instant::now();
    let error = udp(port).run(|_| ()).unwrap_err().to_string();
    assert!(error.contains("the server was interrupted"), "{error}");
    assert!(start.elapsed() < Duration::from_secs(5));
}

/// The client's thread sleeps while the server takes its time, before the data flow and after.
#[test]
fn who_waits_for_the_server_does_not_spin() {
    const PAUSE: Duration = Duration::from_millis(300);
    const SCHEDSTAT: &str = "/proc/thread-self/schedstat";
    if !std::path::Path::new(SCHEDSTAT).exists() {
        return skip("who_waits_for_the_server_does_not_spin", "the kernel does not tell a thread's time");
    }
    let port = scripted(|mut stream, address| {
        let socket = UdpSocket::bind(address).unwrap();
        take_parameters(&mut stream);
        stream.write_all(&[10]).unwrap();
        let (_, peer) = socket.recv_from(&mut [0; 100]).unwrap();
        socket.send_to(b"6789", peer).unwrap();
        stream.write_all(&[1]).unwrap();
        thread::sleep(PAUSE);
        stream.write_all(&[2]).unwrap();
        assert_eq!(read(&mut stream, 1), [4]);
        thread::sleep(PAUSE);
        stream.write_all(&[11]).unwrap();
    });
    let used = || {
        let text = std::fs::read_to_string(SCHEDSTAT).unwrap();
        Duration::from_nanos(text.split(' ').next().unwrap().parse().unwrap())
    };
    let (start, before) = (Instant::now(), used());
    let error = udp(port).run(|_| ()).unwrap_err().to_string();
    assert!(error.contains("the server was interrupted"), "{error}");
    assert!(start.elapsed() > 2 * PAUSE);
    assert!(used() - before < PAUSE / 3, "{:?}", used() - before);
}

/// A server that sends has answered, though the answer was lost.
#[test]
fn data_are_as_good_as_an_answer() {
    let port = scripted(|mut stream, address| {
        let socket = UdpSocket::bind(address).unwrap();
        take_parameters(&mut stream);
        stream.write_all(&[10]).unwrap();
        let (_, peer) = socket.recv_from(&mut [0; 100]).unwrap();
        stream.write_all(&[1, 2]).unwrap();
        socket.send_to(&[0; 1000], peer).unwrap();
        assert_eq!(read(&mut stream, 1), [4]);
        // Nor was it asked again.
        socket.set_nonblocking(true).unwrap();
        assert!(socket.recv_from(&mut [0; 100]).is_err());
        stream.write_all(&[11]).unwrap();
    });
    let mut options = Options::udp();
    (options.direction, options.end) = (Direction::Reverse, End::Time(Duration::from_millis(200)));
    let error = Client::new("127.0.0.1", port, options).unwrap().run(|_| ()).unwrap_err().to_string();
    assert!(error.contains("the server was interrupted"), "{error}");
}

#[test]
fn a_firewall_on_the_data_port_is_told() {
    let port = scripted(|mut stream, address| {
        let _deaf = UdpSocket::bind(address).unwrap();
        take_parameters(&mut stream);
        stream.write_all(&[10]).unwrap();
        let _ = stream.read_to_end(&mut Vec::new());
    });
    let start = Instant::now();
    let error = udp(port).run(|_| ()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    assert!(error.to_string().contains("hint: does a firewall keep UDP"), "{error}");
    assert!(start.elapsed() < Duration::from_secs(15));
}

#[test]
fn a_closed_datagram_port_is_told() {
    let port = scripted(|mut stream, _| {
        take_parameters(&mut stream);
        stream.write_all(&[10]).unwrap();
        let _ = stream.read_to_end(&mut Vec::new());
    });
    let start = Instant::now();
    let error = udp(port).run(|_| ()).unwrap_err().to_string();
    assert!(error.contains("connection refused"), "{error}");
    assert!(start.elapsed() < Duration::from_secs(3));
}

#[test]
fn an_address_in_use_and_a_name_of_nothing() {
    let used = TcpListener::bind("[::]:0").unwrap();
    let mut options = ServerOptions::default();
    options.port = used.local_addr().unwrap().port();
    let error = Server::bind(options).unwrap_err().to_string();
    assert!(error.contains("address already in use; hint: "), "{error}");

    let start = Instant::now();
    let error = Client::new("no-such-host.invalid", 5201, Options::default()).unwrap().start().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().starts_with("look up no-such-host.invalid: "), "{error}");
    assert!(start.elapsed() < Duration::from_secs(30));

    let closed = free_port();
    let error = short(closed).start().unwrap_err().to_string();
    assert!(
        error.contains(&format!("connect to iperf3 server 127.0.0.1 port {closed}: connection refused")),
        "{error}"
    );
}

#[test]
fn a_listener_that_never_admits_is_left_after_the_connect_timeout() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut options = Options::default();
    options.connect_timeout = Duration::from_millis(300);
    let client = Client::new("127.0.0.1", listener.local_addr().unwrap().port(), options).unwrap();
    let start = Instant::now();
    let error = client.run(|_| ()).unwrap_err();
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    assert!(error.to_string().contains("no PARAM_EXCHANGE came within 0.3 s"), "{error}");
}

/// The server is killed in each state that the client can be in: it is told at once which one that was.
#[test]
fn servers_that_die_in_each_state() {
    const RESULTS: &str =
        r#"{"cpu_util_total":0,"cpu_util_user":0,"cpu_util_system":0,"sender_has_retransmits":-1,"streams":[]}"#;
    type Steps = fn(&mut TcpStream, &TcpListener);
    let asked: Steps = |control, _| take_parameters(control);
    let opened: Steps = |control, listener| {
        take_parameters(control);
        control.write_all(&[10]).unwrap();
        // The stream outlives the control connection.
        std::mem::forget(listener.accept().unwrap());
    };
    let running: Steps = |control, listener| {
        take_parameters(control);
        control.write_all(&[10]).unwrap();
        let (mut data, _) = listener.accept().unwrap();
        control.write_all(&[1, 2]).unwrap();
        read(&mut data, 5_000);
    };
    let ended: Steps = |control, listener| {
        take_parameters(control);
        control.write_all(&[10]).unwrap();
        let (mut data, _) = listener.accept().unwrap();
        control.write_all(&[1, 2]).unwrap();
        read(&mut data, 37 + 100_000);
        assert_eq!(read(control, 1), [4]);
    };
    let exchanging: Steps = |control, listener| {
        take_parameters(control);
        control.write_all(&[10]).unwrap();
        let (mut data, _) = listener.accept().unwrap();
        control.write_all(&[1, 2]).unwrap();
        read(&mut data, 37 + 100_000);
        assert_eq!(read(control, 1), [4]);
        control.write_all(&[13]).unwrap();
        let length = u32::from_be_bytes(read(control, 4).try_into().unwrap());
        read(control, length as usize);
        control.write_all(&u32::try_from(RESULTS.len()).unwrap().to_be_bytes()).unwrap();
        control.write_all(&RESULTS.as_bytes()[..20]).unwrap();
    };
    let states: [(&str, Steps); 6] = [
        ("ask for a test at", |_, _| ()),
        ("send the parameters to", asked),
        ("start the test with", opened),
        ("run the test with", running),
        ("end the test with", ended),
        ("exchange results with", exchanging),
    ];
    for (doing, steps) in states {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = thread::spawn(move || {
            let (mut control, _) = listener.accept().unwrap();
            control.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
            read(&mut control, 37);
            steps(&mut control, &listener);
        });
        let start = Instant::now();
        let client = if doing.starts_with("run") { long(port) } else { short(port) };
        let error = client.run(|_| ()).unwrap_err().to_string();
        let wanted = format!("{doing} iperf3 server 127.0.0.1 port {port}: ");
        assert!(error.starts_with(&wanted), "{error}, wanted {wanted}");
        assert!(start.elapsed() < Duration::from_secs(5), "{doing}: {:?}", start.elapsed());
        server.join().unwrap();
    }
}

#[test]
fn a_name_without_an_address_of_the_family() {
    let mut options = Options::default();
    options.family = Some(IpFamily::V6);
    let error = Client::new("127.0.0.1", 5201, options).unwrap().start().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(error.to_string(), "look up 127.0.0.1: it has no IPv6 address");
}

/// Two namespaces with a link between them, and a server at its far end.
struct Path {
    zoo: Zoo,
    canceller: Canceller,
    server: Option<JoinHandle<Vec<Error>>>,
}

impl Path {
    fn new(test: &str, change: impl FnOnce(&mut ServerOptions)) -> Option<Self> {
        let zoo = Zoo::empty(test)?;
        zoo.all("link add name here type veth peer name there netns OTHER");
        zoo.all("addr add 10.99.0.1/24 dev here");
        zoo.all("link set here up");
        for line in ["addr add 10.99.0.2/24 dev there", "link set there up", "link set lo up"] {
            let arguments: Vec<_> = ["-n", &zoo.other].into_iter().chain(line.split(' ')).collect();
            assert!(Command::new("ip").args(arguments).status().unwrap().success());
        }
        let mut options = ServerOptions::default();
        change(&mut options);
        let mut server = Server::bind_in(Namespace::named(&zoo.other).unwrap(), options).unwrap();
        let canceller = server.canceller();
        let server = thread::spawn(move || {
            let mut failures = Vec::new();
            let keep = |event| {
                if let ServerEvent::Failed { error, .. } = event {
                    failures.push(error);
                }
            };
            server.run(keep).unwrap();
            failures
        });
        Some(Self { zoo, canceller, server: Some(server) })
    }

    fn client(&self, options: Options) -> Client {
        let namespace = Namespace::named(&self.zoo.name).unwrap();
        Client::new("10.99.0.2", 5201, options).unwrap().in_namespace(namespace)
    }

    /// A rule of a firewall in front of the server; whether nft makes it.
    fn filter(&self, rule: &str) -> bool {
        let chains = ["input", "output"].map(|hook| {
            format!("nft add chain ip wall {hook} '{{ type filter hook {hook} priority 0; }}' && nft add rule ip wall {hook} {rule}")
        });
        let script = format!("nft add table ip wall && {}", chains.join(" && "));
        let made = Command::new("ip").args(["netns", "exec", &self.zoo.other, "sh", "-c", &script]).status();
        made.is_ok_and(|status| status.success())
    }

    fn open(&self) {
        let words = ["netns", "exec", &self.zoo.other, "nft", "delete", "table", "ip", "wall"];
        assert!(Command::new("ip").args(words).status().unwrap().success());
    }

    /// A test that must work, once the one before is over.
    fn serves(&self) {
        let until = Instant::now() + Duration::from_secs(25);
        let mut options = Options::default();
        options.end = End::Bytes(100_000);
        loop {
            match self.client(options.clone()).run(|_| ()) {
                Ok(_) => return,
                Err(error) if error.kind() == ErrorKind::LimitReached && Instant::now() < until => {
                    thread::sleep(Duration::from_millis(50));
                }
                Err(error) => panic!("{error}"),
            }
        }
    }

    /// Ends the server; what it told of failures.
    fn failures(mut self) -> Vec<String> {
        self.canceller.cancel();
        let failures = self.server.take().unwrap().join().unwrap();
        failures.iter().map(ToString::to_string).collect()
    }
}

impl Drop for Path {
    fn drop(&mut self) {
        self.canceller.cancel();
        let _ = self.server.take().map(JoinHandle::join);
    }
}

/// A firewall lets the control connection through, and no other.
#[test]
fn a_firewall_in_front_of_the_data_streams() {
    let test = "a_firewall_in_front_of_the_data_streams";
    let Some(path) = Path::new(test, |_| ()) else { return };
    let rule = "tcp dport 5201 tcp flags syn limit rate over 1/hour burst 1 packets drop";
    if !path.filter(rule) {
        return skip(test, "nft makes no rule");
    }
    let mut options = Options::default();
    options.connect_timeout = Duration::from_secs(1);
    let start = Instant::now();
    let error = path.client(options).run(|_| ()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut, "{error}");
    let error = error.to_string();
    assert!(error.starts_with("open data stream 1 to 10.99.0.2 port 5201: "), "{error}");
    assert!(error.contains("hint: does a firewall"), "{error}");
    assert!(start.elapsed() < Duration::from_secs(4), "{:?}", start.elapsed());
    path.open();
    path.serves();
    let failures = path.failures();
    assert_eq!(failures.len(), 1, "{failures:?}");
    assert!(failures[0].starts_with("wait for the data streams of iperf3 client 10.99.0.1 port "), "{failures:?}");
}

/// From some moment on nothing arrives any more, and nobody is told.
#[test]
fn a_path_that_goes_dead_during_the_test() {
    for direction in [Direction::Reverse, Direction::Forward] {
        let test = "a_path_that_goes_dead_during_the_test";
        let patient = |options: &mut ServerOptions| options.receive_timeout = Duration::from_secs(2);
        let Some(path) = Path::new(test, patient) else { return };
        let mut options = Options::default();
        (options.direction, options.end) = (direction, End::Time(Duration::from_secs(60)));
        options.receive_timeout = Duration::from_secs(2);
        let mut died = None;
        let error = path.client(options).run(|event| {
            if matches!(event, Event::Interval(_)) && died.is_none() {
                died = path.filter("drop").then(Instant::now);
                assert!(died.is_some(), "nft makes a rule");
            }
        });
        let (error, time) = (error.unwrap_err().to_string(), died.unwrap().elapsed());
        assert!(error.starts_with("run the test with iperf3 server 10.99.0.2 port 5201: "), "{error}");
        // A receiver notices itself, a sender when TCP gives its control connection up.
        let bound = if direction == Direction::Reverse { 5 } else { 40 };
        assert!(time < Duration::from_secs(bound), "{direction:?} {time:?}");
        path.open();
        path.serves();
        let failures = path.failures();
        assert!(failures[0].starts_with("run the test with iperf3 client 10.99.0.1 port "), "{failures:?}");
    }
}

/// Who is told to be less patient is: the server with the connections of a client that is gone, a client with its server.
#[test]
fn a_peer_that_is_gone_is_given_up_as_early_as_asked() {
    let test = "a_peer_that_is_gone_is_given_up_as_early_as_asked";
    let keepalive = Keepalive { idle: Duration::from_secs(1), interval: Duration::from_secs(1), count: 1 };
    for send_timeout in [None, Some(Duration::from_millis(1500))] {
        let ask = |send: &mut Duration, keep: &mut Keepalive| match send_timeout {
            Some(timeout) => *send = timeout,
            None => *keep = keepalive,
        };
        let Some(path) = Path::new(test, |options| ask(&mut options.send_timeout, &mut options.keepalive)) else {
            return;
        };
        let mut options = Options::default();
        ask(&mut options.send_timeout, &mut options.keepalive);
        // Of a sender alone only its connections tell.
        (options.receive_timeout, options.end) = (Duration::from_secs(60), End::Time(Duration::from_secs(60)));
        let mut died = None;
        let error = path.client(options).run(|event| {
            if matches!(event, Event::Interval(_)) && died.is_none() {
                died = path.filter("drop").then(Instant::now);
                assert!(died.is_some(), "nft makes a rule");
            }
        });
        let (error, time) = (error.unwrap_err().to_string(), died.unwrap().elapsed());
        assert!(error.starts_with("run the test with iperf3 server 10.99.0.2 port 5201: "), "{error}");
        assert!(time < Duration::from_secs(10), "{send_timeout:?} {time:?} {error}");
        path.open();
        path.serves();
        let failures = path.failures();
        assert!(failures[0].starts_with("run the test with iperf3 client 10.99.0.1 port "), "{failures:?}");
    }
}

/// Another program has the server's port of UDP.
#[test]
fn a_datagram_port_in_use() {
    let taken = UdpSocket::bind("[::]:0").unwrap();
    let mut options = ServerOptions::default();
    options.port = taken.local_addr().unwrap().port();
    let mut server = match Server::bind(options) {
        Ok(server) => server,
        Err(error) => return assert!(error.to_string().contains("address already in use"), "{error}"),
    };
    let (port, canceller) = (server.local_address().port(), server.canceller());
    let serving = thread::spawn(move || {
        let mut failures = Vec::new();
        let keep = |event| {
            if let ServerEvent::Failed { error, .. } = event {
                failures.push(error.to_string());
            }
        };
        server.run(keep).unwrap();
        failures
    });
    let start = Instant::now();
    let error = udp(port).run(|_| ()).unwrap_err().to_string();
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    drop(taken);
    udp(port).run(|_| ()).unwrap();
    canceller.cancel();
    let failures = serving.join().unwrap();
    assert_eq!(failures.len(), 1, "{failures:?}");
    assert!(failures[0].contains("address already in use"), "{failures:?}");
    assert!(error.contains("iperf3 server 127.0.0.1") && error.contains("listen"), "{error}");
}

//! A namespace with sockets of many kinds in many states, held by this process.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{self as unix, UnixDatagram, UnixListener, UnixStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use netshoot_core::namespace::Namespace;
use socket2::{Domain, Protocol, SockAddr, Socket, TcpKeepalive, Type};

use crate::kernel::Zoo;

/// Closed before the namespace goes.
pub struct Sockets {
    held: Vec<Socket>,
    unix: Vec<Box<dyn Send>>,
    folder: tempfile::TempDir,
    /// A program that holds more, until its standard input ends.
    odd: Option<Child>,
    pub zoo: Zoo,
}

impl Drop for Sockets {
    fn drop(&mut self) {
        if let Some(mut child) = self.odd.take() {
            drop(child.stdin.take());
            let _ = child.wait();
        }
    }
}

impl Sockets {
    /// All kinds.
    pub fn open(test: &str) -> Option<Self> {
        let mut sockets = Self::empty(test)?;
        Namespace::named(sockets.zoo.name.clone())
            .unwrap()
            .run(|| {
                sockets.listeners();
                sockets.connections();
                sockets.ending();
                sockets.datagrams();
                sockets.raw();
                sockets.local();
            })
            .unwrap();
        // Acknowledgments are late by up to 40 ms.
        thread::sleep(Duration::from_millis(300));
        Some(sockets)
    }

    /// All kinds, and those with options that are rarely set.
    pub fn odd(test: &str) -> Option<Self> {
        let mut sockets = Self::open(test)?;
        let place = format!("--net=/run/netns/{}", sockets.zoo.name);
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/odd_sockets.py");
        let child = Command::new("nsenter")
            .args([&place, "python3", script, &sockets.zoo.name])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn();
        let Ok(mut child) = child else {
            crate::skip(test, "python3 is not installed");
            return None;
        };
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n", "odd_sockets.py ends early");
        sockets.odd = Some(child);
        thread::sleep(Duration::from_millis(500));
        Some(sockets)
    }

    /// So many connections of TCP.
    pub fn many(test: &str, count: usize) -> Option<Self> {
        let mut sockets = Self::empty(test)?;
        Namespace::named(sockets.zoo.name.clone())
            .unwrap()
            .run(|| {
                let listener = listen("127.0.0.1:8443", 128);
                for _ in 0..count {
                    let client = stream("127.0.0.1:8443");
                    let (server, _) = listener.accept().unwrap();
                    sockets.held.extend([client, server]);
                }
            })
            .unwrap();
        thread::sleep(Duration::from_millis(300));
        Some(sockets)
    }

    /// A namespace without sockets.
    pub fn empty(test: &str) -> Option<Self> {
        let zoo = Zoo::empty(test)?;
        // All on the loopback device: a cable would carry the kernel's own packets, which move the counts.
        zoo.all("link set lo up\nlink add v0 type veth peer name v1");
        zoo.all("addr add 10.9.0.1/24 dev lo\naddr add fd00:9::1/64 dev lo nodad");
        // The kernel makes the way to an IPv6 address some time after the address.
        let local = || String::from_utf8(zoo.ask("ip", &["-6", "route", "show", "table", "local"])).unwrap();
        crate::running::until("fd00:9::1 is local", || local().contains("local fd00:9::1 dev lo"));
        // In memory, as ss misreads the numbers of disks.
        let folder = tempfile::tempdir_in("/dev/shm").unwrap();
        Some(Self { held: Vec::new(), unix: Vec::new(), folder, odd: None, zoo })
    }

    /// Sockets of TCP and UDP at these addresses, that are closed again.
    pub fn come_and_go(&self, addresses: &[&str]) {
        let work = || {
            for address in addresses {
                let listener = listen(address, 4);
                let client = stream(address);
                let (server, _) = listener.accept().unwrap();
                (&client).write_all(b"question").unwrap();
                (&server).read_exact(&mut [0; 8]).unwrap();
                drop((client, listener));
                let address: SocketAddr = address.parse().unwrap();
                let datagram = Socket::new(Domain::for_address(address), Type::DGRAM, None).unwrap();
                datagram.bind(&address.into()).unwrap();
                drop(server);
            }
        };
        Namespace::named(&self.zoo.name).unwrap().run(work).unwrap();
    }

    fn listeners(&mut self) {
        for (address, backlog) in [("0.0.0.0:22", 7), ("127.0.0.1:80", 100), ("[::1]:443", 5), ("10.9.0.1:5432", 3)] {
            let listener = listen(address, backlog);
            self.held.push(listener);
        }
        for only in [true, false] {
            let listener = Socket::new(Domain::IPV6, Type::STREAM, None).unwrap();
            listener.set_only_v6(only).unwrap();
            let address = SocketAddr::from((Ipv6Addr::UNSPECIFIED, if only { 25 } else { 8081 }));
            listener.bind(&address.into()).unwrap();
            listener.listen(9).unwrap();
            self.held.push(listener);
        }
        let bound = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        bound.bind_device(Some(b"lo")).unwrap();
        bound.bind(&"0.0.0.0:53".parse::<SocketAddr>().unwrap().into()).unwrap();
        bound.listen(2).unwrap();
        self.held.push(bound);
    }

    /// Connections that stay, with data that waits, marks, keep-alive, and other congestion controls.
    fn connections(&mut self) {
        let listener = listen("127.0.0.1:8443", 16);
        for number in 0..4 {
            let client = stream("127.0.0.1:8443");
            let (server, _) = listener.accept().unwrap();
            match number {
                0 => {
                    client.set_tcp_keepalive(&TcpKeepalive::new().with_time(Duration::from_secs(5000))).unwrap();
                    client.set_mark(0x2a).unwrap();
                }
                1 => {
                    (&client).write_all(&[1; 5000]).unwrap();
                    client.set_tos_v4(0x10).unwrap();
                }
                2 => {
                    for _ in 0..20 {
                        (&client).write_all(&[2; 300]).unwrap();
                        (&server).read_exact(&mut [0; 300]).unwrap();
                        (&server).write_all(&[3; 700]).unwrap();
                        (&client).read_exact(&mut [0; 700]).unwrap();
                    }
                }
                _ => {
                    // A kernel without it leaves the default.
                    let _ = client.set_tcp_congestion(b"bbr");
                    (&client).write_all(&[4; 100_000]).unwrap();
                    (&server).read_exact(&mut [0; 100_000]).unwrap();
                }
            }
            self.held.extend([client, server]);
        }
        let six = listen("[fd00:9::1]:9000", 16);
        let client = stream("[fd00:9::1]:9000");
        self.held.extend([client, six.accept().unwrap().0, six]);
        let mapped = Socket::new(Domain::IPV6, Type::STREAM, None).unwrap();
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST.to_ipv6_mapped(), 8443));
        mapped.connect(&address.into()).unwrap();
        self.held.extend([mapped, listener.accept().unwrap().0, listener]);
    }

    /// Connections half closed, closed, and not yet begun.
    fn ending(&mut self) {
        let listener = listen("127.0.0.1:8444", 16);
        let client = stream("127.0.0.1:8444");
        let (server, _) = listener.accept().unwrap();
        client.shutdown(std::net::Shutdown::Write).unwrap();
        self.held.extend([client, server]);
        for _ in 0..2 {
            let client = stream("127.0.0.1:8444");
            let (server, _) = listener.accept().unwrap();
            drop(client);
            thread::sleep(Duration::from_millis(20));
            drop(server);
        }
        self.held.push(listener);
        let unbound = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        unbound.bind(&"127.0.0.1:8500".parse::<SocketAddr>().unwrap().into()).unwrap();
        self.held.push(unbound);
        // Nobody accepts, so that the later ones wait.
        let full = listen("127.0.0.1:8445", 0);
        for _ in 0..3 {
            let client = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
            client.set_nonblocking(true).unwrap();
            let _ = client.connect(&"127.0.0.1:8445".parse::<SocketAddr>().unwrap().into());
            self.held.push(client);
            thread::sleep(Duration::from_millis(20));
        }
        self.held.push(full);
    }

    fn datagrams(&mut self) {
        for address in ["0.0.0.0:68", "127.0.0.1:514", "[::1]:53", "[::]:546", "10.9.0.1:4500"] {
            let address: SocketAddr = address.parse().unwrap();
            let socket = Socket::new(Domain::for_address(address), Type::DGRAM, None).unwrap();
            socket.bind(&address.into()).unwrap();
            self.held.push(socket);
        }
        let connected = Socket::new(Domain::IPV4, Type::DGRAM, None).unwrap();
        connected.connect(&"127.0.0.1:514".parse::<SocketAddr>().unwrap().into()).unwrap();
        connected.send(&[0; 200]).unwrap();
        connected.set_tos_v4(0x28).unwrap();
        let bound = Socket::new(Domain::IPV6, Type::DGRAM, None).unwrap();
        bound.bind_device(Some(b"v0")).unwrap();
        bound.bind(&SocketAddr::from((Ipv6Addr::UNSPECIFIED, 547)).into()).unwrap();
        self.held.extend([connected, bound]);
    }

    fn raw(&mut self) {
        for (domain, protocol) in [(Domain::IPV4, Protocol::ICMPV4), (Domain::IPV6, Protocol::ICMPV6)] {
            self.held.push(Socket::new(domain, Type::RAW, Some(protocol)).unwrap());
        }
        self.held.push(Socket::new(Domain::IPV4, Type::RAW, Some(Protocol::from(253))).unwrap());
        for (kind, frames) in [(Type::RAW, 3_u16), (Type::DGRAM, 0x0800), (Type::RAW, 0x88cc), (Type::DGRAM, 0x1234)] {
            let frames = Protocol::from(i32::from(frames.to_be()));
            self.held.push(Socket::new(Domain::PACKET, kind, Some(frames)).unwrap());
        }
        for protocol in [0, 16] {
            self.held.push(Socket::new(Domain::from(16), Type::RAW, Some(Protocol::from(protocol))).unwrap());
        }
    }

    fn local(&mut self) {
        let path = self.folder.path().join("netshoot.sock");
        let listener = UnixListener::bind(&path).unwrap();
        let client = UnixStream::connect(&path).unwrap();
        let mut pair = UnixStream::pair().unwrap();
        pair.0.write_all(b"waiting").unwrap();
        let name = unix::SocketAddr::from_abstract_name(format!("netshoot-{}", self.zoo.name)).unwrap();
        let datagram = UnixDatagram::bind_addr(&name).unwrap();
        let sender = UnixDatagram::unbound().unwrap();
        sender.connect_addr(&name).unwrap();
        let half = UnixStream::pair().unwrap();
        half.0.shutdown(std::net::Shutdown::Write).unwrap();
        self.unix.push(Box::new((listener, client, pair, datagram, sender, half)));
        let sequence = Socket::new(Domain::UNIX, Type::SEQPACKET, None).unwrap();
        sequence.bind(&SockAddr::unix(self.folder.path().join("netshoot.seq")).unwrap()).unwrap();
        sequence.listen(4).unwrap();
        self.held.push(sequence);
    }
}

fn listen(address: &str, backlog: i32) -> Socket {
    let address: SocketAddr = address.parse().unwrap();
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None).unwrap();
    socket.set_reuse_address(true).unwrap();
    socket.bind(&address.into()).unwrap();
    socket.listen(backlog).unwrap();
    socket
}

fn stream(address: &str) -> Socket {
    TcpStream::connect(address).unwrap().into()
}

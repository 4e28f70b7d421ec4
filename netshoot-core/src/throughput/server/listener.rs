//! The listening socket, and connections that have not said yet who they are.

use std::io::{self, Read};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

use socket2::{Domain, Protocol, Socket, Type};

use super::ServerOptions;
use crate::error::{Error, ErrorKind, Result};
use crate::namespace::Namespace;
use crate::throughput::control::is_nothing;
use crate::throughput::protocol::{Cookie, State};
use crate::throughput::sockets::{bind_device, name, plain_socket, prepare};
use crate::throughput::{IpFamily, Options};

#[derive(Debug)]
pub(super) struct Listener {
    socket: Option<Socket>,
    address: SocketAddr,
    special: bool,
    accepted: u64,
    waiting: Vec<Waiting>,
    /// Until when nobody is accepted, since the system had no descriptor or memory for it.
    rests: Option<Instant>,
}

/// A connection.
#[derive(Debug)]
pub(super) enum Arrival {
    /// It said who it is.
    Cookie { socket: Socket, peer: SocketAddr, cookie: Cookie, number: u64 },
    /// It was told that the server is busy.
    Refused(SocketAddr),
}

#[derive(Debug)]
struct Waiting {
    socket: Socket,
    peer: SocketAddr,
    /// Which one it is of all that were accepted.
    number: u64,
    cookie: [u8; Cookie::LEN],
    filled: usize,
    until: Instant,
    leaving: bool,
}

impl Listener {
    pub(super) fn open(namespace: &Namespace, options: &ServerOptions) -> Result<Self> {
        let (socket, address) = listen(namespace, options, options.port, None)?;
        Ok(Self { socket: Some(socket), address, special: false, accepted: 0, waiting: Vec::new(), rests: None })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Whether the connections that it accepts have options of a test.
    pub(super) fn is_special(&self) -> bool {
        self.special
    }

    /// Listens anew; what is accepted then has the buffers and the segment size of `test`.
    pub(super) fn reopen(
        &mut self,
        namespace: &Namespace,
        options: &ServerOptions,
        test: Option<&Options>,
    ) -> Result<()> {
        // Two sockets cannot listen on one port, so the old one goes first.
        self.socket = None;
        self.special = test.is_some();
        match listen(namespace, options, self.address.port(), test) {
            Ok((socket, _)) => self.socket = Some(socket),
            Err(error) if test.is_some() => {
                self.special = false;
                self.socket = Some(listen(namespace, options, self.address.port(), None)?.0);
                return Err(error);
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// What can be read when there is something to do.
    pub(super) fn descriptors(&self) -> Vec<BorrowedFd<'_>> {
        let listening = self.socket.iter().filter(|_| self.rests.is_none());
        listening.chain(self.waiting.iter().map(|waiting| &waiting.socket)).map(AsFd::as_fd).collect()
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.waiting.iter().map(|waiting| waiting.until).chain(self.rests).min()
    }

    /// Who has connected.
    ///
    /// # Errors
    /// What the system says if it has no descriptor or memory for another connection, once until it has one again. It is
    /// asked every 100 ms then, as those who wait can neither be accepted nor turned away.
    pub(super) fn accept(&mut self, now: Instant) -> (Vec<(Socket, SocketAddr)>, Result<()>) {
        let mut come = Vec::new();
        if self.rests.is_some_and(|until| until > now) {
            return (come, Ok(()));
        }
        let rested = self.rests.take().is_some();
        while come.len() < AT_ONCE {
            match self.accept_one() {
                Ok(connection) => come.extend(connection),
                Err(error) if is_exhausted(&error) => {
                    self.rests = Some(now + REST);
                    if rested && come.is_empty() {
                        break;
                    }
                    let error = Error::io(format!("accept a connection on port {}", self.address.port()), error);
                    return (come, Err(error.with_hint("more open files (ulimit -n), or fewer streams at once")));
                }
                Err(_) => break,
            }
        }
        (come, Ok(()))
    }

    /// Takes those who have `come`, and reads what there is; when `busy`, nobody is asked who they are.
    pub(super) fn arrivals(&mut self, come: Vec<(Socket, SocketAddr)>, busy: bool, now: Instant) -> Vec<Arrival> {
        let mut arrivals = Vec::new();
        for (socket, peer) in come {
            if busy {
                self.refuse(socket, now);
                arrivals.push(Arrival::Refused(peer));
            } else {
                self.make_room();
                self.accepted += 1;
                self.waiting.push(Waiting { number: self.accepted, ..Waiting::new(socket, peer, now + COOKIE) });
            }
        }
        let mut place = 0;
        while let Some(waiting) = self.waiting.get_mut(place) {
            match waiting.read() {
                Ok(()) if waiting.until <= now => drop(self.waiting.swap_remove(place)),
                Ok(()) if waiting.filled == Cookie::LEN && !waiting.leaving => {
                    let Waiting { socket, peer, cookie, number, .. } = self.waiting.swap_remove(place);
                    arrivals.push(Arrival::Cookie { socket, peer, cookie: Cookie::from_bytes(cookie), number });
                }
                Ok(()) => place += 1,
                Err(_) => drop(self.waiting.swap_remove(place)),
            }
        }
        arrivals
    }

    /// Gives up whoever has been silent longest, when there are too many: a client says at once who it is.
    fn make_room(&mut self) {
        if self.waiting.len() < MOST_WAITING {
            return;
        }
        let first = self.waiting.iter().enumerate().min_by_key(|(_, waiting)| waiting.until);
        if let Some(place) = first.map(|(place, _)| place) {
            self.waiting.swap_remove(place);
        }
    }

    /// Says that the server is busy.
    pub(super) fn refuse(&mut self, socket: Socket, now: Instant) {
        let told = socket.send_with_flags(&[State::ACCESS_DENIED.octet()], libc::MSG_NOSIGNAL);
        if told.is_ok() && socket.shutdown(Shutdown::Write).is_ok() {
            self.linger(socket, now);
        }
    }

    /// Lets the client read what it was told: closing at once could take it back.
    pub(super) fn linger(&mut self, socket: Socket, now: Instant) {
        if self.waiting.len() < MOST_WAITING {
            let nobody = SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), 0);
            self.waiting.push(Waiting { leaving: true, ..Waiting::new(socket, nobody, now + LEAVING) });
        }
    }

    fn accept_one(&self) -> io::Result<Option<(Socket, SocketAddr)>> {
        let Some(listening) = &self.socket else { return Err(io::ErrorKind::WouldBlock.into()) };
        let (socket, peer) = listening.accept()?;
        socket.set_nonblocking(true)?;
        Ok(peer.as_socket().map(|peer| (socket, plain_socket(peer))))
    }
}

/// Whether the system had no descriptor or memory left.
fn is_exhausted(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EMFILE | libc::ENFILE | libc::ENOBUFS | libc::ENOMEM))
}

impl Waiting {
    fn new(socket: Socket, peer: SocketAddr, until: Instant) -> Self {
        Self { socket, peer, number: 0, cookie: [0; Cookie::LEN], filled: 0, until, leaving: false }
    }

    /// Reads no more than the cookie: what follows is for others.
    fn read(&mut self) -> io::Result<()> {
        let mut waste = [0; 256];
        let room = match self.leaving {
            true => waste.as_mut_slice(),
            false => self.cookie.get_mut(self.filled..).unwrap_or_default(),
        };
        if room.is_empty() {
            return Ok(());
        }
        match (&self.socket).read(room) {
            Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) if !self.leaving => {
                self.filled += count;
                Ok(())
            }
            Ok(_) => Ok(()),
            Err(error) if is_nothing(&error) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

fn listen(
    namespace: &Namespace,
    options: &ServerOptions,
    port: u16,
    test: Option<&Options>,
) -> Result<(Socket, SocketAddr)> {
    let address = local(options, port);
    match listen_on(namespace, options, address, test) {
        // A host without IPv6.
        Err(error) if error.raw_os_error() == Some(libc::EAFNOSUPPORT) && is_any(options) => {
            listen_on(namespace, options, SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), port), test)
        }
        other => other,
    }
}

fn listen_on(
    namespace: &Namespace,
    options: &ServerOptions,
    address: SocketAddr,
    test: Option<&Options>,
) -> Result<(Socket, SocketAddr)> {
    let mptcp = test.is_some_and(|test| test.mptcp);
    let protocol = if mptcp { Protocol::MPTCP } else { Protocol::TCP };
    let socket = bound(namespace, options, address, Type::STREAM, protocol)?;
    if let Some(test) = test {
        prepare(&socket, address, &Options { tos: 0, flow_label: 0, ..test.clone() })?;
    }
    let failed = |error| listen_error(address, error);
    socket.listen(BACKLOG).map_err(failed)?;
    let local = socket.local_addr().map_err(failed)?.as_socket().unwrap_or(address);
    Ok((socket, local))
}

/// A socket bound where the server listens; it does not block.
pub(super) fn bound(
    namespace: &Namespace,
    options: &ServerOptions,
    address: SocketAddr,
    kind: Type,
    protocol: Protocol,
) -> Result<Socket> {
    let socket = namespace.socket(Domain::for_address(address), kind, Some(protocol))?;
    let failed = |error| listen_error(address, error);
    if let Some(device) = &options.device {
        bind_device(&socket, device)?;
    }
    if address.is_ipv6() {
        socket.set_only_v6(options.family == Some(IpFamily::V6)).map_err(failed)?;
    }
    socket.set_reuse_address(true).map_err(failed)?;
    socket.set_nonblocking(true).map_err(failed)?;
    socket.bind(&address.into()).map_err(failed)?;
    Ok(socket)
}

fn local(options: &ServerOptions, port: u16) -> SocketAddr {
    let ip = match (options.bind, options.family) {
        (Some(ip), _) => ip,
        (None, Some(IpFamily::V4)) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        (None, _) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    };
    SocketAddr::new(ip, port)
}

fn is_any(options: &ServerOptions) -> bool {
    options.bind.is_none() && options.family.is_none()
}

fn listen_error(address: SocketAddr, error: io::Error) -> Error {
    let used = error.kind() == io::ErrorKind::AddrInUse;
    let error = Error::io(format!("listen on {}", name(address)), error);
    match error.kind() {
        ErrorKind::PermissionDenied => error.with_hint("ports below 1024 need CAP_NET_BIND_SERVICE"),
        _ if used => error.with_hint("another server listens there; choose another port"),
        _ => error,
    }
}

const BACKLOG: i32 = 256;
/// Connections accepted before others get their turn.
const AT_ONCE: usize = 64;
/// Connections that have not said who they are.
const MOST_WAITING: usize = 300;
/// For the cookie to come.
const COOKIE: Duration = Duration::from_secs(10);
/// For a client to read what it was told.
const LEAVING: Duration = Duration::from_secs(1);
/// How long nobody is accepted where there is no room for a connection.
const REST: Duration = Duration::from_millis(100);

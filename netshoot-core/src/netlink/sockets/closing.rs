//! Sockets as they are closed, with what was known of them at the end.

use std::collections::VecDeque;
use std::io::ErrorKind as Io;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use super::super::message::Messages;
use super::super::object::Object;
use super::super::socket::NetlinkSocket;
use super::super::{Family, Netlink};
use super::{InetSocket, SocketProtocol};
use crate::error::{Error, Result};
use crate::sys;

/// Sockets of TCP and UDP in the order in which they are closed; made by [`Netlink::closing_sockets`].
///
/// A closing socket comes with its last [`TcpInfo`](super::TcpInfo), which no listing could catch.
#[derive(Debug)]
pub struct ClosingSockets {
    socket: NetlinkSocket,
    buffer: Vec<u8>,
    waiting: VecDeque<Closing>,
}

/// What [`ClosingSockets::next`] tells.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Closing {
    /// A socket was closed.
    Socket(Box<InetSocket>),
    /// Sockets were closed faster than they were read, and some are not told.
    Lost,
}

impl Netlink {
    /// Begins to tell the sockets of `protocols` (TCP, UDP; others are never told) that are closed from now on, of one
    /// family or of both.
    ///
    /// # Errors
    /// When the system has no more sockets, or the kernel is older than Linux 4.6.
    pub fn closing_sockets(&self, protocols: &[SocketProtocol], family: Option<Family>) -> Result<ClosingSockets> {
        let socket = NetlinkSocket::open(self.namespace(), libc::NETLINK_SOCK_DIAG, 0)?;
        // The kernel gives as much of it as it allows.
        let _ = socket.socket.set_recv_buffer_size(RECEIVE_BUFFER);
        for (protocol, of, group) in GROUPS {
            if protocols.contains(&protocol) && family.is_none_or(|family| family == of) {
                sys::netlink::join(socket.socket.as_fd(), group).map_err(|error| Error::io(OPERATION, error))?;
            }
        }
        Ok(ClosingSockets { socket, buffer: vec![0; BUFFER_LENGTH], waiting: VecDeque::new() })
    }
}

impl ClosingSockets {
    /// The next socket that is closed, or `None` when there is none within `timeout`.
    ///
    /// # Errors
    /// The system's, in receiving.
    pub fn next(&mut self, timeout: Duration) -> Result<Option<Closing>> {
        let deadline = Instant::now() + timeout;
        loop {
            if let Some(closing) = self.waiting.pop_front() {
                return Ok(Some(closing));
            }
            // A time-out of zero would mean none at all.
            let left = deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
            let failed = |error| Error::io(OPERATION, error);
            self.socket.socket.set_read_timeout(Some(left)).map_err(failed)?;
            match sys::netlink::receive(self.socket.socket.as_fd(), &mut self.buffer) {
                Ok(received) if received.sender == KERNEL => self.take(received.length),
                Ok(_) => {}
                Err(error) if error.raw_os_error() == Some(libc::ENOBUFS) => return Ok(Some(Closing::Lost)),
                Err(error) if error.kind() == Io::Interrupted => {}
                Err(error) if error.kind() != Io::WouldBlock => return Err(failed(error)),
                Err(_) => {}
            }
            if self.waiting.is_empty() && Instant::now() >= deadline {
                return Ok(None);
            }
        }
    }

    fn take(&mut self, length: usize) {
        let Some(datagram) = self.buffer.get(..length) else {
            return self.waiting.push_back(Closing::Lost);
        };
        for message in Messages(datagram) {
            if message.kind == SOCK_DIAG_BY_FAMILY {
                let socket = InetSocket::parse(message.payload).map(Box::new);
                self.waiting.push_back(socket.map_or(Closing::Lost, Closing::Socket));
            }
        }
    }
}

const OPERATION: &str = "watch closing sockets";
const KERNEL: u32 = 0;
/// More than one message, and a datagram is one.
const BUFFER_LENGTH: usize = 8 * 1024;
const RECEIVE_BUFFER: usize = 8 * 1024 * 1024;

// linux/sock_diag.h
const SOCK_DIAG_BY_FAMILY: u16 = 20;
const GROUPS: [(SocketProtocol, Family, u32); 4] = [
    (SocketProtocol::TCP, Family::INET, 1),
    (SocketProtocol::UDP, Family::INET, 2),
    (SocketProtocol::TCP, Family::INET6, 3),
    (SocketProtocol::UDP, Family::INET6, 4),
];

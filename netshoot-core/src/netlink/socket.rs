//! A netlink socket that carries one dump at a time.
//!
//! Believes only the kernel: a datagram from another process, or an answer to another question, is skipped. A datagram
//! larger than the buffer is told to the caller, who begins again with room for it; nothing is lost without a word.

use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use socket2::{Domain, Protocol, Socket, Type};

use super::message::{Message, Messages, Refusal};
use super::request::Request;
use crate::error::{Error, ErrorKind, Result};
use crate::namespace::Namespace;
use crate::sys;

#[derive(Debug)]
pub(super) struct NetlinkSocket {
    pub(super) socket: Socket,
    pub(super) port: u32,
    /// `NETLINK_ROUTE` or another.
    pub(super) protocol: libc::c_int,
    pub(super) sequence: u32,
    pub(super) buffer: Vec<u8>,
}

/// How a dump came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// Everything was received.
    Complete,
    /// Everything was received, but a change came in between.
    Interrupted,
    /// A datagram of so many octets did not fit and is lost, perhaps the last one with it: the socket is of no more
    /// use. Begin again with a larger one.
    Truncated(usize),
}

impl NetlinkSocket {
    /// A socket with room for datagrams of `length` octets.
    pub(super) fn open(namespace: &Namespace, protocol: libc::c_int, length: usize) -> Result<Self> {
        let domain = Domain::from(libc::AF_NETLINK);
        let socket = namespace.socket(domain, Type::RAW, Some(Protocol::from(protocol)))?;
        let failed = |what: &'static str| move |error| Error::io(format!("{what} netlink socket"), error);
        let port = sys::netlink::bind(socket.as_fd()).map_err(failed("bind"))?;
        for option in [libc::NETLINK_EXT_ACK, libc::NETLINK_CAP_ACK, libc::NETLINK_GET_STRICT_CHK] {
            match sys::netlink::enable(socket.as_fd(), option) {
                // Older kernels: less text, and filters that the caller checks again anyway.
                Err(error) if error.raw_os_error() == Some(libc::ENOPROTOOPT) => {}
                answer => answer.map_err(failed("configure"))?,
            }
        }
        Ok(Self { socket, port, protocol, sequence: 0, buffer: vec![0; length] })
    }

    /// Octets that a datagram may have.
    pub(super) fn buffer_length(&self) -> usize {
        self.buffer.len()
    }

    /// Sends `request` and calls `visit` for each object of the answer until the kernel says that it is done.
    ///
    /// After an error, or a truncation, the socket may still hold answers, and must not be used again.
    pub(super) fn dump(
        &mut self,
        operation: &str,
        request: &mut Request,
        deadline: Instant,
        mut visit: impl FnMut(&Message<'_>) -> Result<()>,
    ) -> Result<End> {
        self.sequence = self.sequence.wrapping_add(1);
        self.socket.send(request.numbered(self.sequence)).map_err(|error| Error::io(operation.to_owned(), error))?;
        let mut end = End::Complete;
        loop {
            let length = self.receive(operation, deadline)?;
            let Some(datagram) = self.buffer.get(..length) else {
                return Ok(End::Truncated(length));
            };
            let mut messages = Messages(datagram);
            for message in messages.by_ref() {
                if message.sequence != self.sequence || message.port != self.port {
                    continue;
                }
                if message.has(libc::NLM_F_DUMP_INTR) {
                    end = End::Interrupted;
                }
                match libc::c_int::from(message.kind) {
                    libc::NLMSG_DONE => {
                        message.done().map_err(|refusal| refused(operation, refusal))?;
                        return Ok(end);
                    }
                    libc::NLMSG_ERROR => {
                        message.error().map_err(|refusal| refused(operation, refusal))?;
                        return Ok(end);
                    }
                    libc::NLMSG_NOOP | libc::NLMSG_OVERRUN => {}
                    _ => {
                        if message.kind == request.answer {
                            visit(&message)?;
                        }
                        if !message.has(libc::NLM_F_MULTI) {
                            return Ok(end);
                        }
                    }
                }
            }
            if !messages.0.is_empty() {
                return Err(Error::new(ErrorKind::Malformed, operation.to_owned())
                    .with_detail(format!("the last {} octets of {length} are no message", messages.0.len())));
            }
        }
    }

    /// Receives one datagram of the kernel's into the buffer and returns the length that it had.
    fn receive(&mut self, operation: &str, deadline: Instant) -> Result<usize> {
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(timed_out(operation));
            }
            let left = left.max(SHORTEST_TIMEOUT);
            self.socket.set_read_timeout(Some(left)).map_err(|error| Error::io(operation.to_owned(), error))?;
            match sys::netlink::receive(self.socket.as_fd(), &mut self.buffer) {
                Ok(received) if received.sender == KERNEL => return Ok(received.length),
                Ok(_) => {}
                Err(error) => match error.raw_os_error() {
                    Some(libc::EINTR) => {}
                    Some(libc::EAGAIN) => return Err(timed_out(operation)),
                    _ => return Err(Error::io(operation.to_owned(), error)),
                },
            }
        }
    }
}

fn timed_out(operation: &str) -> Error {
    Error::new(ErrorKind::TimedOut, operation.to_owned())
        .with_detail("the kernel has not finished its answer by the deadline")
        .with_hint("the kernel's configuration lock may be held, by a driver reset for example")
}

fn refused(operation: &str, refusal: Refusal) -> Error {
    let error = Error::io(operation.to_owned(), refusal.source);
    match refusal.text {
        Some(text) => error.with_detail(format!("the kernel says: {text}")),
        None => error,
    }
}

const KERNEL: u32 = 0;
/// A zero time-out would mean none at all.
const SHORTEST_TIMEOUT: Duration = Duration::from_millis(1);

//! A netlink socket that carries one dump at a time.
//!
//! Believes only the kernel: a datagram from another process, or an answer to another question, is skipped. A datagram
//! larger than the buffer is told to the caller, who begins again with room for it; nothing is lost without a word.

use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use socket2::{Domain, Protocol, Socket, Type};

use super::ahead;
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
        reading: Reading,
        mut visit: impl FnMut(&Message<'_>) -> Result<()>,
    ) -> Result<End> {
        self.sequence = self.sequence.wrapping_add(1);
        self.socket.send(request.numbered(self.sequence)).map_err(|error| Error::io(operation.to_owned(), error))?;
        let mut answer = Answer::new(operation, request.answer, self);
        let mut reading = reading;
        loop {
            let length = receive(&self.socket, &mut self.buffer, operation, deadline)?;
            let Some(datagram) = self.buffer.get(..length) else {
                return Ok(End::Truncated(length));
            };
            if reading == Reading::Ahead && length >= LONG && !answer.ends_in(datagram) {
                match ahead::read(self, datagram, &mut answer, deadline, &mut visit)? {
                    Some(end) => return Ok(end),
                    None => reading = Reading::InTurn,
                }
            }
            if answer.read(datagram, &mut visit)? {
                return Ok(answer.end);
            }
        }
    }
}

/// How the answer to a question is received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// A datagram is visited before the next is asked for. The kernel makes it while it is waited for.
    InTurn,
    /// A second thread receives the rest of a long answer while what came is visited.
    Ahead,
}

/// The answer to one question, as far as it was read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answer<'a> {
    pub(super) operation: &'a str,
    sequence: u32,
    port: u32,
    kind: u16,
    pub(super) end: End,
}

impl<'a> Answer<'a> {
    fn new(operation: &'a str, kind: u16, socket: &NetlinkSocket) -> Self {
        Self { operation, sequence: socket.sequence, port: socket.port, kind, end: End::Complete }
    }

    /// Visits the objects of a datagram, and tells whether it was the last.
    pub(super) fn read(&mut self, datagram: &[u8], visit: &mut impl FnMut(&Message<'_>) -> Result<()>) -> Result<bool> {
        let mut messages = Messages(datagram);
        for message in messages.by_ref() {
            if !self.is_mine(&message) {
                continue;
            }
            if message.has(libc::NLM_F_DUMP_INTR) {
                self.end = End::Interrupted;
            }
            match libc::c_int::from(message.kind) {
                libc::NLMSG_DONE => message.done().map_err(|refusal| refused(self.operation, refusal))?,
                libc::NLMSG_ERROR => message.error().map_err(|refusal| refused(self.operation, refusal))?,
                _ if message.kind == self.kind => visit(&message)?,
                _ => {}
            }
            if is_last(&message) {
                return Ok(true);
            }
        }
        if messages.0.is_empty() {
            return Ok(false);
        }
        Err(Error::new(ErrorKind::Malformed, self.operation.to_owned()).with_detail(format!(
            "the last {} octets of {} are no message",
            messages.0.len(),
            datagram.len()
        )))
    }

    /// Whether the answer ends within a datagram.
    pub(super) fn ends_in(&self, datagram: &[u8]) -> bool {
        Messages(datagram).any(|message| self.is_mine(&message) && is_last(&message))
    }

    fn is_mine(&self, message: &Message<'_>) -> bool {
        message.sequence == self.sequence && message.port == self.port
    }
}

fn is_last(message: &Message<'_>) -> bool {
    match libc::c_int::from(message.kind) {
        libc::NLMSG_DONE | libc::NLMSG_ERROR => true,
        libc::NLMSG_NOOP | libc::NLMSG_OVERRUN => false,
        _ => !message.has(libc::NLM_F_MULTI),
    }
}

/// Receives one datagram of the kernel's into `buffer` and returns the length that it had.
pub(super) fn receive(socket: &Socket, buffer: &mut [u8], operation: &str, deadline: Instant) -> Result<usize> {
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(timed_out(operation));
        }
        let left = left.max(SHORTEST_TIMEOUT);
        socket.set_read_timeout(Some(left)).map_err(|error| Error::io(operation.to_owned(), error))?;
        match sys::netlink::receive(socket.as_fd(), buffer) {
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
/// Octets of the first datagram, which are less than a page, of an answer that is worth a second thread.
const LONG: usize = 3 * 1024;
/// A zero time-out would mean none at all.
const SHORTEST_TIMEOUT: Duration = Duration::from_millis(1);

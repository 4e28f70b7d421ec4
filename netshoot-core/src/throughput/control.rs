//! The control connection as a socket.

use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd};
use std::thread;
use std::time::{Duration, Instant};

use socket2::{Socket, TcpKeepalive};

use super::options::Keepalive;
use crate::cancel::Cancellation;
use crate::sys;

#[derive(Debug)]
pub(super) struct Control {
    socket: Socket,
}

impl Control {
    /// Takes a connected socket. Without a `send_timeout`, the peer has as long for what it does not acknowledge as it has
    /// for what it is asked.
    pub(super) fn new(socket: Socket, keepalive: &Keepalive, send_timeout: Duration) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        socket.set_tcp_nodelay(true)?;
        let timeout = if send_timeout.is_zero() { keepalive.patience() } else { send_timeout };
        socket.set_tcp_user_timeout(Some(timeout))?;
        let Keepalive { idle, interval, count } = *keepalive;
        let keepalive = TcpKeepalive::new().with_time(idle).with_interval(interval).with_retries(count);
        socket.set_tcp_keepalive(&keepalive)?;
        Ok(Self { socket })
    }

    pub(super) fn socket(&self) -> &Socket {
        &self.socket
    }

    /// What has come; `None` when the peer closed.
    pub(super) fn read(&self, room: &mut [u8]) -> io::Result<Option<usize>> {
        match (&self.socket).read(room) {
            Ok(0) => Ok(None),
            Ok(count) => Ok(Some(count)),
            // The system gave the connection up.
            Err(error) if error.kind() == io::ErrorKind::TimedOut => Err(error),
            Err(error) if is_nothing(&error) => Ok(Some(0)),
            // As good as closed: what matters is in which state it was.
            Err(error) if matches!(error.kind(), io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe) => {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Sends all of it, or fails within a bounded time.
    pub(super) fn write(&self, mut octets: &[u8]) -> io::Result<()> {
        let until = Instant::now() + WRITE;
        while !octets.is_empty() {
            match self.socket.send_with_flags(octets, libc::MSG_NOSIGNAL) {
                Ok(count) => octets = octets.get(count..).unwrap_or_default(),
                Err(error) if is_nothing(&error) && Instant::now() < until => thread::sleep(Duration::from_millis(1)),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// The socket, on which nothing more will be sent.
    pub(super) fn finish(self) -> Socket {
        let _ = self.socket.shutdown(std::net::Shutdown::Write);
        self.socket
    }

    /// Says that nothing more will be sent, and gives the peer a moment to close: iperf3 since 3.21 waits for it.
    pub(super) fn close(&self, patience: Duration) {
        let _ = self.socket.shutdown(std::net::Shutdown::Write);
        let until = Instant::now() + patience;
        let mut room = [0; 256];
        while matches!(self.read(&mut room), Ok(Some(_))) && Instant::now() < until {
            let left = until.saturating_duration_since(Instant::now());
            if sys::poll_readable(&[self.socket.as_fd()], Some(left)).is_err() {
                return;
            }
        }
    }
}

impl AsFd for Control {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// Waits until one of `sockets` can be read, somebody cancels, or it is `until`.
pub(super) fn wait(sockets: &[BorrowedFd<'_>], cancellation: &Cancellation, until: Option<Instant>) -> io::Result<()> {
    let left = until.map(|until| until.saturating_duration_since(Instant::now()));
    let mut descriptors = Vec::with_capacity(sockets.len() + 1);
    descriptors.extend_from_slice(sockets);
    descriptors.push(cancellation.as_fd());
    sys::poll_readable(&descriptors, left)?;
    cancellation.clear();
    Ok(())
}

pub(super) fn is_nothing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut | io::ErrorKind::Interrupted)
}

const WRITE: Duration = Duration::from_secs(10);

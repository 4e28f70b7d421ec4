//! Receiving in a second thread.
//!
//! The kernel makes each datagram of a dump within the call that receives one, so that a reader which does both in turn
//! takes the sum of the kernel's time and its own. Here it is the longer of the two.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread;
use std::time::{Duration, Instant};

use socket2::Socket;

use super::message::Message;
use super::socket::{self, Answer, End, NetlinkSocket};
use crate::error::{Error, ErrorKind, Result};
use crate::sys;

/// A datagram with its whole length, in a buffer that it may not have fitted in.
type Datagram = Result<(Vec<u8>, usize)>;

/// Reads an answer that begins with the datagram `first`; the others are received by a short-lived thread with all
/// signals blocked. `None`, and nothing is read, when the system starts no more threads.
///
/// When `visit` fails, the thread may still wait for [`PATIENCE`].
pub(super) fn read(
    socket: &NetlinkSocket,
    first: &[u8],
    answer: &mut Answer<'_>,
    deadline: Instant,
    visit: &mut impl FnMut(&Message<'_>) -> Result<()>,
) -> Result<Option<End>> {
    let asked = *answer;
    let length = socket.buffer_length();
    let stopped = AtomicBool::new(false);
    let stop = &stopped;
    thread::scope(|scope| {
        let (full, received) = mpsc::sync_channel(BUFFERS);
        let (spent, empty) = mpsc::sync_channel(BUFFERS);
        let thread = thread::Builder::new().name("netshoot-netlink".to_owned());
        let started = thread.spawn_scoped(scope, move || {
            sys::namespace::block_signals();
            receive(&socket.socket, &asked, deadline, stop, &empty, &full);
        });
        if started.is_err() {
            return Ok(None);
        }
        for _ in 0..BUFFERS {
            // A thread that has ended takes none.
            let _ = spent.send(vec![0; length]);
        }
        let end = take(first, answer, &received, &spent, visit);
        stop.store(true, Ordering::Relaxed);
        end.map(Some)
    })
}

/// Reads datagrams as they come, and gives their buffers back.
fn take(
    first: &[u8],
    answer: &mut Answer<'_>,
    received: &Receiver<Datagram>,
    spent: &SyncSender<Vec<u8>>,
    visit: &mut impl FnMut(&Message<'_>) -> Result<()>,
) -> Result<End> {
    answer.read(first, visit)?;
    for datagram in received {
        let (buffer, length) = datagram?;
        let Some(octets) = buffer.get(..length) else { return Ok(End::Truncated(length)) };
        if answer.read(octets, visit)? {
            return Ok(answer.end);
        }
        let _ = spent.send(buffer);
    }
    Err(Error::new(ErrorKind::Io, answer.operation.to_owned()).with_detail("the thread that receives has ended"))
}

/// Receives until the answer ends or nobody takes it any more.
fn receive(
    socket: &Socket,
    answer: &Answer<'_>,
    deadline: Instant,
    stopped: &AtomicBool,
    empty: &Receiver<Vec<u8>>,
    full: &SyncSender<Datagram>,
) {
    for mut buffer in empty {
        let received = loop {
            let until = deadline.min(Instant::now() + PATIENCE);
            match socket::receive(socket, &mut buffer, answer.operation, until) {
                Err(error) if error.kind() == ErrorKind::TimedOut && until < deadline => {}
                received => break received,
            }
            if stopped.load(Ordering::Relaxed) {
                return;
            }
        };
        let length = match received {
            Ok(length) => length,
            Err(error) => {
                let _ = full.send(Err(error));
                return;
            }
        };
        let last = buffer.get(..length).is_none_or(|datagram| answer.ends_in(datagram));
        if full.send(Ok((buffer, length))).is_err() || last {
            return;
        }
    }
}

/// How long the thread waits before it looks whether anybody still does.
const PATIENCE: Duration = Duration::from_millis(100);
/// How many datagrams are received ahead.
const BUFFERS: usize = 8;

//! Stopping from another thread.

use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use socket2::SockRef;

use crate::error::{Error, Result};
use crate::sys;

/// Ends what waits in another thread: a watch, a throughput test, a server.
#[derive(Clone, Debug)]
pub struct Canceller {
    cancelled: Arc<AtomicBool>,
    waker: Arc<UnixStream>,
}

/// The other end of a [`Canceller`].
#[derive(Debug)]
pub(crate) struct Cancellation {
    cancelled: Arc<AtomicBool>,
    wakes: UnixStream,
}

impl Canceller {
    pub(crate) fn pair() -> io::Result<(Self, Cancellation)> {
        let (wakes, waker) = UnixStream::pair()?;
        wakes.set_nonblocking(true)?;
        waker.set_nonblocking(true)?;
        let cancelled = Arc::new(AtomicBool::new(false));
        let canceller = Self { cancelled: Arc::clone(&cancelled), waker: Arc::new(waker) };
        Ok((canceller, Cancellation { cancelled, wakes }))
    }

    /// Ends it, now and ever after: a watch with an error of the kind [`Cancelled`](crate::ErrorKind::Cancelled), a test by
    /// telling the peer.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Release);
        self.wake();
    }

    /// Ends it at the first SIGINT, SIGTERM or SIGHUP; a second one ends the process as ever. For programs: call it before
    /// other threads are started, as the signals are blocked in the calling thread and those that it starts.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn cancel_on_signals(&self) -> Result<()> {
        let failed = |error| Error::io("wait for signals", error);
        let signals = sys::signal::Signals::block().map_err(failed)?;
        let canceller = self.clone();
        std::thread::Builder::new()
            .name("netshoot-signal".to_owned())
            .spawn(move || {
                signals.wait();
                canceller.cancel();
                // Nobody else takes them: this thread does as ever.
                signals.unblock();
                std::thread::park();
            })
            .map(drop)
            .map_err(failed)
    }

    /// Makes the waiting thread look around.
    pub(crate) fn wake(&self) {
        // Full is as good: then it wakes already. Nobody may be there to be woken.
        let _ = SockRef::from(&*self.waker).send_with_flags(&[1], libc::MSG_NOSIGNAL);
    }
}

impl Cancellation {
    pub(crate) fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Acquire)
    }

    /// Forgets that it was woken.
    pub(crate) fn clear(&self) {
        let mut room = [0; 64];
        while matches!((&self.wakes).read(&mut room), Ok(1..)) {}
    }
}

impl AsFd for Cancellation {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.wakes.as_fd()
    }
}

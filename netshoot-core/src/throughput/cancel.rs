//! Stopping from another thread.

use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Ends a test, or a server, from another thread.
#[derive(Clone, Debug)]
pub struct Canceller {
    cancelled: Arc<AtomicBool>,
    waker: Arc<UnixStream>,
}

/// The other end of a [`Canceller`].
#[derive(Debug)]
pub(super) struct Cancellation {
    cancelled: Arc<AtomicBool>,
    wakes: UnixStream,
}

impl Canceller {
    pub(super) fn pair() -> io::Result<(Self, Cancellation)> {
        let (wakes, waker) = UnixStream::pair()?;
        wakes.set_nonblocking(true)?;
        waker.set_nonblocking(true)?;
        let cancelled = Arc::new(AtomicBool::new(false));
        let canceller = Self { cancelled: Arc::clone(&cancelled), waker: Arc::new(waker) };
        Ok((canceller, Cancellation { cancelled, wakes }))
    }

    /// Ends it; the peer is told.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Release);
        self.wake();
    }

    /// Makes the waiting thread look around.
    pub(super) fn wake(&self) {
        // Full is as good: then it wakes already.
        let _ = (&*self.waker).write(&[1]);
    }
}

impl Cancellation {
    pub(super) fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Acquire)
    }

    /// Forgets that it was woken.
    pub(super) fn clear(&self) {
        let mut room = [0; 64];
        while matches!((&self.wakes).read(&mut room), Ok(1..)) {}
    }
}

impl AsFd for Cancellation {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.wakes.as_fd()
    }
}

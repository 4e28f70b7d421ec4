//! Signals that ask a program to end.

use std::io;

/// SIGINT, SIGTERM and SIGHUP, blocked in the thread that made this and in those that it started since.
pub(crate) struct Signals {
    set: libc::sigset_t,
}

impl Signals {
    pub(crate) fn block() -> io::Result<Self> {
        // SAFETY: a set of signals may be all zeros, and is initialised next.
        let mut set: libc::sigset_t = unsafe { std::mem::zeroed() };
        // SAFETY: `set` is a set of signals; the numbers are valid, so the calls cannot fail.
        unsafe {
            libc::sigemptyset(&raw mut set);
            for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP] {
                libc::sigaddset(&raw mut set, signal);
            }
        }
        // SAFETY: both pointers are valid or null; only the mask of this thread changes.
        match unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, &raw const set, std::ptr::null_mut()) } {
            0 => Ok(Self { set }),
            error => Err(io::Error::from_raw_os_error(error)),
        }
    }

    /// Waits for one of them.
    pub(crate) fn wait(&self) {
        let mut signal = 0;
        // SAFETY: both pointers are valid; the call fails only for a set that makes no sense.
        unsafe { libc::sigwait(&raw const self.set, &raw mut signal) };
    }

    /// Lets them do to the calling thread, and so to the process, what they do.
    pub(crate) fn unblock(&self) {
        // SAFETY: both pointers are valid or null; only the mask of this thread changes.
        unsafe { libc::pthread_sigmask(libc::SIG_UNBLOCK, &raw const self.set, std::ptr::null_mut()) };
    }
}

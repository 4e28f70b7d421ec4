//! Waiting for descriptors, and the clock that is never set.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::time::Duration;

use super::check;

/// Waits until one of `descriptors` can be read or has failed; for ever without a `timeout`. A signal ends the wait.
pub(crate) fn readable<const N: usize>(
    descriptors: [BorrowedFd<'_>; N],
    timeout: Option<Duration>,
) -> io::Result<[bool; N]> {
    let mut asked =
        descriptors.map(|descriptor| libc::pollfd { fd: descriptor.as_raw_fd(), events: libc::POLLIN, revents: 0 });
    // Rounded up, so that a wait for less than a millisecond is one.
    let milliseconds = timeout
        .map_or(-1, |timeout| libc::c_int::try_from(timeout.as_micros().div_ceil(1000)).unwrap_or(libc::c_int::MAX));
    // SAFETY: the pointer is to as many pollfd as are said, all of descriptors that are open while they are borrowed.
    match check(unsafe { libc::poll(asked.as_mut_ptr(), N as libc::nfds_t, milliseconds) }) {
        Ok(_) => Ok(asked.map(|one| one.revents != 0)),
        Err(error) if error.raw_os_error() == Some(libc::EINTR) => Ok([false; N]),
        Err(error) => Err(error),
    }
}

/// `CLOCK_MONOTONIC`: the time since the system started, without what it slept.
pub(crate) fn monotonic() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the kernel writes one timespec, which `time` is; this clock is always there.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &mut time) };
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or_default())
}

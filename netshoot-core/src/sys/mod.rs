//! The only room with `unsafe`: system calls that neither the standard library nor socket2 offers safely.
//!
//! Each function takes and returns safe types, reports `errno` as [`std::io::Error`], and knows nothing of the rooms
//! that call it.
#![allow(unsafe_code)]

#[cfg(feature = "throughput")]
pub(crate) mod datagrams;
pub(crate) mod descriptors;
#[cfg(feature = "throughput")]
pub(crate) mod memory_file;
pub(crate) mod namespace;
pub(crate) mod netlink;
pub(crate) mod signal;
pub(crate) mod socket;
#[cfg(feature = "throughput")]
pub(crate) mod thread;

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::time::Duration;

/// The result of a system call that answers -1 on failure.
fn check(answer: libc::c_int) -> io::Result<libc::c_int> {
    if answer == -1 { Err(io::Error::last_os_error()) } else { Ok(answer) }
}

/// Waits until one of `descriptors` can be read, a signal comes or the time is over.
pub(crate) fn poll_readable(descriptors: &[BorrowedFd<'_>], timeout: Option<Duration>) -> io::Result<()> {
    let entry =
        |descriptor: &BorrowedFd<'_>| libc::pollfd { fd: descriptor.as_raw_fd(), events: libc::POLLIN, revents: 0 };
    let mut entries: Vec<_> = descriptors.iter().map(entry).collect();
    // Up to the next millisecond, so as not to wake before the time.
    let milliseconds = timeout.map_or(-1, |timeout| {
        libc::c_int::try_from(timeout.as_nanos().div_ceil(1_000_000)).unwrap_or(libc::c_int::MAX)
    });
    // SAFETY: the pointer is valid for as many entries as are given with it.
    match check(unsafe { libc::poll(entries.as_mut_ptr(), entries.len() as libc::nfds_t, milliseconds) }) {
        Err(error) if error.kind() != io::ErrorKind::Interrupted => Err(error),
        _ => Ok(()),
    }
}

/// A point in time where this process is, by the C library's zone.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LocalTime {
    pub(crate) year: i32,
    /// From 0, January.
    pub(crate) month: usize,
    pub(crate) day: i32,
    pub(crate) hour: i32,
    pub(crate) minute: i32,
    pub(crate) second: i32,
    /// From 0, Sunday.
    pub(crate) weekday: usize,
}

/// Seconds since 1970 as a local time.
pub(crate) fn local_time(seconds: u64) -> LocalTime {
    let seconds = libc::time_t::try_from(seconds).unwrap_or_default();
    // SAFETY: all fields are numbers, or a pointer that may be null.
    let mut local: libc::tm = unsafe { std::mem::zeroed() };
    // SAFETY: both pointers are valid; where the year is out of range, what is there stays.
    unsafe { libc::localtime_r(&raw const seconds, &raw mut local) };
    LocalTime {
        year: local.tm_year + 1900,
        month: usize::try_from(local.tm_mon).unwrap_or_default(),
        day: local.tm_mday,
        hour: local.tm_hour,
        minute: local.tm_min,
        second: local.tm_sec,
        weekday: usize::try_from(local.tm_wday).unwrap_or_default(),
    }
}

/// `CLOCK_MONOTONIC`.
pub(crate) fn monotonic() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the kernel writes a timespec, which `time` is. The clock is there on every Linux, so the call cannot fail.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut time) };
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// The caller's real user, as the caller's user namespace numbers it.
pub(crate) fn user() -> u32 {
    // SAFETY: getuid takes nothing, changes nothing and cannot fail.
    unsafe { libc::getuid() }
}

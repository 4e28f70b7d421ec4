//! Socket options by number, what waits in a socket, and files sent through one.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

use super::check;

/// Sets an option whose value is the octets themselves: numbers, not pointers.
pub(crate) fn set_option(
    socket: BorrowedFd<'_>,
    level: libc::c_int,
    option: libc::c_int,
    value: &[u8],
) -> io::Result<()> {
    let length = libc::socklen_t::try_from(value.len()).unwrap_or(libc::socklen_t::MAX);
    // SAFETY: the value pointer is valid for `length` octets, and the kernel only reads them.
    check(unsafe { libc::setsockopt(socket.as_raw_fd(), level, option, value.as_ptr().cast(), length) }).map(drop)
}

/// Reads an option into `value` and returns how many octets the kernel wrote.
pub(crate) fn option(
    socket: BorrowedFd<'_>,
    level: libc::c_int,
    option: libc::c_int,
    value: &mut [u8],
) -> io::Result<usize> {
    let mut length = libc::socklen_t::try_from(value.len()).unwrap_or(libc::socklen_t::MAX);
    // SAFETY: the kernel writes at most `length` octets, the size of `value`.
    check(unsafe { libc::getsockopt(socket.as_raw_fd(), level, option, value.as_mut_ptr().cast(), &raw mut length) })?;
    Ok(value.len().min(length as usize))
}

/// Gives the receive buffer room for `octets` or as many as are allowed, and returns what it has now: twice of that, as
/// the kernel counts what it takes to keep a message, too.
pub(crate) fn set_receive_buffer(socket: BorrowedFd<'_>, octets: usize) -> io::Result<usize> {
    let octets = libc::c_int::try_from(octets).unwrap_or(libc::c_int::MAX / 2).to_ne_bytes();
    set_option(socket, libc::SOL_SOCKET, libc::SO_RCVBUFFORCE, &octets)
        .or_else(|_| set_option(socket, libc::SOL_SOCKET, libc::SO_RCVBUF, &octets))?;
    receive_buffer(socket)
}

/// What the receive buffer has room for, counted as the kernel does.
pub(crate) fn receive_buffer(socket: BorrowedFd<'_>) -> io::Result<usize> {
    let mut value = [0; size_of::<libc::c_int>()];
    option(socket, libc::SOL_SOCKET, libc::SO_RCVBUF, &mut value)?;
    Ok(usize::try_from(libc::c_int::from_ne_bytes(value)).unwrap_or_default())
}

/// Octets that wait to be read: all of a stream, of datagrams those of the first.
#[cfg(feature = "throughput")]
pub(crate) fn queued(socket: BorrowedFd<'_>) -> io::Result<usize> {
    let mut octets: libc::c_int = 0;
    // SAFETY: FIONREAD writes one int, which `octets` is.
    check(unsafe { libc::ioctl(socket.as_raw_fd(), libc::FIONREAD, &raw mut octets) })?;
    Ok(usize::try_from(octets).unwrap_or_default())
}

/// Sends up to `length` octets of `file`, from `offset` on, without a copy through user space.
#[cfg(feature = "throughput")]
pub(crate) fn send_file(socket: BorrowedFd<'_>, file: BorrowedFd<'_>, offset: u64, length: usize) -> io::Result<usize> {
    let mut offset = libc::off64_t::try_from(offset).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
    // SAFETY: the kernel reads and writes one offset, which `offset` is.
    let sent = unsafe { libc::sendfile64(socket.as_raw_fd(), file.as_raw_fd(), &raw mut offset, length) };
    usize::try_from(sent).map_err(|_| io::Error::last_os_error())
}

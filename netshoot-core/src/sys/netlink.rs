//! Netlink's socket address, socket options, and a receive call that tells the sender and the full length.

use std::io;
use std::mem::size_of;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr;

use super::check;
use super::socket::set_option;

/// A received datagram: as many octets as fitted are in the caller's buffer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Received {
    /// Octets of the whole datagram; more than the buffer's when it was cut.
    pub(crate) length: usize,
    /// Port of the sender: 0 is the kernel, anything else a process.
    pub(crate) sender: u32,
}

/// Binds to a port of the kernel's choice and returns it.
pub(crate) fn bind(socket: BorrowedFd<'_>) -> io::Result<u32> {
    let mut address = kernel_address();
    let mut length = ADDRESS_LENGTH;
    let descriptor = socket.as_raw_fd();
    // SAFETY: `address` is a whole sockaddr_nl, and `length` is its size.
    check(unsafe { libc::bind(descriptor, ptr::from_ref(&address).cast(), length) })?;
    // SAFETY: the kernel writes at most `length` octets, the size of `address`.
    check(unsafe { libc::getsockname(descriptor, ptr::from_mut(&mut address).cast(), &mut length) })?;
    Ok(address.nl_pid)
}

/// Sets a `NETLINK_*` option of level `SOL_NETLINK` that is a flag.
pub(crate) fn enable(socket: BorrowedFd<'_>, option: libc::c_int) -> io::Result<()> {
    set_option(socket, libc::SOL_NETLINK, option, &1_i32.to_ne_bytes())
}

/// Joins a multicast group.
pub(crate) fn join(socket: BorrowedFd<'_>, group: u32) -> io::Result<()> {
    set_option(socket, libc::SOL_NETLINK, libc::NETLINK_ADD_MEMBERSHIP, &group.to_ne_bytes())
}

/// The name of the link with index `ifindex` in the socket's namespace, filled up with NULs.
pub(crate) fn link_name(socket: BorrowedFd<'_>, ifindex: u32) -> io::Result<[u8; libc::IFNAMSIZ]> {
    // SAFETY: ifreq consists of integers and a pointer, for which all zeros is a valid value.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    request.ifr_ifru.ifru_ifindex = ifindex.cast_signed();
    // SAFETY: the kernel reads and writes an ifreq, which `request` is.
    check(unsafe { libc::ioctl(socket.as_raw_fd(), libc::SIOCGIFNAME, ptr::from_mut(&mut request)) })?;
    Ok(request.ifr_name.map(|octet| octet as u8))
}

/// Receives one datagram into `buffer`; blocks until the socket's read time-out.
pub(crate) fn receive(socket: BorrowedFd<'_>, buffer: &mut [u8]) -> io::Result<Received> {
    let mut address = kernel_address();
    let mut length = ADDRESS_LENGTH;
    // SAFETY: the kernel writes at most `buffer.len()` octets to the buffer and `length` to the address; MSG_TRUNC
    // only makes it answer the length that the datagram had.
    let received = unsafe {
        libc::recvfrom(
            socket.as_raw_fd(),
            buffer.as_mut_ptr().cast(),
            buffer.len(),
            libc::MSG_TRUNC,
            ptr::from_mut(&mut address).cast(),
            &mut length,
        )
    };
    let received = usize::try_from(received).map_err(|_| io::Error::last_os_error())?;
    Ok(Received { length: received, sender: address.nl_pid })
}

/// The address of the kernel, or of a port still to be chosen.
fn kernel_address() -> libc::sockaddr_nl {
    // SAFETY: sockaddr_nl consists of integers, for which all zeros is a valid value.
    let mut address: libc::sockaddr_nl = unsafe { std::mem::zeroed() };
    address.nl_family = libc::AF_NETLINK as libc::sa_family_t;
    address
}

const ADDRESS_LENGTH: libc::socklen_t = size_of::<libc::sockaddr_nl>() as libc::socklen_t;

/// Sends `bytes` to the socket with `port`, as a process that forges the kernel's answers would.
#[cfg(test)]
pub(crate) fn send_to_port(socket: BorrowedFd<'_>, bytes: &[u8], port: u32) -> io::Result<()> {
    let mut address = kernel_address();
    address.nl_pid = port;
    // SAFETY: both pointers are valid for the lengths given with them, and the kernel only reads.
    let sent = unsafe {
        libc::sendto(
            socket.as_raw_fd(),
            bytes.as_ptr().cast(),
            bytes.len(),
            0,
            ptr::from_ref(&address).cast(),
            ADDRESS_LENGTH,
        )
    };
    if sent < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

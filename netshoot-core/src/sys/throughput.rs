//! Socket options and clocks of the throughput tests.

use std::io;
use std::mem::size_of;
use std::net::Ipv6Addr;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::time::Duration;

use super::check;

/// `TCP_INFO`: as many octets as the kernel has, at most those of `room`.
pub(crate) fn tcp_info<'a>(socket: BorrowedFd<'_>, room: &'a mut [u8]) -> io::Result<&'a [u8]> {
    let mut length = libc::socklen_t::try_from(room.len()).unwrap_or(libc::socklen_t::MAX);
    // SAFETY: the kernel writes at most `length` octets to `room`, which has them, and their number to `length`.
    check(unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            libc::IPPROTO_TCP,
            libc::TCP_INFO,
            room.as_mut_ptr().cast(),
            &raw mut length,
        )
    })?;
    Ok(room.get(..length as usize).unwrap_or_default())
}

/// Processor time of the calling thread: in user space, in the kernel.
pub(crate) fn thread_times() -> (Duration, Duration) {
    // SAFETY: all of a rusage may be zero.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: the kernel writes a rusage, which `usage` is. It cannot fail for this thread.
    unsafe { libc::getrusage(libc::RUSAGE_THREAD, &raw mut usage) };
    let duration = |time: libc::timeval| Duration::new(time.tv_sec as u64, time.tv_usec as u32 * 1000);
    (duration(usage.ru_utime), duration(usage.ru_stime))
}

/// Sets Don't Fragment on what an IPv4 socket sends.
pub(crate) fn set_dont_fragment(socket: BorrowedFd<'_>) -> io::Result<()> {
    set(socket, libc::IPPROTO_IP, libc::IP_MTU_DISCOVER, &libc::IP_PMTUDISC_DO)
}

/// Leases the flow label for what an IPv6 socket sends to `destination`, and lets the socket send it.
pub(crate) fn set_flow_label(socket: BorrowedFd<'_>, destination: Ipv6Addr, label: u32) -> io::Result<()> {
    let request = FlowLabelRequest {
        destination: destination.octets(),
        label: label.to_be(),
        action: 0,
        share: ANY,
        flags: CREATE,
        ..FlowLabelRequest::default()
    };
    set(socket, libc::IPPROTO_IPV6, IPV6_FLOWLABEL_MGR, &request)?;
    set(socket, libc::IPPROTO_IPV6, IPV6_FLOWINFO_SEND, &1_i32)
}

fn set<T>(socket: BorrowedFd<'_>, level: libc::c_int, name: libc::c_int, value: &T) -> io::Result<()> {
    // SAFETY: the kernel reads as many octets as `value` has.
    check(unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            level,
            name,
            std::ptr::from_ref(value).cast(),
            size_of::<T>() as libc::socklen_t,
        )
    })
    .map(drop)
}

/// `struct in6_flowlabel_req` of `linux/in6.h`.
#[repr(C)]
#[derive(Default)]
struct FlowLabelRequest {
    destination: [u8; 16],
    label: u32,
    action: u8,
    share: u8,
    flags: u16,
    expires: u16,
    linger: u16,
    padding: u32,
}

const IPV6_FLOWLABEL_MGR: libc::c_int = 32;
const IPV6_FLOWINFO_SEND: libc::c_int = 33;
/// `IPV6_FL_F_CREATE`, `IPV6_FL_S_ANY`.
const CREATE: u16 = 1;
const ANY: u8 = 255;

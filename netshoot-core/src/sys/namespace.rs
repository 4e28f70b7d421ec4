//! Entering a network namespace, telling what kind of namespace a descriptor is, and the namespace's cookie and sysfs.

use std::io;
use std::mem::size_of;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::ptr;

use super::check;

/// Moves the calling thread, and no other, into the network namespace that `descriptor` refers to.
pub(crate) fn enter_network_namespace(descriptor: BorrowedFd<'_>) -> io::Result<()> {
    // SAFETY: setns takes no pointers; `descriptor` is open for as long as the borrow lasts.
    check(unsafe { libc::setns(descriptor.as_raw_fd(), libc::CLONE_NEWNET) }).map(drop)
}

/// Whether `descriptor` refers to a network namespace; `ENOTTY` when it is no namespace at all.
pub(crate) fn is_network_namespace(descriptor: BorrowedFd<'_>) -> io::Result<bool> {
    // SAFETY: NS_GET_NSTYPE takes no argument and answers in its return value; a descriptor of another kind of file
    // may treat the number differently, but no pointer is passed that it could write through.
    let kind = check(unsafe { libc::ioctl(descriptor.as_raw_fd(), NS_GET_NSTYPE) })?;
    Ok(kind == libc::CLONE_NEWNET)
}

/// The network namespace of the process that a pidfd refers to; `ENOTTY` or `EINVAL` before Linux 6.11.
pub(crate) fn network_namespace_of(pidfd: BorrowedFd<'_>) -> io::Result<OwnedFd> {
    // SAFETY: PIDFD_GET_NET_NAMESPACE takes no argument and answers with a descriptor; a descriptor of another kind of
    // file may treat the number differently, but no pointer is passed that it could write through.
    let answer = check(unsafe { libc::ioctl(pidfd.as_raw_fd(), PIDFD_GET_NET_NAMESPACE, 0) })?;
    if answer <= libc::STDERR_FILENO {
        // A device with an ioctl of that number may answer anything; no descriptor of ours has such a number.
        return Err(io::Error::from_raw_os_error(libc::ENOTTY));
    }
    Ok(owned(answer))
}

/// The network namespace of a socket; needs `CAP_NET_ADMIN` in it.
pub(crate) fn network_namespace_of_socket(socket: BorrowedFd<'_>) -> io::Result<OwnedFd> {
    // SAFETY: SIOCGSKNS takes no argument and answers with a descriptor; the callers pass a socket.
    check(unsafe { libc::ioctl(socket.as_raw_fd(), SIOCGSKNS) }).map(owned)
}

/// The number by which the kernel tells the network namespace of `socket` from all others since it started.
pub(crate) fn cookie(socket: BorrowedFd<'_>) -> io::Result<u64> {
    let mut cookie = 0_u64;
    let mut length = size_of::<u64>() as libc::socklen_t;
    let descriptor = socket.as_raw_fd();
    // SAFETY: the kernel writes at most `length` octets, the size of `cookie`.
    check(unsafe {
        libc::getsockopt(descriptor, libc::SOL_SOCKET, SO_NETNS_COOKIE, ptr::from_mut(&mut cookie).cast(), &mut length)
    })?;
    Ok(cookie)
}

/// A sysfs that shows the calling thread's network namespace, mounted nowhere, for reading only.
pub(crate) fn mount_sysfs() -> io::Result<OwnedFd> {
    // SAFETY: the name is a constant that ends in NUL, which the kernel only reads.
    let context = owned(call(unsafe { libc::syscall(libc::SYS_fsopen, c"sysfs".as_ptr(), FSOPEN_CLOEXEC) })?);
    let descriptor = context.as_raw_fd();
    let none = ptr::null::<libc::c_char>();
    // SAFETY: FSCONFIG_CMD_CREATE takes neither key nor value.
    call(unsafe { libc::syscall(libc::SYS_fsconfig, descriptor, FSCONFIG_CMD_CREATE, none, none, 0) })?;
    // SAFETY: fsmount takes no pointers; `context` is open.
    call(unsafe { libc::syscall(libc::SYS_fsmount, descriptor, FSMOUNT_CLOEXEC, MOUNT_ATTRIBUTES) }).map(owned)
}

/// The answer of a raw system call that gives a descriptor or zero.
fn call(answer: libc::c_long) -> io::Result<RawFd> {
    RawFd::try_from(answer).ok().filter(|answer| *answer >= 0).ok_or_else(io::Error::last_os_error)
}

fn owned(descriptor: RawFd) -> OwnedFd {
    // SAFETY: the callers pass a descriptor that the kernel has just opened for them and that nothing else knows of.
    unsafe { OwnedFd::from_raw_fd(descriptor) }
}

/// Blocks every signal in the calling thread, so that the process's handlers run in the threads they were meant for.
pub(crate) fn block_signals() {
    let mut all = std::mem::MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: sigfillset initialises the whole set through a valid pointer to it.
    unsafe { libc::sigfillset(all.as_mut_ptr()) };
    // SAFETY: the set was initialised above, and a null old set is allowed; the call cannot fail with SIG_SETMASK.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), std::ptr::null_mut()) };
}

/// Of linux/sockios.h.
const SIOCGSKNS: libc::Ioctl = 0x894c;
/// `_IO(0xff, 4)` of linux/pidfd.h.
const PIDFD_GET_NET_NAMESPACE: libc::Ioctl = 0xff04;
/// asm-generic/socket.h; the architectures that number differently are those of old workstations.
const SO_NETNS_COOKIE: libc::c_int = 71;
/// linux/mount.h
const FSOPEN_CLOEXEC: libc::c_uint = 1;
/// linux/mount.h
const FSMOUNT_CLOEXEC: libc::c_uint = 1;
/// linux/mount.h
const FSCONFIG_CMD_CREATE: libc::c_uint = 6;
/// `MOUNT_ATTR_RDONLY`, `_NOSUID`, `_NODEV`, `_NOEXEC` of linux/mount.h.
const MOUNT_ATTRIBUTES: libc::c_uint = 1 | 2 | 4 | 8;
/// `_IO(0xb7, 3)` of linux/nsfs.h.
const NS_GET_NSTYPE: libc::Ioctl = 0xb703;

/// A pidfd of a process.
#[cfg(test)]
pub(crate) fn open_pidfd(pid: u32) -> io::Result<OwnedFd> {
    // SAFETY: pidfd_open takes no pointers.
    call(unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) }).map(owned)
}

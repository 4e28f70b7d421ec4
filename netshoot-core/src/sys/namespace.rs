//! Entering a network namespace, and telling what kind of namespace a descriptor is.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

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

/// Blocks every signal in the calling thread, so that the process's handlers run in the threads they were meant for.
pub(crate) fn block_signals() {
    let mut all = std::mem::MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: sigfillset initialises the whole set through a valid pointer to it.
    unsafe { libc::sigfillset(all.as_mut_ptr()) };
    // SAFETY: the set was initialised above, and a null old set is allowed; the call cannot fail with SIG_SETMASK.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), std::ptr::null_mut()) };
}

/// `_IO(0xb7, 3)` of linux/nsfs.h.
const NS_GET_NSTYPE: libc::Ioctl = 0xb703;

//! Files that live in memory.

use std::ffi::CStr;
use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd};
use std::ptr;

use super::check;

/// An empty file without a place in the file system; `name` is what `/proc` calls it.
pub(crate) fn create(name: &CStr) -> io::Result<File> {
    // SAFETY: the name ends in NUL, and the kernel only reads it.
    let descriptor = check(unsafe { libc::memfd_create(name.as_ptr(), libc::MFD_CLOEXEC) })?;
    // SAFETY: the kernel has just opened the descriptor, and nothing else knows of it.
    Ok(unsafe { File::from_raw_fd(descriptor) })
}

/// Has the kernel keep the first `length` octets of `file` in huge pages of `page` octets, since Linux 6.1; `length` is a
/// multiple of `page`.
pub(crate) fn collapse(file: &File, length: usize, page: usize) -> io::Result<()> {
    // A huge page has to be mapped where its address is a multiple of its size: somewhere in this room there is one.
    let room = length.saturating_add(page);
    let (none, own) = (libc::PROT_NONE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
    // SAFETY: without MAP_FIXED the kernel chooses addresses that nobody uses.
    let start = unsafe { libc::mmap(ptr::null_mut(), room, none, own, -1, 0) };
    if start == libc::MAP_FAILED {
        return Err(io::Error::last_os_error());
    }
    let aligned = start.wrapping_byte_add(start.align_offset(page));
    // SAFETY: `aligned` and `length` octets from there lie in the room made above, which only this function knows of; what
    // is mapped there is never read or written here, and the advice does not change what the file holds.
    let done = unsafe {
        let mapped =
            libc::mmap(aligned, length, libc::PROT_READ, libc::MAP_SHARED | libc::MAP_FIXED, file.as_raw_fd(), 0);
        if mapped == libc::MAP_FAILED { Err(io::Error::last_os_error()) } else { advise(mapped, length) }
    };
    // SAFETY: all of the room is this function's own.
    check(unsafe { libc::munmap(start, room) }).and(done)
}

/// SAFETY: the caller has mapped `length` octets at `start`.
unsafe fn advise(start: *mut libc::c_void, length: usize) -> io::Result<()> {
    // SAFETY: see above; the kernel neither changes nor unmaps what is mapped.
    check(unsafe { libc::madvise(start, length, MADV_COLLAPSE) }).map(drop)
}

/// asm-generic/mman-common.h
const MADV_COLLAPSE: libc::c_int = 25;

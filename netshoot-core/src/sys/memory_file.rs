//! Files that live in memory.

use std::ffi::CStr;
use std::fs::File;
use std::io;
use std::os::fd::FromRawFd;

use super::check;

/// An empty file without a place in the file system; `name` is what `/proc` calls it.
pub(crate) fn create(name: &CStr) -> io::Result<File> {
    // SAFETY: the name ends in NUL, and the kernel only reads it.
    let descriptor = check(unsafe { libc::memfd_create(name.as_ptr(), libc::MFD_CLOEXEC) })?;
    // SAFETY: the kernel has just opened the descriptor, and nothing else knows of it.
    Ok(unsafe { File::from_raw_fd(descriptor) })
}

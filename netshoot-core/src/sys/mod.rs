//! The only room with `unsafe`: system calls that neither the standard library nor socket2 offers safely.
//!
//! Each function takes and returns safe types, reports `errno` as [`std::io::Error`], and knows nothing of the rooms
//! that call it.
#![allow(unsafe_code)]

pub(crate) mod descriptors;
pub(crate) mod namespace;
pub(crate) mod netlink;
pub(crate) mod wait;

use std::io;

/// The result of a system call that answers -1 on failure.
fn check(answer: libc::c_int) -> io::Result<libc::c_int> {
    if answer == -1 { Err(io::Error::last_os_error()) } else { Ok(answer) }
}

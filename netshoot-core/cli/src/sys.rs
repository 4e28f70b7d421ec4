//! What only code that runs before the runtime can see, and how a process leaves its terminal.
#![allow(unsafe_code)]

use std::ffi::c_int;
use std::fs::OpenOptions;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether the command was started without a standard output (`>&-`).
///
/// Rust's runtime opens `/dev/null` in its place before `main`, so that every write would succeed.
pub(crate) fn began_without_standard_output() -> bool {
    IS_CLOSED.load(Ordering::Relaxed)
}

/// Makes the process the leader of a session of its own, which no terminal ends.
pub(crate) fn begin_session() -> io::Result<()> {
    if setsid() < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Puts `/dev/null` in the place of the standard input and output and the standard error.
pub(crate) fn leave_standard_streams() -> io::Result<()> {
    let null = OpenOptions::new().read(true).write(true).open("/dev/null")?;
    for standard in 0..=2 {
        // SAFETY: the three belong to the process as a whole, and whoever uses them finds an open descriptor, as before.
        if unsafe { dup2(null.as_raw_fd(), standard) } < 0 {
            return Err(io::Error::last_os_error());
        }
    }
    Ok(())
}

// SAFETY: both are of the C library, with these types (setsid(2), dup2(2)).
unsafe extern "C" {
    safe fn setsid() -> c_int;
    fn dup2(from: c_int, to: c_int) -> c_int;
}

extern "C" fn look() {
    // SAFETY: the descriptor is used for this one call, and whether it is open is what the call tells.
    let output = unsafe { BorrowedFd::borrow_raw(1) };
    IS_CLOSED.store(output.try_clone_to_owned().is_err_and(|error| error.raw_os_error() == Some(9)), Ordering::Relaxed);
}

static IS_CLOSED: AtomicBool = AtomicBool::new(false);

// SAFETY: the loader calls each pointer of this section once, before main; `look` needs nothing that the runtime sets up.
#[used]
#[unsafe(link_section = ".init_array")]
static LOOK: extern "C" fn() = look;

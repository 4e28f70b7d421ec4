//! What only code that runs before the runtime can see.
#![allow(unsafe_code)]

use std::os::fd::BorrowedFd;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether the command was started without a standard output (`>&-`).
///
/// Rust's runtime opens `/dev/null` in its place before `main`, so that every write would succeed.
pub(crate) fn began_without_standard_output() -> bool {
    IS_CLOSED.load(Ordering::Relaxed)
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

//! The caller's error struct, and the one place where errors and panics are turned into it.

use std::any::Any;
use std::ffi::{c_char, c_int};
use std::panic::{AssertUnwindSafe, catch_unwind};

use netshoot_core::{Error, ErrorKind, Result};

use crate::text;

/// What went wrong. The caller owns it, on the stack as a rule: `netshoot_error_t error = NETSHOOT_ERROR_INIT;`
///
/// It is written when a function fails, and left alone when it succeeds. Every function takes NULL for it from a
/// caller who does not want to know more than that it failed.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct netshoot_error_t {
    /// The class of the error, one of NETSHOOT_ERROR_…; others may be added.
    pub kind: i32,
    /// The operating system's error code (errno) if it was the system that refused, else 0.
    pub os_error: i32,
    /// One line of UTF-8 that ends in a NUL: what was being done, on what, what was wrong and, behind "; hint: ", what
    /// to try. Cut at 511 octets.
    pub message: [c_char; 512],
}

/// No error.
pub const NETSHOOT_ERROR_NONE: i32 = 0;
/// The file, interface, namespace or process does not exist.
pub const NETSHOOT_ERROR_NOT_FOUND: i32 = 1;
/// A right or capability is missing; the hint names it.
pub const NETSHOOT_ERROR_PERMISSION_DENIED: i32 = 2;
/// An argument makes no sense, such as NULL; nothing was tried.
pub const NETSHOOT_ERROR_INVALID_INPUT: i32 = 3;
/// What was read is not in the expected format.
pub const NETSHOOT_ERROR_MALFORMED: i32 = 4;
/// What was read ends before it is complete.
pub const NETSHOOT_ERROR_TRUNCATED: i32 = 5;
/// The kernel, the file or this build lacks the feature.
pub const NETSHOOT_ERROR_UNSUPPORTED: i32 = 6;
/// The deadline passed.
pub const NETSHOOT_ERROR_TIMED_OUT: i32 = 7;
/// The operation was interrupted.
pub const NETSHOOT_ERROR_CANCELLED: i32 = 8;
/// A limit on memory, size or count was reached.
pub const NETSHOOT_ERROR_LIMIT_REACHED: i32 = 9;
/// The operating system failed in another way; see os_error.
pub const NETSHOOT_ERROR_IO: i32 = 10;
/// A fault in this library. The handle that was used should only be freed.
pub const NETSHOOT_ERROR_INTERNAL: i32 = 11;

/// Runs the body of a function that C calls; an error or a panic is written to `err` and becomes `failure`.
///
/// # Safety
/// `err` is null or points to memory that may be written.
pub(crate) unsafe fn guard<T>(err: *mut netshoot_error_t, failure: T, body: impl FnOnce() -> Result<T>) -> T {
    // Handles that a panic left half changed are still memory-safe; the documentation of the error kind says what to do.
    let answer = match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(value)) => return value,
        Ok(Err(error)) => from_error(&error),
        Err(panic) => from_panic(panic.as_ref()),
    };
    // SAFETY: the caller promises that `err` is null or may be written.
    if let Some(err) = unsafe { err.as_mut() } {
        *err = answer;
    }
    failure
}

/// As [`guard`], for functions that return 0 or -1.
///
/// # Safety
/// As [`guard`].
pub(crate) unsafe fn guard_status(err: *mut netshoot_error_t, body: impl FnOnce() -> Result<()>) -> c_int {
    // SAFETY: the caller promises the same of `err`.
    unsafe { guard(err, -1, || body().map(|()| 0)) }
}

pub(crate) fn from_error(error: &Error) -> netshoot_error_t {
    netshoot_error_t {
        kind: kind_number(error.kind()),
        os_error: error.raw_os_error().unwrap_or(0),
        message: text::inline(&error.to_string()),
    }
}

fn from_panic(panic: &(dyn Any + Send)) -> netshoot_error_t {
    let cause = match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
        (Some(cause), _) => cause,
        (_, Some(cause)) => cause.as_str(),
        _ => "unknown cause",
    };
    let message = text::inline(&format!("fault in netshoot: {cause}; hint: please report it"));
    netshoot_error_t { kind: NETSHOOT_ERROR_INTERNAL, os_error: 0, message }
}

fn kind_number(kind: ErrorKind) -> i32 {
    match kind {
        ErrorKind::NotFound => NETSHOOT_ERROR_NOT_FOUND,
        ErrorKind::PermissionDenied => NETSHOOT_ERROR_PERMISSION_DENIED,
        ErrorKind::InvalidInput => NETSHOOT_ERROR_INVALID_INPUT,
        ErrorKind::Malformed => NETSHOOT_ERROR_MALFORMED,
        ErrorKind::Truncated => NETSHOOT_ERROR_TRUNCATED,
        ErrorKind::Unsupported => NETSHOOT_ERROR_UNSUPPORTED,
        ErrorKind::TimedOut => NETSHOOT_ERROR_TIMED_OUT,
        ErrorKind::Cancelled => NETSHOOT_ERROR_CANCELLED,
        ErrorKind::LimitReached => NETSHOOT_ERROR_LIMIT_REACHED,
        _ => NETSHOOT_ERROR_IO,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::CStr;

    fn blank() -> netshoot_error_t {
        netshoot_error_t { kind: 0, os_error: 0, message: [0; 512] }
    }

    fn message(error: &netshoot_error_t) -> &str {
        // SAFETY: `text::inline` ends every message in a NUL.
        unsafe { CStr::from_ptr(error.message.as_ptr()) }.to_str().unwrap()
    }

    #[test]
    fn panics_become_errors() {
        let mut error = blank();
        // SAFETY: `error` may be written.
        let status = unsafe { guard_status(&raw mut error, || panic!("lost {}", "count")) };
        assert_eq!((status, error.kind), (-1, NETSHOOT_ERROR_INTERNAL));
        assert_eq!(message(&error), "fault in netshoot: lost count; hint: please report it");
        // SAFETY: null is allowed.
        assert_eq!(unsafe { guard(std::ptr::null_mut(), 7, || std::panic::panic_any(5)) }, 7);
    }

    #[test]
    fn errors_keep_kind_code_and_text() {
        let mut error = blank();
        let refused = || Err(Error::io("open x", std::io::Error::from_raw_os_error(13)).with_hint("be root"));
        // SAFETY: `error` may be written.
        assert_eq!(unsafe { guard_status(&raw mut error, refused) }, -1);
        assert_eq!((error.kind, error.os_error), (NETSHOOT_ERROR_PERMISSION_DENIED, 13));
        assert_eq!(message(&error), "open x: permission denied; hint: be root");
        // SAFETY: as above.
        assert_eq!(unsafe { guard_status(&raw mut error, || Ok(())) }, 0);
        assert_eq!(error.os_error, 13, "success leaves the error alone");
    }
}

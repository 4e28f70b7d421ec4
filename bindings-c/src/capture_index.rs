//! Going to a frame of a capture by its number or time.

use std::ffi::c_int;
use std::ptr;

use netshoot_core::capture::{Index, Timestamp};

use crate::capture::netshoot_capture_t;
use crate::error::{guard, netshoot_error_t};
use crate::pointer;

/// Where the frames of a capture are. It holds a place for each 1,024 frames, or for each 2,048, 4,096 … of a long capture.
#[derive(Debug)]
pub struct netshoot_capture_index_t(Index);

/// Reads a capture, of which nothing was read yet, to its end to make an index of it; damage ends the index in front of
/// it. Then netshoot_capture_seek_frame and netshoot_capture_seek_time go to a frame, of this capture or of the same file
/// opened again.
///
/// Returns NULL if frames were read already, and if the capture is compressed, followed, or a pipe's: nothing can be
/// sought there, of which a pipe tells first when that is tried.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_capture_index_new(
    capture: *mut netshoot_capture_t,
    err: *mut netshoot_error_t,
) -> *mut netshoot_capture_index_t {
    let body = || {
        // SAFETY: the caller lends an open capture or null.
        let capture = unsafe { pointer::lent_mut(capture, "capture") }?;
        Ok(pointer::give(netshoot_capture_index_t(capture.index()?)))
    };
    // SAFETY: the caller lends an error struct or null.
    unsafe { guard(err, ptr::null_mut(), body) }
}

/// How many frames there are. 0 if index is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_capture_index_frames(index: *const netshoot_capture_index_t) -> u64 {
    // SAFETY: the caller lends an index or null.
    let body = || Ok(unsafe { pointer::lent(index, "index") }?.0.frames());
    // SAFETY: null is allowed.
    unsafe { guard(ptr::null_mut(), 0, body) }
}

/// Goes in front of a frame, counted from 1, so that netshoot_capture_next gives that.
///
/// Returns 1, 0 if there is no such frame, or -1 on error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_capture_seek_frame(
    capture: *mut netshoot_capture_t,
    index: *const netshoot_capture_index_t,
    number: u64,
    err: *mut netshoot_error_t,
) -> c_int {
    let body = || {
        // SAFETY: the caller lends an open capture or null.
        let capture = unsafe { pointer::lent_mut(capture, "capture") }?;
        // SAFETY: the caller lends an index or null.
        let index = unsafe { pointer::lent(index, "index") }?;
        capture.seek_frame(&index.0, number).map(c_int::from)
    };
    // SAFETY: the caller lends an error struct or null.
    unsafe { guard(err, -1, body) }
}

/// Goes in front of the first frame of the file that is not before a time, in nanoseconds since 1970-01-01T00:00:00Z.
/// Frames need not be in the order of time.
///
/// Returns 1, 0 if there is no such frame, or -1 on error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_capture_seek_time(
    capture: *mut netshoot_capture_t,
    index: *const netshoot_capture_index_t,
    time_ns: i64,
    err: *mut netshoot_error_t,
) -> c_int {
    let body = || {
        // SAFETY: the caller lends an open capture or null.
        let capture = unsafe { pointer::lent_mut(capture, "capture") }?;
        // SAFETY: the caller lends an index or null.
        let index = unsafe { pointer::lent(index, "index") }?;
        capture.seek_time(&index.0, Timestamp::from_nanos(time_ns)).map(c_int::from)
    };
    // SAFETY: the caller lends an error struct or null.
    unsafe { guard(err, -1, body) }
}

/// Frees an index. Accepts NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_capture_index_free(index: *mut netshoot_capture_index_t) {
    // SAFETY: the caller gives back an index or null.
    unsafe { pointer::free(index) }
}

//! What ends waiting calls from another thread.

use std::ffi::c_int;
use std::ptr;

use netshoot_core::netlink::Canceller;

use crate::error::guard_status;
use crate::pointer;

/// What ends a watch, the waiting for frames, a test of throughput or a server from another thread. It may outlive what it was made of.
#[derive(Debug)]
pub struct netshoot_canceller_t {
    pub(crate) canceller: Canceller,
}

/// Ends it, now and ever after: netshoot_watch_run, netshoot_capture_next and netshoot_throughput_client_run fail with
/// NETSHOOT_ERROR_CANCELLED, netshoot_throughput_server_run returns 0. The peers of a test are told. Returns 0, or -1 if canceller is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_canceller_cancel(canceller: *const netshoot_canceller_t) -> c_int {
    let body = || {
        // SAFETY: the caller lends a canceller or null.
        unsafe { pointer::lent(canceller, "canceller") }?.canceller.cancel();
        Ok(())
    };
    // SAFETY: null is allowed.
    unsafe { guard_status(ptr::null_mut(), body) }
}

/// Frees a canceller. Accepts NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_canceller_free(canceller: *mut netshoot_canceller_t) {
    // SAFETY: the caller gives back a canceller or null.
    unsafe { pointer::free(canceller) }
}

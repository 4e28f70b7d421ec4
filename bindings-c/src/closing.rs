//! Sockets as they are closed.

use std::ffi::{CString, c_int, c_void};
use std::ptr;
use std::time::{Duration, Instant};

use netshoot_core::netlink::{Closing, ClosingSockets, InetSocket, SocketProtocol};

use crate::error::{guard, netshoot_error_t};
use crate::kernel_sockets::{netshoot_inet_socket_t, plain_inet};
use crate::netlink::netshoot_netlink_t;
use crate::pointer;

/// Sockets of one namespace in the order in which they are closed, from when it is opened. Used by one thread at a time.
#[derive(Debug)]
pub struct netshoot_closing_sockets_t {
    sockets: ClosingSockets,
}

/// What is called with each socket that was closed, with its last tcp_info, and the caller's own pointer; the socket is
/// valid meanwhile. NULL in its place says that sockets were closed faster than they were read, and some are not told.
/// Another value than 0 ends the call that made it.
pub type netshoot_closing_callback_t =
    Option<unsafe extern "C" fn(*const netshoot_inet_socket_t, *mut c_void) -> c_int>;

/// Begins to tell the sockets of one protocol (IPPROTO_TCP, IPPROTO_UDP) that are closed from now on, of both if it is 0.
/// Needs no right. Returns NULL if the kernel refuses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_closing_sockets_open(
    netlink: *const netshoot_netlink_t,
    protocol: u16,
    err: *mut netshoot_error_t,
) -> *mut netshoot_closing_sockets_t {
    let body = || {
        // SAFETY: the caller lends a handle or null.
        let netlink = &unsafe { pointer::lent(netlink, "netlink") }?.netlink;
        let all = [SocketProtocol::TCP, SocketProtocol::UDP];
        let one = [SocketProtocol(protocol)];
        let sockets = netlink.closing_sockets(if protocol == 0 { &all } else { &one }, None)?;
        Ok(pointer::give(netshoot_closing_sockets_t { sockets }))
    };
    // SAFETY: the caller lends an error struct or null.
    unsafe { guard(err, ptr::null_mut(), body) }
}

/// Calls callback with each socket that is closed within timeout_ms milliseconds; 0 for those that were already. Returns
/// the number of calls, or -1 if an argument is NULL, timeout_ms is negative or the system fails.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_closing_sockets_run(
    closing: *mut netshoot_closing_sockets_t,
    timeout_ms: c_int,
    callback: netshoot_closing_callback_t,
    context: *mut c_void,
    err: *mut netshoot_error_t,
) -> c_int {
    let body = || {
        // SAFETY: the caller lends a handle or null, and uses it nowhere else meanwhile.
        let sockets = &mut unsafe { pointer::lent_mut(closing, "closing") }?.sockets;
        let callback = callback.ok_or_else(|| pointer::null("callback"))?;
        let timeout = u64::try_from(timeout_ms).map_err(|_| pointer::out_of_range("timeout_ms"))?;
        let deadline = Instant::now() + Duration::from_millis(timeout);
        let mut count = 0;
        while let Some(closing) = sockets.next(deadline.saturating_duration_since(Instant::now()))? {
            count += 1;
            // SAFETY: the caller gave the function and its context.
            if unsafe { told(&closing, callback, context) } || count == c_int::MAX {
                break;
            }
        }
        Ok(count)
    };
    // SAFETY: the caller lends an error struct or null.
    unsafe { guard(err, -1, body) }
}

/// Frees it. Accepts NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_closing_sockets_free(closing: *mut netshoot_closing_sockets_t) {
    // SAFETY: the caller gives back a handle or null.
    unsafe { pointer::free(closing) }
}

/// Whether the callback wants no more.
///
/// # Safety
/// `callback` takes `context`.
unsafe fn told(
    closing: &Closing,
    callback: unsafe extern "C" fn(*const netshoot_inet_socket_t, *mut c_void) -> c_int,
    context: *mut c_void,
) -> bool {
    let socket: Option<&InetSocket> = match closing {
        Closing::Socket(socket) => Some(socket),
        _ => None,
    };
    let name = socket.and_then(|socket| socket.congestion.as_ref());
    let name = name.and_then(|name| CString::new(name.as_bytes()).ok());
    let name = name.as_ref().map_or(ptr::null(), |name| name.as_ptr());
    let plain = socket.map(|socket| plain_inet(socket, [name, ptr::null(), ptr::null(), ptr::null()]));
    let plain = plain.as_ref().map_or(ptr::null(), ptr::from_ref);
    // SAFETY: the caller of this function promises that the two fit; the struct and its name live until it returns.
    unsafe { callback(plain, context) != 0 }
}

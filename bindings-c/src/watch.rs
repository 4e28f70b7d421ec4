//! Changes of a namespace as they happen.

use std::ffi::{CString, c_char, c_int, c_void};
use std::os::fd::{AsFd, AsRawFd};
use std::ptr;
use std::time::Duration;

use netshoot_core::Result;
use netshoot_core::netlink::{ChangeOp, Event, EventKind, Kind, Watch, WatchOptions, json};

use crate::canceller::netshoot_canceller_t;
use crate::error::{guard, netshoot_error_t};
use crate::netlink::netshoot_netlink_t;
use crate::pointer;

/// A watch on one namespace, which begins when it is opened. Used by one thread at a time.
#[derive(Debug)]
pub struct netshoot_watch_t {
    watch: Watch,
}

/// How to watch. Begin with NETSHOOT_OPTIONS_INIT, which leaves every choice to the library, as NULL does.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct netshoot_watch_options_t {
    /// The kinds, joined by commas, such as "link,address"; NULL for all that can be watched: links, addresses, routes,
    /// next hops, rules, neighbours, forwarding entries and queueing disciplines.
    pub kinds: *const c_char,
    /// Octets that the kernel may queue; 0 for 16 MiB. Without CAP_NET_ADMIN it may allow less.
    pub buffer_bytes: usize,
    /// Whether what is there at first is told as added.
    pub initial: bool,
}

/// One thing that a watch tells. Its texts are valid while the callback runs.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct netshoot_event_t {
    /// Its number, from 1 without gaps.
    pub number: u64,
    /// The whole event as JSON, with the object as it was and as it is.
    pub json: *const c_char,
    /// What it says, one of NETSHOOT_EVENT_…; others may be added.
    pub event: i32,
    /// Of a change, the kind of the object, such as "link"; else NULL.
    pub kind: *const c_char,
}

/// Something else than this version knows.
pub const NETSHOOT_EVENT_OTHER: i32 = 0;
/// An object came.
pub const NETSHOOT_EVENT_ADDED: i32 = 1;
/// An object changed.
pub const NETSHOOT_EVENT_CHANGED: i32 = 2;
/// An object went.
pub const NETSHOOT_EVENT_REMOVED: i32 = 3;
/// Changes were lost; what follows is told by comparison.
pub const NETSHOOT_EVENT_RESYNC_BEGIN: i32 = 4;
/// The state is true again.
pub const NETSHOOT_EVENT_RESYNC_END: i32 = 5;
/// Something could not be listed, and the state may not be true until it can be.
pub const NETSHOOT_EVENT_LISTING_FAILED: i32 = 6;

/// What is called with each event and the caller's own pointer. Another value than 0 ends the call that made it.
pub type netshoot_event_callback_t = Option<unsafe extern "C" fn(*const netshoot_event_t, *mut c_void) -> c_int>;

/// Begins to watch. options may be NULL. Returns NULL if a kind cannot be watched, the system has no more sockets or the
/// first listing fails.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_watch_open(
    netlink: *const netshoot_netlink_t,
    options: *const netshoot_watch_options_t,
    err: *mut netshoot_error_t,
) -> *mut netshoot_watch_t {
    let body = || {
        // SAFETY: the caller lends a handle or null.
        let netlink = &unsafe { pointer::lent(netlink, "netlink") }?.netlink;
        // SAFETY: the caller lends options or null, and their texts.
        let options = unsafe { chosen(options) }?;
        Ok(pointer::give(netshoot_watch_t { watch: netlink.watch(&options)? }))
    };
    // SAFETY: the caller lends an error struct or null.
    unsafe { guard(err, ptr::null_mut(), body) }
}

/// Calls callback with each event that is there, after waiting timeout_ms milliseconds for the first, for ever if that is
/// negative. Returns the number of events, or -1 if an argument is NULL, the watch was cancelled or the system fails. The
/// callback must not use the watch.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_watch_run(
    watch: *mut netshoot_watch_t,
    timeout_ms: c_int,
    callback: netshoot_event_callback_t,
    context: *mut c_void,
    err: *mut netshoot_error_t,
) -> c_int {
    let body = || {
        // SAFETY: the caller lends a watch or null, and uses it nowhere else meanwhile.
        let watch = &mut unsafe { pointer::lent_mut(watch, "watch") }?.watch;
        let callback = callback.ok_or_else(|| pointer::null("callback"))?;
        let mut timeout = u64::try_from(timeout_ms).ok().map(Duration::from_millis);
        let mut count = 0;
        while let Some(event) = watch.next(timeout)? {
            timeout = Some(Duration::ZERO);
            count += 1;
            // SAFETY: the caller gave the function and its context; the event lives while it runs.
            if unsafe { told(&event, callback, context) } || count == c_int::MAX {
                break;
            }
        }
        Ok(count)
    };
    // SAFETY: the caller lends an error struct or null.
    unsafe { guard(err, -1, body) }
}

/// The descriptor to wait for in a loop of the caller's own: call netshoot_watch_run with a time-out of 0 when it can be
/// read, or netshoot_watch_deadline_ms is over. It stays the watch's. -1 if watch is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_watch_fd(watch: *const netshoot_watch_t) -> c_int {
    // SAFETY: the caller lends a watch or null.
    let body = || Ok(unsafe { pointer::lent(watch, "watch") }?.watch.as_fd().as_raw_fd());
    // SAFETY: null is allowed.
    unsafe { guard(ptr::null_mut(), -1, body) }
}

/// Milliseconds after which netshoot_watch_run must be called whatever the descriptor says; -1 for never, or if watch is
/// NULL. What poll takes as its time-out.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_watch_deadline_ms(watch: *const netshoot_watch_t) -> c_int {
    let body = || {
        // SAFETY: the caller lends a watch or null.
        let deadline = unsafe { pointer::lent(watch, "watch") }?.watch.deadline();
        // Rounded up, so that it is over then.
        Ok(deadline.map_or(-1, |left| c_int::try_from(left.as_millis() + 1).unwrap_or(c_int::MAX)))
    };
    // SAFETY: null is allowed.
    unsafe { guard(ptr::null_mut(), -1, body) }
}

/// What ends the watch from another thread; it may outlive the watch. NULL if watch is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_canceller_new(watch: *const netshoot_watch_t) -> *mut netshoot_canceller_t {
    let body = || {
        // SAFETY: the caller lends a watch or null.
        let canceller = unsafe { pointer::lent(watch, "watch") }?.watch.canceller();
        Ok(pointer::give(netshoot_canceller_t { canceller }))
    };
    // SAFETY: null is allowed.
    unsafe { guard(ptr::null_mut(), ptr::null_mut(), body) }
}

/// Frees a watch. Accepts NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_watch_free(watch: *mut netshoot_watch_t) {
    // SAFETY: the caller gives back a watch or null.
    unsafe { pointer::free(watch) }
}

/// # Safety
/// `options` is null or points to options, whose `kinds` are null or a string.
unsafe fn chosen(options: *const netshoot_watch_options_t) -> Result<WatchOptions> {
    let mut chosen = WatchOptions::default();
    // SAFETY: the caller promises it.
    let Some(options) = (unsafe { options.as_ref() }) else { return Ok(chosen) };
    // SAFETY: the caller promises it.
    if let Some(kinds) = unsafe { kinds_named(options.kinds) }? {
        chosen.kinds = kinds;
    }
    if options.buffer_bytes != 0 {
        chosen.buffer = options.buffer_bytes;
    }
    chosen.initial = options.initial;
    Ok(chosen)
}

/// The kinds that a text names, joined by commas; `None` for null.
///
/// # Safety
/// `kinds` is null or points to a string.
pub(crate) unsafe fn kinds_named(kinds: *const c_char) -> Result<Option<Vec<Kind>>> {
    if kinds.is_null() {
        return Ok(None);
    }
    // SAFETY: not null, and the caller promises that it is a string.
    let words = unsafe { pointer::path(kinds) }?.to_string_lossy();
    words.split(',').map(str::parse).collect::<Result<_>>().map(Some)
}

/// Whether the callback wants no more.
///
/// # Safety
/// `callback` takes `context`.
unsafe fn told(
    event: &Event,
    callback: unsafe extern "C" fn(*const netshoot_event_t, *mut c_void) -> c_int,
    context: *mut c_void,
) -> bool {
    let json = CString::new(json::value(event)).unwrap_or_default();
    let (what, kind) = match &event.what {
        EventKind::Change(change) => (operation(change.op()), name(change.kind())),
        EventKind::ResyncBegin { .. } => (NETSHOOT_EVENT_RESYNC_BEGIN, ptr::null()),
        EventKind::ResyncEnd { .. } => (NETSHOOT_EVENT_RESYNC_END, ptr::null()),
        EventKind::ListingFailed { .. } => (NETSHOOT_EVENT_LISTING_FAILED, ptr::null()),
        _ => (NETSHOOT_EVENT_OTHER, ptr::null()),
    };
    let plain = netshoot_event_t { number: event.seq, json: json.as_ptr(), event: what, kind };
    // SAFETY: the caller of this function promises that the two fit; `plain` and `json` live until it returns.
    unsafe { callback(&raw const plain, context) != 0 }
}

pub(crate) fn operation(op: ChangeOp) -> i32 {
    match op {
        ChangeOp::Added => NETSHOOT_EVENT_ADDED,
        ChangeOp::Changed => NETSHOOT_EVENT_CHANGED,
        ChangeOp::Removed => NETSHOOT_EVENT_REMOVED,
        _ => NETSHOOT_EVENT_OTHER,
    }
}

pub(crate) fn name(kind: Kind) -> *const c_char {
    match kind {
        Kind::Link => c"link",
        Kind::Address => c"address",
        Kind::Route => c"route",
        Kind::NextHop => c"next_hop",
        Kind::NextHopBucket => c"next_hop_bucket",
        Kind::Rule => c"rule",
        Kind::Neighbor => c"neighbor",
        Kind::FdbEntry => c"fdb_entry",
        Kind::Qdisc => c"qdisc",
        Kind::InetSocket => c"inet_socket",
        Kind::UnixSocket => c"unix_socket",
        Kind::PacketSocket => c"packet_socket",
        Kind::NetlinkSocket => c"netlink_socket",
        _ => c"other",
    }
    .as_ptr()
}

//! The server of tests of throughput.

use std::collections::HashMap;
use std::ffi::{c_int, c_void};
use std::net::SocketAddr;
use std::ptr;

use netshoot_core::namespace::Namespace;
use netshoot_core::throughput::{Event, Record, Server, ServerEvent, ServerOptions};

use crate::canceller::netshoot_canceller_t;
use crate::error::{from_error, guard, guard_status, netshoot_error_t};
use crate::flow::netshoot_endpoint_t;
use crate::netlink::netshoot_netlink_t;
use crate::pointer;
use crate::throughput_interval::{netshoot_throughput_interval_t, with_plain};
use crate::throughput_options::netshoot_throughput_server_options_t;
use crate::throughput_report::netshoot_throughput_report_t;

/// A listening server, for iperf3 and the clients of this library. It works while netshoot_throughput_server_run does.
#[derive(Debug)]
pub struct netshoot_throughput_server_t {
    server: Server,
    records: HashMap<u64, Record>,
}

/// One thing that happens at a server. What it points to is valid while the callback runs.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct netshoot_throughput_event_t {
    /// The number of the test, counted from 1; 0 if it is of none.
    pub test: u64,
    /// Of NETSHOOT_THROUGHPUT_EVENT_INTERVAL, the interval; else NULL.
    pub interval: *const netshoot_throughput_interval_t,
    /// Of a test that is over, its report, which of a failed one has no more than the JSON and what was before; else NULL.
    /// It keeps the last 4096 rows of intervals, a row for each stream.
    pub report: *const netshoot_throughput_report_t,
    /// Of NETSHOOT_THROUGHPUT_EVENT_FAILED, why; else NULL.
    pub error: *const netshoot_error_t,
    /// Of NETSHOOT_THROUGHPUT_EVENT_ACCEPTED and NETSHOOT_THROUGHPUT_EVENT_REFUSED, the client.
    pub peer: netshoot_endpoint_t,
    /// What happens, one of NETSHOOT_THROUGHPUT_EVENT_…; others may be added.
    pub event: i32,
}

/// Something else than this version knows.
pub const NETSHOOT_THROUGHPUT_EVENT_OTHER: i32 = 0;
/// A client was admitted.
pub const NETSHOOT_THROUGHPUT_EVENT_ACCEPTED: i32 = 1;
/// All streams are there, and data begin to flow.
pub const NETSHOOT_THROUGHPUT_EVENT_STARTED: i32 = 2;
/// A part of a test is over.
pub const NETSHOOT_THROUGHPUT_EVENT_INTERVAL: i32 = 3;
/// A test is over.
pub const NETSHOOT_THROUGHPUT_EVENT_FINISHED: i32 = 4;
/// A test failed, or nobody could be accepted; the server goes on.
pub const NETSHOOT_THROUGHPUT_EVENT_FAILED: i32 = 5;
/// A client was told that the server is busy.
pub const NETSHOOT_THROUGHPUT_EVENT_REFUSED: i32 = 6;
/// No test came for the idle time-out.
pub const NETSHOOT_THROUGHPUT_EVENT_IDLE: i32 = 7;

/// What is called with each event and the caller's own pointer. Another value than 0 ends the call that made it.
pub type netshoot_throughput_event_callback_t =
    Option<unsafe extern "C" fn(*const netshoot_throughput_event_t, *mut c_void) -> c_int>;

/// Listens on port, of TCP and of UDP alike, or one of the system's choice if it is 0, in the namespace of netlink, or the
/// caller's own if it is NULL. NULL for options is `iperf3 -s`. Returns NULL if that port cannot be listened on.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_throughput_server_open(
    netlink: *const netshoot_netlink_t,
    port: u16,
    options: *const netshoot_throughput_server_options_t,
    err: *mut netshoot_error_t,
) -> *mut netshoot_throughput_server_t {
    let body = || {
        let mut chosen = ServerOptions::default();
        // SAFETY: the caller lends a struct, with a text in it, or null.
        if let Some(plain) = unsafe { options.as_ref() } {
            // SAFETY: as above.
            unsafe { plain.take(&mut chosen) }?;
        }
        chosen.port = port;
        // SAFETY: the caller lends a handle or null.
        let namespace = match unsafe { netlink.as_ref() } {
            Some(netlink) => netlink.netlink.namespace().clone(),
            None => Namespace::current()?,
        };
        let server = Server::bind_in(namespace, chosen)?;
        Ok(pointer::give(netshoot_throughput_server_t { server, records: HashMap::new() }))
    };
    // SAFETY: the caller lends an error struct or null.
    unsafe { guard(err, ptr::null_mut(), body) }
}

/// Tells where it listens. Returns 0, or -1 if an argument is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_throughput_server_address(
    server: *const netshoot_throughput_server_t,
    out: *mut netshoot_endpoint_t,
) -> c_int {
    let body = || {
        // SAFETY: the caller lends a server or null.
        let address = unsafe { pointer::lent(server, "server") }?.server.local_address();
        // SAFETY: the caller lends a struct or null.
        unsafe { pointer::write(out, address.into()) }
    };
    // SAFETY: null is allowed.
    unsafe { guard_status(ptr::null_mut(), body) }
}

/// Serves, and calls callback, which may be NULL, with what happens, until the server is cancelled, the one test of a
/// one_off is over, or the callback returns another value than 0; in this last case it may be called again. Tests run in
/// threads of their own, the callback in the caller's; it should return soon, and must not use the server.
///
/// Returns 0, or -1 if server is NULL or the server cannot go on listening.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_throughput_server_run(
    server: *mut netshoot_throughput_server_t,
    callback: netshoot_throughput_event_callback_t,
    context: *mut c_void,
    err: *mut netshoot_error_t,
) -> c_int {
    let body = || {
        // SAFETY: the caller lends a server or null, and uses it nowhere else meanwhile.
        let netshoot_throughput_server_t { server, records } = unsafe { pointer::lent_mut(server, "server") }?;
        let tell = |event: netshoot_throughput_event_t| match callback {
            // SAFETY: the caller gave the function and its context; what it is given lives while it runs.
            Some(callback) => unsafe { callback(&raw const event, context) == 0 },
            None => true,
        };
        while let Some(event) = server.next_event()? {
            if !take(event, records, tell) {
                break;
            }
        }
        Ok(())
    };
    // SAFETY: the caller lends an error struct or null.
    unsafe { guard_status(err, body) }
}

/// What ends the server from another thread; to be made before it runs. NULL if server is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_throughput_server_canceller_new(
    server: *const netshoot_throughput_server_t,
) -> *mut netshoot_canceller_t {
    let body = || {
        // SAFETY: the caller lends a server or null.
        let canceller = unsafe { pointer::lent(server, "server") }?.server.canceller();
        Ok(pointer::give(netshoot_canceller_t { canceller }))
    };
    // SAFETY: null is allowed.
    unsafe { guard(ptr::null_mut(), ptr::null_mut(), body) }
}

/// Ends the tests at work and frees the server. Accepts NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_throughput_server_free(server: *mut netshoot_throughput_server_t) {
    // SAFETY: the caller gives back a server or null.
    unsafe { pointer::free(server) }
}

/// Keeps what belongs to a test, and tells; whether more is wanted.
fn take(
    event: ServerEvent,
    records: &mut HashMap<u64, Record>,
    tell: impl Fn(netshoot_throughput_event_t) -> bool,
) -> bool {
    match event {
        ServerEvent::Accepted { test, peer } => {
            records.insert(test, Record::bounded(ROWS));
            tell(of_peer(NETSHOOT_THROUGHPUT_EVENT_ACCEPTED, test, peer))
        }
        ServerEvent::Test { test, event } => {
            let what = blank(NETSHOOT_THROUGHPUT_EVENT_OTHER, test);
            let going_on = match &event {
                Event::Started(_) => {
                    tell(netshoot_throughput_event_t { event: NETSHOOT_THROUGHPUT_EVENT_STARTED, ..what })
                }
                Event::Interval(interval) => with_plain(interval, |interval| {
                    tell(netshoot_throughput_event_t { event: NETSHOOT_THROUGHPUT_EVENT_INTERVAL, interval, ..what })
                }),
                _ => true,
            };
            let finished = matches!(event, Event::Finished(_));
            if let Some(record) = records.get_mut(&test) {
                record.add(event);
            }
            if let Some(record) = finished.then(|| records.remove(&test)).flatten() {
                let report = netshoot_throughput_report_t::new(record, None);
                let event = blank(NETSHOOT_THROUGHPUT_EVENT_FINISHED, test);
                return tell(netshoot_throughput_event_t { report: &raw const report, ..event });
            }
            going_on
        }
        ServerEvent::Failed { test, error } => {
            let plain = from_error(&error);
            let mut record = records.remove(&test).unwrap_or_default();
            record.fail(error);
            let report = netshoot_throughput_report_t::new(record, None);
            tell(netshoot_throughput_event_t {
                report: &raw const report,
                error: &raw const plain,
                ..blank(NETSHOOT_THROUGHPUT_EVENT_FAILED, test)
            })
        }
        ServerEvent::Refused { peer } => tell(of_peer(NETSHOOT_THROUGHPUT_EVENT_REFUSED, 0, peer)),
        ServerEvent::Idle => tell(blank(NETSHOOT_THROUGHPUT_EVENT_IDLE, 0)),
        _ => tell(blank(NETSHOOT_THROUGHPUT_EVENT_OTHER, 0)),
    }
}

fn of_peer(event: i32, test: u64, peer: SocketAddr) -> netshoot_throughput_event_t {
    netshoot_throughput_event_t { peer: peer.into(), ..blank(event, test) }
}

fn blank(event: i32, test: u64) -> netshoot_throughput_event_t {
    netshoot_throughput_event_t {
        test,
        interval: ptr::null(),
        report: ptr::null(),
        error: ptr::null(),
        peer: netshoot_endpoint_t::default(),
        event,
    }
}

/// Rows of intervals that are kept of a test, a few megabytes: it is the client who says how long it runs.
const ROWS: usize = 4096;

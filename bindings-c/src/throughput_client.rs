//! The client of a test of throughput.

use std::ffi::{c_char, c_int, c_void};
use std::ptr;
use std::time::Duration;

use netshoot_core::throughput::latency::Latency;
use netshoot_core::throughput::{Canceller, Client, Event, Options, Record};
use netshoot_core::{Error, ErrorKind, Result};

use crate::canceller::netshoot_canceller_t;
use crate::error::{guard, netshoot_error_t};
use crate::netlink::netshoot_netlink_t;
use crate::pointer;
use crate::throughput_interval::{netshoot_throughput_interval_t, with_plain};
use crate::throughput_options::netshoot_throughput_options_t;
use crate::throughput_report::netshoot_throughput_report_t;

/// The client of one test, which iperf3 or a server of this library is asked for.
#[derive(Debug)]
pub struct netshoot_throughput_client_t {
    pub(crate) client: Option<Client>,
    pub(crate) canceller: Canceller,
    /// For how long the idle path is to be probed.
    latency: Option<Duration>,
}

/// What is called with each interval and the caller's own pointer. Another value than 0 ends the test.
pub type netshoot_throughput_interval_callback_t =
    Option<unsafe extern "C" fn(*const netshoot_throughput_interval_t, *mut c_void) -> c_int>;

/// Makes the client of a test with the server at host, a name or an address, and port, 5201 if that is 0. Its sockets are
/// made in the namespace of netlink, or the caller's own if it is NULL. NULL for options is `iperf3 -c HOST`. Nothing is
/// sent yet. Returns NULL if an argument makes no sense.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_throughput_client_new(
    netlink: *const netshoot_netlink_t,
    host: *const c_char,
    port: u16,
    options: *const netshoot_throughput_options_t,
    err: *mut netshoot_error_t,
) -> *mut netshoot_throughput_client_t {
    let body = || {
        // SAFETY: the caller lends a string or null.
        let host = unsafe { pointer::text(host, "host") }?.ok_or_else(|| pointer::null("host"))?;
        // SAFETY: the caller lends a struct, with texts in it, or null.
        let (options, latency) = match unsafe { options.as_ref() } {
            // SAFETY: as above.
            Some(plain) => (unsafe { plain.options() }?, plain.latency()?),
            None => (Options::default(), None),
        };
        let port = if port == 0 { netshoot_core::throughput::PORT } else { port };
        let mut client = Client::new(host, port, options)?;
        // SAFETY: the caller lends a handle or null.
        if let Some(netlink) = unsafe { netlink.as_ref() } {
            client = client.in_namespace(netlink.netlink.namespace().clone());
        }
        let canceller = client.canceller();
        Ok(pointer::give(netshoot_throughput_client_t { client: Some(client), canceller, latency }))
    };
    // SAFETY: the caller lends an error struct or null.
    unsafe { guard(err, ptr::null_mut(), body) }
}

/// Runs the test from connecting to its end, once, and calls callback, which may be NULL, with each interval; it should
/// return soon, as the test waits for it. Every wait is bounded. If options have latency_ns, the path is probed before.
///
/// Returns the report, or NULL if the name has no address, the server does not answer or refuses, something fails on the
/// way, or the test was cancelled (NETSHOOT_ERROR_CANCELLED).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_throughput_client_run(
    client: *mut netshoot_throughput_client_t,
    callback: netshoot_throughput_interval_callback_t,
    context: *mut c_void,
    err: *mut netshoot_error_t,
) -> *mut netshoot_throughput_report_t {
    let body = || {
        // SAFETY: the caller lends a client or null, and uses it nowhere else meanwhile.
        let handle = unsafe { pointer::lent_mut(client, "client") }?;
        let client = handle.client.take().ok_or_else(ran)?;
        let tell = |interval: &netshoot_throughput_interval_t| match callback {
            // SAFETY: the caller gave the function and its context; the interval lives while it runs.
            Some(callback) => unsafe { callback(interval, context) == 0 },
            None => true,
        };
        let (record, latency) = run(client, &handle.canceller, handle.latency, tell)?;
        Ok(pointer::give(netshoot_throughput_report_t::new(record, latency)))
    };
    // SAFETY: the caller lends an error struct or null.
    unsafe { guard(err, ptr::null_mut(), body) }
}

/// What ends the test from another thread; to be made before it runs. NULL if client is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_throughput_client_canceller_new(
    client: *const netshoot_throughput_client_t,
) -> *mut netshoot_canceller_t {
    let body = || {
        // SAFETY: the caller lends a client or null.
        let canceller = unsafe { pointer::lent(client, "client") }?.canceller.clone();
        Ok(pointer::give(netshoot_canceller_t { canceller }))
    };
    // SAFETY: null is allowed.
    unsafe { guard(ptr::null_mut(), ptr::null_mut(), body) }
}

/// Frees a client. Accepts NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_throughput_client_free(client: *mut netshoot_throughput_client_t) {
    // SAFETY: the caller gives back a client or null.
    unsafe { pointer::free(client) }
}

fn run(
    client: Client,
    canceller: &Canceller,
    idle: Option<Duration>,
    tell: impl Fn(&netshoot_throughput_interval_t) -> bool,
) -> Result<(Record, Option<Latency>)> {
    let mut record = Record::default();
    let mut goes_on = true;
    let mut take = |event: Event| {
        // Who has said that it is enough is not asked again.
        if let (true, Event::Interval(interval)) = (goes_on, &event) {
            goes_on = with_plain(interval, &tell);
            if !goes_on {
                canceller.cancel();
            }
        }
        record.add(event);
    };
    if let Some(idle) = idle {
        let (.., latency) = client.run_with_latency(idle, |event| take(event.clone()))?;
        return Ok((record, Some(latency)));
    }
    let mut test = client.start()?;
    while let Some(event) = test.next_event()? {
        take(event);
    }
    Ok((record, None))
}

pub(crate) fn ran() -> Error {
    Error::new(ErrorKind::InvalidInput, "run the test")
        .with_detail("the client has run")
        .with_hint("make a new one for each test")
}

//! The kernel's network counters.

use std::ffi::{CString, c_char, c_int};
use std::ptr;
use std::sync::{Arc, OnceLock};

use arrow_array::RecordBatchReader;
use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use netshoot_core::netlink::counters::{Counters, Value};
use netshoot_core::netlink::json;
use netshoot_core::table::{self, Options};
use netshoot_core::{Error, ErrorKind};

use crate::error::{guard, guard_status, netshoot_error_t};
use crate::netlink::netshoot_netlink_t;
use crate::pointer;
use crate::string_pool::{Pool, StringPool, Text};

/// `struct ArrowArrayStream` of the Arrow specification, under the name that the header generator sees.
type ArrowArrayStream = FFI_ArrowArrayStream;

/// The network counters of a namespace at one time. They never change.
#[derive(Debug)]
pub struct netshoot_counters_t {
    pub(crate) counters: Arc<Counters>,
    /// Of each counter, its name and explanation.
    texts: Box<[[Text; 2]]>,
    pool: StringPool,
    json: OnceLock<CString>,
}

/// A counter.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct netshoot_counter_t {
    /// The name that no other counter has: "TcpExtListenOverflows" as nstat has it, "dev.eth0.rx_bytes".
    pub name: *const c_char,
    /// What it counts and what it means when it grows, in a sentence; NULL if it is not known.
    pub explanation: *const c_char,
    /// The value of one that only grows; 0 for a gauge.
    pub value: u64,
    /// The value of one that moves both ways; 0 for one that only grows.
    pub gauge: i64,
    /// Which of the two it is.
    pub is_gauge: bool,
}

/// Reads all network counters of a namespace. Returns NULL if they cannot be read.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_counters_list(
    netlink: *const netshoot_netlink_t,
    err: *mut netshoot_error_t,
) -> *mut netshoot_counters_t {
    let body = || {
        // SAFETY: the caller lends a handle or null.
        let counters = unsafe { pointer::lent(netlink, "netlink") }?.netlink.counters()?;
        let mut pool = Pool::default();
        let texts = counters.counters.iter();
        let texts =
            texts.map(|counter| [pool.add_octets(Some(counter.name.as_bytes())), pool.add_some(counter.explanation())]);
        let texts = texts.collect();
        let pool = pool.finish();
        Ok(pointer::give(netshoot_counters_t { counters: Arc::new(counters), texts, pool, json: OnceLock::new() }))
    };
    // SAFETY: the caller lends an error struct or null.
    unsafe { guard(err, ptr::null_mut(), body) }
}

/// The number of counters. 0 if counters is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_counters_count(counters: *const netshoot_counters_t) -> usize {
    // SAFETY: the caller lends counters or null.
    let body = || Ok(unsafe { pointer::lent(counters, "counters") }?.texts.len());
    // SAFETY: null is allowed.
    unsafe { guard(ptr::null_mut(), 0, body) }
}

/// Tells of the counter at index, from 0. Returns 0, or -1 if an argument is NULL or index too large.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_counters_counter(
    counters: *const netshoot_counters_t,
    index: usize,
    out: *mut netshoot_counter_t,
) -> c_int {
    let body = || {
        // SAFETY: the caller lends counters or null.
        let counters = unsafe { pointer::lent(counters, "counters") }?;
        let plain = counters.at(index).ok_or_else(|| pointer::out_of_range("index"))?;
        // SAFETY: the caller lends a struct or null.
        unsafe { pointer::write(out, plain) }
    };
    // SAFETY: null is allowed.
    unsafe { guard_status(ptr::null_mut(), body) }
}

/// Tells of the counter of this name. Returns 0, or -1 if an argument is NULL or there is none of that name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_counters_find(
    counters: *const netshoot_counters_t,
    name: *const c_char,
    out: *mut netshoot_counter_t,
) -> c_int {
    let body = || {
        // SAFETY: the caller lends counters or null.
        let counters = unsafe { pointer::lent(counters, "counters") }?;
        // SAFETY: the caller lends a string or null.
        let name = unsafe { pointer::path(name) }?.as_os_str().as_encoded_bytes();
        let place = counters.counters.counters.iter().position(|counter| counter.name.as_bytes() == name);
        let plain = place.and_then(|place| counters.at(place)).ok_or_else(|| {
            Error::new(ErrorKind::NotFound, "find a counter").with_detail("there is none of that name")
        })?;
        // SAFETY: the caller lends a struct or null.
        unsafe { pointer::write(out, plain) }
    };
    // SAFETY: null is allowed.
    unsafe { guard_status(ptr::null_mut(), body) }
}

/// The counters with all that is known of each as JSON. Made at the first call and kept with them. NULL if counters is
/// NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_counters_json(counters: *const netshoot_counters_t) -> *const c_char {
    let body = || {
        // SAFETY: the caller lends counters or null.
        let counters = unsafe { pointer::lent(counters, "counters") }?;
        let make = || CString::new(json::value(&*counters.counters)).unwrap_or_default();
        Ok(counters.json.get_or_init(make).as_ptr())
    };
    // SAFETY: null is allowed.
    unsafe { guard(ptr::null_mut(), ptr::null(), body) }
}

/// Writes the counters to out as an Arrow C stream, one row a counter; see netshoot_listing_arrow.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_counters_arrow(
    counters: *const netshoot_counters_t,
    out: *mut ArrowArrayStream,
    err: *mut netshoot_error_t,
) -> c_int {
    let body = || {
        // SAFETY: the caller lends counters or null.
        let counters = Arc::clone(&unsafe { pointer::lent(counters, "counters") }?.counters);
        let batches: Box<dyn RecordBatchReader + Send> =
            Box::new(table::kernel::counters(counters, &Options::default())?);
        // SAFETY: the caller promises null or writable memory, which may hold anything: it is not dropped.
        unsafe { pointer::write(out, FFI_ArrowArrayStream::new(batches)) }
    };
    // SAFETY: the caller lends an error struct or null.
    unsafe { guard_status(err, body) }
}

/// Frees counters. Accepts NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_counters_free(counters: *mut netshoot_counters_t) {
    // SAFETY: the caller gives back counters or null.
    unsafe { pointer::free(counters) }
}

impl netshoot_counters_t {
    fn at(&self, index: usize) -> Option<netshoot_counter_t> {
        let (value, gauge, is_gauge) = match self.counters.counters.get(index)?.value {
            Value::Counter(value) => (value, 0, false),
            Value::Gauge(gauge) => (0, gauge, true),
        };
        let [name, explanation] = self.texts.get(index)?.map(|text| self.pool.get(text));
        Some(netshoot_counter_t { name, explanation, value, gauge, is_gauge })
    }
}

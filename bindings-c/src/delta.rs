//! What happened between two readings of the network counters.

use std::ffi::{CString, c_char, c_int};
use std::ptr;
use std::sync::OnceLock;

use netshoot_core::netlink::counters::{Change, Delta, Discontinuity, Value};
use netshoot_core::netlink::json;

use crate::counters::netshoot_counters_t;
use crate::error::{guard, guard_status, netshoot_error_t};
use crate::pointer;
use crate::string_pool::{Pool, StringPool, Text};

/// How the counters of a namespace grew from one time to another. It never changes.
#[derive(Debug)]
pub struct netshoot_delta_t {
    delta: Delta,
    /// Of each change, its counter's name and explanation.
    texts: Box<[[Text; 2]]>,
    pool: StringPool,
    json: OnceLock<CString>,
}

/// How one counter changed.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct netshoot_change_t {
    /// The name that no other counter has; see netshoot_counter_t.
    pub name: *const c_char,
    /// What it counts and what it means when it grows, in a sentence; NULL if it is not known.
    pub explanation: *const c_char,
    /// What was added, also where the counter began anew; of a gauge it may be below 0.
    pub difference: i64,
    /// The same per second; 0 when no time passed.
    pub rate: f64,
    /// Whether it is a gauge, which moves both ways.
    pub is_gauge: bool,
    /// Whether the counter began anew, as when an interface is made again, so that difference is the least it can be.
    pub was_reset: bool,
}

/// What happened from earlier to later, as a list of the counters that both have; between those of two namespaces it has no
/// meaning, and "same_namespace" is false in the JSON. Returns NULL if an argument is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_counters_delta(
    later: *const netshoot_counters_t,
    earlier: *const netshoot_counters_t,
    err: *mut netshoot_error_t,
) -> *mut netshoot_delta_t {
    let body = || {
        // SAFETY: the caller lends counters or null.
        let (later, earlier) = unsafe { (pointer::lent(later, "later")?, pointer::lent(earlier, "earlier")?) };
        let delta = later.counters.delta(&earlier.counters);
        let mut pool = Pool::default();
        let texts = delta.changes.iter().map(|Change { counter, .. }| {
            [pool.add_octets(Some(counter.name.as_bytes())), pool.add_some(counter.explanation())]
        });
        let texts = texts.collect();
        let pool = pool.finish();
        Ok(pointer::give(netshoot_delta_t { delta, texts, pool, json: OnceLock::new() }))
    };
    // SAFETY: the caller lends an error struct or null.
    unsafe { guard(err, ptr::null_mut(), body) }
}

/// The number of changes, among them those of counters that stayed as they were. 0 if delta is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_delta_count(delta: *const netshoot_delta_t) -> usize {
    // SAFETY: the caller lends a delta or null.
    let body = || Ok(unsafe { pointer::lent(delta, "delta") }?.texts.len());
    // SAFETY: null is allowed.
    unsafe { guard(ptr::null_mut(), 0, body) }
}

/// Tells of the change at index, from 0. Returns 0, or -1 if an argument is NULL or index too large.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_delta_change(
    delta: *const netshoot_delta_t,
    index: usize,
    out: *mut netshoot_change_t,
) -> c_int {
    let body = || {
        // SAFETY: the caller lends a delta or null.
        let delta = unsafe { pointer::lent(delta, "delta") }?;
        let plain = delta.at(index).ok_or_else(|| pointer::out_of_range("index"))?;
        // SAFETY: the caller lends a struct or null.
        unsafe { pointer::write(out, plain) }
    };
    // SAFETY: null is allowed.
    unsafe { guard_status(ptr::null_mut(), body) }
}

/// All of it as JSON, with the counters that only one of the two has. Made at the first call and kept with it. NULL if
/// delta is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_delta_json(delta: *const netshoot_delta_t) -> *const c_char {
    let body = || {
        // SAFETY: the caller lends a delta or null.
        let delta = unsafe { pointer::lent(delta, "delta") }?;
        let make = || CString::new(json::value(&delta.delta)).unwrap_or_default();
        Ok(delta.json.get_or_init(make).as_ptr())
    };
    // SAFETY: null is allowed.
    unsafe { guard(ptr::null_mut(), ptr::null(), body) }
}

/// Frees a delta. Accepts NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_delta_free(delta: *mut netshoot_delta_t) {
    // SAFETY: the caller gives back a delta or null.
    unsafe { pointer::free(delta) }
}

impl netshoot_delta_t {
    fn at(&self, index: usize) -> Option<netshoot_change_t> {
        let change = self.delta.changes.get(index)?;
        let [name, explanation] = self.texts.get(index)?.map(|text| self.pool.get(text));
        let (difference, is_gauge) = match change.difference {
            Value::Counter(grown) => (i64::try_from(grown).unwrap_or(i64::MAX), false),
            Value::Gauge(moved) => (moved, true),
        };
        let was_reset = change.discontinuity == Some(Discontinuity::Reset);
        Some(netshoot_change_t { name, explanation, difference, rate: change.rate, is_gauge, was_reset })
    }
}

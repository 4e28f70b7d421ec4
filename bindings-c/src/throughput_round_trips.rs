//! Round trip times of probes and of requests.

use std::ffi::c_int;
use std::ptr;

use netshoot_core::table::{self, Options};
use netshoot_core::throughput::Record;
use netshoot_core::throughput::latency::{Histogram, Latency};
use netshoot_core::throughput::report::Side;

use crate::error::{guard_status, netshoot_error_t};
use crate::pointer;
use crate::report::nanos;
use crate::throughput_report::{ArrowArrayStream, export, netshoot_throughput_report_t};

/// Round trip times; -1 where none came back.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct netshoot_round_trips_t {
    /// How many came back.
    pub count: u64,
    /// How many did not: probes within a second, requests over UDP within half a second.
    pub lost: u64,
    /// The shortest.
    pub min_ns: i64,
    /// The mean.
    pub mean_ns: i64,
    /// Half are shorter.
    pub median_ns: i64,
    /// 95 of 100 are shorter.
    pub p95_ns: i64,
    /// 99 of 100 are shorter.
    pub p99_ns: i64,
    /// 999 of 1000 are shorter.
    pub p999_ns: i64,
    /// The longest.
    pub max_ns: i64,
}

/// Latency before a test and during it.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct netshoot_throughput_latency_t {
    /// Of probes before the test.
    pub idle: netshoot_round_trips_t,
    /// Of probes while data flowed.
    pub loaded: netshoot_round_trips_t,
    /// Of the data streams that this end sends, as TCP tells it: smoothed, one for each sample and stream.
    pub streams: netshoot_round_trips_t,
    /// What the load adds to the median; -1 if one is not known.
    pub increase_ns: i64,
    /// Round trips that one after the other would go within a minute under load; 0 if none is known.
    pub round_trips_per_minute: f64,
}

/// Requests and their responses.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct netshoot_throughput_requests_t {
    /// How long they took.
    pub round_trips: netshoot_round_trips_t,
    /// How many were answered in a second, over all streams.
    pub per_second: f64,
}

/// Tells of latency before the test and during it. Returns 0, or -1 if an argument is NULL or latency was not asked for.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_throughput_report_latency(
    report: *const netshoot_throughput_report_t,
    out: *mut netshoot_throughput_latency_t,
) -> c_int {
    let body = || {
        // SAFETY: the caller lends a report or null.
        let latency = unsafe { pointer::lent(report, "report") }?.latency.as_ref();
        let latency = latency.ok_or_else(|| pointer::out_of_range("report"))?;
        // SAFETY: the caller lends a struct or null.
        unsafe { pointer::write(out, latency.into()) }
    };
    // SAFETY: null is allowed.
    unsafe { guard_status(ptr::null_mut(), body) }
}

/// Tells of requests and their responses; a server knows no times. Returns 0, or -1 if an argument is NULL or they were not
/// asked for.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_throughput_report_requests(
    report: *const netshoot_throughput_report_t,
    out: *mut netshoot_throughput_requests_t,
) -> c_int {
    let body = || {
        // SAFETY: the caller lends a report or null.
        let report = unsafe { pointer::lent(report, "report") }?;
        let asked = report.record.start().is_some_and(|start| start.parameters.options.exchange.is_some());
        let end = report.record.report().filter(|end| asked && end.side == Side::Client);
        let end = end.ok_or_else(|| pointer::out_of_range("report"))?;
        let lost = u64::try_from(end.sum(true).0.lost).unwrap_or(0);
        let requests = netshoot_throughput_requests_t {
            round_trips: round_trips(&end.round_trips, lost),
            per_second: end.transactions_per_second(),
        };
        // SAFETY: the caller lends a struct or null.
        unsafe { pointer::write(out, requests) }
    };
    // SAFETY: null is allowed.
    unsafe { guard_status(ptr::null_mut(), body) }
}

/// Writes to out how many round trips of requests took how long, as an Arrow C stream, one row a bucket that is not empty;
/// see netshoot_report_flows_arrow.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_throughput_round_trips_arrow(
    report: *const netshoot_throughput_report_t,
    out: *mut ArrowArrayStream,
    err: *mut netshoot_error_t,
) -> c_int {
    let buckets = |record: &Record, options: &Options| {
        let times = record.report().map(|end| &end.round_trips);
        table::throughput::round_trips(times.unwrap_or(&Histogram::default()), options)
    };
    // SAFETY: the caller lends a report, a stream and an error struct, or null.
    unsafe { export(report, buckets, out, err) }
}

fn round_trips(times: &Histogram, lost: u64) -> netshoot_round_trips_t {
    netshoot_round_trips_t {
        count: times.count(),
        lost,
        min_ns: nanos(times.min()),
        mean_ns: nanos(times.mean()),
        median_ns: nanos(times.median()),
        p95_ns: nanos(times.percentile(95.0)),
        p99_ns: nanos(times.percentile(99.0)),
        p999_ns: nanos(times.percentile(99.9)),
        max_ns: nanos(times.max()),
    }
}

impl From<&Latency> for netshoot_throughput_latency_t {
    fn from(latency: &Latency) -> Self {
        Self {
            idle: round_trips(&latency.idle, latency.lost.0),
            loaded: round_trips(&latency.loaded, latency.lost.1),
            streams: round_trips(&latency.streams, 0),
            increase_ns: nanos(latency.increase()),
            round_trips_per_minute: latency.responsiveness().unwrap_or(0.0),
        }
    }
}

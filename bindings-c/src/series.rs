//! Series over time, and latencies.

use std::ffi::{c_char, c_int};
use std::ops::ControlFlow;
use std::ptr;
use std::time::Duration;

use arrow_array::RecordBatchReader;
use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use netshoot_core::analysis::{
    self, FlowSeries, IoBin, IoBy, IoSeries, Latencies, LatencyBucket, RttBin, SequenceBin, SeriesOptions,
};
use netshoot_core::capture::{Reader, Timestamp};
use netshoot_core::table::{self, ReportStream};
use netshoot_core::{Error, ErrorKind, Result};

use crate::analyzer::{self, netshoot_options_t};
use crate::error::{guard, guard_status, netshoot_error_t};
use crate::pointer;
use crate::report::netshoot_report_t;
use crate::text;

type ArrowArrayStream = FFI_ArrowArrayStream;

/// Traffic is counted of the whole capture.
pub const NETSHOOT_IO_BY_CAPTURE: u8 = 0;
/// By protocol.
pub const NETSHOOT_IO_BY_PROTOCOL: u8 = 1;
/// Of both directions of one flow.
pub const NETSHOOT_IO_BY_FLOW: u8 = 2;

/// How a series is binned. Begin with NETSHOOT_OPTIONS_INIT, which leaves every choice to the library, as NULL does.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct netshoot_series_options_t {
    /// Width of the bins in nanoseconds; 0 for 1 s of traffic, and for series of a flow as fine as max_bins allows.
    pub bin_ns: u64,
    /// A time at which a bin begins.
    pub origin_ns: i64,
    /// Bins at most, 0 for 10,000: else they become twice as wide, as often as it takes.
    pub max_bins: usize,
}

/// Traffic over time.
#[derive(Debug)]
pub struct netshoot_io_series_t {
    series: IoSeries,
    bins: Vec<IoBin>,
}

/// Traffic of a bin.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct netshoot_io_bin_t {
    /// When it begins.
    pub start_ns: i64,
    /// Frames.
    pub frames: u64,
    /// Octets of the frames on the wire.
    pub bytes: u64,
    /// Octets of TCP's payload on the wire.
    pub payload_bytes: u64,
    /// Flows that began.
    pub new_flows: u64,
    /// Segments that were sent again, by our own classification.
    pub retransmissions: u64,
    /// Retransmissions as Wireshark counts them.
    pub tcp_retransmissions: u64,
    /// Segments that announce a closed window.
    pub zero_windows: u64,
    /// Segments with RST.
    pub resets: u64,
    /// The protocol, where traffic is counted by protocol; else empty.
    pub protocol: [c_char; 16],
    /// Whether the flow's client sent it, where that of a flow is counted.
    pub from_client: bool,
}

/// Round trips and sequence numbers of a TCP flow over time. It never changes.
#[derive(Debug)]
pub struct netshoot_flow_series_t {
    series: FlowSeries,
    round_trips: Vec<RttBin>,
    sequence: Vec<SequenceBin>,
}

/// Round trips of a bin: from data to the acknowledgment of it.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct netshoot_rtt_bin_t {
    /// When it begins.
    pub start_ns: i64,
    /// How many there are.
    pub samples: u64,
    /// The shortest.
    pub min_ns: u64,
    /// The mean.
    pub mean_ns: u64,
    /// The longest.
    pub max_ns: u64,
    /// Whether it is the client's data that was acknowledged: from the capture point to the server and back.
    pub from_client: bool,
}

/// Sequence numbers of a bin, relative to the SYN and without wrapping; -1 where there are none.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct netshoot_sequence_bin_t {
    /// When it begins.
    pub start_ns: i64,
    /// Segments with data, SYN or FIN.
    pub segments: u64,
    /// Segments that were sent again, by our own classification.
    pub retransmissions: u64,
    /// What was sent: the least.
    pub sent_min: i64,
    /// The greatest.
    pub sent_max: i64,
    /// What was sent again: the least.
    pub resent_min: i64,
    /// The greatest.
    pub resent_max: i64,
    /// What the peer acknowledged: the least.
    pub acknowledged_min: i64,
    /// The greatest.
    pub acknowledged_max: i64,
    /// What the peer said to have beyond that: the least.
    pub sacked_min: i64,
    /// The greatest.
    pub sacked_max: i64,
    /// How far the peer's window went: the least.
    pub window_min: i64,
    /// The greatest.
    pub window_max: i64,
    /// The most octets in flight.
    pub in_flight_max: i64,
    /// Whether it is the client's data.
    pub from_client: bool,
}

/// How often which latency occurs.
#[derive(Debug)]
pub struct netshoot_latencies_t {
    sum: Latencies,
    buckets: Vec<LatencyBucket>,
}

/// A bucket of a histogram.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct netshoot_latency_bucket_t {
    /// What takes time, in lower case with underscores, such as "time_to_first_byte".
    pub kind: [c_char; 32],
    /// The shortest time that it counts.
    pub from_ns: u64,
    /// The shortest time that it does not count any more.
    pub until_ns: u64,
    /// How often that occurs.
    pub samples: u64,
}

/// Counts the traffic of a capture over time; by is NETSHOOT_IO_BY_…, flow_id counts with NETSHOOT_IO_BY_FLOW only, and is
/// that of a report on the same capture with the same options. options and bins may be NULL.
///
/// It works in one thread. Returns NULL if the file cannot be opened or is no capture, or if an option makes no sense; damage
/// ends the series. Free it with netshoot_io_series_free.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_io_series(
    path: *const c_char,
    options: *const netshoot_options_t,
    by: u8,
    flow_id: u32,
    bins: *const netshoot_series_options_t,
    err: *mut netshoot_error_t,
) -> *mut netshoot_io_series_t {
    let body = || {
        // SAFETY: the caller lends a string or null.
        let path = unsafe { pointer::path(path) }?;
        // SAFETY: the caller lends options or null.
        let (options, bins) = unsafe { (analyzer::chosen(options)?, chosen(bins)) };
        let by = match by {
            NETSHOOT_IO_BY_CAPTURE => IoBy::Capture,
            NETSHOOT_IO_BY_PROTOCOL => IoBy::Protocol,
            NETSHOOT_IO_BY_FLOW => IoBy::Flow(flow_id),
            _ => return Err(pointer::out_of_range("by")),
        };
        let series = analysis::io(&mut Reader::open(path)?, &options, by, &bins, go_on)?;
        let bins = series.bins();
        Ok(pointer::give(netshoot_io_series_t { series, bins }))
    };
    // SAFETY: the caller lends an error struct or null.
    unsafe { guard(err, ptr::null_mut(), body) }
}

/// Adds the traffic of another series, such as that of another file, which has to be counted in the same way. Returns 0, or
/// -1 if it is not, or if an argument is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_io_series_merge(
    series: *mut netshoot_io_series_t,
    other: *const netshoot_io_series_t,
    err: *mut netshoot_error_t,
) -> c_int {
    let body = || {
        // SAFETY: the caller lends a series or null.
        let other = unsafe { pointer::lent(other, "other") }?.series.clone();
        // SAFETY: the caller lends a series or null, which is not looked at elsewhere: the other one was copied.
        let series = unsafe { pointer::lent_mut(series, "series") }?;
        series.series.merge(&other)?;
        series.bins = series.series.bins();
        Ok(())
    };
    // SAFETY: the caller lends an error struct or null.
    unsafe { guard_status(err, body) }
}

/// Width of the bins in nanoseconds. 0 if series is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_io_series_width_ns(series: *const netshoot_io_series_t) -> u64 {
    // SAFETY: the caller lends a series or null.
    let body = || Ok(nanos(unsafe { pointer::lent(series, "series") }?.series.width()));
    // SAFETY: null is allowed.
    unsafe { guard(ptr::null_mut(), 0, body) }
}

/// The number of bins. 0 if series is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_io_series_count(series: *const netshoot_io_series_t) -> usize {
    // SAFETY: the caller lends a series or null.
    let body = || Ok(unsafe { pointer::lent(series, "series") }?.bins.len());
    // SAFETY: null is allowed.
    unsafe { guard(ptr::null_mut(), 0, body) }
}

/// Tells of the bin at index, from 0, by protocol or direction and then time. Returns 0, or -1 if an argument is NULL or
/// index too large.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_io_series_bin(
    series: *const netshoot_io_series_t,
    index: usize,
    out: *mut netshoot_io_bin_t,
) -> c_int {
    // SAFETY: the caller lends a series or null, and a struct or null.
    unsafe { bin(series, |series| series.bins.get(index).map(io_bin), out) }
}

/// Writes the bins to out as an Arrow C stream, one row a bin; see netshoot_report_flows_arrow.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_io_series_arrow(
    series: *const netshoot_io_series_t,
    out: *mut ArrowArrayStream,
    err: *mut netshoot_error_t,
) -> c_int {
    // SAFETY: the caller lends a series, a stream and an error struct, or null.
    unsafe { export(series, |series| table::io(&series.series, &table::Options::default()), out, err) }
}

/// Frees a series. Accepts NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_io_series_free(series: *mut netshoot_io_series_t) {
    // SAFETY: the caller gives back a series or null.
    unsafe { pointer::free(series) }
}

/// Round trips and sequence numbers of a TCP flow of a report over time. path is the capture that the report is of, which is
/// read once more; options may be NULL.
///
/// Returns NULL if it cannot be read, or if the report has no such flow. Free the series with netshoot_flow_series_free.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_flow_series(
    path: *const c_char,
    report: *const netshoot_report_t,
    flow_id: u32,
    options: *const netshoot_series_options_t,
    err: *mut netshoot_error_t,
) -> *mut netshoot_flow_series_t {
    let body = || {
        // SAFETY: the caller lends a string or null.
        let path = unsafe { pointer::path(path) }?;
        // SAFETY: the caller lends a report or null.
        let report = unsafe { pointer::lent(report, "report") }?;
        // SAFETY: the caller lends options or null.
        let options = unsafe { chosen(options) };
        let all = analysis::flow_series(&mut Reader::open(path)?, &report.report, &[flow_id], &options, go_on)?;
        let series = all.into_iter().next().ok_or_else(|| Error::new(ErrorKind::NotFound, "find the flow"))?;
        let (round_trips, sequence) = (series.round_trips(), series.sequence());
        Ok(pointer::give(netshoot_flow_series_t { series, round_trips, sequence }))
    };
    // SAFETY: the caller lends an error struct or null.
    unsafe { guard(err, ptr::null_mut(), body) }
}

/// The number of bins with round trips. 0 if series is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_flow_series_rtt_count(series: *const netshoot_flow_series_t) -> usize {
    // SAFETY: the caller lends a series or null.
    let body = || Ok(unsafe { pointer::lent(series, "series") }?.round_trips.len());
    // SAFETY: null is allowed.
    unsafe { guard(ptr::null_mut(), 0, body) }
}

/// Tells of the round trips of the bin at index, from 0, by time. Returns 0, or -1 if an argument is NULL or index too large.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_flow_series_rtt(
    series: *const netshoot_flow_series_t,
    index: usize,
    out: *mut netshoot_rtt_bin_t,
) -> c_int {
    // SAFETY: the caller lends a series or null, and a struct or null.
    unsafe { bin(series, |series| series.round_trips.get(index).map(rtt_bin), out) }
}

/// The number of bins with sequence numbers. 0 if series is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_flow_series_sequence_count(series: *const netshoot_flow_series_t) -> usize {
    // SAFETY: the caller lends a series or null.
    let body = || Ok(unsafe { pointer::lent(series, "series") }?.sequence.len());
    // SAFETY: null is allowed.
    unsafe { guard(ptr::null_mut(), 0, body) }
}

/// Tells of the sequence numbers of the bin at index, from 0, by time. Returns 0, or -1 if an argument is NULL or index too
/// large.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_flow_series_sequence(
    series: *const netshoot_flow_series_t,
    index: usize,
    out: *mut netshoot_sequence_bin_t,
) -> c_int {
    // SAFETY: the caller lends a series or null, and a struct or null.
    unsafe { bin(series, |series| series.sequence.get(index).map(sequence_bin), out) }
}

/// Writes the round trips to out as an Arrow C stream, one row a bin; see netshoot_report_flows_arrow.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_flow_series_rtt_arrow(
    series: *const netshoot_flow_series_t,
    out: *mut ArrowArrayStream,
    err: *mut netshoot_error_t,
) -> c_int {
    // SAFETY: the caller lends a series, a stream and an error struct, or null.
    unsafe { export(series, |series| table::round_trips(&series.series, &table::Options::default()), out, err) }
}

/// Writes the sequence numbers to out as an Arrow C stream, one row a bin; see netshoot_report_flows_arrow.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_flow_series_sequence_arrow(
    series: *const netshoot_flow_series_t,
    out: *mut ArrowArrayStream,
    err: *mut netshoot_error_t,
) -> c_int {
    // SAFETY: the caller lends a series, a stream and an error struct, or null.
    unsafe { export(series, |series| table::sequence(&series.series, &table::Options::default()), out, err) }
}

/// Frees a series. Accepts NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_flow_series_free(series: *mut netshoot_flow_series_t) {
    // SAFETY: the caller gives back a series or null.
    unsafe { pointer::free(series) }
}

/// Counts how often which latency of a report occurs.
///
/// Returns NULL if report is NULL. Free it with netshoot_latencies_free.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_latencies(
    report: *const netshoot_report_t,
    err: *mut netshoot_error_t,
) -> *mut netshoot_latencies_t {
    let body = || {
        // SAFETY: the caller lends a report or null.
        let sum = Latencies::of(&unsafe { pointer::lent(report, "report") }?.report);
        let buckets = sum.buckets().collect();
        Ok(pointer::give(netshoot_latencies_t { sum, buckets }))
    };
    // SAFETY: the caller lends an error struct or null.
    unsafe { guard(err, ptr::null_mut(), body) }
}

/// Adds what other latencies count, such as those of another capture, in any order. Returns 0, or -1 if an argument is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_latencies_merge(
    latencies: *mut netshoot_latencies_t,
    other: *const netshoot_latencies_t,
    err: *mut netshoot_error_t,
) -> c_int {
    let body = || {
        // SAFETY: the caller lends a struct or null.
        let other = unsafe { pointer::lent(other, "other") }?.sum.clone();
        // SAFETY: the caller lends a struct or null, which is not looked at elsewhere: the other one was copied.
        let latencies = unsafe { pointer::lent_mut(latencies, "latencies") }?;
        latencies.sum.merge(&other);
        latencies.buckets = latencies.sum.buckets().collect();
        Ok(())
    };
    // SAFETY: the caller lends an error struct or null.
    unsafe { guard_status(err, body) }
}

/// The number of buckets that count something. 0 if latencies is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_latencies_count(latencies: *const netshoot_latencies_t) -> usize {
    // SAFETY: the caller lends a struct or null.
    let body = || Ok(unsafe { pointer::lent(latencies, "latencies") }?.buckets.len());
    // SAFETY: null is allowed.
    unsafe { guard(ptr::null_mut(), 0, body) }
}

/// Tells of the bucket at index, from 0, by kind and time. Returns 0, or -1 if an argument is NULL or index too large.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_latencies_bucket(
    latencies: *const netshoot_latencies_t,
    index: usize,
    out: *mut netshoot_latency_bucket_t,
) -> c_int {
    // SAFETY: the caller lends a struct or null, and another one or null.
    unsafe { bin(latencies, |latencies| latencies.buckets.get(index).map(bucket), out) }
}

/// Writes the buckets to out as an Arrow C stream, one row for each; see netshoot_report_flows_arrow.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_latencies_arrow(
    latencies: *const netshoot_latencies_t,
    out: *mut ArrowArrayStream,
    err: *mut netshoot_error_t,
) -> c_int {
    // SAFETY: the caller lends a struct, a stream and an error struct, or null.
    unsafe { export(latencies, |latencies| table::latencies(&latencies.sum, &table::Options::default()), out, err) }
}

/// Frees latencies. Accepts NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_latencies_free(latencies: *mut netshoot_latencies_t) {
    // SAFETY: the caller gives back a struct or null.
    unsafe { pointer::free(latencies) }
}

/// Writes to out as an Arrow C stream how often which latency occurs, one row a bucket; see netshoot_report_flows_arrow.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_report_latencies_arrow(
    report: *const netshoot_report_t,
    out: *mut ArrowArrayStream,
    err: *mut netshoot_error_t,
) -> c_int {
    let table =
        |report: &netshoot_report_t| table::latencies(&Latencies::of(&report.report), &table::Options::default());
    // SAFETY: the caller lends a report, a stream and an error struct, or null.
    unsafe { export(report, table, out, err) }
}

/// # Safety
/// `series` is null or lent by the caller; `out` is null or may be written.
unsafe fn bin<S, T>(series: *const S, of: impl FnOnce(&S) -> Option<T>, out: *mut T) -> c_int {
    let body = || {
        // SAFETY: the caller promises a series or null.
        let series = unsafe { pointer::lent(series, "series") }?;
        let bin = of(series).ok_or_else(|| pointer::out_of_range("index"))?;
        // SAFETY: the caller promises null or writable memory.
        unsafe { pointer::write(out, bin) }
    };
    // SAFETY: null is allowed.
    unsafe { guard_status(ptr::null_mut(), body) }
}

/// # Safety
/// `source` is null or lent by the caller; `out` and `err` are null or may be written.
pub(crate) unsafe fn export<S>(
    source: *const S,
    table: impl FnOnce(&S) -> Result<ReportStream>,
    out: *mut ArrowArrayStream,
    err: *mut netshoot_error_t,
) -> c_int {
    let body = || {
        // SAFETY: the caller promises null or a valid pointer.
        let source = unsafe { pointer::lent(source, "source") }?;
        let rows: Box<dyn RecordBatchReader + Send> = Box::new(table(source)?);
        // SAFETY: the caller promises null or writable memory, which may hold anything: it is not dropped.
        unsafe { pointer::write(out, FFI_ArrowArrayStream::new(rows)) }
    };
    // SAFETY: the caller promises null or a struct that may be written.
    unsafe { guard_status(err, body) }
}

/// # Safety
/// `options` is null or lent by the caller.
unsafe fn chosen(options: *const netshoot_series_options_t) -> SeriesOptions {
    let mut chosen = SeriesOptions::default();
    // SAFETY: the caller promises null or a valid pointer.
    if let Some(options) = unsafe { options.as_ref() } {
        chosen.origin = Timestamp::from_nanos(options.origin_ns);
        chosen.bin = (options.bin_ns > 0).then(|| Duration::from_nanos(options.bin_ns));
        chosen.max_bins = if options.max_bins == 0 { chosen.max_bins } else { options.max_bins };
    }
    chosen
}

fn bucket(bucket: &LatencyBucket) -> netshoot_latency_bucket_t {
    netshoot_latency_bucket_t {
        kind: text::inline(bucket.kind.name()),
        from_ns: nanos(bucket.from),
        until_ns: nanos(bucket.until),
        samples: bucket.count,
    }
}

fn go_on(_: u64, _: u64) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

fn io_bin(bin: &IoBin) -> netshoot_io_bin_t {
    netshoot_io_bin_t {
        start_ns: bin.start.as_nanos(),
        frames: bin.frames,
        bytes: bin.bytes,
        payload_bytes: bin.payload_bytes,
        new_flows: bin.new_flows,
        retransmissions: bin.retransmissions,
        tcp_retransmissions: bin.tcp_retransmissions,
        zero_windows: bin.zero_windows,
        resets: bin.resets,
        protocol: text::inline(bin.protocol.unwrap_or_default()),
        from_client: bin.from_client == Some(true),
    }
}

fn rtt_bin(bin: &RttBin) -> netshoot_rtt_bin_t {
    netshoot_rtt_bin_t {
        start_ns: bin.start.as_nanos(),
        samples: bin.count,
        min_ns: nanos(bin.min),
        mean_ns: nanos(bin.mean),
        max_ns: nanos(bin.max),
        from_client: bin.from_client,
    }
}

fn sequence_bin(bin: &SequenceBin) -> netshoot_sequence_bin_t {
    let known = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let span = |span: Option<(u64, u64)>| span.map_or((-1, -1), |(least, most)| (known(least), known(most)));
    let [sent, resent, acknowledged, sacked, window] =
        [bin.sent, bin.resent, bin.acknowledged, bin.sacked, bin.window].map(span);
    netshoot_sequence_bin_t {
        start_ns: bin.start.as_nanos(),
        segments: bin.segments,
        retransmissions: bin.retransmissions,
        sent_min: sent.0,
        sent_max: sent.1,
        resent_min: resent.0,
        resent_max: resent.1,
        acknowledged_min: acknowledged.0,
        acknowledged_max: acknowledged.1,
        sacked_min: sacked.0,
        sacked_max: sacked.1,
        window_min: window.0,
        window_max: window.1,
        in_flight_max: bin.max_in_flight.map_or(-1, i64::from),
        from_client: bin.from_client,
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

//! The end of a test.

use std::ffi::{CString, c_char, c_int};
use std::ptr;
use std::sync::OnceLock;
use std::time::UNIX_EPOCH;

use arrow_array::RecordBatchReader;
use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use netshoot_core::Result;
use netshoot_core::table::{self, Options, ReportStream};
use netshoot_core::throughput::latency::Latency;
use netshoot_core::throughput::protocol::{CpuUse, ServerOutput};
use netshoot_core::throughput::report::{Side, StreamReport};
use netshoot_core::throughput::verdict::{Limitation, verdict};
use netshoot_core::throughput::{Record, Report, Transport};

use crate::error::{guard, guard_status, netshoot_error_t};
use crate::report::nanos;
use crate::string_pool::{Pool, StringPool, Text};
use crate::throughput_interval::{netshoot_moved_t, netshoot_throughput_stream_t, netshoot_throughput_tcp_t, number};
use crate::{pointer, text};

/// `struct ArrowArrayStream` of the Arrow specification, under the name that the header generator sees.
pub(crate) type ArrowArrayStream = FFI_ArrowArrayStream;

/// All that a test told: its end, and its intervals. It never changes.
#[derive(Debug)]
pub struct netshoot_throughput_report_t {
    pub(crate) record: Record,
    pub(crate) latency: Option<Latency>,
    pool: StringPool,
    local_congestion: Text,
    remote_congestion: Text,
    server_output: Text,
    limits: Box<[Limit]>,
    json: OnceLock<CString>,
    text: OnceLock<CString>,
}

/// What limited one direction.
#[derive(Clone, Copy, Debug)]
struct Limit {
    server_sends: bool,
    confidence: f64,
    key: Text,
    name: Text,
    evidence: Text,
}

/// What limited one direction of a test. Its texts are valid as long as the report.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct netshoot_throughput_limit_t {
    /// A word for programs, such as "receive_window"; "machine" if nothing else limits.
    pub key: *const c_char,
    /// The same for people.
    pub name: *const c_char,
    /// The numbers that speak for it, joined by "; ".
    pub evidence: *const c_char,
    /// From 0 to 1: how sure that is.
    pub confidence: f64,
    /// Whether it limited what the server sent, else what the client sent.
    pub server_sends: bool,
}

/// What the streams of one direction did together, what is omitted excluded.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct netshoot_throughput_total_t {
    /// What their senders say.
    pub sent: netshoot_moved_t,
    /// What their receivers say.
    pub received: netshoot_moved_t,
    /// How many they are; 0 if the test has none in this direction.
    pub stream_count: usize,
}

/// Processor time in percent of one processor over the test.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct netshoot_cpu_use_t {
    /// User and system together.
    pub total: f64,
    /// In user space.
    pub user: f64,
    /// In the kernel.
    pub system: f64,
}

/// A test as a whole.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct netshoot_throughput_summary_t {
    /// When the data began to flow, since 1970-01-01T00:00:00Z.
    pub start_ns: i64,
    /// What the client sent.
    pub client_to_server: netshoot_throughput_total_t,
    /// What the server sent.
    pub server_to_client: netshoot_throughput_total_t,
    /// Processor time here.
    pub local_cpu: netshoot_cpu_use_t,
    /// Processor time of the peer.
    pub remote_cpu: netshoot_cpu_use_t,
    /// TCP congestion control here, or NULL.
    pub local_congestion: *const c_char,
    /// TCP congestion control of the peer, or NULL.
    pub remote_congestion: *const c_char,
    /// What the server printed, as text or as JSON, if the client asked for it, or NULL.
    pub server_output: *const c_char,
    /// What tells the test from others.
    pub cookie: [c_char; 40],
    /// Whether it was over UDP.
    pub udp: bool,
    /// Whether this end is the server.
    pub is_server: bool,
}

/// What one stream did in the whole test, what is omitted excluded.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct netshoot_throughput_stream_report_t {
    /// The stream.
    pub stream: netshoot_throughput_stream_t,
    /// What its sender says.
    pub sent: netshoot_moved_t,
    /// What its receiver says.
    pub received: netshoot_moved_t,
    /// What TCP said at the end.
    pub tcp: netshoot_throughput_tcp_t,
    /// Largest congestion window in octets; -1 where this end does not send over TCP, as the four that follow.
    pub max_congestion_window: i64,
    /// Largest window that the receiver granted, in octets.
    pub max_send_window: i64,
    /// Shortest round trip time at the ends of the intervals.
    pub min_rtt_ns: i64,
    /// Mean round trip time.
    pub mean_rtt_ns: i64,
    /// Longest round trip time.
    pub max_rtt_ns: i64,
    /// Whether this end sent without copying from user space.
    pub zero_copy: bool,
    /// Whether this end received without copying to user space.
    pub skip_rx_copy: bool,
    /// Whether this end had the kernel cut datagrams from larger ones.
    pub gso: bool,
    /// Whether this end had the kernel put datagrams together.
    pub gro: bool,
}

/// Tells of the test as a whole; its texts are valid as long as the report. Returns 0, or -1 if an argument is NULL or the
/// test failed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_throughput_report_summary(
    report: *const netshoot_throughput_report_t,
    out: *mut netshoot_throughput_summary_t,
) -> c_int {
    let body = || {
        // SAFETY: the caller lends a report or null.
        let report = unsafe { pointer::lent(report, "report") }?;
        let summary = report.summary().ok_or_else(|| pointer::out_of_range("report"))?;
        // SAFETY: the caller lends a struct or null.
        unsafe { pointer::write(out, summary) }
    };
    // SAFETY: null is allowed.
    unsafe { guard_status(ptr::null_mut(), body) }
}

/// The number of streams. 0 if report is NULL or the test failed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_throughput_report_stream_count(report: *const netshoot_throughput_report_t) -> usize {
    // SAFETY: the caller lends a report or null.
    let body = || Ok(unsafe { pointer::lent(report, "report") }?.record.report().map_or(0, |end| end.streams.len()));
    // SAFETY: null is allowed.
    unsafe { guard(ptr::null_mut(), 0, body) }
}

/// Tells of the stream at index, from 0 in the order of their making. Returns 0, or -1 if an argument is NULL or index too
/// large.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_throughput_report_stream(
    report: *const netshoot_throughput_report_t,
    index: usize,
    out: *mut netshoot_throughput_stream_report_t,
) -> c_int {
    let body = || {
        // SAFETY: the caller lends a report or null.
        let report = unsafe { pointer::lent(report, "report") }?;
        let stream = report.record.report().and_then(|end| end.streams.get(index));
        let stream = stream.ok_or_else(|| pointer::out_of_range("index"))?;
        // SAFETY: the caller lends a struct or null.
        unsafe { pointer::write(out, plain(stream)) }
    };
    // SAFETY: null is allowed.
    unsafe { guard_status(ptr::null_mut(), body) }
}

/// The number of limits that the numbers speak for, of all directions. 0 if report is NULL or the test failed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_throughput_report_limit_count(report: *const netshoot_throughput_report_t) -> usize {
    // SAFETY: the caller lends a report or null.
    let body = || Ok(unsafe { pointer::lent(report, "report") }?.limits.len());
    // SAFETY: null is allowed.
    unsafe { guard(ptr::null_mut(), 0, body) }
}

/// Tells of the limit at index, from 0: one direction after the other, and the chief one of each first. Returns 0, or -1 if
/// an argument is NULL or index too large.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_throughput_report_limit(
    report: *const netshoot_throughput_report_t,
    index: usize,
    out: *mut netshoot_throughput_limit_t,
) -> c_int {
    let body = || {
        // SAFETY: the caller lends a report or null.
        let report = unsafe { pointer::lent(report, "report") }?;
        let limit = report.limits.get(index).ok_or_else(|| pointer::out_of_range("index"))?;
        let plain = netshoot_throughput_limit_t {
            key: report.pool.get(limit.key),
            name: report.pool.get(limit.name),
            evidence: report.pool.get(limit.evidence),
            confidence: limit.confidence,
            server_sends: limit.server_sends,
        };
        // SAFETY: the caller lends a struct or null.
        unsafe { pointer::write(out, plain) }
    };
    // SAFETY: null is allowed.
    unsafe { guard_status(ptr::null_mut(), body) }
}

/// The document that `iperf3 -J` prints; valid as long as the report. NULL if report is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_throughput_report_json(report: *const netshoot_throughput_report_t) -> *const c_char {
    let body = || {
        // SAFETY: the caller lends a report or null.
        let report = unsafe { pointer::lent(report, "report") }?;
        Ok(report.json.get_or_init(|| string(report.record.document().pretty())).as_ptr())
    };
    // SAFETY: null is allowed.
    unsafe { guard(ptr::null_mut(), ptr::null(), body) }
}

/// The lines that iperf3 prints; valid as long as the report. NULL if report is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_throughput_report_text(report: *const netshoot_throughput_report_t) -> *const c_char {
    let body = || {
        // SAFETY: the caller lends a report or null.
        let report = unsafe { pointer::lent(report, "report") }?;
        let lines = || string(report.record.lines(Default::default()));
        Ok(report.text.get_or_init(lines).as_ptr())
    };
    // SAFETY: null is allowed.
    unsafe { guard(ptr::null_mut(), ptr::null(), body) }
}

/// Writes the intervals to out as an Arrow C stream, one row a stream and interval; see netshoot_report_flows_arrow.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_throughput_intervals_arrow(
    report: *const netshoot_throughput_report_t,
    out: *mut ArrowArrayStream,
    err: *mut netshoot_error_t,
) -> c_int {
    // SAFETY: the caller lends a report, a stream and an error struct, or null.
    unsafe { export(report, table::throughput::intervals, out, err) }
}

/// Writes the streams to out as an Arrow C stream, one row a stream; see netshoot_report_flows_arrow.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_throughput_streams_arrow(
    report: *const netshoot_throughput_report_t,
    out: *mut ArrowArrayStream,
    err: *mut netshoot_error_t,
) -> c_int {
    // SAFETY: the caller lends a report, a stream and an error struct, or null.
    unsafe { export(report, table::throughput::streams, out, err) }
}

/// Frees a report. Accepts NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_throughput_report_free(report: *mut netshoot_throughput_report_t) {
    // SAFETY: the caller gives back a report or null.
    unsafe { pointer::free(report) }
}

/// # Safety
/// `report` is null or lent by the caller; `out` and `err` are null or may be written.
pub(crate) unsafe fn export(
    report: *const netshoot_throughput_report_t,
    table: impl FnOnce(&Record, &Options) -> Result<ReportStream>,
    out: *mut ArrowArrayStream,
    err: *mut netshoot_error_t,
) -> c_int {
    let body = || {
        // SAFETY: the caller promises a report or null.
        let report = unsafe { pointer::lent(report, "report") }?;
        let batches: Box<dyn RecordBatchReader + Send> = Box::new(table(&report.record, &Options::default())?);
        // SAFETY: the caller promises null or writable memory, which may hold anything: it is not dropped.
        unsafe { pointer::write(out, FFI_ArrowArrayStream::new(batches)) }
    };
    // SAFETY: the caller promises null or a struct that may be written.
    unsafe { guard_status(err, body) }
}

impl netshoot_throughput_report_t {
    pub(crate) fn new(record: Record, latency: Option<Latency>) -> Self {
        let end = record.report();
        let output = end.and_then(|end| match end.server_output.as_ref()? {
            ServerOutput::Text(text) => Some(text.clone()),
            ServerOutput::Json(value) => Some(value.to_string()),
        });
        let verdicts = record.start().zip(end).map(|(start, end)| verdict(start, end)).unwrap_or_default();
        let texts: Vec<_> = verdicts.iter().flat_map(|one| &one.limitations).map(limit_texts).collect();
        let congestion = |read: fn(&Report) -> &Option<String>| end.and_then(|end| read(end).as_deref());
        let mut pool = Pool::default();
        let local_congestion = pool.add_some(congestion(|end| &end.local_congestion));
        let remote_congestion = pool.add_some(congestion(|end| &end.remote_congestion));
        let server_output = pool.add_some(output.as_deref());
        let limits = verdicts.iter().flat_map(|one| one.limitations.iter().map(move |limit| (one.sender, limit)));
        let limits = limits.zip(&texts).map(|((sender, limitation), (name, evidence))| Limit {
            server_sends: sender == Side::Server,
            confidence: limitation.confidence,
            key: pool.add(limitation.limit.key()),
            name: pool.add(name),
            evidence: pool.add(evidence),
        });
        let limits = limits.collect();
        let pool = pool.finish();
        let (json, text) = (OnceLock::new(), OnceLock::new());
        Self { record, latency, pool, local_congestion, remote_congestion, server_output, limits, json, text }
    }

    fn summary(&self) -> Option<netshoot_throughput_summary_t> {
        let (start, end) = (self.record.start()?, self.record.report()?);
        let is_server = end.side == Side::Server;
        let since_1970 = start.time.duration_since(UNIX_EPOCH).ok();
        Some(netshoot_throughput_summary_t {
            start_ns: nanos(since_1970),
            client_to_server: total(end, !is_server),
            server_to_client: total(end, is_server),
            local_cpu: end.local_cpu.into(),
            remote_cpu: end.remote_cpu.into(),
            local_congestion: self.pool.get(self.local_congestion),
            remote_congestion: self.pool.get(self.remote_congestion),
            server_output: self.pool.get(self.server_output),
            cookie: text::inline(&start.cookie.to_string()),
            udp: start.transport() == Transport::Udp,
            is_server,
        })
    }
}

/// The name of a limit, and what speaks for it.
fn limit_texts(limitation: &Limitation) -> (String, String) {
    let evidence: Vec<_> = limitation.evidence.iter().map(ToString::to_string).collect();
    (limitation.limit.to_string(), evidence.join("; "))
}

/// The streams that this end sends on, or the others.
fn total(end: &Report, local: bool) -> netshoot_throughput_total_t {
    let (sent, received) = end.sum(local);
    let stream_count = end.streams.iter().filter(|stream| stream.stream.sender == local).count();
    netshoot_throughput_total_t { sent: sent.into(), received: received.into(), stream_count }
}

fn plain(stream: &StreamReport) -> netshoot_throughput_stream_report_t {
    let tcp = stream.tcp.as_ref();
    netshoot_throughput_stream_report_t {
        stream: stream.stream.into(),
        sent: stream.sent.into(),
        received: stream.received.into(),
        tcp: stream.tcp_info.as_ref().into(),
        max_congestion_window: number(tcp.map(|tcp| tcp.max_congestion_window)),
        max_send_window: number(tcp.map(|tcp| tcp.max_send_window)),
        min_rtt_ns: nanos(tcp.map(|tcp| tcp.min_rtt)),
        mean_rtt_ns: nanos(tcp.map(|tcp| tcp.mean_rtt)),
        max_rtt_ns: nanos(tcp.map(|tcp| tcp.max_rtt)),
        zero_copy: stream.shortcuts.zero_copy,
        skip_rx_copy: stream.shortcuts.skip_rx_copy,
        gso: stream.shortcuts.segments > 0,
        gro: stream.shortcuts.gro,
    }
}

fn string(text: String) -> CString {
    CString::new(text.replace('\0', " ")).unwrap_or_default()
}

impl From<CpuUse> for netshoot_cpu_use_t {
    fn from(cpu: CpuUse) -> Self {
        Self { total: cpu.total, user: cpu.user, system: cpu.system }
    }
}

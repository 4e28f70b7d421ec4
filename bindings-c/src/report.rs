//! The outcome of an analysis as an opaque handle, and what it says of the capture as a whole.

use std::ffi::{c_char, c_int};
use std::ptr;
use std::sync::Arc;

use netshoot_core::analysis::Report;
use netshoot_core::capture::Timestamp;

use crate::error::guard_status;
use crate::string_pool::{Pool, StringPool, Text};
use crate::{pointer, text};

/// The outcome of an analysis: flows, DNS transactions and findings. It never changes.
#[derive(Debug)]
pub struct netshoot_report_t {
    pub(crate) report: Arc<Report>,
    pub(crate) strings: Strings,
}

/// What was captured, and whether it can be trusted.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct netshoot_summary_t {
    /// Frames read.
    pub frames: u64,
    /// Octets of the frames on the wire.
    pub bytes: u64,
    /// Octets of the frames captured.
    pub captured_bytes: u64,
    /// Time of the earliest frame; counts only with has_time.
    pub first_ns: i64,
    /// Time of the latest frame; counts only with has_time.
    pub last_ns: i64,
    /// Frames cut by the snap length.
    pub truncated_frames: u64,
    /// Frames of whose headers at least one could not be read whole.
    pub malformed_frames: u64,
    /// Frames whose time lies before that of the frame before them.
    pub time_reversals: u64,
    /// Frames that are IP fragments.
    pub fragments: u64,
    /// Flows that the memory limit made the analyzer forget.
    pub evicted_flows: u64,
    /// Frames in those flows.
    pub evicted_packets: u64,
    /// Octets in those flows.
    pub evicted_bytes: u64,
    /// DNS transactions that the memory limit made the analyzer forget.
    pub evicted_dns: u64,
    /// Why reading ended early, if the file is damaged or cut off; else NULL.
    pub damage: *const c_char,
    /// Whether any frame had a time.
    pub has_time: bool,
}

/// Traffic of one protocol, the innermost that was recognised.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct netshoot_protocol_t {
    /// Name, such as "tcp", "udp", "dns", "arp" or "other".
    pub name: [c_char; 16],
    /// Frames.
    pub frames: u64,
    /// Octets on the wire.
    pub bytes: u64,
}

/// Tells what was captured. Returns 0, or -1 if an argument is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_report_summary(
    report: *const netshoot_report_t,
    out: *mut netshoot_summary_t,
) -> c_int {
    let body = || {
        // SAFETY: the caller lends a report or null.
        let report = unsafe { pointer::lent(report, "report") }?;
        // SAFETY: the caller lends a struct or null.
        unsafe { pointer::write(out, report.summary()) }
    };
    // SAFETY: null is allowed.
    unsafe { guard_status(ptr::null_mut(), body) }
}

/// The number of protocols. 0 if report is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_report_protocol_count(report: *const netshoot_report_t) -> usize {
    // SAFETY: the caller lends a report or null.
    unsafe { count(report, |report| report.report.capture.protocols.len()) }
}

/// Tells of the protocol at index, from 0, the one with the most frames first. Returns 0, or -1 if an argument is NULL or
/// index too large.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_report_protocol(
    report: *const netshoot_report_t,
    index: usize,
    out: *mut netshoot_protocol_t,
) -> c_int {
    let row = |report: &netshoot_report_t| {
        let protocol = report.report.capture.protocols.get(index)?;
        let name = text::inline(protocol.protocol);
        Some(netshoot_protocol_t { name, frames: protocol.frames, bytes: protocol.bytes })
    };
    // SAFETY: the caller lends a report or null, and a struct or null.
    unsafe { fill(report, out, row) }
}

/// Frees a report, and with it all that it lent. Accepts NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_report_free(report: *mut netshoot_report_t) {
    // SAFETY: the caller gives back a report or null.
    unsafe { pointer::free(report) }
}

/// How many rows a table of a report has; 0 for null.
///
/// # Safety
/// `report` is null or lent by the caller.
pub(crate) unsafe fn count(report: *const netshoot_report_t, rows: impl FnOnce(&netshoot_report_t) -> usize) -> usize {
    // SAFETY: the caller promises a report or null.
    let body = || Ok(rows(unsafe { pointer::lent(report, "report") }?));
    // SAFETY: null is allowed.
    unsafe { crate::error::guard(ptr::null_mut(), 0, body) }
}

/// Writes one row of a report to `out`; -1 if there is none.
///
/// # Safety
/// `report` is null or lent by the caller, and `out` is null or may be written.
pub(crate) unsafe fn fill<T>(
    report: *const netshoot_report_t,
    out: *mut T,
    row: impl FnOnce(&netshoot_report_t) -> Option<T>,
) -> c_int {
    let body = || {
        // SAFETY: the caller promises a report or null.
        let report = unsafe { pointer::lent(report, "report") }?;
        let row = row(report).ok_or_else(|| pointer::out_of_range("index"))?;
        // SAFETY: the caller promises null or writable memory.
        unsafe { pointer::write(out, row) }
    };
    // SAFETY: null is allowed.
    unsafe { guard_status(ptr::null_mut(), body) }
}

impl netshoot_report_t {
    /// Hands a report to the caller.
    pub(crate) fn give(report: Report) -> *mut Self {
        let strings = Strings::of(&report);
        pointer::give(Self { report: Arc::new(report), strings })
    }

    /// The C string at `text`, which lives as long as the report.
    pub(crate) fn string(&self, text: Text) -> *const c_char {
        self.strings.pool.get(text)
    }

    fn summary(&self) -> netshoot_summary_t {
        let capture = &self.report.capture;
        let evicted = &self.report.evicted;
        netshoot_summary_t {
            frames: capture.frames,
            bytes: capture.bytes,
            captured_bytes: capture.captured_bytes,
            first_ns: capture.first.map_or(0, Timestamp::as_nanos),
            last_ns: capture.last.map_or(0, Timestamp::as_nanos),
            truncated_frames: capture.truncated_frames,
            malformed_frames: capture.malformed_frames,
            time_reversals: capture.time_reversals,
            fragments: capture.fragments,
            evicted_flows: evicted.flows,
            evicted_packets: evicted.packets,
            evicted_bytes: evicted.bytes,
            evicted_dns: evicted.dns,
            damage: self.string(self.strings.damage),
            has_time: capture.first.is_some(),
        }
    }
}

/// The texts of a report as C strings. Rust's have no NUL at the end, so that they are kept a second time, each distinct
/// text once.
#[derive(Debug)]
pub(crate) struct Strings {
    pool: StringPool,
    damage: Text,
    /// The server name of each flow.
    pub(crate) flows: Vec<Text>,
    /// Of each DNS transaction.
    pub(crate) dns: Vec<DnsStrings>,
    /// Answers of all DNS transactions, one after the other.
    pub(crate) answers: Vec<Text>,
    /// Of each finding.
    pub(crate) findings: Vec<FindingStrings>,
}

#[derive(Debug)]
pub(crate) struct DnsStrings {
    pub(crate) name: Text,
    pub(crate) canonical_name: Text,
    pub(crate) first_answer: usize,
}

#[derive(Debug)]
pub(crate) struct FindingStrings {
    pub(crate) slug: Text,
    pub(crate) title: Text,
    pub(crate) summary: Text,
    pub(crate) name: Text,
    pub(crate) wireshark_filter: Text,
    pub(crate) next_steps: Text,
}

impl Strings {
    fn of(report: &Report) -> Self {
        let mut pool = Pool::default();
        let damage = pool.add_some(report.capture.damage.as_deref());
        let flows = report.flows.iter().map(|flow| pool.add_some(flow.server_name.as_deref())).collect();
        let mut answers = Vec::new();
        let mut dns = Vec::with_capacity(report.dns.len());
        for transaction in &report.dns {
            let name = pool.add(&transaction.name);
            let canonical_name = pool.add_some(transaction.cname.as_deref());
            dns.push(DnsStrings { name, canonical_name, first_answer: answers.len() });
            answers.extend(transaction.answers.iter().map(|answer| pool.add(answer)));
        }
        let findings = report
            .findings
            .iter()
            .map(|finding| FindingStrings {
                slug: pool.add(finding.kind.slug()),
                title: pool.add(&finding.title),
                summary: pool.add(&finding.summary),
                name: pool.add_some(finding.name.as_deref()),
                wireshark_filter: pool.add(&finding.wireshark_filter),
                next_steps: pool.add(&finding.next_steps),
            })
            .collect();
        Self { pool: pool.finish(), damage, flows, dns, answers, findings }
    }
}

/// Nanoseconds of a duration as C sees it: -1 where it is not known.
pub(crate) fn nanos(duration: Option<std::time::Duration>) -> i64 {
    duration.map_or(-1, |duration| i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX))
}

/// A number as C sees it: -1 where it is not known.
pub(crate) fn known<T: Into<i64>>(number: Option<T>) -> i64 {
    number.map_or(-1, Into::into)
}

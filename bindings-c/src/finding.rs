//! The findings of a report.

use std::ffi::{c_char, c_int};

use netshoot_core::analysis::{Finding, Severity, Verdict};

use crate::flow::netshoot_endpoint_t;
use crate::report::{FindingStrings, count, fill, nanos, netshoot_report_t};

/// Worth knowing, rarely a cause.
pub const NETSHOOT_SEVERITY_NOTE: u8 = 1;
/// Costs time or is about to fail.
pub const NETSHOOT_SEVERITY_WARNING: u8 = 2;
/// Something does not work.
pub const NETSHOOT_SEVERITY_CRITICAL: u8 = 3;

/// The packets do not tell where the cause lies.
pub const NETSHOOT_VERDICT_UNKNOWN: u8 = 0;
/// The cause lies between the hosts.
pub const NETSHOOT_VERDICT_NETWORK: u8 = 1;
/// At the server's host.
pub const NETSHOOT_VERDICT_SERVER: u8 = 2;
/// At the client's host.
pub const NETSHOOT_VERDICT_CLIENT: u8 = 3;
/// In the name service.
pub const NETSHOOT_VERDICT_DNS: u8 = 4;
/// In the capture itself.
pub const NETSHOOT_VERDICT_CAPTURE: u8 = 5;
/// In a program, while its host and the network do their work.
pub const NETSHOOT_VERDICT_APPLICATION: u8 = 6;
/// Nothing is wrong.
pub const NETSHOOT_VERDICT_NONE: u8 = 7;

/// Something a person should know, with the frames that prove it. All pointers are valid as long as the report.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct netshoot_finding_t {
    /// The stable name of the kind, such as "tcp-unanswered-syn".
    pub kind: *const c_char,
    /// A few words.
    pub title: *const c_char,
    /// One plain sentence with the numbers.
    pub summary: *const c_char,
    /// A name concerned, of a DNS question or of a server, or NULL.
    pub name: *const c_char,
    /// A Wireshark display filter that shows it.
    pub wireshark_filter: *const c_char,
    /// What to look at next.
    pub next_steps: *const c_char,
    /// Numbers of the frames that prove it, rising.
    pub evidence_frames: *const u64,
    /// How many there are at evidence_frames, at most 20.
    pub evidence_frame_count: usize,
    /// The flows concerned, rising.
    pub flow_ids: *const u32,
    /// How many there are at flow_ids, at most 100.
    pub flow_id_count: usize,
    /// Time of the first event.
    pub first_ns: i64,
    /// Time of the last event.
    pub last_ns: i64,
    /// Time that it cost, summed over the flows; -1 where that cannot be said.
    pub impact_ns: i64,
    /// How often it happened.
    pub events: u64,
    /// Number of the finding in its report, from 1, the worst first.
    pub id: u32,
    /// Number of flows concerned.
    pub flows: u32,
    /// How sure it is, 0 to 1.
    pub confidence: f32,
    /// The service concerned; its address has version 0 if it is not one service.
    pub server: netshoot_endpoint_t,
    /// The client concerned, without a port where there are several flows; its address has version 0 if it is not one.
    pub client: netshoot_endpoint_t,
    /// How much it matters, NETSHOOT_SEVERITY_….
    pub severity: u8,
    /// Where the cause lies, NETSHOOT_VERDICT_….
    pub verdict: u8,
}

/// The number of findings. 0 if report is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_report_finding_count(report: *const netshoot_report_t) -> usize {
    // SAFETY: the caller lends a report or null.
    unsafe { count(report, |report| report.report.findings.len()) }
}

/// Tells of the finding at index, from 0, the worst first. Returns 0, or -1 if an argument is NULL or index too large.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_report_finding(
    report: *const netshoot_report_t,
    index: usize,
    out: *mut netshoot_finding_t,
) -> c_int {
    let row = |report: &netshoot_report_t| {
        Some(plain(report, report.report.findings.get(index)?, report.strings.findings.get(index)?))
    };
    // SAFETY: the caller lends a report or null, and a struct or null.
    unsafe { fill(report, out, row) }
}

/// Where the trouble of the whole capture lies, NETSHOOT_VERDICT_…: the verdict of the first finding if it is more than a
/// note, else NETSHOOT_VERDICT_NONE. NETSHOOT_VERDICT_UNKNOWN if report is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_report_verdict(report: *const netshoot_report_t) -> u8 {
    // SAFETY: the caller lends a report or null.
    unsafe { report.as_ref() }.map_or(NETSHOOT_VERDICT_UNKNOWN, |report| verdict(report.report.verdict()))
}

/// The word for a severity: "note", "warning" or "critical"; NULL for another number.
#[unsafe(no_mangle)]
pub extern "C" fn netshoot_severity_name(severity: u8) -> *const c_char {
    let name = match severity {
        NETSHOOT_SEVERITY_NOTE => c"note",
        NETSHOOT_SEVERITY_WARNING => c"warning",
        NETSHOOT_SEVERITY_CRITICAL => c"critical",
        _ => return std::ptr::null(),
    };
    name.as_ptr()
}

fn plain(report: &netshoot_report_t, finding: &Finding, strings: &FindingStrings) -> netshoot_finding_t {
    netshoot_finding_t {
        kind: report.string(strings.slug),
        title: report.string(strings.title),
        summary: report.string(strings.summary),
        name: report.string(strings.name),
        wireshark_filter: report.string(strings.wireshark_filter),
        next_steps: report.string(strings.next_steps),
        evidence_frames: finding.evidence_frames.as_ptr(),
        evidence_frame_count: finding.evidence_frames.len(),
        flow_ids: finding.flow_ids.as_ptr(),
        flow_id_count: finding.flow_ids.len(),
        first_ns: finding.first.as_nanos(),
        last_ns: finding.last.as_nanos(),
        impact_ns: nanos(finding.impact),
        events: finding.events,
        id: finding.id,
        flows: finding.flows,
        confidence: finding.confidence,
        server: finding.server.map(Into::into).unwrap_or_default(),
        client: finding.client.map(Into::into).unwrap_or_default(),
        severity: match finding.severity {
            Severity::Note => NETSHOOT_SEVERITY_NOTE,
            Severity::Warning => NETSHOOT_SEVERITY_WARNING,
            Severity::Critical => NETSHOOT_SEVERITY_CRITICAL,
        },
        verdict: verdict(finding.verdict),
    }
}

/// The number of a verdict.
pub(crate) fn verdict(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Network => NETSHOOT_VERDICT_NETWORK,
        Verdict::Server => NETSHOOT_VERDICT_SERVER,
        Verdict::Client => NETSHOOT_VERDICT_CLIENT,
        Verdict::Application => NETSHOOT_VERDICT_APPLICATION,
        Verdict::Dns => NETSHOOT_VERDICT_DNS,
        Verdict::Capture => NETSHOOT_VERDICT_CAPTURE,
        Verdict::None => NETSHOOT_VERDICT_NONE,
        _ => NETSHOOT_VERDICT_UNKNOWN,
    }
}

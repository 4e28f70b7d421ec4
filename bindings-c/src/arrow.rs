//! Tables by the Arrow C stream interface.

use std::ffi::{c_char, c_int};
use std::sync::Arc;

use arrow_array::RecordBatchReader;
use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use netshoot_core::Result;
use netshoot_core::analysis::Report;
use netshoot_core::capture::Reader;
use netshoot_core::table::{self, Options, ReportStream};

use crate::analyzer::{self, netshoot_options_t};
use crate::error::{guard_status, netshoot_error_t};
use crate::pointer;
use crate::report::netshoot_report_t;

/// `struct ArrowArrayStream` of the Arrow specification, under the name that the header generator sees.
type ArrowArrayStream = FFI_ArrowArrayStream;

/// Writes the flows to out as an Arrow C stream: record batches, one row a flow.
///
/// The stream belongs to the caller, who calls its release function in the end; it may outlive the report. Returns 0, or
/// -1 if an argument is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_report_flows_arrow(
    report: *const netshoot_report_t,
    out: *mut ArrowArrayStream,
    err: *mut netshoot_error_t,
) -> c_int {
    // SAFETY: the caller lends a report, a stream and an error struct, or null.
    unsafe { export(report, table::flows, out, err) }
}

/// Writes the DNS transactions to out as an Arrow C stream, one row a transaction; see netshoot_report_flows_arrow.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_report_dns_arrow(
    report: *const netshoot_report_t,
    out: *mut ArrowArrayStream,
    err: *mut netshoot_error_t,
) -> c_int {
    // SAFETY: the caller lends a report, a stream and an error struct, or null.
    unsafe { export(report, table::dns, out, err) }
}

/// Writes the calls on TCP connections to out as an Arrow C stream; see netshoot_report_flows_arrow.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_report_calls_arrow(
    report: *const netshoot_report_t,
    out: *mut ArrowArrayStream,
    err: *mut netshoot_error_t,
) -> c_int {
    // SAFETY: the caller lends a report, a stream and an error struct, or null.
    unsafe { export(report, table::calls, out, err) }
}

/// Writes the handshakes of TLS to out as an Arrow C stream; see netshoot_report_flows_arrow.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_report_tls_arrow(
    report: *const netshoot_report_t,
    out: *mut ArrowArrayStream,
    err: *mut netshoot_error_t,
) -> c_int {
    // SAFETY: the caller lends a report, a stream and an error struct, or null.
    unsafe { export(report, table::tls, out, err) }
}

/// Writes the beginnings of connections of QUIC to out as an Arrow C stream; see netshoot_report_flows_arrow.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_report_quic_arrow(
    report: *const netshoot_report_t,
    out: *mut ArrowArrayStream,
    err: *mut netshoot_error_t,
) -> c_int {
    // SAFETY: the caller lends a report, a stream and an error struct, or null.
    unsafe { export(report, table::quic, out, err) }
}

/// Writes the errors and echo requests of ICMP to out as an Arrow C stream; see netshoot_report_flows_arrow.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_report_icmp_arrow(
    report: *const netshoot_report_t,
    out: *mut ArrowArrayStream,
    err: *mut netshoot_error_t,
) -> c_int {
    // SAFETY: the caller lends a report, a stream and an error struct, or null.
    unsafe { export(report, table::icmp, out, err) }
}

/// Writes the messages of ARP to out as an Arrow C stream; see netshoot_report_flows_arrow.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_report_arp_arrow(
    report: *const netshoot_report_t,
    out: *mut ArrowArrayStream,
    err: *mut netshoot_error_t,
) -> c_int {
    // SAFETY: the caller lends a report, a stream and an error struct, or null.
    unsafe { export(report, table::arp, out, err) }
}

/// Writes the exchanges of DHCP for IPv4 to out as an Arrow C stream; see netshoot_report_flows_arrow.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_report_dhcp_arrow(
    report: *const netshoot_report_t,
    out: *mut ArrowArrayStream,
    err: *mut netshoot_error_t,
) -> c_int {
    // SAFETY: the caller lends a report, a stream and an error struct, or null.
    unsafe { export(report, table::dhcp, out, err) }
}

/// Writes the findings to out as an Arrow C stream, one row a finding; see netshoot_report_flows_arrow.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_report_findings_arrow(
    report: *const netshoot_report_t,
    out: *mut ArrowArrayStream,
    err: *mut netshoot_error_t,
) -> c_int {
    // SAFETY: the caller lends a report, a stream and an error struct, or null.
    unsafe { export(report, table::findings, out, err) }
}

/// Writes the packets of the pcap or pcapng file at path to out as an Arrow C stream, one row a frame. options may be NULL;
/// with those of a report on the same capture, flow_id is the number that a flow has there, and frames that do not count have
/// no row.
///
/// The file is read while the stream is; it is closed when the stream is released. Where it is damaged or cut off,
/// get_next fails behind the rows before that place, and get_last_error says why. Returns 0, or -1 if the file cannot be
/// opened or is no capture, or if an option makes no sense.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_packets_arrow(
    path: *const c_char,
    options: *const netshoot_options_t,
    out: *mut ArrowArrayStream,
    err: *mut netshoot_error_t,
) -> c_int {
    let body = || {
        // SAFETY: the caller lends a string or null.
        let path = unsafe { pointer::path(path) }?;
        // SAFETY: the caller lends options or null.
        let options = Options::default().with_analysis(unsafe { analyzer::chosen(options) }?);
        let batches = Box::new(table::packets(Reader::open(path)?, &options)?);
        // SAFETY: the caller promises null or writable memory, which may hold anything: it is not dropped.
        unsafe { pointer::write(out, FFI_ArrowArrayStream::new(batches)) }
    };
    // SAFETY: the caller lends an error struct or null.
    unsafe { guard_status(err, body) }
}

/// # Safety
/// `report` is null or lent by the caller; `out` and `err` are null or may be written.
unsafe fn export(
    report: *const netshoot_report_t,
    table: impl FnOnce(Arc<Report>, &Options) -> Result<ReportStream>,
    out: *mut ArrowArrayStream,
    err: *mut netshoot_error_t,
) -> c_int {
    let body = || {
        // SAFETY: the caller promises a report or null.
        let report = unsafe { pointer::lent(report, "report") }?;
        let batches: Box<dyn RecordBatchReader + Send> =
            Box::new(table(Arc::clone(&report.report), &Options::default())?);
        // SAFETY: the caller promises null or writable memory, which may hold anything: it is not dropped.
        unsafe { pointer::write(out, FFI_ArrowArrayStream::new(batches)) }
    };
    // SAFETY: the caller promises null or a struct that may be written.
    unsafe { guard_status(err, body) }
}

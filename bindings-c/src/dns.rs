//! The DNS transactions of a report.

use std::ffi::{c_char, c_int};
use std::ptr;

use netshoot_core::analysis::{DnsTransaction, DnsTransport};

use crate::address::netshoot_address_t;
use crate::error::guard;
use crate::pointer;
use crate::report::{DnsStrings, count, fill, known, nanos, netshoot_report_t};

/// DNS over UDP, port 53.
pub const NETSHOOT_DNS_TRANSPORT_UDP: u8 = 0;
/// Multicast DNS, UDP port 5353.
pub const NETSHOOT_DNS_TRANSPORT_MDNS: u8 = 1;
/// Link-local multicast name resolution, UDP port 5355.
pub const NETSHOOT_DNS_TRANSPORT_LLMNR: u8 = 2;
/// DNS over TCP, port 53.
pub const NETSHOOT_DNS_TRANSPORT_TCP: u8 = 3;

/// One question put to one resolver, with its answer if there was one. Strings are valid as long as the report.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct netshoot_dns_t {
    /// The name asked for, in presentation format without a final dot.
    pub name: *const c_char,
    /// The first canonical name in the answer, or NULL.
    pub canonical_name: *const c_char,
    /// Time of the first query; of the response where the query was not captured.
    pub time_ns: i64,
    /// From the last query before the answer to the answer; -1 if not known.
    pub latency_ns: i64,
    /// From the first query to the answer, what the client waited; -1 if not known.
    pub first_latency_ns: i64,
    /// The smallest time to live in the answer section, in seconds; -1 without.
    pub min_ttl_s: i64,
    /// Frame of the first query; 0 if it was not captured.
    pub query_frame: u64,
    /// Frame of the answer; 0 without an answer.
    pub response_frame: u64,
    /// Who asked.
    pub client: netshoot_address_t,
    /// Who was asked.
    pub resolver: netshoot_address_t,
    /// The flow of the first query.
    pub flow_id: u32,
    /// Queries sent with this identifier and question.
    pub attempts: u32,
    /// The answer's code, such as 3 for NXDOMAIN; -1 without an answer.
    pub response_code: i32,
    /// The number of answers that netshoot_report_dns_answer knows, at most 16.
    pub answer_count: u32,
    /// Transaction identifier.
    pub id: u16,
    /// The type asked for, such as 1 for A and 28 for AAAA.
    pub record_type: u16,
    /// How the message travelled, NETSHOOT_DNS_TRANSPORT_….
    pub transport: u8,
    /// Whether the answer was cut to fit into a datagram.
    pub truncated: bool,
}

/// The number of DNS transactions. 0 if report is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_report_dns_count(report: *const netshoot_report_t) -> usize {
    // SAFETY: the caller lends a report or null.
    unsafe { count(report, |report| report.report.dns.len()) }
}

/// Tells of the DNS transaction at index, from 0 in order of time. Returns 0, or -1 if an argument is NULL or index too
/// large.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_report_dns(
    report: *const netshoot_report_t,
    index: usize,
    out: *mut netshoot_dns_t,
) -> c_int {
    let row =
        |report: &netshoot_report_t| Some(plain(report, report.report.dns.get(index)?, report.strings.dns.get(index)?));
    // SAFETY: the caller lends a report or null, and a struct or null.
    unsafe { fill(report, out, row) }
}

/// An answer to the DNS transaction at index: an address or a name as text. Both indices start at 0. Returns NULL if
/// there is no such answer, or report is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_report_dns_answer(
    report: *const netshoot_report_t,
    index: usize,
    answer_index: usize,
) -> *const c_char {
    let body = || {
        // SAFETY: the caller lends a report or null.
        let report = unsafe { pointer::lent(report, "report") }?;
        Ok(answer(report, index, answer_index).unwrap_or(ptr::null()))
    };
    // SAFETY: null is allowed.
    unsafe { guard(ptr::null_mut(), ptr::null(), body) }
}

fn answer(report: &netshoot_report_t, index: usize, answer_index: usize) -> Option<*const c_char> {
    let of_transaction = report.report.dns.get(index)?.answers.len();
    let first = report.strings.dns.get(index)?.first_answer;
    let answers = report.strings.answers.get(first..)?.get(..of_transaction)?;
    answers.get(answer_index).map(|text| report.string(*text))
}

fn plain(report: &netshoot_report_t, dns: &DnsTransaction, strings: &DnsStrings) -> netshoot_dns_t {
    netshoot_dns_t {
        name: report.string(strings.name),
        canonical_name: report.string(strings.canonical_name),
        time_ns: dns.time.as_nanos(),
        latency_ns: nanos(dns.latency),
        first_latency_ns: nanos(dns.first_latency),
        min_ttl_s: known(dns.min_ttl),
        query_frame: dns.query_frame.unwrap_or(0),
        response_frame: dns.response_frame.unwrap_or(0),
        client: dns.client.into(),
        resolver: dns.resolver.into(),
        flow_id: dns.flow_id,
        attempts: dns.attempts,
        response_code: dns.response_code.map_or(-1, |code| code.0.into()),
        answer_count: u32::try_from(dns.answers.len()).unwrap_or(u32::MAX),
        id: dns.id,
        record_type: dns.record_type.0,
        transport: match dns.transport {
            DnsTransport::Mdns => NETSHOOT_DNS_TRANSPORT_MDNS,
            DnsTransport::Llmnr => NETSHOOT_DNS_TRANSPORT_LLMNR,
            DnsTransport::Tcp => NETSHOOT_DNS_TRANSPORT_TCP,
            _ => NETSHOOT_DNS_TRANSPORT_UDP,
        },
        truncated: dns.truncated,
    }
}

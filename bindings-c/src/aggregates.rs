//! Traffic added up: endpoints, conversations, and the hierarchy of protocols.

use std::ffi::{c_char, c_int};
use std::ops::ControlFlow;
use std::ptr;

use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use netshoot_core::analysis::{
    self, AttemptedServices, Attempts, ConversationTraffic, Conversations, EndpointTraffic, Endpoints, Hierarchy,
    HierarchyNode, Traffic,
};
use netshoot_core::capture::Reader;
use netshoot_core::table;
use netshoot_core::{Error, Result};

use crate::address::netshoot_address_t;
use crate::analyzer::{self, netshoot_options_t};
use crate::error::{guard, guard_status, netshoot_error_t};
use crate::report::netshoot_report_t;
use crate::series::export;
use crate::{pointer, text};

type ArrowArrayStream = FFI_ArrowArrayStream;

/// Frames and their octets on the wire.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct netshoot_traffic_t {
    /// Frames.
    pub frames: u64,
    /// Octets.
    pub bytes: u64,
}

/// Traffic of each IP address.
#[derive(Debug)]
pub struct netshoot_endpoints_t {
    sum: Endpoints,
    rows: Vec<EndpointTraffic>,
}

/// Traffic of an IP address.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct netshoot_endpoint_traffic_t {
    /// The address.
    pub address: netshoot_address_t,
    /// Flows of which it is an end.
    pub flows: u64,
    /// What it sent.
    pub sent: netshoot_traffic_t,
    /// What was sent to it.
    pub received: netshoot_traffic_t,
    /// Time of the first frame.
    pub first_ns: i64,
    /// Time of the last frame.
    pub last_ns: i64,
}

/// Traffic between each two IP addresses.
#[derive(Debug)]
pub struct netshoot_conversations_t {
    sum: Conversations,
    rows: Vec<ConversationTraffic>,
}

/// Traffic between two IP addresses.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct netshoot_conversation_t {
    /// The lower address.
    pub a: netshoot_address_t,
    /// The higher address.
    pub b: netshoot_address_t,
    /// Flows between the two.
    pub flows: u64,
    /// What the lower address sent; everything if both are the same.
    pub a_to_b: netshoot_traffic_t,
    /// What the higher address sent.
    pub b_to_a: netshoot_traffic_t,
    /// Time of the first frame.
    pub first_ns: i64,
    /// Time of the last frame.
    pub last_ns: i64,
}

/// Traffic of each protocol, by the protocols that carry it.
#[derive(Debug)]
pub struct netshoot_hierarchy_t {
    sum: Hierarchy,
    rows: Vec<HierarchyNode>,
}

/// What clients tried to connect to in vain.
#[derive(Debug)]
pub struct netshoot_attempts_t {
    sum: Attempts,
    rows: Vec<AttemptedServices>,
}

/// What a client tried in vain.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct netshoot_attempted_services_t {
    /// The client.
    pub client: netshoot_address_t,
    /// Different addresses and ports.
    pub services: u64,
    /// Different addresses.
    pub hosts: u64,
    /// Connections.
    pub attempts: u64,
    /// Connections that nobody answered.
    pub unanswered: u64,
    /// Connections that were refused.
    pub refused: u64,
    /// The packets of these connections, both ways.
    pub traffic: netshoot_traffic_t,
    /// Time of the first.
    pub first_ns: i64,
    /// Time of the last frame of the last.
    pub last_ns: i64,
}

/// A protocol inside of others.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct netshoot_hierarchy_node_t {
    /// The protocols around it and itself, outermost first, such as "eth:ip:tcp".
    pub path: [c_char; 256],
    /// How many protocols are around it.
    pub depth: u32,
    /// The frames that contain it, with all that it carries.
    pub traffic: netshoot_traffic_t,
}

/// Adds up the traffic of each IP address of a report, of 100,000 at most. A packet inside of a tunnel counts as well
/// as the one around it.
///
/// Returns NULL if report is NULL. Free it with netshoot_endpoints_free.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_endpoints(
    report: *const netshoot_report_t,
    err: *mut netshoot_error_t,
) -> *mut netshoot_endpoints_t {
    let body = || {
        // SAFETY: the caller lends a report or null.
        let sum = Endpoints::of(&unsafe { pointer::lent(report, "report") }?.report);
        let rows = sum.rows();
        Ok(pointer::give(netshoot_endpoints_t { sum, rows }))
    };
    // SAFETY: the caller lends an error struct or null.
    unsafe { guard(err, ptr::null_mut(), body) }
}

/// Adds up the traffic between each two IP addresses of a report, of 100,000 pairs at most.
///
/// Returns NULL if report is NULL. Free it with netshoot_conversations_free.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_conversations(
    report: *const netshoot_report_t,
    err: *mut netshoot_error_t,
) -> *mut netshoot_conversations_t {
    let body = || {
        // SAFETY: the caller lends a report or null.
        let sum = Conversations::of(&unsafe { pointer::lent(report, "report") }?.report);
        let rows = sum.rows();
        Ok(pointer::give(netshoot_conversations_t { sum, rows }))
    };
    // SAFETY: the caller lends an error struct or null.
    unsafe { guard(err, ptr::null_mut(), body) }
}

/// Adds up what clients of a report tried to connect to in vain, 100,000 pairs of a client and a service at most: scans of
/// ports, SYNs that nobody answers, servers that are gone.
///
/// Returns NULL if report is NULL. Free it with netshoot_attempts_free.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_attempts(
    report: *const netshoot_report_t,
    err: *mut netshoot_error_t,
) -> *mut netshoot_attempts_t {
    let body = || {
        // SAFETY: the caller lends a report or null.
        let sum = Attempts::of(&unsafe { pointer::lent(report, "report") }?.report);
        let rows = sum.rows();
        Ok(pointer::give(netshoot_attempts_t { sum, rows }))
    };
    // SAFETY: the caller lends an error struct or null.
    unsafe { guard(err, ptr::null_mut(), body) }
}

/// Adds what was tried elsewhere, such as in another capture, in any order. Returns 0, or -1 if an argument is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_attempts_merge(
    attempts: *mut netshoot_attempts_t,
    other: *const netshoot_attempts_t,
    err: *mut netshoot_error_t,
) -> c_int {
    let body = || {
        // SAFETY: the caller lends a struct or null.
        let other = unsafe { pointer::lent(other, "other") }?.sum.clone();
        // SAFETY: the caller lends a struct or null, which is not looked at elsewhere: the other one was copied.
        let attempts = unsafe { pointer::lent_mut(attempts, "attempts") }?;
        attempts.sum.merge(&other);
        attempts.rows = attempts.sum.rows();
        Ok(())
    };
    // SAFETY: the caller lends an error struct or null.
    unsafe { guard_status(err, body) }
}

/// The number of clients. 0 if attempts is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_attempts_count(attempts: *const netshoot_attempts_t) -> usize {
    // SAFETY: the caller lends a struct or null.
    let body = || Ok(unsafe { pointer::lent(attempts, "attempts") }?.rows.len());
    // SAFETY: null is allowed.
    unsafe { guard(ptr::null_mut(), 0, body) }
}

/// Tells of the client at index, from 0, the one that tried the most services first. Returns 0, or -1 if an argument is
/// NULL or index too large.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_attempts_row(
    attempts: *const netshoot_attempts_t,
    index: usize,
    out: *mut netshoot_attempted_services_t,
) -> c_int {
    // SAFETY: the caller lends a struct or null, and another one or null.
    unsafe { read(attempts, |attempts| Ok(attempted(attempts.rows.get(index).ok_or_else(index_error)?)), out) }
}

/// Tells what was sent in attempts that there was no room for. Returns 0, or -1 if an argument is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_attempts_others(
    attempts: *const netshoot_attempts_t,
    out: *mut netshoot_traffic_t,
) -> c_int {
    // SAFETY: the caller lends a struct or null, and another one or null.
    unsafe { read(attempts, |attempts| Ok(attempts.sum.others().into()), out) }
}

/// Writes the clients to out as an Arrow C stream, one row for each; see netshoot_report_flows_arrow.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_attempts_arrow(
    attempts: *const netshoot_attempts_t,
    out: *mut ArrowArrayStream,
    err: *mut netshoot_error_t,
) -> c_int {
    // SAFETY: the caller lends a struct, a stream and an error struct, or null.
    unsafe { export(attempts, |attempts| table::attempts(&attempts.sum, &table::Options::default()), out, err) }
}

/// Frees attempts. Accepts NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_attempts_free(attempts: *mut netshoot_attempts_t) {
    // SAFETY: the caller gives back a struct or null.
    unsafe { pointer::free(attempts) }
}

/// Counts the protocols in the frames of a capture, in 1,000 different stacks at most. options may be NULL; of them counts
/// from when on frames do.
///
/// Returns NULL if the file cannot be opened or is no capture, or if an option makes no sense; damage ends the counting. Free
/// it with netshoot_hierarchy_free.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_hierarchy(
    path: *const c_char,
    options: *const netshoot_options_t,
    err: *mut netshoot_error_t,
) -> *mut netshoot_hierarchy_t {
    let body = || {
        // SAFETY: the caller lends a string or null.
        let path = unsafe { pointer::path(path) }?;
        let go_on = |_, _| ControlFlow::Continue(());
        // SAFETY: the caller lends options or null.
        let options = unsafe { analyzer::chosen(options) }?;
        let sum = analysis::hierarchy(&mut Reader::open(path)?, &options, go_on)?;
        let rows = sum.nodes();
        Ok(pointer::give(netshoot_hierarchy_t { sum, rows }))
    };
    // SAFETY: the caller lends an error struct or null.
    unsafe { guard(err, ptr::null_mut(), body) }
}

/// Adds the traffic of other endpoints, such as those of another capture, in any order. Returns 0, or -1 if an argument
/// is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_endpoints_merge(
    endpoints: *mut netshoot_endpoints_t,
    other: *const netshoot_endpoints_t,
    err: *mut netshoot_error_t,
) -> c_int {
    let body = || {
        // SAFETY: the caller lends a struct or null.
        let other = unsafe { pointer::lent(other, "other") }?.sum.clone();
        // SAFETY: the caller lends a struct or null, which is not looked at elsewhere: the other one was copied.
        let endpoints = unsafe { pointer::lent_mut(endpoints, "endpoints") }?;
        endpoints.sum.merge(&other);
        endpoints.rows = endpoints.sum.rows();
        Ok(())
    };
    // SAFETY: the caller lends an error struct or null.
    unsafe { guard_status(err, body) }
}

/// The number of addresses. 0 if endpoints is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_endpoints_count(endpoints: *const netshoot_endpoints_t) -> usize {
    // SAFETY: the caller lends a struct or null.
    let body = || Ok(unsafe { pointer::lent(endpoints, "endpoints") }?.rows.len());
    // SAFETY: null is allowed.
    unsafe { guard(ptr::null_mut(), 0, body) }
}

/// Tells of the address at index, from 0, the one with the most octets first. Returns 0, or -1 if an argument is NULL
/// or index too large.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_endpoints_row(
    endpoints: *const netshoot_endpoints_t,
    index: usize,
    out: *mut netshoot_endpoint_traffic_t,
) -> c_int {
    // SAFETY: the caller lends a struct or null, and another one or null.
    unsafe { read(endpoints, |endpoints| Ok(endpoint(endpoints.rows.get(index).ok_or_else(index_error)?)), out) }
}

/// Tells what was sent by addresses that are not listed, or by flows that were evicted. Returns 0, or -1 if an argument
/// is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_endpoints_others(
    endpoints: *const netshoot_endpoints_t,
    out: *mut netshoot_traffic_t,
) -> c_int {
    // SAFETY: the caller lends a struct or null, and another one or null.
    unsafe { read(endpoints, |endpoints| Ok(endpoints.sum.others().into()), out) }
}

/// Writes the addresses to out as an Arrow C stream, one row for each; see netshoot_report_flows_arrow.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_endpoints_arrow(
    endpoints: *const netshoot_endpoints_t,
    out: *mut ArrowArrayStream,
    err: *mut netshoot_error_t,
) -> c_int {
    // SAFETY: the caller lends a struct, a stream and an error struct, or null.
    unsafe { export(endpoints, |endpoints| table::endpoints(&endpoints.sum, &table::Options::default()), out, err) }
}

/// Frees endpoints. Accepts NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_endpoints_free(endpoints: *mut netshoot_endpoints_t) {
    // SAFETY: the caller gives back a struct or null.
    unsafe { pointer::free(endpoints) }
}

/// Adds the traffic of other conversations, such as those of another capture, in any order. Returns 0, or -1 if an
/// argument is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_conversations_merge(
    conversations: *mut netshoot_conversations_t,
    other: *const netshoot_conversations_t,
    err: *mut netshoot_error_t,
) -> c_int {
    let body = || {
        // SAFETY: the caller lends a struct or null.
        let other = unsafe { pointer::lent(other, "other") }?.sum.clone();
        // SAFETY: the caller lends a struct or null, which is not looked at elsewhere: the other one was copied.
        let conversations = unsafe { pointer::lent_mut(conversations, "conversations") }?;
        conversations.sum.merge(&other);
        conversations.rows = conversations.sum.rows();
        Ok(())
    };
    // SAFETY: the caller lends an error struct or null.
    unsafe { guard_status(err, body) }
}

/// The number of pairs of addresses. 0 if conversations is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_conversations_count(conversations: *const netshoot_conversations_t) -> usize {
    // SAFETY: the caller lends a struct or null.
    let body = || Ok(unsafe { pointer::lent(conversations, "conversations") }?.rows.len());
    // SAFETY: null is allowed.
    unsafe { guard(ptr::null_mut(), 0, body) }
}

/// Tells of the pair of addresses at index, from 0, the one with the most octets first. Returns 0, or -1 if an argument
/// is NULL or index too large.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_conversations_row(
    conversations: *const netshoot_conversations_t,
    index: usize,
    out: *mut netshoot_conversation_t,
) -> c_int {
    // SAFETY: the caller lends a struct or null, and another one or null.
    unsafe {
        read(
            conversations,
            |conversations| Ok(conversation(conversations.rows.get(index).ok_or_else(index_error)?)),
            out,
        )
    }
}

/// Tells what was sent between addresses that are not listed, or by flows that were evicted. Returns 0, or -1 if an
/// argument is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_conversations_others(
    conversations: *const netshoot_conversations_t,
    out: *mut netshoot_traffic_t,
) -> c_int {
    // SAFETY: the caller lends a struct or null, and another one or null.
    unsafe { read(conversations, |conversations| Ok(conversations.sum.others().into()), out) }
}

/// Writes the pairs of addresses to out as an Arrow C stream, one row for each; see netshoot_report_flows_arrow.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_conversations_arrow(
    conversations: *const netshoot_conversations_t,
    out: *mut ArrowArrayStream,
    err: *mut netshoot_error_t,
) -> c_int {
    // SAFETY: the caller lends a struct, a stream and an error struct, or null.
    unsafe {
        export(
            conversations,
            |conversations| table::conversations(&conversations.sum, &table::Options::default()),
            out,
            err,
        )
    }
}

/// Frees conversations. Accepts NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_conversations_free(conversations: *mut netshoot_conversations_t) {
    // SAFETY: the caller gives back a struct or null.
    unsafe { pointer::free(conversations) }
}

/// Adds the traffic of another hierarchy, such as that of another capture, in any order. Returns 0, or -1 if an
/// argument is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_hierarchy_merge(
    hierarchy: *mut netshoot_hierarchy_t,
    other: *const netshoot_hierarchy_t,
    err: *mut netshoot_error_t,
) -> c_int {
    let body = || {
        // SAFETY: the caller lends a struct or null.
        let other = unsafe { pointer::lent(other, "other") }?.sum.clone();
        // SAFETY: the caller lends a struct or null, which is not looked at elsewhere: the other one was copied.
        let hierarchy = unsafe { pointer::lent_mut(hierarchy, "hierarchy") }?;
        hierarchy.sum.merge(&other);
        hierarchy.rows = hierarchy.sum.nodes();
        Ok(())
    };
    // SAFETY: the caller lends an error struct or null.
    unsafe { guard_status(err, body) }
}

/// The number of protocols. 0 if hierarchy is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_hierarchy_count(hierarchy: *const netshoot_hierarchy_t) -> usize {
    // SAFETY: the caller lends a struct or null.
    let body = || Ok(unsafe { pointer::lent(hierarchy, "hierarchy") }?.rows.len());
    // SAFETY: null is allowed.
    unsafe { guard(ptr::null_mut(), 0, body) }
}

/// Tells of the protocol at index, from 0, each in front of those that it carries. Returns 0, or -1 if an argument is
/// NULL or index too large.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_hierarchy_node(
    hierarchy: *const netshoot_hierarchy_t,
    index: usize,
    out: *mut netshoot_hierarchy_node_t,
) -> c_int {
    // SAFETY: the caller lends a struct or null, and another one or null.
    unsafe { read(hierarchy, |hierarchy| Ok(node(hierarchy.rows.get(index).ok_or_else(index_error)?)), out) }
}

/// Tells how many frames are of stacks of protocols that are not listed. Returns 0, or -1 if an argument is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_hierarchy_others(
    hierarchy: *const netshoot_hierarchy_t,
    out: *mut netshoot_traffic_t,
) -> c_int {
    // SAFETY: the caller lends a struct or null, and another one or null.
    unsafe { read(hierarchy, |hierarchy| Ok(hierarchy.sum.others().into()), out) }
}

/// Writes the protocols to out as an Arrow C stream, one row for each; see netshoot_report_flows_arrow.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_hierarchy_arrow(
    hierarchy: *const netshoot_hierarchy_t,
    out: *mut ArrowArrayStream,
    err: *mut netshoot_error_t,
) -> c_int {
    // SAFETY: the caller lends a struct, a stream and an error struct, or null.
    unsafe { export(hierarchy, |hierarchy| table::hierarchy(&hierarchy.sum, &table::Options::default()), out, err) }
}

/// Frees a hierarchy. Accepts NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_hierarchy_free(hierarchy: *mut netshoot_hierarchy_t) {
    // SAFETY: the caller gives back a struct or null.
    unsafe { pointer::free(hierarchy) }
}

/// # Safety
/// `from` is null or lent by the caller; `out` is null or may be written.
unsafe fn read<S, T>(from: *const S, of: impl FnOnce(&S) -> Result<T>, out: *mut T) -> c_int {
    let body = || {
        // SAFETY: the caller promises null or a valid pointer.
        let value = of(unsafe { pointer::lent(from, "from") }?)?;
        // SAFETY: the caller promises null or writable memory.
        unsafe { pointer::write(out, value) }
    };
    // SAFETY: null is allowed.
    unsafe { guard_status(ptr::null_mut(), body) }
}

fn index_error() -> Error {
    pointer::out_of_range("index")
}

fn attempted(row: &AttemptedServices) -> netshoot_attempted_services_t {
    netshoot_attempted_services_t {
        client: row.client.into(),
        services: row.services,
        hosts: row.hosts,
        attempts: row.attempts,
        unanswered: row.unanswered,
        refused: row.refused,
        traffic: row.traffic.into(),
        first_ns: row.first.as_nanos(),
        last_ns: row.last.as_nanos(),
    }
}

fn endpoint(row: &EndpointTraffic) -> netshoot_endpoint_traffic_t {
    netshoot_endpoint_traffic_t {
        address: row.address.into(),
        flows: row.flows,
        sent: row.sent.into(),
        received: row.received.into(),
        first_ns: row.first.as_nanos(),
        last_ns: row.last.as_nanos(),
    }
}

fn conversation(row: &ConversationTraffic) -> netshoot_conversation_t {
    netshoot_conversation_t {
        a: row.a.into(),
        b: row.b.into(),
        flows: row.flows,
        a_to_b: row.a_to_b.into(),
        b_to_a: row.b_to_a.into(),
        first_ns: row.first.as_nanos(),
        last_ns: row.last.as_nanos(),
    }
}

fn node(row: &HierarchyNode) -> netshoot_hierarchy_node_t {
    netshoot_hierarchy_node_t {
        path: text::inline(&row.name()),
        depth: u32::try_from(row.path.len().saturating_sub(1)).unwrap_or(u32::MAX),
        traffic: row.traffic.into(),
    }
}

impl From<Traffic> for netshoot_traffic_t {
    fn from(traffic: Traffic) -> Self {
        Self { frames: traffic.frames, bytes: traffic.bytes }
    }
}

//! Analysis: of a file in one call, or of frames as they come.

use std::ffi::{c_char, c_int};
use std::ops::ControlFlow;
use std::ptr;
use std::time::Duration;

use netshoot_core::analysis::{Analyzer, Options, Since, TcpProfile, analyze};
use netshoot_core::capture::{Merge, Reader, Timestamp};
use netshoot_core::{Error, ErrorKind, Result};

use crate::error::{guard, guard_status, netshoot_error_t};
use crate::pointer;
use crate::report::netshoot_report_t;

/// How to analyse. Begin with NETSHOOT_OPTIONS_INIT, which leaves every choice to the library, as NULL does.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct netshoot_options_t {
    /// Octets that the tables of flows and transactions may take; 0 for 96 MiB. When they are full, the flow that has been
    /// silent the longest is dropped and counted.
    pub memory_limit_bytes: usize,
    /// Frames before this time are passed over, as if the capture began there; 0 for none.
    pub since_ns: i64,
    /// The same for frames earlier than so long after the first one; 0 for none. since_ns goes before it.
    pub since_after_first_ns: u64,
    /// Threads in which files are analysed, at most 64; 0 for one, UINT32_MAX for as many as there are processors. The report
    /// is the same, unless more is to be remembered than memory_limit_bytes hold. An analyzer that frames are pushed to has one.
    pub threads: u32,
    /// By the rules of which Wireshark TCP segments are judged: NETSHOOT_TCP_PROFILE_WIRESHARK_4_0, which is 0, or another.
    pub tcp_profile: u32,
    /// Fragments of IP count as they are. Otherwise they are put together, so that what a tunnel carries in them counts, in at
    /// most 4 MiB for each thread.
    pub without_reassembly: bool,
}

/// The rules of Wireshark 4.0.
pub const NETSHOOT_TCP_PROFILE_WIRESHARK_4_0: u32 = 0;
/// The rules of Wireshark 4.4.
pub const NETSHOOT_TCP_PROFILE_WIRESHARK_4_4: u32 = 1;
/// The rules of Wireshark 4.6.
pub const NETSHOOT_TCP_PROFILE_WIRESHARK_4_6: u32 = 2;

/// An analysis in progress.
#[derive(Debug)]
pub struct netshoot_analyzer_t {
    analyzer: Analyzer,
    frames: u64,
}

/// Analyses a pcap or pcapng file to its end. options may be NULL.
///
/// A file that is damaged or cut off gives a report of what could be read, with the damage in netshoot_summary_t.
/// Returns NULL if the file cannot be opened or is no capture. Free the report with netshoot_report_free.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_analyze_file(
    path: *const c_char,
    options: *const netshoot_options_t,
    err: *mut netshoot_error_t,
) -> *mut netshoot_report_t {
    let body = || {
        // SAFETY: the caller lends a string or null.
        let path = unsafe { pointer::path(path) }?;
        // SAFETY: the caller lends options or null.
        let options = unsafe { chosen(options) }?;
        let report = analyze(&mut Reader::open(path)?, &options, |_, _| ControlFlow::Continue(()))?;
        Ok(netshoot_report_t::give(report))
    };
    // SAFETY: the caller lends an error struct or null.
    unsafe { guard(err, ptr::null_mut(), body) }
}

/// Analyses several files as one capture, whose frames come in the order of their times and have one numbering. options may be
/// NULL.
///
/// A file that is damaged or cut off gives what could be read of it, with the damage in netshoot_summary_t. Returns NULL if
/// one of them cannot be opened or is no capture. Free the report with netshoot_report_free.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_analyze_files(
    paths: *const *const c_char,
    count: usize,
    options: *const netshoot_options_t,
    err: *mut netshoot_error_t,
) -> *mut netshoot_report_t {
    let body = || {
        // SAFETY: the caller lends so many strings.
        let paths = unsafe { pointer::paths(paths, count) }?;
        // SAFETY: the caller lends options or null.
        let options = unsafe { chosen(options) }?;
        let readers = paths.into_iter().map(Reader::open).collect::<Result<_, _>>()?;
        let report = analyze(&mut Merge::new(readers).into_reader()?, &options, |_, _| ControlFlow::Continue(()))?;
        Ok(netshoot_report_t::give(report))
    };
    // SAFETY: the caller lends an error struct or null.
    unsafe { guard(err, ptr::null_mut(), body) }
}

/// Begins an analysis of frames that the caller has, from netshoot_capture_next or from elsewhere, such as libpcap.
/// options may be NULL.
///
/// Returns NULL if an option makes no sense. End with netshoot_analyzer_finish, or give up with netshoot_analyzer_free.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_analyzer_new(
    options: *const netshoot_options_t,
    err: *mut netshoot_error_t,
) -> *mut netshoot_analyzer_t {
    let body = || {
        // SAFETY: the caller lends options or null.
        let analyzer = Analyzer::new(unsafe { chosen(options) }?);
        Ok(pointer::give(netshoot_analyzer_t { analyzer, frames: 0 }))
    };
    // SAFETY: the caller lends an error struct or null.
    unsafe { guard(err, ptr::null_mut(), body) }
}

/// Takes the next frame, in the order of capture. Its octets are not needed after the call.
///
/// A frame whose number is 0 gets the number that follows the last one's, from 1. With libpcap, fill bytes,
/// captured_length from caplen, original_length from len, timestamp_ns from ts, has_timestamp, and link_type from
/// pcap_datalink(). Any octets may come. Returns 0, or -1 if an argument makes no sense.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_analyzer_push(
    analyzer: *mut netshoot_analyzer_t,
    frame: *const crate::netshoot_frame_t,
    err: *mut netshoot_error_t,
) -> c_int {
    let body = || {
        // SAFETY: the caller lends an analyzer or null.
        let analyzer = unsafe { pointer::lent_mut(analyzer, "analyzer") }?;
        // SAFETY: the caller lends a frame or null.
        let frame = unsafe { pointer::lent(frame, "frame") }?;
        // SAFETY: the caller lends the frame's octets or null.
        let mut frame = unsafe { frame.lend() }?;
        analyzer.frames = if frame.number == 0 { analyzer.frames.saturating_add(1) } else { frame.number };
        frame.number = analyzer.frames;
        analyzer.analyzer.push(&frame, &frame.packet());
        Ok(())
    };
    // SAFETY: the caller lends an error struct or null.
    unsafe { guard_status(err, body) }
}

/// Takes out what is over, for programs that run for long: flows that were closed and then silent for 30 s, flows silent
/// for 300 s, DNS transactions whose query is 30 s old, and the findings on them. Times are those of the frames.
///
/// The analyzer forgets what it hands out, so that memory stays flat and the next report tells only what is new. The
/// counters of the summary are those from the start. Returns NULL if analyzer is NULL. Free the report with
/// netshoot_report_free; the analyzer goes on.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_analyzer_take_finished(
    analyzer: *mut netshoot_analyzer_t,
    err: *mut netshoot_error_t,
) -> *mut netshoot_report_t {
    let body = || {
        // SAFETY: the caller lends an analyzer or null.
        let analyzer = unsafe { pointer::lent_mut(analyzer, "analyzer") }?;
        Ok(netshoot_report_t::give(analyzer.analyzer.take_finished()))
    };
    // SAFETY: the caller lends an error struct or null.
    unsafe { guard(err, ptr::null_mut(), body) }
}

/// Ends an analysis and tells what was found. The analyzer is freed, in any case.
///
/// Returns NULL if analyzer is NULL. Free the report with netshoot_report_free.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_analyzer_finish(
    analyzer: *mut netshoot_analyzer_t,
    err: *mut netshoot_error_t,
) -> *mut netshoot_report_t {
    let body = || {
        // SAFETY: the caller gives back an analyzer or null.
        let analyzer = unsafe { pointer::take(analyzer) }.ok_or_else(|| pointer::null("analyzer"))?;
        Ok(netshoot_report_t::give(analyzer.analyzer.finish()))
    };
    // SAFETY: the caller lends an error struct or null.
    unsafe { guard(err, ptr::null_mut(), body) }
}

/// Ends an analysis whose outcome is not wanted. Accepts NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_analyzer_free(analyzer: *mut netshoot_analyzer_t) {
    // SAFETY: the caller gives back an analyzer or null.
    unsafe { pointer::free(analyzer) }
}

/// What the library makes of them, of which some may be left to it.
///
/// # Safety
/// `options` is null or lent by the caller.
pub(crate) unsafe fn chosen(options: *const netshoot_options_t) -> Result<Options> {
    let mut chosen = Options::default();
    // SAFETY: the caller promises null or a valid pointer.
    let Some(options) = (unsafe { options.as_ref() }) else { return Ok(chosen) };
    if options.memory_limit_bytes != 0 {
        chosen.memory_limit = options.memory_limit_bytes;
    }
    chosen.tcp_profile = profile(options.tcp_profile)?;
    chosen.reassemble = !options.without_reassembly;
    chosen.threads = match options.threads {
        0 => 1,
        u32::MAX => 0,
        threads => threads as usize,
    };
    chosen.since = match (options.since_ns, options.since_after_first_ns) {
        (0, 0) => None,
        (0, after) => Some(Since::AfterFirst(Duration::from_nanos(after))),
        (time, _) => Some(Since::Time(Timestamp::from_nanos(time))),
    };
    Ok(chosen)
}

fn profile(number: u32) -> Result<TcpProfile> {
    match number {
        NETSHOOT_TCP_PROFILE_WIRESHARK_4_0 => Ok(TcpProfile::Wireshark40),
        NETSHOOT_TCP_PROFILE_WIRESHARK_4_4 => Ok(TcpProfile::Wireshark44),
        NETSHOOT_TCP_PROFILE_WIRESHARK_4_6 => Ok(TcpProfile::Wireshark46),
        _ => Err(Error::new(ErrorKind::InvalidInput, format!("take TCP profile {number}"))
            .with_hint("one of NETSHOOT_TCP_PROFILE_WIRESHARK_*")),
    }
}

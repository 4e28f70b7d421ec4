//! The story of a flow, and pages of reports.

use std::ffi::{c_char, c_int};
use std::ops::ControlFlow;
use std::ptr;

use arrow_array::RecordBatchReader;
use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use netshoot_core::analysis::{self, PageOptions, Story};
use netshoot_core::capture::Reader;
use netshoot_core::table;
use netshoot_core::{Error, Result};

use crate::error::{guard, guard_status, netshoot_error_t};
use crate::finding::{NETSHOOT_VERDICT_UNKNOWN, verdict};
use crate::pointer;
use crate::report::netshoot_report_t;
use crate::string_pool::{Pool, StringPool, Text};

type ArrowArrayStream = FFI_ArrowArrayStream;

/// It is the doing of neither end, or of both.
pub const NETSHOOT_BY_NOBODY: u8 = 0;
/// The client does it.
pub const NETSHOOT_BY_CLIENT: u8 = 1;
/// The server does it.
pub const NETSHOOT_BY_SERVER: u8 = 2;

/// What became of a flow. It never changes.
#[derive(Debug)]
pub struct netshoot_story_t {
    story: Story,
    pool: StringPool,
    text: Text,
    title: Text,
    summary: Text,
    /// Kind and text of each event.
    events: Vec<(Text, Text)>,
}

/// Something that happened on a flow. All pointers are valid as long as the story.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct netshoot_story_event_t {
    /// What it is, such as "handshake", "call", "loss" or "close".
    pub kind: *const c_char,
    /// It in words: one line without control characters.
    pub text: *const c_char,
    /// When it began.
    pub time_ns: i64,
    /// When it was over.
    pub end_ns: i64,
    /// The first frame that shows it; 0 where none does.
    pub first_frame: u64,
    /// The last frame that shows it.
    pub last_frame: u64,
    /// How often it happened.
    pub times: u64,
    /// Whose doing it is, NETSHOOT_BY_….
    pub by: u8,
}

/// Tells the story of a flow of a report: who connected when, its handshake, calls and where their time went, losses and
/// how they were made up for, waits, how it ended, and the findings on it.
///
/// path is the capture that the report is of, which is read once more. Returns NULL if it cannot be read, or if the report
/// has no such flow. Free the story with netshoot_story_free.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_explain(
    path: *const c_char,
    report: *const netshoot_report_t,
    flow_id: u32,
    err: *mut netshoot_error_t,
) -> *mut netshoot_story_t {
    let body = || {
        // SAFETY: the caller lends a string or null.
        let path = unsafe { pointer::path(path) }?;
        // SAFETY: the caller lends a report or null.
        let report = unsafe { pointer::lent(report, "report") }?;
        let go_on = |_, _| ControlFlow::Continue(());
        let story = analysis::explain(&mut Reader::open(path)?, &report.report, flow_id, go_on)?;
        Ok(netshoot_story_t::give(story))
    };
    // SAFETY: the caller lends an error struct or null.
    unsafe { guard(err, ptr::null_mut(), body) }
}

/// The whole story as text of several lines, valid as long as the story. NULL if story is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_story_text(story: *const netshoot_story_t) -> *const c_char {
    // SAFETY: the caller lends a story or null.
    unsafe { told(story, ptr::null(), |story| Some(story.pool.get(story.text))) }
}

/// What the story is of, in one line, valid as long as the story. NULL if story is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_story_title(story: *const netshoot_story_t) -> *const c_char {
    // SAFETY: the caller lends a story or null.
    unsafe { told(story, ptr::null(), |story| Some(story.pool.get(story.title))) }
}

/// The verdict in one sentence, valid as long as the story. NULL if story is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_story_summary(story: *const netshoot_story_t) -> *const c_char {
    // SAFETY: the caller lends a story or null.
    unsafe { told(story, ptr::null(), |story| Some(story.pool.get(story.summary))) }
}

/// Where the cause lies of what went wrong, NETSHOOT_VERDICT_…; NETSHOOT_VERDICT_NONE if nothing is known to have gone wrong.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_story_verdict(story: *const netshoot_story_t) -> u8 {
    // SAFETY: the caller lends a story or null.
    unsafe { told(story, NETSHOOT_VERDICT_UNKNOWN, |story| Some(verdict(story.story.verdict))) }
}

/// The number of events. 0 if story is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_story_event_count(story: *const netshoot_story_t) -> usize {
    // SAFETY: the caller lends a story or null.
    unsafe { told(story, 0, |story| Some(story.events.len())) }
}

/// Tells of the event at index, from 0, in the order of time, the findings last. Returns 0, or -1 if an argument is NULL or
/// index too large.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_story_event(
    story: *const netshoot_story_t,
    index: usize,
    out: *mut netshoot_story_event_t,
) -> c_int {
    let body = || {
        // SAFETY: the caller lends a story or null.
        let story = unsafe { pointer::lent(story, "story") }?;
        let event = story.event(index).ok_or_else(|| pointer::out_of_range("index"))?;
        // SAFETY: the caller lends a struct or null.
        unsafe { pointer::write(out, event) }
    };
    // SAFETY: null is allowed.
    unsafe { guard_status(ptr::null_mut(), body) }
}

/// Writes the events to out as an Arrow C stream, one row an event; see netshoot_report_flows_arrow.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_story_arrow(
    story: *const netshoot_story_t,
    out: *mut ArrowArrayStream,
    err: *mut netshoot_error_t,
) -> c_int {
    let body = || {
        // SAFETY: the caller lends a story or null.
        let story = unsafe { pointer::lent(story, "story") }?;
        let rows: Box<dyn RecordBatchReader + Send> = Box::new(table::story(&story.story, &table::Options::default())?);
        // SAFETY: the caller promises null or writable memory, which may hold anything: it is not dropped.
        unsafe { pointer::write(out, FFI_ArrowArrayStream::new(rows)) }
    };
    // SAFETY: the caller lends an error struct or null.
    unsafe { guard_status(err, body) }
}

/// Frees a story, and with it all that it lent. Accepts NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_story_free(story: *mut netshoot_story_t) {
    // SAFETY: the caller gives back a story or null.
    unsafe { pointer::free(story) }
}

/// Writes a report to the file at page as one page of HTML that needs nothing else: findings, traffic over time, plots and
/// stories of the flows of the worst findings, largest flows, longest calls, slowest DNS queries.
///
/// path is the capture that the report is of, which is read once more; title may be NULL for the path. Returns 0, or -1 if
/// a file cannot be read or written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_report_html(
    report: *const netshoot_report_t,
    path: *const c_char,
    title: *const c_char,
    page: *const c_char,
    err: *mut netshoot_error_t,
) -> c_int {
    let body = || {
        // SAFETY: the caller lends a report or null.
        let report = unsafe { pointer::lent(report, "report") }?;
        // SAFETY: the caller lends a string or null.
        let path = unsafe { pointer::path(path) }?;
        // SAFETY: the caller lends a string or null.
        let title = unsafe { pointer::text(title, "title") }?.unwrap_or_else(|| path.display().to_string());
        // SAFETY: the caller lends a string or null.
        let target = unsafe { pointer::path(page) }?;
        let options = PageOptions::default().with_title(title);
        let go_on = |_, _| ControlFlow::Continue(());
        let mut reader = Reader::open(path)?;
        let html = analysis::page(&mut reader, &report.report, &options, go_on)?;
        std::fs::write(target, html).map_err(|error| Error::io(format!("write {}", target.display()), error))
    };
    // SAFETY: the caller lends an error struct or null.
    unsafe { guard_status(err, body) }
}

/// # Safety
/// `story` is null or lent by the caller.
unsafe fn told<T: Copy>(
    story: *const netshoot_story_t,
    nothing: T,
    of: impl FnOnce(&netshoot_story_t) -> Option<T>,
) -> T {
    let body = || -> Result<T> {
        // SAFETY: the caller promises a story or null.
        Ok(of(unsafe { pointer::lent(story, "story") }?).unwrap_or(nothing))
    };
    // SAFETY: null is allowed.
    unsafe { guard(ptr::null_mut(), nothing, body) }
}

impl netshoot_story_t {
    fn give(story: Story) -> *mut Self {
        let (whole, title) = (story.to_string(), story.title());
        let mut pool = Pool::default();
        let (text, title, summary) = (pool.add(&whole), pool.add(&title), pool.add(&story.summary));
        let events = story.events.iter().map(|event| (pool.add(event.kind.name()), pool.add(&event.text))).collect();
        let pool = pool.finish();
        pointer::give(Self { pool, text, title, summary, events, story })
    }

    fn event(&self, index: usize) -> Option<netshoot_story_event_t> {
        let (event, (kind, text)) = (self.story.events.get(index)?, self.events.get(index)?);
        Some(netshoot_story_event_t {
            kind: self.pool.get(*kind),
            text: self.pool.get(*text),
            time_ns: event.time.as_nanos(),
            end_ns: event.end.as_nanos(),
            first_frame: event.first_frame,
            last_frame: event.last_frame,
            times: event.times,
            by: match event.by_client {
                None => NETSHOOT_BY_NOBODY,
                Some(true) => NETSHOOT_BY_CLIENT,
                Some(false) => NETSHOOT_BY_SERVER,
            },
        })
    }
}

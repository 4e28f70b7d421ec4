//! Captures of what proves a finding, and of flows.

use std::ffi::{c_char, c_int};
use std::ops::ControlFlow;
use std::path::Path;

use netshoot_core::Result;
use netshoot_core::analysis::FrameSelection;
use netshoot_core::capture::{Reader, Writer};

use crate::error::{guard_status, netshoot_error_t};
use crate::pointer;
use crate::report::netshoot_report_t;

/// Writes the frames that prove the finding at index, from 0, to a capture file; with whole_flows all frames of its flows.
/// path is the capture that the report is of, which is read once more.
///
/// The ending of target tells the format and the compression; in pcapng each frame has a comment that tells its number in
/// the capture that it comes from. Writes the number of frames to written, unless that is NULL. Returns 0, or -1 if a file
/// cannot be read or written, if target is the capture itself, or if there is no such finding.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_finding_write_frames(
    report: *const netshoot_report_t,
    index: usize,
    whole_flows: bool,
    path: *const c_char,
    target: *const c_char,
    written: *mut u64,
    err: *mut netshoot_error_t,
) -> c_int {
    let body = || {
        // SAFETY: the caller lends a report or null.
        let report = unsafe { pointer::lent(report, "report") }?;
        let finding = report.report.findings.get(index).ok_or_else(|| pointer::out_of_range("index"))?;
        let mut selection = FrameSelection::new().finding(finding);
        if whole_flows {
            selection = selection.flows(&report.report, &finding.flow_ids)?;
        }
        // SAFETY: the caller lends strings, or null, and a number to write to, or null.
        unsafe { write_frames(selection, path, target, written) }
    };
    // SAFETY: the caller lends an error struct or null.
    unsafe { guard_status(err, body) }
}

/// Writes all frames of a flow of a report to a capture file, as netshoot_finding_write_frames does.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_flow_write_frames(
    report: *const netshoot_report_t,
    flow_id: u32,
    path: *const c_char,
    target: *const c_char,
    written: *mut u64,
    err: *mut netshoot_error_t,
) -> c_int {
    let body = || {
        // SAFETY: the caller lends a report or null.
        let report = unsafe { pointer::lent(report, "report") }?;
        let selection = FrameSelection::new().flows(&report.report, &[flow_id])?;
        // SAFETY: the caller lends strings, or null, and a number to write to, or null.
        unsafe { write_frames(selection, path, target, written) }
    };
    // SAFETY: the caller lends an error struct or null.
    unsafe { guard_status(err, body) }
}

/// # Safety
/// `path` and `target` are null or strings that end in a NUL; `written` is null or may be written.
unsafe fn write_frames(
    selection: FrameSelection,
    path: *const c_char,
    target: *const c_char,
    written: *mut u64,
) -> Result<()> {
    // SAFETY: the caller promises strings or null.
    let (path, target): (&Path, &Path) = unsafe { (pointer::path(path)?, pointer::path(target)?) };
    let mut reader = Reader::open(path)?;
    let mut writer = Writer::builder().spare([path]).create(target)?;
    let frames = selection.write_to(&mut reader, &mut writer, |_, _| ControlFlow::Continue(()))?;
    writer.finish()?;
    if !written.is_null() {
        // SAFETY: not null, and the caller promises that it may be written.
        unsafe { written.write(frames) };
    }
    Ok(())
}

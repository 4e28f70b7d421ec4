//! `netshoot analyze`: the report of a capture, the story of a flow, a page, and a capture of the evidence.

pub(crate) mod arguments;
mod story;

use std::io::{Read, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use netshoot_core::Error;
use netshoot_core::analysis::{
    self, Attempts, Conversations, Endpoints, Finding, FrameSelection, Hierarchy, PageOptions, Report,
};
use netshoot_core::capture::{Format, Interface, Merge, Names, Reader, Writer};

use crate::input;
use crate::output::{Failure, Out, Status, complain, standard_output};
use crate::progress::Progress;
use crate::{report, report_json};
use arguments::Analyze;

/// What a report is about, beside what the analysis found.
pub(crate) struct Subject {
    /// The captures in words.
    pub(crate) files: Vec<String>,
    /// Of the one capture.
    pub(crate) format: Option<Format>,
    pub(crate) interfaces: Vec<Interface>,
    /// Of addresses, if they are wanted.
    pub(crate) names: Option<Names>,
}

impl Subject {
    pub(crate) fn title(&self) -> String {
        self.files.join(", ")
    }
}

/// Does something with a reader of the captures: of the one, or of several as one.
macro_rules! read {
    ($files:expr, |$reader:ident| $body:expr) => {
        if let [file] = $files {
            let mut $reader = input::open_file(file)?;
            $body
        } else {
            let readers = $files.iter().map(|file| input::open_file(file)).collect::<Result<_, _>>()?;
            let mut $reader = Merge::new(readers).into_reader()?;
            $body
        }
    };
}

pub(crate) fn run(options: &Analyze) -> Result<Status, Failure> {
    let stream = options.files.iter().find(|file| !file.is_file());
    if let (Some(option), Some(stream)) = (options.needs_two_passes(), stream) {
        return Err(Failure::Usage(format!(
            "{option} reads the capture twice, which {} cannot be; hint: save it to a file first",
            stream.display()
        )));
    }
    if options.files.iter().filter(|file| file.as_os_str() == "-").count() > 1 {
        return Err(Failure::Usage("standard input can be read only once; hint: name - once".to_owned()));
    }
    options.check_outputs()?;
    read!(&options.files[..], |reader| analyze(&mut reader, options))
}

fn analyze<R: Read + Send>(reader: &mut Reader<R>, options: &Analyze) -> Result<Status, Failure> {
    if options.names {
        reader.keep_names();
    }
    let files = &options.files[..];
    let mut how = options.analysis.options();
    how.threads = options.threads;
    let mut report = watched(files, |progress| analysis::analyze(reader, &how, progress))?;
    if let Some(wanted) = options.findings.as_deref().filter(|wanted| !wanted.is_empty()) {
        report.findings.retain(|finding| wanted.iter().any(|wanted| wanted.is(finding)));
    }
    let report = Arc::new(report);
    let subject = Subject {
        files: files.iter().map(|file| called(file)).collect(),
        format: (files.len() == 1).then(|| reader.format()),
        interfaces: reader.interfaces().to_vec(),
        names: reader.names().cloned(),
    };
    let mut out = standard_output();
    tell(&mut out, &subject, &report, options)?;
    out.flush()?;
    if let Some(path) = &options.html {
        let page = PageOptions::default().with_title(subject.title());
        let html =
            watched(files, |progress| read!(files, |reader| analysis::page(&mut reader, &report, &page, progress)))?;
        std::fs::write(path, html).map_err(|error| Error::io(format!("write {}", path.display()), error))?;
    }
    if let Some(path) = &options.write {
        write_frames(&report, path, options)?;
    }
    let status = Status::of_reading(report.capture.damage.as_ref());
    // The process ends, and its memory goes all at once.
    std::mem::forget(report);
    Ok(status)
}

/// A capture in words.
fn called(file: &Path) -> String {
    match file.to_str() {
        Some("-") => "standard input".to_owned(),
        _ => file.display().to_string(),
    }
}

fn tell(out: &mut Out, subject: &Subject, report: &Arc<Report>, options: &Analyze) -> Result<(), Failure> {
    let files = &options.files[..];
    if let Some(flow) = options.flow {
        let story =
            watched(files, |progress| read!(files, |reader| analysis::explain(&mut reader, report, flow, progress)))?;
        return story::write(out, &story, options);
    }
    let aggregates = if options.aggregates { Some(Aggregates::of(report, options)?) } else { None };
    match (options.json, options.findings.is_some()) {
        (true, true) => report_json::write_findings(out, report),
        (true, false) => report_json::write(out, subject, report, aggregates.as_ref()),
        (false, true) => Ok(report::write_findings_alone(out, report, options)?),
        (false, false) => Ok(report::write(out, subject, report, aggregates.as_ref(), options)?),
    }
}

/// Traffic added up.
pub(crate) struct Aggregates {
    pub(crate) endpoints: Endpoints,
    pub(crate) conversations: Conversations,
    pub(crate) attempts: Attempts,
    pub(crate) hierarchy: Hierarchy,
}

impl Aggregates {
    fn of(report: &Report, options: &Analyze) -> Result<Self, Failure> {
        let (files, how) = (&options.files[..], &report.options);
        let hierarchy =
            watched(files, |progress| read!(files, |reader| analysis::hierarchy(&mut reader, how, progress)))?;
        Ok(Self {
            endpoints: Endpoints::of(report),
            conversations: Conversations::of(report),
            attempts: Attempts::of(report),
            hierarchy,
        })
    }
}

/// Reads captures, and shows how far that is.
fn watched<T>(
    files: &[PathBuf],
    read: impl FnOnce(&mut dyn FnMut(u64, u64) -> ControlFlow<()>) -> netshoot_core::Result<T>,
) -> netshoot_core::Result<T> {
    // Of several, what is read is the capture that they are merged to, of which nobody knows the length.
    let mut progress = if let [file] = files { Progress::new(file, true) } else { Progress::through(None, true) };
    let result = read(&mut |octets, _| {
        progress.update(octets);
        ControlFlow::Continue(())
    });
    progress.clear();
    result
}

/// Writes a capture of the flow's frames or of those that prove the findings.
fn write_frames(report: &Report, path: &Path, options: &Analyze) -> Result<(), Failure> {
    let mut selection = FrameSelection::new();
    if let Some(flow) = options.flow {
        selection = selection.flows(report, &[flow])?;
    } else {
        selection = report.findings.iter().fold(selection, FrameSelection::finding);
        if options.whole_flows {
            selection = selection.flows(report, &flows_of(&report.findings, report))?;
        }
    }
    let files = &options.files[..];
    let mut writer = Writer::builder().spare(files).create(path)?;
    let written =
        watched(files, |progress| read!(files, |reader| selection.write_to(&mut reader, &mut writer, progress)))?;
    writer.finish()?;
    if written == 0 {
        complain(format_args!("{}: no frame was to be written", path.display()));
    }
    Ok(())
}

/// The flows that findings concern, as far as the report still has them.
fn flows_of(findings: &[Finding], report: &Report) -> Vec<u32> {
    let mut ids: Vec<_> = findings.iter().flat_map(|finding| finding.flow_ids.iter().copied()).collect();
    ids.sort_unstable();
    ids.dedup();
    ids.retain(|id| report.flow(*id).is_some());
    ids
}

//! `netshoot analyze`: the report of a capture.

use std::io::{Read, Write};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use netshoot_core::analysis;
use netshoot_core::capture::{Format, Interface, Reader};

use crate::arguments::Analyze;
use crate::input::{self, Input};
use crate::output::{Failure, Status, standard_output};
use crate::progress::Progress;
use crate::{report, report_json};

/// What a report is about, beside what the analysis found.
pub(crate) struct Subject {
    pub(crate) file: String,
    pub(crate) format: Format,
    pub(crate) interfaces: Vec<Interface>,
}

pub(crate) fn run(options: &Analyze) -> Result<Status, Failure> {
    let file = options.file()?;
    match input::open(file)? {
        Input::File(reader) => analyze(reader, file, options),
        Input::Standard(reader) => analyze(reader, file, options),
    }
}

fn analyze<R: Read>(mut reader: Reader<R>, file: &Path, options: &Analyze) -> Result<Status, Failure> {
    let mut progress = Progress::new(file, true);
    let report = analysis::analyze(&mut reader, &analysis::Options::default(), |read, _| {
        progress.update(read);
        ControlFlow::Continue(())
    });
    progress.clear();
    let report = Arc::new(report?);
    let file = match file.to_str() {
        Some("-") => "standard input".to_owned(),
        _ => file.display().to_string(),
    };
    let subject = Subject { file, format: reader.format(), interfaces: reader.interfaces().to_vec() };
    let mut out = standard_output();
    if options.json {
        report_json::write(&mut out, &subject, &report)?;
    } else {
        report::write(&mut out, &subject, &report, options)?;
    }
    out.flush()?;
    Ok(Status::of_reading(report.capture.damage.as_ref()))
}

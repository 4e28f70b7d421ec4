//! What is read from a capture once it is analysed: stories of flows, series, pages, and the frames of findings.

use std::io::Read;
use std::net::IpAddr;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use netshoot_core::analysis::{
    self, Attempts, Conversations, Endpoints, FlowSeries, FrameSelection, Hierarchy, IoBy, IoSeries, Latencies,
    PageOptions, SeriesOptions, StoryEvent as Event, Traffic,
};
use netshoot_core::capture::{Reader, Timestamp, Writer};
use netshoot_core::packet::{FiveTuple, IpProtocol};
use netshoot_core::table::{self, RecordBatchReader};
use netshoot_core::{Error, ErrorKind, Result};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::capture::{Capture, Watch};
use crate::error::to_python;
use crate::frames::{CapturedFrame, Taken};
use crate::report::Report;
use crate::source::{AnyReader, Source};
use crate::table::Table;
use crate::time::Time;

/// Calls a function of the library with a reader at the beginning of a capture, without the interpreter lock.
macro_rules! read {
    ($py:expr, $capture:expr, |$reader:ident, $progress:ident| $body:expr) => {{
        let mut watch = Watch::of_signals();
        let outcome = $py.detach(|| {
            let mut $progress = |octets: u64, _: u64| watch.look(octets);
            match again($capture.source())? {
                AnyReader::File(mut $reader) => $body,
                AnyReader::Files(merged) => {
                    let mut $reader = *merged;
                    $body
                }
                AnyReader::Memory(mut $reader) => $body,
            }
        });
        watch.interrupted()?;
        outcome.map_err(|error| to_python($py, &error))?
    }};
}

/// A reader for a further pass.
fn again(source: &Source) -> Result<AnyReader> {
    if source.is_repeatable() {
        return source.reader();
    }
    let error = Error::new(ErrorKind::InvalidInput, "read the capture a second time");
    Err(error.with_detail("it is no file").with_hint("save it to a file first"))
}

records! {
    /// Something that happened on a flow.
    StoryEvent {
        /// When it began, in UTC, cut to microseconds.
        time: Time,
        /// When it was over.
        end: Time,
        /// Seconds since the beginning of the flow; `None` for findings, which are about all of it.
        seconds: Option<f64>,
        /// What it is, such as `handshake`, `call`, `loss` or `close`.
        kind: String,
        /// `client` or `server` where it is the doing of one of them.
        by: Option<String>,
        /// The first frame that shows it.
        first_frame: Option<u64>,
        /// The last frame that shows it.
        last_frame: Option<u64>,
        /// How often it happened.
        times: u64,
        /// It in words.
        text: String,
    }
}

/// What became of a flow.
#[pyclass(frozen, subclass, module = "netshoot._netshoot")]
pub(crate) struct Story {
    story: analysis::Story,
}

#[pymethods]
impl Story {
    /// Tells the story of a flow of a report on a capture.
    #[new]
    fn new(py: Python<'_>, capture: &Capture, report: &Report, flow_id: u32) -> PyResult<Self> {
        let report = report.shared();
        let story =
            read!(py, capture, |reader, progress| analysis::explain(&mut reader, &report, flow_id, &mut progress));
        Ok(Self { story })
    }

    /// Number of the flow.
    #[getter]
    fn flow_id(&self) -> u32 {
        self.story.flow.id
    }

    /// What the story is of, in one line.
    #[getter]
    fn title(&self) -> String {
        self.story.title()
    }

    /// What happened, in the order of time, and then the findings.
    #[getter]
    fn events(&self) -> Vec<StoryEvent> {
        self.story.events.iter().map(|event| self.event(event)).collect()
    }

    /// Where the cause lies of what went wrong, such as `network`; `none` if nothing is known to have gone wrong.
    #[getter]
    fn verdict(&self) -> &'static str {
        self.story.verdict.name()
    }

    /// The verdict in one sentence.
    #[getter]
    fn summary(&self) -> &str {
        &self.story.summary
    }

    /// The events as a table.
    fn event_table(&self, py: Python<'_>) -> PyResult<Table> {
        let rows = self.story.events.len();
        let story = self.story.clone();
        table_of(py, "story", rows, move |options| table::story(&story, options))
    }

    fn __str__(&self) -> String {
        self.story.to_string()
    }
}

impl Story {
    fn event(&self, event: &Event) -> StoryEvent {
        let frame = |frame: u64| (frame > 0).then_some(frame);
        StoryEvent {
            time: Time(event.time),
            end: Time(event.end),
            seconds: event.seconds(&self.story.flow),
            kind: event.kind.name().to_owned(),
            by: event.by_client.map(|is_client| if is_client { "client" } else { "server" }.to_owned()),
            first_frame: frame(event.first_frame),
            last_frame: frame(event.last_frame),
            times: event.times,
            text: event.text.clone(),
        }
    }
}

/// Traffic over time of all captures: of all, by `protocol`, or of a flow. `bin_ns` is the width of the bins, `origin_ns`
/// where one begins.
#[pyfunction]
#[pyo3(signature = (captures, by_protocol, flow_id, bin_ns, origin_ns, max_bins))]
pub(crate) fn io_series(
    py: Python<'_>,
    captures: Vec<Py<Capture>>,
    by_protocol: bool,
    flow_id: Option<u32>,
    bin_ns: Option<u64>,
    origin_ns: i64,
    max_bins: usize,
) -> PyResult<Table> {
    let by = match flow_id {
        Some(id) => IoBy::Flow(id),
        None if by_protocol => IoBy::Protocol,
        None => IoBy::Capture,
    };
    let series = options(bin_ns, origin_ns, max_bins);
    let mut sum = IoSeries::new(by, &series);
    for capture in &captures {
        let (capture, how) = (capture.get(), capture.get().options());
        let one = read!(py, capture, |reader, progress| analysis::io(&mut reader, how, by, &series, &mut progress));
        sum.merge(&one).map_err(|error| to_python(py, &error))?;
    }
    let rows = sum.bins().len();
    table_of(py, "io", rows, move |options| table::io(&sum, options))
}

/// Round trips, and sequence numbers, of a flow over time.
#[pyfunction]
#[pyo3(signature = (capture, report, flow_id, bin_ns, origin_ns, max_bins))]
pub(crate) fn flow_series(
    py: Python<'_>,
    capture: &Capture,
    report: &Report,
    flow_id: u32,
    bin_ns: Option<u64>,
    origin_ns: i64,
    max_bins: usize,
) -> PyResult<(Table, Table)> {
    let (report, series) = (report.shared(), options(bin_ns, origin_ns, max_bins));
    let mut all = read!(py, capture, |reader, progress| {
        analysis::flow_series(&mut reader, &report, &[flow_id], &series, &mut progress)
    });
    let series: Arc<FlowSeries> = Arc::new(all.remove(0));
    let other = Arc::clone(&series);
    let (round_trips, sequence) = (series.round_trips().len(), series.sequence().len());
    Ok((
        table_of(py, "round_trips", round_trips, move |options| table::round_trips(&series, options))?,
        table_of(py, "sequence", sequence, move |options| table::sequence(&other, options))?,
    ))
}

/// The traffic of each IP address, in all of the reports.
#[pyfunction]
pub(crate) fn endpoints(py: Python<'_>, reports: Vec<Py<Report>>) -> PyResult<Table> {
    let endpoints = merged(py, &reports, Endpoints::of, Endpoints::merge)?;
    let rows = listed(endpoints.rows().len(), endpoints.others());
    table_of(py, "endpoints", rows, move |options| table::endpoints(&endpoints, options))
}

/// The traffic between each two IP addresses, in all of the reports.
#[pyfunction]
pub(crate) fn conversations(py: Python<'_>, reports: Vec<Py<Report>>) -> PyResult<Table> {
    let conversations = merged(py, &reports, Conversations::of, Conversations::merge)?;
    let rows = listed(conversations.rows().len(), conversations.others());
    table_of(py, "conversations", rows, move |options| table::conversations(&conversations, options))
}

/// What clients tried to connect to in vain, in all of the reports.
#[pyfunction]
pub(crate) fn attempts(py: Python<'_>, reports: Vec<Py<Report>>) -> PyResult<Table> {
    let attempts = merged(py, &reports, Attempts::of, Attempts::merge)?;
    let rows = listed(attempts.rows().len(), attempts.others());
    table_of(py, "attempts", rows, move |options| table::attempts(&attempts, options))
}

/// The traffic of each protocol, by the protocols that carry it, in all of the captures.
#[pyfunction]
pub(crate) fn hierarchy(py: Python<'_>, captures: Vec<Py<Capture>>) -> PyResult<Table> {
    let mut hierarchy = Hierarchy::default();
    for capture in &captures {
        let (capture, how) = (capture.get(), capture.get().options());
        let one = read!(py, capture, |reader, progress| analysis::hierarchy(&mut reader, how, &mut progress));
        hierarchy.merge(&one);
    }
    let rows = listed(hierarchy.nodes().len(), hierarchy.others());
    table_of(py, "hierarchy", rows, move |options| table::hierarchy(&hierarchy, options))
}

/// What is added up of each of the reports, merged without the interpreter lock.
fn merged<T: Send>(
    py: Python<'_>,
    reports: &[Py<Report>],
    of: fn(&analysis::Report) -> T,
    merge: fn(&mut T, &T),
) -> PyResult<T> {
    let shared: Vec<_> = reports.iter().map(|report| report.get().shared()).collect();
    let sum = py.detach(|| {
        shared.iter().map(|report| of(report)).reduce(|mut sum, other| {
            merge(&mut sum, &other);
            sum
        })
    });
    sum.ok_or_else(|| PyValueError::new_err("no report"))
}

/// The rows of entries, and of the others if there are any.
fn listed(entries: usize, others: Traffic) -> usize {
    entries + usize::from(others.frames > 0)
}

/// How often which latency occurs, in all of the reports.
#[pyfunction]
pub(crate) fn latency_histograms(py: Python<'_>, reports: Vec<Py<Report>>) -> PyResult<Table> {
    let latencies = merged(py, &reports, Latencies::of, Latencies::merge)?;
    let rows = latencies.buckets().count();
    table_of(py, "latencies", rows, move |options| table::latencies(&latencies, options))
}

/// The Community ID of a packet or flow.
#[pyfunction]
pub(crate) fn community_id(
    source: IpAddr,
    destination: IpAddr,
    source_port: u16,
    destination_port: u16,
    protocol: u8,
    seed: u16,
) -> String {
    let protocol = IpProtocol(protocol);
    analysis::community_id(&FiveTuple { source, destination, source_port, destination_port, protocol }, seed)
}

/// The report as one page of HTML.
#[pyfunction]
pub(crate) fn html_page(py: Python<'_>, capture: &Capture, report: &Report, title: String) -> PyResult<String> {
    let report = report.shared();
    let page = PageOptions::default().with_title(title);
    Ok(read!(py, capture, |reader, progress| analysis::page(&mut reader, &report, &page, &mut progress)))
}

/// Frames of a capture: of these numbers, and all of these flows.
#[pyclass(frozen, subclass, module = "netshoot._netshoot")]
pub(crate) struct FrameSelector {
    source: Source,
    report: Option<Arc<analysis::Report>>,
    numbers: Vec<u64>,
    flow_ids: Vec<u32>,
}

#[pymethods]
impl FrameSelector {
    #[new]
    #[pyo3(signature = (capture, report, numbers, flow_ids))]
    fn new(
        py: Python<'_>,
        capture: &Capture,
        report: Option<&Report>,
        numbers: Vec<u64>,
        flow_ids: Vec<u32>,
    ) -> PyResult<Self> {
        let (source, report) = (capture.source().clone(), report.map(Report::shared));
        let selector = Self { source, report, numbers, flow_ids };
        selector.selection().map_err(|error| to_python(py, &error))?;
        Ok(selector)
    }

    /// Writes them to a capture file, and gives their number. Never overwrites the capture that they are from.
    fn write(&self, py: Python<'_>, path: PathBuf) -> PyResult<u64> {
        let mut watch = Watch::of_signals();
        let written = py.detach(|| {
            let progress = |octets: u64, _: u64| watch.look(octets);
            let create = || Writer::builder().spare(self.source.paths()).create(&path);
            match again(&self.source)? {
                AnyReader::File(reader) => write(self.selection()?, reader, create()?, progress),
                AnyReader::Files(reader) => write(self.selection()?, *reader, create()?, progress),
                AnyReader::Memory(reader) => write(self.selection()?, reader, create()?, progress),
            }
        });
        watch.interrupted()?;
        written.map_err(|error| to_python(py, &error))
    }

    /// The frames one by one.
    fn iterate(&self, py: Python<'_>) -> PyResult<SelectedFrames> {
        let opened = py.detach(|| Ok((again(&self.source)?, self.selection()?)));
        let (reader, selection) = opened.map_err(|error: Error| to_python(py, &error))?;
        Ok(SelectedFrames { state: Mutex::new(Some((reader, selection, 0))) })
    }
}

impl FrameSelector {
    fn selection(&self) -> Result<FrameSelection> {
        let selection = FrameSelection::new().frames(self.numbers.iter().copied());
        match &self.report {
            Some(report) => selection.flows(report, &self.flow_ids),
            None => Ok(selection),
        }
    }
}

fn write<R: Read>(
    selection: FrameSelection,
    mut reader: Reader<R>,
    mut writer: Writer<std::fs::File>,
    progress: impl FnMut(u64, u64) -> ControlFlow<()>,
) -> Result<u64> {
    let written = selection.write_to(&mut reader, &mut writer, progress)?;
    writer.finish()?;
    Ok(written)
}

/// One passage through the frames of a [`FrameSelector`].
#[pyclass(frozen, module = "netshoot._netshoot")]
pub(crate) struct SelectedFrames {
    /// And the number of the last frame that was read.
    state: Mutex<Option<(AnyReader, FrameSelection, u64)>>,
}

#[pymethods]
impl SelectedFrames {
    fn __iter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    fn __next__(&self, py: Python<'_>) -> PyResult<Option<CapturedFrame>> {
        loop {
            // A piece at a time, between which signals are looked at.
            let (taken, is_over) = py.detach(|| {
                let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
                let Some((reader, selection, last)) = state.as_mut() else { return (None, true) };
                let piece = match reader {
                    AnyReader::File(reader) => piece(reader, selection, last),
                    AnyReader::Files(reader) => piece(reader, selection, last),
                    AnyReader::Memory(reader) => piece(reader, selection, last),
                };
                if piece.1 {
                    *state = None;
                }
                piece
            });
            py.check_signals()?;
            match taken {
                Some(frame) => return frame.give(py).map(Some),
                None if is_over => return Ok(None),
                None => {}
            }
        }
    }
}

/// The next frame among some thousands, and whether none follows. Damage ends it.
fn piece<R: Read>(reader: &mut Reader<R>, selection: &mut FrameSelection, last: &mut u64) -> (Option<Taken>, bool) {
    for _ in 0..PIECE {
        if selection.is_over(*last) {
            return (None, true);
        }
        let Ok(Some(frame)) = reader.next_frame() else { return (None, true) };
        *last = frame.number;
        if selection.has(&frame) {
            return (Some(Taken::of(&frame)), false);
        }
    }
    (None, false)
}

fn options(bin_ns: Option<u64>, origin_ns: i64, max_bins: usize) -> SeriesOptions {
    let options = SeriesOptions::default().with_max_bins(max_bins).with_origin(Timestamp::from_nanos(origin_ns));
    bin_ns.map_or(options, |nanos| options.with_bin(Duration::from_nanos(nanos)))
}

fn table_of<S: RecordBatchReader + Send + 'static>(
    py: Python<'_>,
    name: &'static str,
    rows: usize,
    stream: impl Fn(&table::Options) -> Result<S> + Send + Sync + 'static,
) -> PyResult<Table> {
    let schema = stream(&table::Options::default()).map_err(|error| to_python(py, &error))?.schema();
    Ok(Table::new(name, schema, Some(rows), true, move |batch_rows| {
        Ok(Box::new(stream(&table::Options::default().with_batch_rows(batch_rows))?))
    }))
}

/// Frames that are read before signals are looked at.
const PIECE: usize = 16_384;

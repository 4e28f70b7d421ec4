//! A report as one page of HTML that needs nothing else: no script, no outside resource.
//!
//! Plots are SVG, drawn from bounded series; colours follow what the reader prefers, light or dark. All that comes from
//! packets or files goes through [`html::text`], so that a hostile name is shown and does nothing.

mod chart;
mod html;
mod plots;
mod sections;

use std::fmt::Write;
use std::io::Read;
use std::ops::ControlFlow;
use std::time::Duration;

use super::series::{FlowSeries, IoBy, IoSeries, SeriesOptions};
use super::trace::Tracer;
use super::{Analyzer, FRAMES_PER_PROGRESS, Report};
use crate::capture::{Reader, Timestamp};
use crate::packet::IpProtocol;
use crate::{Error, ErrorKind, Result};

/// What a page shows beside the report.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PageOptions {
    /// The name of the capture, for the head of the page.
    pub title: String,
    /// Findings at most; default 50. How many there are more, the page tells.
    pub findings: usize,
    /// Rows of each table at most; default 20.
    pub rows: usize,
    /// Flows of which plots and stories are shown: the TCP flows of the worst findings, else the largest; default 3.
    pub flows: usize,
}

impl Default for PageOptions {
    fn default() -> Self {
        Self { title: "capture".to_owned(), findings: 50, rows: 20, flows: 3 }
    }
}

impl PageOptions {
    /// The same, for a capture of this name.
    #[must_use]
    pub fn with_title(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }
}

/// What is read from the frames for a page.
struct Pictures {
    io: IoSeries,
    flows: Vec<FlowSeries>,
    stories: Vec<super::Story>,
}

/// The report of a capture as one page of HTML. `reader` is at the beginning of that capture, which is read again for the
/// plots, as the report was [analysed](Report::options). `progress` is called as by [`analyze`](super::analyze).
///
/// ```no_run
/// use std::ops::ControlFlow;
/// use netshoot_core::analysis::{self, Options, PageOptions};
/// use netshoot_core::capture::Reader;
///
/// let go_on = |_, _| ControlFlow::Continue(());
/// let report = analysis::analyze(&mut Reader::open("incident.pcap")?, &Options::default(), go_on)?;
/// let page = PageOptions::default().with_title("incident.pcap");
/// let html = analysis::page(&mut Reader::open("incident.pcap")?, &report, &page, go_on)?;
/// std::fs::write("incident.html", html)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`ErrorKind::Cancelled`] if `progress` asked for it. Damage ends the plots.
pub fn page<R: Read>(
    reader: &mut Reader<R>,
    report: &Report,
    page: &PageOptions,
    progress: impl FnMut(u64, u64) -> ControlFlow<()>,
) -> Result<String> {
    let flows = chosen(report, page.flows);
    let pictures = Pictures::read(reader, report, &flows, progress)?;
    let mut out = String::new();
    html::begin(&mut out, &page.title);
    sections::capture(&mut out, report);
    sections::findings(&mut out, report, page.findings);
    plots::io(&mut out, report, &pictures.io);
    for (series, story) in pictures.flows.iter().zip(&pictures.stories) {
        let _ = write!(out, "<section id=\"flow-{}\">", story.flow.id);
        html::heading(&mut out, &story.title());
        plots::sequence(&mut out, &story.flow, series);
        plots::round_trips(&mut out, &story.flow, series);
        sections::story(&mut out, story);
        out.push_str("</section>");
    }
    sections::flows(&mut out, report, page.rows);
    sections::calls(&mut out, report, page.rows);
    sections::dns(&mut out, report, page.rows);
    html::end(&mut out);
    Ok(out)
}

impl Pictures {
    /// All in one pass.
    fn read<R: Read>(
        reader: &mut Reader<R>,
        report: &Report,
        flows: &[u32],
        mut progress: impl FnMut(u64, u64) -> ControlFlow<()>,
    ) -> Result<Self> {
        let mut analyzer = Analyzer::new(report.options.clone());
        let mut io = IoSeries::new(IoBy::Capture, &io_options(report));
        let mut tracer = Tracer::new(report, flows)?;
        let mut stories: Vec<_> = flows.iter().map(|id| super::story::Telling::new(*id)).collect();
        let plotted = SeriesOptions::default().with_max_bins(PLOTTED);
        let mut series: Vec<_> = flows.iter().map(|id| FlowSeries::new(*id, &plotted)).collect();
        let mut frames = 0;
        while let Ok(Some(frame)) = reader.next_frame() {
            let packet = frame.packet();
            let observation = analyzer.push(&frame, &packet);
            if analyzer.counts() {
                io.add(&frame, &packet, &observation);
            }
            tracer.push(&frame, &packet, &mut |step| {
                series.iter_mut().filter(|one| one.flow_id == step.flow_id).for_each(|one| one.push(step));
                stories.iter_mut().for_each(|one| one.push(step));
            });
            frames += 1;
            if frames % FRAMES_PER_PROGRESS == 0 && progress(reader.offset(), frames).is_break() {
                return Err(Error::new(ErrorKind::Cancelled, "draw the page"));
            }
        }
        let stories = stories.into_iter().filter_map(|telling| telling.finish(report)).collect();
        Ok(Self { io, flows: series, stories })
    }
}

/// Bins of a fitting round width that begin with the first frame.
fn io_options(report: &Report) -> SeriesOptions {
    let duration = report.capture.duration().as_secs_f64();
    let least = duration / IO_BINS;
    let width = ROUND.into_iter().find(|width| *width >= least).unwrap_or(86_400.0);
    let options = SeriesOptions::default().with_bin(Duration::from_secs_f64(width)).with_max_bins(1000);
    options.with_origin(report.capture.first.unwrap_or(Timestamp::from_nanos(0)))
}

/// The TCP flows of the worst findings, the one with the most frames of each first; then the largest.
fn chosen(report: &Report, most: usize) -> Vec<u32> {
    let mut ids: Vec<u32> = Vec::new();
    let mut add = |id: Option<u32>| {
        if let Some(id) = id.filter(|id| !ids.contains(id) && ids.len() < most) {
            ids.push(id);
        }
    };
    let is_worth_it = |flow: &&super::Flow| flow.protocol == IpProtocol::TCP && flow.packets() >= MANY;
    for finding in &report.findings {
        let flows = finding.flow_ids.iter().filter_map(|id| report.flow(*id)).filter(is_worth_it);
        add(flows.max_by_key(|flow| flow.packets()).map(|flow| flow.id));
    }
    let mut largest: Vec<_> = report.flows.iter().filter(is_worth_it).collect();
    largest.sort_by_key(|flow| (std::cmp::Reverse(flow.bytes()), flow.id));
    largest.into_iter().for_each(|flow| add(Some(flow.id)));
    ids
}

/// Points of a plot and direction.
const PLOTTED: usize = 1200;
const IO_BINS: f64 = 240.0;
/// Seconds.
const ROUND: [f64; 21] = [
    0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0,
    3600.0, 21_600.0,
];
/// Frames from which on a flow is worth a plot.
const MANY: u64 = 10;

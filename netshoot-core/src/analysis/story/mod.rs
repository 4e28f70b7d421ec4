//! What became of one flow, in words, with the numbers of the frames that show it.
//!
//! The report knows the flow as a whole, its calls, its handshakes and the findings on it; losses, waits and how it ended
//! are read from its frames in a second pass ([`trace`](super::trace)). However long a flow is, its story is bounded: what
//! happens often is told a few times, the worst of it, and the rest summed up.

mod collect;
mod events;
mod said;

use std::fmt;
use std::io::Read;
use std::ops::ControlFlow;

use super::trace::{Step, Tracer, trace};
use super::{Flow, Report, Verdict, words};
use crate::capture::{Reader, Timestamp};
use crate::{Error, ErrorKind, Result};
use collect::Collected;

/// Tells the story of flow `flow_id` of `report`. `reader` is at the beginning of the capture that the report is of.
///
/// `progress` is called every 4,096 frames with the octets and the frames that were read; `Break` cancels.
///
/// ```no_run
/// use std::ops::ControlFlow;
/// use netshoot_core::{analysis, capture::Reader};
///
/// let go_on = |_, _| ControlFlow::Continue(());
/// let report = analysis::analyze(&mut Reader::open("incident.pcap")?, &analysis::Options::default(), go_on)?;
/// if let Some(flow) = report.findings.first().and_then(|finding| finding.flow_ids.first()) {
///     println!("{}", analysis::explain(&mut Reader::open("incident.pcap")?, &report, *flow, go_on)?);
/// }
/// # Ok::<(), netshoot_core::Error>(())
/// ```
///
/// # Errors
/// [`NotFound`](crate::ErrorKind::NotFound) if the report has no such flow; [`Cancelled`](crate::ErrorKind::Cancelled) if
/// `progress` asked for it. Damage ends the story where it ended the analysis.
pub fn explain<R: Read>(
    reader: &mut Reader<R>,
    report: &Report,
    flow_id: u32,
    progress: impl FnMut(u64, u64) -> ControlFlow<()>,
) -> Result<Story> {
    let mut tracer = Tracer::new(report, &[flow_id])?;
    let mut telling = Telling::new(flow_id);
    trace(reader, &mut tracer, progress, |step| telling.push(step))?;
    telling.finish(report).ok_or_else(|| Error::new(ErrorKind::NotFound, format!("find flow {flow_id}")))
}

/// A story in the making.
#[derive(Debug)]
pub(super) struct Telling {
    flow_id: u32,
    collected: Collected,
}

impl Telling {
    pub(super) fn new(flow_id: u32) -> Self {
        Self { flow_id, collected: Collected::default() }
    }

    /// Takes a frame, if it is of the flow.
    pub(super) fn push(&mut self, step: &Step) {
        if step.flow_id == self.flow_id {
            self.collected.push(step);
        }
    }

    /// The story, if `report` has the flow.
    pub(super) fn finish(self, report: &Report) -> Option<Story> {
        let flow = report.flow(self.flow_id)?.clone();
        let mut events = events::tell(&flow, &self.collected);
        events.extend(said::tell(&flow, report));
        events.sort_by_key(|event| (event.time, event.kind, event.first_frame));
        let (findings, verdict, summary) = said::judge(&flow, report);
        events.extend(findings);
        Some(Story { flow, events, verdict, summary })
    }
}

/// What became of one flow. Shown as a head, one line for each event, and the verdict.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Story {
    /// The flow.
    pub flow: Flow,
    /// What happened, in the order of time, and then the findings: at most some hundred events.
    pub events: Vec<StoryEvent>,
    /// Where the cause lies of what went wrong; [`Verdict::None`] if nothing is known to have gone wrong.
    pub verdict: Verdict,
    /// The verdict in one sentence.
    pub summary: String,
}

/// Something that happened on a flow.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct StoryEvent {
    /// When it began.
    pub time: Timestamp,
    /// When it was over.
    pub end: Timestamp,
    /// What it is.
    pub kind: StoryKind,
    /// Whether it is the client's doing; `None` where it is neither end's, or both's.
    pub by_client: Option<bool>,
    /// The first frame that shows it; 0 where no frame does.
    pub first_frame: u64,
    /// The last frame that shows it.
    pub last_frame: u64,
    /// How often it happened: segments, calls, packets.
    pub times: u64,
    /// It in words: one line, without control characters, whatever the packets say.
    pub text: String,
}

/// What kind of thing happened on a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum StoryKind {
    /// A connection is opened, or the capture begins in its middle.
    Open,
    /// The handshake of TCP, with its times.
    Handshake,
    /// What the ends offer each other.
    Options,
    /// A handshake of TLS or QUIC.
    Tls,
    /// A request with its response.
    Call,
    /// A DNS transaction.
    Dns,
    /// An echo request, or an ICMP error about the flow.
    Icmp,
    /// Data that no call tells of.
    Data,
    /// Segments were sent again.
    Loss,
    /// Segments were overtaken by later ones.
    Reordering,
    /// Packets came or were captured twice.
    Duplicates,
    /// The capture lacks segments.
    CaptureLoss,
    /// A receive window was closed.
    ZeroWindow,
    /// Nobody said anything for long.
    Silence,
    /// Keep-alives.
    KeepAlive,
    /// What the transfer waited for.
    Pace,
    /// An end closed its side.
    Close,
    /// An end reset the connection.
    Reset,
    /// How it ended, where nobody closed it.
    End,
    /// A finding that concerns the flow.
    Finding,
}

impl StoryEvent {
    /// Seconds since the beginning of the flow; nothing for findings, which are about all of it.
    #[must_use]
    pub fn seconds(&self, flow: &Flow) -> Option<f64> {
        (self.kind != StoryKind::Finding).then(|| self.time.nanos_since(flow.first) as f64 / 1e9)
    }

    /// The frames that show it: `12`, `12-40`, or nothing.
    #[must_use]
    pub fn frames(&self) -> String {
        match (self.first_frame, self.last_frame) {
            (0, _) => String::new(),
            (first, last) if first >= last => first.to_string(),
            (first, last) => format!("{first}-{last}"),
        }
    }
}

impl StoryKind {
    /// The name in lower case with underscores, such as `zero_window`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Handshake => "handshake",
            Self::Options => "options",
            Self::Tls => "tls",
            Self::Call => "call",
            Self::Dns => "dns",
            Self::Icmp => "icmp",
            Self::Data => "data",
            Self::Loss => "loss",
            Self::Reordering => "reordering",
            Self::Duplicates => "duplicates",
            Self::CaptureLoss => "capture_loss",
            Self::ZeroWindow => "zero_window",
            Self::Silence => "silence",
            Self::KeepAlive => "keep_alive",
            Self::Pace => "pace",
            Self::Close => "close",
            Self::Reset => "reset",
            Self::End => "end",
            Self::Finding => "finding",
        }
    }
}

impl Story {
    /// What the story is of, in one line.
    #[must_use]
    pub fn title(&self) -> String {
        words::title(&self.flow)
    }
}

impl fmt::Display for Story {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.title())?;
        let width = self.events.iter().map(|event| event.frames().len()).max().unwrap_or(0).max(5);
        writeln!(f, "{:>12}  frame", "seconds")?;
        for event in &self.events {
            let seconds = event.seconds(&self.flow).map_or(String::new(), |seconds| format!("{seconds:.6}"));
            writeln!(f, "{seconds:>12}  {:<width$}  {}", event.frames(), event.text)?;
        }
        write!(f, "verdict: {}", self.summary)
    }
}

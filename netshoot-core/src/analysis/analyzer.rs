//! The engine: frames in, a report out.

mod conclusion;
mod inside;
mod intake;
mod numbers;
mod shard;
mod share;
mod threads;

use std::io::Read;
use std::ops::ControlFlow;
use std::time::Duration;

use super::findings::{self, Scene};
use super::{CaptureSummary, FRAMES_PER_PROGRESS, Observation, Options, Report, relations};
use crate::capture::{Frame, Reader, Timestamp};
use crate::packet::Packet;
use crate::{Error, ErrorKind, Result};
use conclusion::conclude;
use intake::Intake;
pub(super) use numbers::Numbers;
pub(super) use shard::Note;
use shard::{Passing, Shard};
use share::Share;
use threads::Work;

/// Analyses a capture to its end.
///
/// `progress` is called every 4,096 frames, of several threads after at least so many, with the octets of the file and the
/// frames that were read; `Break` cancels. A capture that is damaged or cut off gives a report of what could be read, with the
/// damage in [`CaptureSummary::damage`](super::CaptureSummary::damage) and a finding.
///
/// # Errors
/// [`ErrorKind::Cancelled`] if `progress` asked for it, [`ErrorKind::InvalidInput`] for more than 64 threads, and what the
/// system says if it starts no more of them. A stream that fails for reasons of its own, such as a disk that cannot be read, is
/// reported as damage.
pub fn analyze<R: Read + Send>(
    reader: &mut Reader<R>,
    options: &Options,
    mut progress: impl FnMut(u64, u64) -> ControlFlow<()>,
) -> Result<Report> {
    let threads = threads::number(options.threads)?;
    if threads > 1 {
        return Work::new(reader, options, threads).analyze(&mut progress);
    }
    let mut analyzer = Analyzer::new(options.clone());
    let mut frames = 0;
    let damage = loop {
        match reader.next_frame() {
            Ok(Some(frame)) => {
                analyzer.take(&frame, &frame.packet(), None);
            }
            Ok(None) => break None,
            Err(error) => break Some(error.to_string()),
        }
        frames += 1;
        if frames % FRAMES_PER_PROGRESS == 0 && progress(reader.offset(), frames).is_break() {
            return Err(Error::new(ErrorKind::Cancelled, "analyze capture"));
        }
    };
    Ok(analyzer.finish_with(damage))
}

/// Turns frames into flows, transactions and findings.
///
/// ```no_run
/// use netshoot_core::{analysis, capture};
///
/// let mut reader = capture::Reader::open("incident.pcap")?;
/// let mut analyzer = analysis::Analyzer::new(analysis::Options::default());
/// while let Some(frame) = reader.next_frame()? {
///     let observation = analyzer.push(&frame, &frame.packet());
///     if let Some(tcp) = observation.tcp {
///         println!("{}: {:?}", frame.number, tcp.analysis.names().collect::<Vec<_>>());
///     }
/// }
/// for finding in analyzer.finish().findings {
///     println!("{}: {}", finding.severity, finding.summary);
/// }
/// # Ok::<(), netshoot_core::Error>(())
/// ```
#[derive(Debug)]
pub struct Analyzer {
    intake: Intake,
    shard: Shard,
}

impl Analyzer {
    /// An analyzer that has seen nothing. It works in the caller's thread, whatever [`Options::threads`] says.
    #[must_use]
    pub fn new(options: Options) -> Self {
        Self { intake: Intake::new(options.since), shard: Shard::new(Share::ALL, &options) }
    }

    /// Takes the next frame, with what parsing it gave, and says what it is: the innermost of its packets that belongs to
    /// a flow. The packets around that one, of tunnels, belong to flows too.
    pub fn push(&mut self, frame: &Frame<'_>, packet: &Packet<'_>) -> Observation {
        let mut observation = Observation::default();
        self.take(frame, packet, Some(&mut observation));
        observation
    }

    /// As [`push`](Self::push), for who may not want to know what the frame is.
    #[inline]
    fn take(&mut self, frame: &Frame<'_>, packet: &Packet<'_>, observation: Option<&mut Observation>) {
        if let Some(time) = self.intake.take(frame, packet) {
            self.shard.take(
                &Passing { number: frame.number, time, wire_len: frame.original_length },
                packet,
                observation,
            );
        }
    }

    /// Whether the last frame counted.
    pub(super) fn counts(&self) -> bool {
        self.intake.counts()
    }

    /// Everything found, once there are no more frames.
    #[must_use]
    pub fn finish(self) -> Report {
        self.finish_with(None)
    }

    fn finish_with(mut self, damage: Option<String>) -> Report {
        self.shard.table.settle();
        let summary = CaptureSummary { damage, ..self.intake.summary() };
        conclude(summary, vec![self.shard])
    }

    /// Takes out what is over, for programs that run for long: flows that were closed and then silent for 30 s, flows
    /// silent for 300 s, DNS transactions whose query is 30 s old, and the findings on them. Times are those of the frames.
    ///
    /// The analyzer forgets what it hands out, so that memory stays flat and a later report tells only what is new. The
    /// counters of the capture and of evictions are those from the start.
    #[must_use]
    pub fn take_finished(&mut self) -> Report {
        let Shard { table, resolver, options, pieces, .. } = &mut self.shard;
        let (capture, evicted, options) = (self.intake.summary(), table.evicted, options.clone());
        let mut report = Report { capture, evicted, options, ..Report::default() };
        report.evicted.dns = resolver.evicted();
        let now = report.capture.last.unwrap_or_default();
        let (lingering, idle) = (before(now, LINGER), before(now, IDLE));
        let ended = table.take(lingering, |flow| flow.closed_by.is_some() || flow.last <= idle);
        report.take_logs(&mut table.logs);
        report.dns = resolver.take_until(lingering);
        report.sort();
        relations::find(&mut report.dns);
        let unreachables = std::mem::take(&mut table.logs.icmp.unreachables);
        let notable = table.logs.take_notable();
        let scene = Scene::new(&report, &notable, &ended, Some(table));
        report.findings = findings::find(&scene, unreachables, false);
        report.flows = ended.into_flows();
        let (taken, left): (Vec<_>, Vec<_>) = pieces.drain(..).partition(|(id, _)| report.flow(*id).is_some());
        (report.pieces, *pieces) = (taken, left.into());
        report.pieces.sort_unstable();
        report
    }
}

fn before(time: Timestamp, duration: Duration) -> Timestamp {
    let nanos = i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX);
    Timestamp::from_nanos(time.as_nanos().saturating_sub(nanos))
}

/// Late segments of a closed connection still find their flow for this long.
const LINGER: Duration = Duration::from_secs(30);
/// A flow that was silent for this long is taken to be over.
const IDLE: Duration = Duration::from_secs(300);

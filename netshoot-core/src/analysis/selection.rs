//! Which frames of a capture belong to findings and flows, and a capture of them alone.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::ops::ControlFlow;

use super::trace::Tracer;
use super::{Finding, Report};
use crate::capture::{Block, Frame, Reader, Writer};
use crate::{Error, ErrorKind, Result};

/// Frames of a capture: those that prove findings, those of whole flows, and others by their numbers.
///
/// ```no_run
/// use std::ops::ControlFlow;
/// use netshoot_core::analysis::{self, FrameSelection};
/// use netshoot_core::capture::{Reader, Writer};
///
/// let go_on = |_, _| ControlFlow::Continue(());
/// let report = analysis::analyze(&mut Reader::open("incident.pcap")?, &analysis::Options::default(), go_on)?;
/// if let Some(finding) = report.findings.first() {
///     let mut writer = Writer::builder().spare(["incident.pcap"]).create("evidence.pcapng")?;
///     let evidence = FrameSelection::new().finding(finding);
///     evidence.write_to(&mut Reader::open("incident.pcap")?, &mut writer, go_on)?;
///     writer.finish()?;
/// }
/// # Ok::<(), netshoot_core::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct FrameSelection {
    numbers: BTreeSet<u64>,
    tracer: Tracer,
}

impl FrameSelection {
    /// No frames.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With the frames of these numbers, from 1.
    #[must_use]
    pub fn frames(mut self, numbers: impl IntoIterator<Item = u64>) -> Self {
        self.numbers.extend(numbers);
        self
    }

    /// With the frames that prove a finding.
    #[must_use]
    pub fn finding(self, finding: &Finding) -> Self {
        self.frames(finding.evidence_frames.iter().copied())
    }

    /// With all frames of these flows of `report`, those among them that brought fragments of what was put together, and the
    /// ICMP errors about them. Of very many fragments the last are known: as many as the memory limit has KiB, where one in a
    /// tunnel counts twice.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] if the report has no such flow.
    pub fn flows(mut self, report: &Report, ids: &[u32]) -> Result<Self> {
        self.tracer.add_all(report, ids)?;
        let concerns = |id: Option<u32>| id.is_some_and(|id| ids.contains(&id));
        let errors = report.icmp.iter().filter(|icmp| concerns(icmp.flow_id));
        self.numbers.extend(ids.iter().flat_map(|id| report.pieces_of(*id)));
        self.numbers.extend(errors.flat_map(|icmp| [icmp.frame, icmp.reply_frame.unwrap_or(icmp.frame)]));
        Ok(self)
    }

    /// Whether a frame is one of them. Frames have to come in their order.
    pub fn has(&mut self, frame: &Frame<'_>) -> bool {
        let mut is_traced = false;
        self.tracer.push(frame, &frame.packet(), &mut |_| is_traced = true);
        is_traced || self.numbers.contains(&frame.number)
    }

    /// Whether none of them is behind this one.
    #[must_use]
    pub fn is_over(&self, number: u64) -> bool {
        self.tracer.is_over(number) && self.numbers.last().is_none_or(|last| number >= *last)
    }

    /// Writes them, with the interfaces, names and secrets that stand before the last of them. In pcapng each gets a comment
    /// that tells its number in the capture that it comes from. The writer still has to be [finished](Writer::finish).
    /// Gives the number of frames that were written.
    ///
    /// # Errors
    /// Those of the writer, and [`ErrorKind::Cancelled`] if `progress`, which is called as by
    /// [`analyze`](super::analyze), asked for it. Damage ends it.
    pub fn write_to<R: Read, W: Write>(
        mut self,
        reader: &mut Reader<R>,
        writer: &mut Writer<W>,
        mut progress: impl FnMut(u64, u64) -> ControlFlow<()>,
    ) -> Result<u64> {
        let before = writer.frames();
        let mut last = 0;
        while !self.is_over(last) {
            match reader.next_block() {
                Ok(Some(Block::Frame(frame))) => {
                    last = frame.number;
                    if self.has(&frame) {
                        let options = frame.commented(&format!("frame {last} of the capture that this is taken from"));
                        writer.write(&frame.with_options(options.as_options()))?;
                    }
                }
                Ok(Some(block)) => writer.write_block(&block)?,
                Ok(None) | Err(_) => break,
            }
            if last % super::FRAMES_PER_PROGRESS == 1 && progress(reader.offset(), last).is_break() {
                return Err(Error::new(ErrorKind::Cancelled, "write frames"));
            }
        }
        Ok(writer.frames() - before)
    }
}

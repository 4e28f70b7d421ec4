//! From captures to one capture: copying, choosing, merging.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io::{Read, Write};
use std::ops::ControlFlow;

use super::block::{Block, BlockType, OtherBlock};
use super::edit::Edit;
use super::encode;
use super::order::ByteOrder;
use super::{Format, Lost, Reader, Timestamp, Writer};
use crate::{Error, Result};

/// Copies captures to a [`Writer`]: one as it is, several by the times of their frames.
///
/// One capture keeps its sections, blocks and interfaces. Several become one section, of which the interfaces are those of
/// all of them, and the texts of the section headers are comments; frames come in the order of their times, those without
/// a time at once. Each capture is expected to be in order itself.
///
/// ```no_run
/// use netshoot_core::capture::{Merge, Reader, Writer};
///
/// let readers = ["a.pcapng", "b.pcap.gz"].map(Reader::open).into_iter().collect::<Result<_, _>>()?;
/// let mut writer = Writer::create("both.pcapng.zst")?;
/// let merged = Merge::new(readers).write_to(&mut writer, |_| std::ops::ControlFlow::Continue(()))?;
/// writer.finish()?;
/// println!("{} frames", merged.written);
/// # Ok::<(), netshoot_core::Error>(())
/// ```
#[derive(Debug)]
pub struct Merge<R: Read> {
    inputs: Vec<Input<R>>,
    edit: Edit,
    is_appended: bool,
    shares_interfaces: bool,
    /// The descriptions that were written, with their numbers, to find those that are the same.
    described: Vec<(Vec<u8>, u32)>,
}

/// What became of the frames.
#[derive(Debug)]
#[non_exhaustive]
pub struct Merged {
    /// Frames that were read.
    pub read: u64,
    /// Frames that were written.
    pub written: u64,
    /// Captures that are damaged or cut off, by their place among the readers, with what is wrong; what comes before that
    /// place was written.
    pub damage: Vec<(usize, Error)>,
    /// What the format of the written file has no place for.
    pub lost: Lost,
}

#[derive(Debug)]
struct Input<R: Read> {
    reader: Reader<R>,
    /// The numbers in the written file of the interfaces of this section.
    interfaces: Vec<u32>,
    is_begun: bool,
}

impl<R: Read> Merge<R> {
    /// Of these captures, in this order where times are equal.
    #[must_use]
    pub fn new(readers: Vec<Reader<R>>) -> Self {
        let input = |reader| Input { reader, interfaces: Vec::new(), is_begun: false };
        Self {
            inputs: readers.into_iter().map(input).collect(),
            edit: Edit::default(),
            is_appended: false,
            shares_interfaces: false,
            described: Vec::new(),
        }
    }

    /// With a choice of frames, by their numbers in their own file.
    #[must_use]
    pub fn edit(mut self, edit: Edit) -> Self {
        self.edit = edit;
        self
    }

    /// One capture behind the other, whatever the times.
    #[must_use]
    pub fn append(mut self) -> Self {
        self.is_appended = true;
        self
    }

    /// Interfaces of several captures that are described in the same words become one.
    #[must_use]
    pub fn share_interfaces(mut self) -> Self {
        self.shares_interfaces = true;
        self
    }

    /// Writes all of it; the writer still has to be [finished](Writer::finish). `progress` is called now and then with the
    /// octets of the files that were read, and can end it early.
    ///
    /// # Errors
    /// Those of the writer, and [`ErrorKind::TimedOut`](crate::ErrorKind::TimedOut) of readers. What else is wrong with a
    /// capture is told in the result.
    pub fn write_to<W: Write>(
        mut self,
        writer: &mut Writer<W>,
        mut progress: impl FnMut(u64) -> ControlFlow<()>,
    ) -> Result<Merged> {
        let before = writer.frames();
        let mut merged = Merged { read: 0, written: 0, damage: Vec::new(), lost: Lost::default() };
        if self.inputs.len() > 1 {
            // Before the first interface begins the section.
            for input in &mut self.inputs {
                input.take_first_header(writer)?;
            }
        }
        let mut heads = BinaryHeap::new();
        for place in 0..self.inputs.len() {
            if let Some(time) = self.advance(place, writer, &mut merged)? {
                heads.push(Reverse((self.rank(place, time), place)));
            }
        }
        while let Some(Reverse((_, place))) = heads.pop() {
            merged.read += 1;
            self.put(place, writer)?;
            if merged.read.is_multiple_of(PROGRESS_FRAMES) {
                let octets = self.inputs.iter().map(|input| input.reader.offset()).sum();
                if progress(octets).is_break() {
                    break;
                }
            }
            if let Some(time) = self.advance(place, writer, &mut merged)? {
                heads.push(Reverse((self.rank(place, time), place)));
            }
        }
        merged.written = writer.frames() - before;
        merged.lost = writer.lost();
        Ok(merged)
    }

    /// What the heads are ordered by: frames without a time come first.
    fn rank(&self, place: usize, time: Option<Timestamp>) -> (usize, Option<Timestamp>) {
        if self.is_appended { (place, None) } else { (0, time) }
    }

    /// Goes to the next frame of a capture, and writes what comes before it; gives the frame's time.
    #[allow(clippy::type_complexity)]
    fn advance<W: Write>(
        &mut self,
        place: usize,
        writer: &mut Writer<W>,
        merged: &mut Merged,
    ) -> Result<Option<Option<Timestamp>>> {
        let is_alone = self.inputs.len() == 1;
        let (shares, described, drops_secrets) = (self.shares_interfaces, &mut self.described, self.edit.drop_secrets);
        let Some(input) = self.inputs.get_mut(place) else { return Ok(None) };
        if !std::mem::replace(&mut input.is_begun, true) && input.reader.format() == Format::Pcap {
            input.describe_pcap(writer, described, shares)?;
        }
        loop {
            match input.reader.advance() {
                Ok(true) => {}
                Ok(false) => return Ok(None),
                Err(error) if error.kind() == crate::ErrorKind::TimedOut => return Err(error),
                Err(error) => {
                    merged.damage.push((place, error));
                    return Ok(None);
                }
            }
            match input.reader.block() {
                Some(Block::Frame(frame)) => return Ok(Some(frame.timestamp)),
                Some(Block::Other(block)) if drops_secrets && block.block_type == BlockType::DECRYPTION_SECRETS => {}
                Some(Block::Other(block)) => {
                    take(&mut input.interfaces, &block, writer, described, is_alone, shares)?;
                }
                None => return Ok(None),
            }
        }
    }

    /// Writes the frame that a capture has come to.
    fn put<W: Write>(&mut self, place: usize, writer: &mut Writer<W>) -> Result<()> {
        let Some(input) = self.inputs.get(place) else { return Ok(()) };
        let Some(Block::Frame(mut frame)) = input.reader.block() else { return Ok(()) };
        if !self.edit.apply(&mut frame) {
            return Ok(());
        }
        // A number that is not there is refused by the writer.
        frame.interface = input.interfaces.get(frame.interface as usize).copied().unwrap_or(u32::MAX);
        match self.edit.options(&frame) {
            Some(options) => writer.write(&frame.with_options(options.as_options())),
            None => writer.write(&frame),
        }
    }
}

impl<R: Read> Input<R> {
    fn take_first_header<W: Write>(&mut self, writer: &mut Writer<W>) -> Result<()> {
        // In memory since the capture was opened.
        if self.reader.format() != Format::Pcapng || !self.reader.advance()? {
            return Ok(());
        }
        match self.reader.block() {
            Some(Block::Other(block)) => writer.add_texts(&block),
            _ => Ok(()),
        }
    }

    fn describe_pcap<W: Write>(
        &mut self,
        writer: &mut Writer<W>,
        described: &mut Vec<(Vec<u8>, u32)>,
        shares: bool,
    ) -> Result<()> {
        for interface in self.reader.interfaces() {
            let mut words = Vec::new();
            encode::interface(&mut words, ByteOrder::Little, interface);
            let id = match known(described, &words, &self.interfaces).filter(|_| shares) {
                Some(id) => id,
                None => {
                    let id = writer.add_interface(interface)?;
                    described.push((words, id));
                    id
                }
            };
            self.interfaces.push(id);
        }
        Ok(())
    }
}

/// Writes a block that is no packet, with the numbers that interfaces have in the written file.
fn take<W: Write>(
    interfaces: &mut Vec<u32>,
    block: &OtherBlock<'_>,
    writer: &mut Writer<W>,
    described: &mut Vec<(Vec<u8>, u32)>,
    is_alone: bool,
    shares: bool,
) -> Result<()> {
    match block.block_type {
        BlockType::SECTION_HEADER => {
            interfaces.clear();
            if is_alone { writer.write_other(block, None).map(drop) } else { writer.add_texts(block) }
        }
        BlockType::INTERFACE_DESCRIPTION => {
            let mut words = Vec::new();
            encode::other(&mut words, ByteOrder::Little, block, None, None);
            if let Some(id) = known(described, &words, interfaces).filter(|_| shares && !is_alone) {
                interfaces.push(id);
                return Ok(());
            }
            let id = writer.write_other(block, None)?;
            interfaces.push(id);
            if shares {
                described.push((words, id));
            }
            Ok(())
        }
        BlockType::INTERFACE_STATISTICS => {
            let id = block.interface().and_then(|id| interfaces.get(id as usize).copied());
            writer.write_other(block, id).map(drop)
        }
        _ => writer.write_other(block, None).map(drop),
    }
}

/// The number of an interface that was described in the same words, by another capture.
fn known(described: &[(Vec<u8>, u32)], words: &[u8], own: &[u32]) -> Option<u32> {
    described.iter().find(|(known, id)| known == words && !own.contains(id)).map(|(_, id)| *id)
}

const PROGRESS_FRAMES: u64 = 4096;

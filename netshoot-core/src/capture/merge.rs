//! From captures to one capture: copying, choosing, merging.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::io::{Read, Write};
use std::ops::ControlFlow;

use super::block::{Block, BlockType, OtherBlock};
use super::edit::Edit;
use super::encode;
use super::order::ByteOrder;
use super::{Format, Interface, Lost, Reader, Timestamp, Writer};
use crate::{Error, ErrorKind, Result};

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
    interfaces: MergedInterfaces,
    /// The descriptions that were written, with the numbers of their interfaces, to find those that are the same.
    described: HashMap<Vec<u8>, Vec<u32>>,
}

/// Which interfaces of several captures become one in the merged capture: those that are described in the same words, as
/// mergecap has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum MergedInterfaces {
    /// None.
    #[default]
    None,
    /// All, if every capture describes the same ones in the same order before its first frame; else none, nor where more than
    /// 64 MiB come before the first frames.
    All,
    /// Any, also of one capture.
    Any,
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

/// A merge under way.
pub(super) struct Merging<R: Read> {
    merge: Merge<R>,
    /// The captures that have come to a frame, by when it is to be written.
    heads: BinaryHeap<Reverse<(Rank, usize)>>,
    /// The captures that have to go on to their next frame, the first of them last.
    behind: Vec<usize>,
    merged: Merged,
    is_begun: bool,
}

/// What captures are ordered by.
type Rank = (usize, Option<Timestamp>);

#[derive(Debug)]
struct Input<R: Read> {
    reader: Reader<R>,
    /// The numbers in the written file of the interfaces of this section.
    interfaces: Vec<u32>,
    /// How many interfaces it describes in the same words so far.
    seen: HashMap<Vec<u8>, usize>,
    is_begun: bool,
    /// Blocks in front of the first frame that were read and not written yet.
    ahead: VecDeque<Held>,
    /// How the reader went on behind them.
    next: Option<Result<bool>>,
}

/// An [`OtherBlock`] of its own.
#[derive(Debug)]
struct Held {
    block_type: BlockType,
    offset: u64,
    section: u32,
    order: ByteOrder,
    body: Box<[u8]>,
}

impl<R: Read> Merge<R> {
    /// Of these captures, in this order where times are equal.
    #[must_use]
    pub fn new(readers: Vec<Reader<R>>) -> Self {
        let input = |reader| Input {
            reader,
            interfaces: Vec::new(),
            seen: HashMap::new(),
            is_begun: false,
            ahead: VecDeque::new(),
            next: None,
        };
        Self {
            inputs: readers.into_iter().map(input).collect(),
            edit: Edit::default(),
            is_appended: false,
            interfaces: MergedInterfaces::None,
            described: HashMap::new(),
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

    /// Which interfaces become one; without it, none.
    #[must_use]
    pub fn interfaces(mut self, merged: MergedInterfaces) -> Self {
        self.interfaces = merged;
        self
    }

    /// Writes all of it; the writer still has to be [finished](Writer::finish). `progress` is called now and then with the
    /// octets of the files that were read, and can end it early.
    ///
    /// # Errors
    /// Those of the writer, and [`ErrorKind::TimedOut`] of readers. What else is wrong with a capture is told in the result.
    pub fn write_to<W: Write>(
        self,
        writer: &mut Writer<W>,
        mut progress: impl FnMut(u64) -> ControlFlow<()>,
    ) -> Result<Merged> {
        let before = writer.frames();
        let mut merging = Merging::new(self);
        while merging.step(writer)? {
            if merging.merged.read.is_multiple_of(PROGRESS_FRAMES) && progress(merging.octets()).is_break() {
                break;
            }
        }
        let mut merged = merging.merged;
        merged.written = writer.frames() - before;
        merged.lost = writer.lost();
        Ok(merged)
    }

    /// Whether each capture describes the same interfaces before its first frame.
    fn are_all_same(&mut self) -> Result<bool> {
        let mut room = AHEAD_LIMIT;
        let mut first = None;
        for input in &mut self.inputs {
            let described = input.look_ahead(&mut room)?;
            if described.is_none() || first.as_ref().is_some_and(|first| *first != described) {
                return Ok(false);
            }
            first.get_or_insert(described);
        }
        Ok(true)
    }

    /// What the heads are ordered by: frames without a time come first.
    fn rank(&self, place: usize, time: Option<Timestamp>) -> Rank {
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
        let sharing = if self.inputs.len() == 1 { None } else { Some(self.interfaces) };
        let (described, drops_secrets) = (&mut self.described, self.edit.drop_secrets);
        let Some(input) = self.inputs.get_mut(place) else { return Ok(None) };
        if !std::mem::replace(&mut input.is_begun, true) && input.reader.format() == Format::Pcap {
            input.describe_pcap(writer, described, sharing)?;
        }
        let mut take = |block: &OtherBlock<'_>| match block.block_type {
            BlockType::DECRYPTION_SECRETS if drops_secrets => Ok(()),
            _ => take(&mut input.interfaces, &mut input.seen, block, writer, described, sharing),
        };
        for held in input.ahead.drain(..) {
            take(&held.lend())?;
        }
        loop {
            match input.next.take().unwrap_or_else(|| input.reader.advance()) {
                Ok(true) => {}
                Ok(false) => return Ok(None),
                Err(error) if error.kind() == ErrorKind::TimedOut => return Err(error),
                Err(error) => {
                    merged.damage.push((place, error));
                    return Ok(None);
                }
            }
            match input.reader.block() {
                Some(Block::Frame(frame)) => return Ok(Some(frame.timestamp)),
                Some(Block::Other(block)) => take(&block)?,
                None => return Ok(None),
            }
        }
    }

    /// How many captures there are.
    pub(super) fn len(&self) -> usize {
        self.inputs.len()
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

impl<R: Read> Merging<R> {
    pub(super) fn new(merge: Merge<R>) -> Self {
        let merged = Merged { read: 0, written: 0, damage: Vec::new(), lost: Lost::default() };
        let behind = (0..merge.inputs.len()).rev().collect();
        Self { merge, heads: BinaryHeap::new(), behind, merged, is_begun: false }
    }

    /// Takes the next frame; says whether there was one.
    pub(super) fn step<W: Write>(&mut self, writer: &mut Writer<W>) -> Result<bool> {
        if !self.is_begun {
            self.begin(writer)?;
            self.is_begun = true;
        }
        while let Some(place) = self.behind.last().copied() {
            self.advance(place, writer)?;
            self.behind.pop();
        }
        let Some(Reverse((_, place))) = self.heads.pop() else { return Ok(false) };
        self.behind.push(place);
        self.merged.read += 1;
        self.merge.put(place, writer)?;
        Ok(true)
    }

    /// Whether there may be more behind this error of a step: a capture had no more octets in time.
    pub(super) fn can_go_on(&self, error: &Error) -> bool {
        self.is_begun && error.kind() == ErrorKind::TimedOut
    }

    /// Octets of the files that were read.
    fn octets(&self) -> u64 {
        self.merge.inputs.iter().map(|input| input.reader.offset()).sum()
    }

    /// What is wrong with the captures, as one error.
    pub(super) fn take_damage(&mut self) -> Option<Error> {
        let mut damage = std::mem::take(&mut self.merged.damage).into_iter().map(|(_, error)| error);
        let first = damage.next()?;
        let others: Vec<_> = damage.by_ref().take(TOLD).map(|error| error.to_string()).collect();
        if others.is_empty() {
            return Some(first);
        }
        let more = match damage.count() {
            0 => String::new(),
            count => format!(", and {count} more"),
        };
        let detail = format!("{}; also {}{more}", first.reason(), others.join("; "));
        Some(Error::new(first.kind(), first.operation().to_owned()).with_detail(detail))
    }

    fn begin<W: Write>(&mut self, writer: &mut Writer<W>) -> Result<()> {
        if self.merge.inputs.len() > 1 {
            // Before the first interface begins the section.
            for input in &mut self.merge.inputs {
                input.take_first_header(writer)?;
            }
            if self.merge.interfaces == MergedInterfaces::All && !self.merge.are_all_same()? {
                self.merge.interfaces = MergedInterfaces::None;
            }
        }
        Ok(())
    }

    fn advance<W: Write>(&mut self, place: usize, writer: &mut Writer<W>) -> Result<()> {
        if let Some(time) = self.merge.advance(place, writer, &mut self.merged)? {
            self.heads.push(Reverse((self.merge.rank(place, time), place)));
        }
        Ok(())
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

    /// Reads what comes before the first frame, and holds it; gives the descriptions of interfaces, or `None` if there is
    /// not so much room.
    fn look_ahead(&mut self, room: &mut usize) -> Result<Option<Vec<Vec<u8>>>> {
        let mut described = Vec::new();
        if self.reader.format() == Format::Pcap {
            described.extend(self.reader.interfaces().iter().map(words_of_interface));
            return Ok(Some(described));
        }
        loop {
            match self.reader.advance() {
                Ok(true) => {}
                Err(error) if error.kind() == ErrorKind::TimedOut => return Err(error),
                end => {
                    self.next = Some(end);
                    return Ok(Some(described));
                }
            }
            let Some(Block::Other(block)) = self.reader.block() else {
                self.next = Some(Ok(true));
                return Ok(Some(described));
            };
            if block.block_type == BlockType::INTERFACE_DESCRIPTION {
                described.push(words_of(&block));
            }
            self.ahead.push_back(Held::of(&block));
            match room.checked_sub(block.body.len() + size_of::<Held>()) {
                Some(rest) => *room = rest,
                None => return Ok(None),
            }
        }
    }

    fn describe_pcap<W: Write>(
        &mut self,
        writer: &mut Writer<W>,
        described: &mut HashMap<Vec<u8>, Vec<u32>>,
        sharing: Option<MergedInterfaces>,
    ) -> Result<()> {
        for interface in self.reader.interfaces() {
            let words = words_of_interface(interface);
            let id = number(described, &mut self.seen, words, sharing, || writer.add_interface(interface))?;
            self.interfaces.push(id);
        }
        Ok(())
    }
}

impl Held {
    fn of(block: &OtherBlock<'_>) -> Self {
        let OtherBlock { block_type, offset, section, body, order } = *block;
        Self { block_type, offset, section, order, body: body.into() }
    }

    fn lend(&self) -> OtherBlock<'_> {
        let Self { block_type, offset, section, order, ref body } = *self;
        OtherBlock { block_type, offset, section, body, order }
    }
}

/// An interface description as it is written in one byte order.
fn words_of(block: &OtherBlock<'_>) -> Vec<u8> {
    let mut words = Vec::new();
    encode::other(&mut words, ByteOrder::Little, block, None, None);
    words
}

fn words_of_interface(interface: &Interface) -> Vec<u8> {
    let mut words = Vec::new();
    encode::interface(&mut words, ByteOrder::Little, interface);
    words
}

/// Writes a block that is no packet, with the numbers that interfaces have in the written file.
fn take<W: Write>(
    interfaces: &mut Vec<u32>,
    seen: &mut HashMap<Vec<u8>, usize>,
    block: &OtherBlock<'_>,
    writer: &mut Writer<W>,
    described: &mut HashMap<Vec<u8>, Vec<u32>>,
    sharing: Option<MergedInterfaces>,
) -> Result<()> {
    match block.block_type {
        BlockType::SECTION_HEADER => {
            interfaces.clear();
            if sharing.is_none() { writer.write_other(block, None).map(drop) } else { writer.add_texts(block) }
        }
        BlockType::INTERFACE_DESCRIPTION => {
            let id = number(described, seen, words_of(block), sharing, || writer.write_other(block, None))?;
            interfaces.push(id);
            Ok(())
        }
        BlockType::INTERFACE_STATISTICS => {
            let id = block.interface().and_then(|id| interfaces.get(id as usize).copied());
            writer.write_other(block, id).map(drop)
        }
        _ => writer.write_other(block, None).map(drop),
    }
}

/// The number of an interface: that of one that was described in the same words and stands for this one, too, or of the one
/// that is now written.
fn number(
    described: &mut HashMap<Vec<u8>, Vec<u32>>,
    seen: &mut HashMap<Vec<u8>, usize>,
    words: Vec<u8>,
    sharing: Option<MergedInterfaces>,
    write: impl FnOnce() -> Result<u32>,
) -> Result<u32> {
    let place = match sharing {
        None | Some(MergedInterfaces::None) => return write(),
        Some(MergedInterfaces::Any) => 0,
        // The captures have as many of them.
        Some(MergedInterfaces::All) => {
            let count = seen.entry(words.clone()).or_default();
            *count += 1;
            *count - 1
        }
    };
    let numbers = described.entry(words).or_default();
    if let Some(number) = numbers.get(place) {
        return Ok(*number);
    }
    let number = write()?;
    numbers.push(number);
    Ok(number)
}

const PROGRESS_FRAMES: u64 = 4096;
/// Damaged captures that are told of beside the first.
const TOLD: usize = 10;
/// Octets of blocks that are held until it is known whether all interfaces are the same.
const AHEAD_LIMIT: usize = 64 * 1024 * 1024;

//! What can be told of a capture without looking into its packets.

use std::collections::BTreeMap;
use std::io::Read;
use std::ops::ControlFlow;

use super::block::{Block, BlockType, OtherBlock};
use super::{Compression, Format, Interface, Reader, Timestamp};
use crate::packet::LinkType;
use crate::{Error, Result};

/// The facts of a capture, as `capinfos` tells them.
#[derive(Debug)]
#[non_exhaustive]
pub struct Facts {
    /// The format of the file.
    pub format: Format,
    /// How the file is compressed, if it is.
    pub compression: Option<Compression>,
    /// Octets that were read, of a compressed file before decompression.
    pub file_octets: u64,
    /// How many frames there are.
    pub frames: u64,
    /// Octets of the packets on the wire, which `capinfos` calls the data size.
    pub original_octets: u64,
    /// Octets of the packets that were captured.
    pub captured_octets: u64,
    /// The earliest and the latest time.
    pub times: Option<(Timestamp, Timestamp)>,
    /// Whether no frame has a time before that of the frame in front of it.
    pub is_in_order: bool,
    /// Frames without a time.
    pub timeless: u64,
    /// The shortest and the longest captured length of frames that are not whole, from which the snap length may be
    /// inferred where no interface states one.
    pub cut_lengths: Option<(u64, u64)>,
    /// Packets that the file says were lost, frame by frame (`epb_dropcount`).
    pub dropped: u64,
    /// Comments on frames.
    pub comments: u64,
    /// Link types by the number of their frames.
    pub link_types: BTreeMap<LinkType, u64>,
    /// The sections, 1 in pcap; at most 65,536 are kept.
    pub sections: Vec<SectionFacts>,
    /// The interfaces, with the number of their frames.
    pub interfaces: Vec<(Interface, u64)>,
    /// Blocks that are no packets, by their types.
    pub blocks: BTreeMap<BlockType, u64>,
    /// What is wrong with the capture; what comes before that place was counted.
    pub damage: Option<Error>,
}

/// What a section header tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SectionFacts {
    /// The hardware that the capture was made with.
    pub hardware: Option<String>,
    /// The operating system that it was made with.
    pub operating_system: Option<String>,
    /// The program that made it.
    pub application: Option<String>,
    /// Comments on the section.
    pub comments: Vec<String>,
}

impl Facts {
    /// Reads a capture to its end; damage ends it. `progress` is called now and then with the octets that were read, and can
    /// end it early.
    ///
    /// # Errors
    /// [`ErrorKind::TimedOut`](crate::ErrorKind::TimedOut) of a stream that waits.
    pub fn read<R: Read>(reader: &mut Reader<R>, mut progress: impl FnMut(u64) -> ControlFlow<()>) -> Result<Self> {
        let mut facts = Self::new(reader.format(), reader.compression());
        // By section and number.
        let mut counts = BTreeMap::new();
        let mut last = None;
        loop {
            match reader.advance() {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) if error.kind() == crate::ErrorKind::TimedOut => return Err(error),
                Err(error) => {
                    facts.damage = Some(error);
                    break;
                }
            }
            match reader.block() {
                Some(Block::Frame(frame)) => {
                    facts.count(&frame, &mut last);
                    *counts.entry((frame.section, frame.interface)).or_insert(0) += 1;
                }
                Some(Block::Other(block)) => facts.note(&block),
                None => break,
            }
            if facts.frames.is_multiple_of(PROGRESS_FRAMES) && progress(reader.offset()).is_break() {
                break;
            }
        }
        facts.file_octets = reader.offset();
        let frames = |interface: &Interface| counts.get(&(interface.section, interface.id)).copied().unwrap_or(0);
        facts.interfaces = reader.interfaces().iter().map(|interface| (interface.clone(), frames(interface))).collect();
        Ok(facts)
    }

    fn new(format: Format, compression: Option<Compression>) -> Self {
        let sections = if format == Format::Pcap { vec![SectionFacts::default()] } else { Vec::new() };
        Self {
            format,
            compression,
            file_octets: 0,
            frames: 0,
            original_octets: 0,
            captured_octets: 0,
            times: None,
            is_in_order: true,
            timeless: 0,
            cut_lengths: None,
            dropped: 0,
            comments: 0,
            link_types: BTreeMap::new(),
            sections,
            interfaces: Vec::new(),
            blocks: BTreeMap::new(),
            damage: None,
        }
    }

    fn count(&mut self, frame: &super::Frame<'_>, last: &mut Option<Timestamp>) {
        let length = frame.bytes.len() as u64;
        self.frames += 1;
        self.original_octets += u64::from(frame.original_length);
        self.captured_octets += length;
        *self.link_types.entry(frame.link_type).or_default() += 1;
        match frame.timestamp {
            None => self.timeless += 1,
            Some(time) => {
                let (first, latest) = self.times.unwrap_or((time, time));
                self.times = Some((first.min(time), latest.max(time)));
                self.is_in_order &= last.is_none_or(|last| last <= time);
                *last = Some(time);
            }
        }
        if length < frame.original_length.into() {
            let (least, most) = self.cut_lengths.unwrap_or((length, length));
            self.cut_lengths = Some((least.min(length), most.max(length)));
        }
        self.comments += frame.comments().count() as u64;
        self.dropped = self.dropped.saturating_add(frame.dropped().unwrap_or(0));
    }

    fn note(&mut self, block: &OtherBlock<'_>) {
        *self.blocks.entry(block.block_type).or_default() += 1;
        if block.block_type != BlockType::SECTION_HEADER || self.sections.len() >= SECTION_LIMIT {
            return;
        }
        let mut section = SectionFacts::default();
        for option in block.options() {
            let text = option.text().into_owned();
            match option.code {
                1 => section.comments.push(text),
                2 => section.hardware = Some(text),
                3 => section.operating_system = Some(text),
                4 => section.application = Some(text),
                _ => {}
            }
        }
        self.sections.push(section);
    }
}

const PROGRESS_FRAMES: u64 = 4096;
const SECTION_LIMIT: usize = 65_536;

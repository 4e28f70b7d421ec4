//! Writing captures.

use std::fmt;
use std::fs::File;
use std::io::Write;
use std::path::Path;

use super::block::{Block, BlockType, OtherBlock};
use super::builder::{Settings, WriterBuilder};
use super::compression::Outflow;
use super::encode::{self, SectionTexts};
use super::interface::{self, Interface, InterfaceStatistics, Resolution};
use super::order::ByteOrder;
use super::rotation::Rotation;
use super::{Format, Frame, Timestamp};
use crate::packet::LinkType;
use crate::{Error, ErrorKind, Result};

/// Writes a pcap or pcapng file, or a stream in these formats, compressed if wished.
///
/// What [`Reader::next_block`](super::Reader::next_block) lends is written without loss to pcapng: sections in their own
/// byte order, interfaces, options, times in the units of the interface, blocks of any kind. What pcap cannot hold is
/// counted by [`lost`](Self::lost).
///
/// ```
/// use netshoot_core::capture::{Format, Frame, Interface, OptionList, Reader, Timestamp, Writer};
/// use netshoot_core::packet::LinkType;
///
/// let mut writer = Writer::builder().format(Format::Pcapng).comment("from the test bench").start(Vec::new())?;
/// let eth0 = writer.add_interface(&Interface::described(LinkType::ETHERNET, Some("eth0")))?;
/// let comment = OptionList::new().comment("the first");
/// let mut frame = Frame::new(1, Some(Timestamp::from_nanos(1_700_000_000_123_456_789)), LinkType::ETHERNET, &[0; 60]);
/// frame.interface = eth0;
/// writer.write(&frame.with_options(comment.as_options()))?;
/// let file = writer.finish()?;
///
/// let mut reader = Reader::new(&file[..])?;
/// assert_eq!(reader.next_frame()?.and_then(|frame| frame.comments().next()).as_deref(), Some("the first"));
/// # Ok::<(), netshoot_core::Error>(())
/// ```
///
/// Call [`finish`](Self::finish): dropping a writer also writes what is held back, but an error is then lost.
pub struct Writer<W: Write> {
    out: Option<Outflow<W>>,
    name: Box<str>,
    settings: Settings,
    /// What was not handed on yet.
    buffer: Vec<u8>,
    encoder: Encoder,
    rotation: Option<Rotation<W>>,
    lost: Lost,
    frames: u64,
}

/// What the format of a written file has no place for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Lost {
    /// Frames, interfaces and sections with comments and other options.
    pub options: u64,
    /// Blocks beside packets and interfaces, such as secrets, names and statistics.
    pub blocks: u64,
    /// Times that were cut to longer units, or that a frame does not have.
    pub times: u64,
}

/// What the file knows so far.
struct Encoder {
    order: ByteOrder,
    /// Of the current section.
    interfaces: Vec<Interface>,
    /// The section header was written, or the file header.
    begun: bool,
    /// In pcap: of the file header.
    link_type: LinkType,
    is_nanoseconds: bool,
}

impl Writer<File> {
    /// Creates a capture file, of which the ending tells format and compression: `.pcap`, `.cap` and `.dmp` are pcap, all
    /// others pcapng, and `.gz`, `.zst` or `.lz4` behind it compress.
    ///
    /// # Errors
    /// Those of [`WriterBuilder::create`].
    pub fn create(path: impl AsRef<Path>) -> Result<Self> {
        Self::builder().create(path)
    }

    /// Sets format, compression, rotation and what else is not to follow from the path.
    #[must_use]
    pub fn builder() -> WriterBuilder {
        WriterBuilder::default()
    }
}

impl<W: Write> Writer<W> {
    pub(super) fn new(out: Option<W>, name: Box<str>, settings: Settings, rotation: Option<Rotation<W>>) -> Self {
        let out = out.map(|out| Outflow::new(out, settings.compression));
        let encoder = Encoder {
            order: ByteOrder::Little,
            interfaces: Vec::new(),
            begun: false,
            link_type: LinkType::ETHERNET,
            is_nanoseconds: false,
        };
        Self { out, name, settings, buffer: Vec::new(), encoder, rotation, lost: Lost::default(), frames: 0 }
    }

    /// Describes an interface, of which the number within the section is given back, for
    /// [`Frame::interface`](Frame::interface).
    ///
    /// # Errors
    /// What the system says.
    pub fn add_interface(&mut self, interface: &Interface) -> Result<u32> {
        let mut interface = interface.clone();
        if let Some(limit) = self.settings.snap_length {
            interface.snap_length = shorter(interface.snap_length, limit);
        }
        if self.is_pcap() {
            return Ok(self.encoder.add(interface));
        }
        self.begin_section();
        self.preamble(|encoder, buffer| encode::interface(buffer, encoder.order, &interface));
        let id = self.encoder.add(interface);
        self.drain().map(|()| id)
    }

    /// Writes a frame of the interface that [`Frame::interface`] names, by its number in the section that is being written;
    /// if none was described yet, one of the frame's link type is. Number, offset and section of the frame do not count.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`] if the interface was not described or has another link type, or if the time does not
    /// fit; [`ErrorKind::Unsupported`] for a second link type in pcap; [`ErrorKind::LimitReached`] for packets that no
    /// reader would take; and what the system says.
    pub fn write(&mut self, frame: &Frame<'_>) -> Result<()> {
        if self.encoder.interfaces.is_empty() {
            let resolution = self.settings.resolution.unwrap_or(Resolution::NANOSECONDS);
            self.add_interface(&Interface::described(frame.link_type, None).with_resolution(resolution))?;
        }
        let limit = self.settings.snap_length.map_or(usize::MAX, |limit| limit as usize);
        let bytes = frame.bytes.get(..limit).unwrap_or(frame.bytes);
        if bytes.len() > LONGEST_PACKET {
            let detail = format!("{} octets are more than the {LONGEST_PACKET} that readers take", bytes.len());
            return Err(self.refuse(ErrorKind::LimitReached, frame, detail));
        }
        let start = self.buffer.len();
        if self.is_pcap() {
            self.put_record(frame, bytes)?
        } else {
            self.put_packet(frame, bytes)?
        }
        self.frames += 1;
        if self.rotation.is_some() {
            self.place_in_files(start, frame.timestamp)?;
        }
        self.drain()
    }

    /// Writes a block of another capture. A section header begins a new section, in the byte order of the one that it
    /// comes from; interfaces get the next number in it.
    ///
    /// # Errors
    /// Those of [`write`](Self::write).
    pub fn write_block(&mut self, block: &Block<'_>) -> Result<()> {
        match block {
            Block::Frame(frame) => self.write(frame),
            Block::Other(other) => self.write_other(other, None).map(drop),
        }
    }

    /// Writes counters of an interface, at the time when they were read.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`] if the interface was not described, or if the time does not fit; and what the system
    /// says.
    pub fn write_statistics(&mut self, interface: u32, time: Timestamp, counters: &InterfaceStatistics) -> Result<()> {
        if self.is_pcap() {
            self.lost.blocks += 1;
            return Ok(());
        }
        let described = self.encoder.interfaces.get(interface as usize);
        let Some(ticks) = described.and_then(|described| described.ticks(time)) else {
            let error = Error::new(ErrorKind::InvalidInput, format!("write statistics of interface {interface}"));
            return Err(error.with_detail("it was not described, or the time does not fit"));
        };
        encode::statistics(&mut self.buffer, self.encoder.order, interface, ticks, counters);
        self.drain()
    }

    /// Writes keys with which the packets behind them are decrypted; `kind` is one of those that
    /// [`Secrets`](super::Secrets) names.
    ///
    /// # Errors
    /// What the system says.
    pub fn write_secrets(&mut self, kind: u32, data: &[u8]) -> Result<()> {
        if self.is_pcap() {
            self.lost.blocks += 1;
            return Ok(());
        }
        self.begin_section();
        self.preamble(|encoder, buffer| encode::secrets(buffer, encoder.order, kind, data));
        self.drain()
    }

    /// What the format had no place for so far.
    #[must_use]
    pub fn lost(&self) -> Lost {
        self.lost
    }

    /// Frames that were written so far.
    #[must_use]
    pub fn frames(&self) -> u64 {
        self.frames
    }

    /// Hands on what is held back.
    ///
    /// # Errors
    /// What the system says.
    pub fn flush(&mut self) -> Result<()> {
        self.hand_on()?;
        let flushed = self.out.as_mut().map_or(Ok(()), Write::flush);
        flushed.map_err(|error| self.failed(error))
    }

    /// The same, with the header of the file also where there is nothing else yet.
    pub(super) fn flush_file(&mut self) -> Result<()> {
        self.begin_file();
        self.flush()
    }

    /// Ends the capture, and gives back what it was written to; of several files, the last.
    ///
    /// # Errors
    /// What the system says.
    pub fn finish(mut self) -> Result<W> {
        self.end_file()
    }

    /// The format that is written.
    #[must_use]
    pub fn format(&self) -> Format {
        self.settings.format
    }

    /// Writes a block that is no packet, in place of whose own interface another may be given; gives the number of an
    /// interface that it describes.
    pub(super) fn write_other(&mut self, block: &OtherBlock<'_>, interface: Option<u32>) -> Result<u32> {
        let kind = block.block_type;
        let is_description = kind == BlockType::INTERFACE_DESCRIPTION;
        if self.is_pcap() {
            let is_lost = !is_description && kind != BlockType::SECTION_HEADER;
            self.lost.blocks += u64::from(is_lost);
            self.lost.options += u64::from(!is_lost && block.options().any(|option| !is_kept(kind, option.code)));
        }
        if kind == BlockType::SECTION_HEADER {
            return self.new_section(block).map(|()| 0);
        }
        let mut snap_length = None;
        let mut id = 0;
        if !self.is_pcap() {
            self.begin_section();
        }
        if is_description {
            let next = u32::try_from(self.encoder.interfaces.len()).unwrap_or(u32::MAX);
            let Some((mut interface, _)) = interface::description(1, next, block.order, block.body, usize::MAX) else {
                return Err(Error::new(ErrorKind::InvalidInput, "write interface").with_detail("its block is cut off"));
            };
            if let Some(limit) = self.settings.snap_length {
                interface.snap_length = shorter(interface.snap_length, limit);
                snap_length = Some(interface.snap_length);
            }
            id = self.encoder.add(interface);
        }
        if self.is_pcap() {
            return Ok(id);
        }
        let is_preamble = matches!(
            kind,
            BlockType::INTERFACE_DESCRIPTION | BlockType::DECRYPTION_SECRETS | BlockType::NAME_RESOLUTION
        );
        if is_preamble {
            self.preamble(|encoder, buffer| encode::other(buffer, encoder.order, block, interface, snap_length));
        } else {
            encode::other(&mut self.buffer, self.encoder.order, block, interface, snap_length);
        }
        self.drain().map(|()| id)
    }

    /// Makes comments of what a section header tells, of a capture that is merged with others; too late once the section has
    /// begun.
    pub(super) fn add_texts(&mut self, block: &OtherBlock<'_>) -> Result<()> {
        let options = block.options();
        if self.encoder.begun || self.is_pcap() {
            self.lost.options += u64::from(options.next_is_some());
            return Ok(());
        }
        for option in options {
            let text = option.text().into_owned();
            let text = match option.code {
                1 => text,
                2 => format!("hardware: {text}"),
                3 => format!("operating system: {text}"),
                4 => format!("application: {text}"),
                _ => {
                    self.lost.options += 1;
                    continue;
                }
            };
            self.settings.texts.comments.push(text);
        }
        Ok(())
    }

    fn new_section(&mut self, block: &OtherBlock<'_>) -> Result<()> {
        self.encoder.interfaces.clear();
        if self.is_pcap() {
            return Ok(());
        }
        if let Some(rotation) = &mut self.rotation {
            rotation.preamble.clear();
        }
        (self.encoder.order, self.encoder.begun) = (block.order, true);
        // What the file tells stays; comments are added to the first section.
        let SectionTexts { comments, secrets, .. } = std::mem::take(&mut self.settings.texts);
        let added = SectionTexts { comments, secrets, ..SectionTexts::default() };
        self.preamble(|encoder, buffer| encode::section(buffer, encoder.order, &added, Some(block.options())));
        self.drain()
    }

    fn begin_section(&mut self) {
        if self.encoder.begun {
            return;
        }
        self.encoder.begun = true;
        let texts = std::mem::take(&mut self.settings.texts);
        self.preamble(|encoder, buffer| encode::section(buffer, encoder.order, &texts, None));
    }

    /// Appends what each of several files begins with.
    fn preamble(&mut self, put: impl FnOnce(&Encoder, &mut Vec<u8>)) {
        let start = self.buffer.len();
        put(&self.encoder, &mut self.buffer);
        if let Some(rotation) = &mut self.rotation {
            rotation.remember(self.buffer.get(start..).unwrap_or_default());
        }
    }

    fn put_packet(&mut self, frame: &Frame<'_>, bytes: &[u8]) -> Result<()> {
        let Some(interface) = self.encoder.interfaces.get(frame.interface as usize) else {
            let detail = format!("interface {} was not described", frame.interface);
            return Err(self.refuse(ErrorKind::InvalidInput, frame, detail));
        };
        if interface.link_type != frame.link_type {
            let detail = format!("link type {}, of its interface {}", frame.link_type.0, interface.link_type.0);
            return Err(self.refuse(ErrorKind::InvalidInput, frame, detail));
        }
        // The units of the file that it comes from, unless the time was changed since.
        let same = frame.ticks.filter(|ticks| interface.timestamp(*ticks) == frame.timestamp);
        let ticks = match (same, frame.timestamp) {
            (Some(ticks), _) => Some(ticks),
            (None, Some(time)) => {
                let Some(ticks) = interface.ticks(time) else {
                    let detail = format!("time {time} does not fit the interface's clock of {}", interface.resolution);
                    return Err(self.refuse(ErrorKind::InvalidInput, frame, detail));
                };
                self.lost.times += u64::from(interface.timestamp(ticks) != Some(time));
                Some(ticks)
            }
            // Simple packets are of interface 0, and cut to its snap length.
            (None, None) => {
                let whole = shorter(interface.snap_length, frame.original_length);
                let is_simple = frame.interface == 0 && bytes.len() == whole as usize;
                self.lost.times += u64::from(!is_simple);
                if is_simple { None } else { Some(0) }
            }
        };
        encode::packet(&mut self.buffer, self.encoder.order, frame, bytes, frame.interface, ticks);
        Ok(())
    }

    fn put_record(&mut self, frame: &Frame<'_>, bytes: &[u8]) -> Result<()> {
        if !self.encoder.begun {
            self.begin_pcap(frame.link_type);
        }
        if frame.link_type != self.encoder.link_type {
            let detail =
                format!("its link type is {}, that of the file {}", frame.link_type.0, self.encoder.link_type.0);
            let error = self.refuse(ErrorKind::Unsupported, frame, detail);
            return Err(error.with_hint("pcapng holds more than one"));
        }
        self.lost.options += u64::from(frame.options.next_is_some() || frame.dropped().is_some());
        let is_nanoseconds = self.encoder.is_nanoseconds;
        let time = frame.timestamp.unwrap_or_default();
        let is_cut = frame.timestamp.is_none() || !is_nanoseconds && time.as_nanos() % 1000 != 0;
        self.lost.times += u64::from(is_cut);
        match encode::pcap_record(&mut self.buffer, is_nanoseconds, time, bytes, frame.original_length) {
            Some(()) => Ok(()),
            None => {
                let detail = format!("time {time} does not fit pcap, which goes from 1970 to 2106");
                Err(self.refuse(ErrorKind::InvalidInput, frame, detail).with_hint("write pcapng"))
            }
        }
    }

    fn begin_pcap(&mut self, link_type: LinkType) {
        self.lost.options += u64::from(!self.settings.texts.comments.is_empty());
        self.lost.blocks += self.settings.texts.secrets.len() as u64;
        let encoder = &mut self.encoder;
        (encoder.begun, encoder.link_type) = (true, link_type);
        let is_finer = |interface: &Interface| interface.resolution.is_finer_than_microseconds();
        encoder.is_nanoseconds = match self.settings.resolution {
            Some(resolution) => resolution.is_finer_than_microseconds(),
            None => encoder.interfaces.iter().any(is_finer),
        };
        let of_type = || encoder.interfaces.iter().filter(|interface| interface.link_type == link_type);
        // 0 is no limit, which pcap writes as the most that readers take.
        let limits = || of_type().map(|interface| interface.snap_length);
        let snap_length = if limits().any(|limit| limit == 0) { None } else { limits().max() };
        let fcs =
            of_type().find_map(|interface| interface.fcs_length).filter(|length| length % 2 == 0 && *length <= 30);
        let fcs = fcs.map_or(0, |length| u32::from(length / 2) << 28 | FCS_PRESENT);
        let (is_nanoseconds, network) = (encoder.is_nanoseconds, u32::from(link_type.0) | fcs);
        self.preamble(|_, out| encode::pcap_header(out, is_nanoseconds, snap_length.unwrap_or(NO_LIMIT), network));
    }

    /// Sees to it that the frame from `start` on in the buffer goes to the file that it belongs to.
    fn place_in_files(&mut self, start: usize, time: Option<Timestamp>) -> Result<()> {
        let length = (self.buffer.len() - start) as u64;
        let Some(rotation) = &mut self.rotation else { return Ok(()) };
        if rotation.is_open && !rotation.is_due(length, time) {
            rotation.count(length);
            return Ok(());
        }
        let frame = self.buffer.split_off(start);
        let is_first = !std::mem::replace(&mut rotation.is_open, true);
        if !is_first {
            self.end_file()?;
        }
        self.open_next(time)?;
        let Some(rotation) = &mut self.rotation else { return Ok(()) };
        if !is_first {
            self.buffer.extend_from_slice(&rotation.preamble);
        }
        rotation.begin(self.buffer.len() as u64, time);
        rotation.count(length);
        self.buffer.extend_from_slice(&frame);
        Ok(())
    }

    fn open_next(&mut self, time: Option<Timestamp>) -> Result<()> {
        let Some(rotation) = &mut self.rotation else { return Ok(()) };
        let (out, name) = rotation.open(time)?;
        (self.out, self.name) = (Some(Outflow::new(out, self.settings.compression)), name);
        Ok(())
    }

    fn begin_file(&mut self) {
        if self.encoder.begun {
            return;
        }
        if self.is_pcap() { self.begin_pcap(self.first_link_type()) } else { self.begin_section() }
    }

    /// Writes all of the file and ends it.
    fn end_file(&mut self) -> Result<W> {
        self.begin_file();
        if self.out.is_none() {
            self.open_next(None)?;
        }
        self.hand_on()?;
        let Some(out) = self.out.take() else {
            return Err(Error::new(ErrorKind::Io, "write capture").with_detail("it was ended already"));
        };
        out.finish().map_err(|error| self.failed(error))
    }

    fn first_link_type(&self) -> LinkType {
        self.encoder.interfaces.first().map_or(LinkType::ETHERNET, |interface| interface.link_type)
    }

    /// Hands on what is held back, if that is much.
    #[inline]
    fn drain(&mut self) -> Result<()> {
        if self.buffer.len() >= HELD_BACK && self.out.is_some() { self.hand_on() } else { Ok(()) }
    }

    fn hand_on(&mut self) -> Result<()> {
        let Some(out) = &mut self.out else { return Ok(()) };
        let written = out.write_all(&self.buffer);
        self.buffer.clear();
        written.map_err(|error| self.failed(error))
    }

    fn is_pcap(&self) -> bool {
        self.settings.format == Format::Pcap
    }

    #[cold]
    fn failed(&self, error: std::io::Error) -> Error {
        Error::io(format!("write {}", if self.name.is_empty() { "capture" } else { &self.name }), error)
    }

    #[cold]
    fn refuse(&self, kind: ErrorKind, frame: &Frame<'_>, detail: String) -> Error {
        let to = if self.name.is_empty() { "" } else { " to " };
        Error::new(kind, format!("write frame {}{to}{}", frame.number, self.name)).with_detail(detail)
    }
}

impl<W: Write> Drop for Writer<W> {
    fn drop(&mut self) {
        // Who wants to know of an error calls `finish`.
        if self.out.is_some() {
            let _ = self.end_file();
        }
    }
}

impl<W: Write> fmt::Debug for Writer<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer")
            .field("name", &self.name)
            .field("format", &self.settings.format)
            .field("frames", &self.frames)
            .field("lost", &self.lost)
            .finish_non_exhaustive()
    }
}

impl Encoder {
    fn add(&mut self, mut interface: Interface) -> u32 {
        let id = u32::try_from(self.interfaces.len()).unwrap_or(u32::MAX);
        (interface.section, interface.id) = (1, id);
        self.interfaces.push(interface);
        id
    }
}

/// The shorter of two snap lengths, of which 0 is none.
fn shorter(stated: u32, limit: u32) -> u32 {
    if stated == 0 { limit } else { stated.min(limit) }
}

/// Options of an interface that pcap's file header tells of, too.
fn is_kept(kind: BlockType, code: u16) -> bool {
    kind == BlockType::INTERFACE_DESCRIPTION && code == 9
}

const HELD_BACK: usize = 256 * 1024;
/// Below the 16 MiB of a block, whatever options there are.
const LONGEST_PACKET: usize = 16 * 1024 * 1024 - 1024 * 1024;
const FCS_PRESENT: u32 = 0x0400_0000;
/// What libpcap and Wireshark write for no limit.
const NO_LIMIT: u32 = 262_144;

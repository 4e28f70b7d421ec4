//! The reader of capture files and streams.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::ops::Range;
use std::path::Path;
use std::time::Duration;

use super::block::{Block, OtherBlock};
use super::compression::Compression;
use super::frame::Record;
use super::names::Names;
use super::open;
use super::option::Options;
use super::pcap::{self, Pcap};
use super::pcapng::{self, OtherRecord, Pcapng, Place, Step};
use super::source::Source;
use super::{Frame, Interface};
use crate::{ErrorKind, Result};

/// Reads the frames of a pcap or pcapng capture in the order of the file, also of one that is compressed by gzip, zstd or
/// lz4, which its first octets tell.
///
/// Frames are lent out of the reader's buffer, so the walk is a `while let` rather than an iterator:
///
/// ```no_run
/// let mut reader = netshoot_core::capture::Reader::open("incident.pcapng")?;
/// while let Some(frame) = reader.next_frame()? {
///     println!("{} {:?} {} octets", frame.number, frame.timestamp, frame.bytes.len());
/// }
/// # Ok::<(), netshoot_core::Error>(())
/// ```
///
/// What pcapng has beside packets comes from [`next_block`](Self::next_block), and what it tells of a packet from the
/// frame's own methods.
///
/// The buffer has 256 KiB and grows to hold longer records, up to 16 MiB (twice that at the worst); decompressing takes
/// what the format asks for, at most 128 MiB.
pub struct Reader<R: Read> {
    source: Source<R>,
    decoder: Decoder,
    interfaces: Vec<Interface>,
    /// If they were asked for.
    names: Option<Names>,
    number: u64,
    state: State,
    /// The first section header, until it was delivered or passed.
    header: Option<OtherRecord>,
    /// Where [`Reader::advance`] came to.
    current: Option<Step>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Running,
    /// The stream had no more octets in time; there may be some later.
    Waiting,
    Finished,
}

/// A capture file format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// The classic format, with time stamps in microseconds or nanoseconds.
    Pcap,
    /// The block format of Wireshark.
    Pcapng,
}

enum Decoder {
    Pcap(Pcap),
    Pcapng(Pcapng),
}

impl Reader<File> {
    /// Opens the capture at `path`: a file, or a FIFO or device that is read as a stream.
    ///
    /// A FIFO is given five seconds for a writer to open it. For standard input use [`Reader::named`].
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] or [`ErrorKind::PermissionDenied`] from the system, [`ErrorKind::InvalidInput`] for a
    /// directory, [`ErrorKind::TimedOut`] for a FIFO without a writer, and those of [`Reader::new`]. Each names the path.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let file = open::open(path, FIFO_PATIENCE)?;
        Self::start(file, open::printable_path(path).into())
    }
}

impl<R: Read> Reader<R> {
    /// Starts to read a capture from a stream, which needs no buffer of its own. Errors give no name to the stream.
    ///
    /// # Errors
    /// [`ErrorKind::Malformed`] if this is no capture, [`ErrorKind::Unsupported`] if it is one of a known other format
    /// or version, [`ErrorKind::Truncated`] if the file header is cut off or the stream is empty, and what the stream's
    /// own error says.
    pub fn new(stream: R) -> Result<Self> {
        Self::start(stream, "".into())
    }

    /// Starts to read a capture from a stream that errors call `name`, such as `"standard input"`; what would move the
    /// cursor is escaped.
    ///
    /// # Errors
    /// Those of [`Reader::new`].
    pub fn named(stream: R, name: &str) -> Result<Self> {
        Self::start(stream, open::printable(name).into())
    }

    /// The next frame, or `None` at the end of the capture and after an error.
    ///
    /// # Errors
    /// [`ErrorKind::Truncated`] if the capture ends within a record, [`ErrorKind::Malformed`] if a record contradicts the
    /// format, and also at the end of a whole file if time stamps did not fit a [`Timestamp`](super::Timestamp) (their
    /// number and the first of them are told), [`ErrorKind::Unsupported`] for a section of an unknown version, [`ErrorKind::LimitReached`] if there are
    /// more than 65,536 interfaces in a section, and what the stream's own error says. Each names the offset. All frames before that
    /// place were delivered, and no more will be, except after [`ErrorKind::TimedOut`]: then the stream has no more octets
    /// yet, and the next call looks again.
    #[inline]
    pub fn next_frame(&mut self) -> Result<Option<Frame<'_>>> {
        let record = match self.buffered() {
            Some(record) => record,
            None => match self.next_record()? {
                Some(record) => record,
                None => return Ok(None),
            },
        };
        self.number += 1;
        Ok(Some(self.frame(record)))
    }

    /// The next frame, still in the buffer, and its number.
    pub(super) fn next_numbered(&mut self) -> Result<Option<(u64, Record)>> {
        if let Some(next) = self.next_buffered() {
            return Ok(Some(next));
        }
        let record = self.next_record()?;
        self.number += u64::from(record.is_some());
        Ok(record.map(|record| (self.number, record)))
    }

    /// The same, if all of it is in the buffer already.
    #[inline]
    pub(super) fn next_buffered(&mut self) -> Option<(u64, Record)> {
        let record = self.buffered()?;
        self.number += 1;
        Some((self.number, record))
    }

    /// Puts what is at `span`, where records are that were read last, into `other`; tells how much further in front it is.
    pub(super) fn hand_over(&mut self, span: Range<usize>, other: &mut Vec<u8>) -> usize {
        self.current = None;
        self.source.hand_over(span, other)
    }

    /// The next packet, if its record is in memory and nothing is wrong or unusual.
    #[inline(always)]
    fn buffered(&mut self) -> Option<Record> {
        match &self.decoder {
            _ if self.state != State::Running => None,
            Decoder::Pcap(pcap) => pcap.buffered(&mut self.source),
            Decoder::Pcapng(pcapng) => pcapng.buffered(&mut self.source, &self.interfaces),
        }
    }

    /// The next packet in any case.
    #[cold]
    fn next_record(&mut self) -> Result<Option<Record>> {
        if self.state != State::Running && !self.resume()? {
            return Ok(None);
        }
        let record = match &mut self.decoder {
            Decoder::Pcap(pcap) => pcap.next(&mut self.source, self.number + 1),
            Decoder::Pcapng(pcapng) => pcapng.next(&mut self.source, &mut self.interfaces, &mut self.names),
        };
        match record {
            Ok(Some(record)) => Ok(Some(record)),
            end => self.stop(end.map(drop)).map(|()| None),
        }
    }

    /// The next block of any kind, or `None` at the end of the capture and after an error. In pcap each is a frame.
    ///
    /// # Errors
    /// Those of [`next_frame`](Self::next_frame); also [`ErrorKind::Malformed`] for any block of more than 16 MiB.
    pub fn next_block(&mut self) -> Result<Option<Block<'_>>> {
        Ok(if self.advance()? { self.block() } else { None })
    }

    /// Goes to the next block, which [`block`](Self::block) lends; says whether there is one.
    pub(super) fn advance(&mut self) -> Result<bool> {
        self.current = None;
        if self.state != State::Running && !self.resume()? {
            return Ok(false);
        }
        if let Some(header) = self.header.take().filter(|_| self.number == 0) {
            self.current = Some(Step::Other(header));
            return Ok(true);
        }
        if let Some(record) = self.buffered() {
            self.number += 1;
            self.current = Some(Step::Packet(record));
            return Ok(true);
        }
        let step = match &mut self.decoder {
            Decoder::Pcap(pcap) => pcap.next(&mut self.source, self.number + 1).map(|record| record.map(Step::Packet)),
            Decoder::Pcapng(pcapng) => pcapng.next_step(&mut self.source, &mut self.interfaces, &mut self.names),
        };
        match step {
            Ok(Some(step)) => {
                self.number += u64::from(matches!(step, Step::Packet(_)));
                self.current = Some(step);
                Ok(true)
            }
            end => self.stop(end.map(drop)).map(|()| false),
        }
    }

    /// Where [`advance`](Self::advance) came to.
    pub(super) fn block(&self) -> Option<Block<'_>> {
        Some(match self.current? {
            Step::Packet(record) => Block::Frame(self.frame(record)),
            Step::Other(other) => Block::Other(OtherBlock {
                block_type: other.block_type,
                offset: other.offset,
                section: other.section,
                body: self.source.slice(other.start, other.length),
                order: other.order,
            }),
        })
    }

    /// Whether there may be more.
    #[cold]
    fn resume(&mut self) -> Result<bool> {
        if self.state == State::Finished {
            return Ok(false);
        }
        if let Decoder::Pcapng(pcapng) = &mut self.decoder {
            let resumed = pcapng.resume(&mut self.source);
            if resumed.is_err() {
                self.stop(resumed)?;
            }
        }
        self.state = State::Running;
        Ok(true)
    }

    #[cold]
    fn stop(&mut self, end: Result<()>) -> Result<()> {
        let is_early = end.as_ref().is_err_and(|error| error.kind() == ErrorKind::TimedOut);
        self.state = if is_early { State::Waiting } else { State::Finished };
        // Its octets are not there any more.
        self.header = None;
        end
    }

    pub(super) fn start(stream: R, name: Box<str>) -> Result<Self> {
        let mut source = Source::new(stream, name);
        let start = source.request(LONGEST_MAGIC)?;
        if let Some(compression) = Compression::sniff(start) {
            source = decompress(source, compression)?;
        }
        let (mut interfaces, mut header) = (Vec::new(), None);
        let decoder = match sniff(&mut source)? {
            pcapng::SECTION_HEADER_MAGIC => {
                let (pcapng, first) = Pcapng::open(&mut source)?;
                header = Some(first);
                Decoder::Pcapng(pcapng)
            }
            magic => {
                let (pcap, interface) = Pcap::open(&mut source, magic)?;
                interfaces.push(interface);
                Decoder::Pcap(pcap)
            }
        };
        Ok(Self { source, decoder, interfaces, names: None, number: 0, state: State::Running, header, current: None })
    }

    /// The format of the capture.
    #[must_use]
    pub fn format(&self) -> Format {
        match self.decoder {
            Decoder::Pcap(_) => Format::Pcap,
            Decoder::Pcapng(_) => Format::Pcapng,
        }
    }

    /// How the file is compressed, if it is.
    #[must_use]
    pub fn compression(&self) -> Option<Compression> {
        self.source.compression()
    }

    /// Octets of the file that were used so far, of a compressed one before decompression: against the length of the
    /// file, the progress.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.source.progress()
    }

    /// The interfaces described so far, in the order of the file: in pcapng they come between the frames.
    ///
    /// At most 65,536 are kept: when one more comes, the oldest 32,768 are forgotten, but never one of the current
    /// section. [`section`](Interface::section) and [`id`](Interface::id) tell which is which, not the place in the slice.
    ///
    /// Texts are cut after 1,024 octets, and left out once there are 4 MiB of them.
    #[must_use]
    pub fn interfaces(&self) -> &[Interface] {
        &self.interfaces
    }

    /// Keeps the names of addresses that come from here on, for [`names`](Self::names).
    pub fn keep_names(&mut self) {
        self.names.get_or_insert_default();
    }

    /// The names of addresses so far, if they are [kept](Self::keep_names). Wireshark writes them behind the frames. pcap
    /// has none.
    #[must_use]
    pub fn names(&self) -> Option<&Names> {
        self.names.as_ref()
    }

    /// The number of sections so far; 1 in pcap.
    #[must_use]
    pub fn sections(&self) -> u32 {
        match &self.decoder {
            Decoder::Pcap(_) => 1,
            Decoder::Pcapng(pcapng) => pcapng.sections(),
        }
    }

    /// What the decoder has to know to begin here; nothing in pcap.
    pub(super) fn place(&self) -> Option<Place> {
        match &self.decoder {
            Decoder::Pcap(_) => None,
            Decoder::Pcapng(pcapng) => Some(pcapng.place()),
        }
    }

    /// Octets from the start of the file, decompressed, to what was not read yet.
    pub(super) fn position(&self) -> u64 {
        self.source.offset()
    }

    pub(super) fn name(&self) -> &str {
        self.source.name()
    }

    /// The stream itself, unless it is compressed.
    pub(super) fn stream_mut(&mut self) -> Option<&mut R> {
        self.source.plain_mut()
    }

    /// Begins anew where the stream was set to.
    pub(super) fn go_to(&mut self, offset: u64, number: u64, place: Option<Place>, interfaces: Vec<Interface>) {
        self.source.restart(offset);
        if let (Decoder::Pcapng(pcapng), Some(place)) = (&mut self.decoder, place) {
            pcapng.go_to(place);
        }
        (self.number, self.interfaces, self.state) = (number, interfaces, State::Running);
        (self.header, self.current) = (None, None);
    }

    #[inline]
    fn frame(&self, record: Record) -> Frame<'_> {
        Frame {
            number: self.number,
            offset: record.offset,
            timestamp: record.timestamp,
            bytes: self.source.slice(record.start, record.length),
            original_length: record.original_length,
            link_type: record.link_type,
            interface: record.interface,
            section: record.section,
            ticks: record.ticks,
            options: self.options(&record),
            drops: record.drops,
        }
    }

    #[inline]
    fn options(&self, record: &Record) -> Options<'_> {
        let start = record.start + record.length.next_multiple_of(4);
        Options::new(record.order, self.source.slice(start, record.options_length))
    }
}

impl<R: Read> fmt::Debug for Reader<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader")
            .field("format", &self.format())
            .field("offset", &self.offset())
            .field("frames", &self.number)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

impl Format {
    /// The format that a path's ending stands for, in front of one of compression: pcap for `.pcap`, `.cap` and `.dmp`, else
    /// pcapng.
    #[must_use]
    pub fn of_path(path: &Path) -> Self {
        let is_compressed = Compression::of_path(path).is_some();
        let path = if is_compressed { path.with_extension("") } else { path.to_owned() };
        let ending = path.extension().and_then(|ending| ending.to_str()).map(str::to_ascii_lowercase);
        match ending.as_deref() {
            Some("pcap" | "cap" | "dmp") => Self::Pcap,
            _ => Self::Pcapng,
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pcap => "pcap",
            Self::Pcapng => "pcapng",
        })
    }
}

/// The first four octets, if they are those of a format that can be read.
fn sniff<R: Read>(source: &mut Source<R>) -> Result<[u8; 4]> {
    let start = source.request(LONGEST_MAGIC)?;
    if start.is_empty() {
        return Err(source.fault(ErrorKind::Truncated, FILE_HEADER, 0).with_detail("the file is empty"));
    }
    if let Some((_, name, hint)) = FOREIGN.iter().find(|(magic, ..)| start.starts_with(magic)) {
        let error = source.fault(ErrorKind::Unsupported, FILE_HEADER, 0).with_detail(format!("this is {name}"));
        return Err(error.with_hint(*hint));
    }
    match start.first_chunk() {
        Some(
            magic @ (&pcap::LITTLE_MICROSECONDS
            | &pcap::LITTLE_NANOSECONDS
            | &pcap::BIG_MICROSECONDS
            | &pcap::BIG_NANOSECONDS
            | &pcap::LITTLE_MODIFIED
            | &pcap::BIG_MODIFIED
            | &pcapng::SECTION_HEADER_MAGIC),
        ) => Ok(*magic),
        Some(magic) => {
            let detail = format!("not a capture: the first octets are {}", hexadecimal(magic));
            Err(source.fault(ErrorKind::Malformed, FILE_HEADER, 0).with_detail(detail))
        }
        None => {
            let left = start.len() as u64;
            Err(source.cut_off(FILE_HEADER, 0, 4, left))
        }
    }
}

fn hexadecimal(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect::<Vec<_>>().join(" ")
}

#[cfg(feature = "compression")]
fn decompress<R: Read>(source: Source<R>, compression: Compression) -> Result<Source<R>> {
    let mut source = source.decompress(compression);
    let start = source.request(LONGEST_MAGIC)?;
    if let Some(inner) = Compression::sniff(start) {
        let error = source.fault(ErrorKind::Unsupported, FILE_HEADER, 0);
        return Err(error.with_detail(format!("this is {inner} within {compression}")).with_hint(DECOMPRESS));
    }
    Ok(source)
}

#[cfg(not(feature = "compression"))]
fn decompress<R: Read>(source: Source<R>, compression: Compression) -> Result<Source<R>> {
    let error = source.fault(ErrorKind::Unsupported, FILE_HEADER, 0);
    let detail = format!("this is a {compression} file, and this build lacks the feature `compression`");
    Err(error.with_detail(detail).with_hint(DECOMPRESS))
}

/// What people take for a capture, or what is one of another kind, and what to do about it.
const FOREIGN: [(&[u8], &str, &str); 9] = [
    (b"\x02\x21\x4c\x18", "an lz4 file in the legacy format", DECOMPRESS),
    (b"BZh", "a bzip2 file", DECOMPRESS),
    (b"\xfd7zXZ\0", "an xz file", DECOMPRESS),
    (b"PK\x03\x04", "a zip archive", DECOMPRESS),
    (b"\x1c\x00\x01\xac", "a pcap file in IXIA's format", CONVERT),
    (b"\xac\x01\x00\x1c", "a pcap file in IXIA's format", CONVERT),
    (b"snoop\0\0\0", "a snoop file", CONVERT),
    (b"GMBU", "a Microsoft Network Monitor file", CONVERT),
    (b"XCP\0", "a NetXRay file", CONVERT),
];
const DECOMPRESS: &str = "decompress it first";
const CONVERT: &str = "convert it with editcap first";
const FILE_HEADER: &str = "capture file header";
const LONGEST_MAGIC: usize = 8;

/// Longer than it takes to type the other command, shorter than the patience of who waits for an answer.
pub(super) const FIFO_PATIENCE: Duration = Duration::from_secs(5);

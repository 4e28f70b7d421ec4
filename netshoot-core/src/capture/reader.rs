//! The reader of capture files and streams.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::Duration;

use super::frame::Record;
use super::open;
use super::pcap::{self, Pcap};
use super::pcapng::{self, Pcapng};
use super::source::Source;
use super::{Frame, Interface};
use crate::{ErrorKind, Result};

/// Reads the frames of a pcap or pcapng capture in the order of the file.
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
/// The buffer has 256 KiB and grows to hold longer records, up to 16 MiB (twice that at the worst).
pub struct Reader<R> {
    source: Source<R>,
    decoder: Decoder,
    interfaces: Vec<Interface>,
    number: u64,
    finished: bool,
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
    /// place were delivered, and no more will be.
    #[inline]
    pub fn next_frame(&mut self) -> Result<Option<Frame<'_>>> {
        if self.finished {
            return Ok(None);
        }
        let number = self.number + 1;
        let record = match &mut self.decoder {
            Decoder::Pcap(pcap) => pcap.next(&mut self.source, number),
            Decoder::Pcapng(pcapng) => pcapng.next(&mut self.source, &mut self.interfaces),
        };
        match record {
            Ok(Some(record)) => {
                self.number = number;
                Ok(Some(self.frame(record)))
            }
            end => {
                self.finished = true;
                end.map(|_| None)
            }
        }
    }

    fn start(stream: R, name: Box<str>) -> Result<Self> {
        let mut source = Source::new(stream, name);
        let mut interfaces = Vec::new();
        let decoder = match sniff(&mut source)? {
            pcapng::SECTION_HEADER_MAGIC => Decoder::Pcapng(Pcapng::open(&mut source)?),
            magic => {
                let (pcap, interface) = Pcap::open(&mut source, magic)?;
                interfaces.push(interface);
                Decoder::Pcap(pcap)
            }
        };
        Ok(Self { source, decoder, interfaces, number: 0, finished: false })
    }
}

impl<R> Reader<R> {
    /// The format of the capture.
    #[must_use]
    pub fn format(&self) -> Format {
        match self.decoder {
            Decoder::Pcap(_) => Format::Pcap,
            Decoder::Pcapng(_) => Format::Pcapng,
        }
    }

    /// Octets of the file that were read as frames or other blocks so far: against the length of the file, the progress.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.source.offset()
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

    /// The number of sections so far; 1 in pcap.
    #[must_use]
    pub fn sections(&self) -> u32 {
        match &self.decoder {
            Decoder::Pcap(_) => 1,
            Decoder::Pcapng(pcapng) => pcapng.sections(),
        }
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
        }
    }
}

impl<R> fmt::Debug for Reader<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader")
            .field("format", &self.format())
            .field("offset", &self.offset())
            .field("frames", &self.number)
            .field("finished", &self.finished)
            .finish_non_exhaustive()
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
    const WHAT: &str = "capture file header";
    let start = source.request(LONGEST_MAGIC)?;
    if start.is_empty() {
        return Err(source.fault(ErrorKind::Truncated, WHAT, 0).with_detail("the file is empty"));
    }
    if let Some((_, name, hint)) = FOREIGN.iter().find(|(magic, ..)| start.starts_with(magic)) {
        let error = source.fault(ErrorKind::Unsupported, WHAT, 0).with_detail(format!("this is {name}"));
        return Err(error.with_hint(*hint));
    }
    match start.first_chunk() {
        Some(
            magic @ (&pcap::LITTLE_MICROSECONDS
            | &pcap::LITTLE_NANOSECONDS
            | &pcap::BIG_MICROSECONDS
            | &pcap::BIG_NANOSECONDS
            | &pcapng::SECTION_HEADER_MAGIC),
        ) => Ok(*magic),
        Some(magic) => {
            let detail = format!("not a capture: the first octets are {}", hexadecimal(magic));
            Err(source.fault(ErrorKind::Malformed, WHAT, 0).with_detail(detail))
        }
        None => {
            let left = start.len() as u64;
            Err(source.cut_off(WHAT, 0, 4, left))
        }
    }
}

fn hexadecimal(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect::<Vec<_>>().join(" ")
}

/// What people take for a capture, or what is one of another kind, and what to do about it.
const FOREIGN: [(&[u8], &str, &str); 13] = [
    (b"\x1f\x8b", "a gzip file", DECOMPRESS),
    (b"\x28\xb5\x2f\xfd", "a zstd file", DECOMPRESS),
    (b"\x04\x22\x4d\x18", "an lz4 file", DECOMPRESS),
    (b"BZh", "a bzip2 file", DECOMPRESS),
    (b"\xfd7zXZ\0", "an xz file", DECOMPRESS),
    (b"PK\x03\x04", "a zip archive", DECOMPRESS),
    (b"\xa1\xb2\xcd\x34", "a pcap file in Kuznetzov's modified format", CONVERT),
    (b"\x34\xcd\xb2\xa1", "a pcap file in Kuznetzov's modified format", CONVERT),
    (b"\x1c\x00\x01\xac", "a pcap file in IXIA's format", CONVERT),
    (b"\xac\x01\x00\x1c", "a pcap file in IXIA's format", CONVERT),
    (b"snoop\0\0\0", "a snoop file", CONVERT),
    (b"GMBU", "a Microsoft Network Monitor file", CONVERT),
    (b"XCP\0", "a NetXRay file", CONVERT),
];
const DECOMPRESS: &str = "decompress it first";
const CONVERT: &str = "convert it with editcap first";
const LONGEST_MAGIC: usize = 8;

/// Longer than it takes to type the other command, shorter than the patience of who waits for an answer.
const FIFO_PATIENCE: Duration = Duration::from_secs(5);

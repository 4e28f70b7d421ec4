//! Compressed captures: recognised by their first octets, decompressed as they are read.
//!
//! Memory does not grow with what comes out: each decoder keeps the window of its format, at most 128 MiB for zstd, 8 MiB
//! for lz4, 32 KiB for gzip, whatever a file claims. Members and frames that follow one another are one stream, as the
//! formats have it; zeros behind a member of gzip are padding.

use std::fmt;
#[cfg(feature = "compression")]
use std::io::BufRead;
use std::io::{self, Read, Write};
use std::path::Path;

#[cfg(feature = "compression")]
use flate2::bufread::GzDecoder;
#[cfg(feature = "compression")]
use ruzstd::decoding::FrameDecoder;

/// How a capture file is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Compression {
    /// gzip (RFC 1952), any number of members.
    Gzip,
    /// Zstandard (RFC 8878), any number of frames.
    Zstd,
    /// The frame format of LZ4, any number of frames.
    Lz4,
}

impl Compression {
    /// The compression that a path's ending stands for: `.gz`, `.zst`, `.lz4`.
    #[must_use]
    pub fn of_path(path: &Path) -> Option<Self> {
        let ending = path.extension()?.to_str()?.to_ascii_lowercase();
        match ending.as_str() {
            "gz" => Some(Self::Gzip),
            "zst" | "zstd" => Some(Self::Zstd),
            "lz4" => Some(Self::Lz4),
            _ => None,
        }
    }

    /// The compression that these first octets stand for.
    pub(super) fn sniff(start: &[u8]) -> Option<Self> {
        match start {
            [0x1f, 0x8b, ..] => Some(Self::Gzip),
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some(Self::Zstd),
            [0x04, 0x22, 0x4d, 0x18, ..] => Some(Self::Lz4),
            _ => None,
        }
    }
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Lz4 => "lz4",
        })
    }
}

/// A stream, decompressed if it has to be.
pub(super) enum Inflow<R: Read> {
    Plain(R),
    #[cfg(feature = "compression")]
    Gzip(Box<Gzip<R>>),
    #[cfg(feature = "compression")]
    Zstd(Box<Zstd<R>>),
    #[cfg(feature = "compression")]
    Lz4(Box<Lz4<R>>),
}

impl<R: Read> Inflow<R> {
    /// Decompresses `inner`, of which `start` was read already.
    #[cfg(feature = "compression")]
    pub(super) fn decompress(compression: Compression, start: Vec<u8>, inner: R) -> Self {
        let raw = Raw { end: start.len(), buffer: start, start: 0, inner, taken: 0, ended: false, holds: false };
        match compression {
            Compression::Gzip => Self::Gzip(Box::new(Gzip { member: Some(GzDecoder::new(raw)) })),
            Compression::Zstd => Self::Zstd(Box::new(Zstd { raw, decoder: new_decoder(), is_open: false })),
            Compression::Lz4 => {
                Self::Lz4(Box::new(Lz4 { decoder: lz4_flex::frame::FrameDecoder::new(raw), is_open: false }))
            }
        }
    }
}

impl<R: Read> Inflow<R> {
    /// Octets of the compressed file that were decompressed so far.
    pub(super) fn compressed(&self) -> Option<u64> {
        match self {
            Self::Plain(_) => None,
            #[cfg(feature = "compression")]
            Self::Gzip(gzip) => gzip.member.as_ref().map(|member| member.get_ref().taken),
            #[cfg(feature = "compression")]
            Self::Zstd(zstd) => Some(zstd.raw.taken),
            #[cfg(feature = "compression")]
            Self::Lz4(lz4) => Some(lz4.taken()),
        }
    }

    pub(super) fn compression(&self) -> Option<Compression> {
        match self {
            Self::Plain(_) => None,
            #[cfg(feature = "compression")]
            Self::Gzip(_) => Some(Compression::Gzip),
            #[cfg(feature = "compression")]
            Self::Zstd(_) => Some(Compression::Zstd),
            #[cfg(feature = "compression")]
            Self::Lz4(_) => Some(Compression::Lz4),
        }
    }
}

impl<R: Read> Read for Inflow<R> {
    #[inline]
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(inner) => inner.read(room),
            #[cfg(feature = "compression")]
            Self::Gzip(gzip) => gzip.read(room),
            #[cfg(feature = "compression")]
            Self::Zstd(zstd) => zstd.read(room),
            #[cfg(feature = "compression")]
            Self::Lz4(lz4) => lz4.read(room),
        }
    }
}

/// The compressed octets.
#[cfg(feature = "compression")]
pub(super) struct Raw<R> {
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    inner: R,
    taken: u64,
    /// The stream was asked for more and had none.
    ended: bool,
    /// The next to ask for octets is told to ask again.
    holds: bool,
}

#[cfg(feature = "compression")]
impl<R: Read> BufRead for Raw<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if std::mem::take(&mut self.holds) {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        if self.start == self.end {
            self.buffer.resize(COMPRESSED_BUFFER_LENGTH, 0);
            self.end = self.inner.read(&mut self.buffer)?.min(self.buffer.len());
            self.start = 0;
            self.ended = self.end == 0;
        }
        Ok(self.buffer.get(self.start..self.end).unwrap_or_default())
    }

    fn consume(&mut self, count: usize) {
        let count = count.min(self.end - self.start);
        self.start += count;
        self.taken += count as u64;
    }
}

#[cfg(feature = "compression")]
impl<R: Read> Read for Raw<R> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(room)?;
        self.consume(count);
        Ok(count)
    }
}

#[cfg(feature = "compression")]
impl<R: Read> Raw<R> {
    /// Passes over skippable frames, which zstd and lz4 have in common; says whether there is another frame.
    fn next_frame(&mut self) -> io::Result<bool> {
        let mut magic = [0; 4];
        loop {
            if self.fill_buf()?.is_empty() {
                return Ok(false);
            }
            self.read_exact(&mut magic)?;
            if !matches!(magic, [0x50..=0x5f, 0x2a, 0x4d, 0x18]) {
                // There was room in front: at least these four octets were consumed, perhaps of an earlier buffer.
                self.put_back(magic);
                return Ok(true);
            }
            let mut length = [0; 4];
            self.read_exact(&mut length)?;
            let length = u64::from(u32::from_le_bytes(length));
            if io::copy(&mut self.by_ref().take(length), &mut io::sink())? < length {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }

    /// Passes over the zeros that pad a file of gzip, as to the block of a tape; says whether there is another member.
    fn next_member(&mut self) -> io::Result<bool> {
        loop {
            let rest = self.fill_buf()?;
            let zeros = rest.iter().take_while(|octet| **octet == 0).count();
            match rest.get(zeros) {
                None if zeros == 0 => return Ok(false),
                None => self.consume(zeros),
                Some(&GZIP_MAGIC) => {
                    self.consume(zeros);
                    return Ok(true);
                }
                Some(_) => return Err(io::Error::new(io::ErrorKind::InvalidData, "what follows the gzip is none")),
            }
        }
    }

    fn put_back(&mut self, magic: [u8; 4]) {
        let mut buffer = magic.to_vec();
        buffer.extend_from_slice(self.buffer.get(self.start..self.end).unwrap_or_default());
        (self.start, self.end) = (0, buffer.len());
        self.buffer = buffer;
        self.taken -= magic.len() as u64;
    }
}

/// The decoder of many members takes padding for damage; this one goes from member to member.
#[cfg(feature = "compression")]
pub(super) struct Gzip<R> {
    /// Always there, but while it is replaced.
    member: Option<GzDecoder<Raw<R>>>,
}

#[cfg(feature = "compression")]
impl<R: Read> Gzip<R> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        loop {
            let Some(member) = &mut self.member else { return Ok(0) };
            let count = member.read(room).map_err(|error| garbled(member.get_ref(), error))?;
            if count > 0 || room.is_empty() || !member.get_mut().next_member()? {
                return Ok(count);
            }
            // A new decoder reads the header at once, and goes on with it later after this one error only.
            member.get_mut().holds = true;
            self.member = self.member.take().map(|member| GzDecoder::new(member.into_inner()));
        }
    }
}

/// A decoder of zstd knows one frame; this one goes from frame to frame, and looks at the checksums.
#[cfg(feature = "compression")]
pub(super) struct Zstd<R> {
    raw: Raw<R>,
    decoder: FrameDecoder,
    is_open: bool,
}

#[cfg(feature = "compression")]
impl<R: Read> Zstd<R> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        use ruzstd::decoding::BlockDecodingStrategy::UptoBlocks;
        loop {
            if !self.is_open {
                if !self.raw.next_frame()? {
                    return Ok(0);
                }
                self.decoder.init(&mut self.raw).map_err(|error| garbled(&self.raw, error))?;
                self.is_open = true;
            }
            while self.decoder.can_collect() == 0 && !self.decoder.is_finished() {
                let decoded = self.decoder.decode_blocks(&mut self.raw, UptoBlocks(1));
                decoded.map_err(|error| garbled(&self.raw, error))?;
            }
            let count = self.decoder.read(room)?;
            if count > 0 || room.is_empty() {
                return Ok(count);
            }
            let stated = self.decoder.get_checksum_from_data();
            if stated.is_some() && stated != self.decoder.get_calculated_checksum() {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "the checksum of the zstd frame is wrong"));
            }
            self.is_open = false;
        }
    }
}

#[cfg(feature = "compression")]
fn new_decoder() -> FrameDecoder {
    let mut decoder = FrameDecoder::new();
    decoder.set_max_window_size(ZSTD_WINDOW_LIMIT);
    decoder
}

/// The decoder of lz4 takes a file that was cut between blocks for a whole one; this one does not.
#[cfg(feature = "compression")]
pub(super) struct Lz4<R: Read> {
    decoder: lz4_flex::frame::FrameDecoder<Raw<R>>,
    is_open: bool,
}

#[cfg(feature = "compression")]
impl<R: Read> Lz4<R> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        loop {
            if !self.is_open {
                if !self.decoder.get_mut().next_frame()? {
                    return Ok(0);
                }
                self.is_open = true;
            }
            let count = self.decoder.read(room).map_err(|error| garbled(self.decoder.get_ref(), error))?;
            if count > 0 || room.is_empty() {
                return Ok(count);
            }
            // The end of a frame is known without asking for more.
            if self.decoder.get_ref().ended {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.is_open = false;
        }
    }

    fn taken(&self) -> u64 {
        self.decoder.get_ref().taken
    }
}

/// What a decoder says, or that the file was cut off where it asked for more than there is.
#[cfg(feature = "compression")]
fn garbled<R>(raw: &Raw<R>, error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    let error = error.into();
    if raw.ended {
        return io::ErrorKind::UnexpectedEof.into();
    }
    match error.downcast::<io::Error>() {
        // The stream's own, which says more than ours would.
        Ok(error) if !matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Other) => *error,
        Ok(error) => io::Error::new(io::ErrorKind::InvalidData, error.to_string()),
        Err(error) => io::Error::new(io::ErrorKind::InvalidData, error.to_string()),
    }
}

/// A stream that is compressed on its way out, if it has to be.
pub(super) enum Outflow<W: Write> {
    Plain(W),
    #[cfg(feature = "compression")]
    Gzip(flate2::write::GzEncoder<W>),
    #[cfg(feature = "compression")]
    Zstd(ZstdFrames<W>),
    #[cfg(feature = "compression")]
    Lz4(lz4_flex::frame::FrameEncoder<W>),
}

impl<W: Write> Outflow<W> {
    #[cfg(feature = "compression")]
    pub(super) fn new(inner: W, compression: Option<Compression>) -> Self {
        match compression {
            None => Self::Plain(inner),
            Some(Compression::Gzip) => Self::Gzip(flate2::write::GzEncoder::new(inner, flate2::Compression::default())),
            Some(Compression::Zstd) => Self::Zstd(ZstdFrames { inner, pending: Vec::new(), is_empty: true }),
            Some(Compression::Lz4) => {
                let info = lz4_flex::frame::FrameInfo::new().content_checksum(true);
                Self::Lz4(lz4_flex::frame::FrameEncoder::with_frame_info(info, inner))
            }
        }
    }

    #[cfg(not(feature = "compression"))]
    pub(super) fn new(inner: W, _: Option<Compression>) -> Self {
        Self::Plain(inner)
    }

    /// Ends the compressed stream, and gives back what it went to.
    pub(super) fn finish(self) -> io::Result<W> {
        let mut inner = match self {
            Self::Plain(inner) => inner,
            #[cfg(feature = "compression")]
            Self::Gzip(encoder) => encoder.finish()?,
            #[cfg(feature = "compression")]
            Self::Zstd(frames) => frames.finish()?,
            #[cfg(feature = "compression")]
            Self::Lz4(encoder) => encoder.finish().map_err(io::Error::from)?,
        };
        inner.flush()?;
        Ok(inner)
    }
}

impl<W: Write> Write for Outflow<W> {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(inner) => inner.write(octets),
            #[cfg(feature = "compression")]
            Self::Gzip(encoder) => encoder.write(octets),
            #[cfg(feature = "compression")]
            Self::Zstd(frames) => frames.write(octets),
            #[cfg(feature = "compression")]
            Self::Lz4(encoder) => encoder.write(octets),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(inner) => inner.flush(),
            #[cfg(feature = "compression")]
            Self::Gzip(encoder) => encoder.flush(),
            #[cfg(feature = "compression")]
            Self::Zstd(frames) => frames.flush(),
            #[cfg(feature = "compression")]
            Self::Lz4(encoder) => encoder.flush(),
        }
    }
}

/// Zstd, a frame for each mebibyte and for each flush.
///
/// The encoder takes all of a frame at once and ends the program where its output fails, so it writes to memory.
#[cfg(feature = "compression")]
pub(super) struct ZstdFrames<W> {
    inner: W,
    pending: Vec<u8>,
    is_empty: bool,
}

#[cfg(feature = "compression")]
impl<W: Write> ZstdFrames<W> {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        let count = octets.len().min(ZSTD_FRAME_LENGTH - self.pending.len().min(ZSTD_FRAME_LENGTH));
        self.pending.extend_from_slice(octets.get(..count).unwrap_or_default());
        if self.pending.len() >= ZSTD_FRAME_LENGTH {
            self.write_frame()?;
        }
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        if !self.pending.is_empty() {
            self.write_frame()?;
        }
        self.inner.flush()
    }

    fn finish(mut self) -> io::Result<W> {
        if self.is_empty || !self.pending.is_empty() {
            self.write_frame()?;
        }
        Ok(self.inner)
    }

    fn write_frame(&mut self) -> io::Result<()> {
        let level = ruzstd::encoding::CompressionLevel::Fastest;
        self.inner.write_all(&ruzstd::encoding::compress_to_vec(self.pending.as_slice(), level))?;
        self.pending.clear();
        self.is_empty = false;
        Ok(())
    }
}

/// The first octet of a member.
#[cfg(feature = "compression")]
const GZIP_MAGIC: u8 = 0x1f;
#[cfg(feature = "compression")]
const COMPRESSED_BUFFER_LENGTH: usize = 64 * 1024;
/// That of the zstd command; `zstd --ultra -22` and `--long` stay below.
#[cfg(feature = "compression")]
const ZSTD_WINDOW_LIMIT: u64 = 128 * 1024 * 1024;
#[cfg(feature = "compression")]
const ZSTD_FRAME_LENGTH: usize = 1024 * 1024;

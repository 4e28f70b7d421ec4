//! The one buffer between a stream and the decoders.
//!
//! The buffer grows only when it is full of octets that were really read: a length field alone never allocates.

use std::fmt::Display;
use std::io::{ErrorKind as IoErrorKind, Read};
use std::ops::Range;

use super::compression::{Compression, Inflow};
use crate::{Error, ErrorKind, Result};

pub(super) struct Source<R: Read> {
    inner: Inflow<R>,
    /// What error texts call the file; empty for a stream without a name.
    name: Box<str>,
    buffer: Vec<u8>,
    /// The unread octets are `buffer[start..end]`.
    start: usize,
    end: usize,
    /// Octets from the start of the file to `buffer[0]`, modulo 2^64: the file may begin behind it.
    base: u64,
    ended: bool,
}

impl<R: Read> Source<R> {
    pub(super) fn new(inner: R, name: Box<str>) -> Self {
        Self { inner: Inflow::Plain(inner), name, buffer: Vec::new(), start: 0, end: 0, base: 0, ended: false }
    }

    /// Reads what comes as a compressed stream from here on, of which nothing was consumed yet.
    #[cfg(feature = "compression")]
    pub(super) fn decompress(self, compression: Compression) -> Self {
        let Self { inner, name, mut buffer, start, end, .. } = self;
        let inner = match inner {
            Inflow::Plain(inner) => {
                buffer.truncate(end);
                buffer.drain(..start);
                Inflow::decompress(compression, buffer, inner)
            }
            already => already,
        };
        Self { inner, name, buffer: Vec::new(), start: 0, end: 0, base: 0, ended: false }
    }

    /// What error texts call the file; empty for a stream without a name.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// How the file is compressed.
    pub(super) fn compression(&self) -> Option<Compression> {
        self.inner.compression()
    }

    /// Octets of the file itself that were used so far.
    pub(super) fn progress(&self) -> u64 {
        self.inner.compressed().unwrap_or(self.offset())
    }

    /// Goes on from another place of the file, which was sought already.
    pub(super) fn restart(&mut self, offset: u64) {
        (self.start, self.end, self.base, self.ended) = (0, 0, offset, false);
    }

    /// The stream itself, unless it is compressed.
    pub(super) fn plain_mut(&mut self) -> Option<&mut R> {
        match &mut self.inner {
            Inflow::Plain(inner) => Some(inner),
            #[cfg(feature = "compression")]
            _ => None,
        }
    }

    /// Octets from the start of the file, decompressed, to the first unread one.
    #[inline]
    pub(super) fn offset(&self) -> u64 {
        self.base.wrapping_add(self.start as u64)
    }

    /// The place of the first unread octet, for [`slice`](Self::slice).
    #[inline]
    pub(super) fn position(&self) -> usize {
        self.start
    }

    /// The unread octets that are in memory.
    #[inline]
    pub(super) fn unread(&self) -> &[u8] {
        self.buffered().unwrap_or_default()
    }

    /// The unread octets that are in memory; always `Some`. To give up on `None` is quicker than to go on with a default,
    /// which the next place would have to wait for.
    #[inline]
    pub(super) fn buffered(&self) -> Option<&[u8]> {
        self.buffer.get(self.start..self.end)
    }

    /// Octets at a place that stays valid until the next request, consumed or not.
    #[inline]
    pub(super) fn slice(&self, start: usize, length: usize) -> &[u8] {
        self.buffer.get(start..start.saturating_add(length)).unwrap_or_default()
    }

    /// Passes over so many of the unread octets that are in memory.
    #[inline]
    pub(super) fn consume(&mut self, length: usize) {
        debug_assert!(length <= self.end - self.start, "{length} of {}", self.end - self.start);
        self.start += length;
    }

    /// An error about `what`, which begins at `offset`.
    #[cold]
    pub(super) fn fault(&self, kind: ErrorKind, what: impl Display, offset: u64) -> Error {
        let of = if self.name.is_empty() { "" } else { " of " };
        let at = if self.compression().is_some() { " decompressed" } else { "" };
        Error::new(kind, format!("read{at} {what}{of}{} at offset {offset}", self.name))
    }

    /// The error for `what`, of which the end is missing.
    #[cold]
    pub(super) fn cut_off(&self, what: impl Display, offset: u64, needed: u64, left: u64) -> Error {
        let detail = format!("cut off: {needed} octets needed, {left} left");
        self.fault(ErrorKind::Truncated, what, offset).with_detail(detail)
    }

    /// The unread octets, at least `length` of them unless the stream ends before.
    #[inline]
    pub(super) fn request(&mut self, length: usize) -> Result<&[u8]> {
        if self.end - self.start < length {
            self.fill(length)?;
        }
        Ok(self.unread())
    }

    /// Puts what is at `span`, a place that is still valid, into `other`, and tells how much further in front it is there.
    /// Either that is copied, or the whole buffer is given away for `other`, which gets what is unread: whichever is less.
    pub(super) fn hand_over(&mut self, span: Range<usize>, other: &mut Vec<u8>) -> usize {
        let length = span.len();
        if length >= self.unread().len() {
            self.exchange_buffer(other);
            return 0;
        }
        // What is long enough stays, to be exchanged another time.
        if !(length..=2 * length.max(BUFFER_LENGTH)).contains(&other.len()) {
            *other = vec![0; length];
        }
        other.iter_mut().zip(self.slice(span.start, length)).for_each(|(new, old)| *new = *old);
        span.start
    }

    fn exchange_buffer(&mut self, other: &mut Vec<u8>) {
        // Behind the first page boundary: as far as in the file, and what is unread.
        let needed = (self.unread().len() + PAGE).next_multiple_of(PAGE).max(BUFFER_LENGTH);
        // A long record does not make all buffers long.
        if !(needed..=2 * needed).contains(&(other.len() - first_page(other))) {
            *other = aligned_buffer(needed);
        }
        let front = front(other, self.offset());
        let room = other.get_mut(front..).unwrap_or_default();
        room.iter_mut().zip(self.unread()).for_each(|(new, old)| *new = *old);
        std::mem::swap(&mut self.buffer, other);
        self.moved_to(front);
    }

    /// Drops the next `left` octets, of which those remain that are not there, or not yet.
    pub(super) fn skip(&mut self, left: &mut u64) -> Result<()> {
        while *left > 0 {
            let chunk = self.request(1)?.len().min(usize::try_from(*left).unwrap_or(usize::MAX));
            if chunk == 0 {
                break;
            }
            self.consume(chunk);
            *left -= chunk as u64;
        }
        Ok(())
    }

    #[cold]
    fn fill(&mut self, length: usize) -> Result<()> {
        while self.end - self.start < length && !self.ended {
            self.make_room();
            let room = self.buffer.get_mut(self.end..).unwrap_or_default();
            match self.inner.read(room) {
                Ok(0) => self.ended = true,
                Ok(count) => self.end += count.min(room.len()),
                Err(error) if error.kind() == IoErrorKind::Interrupted => {}
                Err(error) => return Err(self.failed(error)),
            }
        }
        Ok(())
    }

    #[cold]
    fn failed(&self, error: std::io::Error) -> Error {
        let name = if self.name.is_empty() { "capture" } else { &self.name };
        // Of a stream of this library.
        let error = match error.downcast::<Error>() {
            Ok(own) => return own,
            Err(error) => error,
        };
        let Some(compression) = self.compression() else {
            return Error::io(format!("read {name} at offset {}", self.offset() + self.unread().len() as u64), error);
        };
        let operation = format!("decompress {compression} {name} at offset {}", self.progress());
        match error.kind() {
            IoErrorKind::UnexpectedEof => Error::new(ErrorKind::Truncated, operation).with_detail("cut off"),
            _ => Error::io(operation, error),
        }
    }

    /// Moves the unread octets to the front if there is no room behind them, and grows if there still is none.
    fn make_room(&mut self) {
        if self.start == self.end || self.end == self.buffer.len() {
            let front = front(&self.buffer, self.offset());
            self.buffer.copy_within(self.start..self.end, front);
            self.moved_to(front);
        }
        if self.end == self.buffer.len() {
            let mut longer = aligned_buffer((self.buffer.len() * 2).next_multiple_of(PAGE).max(BUFFER_LENGTH));
            let front = front(&longer, self.offset());
            let room = longer.get_mut(front..).unwrap_or_default();
            room.iter_mut().zip(self.unread()).for_each(|(new, old)| *new = *old);
            self.buffer = longer;
            self.moved_to(front);
        }
    }

    fn moved_to(&mut self, front: usize) {
        self.base = self.offset().wrapping_sub(front as u64);
        (self.start, self.end) = (front, front + self.end - self.start);
    }
}

/// A buffer that holds `length` octets from the first page boundary in it to its end.
fn aligned_buffer(length: usize) -> Vec<u8> {
    // Zeroed by the allocator, which for a short file leaves most of it untouched.
    let mut buffer = vec![0; PAGE + length];
    buffer.truncate(first_page(&buffer) + length);
    buffer
}

/// Where the octet at `offset` of the file has its place, if it is to be the first one: as far behind a page boundary as
/// in the file. What is read behind it begins and ends with a page of the file, which the system copies quickest.
fn front(buffer: &[u8], offset: u64) -> usize {
    (first_page(buffer) + (offset % PAGE as u64) as usize).min(buffer.len())
}

fn first_page(buffer: &[u8]) -> usize {
    buffer.as_ptr().align_offset(PAGE).min(buffer.len())
}

const PAGE: usize = 4096;
/// Long enough for any packet of the usual kind, and for reads that cost little by the octet. Short where it is fuzzed:
/// what comes behind a full buffer is reached, and nothing long is zeroed for inputs that are short.
const BUFFER_LENGTH: usize = if cfg!(fuzzing) { PAGE } else { 256 * 1024 };

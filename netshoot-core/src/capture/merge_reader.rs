//! Several captures read as one.

use std::fmt;
use std::io::{self, Read, Write};
use std::sync::{Arc, Mutex, PoisonError};

use super::merge::{Merge, Merging};
use super::{Reader, Writer};
use crate::{Error, ErrorKind, Result};

/// The capture that a [`Merge`] would write, as a stream to be read by a [`Reader`]: see [`Merge::into_reader`].
pub struct MergeReader<R: Read> {
    merging: Merging<R>,
    writer: Writer<Pipe>,
    written: Pipe,
    /// How much of that was read.
    read: usize,
    /// To be told behind that.
    error: Option<Error>,
    is_over: bool,
}

/// What a writer hands on.
#[derive(Clone, Default)]
struct Pipe(Arc<Mutex<Vec<u8>>>);

impl<R: Read> Merge<R> {
    /// Reads what [`write_to`](Self::write_to) would write: one capture, of which the frames have one numbering and come in
    /// the order of their times.
    ///
    /// The reader's own offset counts the octets of that capture. What is wrong with captures is one error when all have come
    /// to their end. Behind [`ErrorKind::TimedOut`] the reader may go on, unless it is still being asked whether all interfaces
    /// are the same; any other error of `write_to`, such as a packet of more than 15 MiB, ends the capture behind the frames
    /// before it.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`] if there are no captures, and those of [`Reader::new`].
    pub fn into_reader(self) -> Result<Reader<MergeReader<R>>> {
        if self.len() == 0 {
            return Err(Error::new(ErrorKind::InvalidInput, "read captures as one").with_detail("there are none"));
        }
        let written = Pipe::default();
        let writer = Writer::builder().start(written.clone())?;
        Reader::new(MergeReader { merging: Merging::new(self), writer, written, read: 0, error: None, is_over: false })
    }
}

impl<R: Read> MergeReader<R> {
    /// Merges until there is something to read, or nothing more.
    fn go_on(&mut self) {
        self.written.with(Vec::clear);
        self.read = 0;
        while self.error.is_none() && !self.is_over && self.written.with(|octets| octets.len()) < CHUNK {
            match self.merging.step(&mut self.writer) {
                Ok(true) => {}
                Ok(false) => {
                    self.is_over = true;
                    self.error = self.writer.flush_file().err().or_else(|| self.merging.take_damage());
                }
                Err(error) => {
                    self.is_over = !self.merging.can_go_on(&error);
                    self.error = Some(self.writer.flush().err().unwrap_or(error));
                }
            }
        }
    }
}

impl<R: Read> Read for MergeReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let is_read = self.read == self.written.with(|octets| octets.len());
        if is_read && self.error.is_none() {
            self.go_on();
        }
        let read = self.written.with(|octets| octets.get(self.read..).unwrap_or_default().read(buffer))?;
        self.read += read;
        let error = self.error.take_if(|_| read == 0 && !buffer.is_empty());
        error.map_or(Ok(read), |error| Err(wrapped(error)))
    }
}

impl<R: Read> fmt::Debug for MergeReader<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MergeReader").field("is_over", &self.is_over).finish_non_exhaustive()
    }
}

impl Pipe {
    fn with<T>(&self, what: impl FnOnce(&mut Vec<u8>) -> T) -> T {
        what(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for Pipe {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.with(|written| written.extend_from_slice(octets));
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// For the reader, which takes it out again.
fn wrapped(error: Error) -> io::Error {
    io::Error::other(error)
}

/// Octets that are merged at a time.
const CHUNK: usize = 64 * 1024;

//! Reading a capture while another program writes it.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::path::Path;
use std::time::{Duration, Instant};

use super::{Reader, open};
use crate::cancel::{Cancellation, Canceller};
use crate::{Error, ErrorKind, Result, sys};

/// A file that grows: at its end, reading waits for more.
#[derive(Debug)]
pub struct Follow {
    file: File,
    position: u64,
    patience: Option<Duration>,
    canceller: Canceller,
    cancellation: Cancellation,
}

impl Reader<Follow> {
    /// Opens a capture that another program writes, and goes on at its end as `tail -f` does. Where nothing comes for as
    /// long as `patience`, [`next_frame`](Reader::next_frame) gives an error of the kind [`ErrorKind::TimedOut`], after which it may be
    /// called again; without one it waits for ever.
    ///
    /// # Errors
    /// Those of [`Reader::open`]; [`ErrorKind::TimedOut`] if the file header does not come in time.
    pub fn follow(path: impl AsRef<Path>, patience: Option<Duration>) -> Result<Self> {
        let path = path.as_ref();
        let name = open::printable_path(path);
        let file = open::open(path, super::reader::FIFO_PATIENCE)?;
        let (canceller, cancellation) =
            Canceller::pair().map_err(|error| Error::io(format!("follow capture {name}"), error))?;
        Self::start(Follow { file, position: 0, patience, canceller, cancellation }, name.into())
    }

    /// What ends the waiting from another thread: the call that waits fails with an error of the kind
    /// [`ErrorKind::Cancelled`]. `None` if the file is compressed.
    #[must_use]
    pub fn canceller(&mut self) -> Option<Canceller> {
        self.stream_mut().map(|follow| follow.canceller.clone())
    }
}

impl Read for Follow {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let start = Instant::now();
        loop {
            let count = self.file.read(room)?;
            if count > 0 || room.is_empty() {
                self.position += count as u64;
                return Ok(count);
            }
            self.wait(start)?;
        }
    }
}

impl Follow {
    fn wait(&self, start: Instant) -> io::Result<()> {
        let operation = "follow capture";
        if self.cancellation.is_cancelled() {
            return Err(io::Error::other(Error::new(ErrorKind::Cancelled, operation)));
        }
        let metadata = self.file.metadata()?;
        if metadata.is_file() && metadata.len() < self.position {
            let error = Error::new(ErrorKind::Truncated, operation);
            return Err(io::Error::other(
                error.with_detail("the file became shorter: something else was written to it"),
            ));
        }
        let left = self.patience.map(|patience| patience.saturating_sub(start.elapsed()));
        if left.is_some_and(|left| left.is_zero()) {
            return Err(io::ErrorKind::TimedOut.into());
        }
        sys::poll_readable(&[self.cancellation.as_fd()], Some(left.unwrap_or(LOOK_INTERVAL).min(LOOK_INTERVAL)))
    }
}

/// Short enough for people to take it for at once.
const LOOK_INTERVAL: Duration = Duration::from_millis(50);

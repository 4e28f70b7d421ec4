//! One capture in several files.

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::compression::Compression;
use super::{Timestamp, open};
use crate::{Error, ErrorKind, Result};

/// When a [`Writer`](super::Writer) goes on in another file, and how many it keeps.
///
/// `trace.pcapng` becomes `trace_00001_20261123055711.pcapng` and so on, as dumpcap names them, with the time of the first
/// frame in UTC. Each file is whole: it begins with the section header, the interfaces, the secrets and the names so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rotate {
    /// Octets of a file, before compression, that are not exceeded, unless by a single frame.
    pub octets: Option<u64>,
    /// Frames of a file.
    pub frames: Option<u64>,
    /// The time of the frames of a file: from the first frame on, one file for each such interval that has frames.
    pub interval: Option<Duration>,
    /// Files that are kept: before another is begun, the oldest of this writer is removed.
    pub files: Option<u32>,
}

impl Rotate {
    /// Another file whenever one has so many octets, before compression.
    #[must_use]
    pub fn by_octets(mut self, octets: u64) -> Self {
        self.octets = Some(octets);
        self
    }

    /// Another file whenever one has so many frames.
    #[must_use]
    pub fn by_frames(mut self, frames: u64) -> Self {
        self.frames = Some(frames);
        self
    }

    /// Another file for each interval, by the times of the frames.
    #[must_use]
    pub fn by_interval(mut self, interval: Duration) -> Self {
        self.interval = Some(interval);
        self
    }

    /// Keeps so many files, the last ones.
    #[must_use]
    pub fn keep(mut self, files: u32) -> Self {
        self.files = Some(files);
        self
    }
}

/// What gives the next file for a frame of this time, and its name for errors.
pub(super) type Opener<W> = Box<dyn FnMut(Option<Timestamp>) -> Result<(W, Box<str>)> + Send + Sync>;

pub(super) struct Rotation<W> {
    rotate: Rotate,
    opener: Opener<W>,
    pub(super) is_open: bool,
    /// What each file begins with.
    pub(super) preamble: Vec<u8>,
    octets: u64,
    frames: u64,
    /// The end of the interval of this file, in nanoseconds.
    end: Option<i64>,
}

impl<W> Rotation<W> {
    pub(super) fn new(rotate: Rotate, opener: Opener<W>) -> Result<Self> {
        let is_nothing = [rotate.octets == Some(0), rotate.frames == Some(0), rotate.files == Some(0)];
        if is_nothing.contains(&true) || rotate.interval == Some(Duration::ZERO) {
            let error = Error::new(ErrorKind::InvalidInput, "rotate capture files");
            return Err(error.with_detail("a limit is 0, which no file would keep"));
        }
        if rotate.octets.is_none() && rotate.frames.is_none() && rotate.interval.is_none() {
            let error = Error::new(ErrorKind::InvalidInput, "rotate capture files");
            return Err(error.with_detail("nothing says when to go on in another file").with_hint(LIMITS));
        }
        Ok(Self { rotate, opener, is_open: false, preamble: Vec::new(), octets: 0, frames: 0, end: None })
    }

    /// Whether a frame of so many octets belongs to the next file.
    pub(super) fn is_due(&self, length: u64, time: Option<Timestamp>) -> bool {
        let is_full = self.rotate.octets.is_some_and(|limit| self.octets + length > limit);
        self.frames > 0 && is_full
            || self.rotate.frames.is_some_and(|limit| self.frames >= limit)
            || time.zip(self.end).is_some_and(|(time, end)| time.as_nanos() >= end)
    }

    /// A file began with so many octets, for a frame of this time.
    pub(super) fn begin(&mut self, octets: u64, time: Option<Timestamp>) {
        (self.octets, self.frames) = (octets, 0);
        let Some((time, interval)) = time.zip(self.rotate.interval) else { return };
        let interval = i64::try_from(interval.as_nanos()).unwrap_or(i64::MAX);
        let first = self.end.unwrap_or_else(|| time.as_nanos().saturating_add(interval));
        // The intervals follow one another from the first frame on, also those without frames.
        let passed = time.as_nanos().saturating_sub(first).div_euclid(interval).saturating_add(1).max(0);
        self.end = Some(first.saturating_add(passed.saturating_mul(interval)));
    }

    pub(super) fn count(&mut self, length: u64) {
        self.octets += length;
        self.frames += 1;
    }

    pub(super) fn remember(&mut self, octets: &[u8]) {
        if self.preamble.len() + octets.len() <= PREAMBLE_LIMIT {
            self.preamble.extend_from_slice(octets);
        }
    }

    pub(super) fn open(&mut self, time: Option<Timestamp>) -> Result<(W, Box<str>)> {
        (self.opener)(time)
    }
}

/// The names of the files, and which of them are still there.
pub(super) struct Naming {
    folder: PathBuf,
    stem: OsString,
    ending: OsString,
    number: u64,
    files: Option<u32>,
    kept: VecDeque<PathBuf>,
}

impl Naming {
    pub(super) fn new(path: &Path, rotate: &Rotate) -> Self {
        let (inner, outer) = match (Compression::of_path(path), path.extension()) {
            (Some(_), Some(outer)) => (path.with_extension(""), Some(outer.to_owned())),
            _ => (path.to_owned(), None),
        };
        let mut ending = OsString::new();
        for extension in [inner.extension(), outer.as_deref()].into_iter().flatten() {
            ending.push(".");
            ending.push(extension);
        }
        Self {
            folder: path.parent().map(Path::to_owned).unwrap_or_default(),
            stem: inner.file_stem().map(OsStr::to_owned).unwrap_or_default(),
            ending,
            number: 0,
            files: rotate.files,
            kept: VecDeque::new(),
        }
    }

    pub(super) fn opener(mut self) -> impl FnMut(Option<Timestamp>) -> Result<(File, Box<str>)> {
        move |time| {
            self.number += 1;
            let path = self.path(time.unwrap_or_default());
            while self.files.is_some_and(|files| self.kept.len() >= files as usize) {
                let Some(oldest) = self.kept.pop_front() else { break };
                let operation = || format!("remove {}", open::printable_path(&oldest));
                std::fs::remove_file(&oldest).map_err(|error| Error::io(operation(), error))?;
            }
            let file = open::create(&path)?;
            let name = open::printable_path(&path).into();
            self.kept.push_back(path);
            Ok((file, name))
        }
    }

    fn path(&self, time: Timestamp) -> PathBuf {
        let text = time.to_string();
        let digits: String = text.chars().take_while(|letter| *letter != '.').filter(char::is_ascii_digit).collect();
        let mut name = self.stem.clone();
        name.push(format!("_{:05}_{digits}", self.number));
        name.push(&self.ending);
        self.folder.join(name)
    }
}

const LIMITS: &str = "limit its frames, octets or seconds";
/// Of what each file begins with.
const PREAMBLE_LIMIT: usize = 32 * 1024 * 1024;

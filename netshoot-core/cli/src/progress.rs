//! How far a long file is read, on standard error, if that is a terminal.

use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::text::octets;

pub(crate) struct Progress {
    /// `None` where nobody looks.
    started: Option<Instant>,
    last: Instant,
    shown: bool,
    size: Option<u64>,
}

impl Progress {
    /// Progress through the file at `path`, shown if `wanted`.
    pub(crate) fn new(path: &Path, wanted: bool) -> Self {
        Self::through(length(path), wanted)
    }

    /// Progress through several files, one after the other or side by side.
    pub(crate) fn of_all(paths: &[PathBuf]) -> Self {
        Self::through(paths.iter().map(|path| length(path)).sum(), true)
    }

    /// Progress through `size` octets, as far as that is known.
    pub(crate) fn through(size: Option<u64>, wanted: bool) -> Self {
        let now = Instant::now();
        let started = (wanted && io::stderr().is_terminal()).then_some(now);
        Self { started, last: now, shown: false, size }
    }

    /// Tells that `read` octets were read.
    pub(crate) fn update(&mut self, read: u64) {
        let Some(started) = self.started else { return };
        let now = Instant::now();
        let due = if self.shown { self.last + BETWEEN } else { started + PATIENCE };
        if now < due {
            return;
        }
        let rate = octets((read as f64 / (now - started).as_secs_f64()) as u64);
        let line = match self.size {
            Some(size) if size > 0 => {
                let percent = read.saturating_mul(100) / size;
                format!("{} of {} ({percent}%), {rate}/s", octets(read), octets(size))
            }
            _ => format!("{}, {rate}/s", octets(read)),
        };
        self.write(&format!("\r\x1b[Kread {line}"));
        (self.last, self.shown) = (now, true);
    }

    /// Takes the line away.
    pub(crate) fn clear(&mut self) {
        if self.shown {
            self.write("\r\x1b[K");
            self.shown = false;
        }
    }

    fn write(&self, text: &str) {
        // There is nobody to tell if that fails.
        let _ = io::stderr().lock().write_all(text.as_bytes());
    }
}

/// Octets of a file.
fn length(path: &Path) -> Option<u64> {
    std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file).map(|metadata| metadata.len())
}

/// Files that are read faster need no progress.
const PATIENCE: Duration = Duration::from_millis(700);
const BETWEEN: Duration = Duration::from_millis(100);

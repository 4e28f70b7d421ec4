//! How a capture is to be written.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::compression::Compression;
use super::encode::SectionTexts;
use super::open;
use super::rotation::{Naming, Rotate, Rotation};
use super::{Format, Resolution, Writer};
use crate::{Error, ErrorKind, Result};

/// How a [`Writer`] writes, from [`Writer::builder`].
#[derive(Clone, Debug, Default)]
pub struct WriterBuilder {
    format: Option<Format>,
    compression: Option<Option<Compression>>,
    rotate: Option<Rotate>,
    snap_length: Option<u32>,
    resolution: Option<Resolution>,
    texts: SectionTexts,
    spared: Vec<PathBuf>,
}

#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) format: Format,
    pub(super) compression: Option<Compression>,
    pub(super) snap_length: Option<u32>,
    pub(super) resolution: Option<Resolution>,
    pub(super) texts: SectionTexts,
}

impl WriterBuilder {
    /// The format; without it that of the path's ending, pcapng for a stream.
    #[must_use]
    pub fn format(mut self, format: Format) -> Self {
        self.format = Some(format);
        self
    }

    /// The compression, or `None` for none; without it that of the path's ending, none for a stream.
    #[must_use]
    pub fn compression(mut self, compression: Option<Compression>) -> Self {
        self.compression = Some(compression);
        self
    }

    /// Goes on in another file whenever one is full: [`create`](Self::create) names them.
    #[must_use]
    pub fn rotate(mut self, rotate: Rotate) -> Self {
        self.rotate = Some(rotate);
        self
    }

    /// Cuts each packet after so many octets; their original lengths stay.
    #[must_use]
    pub fn snap_length(mut self, octets: u32) -> Self {
        self.snap_length = Some(octets);
        self
    }

    /// The unit of time of pcap, microseconds or nanoseconds, and of interfaces that nobody described. Without it pcap has
    /// nanoseconds if an interface has units below microseconds.
    #[must_use]
    pub fn resolution(mut self, resolution: Resolution) -> Self {
        self.resolution = Some(resolution);
        self
    }

    /// Adds a comment on the first section, in pcapng.
    #[must_use]
    pub fn comment(mut self, text: impl Into<String>) -> Self {
        self.texts.comments.push(text.into());
        self
    }

    /// The hardware that the capture was made with, in pcapng; not where that is copied from another file.
    #[must_use]
    pub fn hardware(mut self, text: impl Into<String>) -> Self {
        self.texts.hardware = Some(text.into());
        self
    }

    /// The operating system that the capture was made with, in pcapng; not where that is copied from another file.
    #[must_use]
    pub fn operating_system(mut self, text: impl Into<String>) -> Self {
        self.texts.operating_system = Some(text.into());
        self
    }

    /// The program that writes the capture, in pcapng; without it, this library. Not where that is copied from another file.
    #[must_use]
    pub fn application(mut self, text: impl Into<String>) -> Self {
        self.texts.application = Some(text.into());
        self
    }

    /// Keys with which the packets are decrypted, in pcapng, in front of all packets; `kind` is one of those that
    /// [`Secrets`](super::Secrets) names.
    #[must_use]
    pub fn secrets(mut self, kind: u32, data: impl Into<Vec<u8>>) -> Self {
        self.texts.secrets.push((kind, data.into()));
        self
    }

    /// Files that are read meanwhile, and must not be emptied: [`create`](Self::create) refuses to write one of them.
    #[must_use]
    pub fn spare<P: Into<PathBuf>>(mut self, paths: impl IntoIterator<Item = P>) -> Self {
        self.spared.extend(paths.into_iter().map(Into::into));
        self
    }

    /// Creates the file, or with [`rotate`](Self::rotate) the first of them as soon as there is a frame. What was at the
    /// path is replaced.
    ///
    /// # Errors
    /// What the system says, with the path; [`ErrorKind::InvalidInput`] if limits of the rotation are 0, or the file is to be
    /// [spared](Self::spare);
    /// [`ErrorKind::Unsupported`] for compression that this build lacks.
    pub fn create(self, path: impl AsRef<Path>) -> Result<Writer<File>> {
        let path = path.as_ref();
        let settings = self.settings(Some(path))?;
        self.refuse_spared(path)?;
        let Some(rotate) = self.rotate else {
            let file = open::create(path)?;
            return Ok(Writer::new(Some(file), open::printable_path(path).into(), settings, None));
        };
        if path.metadata().is_ok_and(|found| !found.is_file()) {
            let operation = format!("write capture {}", open::printable_path(path));
            let error = Error::new(ErrorKind::InvalidInput, operation);
            return Err(error.with_detail("only a regular file can be rotated").with_hint("name another file"));
        }
        let naming = Naming::new(path, &rotate);
        let rotation = Rotation::new(rotate, Box::new(naming.opener()))?;
        Ok(Writer::new(None, open::printable_path(path).into(), settings, Some(rotation)))
    }

    /// Writes to a stream, which needs no buffer of its own.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`] with [`rotate`](Self::rotate), which is for files; [`ErrorKind::Unsupported`] for
    /// compression that this build lacks.
    pub fn start<W: Write>(self, stream: W) -> Result<Writer<W>> {
        let settings = self.settings(None)?;
        if self.rotate.is_some() {
            let error = Error::new(ErrorKind::InvalidInput, "write capture");
            return Err(error.with_detail("a stream cannot be rotated").with_hint("name a file"));
        }
        Ok(Writer::new(Some(stream), "".into(), settings, None))
    }

    fn refuse_spared(&self, path: &Path) -> Result<()> {
        let Some(spared) = self.spared.iter().find(|spared| open::is_same_file(spared, path)) else { return Ok(()) };
        let error = Error::new(ErrorKind::InvalidInput, format!("write capture {}", open::printable_path(path)));
        let detail = format!("it is the same file as the input {}", open::printable_path(spared));
        Err(error.with_detail(detail).with_hint("write another file and rename it"))
    }

    fn settings(&self, path: Option<&Path>) -> Result<Settings> {
        let compression = self.compression.unwrap_or_else(|| path.and_then(Compression::of_path));
        if let Some(compression) = compression.filter(|_| cfg!(not(feature = "compression"))) {
            let detail = format!("this build lacks the feature `compression` that {compression} needs");
            return Err(Error::new(ErrorKind::Unsupported, "write capture").with_detail(detail));
        }
        let mut texts = self.texts.clone();
        texts.application.get_or_insert_with(|| concat!("netshoot ", env!("CARGO_PKG_VERSION")).to_owned());
        Ok(Settings {
            format: self.format.or_else(|| path.map(Format::of_path)).unwrap_or(Format::Pcapng),
            compression,
            snap_length: self.snap_length,
            resolution: self.resolution,
            texts,
        })
    }
}

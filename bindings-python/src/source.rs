//! What a capture is read from: a file by its path, or octets that Python holds.

use std::fs::File;
use std::io::Cursor;
use std::path::PathBuf;
use std::sync::Arc;

use netshoot_core::Result;
use netshoot_core::capture::{Merge, MergeReader, Reader};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyList;

/// A capture that can be read any number of times: `bytes` with its contents, whatever names a file, or a list of such names.
#[derive(Clone)]
pub(crate) enum Source {
    File(PathBuf),
    /// Files that are read as one capture.
    Files(Vec<PathBuf>),
    Memory(Octets),
}

impl<'py> FromPyObject<'_, 'py> for Source {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        match object.extract::<PyBackedBytes>() {
            Ok(octets) => Ok(Self::Memory(Octets(Arc::new(octets)))),
            Err(_) if object.cast::<PyList>().is_ok() => object.extract().map(Self::Files),
            Err(_) => object.extract().map(Self::File),
        }
    }
}

/// A reader at the beginning of a [`Source`].
pub(crate) enum AnyReader {
    File(Reader<File>),
    Files(Box<Reader<MergeReader<File>>>),
    Memory(Reader<Cursor<Octets>>),
}

impl Source {
    /// Starts to read.
    pub(crate) fn reader(&self) -> Result<AnyReader> {
        match self {
            Self::File(path) => Reader::open(path).map(AnyReader::File),
            Self::Files(paths) => {
                let readers = paths.iter().map(Reader::open).collect::<Result<_>>()?;
                Merge::new(readers).into_reader().map(Box::new).map(AnyReader::Files)
            }
            Self::Memory(octets) => Reader::new(Cursor::new(octets.clone())).map(AnyReader::Memory),
        }
    }

    /// The files that it consists of.
    pub(crate) fn paths(&self) -> &[PathBuf] {
        match self {
            Self::File(path) => std::slice::from_ref(path),
            Self::Files(paths) => paths,
            Self::Memory(_) => &[],
        }
    }

    /// Whether it can be read more than once: a FIFO cannot.
    pub(crate) fn is_repeatable(&self) -> bool {
        let is_repeatable = |path| std::fs::metadata(path).map_or(true, |found| found.is_file() || found.is_dir());
        self.paths().iter().all(is_repeatable)
    }

    /// Octets to be read, where that is known.
    pub(crate) fn len(&self) -> Option<u64> {
        match self {
            Self::File(path) => {
                std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file).map(|found| found.len())
            }
            // What is read is the capture that they are merged to.
            Self::Files(_) => None,
            Self::Memory(octets) => u64::try_from(octets.as_ref().len()).ok(),
        }
    }
}

/// Octets held by reference to the Python object.
#[derive(Clone)]
pub(crate) struct Octets(Arc<PyBackedBytes>);

impl AsRef<[u8]> for Octets {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

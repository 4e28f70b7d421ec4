//! Frames one by one: `netshoot.follow`, and the index of a capture.

use std::io::{Read, Seek};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use netshoot_core::capture::{Canceller, Follow, Frame, Index, Reader, Timestamp};
use netshoot_core::packet::LinkType;
use netshoot_core::{Error, ErrorKind, Result};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::error::to_python;
use crate::packet::Packet;
use crate::source::{AnyReader, Source};
use crate::time::Time;

/// A frame of a capture: when and where it was seen, and the packet.
#[pyclass(frozen, module = "netshoot", get_all)]
pub(crate) struct CapturedFrame {
    /// The place in the capture, from 1, as Wireshark's `frame.number`.
    number: u64,
    /// When it was captured, cut to microseconds; `None` where the file has no time.
    time: Option<Time>,
    /// The same in nanoseconds since 1970-01-01T00:00:00Z.
    time_ns: Option<i64>,
    /// The interface within its section, from 0; always 0 in pcap.
    interface: u32,
    /// The section of the file, from 1; always 1 in pcap.
    section: u32,
    /// The comments on it.
    comments: Vec<String>,
    /// Its octets, parsed.
    packet: Py<Packet>,
}

#[pymethods]
impl CapturedFrame {
    fn __repr__(&self) -> String {
        format!("<netshoot.CapturedFrame {}: {}>", self.number, self.packet.get().view())
    }
}

/// A frame that is taken out of the reader's buffer.
pub(crate) struct Taken {
    number: u64,
    timestamp: Option<Timestamp>,
    interface: u32,
    section: u32,
    comments: Vec<String>,
    link_type: LinkType,
    original_length: u32,
    bytes: Vec<u8>,
}

impl Taken {
    pub(crate) fn of(frame: &Frame<'_>) -> Self {
        Self {
            number: frame.number,
            timestamp: frame.timestamp,
            interface: frame.interface,
            section: frame.section,
            comments: frame.comments().map(std::borrow::Cow::into_owned).collect(),
            link_type: frame.link_type,
            original_length: frame.original_length,
            bytes: frame.bytes.to_vec(),
        }
    }

    pub(crate) fn give(self, py: Python<'_>) -> PyResult<CapturedFrame> {
        let packet = Packet::cut(PyBytes::new(py, &self.bytes), self.link_type, self.original_length)?;
        Ok(CapturedFrame {
            number: self.number,
            time: self.timestamp.map(Time),
            time_ns: self.timestamp.map(Timestamp::as_nanos),
            interface: self.interface,
            section: self.section,
            comments: self.comments,
            packet: Py::new(py, packet)?,
        })
    }
}

/// A capture that grows.
#[pyclass(frozen, module = "netshoot._netshoot")]
pub(crate) struct FollowedCapture {
    reader: Mutex<Reader<Follow>>,
    canceller: Option<Canceller>,
    closed: AtomicBool,
}

#[pymethods]
impl FollowedCapture {
    /// Opens a capture that another program writes, and waits so many seconds for its header, without a number for ever.
    #[new]
    #[pyo3(signature = (path, timeout))]
    fn new(py: Python<'_>, path: PathBuf, timeout: Option<f64>) -> PyResult<Self> {
        let until = deadline(timeout);
        loop {
            match py.detach(|| Reader::follow(&path, Some(PIECE))) {
                Ok(mut reader) => {
                    let canceller = reader.canceller();
                    return Ok(Self { reader: Mutex::new(reader), canceller, closed: AtomicBool::new(false) });
                }
                Err(error) if error.kind() == ErrorKind::TimedOut && !is_over(until) => py.check_signals()?,
                Err(error) => return Err(to_python(py, &error)),
            }
        }
    }

    /// The next frame; `None` when there is none within so many seconds, or the capture was closed. Looks at signals ten
    /// times a second.
    #[pyo3(signature = (timeout))]
    fn next(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<Option<CapturedFrame>> {
        let until = deadline(timeout);
        loop {
            if self.closed() {
                return Ok(None);
            }
            let told = py.detach(|| {
                let mut reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
                reader.next_frame().map(|frame| frame.as_ref().map(Taken::of))
            });
            match told {
                Ok(Some(frame)) => return frame.give(py).map(Some),
                Ok(None) => self.closed.store(true, Ordering::Release),
                Err(error) if error.kind() == ErrorKind::TimedOut => {}
                Err(error) if error.kind() == ErrorKind::Cancelled => return Ok(None),
                Err(error) => return Err(to_python(py, &error)),
            }
            py.check_signals()?;
            if is_over(until) {
                return Ok(None);
            }
        }
    }

    /// Ends it, also while another thread waits.
    fn close(&self) {
        self.closed.store(true, Ordering::Release);
        if let Some(canceller) = &self.canceller {
            canceller.cancel();
        }
    }

    /// Whether it was closed.
    #[getter]
    fn closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }
}

/// Where the frames of a capture are.
#[pyclass(frozen, module = "netshoot._netshoot")]
pub(crate) struct CaptureIndex {
    index: Index,
    reader: Mutex<AnyReader>,
}

impl CaptureIndex {
    /// Reads the capture to its end.
    pub(crate) fn of(source: &Source, mut look: impl FnMut(u64) -> ControlFlow<()>) -> Result<Self> {
        let mut reader = source.reader()?;
        let index = match &mut reader {
            AnyReader::File(reader) => Index::build(reader, &mut look)?,
            AnyReader::Files(_) => return Err(of_several()),
            AnyReader::Memory(reader) => Index::build(reader, &mut look)?,
        };
        Ok(Self { index, reader: Mutex::new(reader) })
    }

    fn go(&self, py: Python<'_>, to: Goal) -> PyResult<Option<CapturedFrame>> {
        let found = py.detach(|| match &mut *self.reader.lock().unwrap_or_else(PoisonError::into_inner) {
            AnyReader::File(reader) => to.reach(reader, &self.index),
            AnyReader::Files(_) => Err(of_several()),
            AnyReader::Memory(reader) => to.reach(reader, &self.index),
        });
        found.map_err(|error| to_python(py, &error))?.map(|frame| frame.give(py)).transpose()
    }
}

#[pymethods]
impl CaptureIndex {
    fn __len__(&self) -> usize {
        usize::try_from(self.index.frames()).unwrap_or(usize::MAX)
    }

    /// The frame of this number, from 1; `None` if there is none.
    fn frame(&self, py: Python<'_>, number: u64) -> PyResult<Option<CapturedFrame>> {
        self.go(py, Goal::Number(number))
    }

    /// The first frame of the file that is not before this time; `None` if there is none.
    fn at(&self, py: Python<'_>, time_ns: i64) -> PyResult<Option<CapturedFrame>> {
        self.go(py, Goal::Time(Timestamp::from_nanos(time_ns)))
    }
}

/// Which frame is wanted.
#[derive(Clone, Copy)]
enum Goal {
    Number(u64),
    Time(Timestamp),
}

impl Goal {
    fn reach<R: Read + Seek>(self, reader: &mut Reader<R>, index: &Index) -> Result<Option<Taken>, Error> {
        let found = match self {
            Self::Number(number) => reader.seek_frame(index, number)?,
            Self::Time(time) => reader.seek_time(index, time)?,
        };
        if !found {
            return Ok(None);
        }
        reader.next_frame().map(|frame| frame.as_ref().map(Taken::of))
    }
}

fn of_several() -> Error {
    let error = Error::new(ErrorKind::InvalidInput, "index frames").with_detail("they are of several files");
    error.with_hint("merge the files with netshoot.merge, and index that")
}

fn deadline(timeout: Option<f64>) -> Option<Instant> {
    timeout.and_then(|seconds| Instant::now().checked_add(Duration::try_from_secs_f64(seconds).ok()?))
}

fn is_over(until: Option<Instant>) -> bool {
    until.is_some_and(|until| until <= Instant::now())
}

/// How long a signal may go unseen.
const PIECE: Duration = Duration::from_millis(100);

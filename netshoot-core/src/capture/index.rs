//! Going to a frame by its number or time.

use std::fmt;
use std::io::{Read, Seek, SeekFrom};
use std::ops::ControlFlow;

use super::pcapng::Place;
use super::{Interface, Reader, Timestamp};
use crate::{Error, ErrorKind, Result};

/// Where the frames of a capture are, for [`Reader::seek_frame`] and [`Reader::seek_time`].
///
/// It holds a place for each 1,024 frames, or twice, four times … as many: at most 65,536 places.
#[derive(Clone)]
pub struct Index {
    points: Vec<Point>,
    interfaces: Vec<Interface>,
    stride: u64,
    frames: u64,
}

/// A place in front of a frame.
#[derive(Clone, Copy)]
struct Point {
    /// The number of the frame before.
    number: u64,
    offset: u64,
    place: Option<Place>,
    /// How many interfaces were described so far.
    interfaces: usize,
    /// The latest time up to the next point.
    latest: Option<Timestamp>,
}

impl Index {
    /// Reads a capture to its end; damage ends the index in front of it. `progress` is called now and then with the octets
    /// that were read, and can end it early.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] for a compressed capture, in which nothing can be sought; [`ErrorKind::LimitReached`]
    /// if it describes more than 65,536 interfaces; [`ErrorKind::InvalidInput`] if frames were read already.
    pub fn build<R: Read>(reader: &mut Reader<R>, mut progress: impl FnMut(u64) -> ControlFlow<()>) -> Result<Self> {
        let operation = format!("index capture {}", reader.name());
        if let Some(compression) = reader.compression() {
            let error = Error::new(ErrorKind::Unsupported, operation);
            return Err(error
                .with_detail(format!("it is compressed by {compression}"))
                .with_hint("decompress it first"));
        }
        let mut index = Self { points: Vec::new(), interfaces: Vec::new(), stride: STRIDE, frames: 0 };
        let mut most = 0;
        loop {
            if index.frames.is_multiple_of(index.stride) {
                index.add_point(reader);
                if progress(reader.offset()).is_break() {
                    break;
                }
            }
            let Ok(Some(frame)) = reader.next_frame() else { break };
            if frame.number != index.frames + 1 {
                let error = Error::new(ErrorKind::InvalidInput, operation);
                return Err(error.with_detail("frames were read already"));
            }
            index.frames += 1;
            if let Some(point) = index.points.last_mut() {
                point.latest = point.latest.max(frame.timestamp);
            }
            let count = reader.interfaces().len();
            if count < most {
                let error = Error::new(ErrorKind::LimitReached, operation);
                return Err(error.with_detail("it describes more than 65,536 interfaces"));
            }
            most = count;
        }
        index.interfaces = reader.interfaces().to_vec();
        Ok(index)
    }

    /// How many frames there are.
    #[must_use]
    pub fn frames(&self) -> u64 {
        self.frames
    }

    fn add_point<R: Read>(&mut self, reader: &Reader<R>) {
        if self.points.len() >= POINT_LIMIT {
            self.thin_out();
        }
        self.points.push(Point {
            number: self.frames,
            offset: reader.position(),
            place: reader.place(),
            interfaces: reader.interfaces().len(),
            latest: None,
        });
    }

    /// Every other point, the one in front of it knowing the latest time of both.
    fn thin_out(&mut self) {
        self.stride *= 2;
        let latest: Vec<_> =
            self.points.chunks(2).map(|pair| pair.iter().filter_map(|point| point.latest).max()).collect();
        let mut place = 0;
        self.points.retain(|_| {
            place += 1;
            place % 2 == 1
        });
        self.points.iter_mut().zip(latest).for_each(|(point, latest)| point.latest = latest);
    }
}

impl fmt::Debug for Index {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Index")
            .field("frames", &self.frames)
            .field("points", &self.points.len())
            .finish_non_exhaustive()
    }
}

impl<R: Read + Seek> Reader<R> {
    /// Goes in front of a frame, counted from 1, so that the next one is that; says whether there is one. The stream has to
    /// be the one that the index was built of, from its beginning.
    ///
    /// # Errors
    /// What the system says, and those of [`next_frame`](Self::next_frame).
    pub fn seek_frame(&mut self, index: &Index, number: u64) -> Result<bool> {
        if number == 0 || number > index.frames {
            return Ok(false);
        }
        let place = index.points.partition_point(|point| point.number < number);
        let Some(point) = place.checked_sub(1).and_then(|place| index.points.get(place)) else { return Ok(false) };
        self.go_to_point(index, point)?;
        for _ in point.number + 1..number {
            if self.next_frame()?.is_none() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Goes in front of the first frame of the file that is not before a time, so that the next one is that; says whether
    /// there is one. Frames need not be in the order of time.
    ///
    /// # Errors
    /// As of [`seek_frame`](Self::seek_frame).
    pub fn seek_time(&mut self, index: &Index, time: Timestamp) -> Result<bool> {
        let Some(point) = index.points.iter().find(|point| point.latest >= Some(time)) else { return Ok(false) };
        self.go_to_point(index, point)?;
        while let Some(frame) = self.next_frame()? {
            if frame.timestamp >= Some(time) {
                let number = frame.number;
                return self.seek_frame(index, number);
            }
        }
        Ok(false)
    }

    fn go_to_point(&mut self, index: &Index, point: &Point) -> Result<()> {
        let operation = format!("seek in capture {}", self.name());
        let Some(stream) = self.stream_mut() else {
            return Err(Error::new(ErrorKind::Unsupported, operation).with_detail("it is compressed"));
        };
        stream.seek(SeekFrom::Start(point.offset)).map_err(|error| Error::io(operation, error))?;
        let interfaces = index.interfaces.get(..point.interfaces).unwrap_or(&index.interfaces).to_vec();
        self.go_to(point.offset, point.number, point.place, interfaces);
        Ok(())
    }
}

const STRIDE: u64 = 1024;
const POINT_LIMIT: usize = 65_536;

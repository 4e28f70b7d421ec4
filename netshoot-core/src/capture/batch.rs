//! Many frames at a time, to be handed to other threads.

use std::io::Read;

use super::reader::Reader;
use super::{Frame, Timestamp};
use crate::Result;
use crate::packet::{LinkType, Packet};

/// Frames of a capture with the buffer that they lie in, which can be filled again and again.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    octets: Vec<u8>,
    pub(crate) frames: Vec<BatchFrame>,
}

/// What an analysis wants to know of a frame.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BatchFrame {
    pub(crate) number: u64,
    pub(crate) timestamp: Option<Timestamp>,
    start: usize,
    length: u32,
    pub(crate) original_length: u32,
    link_type: LinkType,
    /// The shards of an analysis that it is for, a bit each.
    pub(crate) shards: u64,
}

impl Batch {
    /// The octets of one of its frames, parsed.
    #[inline]
    pub(crate) fn packet(&self, frame: &BatchFrame) -> Packet<'_> {
        Packet::parse(frame.link_type, frame.bytes(&self.octets), frame.original_length)
    }

    /// Asks of each frame what its time is, and which shards it is for; `None` if it is for none.
    pub(crate) fn assign(&mut self, mut ask: impl FnMut(&Frame<'_>, &Packet<'_>) -> Option<(Timestamp, u64)>) {
        let Self { octets, frames } = self;
        for entry in frames {
            let BatchFrame { number, timestamp, original_length, link_type, .. } = *entry;
            let bytes = entry.bytes(octets);
            let frame = Frame { original_length, ..Frame::new(number, timestamp, link_type, bytes) };
            if let Some((time, shards)) = ask(&frame, &frame.packet()) {
                (entry.timestamp, entry.shards) = (Some(time), shards);
            }
        }
    }

    /// Octets that it takes, also where it has one small frame.
    pub(crate) fn len(&self) -> usize {
        self.octets.len() + LEAST
    }
}

impl BatchFrame {
    #[inline]
    fn bytes<'a>(&self, octets: &'a [u8]) -> &'a [u8] {
        octets.get(self.start..self.start + self.length as usize).unwrap_or_default()
    }
}

impl<R: Read> Reader<R> {
    /// Fills `batch` with the next frames: one, and those behind it that are in memory. False at the end of the capture.
    ///
    /// # Errors
    /// Those of [`next_frame`](Self::next_frame).
    pub(crate) fn next_batch(&mut self, batch: &mut Batch) -> Result<bool> {
        batch.frames.clear();
        let Some((mut number, mut record)) = self.next_numbered()? else { return Ok(false) };
        loop {
            batch.frames.push(BatchFrame {
                number,
                timestamp: record.timestamp,
                start: record.start,
                length: u32::try_from(record.length).unwrap_or_default(),
                original_length: record.original_length,
                link_type: record.link_type,
                shards: 0,
            });
            match self.next_buffered() {
                Some(next) => (number, record) = next,
                None => break,
            }
        }
        let end = record.start + record.length;
        let start = batch.frames.first().map_or(end, |frame| frame.start);
        let moved = self.hand_over(start..end, &mut batch.octets);
        batch.frames.iter_mut().for_each(|frame| frame.start -= moved);
        Ok(true)
    }
}

/// What a batch takes beside its octets, if it has few frames.
const LEAST: usize = 1024;

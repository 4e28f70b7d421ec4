//! Reads fields one after the other; what is missing becomes a stop.

use super::{Layer, Limit, Stop};

/// A place in a message, and the end of the part of it that may be read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor<'a> {
    /// The octets up to that end.
    bytes: &'a [u8],
    offset: usize,
    layer: Layer,
}

impl<'a> Cursor<'a> {
    /// At `offset` of a message of `layer`; offsets count from the start of `bytes`.
    #[inline]
    pub(crate) const fn new(layer: Layer, bytes: &'a [u8], offset: usize) -> Self {
        Self { bytes, offset, layer }
    }

    #[inline]
    pub(crate) const fn offset(&self) -> usize {
        self.offset
    }

    /// The octets up to the end of the part.
    #[inline]
    pub(crate) const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// What is left.
    #[inline]
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.offset..).unwrap_or_default()
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.offset >= self.bytes.len()
    }

    /// The next `length` octets.
    #[inline]
    pub(crate) fn take(&mut self, length: usize) -> Result<&'a [u8], Stop> {
        let taken = self.rest().get(..length).ok_or_else(|| self.stop(length))?;
        self.offset += length;
        Ok(taken)
    }

    /// The next `length` octets, or as many of them as there are.
    #[inline]
    pub(crate) fn take_most(&mut self, length: usize) -> &'a [u8] {
        let rest = self.rest();
        let taken = rest.get(..length).unwrap_or(rest);
        self.offset += taken.len();
        taken
    }

    /// All that is left.
    #[inline]
    pub(crate) fn take_rest(&mut self) -> &'a [u8] {
        let rest = self.rest();
        self.offset += rest.len();
        rest
    }

    /// A cursor for the next `length` octets alone, or for as many of them as there are.
    #[inline]
    pub(crate) fn part(&mut self, length: usize) -> Self {
        let start = self.offset;
        self.take_most(length);
        Self { bytes: self.bytes.get(..self.offset).unwrap_or_default(), offset: start, layer: self.layer }
    }

    #[inline]
    pub(crate) fn array<const N: usize>(&mut self) -> Result<&'a [u8; N], Stop> {
        let taken = self.rest().first_chunk().ok_or_else(|| self.stop(N))?;
        self.offset += N;
        Ok(taken)
    }

    #[inline]
    pub(crate) fn u8(&mut self) -> Result<u8, Stop> {
        self.array::<1>().map(|[octet]| *octet)
    }

    #[inline]
    pub(crate) fn u16(&mut self) -> Result<u16, Stop> {
        self.array().copied().map(u16::from_be_bytes)
    }

    #[inline]
    pub(crate) fn u24(&mut self) -> Result<u32, Stop> {
        self.array().map(|&[a, b, c]| u32::from_be_bytes([0, a, b, c]))
    }

    #[inline]
    pub(crate) fn u32(&mut self) -> Result<u32, Stop> {
        self.array().copied().map(u32::from_be_bytes)
    }

    /// `needed` octets are missing here, or some of them.
    #[cold]
    pub(crate) fn stop(&self, needed: usize) -> Stop {
        self.stop_at(self.offset, needed, Limit::LengthField)
    }

    /// What stands at `offset` cannot be.
    #[cold]
    pub(crate) fn malformed(&self, offset: usize) -> Stop {
        self.stop_at(offset, 0, Limit::Malformed)
    }

    pub(crate) fn stop_at(&self, offset: usize, needed: usize, limit: Limit) -> Stop {
        let saturate = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let available = saturate(self.bytes.len().saturating_sub(offset));
        Stop { layer: self.layer, offset: saturate(offset), needed: saturate(needed), available, limit }
    }
}

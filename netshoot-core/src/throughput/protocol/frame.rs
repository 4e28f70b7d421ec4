//! A JSON object on the control connection: its length in 32 bits, then its text.

use super::Refusal;

/// Octets of the largest parameters that are read; iperf3 has the same limit since 3.18.
pub const MAX_PARAMETERS: usize = 8192;
/// Octets of the largest results that are read. iperf3 has no limit; those of 128 streams have 25 KB, and the output of
/// the server that may be within them a few KB for each interval.
pub const MAX_RESULTS: usize = 16 << 20;

/// What has come and was not looked at yet.
#[derive(Debug, Default)]
pub(super) struct Input {
    octets: Vec<u8>,
}

/// A frame that cannot be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BadLength(pub(super) u32);

impl Input {
    pub(super) fn push(&mut self, octets: &[u8]) {
        self.octets.extend_from_slice(octets);
    }

    pub(super) fn octet(&mut self) -> Option<u8> {
        let octet = *self.octets.first()?;
        self.octets.drain(..1);
        Some(octet)
    }

    pub(super) fn take(&mut self, length: usize) -> Option<Vec<u8>> {
        if self.octets.len() < length {
            return None;
        }
        let rest = self.octets.split_off(length);
        Some(std::mem::replace(&mut self.octets, rest))
    }

    /// The text of a whole frame of at most `limit` octets.
    pub(super) fn frame(&mut self, limit: usize) -> Result<Option<Vec<u8>>, BadLength> {
        let Some(length) = self.octets.first_chunk().map(|octets| u32::from_be_bytes(*octets)) else { return Ok(None) };
        let whole = usize::try_from(length).ok().filter(|length| (1..=limit).contains(length));
        let Some(whole) = whole else { return Err(BadLength(length)) };
        Ok(self.take(LENGTH + whole).map(|mut frame| frame.split_off(LENGTH)))
    }

    /// The refusal that has come, or as much of it as will ever come.
    pub(super) fn refusal(&mut self, closed: bool) -> Option<Refusal> {
        match self.take(Refusal::LEN) {
            Some(octets) => Some(Refusal::parse(&octets)),
            None if closed => Some(Refusal::parse(&std::mem::take(&mut self.octets))),
            None => None,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.octets.len()
    }
}

/// Appends a frame of `text`.
pub(super) fn write_frame(out: &mut Vec<u8>, text: &str) {
    let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(text.as_bytes());
}

const LENGTH: usize = 4;

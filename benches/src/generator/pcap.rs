//! A classic pcap file, written as a stream: little-endian, microseconds, Ethernet, the form that every reader knows.

use std::io::{self, Write};

/// Counts frames and octets as it writes them.
#[derive(Debug)]
pub(super) struct PcapWriter<W: Write> {
    out: W,
    frames: u32,
    octets: u64,
}

impl<W: Write> PcapWriter<W> {
    /// Writes the file header.
    pub(super) fn new(mut out: W) -> io::Result<Self> {
        let mut header = Vec::with_capacity(24);
        header.extend_from_slice(&0xa1b2_c3d4_u32.to_le_bytes());
        header.extend_from_slice(&[2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        header.extend_from_slice(&SNAP_LENGTH.to_le_bytes());
        header.extend_from_slice(&LINK_TYPE_ETHERNET.to_le_bytes());
        out.write_all(&header)?;
        Ok(Self { out, frames: 0, octets: 24 })
    }

    /// Writes one frame and gives its number.
    pub(super) fn frame(&mut self, time_us: u64, bytes: &[u8]) -> io::Result<u32> {
        let narrow = |value: u64| u32::try_from(value).map_err(io::Error::other);
        let length = u32::try_from(bytes.len()).map_err(io::Error::other)?;
        let mut header = [0_u8; 16];
        let words = [narrow(time_us / 1_000_000)?, narrow(time_us % 1_000_000)?, length, length];
        for (field, word) in header.chunks_exact_mut(4).zip(words) {
            field.copy_from_slice(&word.to_le_bytes());
        }
        self.out.write_all(&header)?;
        self.out.write_all(bytes)?;
        self.frames += 1;
        self.octets += 16 + u64::from(length);
        Ok(self.frames)
    }

    pub(super) fn frames(&self) -> u32 {
        self.frames
    }

    pub(super) fn octets(&self) -> u64 {
        self.octets
    }

    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

const SNAP_LENGTH: u32 = 262_144;
const LINK_TYPE_ETHERNET: u32 = 1;

//! TCP connections: two endpoints, the path between them with the tap in its middle, and what they talk about.

mod application;
mod connection;
mod endpoint;
mod path;
mod tls;
mod witness;

use std::cell::Cell;
use std::rc::Rc;

pub(super) use application::{End, Protocol, Script};
pub(super) use connection::{Connection, Plan, Trouble};
pub(super) use endpoint::Stack;
pub(super) use path::Path;

pub(super) const FIN: u8 = 1;
pub(super) const SYN: u8 = 2;
pub(super) const RST: u8 = 4;
pub(super) const PSH: u8 = 8;
pub(super) const ACK: u8 = 16;

/// Why octets are sent that had been sent before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeat {
    /// They are sent for the first time.
    No,
    /// Duplicate or selective acknowledgments told of the loss.
    Fast,
    /// The retransmission timer ran out.
    Timeout,
}

/// What became of the last transmission of a piece of the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Fate {
    #[default]
    Delivered,
    LostBeforeTap,
    LostAfterTap,
    Reordered,
}

/// A piece of the stream, shared by all its transmissions.
#[derive(Debug, Default)]
pub(super) struct Chunk {
    pub(super) bytes: Vec<u8>,
    /// The frame of the first transmission that the tap saw; 0 if none.
    pub(super) first_frame: Cell<u32>,
    pub(super) fate: Cell<Fate>,
}

/// A segment on its way.
#[derive(Debug, Clone)]
pub(super) struct Segment {
    /// Of the IP packet: its sender counts the packets of a connection as they leave, which is not how they pass the tap.
    pub(super) identification: u16,
    pub(super) sequence: u32,
    pub(super) acknowledgment: u32,
    pub(super) flags: u8,
    pub(super) window: u16,
    /// TSval and TSecr, where timestamps are in use.
    pub(super) timestamps: Option<(u32, u32)>,
    pub(super) sack: Vec<(u32, u32)>,
    /// Maximum segment size, window scale and SACK permitted, on a SYN.
    pub(super) offer: Option<(u16, u8, bool)>,
    pub(super) chunk: Rc<Chunk>,
    pub(super) repeat: Repeat,
    /// What became of the transmission before this one.
    pub(super) cause: Fate,
    pub(super) fate: Fate,
    /// A zero window probe: never taken as data, since the window was zero when it was sent.
    pub(super) probe: bool,
}

impl Segment {
    pub(super) fn has(&self, flags: u8) -> bool {
        self.flags & flags != 0
    }

    pub(super) fn payload(&self) -> &[u8] {
        &self.chunk.bytes
    }

    /// How much sequence space it takes.
    pub(super) fn length(&self) -> u32 {
        let payload = u32::try_from(self.chunk.bytes.len()).unwrap_or(0);
        payload + u32::from(self.has(SYN)) + u32::from(self.has(FIN))
    }

    pub(super) fn end(&self) -> u32 {
        self.sequence.wrapping_add(self.length())
    }
}

/// True if `a` comes before `b` in sequence space (RFC 9293, section 3.4).
pub(super) fn before(a: u32, b: u32) -> bool {
    a != b && b.wrapping_sub(a) < 1 << 31
}

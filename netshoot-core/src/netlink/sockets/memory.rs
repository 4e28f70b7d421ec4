//! What a socket's buffers hold.

use super::super::attribute::{Attribute, Notes};

/// `SK_MEMINFO_*`: the memory of a socket, in octets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct SocketMemory {
    /// Held by what was received and not read.
    pub rmem_alloc: u32,
    /// Most of that.
    pub rcvbuf: u32,
    /// Held by what is on its way out.
    pub wmem_alloc: u32,
    /// Most of that.
    pub sndbuf: u32,
    /// Reserved and not in use.
    pub fwd_alloc: u32,
    /// Held by what waits in the send queue.
    pub wmem_queued: u32,
    /// Held by options and filters.
    pub optmem: u32,
    /// Packets that came while the socket was in use; from Linux 2.6.38.
    pub backlog: Option<u32>,
    /// Packets dropped by the socket, not octets; from Linux 4.6.
    pub drops: Option<u32>,
}

impl SocketMemory {
    pub(super) fn read(attribute: &Attribute<'_>, notes: &mut Notes) -> Option<Self> {
        let _ = attribute.array::<OLDEST_LENGTH>(notes)?;
        let mut words = attribute.payload.chunks_exact(4).filter_map(|octets| octets.first_chunk::<4>());
        let mut next = || words.next().map(|octets| u32::from_ne_bytes(*octets));
        Some(Self {
            rmem_alloc: next()?,
            rcvbuf: next()?,
            wmem_alloc: next()?,
            sndbuf: next()?,
            fwd_alloc: next()?,
            wmem_queued: next()?,
            optmem: next()?,
            backlog: next(),
            drops: next(),
        })
    }
}

const OLDEST_LENGTH: usize = 7 * 4;

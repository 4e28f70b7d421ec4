//! What rides on top of packets and needs memory: IP datagrams put together from their fragments, TCP streams from their
//! segments.
//!
//! Neither is part of [`packet`](crate::packet), which allocates nothing, nor of the analysis, which stands on both: what
//! reads messages of an application wants whole streams first. All memory is bounded, in octets and in the packets' own
//! time; what had to be given up is counted.

mod datagram;
mod pieces;
mod recent;
mod stream;

pub use datagram::{Datagram, DatagramCounters, DatagramOptions, DatagramOverlap, DatagramReassembler, Refusal, Step};
pub use stream::{
    CloseReason, Direction, GapReason, StreamCounters, StreamEvent, StreamId, StreamOptions, StreamOverlap,
    StreamReassembler,
};

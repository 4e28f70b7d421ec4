//! What rides on top of packets. With memory: IP datagrams put together from their fragments, TCP streams from their
//! segments. Without: views of the messages of applications, [`tls`], [`http`], [`quic`], [`wireguard`]
//! and [`l2tp`] ([`dns`](crate::packet::dns) is part of the packets).
//!
//! Reassembly is no part of [`packet`](crate::packet), which allocates nothing, nor of the analysis, which stands on both: what
//! reads messages of an application wants whole streams first. All memory is bounded, in octets and in the packets' own
//! time; what had to be given up is counted.

mod datagram;
pub mod http;
pub mod l2tp;
mod message;
mod pieces;
pub mod quic;
mod recent;
mod stream;
pub mod tls;
pub mod wireguard;

pub use datagram::{Datagram, DatagramCounters, DatagramOptions, DatagramOverlap, DatagramReassembler, Refusal, Step};
pub use message::{Applications, Message, NamedSummary, Summary};
pub(crate) use stream::Pair;
pub use stream::{
    CloseReason, Direction, GapReason, StreamCounters, StreamEvent, StreamId, StreamOptions, StreamOverlap,
    StreamReassembler,
};

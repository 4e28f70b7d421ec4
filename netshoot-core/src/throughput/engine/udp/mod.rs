//! Datagrams with iperf3's header.

mod header;
mod receive;
mod rest;
mod send;

pub(super) use header::header_len;
pub(super) use receive::Receiver;
pub(super) use send::Sender;

/// The most payload of a datagram: what IPv4 leaves.
pub(super) const MOST_DATAGRAM: usize = 65_507;

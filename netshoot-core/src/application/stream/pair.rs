//! The two directions of one connection, for whoever finds connections by itself.

use super::half::{Half, Segment};
use super::{DIRECTIONS, Direction, GapReason, Sink, StreamCounters, StreamEvent, StreamId, StreamOverlap, Told};
use crate::packet::{Payload, Tcp};

/// Puts both directions of a connection together. What it tells is of [`StreamId`] 0.
#[derive(Debug, Default)]
pub(crate) struct Pair {
    /// From the client, and from the server.
    halves: [Half; 2],
}

impl Pair {
    /// A connection of which the sequence numbers of the first octets of client and server may be known.
    pub(crate) fn starting_at(first: [Option<u32>; 2]) -> Self {
        Self { halves: first.map(|first| first.map_or_else(Half::default, Half::starting_at)) }
    }

    /// Takes a segment. What waits in a direction beyond `limit` octets has its first hole given up.
    #[inline]
    pub(crate) fn push(
        &mut self,
        from_client: bool,
        tcp: &Tcp<'_>,
        payload: &Payload<'_>,
        limit: usize,
        sink: &mut Sink<'_>,
    ) {
        let [client, server] = &mut self.halves;
        let (own, other) = if from_client { (client, server) } else { (server, client) };
        let direction = if from_client { Direction::FromClient } else { Direction::FromServer };
        if other.is_calm() && own.is_next(tcp) && payload.bytes.len() == payload.reported_len {
            let offset = own.pass(payload.bytes.len());
            if !payload.bytes.is_empty() {
                sink(StreamEvent::Data { stream: StreamId(0), direction, offset, bytes: payload.bytes });
            }
            return;
        }
        self.take_any(from_client, tcp, payload, limit, sink);
    }

    #[inline(never)]
    fn take_any(&mut self, from_client: bool, tcp: &Tcp<'_>, payload: &Payload<'_>, limit: usize, sink: &mut Sink<'_>) {
        let [client, server] = &mut self.halves;
        let (own, other) = if from_client { (client, server) } else { (server, client) };
        let (direction, opposite) = if from_client {
            (Direction::FromClient, Direction::FromServer)
        } else {
            (Direction::FromServer, Direction::FromClient)
        };
        let mut counters = StreamCounters::default();
        let mut told = Told { id: StreamId(0), sink, counters: &mut counters };
        let segment = Segment::new(tcp, payload);
        if let Some(acknowledgment) = segment.acknowledgment {
            other.acknowledged(acknowledgment, opposite, &mut told);
        }
        own.take(segment, direction, StreamOverlap::Lower, &mut told);
        while own.cost() > limit {
            own.give_up(direction, GapReason::Limit, &mut told);
        }
    }

    /// Hands on all that waits, with what is missing before it.
    pub(crate) fn finish(&mut self, sink: &mut Sink<'_>) {
        let mut counters = StreamCounters::default();
        let mut told = Told { id: StreamId(0), sink, counters: &mut counters };
        for (half, direction) in self.halves.iter_mut().zip(DIRECTIONS) {
            half.flush(direction, GapReason::Closed, &mut told);
        }
    }

    /// Memory that what waits takes, in octets; 0 where no hole is open.
    #[inline]
    pub(crate) fn cost(&self) -> usize {
        self.halves.iter().map(Half::cost).sum()
    }

    /// Whether all of a direction came, up to its FIN.
    #[inline]
    pub(crate) fn is_closed(&self, from_client: bool) -> bool {
        let [client, server] = &self.halves;
        if from_client { client.is_closed() } else { server.is_closed() }
    }
}

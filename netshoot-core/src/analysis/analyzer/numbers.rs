//! The numbers of flows and streams where several shards give them.
//!
//! Each shard numbers what it sees, and notes where it did so. From these notes it is known which numbers one shard with all
//! flows would have given; then each shard puts them in the place of its own.

use super::shard::{Counters, Shard};
use crate::analysis::join::for_each;
use crate::packet::IpProtocol;

/// Where something begins: the frame, and which of the packets in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Step(u64);

/// The beginning of a flow, of a stream, or of both.
#[derive(Clone, Copy, Debug)]
pub(in crate::analysis) struct Opening {
    step: Step,
    is_flow: bool,
    /// The protocol of the stream.
    stream: Option<IpProtocol>,
}

/// What the numbers that a shard gave stand for.
#[derive(Debug, Default)]
pub(in crate::analysis) struct Numbers {
    /// The first that it gave.
    from: Counters,
    flows: Vec<u32>,
    tcp_streams: Vec<u32>,
    udp_streams: Vec<u32>,
}

impl Step {
    pub(super) const fn of(frame: u64) -> Self {
        Self(frame << 8)
    }

    /// To the packet inside.
    pub(super) const fn descend(&mut self) {
        self.0 += 1;
    }
}

impl Opening {
    /// Of a flow, which is a stream if it is of such a protocol.
    pub(super) const fn flow(step: Step, stream: Option<IpProtocol>) -> Self {
        Self { step, is_flow: true, stream }
    }

    /// Of a stream without a flow.
    pub(super) const fn stream(step: Step, protocol: IpProtocol) -> Self {
        Self { step, is_flow: false, stream: Some(protocol) }
    }
}

impl Numbers {
    /// Puts the right number of a flow in the place of the shard's.
    pub(in crate::analysis) fn flow(&self, id: &mut u32) {
        replace(id, self.from.flows, &self.flows);
    }

    /// The same for a stream.
    pub(in crate::analysis) fn stream(&self, stream: &mut u32, protocol: IpProtocol) {
        match protocol {
            IpProtocol::TCP => replace(stream, self.from.tcp_streams, &self.tcp_streams),
            IpProtocol::UDP => replace(stream, self.from.udp_streams, &self.udp_streams),
            _ => {}
        }
    }

    fn add(&mut self, opening: Opening, next: &mut Counters) {
        if opening.is_flow {
            give(&mut self.flows, &mut next.flows);
        }
        match opening.stream {
            Some(IpProtocol::TCP) => give(&mut self.tcp_streams, &mut next.tcp_streams),
            Some(IpProtocol::UDP) => give(&mut self.udp_streams, &mut next.udp_streams),
            _ => {}
        }
    }
}

fn replace(number: &mut u32, from: u32, numbers: &[u32]) {
    if let Some(right) = number.checked_sub(from).and_then(|place| numbers.get(place as usize)) {
        *number = *right;
    }
}

fn give(numbers: &mut Vec<u32>, next: &mut u32) {
    numbers.push(*next);
    *next = next.wrapping_add(1);
}

/// Gives the flows and streams of all shards, which have come to the same frame, the numbers that one shard would have given.
pub(super) fn agree(shards: &mut [&mut Shard], agreed: &mut Counters) {
    let from = *agreed;
    let openings: Vec<_> = shards.iter_mut().map(|shard| std::mem::take(&mut shard.openings)).collect();
    let mut rests: Vec<_> = openings.iter().map(Vec::as_slice).collect();
    let mut numbers: Vec<_> = shards.iter().map(|_| Numbers { from, ..Numbers::default() }).collect();
    let first = |rests: &[&[Opening]]| {
        let heads = rests.iter().enumerate().filter_map(|(place, rest)| Some((rest.first()?.step, place)));
        heads.min().map(|(_, place)| place)
    };
    while let Some(place) = first(&rests) {
        let (Some(rest), Some(numbers)) = (rests.get_mut(place), numbers.get_mut(place)) else { break };
        let Some((opening, behind)) = rest.split_first() else { break };
        numbers.add(*opening, agreed);
        *rest = behind;
    }
    let next = *agreed;
    let mut both: Vec<_> = shards.iter_mut().zip(&numbers).collect();
    for_each(&mut both, |(shard, numbers)| {
        shard.renumber(numbers);
        shard.next = next;
    });
}

impl Shard {
    fn renumber(&mut self, numbers: &Numbers) {
        self.table.renumber(numbers);
        self.resolver.renumber(numbers);
        self.pieces.iter_mut().for_each(|(flow, _)| numbers.flow(flow));
        for (key, stream) in &mut self.reserved_streams {
            numbers.stream(stream, key.protocol());
        }
    }
}

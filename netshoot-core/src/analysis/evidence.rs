//! Which frames prove what a flow's counters say.

use crate::capture::Timestamp;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    Retransmission,
    OutOfOrder,
    ZeroWindow,
    AckLost,
    Reset,
    IcmpError,
    /// A call or a handshake that is notable.
    Talk,
}

/// An event, its frame and its time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Witness {
    pub(super) event: Event,
    pub(super) frame: u64,
    pub(super) time: Timestamp,
}

/// The witnesses of one flow in the order of the capture: for each kind of event the first nineteen and the last.
#[derive(Debug, Default)]
pub(super) struct Evidence {
    witnesses: Vec<Witness>,
}

impl Evidence {
    pub(super) fn add(&mut self, event: Event, frame: u64, time: Timestamp) {
        let same = |witness: &Witness| witness.event == event;
        if self.witnesses.iter().filter(|witness| same(witness)).count() >= PER_EVENT
            && let Some(last) = self.witnesses.iter().rposition(same)
        {
            self.witnesses.remove(last);
        }
        self.witnesses.push(Witness { event, frame, time });
    }

    pub(super) fn of(&self, event: Event) -> impl Iterator<Item = &Witness> {
        self.witnesses.iter().filter(move |witness| witness.event == event)
    }

    /// Octets on the heap.
    pub(super) fn heap_len(&self) -> usize {
        self.witnesses.capacity() * size_of::<Witness>()
    }
}

/// As many frames as a finding shows.
const PER_EVENT: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_and_last_are_kept() {
        let mut evidence = Evidence::default();
        for frame in 1..=1000 {
            evidence.add(Event::Reset, frame, Timestamp::default());
            evidence.add(Event::AckLost, frame, Timestamp::default());
        }
        let frames: Vec<_> = evidence.of(Event::Reset).map(|witness| witness.frame).collect();
        assert_eq!(frames, (1..=19).chain([1000]).collect::<Vec<_>>());
        assert!(evidence.heap_len() < 2000);
    }
}

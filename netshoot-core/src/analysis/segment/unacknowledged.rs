//! What one end has sent and the other has not acknowledged yet.

use std::collections::VecDeque;

use super::{after, before};

/// The segments of one end that were not acknowledged yet, the oldest first: at most [`MAX_LEN`].
#[derive(Debug, Default)]
pub(super) struct Unacknowledged {
    sent: VecDeque<Sent>,
    /// Not in the order of their sequence numbers.
    shuffled: bool,
    /// The lowest and highest sequence numbers behind a base, where they were looked for and nothing has gone since.
    extent: Option<Extent>,
}

/// What an acknowledgment takes away.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Acknowledged {
    /// The oldest segment that ends exactly there.
    pub(super) matched: Option<Sent>,
    /// The oldest segment of which it takes a part, unless an older one ends there.
    pub(super) partly: Option<Sent>,
    /// Sequence numbers of the largest segment that it takes as a whole.
    pub(super) largest: u32,
}

/// A segment that was not acknowledged yet.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Sent {
    /// The first of its sequence numbers that was not acknowledged.
    pub(super) sequence: u32,
    /// The first sequence number behind it.
    pub(super) next: u32,
    pub(super) time: i64,
    pub(super) frame: u64,
}

#[derive(Clone, Copy, Debug)]
struct Extent {
    base: u32,
    low: u32,
    high: u32,
}

impl Unacknowledged {
    pub(super) fn is_full(&self) -> bool {
        self.sent.len() >= MAX_LEN
    }

    pub(super) fn oldest(&self) -> Option<&Sent> {
        self.sent.front()
    }

    /// The oldest segment that begins at `sequence` or behind it.
    pub(super) fn oldest_from(&self, sequence: u32) -> Option<&Sent> {
        if self.shuffled {
            return self.sent.iter().find(|sent| !before(sent.sequence, sequence));
        }
        self.sent.get(self.sent.partition_point(|sent| before(sent.sequence, sequence)))
    }

    /// Whether one of the segments has all from `sequence` up to `end`.
    pub(super) fn covers(&self, sequence: u32, end: u32) -> bool {
        let has = |sent: &Sent| !before(sequence, sent.sequence) && !after(end, sent.next);
        if self.shuffled {
            return self.sent.iter().any(has);
        }
        let behind = self.sent.partition_point(|sent| !before(sequence, sent.sequence));
        behind.checked_sub(1).and_then(|last| self.sent.get(last)).is_some_and(has)
    }

    /// The newest segments first.
    pub(super) fn newest_first(&self) -> impl Iterator<Item = &Sent> {
        self.sent.iter().rev()
    }

    /// Octets on the heap.
    pub(super) fn heap_len(&self) -> usize {
        self.sent.capacity() * size_of::<Sent>()
    }

    pub(super) fn push(&mut self, sent: Sent) {
        if let (Some(first), Some(last)) = (self.sent.front(), self.sent.back()) {
            self.shuffled |= after(first.next, sent.next) || after(last.next, sent.next);
            self.shuffled |= after(first.sequence, sent.sequence) || after(last.sequence, sent.sequence);
        }
        if let Some(extent) = &mut self.extent {
            extent.add(&sent);
        }
        self.sent.push_back(sent);
    }

    /// Sequence numbers from the lowest to the highest, as they lie behind `base`.
    ///
    /// Entries in order tell it by the two outermost, unless the count from `base` wraps between them.
    pub(super) fn extent(&mut self, base: u32) -> Option<u32> {
        let (first, last) = (self.sent.front()?, self.sent.back()?);
        let (low, high) = (first.sequence.wrapping_sub(base), last.next.wrapping_sub(base));
        if !self.shuffled && low <= high {
            return Some(high - low);
        }
        let known = self.extent.filter(|extent| extent.base == base);
        let extent = known.unwrap_or_else(|| {
            let mut extent = Extent { base, low, high };
            self.sent.iter().for_each(|sent| extent.add(sent));
            extent
        });
        self.extent = Some(extent);
        Some(extent.high.wrapping_sub(extent.low))
    }

    /// Forgets what `number` acknowledges.
    ///
    /// Entries in order span less than half the number space, so that the two outermost tell whether all, none, or those
    /// from the front on are acknowledged. Only the rest needs a look at each.
    pub(super) fn acknowledge(&mut self, number: u32) -> Acknowledged {
        let (Some(first), Some(last)) = (self.sent.front(), self.sent.back()) else { return Acknowledged::default() };
        let (keep_first, keep_last) = (after(first.next, number), after(last.next, number));
        let mut acknowledged = match (self.shuffled, keep_first, keep_last) {
            (false, true, true) => Acknowledged::default(),
            (false, false, _) => self.acknowledge_front(number),
            _ => self.acknowledge_each(number),
        };
        if !self.shuffled {
            let whole = self.sent.front().copied();
            if self.trim_front(number) && acknowledged.matched.is_none() {
                acknowledged.partly = whole;
            }
        }
        if self.sent.is_empty() {
            self.shuffled = false;
            self.extent = None;
            // A burst should not hold its memory for as long as the flow lives.
            if self.sent.capacity() > 64 {
                self.release();
            }
        }
        acknowledged
    }

    /// Gives back the memory, if nothing is in it.
    pub(super) fn release(&mut self) {
        if self.sent.is_empty() {
            self.sent = VecDeque::new();
        }
    }

    fn acknowledge_front(&mut self, number: u32) -> Acknowledged {
        let mut acknowledged = Acknowledged::default();
        while let Some(sent) = self.sent.front().copied().filter(|sent| !after(sent.next, number)) {
            if sent.next == number {
                acknowledged.matched = acknowledged.matched.or(Some(sent));
            }
            acknowledged.largest = acknowledged.largest.max(sent.len());
            self.sent.pop_front();
            self.extent = None;
        }
        acknowledged
    }

    fn acknowledge_each(&mut self, number: u32) -> Acknowledged {
        let matched = self.sent.iter().find(|sent| sent.next == number).copied();
        let touched = self.sent.iter().find(|sent| sent.next == number || sent.has_within(number));
        let partly = touched.filter(|sent| sent.next != number).copied();
        let (mut changed, mut largest) = (false, 0);
        self.sent.retain_mut(|sent| {
            changed |= sent.trim(number);
            let keep = after(sent.next, number);
            changed |= !keep;
            if !keep {
                largest = largest.max(sent.len());
            }
            keep
        });
        if changed {
            self.extent = None;
        }
        Acknowledged { matched, partly, largest }
    }

    /// Takes from the first segments what was acknowledged of them; whether that is anything.
    fn trim_front(&mut self, number: u32) -> bool {
        let mut trimmed = false;
        for sent in &mut self.sent {
            if !sent.trim(number) {
                break;
            }
            self.extent = None;
            trimmed = true;
        }
        trimmed
    }
}

impl Sent {
    fn len(&self) -> u32 {
        self.next.wrapping_sub(self.sequence)
    }

    /// Takes off what `number` acknowledges, if that is a part of it; whether it is.
    fn trim(&mut self, number: u32) -> bool {
        let partly = self.has_within(number);
        if partly {
            self.sequence = number;
        }
        partly
    }

    /// Whether it begins before `number` and ends behind it.
    fn has_within(&self, number: u32) -> bool {
        after(number, self.sequence) && after(self.next, number)
    }
}

impl Extent {
    fn add(&mut self, sent: &Sent) {
        self.low = self.low.min(sent.sequence.wrapping_sub(self.base));
        self.high = self.high.max(sent.next.wrapping_sub(self.base));
    }
}

const MAX_LEN: usize = 10_000;

#[cfg(test)]
mod tests;

//! Slots of a table in the order in which they were last heard of: two lists, of which each slot is in one.
//!
//! What links them is kept apart from what the slots hold, as each packet changes the links of three slots, of which it needs
//! one: eight octets a slot stay near the processor where all that is known of the flows does not.

/// The lists.
#[derive(Debug, Default)]
pub(super) struct Recency {
    links: Vec<Link>,
    quiet: List,
    telling: List,
}

#[derive(Clone, Copy, Debug)]
struct Link {
    newer: u32,
    older: u32,
}

/// One of the two.
#[derive(Debug)]
pub(super) struct List {
    newest: u32,
    oldest: u32,
    pub(super) len: usize,
    /// Octets that its slots have on the heap.
    pub(super) heap: usize,
}

impl Recency {
    /// The list of those that findings could tell of, or that of the others.
    fn list(&mut self, telling: bool) -> &mut List {
        if telling { &mut self.telling } else { &mut self.quiet }
    }

    /// As [`list`](Self::list), to look at.
    pub(super) fn of(&self, telling: bool) -> &List {
        if telling { &self.telling } else { &self.quiet }
    }

    /// The slot of a list that was silent the longest, or [`NONE`].
    pub(super) fn oldest(&self, telling: bool) -> u32 {
        self.of(telling).oldest
    }

    /// The slot that was heard of next after this one, or [`NONE`].
    pub(super) fn newer(&self, slot: u32) -> u32 {
        self.links.get(slot as usize).map_or(NONE, |link| link.newer)
    }

    /// Makes a slot of a list the newest.
    #[inline]
    pub(super) fn touch(&mut self, slot: u32, telling: bool) {
        if self.of(telling).newest != slot {
            self.unlink(slot, telling);
            self.link(slot, telling);
        }
    }

    /// Adds a slot that has `heap` octets on the heap, as the newest; there are as many slots as were added and one more.
    pub(super) fn add(&mut self, slot: u32, telling: bool, heap: usize) {
        if slot as usize >= self.links.len() {
            self.links.resize(slot as usize + 1, Link { newer: NONE, older: NONE });
        }
        self.link(slot, telling);
        let list = self.list(telling);
        list.len += 1;
        list.heap += heap;
    }

    /// Takes a slot away.
    pub(super) fn remove(&mut self, slot: u32, telling: bool, heap: usize) {
        self.unlink(slot, telling);
        let list = self.list(telling);
        list.len = list.len.saturating_sub(1);
        list.heap = list.heap.saturating_sub(heap);
    }

    /// Notes a slot's list and what it has on the heap, where either is not as it was.
    pub(super) fn change(&mut self, slot: u32, before: (bool, usize), now: (bool, usize)) {
        if before.0 != now.0 {
            self.remove(slot, before.0, before.1);
            self.add(slot, now.0, now.1);
            return;
        }
        let list = self.list(now.0);
        list.heap = list.heap.saturating_sub(before.1) + now.1;
    }

    /// Octets that all slots have on the heap.
    pub(super) fn heap(&self) -> usize {
        self.quiet.heap + self.telling.heap
    }

    #[inline]
    fn unlink(&mut self, slot: u32, telling: bool) {
        let Some(Link { newer, older }) = self.links.get(slot as usize).copied() else { return };
        match self.links.get_mut(newer as usize) {
            Some(link) => link.older = older,
            None => self.list(telling).newest = older,
        }
        match self.links.get_mut(older as usize) {
            Some(link) => link.newer = newer,
            None => self.list(telling).oldest = newer,
        }
    }

    #[inline]
    fn link(&mut self, slot: u32, telling: bool) {
        let list = self.list(telling);
        let older = std::mem::replace(&mut list.newest, slot);
        if older == NONE {
            list.oldest = slot;
        }
        if let Some(link) = self.links.get_mut(older as usize) {
            link.newer = slot;
        }
        if let Some(link) = self.links.get_mut(slot as usize) {
            *link = Link { newer: NONE, older };
        }
    }
}

impl Default for List {
    fn default() -> Self {
        Self { newest: NONE, oldest: NONE, len: 0, heap: 0 }
    }
}

/// No slot: the end of a list.
pub(super) const NONE: u32 = u32::MAX;
/// What a slot takes.
pub(super) const LINK_LEN: usize = size_of::<Link>();

#[cfg(test)]
mod tests {
    use super::*;

    fn order(recency: &Recency, telling: bool) -> Vec<u32> {
        let next = |slot: &u32| Some(recency.newer(*slot)).filter(|slot| *slot != NONE);
        std::iter::successors(Some(recency.oldest(telling)).filter(|slot| *slot != NONE), next).collect()
    }

    #[test]
    fn each_slot_is_in_one_list_in_the_order_of_touches() {
        let mut recency = Recency::default();
        (0..4).for_each(|slot| recency.add(slot, false, 10));
        recency.touch(0, false);
        recency.touch(2, false);
        recency.touch(2, false);
        assert_eq!(order(&recency, false), [1, 3, 0, 2]);
        recency.remove(0, false, 10);
        recency.add(0, true, 25);
        assert_eq!((order(&recency, false), order(&recency, true)), (vec![1, 3, 2], vec![0]));
        let lists = [false, true].map(|telling| (recency.of(telling).len, recency.of(telling).heap));
        assert_eq!((lists, recency.heap()), ([(3, 30), (1, 25)], 55));
        recency.change(0, (true, 25), (true, 15));
        recency.change(3, (false, 10), (true, 20));
        assert_eq!((order(&recency, false), order(&recency, true)), (vec![1, 2], vec![0, 3]));
        assert_eq!((recency.of(true).heap, recency.heap()), (35, 55));
        recency.change(3, (true, 20), (false, 10));
        recency.change(0, (true, 15), (true, 25));
        for slot in [2, 1, 3] {
            recency.remove(slot, false, 10);
        }
        assert_eq!((order(&recency, false), recency.heap()), (vec![], 25));
    }
}

//! Traffic added up: by address, by pair of addresses, by the protocols in it; and what clients tried in vain.
//!
//! Each keeps a limited number of entries. Which ones, only their keys decide, by a hash: so what is kept is exact, whatever
//! the order in which parts [`merge`](Endpoints::merge), and the traffic of all others is counted together.

mod attempts;
mod hierarchy;
mod talkers;

use std::collections::BTreeMap;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher, Hash};

pub use attempts::{AttemptedServices, Attempts};
pub use hierarchy::{Hierarchy, HierarchyNode, hierarchy};
pub use talkers::{ConversationTraffic, Conversations, EndpointTraffic, Endpoints};

/// Frames and their octets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Frames.
    pub frames: u64,
    /// Octets of the frames on the wire.
    pub bytes: u64,
}

impl Traffic {
    fn add(&mut self, other: Self) {
        self.frames = self.frames.saturating_add(other.frames);
        self.bytes = self.bytes.saturating_add(other.bytes);
    }
}

/// What is kept of a key.
trait Entry: Clone + Default + PartialEq {
    /// Adds what another entry has.
    fn add(&mut self, other: &Self);

    /// What is left of it when it is not kept.
    fn traffic(&self) -> Traffic;
}

/// At most so many entries: those whose keys have the least hashes. No key among these is among the dropped ones of any part.
#[derive(Clone, Debug, PartialEq)]
struct Bounded<K: Ord, E> {
    most: usize,
    entries: BTreeMap<(u64, K), E>,
    others: Traffic,
}

impl<K: Ord + Copy + Hash, E: Entry> Bounded<K, E> {
    fn new(most: usize) -> Self {
        Self { most, entries: BTreeMap::new(), others: Traffic::default() }
    }

    fn add(&mut self, key: K, entry: &E) {
        let rank = BuildHasherDefault::<DefaultHasher>::default().hash_one(key);
        self.put((rank, key), entry);
    }

    fn merge(&mut self, other: &Self) {
        self.most = self.most.min(other.most);
        self.others.add(other.others);
        other.entries.iter().for_each(|(key, entry)| self.put(*key, entry));
        self.shrink();
    }

    fn iter(&self) -> impl Iterator<Item = (&K, &E)> {
        self.entries.iter().map(|((_, key), entry)| (key, entry))
    }

    fn put(&mut self, key: (u64, K), entry: &E) {
        self.entries.entry(key).or_default().add(entry);
        self.shrink();
    }

    fn shrink(&mut self) {
        while self.entries.len() > self.most {
            let Some((_, dropped)) = self.entries.pop_last() else { return };
            self.others.add(dropped.traffic());
        }
    }
}

/// Addresses, and pairs of them, that are kept.
const MAX_TALKERS: usize = 100_000;

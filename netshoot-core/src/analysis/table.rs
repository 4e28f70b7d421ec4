//! The flows that are remembered: found by key, forgotten when memory is short, the one silent the longest first.
//!
//! [`Flow`]s and what else is known of them ([`Track`]) lie in two vectors under the same slot number; a hash table holds
//! slots, and a list through the tracks orders them by when they were last heard of. All operations take constant time.

use foldhash::fast::RandomState;
use hashbrown::HashTable;
use std::hash::BuildHasher;

use super::connection::{self, Connection};
use super::evidence::{Event, Evidence};
use super::key::Key;
use super::segment::Side;
use super::{Evicted, Flow};
use crate::capture::Timestamp;

/// What is known of a flow beyond what is reported.
#[derive(Debug)]
pub(super) struct Track {
    key: Key,
    /// Which end of the key is the client.
    pub(super) client: Side,
    newer: u32,
    older: u32,
    live: bool,
    /// Octets on the heap that were counted for this flow.
    heap: usize,
    pub(super) connection: Option<Box<Connection>>,
    pub(super) evidence: Option<Box<Evidence>>,
    /// Nanoseconds that senders waited before they retransmitted.
    pub(super) timeouts: i64,
}

/// The flows that are remembered.
#[derive(Debug)]
pub(super) struct Table {
    flows: Vec<Flow>,
    tracks: Vec<Track>,
    index: HashTable<u32>,
    hasher: RandomState,
    free: Vec<u32>,
    newest: u32,
    oldest: u32,
    heap: usize,
    max_slots: usize,
    max_heap: usize,
    pub(super) evicted: Evicted,
}

impl Track {
    pub(super) fn new(key: Key, client: Side, connection: Option<Box<Connection>>) -> Self {
        Self { key, client, newer: NONE, older: NONE, live: true, heap: 0, connection, evidence: None, timeouts: 0 }
    }

    pub(super) fn witness(&mut self, event: Event, frame: u64, time: Timestamp) {
        self.evidence.get_or_insert_default().add(event, frame, time);
    }

    fn heap_len(&self, flow: &Flow) -> usize {
        let connection = self.connection.as_ref().map_or(0, |connection| connection.heap_len());
        let evidence = self.evidence.as_ref().map_or(0, |evidence| size_of::<Evidence>() + evidence.heap_len());
        connection + evidence + flow.server_name.as_ref().map_or(0, String::capacity)
    }
}

impl Table {
    /// A table of at most `limit` octets. A third of them is for what is on the heap: segments without acknowledgment,
    /// evidence, names.
    pub(super) fn new(limit: usize) -> Self {
        Self {
            flows: Vec::new(),
            tracks: Vec::new(),
            index: HashTable::new(),
            hasher: RandomState::default(),
            free: Vec::new(),
            newest: NONE,
            oldest: NONE,
            heap: 0,
            max_slots: (limit / 3 * 2 / SLOT_LEN).clamp(MIN_SLOTS, NONE as usize),
            max_heap: limit / 3,
            evicted: Evicted::default(),
        }
    }

    /// The slot of the newest flow with this key.
    #[inline]
    pub(super) fn find(&self, key: &Key) -> Option<u32> {
        let tracks = &self.tracks;
        let same = |slot: &u32| tracks.get(*slot as usize).is_some_and(|track| track.key == *key);
        self.index.find(self.hasher.hash_one(key), same).copied()
    }

    #[inline]
    pub(super) fn slot(&mut self, slot: u32) -> Option<(&mut Flow, &mut Track)> {
        Some((self.flows.get_mut(slot as usize)?, self.tracks.get_mut(slot as usize)?))
    }

    /// Adds a flow, which takes the place of an older one with the same key. Evicts another if there is no room.
    pub(super) fn insert(&mut self, flow: Flow, track: Track) -> u32 {
        if self.free.is_empty() && self.flows.len() >= self.max_slots {
            self.evict();
        }
        let key = track.key;
        let slot = self.store(flow, track);
        let hash = self.hasher.hash_one(key);
        let tracks = &self.tracks;
        let key_of = |slot: &u32| tracks.get(*slot as usize).map(|track| track.key);
        match self.index.find_mut(hash, |other| key_of(other) == Some(key)) {
            Some(other) => *other = slot,
            None => {
                let hasher = &self.hasher;
                self.index.insert_unique(hash, slot, |slot| hasher.hash_one(key_of(slot).unwrap_or(key)));
            }
        }
        self.push_newest(slot);
        slot
    }

    /// Makes the flow the last to be evicted.
    #[inline]
    pub(super) fn touch(&mut self, slot: u32) {
        if self.newest != slot {
            self.unlink(slot);
            self.push_newest(slot);
        }
    }

    /// Counts the memory of a flow anew, and evicts others if it is too much.
    pub(super) fn weigh(&mut self, slot: u32) {
        let Some((flow, track)) = self.slot(slot) else { return };
        let (before, now) = (track.heap, track.heap_len(flow));
        if before == now {
            return;
        }
        track.heap = now;
        self.heap = self.heap - before + now;
        while self.heap > self.max_heap && self.oldest != slot && self.oldest != NONE {
            self.evict();
        }
    }

    /// All flows with their tracks, in no order that means anything.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&Flow, &Track)> {
        self.flows.iter().zip(&self.tracks).filter(|(_, track)| track.live)
    }

    /// States how far each flow got.
    pub(super) fn settle(&mut self) {
        for (flow, track) in self.flows.iter_mut().zip(&mut self.tracks) {
            settle(flow, track);
        }
    }

    /// All flows in order of first appearance.
    pub(super) fn into_flows(self) -> Vec<Flow> {
        let Self { mut flows, tracks, .. } = self;
        let mut tracks = tracks.into_iter();
        flows.retain(|_| tracks.next().is_some_and(|track| track.live));
        flows.sort_unstable_by_key(|flow| flow.id);
        flows.shrink_to_fit();
        flows
    }

    /// Moves flows for which `ended` holds out of the table, looking at those that were silent since `before`.
    pub(super) fn take(&mut self, before: Timestamp, ended: impl Fn(&Flow) -> bool) -> Self {
        let mut taken = Self::new(0);
        let mut slot = self.oldest;
        while let Some((flow, track)) = self.slot(slot) {
            let newer = track.newer;
            if flow.last > before {
                break;
            }
            if ended(flow)
                && let Some((flow, track)) = self.remove(slot)
            {
                taken.flows.push(flow);
                taken.tracks.push(track);
            }
            slot = newer;
        }
        taken
    }

    fn evict(&mut self) {
        if let Some((flow, _)) = self.remove(self.oldest) {
            self.evicted.flows += 1;
            self.evicted.packets += flow.packets();
            self.evicted.bytes += flow.bytes();
        }
    }

    fn remove(&mut self, slot: u32) -> Option<(Flow, Track)> {
        let key = self.tracks.get(slot as usize)?.key;
        if let Ok(entry) = self.index.find_entry(self.hasher.hash_one(key), |other| *other == slot) {
            entry.remove();
        }
        self.unlink(slot);
        let gap = Track { live: false, ..Track::new(key, Side::Low, None) };
        let track = std::mem::replace(self.tracks.get_mut(slot as usize)?, gap);
        let flow = self.flows.get_mut(slot as usize)?;
        let flow = Flow { server_name: flow.server_name.take(), ..flow.clone() };
        self.heap = self.heap.saturating_sub(track.heap);
        self.free.push(slot);
        Some((flow, track))
    }

    fn store(&mut self, flow: Flow, track: Track) -> u32 {
        if let Some(slot) = self.free.pop()
            && let Some((old_flow, old_track)) = self.slot(slot)
        {
            (*old_flow, *old_track) = (flow, track);
            return slot;
        }
        if self.flows.len() == self.flows.capacity() {
            // Doubling would overshoot the limit.
            let more = self.flows.len().clamp(MIN_SLOTS, (self.max_slots - self.flows.len()).max(1));
            self.flows.reserve_exact(more);
            self.tracks.reserve_exact(more);
        }
        self.flows.push(flow);
        self.tracks.push(track);
        u32::try_from(self.flows.len() - 1).unwrap_or(NONE)
    }

    fn unlink(&mut self, slot: u32) {
        let Some(track) = self.tracks.get(slot as usize) else { return };
        let (newer, older) = (track.newer, track.older);
        match self.tracks.get_mut(newer as usize) {
            Some(track) => track.older = older,
            None => self.newest = older,
        }
        match self.tracks.get_mut(older as usize) {
            Some(track) => track.newer = newer,
            None => self.oldest = newer,
        }
    }

    fn push_newest(&mut self, slot: u32) {
        let older = self.newest;
        if let Some(track) = self.tracks.get_mut(slot as usize) {
            (track.newer, track.older) = (NONE, older);
        }
        match self.tracks.get_mut(older as usize) {
            Some(track) => track.newer = slot,
            None => self.oldest = slot,
        }
        self.newest = slot;
    }
}

fn settle(flow: &mut Flow, track: &mut Track) {
    if let Some(connection) = &mut track.connection {
        connection.finish(flow);
    }
    flow.state = connection::state(flow);
}

/// No slot: the end of the list.
const NONE: u32 = u32::MAX;
/// What a TCP flow takes: its entries in both vectors, its box, and twice its share of the hash table.
const SLOT_LEN: usize = size_of::<Flow>() + size_of::<Track>() + size_of::<Connection>() + 24;
const MIN_SLOTS: usize = 16;

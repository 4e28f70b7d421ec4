//! The flows that are remembered: found by key, forgotten when memory is short, the one silent the longest first.
//!
//! [`Flow`]s and what else is known of them ([`Track`]) lie in two vectors under the same slot number; a hash table holds
//! slots, and two lists through the tracks order them by when they were last heard of: one of the flows that findings
//! could tell of, one of the others. The others are forgotten first, unless those of the first kind take more than half of
//! the room; what a forgotten flow says is added to a [`Ledger`]. All operations take constant time.

use foldhash::fast::RandomState;
use hashbrown::HashTable;
use std::hash::BuildHasher;

use super::connection::{self, Connection};
use super::evidence::{Event, Evidence};
use super::findings::Ledger;
use super::key::Key;
use super::segment::Side;
use super::{Evicted, Flow};
use crate::capture::Timestamp;
use crate::packet::IpProtocol;

/// What is known of a flow beyond what is reported.
#[derive(Debug)]
pub(super) struct Track {
    key: Key,
    /// Which end of the key is the client.
    pub(super) client: Side,
    newer: u32,
    older: u32,
    live: bool,
    /// Findings could tell of it, and it is in their list.
    telling: bool,
    /// Octets on the heap that were counted for this flow.
    heap: usize,
    pub(super) connection: Option<Box<Connection>>,
    pub(super) evidence: Option<Box<Evidence>>,
    /// Nanoseconds from segments to their retransmission, summed over the retransmissions.
    pub(super) timeouts: i64,
    /// Nanoseconds that each end spent waiting to retransmit, summed over the two.
    pub(super) waited: i64,
}

/// The flows that are remembered.
#[derive(Debug)]
pub(super) struct Table {
    flows: Vec<Flow>,
    tracks: Vec<Track>,
    index: HashTable<u32>,
    hasher: RandomState,
    free: Vec<u32>,
    quiet: List,
    telling: List,
    max_slots: usize,
    max_heap: usize,
    pub(super) evicted: Evicted,
    /// What the evicted flows say.
    pub(super) ledger: Ledger,
}

/// Flows in the order in which they were last heard of.
#[derive(Debug)]
struct List {
    newest: u32,
    oldest: u32,
    len: usize,
    /// Octets that its flows have on the heap.
    heap: usize,
}

impl Track {
    pub(super) fn new(key: Key, client: Side, connection: Option<Box<Connection>>) -> Self {
        Self {
            key,
            client,
            newer: NONE,
            older: NONE,
            live: true,
            telling: false,
            heap: 0,
            connection,
            evidence: None,
            timeouts: 0,
            waited: 0,
        }
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
    /// evidence, names, and what is kept of evicted flows.
    pub(super) fn new(limit: usize) -> Self {
        Self {
            flows: Vec::new(),
            tracks: Vec::new(),
            index: HashTable::new(),
            hasher: RandomState::default(),
            free: Vec::new(),
            quiet: List::default(),
            telling: List::default(),
            max_slots: (limit / 3 * 2 / SLOT_LEN).clamp(MIN_SLOTS, NONE as usize),
            max_heap: limit / 3 - limit / 16,
            evicted: Evicted::default(),
            ledger: Ledger::new(limit / 16),
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
            let many = self.telling.len > self.max_slots / 2;
            self.evict(self.victim(many, NONE));
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
        if self.quiet.newest != slot && self.telling.newest != slot {
            self.unlink(slot);
            self.push_newest(slot);
        }
    }

    /// Moves a flow to the list that it belongs to by now.
    #[inline]
    pub(super) fn sort(&mut self, slot: u32) {
        let Some((flow, track)) = self.slot(slot) else { return };
        if is_telling(flow, track) != track.telling {
            self.unlink(slot);
            if let Some((_, track)) = self.slot(slot) {
                track.telling = !track.telling;
            }
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
        let telling = track.telling;
        let list = self.list(telling);
        list.heap = list.heap.saturating_sub(before) + now;
        while self.quiet.heap + self.telling.heap > self.max_heap {
            let heavy = self.telling.heap > self.max_heap / 2;
            let victim = self.victim(heavy, slot);
            if victim == NONE {
                break;
            }
            self.evict(victim);
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
        for oldest in [self.quiet.oldest, self.telling.oldest] {
            let mut slot = oldest;
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
        }
        std::mem::swap(&mut taken.ledger, &mut self.ledger);
        self.ledger.limit_to(&taken.ledger);
        taken
    }

    /// Which flow to forget: the oldest of those that tell nothing, unless there is `enough` of the telling ones; never
    /// `spared`.
    fn victim(&self, enough: bool, spared: u32) -> u32 {
        let (quiet, telling) = (self.quiet.oldest, self.telling.oldest);
        let order = if enough { [telling, quiet] } else { [quiet, telling] };
        order.into_iter().find(|slot| *slot != spared && *slot != NONE).unwrap_or(NONE)
    }

    fn evict(&mut self, slot: u32) {
        if let Some((mut flow, mut track)) = self.remove(slot) {
            self.evicted.flows += 1;
            self.evicted.packets += flow.packets();
            self.evicted.bytes += flow.bytes();
            settle(&mut flow, &mut track);
            self.ledger.add(&flow, &track, track.telling);
        }
    }

    fn list(&mut self, telling: bool) -> &mut List {
        if telling { &mut self.telling } else { &mut self.quiet }
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
        let (newer, older, telling, heap) = (track.newer, track.older, track.telling, track.heap);
        match self.tracks.get_mut(newer as usize) {
            Some(track) => track.older = older,
            None => self.list(telling).newest = older,
        }
        match self.tracks.get_mut(older as usize) {
            Some(track) => track.newer = newer,
            None => self.list(telling).oldest = newer,
        }
        let list = self.list(telling);
        list.len = list.len.saturating_sub(1);
        list.heap = list.heap.saturating_sub(heap);
    }

    fn push_newest(&mut self, slot: u32) {
        let Some(track) = self.tracks.get(slot as usize) else { return };
        let (telling, heap) = (track.telling, track.heap);
        let list = self.list(telling);
        let older = std::mem::replace(&mut list.newest, slot);
        list.len += 1;
        list.heap += heap;
        if older == NONE {
            list.oldest = slot;
        }
        if let Some(track) = self.tracks.get_mut(older as usize) {
            track.newer = slot;
        }
        if let Some(track) = self.tracks.get_mut(slot as usize) {
            (track.newer, track.older) = (NONE, older);
        }
    }
}

impl Default for List {
    fn default() -> Self {
        Self { newest: NONE, oldest: NONE, len: 0, heap: 0 }
    }
}

/// Whether findings could tell of a flow: a TCP connection with events, or one that nobody has answered yet.
#[inline]
fn is_telling(flow: &Flow, track: &Track) -> bool {
    let unanswered = flow.client_to_server.syn > 0 && flow.server_to_client.packets == 0;
    flow.protocol == IpProtocol::TCP && (unanswered || track.evidence.is_some())
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

//! The flows that are remembered: found by key, forgotten when memory is short, the one silent the longest first.
//!
//! [`Flow`]s and what else is known of them ([`Track`]) lie in two vectors under the same slot number; a hash table holds
//! slots, and two lists order them by when they were last heard of ([`Recency`]): one of the flows that findings
//! could tell of, one of the others. The others are forgotten first, unless those of the first kind take more than half of
//! the room; what a forgotten flow says is added to a [`Ledger`]. All operations take constant time.

use foldhash::fast::RandomState;
use hashbrown::HashTable;
use std::hash::BuildHasher;

use super::analyzer::Numbers;
use super::calls::{Exchange, Told};
use super::connection::{self, ClockJump, Connection};
use super::evidence::{Event, Evidence};
use super::findings::Ledger;
use super::key::Key;
use super::log::Logs;
use super::recency::{self, NONE, Recency};
use super::segment::Side;
use super::silence::Broken;
use super::{Evicted, Flow};
use crate::capture::Timestamp;
use crate::packet::IpProtocol;

/// What is known of a flow beyond what is reported.
#[derive(Debug)]
pub(super) struct Track {
    key: Key,
    /// Which end of the key is the client.
    pub(super) client: Side,
    live: bool,
    /// Findings could tell of it, and it is in their list.
    telling: bool,
    /// Octets on the heap that were counted for this flow.
    heap: usize,
    pub(super) connection: Option<Box<Connection>>,
    pub(super) evidence: Option<Box<Evidence>>,
    /// What the ends of a TCP flow say to each other, once they say something.
    exchange: Option<Box<Exchange>>,
    /// Nothing that they still say matters.
    exchange_is_over: bool,
    /// Number of the connection of QUIC whose handshake goes on.
    pub(super) quic: Option<u64>,
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
    recency: Recency,
    max_slots: usize,
    /// Octets for slots, heap and ledger together.
    limit: usize,
    pub(super) evicted: Evicted,
    /// What the evicted flows say.
    pub(super) ledger: Ledger,
    pub(super) logs: Logs,
}

impl Track {
    pub(super) fn new(key: Key, client: Side, connection: Option<Box<Connection>>) -> Self {
        Self {
            key,
            client,
            live: true,
            telling: false,
            heap: 0,
            connection,
            evidence: None,
            exchange: None,
            exchange_is_over: false,
            quic: None,
            timeouts: 0,
            waited: 0,
        }
    }

    /// Takes what the ends of the flow say to each other, from the first octet on.
    #[inline]
    pub(super) fn tell(&mut self, told: &Told<'_>, flow: &Flow, logs: &mut Logs) {
        if self.exchange_is_over || self.exchange.is_none() && told.segment.len == 0 {
            return;
        }
        let Self { exchange, connection, client, .. } = self;
        let exchange = exchange.get_or_insert_with(|| {
            let first =
                |side, syn| connection.as_ref().filter(|_| syn > 0)?.base(side).map(|base| base.wrapping_add(1));
            let client_first = first(*client, flow.client_to_server.syn);
            let server_first = first(client.other(), flow.server_to_client.syn);
            Box::new(Exchange::new(flow, [client_first, server_first]))
        });
        let noted = logs.calls.noted + logs.tls.noted;
        exchange.push(told, flow, logs);
        if exchange.is_over() {
            (self.exchange, self.exchange_is_over) = (None, true);
        }
        if logs.calls.noted + logs.tls.noted != noted {
            self.witness(Event::Talk, told.frame, flow.last);
        }
    }

    /// How the last long silence of a TCP flow was broken.
    pub(super) fn broken_silence(&self) -> Option<&Broken> {
        self.connection.as_ref()?.broken_silence()
    }

    /// How the server's clock went on from the SYN-ACK of a TCP flow.
    pub(super) fn clock_jump(&self) -> Option<ClockJump> {
        self.connection.as_ref()?.clock_jump()
    }

    pub(super) fn witness(&mut self, event: Event, frame: u64, time: Timestamp) {
        self.evidence.get_or_insert_default().add(event, frame, time);
    }

    fn heap_len(&self, flow: &Flow) -> usize {
        let evidence = self.evidence.as_ref().map_or(0, |evidence| size_of::<Evidence>() + evidence.heap_len());
        let exchange = self.exchange.as_ref().map_or(0, |exchange| exchange.heap_len());
        let connection =
            self.connection.as_ref().map_or(0, |connection| size_of::<Connection>() + connection.heap_len());
        connection + evidence + exchange + flow.server_name.as_ref().map_or(0, String::capacity)
    }
}

impl Table {
    /// A table of at most `limit` octets. At least a third of them is for what is on the heap: the state of TCP, evidence,
    /// names, and what is kept of evicted flows.
    pub(super) fn new(limit: usize, logs: Logs) -> Self {
        Self {
            flows: Vec::new(),
            tracks: Vec::new(),
            index: HashTable::new(),
            hasher: RandomState::default(),
            free: Vec::new(),
            recency: Recency::default(),
            max_slots: (limit / 3 * 2 / SLOT_LEN).clamp(MIN_SLOTS, NONE as usize),
            limit,
            evicted: Evicted::default(),
            ledger: Ledger::new(limit / 16),
            logs,
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

    /// As [`slot`](Self::slot), and where what is said in a flow goes.
    #[inline]
    pub(super) fn slot_and_logs(&mut self, slot: u32) -> Option<(&mut Flow, &mut Track, &mut Logs)> {
        Some((self.flows.get_mut(slot as usize)?, self.tracks.get_mut(slot as usize)?, &mut self.logs))
    }

    /// Adds a flow, which takes the place of an older one with the same key. Evicts another if there is no room.
    pub(super) fn insert(&mut self, flow: Flow, track: Track) -> u32 {
        if self.free.is_empty() && self.flows.len() >= self.max_slots {
            let many = self.recency.of(true).len > self.max_slots / 2;
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
        let (telling, heap) = self.tracks.get(slot as usize).map_or((false, 0), |track| (track.telling, track.heap));
        self.recency.add(slot, telling, heap);
        self.changed(slot);
        slot
    }

    /// Makes the flow the last to be evicted.
    #[inline]
    pub(super) fn touch(&mut self, slot: u32) {
        if let Some(track) = self.tracks.get(slot as usize) {
            self.recency.touch(slot, track.telling);
        }
    }

    /// Moves a flow that has changed to the list that it belongs to by now, counts its memory anew, and evicts others if all
    /// is too much.
    #[inline]
    pub(super) fn changed(&mut self, slot: u32) {
        let Some((flow, track)) = self.slot(slot) else { return };
        let (before, heap_before) = (track.telling, track.heap);
        let (telling, heap) = (is_telling(flow, track), track.heap_len(flow));
        if (before, heap_before) != (telling, heap) {
            (track.telling, track.heap) = (telling, heap);
            self.recency.change(slot, (before, heap_before), (telling, heap));
        }
        self.keep_to_limit(slot);
    }

    /// Evicts flows, but not that in `spared`, until there is memory for the rest.
    fn keep_to_limit(&mut self, spared: u32) {
        while self.recency.heap() > self.max_heap() {
            let heavy = self.recency.of(true).heap > self.max_heap() / 2;
            let victim = self.victim(heavy, spared);
            if victim == NONE {
                break;
            }
            self.evict(victim);
        }
    }

    /// Octets that slots and ledger leave for the heap.
    fn max_heap(&self) -> usize {
        self.limit.saturating_sub(self.flows.len() * SLOT_LEN + self.ledger.len())
    }

    /// All flows with their tracks: in order of first appearance, unless some were forgotten.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&Flow, &Track)> {
        self.flows.iter().zip(&self.tracks).filter(|(_, track)| track.live)
    }

    /// Takes over the flows of others, all of which are settled. Only what is read of a whole table can be asked of it then.
    pub(super) fn absorb(&mut self, others: Vec<Self>) {
        let mut parts = vec![live(std::mem::take(&mut self.flows), std::mem::take(&mut self.tracks))];
        for Self { flows, tracks, evicted, ledger, .. } in others {
            self.evicted.add(&evicted);
            self.ledger.merge(ledger);
            parts.push(live(flows, tracks));
        }
        (self.flows, self.tracks) = in_order(parts);
    }

    /// Puts the right numbers of flows and streams in the place of those of a shard.
    pub(super) fn renumber(&mut self, numbers: &Numbers) {
        for (flow, track) in self.flows.iter_mut().zip(&mut self.tracks).filter(|(_, track)| track.live) {
            numbers.flow(&mut flow.id);
            if let Some(stream) = &mut flow.stream {
                numbers.stream(stream, flow.protocol);
            }
            if let Some(exchange) = &mut track.exchange {
                numbers.flow(exchange.flow_id());
            }
        }
        self.ledger.renumber(numbers);
        self.logs.renumber(numbers);
    }

    /// States how far each flow got.
    pub(super) fn settle(&mut self) {
        for (flow, track) in self.flows.iter_mut().zip(&mut self.tracks) {
            // Behind all frames, flow by flow.
            self.logs.set_time(1 << 63 | u64::from(flow.id));
            settle(flow, track, &mut self.logs);
        }
    }

    /// All flows in order of first appearance.
    pub(super) fn into_flows(self) -> Vec<Flow> {
        let Self { mut flows, tracks, .. } = self;
        let mut live = tracks.iter().map(|track| track.live);
        flows.retain(|_| live.next() == Some(true));
        flows.sort_unstable_by_key(|flow| flow.id);
        flows.shrink_to_fit();
        flows
    }

    /// Moves flows for which `ended` holds out of the table, looking at those that were silent since `before`.
    pub(super) fn take(&mut self, before: Timestamp, ended: impl Fn(&Flow) -> bool) -> Self {
        let mut taken = Self::new(0, Logs::new(0));
        for oldest in [false, true].map(|telling| self.recency.oldest(telling)) {
            let mut slot = oldest;
            while let Some((flow, _)) = self.slot(slot) {
                if flow.last > before {
                    break;
                }
                let is_over = ended(flow);
                let newer = self.recency.newer(slot);
                if is_over && let Some((mut flow, mut track)) = self.remove(slot) {
                    settle(&mut flow, &mut track, &mut self.logs);
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
        let (quiet, telling) = (self.recency.oldest(false), self.recency.oldest(true));
        let order = if enough { [telling, quiet] } else { [quiet, telling] };
        order.into_iter().find(|slot| *slot != spared && *slot != NONE).unwrap_or(NONE)
    }

    fn evict(&mut self, slot: u32) {
        if let Some((mut flow, mut track)) = self.remove(slot) {
            self.evicted.flows += 1;
            self.evicted.packets += flow.packets();
            self.evicted.bytes += flow.bytes();
            settle(&mut flow, &mut track, &mut self.logs);
            self.ledger.add(&flow, &track, track.telling);
        }
    }

    fn remove(&mut self, slot: u32) -> Option<(Flow, Track)> {
        let Track { key, telling, heap, .. } = *self.tracks.get(slot as usize)?;
        if let Ok(entry) = self.index.find_entry(self.hasher.hash_one(key), |other| *other == slot) {
            entry.remove();
        }
        self.recency.remove(slot, telling, heap);
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
            // Doubling would overshoot the limit, before which there may be less room than the least that is added.
            let room = self.max_slots.saturating_sub(self.flows.len()).max(1);
            let more = self.flows.len().max(MIN_SLOTS).min(room);
            self.flows.reserve_exact(more);
            self.tracks.reserve_exact(more);
        }
        self.flows.push(flow);
        self.tracks.push(track);
        u32::try_from(self.flows.len() - 1).unwrap_or(NONE)
    }
}

/// The flows that are remembered, in order of first appearance, and what else is known of them.
fn live(flows: Vec<Flow>, tracks: Vec<Track>) -> (Vec<Flow>, Vec<Track>) {
    if flows.is_sorted_by_key(|flow| flow.id) && tracks.iter().all(|track| track.live) {
        return (flows, tracks);
    }
    let mut both = Vec::with_capacity(flows.len());
    both.extend(flows.into_iter().zip(tracks).filter(|(_, track)| track.live));
    both.sort_unstable_by_key(|(flow, _)| flow.id);
    both.into_iter().unzip()
}

/// All flows of parts that are each in order.
fn in_order(parts: Vec<(Vec<Flow>, Vec<Track>)>) -> (Vec<Flow>, Vec<Track>) {
    let len = parts.iter().map(|(flows, _)| flows.len()).sum();
    let (mut flows, mut tracks) = (Vec::with_capacity(len), Vec::with_capacity(len));
    let mut parts: Vec<_> = parts.into_iter().map(|(flows, tracks)| (flows.into_iter(), tracks.into_iter())).collect();
    let next = |flows: &std::vec::IntoIter<Flow>| flows.as_slice().first().map_or(u64::MAX, |flow| flow.id.into());
    while let Some((part, others)) = parts.iter_mut().min_by_key(|(flows, _)| next(flows)) {
        let Some((flow, track)) = part.next().zip(others.next()) else { break };
        flows.push(flow);
        tracks.push(track);
    }
    (flows, tracks)
}

/// Whether findings could tell of a flow: a TCP connection with events, or one that nobody has answered yet.
#[inline]
fn is_telling(flow: &Flow, track: &Track) -> bool {
    let unanswered = flow.client_to_server.syn > 0 && flow.server_to_client.packets == 0;
    flow.protocol == IpProtocol::TCP && (unanswered || track.evidence.is_some())
}

fn settle(flow: &mut Flow, track: &mut Track, logs: &mut Logs) {
    if let Some(mut exchange) = track.exchange.take() {
        exchange.finish(logs);
    }
    if let Some(connection) = &mut track.connection {
        connection.finish(flow, track.client);
    }
    flow.state = connection::state(flow);
}

/// What a flow takes: its entries in both vectors, and twice its links and its share of the hash table.
const SLOT_LEN: usize = size_of::<Flow>() + size_of::<Track>() + 2 * recency::LINK_LEN + 24;
const MIN_SLOTS: usize = 16;

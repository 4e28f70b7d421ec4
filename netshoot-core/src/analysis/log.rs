//! What was found, in the order in which it was, within a limit of memory: the oldest goes first.

use std::collections::VecDeque;
use std::hash::Hash;

use foldhash::fast::RandomState;
use hashbrown::HashMap;

use super::analyzer::Numbers;
use super::arp::ArpMessages;
use super::dhcp::DhcpExchanges;
use super::icmp::IcmpMessages;
use super::{Call, QuicConnection, TlsHandshake};

/// Something with octets on the heap.
pub(super) trait Weigh {
    fn heap_len(&self) -> usize;

    /// Whether a finding may tell of it, so that it should not be forgotten with the others.
    fn is_notable(&self) -> bool {
        false
    }
}

/// Entries, each with a number that stays, from 0.
#[derive(Debug)]
pub(super) struct Log<T> {
    entries: VecDeque<T>,
    /// The number of the first entry.
    first: u64,
    heap: usize,
    limit: usize,
    pub(super) evicted: u64,
    /// Of the evicted those that are notable, the oldest first, and the octets that they take.
    notable: VecDeque<T>,
    notable_len: usize,
    /// There was no room for one of these.
    is_full: bool,
    /// Entries so far that are notable.
    pub(super) noted: u64,
    /// In a shard, when the entries were added.
    times: Option<Times>,
}

/// The order in which entries of several logs were added.
#[derive(Debug, Default)]
struct Times {
    now: u64,
    entries: VecDeque<u64>,
    notable: VecDeque<u64>,
}

impl<T: Weigh> Log<T> {
    /// A log of at most `limit` octets.
    pub(super) fn new(limit: usize) -> Self {
        let (entries, notable) = (VecDeque::new(), VecDeque::new());
        let (evicted, notable_len, is_full, noted) = (0, 0, false, 0);
        Self { entries, first: 0, heap: 0, limit, evicted, notable, notable_len, is_full, noted, times: None }
    }

    /// Part of a log: what it forgets, the whole would have forgotten, too.
    fn into_part(self) -> Self {
        Self { times: Some(Times::default()), ..self }
    }

    /// What is added from here on is added at this time.
    fn set_time(&mut self, now: u64) {
        if let Some(times) = &mut self.times {
            times.now = now;
        }
    }

    /// The log that has these parts.
    fn of_parts(mut parts: Vec<Self>) -> Self {
        let mut whole = Self::new(parts.first().map_or(0, |part| part.limit));
        whole.evicted = parts.iter().map(|part| part.evicted).sum();
        whole.noted = parts.iter().map(|part| part.noted).sum();
        let entries: usize = parts.iter().map(|part| part.entries.len()).sum();
        whole.entries.reserve_exact(entries.min(whole.limit / entry_len::<T>() + 1));
        let mut left: usize = parts.iter().map(|part| part.heap + part.entries.len() * entry_len::<T>()).sum();
        while let Some((entry, is_evicted)) = next_of(&mut parts) {
            let len = entry_len::<T>() + entry.heap_len();
            if is_evicted {
                whole.keep(entry);
            } else if left + whole.notable_len > whole.limit && left > len {
                left -= len;
                whole.evicted += 1;
                whole.keep(entry);
            } else {
                whole.heap += entry.heap_len();
                make_room(&mut whole.entries);
                whole.entries.push_back(entry);
            }
        }
        whole
    }

    /// Adds an entry; gives its number.
    pub(super) fn push(&mut self, entry: T) -> u64 {
        self.push_with(entry, |_| {})
    }

    /// The same; `forget` is told of what is evicted for it.
    pub(super) fn push_with(&mut self, entry: T, mut forget: impl FnMut(&T)) -> u64 {
        self.heap += entry.heap_len();
        self.noted += u64::from(entry.is_notable());
        make_room(&mut self.entries);
        self.entries.push_back(entry);
        if let Some(times) = &mut self.times {
            times.entries.push_back(times.now);
        }
        // The whole keeps at most as many notable ones as a part.
        let limit = self.limit + if self.times.is_some() { self.limit / NOTABLE_SHARE } else { 0 };
        while self.entries.len() > 1 && self.len() > limit {
            if let Some(entry) = self.pop() {
                self.evicted += 1;
                forget(&entry);
                self.keep(entry);
            }
        }
        self.first + self.entries.len() as u64 - 1
    }

    /// The entry of that number, if it is still there; what it has on the heap has to stay as it is.
    pub(super) fn get_mut(&mut self, number: u64) -> Option<&mut T> {
        let place = usize::try_from(number.checked_sub(self.first)?).ok()?;
        self.entries.get_mut(place)
    }

    /// Moves all out.
    pub(super) fn take(&mut self) -> Vec<T> {
        self.first += self.entries.len() as u64;
        self.heap = 0;
        Vec::from(std::mem::take(&mut self.entries))
    }

    /// Moves out what is notable of what was evicted.
    pub(super) fn take_notable(&mut self) -> Vec<T> {
        (self.notable_len, self.is_full) = (0, false);
        Vec::from(std::mem::take(&mut self.notable))
    }

    /// All that is there, also what is kept of what was evicted.
    fn all(&mut self) -> impl Iterator<Item = &mut T> {
        self.notable.iter_mut().chain(&mut self.entries)
    }

    /// Octets.
    fn len(&self) -> usize {
        self.heap + self.entries.len() * entry_len::<T>() + self.notable_len
    }

    /// Keeps an evicted entry if it is notable. Behind one for which there is no room no other is kept.
    fn keep(&mut self, entry: T) {
        let time = self.times.as_mut().and_then(|times| times.entries.pop_front());
        if self.is_full || !entry.is_notable() {
            return;
        }
        let len = entry_len::<T>() + entry.heap_len();
        if self.notable_len + len > self.limit / NOTABLE_SHARE {
            self.is_full = true;
            return;
        }
        make_room(&mut self.notable);
        self.notable_len += len;
        self.notable.push_back(entry);
        if let Some(times) = &mut self.times {
            times.notable.extend(time);
        }
    }

    fn pop(&mut self) -> Option<T> {
        let entry = self.entries.pop_front()?;
        self.first += 1;
        self.heap = self.heap.saturating_sub(entry.heap_len());
        Some(entry)
    }
}

/// Takes the entry that was added first to any of these, and tells whether it is evicted already.
fn next_of<T>(parts: &mut [Log<T>]) -> Option<(T, bool)> {
    let heads = parts.iter_mut().filter_map(|part| {
        let times = part.times.as_ref()?;
        let time = *times.notable.front().or(times.entries.front())?;
        Some((time, part))
    });
    let (_, part) = heads.min_by_key(|(time, _)| *time)?;
    let times = part.times.as_mut()?;
    if times.notable.pop_front().is_some() {
        return Some((part.notable.pop_front()?, true));
    }
    times.entries.pop_front();
    Some((part.entries.pop_front()?, false))
}

/// Makes room for one more entry: by a quarter, as doubling could leave half of the memory empty.
pub(super) fn make_room<T>(entries: &mut VecDeque<T>) {
    if entries.len() == entries.capacity() {
        entries.reserve_exact((entries.len() / 4).max(4));
    }
}

/// What an entry takes of a queue that grows so, in octets.
pub(super) const fn entry_len<T>() -> usize {
    size_of::<T>() + size_of::<T>() / 4
}

/// Numbers of entries that something is expected of, by key. The older half goes when there are too many.
#[derive(Debug)]
pub(super) struct Waiting<K> {
    numbers: HashMap<K, u64, RandomState>,
    most: usize,
}

impl<K: Eq + Hash> Waiting<K> {
    /// Numbers in at most `limit` octets.
    pub(super) fn new(limit: usize) -> Self {
        // A table may be half empty.
        Self { numbers: HashMap::default(), most: (limit / 2 / size_of::<(K, u64)>()).max(16) }
    }

    pub(super) fn insert(&mut self, key: K, number: u64) {
        if self.numbers.len() >= self.most {
            let oldest = self.numbers.values().copied().min().unwrap_or(0);
            self.numbers.retain(|_, other| *other > oldest.midpoint(number));
        }
        self.numbers.insert(key, number);
    }

    pub(super) fn get(&self, key: &K) -> Option<u64> {
        self.numbers.get(key).copied()
    }

    pub(super) fn remove(&mut self, key: &K) -> Option<u64> {
        self.numbers.remove(key)
    }
}

/// What findings may tell of, of what did not find room.
#[derive(Debug)]
pub(super) struct Notable {
    pub(super) calls: Vec<Call>,
    pub(super) tls: Vec<TlsHandshake>,
}

/// What is found beside flows and DNS transactions.
#[derive(Debug)]
pub(super) struct Logs {
    pub(super) calls: Log<Call>,
    pub(super) tls: Log<TlsHandshake>,
    pub(super) quic: Log<QuicConnection>,
    pub(super) icmp: IcmpMessages,
    pub(super) arp: ArpMessages,
    pub(super) dhcp: DhcpExchanges,
}

impl Logs {
    /// Logs of at most `limit` octets together.
    pub(super) fn new(limit: usize) -> Self {
        Self {
            calls: Log::new(limit / 2),
            tls: Log::new(limit / 8),
            quic: Log::new(limit / 16),
            icmp: IcmpMessages::new(limit / 8),
            arp: ArpMessages::new(limit / 8),
            dhcp: DhcpExchanges::new(limit / 16),
        }
    }

    /// Those of a shard, which are merged with those of others in the end.
    pub(super) fn into_part(self) -> Self {
        let Self { calls, tls, quic, mut icmp, arp, dhcp } = self;
        icmp.log = icmp.log.into_part();
        Self { calls: calls.into_part(), tls: tls.into_part(), quic: quic.into_part(), icmp, arp, dhcp }
    }

    /// What a shard adds from here on, it adds at this time.
    pub(super) fn set_time(&mut self, now: u64) {
        self.calls.set_time(now);
        self.tls.set_time(now);
        self.quic.set_time(now);
        self.icmp.log.set_time(now);
    }

    /// The logs that one shard would have; the first has those that are not of one flow.
    pub(super) fn of_parts(parts: Vec<Self>) -> Self {
        let mut whole = Self::new(0);
        let (mut calls, mut tls, mut quic, mut icmp) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for (place, part) in parts.into_iter().enumerate() {
            calls.push(part.calls);
            tls.push(part.tls);
            quic.push(part.quic);
            icmp.push(part.icmp.log);
            whole.icmp.unreachables.merge(part.icmp.unreachables);
            if place == 0 {
                (whole.arp, whole.dhcp) = (part.arp, part.dhcp);
            }
        }
        (whole.calls, whole.tls) = (Log::of_parts(calls), Log::of_parts(tls));
        (whole.quic, whole.icmp.log) = (Log::of_parts(quic), Log::of_parts(icmp));
        whole
    }

    /// Puts the right numbers of flows in the place of those of a shard.
    pub(super) fn renumber(&mut self, numbers: &Numbers) {
        self.calls.all().for_each(|call| numbers.flow(&mut call.flow_id));
        self.tls.all().for_each(|handshake| numbers.flow(&mut handshake.flow_id));
        self.quic.all().for_each(|connection| numbers.flow(&mut connection.flow_id));
        self.icmp.log.all().filter_map(|message| message.flow_id.as_mut()).for_each(|id| numbers.flow(id));
        self.icmp.unreachables.renumber(numbers);
    }

    pub(super) fn take_notable(&mut self) -> Notable {
        Notable { calls: self.calls.take_notable(), tls: self.tls.take_notable() }
    }
}

/// What is notable of what was evicted takes a part of the memory, one of so many.
const NOTABLE_SHARE: usize = 8;

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    impl Weigh for String {
        fn heap_len(&self) -> usize {
            self.capacity()
        }
    }

    #[test]
    fn the_oldest_goes() {
        let mut log = Log::new(10 * 100);
        let numbers: Vec<_> =
            (0..100).map(|number| log.push(format!("{number:052}").into_boxed_str().into_string())).collect();
        assert_eq!(numbers, (0..100).collect::<Vec<_>>());
        assert_eq!((log.evicted, log.heap), (88, 624));
        assert!(log.get_mut(87).is_none());
        assert_eq!(log.get_mut(88).unwrap().trim_start_matches('0'), "88");
        assert_eq!(log.take().len(), 12);
        assert_eq!((log.push("x".to_owned()), log.heap), (100, 1));
    }

    impl Weigh for (u32, bool) {
        fn heap_len(&self) -> usize {
            self.0 as usize % 7
        }

        fn is_notable(&self) -> bool {
            self.1
        }
    }

    #[test]
    fn parts_forget_what_the_whole_forgets() {
        let add = |log: &mut Log<(u32, bool)>, number: u32| {
            log.set_time(number.into());
            log.push((number, number.is_multiple_of(5)))
        };
        for limit in [100, 1000, 5000, 100_000] {
            let mut whole = Log::new(limit);
            let mut parts: Vec<Log<_>> = (0..3).map(|_| Log::new(limit).into_part()).collect();
            for number in 0..2000_u32 {
                add(&mut whole, number);
                // Mostly one of them.
                add(&mut parts[(number.wrapping_mul(0x9e37_79b9) >> 25) as usize % 8 % 3], number);
            }
            let mut merged = Log::of_parts(parts);
            let state = |log: &Log<_>| (log.evicted, log.heap, log.noted, log.notable_len);
            assert_eq!(state(&merged), state(&whole), "{limit}");
            assert_eq!((merged.take_notable(), merged.take()), (whole.take_notable(), whole.take()), "{limit}");
        }
    }
}

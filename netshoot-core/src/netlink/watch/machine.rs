//! The watch without its sockets: takes datagrams, listings and the time; gives events, what to list, and when.

use std::collections::VecDeque;
use std::time::{Duration, SystemTime};

use super::super::change::Change;
use super::super::message::{Message, Messages};
use super::super::object::Kind;
use super::super::{
    Address, Consistency, Family, FdbEntry, Link, Listing, Neighbor, NextHop, NextHopBucket, Qdisc, Route, Rule,
};
use super::event::{Event, EventKind, LostReason, Source};
use super::kinds::Kinds;
use super::{WATCHED, WatchOptions, WatchState, Watched};
use crate::error::Error;
use crate::namespace::NamespaceId;

/// A time, by both clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "two clocks, and no more")]
pub struct Moment {
    /// `CLOCK_MONOTONIC`.
    pub monotonic: Duration,
    /// The system's clock.
    pub wall: SystemTime,
}

/// What must be listed for the machine to go on.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct WatchRequest {
    /// The kinds.
    pub kinds: Vec<Kind>,
    /// Whether what is queued must be thrown away before, to the last datagram: the kernel tells nothing more until the
    /// queue was empty once.
    pub discard: bool,
}

/// The state machine of a watch.
#[derive(Debug)]
pub struct WatchMachine {
    namespace: NamespaceId,
    kinds: Kinds,
    audit: Option<Duration>,
    tells_first: bool,
    state: WatchState,
    phase: Phase,
    started: bool,
    back_off: Duration,
    dirty: Kinds,
    dirty_due: Option<Duration>,
    /// What a message hinted at is listed until a listing began well after it, as the message may come before the deed.
    suspects: Kinds,
    /// When a message last hinted at something.
    hinted: Duration,
    /// Until when there is no listing again, so that listing takes a small part of the time.
    rest_until: Duration,
    debounce: Duration,
    audit_due: Option<Duration>,
    asked: Option<Asked>,
    events: VecDeque<Event>,
    told: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Everything is listed at `due`, which news put off until `latest`.
    Lost {
        since: Duration,
        due: Duration,
        latest: Duration,
    },
    Live {
        since: Duration,
    },
}

/// A request that is being answered.
#[derive(Clone, Copy, Debug)]
struct Asked {
    at: Duration,
    resync: bool,
    /// What must be listed once more, as a change came in between or something was found.
    again: Kinds,
    /// What could not be listed.
    failed: Kinds,
    interrupted: bool,
}

impl WatchMachine {
    /// A machine that has not listed anything yet.
    #[must_use]
    pub fn new(namespace: NamespaceId, options: &WatchOptions, now: Moment) -> Self {
        Self {
            namespace,
            kinds: options.kinds.iter().copied().filter(|kind| WATCHED.contains(kind)).collect(),
            audit: options.audit,
            tells_first: options.initial,
            state: WatchState::default(),
            phase: Phase::Lost { since: now.monotonic, due: now.monotonic, latest: now.monotonic },
            started: false,
            back_off: BACK_OFF,
            dirty: Kinds::default(),
            dirty_due: None,
            suspects: Kinds::default(),
            hinted: Duration::ZERO,
            rest_until: Duration::ZERO,
            debounce: DEBOUNCE,
            audit_due: None,
            asked: None,
            events: VecDeque::new(),
            told: 0,
        }
    }

    /// What is there.
    #[must_use]
    pub fn state(&self) -> &WatchState {
        &self.state
    }

    /// Whether the state is as true as the kernel tells: false from a loss until all was listed.
    #[must_use]
    pub fn is_live(&self) -> bool {
        matches!(self.phase, Phase::Live { .. })
    }

    /// Whether something is to be listed once more, as the kernel may have changed it without a word.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.is_live() && self.dirty.is_empty()
    }

    /// The next event.
    pub fn event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// Events that wait.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.events.len()
    }

    /// When [`request`](Self::request) will have something, on the monotonic clock.
    #[must_use]
    pub fn deadline(&self) -> Option<Duration> {
        match self.phase {
            Phase::Lost { due, .. } => Some(due),
            Phase::Live { .. } => self.dirty_due.into_iter().chain(self.audit_due).min(),
        }
    }

    /// What is to be listed now. Each kind's answer goes to [`listed`](Self::listed) or [`failed`](Self::failed), and
    /// the end is told by [`answered`](Self::answered).
    pub fn request(&mut self, now: Moment) -> Option<WatchRequest> {
        if self.deadline()? > now.monotonic {
            return None;
        }
        let resync = !self.is_live();
        let audits = self.audit_due.is_some_and(|due| due <= now.monotonic);
        let kinds = if resync || audits { self.kinds } else { self.dirty };
        if resync || audits {
            self.audit_due = None;
        }
        (self.dirty, self.dirty_due) = (Kinds::default(), None);
        if now.monotonic >= self.hinted + DEED {
            self.suspects = self.suspects.without(kinds);
        }
        let again = kinds.intersection(self.suspects);
        self.asked = Some(Asked { at: now.monotonic, resync, again, failed: Kinds::default(), interrupted: false });
        Some(WatchRequest { kinds: kinds.iter().collect(), discard: resync })
    }

    /// Takes what was listed of one kind that was asked for.
    pub fn listed<T: Watched>(&mut self, listing: Listing<T>, now: Moment) {
        let Some(mut asked) = self.asked else { return };
        // What an interrupted listing does not have may be there all the same.
        let changes = T::table_mut(&mut self.state).replace(listing.items, listing.interrupted);
        let unsure = asked.resync && T::CONSISTENCY == Consistency::BestEffort;
        if listing.interrupted || unsure || !asked.resync && !changes.is_empty() {
            asked.again.insert(T::KIND);
        }
        if !asked.resync {
            let follows = |change: &Change<T>| T::silences(change.old.as_ref(), change.new.as_ref());
            asked.again = changes.iter().map(follows).fold(asked.again, Kinds::union);
        }
        asked.interrupted |= listing.interrupted;
        self.asked = Some(asked);
        if self.started || self.tells_first {
            self.tell_all(changes, if asked.resync { Source::Resync } else { Source::Inferred }, now);
        }
    }

    /// Takes note that these kinds could not be listed, which is told; they are asked for again later.
    pub fn failed(&mut self, kinds: &[Kind], error: &Error, now: Moment) {
        let Some(asked) = &mut self.asked else { return };
        asked.failed = asked.failed.union(kinds.iter().copied().collect());
        let source = if asked.resync { Source::Resync } else { Source::Inferred };
        self.tell(EventKind::ListingFailed { kinds: kinds.to_vec(), error: error.to_string() }, source, now);
    }

    /// Takes the end of an answer.
    pub fn answered(&mut self, now: Moment) {
        let Some(asked) = self.asked.take() else { return };
        if !asked.failed.is_empty() {
            self.retry(&asked, now.monotonic);
            return;
        }
        let took = now.monotonic.saturating_sub(asked.at);
        self.rest_until = now.monotonic + took * REST;
        if let Phase::Lost { since, .. } = self.phase {
            self.phase = Phase::Live { since: now.monotonic };
            if self.started {
                let gap = now.monotonic.saturating_sub(since);
                self.tell(EventKind::ResyncEnd { gap }, Source::Resync, now);
            }
            self.started = true;
        }
        self.audit_due = self.audit_due.or(self.audit.map(|every| now.monotonic + every));
        self.debounce = match asked.again.is_empty() {
            true => DEBOUNCE,
            false if asked.resync && !asked.interrupted => DEBOUNCE,
            false => (self.debounce * 2).min(LONGEST_DEBOUNCE),
        };
        let wait = self.debounce;
        self.mark(asked.again, wait, now.monotonic);
    }

    /// Takes one datagram of the kernel's.
    pub fn datagram(&mut self, datagram: &[u8], now: Moment) {
        self.put_off(now.monotonic);
        let mut messages = Messages(datagram);
        for message in messages.by_ref() {
            if !self.is_live() {
                return;
            }
            self.message(&message, now);
        }
        if !messages.0.is_empty() {
            self.lost(LostReason::Malformed, now);
        }
    }

    /// Takes note that changes were lost.
    pub fn lost(&mut self, reason: LostReason, now: Moment) {
        let Phase::Live { since } = self.phase else { return self.put_off(now.monotonic) };
        let lasted = now.monotonic.saturating_sub(since);
        // The first loss after a calm time is made good at once, later ones ever more slowly.
        let wait = if lasted > self.back_off * 2 {
            self.back_off = BACK_OFF;
            Duration::ZERO
        } else {
            self.next_back_off()
        };
        let latest = now.monotonic + wait;
        self.phase = Phase::Lost { since: now.monotonic, due: latest, latest };
        self.put_off(now.monotonic);
        self.tell(EventKind::ResyncBegin { reason }, Source::Event, now);
    }

    /// What was lost is listed once nothing more comes, so that a storm that goes on does not make it lost again.
    fn put_off(&mut self, now: Duration) {
        if let Phase::Lost { due, latest, .. } = &mut self.phase {
            *due = (now + QUIET).max(self.rest_until).min(*latest);
        }
    }

    fn next_back_off(&mut self) -> Duration {
        let wait = self.back_off;
        self.back_off = (wait * 2).min(LONGEST_BACK_OFF);
        wait
    }

    fn retry(&mut self, asked: &Asked, now: Duration) {
        let wait = self.next_back_off();
        match &mut self.phase {
            Phase::Lost { due, latest, .. } => (*due, *latest) = (now + wait, now + wait),
            Phase::Live { .. } => {
                self.mark(asked.again, DEBOUNCE, now);
                self.mark(asked.failed, wait, now);
            }
        }
    }

    /// Lists these again after `wait`, or when other kinds are listed before.
    fn mark(&mut self, kinds: Kinds, wait: Duration, now: Duration) {
        let kinds = kinds.intersection(self.kinds);
        if kinds.is_empty() {
            return;
        }
        self.dirty = self.dirty.union(kinds);
        let due = (now + wait).max(self.rest_until);
        self.dirty_due = Some(self.dirty_due.map_or(due, |earlier| earlier.min(due)));
    }

    /// Lists these soon, as a message hints at what the kernel does not tell of them.
    fn suspect(&mut self, kinds: Kinds, now: Duration) {
        self.suspects = self.suspects.union(kinds.intersection(self.kinds));
        self.hinted = now;
        self.mark(kinds, DEBOUNCE, now);
    }

    fn message(&mut self, message: &Message<'_>, now: Moment) {
        let family = message.payload.first().copied().map(Family);
        let bridge = family == Some(Family::BRIDGE);
        match message.kind {
            // What a bridge says of its ports, and IPv6 of links, each a part of a link, is in no other message.
            libc::RTM_NEWLINK | libc::RTM_DELLINK if family.is_some_and(|family| family != Family::UNSPEC) => {
                self.suspect([Kind::Link, Kind::FdbEntry].into(), now.monotonic);
            }
            // A setting such as forwarding, which is a part of a link, too, and may join groups.
            RTM_NEWNETCONF | RTM_DELNETCONF => self.suspect([Kind::Link, Kind::FdbEntry].into(), now.monotonic),
            libc::RTM_NEWLINK | libc::RTM_DELLINK => self.object::<Link>(message, libc::RTM_NEWLINK, now),
            libc::RTM_NEWADDR | libc::RTM_DELADDR => self.object::<Address>(message, libc::RTM_NEWADDR, now),
            libc::RTM_NEWROUTE | libc::RTM_DELROUTE => self.object::<Route>(message, libc::RTM_NEWROUTE, now),
            libc::RTM_NEWRULE | libc::RTM_DELRULE => self.object::<Rule>(message, libc::RTM_NEWRULE, now),
            RTM_NEWNEXTHOP | RTM_DELNEXTHOP => self.object::<NextHop>(message, RTM_NEWNEXTHOP, now),
            RTM_NEWNEXTHOPBUCKET => self.object::<NextHopBucket>(message, RTM_NEWNEXTHOPBUCKET, now),
            libc::RTM_NEWQDISC | libc::RTM_DELQDISC => self.object::<Qdisc>(message, libc::RTM_NEWQDISC, now),
            // With a class comes and goes what queues for it.
            libc::RTM_NEWTCLASS | libc::RTM_DELTCLASS => self.suspect([Kind::Qdisc].into(), now.monotonic),
            libc::RTM_NEWNEIGH | libc::RTM_DELNEIGH if bridge => {
                self.object::<FdbEntry>(message, libc::RTM_NEWNEIGH, now);
            }
            libc::RTM_NEWNEIGH | libc::RTM_DELNEIGH => self.object::<Neighbor>(message, libc::RTM_NEWNEIGH, now),
            kind if i32::from(kind) == libc::NLMSG_OVERRUN => self.lost(LostReason::Overrun, now),
            _ => {}
        }
    }

    fn object<T: Watched>(&mut self, message: &Message<'_>, kind_of_new: u16, now: Moment) {
        let Ok(item) = T::parse(message.payload) else {
            self.lost(LostReason::Malformed, now);
            return;
        };
        if !item.matches(&T::Filter::default()) {
            return;
        }
        let is_new = message.kind == kind_of_new;
        if !self.kinds.contains(T::KIND) {
            // Without the state before it, any news may be what silences others.
            let silent = T::silences(None, is_new.then_some(&item)).union(T::silences(Some(&item), None));
            self.suspect(silent, now.monotonic);
            return;
        }
        let old = T::table(&self.state).get(&item.key());
        let silent = T::silences(old, is_new.then_some(&item));
        let effect = T::table_mut(&mut self.state).apply(item, is_new, message.has(libc::NLM_F_REPLACE));
        self.suspect(silent, now.monotonic);
        if effect.doubtful {
            self.mark([T::KIND].into(), DEBOUNCE, now.monotonic);
        }
        self.tell_all(effect.changes, Source::Event, now);
    }

    fn tell_all<T: Watched>(&mut self, changes: Vec<Change<T>>, source: Source, now: Moment) {
        for change in changes {
            self.tell(EventKind::Change(T::any(change)), source, now);
        }
    }

    fn tell(&mut self, what: EventKind, source: Source, now: Moment) {
        self.told += 1;
        self.events.push_back(Event {
            seq: self.told,
            monotonic: now.monotonic,
            wall: now.wall,
            namespace: self.namespace,
            source,
            what,
        });
    }
}

/// What a message tells of is done by then.
const DEED: Duration = Duration::from_millis(150);
/// After news that may have silenced others.
const DEBOUNCE: Duration = Duration::from_millis(25);
const LONGEST_DEBOUNCE: Duration = Duration::from_millis(250);
const BACK_OFF: Duration = Duration::from_millis(100);
/// A queue that was empty for so long is taken for the end of a storm.
const QUIET: Duration = Duration::from_millis(100);
const LONGEST_BACK_OFF: Duration = Duration::from_secs(10);
/// So many times what a listing took there is none.
const REST: u32 = 3;

// linux/rtnetlink.h
const RTM_NEWNETCONF: u16 = 80;
const RTM_DELNETCONF: u16 = 81;
const RTM_NEWNEXTHOP: u16 = 104;
const RTM_DELNEXTHOP: u16 = 105;
const RTM_NEWNEXTHOPBUCKET: u16 = 116;

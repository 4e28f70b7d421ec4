//! What a watch knows and has to do next, without sockets and clocks: datagrams, dumps and times go in; events, actions
//! and the time of the next one come out.
//!
//! Datagrams are applied as upserts and deletes by key, so that those older than a dump may follow it: what the last of
//! them says holds. What the kernel does not tell is looked for where a message hints at it: the kind is marked, dumped
//! a little later and compared, and twice more after that, as the hint may come before the deed.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::super::message::Messages;
use super::super::{AnyChange, Family, Kind, Link, LinkFlags, NextHop, Operation, Route};
use super::store::{Applied, Dump, Stores, Watched};
use super::{Address, EventSource, FdbEntry, Happening, Neighbor, ResyncReason, Rule};

/// What a watch knows and has to do next.
#[derive(Debug)]
#[doc(hidden)]
pub struct Machine {
    stores: Stores,
    /// What the caller wants to hear of.
    wanted: Vec<Kind>,
    /// Those, and those that hints are taken from.
    plans: Vec<Plan>,
    phase: Phase,
    events: VecDeque<(EventSource, Happening)>,
    timing: Timing,
    audit_due: Option<Instant>,
    backoff: Duration,
    last_sync: Option<Instant>,
}

/// When a kind is dumped again.
#[derive(Clone, Copy, Debug)]
struct Plan {
    kind: Kind,
    due: Option<Instant>,
    /// How many dumps are to follow the next one.
    confirm: u8,
    failures: u32,
    /// How long the last dump took.
    cost: Duration,
}

/// How long a machine waits for what.
#[derive(Clone, Copy, Debug)]
#[doc(hidden)]
pub struct Timing {
    /// From a hint to the dump.
    pub debounce: Duration,
    /// From that to the dump that confirms it.
    pub confirm: Duration,
    /// Between dumps without a hint; `None` is never.
    pub audit: Option<Duration>,
}

/// Where a machine is.
#[derive(Debug)]
enum Phase {
    /// Dumps are being taken in; `begun` is when the place was lost, and `None` the first time.
    Syncing { pending: VecDeque<Kind>, begun: Option<Instant> },
    /// All is known, and kept up.
    Live,
    /// Messages were lost; all is dumped again at `until`.
    Lost { begun: Option<Instant>, until: Instant },
}

/// What is to be done for a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[doc(hidden)]
pub enum Action {
    /// Throw away the messages that wait: they are older than the dump that follows.
    Discard,
    /// Dump this kind.
    Dump(Kind),
}

impl Machine {
    /// A machine for `kinds`, that begins with dumps.
    #[must_use]
    pub fn new(kinds: &[Kind], timing: Timing, now: Instant) -> Self {
        let wanted: Vec<Kind> = WATCHED.iter().copied().filter(|kind| kinds.contains(kind)).collect();
        let needed = |kind: Kind| wanted.contains(&kind) || wanted.iter().any(|one| hints(*one).contains(&kind));
        let tracked: Vec<Kind> = WATCHED.iter().copied().filter(|kind| needed(*kind)).collect();
        let plan = |kind: &Kind| Plan { kind: *kind, due: None, confirm: 0, failures: 0, cost: Duration::ZERO };
        Self {
            stores: Stores::default(),
            plans: tracked.iter().map(plan).collect(),
            wanted,
            phase: Phase::Syncing { pending: tracked.into(), begun: None },
            events: VecDeque::new(),
            timing,
            audit_due: timing.audit.map(|audit| now + audit),
            backoff: FIRST_BACKOFF,
            last_sync: None,
        }
    }

    /// The kinds whose messages are needed.
    pub fn tracked(&self) -> impl Iterator<Item = Kind> {
        self.plans.iter().map(|plan| plan.kind)
    }

    /// Whether a kind is one that the caller wants.
    #[must_use]
    pub fn wants(&self, kind: Kind) -> bool {
        self.wanted.contains(&kind)
    }

    /// Lives without a kind that only gives hints.
    pub fn forget(&mut self, kind: Kind) {
        self.plans.retain(|plan| plan.kind != kind);
        if let Phase::Syncing { pending, .. } = &mut self.phase {
            pending.retain(|one| *one != kind);
        }
    }

    /// Whether all dumps that were needed are in.
    #[must_use]
    pub fn is_live(&self) -> bool {
        matches!(self.phase, Phase::Live)
    }

    /// The objects of a kind, in no order.
    pub fn objects<T: Watched>(&self) -> impl Iterator<Item = &T> {
        T::store(&self.stores).iter()
    }

    /// The next event.
    pub fn next_event(&mut self) -> Option<(EventSource, Happening)> {
        self.events.pop_front()
    }

    /// Takes in one datagram of the kernel's. What comes while the place is lost is older than the dump to come.
    pub fn datagram(&mut self, octets: &[u8], now: Instant) {
        if matches!(self.phase, Phase::Lost { .. }) {
            return;
        }
        let mut messages = Messages(octets);
        for message in messages.by_ref() {
            if libc::c_int::from(message.kind) == libc::NLMSG_OVERRUN {
                return self.lost(ResyncReason::Overrun, now);
            }
            let replaced = message.has(libc::NLM_F_REPLACE);
            if self.message(message.kind, replaced, message.payload, now).is_none() {
                return self.lost(ResyncReason::Malformed, now);
            }
        }
        if !messages.0.is_empty() {
            self.lost(ResyncReason::Malformed, now);
        }
    }

    /// Takes in one message; `None` when it cannot be read.
    fn message(&mut self, number: u16, replaced: bool, payload: &[u8], now: Instant) -> Option<()> {
        let family = Family(payload.first().copied().unwrap_or_default());
        match number {
            // A bridge and IPv6 tell of links in messages of their own, with less in them.
            libc::RTM_NEWLINK | libc::RTM_DELLINK if family != Family::UNSPEC => {
                self.mark(&[Kind::Link, Kind::FdbEntry], now);
            }
            libc::RTM_NEWLINK => self.upsert::<Link>(payload, false, now)?,
            libc::RTM_DELLINK => self.remove::<Link>(payload, now)?,
            libc::RTM_NEWADDR => self.upsert::<Address>(payload, false, now)?,
            libc::RTM_DELADDR => self.remove::<Address>(payload, now)?,
            libc::RTM_NEWROUTE => self.upsert::<Route>(payload, replaced, now)?,
            libc::RTM_DELROUTE => self.remove::<Route>(payload, now)?,
            libc::RTM_NEWRULE => self.upsert::<Rule>(payload, false, now)?,
            libc::RTM_DELRULE => self.remove::<Rule>(payload, now)?,
            libc::RTM_NEWNEIGH if family == Family::BRIDGE => self.upsert::<FdbEntry>(payload, false, now)?,
            libc::RTM_DELNEIGH if family == Family::BRIDGE => self.remove::<FdbEntry>(payload, now)?,
            libc::RTM_NEWNEIGH => self.upsert::<Neighbor>(payload, false, now)?,
            libc::RTM_DELNEIGH => self.remove::<Neighbor>(payload, now)?,
            RTM_NEWNEXTHOP => self.upsert::<NextHop>(payload, false, now)?,
            RTM_DELNEXTHOP => self.remove::<NextHop>(payload, now)?,
            _ => {}
        }
        Some(())
    }

    fn upsert<T: Watched>(&mut self, payload: &[u8], replaced: bool, now: Instant) -> Option<()> {
        if !self.tracks(T::KIND) {
            return Some(());
        }
        let object = T::parse(payload).ok()?;
        if object.matches(&T::Filter::default()) {
            let applied = T::store_mut(&mut self.stores).upsert(object, replaced);
            self.applied(applied, now);
        }
        Some(())
    }

    fn remove<T: Watched>(&mut self, payload: &[u8], now: Instant) -> Option<()> {
        if !self.tracks(T::KIND) {
            return Some(());
        }
        let object = T::parse(payload).ok()?;
        let applied = T::store_mut(&mut self.stores).remove(&object);
        // Also when it was not known: what went with it may be.
        self.mark(gone_with(T::KIND), now);
        self.applied(applied, now);
        Some(())
    }

    fn applied<T: Watched>(&mut self, applied: Applied<T>, now: Instant) {
        match applied {
            Applied::Nothing => {}
            Applied::Unclear => self.mark(&[T::KIND], now),
            Applied::Change(change) => {
                let change = T::wrap(change);
                self.mark(suspects(&change), now);
                self.emit(EventSource::Event, change);
            }
        }
    }

    fn emit(&mut self, source: EventSource, change: AnyChange) {
        if self.wants(change.kind()) {
            self.events.push_back((source, Happening::Change(change)));
        }
    }

    fn tracks(&self, kind: Kind) -> bool {
        self.plans.iter().any(|plan| plan.kind == kind)
    }

    /// Has kinds dumped soon, as something about them may have changed without a word.
    fn mark(&mut self, kinds: &[Kind], now: Instant) {
        let debounce = self.timing.debounce;
        for plan in self.plans.iter_mut().filter(|plan| kinds.contains(&plan.kind)) {
            let due = now + debounce.max(plan.cost * LOAD).min(LONGEST_DEBOUNCE);
            plan.due = Some(plan.due.map_or(due, |earlier| earlier.min(due)));
            plan.confirm = CONFIRMATIONS;
        }
    }

    /// Messages were lost, or what is known cannot be relied on for another reason: all is dumped again.
    pub fn lost(&mut self, reason: ResyncReason, now: Instant) {
        let begun = match self.phase {
            Phase::Lost { .. } => return,
            Phase::Syncing { begun, .. } => begun,
            Phase::Live => {
                self.events.push_back((EventSource::Resync, Happening::ResyncBegin { reason }));
                Some(now)
            }
        };
        let until = match self.last_sync {
            Some(last) if now < last + self.backoff * 2 => {
                let until = last + self.backoff;
                self.backoff = (self.backoff * 2).min(LONGEST_BACKOFF);
                until.max(now)
            }
            _ => {
                self.backoff = FIRST_BACKOFF;
                now
            }
        };
        self.phase = Phase::Lost { begun, until };
    }

    /// What is to be done now. A [`Action::Dump`] is answered by [`dumped`](Self::dumped) or [`failed`](Self::failed).
    pub fn action(&mut self, now: Instant) -> Option<Action> {
        if self.audit_due.is_some_and(|due| due <= now) {
            self.audit_due = self.timing.audit.map(|audit| now + audit);
            self.plans.iter_mut().for_each(|plan| plan.due = Some(now));
        }
        match &self.phase {
            Phase::Syncing { pending, .. } => pending.front().map(|kind| Action::Dump(*kind)),
            Phase::Lost { until, .. } if *until > now => None,
            Phase::Lost { begun, .. } => {
                let pending = self.tracked().collect();
                self.phase = Phase::Syncing { pending, begun: *begun };
                self.last_sync = Some(now);
                Some(Action::Discard)
            }
            Phase::Live => {
                let due = |plan: &&Plan| plan.due.is_some_and(|due| due <= now);
                self.plans.iter().filter(due).min_by_key(|plan| plan.due).map(|plan| Action::Dump(plan.kind))
            }
        }
    }

    /// When there is something to do even if nothing comes.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        match &self.phase {
            Phase::Lost { until, .. } => Some(*until),
            Phase::Syncing { .. } => self.last_sync,
            Phase::Live => self.plans.iter().filter_map(|plan| plan.due).chain(self.audit_due).min(),
        }
    }

    /// Takes in a dump that took `cost`, and is not to be relied on if it was `interrupted`.
    pub fn dumped(&mut self, dump: Dump, interrupted: bool, cost: Duration, now: Instant) {
        let kind = dump.kind();
        let is_live = self.is_live();
        let Some(plan) = self.plans.iter_mut().find(|plan| plan.kind == kind) else { return };
        plan.cost = cost;
        plan.due = None;
        if interrupted {
            plan.fail(now);
            if is_live {
                return;
            }
        } else {
            plan.failures = 0;
        }
        let changes = self.stores.replace(dump);
        match &mut self.phase {
            Phase::Live => self.compared(kind, changes, now),
            Phase::Syncing { pending, begun } => {
                pending.retain(|one| *one != kind);
                let (done, begun) = (pending.is_empty(), *begun);
                if begun.is_some() {
                    changes.into_iter().for_each(|change| self.emit(EventSource::Resync, change));
                }
                if done {
                    self.synced(begun, now);
                }
            }
            Phase::Lost { .. } => {}
        }
    }

    /// What a dump found that no message had told.
    fn compared(&mut self, kind: Kind, changes: Vec<AnyChange>, now: Instant) {
        let timing = self.timing;
        if let Some(plan) = self.plans.iter_mut().find(|plan| plan.kind == kind) {
            let delay = if plan.confirm > 1 { timing.debounce } else { timing.confirm };
            if plan.confirm > 0 || !changes.is_empty() {
                plan.due = Some(now + delay.max(plan.cost * LOAD));
            }
            plan.confirm = plan.confirm.saturating_sub(1);
        }
        for change in changes {
            let suspects: Vec<Kind> = suspects(&change).iter().copied().filter(|suspect| *suspect != kind).collect();
            self.mark(&suspects, now);
            self.emit(EventSource::Inferred, change);
        }
    }

    fn synced(&mut self, begun: Option<Instant>, now: Instant) {
        self.phase = Phase::Live;
        self.last_sync = Some(now);
        if let Some(begun) = begun {
            let gap = now.saturating_duration_since(begun);
            self.events.push_back((EventSource::Resync, Happening::ResyncEnd { gap }));
        }
    }

    /// A dump could not be had.
    pub fn failed(&mut self, kind: Kind, reason: ResyncReason, now: Instant) {
        if let Some(plan) = self.plans.iter_mut().find(|plan| plan.kind == kind) {
            plan.fail(now);
        }
        if matches!(self.phase, Phase::Syncing { .. }) {
            self.lost(reason, now);
        }
    }
}

impl Plan {
    fn fail(&mut self, now: Instant) {
        let delay = FIRST_BACKOFF * 2_u32.saturating_pow(self.failures.min(7));
        self.failures += 1;
        self.due = Some(now + delay.min(LONGEST_BACKOFF));
    }
}

/// The kinds whose messages hint at silent changes of this one.
fn hints(kind: Kind) -> &'static [Kind] {
    match kind {
        Kind::Route => &[Kind::Link, Kind::Address, Kind::NextHop],
        Kind::NextHop | Kind::Rule | Kind::Neighbor => &[Kind::Link],
        Kind::FdbEntry => &[Kind::Link, Kind::Address],
        _ => &[],
    }
}

/// The kinds that may have changed with this, without a word.
fn suspects(change: &AnyChange) -> &'static [Kind] {
    match change {
        _ if change.op() == Operation::Removed => gone_with(change.kind()),
        AnyChange::Link(change) => match (change.op, &change.old, &change.new) {
            (Operation::Changed, Some(old), Some(new)) => link_suspects(old, new),
            _ => &[Kind::Link, Kind::Rule, Kind::FdbEntry],
        },
        AnyChange::Address(_) => &[Kind::FdbEntry],
        AnyChange::NextHop(change) if change.op != Operation::Added => &[Kind::Route, Kind::NextHop],
        _ => &[],
    }
}

/// The kinds that may have lost objects with one of this kind, without a word.
fn gone_with(kind: Kind) -> &'static [Kind] {
    match kind {
        Kind::Link => &[Kind::Route, Kind::NextHop, Kind::Rule, Kind::FdbEntry, Kind::Neighbor],
        Kind::Address => &[Kind::Route, Kind::FdbEntry],
        Kind::NextHop => &[Kind::Route, Kind::NextHop],
        _ => &[],
    }
}

fn link_suspects(old: &Link, new: &Link) -> &'static [Kind] {
    let state = LinkFlags::UP.0 | LinkFlags::LOWER_UP.0 | LinkFlags::RUNNING.0;
    if (old.flags.0 ^ new.flags.0) & state != 0 || old.master != new.master || old.mtu != new.mtu {
        // Also what IPv6 thinks of the link follows only after the message, as does the index of the other end.
        &[Kind::Link, Kind::Route, Kind::NextHop, Kind::FdbEntry, Kind::Neighbor]
    } else if old.ifname != new.ifname {
        &[Kind::Rule]
    } else {
        &[]
    }
}

/// In the order in which they are dumped: what others refer to first.
pub(super) const WATCHED: &[Kind] =
    &[Kind::Link, Kind::Address, Kind::NextHop, Kind::Route, Kind::Rule, Kind::Neighbor, Kind::FdbEntry];
// linux/rtnetlink.h
const RTM_NEWNEXTHOP: u16 = 104;
const RTM_DELNEXTHOP: u16 = 105;
const FIRST_BACKOFF: Duration = Duration::from_millis(100);
const LONGEST_BACKOFF: Duration = Duration::from_secs(10);
/// Dumps after the one that a hint asked for: one soon, one later.
const CONFIRMATIONS: u8 = 2;
const LONGEST_DEBOUNCE: Duration = Duration::from_secs(1);
/// A kind that changes without end is dumped for at most one part in so many of the time.
const LOAD: u32 = 10;

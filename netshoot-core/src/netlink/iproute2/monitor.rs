//! Changes in the words of `ip monitor`.
//!
//! `ip` shows each message of the kernel's as it comes; this shows each change. So a message that changes nothing, or only
//! lifetimes, is not there; a route that was replaced is shown as deleted, too; what is gone is shown as it last was; and
//! what the kernel does not tell is shown, but for forwarding entries, which must be asked for. All else is equal line by
//! line.

use std::io;
use std::time::{SystemTime, UNIX_EPOCH};

use super::super::{AnyChange, Change, ChangeOp, Event, EventKind, Family, Kind, Link, Source, WatchState};
use super::Names;
use super::change::ChangeWriter;
use crate::sys;

/// Which changes are shown, and how much of them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MonitorOptions {
    /// Of these kinds; at first those that `ip` shows.
    pub kinds: Vec<Kind>,
    /// Also forwarding entries that the kernel did not tell; `ip` shows those that it did among neighbours.
    pub untold_fdb: bool,
    /// Of this family, where the kind has one: `-4` and `-6`.
    pub family: Option<Family>,
    /// Of the link with this index, which is not repeated in routes and neighbours: `dev X`. Rules and next hops are of
    /// none.
    pub device: Option<u32>,
    /// Details, of routes also the next hop object, if the watch knows it: `-d`.
    pub details: bool,
    /// Each in one line, with a backslash in place of line feeds: `-o`.
    pub oneline: bool,
    /// The kind before each: `label`.
    pub label: bool,
    /// When each was read, in local time.
    pub time: Option<MonitorTime>,
}

impl MonitorOptions {
    /// What `ip monitor` shows, but for what is not watched: multicast memberships, prefixes, settings.
    pub const KINDS: [Kind; 8] = [
        Kind::Link,
        Kind::Address,
        Kind::Route,
        Kind::NextHop,
        Kind::NextHopBucket,
        Kind::Rule,
        Kind::Neighbor,
        Kind::FdbEntry,
    ];
}

impl Default for MonitorOptions {
    fn default() -> Self {
        Self {
            kinds: Self::KINDS.to_vec(),
            untold_fdb: false,
            family: None,
            device: None,
            details: false,
            oneline: false,
            label: false,
            time: None,
        }
    }
}

/// How a time is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MonitorTime {
    /// In a line of its own, `Timestamp: Sun Nov 29 17:00:50 2026 123456 usec`: `-t`.
    Long,
    /// In front, `[2026-11-29T17:00:50.123456]`: `-ts`.
    Short,
}

/// Writes what a watch tells as `ip monitor` does.
#[derive(Clone, Debug)]
pub struct MonitorWriter {
    options: MonitorOptions,
    changes: ChangeWriter,
}

impl MonitorWriter {
    /// A writer for a watch that knows `state`, links among it.
    #[must_use]
    pub fn new(options: MonitorOptions, names: Names, state: &WatchState) -> Self {
        let MonitorOptions { details, oneline, device, .. } = options;
        Self { options, changes: ChangeWriter { names, links: state.link_names(), details, oneline, device } }
    }

    /// Whether an event is to be shown: a change that the options choose, or what befell the watch.
    #[must_use]
    pub fn shows(&self, event: &Event) -> bool {
        let EventKind::Change(change) = &event.what else { return true };
        let (family, device) = place(change);
        let MonitorOptions { kinds, untold_fdb, family: wanted, device: only, .. } = &self.options;
        kinds.contains(&change.kind())
            && (*untold_fdb || change.kind() != Kind::FdbEntry || event.source != Source::Inferred)
            && wanted.is_none_or(|wanted| family.is_none_or(|family| family == wanted))
            && only.is_none_or(|only| device.is_none_or(|device| device == only))
    }

    /// Writes one event, after which the watch knows `state`. Also one that is not to be shown must come here, as it may
    /// be the name of a link.
    ///
    /// # Errors
    /// Those of `out`, nothing else.
    pub fn write(&mut self, out: &mut impl io::Write, event: &Event, state: &WatchState) -> io::Result<()> {
        if let EventKind::Change(AnyChange::Link(link)) = &event.what {
            self.rename(link.object(), link.op, state);
        }
        if !self.shows(event) || self.repeats(event, state)? {
            return Ok(());
        }
        self.look_up(event, state);
        if let Some(form) = self.options.time {
            write_time(out, event.wall, form)?;
        }
        match &event.what {
            EventKind::Change(change) => self.change(out, change, state),
            EventKind::ResyncBegin { reason } => writeln!(out, "Changes were lost ({reason}); the differences follow."),
            EventKind::ResyncEnd { gap } => {
                writeln!(out, "All differences of {:.3} seconds are told.", gap.as_secs_f64())
            }
            EventKind::ListingFailed { error, .. } => writeln!(out, "Changes may be missing: {error}"),
        }
    }

    /// Whether a link would be shown as it was before: the kernel told what shows, and the rest was found after it.
    fn repeats(&self, event: &Event, state: &WatchState) -> io::Result<bool> {
        let EventKind::Change(change) = &event.what else { return Ok(false) };
        let AnyChange::Link(link) = change else { return Ok(false) };
        if event.source != Source::Inferred || link.op != ChangeOp::Changed {
            return Ok(false);
        }
        let before = Change { new: link.old.clone(), ..link.as_ref().clone() };
        let [mut was, mut is] = [Vec::new(), Vec::new()];
        self.change(&mut was, &AnyChange::from(before), state)?;
        self.change(&mut is, change, state)?;
        Ok(was == is)
    }

    fn change(&self, out: &mut impl io::Write, change: &AnyChange, state: &WatchState) -> io::Result<()> {
        if self.options.label {
            write!(out, "[{}]", label(change.kind()))?;
        }
        if change.op() == ChangeOp::Removed {
            write!(out, "Deleted ")?;
        }
        self.changes.write(out, change, state.iter(), |id| state.get(&id))
    }

    /// Links that have just gone keep their names, as what goes with them is told after.
    fn rename(&mut self, link: Option<&Link>, op: ChangeOp, state: &WatchState) {
        if op == ChangeOp::Added {
            self.changes.links = state.link_names();
        }
        self.changes.links.extend(link.map(|link| (link.ifindex, link.ifname.clone())));
    }

    /// What a new link brings with it may be told before the link.
    fn look_up(&mut self, event: &Event, state: &WatchState) {
        let EventKind::Change(change) = &event.what else { return };
        if place(change).1.is_some_and(|ifindex| ifindex != 0 && self.changes.links.get(ifindex).is_none()) {
            self.changes.links = state.link_names();
        }
    }
}

/// The family of the object that changed, and the index of its link, 0 where it has none; `None` where its kind has no
/// such thing.
fn place(change: &AnyChange) -> (Option<Family>, Option<u32>) {
    let place = match change {
        AnyChange::Link(change) => change.object().map(|link| (None, Some(link.ifindex))),
        AnyChange::Address(change) => change.object().map(|address| (Some(address.family), Some(address.ifindex))),
        AnyChange::Route(change) => change.object().map(|route| (Some(route.family), Some(route.oif.unwrap_or(0)))),
        AnyChange::Rule(change) => change.object().map(|rule| (Some(rule.family), None)),
        AnyChange::Neighbor(change) => change.object().map(|entry| (Some(entry.family), Some(entry.ifindex))),
        AnyChange::FdbEntry(change) => change.object().map(|entry| (Some(Family::BRIDGE), Some(entry.ifindex))),
        AnyChange::Qdisc(change) => change.object().map(|qdisc| (None, Some(qdisc.ifindex))),
        _ => None,
    };
    place.unwrap_or_default()
}

/// What `ip` puts in front.
const fn label(kind: Kind) -> &'static str {
    match kind {
        Kind::Link => "LINK",
        Kind::Address => "ADDR",
        Kind::Route => "ROUTE",
        Kind::Rule => "RULE",
        Kind::NextHop => "NEXTHOP",
        Kind::NextHopBucket => "NEXTHOPBUCKET",
        Kind::Qdisc => "QDISC",
        _ => "NEIGH",
    }
}

fn write_time(out: &mut impl io::Write, wall: SystemTime, form: MonitorTime) -> io::Result<()> {
    let since = wall.duration_since(UNIX_EPOCH).unwrap_or_default();
    let micros = since.subsec_micros();
    let sys::LocalTime { year, month, day, hour, minute, second, weekday } = sys::local_time(since.as_secs());
    match form {
        MonitorTime::Short => {
            write!(out, "[{year:04}-{:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micros:06}] ", month + 1)
        }
        MonitorTime::Long => {
            let name = |names: &[&'static str], place: usize| names.get(place).copied().unwrap_or("???");
            let (weekday, month) = (name(&WEEKDAYS, weekday), name(&MONTHS, month));
            // The C library has no zeros before the day, nor the system before the microseconds.
            writeln!(out, "Timestamp: {weekday} {month}{day:3} {hour:02}:{minute:02}:{second:02} {year} {micros} usec")
        }
    }
}

const WEEKDAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

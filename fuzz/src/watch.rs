//! Invariants of a watch that is told anything whatever.

use std::time::{Duration, SystemTime};

use netshoot_core::namespace::NamespaceId;
use netshoot_core::netlink::{
    Address, ChangeOp, EventKind, FdbEntry, Kind, Link, Moment, Neighbor, NextHop, NextHopBucket, Qdisc, Route, Rule,
    WatchMachine, WatchOptions, WatchState,
};

/// Feeds datagrams to a watch that begins with nothing. Before each stand the milliseconds that passed, and its length in
/// units of four octets.
///
/// # Panics
/// If an invariant is broken: events are numbered without a gap, what they add and remove is what is there, a resync
/// ends what one began, and time never stands still.
pub fn fuzz_watch(mut data: &[u8]) {
    let namespace = NamespaceId { device: 0, inode: 0 };
    let mut options = WatchOptions::default();
    options.audit = Some(Duration::from_secs(1));
    let mut now = Moment { monotonic: Duration::ZERO, wall: SystemTime::UNIX_EPOCH };
    let mut machine = WatchMachine::new(namespace, &options, now);
    let mut account = Account::default();
    answer(&mut machine, now);
    while let Some((&[wait, length], rest)) = data.split_first_chunk() {
        let (datagram, rest) = rest.split_at((usize::from(length) * 4).min(rest.len()));
        data = rest;
        now.monotonic += Duration::from_millis(wait.into());
        machine.datagram(datagram, now);
        account.take(&mut machine);
        answer(&mut machine, now);
        account.take(&mut machine);
        assert!(machine.deadline().is_none_or(|due| due > now.monotonic), "the machine waits for what is over");
    }
}

/// Answers what is due by lists of what is there already.
fn answer(machine: &mut WatchMachine, now: Moment) {
    if let Some(request) = machine.request(now) {
        assert!(!request.kinds.is_empty());
        assert_eq!(request.discard, !machine.is_live());
        machine.answered(now);
        assert!(machine.is_live());
    }
}

/// What the events say.
#[derive(Default)]
struct Account {
    seq: u64,
    counts: Vec<(Kind, i64)>,
    is_lost: bool,
}

impl Account {
    fn take(&mut self, machine: &mut WatchMachine) {
        while let Some(event) = machine.event() {
            self.seq += 1;
            assert_eq!(event.seq, self.seq);
            match event.what {
                EventKind::Change(change) => {
                    assert!(!self.is_lost, "a change while the place is lost");
                    assert_eq!(change.op() == ChangeOp::Changed, !change.changed().is_empty());
                    self.count(change.kind(), change.op());
                }
                EventKind::ResyncBegin { .. } => assert!(!std::mem::replace(&mut self.is_lost, true)),
                EventKind::ResyncEnd { .. } => assert!(std::mem::replace(&mut self.is_lost, false)),
                _ => {}
            }
        }
        for (kind, count) in &self.counts {
            assert_eq!(usize::try_from(*count), Ok(there(machine.state(), *kind)), "{kind}");
        }
    }

    fn count(&mut self, kind: Kind, op: ChangeOp) {
        let difference = match op {
            ChangeOp::Added => 1,
            ChangeOp::Removed => -1,
            _ => 0,
        };
        match self.counts.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, count)) => *count += difference,
            None => self.counts.push((kind, difference)),
        }
    }
}

fn there(state: &WatchState, kind: Kind) -> usize {
    match kind {
        Kind::Link => state.iter::<Link>().len(),
        Kind::Address => state.iter::<Address>().len(),
        Kind::Route => state.iter::<Route>().len(),
        Kind::NextHop => state.iter::<NextHop>().len(),
        Kind::Rule => state.iter::<Rule>().len(),
        Kind::Neighbor => state.iter::<Neighbor>().len(),
        Kind::FdbEntry => state.iter::<FdbEntry>().len(),
        Kind::NextHopBucket => state.iter::<NextHopBucket>().len(),
        Kind::Qdisc => state.iter::<Qdisc>().len(),
        _ => 0,
    }
}

//! The state machine alone: scripted datagrams and listings.

use std::time::{Duration, SystemTime};

use super::super::{Address, Consistency, Family, Kind, Listing, Object, Route, Rule};
use super::{EventKind, LostReason, Moment, Source, WatchMachine, WatchOptions};
use crate::namespace::NamespaceId;
use crate::netlink::{AnyChange, ChangeOp};

const NAMESPACE: NamespaceId = NamespaceId { device: 4, inode: 1 };

fn at(milliseconds: u64) -> Moment {
    let since = Duration::from_millis(milliseconds);
    Moment { monotonic: since, wall: SystemTime::UNIX_EPOCH + since }
}

fn listing<T: Object>(items: Vec<T>) -> Listing<T> {
    Listing {
        items,
        consistency: Consistency::Checked,
        interrupted: false,
        retries: 0,
        notes: Vec::new(),
        unsupported: Vec::new(),
        namespace: NAMESPACE,
        taken_at: SystemTime::UNIX_EPOCH,
    }
}

fn message(kind: u16, flags: u16, payload: &[u8]) -> Vec<u8> {
    let length = 16 + payload.len() as u32;
    [&length.to_ne_bytes()[..], &kind.to_ne_bytes(), &flags.to_ne_bytes(), &[0; 8], payload].concat()
}

/// `struct ifaddrmsg` and the address.
fn address(last: u8) -> Vec<u8> {
    let attribute = |number: u8| [8, 0, number, 0, 192, 0, 2, last];
    let header = [2, 24, 0x80, 0, 7, 0, 0, 0];
    if cfg!(target_endian = "little") { [&header[..], &attribute(1), &attribute(2)].concat() } else { Vec::new() }
}

fn route(last: u8) -> Route {
    let dst = Some([198, 51, 100, last].into());
    Route { family: Family::INET, dst, dst_len: 32, table: 254, oif: Some(7), ..Route::default() }
}

fn watching(kinds: &[Kind]) -> WatchMachine {
    let mut options = WatchOptions::default();
    (options.kinds, options.audit) = (kinds.to_vec(), None);
    WatchMachine::new(NAMESPACE, &options, at(0))
}

/// A machine that has listed what is given.
fn live(addresses: Vec<Address>, routes: Vec<Route>) -> WatchMachine {
    let mut machine = watching(&[Kind::Address, Kind::Route]);
    assert!(machine.request(at(0)).is_some_and(|request| request.discard));
    machine.listed(listing(addresses), at(0));
    machine.listed(listing(routes), at(0));
    machine.answered(at(0));
    while let Some(due) = machine.deadline() {
        let now = Moment { monotonic: due, ..at(0) };
        let Some(request) = machine.request(now) else { break };
        for kind in request.kinds {
            match kind {
                Kind::Address => machine.listed(listing(machine.state().iter::<Address>().cloned().collect()), now),
                _ => machine.listed(listing(machine.state().iter::<Route>().cloned().collect()), now),
            }
        }
        machine.answered(now);
    }
    assert!(machine.event().is_none() && machine.is_settled());
    machine
}

fn told(machine: &mut WatchMachine) -> Vec<(ChangeOp, Kind, Source)> {
    std::iter::from_fn(|| machine.event())
        .filter_map(|event| match event.what {
            EventKind::Change(change) => Some((AnyChange::op(&change), change.kind(), event.source)),
            _ => None,
        })
        .collect()
}

#[test]
#[cfg(target_endian = "little")]
fn messages_are_applied_once_however_often_they_come() {
    let mut machine = live(Vec::new(), Vec::new());
    let new = message(libc::RTM_NEWADDR, 0, &address(1));
    machine.datagram(&[new.clone(), new.clone()].concat(), at(1000));
    assert_eq!(told(&mut machine), [(ChangeOp::Added, Kind::Address, Source::Event)]);
    let gone = message(libc::RTM_DELADDR, 0, &address(1));
    machine.datagram(&gone, at(1001));
    machine.datagram(&gone, at(1002));
    assert_eq!(told(&mut machine), [(ChangeOp::Removed, Kind::Address, Source::Event)]);
    assert_eq!(machine.state().iter::<Address>().len(), 0);
}

/// The kernel tells that an address goes before the routes go, so that the first listing may still have them.
#[test]
#[cfg(target_endian = "little")]
fn a_deed_that_follows_its_message_late_is_found() {
    let gone = Address::parse(&address(1)).unwrap();
    let mut machine = live(vec![gone], vec![route(1), route(2)]);
    machine.datagram(&message(libc::RTM_DELADDR, 0, &address(1)), at(1000));
    assert_eq!(told(&mut machine), [(ChangeOp::Removed, Kind::Address, Source::Event)]);
    let due = machine.deadline().unwrap();
    assert!(due <= Duration::from_millis(1050), "{due:?}");
    let first = Moment { monotonic: due, ..at(0) };
    assert_eq!(machine.request(first).unwrap().kinds, [Kind::Route]);
    machine.listed(listing(vec![route(1), route(2)]), first);
    machine.answered(first);
    assert_eq!(told(&mut machine), []);
    // Only now has the kernel done it.
    let due = machine.deadline().expect("what was hinted at is looked for once more");
    assert!(due <= Duration::from_millis(1100), "{due:?}");
    let second = Moment { monotonic: due, ..at(0) };
    assert_eq!(machine.request(second).unwrap().kinds, [Kind::Route]);
    machine.listed(listing(vec![route(2)]), second);
    machine.answered(second);
    assert_eq!(told(&mut machine), [(ChangeOp::Removed, Kind::Route, Source::Inferred)]);
    // A listing that begins long after the message is the last one, however many there were before.
    let third = at(1200);
    assert_eq!(machine.request(third).unwrap().kinds, [Kind::Route]);
    machine.listed(listing(vec![route(2)]), third);
    machine.answered(third);
    assert!(machine.is_settled());
}

#[test]
fn a_loss_is_made_good_ever_more_slowly() {
    let mut machine = live(Vec::new(), vec![route(1)]);
    let mut now = 60_000;
    let mut waits = Vec::new();
    for _ in 0..12 {
        let began = now;
        machine.lost(LostReason::Overrun, at(now));
        // It goes on.
        while machine.deadline().unwrap() > at(now).monotonic {
            now += 50;
            machine.lost(LostReason::Overrun, at(now));
        }
        waits.push(now - began);
        let request = machine.request(at(now)).unwrap();
        assert!(request.discard && request.kinds == [Kind::Address, Kind::Route]);
        machine.listed(listing(Vec::<Address>::new()), at(now));
        machine.listed(listing(vec![route(2)]), at(now));
        machine.answered(at(now));
        now += 1;
    }
    assert_eq!(&waits[..5], [0, 100, 200, 400, 800]);
    assert_eq!(waits.last(), Some(&10_000));
    let begins = std::iter::from_fn(|| machine.event()).map(|event| (event.source, event.what)).collect::<Vec<_>>();
    // One begin, the route that went, the one that came, one end; and then twelve times nothing but begin and end.
    assert_eq!(begins.len(), 4 + 11 * 2, "{begins:#?}");
    assert!(matches!(begins[0].1, EventKind::ResyncBegin { reason: LostReason::Overrun }));
    assert!(matches!(begins[3].1, EventKind::ResyncEnd { .. }));
}

#[test]
fn a_loss_is_made_good_as_soon_as_nothing_more_comes() {
    let mut machine = live(Vec::new(), Vec::new());
    for now in [60_000, 60_100] {
        machine.lost(LostReason::Overrun, at(now));
        let due = machine.deadline().unwrap();
        assert!(machine.request(Moment { monotonic: due, ..at(0) }).is_some());
        machine.answered(at(now));
    }
    // It would wait for 200 ms, and does while more comes.
    machine.lost(LostReason::Overrun, at(60_110));
    assert_eq!(machine.deadline(), Some(Duration::from_millis(60_210)));
    machine.datagram(&[], at(60_170));
    assert_eq!(machine.deadline(), Some(Duration::from_millis(60_270)));
    machine.datagram(&[], at(60_250));
    assert_eq!(machine.deadline(), Some(Duration::from_millis(60_310)));
}

/// The kernel begins again where routes of IPv6 come and go while it lists them.
#[test]
fn what_is_listed_twice_is_there_once() {
    let other = Route { prefsrc: Some([192, 0, 2, 1].into()), ..route(1) };
    let mut machine = live(Vec::new(), vec![route(1), route(2), route(1), other.clone(), route(2)]);
    assert_eq!(machine.state().iter::<Route>().cloned().collect::<Vec<_>>(), [route(1), other, route(2)]);
    let mut rules = watching(&[Kind::Rule]);
    rules.request(at(0)).unwrap();
    rules.listed(listing(vec![Rule::default(), Rule::default()]), at(0));
    rules.answered(at(0));
    assert_eq!(rules.state().iter::<Rule>().len(), 2);
    assert_eq!(told(&mut machine), []);
}

/// Of several routes with one key those are compared that are alike, so that nobody is told of one that did not change.
#[test]
fn equal_objects_are_not_told_as_changed() {
    let other = Route { prefsrc: Some([192, 0, 2, 1].into()), ..route(1) };
    let mut machine = live(Vec::new(), vec![other.clone(), route(1)]);
    machine.lost(LostReason::Overrun, at(60_000));
    let now = Moment { monotonic: machine.deadline().unwrap(), ..at(0) };
    machine.request(now).unwrap();
    machine.listed(listing(Vec::<Address>::new()), now);
    machine.listed(listing(vec![route(1)]), now);
    machine.answered(now);
    let changes: Vec<_> = std::iter::from_fn(|| machine.event())
        .filter_map(|event| match event.what {
            EventKind::Change(AnyChange::Route(change)) => Some((change.op, change.old)),
            _ => None,
        })
        .collect();
    assert_eq!(changes, [(ChangeOp::Removed, Some(other.clone()))]);
    let (old, new) = ([other.clone(), route(1)], [route(1)]);
    let told = crate::netlink::diff(&old, &new, &crate::netlink::DiffOptions::default());
    assert_eq!(told.iter().map(|change| (change.op, change.old.clone())).collect::<Vec<_>>(), changes);
    let told = crate::netlink::diff(&new, &old, &crate::netlink::DiffOptions::default());
    assert_eq!(
        told.iter().map(|change| (change.op, change.new.clone())).collect::<Vec<_>>(),
        [(ChangeOp::Added, Some(other))]
    );
}

#[test]
fn what_is_no_message_begins_a_resync() {
    let mut machine = live(Vec::new(), Vec::new());
    machine.datagram(&[7; 9], at(1000));
    assert!(!machine.is_live());
    let mut machine = live(Vec::new(), Vec::new());
    machine.datagram(&message(libc::RTM_NEWADDR, 0, &[2]), at(1000));
    assert!(!machine.is_live());
}

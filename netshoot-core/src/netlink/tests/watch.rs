//! The state machine of a watch with scripted datagrams, and `diff` against the plain way to do it.

use std::time::{Duration, SystemTime};

use super::decode::attribute;
use crate::error::{Error, ErrorKind};
use crate::namespace::NamespaceId;
use crate::netlink::{
    AnyChange, Change, ChangeOp, DiffOptions, Event, EventKind, Kind, Link, Listing, LostReason, Moment, Object, Route,
    Source, WatchMachine, WatchOptions, Watched, diff,
};

const NAMESPACE: NamespaceId = NamespaceId { device: 4, inode: 7 };
const UP: u32 = 0x1_0043;

fn at(milliseconds: u64) -> Moment {
    Moment { monotonic: Duration::from_millis(milliseconds), wall: SystemTime::UNIX_EPOCH }
}

fn link(index: u8, flags: u32, mtu: u32) -> Vec<u8> {
    let head = [&[0, 0, 1, 0, index, 0, 0, 0][..], &flags.to_ne_bytes(), &[0; 4]].concat();
    [head, attribute(3, b"eth\0"), attribute(4, &mtu.to_ne_bytes())].concat()
}

fn route(net: u8, oif: u8) -> Vec<u8> {
    let head = [2, 24, 0, 0, 254, 3, 0, 1, 0, 0, 0, 0];
    [head.to_vec(), attribute(1, &[10, 0, net, 0]), attribute(4, &[oif, 0, 0, 0])].concat()
}

fn message(kind: u16, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(16 + payload.len()).unwrap();
    [&length.to_ne_bytes()[..], &kind.to_ne_bytes(), &[0; 10], payload].concat()
}

fn listing<T: Object>(payloads: &[Vec<u8>]) -> Listing<T> {
    Listing {
        items: payloads.iter().map(|payload| T::parse(payload).unwrap()).collect(),
        consistency: T::CONSISTENCY,
        interrupted: false,
        retries: 0,
        notes: Vec::new(),
        unsupported: Vec::new(),
        namespace: NAMESPACE,
        taken_at: SystemTime::UNIX_EPOCH,
    }
}

fn options() -> WatchOptions {
    WatchOptions { kinds: vec![Kind::Link, Kind::Route], audit: None, ..WatchOptions::default() }
}

fn machine() -> WatchMachine {
    WatchMachine::new(NAMESPACE, &options(), at(0))
}

/// Answers the request that must be there.
fn answer(machine: &mut WatchMachine, links: &[Vec<u8>], routes: &[Vec<u8>], now: u64) {
    let request = machine.request(at(now)).expect("something to list");
    for kind in request.kinds {
        match kind {
            Kind::Link => machine.listed::<Link>(listing(links), at(now)),
            Kind::Route => machine.listed::<Route>(listing(routes), at(now)),
            other => panic!("{other:?} is not watched"),
        }
    }
    machine.answered(at(now));
}

/// Until no more is to be listed.
fn settle(machine: &mut WatchMachine, links: &[Vec<u8>], routes: &[Vec<u8>]) {
    for _ in 0..20 {
        let Some(due) = machine.deadline() else { return };
        answer(machine, links, routes, u64::try_from(due.as_millis()).unwrap() + 1);
    }
    panic!("never settled");
}

fn events(machine: &mut WatchMachine) -> Vec<Event> {
    std::iter::from_fn(|| machine.event()).collect()
}

fn told(events: &[Event]) -> Vec<(Source, Kind, ChangeOp)> {
    let change = |event: &Event| match &event.what {
        EventKind::Change(change) => Some((event.source, change.kind(), change.op())),
        _ => None,
    };
    events.iter().filter_map(change).collect()
}

fn count<T: Watched>(machine: &WatchMachine) -> usize {
    machine.state().iter::<T>().len()
}

#[test]
fn everything_is_listed_before_the_first_event_and_not_told() {
    let mut machine = machine();
    assert!(!machine.is_live());
    // What comes before the listing is in the listing.
    machine.datagram(&message(16, &link(9, UP, 1500)), at(0));
    assert_eq!(count::<Link>(&machine), 0);
    let request = machine.request(at(0)).unwrap();
    assert_eq!((request.kinds, request.discard), (vec![Kind::Link, Kind::Route], true));
    machine.listed::<Link>(listing(&[link(7, UP, 1500)]), at(1));
    machine.listed::<Route>(listing(&[route(1, 7)]), at(1));
    assert!(!machine.is_live());
    machine.answered(at(2));
    assert!(machine.is_live());
    assert_eq!((count::<Link>(&machine), count::<Route>(&machine), machine.waiting()), (1, 1, 0));
}

#[test]
fn what_is_there_at_first_is_told_when_asked_for() {
    let mut machine = WatchMachine::new(NAMESPACE, &WatchOptions { initial: true, ..options() }, at(0));
    answer(&mut machine, &[link(7, UP, 1500)], &[route(1, 7)], 0);
    let first = told(&events(&mut machine));
    let added = |kind| (Source::Resync, kind, ChangeOp::Added);
    assert_eq!(first, [added(Kind::Link), added(Kind::Route)]);
}

/// Queued while the listing was made, and read after it: both have it, and it is told once or not at all.
#[test]
fn an_event_that_the_listing_already_has_is_not_told_again() {
    let mut machine = machine();
    answer(&mut machine, &[link(7, UP, 1400)], &[route(1, 7)], 0);
    machine.datagram(&[message(16, &link(7, UP, 1400)), message(24, &route(1, 7))].concat(), at(1));
    assert_eq!(told(&events(&mut machine)), []);
    machine.datagram(&message(16, &link(7, UP, 1300)), at(2));
    let news = events(&mut machine);
    assert_eq!(told(&news), [(Source::Event, Kind::Link, ChangeOp::Changed)]);
    assert!(matches!(&news[0].what, EventKind::Change(AnyChange::Link(change)) if change.changed == ["mtu"]));
}

#[test]
fn after_a_loss_the_differences_are_told_between_begin_and_end() {
    let mut machine = machine();
    answer(&mut machine, &[link(7, UP, 1500), link(8, UP, 1500)], &[], 0);
    settle(&mut machine, &[link(7, UP, 1500), link(8, UP, 1500)], &[]);
    machine.lost(LostReason::Overrun, at(1000));
    machine.lost(LostReason::Overrun, at(1001));
    assert!(!machine.is_live());
    answer(&mut machine, &[link(7, UP, 1400), link(9, UP, 1500)], &[], 1050);
    let events = events(&mut machine);
    assert_eq!(events.first().unwrap().what, EventKind::ResyncBegin { reason: LostReason::Overrun });
    assert_eq!(events.last().unwrap().what, EventKind::ResyncEnd { gap: Duration::from_millis(50) });
    let resync = |op| (Source::Resync, Kind::Link, op);
    assert_eq!(told(&events), [resync(ChangeOp::Removed), resync(ChangeOp::Changed), resync(ChangeOp::Added)]);
    assert_eq!(events.iter().map(|event| event.seq).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
}

#[test]
fn octets_that_are_no_message_are_a_loss() {
    let mut machine = machine();
    answer(&mut machine, &[], &[], 0);
    machine.datagram(&[1, 2, 3], at(500));
    assert!(!machine.is_live());
    assert_eq!(events(&mut machine)[0].what, EventKind::ResyncBegin { reason: LostReason::Malformed });
}

#[test]
fn routes_that_go_with_their_link_are_inferred() {
    let mut machine = machine();
    answer(&mut machine, &[link(7, UP, 1500)], &[route(1, 7), route(2, 7)], 0);
    settle(&mut machine, &[link(7, UP, 1500)], &[route(1, 7), route(2, 7)]);
    machine.datagram(&message(16, &link(7, 0x1002, 1500)), at(1000));
    assert!(!machine.is_settled());
    assert_eq!(told(&events(&mut machine)), [(Source::Event, Kind::Link, ChangeOp::Changed)]);
    assert!(machine.request(at(1001)).is_none());
    settle(&mut machine, &[link(7, 0x1002, 1500)], &[]);
    let gone = (Source::Inferred, Kind::Route, ChangeOp::Removed);
    assert_eq!(told(&events(&mut machine)), [gone, gone]);
    assert!(machine.is_settled() && count::<Route>(&machine) == 0);
}

/// Each row of what the kernel takes routes away with, without a word: looked for twice within 100 milliseconds, as the
/// deed may follow its message.
#[test]
fn what_takes_routes_away_is_followed_by_a_listing() {
    let mastered = |master: u32| [link(7, UP, 1500), attribute(10, &master.to_ne_bytes())].concat();
    let address = [[2, 24, 0x80, 0, 7, 0, 0, 0].to_vec(), attribute(1, &[10, 0, 0, 1])].concat();
    let next_hop = [vec![0; 8], attribute(1, &9u32.to_ne_bytes())].concat();
    let down = link(7, 0x1002, 1500);
    for (what, kind, payload) in [
        ("link down", libc::RTM_NEWLINK, &down),
        ("carrier lost", libc::RTM_NEWLINK, &link(7, 0x1003, 1500)),
        ("link gone", libc::RTM_DELLINK, &link(7, UP, 1500)),
        ("enslaved, as to a VRF", libc::RTM_NEWLINK, &mastered(9)),
        ("address gone", libc::RTM_DELADDR, &address),
        ("next hop gone", 105, &next_hop),
    ] {
        let mut machine = machine();
        answer(&mut machine, &[link(7, UP, 1500)], &[route(1, 7), route(2, 7)], 0);
        settle(&mut machine, &[link(7, UP, 1500)], &[route(1, 7), route(2, 7)]);
        events(&mut machine);
        machine.datagram(&message(kind, payload), at(10_000));
        events(&mut machine);
        for routes in [&[route(1, 7), route(2, 7)][..], &[route(2, 7)]] {
            let due = machine.deadline().unwrap_or_else(|| panic!("{what}: nothing is looked for"));
            assert!(due <= Duration::from_millis(10_100), "{what}: {due:?}");
            let now = Moment { monotonic: due, wall: SystemTime::UNIX_EPOCH };
            let request = machine.request(now).unwrap();
            assert!(request.kinds.contains(&Kind::Route) && !request.discard, "{what}: {request:?}");
            machine.listed::<Route>(listing(routes), now);
            machine.answered(now);
        }
        assert_eq!(told(&events(&mut machine)), [(Source::Inferred, Kind::Route, ChangeOp::Removed)], "{what}");
    }
}

/// One kind that fails keeps no other from being believed.
#[test]
fn what_fails_alone_is_asked_for_alone() {
    let mut machine = machine();
    answer(&mut machine, &[link(7, UP, 1500)], &[route(1, 7)], 0);
    settle(&mut machine, &[link(7, UP, 1500)], &[route(1, 7)]);
    machine.datagram(&message(17, &link(7, UP, 1500)), at(1000));
    events(&mut machine);
    assert_eq!(machine.request(at(1025)).unwrap().kinds, [Kind::Link, Kind::Route]);
    machine.listed::<Link>(listing(&[]), at(1026));
    machine.failed(&[Kind::Route], &Error::new(ErrorKind::TimedOut, "list routes"), at(1026));
    machine.answered(at(1026));
    let failed = EventKind::ListingFailed { kinds: vec![Kind::Route], error: "list routes: timed out".into() };
    assert_eq!(events(&mut machine)[0].what, failed);
    assert!(machine.is_live() && !machine.is_settled());
    let due = machine.deadline().unwrap();
    let request = machine.request(Moment { monotonic: due, wall: SystemTime::UNIX_EPOCH }).unwrap();
    assert!(request.kinds.contains(&Kind::Route), "{request:?}");
}

#[test]
fn a_listing_that_failed_is_asked_for_again_ever_more_slowly() {
    let mut machine = machine();
    let mut waits = Vec::new();
    for _ in 0..10 {
        let due = machine.deadline().unwrap();
        let now = Moment { monotonic: due, wall: SystemTime::UNIX_EPOCH };
        let request = machine.request(now).unwrap();
        machine.failed(&request.kinds, &Error::new(ErrorKind::TimedOut, "list links"), now);
        machine.answered(now);
        let told = machine.event().unwrap();
        assert!(
            matches!(&told.what, EventKind::ListingFailed { kinds, error }
            if *kinds == request.kinds && error == "list links: timed out"),
            "{told:?}"
        );
        waits.push((machine.deadline().unwrap() - due).as_millis());
    }
    assert_eq!(waits, [100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000, 10_000]);
}

/// Equal ones stand against each other, and of the rest with one key the first against the first.
fn naive(old: &[Link], new: &[Link]) -> Vec<Change<Link>> {
    let mut left: Vec<usize> = (0..old.len()).collect();
    let mut was = vec![None; new.len()];
    for equal in [true, false] {
        for (item, was) in new.iter().zip(&mut was).filter(|(_, was)| was.is_none()) {
            let fits = |place: &usize| old[*place].key() == item.key() && (!equal || old[*place] == *item);
            if let Some(at) = left.iter().position(fits) {
                *was = Some(left.remove(at));
            }
        }
    }
    let mut changes: Vec<_> = left.into_iter().map(|place| Change::removed(old[place].clone())).collect();
    for (item, was) in new.iter().zip(was) {
        match was {
            None => changes.push(Change::added(item.clone())),
            Some(was) => changes.extend(Change::between(&old[was], item, &[])),
        }
    }
    changes
}

proptest::proptest! {
    #[test]
    fn differences_are_those_of_the_plain_way(
        old in proptest::collection::vec((1u8..6, 0u32..3), 0..12),
        new in proptest::collection::vec((1u8..6, 0u32..3), 0..12),
    ) {
        let links = |all: &[(u8, u32)]| -> Vec<Link> {
            all.iter().map(|(index, mtu)| Link::parse(&link(*index, UP, *mtu)).unwrap()).collect()
        };
        let (old, new) = (links(&old), links(&new));
        let changes = diff(&old, &new, &DiffOptions::ignoring([]));
        proptest::prop_assert_eq!(&changes, &naive(&old, &new));
        proptest::prop_assert!(diff(&new, &new, &DiffOptions::default()).is_empty());
    }
}

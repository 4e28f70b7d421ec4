//! [`diff`] beside a naive one.

use proptest::collection::vec;
use proptest::prelude::*;

use super::super::{Bridge, ChangeOp, DiffOptions, Link, LinkData, LinkInfo, NextHop, Object, Stats64, diff};

fn hop((id, oif): (u32, u32)) -> NextHop {
    NextHop { id, oif: Some(oif), ..NextHop::default() }
}

/// How many of each operation, pairing those that are equal, and then any with one key.
fn naive(old: &[NextHop], new: &[NextHop]) -> [usize; 3] {
    let mut left: Vec<&NextHop> = old.iter().collect();
    let mut counts = [0; 3];
    let mut others = Vec::new();
    for object in new {
        match left.iter().position(|other| *other == object) {
            Some(place) => drop(left.remove(place)),
            None => others.push(object),
        }
    }
    for object in others {
        match left.iter().position(|other| other.key() == object.key()) {
            Some(place) => {
                left.remove(place);
                counts[1] += 1;
            }
            None => counts[0] += 1,
        }
    }
    counts[2] = left.len();
    counts
}

/// A link with a counter, a bridge's timer and an MTU.
fn bridge(rx_packets: u64, timer: u64, mtu: u32) -> Link {
    let data = Bridge { gc_timer: Some(timer), ..Bridge::default() };
    let linkinfo = LinkInfo { data: Some(LinkData::Bridge(Box::new(data))), ..LinkInfo::default() };
    let stats = Stats64 { rx_packets, ..Stats64::default() };
    Link { ifindex: 1, mtu: Some(mtu), linkinfo: Some(linkinfo), stats64: Some(stats), ..Link::default() }
}

#[test]
fn what_moves_by_itself_is_told_only_if_it_counts() {
    let old = [bridge(1, 1, 1500)];
    let changed = |new: Link, options: &DiffOptions| diff(&old, &[new], options).pop().map(|change| change.changed);
    let (usual, all) = (DiffOptions::default(), DiffOptions::ignoring([]));
    assert_eq!(changed(bridge(2, 2, 1500), &usual), None);
    assert_eq!(changed(bridge(2, 2, 1400), &usual), Some(vec!["mtu"]));
    assert_eq!(changed(bridge(2, 2, 1400), &all), Some(vec!["mtu", "stats64", "linkinfo"]));
    assert_eq!(changed(bridge(1, 2, 1500), &all), Some(vec!["linkinfo"]));
}

proptest! {
    #[test]
    fn differences_lead_from_the_old_to_the_new(
        old in vec((0..12_u32, 0..3_u32), 0..20),
        new in vec((0..12_u32, 0..3_u32), 0..20),
    ) {
        let old: Vec<_> = old.into_iter().map(hop).collect();
        let new: Vec<_> = new.into_iter().map(hop).collect();
        let changes = diff(&old, &new, &DiffOptions::default());
        let count = |op| changes.iter().filter(|change| change.op == op).count();
        let counts = [count(ChangeOp::Added), count(ChangeOp::Changed), count(ChangeOp::Removed)];
        prop_assert_eq!(counts, naive(&old, &new));
        let mut applied = old.clone();
        for change in &changes {
            if let Some(old) = &change.old {
                let place = applied.iter().position(|object| object == old);
                prop_assert!(place.is_some());
                applied.remove(place.unwrap());
            }
            applied.extend(change.new.clone());
            prop_assert_eq!(change.op == ChangeOp::Changed, !change.changed.is_empty());
        }
        let sorted = |mut objects: Vec<NextHop>| {
            objects.sort_by_key(|hop| (hop.id, hop.oif));
            objects
        };
        prop_assert_eq!(sorted(applied), sorted(new.clone()));
        prop_assert!(diff(&new, &new, &DiffOptions::ignoring([])).is_empty());
    }
}

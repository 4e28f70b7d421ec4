//! What watching must know of each kind: the kernel's groups, and what moves without a word. A kind is declared here
//! and in the machine, which tells the kinds of messages apart.

use super::super::change::{Change, differing};
use super::super::object::{Kind, Object};
use super::super::snapshot::AnyChange;
use super::super::{
    Address, Family, FdbEntry, Link, LinkFlags, LinkNames, Neighbor, Netlink, NextHop, NextHopBucket, Qdisc, Route,
    RouteKey, RouteKind, Rule,
};
use super::kinds::Kinds;
use super::machine::WatchMachine;
use super::table::{Effect, Table};
use crate::error::Result;

/// A kind that the kernel tells changes of.
///
/// Implemented by this crate alone.
pub trait Watched: Object {
    /// The multicast groups, `RTNLGRP_*`.
    #[doc(hidden)]
    const GROUPS: &'static [u32];

    #[doc(hidden)]
    fn table(state: &WatchState) -> &Table<Self>;

    #[doc(hidden)]
    fn table_mut(state: &mut WatchState) -> &mut Table<Self>;

    #[doc(hidden)]
    fn any(change: Change<Self>) -> AnyChange;

    /// Applies the news of an object that is there; `replaces` when the kernel says that another made place for it.
    #[doc(hidden)]
    fn upsert(table: &mut Table<Self>, item: Self, replaces: bool) -> Effect<Self> {
        let _ = replaces;
        Effect::of(table.set(item), false)
    }

    /// Applies the news of an object that is gone.
    #[doc(hidden)]
    fn remove(table: &mut Table<Self>, item: &Self) -> Effect<Self> {
        Effect::of(table.take(item), false)
    }

    /// Whether this is the object that was listed before as `old`, which has the same key.
    #[doc(hidden)]
    fn is_again(&self, old: &Self) -> bool {
        let _ = old;
        true
    }

    /// Of which kinds objects may have gone or changed without a word when this one changed.
    #[doc(hidden)]
    fn silences(old: Option<&Self>, new: Option<&Self>) -> Kinds {
        let _ = (old, new);
        Kinds::default()
    }
}

impl WatchState {
    /// The objects of one kind, in the order of their keys; none of a kind that is not watched.
    pub fn iter<T: Watched>(&self) -> impl ExactSizeIterator<Item = &T> {
        T::table(self).iter()
    }

    /// The object that has this key.
    #[must_use]
    pub fn get<T: Watched>(&self, key: &T::Key) -> Option<&T> {
        T::table(self).get(key)
    }

    /// The names of the links.
    #[must_use]
    pub fn link_names(&self) -> LinkNames {
        self.links.iter().collect()
    }
}

macro_rules! watched {
    ($($type:ident, $field:ident, $groups:expr, { $($body:tt)* })*) => {
        /// What the watch knows to be there.
        #[derive(Clone, Debug, Default)]
        pub struct WatchState {
            $($field: Table<$type>,)*
        }

        /// The kinds that can be watched.
        pub(in super::super) const WATCHED: &[Kind] = &[$($type::KIND),*];

        /// The groups that tell of `kind`.
        pub(super) fn groups_of(kind: Kind) -> &'static [u32] {
            match kind {
                $($type::KIND => $type::GROUPS,)*
                _ => &[],
            }
        }

        /// Lists the objects of `kind` for the machine.
        pub(super) fn list(netlink: &Netlink, kind: Kind, machine: &mut WatchMachine) -> Result<()> {
            match kind {
                $($type::KIND => machine.listed(netlink.list::<$type>(&Default::default())?, super::now()),)*
                _ => {}
            }
            Ok(())
        }

        $(impl Watched for $type {
            const GROUPS: &'static [u32] = &$groups;

            fn table(state: &WatchState) -> &Table<Self> {
                &state.$field
            }

            fn table_mut(state: &mut WatchState) -> &mut Table<Self> {
                &mut state.$field
            }

            fn any(change: Change<Self>) -> AnyChange {
                change.into()
            }

            $($body)*
        })*
    };
}

watched! {
    Link, links, [RTNLGRP_LINK, RTNLGRP_IPV6_IFINFO, RTNLGRP_IPV4_NETCONF, RTNLGRP_IPV6_NETCONF], {
        fn silences(old: Option<&Self>, new: Option<&Self>) -> Kinds {
            let (Some(old), Some(new)) = (old, new) else {
                return match new {
                    // Rules by the name of a link begin to apply when it comes. The first of a pair is told before the
                    // other is there.
                    Some(_) => [Kind::Link, Kind::Rule, Kind::FdbEntry, Kind::Neighbor, Kind::Qdisc].into(),
                    None => Kinds::all(),
                };
            };
            let mut kinds = Kinds::default();
            let state = LinkFlags::UP.0 | LinkFlags::LOWER_UP.0 | LinkFlags::RUNNING.0;
            if (old.flags.0 ^ new.flags.0) & state != 0 || old.master != new.master || old.operstate != new.operstate {
                // Also addresses: those of IPv6 that the kernel makes then are told a second or two later.
                kinds = Kinds::all().without([Kind::Rule].into());
            }
            // IPv6 follows later, and so do the metrics of its routes.
            if old.mtu != new.mtu {
                kinds = kinds.union([Kind::Link, Kind::Route].into());
            }
            if old.ifname != new.ifname {
                kinds.insert(Kind::Rule);
            }
            if old.qdisc != new.qdisc || old.txqlen != new.txqlen || old.num_tx_queues != new.num_tx_queues {
                kinds.insert(Kind::Qdisc);
            }
            kinds
        }
    }
    Address, addresses, [RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR], {
        // With an address of IPv6 comes its multicast group, as a forwarding entry.
        fn silences(_: Option<&Self>, new: Option<&Self>) -> Kinds {
            let fdb = Kinds::from([Kind::FdbEntry]);
            if new.is_none() { fdb.union([Kind::Route, Kind::NextHop].into()) } else { fdb }
        }
    }
    Route, routes, [
        RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE, RTNLGRP_IPV4_MROUTE, RTNLGRP_IPV6_MROUTE, RTNLGRP_MPLS_ROUTE
    ], {
        fn upsert(table: &mut Table<Self>, item: Self, replaces: bool) -> Effect<Self> {
            upsert_route(table, item, replaces)
        }

        // Routes may differ in more than their keys, but no two are equal; those of IPv6 in their encapsulation alone.
        fn is_again(&self, old: &Self) -> bool {
            match self.family {
                Family::INET6 => self.encap == old.encap,
                _ => differing(old, self, Route::VOLATILE).is_none(),
            }
        }

        fn remove(table: &mut Table<Self>, item: &Self) -> Effect<Self> {
            let key = item.key();
            let same = table.with_key(&key).count();
            let neighbors: Vec<_> = group(table, &key).collect();
            // Of IPv6's several next hops the message may name one alone.
            let several = item.family == Family::INET6 && neighbors.iter().any(|route| !route.nexthops.is_empty());
            let doubtful = several || same > 1 || same == 0 && !neighbors.is_empty();
            Effect::of(table.take(item), doubtful)
        }
    }
    NextHop, next_hops, [RTNLGRP_NEXTHOP], {
        fn silences(old: Option<&Self>, new: Option<&Self>) -> Kinds {
            match (old, new) {
                (None, Some(_)) => [Kind::NextHopBucket].into(),
                _ => [Kind::Route, Kind::NextHop, Kind::NextHopBucket].into(),
            }
        }
    }
    // The kernel tells of buckets that move to another next hop, but not of those that come and go with their group.
    NextHopBucket, next_hop_buckets, [RTNLGRP_NEXTHOP], {}
    Rule, rules, [RTNLGRP_IPV4_RULE, RTNLGRP_IPV6_RULE], {
        // The kernel may have a rule twice. Whether a message is of another one, or was known already, it does not say.
        fn upsert(table: &mut Table<Self>, item: Self, _: bool) -> Effect<Self> {
            let known = table.get(&item.key()).is_some();
            Effect::of(if known { None } else { table.add(item) }, known)
        }

        // Another one may jump to it.
        fn silences(_: Option<&Self>, _: Option<&Self>) -> Kinds {
            [Kind::Rule].into()
        }

        fn remove(table: &mut Table<Self>, item: &Self) -> Effect<Self> {
            let several = table.with_key(&item.key()).count() > 1;
            Effect::of(table.take(item), several)
        }

        fn is_again(&self, _: &Self) -> bool {
            false
        }
    }
    Neighbor, neighbors, [RTNLGRP_NEIGH], {}
    FdbEntry, fdb, [RTNLGRP_NEIGH], {}
    // The default one that takes the place of one that is removed is not told, nor those that go with what they are
    // part of.
    Qdisc, qdiscs, [RTNLGRP_TC], {
        fn silences(_: Option<&Self>, _: Option<&Self>) -> Kinds {
            [Kind::Qdisc].into()
        }
    }
}

/// Routes may differ in their next hop alone, and the kernel joins and parts them as it likes: an IPv6 route that is
/// appended becomes one with the others to the same destination. Where the message does not say what came of it, the
/// routes are listed again.
fn upsert_route(table: &mut Table<Route>, item: Route, replaces: bool) -> Effect<Route> {
    let key = item.key();
    let neighbors: Vec<_> = group(table, &key).cloned().collect();
    if neighbors.is_empty() {
        return Effect::of(table.add(item), false);
    }
    if neighbors.iter().any(|old| differing(old, &item, Route::VOLATILE).is_none()) {
        return Effect::of(None, false);
    }
    let six = item.family == Family::INET6;
    if let (true, [old]) = (replaces, neighbors.as_slice()) {
        if old.key() == key {
            return Effect::of(table.set(item), six);
        }
        let removed = table.take(old);
        return Effect::of(removed.into_iter().chain(table.add(item)), six);
    }
    let joins = six && (!item.nexthops.is_empty() || item.gateway.is_some() || item.via.is_some());
    if table.get(&key).is_none() {
        return Effect::of(table.add(item), joins || replaces);
    }
    let change = if item.family == Family::INET && !replaces { table.add(item) } else { table.set(item) };
    Effect::of(change, true)
}

/// The routes to the same destination, in the same table and with the same metric.
fn group<'a>(table: &'a Table<Route>, key: &RouteKey) -> impl Iterator<Item = &'a Route> + use<'a> {
    let least =
        |key: &RouteKey| RouteKey { kind: RouteKind::default(), nhid: None, gateway: None, oif: None, ..key.clone() };
    let first = least(key);
    table.from(first.clone()).take_while(move |route| least(&route.key()) == first)
}

// linux/rtnetlink.h
const RTNLGRP_LINK: u32 = 1;
const RTNLGRP_NEIGH: u32 = 3;
const RTNLGRP_TC: u32 = 4;
const RTNLGRP_IPV4_IFADDR: u32 = 5;
const RTNLGRP_IPV4_MROUTE: u32 = 6;
const RTNLGRP_IPV4_ROUTE: u32 = 7;
const RTNLGRP_IPV4_RULE: u32 = 8;
const RTNLGRP_IPV6_IFADDR: u32 = 9;
const RTNLGRP_IPV6_MROUTE: u32 = 10;
const RTNLGRP_IPV6_ROUTE: u32 = 11;
const RTNLGRP_IPV6_IFINFO: u32 = 12;
const RTNLGRP_IPV6_RULE: u32 = 19;
const RTNLGRP_IPV4_NETCONF: u32 = 24;
const RTNLGRP_IPV6_NETCONF: u32 = 25;
const RTNLGRP_MPLS_ROUTE: u32 = 27;
const RTNLGRP_NEXTHOP: u32 = 32;

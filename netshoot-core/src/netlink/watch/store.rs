//! The objects that a watch knows of, and how one message of the kernel's changes them.

use std::hash::Hash;
use std::net::IpAddr;

use foldhash::fast::RandomState;
use hashbrown::HashMap;

use super::super::change::{Change, DiffOptions, Operation, diff_of};
use super::super::{
    Address, AnyChange, Family, FdbEntry, Kind, Link, MplsLabel, Neighbor, NextHop, Object, Route, Rule,
};

/// A kind that the kernel tells the changes of.
pub trait Watched: Object {
    /// Within a group a message may replace another object than the one with its key.
    #[doc(hidden)]
    type Group: Clone + Eq + Hash + std::fmt::Debug;

    #[doc(hidden)]
    fn group(&self) -> Self::Group;

    #[doc(hidden)]
    fn store(stores: &Stores) -> &Store<Self>;

    #[doc(hidden)]
    fn store_mut(stores: &mut Stores) -> &mut Store<Self>;

    #[doc(hidden)]
    fn wrap(change: Change<Self>) -> AnyChange;

    /// Whether only a dump tells what a message about this object did to others of its group.
    #[doc(hidden)]
    fn is_unclear(&self, others: &[Self], replaced: bool) -> bool;

    /// Whether a dump that has both was taken while things changed: of one kernel object, it shows two states.
    #[doc(hidden)]
    fn is_double(&self, other: &Self) -> bool;
}

/// What became of a message.
#[derive(Debug)]
pub(super) enum Applied<T: Object> {
    /// Nothing that counts.
    Nothing,
    /// One object changed.
    Change(Change<T>),
    /// Only a dump can tell.
    Unclear,
}

/// The objects of one kind.
#[derive(Debug)]
pub struct Store<T: Watched>(HashMap<T::Group, Vec<T>, RandomState>);

impl<T: Watched> Default for Store<T> {
    fn default() -> Self {
        Self(HashMap::default())
    }
}

impl<T: Watched> Store<T> {
    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.values().flatten()
    }

    /// Takes in an object that the kernel says is new or changed; `replaced` when it took the place of another.
    pub(super) fn upsert(&mut self, new: T, replaced: bool) -> Applied<T> {
        let others = self.0.entry(new.group()).or_insert_with(|| Vec::with_capacity(1));
        if new.is_unclear(others, replaced) {
            return Applied::Unclear;
        }
        let key = new.key();
        let place = others.iter().position(|other| other.key() == key).or(if replaced { Some(0) } else { None });
        let Some(other) = place.and_then(|place| others.get_mut(place)) else {
            others.push(new.clone());
            return Applied::Change(Change::added(new));
        };
        let changed = DiffOptions::default().differing(other, &new);
        let old = std::mem::replace(other, new.clone());
        if changed.is_empty() { Applied::Nothing } else { Applied::Change(Change::changed(old, new, changed)) }
    }

    /// Lets go of an object that the kernel says is gone.
    pub(super) fn remove(&mut self, gone: &T) -> Applied<T> {
        let (group, key) = (gone.group(), gone.key());
        let Some(others) = self.0.get_mut(&group) else { return Applied::Nothing };
        let is_it = |other: &T| DiffOptions::default().differing(other, gone).is_empty();
        let place = match others.iter().position(is_it) {
            None if gone.is_unclear(others, false) => return Applied::Unclear,
            None => others.iter().position(|other| other.key() == key),
            place => place,
        };
        let Some(place) = place else { return Applied::Unclear };
        let old = others.swap_remove(place);
        if others.is_empty() {
            self.0.remove(&group);
        }
        Applied::Change(Change::removed(old))
    }

    /// Takes in a whole dump, and tells what differs: removals first, each by the order of the keys.
    pub(super) fn replace(&mut self, items: Vec<T>) -> Vec<Change<T>> {
        let mut new = Self::default();
        for item in items {
            let others = new.0.entry(item.group()).or_insert_with(|| Vec::with_capacity(1));
            match others.iter_mut().find(|other| item.is_double(other)) {
                Some(other) => *other = item,
                None => others.push(item),
            }
        }
        let mut changes = diff_of(self.iter(), new.iter(), &DiffOptions::default());
        changes.sort_by(|a, b| {
            (a.op != Operation::Removed).cmp(&(b.op != Operation::Removed)).then_with(|| a.key.cmp(&b.key))
        });
        *self = new;
        changes
    }
}

macro_rules! watched {
    ($($variant:ident($type:ident) in $field:ident { $group:ty = $of:expr; $unclear:expr; $double:expr })*) => {
        /// All objects that a watch knows of.
        #[derive(Debug, Default)]
        pub struct Stores {
            $($field: Store<$type>,)*
        }

        /// A dump of one kind.
        #[derive(Debug)]
        #[doc(hidden)]
        pub enum Dump {
            $(
                #[allow(missing_docs)]
                $variant(Vec<$type>),
            )*
        }

        $(
            impl Watched for $type {
                type Group = $group;

                fn group(&self) -> Self::Group {
                    $of(self)
                }

                fn store(stores: &Stores) -> &Store<Self> {
                    &stores.$field
                }

                fn store_mut(stores: &mut Stores) -> &mut Store<Self> {
                    &mut stores.$field
                }

                fn wrap(change: Change<Self>) -> AnyChange {
                    change.into()
                }

                fn is_unclear(&self, others: &[Self], replaced: bool) -> bool {
                    $unclear(self, others, replaced)
                }

                fn is_double(&self, other: &Self) -> bool {
                    $double(self, other)
                }
            }
        )*

        impl Dump {
            pub(super) fn kind(&self) -> Kind {
                match self { $(Self::$variant(_) => <$type as Object>::KIND,)* }
            }
        }

        impl Stores {
            pub(super) fn replace(&mut self, dump: Dump) -> Vec<AnyChange> {
                match dump {
                    $(Dump::$variant(items) => {
                        self.$field.replace(items).into_iter().map(AnyChange::from).collect()
                    })*
                }
            }
        }
    };
}

watched! {
    Link(Link) in links { u32 = Link::key; never; same_key }
    Address(Address) in addresses { <Address as Object>::Key = Address::key; never; same_key }
    Route(Route) in routes { RouteGroup = RouteGroup::of; route_is_unclear; PartialEq::eq }
    NextHop(NextHop) in next_hops { u32 = NextHop::key; never; same_key }
    // The kernel takes a rule twice when asked to.
    Rule(Rule) in rules { <Rule as Object>::Key = Rule::key; |_: &_, others: &[_], _| !others.is_empty(); |_: &_, _: &_| false }
    Neighbor(Neighbor) in neighbors { <Neighbor as Object>::Key = Neighbor::key; never; same_key }
    FdbEntry(FdbEntry) in fdb { <FdbEntry as Object>::Key = FdbEntry::key; never; same_key }
}

fn never<T>(_: &T, _: &[T], _: bool) -> bool {
    false
}

fn same_key<T: Object>(one: &T, other: &T) -> bool {
    one.key() == other.key()
}

/// Routes that differ in their next hops alone.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[doc(hidden)]
pub struct RouteGroup {
    family: Family,
    table: u32,
    dst: (Option<IpAddr>, u8),
    src: (Option<IpAddr>, u8),
    label: Option<MplsLabel>,
    tos: u8,
    priority: u32,
}

impl RouteGroup {
    fn of(route: &Route) -> Self {
        Self {
            family: route.family,
            table: route.table,
            dst: (route.dst, route.dst_len),
            src: (route.src, route.src_len),
            label: route.label,
            tos: route.tos,
            priority: route.priority.unwrap_or_default(),
        }
    }
}

/// IPv6 tells of each next hop by itself, of all of a route together, or beginning with any of them; IPv4 may have two
/// routes that differ in less than the key, and replaces the first of several. What is there then can only be asked.
fn route_is_unclear(route: &Route, others: &[Route], replaced: bool) -> bool {
    let is_it = |other: &Route| DiffOptions::default().differing(other, route).is_empty();
    match others {
        [] => false,
        _ if others.iter().any(is_it) => false,
        [_] if replaced => route.family == Family::INET6,
        _ => replaced || route.family == Family::INET6 || others.iter().any(|other| other.key() == route.key()),
    }
}

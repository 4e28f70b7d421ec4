//! What differs between two lists of objects: one algorithm for two snapshots, for a watch that lost its place, and for
//! removals that the kernel does not tell.

use std::hash::Hash;

use foldhash::fast::RandomState;
use hashbrown::HashMap;

use super::{Address, FdbEntry, Kind, Link, Neighbor, NextHop, NextHopBucket, Object, Qdisc, Route, Rule};
use super::{InetSocket, NetlinkDiagSocket, PacketSocket, UnixSocket};

/// One difference: an object that came, went, or has other fields than before.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(bound = "T: serde::Serialize, T::Key: serde::Serialize"))]
#[non_exhaustive]
pub struct Change<T: Object> {
    /// What happened.
    pub op: Operation,
    /// What tells the object from others of its kind; the new object's where there is one.
    pub key: T::Key,
    /// The object before; `None` when it was added.
    pub old: Option<T>,
    /// The object after; `None` when it was removed.
    pub new: Option<T>,
    /// The names of the fields that differ, when it was changed.
    pub changed: Vec<&'static str>,
}

/// What happened to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Operation {
    /// It is new.
    Added,
    /// It was there before, with other fields.
    Changed,
    /// It is gone.
    Removed,
}

/// Which differences do not count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DiffOptions {
    /// Fields that may differ; `None` is those that move by themselves, such as counters and ages
    /// ([`Object::VOLATILE`]), and an empty list is none.
    pub ignore: Option<Vec<String>>,
}

impl DiffOptions {
    /// Every difference counts.
    #[must_use]
    pub fn everything() -> Self {
        Self { ignore: Some(Vec::new()) }
    }

    /// The fields that count and in which `new` differs.
    pub(super) fn differing<T: Object>(&self, old: &T, new: &T) -> Vec<&'static str> {
        let mut names = old.differing(new);
        match &self.ignore {
            Some(ignore) => names.retain(|name| !ignore.iter().any(|ignored| ignored == name)),
            None => names.retain(|name| !T::VOLATILE.contains(name) && !old.moved_by_itself(new, name)),
        }
        names
    }
}

impl<T: Object> Change<T> {
    pub(super) fn added(new: T) -> Self {
        Self { op: Operation::Added, key: new.key(), old: None, new: Some(new), changed: Vec::new() }
    }

    pub(super) fn removed(old: T) -> Self {
        Self { op: Operation::Removed, key: old.key(), old: Some(old), new: None, changed: Vec::new() }
    }

    pub(super) fn changed(old: T, new: T, changed: Vec<&'static str>) -> Self {
        Self { op: Operation::Changed, key: new.key(), old: Some(old), new: Some(new), changed }
    }

    /// The object as it is, or as it was before it went.
    #[must_use]
    pub fn object(&self) -> Option<&T> {
        self.new.as_ref().or(self.old.as_ref())
    }
}

/// Tells what must happen to `old` to make it `new`: first what went, then what came or differs in the order of `new`.
///
/// Objects are matched by their key in a time that grows with their number. Of several with one key, equal ones are
/// matched first, the rest in their order.
pub fn diff<T: Object>(old: &[T], new: &[T], options: &DiffOptions) -> Vec<Change<T>> {
    diff_of(old, new, options)
}

/// [`diff`] of objects wherever they are kept.
pub(super) fn diff_of<'a, T: Object>(
    old: impl IntoIterator<Item = &'a T>,
    new: impl IntoIterator<Item = &'a T>,
    options: &DiffOptions,
) -> Vec<Change<T>> {
    let old: Vec<&T> = old.into_iter().collect();
    let new: Vec<&T> = new.into_iter().collect();
    let mut places = Places::of(&old);
    let mut partners: Vec<Option<&T>> = vec![None; new.len()];
    // Equal objects first, so that one that stays is not taken for another with the same key that changed.
    for (object, partner) in new.iter().zip(&mut partners) {
        *partner = places.take(&object.key(), |candidate| options.differing(*candidate, *object).is_empty());
    }
    for (object, partner) in new.iter().zip(&mut partners).filter(|(_, partner)| partner.is_none()) {
        *partner = places.take(&object.key(), |_| true);
    }
    let mut changes: Vec<Change<T>> = places.left(&old).map(|object| Change::removed(object.clone())).collect();
    for (object, partner) in new.into_iter().zip(partners) {
        match partner {
            None => changes.push(Change::added(object.clone())),
            Some(partner) => {
                let changed = options.differing(partner, object);
                if !changed.is_empty() {
                    changes.push(Change::changed(partner.clone(), object.clone(), changed));
                }
            }
        }
    }
    changes
}

/// Objects by key, each to be taken once; of those with one key the last comes first.
struct Places<'a, T: Object>(HashMap<T::Key, Vec<&'a T>, RandomState>);

impl<'a, T: Object> Places<'a, T>
where
    T::Key: Eq + Hash,
{
    fn of(objects: &[&'a T]) -> Self {
        let mut places = HashMap::with_capacity_and_hasher(objects.len(), RandomState::default());
        for object in objects.iter().rev() {
            places.entry(object.key()).or_insert_with(|| Vec::with_capacity(1)).push(*object);
        }
        Self(places)
    }

    fn take(&mut self, key: &T::Key, wanted: impl Fn(&&'a T) -> bool) -> Option<&'a T> {
        let candidates = self.0.get_mut(key)?;
        let place = candidates.iter().rposition(wanted)?;
        Some(candidates.remove(place))
    }

    /// What was not taken, in the order of `objects`.
    fn left(mut self, objects: &[&'a T]) -> impl Iterator<Item = &'a T> {
        self.0.retain(|_, candidates| !candidates.is_empty());
        objects.iter().copied().filter(move |object| {
            self.0.get(&object.key()).is_some_and(|left| left.iter().any(|one| std::ptr::eq(*one, *object)))
        })
    }
}

macro_rules! any_change {
    ($($variant:ident($type:ty),)*) => {
        /// A difference in an object of any kind.
        #[derive(Clone, Debug, PartialEq)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize), serde(tag = "kind", rename_all = "snake_case"))]
        #[non_exhaustive]
        pub enum AnyChange {
            $(
                #[doc = concat!("Of [`", stringify!($type), "`].")]
                $variant(Box<Change<$type>>),
            )*
        }

        impl AnyChange {
            /// What happened.
            #[must_use]
            pub fn op(&self) -> Operation {
                match self { $(Self::$variant(change) => change.op,)* }
            }

            /// The kind of the object.
            #[must_use]
            pub fn kind(&self) -> Kind {
                match self { $(Self::$variant(_) => <$type as Object>::KIND,)* }
            }

            /// The names of the fields that differ, when it was changed.
            #[must_use]
            pub fn changed(&self) -> &[&'static str] {
                match self { $(Self::$variant(change) => &change.changed,)* }
            }
        }

        $(impl From<Change<$type>> for AnyChange {
            fn from(change: Change<$type>) -> Self {
                Self::$variant(Box::new(change))
            }
        })*
    };
}

any_change! {
    Link(Link),
    Address(Address),
    Route(Route),
    NextHop(NextHop),
    NextHopBucket(NextHopBucket),
    Rule(Rule),
    Neighbor(Neighbor),
    FdbEntry(FdbEntry),
    Qdisc(Qdisc),
    InetSocket(InetSocket),
    UnixSocket(UnixSocket),
    PacketSocket(PacketSocket),
    NetlinkSocket(NetlinkDiagSocket),
}

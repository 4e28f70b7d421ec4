//! What differs between two listings of the same kind.

use std::fmt;

use foldhash::fast::RandomState;
use hashbrown::HashMap;

use super::object::Object;

/// What became of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum ChangeOp {
    /// It is new.
    Added,
    /// Some of its fields are others.
    Changed,
    /// It is gone.
    Removed,
}

impl ChangeOp {
    /// The word: `added`, `changed`, `removed`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Changed => "changed",
            Self::Removed => "removed",
        }
    }
}

impl fmt::Display for ChangeOp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How one object differs from what it was.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize),
    serde(bound(serialize = "T: serde::Serialize, T::Key: serde::Serialize"))
)]
#[non_exhaustive]
pub struct Change<T: Object> {
    /// What became of it.
    pub op: ChangeOp,
    /// What tells it from others.
    pub key: T::Key,
    /// What it was; `None` when it was added.
    pub old: Option<T>,
    /// What it is; `None` when it was removed.
    pub new: Option<T>,
    /// The fields that differ and count, when it changed.
    pub changed: Vec<&'static str>,
}

impl<T: Object> Change<T> {
    pub(super) fn added(new: T) -> Self {
        Self { op: ChangeOp::Added, key: new.key(), old: None, new: Some(new), changed: Vec::new() }
    }

    pub(super) fn removed(old: T) -> Self {
        Self { op: ChangeOp::Removed, key: old.key(), old: Some(old), new: None, changed: Vec::new() }
    }

    /// `None` when nothing differs but fields in `ignore`.
    pub(super) fn between(old: &T, new: &T, ignore: &[&str]) -> Option<Self> {
        let changed = differing(old, new, ignore)?;
        Some(Self { op: ChangeOp::Changed, key: new.key(), old: Some(old.clone()), new: Some(new.clone()), changed })
    }

    /// What the object is or, if it is gone, was.
    #[must_use]
    pub fn object(&self) -> Option<&T> {
        self.new.as_ref().or(self.old.as_ref())
    }
}

/// The fields that differ, but for those that are in `ignore` and, if that has any, what moves by itself within others;
/// `None` if there are none.
pub(super) fn differing<T: Object>(old: &T, new: &T, ignore: &[&str]) -> Option<Vec<&'static str>> {
    let counting = |old: &T, new: &T| {
        let mut names = old.differing(new);
        names.retain(|name| !ignore.contains(name));
        names
    };
    let mut names = counting(old, new);
    if !names.is_empty() && !ignore.is_empty() {
        let (mut a, mut b) = (old.clone(), new.clone());
        if a.settle() && b.settle() {
            names = counting(&a, &b);
        }
    }
    (!names.is_empty()).then_some(names)
}

/// Which differences count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DiffOptions {
    /// Fields that do not count: by default counters and ages, [`Object::VOLATILE`].
    pub ignore: Option<Vec<&'static str>>,
}

impl DiffOptions {
    /// Ignores these fields, and no others: none at all makes every difference count.
    #[must_use]
    pub fn ignoring(fields: impl Into<Vec<&'static str>>) -> Self {
        Self { ignore: Some(fields.into()) }
    }

    /// The fields of `T` that do not count.
    fn ignored<T: Object>(&self) -> &[&'static str] {
        self.ignore.as_deref().unwrap_or(T::VOLATILE)
    }
}

/// What must happen to `old` for it to be `new`: first what is removed, in the order of `old`, then what is changed and
/// added, in that of `new`. Takes time in proportion to their sum.
///
/// Of several objects with the same key, those are compared that are most alike.
#[must_use]
pub fn diff<T: Object>(old: &[T], new: &[T], options: &DiffOptions) -> Vec<Change<T>> {
    let ignore = options.ignored::<T>();
    let (heads, next) = chains(old);
    let (new_heads, new_next) = chains(new);
    let mut was = vec![None; new.len()];
    let mut met = vec![false; old.len()];
    for (key, first) in &new_heads {
        let Some(head) = heads.get(key) else { continue };
        let olds: Vec<usize> = chain(*head, &next).collect();
        let news: Vec<usize> = chain(*first, &new_next).collect();
        for (place, pair) in news.iter().zip(pair(&at(old, &olds), &at(new, &news))) {
            let Some(before) = pair.and_then(|pair| olds.get(pair)) else { continue };
            if let (Some(was), Some(met)) = (was.get_mut(*place), met.get_mut(*before)) {
                (*was, *met) = (Some(*before), true);
            }
        }
    }
    let gone = old.iter().zip(&met).filter(|(_, met)| !**met);
    let mut changes: Vec<_> = gone.map(|(item, _)| Change::removed(item.clone())).collect();
    for (item, was) in new.iter().zip(was) {
        match was.and_then(|place| old.get(place)) {
            Some(was) => changes.extend(Change::between(was, item, ignore)),
            None => changes.push(Change::added(item.clone())),
        }
    }
    changes
}

/// The first object with each key, and from each object the next one with its key.
fn chains<T: Object>(items: &[T]) -> (HashMap<T::Key, usize, RandomState>, Vec<Option<usize>>) {
    let mut heads = HashMap::with_capacity_and_hasher(items.len(), RandomState::default());
    let mut next = vec![None; items.len()];
    for (place, (item, next)) in items.iter().zip(&mut next).enumerate().rev() {
        *next = heads.insert(item.key(), place);
    }
    (heads, next)
}

fn at<'a, T>(items: &'a [T], places: &[usize]) -> Vec<&'a T> {
    places.iter().filter_map(|place| items.get(*place)).collect()
}

fn chain(first: usize, next: &[Option<usize>]) -> impl Iterator<Item = usize> {
    std::iter::successors(Some(first), |place| next.get(*place).copied().flatten())
}

/// Which of `old` each of `new` was, all of which have the same key: first those that are equal, last those that are least
/// alike. Very many are taken in order.
pub(super) fn pair<T: Object>(old: &[&T], new: &[&T]) -> Vec<Option<usize>> {
    let pairs = old.len().saturating_mul(new.len());
    if pairs <= 1 || pairs > MOST_PAIRS {
        return (0..new.len()).map(|place| (place < old.len()).then_some(place)).collect();
    }
    let mut likeness: Vec<(usize, usize, usize)> = Vec::new();
    for (place, item) in new.iter().enumerate() {
        likeness.extend(old.iter().enumerate().map(|(before, was)| (was.differing(item).len(), place, before)));
    }
    likeness.sort_unstable();
    let mut pairs = vec![None; new.len()];
    let mut taken = vec![false; old.len()];
    for (_, place, before) in likeness {
        if let (Some(pair @ None), Some(taken @ false)) = (pairs.get_mut(place), taken.get_mut(before)) {
            (*pair, *taken) = (Some(before), true);
        }
    }
    pairs
}

const MOST_PAIRS: usize = 4096;

//! The state of one kind, kept true by events and listings.

use std::collections::BTreeMap;

use super::super::change::{Change, differing, pair};
use super::super::object::Object;
use super::Watched;

/// Objects in the order of their keys. Several with the same key, as the kernel allows for routes, are numbered.
#[derive(Clone, Debug)]
pub struct Table<T: Object>(BTreeMap<(T::Key, u32), T>);

/// What came of an event.
#[derive(Debug)]
pub struct Effect<T: Object> {
    pub(super) changes: Vec<Change<T>>,
    /// The event does not say for certain what the kernel now has: it must be listed.
    pub(super) doubtful: bool,
}

impl<T: Object> Default for Table<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<T: Object> Effect<T> {
    pub(super) fn of(changes: impl IntoIterator<Item = Change<T>>, doubtful: bool) -> Self {
        Self { changes: changes.into_iter().collect(), doubtful }
    }
}

impl<T: Watched> Table<T> {
    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = &T> {
        self.0.values()
    }

    pub(super) fn get(&self, key: &T::Key) -> Option<&T> {
        self.with_key(key).next()
    }

    pub(super) fn with_key(&self, key: &T::Key) -> impl Iterator<Item = &T> {
        self.0.range((key.clone(), 0)..=(key.clone(), u32::MAX)).map(|(_, item)| item)
    }

    /// Objects from the first whose key is `least` or more.
    pub(super) fn from(&self, least: T::Key) -> impl Iterator<Item = &T> {
        self.0.range((least, 0)..).map(|(_, item)| item)
    }

    /// Puts `item` in the place of the one with its key.
    pub(super) fn set(&mut self, item: T) -> Option<Change<T>> {
        let key = (item.key(), 0);
        let change = match self.0.get(&key) {
            Some(old) => Change::between(old, &item, T::VOLATILE),
            None => Some(Change::added(item.clone())),
        };
        self.0.insert(key, item);
        change
    }

    /// Adds `item` beside any that has its key.
    pub(super) fn add(&mut self, item: T) -> Option<Change<T>> {
        let key = item.key();
        let number = self.with_key(&key).count() as u32;
        let change = Change::added(item.clone());
        self.0.insert((key, number), item);
        Some(change)
    }

    /// Removes one of those with the key of `item`, the equal one if there is.
    pub(super) fn take(&mut self, item: &T) -> Option<Change<T>> {
        let key = item.key();
        let place = self.with_key(&key).position(|old| differing(old, item, T::VOLATILE).is_none()).unwrap_or_default();
        let last = (self.with_key(&key).count() as u32).checked_sub(1)?;
        let moved = self.0.remove(&(key.clone(), last))?;
        let old = match u32::try_from(place) {
            Ok(place) if place < last => self.0.insert((key, place), moved)?,
            _ => moved,
        };
        Some(Change::removed(old))
    }

    /// Puts what was listed in the place of all; with `keep`, what was not listed stays. What the kernel listed twice,
    /// as it does when objects come and go meanwhile, is there once.
    pub(super) fn replace(&mut self, items: Vec<T>, keep: bool) -> Vec<Change<T>> {
        let mut listed: BTreeMap<T::Key, Vec<T>> = BTreeMap::new();
        for item in items {
            let alike = listed.entry(item.key()).or_default();
            match alike.iter_mut().find(|old| item.is_again(old)) {
                Some(old) => *old = item,
                None => alike.push(item),
            }
        }
        let gone = self.0.iter().filter(|((key, _), _)| !keep && !listed.contains_key(key));
        let mut removed: Vec<_> = gone.map(|(_, old)| Change::removed(old.clone())).collect();
        let mut changes = Vec::new();
        let mut new = BTreeMap::new();
        for (key, mut items) in listed {
            let olds: Vec<&T> = self.with_key(&key).collect();
            let mut left = vec![true; olds.len()];
            for (item, was) in items.iter().zip(pair(&olds, &items.iter().collect::<Vec<_>>())) {
                match was.and_then(|was| Some((*olds.get(was)?, left.get_mut(was)?))) {
                    Some((old, left)) => {
                        *left = false;
                        changes.extend(Change::between(old, item, T::VOLATILE));
                    }
                    None => changes.push(Change::added(item.clone())),
                }
            }
            let left = olds.iter().zip(left).filter(|(_, left)| *left).map(|(old, _)| (*old).clone());
            if keep {
                items.extend(left);
            } else {
                removed.extend(left.map(Change::removed));
            }
            new.extend((0..).zip(items).map(|(number, item)| ((key.clone(), number), item)));
        }
        if keep {
            self.0.append(&mut new);
        } else {
            self.0 = new;
        }
        removed.append(&mut changes);
        removed
    }

    pub(super) fn apply(&mut self, item: T, is_new: bool, replaces: bool) -> Effect<T> {
        if is_new { T::upsert(self, item, replaces) } else { T::remove(self, &item) }
    }
}

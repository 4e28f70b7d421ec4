//! What a dump gives: the objects, and how far they can be believed.

use std::time::SystemTime;

use super::ParseNote;
use crate::namespace::NamespaceId;

/// The answer to a dump: objects of one kind, of one namespace, at one time.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Listing<T> {
    /// The objects, in the kernel's order.
    pub items: Vec<T>,
    /// What the kernel promises about a dump of this kind.
    pub consistency: Consistency,
    /// Whether even the last attempt was interrupted by a change, so that objects may be missing or doubled.
    pub interrupted: bool,
    /// How many times the dump was begun again because a change interrupted it.
    pub retries: u32,
    /// Messages that could not be read as an object at all. What is wrong within an object is in its own notes.
    pub notes: Vec<ParseNote>,
    /// What was asked for and this kernel does not tell of, so that there may be more: `sctp`, `unix_diag`.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Vec::is_empty"))]
    pub unsupported: Vec<&'static str>,
    /// Where the objects are.
    pub namespace: NamespaceId,
    /// When the last attempt began, by the system's clock.
    #[cfg_attr(feature = "serde", serde(serialize_with = "super::json::serialize_time"))]
    pub taken_at: SystemTime,
}

/// What the kernel promises about a dump.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Consistency {
    /// The objects are of one instant.
    Atomic,
    /// The kernel marks the dump when a change interrupted it; see [`Listing::interrupted`].
    Checked,
    /// Changes during the dump go unmarked.
    BestEffort,
}

impl<T> Listing<T> {
    /// The same listing of what `change` makes of the objects.
    pub fn map<U>(self, change: impl FnOnce(Vec<T>) -> Vec<U>) -> Listing<U> {
        let Self { items, consistency, interrupted, retries, notes, unsupported, namespace, taken_at } = self;
        Listing { items: change(items), consistency, interrupted, retries, notes, unsupported, namespace, taken_at }
    }

    /// Borrows the objects in order.
    pub fn iter(&self) -> std::slice::Iter<'_, T> {
        self.items.iter()
    }
}

impl<T> IntoIterator for Listing<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.into_iter()
    }
}

impl<'a, T> IntoIterator for &'a Listing<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

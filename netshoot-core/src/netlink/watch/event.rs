//! What a watch tells.

use std::fmt;
use std::time::{Duration, SystemTime};

use super::super::object::Kind;
use super::super::snapshot::AnyChange;
use crate::namespace::NamespaceId;

/// One thing that a watch tells.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Event {
    /// Its number, from 1 without gaps.
    pub seq: u64,
    /// When it was read, by the clock that never jumps (`CLOCK_MONOTONIC`).
    #[cfg_attr(
        feature = "serde",
        serde(rename = "monotonic_ns", serialize_with = "super::super::json::serialize_nanos")
    )]
    pub monotonic: Duration,
    /// When it was read, by the system's clock.
    #[cfg_attr(feature = "serde", serde(serialize_with = "super::super::json::serialize_time"))]
    pub wall: SystemTime,
    /// The namespace that it is about.
    pub namespace: NamespaceId,
    /// How it is known.
    pub source: Source,
    /// What it says.
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub what: EventKind,
}

/// What an event says.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(tag = "event", rename_all = "snake_case"))]
#[non_exhaustive]
pub enum EventKind {
    /// An object came, changed or went.
    Change(AnyChange),
    /// Changes were lost. What is told until [`ResyncEnd`](Self::ResyncEnd) is the difference between what was there
    /// before the loss and what is there after it; what came and went in between is not known.
    ResyncBegin {
        /// Why.
        reason: LostReason,
    },
    /// The state is true again.
    ResyncEnd {
        /// How long it was not.
        #[cfg_attr(
            feature = "serde",
            serde(rename = "gap_ns", serialize_with = "super::super::json::serialize_nanos")
        )]
        gap: Duration,
    },
    /// What may have changed without a word, or was lost, could not be listed. The state may not be true of these kinds
    /// until they are, which is tried again ever more slowly.
    ListingFailed {
        /// The kinds.
        kinds: Vec<Kind>,
        /// Why, in a sentence.
        error: String,
    },
}

/// How a change is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Source {
    /// The kernel told it.
    Event,
    /// By comparison, after changes were lost.
    Resync,
    /// By comparison, as the kernel does not tell it: what another change, such as that of a link, brought with it.
    Inferred,
}

/// Why changes were lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum LostReason {
    /// The watch has just begun.
    Start,
    /// More came than the receive buffer had room for (`ENOBUFS`).
    Overrun,
    /// A message was larger than the room for one.
    Truncated,
    /// A message could not be read.
    Malformed,
}

impl LostReason {
    /// The word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Overrun => "overrun",
            Self::Truncated => "truncated",
            Self::Malformed => "malformed",
        }
    }
}

impl fmt::Display for LostReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

//! Everything that the kernel tells of a namespace at one time, as a value.
//!
//! What could not be asked does not fail the rest: each kind has its objects, or says why not and which capability is
//! missing. The kinds are asked one after the other; only within a kind does the kernel promise anything (see
//! [`Listing::consistency`]).

use std::time::SystemTime;

use super::change::{AnyChange, Change, DiffOptions, diff};
use super::counters::Counters;
use super::{
    Address, FdbEntry, InetSocket, Kind, Link, Listing, Neighbor, Netlink, NetlinkDiagSocket, NextHop, NextHopBucket,
    Object, PacketSocket, Qdisc, Route, Rule, UnixSocket,
};
use crate::error::{Error, ErrorKind};
use crate::namespace::NamespaceId;

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SnapshotOptions {
    /// Objects of these kinds; all at first.
    pub kinds: Vec<Kind>,
    /// The counters.
    pub counters: bool,
}

impl SnapshotOptions {
    /// These kinds alone, without counters.
    #[must_use]
    pub fn kinds(kinds: &[Kind]) -> Self {
        Self { kinds: kinds.to_vec(), counters: false }
    }
}

impl Default for SnapshotOptions {
    fn default() -> Self {
        Self { kinds: Kind::ALL.to_vec(), counters: true }
    }
}

/// What was asked, and the answer.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
pub enum Asked<T> {
    /// The answer.
    Known(T),
    /// There is none.
    Unknown(Missing),
    /// Not asked.
    NotAsked,
}

/// Why something could not be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Missing {
    /// The class of the error.
    #[cfg_attr(feature = "serde", serde(serialize_with = "as_text"))]
    pub kind: ErrorKind,
    /// The error, with its hint.
    pub error: String,
    /// The capability that is needed, where it is one that is missing.
    pub capability: Option<String>,
}

impl<T> Asked<T> {
    /// The answer, if there is one.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(answer) => Some(answer),
            _ => None,
        }
    }

    /// Why there is none, if it was asked.
    pub fn missing(&self) -> Option<&Missing> {
        match self {
            Self::Unknown(missing) => Some(missing),
            _ => None,
        }
    }
}

impl From<&Error> for Missing {
    fn from(error: &Error) -> Self {
        let words =
            error.hint().unwrap_or_default().split(|letter: char| !letter.is_ascii_uppercase() && letter != '_');
        let capability = words.into_iter().find(|word| word.starts_with("CAP_")).map(str::to_owned);
        Self { kind: error.kind(), error: error.to_string(), capability }
    }
}

macro_rules! snapshot {
    ($($(#[$doc:meta])* $field:ident: $type:ident,)*) => {
        /// What the kernel tells of a namespace at one time.
        #[derive(Clone, Debug)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize))]
        #[non_exhaustive]
        pub struct Snapshot {
            /// Of what form the JSON is: grows when a key goes or changes its meaning.
            pub schema_version: u32,
            /// Where.
            pub namespace: NamespaceId,
            /// When asking began, by the system's clock.
            pub taken_at: SystemTime,
            $($(#[$doc])* pub $field: Asked<Listing<$type>>,)*
            /// The counters.
            pub counters: Asked<Counters>,
        }

        impl Netlink {
            /// Asks for everything that `options` want.
            ///
            /// This cannot fail: what could not be asked says so, each for itself.
            #[must_use]
            pub fn snapshot(&self, options: &SnapshotOptions) -> Snapshot {
                Snapshot {
                    schema_version: SCHEMA_VERSION,
                    namespace: self.namespace.id(),
                    taken_at: SystemTime::now(),
                    $($field: self.ask_for::<$type>(options),)*
                    counters: if options.counters { asked(self.counters()) } else { Asked::NotAsked },
                }
            }
        }

        impl Snapshot {
            /// Tells what must happen to `old` to make it `new`, for each kind that both know.
            ///
            /// Counters have a [`delta`](Counters::delta) of their own.
            #[must_use]
            pub fn diff(old: &Self, new: &Self, options: &DiffOptions) -> Vec<AnyChange> {
                let mut changes = Vec::new();
                $(compare(&old.$field, &new.$field, options, &mut changes);)*
                changes
            }

            /// What could not be asked, with why not.
            #[must_use]
            pub fn missing(&self) -> Vec<(&'static str, &Missing)> {
                let mut missing = Vec::new();
                $(missing.extend(self.$field.missing().map(|why| (stringify!($field), why)));)*
                missing.extend(self.counters.missing().map(|why| ("counters", why)));
                missing
            }
        }
    };
}

snapshot! {
    /// Links.
    links: Link,
    /// Addresses.
    addresses: Address,
    /// Routes.
    routes: Route,
    /// Rules of policy routing.
    rules: Rule,
    /// Neighbours and proxies.
    neighbors: Neighbor,
    /// Forwarding entries.
    fdb: FdbEntry,
    /// Next hop objects.
    next_hops: NextHop,
    /// Buckets of resilient groups of next hops.
    next_hop_buckets: NextHopBucket,
    /// Queueing disciplines.
    qdiscs: Qdisc,
    /// TCP, UDP and raw sockets.
    inet_sockets: InetSocket,
    /// Unix sockets.
    unix_sockets: UnixSocket,
    /// Packet sockets.
    packet_sockets: PacketSocket,
    /// Netlink sockets.
    netlink_sockets: NetlinkDiagSocket,
}

impl Netlink {
    fn ask_for<T: Object>(&self, options: &SnapshotOptions) -> Asked<Listing<T>> {
        if options.kinds.contains(&T::KIND) { asked(self.list(&T::Filter::default())) } else { Asked::NotAsked }
    }
}

fn asked<T>(answer: Result<T, Error>) -> Asked<T> {
    match answer {
        Ok(answer) => Asked::Known(answer),
        Err(error) => Asked::Unknown(Missing::from(&error)),
    }
}

fn compare<T: Object>(
    old: &Asked<Listing<T>>,
    new: &Asked<Listing<T>>,
    options: &DiffOptions,
    changes: &mut Vec<AnyChange>,
) where
    AnyChange: From<Change<T>>,
{
    if let (Some(old), Some(new)) = (old.known(), new.known()) {
        changes.extend(diff(&old.items, &new.items, options).into_iter().map(AnyChange::from));
    }
}

#[cfg(feature = "serde")]
fn as_text<S: serde::Serializer>(kind: &ErrorKind, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(kind)
}

const SCHEMA_VERSION: u32 = 1;

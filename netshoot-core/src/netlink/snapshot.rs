//! All that the kernel lists of a namespace, as one value that can be compared.

use std::time::SystemTime;

use super::counters::Counters;
use super::object::{Kind, Object};
use super::{
    Address, Change, ChangeOp, DiffOptions, FdbEntry, Link, Listing, Neighbor, Netlink, NextHop, Route, Rule, diff,
};
use super::{InetSocket, NetlinkDiagSocket, NextHopBucket, PacketSocket, Qdisc, UnixSocket, WatchOptions};
use crate::error::{Error, ErrorKind, Result};
use crate::namespace::NamespaceId;

macro_rules! snapshot {
    ($($(#[$doc:meta])* $field:ident: $variant:ident($type:ident),)*) => {
        /// The objects of a namespace, of the kinds that were asked for.
        ///
        /// One kind is listed after the other: what changes meanwhile may be in the later and not in the earlier ones.
        #[derive(Clone, Debug)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize))]
        #[non_exhaustive]
        pub struct Snapshot {
            /// Version of this form.
            pub schema_version: u32,
            /// Whose objects they are.
            pub namespace: NamespaceId,
            /// When the first listing began, by the system's clock.
            #[cfg_attr(feature = "serde", serde(serialize_with = "super::json::serialize_time"))]
            pub taken_at: SystemTime,
            $($(#[$doc])* pub $field: Asked<Listing<$type>>,)*
            /// The counters, which have a [`delta`](Counters::delta) of their own.
            pub counters: Asked<Counters>,
        }

        /// How one object of any kind differs from what it was.
        #[derive(Clone, Debug, PartialEq)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize), serde(tag = "kind", rename_all = "snake_case"))]
        #[non_exhaustive]
        pub enum AnyChange {
            $($(#[$doc])* $variant(Box<Change<$type>>),)*
        }

        $(impl From<Change<$type>> for AnyChange {
            fn from(change: Change<$type>) -> Self {
                Self::$variant(Box::new(change))
            }
        })*

        impl AnyChange {
            /// The kind of the object.
            #[must_use]
            pub const fn kind(&self) -> Kind {
                match self { $(Self::$variant(_) => $type::KIND,)* }
            }

            /// What became of it.
            #[must_use]
            pub const fn op(&self) -> ChangeOp {
                match self { $(Self::$variant(change) => change.op,)* }
            }

            /// What tells the object from others of its kind, as JSON.
            #[cfg(feature = "serde")]
            #[must_use]
            pub fn key_json(&self) -> String {
                match self { $(Self::$variant(change) => super::json::value(&change.key),)* }
            }

            /// The fields that differ and count, when it changed.
            #[must_use]
            pub fn changed(&self) -> &[&'static str] {
                match self { $(Self::$variant(change) => &change.changed,)* }
            }
        }

        impl Snapshot {
            /// The kinds that a snapshot may hold.
            pub const KINDS: &'static [Kind] = &[$($type::KIND),*];

            /// The kinds that could not be listed, and why.
            pub fn failed(&self) -> impl Iterator<Item = (Kind, &Unanswered)> {
                [$(($type::KIND, self.$field.unanswered()),)*]
                    .into_iter()
                    .filter_map(|(kind, why)| Some((kind, why?)))
            }

            /// What must happen to `old` for it to be `new`. Only what both have is compared: see
            /// [`uncompared`](Self::uncompared).
            ///
            /// # Errors
            /// [`InvalidInput`](ErrorKind::InvalidInput) when they are of different namespaces, in which the same index
            /// or cookie is another object.
            pub fn diff(old: &Self, new: &Self, options: &DiffOptions) -> Result<Vec<AnyChange>> {
                same_namespace(old.namespace, new.namespace)?;
                let mut changes = Vec::new();
                $(if let (Asked::Known(old), Asked::Known(new)) = (&old.$field, &new.$field) {
                    changes.extend(diff(&old.items, &new.items, options).into_iter().map(AnyChange::from));
                })*
                Ok(changes)
            }

            /// The kinds that only one of two snapshots has, or that one of them could not list, and why.
            #[must_use]
            pub fn uncompared(old: &Self, new: &Self) -> Vec<(Kind, String)> {
                [$(($type::KIND, uncompared(&old.$field, &new.$field)),)*]
                    .into_iter()
                    .filter_map(|(kind, why)| Some((kind, why?)))
                    .collect()
            }
        }

        impl Netlink {
            /// Lists all that `options` ask for. What cannot be asked does not fail the rest.
            #[must_use]
            pub fn snapshot(&self, options: &SnapshotOptions) -> Snapshot {
                let mut snapshot = Snapshot {
                    schema_version: SCHEMA_VERSION,
                    namespace: self.namespace().id(),
                    taken_at: SystemTime::now(),
                    $($field: self.asked::<$type>(options),)*
                    counters: if options.counters { self.counters().into() } else { Asked::NotAsked },
                };
                if let Asked::Known(sockets) = &mut snapshot.netlink_sockets {
                    // Which come and go with the question.
                    sockets.items.retain(|socket| !self.holds(socket));
                }
                if let Asked::Known(links) = &mut snapshot.links {
                    self.name_namespaces(&mut links.items);
                }
                snapshot
            }
        }
    };
}

snapshot! {
    /// Links.
    links: Link(Link),
    /// Addresses.
    addresses: Address(Address),
    /// Routes of all tables.
    routes: Route(Route),
    /// Next hop objects.
    next_hops: NextHop(NextHop),
    /// Rules.
    rules: Rule(Rule),
    /// Neighbours and proxies.
    neighbors: Neighbor(Neighbor),
    /// Forwarding entries of bridges and tunnels.
    fdb: FdbEntry(FdbEntry),
    /// Buckets of resilient groups of next hops.
    next_hop_buckets: NextHopBucket(NextHopBucket),
    /// Queueing disciplines.
    qdiscs: Qdisc(Qdisc),
    /// TCP, UDP and raw sockets.
    inet_sockets: InetSocket(InetSocket),
    /// Unix sockets.
    unix_sockets: UnixSocket(UnixSocket),
    /// Packet sockets.
    packet_sockets: PacketSocket(PacketSocket),
    /// Netlink sockets, but for those of the handle that asked.
    netlink_sockets: NetlinkSocket(NetlinkDiagSocket),
}

/// What a snapshot is to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SnapshotOptions {
    /// The kinds: at first those that can be watched. Those that a snapshot cannot hold are passed over.
    pub kinds: Vec<Kind>,
    /// The counters; not at first.
    pub counters: bool,
}

impl SnapshotOptions {
    /// All that a snapshot can hold.
    #[must_use]
    pub fn everything() -> Self {
        Self { kinds: Snapshot::KINDS.to_vec(), counters: true }
    }
}

impl Default for SnapshotOptions {
    fn default() -> Self {
        Self { kinds: WatchOptions::default().kinds, counters: false }
    }
}

/// What came of a question.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Asked<T> {
    /// The answer.
    Known(T),
    /// There is none.
    Failed(Unanswered),
    /// The question was not put.
    NotAsked,
}

/// Why a question has no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Unanswered {
    /// The error, in a sentence.
    pub error: String,
    /// The capability that is missing, if the system refused a right and it is known to need that one.
    pub capability: Option<&'static str>,
}

impl<T> Asked<T> {
    /// The answer, where there is one.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(answer) => Some(answer),
            _ => None,
        }
    }

    /// Why there is no answer, where there is none.
    pub fn unanswered(&self) -> Option<&Unanswered> {
        match self {
            Self::Failed(why) => Some(why),
            _ => None,
        }
    }
}

impl<T> From<Result<T>> for Asked<T> {
    fn from(answer: Result<T>) -> Self {
        match answer {
            Ok(answer) => Self::Known(answer),
            Err(error) => Self::Failed(Unanswered { error: error.to_string(), capability: capability(&error) }),
        }
    }
}

/// The capability that the error's hint names: who refused a right, and knows which, says so there.
fn capability(error: &Error) -> Option<&'static str> {
    if error.kind() != ErrorKind::PermissionDenied {
        return None;
    }
    let named = |name: &&&str| error.hint().is_some_and(|hint| hint.contains(**name));
    CAPABILITIES.iter().find(named).copied()
}

impl Netlink {
    fn asked<T: Object>(&self, options: &SnapshotOptions) -> Asked<Listing<T>> {
        if !options.kinds.contains(&T::KIND) {
            return Asked::NotAsked;
        }
        self.list::<T>(&T::Filter::default()).into()
    }
}

/// Why there is nothing to compare, where something was asked for.
fn uncompared<T>(old: &Asked<T>, new: &Asked<T>) -> Option<String> {
    let failed = |which: &str, why: &Unanswered| Some(format!("the {which} could not be listed: {}", why.error));
    match (old, new) {
        (Asked::Failed(why), _) => failed("old", why),
        (_, Asked::Failed(why)) => failed("new", why),
        (Asked::Known(_), Asked::NotAsked) => Some("only the old were listed".to_owned()),
        (Asked::NotAsked, Asked::Known(_)) => Some("only the new were listed".to_owned()),
        (Asked::Known(_), Asked::Known(_)) | (Asked::NotAsked, Asked::NotAsked) => None,
    }
}

fn same_namespace(old: NamespaceId, new: NamespaceId) -> Result<()> {
    if old == new {
        return Ok(());
    }
    let detail = format!("they are of different namespaces, net:[{}] and net:[{}]", old.inode, new.inode);
    Err(Error::new(ErrorKind::InvalidInput, "compare snapshots").with_detail(detail))
}

const CAPABILITIES: &[&str] = &["CAP_NET_ADMIN", "CAP_SYS_ADMIN", "CAP_SYS_PTRACE", "CAP_NET_RAW"];
pub(super) const SCHEMA_VERSION: u32 = 1;

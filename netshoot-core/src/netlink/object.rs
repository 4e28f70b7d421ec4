//! What all kinds of object have in common, so that listing, comparing and watching are written once.

use std::fmt::{self, Debug};
use std::hash::Hash;
use std::str::FromStr;

use super::request::Request;
use super::{ByteString, Consistency, ParseNote};
use crate::error::{Error, ErrorKind};

/// The names of an object's fields, and which of them differ between two objects.
pub trait Fields {
    /// The names, in the order in which the structure has them.
    const FIELDS: &'static [&'static str];

    /// The names of the fields in which `other` differs.
    fn differing(&self, other: &Self) -> Vec<&'static str>;
}

/// A kind of object that the kernel lists: a link, an address, a route.
///
/// Implemented by this crate alone.
pub trait Object: Fields + Clone + Debug + PartialEq + Send + Sync + 'static {
    /// Which objects are wanted; the default is all of them.
    type Filter: Clone + Debug + Default + Send + Sync;
    /// What tells an object from all others of its kind in a namespace, also while its other fields change.
    type Key: Clone + Debug + Eq + Hash + Ord + Send + Sync;

    /// The kind.
    const KIND: Kind;
    /// What the kernel promises about a dump of this kind.
    const CONSISTENCY: Consistency;
    /// Fields that move by themselves, such as counters and ages.
    const VOLATILE: &'static [&'static str];

    /// Reads the payload of the message that describes one object.
    ///
    /// Whatever is wrong with an attribute is told in the object's `notes`; the rest of it is there.
    ///
    /// # Errors
    /// The note that says so, when the message is shorter than its fixed header.
    fn parse(payload: &[u8]) -> Result<Self, ParseNote>;

    /// Reads an answer, which alone may not say everything: `context` is of the question.
    #[doc(hidden)]
    fn parse_answer(_context: u16, payload: &[u8]) -> Result<Self, ParseNote> {
        Self::parse(payload)
    }

    /// What tells this object from others.
    fn key(&self) -> Self::Key;

    /// Sets what moves by itself within fields that else do not, such as a bridge's timers, to nothing, so that two can
    /// be compared; tells whether there can be such.
    fn settle(&mut self) -> bool {
        false
    }

    /// Whether `filter` wants this object. Kernels that know a filter apply it, too; all are checked here again.
    fn matches(&self, filter: &Self::Filter) -> bool;

    /// The questions that together list what `filter` wants.
    #[doc(hidden)]
    fn requests(filter: &Self::Filter) -> Vec<Request>;

    /// Whether the kernel says by this error that nothing is what `filter` wants.
    #[doc(hidden)]
    fn means_none(errno: i32, filter: &Self::Filter) -> bool {
        let _ = (errno, filter);
        false
    }

    /// What the kernel does not tell of, if that is why there is nothing; `context` is of the question.
    #[doc(hidden)]
    fn untold(_context: u16) -> Option<&'static str> {
        None
    }

    /// What helps when the kernel refuses what `filter` asks for.
    #[doc(hidden)]
    fn hint(kind: ErrorKind, filter: &Self::Filter) -> Option<&'static str> {
        let _ = (kind, filter);
        None
    }
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $plural:literal;)*) => {
        /// A kind of object.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Kind {
            $($(#[$doc])* $variant,)*
        }

        impl Kind {
            /// All kinds.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The name of one object, as it stands in JSON: `link`, `next_hop`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The name of several: `links`.
            #[must_use]
            pub const fn plural(self) -> &'static str {
                match self { $(Self::$variant => $plural,)* }
            }
        }
    };
}

kinds! {
    /// [`Link`](super::Link).
    Link = "link", "links";
    /// [`Address`](super::Address).
    Address = "address", "addresses";
    /// [`Route`](super::Route).
    Route = "route", "routes";
    /// [`NextHop`](super::NextHop).
    NextHop = "next_hop", "next hops";
    /// [`NextHopBucket`](super::NextHopBucket).
    NextHopBucket = "next_hop_bucket", "next hop buckets";
    /// [`Rule`](super::Rule).
    Rule = "rule", "rules";
    /// [`Neighbor`](super::Neighbor).
    Neighbor = "neighbor", "neighbors";
    /// [`FdbEntry`](super::FdbEntry).
    FdbEntry = "fdb_entry", "forwarding entries";
    /// [`Qdisc`](super::Qdisc).
    Qdisc = "qdisc", "queueing disciplines";
    /// [`InetSocket`](super::InetSocket).
    InetSocket = "inet_socket", "internet sockets";
    /// [`UnixSocket`](super::UnixSocket).
    UnixSocket = "unix_socket", "unix sockets";
    /// [`PacketSocket`](super::PacketSocket).
    PacketSocket = "packet_socket", "packet sockets";
    /// [`NetlinkDiagSocket`](super::NetlinkDiagSocket).
    NetlinkSocket = "netlink_socket", "netlink sockets";
}

impl FromStr for Kind {
    type Err = Error;

    /// The kind of this [`name`](Kind::name).
    fn from_str(name: &str) -> Result<Self, Error> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name).ok_or_else(|| {
            let names: Vec<_> = Self::ALL.iter().map(|kind| kind.name()).collect();
            Error::new(ErrorKind::InvalidInput, "read arguments")
                .with_detail(format!("kind \"{}\" is unknown", ByteString::from(name).shortened()))
                .with_hint(format!("one of {}", names.join(", ")))
        })
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Kind {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

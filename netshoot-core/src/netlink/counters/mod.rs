//! The kernel's network counters: what `nstat` shows, and what it leaves out.
//!
//! [`Netlink::counters`](super::Netlink::counters) reads `/proc/net/snmp`, `snmp6`, `netstat`, `sctp/snmp`, `sockstat`, `sockstat6`,
//! `softnet_stat` and `dev`, and the statistics of connection tracking, all of the handle's namespace and each in one
//! go. Nothing is needed for it but to be allowed into the namespace. A file that is not there, or may not be read, is
//! told in [`Counters::unavailable`]; a line that cannot be read in [`Counters::notes`].
//!
//! A snapshot is a value: [`Counters::delta`] compares it with an earlier one. [`explain`] says in one sentence what a
//! counter counts and what it means when it grows.
//!
//! The counters of one file are of one moment, nearly: the kernel adds up its processors one after the other.

mod conntrack;
mod delta;
mod dictionary;
mod parse;
mod read;

use std::fmt;
use std::time::{Instant, SystemTime};

pub use delta::{Change, Delta, Discontinuity};
pub use dictionary::{dictionary, explain};
pub use parse::{Note, Parsed, parse};

use crate::byte_string::ByteString;
use crate::error::ErrorKind;
use crate::namespace::NamespaceId;

/// The counters of a namespace at one time.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Counters {
    /// Source by source in the order of [`Source::ALL`], and within each in the kernel's order.
    pub counters: Vec<Counter>,
    /// Sources that could not be read: not there, as IPv6 may not be, or not to be read by this user.
    pub unavailable: Vec<Unavailable>,
    /// What could not be read within a source.
    pub notes: Vec<Note>,
    /// Whose counters they are, but for texts from elsewhere. Those of [`Source::Softnet`] are the whole host's.
    pub namespace: Option<NamespaceId>,
    /// When reading began, by the system's clock.
    #[cfg_attr(feature = "serde", serde(serialize_with = "super::json::serialize_time"))]
    pub taken_at: SystemTime,
    /// The same by a clock that is never set, but for texts from elsewhere.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub instant: Option<Instant>,
}

/// One counter or gauge.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Counter {
    /// Where it was read.
    pub source: Source,
    /// The kernel's word for the group: `Ip`, `TcpExt`, `Icmp6`; for a source without one `sockstat`, `softnet`, `dev`,
    /// `conntrack`.
    pub group: ByteString,
    /// Of what: the interface for `dev`, `cpu0` for `softnet` and `conntrack`, the protocol for `sockstat`.
    pub instance: Option<ByteString>,
    /// The kernel's word within the group: `InReceives`, `ListenOverflows`, `rx_bytes`.
    pub field: ByteString,
    /// The name that no other counter of the namespace has: `IpInReceives`, `TcpExtListenOverflows` as `nstat` has it;
    /// for a source that `nstat` does not read with dots, `dev.eth0.rx_bytes`, `softnet.cpu0.dropped`.
    pub name: ByteString,
    /// The value, by which kind it is.
    pub value: Value,
}

/// A value: a counter, which only grows, or a gauge, which moves both ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize),
    serde(tag = "kind", content = "value", rename_all = "snake_case")
)]
pub enum Value {
    /// How often since the namespace, or the device, was made.
    Counter(u64),
    /// How much at this time, or a setting; -1 may stand for no limit.
    Gauge(i64),
}

/// A source that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unavailable {
    /// The source.
    pub source: Source,
    /// [`NotFound`](ErrorKind::NotFound) when the kernel has no such thing,
    /// [`PermissionDenied`](ErrorKind::PermissionDenied) when a right is missing.
    pub kind: ErrorKind,
    /// The error, with its hint.
    pub text: String,
}

macro_rules! sources {
    ($($(#[$doc:meta])* $variant:ident = $name:literal $path:literal,)*) => {
        /// Where a counter is read.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
        #[non_exhaustive]
        pub enum Source {
            $($(#[$doc])* $variant,)*
        }

        impl Source {
            /// All sources, in the order in which they are read; those of `nstat` come first, and in its order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// A name: `snmp`, `softnet`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The file below `/proc/net`.
            #[must_use]
            pub const fn path(self) -> &'static str {
                match self { $(Self::$variant => $path,)* }
            }
        }
    };
}

sources! {
    /// SCTP, when it is there.
    Sctp = "sctp" "sctp/snmp",
    /// IPv4, ICMP, TCP, UDP and UDP-Lite: what RFC 4293 and its kin have.
    Snmp = "snmp" "snmp",
    /// IPv6, ICMPv6, and UDP over IPv6.
    Snmp6 = "snmp6" "snmp6",
    /// Linux's own: `TcpExt`, `IpExt`, `MPTcpExt`.
    Netstat = "netstat" "netstat",
    /// Sockets in use, and memory.
    Sockstat = "sockstat" "sockstat",
    /// The same for IPv6.
    Sockstat6 = "sockstat6" "sockstat6",
    /// The receive path of each processor; the whole host's, whatever the namespace.
    Softnet = "softnet" "softnet_stat",
    /// Interfaces.
    Dev = "dev" "dev",
    /// Connection tracking, of each processor; by netlink where the file is not built in.
    Conntrack = "conntrack" "stat/nf_conntrack",
}

impl Source {
    /// Whether `nstat` reads it.
    #[must_use]
    pub const fn is_nstat(self) -> bool {
        matches!(self, Self::Sctp | Self::Snmp | Self::Snmp6 | Self::Netstat)
    }

    /// How many bits its counters have, after which they begin again at zero.
    pub(super) const fn bits(self) -> u32 {
        match self {
            Self::Softnet | Self::Conntrack => 32,
            _ if cfg!(target_pointer_width = "32") => 32,
            _ => 64,
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Counters {
    /// The counters in texts that were kept of `/proc/net`, in a support archive for example, of `taken_at`.
    ///
    /// # Examples
    /// ```
    /// use std::time::{Duration, SystemTime};
    /// use netshoot_core::netlink::counters::{Counters, Source, Value};
    ///
    /// let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
    /// let before = Counters::from_texts(at(0), [(Source::Snmp, &b"Udp: NoPorts\nUdp: 1\n"[..])]);
    /// let after = Counters::from_texts(at(10), [(Source::Snmp, &b"Udp: NoPorts\nUdp: 21\n"[..])]);
    /// let delta = after.delta(&before);
    /// assert_eq!(delta.changes[0].difference, Value::Counter(20));
    /// assert_eq!(delta.changes[0].rate, 2.0);
    /// ```
    #[must_use]
    pub fn from_texts<'a>(taken_at: SystemTime, texts: impl IntoIterator<Item = (Source, &'a [u8])>) -> Self {
        let mut counters = Self {
            counters: Vec::new(),
            unavailable: Vec::new(),
            notes: Vec::new(),
            namespace: None,
            taken_at,
            instant: None,
        };
        for (source, text) in texts {
            counters.add(parse(source, text));
        }
        counters
    }

    fn add(&mut self, parsed: Parsed) {
        self.counters.extend(parsed.counters);
        self.notes.extend(parsed.notes);
    }

    /// The counter of that [name](Counter::name).
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Counter> {
        self.counters.iter().find(|counter| counter.name == *name)
    }

    /// The value of the counter of that name; a gauge below zero is zero.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<u64> {
        self.get(name).map(|counter| counter.value.as_u64())
    }
}

impl Counter {
    /// What it counts and what it means, in one sentence; `None` for one that this version does not know.
    #[must_use]
    pub fn explanation(&self) -> Option<&'static str> {
        dictionary::of(&self.group, self.instance.as_ref(), &self.field)
    }
}

impl Value {
    /// `counter` or `gauge`.
    #[must_use]
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Counter(_) => "counter",
            Self::Gauge(_) => "gauge",
        }
    }

    /// The number; zero for a gauge below zero.
    #[must_use]
    pub fn as_u64(self) -> u64 {
        match self {
            Self::Counter(value) => value,
            Self::Gauge(value) => u64::try_from(value).unwrap_or(0),
        }
    }

    /// The number, as close as floating point comes.
    #[must_use]
    pub const fn as_f64(self) -> f64 {
        match self {
            Self::Counter(value) => value as f64,
            Self::Gauge(value) => value as f64,
        }
    }

    /// Whether it is zero.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        matches!(self, Self::Counter(0) | Self::Gauge(0))
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Counter(value) => value.fmt(f),
            Self::Gauge(value) => value.fmt(f),
        }
    }
}

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Unavailable {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let mut fields = serializer.serialize_struct("Unavailable", 3)?;
        fields.serialize_field("source", &self.source)?;
        fields.serialize_field("kind", &format_args!("{}", self.kind))?;
        fields.serialize_field("text", &self.text)?;
        fields.end()
    }
}

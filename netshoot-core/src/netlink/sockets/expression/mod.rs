//! Filters of sockets in the words of `ss`, and the programs that the kernel runs for them.
//!
//! [`SocketSelection::parse`] reads the text. A [`SocketExpression`] goes into the filter of a listing, such as
//! [`InetSocketFilter::expression`](super::InetSocketFilter::expression), where the kernel leaves out what it can and
//! the rest is left out here; [`matches`](SocketExpression::matches) asks the same of a socket that is here already.
//! Written out, an expression is text that reads as the same expression.

mod bytecode;
mod parse;
mod selection;
mod words;

use std::fmt;
use std::net::IpAddr;
use std::ops::RangeInclusive;

use super::super::Family;
use super::super::pattern::{self, is_like};
use super::{InetSocket, NetlinkDiagSocket, PacketSocket, UnixSocket};

pub use parse::SocketExpressionError;
use parse::{HIGHEST_PORT, NO_PORT};
pub use selection::{HostAddresses, SocketNames, SocketSelection, cgroup_number};

/// What is asked of a socket.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SocketExpression {
    /// Both.
    And(Box<Self>, Box<Self>),
    /// At least one.
    Or(Box<Self>, Box<Self>),
    /// The contrary.
    Not(Box<Self>),
    /// Nothing is asked.
    Any,
    /// The socket is of this family.
    Family(SocketFamily),
    /// The internet address of an end begins with the first `prefixlen` bits of `address`; IPv4 within IPv6 counts as IPv4.
    Address {
        /// Which end.
        end: SocketEnd,
        /// The address.
        address: IpAddr,
        /// How many bits of it count.
        prefixlen: u8,
    },
    /// The port of an end is this one; see [`AnySocket::port`].
    Port(SocketEnd, i64),
    /// The port of an end is at least this one.
    PortAtLeast(SocketEnd, i64),
    /// The port of an end is at most this one.
    PortAtMost(SocketEnd, i64),
    /// The name of a unix socket's end is like this pattern of the shell, whatever the case of letters. A name without a
    /// file has an at sign for each NUL; the name of the other end is never known, and so empty.
    Name {
        /// Which end.
        end: SocketEnd,
        /// The pattern: `*`, `?`, sets in brackets, `\` before what stands for itself; `\xe9` also for an octet that is
        /// shown so.
        pattern: String,
    },
    /// The own end is of this protocol: the EtherType of a packet socket, `NETLINK_*`, or the context of a vsock.
    Protocol {
        /// Which end; the other end has protocol 0.
        end: SocketEnd,
        /// Whose protocols.
        family: SocketFamily,
        /// The protocol.
        number: u32,
    },
    /// The socket is bound to the link with this index.
    Device(u32),
    /// The firewall mark has this value under a mask; the kernel asks for `CAP_NET_ADMIN`.
    Mark {
        /// The value.
        mark: u32,
        /// The bits that count.
        mask: u32,
    },
    /// The socket belongs to the control group with this number.
    Cgroup(u64),
    /// The program did not choose the port or name. Of internet sockets, the kernel shows those whose port it gave out, and
    /// of these only those in this range count, as a listener's port is not chosen by the connections that it accepts.
    Autobound(RangeInclusive<u16>),
}

/// An end of a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SocketEnd {
    /// This one.
    Source,
    /// The other one.
    Destination,
}

/// A family of sockets, as expressions name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SocketFamily {
    /// `inet:`, IPv4.
    Inet,
    /// `inet6:`, IPv6.
    Inet6,
    /// `link:`, packet sockets.
    Packet,
    /// `unix:`.
    Unix,
    /// `netlink:`.
    Netlink,
    /// `vsock:`, between a virtual machine and its host.
    Vsock,
}

/// A socket of any kind, as expressions see it.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum AnySocket<'a> {
    /// An internet socket.
    Inet(&'a InetSocket),
    /// A unix socket.
    Unix(&'a UnixSocket),
    /// A packet socket.
    Packet(&'a PacketSocket),
    /// A netlink socket.
    Netlink(&'a NetlinkDiagSocket),
}

impl SocketExpression {
    /// Whether the socket is asked for, or `None` when that hangs on what the kernel did not tell.
    #[must_use]
    pub fn matches<'s>(&self, socket: impl Into<AnySocket<'s>>) -> Option<bool> {
        self.is_met(socket.into())
    }

    /// The only family that can match, where the expression ends with it, as one does that names a family.
    #[must_use]
    pub fn family(&self) -> Option<SocketFamily> {
        match self {
            Self::Family(family) => Some(*family),
            Self::And(_, right) => right.family(),
            _ => None,
        }
    }

    fn is_met(&self, socket: AnySocket<'_>) -> Option<bool> {
        Some(match self {
            Self::And(left, right) => match (left.is_met(socket), right.is_met(socket)) {
                (Some(false), _) | (_, Some(false)) => false,
                (left, right) => return left.and(right),
            },
            Self::Or(left, right) => match (left.is_met(socket), right.is_met(socket)) {
                (Some(true), _) | (_, Some(true)) => true,
                (left, right) => return left.and(right),
            },
            Self::Not(inner) => !inner.is_met(socket)?,
            Self::Any => true,
            Self::Family(family) => socket.family() == Some(*family),
            Self::Address { end, address, prefixlen } => {
                socket.address(*end).is_some_and(|own| within(own, *address, *prefixlen))
            }
            Self::Port(end, wanted) => socket.port(*end) == *wanted,
            Self::PortAtLeast(end, least) => socket.port(*end) >= *least,
            Self::PortAtMost(end, most) => socket.port(*end) <= *most,
            Self::Name { end, pattern } => socket.is_named(*end, pattern),
            Self::Protocol { end, family, number } => {
                socket.family() == Some(*family) && socket.protocol(*end) == *number
            }
            Self::Device(index) => socket.ifindex() == *index,
            Self::Mark { mark, mask } => socket.mark()? & mask == *mark,
            Self::Cgroup(number) => socket.cgroup()? == *number,
            Self::Autobound(ephemeral) => socket.is_autobound(ephemeral),
        })
    }
}

impl AnySocket<'_> {
    /// What counts as the port of an end: that of an internet or netlink socket, where those that the kernel gave out are
    /// negative; the link that a packet socket is bound to; the inodes of a unix socket and of its other end.
    #[must_use]
    pub fn port(self, end: SocketEnd) -> i64 {
        match (self, end) {
            (Self::Inet(socket), SocketEnd::Source) => socket.source_port.into(),
            (Self::Inet(socket), SocketEnd::Destination) => socket.destination_port.into(),
            (Self::Unix(socket), SocketEnd::Source) => socket.inode.into(),
            (Self::Unix(socket), SocketEnd::Destination) => socket.peer.unwrap_or_default().into(),
            (Self::Packet(socket), SocketEnd::Source) => socket.ifindex.into(),
            (Self::Packet(_), SocketEnd::Destination) => 0,
            (Self::Netlink(socket), SocketEnd::Source) => i64::from(socket.portid.cast_signed()),
            (Self::Netlink(_), SocketEnd::Destination) => -1,
        }
    }

    fn family(self) -> Option<SocketFamily> {
        match self {
            Self::Inet(socket) => match socket.family {
                Family::INET => Some(SocketFamily::Inet),
                Family::INET6 => Some(SocketFamily::Inet6),
                _ => None,
            },
            Self::Unix(_) => Some(SocketFamily::Unix),
            Self::Packet(_) => Some(SocketFamily::Packet),
            Self::Netlink(_) => Some(SocketFamily::Netlink),
        }
    }

    fn address(self, end: SocketEnd) -> Option<IpAddr> {
        match (self, end) {
            (Self::Inet(socket), SocketEnd::Source) => Some(socket.source),
            (Self::Inet(socket), SocketEnd::Destination) => Some(socket.destination),
            _ => None,
        }
    }

    fn is_named(self, end: SocketEnd, pattern: &str) -> bool {
        let Self::Unix(socket) = self else { return false };
        let name = socket.name.as_ref().filter(|_| end == SocketEnd::Source);
        let name = name.map(|name| name.as_bytes()).unwrap_or_default();
        let is_like = |name: &[u8]| {
            let octets = pattern::octets(pattern);
            is_like(pattern.as_bytes(), name, true) || octets.is_some_and(|octets| is_like(&octets, name, true))
        };
        if name.first() != Some(&0) {
            return is_like(name);
        }
        let shown: Vec<u8> = name.iter().map(|octet| if *octet == 0 { b'@' } else { *octet }).collect();
        is_like(&shown)
    }

    fn protocol(self, end: SocketEnd) -> u32 {
        match (self, end) {
            (Self::Packet(socket), SocketEnd::Source) => socket.protocol.into(),
            (Self::Netlink(socket), SocketEnd::Source) => socket.protocol.into(),
            _ => 0,
        }
    }

    fn ifindex(self) -> u32 {
        match self {
            Self::Inet(socket) => socket.ifindex,
            Self::Packet(socket) => socket.ifindex,
            Self::Unix(_) | Self::Netlink(_) => 0,
        }
    }

    fn mark(self) -> Option<u32> {
        if let Self::Inet(socket) = self { socket.mark } else { Some(0) }
    }

    fn cgroup(self) -> Option<u64> {
        if let Self::Inet(socket) = self { socket.cgroup_id } else { Some(0) }
    }

    fn is_autobound(self, ephemeral: &RangeInclusive<u16>) -> bool {
        match self {
            Self::Inet(socket) => ephemeral.contains(&socket.source_port),
            // The kernel's own names are five hexadecimal digits.
            Self::Unix(socket) => match socket.name.as_ref().map(|name| name.as_bytes()) {
                None => true,
                Some([0, digits @ ..]) => digits.len() == 5 && digits.iter().all(is_hexadecimal),
                Some(_) => false,
            },
            Self::Packet(socket) => socket.protocol == 0 && socket.ifindex == 0,
            Self::Netlink(_) => self.port(SocketEnd::Source) < 0,
        }
    }
}

macro_rules! any_socket {
    ($($variant:ident: $type:ident),*) => {
        $(
            impl<'a> From<&'a $type> for AnySocket<'a> {
                fn from(socket: &'a $type) -> Self {
                    Self::$variant(socket)
                }
            }
        )*
    };
}

any_socket!(Inet: InetSocket, Unix: UnixSocket, Packet: PacketSocket, Netlink: NetlinkDiagSocket);

impl fmt::Display for SocketExpression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::And(left, right) => write!(f, "( {left} and {right} )"),
            Self::Or(left, right) => write!(f, "( {left} or {right} )"),
            Self::Not(inner) => write!(f, "not {inner}"),
            Self::Any => f.write_str("src *"),
            Self::Family(family) => write!(f, "src {}:*", family.word()),
            Self::Address { end, address, prefixlen } => write!(f, "{} [{address}/{prefixlen}]", end.word()),
            Self::Port(end, port) => write!(f, "{} = {}", end.port_word(), PortText(*port)),
            Self::PortAtLeast(end, port) => write!(f, "{} >= {}", end.port_word(), PortText(*port)),
            Self::PortAtMost(end, port) => write!(f, "{} <= {}", end.port_word(), PortText(*port)),
            Self::Name { end, pattern } => {
                write!(f, "{} unix:", end.word())?;
                pattern.chars().try_for_each(|letter| {
                    let is_odd = letter.is_whitespace() || matches!(letter, '\\' | '(' | ')');
                    write!(f, "{}{letter}", if is_odd { "\\" } else { "" })
                })
            }
            Self::Protocol { end, family, number } => write!(f, "{} {}:{number}", end.word(), family.word()),
            Self::Device(index) => write!(f, "dev = {index}"),
            Self::Mark { mark, mask } => write!(f, "fwmark = {mark:#x}/{mask:#x}"),
            Self::Cgroup(number) => write!(f, "cgroup = {number}"),
            Self::Autobound(_) => f.write_str("autobound"),
        }
    }
}

/// A port as it is read again: a number that only sockets of netlink and their like have needs a family.
struct PortText(i64);

impl fmt::Display for PortText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let family = if (NO_PORT..=HIGHEST_PORT).contains(&self.0) { "" } else { SocketFamily::Netlink.word() };
        write!(f, "{family}:{}", self.0)
    }
}

impl SocketEnd {
    fn word(self) -> &'static str {
        if self == Self::Source { "src" } else { "dst" }
    }

    fn port_word(self) -> &'static str {
        if self == Self::Source { "sport" } else { "dport" }
    }
}

impl SocketFamily {
    /// The word of `ss` for it, without the colon.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Inet => "inet",
            Self::Inet6 => "inet6",
            Self::Packet => "link",
            Self::Unix => "unix",
            Self::Netlink => "netlink",
            Self::Vsock => "vsock",
        }
    }

    /// The family that has this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Inet, Self::Inet6, Self::Packet, Self::Unix, Self::Netlink, Self::Vsock]
            .into_iter()
            .find(|family| family.word() == word)
    }
}

/// As the kernel compares: an IPv4 prefix also meets IPv4 within IPv6.
fn within(own: IpAddr, address: IpAddr, prefixlen: u8) -> bool {
    let same = |own: u128, other: u128, bits: u32| {
        let away = bits.saturating_sub(prefixlen.into());
        own.checked_shr(away).unwrap_or_default() == other.checked_shr(away).unwrap_or_default()
    };
    match (own, address) {
        (IpAddr::V4(own), IpAddr::V4(address)) => same(own.to_bits().into(), address.to_bits().into(), 32),
        (IpAddr::V6(own), IpAddr::V6(address)) => same(own.to_bits(), address.to_bits(), 128),
        (IpAddr::V6(own), IpAddr::V4(_)) => {
            own.to_ipv4_mapped().is_some_and(|own| within(own.into(), address, prefixlen))
        }
        (IpAddr::V4(_), IpAddr::V6(_)) => false,
    }
}

/// As `ss` reads them, in small letters.
fn is_hexadecimal(octet: &u8) -> bool {
    matches!(octet, b'0'..=b'9' | b'a'..=b'f')
}

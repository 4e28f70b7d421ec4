//! Which routes are wanted.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::str::FromStr;

use super::{MplsLabel, Route, RouteFlags, RouteKind, RouteProtocol, Via};
use crate::netlink::{Family, Scope};

/// Which routes are wanted. The family, the table, `oif` and the protocol are asked of the kernel; the rest is looked at
/// here. (Of a route by a blackhole as next hop object the kernel tells this kind, but does not find it by it.)
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RouteFilter {
    /// Of this family.
    pub family: Option<Family>,
    /// In this table. One that was never used has no routes, which is no error.
    pub table: Option<u32>,
    /// Out of the link with this index; of routes with several next hops, those with one.
    pub oif: Option<u32>,
    /// In by the link with this index.
    pub iif: Option<u32>,
    /// Made by this.
    pub protocol: Option<RouteProtocol>,
    /// Of this kind.
    pub kind: Option<RouteKind>,
    /// Neither local nor broadcast: what a VRF's table shows.
    pub without_local: bool,
    /// Of this scope.
    pub scope: Option<Scope>,
    /// With this type of service.
    pub tos: Option<u8>,
    /// With this metric.
    pub priority: Option<u32>,
    /// With this mark.
    pub mark: Option<u32>,
    /// With these realms, as far as the second number's bits say.
    pub realms: Option<(u32, u32)>,
    /// By a gateway within this prefix; of routes with several next hops, those with one.
    pub via: Option<Prefix>,
    /// With a source for packets of this host within this prefix.
    pub prefsrc: Option<Prefix>,
    /// To destinations within this prefix: `root`.
    pub root: Option<Prefix>,
    /// To prefixes that this one is within: `match`. With the same `root`: `exact`.
    pub matching: Option<Prefix>,
    /// To prefixes of at most so many bits; 0 is the default routes.
    pub longest: Option<u8>,
    /// MPLS: for this label.
    pub label: Option<u32>,
    /// For sources within this prefix: `from root`.
    pub from_root: Option<Prefix>,
    /// For sources that this prefix is within: `from match`.
    pub from_matching: Option<Prefix>,
    /// The entries of the cache (redirects, learned path MTUs) instead of the routes.
    pub cloned: bool,
}

impl RouteFilter {
    /// Routes of one table.
    #[must_use]
    pub fn table(table: u32) -> Self {
        Self { table: Some(table), ..Self::default() }
    }

    /// Routes to exactly this prefix.
    #[must_use]
    pub fn exact(mut self, prefix: Prefix) -> Self {
        (self.root, self.matching) = (Some(prefix), Some(prefix));
        self
    }

    pub(super) fn wants(&self, route: &Route) -> bool {
        fn is<T: PartialEq>(wanted: Option<T>, found: T) -> bool {
            wanted.is_none_or(|wanted| wanted == found)
        }
        route.flags.contains(RouteFlags::CLONED) == self.cloned
            && is(self.family, route.family)
            && is(self.table, route.table)
            && is(self.protocol, route.protocol)
            && is(self.kind, route.kind)
            && is(self.scope, route.scope)
            && is(self.tos, route.tos)
            && is(self.priority, route.priority.unwrap_or_default())
            && is(self.iif, route.iif.unwrap_or_default())
            && is(self.mark, route.lookup.as_ref().and_then(|lookup| lookup.mark).unwrap_or_default())
            && !(self.without_local && matches!(route.kind, RouteKind::LOCAL | RouteKind::BROADCAST))
            && (self.label.is_none() || self.label == route.label.map(MplsLabel::label))
            && self.longest.is_none_or(|longest| route.dst_len <= longest)
            && self.wants_link(route)
            && self.wants_prefixes(route)
    }

    fn wants_link(&self, route: &Route) -> bool {
        self.oif.is_none_or(|oif| route.oif == Some(oif) || route.nexthops.iter().any(|hop| hop.oif == oif))
    }

    fn wants_prefixes(&self, route: &Route) -> bool {
        let within = |prefix: Option<Prefix>, address: Option<IpAddr>| {
            prefix.is_none_or(|prefix| address.is_some_and(|address| prefix.contains(address)))
        };
        let dst = route.prefix(route.dst, route.dst_len);
        let src = route.prefix(route.src, route.src_len);
        let realms = route.realms.unwrap_or_default().0;
        self.root.is_none_or(|root| dst.is_some_and(|dst| root.covers(dst)))
            && self.matching.is_none_or(|matching| dst.is_some_and(|dst| dst.covers(matching)))
            && self.from_root.is_none_or(|root| src.is_some_and(|src| root.covers(src)))
            && self.from_matching.is_none_or(|matching| src.is_some_and(|src| src.covers(matching)))
            && self.via.is_none_or(|via| route.gateways().any(|gateway| via.contains(gateway)))
            && within(self.prefsrc, route.prefsrc)
            && self.realms.is_none_or(|(wanted, mask)| (wanted ^ realms) & mask == 0)
    }
}

impl Route {
    fn gateways(&self) -> impl Iterator<Item = IpAddr> {
        let via = |via: &Option<Box<Via>>| via.as_deref().and_then(Via::ip);
        let own = self.gateway.or_else(|| via(&self.via));
        own.into_iter().chain(self.nexthops.iter().filter_map(move |hop| hop.gateway.or_else(|| via(&hop.via))))
    }

    /// Where the kernel sends no address, it is all zeros.
    fn prefix(&self, address: Option<IpAddr>, length: u8) -> Option<Prefix> {
        let zeros = match self.family {
            Family::INET => IpAddr::from([0; 4]),
            Family::INET6 => IpAddr::from([0; 16]),
            _ => return address.map(|address| Prefix { address, length }),
        };
        Some(Prefix { address: address.unwrap_or(zeros), length })
    }
}

/// An IP prefix: the addresses that begin with the same bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Prefix {
    /// An address; bits after the first `length` do not matter.
    pub address: IpAddr,
    /// Length in bits.
    pub length: u8,
}

impl Prefix {
    /// A prefix of `length` bits, or of as many as an address has.
    #[must_use]
    pub fn new(address: IpAddr, length: u8) -> Self {
        Self { address, length: length.min(width(address)) }
    }

    /// The family of the address.
    #[must_use]
    pub const fn family(&self) -> Family {
        if self.address.is_ipv4() { Family::INET } else { Family::INET6 }
    }

    /// Whether it is one address.
    #[must_use]
    pub const fn is_host(&self) -> bool {
        self.length >= width(self.address)
    }

    /// Whether `address` is of the family and begins with the bits.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let differing = |a: u128, b: u128, width: u32| {
            let shift = width.saturating_sub(self.length.into());
            (a ^ b).checked_shr(shift).unwrap_or_default() != 0
        };
        match (self.address, address) {
            (IpAddr::V4(a), IpAddr::V4(b)) => !differing(a.to_bits().into(), b.to_bits().into(), 32),
            (IpAddr::V6(a), IpAddr::V6(b)) => !differing(a.to_bits(), b.to_bits(), 128),
            _ => false,
        }
    }

    /// Whether all addresses of `other` are in this one.
    #[must_use]
    pub fn covers(&self, other: Self) -> bool {
        self.length <= other.length && self.contains(other.address)
    }
}

impl From<IpAddr> for Prefix {
    fn from(address: IpAddr) -> Self {
        Self { address, length: width(address) }
    }
}

impl FromStr for Prefix {
    type Err = PrefixError;

    /// `10.0.0.0/8`, `10/8` as iproute2 has it, `fd00::/8`; without a length, an address.
    fn from_str(text: &str) -> Result<Self, PrefixError> {
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length.parse().map_err(|_| PrefixError)?)),
            None => (text, None),
        };
        let address = match address.parse() {
            Ok(address) => address,
            Err(_) if length.is_some() => IpAddr::V4(short_ipv4(address)?),
            Err(_) => return Err(PrefixError),
        };
        let length = length.unwrap_or_else(|| width(address));
        if length > width(address) { Err(PrefixError) } else { Ok(Self { address, length }) }
    }
}

/// The first octets of an IPv4 address; the others are 0.
fn short_ipv4(text: &str) -> Result<Ipv4Addr, PrefixError> {
    let mut octets = [0; 4];
    let mut places = octets.iter_mut();
    for part in text.split('.') {
        *places.next().ok_or(PrefixError)? = part.parse().map_err(|_| PrefixError)?;
    }
    Ok(octets.into())
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.length)
    }
}

/// The text is no prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PrefixError;

impl fmt::Display for PrefixError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not an IP prefix; hint: 192.0.2.0/24, 2001:db8::/32")
    }
}

impl std::error::Error for PrefixError {}

const fn width(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

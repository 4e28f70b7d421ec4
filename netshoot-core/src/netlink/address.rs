//! Addresses of links, as `RTM_NEWADDR` describes them.

use std::net::IpAddr;
use std::time::Duration;

use netlink_packet_route::address::AddressMessage;
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};

use super::attribute::{self, Notes};
use super::object::{Kind, Object};
use super::request::Request;
use super::{AddressFlags, AddressProtocol, ByteString, Consistency, Family, ParseNote, Scope};

object! {
    /// An IP address of a link.
    ///
    /// Fields are the kernel's attributes in iproute2's words; `None` means that the kernel did not send the attribute.
    #[derive(Clone, Debug, Default, PartialEq, Eq)]
    pub struct Address {
        /// IPv4 or IPv6.
        pub family: Family,
        /// The link that has the address.
        pub ifindex: u32,
        /// The link's own address. (The kernel sends it as `IFA_LOCAL` or, where that is missing, as `IFA_ADDRESS`.)
        pub local: Option<IpAddr>,
        /// The other end's address, where it is not `local`.
        pub address: Option<IpAddr>,
        /// Length of the prefix in bits; of `address` where there is one, else of `local`.
        pub prefixlen: u8,
        /// IPv4 broadcast address.
        pub broadcast: Option<IpAddr>,
        /// IPv6 anycast address.
        pub anycast: Option<IpAddr>,
        /// How far the address is valid.
        pub scope: Scope,
        /// State.
        pub flags: AddressFlags,
        /// IPv4 label: the link's name, perhaps with a suffix.
        pub label: Option<ByteString>,
        /// Metric of the route to the prefix.
        pub metric: Option<u32>,
        /// Who made the address.
        pub protocol: Option<AddressProtocol>,
        /// Until when the address is preferred and valid, and since when.
        pub cacheinfo: Option<CacheInfo>,
        /// Attributes that could not be read.
        pub notes: Vec<ParseNote>,
    }
}

/// `struct ifa_cacheinfo`: an address's remaining lifetimes, and its time stamps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct CacheInfo {
    /// Remaining time in which new connections may use the address.
    pub preferred: Lifetime,
    /// Remaining time in which the address is valid.
    pub valid: Lifetime,
    /// When the address was made, since boot.
    #[cfg_attr(feature = "serde", serde(rename = "created_ns", serialize_with = "super::json::serialize_nanos"))]
    pub created: Duration,
    /// When it was last updated, since boot.
    #[cfg_attr(feature = "serde", serde(rename = "updated_ns", serialize_with = "super::json::serialize_nanos"))]
    pub updated: Duration,
}

/// A remaining lifetime in whole seconds, or for ever.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Lifetime(
    /// Seconds; 4294967295 is for ever.
    pub u32,
);

impl Lifetime {
    /// `INFINITY_LIFE_TIME`.
    pub const FOREVER: Self = Self(u32::MAX);

    /// The time, or `None` for ever.
    #[must_use]
    pub fn duration(self) -> Option<Duration> {
        (self != Self::FOREVER).then(|| Duration::from_secs(self.0.into()))
    }
}

/// Which addresses are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct AddressFilter {
    /// Of this family.
    pub family: Option<Family>,
    /// Of the link with this index.
    pub ifindex: Option<u32>,
    /// Of this scope.
    pub scope: Option<Scope>,
    /// Within this prefix, of so many bits.
    pub prefix: Option<(IpAddr, u8)>,
    /// With all of these flags.
    pub flags: AddressFlags,
    /// With none of these flags.
    pub without_flags: AddressFlags,
}

impl AddressFilter {
    /// The family of the prefix.
    pub(super) fn prefix_family(&self) -> Option<Family> {
        self.prefix.map(|(prefix, _)| if prefix.is_ipv4() { Family::INET } else { Family::INET6 })
    }
}

/// Whether the first `bits` bits are the same; addresses of different families have none in common.
fn is_within(address: IpAddr, prefix: IpAddr, bits: u8) -> bool {
    let bits = u32::from(bits);
    match (address, prefix) {
        (IpAddr::V4(address), IpAddr::V4(prefix)) => {
            let differing = address.to_bits() ^ prefix.to_bits();
            differing.leading_zeros() >= bits.min(32)
        }
        (IpAddr::V6(address), IpAddr::V6(prefix)) => {
            let differing = address.to_bits() ^ prefix.to_bits();
            differing.leading_zeros() >= bits.min(128)
        }
        _ => false,
    }
}

impl Object for Address {
    type Filter = AddressFilter;
    type Key = (u32, Family, Option<IpAddr>, u8, Option<IpAddr>);

    const KIND: Kind = Kind::Address;
    const CONSISTENCY: Consistency = Consistency::Checked;
    const VOLATILE: &'static [&'static str] = &["cacheinfo"];

    fn parse(payload: &[u8]) -> Result<Self, ParseNote> {
        let Some((header, attributes)) = payload.split_first_chunk::<HEADER_LENGTH>() else {
            return Err(ParseNote::header("address", HEADER_LENGTH, payload.len()));
        };
        let [family, prefixlen, flags, scope, i0, i1, i2, i3] = *header;
        let mut address = Self {
            family: Family(family),
            prefixlen,
            flags: AddressFlags(flags.into()),
            scope: Scope(scope),
            ifindex: u32::from_ne_bytes([i0, i1, i2, i3]),
            ..Self::default()
        };
        let mut notes = Notes::default();
        attribute::each("address", attributes, HEADER_LENGTH, &mut notes, |attribute, notes| {
            match attribute.number {
                IFA_ADDRESS => address.address = attribute.ip(notes),
                IFA_LOCAL => address.local = attribute.ip(notes),
                IFA_LABEL => address.label = Some(attribute.string()),
                IFA_BROADCAST => address.broadcast = attribute.ip(notes),
                IFA_ANYCAST => address.anycast = attribute.ip(notes),
                IFA_CACHEINFO => address.cacheinfo = attribute.array(notes).map(CacheInfo::from_octets),
                // All 32 bits; the header has room for eight.
                IFA_FLAGS => {
                    if let Some(flags) = attribute.u32(notes) {
                        address.flags = AddressFlags(flags);
                    }
                }
                IFA_RT_PRIORITY => address.metric = attribute.u32(notes),
                IFA_PROTO => address.protocol = attribute.u8(notes).map(AddressProtocol),
                _ => {}
            }
        });
        address.notes = notes.0;
        address.name_the_ends();
        Ok(address)
    }

    fn key(&self) -> Self::Key {
        (self.ifindex, self.family, self.local, self.prefixlen, self.address)
    }

    fn matches(&self, filter: &AddressFilter) -> bool {
        filter.family.is_none_or(|family| self.family == family)
            && filter.ifindex.is_none_or(|ifindex| self.ifindex == ifindex)
            && filter.scope.is_none_or(|scope| self.scope == scope)
            && self.flags.contains(filter.flags)
            && self.flags.0 & filter.without_flags.0 == 0
            && filter.prefix.is_none_or(|(prefix, bits)| self.local.is_some_and(|local| is_within(local, prefix, bits)))
    }

    fn requests(filter: &AddressFilter) -> Vec<Request> {
        let mut message = AddressMessage::default();
        message.header.family = AddressFamily::from(filter.family.unwrap_or_default().0);
        message.header.index = filter.ifindex.unwrap_or_default();
        vec![Request::dump(RouteNetlinkMessage::GetAddress(message))]
    }
}

impl Address {
    /// From the kernel's two attributes to iproute2's: `local` is always this end, `address` only a different one.
    fn name_the_ends(&mut self) {
        if self.local.is_none() {
            self.local = self.address;
        }
        if self.address == self.local {
            self.address = None;
        }
    }
}

impl CacheInfo {
    fn from_octets(octets: [u8; 16]) -> Self {
        let [p0, p1, p2, p3, v0, v1, v2, v3, c0, c1, c2, c3, u0, u1, u2, u3] = octets;
        let hundredths = |octets| Duration::from_millis(10 * u64::from(u32::from_ne_bytes(octets)));
        Self {
            preferred: Lifetime(u32::from_ne_bytes([p0, p1, p2, p3])),
            valid: Lifetime(u32::from_ne_bytes([v0, v1, v2, v3])),
            created: hundredths([c0, c1, c2, c3]),
            updated: hundredths([u0, u1, u2, u3]),
        }
    }
}

/// `struct ifaddrmsg`.
const HEADER_LENGTH: usize = 8;

// linux/if_addr.h
const IFA_ADDRESS: u16 = 1;
const IFA_LOCAL: u16 = 2;
const IFA_LABEL: u16 = 3;
const IFA_BROADCAST: u16 = 4;
const IFA_ANYCAST: u16 = 5;
const IFA_CACHEINFO: u16 = 6;
const IFA_FLAGS: u16 = 8;
const IFA_RT_PRIORITY: u16 = 9;
const IFA_PROTO: u16 = 11;

//! Options of neighbour discovery (RFC 4861 section 4.6) and what a router advertisement says.

use core::net::Ipv6Addr;

use super::cursor::Cursor;
use super::dns::Name;
use super::{Layer, Packet, Stop};

/// A router advertisement's own fields (RFC 4861 section 4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RouterAdvertisement {
    /// Hop limit that hosts should use; 0 does not say.
    pub hop_limit: u8,
    /// Addresses are handed out by DHCPv6 (M).
    pub managed: bool,
    /// Other settings are handed out by DHCPv6 (O).
    pub other: bool,
    /// Preference as a default router (RFC 4191): 1 high, 0 medium, 3 low, 2 reserved.
    pub preference: u8,
    /// Seconds for which it is a default router; 0 says that it is none.
    pub lifetime: u16,
    /// Milliseconds for which a neighbour counts as reachable; 0 does not say. `None` where the message is cut.
    pub reachable_time: Option<u32>,
    /// Milliseconds between solicitations; 0 does not say. `None` where the message is cut.
    pub retransmission_timer: Option<u32>,
}

impl RouterAdvertisement {
    /// The preference in one word: `high`, `medium`, `low`, or `reserved`.
    #[must_use]
    pub const fn preference_name(&self) -> &'static str {
        preference_name(self.preference)
    }
}

/// Of two bits (RFC 4191 section 2.1).
pub(super) const fn preference_name(preference: u8) -> &'static str {
    match preference {
        0 => "medium",
        1 => "high",
        2 => "reserved",
        _ => "low",
    }
}

/// An option of neighbour discovery.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum NeighborOption<'a> {
    /// The sender's link-layer address.
    SourceLinkAddress(&'a [u8]),
    /// The target's link-layer address.
    TargetLinkAddress(&'a [u8]),
    /// A prefix (RFC 4861 section 4.6.2).
    Prefix {
        /// The prefix.
        prefix: Ipv6Addr,
        /// Bits of it that count.
        length: u8,
        /// Its addresses are on this link (L).
        on_link: bool,
        /// Hosts may make addresses of it (A).
        autonomous: bool,
        /// Seconds for which it is on the link.
        valid_lifetime: u32,
        /// Seconds for which addresses made of it are preferred.
        preferred_lifetime: u32,
    },
    /// The packet that caused a redirect, as far as it was sent.
    Redirected(&'a [u8]),
    /// The link's MTU in octets.
    Mtu(u32),
    /// A route (RFC 4191 section 2.3).
    Route {
        /// The prefix, zero where octets were left out.
        prefix: Ipv6Addr,
        /// Bits of it that count.
        length: u8,
        /// 1 high, 0 medium, 3 low, 2 reserved.
        preference: u8,
        /// Seconds for which it holds.
        lifetime: u32,
    },
    /// Recursive name servers (RFC 8106 section 5.1).
    NameServers {
        /// Seconds for which they may be used.
        lifetime: u32,
        /// Their addresses.
        servers: Addresses<'a>,
    },
    /// Domains to search names in (RFC 8106 section 5.2).
    SearchDomains {
        /// Seconds for which they may be used.
        lifetime: u32,
        /// The domains.
        domains: Domains<'a>,
    },
    /// Any other.
    Unknown {
        /// Its type (IANA).
        option_type: u8,
        /// Its octets behind type and length.
        data: &'a [u8],
    },
}

impl NeighborOption<'_> {
    /// Its type (IANA).
    #[must_use]
    pub const fn option_type(&self) -> u8 {
        match self {
            Self::SourceLinkAddress(_) => 1,
            Self::TargetLinkAddress(_) => 2,
            Self::Prefix { .. } => 3,
            Self::Redirected(_) => 4,
            Self::Mtu(_) => 5,
            Self::Route { .. } => 24,
            Self::NameServers { .. } => 25,
            Self::SearchDomains { .. } => 31,
            Self::Unknown { option_type, .. } => *option_type,
        }
    }

    /// Its name in tcpdump's words, such as `prefix info`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::SourceLinkAddress(_) => "source link-address",
            Self::TargetLinkAddress(_) => "destination link-address",
            Self::Prefix { .. } => "prefix info",
            Self::Redirected(_) => "redirected header",
            Self::Mtu(_) => "mtu",
            Self::Route { .. } => "route info",
            Self::NameServers { .. } => "rdnss",
            Self::SearchDomains { .. } => "dnssl",
            Self::Unknown { .. } => "unknown",
        }
    }
}

impl<'a> Packet<'a> {
    /// What a router advertisement says itself; its prefixes and more are [options](Self::neighbor_options).
    #[must_use]
    pub fn router_advertisement(&self) -> Option<RouterAdvertisement> {
        let icmp = self.icmpv6().filter(|icmp| icmp.message_type() == ROUTER_ADVERTISEMENT)?;
        let [hop_limit, flags, high, low] = icmp.rest_of_header();
        let mut cursor = Cursor::new(Layer::Icmpv6, self.payload().bytes, 0);
        Some(RouterAdvertisement {
            hop_limit,
            managed: flags & 0x80 != 0,
            other: flags & 0x40 != 0,
            preference: flags >> 3 & 3,
            lifetime: u16::from_be_bytes([high, low]),
            reachable_time: cursor.u32().ok(),
            retransmission_timer: cursor.u32().ok(),
        })
    }

    /// The options of a message of neighbour discovery: solicitations and advertisements of routers and neighbours,
    /// redirects. Offsets in errors count from the start of the frame.
    #[must_use]
    pub fn neighbor_options(&self) -> NeighborOptions<'a> {
        let before = self.icmpv6().and_then(|icmp| match icmp.message_type() {
            133 => Some(0),
            ROUTER_ADVERTISEMENT => Some(8),
            135 | 136 => Some(16),
            137 => Some(32),
            _ => None,
        });
        let bytes = self.payload().bytes;
        let options = before.and_then(|before| bytes.get(before..)).unwrap_or_default();
        let offset = usize::from(self.layout().payload) + bytes.len() - options.len();
        NeighborOptions { cursor: Cursor::new(Layer::Icmpv6, options, 0), offset }
    }
}

/// Iterator over options of neighbour discovery; ends behind the first that is cut or cannot be.
#[derive(Clone, Debug)]
pub struct NeighborOptions<'a> {
    cursor: Cursor<'a>,
    /// Where the options begin.
    offset: usize,
}

impl<'a> Iterator for NeighborOptions<'a> {
    type Item = Result<NeighborOption<'a>, Stop>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.cursor.is_empty() {
            return None;
        }
        let option = self.read();
        if option.is_err() {
            self.cursor.take_rest();
        }
        Some(option.map_err(|stop| stop.moved(self.offset)))
    }
}

impl core::iter::FusedIterator for NeighborOptions<'_> {}

impl<'a> NeighborOptions<'a> {
    fn read(&mut self) -> Result<NeighborOption<'a>, Stop> {
        let start = self.cursor.offset();
        let option_type = self.cursor.u8()?;
        // In units of eight octets, type and length included; 0 would never end.
        let length = match self.cursor.u8()? {
            0 => return Err(self.cursor.malformed(start)),
            units => usize::from(units) * 8 - 2,
        };
        let at = self.cursor.offset();
        let data = self.cursor.take(length)?;
        let mut fields = Cursor::new(Layer::Icmpv6, data, 0);
        option(option_type, data, &mut fields).map_err(|stop| stop.moved(at))
    }
}

fn option<'a>(option_type: u8, data: &'a [u8], fields: &mut Cursor<'a>) -> Result<NeighborOption<'a>, Stop> {
    Ok(match option_type {
        1 => NeighborOption::SourceLinkAddress(data),
        2 => NeighborOption::TargetLinkAddress(data),
        3 => {
            let (length, flags) = (fields.u8()?, fields.u8()?);
            let (valid_lifetime, preferred_lifetime, _) = (fields.u32()?, fields.u32()?, fields.u32()?);
            let prefix = Ipv6Addr::from(*fields.array::<16>()?);
            let (on_link, autonomous) = (flags & 0x80 != 0, flags & 0x40 != 0);
            NeighborOption::Prefix { prefix, length, on_link, autonomous, valid_lifetime, preferred_lifetime }
        }
        4 => {
            fields.take(6)?;
            NeighborOption::Redirected(fields.take_rest())
        }
        5 => {
            fields.u16()?;
            NeighborOption::Mtu(fields.u32()?)
        }
        24 => {
            let (length, flags, lifetime) = (fields.u8()?, fields.u8()?, fields.u32()?);
            let mut octets = [0; 16];
            octets.iter_mut().zip(fields.rest()).for_each(|(own, given)| *own = *given);
            NeighborOption::Route { prefix: octets.into(), length, preference: flags >> 3 & 3, lifetime }
        }
        25 => {
            fields.u16()?;
            NeighborOption::NameServers { lifetime: fields.u32()?, servers: Addresses { rest: fields.rest() } }
        }
        31 => {
            fields.u16()?;
            let lifetime = fields.u32()?;
            NeighborOption::SearchDomains { lifetime, domains: Domains::new(fields.rest()) }
        }
        _ => NeighborOption::Unknown { option_type, data },
    })
}

/// Iterator over IPv6 addresses.
#[derive(Clone, Copy, Debug)]
pub struct Addresses<'a> {
    rest: &'a [u8],
}

impl Iterator for Addresses<'_> {
    type Item = Ipv6Addr;

    fn next(&mut self) -> Option<Self::Item> {
        let (address, rest) = self.rest.split_first_chunk::<16>()?;
        self.rest = rest;
        Some(Ipv6Addr::from(*address))
    }
}

/// Iterator over domains; ends at the padding, or where it cannot be read.
#[derive(Clone, Copy, Debug)]
pub struct Domains<'a> {
    bytes: &'a [u8],
    offset: usize,
}

impl<'a> Domains<'a> {
    /// Names that may point to each other.
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, offset: 0 }
    }
}

impl<'a> Iterator for Domains<'a> {
    type Item = Name<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let (name, end) = Name::at(self.bytes, self.offset)?;
        self.offset = end;
        // The root is padding here.
        name.labels().next().map(|_| name)
    }
}

const ROUTER_ADVERTISEMENT: u8 = 134;

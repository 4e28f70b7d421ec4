//! Neighbours: who has which link-layer address, and proxies; as `RTM_NEWNEIGH` describes them.

use std::net::IpAddr;
use std::time::Duration;

use super::attribute::{self, Attribute, Notes};
use super::object::{Kind, Object};
use super::request::{Request, put_attribute};
use super::{Consistency, Family, LinkLayerAddress, Netlink, ParseNote, RouteProtocol, UnknownAttribute};
use crate::error::Result;

flags! {
    /// `NUD_*`: how far a neighbour's address is known.
    NeighborState(u16) {
        /// Being asked for.
        INCOMPLETE = 0x1 "INCOMPLETE",
        /// Confirmed a short while ago.
        REACHABLE = 0x2 "REACHABLE",
        /// Not confirmed for a while.
        STALE = 0x4 "STALE",
        /// In use again; confirmation is awaited.
        DELAY = 0x8 "DELAY",
        /// Being asked again.
        PROBE = 0x10 "PROBE",
        /// Does not answer.
        FAILED = 0x20 "FAILED",
        /// Needs no resolution.
        NOARP = 0x40 "NOARP",
        /// Set by hand.
        PERMANENT = 0x80 "PERMANENT",
    }
}

flags! {
    /// `NTF_*`: properties of a neighbour or a forwarding entry, in the order in which `bridge fdb` has them.
    NeighborFlags(u8) {
        /// To be confirmed now.
        USE = 0x1 "use",
        /// Of the device itself.
        SELF = 0x2 "self",
        /// Advertises itself as a router.
        ROUTER = 0x80 "router",
        /// Learned by a control plane.
        EXT_LEARNED = 0x10 "extern_learn",
        /// Programmed into hardware.
        OFFLOADED = 0x20 "offload",
        /// Of the bridge.
        MASTER = 0x4 "master",
        /// Does not move to another port.
        STICKY = 0x40 "sticky",
        /// Answered for someone else.
        PROXY = 0x8 "proxy",
    }
}

flags! {
    /// `NTF_EXT_*`: further properties.
    NeighborExtendedFlags(u32) {
        /// Kept resolved by the kernel.
        MANAGED = 0x1 "managed",
        /// Locked: may not be used to send.
        LOCKED = 0x2 "locked",
        /// Validated by a control plane; from Linux 6.17.
        EXT_VALIDATED = 0x4 "extern_valid",
    }
}

/// `struct nda_cacheinfo`: how long ago things happened, and who uses the entry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct NeighborCacheInfo {
    /// Since it was confirmed.
    #[cfg_attr(feature = "serde", serde(rename = "confirmed_ns", serialize_with = "super::json::serialize_nanos"))]
    pub confirmed: Duration,
    /// Since it was used.
    #[cfg_attr(feature = "serde", serde(rename = "used_ns", serialize_with = "super::json::serialize_nanos"))]
    pub used: Duration,
    /// Since it was updated.
    #[cfg_attr(feature = "serde", serde(rename = "updated_ns", serialize_with = "super::json::serialize_nanos"))]
    pub updated: Duration,
    /// How many use it.
    pub refcnt: u32,
}

object! {
    /// A neighbour or a proxy.
    #[derive(Clone, Debug, Default, PartialEq, Eq)]
    pub struct Neighbor {
        /// IPv4 or IPv6.
        pub family: Family,
        /// The link that it is on.
        pub ifindex: u32,
        /// Its address.
        pub dst: Option<IpAddr>,
        /// Its link-layer address.
        pub lladdr: Option<LinkLayerAddress>,
        /// How far that is known.
        pub state: NeighborState,
        /// Properties.
        pub flags: NeighborFlags,
        /// Further properties.
        pub ext_flags: NeighborExtendedFlags,
        /// The kind of address (`RTN_*`): 1 unicast, 2 of this host, 3 broadcast, 5 multicast.
        pub kind: u8,
        /// Who made it.
        pub protocol: Option<RouteProtocol>,
        /// How often it was asked in vain.
        pub probes: Option<u32>,
        /// Ages.
        pub cacheinfo: Option<NeighborCacheInfo>,
        /// Attributes that are newer than this version.
        pub unknown: Vec<UnknownAttribute>,
        /// Attributes that could not be read.
        pub notes: Vec<ParseNote>,
    }
}

/// Which neighbours are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct NeighborFilter {
    /// Of this family.
    pub family: Option<Family>,
    /// On the link with this index.
    pub ifindex: Option<u32>,
    /// On ports of the bridge, bond or VRF with this index. The kernel alone chooses by it, from Linux 4.4 on: neighbours
    /// do not say it.
    pub master: Option<u32>,
    /// On links that are a port of nothing, unless a master is wanted. The kernel alone chooses by it, from Linux 5.15 on.
    pub nomaster: bool,
    /// In one of these states; the empty set stands for those without a state.
    pub states: Option<NeighborState>,
    /// Proxies only, or none of them; without a choice both.
    pub proxies: Option<bool>,
}

/// One neighbour, or one proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NeighborQuery {
    /// Its address.
    pub address: IpAddr,
    /// The link that it is on. A proxy may be on all: 0.
    pub ifindex: u32,
    /// A proxy, not a neighbour.
    pub proxy: bool,
}

impl NeighborQuery {
    /// The neighbour with this address on the link with index `ifindex`.
    #[must_use]
    pub const fn new(address: IpAddr, ifindex: u32) -> Self {
        Self { address, ifindex, proxy: false }
    }

    fn request(&self) -> Request {
        let flags = if self.proxy { NeighborFlags::PROXY } else { NeighborFlags::default() };
        let family = if self.address.is_ipv4() { Family::INET } else { Family::INET6 };
        let mut payload = Header::question(family, self.ifindex, flags);
        match self.address {
            IpAddr::V4(address) => put_attribute(&mut payload, NDA_DST, &address.octets()),
            IpAddr::V6(address) => put_attribute(&mut payload, NDA_DST, &address.octets()),
        }
        Request::raw_get(libc::NETLINK_ROUTE, libc::RTM_GETNEIGH, libc::RTM_NEWNEIGH, &payload)
    }
}

impl Netlink {
    /// Looks one neighbour or proxy up, without a listing of all; `None` when it is not there.
    ///
    /// # Errors
    /// When the kernel refuses the question: a link that is not there, or none for a neighbour. From Linux 5.0 on.
    pub fn neighbor(&self, query: &NeighborQuery) -> Result<Option<Neighbor>> {
        self.one(&format!("look up the neighbour {}", query.address), query.request())
    }
}

impl Object for Neighbor {
    type Filter = NeighborFilter;
    type Key = (u32, Family, bool, Option<IpAddr>);

    const KIND: Kind = Kind::Neighbor;
    const CONSISTENCY: Consistency = Consistency::BestEffort;
    const VOLATILE: &'static [&'static str] = &["cacheinfo", "probes"];

    fn parse(payload: &[u8]) -> std::result::Result<Self, ParseNote> {
        let (header, attributes) = Header::parse("neighbor", payload)?;
        let mut neighbor = Self {
            family: header.family,
            ifindex: header.ifindex,
            state: header.state,
            flags: header.flags,
            kind: header.kind,
            ..Self::default()
        };
        let mut notes = Notes::default();
        attribute::each("neighbor", attributes, Header::LENGTH, &mut notes, |attribute, notes| {
            match attribute.number {
                NDA_DST => neighbor.dst = attribute.ip(notes),
                NDA_LLADDR => neighbor.lladdr = LinkLayerAddress::read(&attribute, notes),
                NDA_CACHEINFO => neighbor.cacheinfo = NeighborCacheInfo::read(&attribute, notes),
                NDA_PROBES => neighbor.probes = attribute.u32(notes),
                NDA_PROTOCOL => neighbor.protocol = attribute.u8(notes).map(RouteProtocol),
                NDA_FLAGS_EXT => {
                    neighbor.ext_flags = NeighborExtendedFlags(attribute.u32(notes).unwrap_or_default());
                }
                _ => attribute.keep_unknown(NDA_LAST, &mut neighbor.unknown),
            }
        });
        neighbor.notes = notes.0;
        Ok(neighbor)
    }

    fn key(&self) -> Self::Key {
        (self.ifindex, self.family, self.flags.contains(NeighborFlags::PROXY), self.dst)
    }

    fn matches(&self, filter: &NeighborFilter) -> bool {
        let proxy = self.flags.contains(NeighborFlags::PROXY);
        let in_state = |states: NeighborState| match states.0 {
            0 => self.state.0 == 0,
            states => self.state.0 & states != 0,
        };
        filter.family.is_none_or(|family| self.family == family)
            && filter.ifindex.is_none_or(|ifindex| self.ifindex == ifindex)
            && filter.states.is_none_or(in_state)
            && filter.proxies.is_none_or(|wanted| wanted == proxy)
    }

    /// Proxies are listed by a question of their own.
    fn requests(filter: &NeighborFilter) -> Vec<Request> {
        let request = |proxies: bool| {
            let flags = if proxies { NeighborFlags::PROXY } else { NeighborFlags::default() };
            let mut payload = Header::question(filter.family.unwrap_or_default(), 0, flags);
            if let Some(ifindex) = filter.ifindex {
                put_attribute(&mut payload, NDA_IFINDEX, &ifindex.to_ne_bytes());
            }
            if let Some(master) = filter.master.or(filter.nomaster.then_some(NO_MASTER)) {
                put_attribute(&mut payload, NDA_MASTER, &master.to_ne_bytes());
            }
            Request::raw_dump(libc::NETLINK_ROUTE, libc::RTM_GETNEIGH, libc::RTM_NEWNEIGH, &payload)
        };
        match filter.proxies {
            None => vec![request(false), request(true)],
            Some(proxies) => vec![request(proxies)],
        }
    }
}

impl NeighborCacheInfo {
    pub(super) fn read(attribute: &Attribute<'_>, notes: &mut Notes) -> Option<Self> {
        let [c0, c1, c2, c3, u0, u1, u2, u3, d0, d1, d2, d3, r0, r1, r2, r3] = attribute.array(notes)?;
        let hundredths = |octets| Duration::from_millis(10 * u64::from(u32::from_ne_bytes(octets)));
        Some(Self {
            confirmed: hundredths([c0, c1, c2, c3]),
            used: hundredths([u0, u1, u2, u3]),
            updated: hundredths([d0, d1, d2, d3]),
            refcnt: u32::from_ne_bytes([r0, r1, r2, r3]),
        })
    }
}

/// `struct ndmsg`, which forwarding entries have, too.
#[derive(Clone, Copy, Debug)]
pub(super) struct Header {
    pub(super) family: Family,
    pub(super) ifindex: u32,
    pub(super) state: NeighborState,
    pub(super) flags: NeighborFlags,
    pub(super) kind: u8,
}

impl Header {
    pub(super) const LENGTH: usize = 12;

    pub(super) fn parse<'a>(
        within: &'static str,
        payload: &'a [u8],
    ) -> std::result::Result<(Self, &'a [u8]), ParseNote> {
        let Some((header, attributes)) = payload.split_first_chunk::<{ Self::LENGTH }>() else {
            return Err(ParseNote::header(within, Self::LENGTH, payload.len()));
        };
        let [family, _, _, _, i0, i1, i2, i3, s0, s1, flags, kind] = *header;
        let header = Self {
            family: Family(family),
            ifindex: u32::from_ne_bytes([i0, i1, i2, i3]),
            state: NeighborState(u16::from_ne_bytes([s0, s1])),
            flags: NeighborFlags(flags),
            kind,
        };
        Ok((header, attributes))
    }

    pub(super) fn question(family: Family, ifindex: u32, flags: NeighborFlags) -> Vec<u8> {
        let [i0, i1, i2, i3] = ifindex.to_ne_bytes();
        vec![family.0, 0, 0, 0, i0, i1, i2, i3, 0, 0, flags.0, 0]
    }
}

// linux/neighbour.h
pub(super) const NDA_DST: u16 = 1;
pub(super) const NDA_LLADDR: u16 = 2;
pub(super) const NDA_CACHEINFO: u16 = 3;
const NDA_PROBES: u16 = 4;
pub(super) const NDA_IFINDEX: u16 = 8;
pub(super) const NDA_MASTER: u16 = 9;
/// As 0 means that none was said.
const NO_MASTER: u32 = u32::MAX;
pub(super) const NDA_PROTOCOL: u16 = 12;
pub(super) const NDA_FLAGS_EXT: u16 = 15;
/// `NDA_NDM_FLAGS_MASK`.
pub(super) const NDA_LAST: u16 = 17;

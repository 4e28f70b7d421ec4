//! Routes of all tables, as `RTM_NEWROUTE` describes them.

mod decision;
mod encap;
mod filter;
mod lookup;
mod numbers;
mod parts;
mod vrf;

use std::net::IpAddr;

use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::route::{RouteAttribute, RouteFlags as WireFlags, RouteMessage};

use super::attribute::{self, Attribute, Notes};
use super::object::{Kind, Object};
use super::request::Request;
use super::{Consistency, Family, ParseNote, Scope};

pub use encap::{
    BpfEncap, BpfProgram, Encap, ErspanOptions, GeneveOption, IlaEncap, Ioam6Encap, Ioam6Trace, Ip6Encap, IpEncap,
    MplsEncap, RplEncap, Seg6Counters, Seg6Encap, Seg6FlavorSettings, Seg6LocalEncap, SegmentRouting, TunnelOptions,
    VxlanOptions, XfrmEncap,
};
pub use filter::{Prefix, PrefixError, RouteFilter};
pub use lookup::{RouteAnswer, RouteQuery, RouteVerdict};
pub use numbers::{
    EncapKind, Ioam6Mode, RouteCacheFlags, RouteFlags, RouteKind, RoutePreference, RouteProtocol, Seg6Action,
    Seg6Flavors, Seg6Mode, TunnelFlags,
};
pub use parts::{
    MplsLabel, MplsLabels, MulticastStats, Realms, RouteCacheInfo, RouteLookup, RouteMetrics, RouteNextHop, Via,
};

object! {
    /// A route, or the answer to a lookup.
    ///
    /// Fields are the kernel's attributes in iproute2's words; `None` means that the kernel did not send the attribute.
    /// A plain route takes no memory outside of the structure.
    #[derive(Clone, Debug, Default, PartialEq, Eq)]
    pub struct Route {
        /// IPv4, IPv6 or MPLS; multicast forwarding entries are [`Family::IPMR`] and [`Family::IP6MR`].
        pub family: Family,
        /// What it does with a packet.
        pub kind: RouteKind,
        /// The destination; `None` with a length of 0 is everywhere.
        pub dst: Option<IpAddr>,
        /// Length of the destination's prefix in bits.
        pub dst_len: u8,
        /// The source that a packet must have.
        pub src: Option<IpAddr>,
        /// Length of the source's prefix in bits.
        pub src_len: u8,
        /// MPLS: the label that a packet must have.
        pub label: Option<MplsLabel>,
        /// The type of service that a packet must have; 0 is any.
        pub tos: u8,
        /// The table.
        pub table: u32,
        /// Who made it.
        pub protocol: RouteProtocol,
        /// How far the destination is.
        pub scope: Scope,
        /// State.
        pub flags: RouteFlags,
        /// The gateway, of the route's family.
        pub gateway: Option<IpAddr>,
        /// The gateway, of another family.
        pub via: Option<Box<Via>>,
        /// The link out, by its index.
        pub oif: Option<u32>,
        /// The link in, by its index: in answers and multicast forwarding entries.
        pub iif: Option<u32>,
        /// The source that packets of this host get.
        pub prefsrc: Option<IpAddr>,
        /// The metric: of two routes to the same destination, the lower is taken.
        pub priority: Option<u32>,
        /// What connections begin with.
        pub metrics: Option<Box<RouteMetrics>>,
        /// The next hops, where there are several.
        pub nexthops: Vec<RouteNextHop>,
        /// The next hop object that the route refers to; what that says is repeated in the route.
        pub nhid: Option<u32>,
        /// What is put around packets.
        pub encap: Option<Box<Encap>>,
        /// MPLS: the labels that replace the one that matched.
        pub newdst: Option<MplsLabels>,
        /// MPLS: whether the time to live of the packet and of the label are one.
        pub ttl_propagate: Option<bool>,
        /// IPv6: the router's preference.
        pub pref: Option<RoutePreference>,
        /// IPv4: realms.
        pub realms: Option<Realms>,
        /// Use, age and end of life.
        pub cacheinfo: Option<RouteCacheInfo>,
        /// Counters of a multicast forwarding entry.
        pub multicast: Option<Box<MulticastStats>>,
        /// In an answer: the packet that was asked about.
        pub lookup: Option<Box<RouteLookup>>,
        /// Attributes that could not be read.
        pub notes: Vec<ParseNote>,
    }
}

/// What tells a route from all others of a namespace.
///
/// The kernel lets routes differ in their next hop alone: IPv4 when appended, as for two links in one subnet, IPv6 when
/// they have no gateway. So the first next hop is part of the key. A route that is *replaced* (`NLM_F_REPLACE`) has
/// another key than before if its next hop changed.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct RouteKey {
    /// IPv4, IPv6 or MPLS.
    pub family: Family,
    /// The table.
    pub table: u32,
    /// The destination.
    pub dst: Option<IpAddr>,
    /// Its length in bits.
    pub dst_len: u8,
    /// The source.
    pub src: Option<IpAddr>,
    /// Its length in bits.
    pub src_len: u8,
    /// MPLS: the label.
    pub label: Option<MplsLabel>,
    /// The type of service.
    pub tos: u8,
    /// The metric.
    pub priority: u32,
    /// What it does with a packet.
    pub kind: RouteKind,
    /// The next hop object.
    pub nhid: Option<u32>,
    /// The gateway of the first next hop, of any family; `None` with a next hop object.
    pub gateway: Option<IpAddr>,
    /// The link of the first next hop; `None` with a next hop object.
    pub oif: Option<u32>,
}

impl Object for Route {
    type Filter = RouteFilter;
    type Key = RouteKey;

    const KIND: Kind = Kind::Route;
    const CONSISTENCY: Consistency = Consistency::BestEffort;
    const VOLATILE: &'static [&'static str] = &["cacheinfo", "multicast"];

    fn parse(payload: &[u8]) -> Result<Self, ParseNote> {
        let Some((header, attributes)) = payload.split_first_chunk::<HEADER_LENGTH>() else {
            return Err(ParseNote::header("route", HEADER_LENGTH, payload.len()));
        };
        let [family, dst_len, src_len, tos, table, protocol, scope, kind, f0, f1, f2, f3] = *header;
        let mut route = Self {
            family: Family(family),
            kind: RouteKind(kind),
            dst_len,
            src_len,
            tos,
            table: table.into(),
            protocol: RouteProtocol(protocol),
            scope: Scope(scope),
            flags: RouteFlags(u32::from_ne_bytes([f0, f1, f2, f3])),
            ..Self::default()
        };
        let mut notes = Notes::default();
        let (mut encap_kind, mut encap) = (None, None);
        attribute::each("route", attributes, HEADER_LENGTH, &mut notes, |attribute, notes| match attribute.number {
            RTA_ENCAP_TYPE => encap_kind = attribute.u16(notes).map(EncapKind),
            RTA_ENCAP => encap = Some(attribute),
            _ => route.read(&attribute, notes),
        });
        route.encap = Encap::read(encap_kind, encap, &mut notes);
        route.notes = notes.0;
        Ok(route)
    }

    fn key(&self) -> RouteKey {
        let (gateway, oif) = self.first_hop();
        RouteKey {
            family: self.family,
            table: self.table,
            dst: self.dst,
            dst_len: self.dst_len,
            src: self.src,
            src_len: self.src_len,
            label: self.label,
            tos: self.tos,
            priority: self.priority.unwrap_or_default(),
            kind: self.kind,
            nhid: self.nhid,
            gateway: gateway.filter(|_| self.nhid.is_none()),
            oif: oif.filter(|_| self.nhid.is_none()),
        }
    }

    fn matches(&self, filter: &RouteFilter) -> bool {
        filter.wants(self)
    }

    fn requests(filter: &RouteFilter) -> Vec<Request> {
        let mut message = RouteMessage::default();
        message.header.address_family = filter.family.unwrap_or_default().0.into();
        message.header.protocol = filter.protocol.unwrap_or_default().0.into();
        if filter.cloned {
            message.header.flags = WireFlags::Cloned;
        }
        message.attributes.extend(filter.table.map(RouteAttribute::Table));
        message.attributes.extend(filter.oif.map(RouteAttribute::Oif));
        vec![Request::dump(RouteNetlinkMessage::GetRoute(message))]
    }

    /// A table that was never used.
    fn means_none(errno: i32, filter: &RouteFilter) -> bool {
        errno == libc::ENOENT && filter.table.is_some()
    }
}

impl Route {
    /// The state of an entry of IPv4's cache, or of an answer; `None` for a route of a table.
    #[must_use]
    pub fn cache_flags(&self) -> Option<RouteCacheFlags> {
        let cached = self.family == Family::INET && self.flags.contains(RouteFlags::CLONED);
        cached.then_some(RouteCacheFlags(self.flags.0 & !0xffff))
    }

    /// The links that the route refers to, by their index.
    pub fn links(&self) -> impl Iterator<Item = u32> {
        let of_encap = |encap: &Option<Box<Encap>>| encap.as_deref().map_or([None; 2], Encap::links);
        let hops = self.nexthops.iter().flat_map(move |hop| [Some(hop.oif)].into_iter().chain(of_encap(&hop.encap)));
        [self.oif, self.iif].into_iter().chain(of_encap(&self.encap)).chain(hops).flatten()
    }

    /// Gateway and link of the next hop or of the first of several.
    fn first_hop(&self) -> (Option<IpAddr>, Option<u32>) {
        let of = |gateway: Option<IpAddr>, via: Option<&Via>| gateway.or_else(|| via.and_then(Via::ip));
        match self.nexthops.first() {
            Some(hop) => (of(hop.gateway, hop.via.as_deref()), Some(hop.oif)),
            None => (of(self.gateway, self.via.as_deref()), self.oif),
        }
    }

    fn read(&mut self, attribute: &Attribute<'_>, notes: &mut Notes) {
        match attribute.number {
            RTA_DST if self.family == Family::MPLS => self.label = MplsLabel::read(attribute, notes),
            RTA_DST => self.dst = attribute.ip(notes),
            RTA_SRC => self.src = attribute.ip(notes),
            RTA_IIF => self.iif = attribute.u32(notes),
            RTA_OIF => self.oif = attribute.u32(notes),
            RTA_GATEWAY => self.gateway = attribute.ip(notes),
            RTA_PRIORITY => self.priority = attribute.u32(notes),
            RTA_PREFSRC => self.prefsrc = attribute.ip(notes),
            RTA_METRICS => self.metrics = Some(Box::new(RouteMetrics::read(attribute, notes))),
            RTA_MULTIPATH => self.nexthops = RouteNextHop::read_all(attribute, notes),
            RTA_FLOW => self.realms = attribute.u32(notes).map(Realms),
            RTA_CACHEINFO => self.cacheinfo = RouteCacheInfo::read(attribute, notes),
            // All 32 bits; the header has room for eight.
            RTA_TABLE => {
                if let Some(table) = attribute.u32(notes) {
                    self.table = table;
                }
            }
            RTA_VIA => self.via = Via::read(attribute, notes).map(Box::new),
            RTA_NEWDST => self.newdst = MplsLabels::read(attribute, notes),
            RTA_PREF => self.pref = attribute.u8(notes).map(RoutePreference),
            RTA_TTL_PROPAGATE => self.ttl_propagate = attribute.bool(notes),
            RTA_NH_ID => self.nhid = attribute.u32(notes),
            RTA_MFC_STATS | RTA_EXPIRES => self.read_multicast(attribute, notes),
            RTA_MARK | RTA_UID | RTA_IP_PROTO | RTA_SPORT | RTA_DPORT | RTA_FLOWLABEL => {
                self.lookup.get_or_insert_default().set(attribute, notes);
            }
            _ => {}
        }
    }

    fn read_multicast(&mut self, attribute: &Attribute<'_>, notes: &mut Notes) {
        let stats = self.multicast.get_or_insert_default();
        if attribute.number == RTA_EXPIRES {
            stats.expires = attribute.u64(notes);
            return;
        }
        if let Some(octets) = attribute.array::<24>(notes) {
            let (words, _) = octets.as_chunks::<8>();
            let mut words = words.iter().map(|word| u64::from_ne_bytes(*word));
            let mut next = || words.next().unwrap_or_default();
            (stats.packets, stats.bytes, stats.wrong_if) = (next(), next(), next());
        }
    }
}

/// The table that local and broadcast addresses are in.
pub const TABLE_LOCAL: u32 = 255;
/// The table that routes are in unless another is named.
pub const TABLE_MAIN: u32 = 254;
/// The table that is looked at last.
pub const TABLE_DEFAULT: u32 = 253;

/// `struct rtmsg`.
const HEADER_LENGTH: usize = 12;

// linux/rtnetlink.h
const RTA_DST: u16 = 1;
const RTA_SRC: u16 = 2;
const RTA_IIF: u16 = 3;
const RTA_OIF: u16 = 4;
const RTA_GATEWAY: u16 = 5;
const RTA_PRIORITY: u16 = 6;
const RTA_PREFSRC: u16 = 7;
const RTA_METRICS: u16 = 8;
const RTA_MULTIPATH: u16 = 9;
const RTA_FLOW: u16 = 11;
const RTA_CACHEINFO: u16 = 12;
const RTA_TABLE: u16 = 15;
const RTA_MARK: u16 = 16;
const RTA_MFC_STATS: u16 = 17;
const RTA_VIA: u16 = 18;
const RTA_NEWDST: u16 = 19;
const RTA_PREF: u16 = 20;
const RTA_ENCAP_TYPE: u16 = 21;
const RTA_ENCAP: u16 = 22;
const RTA_EXPIRES: u16 = 23;
const RTA_UID: u16 = 25;
const RTA_TTL_PROPAGATE: u16 = 26;
const RTA_IP_PROTO: u16 = 27;
const RTA_SPORT: u16 = 28;
const RTA_DPORT: u16 = 29;
const RTA_NH_ID: u16 = 30;
const RTA_FLOWLABEL: u16 = 31;

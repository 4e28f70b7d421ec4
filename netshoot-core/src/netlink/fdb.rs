//! Forwarding entries of bridges and VXLAN tunnels: which link-layer address is behind which port.

use std::net::IpAddr;

use super::attribute::{self, Attribute, Notes};
use super::neighbor::{
    Header, NDA_CACHEINFO, NDA_DST, NDA_FLAGS_EXT, NDA_IFINDEX, NDA_LAST, NDA_LLADDR, NDA_MASTER, NDA_PROTOCOL,
};
use super::object::{Kind, Object};
use super::request::{Request, put_attribute};
use super::{
    Consistency, Family, LinkLayerAddress, NeighborCacheInfo, NeighborExtendedFlags, NeighborFlags, NeighborState,
    Netlink, ParseNote, RouteProtocol, UnknownAttribute,
};
use crate::error::Result;

object! {
    /// An entry of a forwarding database.
    #[derive(Clone, Debug, Default, PartialEq, Eq)]
    pub struct FdbEntry {
        /// The port, or the tunnel.
        pub ifindex: u32,
        /// The address.
        pub mac: Option<LinkLayerAddress>,
        /// The bridge.
        pub master: Option<u32>,
        /// VLAN identifier; 0 or `None` is none.
        pub vlan: Option<u16>,
        /// The other end of a tunnel.
        pub dst: Option<IpAddr>,
        /// Its UDP port.
        pub port: Option<u16>,
        /// VXLAN network identifier for what is sent.
        pub vni: Option<u32>,
        /// VXLAN network identifier of what is received.
        pub src_vni: Option<u32>,
        /// The link that the tunnel's packets leave by.
        pub via: Option<u32>,
        /// The namespace of that link, by this namespace's number.
        pub link_netnsid: Option<i32>,
        /// The next hop object in place of an address.
        pub nhid: Option<u32>,
        /// State: permanent, static (`NOARP`), stale, or learned (`REACHABLE`).
        pub state: NeighborState,
        /// Properties.
        pub flags: NeighborFlags,
        /// Further properties.
        pub ext_flags: NeighborExtendedFlags,
        /// Who made it.
        pub protocol: Option<RouteProtocol>,
        /// `FDB_NOTIFY_*`: what is told of activity.
        pub activity_notify: Option<u8>,
        /// Ages.
        pub cacheinfo: Option<NeighborCacheInfo>,
        /// Attributes that are newer than this version.
        pub unknown: Vec<UnknownAttribute>,
        /// Attributes that could not be read.
        pub notes: Vec<ParseNote>,
    }
}

/// Which forwarding entries are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct FdbFilter {
    /// Of the bridge with this index.
    pub master: Option<u32>,
    /// Of the port or tunnel with this index.
    pub ifindex: Option<u32>,
    /// Of this VLAN.
    pub vlan: Option<u16>,
    /// In one of these states.
    pub states: Option<NeighborState>,
}

/// What tells one entry from others. A tunnel may have several for one address, one an end.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct FdbKey {
    ifindex: u32,
    mac: Option<LinkLayerAddress>,
    vlan: u16,
    /// On the device itself, or in the bridge; both may have the address.
    place: u8,
    end: (Option<IpAddr>, Option<u16>),
    networks: [Option<u32>; 3],
}

/// One forwarding entry, of a port, a tunnel or a bridge.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FdbQuery {
    /// The address.
    pub mac: LinkLayerAddress,
    /// The port or tunnel with this index; the bridge's own entries have none.
    pub ifindex: Option<u32>,
    /// The bridge with this index.
    pub master: Option<u32>,
    /// Of this VLAN.
    pub vlan: Option<u16>,
    /// Of this VXLAN network identifier.
    pub vni: Option<u32>,
    /// Where it is looked for: [`SELF`](NeighborFlags::SELF) in the device's own database,
    /// [`MASTER`](NeighborFlags::MASTER) in the bridge's; without either, the bridge's where there is one.
    pub place: NeighborFlags,
}

impl FdbQuery {
    /// The entry of `mac`; a device or a bridge must be named, too.
    #[must_use]
    pub const fn new(mac: LinkLayerAddress) -> Self {
        Self { mac, ifindex: None, master: None, vlan: None, vni: None, place: NeighborFlags(0) }
    }

    fn request(&self) -> Request {
        let mut payload = Header::question(Family::BRIDGE, self.ifindex.unwrap_or_default(), self.place);
        put_attribute(&mut payload, NDA_LLADDR, self.mac.as_bytes());
        if let Some(vlan) = self.vlan {
            put_attribute(&mut payload, NDA_VLAN, &vlan.to_ne_bytes());
        }
        for (number, value) in [(NDA_VNI, self.vni), (NDA_MASTER, self.master)] {
            if let Some(value) = value {
                put_attribute(&mut payload, number, &value.to_ne_bytes());
            }
        }
        Request::raw_get(libc::NETLINK_ROUTE, libc::RTM_GETNEIGH, libc::RTM_NEWNEIGH, &payload)
    }
}

impl Netlink {
    /// Looks one forwarding entry up, without a listing of all; `None` when it is not there.
    ///
    /// # Errors
    /// When the kernel refuses the question: a link that is not there, or that has no forwarding database. From Linux
    /// 5.0 on.
    pub fn fdb_entry(&self, query: &FdbQuery) -> Result<Option<FdbEntry>> {
        self.one(&format!("look up the forwarding entry of {}", query.mac), query.request())
    }
}

impl Object for FdbEntry {
    type Filter = FdbFilter;
    type Key = FdbKey;

    const KIND: Kind = Kind::FdbEntry;
    const CONSISTENCY: Consistency = Consistency::BestEffort;
    const VOLATILE: &'static [&'static str] = &["cacheinfo"];

    fn parse(payload: &[u8]) -> std::result::Result<Self, ParseNote> {
        let (header, attributes) = Header::parse("fdb entry", payload)?;
        let mut entry = Self { ifindex: header.ifindex, state: header.state, flags: header.flags, ..Self::default() };
        let mut notes = Notes::default();
        attribute::each("fdb entry", attributes, Header::LENGTH, &mut notes, |attribute, notes| {
            entry.read(&attribute, notes);
        });
        entry.notes = notes.0;
        Ok(entry)
    }

    fn key(&self) -> FdbKey {
        FdbKey {
            ifindex: self.ifindex,
            mac: self.mac,
            vlan: self.vlan.unwrap_or_default(),
            place: self.flags.0 & (NeighborFlags::SELF.0 | NeighborFlags::MASTER.0),
            end: (self.dst, self.port),
            networks: [self.vni, self.src_vni, self.via],
        }
    }

    fn matches(&self, filter: &FdbFilter) -> bool {
        // Entries on the device itself do not say the master; these the kernel alone chooses.
        let of_master = |master: u32| self.master.is_none_or(|own| own == master);
        filter.ifindex.is_none_or(|ifindex| self.ifindex == ifindex)
            && filter.master.is_none_or(of_master)
            && filter.vlan.is_none_or(|vlan| self.vlan == Some(vlan))
            && filter.states.is_none_or(|states| self.state.0 & states.0 != 0)
    }

    fn requests(filter: &FdbFilter) -> Vec<Request> {
        let ifindex = filter.ifindex.unwrap_or_default();
        let mut payload = Header::question(Family::BRIDGE, ifindex, NeighborFlags::default());
        if let Some(master) = filter.master {
            put_attribute(&mut payload, NDA_MASTER, &master.to_ne_bytes());
        }
        vec![Request::raw_dump(libc::NETLINK_ROUTE, libc::RTM_GETNEIGH, libc::RTM_NEWNEIGH, &payload)]
    }
}

impl FdbEntry {
    fn read(&mut self, attribute: &Attribute<'_>, notes: &mut Notes) {
        match attribute.number {
            NDA_LLADDR => self.mac = LinkLayerAddress::read(attribute, notes),
            NDA_MASTER => self.master = attribute.u32(notes),
            NDA_VLAN => self.vlan = attribute.u16(notes),
            NDA_DST => self.dst = attribute.ip(notes),
            NDA_PORT => self.port = attribute.be16(notes),
            NDA_VNI => self.vni = attribute.u32(notes),
            NDA_SRC_VNI => self.src_vni = attribute.u32(notes),
            NDA_IFINDEX => self.via = attribute.u32(notes),
            NDA_LINK_NETNSID => self.link_netnsid = attribute.i32(notes),
            NDA_NH_ID => self.nhid = attribute.u32(notes),
            NDA_PROTOCOL => self.protocol = attribute.u8(notes).map(RouteProtocol),
            NDA_FLAGS_EXT => self.ext_flags = NeighborExtendedFlags(attribute.u32(notes).unwrap_or_default()),
            NDA_CACHEINFO => self.cacheinfo = NeighborCacheInfo::read(attribute, notes),
            NDA_FDB_EXT_ATTRS => attribute.each("fdb_ext_attrs", notes, |detail, notes| {
                if detail.number == NFEA_ACTIVITY_NOTIFY {
                    self.activity_notify = detail.u8(notes);
                }
            }),
            _ => attribute.keep_unknown(NDA_LAST, &mut self.unknown),
        }
    }
}

// linux/neighbour.h
const NDA_VLAN: u16 = 5;
const NDA_PORT: u16 = 6;
const NDA_VNI: u16 = 7;
const NDA_LINK_NETNSID: u16 = 10;
const NDA_SRC_VNI: u16 = 11;
const NDA_NH_ID: u16 = 13;
const NDA_FDB_EXT_ATTRS: u16 = 14;
const NFEA_ACTIVITY_NOTIFY: u16 = 1;

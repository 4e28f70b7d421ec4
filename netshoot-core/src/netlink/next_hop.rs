//! Next hop objects and groups of them, as `RTM_NEWNEXTHOP` describes them, and the buckets of resilient groups.

use std::net::IpAddr;

use super::attribute::{self, Attribute, Notes};
use super::object::{Kind, Object};
use super::request::Request;
use super::{Consistency, Encap, EncapKind, Family, ParseNote, RouteFlags, RouteProtocol, Scope};

object! {
    /// A next hop that routes refer to by its number, or a group of such.
    #[derive(Clone, Debug, Default, PartialEq, Eq)]
    pub struct NextHop {
        /// Its number.
        pub id: u32,
        /// The family of the gateway; that of a group is [`Family::UNSPEC`].
        pub family: Family,
        /// How far it is.
        pub scope: Scope,
        /// Who made it.
        pub protocol: RouteProtocol,
        /// State.
        pub flags: RouteFlags,
        /// The members of a group.
        pub group: Vec<NextHopMember>,
        /// How a group chooses.
        pub group_type: Option<NextHopGroupType>,
        /// The settings of a resilient group.
        pub resilient_args: Option<Box<ResilientGroup>>,
        /// Packets are dropped.
        pub blackhole: bool,
        /// The link out, by its index.
        pub oif: Option<u32>,
        /// The gateway.
        pub gateway: Option<IpAddr>,
        /// What is put around packets.
        pub encap: Option<Box<Encap>>,
        /// For a bridge's forwarding entries, not for routes.
        pub fdb: bool,
        /// `NHA_OP_FLAG_*`: what the kernel says of its answer.
        pub op_flags: Option<u32>,
        /// Whether hardware counts the group's packets.
        pub hw_stats_enable: Option<bool>,
        /// Whether hardware takes part in the counters.
        pub hw_stats_used: Option<bool>,
        /// Attributes that could not be read.
        pub notes: Vec<ParseNote>,
    }
}

number! {
    /// `NEXTHOP_GRP_TYPE_*`: how a group chooses.
    NextHopGroupType(u16) {
        /// By the hash of the flow, in proportion to the weights.
        MPATH = 0 "mpath",
        /// By buckets that keep their next hop while it is in use.
        RESILIENT = 1 "resilient",
    }
}

/// A member of a group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct NextHopMember {
    /// The next hop's number.
    pub id: u32,
    /// Its share, from 1 on. (The kernel sends one less.)
    pub weight: u32,
    /// Packets that took it, where [`NextHopFilter::stats`] asked for them.
    pub packets: Option<u64>,
    /// Those of them that hardware sent.
    pub packets_hw: Option<u64>,
}

attributes! {
    /// `NHA_RES_GROUP_*`: the settings of a resilient group. Times are in hundredths of a second.
    ResilientGroup in "resilient group" {
        /// How many buckets.
        buckets: u16 = 1 by Attribute::u16,
        /// How long a bucket must be idle before it may change its next hop.
        idle_timer: u32 = 2 by Attribute::u32,
        /// How long the group may be out of balance before buckets are changed all the same; 0 is for ever.
        unbalanced_timer: u32 = 3 by Attribute::u32,
        /// How long it has been out of balance.
        unbalanced_time: u64 = 4 by Attribute::u64,
    }
}

/// Which next hops are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct NextHopFilter {
    /// The one with this number. One that is not there is no error.
    pub id: Option<u32>,
    /// Of this family; groups have none.
    pub family: Option<Family>,
    /// Out of the link with this index.
    pub oif: Option<u32>,
    /// Out of a port of the device with this index.
    pub master: Option<u32>,
    /// Groups only.
    pub groups: bool,
    /// For bridges only.
    pub fdb: bool,
    /// Made by this.
    pub protocol: Option<RouteProtocol>,
    /// With the counters of groups (Linux 6.9).
    pub stats: bool,
}

impl Object for NextHop {
    type Filter = NextHopFilter;
    type Key = u32;

    const KIND: Kind = Kind::NextHop;
    const CONSISTENCY: Consistency = Consistency::Checked;
    const VOLATILE: &'static [&'static str] = &[];

    fn parse(payload: &[u8]) -> Result<Self, ParseNote> {
        let Some((header, attributes)) = payload.split_first_chunk::<HEADER_LENGTH>() else {
            return Err(ParseNote::header("next hop", HEADER_LENGTH, payload.len()));
        };
        let [family, scope, protocol, _, f0, f1, f2, f3] = *header;
        let mut hop = Self {
            family: Family(family),
            scope: Scope(scope),
            protocol: RouteProtocol(protocol),
            flags: RouteFlags(u32::from_ne_bytes([f0, f1, f2, f3])),
            ..Self::default()
        };
        let mut notes = Notes::default();
        hop.read(attributes, &mut notes);
        hop.notes = notes.0;
        Ok(hop)
    }

    fn key(&self) -> u32 {
        self.id
    }

    /// Which links belong to a master the kernel alone knows.
    fn matches(&self, filter: &NextHopFilter) -> bool {
        filter.id.is_none_or(|id| self.id == id)
            && filter.family.is_none_or(|family| self.family == family)
            && filter.oif.is_none_or(|oif| self.oif == Some(oif))
            && filter.protocol.is_none_or(|protocol| self.protocol == protocol)
            && (!filter.groups || !self.group.is_empty())
            && (!filter.fdb || self.fdb)
    }

    fn requests(filter: &NextHopFilter) -> Vec<Request> {
        let mut payload = vec![filter.family.unwrap_or_default().0, 0, 0, 0, 0, 0, 0, 0];
        if filter.stats {
            put(&mut payload, NHA_OP_FLAGS, &OP_FLAG_DUMP_STATS.to_ne_bytes());
        }
        if let Some(id) = filter.id {
            put(&mut payload, NHA_ID, &id.to_ne_bytes());
            return vec![Request::raw_get(libc::NETLINK_ROUTE, RTM_GETNEXTHOP, RTM_NEWNEXTHOP, &payload)];
        }
        if let Some(oif) = filter.oif {
            put(&mut payload, NHA_OIF, &oif.to_ne_bytes());
        }
        if let Some(master) = filter.master {
            put(&mut payload, NHA_MASTER, &master.to_ne_bytes());
        }
        if filter.groups {
            put(&mut payload, NHA_GROUPS, &[]);
        }
        if filter.fdb {
            put(&mut payload, NHA_FDB, &[]);
        }
        vec![Request::raw_dump(libc::NETLINK_ROUTE, RTM_GETNEXTHOP, RTM_NEWNEXTHOP, &payload)]
    }

    /// Linux before 5.3 has none.
    fn means_none(errno: i32, filter: &NextHopFilter) -> bool {
        errno == libc::EOPNOTSUPP || errno == libc::ENOENT && filter.id.is_some()
    }
}

impl NextHop {
    /// The links that the next hop refers to, by their index.
    pub fn links(&self) -> impl Iterator<Item = u32> {
        let of_encap = self.encap.as_deref().map_or([None; 2], Encap::links);
        [self.oif].into_iter().chain(of_encap).flatten()
    }

    fn read(&mut self, attributes: &[u8], notes: &mut Notes) {
        let (mut kind, mut encap, mut group, mut stats) = (None, None, None, None);
        attribute::each("next hop", attributes, HEADER_LENGTH, notes, |attribute, notes| match attribute.number {
            NHA_ID => self.id = attribute.u32(notes).unwrap_or_default(),
            NHA_GROUP => group = Some(attribute),
            NHA_GROUP_TYPE => self.group_type = attribute.u16(notes).map(NextHopGroupType),
            NHA_BLACKHOLE => self.blackhole = true,
            NHA_OIF => self.oif = attribute.u32(notes),
            NHA_GATEWAY => self.gateway = attribute.ip(notes),
            NHA_ENCAP_TYPE => kind = attribute.u16(notes).map(EncapKind),
            NHA_ENCAP => encap = Some(attribute),
            NHA_FDB => self.fdb = true,
            NHA_RES_GROUP => self.resilient_args = Some(Box::new(ResilientGroup::read(&attribute, notes))),
            NHA_OP_FLAGS => self.op_flags = attribute.u32(notes),
            NHA_GROUP_STATS => stats = Some(attribute),
            NHA_HW_STATS_ENABLE => self.hw_stats_enable = attribute.u32(notes).map(|on| on != 0),
            NHA_HW_STATS_USED => self.hw_stats_used = attribute.u32(notes).map(|on| on != 0),
            _ => {}
        });
        self.encap = Encap::read(kind, encap, notes);
        if let Some(group) = group {
            self.read_group(&group, notes);
        }
        if let Some(stats) = stats {
            stats.each("group statistics", notes, |entry, notes| self.read_stats(&entry, notes));
        }
    }

    /// `struct nexthop_grp`, once a member.
    fn read_group(&mut self, attribute: &Attribute<'_>, notes: &mut Notes) {
        // Kernels before the wide weights (6.12) left whatever was there in the fields' place.
        let is_wide = self.op_flags.is_some_and(|flags| flags & OP_FLAG_RESP_GRP_RESVD_0 != 0);
        let (members, rest) = attribute.payload.as_chunks::<8>();
        if !rest.is_empty() || members.is_empty() {
            attribute.require(8 * (members.len() + 1), notes);
        }
        let member = |octets: &[u8; 8]| {
            let [a, b, c, d, low, high, _, _] = *octets;
            let weight = u16::from_le_bytes([low, if is_wide { high } else { 0 }]);
            NextHopMember {
                id: u32::from_ne_bytes([a, b, c, d]),
                weight: u32::from(weight) + 1,
                ..NextHopMember::default()
            }
        };
        self.group = members.iter().map(member).collect();
    }

    fn read_stats(&mut self, entry: &Attribute<'_>, notes: &mut Notes) {
        let (mut id, mut packets, mut packets_hw) = (None, None, None);
        entry.each("group statistics", notes, |detail, notes| match detail.number {
            1 => id = detail.u32(notes),
            2 => packets = uint(&detail, notes),
            3 => packets_hw = uint(&detail, notes),
            _ => {}
        });
        if let Some(member) = self.group.iter_mut().find(|member| Some(member.id) == id) {
            (member.packets, member.packets_hw) = (packets, packets_hw);
        }
    }
}

object! {
    /// A bucket of a resilient group: flows whose hash falls into it take its next hop.
    #[derive(Clone, Debug, Default, PartialEq, Eq)]
    pub struct NextHopBucket {
        /// The number of the group.
        pub id: u32,
        /// The number of the bucket within the group.
        pub index: u16,
        /// How long it has been idle, in hundredths of a second.
        pub idle_time: Option<u64>,
        /// The next hop's number.
        pub nhid: Option<u32>,
        /// State.
        pub flags: RouteFlags,
        /// Attributes that could not be read.
        pub notes: Vec<ParseNote>,
    }
}

/// Which buckets are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct NextHopBucketFilter {
    /// Of the group with this number.
    pub id: Option<u32>,
    /// With the next hop of this number.
    pub nhid: Option<u32>,
    /// Whose next hop leaves by the link with this index.
    pub oif: Option<u32>,
    /// Whose next hop leaves by a port of the device with this index.
    pub master: Option<u32>,
}

impl Object for NextHopBucket {
    type Filter = NextHopBucketFilter;
    type Key = (u32, u16);

    const KIND: Kind = Kind::NextHopBucket;
    const CONSISTENCY: Consistency = Consistency::Checked;
    const VOLATILE: &'static [&'static str] = &["idle_time"];

    fn parse(payload: &[u8]) -> Result<Self, ParseNote> {
        let Some((header, attributes)) = payload.split_first_chunk::<HEADER_LENGTH>() else {
            return Err(ParseNote::header("next hop bucket", HEADER_LENGTH, payload.len()));
        };
        let [_, _, _, _, f0, f1, f2, f3] = *header;
        let mut bucket = Self { flags: RouteFlags(u32::from_ne_bytes([f0, f1, f2, f3])), ..Self::default() };
        let mut notes = Notes::default();
        attribute::each("next hop bucket", attributes, HEADER_LENGTH, &mut notes, |attribute, notes| {
            match attribute.number {
                NHA_ID => bucket.id = attribute.u32(notes).unwrap_or_default(),
                NHA_RES_BUCKET => attribute.each("bucket", notes, |detail, notes| match detail.number {
                    1 => bucket.index = detail.u16(notes).unwrap_or_default(),
                    2 => bucket.idle_time = detail.u64(notes),
                    3 => bucket.nhid = detail.u32(notes),
                    _ => {}
                }),
                _ => {}
            }
        });
        bucket.notes = notes.0;
        Ok(bucket)
    }

    fn key(&self) -> (u32, u16) {
        (self.id, self.index)
    }

    fn matches(&self, filter: &NextHopBucketFilter) -> bool {
        filter.id.is_none_or(|id| self.id == id) && filter.nhid.is_none_or(|nhid| self.nhid == Some(nhid))
    }

    fn requests(filter: &NextHopBucketFilter) -> Vec<Request> {
        let mut payload = vec![0; HEADER_LENGTH];
        for (number, value) in [(NHA_OIF, filter.oif), (NHA_MASTER, filter.master), (NHA_ID, filter.id)] {
            if let Some(value) = value {
                put(&mut payload, number, &value.to_ne_bytes());
            }
        }
        if let Some(nhid) = filter.nhid {
            let mut nested = Vec::new();
            put(&mut nested, 3, &nhid.to_ne_bytes());
            put(&mut payload, NHA_RES_BUCKET | NESTED, &nested);
        }
        vec![Request::raw_dump(libc::NETLINK_ROUTE, RTM_GETNEXTHOPBUCKET, RTM_NEWNEXTHOPBUCKET, &payload)]
    }

    /// Linux before 5.13 has none.
    fn means_none(errno: i32, filter: &NextHopBucketFilter) -> bool {
        errno == libc::EOPNOTSUPP || errno == libc::ENOENT && filter.id.is_some()
    }
}

/// The kernel sends such a number in four octets when it fits.
fn uint(attribute: &Attribute<'_>, notes: &mut Notes) -> Option<u64> {
    if attribute.payload.len() < 8 { attribute.u32(notes).map(u64::from) } else { attribute.u64(notes) }
}

/// Appends an attribute; `value` has whole words.
fn put(payload: &mut Vec<u8>, number: u16, value: &[u8]) {
    let length = (4 + value.len()) as u16;
    payload.extend_from_slice(&length.to_ne_bytes());
    payload.extend_from_slice(&number.to_ne_bytes());
    payload.extend_from_slice(value);
}

/// `struct nhmsg`.
const HEADER_LENGTH: usize = 8;

// linux/rtnetlink.h
const RTM_NEWNEXTHOP: u16 = 104;
const RTM_GETNEXTHOP: u16 = 106;
const RTM_NEWNEXTHOPBUCKET: u16 = 116;
const RTM_GETNEXTHOPBUCKET: u16 = 118;

// linux/nexthop.h
const NHA_ID: u16 = 1;
const NHA_GROUP: u16 = 2;
const NHA_GROUP_TYPE: u16 = 3;
const NHA_BLACKHOLE: u16 = 4;
const NHA_OIF: u16 = 5;
const NHA_GATEWAY: u16 = 6;
const NHA_ENCAP_TYPE: u16 = 7;
const NHA_ENCAP: u16 = 8;
const NHA_GROUPS: u16 = 9;
const NHA_MASTER: u16 = 10;
const NHA_FDB: u16 = 11;
const NHA_RES_GROUP: u16 = 12;
const NHA_RES_BUCKET: u16 = 13;
const NHA_OP_FLAGS: u16 = 14;
const NHA_GROUP_STATS: u16 = 15;
const NHA_HW_STATS_ENABLE: u16 = 16;
const NHA_HW_STATS_USED: u16 = 17;
const OP_FLAG_DUMP_STATS: u32 = 1;
const OP_FLAG_RESP_GRP_RESVD_0: u32 = 1 << 31;
/// `NLA_F_NESTED`.
const NESTED: u16 = 0x8000;

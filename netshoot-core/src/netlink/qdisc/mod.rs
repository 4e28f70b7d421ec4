//! Queueing disciplines and their counters, as `RTM_NEWQDISC` describes them.

mod cake;
mod delay;
mod early;
mod fair;
mod netem;
mod options;
mod shaper;
mod traffic_class;

use std::fmt;

pub use cake::{Cake, CakeAckFilter, CakeDiffserv, CakeFlowMode, CakeFraming, CakeStats, CakeTinStats};
pub use delay::{
    Codel, CodelStats, FqCodel, FqCodelClassStats, FqCodelQdiscStats, FqCodelStats, FqPie, FqPieStats, Pie, PieStats,
};
pub use early::{Choke, ChokeStats, Red, RedFlags, RedParameters, RedStats, Sfb, SfbStats};
pub use fair::{Ets, Fq, FqStats, Hhf, HhfStats, Sfq, SfqRed, SfqRedStats, SfqStats};
pub use netem::{
    Netem, NetemCorrelations, NetemGilbertElliot, NetemLossStates, NetemParameters, NetemProbability, NetemRate,
    NetemSlot,
};
pub use options::{QdiscOptions, QdiscXstats};
pub use shaper::{Hfsc, HfscStats, Htb, Multiq, Prio, RateSpec, Tbf};
pub use traffic_class::{
    Cbs, Etf, EtfFlags, Mqprio, MqprioMap, Taprio, TaprioEntry, TaprioFlags, TaprioSchedule, TrafficClassEntry,
};

use super::attribute::{self, Attribute, Notes};
use super::object::{Kind, Object};
use super::request::{Request, put_attribute};
use super::{ByteString, Consistency, ParseNote, UnknownAttribute};

/// The number of a queueing discipline or class: a major and a minor half.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct QdiscHandle(
    /// The kernel's number.
    pub u32,
);

impl QdiscHandle {
    /// Above all others of a link, on its way out.
    pub const ROOT: Self = Self(u32::MAX);
    /// For what comes in (`ingress`, `clsact`).
    pub const INGRESS: Self = Self(0xffff_fff1);

    /// The upper half.
    #[must_use]
    pub const fn major(self) -> u16 {
        (self.0 >> 16) as u16
    }

    /// The lower half.
    #[must_use]
    pub const fn minor(self) -> u16 {
        self.0 as u16
    }
}

impl fmt::Display for QdiscHandle {
    /// In tc's words: `root`, `none`, `1:`, `:a`, `1:a`, in hexadecimal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (*self, self.major(), self.minor()) {
            (Self::ROOT, ..) => f.write_str("root"),
            (_, 0, 0) => f.write_str("none"),
            (_, 0, minor) => write!(f, ":{minor:x}"),
            (_, major, 0) => write!(f, "{major:x}:"),
            (_, major, minor) => write!(f, "{major:x}:{minor:x}"),
        }
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for QdiscHandle {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

object! {
    /// A queueing discipline.
    #[derive(Clone, Debug, Default, PartialEq)]
    pub struct Qdisc {
        /// The link that it queues for.
        pub ifindex: u32,
        /// Its kind: `pfifo_fast`, `htb`.
        pub kind: ByteString,
        /// Its number; 0 for those that the kernel makes.
        pub handle: QdiscHandle,
        /// What it is part of.
        pub parent: QdiscHandle,
        /// How many refer to it.
        pub refcnt: u32,
        /// Its settings.
        pub options: Option<QdiscOptions>,
        /// How the length of a packet is reckoned.
        pub stab: Option<SizeTable>,
        /// Whether the hardware does its work.
        pub offloaded: bool,
        /// Block of filters that it shares for what comes in.
        pub ingress_block: Option<u32>,
        /// Block of filters that it shares for what goes out.
        pub egress_block: Option<u32>,
        /// Counters.
        pub stats: Option<QdiscStats>,
        /// The kind's own counters.
        pub xstats: Option<QdiscXstats>,
        /// Attributes that are newer than this version.
        pub unknown: Vec<UnknownAttribute>,
        /// Attributes that could not be read.
        pub notes: Vec<ParseNote>,
    }
}

/// `struct tc_sizespec`: how the length of a packet on the wire is reckoned from its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct SizeTable {
    /// `TC_LINKLAYER_*`: 1 Ethernet, 2 ATM.
    pub linklayer: u32,
    /// Octets added to each packet; may be negative.
    pub overhead: i32,
    /// Least octets of a packet.
    pub mpu: u32,
    /// Octets of the longest packet that the table is for.
    pub mtu: u32,
    /// Entries of the table; 0 is no table.
    pub tsize: u32,
}

/// Counters of a queueing discipline.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct QdiscStats {
    /// Octets sent.
    pub bytes: u64,
    /// Packets sent.
    pub packets: u64,
    /// Packets dropped.
    pub drops: u32,
    /// Times that a limit was passed.
    pub overlimits: u32,
    /// Packets put back.
    pub requeues: u32,
    /// Octets in the queue.
    pub backlog: u32,
    /// Packets in the queue.
    pub qlen: u32,
    /// Octets that the hardware sent.
    pub hw_bytes: Option<u64>,
    /// Packets that the hardware sent.
    pub hw_packets: Option<u32>,
    /// Estimated rate in octets per second.
    pub rate: Option<u64>,
    /// Estimated rate in packets per second.
    pub pps: Option<u64>,
}

/// Which queueing disciplines are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct QdiscFilter {
    /// Of the link with this index.
    pub ifindex: Option<u32>,
    /// With this number.
    pub handle: Option<QdiscHandle>,
    /// Part of this one.
    pub parent: Option<QdiscHandle>,
    /// Also those that the kernel makes and does not show unless asked.
    pub invisible: bool,
}

impl Object for Qdisc {
    type Filter = QdiscFilter;
    type Key = (u32, QdiscHandle, QdiscHandle, ByteString);

    const KIND: Kind = Kind::Qdisc;
    const CONSISTENCY: Consistency = Consistency::BestEffort;
    const VOLATILE: &'static [&'static str] = &["stats", "xstats", "refcnt"];

    fn parse(payload: &[u8]) -> Result<Self, ParseNote> {
        let Some((header, attributes)) = payload.split_first_chunk::<HEADER_LENGTH>() else {
            return Err(ParseNote::header("qdisc", HEADER_LENGTH, payload.len()));
        };
        let [_, _, _, _, i0, i1, i2, i3, h0, h1, h2, h3, p0, p1, p2, p3, c0, c1, c2, c3] = *header;
        let mut qdisc = Self {
            ifindex: u32::from_ne_bytes([i0, i1, i2, i3]),
            handle: QdiscHandle(u32::from_ne_bytes([h0, h1, h2, h3])),
            parent: QdiscHandle(u32::from_ne_bytes([p0, p1, p2, p3])),
            refcnt: u32::from_ne_bytes([c0, c1, c2, c3]),
            ..Self::default()
        };
        let (mut notes, mut options, mut xstats) = (Notes::default(), None, None);
        attribute::each("qdisc", attributes, HEADER_LENGTH, &mut notes, |attribute, notes| match attribute.number {
            TCA_KIND => qdisc.kind = attribute.string(),
            TCA_OPTIONS => options = Some(attribute),
            TCA_STATS2 => xstats = qdisc.read_stats(&attribute, notes),
            TCA_STAB => attribute.each("stab", notes, |detail, notes| {
                if detail.number == TCA_STAB_BASE {
                    qdisc.stab = detail.array::<24>(notes).map(|octets| SizeTable::from_octets(&octets));
                }
            }),
            TCA_HW_OFFLOAD => qdisc.offloaded = attribute.bool(notes).unwrap_or_default(),
            TCA_INGRESS_BLOCK => qdisc.ingress_block = attribute.u32(notes),
            TCA_EGRESS_BLOCK => qdisc.egress_block = attribute.u32(notes),
            _ => attribute.keep_unknown(TCA_EXT_WARN_MSG, &mut qdisc.unknown),
        });
        // The kind says how they are read, and may come after them.
        let kind = qdisc.kind.as_bytes();
        qdisc.options = options.and_then(|options| QdiscOptions::read(kind, &options, &mut notes));
        qdisc.xstats = xstats.and_then(|xstats| QdiscXstats::read(kind, &xstats, &mut notes));
        qdisc.notes = notes.0;
        Ok(qdisc)
    }

    fn key(&self) -> Self::Key {
        (self.ifindex, self.parent, self.handle, self.kind.clone())
    }

    fn settle(&mut self) -> bool {
        match &mut self.options {
            // A counter among the settings.
            Some(QdiscOptions::Htb(htb)) => {
                htb.direct_pkts = None;
                true
            }
            _ => false,
        }
    }

    fn matches(&self, filter: &QdiscFilter) -> bool {
        filter.ifindex.is_none_or(|ifindex| self.ifindex == ifindex)
            && filter.handle.is_none_or(|handle| self.handle == handle)
            && filter.parent.is_none_or(|parent| self.parent == parent)
    }

    fn requests(filter: &QdiscFilter) -> Vec<Request> {
        let mut payload = vec![0; HEADER_LENGTH];
        if let (Some(place), Some(ifindex)) = (payload.get_mut(4..8), filter.ifindex) {
            place.copy_from_slice(&ifindex.to_ne_bytes());
        }
        if filter.invisible {
            put_attribute(&mut payload, TCA_DUMP_INVISIBLE, &[]);
        }
        vec![Request::raw_dump(libc::NETLINK_ROUTE, libc::RTM_GETQDISC, libc::RTM_NEWQDISC, &payload)]
    }
}

impl SizeTable {
    fn from_octets(octets: &[u8; 24]) -> Self {
        let [_cells, overhead, linklayer, mpu, mtu, tsize] = attribute::words(octets);
        Self { linklayer, overhead: overhead as i32, mpu, mtu, tsize }
    }
}

impl Qdisc {
    /// Reads the counters that all kinds have, and finds those of the kind.
    fn read_stats<'a>(&mut self, attribute: &Attribute<'a>, notes: &mut Notes) -> Option<Attribute<'a>> {
        let mut stats = QdiscStats::default();
        let (mut packets64, mut xstats) = (None, None);
        attribute.each("stats2", notes, |detail, notes| match detail.number {
            TCA_STATS_BASIC => {
                if let Some((bytes, packets)) = basic(&detail, notes) {
                    (stats.bytes, stats.packets) = (bytes, packets.into());
                }
            }
            TCA_STATS_BASIC_HW => {
                if let Some((bytes, packets)) = basic(&detail, notes) {
                    (stats.hw_bytes, stats.hw_packets) = (Some(bytes), Some(packets));
                }
            }
            TCA_STATS_PKT64 => packets64 = detail.u64(notes),
            TCA_STATS_QUEUE => {
                if let Some(octets) = detail.array::<20>(notes) {
                    [stats.qlen, stats.backlog, stats.drops, stats.requeues, stats.overlimits] =
                        attribute::words(&octets);
                }
            }
            TCA_STATS_RATE_EST if stats.rate.is_none() => {
                if let Some(octets) = detail.array::<8>(notes) {
                    let [rate, pps] = attribute::words(&octets).map(u64::from);
                    (stats.rate, stats.pps) = (Some(rate), Some(pps));
                }
            }
            TCA_STATS_RATE_EST64 => {
                if let Some([a, b, c, d, e, f, g, h, rest @ ..]) = detail.array::<16>(notes) {
                    stats.rate = Some(u64::from_ne_bytes([a, b, c, d, e, f, g, h]));
                    stats.pps = Some(u64::from_ne_bytes(rest));
                }
            }
            TCA_STATS_APP => xstats = Some(detail),
            _ => {}
        });
        if let Some(packets) = packets64.filter(|packets| *packets != 0) {
            stats.packets = packets;
        }
        self.stats = Some(stats);
        xstats
    }
}

/// `struct gnet_stats_basic`: octets and packets.
fn basic(attribute: &Attribute<'_>, notes: &mut Notes) -> Option<(u64, u32)> {
    let [a, b, c, d, e, f, g, h, packets @ ..] = attribute.array::<12>(notes)?;
    Some((u64::from_ne_bytes([a, b, c, d, e, f, g, h]), u32::from_ne_bytes(packets)))
}

/// `struct tcmsg`.
const HEADER_LENGTH: usize = 20;

// linux/rtnetlink.h, linux/gen_stats.h, linux/pkt_sched.h
const TCA_KIND: u16 = 1;
const TCA_OPTIONS: u16 = 2;
const TCA_STATS2: u16 = 7;
const TCA_STAB: u16 = 8;
const TCA_DUMP_INVISIBLE: u16 = 10;
const TCA_HW_OFFLOAD: u16 = 12;
const TCA_INGRESS_BLOCK: u16 = 13;
const TCA_EGRESS_BLOCK: u16 = 14;
const TCA_EXT_WARN_MSG: u16 = 16;
const TCA_STAB_BASE: u16 = 1;
const TCA_STATS_BASIC: u16 = 1;
const TCA_STATS_RATE_EST: u16 = 2;
const TCA_STATS_QUEUE: u16 = 3;
const TCA_STATS_APP: u16 = 4;
const TCA_STATS_RATE_EST64: u16 = 5;
const TCA_STATS_BASIC_HW: u16 = 7;
const TCA_STATS_PKT64: u16 = 8;

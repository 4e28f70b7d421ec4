//! Queueing disciplines and their counters, as `RTM_NEWQDISC` describes them.

use std::fmt;

use super::attribute::{self, Attribute, Notes};
use super::object::{Kind, Object};
use super::request::{Request, put_attribute};
use super::{ByteString, Consistency, ParseNote};

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
        /// The kind's own counters, as the kernel sent them.
        pub xstats: Option<Box<[u8]>>,
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

/// The settings of a queueing discipline, by its kind.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum QdiscOptions {
    /// `pfifo`, `pfifo_head_drop`: most packets. `bfifo`: most octets.
    Fifo {
        /// Most of them.
        limit: u32,
    },
    /// `pfifo_fast`, `prio`.
    Prio(Prio),
    /// `tbf`.
    Tbf(Box<Tbf>),
    /// `htb`.
    Htb(Htb),
    /// `fq_codel`.
    FqCodel(Box<FqCodel>),
    /// `codel`.
    Codel(Codel),
    /// Another kind: the octets as the kernel sent them.
    Other(Box<[u8]>),
}

/// Bands of priorities.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Prio {
    /// How many.
    pub bands: u32,
    /// The band of each priority.
    pub priomap: [u8; 16],
    /// Whether each band has a queue of the device's.
    pub multiqueue: Option<bool>,
}

/// `struct tc_ratespec`: how the time that a packet takes is reckoned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct RateSpec {
    /// Octets per second, up to 32 bits.
    pub rate: u32,
    /// Logarithm of the size of cells.
    pub cell_log: u8,
    /// `TC_LINKLAYER_*`: 1 Ethernet, 2 ATM.
    pub linklayer: u8,
    /// Octets added to each packet.
    pub overhead: u16,
    /// Least octets of a packet.
    pub mpu: u16,
}

/// A token bucket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Tbf {
    /// The rate of tokens.
    pub rate: RateSpec,
    /// The same in octets per second, in full.
    pub rate64: u64,
    /// The rate that is never passed; 0 is none.
    pub peakrate: RateSpec,
    /// The same in octets per second, in full.
    pub peakrate64: u64,
    /// Most octets in the queue.
    pub limit: u32,
    /// Depth of the bucket, in ticks of 64 ns.
    pub buffer: u32,
    /// Depth of the second bucket, in ticks.
    pub mtu: u32,
}

/// A hierarchy of token buckets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Htb {
    /// Major and minor half of the version.
    pub version: Option<u32>,
    /// By what a class's rate is divided to give its quantum.
    pub rate2quantum: Option<u32>,
    /// The minor number of the class for what no filter chose.
    pub defcls: Option<u32>,
    /// Packets that went around the classes.
    pub direct_pkts: Option<u32>,
    /// Most packets in the queue for those.
    pub direct_qlen: Option<u32>,
    /// Whether the hardware does it.
    pub offload: bool,
}

attributes! {
    /// Fair queues with controlled delay (RFC 8290). Times are in microseconds.
    FqCodel in "fq_codel" {
        /// Delay that is aimed at.
        target: u32 = 1 by Attribute::u32,
        /// Most packets in all queues.
        limit: u32 = 2 by Attribute::u32,
        /// Time in which the delay must come down.
        interval: u32 = 3 by Attribute::u32,
        /// 1 packets are marked, not dropped.
        ecn: u32 = 4 by Attribute::u32,
        /// Queues.
        flows: u32 = 5 by Attribute::u32,
        /// Octets that a queue may send in its turn.
        quantum: u32 = 6 by Attribute::u32,
        /// Delay from which packets are marked.
        ce_threshold: u32 = 7 by Attribute::u32,
        /// Most packets dropped at once.
        drop_batch: u32 = 8 by Attribute::u32,
        /// Most octets of memory.
        memory_limit: u32 = 9 by Attribute::u32,
        /// Packets to which the threshold applies.
        ce_threshold_selector: u8 = 10 by Attribute::u8,
        /// Which bits of theirs count.
        ce_threshold_mask: u8 = 11 by Attribute::u8,
    }
}

attributes! {
    /// A queue with controlled delay (RFC 8289). Times are in microseconds.
    Codel in "codel" {
        /// Delay that is aimed at.
        target: u32 = 1 by Attribute::u32,
        /// Most packets in the queue.
        limit: u32 = 2 by Attribute::u32,
        /// Time in which the delay must come down.
        interval: u32 = 3 by Attribute::u32,
        /// 1 packets are marked, not dropped.
        ecn: u32 = 4 by Attribute::u32,
        /// Delay from which packets are marked.
        ce_threshold: u32 = 5 by Attribute::u32,
    }
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
        let (mut notes, mut options) = (Notes::default(), None);
        attribute::each("qdisc", attributes, HEADER_LENGTH, &mut notes, |attribute, notes| match attribute.number {
            TCA_KIND => qdisc.kind = attribute.string(),
            TCA_OPTIONS => options = Some(attribute),
            TCA_STATS2 => qdisc.read_stats(&attribute, notes),
            TCA_STAB => attribute.each("stab", notes, |detail, notes| {
                if detail.number == TCA_STAB_BASE {
                    qdisc.stab = detail.array::<24>(notes).map(|octets| SizeTable::from_octets(&octets));
                }
            }),
            TCA_HW_OFFLOAD => qdisc.offloaded = attribute.bool(notes).unwrap_or_default(),
            TCA_INGRESS_BLOCK => qdisc.ingress_block = attribute.u32(notes),
            TCA_EGRESS_BLOCK => qdisc.egress_block = attribute.u32(notes),
            _ => {}
        });
        qdisc.options = options.and_then(|options| QdiscOptions::read(qdisc.kind.as_bytes(), &options, &mut notes));
        qdisc.notes = notes.0;
        Ok(qdisc)
    }

    fn key(&self) -> Self::Key {
        (self.ifindex, self.parent, self.handle, self.kind.clone())
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
    fn read_stats(&mut self, attribute: &Attribute<'_>, notes: &mut Notes) {
        let mut stats = QdiscStats::default();
        let mut packets64 = None;
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
            TCA_STATS_APP => self.xstats = Some(detail.payload.into()),
            _ => {}
        });
        if let Some(packets) = packets64.filter(|packets| *packets != 0) {
            stats.packets = packets;
        }
        self.stats = Some(stats);
    }
}

impl QdiscOptions {
    fn read(kind: &[u8], options: &Attribute<'_>, notes: &mut Notes) -> Option<Self> {
        Some(match kind {
            b"pfifo" | b"bfifo" | b"pfifo_head_drop" => Self::Fifo { limit: options.u32(notes)? },
            b"pfifo_fast" | b"prio" => Self::Prio(Prio::read(options, notes)?),
            b"tbf" => Self::Tbf(Box::new(Tbf::read(options, notes))),
            b"htb" => Self::Htb(Htb::read(options, notes)),
            b"fq_codel" => Self::FqCodel(Box::new(FqCodel::read(options, notes))),
            b"codel" => Self::Codel(Codel::read(options, notes)),
            _ => Self::Other(options.payload.into()),
        })
    }
}

impl Prio {
    /// `struct tc_prio_qopt`, and attributes after it.
    fn read(options: &Attribute<'_>, notes: &mut Notes) -> Option<Self> {
        let [b0, b1, b2, b3, priomap @ ..] = options.array::<PRIO_LENGTH>(notes)?;
        let mut prio = Self { bands: u32::from_ne_bytes([b0, b1, b2, b3]), priomap, multiqueue: None };
        let rest = options.payload.get(PRIO_LENGTH..).unwrap_or_default();
        attribute::each("prio", rest, options.offset() + PRIO_LENGTH, notes, |detail, notes| {
            if detail.number == TCA_PRIO_MQ {
                prio.multiqueue = detail.bool(notes);
            }
        });
        Some(prio)
    }
}

impl RateSpec {
    fn from_octets([cell_log, linklayer, o0, o1, _, _, m0, m1, r0, r1, r2, r3]: [u8; 12]) -> Self {
        Self {
            rate: u32::from_ne_bytes([r0, r1, r2, r3]),
            cell_log,
            linklayer: linklayer & 0xf,
            overhead: u16::from_ne_bytes([o0, o1]),
            mpu: u16::from_ne_bytes([m0, m1]),
        }
    }
}

impl Tbf {
    fn read(options: &Attribute<'_>, notes: &mut Notes) -> Self {
        let mut tbf = Self::default();
        let (mut rate64, mut peakrate64) = (None, None);
        options.each("tbf", notes, |detail, notes| match detail.number {
            TCA_TBF_PARMS => {
                if let Some(octets) = detail.array::<36>(notes) {
                    let spec = |place: usize| {
                        octets.get(place..).and_then(|rest| rest.first_chunk()).copied().map(RateSpec::from_octets)
                    };
                    (tbf.rate, tbf.peakrate) = (spec(0).unwrap_or_default(), spec(12).unwrap_or_default());
                    [tbf.limit, tbf.buffer, tbf.mtu] = attribute::words(octets.get(24..).unwrap_or_default());
                }
            }
            TCA_TBF_RATE64 => rate64 = detail.u64(notes),
            TCA_TBF_PRATE64 => peakrate64 = detail.u64(notes),
            _ => {}
        });
        tbf.rate64 = rate64.unwrap_or_else(|| tbf.rate.rate.into());
        tbf.peakrate64 = peakrate64.unwrap_or_else(|| tbf.peakrate.rate.into());
        tbf
    }
}

impl Htb {
    fn read(options: &Attribute<'_>, notes: &mut Notes) -> Self {
        let mut htb = Self::default();
        options.each("htb", notes, |detail, notes| match detail.number {
            TCA_HTB_INIT => {
                if let Some(octets) = detail.array::<20>(notes) {
                    let [version, rate2quantum, defcls, _, direct_pkts] = attribute::words(&octets).map(Some);
                    (htb.version, htb.rate2quantum, htb.defcls) = (version, rate2quantum, defcls);
                    htb.direct_pkts = direct_pkts;
                }
            }
            TCA_HTB_DIRECT_QLEN => htb.direct_qlen = detail.u32(notes),
            TCA_HTB_OFFLOAD => htb.offload = true,
            _ => {}
        });
        htb
    }
}

/// `struct gnet_stats_basic`: octets and packets.
fn basic(attribute: &Attribute<'_>, notes: &mut Notes) -> Option<(u64, u32)> {
    let [a, b, c, d, e, f, g, h, packets @ ..] = attribute.array::<12>(notes)?;
    Some((u64::from_ne_bytes([a, b, c, d, e, f, g, h]), u32::from_ne_bytes(packets)))
}

/// `struct tcmsg`.
const HEADER_LENGTH: usize = 20;
/// `struct tc_prio_qopt`.
const PRIO_LENGTH: usize = 20;

// linux/rtnetlink.h, linux/gen_stats.h, linux/pkt_sched.h
const TCA_KIND: u16 = 1;
const TCA_OPTIONS: u16 = 2;
const TCA_STATS2: u16 = 7;
const TCA_STAB: u16 = 8;
const TCA_DUMP_INVISIBLE: u16 = 10;
const TCA_HW_OFFLOAD: u16 = 12;
const TCA_INGRESS_BLOCK: u16 = 13;
const TCA_EGRESS_BLOCK: u16 = 14;
const TCA_STAB_BASE: u16 = 1;
const TCA_STATS_BASIC: u16 = 1;
const TCA_STATS_RATE_EST: u16 = 2;
const TCA_STATS_QUEUE: u16 = 3;
const TCA_STATS_APP: u16 = 4;
const TCA_STATS_RATE_EST64: u16 = 5;
const TCA_STATS_BASIC_HW: u16 = 7;
const TCA_STATS_PKT64: u16 = 8;
const TCA_PRIO_MQ: u16 = 1;
const TCA_TBF_PARMS: u16 = 1;
const TCA_TBF_RATE64: u16 = 4;
const TCA_TBF_PRATE64: u16 = 5;
const TCA_HTB_INIT: u16 = 2;
const TCA_HTB_DIRECT_QLEN: u16 = 5;
const TCA_HTB_OFFLOAD: u16 = 9;

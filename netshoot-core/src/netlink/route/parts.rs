//! What routes are made of: labels, gateways of another family, realms, metrics, times, next hops.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use super::{Encap, EncapKind, RouteFlags};
use crate::netlink::attribute::{Attribute, Notes, each};
use crate::netlink::{ByteString, Family, ParseNote};

/// One entry of a stack of MPLS labels, as on the wire: label, traffic class, bottom of the stack, time to live.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct MplsLabel(
    /// The 32 bits, in host order.
    pub u32,
);

impl MplsLabel {
    /// The label: 20 bits.
    #[must_use]
    pub const fn label(self) -> u32 {
        self.0 >> 12
    }

    /// The traffic class: three bits.
    #[must_use]
    pub const fn traffic_class(self) -> u8 {
        (self.0 >> 9 & 7) as u8
    }

    /// Whether no label follows.
    #[must_use]
    pub const fn is_bottom(self) -> bool {
        self.0 & 0x100 != 0
    }

    /// The time to live.
    #[must_use]
    pub const fn ttl(self) -> u8 {
        self.0 as u8
    }

    pub(super) fn read(attribute: &Attribute<'_>, notes: &mut Notes) -> Option<Self> {
        attribute.be32(notes).map(Self)
    }
}

impl fmt::Display for MplsLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.label().fmt(f)
    }
}

/// A stack of MPLS labels, the outermost first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct MplsLabels(
    /// The entries, up to and with the bottom of the stack.
    pub Box<[MplsLabel]>,
);

impl MplsLabels {
    pub(super) fn read(attribute: &Attribute<'_>, notes: &mut Notes) -> Option<Self> {
        attribute.array::<4>(notes)?;
        let (entries, _) = attribute.payload.as_chunks::<4>();
        let labels = || entries.iter().map(|octets| MplsLabel(u32::from_be_bytes(*octets)));
        let length = labels().position(MplsLabel::is_bottom).map_or(entries.len(), |bottom| bottom + 1);
        Some(Self(labels().take(length).collect()))
    }
}

impl fmt::Display for MplsLabels {
    /// As iproute2 has it: `100/200`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, label) in self.0.iter().enumerate() {
            let before = if place == 0 { "" } else { "/" };
            write!(f, "{before}{label}")?;
        }
        Ok(())
    }
}

/// `RTA_VIA`: a gateway whose family is not the route's.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Via {
    /// An IP address.
    Ip(IpAddr),
    /// Something else, such as a link-layer address.
    Other {
        /// Its family.
        family: Family,
        /// Its octets.
        octets: Box<[u8]>,
    },
}

impl Via {
    /// The family of the address.
    #[must_use]
    pub const fn family(&self) -> Family {
        match self {
            Self::Ip(IpAddr::V4(_)) => Family::INET,
            Self::Ip(IpAddr::V6(_)) => Family::INET6,
            Self::Other { family, .. } => *family,
        }
    }

    /// The IP address, where it is one.
    #[must_use]
    pub const fn ip(&self) -> Option<IpAddr> {
        match self {
            Self::Ip(address) => Some(*address),
            Self::Other { .. } => None,
        }
    }

    pub(super) fn read(attribute: &Attribute<'_>, notes: &mut Notes) -> Option<Self> {
        let [low, high] = attribute.array::<2>(notes)?;
        let octets = attribute.payload.get(2..).unwrap_or_default();
        let family = u16::from_ne_bytes([low, high]);
        if family == u16::from(Family::INET.0) {
            return attribute.array::<6>(notes).map(|[_, _, a, b, c, d]| Self::Ip([a, b, c, d].into()));
        }
        if family == u16::from(Family::INET6.0) {
            attribute.array::<18>(notes)?;
            return octets.first_chunk::<16>().map(|octets| Self::Ip((*octets).into()));
        }
        Some(Self::Other { family: Family(family as u8), octets: octets.into() })
    }
}

/// `RTA_FLOW`: the realms of a route, by which packets can be classified.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Realms(
    /// The realm of the source in the upper half, that of the destination in the lower.
    pub u32,
);

impl Realms {
    /// The realm of the source; 0 is none.
    #[must_use]
    pub const fn from(self) -> u16 {
        (self.0 >> 16) as u16
    }

    /// The realm of the destination.
    #[must_use]
    pub const fn to(self) -> u16 {
        self.0 as u16
    }
}

/// `struct rta_cacheinfo`: use, age and end of life. IPv6 sends it with every route. Times are in hundredths of a second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct RouteCacheInfo {
    /// References.
    pub users: u32,
    /// Time since it was last used.
    pub age: u32,
    /// Time until it ends; 0 is never.
    pub expires: i32,
    /// The error that a packet meets, as a negative number of `errno.h`; 0 is none.
    pub error: i32,
    /// Times that it was used.
    pub used: u32,
    /// Of the peer: identification; a relic.
    pub ipid: u32,
    /// Of the peer: time stamp; a relic.
    pub ts: u32,
    /// Of the peer: age of the time stamp; a relic.
    pub tsage: u32,
}

impl RouteCacheInfo {
    pub(super) fn read(attribute: &Attribute<'_>, notes: &mut Notes) -> Option<Self> {
        let octets = attribute.array::<32>(notes)?;
        let (words, _) = octets.as_chunks::<4>();
        let mut words = words.iter().map(|word| u32::from_ne_bytes(*word));
        let mut next = || words.next().unwrap_or_default();
        Some(Self {
            users: next(),
            age: next(),
            expires: next().cast_signed(),
            error: next().cast_signed(),
            used: next(),
            ipid: next(),
            ts: next(),
            tsage: next(),
        })
    }

    /// The time until the end, if there is one and it is not over.
    #[must_use]
    pub fn expires_in(&self) -> Option<Duration> {
        u64::try_from(self.expires).ok().filter(|left| *left > 0).map(|left| Duration::from_millis(left * 10))
    }
}

/// `struct rta_mfc_stats`: the counters of a multicast forwarding entry, and when it ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct MulticastStats {
    /// Packets forwarded.
    pub packets: u64,
    /// Octets forwarded.
    pub bytes: u64,
    /// Packets that came from the wrong interface.
    pub wrong_if: u64,
    /// Time until it ends, in hundredths of a second.
    pub expires: Option<u64>,
}

/// The packet that a lookup asked about, as its answer repeats it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct RouteLookup {
    /// The packet's mark.
    pub mark: Option<u32>,
    /// The user whose packet it is.
    pub uid: Option<u32>,
    /// The protocol above IP.
    pub ip_proto: Option<u8>,
    /// The source port.
    pub sport: Option<u16>,
    /// The destination port.
    pub dport: Option<u16>,
    /// IPv6's flow label.
    pub flowlabel: Option<u32>,
}

impl RouteLookup {
    pub(super) fn set(&mut self, attribute: &Attribute<'_>, notes: &mut Notes) {
        match attribute.number {
            super::RTA_MARK => self.mark = attribute.u32(notes),
            super::RTA_UID => self.uid = attribute.u32(notes),
            super::RTA_IP_PROTO => self.ip_proto = attribute.u8(notes),
            super::RTA_SPORT => self.sport = attribute.be16(notes),
            super::RTA_DPORT => self.dport = attribute.be16(notes),
            super::RTA_FLOWLABEL => self.flowlabel = attribute.be32(notes),
            _ => {}
        }
    }
}

attributes! {
    /// `RTAX_*`: what connections over a route begin with.
    RouteMetrics in "metrics" {
        /// The metrics that may not change, a bit for each by its number.
        lock: u32 = 1 by Attribute::u32,
        /// Largest packet in octets.
        mtu: u32 = 2 by Attribute::u32,
        /// Largest window in octets.
        window: u32 = 3 by Attribute::u32,
        /// Round-trip time in eighths of a millisecond.
        rtt: u32 = 4 by Attribute::u32,
        /// Its variance in quarters of a millisecond.
        rttvar: u32 = 5 by Attribute::u32,
        /// Slow start threshold in segments.
        ssthresh: u32 = 6 by Attribute::u32,
        /// Largest congestion window in segments.
        cwnd: u32 = 7 by Attribute::u32,
        /// Segment size to advertise, in octets.
        advmss: u32 = 8 by Attribute::u32,
        /// Reordering to begin with, in segments.
        reordering: u32 = 9 by Attribute::u32,
        /// Hop limit; 4294967295 is that of the interface.
        hoplimit: u32 = 10 by Attribute::u32,
        /// Congestion window to begin with, in segments.
        initcwnd: u32 = 11 by Attribute::u32,
        /// `RTAX_FEATURE_*`: 1 is ECN.
        features: u32 = 12 by Attribute::u32,
        /// Shortest retransmission time-out in milliseconds.
        rto_min: u32 = 13 by Attribute::u32,
        /// Receive window to begin with, in segments.
        initrwnd: u32 = 14 by Attribute::u32,
        /// Whether acknowledgments are not delayed.
        quickack: u32 = 15 by Attribute::u32,
        /// Congestion control.
        congctl: ByteString = 16 by text,
        /// Whether TCP Fast Open needs no cookie.
        fastopen_no_cookie: u32 = 17 by Attribute::u32,
    }
}

impl RouteMetrics {
    /// The metric with the kernel's number `RTAX_*`; congestion control, 16, is no number.
    #[must_use]
    pub const fn get(&self, number: u16) -> Option<u32> {
        match number {
            1 => self.lock,
            2 => self.mtu,
            3 => self.window,
            4 => self.rtt,
            5 => self.rttvar,
            6 => self.ssthresh,
            7 => self.cwnd,
            8 => self.advmss,
            9 => self.reordering,
            10 => self.hoplimit,
            11 => self.initcwnd,
            12 => self.features,
            13 => self.rto_min,
            14 => self.initrwnd,
            15 => self.quickack,
            17 => self.fastopen_no_cookie,
            _ => None,
        }
    }

    /// Whether the metric with this number may not change.
    #[must_use]
    pub const fn is_locked(&self, number: u16) -> bool {
        match self.lock {
            Some(lock) => number < 32 && lock & 1 << number != 0,
            None => false,
        }
    }
}

pub(super) fn text(attribute: &Attribute<'_>, _: &mut Notes) -> Option<ByteString> {
    Some(attribute.string())
}

/// One of the next hops of a route that has several.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct RouteNextHop {
    /// The link out, by its index; 0 is none.
    pub oif: u32,
    /// The gateway, of the route's family.
    pub gateway: Option<IpAddr>,
    /// The gateway, of another family.
    pub via: Option<Box<Via>>,
    /// Its share of the flows, from 1 on. (The kernel sends one less. In the multicast cache, that is the least time to
    /// live.)
    pub weight: u16,
    /// State.
    pub flags: RouteFlags,
    /// Realms.
    pub realms: Option<Realms>,
    /// The labels that replace the route's.
    pub newdst: Option<MplsLabels>,
    /// What is put around packets.
    pub encap: Option<Box<Encap>>,
}

impl RouteNextHop {
    /// `RTA_MULTIPATH`: each begins with its length, and stands at a multiple of four octets.
    pub(super) fn read_all(attribute: &Attribute<'_>, notes: &mut Notes) -> Vec<Self> {
        let (mut hops, mut rest) = (Vec::new(), attribute.payload);
        while let Some((header, _)) = rest.split_first_chunk::<HEADER_LENGTH>() {
            let [l0, l1, flags, hops_less_one, i0, i1, i2, i3] = *header;
            let length = usize::from(u16::from_ne_bytes([l0, l1]));
            let offset = attribute.offset() + attribute.payload.len() - rest.len();
            let Some(attributes) = rest.get(HEADER_LENGTH..length) else {
                notes.push(ParseNote {
                    within: "multipath",
                    attribute: attribute.number,
                    offset: offset as u32,
                    needed: length.max(HEADER_LENGTH) as u32,
                    available: rest.len() as u32,
                });
                break;
            };
            let mut hop = Self {
                oif: u32::from_ne_bytes([i0, i1, i2, i3]),
                weight: u16::from(hops_less_one) + 1,
                flags: RouteFlags(flags.into()),
                ..Self::default()
            };
            hop.read(attributes, offset + HEADER_LENGTH, notes);
            hops.push(hop);
            rest = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
        }
        hops
    }

    fn read(&mut self, attributes: &[u8], offset: usize, notes: &mut Notes) {
        let (mut kind, mut encap) = (None, None);
        each("multipath", attributes, offset, notes, |attribute, notes| match attribute.number {
            super::RTA_GATEWAY => self.gateway = attribute.ip(notes),
            super::RTA_VIA => self.via = Via::read(&attribute, notes).map(Box::new),
            super::RTA_FLOW => self.realms = attribute.u32(notes).map(Realms),
            super::RTA_NEWDST => self.newdst = MplsLabels::read(&attribute, notes),
            super::RTA_ENCAP_TYPE => kind = attribute.u16(notes).map(EncapKind),
            super::RTA_ENCAP => encap = Some(attribute),
            _ => {}
        });
        self.encap = Encap::read(kind, encap, notes);
    }
}

/// `struct rtnexthop`.
const HEADER_LENGTH: usize = 8;

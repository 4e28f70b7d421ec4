//! The settings and counters that a kind has of its own.

use super::super::attribute::{Attribute, Notes};
use super::{
    Cake, CakeStats, Cbs, Choke, ChokeStats, Codel, CodelStats, Etf, Ets, Fq, FqCodel, FqCodelStats, FqPie, FqPieStats,
    FqStats, Hfsc, HfscStats, Hhf, HhfStats, Htb, Mqprio, Multiq, Netem, Pie, PieStats, Prio, Red, RedStats, Sfb,
    SfbStats, Sfq, SfqStats, Taprio, Tbf,
};

/// The settings of a queueing discipline, by its kind.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum QdiscOptions {
    /// `pfifo`, `pfifo_head_drop`, `skbprio`: most packets. `bfifo`: most octets.
    Fifo {
        /// Most of them.
        limit: u32,
    },
    /// `pfifo_fast`, `prio`.
    Prio(Prio),
    /// `multiq`.
    Multiq(Multiq),
    /// `tbf`.
    Tbf(Box<Tbf>),
    /// `htb`.
    Htb(Htb),
    /// `hfsc`.
    Hfsc(Hfsc),
    /// `codel`.
    Codel(Codel),
    /// `fq_codel`.
    FqCodel(Box<FqCodel>),
    /// `pie`.
    Pie(Box<Pie>),
    /// `fq_pie`.
    FqPie(Box<FqPie>),
    /// `fq`.
    Fq(Box<Fq>),
    /// `sfq`.
    Sfq(Box<Sfq>),
    /// `hhf`.
    Hhf(Box<Hhf>),
    /// `ets`.
    Ets(Ets),
    /// `red`.
    Red(Red),
    /// `choke`.
    Choke(Choke),
    /// `sfb`.
    Sfb(Box<Sfb>),
    /// `netem`.
    Netem(Box<Netem>),
    /// `cake`.
    Cake(Box<Cake>),
    /// `mqprio`.
    Mqprio(Box<Mqprio>),
    /// `taprio`.
    Taprio(Box<Taprio>),
    /// `cbs`.
    Cbs(Cbs),
    /// `etf`.
    Etf(Etf),
    /// Another kind: the octets as the kernel sent them.
    Other(Box<[u8]>),
}

/// The counters that a kind of queueing discipline has of its own.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum QdiscXstats {
    /// `hfsc`.
    Hfsc(HfscStats),
    /// `codel`.
    Codel(CodelStats),
    /// `fq_codel`.
    FqCodel(FqCodelStats),
    /// `pie`.
    Pie(PieStats),
    /// `fq_pie`.
    FqPie(FqPieStats),
    /// `fq`.
    Fq(Box<FqStats>),
    /// `sfq`.
    Sfq(SfqStats),
    /// `hhf`.
    Hhf(HhfStats),
    /// `red`.
    Red(RedStats),
    /// `choke`.
    Choke(ChokeStats),
    /// `sfb`.
    Sfb(SfbStats),
    /// `cake`.
    Cake(Box<CakeStats>),
    /// Another kind: the octets as the kernel sent them.
    Other(Box<[u8]>),
}

impl QdiscOptions {
    pub(super) fn read(kind: &[u8], options: &Attribute<'_>, notes: &mut Notes) -> Option<Self> {
        Some(match kind {
            b"pfifo" | b"bfifo" | b"pfifo_head_drop" | b"skbprio" => Self::Fifo { limit: options.u32(notes)? },
            b"pfifo_fast" | b"prio" => Self::Prio(Prio::read(options, notes)?),
            b"multiq" => Self::Multiq(Multiq::read(options, notes)?),
            b"tbf" => Self::Tbf(Box::new(Tbf::read(options, notes))),
            b"htb" => Self::Htb(Htb::read(options, notes)),
            b"hfsc" => Self::Hfsc(Hfsc::read(options, notes)?),
            b"codel" => Self::Codel(Codel::read(options, notes)),
            b"fq_codel" => Self::FqCodel(Box::new(FqCodel::read(options, notes))),
            b"pie" => Self::Pie(Box::new(Pie::read(options, notes))),
            b"fq_pie" => Self::FqPie(Box::new(FqPie::read(options, notes))),
            b"fq" => Self::Fq(Box::new(Fq::read(options, notes))),
            b"sfq" => Self::Sfq(Box::new(Sfq::read(options, notes)?)),
            b"hhf" => Self::Hhf(Box::new(Hhf::read(options, notes))),
            b"ets" => Self::Ets(Ets::read(options, notes)),
            b"red" => Self::Red(Red::read(options, notes)),
            b"choke" => Self::Choke(Choke::read(options, notes)),
            b"sfb" => Self::Sfb(Box::new(Sfb::read_options(options, notes)?)),
            b"netem" => Self::Netem(Box::new(Netem::read(options, notes)?)),
            b"cake" => Self::Cake(Box::new(Cake::read(options, notes))),
            b"mqprio" => Self::Mqprio(Box::new(Mqprio::read(options, notes)?)),
            b"taprio" => Self::Taprio(Box::new(Taprio::read(options, notes))),
            b"cbs" => Self::Cbs(Cbs::read(options, notes)?),
            b"etf" => Self::Etf(Etf::read_options(options, notes)?),
            _ => Self::Other(options.payload.into()),
        })
    }
}

impl QdiscXstats {
    pub(super) fn read(kind: &[u8], stats: &Attribute<'_>, notes: &mut Notes) -> Option<Self> {
        Some(match kind {
            b"hfsc" => Self::Hfsc(HfscStats::read(stats, notes)?),
            b"codel" => Self::Codel(CodelStats::read(stats, notes)?),
            b"fq_codel" => match FqCodelStats::read(stats, notes) {
                Some(stats) => Self::FqCodel(stats),
                None => Self::Other(stats.payload.into()),
            },
            b"pie" => Self::Pie(PieStats::read(stats, notes)?),
            b"fq_pie" => Self::FqPie(FqPieStats::read(stats, notes)?),
            b"fq" => Self::Fq(Box::new(FqStats::read(stats, notes)?)),
            b"sfq" => Self::Sfq(SfqStats::read(stats, notes)?),
            b"hhf" => Self::Hhf(HhfStats::read(stats, notes)?),
            b"red" => Self::Red(RedStats::read(stats, notes)?),
            b"choke" => Self::Choke(ChokeStats::read(stats, notes)?),
            b"sfb" => Self::Sfb(SfbStats::read(stats, notes)?),
            b"cake" => Self::Cake(Box::new(CakeStats::read(stats, notes))),
            _ => Self::Other(stats.payload.into()),
        })
    }
}

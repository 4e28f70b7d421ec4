//! Priorities and token buckets: `pfifo_fast`, `prio`, `multiq`, `tbf`, `htb`, `hfsc`.

use super::super::attribute::{self, Attribute, Notes};

fixed! {
    /// `struct tc_prio_qopt`: bands of priorities.
    Prio(20) {
        /// How many.
        bands: u32,
        /// The band of each priority.
        priomap: [u8; 16],
    }
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

fixed! {
    /// `struct tc_multiq_qopt`: a band for each queue of the device.
    Multiq(4) {
        /// Bands in use.
        bands: u16,
        /// Most bands.
        max_bands: u16,
    }
}

fixed! {
    /// `struct tc_hfsc_qopt`: a hierarchical fair service curve.
    Hfsc(2) {
        /// The minor number of the class for what no filter chose; 0 is none.
        defcls: u16,
    }
}

fixed! {
    /// `struct tc_hfsc_stats`.
    HfscStats(24) {
        /// Octets sent.
        work: u64,
        /// Octets sent because they were due.
        rtwork: u64,
        /// Times that it became busy.
        period: u32,
        /// Level in the hierarchy.
        level: u32,
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
    pub(super) fn read(options: &Attribute<'_>, notes: &mut Notes) -> Self {
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
    pub(super) fn read(options: &Attribute<'_>, notes: &mut Notes) -> Self {
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

// linux/pkt_sched.h
const TCA_TBF_PARMS: u16 = 1;
const TCA_TBF_RATE64: u16 = 4;
const TCA_TBF_PRATE64: u16 = 5;
const TCA_HTB_INIT: u16 = 2;
const TCA_HTB_DIRECT_QLEN: u16 = 5;
const TCA_HTB_OFFLOAD: u16 = 9;

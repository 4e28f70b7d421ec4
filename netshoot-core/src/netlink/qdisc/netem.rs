//! A network that is made worse on purpose: `netem`.

use super::super::attribute::{Attribute, Notes};

/// Delay, loss, duplication, reordering and corruption. Probabilities are of 2^32 - 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Netem {
    /// What each has.
    pub parameters: NetemParameters,
    /// How much one packet's fate is that of the one before.
    pub correlations: Option<NetemCorrelations>,
    /// Packets that are sent at once.
    pub reorder: Option<NetemProbability>,
    /// Packets that get a wrong bit.
    pub corrupt: Option<NetemProbability>,
    /// Loss by a model of four states.
    pub loss_states: Option<NetemLossStates>,
    /// Loss by the model of Gilbert and Elliot.
    pub loss_gemodel: Option<NetemGilbertElliot>,
    /// How fast packets are sent.
    pub rate: Option<NetemRate>,
    /// The rate in octets per second, where 32 bits are too few.
    pub rate64: Option<u64>,
    /// Packets are marked in place of being lost.
    pub ecn: Option<u32>,
    /// Delay in nanoseconds; from Linux 4.15.
    pub latency64: Option<i64>,
    /// How much it varies, in nanoseconds.
    pub jitter64: Option<i64>,
    /// Packets are kept back and sent together.
    pub slot: Option<NetemSlot>,
    /// Where the random numbers begin; from Linux 6.6.
    pub prng_seed: Option<u64>,
}

fixed! {
    /// `struct tc_netem_qopt`.
    NetemParameters(24) {
        /// Delay, in ticks of 64 ns.
        latency: u32,
        /// Most packets in the queue.
        limit: u32,
        /// Probability of loss.
        loss: u32,
        /// Every how many packets one is sent at once; 0 is none.
        gap: u32,
        /// Probability of duplication.
        duplicate: u32,
        /// How much the delay varies, in ticks of 64 ns.
        jitter: u32,
    }
}

fixed! {
    /// `struct tc_netem_corr`.
    NetemCorrelations(12) {
        /// Of delay.
        delay: u32,
        /// Of loss.
        loss: u32,
        /// Of duplication.
        duplicate: u32,
    }
}

fixed! {
    /// `struct tc_netem_reorder`, `struct tc_netem_corrupt`.
    NetemProbability(8) {
        /// How often.
        probability: u32,
        /// How much one packet's fate is that of the one before.
        correlation: u32,
    }
}

fixed! {
    /// `struct tc_netem_gimodel`: probabilities of going from one state to another.
    NetemLossStates(20) {
        /// From receiving to loss in a burst.
        p13: u32,
        /// From loss in a burst to receiving.
        p31: u32,
        /// From loss in a burst to receiving within it.
        p32: u32,
        /// From receiving to a single loss.
        p14: u32,
        /// From receiving within a burst to loss.
        p23: u32,
    }
}

fixed! {
    /// `struct tc_netem_gemodel`: a good and a bad state.
    NetemGilbertElliot(16) {
        /// From good to bad.
        p: u32,
        /// From bad to good.
        r: u32,
        /// No loss in the bad state.
        h: u32,
        /// Loss in the good state.
        k1: u32,
    }
}

fixed! {
    /// `struct tc_netem_rate`.
    NetemRate(16) {
        /// Octets per second, up to 32 bits; 0 is no limit.
        rate: u32,
        /// Octets added to each packet; may be negative.
        packet_overhead: i32,
        /// Octets of a cell; 0 is none.
        cell_size: u32,
        /// Octets added to each cell; may be negative.
        cell_overhead: i32,
    }
}

fixed! {
    /// `struct tc_netem_slot`. Times are in nanoseconds.
    NetemSlot(40) {
        /// Shortest time between two slots.
        min_delay: i64,
        /// Longest time between two slots.
        max_delay: i64,
        /// Most packets in a slot; 0 is no limit.
        max_packets: i32,
        /// Most octets in a slot; 0 is no limit.
        max_bytes: i32,
        /// Average of a distribution of times.
        dist_delay: i64,
        /// Its spread; 0 is no distribution.
        dist_jitter: i64,
    }
}

impl Netem {
    /// `struct tc_netem_qopt`, and attributes after it.
    pub(super) fn read(options: &Attribute<'_>, notes: &mut Notes) -> Option<Self> {
        let mut netem = Self { parameters: NetemParameters::read(options, notes)?, ..Self::default() };
        options.after(PARAMETERS_LENGTH).each("netem", notes, |detail, notes| match detail.number {
            TCA_NETEM_CORR => netem.correlations = NetemCorrelations::read(&detail, notes),
            TCA_NETEM_REORDER => netem.reorder = NetemProbability::read(&detail, notes),
            TCA_NETEM_CORRUPT => netem.corrupt = NetemProbability::read(&detail, notes),
            TCA_NETEM_LOSS => detail.each("netem_loss", notes, |model, notes| match model.number {
                NETEM_LOSS_GI => netem.loss_states = NetemLossStates::read(&model, notes),
                NETEM_LOSS_GE => netem.loss_gemodel = NetemGilbertElliot::read(&model, notes),
                _ => {}
            }),
            TCA_NETEM_RATE => netem.rate = NetemRate::read(&detail, notes),
            TCA_NETEM_ECN => netem.ecn = detail.u32(notes),
            TCA_NETEM_RATE64 => netem.rate64 = detail.u64(notes),
            TCA_NETEM_LATENCY64 => netem.latency64 = detail.fixed(8, notes),
            TCA_NETEM_JITTER64 => netem.jitter64 = detail.fixed(8, notes),
            TCA_NETEM_SLOT => netem.slot = NetemSlot::read(&detail, notes),
            TCA_NETEM_PRNG_SEED => netem.prng_seed = detail.u64(notes),
            _ => {}
        });
        Some(netem)
    }
}

/// `struct tc_netem_qopt`.
const PARAMETERS_LENGTH: usize = 24;

// linux/pkt_sched.h
const TCA_NETEM_CORR: u16 = 1;
const TCA_NETEM_REORDER: u16 = 3;
const TCA_NETEM_CORRUPT: u16 = 4;
const TCA_NETEM_LOSS: u16 = 5;
const TCA_NETEM_RATE: u16 = 6;
const TCA_NETEM_ECN: u16 = 7;
const TCA_NETEM_RATE64: u16 = 8;
const TCA_NETEM_LATENCY64: u16 = 10;
const TCA_NETEM_JITTER64: u16 = 11;
const TCA_NETEM_SLOT: u16 = 12;
const TCA_NETEM_PRNG_SEED: u16 = 14;
const NETEM_LOSS_GI: u16 = 1;
const NETEM_LOSS_GE: u16 = 2;

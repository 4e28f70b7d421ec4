//! Queues that drop before they are full: `red`, `choke`, `sfb`.

use super::super::attribute::{Attribute, Notes};

flags! {
    /// `TC_RED_*`: what becomes of a packet that early detection chose.
    RedFlags(u32) {
        /// Marked if it can be, else dropped.
        ECN = 0x1 "ecn",
        /// Dropped, also if it could be marked, when the average is too long.
        HARDDROP = 0x2 "harddrop",
        /// The probability is adapted.
        ADAPTIVE = 0x4 "adaptive",
        /// Queued all the same if it cannot be marked.
        NODROP = 0x8 "nodrop",
    }
}

attributes! {
    /// Random early detection. Lengths are in octets.
    Red in "red" {
        /// Lengths and weights.
        parameters: RedParameters = 1 by RedParameters::read,
        /// Probability at most, of 2^32.
        max_p: u32 = 3 by Attribute::u32,
        /// What becomes of a packet; older kernels have it in `parameters` alone.
        flags: RedFlags = 4 by bitfield,
        /// Block of filters for packets that are dropped early.
        early_drop_block: u32 = 5 by Attribute::u32,
        /// Block of filters for packets that are marked.
        mark_block: u32 = 6 by Attribute::u32,
    }
}

attributes! {
    /// Early detection that drops flows which do not respond. Lengths are in packets.
    Choke in "choke" {
        /// Lengths and weights.
        parameters: RedParameters = 1 by RedParameters::read,
        /// Probability at most, of 2^32.
        max_p: u32 = 3 by Attribute::u32,
    }
}

fixed! {
    /// `struct tc_red_qopt`.
    RedParameters(16) {
        /// Longest queue.
        limit: u32,
        /// Average length from which packets may be dropped.
        qth_min: u32,
        /// Average length from which all are.
        qth_max: u32,
        /// Logarithm of the average's weight.
        wlog: u8,
        /// Logarithm of the probability.
        plog: u8,
        /// Logarithm of the cells for idle times.
        scell_log: u8,
        /// [`RedFlags`].
        flags: u8,
    }
}

fixed! {
    /// `struct tc_red_xstats`: packets.
    RedStats(16) {
        /// Dropped early.
        early: u32,
        /// Dropped because the queue was full.
        pdrop: u32,
        /// Dropped for other reasons.
        other: u32,
        /// Marked.
        marked: u32,
    }
}

fixed! {
    /// `struct tc_choke_xstats`: packets.
    ChokeStats(20) {
        /// Dropped early.
        early: u32,
        /// Dropped because the queue was full.
        pdrop: u32,
        /// Dropped for other reasons.
        other: u32,
        /// Marked.
        marked: u32,
        /// Dropped because one of the same flow was in the queue.
        matched: u32,
    }
}

fixed! {
    /// `struct tc_sfb_qopt`: stochastic fair blue.
    Sfb(36) {
        /// Time after which flows are distributed anew, in milliseconds.
        rehash_interval: u32,
        /// Time for which both distributions are kept, in milliseconds.
        warmup_time: u32,
        /// Most packets of a flow.
        max: u32,
        /// Packets of a bin that are aimed at.
        bin_size: u32,
        /// Steps by which the probability grows, of 65,535.
        increment: u32,
        /// Steps by which it falls, of 65,535.
        decrement: u32,
        /// Most packets in the queue.
        limit: u32,
        /// Packets per second of flows that do not respond.
        penalty_rate: u32,
        /// Packets that they may send at once.
        penalty_burst: u32,
    }
}

fixed! {
    /// `struct tc_sfb_xstats`: packets.
    SfbStats(36) {
        /// Dropped by chance.
        earlydrop: u32,
        /// Dropped because their flow does not respond.
        penaltydrop: u32,
        /// Dropped because a bin was full.
        bucketdrop: u32,
        /// Dropped because the queue was full.
        queuedrop: u32,
        /// Dropped below.
        childdrop: u32,
        /// Marked.
        marked: u32,
        /// In the longest bin.
        maxqlen: u32,
        /// Highest probability of a bin, of 65,535.
        maxprob: u32,
        /// Average probability, of 65,535.
        avgprob: u32,
    }
}

impl Sfb {
    pub(super) fn read_options(options: &Attribute<'_>, notes: &mut Notes) -> Option<Self> {
        let mut sfb = None;
        options.each("sfb", notes, |detail, notes| {
            if detail.number == TCA_SFB_PARMS {
                sfb = Self::read(&detail, notes);
            }
        });
        sfb
    }
}

/// `struct nla_bitfield32`: values, and which of them count.
fn bitfield(attribute: &Attribute<'_>, notes: &mut Notes) -> Option<RedFlags> {
    attribute.fixed::<[u32; 2]>(8, notes).map(|[value, _]| RedFlags(value))
}

/// linux/pkt_sched.h
const TCA_SFB_PARMS: u16 = 1;

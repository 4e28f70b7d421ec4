//! Queues that keep their delay short: `codel`, `fq_codel`, `pie`, `fq_pie`. Times are in microseconds.

use super::super::attribute::{Attribute, Fixed, Notes};

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

attributes! {
    /// A queue with a controller that is proportional and integral (RFC 8033). Times are in microseconds.
    Pie in "pie" {
        /// Delay that is aimed at.
        target: u32 = 1 by Attribute::u32,
        /// Most packets in the queue.
        limit: u32 = 2 by Attribute::u32,
        /// Time between two reckonings of the probability.
        tupdate: u32 = 3 by Attribute::u32,
        /// Weight of the delay's distance from the target.
        alpha: u32 = 4 by Attribute::u32,
        /// Weight of the delay's trend.
        beta: u32 = 5 by Attribute::u32,
        /// 1 packets are marked, not dropped.
        ecn: u32 = 6 by Attribute::u32,
        /// 1 larger packets are dropped more often.
        bytemode: u32 = 7 by Attribute::u32,
        /// 1 the delay is estimated from the rate, not measured.
        dq_rate_estimator: u32 = 8 by Attribute::u32,
    }
}

attributes! {
    /// Fair queues, each with such a controller. Times are in microseconds.
    FqPie in "fq_pie" {
        /// Most packets in all queues.
        limit: u32 = 1 by Attribute::u32,
        /// Queues.
        flows: u32 = 2 by Attribute::u32,
        /// Delay that is aimed at.
        target: u32 = 3 by Attribute::u32,
        /// Time between two reckonings of the probability.
        tupdate: u32 = 4 by Attribute::u32,
        /// Weight of the delay's distance from the target.
        alpha: u32 = 5 by Attribute::u32,
        /// Weight of the delay's trend.
        beta: u32 = 6 by Attribute::u32,
        /// Octets that a queue may send in its turn.
        quantum: u32 = 7 by Attribute::u32,
        /// Most octets of memory.
        memory_limit: u32 = 8 by Attribute::u32,
        /// Probability up to which packets are marked, in percent.
        ecn_prob: u32 = 9 by Attribute::u32,
        /// 1 packets are marked, not dropped.
        ecn: u32 = 10 by Attribute::u32,
        /// 1 larger packets are dropped more often.
        bytemode: u32 = 11 by Attribute::u32,
        /// 1 the delay is estimated from the rate, not measured.
        dq_rate_estimator: u32 = 12 by Attribute::u32,
    }
}

fixed! {
    /// `struct tc_codel_xstats`.
    CodelStats(32) {
        /// Octets of the largest packet.
        maxpacket: u32,
        /// Packets dropped since the delay became too long.
        count: u32,
        /// The same when it last did.
        lastcount: u32,
        /// Delay of the packet that left last, in microseconds.
        ldelay: u32,
        /// Time until the next is dropped, in microseconds.
        drop_next: i32,
        /// Packets dropped because the queue was full.
        drop_overlimit: u32,
        /// Packets marked in place of being dropped.
        ecn_mark: u32,
        /// 1 packets are being dropped.
        dropping: u32,
        /// Packets marked because of the threshold; from Linux 4.2.
        ce_mark: u32,
    }
}

/// `struct tc_fq_codel_xstats`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum FqCodelStats {
    /// Of all queues.
    Qdisc(FqCodelQdiscStats),
    /// Of one queue.
    Class(FqCodelClassStats),
}

fixed! {
    /// `struct tc_fq_codel_qd_stats`.
    FqCodelQdiscStats {
        /// Octets of the largest packet.
        maxpacket: u32,
        /// Packets dropped because the limit was passed.
        drop_overlimit: u32,
        /// Packets marked in place of being dropped.
        ecn_mark: u32,
        /// Times that a packet began a queue.
        new_flow_count: u32,
        /// Queues that are new.
        new_flows_len: u32,
        /// Queues that had their turn.
        old_flows_len: u32,
        /// Packets marked because of the threshold; from Linux 4.2.
        ce_mark: u32,
        /// Octets of memory; from Linux 4.7.
        memory_usage: u32,
        /// Packets dropped for want of memory; from Linux 4.7.
        drop_overmemory: u32,
    }
}

fixed! {
    /// `struct tc_fq_codel_cl_stats`.
    FqCodelClassStats {
        /// Octets that the queue may still send in its turn.
        deficit: i32,
        /// Delay of the packet that left last, in microseconds.
        ldelay: u32,
        /// Packets dropped since the delay became too long.
        count: u32,
        /// The same when it last did.
        lastcount: u32,
        /// 1 packets are being dropped.
        dropping: u32,
        /// Time until the next is dropped, in microseconds.
        drop_next: i32,
    }
}

fixed! {
    /// `struct tc_pie_xstats`.
    PieStats(40) {
        /// Probability that a packet is dropped, of 2^64 - 1.
        prob: u64,
        /// Delay, in microseconds.
        delay: u32,
        /// Rate at which packets leave, in octets per 64 ns tick, scaled by the kernel.
        avg_dq_rate: u32,
        /// 1 that rate is being estimated.
        dq_rate_estimating: u32,
        /// Packets that came.
        packets_in: u32,
        /// Packets dropped by chance.
        dropped: u32,
        /// Packets dropped because the queue was full.
        overlimit: u32,
        /// Most packets that were in the queue.
        maxq: u32,
        /// Packets marked in place of being dropped.
        ecn_mark: u32,
    }
}

fixed! {
    /// `struct tc_fq_pie_xstats`.
    FqPieStats(36) {
        /// Packets that came.
        packets_in: u32,
        /// Packets dropped by chance.
        dropped: u32,
        /// Packets dropped because the limit was passed.
        overlimit: u32,
        /// Packets dropped for want of memory.
        overmemory: u32,
        /// Packets marked in place of being dropped.
        ecn_mark: u32,
        /// Times that a packet began a queue.
        new_flow_count: u32,
        /// Queues that are new.
        new_flows_len: u32,
        /// Queues that had their turn.
        old_flows_len: u32,
        /// Octets of memory.
        memory_usage: u32,
    }
}

impl FqCodelStats {
    /// A type, and what that says.
    pub(super) fn read(attribute: &Attribute<'_>, notes: &mut Notes) -> Option<Self> {
        attribute.require(TYPED_LENGTH, notes)?;
        let octets = &mut { attribute.payload };
        match u32::take(octets) {
            TCA_FQ_CODEL_XSTATS_QDISC => Some(Self::Qdisc(Fixed::take(octets))),
            TCA_FQ_CODEL_XSTATS_CLASS => Some(Self::Class(Fixed::take(octets))),
            _ => None,
        }
    }
}

/// The type, and the six numbers that both have.
const TYPED_LENGTH: usize = 28;

// linux/pkt_sched.h
const TCA_FQ_CODEL_XSTATS_QDISC: u32 = 0;
const TCA_FQ_CODEL_XSTATS_CLASS: u32 = 1;

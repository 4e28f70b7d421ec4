//! Queues in turn: `fq`, `sfq`, `hhf`, `ets`.

use super::super::attribute::{Attribute, Notes};
use super::Prio;

attributes! {
    /// A queue for each flow, and pacing of each. Times are in microseconds unless said otherwise; rates in octets per
    /// second.
    Fq in "fq" {
        /// Most packets in all queues.
        limit: u32 = 1 by Attribute::u32,
        /// Most packets of one flow.
        flow_limit: u32 = 2 by Attribute::u32,
        /// Octets that a flow may send in its turn.
        quantum: u32 = 3 by Attribute::u32,
        /// The same for a new flow.
        initial_quantum: u32 = 4 by Attribute::u32,
        /// 1 flows are paced.
        pacing: u32 = 5 by Attribute::u32,
        /// Rate of flows that have none; no longer used.
        defrate: u32 = 6 by Attribute::u32,
        /// Most that a flow may send; all ones is no limit.
        maxrate: u32 = 7 by Attribute::u32,
        /// Logarithm of the number of buckets.
        buckets_log: u32 = 8 by Attribute::u32,
        /// Idle time after which a flow has its quantum again.
        refill_delay: u32 = 9 by Attribute::u32,
        /// Which bits of their hash count for packets without a socket.
        orphan_mask: u32 = 10 by Attribute::u32,
        /// Up to this rate each packet is paced by itself.
        low_rate_threshold: u32 = 11 by Attribute::u32,
        /// Delay from which packets are marked; all ones is none.
        ce_threshold: u32 = 12 by Attribute::u32,
        /// How far a timer may be put off, in nanoseconds.
        timer_slack: u32 = 13 by Attribute::u32,
        /// How far in the future a packet may be due.
        horizon: u32 = 14 by Attribute::u32,
        /// What becomes of packets beyond the horizon: 1 they are dropped, 0 they are sent at the horizon.
        horizon_drop: bool = 15 by Attribute::bool,
        /// The band of each priority; from Linux 6.7.
        priomap: Prio = 16 by Prio::read,
        /// Weights of the three bands; from Linux 6.7.
        weights: [i32; 3] = 17 by weights,
        /// How far in the future a packet is left to the hardware, in nanoseconds; from Linux 6.13.
        offload_horizon: u32 = 18 by Attribute::u32,
    }
}

fixed! {
    /// `struct tc_fq_qd_stats`.
    FqStats(80) {
        /// Flows forgotten.
        gc_flows: u64,
        /// Packets of high priority.
        highprio_packets: u64,
        /// TCP retransmissions found in the queue.
        tcp_retrans: u64,
        /// Times that a flow had to wait for its time.
        throttled: u64,
        /// Packets dropped because the flow's queue was full.
        flows_plimit: u64,
        /// Packets longer than a quantum.
        pkts_too_long: u64,
        /// Flows that there was no memory for.
        allocation_errors: u64,
        /// Time until a packet is due, in nanoseconds.
        time_next_delayed_flow: i64,
        /// Flows.
        flows: u32,
        /// Flows without a packet.
        inactive_flows: u32,
        /// Flows that wait for their time.
        throttled_flows: u32,
        /// How late timers are on average, in nanoseconds.
        unthrottle_latency_ns: u32,
        /// Packets marked because of the threshold; from Linux 4.20.
        ce_mark: u64,
        /// Packets dropped for being beyond the horizon; from Linux 5.8.
        horizon_drops: u64,
        /// Packets sent early for being beyond the horizon; from Linux 5.8.
        horizon_caps: u64,
        /// Packets that needed no queue; from Linux 6.7.
        fastpath_packets: u64,
        /// Packets dropped, by band; from Linux 6.7.
        band_drops: [u64; 3],
        /// Packets in the queues, by band; from Linux 6.7.
        band_packets: [u32; 3],
    }
}

fixed! {
    /// `struct tc_sfq_qopt_v1`: stochastic fair queues. Kernels before 3.3 send what is up to `flows`.
    Sfq(20) {
        /// Octets that a queue may send in its turn.
        quantum: u32,
        /// Seconds after which flows are distributed anew; 0 is never.
        perturb_period: i32,
        /// Most packets in all queues.
        limit: u32,
        /// Size of the table of queues.
        divisor: u32,
        /// Most flows.
        flows: u32,
        /// Most packets of one flow; 0 is not told.
        depth: u32,
        /// 1 packets are dropped at the head of a queue.
        headdrop: u32,
        /// Random early detection in each queue, if `red.qth_min` is not 0.
        red: SfqRed,
    }
}

fixed! {
    /// Random early detection in each queue of `sfq`.
    SfqRed {
        /// Most octets in a queue.
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
        /// [`RedFlags`](super::RedFlags).
        flags: u8,
        /// Probability at most, of 2^32.
        max_p: u32,
        /// Counters.
        stats: SfqRedStats,
    }
}

fixed! {
    /// `struct tc_sfqred_stats`: packets.
    SfqRedStats {
        /// Dropped by chance.
        prob_drop: u32,
        /// Dropped because the average was too long.
        forced_drop: u32,
        /// Marked by chance.
        prob_mark: u32,
        /// Marked because the average was too long.
        forced_mark: u32,
        /// Marked by chance at the head.
        prob_mark_head: u32,
        /// Marked at the head because the average was too long.
        forced_mark_head: u32,
    }
}

fixed! {
    /// `struct tc_sfq_xstats`, of one queue.
    SfqStats(4) {
        /// Octets that it may still send in its turn.
        allot: i32,
    }
}

attributes! {
    /// A filter of heavy hitters. Times are in microseconds.
    Hhf in "hhf" {
        /// Most packets in the queues.
        limit: u32 = 1 by Attribute::u32,
        /// Octets that a queue may send in its turn.
        quantum: u32 = 2 by Attribute::u32,
        /// Most flows that count as heavy.
        hh_limit: u32 = 3 by Attribute::u32,
        /// Time after which counters begin anew.
        reset_timeout: u32 = 4 by Attribute::u32,
        /// Octets from which a flow is heavy.
        admit_bytes: u32 = 5 by Attribute::u32,
        /// Idle time after which a flow no longer is.
        evict_timeout: u32 = 6 by Attribute::u32,
        /// Weight of those that are not heavy.
        non_hh_weight: u32 = 7 by Attribute::u32,
    }
}

fixed! {
    /// `struct tc_hhf_xstats`.
    HhfStats(16) {
        /// Packets dropped because the limit was passed.
        drop_overlimit: u32,
        /// Times that there were too many heavy flows.
        hh_overlimit: u32,
        /// Heavy flows so far.
        hh_tot_count: u32,
        /// Heavy flows now.
        hh_cur_count: u32,
    }
}

attributes! {
    /// Bands, some strictly before the others, which share what is left (IEEE 802.1Qaz).
    Ets in "ets" {
        /// Bands.
        bands: u8 = 1 by Attribute::u8,
        /// How many of them are strict.
        strict: u8 = 2 by Attribute::u8,
        /// Octets that each of the others may send in its turn.
        quanta: Vec<u32> = 3 by quanta,
        /// The band of each priority.
        priomap: Vec<u8> = 5 by priomap,
    }
}

fn weights(attribute: &Attribute<'_>, notes: &mut Notes) -> Option<[i32; 3]> {
    attribute.fixed(12, notes)
}

fn quanta(attribute: &Attribute<'_>, notes: &mut Notes) -> Option<Vec<u32>> {
    let mut quanta = Vec::new();
    attribute.each("ets_quanta", notes, |detail, notes| {
        if detail.number == TCA_ETS_QUANTA_BAND {
            quanta.extend(detail.u32(notes));
        }
    });
    Some(quanta)
}

fn priomap(attribute: &Attribute<'_>, notes: &mut Notes) -> Option<Vec<u8>> {
    let mut bands = Vec::new();
    attribute.each("ets_priomap", notes, |detail, notes| {
        if detail.number == TCA_ETS_PRIOMAP_BAND {
            bands.extend(detail.u8(notes));
        }
    });
    Some(bands)
}

// linux/pkt_sched.h
const TCA_ETS_QUANTA_BAND: u16 = 4;
const TCA_ETS_PRIOMAP_BAND: u16 = 6;

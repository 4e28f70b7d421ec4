//! `cake`: common applications kept enhanced.

use super::super::attribute::{Attribute, Notes};

number! {
    /// `CAKE_DIFFSERV_*`: into which tins packets are sorted.
    CakeDiffserv(u32) {
        /// Three.
        DIFFSERV3 = 0 "diffserv3",
        /// Four.
        DIFFSERV4 = 1 "diffserv4",
        /// Eight.
        DIFFSERV8 = 2 "diffserv8",
        /// One.
        BESTEFFORT = 3 "besteffort",
        /// By the old precedence.
        PRECEDENCE = 4 "precedence",
    }
}

number! {
    /// `CAKE_FLOW_*`: what counts as a flow.
    CakeFlowMode(u32) {
        /// Everything is one.
        FLOWBLIND = 0 "flowblind",
        /// Each source.
        SRCHOST = 1 "srchost",
        /// Each destination.
        DSTHOST = 2 "dsthost",
        /// Each pair of hosts.
        HOSTS = 3 "hosts",
        /// Each five-tuple.
        FLOWS = 4 "flows",
        /// Each five-tuple, fair between sources.
        DUAL_SRCHOST = 5 "dual-srchost",
        /// Each five-tuple, fair between destinations.
        DUAL_DSTHOST = 6 "dual-dsthost",
        /// Each five-tuple, fair between both.
        TRIPLE_ISOLATE = 7 "triple-isolate",
    }
}

number! {
    /// `CAKE_ACK_*`: which acknowledgments are left out.
    CakeAckFilter(u32) {
        /// None.
        DISABLED = 0 "disabled",
        /// Those that a later one makes superfluous.
        ENABLED = 1 "enabled",
        /// More of them.
        AGGRESSIVE = 2 "aggressive",
    }
}

number! {
    /// `CAKE_ATM_*`: the framing on the wire.
    CakeFraming(u32) {
        /// None.
        NOATM = 0 "noatm",
        /// Cells of ATM.
        ATM = 1 "atm",
        /// Packet transfer mode.
        PTM = 2 "ptm",
    }
}

attributes! {
    /// A shaper with fair queues that keep their delay short. Times are in microseconds.
    Cake in "cake" {
        /// Octets per second; 0 is no limit.
        bandwidth: u64 = 2 by Attribute::u64,
        /// Into which tins packets are sorted.
        diffserv: CakeDiffserv = 3 by diffserv,
        /// The framing on the wire.
        atm: CakeFraming = 4 by framing,
        /// What counts as a flow.
        flowmode: CakeFlowMode = 5 by flow_mode,
        /// Octets added to each packet; may be negative.
        overhead: i32 = 6 by Attribute::i32,
        /// Round-trip time that is expected.
        rtt: u32 = 7 by Attribute::u32,
        /// Delay that is aimed at.
        target: u32 = 8 by Attribute::u32,
        /// 1 the bandwidth is estimated from what comes in.
        autorate: u32 = 9 by Attribute::u32,
        /// Most octets of memory; 0 is chosen by the kernel.
        memlimit: u32 = 10 by Attribute::u32,
        /// 1 hosts behind address translation are told apart.
        nat: u32 = 11 by Attribute::u32,
        /// The length of a packet is taken as it is.
        raw: bool = 12 by Attribute::flag,
        /// 1 the codepoint of differentiated services is cleared.
        wash: u32 = 13 by Attribute::u32,
        /// Least octets of a packet.
        mpu: u32 = 14 by Attribute::u32,
        /// 1 it shapes what comes in, and counts what it drops.
        ingress: u32 = 15 by Attribute::u32,
        /// Which acknowledgments are left out.
        ack_filter: CakeAckFilter = 16 by ack_filter,
        /// 1 large packets are split.
        split_gso: u32 = 17 by Attribute::u32,
        /// Which bits of the firewall mark choose the tin.
        fwmark: u32 = 18 by Attribute::u32,
    }
}

attributes! {
    /// Counters of `cake`. Times are in microseconds.
    CakeStats in "cake_stats" {
        /// Octets per second, estimated.
        capacity_estimate: u64 = 2 by Attribute::u64,
        /// Most octets of memory.
        memory_limit: u32 = 3 by Attribute::u32,
        /// Most octets of memory that were in use.
        memory_used: u32 = 4 by Attribute::u32,
        /// Average octets before the network layer.
        avg_hdr_offset: u32 = 5 by Attribute::u32,
        /// Shortest packet of the network layer.
        min_network_size: u32 = 6 by Attribute::u32,
        /// Longest packet of the network layer.
        max_network_size: u32 = 7 by Attribute::u32,
        /// Shortest packet with its overhead.
        min_adj_size: u32 = 8 by Attribute::u32,
        /// Longest packet with its overhead.
        max_adj_size: u32 = 9 by Attribute::u32,
        /// The tins, from the least urgent.
        tins: Vec<CakeTinStats> = 10 by tins,
        /// Of one flow: octets that it may still send in its turn.
        deficit: i32 = 11 by Attribute::i32,
        /// Of one flow: packets dropped since the delay became too long.
        count: u32 = 12 by Attribute::u32,
        /// Of one flow: 1 packets are being dropped.
        dropping: u32 = 13 by Attribute::u32,
        /// Of one flow: time until the next is dropped.
        drop_next: i32 = 14 by Attribute::i32,
        /// Of one flow: probability of a drop, of 2^32.
        blue_prob: u32 = 15 by Attribute::u32,
        /// Of one flow: time until that changes.
        blue_timer: i32 = 16 by Attribute::i32,
    }
}

attributes! {
    /// Counters of one tin. Times are in microseconds.
    CakeTinStats in "cake_tin_stats" {
        /// Packets sent.
        sent_packets: u32 = 2 by Attribute::u32,
        /// Octets sent.
        sent_bytes: u64 = 3 by Attribute::u64,
        /// Packets dropped.
        drops: u32 = 4 by Attribute::u32,
        /// Octets dropped.
        dropped_bytes: u64 = 5 by Attribute::u64,
        /// Acknowledgments left out.
        ack_drops: u32 = 6 by Attribute::u32,
        /// Octets of those.
        ack_dropped_bytes: u64 = 7 by Attribute::u64,
        /// Packets marked.
        ecn_mark: u32 = 8 by Attribute::u32,
        /// Octets of those.
        ecn_marked_bytes: u64 = 9 by Attribute::u64,
        /// Packets in the queues.
        backlog_packets: u32 = 10 by Attribute::u32,
        /// Octets in the queues.
        backlog_bytes: u32 = 11 by Attribute::u32,
        /// Octets per second above which the tin has to wait.
        threshold_rate: u64 = 12 by Attribute::u64,
        /// Delay that is aimed at.
        target_us: u32 = 13 by Attribute::u32,
        /// Time in which the delay must come down.
        interval_us: u32 = 14 by Attribute::u32,
        /// Flows found in another place than their first.
        way_indirect_hits: u32 = 15 by Attribute::u32,
        /// Flows that were new.
        way_misses: u32 = 16 by Attribute::u32,
        /// Flows that had to share a queue.
        way_collisions: u32 = 17 by Attribute::u32,
        /// Delay at its longest.
        peak_delay_us: u32 = 18 by Attribute::u32,
        /// Delay on average.
        avg_delay_us: u32 = 19 by Attribute::u32,
        /// Delay of flows that send little.
        base_delay_us: u32 = 20 by Attribute::u32,
        /// Flows that send little.
        sparse_flows: u32 = 21 by Attribute::u32,
        /// Flows that send much.
        bulk_flows: u32 = 22 by Attribute::u32,
        /// Flows that do not respond to drops.
        unresponsive_flows: u32 = 23 by Attribute::u32,
        /// Octets of the largest packet.
        max_pkt_len: u32 = 24 by Attribute::u32,
        /// Octets that a flow may send in its turn.
        flow_quantum: u32 = 25 by Attribute::u32,
    }
}

fn diffserv(attribute: &Attribute<'_>, notes: &mut Notes) -> Option<CakeDiffserv> {
    attribute.u32(notes).map(CakeDiffserv)
}

fn flow_mode(attribute: &Attribute<'_>, notes: &mut Notes) -> Option<CakeFlowMode> {
    attribute.u32(notes).map(CakeFlowMode)
}

fn framing(attribute: &Attribute<'_>, notes: &mut Notes) -> Option<CakeFraming> {
    attribute.u32(notes).map(CakeFraming)
}

fn ack_filter(attribute: &Attribute<'_>, notes: &mut Notes) -> Option<CakeAckFilter> {
    attribute.u32(notes).map(CakeAckFilter)
}

fn tins(attribute: &Attribute<'_>, notes: &mut Notes) -> Option<Vec<CakeTinStats>> {
    let mut tins = Vec::new();
    attribute.each("cake_tins", notes, |tin, notes| tins.push(CakeTinStats::read(&tin, notes)));
    Some(tins)
}

//! Queues in turn.

use super::super::super::{Ets, Fq, FqStats, Hhf, HhfStats, RedFlags, Sfq};
use super::super::form::Form;
use super::QdiscShowOptions;
use super::early::{red_flags, share};
use super::unit::{duration, limit, nanoseconds, number, octets, rate, size};

pub(super) fn fq(form: &mut Form, fq: &Fq) {
    limit(form, fq.limit);
    if let Some(limit) = fq.flow_limit {
        form.number("flow_limit", "flow_limit ", limit, "p ");
    }
    number(form, "buckets", fq.buckets_log.map(|log| 1_u32.wrapping_shl(log)));
    number(form, "orphan_mask", fq.orphan_mask);
    if fq.pacing == Some(0) {
        form.json(|json| json.key("pacing").bool(false));
        form.text(format_args!("nopacing "));
    }
    octets(form, "quantum", fq.quantum);
    octets(form, "initial_quantum", fq.initial_quantum);
    for (key, before, value, none) in [
        ("maxrate", "maxrate ", fq.maxrate, u32::MAX),
        ("defrate", "defrate ", fq.defrate, 0),
        ("low_rate_threshold", "low_rate_threshold ", fq.low_rate_threshold, 0),
    ] {
        if let Some(value) = value.filter(|value| *value != none) {
            rate(form, key, before, value.into(), " ");
        }
    }
    duration(form, "refill_delay", fq.refill_delay);
    duration(form, "ce_threshold", fq.ce_threshold.filter(|threshold| *threshold != u32::MAX));
    if let Some(slack) = fq.timer_slack {
        nanoseconds(form, "timer_slack", "timer_slack ", slack.into(), " ");
    }
    duration(form, "horizon", fq.horizon);
    match fq.horizon_drop {
        Some(true) => form.null("horizon_drop", "horizon_drop "),
        Some(false) => form.null("horizon_cap", "horizon_cap "),
        None => {}
    }
}

pub(super) fn fq_stats(form: &mut Form, stats: &FqStats) {
    form.number("flows", "  flows ", stats.flows, "");
    form.number("inactive", " (inactive ", stats.inactive_flows, "");
    // `tc` has the key `throttled` twice in JSON: readers keep the second.
    form.text(format_args!(" throttled {})", stats.throttled_flows));
    if stats.time_next_delayed_flow > 0 {
        nanoseconds(form, "next_packet_delay", " next_packet_delay ", stats.time_next_delayed_flow, "");
    }
    form.number("gc", "\n  gc ", stats.gc_flows, "");
    form.number("highprio", " highprio ", stats.highprio_packets, "");
    counted(form, "retrans", " retrans ", stats.tcp_retrans);
    form.number("throttled", " throttled ", stats.throttled, "");
    if stats.unthrottle_latency_ns != 0 {
        nanoseconds(form, "latency", " latency ", stats.unthrottle_latency_ns.into(), "");
    }
    counted(form, "ce_mark", " ce_mark ", stats.ce_mark);
    counted(form, "flows_plimit", " flows_plimit ", stats.flows_plimit);
    let rare = [
        ("pkts_too_long", " pkts_too_long ", stats.pkts_too_long),
        ("alloc_errors", " alloc_errors ", stats.allocation_errors),
        ("horizon_drops", " horizon_drops ", stats.horizon_drops),
        ("horizon_caps", "  horizon_caps ", stats.horizon_caps),
    ];
    if rare.iter().any(|(_, _, value)| *value != 0) {
        form.text(format_args!("\n"));
        rare.into_iter().for_each(|(key, before, value)| counted(form, key, before, value));
    }
}

/// A counter that is shown only when it is not zero.
fn counted(form: &mut Form, key: &str, before: &str, value: u64) {
    if value != 0 {
        form.number(key, before, value, "");
    }
}

pub(super) fn sfq(form: &mut Form, sfq: &Sfq, show: &QdiscShowOptions) {
    form.number("limit", "limit ", sfq.limit, "p ");
    size(form, "quantum", "quantum ", sfq.quantum, " ");
    if sfq.depth != 0 {
        form.number("depth", "depth ", sfq.depth, " ");
    }
    if sfq.headdrop != 0 {
        form.flag("headdrop", "headdrop ");
    }
    if show.details {
        form.number("flows", "flows ", sfq.flows, " ");
    }
    form.number("divisor", "divisor ", sfq.divisor, " ");
    if sfq.perturb_period != 0 {
        form.number("perturb", "perturb ", sfq.perturb_period, "sec ");
    }
    let red = &sfq.red;
    if red.qth_min == 0 {
        return;
    }
    form.number("ewma", "ewma ", red.wlog, " ");
    size(form, "min", "min ", red.qth_min, " ");
    size(form, "max", "max ", red.qth_max, " ");
    share(form, red.max_p);
    red_flags(form, RedFlags(red.flags.into()));
    if show.statistics {
        let stats = &red.stats;
        form.number("prob_mark", "\n  prob_mark ", stats.prob_mark, "");
        form.number("prob_mark_head", " prob_mark_head ", stats.prob_mark_head, "");
        form.number("prob_drop", " prob_drop ", stats.prob_drop, "");
        form.number("forced_mark", "\n  forced_mark ", stats.forced_mark, "");
        form.number("forced_mark_head", " forced_mark_head ", stats.forced_mark_head, "");
        form.number("forced_drop", " forced_drop ", stats.forced_drop, "");
    }
}

pub(super) fn hhf(form: &mut Form, hhf: &Hhf) {
    limit(form, hhf.limit);
    octets(form, "quantum", hhf.quantum);
    number(form, "hh_limit", hhf.hh_limit);
    duration(form, "reset_timeout", hhf.reset_timeout);
    octets(form, "admit_bytes", hhf.admit_bytes);
    duration(form, "evict_timeout", hhf.evict_timeout);
    number(form, "non_hh_weight", hhf.non_hh_weight);
}

pub(super) fn hhf_stats(form: &mut Form, stats: &HhfStats) {
    form.number("drop_overlimit", "  drop_overlimit ", stats.drop_overlimit, "");
    form.number("hh_overlimit", " hh_overlimit ", stats.hh_overlimit, "");
    form.number("tot_hh", " tot_hh ", stats.hh_tot_count, "");
    form.number("cur_hh", " cur_hh ", stats.hh_cur_count, "");
}

pub(super) fn ets(form: &mut Form, ets: &Ets) {
    let Some(bands) = ets.bands else { return };
    form.number("bands", "bands ", bands, " ");
    if let Some(strict) = ets.strict {
        form.number("strict", "strict ", strict, " ");
    }
    if let Some(quanta) = &ets.quanta {
        form.text(format_args!("quanta"));
        form.array("quanta", |form| quanta.iter().for_each(|quantum| form.number_item(" ", quantum)));
        form.text(format_args!(" "));
    }
    if let Some(priomap) = &ets.priomap {
        form.text(format_args!("priomap"));
        form.array("priomap", |form| priomap.iter().for_each(|band| form.number_item(" ", band)));
        form.text(format_args!(" "));
    }
}

//! Queues that keep their delay short.

use super::super::super::{Codel, CodelStats, FqCodel, FqCodelStats, FqPie, FqPieStats, Pie, PieStats};
use super::super::form::Form;
use super::super::link::Word;
use super::unit::{duration, float, limit, number, octets, signed_time, switch, time};

pub(super) fn codel(form: &mut Form, queue: &Codel) {
    limit(form, queue.limit);
    duration(form, "target", queue.target);
    duration(form, "ce_threshold", queue.ce_threshold);
    duration(form, "interval", queue.interval);
    switch(form, "ecn", queue.ecn);
}

pub(super) fn fq_codel(form: &mut Form, queues: &FqCodel) {
    limit(form, queues.limit);
    number(form, "flows", queues.flows);
    number(form, "quantum", queues.quantum);
    duration(form, "target", queues.target);
    duration(form, "ce_threshold", queues.ce_threshold);
    let selector = queues.ce_threshold_selector.unwrap_or_default();
    let mask = queues.ce_threshold_mask.unwrap_or_default();
    if selector != 0 || mask != 0 {
        form.json(|json| json.key("ce_threshold_selector").number(selector));
        form.json(|json| json.key("ce_threshold_mask").number(mask));
        let (selector, mask) = (Word::Hash(selector.into()), Word::Hash(mask.into()));
        form.text(format_args!("ce_threshold_selector {selector}/{mask} "));
    }
    duration(form, "interval", queues.interval);
    octets(form, "memory_limit", queues.memory_limit);
    switch(form, "ecn", queues.ecn);
    number(form, "drop_batch", queues.drop_batch.filter(|batch| *batch != 0));
}

pub(super) fn pie(form: &mut Form, pie: &Pie) {
    limit(form, pie.limit);
    duration(form, "target", pie.target);
    duration(form, "tupdate", pie.tupdate);
    number(form, "alpha", pie.alpha);
    number(form, "beta", pie.beta);
    switch(form, "ecn", pie.ecn);
    switch(form, "bytemode", pie.bytemode);
    switch(form, "dq_rate_estimator", pie.dq_rate_estimator);
}

pub(super) fn fq_pie(form: &mut Form, queues: &FqPie) {
    limit(form, queues.limit);
    number(form, "flows", queues.flows);
    duration(form, "target", queues.target);
    duration(form, "tupdate", queues.tupdate);
    number(form, "alpha", queues.alpha);
    number(form, "beta", queues.beta);
    octets(form, "quantum", queues.quantum);
    octets(form, "memory_limit", queues.memory_limit);
    number(form, "ecn_prob", queues.ecn_prob);
    switch(form, "ecn", queues.ecn);
    switch(form, "bytemode", queues.bytemode);
    switch(form, "dq_rate_estimator", queues.dq_rate_estimator);
}

pub(super) fn codel_stats(form: &mut Form, stats: &CodelStats) {
    form.number("count", "  count ", stats.count, "");
    form.number("lastcount", " lastcount ", stats.lastcount, "");
    time(form, "ldelay", " ldelay ", stats.ldelay, "");
    if stats.dropping != 0 {
        form.flag("dropping", " dropping");
    }
    signed_time(form, "drop_next", " drop_next ", stats.drop_next);
    form.number("maxpacket", "\n  maxpacket ", stats.maxpacket, "");
    form.number("ecn_mark", " ecn_mark ", stats.ecn_mark, "");
    form.number("drop_overlimit", " drop_overlimit ", stats.drop_overlimit, "");
    counted(form, "ce_mark", stats.ce_mark);
}

pub(super) fn fq_codel_stats(form: &mut Form, stats: &FqCodelStats) {
    match stats {
        FqCodelStats::Qdisc(stats) => {
            form.number("maxpacket", "  maxpacket ", stats.maxpacket, "");
            form.number("drop_overlimit", " drop_overlimit ", stats.drop_overlimit, "");
            form.number("new_flow_count", " new_flow_count ", stats.new_flow_count, "");
            form.number("ecn_mark", " ecn_mark ", stats.ecn_mark, "");
            counted(form, "ce_mark", stats.ce_mark);
            counted(form, "memory_used", stats.memory_usage);
            counted(form, "drop_overmemory", stats.drop_overmemory);
            form.number("new_flows_len", "\n  new_flows_len ", stats.new_flows_len, "");
            form.number("old_flows_len", " old_flows_len ", stats.old_flows_len, "");
        }
        FqCodelStats::Class(stats) => {
            form.number("deficit", "  deficit ", stats.deficit, "");
            form.number("count", " count ", stats.count, "");
            form.number("lastcount", " lastcount ", stats.lastcount, "");
            time(form, "ldelay", " ldelay ", stats.ldelay, "");
            if stats.dropping != 0 {
                form.flag("dropping", " dropping");
                signed_time(form, "drop_next", " drop_next ", stats.drop_next);
            }
        }
    }
}

pub(super) fn pie_stats(form: &mut Form, stats: &PieStats) {
    float(form, "prob", "  prob ", stats.prob as f64 / u64::MAX as f64, "");
    time(form, "delay", " delay ", stats.delay, "");
    if stats.dq_rate_estimating != 0 {
        form.number("avg_dq_rate", " avg_dq_rate ", stats.avg_dq_rate, "");
    }
    form.number("pkts_in", "\n  pkts_in ", stats.packets_in, "");
    form.number("overlimit", " overlimit ", stats.overlimit, "");
    form.number("dropped", " dropped ", stats.dropped, "");
    form.number("maxq", " maxq ", stats.maxq, "");
    form.number("ecn_mark", " ecn_mark ", stats.ecn_mark, "");
}

pub(super) fn fq_pie_stats(form: &mut Form, stats: &FqPieStats) {
    form.number("pkts_in", "  pkts_in ", stats.packets_in, "");
    form.number("overlimit", " overlimit ", stats.overlimit, "");
    form.number("overmemory", " overmemory ", stats.overmemory, "");
    form.number("dropped", " dropped ", stats.dropped, "");
    form.number("ecn_mark", " ecn_mark ", stats.ecn_mark, "");
    form.number("new_flow_count", "\n  new_flow_count ", stats.new_flow_count, "");
    form.number("new_flows_len", " new_flows_len ", stats.new_flows_len, "");
    form.number("old_flows_len", " old_flows_len ", stats.old_flows_len, "");
    form.number("memory_used", " memory_used ", stats.memory_usage, "");
}

/// A counter that is shown only when it is not zero.
fn counted(form: &mut Form, key: &str, value: u32) {
    if value != 0 {
        form.json(|json| json.key(key).number(value));
        form.text(format_args!(" {key} {value}"));
    }
}

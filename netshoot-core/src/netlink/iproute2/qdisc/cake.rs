//! `cake`: common applications kept enhanced.

use std::fmt::Display;

use super::super::super::{Cake, CakeAckFilter, CakeFraming, CakeStats, CakeTinStats};
use super::super::form::Form;
use super::super::link::Word;
use super::unit::{Rate, Size, Time, rate, signed_time, size};

pub(super) fn cake(form: &mut Form, cake: &Cake) {
    match cake.bandwidth {
        Some(0) => form.plain("bandwidth", "bandwidth ", "unlimited", " "),
        Some(bandwidth) => rate(form, "bandwidth", "bandwidth ", bandwidth, " "),
        None => {}
    }
    match cake.autorate {
        None | Some(0) => {}
        Some(1) => form.plain("autorate", "", "autorate-ingress", " "),
        Some(_) if form.is_json() => form.plain("autorate", "", "unknown", ""),
        Some(_) => form.text(format_args!("(?autorate?) ")),
    }
    mode(form, "diffserv", cake.diffserv.map(|diffserv| diffserv.name()));
    mode(form, "flowmode", cake.flowmode.map(|mode| mode.name()));
    switch(form, "nat", cake.nat, "nat ", "nonat ");
    switch(form, "wash", cake.wash, "wash ", "nowash ");
    switch(form, "ingress", cake.ingress, "ingress ", "");
    let (word, words) = match cake.ack_filter {
        Some(CakeAckFilter::AGGRESSIVE) => ("aggressive", "ack-filter-aggressive "),
        Some(CakeAckFilter::ENABLED) => ("enabled", "ack-filter "),
        _ => ("disabled", "no-ack-filter "),
    };
    form.json(|json| json.key("ack-filter").plain(word));
    form.text(format_args!("{words}"));
    switch(form, "split_gso", cake.split_gso, "split-gso ", "no-split-gso ");
    wire(form, cake);
}

/// How the length of a packet on the wire is reckoned, and the rest.
fn wire(form: &mut Form, cake: &Cake) {
    let rtt = cake.rtt.unwrap_or_default();
    form.json(|json| json.key("rtt").number(rtt));
    if rtt != 0 {
        form.text(format_args!("rtt {} ", Time(rtt)));
    }
    let raw = cake.raw == Some(true);
    switch(form, "raw", Some(raw.into()), "raw ", "");
    match cake.atm {
        Some(framing @ (CakeFraming::ATM | CakeFraming::PTM)) => form.plain("atm", "", framing, " "),
        _ if raw => {}
        _ => form.plain("atm", "", "noatm", " "),
    }
    form.number("overhead", "overhead ", cake.overhead.unwrap_or_default(), " ");
    if let Some(mpu) = cake.mpu.filter(|mpu| *mpu != 0) {
        form.number("mpu", "mpu ", mpu, " ");
    }
    if let Some(limit) = cake.memlimit.filter(|limit| *limit != 0) {
        size(form, "memlimit", "memlimit ", limit, " ");
    }
    let mark = cake.fwmark.unwrap_or_default();
    form.json(|json| json.key("fwmark").plain(Word::Hash(mark)));
    if mark != 0 {
        form.text(format_args!("fwmark {mark:#x} "));
    }
}

fn mode(form: &mut Form, key: &str, name: Option<Option<&'static str>>) {
    match name {
        Some(Some(name)) => form.plain(key, "", name, " "),
        Some(None) => {
            form.json(|json| json.key(key).plain("unknown"));
            form.text(format_args!("(?{key}?)"));
        }
        None => {}
    }
}

fn switch(form: &mut Form, key: &str, value: Option<u32>, on: &str, off: &str) {
    let is_on = value.is_some_and(|value| value != 0);
    form.json(|json| json.key(key).bool(is_on));
    form.text(format_args!("{}", if is_on { on } else { off }));
}

pub(super) fn cake_stats(form: &mut Form, stats: &CakeStats) {
    if let (Some(used), Some(limit)) = (stats.memory_used, stats.memory_limit) {
        size(form, "memory_used", " memory used: ", used, "");
        size(form, "memory_limit", " of ", limit, "\n");
    }
    if let Some(estimate) = stats.capacity_estimate {
        rate(form, "capacity_estimate", " capacity estimate: ", estimate, "\n");
    }
    if let (Some(least), Some(most)) = (stats.min_network_size, stats.max_network_size) {
        aligned(form, "min_network_size", " min/max network layer size: ", least, 12, "");
        aligned(form, "max_network_size", " /", most, 8, "\n");
    }
    if let (Some(least), Some(most)) = (stats.min_adj_size, stats.max_adj_size) {
        aligned(form, "min_adj_size", " min/max overhead-adjusted size: ", least, 8, "");
        aligned(form, "max_adj_size", " /", most, 8, "\n");
    }
    if let Some(offset) = stats.avg_hdr_offset {
        aligned(form, "avg_hdr_offset", " average network hdr offset: ", offset, 12, "\n\n");
    }
    flow(form, stats);
    match stats.tins.as_deref() {
        None | Some([]) => {}
        Some(tins) if form.is_json() => form.array("tins", |form| tins.iter().for_each(|tin| self::tin(form, tin))),
        Some(tins) => table(form, tins),
    }
}

/// What is there of one flow alone.
fn flow(form: &mut Form, stats: &CakeStats) {
    if let Some(deficit) = stats.deficit {
        form.number("deficit", "  deficit ", deficit, "");
    }
    if let Some(count) = stats.count {
        form.number("count", " count ", count, "");
    }
    if stats.dropping.is_some_and(|dropping| dropping != 0) {
        form.flag("dropping", " dropping");
        if let Some(next) = stats.drop_next.filter(|next| *next >= 0 || !form.is_json()) {
            signed_time(form, "drop_next", " drop_next ", next);
        }
    }
    if let Some(probability) = stats.blue_prob {
        form.number("blue_prob", " blue_prob ", probability, "");
        if let Some(timer) = stats.blue_timer.filter(|timer| *timer >= 0 || !form.is_json()) {
            signed_time(form, "blue_timer", " blue_timer ", timer);
        }
    }
}

fn tin(form: &mut Form, tin: &CakeTinStats) {
    let wide = |value: Option<u32>| value.map(u64::from);
    form.object(|form| {
        for (key, value) in [
            ("threshold_rate", tin.threshold_rate),
            ("sent_bytes", tin.sent_bytes),
            ("backlog_bytes", wide(tin.backlog_bytes)),
            ("target_us", wide(tin.target_us)),
            ("interval_us", wide(tin.interval_us)),
            ("peak_delay_us", wide(tin.peak_delay_us)),
            ("avg_delay_us", wide(tin.avg_delay_us)),
            ("base_delay_us", wide(tin.base_delay_us)),
            ("sent_packets", wide(tin.sent_packets)),
            ("way_indirect_hits", wide(tin.way_indirect_hits)),
            ("way_misses", wide(tin.way_misses)),
            ("way_collisions", wide(tin.way_collisions)),
            ("drops", wide(tin.drops)),
            ("ecn_mark", wide(tin.ecn_mark)),
            ("ack_drops", wide(tin.ack_drops)),
            ("sparse_flows", wide(tin.sparse_flows)),
            ("bulk_flows", wide(tin.bulk_flows)),
            ("unresponsive_flows", wide(tin.unresponsive_flows)),
            ("max_pkt_len", wide(tin.max_pkt_len)),
            ("flow_quantum", wide(tin.flow_quantum)),
        ] {
            if let Some(value) = value {
                form.number(key, "", value, "");
            }
        }
    });
}

/// The tins side by side.
fn table(form: &mut Form, tins: &[CakeTinStats]) {
    match tins.len() {
        3 => form.text(format_args!("                   Bulk  Best Effort        Voice\n")),
        4 => form.text(format_args!("                   Bulk  Best Effort        Video        Voice\n")),
        count => {
            form.text(format_args!("          "));
            (0..count).for_each(|number| form.text(format_args!("        Tin {number}")));
            form.text(format_args!("\n"));
        }
    }
    row(form, tins, "thresh  ", |tin| tin.threshold_rate.map(Rate));
    row(form, tins, "target  ", |tin| tin.target_us.map(Time));
    row(form, tins, "interval", |tin| tin.interval_us.map(Time));
    row(form, tins, "pk_delay", |tin| tin.peak_delay_us.map(Time));
    row(form, tins, "av_delay", |tin| tin.avg_delay_us.map(Time));
    row(form, tins, "sp_delay", |tin| tin.base_delay_us.map(Time));
    row(form, tins, "backlog ", |tin| tin.backlog_bytes.map(Size));
    row(form, tins, "pkts    ", |tin| tin.sent_packets);
    row(form, tins, "bytes   ", |tin| tin.sent_bytes);
    row(form, tins, "way_inds", |tin| tin.way_indirect_hits);
    row(form, tins, "way_miss", |tin| tin.way_misses);
    row(form, tins, "way_cols", |tin| tin.way_collisions);
    row(form, tins, "drops   ", |tin| tin.drops);
    row(form, tins, "marks   ", |tin| tin.ecn_mark);
    row(form, tins, "ack_drop", |tin| tin.ack_drops);
    row(form, tins, "sp_flows", |tin| tin.sparse_flows);
    row(form, tins, "bk_flows", |tin| tin.bulk_flows);
    row(form, tins, "un_flows", |tin| tin.unresponsive_flows);
    row(form, tins, "max_len ", |tin| tin.max_pkt_len);
    row(form, tins, "quantum ", |tin| tin.flow_quantum);
}

/// There if the first tin has it.
fn row<T: Display>(form: &mut Form, tins: &[CakeTinStats], name: &str, value: impl Fn(&CakeTinStats) -> Option<T>) {
    if tins.first().and_then(&value).is_none() {
        return;
    }
    form.text(format_args!("  {name}"));
    for tin in tins {
        let value = value(tin).map(|value| value.to_string()).unwrap_or_default();
        form.text(format_args!(" {value:>12}"));
    }
    form.text(format_args!("\n"));
}

fn aligned(form: &mut Form, key: &str, before: &str, value: u32, width: usize, after: &str) {
    form.json(|json| json.key(key).number(value));
    form.text(format_args!("{before}{value:>width$}{after}"));
}

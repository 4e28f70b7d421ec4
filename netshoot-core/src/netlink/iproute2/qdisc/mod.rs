//! Queueing disciplines in iproute2's words: the JSON of `tc -j qdisc`, and the text of `tc qdisc`.
//!
//! The settings and counters of kinds that have a structure are shown; of others, nothing is.

mod cake;
mod delay;
mod early;
mod fair;
mod netem;
mod shaper;
mod traffic_class;
mod unit;

use std::io;

use super::super::{LinkNames, Qdisc, QdiscHandle, QdiscOptions, QdiscStats, QdiscXstats, SizeTable};
use super::form::Form;
use unit::{Rate, linklayer, size};

/// How much of queueing disciplines is shown, and in which form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct QdiscShowOptions {
    /// JSON instead of text: `-j`.
    pub json: bool,
    /// Details of the settings: `-d`.
    pub details: bool,
    /// Counters: `-s`.
    pub statistics: bool,
    /// All are of one link, which is not repeated in each.
    pub without_device: bool,
}

/// Writes `qdiscs` as `tc qdisc` does.
///
/// # Errors
/// Those of `out`, nothing else.
pub fn write_qdiscs<'a>(
    out: &mut impl io::Write,
    qdiscs: impl IntoIterator<Item = &'a Qdisc>,
    links: &LinkNames,
    options: &QdiscShowOptions,
) -> io::Result<()> {
    Form::new(options.json).list(out, qdiscs, |form, qdisc| form.object(|form| write(form, qdisc, links, options)))
}

fn write(form: &mut Form, qdisc: &Qdisc, links: &LinkNames, options: &QdiscShowOptions) {
    form.name("kind", "qdisc ", &qdisc.kind, "");
    form.string("handle", " ", format_args!("{:x}:", qdisc.handle.major()), " ");
    if !options.without_device {
        form.name("dev", "dev ", &links.name(qdisc.ifindex), " ");
    }
    if qdisc.parent == QdiscHandle::ROOT {
        form.flag("root", "root ");
    } else if qdisc.parent.0 != 0 {
        form.string("parent", "parent ", qdisc.parent, " ");
    }
    if qdisc.refcnt != 1 {
        form.number("refcnt", "refcnt ", qdisc.refcnt, " ");
    }
    if qdisc.offloaded {
        form.flag("offloaded", "offloaded ");
    }
    for (key, before, block) in [
        ("ingress_block", "ingress_block ", qdisc.ingress_block),
        ("egress_block", "egress_block ", qdisc.egress_block),
    ] {
        if let Some(block) = block.filter(|block| *block != 0) {
            form.number(key, before, block, " ");
        }
    }
    form.member("options", |form| settings(form, qdisc, options));
    form.text(format_args!("\n"));
    if let Some(table) = qdisc.stab.filter(|_| options.details) {
        form.member("stab", |form| size_table(form, &table));
        form.text(format_args!("\n"));
    }
    if let Some(stats) = qdisc.stats.filter(|_| options.statistics) {
        counters(form, &stats);
        form.text(format_args!("\n"));
    }
    if let Some(xstats) = qdisc.xstats.as_ref().filter(|_| options.statistics) {
        own_counters(form, xstats);
    }
}

fn size_table(form: &mut Form, table: &SizeTable) {
    form.text(format_args!(" "));
    if table.linklayer != 0 {
        let linklayer = u8::try_from(table.linklayer).unwrap_or(u8::MAX);
        form.string("linklayer", "linklayer ", self::linklayer(linklayer), " ");
    }
    if table.overhead != 0 {
        form.number("overhead", "overhead ", table.overhead, " ");
    }
    for (key, before, number) in
        [("mpu", "mpu ", table.mpu), ("mtu", "mtu ", table.mtu), ("tsize", "tsize ", table.tsize)]
    {
        if number != 0 {
            form.number(key, before, number, " ");
        }
    }
}

fn settings(form: &mut Form, qdisc: &Qdisc, show: &QdiscShowOptions) {
    let Some(options) = &qdisc.options else { return };
    match options {
        QdiscOptions::Fifo { limit } if qdisc.kind == "bfifo" => size(form, "limit", "limit ", *limit, ""),
        QdiscOptions::Fifo { limit } if qdisc.kind == "skbprio" => form.number("limit", "limit ", limit, " "),
        QdiscOptions::Fifo { limit } => form.number("limit", "limit ", limit, "p"),
        QdiscOptions::Prio(prio) => shaper::prio(form, prio),
        QdiscOptions::Multiq(multiq) => shaper::multiq(form, multiq),
        QdiscOptions::Tbf(tbf) => shaper::tbf(form, tbf, show.details),
        QdiscOptions::Htb(htb) => shaper::htb(form, htb, show.details),
        QdiscOptions::Hfsc(hfsc) => shaper::hfsc(form, hfsc),
        QdiscOptions::Codel(codel) => delay::codel(form, codel),
        QdiscOptions::FqCodel(queues) => delay::fq_codel(form, queues),
        QdiscOptions::Pie(pie) => delay::pie(form, pie),
        QdiscOptions::FqPie(queues) => delay::fq_pie(form, queues),
        QdiscOptions::Fq(fq) => fair::fq(form, fq),
        QdiscOptions::Sfq(sfq) => fair::sfq(form, sfq, show),
        QdiscOptions::Hhf(hhf) => fair::hhf(form, hhf),
        QdiscOptions::Ets(ets) => fair::ets(form, ets),
        QdiscOptions::Red(red) => early::red(form, red, show.details),
        QdiscOptions::Choke(choke) => early::choke(form, choke, show.details),
        QdiscOptions::Sfb(sfb) => early::sfb(form, sfb),
        QdiscOptions::Netem(netem) => netem::netem(form, netem),
        QdiscOptions::Cake(cake) => cake::cake(form, cake),
        QdiscOptions::Mqprio(mqprio) => traffic_class::mqprio(form, mqprio),
        QdiscOptions::Taprio(taprio) => traffic_class::taprio(form, taprio),
        QdiscOptions::Cbs(cbs) => traffic_class::cbs(form, cbs),
        QdiscOptions::Etf(etf) => traffic_class::etf(form, etf),
        QdiscOptions::Other(_) if qdisc.kind == "ingress" => form.text(format_args!("---------------- ")),
        QdiscOptions::Other(_) => {}
    }
}

fn own_counters(form: &mut Form, xstats: &QdiscXstats) {
    match xstats {
        QdiscXstats::Hfsc(stats) => shaper::hfsc_stats(form, stats),
        QdiscXstats::Codel(stats) => delay::codel_stats(form, stats),
        QdiscXstats::FqCodel(stats) => delay::fq_codel_stats(form, stats),
        QdiscXstats::Pie(stats) => delay::pie_stats(form, stats),
        QdiscXstats::FqPie(stats) => delay::fq_pie_stats(form, stats),
        QdiscXstats::Fq(stats) => fair::fq_stats(form, stats),
        QdiscXstats::Sfq(stats) => form.number("allot", "  allot ", stats.allot, ""),
        QdiscXstats::Hhf(stats) => fair::hhf_stats(form, stats),
        QdiscXstats::Red(stats) => early::red_stats(form, stats),
        QdiscXstats::Choke(stats) => early::choke_stats(form, stats),
        QdiscXstats::Sfb(stats) => early::sfb_stats(form, stats),
        QdiscXstats::Cake(stats) => cake::cake_stats(form, stats),
        QdiscXstats::Other(_) => return,
    }
    form.text(format_args!("\n"));
}

fn counters(form: &mut Form, stats: &QdiscStats) {
    form.number("bytes", " Sent ", stats.bytes, " bytes");
    form.number("packets", " ", stats.packets, " pkt");
    form.number("drops", " (dropped ", stats.drops, "");
    form.number("overlimits", ", overlimits ", stats.overlimits, "");
    form.number("requeues", " requeues ", stats.requeues, ") ");
    if let (Some(bytes), Some(packets)) = (stats.hw_bytes, stats.hw_packets)
        && (bytes != 0 || packets != 0)
    {
        let software = (stats.bytes.saturating_sub(bytes), stats.packets.saturating_sub(packets.into()));
        form.number("sw_bytes", "\n Sent software ", software.0, " bytes");
        form.number("sw_packets", " ", software.1, " pkt");
        form.number("hw_bytes", "\n Sent hardware ", bytes, " bytes");
        form.number("hw_packets", " ", packets, " pkt");
    }
    if let (Some(bps), Some(pps)) = (stats.rate, stats.pps) {
        form.json(|json| json.key("rate").number(bps));
        form.text(format_args!("\n rate {}", Rate(bps)));
        form.number("pps", " ", pps, "pps");
    } else {
        form.text(format_args!("\n"));
    }
    size(form, "backlog", " backlog ", stats.backlog, "");
    form.number("qlen", " ", stats.qlen, "p");
    form.text(format_args!(" requeues {}", stats.requeues));
}

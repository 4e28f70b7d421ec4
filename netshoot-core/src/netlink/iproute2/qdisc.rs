//! Queueing disciplines in iproute2's words: the JSON of `tc -j qdisc`, and the text of `tc qdisc`.
//!
//! The settings of kinds that have a structure are shown; of others, and of the kinds' own counters, nothing is.

use std::fmt::{self, Display};
use std::io;

use super::super::{
    Codel, FqCodel, Htb, LinkNames, Prio, Qdisc, QdiscHandle, QdiscOptions, QdiscStats, SizeTable, Tbf,
};
use super::form::Form;

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
    form.member("options", |form| settings(form, qdisc, options.details));
    form.text(format_args!("\n"));
    if let Some(table) = qdisc.stab.filter(|_| options.details) {
        form.member("stab", |form| size_table(form, &table));
        form.text(format_args!("\n"));
    }
    if let Some(stats) = qdisc.stats.filter(|_| options.statistics) {
        counters(form, &stats);
        form.text(format_args!("\n"));
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

fn settings(form: &mut Form, qdisc: &Qdisc, details: bool) {
    match &qdisc.options {
        Some(QdiscOptions::Fifo { limit }) if qdisc.kind == "bfifo" => size(form, "limit", "limit ", *limit, ""),
        Some(QdiscOptions::Fifo { limit }) => form.number("limit", "limit ", limit, "p"),
        Some(QdiscOptions::Prio(prio)) => bands(form, prio),
        Some(QdiscOptions::Tbf(tbf)) => bucket(form, tbf, details),
        Some(QdiscOptions::Htb(htb)) => hierarchy(form, htb, details),
        Some(QdiscOptions::FqCodel(queues)) => fq_codel(form, queues),
        Some(QdiscOptions::Codel(queue)) => codel(form, queue),
        Some(QdiscOptions::Other(_)) if qdisc.kind == "ingress" => form.text(format_args!("---------------- ")),
        Some(QdiscOptions::Other(_)) | None => {}
    }
}

fn bands(form: &mut Form, prio: &Prio) {
    form.number("bands", "bands ", prio.bands, " ");
    form.text(format_args!("priomap"));
    form.array("priomap", |form| {
        for band in prio.priomap {
            form.number_item(" ", band);
        }
    });
    if let Some(on) = prio.multiqueue {
        form.text(format_args!(" multiqueue: {} ", if on { "on" } else { "off" }));
    }
    let on = prio.multiqueue == Some(true);
    form.json(|json| json.key("multiqueue").bool(on));
}

fn bucket(form: &mut Form, tbf: &Tbf, details: bool) {
    rate(form, "rate", "rate ", tbf.rate64, " ");
    let burst = octets_in(tbf.rate64, tbf.buffer);
    if details {
        form.string("burst", "burst ", format_args!("{}/{}", Size(burst), 1_u32 << tbf.rate.cell_log.min(31)), " ");
        size(form, "mpu", "mpu ", tbf.rate.mpu.into(), " ");
    } else {
        size(form, "burst", "burst ", burst, " ");
    }
    if tbf.peakrate64 != 0 {
        form.text(format_args!("peakrate {} ", Rate(tbf.peakrate64)));
        if tbf.mtu != 0 || tbf.peakrate.mpu != 0 {
            let mtu = octets_in(tbf.peakrate64, tbf.mtu);
            if details {
                let cell = 1_u32 << tbf.peakrate.cell_log.min(31);
                form.string("mtu", "mtu ", format_args!("{}/{cell}", Size(mtu)), " ");
                size(form, "mpu", "mpu ", tbf.peakrate.mpu.into(), " ");
            } else {
                size(form, "minburst", "minburst ", mtu, " ");
            }
        }
    }
    latency(form, tbf);
    if tbf.rate.overhead != 0 {
        form.number("overhead", "overhead ", tbf.rate.overhead, " ");
    }
    if tbf.rate.linklayer > LINKLAYER_ETHERNET || details {
        form.string("linklayer", "linklayer ", linklayer(tbf.rate.linklayer), " ");
    }
}

/// How long a packet waits at most, in microseconds.
fn latency(form: &mut Form, tbf: &Tbf) {
    let wait = |rate: u64, depth: u32| 1e6 * f64::from(tbf.limit) / rate as f64 - f64::from(microseconds_of(depth));
    let mut latency = wait(tbf.rate64, tbf.buffer);
    if tbf.peakrate64 != 0 {
        latency = latency.max(wait(tbf.peakrate64, tbf.mtu));
    }
    if latency >= 0.0 {
        form.json(|json| json.key("lat").number(latency as u64));
        form.text(format_args!("lat {} ", Time(latency as u32)));
    } else {
        size(form, "limit", "limit ", tbf.limit, " ");
    }
}

fn hierarchy(form: &mut Form, htb: &Htb, details: bool) {
    if let Some(divisor) = htb.rate2quantum {
        form.number("r2q", "r2q ", divisor as i32, "");
        let default = htb.defcls.unwrap_or_default();
        form.string("default", " default ", format_args!("{}{default:x}", if default == 0 { "" } else { "0x" }), "");
        form.number("direct_packets_stat", " direct_packets_stat ", htb.direct_pkts.unwrap_or_default(), "");
        if details {
            let version = htb.version.unwrap_or_default();
            form.string("ver", " ver ", format_args!("{}.{}", version >> 16, version & 0xffff), "");
        }
    }
    if let Some(length) = htb.direct_qlen {
        form.number("direct_qlen", " direct_qlen ", length, "");
    }
    if htb.offload {
        form.null("offload", " offload");
    }
}

fn fq_codel(form: &mut Form, queues: &FqCodel) {
    for (key, before, value, after) in [
        ("limit", "limit ", queues.limit, "p "),
        ("flows", "flows ", queues.flows, " "),
        ("quantum", "quantum ", queues.quantum, " "),
    ] {
        if let Some(value) = value {
            form.number(key, before, value, after);
        }
    }
    time(form, "target", queues.target);
    time(form, "ce_threshold", queues.ce_threshold);
    let selector = queues.ce_threshold_selector.unwrap_or_default();
    let mask = queues.ce_threshold_mask.unwrap_or_default();
    if selector != 0 || mask != 0 {
        form.json(|json| json.key("ce_threshold_selector").number(selector));
        form.json(|json| json.key("ce_threshold_mask").number(mask));
        form.text(format_args!("ce_threshold_selector {selector:#x}/{mask:#x} "));
    }
    time(form, "interval", queues.interval);
    if let Some(limit) = queues.memory_limit {
        size(form, "memory_limit", "memory_limit ", limit, " ");
    }
    if queues.ecn.is_some_and(|on| on != 0) {
        form.flag("ecn", "ecn ");
    }
    if let Some(batch) = queues.drop_batch.filter(|batch| *batch != 0) {
        form.number("drop_batch", "drop_batch ", batch, " ");
    }
}

fn codel(form: &mut Form, queue: &Codel) {
    if let Some(limit) = queue.limit {
        form.number("limit", "limit ", limit, "p ");
    }
    time(form, "target", queue.target);
    time(form, "ce_threshold", queue.ce_threshold);
    time(form, "interval", queue.interval);
    if queue.ecn.is_some_and(|on| on != 0) {
        form.flag("ecn", "ecn ");
    }
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

fn size(form: &mut Form, key: &str, before: &str, octets: u32, after: &str) {
    if form.is_json() { form.number(key, "", octets, "") } else { form.string(key, before, Size(octets), after) }
}

fn rate(form: &mut Form, key: &str, before: &str, octets: u64, after: &str) {
    if form.is_json() { form.number(key, "", octets, "") } else { form.string(key, before, Rate(octets), after) }
}

fn time(form: &mut Form, key: &str, microseconds: Option<u32>) {
    let Some(microseconds) = microseconds else { return };
    form.json(|json| json.key(key).number(microseconds));
    form.text(format_args!("{key} {} ", Time(microseconds)));
}

fn linklayer(number: u8) -> &'static str {
    match number {
        0 => "unspec",
        LINKLAYER_ETHERNET => "ethernet",
        2 => "atm",
        _ => "unknown",
    }
}

/// Whole microseconds of a time in the kernel's ticks of 64 ns.
fn microseconds_of(ticks: u32) -> u32 {
    (f64::from(ticks) / TICKS_IN_MICROSECOND) as u32
}

/// Octets sent at `rate` in so many ticks.
fn octets_in(rate: u64, ticks: u32) -> u32 {
    (rate as f64 * f64::from(microseconds_of(ticks)) / 1e6) as u32
}

/// Octets, in the largest unit in which they are almost whole.
struct Size(u32);

impl Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let octets = f64::from(self.0);
        let almost = |unit: f64, most: f64| (unit * (octets / unit).round_ties_even() - octets).abs() < most;
        if octets >= MEBI && almost(MEBI, 1024.0) {
            write!(f, "{}Mb", (octets / MEBI).round_ties_even())
        } else if octets >= KIBI && almost(KIBI, 16.0) {
            write!(f, "{}Kb", (octets / KIBI).round_ties_even())
        } else {
            write!(f, "{}b", self.0)
        }
    }
}

/// Octets per second, shown in bits.
struct Rate(u64);

impl Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bits = self.0.wrapping_mul(8);
        let mut unit = 0;
        while unit < UNITS.len() - 1 && bits >= 1000 && (bits.is_multiple_of(1000) || bits >= 1_000_000) {
            bits /= 1000;
            unit += 1;
        }
        write!(f, "{bits}{}bit", UNITS.get(unit).copied().unwrap_or_default())
    }
}

/// Microseconds, in the largest unit that they fill.
struct Time(u32);

impl Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let short = |value: f64| {
            // As `%.3g` has it.
            let digits = if value >= 100.0 {
                0
            } else if value >= 10.0 {
                1
            } else {
                2
            };
            let text = format!("{value:.digits$}");
            if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
        };
        let time = f64::from(self.0);
        match self.0 {
            1_000_000.. => write!(f, "{}s", short(time / 1e6)),
            1_000.. => write!(f, "{}ms", short(time / 1e3)),
            microseconds => write!(f, "{microseconds}us"),
        }
    }
}

const UNITS: [&str; 5] = ["", "K", "M", "G", "T"];
const LINKLAYER_ETHERNET: u8 = 1;
/// The kernel's clock for packets has ticks of 64 ns.
const TICKS_IN_MICROSECOND: f64 = 15.625;
const KIBI: f64 = 1024.0;
const MEBI: f64 = 1024.0 * 1024.0;

//! Priorities and token buckets.

use super::super::super::{Hfsc, HfscStats, Htb, Multiq, Prio, Tbf};
use super::super::form::Form;
use super::unit::{LINKLAYER_ETHERNET, Rate, Size, Time, linklayer, microseconds_of, rate, size};

pub(super) fn prio(form: &mut Form, prio: &Prio) {
    form.number("bands", "bands ", prio.bands, " ");
    form.text(format_args!("priomap"));
    form.array("priomap", |form| {
        for band in prio.priomap {
            form.number_item(" ", band);
        }
    });
    // Those are the affair of `multiq` today.
    form.json(|json| json.key("multiqueue").bool(false));
}

pub(super) fn tbf(form: &mut Form, tbf: &Tbf, details: bool) {
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

pub(super) fn htb(form: &mut Form, htb: &Htb, details: bool) {
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

/// `tc` 6.1 writes the following in text alone.
pub(super) fn multiq(form: &mut Form, multiq: &Multiq) {
    form.number("bands", "bands ", multiq.bands, "");
    form.number("max_bands", "/", multiq.max_bands, " ");
}

pub(super) fn hfsc(form: &mut Form, hfsc: &Hfsc) {
    if hfsc.defcls != 0 {
        form.json(|json| json.key("default").plain(format_args!("{:#x}", hfsc.defcls)));
        form.text(format_args!("default {:x} ", hfsc.defcls));
    }
}

pub(super) fn hfsc_stats(form: &mut Form, stats: &HfscStats) {
    form.number("period", " period ", stats.period, " ");
    if stats.work != 0 {
        form.number("work", "work ", stats.work, " bytes ");
    }
    if stats.rtwork != 0 {
        form.number("rtwork", "rtwork ", stats.rtwork, " bytes ");
    }
    form.number("level", "level ", stats.level, " \n");
}

/// Octets sent at `rate` in so many ticks.
fn octets_in(rate: u64, ticks: u32) -> u32 {
    (rate as f64 * f64::from(microseconds_of(ticks)) / 1e6) as u32
}

//! The metrics of routes, in the words of `ip route`.

use super::super::RouteMetrics;
use super::form::Form;
use super::route::General;

/// Writes those that are there, in the order of their numbers.
pub(super) fn write(form: &mut Form, metrics: &RouteMetrics) {
    for (number, name) in (2..).zip(METRICS) {
        let (value, locked) = (metrics.get(number), metrics.is_locked(number));
        let is_there = if number == CC_ALGO { metrics.congctl.is_some() } else { value.is_some() || locked };
        let value = value.unwrap_or_default();
        if !is_there || number == HOPLIMIT && value == u32::MAX {
            continue;
        }
        form.text(format_args!("{name} {}", if locked { "lock " } else { "" }));
        match number {
            RTT => write_milliseconds(form, name, value / 8),
            RTTVAR => write_milliseconds(form, name, value / 4),
            RTO_MIN => write_milliseconds(form, name, value),
            FEATURES => write_features(form, value),
            CC_ALGO => {
                if let Some(algorithm) = &metrics.congctl {
                    form.name("congestion", "", algorithm, " ");
                }
            }
            _ => form.number(name, "", value, " "),
        }
    }
}

/// From a second on, text has seconds.
fn write_milliseconds(form: &mut Form, key: &str, value: u32) {
    if form.is_json() || value < 1000 {
        form.number(key, "", value, "ms ");
    } else {
        form.text(format_args!("{}s ", General(f64::from(value) / 1e3)));
    }
}

/// The name of each known feature and, if there are others, all bits as a number.
fn write_features(form: &mut Form, features: u32) {
    for (bit, name) in [(1, "ecn"), (16, "tcp_usec_ts")] {
        if features & bit != 0 {
            form.json(|json| json.key(name).null());
            form.text(format_args!("{name} "));
        }
    }
    if features & !17 != 0 {
        form.string("features", "", format_args!("{features:#x}"), " ");
    }
}

/// `RTAX_*` from 2 on.
const METRICS: [&str; 16] = [
    "mtu",
    "window",
    "rtt",
    "rttvar",
    "ssthresh",
    "cwnd",
    "advmss",
    "reordering",
    "hoplimit",
    "initcwnd",
    "features",
    "rto_min",
    "initrwnd",
    "quickack",
    "congctl",
    "fastopen_no_cookie",
];
const RTT: u16 = 4;
const RTTVAR: u16 = 5;
const HOPLIMIT: u16 = 10;
const FEATURES: u16 = 12;
const RTO_MIN: u16 = 13;
const CC_ALGO: u16 = 16;

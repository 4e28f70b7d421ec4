//! A network that is made worse on purpose. JSON has seconds and shares of one, text units and percent.

use super::super::super::{Netem, NetemProbability, NetemSlot};
use super::super::form::Form;
use super::super::ss::General;
use super::unit::{Nanoseconds, Time, float, microseconds_of, rate};

pub(super) fn netem(form: &mut Form, netem: &Netem) {
    let parameters = &netem.parameters;
    let correlations = netem.correlations.unwrap_or_default();
    form.json(|json| json.key("limit").number(parameters.limit));
    form.text(format_args!("limit {}", parameters.limit as i32));
    if parameters.latency != 0 {
        form.member("delay", |form| delay(form, parameters.latency, parameters.jitter, correlations.delay));
    }
    if parameters.loss != 0 {
        form.member("loss-random", |form| {
            percent(form, "loss", " loss ", parameters.loss);
            correlation(form, correlations.loss);
        });
    }
    losses(form, netem);
    if parameters.duplicate != 0 {
        form.member("duplicate", |form| {
            percent(form, "duplicate", " duplicate ", parameters.duplicate);
            correlation(form, correlations.duplicate);
        });
    }
    probability(form, "reorder", " reorder ", netem.reorder);
    probability(form, "corrupt", " corrupt ", netem.corrupt);
    speed(form, netem);
    if let Some(slot) = &netem.slot {
        form.member("slot", |form| self::slot(form, slot));
    }
    form.json(|json| json.key("ecn").bool(netem.ecn.is_some()));
    if netem.ecn.is_some() {
        form.text(format_args!(" ecn "));
    }
    form.json(|json| json.key("gap").number(parameters.gap));
    if parameters.gap != 0 {
        form.text(format_args!(" gap {}", parameters.gap));
    }
}

fn delay(form: &mut Form, latency: u32, jitter: u32, correlation: u32) {
    let [delay, varies] = [latency, jitter].map(microseconds_of);
    form.text(format_args!(" delay {}", Time(delay)));
    if jitter != 0 {
        form.text(format_args!("  {}", Time(varies)));
    }
    form.json(|json| json.key("delay").number(General(f64::from(delay) / 1e6, 6)));
    form.json(|json| json.key("jitter").number(General(f64::from(varies) / 1e6, 6)));
    form.json(|json| json.key("correlation").number(General(of_one(correlation), 6)));
    if jitter != 0 && correlation != 0 {
        form.text(format_args!(" {}%", General(of_hundred(correlation), 6)));
    }
}

fn losses(form: &mut Form, netem: &Netem) {
    if let Some(states) = &netem.loss_states {
        form.member("loss-state", |form| {
            percent(form, "p13", " loss state p13 ", states.p13);
            percent(form, "p31", " p31 ", states.p31);
            percent(form, "p32", " p32 ", states.p32);
            percent(form, "p23", " p23 ", states.p23);
            percent(form, "p14", " p14 ", states.p14);
        });
    }
    if let Some(model) = &netem.loss_gemodel {
        form.member("loss-gemodel", |form| {
            percent(form, "p", " loss gemodel p ", model.p);
            percent(form, "r", " r ", model.r);
            percent(form, "1-h", " 1-h ", !model.h);
            percent(form, "1-k", " 1-k ", model.k1);
        });
    }
}

fn probability(form: &mut Form, key: &str, before: &str, value: Option<NetemProbability>) {
    let Some(value) = value.filter(|value| value.probability != 0) else { return };
    form.member(key, |form| {
        percent(form, key, before, value.probability);
        correlation(form, value.correlation);
    });
}

fn speed(form: &mut Form, netem: &Netem) {
    let Some(spec) = netem.rate.filter(|spec| spec.rate != 0) else { return };
    let octets = netem.rate64.filter(|rate| *rate != 0).unwrap_or(spec.rate.into());
    form.member("rate", |form| {
        rate(form, "rate", " rate ", octets, "");
        option(form, "packetoverhead", spec.packet_overhead.into());
        option(form, "cellsize", spec.cell_size.into());
        option(form, "celloverhead", spec.cell_overhead.into());
    });
}

fn slot(form: &mut Form, slot: &NetemSlot) {
    let times = if slot.dist_jitter > 0 {
        [("distribution", " slot distribution ", slot.dist_delay), ("jitter", " ", slot.dist_jitter)]
    } else {
        [("min-delay", " slot ", slot.min_delay), ("max-delay", " ", slot.max_delay)]
    };
    for (key, before, time) in times {
        form.text(format_args!("{before}{}", Nanoseconds(time)));
        form.json(|json| json.key(key).number(General(time as u64 as f64 / 1e9, 6)));
    }
    option(form, "packets", slot.max_packets.into());
    option(form, "bytes", slot.max_bytes.into());
}

/// What text says only when it is not zero.
fn option(form: &mut Form, key: &str, value: i64) {
    form.json(|json| json.key(key).number(value));
    if value != 0 {
        form.text(format_args!(" {key} {value}"));
    }
}

fn percent(form: &mut Form, key: &str, before: &str, value: u32) {
    if form.is_json() {
        float(form, key, "", of_one(value), "");
    } else {
        form.number(key, before, General(of_hundred(value), 6), "%");
    }
}

fn correlation(form: &mut Form, value: u32) {
    if form.is_json() || value != 0 {
        percent(form, "correlation", " ", value);
    }
}

fn of_one(value: u32) -> f64 {
    f64::from(value) / f64::from(u32::MAX)
}

fn of_hundred(value: u32) -> f64 {
    100.0 * f64::from(value) / f64::from(u32::MAX)
}

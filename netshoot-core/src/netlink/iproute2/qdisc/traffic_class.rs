//! Traffic classes of the device, and times.

use std::fmt::Display;

use super::super::super::{Cbs, Etf, EtfFlags, Mqprio, MqprioMap, Taprio, TaprioSchedule};
use super::super::form::Form;
use super::super::link::Word;
use super::unit::Rate;

pub(super) fn mqprio(form: &mut Form, mqprio: &Mqprio) {
    let map = &mqprio.map;
    form.number("tc", "tc ", map.num_tc, " ");
    form.text(format_args!("map "));
    form.array("map", |form| map.prio_tc_map.iter().for_each(|class| item(form, "", class, " ")));
    form.text(format_args!("\n             queues:"));
    form.array("queues", |form| {
        for (first, count) in queues(map) {
            let last = (i32::from(first) + i32::from(count) - 1) as u32;
            form.json(|json| {
                json.begin_array();
                json.number(first);
                json.number(last);
                json.end_array();
            });
            form.text(format_args!("({first}:{last}) "));
        }
    });
    for (key, value, name) in [("mode", mqprio.mode, "channel"), ("shaper", mqprio.shaper, "bw_rlimit")] {
        // Data center bridging is meant where nothing is said.
        let name = match value {
            None => "dcb",
            Some(1) => name,
            Some(_) => continue,
        };
        form.json(|json| json.key(key).plain(name));
        form.text(format_args!("\n             {key}:{name}"));
    }
    rates(form, "min_rate", map, mqprio.min_rate.as_deref());
    rates(form, "max_rate", map, mqprio.max_rate.as_deref());
}

/// One for each class.
fn rates(form: &mut Form, key: &str, map: &MqprioMap, rates: Option<&[u64]>) {
    let Some(rates) = rates else { return };
    form.text(format_args!("\t{key}:"));
    form.array(key, |form| {
        for class in 0..usize::from(map.num_tc).min(map.count.len()) {
            let rate = rates.get(class).copied().unwrap_or_default();
            if form.is_json() { form.number_item("", rate) } else { form.item("", Rate(rate), " ") }
        }
    });
}

pub(super) fn taprio(form: &mut Form, taprio: &Taprio) {
    let Some(map) = &taprio.map else { return };
    form.number("tc", "tc ", map.num_tc, " ");
    form.text(format_args!("map"));
    form.array("map", |form| map.prio_tc_map.iter().for_each(|class| item(form, " ", class, "")));
    form.text(format_args!("\nqueues"));
    form.array("queues", |form| {
        for (offset, count) in queues(map) {
            form.object(|form| {
                form.number("offset", " offset ", offset, "");
                form.number("count", " count ", count, "");
            });
        }
    });
    form.plain("clockid", "\nclockid ", clock(taprio.clockid.unwrap_or(-1)), "");
    if let Some(flags) = taprio.flags {
        form.plain("flags", " flags ", Word::Hash(flags.0), "");
    }
    if let Some(delay) = taprio.txtime_delay {
        form.json(|json| json.key("txtime_delay").number(delay));
        form.text(format_args!(" txtime delay {}", delay as i32));
    }
    schedule(form, &taprio.schedule);
    // `tc` 6.1 writes an object without a key, which is no JSON.
    if let Some(admin) = &taprio.admin_schedule {
        form.member("admin_schedule", |form| schedule(form, admin));
    }
}

fn schedule(form: &mut Form, schedule: &TaprioSchedule) {
    for (key, before, time) in [
        ("base_time", "\tbase-time ", schedule.base_time),
        ("cycle_time", " cycle-time ", schedule.cycle_time),
        ("cycle_time_extension", " cycle-time-extension ", schedule.cycle_time_extension),
    ] {
        let time = time.unwrap_or_default();
        form.json(|json| json.key(key).number(time as u64));
        form.text(format_args!("{before}{time}"));
    }
    let Some(entries) = &schedule.entries else { return };
    form.text(format_args!("\n"));
    form.array("schedule", |form| {
        for entry in entries {
            form.object(|form| {
                form.number("index", "\tindex ", entry.index.unwrap_or_default(), "");
                let command = if entry.command.unwrap_or_default() == 0 { "S" } else { "Invalid" };
                form.plain("cmd", " cmd ", command, "");
                form.plain("gatemask", " gatemask ", Word::Hash(entry.gate_mask.unwrap_or_default()), "");
                form.number("interval", " interval ", entry.interval.unwrap_or_default(), "");
            });
            form.text(format_args!("\n"));
        }
    });
}

pub(super) fn cbs(form: &mut Form, cbs: &Cbs) {
    form.number("hicredit", "hicredit ", cbs.hicredit, " ");
    form.number("locredit", "locredit ", cbs.locredit, " ");
    form.number("sendslope", "sendslope ", cbs.sendslope, " ");
    form.number("idleslope", "idleslope ", cbs.idleslope, " ");
    form.number("offload", "offload ", cbs.offload, " ");
}

pub(super) fn etf(form: &mut Form, etf: &Etf) {
    let flags = EtfFlags(etf.flags);
    form.plain("clockid", "clockid ", clock(etf.clockid), " ");
    form.json(|json| json.key("delta").number(etf.delta as u32));
    form.text(format_args!("delta {} ", etf.delta));
    for (key, flag, after) in [
        ("offload", EtfFlags::OFFLOAD, " "),
        ("deadline_mode", EtfFlags::DEADLINE_MODE, " "),
        ("skip_sock_check", EtfFlags::SKIP_SOCK_CHECK, ""),
    ] {
        let word = if flags.contains(flag) { "on" } else { "off" };
        form.json(|json| json.key(key).plain(word));
        form.text(format_args!("{key} {word}{after}"));
    }
}

/// The first queue of each class, and how many it has.
fn queues(map: &MqprioMap) -> impl Iterator<Item = (u16, u16)> {
    map.offset.into_iter().zip(map.count).take(map.num_tc.into())
}

fn item(form: &mut Form, before: &str, value: impl Display, after: &str) {
    form.number_item(before, value);
    form.text(format_args!("{after}"));
}

fn clock(number: i32) -> &'static str {
    match number {
        libc::CLOCK_REALTIME => "REALTIME",
        libc::CLOCK_TAI => "TAI",
        libc::CLOCK_BOOTTIME => "BOOTTIME",
        libc::CLOCK_MONOTONIC => "MONOTONIC",
        _ => "invalid",
    }
}

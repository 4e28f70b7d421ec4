//! Tun and tap, and controller area networks.

use super::super::form::Form;
use super::super::link::{Context, Word, words_of};
use super::{named, word};
use crate::netlink::{Can, CanBitTiming, CanBitTimingConst, Tun};

pub(super) fn tun(form: &mut Form, tun: &Tun, context: &Context<'_>) {
    match tun.kind {
        Some(1) => form.string("type", "type ", "tun", " "),
        Some(2) => form.string("type", "type ", "tap", " "),
        Some(other) => form.string("type", "type ", format_args!("UNKNOWN:{other}"), " "),
        None => {}
    }
    switches!(form, tun: pi "pi", vnet_hdr "vnet_hdr");
    if tun.multi_queue == Some(true) {
        form.flag("multi_queue", "multi_queue ");
        super::number(form, "numqueues", "numqueues ", tun.num_queues);
        super::number(form, "numdisabled", "numdisabled ", tun.num_disabled_queues);
    } else {
        form.json(|json| json.key("multi_queue").bool(false));
    }
    switches!(form, tun: persist "persist");
    for (key, before, account) in [
        ("user", "user ", tun.owner.map(|owner| (owner, context.names.user(owner)))),
        ("group", "group ", tun.group.map(|group| (group, context.names.user_group(group)))),
    ] {
        match account {
            Some((_, Some(name))) => form.string(key, before, name, " "),
            Some((number, None)) => form.number(key, before, number, " "),
            None => {}
        }
    }
}

pub(super) fn can(form: &mut Form, can: &Can, context: &Context<'_>) {
    if let Some(modes) = can.ctrlmode.filter(|modes| *modes != 0) {
        let known = CONTROL_MODES.iter().filter(|(bit, _)| modes & bit != 0).map(|(_, name)| Word::Name(name));
        let unknown = modes & !0x7ff;
        words_of(form, "ctrlmode", "<", known.chain(Some(Word::Bits(unknown)).filter(|_| unknown != 0)), "> ");
    }
    word(form, "state", "state ", can.state.map(|state| named(&STATES, state, "UNKNOWN")));
    if let Some((sent, received)) = can.berr_counter {
        form.member("berr_counter", |form| {
            form.number("tx", "(berr-counter tx ", sent, "");
            form.number("rx", " rx ", received, ") ");
        });
    }
    numbers!(form, can: restart_ms "restart-ms");
    phase(form, context, "", can.bittiming.as_ref(), can.bittiming_const.as_ref(), can.bitrate_const.as_deref());
    let rates = can.data_bitrate_const.as_deref();
    phase(form, context, "d", can.data_bittiming.as_ref(), can.data_bittiming_const.as_ref(), rates);
    if let (Some(termination), Some(choice)) = (can.termination, &can.termination_const) {
        form.number("termination", &indented(context, " termination "), termination, " [ ");
        form.array("termination_const", |form| list(form, choice, |_| ", ", ""));
        form.text(format_args!(" ]"));
    }
    if let Some(clock) = can.clock {
        form.number("clock", &indented(context, " clock "), clock, " ");
    }
}

/// One phase of a frame: the arbitration, or with `d` the data.
fn phase(
    form: &mut Form,
    context: &Context<'_>,
    d: &str,
    timing: Option<&CanBitTiming>,
    limits: Option<&CanBitTimingConst>,
    rates: Option<&[u32]>,
) {
    let key = |rest: &str| format!("{}{rest}", if d.is_empty() { "" } else { "data_" });
    let Some(rates) = rates else {
        if let Some(timing) = timing {
            form.member(&key("bittiming"), |form| bit_timing(form, context, d, timing));
        }
        if let Some(limits) = limits {
            form.member(&key("bittiming_const"), |form| bit_timing_limits(form, context, d, limits));
        }
        return;
    };
    let rate = timing.map_or(0, |timing| timing.bitrate);
    form.number(&key("bittiming_bitrate"), &indented(context, &format!(" {d}bitrate ")), rate, "");
    form.text(format_args!("{}    [", indented(context, "")));
    let wrap = format!(",{}     ", indented(context, " ").trim_end_matches(' '));
    form.array(&key("bitrate_const"), |form| {
        for (place, rate) in rates.iter().enumerate() {
            form.json(|json| json.number(rate));
            if place > 0 {
                form.text(format_args!("{}", if place % 6 == 0 { &wrap } else { ", " }));
            }
            form.text(format_args!("{rate:8}"));
        }
    });
    form.text(format_args!(" ]"));
}

fn bit_timing(form: &mut Form, context: &Context<'_>, d: &str, timing: &CanBitTiming) {
    form.number("bitrate", &indented(context, &format!(" {d}bitrate ")), timing.bitrate, "");
    let (whole, rest) = (timing.sample_point / 1000, timing.sample_point % 1000);
    form.string("sample_point", &format!(" {d}sample-point "), format_args!("{whole}.{rest:03}"), "");
    form.number("tq", &indented(context, &format!(" {d}tq ")), timing.tq, "");
    for (key, word, value) in [
        ("prop_seg", "prop-seg", timing.prop_seg),
        ("phase_seg1", "phase-seg1", timing.phase_seg1),
        ("phase_seg2", "phase-seg2", timing.phase_seg2),
        ("sjw", "sjw", timing.sjw),
        ("brp", "brp", timing.brp),
    ] {
        form.number(key, &format!(" {d}{word} "), value, "");
    }
}

fn bit_timing_limits(form: &mut Form, context: &Context<'_>, d: &str, limits: &CanBitTimingConst) {
    form.text(format_args!("{}", indented(context, " ")));
    form.name("name", "", &limits.name, ":");
    for (key, (low, high)) in
        [("tseg1", limits.tseg1), ("tseg2", limits.tseg2), ("sjw", (1, limits.sjw_max)), ("brp", limits.brp)]
    {
        form.member(key, |form| {
            form.number("min", &format!(" {d}{key} "), low, "");
            form.number("max", "..", high, "");
        });
    }
    form.number("brp_inc", &format!(" {d}brp_inc "), limits.brp_inc, "");
}

fn list(form: &mut Form, numbers: &[u16], between: impl Fn(usize) -> &'static str, after: &str) {
    for (place, number) in numbers.iter().enumerate() {
        form.json(|json| json.number(number));
        form.text(format_args!("{}{number}", if place == 0 { "" } else { between(place) }));
    }
    form.text(format_args!("{after}"));
}

/// A new line, indented.
fn indented(context: &Context<'_>, rest: &str) -> String {
    format!("{}\t {rest}", context.line)
}

const STATES: [&str; 6] = ["ERROR-ACTIVE", "ERROR-WARNING", "ERROR-PASSIVE", "BUS-OFF", "STOPPED", "SLEEPING"];
/// In the order in which `ip` has them.
const CONTROL_MODES: [(u32, &str); 11] = [
    (0x1, "LOOPBACK"),
    (0x2, "LISTEN-ONLY"),
    (0x4, "TRIPLE-SAMPLING"),
    (0x8, "ONE-SHOT"),
    (0x10, "BERR-REPORTING"),
    (0x20, "FD"),
    (0x80, "FD-NON-ISO"),
    (0x40, "PRESUME-ACK"),
    (0x100, "CC-LEN8-DLC"),
    (0x200, "TDC-AUTO"),
    (0x400, "TDC-MANUAL"),
];

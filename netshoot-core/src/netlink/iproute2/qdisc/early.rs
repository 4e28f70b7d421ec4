//! Queues that drop before they are full.

use super::super::super::{Choke, ChokeStats, Red, RedFlags, RedParameters, RedStats, Sfb, SfbStats};
use super::super::form::Form;
use super::unit::{float, size, time};

pub(super) fn red(form: &mut Form, red: &Red, details: bool) {
    let Some(parameters) = &red.parameters else { return };
    size(form, "limit", "limit ", parameters.limit, " ");
    size(form, "min", "min ", parameters.qth_min, " ");
    size(form, "max", "max ", parameters.qth_max, " ");
    red_flags(form, red.flags.unwrap_or(RedFlags(parameters.flags.into())));
    if details {
        weights(form, parameters, red.max_p);
    }
    let events = [("early_drop", red.early_drop_block), ("mark", red.mark_block)];
    let mut events = events.into_iter().filter_map(|(kind, block)| Some((kind, block.filter(|block| *block != 0)?)));
    let Some(first) = events.next() else { return };
    form.array("qevents", |form| {
        for (kind, block) in std::iter::once(first).chain(events) {
            form.object(|form| {
                form.plain("kind", "qevent ", kind, "");
                form.number("block", " block ", block, " ");
            });
        }
    });
}

pub(super) fn red_stats(form: &mut Form, stats: &RedStats) {
    form.number("marked", "  marked ", stats.marked, " ");
    form.number("early", "early ", stats.early, " ");
    form.number("pdrop", "pdrop ", stats.pdrop, " ");
    form.number("other", "other ", stats.other, " ");
}

pub(super) fn choke(form: &mut Form, choke: &Choke, details: bool) {
    let Some(parameters) = &choke.parameters else { return };
    form.number("limit", "limit ", parameters.limit, "p ");
    form.number("min", "min ", parameters.qth_min, "p ");
    form.number("max", "max ", parameters.qth_max, "p ");
    red_flags(form, RedFlags(parameters.flags.into()));
    if details {
        weights(form, parameters, choke.max_p);
    }
}

pub(super) fn choke_stats(form: &mut Form, stats: &ChokeStats) {
    form.number("marked", "  marked ", stats.marked, "");
    form.number("early", " early ", stats.early, "");
    form.number("pdrop", " pdrop ", stats.pdrop, "");
    form.number("other", " other ", stats.other, "");
    form.number("matched", " matched ", stats.matched, "");
}

pub(super) fn sfb(form: &mut Form, sfb: &Sfb) {
    time(form, "rehash", "rehash ", sfb.rehash_interval.wrapping_mul(1000), " ");
    time(form, "db", "db ", sfb.warmup_time.wrapping_mul(1000), " ");
    form.number("limit", "limit ", sfb.limit, "p ");
    form.number("max", "max ", sfb.max, "p ");
    form.number("target", "target ", sfb.bin_size, "p ");
    float(form, "increment", "increment ", f64::from(sfb.increment) / SFB_MAX_PROB, " ");
    float(form, "decrement", "decrement ", f64::from(sfb.decrement) / SFB_MAX_PROB, " ");
    form.number("penalty_rate", "penalty_rate ", sfb.penalty_rate, "pps ");
    form.number("penalty_burst", "penalty_burst ", sfb.penalty_burst, "p ");
}

pub(super) fn sfb_stats(form: &mut Form, stats: &SfbStats) {
    form.number("earlydrop", "  earlydrop ", stats.earlydrop, "");
    form.number("penaltydrop", " penaltydrop ", stats.penaltydrop, "");
    form.number("bucketdrop", " bucketdrop ", stats.bucketdrop, "");
    form.number("queuedrop", " queuedrop ", stats.queuedrop, "");
    form.number("childdrop", " childdrop ", stats.childdrop, "");
    form.number("marked", " marked ", stats.marked, "");
    form.number("maxqlen", "\n  maxqlen ", stats.maxqlen, "");
    float(form, "maxprob", " maxprob ", f64::from(stats.maxprob) / SFB_MAX_PROB, "");
    float(form, "avgprob", " avgprob ", f64::from(stats.avgprob) / SFB_MAX_PROB, "");
}

/// JSON says also what is off.
pub(super) fn red_flags(form: &mut Form, flags: RedFlags) {
    for (key, word, flag) in [
        ("ecn", "ecn ", RedFlags::ECN),
        ("harddrop", "harddrop ", RedFlags::HARDDROP),
        ("adaptive", "adaptive ", RedFlags::ADAPTIVE),
        ("nodrop", "nodrop ", RedFlags::NODROP),
    ] {
        if flags.contains(flag) {
            form.flag(key, word);
        } else {
            form.json(|json| json.key(key).bool(false));
        }
    }
}

fn weights(form: &mut Form, parameters: &RedParameters, max_p: Option<u32>) {
    form.number("ewma", "ewma ", parameters.wlog, " ");
    match max_p {
        None | Some(0) => form.number("Plog", "Plog ", parameters.plog, " "),
        Some(max_p) => share(form, max_p),
    }
    form.number("Scell_log", "Scell_log ", parameters.scell_log, "");
}

/// A probability, of 2^32.
pub(super) fn share(form: &mut Form, max_p: u32) {
    float(form, "probability", "probability ", f64::from(max_p) / 4_294_967_296.0, " ");
}

const SFB_MAX_PROB: f64 = 65535.0;

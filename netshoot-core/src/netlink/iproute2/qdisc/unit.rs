//! Numbers with their units, as `tc` has them.

use std::fmt::{self, Display};

use super::super::form::Form;
use super::super::ss::General;

pub(super) fn size(form: &mut Form, key: &str, before: &str, octets: u32, after: &str) {
    if form.is_json() { form.number(key, "", octets, "") } else { form.string(key, before, Size(octets), after) }
}

pub(super) fn rate(form: &mut Form, key: &str, before: &str, octets: u64, after: &str) {
    if form.is_json() { form.number(key, "", octets, "") } else { form.string(key, before, Rate(octets), after) }
}

pub(super) fn time(form: &mut Form, key: &str, before: &str, microseconds: u32, after: &str) {
    if form.is_json() {
        form.number(key, "", microseconds, "");
    } else {
        form.string(key, before, Time(microseconds), after);
    }
}

pub(super) fn nanoseconds(form: &mut Form, key: &str, before: &str, nanoseconds: i64, after: &str) {
    if form.is_json() {
        form.number(key, "", nanoseconds, "");
    } else {
        form.string(key, before, Nanoseconds(nanoseconds), after);
    }
}

/// A time that may be past, in microseconds.
pub(super) fn signed_time(form: &mut Form, key: &str, before: &str, microseconds: i32) {
    form.json(|json| json.key(key).number(microseconds));
    let sign = if microseconds < 0 { "-" } else { "" };
    form.text(format_args!("{before}{sign}{}", Time(microseconds.unsigned_abs())));
}

/// A number with six significant digits.
pub(super) fn float(form: &mut Form, key: &str, before: &str, value: f64, after: &str) {
    form.number(key, before, General(value, 6), after);
}

/// `limit 100p`.
pub(super) fn limit(form: &mut Form, limit: Option<u32>) {
    if let Some(limit) = limit {
        form.number("limit", "limit ", limit, "p ");
    }
}

/// A number after its name.
pub(super) fn number(form: &mut Form, key: &str, value: Option<u32>) {
    let Some(value) = value else { return };
    form.json(|json| json.key(key).number(value));
    form.text(format_args!("{key} {value} "));
}

/// A number of octets after its name.
pub(super) fn octets(form: &mut Form, key: &str, value: Option<u32>) {
    let Some(value) = value else { return };
    form.json(|json| json.key(key).number(value));
    form.text(format_args!("{key} {} ", Size(value)));
}

/// A time in microseconds after its name.
pub(super) fn duration(form: &mut Form, key: &str, value: Option<u32>) {
    let Some(value) = value else { return };
    form.json(|json| json.key(key).number(value));
    form.text(format_args!("{key} {} ", Time(value)));
}

/// What is said only when it is on.
pub(super) fn switch(form: &mut Form, key: &str, value: Option<u32>) {
    if value.is_some_and(|value| value != 0) {
        form.json(|json| json.key(key).bool(true));
        form.text(format_args!("{key} "));
    }
}

pub(super) fn linklayer(number: u8) -> &'static str {
    match number {
        0 => "unspec",
        LINKLAYER_ETHERNET => "ethernet",
        2 => "atm",
        _ => "unknown",
    }
}

/// Whole microseconds of a time in the kernel's ticks of 64 ns.
pub(super) fn microseconds_of(ticks: u32) -> u32 {
    (f64::from(ticks) / TICKS_IN_MICROSECOND) as u32
}

/// Octets, in the largest unit in which they are almost whole.
pub(super) struct Size(pub(super) u32);

impl Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let octets = f64::from(self.0);
        let almost = |unit: f64, most: f64| (unit * (octets / unit).round_ties_even() - octets).abs() < most;
        if octets >= MEBI && almost(MEBI, 1024.0) {
            write!(f, "{}Mb", General((octets / MEBI).round_ties_even(), 6))
        } else if octets >= KIBI && almost(KIBI, 16.0) {
            write!(f, "{}Kb", General((octets / KIBI).round_ties_even(), 6))
        } else {
            write!(f, "{}b", self.0)
        }
    }
}

/// Octets per second, shown in bits.
pub(super) struct Rate(pub(super) u64);

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
pub(super) struct Time(pub(super) u32);

impl Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = f64::from(self.0);
        match self.0 {
            1_000_000.. => write!(f, "{}s", General(time / 1e6, 3)),
            1_000.. => write!(f, "{}ms", General(time / 1e3, 3)),
            microseconds => write!(f, "{microseconds}us"),
        }
    }
}

/// The same of nanoseconds.
pub(super) struct Nanoseconds(pub(super) i64);

impl Display for Nanoseconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = self.0 as f64;
        match self.0 {
            1_000_000_000.. => write!(f, "{}s", General(time / 1e9, 3)),
            1_000_000.. => write!(f, "{}ms", General(time / 1e6, 3)),
            1_000.. => write!(f, "{}us", General(time / 1e3, 3)),
            nanoseconds => write!(f, "{nanoseconds}ns"),
        }
    }
}

const UNITS: [&str; 5] = ["", "K", "M", "G", "T"];
pub(super) const LINKLAYER_ETHERNET: u8 = 1;
/// The kernel's clock for packets has ticks of 64 ns.
const TICKS_IN_MICROSECOND: f64 = 15.625;
const KIBI: f64 = 1024.0;
const MEBI: f64 = 1024.0 * 1024.0;

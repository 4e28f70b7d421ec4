//! What happened between two snapshots.

use std::collections::HashMap;
use std::time::Duration;

use super::{Counter, Counters, Value};
use crate::byte_string::ByteString;

/// The difference between two snapshots.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Delta {
    /// The time between the two, by a clock that is never set where both have it; zero when they are the wrong way round.
    #[cfg_attr(
        feature = "serde",
        serde(rename = "elapsed_ns", serialize_with = "super::super::json::serialize_nanos")
    )]
    pub elapsed: Duration,
    /// Every counter that both have, in the order of the later.
    pub changes: Vec<Change>,
    /// Those that only the later has: of a new interface, or that the kernel shows only once they count, such as
    /// `IcmpMsgInType3`.
    pub appeared: Vec<Counter>,
    /// Those that only the earlier has: of an interface that is gone, or of a module.
    pub vanished: Vec<Counter>,
    /// Whether both are of the same namespace; a difference between two has no meaning.
    pub same_namespace: bool,
}

/// How one counter changed.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Change {
    /// The counter, with its later value.
    pub counter: Counter,
    /// The earlier value.
    pub before: Value,
    /// What was added; for a gauge it may be below zero.
    pub difference: Value,
    /// The difference per second; zero when no time passed.
    pub rate: f64,
    /// Why a counter is below what it was, if it is.
    pub discontinuity: Option<Discontinuity>,
}

/// Why a counter is below what it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Discontinuity {
    /// It passed its highest value, and the difference takes that into account. Told only of counters of 32 bits.
    Wrapped,
    /// It began again, as when an interface is made anew under its old name; the difference is what was counted since,
    /// and so the least that it can be.
    Reset,
}

impl Counters {
    /// What happened since `earlier`.
    #[must_use]
    pub fn delta(&self, earlier: &Self) -> Delta {
        let elapsed = match (self.instant, earlier.instant) {
            (Some(later), Some(earlier)) => later.saturating_duration_since(earlier),
            _ => self.taken_at.duration_since(earlier.taken_at).unwrap_or_default(),
        };
        let mut before: HashMap<&ByteString, &Counter> =
            earlier.counters.iter().map(|counter| (&counter.name, counter)).collect();
        let (mut changes, mut appeared) = (Vec::with_capacity(self.counters.len()), Vec::new());
        for counter in &self.counters {
            match before.remove(&counter.name) {
                Some(earlier) => changes.push(Change::between(earlier, counter, elapsed)),
                None => appeared.push(counter.clone()),
            }
        }
        let is_left = |counter: &&Counter| before.contains_key(&counter.name);
        let vanished = earlier.counters.iter().filter(is_left).cloned().collect();
        Delta { elapsed, changes, appeared, vanished, same_namespace: self.namespace == earlier.namespace }
    }
}

impl Change {
    fn between(earlier: &Counter, later: &Counter, elapsed: Duration) -> Self {
        let (difference, discontinuity) = match (earlier.value, later.value) {
            (Value::Counter(before), Value::Counter(now)) => {
                let (difference, discontinuity) = growth(before, now, later.source.bits());
                (Value::Counter(difference), discontinuity)
            }
            (Value::Gauge(before), Value::Gauge(now)) => (Value::Gauge(now.saturating_sub(before)), None),
            // The name decides the kind, so that they do not differ.
            (_, now) => (now, None),
        };
        let seconds = elapsed.as_secs_f64();
        let rate = if seconds > 0.0 { difference.as_f64() / seconds } else { 0.0 };
        Self { counter: later.clone(), before: earlier.value, difference, rate, discontinuity }
    }
}

/// How much a counter of `bits` grew. One of 32 bits that fell from its upper to its lower half passed its highest value;
/// one of 64 bits never does.
fn growth(before: u64, now: u64, bits: u32) -> (u64, Option<Discontinuity>) {
    if now >= before {
        return (now - before, None);
    }
    let half = 1_u64 << 31;
    if bits == 32 && before >= half && now < half && before < half * 2 {
        return (half * 2 - before + now, Some(Discontinuity::Wrapped));
    }
    (now, Some(Discontinuity::Reset))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_over_ends_and_restarts() {
        assert_eq!(growth(5, 9, 64), (4, None));
        assert_eq!(growth(9, 9, 32), (0, None));
        assert_eq!(growth(0xffff_fffe, 3, 32), (5, Some(Discontinuity::Wrapped)));
        assert_eq!(growth(0xffff_fffe, 3, 64), (3, Some(Discontinuity::Reset)));
        assert_eq!(growth(100, 3, 32), (3, Some(Discontinuity::Reset)));
        assert_eq!(growth(u64::MAX, 0, 32), (0, Some(Discontinuity::Reset)));
    }
}

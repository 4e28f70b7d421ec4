//! From when on frames count.

use std::str::FromStr;
use std::time::Duration;

use crate::capture::Timestamp;
use crate::{Error, ErrorKind, Result};

/// From when on frames count.
///
/// Read from text as the command has it: a span such as `10s`, `1.5m`, `250ms` or `2h` behind the first frame, or a time
/// as [`Timestamp`] reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Since {
    /// From this time on.
    Time(Timestamp),
    /// From so long after the first frame on.
    AfterFirst(Duration),
}

impl FromStr for Since {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        if let Some(span) = span(text.trim()) {
            return Ok(Self::AfterFirst(span));
        }
        text.parse().map(Self::Time).map_err(|_| {
            Error::new(ErrorKind::InvalidInput, format!("read time {text:?}"))
                .with_detail("it is neither a time nor a span")
                .with_hint("10s, 250ms, 5m or 1h after the first frame, 2026-09-21T14:13:20Z, or seconds since 1970")
        })
    }
}

/// A number with a unit.
fn span(text: &str) -> Option<Duration> {
    let digits = text.find(|letter: char| !letter.is_ascii_digit() && letter != '.')?;
    let (number, unit) = text.split_at_checked(digits)?;
    let unit = match unit {
        "us" | "µs" => 1e-6,
        "ms" => 1e-3,
        "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        "d" => 86_400.0,
        _ => return None,
    };
    Duration::try_from_secs_f64(number.parse::<f64>().ok()? * unit).ok()
}

/// Tells which frames of a capture count: all of them, or those from a time on, as [`Options::since`](super::Options::since)
/// has it. Frames come in their order, from the first one on.
#[derive(Clone, Debug, Default)]
pub struct Gate {
    since: Option<Since>,
    from: Option<Timestamp>,
    is_open: bool,
    let_pass: bool,
}

impl Gate {
    /// A gate that no frame has come to; without `since` it lets all of them pass.
    #[must_use]
    pub fn new(since: Option<Since>) -> Self {
        Self { since, from: None, is_open: false, let_pass: false }
    }

    /// Whether the next frame, of this time, counts. One without a time does if one before it did.
    #[inline]
    pub fn lets_pass(&mut self, time: Option<Timestamp>) -> bool {
        self.let_pass = self.judge(time);
        self.let_pass
    }

    /// Whether the last frame counted.
    pub(super) fn let_pass(&self) -> bool {
        self.let_pass
    }

    fn judge(&mut self, time: Option<Timestamp>) -> bool {
        let Some(since) = self.since else { return true };
        let Some(time) = time else { return self.is_open };
        let from = *self.from.get_or_insert_with(|| match since {
            Since::Time(from) => from,
            Since::AfterFirst(span) => {
                let nanos = i64::try_from(span.as_nanos()).unwrap_or(i64::MAX);
                Timestamp::from_nanos(time.as_nanos().saturating_add(nanos))
            }
        });
        let passes = time >= from;
        self.is_open |= passes;
        passes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_and_times_are_told_apart() {
        for (text, millis) in [("10s", 10_000), ("250ms", 250), ("1.5m", 90_000), ("2h", 7_200_000), ("1d", 86_400_000)]
        {
            assert_eq!(text.parse::<Since>().unwrap(), Since::AfterFirst(Duration::from_millis(millis)));
        }
        let time = Timestamp::from_nanos(1_790_000_000_500_000_000);
        for text in ["1790000000.5", "2026-09-21T14:13:20.5Z", "2026-09-21 14:13:20.5"] {
            assert_eq!(text.parse::<Since>().unwrap(), Since::Time(time));
        }
        for text in ["", "s", "10 parsecs", "-1s", "1e300h", ".s", "yesterday"] {
            assert!(text.parse::<Since>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_first_frame_tells_what_a_span_means() {
        let mut gate = Gate::new(Some(Since::AfterFirst(Duration::from_nanos(5))));
        let mut passes = |nanos: Option<i64>| gate.lets_pass(nanos.map(Timestamp::from_nanos));
        assert_eq!(
            [None, Some(100), Some(104), Some(105), None, Some(99)].map(&mut passes),
            [false, false, false, true, true, false]
        );
    }

    #[test]
    fn all_pass_where_no_time_is_named() {
        let mut gate = Gate::new(None);
        assert!(gate.lets_pass(None) && gate.lets_pass(Some(Timestamp::from_nanos(i64::MIN))) && gate.let_pass());
    }
}

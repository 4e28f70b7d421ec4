//! Contenders timed in turn on the same work, so that whatever else the machine does hits all of them alike.

use std::fmt::Write;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// One way to do the work; what it returns is its answer.
pub type Contender<'a> = (&'a str, &'a mut dyn FnMut() -> u64);

/// The median time of each contender over `rounds` rounds, in which each of them runs once.
///
/// # Errors
/// A sentence that names two contenders whose answers differ.
pub fn medians(contenders: &mut [Contender<'_>], rounds: usize) -> Result<Vec<(String, Duration)>, String> {
    let mut times = vec![Vec::with_capacity(rounds); contenders.len()];
    for _ in 0..rounds {
        let mut first: Option<(&str, u64)> = None;
        for ((name, work), times) in contenders.iter_mut().zip(&mut times) {
            let start = Instant::now();
            let answer = black_box(work());
            times.push(start.elapsed());
            let (reference, expected) = *first.get_or_insert((name, answer));
            if answer != expected {
                return Err(format!("{name} answers {answer:#x}, {reference} answers {expected:#x}"));
            }
        }
    }
    let median = |mut times: Vec<Duration>| {
        times.sort_unstable();
        times.get(times.len() / 2).copied().unwrap_or_default()
    };
    let names = contenders.iter().map(|(name, _)| (*name).to_owned());
    Ok(names.zip(times.into_iter().map(median)).collect())
}

/// A table of the medians for each of `items`, and of their ratio to the first contender's: a rival above 1 is slower.
#[must_use]
pub fn table(title: &str, medians: &[(String, Duration)], items: u64) -> String {
    let mut text = format!("{title}: {items} in one run, medians of interleaved runs\n");
    let base = medians.first().map_or(1.0, |(_, time)| time.as_secs_f64());
    for (name, time) in medians {
        let each = time.as_secs_f64() * 1e9 / items.max(1) as f64;
        let ratio = time.as_secs_f64() / base;
        let _ = writeln!(text, "  {name:<16} {each:>8.2} ns each   {ratio:>6.2} x");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_answers_are_timed_and_different_ones_refused() {
        let (mut one, mut same, mut other) = (|| 1, || 1, || 2);
        let found = medians(&mut [("one", &mut one), ("same", &mut same)], 3).unwrap();
        assert_eq!(found.len(), 2);
        assert!(table("work", &found, 1).contains("same"));
        assert!(medians(&mut [("one", &mut one), ("other", &mut other)], 3).unwrap_err().contains("other"));
    }
}

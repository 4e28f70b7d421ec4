//! When the next octets are due, by a schedule that knows no drift, and how many leave at once.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::PATIENCE;
use crate::sys;

/// Waits until what comes next is due.
pub(super) struct Pacer {
    schedule: Schedule,
    amount: Amount,
    spin: bool,
    wake: Wake,
}

impl Pacer {
    /// The least `octets` leave at once, the most where calls for fewer do not keep the rate. The calling thread is
    /// woken as exactly as the kernel can from now on.
    pub(super) fn new(bits_per_second: u64, octets: RangeInclusive<u64>, spin: bool) -> Self {
        // Where it is refused the thread is woken some 50 µs late, and catches up.
        let _ = sys::thread::set_timer_slack(Duration::from_nanos(1));
        Self { schedule: Schedule::new(bits_per_second), amount: Amount::new(octets), spin, wake: Wake(AWAKE) }
    }

    /// How many octets are due. If none are, waits for them, but no longer than is good for who wants to stop.
    pub(super) fn wait(&mut self) -> Option<u64> {
        let mut now = nanoseconds();
        let due = self.schedule.due(now);
        let patience = PATIENCE.as_nanos() as u64;
        if due > now.saturating_add(patience) {
            sys::thread::sleep_until(Duration::from_nanos(now + patience));
            return None;
        }
        let awake = if self.spin && self.schedule.gap < LONG_GAP * self.wake.0 { self.wake.0 } else { 0 };
        if due > now + awake {
            sys::thread::sleep_until(Duration::from_nanos(due - awake));
            now = nanoseconds();
            self.wake.took(now.saturating_sub(due - awake));
        }
        while awake > 0 && now < due {
            std::hint::spin_loop();
            now = nanoseconds();
        }
        (now >= due).then(|| {
            let late = self.schedule.begin(now);
            self.amount.next(late, self.schedule.worth(late))
        })
    }

    /// What comes next is due now, whatever was before.
    pub(super) fn start_over(&mut self) {
        self.schedule.due = None;
    }

    /// Tells the schedule what has left since then.
    pub(super) fn sent(&mut self, octets: u64) {
        self.schedule.sent(octets);
    }
}

/// Nanoseconds that a wake-up takes here, as a moving mean.
struct Wake(u64);

impl Wake {
    fn took(&mut self, nanoseconds: u64) {
        self.0 = ((7 * self.0 + nanoseconds.min(MOST_AWAKE)) / 8).max(AWAKE);
    }
}

/// The schedule without a clock; times are nanoseconds.
struct Schedule {
    bits_per_second: u64,
    /// When the next octets are due.
    due: Option<u64>,
    /// What the division into nanoseconds has left over.
    rest: u64,
    /// When the last octets began to leave.
    last: u64,
    /// The time that they are worth.
    gap: u64,
}

impl Schedule {
    fn new(bits_per_second: u64) -> Self {
        Self { bits_per_second: bits_per_second.max(1), due: None, rest: 0, last: 0, gap: 0 }
    }

    /// When to send next. Who is late catches up at five fourths of the rate, and so makes no burst.
    fn due(&mut self, now: u64) -> u64 {
        let due = self.due.unwrap_or(now).max(now.saturating_sub(MOST_DEBT));
        self.due = Some(due);
        due.max(self.last.saturating_add(self.gap / 5 * 4))
    }

    /// What is due begins to leave, so many nanoseconds late.
    fn begin(&mut self, now: u64) -> u64 {
        self.last = now;
        self.gap = 0;
        now.saturating_sub(self.due.unwrap_or(now))
    }

    fn sent(&mut self, octets: u64) {
        let bits = u128::from(octets) * u128::from(8 * NANOSECONDS) + u128::from(self.rest);
        let rate = u128::from(self.bits_per_second);
        let gap = u64::try_from(bits / rate).unwrap_or(u64::MAX);
        self.rest = (bits % rate) as u64;
        self.due = self.due.map(|due| due.saturating_add(gap));
        self.gap = self.gap.saturating_add(gap);
    }

    /// Octets of so many nanoseconds.
    fn worth(&self, nanoseconds: u64) -> u64 {
        let octets = u128::from(nanoseconds) * u128::from(self.bits_per_second) / u128::from(8 * NANOSECONDS);
        u64::try_from(octets).unwrap_or(u64::MAX)
    }
}

/// How many octets leave at once: few, as bursts fill queues, and a thread that had no processor for a moment catches up
/// as well with them. More while it gets later with each call, or is so late that it must spare the processor.
struct Amount {
    least: u64,
    most: u64,
    now: u64,
    /// By how many nanoseconds the last octets were late.
    late: u64,
    /// They were later than those before.
    later: bool,
}

impl Amount {
    fn new(octets: RangeInclusive<u64>) -> Self {
        let (least, most) = octets.into_inner();
        Self { least, most: most.max(least), now: least, late: 0, later: false }
    }

    /// The octets to leave at once when they are `late` by so many nanoseconds, in which others were `missed`.
    fn next(&mut self, late: u64, missed: u64) -> u64 {
        let later = late > self.late;
        let wanted = match (late > MOMENT, self.late > MOMENT) {
            (true, _) => self.now.saturating_add(self.least),
            (false, true) => self.least,
            // Once is a pause.
            (false, false) if later && self.later => self.now.saturating_add(self.least),
            (false, false) => self.now,
        };
        (self.late, self.later) = (late, later);
        self.now = wanted.min(self.most).min(self.least.saturating_add(missed)).max(self.least);
        self.now
    }
}

fn nanoseconds() -> u64 {
    sys::monotonic().as_nanos() as u64
}

const NANOSECONDS: u64 = 1_000_000_000;
/// What is late by more than this is given up.
const MOST_DEBT: u64 = NANOSECONDS / 4;
/// Who has no processor for longer has to share it.
const MOMENT: u64 = 20_000_000;
/// Gaps that are longer than so many wake-ups are slept through whole: what the timer errs is small beside what is left to
/// catch up in, a fifth of them.
const LONG_GAP: u64 = 10;
/// The time awake before something is due, at least and at most: what a wake-up takes.
const AWAKE: u64 = 20_000;
const MOST_AWAKE: u64 = 100_000;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Whoever is woken late catches up within the second, and never faster than at five fourths of the rate.
        #[test]
        fn the_rate_is_kept_whatever_the_clock_does(
            rate in 1_000_000_u64..100_000_000_000,
            octets in 64_u64..70_000,
            delays in prop::collection::vec(prop_oneof![30 => 0_u64..2_000, 1 => 0_u64..50_000_000], 1..50),
        ) {
            let mut schedule = Schedule::new(rate);
            let (mut now, mut sent, mut delayed) = (1_000_000_000, 0, 0);
            let start = now;
            let mut last: Option<u64> = None;
            for delay in delays.iter().cycle().take(2_000) {
                // As much as a schedule of a second can make good.
                let delay = if delayed + delay < 150_000_000 { *delay } else { 0 };
                delayed += delay;
                now = schedule.due(now).max(now) + delay;
                let gap = octets * 8 * NANOSECONDS / rate;
                if let Some(last) = last {
                    prop_assert!(now - last >= gap / 5 * 4);
                }
                last = Some(now);
                schedule.begin(now);
                schedule.sent(octets);
                sent += octets;
            }
            // By the schedule the next octets are due exactly when the rate says, but for debts that were given up.
            let due = schedule.due.unwrap_or(0) - start;
            let ideal = u128::from(sent) * u128::from(8 * NANOSECONDS) / u128::from(rate);
            prop_assert!(u128::from(due).abs_diff(ideal) <= 1 || delayed > MOST_DEBT / 2, "{} {}", due, ideal);
        }
    }

    /// Sends datagrams of 1400 octets at 1 Gbit/s for a tenth of a second; a call takes `fixed` nanoseconds and `each` for
    /// each datagram, and after 10 ms the thread has no processor for `stall`. Gives the most that left at once, and by
    /// how much the last were late.
    fn simulate(fixed: u64, each: u64, stall: u64) -> (u64, u64) {
        let mut schedule = Schedule::new(NANOSECONDS);
        let mut amount = Amount::new(1_400..=31_250);
        let (start, mut stall) = (NANOSECONDS, stall);
        let (mut now, mut most, mut late) = (start, 0, 0);
        while now < start + NANOSECONDS / 10 {
            now = schedule.due(now).max(now);
            late = schedule.begin(now);
            let datagrams = amount.next(late, schedule.worth(late)) / 1_400;
            schedule.sent(datagrams * 1_400);
            most = most.max(datagrams);
            now += fixed + each * datagrams;
            if now >= start + NANOSECONDS / 100 {
                now += std::mem::take(&mut stall);
            }
        }
        (most, late)
    }

    #[test]
    fn who_had_no_processor_for_a_moment_catches_up_without_lumps() {
        let (most, late) = simulate(2_000, 1_000, 10_000_000);
        assert!(most == 1 && late < 10_000, "{most} at once, late by {late} ns at the end");
        assert_eq!(simulate(2_000, 1_000, 30_000_000).0, MOST);
    }

    #[test]
    fn slow_calls_send_more_at_once() {
        let (most, late) = simulate(20_000, 1_000, 0);
        assert!(most == 2 && late < 50_000, "{most} at once, late by {late} ns at the end");
        assert_eq!(simulate(20_000, 20_000, 0).0, MOST);
    }

    /// Datagrams that `simulate` lets leave at once.
    const MOST: u64 = 31_250 / 1_400;

    #[test]
    fn who_is_woken_late_is_awake_earlier() {
        let mut wake = Wake(AWAKE);
        (0..50).for_each(|_| wake.took(60_000));
        assert!((55_000..=60_000).contains(&wake.0), "{}", wake.0);
        wake.took(NANOSECONDS);
        assert!(wake.0 < 70_000, "{}", wake.0);
        (0..50).for_each(|_| wake.took(1_000));
        assert_eq!(wake.0, AWAKE);
    }

    #[test]
    fn a_long_pause_is_not_made_good() {
        let mut schedule = Schedule::new(8 * NANOSECONDS);
        assert_eq!(schedule.due(1_000), 1_000);
        schedule.begin(1_000);
        schedule.sent(10);
        assert_eq!(schedule.due(1_001), 1_010);
        let late = 100 * NANOSECONDS;
        assert_eq!(schedule.due(late), late - MOST_DEBT);
    }
}

//! A rate is kept over each second.

use super::*;
use crate::throughput::BitRate;

/// Over each second both ends are off by no more than 1% or a block, but for the time that the machine has withheld.
fn keeps(transport: Transport, length: usize, rate: u64, seconds: usize) {
    let sender = Task { rate: Some(BitRate(rate)), gso: true, gro: true, ..task(transport, length) };
    let test = Test::new(&sender, 1, None);
    test.go();
    std::thread::sleep(100 * MS);
    let mut owed = 0.0;
    for _ in 0..seconds {
        owed = keeps_for_a_second([&test.senders[0], &test.receivers[0]], &sender, owed);
    }
    let (senders, receivers) = test.end();
    all_stopped(&senders);
    all_stopped(&receivers);
}

/// What the machine has withheld in the second before, `owed`, is made up for; gives what it has in this one.
fn keeps_for_a_second(streams: [&Running; 2], task: &Task, owed: f64) -> f64 {
    let (transport, length, rate) = (task.transport, task.length, task.rate.map_or(0, |rate| rate.0));
    let withheld = run_delay(streams);
    let before = streams.map(Running::sample);
    std::thread::sleep(1_000 * MS);
    let after = streams.map(Running::sample);
    let withheld = run_delay(streams).saturating_sub(withheld).as_secs_f64();
    for (before, after) in before.iter().zip(&after) {
        let octets = (after.totals.bytes - before.totals.bytes) as f64;
        let octets_per_second = rate as f64 / 8.0;
        let wanted = octets_per_second * (after.at - before.at).as_secs_f64();
        let allowed = (wanted / 100.0).max(length as f64) + octets_per_second * (withheld + owed);
        assert!(
            (octets - wanted).abs() <= allowed,
            "{transport:?} {rate}: {octets} octets instead of {wanted}, {:+.2}%; {withheld} s withheld",
            (octets / wanted - 1.0) * 100.0
        );
    }
    withheld
}

/// Four rates for a second each; with `NETSHOOT_PACING_SECONDS`, from 1 Mbit/s to 5 Gbit/s for so many.
fn each_rate(keeps: impl Fn(u64, usize)) {
    match std::env::var("NETSHOOT_PACING_SECONDS").ok().and_then(|seconds| seconds.parse().ok()) {
        Some(seconds) => MANY.iter().for_each(|megabits| keeps(megabits * 1_000_000, seconds)),
        None => FEW.iter().for_each(|megabits| keeps(megabits * 1_000_000, 1)),
    }
}

#[test]
fn tcp_keeps_its_rate() {
    each_rate(|rate, seconds| keeps(Transport::Tcp, 131_072, rate, seconds));
}

#[test]
fn udp_keeps_its_rate() {
    each_rate(|rate, seconds| keeps(Transport::Udp, 1_400, rate, seconds));
}

/// In Mbit/s.
const FEW: [u64; 4] = [1, 100, 1_000, 3_000];
const MANY: [u64; 13] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 3_000, 5_000];

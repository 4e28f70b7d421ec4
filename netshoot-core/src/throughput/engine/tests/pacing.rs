//! A rate is kept over each second.

use super::*;
use crate::throughput::BitRate;

/// Over a second both ends are off by no more than 1% or a block, but for the time that the machine has withheld.
fn keeps(transport: Transport, length: usize, rate: u64) {
    let sender = Task { rate: Some(BitRate(rate)), gso: true, gro: true, ..task(transport, length) };
    let test = Test::new(&sender, 1, None);
    test.go();
    std::thread::sleep(100 * MS);
    let streams = [&test.senders[0], &test.receivers[0]];
    let withheld = run_delay();
    let before = streams.map(Running::sample);
    std::thread::sleep(1_000 * MS);
    let after = streams.map(Running::sample);
    let withheld = run_delay().saturating_sub(withheld).as_secs_f64();
    for (before, after) in before.iter().zip(&after) {
        let octets = (after.totals.bytes - before.totals.bytes) as f64;
        let octets_per_second = rate as f64 / 8.0;
        let wanted = octets_per_second * (after.at - before.at).as_secs_f64();
        let allowed = (wanted / 100.0).max(length as f64) + octets_per_second * withheld;
        assert!(
            (octets - wanted).abs() <= allowed,
            "{transport:?} {rate}: {octets} octets instead of {wanted}, {:+.2}%; {withheld} s withheld",
            (octets / wanted - 1.0) * 100.0
        );
    }
    let (senders, receivers) = test.end();
    all_stopped(&senders);
    all_stopped(&receivers);
}

#[test]
fn tcp_keeps_its_rate() {
    for rate in RATES {
        keeps(Transport::Tcp, 131_072, rate);
    }
}

#[test]
fn udp_keeps_its_rate() {
    for rate in RATES {
        keeps(Transport::Udp, 1_400, rate);
    }
}

const RATES: [u64; 4] = [1_000_000, 100_000_000, 1_000_000_000, 3_000_000_000];

//! What is sent arrives, as much as was agreed, and no more.

use super::*;

#[test]
fn both_ends_count_the_same_octets() {
    for (zero_copy, skip_rx_copy) in [(false, false), (true, false), (false, true), (true, true)] {
        let sender = Task { zero_copy, skip_rx_copy, ..task(Transport::Tcp, 131_072) };
        let test = Test::new(&sender, 2, None);
        test.go();
        std::thread::sleep(300 * MS);
        let (senders, receivers) = test.end();
        all_stopped(&senders);
        all_stopped(&receivers);
        assert!(bytes(&senders) > 10_000_000, "{senders:#?}");
        assert_eq!(bytes(&senders), bytes(&receivers));
        assert!(senders.iter().all(|sender| sender.shortcuts.zero_copy == zero_copy && sender.tcp_info.is_some()));
        assert!(receivers.iter().all(|receiver| receiver.shortcuts.skip_rx_copy == skip_rx_copy));
    }
}

#[test]
fn budgets_are_kept_to_the_octet() {
    for (transport, length, count, budget) in [
        (Transport::Tcp, 131_072, 1, 1),
        (Transport::Tcp, 131_072, 1, 10_000_001),
        (Transport::Tcp, 1_000, 8, 100_000_000),
        (Transport::Tcp, 1_048_576, 3, 400 * 1_048_576),
        (Transport::Udp, 1_000, 3, 10_000_001),
        (Transport::Udp, 64, 1, 100_000),
    ] {
        for rate in [None, Some(crate::throughput::BitRate(4_000_000_000))] {
            let sender = Task { rate, gso: true, gro: true, ..task(transport, length) };
            let test = Test::new(&sender, count, Some(budget));
            test.go();
            test.spent();
            let (senders, receivers) = test.end();
            all_stopped(&senders);
            all_stopped(&receivers);
            let datagram = length as u64;
            let whole = if transport == Transport::Udp { budget.div_ceil(datagram) * datagram } else { budget };
            assert_eq!(bytes(&senders), whole, "{transport:?} {length} {count} {budget} {rate:?}");
            let lost: u64 = receivers.iter().map(|receiver| receiver.sample.drops.unwrap_or(0)).sum();
            assert_eq!(bytes(&receivers) + lost * datagram, whole, "{receivers:#?}");
        }
    }
}

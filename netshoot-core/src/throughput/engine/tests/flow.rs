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

/// A peer that reads nothing but whole blocks gets them all.
#[test]
fn whole_blocks_leave_where_they_are_asked_for() {
    const BLOCK: u64 = 131_072;
    for (rate, budget) in [(None, Some(10_000_001)), (Some(80_000_000), Some(1_000_001)), (Some(8_000_000), None)] {
        let rate = rate.map(crate::throughput::BitRate);
        let sender = Task { rate, whole_blocks: true, ..task(Transport::Tcp, BLOCK as usize) };
        let test = Test::new(&sender, 2, budget);
        test.go();
        match budget {
            Some(_) => test.spent(),
            None => std::thread::sleep(300 * MS),
        }
        let (senders, receivers) = test.end();
        all_stopped(&senders);
        assert!(senders.iter().all(|sender| sender.sample.totals.bytes % BLOCK == 0), "{senders:#?}");
        assert_eq!(bytes(&senders), bytes(&receivers), "{rate:?} {budget:?}");
        // Without a budget one each at once, and others as they are due.
        let expected = budget.map_or(2 * BLOCK..=8 * BLOCK, |budget| budget..=budget + 2 * BLOCK);
        assert!(expected.contains(&bytes(&senders)), "{rate:?} {budget:?}: {}", bytes(&senders));
    }
}

/// None takes for itself what it cannot send yet.
#[test]
fn streams_with_a_rate_share_a_budget() {
    for transport in [Transport::Tcp, Transport::Udp] {
        let rate = Some(crate::throughput::BitRate(8_000_000));
        let test = Test::new(&Task { rate, gso: true, ..task(transport, 1_000) }, 4, Some(1_600_000));
        test.go();
        test.spent();
        let (senders, _) = test.end();
        assert_eq!(bytes(&senders), 1_600_000);
        assert!(senders.iter().all(|sender| sender.sample.totals.bytes > 100_000), "{senders:#?}");
    }
}

#[test]
fn what_is_omitted_is_told_apart() {
    for transport in [Transport::Tcp, Transport::Udp] {
        let rate = Some(crate::throughput::BitRate(800_000_000));
        let test = Test::new(&Task { rate, ..task(transport, 1_000) }, 2, Some(20_000_000));
        test.receiving.omit();
        test.sending.omit();
        let has_moved = |stream: &Running| stream.sample().totals.bytes > 0;
        until(|| test.senders.iter().chain(&test.receivers).all(has_moved));
        assert!(test.senders.iter().all(|sender| sender.sample().omitted.bytes == 0));
        test.go();
        test.spent();
        let (senders, receivers) = test.end();
        assert_eq!(bytes(&senders), 20_000_000);
        for finished in senders.iter().chain(&receivers) {
            assert!(finished.sample.omitted.bytes > 0, "{finished:?}");
            assert_eq!(finished.sample.omitted.packets > 0, transport == Transport::Udp);
        }
    }
}

#[test]
fn the_payload_is_what_was_asked() {
    for zero_copy in [false, true] {
        let (here, there) = pair(Transport::Tcp);
        let shared = Shared::new(Some(3_000_000)).unwrap();
        let sender = Task { repeating_payload: true, zero_copy, ..task(Transport::Tcp, 12_345) };
        let stream = start(sender, here, &shared).unwrap();
        shared.go();
        let mut octets = vec![0; 3_000_000];
        std::io::Read::read_exact(&mut std::net::TcpStream::from(there), &mut octets).unwrap();
        let block: Vec<u8> = (b'0'..=b'9').cycle().take(12_345).collect();
        assert!(octets.chunks(12_345).all(|octets| *octets == block[..octets.len()]));
        all_stopped(&finish(vec![stream]));
    }
}

#[test]
fn datagrams_are_as_iperf3_makes_them() {
    for (counters64, gso) in [(false, false), (true, false), (false, true), (true, true)] {
        let (here, there) = pair(Transport::Udp);
        there.set_read_timeout(Some(2_000 * MS)).unwrap();
        // All fit in there.
        there.set_recv_buffer_size(1 << 20).unwrap();
        let shared = Shared::new(Some(100_000)).unwrap();
        let rate = Some(crate::throughput::BitRate(80_000_000));
        let sender = Task { rate, counters64, gso, ..task(Transport::Udp, 1_000) };
        let stream = start(sender, here, &shared).unwrap();
        let before = crate::sys::monotonic().as_micros() as u64;
        shared.go();
        let there = std::net::UdpSocket::from(there);
        for number in 1..=100_u64 {
            let mut octets = [0; 2_000];
            assert_eq!(there.recv(&mut octets).unwrap(), 1_000);
            let [seconds, microseconds, next] =
                [0, 4, 8].map(|at| u64::from(u32::from_be_bytes(octets[at..at + 4].try_into().unwrap())));
            let sent = seconds * 1_000_000 + microseconds;
            assert!(microseconds < 1_000_000 && sent >= before && sent < before + 10_000_000);
            let told = if counters64 { u64::from_be_bytes(octets[8..16].try_into().unwrap()) } else { next };
            assert_eq!(told, number);
        }
        let finished = finish(vec![stream]);
        all_stopped(&finished);
        assert_eq!(finished[0].sample.totals.packets, 100);
        assert_eq!(finished[0].shortcuts.segments > 0, gso);
    }
}

#[test]
fn datagrams_of_a_stranger_are_judged() {
    let (here, there) = pair(Transport::Udp);
    let shared = Shared::new(None).unwrap();
    let receiver = Task { role: Role::Receiver, gro: true, ..task(Transport::Udp, 1_000) };
    let stream = start(receiver, there, &shared).unwrap();
    shared.go();
    let send = |octets: &[u8]| assert_eq!(here.send(octets).unwrap(), octets.len());
    send(b"9876");
    for number in [1_u32, 2, 5, 5, 4, 9] {
        let mut datagram = [0; 100];
        datagram[8..12].copy_from_slice(&number.to_be_bytes());
        send(&datagram);
    }
    send(&[]);
    until(|| stream.sample().totals.datagrams == 6 && stream.sample().totals.malformed == 1);
    let sample = stream.sample().totals;
    assert_eq!((sample.malformed, sample.datagrams, sample.packets), (1, 6, 9));
    assert_eq!((sample.missing, sample.duplicates, sample.reordered, sample.bytes), (4, 1, 1, 604));
    shared.stop();
    all_stopped(&finish(vec![stream]));
}

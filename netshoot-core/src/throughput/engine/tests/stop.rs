//! Every stream ends in bounded time, whatever it does and whatever the other end does.

use super::*;
use crate::throughput::BitRate;

/// How long the end of a stream may take, but for the time that the machine withholds.
const PROMPT: Duration = Duration::from_millis(100);

#[track_caller]
fn stops(stream: Running, shared: &Shared) -> Finished {
    ends(stream, || shared.stop())
}

/// The stream ends at once after `cause`.
#[track_caller]
fn ends(stream: Running, cause: impl FnOnce()) -> Finished {
    let own_delay = || delay(Path::new("/proc/thread-self")) + stolen();
    let (before, own) = (stream.scheduled(), own_delay());
    let start = Instant::now();
    cause();
    let finished = stream.finish(start + 5_000 * MS);
    let elapsed = start.elapsed();
    let stream = before.zip(finished.scheduled).map_or(Duration::ZERO, |(before, end)| end.waiting - before.waiting);
    let withheld = own_delay() - own + stream;
    assert!(elapsed < PROMPT + withheld, "{elapsed:?}, {withheld:?} withheld: {finished:?}");
    finished
}

#[test]
fn who_waits_stops_at_once() {
    for transport in [Transport::Tcp, Transport::Udp] {
        for role in [Role::Sender, Role::Receiver] {
            for going in [false, true] {
                let (socket, _other) = pair(transport);
                let shared = Shared::new(None).unwrap();
                // Nobody reads what the sender sends, nobody sends what the receiver waits for.
                let stream = start(Task { role, ..task(transport, 1_000) }, socket, &shared).unwrap();
                if going {
                    shared.go();
                    std::thread::sleep(200 * MS);
                }
                all_stopped(&[stops(stream, &shared)]);
            }
        }
    }
}

#[test]
fn who_is_slow_stops_at_once() {
    for transport in [Transport::Tcp, Transport::Udp] {
        let rate = Some(BitRate(1_000));
        let (socket, _other) = pair(transport);
        let shared = Shared::new(None).unwrap();
        let stream = start(Task { rate, ..task(transport, 1_000) }, socket, &shared).unwrap();
        shared.go();
        std::thread::sleep(50 * MS);
        all_stopped(&[stops(stream, &shared)]);
    }
}

#[test]
fn who_is_fast_stops_at_once() {
    for (transport, zero_copy) in [(Transport::Tcp, false), (Transport::Tcp, true), (Transport::Udp, false)] {
        let test = Test::new(&Task { zero_copy, gso: true, gro: true, ..task(transport, 1_400) }, 1, None);
        test.go();
        std::thread::sleep(100 * MS);
        // The receiver first: the sender goes on.
        let Test { sending, receiving, senders, receivers } = test;
        let received: Vec<_> = receivers.into_iter().map(|stream| stops(stream, &receiving)).collect();
        let sent: Vec<_> = senders.into_iter().map(|stream| stops(stream, &sending)).collect();
        all_stopped(&received);
        all_stopped(&sent);
        assert!(bytes(&sent) >= bytes(&received) && bytes(&received) > 0);
    }
}

#[test]
fn a_closed_connection_ends_both_ends_by_themselves() {
    for role in [Role::Sender, Role::Receiver] {
        for reset in [false, true] {
            let (here, other) = pair(Transport::Tcp);
            let shared = Shared::new(None).unwrap();
            let stream = start(Task { role, ..task(Transport::Tcp, 131_072) }, here, &shared).unwrap();
            shared.go();
            std::thread::sleep(50 * MS);
            if reset {
                other.set_linger(Some(Duration::ZERO)).unwrap();
            }
            drop(other);
            crate::sys::poll_readable(&[shared.notice()], Some(2_000 * MS)).unwrap();
            let finished = ends(stream, || ());
            assert!(matches!(finished.outcome, Outcome::PeerClosed), "{role:?} {reset} {finished:?}");
            assert!(!shared.budget_spent());
        }
    }
}

#[test]
fn after_the_end_a_reset_is_normal() {
    let (here, other) = pair(Transport::Tcp);
    let shared = Shared::new(None).unwrap();
    let stream = start(task(Transport::Tcp, 131_072), here, &shared).unwrap();
    shared.go();
    std::thread::sleep(50 * MS);
    shared.drain();
    drop(other);
    all_stopped(&[stream.finish(Instant::now() + 1_000 * MS)]);
}

#[test]
fn a_closed_udp_port_is_survived() {
    let (here, other) = pair(Transport::Udp);
    drop(other);
    let shared = Shared::new(None).unwrap();
    let rate = Some(BitRate(10_000_000));
    let stream = start(Task { rate, ..task(Transport::Udp, 1_000) }, here, &shared).unwrap();
    shared.go();
    until(|| stream.sample().totals.datagrams > 50);
    let finished = stops(stream, &shared);
    all_stopped(std::slice::from_ref(&finished));
    let totals = finished.sample.totals;
    assert!(totals.bytes == totals.datagrams * 1_000, "{totals:?}");
}

#[test]
fn who_is_dropped_stops_all_of_its_direction() {
    let test = Test::new(&task(Transport::Tcp, 131_072), 3, None);
    test.go();
    let Test { mut senders, .. } = test;
    drop(senders.pop());
    all_stopped(&finish(senders));
}

#[test]
fn what_makes_no_sense_is_refused() {
    let shared = Shared::new(None).unwrap();
    for (transport, length) in [(Transport::Tcp, 0), (Transport::Udp, 11), (Transport::Udp, 65_508)] {
        let error = start(task(transport, length), pair(transport).0, &shared).unwrap_err();
        assert_eq!(error.kind(), crate::ErrorKind::InvalidInput);
    }
    let task = Task { affinity: Some(1_023), ..task(Transport::Tcp, 1) };
    let error = start(task, pair(Transport::Tcp).0, &shared).unwrap_err();
    assert!(error.to_string().starts_with("pin a stream to CPU 1023: "), "{error}");
}

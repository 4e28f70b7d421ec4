//! Dumps from a kernel that misbehaves: one end of a socket pair is the library's, a script speaks at the other.

use std::io::{Read, Write};
use std::ops::ControlFlow;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use socket2::{Domain, Socket, Type};

use super::super::socket::NetlinkSocket;
use crate::error::ErrorKind;
use crate::namespace::Namespace;
use crate::netlink::{Limits, Link, LinkFilter, Netlink};

const NEW_LINK: u16 = 16;
const DONE: u16 = 3;
const MULTI: u16 = 2;
const INTERRUPTED: u16 = 0x10;
const PORT: u32 = 4711;

/// Asks the script `answer`, which is given the sequence number of each question and what to speak into, until it says
/// that it is enough or nobody listens any more.
fn netlink(
    limits: Limits,
    mut answer: impl FnMut(u32, &mut dyn FnMut(&[u8]) -> bool) -> bool + Send + 'static,
) -> (Netlink, JoinHandle<usize>) {
    let (ours, theirs) = Socket::pair(Domain::UNIX, Type::SEQPACKET, None).unwrap();
    let netlink = Netlink::open(&Namespace::current().unwrap()).unwrap().with_limits(limits);
    let socket =
        NetlinkSocket { socket: ours, port: PORT, protocol: libc::NETLINK_ROUTE, sequence: 0, buffer: vec![0; 65536] };
    *netlink.idle.lock().unwrap() = vec![socket];
    let kernel = thread::spawn(move || {
        let mut questions = 0;
        let mut question = [0; 4096];
        while let Ok(length @ 16..) = (&theirs).read(&mut question) {
            assert!(length >= 16);
            questions += 1;
            let sequence = u32::from_ne_bytes(question[8..12].try_into().unwrap());
            if !answer(sequence, &mut |datagram| (&theirs).write_all(datagram).is_ok()) {
                break;
            }
        }
        questions
    });
    (netlink, kernel)
}

fn message(kind: u16, flags: u16, sequence: u32, payload: &[u8]) -> Vec<u8> {
    let length = 16 + u32::try_from(payload.len()).unwrap();
    let port = PORT.to_ne_bytes();
    [&length.to_ne_bytes()[..], &kind.to_ne_bytes(), &flags.to_ne_bytes(), &sequence.to_ne_bytes(), &port, payload]
        .concat()
}

/// A link with nothing but a number.
fn link(flags: u16, sequence: u32, ifindex: u8) -> Vec<u8> {
    let mut header = [0; 16];
    header[4] = ifindex;
    message(NEW_LINK, flags, sequence, &header)
}

fn done(flags: u16, sequence: u32) -> Vec<u8> {
    message(DONE, flags, sequence, &[0; 4])
}

fn indices(netlink: &Netlink) -> Vec<u32> {
    netlink.list::<Link>(&LinkFilter::default()).unwrap().items.iter().map(|link| link.ifindex).collect()
}

#[test]
fn a_dump_that_never_ends_is_ended_by_the_deadline_or_the_limit() {
    let endless = |sequence: u32, speak: &mut dyn FnMut(&[u8]) -> bool| {
        while speak(&link(MULTI, sequence, 1)) {}
        false
    };
    let limits = Limits { deadline: Duration::from_millis(200), objects: usize::MAX, retries: 0 };
    let (asked, kernel) = netlink(limits, endless);
    let start = Instant::now();
    let counted = asked.each::<Link>(&LinkFilter::default(), |_| ControlFlow::Continue(()));
    assert_eq!(counted.unwrap_err().kind(), ErrorKind::TimedOut);
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    assert_eq!(kernel.join().unwrap(), 1, "the socket must have been closed");

    let (asked, kernel) = netlink(Limits { objects: 1000, ..Limits::default() }, endless);
    let error = asked.list::<Link>(&LinkFilter::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LimitReached);
    kernel.join().unwrap();
}

#[test]
fn a_dump_that_stops_half_way_times_out() {
    let (asked, kernel) =
        netlink(Limits { deadline: Duration::from_millis(100), ..Limits::default() }, |sequence, speak| {
            speak(&link(MULTI, sequence, 1))
        });
    let error = asked.list::<Link>(&LinkFilter::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    kernel.join().unwrap();
}

#[test]
fn a_dump_that_is_always_interrupted_is_given_marked() {
    let limits = Limits { retries: 3, ..Limits::default() };
    // The mark may be on any message, the last one alone included.
    let (asked, kernel) = netlink(limits, |sequence, speak| {
        speak(&link(MULTI, sequence, 1)) && speak(&done(MULTI | INTERRUPTED, sequence))
    });
    let listing = asked.list::<Link>(&LinkFilter::default()).unwrap();
    assert_eq!((listing.items.len(), listing.interrupted, listing.retries), (1, true, 3));
    drop(asked);
    assert_eq!(kernel.join().unwrap(), 4);
}

#[test]
fn an_interrupted_dump_is_taken_again() {
    let mut first = true;
    let (asked, kernel) = netlink(Limits::default(), move |sequence, speak| {
        let flags = if std::mem::take(&mut first) { MULTI | INTERRUPTED } else { MULTI };
        let number = u8::from(flags == MULTI);
        speak(&link(flags, sequence, 1)) && speak(&link(MULTI, sequence, 2 + number)) && speak(&done(MULTI, sequence))
    });
    let listing = asked.list::<Link>(&LinkFilter::default()).unwrap();
    let found: Vec<_> = listing.items.iter().map(|link| link.ifindex).collect();
    assert_eq!((found, listing.interrupted, listing.retries), (vec![1, 3], false, 1));
    drop(asked);
    kernel.join().unwrap();
}

#[test]
fn answers_to_other_questions_are_passed_over() {
    let (asked, kernel) = netlink(Limits::default(), |sequence, speak| {
        let mut stranger = link(MULTI, sequence, 8);
        stranger[12..16].copy_from_slice(&(PORT + 1).to_ne_bytes());
        let late = done(MULTI, sequence.wrapping_sub(1));
        let noise = message(1, 0, sequence, &[]);
        let all = [late, stranger, link(MULTI, sequence.wrapping_add(7), 9), noise, link(MULTI, sequence, 1)].concat();
        speak(&all) && speak(&done(MULTI, sequence))
    });
    assert_eq!(indices(&asked), [1]);
    drop(asked);
    kernel.join().unwrap();
}

#[test]
fn a_failure_at_the_end_is_a_failure() {
    let (asked, kernel) = netlink(Limits::default(), |sequence, speak| {
        let payload = [&(-libc::ENOENT).to_ne_bytes()[..], &[11, 0, 1, 0], b"no such\0"].concat();
        speak(&link(MULTI, sequence, 1)) && speak(&message(DONE, MULTI, sequence, &payload))
    });
    let error = asked.list::<Link>(&LinkFilter::default()).unwrap_err();
    assert_eq!(error.raw_os_error(), Some(libc::ENOENT));
    assert!(error.to_string().starts_with("list links: the kernel says: no such"), "{error}");
    drop(asked);
    kernel.join().unwrap();
}

#[test]
fn objects_too_short_are_noted_and_the_others_are_there() {
    let (asked, kernel) = netlink(Limits::default(), |sequence, speak| {
        let broken = message(NEW_LINK, MULTI, sequence, &[0; 12]);
        speak(&[link(MULTI, sequence, 1), broken, link(MULTI, sequence, 2)].concat()) && speak(&done(MULTI, sequence))
    });
    let listing = asked.list::<Link>(&LinkFilter::default()).unwrap();
    assert_eq!((listing.items.len(), listing.notes.len()), (2, 1));
    drop(asked);
    kernel.join().unwrap();
}

#[test]
fn octets_that_are_no_message_fail_the_listing() {
    let (asked, kernel) = netlink(Limits::default(), |sequence, speak| {
        speak(&[link(MULTI, sequence, 1), vec![0xff; 20]].concat()) && speak(&done(MULTI, sequence))
    });
    let error = asked.list::<Link>(&LinkFilter::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Malformed);
    assert_eq!(error.to_string(), "list links: the last 20 octets of 52 are no message");
    kernel.join().unwrap();
}

/// A datagram of a hundred links, long enough to be worth a second thread.
fn hundred(sequence: u32, number: u8) -> Vec<u8> {
    (0..100).flat_map(|place| link(MULTI, sequence, number.wrapping_add(place))).collect()
}

/// What `each` visits of what `list` would, until it is told to stop.
fn visited(netlink: &Netlink, most: usize) -> crate::error::Result<(Vec<u32>, bool)> {
    let mut visited = Vec::new();
    let listing = netlink.each::<Link>(&LinkFilter::default(), |link| {
        visited.push(link.ifindex);
        if visited.len() < most { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    Ok((visited, listing.interrupted))
}

#[test]
fn a_long_answer_that_is_received_ahead_is_the_one_received_in_turn() {
    let (asked, kernel) = netlink(Limits::default(), |sequence, speak| {
        let marked = link(MULTI | INTERRUPTED, sequence, 7);
        (0..200).all(|number| speak(&hundred(sequence, number)))
            && speak(&marked)
            && speak(&[link(MULTI, sequence, 8), done(MULTI, sequence), link(MULTI, sequence, 9)].concat())
    });
    let limits = Limits { retries: 0, ..Limits::default() };
    let (ahead, interrupted) = visited(&asked, usize::MAX).unwrap();
    let asked = asked.with_limits(limits);
    assert_eq!((ahead.len(), interrupted), (20_002, true));
    assert_eq!(ahead, indices(&asked));
    drop(asked);
    assert_eq!(kernel.join().unwrap(), 2);
}

#[test]
fn a_visitor_that_has_enough_ends_what_is_received_ahead() {
    let endless = |sequence: u32, speak: &mut dyn FnMut(&[u8]) -> bool| {
        while speak(&hundred(sequence, 0)) {}
        false
    };
    for most in [1, 99, 100, 101, 5000] {
        let (asked, kernel) = netlink(Limits::default(), endless);
        assert_eq!(visited(&asked, most).unwrap().0.len(), most);
        assert_eq!(kernel.join().unwrap(), 1, "the socket must have been closed");
    }
    let (asked, kernel) = netlink(Limits { deadline: Duration::from_millis(200), ..Limits::default() }, endless);
    assert_eq!(visited(&asked, usize::MAX).unwrap_err().kind(), ErrorKind::TimedOut);
    kernel.join().unwrap();
}

#[test]
fn what_is_received_ahead_fails_as_what_is_not() {
    let (asked, kernel) = netlink(Limits::default(), |sequence, speak| {
        speak(&hundred(sequence, 0)) && speak(&[link(MULTI, sequence, 1), vec![0xff; 20]].concat())
    });
    let error = visited(&asked, usize::MAX).unwrap_err();
    assert_eq!(error.to_string(), "list links: the last 20 octets of 52 are no message");
    drop(asked);
    kernel.join().unwrap();

    let (asked, kernel) =
        netlink(Limits { deadline: Duration::from_millis(100), ..Limits::default() }, |sequence, speak| {
            speak(&hundred(sequence, 0))
        });
    assert_eq!(visited(&asked, usize::MAX).unwrap_err().kind(), ErrorKind::TimedOut);
    kernel.join().unwrap();

    let (asked, kernel) = netlink(Limits::default(), |sequence, speak| {
        speak(&hundred(sequence, 0)) && speak(&message(DONE, MULTI, sequence, &(-libc::ENOENT).to_ne_bytes()))
    });
    assert_eq!(visited(&asked, usize::MAX).unwrap_err().raw_os_error(), Some(libc::ENOENT));
    drop(asked);
    kernel.join().unwrap();
}

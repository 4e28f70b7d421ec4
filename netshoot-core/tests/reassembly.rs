//! Datagrams from fragments and streams from segments: whatever the order, what was sent comes out.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use std::time::Duration;

use netshoot_core::application::{
    CloseReason, Datagram, DatagramOptions, DatagramOverlap, DatagramReassembler, Direction, GapReason, Refusal, Step,
    StreamEvent, StreamOptions, StreamOverlap, StreamReassembler,
};
use netshoot_core::capture::Timestamp;
use netshoot_core::packet::{LinkType, Packet};
use proptest::prelude::*;

const MORE: u16 = 0x2000;

/// An IPv4 packet of UDP's number with this identification and fragment field.
fn ipv4(identification: u8, field: u16, payload: &[u8]) -> Vec<u8> {
    let total = (20 + payload.len()) as u16;
    let mut bytes = vec![0x45, 0];
    bytes.extend(total.to_be_bytes());
    bytes.extend([0, identification]);
    bytes.extend(field.to_be_bytes());
    bytes.extend([64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]);
    bytes.extend(payload);
    bytes
}

/// IPv6 with destination options and, behind them, a fragment header unless there is no field.
fn ipv6(identification: u8, field: Option<u16>, payload: &[u8]) -> Vec<u8> {
    let length = (8 + payload.len() + if field.is_some() { 8 } else { 0 }) as u16;
    let [high, low] = length.to_be_bytes();
    let mut bytes = [&[0x60, 0, 0, 0, high, low, 60, 64][..], &[0xfd; 32]].concat();
    bytes.extend([if field.is_some() { 44 } else { 17 }, 0, 1, 4, 0, 0, 0, 0]);
    if let Some(field) = field {
        bytes.extend([17, 0]);
        bytes.extend(field.to_be_bytes());
        bytes.extend([0, 0, 0, identification]);
    }
    bytes.extend(payload);
    bytes
}

fn push(reassembler: &mut DatagramReassembler, bytes: &[u8], seconds: i64) -> Step {
    let packet = Packet::parse(LinkType::RAW, bytes, bytes.len() as u32);
    reassembler.push(&packet, Some(Timestamp::from_nanos(seconds * 1_000_000_000)))
}

fn complete(step: Step) -> Datagram {
    match step {
        Step::Complete(datagram) => datagram,
        other => panic!("{other:?}"),
    }
}

fn refusal(step: Step) -> Refusal {
    match step {
        Step::Refused(refusal) => refusal,
        other => panic!("{other:?}"),
    }
}

fn with(overlap: DatagramOverlap) -> DatagramReassembler {
    let mut options = DatagramOptions::default();
    options.overlap = overlap;
    DatagramReassembler::new(options)
}

fn policies() -> impl Strategy<Value = DatagramOverlap> {
    use DatagramOverlap::{Bsd, First, Last, Linux, Reject};
    prop_oneof![Just(Bsd), Just(First), Just(Last), Just(Linux), Just(Reject)]
}

/// Pieces of `payload` of whole units of `unit` octets, cut at `cuts`.
fn cut(payload: &[u8], cuts: &[usize], unit: usize) -> Vec<(usize, Vec<u8>)> {
    let mut ends: Vec<usize> = cuts.iter().map(|cut| cut * unit % payload.len().max(1)).collect();
    ends.push(payload.len());
    ends.sort_unstable();
    ends.dedup();
    let mut start = 0;
    let mut pieces = Vec::new();
    for end in ends.into_iter().map(|end| if end == payload.len() { end } else { end / unit * unit }) {
        if end > start {
            pieces.push((start, payload[start..end].to_vec()));
            start = end;
        }
    }
    pieces
}

proptest! {
    #[test]
    fn a_datagram_comes_out_as_it_was(
        payload in proptest::collection::vec(any::<u8>(), 9..3000),
        cuts in proptest::collection::vec(any::<usize>().prop_map(|cut| cut % 400), 1..20),
        order in any::<u64>(),
        again in proptest::collection::vec(any::<prop::sample::Index>(), 0..5),
        policy in policies(),
        is_ipv6 in any::<bool>(),
    ) {
        let pieces = cut(&payload, &cuts, 8);
        prop_assume!(pieces.len() > 1);
        let fragment = |(start, octets): &(usize, Vec<u8>)| {
            let (offset, more) = ((start / 8) as u16, start + octets.len() < payload.len());
            if is_ipv6 {
                ipv6(7, Some(offset << 3 | u16::from(more)), octets)
            } else {
                ipv4(7, offset | if more { MORE } else { 0 }, octets)
            }
        };
        let mut fragments: Vec<Vec<u8>> = pieces.iter().map(fragment).collect();
        shuffle(&mut fragments, order);
        // The last of all comes once: what comes behind it would begin another datagram.
        let last = fragments.pop().unwrap();
        let repeated: Vec<Vec<u8>> = again.iter().filter(|_| !fragments.is_empty()).map(|at| at.get(&fragments).clone()).collect();
        fragments.extend(repeated);
        let mut reassembler = with(policy);
        for fragment in &fragments {
            let step = push(&mut reassembler, fragment, 0);
            prop_assert!(matches!(step, Step::Pending | Step::Refused(Refusal::Duplicate)), "{step:?}");
        }
        let datagram = complete(push(&mut reassembler, &last, 0));
        let whole = if is_ipv6 { ipv6(7, None, &payload) } else { ipv4(7, 0, &payload) };
        let mut bytes = datagram.bytes().to_vec();
        if !is_ipv6 {
            bytes[10..12].copy_from_slice(&[0, 0]);
        }
        prop_assert_eq!(bytes, whole);
        prop_assert_eq!(datagram.payload(), &payload[..]);
        prop_assert!(!datagram.has_conflicts());
        prop_assert_eq!((reassembler.pending(), reassembler.bytes()), (0, 0));
    }

    #[test]
    fn streams_come_out_as_they_were(
        payloads in [proptest::collection::vec(any::<u8>(), 1..3000), proptest::collection::vec(any::<u8>(), 1..3000)],
        cuts in proptest::collection::vec(any::<usize>(), 1..20),
        first in [any::<u32>(), any::<u32>()],
        order in any::<u64>(),
        again in proptest::collection::vec(any::<prop::sample::Index>(), 0..8),
        overlap in prop_oneof![Just(StreamOverlap::Lower), Just(StreamOverlap::First), Just(StreamOverlap::Last)],
    ) {
        let mut segments = Vec::new();
        for side in 0..2 {
            for (start, octets) in cut(&payloads[side], &cuts, 1) {
                segments.push(Segment::data(side, first[side].wrapping_add(1 + start as u32), &octets));
            }
            let end = first[side].wrapping_add(1 + payloads[side].len() as u32);
            segments.push(Segment { flags: 0x11, ..Segment::data(side, end, b"") });
        }
        let repeated: Vec<Segment> = again.iter().map(|at| at.get(&segments).clone()).collect();
        segments.extend(repeated);
        shuffle(&mut segments, order);
        let opening = [0, 1].map(|side| {
            let flags = [0x02, 0x12][side];
            Segment { flags, ..Segment::data(side, first[side], b"") }
        });
        let mut options = StreamOptions::default();
        options.overlap = overlap;
        let mut heard = Heard::default();
        let mut streams = StreamReassembler::new(options);
        for segment in opening.iter().chain(&segments) {
            heard.push(&mut streams, segment, 0);
        }
        prop_assert_eq!(&heard.octets[0], &payloads[0]);
        prop_assert_eq!(&heard.octets[1], &payloads[1]);
        prop_assert_eq!(heard.closed, vec![CloseReason::Fin]);
        prop_assert!(heard.gaps.is_empty() && streams.bytes() == 0);
        prop_assert_eq!(streams.counters().octets as usize, payloads[0].len() + payloads[1].len());
    }

    #[test]
    fn what_is_lost_is_told(
        payload in proptest::collection::vec(any::<u8>(), 100..2000),
        cuts in proptest::collection::vec(any::<usize>(), 3..12),
        lost in proptest::collection::vec(any::<bool>(), 14),
        first in any::<u32>(),
    ) {
        let mut heard = Heard::default();
        let mut streams = StreamReassembler::new(StreamOptions::default());
        heard.push(&mut streams, &Segment { flags: 2, ..Segment::data(0, first, b"") }, 0);
        let mut expected = Vec::new();
        for ((start, octets), lost) in cut(&payload, &cuts, 1).into_iter().zip(lost) {
            if lost {
                expected.extend(octets.iter().map(|_| None));
                continue;
            }
            expected.extend(octets.iter().copied().map(Some));
            heard.push(&mut streams, &Segment::data(0, first.wrapping_add(1 + start as u32), &octets), 0);
            // The other end has it all.
            let acknowledgment = first.wrapping_add(1 + (start + octets.len()) as u32);
            heard.push(&mut streams, &Segment { acknowledgment, ..Segment::data(1, 9, b"") }, 0);
        }
        let known = expected.iter().rposition(Option::is_some).map_or(0, |last| last + 1);
        expected.truncate(known);
        prop_assert_eq!(&heard.row, &expected);
        prop_assert!(heard.gaps.iter().all(|(_, reason)| *reason == GapReason::Acknowledged));
    }
}

fn shuffle<T>(items: &mut [T], mut seed: u64) {
    for at in (1..items.len()).rev() {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        items.swap(at, (seed >> 33) as usize % (at + 1));
    }
}

#[test]
fn teardrop_is_as_the_policy_says() {
    // The second fragment lies within the first, which a copy of negative length came of once.
    let result = |policy| {
        let mut reassembler = with(policy);
        assert!(matches!(push(&mut reassembler, &ipv4(1, MORE, &[b'a'; 24]), 0), Step::Pending));
        assert!(matches!(push(&mut reassembler, &ipv4(1, 1 | MORE, &[b'b'; 8]), 0), Step::Pending | Step::Refused(_)));
        (push(&mut reassembler, &ipv4(1, 3, b"c"), 0), reassembler.counters())
    };
    for (policy, middle) in
        [(DatagramOverlap::Bsd, b'a'), (DatagramOverlap::First, b'a'), (DatagramOverlap::Last, b'b')]
    {
        let (step, counters) = result(policy);
        let datagram = complete(step);
        assert_eq!(datagram.payload()[8], middle, "{policy:?}");
        assert!(datagram.has_conflicts() && datagram.has_overlaps());
        assert_eq!((counters.conflicts, counters.completed), (1, 1));
    }
    // What was there before is no reason for Linux, and one for RFC 5722.
    assert_eq!(complete(result(DatagramOverlap::Linux).0).payload()[8], b'a');
    let (step, counters) = result(DatagramOverlap::Reject);
    assert_eq!((refusal(step), counters.rejected, counters.completed), (Refusal::Overlap, 1, 0));
}

#[test]
fn the_longest_datagram_and_one_beyond() {
    let mut reassembler = with(DatagramOverlap::Bsd);
    assert_eq!(refusal(push(&mut reassembler, &ipv4(1, 8189, &[0; 8]), 0)), Refusal::TooLong);
    assert_eq!(refusal(push(&mut reassembler, &ipv6(1, Some(8191 << 3), &[0; 8]), 0)), Refusal::TooLong);
    assert!(matches!(push(&mut reassembler, &ipv4(1, 8189, &[0; 3]), 0), Step::Pending));
    for offset in 0..8188 {
        assert!(matches!(push(&mut reassembler, &ipv4(1, offset | MORE, &[1; 8]), 0), Step::Pending));
    }
    let datagram = complete(push(&mut reassembler, &ipv4(1, 8188 | MORE, &[1; 8]), 0));
    assert_eq!((datagram.bytes().len(), datagram.fragments()), (65_535, 8190));
    // IPv6's length does not count its own header, and the options here leave too little room.
    assert!(matches!(push(&mut reassembler, &ipv6(1, Some(1), &[0; 65_456]), 0), Step::Pending));
    assert_eq!(refusal(push(&mut reassembler, &ipv6(1, Some(8182 << 3), &[0; 79]), 0)), Refusal::TooLong);
}

#[test]
fn fragments_that_make_no_sense() {
    let mut reassembler = with(DatagramOverlap::Bsd);
    assert_eq!(refusal(push(&mut reassembler, &ipv4(1, MORE, b""), 0)), Refusal::Malformed);
    assert_eq!(refusal(push(&mut reassembler, &ipv6(1, Some(1), &[0; 7]), 0)), Refusal::Malformed);
    // Of IPv4, Linux takes whole units.
    assert!(matches!(push(&mut reassembler, &ipv4(1, MORE, &[0; 15]), 0), Step::Pending));
    assert_eq!(complete(push(&mut reassembler, &ipv4(1, 1, &[1; 3]), 0)).payload().len(), 11);
    // Two ends.
    assert!(matches!(push(&mut reassembler, &ipv4(2, 4, &[0; 8]), 0), Step::Pending));
    assert_eq!(refusal(push(&mut reassembler, &ipv4(2, 5, &[0; 8]), 0)), Refusal::Malformed);
    assert_eq!(refusal(push(&mut reassembler, &ipv4(2, 9 | MORE, &[0; 8]), 0)), Refusal::Malformed);
    let bytes = ipv4(3, MORE, &[0; 16]);
    let packet = Packet::parse(LinkType::RAW, &bytes[..30], bytes.len() as u32);
    assert_eq!(refusal(reassembler.push(&packet, None)), Refusal::Truncated);
    assert_eq!((reassembler.counters().malformed, reassembler.counters().truncated), (4, 1));
}

#[test]
fn an_atomic_fragment_is_whole() {
    let bytes = ipv6(1, Some(0), &[0, 53, 0, 54, 0, 8, 0, 0]);
    let mut reassembler = with(DatagramOverlap::Reject);
    assert!(matches!(push(&mut reassembler, &bytes, 0), Step::Whole));
    assert_eq!(Packet::parse(LinkType::RAW, &bytes, bytes.len() as u32).ports(), Some((53, 54)));
}

#[test]
fn what_never_ends_is_given_up() {
    let mut options = DatagramOptions::default();
    (options.max_bytes, options.timeout) = (20_000, Duration::from_secs(30));
    let mut reassembler = DatagramReassembler::new(options);
    for number in 0..=255 {
        push(&mut reassembler, &ipv4(number, MORE, &[0; 1000]), 0);
        assert!(reassembler.bytes() <= 20_000);
    }
    let left = reassembler.pending() as u64;
    assert!(left > 5 && reassembler.counters().evicted == 256 - left);
    // The others expire when their time is over, and not before.
    push(&mut reassembler, &ipv4(0, MORE, &[0; 1000]), 30);
    assert_eq!(reassembler.counters().expired, 0);
    push(&mut reassembler, &ipv4(1, MORE, &[0; 8]), 31);
    assert_eq!((reassembler.counters().expired, reassembler.pending()), (left - 1, 2));
}

#[test]
fn what_came_without_a_time_ends_too() {
    let mut datagrams = DatagramReassembler::new(DatagramOptions::default());
    let bytes = ipv4(1, MORE, &[0; 8]);
    datagrams.push(&Packet::parse(LinkType::RAW, &bytes, bytes.len() as u32), None);
    push(&mut datagrams, &ipv4(2, MORE, &[0; 8]), 100);
    push(&mut datagrams, &ipv4(3, MORE, &[0; 8]), 200);
    assert_eq!((datagrams.counters().expired, datagrams.pending()), (2, 1));
    let mut streams = StreamReassembler::new(StreamOptions::default());
    let mut heard = Heard::default();
    let bytes = Segment::data(0, 1, b"x").bytes();
    streams.push(&Packet::parse(LinkType::RAW, &bytes, bytes.len() as u32), None, &mut |event| heard.note(event));
    for (port, seconds) in [(2, 100), (3, 10_000)] {
        heard.push(&mut streams, &Segment { port, ..Segment::data(0, 1, b"x") }, seconds);
    }
    assert_eq!(heard.closed, [CloseReason::Idle; 2]);
}

#[derive(Clone, Debug)]
struct Segment {
    side: usize,
    port: u16,
    flags: u8,
    sequence: u32,
    acknowledgment: u32,
    data: Vec<u8>,
}

impl Segment {
    fn data(side: usize, sequence: u32, data: &[u8]) -> Self {
        // Without the flag the acknowledgment means nothing.
        let flags = if side == 0 { 0x08 } else { 0x10 };
        Self { side, port: 1000, flags, sequence, acknowledgment: 0, data: data.to_vec() }
    }

    fn bytes(&self) -> Vec<u8> {
        let (client, server) = ([10, 0, 0, 1], [10, 0, 0, 2]);
        let (from, to) = if self.side == 0 { (client, server) } else { (server, client) };
        let (from_port, to_port) = if self.side == 0 { (self.port, 80) } else { (80, self.port) };
        let mut bytes = vec![0x45, 0];
        bytes.extend(((40 + self.data.len()) as u16).to_be_bytes());
        bytes.extend([0, 0, 0x40, 0, 64, 6, 0, 0]);
        bytes.extend([from, to].concat());
        bytes.extend(from_port.to_be_bytes());
        bytes.extend(to_port.to_be_bytes());
        bytes.extend(self.sequence.to_be_bytes());
        bytes.extend(self.acknowledgment.to_be_bytes());
        let flags = if self.acknowledgment == 0 && self.flags != 0x12 { self.flags & !0x10 } else { self.flags };
        bytes.extend([0x50, flags, 0xff, 0xff, 0, 0, 0, 0]);
        bytes.extend(&self.data);
        bytes
    }
}

#[derive(Default)]
struct Heard {
    octets: [Vec<u8>; 2],
    /// From the client, holes as none.
    row: Vec<Option<u8>>,
    gaps: Vec<(u64, GapReason)>,
    closed: Vec<CloseReason>,
    opened: usize,
}

impl Heard {
    fn push(&mut self, streams: &mut StreamReassembler, segment: &Segment, seconds: i64) {
        let bytes = segment.bytes();
        let packet = Packet::parse(LinkType::RAW, &bytes, bytes.len() as u32);
        let now = Timestamp::from_nanos(seconds * 1_000_000_000);
        streams.push(&packet, Some(now), &mut |event| self.note(event));
    }

    fn note(&mut self, event: StreamEvent<'_>) {
        match event {
            StreamEvent::Opened { .. } => self.opened += 1,
            StreamEvent::Data { direction, bytes, .. } => {
                self.octets[usize::from(direction == Direction::FromServer)].extend_from_slice(bytes);
                if direction == Direction::FromClient {
                    self.row.extend(bytes.iter().copied().map(Some));
                }
            }
            StreamEvent::Gap { direction, length, reason, .. } => {
                self.gaps.push((length, reason));
                if direction == Direction::FromClient {
                    self.row.extend((0..length).map(|_| None));
                }
            }
            StreamEvent::Closed { reason, .. } => self.closed.push(reason),
            _ => {}
        }
    }
}

#[test]
fn ends_of_connections() {
    let mut options = StreamOptions::default();
    (options.max_connections, options.idle_timeout) = (2, Duration::from_secs(10));
    let mut streams = StreamReassembler::new(options);
    let mut heard = Heard::default();
    let open = |port, sequence| Segment { port, flags: 2, ..Segment::data(0, sequence, b"") };
    heard.push(&mut streams, &open(1, 100), 0);
    // The same again is the same, and another number is another connection.
    heard.push(&mut streams, &open(1, 100), 0);
    heard.push(&mut streams, &open(1, 900), 1);
    assert_eq!((heard.opened, &heard.closed[..]), (2, &[CloseReason::Reused][..]));
    // A reset far from where the stream is does not count.
    heard.push(&mut streams, &Segment { port: 1, flags: 4, ..Segment::data(0, 900_000, b"") }, 2);
    assert_eq!(heard.closed.len(), 1);
    heard.push(&mut streams, &Segment { port: 1, flags: 4, ..Segment::data(0, 901, b"") }, 2);
    assert_eq!(heard.closed.last(), Some(&CloseReason::Reset));
    heard.push(&mut streams, &open(2, 1), 3);
    heard.push(&mut streams, &open(3, 1), 4);
    assert_eq!((streams.connections(), heard.closed.len()), (2, 2), "what was closed is not evicted");
    heard.push(&mut streams, &open(4, 1), 5);
    assert_eq!(heard.closed.last(), Some(&CloseReason::Evicted));
    heard.push(&mut streams, &open(5, 1), 30);
    assert_eq!((heard.closed.last(), heard.closed.len()), (Some(&CloseReason::Idle), 5));
    streams.finish(&mut |event| heard.note(event));
    assert_eq!((heard.closed.last(), heard.closed.len(), heard.opened), (Some(&CloseReason::Finished), 6, 6));
}

#[test]
fn holes_are_given_up_when_memory_ends() {
    let mut options = StreamOptions::default();
    (options.max_direction_bytes, options.max_bytes) = (10_000, 15_000);
    let mut streams = StreamReassembler::new(options);
    let mut heard = Heard::default();
    for port in 1..=3 {
        heard.push(&mut streams, &Segment { port, flags: 2, ..Segment::data(0, 0, b"") }, 0);
        for number in 1..=6 {
            let sequence = 1 + number * 1000;
            heard.push(&mut streams, &Segment { port, ..Segment::data(0, sequence, &[1; 1000]) }, 0);
            assert!(streams.bytes() <= 15_000);
        }
    }
    assert_eq!(heard.gaps, [(1000, GapReason::Limit)], "the first that waited");
    streams.finish(&mut |event| heard.note(event));
    assert_eq!((heard.octets[0].len(), streams.bytes()), (18_000, 0));
}

#[test]
fn a_stream_of_more_than_four_gibibytes_wraps_around() {
    let mut streams = StreamReassembler::new(StreamOptions::default());
    let data = vec![7; 1 << 15];
    let (mut sequence, mut total, mut at) = (u32::MAX - 5, 0_u64, 0_u64);
    for _ in 0..(1 << 17) + 9 {
        let segment = Segment::data(0, sequence, &data);
        let bytes = segment.bytes();
        streams.push(&Packet::parse(LinkType::RAW, &bytes, bytes.len() as u32), None, &mut |event| {
            if let StreamEvent::Data { offset, bytes, .. } = event {
                at = offset;
                total += bytes.len() as u64;
            }
        });
        sequence = sequence.wrapping_add(data.len() as u32);
    }
    assert_eq!((total, at), (((1 << 17) + 9) << 15, ((1 << 17) + 8) << 15));
    assert!(total > 1 << 32 && streams.counters().gaps == 0);
}

#[test]
fn segments_with_a_wrong_checksum_are_passed_over_when_asked() {
    let mut options = StreamOptions::default();
    options.verify_checksums = true;
    let mut streams = StreamReassembler::new(options);
    let mut heard = Heard::default();
    let mut bytes = Segment::data(0, 1, b"good").bytes();
    bytes[36..38].copy_from_slice(&[1, 2]);
    streams.push(&Packet::parse(LinkType::RAW, &bytes, bytes.len() as u32), None, &mut |event| heard.note(event));
    assert_eq!((heard.opened, streams.counters().corrupt), (0, 1));
}

//! Invariants of what puts datagrams and streams together.

use std::collections::HashMap;
use std::time::Duration;

use netshoot_core::application::{
    Datagram, DatagramOptions, DatagramOverlap, DatagramReassembler, Direction, Step, StreamEvent, StreamId,
    StreamOptions, StreamOverlap, StreamReassembler,
};
use netshoot_core::capture::Timestamp;
use netshoot_core::packet::{Layer, LinkType, Packet};

/// Fragments, seven octets each: version and more-flag, identification, offset, length, fill, and time. The first octet
/// is the policy.
///
/// # Panics
/// If an invariant of [`DatagramReassembler`] is broken.
pub fn fuzz_datagrams(data: &[u8]) {
    let Some((&policy, records)) = data.split_first() else { return };
    let mut options = DatagramOptions::default();
    (options.max_bytes, options.timeout) = (16 << 10, Duration::from_secs(30));
    options.overlap = match policy % 5 {
        0 => DatagramOverlap::Bsd,
        1 => DatagramOverlap::First,
        2 => DatagramOverlap::Last,
        3 => DatagramOverlap::Linux,
        _ => DatagramOverlap::Reject,
    };
    let max_bytes = options.max_bytes;
    let mut reassembler = DatagramReassembler::new(options);
    let mut sent: HashMap<(bool, u8), Vec<Sent>> = HashMap::new();
    let mut now = 0_i64;
    for record in records.as_chunks::<7>().0 {
        let [kind, identification, high, low, length, fill, time] = *record;
        let (is_ipv6, more) = (kind & 1 != 0, kind & 2 != 0);
        let offset = u16::from_be_bytes([high, low]) & 0x1fff;
        let length = usize::from(length) * if kind & 4 != 0 { 8 } else { 1 };
        let bytes = fragment(is_ipv6, more, identification & 3, offset, length, fill);
        now += i64::from(time) * 500_000_000;
        let packet = Packet::parse(LinkType::RAW, &bytes, bytes.len() as u32);
        let covered = (usize::from(offset) * 8, usize::from(offset) * 8 + length, fill);
        let all = sent.entry((is_ipv6, identification & 3)).or_default();
        all.push(covered);
        if let Step::Complete(datagram) = reassembler.push(&packet, Some(Timestamp::from_nanos(now))) {
            check_datagram(&datagram, all, is_ipv6);
        }
        assert!(reassembler.bytes() <= max_bytes);
    }
    let counters = reassembler.counters();
    assert!(counters.completed + counters.rejected + counters.expired + counters.evicted <= counters.fragments);
    // All that waited has expired an hour later.
    let whole = fragment(false, true, 0, 0, 8, 0);
    let packet = Packet::parse(LinkType::RAW, &whole, whole.len() as u32);
    reassembler.push(&packet, Some(Timestamp::from_nanos(now + 3_600_000_000_000)));
    assert!(reassembler.pending() == 1);
}

/// From where to where, and with which octet, a fragment was.
type Sent = (usize, usize, u8);

fn check_datagram(datagram: &Datagram, sent: &[Sent], is_ipv6: bool) {
    let packet = datagram.packet();
    let layer = if is_ipv6 { Layer::Ipv6 } else { Layer::Ipv4 };
    assert!(packet.layout().network_layer() == Some(layer) && !packet.layout().is_fragment());
    assert!(packet.layout().reported_end as usize == datagram.bytes().len() && datagram.bytes().len() <= 65_575);
    let is_valid =
        |checksum: netshoot_core::packet::Checksum| checksum.status == netshoot_core::packet::ChecksumStatus::Valid;
    assert!(is_ipv6 || packet.checksum(Layer::Ipv4).is_some_and(is_valid));
    // Whatever the policy, each octet is one that was sent in its place.
    for (at, octet) in datagram.payload().iter().enumerate() {
        assert!(sent.iter().any(|(start, end, fill)| (*start..*end).contains(&at) && fill == octet));
    }
}

fn fragment(is_ipv6: bool, more: bool, identification: u8, offset: u16, length: usize, fill: u8) -> Vec<u8> {
    let total = if is_ipv6 { 8 + length } else { 20 + length } as u16;
    let field = offset << 3 | u16::from(more);
    let mut bytes = if is_ipv6 {
        let [high, low] = total.to_be_bytes();
        let mut bytes = [&[0x60, 0, 0, 0, high, low, 44, 64][..], &[0xfd; 32], &[59, 0]].concat();
        bytes.extend(field.to_be_bytes());
        bytes.extend([0, 0, 0, identification]);
        bytes
    } else {
        let field = offset | u16::from(more) << 13;
        let mut bytes = vec![0x45, 0];
        bytes.extend(total.to_be_bytes());
        bytes.extend([0, identification]);
        bytes.extend(field.to_be_bytes());
        bytes.extend([64, 254, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]);
        bytes
    };
    bytes.resize(bytes.len() + length, fill);
    bytes
}

/// Segments, seven octets each: direction, ports and flags, place relative to where the stream is, length, acknowledgment,
/// and time. The first octet is the policy, and whether octets may differ.
///
/// # Panics
/// If an invariant of [`StreamReassembler`] is broken.
pub fn fuzz_streams(data: &[u8]) {
    let Some((&policy, records)) = data.split_first() else { return };
    let mut options = StreamOptions::default();
    (options.max_direction_bytes, options.max_bytes, options.max_connections) = (1500, 4000, 3);
    options.overlap = match policy % 3 {
        0 => StreamOverlap::Lower,
        1 => StreamOverlap::First,
        _ => StreamOverlap::Last,
    };
    let may_differ = policy & 0x80 != 0;
    // Sequence numbers wrap around soon.
    let mut start = [u32::MAX - 300, 0x7fff_ff00];
    let mut reassembler = StreamReassembler::new(options);
    let mut heard = Heard { streams: HashMap::new(), may_differ, starts: HashMap::new() };
    let mut now = 0;
    for record in records.as_chunks::<7>().0 {
        let [kind, flags, high, low, length, acknowledged, time] = *record;
        let is_back = kind & 1 != 0;
        let side = usize::from(is_back);
        let [own, other] = start;
        let (own, other) = if is_back { (other, own) } else { (own, other) };
        let ahead = i32::from(i16::from_be_bytes([high, low]) >> 4);
        let sequence = own.wrapping_add_signed(ahead);
        let length = if flags & 2 != 0 { usize::from(length & 1) } else { usize::from(length) };
        let acknowledgment = other.wrapping_add(u32::from(acknowledged));
        let first = sequence.wrapping_add(u32::from(flags & 2 != 0));
        heard.starts.entry((1000 + u16::from((kind & 7) >> 1), side)).or_default().push(first);
        let octets: Vec<u8> = (0..length as u32)
            .map(|at| octet(side, first.wrapping_add(at)) ^ u8::from(may_differ && kind & 0x80 != 0))
            .collect();
        let bytes = segment(kind & 7, flags & 0x17, sequence, acknowledgment, &octets);
        // The place moves on, so that long streams come about.
        if kind & 8 != 0 {
            let moved = first.wrapping_add(length as u32);
            start = if is_back { [other, moved] } else { [moved, other] };
        }
        now += i64::from(time) * 10_000_000_000;
        let packet = Packet::parse(LinkType::RAW, &bytes, bytes.len() as u32 + u32::from(kind & 0x10 != 0));
        reassembler.push(&packet, Some(Timestamp::from_nanos(now)), &mut |event| heard.note(event));
        assert!(reassembler.bytes() <= 4000 && reassembler.connections() <= 3);
    }
    reassembler.finish(&mut |event| heard.note(event));
    assert!(reassembler.bytes() == 0 && reassembler.connections() == 0);
    assert!(heard.streams.values().all(|stream| stream.closed));
    assert!(heard.streams.len() as u64 == reassembler.counters().connections);
}

/// What each place of a stream has.
fn octet(side: usize, sequence: u32) -> u8 {
    (sequence.wrapping_mul(0x9e37_79b9) >> 24) as u8 ^ side as u8
}

fn segment(ports: u8, flags: u8, sequence: u32, acknowledgment: u32, data: &[u8]) -> Vec<u8> {
    let total = (40 + data.len()) as u16;
    let reverse = ports & 1 != 0;
    let (client, server) = ([10, 0, 0, 1], [10, 0, 0, 2]);
    let (source, destination) = if reverse { (server, client) } else { (client, server) };
    let port = 1000 + u16::from(ports >> 1);
    let (from, to) = if reverse { (80, port) } else { (port, 80) };
    let mut bytes = vec![0x45, 0];
    bytes.extend(total.to_be_bytes());
    bytes.extend([0, 0, 0x40, 0, 64, 6, 0, 0]);
    bytes.extend(source);
    bytes.extend(destination);
    bytes.extend(from.to_be_bytes());
    bytes.extend(to.to_be_bytes());
    bytes.extend(sequence.to_be_bytes());
    bytes.extend(acknowledgment.to_be_bytes());
    bytes.extend([0x50, flags, 0xff, 0xff, 0, 0, 0, 0]);
    bytes.extend_from_slice(data);
    bytes
}

#[derive(Default)]
struct Stream {
    closed: bool,
    /// The client's port, and whether that end is the one with side 0.
    port: u16,
    is_straight: bool,
    /// The octets so far; holes are none.
    octets: [Vec<Option<u8>>; 2],
}

struct Heard {
    streams: HashMap<StreamId, Stream>,
    may_differ: bool,
    /// Where segments began, by port and side.
    starts: HashMap<(u16, usize), Vec<u32>>,
}

impl Heard {
    fn note(&mut self, event: StreamEvent<'_>) {
        match event {
            StreamEvent::Opened { stream, tuple, .. } => {
                assert!(stream.0 == self.streams.len() as u64);
                let is_straight = tuple.destination_port == 80;
                let port = if is_straight { tuple.source_port } else { tuple.destination_port };
                assert!(self.streams.insert(stream, Stream { port, is_straight, ..Stream::default() }).is_none());
            }
            StreamEvent::Data { stream, direction, offset, bytes } => {
                let octets = bytes.iter().copied().map(Some).collect();
                self.advance(stream, direction, offset, octets);
            }
            StreamEvent::Gap { stream, direction, offset, length, .. } => {
                self.advance(stream, direction, offset, vec![None; length as usize]);
            }
            StreamEvent::Closed { stream, .. } => {
                let Some(stream) = self.streams.get_mut(&stream) else { panic!("a stream that was not opened") };
                assert!(!std::mem::replace(&mut stream.closed, true));
                if !self.may_differ {
                    for (half, octets) in stream.octets.iter().enumerate() {
                        let side = if stream.is_straight { half } else { 1 - half };
                        let starts = self.starts.get(&(stream.port, side)).map_or(&[][..], Vec::as_slice);
                        assert!(octets.is_empty() || starts.iter().any(|start| is_row(side, *start, octets)));
                    }
                }
            }
            _ => {}
        }
    }

    fn advance(&mut self, stream: StreamId, direction: Direction, offset: u64, octets: Vec<Option<u8>>) {
        let Some(stream) = self.streams.get_mut(&stream) else { panic!("a stream that was not opened") };
        let [client, server] = &mut stream.octets;
        let row = if direction == Direction::FromClient { client } else { server };
        assert!(!stream.closed && row.len() as u64 == offset && !octets.is_empty());
        row.extend(octets);
    }
}

/// Whether the octets are those of a row of sequence numbers from `start` on.
fn is_row(side: usize, start: u32, octets: &[Option<u8>]) -> bool {
    let mut row = octets.iter().enumerate();
    row.all(|(at, held)| held.is_none_or(|held| held == octet(side, start.wrapping_add(at as u32))))
}

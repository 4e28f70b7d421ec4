//! Streams from segments.

use std::collections::BTreeMap;
use std::time::Duration;

use netshoot_core::application::{
    CloseReason, DatagramOptions, DatagramReassembler, Direction, GapReason, Step, StreamEvent, StreamOptions,
    StreamReassembler,
};
use netshoot_core::capture::Frame;
use netshoot_core::packet::{IpProtocol, Layer, Packet, TcpFlags};

use crate::support::{self, Capture, Corpus};
use crate::{SEED, Tally, frames};

/// tshark is asked about one capture in twenty, and about all where `NETSHOOT_CORPUS_PARTS` is 1.
#[test]
fn streams_are_as_in_tshark() {
    const TEST: &str = "streams_are_as_in_tshark";
    let Some(corpus) = Corpus::find(TEST) else { return };
    if !support::has_program("tshark") {
        return support::skip(TEST, "needs tshark");
    }
    let parts = support::corpus_parts();
    let drawn: Vec<&Capture> = corpus.captures.iter().filter(|capture| capture.is_drawn(SEED, parts)).collect();
    let tallies = frames::in_two_threads(&drawn, |capture: &&Capture, tally: &mut Tally| compare(capture, tally));
    let [first, second] = tallies;
    let tally = first.merge(second);
    tally.verdict("streams");
    assert!(tally.compared > 0);
}

#[derive(Default)]
struct Stream {
    /// From the client and from the server; a hole as tshark shows it.
    octets: [Vec<u8>; 2],
    reason: Option<CloseReason>,
    /// What was behind a hole when the connection ended.
    rest: u64,
    in_rest: [bool; 2],
    /// Octets before a hole at the end.
    before_hole: [Option<usize>; 2],
}

struct Own {
    streams: Vec<Stream>,
    /// Octets that came when their connection was closed.
    late: u64,
    /// Octets in resets.
    in_resets: u64,
    seen: Seen,
}

/// What tshark reads and the parser does not, or otherwise.
#[derive(Default)]
struct Seen {
    pseudo_wire: bool,
    socks: bool,
    compressed: bool,
}

fn streams(capture: &Capture) -> Own {
    let mut options = StreamOptions::default();
    (options.max_bytes, options.max_direction_bytes, options.idle_timeout) = (1 << 30, 1 << 30, Duration::MAX);
    let (mut reassembler, mut streams) = (StreamReassembler::new(options), Vec::<Stream>::new());
    let (mut in_resets, mut seen) = (0, Seen::default());
    let mut datagrams = DatagramReassembler::new(DatagramOptions::default());
    frames::each_frame(&capture.path, |frame: Frame<'_>| {
        let packet = Packet::parse(frame.link_type, frame.bytes, frame.original_length);
        let innermost = packet.innermost();
        seen.pseudo_wire |= innermost.layout().tunnel_layer() == Some(Layer::PseudoWire);
        seen.socks |= innermost.ports().is_some_and(|(source, destination)| source == 1080 || destination == 1080);
        seen.compressed |= innermost.layout().ip_protocol == IpProtocol(108);
        if innermost.tcp().is_some_and(|tcp| tcp.flags().contains(TcpFlags::RST)) {
            in_resets += innermost.payload().reported_len as u64;
        }
        let mut step = datagrams.push(&packet, None);
        if matches!(step, Step::Whole) {
            reassembler.push(&packet, frame.timestamp, &mut |event| note(&mut streams, event));
        }
        while let Step::Complete(datagram) = step {
            let packet = datagram.packet();
            step = datagrams.push(&packet, None);
            if matches!(step, Step::Whole) {
                reassembler.push(&packet, frame.timestamp, &mut |event| note(&mut streams, event));
            }
        }
    });
    reassembler.finish(&mut |event| note(&mut streams, event));
    assert_eq!(reassembler.bytes(), 0);
    Own { streams, late: reassembler.counters().late_octets, in_resets, seen }
}

fn note(streams: &mut Vec<Stream>, event: StreamEvent<'_>) {
    match event {
        StreamEvent::Opened { stream, .. } => {
            assert_eq!(stream.0, streams.len() as u64);
            streams.push(Stream::default());
        }
        StreamEvent::Data { stream, direction, bytes, .. } => {
            let half = usize::from(direction == Direction::FromServer);
            let stream = &mut streams[stream.0 as usize];
            if stream.in_rest[half] {
                stream.rest += bytes.len() as u64;
            } else {
                stream.octets[half].extend_from_slice(bytes);
                stream.before_hole[half] = None;
            }
        }
        StreamEvent::Gap { reason: GapReason::CaptureLength, .. } => {}
        StreamEvent::Gap { stream, direction, length, reason, .. } => {
            let half = usize::from(direction == Direction::FromServer);
            if reason == GapReason::Closed {
                streams[stream.0 as usize].in_rest[half] = true;
                return;
            }
            let text = format!("[{length} bytes missing in capture file]\0");
            let stream = &mut streams[stream.0 as usize];
            stream.before_hole[half] = Some(stream.octets[half].len());
            stream.octets[half].extend_from_slice(text.as_bytes());
        }
        StreamEvent::Closed { stream, reason } => streams[stream.0 as usize].reason = Some(reason),
        _ => {}
    }
}

fn compare(capture: &Capture, tally: &mut Tally) {
    let own = streams(capture);
    if own.streams.is_empty() {
        return;
    }
    tally.captures += 1;
    // Those of a proxy take numbers of their own.
    let theirs = ask(capture, own.streams.len() * if own.seen.socks { 2 } else { 1 } + 1);
    for (number, stream) in own.streams.iter().enumerate().take(MOST) {
        tally.compared += 1;
        tally.octets += stream.octets.iter().map(|octets| octets.len() as u64).sum::<u64>();
        let none = Default::default();
        let their = theirs.get(&number).unwrap_or(&none);
        let swapped = [&their[1], &their[0]];
        if [&their[0], &their[1]] == [&stream.octets[0], &stream.octets[1]]
            || swapped == [&stream.octets[0], &stream.octets[1]]
        {
            continue;
        }
        match excuse(&own, stream, their, &theirs) {
            Some(rule) => tally.excuse(rule),
            None => {
                let lengths = |all: &[Vec<u8>; 2]| all.each_ref().map(Vec::len);
                let (theirs, ours) = (lengths(their), lengths(&stream.octets));
                let end = (stream.reason, stream.rest);
                tally
                    .faults
                    .push(format!("{} stream {number}: tshark {theirs:?}, ours {ours:?} {end:?}", capture.name));
            }
        }
    }
    if !own.seen.socks
        && theirs.get(&own.streams.len()).is_some_and(|stream| stream.iter().any(|half| !half.is_empty()))
    {
        tally.faults.push(format!("{}: tshark has more than {} streams", capture.name, own.streams.len()));
    }
}

/// What tshark does differently.
fn excuse(own: &Own, stream: &Stream, theirs: &[Vec<u8>; 2], all: &Theirs) -> Option<&'static str> {
    let cut = |half: usize| &stream.octets[half][..stream.before_hole[half].unwrap_or(stream.octets[half].len())];
    if theirs[0] == cut(0) && theirs[1] == cut(1) {
        return Some("tshark tells of no hole that only a FIN is behind");
    }
    let begins =
        |a: usize, b: usize| theirs[0].starts_with(&stream.octets[a]) && theirs[1].starts_with(&stream.octets[b]);
    let begins = begins(0, 1) || begins(1, 0);
    match stream.reason {
        Some(CloseReason::Reset | CloseReason::Fin) if begins && own.late > 0 => {
            Some("tshark goes on when a connection was reset or closed")
        }
        Some(CloseReason::Reset) if begins && own.in_resets > 0 => Some("tshark takes the text in a reset for data"),
        _ if own.seen.pseudo_wire && theirs.iter().all(Vec::is_empty) => {
            Some("tshark tells a control word by whether it knows the makers of the addresses")
        }
        _ if own.seen.socks && all.values().any(|other| *other == stream.octets) => {
            Some("tshark gives what goes through a SOCKS proxy a number of its own")
        }
        _ if own.seen.compressed => Some("tshark unpacks IPComp"),
        _ => None,
    }
}

/// What tshark has in each direction, by the number of the stream.
type Theirs = BTreeMap<usize, [Vec<u8>; 2]>;

/// The first streams as tshark follows them.
fn ask(capture: &Capture, count: usize) -> Theirs {
    let mut command = support::tshark(&capture.path);
    command.arg("-q");
    for number in 0..count.min(MOST) {
        command.args(["-z", &format!("follow,tcp,raw,{number}")]);
    }
    let text = String::from_utf8_lossy(&command.output().unwrap().stdout).into_owned();
    let mut streams = BTreeMap::new();
    let mut number = 0;
    for line in text.lines() {
        if let Some(filter) = line.strip_prefix("Filter: tcp.stream eq ") {
            number = filter.parse().unwrap();
            streams.insert(number, <[Vec<u8>; 2]>::default());
        }
        let (half, digits) = line.strip_prefix('\t').map_or((0, line), |digits| (1, digits));
        if let (true, Some(stream)) =
            (!digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_hexdigit()), streams.get_mut(&number))
        {
            let pairs = digits.as_bytes().chunks(2);
            stream[half].extend(pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()));
        }
    }
    streams
}

/// Streams of a capture that are compared.
const MOST: usize = 1000;

//! TCP streams, put together from segments as the capture saw them.
//!
//! A segment that comes in order is handed on as it is, borrowed from the frame: nothing is copied or allocated. What
//! comes too early waits until the hole before it is filled, or is given up: because the other end acknowledged what
//! is behind it (the capture lost it, the network did not), because memory runs out, or because the connection ends.

mod half;
mod options;
mod pair;

use std::collections::VecDeque;

use hashbrown::HashMap;

use half::{Half, Segment};
pub use options::{StreamCounters, StreamOptions, StreamOverlap};
pub(crate) use pair::Pair;

use super::recent::Recent;
use crate::packet::{ChecksumStatus, FiveTuple, FlowKey, Layer, Packet, Tcp, TcpFlags};
use crate::timestamp::Timestamp;

/// The number of a connection, from 0 on in the order in which they began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StreamId(pub u64);

/// Which way data goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Direction {
    /// From the end that opened the connection or, if that was not seen, from the one that was seen first.
    FromClient,
    /// From the other.
    FromServer,
}

/// Why octets of a stream are missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum GapReason {
    /// The receiver has them, by its acknowledgments: the capture lost them.
    Acknowledged,
    /// The capture cut the segment (snap length).
    CaptureLength,
    /// Memory for what is behind them ran out.
    Limit,
    /// The connection ended.
    Closed,
}

/// How a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CloseReason {
    /// Both ends closed it.
    Fin,
    /// One end reset it.
    Reset,
    /// The same ports opened another.
    Reused,
    /// Nothing came for so long.
    Idle,
    /// There were too many.
    Evicted,
    /// The capture ended.
    Finished,
}

impl GapReason {
    /// One word, in lower case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Acknowledged => "acknowledged",
            Self::CaptureLength => "capture_length",
            Self::Limit => "limit",
            Self::Closed => "closed",
        }
    }
}

impl CloseReason {
    /// One word, in lower case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fin => "fin",
            Self::Reset => "reset",
            Self::Reused => "reused",
            Self::Idle => "idle",
            Self::Evicted => "evicted",
            Self::Finished => "finished",
        }
    }
}

/// What a [`StreamReassembler`] tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StreamEvent<'a> {
    /// A connection is seen for the first time.
    Opened {
        /// Which one.
        stream: StreamId,
        /// From client to server.
        tuple: FiveTuple,
        /// Whether it was there before the capture was: its beginning was not seen.
        midstream: bool,
    },
    /// Octets that follow those before.
    Data {
        /// The connection.
        stream: StreamId,
        /// Which way they went.
        direction: Direction,
        /// Octets of this direction before them, those of gaps included.
        offset: u64,
        /// The octets.
        bytes: &'a [u8],
    },
    /// Octets that are missing.
    Gap {
        /// The connection.
        stream: StreamId,
        /// Which way they went.
        direction: Direction,
        /// Octets of this direction before them.
        offset: u64,
        /// How many there are.
        length: u64,
        /// Why.
        reason: GapReason,
    },
    /// Nothing more comes of a connection.
    Closed {
        /// Which one.
        stream: StreamId,
        /// How it ended.
        reason: CloseReason,
    },
}

/// Puts TCP streams together.
///
/// ```
/// use netshoot_core::application::{StreamEvent, StreamOptions, StreamReassembler};
/// use netshoot_core::packet::{LinkType, Packet};
///
/// # let segment = |sequence: u8, data: &[u8]| {
/// #     let total = 40 + data.len() as u8;
/// #     let ip = [0x45, 0, 0, total, 0, 7, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2];
/// #     let tcp = [4, 0, 0, 80, 0, 0, 0, sequence, 0, 0, 0, 1, 0x50, 0x18, 1, 0, 0, 0, 0, 0];
/// #     [&ip[..], &tcp, data].concat()
/// # };
/// # let frames = [segment(1, b"GET "), segment(6, b" HTTP"), segment(5, b"/")];
/// let mut text = Vec::new();
/// let mut streams = StreamReassembler::new(StreamOptions::default());
/// for frame in &frames {
///     let packet = Packet::parse(LinkType::RAW, frame, frame.len() as u32);
///     streams.push(&packet, None, &mut |event| {
///         if let StreamEvent::Data { bytes, .. } = event {
///             text.extend_from_slice(bytes);
///         }
///     });
/// }
/// assert_eq!(text, b"GET / HTTP");
/// ```
#[derive(Debug, Default)]
pub struct StreamReassembler {
    options: StreamOptions,
    places: HashMap<FlowKey, u32, foldhash::fast::RandomState>,
    connections: Recent<Connection>,
    /// Directions in which something waits, in the order in which it began to; some wait no more.
    waiting: VecDeque<(u32, StreamId, usize)>,
    /// What all that waits takes.
    bytes: usize,
    opened: u64,
    counters: StreamCounters,
}

#[derive(Debug)]
struct Connection {
    id: StreamId,
    key: FlowKey,
    /// Whether the client is the second of the key's ends.
    client_is_high: bool,
    /// From the client, and from the server.
    halves: [Half; 2],
    last: Option<Timestamp>,
    /// Closed, and kept for what comes late.
    closed: bool,
}

/// Whom events go to.
type Sink<'s> = dyn FnMut(StreamEvent<'_>) + 's;

impl StreamReassembler {
    /// A reassembler without connections.
    #[must_use]
    pub fn new(options: StreamOptions) -> Self {
        Self { options, ..Self::default() }
    }

    /// Takes a packet, captured at `now`; without times no connection is idle. Tells `sink` what came of it.
    ///
    /// Of packets within packets, the innermost counts. Fragments of IP are passed over: put them together before (see
    /// [`DatagramReassembler`](super::DatagramReassembler)).
    #[inline]
    pub fn push(&mut self, packet: &Packet<'_>, now: Option<Timestamp>, sink: &mut Sink<'_>) {
        // There is no tunnel in TCP.
        match packet.tcp() {
            Some(tcp) => self.take(packet, tcp, now, sink),
            None => self.take_inner(packet, now, sink),
        }
    }

    fn take_inner(&mut self, packet: &Packet<'_>, now: Option<Timestamp>, sink: &mut Sink<'_>) {
        let packet = packet.innermost();
        if let Some(tcp) = packet.tcp() {
            self.take(&packet, tcp, now, sink);
        }
    }

    #[inline]
    fn take(&mut self, packet: &Packet<'_>, tcp: Tcp<'_>, now: Option<Timestamp>, sink: &mut Sink<'_>) {
        let Some((key, from_low)) = FlowKey::of_packet(packet).filter(|_| !packet.layout().is_fragment()) else {
            return;
        };
        if packet.stopped().is_some_and(|stop| !stop.is_truncation()) || self.is_corrupt(packet) {
            return;
        }
        self.idle(now, sink);
        let place = self.place(&key);
        if let Some(place) = place {
            self.connections.touch(place);
            if self.take_usual(place, packet, &tcp, !from_low, now, sink) {
                return;
            }
        }
        self.take_any(place, packet, now, sink);
    }

    /// The short way for a segment that comes in order and whole while nothing waits: an upload or download is made of
    /// these. `false` for all others.
    #[inline]
    fn take_usual(
        &mut self,
        place: u32,
        packet: &Packet<'_>,
        tcp: &Tcp<'_>,
        from_high: bool,
        now: Option<Timestamp>,
        sink: &mut Sink<'_>,
    ) -> bool {
        let Some(connection) = self.connections.get_mut(place) else { return false };
        let by_server = from_high != connection.client_is_high;
        let [client, server] = &mut connection.halves;
        let (own, other) = if by_server { (server, client) } else { (client, server) };
        let payload = packet.payload();
        let usual =
            !connection.closed && other.is_calm() && own.is_next(tcp) && payload.bytes.len() == payload.reported_len;
        if usual {
            connection.last = now.or(connection.last);
            let offset = own.pass(payload.bytes.len());
            let direction = if by_server { Direction::FromServer } else { Direction::FromClient };
            let mut told = Told { id: connection.id, sink, counters: &mut self.counters };
            told.data(direction, offset, payload.bytes);
        }
        usual
    }

    /// A segment of the connection at `place`, if it is known. Apart from the short way, lest that keep more in memory
    /// than it needs; so what is known of the packet is looked up again.
    #[inline(never)]
    fn take_any(&mut self, place: Option<u32>, packet: &Packet<'_>, now: Option<Timestamp>, sink: &mut Sink<'_>) {
        let (Some(tcp), Some((key, from_low))) = (packet.tcp(), FlowKey::of_packet(packet)) else { return };
        let (tcp, from_high) = (&tcp, !from_low);
        let place = match place {
            Some(place) => self.reopened(place, packet, tcp, from_high, sink),
            None => self.open(key, from_high, packet, tcp, sink),
        };
        self.connections.touch(place);
        let Some(connection) = self.connections.get_mut(place) else { return };
        connection.last = now.or(connection.last);
        let payload = packet.payload();
        if connection.closed {
            self.counters.late_octets += payload.reported_len as u64;
            return;
        }
        let sender = usize::from(from_high != connection.client_is_high);
        let (before, waited) = (connection.cost(), connection.cost_of(sender) > 0);
        let mut told = Told { id: connection.id, sink, counters: &mut self.counters };
        let segment = Segment::new(tcp, &payload);
        connection.take(sender, segment, self.options.overlap, &mut told);
        let closes = connection.closes(sender, tcp);
        let after = connection.cost();
        if after != 0 || before != 0 {
            let begins = !waited && connection.cost_of(sender) > 0;
            self.bytes = self.bytes + after - before;
            self.waited(place, sender, begins, sink);
        }
        if let Some(reason) = closes {
            self.close(place, reason, sink);
        }
    }

    /// Ends all connections, as at the end of a capture.
    pub fn finish(&mut self, sink: &mut Sink<'_>) {
        while let Some((place, _)) = self.connections.oldest() {
            self.close(place, CloseReason::Finished, sink);
            self.forget(place);
        }
    }

    /// What was done so far.
    #[must_use]
    pub fn counters(&self) -> StreamCounters {
        self.counters
    }

    /// Connections that are known, those included that ended a while ago.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.connections.len()
    }

    /// Memory that what waits takes, in octets, as the limit counts it.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Where the connection is; segments of one often come one behind the other.
    #[inline]
    fn place(&self, key: &FlowKey) -> Option<u32> {
        match self.connections.newest() {
            Some((place, newest)) if newest.key == *key => Some(place),
            _ => self.places.get(key).copied(),
        }
    }

    fn is_corrupt(&mut self, packet: &Packet<'_>) -> bool {
        let corrupt = self.options.verify_checksums
            && packet.checksum(Layer::Tcp).is_some_and(|checksum| checksum.status == ChecksumStatus::Invalid);
        self.counters.corrupt += u64::from(corrupt);
        corrupt
    }

    #[cold]
    fn open(&mut self, key: FlowKey, from_high: bool, packet: &Packet<'_>, tcp: &Tcp<'_>, sink: &mut Sink<'_>) -> u32 {
        while self.connections.len() >= self.options.max_connections.max(1) {
            let Some((oldest, _)) = self.connections.oldest() else { break };
            self.counters.evicted += 1;
            self.close(oldest, CloseReason::Evicted, sink);
            self.forget(oldest);
        }
        let by_server = tcp.flags().contains(TcpFlags::SYN | TcpFlags::ACK);
        let id = StreamId(self.opened);
        let client_is_high = from_high != by_server;
        let halves = Default::default();
        let place = self.connections.insert(Connection { id, key, client_is_high, halves, last: None, closed: false });
        self.places.insert(key, place);
        self.opened += 1;
        self.counters.connections += 1;
        if let Some(tuple) = packet.five_tuple() {
            let tuple = if by_server { tuple.reversed() } else { tuple };
            sink(StreamEvent::Opened { stream: id, tuple, midstream: !tcp.flags().contains(TcpFlags::SYN) });
        }
        place
    }

    /// The place of a connection, or of the new one that a SYN with another number opens in its stead.
    #[inline]
    fn reopened(
        &mut self,
        place: u32,
        packet: &Packet<'_>,
        tcp: &Tcp<'_>,
        from_high: bool,
        sink: &mut Sink<'_>,
    ) -> u32 {
        if !tcp.flags().contains(TcpFlags::SYN) || tcp.flags().contains(TcpFlags::ACK) {
            return place;
        }
        let Some(connection) = self.connections.get_mut(place) else { return place };
        let sender = usize::from(from_high != connection.client_is_high);
        let [first, second] = &connection.halves;
        let half = if sender == 0 { first } else { second };
        if half.base().is_none_or(|base| base == tcp.sequence_number()) {
            return place;
        }
        let key = connection.key;
        self.close(place, CloseReason::Reused, sink);
        self.forget(place);
        self.open(key, from_high, packet, tcp, sink)
    }

    /// Ends a connection: what waits is handed on, with what is missing before it.
    fn close(&mut self, place: u32, reason: CloseReason, sink: &mut Sink<'_>) {
        let Some(connection) = self.connections.get_mut(place).filter(|connection| !connection.closed) else { return };
        self.bytes -= connection.cost();
        let mut told = Told { id: connection.id, sink, counters: &mut self.counters };
        connection.closed = true;
        for (half, direction) in connection.halves.iter_mut().zip(DIRECTIONS) {
            half.flush(direction, GapReason::Closed, &mut told);
        }
        told.tell(StreamEvent::Closed { stream: told.id, reason });
    }

    fn forget(&mut self, place: u32) {
        if let Some(connection) = self.connections.remove(place) {
            self.places.remove(&connection.key);
        }
    }

    /// Forgets what was idle for too long, two at a time.
    #[inline]
    fn idle(&mut self, now: Option<Timestamp>, sink: &mut Sink<'_>) {
        let Some(now) = now else { return };
        for _ in 0..2 {
            let Some((place, _)) = self.connections.oldest() else { return };
            let Some(oldest) = self.connections.get_mut(place) else { return };
            // What came before there were times is silent from now on.
            let last = *oldest.last.get_or_insert(now);
            if now.saturating_duration_since(last) <= self.options.idle_timeout {
                return;
            }
            self.counters.idle += u64::from(!oldest.closed);
            self.close(place, CloseReason::Idle, sink);
            self.forget(place);
        }
    }

    /// Keeps what waits within its limits: of the direction that a segment was of, and of all, the oldest first.
    #[cold]
    fn waited(&mut self, place: u32, sender: usize, begins: bool, sink: &mut Sink<'_>) {
        while self.bytes_of(place, sender) > self.options.max_direction_bytes {
            self.give_up(place, sender, sink);
        }
        if let Some(connection) = self.connections.get_mut(place).filter(|_| begins) {
            self.waiting.push_back((place, connection.id, sender));
        }
        while self.bytes > self.options.max_bytes {
            let Some((place, id, sender)) = self.waiting.pop_front() else { return };
            while self.connections.get_mut(place).is_some_and(|connection| connection.id == id)
                && self.bytes_of(place, sender) > 0
            {
                self.give_up(place, sender, sink);
            }
        }
        if self.waiting.len() > 4 * self.connections.len() + 64 {
            let connections = &mut self.connections;
            self.waiting.retain(|(place, id, sender)| {
                let connection = connections.get_mut(*place).filter(|connection| connection.id == *id);
                connection.is_some_and(|connection| connection.halves.get(*sender).is_some_and(|half| half.cost() > 0))
            });
        }
    }

    fn bytes_of(&mut self, place: u32, sender: usize) -> usize {
        self.connections.get_mut(place).map_or(0, |connection| connection.cost_of(sender))
    }

    /// Gives up the first hole of a direction.
    fn give_up(&mut self, place: u32, sender: usize, sink: &mut Sink<'_>) {
        let Some(connection) = self.connections.get_mut(place) else { return };
        let (before, id) = (connection.cost(), connection.id);
        let mut told = Told { id, sink, counters: &mut self.counters };
        if let (Some(half), Some(direction)) = (connection.halves.get_mut(sender), DIRECTIONS.get(sender)) {
            half.give_up(*direction, GapReason::Limit, &mut told);
        }
        self.bytes = self.bytes + connection.cost() - before;
    }
}

impl Connection {
    #[inline]
    fn cost(&self) -> usize {
        self.halves.iter().map(Half::cost).sum()
    }

    #[inline]
    fn cost_of(&self, sender: usize) -> usize {
        self.halves.get(sender).map_or(0, Half::cost)
    }

    /// A segment: its acknowledgment for the other direction, its octets for its own.
    #[inline]
    fn take(&mut self, sender: usize, segment: Segment<'_>, overlap: StreamOverlap, told: &mut Told<'_, '_>) {
        let [client, server] = &mut self.halves;
        let (own, other) = if sender == 0 { (client, server) } else { (server, client) };
        let (direction, opposite) = if sender == 0 {
            (Direction::FromClient, Direction::FromServer)
        } else {
            (Direction::FromServer, Direction::FromClient)
        };
        if let Some(acknowledgment) = segment.acknowledgment {
            other.acknowledged(acknowledgment, opposite, told);
        }
        own.take(segment, direction, overlap, told);
    }

    /// How a segment ended the connection, if it did.
    #[inline]
    fn closes(&self, sender: usize, tcp: &Tcp<'_>) -> Option<CloseReason> {
        if tcp.flags().contains(TcpFlags::RST) {
            let half = self.halves.get(sender)?;
            return half.admits_reset(tcp.sequence_number()).then_some(CloseReason::Reset);
        }
        self.halves.iter().all(Half::is_closed).then_some(CloseReason::Fin)
    }
}

/// Hands events on, and counts.
struct Told<'t, 's> {
    id: StreamId,
    sink: &'t mut Sink<'s>,
    counters: &'t mut StreamCounters,
}

impl Told<'_, '_> {
    #[inline]
    fn tell(&mut self, event: StreamEvent<'_>) {
        (self.sink)(event);
    }

    #[inline]
    fn data(&mut self, direction: Direction, offset: u64, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.counters.octets += bytes.len() as u64;
            self.tell(StreamEvent::Data { stream: self.id, direction, offset, bytes });
        }
    }

    fn gap(&mut self, direction: Direction, offset: u64, length: u64, reason: GapReason) {
        self.counters.gaps += 1;
        self.counters.missing_octets += length;
        self.tell(StreamEvent::Gap { stream: self.id, direction, offset, length, reason });
    }
}

const DIRECTIONS: [Direction; 2] = [Direction::FromClient, Direction::FromServer];

//! One direction of a connection.

use super::super::pieces::{Pieces, Winner};
use super::{Direction, GapReason, StreamOverlap, Told};
use crate::packet::{Payload, Tcp, TcpFlags};

/// What of a segment counts here.
#[derive(Clone, Copy, Debug)]
pub(super) struct Segment<'a> {
    /// Of the first octet, which a SYN comes before.
    sequence: u32,
    bytes: &'a [u8],
    /// Octets on the wire.
    length: usize,
    syn: bool,
    fin: bool,
    pub(super) acknowledgment: Option<u32>,
}

impl<'a> Segment<'a> {
    #[inline]
    pub(super) fn new(tcp: &Tcp<'_>, payload: &Payload<'a>) -> Self {
        let flags = tcp.flags();
        let syn = flags.contains(TcpFlags::SYN);
        // What a reset carries is a text for people.
        let reset = flags.contains(TcpFlags::RST);
        Self {
            sequence: tcp.sequence_number().wrapping_add(u32::from(syn)),
            bytes: if reset { &[] } else { payload.bytes },
            length: if reset { 0 } else { payload.reported_len },
            syn,
            fin: flags.contains(TcpFlags::FIN) && !reset,
            acknowledgment: flags.contains(TcpFlags::ACK).then(|| tcp.acknowledgment_number()),
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct Half {
    /// Whether `next` says something.
    started: bool,
    /// The sequence number that is expected.
    next: u32,
    /// Octets that were handed on or are missing: where `next` is in the stream.
    offset: u64,
    /// The sequence number of the SYN, or of what stands in its place.
    base: Option<u32>,
    /// Where the FIN is.
    fin: Option<u64>,
    /// What came too early, by its place in the stream.
    waiting: Pieces,
}

impl Half {
    /// A direction whose first octet has this sequence number.
    pub(super) fn starting_at(first: u32) -> Self {
        Self { started: true, next: first, base: Some(first.wrapping_sub(1)), ..Self::default() }
    }

    /// The sequence number of the SYN, or what it must have been.
    pub(super) fn base(&self) -> Option<u32> {
        self.base
    }

    /// What waits takes in memory.
    #[inline]
    pub(super) fn cost(&self) -> usize {
        if self.waiting.is_empty() { 0 } else { self.waiting.cost() }
    }

    /// Whether the FIN came, and all before it.
    #[inline]
    pub(super) fn is_closed(&self) -> bool {
        self.fin.is_some_and(|fin| fin <= self.offset)
    }

    /// Whether a reset is in the window, as far as that can be known.
    pub(super) fn admits_reset(&self, sequence: u32) -> bool {
        !self.started || sequence.wrapping_sub(self.next) <= RESET_WINDOW || sequence.wrapping_add(1) == self.next
    }

    /// Whether nothing waits and nothing ended, so that an acknowledgment tells nothing.
    #[inline]
    pub(super) fn is_calm(&self) -> bool {
        self.waiting.is_empty() && self.fin.is_none() && self.base.is_some()
    }

    /// Whether such a segment is the one that is expected, and neither begins nor ends anything.
    #[inline]
    pub(super) fn is_next(&self, tcp: &Tcp<'_>) -> bool {
        let special = TcpFlags::SYN | TcpFlags::FIN | TcpFlags::RST;
        self.is_calm() && self.started && tcp.sequence_number() == self.next && !tcp.flags().intersects(special)
    }

    /// Passes over octets that are handed on; gives their place in the stream.
    #[inline]
    pub(super) fn pass(&mut self, length: usize) -> u64 {
        let offset = self.offset;
        self.offset += length as u64;
        self.next = self.next.wrapping_add(length as u32);
        offset
    }

    pub(super) fn take(
        &mut self,
        segment: Segment<'_>,
        direction: Direction,
        overlap: StreamOverlap,
        told: &mut Told<'_, '_>,
    ) {
        let restarts = segment.syn && self.offset == 0 && self.waiting.is_empty();
        if !self.started || restarts {
            (self.started, self.next) = (true, segment.sequence);
            self.base = Some(segment.sequence.wrapping_sub(1));
        }
        let distance = segment.sequence.wrapping_sub(self.next) as i32;
        if segment.fin && self.fin.is_none() {
            self.fin = self.offset.checked_add_signed(i64::from(distance) + segment.length as i64);
        }
        if segment.length == 0 {
            return;
        }
        if distance == 0 && self.waiting.is_empty() {
            return self.advance(segment.bytes, segment.length, direction, told);
        }
        self.out_of_order(segment, distance, direction, overlap, told);
    }

    /// The other end has everything before `acknowledgment`: what is missing of that was lost by the capture alone.
    #[inline]
    pub(super) fn acknowledged(&mut self, acknowledgment: u32, direction: Direction, told: &mut Told<'_, '_>) {
        if self.base.is_none() {
            self.base = Some(acknowledgment.wrapping_sub(1));
        }
        if (self.waiting.is_empty() && self.fin.is_none()) || !self.started {
            return;
        }
        let distance = acknowledgment.wrapping_sub(self.next) as i32;
        let Some(end) = self.offset.checked_add_signed(distance.into()) else { return };
        while self.waiting.start().is_some_and(|start| start < end) {
            self.give_up(direction, GapReason::Acknowledged, told);
        }
        if let Some(fin) = self.fin.filter(|fin| self.waiting.is_empty() && *fin < end && self.offset < *fin) {
            self.skip(fin, direction, GapReason::Acknowledged, told);
        }
    }

    /// Hands on all that waits.
    pub(super) fn flush(&mut self, direction: Direction, reason: GapReason, told: &mut Told<'_, '_>) {
        while !self.waiting.is_empty() {
            self.give_up(direction, reason, told);
        }
    }

    /// Gives up the first hole, and hands on what is behind it.
    pub(super) fn give_up(&mut self, direction: Direction, reason: GapReason, told: &mut Told<'_, '_>) {
        if let Some(start) = self.waiting.start() {
            self.skip(start, direction, reason, told);
            self.drain(direction, told);
        }
    }

    fn skip(&mut self, to: u64, direction: Direction, reason: GapReason, told: &mut Told<'_, '_>) {
        let length = to.saturating_sub(self.offset);
        if length > 0 {
            told.gap(direction, self.offset, length, reason);
            self.offset += length;
            self.next = self.next.wrapping_add(length as u32);
        }
    }

    #[cold]
    fn out_of_order(
        &mut self,
        segment: Segment<'_>,
        distance: i32,
        direction: Direction,
        overlap: StreamOverlap,
        told: &mut Told<'_, '_>,
    ) {
        let Segment { mut bytes, mut length, .. } = segment;
        let mut start = self.offset;
        if distance < 0 {
            let known = (distance.unsigned_abs() as usize).min(length);
            told.counters.duplicate_octets += known as u64;
            length -= known;
            bytes = bytes.get(known..).unwrap_or_default();
        } else {
            start += u64::from(distance.unsigned_abs());
            told.counters.early_segments += u64::from(distance > 0);
        }
        if length == 0 {
            return;
        }
        if start == self.offset && self.waiting.start().is_none_or(|first| first >= start + length as u64) {
            self.advance(bytes, length, direction, told);
            return self.drain(direction, told);
        }
        let winner = match overlap {
            StreamOverlap::Lower => Winner::Lower,
            StreamOverlap::First => Winner::Old,
            StreamOverlap::Last => Winner::New,
        };
        // Octets that the capture cut off are a hole like any other.
        let meeting = self.waiting.insert(start, bytes, winner);
        told.counters.duplicate_octets += meeting.overlap as u64;
        told.counters.conflicts += u64::from(meeting.conflict);
        self.drain(direction, told);
    }

    /// Hands on what waits and is next.
    fn drain(&mut self, direction: Direction, told: &mut Told<'_, '_>) {
        while self.waiting.start() == Some(self.offset) {
            let Some((_, bytes)) = self.waiting.pop_first() else { return };
            self.advance(&bytes, bytes.len(), direction, told);
        }
    }

    /// Hands on octets that are next; those of `length` that were not captured are missing.
    #[inline]
    fn advance(&mut self, bytes: &[u8], length: usize, direction: Direction, told: &mut Told<'_, '_>) {
        told.data(direction, self.offset, bytes);
        self.pass(bytes.len());
        if bytes.len() < length {
            let missing = (length - bytes.len()) as u64;
            self.next = self.next.wrapping_add(missing as u32);
            told.gap(direction, self.offset, missing, GapReason::CaptureLength);
            self.offset += missing;
        }
    }
}

/// A reset is taken that is so far ahead: what a window can be without scaling.
const RESET_WINDOW: u32 = 65_535;

//! What became of the segments of one connection: our own judgement, beside Wireshark's.
//!
//! Each direction is followed as its sender sees it: what was sent, what was acknowledged, cumulatively and selectively,
//! which holes the capture has, and whether the sender is recovering from a loss. A segment of old data is told apart by
//! evidence, the strongest first: the same packet twice (IP identification), the sender's clock (timestamps), the order of
//! IP identifications, selective acknowledgments, and the time that a reaction would have taken.
//!
//! Memory is bounded: a direction remembers [`MAX_HOLES`] holes and the fingerprints of [`RECENT`] segments.

mod cause;
mod clock;
mod limit;
mod recent;

use std::num::NonZero;

use clock::Clock;
use limit::Limit;
use recent::Recent;

use super::segment::{Judgement, Sack, Segment, Side, after, before};
use super::{Classification, DirectionStats, SegmentClass, TcpAnalysis};
use crate::packet::TcpFlags;

/// One TCP connection, as far as its segments were classified.
#[derive(Debug, Default)]
pub(super) struct Course {
    lines: [Line; 2],
}

/// What a segment changed, for the counters of both ends.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Verdict {
    pub(super) classification: Option<Classification>,
    /// Octets of the receiver that this segment acknowledges and the capture does not have.
    pub(super) missed: u64,
    /// The receiver's data was reported as received twice (RFC 2883).
    pub(super) duplicate_sack: bool,
    /// Octets of the receiver's data that this segment acknowledges.
    pub(super) acknowledged: u32,
    /// Nanoseconds since the receiver sent the timestamp that this segment echoes.
    pub(super) timestamp_rtt: Option<i64>,
    /// The segment is sent again, and went beyond the peer's window before.
    pub(super) overran: bool,
}

/// One direction.
#[derive(Debug, Default)]
struct Line {
    /// The first sequence number behind everything seen.
    highest: Option<u32>,
    /// When the last segment with data passed, old or new.
    sent_time: i64,
    /// What the peer has acknowledged, and when.
    acknowledged: Option<u32>,
    acknowledged_time: i64,
    /// How often the peer has repeated that.
    duplicate_acks: u32,
    /// When it last did.
    told_time: i64,
    /// The window last announced by this end, as it was announced and in octets.
    window: u16,
    scaled_window: u32,
    /// Up to where the peer has allowed this end to send.
    edge: Option<u32>,
    /// The peer had room for what lay beyond: the capture lacks acknowledgments that allowed more.
    edge_is_unsure: bool,
    /// Largest payload.
    segment_len: u32,
    /// Shortest time from data to its acknowledgment.
    round_trip: Option<NonZero<i64>>,
    loss: Option<Box<Loss>>,
    recent: Recent,
    clock: Clock,
    /// What the sender waits for, and since when.
    waits: Option<Limit>,
    waits_since: i64,
    /// Nanoseconds that it waited for itself, the network and the receiver.
    waited: [u64; 3],
}

/// What is lost of a direction, or seems to be: most have nothing of the kind.
#[derive(Debug, Default)]
struct Loss {
    /// The right edge of what the peer has beyond what it acknowledged, and how much it is.
    sacked: Option<(u32, u32)>,
    sack: Sack,
    recovery: Option<Recovery>,
    holes: Vec<Hole>,
    /// What was sent beyond the peer's window, in order.
    overruns: Vec<Overrun>,
}

/// Sequence numbers beyond the peer's window.
#[derive(Clone, Copy, Debug)]
struct Overrun {
    left: u32,
    right: u32,
    /// Octets at the left of a segment that began within the window: a peer may take it as a whole.
    begun: u32,
    /// Octets that were sent again.
    resent: u32,
}

/// How fast things go, in nanoseconds.
#[derive(Clone, Copy, Debug)]
struct Pace {
    /// From the sender to the receiver and back; 0 if that is not known.
    round_trip: i64,
    /// What the sender needs at most to answer what passes the place of the capture.
    reaction: i64,
}

impl Pace {
    /// From the time of the handshake, and from that between the place of the capture and each end.
    fn of(initial: Option<i64>, to_receiver: Option<i64>, to_sender: Option<i64>) -> Self {
        let seen = to_receiver.map(|time| time.saturating_add(to_sender.unwrap_or(0)));
        let round_trip = initial.into_iter().chain(seen).min().unwrap_or(0);
        let reaction = to_sender.unwrap_or(round_trip);
        Self { round_trip, reaction: (reaction.saturating_add(reaction / 2)).saturating_add(MIN_REACTION) }
    }
}

/// A sender makes up for a loss until everything up to `point` is acknowledged.
#[derive(Clone, Copy, Debug)]
struct Recovery {
    point: u32,
    by_timeout: bool,
    /// When the first segment was sent again.
    began: i64,
    /// The first sequence number behind what was sent again.
    resent: u32,
}

/// Sequence numbers that were skipped.
#[derive(Clone, Copy, Debug)]
struct Hole {
    left: u32,
    right: u32,
    opened: i64,
    /// Of the segment behind it.
    timestamp: Option<u32>,
    identification: Option<u16>,
    /// That segment has no data.
    is_told: bool,
}

impl Course {
    /// Classifies a segment sent by end `from`, which Wireshark judges so.
    #[inline]
    pub(super) fn observe(&mut self, from: Side, segment: &Segment, judgement: &Judgement) -> Verdict {
        let Judgement { analysis, initial_rtt, ack_rtt, .. } = *judgement;
        let [low, high] = &mut self.lines;
        let (sender, receiver) = if from == Side::Low { (low, high) } else { (high, low) };
        if let Some(copy) = sender.recent.add(segment, initial_rtt.or(sender.round_trip())) {
            return Verdict { classification: Some(copy), ..Verdict::default() };
        }
        if let Some(rtt) = ack_rtt {
            receiver.round_trip =
                receiver.round_trip.map_or(NonZero::new(rtt), |least| NonZero::new(least.get().min(rtt)));
        }
        let mut verdict = Verdict::default();
        if segment.flags.contains(TcpFlags::ACK) {
            receiver.acknowledge(segment, sender.window, &mut verdict);
            receiver.allow(segment.acknowledgment.wrapping_add(judgement.window));
        }
        if let Some((value, echo_reply)) = segment.timestamps {
            verdict.timestamp_rtt = receiver.clock.echo(echo_reply, segment.time);
            sender.clock.send(value, segment.time);
        }
        sender.window = segment.window;
        sender.scaled_window = judgement.window;
        let consumes = u32::from(segment.flags.intersects(TcpFlags::SYN | TcpFlags::FIN));
        // One octet that was not acknowledged is no keep-alive, whatever Wireshark says.
        let alive = analysis.contains(TcpAnalysis::KEEP_ALIVE) && (segment.len == 0 || !sender.is_waiting());
        let probe = alive || analysis.contains(TcpAnalysis::ZERO_WINDOW_PROBE) || segment.flags.contains(TcpFlags::RST);
        if segment.len + consumes > 0 && !probe {
            let pace = Pace::of(initial_rtt, sender.round_trip(), receiver.round_trip());
            verdict.classification = sender.send(segment, segment.len.wrapping_add(consumes), pace);
            let class = verdict.classification.map(|verdict| verdict.class);
            if class.is_some_and(SegmentClass::is_retransmission) {
                // What the peer had, it had room for.
                let is_needed = class != Some(SegmentClass::RetransmissionSpurious);
                verdict.overran = sender.resend(segment) && is_needed && !sender.edge_is_unsure;
            }
        } else if segment.flags.contains(TcpFlags::ACK) && !segment.flags.intersects(CONTROL) && !probe {
            sender.reveal(segment);
        }
        verdict
    }

    /// Whether an IP identification goes on with those of an end; `None` where those do not count.
    pub(super) fn goes_on(&self, from: Side, identification: Option<u16>) -> Option<bool> {
        let [low, high] = &self.lines;
        (if from == Side::Low { low } else { high }).recent.goes_on(identification?)
    }

    /// Adds the time that passed to what each end waited for in it.
    #[inline]
    pub(super) fn pass(&mut self, now: i64) {
        let [low, high] = &mut self.lines;
        let limits = (low.limit(high.scaled_window), high.limit(low.scaled_window));
        low.pass(now, limits.0);
        high.pass(now, limits.1);
    }

    /// States what each end waited for.
    pub(super) fn finish(&self, client: Side, client_stats: &mut DirectionStats, server_stats: &mut DirectionStats) {
        let [low, high] = &self.lines;
        let (own, peer) = if client == Side::Low { (low, high) } else { (high, low) };
        own.state(client_stats);
        peer.state(server_stats);
    }

    /// Octets on the heap.
    pub(super) fn heap_len(&self) -> usize {
        let losses = self.lines.iter().filter_map(|line| line.loss.as_ref());
        let lists =
            |loss: &Loss| loss.holes.capacity() * size_of::<Hole>() + loss.overruns.capacity() * size_of::<Overrun>();
        losses.map(|loss| size_of::<Loss>() + lists(loss)).sum()
    }
}

impl Line {
    /// Takes note of what the peer acknowledges.
    fn acknowledge(&mut self, segment: &Segment, window: u16, verdict: &mut Verdict) {
        let number = segment.acknowledgment;
        let known = *self.acknowledged.get_or_insert_with(|| {
            self.acknowledged_time = segment.time;
            number
        });
        if after(number, known) && number.wrapping_sub(known) < MAX_JUMP {
            verdict.acknowledged = number.wrapping_sub(known);
            self.advance(segment, verdict);
        } else if number == known && segment.len == 0 && !segment.flags.intersects(CONTROL) {
            let in_flight = self.highest.is_some_and(|highest| after(highest, number));
            // With selective acknowledgments, a change of the window makes no difference (RFC 6675 section 2).
            if in_flight && (segment.window == window || !segment.sack.is_empty()) {
                self.duplicate_acks = self.duplicate_acks.saturating_add(1);
                self.told_time = segment.time;
            }
        }
        if before(number, known) || segment.sack.is_empty() && self.loss.is_none() {
            return;
        }
        verdict.duplicate_sack = segment.sack.reports_duplicate(number);
        let loss = self.loss.get_or_insert_default();
        loss.sack = segment.sack;
        let beyond = segment.sack.blocks().filter(|(left, _)| !before(*left, number));
        loss.sacked = beyond.fold(None, |sum: Option<(u32, u32)>, (left, right)| {
            let (edge, octets) = sum.unwrap_or((right, 0));
            Some((if after(right, edge) { right } else { edge }, octets.saturating_add(right.wrapping_sub(left))))
        });
    }

    /// The peer allows octets up to `edge`; a window that shrinks takes back nothing that was allowed.
    fn allow(&mut self, edge: u32) {
        if self.edge.is_none_or(|known| after(edge, known)) {
            self.edge = Some(edge);
        }
    }

    /// Notes a segment that is sent again; whether its first octet went beyond the peer's window before.
    fn resend(&mut self, segment: &Segment) -> bool {
        let (left, right) = (segment.sequence, segment.sequence.wrapping_add(segment.len));
        let mut has_overrun = false;
        for overrun in self.loss.iter_mut().flat_map(|loss| &mut loss.overruns) {
            overrun.resent = overrun.resent.saturating_add(overrun.octets(left, right));
            has_overrun |= !before(left, overrun.left) && before(left, overrun.right);
        }
        has_overrun
    }

    /// Whether anything was sent that was not acknowledged.
    fn is_waiting(&self) -> bool {
        self.highest.zip(self.acknowledged).is_some_and(|(highest, acknowledged)| after(highest, acknowledged))
    }

    /// Takes note of an acknowledgment of something new.
    fn advance(&mut self, segment: &Segment, verdict: &mut Verdict) {
        let number = segment.acknowledgment;
        self.acknowledged = Some(number);
        self.acknowledged_time = segment.time;
        self.duplicate_acks = 0;
        if let Some(loss) = &mut self.loss {
            loss.recovery = loss.recovery.filter(|recovery| before(number, recovery.point));
            self.edge_is_unsure |= loss.overruns.iter().any(|overrun| overrun.is_taken(number));
            loss.overruns.retain(|overrun| before(number, overrun.right));
        }
        if !segment.sack.is_empty() {
            self.told_time = segment.time;
        }
        let Some(highest) = self.highest else { return };
        verdict.missed = self.loss.as_mut().map_or(0, |loss| loss.close_holes(number));
        if after(number, highest) {
            verdict.missed += u64::from(number.wrapping_sub(highest));
            self.highest = Some(number);
        }
    }

    fn send(&mut self, segment: &Segment, len: u32, pace: Pace) -> Option<Classification> {
        let (sequence, end) = (segment.sequence, segment.sequence.wrapping_add(len));
        // What was acknowledged before anything was seen is the beginning, where the capture has only one direction of it.
        let highest = *self.highest.get_or_insert(sequence);
        let jump = sequence.wrapping_sub(highest).cast_signed().unsigned_abs();
        if jump > MAX_JUMP {
            return None;
        }
        let classification = before(sequence, highest).then(|| self.classify(segment, end, pace)).flatten();
        if after(sequence, highest) {
            self.loss.get_or_insert_default().skip(highest, segment);
        }
        if let Some(loss) = self.loss.as_mut().filter(|_| !before(sequence, highest)) {
            loss.pass(segment);
        }
        if let Some(edge) = self.edge.filter(|edge| segment.len > 0 && after(end, *edge) && after(end, highest)) {
            self.loss.get_or_insert_default().overrun(edge, sequence, end);
        }
        if !before(end, highest) {
            self.highest = Some(end);
        }
        self.sent_time = segment.time;
        self.segment_len = self.segment_len.max(segment.len);
        classification
    }

    /// An acknowledgment tells, too, how far its sender has come: what it skips was sent, and the capture lacks it so far.
    fn reveal(&mut self, segment: &Segment) {
        let Some(highest) = self.highest.filter(|highest| after(segment.sequence, *highest)) else { return };
        if segment.sequence.wrapping_sub(highest) <= MAX_JUMP {
            self.loss.get_or_insert_default().skip(highest, segment);
            self.highest = Some(segment.sequence);
        }
    }

    fn round_trip(&self) -> Option<i64> {
        self.round_trip.map(NonZero::get)
    }
}

impl Loss {
    /// Forgets the holes before `number`; their octets.
    fn close_holes(&mut self, number: u32) -> u64 {
        let mut missed = 0;
        if !self.holes.is_empty() {
            self.holes.retain_mut(|hole| {
                if !before(hole.left, number) {
                    return true;
                }
                let end = if after(hole.right, number) { number } else { hole.right };
                missed += u64::from(end.wrapping_sub(hole.left));
                hole.left = end;
                hole.left != hole.right
            });
        }
        missed
    }

    /// Remembers that the capture has nothing from `left` to the segment.
    fn skip(&mut self, left: u32, segment: &Segment) {
        if self.holes.len() >= MAX_HOLES {
            self.holes.remove(0);
        }
        self.holes.push(Hole { left, ..Hole::before(segment) });
    }

    /// New data has come: what acknowledgments told of lies before it from here on.
    fn pass(&mut self, segment: &Segment) {
        for hole in self.holes.iter_mut().filter(|hole| hole.is_told) {
            *hole = Hole { left: hole.left, right: hole.right, ..Hole::before(segment) };
        }
    }

    /// Remembers that what lies between goes beyond the peer's window, which ends at `edge`.
    fn overrun(&mut self, edge: u32, sequence: u32, end: u32) {
        let is_begun = after(edge, sequence);
        let left = if is_begun { edge } else { sequence };
        if let Some(last) = self.overruns.last_mut().filter(|last| last.right == left) {
            last.right = end;
            return;
        }
        if self.overruns.len() >= MAX_OVERRUNS {
            self.overruns.remove(0);
        }
        let begun = if is_begun { end.wrapping_sub(left) } else { 0 };
        self.overruns.push(Overrun { left, right: end, begun, resent: 0 });
    }

    /// Takes the segment from `left` to `right` out of the holes; the hole that it filled all of itself.
    fn fill(&mut self, left: u32, right: u32) -> Option<Hole> {
        let at = self.holes.iter().position(|hole| before(left, hole.right) && after(right, hole.left))?;
        let hole = *self.holes.get(at)?;
        let new = !before(left, hole.left) && !after(right, hole.right);
        self.holes.remove(at);
        if after(hole.right, right) {
            self.holes.insert(at, Hole { left: right, ..hole });
        }
        if after(left, hole.left) && self.holes.len() < MAX_HOLES {
            self.holes.insert(at, Hole { right: left, ..hole });
        }
        new.then_some(hole)
    }
}

impl Hole {
    /// One up to the segment, which opens it.
    fn before(segment: &Segment) -> Self {
        Self {
            left: segment.sequence,
            right: segment.sequence,
            opened: segment.time,
            timestamp: segment.timestamps.map(|(value, _)| value),
            identification: segment.identification,
            is_told: segment.len == 0 && !segment.flags.intersects(CONTROL),
        }
    }
}

impl Overrun {
    /// Octets from `left` to `right` that are among it.
    fn octets(&self, left: u32, right: u32) -> u32 {
        let left = if after(left, self.left) { left } else { self.left };
        let right = if before(right, self.right) { right } else { self.right };
        if after(right, left) { right.wrapping_sub(left) } else { 0 }
    }

    /// Whether the peer, which acknowledges all before `number`, took more of it than was sent again.
    fn is_taken(&self, number: u32) -> bool {
        self.octets(self.left, number) > self.begun.saturating_add(self.resent)
    }
}

/// A retransmission of `kind`, of which we are so sure.
fn certain(class: SegmentClass, confidence: f32) -> Classification {
    Classification { class, confidence }
}

const CONTROL: TcpFlags = TcpFlags(TcpFlags::SYN.0 | TcpFlags::FIN.0 | TcpFlags::RST.0);
/// Holes that a direction remembers.
const MAX_HOLES: usize = 64;
/// Ranges beyond the peer's window that a direction remembers.
const MAX_OVERRUNS: usize = 16;
/// Segments of which a direction remembers a fingerprint.
const RECENT: usize = 8;
/// Every kernel answers within that, if it answers at once.
const MIN_REACTION: i64 = 5_000_000;
/// A sequence number that is farther off than the largest window is damaged (RFC 7323 section 2.2).
const MAX_JUMP: u32 = 1 << 30;

#[cfg(test)]
mod tests;

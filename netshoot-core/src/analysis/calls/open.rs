//! A call that is not over, and its time so far.

use std::time::Duration;

use super::{Call, CallProtocol, CallTime, HttpCall, Moment};
use crate::capture::Timestamp;

/// Which end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Client,
    Server,
}

/// How far a call is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// The client sends; where messages do not tell their end, it may also have sent all.
    Request,
    /// The request is complete.
    Waiting,
    /// The server sends.
    Response,
}

#[derive(Debug)]
pub(super) struct OpenCall {
    pub(super) phase: Phase,
    pub(super) protocol: CallProtocol,
    /// Up to where its time is divided.
    divided: i64,
    began: Mark,
    /// Time of the frame in which it did, and its first sequence number.
    time: i64,
    sequence: u32,
    request_bytes: u64,
    response_bytes: u64,
    /// Where the last octet of the request was, and the sequence number behind it.
    asked: Mark,
    asked_sequence_end: u32,
    server_ack: Option<i64>,
    answered: Option<Mark>,
    /// When the client closed its side, where nothing of a response had come until then.
    given_up: Option<i64>,
    ended: Mark,
    parts: Parts,
    pending: Pending,
    pub(super) retransmissions: u32,
    pub(super) http: Option<HttpCall>,
}

/// What of a moment is kept.
#[derive(Clone, Copy, Debug)]
struct Mark {
    clock: i64,
    frame: u64,
}

/// Nanoseconds of each part.
#[derive(Clone, Copy, Debug, Default)]
struct Parts {
    network: i64,
    server: i64,
    client: i64,
    recovery: i64,
    receiver_stall: i64,
    blind: i64,
}

/// Nanoseconds since the last octets, which the next will divide.
#[derive(Clone, Copy, Debug, Default)]
struct Pending {
    /// Nothing special.
    idle: i64,
    /// What of it passed before an acknowledgment of octets in flight.
    in_flight: Option<i64>,
    recovery: i64,
    receiver_stall: i64,
    /// While octets were missing before others.
    hole: i64,
    /// Those are not to come.
    is_lost: bool,
}

/// What it was that time passed with.
#[derive(Clone, Copy, Debug)]
pub(super) enum Passing {
    Idle,
    Hole,
    Stall,
}

/// The round trips from the capture point to the ends and back, in nanoseconds; 0 is not known.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct RoundTrips {
    pub(super) client: i64,
    pub(super) server: i64,
}

impl OpenCall {
    pub(super) fn new(protocol: CallProtocol, moment: &Moment) -> Self {
        let began = Mark::of(moment);
        Self {
            phase: Phase::Request,
            protocol,
            divided: began.clock,
            began,
            time: moment.time,
            sequence: moment.sequence,
            request_bytes: 0,
            response_bytes: 0,
            asked: began,
            asked_sequence_end: moment.sequence_end,
            server_ack: None,
            answered: None,
            given_up: None,
            ended: began,
            parts: Parts::default(),
            pending: Pending::default(),
            retransmissions: 0,
            http: None,
        }
    }

    /// The sequence number of the request's first segment.
    pub(super) fn request_sequence(&self) -> u32 {
        self.sequence
    }

    /// Time passes.
    #[inline]
    pub(super) fn pass(&mut self, nanos: i64, how: Passing) {
        match how {
            Passing::Idle => self.pending.idle += nanos,
            Passing::Hole => self.pending.hole += nanos,
            Passing::Stall => self.pending.receiver_stall += nanos,
        }
    }

    /// Octets are sent again that the receiver does not have.
    pub(super) fn recover(&mut self) {
        self.pending.recovery += self.pending.idle;
        (self.pending.idle, self.pending.in_flight) = (0, None);
    }

    /// The client says nothing more.
    pub(super) fn give_up(&mut self, now: i64) {
        if self.answered.is_none() {
            self.given_up.get_or_insert(now);
        }
    }

    /// The capture lacks octets.
    pub(super) fn lose(&mut self) {
        self.pending.is_lost = true;
    }

    /// The peer of `sender` acknowledged something new.
    #[inline]
    pub(super) fn acknowledge(&mut self, sender: End, moment: &Moment) {
        match (self.phase, sender) {
            (Phase::Response, End::Server) | (Phase::Request | Phase::Waiting, End::Client) => {
                self.pending.in_flight = Some(self.pending.idle);
            }
            _ => {}
        }
        if sender == End::Client && self.server_ack.is_none() && self.answered.is_none() {
            let acknowledged = moment.acknowledgment.wrapping_sub(self.asked_sequence_end);
            if acknowledged.cast_signed() >= 0 {
                self.server_ack = Some(moment.clock - self.asked.clock);
            }
        }
    }

    /// Octets of the request, with the last of which it may be complete.
    pub(super) fn ask(&mut self, octets: u64, moment: &Moment, trips: RoundTrips) {
        self.request_bytes = self.request_bytes.saturating_add(octets);
        if self.phase == Phase::Request {
            self.divide(End::Client, moment.clock, trips);
            (self.asked, self.server_ack) = (Mark::of(moment), None);
            self.asked_sequence_end = moment.sequence_end;
            self.ended = self.asked;
        }
    }

    /// The first octet of the response.
    pub(super) fn begin_response(&mut self, moment: &Moment, trips: RoundTrips) {
        self.inform(moment, trips);
        self.phase = Phase::Response;
        self.answered.get_or_insert(Mark::of(moment));
    }

    /// The server says something that is no response yet.
    pub(super) fn inform(&mut self, moment: &Moment, trips: RoundTrips) {
        // The turn was the server's, whatever was acknowledged.
        self.pending.in_flight = None;
        self.divide_for(End::Server, moment.clock, trips, trips.server);
    }

    /// Octets of the response.
    #[inline]
    pub(super) fn answer(&mut self, octets: u64, moment: &Moment, trips: RoundTrips) {
        self.response_bytes = self.response_bytes.saturating_add(octets);
        self.divide(End::Server, moment.clock, trips);
        self.ended = Mark::of(moment);
    }

    #[inline]
    fn divide(&mut self, sender: End, now: i64, trips: RoundTrips) {
        if now > self.divided {
            self.divide_for(sender, now, trips, trips.client + trips.server);
        }
    }

    /// Divides what is pending among the parts: `sender` has sent, and may have waited for a round trip of `trip`.
    fn divide_for(&mut self, sender: End, now: i64, trips: RoundTrips, trip: i64) {
        let Pending { idle, in_flight, recovery, receiver_stall, hole, is_lost } = std::mem::take(&mut self.pending);
        let own_trip = if sender == End::Server { trips.server } else { trips.client };
        let network = match in_flight {
            Some(in_flight) => in_flight + (idle - in_flight).min(own_trip),
            None => idle.min(trip),
        };
        self.parts.network += network;
        match sender {
            End::Client => self.parts.client += idle - network,
            End::Server => self.parts.server += idle - network,
        }
        self.parts.recovery += recovery;
        self.parts.receiver_stall += receiver_stall;
        *(if is_lost { &mut self.parts.blind } else { &mut self.parts.recovery }) += hole;
        self.divided = now;
    }

    /// What is pending when nothing more comes: the turn was the server's, if it has the request.
    fn abandon(&mut self, now: i64, trips: RoundTrips) {
        let Pending { idle, hole, .. } = self.pending;
        self.parts.blind += hole;
        (self.pending.idle, self.pending.hole) = (0, 0);
        let network = if self.server_ack.is_some() { idle.min(trips.server) } else { idle };
        self.parts.network += network;
        self.parts.server += idle - network;
        self.divide_for(End::Server, now, trips, 0);
    }

    /// The call as it is at its end; `now` counts where no response came.
    pub(super) fn finish(mut self, flow_id: u32, number: u32, is_complete: bool, now: i64, trips: RoundTrips) -> Call {
        if self.answered.is_none() {
            self.abandon(now, trips);
            self.ended.clock = now;
        }
        let elapsed = |from: &Mark, to: &Mark| duration(to.clock - from.clock);
        let answered = self.answered;
        Call {
            flow_id,
            number,
            protocol: self.protocol,
            time: Timestamp::from_nanos(self.time),
            request_bytes: self.request_bytes,
            response_bytes: self.response_bytes,
            server_ack: self.server_ack.map(duration),
            time_to_first_byte: answered.map(|answered| elapsed(&self.asked, &answered)),
            transfer: answered.map(|answered| elapsed(&answered, &self.ended)),
            total: elapsed(&self.began, &self.ended),
            parts: self.parts.durations(),
            retransmissions: self.retransmissions,
            is_complete: is_complete && answered.is_some(),
            http: self.http,
            request_frame: self.began.frame,
            request_end_frame: self.asked.frame,
            response_frame: answered.map(|answered| answered.frame),
            response_end_frame: answered.map(|_| self.ended.frame),
            given_up: self.given_up.map(|now| duration(now - self.asked.clock)),
        }
    }

    pub(super) fn heap_len(&self) -> usize {
        self.http.as_ref().map_or(0, |http| http.heap_len())
    }
}

impl Mark {
    fn of(moment: &Moment) -> Self {
        Self { clock: moment.clock, frame: moment.frame }
    }
}

impl Parts {
    fn durations(&self) -> CallTime {
        CallTime {
            network: duration(self.network),
            server: duration(self.server),
            client: duration(self.client),
            recovery: duration(self.recovery),
            receiver_stall: duration(self.receiver_stall),
            blind: duration(self.blind),
        }
    }
}

/// Clocks do not run backwards here.
fn duration(nanos: i64) -> Duration {
    Duration::from_nanos(nanos.max(0).cast_unsigned())
}

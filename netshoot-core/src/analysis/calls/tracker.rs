//! The calls of one flow.

use std::collections::VecDeque;

use super::open::{End, OpenCall, Passing, Phase, RoundTrips};
use super::{Call, CallProtocol, HttpCall, Moment};
use crate::analysis::log::Log;

#[derive(Debug)]
pub(super) struct Tracker {
    /// In the order of their requests.
    open: VecDeque<OpenCall>,
    /// Octets that those have on the heap.
    texts: usize,
    pub(super) flow_id: u32,
    /// Number of the next call.
    next: u32,
    pub(super) protocol: CallProtocol,
    pub(super) trips: RoundTrips,
    /// Which end has its window closed: client, server.
    pub(super) is_shut: [bool; 2],
    /// Octets are missing before others.
    pub(super) has_hole: bool,
}

impl Tracker {
    pub(super) fn new(flow_id: u32) -> Self {
        Self {
            open: VecDeque::new(),
            texts: 0,
            flow_id,
            next: 0,
            protocol: CallProtocol::Other,
            trips: RoundTrips::default(),
            is_shut: [false; 2],
            has_hole: false,
        }
    }

    #[inline]
    pub(super) fn is_idle(&self) -> bool {
        self.open.is_empty()
    }

    #[inline]
    pub(super) fn pass(&mut self, nanos: i64) {
        for call in &mut self.open {
            let [client, server] = self.is_shut;
            // Whose octets are under way, and who has no room for them.
            let stalls = match call.phase {
                Phase::Request => server || client,
                Phase::Waiting | Phase::Response => client,
            };
            let how = match (self.has_hole, stalls) {
                (true, _) => Passing::Hole,
                (_, true) => Passing::Stall,
                _ => Passing::Idle,
            };
            call.pass(nanos, how);
        }
    }

    /// What `sender` sent was acknowledged.
    #[inline]
    pub(super) fn acknowledge(&mut self, sender: End, moment: &Moment) {
        self.open.iter_mut().for_each(|call| call.acknowledge(sender, moment));
    }

    pub(super) fn retransmit(&mut self, is_missing: bool) {
        for call in &mut self.open {
            call.retransmissions = call.retransmissions.saturating_add(1);
            if is_missing {
                call.recover();
            }
        }
    }

    /// The client says nothing more.
    pub(super) fn give_up(&mut self, now: i64) {
        self.open.iter_mut().for_each(|call| call.give_up(now));
    }

    pub(super) fn lose(&mut self) {
        self.open.iter_mut().for_each(OpenCall::lose);
    }

    /// Octets of an end where messages do not tell where they end.
    #[inline]
    pub(super) fn turn(&mut self, sender: End, octets: u64, moment: &Moment, log: &mut Log<Call>) {
        match sender {
            End::Client => {
                if self.open.back().is_none_or(|call| call.phase != Phase::Request) {
                    self.finish_all(true, moment.clock, log);
                    self.begin(moment, log);
                }
                self.ask(octets, moment);
            }
            End::Server => {
                let trips = self.trips;
                let Some(call) = self.open.front_mut() else { return };
                if call.phase != Phase::Response {
                    let acknowledged = moment.acknowledgment.wrapping_sub(call.request_sequence()).cast_signed() > 0;
                    if !acknowledged {
                        return;
                    }
                    call.begin_response(moment, trips);
                }
                call.answer(octets, moment, trips);
            }
        }
    }

    /// A request begins.
    pub(super) fn begin(&mut self, moment: &Moment, log: &mut Log<Call>) {
        if self.open.len() >= MAX_OPEN {
            self.finish(false, moment.clock, log);
        }
        if self.open.is_empty() {
            // Mostly it stays at one.
            self.open.reserve_exact(1);
        }
        self.open.push_back(OpenCall::new(self.protocol, moment));
    }

    /// Whether the client's next octets begin a call, where messages do not tell.
    pub(super) fn begins(&self) -> bool {
        self.open.back().is_none_or(|call| call.phase == Phase::Response)
    }

    pub(super) fn name(&mut self, http: HttpCall) {
        if let Some(call) = self.open.back_mut() {
            self.texts -= call.heap_len();
            call.http = Some(http);
            self.texts += call.heap_len();
        }
    }

    pub(super) fn ask(&mut self, octets: u64, moment: &Moment) {
        let trips = self.trips;
        if let Some(call) = self.open.back_mut() {
            call.ask(octets, moment, trips);
        }
    }

    /// The request is complete.
    pub(super) fn asked(&mut self) {
        if let Some(call) = self.open.back_mut().filter(|call| call.phase == Phase::Request) {
            call.phase = Phase::Waiting;
        }
    }

    /// The method of the call that the next response is of.
    pub(super) fn method(&self) -> Option<&str> {
        self.open.front()?.http.as_ref().map(|http| http.method())
    }

    /// The head of a response, and the octets before its body.
    pub(super) fn status(&mut self, status: u16) {
        if let Some(http) = self.open.front_mut().and_then(|call| call.http.as_mut()) {
            http.status = Some(status);
        }
    }

    /// A response that is none yet.
    pub(super) fn inform(&mut self, moment: &Moment) {
        let trips = self.trips;
        if let Some(call) = self.open.front_mut() {
            call.inform(moment, trips);
        }
    }

    /// Octets of a response, the first of which may begin it.
    #[inline]
    pub(super) fn answer(&mut self, octets: u64, moment: &Moment) {
        let trips = self.trips;
        if let Some(call) = self.open.front_mut() {
            if call.phase != Phase::Response {
                call.begin_response(moment, trips);
            }
            call.answer(octets, moment, trips);
        }
    }

    /// Whether a response is under way.
    pub(super) fn is_answering(&self) -> bool {
        self.open.front().is_some_and(|call| call.phase == Phase::Response)
    }

    /// Ends the first call.
    pub(super) fn finish(&mut self, is_complete: bool, now: i64, log: &mut Log<Call>) {
        if let Some(call) = self.open.pop_front() {
            self.texts -= call.heap_len();
            log.push(call.finish(self.flow_id, self.next, is_complete, now, self.trips));
            self.next = self.next.wrapping_add(1);
        }
        if self.open.is_empty() && self.open.capacity() > 1 {
            self.open = VecDeque::new();
        }
    }

    pub(super) fn finish_all(&mut self, is_complete: bool, now: i64, log: &mut Log<Call>) {
        while !self.open.is_empty() {
            self.finish(is_complete, now, log);
        }
    }

    pub(super) fn heap_len(&self) -> usize {
        self.texts + self.open.capacity() * size_of::<OpenCall>()
    }
}

/// Requests that may wait for their responses at a time.
const MAX_OPEN: usize = 32;

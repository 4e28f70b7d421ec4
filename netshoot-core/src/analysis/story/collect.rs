//! What the frames of a flow tell, as they pass.

use std::time::Duration;

use crate::analysis::trace::{Offer, Step, TcpStep};
use crate::analysis::{SegmentClass, TcpAnalysis};
use crate::capture::Timestamp;
use crate::packet::TcpFlags;

/// What the frames told.
#[derive(Debug, Default)]
pub(super) struct Collected {
    /// Of client and server.
    pub(super) ends: [End; 2],
    pub(super) losses: Bounded<Loss>,
    pub(super) closed_windows: Bounded<ClosedWindow>,
    pub(super) silences: Bounded<Silence>,
    last: Option<(Timestamp, u64)>,
}

/// What is known of an end.
#[derive(Debug, Default)]
pub(super) struct End {
    pub(super) offer: Option<Offer>,
    /// SYNs, with ACK or without.
    pub(super) syn: Span,
    /// The first ACK without SYN.
    pub(super) ack: Span,
    pub(super) data: Span,
    pub(super) octets: u64,
    pub(super) fin: Span,
    pub(super) reset: Span,
    pub(super) keep_alives: Span,
    pub(super) reordered: Span,
    pub(super) duplicated: Span,
    pub(super) captured_twice: Span,
    /// Acknowledgments of this end of what the capture does not have.
    pub(super) missed: Span,
    pub(super) missed_octets: u64,
    /// What follows the last octet sent.
    highest: u64,
    duplicate_acks: u32,
    loss: Option<Loss>,
    closed: Option<ClosedWindow>,
}

/// Frames, of which the first and the last are known.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Span {
    pub(super) count: u64,
    pub(super) first: (Timestamp, u64),
    pub(super) last: (Timestamp, u64),
}

/// Segments that were sent again, up to when everything sent before was acknowledged.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Loss {
    pub(super) by_client: bool,
    pub(super) span: Span,
    pub(super) octets: u64,
    pub(super) fast: u64,
    pub(super) timeout: u64,
    pub(super) spurious: u64,
    pub(super) tail: u64,
    /// How long the sender waited before it sent the first again after a timeout.
    pub(super) waited: Option<Duration>,
    pub(super) duplicate_acks: u32,
    /// What has to be acknowledged.
    point: u64,
    pub(super) acknowledged: Option<(Timestamp, u64)>,
}

/// A receive window, from when it was closed to when it was opened.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ClosedWindow {
    pub(super) by_client: bool,
    pub(super) span: Span,
    pub(super) probes: u64,
    pub(super) opened: Option<(Timestamp, u64)>,
}

/// Nobody said anything.
#[derive(Clone, Copy, Debug)]
pub(super) struct Silence {
    pub(super) since: (Timestamp, u64),
    pub(super) until: (Timestamp, u64),
    /// Who spoke first again.
    pub(super) by_client: bool,
}

/// The first of many.
#[derive(Debug)]
pub(super) struct Bounded<T> {
    pub(super) kept: Vec<T>,
    pub(super) further: u64,
}

impl Collected {
    pub(super) fn push(&mut self, step: &Step) {
        let at = (step.time, step.frame);
        let from = usize::from(!step.from_client);
        if let Some(tcp) = &step.tcp {
            self.tcp(step, tcp, from);
        }
        if let Some(end) = self.ends.get_mut(from)
            && step.payload > 0
        {
            end.data.add(at);
            end.octets = end.octets.saturating_add(step.payload);
        }
        self.listen(step);
    }

    /// What goes on to the end of the flow.
    pub(super) fn losses(&self) -> impl Iterator<Item = &Loss> {
        self.losses.kept.iter().chain(self.ends.iter().filter_map(|end| end.loss.as_ref()))
    }

    pub(super) fn closed_windows(&self) -> impl Iterator<Item = &ClosedWindow> {
        self.closed_windows.kept.iter().chain(self.ends.iter().filter_map(|end| end.closed.as_ref()))
    }

    fn tcp(&mut self, step: &Step, tcp: &TcpStep, from: usize) {
        let at = (step.time, step.frame);
        let [client, server] = &mut self.ends;
        let (own, peer) = if from == 0 { (client, server) } else { (server, client) };
        own.note_control(at, tcp);
        let class = tcp.verdict.classification.map(|verdict| verdict.class);
        match class {
            Some(SegmentClass::Reordered) => own.reordered.add(at),
            Some(SegmentClass::DuplicateNetwork) => own.duplicated.add(at),
            Some(SegmentClass::DuplicateCapture) => return own.captured_twice.add(at),
            _ => {}
        }
        if tcp.verdict.missed > 0 {
            own.missed.add(at);
            own.missed_octets = own.missed_octets.saturating_add(tcp.verdict.missed);
        }
        if let Some((number, _)) = tcp.judgement.duplicate {
            own.duplicate_acks = number;
        } else if tcp.verdict.acknowledged > 0 {
            own.duplicate_acks = 0;
        }
        peer.acknowledge(at, tcp, &mut self.losses);
        if let Some(class) = class.filter(|class| class.is_retransmission() && !tcp.flags.contains(TcpFlags::SYN)) {
            own.lose(step, tcp, class, peer.duplicate_acks);
        }
        own.highest = own.highest.max(tcp.end);
        own.note_window(step, tcp, &mut self.closed_windows);
        // What asks whether a window is open may be of the form of a keep-alive.
        let analysis = tcp.judgement.analysis;
        match &mut peer.closed {
            Some(closed) if analysis.0 & PROBES != 0 => closed.probes += 1,
            None if analysis.contains(TcpAnalysis::KEEP_ALIVE) => own.keep_alives.add(at),
            _ => {}
        }
    }

    /// Notices long silences, unless something else tells why.
    fn listen(&mut self, step: &Step) {
        let at = (step.time, step.frame);
        let since = self.last.replace(at);
        let Some(since) = since.filter(|since| step.time.saturating_duration_since(since.0) >= LONG_SILENCE) else {
            return;
        };
        let is_told = step.tcp.is_some_and(|tcp| {
            let again = tcp.verdict.classification.is_some_and(|verdict| verdict.class.is_retransmission());
            again || tcp.flags.contains(TcpFlags::SYN)
        });
        let is_closed = self.ends.iter().any(|end| end.closed.is_some() || end.keep_alives.last == at);
        if !is_told && !is_closed {
            self.silences.add(Silence { since, until: at, by_client: step.from_client });
        }
    }
}

impl End {
    fn note_control(&mut self, at: (Timestamp, u64), tcp: &TcpStep) {
        let has = |flags| tcp.flags.contains(flags);
        if has(TcpFlags::SYN) {
            self.offer = self.offer.or(tcp.offer);
            self.syn.add(at);
        } else if has(TcpFlags::ACK) && self.ack.count == 0 {
            self.ack.add(at);
        }
        if has(TcpFlags::RST) {
            self.reset.add(at);
        } else if has(TcpFlags::FIN) {
            self.fin.add(at);
        }
    }

    /// The peer acknowledges: what was lost may be there now.
    fn acknowledge(&mut self, at: (Timestamp, u64), tcp: &TcpStep, losses: &mut Bounded<Loss>) {
        let is_whole = |loss: &&mut Loss| tcp.acknowledgment.is_some_and(|number| number >= loss.point);
        if let Some(loss) = self.loss.as_mut().filter(is_whole) {
            loss.acknowledged = Some(at);
            losses.add(*loss);
            self.loss = None;
        }
    }

    fn lose(&mut self, step: &Step, tcp: &TcpStep, class: SegmentClass, duplicate_acks: u32) {
        let point = self.highest.max(tcp.end);
        let loss = self.loss.get_or_insert_with(|| Loss {
            by_client: step.from_client,
            duplicate_acks,
            point,
            ..Loss::default()
        });
        loss.span.add((step.time, step.frame));
        loss.octets = loss.octets.saturating_add(step.payload);
        match class {
            SegmentClass::RetransmissionFast => loss.fast += 1,
            SegmentClass::RetransmissionSpurious => loss.spurious += 1,
            SegmentClass::RetransmissionTail => loss.tail += 1,
            _ => {
                loss.timeout += 1;
                let waited = tcp.judgement.timeout.map(|nanos| Duration::from_nanos(nanos.unsigned_abs()));
                loss.waited = loss.waited.or(waited);
            }
        }
    }

    fn note_window(&mut self, step: &Step, tcp: &TcpStep, windows: &mut Bounded<ClosedWindow>) {
        let at = (step.time, step.frame);
        if tcp.judgement.analysis.contains(TcpAnalysis::ZERO_WINDOW) {
            let by_client = step.from_client;
            self.closed.get_or_insert_with(|| ClosedWindow { by_client, ..ClosedWindow::default() }).span.add(at);
        } else if let Some(mut closed) = self.closed
            && (tcp.judgement.window > 0 || tcp.flags.contains(TcpFlags::RST))
        {
            closed.opened = (!tcp.flags.contains(TcpFlags::RST)).then_some(at);
            windows.add(closed);
            self.closed = None;
        }
    }
}

impl Span {
    pub(super) fn add(&mut self, at: (Timestamp, u64)) {
        self.first = if self.count == 0 { at } else { self.first };
        self.last = at;
        self.count += 1;
    }
}

impl<T> Bounded<T> {
    fn add(&mut self, one: T) {
        if self.kept.len() < MAX_KEPT {
            self.kept.push(one);
        } else {
            self.further += 1;
        }
    }
}

impl<T> Default for Bounded<T> {
    fn default() -> Self {
        Self { kept: Vec::new(), further: 0 }
    }
}

const PROBES: u32 = TcpAnalysis::ZERO_WINDOW_PROBE.0 | TcpAnalysis::KEEP_ALIVE.0;
const LONG_SILENCE: Duration = Duration::from_secs(1);
const MAX_KEPT: usize = 10_000;

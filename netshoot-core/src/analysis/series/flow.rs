//! Round trips and sequence numbers of a flow over time.

use std::io::Read;
use std::ops::ControlFlow;
use std::time::Duration;

use super::SeriesOptions;
use super::bins::{Bin, Bins};
use crate::Result;
use crate::analysis::Report;
use crate::analysis::trace::{Step, TcpStep, Tracer, trace};
use crate::capture::{Reader, Timestamp};

/// Round trips and sequence numbers of a TCP flow over time, in bins: empty for other flows.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct FlowSeries {
    /// Number of the flow.
    pub flow_id: u32,
    round_trips: Bins<bool, RoundTrips>,
    sequence: Bins<bool, Sequence>,
}

/// Round trips of a bin: from data of a direction to the acknowledgment of it, from the capture point to the receiver and
/// back.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct RttBin {
    /// When it begins.
    pub start: Timestamp,
    /// Whether it is the client's data that was acknowledged.
    pub from_client: bool,
    /// Samples.
    pub count: u64,
    /// The shortest.
    pub min: Duration,
    /// The mean.
    pub mean: Duration,
    /// The longest.
    pub max: Duration,
}

/// Sequence numbers of a bin: what an end sent, and what of it its peer acknowledged. They are relative to the SYN, count
/// on where those of TCP wrap, and tell what comes next behind an octet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SequenceBin {
    /// When it begins.
    pub start: Timestamp,
    /// Whether it is the client's data.
    pub from_client: bool,
    /// Segments with data, SYN or FIN.
    pub segments: u64,
    /// The lowest and the highest that was sent.
    pub sent: Option<(u64, u64)>,
    /// Segments that were sent again, by our own classification.
    pub retransmissions: u64,
    /// The lowest and the highest in those.
    pub resent: Option<(u64, u64)>,
    /// The lowest and the highest acknowledgment of the peer.
    pub acknowledged: Option<(u64, u64)>,
    /// The lowest and the highest that the peer said to have beyond that (SACK).
    pub sacked: Option<(u64, u64)>,
    /// How far the peer's window went: the lowest and the highest edge.
    pub window: Option<(u64, u64)>,
    /// The most octets in flight.
    pub max_in_flight: Option<u32>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct RoundTrips {
    count: u64,
    sum: u128,
    span: Span,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Sequence {
    segments: u64,
    retransmissions: u64,
    sent: Span,
    resent: Span,
    acknowledged: Span,
    sacked: Span,
    window: Span,
    max_in_flight: Option<u32>,
}

/// The least and the greatest.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Span(Option<(u64, u64)>);

impl Span {
    fn of(low: u64, high: u64) -> Self {
        Self(Some((low.min(high), high.max(low))))
    }

    fn add(&mut self, other: Self) {
        self.0 = match (self.0, other.0) {
            (Some(one), Some(two)) => Some((one.0.min(two.0), one.1.max(two.1))),
            (one, two) => one.or(two),
        };
    }
}

impl Bin for RoundTrips {
    fn add(&mut self, other: &Self) {
        self.count += other.count;
        self.sum += other.sum;
        self.span.add(other.span);
    }
}

impl Bin for Sequence {
    fn add(&mut self, other: &Self) {
        self.segments += other.segments;
        self.retransmissions += other.retransmissions;
        self.sent.add(other.sent);
        self.resent.add(other.resent);
        self.acknowledged.add(other.acknowledged);
        self.sacked.add(other.sacked);
        self.window.add(other.window);
        self.max_in_flight = self.max_in_flight.max(other.max_in_flight);
    }
}

/// The series of some flows of `report`, in one pass over the capture that it is of, with `reader` at its beginning.
/// `progress` is called as by [`analyze`](crate::analysis::analyze).
///
/// # Errors
/// [`NotFound`](crate::ErrorKind::NotFound) if the report has no such flow, and [`Cancelled`](crate::ErrorKind::Cancelled)
/// if `progress` asked for it. Damage ends the series.
pub fn flow_series<R: Read>(
    reader: &mut Reader<R>,
    report: &Report,
    flow_ids: &[u32],
    options: &SeriesOptions,
    progress: impl FnMut(u64, u64) -> ControlFlow<()>,
) -> Result<Vec<FlowSeries>> {
    let mut tracer = Tracer::new(report, flow_ids)?;
    let mut all: Vec<_> = flow_ids.iter().map(|id| FlowSeries::new(*id, options)).collect();
    trace(reader, &mut tracer, progress, |step| {
        for series in all.iter_mut().filter(|series| series.flow_id == step.flow_id) {
            series.push(step);
        }
    })?;
    Ok(all)
}

impl FlowSeries {
    pub(in crate::analysis) fn new(flow_id: u32, options: &SeriesOptions) -> Self {
        let width = Duration::from_micros(1);
        Self { flow_id, round_trips: Bins::new(options, width), sequence: Bins::new(options, width) }
    }

    pub(in crate::analysis) fn push(&mut self, step: &Step) {
        let Some(tcp) = &step.tcp else { return };
        let from_client = step.from_client;
        if let Some(nanos) = tcp.judgement.ack_rtt {
            let nanos = nanos.unsigned_abs();
            let sample = RoundTrips { count: 1, sum: nanos.into(), span: Span::of(nanos, nanos) };
            self.round_trips.add(step.time, !from_client, &sample);
        }
        self.sequence.add(step.time, from_client, &sent(tcp));
        if let Some(number) = tcp.acknowledgment {
            let edge = number.saturating_add(tcp.judgement.window.into());
            let told = Sequence {
                acknowledged: Span::of(number, number),
                sacked: Span(tcp.sacked),
                window: Span::of(edge, edge),
                ..Sequence::default()
            };
            self.sequence.add(step.time, !from_client, &told);
        }
    }

    /// Adds the samples of another series, of the same flow in another part of the capture.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if it was asked for with other options.
    pub fn merge(&mut self, other: &Self) -> Result<()> {
        self.round_trips.merge(&other.round_trips)?;
        self.sequence.merge(&other.sequence)
    }

    /// Round trips by time, the server's data before the client's in each bin; only bins with samples.
    #[must_use]
    pub fn round_trips(&self) -> Vec<RttBin> {
        let bins = self.round_trips.iter();
        bins.filter_map(|(start, from_client, bin)| {
            let (min, max) = bin.span.0?;
            let mean = u64::try_from(bin.sum / u128::from(bin.count.max(1))).unwrap_or(u64::MAX);
            let [min, mean, max] = [min, mean, max].map(Duration::from_nanos);
            Some(RttBin { start, from_client, count: bin.count, min, mean, max })
        })
        .collect()
    }

    /// Sequence numbers by time, the server's data before the client's in each bin; only bins with segments.
    #[must_use]
    pub fn sequence(&self) -> Vec<SequenceBin> {
        let bins = self.sequence.iter().filter(|(.., bin)| **bin != Sequence::default());
        bins.map(|(start, from_client, bin)| SequenceBin {
            start,
            from_client,
            segments: bin.segments,
            sent: bin.sent.0,
            retransmissions: bin.retransmissions,
            resent: bin.resent.0,
            acknowledged: bin.acknowledged.0,
            sacked: bin.sacked.0,
            window: bin.window.0,
            max_in_flight: bin.max_in_flight,
        })
        .collect()
    }
}

fn sent(tcp: &TcpStep) -> Sequence {
    if tcp.begin == tcp.end {
        return Sequence { max_in_flight: None, ..Sequence::default() };
    }
    let again = tcp.verdict.classification.is_some_and(|verdict| verdict.class.is_retransmission());
    let span = Span::of(tcp.begin, tcp.end);
    Sequence {
        segments: 1,
        retransmissions: again.into(),
        sent: span,
        resent: if again { span } else { Span::default() },
        max_in_flight: tcp.judgement.bytes_in_flight,
        ..Sequence::default()
    }
}

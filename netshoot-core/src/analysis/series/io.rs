//! Traffic over time.

use std::io::Read;
use std::ops::ControlFlow;
use std::time::Duration;

use super::SeriesOptions;
use super::bins::{Bin, Bins};
use crate::analysis::{Analyzer, FRAMES_PER_PROGRESS, Observation, Options, TcpAnalysis, summary};
use crate::capture::{Frame, Reader, Timestamp};
use crate::packet::Packet;
use crate::{Error, ErrorKind, Result};

/// What traffic is counted apart by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum IoBy {
    /// Nothing: the whole capture.
    #[default]
    Capture,
    /// The protocol, the innermost that was recognised, as in
    /// [`CaptureSummary::protocols`](crate::analysis::CaptureSummary::protocols).
    Protocol,
    /// The directions of one flow, by its number in the report; nothing else is counted.
    Flow(u32),
}

/// Traffic over time, in bins.
///
/// ```no_run
/// use std::ops::ControlFlow;
/// use netshoot_core::analysis::{IoBy, Options, SeriesOptions, io};
/// use netshoot_core::capture::Reader;
///
/// let mut reader = Reader::open("incident.pcap")?;
/// let series = io(&mut reader, &Options::default(), IoBy::Capture, &SeriesOptions::default(), |_, _| {
///     ControlFlow::Continue(())
/// })?;
/// for bin in series.bins() {
///     println!("{} {} octets, {} sent again", bin.start, bin.bytes, bin.retransmissions);
/// }
/// # Ok::<(), netshoot_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct IoSeries {
    by: IoBy,
    bins: Bins<Key, Counts>,
    /// Number of the next flow that is new.
    next_flow: u32,
    last_time: Timestamp,
}

/// Traffic of a bin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct IoBin {
    /// When it begins.
    pub start: Timestamp,
    /// The protocol, if traffic is counted by protocols.
    pub protocol: Option<&'static str>,
    /// The flow, if traffic is counted of one.
    pub flow_id: Option<u32>,
    /// Whether it is the traffic that the flow's client sent.
    pub from_client: Option<bool>,
    /// Frames.
    pub frames: u64,
    /// Octets of the frames on the wire.
    pub bytes: u64,
    /// Octets of TCP's payload on the wire.
    pub payload_bytes: u64,
    /// Flows that began.
    pub new_flows: u64,
    /// Segments that were sent again, by our own classification.
    pub retransmissions: u64,
    /// Retransmissions of all kinds, as Wireshark sees it.
    pub tcp_retransmissions: u64,
    /// Segments that announce a closed window.
    pub zero_windows: u64,
    /// Segments with RST.
    pub resets: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    All,
    Protocol(&'static str),
    Direction { from_client: bool },
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counts {
    frames: u64,
    bytes: u64,
    payload_bytes: u64,
    new_flows: u64,
    retransmissions: u64,
    tcp_retransmissions: u64,
    zero_windows: u64,
    resets: u64,
}

impl Bin for Counts {
    fn add(&mut self, other: &Self) {
        self.frames += other.frames;
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.payload_bytes = self.payload_bytes.saturating_add(other.payload_bytes);
        self.new_flows += other.new_flows;
        self.retransmissions += other.retransmissions;
        self.tcp_retransmissions += other.tcp_retransmissions;
        self.zero_windows += other.zero_windows;
        self.resets += other.resets;
    }
}

/// Counts the traffic of a capture. It is analysed meanwhile with `options`, so that flows have the numbers that they have
/// in the [report](crate::analysis::analyze) with the same [options](crate::analysis::Report::options). `progress` is called
/// as by [`analyze`](crate::analysis::analyze).
///
/// # Errors
/// [`ErrorKind::Cancelled`] if `progress` asked for it. Damage ends the series.
pub fn io<R: Read>(
    reader: &mut Reader<R>,
    options: &Options,
    by: IoBy,
    series: &SeriesOptions,
    mut progress: impl FnMut(u64, u64) -> ControlFlow<()>,
) -> Result<IoSeries> {
    let mut analyzer = Analyzer::new(options.clone());
    let mut series = IoSeries::new(by, series);
    let mut frames = 0;
    while let Ok(Some(frame)) = reader.next_frame() {
        let packet = frame.packet();
        let observation = analyzer.push(&frame, &packet);
        if analyzer.counts() {
            series.add(&frame, &packet, &observation);
        }
        frames += 1;
        if frames % FRAMES_PER_PROGRESS == 0 && progress(reader.offset(), frames).is_break() {
            return Err(Error::new(ErrorKind::Cancelled, "count traffic"));
        }
    }
    Ok(series)
}

impl IoSeries {
    /// A series of nothing.
    #[must_use]
    pub fn new(by: IoBy, options: &SeriesOptions) -> Self {
        let bins = Bins::new(options, Duration::from_secs(1));
        Self { by, bins, next_flow: 0, last_time: Timestamp::default() }
    }

    /// Counts a frame, of which an [`Analyzer`] says `observation`. Frames have to come in their order; one without a time
    /// counts with the time of the one before.
    pub fn add(&mut self, frame: &Frame<'_>, packet: &Packet<'_>, observation: &Observation) {
        let time = frame.timestamp.unwrap_or(self.last_time);
        self.last_time = time;
        let new_flows =
            observation.flow_id.map_or(0, |id| u64::from(id.saturating_add(1).saturating_sub(self.next_flow)));
        self.next_flow = self.next_flow.saturating_add(u32::try_from(new_flows).unwrap_or(u32::MAX));
        let key = match self.by {
            IoBy::Capture => Key::All,
            IoBy::Protocol => Key::Protocol(summary::protocol_name(packet)),
            IoBy::Flow(id) => match (observation.flow_id == Some(id), observation.from_client) {
                (true, Some(from_client)) => Key::Direction { from_client },
                _ => return,
            },
        };
        let tcp = observation.tcp.unwrap_or_default();
        let has = |flag| u64::from(tcp.analysis.contains(flag));
        let is_reset =
            |packet: &Packet<'_>| packet.tcp().is_some_and(|tcp| tcp.flags().contains(crate::packet::TcpFlags::RST));
        let again = tcp.classification.is_some_and(|verdict| verdict.class.is_retransmission());
        let counts = Counts {
            frames: 1,
            bytes: frame.original_length.into(),
            payload_bytes: tcp.segment_len.into(),
            new_flows,
            retransmissions: again.into(),
            tcp_retransmissions: has(TcpAnalysis::RETRANSMISSION),
            zero_windows: has(TcpAnalysis::ZERO_WINDOW),
            resets: (observation.tcp.is_some() && is_reset(&packet.innermost())).into(),
        };
        self.bins.add(time, key, &counts);
    }

    /// Adds the traffic of another series, of another part of the capture or of another capture.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`] if it was asked for with other options.
    pub fn merge(&mut self, other: &Self) -> Result<()> {
        if self.by != other.by {
            return Err(
                Error::new(ErrorKind::InvalidInput, "merge series").with_detail("they count by different things")
            );
        }
        self.bins.merge(&other.bins)
    }

    /// Width of the bins.
    #[must_use]
    pub fn width(&self) -> Duration {
        self.bins.width()
    }

    /// The bins by key and time, those without traffic between the first and the last of a key included; of those, where
    /// there are too many, only the first and the last of each gap.
    #[must_use]
    pub fn bins(&self) -> Vec<IoBin> {
        let keys = self.bins.keys().into_iter();
        keys.flat_map(|key| self.bins.filled(key).into_iter().map(move |(start, counts)| self.bin(start, key, &counts)))
            .collect()
    }

    fn bin(&self, start: Timestamp, key: Key, counts: &Counts) -> IoBin {
        IoBin {
            start,
            protocol: match key {
                Key::Protocol(name) => Some(name),
                _ => None,
            },
            flow_id: match self.by {
                IoBy::Flow(id) => Some(id),
                _ => None,
            },
            from_client: match key {
                Key::Direction { from_client } => Some(from_client),
                _ => None,
            },
            frames: counts.frames,
            bytes: counts.bytes,
            payload_bytes: counts.payload_bytes,
            new_flows: counts.new_flows,
            retransmissions: counts.retransmissions,
            tcp_retransmissions: counts.tcp_retransmissions,
            zero_windows: counts.zero_windows,
            resets: counts.resets,
        }
    }
}

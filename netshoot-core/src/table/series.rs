//! The tables of series over time, of latencies, and of the story of a flow.

use std::sync::Arc;
use std::time::Duration;

use super::column::{Column, float64, name, text, time, uint32, uint64};
use super::flows::{milliseconds, number, push};
use super::{Options, ReportStream};
use crate::Result;
use crate::analysis::{FlowSeries, IoBin, IoSeries, Latencies, LatencyBucket, RttBin, SequenceBin, Story, StoryEvent};

/// Traffic over time: one row a bin, those without traffic included.
///
/// `bin_start` and `bin_ms` are begin and width, `protocol` is null unless traffic is counted by protocol, `flow_id` and
/// `direction` (`c2s`, `s2c`) unless it is that of a flow. `bytes` are octets of frames on the wire, `payload_bytes` those of
/// TCP's payload; `retx_pkts` counts segments that were sent again by our own classification and `tcp_retx_pkts` by
/// Wireshark's.
///
/// # Errors
/// [`InvalidInput`](crate::ErrorKind::InvalidInput) if a column is asked for that does not exist.
pub fn io(series: &IoSeries, options: &Options) -> Result<ReportStream> {
    let width = series.width();
    let columns = vec![
        time("bin_start", |bin: &IoBin| Some(bin.start)).always(),
        bin_ms(width),
        name("protocol", |bin: &IoBin| bin.protocol),
        uint32("flow_id", |bin: &IoBin| bin.flow_id),
        name("direction", |bin: &IoBin| bin.from_client.map(direction)),
        uint64("frames", |bin: &IoBin| Some(bin.frames)).always(),
        uint64("bytes", |bin: &IoBin| Some(bin.bytes)).always(),
        uint64("payload_bytes", |bin: &IoBin| Some(bin.payload_bytes)).always(),
        uint64("new_flows", |bin: &IoBin| Some(bin.new_flows)).always(),
        uint64("retx_pkts", |bin: &IoBin| Some(bin.retransmissions)).always(),
        uint64("tcp_retx_pkts", |bin: &IoBin| Some(bin.tcp_retransmissions)).always(),
        uint64("zero_windows", |bin: &IoBin| Some(bin.zero_windows)).always(),
        uint64("resets", |bin: &IoBin| Some(bin.resets)).always(),
    ];
    rows("io", series.bins(), columns, options)
}

/// Round trips of a flow over time: one row for each bin and direction with samples.
///
/// `direction` is that of the data whose acknowledgments are the samples: `c2s` tells of the path between capture point and
/// server.
///
/// # Errors
/// [`InvalidInput`](crate::ErrorKind::InvalidInput) if a column is asked for that does not exist.
pub fn round_trips(series: &FlowSeries, options: &Options) -> Result<ReportStream> {
    let flow_id = series.flow_id;
    let columns = vec![
        time("bin_start", |bin: &RttBin| Some(bin.start)).always(),
        uint32("flow_id", move |_: &RttBin| Some(flow_id)).always(),
        name("direction", |bin: &RttBin| Some(direction(bin.from_client))).always(),
        uint64("samples", |bin: &RttBin| Some(bin.count)).always(),
        float64("rtt_min_ms", |bin: &RttBin| Some(milliseconds(bin.min))).always(),
        float64("rtt_mean_ms", |bin: &RttBin| Some(milliseconds(bin.mean))).always(),
        float64("rtt_max_ms", |bin: &RttBin| Some(milliseconds(bin.max))).always(),
    ];
    rows("round_trips", series.round_trips(), columns, options)
}

/// Sequence numbers of a flow over time: one row for each bin and direction with segments.
///
/// The numbers are relative to the SYN and do not wrap. `direction` is that of the data: `seq_*` is what was sent,
/// `retx_seq_*` what of it was sent again, `ack_*` what the peer acknowledged, `sack_*` what it said to have beyond that,
/// `window_*` how far its window went; the least and the greatest of the bin.
///
/// # Errors
/// [`InvalidInput`](crate::ErrorKind::InvalidInput) if a column is asked for that does not exist.
pub fn sequence(series: &FlowSeries, options: &Options) -> Result<ReportStream> {
    let flow_id = series.flow_id;
    let low = |name: &str, of: fn(&SequenceBin) -> Option<(u64, u64)>| uint64(name, move |bin| Some(of(bin)?.0));
    let high = |name: &str, of: fn(&SequenceBin) -> Option<(u64, u64)>| uint64(name, move |bin| Some(of(bin)?.1));
    let columns = vec![
        time("bin_start", |bin: &SequenceBin| Some(bin.start)).always(),
        uint32("flow_id", move |_: &SequenceBin| Some(flow_id)).always(),
        name("direction", |bin: &SequenceBin| Some(direction(bin.from_client))).always(),
        uint64("segments", |bin: &SequenceBin| Some(bin.segments)).always(),
        low("seq_min", |bin| bin.sent),
        high("seq_max", |bin| bin.sent),
        uint64("retx_pkts", |bin: &SequenceBin| Some(bin.retransmissions)).always(),
        low("retx_seq_min", |bin| bin.resent),
        high("retx_seq_max", |bin| bin.resent),
        low("ack_min", |bin| bin.acknowledged),
        high("ack_max", |bin| bin.acknowledged),
        low("sack_min", |bin| bin.sacked),
        high("sack_max", |bin| bin.sacked),
        low("window_min", |bin| bin.window),
        high("window_max", |bin| bin.window),
        uint32("in_flight_max", |bin: &SequenceBin| bin.max_in_flight),
    ];
    rows("sequence", series.sequence(), columns, options)
}

/// Histograms of latencies: one row for each bucket that counts something, by kind and time.
///
/// # Errors
/// [`InvalidInput`](crate::ErrorKind::InvalidInput) if a column is asked for that does not exist.
pub fn latencies(latencies: &Latencies, options: &Options) -> Result<ReportStream> {
    let columns = vec![
        name("kind", |bucket: &LatencyBucket| Some(bucket.kind.name())).always(),
        float64("from_ms", |bucket: &LatencyBucket| Some(milliseconds(bucket.from))).always(),
        float64("until_ms", |bucket: &LatencyBucket| Some(milliseconds(bucket.until))).always(),
        uint64("samples", |bucket: &LatencyBucket| Some(bucket.count)).always(),
    ];
    rows("latencies", latencies.buckets().collect(), columns, options)
}

/// The story of a flow: one row an event.
///
/// `by` is `client` or `server` where it is the doing of one of them; the frames are null where none shows it.
///
/// # Errors
/// [`InvalidInput`](crate::ErrorKind::InvalidInput) if a column is asked for that does not exist.
pub fn story(story: &Story, options: &Options) -> Result<ReportStream> {
    let by = |is_client| if is_client { "client" } else { "server" };
    let frame = |frame: u64| (frame > 0).then(|| number(frame));
    let columns = vec![
        time("ts", |event: &StoryEvent| Some(event.time)).always(),
        time("end_ts", |event: &StoryEvent| Some(event.end)).always(),
        name("kind", |event: &StoryEvent| Some(event.kind.name())).always(),
        name("by", move |event: &StoryEvent| event.by_client.map(by)),
        uint32("first_frame", move |event: &StoryEvent| frame(event.first_frame)),
        uint32("last_frame", move |event: &StoryEvent| frame(event.last_frame)),
        uint64("times", |event: &StoryEvent| Some(event.times)).always(),
        text("text", |event: &StoryEvent, out| push(out, Some(&event.text))).always(),
    ];
    rows("story", story.events.clone(), columns, options)
}

fn bin_ms(width: Duration) -> Column<IoBin> {
    float64("bin_ms", move |_: &IoBin| Some(milliseconds(width))).always()
}

fn direction(from_client: bool) -> &'static str {
    if from_client { "c2s" } else { "s2c" }
}

fn rows<R: Send + Sync + 'static>(
    table: &str,
    rows: Vec<R>,
    columns: Vec<Column<R>>,
    options: &Options,
) -> Result<ReportStream> {
    ReportStream::new(table, Arc::new(rows), columns, |rows| rows, options)
}

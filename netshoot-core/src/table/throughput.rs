//! Tests of throughput as tables.
//!
//! Rates are bits a second; `start_s` and `end_s` count from where the data began to flow or, when some time is omitted,
//! from its end. `snd_cwnd` and `snd_wnd` are octets, as iperf3 has them. `sender` says whether this end sends.

use std::sync::Arc;

use super::Options;
use super::column::{Column, boolean, float64, int64, name, uint16, uint32, uint64};
use super::flows::{address, milliseconds};
use super::stream::ReportStream;
use crate::Result;
use crate::netlink::TcpInfo;
use crate::throughput::latency::Histogram;
use crate::throughput::report::{Moved, StreamInterval, StreamReport, TcpState, TcpSummary};
use crate::throughput::search::{Trial, TrialFailure};
use crate::throughput::sweep::SizeResult;
use crate::throughput::{Record, Transport};

/// What each stream did in each interval, a row each: in the order of the intervals, then of the streams' making.
///
/// Columns from `snd_cwnd` on are of TCP; those of the sender are null at the receiver and the other way round.
///
/// # Errors
/// [`InvalidInput`](crate::ErrorKind::InvalidInput) if a column is asked for that does not exist.
pub fn intervals(record: &Record, options: &Options) -> Result<ReportStream> {
    let rows = record.intervals().flat_map(|interval| {
        let (start, end) = (interval.start.as_secs_f64(), interval.end.as_secs_f64());
        interval.streams.iter().map(move |stream| IntervalRow {
            start,
            end,
            omitted: interval.omitted,
            stream: *stream,
        })
    });
    let rows: Arc<Vec<_>> = Arc::new(rows.collect());
    ReportStream::new("throughput_intervals", rows, interval_columns(is_udp(record)), |rows| rows, options)
}

/// What each stream did in the whole test, the omitted time excluded, a row each.
///
/// Columns of the sender's TCP are null where this end receives; `zero_copy` and those behind it say how this end saved
/// work.
///
/// # Errors
/// [`InvalidInput`](crate::ErrorKind::InvalidInput) if a column is asked for that does not exist.
pub fn streams(record: &Record, options: &Options) -> Result<ReportStream> {
    let rows = record.report().map(|report| report.streams.clone()).unwrap_or_default();
    ReportStream::new("throughput_streams", Arc::new(rows), stream_columns(is_udp(record)), |rows| rows, options)
}

/// The trials of a search for the highest rate without loss, in their order.
///
/// # Errors
/// [`InvalidInput`](crate::ErrorKind::InvalidInput) if a column is asked for that does not exist.
pub fn trials(trials: &[Trial], options: &Options) -> Result<ReportStream> {
    ReportStream::new("throughput_trials", Arc::new(trials.to_vec()), trial_columns(), |rows| rows, options)
}

/// What each size of packets gave.
///
/// # Errors
/// [`InvalidInput`](crate::ErrorKind::InvalidInput) if a column is asked for that does not exist.
pub fn sizes(sizes: &[SizeResult], options: &Options) -> Result<ReportStream> {
    ReportStream::new("throughput_sizes", Arc::new(sizes.to_vec()), size_columns(), |rows| rows, options)
}

/// The buckets of a histogram of round trip times that are not empty, from the shortest time on.
///
/// # Errors
/// [`InvalidInput`](crate::ErrorKind::InvalidInput) if a column is asked for that does not exist.
pub fn round_trips(times: &Histogram, options: &Options) -> Result<ReportStream> {
    let rows = times.buckets().map(|(from, count)| BucketRow { from: milliseconds(from), count });
    let columns = || {
        vec![
            float64("from_ms", |row: &BucketRow| Some(row.from)).always(),
            uint32("count", |row: &BucketRow| Some(row.count)).always(),
        ]
    };
    ReportStream::new("throughput_round_trips", Arc::new(rows.collect::<Vec<_>>()), columns(), |rows| rows, options)
}

struct BucketRow {
    from: f64,
    count: u32,
}

struct IntervalRow {
    start: f64,
    end: f64,
    omitted: bool,
    stream: StreamInterval,
}

fn is_udp(record: &Record) -> bool {
    record.start().is_some_and(|start| start.transport() == Transport::Udp)
}

fn interval_columns(udp: bool) -> Vec<Column<IntervalRow>> {
    let received = move |row: &IntervalRow| (udp && !row.stream.stream.sender).then_some(row.stream.moved);
    let tcp = |row: &IntervalRow| row.stream.tcp;
    let mut columns = vec![
        float64("start_s", |row: &IntervalRow| Some(row.start)).always(),
        float64("end_s", |row: &IntervalRow| Some(row.end)).always(),
        boolean("omitted", |row: &IntervalRow| Some(row.omitted)).always(),
        uint32("stream", |row: &IntervalRow| u32::try_from(row.stream.stream.id).ok()).always(),
        boolean("sender", |row: &IntervalRow| Some(row.stream.stream.sender)).always(),
        uint64("bytes", |row: &IntervalRow| Some(row.stream.moved.bytes)).always(),
        float64("bits_per_second", |row: &IntervalRow| Some(row.stream.moved.bits_per_second())).always(),
        uint64("retransmits", |row: &IntervalRow| row.stream.moved.retransmits),
        uint64("packets", move |row: &IntervalRow| udp.then_some(row.stream.moved.packets)),
        int64("lost", move |row| Some(received(row)?.lost)),
        uint64("out_of_order", move |row| Some(received(row)?.out_of_order)),
        float64("jitter_ms", move |row| Some(milliseconds(received(row)?.jitter))),
    ];
    columns
        .extend(OCTETS.into_iter().map(|(name, read)| uint64(name, move |row: &IntervalRow| Some(read(&tcp(row)?)))));
    columns.extend([
        float64("rtt_ms", move |row| Some(milliseconds(tcp(row)?.rtt))),
        float64("rttvar_ms", move |row| Some(milliseconds(tcp(row)?.rtt_variance))),
        uint32("pmtu", move |row| Some(tcp(row)?.path_mtu)),
        uint32("reordering", move |row| Some(tcp(row)?.reordering)),
    ]);
    columns.extend(info_columns(|row: &IntervalRow| row.stream.tcp_info.as_ref()));
    columns
}

fn stream_columns(udp: bool) -> Vec<Column<StreamReport>> {
    let received = move |row: &StreamReport| udp.then_some(row.received);
    let mut columns = vec![
        uint32("stream", |row: &StreamReport| u32::try_from(row.stream.id).ok()).always(),
        boolean("sender", |row: &StreamReport| Some(row.stream.sender)).always(),
        address("local_ip", |row: &StreamReport| Some(row.stream.local.ip())).always(),
        uint16("local_port", |row: &StreamReport| Some(row.stream.local.port())).always(),
        address("remote_ip", |row: &StreamReport| Some(row.stream.remote.ip())).always(),
        uint16("remote_port", |row: &StreamReport| Some(row.stream.remote.port())).always(),
    ];
    for (side, read) in SIDES {
        columns.extend([
            uint64(&format!("{side}_bytes"), move |row| Some(read(row).bytes)).always(),
            float64(&format!("{side}_s"), move |row| Some(read(row).time.as_secs_f64())).always(),
            float64(&format!("{side}_bits_per_second"), move |row| Some(read(row).bits_per_second())).always(),
        ]);
    }
    columns.extend([
        uint64("retransmits", |row: &StreamReport| row.sent.retransmits),
        uint64("sent_packets", move |row: &StreamReport| udp.then_some(row.sent.packets)),
        uint64("received_packets", move |row| Some(received(row)?.packets)),
        int64("lost", move |row| Some(received(row)?.lost)),
        float64("lost_pct", move |row| Some(received(row)?.lost_percent())),
        uint64("out_of_order", move |row| Some(received(row)?.out_of_order)),
        float64("jitter_ms", move |row| Some(milliseconds(received(row)?.jitter))),
    ]);
    columns.extend(MOST_OCTETS.into_iter().map(|(name, read)| uint64(name, move |row| summary(row).map(read))));
    columns.extend([
        float64("max_rtt_ms", |row| Some(milliseconds(summary(row)?.max_rtt))),
        float64("mean_rtt_ms", |row| Some(milliseconds(summary(row)?.mean_rtt))),
        uint32("reordering", |row| Some(summary(row)?.reordering)),
    ]);
    columns.extend(info_columns(|row: &StreamReport| row.tcp_info.as_ref()));
    columns.extend([
        boolean("zero_copy", |row: &StreamReport| Some(row.shortcuts.zero_copy)).always(),
        boolean("skip_rx_copy", |row: &StreamReport| Some(row.shortcuts.skip_rx_copy)).always(),
        boolean("gso", |row: &StreamReport| Some(row.shortcuts.segments > 0)).always(),
        boolean("gro", |row: &StreamReport| Some(row.shortcuts.gro)).always(),
    ]);
    columns
}

fn trial_columns() -> Vec<Column<Trial>> {
    vec![
        uint64("bits_per_second", |row: &Trial| Some(row.rate.0)).always(),
        uint64("sent_bits_per_second", |row: &Trial| Some(row.sent.0)).always(),
        uint64("packets", |row: &Trial| Some(row.packets)).always(),
        uint64("lost", |row: &Trial| Some(row.lost)).always(),
        float64("lost_pct", |row: &Trial| Some(row.loss() * 100.0)).always(),
        name("failure", |row: &Trial| row.failure.map(TrialFailure::key)),
    ]
}

fn size_columns() -> Vec<Column<SizeResult>> {
    vec![
        uint32("size", |row: &SizeResult| Some(row.size)).always(),
        uint64("bits_per_second", |row: &SizeResult| Some(row.rate.0)).always(),
        float64("packets_per_second", |row: &SizeResult| Some(row.packets_per_second)).always(),
        float64("lost_pct", |row: &SizeResult| Some(row.loss * 100.0)).always(),
        float64("local_cpu_pct", |row: &SizeResult| Some(row.local_cpu.total)).always(),
        float64("remote_cpu_pct", |row: &SizeResult| Some(row.remote_cpu.total)).always(),
    ]
}

fn summary(row: &StreamReport) -> Option<&TcpSummary> {
    row.tcp.as_ref()
}

/// What `tcp_info` says, under the names that the table of sockets has.
fn info_columns<R: 'static>(info: fn(&R) -> Option<&TcpInfo>) -> Vec<Column<R>> {
    let times = TIMES.into_iter().map(|(name, read)| {
        float64(name, move |row: &R| Some(read(info(row)?)? as f64 / MICROSECONDS_PER_MILLISECOND))
    });
    let rates = RATES.into_iter().map(|(name, read)| uint64(name, move |row: &R| read(info(row)?)));
    times.chain(rates).collect()
}

type Total = fn(&TcpInfo) -> Option<u64>;
type Octets<T> = fn(&T) -> u64;
type Side = fn(&StreamReport) -> &Moved;

const SIDES: [(&str, Side); 2] = [("sent", |row| &row.sent), ("received", |row| &row.received)];
const OCTETS: [(&str, Octets<TcpState>); 2] =
    [("snd_cwnd", |tcp| tcp.congestion_window), ("snd_wnd", |tcp| tcp.send_window)];
const MOST_OCTETS: [(&str, Octets<TcpSummary>); 2] =
    [("max_snd_cwnd", |tcp| tcp.max_congestion_window), ("max_snd_wnd", |tcp| tcp.max_send_window)];
const TIMES: [(&str, Total); 4] = [
    ("min_rtt_ms", |info| info.min_rtt().map(u64::from)),
    ("busy_ms", TcpInfo::busy_time),
    ("rwnd_ms", TcpInfo::rwnd_limited),
    ("sndbuf_ms", TcpInfo::sndbuf_limited),
];
/// Octets a second, as the kernel has them.
const RATES: [(&str, Total); 2] = [("delivery_rate", TcpInfo::delivery_rate), ("pacing_rate", TcpInfo::pacing_rate)];
const MICROSECONDS_PER_MILLISECOND: f64 = 1e3;

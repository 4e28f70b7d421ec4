//! What a test told.

use std::sync::Arc;

use netshoot_core::netlink::TcpInfo;
use netshoot_core::table::{self, Options, RecordBatchReader};
use netshoot_core::throughput::protocol::ServerOutput;
use netshoot_core::throughput::report::{self, Side, StreamInfo};
use netshoot_core::throughput::{Direction, latency, verdict};
use netshoot_core::throughput::{Interval, Record, Report, Transport};
use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;

use super::series;
use super::values::{CpuUse, Moved, RoundTrips, ThroughputLatency, ThroughputTotal, Verdict};
use crate::error::to_python;
use crate::kernel::listing::time;
use crate::kernel::tree::{Tree, tree};
use crate::record::repr;
use crate::table::Table;
use crate::time::Time;

/// A part of a test.
#[pyclass(frozen, module = "netshoot")]
#[derive(Debug)]
pub(crate) struct ThroughputInterval {
    interval: Interval,
    udp: bool,
}

#[pymethods]
impl ThroughputInterval {
    /// Seconds since the data began to flow or, when some time is omitted, since its end.
    #[getter]
    fn start(&self) -> f64 {
        self.interval.start.as_secs_f64()
    }

    /// The same.
    #[getter]
    fn end(&self) -> f64 {
        self.interval.end.as_secs_f64()
    }

    /// Whether this part does not count.
    #[getter]
    fn omitted(&self) -> bool {
        self.interval.omitted
    }

    /// Payload rate of all streams together.
    #[getter]
    fn bits_per_second(&self) -> f64 {
        [self.sent(), self.received()].iter().flatten().map(|moved| moved.bits_per_second).sum()
    }

    /// What this end sent; `None` if it only receives.
    #[getter]
    fn sent(&self) -> Option<Moved> {
        self.sum(true)
    }

    /// What this end received; `None` if it only sends.
    #[getter]
    fn received(&self) -> Option<Moved> {
        self.sum(false)
    }

    /// The streams in the order of their making.
    #[getter]
    fn streams(&self) -> Vec<ThroughputStreamInterval> {
        let wrap = |stream: &report::StreamInterval| ThroughputStreamInterval { interval: *stream, udp: self.udp };
        self.interval.streams.iter().map(wrap).collect()
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        let fields = ["start", "end", "omitted", "bits_per_second", "sent", "received"];
        repr(slf.as_any(), "ThroughputInterval", &fields)
    }
}

/// What one stream did in an interval.
#[pyclass(frozen, module = "netshoot")]
#[derive(Debug)]
pub(crate) struct ThroughputStreamInterval {
    interval: report::StreamInterval,
    udp: bool,
}

#[pymethods]
impl ThroughputStreamInterval {
    /// The stream's number in the protocol: 1, 3, 4, 5 and so on.
    #[getter]
    fn stream(&self) -> i64 {
        self.interval.stream.id
    }

    /// Whether this end sends.
    #[getter]
    fn sender(&self) -> bool {
        self.interval.stream.sender
    }

    /// How much.
    #[getter]
    fn moved(&self) -> Moved {
        Moved::new(&self.interval.moved, self.udp)
    }

    /// Congestion window of the sender's TCP in octets; `None` where it does not say, as what follows.
    #[getter]
    fn congestion_window(&self) -> Option<u64> {
        self.interval.tcp.map(|tcp| tcp.congestion_window)
    }

    /// Window that the receiver grants, in octets.
    #[getter]
    fn send_window(&self) -> Option<u64> {
        self.interval.tcp.map(|tcp| tcp.send_window)
    }

    /// Smoothed round trip time in seconds.
    #[getter]
    fn rtt(&self) -> Option<f64> {
        self.interval.tcp.map(|tcp| tcp.rtt.as_secs_f64())
    }

    /// Its mean deviation in seconds.
    #[getter]
    fn rtt_variance(&self) -> Option<f64> {
        self.interval.tcp.map(|tcp| tcp.rtt_variance.as_secs_f64())
    }

    /// Path MTU in octets.
    #[getter]
    fn path_mtu(&self) -> Option<u32> {
        self.interval.tcp.map(|tcp| tcp.path_mtu)
    }

    /// How far segments may be out of order.
    #[getter]
    fn reordering(&self) -> Option<u32> {
        self.interval.tcp.map(|tcp| tcp.reordering)
    }

    /// All that TCP says at its end, as the kernel has it; `None` of UDP.
    #[getter]
    fn tcp_info(&self, py: Python<'_>) -> PyResult<Option<Tree>> {
        info(py, self.interval.tcp_info.as_ref())
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        let fields = ["stream", "sender", "moved", "congestion_window", "rtt"];
        repr(slf.as_any(), "ThroughputStreamInterval", &fields)
    }
}

/// What one stream did in the whole test, what is omitted excluded.
#[pyclass(frozen, module = "netshoot")]
#[derive(Debug)]
pub(crate) struct ThroughputStream {
    stream: report::StreamReport,
    udp: bool,
}

#[pymethods]
impl ThroughputStream {
    /// Its number in the protocol: 1, 3, 4, 5 and so on.
    #[getter]
    fn stream(&self) -> i64 {
        self.stream.stream.id
    }

    /// Whether this end sends.
    #[getter]
    fn sender(&self) -> bool {
        self.stream.stream.sender
    }

    /// Address and port here.
    #[getter]
    fn local(&self) -> (String, u16) {
        ends(&self.stream.stream).0
    }

    /// Address and port of the peer.
    #[getter]
    fn remote(&self) -> (String, u16) {
        ends(&self.stream.stream).1
    }

    /// What its sender says.
    #[getter]
    fn sent(&self) -> Moved {
        Moved::new(&self.stream.sent, self.udp)
    }

    /// What its receiver says.
    #[getter]
    fn received(&self) -> Moved {
        Moved::new(&self.stream.received, self.udp)
    }

    /// Largest congestion window in octets; `None` where this end does not send over TCP, as what follows.
    #[getter]
    fn max_congestion_window(&self) -> Option<u64> {
        self.stream.tcp.map(|tcp| tcp.max_congestion_window)
    }

    /// Largest window that the receiver granted, in octets.
    #[getter]
    fn max_send_window(&self) -> Option<u64> {
        self.stream.tcp.map(|tcp| tcp.max_send_window)
    }

    /// Shortest round trip time at the ends of the intervals, in seconds.
    #[getter]
    fn min_rtt(&self) -> Option<f64> {
        self.stream.tcp.map(|tcp| tcp.min_rtt.as_secs_f64())
    }

    /// Mean round trip time in seconds.
    #[getter]
    fn mean_rtt(&self) -> Option<f64> {
        self.stream.tcp.map(|tcp| tcp.mean_rtt.as_secs_f64())
    }

    /// Longest round trip time in seconds.
    #[getter]
    fn max_rtt(&self) -> Option<f64> {
        self.stream.tcp.map(|tcp| tcp.max_rtt.as_secs_f64())
    }

    /// All that TCP said at the end, as the kernel has it; `None` of UDP.
    #[getter]
    fn tcp_info(&self, py: Python<'_>) -> PyResult<Option<Tree>> {
        info(py, self.stream.tcp_info.as_ref())
    }

    /// How this end saved work: `zero_copy`, `skip_rx_copy`, `gso`, `gro`, `kernel_pacing`.
    #[getter]
    fn shortcuts(&self) -> Vec<&'static str> {
        let taken = self.stream.shortcuts;
        let all = [
            ("zero_copy", taken.zero_copy),
            ("skip_rx_copy", taken.skip_rx_copy),
            ("gso", taken.segments > 0),
            ("gro", taken.gro),
            ("kernel_pacing", taken.kernel_pacing),
        ];
        all.into_iter().filter(|(_, taken)| *taken).map(|(name, _)| name).collect()
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        repr(slf.as_any(), "ThroughputStream", &["stream", "sender", "local", "remote", "sent", "received"])
    }
}

/// A test that is over.
#[pyclass(frozen, subclass, module = "netshoot._netshoot")]
#[derive(Debug)]
pub(crate) struct ThroughputReport(pub(super) Arc<Outcome>);

/// What a test came to.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) record: Record,
    pub(super) latency: Option<latency::Latency>,
}

#[pymethods]
impl ThroughputReport {
    /// The same report, for classes that inherit from this one.
    #[new]
    fn new(report: &Self) -> Self {
        Self(Arc::clone(&report.0))
    }

    /// Why the test failed; `None` if it did not.
    #[getter]
    fn error(&self, py: Python<'_>) -> Option<Tree> {
        self.0.record.error().map(|error| Tree(to_python(py, error).into_value(py).into_any()))
    }

    /// Which end this is: `client` or `server`.
    #[getter]
    fn side(&self) -> &'static str {
        match self.side_of() {
            Some(Side::Client) => "client",
            _ => "server",
        }
    }

    /// The peer as it was given, or its address; `None` when no data flowed, as all that follows.
    #[getter]
    fn host(&self) -> Option<&str> {
        self.0.record.start().map(|start| start.host.as_str())
    }

    /// The peer's port on the control connection.
    #[getter]
    fn port(&self) -> Option<u16> {
        self.0.record.start().map(|start| start.port)
    }

    /// What tells the test from others.
    #[getter]
    fn cookie(&self) -> Option<String> {
        self.0.record.start().map(|start| start.cookie.to_string())
    }

    /// When the data began to flow.
    #[getter]
    fn started_at(&self) -> Option<Time> {
        self.0.record.start().map(|start| time(start.time))
    }

    /// `TCP` or `UDP`.
    #[getter]
    fn transport(&self) -> Option<&'static str> {
        self.0.record.start().map(|start| start.transport().name())
    }

    /// Who sends: `forward` is the client, `reverse` the server, `bidirectional` both.
    #[getter]
    fn direction(&self) -> Option<&'static str> {
        self.0.record.start().map(|start| match start.direction() {
            Direction::Forward => "forward",
            Direction::Reverse => "reverse",
            Direction::Bidirectional => "bidirectional",
        })
    }

    /// The title that the client gave.
    #[getter]
    fn title(&self) -> Option<&str> {
        self.0.record.start()?.parameters.options.title.as_deref()
    }

    /// What the client sent.
    #[getter]
    fn client_to_server(&self) -> Option<ThroughputTotal> {
        self.total(self.side_of()? == Side::Client)
    }

    /// What the server sent.
    #[getter]
    fn server_to_client(&self) -> Option<ThroughputTotal> {
        self.total(self.side_of()? == Side::Server)
    }

    /// Payload rate at the receivers, of both directions together; 0 if the test failed.
    #[getter]
    fn bits_per_second(&self) -> f64 {
        [true, false].into_iter().filter_map(|local| self.total(local)).map(|all| all.received.bits_per_second).sum()
    }

    /// Processor time here.
    #[getter]
    fn local_cpu(&self) -> Option<CpuUse> {
        self.0.record.report().map(|end| end.local_cpu.into())
    }

    /// Processor time of the peer.
    #[getter]
    fn remote_cpu(&self) -> Option<CpuUse> {
        self.0.record.report().map(|end| end.remote_cpu.into())
    }

    /// TCP congestion control here.
    #[getter]
    fn local_congestion(&self) -> Option<&str> {
        self.0.record.report()?.local_congestion.as_deref()
    }

    /// TCP congestion control of the peer.
    #[getter]
    fn remote_congestion(&self) -> Option<&str> {
        self.0.record.report()?.remote_congestion.as_deref()
    }

    /// What limited each direction: that which the client sends comes first. None if the test failed.
    #[getter]
    fn verdicts(&self) -> Vec<Verdict> {
        let (Some(start), Some(end)) = (self.0.record.start(), self.0.record.report()) else { return Vec::new() };
        let mut all: Vec<Verdict> = verdict::verdict(start, end).into_iter().map(Verdict::from).collect();
        all.sort_by_key(|verdict| verdict.sender);
        all
    }

    /// Round trip times before the test and during it, if they were asked for.
    #[getter]
    fn latency(&self) -> Option<ThroughputLatency> {
        self.0.latency.as_ref().map(ThroughputLatency::from)
    }

    /// Round trip times of requests and their responses, if they were asked for.
    #[getter]
    fn round_trips(&self) -> Option<RoundTrips> {
        let end = self.exchanged()?;
        Some(RoundTrips::new(&end.round_trips, u64::try_from(end.sum(true).0.lost).unwrap_or(0)))
    }

    /// Requests that were answered in a second, over all streams, if they were asked for.
    #[getter]
    fn transactions_per_second(&self) -> Option<f64> {
        self.exchanged().map(Report::transactions_per_second)
    }

    /// What the server printed, if the client asked for it: text, or the dictionary of a server that prints JSON.
    #[getter]
    fn server_output(&self, py: Python<'_>) -> PyResult<Option<Tree>> {
        let Some(output) = self.0.record.report().and_then(|end| end.server_output.as_ref()) else { return Ok(None) };
        let plain = match output {
            ServerOutput::Text(text) => text.into_py_any(py),
            ServerOutput::Json(value) => tree(py, value),
        };
        plain.map(|plain| Some(Tree(plain)))
    }

    /// The document that `iperf3 -J` prints.
    #[getter]
    fn json(&self, py: Python<'_>) -> String {
        py.detach(|| self.0.record.document().pretty())
    }

    /// The lines that iperf3 prints.
    #[getter]
    fn text(&self, py: Python<'_>) -> String {
        py.detach(|| self.0.record.lines(report::text::Text::default()))
    }

    /// How many of the oldest intervals a server has forgotten.
    #[getter]
    fn forgotten(&self) -> u64 {
        self.0.record.forgotten()
    }

    /// The intervals.
    fn list_intervals(&self) -> Vec<ThroughputInterval> {
        let udp = self.is_udp();
        self.0.record.intervals().map(|interval| ThroughputInterval::new(interval.clone(), udp)).collect()
    }

    /// The streams.
    fn list_streams(&self) -> Vec<ThroughputStream> {
        let udp = self.is_udp();
        let all = self.0.record.report().into_iter().flat_map(|end| &end.streams);
        all.map(|stream| ThroughputStream { stream: *stream, udp }).collect()
    }

    /// How many round trips took how long: the shortest time of a bucket in seconds, and what fell into it.
    fn list_buckets(&self) -> Vec<(f64, u32)> {
        let buckets = self.exchanged().into_iter().flat_map(|end| end.round_trips.buckets());
        buckets.map(|(from, count)| (from.as_secs_f64(), count)).collect()
    }

    /// A row for each bucket.
    fn bucket_table(&self, py: Python<'_>) -> PyResult<Table> {
        let times = self.exchanged().map(|end| end.round_trips.clone()).unwrap_or_default();
        let open = move |options: &Options| table::throughput::round_trips(&times, options);
        series::table(py, "throughput_round_trips", self.list_buckets().len(), open)
    }

    /// A row for each stream and interval.
    fn interval_table(&self, py: Python<'_>) -> PyResult<Table> {
        let rows = self.0.record.intervals().map(|interval| interval.streams.len()).sum();
        self.table(py, "throughput_intervals", rows, table::throughput::intervals)
    }

    /// A row for each stream.
    fn stream_table(&self, py: Python<'_>) -> PyResult<Table> {
        let rows = self.0.record.report().map_or(0, |end| end.streams.len());
        self.table(py, "throughput_streams", rows, table::throughput::streams)
    }
}

impl ThroughputReport {
    /// The end of a test of requests and responses; a server knows no times.
    fn exchanged(&self) -> Option<&Report> {
        let (start, end) = (self.0.record.start()?, self.0.record.report()?);
        Some(end).filter(|end| start.parameters.options.exchange.is_some() && end.side == Side::Client)
    }

    fn side_of(&self) -> Option<Side> {
        self.0.record.start().map(|start| start.side)
    }

    fn is_udp(&self) -> bool {
        self.0.record.start().is_some_and(|start| start.transport() == Transport::Udp)
    }

    /// `local` is the direction that this end sends in.
    fn total(&self, local: bool) -> Option<ThroughputTotal> {
        let any = |end: &&Report| end.streams.iter().any(|stream| stream.stream.sender == local);
        let (sent, received) = self.0.record.report().filter(any)?.sum(local);
        let udp = self.is_udp();
        Some(ThroughputTotal { sent: Moved::new(&sent, udp), received: Moved::new(&received, udp) })
    }

    fn table<S: RecordBatchReader + Send + 'static>(
        &self,
        py: Python<'_>,
        name: &'static str,
        rows: usize,
        stream: impl Fn(&Record, &Options) -> netshoot_core::Result<S> + Send + Sync + 'static,
    ) -> PyResult<Table> {
        let outcome = Arc::clone(&self.0);
        series::table(py, name, rows, move |options| stream(&outcome.record, options))
    }
}

impl ThroughputInterval {
    pub(super) fn new(interval: Interval, udp: bool) -> Self {
        Self { interval, udp }
    }

    fn sum(&self, sender: bool) -> Option<Moved> {
        let of = || self.interval.streams.iter().filter(move |stream| stream.stream.sender == sender);
        of().next()?;
        Some(Moved::new(&report::Moved::sum(of().map(|stream| &stream.moved)), self.udp))
    }
}

fn ends(stream: &StreamInfo) -> ((String, u16), (String, u16)) {
    let plain = |address: std::net::SocketAddr| (address.ip().to_string(), address.port());
    (plain(stream.local), plain(stream.remote))
}

fn info(py: Python<'_>, info: Option<&TcpInfo>) -> PyResult<Option<Tree>> {
    info.map(|info| tree(py, info).map(Tree)).transpose()
}

//! What an analysis found.

use std::sync::Arc;

use netshoot_core::analysis;
use netshoot_core::table::{self, RecordBatchReader};
use pyo3::prelude::*;

use crate::error::to_python;
use crate::link_type;
use crate::table::Table;
use crate::time::Time;

/// The outcome of an analysis.
#[pyclass(frozen)]
pub(crate) struct Report {
    report: Arc<analysis::Report>,
}

impl Report {
    pub(crate) fn new(report: analysis::Report) -> Self {
        Self { report: Arc::new(report) }
    }

    pub(crate) fn shared(&self) -> Arc<analysis::Report> {
        Arc::clone(&self.report)
    }

    fn table<S: RecordBatchReader + Send + 'static>(
        &self,
        py: Python<'_>,
        name: &'static str,
        rows: usize,
        stream: impl Fn(Arc<analysis::Report>, &table::Options) -> netshoot_core::Result<S> + Send + Sync + 'static,
    ) -> PyResult<Table> {
        let report = Arc::clone(&self.report);
        let schema =
            stream(Arc::clone(&report), &table::Options::default()).map_err(|error| to_python(py, &error))?.schema();
        Ok(Table::new(name, schema, Some(rows), true, move |batch_rows| {
            let options = table::Options::default().with_batch_rows(batch_rows);
            Ok(Box::new(stream(Arc::clone(&report), &options)?))
        }))
    }
}

#[pymethods]
impl Report {
    /// Flows in order of first appearance.
    fn flows(&self, py: Python<'_>) -> PyResult<Table> {
        self.table(py, "flows", self.report.flows.len(), table::flows)
    }

    /// DNS transactions in order of time.
    fn dns(&self, py: Python<'_>) -> PyResult<Table> {
        self.table(py, "dns", self.report.dns.len(), table::dns)
    }

    /// Calls on TCP connections in order of time.
    fn calls(&self, py: Python<'_>) -> PyResult<Table> {
        self.table(py, "calls", self.report.calls.len(), table::calls)
    }

    /// Handshakes of TLS in order of time.
    fn tls(&self, py: Python<'_>) -> PyResult<Table> {
        self.table(py, "tls", self.report.tls.len(), table::tls)
    }

    /// Beginnings of connections of QUIC in order of time.
    fn quic(&self, py: Python<'_>) -> PyResult<Table> {
        self.table(py, "quic", self.report.quic.len(), table::quic)
    }

    /// Errors and echo requests of ICMP in order of their frames.
    fn icmp(&self, py: Python<'_>) -> PyResult<Table> {
        self.table(py, "icmp", self.report.icmp.len(), table::icmp)
    }

    /// Messages of ARP in order of their frames.
    fn arp(&self, py: Python<'_>) -> PyResult<Table> {
        self.table(py, "arp", self.report.arp.len(), table::arp)
    }

    /// Exchanges of DHCP for IPv4 in order of their first frames.
    fn dhcp(&self, py: Python<'_>) -> PyResult<Table> {
        self.table(py, "dhcp", self.report.dhcp.len(), table::dhcp)
    }

    /// Findings, the worst first.
    fn findings(&self, py: Python<'_>) -> PyResult<Table> {
        self.table(py, "findings", self.report.findings.len(), table::findings)
    }

    /// What was captured.
    fn summary(&self) -> Summary {
        let (capture, evicted) = (&self.report.capture, &self.report.evicted);
        Summary {
            frames: capture.frames,
            bytes: capture.bytes,
            captured_bytes: capture.captured_bytes,
            first: capture.first.map(Time),
            last: capture.last.map(Time),
            duration: capture.duration().as_secs_f64(),
            link_types: capture.link_types.iter().copied().map(link_type::name).collect(),
            truncated_frames: capture.truncated_frames,
            malformed_frames: capture.malformed_frames,
            time_reversals: capture.time_reversals,
            fragments: capture.fragments,
            protocols: capture.protocols.iter().map(ProtocolCount::from).collect(),
            damage: capture.damage.clone(),
            verdict: self.report.verdict().name(),
            flows: self.report.flows.len(),
            dns: self.report.dns.len(),
            calls: self.report.calls.len(),
            findings: self.report.findings.len(),
            evicted_flows: evicted.flows,
            evicted_dns: evicted.dns,
            evicted_others: evicted.calls + evicted.tls + evicted.quic + evicted.icmp + evicted.arp + evicted.dhcp,
        }
    }

    /// Why reading ended early, if the file is damaged or cut off.
    #[getter]
    fn damage(&self) -> Option<&str> {
        self.report.capture.damage.as_deref()
    }
}

records! {
    /// What a capture consists of, and whether it can be trusted.
    Summary {
        /// Frames read.
        frames: u64,
        /// Octets of the frames on the wire.
        bytes: u64,
        /// Octets of the frames captured.
        captured_bytes: u64,
        /// Time of the earliest frame, in UTC, cut to microseconds.
        first: Option<Time>,
        /// Time of the latest frame, in UTC, cut to microseconds.
        last: Option<Time>,
        /// Seconds between the two.
        duration: f64,
        /// Names of the link types in order of first appearance.
        link_types: Vec<String>,
        /// Frames cut by the snap length.
        truncated_frames: u64,
        /// Frames of whose headers at least one could not be read whole.
        malformed_frames: u64,
        /// Frames whose time lies before that of the frame before them.
        time_reversals: u64,
        /// Frames that are IP fragments.
        fragments: u64,
        /// Traffic of each protocol, the most frames first.
        protocols: Vec<ProtocolCount>,
        /// Why reading ended early, if the file is damaged or cut off.
        damage: Option<String>,
        /// Where the trouble of the whole capture lies: the verdict of the first finding if it is more than a note, else
        /// none.
        verdict: &'static str,
        /// Flows kept.
        flows: usize,
        /// DNS transactions kept.
        dns: usize,
        /// Calls kept.
        calls: usize,
        /// Findings.
        findings: usize,
        /// Flows dropped to stay below the limit of memory.
        evicted_flows: u64,
        /// DNS transactions dropped to stay below the limit of memory.
        evicted_dns: u64,
        /// Calls and other transactions dropped to stay below the limit of memory.
        evicted_others: u64,
    }

    /// Traffic of one protocol: the innermost that was recognised.
    ProtocolCount {
        /// Name, such as `tcp`, `dns`, `arp` or `other`.
        protocol: String,
        /// Frames.
        frames: u64,
        /// Octets on the wire.
        bytes: u64,
    }
}

impl From<&analysis::ProtocolCount> for ProtocolCount {
    fn from(count: &analysis::ProtocolCount) -> Self {
        Self { protocol: count.protocol.to_owned(), frames: count.frames, bytes: count.bytes }
    }
}

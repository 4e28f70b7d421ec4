//! The tables of a finished analysis, as streams of record batches.

use std::fmt;
use std::sync::Arc;

use arrow_array::{RecordBatch, RecordBatchReader};
use arrow_schema::{ArrowError, SchemaRef};

use super::builder::Builder;
use super::column::Column;
use super::{
    Options, calls as calls_table, control, dns as dns_table, findings as findings_table, flows as flows_table,
};
use crate::Result;
use crate::analysis::Report;

/// The flows of `report`, in order of first appearance.
///
/// | columns | meaning |
/// |---|---|
/// | `flow_id`, `stream` | number of the flow from 0; Wireshark's `tcp.stream` or `udp.stream` |
/// | `community_id` | its Community ID, version 1 with seed 0: the name that Zeek, Suricata, Wireshark and others give it too |
/// | `first_ts`, `last_ts`, `duration_ms`, `first_frame`, `last_frame` | first and last frame |
/// | `ip_proto`, `client_ip`, `client_port`, `server_ip`, `server_port`, `vlan_id` | who talks to whom |
/// | `role_basis` | how client and server were told apart: `syn`, `port`, `first` |
/// | `server_name` | TLS server name or HTTP host |
/// | `conn_state`, `closed_by` | Zeek's letters; `client_fin`, `server_fin`, `client_reset`, `server_reset` |
/// | `packets_*`, `bytes_*`, `payload_bytes_*`, `ttl_*` | frames, octets of frames and of payload on the wire, time to live of the first packet |
/// | `syn_count`, `syn_rtt_ms`, `ack_rtt_ms` | SYNs of the client; the handshake's round trip from the capture point to the server, and to the client |
/// | `rtt_max_ms_*` | longest time from a segment to its acknowledgment |
/// | `retx_pkts_*`, `retx_bytes_*`, `fast_retx`, `spurious`, `ooo_*`, `dup_acks_*` | retransmissions, segments out of order, duplicate acknowledgments |
/// | `lost_unseen_*` | gaps: segments that the capture does not have |
/// | `zw_count_*`, `zw_closings_*`, `zw_ms_*`, `win_full`, `min_win` | closed receive window of the sender of that direction: segments that tell of it, how often, how long; segments that filled a window; smallest window |
/// | `mss_*`, `max_seg_*`, `wscale_*`, `sack_ok` | options of the SYNs, largest payload |
/// | `icmp_errors`, `one_way` | ICMP errors about the flow; whether only one direction was seen |
///
/// The columns of TCP are null for other protocols.
///
/// # Errors
/// [`InvalidInput`](crate::ErrorKind::InvalidInput) if a column is asked for that does not exist.
pub fn flows(report: Arc<Report>, options: &Options) -> Result<ReportStream> {
    ReportStream::new("flows", report, flows_table::columns(), |report| &report.flows, options)
}

/// The DNS transactions of `report`, in order of time.
///
/// `ts` is the time of the first query, `attempts` counts queries with the same identifier and question, `latency_ms` runs
/// from the last query before the answer and `first_latency_ms` from the first, `answers` joins the addresses and names
/// of the answer with commas, `ttl_min` is in seconds. The columns of the answer are null where there was none.
/// `tcp_fallback` says that the client asked again over TCP after a truncated answer, `search_suffix` that the name came
/// from a search list and does not exist; `pair_frame` is the query for the other kind of address, sent together.
///
/// # Errors
/// [`InvalidInput`](crate::ErrorKind::InvalidInput) if a column is asked for that does not exist.
pub fn dns(report: Arc<Report>, options: &Options) -> Result<ReportStream> {
    ReportStream::new("dns", report, dns_table::columns(), |report| &report.dns, options)
}

/// The calls of `report` on TCP connections, in order of time: requests with their responses.
///
/// `n` counts the calls of a flow from 0; `protocol` is `http`, `tls` or `other`; `server_ack_ms` and `ttfb_ms` run from the
/// last octet of the request, `transfer_ms` from the first of the response to the last, `total_ms` from the first of the
/// request to the last of the response. `network_ms`, `server_ms`, `client_ms`, `recovery_ms`, `receiver_stall_ms` and
/// `blind_ms` sum to it (see [`CallTime`](crate::analysis::CallTime)), `dominant` names the greatest. `method`, `host`,
/// `path` and `status` are those of HTTP/1.
///
/// # Errors
/// [`InvalidInput`](crate::ErrorKind::InvalidInput) if a column is asked for that does not exist.
pub fn calls(report: Arc<Report>, options: &Options) -> Result<ReportStream> {
    ReportStream::new("calls", report, calls_table::columns(), |report| &report.calls, options)
}

/// The handshakes of TLS of `report`, in order of time.
///
/// `hello_ms` runs from the client's hello to the server's, `handshake_ms` from the first octet to the end of the handshake;
/// `outcome` is `ok`, `alert`, `reset`, `no_server_hello`, `stalled_after_client_hello`, `client_gone`, or null where the
/// capture does not tell; `failed_by` says who sent the alert or the reset. What `cert_*` says is null in TLS 1.3, where
/// certificates are encrypted, and so is `alpn`.
///
/// # Errors
/// [`InvalidInput`](crate::ErrorKind::InvalidInput) if a column is asked for that does not exist.
pub fn tls(report: Arc<Report>, options: &Options) -> Result<ReportStream> {
    ReportStream::new("tls", report, calls_table::tls_columns(), |report| &report.tls, options)
}

/// The beginnings of connections of QUIC of `report`, in order of time.
///
/// `hello_ms` runs from the client's first datagram to the server's, `handshake_ms` to the client's first that the whole
/// handshake encrypts; `outcome` is `ok`, `version_negotiation`, `no_answer` or `incomplete`.
///
/// # Errors
/// [`InvalidInput`](crate::ErrorKind::InvalidInput) if a column is asked for that does not exist.
pub fn quic(report: Arc<Report>, options: &Options) -> Result<ReportStream> {
    ReportStream::new("quic", report, calls_table::quic_columns(), |report| &report.quic, options)
}

/// The errors and echo requests of ICMP of `report`, in order of their frames.
///
/// `quoted_*` are addresses and ports of the packet that an error is about, from its sender to its receiver, and `flow_id`
/// its flow; `mtu` is in octets; `rtt_ms` runs from an echo request to its reply.
///
/// # Errors
/// [`InvalidInput`](crate::ErrorKind::InvalidInput) if a column is asked for that does not exist.
pub fn icmp(report: Arc<Report>, options: &Options) -> Result<ReportStream> {
    ReportStream::new("icmp", report, control::icmp_columns(), |report| &report.icmp, options)
}

/// The messages of ARP of `report`, in order of their frames.
///
/// `kind` is `request`, `reply`, `gratuitous` or `probe`; `conflict` says that `conflict_mac` claimed the same address
/// within the minute before, or answered a probe.
///
/// # Errors
/// [`InvalidInput`](crate::ErrorKind::InvalidInput) if a column is asked for that does not exist.
pub fn arp(report: Arc<Report>, options: &Options) -> Result<ReportStream> {
    ReportStream::new("arp", report, control::arp_columns(), |report| &report.arp, options)
}

/// The exchanges of DHCP for IPv4 of `report`, in order of their first frames.
///
/// `kind` is the client's first message, `outcome` is `unanswered`, `offered`, `ack`, `nak`, `declined` or `released`,
/// `server_ips` joins those that answered with commas, `lease_s` is 4,294,967,295 for ever, `latency_ms` runs from the first
/// message to the answer that decided.
///
/// # Errors
/// [`InvalidInput`](crate::ErrorKind::InvalidInput) if a column is asked for that does not exist.
pub fn dhcp(report: Arc<Report>, options: &Options) -> Result<ReportStream> {
    ReportStream::new("dhcp", report, control::dhcp_columns(), |report| &report.dhcp, options)
}

/// The findings of `report`, the worst first.
///
/// `kind` is a stable name, `confidence` goes from 0 to 1, `verdict` says where the cause lies, `flows_pct` is the share
/// of all flows in percent, `impact_ms` the time that it cost; `evidence_frames` has at most 20 frame numbers, `flow_ids`
/// at most 100 numbers of the table of [`flows`].
///
/// # Errors
/// [`InvalidInput`](crate::ErrorKind::InvalidInput) if a column is asked for that does not exist.
pub fn findings(report: Arc<Report>, options: &Options) -> Result<ReportStream> {
    let columns = findings_table::columns(report.flows.len());
    ReportStream::new("findings", report, columns, |report| &report.findings, options)
}

/// A table of a [`Report`] or of the kernel's own view as a stream of record batches. Made by [`flows`], [`calls`],
/// [`dns`], [`tls`], [`quic`], [`icmp`], [`arp`], [`dhcp`], [`findings`] and the functions of [`kernel`](super::kernel) and `throughput`.
pub struct ReportStream {
    schema: SchemaRef,
    next: Box<dyn FnMut() -> Option<Result<RecordBatch, ArrowError>> + Send>,
}

impl ReportStream {
    /// The rows that `rows` finds in `source`, which is kept as long as the stream.
    pub(super) fn new<S: Send + Sync + 'static, R: 'static>(
        table: &str,
        source: Arc<S>,
        columns: Vec<Column<R>>,
        rows: fn(&S) -> &[R],
        options: &Options,
    ) -> Result<Self> {
        let mut builder = Builder::new(table, columns, options)?;
        let batch_rows = options.batch_rows.max(1);
        let mut done = 0;
        let schema = builder.schema();
        let next = move || {
            let rest = rows(&source).get(done..).unwrap_or_default();
            let batch = rest.get(..batch_rows).unwrap_or(rest);
            if batch.is_empty() {
                return None;
            }
            builder.extend(batch);
            done += batch.len();
            Some(builder.finish())
        };
        Ok(Self { schema, next: Box::new(next) })
    }
}

impl Iterator for ReportStream {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        (self.next)()
    }
}

impl RecordBatchReader for ReportStream {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }
}

impl fmt::Debug for ReportStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReportStream").field("schema", &self.schema).finish_non_exhaustive()
    }
}

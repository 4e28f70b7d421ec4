//! The packet table: one row for each frame.

use std::fmt;
use std::io::Read;
use std::sync::{Arc, Mutex, PoisonError};

use arrow_array::{RecordBatch, RecordBatchReader};
use arrow_schema::{ArrowError, SchemaRef};
use hashbrown::HashMap;

use super::Options;
use super::application;
use super::builder::{Builder, RUN};
use super::column::{Column, boolean, dictionary, float32, float64, name, time, uint8, uint16, uint32, uint64};
use super::flows::{address, milliseconds, number};
use super::row::{IpFields, Row};
use crate::analysis::{self, Analyzer, Gate, Observation, TcpAnalysis, TcpObservation};
use crate::capture::{Frame, Interface, Reader};
use crate::packet::{Packet, TcpFlags};
use crate::{Error, ErrorKind, Result};

/// The frames that `reader` still has to give, from [`analysis::Options::since`] on, as a stream of record batches.
///
/// | columns | meaning |
/// |---|---|
/// | `frame`, `ts`, `iface`, `file_offset` | number from 1, time, name of the interface, octets from the start of the file |
/// | `cap_len`, `orig_len` | octets captured and on the wire |
/// | `eth_type`, `vlan_id` | innermost EtherType, outermost VLAN |
/// | `ip_version`, `src_ip`, `dst_ip`, `ip_proto`, `ttl`, `ip_id`, `dscp`, `ecn`, `ip_df`, `ip_frag` | IP header; `ip_proto` is the protocol behind extension headers, `ip_id` and `ip_df` are IPv4's |
/// | `src_port`, `dst_port`, `payload_len` | ports of TCP and UDP; octets on the wire behind the innermost header that was read |
/// | `tcp_flags`, `tcp_seq`, `tcp_ack`, `tcp_win` | TCP header: sequence numbers as sent, window in octets, scaled where the handshake was seen |
/// | `flow_id`, `stream`, `from_client` | the flow in the table of [`flows`](super::flows), Wireshark's number of a TCP stream, and who sent the packet |
/// | `ack_rtt_ms`, `acked_frame` | time since the segment whose data this one acknowledges, and its frame |
/// | `initial_rtt_ms` | time of the handshake |
/// | `rto_ms`, `rto_frame` | for a retransmission by timeout: time since the oldest segment without acknowledgment, and its frame |
/// | `dup_ack_num`, `dup_ack_frame` | which duplicate acknowledgment it is, and the frame that it repeats |
/// | `bytes_in_flight`, `push_bytes` | octets of the sender not acknowledged yet, and since its last PSH |
/// | `completeness` | what was seen of the connection so far, see [`Completeness`](analysis::Completeness) |
/// | `tcp_analysis` | Wireshark's judgement, see [`TcpAnalysis`] |
/// | `classification`, `class_confidence` | our own verdict on a segment that repeats others or comes late, see [`SegmentClass`](analysis::SegmentClass), and how sure it is, from 0 to 1 |
/// | `proto` | innermost protocol that was recognised |
/// | `app`, `app_info` | the application in the innermost packet (`dns`, `tls`, `http`, `quic`, `dhcp`, `dhcpv6`, `wg`, `l2tp`), and what it says, as in the packet's line |
///
/// If a column is wanted that needs to know the flow (`tcp_win`, and those from `flow_id` to `class_confidence`), the capture
/// is analysed on the way by [`Options::analysis`].
///
/// # Errors
/// [`InvalidInput`](ErrorKind::InvalidInput) if a column is asked for that does not exist. The stream itself ends with
/// the reader's error where the capture is damaged, after the rows before it, unless [`Options::end_at_damage`] is set;
/// the error is within [`ArrowError::ExternalError`].
pub fn packets<R: Read>(reader: Reader<R>, options: &Options) -> Result<PacketStream<R>> {
    let builder = PacketBuilder::new(options)?;
    let gate = Gate::new(options.analysis.since);
    // Frames in front of the gate do not come to the analyzer.
    let how = analysis::Options { since: None, ..options.analysis.clone() };
    let analyzer = builder.builder.has_any(&NEED_FLOW).then(|| Analyzer::new(how));
    let batch_rows = options.batch_rows.max(1);
    Ok(PacketStream { reader, gate, analyzer, builder, batch_rows, end_at_damage: options.end_at_damage, end: None })
}

const NEED_FLOW: [&str; 17] = [
    "flow_id",
    "stream",
    "from_client",
    "tcp_win",
    "ack_rtt_ms",
    "acked_frame",
    "initial_rtt_ms",
    "rto_ms",
    "rto_frame",
    "dup_ack_num",
    "dup_ack_frame",
    "bytes_in_flight",
    "push_bytes",
    "completeness",
    "tcp_analysis",
    "classification",
    "class_confidence",
];

/// The packet table of a capture as a stream of record batches. Made by [`packets`].
pub struct PacketStream<R: Read> {
    reader: Reader<R>,
    gate: Gate,
    analyzer: Option<Analyzer>,
    builder: PacketBuilder,
    batch_rows: usize,
    end_at_damage: bool,
    /// How the capture ended, once it did; an error is handed out after the rows before it.
    end: Option<Result<()>>,
}

impl<R: Read> PacketStream<R> {
    /// The reader, for its [`offset`](Reader::offset) and its [`interfaces`](Reader::interfaces).
    #[must_use]
    pub fn reader(&self) -> &Reader<R> {
        &self.reader
    }
}

impl<R: Read> PacketStream<R> {
    /// Reads frames until a batch is full or the capture ends.
    fn fill(&mut self) -> Result<()> {
        while self.builder.rows() < self.batch_rows {
            let Some(frame) = self.reader.next_frame()? else {
                self.end = Some(Ok(()));
                break;
            };
            if !self.gate.lets_pass(frame.timestamp) {
                continue;
            }
            let packet = Packet::parse(frame.link_type, frame.bytes, frame.original_length);
            let observation = match &mut self.analyzer {
                Some(analyzer) => analyzer.push(&frame, &packet),
                None => Observation::default(),
            };
            self.builder.push(&frame, &packet, &observation)?;
            self.builder.name_interfaces(self.reader.interfaces());
        }
        Ok(())
    }
}

impl<R: Read> Iterator for PacketStream<R> {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.end.is_none()
            && let Err(error) = self.fill()
        {
            let damage = matches!(error.kind(), ErrorKind::Truncated | ErrorKind::Malformed);
            self.end = Some(if damage && self.end_at_damage { Ok(()) } else { Err(error) });
        }
        if self.builder.rows() > 0 {
            return Some(self.builder.finish());
        }
        match self.end.replace(Ok(()))? {
            Ok(()) => None,
            Err(error) => Some(Err(ArrowError::ExternalError(Box::new(error)))),
        }
    }
}

impl<R: Read> RecordBatchReader for PacketStream<R> {
    fn schema(&self) -> SchemaRef {
        self.builder.schema()
    }
}

impl<R: Read> fmt::Debug for PacketStream<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PacketStream").field("reader", &self.reader).finish_non_exhaustive()
    }
}

/// Makes batches of the packet table from packets that come one by one, for who reads and analyses them anyway.
pub struct PacketBuilder {
    builder: Builder<Row>,
    /// Rows that the columns have not read yet: less than a run.
    run: Vec<Row>,
    names: Names,
    /// Where the names of interfaces are in the list, and section and number of the newest that was looked at.
    places: HashMap<(u32, u32), u32, foldhash::fast::RandomState>,
    newest_interface: Option<(u32, u32)>,
    applications: Option<application::Reader>,
}

type Names = Arc<Mutex<Vec<Box<str>>>>;

impl PacketBuilder {
    /// A builder for the columns that `options` asks for.
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) if a column is asked for that does not exist.
    pub fn new(options: &Options) -> Result<Self> {
        let (names, lines) = (Names::default(), Arc::default());
        let mut columns = columns(&names);
        columns.extend(application::columns(&lines));
        let builder = Builder::new("packets", columns, options)?;
        let applications = application::Reader::new(&lines, &builder, options);
        let (run, places) = (Vec::with_capacity(RUN), HashMap::default());
        Ok(Self { builder, run, names, places, newest_interface: None, applications })
    }

    /// The columns.
    #[must_use]
    pub fn schema(&self) -> SchemaRef {
        self.builder.schema()
    }

    /// Rows since the last [`finish`](Self::finish).
    #[must_use]
    pub fn rows(&self) -> usize {
        self.builder.rows() + self.run.len()
    }

    /// Adds a row for `frame`, which was parsed as `packet`; `observation` is what the analyzer says of it, or the
    /// default, which leaves the columns of the flow null.
    ///
    /// # Errors
    /// [`LimitReached`](ErrorKind::LimitReached) if the number of the frame does not fit into 32 bits.
    #[inline]
    pub fn push(&mut self, frame: &Frame<'_>, packet: &Packet<'_>, observation: &Observation) -> Result<()> {
        if self.run.len() == RUN {
            self.flush();
        }
        let number = u32::try_from(frame.number).map_err(|_| too_many_frames())?;
        let mut row = Row::new(number, frame, packet, observation);
        if let Some(applications) = &self.applications {
            applications.read(packet, &mut row);
        }
        self.run.push(row);
        Ok(())
    }

    /// Takes over the names of interfaces; to be called with all interfaces known so far, when there are new ones.
    #[inline]
    pub fn name_interfaces(&mut self, interfaces: &[Interface]) {
        let newest = interfaces.last().map(|interface| (interface.section, interface.id));
        if newest != self.newest_interface {
            self.learn_interfaces(interfaces);
            self.newest_interface = newest;
        }
    }

    /// The rows pushed since the last call.
    ///
    /// # Errors
    /// Those of Arrow, when a batch is too large for it: more than 2³¹ octets of text in one column.
    pub fn finish(&mut self) -> Result<RecordBatch, ArrowError> {
        self.flush();
        self.builder.finish()
    }

    fn learn_interfaces(&mut self, interfaces: &[Interface]) {
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        // From the end: a reader forgets the oldest descriptions when there are very many.
        let known = self.newest_interface;
        let new = interfaces.iter().rev().take_while(|interface| Some((interface.section, interface.id)) != known);
        for interface in new {
            if let (Some(name), Ok(place)) = (&interface.name, u32::try_from(names.len())) {
                self.places.insert((interface.section, interface.id), place);
                names.push(name.clone());
            }
        }
    }

    fn flush(&mut self) {
        if !self.places.is_empty() {
            for row in &mut self.run {
                row.interface_name = self.places.get(&(row.section, row.interface)).copied();
            }
        }
        self.builder.extend(&self.run);
        self.run.clear();
        if let Some(applications) = &self.applications {
            applications.clear();
        }
    }
}

impl fmt::Debug for PacketBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PacketBuilder").field("rows", &self.rows()).finish_non_exhaustive()
    }
}

#[cold]
fn too_many_frames() -> Error {
    Error::new(ErrorKind::LimitReached, "make table of packets")
        .with_detail(format!("a table has at most {} frames", u32::MAX))
        .with_hint("split the capture with editcap -c")
}

fn columns(names: &Names) -> Vec<Column<Row>> {
    let mut columns = frame_columns(names);
    columns.extend(ip_columns());
    columns.extend(transport_columns());
    columns.extend(flow_columns());
    columns
}

fn frame_columns(names: &Names) -> Vec<Column<Row>> {
    let names = Arc::clone(names);
    let write = move |place: u32, out: &mut String| {
        let names = names.lock().unwrap_or_else(PoisonError::into_inner);
        out.push_str(names.get(place as usize).map_or("", |name| name));
    };
    vec![
        uint32("frame", |row: &Row| Some(row.frame)).always(),
        time("ts", |row: &Row| row.time),
        dictionary("iface", |row: &Row| row.interface_name, write),
        uint32("cap_len", |row: &Row| Some(row.captured)).always(),
        uint32("orig_len", |row: &Row| Some(row.original)).always(),
        uint64("file_offset", |row: &Row| Some(row.offset)).always(),
        uint16("eth_type", |row: &Row| (row.ether_type != 0).then_some(row.ether_type)),
        uint16("vlan_id", |row: &Row| row.vlan),
    ]
}

fn ip_columns() -> Vec<Column<Row>> {
    vec![
        uint8("ip_version", |row| ip(row).map(|ip| ip.version)),
        address("src_ip", |row| ip(row).map(|ip| ip.source)),
        address("dst_ip", |row| ip(row).map(|ip| ip.destination)),
        uint8("ip_proto", |row| ip(row).map(|ip| ip.protocol.0)),
        uint8("ttl", |row| ip(row).map(|ip| ip.hop_limit)),
        uint16("ip_id", |row| ip(row)?.identification),
        uint8("dscp", |row| ip(row).map(|ip| ip.dscp)),
        uint8("ecn", |row| ip(row).map(|ip| ip.ecn)),
        boolean("ip_df", |row| ip(row)?.dont_fragment),
        boolean("ip_frag", |row| ip(row).map(|ip| ip.fragment)),
    ]
}

fn transport_columns() -> Vec<Column<Row>> {
    vec![
        uint16("src_port", |row: &Row| row.ports.map(|(source, _)| source)),
        uint16("dst_port", |row: &Row| row.ports.map(|(_, destination)| destination)),
        uint32("payload_len", |row: &Row| Some(row.payload)).always(),
        uint16("tcp_flags", |row: &Row| row.tcp.map(|tcp| tcp.flags.0))
            .flags((0..16).map_while(|bit| TcpFlags(1 << bit).names().next())),
        uint32("tcp_seq", |row: &Row| row.tcp.map(|tcp| tcp.sequence)),
        // Without the ACK bit the field means nothing (RFC 9293 section 3.1).
        uint32("tcp_ack", |row: &Row| {
            row.tcp.filter(|tcp| tcp.flags.contains(TcpFlags::ACK)).map(|tcp| tcp.acknowledgment)
        }),
        uint32("tcp_win", |row: &Row| {
            row.tcp.map(|tcp| segment(row).map_or(u32::from(tcp.window), |segment| segment.window))
        }),
    ]
}

fn flow_columns() -> Vec<Column<Row>> {
    vec![
        uint32("flow_id", |row: &Row| row.observation.flow_id),
        boolean("from_client", |row: &Row| row.observation.from_client),
        uint32("stream", |row| segment(row).map(|segment| segment.stream)),
        float64("ack_rtt_ms", |row| segment(row)?.ack_rtt.map(milliseconds)),
        uint32("acked_frame", |row| segment(row)?.acked_frame.map(number)),
        float64("initial_rtt_ms", |row| segment(row)?.initial_rtt.map(milliseconds)),
        float64("rto_ms", |row| segment(row)?.timeout.map(milliseconds)),
        uint32("rto_frame", |row| segment(row)?.timeout_frame.map(number)),
        uint32("dup_ack_num", |row| segment(row)?.duplicate_ack_number),
        uint32("dup_ack_frame", |row| segment(row)?.duplicate_ack_frame.map(number)),
        uint32("bytes_in_flight", |row| segment(row)?.bytes_in_flight),
        uint32("push_bytes", |row| segment(row)?.push_bytes_sent),
        uint8("completeness", |row| segment(row).map(|segment| segment.completeness.0)),
        uint32("tcp_analysis", |row| segment(row).map(|segment| segment.analysis.0))
            .flags((0..32).map_while(|bit| TcpAnalysis(1 << bit).names().next())),
        name("classification", |row| segment(row)?.classification.map(|verdict| verdict.class.name())),
        float32("class_confidence", |row| segment(row)?.classification.map(|verdict| verdict.confidence)),
        name("proto", |row: &Row| Some(row.protocol)).always(),
    ]
}

fn ip(row: &Row) -> Option<&IpFields> {
    row.ip.as_ref()
}

fn segment(row: &Row) -> Option<&TcpObservation> {
    row.observation.tcp.as_ref()
}

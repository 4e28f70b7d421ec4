//! Datagrams and streams put together: `netshoot.DatagramReassembler`, `netshoot.StreamReassembler`.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use netshoot_core::application as core;
use netshoot_core::capture::Timestamp;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::packet::Packet;

/// Puts IP datagrams together from their fragments.
///
/// `max_bytes` is the memory for fragments, `timeout` how many seconds of the packets' own time they are waited for,
/// `overlap` says which of two overlapping fragments counts: `bsd`, `first`, `last`, `linux` or `reject`.
#[pyclass(module = "netshoot")]
pub(crate) struct DatagramReassembler {
    inner: core::DatagramReassembler,
}

#[pymethods]
impl DatagramReassembler {
    #[new]
    #[pyo3(signature = (*, max_bytes = 4_194_304, timeout = 30.0, overlap = "bsd"))]
    fn new(max_bytes: usize, timeout: f64, overlap: &str) -> PyResult<Self> {
        let mut options = core::DatagramOptions::default();
        options.max_bytes = max_bytes;
        options.timeout = seconds("timeout", timeout)?;
        options.overlap = match overlap {
            "bsd" => core::DatagramOverlap::Bsd,
            "first" => core::DatagramOverlap::First,
            "last" => core::DatagramOverlap::Last,
            "linux" => core::DatagramOverlap::Linux,
            "reject" => core::DatagramOverlap::Reject,
            _ => {
                return Err(PyValueError::new_err(format!(
                    "overlap: {overlap:?} is none of bsd, first, last, linux, reject"
                )));
            }
        };
        Ok(Self { inner: core::DatagramReassembler::new(options) })
    }

    /// Takes a packet, captured at `time` seconds; without times nothing expires. Returns the datagram that it completed,
    /// whose link type is `ipv4` or `ipv6`; it may be a fragment again, to be pushed, too.
    #[pyo3(signature = (packet, time = None))]
    fn push(&mut self, py: Python<'_>, packet: &Packet, time: Option<f64>) -> PyResult<Option<Packet>> {
        let core::Step::Complete(datagram) = self.inner.push(&packet.view(), timestamp(time)) else { return Ok(None) };
        Packet::new(PyBytes::new(py, datagram.bytes()), datagram.link_type()).map(Some)
    }

    /// Datagrams that fragments are missing of.
    #[getter]
    fn pending(&self) -> usize {
        self.inner.pending()
    }

    /// What was done so far, by name: `fragments`, `completed`, `truncated`, `malformed`, `duplicates`, `overlaps`,
    /// `conflicts`, `rejected`, `expired`, `evicted`.
    #[getter]
    fn counters(&self) -> BTreeMap<&'static str, u64> {
        let counters = self.inner.counters();
        BTreeMap::from([
            ("fragments", counters.fragments),
            ("completed", counters.completed),
            ("truncated", counters.truncated),
            ("malformed", counters.malformed),
            ("duplicates", counters.duplicates),
            ("overlaps", counters.overlaps),
            ("conflicts", counters.conflicts),
            ("rejected", counters.rejected),
            ("expired", counters.expired),
            ("evicted", counters.evicted),
        ])
    }
}

records! {
    /// What a `StreamReassembler` tells.
    StreamEvent {
        /// `opened`, `data`, `gap` or `closed`.
        kind: String,
        /// The number of the connection, from 0 on.
        stream: u64,
        /// Who sent the octets of `data`, and those that are missing of `gap`: `client` or `server`.
        sender: Option<String>,
        /// Octets of this direction before these.
        offset: Option<u64>,
        /// Octets that there are, or that are missing.
        length: Option<u64>,
        /// The octets of `data`.
        data: Option<Cow<'static, [u8]>>,
        /// Why octets are missing: `acknowledged`, `capture_length`, `limit` or `closed`; or how the connection ended:
        /// `fin`, `reset`, `reused`, `idle`, `evicted` or `finished`.
        reason: Option<String>,
        /// Address and port of the end that opened the connection, of `opened`.
        client: Option<(IpAddr, u16)>,
        /// Address and port of the other end.
        server: Option<(IpAddr, u16)>,
        /// Whether the connection was there before the capture, of `opened`.
        midstream: Option<bool>,
    }
}

/// Puts TCP streams together from their segments.
///
/// `max_direction_bytes` and `max_bytes` bound what waits for a hole to be filled, in one direction and in all;
/// `idle_timeout` is in seconds of the packets' own time; `overlap` says which octets count where segments that wait
/// overlap: `lower`, `first` or `last`; `verify_checksums` passes over segments whose checksum is wrong.
#[pyclass(module = "netshoot")]
pub(crate) struct StreamReassembler {
    inner: core::StreamReassembler,
}

#[pymethods]
impl StreamReassembler {
    #[new]
    #[pyo3(signature = (
        *,
        max_direction_bytes = 4_194_304,
        max_bytes = 67_108_864,
        max_connections = 65_536,
        idle_timeout = 3600.0,
        overlap = "lower",
        verify_checksums = false,
    ))]
    fn new(
        max_direction_bytes: usize,
        max_bytes: usize,
        max_connections: usize,
        idle_timeout: f64,
        overlap: &str,
        verify_checksums: bool,
    ) -> PyResult<Self> {
        let mut options = core::StreamOptions::default();
        options.max_direction_bytes = max_direction_bytes;
        options.max_bytes = max_bytes;
        options.max_connections = max_connections;
        options.idle_timeout = seconds("idle_timeout", idle_timeout)?;
        options.verify_checksums = verify_checksums;
        options.overlap = match overlap {
            "lower" => core::StreamOverlap::Lower,
            "first" => core::StreamOverlap::First,
            "last" => core::StreamOverlap::Last,
            _ => return Err(PyValueError::new_err(format!("overlap: {overlap:?} is none of lower, first, last"))),
        };
        Ok(Self { inner: core::StreamReassembler::new(options) })
    }

    /// Takes a packet, captured at `time` seconds; without times no connection is idle. Returns what came of it.
    #[pyo3(signature = (packet, time = None))]
    fn push(&mut self, packet: &Packet, time: Option<f64>) -> Vec<StreamEvent> {
        let mut events = Vec::new();
        self.inner.push(&packet.view(), timestamp(time), &mut |event| events.push(plain(event)));
        events
    }

    /// Ends all connections, as at the end of a capture.
    fn finish(&mut self) -> Vec<StreamEvent> {
        let mut events = Vec::new();
        self.inner.finish(&mut |event| events.push(plain(event)));
        events
    }

    /// What was done so far, by name: `connections`, `octets`, `early_segments`, `duplicate_octets`, `conflicts`, `gaps`,
    /// `missing_octets`, `late_octets`, `corrupt`, `idle`, `evicted`.
    #[getter]
    fn counters(&self) -> BTreeMap<&'static str, u64> {
        let counters = self.inner.counters();
        BTreeMap::from([
            ("connections", counters.connections),
            ("octets", counters.octets),
            ("early_segments", counters.early_segments),
            ("duplicate_octets", counters.duplicate_octets),
            ("conflicts", counters.conflicts),
            ("gaps", counters.gaps),
            ("missing_octets", counters.missing_octets),
            ("late_octets", counters.late_octets),
            ("corrupt", counters.corrupt),
            ("idle", counters.idle),
            ("evicted", counters.evicted),
        ])
    }
}

fn plain(event: core::StreamEvent<'_>) -> StreamEvent {
    let empty = |kind: &str, stream: core::StreamId| StreamEvent {
        kind: kind.to_owned(),
        stream: stream.0,
        sender: None,
        offset: None,
        length: None,
        data: None,
        reason: None,
        client: None,
        server: None,
        midstream: None,
    };
    match event {
        core::StreamEvent::Opened { stream, tuple, midstream } => StreamEvent {
            client: Some((tuple.source, tuple.source_port)),
            server: Some((tuple.destination, tuple.destination_port)),
            midstream: Some(midstream),
            ..empty("opened", stream)
        },
        core::StreamEvent::Data { stream, direction, offset, bytes } => StreamEvent {
            sender: Some(sender(direction)),
            offset: Some(offset),
            length: Some(bytes.len() as u64),
            data: Some(Cow::Owned(bytes.to_vec())),
            ..empty("data", stream)
        },
        core::StreamEvent::Gap { stream, direction, offset, length, reason } => StreamEvent {
            sender: Some(sender(direction)),
            offset: Some(offset),
            length: Some(length),
            reason: Some(reason.name().to_owned()),
            ..empty("gap", stream)
        },
        core::StreamEvent::Closed { stream, reason } => {
            StreamEvent { reason: Some(reason.name().to_owned()), ..empty("closed", stream) }
        }
        // The library may come to tell more.
        _ => empty("other", core::StreamId(0)),
    }
}

fn sender(direction: core::Direction) -> String {
    match direction {
        core::Direction::FromClient => "client",
        core::Direction::FromServer => "server",
    }
    .to_owned()
}

fn seconds(name: &str, value: f64) -> PyResult<Duration> {
    let invalid = |_| PyValueError::new_err(format!("{name}: {value} is no number of seconds"));
    Duration::try_from_secs_f64(value).map_err(invalid)
}

fn timestamp(time: Option<f64>) -> Option<Timestamp> {
    time.map(|seconds| Timestamp::from_nanos((seconds * 1e9) as i64))
}

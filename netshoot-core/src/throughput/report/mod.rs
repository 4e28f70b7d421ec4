//! What a test found, as values: what it started with, each interval, and the end.

mod course;
pub mod json;
mod record;
pub mod text;

use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use super::engine::Shortcuts;
use super::latency::Histogram;
use super::protocol::{Cookie, CpuUse, Parameters, ServerOutput, State};
use super::{BitRate, Direction, Transport};
use crate::netlink::TcpInfo;
pub use record::Record;

pub use course::{Course, Watch};

/// What happens in the course of a test.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event {
    /// A state was sent or came on the control connection; only where it is asked for
    /// ([`Options::tell_states`](super::Options::tell_states)).
    State {
        /// It was sent.
        sent: bool,
        /// Which.
        state: State,
    },
    /// All streams are there, and data begin to flow.
    Started(Box<Start>),
    /// A part of the test is over.
    Interval(Interval),
    /// The test is over, and both ends have each other's results.
    Finished(Box<Report>),
    /// The client was interrupted, or the test failed, when data flowed: what this end knows, with zeros for the peer. The
    /// error follows.
    Interrupted(Box<Report>),
}

/// Which end of a test this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
pub enum Side {
    /// The end that asks for the test.
    Client,
    /// The end that is asked.
    Server,
}

/// What a test starts with.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Start {
    /// Which end this is.
    pub side: Side,
    /// The peer's name as it was given, or its address.
    pub host: String,
    /// The peer's port on the control connection.
    pub port: u16,
    /// What tells the test from others.
    pub cookie: Cookie,
    /// What the test does.
    pub parameters: Parameters,
    /// Largest segment of the control connection, in octets.
    pub control_mss: Option<u32>,
    /// Buffers of the first data socket, as the kernel has them: octets to send, to receive.
    pub buffers: (usize, usize),
    /// The streams in the order of their making.
    pub streams: Vec<StreamInfo>,
    /// When the data began to flow.
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::netlink::json::serialize_time"))]
    pub time: SystemTime,
    /// Time between two intervals here.
    #[cfg_attr(
        feature = "serde",
        serde(rename = "interval_ns", serialize_with = "crate::netlink::json::serialize_nanos")
    )]
    pub interval: Duration,
}

/// A data stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct StreamInfo {
    /// Its number in the protocol, see [`stream_id`](super::protocol::stream_id).
    pub id: i64,
    /// Its descriptor here, which iperf3 shows in brackets.
    pub socket: i32,
    /// Address here.
    pub local: SocketAddr,
    /// Address of the peer.
    pub remote: SocketAddr,
    /// Whether this end sends.
    pub sender: bool,
}

/// A part of a test.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Interval {
    /// Since the data began to flow or, when some time is omitted, since its end.
    #[cfg_attr(
        feature = "serde",
        serde(rename = "start_ns", serialize_with = "crate::netlink::json::serialize_nanos")
    )]
    pub start: Duration,
    /// The same.
    #[cfg_attr(feature = "serde", serde(rename = "end_ns", serialize_with = "crate::netlink::json::serialize_nanos"))]
    pub end: Duration,
    /// Whether this part does not count.
    pub omitted: bool,
    /// The streams in the order of their making.
    pub streams: Vec<StreamInterval>,
}

/// What one stream did in an interval.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct StreamInterval {
    /// The stream.
    pub stream: StreamInfo,
    /// How much.
    pub moved: Moved,
    /// What TCP of the sender says at its end.
    pub tcp: Option<TcpState>,
    /// All that TCP says at its end.
    pub tcp_info: Option<TcpInfo>,
}

/// What was sent, or received.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Moved {
    /// Payload octets.
    pub bytes: u64,
    /// In what time.
    #[cfg_attr(feature = "serde", serde(rename = "time_ns", serialize_with = "crate::netlink::json::serialize_nanos"))]
    pub time: Duration,
    /// Segments that TCP sent again; `None` where nobody tells.
    pub retransmits: Option<u64>,
    /// Datagrams sent or, by the receiver, those it knows of.
    pub packets: u64,
    /// Datagrams that the receiver misses.
    pub lost: i64,
    /// Datagrams that came after one that was sent later.
    pub out_of_order: u64,
    /// How much the time that datagrams take varies (RFC 1889, A.8).
    #[cfg_attr(
        feature = "serde",
        serde(rename = "jitter_ns", serialize_with = "crate::netlink::json::serialize_nanos")
    )]
    pub jitter: Duration,
}

/// What the sender's TCP says of a connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct TcpState {
    /// Congestion window, in octets.
    pub congestion_window: u64,
    /// Window that the receiver grants, in octets.
    pub send_window: u64,
    /// Smoothed round trip time.
    #[cfg_attr(feature = "serde", serde(rename = "rtt_ns", serialize_with = "crate::netlink::json::serialize_nanos"))]
    pub rtt: Duration,
    /// Its mean deviation.
    #[cfg_attr(
        feature = "serde",
        serde(rename = "rtt_variance_ns", serialize_with = "crate::netlink::json::serialize_nanos")
    )]
    pub rtt_variance: Duration,
    /// Path MTU, in octets.
    pub path_mtu: u32,
    /// How far segments may be out of order.
    pub reordering: u32,
    /// Times that reordering was seen since the connection was made.
    pub reordering_seen: u32,
}

/// The end of a test.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Report {
    /// Which end this is.
    pub side: Side,
    /// The streams in the order of their making.
    pub streams: Vec<StreamReport>,
    /// Processor time here.
    pub local_cpu: CpuUse,
    /// Processor time of the peer.
    pub remote_cpu: CpuUse,
    /// TCP congestion control here.
    pub local_congestion: Option<String>,
    /// TCP congestion control of the peer.
    pub remote_congestion: Option<String>,
    /// What the server printed, if the client asked for it.
    pub server_output: Option<ServerOutput>,
    /// How the data came that this end sends.
    pub sending: Course,
    /// How the data came that this end receives.
    pub receiving: Course,
    /// How long each request waited for its response, over all streams, the omitted time excluded; empty in other tests.
    pub round_trips: Histogram,
}

/// What one stream did in the whole test, the omitted time excluded.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct StreamReport {
    /// The stream.
    pub stream: StreamInfo,
    /// What its sender says.
    pub sent: Moved,
    /// What its receiver says.
    pub received: Moved,
    /// What TCP said over the test, when this end sends.
    pub tcp: Option<TcpSummary>,
    /// All that TCP said at the end.
    pub tcp_info: Option<TcpInfo>,
    /// What this end did to have less work.
    pub shortcuts: Shortcuts,
    /// Octets that the file has which this end sends or writes; `None` without one.
    pub file_size: Option<u64>,
    /// What this end saw while it ran.
    pub watch: Watch,
    /// What the peer saw, if it is one that tells (see [`Options::extension`](super::Options::extension)).
    pub peer_watch: Option<Watch>,
}

/// What the sender's TCP said at the ends of the intervals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct TcpSummary {
    /// Largest congestion window, in octets.
    pub max_congestion_window: u64,
    /// Largest window that the receiver granted, in octets.
    pub max_send_window: u64,
    /// Longest round trip time.
    #[cfg_attr(
        feature = "serde",
        serde(rename = "max_rtt_ns", serialize_with = "crate::netlink::json::serialize_nanos")
    )]
    pub max_rtt: Duration,
    /// Shortest round trip time.
    #[cfg_attr(
        feature = "serde",
        serde(rename = "min_rtt_ns", serialize_with = "crate::netlink::json::serialize_nanos")
    )]
    pub min_rtt: Duration,
    /// Mean round trip time.
    #[cfg_attr(
        feature = "serde",
        serde(rename = "mean_rtt_ns", serialize_with = "crate::netlink::json::serialize_nanos")
    )]
    pub mean_rtt: Duration,
    /// How far segments may be out of order.
    pub reordering: u32,
    /// Times that reordering was seen since the connection was made.
    pub reordering_seen: u32,
}

impl Moved {
    /// Payload rate.
    #[must_use]
    pub fn bits_per_second(&self) -> f64 {
        let seconds = self.time.as_secs_f64();
        if seconds > 0.0 { self.bytes as f64 * 8.0 / seconds } else { 0.0 }
    }

    /// The same, rounded.
    #[must_use]
    pub fn rate(&self) -> BitRate {
        BitRate(self.bits_per_second() as u64)
    }

    /// Datagrams lost of a hundred.
    #[must_use]
    pub fn lost_percent(&self) -> f64 {
        if self.packets > 0 { self.lost as f64 * 100.0 / self.packets as f64 } else { 0.0 }
    }

    /// What streams moved together: the jitter is their mean, the time the longest.
    pub fn sum<'a>(all: impl IntoIterator<Item = &'a Self>) -> Self {
        let (mut sum, mut count) = (Self::default(), 0);
        for moved in all {
            count += 1;
            sum.bytes = sum.bytes.saturating_add(moved.bytes);
            sum.time = sum.time.max(moved.time);
            sum.retransmits = match (sum.retransmits, moved.retransmits) {
                (None, None) => None,
                (one, other) => Some(one.unwrap_or(0).saturating_add(other.unwrap_or(0))),
            };
            sum.packets = sum.packets.saturating_add(moved.packets);
            sum.lost = sum.lost.saturating_add(moved.lost);
            sum.out_of_order = sum.out_of_order.saturating_add(moved.out_of_order);
            sum.jitter = sum.jitter.saturating_add(moved.jitter);
        }
        sum.jitter /= count.max(1);
        sum
    }
}

impl TcpState {
    /// What `info` says, as far as the kernel told it.
    #[must_use]
    pub fn new(info: &TcpInfo) -> Self {
        let microseconds = |value: Option<u32>| Duration::from_micros(value.unwrap_or(0).into());
        let segment = u64::from(info.snd_mss().unwrap_or(0));
        Self {
            congestion_window: u64::from(info.snd_cwnd().unwrap_or(0)) * segment,
            send_window: info.snd_wnd().unwrap_or(0).into(),
            rtt: microseconds(info.rtt()),
            rtt_variance: microseconds(info.rttvar()),
            path_mtu: info.pmtu().unwrap_or(0),
            reordering: info.reordering().unwrap_or(0),
            reordering_seen: info.reord_seen().unwrap_or(0),
        }
    }
}

impl Start {
    /// TCP or UDP.
    #[must_use]
    pub fn transport(&self) -> Transport {
        self.parameters.options.transport
    }

    /// Who sends.
    #[must_use]
    pub fn direction(&self) -> Direction {
        self.parameters.options.direction
    }
}

impl Report {
    /// What the streams of one direction did together: what their senders say, and what their receivers say. `local` are
    /// those that this end sends.
    #[must_use]
    pub fn sum(&self, local: bool) -> (Moved, Moved) {
        let of = || self.streams.iter().filter(move |stream| stream.stream.sender == local);
        (Moved::sum(of().map(|stream| &stream.sent)), Moved::sum(of().map(|stream| &stream.received)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What iperf3 calls `reorder` is how often, not how far.
    #[test]
    fn reordering_is_a_distance_and_a_count() {
        let mut octets = [0; 248];
        octets[88..92].copy_from_slice(&300_u32.to_ne_bytes());
        octets[220..224].copy_from_slice(&7_u32.to_ne_bytes());
        let state = TcpState::new(&TcpInfo::new(&octets));
        assert_eq!((state.reordering, state.reordering_seen), (300, 7));
        let stream = StreamInfo { id: 1, socket: 3, local: LOCAL, remote: LOCAL, sender: true };
        let moved = Moved::default();
        let interval = Interval {
            start: Duration::ZERO,
            end: Duration::from_secs(1),
            omitted: false,
            streams: vec![StreamInterval { stream, moved, tcp: Some(state), tcp_info: None }],
        };
        let mut document = json::Document::default();
        document.add(&Event::Interval(interval));
        let tree: serde_json::Value = serde_json::from_str(&document.compact()).unwrap();
        assert_eq!(tree["intervals"][0]["streams"][0]["reorder"], 7);
    }

    const LOCAL: std::net::SocketAddr =
        std::net::SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 5201);
}

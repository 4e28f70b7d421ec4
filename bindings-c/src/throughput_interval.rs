//! What streams of a test moved.

use std::net::SocketAddr;
use std::time::Duration;

use netshoot_core::netlink::TcpInfo;
use netshoot_core::throughput::Interval;
use netshoot_core::throughput::report::{Moved, StreamInfo, StreamInterval};

use crate::flow::netshoot_endpoint_t;
use crate::report::nanos;

/// What was sent, or received.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct netshoot_moved_t {
    /// Payload octets.
    pub bytes: u64,
    /// In what time.
    pub time_ns: i64,
    /// Payload in bits a second.
    pub bits_per_second: f64,
    /// TCP segments sent again; -1 where nobody tells.
    pub retransmits: i64,
    /// Datagrams sent or, by the receiver, those it knows of; 0 of TCP.
    pub packets: u64,
    /// Datagrams that the receiver misses.
    pub lost: i64,
    /// Datagrams that came after one that was sent later.
    pub out_of_order: u64,
    /// How much the time that datagrams take varies (RFC 1889, A.8).
    pub jitter_ns: i64,
}

/// A data stream.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct netshoot_throughput_stream_t {
    /// Its number in the protocol: 1, 3, 4, 5 and so on.
    pub id: i64,
    /// Address here.
    pub local: netshoot_endpoint_t,
    /// Address of the peer.
    pub remote: netshoot_endpoint_t,
    /// Its descriptor here, which iperf3 shows in brackets.
    pub socket: i32,
    /// Whether this end sends.
    pub sender: bool,
}

/// What TCP says of itself at the end of an interval or of the test; -1 where it does not, as with UDP.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct netshoot_throughput_tcp_t {
    /// Shortest round trip time.
    pub min_rtt_ns: i64,
    /// Time with data to send, since the connection was made.
    pub busy_ns: i64,
    /// The part of it in which the receiver's window was full.
    pub receive_window_limited_ns: i64,
    /// The part of it in which the send buffer was too small.
    pub send_buffer_limited_ns: i64,
    /// Delivery rate in octets a second.
    pub delivery_rate: i64,
    /// Pacing rate in octets a second.
    pub pacing_rate: i64,
    /// Segments sent again since the connection was made.
    pub total_retransmits: i64,
}

/// What one stream did in an interval.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct netshoot_throughput_stream_interval_t {
    /// The stream.
    pub stream: netshoot_throughput_stream_t,
    /// How much.
    pub moved: netshoot_moved_t,
    /// What TCP says at its end.
    pub tcp: netshoot_throughput_tcp_t,
    /// Congestion window of the sender in octets; -1 where it does not say, as all that follows.
    pub congestion_window: i64,
    /// Window that the receiver grants, in octets.
    pub send_window: i64,
    /// Smoothed round trip time.
    pub rtt_ns: i64,
    /// Its mean deviation.
    pub rtt_variance_ns: i64,
    /// Path MTU in octets.
    pub path_mtu: i64,
    /// How far segments may be out of order.
    pub reordering: i64,
}

/// A part of a test. Valid while the callback runs.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct netshoot_throughput_interval_t {
    /// Since the data began to flow or, when some time is omitted, since its end.
    pub start_ns: i64,
    /// The same.
    pub end_ns: i64,
    /// What this end sent on all streams.
    pub sent: netshoot_moved_t,
    /// What this end received on all streams.
    pub received: netshoot_moved_t,
    /// The streams in the order of their making.
    pub streams: *const netshoot_throughput_stream_interval_t,
    /// How many there are.
    pub stream_count: usize,
    /// Whether this part does not count.
    pub omitted: bool,
}

/// Calls `tell` with `interval` as a plain struct.
pub(crate) fn with_plain<T>(interval: &Interval, tell: impl FnOnce(&netshoot_throughput_interval_t) -> T) -> T {
    let streams: Vec<_> = interval.streams.iter().map(plain).collect();
    let sum = |sender: bool| {
        let of = interval.streams.iter().filter(|stream| stream.stream.sender == sender);
        Moved::sum(of.map(|stream| &stream.moved)).into()
    };
    tell(&netshoot_throughput_interval_t {
        start_ns: nanos(Some(interval.start)),
        end_ns: nanos(Some(interval.end)),
        sent: sum(true),
        received: sum(false),
        streams: streams.as_ptr(),
        stream_count: streams.len(),
        omitted: interval.omitted,
    })
}

fn plain(interval: &StreamInterval) -> netshoot_throughput_stream_interval_t {
    let tcp = interval.tcp.as_ref();
    netshoot_throughput_stream_interval_t {
        stream: interval.stream.into(),
        moved: interval.moved.into(),
        tcp: interval.tcp_info.as_ref().into(),
        congestion_window: number(tcp.map(|tcp| tcp.congestion_window)),
        send_window: number(tcp.map(|tcp| tcp.send_window)),
        rtt_ns: nanos(tcp.map(|tcp| tcp.rtt)),
        rtt_variance_ns: nanos(tcp.map(|tcp| tcp.rtt_variance)),
        path_mtu: number(tcp.map(|tcp| tcp.path_mtu.into())),
        reordering: number(tcp.map(|tcp| tcp.reordering.into())),
    }
}

/// -1 for what is not known.
pub(crate) fn number(value: Option<u64>) -> i64 {
    value.map_or(-1, |value| i64::try_from(value).unwrap_or(i64::MAX))
}

impl From<Moved> for netshoot_moved_t {
    fn from(moved: Moved) -> Self {
        Self {
            bytes: moved.bytes,
            time_ns: nanos(Some(moved.time)),
            bits_per_second: moved.bits_per_second(),
            retransmits: number(moved.retransmits),
            packets: moved.packets,
            lost: moved.lost,
            out_of_order: moved.out_of_order,
            jitter_ns: nanos(Some(moved.jitter)),
        }
    }
}

impl From<StreamInfo> for netshoot_throughput_stream_t {
    fn from(info: StreamInfo) -> Self {
        Self {
            id: info.id,
            local: info.local.into(),
            remote: info.remote.into(),
            socket: info.socket,
            sender: info.sender,
        }
    }
}

impl From<Option<&TcpInfo>> for netshoot_throughput_tcp_t {
    fn from(info: Option<&TcpInfo>) -> Self {
        let micros = |read: fn(&TcpInfo) -> Option<u64>| nanos(info.and_then(read).map(Duration::from_micros));
        let plain = |read: fn(&TcpInfo) -> Option<u64>| number(info.and_then(read));
        Self {
            min_rtt_ns: micros(|info| info.min_rtt().map(u64::from)),
            busy_ns: micros(TcpInfo::busy_time),
            receive_window_limited_ns: micros(TcpInfo::rwnd_limited),
            send_buffer_limited_ns: micros(TcpInfo::sndbuf_limited),
            delivery_rate: plain(TcpInfo::delivery_rate),
            pacing_rate: plain(TcpInfo::pacing_rate),
            total_retransmits: plain(|info| info.total_retrans().map(u64::from)),
        }
    }
}

impl From<SocketAddr> for netshoot_endpoint_t {
    fn from(address: SocketAddr) -> Self {
        Self { address: address.ip().into(), port: address.port() }
    }
}

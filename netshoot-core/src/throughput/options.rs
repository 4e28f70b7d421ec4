//! What a test is to do: the options of `iperf3`, as values.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::engine::Exchange;
use super::protocol;
use crate::error::{Error, ErrorKind, Result};

/// What a test is to do. [`Default`] is what `iperf3 -c HOST` does without further options.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Options {
    /// TCP or UDP.
    pub transport: Transport,
    /// Who sends.
    pub direction: Direction,
    /// What ends the test; time is counted after [`omit`](Self::omit).
    pub end: End,
    /// How long data flow before the counting begins, at most 600 s; rounded up to whole seconds.
    #[cfg_attr(feature = "serde", serde(rename = "omit_ns", serialize_with = "crate::netlink::json::serialize_nanos"))]
    pub omit: Duration,
    /// Streams of each direction, 1 to 128.
    pub parallel: u32,
    /// Length of a block (TCP, at most 1 MiB) or a datagram (UDP, 16 to 65507), in octets; without it 128 KiB for TCP, and
    /// for UDP the largest segment of the control connection.
    pub length: Option<usize>,
    /// Payload rate of each stream; without it unlimited for TCP and 1 Mbit/s (2^20) for UDP.
    pub rate: Option<BitRate>,
    /// Blocks or datagrams sent in a row when the rate is limited, 1 to 1000; 0 for one at a time.
    pub burst: u32,
    /// What the kernel paces each stream at, at either end (`SO_MAX_PACING_RATE`): TCP always, UDP where the interface has
    /// the `fq` queueing discipline. Without it nothing.
    pub fair_queue_rate: Option<BitRate>,
    /// How much time what a TCP sender with a [`rate`](Self::rate) sends at once is worth; iperf3 looks at it before 3.18.
    #[cfg_attr(
        feature = "serde",
        serde(rename = "pacing_timer_ns", serialize_with = "crate::netlink::json::serialize_nanos")
    )]
    pub pacing_timer: Duration,
    /// Send and receive buffers of both ends' data sockets, in octets; without it the system's own.
    pub window: Option<u32>,
    /// Largest TCP segment, in octets.
    pub mss: Option<u32>,
    /// Do not wait for small segments to fill (`TCP_NODELAY`).
    pub no_delay: bool,
    /// The TCP congestion control of both ends, such as `cubic`; without it the system's own.
    pub congestion: Option<String>,
    /// The type of service octet of both ends; a DSCP is its upper six bits.
    pub tos: u8,
    /// The IPv6 flow label, 20 bits; 0 for none.
    pub flow_label: u32,
    /// Send without copying from user space.
    pub zero_copy: bool,
    /// Receive without copying to user space (`MSG_TRUNC`): less work than a receiver of data has.
    pub skip_rx_copy: bool,
    /// A payload of repeated digits instead of a random one.
    pub repeating_payload: bool,
    /// 64-bit sequence numbers in datagrams: 32 bits wrap after 2^32 of them.
    pub udp_counters_64bit: bool,
    /// Ask the peer to send with `UDP_SEGMENT` and receive with `UDP_GRO`, as iperf3 does since 3.21.
    pub gsro: bool,
    /// Set Don't Fragment on IPv4 datagrams.
    pub dont_fragment: bool,
    /// A word that begins each line of the report.
    pub title: Option<String>,
    /// Text that both ends put into their JSON.
    pub extra_data: Option<String>,
    /// Ask the server for what it would print.
    pub get_server_output: bool,
    /// The local address of all sockets.
    pub bind: Option<IpAddr>,
    /// The interface that all sockets are bound to (`SO_BINDTODEVICE`).
    pub device: Option<String>,
    /// The local port of the first data stream; the others take those that follow.
    pub client_port: Option<u16>,
    /// IPv4 or IPv6 alone; without it whichever the name resolves to first.
    pub family: Option<IpFamily>,
    /// How long the control connection may take to be made, and then the server to admit the client (10 s at most).
    #[cfg_attr(
        feature = "serde",
        serde(rename = "connect_timeout_ns", serialize_with = "crate::netlink::json::serialize_nanos")
    )]
    pub connect_timeout: Duration,
    /// The time between two intervals; zero for one, the whole test.
    #[cfg_attr(
        feature = "serde",
        serde(rename = "interval_ns", serialize_with = "crate::netlink::json::serialize_nanos")
    )]
    pub interval: Duration,
    /// How long a receiver waits for data before it gives up; zero for ever.
    #[cfg_attr(
        feature = "serde",
        serde(rename = "receive_timeout_ns", serialize_with = "crate::netlink::json::serialize_nanos")
    )]
    pub receive_timeout: Duration,
    /// How long what was sent may stay without acknowledgment before the connection is given up (`TCP_USER_TIMEOUT`), in
    /// whole milliseconds, at most a day. Zero is the system's own for data, and for the control connection what
    /// [`keepalive`](Self::keepalive) takes to find out.
    #[cfg_attr(
        feature = "serde",
        serde(rename = "send_timeout_ns", serialize_with = "crate::netlink::json::serialize_nanos")
    )]
    pub send_timeout: Duration,
    /// How a peer that is gone without a word is found out.
    pub keepalive: Keepalive,
    /// Data streams are MPTCP where both ends have it (iperf3 since 3.19), else TCP.
    pub mptcp: bool,
    /// What is sent, by each stream from the beginning, or where the one stream that is received is written; a file or a
    /// device. TCP only. The end of the file ends the test; a test by time ends it earlier.
    pub file: Option<PathBuf>,
    /// Tell the states of the control connection ([`Event::State`](super::Event::State)).
    pub tell_states: bool,
    /// The processor that the first data thread here runs on, the others on those that follow, and round again.
    pub affinity: Option<usize>,
    /// The processor that the server is asked to run on.
    pub server_affinity: Option<usize>,
    /// Tell the server that more than iperf3's protocol is understood here. A netshoot server then tells what it saw of the
    /// streams ([`StreamReport::peer_watch`](super::report::StreamReport::peer_watch)); iperf3 goes on as ever.
    pub extension: bool,
    /// Requests and responses, one at a time on each stream, in place of data: see
    /// [`request_response`](super::request_response). Needs a server of this library, and [`Direction::Forward`].
    pub exchange: Option<Exchange>,
    /// The time between two samples of what TCP and the processors do, 10 ms at least.
    #[cfg_attr(
        feature = "serde",
        serde(rename = "sampling_ns", serialize_with = "crate::netlink::json::serialize_nanos")
    )]
    pub sampling: Duration,
}

/// When the control connection is asked whether the peer is still there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Keepalive {
    /// After so much silence, in whole seconds (`TCP_KEEPIDLE`).
    #[cfg_attr(feature = "serde", serde(rename = "idle_ns", serialize_with = "crate::netlink::json::serialize_nanos"))]
    pub idle: Duration,
    /// Then again and again after so much, in whole seconds (`TCP_KEEPINTVL`).
    #[cfg_attr(
        feature = "serde",
        serde(rename = "interval_ns", serialize_with = "crate::netlink::json::serialize_nanos")
    )]
    pub interval: Duration,
    /// So often before it is given up (`TCP_KEEPCNT`).
    pub count: u32,
}

/// What carries the data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Transport {
    /// Streams of octets.
    #[default]
    Tcp,
    /// Datagrams with sequence number and time.
    Udp,
}

/// Who sends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
pub enum Direction {
    /// The client sends.
    #[default]
    Forward,
    /// The server sends.
    Reverse,
    /// Both do, on streams of their own.
    Bidirectional,
}

/// What ends a test. It is always the client that ends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
pub enum End {
    /// So much time; zero for ever, at most 86400 s; whole seconds on the wire.
    #[cfg_attr(feature = "serde", serde(rename = "time_ns", serialize_with = "crate::netlink::json::serialize_nanos"))]
    Time(Duration),
    /// So many octets over all streams of a direction, and what is missing to whole blocks. A server that sends datagrams, of
    /// which some may get lost, goes on after a tenth of a second, until its client ends the test.
    Bytes(u64),
    /// So many blocks or datagrams over all streams of a direction; a server's datagrams go on as for octets.
    Blocks(u64),
}

/// A version of the Internet protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
pub enum IpFamily {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

/// Bits in a second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(transparent))]
pub struct BitRate(pub u64);

impl Options {
    /// The options of `iperf3 -u -c HOST`.
    #[must_use]
    pub fn udp() -> Self {
        Self { transport: Transport::Udp, ..Self::default() }
    }

    /// Whether all values are within what the protocol allows.
    pub(super) fn check(&self) -> Result<()> {
        let (least, most) = match self.transport {
            Transport::Tcp => (1, protocol::TCP_LONGEST),
            Transport::Udp => protocol::UDP_LENGTHS,
        };
        let seconds = match self.end {
            End::Time(time) => time.as_secs(),
            _ => 0,
        };
        within("the time of the test in seconds", seconds, 0, protocol::MAX_TIME)?;
        within("the omitted time in seconds", self.omit.as_secs(), 0, protocol::MAX_OMIT)?;
        within("the number of streams", self.parallel, 1, protocol::MAX_STREAMS)?;
        within("the length", self.length.unwrap_or(least) as u64, least as i64, most as i64)?;
        within("the burst", self.burst, 0, protocol::MAX_BURST)?;
        within("the window", self.window.unwrap_or(0), 0, protocol::MAX_WINDOW)?;
        if let Some(mss) = self.mss.filter(|mss| *mss > 0) {
            within("the maximum segment size", mss, protocol::LEAST_MSS, protocol::MAX_MSS)?;
        }
        within("the flow label", self.flow_label, 0, protocol::MAX_FLOW_LABEL)?;
        within("the pacing timer in microseconds", micros(self.pacing_timer), 0, i32::MAX.into())?;
        self.keepalive.check()?;
        check_send_timeout(self.send_timeout)?;
        self.check_file()?;
        if self.mptcp && self.transport != Transport::Tcp {
            return Err(senseless("MPTCP carries TCP alone"));
        }
        if let Some(Exchange { request, response }) = self.exchange {
            within("the length of a request", request as u64, least as i64, most as i64)?;
            within("the length of a response", response as u64, least as i64, most as i64)?;
            if self.direction != Direction::Forward {
                return Err(senseless("requests go to the server alone, responses to the client"));
            }
        }
        if self.end == End::Bytes(0) || self.end == End::Blocks(0) {
            return Err(senseless("it moves nothing"));
        }
        Ok(())
    }

    fn check_file(&self) -> Result<()> {
        if self.file.is_none() {
            return Ok(());
        }
        let complaint = match self.direction {
            _ if self.transport != Transport::Tcp => "cannot transfer file using UDP",
            _ if self.exchange.is_some() => "requests and responses are not of a file",
            Direction::Bidirectional => "one file cannot be both sent and written",
            Direction::Reverse if self.parallel > 1 => ONE_STREAM,
            Direction::Reverse if self.skip_rx_copy => "what is received without copying cannot be written to a file",
            _ => return Ok(()),
        };
        Err(senseless(complaint))
    }

    /// The rate of each stream with the defaults filled in; `None` is unlimited, as that of requests is.
    #[must_use]
    pub fn effective_rate(&self) -> Option<BitRate> {
        if self.exchange.is_some() {
            return None;
        }
        match (self.rate, self.transport) {
            (Some(BitRate::UNLIMITED), _) | (None, Transport::Tcp) => None,
            (Some(rate), _) => Some(rate),
            (None, Transport::Udp) => Some(BitRate::UDP_DEFAULT),
        }
    }
}

impl Keepalive {
    /// When a peer that is gone is given up.
    #[must_use]
    pub fn patience(&self) -> Duration {
        self.idle.saturating_add(self.interval.saturating_mul(self.count))
    }

    pub(super) fn check(&self) -> Result<()> {
        within("the keep-alive's idle time in seconds", self.idle.as_secs(), 1, MAX_KEEPALIVE)?;
        within("the keep-alive's interval in seconds", self.interval.as_secs(), 1, MAX_KEEPALIVE)?;
        within("the number of keep-alives", self.count, 1, MAX_KEEPALIVES)
    }
}

impl Default for Keepalive {
    fn default() -> Self {
        Self { idle: Duration::from_secs(10), interval: Duration::from_secs(5), count: 4 }
    }
}

pub(super) fn check_send_timeout(time: Duration) -> Result<()> {
    within("the send time-out in seconds", whole_seconds(time), 0, protocol::MAX_TIME)
}

fn whole_seconds(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

fn senseless(detail: &'static str) -> Error {
    Error::new(ErrorKind::InvalidInput, "set up a test").with_detail(detail)
}

fn within(what: &str, value: impl Into<u64>, least: i64, most: i64) -> Result<()> {
    let value = value.into();
    if i64::try_from(value).is_ok_and(|value| (least..=most).contains(&value)) {
        return Ok(());
    }
    let detail = format!("{what} is {value}, which is not within {least} to {most}");
    Err(Error::new(ErrorKind::InvalidInput, "set up a test").with_detail(detail))
}

impl Default for Options {
    fn default() -> Self {
        Self {
            transport: Transport::Tcp,
            direction: Direction::Forward,
            end: End::Time(Duration::from_secs(10)),
            omit: Duration::ZERO,
            parallel: 1,
            length: None,
            rate: None,
            burst: 0,
            fair_queue_rate: None,
            pacing_timer: Duration::from_millis(1),
            window: None,
            mss: None,
            no_delay: false,
            congestion: None,
            tos: 0,
            flow_label: 0,
            zero_copy: false,
            skip_rx_copy: false,
            repeating_payload: false,
            udp_counters_64bit: false,
            gsro: false,
            dont_fragment: false,
            title: None,
            extra_data: None,
            get_server_output: false,
            bind: None,
            device: None,
            client_port: None,
            family: None,
            connect_timeout: Duration::from_secs(10),
            interval: Duration::from_secs(1),
            receive_timeout: Duration::from_secs(120),
            send_timeout: Duration::ZERO,
            keepalive: Keepalive::default(),
            mptcp: false,
            file: None,
            tell_states: false,
            affinity: None,
            server_affinity: None,
            extension: false,
            exchange: None,
            sampling: Duration::from_millis(100),
        }
    }
}

impl BitRate {
    /// No limit.
    pub const UNLIMITED: Self = Self(0);
    /// What iperf3 sends at over UDP when no rate is given.
    pub const UDP_DEFAULT: Self = Self(1 << 20);

    /// Octets a second, rounded up.
    #[must_use]
    pub const fn bytes_per_second(self) -> u64 {
        self.0.div_ceil(8)
    }
}

impl fmt::Display for BitRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            rate if rate >= 1_000_000_000 => write!(f, "{:.2} Gbit/s", rate as f64 / 1e9),
            rate if rate >= 1_000_000 => write!(f, "{:.2} Mbit/s", rate as f64 / 1e6),
            rate if rate >= 1_000 => write!(f, "{:.2} kbit/s", rate as f64 / 1e3),
            rate => write!(f, "{rate} bit/s"),
        }
    }
}

impl Transport {
    /// `TCP` or `UDP`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Tcp => "TCP",
            Self::Udp => "UDP",
        }
    }
}

/// Why several streams cannot be written to a file.
pub(super) const ONE_STREAM: &str = "one file cannot hold what several streams bring";
/// Seconds (`MAX_TCP_KEEPIDLE`, `MAX_TCP_KEEPINTVL`) and probes (`MAX_TCP_KEEPCNT`) that the kernel takes.
const MAX_KEEPALIVE: i64 = 32_767;
const MAX_KEEPALIVES: i64 = 127;

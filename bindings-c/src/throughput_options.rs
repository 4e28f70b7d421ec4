//! What tests of throughput and their servers are to do, as plain structs.

use std::ffi::{c_char, c_int};
use std::path::PathBuf;
use std::time::Duration;

use netshoot_core::throughput::request_response::Exchange;
use netshoot_core::throughput::{BitRate, Direction, End, IpFamily, Keepalive, Options, ServerOptions, Transport};
use netshoot_core::{Error, ErrorKind, Result};

use crate::address::netshoot_address_t;
use crate::pointer;

/// The client sends.
pub const NETSHOOT_THROUGHPUT_FORWARD: u8 = 0;
/// The server sends.
pub const NETSHOOT_THROUGHPUT_REVERSE: u8 = 1;
/// Both do, on streams of their own.
pub const NETSHOOT_THROUGHPUT_BIDIRECTIONAL: u8 = 2;
/// For the rate: as fast as can be.
pub const NETSHOOT_THROUGHPUT_UNLIMITED: u64 = u64::MAX;

/// What a test is to do. Zeroed, or NULL in its place, it is what `iperf3 -c HOST` does; each field that is not 0 changes
/// something.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct netshoot_throughput_options_t {
    /// How long data flow, what is omitted excluded, at most a day; 10 s without another end.
    pub duration_ns: i64,
    /// Instead: ends the test after so many octets over all streams of a direction, and what is missing to whole blocks. A
    /// server that sends datagrams, of which some may get lost, goes on after a tenth of a second, until its client ends the
    /// test.
    pub bytes: u64,
    /// Instead: ends the test after so many blocks or datagrams over all streams of a direction; a server's datagrams go on as
    /// for octets.
    pub blocks: u64,
    /// How long data flow before the counting begins, rounded up to whole seconds, at most 600 s.
    pub omit_ns: i64,
    /// The time between two intervals; 1 s.
    pub interval_ns: i64,
    /// How long the control connection may take to be made; 10 s.
    pub connect_timeout_ns: i64,
    /// How long a receiver waits for data before it gives up; 120 s.
    pub receive_timeout_ns: i64,
    /// How long what was sent may stay without acknowledgment before the connection is given up, in whole milliseconds; the
    /// system's own for data.
    pub send_timeout_ns: i64,
    /// After so much silence the control connection is asked whether the peer is still there, in whole seconds; 10 s.
    pub keepalive_idle_ns: i64,
    /// Then again and again after so much, in whole seconds; 5 s.
    pub keepalive_interval_ns: i64,
    /// How much time what a TCP sender with a rate sends at once is worth; 1 ms.
    pub pacing_timer_ns: i64,
    /// How long the idle path is probed before the test; if it is, it is probed while data flow, too:
    /// netshoot_throughput_report_latency.
    pub latency_ns: i64,
    /// Payload of each stream in bits a second; NETSHOOT_THROUGHPUT_UNLIMITED for TCP, 2^20 for UDP.
    pub rate: u64,
    /// What the kernel paces each stream at, in bits a second; UDP needs the fq queueing discipline.
    pub fair_queue_rate: u64,
    /// Path of the file that is sent, or to which the one stream that is received is written; TCP only. Its end ends the
    /// test, unless another end comes first.
    pub file: *const c_char,
    /// The TCP congestion control of both ends, such as "cubic".
    pub congestion: *const c_char,
    /// A word that begins each line of the report's text.
    pub title: *const c_char,
    /// Text that both ends put into their JSON.
    pub extra_data: *const c_char,
    /// Name of the interface that all sockets are bound to.
    pub device: *const c_char,
    /// Octets of a block, 128 KiB, or of a datagram, the largest segment of the control connection.
    pub length: u32,
    /// Send and receive buffers of both ends' data sockets, in octets.
    pub window: u32,
    /// Largest TCP segment, in octets.
    pub mss: u32,
    /// Streams of each direction; 1.
    pub parallel: u32,
    /// Blocks or datagrams sent in a row when the rate is limited; 1.
    pub burst: u32,
    /// So often it is asked before the peer is given up; 4.
    pub keepalive_count: u32,
    /// In place of data: octets of a request, of which each stream sends one at a time and waits for the response, as
    /// netperf's TCP_RR and UDP_RR do. Needs a server of this library: netshoot_throughput_report_requests.
    pub request_length: u32,
    /// Octets of a response.
    pub response_length: u32,
    /// The IPv6 flow label.
    pub flow_label: u32,
    /// The processor that the first data thread here runs on, if has_affinity.
    pub affinity: u32,
    /// The processor that the server is asked to run on, if has_server_affinity.
    pub server_affinity: u32,
    /// The local address of all sockets.
    pub bind: netshoot_address_t,
    /// The local port of the first data stream; the others take those that follow.
    pub client_port: u16,
    /// AF_INET or AF_INET6, to use no other.
    pub family: u8,
    /// The type of service octet of both ends; a DSCP is its upper six bits.
    pub tos: u8,
    /// Who sends: NETSHOOT_THROUGHPUT_FORWARD and its sisters.
    pub direction: u8,
    /// UDP in place of TCP.
    pub udp: bool,
    /// The test ends when it is cancelled.
    pub endless: bool,
    /// There is one interval, the whole test.
    pub no_intervals: bool,
    /// A receiver waits for data for ever.
    pub no_receive_timeout: bool,
    /// Small segments do not wait to fill (TCP_NODELAY).
    pub no_delay: bool,
    /// Data streams are MPTCP where both ends have it.
    pub mptcp: bool,
    /// Sends without copying from user space.
    pub zero_copy: bool,
    /// Receives without copying to user space: less work than a receiver of data has.
    pub skip_rx_copy: bool,
    /// The payload is repeated digits and not random.
    pub repeating_payload: bool,
    /// 64-bit sequence numbers in datagrams.
    pub udp_counters_64bit: bool,
    /// Asks the peer to send with UDP_SEGMENT and receive with UDP_GRO.
    pub gsro: bool,
    /// Sets Don't Fragment on IPv4 datagrams.
    pub dont_fragment: bool,
    /// Asks the server for what it would print.
    pub get_server_output: bool,
    /// Asks a server of this library for what it saw, which makes verdicts surer; iperf3 does not mind.
    pub extension: bool,
    /// Whether affinity is meant.
    pub has_affinity: bool,
    /// Whether server_affinity is meant.
    pub has_server_affinity: bool,
}

/// What a server does. Zeroed, or NULL in its place, it is what `iperf3 -s` does; each field that is not 0 changes
/// something.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct netshoot_throughput_server_options_t {
    /// The longest that the data of a test may flow, what is omitted included.
    pub max_duration_ns: i64,
    /// The most that all streams of a test together may be told to send, in bits a second of payload.
    pub max_rate: u64,
    /// The time over which the rate of a running test is averaged before it is held against max_rate; 5 s.
    pub rate_interval_ns: i64,
    /// Tells NETSHOOT_THROUGHPUT_EVENT_IDLE and listens anew after so much time without a test; with one_off, ends.
    pub idle_timeout_ns: i64,
    /// How long a test may go without data before it is ended; 120 s.
    pub receive_timeout_ns: i64,
    /// How long what was sent may stay without acknowledgment before the connection is given up, in whole milliseconds; the
    /// system's own for data.
    pub send_timeout_ns: i64,
    /// After so much silence the control connection is asked whether the peer is still there, in whole seconds; 10 s.
    pub keepalive_idle_ns: i64,
    /// Then again and again after so much, in whole seconds; 5 s.
    pub keepalive_interval_ns: i64,
    /// The time between two intervals; 1 s.
    pub interval_ns: i64,
    /// Path of the file that a test sends, or to which the one stream that it receives is written, anew by each; TCP only.
    pub file: *const c_char,
    /// Name of the interface to listen on.
    pub device: *const c_char,
    /// Streams of a test, of both directions together; 256.
    pub max_streams: u32,
    /// So often the client is asked before it is given up; 4.
    pub keepalive_count: u32,
    /// Tests at once; 1. Clients beyond are told that the server is busy.
    pub tests: u32,
    /// The processor that the first data thread of a test runs on, if has_affinity.
    pub affinity: u32,
    /// The address to listen on; all.
    pub bind: netshoot_address_t,
    /// AF_INET or AF_INET6, to use no other.
    pub family: u8,
    /// The server ends after its first test.
    pub one_off: bool,
    /// Gives clients that ask for the server's output JSON instead of text.
    pub json_output: bool,
    /// There is one interval, the whole test.
    pub no_intervals: bool,
    /// A test may go without data for ever.
    pub no_receive_timeout: bool,
    /// Whether affinity is meant.
    pub has_affinity: bool,
}

impl netshoot_throughput_options_t {
    /// # Safety
    /// The texts are null or lent by the caller.
    pub(crate) unsafe fn options(&self) -> Result<Options> {
        let mut options = if self.udp { Options::udp() } else { Options::default() };
        options.transport = if self.udp { Transport::Udp } else { Transport::Tcp };
        options.direction = match self.direction {
            NETSHOOT_THROUGHPUT_FORWARD => Direction::Forward,
            NETSHOOT_THROUGHPUT_REVERSE => Direction::Reverse,
            NETSHOOT_THROUGHPUT_BIDIRECTIONAL => Direction::Bidirectional,
            _ => return Err(pointer::out_of_range("options->direction")),
        };
        options.end = self.end()?.unwrap_or(options.end);
        options.omit = given(self.omit_ns, "options->omit_ns")?.unwrap_or(options.omit);
        options.interval = span(self.interval_ns, self.no_intervals, "options->interval_ns", options.interval)?;
        options.receive_timeout = span(
            self.receive_timeout_ns,
            self.no_receive_timeout,
            "options->receive_timeout_ns",
            options.receive_timeout,
        )?;
        let connect = given(self.connect_timeout_ns, "options->connect_timeout_ns")?;
        options.connect_timeout = connect.unwrap_or(options.connect_timeout);
        options.send_timeout = given(self.send_timeout_ns, "options->send_timeout_ns")?.unwrap_or_default();
        options.keepalive = keepalive(self.keepalive_idle_ns, self.keepalive_interval_ns, self.keepalive_count)?;
        let pacing_timer = given(self.pacing_timer_ns, "options->pacing_timer_ns")?;
        options.pacing_timer = pacing_timer.unwrap_or(options.pacing_timer);
        options.fair_queue_rate = (self.fair_queue_rate != 0).then_some(BitRate(self.fair_queue_rate));
        options.rate = match self.rate {
            0 => None,
            NETSHOOT_THROUGHPUT_UNLIMITED => Some(BitRate::UNLIMITED),
            rate => Some(BitRate(rate)),
        };
        // SAFETY: the caller promises strings or null.
        unsafe {
            options.congestion = pointer::text(self.congestion, "options->congestion")?;
            options.title = pointer::text(self.title, "options->title")?;
            options.extra_data = pointer::text(self.extra_data, "options->extra_data")?;
            options.device = pointer::text(self.device, "options->device")?;
            options.file = file(self.file)?;
        }
        options.length = set(self.length).map(|length| length as usize);
        options.window = set(self.window);
        options.mss = set(self.mss);
        options.parallel = set(self.parallel).unwrap_or(options.parallel);
        options.burst = self.burst;
        options.flow_label = self.flow_label;
        options.exchange = (self.request_length != 0 || self.response_length != 0)
            .then_some(Exchange { request: self.request_length as usize, response: self.response_length as usize });
        options.affinity = self.has_affinity.then_some(self.affinity as usize);
        options.server_affinity = self.has_server_affinity.then_some(self.server_affinity as usize);
        options.bind = self.bind.ip();
        options.client_port = (self.client_port != 0).then_some(self.client_port);
        options.family = family(self.family)?;
        options.tos = self.tos;
        self.set_flags(&mut options);
        Ok(options)
    }

    /// For how long the idle path is to be probed, if latency is wanted.
    pub(crate) fn latency(&self) -> Result<Option<Duration>> {
        given(self.latency_ns, "options->latency_ns")
    }

    fn set_flags(&self, options: &mut Options) {
        options.no_delay = self.no_delay;
        options.mptcp = self.mptcp;
        options.zero_copy = self.zero_copy;
        options.skip_rx_copy = self.skip_rx_copy;
        options.repeating_payload = self.repeating_payload;
        options.udp_counters_64bit = self.udp_counters_64bit;
        options.gsro = self.gsro;
        options.dont_fragment = self.dont_fragment;
        options.get_server_output = self.get_server_output;
        options.extension = self.extension;
    }

    fn end(&self) -> Result<Option<End>> {
        let ends = [
            given(self.duration_ns, "options->duration_ns")?.map(End::Time),
            self.endless.then_some(End::Time(Duration::ZERO)),
            (self.bytes != 0).then_some(End::Bytes(self.bytes)),
            (self.blocks != 0).then_some(End::Blocks(self.blocks)),
        ];
        let mut ends = ends.into_iter().flatten();
        match (ends.next(), ends.next()) {
            (end, None) => Ok(end),
            _ => Err(Error::new(ErrorKind::InvalidInput, "read arguments")
                .with_detail("options has more than one of duration_ns, bytes, blocks and endless")),
        }
    }
}

impl netshoot_throughput_server_options_t {
    /// # Safety
    /// The texts are null or lent by the caller.
    pub(crate) unsafe fn take(&self, options: &mut ServerOptions) -> Result<()> {
        options.limits.duration = given(self.max_duration_ns, "options->max_duration_ns")?;
        options.limits.rate = (self.max_rate != 0).then_some(BitRate(self.max_rate));
        options.limits.streams = set(self.max_streams).map_or(options.limits.streams, |streams| streams as usize);
        options.idle_timeout = given(self.idle_timeout_ns, "options->idle_timeout_ns")?;
        let rate_interval = given(self.rate_interval_ns, "options->rate_interval_ns")?;
        options.rate_interval = rate_interval.unwrap_or(options.rate_interval);
        options.interval = span(self.interval_ns, self.no_intervals, "options->interval_ns", options.interval)?;
        options.receive_timeout = span(
            self.receive_timeout_ns,
            self.no_receive_timeout,
            "options->receive_timeout_ns",
            options.receive_timeout,
        )?;
        options.send_timeout = given(self.send_timeout_ns, "options->send_timeout_ns")?.unwrap_or_default();
        options.keepalive = keepalive(self.keepalive_idle_ns, self.keepalive_interval_ns, self.keepalive_count)?;
        // SAFETY: the caller promises strings or null.
        unsafe {
            options.device = pointer::text(self.device, "options->device")?;
            options.file = file(self.file)?;
        }
        options.tests = set(self.tests).map_or(options.tests, |tests| tests as usize);
        options.affinity = self.has_affinity.then_some(self.affinity as usize);
        options.bind = self.bind.ip();
        options.family = family(self.family)?;
        options.one_off = self.one_off;
        options.json_output = self.json_output;
        Ok(())
    }
}

fn keepalive(idle: i64, interval: i64, count: u32) -> Result<Keepalive> {
    let otherwise = Keepalive::default();
    Ok(Keepalive {
        idle: given(idle, "options->keepalive_idle_ns")?.unwrap_or(otherwise.idle),
        interval: given(interval, "options->keepalive_interval_ns")?.unwrap_or(otherwise.interval),
        count: set(count).unwrap_or(otherwise.count),
    })
}

/// # Safety
/// The path is null or a string.
unsafe fn file(path: *const c_char) -> Result<Option<PathBuf>> {
    // SAFETY: the caller promises a string where it is not null.
    if path.is_null() { Ok(None) } else { unsafe { pointer::path(path) }.map(|path| Some(path.to_owned())) }
}

fn set(value: u32) -> Option<u32> {
    (value != 0).then_some(value)
}

pub(crate) fn given(nanos: i64, argument: &str) -> Result<Option<Duration>> {
    let nanos = u64::try_from(nanos).map_err(|_| pointer::out_of_range(argument))?;
    Ok((nanos != 0).then_some(Duration::from_nanos(nanos)))
}

/// A time that `never` makes endless, which the library has as zero.
fn span(nanos: i64, never: bool, argument: &str, otherwise: Duration) -> Result<Duration> {
    Ok(if never { Duration::ZERO } else { given(nanos, argument)?.unwrap_or(otherwise) })
}

fn family(number: u8) -> Result<Option<IpFamily>> {
    match c_int::from(number) {
        0 => Ok(None),
        AF_INET => Ok(Some(IpFamily::V4)),
        AF_INET6 => Ok(Some(IpFamily::V6)),
        _ => Err(pointer::out_of_range("options->family")),
    }
}

const AF_INET: c_int = 2;
const AF_INET6: c_int = 10;

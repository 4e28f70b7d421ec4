//! The parameters that the client sends.

use std::time::Duration;

use serde_json::Value;

use super::ErrorCode;
use super::object::Object;
use crate::json::Json;
use crate::throughput::engine::Exchange;
use crate::throughput::{BitRate, Direction, End, Options, Transport};

/// What the client asks the server to do, as it crosses the wire.
///
/// Of [`options`](Self::options) only what concerns both ends is sent, times in whole seconds.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Parameters {
    /// The test.
    pub options: Options,
    /// Octets in a block or datagram: [`Options::length`] with the default filled in.
    pub length: usize,
    /// The client's version, free text.
    pub client_version: Option<String>,
}

/// Parameters that cannot be served: the code for the client and the words for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unfit {
    pub(super) code: ErrorCode,
    pub(super) reason: String,
}

impl Parameters {
    /// What is sent for `options`; `control_mss` is the largest segment of the control connection, and the length of
    /// datagrams when there is no other.
    #[must_use]
    pub fn new(options: &Options, control_mss: Option<u32>) -> Self {
        // Blocks are requests there.
        let length = options.exchange.map(|exchange| exchange.request).or(options.length);
        let length = length.unwrap_or_else(|| match options.transport {
            Transport::Tcp => TCP_LENGTH,
            Transport::Udp => match control_mss.and_then(|mss| usize::try_from(mss).ok()) {
                Some(mss) if mss >= UDP_LENGTHS.0 => mss.min(UDP_LENGTHS.1),
                _ => UDP_LENGTH,
            },
        });
        // Both ends must omit the same.
        let options = Options { omit: Duration::from_secs(whole_seconds(options.omit)), ..options.clone() };
        Self { options, length, client_version: Some(VERSION.to_owned()) }
    }

    /// The JSON object, its keys in iperf3's order; a flag that is not set is not there.
    #[must_use]
    pub fn to_json(&self) -> String {
        let options = &self.options;
        let mut json = Json::default();
        json.begin_object();
        json.key(if options.transport == Transport::Tcp { "tcp" } else { "udp" }).bool(true);
        json.key("omit").number(whole_seconds(options.omit));
        number(&mut json, "server_affinity", options.server_affinity);
        let (time, bytes, blocks) = match options.end {
            End::Time(time) => (whole_seconds(time), 0, 0),
            End::Bytes(bytes) => (0, bytes, 0),
            End::Blocks(blocks) => (0, 0, blocks),
        };
        json.key("time").number(time);
        json.key("num").number(bytes);
        json.key("blockcount").number(blocks);
        number(&mut json, "MSS", options.mss);
        flag(&mut json, "nodelay", options.no_delay);
        flag(&mut json, "mptcp", options.mptcp);
        json.key("parallel").number(options.parallel);
        flag(&mut json, "reverse", options.direction == Direction::Reverse);
        flag(&mut json, "bidirectional", options.direction == Direction::Bidirectional);
        number(&mut json, "window", options.window);
        json.key("len").number(self.length);
        number(&mut json, "bandwidth", options.effective_rate().map(|rate| rate.0));
        number(&mut json, "fqrate", options.fair_queue_rate.map(|rate| rate.0));
        number(&mut json, "pacing_timer", Some(options.pacing_timer.as_micros()).filter(|timer| *timer > 0));
        number(&mut json, "burst", Some(options.burst).filter(|burst| *burst > 0));
        if options.gsro && options.transport == Transport::Udp {
            self.write_gsro(&mut json);
        }
        number(&mut json, "TOS", Some(options.tos).filter(|tos| *tos > 0));
        number(&mut json, "flowlabel", Some(options.flow_label).filter(|label| *label > 0));
        text(&mut json, "title", options.title.as_deref());
        text(&mut json, "extra_data", options.extra_data.as_deref());
        text(&mut json, "congestion", options.congestion.as_deref());
        for (key, set) in [
            ("get_server_output", options.get_server_output),
            ("udp_counters_64bit", options.udp_counters_64bit),
            ("repeating_payload", options.repeating_payload),
            ("zerocopy", options.zero_copy),
            ("dont_fragment", options.dont_fragment),
            ("skip_rx_copy", options.skip_rx_copy),
        ] {
            number(&mut json, key, set.then_some(1));
        }
        text(&mut json, "client_version", self.client_version.as_deref());
        number(&mut json, EXTENSION, (options.extension || options.exchange.is_some()).then_some(1));
        number(&mut json, REQUEST, options.exchange.map(|exchange| exchange.request));
        number(&mut json, RESPONSE, options.exchange.map(|exchange| exchange.response));
        json.end_object();
        json.take()
    }

    fn write_gsro(&self, json: &mut Json) {
        json.key("gso").number(1);
        json.key("gso_dg_size").number(self.length);
        json.key("gso_bf_size").number(UDP_LENGTHS.1 / self.length.max(1) * self.length);
        json.key("gro").number(1);
        json.key("gro_bf_size").number(UDP_LENGTHS.1);
    }

    /// Reads the object; what makes no sense is refused with the code that iperf3 has for it.
    pub(super) fn parse(octets: &[u8]) -> Result<Self, Unfit> {
        let object = Object::parse(octets).map_err(|reason| Unfit { code: ErrorCode::RECEIVE_PARAMETERS, reason })?;
        let transport = transport(&object)?;
        let mut options = Options {
            transport,
            direction: direction(&object)?,
            end: end(&object)?,
            omit: seconds(&object, "omit", MAX_OMIT, ErrorCode::OMIT)?.unwrap_or_default(),
            parallel: ranged(&object, "parallel", 1, MAX_STREAMS, ErrorCode::STREAMS)?.unwrap_or(1),
            burst: ranged(&object, "burst", 0, MAX_BURST, ErrorCode::BURST)?.unwrap_or(0),
            window: ranged(&object, "window", 0, MAX_WINDOW, ErrorCode::BUFFER_SIZE)?.filter(|window| *window > 0),
            mss: ranged(&object, "MSS", 0, MAX_MSS, ErrorCode::MSS)?.filter(|mss| *mss > 0),
            tos: ranged(&object, "TOS", 0, u8::MAX.into(), ErrorCode::TOS)?.unwrap_or(0),
            flow_label: ranged(&object, "flowlabel", 0, MAX_FLOW_LABEL, ErrorCode::FLOW_LABEL)?.unwrap_or(0),
            // Absent is unlimited, also for UDP: the default is the client's to fill in.
            rate: Some(rate(&object, "bandwidth").unwrap_or(BitRate::UNLIMITED)),
            fair_queue_rate: rate(&object, "fqrate"),
            pacing_timer: pacing_timer(&object)?,
            mptcp: transport == Transport::Tcp && object.flag("mptcp"),
            server_affinity: ranged(&object, "server_affinity", 0, i64::from(u16::MAX), ErrorCode(132))?,
            ..Options::default()
        };
        let (shortest, longest, code) = match transport {
            Transport::Tcp => (1, TCP_LONGEST, ErrorCode::BLOCK_SIZE),
            Transport::Udp => (UDP_LENGTHS.0, UDP_LENGTHS.1, ErrorCode::UDP_BLOCK_SIZE),
        };
        let (shortest, longest) = (shortest as i64, longest as i64);
        let given = object.integer("len").filter(|length| *length != 0);
        let length = match given {
            Some(_) => ranged(&object, "len", shortest, longest, code)?,
            None => None,
        };
        let default = if transport == Transport::Tcp { TCP_LENGTH } else { UDP_LENGTH };
        options.length = length;
        read_flags(&object, &mut options);
        let owned = |key: &str| object.text(key).map(str::to_owned);
        if options.extension {
            let length = |key| ranged::<i64>(&object, key, shortest, longest, code);
            let lengths = length(REQUEST)?.zip(length(RESPONSE)?);
            options.exchange =
                lengths.map(|(request, response)| Exchange { request: request as usize, response: response as usize });
        }
        options.title = owned("title");
        options.extra_data = owned("extra_data");
        options.congestion = owned("congestion");
        Ok(Self { options, length: length.unwrap_or(default), client_version: owned("client_version") })
    }

    /// What all streams together are asked to send, or the kernel to pace them at, whichever is more, in bits per second;
    /// `None` is unlimited.
    #[must_use]
    pub fn total_rate(&self) -> Option<BitRate> {
        let rate = self.options.effective_rate().max(self.options.fair_queue_rate)?;
        let directions = if self.options.direction == Direction::Bidirectional { 2 } else { 1 };
        Some(BitRate(rate.0.saturating_mul(self.options.parallel.into()).saturating_mul(directions)))
    }

    /// Data streams of both directions together.
    #[must_use]
    pub fn streams(&self) -> usize {
        let parallel = self.options.parallel as usize;
        if self.options.direction == Direction::Bidirectional { parallel * 2 } else { parallel }
    }

    /// How long the data flow, the omitted time included; `None` when octets or blocks end the test, or nothing does.
    #[must_use]
    pub fn duration(&self) -> Option<Duration> {
        match self.options.end {
            End::Time(time) if !time.is_zero() => Some(time + self.options.omit),
            _ => None,
        }
    }
}

fn read_flags(object: &Object, options: &mut Options) {
    options.no_delay = object.flag("nodelay");
    options.get_server_output = object.flag("get_server_output");
    options.udp_counters_64bit = object.flag("udp_counters_64bit");
    options.repeating_payload = object.flag("repeating_payload");
    options.zero_copy = object.flag("zerocopy");
    options.dont_fragment = object.flag("dont_fragment");
    options.skip_rx_copy = object.flag("skip_rx_copy");
    options.extension = object.flag(EXTENSION);
    options.gsro = options.transport == Transport::Udp && (object.flag("gso") || object.flag("gro"));
}

fn transport(object: &Object) -> Result<Transport, Unfit> {
    if object.flag("sctp") {
        return Err(Unfit { code: ErrorCode::NO_SCTP, reason: "SCTP is not supported".to_owned() });
    }
    // Neither is TCP, as iperf3 has it.
    Ok(if object.flag("udp") { Transport::Udp } else { Transport::Tcp })
}

fn direction(object: &Object) -> Result<Direction, Unfit> {
    match (object.flag("reverse"), object.flag("bidirectional")) {
        (false, false) => Ok(Direction::Forward),
        (true, false) => Ok(Direction::Reverse),
        (false, true) => Ok(Direction::Bidirectional),
        (true, true) => Err(Unfit {
            code: ErrorCode::REVERSE_BIDIRECTIONAL,
            reason: "reverse and bidirectional exclude each other".to_owned(),
        }),
    }
}

fn end(object: &Object) -> Result<End, Unfit> {
    let count = |key| match object.integer(key) {
        Some(count) => u64::try_from(count)
            .map_err(|_| Unfit { code: ErrorCode::END_CONDITIONS, reason: format!("{key} {count} is negative") }),
        None => Ok(0),
    };
    let time = seconds(object, "time", MAX_TIME, ErrorCode::DURATION)?;
    match (count("num")?, count("blockcount")?) {
        (0, 0) => Ok(End::Time(time.unwrap_or(DEFAULT_TIME))),
        (bytes, 0) => Ok(End::Bytes(bytes)),
        (0, blocks) => Ok(End::Blocks(blocks)),
        _ => {
            let reason = "more than one of time, bytes and blocks is given".to_owned();
            Err(Unfit { code: ErrorCode::END_CONDITIONS, reason })
        }
    }
}

fn seconds(object: &Object, key: &str, most: i64, code: ErrorCode) -> Result<Option<Duration>, Unfit> {
    Ok(ranged(object, key, 0, most, code)?.map(Duration::from_secs))
}

/// The whole number of `key`, which must be within a range; what is no number is not there.
fn ranged<T: TryFrom<i64>>(
    object: &Object,
    key: &str,
    least: i64,
    most: i64,
    code: ErrorCode,
) -> Result<Option<T>, Unfit> {
    if !object.get(key).is_some_and(Value::is_number) {
        return Ok(None);
    }
    let Some(value) = object.integer(key) else { return Ok(None) };
    match T::try_from(value) {
        Ok(fit) if (least..=most).contains(&value) => Ok(Some(fit)),
        _ => Err(Unfit { code, reason: format!("{key} {value} is not within {least} to {most}") }),
    }
}

fn rate(object: &Object, key: &str) -> Option<BitRate> {
    object.number(key).filter(|rate| *rate >= 1.0).map(|rate| BitRate(rate as u64))
}

/// Zero and what is no number is nothing that was asked for.
fn pacing_timer(object: &Object) -> Result<Duration, Unfit> {
    let timer = ranged(object, "pacing_timer", 0, i32::MAX.into(), ErrorCode::RECEIVE_PARAMETERS)?;
    Ok(timer.filter(|timer| *timer > 0).map_or(Options::default().pacing_timer, Duration::from_micros))
}

/// Up to the next whole second, so that the server does not stop before the client.
fn whole_seconds(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}

fn number(json: &mut Json, key: &str, value: Option<impl std::fmt::Display>) {
    if let Some(value) = value {
        json.key(key).number(value);
    }
}

fn flag(json: &mut Json, key: &str, set: bool) {
    if set {
        json.key(key).bool(true);
    }
}

fn text(json: &mut Json, key: &str, value: Option<&str>) {
    if let Some(value) = value {
        json.key(key).string(value.as_bytes());
    }
}

/// Octets in a block of TCP, when none are asked for (`iperf.h`, as the limits below).
pub(crate) const TCP_LENGTH: usize = 128 * 1024;
/// Octets in a datagram, when neither are asked for nor the control connection's segment is known.
pub(crate) const UDP_LENGTH: usize = 1460;
pub(crate) const TCP_LONGEST: usize = 1024 * 1024;
/// Shortest and longest.
pub(crate) const UDP_LENGTHS: (usize, usize) = (16, 65507);
pub(crate) const MAX_TIME: i64 = 86_400;
pub(crate) const MAX_OMIT: i64 = 600;
pub(crate) const MAX_STREAMS: i64 = 128;
pub(crate) const MAX_BURST: i64 = 1000;
pub(crate) const MAX_WINDOW: i64 = 512 << 20;
/// What Linux takes at least.
pub(crate) const LEAST_MSS: i64 = 88;
pub(crate) const MAX_MSS: i64 = 32_767;
pub(crate) const MAX_FLOW_LABEL: i64 = 0xf_ffff;
/// Seconds that a test takes when nothing else is said.
const DEFAULT_TIME: Duration = Duration::from_secs(10);
/// What tells that the client is one of this library, which iperf3 does not look at; the value is a version.
pub(super) const EXTENSION: &str = "netshoot";
/// Octets of a request and its response, of those clients.
const REQUEST: &str = "netshoot_request";
const RESPONSE: &str = "netshoot_response";
/// The client's version on the wire, for people to read in a server's output.
const VERSION: &str = concat!("netshoot ", env!("CARGO_PKG_VERSION"));

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Parameters, Unfit> {
        Parameters::parse(text.as_bytes())
    }

    #[test]
    fn defaults_of_both_transports() {
        assert_eq!(
            Parameters::new(&Options::default(), Some(1448)).to_json(),
            format!(
                r#"{{"tcp":true,"omit":0,"time":10,"num":0,"blockcount":0,"parallel":1,"len":131072,"pacing_timer":1000,"client_version":"{VERSION}"}}"#
            )
        );
        let udp = Parameters::new(&Options::udp(), Some(1448));
        assert_eq!(
            udp.to_json(),
            format!(
                r#"{{"udp":true,"omit":0,"time":10,"num":0,"blockcount":0,"parallel":1,"len":1448,"bandwidth":1048576,"pacing_timer":1000,"client_version":"{VERSION}"}}"#
            )
        );
        assert_eq!(Parameters::new(&Options::udp(), None).length, 1460);
        assert_eq!(Parameters::new(&Options::udp(), Some(70_000)).length, 65507);
    }

    #[test]
    fn all_that_is_said_is_read_again() {
        let options = Options {
            transport: Transport::Udp,
            direction: Direction::Bidirectional,
            end: End::Bytes(1 << 40),
            omit: Duration::from_millis(2_500),
            parallel: 128,
            length: Some(1400),
            rate: Some(BitRate(10_000_000_000)),
            burst: 10,
            fair_queue_rate: Some(BitRate(20_000_000_000)),
            pacing_timer: Duration::from_micros(250),
            window: Some(4 << 20),
            mss: Some(1400),
            no_delay: true,
            congestion: Some("cubic".to_owned()),
            tos: 0xb8,
            flow_label: 0xf_ffff,
            zero_copy: true,
            skip_rx_copy: true,
            repeating_payload: true,
            udp_counters_64bit: true,
            gsro: true,
            dont_fragment: true,
            title: Some("t\"\u{1}".to_owned()),
            extra_data: Some("ä".to_owned()),
            get_server_output: true,
            server_affinity: Some(1),
            ..Options::default()
        };
        let sent = Parameters::new(&options, None);
        assert_eq!(parse(&sent.to_json()).unwrap(), sent);
    }

    /// As captured from, or written by the specification of, each version.
    #[test]
    fn parameters_of_other_versions() {
        let old = r#"{"tcp":true,"omit":0,"time":10,"parallel":1,"len":131072,"client_version":"3.1.3"}"#;
        let read = parse(old).unwrap();
        assert_eq!((read.options.end, read.length), (End::Time(Duration::from_secs(10)), 131_072));
        assert_eq!(read.options.effective_rate(), None);
        let udp = r#"{"udp":true,"omit":0,"time":0,"num":1048576,"blockcount":0,"parallel":3,"reverse":true,"len":8192,"bandwidth":1048576,"pacing_timer":1000,"client_version":"3.7"}"#;
        let read = parse(udp).unwrap();
        assert_eq!((read.options.end, read.options.direction), (End::Bytes(1_048_576), Direction::Reverse));
        assert_eq!(read.total_rate(), Some(BitRate(3 * 1_048_576)));
        let newest = r#"{"udp":true,"omit":1,"time":2,"num":0,"blockcount":0,"parallel":1,"len":1448,"pacing_timer":1000,"gso":1,"gso_dg_size":1448,"gso_bf_size":65160,"gro":1,"gro_bf_size":65507,"mptcp":true,"authtoken":"AAAA","client_version":"3.21"}"#;
        let read = parse(newest).unwrap();
        assert!(read.options.gsro);
        assert_eq!(read.options.effective_rate(), None, "absent is unlimited, also for UDP");
        assert_eq!(read.duration(), Some(Duration::from_secs(3)));
    }

    #[test]
    fn out_of_range_is_refused_with_iperf3s_code() {
        for (text, code) in [
            (r#"{"tcp":true,"parallel":500}"#, 6),
            (r#"{"tcp":true,"parallel":0}"#, 6),
            (r#"{"tcp":true,"parallel":-1}"#, 6),
            (r#"{"tcp":true,"len":4194304}"#, 7),
            (r#"{"tcp":true,"len":-1}"#, 7),
            (r#"{"tcp":true,"MSS":40000}"#, 10),
            (r#"{"tcp":true,"burst":5000}"#, 15),
            (r#"{"tcp":true,"omit":601}"#, 12),
            (r#"{"tcp":true,"time":86401}"#, 5),
            (r#"{"tcp":true,"time":-1}"#, 5),
            (r#"{"tcp":true,"time":1e300}"#, 5),
            (r#"{"tcp":true,"TOS":256}"#, 21),
            (r#"{"udp":true,"len":15}"#, 20),
            (r#"{"udp":true,"len":65508}"#, 20),
            (r#"{"udp":true,"window":2147483647}"#, 8),
            (r#"{"sctp":true}"#, 18),
            (r#"{"tcp":true,"reverse":true,"bidirectional":true}"#, 25),
            (r#"{"tcp":true,"num":5,"blockcount":5}"#, 16),
            (r#"{"tcp":true,"num":-5}"#, 16),
            (r#"{"tcp":true,"pacing_timer":-1}"#, 114),
            ("", 114),
            ("[1]", 114),
            (r#"{"tcp":tru"#, 114),
        ] {
            assert_eq!(parse(text).unwrap_err().code, ErrorCode(code), "{text}");
        }
    }

    #[test]
    fn a_wrong_type_is_not_there() {
        let read = parse(r#"{"tcp":true,"parallel":"9","time":"x","nodelay":"yes","title":5,"len":true}"#).unwrap();
        assert_eq!(read.options, Options { rate: Some(BitRate::UNLIMITED), ..Options::default() });
    }
}

//! Options as the façade hands them over: a dictionary, in which `None` is the same as nothing.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use netshoot_core::throughput::request_response::Exchange;
use netshoot_core::throughput::search::SearchOptions;
use netshoot_core::throughput::{
    BitRate, Direction, End, IpFamily, Keepalive, Options, PORT, ServerOptions, Transport,
};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::invalid;
use crate::error::to_python;

/// What a client is to do.
pub(super) fn client(given: &Bound<'_, PyDict>) -> PyResult<Options> {
    let given = Given(given);
    let mut options = if given.flag("udp")? { Options::udp() } else { Options::default() };
    if options.transport == Transport::Udp {
        options.rate = None;
    }
    options.direction = match (given.flag("reverse")?, given.flag("bidirectional")?) {
        (false, false) => Direction::Forward,
        (true, false) => Direction::Reverse,
        (false, true) => Direction::Bidirectional,
        (true, true) => return Err(given.wrong("reverse and bidirectional exclude each other".into())),
    };
    options.end = given.end()?.unwrap_or(options.end);
    given.seconds("omit", &mut options.omit)?;
    given.seconds("interval", &mut options.interval)?;
    given.seconds("connect_timeout", &mut options.connect_timeout)?;
    given.seconds("receive_timeout", &mut options.receive_timeout)?;
    given.seconds("send_timeout", &mut options.send_timeout)?;
    options.keepalive = given.keepalive()?.unwrap_or(options.keepalive);
    given.seconds("pacing_timer", &mut options.pacing_timer)?;
    options.fair_queue_rate = given.number("fair_queue_rate")?.map(BitRate);
    options.file = given.value::<PathBuf>("file")?;
    options.mptcp = given.flag("mptcp")?;
    options.parallel = given.number("parallel")?.unwrap_or(options.parallel);
    options.length = given.number("block_length")?;
    options.rate = given.number("rate")?.map(BitRate).or(options.rate);
    options.burst = given.number("burst")?.unwrap_or(options.burst);
    options.window = given.number("window")?;
    options.mss = given.number("mss")?;
    options.congestion = given.value("congestion")?;
    options.tos = given.type_of_service()?;
    options.flow_label = given.number("flow_label")?.unwrap_or(0);
    options.title = given.value("title")?;
    options.extra_data = given.value("extra_data")?;
    options.bind = given.value::<IpAddr>("bind")?;
    options.device = given.value("device")?;
    options.client_port = given.number("client_port")?;
    options.family = given.family()?;
    options.affinity = given.number("affinity")?;
    options.server_affinity = given.number("server_affinity")?;
    options.no_delay = given.flag("no_delay")?;
    options.zero_copy = given.flag("zero_copy")?;
    options.skip_rx_copy = given.flag("skip_rx_copy")?;
    options.repeating_payload = given.flag("repeating_payload")?;
    options.udp_counters_64bit = given.flag("udp_counters_64bit")?;
    options.gsro = given.flag("gsro")?;
    options.dont_fragment = given.flag("dont_fragment")?;
    options.get_server_output = given.flag("get_server_output")?;
    options.extension = given.flag("extension")?;
    options.exchange = given.exchange()?;
    Ok(options)
}

/// What is to be searched for.
pub(super) fn search(given: &Bound<'_, PyDict>) -> PyResult<SearchOptions> {
    let given = Given(given);
    let mut search = SearchOptions::default();
    search.lowest = given.number("lowest")?.map_or(search.lowest, BitRate);
    search.highest = given.number("highest")?.map_or(search.highest, BitRate);
    search.resolution = given.value("resolution")?.unwrap_or(search.resolution);
    search.tolerance = given.value("tolerance")?.unwrap_or(search.tolerance);
    search.repeats = given.number("repeats")?.unwrap_or(search.repeats);
    given.seconds("duration", &mut search.time)?;
    Ok(search)
}

/// What a server is to do.
pub(super) fn server(given: &Bound<'_, PyDict>) -> PyResult<ServerOptions> {
    let given = Given(given);
    let mut options = ServerOptions::default();
    options.port = port(given.0)?;
    options.bind = given.value::<IpAddr>("bind")?;
    options.device = given.value("device")?;
    options.family = given.family()?;
    options.tests = given.number("tests")?.unwrap_or(options.tests);
    options.one_off = given.flag("one_off")?;
    options.limits.rate = given.number("max_rate")?.map(BitRate);
    options.limits.duration = given.time("max_duration")?;
    options.limits.streams = given.number("max_streams")?.unwrap_or(options.limits.streams);
    options.idle_timeout = given.time("idle_timeout")?;
    given.seconds("rate_interval", &mut options.rate_interval)?;
    given.seconds("receive_timeout", &mut options.receive_timeout)?;
    given.seconds("send_timeout", &mut options.send_timeout)?;
    options.keepalive = given.keepalive()?.unwrap_or(options.keepalive);
    options.file = given.value::<PathBuf>("file")?;
    given.seconds("interval", &mut options.interval)?;
    options.affinity = given.number("affinity")?;
    options.json_output = given.flag("json_output")?;
    Ok(options)
}

/// For how long the idle path is to be probed, if latency is wanted.
pub(super) fn latency(given: &Bound<'_, PyDict>) -> PyResult<Option<Duration>> {
    Given(given).time("latency")
}

/// The port; iperf3's without one.
pub(super) fn port(given: &Bound<'_, PyDict>) -> PyResult<u16> {
    Ok(Given(given).number("port")?.unwrap_or(PORT))
}

struct Given<'a, 'py>(&'a Bound<'py, PyDict>);

impl<'a, 'py> Given<'a, 'py> {
    fn value<T: for<'b> FromPyObject<'b, 'py>>(&self, name: &str) -> PyResult<Option<T>> {
        let Some(value) = self.0.get_item(name)?.filter(|value| !value.is_none()) else { return Ok(None) };
        match value.extract::<T>() {
            Ok(value) => Ok(Some(value)),
            Err(error) => {
                let error: PyErr = error.into();
                Err(PyTypeError::new_err(format!("argument {name}: {}", error.value(self.0.py()))))
            }
        }
    }

    fn flag(&self, name: &str) -> PyResult<bool> {
        Ok(self.value(name)?.unwrap_or(false))
    }

    /// A whole number, also written as a float: `1e9`.
    fn number<T: TryFrom<i64>>(&self, name: &str) -> PyResult<Option<T>> {
        let number = match self.value::<f64>(name)? {
            Some(float) if float.fract() == 0.0 && float.abs() < WHOLE => float as i64,
            Some(_) => match self.value(name)? {
                Some(number) => number,
                None => return Ok(None),
            },
            None => return Ok(None),
        };
        T::try_from(number).map(Some).map_err(|_| self.wrong(format!("{name} is {number}, which is out of range")))
    }

    fn time(&self, name: &str) -> PyResult<Option<Duration>> {
        let Some(seconds) = self.value::<f64>(name)? else { return Ok(None) };
        let time = Duration::try_from_secs_f64(seconds);
        time.map(Some).map_err(|_| self.wrong(format!("{name} is {seconds}, which is no time in seconds")))
    }

    fn seconds(&self, name: &str, time: &mut Duration) -> PyResult<()> {
        if let Some(given) = self.time(name)? {
            *time = given;
        }
        Ok(())
    }

    fn end(&self) -> PyResult<Option<End>> {
        let ends = [
            self.time("duration")?.map(End::Time),
            self.number("bytes")?.map(End::Bytes),
            self.number("blocks")?.map(End::Blocks),
        ];
        let mut ends = ends.into_iter().flatten();
        match (ends.next(), ends.next()) {
            (end, None) => Ok(end),
            _ => Err(self.wrong("duration, bytes and blocks exclude each other".into())),
        }
    }

    /// The octets of a request and of a response.
    fn exchange(&self) -> PyResult<Option<Exchange>> {
        let lengths: Option<(usize, usize)> = self.value("exchange")?;
        Ok(lengths.map(|(request, response)| Exchange { request, response }))
    }

    fn keepalive(&self) -> PyResult<Option<Keepalive>> {
        let Some((idle, interval, count)) = self.value::<(f64, f64, u32)>("keepalive")? else { return Ok(None) };
        let time = |seconds| {
            let time = Duration::try_from_secs_f64(seconds);
            time.map_err(|_| self.wrong(format!("keepalive has {seconds}, which is no time in seconds")))
        };
        Ok(Some(Keepalive { idle: time(idle)?, interval: time(interval)?, count }))
    }

    fn type_of_service(&self) -> PyResult<u8> {
        match (self.number("tos")?, self.number::<u8>("dscp")?) {
            (tos, None) => Ok(tos.unwrap_or(0)),
            (None, Some(dscp)) if dscp < 64 => Ok(dscp << 2),
            (None, Some(dscp)) => Err(self.wrong(format!("dscp is {dscp}, which is out of range"))),
            _ => Err(self.wrong("tos and dscp exclude each other".into())),
        }
    }

    fn family(&self) -> PyResult<Option<IpFamily>> {
        match self.number::<u8>("family")? {
            None => Ok(None),
            Some(4) => Ok(Some(IpFamily::V4)),
            Some(6) => Ok(Some(IpFamily::V6)),
            Some(family) => Err(self.wrong(format!("family is {family}, but 4 or 6 are wanted"))),
        }
    }

    fn wrong(&self, detail: String) -> PyErr {
        to_python(self.0.py(), &invalid(detail))
    }
}

/// Floats up to here tell whole numbers apart: 2^53.
const WHOLE: f64 = 9_007_199_254_740_992.0;

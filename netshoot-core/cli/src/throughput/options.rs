//! The options of `netshoot throughput`: those of a test are iperf3's, in one place with `netshoot iperf3`.

use std::time::Duration;

use clap::Args;
use netshoot_core::throughput::request_response::Exchange;
use netshoot_core::throughput::sweep::{DATAGRAM_SIZES, SEGMENT_SIZES};
use netshoot_core::throughput::{End, Options, ServerOptions, Transport};

use crate::iperf3::options::{Endpoint, Testing};

/// Measure throughput and latency under load, and tell what limits them.
///
/// HOST runs `netshoot throughput --server`, `netshoot iperf3 -s` or any iperf3 since 3.1. The verdict names what limits the
/// test, the chief limit first, with the numbers that speak for it, their thresholds and a confidence; a netshoot server
/// tells more for it than iperf3 does. Numbers of octets and blocks take a suffix K, M, G or T (1024), rates the same (1000).
#[derive(Args, Debug)]
#[command(after_help = EXIT_STATUS, override_usage = "netshoot throughput [OPTIONS] <HOST>\n       netshoot throughput --server [OPTIONS]", args_override_self = true)]
pub(crate) struct Throughput {
    /// The server; `%DEV` behind it is --bind-dev.
    #[arg(required_unless_present = "server", conflicts_with = "server")]
    pub(crate) host: Option<String>,
    /// Run as a server, for netshoot and iperf3.
    #[arg(long, short)]
    pub(crate) server: bool,
    /// With --server: tests at once.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(crate) tests: u16,
    /// One JSON object.
    #[arg(long, short = 'J')]
    pub(crate) json: bool,
    /// Round trip times before the test and under its load, by TCP connections that the server's kernel refuses (port 9).
    #[arg(long, conflicts_with_all = ["search_rate", "sizes"])]
    pub(crate) latency: bool,
    /// Search for the highest rate of datagrams that comes without loss: a test of --time (2) seconds for each rate, up to
    /// --bitrate.
    #[arg(long, conflicts_with = "sizes")]
    pub(crate) search_rate: bool,
    /// With --search-rate: datagrams of a hundred that may be lost.
    #[arg(long, value_name = "PERCENT", default_value_t = 0.1, value_parser = percent)]
    pub(crate) loss: f64,
    /// With --search-rate: how often the rate found must pass.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(crate) repeats: u32,
    /// A test of --time (2) seconds for each payload of a packet: of datagrams, or the largest segment of TCP.
    #[arg(long, value_name = "OCTETS,…", num_args = 0..=1, require_equals = true, default_missing_value = "", value_parser = sizes)]
    pub(crate) sizes: Option<Sizes>,
    /// Requests of so many octets, one at a time on each stream, and responses, in place of data, as netperf's TCP_RR and
    /// UDP_RR (1,1; with --udp 16,16); the server must be netshoot's.
    #[arg(long, value_name = "OCTETS[,OCTETS]", num_args = 0..=1, require_equals = true, default_missing_value = "", value_parser = exchange, conflicts_with_all = ["search_rate", "sizes", "latency"])]
    pub(crate) rr: Option<Request>,
    #[command(flatten)]
    pub(crate) endpoint: Endpoint,
    #[command(flatten)]
    pub(crate) testing: Testing,
}

/// Payloads of packets; none are the usual ones.
#[derive(Clone, Debug)]
pub(crate) struct Sizes(Vec<u32>);

/// Octets of requests and, if they differ, of responses; none are the fewest that there can be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request(Option<(usize, usize)>);

impl Throughput {
    /// Why the options make no sense together.
    pub(crate) fn complaint(&self) -> Option<String> {
        if self.server
            && (self.testing.any() || self.latency || self.search_rate || self.sizes.is_some() || self.rr.is_some())
        {
            return Some("what a test is, the client says; hint: without --server".to_owned());
        }
        if self.rr.is_some() && (self.testing.bitrate.is_some() || self.testing.length.is_some()) {
            return Some("requests have no rate and no block length; hint: --rr=REQUEST,RESPONSE".to_owned());
        }
        self.testing.complaint()
    }

    /// The test and the server.
    pub(crate) fn client(&self, host: &str) -> Result<(String, Options), String> {
        let (host, mut options) = self.endpoint.options(host)?;
        self.testing.apply(&mut options)?;
        options.extension = true;
        if self.latency {
            options.sampling = Duration::from_millis(20);
        }
        let series = self.search_rate || self.sizes.is_some();
        if series {
            options.interval = Duration::ZERO;
            if self.testing.time.is_none() {
                options.end = End::Time(Duration::from_secs(2));
            }
        }
        if self.search_rate {
            options.transport = Transport::Udp;
        }
        if let Some(Request(lengths)) = self.rr {
            let least = if options.transport == Transport::Udp { 16 } else { 1 };
            let (request, response) = lengths.unwrap_or((least, least));
            options.exchange = Some(Exchange { request, response });
        }
        Ok((host, options))
    }

    pub(crate) fn sizes(&self, test: &Options) -> Vec<u32> {
        let usual = if test.transport == Transport::Udp { DATAGRAM_SIZES } else { SEGMENT_SIZES };
        let asked = self.sizes.as_ref().map(|sizes| sizes.0.clone()).unwrap_or_default();
        if asked.is_empty() { usual.to_vec() } else { asked }
    }

    pub(crate) fn server(&self) -> Result<ServerOptions, String> {
        let mut options = self.endpoint.server()?;
        options.tests = self.tests.into();
        Ok(options)
    }
}

fn sizes(text: &str) -> Result<Sizes, String> {
    let words = text.split(',').filter(|word| !word.is_empty());
    let sizes: Result<Vec<u32>, _> = words.map(str::parse).collect();
    let sizes = sizes.map_err(|_| format!("{text:?} are not numbers of octets with commas between"))?;
    if sizes.len() > MOST_SIZES { Err(format!("more than {MOST_SIZES} sizes")) } else { Ok(Sizes(sizes)) }
}

fn exchange(text: &str) -> Result<Request, String> {
    if text.is_empty() {
        return Ok(Request(None));
    }
    let (request, response) = text.split_once(',').unwrap_or((text, text));
    let lengths = request.parse().ok().zip(response.parse().ok());
    lengths
        .map(|lengths| Request(Some(lengths)))
        .ok_or_else(|| format!("{text:?} are not one or two numbers of octets"))
}

fn percent(text: &str) -> Result<f64, String> {
    let number = text.trim_end_matches('%').parse().ok().filter(|percent| (0.0..=100.0).contains(percent));
    number.ok_or_else(|| format!("{text:?} is not a number from 0 to 100"))
}

const MOST_SIZES: usize = 100;
const EXIT_STATUS: &str = "\
Exit status:
  0  the test was made
  1  it could not be made, or failed; one line on standard error says why
  2  the command line makes no sense";

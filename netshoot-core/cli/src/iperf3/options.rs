//! The options of iperf3, and what they mean to the library.

use std::ffi::OsString;
use std::net::{IpAddr, ToSocketAddrs};
use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args};
use netshoot_core::throughput::protocol::Limits;
use netshoot_core::throughput::report::text::Unit;
use netshoot_core::throughput::{
    BitRate, Direction, End, IpFamily, Keepalive, Options, PORT, ServerOptions, Transport,
};

/// Measure throughput as iperf3 does, with any iperf3 since 3.1 at the other end.
///
/// Numbers of octets and blocks take a suffix K, M, G or T (1024), rates the same (1000).
#[derive(Args, Debug)]
#[command(after_help = EXIT_STATUS, override_usage = "netshoot iperf3 [-s | -c HOST] [OPTIONS]", disable_help_flag = true)]
// As getopt_long has it: the last of what is given twice counts, and names may be cut short.
#[command(args_override_self = true, infer_long_args = true)]
#[command(mut_arg("version4", |argument| argument.overrides_with("version6")))]
#[command(mut_arg("tos", |argument| argument.overrides_with("dscp")))]
#[allow(clippy::struct_excessive_bools)]
pub(crate) struct Iperf3 {
    /// Run as a client of the server at HOST; `%DEV` behind it is --bind-dev.
    #[arg(long, short, value_name = "HOST", help_heading = "Role")]
    pub(crate) client: Option<String>,
    /// Run as a server.
    #[arg(long, short, help_heading = "Role")]
    pub(crate) server: bool,

    /// Unit of rates: k, m, g, t are bits, K, M, G, T octets.
    #[arg(long, short, value_name = "kmgtKMGT", value_parser = unit)]
    pub(crate) format: Option<Unit>,
    /// Write the number of the process to a file.
    #[arg(long, short = 'I', value_name = "FILE")]
    pub(crate) pidfile: Option<PathBuf>,
    /// More output.
    #[arg(long, short = 'V')]
    pub(crate) verbose: bool,
    /// JSON, when the test is over.
    #[arg(long, short = 'J')]
    pub(crate) json: bool,
    /// JSON, one line an event.
    #[arg(long)]
    pub(crate) json_stream: bool,
    /// With --json-stream, the whole document as well when the test is over.
    #[arg(long)]
    pub(crate) json_stream_full_output: bool,
    /// Send the file, or write what comes to it; TCP only. Without -t, -n and -k all of it is sent.
    #[arg(long, short = 'F', value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// Append the output to a file.
    #[arg(long, value_name = "FILE")]
    pub(crate) logfile: Option<PathBuf>,
    /// Accepted as iperf3 has it: all output is written at once.
    #[arg(long)]
    pub(crate) forceflush: bool,
    /// Begin each line with the time in UTC; FORMAT as for strftime (%Y %m %d %H %M %S %F %T %s %a %b %e %c %Z).
    #[arg(long, value_name = "FORMAT", num_args = 0..=1, require_equals = true, default_missing_value = "%c ")]
    pub(crate) timestamps: Option<String>,
    /// Tell on standard error what passes on the control connection, and what the sockets have got.
    #[arg(long, short, value_name = "LEVEL", num_args = 0..=1, require_equals = true, default_missing_value = "4")]
    pub(crate) debug: Option<u8>,
    /// Print the version.
    #[arg(long, short = 'v')]
    pub(crate) version: bool,
    /// Print help.
    #[arg(long, short, action = ArgAction::Help)]
    pub(crate) help: Option<bool>,

    #[command(flatten)]
    pub(crate) endpoint: Endpoint,
    #[command(flatten)]
    pub(crate) serving: Serving,
    #[command(flatten)]
    pub(crate) testing: Testing,
    #[command(flatten)]
    pub(crate) printing: Printing,
    #[command(flatten)]
    pub(crate) foreign: Foreign,
}

/// What both ends take, here and in `netshoot throughput`.
#[derive(Args, Debug)]
pub(crate) struct Endpoint {
    /// The server's port.
    #[arg(long, short, value_name = "PORT", default_value_t = PORT, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) port: u16,
    /// Seconds between reports, 0.1 to 60; 0 for one in all.
    #[arg(long, short, value_name = "SECONDS", default_value = "1", value_parser = interval)]
    pub(crate) interval: Duration,
    /// The processor to run on, and the one that the server is asked to run on.
    #[arg(long, short = 'A', value_name = "N[,M]", value_parser = affinity)]
    pub(crate) affinity: Option<(usize, Option<usize>)>,
    /// Bind to an address of this host; `%DEV` behind it is --bind-dev.
    #[arg(long, short = 'B', value_name = "HOST")]
    pub(crate) bind: Option<String>,
    /// Bind to an interface.
    #[arg(long, value_name = "DEV")]
    pub(crate) bind_dev: Option<String>,
    /// Milliseconds that a receiver waits for data before it gives up.
    #[arg(long, value_name = "MS", value_parser = clap::value_parser!(u64).range(100..=86_400_000))]
    pub(crate) rcv_timeout: Option<u64>,
    /// Milliseconds that what was sent may stay without acknowledgment; 0 is the system's own.
    #[arg(long, value_name = "MS", value_parser = send_timeout)]
    pub(crate) snd_timeout: Option<Duration>,
    /// Keep-alive of the control connection: seconds of silence, seconds between probes, probes (10/5/4).
    #[arg(
        long,
        value_name = "#/#/#",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "",
        value_parser = keepalive
    )]
    pub(crate) cntl_ka: Option<Keepalive>,
    /// IPv4 only.
    #[arg(long = "version4", short = '4', conflicts_with = "version6")]
    pub(crate) version4: bool,
    /// IPv6 only.
    #[arg(long = "version6", short = '6')]
    pub(crate) version6: bool,
    /// Work within the network namespace that `ip netns add` gave this name, of the process with this number, or that
    /// this path stands for.
    #[arg(long, value_name = "NAME|PID|PATH", allow_hyphen_values = true)]
    pub(crate) netns: Vec<OsString>,
}

/// What only a server takes.
#[derive(Args, Debug)]
#[command(next_help_heading = "Server")]
pub(crate) struct Serving {
    /// Go on in the background, once it listens.
    #[arg(long, short = 'D')]
    pub(crate) daemon: bool,
    /// What --daemon starts in the background; the name keeps none of iperf3's from being cut short.
    #[arg(long = "started-by-daemon", hide = true)]
    pub(crate) in_background: bool,
    /// End after one client.
    #[arg(long, short = '1')]
    pub(crate) one_off: bool,
    /// Most that all streams of a test may send, in bits per second, and the seconds it is averaged over (5).
    #[arg(long, value_name = "RATE[/SECONDS]", value_parser = rate_limit)]
    pub(crate) server_bitrate_limit: Option<(BitRate, Option<Duration>)>,
    /// Listen anew after so many seconds without a client; with --one-off, end.
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub(crate) idle_timeout: Option<u64>,
    /// Longest test, in seconds.
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub(crate) server_max_duration: Option<u64>,
    /// Tests at once, which iperf3 has not.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(crate) tests: Option<u16>,
}

/// What the client says of its report, and of the server's.
#[derive(Args, Debug)]
#[command(next_help_heading = "Client")]
pub(crate) struct Printing {
    /// Begin each line with this.
    #[arg(long, short = 'T', value_name = "TEXT")]
    pub(crate) title: Option<String>,
    /// Text for the JSON of both ends.
    #[arg(long, value_name = "TEXT")]
    pub(crate) extra_data: Option<String>,
    /// Show what the server prints, too.
    #[arg(long)]
    pub(crate) get_server_output: bool,
}

/// What only a client takes, here and in `netshoot throughput`: what a test is.
#[derive(Args, Debug)]
#[command(next_help_heading = "Client")]
#[allow(clippy::struct_excessive_bools)]
pub(crate) struct Testing {
    /// UDP instead of TCP.
    #[arg(long, short)]
    pub(crate) udp: bool,
    /// Milliseconds for the control connection to be made (10000).
    #[arg(long, value_name = "MS", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) connect_timeout: Option<u64>,
    /// Bits per second of each stream, 0 for no limit, and blocks in a row (1 Mbit/s for UDP, no limit for TCP).
    #[arg(long, short, alias = "bandwidth", visible_alias = "rate", value_name = "RATE[/BURST]", value_parser = rate_and_burst)]
    pub(crate) bitrate: Option<(BitRate, u32)>,
    /// Bits per second that the kernel paces each stream at, at both ends; UDP needs the fq queueing discipline.
    #[arg(long, value_name = "RATE", value_parser = rate)]
    pub(crate) fq_rate: Option<BitRate>,
    /// Deprecated by iperf3, and the default.
    #[arg(long, hide = true, overrides_with = "fq_rate")]
    no_fq_socket_pacing: bool,
    /// Microseconds that what TCP sends at once is worth when the rate is limited (1000).
    #[arg(long, value_name = "USEC", value_parser = pacing_timer)]
    pub(crate) pacing_timer: Option<Duration>,
    /// MPTCP, where both ends have it.
    #[arg(long, short = 'm')]
    pub(crate) mptcp: bool,
    /// Seconds to run (10).
    #[arg(long, short, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) time: Option<Duration>,
    /// Octets to move instead.
    #[arg(long, short = 'n', value_name = "OCTETS", value_parser = octets)]
    pub(crate) bytes: Option<u64>,
    /// Blocks to move instead.
    #[arg(long, short = 'k', value_name = "BLOCKS", value_parser = octets)]
    pub(crate) blockcount: Option<u64>,
    /// Octets in a block or datagram (128K for TCP; for UDP the largest segment of the control connection).
    #[arg(long, short, value_name = "OCTETS", value_parser = octets)]
    pub(crate) length: Option<u64>,
    /// Local port of the first data stream.
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) cport: Option<u16>,
    /// Streams of each direction.
    #[arg(long, short = 'P', value_name = "N")]
    pub(crate) parallel: Option<u32>,
    /// The server sends.
    #[arg(long, short = 'R')]
    pub(crate) reverse: bool,
    /// Both send.
    #[arg(long, visible_alias = "bidirectional")]
    pub(crate) bidir: bool,
    /// Socket buffers in octets.
    #[arg(long, short, value_name = "OCTETS", value_parser = octets)]
    pub(crate) window: Option<u64>,
    /// TCP congestion control.
    #[arg(long, short = 'C', alias = "linux-congestion", value_name = "NAME")]
    pub(crate) congestion: Option<String>,
    /// Largest TCP segment in octets.
    #[arg(long, short = 'M', value_name = "OCTETS")]
    pub(crate) set_mss: Option<u32>,
    /// Do not wait for TCP segments to fill.
    #[arg(long, short = 'N')]
    pub(crate) no_delay: bool,
    /// Type of service, 0 to 255, also as 0x34 or 064.
    #[arg(long, short = 'S', value_name = "N", value_parser = type_of_service, conflicts_with = "dscp")]
    pub(crate) tos: Option<u8>,
    /// DSCP, 0 to 63 or a name such as ef or af21.
    #[arg(long, value_name = "N|NAME", value_parser = dscp)]
    pub(crate) dscp: Option<u8>,
    /// IPv6 flow label.
    #[arg(long, short = 'L', value_name = "N", value_parser = flow_label)]
    pub(crate) flowlabel: Option<u32>,
    /// Send without copying.
    #[arg(long, short = 'Z')]
    pub(crate) zerocopy: bool,
    /// Receive without copying: less work than a receiver of data has.
    #[arg(long)]
    pub(crate) skip_rx_copy: bool,
    /// Seconds that do not count at the beginning.
    #[arg(long, short = 'O', value_name = "SECONDS", value_parser = seconds)]
    pub(crate) omit: Option<Duration>,
    /// 64-bit sequence numbers in datagrams.
    #[arg(long)]
    pub(crate) udp_counters_64bit: bool,
    /// UDP_SEGMENT and UDP_GRO at both ends.
    #[arg(long)]
    pub(crate) gsro: bool,
    /// A payload of digits.
    #[arg(long)]
    pub(crate) repeating_payload: bool,
    /// Don't Fragment on IPv4 datagrams.
    #[arg(long)]
    pub(crate) dont_fragment: bool,
}

/// What iperf3 has and this has not: refused by name instead of as unknown.
#[derive(Args, Debug)]
pub(crate) struct Foreign {
    #[arg(long, hide = true)]
    sctp: bool,
    #[arg(long, short = 'X', hide = true)]
    xbind: Option<String>,
    #[arg(long, hide = true)]
    nstreams: Option<String>,
    #[arg(long, hide = true)]
    username: Option<String>,
    #[arg(long, hide = true)]
    rsa_public_key_path: Option<String>,
    #[arg(long, hide = true)]
    rsa_private_key_path: Option<String>,
    #[arg(long, hide = true)]
    authorized_users_path: Option<String>,
    #[arg(long, hide = true)]
    time_skew_threshold: Option<String>,
    #[arg(long, hide = true)]
    use_pkcs1_padding: bool,
}

impl Iperf3 {
    /// Why the options make no sense, in iperf3's words where it has some.
    pub(crate) fn complaint(&self) -> Option<String> {
        let (testing, serving) = (&self.testing, &self.serving);
        if let Some(name) = self.foreign.first() {
            return Some(format!("{name} is not supported"));
        }
        let complaint = match (self.server, &self.client) {
            (true, Some(_)) => "cannot be both server and client",
            (false, None) => "must either be a client (-c) or server (-s)",
            (true, None) if testing.any() || self.printing.any() => "some option you are trying to set is client only",
            (false, Some(_)) if serving.any() => "some option you are trying to set is server only",
            (_, Some(_)) if self.file.is_some() && testing.udp => "cannot transfer file using UDP",
            _ => return testing.complaint(),
        };
        Some(complaint.to_owned())
    }

    /// What a client does, and for whom.
    pub(crate) fn client(&self, host: &str) -> Result<(String, Options), String> {
        let (host, mut options) = self.endpoint.options(host)?;
        self.testing.apply(&mut options)?;
        options.title.clone_from(&self.printing.title);
        options.extra_data.clone_from(&self.printing.extra_data);
        options.get_server_output = self.printing.get_server_output;
        options.file.clone_from(&self.file);
        options.tell_states = self.debug.is_some();
        let sent = self.file.as_ref().filter(|_| options.direction == Direction::Forward && self.testing.ends() == 0);
        let size = sent.and_then(|file| file.metadata().ok()).map(|file| file.len()).filter(|size| *size > 0);
        options.end = size.map_or(options.end, End::Bytes);
        Ok((host, options))
    }

    /// What a server does.
    pub(crate) fn server(&self) -> Result<ServerOptions, String> {
        let serving = &self.serving;
        let mut options = self.endpoint.server()?;
        options.one_off = serving.one_off;
        options.tests = serving.tests.unwrap_or(1).into();
        options.idle_timeout = serving.idle_timeout.map(Duration::from_secs);
        options.json_output = self.json;
        options.tell_states = self.debug.is_some();
        options.file.clone_from(&self.file);
        let mut limits = Limits::default();
        limits.duration = serving.server_max_duration.map(Duration::from_secs);
        if let Some((rate, average)) = serving.server_bitrate_limit {
            limits.rate = Some(rate).filter(|rate| *rate != BitRate::UNLIMITED);
            options.rate_interval = average.unwrap_or(options.rate_interval);
        }
        options.limits = limits;
        Ok(options)
    }
}

impl Endpoint {
    fn family(&self) -> Option<IpFamily> {
        match (self.version4, self.version6) {
            (true, _) => Some(IpFamily::V4),
            (_, true) => Some(IpFamily::V6),
            _ => None,
        }
    }

    /// The address and the interface to bind to, which `split` takes apart.
    fn binding(&self, split: fn(&str) -> (&str, Option<&str>)) -> Result<(Option<IpAddr>, Option<String>), String> {
        let (host, device) = self.bind.as_deref().map_or((None, None), |bind| {
            let (host, device) = split(bind);
            (Some(host), device)
        });
        let Some(host) = host else { return Ok((None, self.bind_dev.clone())) };
        let found = host.parse().ok().or_else(|| Some((host, 0).to_socket_addrs().ok()?.next()?.ip()));
        let address = found.ok_or_else(|| format!("bind to {host}: no such address"))?;
        Ok((Some(address), device.map(str::to_owned).or_else(|| self.bind_dev.clone())))
    }

    /// For the server at `host`, what this end is told of itself.
    pub(crate) fn options(&self, host: &str) -> Result<(String, Options), String> {
        let (host, device) = split_device(host);
        let mut options = Options::default();
        let (bind, bind_device) = self.binding(split_device)?;
        options.bind = bind;
        options.device = device.map(str::to_owned).or(bind_device);
        options.family = self.family();
        options.interval = self.interval;
        (options.affinity, options.server_affinity) =
            self.affinity.map_or((None, None), |(own, server)| (Some(own), server));
        options.receive_timeout = self.rcv_timeout.map_or(options.receive_timeout, Duration::from_millis);
        options.send_timeout = self.snd_timeout.unwrap_or(options.send_timeout);
        options.keepalive = self.cntl_ka.unwrap_or(options.keepalive);
        Ok((host.to_owned(), options))
    }

    /// The same for a server.
    pub(crate) fn server(&self) -> Result<ServerOptions, String> {
        let mut options = ServerOptions::default();
        (options.bind, options.device) = self.binding(split_zone)?;
        options.port = self.port;
        options.family = self.family();
        options.interval = self.interval;
        options.affinity = self.affinity.map(|(own, _)| own);
        options.receive_timeout = self.rcv_timeout.map_or(options.receive_timeout, Duration::from_millis);
        options.send_timeout = self.snd_timeout.unwrap_or(options.send_timeout);
        options.keepalive = self.cntl_ka.unwrap_or(options.keepalive);
        Ok(options)
    }
}

impl Serving {
    fn any(&self) -> bool {
        self.one_off
            || self.daemon
            || self.server_bitrate_limit.is_some()
            || self.idle_timeout.is_some()
            || self.server_max_duration.is_some()
            || self.tests.is_some()
    }
}

impl Testing {
    /// Why the options make no sense together, in iperf3's words.
    pub(crate) fn complaint(&self) -> Option<String> {
        let complaint = if self.reverse && self.bidir {
            "cannot be both reverse and bidirectional"
        } else if self.ends() > 1 {
            "only one test end condition (-t, -n, -k) may be specified"
        } else {
            return None;
        };
        Some(complaint.to_owned())
    }

    /// What a test is.
    pub(crate) fn apply(&self, options: &mut Options) -> Result<(), String> {
        options.transport = if self.udp { Transport::Udp } else { Transport::Tcp };
        options.direction = match (self.reverse, self.bidir) {
            (true, _) => Direction::Reverse,
            (_, true) => Direction::Bidirectional,
            _ => Direction::Forward,
        };
        options.end = match (self.bytes, self.blockcount, self.time) {
            (Some(bytes), ..) if bytes > 0 => End::Bytes(bytes),
            (_, Some(blocks), _) if blocks > 0 => End::Blocks(blocks),
            (.., Some(time)) => End::Time(time),
            _ => options.end,
        };
        options.omit = self.omit.unwrap_or_default();
        options.parallel = self.parallel.unwrap_or(1);
        options.length = self.length.filter(|length| *length > 0).map(size).transpose()?;
        (options.rate, options.burst) = self.bitrate.map_or((None, 0), |(rate, burst)| (Some(rate), burst));
        options.fair_queue_rate = self.fq_rate.filter(|rate| *rate != BitRate::UNLIMITED);
        options.pacing_timer = self.pacing_timer.unwrap_or(options.pacing_timer);
        options.mptcp = self.mptcp;
        options.window = self.window.filter(|window| *window > 0).map(size).transpose()?;
        options.mss = self.set_mss;
        options.no_delay = self.no_delay;
        options.congestion.clone_from(&self.congestion);
        options.tos = self.tos.or(self.dscp.map(|dscp| dscp << 2)).unwrap_or(0);
        options.flow_label = self.flowlabel.unwrap_or(0);
        options.zero_copy = self.zerocopy;
        options.skip_rx_copy = self.skip_rx_copy;
        options.repeating_payload = self.repeating_payload;
        options.udp_counters_64bit = self.udp_counters_64bit;
        options.gsro = self.gsro;
        options.dont_fragment = self.dont_fragment;
        options.client_port = self.cport;
        options.connect_timeout = self.connect_timeout.map_or(options.connect_timeout, Duration::from_millis);
        Ok(())
    }

    pub(crate) fn any(&self) -> bool {
        let flags = [
            self.udp,
            self.reverse,
            self.bidir,
            self.no_delay,
            self.zerocopy,
            self.skip_rx_copy,
            self.udp_counters_64bit,
            self.gsro,
            self.repeating_payload,
            self.dont_fragment,
            self.mptcp,
            self.no_fq_socket_pacing,
        ];
        let values = [
            self.connect_timeout.is_some(),
            self.bitrate.is_some(),
            self.length.is_some(),
            self.cport.is_some(),
            self.parallel.is_some(),
            self.window.is_some(),
            self.congestion.is_some(),
            self.set_mss.is_some(),
            self.tos.is_some(),
            self.dscp.is_some(),
            self.flowlabel.is_some(),
            self.omit.is_some(),
            self.fq_rate.is_some(),
            self.pacing_timer.is_some(),
            self.time.is_some(),
            self.bytes.is_some(),
            self.blockcount.is_some(),
        ];
        flags.contains(&true) || values.contains(&true)
    }

    /// What ends the test; 0 octets or blocks do not.
    fn ends(&self) -> usize {
        let is_end = |number: Option<u64>| usize::from(number.is_some_and(|number| number > 0));
        usize::from(self.time.is_some()) + is_end(self.bytes) + is_end(self.blockcount)
    }
}

impl Printing {
    fn any(&self) -> bool {
        self.title.is_some() || self.extra_data.is_some() || self.get_server_output
    }
}

impl Foreign {
    fn first(&self) -> Option<&'static str> {
        [
            ("--sctp", self.sctp),
            ("-X", self.xbind.is_some()),
            ("--nstreams", self.nstreams.is_some()),
            ("--username", self.username.is_some()),
            ("--rsa-public-key-path", self.rsa_public_key_path.is_some()),
            ("--rsa-private-key-path", self.rsa_private_key_path.is_some()),
            ("--authorized-users-path", self.authorized_users_path.is_some()),
            ("--time-skew-threshold", self.time_skew_threshold.is_some()),
            ("--use-pkcs1-padding", self.use_pkcs1_padding),
        ]
        .into_iter()
        .find(|(_, given)| *given)
        .map(|(name, _)| name)
    }
}

/// `HOST%DEV`; the zone of a link-local address stays with it.
fn split_device(host: &str) -> (&str, Option<&str>) {
    if host.to_ascii_lowercase().starts_with("fe80:") { (host, None) } else { split_zone(host) }
}

/// The same where there is no peer whose zone counts: that of a link-local address is the device.
fn split_zone(host: &str) -> (&str, Option<&str>) {
    host.split_once('%').map_or((host, None), |(name, device)| (name, Some(device)))
}

/// A number with a suffix, of which each step is `step`; a B behind it says nothing, as in 1KB.
fn scaled(text: &str, step: f64) -> Result<f64, String> {
    let bad = || format!("{text:?} is not a number with a suffix K, M, G or T at most");
    let text = text.strip_suffix(['B', 'b']).unwrap_or(text);
    let (digits, power) = match text.char_indices().next_back() {
        Some((end, suffix)) => {
            let power = match suffix.to_ascii_lowercase() {
                'k' => 1,
                'm' => 2,
                'g' => 3,
                't' => 4,
                _ => 0,
            };
            (if power == 0 { text } else { text.get(..end).unwrap_or_default() }, power)
        }
        None => (text, 0),
    };
    let number: f64 = digits.parse().map_err(|_| bad())?;
    let number = number * step.powi(power);
    if number.is_finite() && (0.0..=1e18).contains(&number) { Ok(number) } else { Err(bad()) }
}

fn octets(text: &str) -> Result<u64, String> {
    scaled(text, 1024.0).map(|number| number as u64)
}

fn size<T: TryFrom<u64>>(octets: u64) -> Result<T, String> {
    T::try_from(octets).map_err(|_| format!("{octets} octets are too many"))
}

fn rate(text: &str) -> Result<BitRate, String> {
    scaled(text, 1000.0).map(|number| BitRate(number as u64))
}

fn rate_and_burst(text: &str) -> Result<(BitRate, u32), String> {
    match text.split_once('/') {
        Some((bits, burst)) => {
            let burst = burst.parse().ok().filter(|burst| (1..=1000).contains(burst));
            Ok((rate(bits)?, burst.ok_or("invalid burst count (maximum = 1000)")?))
        }
        None => Ok((rate(text)?, 0)),
    }
}

/// The seconds have the limits of those between reports; 0 are as few as there can be.
fn rate_limit(text: &str) -> Result<(BitRate, Option<Duration>), String> {
    let Some((bits, time)) = text.split_once('/') else { return Ok((rate(text)?, None)) };
    let time = interval(time).map_err(|_| "invalid time interval for calculating average data rate")?;
    Ok((rate(bits)?, Some(time.max(Duration::from_millis(100)))))
}

fn seconds(text: &str) -> Result<Duration, String> {
    let number = text.parse().map_err(|_| format!("{text:?} is not a number of seconds"))?;
    Duration::try_from_secs_f64(number).map_err(|_| format!("{text} seconds are not a time"))
}

fn interval(text: &str) -> Result<Duration, String> {
    let time = seconds(text)?;
    if time.is_zero() || (0.1..=60.0).contains(&time.as_secs_f64()) {
        return Ok(time);
    }
    Err("invalid report interval (min = 0.1, max = 60 seconds)".to_owned())
}

/// As iperf3 reads it, a number with a suffix.
fn pacing_timer(text: &str) -> Result<Duration, String> {
    octets(text).map(Duration::from_micros)
}

fn send_timeout(text: &str) -> Result<Duration, String> {
    let time = text.parse().ok().filter(|time| (0..=86_400_000).contains(time));
    time.map(Duration::from_millis).ok_or_else(|| "send timeout value is incorrect or not in range".to_owned())
}

/// What is left out, or 0, is the default.
fn keepalive(text: &str) -> Result<Keepalive, String> {
    let mut numbers = [0_u64; 3];
    let mut parts = text.split('/');
    for (number, part) in numbers.iter_mut().zip(&mut parts).filter(|(_, part)| !part.is_empty()) {
        *number = part.parse().map_err(|_| format!("{part:?} is not a whole number"))?;
    }
    let [idle, interval, count] = numbers;
    if parts.next().is_some() {
        return Err("more than idle time, interval and count".to_owned());
    }
    if idle > 0 && idle <= count.saturating_mul(interval) {
        return Err(
            "control connection Keepalive period should be larger than the full retry period (interval * count)"
                .to_owned(),
        );
    }
    let mut keepalive = Keepalive::default();
    let given = |seconds: u64, otherwise| if seconds > 0 { Duration::from_secs(seconds) } else { otherwise };
    keepalive.idle = given(idle, keepalive.idle);
    keepalive.interval = given(interval, keepalive.interval);
    keepalive.count = if count > 0 { u32::try_from(count).unwrap_or(u32::MAX) } else { keepalive.count };
    Ok(keepalive)
}

fn unit(text: &str) -> Result<Unit, String> {
    let mut letters = text.chars();
    let unit = letters.next().filter(|_| letters.as_str().is_empty()).and_then(Unit::from_letter);
    unit.ok_or_else(|| "bad format specifier (valid formats are in the set [kmgtKMGT])".to_owned())
}

fn affinity(text: &str) -> Result<(usize, Option<usize>), String> {
    let number = |text: &str| text.parse::<usize>().ok().filter(|number| *number < 1024);
    let found = match text.split_once([',', '/']) {
        Some((own, server)) => number(own).zip(number(server)).map(|(own, server)| (own, Some(server))),
        None => number(text).map(|own| (own, None)),
    };
    found.ok_or_else(|| format!("{text:?} is not a processor, or two with a comma between"))
}

/// As C reads numbers: decimal, 0x or octal with a leading zero.
fn integer(text: &str) -> Option<u32> {
    let lower = text.to_ascii_lowercase();
    if let Some(digits) = lower.strip_prefix("0x") {
        return u32::from_str_radix(digits, 16).ok();
    }
    match lower.strip_prefix('0') {
        Some(digits) if !digits.is_empty() => u32::from_str_radix(digits, 8).ok(),
        _ => lower.parse().ok(),
    }
}

fn type_of_service(text: &str) -> Result<u8, String> {
    let tos = integer(text).and_then(|number| u8::try_from(number).ok());
    tos.ok_or_else(|| "bad TOS value (must be between 0 and 255 inclusive)".to_owned())
}

fn dscp(text: &str) -> Result<u8, String> {
    let name = text.to_ascii_lowercase();
    let named = DSCP.iter().find(|(known, _)| *known == name).map(|(_, number)| *number);
    let number = || integer(text).and_then(|number| u8::try_from(number).ok()).filter(|number| *number < 64);
    named.or_else(number).ok_or_else(|| {
        "bad DSCP value (0 to 63, or one of af11-13, af21-23, af31-33, af41-43, cs0-7, ef, va, lowdelay, throughput, reliability)".to_owned()
    })
}

fn flow_label(text: &str) -> Result<u32, String> {
    integer(text)
        .filter(|label| (1..=0xf_ffff).contains(label))
        .ok_or_else(|| "bad flow label (1 to 0xfffff)".to_owned())
}

/// The names that iperf3 knows (RFC 2474, 2597, 3246, 5865); the last three are bits of the old type of service.
const DSCP: &[(&str, u8)] = &[
    ("af11", 10),
    ("af12", 12),
    ("af13", 14),
    ("af21", 18),
    ("af22", 20),
    ("af23", 22),
    ("af31", 26),
    ("af32", 28),
    ("af33", 30),
    ("af41", 34),
    ("af42", 36),
    ("af43", 38),
    ("cs0", 0),
    ("cs1", 8),
    ("cs2", 16),
    ("cs3", 24),
    ("cs4", 32),
    ("cs5", 40),
    ("cs6", 48),
    ("cs7", 56),
    ("ef", 46),
    ("va", 44),
    ("lowdelay", 4),
    ("throughput", 2),
    ("reliability", 1),
];

const EXIT_STATUS: &str = "\
Exit status:
  0  the test was made
  1  it could not be made, or failed, or the command line makes no sense; one line on standard
     error, or `error` in the JSON, says why";

#[cfg(test)]
mod tests {
    use clap::FromArgMatches as _;

    use super::*;

    fn parse(line: &[&str]) -> Result<Iperf3, clap::Error> {
        let command = Iperf3::augment_args(clap::Command::new("iperf3"));
        Iperf3::from_arg_matches(&command.try_get_matches_from([&["iperf3"], line].concat())?)
    }

    #[test]
    fn the_last_of_what_is_given_twice_counts() {
        let testing = parse(&["-t", "1", "-R", "-P", "2", "-t", "3", "-R"]).unwrap().testing;
        assert_eq!((testing.time, testing.parallel), (Some(Duration::from_secs(3)), Some(2)));
        assert!(testing.reverse);
        for (line, family) in [(["-4", "-6"], IpFamily::V6), (["-6", "-4"], IpFamily::V4)] {
            assert_eq!(parse(&line).unwrap().endpoint.family(), Some(family), "{line:?}");
        }
        for (line, tos) in [(["--tos", "4", "--dscp", "ef"], 184), (["--dscp", "ef", "--tos", "4"], 4)] {
            let mut options = Options::default();
            parse(&line).unwrap().testing.apply(&mut options).unwrap();
            assert_eq!(options.tos, tos, "{line:?}");
        }
    }

    #[test]
    fn names_may_be_cut_short() {
        let options = parse(&["--rev", "--par", "2", "--in=3"]).unwrap();
        assert_eq!((options.testing.reverse, options.testing.parallel), (true, Some(2)));
        assert_eq!(options.endpoint.interval, Duration::from_secs(3));
        assert!(parse(&["--re"]).is_err(), "--reverse or --repeating-payload");
    }

    #[test]
    fn zero_octets_or_blocks_end_no_test() {
        let end = |line: &[&str]| {
            let options = parse(&[&["-c", "x"], line].concat()).unwrap();
            assert_eq!(options.complaint(), None, "{line:?}");
            options.client("x").unwrap().1.end
        };
        assert_eq!(end(&["-n", "0", "-t", "1"]), End::Time(Duration::from_secs(1)));
        assert_eq!(end(&["-k", "0", "-n", "1M"]), End::Bytes(1 << 20));
        assert_eq!(end(&["-n", "0", "-k", "0"]), Options::default().end);
        for line in [["-c", "x", "-t", "0", "-n", "1M"], ["-c", "x", "-k", "1", "-n", "1M"]] {
            assert!(parse(&line).unwrap().complaint().is_some(), "{line:?}");
        }
        assert!(parse(&["-s", "-n", "0"]).unwrap().complaint().is_some(), "a server is told none");
    }

    #[test]
    fn a_server_listens_in_the_zone_of_its_address() {
        let address: IpAddr = "fe80::1".parse().unwrap();
        let bound = |line: &[&str]| {
            let options = parse(line).unwrap().server().unwrap();
            (options.bind, options.device)
        };
        assert_eq!(bound(&["-s", "-B", "fe80::1%eth0"]), (Some(address), Some("eth0".to_owned())));
        assert_eq!(bound(&["-s", "-B", "fe80::1", "--bind-dev", "eth0"]), (Some(address), Some("eth0".to_owned())));
        let options = parse(&["-c", "x", "-B", "fe80::1%lo"]).unwrap().client("x").unwrap().1;
        assert_eq!((options.bind, options.device), (Some(address), None), "the zone is that of the peer");
    }

    #[test]
    fn a_b_behind_a_number_says_nothing() {
        for (text, number) in [("1KB", 1024), ("10MB", 10 << 20), ("2gb", 2 << 30), ("100B", 100), ("7b", 7)] {
            assert_eq!(octets(text), Ok(number), "{text}");
        }
        assert_eq!(rate("1Mb"), Ok(BitRate(1_000_000)));
        for text in ["", "B", "KB", "1BB", "1BK", "1KiB", "1KBx", "1K B"] {
            assert!(octets(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_rate_is_averaged_over_the_time_between_reports() {
        let millis = |time| Ok((BitRate(1_000_000), Some(Duration::from_millis(time))));
        for (text, time) in [("1M/0.1", 100), ("1M/60", 60_000), ("1M/0", 100)] {
            assert_eq!(rate_limit(text), millis(time), "{text}");
        }
        assert_eq!(rate_limit("1M"), Ok((BitRate(1_000_000), None)));
        for text in ["1M/0.05", "1M/60.1", "1M/-1", "1M/x"] {
            let told = rate_limit(text).unwrap_err();
            assert_eq!(told, "invalid time interval for calculating average data rate", "{text}");
        }
    }
}

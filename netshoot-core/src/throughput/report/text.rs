//! Lines as iperf3 prints them.

use std::fmt::Write;
use std::time::{Duration, SystemTime};

use super::json::{indent, percent_of};
use super::{Event, Interval, Moved, Report, Side, Start, StreamInfo, StreamInterval, StreamReport};
use crate::throughput::protocol::{CpuUse, ServerOutput};
use crate::throughput::{BitRate, Direction, End, Transport};
use crate::timestamp;

/// Writes events as lines; each line feed is within what it gives.
#[derive(Clone, Debug, Default)]
pub struct Text {
    unit: Unit,
    verbose: bool,
    title: Option<String>,
    file: Option<String>,
    test: Option<Test>,
}

/// What the lines of a test have in common.
#[derive(Clone, Copy, Debug)]
struct Test {
    transport: Transport,
    direction: Direction,
    side: Side,
    parallel: bool,
    started: bool,
}

/// The unit of rates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unit {
    /// Bits, with the prefix that fits.
    #[default]
    Adaptive,
    /// Bits (`k`, `m`, `g`, `t`) with this prefix.
    Bits(Prefix),
    /// Octets (`K`, `M`, `G`, `T`) with this prefix.
    Bytes(Prefix),
}

/// A prefix: of bits in thousands, of octets in units of 1024.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prefix {
    /// Thousands.
    Kilo = 1,
    /// Millions.
    Mega,
    /// Thousands of millions.
    Giga,
    /// Millions of millions.
    Tera,
}

impl Unit {
    /// The unit of a letter of iperf3's `-f`.
    #[must_use]
    pub fn from_letter(letter: char) -> Option<Self> {
        let prefix = match letter.to_ascii_lowercase() {
            'k' => Prefix::Kilo,
            'm' => Prefix::Mega,
            'g' => Prefix::Giga,
            't' => Prefix::Tera,
            _ => return None,
        };
        Some(if letter.is_ascii_uppercase() { Self::Bytes(prefix) } else { Self::Bits(prefix) })
    }
}

impl Text {
    /// Lines with rates in `unit`.
    #[must_use]
    pub fn new(unit: Unit, verbose: bool) -> Self {
        Self { unit, verbose, ..Self::default() }
    }

    /// The lines of an event.
    #[must_use]
    pub fn event(&mut self, event: &Event) -> String {
        let lines = match event {
            Event::State { .. } => String::new(),
            Event::Started(start) => self.start(start),
            Event::Interval(interval) => self.interval(interval),
            Event::Finished(report) => {
                let done = if report.side == Side::Client { "\niperf Done.\n" } else { "" };
                self.end(report) + done
            }
            Event::Interrupted(report) => self.end(report),
        };
        self.titled(&lines)
    }

    fn titled(&self, lines: &str) -> String {
        match &self.title {
            Some(title) => lines.split_inclusive('\n').map(|line| format!("{title}:  {line}")).collect(),
            None => lines.to_owned(),
        }
    }

    fn start(&mut self, start: &Start) -> String {
        let options = &start.parameters.options;
        self.test = Some(Test {
            transport: options.transport,
            direction: options.direction,
            side: start.side,
            parallel: options.parallel > 1,
            started: false,
        });
        self.title.clone_from(&options.title);
        self.file = options.file.as_ref().map(|file| file.display().to_string());
        let mut out = String::new();
        if self.verbose {
            if let Some(mss) = start.control_mss {
                let _ = writeln!(out, "Control connection MSS {mss}");
                if options.transport == Transport::Udp && options.length.is_none() {
                    let _ = writeln!(out, "Setting UDP block size to {}", start.parameters.length);
                }
            }
            let _ = writeln!(out, "Time: {}", timestamp::http_date(seconds_since_1970(start.time)));
        }
        let (host, port) = (&start.host, start.port);
        let _ = match start.side {
            Side::Client => writeln!(out, "Connecting to host {host}, port {port}"),
            Side::Server => writeln!(out, "Accepted connection from {host}, port {port}"),
        };
        if start.side == Side::Client && options.direction == Direction::Reverse {
            let _ = writeln!(out, "Reverse mode, remote host {host} is sending");
        }
        if self.verbose {
            let _ = writeln!(out, "      Cookie: {}", start.cookie);
            let _ = match (options.transport, options.mss) {
                (Transport::Udp, _) => Ok(()),
                (_, Some(mss)) => writeln!(out, "      TCP MSS: {mss}"),
                (_, None) => writeln!(out, "      TCP MSS: {} (default)", start.control_mss.unwrap_or(0)),
            };
            if let Some(BitRate(rate)) = options.effective_rate() {
                let _ = writeln!(out, "      Target Bitrate: {rate}");
            }
        }
        for stream in &start.streams {
            let (local, remote) = (stream.local, stream.remote);
            let _ = writeln!(
                out,
                "[{:>3}] local {} port {} connected to {} port {}",
                stream.socket,
                local.ip(),
                local.port(),
                remote.ip(),
                remote.port()
            );
        }
        if self.verbose {
            let end = match options.end {
                End::Time(time) => format!("{} second test", time.as_secs_f64()),
                End::Bytes(bytes) => format!("{bytes} bytes to send"),
                End::Blocks(blocks) => format!("{blocks} blocks to send"),
            };
            let _ = writeln!(
                out,
                "Starting Test: protocol: {}, {} streams, {} byte blocks, omitting {} seconds, {end}, tos {}",
                options.transport.name(),
                options.parallel,
                start.parameters.length,
                options.omit.as_secs_f64(),
                options.tos
            );
        }
        out
    }

    fn interval(&mut self, interval: &Interval) -> String {
        let Some(test) = &mut self.test else { return String::new() };
        let first = !std::mem::replace(&mut test.started, true);
        let test = *test;
        let mut out = String::new();
        if first {
            out.push_str(test.interval_header());
        } else if test.parallel {
            out.push_str(SEPARATOR);
        }
        for local in test.directions() {
            let of = || interval.streams.iter().filter(move |stream| stream.stream.sender == local);
            for stream in of() {
                self.interval_line(&mut out, test, interval, stream);
            }
            if test.parallel {
                let sum = Moved::sum(of().map(|stream| &stream.moved));
                self.interval_sum(&mut out, test, interval, &sum, local);
            }
        }
        out
    }

    fn interval_line(&self, out: &mut String, test: Test, interval: &Interval, stream: &StreamInterval) {
        let head = self.head(
            &format!("{:>3}", stream.stream.socket),
            test,
            stream.stream.sender,
            interval.start,
            interval.end,
        );
        let (moved, tail) = (&stream.moved, if interval.omitted { "(omitted)" } else { "" });
        let rates = self.rates(moved);
        let _ = match (test.transport, &stream.tcp) {
            (Transport::Tcp, Some(tcp)) => {
                let window = bytes(tcp.congestion_window as f64);
                let retransmits = moved.retransmits.unwrap_or(0);
                writeln!(out, "{head}{rates}  {retransmits:>3}   {window}       {tail}")
            }
            (Transport::Tcp, None) => writeln!(out, "{head}{rates}                  {tail}"),
            (Transport::Udp, _) if stream.stream.sender => self.sent_datagrams(out, test, &head, moved, tail),
            (Transport::Udp, _) => writeln!(out, "{head}{rates}  {}  {tail}", datagrams(moved)),
        };
    }

    fn interval_sum(&self, out: &mut String, test: Test, interval: &Interval, sum: &Moved, local: bool) {
        let head = self.head("SUM", test, local, interval.start, interval.end);
        let (rates, tail) = (self.rates(sum), if interval.omitted { "(omitted)" } else { "" });
        let _ = match (test.transport, sum.retransmits) {
            (Transport::Tcp, Some(retransmits)) => writeln!(out, "{head}{rates}  {retransmits:>3}             {tail}"),
            (Transport::Tcp, None) => writeln!(out, "{head}{rates}                  {tail}"),
            (Transport::Udp, _) if local => self.sent_datagrams(out, test, &head, sum, tail),
            (Transport::Udp, _) => writeln!(out, "{head}{rates}  {}  {tail}", datagrams(sum)),
        };
    }

    fn sent_datagrams(&self, out: &mut String, test: Test, head: &str, moved: &Moved, tail: &str) -> std::fmt::Result {
        let pad = if test.direction == Direction::Bidirectional { "          " } else { "" };
        writeln!(out, "{head}{} {pad} {}  {tail}", self.rates(moved), moved.packets)
    }

    fn end(&mut self, report: &Report) -> String {
        let Some(test) = self.test else { return String::new() };
        let mut out = SEPARATOR.to_owned();
        if self.verbose {
            out.push_str("Test Complete. Summary Results:\n");
        }
        out.push_str(test.end_header(report));
        for local in test.directions() {
            let streams = || report.streams.iter().filter(move |stream| stream.stream.sender == local);
            for stream in streams() {
                let name = format!("{:>3}", stream.stream.socket);
                let file = self.file_line(stream);
                self.end_lines(&mut out, test, &name, &stream.stream, (&stream.sent, &stream.received), &file);
            }
            if test.parallel && streams().next().is_some() {
                let (sent, received) = report.sum(local);
                let stream = streams().next().map(|stream| stream.stream);
                if let Some(stream) = stream {
                    self.end_lines(&mut out, test, "SUM", &stream, (&sent, &received), "");
                }
            }
            if self.verbose {
                cpu_and_congestion(&mut out, test, report, local);
            }
        }
        let _ = match &report.server_output {
            Some(ServerOutput::Text(text)) => write!(out, "\nServer output:\n{text}\n"),
            Some(ServerOutput::Json(value)) => {
                write!(out, "\nServer JSON output:\n{}", indent(&value.to_string()))
            }
            None => Ok(()),
        };
        out
    }

    /// How much of the file was sent or came.
    fn file_line(&self, stream: &StreamReport) -> String {
        let Some((name, size)) = self.file.as_ref().zip(stream.file_size) else { return String::new() };
        let moved = if stream.stream.sender { stream.sent.bytes } else { stream.received.bytes };
        let singular = |octets: u64| bytes(octets as f64).trim_end_matches('s').to_owned();
        let percent = percent_of(moved, size);
        format!("        Sent {} / {} ({percent}%) of {name}\n", singular(moved), singular(size))
    }

    /// What the sender says, what became of its file, and what the receiver says; a server, as iperf3 has it, tells its own
    /// side alone.
    fn end_lines(
        &self,
        out: &mut String,
        test: Test,
        name: &str,
        stream: &StreamInfo,
        told: (&Moved, &Moved),
        file: &str,
    ) {
        let own = |sender: bool| test.side == Side::Client || sender == stream.sender;
        for (moved, who, sender) in [(told.0, "sender", true), (told.1, "receiver", false)] {
            if !sender {
                out.push_str(file);
            }
            if !own(sender) {
                if self.verbose && (name != "SUM" || test.transport == Transport::Tcp) {
                    let _ = writeln!(out, "[{name}] ({who} statistics not available)");
                }
                continue;
            }
            let head = self.head(name, test, stream.sender, Duration::ZERO, moved.time);
            let rates = self.rates(moved);
            let _ = match (test.transport, moved.retransmits.filter(|_| sender)) {
                (Transport::Tcp, Some(count)) if name == "SUM" => {
                    writeln!(out, "{head}{rates}  {count:>3}             {who}")
                }
                (Transport::Tcp, Some(count)) => writeln!(out, "{head}{rates}  {count:>3}            {who}"),
                (Transport::Tcp, None) => writeln!(out, "{head}{rates}                  {who}"),
                (Transport::Udp, _) => writeln!(out, "{head}{rates}  {}  {who}", datagrams(moved)),
            };
        }
    }

    /// Brackets and times.
    fn head(&self, name: &str, test: Test, local: bool, start: Duration, end: Duration) -> String {
        let role = match (test.direction, local, test.side) {
            (Direction::Bidirectional, true, Side::Client) => "[TX-C]",
            (Direction::Bidirectional, false, Side::Client) => "[RX-C]",
            (Direction::Bidirectional, true, Side::Server) => "[TX-S]",
            (Direction::Bidirectional, false, Side::Server) => "[RX-S]",
            _ => "",
        };
        format!("[{name}]{role} {:>6.2}-{:<6.2} sec  ", start.as_secs_f64(), end.as_secs_f64())
    }

    fn rates(&self, moved: &Moved) -> String {
        format!("{}  {}/sec", bytes(moved.bytes as f64), rate(moved.bits_per_second(), self.unit))
    }
}

impl Test {
    /// Streams that this end sends come first, unless it is the server.
    fn directions(&self) -> Vec<bool> {
        match (self.direction, self.side) {
            (Direction::Bidirectional, Side::Client) => vec![true, false],
            (Direction::Bidirectional, Side::Server) => vec![false, true],
            (Direction::Forward, side) => vec![side == Side::Client],
            (Direction::Reverse, side) => vec![side == Side::Server],
        }
    }

    fn sends(&self) -> bool {
        self.directions().contains(&true)
    }

    fn interval_header(&self) -> &'static str {
        match (self.direction, self.transport, self.sends()) {
            (Direction::Bidirectional, Transport::Tcp, _) => {
                "[ ID][Role] Interval           Transfer     Bitrate         Retr  Cwnd\n"
            }
            (Direction::Bidirectional, Transport::Udp, _) => BIDIRECTIONAL_DATAGRAMS,
            (_, Transport::Tcp, true) => "[ ID] Interval           Transfer     Bitrate         Retr  Cwnd\n",
            (_, Transport::Tcp, false) => "[ ID] Interval           Transfer     Bitrate\n",
            (_, Transport::Udp, true) => "[ ID] Interval           Transfer     Bitrate         Total Datagrams\n",
            (_, Transport::Udp, false) => DATAGRAMS,
        }
    }

    fn end_header(&self, report: &Report) -> &'static str {
        let own = |sender: bool| self.side == Side::Client || sender;
        let retransmits =
            report.streams.iter().any(|stream| stream.sent.retransmits.is_some() && own(stream.stream.sender));
        match (self.direction, self.transport, retransmits) {
            (Direction::Bidirectional, Transport::Tcp, _) => {
                "[ ID][Role] Interval           Transfer     Bitrate         Retr\n"
            }
            (Direction::Bidirectional, Transport::Udp, _) => BIDIRECTIONAL_DATAGRAMS,
            (_, Transport::Tcp, true) => "[ ID] Interval           Transfer     Bitrate         Retr\n",
            (_, Transport::Tcp, false) => "[ ID] Interval           Transfer     Bitrate\n",
            (_, Transport::Udp, _) => DATAGRAMS,
        }
    }
}

fn cpu_and_congestion(out: &mut String, test: Test, report: &Report, local: bool) {
    let cpu = |use_: &CpuUse| format!("{:.1}% ({:.1}%u/{:.1}%s)", use_.total, use_.user, use_.system);
    let (here, there) = if local { ("sender", "receiver") } else { ("receiver", "sender") };
    let (own, other) = (cpu(&report.local_cpu), cpu(&report.remote_cpu));
    // A server, as iperf3 has it, knows nothing of a sender, and tells its own congestion control alone.
    let client = test.side == Side::Client;
    if client || local {
        let _ = writeln!(out, "CPU Utilization: local/{here} {own}, remote/{there} {other}");
    }
    if test.transport == Transport::Tcp {
        let (sender, receiver) = match local {
            true => (&report.local_congestion, &report.remote_congestion),
            false => (&report.remote_congestion, &report.local_congestion),
        };
        for (key, name, own) in [("snd", sender, local), ("rcv", receiver, !local)] {
            if let Some(name) = name.as_ref().filter(|_| client || own) {
                let _ = writeln!(out, "{key}_tcp_congestion {name}");
            }
        }
    }
}

/// Jitter, losses and number.
fn datagrams(moved: &Moved) -> String {
    let milliseconds = moved.jitter.as_secs_f64() * 1000.0;
    let percent = two_digits(moved.lost_percent());
    format!("{milliseconds:5.3} ms  {}/{} ({percent}%)", moved.lost, moved.packets)
}

/// As printf's `%.2g`.
fn two_digits(number: f64) -> String {
    if number == 0.0 || !number.is_finite() {
        return "0".to_owned();
    }
    // Rounded to two digits first: that decides on the form.
    let scientific = format!("{number:.1e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let plain = |text: &str| {
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text.to_owned() }
    };
    if (-4..2).contains(&exponent) {
        return plain(&format!("{number:.*}", usize::try_from(1 - exponent).unwrap_or(0)));
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{}e{sign}{:02}", plain(digits), exponent.abs())
}

/// Octets with the binary prefix that fits.
fn bytes(octets: f64) -> String {
    let (mut number, mut prefix) = (octets, 0);
    while number >= 1024.0 && prefix < 4 {
        number /= 1024.0;
        prefix += 1;
    }
    four_places(number, prefix, "Bytes")
}

fn rate(bits: f64, unit: Unit) -> String {
    match unit {
        Unit::Adaptive => {
            let (mut number, mut prefix) = (bits, 0);
            while number >= 1000.0 && prefix < 4 {
                number /= 1000.0;
                prefix += 1;
            }
            four_places(number, prefix, "bits")
        }
        Unit::Bits(prefix) => four_places(bits / 1000_f64.powi(prefix as i32), prefix as usize, "bits"),
        Unit::Bytes(prefix) => four_places(bits / 8.0 / 1024_f64.powi(prefix as i32), prefix as usize, "Bytes"),
    }
}

fn four_places(number: f64, prefix: usize, what: &str) -> String {
    let letter = ["", "K", "M", "G", "T"].get(prefix).copied().unwrap_or_default();
    // The bounds are where the next form would round up to one place more.
    let decimals = if number < 9.995 { 2 } else { usize::from(number < 99.95) };
    format!("{number:4.decimals$} {letter}{what}")
}

/// Whole seconds; zero before.
pub(super) fn seconds_since_1970(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs()
}

const SEPARATOR: &str = "- - - - - - - - - - - - - - - - - - - - - - - - -\n";
const DATAGRAMS: &str = "[ ID] Interval           Transfer     Bitrate         Jitter    Lost/Total Datagrams\n";
const BIDIRECTIONAL_DATAGRAMS: &str =
    "[ ID][Role] Interval           Transfer     Bitrate         Jitter    Lost/Total Datagrams\n";

#[cfg(test)]
mod tests {
    use super::*;

    /// Against printf.
    #[test]
    fn two_digits_are_those_of_printf() {
        for (number, text) in [
            (0.0, "0"),
            (100.0, "1e+02"),
            (12.34, "12"),
            (1.25, "1.2"),
            (0.123, "0.12"),
            (99.6, "1e+02"),
            (9.96, "10"),
            (0.000_123, "0.00012"),
            (0.000_012_3, "1.2e-05"),
            (5.0, "5"),
        ] {
            assert_eq!(two_digits(number), text);
        }
    }

    #[test]
    fn sizes_and_rates_fit_four_places() {
        assert_eq!(bytes(2.24 * 1024.0 * 1024.0 * 1024.0), "2.24 GBytes");
        assert_eq!(bytes(916_480.0), " 895 KBytes");
        assert_eq!(bytes(0.0), "0.00 Bytes");
        assert_eq!(rate(19.3e9, Unit::Adaptive), "19.3 Gbits");
        assert_eq!(rate(19.3e9, Unit::Bits(Prefix::Mega)), "19300 Mbits");
        assert_eq!(rate(8.0 * 1024.0 * 1024.0, Unit::Bytes(Prefix::Mega)), "1.00 MBytes");
        assert_eq!(rate(0.0, Unit::Adaptive), "0.00 bits");
    }
}

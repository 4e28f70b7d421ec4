//! The document that `iperf3 -J` prints, with its keys and their meaning.
//!
//! It holds what newer versions add, too. Where iperf3 puts a zero for what only the peer knows, here is what the peer
//! said; `seconds` of a receiver is the receiver's time, where iperf3 has the sender's.

use std::fmt::Display;
use std::fs;
use std::time::{Duration, SystemTime};

use super::text::seconds_since_1970;
use super::{Event, Interval, Moved, Report, Side, Start, StreamInfo, StreamInterval, StreamReport};
use crate::json::Json;
use crate::throughput::protocol::ServerOutput;
use crate::throughput::{Direction, End, Transport};
use crate::timestamp;

/// A document being gathered.
#[derive(Clone, Debug, Default)]
pub struct Document {
    start: Option<String>,
    intervals: String,
    end: Option<String>,
    title: Option<String>,
    extra_data: Option<String>,
    file: Option<String>,
    server_output: Option<ServerOutput>,
    error: Option<String>,
    transport: Transport,
}

impl Document {
    /// Adds an event.
    pub fn add(&mut self, event: &Event) {
        match event {
            Event::State { .. } => {}
            Event::Started(start) => {
                self.begin(start);
            }
            Event::Interval(interval) => {
                if !self.intervals.is_empty() {
                    self.intervals.push(',');
                }
                self.intervals.push_str(&interval_object(interval, self.transport));
            }
            Event::Finished(report) | Event::Interrupted(report) => self.finish(report),
        }
    }

    fn begin(&mut self, start: &Start) -> &str {
        let options = &start.parameters.options;
        self.transport = start.transport();
        self.title.clone_from(&options.title);
        self.extra_data.clone_from(&options.extra_data);
        self.file = options.file.as_ref().map(|file| file.display().to_string());
        self.start.insert(start_object(start))
    }

    fn finish(&mut self, report: &Report) {
        self.server_output.clone_from(&report.server_output);
        self.end = Some(end_object(report, self.transport, self.file.as_deref()));
    }

    /// Adds why the test failed.
    pub fn fail(&mut self, error: &impl Display) {
        self.error = Some(error.to_string());
    }

    /// Octets gathered so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.intervals.len()
    }

    /// Whether there is no interval yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.intervals.is_empty()
    }

    /// The document in one line.
    #[must_use]
    pub fn compact(&self) -> String {
        let mut json = Json::default();
        json.begin_object();
        match &self.start {
            Some(start) => json.key("start").number(start),
            None => json.key("start").number(no_start()),
        }
        json.key("intervals").number(format_args!("[{}]", self.intervals));
        json.key("end").number(self.end.as_deref().unwrap_or("{}"));
        for (key, text) in [("title", &self.title), ("extra_data", &self.extra_data)] {
            if let Some(text) = text {
                json.key(key).string(text.as_bytes());
            }
        }
        match &self.server_output {
            Some(ServerOutput::Text(text)) => json.key("server_output_text").string(text.as_bytes()),
            Some(ServerOutput::Json(value)) => json.key("server_output_json").number(value),
            None => {}
        }
        if let Some(error) = &self.error {
            json.key("error").string(error.as_bytes());
        }
        json.end_object();
        json.take()
    }

    /// The document with lines and tabs, as iperf3 prints it.
    #[must_use]
    pub fn pretty(&self) -> String {
        indent(&self.compact())
    }

    /// The line of `iperf3 --json-stream` for an event; of the end there is none before [`stream_end`](Self::stream_end).
    /// Without [`add`](Self::add) intervals are not kept.
    #[must_use]
    pub fn stream_line(&mut self, event: &Event) -> String {
        match event {
            Event::State { .. } => String::new(),
            Event::Started(start) => stream_line("start", self.begin(start)),
            Event::Interval(interval) => stream_line("interval", &interval_object(interval, self.transport)),
            Event::Finished(report) | Event::Interrupted(report) => {
                self.finish(report);
                String::new()
            }
        }
    }

    /// The last lines of `iperf3 --json-stream`: the error, what the server printed, and the end.
    #[must_use]
    pub fn stream_end(&self) -> String {
        let error = self.error.as_ref().map(|error| stream_line("error", &quoted(error)));
        let output = self.server_output.as_ref().map(|output| match output {
            ServerOutput::Text(text) => stream_line("server_output_text", &quoted(text)),
            ServerOutput::Json(value) => stream_line("server_output_json", &value.to_string()),
        });
        let end = stream_line("end", self.end.as_deref().unwrap_or("{}"));
        error.into_iter().chain(output).chain([end]).collect()
    }
}

fn stream_line(name: &str, data: &str) -> String {
    format!("{{\"event\":\"{name}\",\"data\":{data}}}\n")
}

fn quoted(text: &str) -> String {
    let mut json = Json::default();
    json.string(text.as_bytes());
    json.take()
}

/// What is there when no test began.
fn no_start() -> String {
    let mut json = Json::default();
    json.begin_object();
    json.key("connected").number("[]");
    json.key("version").plain(VERSION);
    json.key("system_info").string(system_info().as_bytes());
    json.end_object();
    json.take()
}

fn start_object(start: &Start) -> String {
    let mut json = Json::default();
    let options = &start.parameters.options;
    json.begin_object();
    json.key("connected").begin_array();
    for stream in &start.streams {
        json.begin_object();
        json.key("socket").number(stream.socket);
        json.key("local_host").plain(stream.local.ip());
        json.key("local_port").number(stream.local.port());
        json.key("remote_host").plain(stream.remote.ip());
        json.key("remote_port").number(stream.remote.port());
        json.end_object();
    }
    json.end_array();
    json.key("version").plain(VERSION);
    json.key("system_info").string(system_info().as_bytes());
    time_stamp(&mut json, start.time);
    json.key(if start.side == Side::Client { "connecting_to" } else { "accepted_connection" }).begin_object();
    json.key("host").string(start.host.as_bytes());
    json.key("port").number(start.port);
    json.end_object();
    json.key("cookie").display(start.cookie);
    if start.transport() == Transport::Tcp {
        match options.mss {
            Some(mss) => json.key("tcp_mss").number(mss),
            None => json.key("tcp_mss_default").number(start.control_mss.unwrap_or(0)),
        }
    }
    let rate = options.effective_rate().map_or(0, |rate| rate.0);
    json.key("target_bitrate").number(rate);
    json.key("fq_rate").number(start.parameters.options.fair_queue_rate.map_or(0, |rate| rate.0));
    json.key("sock_bufsize").number(options.window.unwrap_or(0));
    json.key("sndbuf_actual").number(start.buffers.0);
    json.key("rcvbuf_actual").number(start.buffers.1);
    test_start(&mut json, start, rate);
    json.end_object();
    json.take()
}

fn time_stamp(json: &mut Json, time: SystemTime) {
    let seconds = seconds_since_1970(time);
    let milliseconds = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_millis();
    json.key("timestamp").begin_object();
    json.key("time").plain(timestamp::http_date(seconds));
    json.key("timesecs").number(seconds);
    json.key("timemillisecs").number(milliseconds);
    json.end_object();
}

fn test_start(json: &mut Json, start: &Start, rate: u64) {
    let options = &start.parameters.options;
    let (time, bytes, blocks) = match options.end {
        End::Time(time) => (time, 0, 0),
        End::Bytes(bytes) => (Duration::ZERO, bytes, 0),
        End::Blocks(blocks) => (Duration::ZERO, 0, blocks),
    };
    let gsro = u8::from(options.gsro && start.transport() == Transport::Udp);
    json.key("test_start").begin_object();
    json.key("protocol").plain(start.transport().name());
    json.key("num_streams").number(options.parallel);
    json.key("blksize").number(start.parameters.length);
    json.key("omit").number(options.omit.as_secs_f64());
    json.key("duration").number(time.as_secs_f64());
    json.key("bytes").number(bytes);
    json.key("blocks").number(blocks);
    json.key("reverse").number(u8::from(options.direction == Direction::Reverse));
    json.key("tos").number(options.tos);
    json.key("target_bitrate").number(rate);
    json.key("bidir").number(u8::from(options.direction == Direction::Bidirectional));
    json.key("fqrate").number(start.parameters.options.fair_queue_rate.map_or(0, |rate| rate.0));
    json.key("interval").number(start.interval.as_secs_f64());
    json.key("gso").number(gsro);
    json.key("gro").number(gsro);
    json.end_object();
}

fn interval_object(interval: &Interval, transport: Transport) -> String {
    let mut json = Json::default();
    let (start, end) = (interval.start, interval.end);
    json.begin_object();
    json.key("streams").begin_array();
    for stream in &interval.streams {
        json.begin_object();
        json.key("socket").number(stream.stream.socket);
        amounts(&mut json, start, end, &stream.moved);
        interval_details(&mut json, transport, stream);
        json.key("omitted").bool(interval.omitted);
        json.key("sender").bool(stream.stream.sender);
        json.end_object();
    }
    json.end_array();
    for (key, local) in directions(interval.streams.iter().map(|stream| stream.stream)) {
        let moved = interval.streams.iter().filter(|stream| stream.stream.sender == local).map(|stream| &stream.moved);
        let sum = Moved::sum(moved);
        json.key(&format!("sum{key}")).begin_object();
        amounts(&mut json, start, end, &sum);
        match transport {
            Transport::Tcp => retransmits(&mut json, &sum),
            Transport::Udp => interval_datagrams(&mut json, &sum, local),
        }
        json.key("omitted").bool(interval.omitted);
        json.key("sender").bool(local);
        json.end_object();
    }
    json.end_object();
    json.take()
}

fn interval_details(json: &mut Json, transport: Transport, stream: &StreamInterval) {
    if transport == Transport::Udp {
        return interval_datagrams(json, &stream.moved, stream.stream.sender);
    }
    let Some(tcp) = &stream.tcp else { return };
    json.key("retransmits").number(stream.moved.retransmits.unwrap_or(0));
    json.key("snd_cwnd").number(tcp.congestion_window);
    json.key("snd_wnd").number(tcp.send_window);
    json.key("rtt").number(tcp.rtt.as_micros());
    json.key("rttvar").number(tcp.rtt_variance.as_micros());
    json.key("pmtu").number(tcp.path_mtu);
    json.key("reorder").number(tcp.reordering_seen);
}

fn interval_datagrams(json: &mut Json, moved: &Moved, sender: bool) {
    if sender {
        json.key("packets").number(moved.packets);
    } else {
        datagrams(json, moved);
    }
}

/// The keys of the two directions: the first that is made has none.
fn directions(streams: impl Iterator<Item = StreamInfo>) -> Vec<(&'static str, bool)> {
    let mut found: Vec<(&'static str, bool)> = Vec::with_capacity(2);
    for stream in streams {
        if found.iter().all(|(_, sender)| *sender != stream.sender) {
            found.push((if found.is_empty() { "" } else { "_bidir_reverse" }, stream.sender));
        }
    }
    found
}

fn end_object(report: &Report, transport: Transport, file: Option<&str>) -> String {
    let mut json = Json::default();
    json.begin_object();
    json.key("streams").begin_array();
    for stream in &report.streams {
        json.begin_object();
        match transport {
            Transport::Tcp => tcp_stream(&mut json, stream, file),
            Transport::Udp => udp_stream(&mut json, stream),
        }
        json.end_object();
    }
    json.end_array();
    for (key, local) in directions(report.streams.iter().map(|stream| stream.stream)) {
        let (sent, received) = report.sum(local);
        match transport {
            Transport::Tcp => tcp_sums(&mut json, key, local, &sent, &received),
            Transport::Udp => udp_sums(&mut json, key, local, &sent, &received),
        }
    }
    json.key("cpu_utilization_percent").begin_object();
    for (side, cpu) in [("host", &report.local_cpu), ("remote", &report.remote_cpu)] {
        json.key(&format!("{side}_total")).number(cpu.total);
        json.key(&format!("{side}_user")).number(cpu.user);
        json.key(&format!("{side}_system")).number(cpu.system);
    }
    json.end_object();
    if transport == Transport::Tcp {
        congestion(&mut json, report);
    }
    json.end_object();
    json.take()
}

/// In a test in both directions, each end sends; iperf3 tells the client's as the sender's.
fn congestion(json: &mut Json, report: &Report) {
    let sends = report.streams.first().is_some_and(|stream| stream.stream.sender);
    let (sender, receiver) = match sends {
        true => (&report.local_congestion, &report.remote_congestion),
        false => (&report.remote_congestion, &report.local_congestion),
    };
    for (key, name) in [("sender_tcp_congestion", sender), ("receiver_tcp_congestion", receiver)] {
        if let Some(name) = name {
            json.key(key).string(name.as_bytes());
        }
    }
}

fn tcp_stream(json: &mut Json, stream: &StreamReport, file: Option<&str>) {
    let sender = stream.stream.sender;
    json.key("sender").begin_object();
    json.key("socket").number(stream.stream.socket);
    amounts(json, Duration::ZERO, stream.sent.time, &stream.sent);
    if stream.sent.retransmits.is_some() {
        let tcp = stream.tcp.unwrap_or_default();
        retransmits(json, &stream.sent);
        json.key("reorder").number(tcp.reordering_seen);
        json.key("max_snd_cwnd").number(tcp.max_congestion_window);
        json.key("max_snd_wnd").number(tcp.max_send_window);
        json.key("max_rtt").number(tcp.max_rtt.as_micros());
        json.key("min_rtt").number(tcp.min_rtt.as_micros());
        json.key("mean_rtt").number(tcp.mean_rtt.as_micros());
    }
    json.key("sender").bool(sender);
    json.end_object();
    if let Some((name, size)) = file.zip(stream.file_size) {
        disk_file(json, stream, name, size);
    }
    json.key("receiver").begin_object();
    json.key("socket").number(stream.stream.socket);
    amounts(json, Duration::ZERO, stream.received.time, &stream.received);
    json.key("sender").bool(sender);
    json.end_object();
}

fn disk_file(json: &mut Json, stream: &StreamReport, name: &str, size: u64) {
    json.key("diskfile").begin_object();
    json.key("sent").number(stream.sent.bytes);
    json.key("received").number(stream.received.bytes);
    json.key("size").number(size);
    json.key("percent_sent").number(percent_of(stream.sent.bytes, size));
    json.key("percent_received").number(percent_of(stream.received.bytes, size));
    json.key("filename").string(name.as_bytes());
    json.end_object();
}

/// Whole hundredths of a file; an empty one, as iperf3 has it, is all there.
pub(super) fn percent_of(octets: u64, size: u64) -> u64 {
    let hundredths = u128::from(octets) * 100 / u128::from(size.max(1));
    if size == 0 { 100 } else { u64::try_from(hundredths).unwrap_or(u64::MAX) }
}

fn tcp_sums(json: &mut Json, key: &str, local: bool, sent: &Moved, received: &Moved) {
    for (name, moved) in [("sum_sent", sent), ("sum_received", received)] {
        json.key(&format!("{name}{key}")).begin_object();
        amounts(json, Duration::ZERO, moved.time, moved);
        if name == "sum_sent" {
            retransmits(json, moved);
        }
        json.key("sender").bool(local);
        json.end_object();
    }
}

fn udp_stream(json: &mut Json, stream: &StreamReport) {
    json.key("udp").begin_object();
    json.key("socket").number(stream.stream.socket);
    amounts(json, Duration::ZERO, stream.sent.time, &stream.sent);
    datagrams(json, &both(&stream.sent, &stream.received));
    json.key("out_of_order").number(stream.received.out_of_order);
    json.key("sender").bool(stream.stream.sender);
    json.end_object();
}

fn udp_sums(json: &mut Json, key: &str, local: bool, sent: &Moved, received: &Moved) {
    let all = both(sent, received);
    let of_sender = Moved { jitter: Duration::ZERO, lost: 0, ..*sent };
    for (name, moved, end, sender) in [
        ("sum", &all, received.time, local),
        ("sum_sent", &of_sender, sent.time, true),
        ("sum_received", received, received.time, false),
    ] {
        json.key(&format!("{name}{key}")).begin_object();
        amounts(json, Duration::ZERO, end, moved);
        datagrams(json, moved);
        json.key("sender").bool(sender);
        json.end_object();
    }
}

/// What was sent, with what the receiver says of its arrival.
fn both(sent: &Moved, received: &Moved) -> Moved {
    let packets = if sent.packets > 0 { sent.packets } else { received.packets };
    Moved { jitter: received.jitter, lost: received.lost, packets, ..*sent }
}

fn amounts(json: &mut Json, start: Duration, end: Duration, moved: &Moved) {
    json.key("start").number(start.as_secs_f64());
    json.key("end").number(end.as_secs_f64());
    json.key("seconds").number(moved.time.as_secs_f64());
    json.key("bytes").number(moved.bytes);
    json.key("bits_per_second").number(moved.bits_per_second());
}

fn retransmits(json: &mut Json, moved: &Moved) {
    if let Some(count) = moved.retransmits {
        json.key("retransmits").number(count);
    }
}

fn datagrams(json: &mut Json, moved: &Moved) {
    json.key("jitter_ms").number(moved.jitter.as_secs_f64() * 1000.0);
    json.key("lost_packets").number(moved.lost);
    json.key("packets").number(moved.packets);
    json.key("lost_percent").number(moved.lost_percent());
}

/// What `uname -a` says, less the operating system at its end.
#[must_use]
pub fn system_info() -> String {
    let file = |name: &str| fs::read_to_string(format!("/proc/sys/kernel/{name}")).unwrap_or_default();
    let words = ["ostype", "hostname", "osrelease", "version"].map(file);
    let words: Vec<&str> = words.iter().map(|word| word.trim_end()).collect();
    format!("{} {}", words.join(" "), std::env::consts::ARCH)
}

/// As cJSON prints: members on lines of their own, indented by tabs; a tab after each colon; arrays in one line.
pub(super) fn indent(compact: &str) -> String {
    let mut out = String::with_capacity(compact.len() * 3 / 2);
    let mut open = Vec::new();
    let (mut string, mut escaped) = (false, false);
    let line = |out: &mut String, depth: usize| {
        out.push('\n');
        out.extend(std::iter::repeat_n('\t', depth));
    };
    let mut characters = compact.chars().peekable();
    while let Some(character) = characters.next() {
        if string {
            out.push(character);
            string = escaped || character != '"';
            escaped = !escaped && character == '\\';
            continue;
        }
        match character {
            '"' => {
                string = true;
                out.push('"');
            }
            '{' => {
                open.push('{');
                out.push('{');
                if characters.peek() != Some(&'}') {
                    line(&mut out, open.len());
                }
            }
            '}' => {
                open.pop();
                line(&mut out, open.len());
                out.push('}');
            }
            '[' => {
                open.push('[');
                out.push('[');
            }
            ']' => {
                open.pop();
                out.push(']');
            }
            ',' if open.last() == Some(&'{') => {
                out.push(',');
                line(&mut out, open.len());
            }
            ',' => out.push_str(", "),
            ':' => out.push_str(":\t"),
            other => out.push(other),
        }
    }
    out.push('\n');
    out
}

/// What a document says of who wrote it.
pub const VERSION: &str = concat!("netshoot ", env!("CARGO_PKG_VERSION"));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_those_of_cjson() {
        let compact = r#"{"start":{"connected":[{"a":1},{"b":"x,:{\"}"}],"e":[]},"end":{},"n":[1,2]}"#;
        let pretty = "{\n\t\"start\":\t{\n\t\t\"connected\":\t[{\n\t\t\t\t\"a\":\t1\n\t\t\t}, {\n\t\t\t\t\"b\":\t\"x,:{\\\"}\"\n\t\t\t}],\n\t\t\"e\":\t[]\n\t},\n\t\"end\":\t{\n\t},\n\t\"n\":\t[1, 2]\n}\n";
        assert_eq!(indent(compact), pretty);
    }

    #[test]
    fn a_document_of_a_test_that_never_began_is_one() {
        let mut document = Document::default();
        document.fail(&"connect to \"x\": timed out");
        let tree: serde_json::Value = serde_json::from_str(&document.pretty()).unwrap();
        assert_eq!(tree["error"], "connect to \"x\": timed out");
        assert_eq!(tree["start"]["connected"], serde_json::json!([]));
    }
}

//! The analysis against tshark 4.0 on every file of the shared corpus: each TCP segment, each conversation, each DNS message.
//!
//! A difference is excused only by a rule that names what tshark does there, never a file. What the rules excuse is counted
//! and must stay below one in a thousand of what is compared.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    missing_docs
)]

mod support;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::net::IpAddr;

use netshoot_core::analysis::{Analyzer, DnsTransport, Flow, Options, Report, TcpObservation};
use netshoot_core::capture::Reader;
use netshoot_core::packet::IpProtocol;
use serde_json::Value;
use support::{Capture, Corpus};

/// What we say of one capture.
struct Ours {
    segments: BTreeMap<u64, Segment>,
    report: Report,
}

struct Segment {
    observation: TcpObservation,
    ports: (u16, u16),
    is_fragment: bool,
    is_whole: bool,
}

#[derive(Default)]
struct Tally {
    values: u64,
    /// Rows of packets in tunnels.
    out_of_scope: u64,
    excused: BTreeMap<&'static str, u64>,
    faults: Vec<String>,
}

#[test]
fn every_segment_and_conversation_is_judged_as_by_tshark() {
    let Some(corpus) = Corpus::find("every_segment_and_conversation_is_judged_as_by_tshark") else { return };
    let [mut segments, mut conversations, mut names] = [const { Tally::new() }; 3];
    for capture in &corpus.captures {
        let Some(ours) = analyze(capture) else { continue };
        let rows = |kind| corpus.answers(capture, kind).filter(|row| row.get("end").is_none()).collect::<Vec<_>>();
        let frames = Frames::new(rows("packets"));
        let tcp = rows("tcp");
        let is_cut = |row: &&Value| row.get("len").is_none() || row.get("flags").is_none();
        let cut = tcp.iter().filter(is_cut).map(|row| row["stream"].as_u64()).collect();
        compare_segments(&mut segments, capture, &ours, &tcp, &frames, &cut);
        compare_conversations(&mut conversations, capture, &ours, &rows("convs"), &frames, &cut);
        compare_dns(&mut names, capture, &ours, &frames);
    }
    segments.report("segments");
    conversations.report("conversations");
    names.report("DNS messages");
    let tallies = [segments, conversations, names];
    let values: u64 = tallies.iter().map(|tally| tally.values).sum();
    let excused: u64 = tallies.iter().flat_map(|tally| tally.excused.values()).sum();
    let differ: usize = tallies.iter().map(|tally| tally.faults.len()).sum();
    eprintln!("all: {values} values compared, {differ} differ, {excused} excused");
    assert_eq!(differ, 0, "differences");
    assert!(values > 150_000 && excused * 1000 < values, "{excused} of {values} values excused");
}

fn analyze(capture: &Capture) -> Option<Ours> {
    let mut reader = Reader::open(&capture.path).ok()?;
    // So was tshark asked for the stored answers.
    let mut options = Options::default();
    options.reassemble = false;
    let mut analyzer = Analyzer::new(options);
    let mut segments = BTreeMap::new();
    while let Ok(Some(frame)) = reader.next_frame() {
        let packet = frame.packet();
        if let Some(observation) = analyzer.push(&frame, &packet).tcp {
            let packet = packet.innermost();
            let is_whole = packet.stopped().is_none() && frame.bytes.len() as u64 <= u64::from(frame.original_length);
            let ports = packet.ports().expect("a segment has ports");
            let is_fragment = packet.layout().is_fragment();
            segments.insert(frame.number, Segment { observation, ports, is_fragment, is_whole });
        }
    }
    Some(Ours { segments, report: analyzer.finish() })
}

/// What tshark says of the layers of each frame.
struct Frames {
    rows: HashMap<u64, Value>,
    /// Addresses of packets in tunnels, which the parser does not enter yet.
    nested: HashSet<Pair>,
    /// Addresses of which there are fragments.
    fragmented: HashSet<Pair>,
    /// Addresses of which there are datagrams that tshark did not look into.
    not_entered: HashSet<Pair>,
}

/// Two addresses, the lower first.
type Pair = (String, String);

impl Frames {
    fn new(rows: Vec<Value>) -> Self {
        let rows = rows.into_iter().map(|row| (row["n"].as_u64().expect("a frame number"), row)).collect();
        let mut frames = Self { rows, nested: HashSet::new(), fragmented: HashSet::new(), not_entered: HashSet::new() };
        for (frame, row) in &frames.rows {
            let protocols = frames.protocols(*frame);
            let ends_with_ip = protocols.last() == Some(&"ip");
            if protocols.iter().any(|name| name.starts_with("icmp")) {
                continue;
            }
            let layers = row["ip"].as_array().map_or(&[][..], Vec::as_slice);
            let last = protocols.iter().rposition(|name| matches!(*name, "ip" | "ipv6")).unwrap_or_default();
            let strange = match frames.network(*frame) {
                None => 0,
                Some(network) if protocols[network..last].iter().all(|name| is_entered(name)) => layers.len(),
                Some(_) => 1,
            };
            let pairs = layers.iter().skip(strange).map(|layer| pair(&layer["src"], &layer["dst"]));
            frames.nested.extend(pairs);
            let set = |key: &str| row[key].as_array().is_some_and(|values| values.iter().any(|value| *value != 0));
            if ["ip_flags_mf", "ip_frag_offset", "ipv6_fraghdr_more", "ipv6_fraghdr_offset"].into_iter().any(set) {
                frames.fragmented.extend(layers.iter().map(|layer| pair(&layer["src"], &layer["dst"])));
            } else if ends_with_ip && matches!(row["ip_proto"][0].as_u64(), Some(6 | 17)) {
                frames.not_entered.extend(layers.iter().map(|layer| pair(&layer["src"], &layer["dst"])));
            }
        }
        frames
    }

    fn protocols(&self, frame: u64) -> Vec<&str> {
        let row = self.rows.get(&frame).and_then(|row| row["protocols"].as_array());
        row.into_iter().flatten().filter_map(Value::as_str).collect()
    }

    fn has_port(&self, port: u64) -> bool {
        self.rows.values().any(|row| [&row["udp_srcport"][0], &row["udp_dstport"][0]].iter().any(|own| **own == port))
    }

    /// The place of the outermost IP header, if the parser knows the link layer before it.
    fn network(&self, frame: u64) -> Option<usize> {
        let protocols = self.protocols(frame);
        let network = protocols.iter().position(|name| matches!(*name, "ip" | "ipv6"))?;
        protocols[..network].iter().all(|name| LINKS.contains(name)).then_some(network)
    }

    /// Whether `protocol` is carried by something that the parser does not enter yet, or quoted.
    fn is_nested(&self, frame: u64, protocol: &str) -> bool {
        let protocols = self.protocols(frame);
        let Some(network) = self.network(frame) else { return true };
        let last = protocols.iter().rposition(|name| *name == protocol).unwrap_or(protocols.len());
        !protocols[network..last].iter().all(|name| is_entered(name))
    }
}

fn is_entered(name: &str) -> bool {
    LINKS.contains(&name) || ENTERED.contains(&name)
}

const LINKS: [&str; 18] = [
    "eth",
    "ethertype",
    "vlan",
    "ieee8021ad",
    "sll",
    "sll2",
    "null",
    "loop",
    "raw",
    "llc",
    "data",
    "nflog",
    "mpls",
    "pppoes",
    "ppp",
    "pwethheuristic",
    "pwethcw",
    "pwethnocw",
];
/// What may stand between the first IP header and a transport layer.
const ENTERED: [&str; 15] = [
    "ip",
    "ipv6",
    "ipv6.hopopts",
    "ipv6.dstopts",
    "ipv6.routing",
    "ipv6.fraghdr",
    "ah",
    "ipv6.shim6",
    "udp",
    "gre",
    "erspan",
    "vxlan",
    "geneve",
    "gtp",
    "teredo",
];

fn pair(a: &Value, b: &Value) -> Pair {
    let [a, b] = [a, b].map(|address| address.as_str().unwrap_or_default().to_owned());
    if a <= b { (a, b) } else { (b, a) }
}

fn compare_segments(
    tally: &mut Tally,
    capture: &Capture,
    ours: &Ours,
    theirs: &[Value],
    frames: &Frames,
    cut: &HashSet<Option<u64>>,
) {
    let mut seen = HashSet::new();
    // Streams of packets in tunnels have numbers too: ours are compared by their order.
    let mut streams: HashMap<u64, u32> = HashMap::new();
    for row in theirs.iter().filter(|row| row.get("quoted").is_none()) {
        let frame = row["n"].as_u64().expect("a frame number");
        seen.insert(frame);
        let layers = frames.rows.get(&frame).expect("a frame")["ip"].as_array();
        let layer = layers.and_then(|layers| layers.last()).unwrap_or(&Value::Null);
        if frames.is_nested(frame, "tcp") || frames.nested.contains(&pair(&layer["src"], &layer["dst"])) {
            tally.out_of_scope += 1;
            continue;
        }
        let Some(segment) = ours.segments.get(&frame) else {
            if row.get("len").is_none() || row.get("flags").is_none() {
                tally.excuse("tshark gives a stream number to a header that is cut or in a fragment");
            } else {
                tally.differ(capture, frame, "segment", row.to_string(), "none".into());
            }
            continue;
        };
        let bogus = cut.contains(&row["stream"].as_u64());
        compare_segment(tally, capture, frame, segment, row, &mut streams, bogus);
    }
    for frame in ours.segments.keys().filter(|frame| !seen.contains(frame)) {
        let row = frames.rows.get(frame).map_or_else(String::new, Value::to_string);
        if row.contains("pwethheuristic") {
            tally.excuse("tshark tells a control word by whether it knows the makers of the addresses");
            continue;
        }
        if row.contains("8472") {
            tally.excuse("tshark does not know port 8472, Linux's first for VXLAN");
            continue;
        }
        tally.differ(capture, *frame, "segment", "none".into(), row);
    }
}

fn compare_segment(
    tally: &mut Tally,
    capture: &Capture,
    frame: u64,
    segment: &Segment,
    row: &Value,
    streams: &mut HashMap<u64, u32>,
    bogus: bool,
) {
    let Segment { observation, .. } = segment;
    let theirs: Vec<&str> = row["analysis"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let mut ours: Vec<&str> = observation.analysis.names().collect();
    let mut expected: Vec<&str> = theirs.into_iter().filter(|name| !name.starts_with("tfo")).collect();
    ours.sort_unstable();
    expected.sort_unstable();
    let context = format!("{:?} fragment {} whole {}", segment.ports, segment.is_fragment, segment.is_whole);
    tally.equal(capture, frame, "flags", format!("{expected:?}"), format!("{ours:?}"), &context);
    let stream = row["stream"].as_u64().expect("a stream");
    let known = *streams.entry(stream).or_insert(observation.stream);
    tally.equal(capture, frame, "stream", known.to_string(), observation.stream.to_string(), &context);
    let number = |key: &str| row[key].as_u64().map_or("none".into(), |number| number.to_string());
    tally.equal(capture, frame, "len", number("len"), observation.segment_len.to_string(), &context);
    tally.equal(capture, frame, "window", number("window"), observation.window.to_string(), &context);
    let known = |number: Option<u64>| number.map_or("none".into(), |number| number.to_string());
    for (key, ours) in [
        ("acks_frame", observation.acked_frame),
        ("rto_frame", observation.timeout_frame),
        ("dup_ack_num", observation.duplicate_ack_number.map(u64::from)),
        ("dup_ack_frame", observation.duplicate_ack_frame),
        ("bytes_in_flight", observation.bytes_in_flight.map(u64::from)),
    ] {
        if key == "bytes_in_flight" && number(key) != known(ours) && bogus {
            tally.excuse("tshark takes a header length that cannot be for one of data in flight");
        } else if key == "bytes_in_flight" && row.get(key).is_none() && !segment.is_whole {
            tally.excuse("tshark does not show octets in flight where the options are cut");
        } else {
            tally.equal(capture, frame, key, number(key), known(ours), &context);
        }
    }
    // Wireshark shows the round trip of the handshake where there is anything else to show.
    let shown = row["initial_rtt"].is_string();
    let initial_rtt = observation.initial_rtt.filter(|_| shown);
    for (key, ours) in [("ack_rtt", observation.ack_rtt), ("rto", observation.timeout), ("initial_rtt", initial_rtt)] {
        let theirs = row[key].as_str().map(nanos).filter(|nanos| *nanos > 0);
        let ours = ours.map(|time| time.as_nanos() as i64);
        tally.equal(capture, frame, key, format!("{theirs:?}"), format!("{ours:?}"), &context);
    }
}

fn compare_conversations(
    tally: &mut Tally,
    capture: &Capture,
    ours: &Ours,
    theirs: &[Value],
    frames: &Frames,
    cut: &HashSet<Option<u64>>,
) {
    let mut ends: HashMap<String, u32> = HashMap::new();
    for row in theirs.iter().filter(|row| row["proto"] == "udp") {
        *ends.entry(ends_of(row)).or_default() += 1;
    }
    let ports = |a: u64, b: u64| if a <= b { (a, b) } else { (b, a) };
    let key = |flow: &Flow| {
        let (client, server) = (flow.client.port.into(), flow.server.port.into());
        Some((flow.first_frame, proto(flow)?, ports(client, server)))
    };
    let flows: HashMap<_, &Flow> = ours.report.flows.iter().filter_map(|flow| Some((key(flow)?, flow))).collect();
    for row in theirs {
        let frame = row["first_frame"].as_u64().expect("a frame number");
        let proto = row["proto"].as_str().expect("a protocol");
        if frames.is_nested(frame, proto) || frames.nested.contains(&pair(&row["a"][0], &row["b"][0])) {
            tally.out_of_scope += 1;
            continue;
        }
        if ends.get(&ends_of(row)).is_some_and(|count| *count > 1) {
            tally.excuse("a dissector of tshark opens another conversation on the same ports");
            continue;
        }
        if ours.report.capture.frames != frames.rows.len() as u64 {
            tally.excuse("tshark numbers blocks that are no packets");
            continue;
        }
        if frames.not_entered.contains(&pair(&row["a"][0], &row["b"][0])) {
            tally.excuse("tshark does not look behind IP options that contradict their length");
            continue;
        }
        if frames.protocols(frame).iter().filter(|name| name.starts_with("ipv6.")).count() > 16 {
            tally.excuse("tshark walks any number of extension headers");
            continue;
        }
        let fragmented = frames.fragmented.contains(&pair(&row["a"][0], &row["b"][0]));
        let port = |end: &str| row[end][1].as_u64().unwrap_or(0);
        let Some(flow) = flows.get(&(frame, proto, ports(port("a"), port("b")))) else {
            if frames.protocols(frame).first() == Some(&"null") {
                tally.excuse("tshark takes an EtherType for an address family");
            } else if frames.protocols(frame).contains(&"ieee8021ad") {
                tally.excuse("tshark's dissector of service tags reads the tag of a backbone service (802.1ah) too");
            } else {
                tally.differ(capture, frame, "conversation", row.to_string(), "none".into());
            }
            continue;
        };
        let sender: IpAddr = row["a"][0].as_str().expect("an address").parse().expect("an address");
        let port = row["a"][1].as_u64().unwrap_or(0);
        let from_client = flow.client.address == sender && u64::from(flow.client.port) == port;
        let (ab, ba) = match from_client {
            true => (&flow.client_to_server, &flow.server_to_client),
            false => (&flow.server_to_client, &flow.client_to_server),
        };
        let context = row.to_string();
        let mut equal = |key: &str, value: String| {
            let theirs = row[key].as_str().map_or_else(|| row[key].to_string(), |time| nanos(time).to_string());
            if theirs == "null" {
                tally.excuse("tshark has no time for simple packet blocks");
            } else if row[key].as_str().is_some_and(is_odd_time) {
                tally.excuse("tshark shows times before 1970 and fractions of more than a second as they are");
            } else if key.starts_with("bytes") && theirs == i32::MAX.to_string() {
                tally.excuse("tshark knows no frame of more than 2,147,483,647 octets");
            } else if cut.contains(&row["stream"].as_u64()) && key.starts_with("payload") && theirs != value {
                tally.excuse("tshark measures the payload behind a header that is cut behind its data offset");
            } else if proto == "tcp" && theirs != value && frames.has_port(8472) {
                tally.excuse("tshark does not know port 8472, Linux's first for VXLAN");
            } else if fragmented && theirs != value {
                tally.excuse("tshark takes the length of a datagram from its first fragment");
            } else if proto == "udp" && key.starts_with("payload") && theirs != value {
                tally.excuse("tshark takes the length of a datagram from its UDP header, whatever IP says");
            } else {
                tally.equal(capture, frame, key, theirs, value, &context);
            }
        };
        for (stats, direction) in [(ab, "ab"), (ba, "ba")] {
            equal(&format!("frames_{direction}"), stats.packets.to_string());
            equal(&format!("bytes_{direction}"), stats.bytes.to_string());
            equal(&format!("payload_{direction}"), stats.payload_bytes.to_string());
        }
        equal("first", flow.first.as_nanos().to_string());
        equal("last", flow.last.as_nanos().to_string());
    }
}

/// The ends of a conversation of UDP, in an order that does not depend on the direction.
fn ends_of(row: &Value) -> String {
    let [a, b] = [row["a"].to_string(), row["b"].to_string()];
    let proto = &row["proto"];
    if a <= b { format!("{proto} {a} {b}") } else { format!("{proto} {b} {a}") }
}

fn proto(flow: &Flow) -> Option<&'static str> {
    match flow.protocol {
        IpProtocol::TCP => Some("tcp"),
        IpProtocol::UDP => Some("udp"),
        _ => None,
    }
}

fn compare_dns(tally: &mut Tally, capture: &Capture, ours: &Ours, frames: &Frames) {
    let mut attempts: HashMap<u64, u64> = HashMap::new();
    for transaction in ours.report.dns.iter().filter(|transaction| transaction.transport == DnsTransport::Udp) {
        let context = format!("{transaction:?}");
        let sides = [(transaction.query_frame, 0), (transaction.response_frame, 1)];
        for (frame, response) in sides.into_iter().filter_map(|(frame, side)| Some((frame?, side))) {
            let Some(row) = frames.rows.get(&frame) else { continue };
            let first = |key: &str| row[key][0].to_string();
            tally.equal(capture, frame, "dns id", first("dns_id"), transaction.id.to_string(), &context);
            tally.equal(capture, frame, "dns response", first("dns_flags_response"), response.to_string(), &context);
            let record_type = transaction.record_type.0.to_string();
            tally.equal(capture, frame, "dns type", first("dns_qry_type"), record_type, &context);
            if let (1, Some(code)) = (response, transaction.response_code) {
                tally.equal(capture, frame, "dns rcode", first("dns_flags_rcode"), code.0.to_string(), &context);
            }
            let theirs = row["dns_qry_name"][0].as_str().unwrap_or_default().to_ascii_lowercase();
            let theirs = if theirs == "<root>" { ".".to_owned() } else { theirs };
            let ours = transaction.name.to_ascii_lowercase();
            if theirs.starts_with('<') && ours.ends_with('…') {
                tally.excuse("tshark describes a name that it cannot read");
            } else if theirs != ours && theirs == ours.replace("\\.", ".") {
                tally.excuse("tshark does not escape dots within labels");
            } else {
                tally.equal(capture, frame, "dns name", theirs, ours, &context);
            }
        }
        *attempts.entry(u64::from(transaction.id)).or_default() += u64::from(transaction.attempts);
    }
    let mut asked: HashMap<u64, u64> = HashMap::new();
    let queries = frames.rows.values().filter(|row| is_query(row, frames));
    for row in queries {
        *asked.entry(row["dns_id"][0].as_u64().expect("an identifier")).or_default() += 1;
    }
    for (id, asked) in asked {
        let ours = attempts.get(&id).copied().unwrap_or_default();
        tally.equal(capture, 0, "dns queries", asked.to_string(), ours.to_string(), &format!("id {id}"));
    }
}

/// A query with a question to or from UDP port 53.
fn is_query(row: &Value, frames: &Frames) -> bool {
    let frame = row["n"].as_u64().expect("a frame number");
    let port = |key: &str| row[key][0].as_u64() == Some(53);
    row["dns_flags_response"][0] == 0
        && row.get("dns_qry_type").is_some()
        && (port("udp_srcport") || port("udp_dstport"))
        && frames.protocols(frame).contains(&"dns")
        && !frames.is_nested(frame, "udp")
}

/// Not a number of seconds since 1970 with nanoseconds.
fn is_odd_time(text: &str) -> bool {
    text.starts_with('-') || text.split_once('.').is_some_and(|(_, fraction)| fraction.len() > 9)
}

/// `1425567868.580509000` as nanoseconds.
fn nanos(text: &str) -> i64 {
    let (sign, text) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let seconds: i64 = seconds.parse().expect("seconds");
    sign * (seconds * 1_000_000_000 + format!("{fraction:0<9}")[..9].parse::<i64>().expect("nanoseconds"))
}

impl Tally {
    const fn new() -> Self {
        Self { values: 0, out_of_scope: 0, excused: BTreeMap::new(), faults: Vec::new() }
    }

    fn excuse(&mut self, rule: &'static str) {
        self.values += 1;
        *self.excused.entry(rule).or_default() += 1;
    }

    fn equal(&mut self, capture: &Capture, frame: u64, field: &str, theirs: String, ours: String, context: &str) {
        self.values += 1;
        if theirs != ours {
            self.fault(capture, frame, field, theirs, ours, context);
        }
    }

    fn differ(&mut self, capture: &Capture, frame: u64, field: &str, theirs: String, ours: String) {
        self.values += 1;
        self.fault(capture, frame, field, theirs, ours, "");
    }

    fn fault(&mut self, capture: &Capture, frame: u64, field: &str, theirs: String, ours: String, context: &str) {
        self.faults.push(format!("{} frame {frame} {field}: tshark {theirs}, ours {ours} ({context})", capture.name));
    }

    fn report(&self, what: &str) {
        let Self { values, out_of_scope, excused, faults } = self;
        let differ = faults.len();
        eprintln!(
            "{what}: {values} values compared, {differ} differ, excused: {excused:?}, in tunnels: {out_of_scope}"
        );
        for fault in self.faults.iter().take(40) {
            eprintln!("  {fault}");
        }
    }
}

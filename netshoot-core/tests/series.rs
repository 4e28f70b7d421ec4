//! Series over time against tshark, and the page.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

#[path = "support/script.rs"]
mod script;
mod support;

use std::collections::BTreeMap;
use std::io::Cursor;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Duration;

use netshoot_core::ErrorKind;
use netshoot_core::analysis::{
    self, Analyzer, IoBy, IoSeries, Latencies, LatencyKind, Options, PageOptions, Report, SeriesOptions,
};
use netshoot_core::capture::{Reader, Timestamp};
use netshoot_core::packet::IpProtocol;
use script::{ACK, FIN, Script};

const DEMO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/captures/demo.pcapng");
/// Of the corpus, with a lot of TCP.
const OTHERS: [&str; 2] =
    ["zeek+zeek/testing/btest/Traces/http/206_example_b.pcap", "brimdata+brimcap/cmd/brimcap/ztests/alerts.pcap"];
const BIN: i64 = 10_000_000;

fn go_on(_: u64, _: u64) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

fn report(path: &Path) -> Report {
    analysis::analyze(&mut Reader::open(path).unwrap(), &Options::default(), go_on).unwrap()
}

fn captures(test: &str) -> Vec<PathBuf> {
    let mut captures = vec![PathBuf::from(DEMO)];
    match std::env::var_os("NETSHOOT_CORPUS") {
        Some(corpus) => captures.extend(OTHERS.map(|name| Path::new(&corpus).join("captures").join(name))),
        None => support::skip(test, "NETSHOOT_CORPUS is not set: only the demo is compared"),
    }
    captures
}

/// Fields of each frame, as tshark has them.
fn fields(path: &Path, names: &[&str]) -> Vec<Vec<String>> {
    let mut command = support::tshark(path);
    command.args(["-T", "fields", "-E", "occurrence=l", "-Eseparator=\t"]);
    command.args(names.iter().flat_map(|name| ["-e", name]));
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| line.split('\t').map(str::to_owned).collect()).collect()
}

fn nanos(seconds: &str) -> i64 {
    seconds.parse::<Timestamp>().unwrap().as_nanos()
}

#[test]
fn traffic_over_time_is_that_of_tshark() {
    if !support::has_program("tshark") {
        return support::skip("traffic_over_time_is_that_of_tshark", "tshark is missing");
    }
    for path in captures("traffic_over_time_is_that_of_tshark") {
        let first = report(&path).capture.first.unwrap();
        let options = SeriesOptions::default().with_bin(Duration::from_millis(100)).with_origin(first);
        let series =
            |by| analysis::io(&mut Reader::open(&path).unwrap(), &Options::default(), by, &options, go_on).unwrap();
        let place = |start: Timestamp| start.nanos_since(first) / 100_000_000;
        let bins = series(IoBy::Capture).bins().into_iter().filter(|bin| bin.frames > 0);
        let ours: Vec<_> = bins.map(|bin| (place(bin.start), bin.frames, bin.bytes)).collect();
        let output = support::tshark(&path).args(["-q", "-z", "io,stat,0.1"]).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let rows = text.lines().filter(|line| line.contains("<>"));
        let theirs: Vec<(i64, u64, u64)> = rows
            .enumerate()
            .map(|(place, line)| {
                let cells: Vec<_> = line.split('|').map(str::trim).collect();
                (place as i64, cells[2].parse().unwrap(), cells[3].parse().unwrap())
            })
            .filter(|(_, frames, _)| *frames > 0)
            .collect();
        assert!(ours.len() > 5, "{path:?}");
        assert!(ours == theirs, "{path:?}");
        let by_protocol = series(IoBy::Protocol).bins();
        assert_eq!(
            by_protocol.iter().map(|bin| bin.frames).sum::<u64>(),
            ours.iter().map(|(_, frames, _)| frames).sum::<u64>()
        );
    }
}

#[test]
fn retransmissions_over_time_are_those_of_tshark() {
    if !support::has_program("tshark") {
        return support::skip("retransmissions_over_time_are_those_of_tshark", "tshark is missing");
    }
    for path in captures("retransmissions_over_time_are_those_of_tshark") {
        let options = SeriesOptions::default().with_bin(Duration::from_nanos(BIN as u64));
        let series =
            analysis::io(&mut Reader::open(&path).unwrap(), &Options::default(), IoBy::Capture, &options, go_on);
        let bins = series.unwrap().bins().into_iter().filter(|bin| bin.tcp_retransmissions > 0);
        let ours: BTreeMap<_, _> = bins.map(|bin| (bin.start.as_nanos(), bin.tcp_retransmissions)).collect();
        let mut theirs = BTreeMap::new();
        for row in fields(&path, &["frame.time_epoch", "tcp.analysis.retransmission"]) {
            if !row[1].is_empty() {
                *theirs.entry(nanos(&row[0]).div_euclid(BIN) * BIN).or_insert(0) += 1;
            }
        }
        assert_eq!(ours, theirs, "{path:?}");
    }
}

/// What a bin of a direction has: the counts, the least and the greatest.
type Values = BTreeMap<(i64, bool), (u64, u64, u64)>;

fn note(values: &mut Values, time: i64, from_client: bool, value: u64) {
    let bin = values.entry((time.div_euclid(BIN) * BIN, from_client)).or_insert((0, u64::MAX, 0));
    *bin = (bin.0 + 1, bin.1.min(value), bin.2.max(value));
}

#[test]
fn flows_over_time_are_those_of_tshark() {
    if !support::has_program("tshark") {
        return support::skip("flows_over_time_are_those_of_tshark", "tshark is missing");
    }
    let names =
        ["frame.time_epoch", "tcp.stream", "tcp.srcport", "tcp.analysis.ack_rtt", "tcp.nxtseq", "tcp.ack", "tcp.len"];
    let mut compared = 0;
    for path in captures("flows_over_time_are_those_of_tshark") {
        let (report, rows) = (report(&path), fields(&path, &names));
        let mut flows: Vec<_> = report.flows.iter().filter(|flow| flow.protocol == IpProtocol::TCP).collect();
        flows.sort_by_key(|flow| std::cmp::Reverse(flow.packets()));
        flows.truncate(5);
        let ids: Vec<_> = flows.iter().map(|flow| flow.id).collect();
        let options = SeriesOptions::default().with_bin(Duration::from_nanos(BIN as u64));
        let mut reader = Reader::open(&path).unwrap();
        let all = analysis::flow_series(&mut reader, &report, &ids, &options, go_on).unwrap();
        for (flow, series) in flows.iter().zip(&all) {
            let (mut rtt, mut sent) = (Values::new(), Values::new());
            let stream = flow.stream.unwrap().to_string();
            for row in rows.iter().filter(|row| row[1] == stream) {
                let (time, from_client) = (nanos(&row[0]), row[2] == flow.client.port.to_string());
                if !row[3].is_empty() {
                    note(&mut rtt, time, !from_client, nanos(&row[3]).unsigned_abs());
                }
                if !row[4].is_empty() && row[6] != "0" {
                    note(&mut sent, time, from_client, row[4].parse().unwrap());
                }
            }
            let bins = series.round_trips();
            let ours: Values = bins
                .iter()
                .map(|bin| {
                    let [min, max] = [bin.min, bin.max].map(|time| time.as_nanos() as u64);
                    ((bin.start.as_nanos(), bin.from_client), (bin.count, min, max))
                })
                .collect();
            assert_eq!(ours, rtt, "{path:?} {flow:?}");
            let sequence = series.sequence();
            for ((time, from_client), (_, _, high)) in &sent {
                let bin = sequence.iter().find(|bin| (bin.start.as_nanos(), bin.from_client) == (*time, *from_client));
                // A SYN or FIN in the same bin takes a number more.
                let ours = bin.and_then(|bin| bin.sent).unwrap().1;
                assert!(ours == *high || ours == *high + 1, "{path:?} {flow:?} {time}: {ours} {high}");
            }
            compared += rtt.len() + sent.len();
        }
    }
    assert!(compared > 50, "{compared}");
}

#[test]
fn the_series_of_parts_add_up() {
    let all = report(Path::new(DEMO));
    let flow = all.flows.iter().find(|flow| flow.first_frame == 5).unwrap();
    for most in [3, 20, 10_000] {
        let options = SeriesOptions::default().with_bin(Duration::from_millis(1)).with_max_bins(most);
        for by in [IoBy::Capture, IoBy::Protocol, IoBy::Flow(flow.id)] {
            let mut parts = [(); 2].map(|()| IoSeries::new(by, &options));
            let mut whole = IoSeries::new(by, &options);
            let mut analyzer = Analyzer::new(Options::default());
            let mut reader = Reader::open(DEMO).unwrap();
            while let Some(frame) = reader.next_frame().unwrap() {
                let packet = frame.packet();
                let observation = analyzer.push(&frame, &packet);
                whole.add(&frame, &packet, &observation);
                parts[usize::from(frame.number > 200)].add(&frame, &packet, &observation);
            }
            let [mut first, second] = parts;
            first.merge(&second).unwrap();
            let counts = |series: &IoSeries| {
                let bins = series.bins();
                bins.iter().map(|bin| (bin.start, bin.protocol, bin.from_client, bin.bytes)).collect::<Vec<_>>()
            };
            assert_eq!(counts(&first), counts(&whole), "{by:?} {most}");
            assert!(whole.width() >= Duration::from_millis(1));
        }
        let mut other = IoSeries::new(IoBy::Protocol, &options);
        assert_eq!(other.merge(&IoSeries::new(IoBy::Capture, &options)).unwrap_err().kind(), ErrorKind::InvalidInput);
    }
    let latencies = Latencies::of(&all);
    let count = |kind| latencies.buckets().filter(|bucket| bucket.kind == kind).map(|bucket| bucket.count).sum::<u64>();
    let answered = all.dns.iter().filter(|dns| dns.first_latency.is_some()).count() as u64;
    assert_eq!((count(LatencyKind::Dns), count(LatencyKind::TcpHandshake)), (answered, 7));
}

/// Tags that are open where the page ends, or an error in the way in which they are closed.
fn unclosed(page: &str) -> Result<Vec<String>, String> {
    let mut open: Vec<String> = Vec::new();
    for piece in page.split('<').skip(1) {
        let (tag, _) = piece.split_once('>').ok_or("a tag without an end")?;
        if tag.starts_with('!') || tag.ends_with('/') {
            continue;
        }
        match tag.strip_prefix('/') {
            Some(name) if open.last().is_some_and(|last| last == name) => drop(open.pop()),
            Some(name) => return Err(format!("{name} is closed, not {:?}", open.last())),
            None => open.push(tag.split(' ').next().unwrap().to_owned()),
        }
    }
    Ok(open)
}

fn page(file: &[u8], title: &str) -> String {
    let mut reader = Reader::new(Cursor::new(file)).unwrap();
    let report = analysis::analyze(&mut reader, &Options::default(), go_on).unwrap();
    let mut reader = Reader::new(Cursor::new(file)).unwrap();
    let page = PageOptions::default().with_title(title);
    analysis::page(&mut reader, &report, &page, go_on).unwrap()
}

#[test]
fn the_page_is_whole_and_hostile_names_do_nothing() {
    let mut script = Script::new(101).handshake();
    let hostile = "\"><script>alert(1)</script><svg onload='x'>";
    let request = format!("GET /{hostile} HTTP/1.1\r\nHost: {hostile}\r\n\r\n");
    for _ in 0..10 {
        let sequence = script.client(1000, request.as_bytes());
        script.segment(200_000, 0, ACK, sequence, request.as_bytes());
        script.server(10_000, b"HTTP/1.1 200 OK\r\nContent-Length: 3000\r\n\r\n");
        script.server(10_000, &[b'x'; 3000]);
        script.flags(1000, 0, ACK);
    }
    script.flags(1000, 0, FIN | ACK);
    let mut query = b"\xab\xcd\x01\0\0\x01\0\0\0\0\0\0\x1b<script>alert(2)</script>&\0\0\x01\0\x01".to_vec();
    query[12] = 26;
    script.udp(1000, [1, 53], [5555, 53], &query);
    for (file, title) in
        [(script.file, hostile), (std::fs::read(DEMO).unwrap(), "demo"), (Script::new(101).file, "none")]
    {
        let page = page(&file, title);
        assert_eq!(unclosed(&page), Ok(Vec::new()), "{page}");
        let lower = page.to_lowercase();
        assert!(!lower.contains("<script") && !lower.contains("src=") && !lower.contains("href="), "{page}");
        assert!(!page.contains("onload='"), "{page}");
        assert!(page.contains("Content-Security-Policy") && page.contains("prefers-color-scheme:dark"));
        if title == hostile {
            assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"), "{page}");
            assert!(page.contains("&lt;script&gt;alert(2)&lt;/script&gt;&amp;"), "{page}");
        }
        assert_eq!(page.contains("<svg"), title != "none");
    }
}

/// Of each flow the frames that the story is told from are those that the flow has.
#[test]
fn captures_of_the_corpus_have_pages_and_stories() {
    let Some(corpus) = support::Corpus::find("captures_of_the_corpus_have_pages_and_stories") else { return };
    let (mut flows, mut events) = (0, 0);
    for capture in corpus.captures.iter().filter(|capture| capture.is_drawn(SEED, support::corpus_parts())) {
        let Ok(file) = std::fs::read(&capture.path) else { continue };
        if Reader::new(Cursor::new(&file)).is_err() {
            continue;
        }
        let page = page(&file, &capture.name);
        assert_eq!(unclosed(&page), Ok(Vec::new()), "{}", capture.name);
        assert!(page.len() < 2_000_000, "{}: {} octets", capture.name, page.len());
        let reader = || Reader::new(Cursor::new(&file)).unwrap();
        let report = analysis::analyze(&mut reader(), &Options::default(), go_on).unwrap();
        for flow in report.flows.iter().take(30) {
            let story = analysis::explain(&mut reader(), &report, flow.id, go_on).unwrap();
            assert!(story.events.len() < 300, "{}: {story}", capture.name);
            let is_in = |frame| frame == 0 || frame <= report.capture.frames;
            assert!(story.events.iter().all(|event| is_in(event.first_frame) && is_in(event.last_frame)));
            assert!(!story.to_string().chars().any(|letter| letter.is_control() && letter != '\n'), "{story}");
            let selection = analysis::FrameSelection::new().flows(&report, &[flow.id]).unwrap();
            let mut writer = netshoot_core::capture::Writer::builder().start(Vec::new()).unwrap();
            let written = selection.write_to(&mut reader(), &mut writer, go_on).unwrap();
            assert!(written > 0, "{}: {flow:?}", capture.name);
            (flows, events) = (flows + 1, events + story.events.len());
        }
    }
    assert!(flows > 50 && events > flows, "{flows} flows, {events} events");
}

/// Of the draw.
const SEED: u64 = 0x5709_1e5a;

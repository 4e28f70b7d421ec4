//! Calls and handshakes of the shared captures: their parts sum to the whole, and times and names are tshark's.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    missing_docs
)]

mod support;

use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;
use std::time::Duration;

use netshoot_core::analysis::{self, Call, CallProtocol, DirectionStats, Flow, Report, RoleBasis, TlsOutcome};
use netshoot_core::capture::Reader;
use netshoot_core::packet::IpProtocol;
use support::{Capture, Corpus, corpus_parts, has_program, skip, tshark};

fn report(capture: &Capture) -> Option<Report> {
    let mut reader = Reader::open(&capture.path).ok()?;
    analysis::analyze(&mut reader, &analysis::Options::default(), |_, _| ControlFlow::Continue(())).ok()
}

/// Of each call of each capture: its parts sum to the whole, and its times lie within each other.
#[test]
fn time_adds_up() {
    let Some(corpus) = Corpus::find("time_adds_up") else { return };
    let (mut calls, mut handshakes) = (0, 0);
    let mut dominant: BTreeMap<_, u32> = BTreeMap::new();
    for capture in &corpus.captures {
        let Some(report) = report(capture) else { continue };
        for call in &report.calls {
            let place = format!("{} flow {} call {}: {call:?}", capture.name, call.flow_id, call.number);
            assert_eq!(call.parts.sum(), call.total, "{place}");
            let answer = call.time_to_first_byte.zip(call.transfer).map(|(first, rest)| first + rest);
            assert!(answer.is_none_or(|answer| answer <= call.total), "{place}");
            assert_eq!(call.is_answered(), call.response_bytes > 0, "{place}");
            assert!(call.request_frame <= call.request_end_frame, "{place}");
            assert!(call.response_frame <= call.response_end_frame, "{place}");
            *dominant.entry(call.dominant().map_or("none", |part| part.name())).or_default() += 1;
            calls += 1;
        }
        handshakes += report.tls.len();
        assert!(report.calls.is_sorted_by_key(|call| call.time));
    }
    eprintln!("{calls} calls, {handshakes} handshakes; the most time took: {dominant:?}");
    assert!(calls > 1000);
}

/// What was compared, and what of it differs by a rule.
#[derive(Default)]
struct Tally {
    equal: u32,
    excused: BTreeMap<&'static str, u32>,
    faults: Vec<String>,
}

impl Tally {
    fn excuse(&mut self, rule: &'static str) {
        *self.excused.entry(rule).or_default() += 1;
    }

    fn end(self, what: &str) {
        let Self { equal, excused, faults } = self;
        eprintln!("{what}: {equal} equal, {} differ, excused: {excused:?}", faults.len());
        for fault in faults.iter().take(60) {
            eprintln!("  {fault}");
        }
        assert!(faults.is_empty() && equal > 0);
    }
}

/// From the frame that ends a request's head to the one that ends the response's head.
#[test]
fn times_to_first_bytes_are_those_of_tshark() {
    let Some(corpus) = corpus("times_to_first_bytes_are_those_of_tshark") else { return };
    let mut tally = Tally::default();
    each(&corpus, |capture, report| {
        let time = |call: &Call, request| match request == call.request_end_frame {
            true => call.time_to_first_byte,
            false => call.transfer.map(|transfer| call.total - transfer),
        };
        let bodies = ["-o", "http.desegment_body:FALSE"];
        compare_times(capture, report, &bodies, |call| call.response_frame, time, &mut tally);
    });
    tally.end("http.time, head to head");
}

/// From the frame that ends a request to the one that ends its response.
#[test]
fn http_times_are_those_of_tshark() {
    let Some(corpus) = corpus("http_times_are_those_of_tshark") else { return };
    let mut tally = Tally::default();
    each(&corpus, |capture, report| {
        let time = |call: &Call, _| Some(call.time_to_first_byte? + call.transfer?);
        compare_times(capture, report, &[], |call| call.response_end_frame, time, &mut tally);
    });
    tally.end("http.time, end to end");
}

fn each(corpus: &Corpus, mut compare: impl FnMut(&Capture, &Report)) {
    for capture in corpus.captures.iter().filter(|capture| capture.is_drawn(5, corpus_parts())) {
        let Some(report) = report(capture) else { continue };
        if report.calls.iter().any(|call| call.protocol == CallProtocol::Http) {
            compare(capture, &report);
        }
    }
}

fn corpus(test: &str) -> Option<Corpus> {
    if !has_program("tshark") {
        skip(test, "tshark is not installed");
        return None;
    }
    Corpus::find(test)
}

fn rows(capture: &Capture, filter: &str, fields: &[&str], preferences: &[&str]) -> Vec<Vec<String>> {
    let mut command = tshark(&capture.path);
    command.args(["-Y", filter, "-T", "fields", "-E", "separator=/t", "-E", "aggregator=;"]).args(preferences);
    command.args(["-o", "ip.defragment:FALSE", "-o", "tcp.reassemble_out_of_order:TRUE"]);
    for field in fields {
        command.args(["-e", field]);
    }
    let output = command.output().unwrap().stdout;
    String::from_utf8_lossy(&output).lines().map(|line| line.split('\t').map(str::to_owned).collect()).collect()
}

fn compare_times(
    capture: &Capture,
    report: &Report,
    preferences: &[&str],
    place: impl Fn(&Call) -> Option<u64>,
    time: impl Fn(&Call, u64) -> Option<Duration>,
    tally: &mut Tally,
) {
    let named = |call: &&Call| call.http.as_ref().is_some_and(|http| http.status().is_some());
    let calls: Vec<&Call> = report.calls.iter().filter(named).collect();
    let fields = ["frame.number", "http.time", "http.request_in", "http.response.code", "http.content_length_header"];
    let fields = [&fields[..], &["http.transfer_encoding", "tcp.stream"]].concat();
    for row in rows(capture, "http.time && !quic", &fields, preferences) {
        let frame: u64 = row[0].parse().unwrap();
        let flow = row[6].rsplit(';').next().and_then(|stream| flow(report, stream));
        let pairs = row[1].split(';').zip(row[2].split(';'));
        for (n, (theirs, request)) in pairs.enumerate() {
            let (theirs, request): (_, u64) = (seconds(theirs), request.parse().unwrap_or(0));
            let mut of_request =
                calls.iter().filter(|call| [call.request_frame, call.request_end_frame].contains(&request));
            let found =
                of_request.clone().any(|call| place(call) == Some(frame) && time(call, request) == Some(theirs));
            if found {
                tally.equal += 1;
                continue;
            }
            let code = row[3].split(';').nth(n).unwrap_or_default();
            let sum = |read: fn(&DirectionStats) -> u32| {
                flow.map_or(0, |flow| read(&flow.client_to_server) + read(&flow.server_to_client))
            };
            let covers = |call: &&Call| call.response_frame < Some(frame) && Some(frame) <= call.response_end_frame;
            match () {
                () if code.starts_with('1') => tally.excuse("tshark times what is only informational"),
                () if row[4].is_empty() && row[5].is_empty() => {
                    tally.excuse("tshark shows a response until the close where its head is");
                }
                () if sum(|stats| stats.lost_segments + stats.ack_lost_segments) > 0 => {
                    tally.excuse("tshark puts nothing together where the capture has gaps");
                }
                () if of_request.any(covers) => tally.excuse("tshark shows a head where its last segment is"),
                () if sum(|stats| stats.rst) > 0 => tally.excuse("tshark reads what comes behind a reset"),
                () => {
                    let own: Vec<_> =
                        calls.iter().filter(|call| flow.is_some_and(|flow| flow.id == call.flow_id)).collect();
                    tally.faults.push(format!("{} frame {frame} request {request} {row:?} {own:?}", capture.name));
                }
            }
        }
    }
}

/// The flow of TCP that tshark gives this number.
fn flow<'a>(report: &'a Report, stream: &str) -> Option<&'a Flow> {
    let stream: u32 = stream.parse().ok()?;
    report.flows.iter().find(|flow| flow.protocol == IpProtocol::TCP && flow.stream == Some(stream))
}

/// The names of servers that clients ask for, and the alerts that are not encrypted with who sent them.
#[test]
fn handshakes_of_tls_are_those_of_tshark() {
    let Some(corpus) = corpus("handshakes_of_tls_are_those_of_tshark") else { return };
    let mut tally = Tally::default();
    for capture in corpus.captures.iter().filter(|capture| capture.is_drawn(7, corpus_parts().min(8))) {
        let Some(report) = report(capture).filter(|report| !report.tls.is_empty()) else { continue };
        compare_handshakes(capture, &report, &mut tally);
    }
    tally.end("handshakes of TLS");
}

fn compare_handshakes(capture: &Capture, report: &Report, tally: &mut Tally) {
    let fields = ["tcp.stream", "tls.handshake.extensions_server_name", "tls.alert_message.desc"];
    let fields = [&fields[..], &["tls.alert_message.level", "tcp.srcport", "tls.handshake.type"]].concat();
    let mut names: HashMap<u32, Vec<String>> = HashMap::new();
    let mut alerts: HashMap<u32, Vec<(String, String)>> = HashMap::new();
    for row in rows(capture, "tls && tcp && !quic", &fields, &[]) {
        let Some(flow) = row[0].rsplit(';').next().and_then(|stream| flow(report, stream)) else { continue };
        names.entry(flow.id).or_default().extend(row[1].split(';').filter(|name| !name.is_empty()).map(str::to_owned));
        let by = if row[4] == flow.client.port.to_string() { "client" } else { "server" };
        let all = row[2].split(';').filter(|alert| !alert.is_empty());
        alerts.entry(flow.id).or_default().extend(all.map(|alert| (alert.to_owned(), by.to_owned())));
    }
    for tls in &report.tls {
        let theirs = names.remove(&tls.flow_id).unwrap_or_default();
        let ours = tls.server_name.clone();
        if ours == theirs.last().cloned() {
            tally.equal += 1;
        } else {
            tally.faults.push(format!("{} flow {}: names {theirs:?}, {tls:?}", capture.name, tls.flow_id));
        }
        let theirs = alerts.remove(&tls.flow_id).unwrap_or_default();
        let ours = tls.alert.map(|alert| (alert.0.to_string(), tls.failed_by.map_or("", |by| by.name()).to_owned()));
        if theirs.is_empty() && ours.is_none() || ours.as_ref().is_some_and(|ours| theirs.contains(ours)) {
            tally.equal += 1;
        } else if tls.outcome == Some(TlsOutcome::Ok) {
            tally.excuse("an alert behind the handshake is none of it");
        } else {
            tally.faults.push(format!("{} flow {}: alerts {theirs:?}, {tls:?}", capture.name, tls.flow_id));
        }
    }
    let missing =
        names.into_iter().filter(|(_, names)| !names.is_empty()).map(|(flow, names)| (flow, format!("{names:?}")));
    let alerts = alerts.into_iter().filter(|(_, alerts)| !alerts.is_empty());
    for (flow, what) in missing.chain(alerts.map(|(flow, alerts)| (flow, format!("{alerts:?}")))) {
        let flow = report.flows.iter().find(|other| other.id == flow).unwrap();
        if flow.role_basis != RoleBasis::Syn {
            tally.excuse("tshark finds TLS in the middle of a connection by its port");
            continue;
        }
        tally.faults.push(format!("{} flow {}: tshark {what}, ours no handshake", capture.name, flow.id));
    }
}

/// From a query to its answer, of each answer that tshark times.
#[test]
fn dns_times_are_those_of_tshark() {
    let Some(corpus) = corpus("dns_times_are_those_of_tshark") else { return };
    let mut tally = Tally::default();
    for capture in corpus.captures.iter().filter(|capture| capture.is_drawn(11, corpus_parts().min(8))) {
        let Some(report) = report(capture).filter(|report| !report.dns.is_empty()) else { continue };
        compare_answers(capture, &report, &mut tally);
    }
    tally.end("dns.time");
}

fn compare_answers(capture: &Capture, report: &Report, tally: &mut Tally) {
    let fields =
        ["frame.number", "dns.time", "dns.response_to", "dns.retransmission", "udp.port", "ip.flags.mf", "dns.id"];
    for row in rows(capture, "dns.time && !icmp && !icmpv6", &fields, &[]) {
        let frame: u64 = row[0].parse().unwrap();
        let own: Vec<_> = report.dns.iter().filter(|dns| dns.response_frame == Some(frame)).collect();
        // Several messages in a segment have several times.
        let (times, queries): (Vec<_>, Vec<_>) = (row[1].split(';').collect(), row[2].split(';').collect());
        assert_eq!(times.len(), queries.len(), "{} frame {frame} {row:?}", capture.name);
        for (theirs, query) in times.into_iter().map(seconds).zip(queries) {
            let query: Option<u64> = query.parse().ok();
            let near = |own: Duration| own.abs_diff(theirs) <= Duration::from_nanos(1);
            let answered = report.dns.iter().find(|dns| query.is_some() && dns.query_frame == query);
            match () {
                () if own.iter().any(|dns| dns.latency.into_iter().chain(dns.first_latency).any(near)) => {
                    tally.equal += 1;
                }
                () if own.is_empty() && answered.is_some_and(|dns| dns.response_frame < Some(frame)) => {
                    tally.excuse("tshark times every copy of an answer");
                }
                () => tally.faults.push(format!("{} frame {frame} {row:?} {own:?}", capture.name)),
            }
        }
    }
}

/// `0.001234000` as a duration.
fn seconds(text: &str) -> Duration {
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let fraction = format!("{fraction:0<9}");
    Duration::new(seconds.parse().unwrap_or(0), fraction[..9].parse().unwrap_or(0))
}

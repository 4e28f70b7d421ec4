//! What the report says of a flow, in words: calls, handshakes, transactions, errors, findings.

use std::time::Duration;

use super::{StoryEvent, StoryKind};
use crate::analysis::words::{NAME, clean, count, end, octets, short, thousands};
use crate::analysis::{
    Call, CallPart, CallProtocol, DnsTransaction, Finding, Flow, IcmpMessage, QuicConnection, QuicOutcome, Report,
    TlsEnd, TlsHandshake, TlsOutcome, Verdict,
};
use crate::capture::Timestamp;

/// The events of the flow, in no order.
pub(super) fn tell(flow: &Flow, report: &Report) -> Vec<StoryEvent> {
    let mut events = Vec::new();
    let calls: Vec<_> = report.calls.iter().filter(|call| call.flow_id == flow.id).collect();
    some(&mut events, StoryKind::Call, &calls, |call| call.total, |call| call_event(call, flow, report));
    let dns: Vec<_> = report.dns.iter().filter(|one| one.flow_id == flow.id).collect();
    let latency = |one: &DnsTransaction| one.first_latency.unwrap_or(Duration::MAX);
    some(&mut events, StoryKind::Dns, &dns, latency, |one| dns_event(one, report));
    let icmp: Vec<_> = report.icmp.iter().filter(|one| one.flow_id == Some(flow.id)).collect();
    let took = |one: &IcmpMessage| one.rtt.unwrap_or(Duration::MAX);
    some(&mut events, StoryKind::Icmp, &icmp, took, |one| icmp_event(one, report));
    events.extend(report.tls.iter().filter(|tls| tls.flow_id == flow.id).take(MAX_TOLD).map(tls_event));
    events.extend(report.quic.iter().filter(|quic| quic.flow_id == flow.id).take(MAX_TOLD).map(quic_event));
    events
}

/// The findings that concern the flow, where the cause lies, and the verdict in one sentence.
pub(super) fn judge(flow: &Flow, report: &Report) -> (Vec<StoryEvent>, Verdict, String) {
    let concerns = |finding: &&Finding| finding.flow_ids.binary_search(&flow.id).is_ok();
    let findings: Vec<_> = report.findings.iter().filter(concerns).collect();
    let events = findings.iter().take(MAX_TOLD).map(|finding| finding_event(flow, finding)).collect();
    if let Some(worst) = findings.first() {
        let summary = format!("{} ({}): {}", worst.verdict.name(), worst.severity, clean(&worst.title, TITLE));
        return (events, worst.verdict, summary);
    }
    let slowest = report.calls.iter().filter(|call| call.flow_id == flow.id).max_by_key(|call| call.total);
    let summary = match slowest.and_then(|call| Some((call, call.dominant()?))) {
        Some((call, part)) => {
            let total = short(call.total);
            format!("nothing is known to be wrong; the longest call took {total}, most of it {}", part_name(part))
        }
        None => "nothing is known to be wrong".to_owned(),
    };
    (events, Verdict::None, summary)
}

fn finding_event(flow: &Flow, finding: &Finding) -> StoryEvent {
    let own = finding.evidence_frames.iter().filter(|frame| (flow.first_frame..=flow.last_frame).contains(frame));
    let (first, last) = (own.clone().min(), own.max());
    StoryEvent {
        time: finding.first.max(flow.first),
        end: finding.last,
        kind: StoryKind::Finding,
        by_client: None,
        first_frame: first.copied().unwrap_or(0),
        last_frame: last.copied().unwrap_or(0),
        times: finding.events,
        text: format!("finding {}, {}: {}", finding.id, finding.severity, clean(&finding.summary, SUMMARY)),
    }
}

/// Tells of all, or of those that weigh most, and sums up the others.
fn some<T, K: Ord>(
    events: &mut Vec<StoryEvent>,
    kind: StoryKind,
    all: &[&T],
    weight: impl Fn(&T) -> K,
    tell: impl Fn(&T) -> StoryEvent,
) {
    let mut order: Vec<_> = all.to_vec();
    order.sort_by_key(|one| std::cmp::Reverse(weight(one)));
    events.extend(order.iter().take(MAX_TOLD).map(|one| tell(one)));
    let rest: Vec<_> = order.iter().skip(MAX_TOLD).map(|one| tell(one)).collect();
    let (Some(first), Some(last)) =
        (rest.iter().min_by_key(|event| event.time), rest.iter().max_by_key(|event| event.time))
    else {
        return;
    };
    let longest = rest.iter().map(|event| event.end.saturating_duration_since(event.time)).max().unwrap_or_default();
    events.push(StoryEvent {
        text: format!("{} more like these, each within {}", thousands(rest.len() as u64), short(longest)),
        times: rest.len() as u64,
        end: last.end,
        last_frame: last.last_frame,
        kind,
        by_client: None,
        ..first.clone()
    });
}

/// An event of this length; `text` is made safe.
fn event(kind: StoryKind, time: Timestamp, took: Option<Duration>, frames: (u64, u64), text: String) -> StoryEvent {
    let nanos = i64::try_from(took.unwrap_or_default().as_nanos()).unwrap_or(i64::MAX);
    StoryEvent {
        time,
        end: Timestamp::from_nanos(time.as_nanos().saturating_add(nanos)),
        kind,
        by_client: Some(true),
        first_frame: frames.0,
        last_frame: frames.1.max(frames.0),
        times: 1,
        text,
    }
}

fn call_event(call: &Call, flow: &Flow, report: &Report) -> StoryEvent {
    let mut text = match (&call.http, call.protocol) {
        (Some(http), _) => {
            let target = format!("{}{}", http.host().unwrap_or_default(), http.path());
            format!("{} {}", clean(http.method(), NAME), clean(&target, NAME))
        }
        (None, CallProtocol::Tls) => format!("call {} inside of TLS", call.number),
        (None, _) => format!("call {}", call.number),
    };
    let status = call.http.as_ref().and_then(|http| http.status());
    text.push_str(&status.map_or(String::new(), |status| format!(": status {status}")));
    text.push_str(&format!(", {} out", octets(call.request_bytes)));
    match call.time_to_first_byte.filter(|_| call.is_answered()) {
        Some(time) => {
            text.push_str(&format!(", {} back, first octet after {}", octets(call.response_bytes), short(time)));
        }
        None => text.push_str(&no_response(call, flow, report)),
    }
    text.push_str(&format!("; {} in all", short(call.total)));
    text.push_str(&parts(call));
    let last = call.response_end_frame.or(call.response_frame).unwrap_or(call.request_end_frame);
    event(StoryKind::Call, call.time, Some(call.total), (call.request_frame, last), text)
}

/// Why the capture has no response: there was none, as far as it shows, or it does not show it.
fn no_response(call: &Call, flow: &Flow, report: &Report) -> String {
    let (client, server) = (&flow.client_to_server, &flow.server_to_client);
    match () {
        () if server.packets == 0 || client.packets == 0 => {
            ", the answer is not in the capture, which has one direction only".to_owned()
        }
        () if server.capture_lost_bytes > 0 => {
            format!(", no answer in the capture, which lacks {} of the server's", octets(server.capture_lost_bytes))
        }
        () if flow.closed_by.is_none() => format!(", no answer{}", until_the_end(call.time, report)),
        () => ", no answer".to_owned(),
    }
}

/// For what has no answer: that the capture ends soon after it, if it does.
fn until_the_end(time: Timestamp, report: &Report) -> String {
    let left = report.capture.last.unwrap_or(time).saturating_duration_since(time);
    if left < PATIENCE { format!(" until the capture ends {} later", short(left)) } else { String::new() }
}

/// Where the time of a call went, the greatest part first.
fn parts(call: &Call) -> String {
    let mut parts = call.parts.parts().to_vec();
    parts.retain(|(_, time)| !time.is_zero());
    parts.sort_by_key(|(_, time)| std::cmp::Reverse(*time));
    let parts: Vec<_> = parts.into_iter().map(|(part, time)| format!("{} {}", part_name(part), short(time))).collect();
    if parts.is_empty() { String::new() } else { format!(": {}", parts.join(", ")) }
}

fn part_name(part: CallPart) -> &'static str {
    match part {
        CallPart::ReceiverStall => "closed window",
        CallPart::Recovery => "loss recovery",
        CallPart::Blind => "not captured",
        part => part.name(),
    }
}

fn tls_event(tls: &TlsHandshake) -> StoryEvent {
    let version = tls.version.map_or("TLS".to_owned(), |version| version.to_string());
    let name = tls.server_name.as_ref().map_or(String::new(), |name| format!(" with {}", clean(name, NAME)));
    let by = tls.failed_by.map_or(String::new(), |by| format!(" by the {}", end(by == TlsEnd::Client)));
    let alert = tls.alert.map_or("an encrypted alert".to_owned(), |alert| format!("alert {alert}"));
    let mut facts = vec![match tls.outcome {
        Some(TlsOutcome::Ok) => match tls.handshake {
            Some(time) => format!("done in {}", short(time)),
            None => "done".to_owned(),
        },
        Some(TlsOutcome::Alert) => format!("fails: {alert}{by}"),
        Some(TlsOutcome::Reset) => format!("fails: reset{by}"),
        Some(TlsOutcome::NoServerHello) => "fails: the server gives no hello".to_owned(),
        Some(TlsOutcome::StalledAfterClientHello) => "fails: the server does not answer".to_owned(),
        Some(TlsOutcome::ClientGone) => "given up by the client".to_owned(),
        None => "the capture does not show how it ends".to_owned(),
    }];
    facts.extend(tls.hello.map(|time| format!("server's hello after {}", short(time))));
    facts.extend(tls.is_retried.then(|| "with a second hello".to_owned()));
    facts.extend(tls.is_resumed.filter(|is| *is).map(|_| "resumed".to_owned()));
    facts.extend(tls.cipher.map(|cipher| cipher.to_string()));
    facts.extend(tls.alpn.as_ref().map(|alpn| format!("ALPN {}", clean(alpn, NAME))));
    let text = format!("{version} handshake{name}: {}", facts.join(", "));
    let last = tls.end_frame.or(tls.server_hello_frame).unwrap_or(tls.client_hello_frame);
    event(StoryKind::Tls, tls.time, tls.handshake.or(tls.hello), (tls.client_hello_frame, last), text)
}

fn quic_event(quic: &QuicConnection) -> StoryEvent {
    let took = quic.handshake.map_or(String::new(), |time| format!(" in {}", short(time)));
    let how = match quic.outcome {
        QuicOutcome::Ok => format!("done{took}"),
        QuicOutcome::NoAnswer => format!("no answer to {}", count(quic.attempts.into(), "datagram")),
        QuicOutcome::VersionNegotiation => "the server offers other versions".to_owned(),
        _ => "not finished".to_owned(),
    };
    let hello = quic.hello.map_or(String::new(), |time| format!(", server's answer after {}", short(time)));
    let text = format!("QUIC {} handshake: {how}{hello}", quic.version);
    let last = quic.end_frame.or(quic.answer_frame).unwrap_or(quic.first_frame);
    event(StoryKind::Tls, quic.time, quic.handshake.or(quic.hello), (quic.first_frame, last), text)
}

fn dns_event(dns: &DnsTransaction, report: &Report) -> StoryEvent {
    let mut text = format!("{} {}?", dns.record_type, clean(&dns.name, NAME));
    if dns.attempts > 1 {
        text.push_str(&format!(" (asked {} times)", dns.attempts));
    }
    match (dns.response_code, dns.first_latency) {
        (Some(code), Some(time)) => {
            let answers: Vec<_> = dns.answers.iter().take(3).map(|answer| clean(answer, NAME).into_owned()).collect();
            let more = if dns.answers.len() > 3 { ", …" } else { "" };
            let answers = if answers.is_empty() { String::new() } else { format!(" {}{more}", answers.join(", ")) };
            text.push_str(&format!(" {code}{answers} after {}", short(time)));
        }
        (Some(code), None) => text.push_str(&format!(" {code}, the question was not captured")),
        (None, _) => text.push_str(&format!(" no answer{}", until_the_end(dns.time, report))),
    }
    let first = dns.first_frame().unwrap_or(0);
    event(StoryKind::Dns, dns.time, dns.first_latency, (first, dns.response_frame.unwrap_or(first)), text)
}

fn icmp_event(icmp: &IcmpMessage, report: &Report) -> StoryEvent {
    let frames = (icmp.frame, icmp.reply_frame.unwrap_or(icmp.frame));
    let text = match (icmp.echo, icmp.rtt) {
        (Some((_, sequence)), Some(time)) => format!("echo request {sequence}: reply after {}", short(time)),
        (Some((_, sequence)), None) => {
            format!("echo request {sequence}: no reply{}", until_the_end(icmp.time, report))
        }
        (None, _) => {
            let mtu = icmp.mtu.map_or(String::new(), |mtu| format!(", the link takes {}", octets(mtu.into())));
            format!("{} says: {}{mtu}", icmp.source, icmp.kind.name().replace('_', " "))
        }
    };
    StoryEvent { by_client: None, ..event(StoryKind::Icmp, icmp.time, icmp.rtt, frames, text) }
}

/// An answer may come later than that, but seldom does.
const PATIENCE: Duration = Duration::from_secs(5);
/// Transactions of a kind that are told one by one.
const MAX_TOLD: usize = 15;
const TITLE: usize = 300;
const SUMMARY: usize = 600;

//! The tables and texts of a page.

use std::cmp::Reverse;
use std::fmt::Write;
use std::time::Duration;

use super::html::{heading, table, text};
use crate::analysis::words::{count, octets, short, thousands};
use crate::analysis::{Call, DnsTransaction, Finding, Flow, Report, Story};
use crate::packet::IpProtocol;

/// What was captured, and what speaks against believing the rest.
pub(super) fn capture(out: &mut String, report: &Report) {
    let capture = &report.capture;
    let _ = write!(out, "<p>{}, {}", count(capture.frames, "frame"), octets(capture.bytes));
    if let (Some(first), Some(last)) = (capture.first, capture.last) {
        let _ = write!(out, " in {}, {first} to {last}", short(capture.duration()));
    }
    let flows = count(report.flows.len() as u64, "flow");
    let _ = write!(out, "; {flows}, {}", count(report.calls.len() as u64, "call"));
    let protocols: Vec<_> = capture.protocols.iter().take(8).collect();
    let protocols: Vec<_> = protocols.iter().map(|one| format!("{} {}", one.protocol, thousands(one.frames))).collect();
    let _ = writeln!(out, "</p>\n<p class=\"soft\">frames: {}</p>", protocols.join(", "));
    let evicted = report.evicted;
    let forgotten = evicted.flows + evicted.dns + evicted.calls + evicted.tls + evicted.quic + evicted.icmp;
    for (number, what) in [
        (capture.truncated_frames, "cut short by the snap length"),
        (capture.malformed_frames, "with a header that could not be read whole"),
        (capture.time_reversals, "earlier than the frame before"),
    ] {
        if number > 0 {
            let _ = writeln!(out, "<p class=\"caution\">{} {what}</p>", count(number, "frame"));
        }
    }
    if forgotten > 0 {
        let _ = writeln!(out, "<p class=\"caution\">{} left out to save memory</p>", thousands(forgotten));
    }
    if let Some(damage) = &capture.damage {
        let _ = writeln!(out, "<p class=\"caution\">the file is damaged: {}</p>", text(damage));
    }
}

pub(super) fn findings(out: &mut String, report: &Report, most: usize) {
    let all = report.findings.len();
    heading(out, &format!("Findings: {}", if all == 0 { "none".to_owned() } else { thousands(all as u64) }));
    for finding in report.findings.iter().take(most) {
        article(out, report, finding);
    }
    if all > most {
        let _ = writeln!(out, "<p class=\"soft\">and {} more</p>", thousands((all - most) as u64));
    }
}

fn article(out: &mut String, report: &Report, finding: &Finding) {
    let severity = finding.severity.name();
    let _ = writeln!(
        out,
        "<article class=\"{severity}\" id=\"finding-{}\"><h3><span class=\"badge {severity}\">{severity}</span><span class=\"soft\">{}</span> {}</h3>",
        finding.id,
        finding.id,
        text(&finding.title)
    );
    let _ = writeln!(out, "<p>{}</p>", text(&finding.summary));
    let mut facts =
        format!("{}; cause: {}; confidence {:.0}%", finding.kind, finding.verdict.name(), finding.confidence * 100.0);
    if let Some(impact) = finding.impact {
        let _ = write!(facts, "; cost {}", short(impact));
    }
    if let Some(first) = report.capture.first {
        let _ = write!(facts, "; from {:.3} s", finding.first.nanos_since(first) as f64 / 1e9);
        let _ = write!(facts, " to {:.3} s", finding.last.nanos_since(first) as f64 / 1e9);
    }
    let _ = writeln!(out, "<p class=\"soft\">{}</p>", text(&facts));
    let frames: Vec<_> = finding.evidence_frames.iter().map(ToString::to_string).collect();
    if !frames.is_empty() {
        let word = if frames.len() == 1 { "frame" } else { "frames" };
        let _ = writeln!(
            out,
            "<p>{word} {}; filter <code>{}</code></p>",
            frames.join(", "),
            text(&finding.wireshark_filter)
        );
    }
    if !finding.next_steps.is_empty() {
        let _ = writeln!(out, "<p>next: {}</p>", text(&finding.next_steps));
    }
    out.push_str("</article>\n");
}

pub(super) fn flows(out: &mut String, report: &Report, most: usize) {
    let mut all: Vec<_> = report.flows.iter().collect();
    all.sort_by_key(|flow| (Reverse(flow.bytes()), flow.id));
    all.truncate(most);
    largest(out, "Flows", all.len(), report.flows.len());
    let columns = [
        "#flow",
        "proto",
        "client",
        "server",
        "name",
        "state",
        "#frames",
        "#octets",
        "#time",
        "#handshake",
        "#sent again",
    ];
    table(out, &columns, &all.into_iter().map(flow).collect::<Vec<_>>());
}

fn flow(flow: &Flow) -> Vec<String> {
    let is_tcp = flow.protocol == IpProtocol::TCP;
    let again = flow.client_to_server.resent().saturating_add(flow.server_to_client.resent());
    let handshake = flow.syn_rtt.zip(flow.ack_rtt).map(|(one, other)| one + other);
    vec![
        flow.id.to_string(),
        text(&flow.protocol.to_string()),
        flow.client.to_string(),
        flow.server.to_string(),
        text(flow.server_name.as_deref().unwrap_or_default()),
        if is_tcp { flow.state.name().to_owned() } else { String::new() },
        thousands(flow.packets()),
        octets(flow.bytes()),
        short(flow.duration()),
        handshake.map(short).unwrap_or_default(),
        if is_tcp { thousands(again.into()) } else { String::new() },
    ]
}

pub(super) fn calls(out: &mut String, report: &Report, most: usize) {
    if report.calls.is_empty() {
        return;
    }
    let mut all: Vec<_> = report.calls.iter().collect();
    all.sort_by_key(|call| (Reverse(call.total), call.request_frame));
    all.truncate(most);
    largest(out, "Longest calls", all.len(), report.calls.len());
    let columns = ["#flow", "call", "#status", "#first octet", "#total", "most of it", "#out", "#back", "#frame"];
    table(out, &columns, &all.into_iter().map(call).collect::<Vec<_>>());
}

fn call(call: &Call) -> Vec<String> {
    let what = call.http.as_ref().map(|http| {
        let target = format!("{} {}{}", http.method(), http.host().unwrap_or_default(), http.path());
        text(&target)
    });
    let dominant = call.dominant().map(|part| {
        let time =
            call.parts.parts().into_iter().find(|(one, _)| *one == part).map_or(Duration::ZERO, |(_, time)| time);
        format!("{} {}", part.name().replace('_', " "), short(time))
    });
    vec![
        call.flow_id.to_string(),
        what.unwrap_or_else(|| format!("{} {}", call.protocol.name(), call.number)),
        call.http.as_ref().and_then(|http| http.status()).map(|status| status.to_string()).unwrap_or_default(),
        call.time_to_first_byte.map(short).unwrap_or_default(),
        short(call.total),
        dominant.unwrap_or_default(),
        octets(call.request_bytes),
        octets(call.response_bytes),
        call.request_frame.to_string(),
    ]
}

pub(super) fn dns(out: &mut String, report: &Report, most: usize) {
    if report.dns.is_empty() {
        return;
    }
    let mut all: Vec<_> = report.dns.iter().collect();
    all.sort_by_key(|dns| (Reverse(dns.first_latency.unwrap_or(Duration::MAX)), dns.query_frame));
    all.truncate(most);
    largest(out, "Slowest DNS queries", all.len(), report.dns.len());
    table(
        out,
        &["name", "type", "result", "answers", "resolver", "#asked", "#took", "#frame"],
        &all.into_iter().map(query).collect::<Vec<_>>(),
    );
}

fn query(dns: &DnsTransaction) -> Vec<String> {
    vec![
        text(&dns.name),
        dns.record_type.to_string(),
        dns.response_code.map_or("no answer".to_owned(), |code| text(&code.to_string())),
        text(&dns.answers.join(", ")),
        dns.resolver.to_string(),
        dns.attempts.to_string(),
        dns.first_latency.map(short).unwrap_or_default(),
        dns.first_frame().map(|frame| frame.to_string()).unwrap_or_default(),
    ]
}

pub(super) fn story(out: &mut String, story: &Story) {
    let rows: Vec<_> = story
        .events
        .iter()
        .map(|event| {
            let seconds = event.seconds(&story.flow).map_or(String::new(), |seconds| format!("{seconds:.6}"));
            vec![seconds, event.frames(), text(&event.text)]
        })
        .collect();
    out.push_str("<details open=\"open\"><summary>what happened</summary>\n");
    table(out, &["#seconds", "#frames", "what"], &rows);
    let _ = writeln!(out, "<p>verdict: {}</p></details>", text(&story.summary));
}

fn largest(out: &mut String, what: &str, shown: usize, all: usize) {
    let of = if shown < all {
        format!("{} of {}", thousands(shown as u64), thousands(all as u64))
    } else {
        thousands(all as u64)
    };
    heading(out, &format!("{what}: {of}"));
}

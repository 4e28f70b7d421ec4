//! The report as text: what was captured and whether it can be trusted, the findings, the largest flows, the longest
//! calls, DNS, handshakes, and what ICMP, ARP and DHCP say.

mod aggregates;
mod transactions;

use std::collections::BTreeMap;
use std::fmt::Display;
use std::io::{self, Write};
use std::time::Duration;

use netshoot_core::analysis::{
    CaptureSummary, ConnectionState, DirectionStats, DnsTransaction, Endpoint, Finding, Flow, Report, Severity,
};
use netshoot_core::packet::IpProtocol;

use crate::analyze::arguments::Analyze;
use crate::analyze::{Aggregates, Subject};
use crate::output::Out;
use crate::text::{Clean, count, counted, date_and_time, duration, octets, shortened, time_of_day, wrapped};

pub(crate) fn write(
    out: &mut Out,
    subject: &Subject,
    report: &Report,
    sums: Option<&Aggregates>,
    options: &Analyze,
) -> io::Result<()> {
    let paint = Paint { color: options.color.on_standard_output() };
    write_capture(out, subject, &report.capture)?;
    write_trust(out, subject, report, &paint)?;
    write_findings(out, report, &paint)?;
    write_flows(out, subject, &report.flows, options.top, &paint)?;
    transactions::write_calls(out, report, options.top, &paint)?;
    write_dns(out, &report.dns, options.top, &paint)?;
    transactions::write_handshakes(out, report, options.top, &paint)?;
    transactions::write_control(out, report, options.top, &paint)?;
    sums.map_or(Ok(()), |sums| aggregates::write(out, subject, sums, options.top, &paint))
}

/// The findings and nothing else.
pub(crate) fn write_findings_alone(out: &mut Out, report: &Report, options: &Analyze) -> io::Result<()> {
    let paint = Paint { color: options.color.on_standard_output() };
    report.findings.iter().try_for_each(|finding| write_finding(out, finding, &paint))
}

/// Adds colour, if there shall be any.
struct Paint {
    color: bool,
}

impl Paint {
    fn paint(&self, code: &str, text: impl Display) -> String {
        if self.color { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_string() }
    }

    fn heading(&self, text: impl Display) -> String {
        self.paint("1", text)
    }

    fn severity(&self, severity: Severity, text: impl Display) -> String {
        let code = match severity {
            Severity::Critical => "1;31",
            Severity::Warning => "1;33",
            Severity::Note => "1;36",
        };
        self.paint(code, text)
    }
}

fn write_capture(out: &mut Out, subject: &Subject, summary: &CaptureSummary) -> io::Result<()> {
    write!(out, "{}: {}, ", Clean(&subject.title()), counted(summary.frames, "frame", "frames"))?;
    write!(out, "{}", octets(summary.bytes))?;
    if let (Some(first), Some(last)) = (summary.first, summary.last) {
        write!(out, " in {}, {} to ", duration(summary.duration()), date_and_time(first))?;
        let same_day = date_and_time(first).get(..10) == date_and_time(last).get(..10);
        write!(out, "{} UTC", if same_day { time_of_day(last) } else { date_and_time(last) })?;
    }
    let link_types: Vec<_> = summary.link_types.iter().map(ToString::to_string).collect();
    match subject.format {
        Some(format) => write!(out, "\n{format}")?,
        None => write!(out, "\n{} captures merged", subject.files.len())?,
    }
    if !link_types.is_empty() {
        write!(out, ", {}", link_types.join(", "))?;
    }
    for (n, protocol) in summary.protocols.iter().take(PROTOCOLS).enumerate() {
        write!(out, "{}{} {}", if n == 0 { ": " } else { ", " }, protocol.protocol, count(protocol.frames))?;
    }
    let others: u64 = summary.protocols.iter().skip(PROTOCOLS).map(|protocol| protocol.frames).sum();
    if others > 0 {
        write!(out, ", others {}", count(others))?;
    }
    writeln!(out)
}

/// What speaks against believing the rest.
fn write_trust(out: &mut Out, subject: &Subject, report: &Report, paint: &Paint) -> io::Result<()> {
    let doubts = doubts(subject, report);
    for doubt in &doubts {
        writeln!(out, "{} {doubt}", paint.severity(Severity::Warning, "caution:"))?;
    }
    if doubts.is_empty() {
        let drops = match dropped(subject) {
            Some(_) => "no drops reported",
            None => "drops were not recorded",
        };
        writeln!(out, "read to its end, no frame cut short, {drops}")?;
    }
    Ok(())
}

fn doubts(subject: &Subject, report: &Report) -> Vec<String> {
    let summary = &report.capture;
    let mut doubts = Vec::new();
    if let Some(damage) = &summary.damage {
        doubts.push(format!("the file is damaged, what follows is what comes before that place: {}", Clean(damage)));
    }
    let dropped = dropped(subject).unwrap_or(0);
    let evicted = report.evicted;
    let others = evicted.calls + evicted.tls + evicted.quic + evicted.icmp + evicted.arp + evicted.dhcp;
    let frames = |number| counted(number, "frame", "frames");
    for (number, text) in [
        (dropped, format!("the capture dropped {}", frames(dropped))),
        (summary.truncated_frames, format!("{} cut short by the snap length", frames(summary.truncated_frames))),
        (
            summary.malformed_frames,
            format!("{} with a header that could not be read whole", frames(summary.malformed_frames)),
        ),
        (summary.time_reversals, format!("{} earlier than the frame before", frames(summary.time_reversals))),
        (
            evicted.flows + evicted.dns + others,
            format!(
                "to save memory, {} ({}), {} and {} were left out",
                counted(evicted.flows, "flow", "flows"),
                counted(evicted.packets, "packet", "packets"),
                counted(evicted.dns, "DNS query", "DNS queries"),
                counted(others, "other transaction", "other transactions")
            ),
        ),
    ] {
        if number > 0 {
            doubts.push(text);
        }
    }
    doubts
}

/// Frames that the capturing host says it dropped, if it says anything.
fn dropped(subject: &Subject) -> Option<u64> {
    let counters = subject.interfaces.iter().filter_map(|interface| interface.statistics);
    let known = counters.filter(|counters| counters.dropped.is_some() || counters.os_dropped.is_some());
    known
        .map(|counters| counters.dropped.unwrap_or(0).saturating_add(counters.os_dropped.unwrap_or(0)))
        .reduce(u64::saturating_add)
}

fn write_findings(out: &mut Out, report: &Report, paint: &Paint) -> io::Result<()> {
    let of = |severity| report.findings.iter().filter(|finding| finding.severity == severity).count() as u64;
    let mut counts = Vec::new();
    for (severity, one, many) in [
        (Severity::Critical, "critical", "critical"),
        (Severity::Warning, "warning", "warnings"),
        (Severity::Note, "note", "notes"),
    ] {
        if of(severity) > 0 {
            counts.push(counted(of(severity), one, many));
        }
    }
    if counts.is_empty() {
        counts.push("none".to_owned());
    }
    writeln!(out, "\n{}  {}", paint.heading("FINDINGS"), counts.join(", "))?;
    report.findings.iter().try_for_each(|finding| write_finding(out, finding, paint))
}

fn write_finding(out: &mut Out, finding: &Finding, paint: &Paint) -> io::Result<()> {
    let label = paint.severity(finding.severity, format_args!("{:<8}", finding.severity.name()));
    let title = paint.heading(Clean(&finding.title));
    writeln!(out, "{:>3} {label} {title}  ({}, cause: {})", finding.id, finding.kind, finding.verdict.name())?;
    writeln!(out, "    {}", wrapped(&Clean(&finding.summary).to_string(), 4, 4))?;
    if !finding.evidence_frames.is_empty() {
        let shown = finding.evidence_frames.iter().take(FRAMES).map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let more = if finding.evidence_frames.len() > FRAMES { ", …" } else { "" };
        let word = if finding.evidence_frames.len() == 1 { "frame" } else { "frames" };
        writeln!(out, "    {word} {shown}{more}; filter: {}", Clean(&finding.wireshark_filter))?;
    }
    if !finding.next_steps.is_empty() {
        writeln!(out, "    next: {}", wrapped(&Clean(&finding.next_steps).to_string(), 10, 10))?;
    }
    Ok(())
}

/// The first `number` of many by a key that no two have in common.
fn first_by<T, K: Ord>(all: &[T], number: usize, key: impl Fn(&T) -> K) -> Vec<&T> {
    let mut first: Vec<&T> = all.iter().collect();
    if number < first.len() {
        first.select_nth_unstable_by_key(number, |item| key(item));
        first.truncate(number);
    }
    first.sort_unstable_by_key(|item| key(item));
    first
}

fn write_flows(out: &mut Out, subject: &Subject, flows: &[Flow], top: usize, paint: &Paint) -> io::Result<()> {
    if top == 0 {
        return Ok(());
    }
    let largest = first_by(flows, top, |flow| (std::cmp::Reverse(flow.bytes()), flow.id));
    let which = match largest.len() {
        shown if shown == flows.len() => count(shown as u64),
        shown => format!("the largest {shown} of {}", count(flows.len() as u64)),
    };
    writeln!(out, "\n{}  {which}", paint.heading("FLOWS"))?;
    if largest.is_empty() {
        return Ok(());
    }
    let header = ["flow", "proto", "client", "server", "state", "packets", "bytes", "time", "rtt", "retx"];
    let rows: Vec<_> = largest.iter().map(|flow| flow_cells(flow, subject)).collect();
    write_table(out, &header.map(str::to_owned), &rows, &LEFT_OF_FLOWS)?;
    write_legend(out, &largest)
}

/// What the states mean that occur among `flows`.
fn write_legend(out: &mut Out, flows: &[&Flow]) -> io::Result<()> {
    let states: BTreeMap<_, _> =
        flows.iter().filter(|flow| is_tcp(flow)).map(|flow| (flow.state.name(), meaning(flow.state))).collect();
    if states.is_empty() {
        return Ok(());
    }
    let texts: Vec<_> = states.iter().map(|(name, meaning)| format!("{name} {meaning}")).collect();
    writeln!(out, "  {}", wrapped(&format!("states: {}", texts.join(", ")), 10, 2))
}

/// A few words for what the documentation of [`ConnectionState`] says of TCP.
fn meaning(state: ConnectionState) -> &'static str {
    match state {
        ConnectionState::S0 => "unanswered",
        ConnectionState::S1 => "not closed",
        ConnectionState::Sf => "closed normally",
        ConnectionState::Rej => "refused",
        ConnectionState::S2 => "closed by the client only",
        ConnectionState::S3 => "closed by the server only",
        ConnectionState::Rsto => "reset by the client",
        ConnectionState::Rstr => "reset by the server",
        ConnectionState::Rstos0 => "unanswered and reset by the client",
        ConnectionState::Rstrh => "answered and reset by the server without a SYN seen",
        ConnectionState::Sh => "unanswered and closed by the client",
        ConnectionState::Shr => "answered and closed by the server without a SYN seen",
        ConnectionState::Oth => "begun before the capture",
        _ => "unknown",
    }
}

fn is_tcp(flow: &Flow) -> bool {
    flow.protocol == IpProtocol::TCP
}

/// An end of a flow, with the name that it has itself or in the capture.
fn end_cell(end: Endpoint, own: Option<&str>, subject: &Subject) -> String {
    let known = subject.names.as_ref().and_then(|names| names.get(end.address));
    match own.or(known) {
        Some(name) if name != end.address.to_string() => format!("{end} {}", short_name(name)),
        _ => end.to_string(),
    }
}

fn flow_cells(flow: &Flow, subject: &Subject) -> [String; 10] {
    let retransmissions = |stats: &DirectionStats| u64::from(stats.retransmissions);
    [
        flow.id.to_string(),
        flow.protocol.to_string(),
        end_cell(flow.client, None, subject),
        end_cell(flow.server, flow.server_name.as_deref(), subject),
        if is_tcp(flow) { flow.state.name() } else { "-" }.to_owned(),
        count(flow.packets()),
        octets(flow.bytes()),
        duration(flow.duration()),
        round_trip(flow).map_or_else(|| "-".to_owned(), duration),
        if is_tcp(flow) {
            count(retransmissions(&flow.client_to_server) + retransmissions(&flow.server_to_client))
        } else {
            "-".to_owned()
        },
    ]
}

/// The round trip of the handshake between the two ends.
fn round_trip(flow: &Flow) -> Option<Duration> {
    Some(flow.syn_rtt? + flow.ack_rtt?)
}

fn write_dns(out: &mut Out, dns: &[DnsTransaction], top: usize, paint: &Paint) -> io::Result<()> {
    if dns.is_empty() {
        return Ok(());
    }
    let troubles = Troubles::of(dns);
    let unanswered = dns.iter().filter(|query| !query.is_answered()).count();
    let failed = dns.iter().filter(|query| is_failure(query)).count();
    write!(out, "\n{}  {}", paint.heading("DNS"), counted(dns.len() as u64, "query", "queries"))?;
    write!(out, ", {} without an answer, {} failed", count(unanswered as u64), count(failed as u64))?;
    let mut latencies: Vec<_> = dns.iter().filter_map(|query| query.first_latency).collect();
    latencies.sort_unstable();
    let (median, high) = (percentile(&latencies, 50), percentile(&latencies, 95));
    if let (Some(median), Some(high), Some(worst)) = (median, high, latencies.last()) {
        let (median, high, worst) = (duration(median), duration(high), duration(*worst));
        write!(out, "; the client waited {median} (median), {high} (95%), {worst} (longest)")?;
    }
    writeln!(out)?;
    let rows: Vec<_> = troubles.0.iter().take(top).map(trouble_cells).collect();
    if rows.is_empty() {
        return Ok(());
    }
    write_table(out, &["count", "result", "type", "name", "resolver", "frame"].map(str::to_owned), &rows, &LEFT_OF_DNS)
}

/// The nearest rank: the least of the `sorted` values that `percent` of them do not exceed.
fn percentile(sorted: &[Duration], percent: usize) -> Option<Duration> {
    let rank = sorted.len().saturating_mul(percent).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied()
}

/// A name of the packets, cut where it would make a line too long; the JSON has it whole.
fn short_name(name: impl Display) -> String {
    shortened(Clean(name).to_string(), NAME)
}

/// Queries that got no address, by name, type, resolver and outcome; the most frequent first.
struct Troubles(Vec<(String, &'static str, u64, DnsTransaction)>);

impl Troubles {
    fn of(dns: &[DnsTransaction]) -> Self {
        let mut groups = BTreeMap::new();
        for query in dns.iter().filter(|query| !query.is_answered() || is_failure(query)) {
            let key = (&query.name, query.record_type, query.resolver, query.response_code);
            groups.entry(key).or_insert((0_u64, query)).0 += 1;
        }
        let mut troubles: Vec<_> = groups
            .into_values()
            .map(|(number, first)| {
                let result = first.response_code.map_or_else(|| "no answer".to_owned(), |code| code.to_string());
                (result, first.transport.name(), number, first.clone())
            })
            .collect();
        troubles.sort_by_key(|(.., number, first)| (std::cmp::Reverse(*number), first.query_frame));
        Self(troubles)
    }
}

fn trouble_cells((result, transport, number, first): &(String, &'static str, u64, DnsTransaction)) -> [String; 6] {
    let frame = first.query_frame.or(first.response_frame);
    [
        count(*number),
        result.clone(),
        first.record_type.to_string(),
        short_name(&first.name),
        format!("{} ({transport})", first.resolver),
        frame.map_or_else(|| "-".to_owned(), |frame| frame.to_string()),
    ]
}

fn is_failure(query: &DnsTransaction) -> bool {
    query.response_code.is_some_and(|code| code != netshoot_core::packet::dns::ResponseCode::NO_ERROR)
}

/// Columns as wide as their widest cell; those in `left` are aligned to the left.
fn write_table<const N: usize>(
    out: &mut Out,
    header: &[String; N],
    rows: &[[String; N]],
    left: &[usize],
) -> io::Result<()> {
    let mut widths = [0; N];
    for row in std::iter::once(header).chain(rows) {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    for row in std::iter::once(header).chain(rows) {
        let mut line = String::from("  ");
        for (column, (cell, width)) in row.iter().zip(widths).enumerate() {
            let pad = " ".repeat(width - cell.chars().count());
            let (before, behind) = if left.contains(&column) { ("", pad.as_str()) } else { (pad.as_str(), "") };
            for piece in [if column == 0 { "" } else { "  " }, before, cell, behind] {
                line.push_str(piece);
            }
        }
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

const PROTOCOLS: usize = 8;
const FRAMES: usize = 12;
/// The letters of a name that a table has room for.
const NAME: usize = 60;
const LEFT_OF_FLOWS: [usize; 4] = [1, 2, 3, 4];
const LEFT_OF_DNS: [usize; 4] = [1, 2, 3, 4];

#[cfg(test)]
mod tests {
    use super::*;

    /// Also where some are alike on both sides of the cut.
    #[test]
    fn the_first_are_those_of_a_stable_sort() {
        let all: Vec<(u32, u32)> = (0..50).map(|place| (place * 7 % 5, place)).collect();
        let mut sorted = all.clone();
        sorted.sort_by_key(|(rank, _)| *rank);
        for number in [0, 1, 9, 10, 11, 49, 50, 51] {
            let first: Vec<_> = first_by(&all, number, |item| *item).into_iter().copied().collect();
            assert_eq!(first, sorted[..number.min(50)], "{number}");
        }
    }

    #[test]
    fn percentiles_are_the_nearest_rank() {
        let of = |number: u64, percent| {
            let sorted: Vec<_> = (1..=number).map(Duration::from_secs).collect();
            percentile(&sorted, percent).map(|value| value.as_secs())
        };
        assert_eq!(
            [of(0, 95), of(1, 95), of(10, 95), of(20, 95), of(21, 95)],
            [None, Some(1), Some(10), Some(19), Some(20)]
        );
        assert_eq!([of(1, 50), of(2, 50), of(3, 50), of(4, 50)], [Some(1), Some(1), Some(2), Some(2)]);
    }
}

//! The lines for people.

use std::fmt::Write;
use std::time::Duration;

use netshoot_core::throughput::latency::{Histogram, Latency};
use netshoot_core::throughput::protocol::CpuUse;
use netshoot_core::throughput::report::{Interval, Moved, Side, Start};
use netshoot_core::throughput::search::{SearchOptions, SearchResult, Trial, TrialFailure};
use netshoot_core::throughput::sweep::SizeResult;
use netshoot_core::throughput::verdict::{Limitation, Verdict, verdict};
use netshoot_core::throughput::{Direction, Options, Report, Transport};

use super::Tested;
use crate::text::{Clean, count, counted, duration, octets};

pub(super) fn connecting(host: &str, port: u16, options: &Options) -> String {
    format!("{} port {port}: {}\n", Clean(host), what(options, "server"))
}

/// How the lines of a test begin at the server.
pub(super) fn serving(test: u64, start: &Start) -> String {
    let what = what(&start.parameters.options, "client");
    format!("test {test} of {} port {}: {what}\n", Clean(&start.host), start.port)
}

/// What a test does, seen from the other end than `peer`.
fn what(options: &Options, peer: &str) -> String {
    let streams = counted(options.parallel.into(), "stream", "streams");
    let transport = options.transport.name();
    if let Some(exchange) = options.exchange {
        let (request, response) = (exchange.request, exchange.response);
        return format!("{transport} requests of {request} octets, responses of {response}, {streams}");
    }
    let way = match options.direction {
        Direction::Bidirectional => return format!("{transport} both ways, {streams}"),
        Direction::Forward if peer == "server" => "to",
        Direction::Reverse if peer == "client" => "to",
        _ => "from",
    };
    format!("{transport} {way} the {peer}, {streams}")
}

/// An interval of a test of requests and responses.
pub(super) fn requests(interval: &Interval) -> String {
    let moved = Moved::sum(interval.streams.iter().map(|stream| &stream.moved));
    let (from, to) = (interval.start.as_secs_f64(), interval.end.as_secs_f64());
    let seconds = moved.time.as_secs_f64().max(1e-9);
    let omitted = if interval.omitted { "  (omitted)" } else { "" };
    format!("{from:6.1}–{to:<6.1} {:>10} requests/s{omitted}\n", count((moved.packets as f64 / seconds) as u64))
}

pub(super) fn interval(interval: &Interval, header: bool) -> String {
    let mut out = String::new();
    if header {
        out.push_str("     seconds          rate\n");
    }
    for local in [true, false] {
        let streams = || interval.streams.iter().filter(move |stream| stream.stream.sender == local);
        if streams().next().is_none() {
            continue;
        }
        let moved = Moved::sum(streams().map(|stream| &stream.moved));
        let (from, to) = (interval.start.as_secs_f64(), interval.end.as_secs_f64());
        let _ = write!(out, "{from:6.1}–{to:<6.1} {:>13}", moved.rate().to_string());
        let _ = write!(out, "  {}", if local { "sent    " } else { "received" });
        details(&mut out, &moved, streams().find_map(|stream| stream.tcp).map(|tcp| tcp.rtt), local);
        out.push_str(if interval.omitted { "  (omitted)\n" } else { "\n" });
    }
    out
}

fn details(out: &mut String, moved: &Moved, rtt: Option<Duration>, local: bool) {
    if let Some(retransmits) = moved.retransmits.filter(|_| local) {
        let _ = write!(out, "  {}", counted(retransmits, "retransmission", "retransmissions"));
    }
    if let Some(rtt) = rtt {
        let _ = write!(out, "  rtt {}", duration(rtt));
    }
    if moved.packets > 0 {
        let _ = write!(out, "  {}", counted(moved.packets, "datagram", "datagrams"));
        if !local {
            let _ = write!(out, "  lost {} ({:.2}%)", moved.lost, moved.lost_percent());
        }
    }
}

/// The end of a test of requests and responses.
fn exchanged(tested: &Tested) -> String {
    let report = &tested.report;
    let (sent, _) = report.sum(true);
    let times = &report.round_trips;
    // The client has them.
    if report.side == Side::Server {
        let mut out = String::from("\n");
        processors(&mut out, report);
        return out;
    }
    let mut out = format!(
        "\n{:.0} requests answered per second, {} in all",
        report.transactions_per_second(),
        count(times.count())
    );
    if sent.lost > 0 {
        let _ = write!(out, ", {} without a response", sent.lost);
    }
    let _ = writeln!(out, "\nround trip       p50        p95        p99      p99.9");
    let at = |percent| times.percentile(percent).map_or_else(|| "-".to_owned(), duration);
    let _ = writeln!(out, "          {} {:>10}", percentiles(times), at(99.9));
    let ends = times.min().zip(times.mean()).zip(times.max());
    if let Some(((min, mean), max)) = ends {
        let _ = writeln!(out, "  from {} to {}, mean {}", duration(min), duration(max), duration(mean));
    }
    histogram(&mut out, times);
    processors(&mut out, report);
    out
}

/// A line for each doubling of the time.
fn histogram(out: &mut String, times: &Histogram) {
    let mut lines = std::collections::BTreeMap::new();
    for (time, count) in times.buckets() {
        *lines.entry(time.as_nanos().max(1).ilog2()).or_insert(0_u64) += u64::from(count);
    }
    let most = lines.values().max().copied().unwrap_or(1).max(1);
    for (power, number) in lines {
        let (from, to) = (Duration::from_nanos(1 << power), Duration::from_nanos(2 << power));
        let bar = "#".repeat((number * 40).div_ceil(most) as usize);
        let _ = writeln!(out, "  {:>8} to {:>8} {:>12}  {bar}", duration(from), duration(to), count(number));
    }
}

pub(super) fn end(tested: &Tested) -> String {
    if tested.start.parameters.options.exchange.is_some() {
        return exchanged(tested);
    }
    let mut out = sums(&tested.report, true);
    processors(&mut out, &tested.report);
    if let Some(latency) = &tested.latency {
        latency_lines(&mut out, latency);
    }
    verdicts(&mut out, tested);
    out
}

/// The end of a test that has failed: what the other end has moved nobody knows, nor what the limit was.
pub(super) fn interrupted(tested: &Tested) -> String {
    match tested.start.parameters.options.exchange {
        Some(_) if tested.report.side == Side::Server => String::new(),
        Some(_) => exchanged(tested),
        None => sums(&tested.report, false),
    }
}

/// What was moved in all, as each end knows it, or this one alone.
fn sums(report: &Report, both: bool) -> String {
    let mut out = String::from("\n");
    for local in [true, false] {
        if !report.streams.iter().any(|stream| stream.stream.sender == local) {
            continue;
        }
        let (sent, received) = report.sum(local);
        for (word, moved) in [("sent", sent), ("received", received)] {
            let here = (word == "sent") == local;
            if !here && !both {
                continue;
            }
            let end = if here { "here" } else { peer(report) };
            let (bytes, rate) = (octets(moved.bytes), moved.rate().to_string());
            let _ = write!(out, "{word:<9} {rate:>13}  {bytes:>9}  {end:<6}");
            details(&mut out, &moved, None, word == "sent");
            if word == "received" && moved.packets > 0 {
                let _ = write!(out, "  jitter {}", duration(moved.jitter));
            }
            out.truncate(out.trim_end().len());
            out.push('\n');
        }
    }
    out
}

/// The other end, of six letters.
fn peer(report: &Report) -> &'static str {
    match report.side {
        Side::Client => "server",
        Side::Server => "client",
    }
}

fn processors(out: &mut String, report: &Report) {
    let cpu = |used: &CpuUse| format!("{:.0}% (user {:.0}%, system {:.0}%)", used.total, used.user, used.system);
    let (here, there) = (cpu(&report.local_cpu), cpu(&report.remote_cpu));
    let _ = writeln!(out, "CPU       here {here}; {} {there}", peer(report));
}

fn latency_lines(out: &mut String, latency: &Latency) {
    let _ = writeln!(out, "latency          p50        p95        p99     probes  lost");
    for (name, times, lost) in [
        ("idle", &latency.idle, Some(latency.lost.0)),
        ("loaded", &latency.loaded, Some(latency.lost.1)),
        ("TCP", &latency.streams, None),
    ] {
        if !times.is_empty() || lost.is_some() {
            let lost = lost.map(|lost| lost.to_string()).unwrap_or_default();
            let _ = writeln!(out, "  {name:<7} {}  {:>9}  {lost:>4}", percentiles(times), count(times.count()));
        }
    }
    match (latency.responsiveness(), latency.increase()) {
        (Some(responsiveness), Some(increase)) => {
            let grown =
                if increase.is_zero() { "did not grow".to_owned() } else { format!("grew by {}", duration(increase)) };
            let _ = writeln!(
                out,
                "  {} round trips per minute under load; the median {grown}",
                count(responsiveness as u64)
            );
        }
        _ => out.push_str("  no answer to the probes (TCP port 9): does a firewall drop them?\n"),
    }
}

fn percentiles(times: &Histogram) -> String {
    let at = |percent| times.percentile(percent).map_or_else(|| "-".to_owned(), duration);
    format!("{:>10} {:>10} {:>10}", at(50.0), at(95.0), at(99.0))
}

fn verdicts(out: &mut String, tested: &Tested) {
    let verdicts = verdict(&tested.start, &tested.report);
    for Verdict { sender, limitations, .. } in &verdicts {
        let of = match sender {
            _ if verdicts.len() < 2 => "",
            Side::Client => "to the server, ",
            Side::Server => "from the server, ",
        };
        for (place, limitation) in limitations.iter().enumerate() {
            let lead = if place == 0 { format!("{of}limited by") } else { "  also".to_owned() };
            limited(out, &lead, limitation);
        }
    }
}

fn limited(out: &mut String, lead: &str, limitation: &Limitation) {
    let _ = writeln!(out, "{lead} {} (confidence {:.0}%)", limitation.limit, limitation.confidence * 100.0);
    for evidence in &limitation.evidence {
        let _ = writeln!(out, "    {evidence}");
    }
}

pub(super) fn trial(trial: &Trial) -> String {
    let verdict = match trial.failure {
        None => "passed",
        Some(TrialFailure::Loss) => "too much lost",
        Some(_) => "sent too slowly",
    };
    let lost = if trial.packets > 0 { trial.lost as f64 * 100.0 / trial.packets as f64 } else { 0.0 };
    let (asked, sent) = (trial.rate.to_string(), trial.sent.to_string());
    format!("{asked:>13}  sent {sent:>13}  lost {} of {} ({lost:.3}%)  {verdict}\n", trial.lost, trial.packets)
}

pub(super) fn search(options: &SearchOptions, found: &SearchResult) -> String {
    let tolerance = options.tolerance * 100.0;
    let Some(rate) = found.rate else {
        return format!("\nnot even {} comes with at most {tolerance}% lost\n", options.lowest);
    };
    let mut out = format!(
        "\n{rate} came {} with at most {tolerance}% lost: {:.4}% were lost, with 95% confidence no more than {:.4}%\n",
        if found.passes == 1 { "once".to_owned() } else { format!("{} times of {0}", found.passes) },
        found.loss * 100.0,
        found.loss_at_most * 100.0
    );
    let _ = match (found.failed, found.failure) {
        (Some(failed), Some(TrialFailure::Sender)) => {
            writeln!(out, "at {failed} the sender was kept from sending: by its processor or by a queue of its own")
        }
        (Some(failed), _) => writeln!(out, "at {failed} more was lost"),
        (None, _) => writeln!(out, "no higher rate was asked for"),
    };
    out
}

pub(super) fn size(result: &SizeResult, transport: Transport, header: bool) -> String {
    let mut out = String::new();
    if header {
        let (size, loss) = if transport == Transport::Udp { ("datagram", "lost") } else { ("segment", "resent") };
        let _ = writeln!(out, "{size:>8}           rate     packets/s  {loss:>8}  CPU here  server");
    }
    let _ = writeln!(
        out,
        "{:>8}  {:>13}  {:>12}  {:>7.3}%  {:>7.0}%  {:>5.0}%",
        result.size,
        result.rate.to_string(),
        count(result.packets_per_second as u64),
        result.loss * 100.0,
        result.local_cpu.total,
        result.remote_cpu.total
    );
    out
}

//! The same for programs: times in seconds, rates in bits per second, shares from 0 to 1.

use netshoot_core::throughput::Direction;
use netshoot_core::throughput::latency::{Histogram, Latency};
use netshoot_core::throughput::protocol::CpuUse;
use netshoot_core::throughput::report::{Interval, Moved, Side};
use netshoot_core::throughput::search::{SearchOptions, SearchResult, TrialFailure};
use netshoot_core::throughput::sweep::SizeResult;
use netshoot_core::throughput::verdict::{Evidence, Limitation, Threshold, verdict};
use serde_json::{Value, json};

use super::Tested;

pub(super) fn test(tested: &Tested, intervals: Vec<Value>) -> Value {
    let (start, report) = (&tested.start, &tested.report);
    let options = &start.parameters.options;
    let directions =
        [true, false].into_iter().filter(|local| report.streams.iter().any(|one| one.stream.sender == *local));
    let directions = directions.map(|local| {
        let (sent, received) = report.sum(local);
        let sender = if local == (report.side == Side::Client) { "client" } else { "server" };
        json!({ "sender": sender, "sent": moved(&sent), "received": moved(&received) })
    });
    let verdicts = verdict(start, report).into_iter().map(|verdict| {
        let sender = if verdict.sender == Side::Client { "client" } else { "server" };
        json!({
            "sender": sender,
            "limit": verdict.chief().key(),
            "limitations": verdict.limitations.iter().map(limitation).collect::<Vec<_>>(),
        })
    });
    json!({
        "schema_version": 1,
        "host": start.host,
        "port": start.port,
        "transport": options.transport.name().to_ascii_lowercase(),
        "direction": match options.direction {
            Direction::Forward => "forward",
            Direction::Reverse => "reverse",
            Direction::Bidirectional => "bidirectional",
        },
        "streams": options.parallel,
        "length": start.parameters.length,
        "intervals": intervals,
        "directions": directions.collect::<Vec<_>>(),
        "cpu": { "local": cpu(&report.local_cpu), "remote": cpu(&report.remote_cpu) },
        "congestion": { "local": report.local_congestion, "remote": report.remote_congestion },
        "requests": options.exchange.map(|exchange| json!({
            "request": exchange.request,
            "response": exchange.response,
            "per_second": report.transactions_per_second(),
            "round_trips": histogram(&report.round_trips, u64::try_from(report.sum(true).0.lost).ok()),
            "buckets": report.round_trips.buckets().map(|(time, count)| json!([time.as_secs_f64(), count])).collect::<Vec<_>>(),
        })),
        "latency": tested.latency.as_ref().map(latency),
        "verdicts": verdicts.collect::<Vec<_>>(),
    })
}

pub(super) fn interval(interval: &Interval) -> Value {
    let streams = interval.streams.iter().map(|stream| {
        let rtt = stream.tcp.map(|tcp| tcp.rtt.as_secs_f64());
        json!({ "id": stream.stream.id, "sender": stream.stream.sender, "moved": moved(&stream.moved), "rtt": rtt })
    });
    json!({
        "start": interval.start.as_secs_f64(),
        "end": interval.end.as_secs_f64(),
        "omitted": interval.omitted,
        "streams": streams.collect::<Vec<_>>(),
    })
}

fn moved(moved: &Moved) -> Value {
    json!({
        "octets": moved.bytes,
        "seconds": moved.time.as_secs_f64(),
        "bits_per_second": moved.bits_per_second(),
        "retransmits": moved.retransmits,
        "packets": moved.packets,
        "lost": moved.lost,
        "out_of_order": moved.out_of_order,
        "jitter": moved.jitter.as_secs_f64(),
    })
}

fn cpu(cpu: &CpuUse) -> Value {
    json!({ "total": cpu.total / 100.0, "user": cpu.user / 100.0, "system": cpu.system / 100.0 })
}

fn limitation(limitation: &Limitation) -> Value {
    json!({
        "limit": limitation.limit.key(),
        "confidence": limitation.confidence,
        "evidence": limitation.evidence.iter().map(evidence).collect::<Vec<_>>(),
    })
}

fn evidence(evidence: &Evidence) -> Value {
    let (least, most) = match evidence.threshold {
        Some(Threshold::AtLeast(least)) => (Some(least), None),
        Some(Threshold::AtMost(most)) => (None, Some(most)),
        None => (None, None),
    };
    json!({
        "what": evidence.what,
        "value": evidence.value,
        "unit": evidence.unit.key(),
        "at_least": least,
        "at_most": most,
    })
}

fn latency(latency: &Latency) -> Value {
    json!({
        "idle": histogram(&latency.idle, Some(latency.lost.0)),
        "loaded": histogram(&latency.loaded, Some(latency.lost.1)),
        "tcp": histogram(&latency.streams, None),
        "round_trips_per_minute": latency.responsiveness(),
        "increase": latency.increase().map(|time| time.as_secs_f64()),
    })
}

pub(super) fn histogram(times: &Histogram, lost: Option<u64>) -> Value {
    let at = |percent| times.percentile(percent).map(|time| time.as_secs_f64());
    json!({
        "count": times.count(),
        "lost": lost,
        "min": times.min().map(|time| time.as_secs_f64()),
        "mean": times.mean().map(|time| time.as_secs_f64()),
        "p50": at(50.0),
        "p90": at(90.0),
        "p95": at(95.0),
        "p99": at(99.0),
        "p99.9": at(99.9),
        "max": times.max().map(|time| time.as_secs_f64()),
    })
}

pub(super) fn search(options: &SearchOptions, found: &SearchResult) -> Value {
    let trials = found.trials.iter().map(|trial| {
        json!({
            "bits_per_second": trial.rate.0,
            "sent_bits_per_second": trial.sent.0,
            "packets": trial.packets,
            "lost": trial.lost,
            "failure": trial.failure.map(TrialFailure::key),
        })
    });
    json!({
        "schema_version": 1,
        "tolerance": options.tolerance,
        "resolution": options.resolution,
        "repeats": options.repeats,
        "seconds": options.time.as_secs_f64(),
        "bits_per_second": found.rate.map(|rate| rate.0),
        "failed_bits_per_second": found.failed.map(|rate| rate.0),
        "failure": found.failure.map(TrialFailure::key),
        "passes": found.passes,
        "loss": found.loss,
        "loss_at_most": found.loss_at_most,
        "trials": trials.collect::<Vec<_>>(),
    })
}

pub(super) fn sizes(results: &[SizeResult]) -> Value {
    let sizes = results.iter().map(|result| {
        json!({
            "size": result.size,
            "bits_per_second": result.rate.0,
            "packets_per_second": result.packets_per_second,
            "loss": result.loss,
            "cpu": { "local": cpu(&result.local_cpu), "remote": cpu(&result.remote_cpu) },
        })
    });
    json!({ "schema_version": 1, "sizes": sizes.collect::<Vec<_>>() })
}

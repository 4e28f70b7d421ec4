//! The plain parts of what a test told.

use netshoot_core::throughput::protocol::CpuUse as CpuUsed;
use netshoot_core::throughput::report::{self, Side};
use netshoot_core::throughput::{latency, verdict};

records! {
    /// What was sent, or received.
    Moved {
        /// Payload octets.
        bytes: u64,
        /// In what time.
        seconds: f64,
        /// Payload rate.
        bits_per_second: f64,
        /// TCP segments sent again; `None` where nobody tells.
        retransmits: Option<u64>,
        /// Datagrams sent or, by the receiver, those it knows of; `None` of TCP, as what follows.
        packets: Option<u64>,
        /// Datagrams that the receiver misses.
        lost: Option<i64>,
        /// Their share in percent.
        lost_percent: Option<f64>,
        /// Datagrams that came after one that was sent later.
        out_of_order: Option<u64>,
        /// How much the time that datagrams take varies (RFC 1889, A.8), in seconds.
        jitter: Option<f64>,
    }

    /// What the streams of one direction did together in the whole test, what is omitted excluded.
    ThroughputTotal {
        /// What their senders say.
        sent: Moved,
        /// What their receivers say.
        received: Moved,
    }

    /// What limited one direction of a test.
    Verdict {
        /// The end that sent: `client` or `server`.
        sender: &'static str,
        /// All that limited it, the chief one first; never empty.
        limitations: Vec<Limitation>,
    }

    /// A limit with what speaks for it.
    Limitation {
        /// A word for programs, such as `receive_window`; `machine` if nothing else limits.
        limit: &'static str,
        /// The same for people.
        name: String,
        /// From 0 to 1: how sure that is.
        confidence: f64,
        /// The numbers.
        evidence: Vec<Evidence>,
    }

    /// A number that speaks for a limit.
    Evidence {
        /// What was measured.
        what: &'static str,
        /// How much.
        value: f64,
        /// What the value counts.
        unit: &'static str,
        /// What it reached, if it was held against this.
        at_least: Option<f64>,
        /// What it stayed below, if it was held against this.
        at_most: Option<f64>,
        /// All of it in words.
        text: String,
    }

    /// Round trip times of probes, or of requests and their responses, in seconds; `None` if none came back.
    RoundTrips {
        /// How many came back.
        count: u64,
        /// How many did not: probes within a second, requests over UDP within half a second.
        lost: u64,
        /// The shortest.
        min: Option<f64>,
        /// The mean.
        mean: Option<f64>,
        /// Half are shorter.
        median: Option<f64>,
        /// 95 of 100 are shorter.
        p95: Option<f64>,
        /// 99 of 100 are shorter.
        p99: Option<f64>,
        /// 999 of 1000 are shorter.
        p999: Option<f64>,
        /// The longest.
        max: Option<f64>,
    }

    /// Latency before a test and during it.
    ThroughputLatency {
        /// Before the test.
        idle: RoundTrips,
        /// While data flowed.
        loaded: RoundTrips,
        /// What the load adds to the median, in seconds.
        increase: Option<f64>,
        /// Round trips that one after the other would go within a minute under load.
        responsiveness: Option<f64>,
    }

    /// Processor time in percent of one processor over the test.
    CpuUse {
        /// User and system together.
        total: f64,
        /// In user space.
        user: f64,
        /// In the kernel.
        system: f64,
    }
}

impl Moved {
    pub(super) fn new(moved: &report::Moved, udp: bool) -> Self {
        Self {
            bytes: moved.bytes,
            seconds: moved.time.as_secs_f64(),
            bits_per_second: moved.bits_per_second(),
            retransmits: moved.retransmits,
            packets: udp.then_some(moved.packets),
            lost: udp.then_some(moved.lost),
            lost_percent: udp.then(|| moved.lost_percent()),
            out_of_order: udp.then_some(moved.out_of_order),
            jitter: udp.then_some(moved.jitter.as_secs_f64()),
        }
    }
}

impl From<verdict::Verdict> for Verdict {
    fn from(verdict: verdict::Verdict) -> Self {
        let sender = if verdict.sender == Side::Client { "client" } else { "server" };
        Self { sender, limitations: verdict.limitations.into_iter().map(Limitation::from).collect() }
    }
}

impl From<verdict::Limitation> for Limitation {
    fn from(limitation: verdict::Limitation) -> Self {
        Self {
            limit: limitation.limit.key(),
            name: limitation.limit.to_string(),
            confidence: limitation.confidence,
            evidence: limitation.evidence.iter().map(Evidence::from).collect(),
        }
    }
}

impl From<&verdict::Evidence> for Evidence {
    fn from(evidence: &verdict::Evidence) -> Self {
        let (at_least, at_most) = match evidence.threshold {
            Some(verdict::Threshold::AtLeast(value)) => (Some(value), None),
            Some(verdict::Threshold::AtMost(value)) => (None, Some(value)),
            None => (None, None),
        };
        let (what, value, unit) = (evidence.what, evidence.value, evidence.unit.key());
        Self { what, value, unit, at_least, at_most, text: evidence.to_string() }
    }
}

impl From<&latency::Latency> for ThroughputLatency {
    fn from(seen: &latency::Latency) -> Self {
        Self {
            idle: RoundTrips::new(&seen.idle, seen.lost.0),
            loaded: RoundTrips::new(&seen.loaded, seen.lost.1),
            increase: seen.increase().map(|time| time.as_secs_f64()),
            responsiveness: seen.responsiveness(),
        }
    }
}

impl RoundTrips {
    pub(super) fn new(times: &latency::Histogram, lost: u64) -> Self {
        let seconds = |time: Option<std::time::Duration>| time.map(|time| time.as_secs_f64());
        Self {
            count: times.count(),
            lost,
            min: seconds(times.min()),
            mean: seconds(times.mean()),
            median: seconds(times.median()),
            p95: seconds(times.percentile(95.0)),
            p99: seconds(times.percentile(99.0)),
            p999: seconds(times.percentile(99.9)),
            max: seconds(times.max()),
        }
    }
}

impl From<CpuUsed> for CpuUse {
    fn from(cpu: CpuUsed) -> Self {
        Self { total: cpu.total, user: cpu.user, system: cpu.system }
    }
}

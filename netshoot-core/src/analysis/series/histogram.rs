//! Histograms of latencies, in buckets that grow by at most an eighth.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::analysis::Report;

/// How often which latency occurs, of each kind. What two histograms count can be added.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Latencies {
    counts: BTreeMap<(LatencyKind, u16), u64>,
}

/// What takes time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum LatencyKind {
    /// The handshake of TCP, from SYN to the client's ACK.
    TcpHandshake,
    /// From the client's hello to the end of the handshake of TLS.
    TlsHandshake,
    /// From the last octet of a request to the first of its response.
    TimeToFirstByte,
    /// From the first octet of a request to the last of its response.
    Call,
    /// From the first DNS query to the answer.
    Dns,
    /// From an ICMP echo request to its reply.
    Echo,
}

/// A bucket of a histogram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LatencyBucket {
    /// What takes time.
    pub kind: LatencyKind,
    /// The shortest time that it counts.
    pub from: Duration,
    /// The shortest time that it does not count any more.
    pub until: Duration,
    /// How often that occurs.
    pub count: u64,
}

impl LatencyKind {
    /// The name in lower case with underscores, such as `time_to_first_byte`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::TcpHandshake => "tcp_handshake",
            Self::TlsHandshake => "tls_handshake",
            Self::TimeToFirstByte => "time_to_first_byte",
            Self::Call => "call",
            Self::Dns => "dns",
            Self::Echo => "echo",
        }
    }
}

impl Latencies {
    /// The latencies of a report.
    #[must_use]
    pub fn of(report: &Report) -> Self {
        let mut latencies = Self::default();
        for flow in &report.flows {
            latencies.add(LatencyKind::TcpHandshake, flow.syn_rtt.zip(flow.ack_rtt).map(|(one, other)| one + other));
        }
        for call in report.calls.iter().filter(|call| call.is_answered()) {
            latencies.add(LatencyKind::TimeToFirstByte, call.time_to_first_byte);
            latencies.add(LatencyKind::Call, Some(call.total));
        }
        report.tls.iter().for_each(|tls| latencies.add(LatencyKind::TlsHandshake, tls.handshake));
        report.dns.iter().for_each(|dns| latencies.add(LatencyKind::Dns, dns.first_latency));
        report.icmp.iter().for_each(|icmp| latencies.add(LatencyKind::Echo, icmp.rtt));
        latencies
    }

    /// Counts a latency, if there is one.
    pub fn add(&mut self, kind: LatencyKind, latency: Option<Duration>) {
        if let Some(latency) = latency {
            *self.counts.entry((kind, bucket(latency))).or_default() += 1;
        }
    }

    /// Adds what another histogram counts.
    pub fn merge(&mut self, other: &Self) {
        for (key, count) in &other.counts {
            *self.counts.entry(*key).or_default() += count;
        }
    }

    /// The buckets that count something, by kind and time.
    pub fn buckets(&self) -> impl Iterator<Item = LatencyBucket> {
        self.counts.iter().map(|((kind, bucket), count)| LatencyBucket {
            kind: *kind,
            from: Duration::from_nanos(least(*bucket)),
            until: Duration::from_nanos(least(bucket + 1)),
            count: *count,
        })
    }
}

/// The bucket of a latency: eight for each power of two nanoseconds.
fn bucket(latency: Duration) -> u16 {
    let nanos = u64::try_from(latency.as_nanos()).unwrap_or(u64::MAX);
    let power = (nanos | 1).ilog2();
    if power < BITS {
        return nanos as u16;
    }
    let within = (nanos >> (power - BITS)) & ((1 << BITS) - 1);
    (((power - BITS + 1) << BITS) as u16) | within as u16
}

/// The shortest latency of a bucket in nanoseconds.
fn least(bucket: u16) -> u64 {
    let (power, within) = (u32::from(bucket) >> BITS, u64::from(bucket) & ((1 << BITS) - 1));
    match power {
        0 => within,
        power => ((1 << BITS) | within).checked_shl(power - 1).unwrap_or(u64::MAX),
    }
}

const BITS: u32 = 3;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_narrow_and_without_gaps() {
        for nanos in (0..10_000).chain([1 << 40, u64::MAX / 3, u64::MAX]) {
            let bucket = bucket(Duration::from_nanos(nanos));
            assert!(least(bucket) <= nanos, "{nanos}");
            assert!(nanos < least(bucket + 1) || least(bucket + 1) < least(bucket) || nanos == u64::MAX, "{nanos}");
        }
        for bucket in 8..400 {
            assert!((least(bucket + 1) - least(bucket)) * 8 <= least(bucket), "{bucket}");
        }
    }

    #[test]
    fn what_two_count_adds_up() {
        let mut one = Latencies::default();
        one.add(LatencyKind::Dns, Some(Duration::from_millis(20)));
        let mut other = one.clone();
        other.add(LatencyKind::Call, Some(Duration::from_millis(20)));
        other.add(LatencyKind::Call, None);
        one.merge(&other);
        let counts: Vec<_> = one.buckets().map(|bucket| (bucket.kind.name(), bucket.count)).collect();
        assert_eq!(counts, [("call", 1), ("dns", 2)]);
    }
}

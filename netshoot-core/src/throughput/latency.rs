//! Round trip times: idle, and under the load of a test.
//!
//! A [`Histogram`] counts into buckets of fixed number, so that a test of any length takes the same memory.
//! [`Client::run_with_latency`] measures beside a test. It asks the server's kernel, not the server: each probe is a TCP
//! connection to a port where nobody listens ([`PROBE_PORT`]), which the kernel refuses at once. The time from SYN to that
//! refusal is one round trip of a small packet through the queues that the load fills, plus what it takes to wake a thread
//! here. No iperf3 server is disturbed by it, as connections to its own port would. A firewall that drops such probes
//! leaves what TCP tells of the data streams ([`Latency::streams`]): smoothed, and of a sender alone.

use std::fmt;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use socket2::{Domain, Protocol, Type};

use super::report::Start;
use super::{Client, Event, Options, Report, sockets};
use crate::error::{Error, ErrorKind, Result};
use crate::namespace::Namespace;
use crate::sys;

/// Where probes are sent: discard, which no host of today serves.
pub const PROBE_PORT: u16 = 9;

/// Round trip times before a test and during it.
#[derive(Clone, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Latency {
    /// Of probes before the test.
    pub idle: Histogram,
    /// Of probes while data flowed.
    pub loaded: Histogram,
    /// Probes without an answer within a second: before the test, and while data flowed.
    pub lost: (u64, u64),
    /// Of the data streams that this end sends, as TCP tells it: smoothed, one for each sample and stream.
    pub streams: Histogram,
}

impl Latency {
    /// Round trips that one after the other would go within a minute under load. The RPM of the draft "responsiveness under
    /// working conditions" means the same, but has HTTP requests among its probes: the figures are not to be compared.
    #[must_use]
    pub fn responsiveness(&self) -> Option<f64> {
        self.loaded.round_trips_per_minute()
    }

    /// What the load adds to the median.
    #[must_use]
    pub fn increase(&self) -> Option<Duration> {
        Some(self.loaded.median()?.saturating_sub(self.idle.median()?))
    }
}

impl Client {
    /// Runs the whole test as [`run`](Self::run) does, after probing the idle path for `idle`, and probes meanwhile.
    ///
    /// # Errors
    /// As [`run`](Self::run), and when no probe can be sent. Probes without an answer are a result.
    pub fn run_with_latency(
        self,
        idle: Duration,
        mut on_event: impl FnMut(&Event),
    ) -> Result<(Start, Report, Latency)> {
        let address = *self.addresses()?.first().ok_or_else(|| Error::new(ErrorKind::NotFound, "probe the server"))?;
        let prober = Prober::start(self.namespace().clone(), address, self.options().clone())?;
        self.rest(idle)?;
        let mut latency = Latency::default();
        (latency.idle, latency.lost.0) = prober.take()?;
        let mut started = None;
        let report = self.run(|event| {
            if let Event::Started(start) = event {
                started = Some(start.as_ref().clone());
                // What was before is neither idle nor loaded.
                let _ = prober.take();
            }
            if let Event::Finished(report) = event {
                latency.streams = report.sending.rtt.clone();
                if let Ok(taken) = prober.take() {
                    (latency.loaded, latency.lost.1) = taken;
                }
            }
            on_event(event);
        })?;
        let start = started.ok_or_else(|| Error::new(ErrorKind::Cancelled, "run the test"))?;
        Ok((start, report, latency))
    }
}

/// A thread that probes until it is dropped.
#[derive(Debug)]
struct Prober {
    stop: Arc<AtomicBool>,
    seen: Arc<Mutex<Seen>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Seen {
    times: Histogram,
    lost: u64,
    failed: Option<Error>,
}

impl Prober {
    fn start(namespace: Namespace, address: SocketAddr, options: Options) -> Result<Self> {
        let (stop, seen) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Seen::default())));
        let address = SocketAddr::new(address.ip(), PROBE_PORT);
        let (told, noted) = (Arc::clone(&stop), Arc::clone(&seen));
        let probe = move || {
            sys::namespace::block_signals();
            while !told.load(Ordering::Relaxed) {
                let due = Instant::now() + BETWEEN;
                let outcome = probe(&namespace, address, &options);
                let failed = outcome.is_err();
                noted.lock().unwrap_or_else(PoisonError::into_inner).note(outcome);
                if failed {
                    return;
                }
                std::thread::sleep(due.saturating_duration_since(Instant::now()));
            }
        };
        let thread = std::thread::Builder::new().name("netshoot-probe".to_owned()).spawn(probe);
        let thread = Some(thread.map_err(|error| Error::io("start a thread for probes", error))?);
        Ok(Self { stop, seen, thread })
    }

    /// What was seen since the last call: times, and how many probes had no answer.
    fn take(&self) -> Result<(Histogram, u64)> {
        let seen = std::mem::take(&mut *self.seen.lock().unwrap_or_else(PoisonError::into_inner));
        seen.failed.map_or(Ok((seen.times, seen.lost)), Err)
    }
}

impl Drop for Prober {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Seen {
    fn note(&mut self, outcome: Result<Option<Duration>>) {
        match outcome {
            Ok(Some(time)) => self.times.record(time),
            Ok(None) => self.lost += 1,
            Err(error) => self.failed = Some(error),
        }
    }
}

/// The time that the refusal of one connection took; `None` when no answer came.
fn probe(namespace: &Namespace, address: SocketAddr, options: &Options) -> Result<Option<Duration>> {
    use std::io::ErrorKind::{ConnectionRefused, HostUnreachable, NetworkUnreachable, TimedOut};
    let socket = namespace.socket(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    sockets::bind(&socket, address, options, None)?;
    sockets::set_type_of_service(&socket, address, options)?;
    // Should somebody listen after all, nothing is left behind.
    let _ = socket.set_linger(Some(Duration::ZERO));
    let start = Instant::now();
    match socket.connect_timeout(&address.into(), PATIENCE) {
        Ok(()) => Ok(Some(start.elapsed())),
        Err(error) => match error.kind() {
            ConnectionRefused => Ok(Some(start.elapsed())),
            TimedOut | HostUnreachable | NetworkUnreachable => Ok(None),
            _ => Err(Error::io(format!("probe {}", sockets::name(address)), error)),
        },
    }
}

/// From one probe to the next, when it is answered by then.
const BETWEEN: Duration = Duration::from_millis(20);
/// For an answer.
const PATIENCE: Duration = Duration::from_secs(1);

/// A histogram of times from 1 ns to 18 minutes, whose buckets are at most 1/32 of the time wide; what is longer counts
/// as the longest.
#[derive(Clone, PartialEq, Eq)]
pub struct Histogram {
    /// Made with the first time.
    buckets: Box<[u32]>,
    count: u64,
    total: Duration,
    min: Duration,
    max: Duration,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { buckets: Box::default(), count: 0, total: Duration::ZERO, min: Duration::MAX, max: Duration::ZERO }
    }
}

impl Histogram {
    /// Counts a time.
    pub fn record(&mut self, time: Duration) {
        if self.buckets.is_empty() {
            self.buckets = vec![0; BUCKETS].into();
        }
        let nanoseconds = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        if let Some(bucket) = self.buckets.get_mut(place(nanoseconds)) {
            *bucket = bucket.saturating_add(1);
        }
        self.count += 1;
        self.total = self.total.saturating_add(time);
        (self.min, self.max) = (self.min.min(time), self.max.max(time));
    }

    /// Takes in what another one has counted.
    pub fn add(&mut self, other: &Self) {
        if self.buckets.is_empty() {
            self.buckets = other.buckets.clone();
        } else {
            for (own, more) in self.buckets.iter_mut().zip(&other.buckets) {
                *own = own.saturating_add(*more);
            }
        }
        self.count += other.count;
        self.total = self.total.saturating_add(other.total);
        (self.min, self.max) = (self.min.min(other.min), self.max.max(other.max));
    }

    /// How many times were counted.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Whether none was.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The shortest, exactly.
    #[must_use]
    pub fn min(&self) -> Option<Duration> {
        (self.count > 0).then_some(self.min)
    }

    /// The longest, exactly.
    #[must_use]
    pub fn max(&self) -> Option<Duration> {
        (self.count > 0).then_some(self.max)
    }

    /// The mean.
    #[must_use]
    pub fn mean(&self) -> Option<Duration> {
        let count = u32::try_from(self.count).unwrap_or(u32::MAX);
        (count > 0).then(|| self.total / count)
    }

    /// The time that `percent` of a hundred do not exceed, as exact as a bucket is wide.
    #[must_use]
    pub fn percentile(&self, percent: f64) -> Option<Duration> {
        let wanted = ((percent.clamp(0.0, 100.0) / 100.0 * self.count as f64).ceil() as u64).max(1);
        let mut seen = 0;
        for (index, count) in self.buckets.iter().enumerate() {
            seen += u64::from(*count);
            if seen >= wanted {
                return Some(Duration::from_nanos(middle(index)).clamp(self.min, self.max));
            }
        }
        self.max()
    }

    /// The median.
    #[must_use]
    pub fn median(&self) -> Option<Duration> {
        self.percentile(50.0)
    }

    /// Round trips that one after the other would go within a minute: of the mean.
    #[must_use]
    pub fn round_trips_per_minute(&self) -> Option<f64> {
        self.mean().filter(|mean| !mean.is_zero()).map(|mean| 60.0 / mean.as_secs_f64())
    }

    /// The buckets that are not empty: the lowest time of each, and how many times fell into it.
    pub fn buckets(&self) -> impl Iterator<Item = (Duration, u32)> + '_ {
        let counted = self.buckets.iter().enumerate().filter(|(_, count)| **count > 0);
        counted.map(|(index, count)| (Duration::from_nanos(lowest(index)), *count))
    }
}

/// Its number, ends, mean and percentiles; times are in nanoseconds, `None` when there are none.
#[cfg(feature = "serde")]
impl serde::Serialize for Histogram {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let nanos = |time: Option<Duration>| time.map(|time| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
        let mut out = serializer.serialize_struct("Histogram", 8)?;
        out.serialize_field("count", &self.count)?;
        out.serialize_field("min_ns", &nanos(self.min()))?;
        out.serialize_field("mean_ns", &nanos(self.mean()))?;
        out.serialize_field("p50_ns", &nanos(self.percentile(50.0)))?;
        out.serialize_field("p90_ns", &nanos(self.percentile(90.0)))?;
        out.serialize_field("p99_ns", &nanos(self.percentile(99.0)))?;
        out.serialize_field("p999_ns", &nanos(self.percentile(99.9)))?;
        out.serialize_field("max_ns", &nanos(self.max()))?;
        out.end()
    }
}

impl fmt::Debug for Histogram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = f.debug_struct("Histogram");
        text.field("count", &self.count).field("min", &self.min()).field("median", &self.median());
        text.field("p99", &self.percentile(99.0)).field("max", &self.max()).finish()
    }
}

/// The bucket of a time: the first are one nanosecond wide, then there are as many for each doubling.
fn place(nanoseconds: u64) -> usize {
    if nanoseconds < STEPS {
        return nanoseconds as usize;
    }
    let doublings = nanoseconds.ilog2() - STEPS.ilog2();
    let step = (nanoseconds >> doublings) - STEPS;
    let index = (u64::from(doublings) + 1) * STEPS + step;
    (index as usize).min(BUCKETS - 1)
}

fn lowest(index: usize) -> u64 {
    let index = index as u64;
    match index / STEPS {
        0 => index,
        doublings => (STEPS + index % STEPS) << (doublings - 1),
    }
}

fn middle(index: usize) -> u64 {
    let (low, next) = (lowest(index), lowest(index + 1));
    low + (next - low) / 2
}

/// Buckets for each doubling.
const STEPS: u64 = 32;
/// Up to 2^40 ns.
const BUCKETS: usize = 36 * STEPS as usize;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Beside the sorted list.
        #[test]
        fn percentiles_are_those_of_the_list(mut times in prop::collection::vec(0_u64..1 << 40, 1..300), percent in 0.0_f64..100.0) {
            let mut histogram = Histogram::default();
            for time in &times {
                histogram.record(Duration::from_nanos(*time));
            }
            times.sort_unstable();
            let rank = ((percent / 100.0 * times.len() as f64).ceil() as usize).max(1);
            let (exact, told) = (times[rank - 1] as f64, histogram.percentile(percent).unwrap().as_nanos() as f64);
            prop_assert!((told - exact).abs() <= exact / 32.0 + 1.0, "{} {}", told, exact);
            prop_assert_eq!(histogram.min().unwrap().as_nanos() as u64, times[0]);
            prop_assert_eq!(histogram.max().unwrap().as_nanos() as u64, times[times.len() - 1]);
        }

        #[test]
        fn every_time_is_within_its_bucket(nanoseconds in 0_u64..1 << 41) {
            let place = place(nanoseconds);
            prop_assert!(lowest(place) <= nanoseconds);
            prop_assert!(nanoseconds < lowest(place + 1) || place == BUCKETS - 1);
        }
    }

    #[test]
    fn two_histograms_add_up() {
        let (mut one, mut other) = (Histogram::default(), Histogram::default());
        assert_eq!((one.percentile(50.0), one.mean(), one.round_trips_per_minute()), (None, None, None));
        one.add(&other);
        other.record(Duration::from_millis(10));
        other.record(Duration::from_millis(30));
        one.add(&other);
        one.add(&other);
        assert_eq!((one.count(), one.mean()), (4, Some(Duration::from_millis(20))));
        assert_eq!(one.round_trips_per_minute(), Some(3000.0));
        assert_eq!(one.buckets().map(|(_, count)| count).sum::<u32>(), 4);
        one.record(Duration::MAX);
        assert_eq!(one.max(), Some(Duration::MAX));
    }
}

//! What is sampled of a test while it runs: what a verdict stands on.

use std::time::Duration;

use serde_json::Value;

use crate::json::Json;
use crate::throughput::latency::Histogram;

macro_rules! watch {
    ($($(#[$doc:meta])* $name:ident: $kind:ident,)*) => {
        /// What one end saw of a stream while it ran, the omitted time excluded. `None` is what this end, or its kernel,
        /// cannot tell.
        #[derive(Clone, Copy, Debug, Default, PartialEq)]
        #[non_exhaustive]
        pub struct Watch {
            $($(#[$doc])* pub $name: Option<watch!(@type $kind)>,)*
        }

        #[cfg(feature = "serde")]
        impl serde::Serialize for Watch {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                use serde::ser::SerializeMap;
                let mut out = serializer.serialize_map(None)?;
                $(
                    let value = self.$name;
                    out.serialize_entry(watch!(@key $kind $name), &watch!(@told $kind value))?;
                )*
                out.end()
            }
        }

        impl Watch {
            /// A JSON object, times in microseconds.
            pub(in crate::throughput) fn write(&self, json: &mut Json) {
                json.begin_object();
                $(
                    if let Some(value) = self.$name {
                        json.key(stringify!($name)).number(watch!(@number $kind value));
                    }
                )*
                json.end_object();
            }

            /// What of it makes sense.
            pub(in crate::throughput) fn parse(value: &Value) -> Self {
                let number = |key| value.get(key).and_then(Value::as_u64);
                Self { $($name: number(stringify!($name)).map(|number| watch!(@value $kind number)),)* }
            }
        }
    };
    (@key time $name:ident) => { concat!(stringify!($name), "_ns") };
    (@key count $name:ident) => { stringify!($name) };
    (@told time $value:ident) => { $value.map(|time| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)) };
    (@told count $value:ident) => { $value };
    (@type time) => { Duration };
    (@type count) => { u64 };
    (@number time $value:ident) => { $value.as_micros() };
    (@number count $value:ident) => { $value };
    (@value time $value:ident) => { Duration::from_micros($value) };
    (@value count $value:ident) => { $value };
}

watch! {
    /// The stream's thread had a processor.
    running: time,
    /// It was ready to run, and others had the processor.
    waiting: time,
    /// TCP sender: there was something to send, or not acknowledged yet.
    busy: time,
    /// TCP sender: of that, the receive window kept it from sending.
    window_limited: time,
    /// TCP sender: of that, the send buffer had no room for more.
    buffer_limited: time,
    /// TCP sender: the smoothed round trip time, mean of the samples.
    rtt: time,
    /// TCP sender: the shortest round trip time of the connection.
    min_rtt: time,
    /// TCP sender: the window that the receiver granted, mean of the samples, in octets.
    send_window: count,
    /// The same, the most.
    max_send_window: count,
    /// TCP sender: the congestion window, mean of the samples, in octets.
    congestion_window: count,
    /// TCP sender: octets on the way and not acknowledged, mean of the samples.
    in_flight: count,
    /// TCP sender: octets that wait in the send buffer, mean of the samples.
    not_sent: count,
    /// TCP sender: segments with data sent, retransmissions included.
    segments: count,
    /// TCP sender: segments sent again.
    retransmits: count,
    /// TCP: octets of the largest segment sent or, by a receiver, received.
    mss: count,
    /// TCP: octets of the path MTU.
    path_mtu: count,
    /// TCP receiver: round trip time as it sees it, mean of the samples.
    receive_rtt: time,
    /// TCP receiver: the window that it announced, mean of the samples, in octets.
    receive_window: count,
    /// UDP sender: datagrams that the system here refused to send.
    unsent: count,
    /// UDP receiver: datagrams that found the socket's buffer full.
    drops: count,
    /// Receiver: how unsteadily the data came, see [`Course::variation`], in thousandths.
    variation: count,
    /// The share of time that the processor that worked most was at work, whoever it worked for, in thousandths.
    processor: count,
}

/// How the data of one direction came in the course of a test. Memory is bounded: of a long test fewer samples are kept.
#[derive(Clone, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Course {
    /// Since the count began, and the octets that had come by then: acknowledged to a TCP sender, read by a receiver,
    /// and of a UDP sender sent. As JSON, pairs of nanoseconds and octets.
    #[cfg_attr(feature = "serde", serde(serialize_with = "serialize_samples"))]
    pub samples: Vec<(Duration, u64)>,
    /// Round trip times that TCP of the sender here told, one for each stream and sample.
    pub rtt: Histogram,
    #[cfg_attr(feature = "serde", serde(skip))]
    skip: u32,
    #[cfg_attr(feature = "serde", serde(skip))]
    skipped: u32,
}

#[cfg(feature = "serde")]
fn serialize_samples<S: serde::Serializer>(samples: &[(Duration, u64)], serializer: S) -> Result<S::Ok, S::Error> {
    let nanoseconds = |at: &Duration| u64::try_from(at.as_nanos()).unwrap_or(u64::MAX);
    serializer.collect_seq(samples.iter().map(|(at, octets)| (nanoseconds(at), octets)))
}

impl Course {
    /// Takes a sample.
    pub(in crate::throughput) fn push(&mut self, at: Duration, octets: u64) {
        if self.skipped < self.skip {
            self.skipped += 1;
            return;
        }
        self.skipped = 0;
        if self.samples.len() >= MOST_SAMPLES {
            let mut keep = false;
            self.samples.retain(|_| {
                keep = !keep;
                keep
            });
            self.skip = self.skip * 2 + 1;
        }
        self.samples.push((at, octets));
    }

    /// Rates between the samples, in octets per second, when each is over `least` time at least.
    #[must_use]
    pub fn rates(&self, least: Duration) -> Vec<f64> {
        let mut rates = Vec::new();
        let Some(mut before) = self.samples.first().copied() else { return rates };
        for sample in &self.samples {
            let time = sample.0.saturating_sub(before.0);
            if time >= least && !time.is_zero() {
                rates.push(sample.1.saturating_sub(before.1) as f64 / time.as_secs_f64());
                before = *sample;
            }
        }
        rates
    }

    /// How unsteadily the data came after the first third of the time: the distance of the quartiles of the rates over
    /// `least` time each, as a share of the median. `None` when there are fewer than five.
    #[must_use]
    pub fn variation(&self, least: Duration) -> Option<f64> {
        let mut rates = self.rates(least);
        rates.drain(..rates.len() / 3);
        if rates.len() < 5 {
            return None;
        }
        rates.sort_by(f64::total_cmp);
        let at = |share: f64| rates.get(((rates.len() - 1) as f64 * share).round() as usize).copied();
        let (low, median, high) = (at(0.25)?, at(0.5)?, at(0.75)?);
        (median > 0.0).then(|| (high - low) / median)
    }
}

/// Octets and times of 512 moments.
const MOST_SAMPLES: usize = 512;

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn a_long_course_is_thinned_and_spans_all_of_it() {
        let mut course = Course::default();
        for sample in 0..100_000_u32 {
            course.push(sample * 100 * MS, u64::from(sample) * 1_000);
        }
        assert!((MOST_SAMPLES / 2..=MOST_SAMPLES).contains(&course.samples.len()), "{}", course.samples.len());
        assert_eq!(course.samples[0].0, Duration::ZERO);
        assert!(course.samples.last().unwrap().0 > 95_000 * 100 * MS);
        let rates = course.rates(Duration::ZERO);
        assert!(rates.iter().all(|rate| (rate - 10_000.0).abs() < 1.0), "{rates:?}");
        assert!(course.variation(Duration::ZERO).unwrap() < 0.001);
    }

    #[test]
    fn a_sawtooth_is_unsteady_and_few_samples_say_nothing() {
        let (mut course, mut octets) = (Course::default(), 0);
        for sample in 0..60_u32 {
            course.push(sample * 100 * MS, octets);
            assert_eq!(course.variation(Duration::ZERO).is_some(), sample >= 7);
            octets += 700 + u64::from(sample % 10) * 30;
        }
        assert!(course.variation(100 * MS).unwrap() > 0.1);
    }

    #[test]
    fn a_watch_reads_what_it_writes_and_nonsense_is_nothing() {
        let watch = Watch { running: Some(1_500 * MS), segments: Some(7), drops: Some(0), ..Watch::default() };
        let mut json = Json::default();
        watch.write(&mut json);
        let text = json.take();
        assert_eq!(text, r#"{"running":1500000,"segments":7,"drops":0}"#);
        assert_eq!(Watch::parse(&serde_json::from_str(&text).unwrap()), watch);
        for text in ["[]", "3", r#"{"running":-1,"segments":"7","drops":1e99,"x":{}}"#] {
            assert_eq!(Watch::parse(&serde_json::from_str(text).unwrap()), Watch::default(), "{text}");
        }
    }

    #[cfg(feature = "serde")]
    #[test]
    fn times_are_nanoseconds_for_serde() {
        let watch = Watch { rtt: Some(2 * MS), segments: Some(3), ..Watch::default() };
        let tree = serde_json::to_value(watch).unwrap();
        assert_eq!((&tree["rtt_ns"], &tree["segments"]), (&2_000_000.into(), &3.into()));
        assert!(tree["busy_ns"].is_null());
        let mut times = Histogram::default();
        times.record(3 * MS);
        let tree = serde_json::to_value(times).unwrap();
        assert_eq!((&tree["count"], &tree["max_ns"]), (&1.into(), &3_000_000.into()));
        let mut course = Course::default();
        course.push(2 * MS, 7);
        let tree = serde_json::to_value(course).unwrap();
        assert_eq!(tree["samples"], serde_json::json!([[2_000_000, 7]]));
        assert!(tree["rtt"]["count"] == 0 && tree.as_object().unwrap().len() == 2);
    }
}

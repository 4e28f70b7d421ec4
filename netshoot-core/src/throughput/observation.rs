//! What is looked at while data flow: TCP and the scheduler for each stream, the processors of this host.

use std::fs::File;
use std::io::Read;
use std::time::{Duration, Instant};

use super::engine::{Sample, Scheduled};
use super::report::Watch;
use crate::netlink::TcpInfo;

/// The observer of one stream. Its memory is constant.
#[derive(Debug, Default)]
pub(super) struct Observer {
    base: Seen,
    last: Seen,
    means: Means,
    max_send_window: Option<u64>,
}

/// What was seen at one moment.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    info: Option<TcpInfo>,
    scheduled: Option<Scheduled>,
    drops: Option<u64>,
    unsent: u64,
}

#[derive(Debug, Default)]
struct Means {
    rtt: Mean,
    send_window: Mean,
    congestion_window: Mean,
    in_flight: Mean,
    not_sent: Mean,
    receive_rtt: Mean,
    receive_window: Mean,
}

#[derive(Debug, Default)]
struct Mean {
    sum: u64,
    count: u64,
}

impl Observer {
    /// Forgets what was before: the count begins.
    pub(super) fn begin(&mut self) {
        *self = Self { base: self.last, last: self.last, ..Self::default() };
    }

    pub(super) fn see(&mut self, sample: &Sample, info: Option<TcpInfo>, scheduled: Option<Scheduled>) {
        self.last = Seen {
            info: info.or(self.last.info),
            scheduled: scheduled.or(self.last.scheduled),
            drops: sample.drops.or(self.last.drops),
            unsent: sample.totals.unsent,
        };
        let Some(info) = info else { return };
        let (segment, means) = (u64::from(info.snd_mss().unwrap_or(0)), &mut self.means);
        let wide = |value: Option<u32>| value.map(u64::from);
        let flying = info.unacked().map(|segments| segments.saturating_sub(info.sacked().unwrap_or(0)));
        means.rtt.add(wide(info.rtt()));
        means.send_window.add(wide(info.snd_wnd()));
        means.congestion_window.add(wide(info.snd_cwnd()).map(|segments| segments * segment));
        means.in_flight.add(wide(flying).map(|segments| segments * segment));
        means.not_sent.add(wide(info.notsent_bytes()));
        means.receive_rtt.add(wide(info.rcv_rtt()).filter(|rtt| *rtt > 0));
        means.receive_window.add(wide(info.rcv_wnd()));
        self.max_send_window = self.max_send_window.max(wide(info.snd_wnd()));
    }

    /// The round trip time that TCP told last.
    pub(super) fn rtt(&self) -> Option<Duration> {
        self.last.info?.rtt().map(|rtt| Duration::from_micros(rtt.into()))
    }

    /// Octets that the other end has acknowledged since the connection was made.
    pub(super) fn acknowledged(&self) -> Option<u64> {
        self.last.info?.bytes_acked()
    }

    pub(super) fn watch(&self, sender: bool) -> Watch {
        let micros = |value: Option<u64>| value.map(Duration::from_micros);
        let (base, last) = (self.base.scheduled, self.last.scheduled);
        let time =
            |of: fn(&Scheduled) -> Duration| Some(of(&last?).saturating_sub(base.as_ref().map(of).unwrap_or_default()));
        let mut watch = Watch {
            running: time(|thread| thread.running),
            waiting: time(|thread| thread.waiting),
            ..Watch::default()
        };
        let Some(info) = self.last.info else {
            watch.unsent = sender.then(|| self.last.unsent.saturating_sub(self.base.unsent));
            let drops = self.last.drops.map(|drops| drops.saturating_sub(self.base.drops.unwrap_or(0)));
            watch.drops = drops.filter(|_| !sender);
            return watch;
        };
        watch.path_mtu = info.pmtu().map(u64::from);
        if !sender {
            watch.mss = info.rcv_mss().map(u64::from);
            watch.receive_rtt = micros(self.means.receive_rtt.get());
            watch.receive_window = self.means.receive_window.get();
            return watch;
        }
        let since = |of: fn(&TcpInfo) -> Option<u64>| {
            Some(of(&info)?.saturating_sub(self.base.info.as_ref().and_then(of).unwrap_or(0)))
        };
        watch.mss = info.snd_mss().map(u64::from);
        watch.busy = micros(since(TcpInfo::busy_time));
        watch.window_limited = micros(since(TcpInfo::rwnd_limited));
        watch.buffer_limited = micros(since(TcpInfo::sndbuf_limited));
        watch.rtt = micros(self.means.rtt.get());
        // All ones before the first.
        watch.min_rtt = micros(info.min_rtt().filter(|rtt| *rtt < u32::MAX).map(u64::from));
        watch.send_window = self.means.send_window.get();
        watch.max_send_window = self.max_send_window;
        watch.congestion_window = self.means.congestion_window.get();
        watch.in_flight = self.means.in_flight.get();
        watch.not_sent = self.means.not_sent.get();
        watch.segments = since(|info| info.data_segs_out().map(u64::from));
        watch.retransmits = since(|info| info.total_retrans().map(u64::from));
        watch
    }
}

impl Mean {
    fn add(&mut self, value: Option<u64>) {
        if let Some(value) = value {
            self.sum = self.sum.saturating_add(value);
            self.count += 1;
        }
    }

    fn get(&self) -> Option<u64> {
        self.sum.checked_div(self.count)
    }
}

/// The time that each processor of this host has worked, by /proc/stat.
#[derive(Debug)]
pub(super) struct Processors {
    at: Instant,
    /// Ticks at work, and in all.
    each: Vec<(u64, u64)>,
}

impl Processors {
    pub(super) fn now(at: Instant) -> Self {
        let mut text = String::new();
        let read = File::open("/proc/stat").and_then(|file| file.take(MOST_STAT).read_to_string(&mut text));
        let lines = text.lines().filter(|_| read.is_ok());
        let each = lines.take_while(|line| line.starts_with("cpu")).skip(1).map(Self::ticks).collect();
        Self { at, each }
    }

    /// The share of the time since `before` that the one that worked most did; `None` when it was too short to tell.
    pub(super) fn busiest_since(&self, before: &Self) -> Option<f64> {
        if self.at.saturating_duration_since(before.at) < LEAST_TICKS {
            return None;
        }
        let shares = self.each.iter().zip(&before.each).filter_map(|(now, then)| {
            let all = now.1.checked_sub(then.1).filter(|all| *all > 0)?;
            Some(now.0.saturating_sub(then.0) as f64 / all as f64)
        });
        shares.max_by(f64::total_cmp)
    }

    /// `cpuN user nice system idle iowait irq softirq steal …`, see proc_stat(5).
    fn ticks(line: &str) -> (u64, u64) {
        let numbers = line.split_ascii_whitespace().skip(1).take(8).map(|number| number.parse().unwrap_or(0));
        let (mut busy, mut all) = (0_u64, 0_u64);
        for (index, ticks) in numbers.enumerate() {
            all = all.saturating_add(ticks);
            if !(3..=4).contains(&index) {
                busy = busy.saturating_add(ticks);
            }
        }
        (busy, all)
    }
}

/// Thousands of processors take less.
const MOST_STAT: u64 = 1 << 20;
/// Ticks are 10 ms at most.
const LEAST_TICKS: Duration = Duration::from_millis(200);

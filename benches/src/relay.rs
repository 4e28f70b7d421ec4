//! A relay between two TUN devices that makes one machine's network as long, narrow and lossy as wanted.
//!
//! [`Link`] is one direction as a state machine without input or output: it takes the time and packets, and gives
//! packets and its next deadline. All its decisions come from a seed, and the decision about packet number *n* does not
//! depend on what is configured, so that two runs differ only where their conditions do. [`Relay`] moves packets
//! between two devices through two links, in a thread of its own, until it is stopped.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io::{self, ErrorKind};
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use tun_rs::{DeviceBuilder, SyncDevice};

use crate::generator::Random;

/// What a link does to packets. The default does nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Conditions {
    /// Time on the way.
    pub delay: Duration,
    /// Up to this much is added to the delay; packets stay in order.
    pub jitter: Duration,
    /// Packets lost, in parts per million.
    pub loss_ppm: u32,
    /// Packets delivered twice, in parts per million.
    pub duplicate_ppm: u32,
    /// Packets held back so that later ones overtake them, in parts per million.
    pub reorder_ppm: u32,
    /// How long those are held back.
    pub reorder_by: Duration,
    /// Bits per second through the narrowest place; `None` for no limit.
    pub rate: Option<u64>,
    /// Octets that wait before the narrowest place; what comes on top is dropped.
    pub queue: usize,
}

impl FromStr for Conditions {
    type Err = String;

    /// Reads `delay=20ms,jitter=2ms,loss=1.5%,duplicate=0.1%,reorder=1%,reorder-by=5ms,rate=4mbit,queue=32000`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut conditions = Self { queue: DEFAULT_QUEUE, reorder_by: DEFAULT_REORDER_BY, ..Self::default() };
        for part in text.split(',').filter(|part| !part.is_empty()) {
            let (key, value) = part.split_once('=').ok_or_else(|| format!("`{part}` is not of the form key=value"))?;
            match key {
                "delay" => conditions.delay = milliseconds(value)?,
                "jitter" => conditions.jitter = milliseconds(value)?,
                "reorder-by" => conditions.reorder_by = milliseconds(value)?,
                "loss" => conditions.loss_ppm = percent(value)?,
                "duplicate" => conditions.duplicate_ppm = percent(value)?,
                "reorder" => conditions.reorder_ppm = percent(value)?,
                "rate" => conditions.rate = Some(number(value, "mbit", 1e6)?),
                "queue" => conditions.queue = usize::try_from(number(value, "", 1.0)?).unwrap_or(usize::MAX),
                _ => return Err(format!("`{key}` is no condition of a link")),
            }
        }
        Ok(conditions)
    }
}

/// What a link has done so far, in packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counters {
    /// Taken in.
    pub accepted: u64,
    /// Given out, duplicates counted.
    pub delivered: u64,
    /// Lost by chance.
    pub lost: u64,
    /// Dropped because the queue was full.
    pub overflowed: u64,
    /// Delivered twice.
    pub duplicated: u64,
    /// Held back.
    pub reordered: u64,
}

/// One direction of the relay. Times count from a start of the caller's choice.
#[derive(Debug)]
pub struct Link {
    conditions: Conditions,
    random: Random,
    counters: Counters,
    /// When the narrowest place has sent everything that waits before it.
    busy_until: Duration,
    last_arrival: Duration,
    in_transit: BinaryHeap<Reverse<(Duration, u64, Vec<u8>)>>,
    serial: u64,
}

impl Link {
    /// A link under these conditions, whose chances come from `seed`.
    #[must_use]
    pub fn new(conditions: Conditions, seed: u64) -> Self {
        Self {
            conditions,
            random: Random::new(seed),
            counters: Counters::default(),
            busy_until: Duration::ZERO,
            last_arrival: Duration::ZERO,
            in_transit: BinaryHeap::new(),
            serial: 0,
        }
    }

    /// Takes a packet in.
    pub fn accept(&mut self, now: Duration, packet: &[u8]) {
        self.counters.accepted += 1;
        // All chances are drawn for every packet, so that conditions do not shift the later draws.
        let [lost, duplicated, reordered] =
            [self.conditions.loss_ppm, self.conditions.duplicate_ppm, self.conditions.reorder_ppm]
                .map(|ppm| self.random.below(1_000_000) < u64::from(ppm));
        let share = self.random.below(1 << 16);
        if lost {
            self.counters.lost += 1;
            return;
        }
        let Some(sent) = self.through_the_narrows(now, packet.len()) else {
            self.counters.overflowed += 1;
            return;
        };
        let jitter = (self.conditions.jitter.as_nanos() * u128::from(share)) >> 16;
        let jitter = Duration::from_nanos(u64::try_from(jitter).unwrap_or(0));
        let mut arrival = (sent + self.conditions.delay + jitter).max(self.last_arrival);
        if reordered {
            self.counters.reordered += 1;
            arrival += self.conditions.reorder_by;
        } else {
            self.last_arrival = arrival;
        }
        self.put(arrival, packet);
        if duplicated {
            self.counters.duplicated += 1;
            self.put(arrival, packet);
        }
    }

    /// Gives out a packet that has arrived by `now`.
    pub fn release(&mut self, now: Duration) -> Option<Vec<u8>> {
        let due = self.next_deadline().is_some_and(|at| at <= now);
        let Reverse((_, _, packet)) = if due { self.in_transit.pop()? } else { return None };
        self.counters.delivered += 1;
        Some(packet)
    }

    /// When the next packet arrives.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Duration> {
        self.in_transit.peek().map(|Reverse((at, _, _))| *at)
    }

    /// What has happened so far.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// When a packet that comes now has been sent on; `None` if the queue has no room for it.
    fn through_the_narrows(&mut self, now: Duration, length: usize) -> Option<Duration> {
        if self.in_transit.len() >= IN_TRANSIT_LIMIT {
            return None;
        }
        let Some(rate) = self.conditions.rate.filter(|rate| *rate > 0) else { return Some(now) };
        let waiting = self.busy_until.saturating_sub(now).as_nanos() * u128::from(rate) / 8_000_000_000;
        if waiting + length as u128 > self.conditions.queue as u128 {
            return None;
        }
        let serialisation = length as u128 * 8_000_000_000 / u128::from(rate);
        self.busy_until = self.busy_until.max(now) + Duration::from_nanos(u64::try_from(serialisation).ok()?);
        Some(self.busy_until)
    }

    fn put(&mut self, at: Duration, packet: &[u8]) {
        self.serial += 1;
        self.in_transit.push(Reverse((at, self.serial, packet.to_vec())));
    }
}

/// Two TUN devices and the links between them; made of the devices' names.
#[derive(Debug)]
pub struct Relay {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<io::Result<[Counters; 2]>>>,
}

impl Relay {
    /// Makes the devices `names` and relays between them: from the first to the second under the first conditions, back
    /// under the second. The devices are in the caller's network namespace and down; they may be moved while it runs.
    ///
    /// # Errors
    /// What the kernel says to the making of a TUN device: `PermissionDenied` without `CAP_NET_ADMIN`.
    pub fn start(names: [&str; 2], conditions: [Conditions; 2], seed: u64) -> io::Result<Self> {
        let [there, back] = conditions;
        let [first, second] = names;
        let devices = [device(first)?, device(second)?];
        let links = [Link::new(there, seed), Link::new(back, seed ^ 0xb4c4)];
        let stop = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&stop);
        let thread = std::thread::Builder::new().name("relay".into()).spawn(move || run(&devices, links, &told))?;
        Ok(Self { stop, thread: Some(thread) })
    }

    /// Ends the relay, with it the devices, and says what each link did.
    ///
    /// # Errors
    /// What ended the relay before.
    pub fn stop(mut self) -> io::Result<[Counters; 2]> {
        self.stop.store(true, Ordering::Relaxed);
        let Some(thread) = self.thread.take() else { return Ok([Counters::default(); 2]) };
        thread.join().map_err(|_| io::Error::other("the relay's thread panicked"))?
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn device(name: &str) -> io::Result<SyncDevice> {
    let device = DeviceBuilder::new().name(name).mtu(1500).enable(false).build_sync()?;
    device.set_nonblocking(true)?;
    Ok(device)
}

fn run(devices: &[SyncDevice; 2], links: [Link; 2], stop: &AtomicBool) -> io::Result<[Counters; 2]> {
    let start = Instant::now();
    let [first, second] = devices;
    let [mut there, mut back] = links;
    while !stop.load(Ordering::Relaxed) {
        let now = start.elapsed();
        let deadline = [there.next_deadline(), back.next_deadline()].into_iter().flatten().min();
        wait(first, second, deadline.map_or(LONGEST_WAIT, |at| at.saturating_sub(now)))?;
        read_all(first, &mut there, start)?;
        read_all(second, &mut back, start)?;
        write_due(second, &mut there, start)?;
        write_due(first, &mut back, start)?;
    }
    Ok([there.counters(), back.counters()])
}

fn wait(first: &SyncDevice, second: &SyncDevice, longest: Duration) -> io::Result<()> {
    let longest = longest.min(LONGEST_WAIT);
    let limit = Timespec { tv_sec: 0, tv_nsec: longest.subsec_nanos().into() };
    let mut waited = [PollFd::new(first, PollFlags::IN), PollFd::new(second, PollFlags::IN)];
    match poll(&mut waited, Some(&limit)) {
        Ok(_) | Err(rustix::io::Errno::INTR) => {}
        Err(error) => return Err(error.into()),
    }
    // A device that is down is always "ready", with an error: do not spin on it.
    let broken = waited.iter().any(|fd| fd.revents().contains(PollFlags::ERR));
    if broken {
        std::thread::sleep(Duration::from_millis(1));
    }
    Ok(())
}

fn read_all(device: &SyncDevice, link: &mut Link, start: Instant) -> io::Result<()> {
    let mut buffer = [0_u8; 65_536];
    for _ in 0..READ_BATCH {
        match device.recv(&mut buffer) {
            Ok(length) => link.accept(start.elapsed(), buffer.get(..length).unwrap_or_default()),
            Err(error) if is_passing(&error) => return Ok(()),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn write_due(device: &SyncDevice, link: &mut Link, start: Instant) -> io::Result<()> {
    while let Some(packet) = link.release(start.elapsed()) {
        match device.send(&packet) {
            Ok(_) => {}
            Err(error) if is_passing(&error) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// A device that has nothing to read, or is down (EIO), may come back.
fn is_passing(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) || error.raw_os_error() == Some(EIO)
}

fn milliseconds(text: &str) -> Result<Duration, String> {
    number(text, "ms", 1e6).map(Duration::from_nanos)
}

fn percent(text: &str) -> Result<u32, String> {
    let ppm = number(text, "%", 1e4)?;
    u32::try_from(ppm).ok().filter(|ppm| *ppm <= 1_000_000).ok_or_else(|| format!("`{text}` is above 100%"))
}

fn number(text: &str, unit: &str, scale: f64) -> Result<u64, String> {
    let value = text.strip_suffix(unit).and_then(|value| value.parse::<f64>().ok());
    let value = value.filter(|value| value.is_finite() && *value >= 0.0 && *value * scale < 1e15);
    // In range by the filter above.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    value
        .map(|value| (value * scale).round() as u64)
        .ok_or_else(|| format!("`{text}` is no number with the unit `{unit}`"))
}

const DEFAULT_QUEUE: usize = 64_000;
const DEFAULT_REORDER_BY: Duration = Duration::from_millis(4);
const IN_TRANSIT_LIMIT: usize = 65_536;
const LONGEST_WAIT: Duration = Duration::from_millis(50);
const READ_BATCH: usize = 64;
const EIO: i32 = 5;

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn drained(link: &mut Link) -> Vec<(Duration, Vec<u8>)> {
        let mut out = Vec::new();
        while let Some(at) = link.next_deadline() {
            assert!(at.is_zero() || link.release(at.saturating_sub(Duration::from_nanos(1))).is_none());
            out.push((at, link.release(at).unwrap()));
        }
        out
    }

    #[test]
    fn delay_is_exact_and_jitter_keeps_order() {
        let mut link = Link::new(Conditions { delay: 20 * MS, ..Conditions::default() }, 1);
        link.accept(5 * MS, b"a");
        assert_eq!(drained(&mut link), [(25 * MS, b"a".to_vec())]);
        let mut link = Link::new(Conditions { delay: 20 * MS, jitter: 10 * MS, ..Conditions::default() }, 1);
        (0..100_u8).for_each(|number| link.accept(u32::from(number) * MS, &[number]));
        let out = drained(&mut link);
        assert!(out.iter().map(|(_, packet)| packet[0]).eq(0..100));
        assert!(out.iter().all(|(at, packet)| (20 * MS..=30 * MS).contains(&(*at - u32::from(packet[0]) * MS))));
    }

    #[test]
    fn loss_and_duplication_follow_their_share() {
        let conditions = Conditions { loss_ppm: 100_000, duplicate_ppm: 50_000, ..Conditions::default() };
        let mut link = Link::new(conditions, 1);
        (0..10_000).for_each(|_| link.accept(MS, b"x"));
        let count = link.counters();
        assert!((900..1_100).contains(&count.lost) && (380..520).contains(&count.duplicated), "{count:?}");
        assert_eq!(drained(&mut link).len() as u64, 10_000 - count.lost + count.duplicated);
    }

    #[test]
    fn rate_spaces_packets_and_bounds_the_queue() {
        let conditions = Conditions { rate: Some(8_000_000), queue: 10_000, ..Conditions::default() };
        let mut link = Link::new(conditions, 1);
        (0..20).for_each(|_| link.accept(Duration::ZERO, &[0; 1_000]));
        assert_eq!(link.counters().overflowed, 10);
        assert!(drained(&mut link).iter().map(|(at, _)| *at).eq((1..=10).map(|number| number * MS)));
    }

    #[test]
    fn reordered_packets_are_overtaken() {
        let conditions = Conditions { reorder_ppm: 200_000, reorder_by: 3 * MS, ..Conditions::default() };
        let mut link = Link::new(conditions, 3);
        (0..100_u8).for_each(|number| link.accept(u32::from(number) * MS, &[number]));
        let order: Vec<u8> = drained(&mut link).iter().map(|(_, packet)| packet[0]).collect();
        assert!(order.windows(2).any(|pair| pair[0] > pair[1]));
        assert!(link.counters().reordered > 10);
    }

    #[test]
    fn same_seed_loses_the_same_packets_under_other_conditions() {
        let survivors = |conditions: Conditions| {
            let mut link = Link::new(Conditions { loss_ppm: 300_000, ..conditions }, 9);
            (0..200_u8).for_each(|number| link.accept(u32::from(number) * MS, &[number]));
            let mut out: Vec<u8> = drained(&mut link).into_iter().map(|(_, packet)| packet[0]).collect();
            out.sort_unstable();
            out
        };
        let slow = Conditions { delay: 70 * MS, jitter: 30 * MS, reorder_ppm: 90_000, ..Conditions::default() };
        assert_eq!(survivors(Conditions::default()), survivors(slow));
    }

    #[test]
    fn conditions_are_read_and_nonsense_is_refused() {
        let read: Conditions = "delay=20ms,loss=1.5%,rate=4mbit,queue=32000".parse().unwrap();
        assert_eq!((read.delay, read.loss_ppm, read.rate, read.queue), (20 * MS, 15_000, Some(4_000_000), 32_000));
        for wrong in ["delay", "delay=20", "loss=101%", "loss=-1%", "speed=1mbit", "rate=NaNmbit"] {
            assert!(wrong.parse::<Conditions>().is_err(), "{wrong}");
        }
    }
}

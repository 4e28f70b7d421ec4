//! The sender: headers written in place, many datagrams with one call.

use std::io;
use std::ops::RangeInclusive;
use std::os::fd::AsFd;

use socket2::Socket;

use super::MOST_DATAGRAM;
use super::header::{Header, stamp};
use crate::sys;
use crate::sys::datagrams::SendBatch;
use crate::throughput::BitRate;
use crate::throughput::engine::meter::Meter;
use crate::throughput::engine::pacer::Pacer;
use crate::throughput::engine::payload;
use crate::throughput::engine::running::{Outcome, Shortcuts};
use crate::throughput::engine::shared::Phase;
use crate::throughput::engine::task::Task;
use crate::{Error, Result};

/// Sends.
pub(in crate::throughput::engine) struct Sender {
    length: usize,
    counters64: bool,
    octets: Box<[u8]>,
    batch: SendBatch,
    most_messages: usize,
    /// Datagrams in one message; 1 without segmentation.
    segments: usize,
    pacer: Option<Pacer>,
    number: u64,
    shortcuts: Shortcuts,
}

impl Sender {
    pub(in crate::throughput::engine) fn prepare(task: &Task, socket: &Socket) -> Self {
        let length = task.length;
        let pacer = task.rate.map(|rate| Pacer::new(rate.0, at_once(task, rate), task.tuning.spin));
        let mut sender = Self {
            length,
            counters64: task.counters64,
            octets: Box::default(),
            batch: SendBatch::new(task.tuning.send_batch.max(1)),
            most_messages: task.tuning.send_batch.max(1),
            segments: 1,
            pacer,
            number: 0,
            shortcuts: Shortcuts::default(),
        };
        let segments = task.tuning.segments.min(MOST_DATAGRAM / length);
        if task.gso && segments > 1 {
            sender.set_segments(socket, segments);
        }
        // As long as any batch can be, whatever becomes of segmentation.
        let datagrams =
            MOST_OCTETS.div_ceil(length).min(sender.most_messages.max(segments * TINY_MESSAGES)).max(segments);
        sender.octets = payload::fill(datagrams * length, length, task.repeating_payload);
        sender
    }

    pub(in crate::throughput::engine) fn run(mut self, socket: &Socket, meter: &mut Meter<'_>) -> (Outcome, Shortcuts) {
        // Of the datagrams that are due, those that have not left yet.
        let mut due = 0;
        loop {
            let mut datagrams = self.most_datagrams();
            // Before anything is taken of a budget, which is for all streams.
            if let Some(pacer) = &mut self.pacer {
                if due == 0 && meter.phase() < Phase::Draining {
                    let Some(octets) = pacer.wait() else { continue };
                    due = (octets as usize / self.length).max(1);
                }
                datagrams = datagrams.min(due.max(1));
            }
            let Some(granted) = meter.grant((datagrams * self.length) as u64) else {
                return (Outcome::Stopped, self.shortcuts);
            };
            datagrams = usize::try_from(granted.div_ceil(self.length as u64)).unwrap_or(datagrams).min(datagrams);
            if meter.has_paused()
                && let Some(pacer) = &mut self.pacer
            {
                pacer.start_over();
            }
            match self.send(socket, datagrams) {
                Ok(sent) => {
                    self.left(sent, &mut due);
                    meter.totals.packets = self.number;
                    meter.totals.datagrams += sent as u64;
                    meter.moved((sent * self.length) as u64);
                }
                Err(error) => {
                    if let Err(error) = self.refused(socket, &error, &mut due, meter) {
                        return (Outcome::Failed(error), self.shortcuts);
                    }
                }
            }
        }
    }

    /// Writes the next numbers and sends as many datagrams as go with one call; returns how many went.
    fn send(&mut self, socket: &Socket, datagrams: usize) -> io::Result<usize> {
        let stamp = stamp(sys::monotonic());
        let mut number = self.number;
        let octets = self.octets.get_mut(..datagrams * self.length).unwrap_or_default();
        for datagram in octets.chunks_exact_mut(self.length) {
            number += 1;
            Header::write_to(datagram, stamp, number, self.counters64);
        }
        let messages = self.batch.send(socket.as_fd(), octets, self.segments * self.length)?;
        Ok((messages * self.segments).min(datagrams))
    }

    /// Takes note that datagrams have left, or never will.
    fn left(&mut self, datagrams: usize, due: &mut usize) {
        self.number += datagrams as u64;
        *due = due.saturating_sub(datagrams);
        if let Some(pacer) = &mut self.pacer {
            pacer.sent((datagrams * self.length) as u64);
        }
    }

    /// What to do when nothing was sent: once more, without segmentation, or without these datagrams.
    fn refused(&mut self, socket: &Socket, error: &io::Error, due: &mut usize, meter: &mut Meter<'_>) -> Result<()> {
        match error.raw_os_error() {
            // The last is the answer to an earlier datagram; who has closed the port says so on the control connection.
            Some(libc::EAGAIN | libc::EINTR | libc::ECONNREFUSED) => {}
            Some(libc::EINVAL | libc::EIO | libc::EMSGSIZE) if self.segments > 1 => {
                let fewer = if self.segments > OLD_SEGMENTS { OLD_SEGMENTS } else { 1 };
                self.set_segments(socket, fewer);
            }
            // A full queue, a filter, no route for now: the datagrams are lost, and their numbers tell it.
            Some(
                libc::ENOBUFS | libc::ENOMEM | libc::EPERM | libc::EHOSTUNREACH | libc::ENETUNREACH | libc::ENETDOWN,
            ) => {
                let first = self.segments.min(if self.pacer.is_some() { (*due).max(1) } else { usize::MAX });
                self.left(first, due);
                meter.totals.packets = self.number;
                meter.totals.unsent += first as u64;
                std::thread::yield_now();
            }
            code => {
                let failed = Error::io(
                    format!("send datagrams of {} octets", self.length),
                    code.map_or_else(|| io::Error::from(error.kind()), io::Error::from_raw_os_error),
                );
                let too_long = code == Some(libc::EMSGSIZE);
                return if meter.phase() >= Phase::Draining {
                    Ok(())
                } else if too_long {
                    Err(failed.with_hint("a shorter datagram, or one that may be fragmented"))
                } else {
                    Err(failed)
                };
            }
        }
        Ok(())
    }

    fn set_segments(&mut self, socket: &Socket, segments: usize) {
        let length = if segments > 1 { self.length as i32 } else { 0 };
        let set = sys::socket::set_option(socket.as_fd(), libc::SOL_UDP, libc::UDP_SEGMENT, &length.to_ne_bytes());
        self.segments = if set.is_ok() { segments } else { 1 };
        self.shortcuts.segments = if self.segments > 1 { self.segments } else { 0 };
    }

    /// The most datagrams of one call.
    fn most_datagrams(&self) -> usize {
        let room = self.octets.len() / self.length;
        if self.segments > 1 {
            // A message of tiny datagrams is soon sent: several are worth one call.
            let messages = (MOST_DATAGRAM / (self.segments * self.length)).clamp(1, TINY_MESSAGES);
            (messages.min(self.most_messages) * self.segments).min(room / self.segments * self.segments).max(1)
        } else {
            self.most_messages.min(room).max(1)
        }
    }
}

/// Octets that leave at once, and at most where calls are slow: whole datagrams.
fn at_once(task: &Task, rate: BitRate) -> RangeInclusive<u64> {
    let length = task.length as u64;
    if task.burst > 0 {
        let burst = length.saturating_mul(task.burst.into());
        return burst..=burst;
    }
    let datagrams = |nanoseconds: u64| nanoseconds as f64 * rate.0 as f64 / (length as f64 * 8e9);
    let span = if task.tuning.spin { SPAN_AWAKE } else { SPAN_ASLEEP };
    let (least, most) = (datagrams(span).ceil().max(1.0) as u64, datagrams(SPAN_LATE) as u64);
    least.saturating_mul(length)..=most.max(least).saturating_mul(length)
}

/// What is sent with one call stays in the cache.
const MOST_OCTETS: usize = 256 * 1024;
const TINY_MESSAGES: usize = 8;
/// What kernels before 6.9 allow.
const OLD_SEGMENTS: usize = 64;
/// Nanoseconds that a batch is worth when its start is exact: some calls.
const SPAN_AWAKE: u64 = 10_000;
/// The same, at most, where calls are slow.
const SPAN_LATE: u64 = 250_000;
/// The same where the thread sleeps between batches.
const SPAN_ASLEEP: u64 = 100_000;

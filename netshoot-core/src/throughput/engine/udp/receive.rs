//! The receiver: many messages with one call, each of which may be many datagrams.

use std::io;
use std::os::fd::AsFd;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use socket2::Socket;

use super::MOST_DATAGRAM;
use super::header::{Header, Number};
use super::rest::{REST, Rests};
use crate::sys::datagrams::{Message, ReceiveBatch};
use crate::throughput::engine::accounting::Accounting;
use crate::throughput::engine::counters::Totals;
use crate::throughput::engine::meter::Meter;
use crate::throughput::engine::running::{Outcome, Shortcuts};
use crate::throughput::engine::shared::Phase;
use crate::throughput::engine::task::Task;
use crate::throughput::protocol::{HELLO, HELLO_REPLY};
use crate::{Error, Result, sys};

/// Receives.
pub(in crate::throughput::engine) struct Receiver {
    counters64: bool,
    batch: ReceiveBatch,
    accounting: Accounting,
    /// The kernel tells when each message came.
    stamped: bool,
    rests: Rests,
    shortcuts: Shortcuts,
}

impl Receiver {
    pub(in crate::throughput::engine) fn prepare(task: &Task, socket: &Socket) -> Result<Self> {
        let descriptor = socket.as_fd();
        let failed = |error| Error::io("set the receive buffer of a UDP stream", error);
        let buffer = sys::socket::receive_buffer(descriptor).map_err(failed)?;
        if buffer < task.tuning.receive_buffer {
            sys::socket::set_receive_buffer(descriptor, task.tuning.receive_buffer).map_err(failed)?;
        }
        let on = 1_i32.to_ne_bytes();
        let stamped = sys::socket::set_option(descriptor, libc::SOL_SOCKET, libc::SO_TIMESTAMPNS, &on).is_ok();
        // Where it is refused a rest is somewhat longer.
        let _ = sys::thread::set_timer_slack(Duration::from_nanos(1));
        let gro = task.gro && sys::socket::set_option(descriptor, libc::SOL_UDP, libc::UDP_GRO, &on).is_ok();
        let room = if gro { MOST_MESSAGE } else { task.length.max(LEAST_ROOM) };
        Ok(Self {
            counters64: task.counters64,
            batch: ReceiveBatch::new(task.tuning.receive_batch.clamp(1, MOST_OCTETS / room), room),
            accounting: Accounting::new(),
            stamped,
            rests: Rests::new(sys::socket::receive_buffer(descriptor).map_err(failed)?),
            shortcuts: Shortcuts::default(),
        })
    }

    pub(in crate::throughput::engine) fn run(mut self, socket: &Socket, meter: &mut Meter<'_>) -> (Outcome, Shortcuts) {
        loop {
            let phase = meter.phase();
            if phase == Phase::Stopping {
                self.tail(socket, meter);
                return (Outcome::Stopped, self.shortcuts);
            }
            match self.receive(socket, 0, meter) {
                Ok(newest) => self.rest(newest),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock && phase == Phase::Draining => {
                    return (Outcome::Stopped, self.shortcuts);
                }
                // The last is the answer to a datagram that this end has sent.
                Err(error)
                    if matches!(
                        error.raw_os_error(),
                        Some(libc::EAGAIN | libc::EINTR | libc::ECONNREFUSED | libc::EHOSTUNREACH | libc::ENETUNREACH)
                    ) => {}
                Err(error) => {
                    return (Outcome::Failed(Error::io("receive from a UDP stream", error)), self.shortcuts);
                }
            }
        }
    }

    /// Counts what waits in the socket, for a bounded time: the other end may be sending still.
    fn tail(&mut self, socket: &Socket, meter: &mut Meter<'_>) {
        let end = sys::monotonic() + TAIL;
        while self.receive(socket, libc::MSG_DONTWAIT, meter).is_ok() && sys::monotonic() < end {}
    }

    /// Lets messages gather, if the last one, which came at `newest`, was just now and more come soon.
    fn rest(&mut self, newest: Option<Duration>) {
        let Some(newest) = newest.filter(|_| self.rests.may_be_due()) else { return };
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        if self.rests.is_due(newest, now) {
            sys::thread::sleep_until(sys::monotonic() + REST);
        }
    }

    /// Receives what one call gives; when the last message came, by the kernel.
    fn receive(&mut self, socket: &Socket, flags: libc::c_int, meter: &mut Meter<'_>) -> io::Result<Option<Duration>> {
        let count = self.batch.receive(socket.as_fd(), flags)?;
        let now = if self.stamped { None } else { Some(sys::monotonic()) };
        let (mut octets, mut newest) = (0, None);
        for message in self.batch.messages(count) {
            octets += message.octets.len();
            newest = message.stamp;
            // The answer to the first datagram of the stream was lost.
            if message.octets == HELLO && meter.totals.datagrams == 0 {
                let _ = socket.send_with_flags(&HELLO_REPLY, libc::MSG_DONTWAIT);
            }
            self.shortcuts.gro |= message.segment.is_some_and(|segment| segment < message.octets.len());
            account(&mut self.accounting, &message, self.counters64, now, &mut meter.totals);
        }
        self.accounting.write_to(&mut meter.totals);
        meter.moved(octets as u64);
        self.rests.received(count, octets);
        Ok(newest)
    }
}

/// Accounts for each datagram of a message.
fn account(
    accounting: &mut Accounting,
    message: &Message<'_>,
    counters64: bool,
    now: Option<Duration>,
    totals: &mut Totals,
) {
    let arrival = message.stamp.or(now).map(|time| time.as_nanos() as i64);
    let segment = message.segment.unwrap_or(message.octets.len()).max(1);
    for datagram in message.octets.chunks(segment) {
        let Some(header) = Header::parse(datagram, counters64) else {
            totals.malformed += 1;
            continue;
        };
        let number = match header.number {
            Number::Low(low) => accounting.widen(low),
            Number::Whole(number) => number,
        };
        let transit = arrival.map(|arrival| arrival.wrapping_sub(header.sent));
        totals.datagrams += 1;
        accounting.receive(number, transit);
    }
}

/// What the kernel puts together is at most an IP packet.
const MOST_MESSAGE: usize = MOST_DATAGRAM + 28;
/// A datagram longer than was agreed is counted whole up to this.
const LEAST_ROOM: usize = 2048;
/// A hundred streams shall not take all memory.
const MOST_OCTETS: usize = 1024 * 1024;
/// For so long what waits is counted after the end.
const TAIL: Duration = Duration::from_millis(20);

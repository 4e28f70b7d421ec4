//! Requests and responses: one at a time on each stream, each timed from the first octet sent to the last that came.

use std::io::{self, Read, Write};
use std::time::{Duration, Instant};

use socket2::Socket;

use super::meter::Meter;
use super::running::{Outcome, Shortcuts};
use super::shared::Phase;
use super::task::{Exchange, Task};
use crate::throughput::Transport;
use crate::throughput::latency::Histogram;
use crate::throughput::protocol::HELLO_REPLY;
use crate::{Error, Result};

/// Asks.
pub(super) struct Requester {
    exchange: Exchange,
    transport: Transport,
    octets: Box<[u8]>,
    times: Histogram,
}

/// Answers.
pub(super) struct Responder {
    exchange: Exchange,
    transport: Transport,
    octets: Box<[u8]>,
}

/// How waiting for octets ended, when none failed to come.
enum Came {
    All,
    /// The stream is to stop.
    Stop,
    /// A datagram was lost.
    Nothing,
    Closed,
}

impl Requester {
    pub(super) fn prepare(task: &Task, exchange: Exchange, socket: &Socket) -> Result<Self> {
        set_up(task, socket)?;
        let octets = vec![0; exchange.request.max(exchange.response).max(LEAST_DATAGRAM)].into();
        Ok(Self { exchange, transport: task.transport, octets, times: Histogram::default() })
    }

    pub(super) fn run(mut self, socket: &Socket, meter: &mut Meter<'_>) -> (Outcome, Shortcuts, Histogram) {
        let outcome = loop {
            if meter.grant(self.exchange.request as u64).is_none() {
                break Outcome::Stopped;
            }
            let start = Instant::now();
            meter.totals.packets += 1;
            let came = match self.transport {
                Transport::Tcp => self.ask_stream(socket, meter),
                Transport::Udp => self.ask_datagram(socket, meter),
            };
            match came {
                Ok(Came::All) => {
                    self.times.record(start.elapsed());
                    meter.totals.datagrams += 1;
                    meter.moved(self.exchange.request as u64);
                    if meter.has_just_begun() {
                        self.times = Histogram::default();
                    }
                }
                Ok(Came::Nothing) => meter.totals.lost += 1,
                Ok(Came::Stop) => break Outcome::Stopped,
                Ok(Came::Closed) => break Outcome::PeerClosed,
                Err(error) => break failed("exchange requests and responses", error, meter),
            }
        };
        (outcome, Shortcuts::default(), self.times)
    }

    fn ask_stream(&mut self, socket: &Socket, meter: &mut Meter<'_>) -> io::Result<Came> {
        let request = self.octets.get(..self.exchange.request).unwrap_or_default();
        match send_all(socket, request, meter)? {
            Came::All => {}
            other => return Ok(other),
        }
        receive_all(socket, self.octets.get_mut(..self.exchange.response).unwrap_or_default(), meter)
    }

    fn ask_datagram(&mut self, socket: &Socket, meter: &mut Meter<'_>) -> io::Result<Came> {
        let number = meter.totals.packets.to_be_bytes();
        let request = self.octets.get_mut(..self.exchange.request).unwrap_or_default();
        if let Some(place) = request.first_chunk_mut() {
            *place = number;
        }
        match (&*socket).write(request) {
            Err(error) if !is_passing(&error) => return Err(error),
            _ => {}
        }
        let until = Instant::now() + LOST;
        loop {
            match (&*socket).read(&mut self.octets) {
                // Another number is the answer to a request that was given up.
                Ok(_) if self.octets.starts_with(&number) => return Ok(Came::All),
                Ok(_) => {}
                Err(error) if is_passing(&error) => {}
                Err(error) => return Err(error),
            }
            if meter.phase() >= Phase::Draining {
                return Ok(Came::Stop);
            }
            if Instant::now() >= until {
                return Ok(Came::Nothing);
            }
        }
    }
}

impl Responder {
    pub(super) fn prepare(task: &Task, exchange: Exchange, socket: &Socket) -> Result<Self> {
        set_up(task, socket)?;
        let octets = vec![0; exchange.request.max(exchange.response).max(LEAST_DATAGRAM)].into();
        Ok(Self { exchange, transport: task.transport, octets })
    }

    pub(super) fn run(mut self, socket: &Socket, meter: &mut Meter<'_>) -> (Outcome, Shortcuts, Histogram) {
        let outcome = loop {
            // Heard at once, so that the time to omit ends where it does.
            meter.phase();
            let came = match self.transport {
                Transport::Tcp => self.answer_stream(socket, meter),
                Transport::Udp => self.answer_datagram(socket, meter),
            };
            match came {
                Ok(Came::All) => {
                    meter.totals.packets += 1;
                    meter.totals.datagrams += 1;
                    meter.moved(self.exchange.request as u64);
                }
                Ok(Came::Nothing) => {}
                Ok(Came::Stop) => break Outcome::Stopped,
                Ok(Came::Closed) => break Outcome::PeerClosed,
                Err(error) => break failed("answer requests", error, meter),
            }
        };
        (outcome, Shortcuts::default(), Histogram::default())
    }

    fn answer_stream(&mut self, socket: &Socket, meter: &mut Meter<'_>) -> io::Result<Came> {
        match receive_all(socket, self.octets.get_mut(..self.exchange.request).unwrap_or_default(), meter)? {
            Came::All => {}
            other => return Ok(other),
        }
        send_all(socket, self.octets.get(..self.exchange.response).unwrap_or_default(), meter)
    }

    fn answer_datagram(&mut self, socket: &Socket, meter: &mut Meter<'_>) -> io::Result<Came> {
        if meter.phase() >= Phase::Draining {
            return Ok(Came::Stop);
        }
        match (&*socket).read(&mut self.octets) {
            // The first datagram of a stream, come again: its answer was lost.
            Ok(length) if length < LEAST_DATAGRAM => {
                let _ = socket.send(&HELLO_REPLY);
                return Ok(Came::Nothing);
            }
            Ok(_) => {}
            Err(error) if is_passing(&error) => return Ok(Came::Nothing),
            Err(error) => return Err(error),
        }
        match (&*socket).write(self.octets.get(..self.exchange.response).unwrap_or_default()) {
            Err(error) if !is_passing(&error) => Err(error),
            _ => Ok(Came::All),
        }
    }
}

/// Small segments must not wait for others.
fn set_up(task: &Task, socket: &Socket) -> Result<()> {
    match task.transport {
        Transport::Tcp => socket.set_tcp_nodelay(true).map_err(|error| Error::io("set TCP_NODELAY", error)),
        Transport::Udp => Ok(()),
    }
}

fn send_all(socket: &Socket, mut octets: &[u8], meter: &mut Meter<'_>) -> io::Result<Came> {
    while !octets.is_empty() {
        match socket.send_with_flags(octets, libc::MSG_NOSIGNAL) {
            Ok(sent) => octets = octets.get(sent..).unwrap_or_default(),
            Err(error) if is_passing(&error) => {
                if meter.phase() >= Phase::Draining {
                    return Ok(Came::Stop);
                }
            }
            Err(error) => return Err(error),
        }
    }
    Ok(Came::All)
}

fn receive_all(socket: &Socket, mut octets: &mut [u8], meter: &mut Meter<'_>) -> io::Result<Came> {
    while !octets.is_empty() {
        match (&*socket).read(octets) {
            Ok(0) => return Ok(Came::Closed),
            Ok(received) => octets = octets.get_mut(received..).unwrap_or_default(),
            Err(error) if is_passing(&error) => {
                if meter.phase() >= Phase::Draining {
                    return Ok(Came::Stop);
                }
            }
            Err(error) => return Err(error),
        }
    }
    Ok(Came::All)
}

/// What a call may fail with while all is well; a refusal answers an earlier datagram.
fn is_passing(error: &io::Error) -> bool {
    matches!(
        error.raw_os_error(),
        Some(libc::EAGAIN | libc::EINTR | libc::ECONNREFUSED | libc::ENOBUFS | libc::EHOSTUNREACH | libc::ENETUNREACH)
    )
}

fn failed(operation: &'static str, error: io::Error, meter: &mut Meter<'_>) -> Outcome {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, NotConnected};
    match error.kind() {
        _ if meter.phase() >= Phase::Draining => Outcome::Stopped,
        BrokenPipe | ConnectionAborted | ConnectionReset | NotConnected => Outcome::PeerClosed,
        _ => Outcome::Failed(Error::io(operation, error)),
    }
}

/// A datagram begins with its number.
const LEAST_DATAGRAM: usize = 8;
/// After so long an answer is given up.
const LOST: Duration = Duration::from_millis(500);

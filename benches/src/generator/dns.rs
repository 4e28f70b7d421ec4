//! A stub resolver that asks for the IPv4 and IPv6 addresses of a name, and a recursive resolver that answers, fails,
//! comes late or says nothing.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde_json::json;

use super::pair::Pair;
use super::truth::{Fault, FlowKey};
use super::wire::Addresses;
use super::{Actor, Context, Signal};

/// What a resolver does with the questions of one look-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Answer,
    /// An answer without records and with this code.
    Code(u8),
    /// The first query gets lost, the second is answered.
    OnRetry,
    Never,
    /// An answer after more than a second.
    Late,
}

#[derive(Debug)]
pub(super) struct Lookup {
    pub(super) key: FlowKey,
    pub(super) addresses: Pair<Addresses>,
    pub(super) name: String,
    pub(super) transaction: u16,
    pub(super) outcome: Outcome,
    pub(super) latency_us: u64,
    pub(super) answers: (Ipv4Addr, Ipv6Addr),
    pub(super) frames: [Vec<u32>; 2],
    pub(super) started: [u64; 2],
}

impl Lookup {
    fn query(&mut self, question: usize, attempt: u32, context: &mut Context<'_>) -> io::Result<()> {
        let message = self.message(question, None);
        let ports = (self.key.client_port, self.key.server_port);
        context.output.scratch().udp(&self.addresses.client, ports, &message)?;
        self.capture(question, context)?;
        let index = u32::try_from(question).unwrap_or(0);
        match self.outcome {
            Outcome::Never if attempt < 2 => context.after(RETRY, Signal::Step(step(index, attempt + 1))),
            Outcome::OnRetry if attempt == 0 => context.after(RETRY, Signal::Step(step(index, 1))),
            Outcome::Never => {}
            _ => context.after(self.latency_us + 90 * u64::from(index), Signal::Step(step(index, ANSWER))),
        }
        Ok(())
    }

    fn answer(&mut self, question: usize, context: &mut Context<'_>) -> io::Result<()> {
        let code = if let Outcome::Code(code) = self.outcome { code } else { 0 };
        let message = self.message(question, Some(code));
        let ports = (self.key.server_port, self.key.client_port);
        context.output.scratch().udp(&self.addresses.server, ports, &message)?;
        self.capture(question, context)?;
        if let Some(fault) = self.fault(question, Some(context.now)) {
            context.output.fault(&fault)?;
        }
        Ok(())
    }

    fn capture(&mut self, question: usize, context: &mut Context<'_>) -> io::Result<()> {
        let frame = context.output.capture(context.now)?;
        if let (Some(frames), true) = (self.frames.get_mut(question), frame != 0) {
            frames.push(frame);
            if let Some(started) = self.started.get_mut(question).filter(|started| **started == 0) {
                *started = context.now;
            }
        }
        Ok(())
    }

    fn message(&self, question: usize, code: Option<u8>) -> Vec<u8> {
        let kind = if question == 0 { TYPE_A } else { TYPE_AAAA };
        let id = self.transaction.wrapping_add(u16::try_from(question).unwrap_or(0).wrapping_mul(0x3d1b));
        let address: IpAddr = if question == 0 { self.answers.0.into() } else { self.answers.1.into() };
        encode(id, &self.name, kind, code, address)
    }

    /// The fault of one question, once; `answered` is when the answer came.
    fn fault(&mut self, question: usize, answered: Option<u64>) -> Option<Fault> {
        let frames = self.frames.get_mut(question).map(std::mem::take).filter(|frames| !frames.is_empty())?;
        let time_us = self.started.get(question).copied().unwrap_or(0);
        let latency = answered.map(|at| at - time_us);
        let kind = match (self.outcome, answered) {
            (Outcome::Code(_), Some(_)) => "dns_failure",
            (Outcome::OnRetry, Some(_)) => "dns_retry",
            (Outcome::Late, Some(_)) => "dns_slow",
            (Outcome::Never | Outcome::OnRetry, None) => "dns_unanswered",
            _ => return None,
        };
        let code = if let Outcome::Code(code) = self.outcome { Some(code) } else { answered.map(|_| 0) };
        let record_type = if question == 0 { "A" } else { "AAAA" };
        let details = json!({"name": self.name, "type": record_type, "rcode": code, "latency_us": latency});
        Some(Fault { kind, flow: self.key, time_us, frames, details })
    }
}

impl Actor for Lookup {
    fn handle(&mut self, signal: Signal, context: &mut Context<'_>) -> io::Result<()> {
        let Signal::Step(number) = signal else { return Ok(()) };
        let (question, what) = (usize::try_from(number / 8).unwrap_or(0), number % 8);
        if number == 0 {
            context.after(14, Signal::Step(step(1, 0)));
        }
        if what == ANSWER { self.answer(question, context) } else { self.query(question, what, context) }
    }

    fn faults(&mut self) -> Vec<Fault> {
        (0..2).filter_map(|question| self.fault(question, None)).collect()
    }
}

fn step(question: u32, what: u32) -> u32 {
    question * 8 + what
}

/// A query, or the answer to it with the given code (RFC 1035, section 4).
fn encode(id: u16, name: &str, kind: u16, code: Option<u8>, address: IpAddr) -> Vec<u8> {
    let answers = u8::from(code == Some(0));
    let mut message = id.to_be_bytes().to_vec();
    message.extend_from_slice(&code.map_or([0x01, 0x00], |code| [0x81, 0x80 | code]));
    message.extend_from_slice(&[0, 1, 0, answers, 0, 0, 0, 0]);
    for label in name.split('.') {
        message.push(u8::try_from(label.len()).unwrap_or(63));
        message.extend_from_slice(label.as_bytes());
    }
    message.push(0);
    message.extend_from_slice(&kind.to_be_bytes());
    message.extend_from_slice(&[0, 1]);
    if answers == 1 {
        message.extend_from_slice(&[0xc0, 12]);
        message.extend_from_slice(&kind.to_be_bytes());
        message.extend_from_slice(&[0, 1, 0, 0, 0, 60]);
        match address {
            IpAddr::V4(four) => {
                message.extend_from_slice(&[0, 4]);
                message.extend_from_slice(&four.octets());
            }
            IpAddr::V6(six) => {
                message.extend_from_slice(&[0, 16]);
                message.extend_from_slice(&six.octets());
            }
        }
    }
    message
}

const ANSWER: u32 = 7;
const RETRY: u64 = 5_000_000;
const TYPE_A: u16 = 1;
const TYPE_AAAA: u16 = 28;

//! What needs no connection: clocks asking for the time, logs thrown at a collector, datagrams for a closed port, and
//! pings.

use std::io;

use serde_json::json;

use super::pair::Pair;
use super::random::Random;
use super::truth::{Fault, FlowKey};
use super::wire::Addresses;
use super::{Actor, Context, Signal};

/// The kinds of exchange, and what each needs to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exchange {
    /// One NTP request and its answer.
    Clock,
    /// This many lines of syslog.
    Log { lines: u32 },
    /// A datagram answered by ICMP: port unreachable.
    Closed,
    /// This many echo requests, a second apart; every request has this chance in ten thousand to stay unanswered.
    Ping { count: u32, loss: u64 },
}

#[derive(Debug)]
pub(super) struct Datagrams {
    pub(super) kind: Exchange,
    pub(super) key: FlowKey,
    pub(super) addresses: Pair<Addresses>,
    pub(super) round_trip_us: u64,
    pub(super) random: Random,
    pub(super) frames: Vec<u32>,
}

impl Datagrams {
    fn udp(&mut self, payload: &[u8], context: &mut Context<'_>) -> io::Result<u32> {
        let ports = (self.key.client_port, self.key.server_port);
        context.output.scratch().udp(&self.addresses.client, ports, payload)?;
        context.output.capture(context.now)
    }

    fn clock(&mut self, step: u32, context: &mut Context<'_>) -> io::Result<()> {
        let mut message = vec![if step == 0 { 0x23 } else { 0x24 }, u8::from(step == 1), 6, 0xec];
        message.extend_from_slice(&[0; 20]);
        for _ in 0..3 {
            message.extend_from_slice(&(0xeb73_0000_0000_0000 | self.random.below(1 << 40)).to_be_bytes());
        }
        if step == 0 {
            self.udp(&message, context)?;
            context.after(self.round_trip_us, Signal::Step(1));
            return Ok(());
        }
        let ports = (self.key.server_port, self.key.client_port);
        context.output.scratch().udp(&self.addresses.server, ports, &message)?;
        context.output.capture(context.now).map(drop)
    }

    fn log(&mut self, step: u32, lines: u32, context: &mut Context<'_>) -> io::Result<()> {
        let order = self.random.below(1_000_000);
        let line = format!("<134>Mar  3 09:30:00 cart-7 cart[411]: order {order} accepted, {step} waiting");
        self.udp(line.as_bytes(), context)?;
        if step + 1 < lines {
            context.after(self.random.between(500, 400_000), Signal::Step(step + 1));
        }
        Ok(())
    }

    fn closed(&mut self, step: u32, context: &mut Context<'_>) -> io::Result<()> {
        let frame = if step == 0 {
            context.after(self.round_trip_us, Signal::Step(1));
            self.udp(b"cart:1|c\n", context)?
        } else {
            // The error quotes the datagram, so it is built once more.
            let ports = (self.key.client_port, self.key.server_port);
            context.output.scratch().udp(&self.addresses.client, ports, b"cart:1|c\n")?;
            let mut rest = vec![0; 4];
            rest.extend_from_slice(context.output.scratch().packet());
            let (kind, code) = if self.key.client.is_ipv4() { (3, 3) } else { (1, 4) };
            context.output.scratch().icmp(&self.addresses.server, kind, code, &rest)?;
            context.output.capture(context.now)?
        };
        if frame != 0 {
            self.frames.push(frame);
        }
        if step == 1 && frame != 0 {
            let details = json!({"icmp_code": if self.key.client.is_ipv4() { 3 } else { 4 }, "icmp_frames": [frame],
                "router": self.key.server, "attempts": 1});
            let frames = std::mem::take(&mut self.frames);
            let time_us = context.now - self.round_trip_us;
            context.output.fault(&Fault { kind: "unreachable", flow: self.key, time_us, frames, details })?;
        }
        Ok(())
    }

    /// Even steps are requests, odd ones replies.
    fn ping(&mut self, step: u32, count: u32, loss: u64, context: &mut Context<'_>) -> io::Result<()> {
        let sequence = u16::try_from(step / 2 + 1).unwrap_or(u16::MAX);
        let mut rest = self.key.client_port.to_be_bytes().to_vec();
        rest.extend_from_slice(&sequence.to_be_bytes());
        rest.extend(0..56);
        let request = step.is_multiple_of(2);
        let kind = match (self.key.client.is_ipv4(), request) {
            (true, true) => 8,
            (true, false) => 0,
            (false, true) => 128,
            (false, false) => 129,
        };
        let addresses = if request { &self.addresses.client } else { &self.addresses.server };
        context.output.scratch().icmp(addresses, kind, 0, &rest)?;
        let frame = context.output.capture(context.now)?;
        if !request {
            return Ok(());
        }
        if self.random.chance(loss) && frame != 0 {
            let details = json!({"identifier": self.key.client_port, "sequence": sequence});
            let flow = self.key;
            context.output.fault(&Fault {
                kind: "echo_unanswered",
                flow,
                time_us: context.now,
                frames: vec![frame],
                details,
            })?;
        } else {
            context.after(self.round_trip_us + self.random.below(300), Signal::Step(step + 1));
        }
        if step / 2 + 1 < count {
            context.after(1_000_000, Signal::Step(step + 2));
        }
        Ok(())
    }
}

impl Actor for Datagrams {
    fn handle(&mut self, signal: Signal, context: &mut Context<'_>) -> io::Result<()> {
        let Signal::Step(step) = signal else { return Ok(()) };
        match self.kind {
            Exchange::Clock => self.clock(step, context),
            Exchange::Log { lines } => self.log(step, lines, context),
            Exchange::Closed => self.closed(step, context),
            Exchange::Ping { count, loss } => self.ping(step, count, loss, context),
        }
    }

    fn faults(&mut self) -> Vec<Fault> {
        Vec::new()
    }
}

//! A port scan by half-open connections: one SYN for each port, a reset for every answer that opens one.

use std::io;

use serde_json::json;

use super::pair::Pair;
use super::random::Random;
use super::tcp::{ACK, RST, SYN};
use super::truth::{Fault, FlowKey};
use super::wire::{Addresses, TcpFields};
use super::{Actor, Context, Signal};

#[derive(Debug)]
pub(super) struct Scan {
    /// The port is the first one scanned.
    pub(super) key: FlowKey,
    pub(super) addresses: Pair<Addresses>,
    pub(super) ports: u32,
    pub(super) random: Random,
    pub(super) probes: Vec<u32>,
    pub(super) open: Vec<u16>,
    pub(super) refused: u32,
    pub(super) started: u64,
}

impl Scan {
    fn port(&self, index: u32) -> u16 {
        self.key.server_port.wrapping_add(u16::try_from(index).unwrap_or(0))
    }

    fn segment(
        &self,
        from_scanner: bool,
        index: u32,
        flags: u8,
        numbers: (u32, u32),
        context: &mut Context<'_>,
    ) -> io::Result<u32> {
        let port = self.port(index);
        let ports = (self.key.client_port, port);
        let (source_port, destination_port) = if from_scanner { ports } else { (ports.1, ports.0) };
        let fields = TcpFields {
            source_port,
            destination_port,
            identification: None,
            sequence: numbers.0,
            acknowledgment: numbers.1,
            flags,
            window: if flags & RST == 0 { 1024 } else { 0 },
            options: if flags & SYN == 0 { &[] } else { &[2, 4, 5, 0xb4] },
            payload: &[],
        };
        let addresses = if from_scanner { &self.addresses.client } else { &self.addresses.server };
        context.output.scratch().tcp(addresses, &fields)?;
        context.output.capture(context.now)
    }

    fn probe(&mut self, index: u32, context: &mut Context<'_>) -> io::Result<()> {
        self.started = if index == 0 { context.now } else { self.started };
        let frame = self.segment(true, index, SYN, (SCANNER_SEQUENCE, 0), context)?;
        if frame != 0 {
            self.probes.push(frame);
        }
        match self.state(index) {
            Port::Filtered => {}
            Port::Open | Port::Closed => context.after(self.random.between(700, 1_400), Signal::Step(index * 4 + 1)),
        }
        if index + 1 < self.ports {
            context.after(self.random.between(2_000, 14_000), Signal::Step(index * 4 + 4));
        }
        Ok(())
    }

    fn answer(&mut self, index: u32, context: &mut Context<'_>) -> io::Result<()> {
        if self.state(index) == Port::Closed {
            self.refused += 1;
            return self.segment(false, index, RST | ACK, (0, SCANNER_SEQUENCE + 1), context).map(drop);
        }
        self.open.push(self.port(index));
        context.after(150, Signal::Step(index * 4 + 2));
        self.segment(false, index, SYN | ACK, (TARGET_SEQUENCE + index, SCANNER_SEQUENCE + 1), context).map(drop)
    }

    fn state(&self, index: u32) -> Port {
        match self.port(index) {
            port if port % 97 == 22 => Port::Open,
            port if port % 10 == 9 => Port::Filtered,
            _ => Port::Closed,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Port {
    Open,
    Closed,
    Filtered,
}

impl Actor for Scan {
    fn handle(&mut self, signal: Signal, context: &mut Context<'_>) -> io::Result<()> {
        let Signal::Step(step) = signal else { return Ok(()) };
        match step % 4 {
            0 => self.probe(step / 4, context),
            1 => self.answer(step / 4, context),
            _ => self.segment(true, step / 4, RST, (SCANNER_SEQUENCE + 1, 0), context).map(drop),
        }
    }

    fn faults(&mut self) -> Vec<Fault> {
        if self.probes.is_empty() {
            return Vec::new();
        }
        let details = json!({"first_port": self.key.server_port, "ports": self.probes.len(), "open": self.open,
            "refused": self.refused});
        let frames = std::mem::take(&mut self.probes);
        vec![Fault { kind: "port_scan", flow: self.key, time_us: self.started, frames, details }]
    }
}

const SCANNER_SEQUENCE: u32 = 0x51c4_0b11;
const TARGET_SEQUENCE: u32 = 0x2e00_7a10;

//! The tap on one connection: writes the frames, and notes the faults that they show.

use std::io;

use serde_json::json;

use super::{ACK, Fate, RST, Repeat, SYN, Segment, Trouble, before};
use crate::generator::Context;
use crate::generator::pair::{Pair, Side};
use crate::generator::truth::{Fault, FlowKey};
use crate::generator::wire::{Addresses, TcpFields};

/// Frames of a receiver whose window is closed.
#[derive(Debug, Default)]
struct Stall {
    since_us: u64,
    zero_windows: Vec<u32>,
    probes: Vec<u32>,
}

#[derive(Debug)]
pub(super) struct Witness {
    key: FlowKey,
    addresses: Pair<Addresses>,
    router: Addresses,
    options: Vec<u8>,
    /// The highest end of a segment seen from each side, and its frame.
    highest: Pair<Option<(u32, u32)>>,
    stalls: Pair<Option<Stall>>,
    opening: Vec<u32>,
    opened: bool,
    resets: Vec<(u32, Side)>,
    reset_at: u64,
    aborted_by: Option<Side>,
    errors: Vec<u32>,
    started: u64,
}

impl Witness {
    pub(super) fn new(key: FlowKey, addresses: Pair<Addresses>, router: Addresses) -> Self {
        Self {
            key,
            addresses,
            router,
            options: Vec::with_capacity(40),
            highest: Pair::default(),
            stalls: Pair::default(),
            opening: Vec::new(),
            opened: false,
            resets: Vec::new(),
            reset_at: 0,
            aborted_by: None,
            errors: Vec::new(),
            started: 0,
        }
    }

    pub(super) fn aborted_by(&mut self, side: Side) {
        self.aborted_by = Some(side);
    }

    /// Captures the segment and notes what it shows.
    pub(super) fn segment(&mut self, from: Side, segment: &Segment, context: &mut Context<'_>) -> io::Result<()> {
        let frame = self.capture(from, segment, context)?;
        if frame == 0 {
            return Ok(());
        }
        self.note_order(from, segment, frame, context)?;
        self.note_window(from, segment, frame, context)?;
        self.note_opening(from, segment, frame, context.now);
        if segment.has(RST) {
            self.resets.push((frame, from));
            self.reset_at = if self.reset_at == 0 { context.now } else { self.reset_at };
        }
        Ok(())
    }

    /// The router says that the last captured segment went nowhere.
    pub(super) fn unreachable(&mut self, code: u8, context: &mut Context<'_>) -> io::Result<()> {
        let quoted = context.output.scratch().packet().to_vec();
        let kind = if self.router.source.is_ipv4() { 3 } else { 1 };
        let mut rest = vec![0; 4];
        rest.extend(quoted);
        context.output.scratch().icmp(&self.router, kind, code, &rest)?;
        let frame = context.output.capture(context.now)?;
        if frame != 0 {
            self.errors.push(frame);
        }
        Ok(())
    }

    /// The faults that are known only when the connection, or the capture, is over.
    pub(super) fn faults(&mut self, trouble: Trouble) -> Vec<Fault> {
        let mut faults = Vec::new();
        for side in [Side::Client, Side::Server] {
            if let Some(stall) = self.stalls.of_mut(side).take() {
                faults.push(zero_window(self.key, side, &stall, None, 0));
            }
        }
        faults.extend(self.never_opened(trouble));
        if self.opened && !self.resets.is_empty() {
            let frames = self.resets.iter().map(|(frame, _)| *frame).collect();
            let by: Vec<Side> = self.resets.iter().map(|(_, side)| *side).collect();
            let details = json!({"by": self.aborted_by, "senders": by});
            faults.push(Fault { kind: "reset", flow: self.key, time_us: self.reset_at, frames, details });
            self.resets.clear();
        }
        faults
    }

    fn never_opened(&mut self, trouble: Trouble) -> Option<Fault> {
        if self.opened || self.opening.is_empty() {
            return None;
        }
        let mut frames = std::mem::take(&mut self.opening);
        let attempts = frames.len();
        let (kind, details) = match trouble {
            Trouble::Refused if !self.resets.is_empty() => ("connection_refused", json!({"attempts": attempts})),
            Trouble::Unreachable { code } => {
                let details = json!({"attempts": attempts, "icmp_code": code, "router": self.router.source, "icmp_frames": self.errors});
                ("unreachable", details)
            }
            _ => ("syn_unanswered", json!({"attempts": attempts, "dropped": trouble == Trouble::Dropped})),
        };
        frames.extend(self.resets.drain(..).map(|(frame, _)| frame));
        frames.append(&mut self.errors);
        frames.sort_unstable();
        Some(Fault { kind, flow: self.key, time_us: self.started, frames, details })
    }

    fn note_opening(&mut self, from: Side, segment: &Segment, frame: u32, now: u64) {
        if from == Side::Client && segment.has(SYN) && !self.opened {
            self.started = if self.opening.is_empty() { now } else { self.started };
            self.opening.push(frame);
        }
        self.opened |= from == Side::Server && segment.has(SYN);
    }

    /// Repeats, and segments that others overtook.
    fn note_order(&mut self, from: Side, segment: &Segment, frame: u32, context: &mut Context<'_>) -> io::Result<()> {
        if segment.probe || segment.has(RST) {
            return Ok(());
        }
        let highest = *self.highest.of(from);
        let old = highest.is_some_and(|(end, _)| before(segment.sequence, end));
        if highest.is_none_or(|(end, _)| before(end, segment.end())) {
            *self.highest.of_mut(from) = Some((segment.end(), frame));
        }
        if segment.length() == 0 {
            return Ok(());
        }
        let first = segment.chunk.first_frame.get();
        if first == 0 {
            segment.chunk.first_frame.set(frame);
        }
        let fault = match segment.repeat {
            Repeat::No if old => {
                let frames = highest.map_or_else(Vec::new, |(_, overtaker)| vec![overtaker, frame]);
                ("reordered", frames, json!({"from": from, "sequence": segment.sequence}))
            }
            Repeat::No => return Ok(()),
            Repeat::Fast | Repeat::Timeout => {
                let frames = if first == 0 { vec![frame] } else { vec![first, frame] };
                ("retransmission", frames, self.repeat_details(from, segment, old))
            }
        };
        let (kind, frames, details) = fault;
        context.output.fault(&Fault { kind, flow: self.key, time_us: context.now, frames, details })
    }

    fn repeat_details(&self, from: Side, segment: &Segment, old: bool) -> serde_json::Value {
        let trigger = if segment.repeat == Repeat::Fast { "fast" } else { "timeout" };
        let cause = match segment.cause {
            Fate::Delivered => "acknowledgment_lost_or_late",
            Fate::LostBeforeTap => "lost_before_tap",
            Fate::LostAfterTap => "lost_after_tap",
            Fate::Reordered => "reordered",
        };
        // Without a later segment before it, a repeat of what the tap never saw looks like new data.
        json!({"from": from, "sequence": segment.sequence, "length": segment.payload().len(), "trigger": trigger,
            "cause": cause, "behind_highest": old})
    }

    fn note_window(&mut self, from: Side, segment: &Segment, frame: u32, context: &mut Context<'_>) -> io::Result<()> {
        if segment.probe {
            if let Some(stall) = self.stalls.of_mut(from.peer()) {
                stall.probes.push(frame);
            }
            return Ok(());
        }
        if segment.has(RST) || !segment.has(ACK) {
            return Ok(());
        }
        if segment.window == 0 {
            let fresh = || Stall { since_us: context.now, ..Stall::default() };
            self.stalls.of_mut(from).get_or_insert_with(fresh).zero_windows.push(frame);
            return Ok(());
        }
        if let Some(stall) = self.stalls.of_mut(from).take() {
            context.output.fault(&zero_window(self.key, from, &stall, Some(frame), context.now - stall.since_us))?;
        }
        Ok(())
    }

    fn capture(&mut self, from: Side, segment: &Segment, context: &mut Context<'_>) -> io::Result<u32> {
        encode_options(segment, &mut self.options);
        let (source_port, destination_port) = match from {
            Side::Client => (self.key.client_port, self.key.server_port),
            Side::Server => (self.key.server_port, self.key.client_port),
        };
        let fields = TcpFields {
            source_port,
            destination_port,
            identification: Some(segment.identification),
            sequence: segment.sequence,
            acknowledgment: segment.acknowledgment,
            flags: segment.flags,
            window: segment.window,
            options: &self.options,
            payload: segment.payload(),
        };
        context.output.scratch().tcp(self.addresses.of(from), &fields)?;
        context.output.capture(context.now)
    }
}

fn zero_window(flow: FlowKey, by: Side, stall: &Stall, update: Option<u32>, stall_us: u64) -> Fault {
    let mut frames: Vec<u32> = stall.zero_windows.iter().chain(&stall.probes).copied().chain(update).collect();
    frames.sort_unstable();
    let details = json!({"by": by, "zero_window_frames": stall.zero_windows, "probe_frames": stall.probes,
        "update_frame": update, "stall_us": stall_us});
    Fault { kind: "zero_window", flow, time_us: stall.since_us, frames, details }
}

/// In the order in which Linux writes them.
fn encode_options(segment: &Segment, out: &mut Vec<u8>) {
    out.clear();
    if let Some((limit, scale, selective)) = segment.offer {
        let [high, low] = limit.to_be_bytes();
        out.extend_from_slice(&[2, 4, high, low]);
        out.extend_from_slice(if selective { &[4, 2] } else { &[1, 1] });
        encode_timestamps(segment, out);
        if segment.timestamps.is_none() {
            out.extend_from_slice(&[1, 1]);
        }
        out.extend_from_slice(&[1, 3, 3, scale]);
        return;
    }
    if segment.timestamps.is_some() {
        out.extend_from_slice(&[1, 1]);
        encode_timestamps(segment, out);
    }
    if let Some(length) = u8::try_from(segment.sack.len() * 8 + 2).ok().filter(|length| *length > 2) {
        out.extend_from_slice(&[1, 1, 5, length]);
        for (left, right) in &segment.sack {
            out.extend_from_slice(&left.to_be_bytes());
            out.extend_from_slice(&right.to_be_bytes());
        }
    }
}

fn encode_timestamps(segment: &Segment, out: &mut Vec<u8>) {
    if let Some((value, echo)) = segment.timestamps {
        out.extend_from_slice(&[8, 10]);
        out.extend_from_slice(&value.to_be_bytes());
        out.extend_from_slice(&echo.to_be_bytes());
    }
}

//! One TCP connection from its SYN to its end, seen by the tap: moves segments between the endpoints, lets the two
//! applications take their turns, and notes every planted fault that the tap could see.

use std::io;

use super::application::{End, Script, Turn};
use super::endpoint::{Endpoint, Stack, State};
use super::path::Path;
use super::witness::Witness;
use super::{Segment, before};
use crate::generator::pair::{Pair, Side};
use crate::generator::truth::{Fault, FlowKey};
use crate::generator::wire::Addresses;
use crate::generator::{Actor, Context, Signal};

/// What is wrong with a connection, beside what its path does to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::generator) enum Trouble {
    None,
    /// Nothing listens on the port.
    Refused,
    /// Something behind the tap drops every segment of the client.
    Dropped,
    /// A router behind the tap says that the server cannot be reached.
    Unreachable {
        code: u8,
    },
    /// The client stops reading its second answer, until it has answered this many probes.
    Stall {
        probes: u32,
    },
}

/// Everything that is decided about a connection before it starts.
#[derive(Debug)]
pub(in crate::generator) struct Plan {
    pub(in crate::generator) key: FlowKey,
    pub(in crate::generator) addresses: Pair<Addresses>,
    /// Of the router that answers for an unreachable server.
    pub(in crate::generator) router: Addresses,
    pub(in crate::generator) stacks: Pair<Stack>,
    pub(in crate::generator) path: Path,
    pub(in crate::generator) script: Script,
    pub(in crate::generator) trouble: Trouble,
}

pub(in crate::generator) struct Connection {
    trouble: Trouble,
    path: Path,
    script: Script,
    ends: Pair<Endpoint>,
    /// Who speaks, and where in the stream the message ends.
    speaking: Option<(Side, u32)>,
    turn: Option<Turn>,
    scheduled: Pair<[bool; 2]>,
    closing: bool,
    aborting: bool,
    stalled: bool,
    witness: Witness,
}

impl Connection {
    pub(in crate::generator) fn new(plan: Plan) -> Self {
        let timer = 200_000 + 2 * plan.path.round_trip();
        let listening = if plan.trouble == Trouble::Refused { State::Gone } else { State::Listen };
        Self {
            trouble: plan.trouble,
            ends: Pair {
                client: Endpoint::new(plan.stacks.client, State::Listen, timer),
                server: Endpoint::new(plan.stacks.server, listening, timer),
            },
            path: plan.path,
            script: plan.script,
            speaking: None,
            turn: None,
            scheduled: Pair::default(),
            closing: false,
            aborting: false,
            stalled: false,
            witness: Witness::new(plan.key, plan.addresses, plan.router),
        }
    }

    /// The segment passes the tap.
    fn seen(&mut self, from: Side, segment: Box<Segment>, context: &mut Context<'_>) -> io::Result<()> {
        self.witness.segment(from, &segment, context)?;
        match self.trouble {
            Trouble::Dropped => return Ok(()),
            Trouble::Unreachable { code } => {
                self.witness.unreachable(code, context)?;
                return Ok(());
            }
            Trouble::None | Trouble::Refused | Trouble::Stall { .. } => {}
        }
        if let Some(at) = self.path.leave_tap(context.now, from, &segment) {
            context.at(at, Signal::Arrive(from.peer(), segment));
        }
        Ok(())
    }

    fn arrive(&mut self, side: Side, segment: &Segment, context: &mut Context<'_>) {
        let was_open = self.ends.client.state == State::Established;
        let mut out = Vec::new();
        self.ends.of_mut(side).arrive(context.now, segment, &mut out);
        self.send(side, out, context);
        if !was_open && self.ends.client.state == State::Established {
            self.next_turn(context);
        }
        self.after_arrival(side, context);
    }

    /// What the applications do about what has just been received.
    fn after_arrival(&mut self, side: Side, context: &mut Context<'_>) {
        let end = self.ends.of(side);
        if let Some((from, until)) = self.speaking
            && from != side
            && !before(end.expected, until)
            && end.state == State::Established
            && !self.stalled
        {
            self.speaking = None;
            self.next_turn(context);
        }
        let end = self.ends.of(side);
        if let Trouble::Stall { probes } = self.trouble
            && self.stalled
            && side == Side::Client
            && end.probes_answered >= probes
        {
            self.trouble = Trouble::None;
            context.after(20_000, Signal::Step(RESUME));
        }
        if end.fin_received && !self.closing {
            self.closing = true;
            context.after(150, Signal::Step(close_step(side)));
        }
    }

    fn next_turn(&mut self, context: &mut Context<'_>) {
        self.turn = self.script.next();
        match (&self.turn, self.script.end) {
            (Some(turn), _) => context.after(turn.wait, Signal::Step(SPEAK)),
            (None, End::Close(side)) => context.after(1_000, Signal::Step(close_step(side))),
            (None, End::Abort { .. }) => {}
        }
    }

    fn speak(&mut self, context: &mut Context<'_>) {
        let Some(turn) = self.turn.take() else { return };
        let answer = turn.from == Side::Server;
        let exchange = self.script.exchange();
        if answer && exchange == 2 && matches!(self.trouble, Trouble::Stall { .. }) {
            self.stalled = true;
            self.ends.client.stop_reading();
        }
        let mut out = Vec::new();
        let end = self.ends.of_mut(turn.from);
        if end.state != State::Established {
            return;
        }
        let until = end.write(context.now, turn.message, &mut out);
        self.speaking = Some((turn.from, until));
        self.send(turn.from, out, context);
        if let End::Abort { by, exchange: wanted } = self.script.end
            && exchange == wanted
            && answer
            && !self.aborting
        {
            self.aborting = true;
            let wait = self.path.round_trip() + self.path.random.below(3 * self.path.round_trip());
            context.after(wait, Signal::Step(abort_step(by)));
        }
    }

    /// Puts segments on the path and keeps the timers of the endpoint that sent them.
    fn send(&mut self, from: Side, out: Vec<Segment>, context: &mut Context<'_>) {
        for mut segment in out {
            if let Some(at) = self.path.reach_tap(context.now, from, &mut segment) {
                context.at(at, Signal::Seen(from, Box::new(segment)));
            }
        }
        self.keep_timers(from, context);
    }

    /// Each timer has at most one event waiting; if that comes early, it waits again.
    fn keep_timers(&mut self, side: Side, context: &mut Context<'_>) {
        let end = self.ends.of(side);
        let [retransmit, acknowledge] = self.scheduled.of_mut(side);
        if let (Some(at), false) = (end.retransmit_at, *retransmit) {
            *retransmit = true;
            context.at(at, Signal::Step(retransmit_step(side)));
        }
        if let (Some(at), false) = (end.acknowledge_at, *acknowledge) {
            *acknowledge = true;
            context.at(at, Signal::Step(acknowledge_step(side)));
        }
    }

    fn retransmit_timer(&mut self, side: Side, context: &mut Context<'_>) {
        let [retransmit, _] = self.scheduled.of_mut(side);
        *retransmit = false;
        let mut out = Vec::new();
        let end = self.ends.of_mut(side);
        if end.retransmit_at.is_some_and(|at| at <= context.now) {
            end.retransmit_timer(context.now, &mut out);
        }
        self.send(side, out, context);
    }

    fn acknowledge_timer(&mut self, side: Side, context: &mut Context<'_>) {
        let [_, acknowledge] = self.scheduled.of_mut(side);
        *acknowledge = false;
        let mut out = Vec::new();
        let end = self.ends.of_mut(side);
        if end.acknowledge_at.is_some_and(|at| at <= context.now) {
            end.acknowledge_timer(context.now, &mut out);
        }
        self.send(side, out, context);
    }

    fn resume(&mut self, context: &mut Context<'_>) {
        self.stalled = false;
        let mut out = Vec::new();
        self.ends.client.read_on(context.now, &mut out);
        self.send(Side::Client, out, context);
        self.after_arrival(Side::Client, context);
    }

    fn step(&mut self, step: u32, context: &mut Context<'_>) {
        let mut out = Vec::new();
        let side = if step.is_multiple_of(2) { Side::Client } else { Side::Server };
        match step {
            START => self.ends.client.connect(context.now, &mut out),
            SPEAK => return self.speak(context),
            RESUME => return self.resume(context),
            _ if step / 2 == RETRANSMIT => return self.retransmit_timer(side, context),
            _ if step / 2 == ACKNOWLEDGE => return self.acknowledge_timer(side, context),
            _ if step / 2 == CLOSE => {
                self.closing |= self.ends.of(side).fin_received;
                self.ends.of_mut(side).close(context.now, &mut out);
            }
            _ => {
                self.witness.aborted_by(side);
                self.ends.of_mut(side).abort(context.now, &mut out);
            }
        }
        self.send(side, out, context);
    }
}

impl Actor for Connection {
    fn handle(&mut self, signal: Signal, context: &mut Context<'_>) -> io::Result<()> {
        match signal {
            Signal::Step(step) => self.step(step, context),
            Signal::Seen(from, segment) => self.seen(from, segment, context)?,
            Signal::Arrive(side, segment) => self.arrive(side, &segment, context),
        }
        Ok(())
    }

    fn faults(&mut self) -> Vec<Fault> {
        self.witness.faults(self.trouble)
    }
}

// Steps: even for the client, odd for the server, where it matters.
const START: u32 = 0;
const SPEAK: u32 = 2;
const RESUME: u32 = 4;
const RETRANSMIT: u32 = 3;
const ACKNOWLEDGE: u32 = 4;
const CLOSE: u32 = 5;
const ABORT: u32 = 6;

fn of_side(step: u32, side: Side) -> u32 {
    2 * step + u32::from(side == Side::Server)
}

fn retransmit_step(side: Side) -> u32 {
    of_side(RETRANSMIT, side)
}

fn acknowledge_step(side: Side) -> u32 {
    of_side(ACKNOWLEDGE, side)
}

fn close_step(side: Side) -> u32 {
    of_side(CLOSE, side)
}

fn abort_step(side: Side) -> u32 {
    of_side(ABORT, side)
}

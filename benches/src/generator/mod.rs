//! A capture of a busy network, made up from a seed: the same seed and size always give the same octets.
//!
//! Hosts behind a gateway look up names, fetch pages, keep calls going, push metrics, ping and get scanned, over IPv4
//! and IPv6, with and without VLAN tags. Every TCP connection is simulated from both ends with windows, delayed and
//! selective acknowledgments, congestion control, timers and a path that loses and reorders, and the capture is what a
//! tap in the middle of that path sees. Each planted fault is written to a file of truth with its frame numbers.
//!
//! Memory stays bounded: only the flows that are open at the moment are held, and frames are written as they pass.

mod dns;
mod exchange;
mod pair;
mod pcap;
mod population;
mod random;
mod scan;
mod tcp;
mod truth;
mod wire;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::io::{self, Write};

use pair::Side;
use pcap::PcapWriter;
use population::Population;
pub use random::Random;
use tcp::Segment;
use truth::Fault;
use wire::Frame;

/// What to generate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// How many frames the capture has, exactly.
    pub frames: u32,
    /// What all random decisions come from.
    pub seed: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { frames: 1_050_000, seed: 1 }
    }
}

/// What was generated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    /// Frames in the capture.
    pub frames: u32,
    /// Octets of the capture file.
    pub octets: u64,
    /// Lines in the file of truth.
    pub faults: u64,
    /// Flows that were begun.
    pub flows: u64,
}

/// Writes a capture to `capture` and its file of truth to `truth`.
///
/// # Errors
/// What the two outputs answer to being written.
pub fn generate(settings: Settings, capture: impl Write, truth: impl Write) -> io::Result<Summary> {
    let mut capture = PcapWriter::new(capture)?;
    let mut truth = truth;
    let mut world = World::new(settings, &mut capture, &mut truth);
    world.run()?;
    world.finish()?;
    let summary = Summary {
        frames: world.output.capture.frames(),
        octets: world.output.capture.octets(),
        faults: world.output.faults,
        flows: world.population.flows(),
    };
    capture.flush()?;
    truth.flush()?;
    Ok(summary)
}

/// Anything that sends frames: a connection, a look-up, a scan.
trait Actor {
    /// Something that the actor asked for has come due.
    fn handle(&mut self, signal: Signal, context: &mut Context<'_>) -> io::Result<()>;
    /// The actor, or the capture, is over: the faults not yet told.
    fn faults(&mut self) -> Vec<Fault>;
}

/// What can come due for an actor.
#[derive(Debug)]
enum Signal {
    /// The actor's own numbering; 0 is the start.
    Step(u32),
    /// A segment from this side passes the tap.
    Seen(Side, Box<Segment>),
    /// A segment reaches this side.
    Arrive(Side, Box<Segment>),
}

struct Event {
    at: u64,
    order: u64,
    actor: u64,
    signal: Signal,
}

impl PartialEq for Event {
    fn eq(&self, other: &Self) -> bool {
        (self.at, self.order) == (other.at, other.order)
    }
}

impl Eq for Event {}

impl PartialOrd for Event {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Event {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.order).cmp(&(other.at, other.order))
    }
}

/// The frames and faults on their way out.
struct Output<'a> {
    capture: &'a mut dyn FrameSink,
    truth: &'a mut dyn Write,
    frame: Frame,
    faults: u64,
    limit: u32,
}

/// A capture of which the kind of output has been forgotten.
trait FrameSink {
    fn frame(&mut self, time_us: u64, bytes: &[u8]) -> io::Result<u32>;
    fn frames(&self) -> u32;
    fn octets(&self) -> u64;
}

impl<W: Write> FrameSink for PcapWriter<W> {
    fn frame(&mut self, time_us: u64, bytes: &[u8]) -> io::Result<u32> {
        Self::frame(self, time_us, bytes)
    }

    fn frames(&self) -> u32 {
        Self::frames(self)
    }

    fn octets(&self) -> u64 {
        Self::octets(self)
    }
}

/// What an actor may do while it handles a signal. Times are microseconds since 1970.
struct Context<'a> {
    now: u64,
    actor: u64,
    queue: &'a mut Queue,
    output: &'a mut dyn Recorder,
}

/// The part of the output that actors see.
trait Recorder {
    /// The buffer to build the next frame in.
    fn scratch(&mut self) -> &mut Frame;
    /// Captures the frame in the buffer and gives its number.
    fn capture(&mut self, now: u64) -> io::Result<u32>;
    fn fault(&mut self, fault: &Fault) -> io::Result<()>;
}

impl Recorder for Output<'_> {
    fn scratch(&mut self) -> &mut Frame {
        &mut self.frame
    }

    fn capture(&mut self, now: u64) -> io::Result<u32> {
        if self.capture.frames() >= self.limit {
            return Ok(0);
        }
        self.capture.frame(now, self.frame.bytes())
    }

    fn fault(&mut self, fault: &Fault) -> io::Result<()> {
        self.faults += 1;
        fault.write_to(self.truth)
    }
}

impl Context<'_> {
    fn after(&mut self, delay: u64, signal: Signal) {
        self.queue.push(self.now + delay, self.actor, signal);
    }

    fn at(&mut self, time: u64, signal: Signal) {
        self.queue.push(time.max(self.now), self.actor, signal);
    }
}

/// All that is to come, in order of time, and how much of it each actor still expects.
#[derive(Default)]
struct Queue {
    events: BinaryHeap<Reverse<Event>>,
    expected: BTreeMap<u64, u32>,
    order: u64,
}

impl Queue {
    fn push(&mut self, at: u64, actor: u64, signal: Signal) {
        self.order += 1;
        *self.expected.entry(actor).or_default() += 1;
        self.events.push(Reverse(Event { at, order: self.order, actor, signal }));
    }

    fn pop(&mut self) -> Option<Event> {
        let Reverse(event) = self.events.pop()?;
        if let Some(count) = self.expected.get_mut(&event.actor) {
            *count -= 1;
        }
        Some(event)
    }

    /// True, once, when nothing more will come for this actor.
    fn is_done(&mut self, actor: u64) -> bool {
        let done = self.expected.get(&actor).is_some_and(|count| *count == 0);
        if done {
            self.expected.remove(&actor);
        }
        done
    }
}

/// Actor number 0 is the population: its events begin the others.
const POPULATION: u64 = 0;

struct World<'a> {
    queue: Queue,
    actors: BTreeMap<u64, Box<dyn Actor>>,
    born: u64,
    population: Population,
    output: Output<'a>,
}

impl<'a> World<'a> {
    fn new(settings: Settings, capture: &'a mut dyn FrameSink, truth: &'a mut dyn Write) -> Self {
        let mut queue = Queue::default();
        queue.push(EPOCH_US, POPULATION, Signal::Step(0));
        Self {
            queue,
            actors: BTreeMap::new(),
            born: POPULATION,
            population: Population::new(settings),
            output: Output { capture, truth, frame: Frame::default(), faults: 0, limit: settings.frames },
        }
    }

    fn run(&mut self) -> io::Result<()> {
        while self.output.capture.frames() < self.output.limit {
            let Some(event) = self.queue.pop() else { return Ok(()) };
            if event.actor == POPULATION {
                self.begin(event.at);
            } else {
                self.step(event)?;
            }
        }
        Ok(())
    }

    /// Starts what the population does next, and waits for what it does after that.
    fn begin(&mut self, now: u64) {
        let (births, pause) = self.population.next();
        for (delay, actor) in births {
            self.born += 1;
            self.actors.insert(self.born, actor);
            self.queue.push(now + delay, self.born, Signal::Step(0));
        }
        self.queue.push(now + pause, POPULATION, Signal::Step(0));
    }

    fn step(&mut self, event: Event) -> io::Result<()> {
        let Some(actor) = self.actors.get_mut(&event.actor) else { return Ok(()) };
        let output = &mut self.output;
        let mut context = Context { now: event.at, actor: event.actor, queue: &mut self.queue, output };
        actor.handle(event.signal, &mut context)?;
        if self.queue.is_done(event.actor) {
            for fault in actor.faults() {
                self.output.fault(&fault)?;
            }
            self.actors.remove(&event.actor);
        }
        Ok(())
    }

    /// The capture ends here: tells the faults of what is still open.
    fn finish(&mut self) -> io::Result<()> {
        for actor in self.actors.values_mut() {
            for fault in actor.faults() {
                self.output.fault(&fault)?;
            }
        }
        Ok(())
    }
}

/// 2025-03-03 09:30:00 UTC, a Monday morning.
const EPOCH_US: u64 = 1_740_994_200_000_000;

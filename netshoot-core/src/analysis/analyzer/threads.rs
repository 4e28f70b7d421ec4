//! One capture, several threads.
//!
//! Each thread has a shard of its own, and a queue of batches of frames, of which it takes those for its shard. Whoever has
//! nothing to do reads the next batch, counts its frames and puts it into all queues; so the threads share the reading, too,
//! however flows are spread. Frames stay in the buffer that they were read into.

use std::collections::VecDeque;
use std::io::Read;
use std::num::NonZero;
use std::ops::ControlFlow;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use super::conclusion::conclude;
use super::intake::Intake;
use super::numbers;
use super::shard::{Counters, Passing, Shard};
use super::share::{self, Share};
use crate::analysis::join::for_each;
use crate::analysis::{CaptureSummary, FRAMES_PER_PROGRESS, Options, Report};
use crate::capture::{Batch, Reader};
use crate::{Error, ErrorKind, Result};

/// How many threads there are to be.
pub(super) fn number(wanted: usize) -> Result<usize> {
    match wanted {
        0 => Ok(thread::available_parallelism().map_or(1, NonZero::get).min(MOST)),
        1..=MOST => Ok(wanted),
        _ => {
            let error = Error::new(ErrorKind::InvalidInput, format!("analyze capture in {wanted} threads"));
            Err(error.with_detail(format!("there may be {MOST}")).with_hint("0 takes as many as there are processors"))
        }
    }
}

/// What the threads share.
pub(super) struct Work<'a, R: Read> {
    state: Mutex<State<'a, R>>,
    changed: Condvar,
    shards: Vec<Mutex<Shard>>,
}

struct State<'a, R: Read> {
    /// Not here while somebody reads.
    source: Option<Source<'a, R>>,
    /// For each shard what it has not taken yet.
    queues: Vec<VecDeque<Arc<Batch>>>,
    /// Octets of the batches that not all have taken.
    queued: usize,
    /// Shards that are taking a batch.
    busy: usize,
    /// Threads that wait for a change: the system is asked to wake some only if there are any.
    waiting: usize,
    spare: Vec<Batch>,
    /// Flows and streams whose numbers are those of their shards, and how many there may be.
    openings: usize,
    most_openings: usize,
    /// There is nothing more to read.
    is_over: bool,
    is_cancelled: bool,
    /// Octets and frames that were read.
    read: (u64, u64),
}

struct Source<'a, R: Read> {
    reader: &'a mut Reader<R>,
    intake: Intake,
    shards: u32,
    reassembles: bool,
    agreed: Counters,
    damage: Option<String>,
}

enum Task<'a, R: Read> {
    Take(Arc<Batch>),
    Read(Source<'a, R>, Batch),
    /// To agree on numbers.
    Agree(Source<'a, R>),
    End,
}

impl<R: Read + Send> Work<'_, R> {
    /// Analyses the capture to its end.
    pub(super) fn analyze(self, progress: &mut dyn FnMut(u64, u64) -> ControlFlow<()>) -> Result<Report> {
        let work = &self;
        let done = thread::scope(|scope| {
            for place in 1..work.shards.len() {
                let helper = thread::Builder::new().name(THREAD.to_owned());
                let started =
                    helper.spawn_scoped(scope, move || work.run(place, &mut |_, _| ControlFlow::Continue(())));
                if let Err(error) = started {
                    // Those that were started wait for the others.
                    work.end();
                    let error = Error::io("start a thread for the analysis", error);
                    return Err(error.with_hint("analyse with one thread"));
                }
            }
            work.run(0, progress);
            Ok(())
        });
        done?;
        self.finish()
    }
}

impl<'a, R: Read> Work<'a, R> {
    pub(super) fn new(reader: &'a mut Reader<R>, options: &Options, threads: usize) -> Self {
        let shards = u32::try_from(threads).unwrap_or(1);
        let (intake, agreed) = (Intake::new(options.since), Counters::default());
        let state = State {
            source: Some(Source { reader, intake, shards, reassembles: options.reassemble, agreed, damage: None }),
            queues: (0..threads).map(|_| VecDeque::new()).collect(),
            queued: 0,
            busy: 0,
            waiting: 0,
            spare: Vec::new(),
            openings: 0,
            most_openings: MOST_OPENINGS,
            is_over: false,
            is_cancelled: false,
            read: (0, 0),
        };
        let shard = |place| Mutex::new(Shard::new(Share::new(place, shards), options));
        Self { state: Mutex::new(state), changed: Condvar::new(), shards: (0..shards).map(shard).collect() }
    }

    /// What one thread does, until there is nothing left.
    fn run(&self, place: usize, progress: &mut dyn FnMut(u64, u64) -> ControlFlow<()>) {
        let _leaving = Leaving(self);
        let mut told = 0;
        loop {
            match self.next_task(place) {
                Task::Take(batch) => self.take(place, batch),
                Task::Read(source, batch) => self.read(source, batch),
                Task::Agree(source) => self.agree(source),
                Task::End => break,
            }
            let (octets, frames) = self.lock().read;
            if frames - told >= FRAMES_PER_PROGRESS {
                told = frames;
                if progress(octets, frames).is_break() {
                    self.lock().is_cancelled = true;
                    self.end();
                }
            }
        }
    }

    /// Has all threads end, whatever there is to do.
    fn end(&self) {
        let mut state = self.lock();
        state.is_over = true;
        state.queues.iter_mut().for_each(VecDeque::clear);
        self.tell(state);
    }

    /// Lets go of what has changed, and tells those that wait for it.
    fn tell(&self, state: MutexGuard<'_, State<'a, R>>) {
        let waiting = state.waiting > 0;
        drop(state);
        if waiting {
            self.changed.notify_all();
        }
    }

    fn next_task(&self, place: usize) -> Task<'a, R> {
        let mut state = self.lock();
        loop {
            if let Some(batch) = state.queues.get_mut(place).and_then(VecDeque::pop_front) {
                state.busy += 1;
                return Task::Take(batch);
            }
            if state.is_over {
                return Task::End;
            }
            let is_idle = state.busy == 0 && state.queues.iter().all(VecDeque::is_empty);
            let must_agree = state.openings >= state.most_openings;
            let is_time = if must_agree { is_idle } else { state.queued < MOST_QUEUED };
            if let Some(source) = if is_time { state.source.take() } else { None } {
                let batch = state.spare.pop().unwrap_or_default();
                return if must_agree { Task::Agree(source) } else { Task::Read(source, batch) };
            }
            state.waiting += 1;
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.waiting -= 1;
        }
    }

    fn take(&self, place: usize, batch: Arc<Batch>) {
        let mut opened = 0;
        if let Some(shard) = self.shards.get(place) {
            let mut shard = lock(shard);
            let before = shard.openings.len();
            shard.take_batch(&batch, place);
            opened = shard.openings.len() - before;
        }
        let mut state = self.lock();
        state.busy -= 1;
        state.openings += opened;
        // The last one to have it.
        if let Ok(batch) = Arc::try_unwrap(batch) {
            state.queued = state.queued.saturating_sub(batch.len());
            state.spare.push(batch);
        }
        self.tell(state);
    }

    fn read(&self, mut source: Source<'a, R>, mut batch: Batch) {
        let more = source.read(&mut batch);
        let mut state = self.lock();
        if more && !state.is_over {
            state.read = (source.reader.offset(), state.read.1 + batch.frames.len() as u64);
            state.queued += batch.len();
            let batch = Arc::new(batch);
            state.queues.iter_mut().for_each(|queue| queue.push_back(Arc::clone(&batch)));
        } else {
            state.is_over = true;
        }
        state.source = Some(source);
        self.tell(state);
    }

    /// Gives all the right numbers, so that what is to be put right later stays little.
    fn agree(&self, mut source: Source<'a, R>) {
        let mut shards: Vec<_> = self.shards.iter().map(lock).collect();
        numbers::agree(&mut shards.iter_mut().map(|shard| &mut **shard).collect::<Vec<_>>(), &mut source.agreed);
        drop(shards);
        let mut state = self.lock();
        (state.source, state.openings) = (Some(source), 0);
        self.tell(state);
    }

    /// What was found, once all threads are through.
    fn finish(self) -> Result<Report> {
        let state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        if state.is_cancelled {
            return Err(Error::new(ErrorKind::Cancelled, "analyze capture"));
        }
        let Some(mut source) = state.source else {
            return Err(Error::new(ErrorKind::Io, "analyze capture").with_detail("a thread did not read to the end"));
        };
        drop((state.spare, state.queues));
        let shards = self.shards.into_iter().map(|shard| shard.into_inner().unwrap_or_else(PoisonError::into_inner));
        let mut shards: Vec<_> = shards.collect();
        numbers::agree(&mut shards.iter_mut().collect::<Vec<_>>(), &mut source.agreed);
        for_each(&mut shards, |shard| shard.table.settle());
        let summary = CaptureSummary { damage: source.damage, ..source.intake.summary() };
        Ok(conclude(summary, shards))
    }

    fn lock(&self) -> MutexGuard<'_, State<'a, R>> {
        lock(&self.state)
    }
}

impl<R: Read> Source<'_, R> {
    /// Reads a batch, counts its frames and says whom each is for. False at the end.
    fn read(&mut self, batch: &mut Batch) -> bool {
        match self.reader.next_batch(batch) {
            Ok(true) => {}
            Ok(false) => return false,
            Err(error) => {
                self.damage = Some(error.to_string());
                return false;
            }
        }
        let (intake, shards, reassembles) = (&mut self.intake, self.shards, self.reassembles);
        batch
            .assign(|frame, packet| Some((intake.take(frame, packet)?, share::wanted_by(shards, reassembles, packet))));
        true
    }
}

impl Shard {
    fn take_batch(&mut self, batch: &Batch, place: usize) {
        for frame in batch.frames.iter().filter(|frame| frame.shards >> place & 1 == 1) {
            let time = frame.timestamp.unwrap_or_default();
            let passing = Passing { number: frame.number, time, wire_len: frame.original_length };
            self.take(&passing, &batch.packet(frame), None);
        }
    }
}

/// Nobody waits for a thread that has panicked.
struct Leaving<'w, 'a, R: Read>(&'w Work<'a, R>);

impl<R: Read> Drop for Leaving<'_, '_, R> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.end();
        }
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Linux keeps 15 octets of it.
const THREAD: &str = "netshoot-shard";
/// A bit for each in a word.
const MOST: usize = 64;
/// Octets that are read ahead of the slowest thread: what two processors need to go on side by side.
const MOST_QUEUED: usize = 4 << 20;
/// A note takes 16 octets, and twice 4 when all are numbered.
const MOST_OPENINGS: usize = 1 << 18;

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;

    /// However often they agree on numbers, these are the same.
    #[test]
    fn shards_agree_on_numbers_at_any_time() {
        let open = || Reader::open(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/captures/demo.pcapng")).unwrap();
        let mut go_on = |_: u64, _: u64| ControlFlow::Continue(());
        let expected = super::super::analyze(&mut open(), &Options::default(), go_on).unwrap();
        for most_openings in [1, 2, 7, 50] {
            let mut reader = open();
            let mut work = Work::new(&mut reader, &Options::default(), 3);
            work.state.get_mut().unwrap().most_openings = most_openings;
            let found = work.analyze(&mut go_on).unwrap();
            assert_eq!(format!("{found:?}"), format!("{expected:?}"), "{most_openings}");
        }
    }

    /// Also if not all could be started, so that nobody takes what is for the rest.
    #[test]
    fn threads_end_when_they_are_told_to() {
        let mut reader = Reader::open(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/captures/demo.pcapng")).unwrap();
        let mut work = Work::new(&mut reader, &Options::default(), 3);
        work.state.get_mut().unwrap().most_openings = 1;
        thread::scope(|scope| {
            let helper = scope.spawn(|| work.run(1, &mut |_, _| ControlFlow::Continue(())));
            while work.lock().queues[0].is_empty() {
                thread::yield_now();
            }
            work.end();
            helper.join().unwrap();
        });
        assert!(work.lock().queues.iter().all(VecDeque::is_empty));
    }

    #[test]
    fn threads_are_counted() {
        assert_eq!((number(1).unwrap(), number(64).unwrap()), (1, 64));
        assert!((1..=64).contains(&number(0).unwrap()));
        assert_eq!(number(65).unwrap_err().kind(), ErrorKind::InvalidInput);
    }
}

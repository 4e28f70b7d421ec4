//! What became of the first segments behind a long silence of a connection: devices on the way forget who is silent.

use super::segment::Segment;
use crate::packet::TcpFlags;

/// Watches a connection for silence.
#[derive(Debug)]
pub(super) struct Silence {
    /// Time of the last segment; far in the future before the first.
    last: i64,
    broken: Option<Box<Broken>>,
}

impl Default for Silence {
    fn default() -> Self {
        Self { last: i64::MAX, broken: None }
    }
}

/// The last silence, and how it was broken.
#[derive(Clone, Copy, Debug)]
pub(super) struct Broken {
    /// Nanoseconds of silence.
    pub(super) pause: i64,
    pub(super) by_client: bool,
    /// Time and frame of the first segment behind it.
    pub(super) time: i64,
    pub(super) frame: u64,
    /// Segments of that end since, without an answer.
    pub(super) attempts: u32,
    pub(super) answer: Answer,
}

/// What the other end said to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Nothing,
    Reset,
    Something,
}

impl Silence {
    #[inline]
    pub(super) fn note(&mut self, from_client: bool, segment: &Segment, is_repeated: bool) {
        let pause = segment.time.saturating_sub(std::mem::replace(&mut self.last, segment.time));
        if pause >= LONG || self.broken.is_some() {
            self.go_on(from_client, segment, pause, is_repeated);
        }
    }

    fn go_on(&mut self, from_client: bool, segment: &Segment, pause: i64, is_repeated: bool) {
        match &mut self.broken {
            // Between attempts there may be as much time again.
            Some(broken) if broken.answer == Answer::Nothing && broken.by_client == from_client => {
                broken.attempts = broken.attempts.saturating_add(1);
            }
            Some(broken) if pause < LONG => {
                if broken.answer == Answer::Nothing {
                    let is_reset = segment.flags.contains(TcpFlags::RST);
                    broken.answer = if is_reset { Answer::Reset } else { Answer::Something };
                }
            }
            // What was said before the silence, and not heard: nobody was idle.
            _ if is_repeated => self.broken = None,
            _ => {
                let Segment { time, frame, .. } = *segment;
                let (attempts, answer) = (1, Answer::Nothing);
                let broken = Broken { pause, by_client: from_client, time, frame, attempts, answer };
                self.broken = Some(Box::new(broken));
            }
        }
    }

    pub(super) fn broken(&self) -> Option<&Broken> {
        self.broken.as_deref()
    }

    /// Octets on the heap.
    pub(super) fn heap_len(&self) -> usize {
        self.broken.as_ref().map_or(0, |_| size_of::<Broken>())
    }
}

/// Devices forget connections after a minute at the earliest, most after five; the slack is for clocks.
const LONG: i64 = 30_000_000_000;

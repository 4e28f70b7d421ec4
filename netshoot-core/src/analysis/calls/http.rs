//! HTTP/1 messages of one direction, whatever the pieces in which their octets come.

use super::open::End;
use super::tracker::Tracker;
use super::{Call, HttpCall, Moment};
use crate::analysis::log::Log;
use crate::application::http::{Body, Head, Outline, Start};

/// One direction.
#[derive(Debug)]
pub(super) struct Messages {
    sender: End,
    state: State,
    /// The start of a head, or of the length of a chunk.
    buffer: Vec<u8>,
    /// Something of the message came.
    has_begun: bool,
    /// The message is not a response yet.
    is_informational: bool,
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Head,
    /// So many octets of a body.
    Body(u64),
    /// The length of a chunk.
    ChunkLength,
    /// So many octets of a chunk and its end.
    Chunk(u64),
    /// Lines behind the last chunk.
    Trailer,
    UntilClose,
    /// Where the next message begins is not known.
    Lost,
    /// Another protocol.
    Left(Next),
}

/// What follows HTTP on the same connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// What the client asked a proxy to connect to.
    Tunnel,
    /// Another protocol, such as WebSocket.
    Upgrade,
}

/// Where things go.
pub(super) struct Scene<'a> {
    pub(super) moment: Moment,
    pub(super) tracker: &'a mut Tracker,
    pub(super) log: &'a mut Log<Call>,
    /// Where the messages of the other direction begin is not known.
    pub(super) is_peer_lost: bool,
}

impl Messages {
    pub(super) fn new(sender: End) -> Self {
        Self { sender, state: State::Head, buffer: Vec::new(), has_begun: false, is_informational: false }
    }

    /// Takes the next octets. `Some` once the connection leaves HTTP; what is behind that is not looked at.
    pub(super) fn push(&mut self, mut bytes: &[u8], scene: &mut Scene<'_>) -> Option<Next> {
        if self.state == State::Lost && self.is_head(bytes) {
            self.resume(scene);
        }
        while !bytes.is_empty() {
            let taken = match self.state {
                State::Head => self.head(bytes, scene),
                State::Body(left) | State::Chunk(left) => self.body(left, bytes.len(), scene),
                State::ChunkLength | State::Trailer => self.line(bytes, scene),
                State::UntilClose => {
                    self.count(bytes.len(), scene);
                    bytes.len()
                }
                State::Lost => {
                    scene.tracker.turn(self.sender, bytes.len() as u64, &scene.moment, scene.log);
                    bytes.len()
                }
                State::Left(next) => return Some(next),
            };
            bytes = bytes.get(taken..).unwrap_or_default();
        }
        match self.state {
            State::Left(next) => Some(next),
            _ => None,
        }
    }

    /// Octets are missing.
    pub(super) fn gap(&mut self, length: u64, scene: &mut Scene<'_>) {
        match self.state {
            State::Body(left) | State::Chunk(left) if length <= left => {
                self.body(left, usize::try_from(length).unwrap_or(usize::MAX), scene);
            }
            State::UntilClose => self.count(usize::try_from(length).unwrap_or(usize::MAX), scene),
            State::Left(_) => {}
            State::Head => {
                // What there is of the head names the call.
                let buffer = std::mem::take(&mut self.buffer);
                if let Ok(head) = Head::parse(&buffer)
                    && head.is_response() == (self.sender == End::Server)
                {
                    self.describe(&head, head.host(), scene);
                }
                self.lose(length, scene);
            }
            _ => self.lose(length, scene),
        }
    }

    /// Nothing more comes of this direction.
    pub(super) fn close(&mut self, scene: &mut Scene<'_>) {
        match (self.state, self.sender) {
            (State::UntilClose, End::Server) => self.end(scene),
            (State::Lost, End::Server) if scene.tracker.is_answering() => {
                scene.tracker.finish(true, scene.moment.clock, scene.log);
            }
            _ => {}
        }
    }

    pub(super) fn is_lost(&self) -> bool {
        self.state == State::Lost
    }

    pub(super) fn heap_len(&self) -> usize {
        self.buffer.capacity()
    }

    fn is_head(&self, bytes: &[u8]) -> bool {
        Head::parse(bytes).is_ok_and(|head| head.is_response() == (self.sender == End::Server))
    }

    /// A message begins in a direction in which that was not known.
    fn resume(&mut self, scene: &mut Scene<'_>) {
        if self.sender == End::Server && scene.tracker.is_answering() {
            scene.tracker.finish(true, scene.moment.clock, scene.log);
        }
        if self.sender == End::Client {
            scene.tracker.asked();
        }
        (self.state, self.has_begun) = (State::Head, false);
    }

    fn lose(&mut self, octets: u64, scene: &mut Scene<'_>) {
        self.state = State::Lost;
        self.buffer = Vec::new();
        scene.tracker.turn(self.sender, octets, &scene.moment, scene.log);
    }

    /// Octets of a head; as many as belong to it.
    fn head(&mut self, bytes: &[u8], scene: &mut Scene<'_>) -> usize {
        if !self.has_begun {
            // Empty lines before a message are none of it.
            let empty = bytes.iter().take_while(|octet| matches!(octet, b'\r' | b'\n')).count();
            if empty > 0 {
                return empty;
            }
            self.has_begun = true;
            if self.sender == End::Client {
                if scene.is_peer_lost && scene.tracker.is_answering() {
                    scene.tracker.finish(true, scene.moment.clock, scene.log);
                }
                scene.tracker.begin(&scene.moment, scene.log);
            }
        }
        if self.buffer.is_empty()
            && let Ok(head) = Head::parse(bytes)
            && let outline = head.outline()
            && let Some(length) = outline.length
        {
            self.whole(&head, &outline, length, scene);
            return length;
        }
        let before = self.buffer.len();
        let room = MAX_HEAD.saturating_sub(before).min(bytes.len());
        self.buffer.extend_from_slice(bytes.get(..room).unwrap_or_default());
        // It can end only where an empty line does, and begin wrongly only in its first line.
        if before < STATUS.len() + 3 && self.sender == End::Server {
            self.is_informational = is_informational(&self.buffer);
        }
        let from = before.saturating_sub(3);
        let is_end = self.buffer.get(from..).is_some_and(|new| {
            new.windows(2).any(|pair| pair == b"\n\n") || new.windows(3).any(|three| three == b"\n\r\n")
        });
        if !is_end && before > LONGEST_FIRST_WORD && self.buffer.len() < MAX_HEAD {
            self.count(room, scene);
            return room;
        }
        let buffer = std::mem::take(&mut self.buffer);
        let taken = match Head::parse(&buffer) {
            Ok(head) => match head.outline() {
                outline @ Outline { length: Some(length), .. } => {
                    let taken = length.saturating_sub(before).min(room);
                    self.whole(&head, &outline, taken, scene);
                    return taken;
                }
                _ if buffer.len() >= MAX_HEAD || head.stopped().is_some_and(|stop| !stop.is_truncation()) => None,
                _ => Some(room),
            },
            Err(stop) if stop.is_truncation() && buffer.len() < MAX_HEAD => Some(room),
            Err(_) => None,
        };
        match taken {
            Some(taken) => {
                self.buffer = buffer;
                self.count(taken, scene);
                taken
            }
            None => {
                // The octets that were buffered before are counted already.
                self.state = State::Lost;
                if let Ok(head) = Head::parse(&buffer) {
                    self.describe(&head, head.host(), scene);
                }
                self.count(room, scene);
                room
            }
        }
    }

    /// A head is there, the last `octets` of it are new.
    fn whole(&mut self, head: &Head<'_>, outline: &Outline<'_>, octets: usize, scene: &mut Scene<'_>) {
        if head.is_response() != (self.sender == End::Server) {
            self.lose(octets as u64, scene);
            return;
        }
        self.describe(head, outline.host, scene);
        self.count(octets, scene);
        let method = scene.tracker.method();
        let left = match (head.start(), method) {
            (Start::Response { status: 101, .. }, _) => Some(Next::Upgrade),
            (Start::Response { status: 200..=299, .. }, Some("CONNECT")) => Some(Next::Tunnel),
            _ => None,
        };
        if let Some(next) = left {
            self.end(scene);
            self.state = State::Left(next);
            return;
        }
        let is_empty = head.is_response() && method == Some("HEAD");
        match outline.body {
            _ if is_empty => self.end(scene),
            Body::None | Body::Length(0) => self.end(scene),
            Body::Length(length) => self.state = State::Body(length),
            Body::Chunked => self.state = State::ChunkLength,
            Body::UntilClose => self.state = State::UntilClose,
            _ => self.state = State::Lost,
        }
    }

    fn describe(&mut self, head: &Head<'_>, host: Option<&[u8]>, scene: &mut Scene<'_>) {
        match head.start() {
            Start::Request { method, target, .. } => scene.tracker.name(HttpCall::new(method, host, target)),
            Start::Response { status, .. } => {
                self.is_informational = matches!(status, 100 | 102..=199);
                if !self.is_informational {
                    scene.tracker.status(status);
                }
            }
        }
    }

    /// Octets of a body or chunk of which `left` are to come; as many as belong to it.
    fn body(&mut self, left: u64, available: usize, scene: &mut Scene<'_>) -> usize {
        let taken = usize::try_from(left).unwrap_or(usize::MAX).min(available);
        let left = left - taken as u64;
        self.count(taken, scene);
        self.state = match self.state {
            State::Chunk(_) if left == 0 => State::ChunkLength,
            State::Chunk(_) => State::Chunk(left),
            _ => State::Body(left),
        };
        if self.state == State::Body(0) {
            self.end(scene);
        }
        taken
    }

    /// The length of a chunk, or a line behind the last one.
    fn line(&mut self, bytes: &[u8], scene: &mut Scene<'_>) -> usize {
        let end = bytes.iter().position(|octet| *octet == b'\n');
        let taken = end.map_or(bytes.len(), |end| end + 1);
        self.count(taken, scene);
        let room = MAX_LINE.saturating_sub(self.buffer.len());
        let kept = end.unwrap_or(bytes.len()).min(room);
        self.buffer.extend_from_slice(bytes.get(..kept).unwrap_or_default());
        if end.is_none() {
            return taken;
        }
        let line = std::mem::take(&mut self.buffer);
        let line = line.trim_ascii();
        if self.state == State::Trailer {
            if line.is_empty() {
                self.end(scene);
            }
            return taken;
        }
        match chunk_length(line) {
            Some(0) => self.state = State::Trailer,
            Some(length) => self.state = State::Chunk(length.saturating_add(2)),
            None => self.state = State::Lost,
        }
        taken
    }

    /// Octets of the message.
    fn count(&self, octets: usize, scene: &mut Scene<'_>) {
        match self.sender {
            End::Client => scene.tracker.ask(octets as u64, &scene.moment),
            End::Server if self.is_informational => {}
            End::Server => scene.tracker.answer(octets as u64, &scene.moment),
        }
    }

    fn end(&mut self, scene: &mut Scene<'_>) {
        match self.sender {
            End::Client => scene.tracker.asked(),
            End::Server if self.is_informational => scene.tracker.inform(&scene.moment),
            End::Server => scene.tracker.finish(true, scene.moment.clock, scene.log),
        }
        (self.state, self.has_begun, self.is_informational) = (State::Head, false, false);
    }
}

/// What the first octets of a response say; 101 is the answer to a request for an upgrade.
fn is_informational(head: &[u8]) -> bool {
    head.get(STATUS.len()..STATUS.len() + 3).is_some_and(|status| status.starts_with(b"1") && status != b"101")
}

fn chunk_length(line: &[u8]) -> Option<u64> {
    let digits = line.split(|octet| *octet == b';').next().unwrap_or_default().trim_ascii();
    if digits.is_empty() || digits.len() > 16 {
        return None;
    }
    digits.iter().try_fold(0_u64, |length, digit| {
        let digit = char::from(*digit).to_digit(16)?;
        length.checked_mul(16)?.checked_add(digit.into())
    })
}

/// A longer head is no head.
const MAX_HEAD: usize = 64 << 10;
/// By then it is known whether a line can begin a message.
const LONGEST_FIRST_WORD: usize = 64;
const STATUS: &str = "HTTP/1.1 ";
const MAX_LINE: usize = 256;

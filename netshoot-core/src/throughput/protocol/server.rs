//! The server's side of the control connection.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::frame::{Input, MAX_PARAMETERS, write_frame};
use super::parameters::Unfit;
use super::state::MOST_STATES;
use super::{ErrorCode, Parameters, Refusal, Results, State};
use crate::error::{Error, ErrorKind};
use crate::throughput::BitRate;

/// The server of one test, whose cookie was read already: feed it what the control connection brings, send what it gives,
/// do what it asks for.
#[derive(Debug)]
pub struct ServerMachine {
    peer: String,
    limits: Limits,
    phase: Phase,
    /// The client is one of this library.
    extended: bool,
    /// How long the client may let the data flow.
    flow: Option<Duration>,
    input: Input,
    output: Vec<u8>,
    /// What was said, and what came.
    states: Vec<(bool, State)>,
    actions: VecDeque<ServerAction>,
    deadline: Option<Instant>,
    own_results: Option<String>,
    client_results: Option<Box<Results>>,
}

/// What a server grants a test.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The most that all streams together may be told to send, in payload; without it there is no limit.
    pub rate: Option<BitRate>,
    /// The longest that data may flow, the omitted time included; without it there is no limit.
    pub duration: Option<Duration>,
    /// Streams of both directions together.
    pub streams: usize,
}

/// What the server has to do.
#[derive(Debug)]
#[non_exhaustive]
pub enum ServerAction {
    /// Be ready for the data streams, then call [`listening`](ServerMachine::listening), and
    /// [`streams_open`](ServerMachine::streams_open) when all have come.
    Listen(Box<Parameters>),
    /// Send what is to be sent, and let the data flow.
    Start,
    /// The client says that the end is reached: stop the streams and hand over the results with
    /// [`results`](ServerMachine::results).
    GiveResults,
    /// Both ends have the results. These are the client's.
    Finished(Box<Results>),
    /// The test failed, and the control connection is of no more use once the output is sent.
    Failed(Error),
}

/// What the machine waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// The parameters.
    Parameters,
    /// The caller to listen.
    Listening,
    /// The caller to have all streams.
    Streams,
    /// `TEST_END`.
    Flowing,
    /// The client's results, or the caller's.
    Results,
    /// `IPERF_DONE`.
    Display,
    Over,
}

impl Default for Limits {
    fn default() -> Self {
        Self { rate: None, duration: None, streams: 256 }
    }
}

impl ServerMachine {
    /// A server whose client is `peer`, a name for errors.
    #[must_use]
    pub fn new(peer: impl Into<String>, limits: Limits, now: Instant) -> Self {
        Self {
            peer: peer.into(),
            limits,
            phase: Phase::Parameters,
            extended: false,
            flow: None,
            input: Input::default(),
            output: vec![State::PARAM_EXCHANGE.octet()],
            states: vec![(true, State::PARAM_EXCHANGE)],
            actions: VecDeque::new(),
            deadline: Some(now + REPLY),
            own_results: None,
            client_results: None,
        }
    }

    /// Octets came.
    pub fn receive(&mut self, octets: &[u8], now: Instant) {
        self.input.push(octets);
        while self.phase != Phase::Over && self.step(now) {}
        if self.phase == Phase::Over {
            self.input = Input::default();
        } else if self.input.len() > MAX_CLIENT_RESULTS + BESIDES {
            self.fail(ErrorKind::LimitReached, "the client sends more than it may");
        }
    }

    /// The client closed the control connection.
    pub fn closed(&mut self) {
        match self.phase {
            Phase::Over => {}
            // All that matters was exchanged.
            Phase::Display => self.finish(),
            _ => self.fail(ErrorKind::Io, "the client closed the control connection"),
        }
    }

    /// The deadline passed; nothing happens when it did not.
    pub fn timeout(&mut self, now: Instant) {
        if self.deadline.is_none_or(|deadline| now < deadline) {
            return;
        }
        match self.phase {
            Phase::Display => self.finish(),
            Phase::Flowing => {
                let time = self.flow.unwrap_or_default().as_secs();
                let detail = format!("the client did not end the test within {time} s");
                self.refuse(ErrorCode::DURATION_EXPIRED, ErrorKind::TimedOut, detail);
            }
            Phase::Streams => self.refuse(ErrorCode::STREAM_ACCEPT, ErrorKind::TimedOut, self.phase.missing()),
            _ => self.fail(ErrorKind::TimedOut, self.phase.missing()),
        }
    }

    /// The caller is ready for the data streams.
    pub fn listening(&mut self, now: Instant) {
        if self.phase == Phase::Listening {
            if self.extended {
                self.say(State::EXTENDED);
            }
            self.say(State::CREATE_STREAMS);
            self.enter(Phase::Streams, Some(now + STREAMS));
        }
    }

    /// The caller has all data streams.
    pub fn streams_open(&mut self, now: Instant) {
        if self.phase == Phase::Streams {
            self.say(State::TEST_START);
            self.say(State::TEST_RUNNING);
            self.actions.push_back(ServerAction::Start);
            self.enter(Phase::Flowing, self.flow.map(|flow| now + flow));
        }
    }

    /// The caller's own results.
    pub fn results(&mut self, results: &Results, now: Instant) {
        if self.phase == Phase::Results {
            self.own_results = Some(results.to_json());
            self.answer(now);
        }
    }

    /// The caller is asked to stop: tells the client, and is over.
    pub fn interrupt(&mut self) {
        if self.phase == Phase::Display {
            // All that matters was exchanged.
            self.finish();
        } else if self.phase != Phase::Over {
            self.say(State::SERVER_TERMINATE);
            let error = self.error(ErrorKind::Cancelled).with_detail("the server was interrupted");
            self.over(ServerAction::Failed(error));
        }
    }

    /// The caller cannot go on: tells the client why, and is over.
    pub fn abort(&mut self, refusal: Refusal, error: Error) {
        if self.phase != Phase::Over {
            self.say(State::SERVER_ERROR);
            self.output.extend(refusal.to_bytes());
            self.over(ServerAction::Failed(error));
        }
    }

    /// What is to be sent, once.
    pub fn take_output(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.output)
    }

    /// The states that were said (true) or came since this was called last, the first 64 of them.
    pub fn take_states(&mut self) -> Vec<(bool, State)> {
        std::mem::take(&mut self.states)
    }

    /// What is to be done next.
    pub fn action(&mut self) -> Option<ServerAction> {
        self.actions.pop_front()
    }

    /// When [`timeout`](Self::timeout) must be called; none while data flow for as long as the client likes.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// An error in the state that the machine is in.
    #[must_use]
    pub fn error(&self, kind: ErrorKind) -> Error {
        Error::new(kind, format!("{} {}", self.phase.doing(), self.peer))
    }

    /// Looks at one octet or frame; false when more must come.
    fn step(&mut self, now: Instant) -> bool {
        match self.phase {
            Phase::Parameters => match self.input.frame(MAX_PARAMETERS) {
                Ok(None) => false,
                Ok(Some(text)) => self.parameters(&text, now),
                Err(length) => {
                    let detail = format!("parameters of {} octets are announced", length.0);
                    self.refuse(ErrorCode::RECEIVE_PARAMETERS, ErrorKind::Malformed, detail);
                    false
                }
            },
            Phase::Results if self.client_results.is_none() => match self.input.frame(MAX_CLIENT_RESULTS) {
                Ok(None) => false,
                Ok(Some(text)) => self.take_client_results(&text, now),
                Err(length) => {
                    let detail = format!("results of {} octets are announced", length.0);
                    self.refuse(ErrorCode::RECEIVE_RESULTS, ErrorKind::Malformed, detail);
                    false
                }
            },
            _ => match self.input.octet() {
                Some(octet) => {
                    self.state(State::from_octet(octet), now);
                    true
                }
                None => false,
            },
        }
    }

    fn say(&mut self, state: State) {
        self.output.push(state.octet());
        self.note(true, state);
    }

    fn note(&mut self, said: bool, state: State) {
        if self.states.len() < MOST_STATES {
            self.states.push((said, state));
        }
    }

    fn state(&mut self, state: State, now: Instant) {
        self.note(false, state);
        match (self.phase, state) {
            (Phase::Flowing, State::TEST_END) => {
                self.say(State::EXCHANGE_RESULTS);
                self.actions.push_back(ServerAction::GiveResults);
                self.enter(Phase::Results, Some(now + RESULTS));
            }
            (Phase::Display, State::IPERF_DONE) => self.finish(),
            (_, State::CLIENT_TERMINATE) => self.fail(ErrorKind::Io, "the client was interrupted"),
            _ => {
                let detail = format!("unexpected {state}, but {}", self.phase.missing());
                self.refuse(ErrorCode::MESSAGE, ErrorKind::Malformed, detail);
            }
        }
    }

    fn parameters(&mut self, text: &[u8], now: Instant) -> bool {
        match Parameters::parse(text).and_then(|parameters| self.within_limits(parameters)) {
            Ok(parameters) => {
                self.flow = match (parameters.duration(), self.limits.duration) {
                    (Some(duration), _) => Some(duration + GRACE),
                    (None, limit) => limit,
                };
                self.extended = parameters.options.extension;
                self.actions.push_back(ServerAction::Listen(Box::new(parameters)));
                self.enter(Phase::Listening, Some(now + STREAMS));
                true
            }
            Err(unfit) => {
                let kind = match unfit.code {
                    ErrorCode::RECEIVE_PARAMETERS => ErrorKind::Malformed,
                    ErrorCode::TOTAL_RATE | ErrorCode::MAX_DURATION | ErrorCode::STREAMS => ErrorKind::LimitReached,
                    _ => ErrorKind::InvalidInput,
                };
                self.refuse(unfit.code, kind, unfit.reason);
                false
            }
        }
    }

    fn within_limits(&self, parameters: Parameters) -> Result<Parameters, Unfit> {
        let unfit = |code, reason| Err(Unfit { code, reason });
        let streams = parameters.streams();
        if streams > self.limits.streams {
            return unfit(ErrorCode::STREAMS, format!("{streams} streams, but {} are granted", self.limits.streams));
        }
        if let (Some(rate), Some(limit)) = (parameters.total_rate(), self.limits.rate)
            && rate > limit
        {
            return unfit(ErrorCode::TOTAL_RATE, format!("{rate} is asked for, but {limit} is granted"));
        }
        if let (Some(duration), Some(limit)) = (parameters.duration(), self.limits.duration)
            && duration > limit
        {
            let (asked, granted) = (duration.as_secs(), limit.as_secs());
            let reason = format!("{asked} s are asked for, but {granted} s are granted");
            return unfit(ErrorCode::MAX_DURATION, reason);
        }
        Ok(parameters)
    }

    fn take_client_results(&mut self, text: &[u8], now: Instant) -> bool {
        match Results::parse(text) {
            Ok(results) => {
                self.client_results = Some(Box::new(results));
                self.answer(now);
                true
            }
            Err(reason) => {
                let detail = format!("the client's results: {reason}");
                self.refuse(ErrorCode::RECEIVE_RESULTS, ErrorKind::Malformed, detail);
                false
            }
        }
    }

    /// Sends the own results when the client's are there.
    fn answer(&mut self, now: Instant) {
        if self.client_results.is_none() {
            return;
        }
        if let Some(results) = self.own_results.take() {
            write_frame(&mut self.output, &results);
            self.say(State::DISPLAY_RESULTS);
            self.enter(Phase::Display, Some(now + REPLY));
        }
    }

    fn finish(&mut self) {
        let results = self.client_results.take().unwrap_or_default();
        self.over(ServerAction::Finished(results));
    }

    fn refuse(&mut self, code: ErrorCode, kind: ErrorKind, detail: impl Into<Cow<'static, str>>) {
        let error = self.error(kind).with_detail(detail);
        self.abort(Refusal::new(code), error);
    }

    fn fail(&mut self, kind: ErrorKind, detail: impl Into<Cow<'static, str>>) {
        let error = self.error(kind).with_detail(detail);
        self.over(ServerAction::Failed(error));
    }

    fn enter(&mut self, phase: Phase, deadline: Option<Instant>) {
        self.phase = phase;
        self.deadline = deadline;
    }

    fn over(&mut self, action: ServerAction) {
        self.enter(Phase::Over, None);
        self.actions.push_back(action);
    }
}

impl Phase {
    fn doing(self) -> &'static str {
        match self {
            Self::Parameters => "read the parameters of",
            Self::Listening | Self::Streams => "wait for the data streams of",
            Self::Flowing | Self::Over => "run the test with",
            Self::Results | Self::Display => "exchange results with",
        }
    }

    fn missing(self) -> &'static str {
        match self {
            Self::Parameters => "no parameters came",
            Self::Listening => "the server was not ready",
            Self::Streams => "not all streams came",
            Self::Flowing => "no TEST_END came",
            Self::Results => "no results came",
            Self::Display => "no IPERF_DONE came",
            Self::Over => "nothing was to come",
        }
    }
}

/// For each answer of the client.
const REPLY: Duration = Duration::from_secs(10);
/// For all data streams to come; a client with 256 of them at a long distance needs some seconds.
const STREAMS: Duration = Duration::from_secs(20);
/// For both ends' results.
const RESULTS: Duration = Duration::from_secs(15);
/// How much longer than asked for data may flow, as iperf3 has it since 3.7.
const GRACE: Duration = Duration::from_secs(40);
/// Octets of a client's results, which hold no output: 256 streams have 50 KB.
const MAX_CLIENT_RESULTS: usize = 256 << 10;
/// Octets that may come around them.
const BESIDES: usize = 64;

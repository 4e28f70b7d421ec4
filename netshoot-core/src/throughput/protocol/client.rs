//! The client's side of the control connection.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::frame::{Input, MAX_RESULTS, write_frame};
use super::state::MOST_STATES;
use super::{Cookie, ErrorCode, Parameters, Refusal, Results, State};
use crate::error::{Error, ErrorKind};

/// The client of one test: feed it what the control connection brings, send what it gives, do what it asks for.
#[derive(Debug)]
pub struct ClientMachine {
    peer: String,
    phase: Phase,
    input: Input,
    output: Vec<u8>,
    /// What was said, and what came.
    states: Vec<(bool, State)>,
    actions: VecDeque<ClientAction>,
    deadline: Option<Instant>,
    admission: Duration,
    server_results: Option<Box<Results>>,
    /// The server is told what iperf3 does not do.
    needs_extension: bool,
    extended: bool,
}

/// What the client has to do.
#[derive(Debug)]
#[non_exhaustive]
pub enum ClientAction {
    /// Hand over the parameters with [`parameters`](ClientMachine::parameters).
    GiveParameters,
    /// Open the data streams, those that send first, then call [`streams_open`](ClientMachine::streams_open).
    OpenStreams,
    /// All streams are there at the server: set the clocks.
    Prepare,
    /// Let the data flow; [`end`](ClientMachine::end) ends it.
    Start,
    /// Hand over the own results with [`results`](ClientMachine::results).
    GiveResults,
    /// The test is over; the data sockets may be closed. These are the server's results.
    Finished(Box<Results>),
    /// The test failed, and the control connection is of no more use once the output is sent.
    Failed(Error),
}

/// What the machine waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// `PARAM_EXCHANGE`.
    Admission,
    /// The caller's parameters.
    Asked,
    /// `CREATE_STREAMS`.
    Parameters,
    /// The caller's streams.
    Opening,
    /// `TEST_START`.
    Start,
    /// `TEST_RUNNING`.
    Running,
    /// The caller's end.
    Flowing,
    /// `EXCHANGE_RESULTS`.
    Ending,
    /// The caller's results.
    Collecting,
    /// The server's results.
    Results,
    /// `DISPLAY_RESULTS`.
    Display,
    /// What follows `SERVER_ERROR`; with it, what was being done.
    Refusal(&'static str),
    Over,
}

impl ClientMachine {
    /// A client whose control connection to `peer`, a name for errors, was just made.
    #[must_use]
    pub fn new(peer: impl Into<String>, cookie: &Cookie, now: Instant) -> Self {
        Self {
            peer: peer.into(),
            phase: Phase::Admission,
            input: Input::default(),
            output: cookie.as_bytes().to_vec(),
            states: Vec::new(),
            actions: VecDeque::new(),
            deadline: Some(now + REPLY),
            admission: REPLY,
            server_results: None,
            needs_extension: false,
            extended: false,
        }
    }

    /// The server has so long from `now` to admit the client, unless it is longer than it has anyway.
    pub fn admission_within(&mut self, time: Duration, now: Instant) {
        if self.phase == Phase::Admission {
            self.admission = time.min(REPLY);
            self.deadline = Some(now + self.admission);
        }
    }

    /// Octets came.
    pub fn receive(&mut self, octets: &[u8], now: Instant) {
        self.input.push(octets);
        while self.phase != Phase::Over && self.step(now) {}
        if self.phase == Phase::Over {
            self.input = Input::default();
        } else if self.input.len() > MAX_RESULTS + BESIDES {
            self.fail(ErrorKind::LimitReached, "the server sends more than it may");
        }
    }

    /// The server closed the control connection.
    pub fn closed(&mut self) {
        if let Phase::Refusal(doing) = self.phase {
            let refusal = self.input.refusal(true).unwrap_or_else(|| Refusal::new(ErrorCode(0)));
            return self.refused(doing, refusal);
        }
        match self.phase {
            Phase::Over => return,
            Phase::Display => return self.finish(),
            _ => {}
        }
        let error = self.error(ErrorKind::Io).with_detail("the server closed the control connection");
        let error = match self.phase {
            Phase::Parameters => error.with_hint("iperf3 3.21 does so when it demands authentication"),
            Phase::Admission => error.with_hint("is it an iperf3 server?"),
            _ => error,
        };
        self.over(ClientAction::Failed(error));
    }

    /// The deadline passed; nothing happens when it did not.
    pub fn timeout(&mut self, now: Instant) {
        if self.deadline.is_none_or(|deadline| now < deadline) {
            return;
        }
        match self.phase {
            Phase::Refusal(_) | Phase::Display => self.closed(),
            _ => {
                let patience = if self.phase == Phase::Admission { self.admission } else { self.phase.patience() };
                let detail = format!("{} within {} s", self.phase.missing(), patience.as_secs_f64());
                self.fail(ErrorKind::TimedOut, detail);
            }
        }
    }

    /// The caller's parameters.
    pub fn parameters(&mut self, parameters: &Parameters, now: Instant) {
        if self.phase == Phase::Asked {
            self.needs_extension = parameters.options.exchange.is_some();
            write_frame(&mut self.output, &parameters.to_json());
            self.enter(Phase::Parameters, now);
        }
    }

    /// The caller opened all data streams.
    pub fn streams_open(&mut self, now: Instant) {
        if self.phase == Phase::Opening {
            self.enter(Phase::Start, now);
        }
    }

    /// The caller stopped its streams, as the end of the test is reached.
    pub fn end(&mut self, now: Instant) {
        if self.phase == Phase::Flowing {
            self.say(State::TEST_END);
            self.enter(Phase::Ending, now);
        }
    }

    /// The caller's own results.
    pub fn results(&mut self, results: &Results, now: Instant) {
        if self.phase == Phase::Collecting {
            write_frame(&mut self.output, &results.to_json());
            self.enter(Phase::Results, now);
            while self.phase != Phase::Over && self.step(now) {}
        }
    }

    /// The caller is asked to stop: tells the server, and is over.
    pub fn interrupt(&mut self) {
        if self.phase != Phase::Over {
            self.say(State::CLIENT_TERMINATE);
            let error = self.error(ErrorKind::Cancelled);
            self.over(ClientAction::Failed(error));
        }
    }

    /// Whether the server is one of this library, as far as it has said so yet.
    #[must_use]
    pub fn is_extended(&self) -> bool {
        self.extended
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
    pub fn action(&mut self) -> Option<ClientAction> {
        self.actions.pop_front()
    }

    /// When [`timeout`](Self::timeout) must be called; none while data flow, whose end is the caller's to know.
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
            // The caller's come first.
            Phase::Collecting => false,
            Phase::Results => match self.input.frame(MAX_RESULTS) {
                Ok(None) => false,
                Ok(Some(text)) => self.server_results(&text, now),
                Err(length) => {
                    self.fail(ErrorKind::Malformed, format!("results of {} octets are announced", length.0));
                    false
                }
            },
            Phase::Refusal(doing) => {
                if let Some(refusal) = self.input.refusal(false) {
                    self.refused(doing, refusal);
                }
                false
            }
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
            (Phase::Admission, State::PARAM_EXCHANGE) => {
                self.actions.push_back(ClientAction::GiveParameters);
                self.enter(Phase::Asked, now);
            }
            (Phase::Parameters, State::EXTENDED) => self.extended = true,
            (Phase::Parameters, State::CREATE_STREAMS) if self.needs_extension && !self.extended => {
                self.say(State::CLIENT_TERMINATE);
                let error = self.error(ErrorKind::Unsupported);
                let error =
                    error.with_detail("the server does not exchange requests and responses, as iperf3 does not");
                self.over(ClientAction::Failed(error.with_hint("run netshoot throughput --server there")));
            }
            (Phase::Parameters, State::CREATE_STREAMS) => {
                self.actions.push_back(ClientAction::OpenStreams);
                self.enter(Phase::Opening, now);
            }
            (Phase::Opening | Phase::Start, State::TEST_START) => {
                self.actions.push_back(ClientAction::Prepare);
                self.enter(Phase::Running, now);
            }
            (Phase::Running, State::TEST_RUNNING) => {
                self.actions.push_back(ClientAction::Start);
                self.enter(Phase::Flowing, now);
            }
            (Phase::Ending, State::EXCHANGE_RESULTS) => {
                self.actions.push_back(ClientAction::GiveResults);
                self.enter(Phase::Collecting, now);
            }
            (Phase::Display, State::DISPLAY_RESULTS) => {
                self.say(State::IPERF_DONE);
                self.finish();
            }
            (_, State::ACCESS_DENIED) => {
                let error = self.error(ErrorKind::LimitReached).with_detail("the server is busy with another test");
                self.over(ClientAction::Failed(error.with_hint("try again later")));
            }
            (_, State::SERVER_TERMINATE) => self.fail(ErrorKind::Io, "the server was interrupted"),
            (_, State::SERVER_ERROR) => {
                self.enter(Phase::Refusal(self.phase.doing()), now);
            }
            _ => self.fail(ErrorKind::Malformed, format!("unexpected {state}, but {}", self.phase.missing())),
        }
    }

    fn server_results(&mut self, text: &[u8], now: Instant) -> bool {
        match Results::parse(text) {
            Ok(results) => {
                self.server_results = Some(Box::new(results));
                self.enter(Phase::Display, now);
                true
            }
            Err(reason) => {
                self.fail(ErrorKind::Malformed, format!("the server's results: {reason}"));
                false
            }
        }
    }

    /// The results are there: nothing that happens now can fail the test.
    fn finish(&mut self) {
        let results = self.server_results.take().unwrap_or_default();
        self.over(ClientAction::Finished(results));
    }

    fn refused(&mut self, doing: &str, refusal: Refusal) {
        let kind = match refusal.code {
            ErrorCode::STREAMS | ErrorCode::TOTAL_RATE | ErrorCode::MAX_DURATION | ErrorCode::DURATION_EXPIRED => {
                ErrorKind::LimitReached
            }
            _ => ErrorKind::Unsupported,
        };
        let error = Error::new(kind, format!("{doing} {}", self.peer)).with_detail(refusal.to_string());
        let error = match refusal.code {
            ErrorCode::AUTHORIZATION => error.with_hint("authentication is not supported here"),
            _ => error,
        };
        self.over(ClientAction::Failed(error));
    }

    fn fail(&mut self, kind: ErrorKind, detail: impl Into<std::borrow::Cow<'static, str>>) {
        let error = self.error(kind).with_detail(detail);
        self.over(ClientAction::Failed(error));
    }

    fn enter(&mut self, phase: Phase, now: Instant) {
        self.phase = phase;
        self.deadline = (phase != Phase::Flowing).then(|| now + phase.patience());
    }

    fn over(&mut self, action: ClientAction) {
        self.phase = Phase::Over;
        self.deadline = None;
        self.actions.push_back(action);
    }
}

impl Phase {
    fn patience(self) -> Duration {
        match self {
            Self::Ending | Self::Collecting | Self::Results | Self::Display => RESULTS,
            Self::Refusal(_) => REFUSAL,
            _ => REPLY,
        }
    }

    fn doing(self) -> &'static str {
        match self {
            Self::Admission => "ask for a test at",
            Self::Asked | Self::Parameters => "send the parameters to",
            Self::Opening => "open the data streams to",
            Self::Start | Self::Running => "start the test with",
            Self::Flowing | Self::Over => "run the test with",
            Self::Ending => "end the test with",
            Self::Collecting | Self::Results | Self::Display => "exchange results with",
            Self::Refusal(doing) => doing,
        }
    }

    fn missing(self) -> &'static str {
        match self {
            Self::Admission => "no PARAM_EXCHANGE came",
            Self::Asked => "the parameters were not there",
            Self::Parameters => "no CREATE_STREAMS came",
            Self::Opening => "the streams were not open",
            Self::Start => "no TEST_START came",
            Self::Running => "no TEST_RUNNING came",
            Self::Flowing => "nothing but data was to come",
            Self::Ending => "no EXCHANGE_RESULTS came",
            Self::Collecting => "the own results were not there",
            Self::Results => "no results came",
            Self::Display => "no DISPLAY_RESULTS came",
            Self::Refusal(_) => "no error code came",
            Self::Over => "nothing was to come",
        }
    }
}

/// For each answer of the server; iperf3 gives its peer as long for each read.
const REPLY: Duration = Duration::from_secs(10);
/// For the server's results.
const RESULTS: Duration = Duration::from_secs(15);
/// For what follows `SERVER_ERROR`, which may be nothing.
const REFUSAL: Duration = Duration::from_secs(1);
/// Octets that may come around the results.
const BESIDES: usize = 64;

//! The octets of the control connection.

use std::fmt;

/// A control octet, one signed byte on the wire (`iperf_api.h`).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct State(pub i8);

impl State {
    /// Server: all streams are there, start the clock.
    pub const TEST_START: Self = Self(1);
    /// Server: send and receive.
    pub const TEST_RUNNING: Self = Self(2);
    /// Client: the end of the test is reached.
    pub const TEST_END: Self = Self(4);
    /// Server: send the parameters.
    pub const PARAM_EXCHANGE: Self = Self(9);
    /// Server: open the data streams.
    pub const CREATE_STREAMS: Self = Self(10);
    /// Server: it was interrupted.
    pub const SERVER_TERMINATE: Self = Self(11);
    /// Client: it was interrupted.
    pub const CLIENT_TERMINATE: Self = Self(12);
    /// Server: send the results.
    pub const EXCHANGE_RESULTS: Self = Self(13);
    /// Server: the results are complete.
    pub const DISPLAY_RESULTS: Self = Self(14);
    /// Client: it has all it wanted.
    pub const IPERF_DONE: Self = Self(16);
    /// Server: it is one of this library, and heard that the client is, too; sent before
    /// [`CREATE_STREAMS`](Self::CREATE_STREAMS) to those alone. iperf3 has no such octet.
    pub const EXTENDED: Self = Self(64);
    /// Server: busy, or the cookie is wrong.
    pub const ACCESS_DENIED: Self = Self(-1);
    /// Server: it failed; an error code and an errno follow.
    pub const SERVER_ERROR: Self = Self(-2);

    /// The state of an octet.
    #[must_use]
    pub fn from_octet(octet: u8) -> Self {
        Self(i8::from_ne_bytes([octet]))
    }

    /// The octet of the state.
    #[must_use]
    pub fn octet(self) -> u8 {
        u8::from_ne_bytes(self.0.to_ne_bytes())
    }

    /// The name in `iperf_api.h`, where there is one.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        Some(match self {
            Self::TEST_START => "TEST_START",
            Self::TEST_RUNNING => "TEST_RUNNING",
            Self::TEST_END => "TEST_END",
            Self::PARAM_EXCHANGE => "PARAM_EXCHANGE",
            Self::CREATE_STREAMS => "CREATE_STREAMS",
            Self::SERVER_TERMINATE => "SERVER_TERMINATE",
            Self::CLIENT_TERMINATE => "CLIENT_TERMINATE",
            Self::EXCHANGE_RESULTS => "EXCHANGE_RESULTS",
            Self::DISPLAY_RESULTS => "DISPLAY_RESULTS",
            Self::IPERF_DONE => "IPERF_DONE",
            Self::EXTENDED => "EXTENDED",
            Self::ACCESS_DENIED => "ACCESS_DENIED",
            Self::SERVER_ERROR => "SERVER_ERROR",
            _ => return None,
        })
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "control octet {}", self.0),
        }
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "State({self})")
    }
}

/// A test has a dozen; whoever sends more is not listened to as closely.
pub(super) const MOST_STATES: usize = 64;

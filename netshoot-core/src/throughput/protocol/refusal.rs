//! The error codes of iperf3, and what a server says with them.

use std::fmt;
use std::io;

/// An error of iperf3 by its number (`enum` of `iperf_api.h`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ErrorCode(pub i32);

/// What follows [`SERVER_ERROR`](super::State::SERVER_ERROR): an error code and the server's errno, as far as they came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Refusal {
    /// The error; zero when none came.
    pub code: ErrorCode,
    /// The server's errno, in its own system's numbers; zero for none.
    pub errno: i32,
}

impl ErrorCode {
    /// Time out of range.
    pub const DURATION: Self = Self(5);
    /// Too many streams.
    pub const STREAMS: Self = Self(6);
    /// Block too large.
    pub const BLOCK_SIZE: Self = Self(7);
    /// Socket buffer too large.
    pub const BUFFER_SIZE: Self = Self(8);
    /// Segment too large.
    pub const MSS: Self = Self(10);
    /// Omitted time out of range.
    pub const OMIT: Self = Self(12);
    /// The file cannot be opened.
    pub const FILE: Self = Self(14);
    /// Burst out of range.
    pub const BURST: Self = Self(15);
    /// More than one end.
    pub const END_CONDITIONS: Self = Self(16);
    /// No SCTP.
    pub const NO_SCTP: Self = Self(18);
    /// Datagram length out of range.
    pub const UDP_BLOCK_SIZE: Self = Self(20);
    /// Type of service out of range.
    pub const TOS: Self = Self(21);
    /// Reverse and bidirectional at once.
    pub const REVERSE_BIDIRECTIONAL: Self = Self(25);
    /// The rates of all streams together are above the server's limit.
    pub const TOTAL_RATE: Self = Self(27);
    /// Files cannot be sent over UDP.
    pub const UDP_FILE: Self = Self(34);
    /// The time asked for is above the server's limit.
    pub const MAX_DURATION: Self = Self(37);
    /// An octet that means nothing.
    pub const MESSAGE: Self = Self(110);
    /// The parameters cannot be read.
    pub const RECEIVE_PARAMETERS: Self = Self(114);
    /// The results cannot be read.
    pub const RECEIVE_RESULTS: Self = Self(117);
    /// The flow label cannot be set.
    pub const FLOW_LABEL: Self = Self(127);
    /// The streams cannot be kept on the CPU asked for.
    pub const AFFINITY: Self = Self(132);
    /// The congestion control cannot be set.
    pub const CONGESTION: Self = Self(134);
    /// The client is not who it must be.
    pub const AUTHORIZATION: Self = Self(142);
    /// No data came for the receive time-out.
    pub const NO_DATA: Self = Self(144);
    /// The test took longer than the server allows.
    pub const DURATION_EXPIRED: Self = Self(160);
    /// A data stream cannot be made.
    pub const CREATE_STREAM: Self = Self(200);
    /// A data stream did not come.
    pub const STREAM_ACCEPT: Self = Self(204);
    /// A data stream failed while sending.
    pub const STREAM_WRITE: Self = Self(205);
    /// A data stream failed while receiving.
    pub const STREAM_READ: Self = Self(206);
    /// A result is of an unknown stream.
    pub const STREAM_ID: Self = Self(208);

    /// What the number means, in a clause; `None` for those that never cross the wire, or are unknown.
    #[must_use]
    pub fn meaning(self) -> Option<&'static str> {
        MEANINGS.iter().find(|(code, _)| *code == self.0).map(|(_, meaning)| *meaning)
    }
}

impl Refusal {
    /// The refusal with `code` and no errno.
    #[must_use]
    pub fn new(code: ErrorCode) -> Self {
        Self { code, errno: 0 }
    }

    /// What is left of a refusal, of which 0, 4 or 8 octets may have come.
    #[must_use]
    pub fn parse(octets: &[u8]) -> Self {
        let number = |from: usize| {
            octets.get(from..).and_then(|rest| rest.first_chunk()).map_or(0, |octets| i32::from_be_bytes(*octets))
        };
        Self { code: ErrorCode(number(0)), errno: number(4) }
    }

    /// As it goes over the wire behind [`SERVER_ERROR`](super::State::SERVER_ERROR).
    #[must_use]
    pub fn to_bytes(self) -> [u8; Self::LEN] {
        let mut octets = [0; Self::LEN];
        let (code, errno) = octets.split_at_mut(4);
        code.copy_from_slice(&self.code.0.to_be_bytes());
        errno.copy_from_slice(&self.errno.to_be_bytes());
        octets
    }

    /// Octets on the wire.
    pub const LEN: usize = 8;
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.meaning() {
            Some(meaning) => f.write_str(meaning),
            None => write!(f, "iperf3 error {}", self.0),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code.0 {
            0 => f.write_str("the server failed without saying why")?,
            _ => write!(f, "{}", self.code)?,
        }
        if self.errno > 0 {
            let text = io::Error::from_raw_os_error(self.errno).to_string();
            write!(f, " ({})", text.split(" (os error").next().unwrap_or_default())?;
        }
        Ok(())
    }
}

const MEANINGS: &[(i32, &str)] = &[
    (5, "the time of the test is out of range"),
    (6, "too many parallel streams"),
    (7, "the block is too large"),
    (8, "the socket buffer is too large"),
    (9, "the interval is out of range"),
    (10, "the maximum segment size is too large"),
    (11, "the server's system has no sendfile"),
    (12, "the omitted time is out of range"),
    (14, "the server cannot use its file"),
    (15, "the burst is out of range"),
    (16, "more than one of time, bytes and blocks is given"),
    (18, "the server has no SCTP"),
    (20, "the length of the datagrams is out of range"),
    (21, "the type of service is out of range"),
    (25, "reverse and bidirectional exclude each other"),
    (27, "the rate of all streams together is above the server's limit"),
    (28, "the interval of the rate limit is out of range"),
    (30, "the idle time-out is out of range"),
    (31, "the receive time-out is out of range"),
    (34, "files cannot be sent over UDP"),
    (37, "the time asked for is above the server's limit"),
    (39, "the server's system cannot receive without copying"),
    (40, "the DSCP is out of range"),
    (102, "the server cannot listen"),
    (104, "the server cannot accept a connection"),
    (106, "the server did not get the cookie"),
    (107, "the server cannot write to the control connection"),
    (108, "the server cannot read from the control connection"),
    (109, "the control connection was closed"),
    (110, "the server got a control octet that it does not know"),
    (111, "the server cannot send a control octet"),
    (112, "the server cannot receive a control octet"),
    (114, "the server cannot read the parameters"),
    (116, "the server cannot send its results"),
    (117, "the server cannot read the results"),
    (119, "the client was interrupted"),
    (120, "the server was interrupted"),
    (122, "the server cannot set no-delay"),
    (123, "the server cannot set the maximum segment size"),
    (124, "the server cannot set the socket buffers"),
    (125, "the server cannot set the type of service"),
    (126, "the server cannot set the traffic class"),
    (127, "the server cannot set the flow label"),
    (130, "the server cannot set the window"),
    (132, "the server cannot set its CPU affinity"),
    (134, "the server does not have the congestion control"),
    (140, "the server cannot set the pacing rate"),
    (141, "the server's system grants smaller socket buffers than asked for"),
    (142, "the server demands authentication, which failed"),
    (144, "no data came for the server's receive time-out"),
    (145, "the server cannot set Don't Fragment"),
    (148, "the server cannot set its send time-out"),
    (160, "the test took longer than the server allows"),
    (200, "the server cannot make a data stream"),
    (201, "the server cannot set up a data stream"),
    (202, "the server cannot listen for data streams"),
    (203, "the server cannot connect a data stream"),
    (204, "the server did not get all data streams"),
    (205, "the server cannot write to a data stream"),
    (206, "the server cannot read from a data stream"),
    (207, "a data stream was closed"),
    (208, "a result names an unknown data stream"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn none_four_or_eight_octets_may_have_come() {
        let whole = Refusal { code: ErrorCode::CONGESTION, errno: 2 };
        assert_eq!(whole.to_bytes(), [0, 0, 0, 134, 0, 0, 0, 2]);
        assert_eq!(Refusal::parse(&whole.to_bytes()), whole);
        assert_eq!(Refusal::parse(&whole.to_bytes()[..4]), Refusal::new(ErrorCode::CONGESTION));
        assert_eq!(Refusal::parse(&[]), Refusal::new(ErrorCode(0)));
        assert_eq!(whole.to_string(), "the server does not have the congestion control (No such file or directory)");
        assert_eq!(Refusal::new(ErrorCode(999)).to_string(), "iperf3 error 999");
    }
}

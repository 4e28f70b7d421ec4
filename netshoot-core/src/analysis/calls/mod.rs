//! Calls: a request with its response, on any TCP connection, and where their time went.
//!
//! What a connection speaks, its first octets tell, never its port. HTTP/1 is read message by message, with all that
//! moves where they end: pipelining, `100 Continue`, responses without a body, chunks, responses until the close, upgrades.
//! Of all else the turns of the two ends make calls: what the client sends until the server answers is a request. A
//! server's octets are an answer only if they acknowledge some of the request, so that what crosses it, a greeting or a
//! notice, is none. In TLS, calls begin behind the handshake.
//!
//! The time of a call is divided as it passes, so that its parts sum to the whole to the nanosecond: see [`CallTime`].

mod exchange;
mod http;
mod open;
mod tracker;

use std::borrow::Cow;
use std::time::Duration;

pub(super) use exchange::{Exchange, Moment, Told};

use super::log::Weigh;
use crate::capture::Timestamp;

/// A request with its response.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// The flow.
    pub flow_id: u32,
    /// Number of the call in its flow, from 0.
    pub number: u32,
    /// What the connection speaks.
    pub protocol: CallProtocol,
    /// Time of the request's first octet.
    pub time: Timestamp,
    /// Octets of the request.
    pub request_bytes: u64,
    /// Octets of the response; 0 without one.
    pub response_bytes: u64,
    /// From the last octet of the request to the acknowledgment of it.
    pub server_ack: Option<Duration>,
    /// From the last octet of the request to the first of the response.
    pub time_to_first_byte: Option<Duration>,
    /// From the first octet of the response to the last.
    pub transfer: Option<Duration>,
    /// From the first octet of the request to the last of the response; without a response, to the last frame of the flow.
    pub total: Duration,
    /// Where the time went; sums to `total`.
    pub parts: CallTime,
    /// Segments of the flow that were retransmitted meanwhile.
    pub retransmissions: u32,
    /// Whether the response came to its end, as far as that can be told.
    pub is_complete: bool,
    /// What HTTP says of it.
    pub http: Option<HttpCall>,
    /// Frame of the request's first octet.
    pub request_frame: u64,
    /// Frame of the request's last octet.
    pub request_end_frame: u64,
    /// Frame of the response's first octet.
    pub response_frame: Option<u64>,
    /// Frame of the response's last octet.
    pub response_end_frame: Option<u64>,
    /// From the last octet of the request to the client's FIN or reset, where nothing of a response had come until then.
    pub(super) given_up: Option<Duration>,
}

impl Call {
    /// The part that took the most time; `None` if no time passed.
    #[must_use]
    pub fn dominant(&self) -> Option<CallPart> {
        let parts = self.parts.parts().into_iter().filter(|(_, time)| !time.is_zero());
        parts.reduce(|most, part| if part.1 > most.1 { part } else { most }).map(|(part, _)| part)
    }

    /// Whether anything of a response was seen.
    #[must_use]
    pub const fn is_answered(&self) -> bool {
        self.response_frame.is_some()
    }
}

/// What the first line and the fields of HTTP/1 say of a call. What is no UTF-8 is replaced, what is long is cut.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HttpCall {
    /// Method, host and path: one piece, as there are many calls.
    text: Box<str>,
    method_end: u16,
    host_end: Option<u16>,
    status: Option<u16>,
}

impl HttpCall {
    fn new(method: &[u8], host: Option<&[u8]>, path: &[u8]) -> Self {
        let [method, path] = [(method, MAX_METHOD), (path, MAX_TEXT)].map(|(octets, most)| cut(octets, most));
        let host = host.map(|host| cut(host, MAX_TEXT));
        let text: Box<str> = [&*method, host.as_deref().unwrap_or_default(), &path].concat().into();
        let end = |len| u16::try_from(len).unwrap_or(u16::MAX);
        let host_end = host.map(|host| end(method.len() + host.len()));
        Self { text, method_end: end(method.len()), host_end, status: None }
    }

    /// The method, such as `GET`.
    #[must_use]
    pub fn method(&self) -> &str {
        self.text.get(..self.method_end.into()).unwrap_or_default()
    }

    /// The host that the request is for.
    #[must_use]
    pub fn host(&self) -> Option<&str> {
        self.text.get(self.method_end.into()..self.host_end?.into())
    }

    /// The target of the request: mostly a path with a query.
    #[must_use]
    pub fn path(&self) -> &str {
        self.text.get(self.host_end.unwrap_or(self.method_end).into()..).unwrap_or_default()
    }

    /// The status of the response; not one that is only informational, unless it upgrades the connection.
    #[must_use]
    pub const fn status(&self) -> Option<u16> {
        self.status
    }

    fn heap_len(&self) -> usize {
        self.text.len()
    }
}

fn cut(octets: &[u8], most: usize) -> Cow<'_, str> {
    String::from_utf8_lossy(octets.get(..most).unwrap_or(octets))
}

/// What a connection speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CallProtocol {
    /// HTTP/1.
    Http,
    /// Anything inside of TLS.
    Tls,
    /// Something else.
    Other,
}

/// Where the time of a call went.
///
/// Every interval between two segments of the flow falls to one part when the next octets of request or response come:
///
/// * `recovery` if they had to be sent again, or waited for others that had;
/// * `blind` if the capture lacks octets before them, which their receiver has;
/// * `receiver_stall` while their receiver's window was closed;
/// * else `network` for a round trip (as the handshake or bare acknowledgments measured it from the capture point, to the
///   end that had to react), or until octets in flight were acknowledged; and the rest `server` or `client`, whose turn it
///   was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallTime {
    /// Octets and acknowledgments on their way.
    pub network: Duration,
    /// The server worked or waited for others.
    pub server: Duration,
    /// The client took its time to send.
    pub client: Duration,
    /// Waiting for octets to be sent again.
    pub recovery: Duration,
    /// The receiver's window was closed.
    pub receiver_stall: Duration,
    /// The capture does not have what happened.
    pub blind: Duration,
}

impl CallTime {
    /// The parts by name.
    #[must_use]
    pub const fn parts(&self) -> [(CallPart, Duration); 6] {
        [
            (CallPart::Network, self.network),
            (CallPart::Server, self.server),
            (CallPart::Client, self.client),
            (CallPart::Recovery, self.recovery),
            (CallPart::ReceiverStall, self.receiver_stall),
            (CallPart::Blind, self.blind),
        ]
    }

    /// The sum of the parts.
    #[must_use]
    pub fn sum(&self) -> Duration {
        self.parts().iter().map(|(_, time)| *time).sum()
    }
}

/// A part of a call's time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CallPart {
    /// [`CallTime::network`].
    Network,
    /// [`CallTime::server`].
    Server,
    /// [`CallTime::client`].
    Client,
    /// [`CallTime::recovery`].
    Recovery,
    /// [`CallTime::receiver_stall`].
    ReceiverStall,
    /// [`CallTime::blind`].
    Blind,
}

impl CallPart {
    /// `network`, `server`, `client`, `recovery`, `receiver_stall` or `blind`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Network => "network",
            Self::Server => "server",
            Self::Client => "client",
            Self::Recovery => "recovery",
            Self::ReceiverStall => "receiver_stall",
            Self::Blind => "blind",
        }
    }
}

impl CallProtocol {
    /// `http`, `tls` or `other`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Tls => "tls",
            Self::Other => "other",
        }
    }
}

impl Weigh for Call {
    fn heap_len(&self) -> usize {
        self.http.as_ref().map_or(0, |http| http.heap_len())
    }

    fn is_notable(&self) -> bool {
        let is_http = self.protocol == CallProtocol::Http;
        let is_error = self.http.as_ref().and_then(HttpCall::status).is_some_and(|status| status >= 500);
        is_error || if self.is_answered() { self.total >= SLOW } else { is_http }
    }
}

/// A call that a person notices.
pub(super) const SLOW: Duration = Duration::from_secs(1);
const MAX_METHOD: usize = 32;
const MAX_TEXT: usize = 1024;

//! Handshakes of TLS.

use std::time::Duration;

use super::log::Weigh;
use crate::application::tls::{AlertDescription, CipherSuite, NamedGroup, Version};
use crate::capture::Timestamp;

/// A handshake of TLS in a TCP flow, as far as it is not encrypted.
#[derive(Clone, Debug, PartialEq)]
pub struct TlsHandshake {
    /// The flow.
    pub flow_id: u32,
    /// Time of the client's first octet.
    pub time: Timestamp,
    /// The server's name as the client asks for it (SNI).
    pub server_name: Option<String>,
    /// The protocol above TLS that the server chose (ALPN). In TLS 1.3 that is encrypted.
    pub alpn: Option<String>,
    /// The protocols that the client offers, at most 16.
    pub offered_alpn: Vec<String>,
    /// The version that the server chose.
    pub version: Option<Version>,
    /// The versions that the client offers, the highest first.
    pub offered_versions: Vec<Version>,
    /// The cipher suite that the server chose.
    pub cipher: Option<CipherSuite>,
    /// The group of the key exchange.
    pub group: Option<NamedGroup>,
    /// From the client's hello to the server's: the last of each, if the server asked for another.
    pub hello: Option<Duration>,
    /// From the client's first octet to the end of the handshake: the client's last message in TLS 1.3, and in full
    /// handshakes before that the server's.
    pub handshake: Option<Duration>,
    /// Whether the server asked the client to say hello again.
    pub is_retried: bool,
    /// Whether a session was resumed; `None` without a server's hello, or where that cannot be known.
    pub is_resumed: Option<bool>,
    /// How it ended; `None` where the capture does not tell.
    pub outcome: Option<TlsOutcome>,
    /// The last alert: what it says; `None` where it was encrypted, too.
    pub alert: Option<AlertDescription>,
    /// Who sent the alert, or the reset.
    pub failed_by: Option<TlsEnd>,
    /// What the server's certificate says, in TLS 1.2 and before.
    pub certificate: Option<Box<Certificate>>,
    /// Frame of the client's hello.
    pub client_hello_frame: u64,
    /// Frame of the server's hello.
    pub server_hello_frame: Option<u64>,
    /// Frame of what ended the handshake.
    pub end_frame: Option<u64>,
}

/// Some of an X.509 certificate (RFC 5280).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// The subject, as in RFC 4514.
    pub subject: String,
    /// The issuer, as in RFC 4514.
    pub issuer: String,
    /// Names and addresses that it is for, at most 32.
    pub names: Vec<String>,
    /// From when on it is valid.
    pub not_before: Timestamp,
    /// Until when it is valid.
    pub not_after: Timestamp,
}

/// How a handshake ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TlsOutcome {
    /// Both ends finished it.
    Ok,
    /// An end sent an alert.
    Alert,
    /// An end reset the connection.
    Reset,
    /// The server closed the connection without a hello, or said something that is none.
    NoServerHello,
    /// The server said nothing.
    StalledAfterClientHello,
    /// The client closed the connection.
    ClientGone,
}

/// One of the ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TlsEnd {
    /// The one that said hello first.
    Client,
    /// The other.
    Server,
}

impl TlsOutcome {
    /// `ok`, `alert`, `reset`, `no_server_hello`, `stalled_after_client_hello` or `client_gone`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Alert => "alert",
            Self::Reset => "reset",
            Self::NoServerHello => "no_server_hello",
            Self::StalledAfterClientHello => "stalled_after_client_hello",
            Self::ClientGone => "client_gone",
        }
    }
}

impl TlsEnd {
    /// `client` or `server`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
        }
    }
}

impl Weigh for TlsHandshake {
    fn heap_len(&self) -> usize {
        let texts = self.server_name.iter().chain(&self.alpn).chain(&self.offered_alpn);
        let texts: usize = texts.map(String::capacity).sum();
        let lists = self.offered_alpn.capacity() * size_of::<String>() + self.offered_versions.capacity() * 2;
        texts + lists + self.certificate.as_ref().map_or(0, |certificate| certificate.heap_len())
    }

    fn is_notable(&self) -> bool {
        self.outcome != Some(TlsOutcome::Ok)
    }
}

impl Certificate {
    fn heap_len(&self) -> usize {
        let texts = self.names.iter().chain([&self.subject, &self.issuer]).map(String::capacity).sum::<usize>();
        size_of::<Self>() + texts + self.names.capacity() * size_of::<String>()
    }
}

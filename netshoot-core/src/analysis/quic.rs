//! Connections of QUIC, as far as they can be seen from outside.

use std::time::Duration;

use super::analyzer::Note;
use super::log::{Log, Weigh};
use crate::application::quic::{Kind, Packet, Packets, Version};
use crate::capture::Timestamp;
use crate::packet::Payload;

/// How a connection of QUIC begins in a flow of UDP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuicConnection {
    /// The flow.
    pub flow_id: u32,
    /// Time of the client's first datagram.
    pub time: Timestamp,
    /// The version of the client's first datagram, or the one that both speak then.
    pub version: Version,
    /// From the client's first datagram to the server's.
    pub hello: Option<Duration>,
    /// From the client's first datagram to the first one whose keys only the whole handshake gives it.
    pub handshake: Option<Duration>,
    /// Whether the server made the client prove its address first.
    pub is_retried: bool,
    /// How it went.
    pub outcome: QuicOutcome,
    /// Datagrams of the client before the server's first.
    pub attempts: u32,
    /// Frame of the client's first datagram.
    pub first_frame: u64,
    /// Frame of the server's first datagram.
    pub answer_frame: Option<u64>,
    /// Frame with which the handshake was over.
    pub end_frame: Option<u64>,
}

/// How the handshake of a connection of QUIC went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum QuicOutcome {
    /// The client sends what only the whole handshake lets it encrypt.
    Ok,
    /// The server does not speak the version.
    VersionNegotiation,
    /// The server said nothing.
    NoAnswer,
    /// It is not over in the capture.
    Incomplete,
}

impl QuicOutcome {
    /// `ok`, `version_negotiation`, `no_answer` or `incomplete`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::VersionNegotiation => "version_negotiation",
            Self::NoAnswer => "no_answer",
            Self::Incomplete => "incomplete",
        }
    }
}

impl Weigh for QuicConnection {
    fn heap_len(&self) -> usize {
        0
    }
}

/// Takes the first datagram of a flow; the number of the connection if it begins one.
///
/// Only the first datagrams of clients are so large and say so much that no other protocol looks like them.
pub(super) fn begin(log: &mut Log<QuicConnection>, datagram: &Payload<'_>, note: &Note) -> Option<u64> {
    let first = Packets::new(datagram.bytes).next()?.ok()?;
    let version = first.version()?;
    let is_known = matches!(version, Version::V1 | Version::V2) || version.draft().is_some();
    let is_initial = matches!(first.kind(), Kind::Initial { .. }) && first.fixed_bit();
    let has_id = first.destination_id().is_some_and(|id| id.len() >= SHORTEST_ID);
    if !is_known || !is_initial || !has_id || datagram.reported_len < SHORTEST_DATAGRAM {
        return None;
    }
    Some(log.push(QuicConnection {
        flow_id: note.flow_id,
        time: note.time,
        version,
        hello: None,
        handshake: None,
        is_retried: false,
        outcome: QuicOutcome::NoAnswer,
        attempts: 1,
        first_frame: note.frame,
        answer_frame: None,
        end_frame: None,
    }))
}

/// Takes a further datagram; whether the handshake goes on.
pub(super) fn go_on(connection: &mut QuicConnection, datagram: &[u8], from_client: bool, note: &Note) -> bool {
    if !from_client && connection.answer_frame.is_none() {
        connection.answer_frame = Some(note.frame);
        connection.hello = note.time.checked_duration_since(connection.time);
        connection.outcome = QuicOutcome::Incomplete;
    } else if from_client && connection.answer_frame.is_none() {
        connection.attempts = connection.attempts.saturating_add(1);
    }
    Packets::new(datagram).map_while(Result::ok).all(|packet| step(connection, &packet, from_client, note))
}

fn step(connection: &mut QuicConnection, packet: &Packet<'_>, from_client: bool, note: &Note) -> bool {
    match packet.kind() {
        Kind::VersionNegotiation { .. } if !from_client => {
            connection.outcome = QuicOutcome::VersionNegotiation;
            connection.end_frame = Some(note.frame);
            return false;
        }
        Kind::Retry { .. } if !from_client => connection.is_retried = true,
        // The server may send so early, before it has heard the end of the handshake.
        Kind::Short if from_client && connection.answer_frame.is_some() => {
            connection.outcome = QuicOutcome::Ok;
            connection.handshake = note.time.checked_duration_since(connection.time);
            connection.end_frame = Some(note.frame);
            return false;
        }
        Kind::Initial { .. } | Kind::Handshake { .. } => {
            connection.version = packet.version().unwrap_or(connection.version);
        }
        _ => {}
    }
    true
}

/// RFC 9000 section 7.2.
const SHORTEST_ID: usize = 8;
/// RFC 9000 section 14.1.
const SHORTEST_DATAGRAM: usize = 1200;

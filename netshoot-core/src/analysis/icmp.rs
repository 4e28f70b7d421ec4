//! Messages of ICMP: errors, each with the flow that it is about, and echo requests with their replies.

use std::net::IpAddr;
use std::time::Duration;

use super::analyzer::Note;
use super::findings::Unreachables;
use super::log::{Log, Waiting, Weigh};
use crate::capture::Timestamp;
use crate::packet::{FiveTuple, Icmp, IpProtocol};

/// An error that quotes a packet, or an echo request with its reply.
#[derive(Clone, Debug, PartialEq)]
pub struct IcmpMessage {
    /// Time of the message; of the request where there is a reply.
    pub time: Timestamp,
    /// The flow that an error is about, if it is known; the flow of an echo request.
    pub flow_id: Option<u32>,
    /// Who sent it.
    pub source: IpAddr,
    /// To whom.
    pub destination: IpAddr,
    /// What it says.
    pub kind: IcmpKind,
    /// The type, of ICMP or ICMPv6 as the addresses tell.
    pub message_type: u8,
    /// The code.
    pub code: u8,
    /// The largest packet that the path takes, if an error says so, in octets.
    pub mtu: Option<u32>,
    /// Whose packet an error quotes: from sender to receiver.
    pub quoted: Option<FiveTuple>,
    /// Identifier and sequence number of an echo request.
    pub echo: Option<(u16, u16)>,
    /// From an echo request to its reply.
    pub rtt: Option<Duration>,
    /// Frame of the message; of an echo reply where the request was not captured.
    pub frame: u64,
    /// Frame of the reply.
    pub reply_frame: Option<u64>,
}

impl IcmpMessage {
    /// Whether an echo request was answered; `None` for errors.
    #[must_use]
    pub fn is_answered(&self) -> Option<bool> {
        self.echo.map(|_| self.reply_frame.is_some())
    }
}

/// What a message of ICMP or ICMPv6 says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum IcmpKind {
    /// An echo request, or a reply whose request was not captured.
    Echo,
    /// No route, or no network.
    NetworkUnreachable,
    /// Nobody answers for the address.
    HostUnreachable,
    /// The protocol is not known there.
    ProtocolUnreachable,
    /// Nothing listens.
    PortUnreachable,
    /// The packet is too big, and may not be fragmented.
    PacketTooBig,
    /// A filter forbids it.
    Prohibited,
    /// Another reason why it did not arrive.
    Unreachable,
    /// The packet passed too many routers.
    TimeExceeded,
    /// Fragments were missing.
    ReassemblyTimeExceeded,
    /// Another router is nearer.
    Redirect,
    /// A header that cannot be read.
    ParameterProblem,
    /// Asks to send less (obsolete).
    SourceQuench,
}

impl IcmpKind {
    /// The name in lower case with underscores, such as `port_unreachable`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Echo => "echo",
            Self::NetworkUnreachable => "network_unreachable",
            Self::HostUnreachable => "host_unreachable",
            Self::ProtocolUnreachable => "protocol_unreachable",
            Self::PortUnreachable => "port_unreachable",
            Self::PacketTooBig => "packet_too_big",
            Self::Prohibited => "prohibited",
            Self::Unreachable => "unreachable",
            Self::TimeExceeded => "time_exceeded",
            Self::ReassemblyTimeExceeded => "reassembly_time_exceeded",
            Self::Redirect => "redirect",
            Self::ParameterProblem => "parameter_problem",
            Self::SourceQuench => "source_quench",
        }
    }
}

impl Weigh for IcmpMessage {
    fn heap_len(&self) -> usize {
        0
    }
}

/// The messages so far.
#[derive(Debug)]
pub(super) struct IcmpMessages {
    pub(super) log: Log<IcmpMessage>,
    /// What the evicted ones tell of.
    pub(super) unreachables: Unreachables,
    /// Echo requests without a reply.
    waiting: Waiting<(IpAddr, IpAddr, u16, u16)>,
}

impl IcmpMessages {
    pub(super) fn new(limit: usize) -> Self {
        let (log, waiting) = (Log::new(limit / 2), Waiting::new(limit / 2));
        Self { log, unreachables: Unreachables::default(), waiting }
    }

    /// An error about a packet of `quoted`, and perhaps of a flow.
    pub(super) fn error(&mut self, icmp: &Icmp<'_>, quoted: FiveTuple, flow_id: Option<u32>, note: &Note) {
        let (is_v6, message_type, code) = (note.tuple.protocol == IpProtocol::ICMPV6, icmp.message_type(), icmp.code());
        let kind = if is_v6 { kind_v6(message_type, code) } else { kind_v4(message_type, code) };
        let [a, b, c, d] = icmp.rest_of_header();
        let mtu = match is_v6 {
            true => u32::from_be_bytes([a, b, c, d]),
            false => u32::from_be_bytes([0, 0, c, d]),
        };
        self.push(IcmpMessage {
            flow_id,
            kind,
            message_type,
            code,
            mtu: (kind == IcmpKind::PacketTooBig && mtu > 0).then_some(mtu),
            quoted: Some(quoted),
            ..message(note)
        });
    }

    /// An echo message.
    pub(super) fn echo(&mut self, icmp: &Icmp<'_>, is_reply: bool, note: &Note) {
        let FiveTuple { source, destination, .. } = note.tuple;
        let echo = (icmp.identifier(), icmp.sequence_number());
        if is_reply {
            // Who asks a group is answered by its members.
            let key = (destination, source, echo.0, echo.1);
            let Some(request) = self.waiting.remove(&key).and_then(|number| self.log.get_mut(number)) else { return };
            request.rtt = note.time.checked_duration_since(request.time);
            request.reply_frame = Some(note.frame);
            return;
        }
        let number = self.push(IcmpMessage {
            flow_id: Some(note.flow_id),
            message_type: icmp.message_type(),
            code: icmp.code(),
            echo: Some(echo),
            ..message(note)
        });
        self.waiting.insert((source, destination, echo.0, echo.1), number);
    }

    fn push(&mut self, message: IcmpMessage) -> u64 {
        let Self { log, unreachables, .. } = self;
        log.push_with(message, |evicted| unreachables.note(evicted))
    }
}

fn message(note: &Note) -> IcmpMessage {
    IcmpMessage {
        time: note.time,
        flow_id: None,
        source: note.tuple.source,
        destination: note.tuple.destination,
        kind: IcmpKind::Echo,
        message_type: 0,
        code: 0,
        mtu: None,
        quoted: None,
        echo: None,
        rtt: None,
        frame: note.frame,
        reply_frame: None,
    }
}

/// RFC 792, RFC 1122 section 3.2.2.1, RFC 1812 section 5.2.7.1.
const fn kind_v4(message_type: u8, code: u8) -> IcmpKind {
    match (message_type, code) {
        (3, 0 | 6 | 8 | 11) => IcmpKind::NetworkUnreachable,
        (3, 1 | 7 | 12) => IcmpKind::HostUnreachable,
        (3, 2) => IcmpKind::ProtocolUnreachable,
        (3, 3) => IcmpKind::PortUnreachable,
        (3, 4) => IcmpKind::PacketTooBig,
        (3, 9 | 10 | 13) => IcmpKind::Prohibited,
        (4, _) => IcmpKind::SourceQuench,
        (5, _) => IcmpKind::Redirect,
        (11, 1) => IcmpKind::ReassemblyTimeExceeded,
        (11, _) => IcmpKind::TimeExceeded,
        (12, _) => IcmpKind::ParameterProblem,
        _ => IcmpKind::Unreachable,
    }
}

/// RFC 4443.
const fn kind_v6(message_type: u8, code: u8) -> IcmpKind {
    match (message_type, code) {
        (1, 0) => IcmpKind::NetworkUnreachable,
        (1, 1 | 5 | 6) => IcmpKind::Prohibited,
        (1, 3) => IcmpKind::HostUnreachable,
        (1, 4) => IcmpKind::PortUnreachable,
        (2, _) => IcmpKind::PacketTooBig,
        (3, 1) => IcmpKind::ReassemblyTimeExceeded,
        (3, _) => IcmpKind::TimeExceeded,
        (4, _) => IcmpKind::ParameterProblem,
        _ => IcmpKind::Unreachable,
    }
}

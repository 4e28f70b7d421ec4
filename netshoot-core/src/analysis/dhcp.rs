//! Exchanges of DHCP for IPv4: what a client asked for, and what became of it.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use super::analyzer::Note;
use super::log::{Log, Waiting, Weigh};
use crate::capture::Timestamp;
use crate::packet::MacAddress;
use crate::packet::dhcp::{Message, MessageType};

/// The messages of one transaction of one client.
#[derive(Clone, Debug, PartialEq)]
pub struct DhcpExchange {
    /// Time of the first message.
    pub time: Timestamp,
    /// Transaction identifier.
    pub transaction: u32,
    /// The client's address on Ethernet.
    pub client_mac: Option<MacAddress>,
    /// The name that the client says it has.
    pub host_name: Option<String>,
    /// What the client sent first.
    pub kind: MessageType,
    /// Messages that the client sent.
    pub requests: u32,
    /// Servers that answered, at most 8.
    pub servers: Vec<Ipv4Addr>,
    /// The address that the client asked for.
    pub requested: Option<Ipv4Addr>,
    /// The address that a server offered or gave last.
    pub offered: Option<Ipv4Addr>,
    /// Seconds for which it may be used; `u32::MAX` is for ever.
    pub lease: Option<u32>,
    /// What became of it.
    pub outcome: DhcpOutcome,
    /// From the first message to the answer that decided.
    pub latency: Option<Duration>,
    /// Why a server refused, or a client declined.
    pub message: Option<String>,
    /// Frame of the first message.
    pub first_frame: u64,
    /// Frame of the last message.
    pub last_frame: u64,
}

/// What became of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DhcpOutcome {
    /// Nobody answered.
    Unanswered,
    /// There was an offer, and nothing after it.
    Offered,
    /// A server gave what was asked for.
    Ack,
    /// A server refused.
    Nak,
    /// The client found the address in use.
    Declined,
    /// The client gave the address back.
    Released,
}

impl DhcpOutcome {
    /// `unanswered`, `offered`, `ack`, `nak`, `declined` or `released`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unanswered => "unanswered",
            Self::Offered => "offered",
            Self::Ack => "ack",
            Self::Nak => "nak",
            Self::Declined => "declined",
            Self::Released => "released",
        }
    }
}

impl Weigh for DhcpExchange {
    fn heap_len(&self) -> usize {
        // What it will have, so that it stays as it is.
        2 * MAX_TEXT + MAX_SERVERS * 4
    }
}

/// The exchanges so far.
#[derive(Debug)]
pub(super) struct DhcpExchanges {
    pub(super) log: Log<DhcpExchange>,
    waiting: Waiting<(u32, [u8; 16])>,
}

impl DhcpExchanges {
    pub(super) fn new(limit: usize) -> Self {
        Self { log: Log::new(limit / 4 * 3), waiting: Waiting::new(limit / 4) }
    }

    pub(super) fn take(&mut self, message: &Message<'_>, note: &Note) {
        let Some(kind) = message.message_type() else { return };
        let mut hardware = [0; 16];
        hardware.iter_mut().zip(message.hardware_address()).for_each(|(own, octet)| *own = *octet);
        let key = (message.transaction_id(), hardware);
        let known = self.waiting.get(&key).filter(|number| {
            // A client may use its number again.
            let known = self.log.get_mut(*number);
            known.is_some_and(|known| message.is_reply() || !is_over(known, kind, note.time))
        });
        let number = known.unwrap_or_else(|| self.begin(message, kind, key, note));
        if let Some(exchange) = self.log.get_mut(number) {
            exchange.last_frame = note.frame;
            match message.is_reply() {
                true => answer(exchange, message, kind, note),
                false => ask(exchange, message, kind),
            }
        }
    }

    fn begin(&mut self, message: &Message<'_>, kind: MessageType, key: (u32, [u8; 16]), note: &Note) -> u64 {
        let number = self.log.push(DhcpExchange {
            time: note.time,
            transaction: message.transaction_id(),
            client_mac: message.mac_address(),
            host_name: None,
            kind,
            requests: 0,
            servers: Vec::new(),
            requested: None,
            offered: None,
            lease: None,
            outcome: DhcpOutcome::Unanswered,
            latency: None,
            message: None,
            first_frame: note.frame,
            last_frame: note.frame,
        });
        self.waiting.insert(key, number);
        number
    }
}

/// Whether a message of the client of this kind begins another exchange.
fn is_over(known: &DhcpExchange, kind: MessageType, now: Timestamp) -> bool {
    let is_decided = matches!(known.outcome, DhcpOutcome::Ack | DhcpOutcome::Nak);
    let follows = matches!(kind, MessageType::DECLINE | MessageType::RELEASE);
    is_decided && !follows || now.saturating_duration_since(known.time) > LONGEST
}

fn ask(exchange: &mut DhcpExchange, message: &Message<'_>, kind: MessageType) {
    exchange.requests = exchange.requests.saturating_add(1);
    exchange.requested = message.requested_address().or(exchange.requested);
    if exchange.host_name.is_none() {
        exchange.host_name = message.host_name().map(text);
    }
    match kind {
        MessageType::DECLINE => exchange.outcome = DhcpOutcome::Declined,
        MessageType::RELEASE => exchange.outcome = DhcpOutcome::Released,
        _ => return,
    }
    exchange.message = message.message().map(text);
}

fn answer(exchange: &mut DhcpExchange, message: &Message<'_>, kind: MessageType, note: &Note) {
    let outcome = match kind {
        MessageType::OFFER => DhcpOutcome::Offered,
        MessageType::ACK => DhcpOutcome::Ack,
        MessageType::NAK => DhcpOutcome::Nak,
        _ => return,
    };
    let sender = match note.tuple.source {
        IpAddr::V4(address) => Some(address),
        IpAddr::V6(_) => None,
    };
    if let Some(server) = message.server_id().or(sender)
        && !exchange.servers.contains(&server)
        && exchange.servers.len() < MAX_SERVERS
    {
        exchange.servers.push(server);
    }
    // An offer that comes late decides nothing.
    if outcome == DhcpOutcome::Offered && exchange.outcome != DhcpOutcome::Unanswered {
        return;
    }
    if exchange.latency.is_none() || exchange.outcome != outcome {
        exchange.latency = note.time.checked_duration_since(exchange.time);
    }
    exchange.outcome = outcome;
    let address = Some(message.your_address()).filter(|address| !address.is_unspecified());
    exchange.offered = address.or(exchange.offered);
    exchange.lease = message.lease_time().or(exchange.lease);
    exchange.message = message.message().map(text).or(exchange.message.take());
}

/// What is no UTF-8 is replaced.
fn text(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets.get(..MAX_TEXT).unwrap_or(octets)).into_owned()
}

const MAX_TEXT: usize = 128;
const MAX_SERVERS: usize = 8;
/// Clients try again for about a minute (RFC 2131 section 4.1).
const LONGEST: Duration = Duration::from_secs(120);

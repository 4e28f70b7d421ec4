//! Messages of ARP: who asked for whom, who answered, and who claims what another has.

use std::net::Ipv4Addr;
use std::time::Duration;

use super::log::{Log, Waiting, Weigh};
use crate::capture::Timestamp;
use crate::packet::{Arp, MacAddress, Packet};

/// A message of ARP for IPv4 on Ethernet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArpMessage {
    /// Time of the message.
    pub time: Timestamp,
    /// The address that the sender has, or wants to have; 0.0.0.0 in a probe.
    pub sender: Ipv4Addr,
    /// Who sent it.
    pub sender_mac: MacAddress,
    /// The address that is looked for, or to which an answer goes.
    pub target: Ipv4Addr,
    /// What it is.
    pub kind: ArpKind,
    /// From a request or probe to the first answer.
    pub latency: Option<Duration>,
    /// Who answered first.
    pub answered_by: Option<MacAddress>,
    /// The other end that claims the same address: it did so within the minute before, or it answered a probe.
    pub conflict: Option<MacAddress>,
    /// Frame of the message.
    pub frame: u64,
    /// Frame of the first answer.
    pub reply_frame: Option<u64>,
}

impl ArpMessage {
    /// Whether a request or probe was answered; `None` for others.
    #[must_use]
    pub fn is_answered(&self) -> Option<bool> {
        matches!(self.kind, ArpKind::Request | ArpKind::Probe).then_some(self.reply_frame.is_some())
    }
}

/// What a message of ARP is for (RFC 826, RFC 5227).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ArpKind {
    /// Asks who has an address.
    Request,
    /// Tells.
    Reply,
    /// Tells without being asked: an announcement.
    Gratuitous,
    /// Asks whether somebody has an address, before it is used.
    Probe,
}

impl ArpKind {
    /// `request`, `reply`, `gratuitous` or `probe`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Reply => "reply",
            Self::Gratuitous => "gratuitous",
            Self::Probe => "probe",
        }
    }
}

impl Weigh for ArpMessage {
    fn heap_len(&self) -> usize {
        0
    }
}

/// An address in a network: the same one may be in others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Place {
    /// The two outermost VLANs, each one more than its number; 0 for none.
    vlans: u32,
    address: Ipv4Addr,
}

/// The messages so far.
#[derive(Debug)]
pub(super) struct ArpMessages {
    pub(super) log: Log<ArpMessage>,
    /// Requests without an answer, by who asked and for which address.
    waiting: Waiting<(MacAddress, Place)>,
    /// The message in which each address was claimed last.
    claims: Waiting<Place>,
}

impl ArpMessages {
    pub(super) fn new(limit: usize) -> Self {
        Self { log: Log::new(limit / 2), waiting: Waiting::new(limit / 4), claims: Waiting::new(limit / 4) }
    }

    pub(super) fn take(&mut self, arp: &Arp<'_>, packet: &Packet<'_>, frame: u64, time: Timestamp) {
        let (Some(sender), Some(target), Some(sender_mac)) = (arp.sender_ipv4(), arp.target_ipv4(), arp.sender_mac())
        else {
            return;
        };
        let kind = match arp.operation() {
            1 | 2 if sender == target => ArpKind::Gratuitous,
            1 if sender.is_unspecified() => ArpKind::Probe,
            1 => ArpKind::Request,
            2 => ArpKind::Reply,
            _ => return,
        };
        let vlans = packet.vlans().take(2).fold(0, |vlans, vlan| vlans << 16 | (u32::from(vlan.id()) + 1));
        let place = |address| Place { vlans, address };
        let conflict = self.claim(place(sender), sender_mac, time);
        if kind == ArpKind::Reply
            && let Some(asker) = arp.target_mac()
        {
            self.answer(asker, place(sender), sender_mac, frame, time);
        }
        let (latency, answered_by, reply_frame) = (None, None, None);
        let message =
            ArpMessage { time, sender, sender_mac, target, kind, latency, answered_by, conflict, frame, reply_frame };
        let number = self.log.push(message);
        if !sender.is_unspecified() {
            self.claims.insert(place(sender), number);
        }
        if matches!(kind, ArpKind::Request | ArpKind::Probe) {
            self.waiting.insert((sender_mac, place(target)), number);
        }
    }

    /// Who claimed the address before, and is not the same.
    fn claim(&mut self, place: Place, mac: MacAddress, time: Timestamp) -> Option<MacAddress> {
        if place.address.is_unspecified() {
            return None;
        }
        let before = self.log.get_mut(self.claims.get(&place)?)?;
        let is_recent = time.saturating_duration_since(before.time) < CLAIM;
        (before.sender_mac != mac && is_recent).then_some(before.sender_mac)
    }

    fn answer(&mut self, asker: MacAddress, place: Place, by: MacAddress, frame: u64, time: Timestamp) {
        let Some(request) = self.waiting.remove(&(asker, place)).and_then(|number| self.log.get_mut(number)) else {
            return;
        };
        request.latency = time.checked_duration_since(request.time);
        request.answered_by = Some(by);
        request.reply_frame = Some(frame);
        if request.kind == ArpKind::Probe {
            request.conflict = Some(by);
        }
    }
}

/// Who claims an address later than that may have got it from whoever had it.
const CLAIM: Duration = Duration::from_secs(60);

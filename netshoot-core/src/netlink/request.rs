//! Requests, encoded by netlink-packet-route where it knows the message, else with netlink-packet-core's header.

use netlink_packet_core::{
    DefaultNla, Emitable, NLM_F_DUMP, NLM_F_REQUEST, NetlinkHeader, NetlinkMessage, NetlinkPayload,
};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::nsid::{NsidAttribute, NsidMessage};

/// A question to the kernel, encoded but for its sequence number.
#[derive(Clone, Debug)]
pub struct Request {
    /// `NETLINK_ROUTE` or another.
    pub(super) protocol: libc::c_int,
    /// The type of the messages that answer it.
    pub(super) answer: u16,
    /// What the answers do not repeat.
    pub(super) context: u16,
    octets: Vec<u8>,
}

impl Request {
    /// A question about all objects that the message describes.
    pub(super) fn dump(message: RouteNetlinkMessage) -> Self {
        Self::route(message, NLM_F_REQUEST | NLM_F_DUMP)
    }

    /// A question about one object.
    pub(super) fn get(message: RouteNetlinkMessage) -> Self {
        Self::route(message, NLM_F_REQUEST)
    }

    /// A dump that netlink-packet-route has no message for.
    pub(super) fn raw_dump(protocol: libc::c_int, kind: u16, answer: u16, payload: &[u8]) -> Self {
        Self::raw(protocol, kind, answer, NLM_F_REQUEST | NLM_F_DUMP, payload)
    }

    /// A question about one object that netlink-packet-route has no message for.
    pub(super) fn raw_get(protocol: libc::c_int, kind: u16, answer: u16, payload: &[u8]) -> Self {
        Self::raw(protocol, kind, answer, NLM_F_REQUEST, payload)
    }

    /// A question about sockets, whose answers are of the protocol `context`.
    pub(super) fn sockets(context: u16, payload: &[u8]) -> Self {
        let dump = Self::raw_dump(libc::NETLINK_SOCK_DIAG, SOCK_DIAG_BY_FAMILY, SOCK_DIAG_BY_FAMILY, payload);
        Self { context, ..dump }
    }

    fn raw(protocol: libc::c_int, kind: u16, answer: u16, flags: u16, payload: &[u8]) -> Self {
        let mut header = NetlinkHeader::default();
        header.flags = flags;
        header.message_type = kind;
        header.length = (header.buffer_len() + payload.len()) as u32;
        let mut octets = vec![0; header.buffer_len()];
        header.emit(&mut octets);
        octets.extend_from_slice(payload);
        Self { protocol, answer, context: 0, octets }
    }

    fn route(message: RouteNetlinkMessage, flags: u16) -> Self {
        let answer = message.message_type() & !KIND_WITHIN_OBJECT;
        let mut header = NetlinkHeader::default();
        header.flags = flags;
        let mut message = NetlinkMessage::new(header, NetlinkPayload::from(message));
        message.finalize();
        let mut octets = vec![0; message.buffer_len()];
        message.serialize(&mut octets);
        Self { protocol: libc::NETLINK_ROUTE, answer, context: 0, octets }
    }

    /// The octets to send under the number `sequence`.
    pub(super) fn numbered(&mut self, sequence: u32) -> &[u8] {
        if let Some(place) = self.octets.get_mut(SEQUENCE) {
            place.copy_from_slice(&sequence.to_ne_bytes());
        }
        &self.octets
    }
}

/// This namespace's number for the one that `descriptor` refers to.
pub(super) fn namespace_number(descriptor: u32) -> Request {
    let mut message = NsidMessage::default();
    message.attributes.push(NsidAttribute::Fd(descriptor));
    Request::get(RouteNetlinkMessage::GetNsId(message))
}

/// All numbers that this namespace, or the one that it knows as `target`, has for others.
pub(super) fn namespace_numbers(target: Option<i32>) -> Request {
    let mut message = NsidMessage::default();
    message.attributes.extend(target.map(NsidAttribute::TargetNsid));
    Request::dump(RouteNetlinkMessage::GetNsId(message))
}

/// What is known of the namespace that has `number` in this one, or in the one that this knows as `target`.
pub(super) fn namespace_of_number(number: i32, target: Option<i32>) -> Request {
    let mut message = NsidMessage::default();
    message.attributes.push(NsidAttribute::Id(number));
    message.attributes.extend(target.map(NsidAttribute::TargetNsid));
    Request::get(RouteNetlinkMessage::GetNsId(message))
}

/// Appends an attribute.
pub(super) fn put_attribute(octets: &mut Vec<u8>, number: u16, value: &[u8]) {
    let attribute = DefaultNla::new(number, value.to_vec());
    let start = octets.len();
    octets.resize(start + attribute.buffer_len(), 0);
    if let Some(place) = octets.get_mut(start..) {
        attribute.emit(place);
    }
}

/// linux/sock_diag.h
const SOCK_DIAG_BY_FAMILY: u16 = 20;
/// Where the sequence number stands in `struct nlmsghdr`.
const SEQUENCE: std::ops::Range<usize> = 8..12;
/// rtnetlink's messages come in fours: new, delete, get, set.
const KIND_WITHIN_OBJECT: u16 = 3;

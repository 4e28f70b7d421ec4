//! Requests, encoded by netlink-packet-route.

use netlink_packet_core::{NLM_F_DUMP, NLM_F_REQUEST, NetlinkHeader, NetlinkMessage, NetlinkPayload};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::address::AddressMessage;
use netlink_packet_route::link::LinkMessage;
use netlink_packet_route::nsid::{NsidAttribute, NsidMessage};

/// All links, with counters. The list of virtual functions is not asked for, as it alone may pass 64 KiB.
pub(super) fn links() -> RouteNetlinkMessage {
    RouteNetlinkMessage::GetLink(LinkMessage::default())
}

/// All addresses of all families.
pub(super) fn addresses() -> RouteNetlinkMessage {
    RouteNetlinkMessage::GetAddress(AddressMessage::default())
}

/// This namespace's number for the one that `descriptor` refers to.
pub(super) fn namespace_number(descriptor: u32) -> RouteNetlinkMessage {
    let mut message = NsidMessage::default();
    message.attributes.push(NsidAttribute::Fd(descriptor));
    RouteNetlinkMessage::GetNsId(message)
}

/// The octets of `request`: a question about one object for `RTM_GETNSID`, else a dump.
pub(super) fn encode(request: RouteNetlinkMessage, sequence: u32) -> Vec<u8> {
    let dump = if matches!(request, RouteNetlinkMessage::GetNsId(_)) { 0 } else { NLM_F_DUMP };
    let mut header = NetlinkHeader::default();
    header.flags = NLM_F_REQUEST | dump;
    header.sequence_number = sequence;
    let mut message = NetlinkMessage::new(header, NetlinkPayload::from(request));
    message.finalize();
    let mut octets = vec![0; message.buffer_len()];
    message.serialize(&mut octets);
    octets
}

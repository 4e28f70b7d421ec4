//! Which packets belong together.

use super::segment::Side;
pub(super) use crate::packet::FlowKey as Key;
use crate::packet::{FiveTuple, IpProtocol, Packet};

/// The key of a packet, and which end sent it. Echo messages of ICMP are told apart by their identifier.
pub(super) fn of_packet(packet: &Packet<'_>, tuple: &FiveTuple) -> (Key, Side) {
    let (key, from_low) = match echo(packet) {
        Some((identifier, _)) => {
            Key::new(&FiveTuple { source_port: identifier, destination_port: identifier, ..*tuple })
        }
        None => Key::new(tuple),
    };
    (key, if from_low { Side::Low } else { Side::High })
}

/// The identifier of an ICMP echo message, and whether it is a reply.
pub(super) fn echo(packet: &Packet<'_>) -> Option<(u16, bool)> {
    match packet.layout().ip_protocol {
        IpProtocol::ICMP => packet.icmpv4().filter(|icmp| matches!(icmp.message_type(), 0 | 8)),
        IpProtocol::ICMPV6 => packet.icmpv6().filter(|icmp| matches!(icmp.message_type(), 128 | 129)),
        _ => None,
    }
    .map(|icmp| (icmp.identifier(), matches!(icmp.message_type(), 0 | 129)))
}

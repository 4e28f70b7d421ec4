//! Which packets belong together.

use super::segment::Side;
pub(super) use crate::packet::FlowKey as Key;
use crate::packet::{FiveTuple, Icmp, IpProtocol, LinkType, Packet};

/// The key of a packet, and which end sent it. Echo messages of ICMP are told apart by their identifier.
pub(super) fn of_packet(packet: &Packet<'_>, tuple: &FiveTuple) -> (Key, Side) {
    let (key, from_low) = match echo(packet) {
        Some((icmp, _)) => {
            let identifier = icmp.identifier();
            Key::new(&FiveTuple { source_port: identifier, destination_port: identifier, ..*tuple })
        }
        None => Key::new(tuple),
    };
    (key, if from_low { Side::Low } else { Side::High })
}

/// An ICMP echo message, and whether it is a reply.
pub(super) fn echo<'a>(packet: &Packet<'a>) -> Option<(Icmp<'a>, bool)> {
    match packet.layout().ip_protocol {
        IpProtocol::ICMP => packet.icmpv4().filter(|icmp| matches!(icmp.message_type(), 0 | 8)),
        IpProtocol::ICMPV6 => packet.icmpv6().filter(|icmp| matches!(icmp.message_type(), 128 | 129)),
        _ => None,
    }
    .map(|icmp| (icmp, matches!(icmp.message_type(), 0 | 129)))
}

/// Type and code of an ICMP message; of an echo reply, those of its request.
pub(super) fn icmp(packet: &Packet<'_>) -> Option<(u8, u8)> {
    let (icmp, request) = match packet.layout().ip_protocol {
        IpProtocol::ICMP => (packet.icmpv4()?, 8),
        IpProtocol::ICMPV6 => (packet.icmpv6()?, 128),
        _ => return None,
    };
    let is_reply = echo(packet).is_some_and(|(_, is_reply)| is_reply);
    Some((if is_reply { request } else { icmp.message_type() }, icmp.code()))
}

/// An ICMP error, and the packet that it quotes.
pub(super) fn quoted<'a>(packet: &Packet<'a>) -> Option<(Icmp<'a>, Packet<'a>)> {
    let icmp = match packet.layout().ip_protocol {
        IpProtocol::ICMP => packet.icmpv4().filter(|icmp| matches!(icmp.message_type(), 3 | 4 | 5 | 11 | 12)),
        IpProtocol::ICMPV6 => packet.icmpv6().filter(|icmp| matches!(icmp.message_type(), 1..=4)),
        _ => None,
    }?;
    let quoted = packet.payload().bytes;
    Some((icmp, Packet::parse(LinkType::RAW, quoted, u32::try_from(quoted.len()).unwrap_or(u32::MAX))))
}

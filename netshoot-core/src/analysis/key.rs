//! Which packets belong together.

use super::segment::Side;
pub(super) use crate::packet::FlowKey as Key;
use crate::packet::{FiveTuple, Icmp, IpProtocol, LinkType, Packet};

/// The key of a packet that has a [five-tuple](Packet::five_tuple), and which end sent it. Echo messages of ICMP are told
/// apart by their identifier.
#[inline]
pub(super) fn of_packet(packet: &Packet<'_>) -> Option<(Key, Side)> {
    let (key, from_low) = match echo(packet) {
        Some((icmp, _)) => {
            let identifier = icmp.identifier();
            Key::new(&FiveTuple { source_port: identifier, destination_port: identifier, ..packet.five_tuple()? })
        }
        None => Key::of_packet(packet)?,
    };
    Some((key, if from_low { Side::Low } else { Side::High }))
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::capture::Reader;

    /// Straight from the headers it is that of the five-tuple, but of echoes.
    #[test]
    fn keys_of_packets_are_those_of_their_tuples() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/captures");
        let mut compared = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            let Ok(mut reader) = Reader::open(entry.unwrap().path()) else { continue };
            while let Ok(Some(frame)) = reader.next_frame() {
                let packet = frame.packet().innermost();
                let tuple = packet.five_tuple().map(|tuple| Key::new(&tuple));
                assert_eq!(Key::of_packet(&packet), tuple, "frame {}", frame.number);
                let expected = tuple.map(|(key, from_low)| (key, if from_low { Side::Low } else { Side::High }));
                assert_eq!(of_packet(&packet), expected, "frame {}", frame.number);
                compared += u32::from(tuple.is_some());
            }
        }
        assert!(compared > 400, "{compared} compared");
        let octets =
            [&[0x45, 0, 0, 28, 0, 1, 0, 0, 64, 1, 0, 0, 10, 0, 0, 2, 10, 0, 0, 1][..], &[8, 0, 0, 0, 0x12, 0x34, 0, 1]];
        let octets = octets.concat();
        let (key, from) = of_packet(&Packet::parse(LinkType::RAW, &octets, 28)).unwrap();
        assert_eq!((key.ports(), from), ([0x1234; 2], Side::High));
    }
}

//! Which packets belong together.

use std::net::IpAddr;

use super::segment::Side;
use crate::packet::{FiveTuple, IpProtocol, Packet};

/// Both end points and the protocol, in an order that does not depend on the direction.
///
/// The whole key is compared, never a hash of it alone. An IPv4 address fills one word, and the last word says which
/// version it is, so that 1.2.3.4 and ::ffff:1.2.3.4 differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key([u64; 5]);

impl Key {
    /// The key of a packet, and which end sent it. Echo messages of ICMP are told apart by their identifier.
    pub(super) fn new(packet: &Packet<'_>, tuple: &FiveTuple) -> (Self, Side) {
        match echo(packet) {
            Some((identifier, _)) => Self::of(tuple, identifier, identifier),
            None => Self::of(tuple, tuple.source_port, tuple.destination_port),
        }
    }

    /// The key of a packet that is known by its addresses and ports alone.
    pub(super) fn of_tuple(tuple: &FiveTuple) -> Self {
        Self::of(tuple, tuple.source_port, tuple.destination_port).0
    }

    fn of(tuple: &FiveTuple, source_port: u16, destination_port: u16) -> (Self, Side) {
        let (source, destination) = (words(tuple.source), words(tuple.destination));
        let version = u64::from(tuple.source.is_ipv6()) << 40 | u64::from(tuple.protocol.0) << 32;
        let from_low = (source, source_port) <= (destination, destination_port);
        let [low, high] = if from_low { [source, destination] } else { [destination, source] };
        let [low_port, high_port] =
            if from_low { [source_port, destination_port] } else { [destination_port, source_port] };
        let last = version | u64::from(low_port) << 16 | u64::from(high_port);
        (Self([low.0, low.1, high.0, high.1, last]), if from_low { Side::Low } else { Side::High })
    }
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

fn words(address: IpAddr) -> (u64, u64) {
    match address {
        IpAddr::V4(address) => (0, u64::from(u32::from(address))),
        IpAddr::V6(address) => {
            let bits = u128::from(address);
            ((bits >> 64) as u64, bits as u64)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tuple(source: &str, source_port: u16, destination: &str, destination_port: u16) -> FiveTuple {
        let (source, destination) = (source.parse().unwrap(), destination.parse().unwrap());
        FiveTuple { source, destination, source_port, destination_port, protocol: IpProtocol::TCP }
    }

    #[test]
    fn both_directions_have_one_key_and_other_ends() {
        for (a, b) in [("10.0.0.1", "10.0.0.2"), ("fe80::1", "2001:db8::1"), ("10.0.0.1", "10.0.0.1")] {
            let forward = tuple(a, 1000, b, 80);
            let (key, side) = Key::of(&forward, 1000, 80);
            let (reversed, other) = Key::of(&forward.reversed(), 80, 1000);
            assert_eq!(key, reversed);
            assert_eq!(side, other.other());
        }
    }

    #[test]
    fn each_field_counts() {
        let base = tuple("10.0.0.1", 1000, "10.0.0.2", 80);
        let mut udp = base;
        udp.protocol = IpProtocol::UDP;
        let others = [
            udp,
            tuple("10.0.0.3", 1000, "10.0.0.2", 80),
            tuple("10.0.0.1", 1001, "10.0.0.2", 80),
            tuple("10.0.0.1", 80, "10.0.0.2", 1000),
            tuple("::ffff:10.0.0.1", 1000, "::ffff:10.0.0.2", 80),
            tuple("::a00:1", 1000, "::a00:2", 80),
        ];
        for other in others {
            assert_ne!(Key::of_tuple(&base), Key::of_tuple(&other), "{other}");
        }
    }
}

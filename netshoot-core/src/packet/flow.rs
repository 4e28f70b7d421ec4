//! Who talks to whom: the five-tuple of a packet.

use core::fmt;
use core::net::IpAddr;

use super::{IpProtocol, Packet};

/// Addresses, ports and protocol of a packet, in the direction it travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FiveTuple {
    /// IP source address.
    pub source: IpAddr,
    /// IP destination address.
    pub destination: IpAddr,
    /// Source port; 0 for protocols without ports.
    pub source_port: u16,
    /// Destination port; 0 for protocols without ports.
    pub destination_port: u16,
    /// IP protocol.
    pub protocol: IpProtocol,
}

impl FiveTuple {
    /// The tuple of the opposite direction.
    #[must_use]
    pub const fn reversed(self) -> Self {
        Self {
            source: self.destination,
            destination: self.source,
            source_port: self.destination_port,
            destination_port: self.source_port,
            protocol: self.protocol,
        }
    }
}

impl fmt::Display for FiveTuple {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { source, destination, source_port, destination_port, protocol } = self;
        match (source_port, destination_port) {
            (0, 0) => write!(f, "{protocol} {source} > {destination}"),
            _ => write!(f, "{protocol} {source}.{source_port} > {destination}.{destination_port}"),
        }
    }
}

/// Both end points and the protocol, in an order that does not depend on the direction.
///
/// The whole key is compared, never a hash of it alone. An IPv4 address fills one word, and the last word says which
/// version it is, so that 1.2.3.4 and ::ffff:1.2.3.4 differ.
///
/// Words by name are compared in registers. An array would be put into memory and read back in other portions, which waits
/// until all that was stored before is written, such as a payload that was just copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct FlowKey {
    low: (u64, u64),
    high: (u64, u64),
    rest: u64,
}

impl FlowKey {
    /// The key of a tuple and of its reverse, and whether the source is the lower end.
    #[inline]
    pub(crate) fn new(tuple: &FiveTuple) -> (Self, bool) {
        let [source, destination] = [tuple.source, tuple.destination].map(|address| match address {
            IpAddr::V4(address) => (0, u64::from(address.to_bits())),
            IpAddr::V6(address) => words(address.to_bits()),
        });
        let ports = (tuple.source_port, tuple.destination_port);
        Self::between(source, destination, ports, tuple.source.is_ipv6(), tuple.protocol)
    }

    /// The key of the packet's [five-tuple](Packet::five_tuple), straight from its headers.
    #[inline]
    pub(crate) fn of_packet(packet: &Packet<'_>) -> Option<(Self, bool)> {
        let protocol = packet.layout().ip_protocol;
        let ports = packet.tuple_ports()?;
        if let Some(ip) = packet.ipv4() {
            let [source, destination] = [ip.source(), ip.destination()].map(|address| (0, address.to_bits().into()));
            return Some(Self::between(source, destination, ports, false, protocol));
        }
        let ip = packet.ipv6()?;
        let [source, destination] = [ip.source(), ip.destination()].map(|address| words(address.to_bits()));
        Some(Self::between(source, destination, ports, true, protocol))
    }

    /// The IP protocol.
    pub(crate) const fn protocol(&self) -> IpProtocol {
        IpProtocol((self.rest >> 32) as u8)
    }

    /// The ports of both ends.
    #[inline]
    pub(crate) const fn ports(&self) -> [u16; 2] {
        [(self.rest >> 16) as u16, self.rest as u16]
    }

    /// All of it in one number, the same each time: to divide flows among a few, not to tell them apart.
    #[inline]
    pub(crate) fn mixed(&self) -> u64 {
        fold(self.mixed_addresses() ^ self.rest)
    }

    /// The same of the addresses alone.
    #[inline]
    pub(crate) fn mixed_addresses(&self) -> u64 {
        let (low, high) = (self.low.0 ^ self.low.1.rotate_left(32), self.high.0 ^ self.high.1.rotate_left(32));
        fold(fold(low ^ ODD) ^ high)
    }

    #[inline]
    fn between(
        source: (u64, u64),
        destination: (u64, u64),
        ports: (u16, u16),
        is_ipv6: bool,
        protocol: IpProtocol,
    ) -> (Self, bool) {
        let rest = u64::from(is_ipv6) << 40 | u64::from(protocol.0) << 32;
        let ports = (u64::from(ports.0), u64::from(ports.1));
        if (source, ports.0) <= (destination, ports.1) {
            (Self { low: source, high: destination, rest: rest | ports.0 << 16 | ports.1 }, true)
        } else {
            (Self { low: destination, high: source, rest: rest | ports.1 << 16 | ports.0 }, false)
        }
    }
}

#[inline]
fn fold(word: u64) -> u64 {
    let product = u128::from(word ^ ODD.rotate_left(17)) * u128::from(ODD);
    (product >> 64) as u64 ^ product as u64
}

/// An odd number with as many ones as zeros: the golden ratio's fraction.
const ODD: u64 = 0x9e37_79b9_7f4a_7c15;

#[inline]
fn words(address: u128) -> (u64, u64) {
    ((address >> 64) as u64, address as u64)
}

impl Packet<'_> {
    /// Addresses, protocol and, for TCP, UDP, UDP-Lite, SCTP and DCCP, ports.
    ///
    /// `None` without IP, and where a packet of these does not show its ports: later fragments, and headers that the
    /// capture cut.
    #[inline]
    #[must_use]
    pub fn five_tuple(&self) -> Option<FiveTuple> {
        let (source, destination) = self.ip_addresses()?;
        let (source_port, destination_port) = self.tuple_ports()?;
        Some(FiveTuple { source, destination, source_port, destination_port, protocol: self.layout().ip_protocol })
    }

    /// The ports, zeros for protocols without ports, or `None` where they are not shown.
    #[inline]
    fn tuple_ports(&self) -> Option<(u16, u16)> {
        match self.layout().ip_protocol {
            IpProtocol::TCP | IpProtocol::UDP | IpProtocol::UDP_LITE | IpProtocol::SCTP | IpProtocol::DCCP => {
                self.ports()
            }
            _ => Some((0, 0)),
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
            let ((key, from_low), (reversed, other)) = (FlowKey::new(&forward), FlowKey::new(&forward.reversed()));
            assert_eq!(key, reversed);
            assert_ne!(from_low, other);
        }
    }

    #[test]
    fn keys_tell_ports_and_protocol() {
        let (key, _) = FlowKey::new(&tuple("2001:db8::1", 65_535, "2001:db8::2", 80));
        assert_eq!((key.ports(), key.protocol()), ([65_535, 80], IpProtocol::TCP));
        let (key, _) = FlowKey::new(&tuple("10.0.0.2", 1, "10.0.0.1", 256));
        assert_eq!(key.ports(), [256, 1]);
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
            assert_ne!(FlowKey::new(&base).0, FlowKey::new(&other).0, "{other}");
        }
    }
}

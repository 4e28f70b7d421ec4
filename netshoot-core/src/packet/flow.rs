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

impl Packet<'_> {
    /// Addresses, protocol and, for TCP and UDP, ports.
    ///
    /// `None` without IP, and where a packet of TCP or UDP does not show its ports: later fragments, and headers that the
    /// capture cut.
    #[inline]
    #[must_use]
    pub fn five_tuple(&self) -> Option<FiveTuple> {
        let (source, destination) = self.ip_addresses()?;
        let protocol = self.layout().ip_protocol;
        let (source_port, destination_port) = match protocol {
            IpProtocol::TCP | IpProtocol::UDP => self.ports()?,
            _ => (0, 0),
        };
        Some(FiveTuple { source, destination, source_port, destination_port, protocol })
    }
}

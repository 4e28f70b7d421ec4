//! Address resolution protocol (RFC 826).

use core::net::Ipv4Addr;

use super::{EtherType, MacAddress};

/// An ARP message. Addresses have the lengths that the message states; those cut off by the capture are absent.
#[derive(Clone, Copy, Debug)]
pub struct Arp<'a> {
    pub(super) header: &'a [u8; 8],
    pub(super) addresses: &'a [u8],
}

impl<'a> Arp<'a> {
    /// Octets before the addresses.
    pub const HEADER_LEN: usize = 8;

    /// Hardware type: 1 is Ethernet.
    #[must_use]
    pub fn hardware_type(&self) -> u16 {
        u16::from_be_bytes([self.header[0], self.header[1]])
    }

    /// Protocol whose addresses are resolved, as an EtherType.
    #[must_use]
    pub fn protocol_type(&self) -> EtherType {
        EtherType(u16::from_be_bytes([self.header[2], self.header[3]]))
    }

    /// Octets of a hardware address.
    #[must_use]
    pub fn hardware_length(&self) -> u8 {
        self.header[4]
    }

    /// Octets of a protocol address.
    #[must_use]
    pub fn protocol_length(&self) -> u8 {
        self.header[5]
    }

    /// Operation: 1 request, 2 reply; others as registered by IANA.
    #[must_use]
    pub fn operation(&self) -> u16 {
        u16::from_be_bytes([self.header[6], self.header[7]])
    }

    /// Octets of the whole message.
    #[must_use]
    pub fn message_len(&self) -> usize {
        Self::HEADER_LEN + 2 * (usize::from(self.hardware_length()) + usize::from(self.protocol_length()))
    }

    /// The sender's hardware address.
    #[must_use]
    pub fn sender_hardware_address(&self) -> Option<&'a [u8]> {
        self.address(0, self.hardware_length())
    }

    /// The sender's protocol address.
    #[must_use]
    pub fn sender_protocol_address(&self) -> Option<&'a [u8]> {
        self.address(usize::from(self.hardware_length()), self.protocol_length())
    }

    /// The target's hardware address.
    #[must_use]
    pub fn target_hardware_address(&self) -> Option<&'a [u8]> {
        self.address(usize::from(self.hardware_length()) + usize::from(self.protocol_length()), self.hardware_length())
    }

    /// The target's protocol address.
    #[must_use]
    pub fn target_protocol_address(&self) -> Option<&'a [u8]> {
        let start = 2 * usize::from(self.hardware_length()) + usize::from(self.protocol_length());
        self.address(start, self.protocol_length())
    }

    /// The sender's IPv4 address, if IPv4 addresses are resolved.
    #[must_use]
    pub fn sender_ipv4(&self) -> Option<Ipv4Addr> {
        self.ipv4(self.sender_protocol_address())
    }

    /// The target's IPv4 address, if IPv4 addresses are resolved.
    #[must_use]
    pub fn target_ipv4(&self) -> Option<Ipv4Addr> {
        self.ipv4(self.target_protocol_address())
    }

    /// The sender's MAC address, if hardware addresses have six octets.
    #[must_use]
    pub fn sender_mac(&self) -> Option<MacAddress> {
        self.sender_hardware_address()?.try_into().ok().map(MacAddress)
    }

    /// The target's MAC address, if hardware addresses have six octets.
    #[must_use]
    pub fn target_mac(&self) -> Option<MacAddress> {
        self.target_hardware_address()?.try_into().ok().map(MacAddress)
    }

    fn address(&self, start: usize, len: u8) -> Option<&'a [u8]> {
        self.addresses.get(start..start + usize::from(len))
    }

    fn ipv4(&self, address: Option<&[u8]>) -> Option<Ipv4Addr> {
        if self.protocol_type() != EtherType::IPV4 {
            return None;
        }
        <[u8; 4]>::try_from(address?).ok().map(Ipv4Addr::from)
    }
}

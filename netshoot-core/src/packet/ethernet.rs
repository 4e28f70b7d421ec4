//! Views of link-layer headers: Ethernet, VLAN tags, Linux cooked captures.

use super::{EtherType, MacAddress};

/// The MAC header of a frame (IEEE 802.3): Ethernet II or with a length field.
#[derive(Clone, Copy, Debug)]
pub struct Ethernet<'a> {
    pub(super) header: &'a [u8; 14],
}

impl Ethernet<'_> {
    /// Octets of the header.
    pub const HEADER_LEN: usize = 14;

    /// The destination address.
    #[must_use]
    pub fn destination(&self) -> MacAddress {
        let [a, b, c, d, e, f, ..] = *self.header;
        MacAddress([a, b, c, d, e, f])
    }

    /// The source address.
    #[must_use]
    pub fn source(&self) -> MacAddress {
        let [_, _, _, _, _, _, a, b, c, d, e, f, _, _] = *self.header;
        MacAddress([a, b, c, d, e, f])
    }

    /// The field behind the addresses: an EtherType, or below 0x0600 the length of an IEEE 802.3 frame.
    #[must_use]
    pub fn ether_type(&self) -> EtherType {
        EtherType(u16::from_be_bytes([self.header[12], self.header[13]]))
    }
}

/// One IEEE 802.1Q or 802.1ad tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vlan {
    /// The EtherType that announced the tag (TPID).
    pub protocol: EtherType,
    /// Tag control information: priority, drop-eligible bit and identifier.
    pub control: u16,
}

impl Vlan {
    /// VLAN identifier, 0 to 4095.
    #[must_use]
    pub const fn id(self) -> u16 {
        self.control & 0x0fff
    }

    /// Priority code point, 0 to 7.
    #[must_use]
    pub const fn priority(self) -> u8 {
        (self.control >> 13) as u8
    }

    /// Drop-eligible indicator.
    #[must_use]
    pub const fn drop_eligible(self) -> bool {
        self.control & 0x1000 != 0
    }
}

/// The header of a Linux cooked capture, either version (`LINKTYPE_LINUX_SLL`, `LINKTYPE_LINUX_SLL2`).
#[derive(Clone, Copy, Debug)]
pub struct LinuxSll<'a> {
    pub(super) fields: SllFields<'a>,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum SllFields<'a> {
    V1(&'a [u8; 16]),
    V2(&'a [u8; 20]),
}

impl<'a> LinuxSll<'a> {
    /// Octets of a version 1 header.
    pub const HEADER_LEN: usize = 16;
    /// Octets of a version 2 header.
    pub const HEADER_LEN_V2: usize = 20;

    /// Where the packet went, seen from the capturing host: 0 to us, 1 broadcast, 2 multicast, 3 to someone else, 4 sent
    /// by us.
    #[must_use]
    pub fn packet_type(&self) -> u16 {
        match self.fields {
            SllFields::V1(h) => u16::from_be_bytes([h[0], h[1]]),
            SllFields::V2(h) => u16::from(h[10]),
        }
    }

    /// The interface's hardware type (`ARPHRD_*` of the kernel).
    #[must_use]
    pub fn hardware_type(&self) -> u16 {
        match self.fields {
            SllFields::V1(h) => u16::from_be_bytes([h[2], h[3]]),
            SllFields::V2(h) => u16::from_be_bytes([h[8], h[9]]),
        }
    }

    /// The interface index, in version 2.
    #[must_use]
    pub fn interface_index(&self) -> Option<u32> {
        match self.fields {
            SllFields::V1(_) => None,
            SllFields::V2(h) => Some(u32::from_be_bytes([h[4], h[5], h[6], h[7]])),
        }
    }

    /// The sender's link-layer address, at most eight octets.
    #[must_use]
    pub fn address(&self) -> &'a [u8] {
        let (field, len): (&[u8], usize) = match self.fields {
            SllFields::V1(h) => (h[6..14].as_ref(), usize::from(u16::from_be_bytes([h[4], h[5]]))),
            SllFields::V2(h) => (h[12..20].as_ref(), usize::from(h[11])),
        };
        field.get(..len).unwrap_or(field)
    }

    /// The EtherType of the payload, or one of Linux's `ETH_P_*` numbers below 0x0600.
    #[must_use]
    pub fn protocol(&self) -> EtherType {
        EtherType(match self.fields {
            SllFields::V1(h) => u16::from_be_bytes([h[14], h[15]]),
            SllFields::V2(h) => u16::from_be_bytes([h[0], h[1]]),
        })
    }
}

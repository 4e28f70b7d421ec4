//! Link types: what the first octet of a frame is.

use core::fmt;

/// The kind of link-layer header a frame starts with, as capture files number it (`LINKTYPE_*` of the pcap file
/// format, which are also libpcap's `DLT_*` for nearly all values).
///
/// Any number is kept; those that have a constant here are entered by the parser.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(transparent)]
pub struct LinkType(pub u16);

impl LinkType {
    /// BSD loopback: a four-octet address family in the byte order of the capturing host.
    pub const NULL: Self = Self(0);
    /// Ethernet (IEEE 802.3).
    pub const ETHERNET: Self = Self(1);
    /// PPP, with or without its address and control octets.
    pub const PPP: Self = Self(9);
    /// PPP behind the address and control octets of HDLC.
    pub const PPP_HDLC: Self = Self(50);
    /// PPP over Ethernet, from its own header on.
    pub const PPP_ETHER: Self = Self(51);
    /// PPP whose first octet is a direction.
    pub const PPP_PPPD: Self = Self(166);
    /// PPP whose first octet is a direction, as above.
    pub const PPP_WITH_DIR: Self = Self(204);
    /// The kernel's netfilter log.
    pub const NFLOG: Self = Self(239);
    /// Raw IP, as OpenBSD's `DLT_RAW`.
    pub const RAW_OPENBSD: Self = Self(14);
    /// Raw IP, as `DLT_RAW` of the other systems.
    pub const RAW_DLT: Self = Self(12);
    /// Raw IP: IPv4 or IPv6, told by the version nibble.
    pub const RAW: Self = Self(101);
    /// OpenBSD loopback: a four-octet address family in network byte order.
    pub const LOOP: Self = Self(108);
    /// Linux "cooked" capture, version 1.
    pub const LINUX_SLL: Self = Self(113);
    /// Raw IPv4.
    pub const IPV4: Self = Self(228);
    /// Raw IPv6.
    pub const IPV6: Self = Self(229);
    /// Linux "cooked" capture, version 2.
    pub const LINUX_SLL2: Self = Self(276);

    /// The name from the link-type registry without its `LINKTYPE_` prefix, if the parser knows the type.
    #[must_use]
    pub const fn name(self) -> Option<&'static str> {
        Some(match self {
            Self::NULL => "NULL",
            Self::ETHERNET => "ETHERNET",
            Self::PPP => "PPP",
            Self::PPP_HDLC => "PPP_HDLC",
            Self::PPP_ETHER => "PPP_ETHER",
            Self::PPP_PPPD => "PPP_PPPD",
            Self::PPP_WITH_DIR => "PPP_WITH_DIR",
            Self::NFLOG => "NFLOG",
            Self::RAW_DLT | Self::RAW_OPENBSD | Self::RAW => "RAW",
            Self::LOOP => "LOOP",
            Self::LINUX_SLL => "LINUX_SLL",
            Self::IPV4 => "IPV4",
            Self::IPV6 => "IPV6",
            Self::LINUX_SLL2 => "LINUX_SLL2",
            _ => return None,
        })
    }
}

impl fmt::Display for LinkType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "{}", self.0),
        }
    }
}

impl fmt::Debug for LinkType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LinkType({self})")
    }
}

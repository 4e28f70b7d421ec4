//! DHCP for IPv6 (RFC 8415): named and bounded, its options not entered.

use core::fmt;

use crate::packet::cursor::Cursor;
use crate::packet::{Layer, Stop};

/// A message of DHCP for IPv6.
#[derive(Clone, Copy, Debug)]
pub struct Message6<'a> {
    bytes: &'a [u8],
    header: &'a [u8; 4],
}

impl<'a> Message6<'a> {
    /// Reads the header of the message in `bytes`.
    ///
    /// # Errors
    /// A [`Stop`] if `bytes` is shorter than a header: 4 octets, or 34 of what relays forward.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Stop> {
        let stop = |needed| Cursor::new(Layer::Dhcpv6, bytes, 0).stop(needed);
        let header = bytes.first_chunk().ok_or_else(|| stop(4))?;
        let message = Self { bytes, header };
        if message.is_relayed() && bytes.len() < 34 { Err(stop(34)) } else { Ok(message) }
    }

    /// The message's octets.
    #[must_use]
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The type of message (`msg-type`).
    #[must_use]
    pub fn message_type(&self) -> u8 {
        self.header[0]
    }

    /// Whether a relay put it into another.
    #[must_use]
    pub fn is_relayed(&self) -> bool {
        matches!(self.message_type(), 12 | 13)
    }

    /// The transaction identifier, 24 bits; what relays forward has none.
    #[must_use]
    pub fn transaction_id(&self) -> Option<u32> {
        let [_, a, b, c] = *self.header;
        (!self.is_relayed()).then_some(u32::from_be_bytes([0, a, b, c]))
    }

    /// The name of the type in tcpdump's words, such as `solicit`.
    #[must_use]
    pub const fn name(&self) -> Option<&'static str> {
        Some(match self.header[0] {
            1 => "solicit",
            2 => "advertise",
            3 => "request",
            4 => "confirm",
            5 => "renew",
            6 => "rebind",
            7 => "reply",
            8 => "release",
            9 => "decline",
            10 => "reconf",
            11 => "inf-req",
            12 => "relay-fwd",
            13 => "relay-reply",
            14 => "leasequery",
            15 => "leasequery-reply",
            _ => return None,
        })
    }
}

/// `dhcp6 solicit, length 60`.
impl fmt::Display for Message6<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "dhcp6 {name}")?,
            None => write!(f, "dhcp6 msgtype-{}", self.message_type())?,
        }
        write!(f, ", length {}", self.bytes.len())
    }
}

//! Messages of WireGuard, recognised by their type and length: all that they say openly is who speaks to whom, in numbers
//! that only the two of them know, and in which order.

use std::fmt;

/// The usual port of UDP. It lies where systems hand out ports to clients: a message there must look like one, too.
pub const PORT: u16 = 51_820;

/// A message of WireGuard (the paper of J. A. Donenfeld, section 5.4).
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    bytes: &'a [u8],
    header: &'a [u8; 8],
}

impl<'a> Message<'a> {
    /// The message that a datagram of `length` octets is, of which `bytes` were captured; `None` if it is none.
    #[must_use]
    pub fn parse(bytes: &'a [u8], length: usize) -> Option<Self> {
        let message = Self { bytes, header: bytes.first_chunk()? };
        let is_right = match message.header {
            [INITIATION, 0, 0, 0, ..] => length == 148,
            [RESPONSE, 0, 0, 0, ..] => length == 92,
            [COOKIE_REPLY, 0, 0, 0, ..] => length == 64,
            [TRANSPORT_DATA, 0, 0, 0, ..] => length >= 32,
            _ => false,
        };
        is_right.then_some(message)
    }

    /// The type of message: 1 initiation, 2 response, 3 cookie reply, 4 transport data.
    #[must_use]
    pub fn message_type(&self) -> u8 {
        self.header[0]
    }

    /// The name of the type.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self.header[0] {
            INITIATION => "handshake initiation",
            RESPONSE => "handshake response",
            COOKIE_REPLY => "cookie reply",
            _ => "transport data",
        }
    }

    /// The sender's number for the session, in initiations and responses.
    #[must_use]
    pub fn sender_index(&self) -> Option<u32> {
        matches!(self.message_type(), INITIATION | RESPONSE).then(|| self.first_index())
    }

    /// The receiver's number for the session, in all but initiations; `None` also where it was cut off.
    #[must_use]
    pub fn receiver_index(&self) -> Option<u32> {
        match self.message_type() {
            INITIATION => None,
            RESPONSE => self.bytes.get(8..)?.first_chunk().map(|index| u32::from_le_bytes(*index)),
            _ => Some(self.first_index()),
        }
    }

    /// The number of a message with data; `None` also where it was cut off.
    #[must_use]
    pub fn counter(&self) -> Option<u64> {
        let counter = self.bytes.get(8..)?.first_chunk().map(|counter| u64::from_le_bytes(*counter));
        counter.filter(|_| self.message_type() == TRANSPORT_DATA)
    }

    fn first_index(&self) -> u32 {
        let [_, _, _, _, index @ ..] = *self.header;
        u32::from_le_bytes(index)
    }
}

/// `WireGuard: transport data receiver 0x1a2b3c4d counter 7`.
impl fmt::Display for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WireGuard: {}", self.name())?;
        self.sender_index().map_or(Ok(()), |index| write!(f, " sender 0x{index:08x}"))?;
        self.receiver_index().map_or(Ok(()), |index| write!(f, " receiver 0x{index:08x}"))?;
        self.counter().map_or(Ok(()), |counter| write!(f, " counter {counter}"))
    }
}

const INITIATION: u8 = 1;
const RESPONSE: u8 = 2;
const COOKIE_REPLY: u8 = 3;
const TRANSPORT_DATA: u8 = 4;

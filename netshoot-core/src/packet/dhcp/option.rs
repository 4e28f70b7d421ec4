//! Options of DHCP (RFC 2132), and those inside of the relay agents' (RFC 3046).

use core::fmt;

use super::number::known;
use super::value::{self, Value};
use super::{COOKIE, FILE, HEADER_LEN, Message, OVERLOADS_FILE, OVERLOADS_NAME, SERVER_NAME};
use crate::packet::cursor::Cursor;
use crate::packet::{Layer, Stop};

/// Iterator over options.
#[derive(Clone, Debug)]
pub struct Options<'a> {
    message: Message<'a>,
    cursor: Cursor<'a>,
    /// Fields with options that are still to come.
    overload: u8,
    /// Whether this is the area that may say so, and has not come to its end: where the message is cut, none follows.
    is_first: bool,
}

impl<'a> Options<'a> {
    pub(super) fn new(message: &Message<'a>) -> Self {
        let (bytes, start) = (message.bytes(), HEADER_LEN + COOKIE.len());
        let area = if message.has_cookie() { bytes } else { &[] };
        Self { message: *message, cursor: Cursor::new(Layer::Dhcp, area, start), overload: 0, is_first: true }
    }

    /// The option at the cursor, behind padding; `None` at the end of an area.
    fn read(&mut self) -> Result<Option<DhcpOption<'a>>, Stop> {
        while !self.cursor.is_empty() {
            match self.cursor.u8()? {
                PAD => {}
                END => {
                    self.is_first = false;
                    return Ok(None);
                }
                code => {
                    let length = self.cursor.u8()?;
                    let offset = self.cursor.offset();
                    return Ok(Some(DhcpOption { code, data: self.cursor.take(length.into())?, offset }));
                }
            }
        }
        Ok(None)
    }

    /// Goes to the next field with options; false if there is none.
    fn go_on(&mut self) -> bool {
        if self.is_first {
            return false;
        }
        let (from, to) = match self.overload {
            fields if fields & OVERLOADS_FILE != 0 => FILE,
            fields if fields & OVERLOADS_NAME != 0 => SERVER_NAME,
            _ => return false,
        };
        self.overload &= if from == FILE.0 { !OVERLOADS_FILE } else { 0 };
        let area = self.message.bytes().get(..to).unwrap_or_default();
        self.cursor = Cursor::new(Layer::Dhcp, area, from);
        true
    }
}

impl<'a> Iterator for Options<'a> {
    type Item = Result<DhcpOption<'a>, Stop>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.read() {
                Ok(Some(option)) => {
                    if let (true, DhcpOption::OVERLOAD, [fields, ..]) = (self.is_first, option.code, option.data) {
                        self.overload = *fields;
                    }
                    return Some(Ok(option));
                }
                Ok(None) if self.go_on() => {}
                // What is behind the end means nothing.
                Ok(None) => {
                    self.cursor.take_rest();
                    return None;
                }
                Err(stop) => {
                    self.cursor.take_rest();
                    self.overload = 0;
                    return Some(Err(stop));
                }
            }
        }
    }
}

impl core::iter::FusedIterator for Options<'_> {}

/// An option.
#[derive(Clone, Copy, Debug)]
pub struct DhcpOption<'a> {
    /// Which one (IANA BOOTP and DHCP parameters).
    pub code: u8,
    /// What it says, undecoded; at most 255 octets.
    pub data: &'a [u8],
    /// Of the data in the message.
    offset: usize,
}

impl<'a> DhcpOption<'a> {
    /// Number of the option for the network's mask.
    pub const SUBNET_MASK: u8 = 1;
    /// Number of the option for routers.
    pub const ROUTERS: u8 = 3;
    /// Number of the option for DNS servers.
    pub const DNS_SERVERS: u8 = 6;
    /// Number of the option for the client's name.
    pub const HOST_NAME: u8 = 12;
    /// Number of the option for the domain.
    pub const DOMAIN_NAME: u8 = 15;
    /// Number of the option for the address that is asked for.
    pub const REQUESTED_ADDRESS: u8 = 50;
    /// Number of the option for the time that an address may be used.
    pub const LEASE_TIME: u8 = 51;
    /// Number of the option that says where further options stand.
    pub const OVERLOAD: u8 = 52;
    /// Number of the option for the type of message.
    pub const MESSAGE_TYPE: u8 = 53;
    /// Number of the option for the server's address.
    pub const SERVER_ID: u8 = 54;
    /// Number of the option for the options that are asked for.
    pub const PARAMETER_LIST: u8 = 55;
    /// Number of the option for a text to humans.
    pub const MESSAGE: u8 = 56;
    /// Number of the option for the time until the client asks its server again.
    pub const RENEWAL_TIME: u8 = 58;
    /// Number of the option for the time until the client asks any server.
    pub const REBINDING_TIME: u8 = 59;
    /// Number of the option for what the client is.
    pub const VENDOR_CLASS: u8 = 60;
    /// Number of the option for what the client is known by.
    pub const CLIENT_ID: u8 = 61;
    /// Number of the option for what relays say.
    pub const RELAY_AGENT: u8 = 82;

    /// What it says.
    ///
    /// # Errors
    /// A [`Stop`] where the data end early or contradict the option's format.
    pub fn value(&self) -> Result<Value<'a>, Stop> {
        value::read(self.code, self.data, self.offset)
    }

    /// The option's name in dhcp-options(5), such as `dhcp-lease-time`, for those whose format is known.
    #[must_use]
    pub fn name(&self) -> Option<&'static str> {
        known(self.code).map(|(name, _)| name)
    }
}

/// `dhcp-lease-time (51), length 4: 86400`.
impl fmt::Display for DhcpOption<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}), length {}", self.name().unwrap_or("option"), self.code, self.data.len())?;
        match self.value() {
            Ok(_) if self.data.is_empty() => Ok(()),
            Ok(value) => write!(f, ": {value}"),
            Err(stop) => write!(f, ": [|{stop}]"),
        }
    }
}

/// Iterator over the options that relays add; ends behind the first that cannot be read.
#[derive(Clone, Debug)]
pub struct SubOptions<'a> {
    cursor: Cursor<'a>,
    /// Where they begin in the message.
    offset: usize,
}

impl<'a> SubOptions<'a> {
    pub(super) const fn new(data: &'a [u8], offset: usize) -> Self {
        Self { cursor: Cursor::new(Layer::Dhcp, data, 0), offset }
    }

    fn read(&mut self) -> Result<SubOption<'a>, Stop> {
        let code = self.cursor.u8()?;
        let length = self.cursor.u8()?;
        Ok(SubOption { code, data: self.cursor.take(length.into())? })
    }
}

impl<'a> Iterator for SubOptions<'a> {
    type Item = Result<SubOption<'a>, Stop>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.cursor.is_empty() {
            return None;
        }
        let option = self.read();
        if option.is_err() {
            self.cursor.take_rest();
        }
        Some(option.map_err(|stop| stop.moved(self.offset)))
    }
}

impl core::iter::FusedIterator for SubOptions<'_> {}

/// What a relay says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SubOption<'a> {
    /// Which one (IANA relay agent sub-options).
    pub code: u8,
    /// What it says, undecoded.
    pub data: &'a [u8],
}

impl SubOption<'_> {
    /// Number for the circuit that the client is at (RFC 3046).
    pub const CIRCUIT_ID: u8 = 1;
    /// Number for the client's end of the circuit (RFC 3046).
    pub const REMOTE_ID: u8 = 2;
    /// Number for the network that the address shall be of (RFC 3527).
    pub const LINK_SELECTION: u8 = 5;
    /// Number for the subscriber (RFC 3993).
    pub const SUBSCRIBER_ID: u8 = 6;
    /// Number for the address that clients shall take for the server's (RFC 5107).
    pub const SERVER_ID_OVERRIDE: u8 = 11;

    /// Its name, such as `circuit-id`.
    #[must_use]
    pub const fn name(&self) -> Option<&'static str> {
        Some(match self.code {
            1 => "circuit-id",
            2 => "remote-id",
            4 => "docsis-device-class",
            5 => "link-selection",
            6 => "subscriber-id",
            7 => "radius-attributes",
            8 => "authentication",
            9 => "vendor-specific",
            10 => "relay-agent-flags",
            11 => "server-id-override",
            12 => "relay-agent-id",
            19 => "relay-source-port",
            151 => "virtual-subnet-selection",
            152 => "virtual-subnet-control",
            _ => return None,
        })
    }
}

const PAD: u8 = 0;
const END: u8 = 255;

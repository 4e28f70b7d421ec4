//! DHCP for IPv4 (RFC 2131) and what it grew out of, BOOTP (RFC 951): the fixed header and the options (RFC 2132), without
//! copying.
//!
//! [`Message::parse`] checks the header only; options are read when they are iterated, what one says when its
//! [`value`](DhcpOption::value) is asked for. Options that overflowed into the fields for file and server (option 52) come
//! behind the others. Offsets in errors count from the start of the DHCP message.
//!
//! ```
//! use netshoot_core::packet::dhcp::{Message, MessageType, Value};
//!
//! # let mut octets = vec![0; 236];
//! # octets[..8].copy_from_slice(&[1, 1, 6, 0, 0x39, 3, 0xf3, 0x26]);
//! # octets[28..34].copy_from_slice(&[2, 0, 0, 0, 0, 1]);
//! # octets.extend(b"\x63\x82\x53\x63\x35\x01\x03\x32\x04\x0a\x00\x00\x05\x37\x02\x01\x03\x0c\x03pod\xff");
//! let message = Message::parse(&octets)?;
//! assert_eq!(message.message_type(), Some(MessageType::REQUEST));
//! assert_eq!(message.requested_address(), Some([10, 0, 0, 5].into()));
//! let option = message.options().last().expect("an option")?;
//! assert_eq!(option.name(), Some("host-name"));
//! assert!(matches!(option.value()?, Value::Text(b"pod")));
//! assert_eq!(message.to_string(), "BOOTP/DHCP, Request from 02:00:00:00:00:01, length 259, REQUEST");
//! # Ok::<(), netshoot_core::packet::Stop>(())
//! ```

mod number;
mod option;
mod value;
mod version6;

pub use number::MessageType;
pub use option::{DhcpOption, Options, SubOption, SubOptions};
pub use value::{Addresses, Pairs, Routes, Value};
pub use version6::Message6;

use core::fmt;
use core::net::Ipv4Addr;

use super::bytes::array;
use super::cursor::Cursor;
use super::{Layer, MacAddress, Stop};

/// UDP ports of servers and relays, and of clients.
pub const PORTS: [u16; 2] = [67, 68];
/// UDP ports of DHCP for IPv6: of clients, and of servers and relays.
pub const PORTS6: [u16; 2] = [546, 547];

/// A message of DHCP or BOOTP.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    bytes: &'a [u8],
    header: &'a [u8; HEADER_LEN],
}

impl<'a> Message<'a> {
    /// Octets of the fixed header.
    pub const HEADER_LEN: usize = HEADER_LEN;

    /// Reads the header of the message in `bytes`.
    ///
    /// # Errors
    /// A [`Stop`] if `bytes` is shorter than a header.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Stop> {
        match bytes.first_chunk() {
            Some(header) => Ok(Self { bytes, header }),
            None => Err(Cursor::new(Layer::Dhcp, bytes, 0).stop(HEADER_LEN)),
        }
    }

    /// The message's octets.
    #[must_use]
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Who speaks (`op`): 1 a client, 2 a server.
    #[must_use]
    pub fn operation(&self) -> u8 {
        self.header[0]
    }

    /// Whether a server speaks.
    #[must_use]
    pub fn is_reply(&self) -> bool {
        self.operation() == 2
    }

    /// Type of hardware (`htype`, IANA ARP parameters): 1 is Ethernet.
    #[must_use]
    pub fn hardware_type(&self) -> u8 {
        self.header[1]
    }

    /// Octets of the hardware address as sent (`hlen`).
    #[must_use]
    pub fn hardware_address_len(&self) -> u8 {
        self.header[2]
    }

    /// Relays that it passed.
    #[must_use]
    pub fn hops(&self) -> u8 {
        self.header[3]
    }

    /// The transaction identifier (`xid`).
    #[must_use]
    pub fn transaction_id(&self) -> u32 {
        u32::from_be_bytes(self.at(4))
    }

    /// Seconds since the client began (`secs`).
    #[must_use]
    pub fn seconds(&self) -> u16 {
        u16::from_be_bytes(self.at(8))
    }

    /// The flags, [`broadcast`](Self::broadcast) the highest of them.
    #[must_use]
    pub fn flags(&self) -> u16 {
        u16::from_be_bytes(self.at(10))
    }

    /// The client wants the answer by broadcast.
    #[must_use]
    pub fn broadcast(&self) -> bool {
        self.flags() & 0x8000 != 0
    }

    /// The address that the client has and answers for (`ciaddr`); 0.0.0.0 where it has none.
    #[must_use]
    pub fn client_address(&self) -> Ipv4Addr {
        self.at::<4>(12).into()
    }

    /// The address that the client gets (`yiaddr`).
    #[must_use]
    pub fn your_address(&self) -> Ipv4Addr {
        self.at::<4>(16).into()
    }

    /// The server to boot from next (`siaddr`).
    #[must_use]
    pub fn next_server(&self) -> Ipv4Addr {
        self.at::<4>(20).into()
    }

    /// The first relay (`giaddr`); 0.0.0.0 without.
    #[must_use]
    pub fn relay_address(&self) -> Ipv4Addr {
        self.at::<4>(24).into()
    }

    /// The client's hardware address (`chaddr`), at most 16 octets.
    #[must_use]
    pub fn hardware_address(&self) -> &'a [u8] {
        let field = self.header.get(28..44).unwrap_or_default();
        field.get(..self.hardware_address_len().into()).unwrap_or(field)
    }

    /// The client's hardware address, where it is one of Ethernet.
    #[must_use]
    pub fn mac_address(&self) -> Option<MacAddress> {
        let octets: [u8; 6] = self.hardware_address().try_into().ok()?;
        (self.hardware_type() == 1).then_some(MacAddress(octets))
    }

    /// The server's name (`sname`) up to a zero octet; empty where options stand there.
    #[must_use]
    pub fn server_name(&self) -> &'a [u8] {
        if self.overload() & OVERLOADS_NAME != 0 { &[] } else { until_zero(self.part(SERVER_NAME)) }
    }

    /// The file to boot (`file`) up to a zero octet; empty where options stand there.
    #[must_use]
    pub fn boot_file(&self) -> &'a [u8] {
        if self.overload() & OVERLOADS_FILE != 0 { &[] } else { until_zero(self.part(FILE)) }
    }

    /// Whether the cookie of RFC 1497 begins the area of options; without, there are none that could be read.
    #[must_use]
    pub fn has_cookie(&self) -> bool {
        array(self.bytes, HEADER_LEN) == Some(&COOKIE)
    }

    /// What stands behind the header without a cookie: vendor information of BOOTP.
    #[must_use]
    pub fn vendor_information(&self) -> &'a [u8] {
        if self.has_cookie() { &[] } else { self.bytes.get(HEADER_LEN..).unwrap_or_default() }
    }

    /// The options, without padding and end, those that stand in the fields for file and server last, if the others have an
    /// end; ends behind the first that cannot be read.
    ///
    /// An option longer than 255 octets comes in pieces, as it was sent (RFC 3396).
    #[must_use]
    pub fn options(&self) -> Options<'a> {
        Options::new(self)
    }

    /// The first option of number `code`.
    #[must_use]
    pub fn option(&self, code: u8) -> Option<DhcpOption<'a>> {
        self.options().map_while(Result::ok).find(|option| option.code == code)
    }

    /// What the first option of number `code` says, if that can be read.
    #[must_use]
    pub fn value(&self, code: u8) -> Option<Value<'a>> {
        self.option(code)?.value().ok()
    }

    /// What is asked or answered; `None` in BOOTP.
    #[must_use]
    pub fn message_type(&self) -> Option<MessageType> {
        match self.value(DhcpOption::MESSAGE_TYPE)? {
            Value::MessageType(message_type) => Some(message_type),
            _ => None,
        }
    }

    /// The address that the client asks for.
    #[must_use]
    pub fn requested_address(&self) -> Option<Ipv4Addr> {
        self.address(DhcpOption::REQUESTED_ADDRESS)
    }

    /// The server that speaks, or that the client chose.
    #[must_use]
    pub fn server_id(&self) -> Option<Ipv4Addr> {
        self.address(DhcpOption::SERVER_ID)
    }

    /// The network's mask.
    #[must_use]
    pub fn subnet_mask(&self) -> Option<Ipv4Addr> {
        self.address(DhcpOption::SUBNET_MASK)
    }

    /// Seconds for which the address may be used; `u32::MAX` is for ever.
    #[must_use]
    pub fn lease_time(&self) -> Option<u32> {
        self.time(DhcpOption::LEASE_TIME)
    }

    /// Seconds until the client asks its server again (T1).
    #[must_use]
    pub fn renewal_time(&self) -> Option<u32> {
        self.time(DhcpOption::RENEWAL_TIME)
    }

    /// Seconds until the client asks any server (T2).
    #[must_use]
    pub fn rebinding_time(&self) -> Option<u32> {
        self.time(DhcpOption::REBINDING_TIME)
    }

    /// Numbers of the options that the client wants; empty where it does not say.
    #[must_use]
    pub fn parameter_list(&self) -> &'a [u8] {
        self.option(DhcpOption::PARAMETER_LIST).map_or(&[], |option| option.data)
    }

    /// The routers, the preferred one first.
    #[must_use]
    pub fn routers(&self) -> Addresses<'a> {
        self.addresses(DhcpOption::ROUTERS)
    }

    /// The DNS servers, the preferred one first.
    #[must_use]
    pub fn dns_servers(&self) -> Addresses<'a> {
        self.addresses(DhcpOption::DNS_SERVERS)
    }

    /// The client's name.
    #[must_use]
    pub fn host_name(&self) -> Option<&'a [u8]> {
        self.text(DhcpOption::HOST_NAME)
    }

    /// The domain to search names in.
    #[must_use]
    pub fn domain_name(&self) -> Option<&'a [u8]> {
        self.text(DhcpOption::DOMAIN_NAME)
    }

    /// Why a server refuses, or a client declines.
    #[must_use]
    pub fn message(&self) -> Option<&'a [u8]> {
        self.text(DhcpOption::MESSAGE)
    }

    /// What the client says it is.
    #[must_use]
    pub fn vendor_class(&self) -> Option<&'a [u8]> {
        self.text(DhcpOption::VENDOR_CLASS)
    }

    /// What the client wants to be known by: a type of hardware (0 for none, 255 for RFC 4361) and its octets.
    #[must_use]
    pub fn client_id(&self) -> Option<&'a [u8]> {
        self.option(DhcpOption::CLIENT_ID).map(|option| option.data)
    }

    /// What relays say (RFC 3046).
    #[must_use]
    pub fn relay_agent(&self) -> SubOptions<'a> {
        match self.value(DhcpOption::RELAY_AGENT) {
            Some(Value::RelayAgent(options)) => options,
            _ => SubOptions::new(&[], 0),
        }
    }

    /// Fields where options stand (option 52): 1 the file, 2 the server's name, 3 both.
    fn overload(&self) -> u8 {
        match self.value(DhcpOption::OVERLOAD) {
            Some(Value::Number(fields)) => fields as u8,
            _ => 0,
        }
    }

    fn address(&self, code: u8) -> Option<Ipv4Addr> {
        match self.value(code)? {
            Value::Address(address) => Some(address),
            _ => None,
        }
    }

    fn addresses(&self, code: u8) -> Addresses<'a> {
        match self.value(code) {
            Some(Value::Addresses(addresses)) => addresses,
            _ => Addresses::default(),
        }
    }

    fn time(&self, code: u8) -> Option<u32> {
        match self.value(code)? {
            Value::Seconds(seconds) => Some(seconds),
            _ => None,
        }
    }

    fn text(&self, code: u8) -> Option<&'a [u8]> {
        match self.value(code)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    fn at<const N: usize>(&self, offset: usize) -> [u8; N] {
        array(self.header, offset).copied().unwrap_or([0; N])
    }

    fn part(&self, (from, to): (usize, usize)) -> &'a [u8] {
        self.header.get(from..to).unwrap_or_default()
    }
}

/// In tcpdump's words, with the type behind them; `{:#}` with a line for each option.
impl fmt::Display for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_line(f, self.bytes.len())?;
        match self.message_type() {
            _ if f.alternate() => self.write_options(f),
            Some(message_type) => write!(f, ", {message_type}"),
            None => Ok(()),
        }
    }
}

impl Message<'_> {
    /// `BOOTP/DHCP, Request from 02:00:00:00:00:01, length 300`; with `{:#}` what differs from nothing in the header, too.
    pub(super) fn write_line(&self, f: &mut fmt::Formatter<'_>, length: usize) -> fmt::Result {
        f.write_str("BOOTP/DHCP, ")?;
        match self.operation() {
            1 => f.write_str("Request")?,
            2 => f.write_str("Reply")?,
            other => write!(f, "unknown (0x{other:02x})")?,
        }
        if let (1, Some(address)) = (self.operation(), self.mac_address()) {
            write!(f, " from {address}")?;
        }
        write!(f, ", length {length}")?;
        if !f.alternate() {
            return Ok(());
        }
        let (hops, seconds, flags) = (self.hops(), self.seconds(), self.flags());
        if hops != 0 {
            write!(f, ", hops {hops}")?;
        }
        write!(f, ", xid 0x{:x}", self.transaction_id())?;
        if seconds != 0 {
            write!(f, ", secs {seconds}")?;
        }
        match flags {
            0x8000 => f.write_str(", Flags [Broadcast]"),
            0 => f.write_str(", Flags [none]"),
            other => write!(f, ", Flags [0x{other:04x}]"),
        }
    }

    /// The addresses that are there, and each option, in lines of their own.
    pub(crate) fn write_options(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let addresses = [
            ("Client-IP", self.client_address()),
            ("Your-IP", self.your_address()),
            ("Server-IP", self.next_server()),
            ("Gateway-IP", self.relay_address()),
        ];
        let mut addresses = addresses.iter().filter(|(_, address)| !address.is_unspecified());
        addresses.try_for_each(|(name, address)| write!(f, "\n\t{name} {address}"))?;
        if let Some(address) = self.mac_address() {
            write!(f, "\n\tClient-Ethernet-Address {address}")?;
        }
        for (name, text) in [("sname", self.server_name()), ("file", self.boot_file())] {
            if !text.is_empty() {
                write!(f, "\n\t{name} \"{}\"", text.escape_ascii())?;
            }
        }
        for option in self.options().take(MAX_LINES) {
            match option {
                Ok(option) => write!(f, "\n\t{option}")?,
                Err(stop) => write!(f, "\n\t[|{stop}]")?,
            }
        }
        Ok(())
    }
}

fn until_zero(text: &[u8]) -> &[u8] {
    text.split(|octet| *octet == 0).next().unwrap_or_default()
}

const HEADER_LEN: usize = 236;
const COOKIE: [u8; 4] = [99, 130, 83, 99];
/// From and to where the fields are that options may stand in.
const SERVER_NAME: (usize, usize) = (44, 108);
const FILE: (usize, usize) = (108, 236);
const OVERLOADS_FILE: u8 = 1;
const OVERLOADS_NAME: u8 = 2;
/// Options that are written.
const MAX_LINES: usize = 64;

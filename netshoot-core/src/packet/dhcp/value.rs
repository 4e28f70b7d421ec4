//! What options of DHCP say.

use core::fmt;
use core::net::Ipv4Addr;

use super::SubOptions;
use super::number::{Format, MessageType, known};
use crate::packet::cursor::Cursor;
use crate::packet::neighbor::Domains;
use crate::packet::{Layer, Limit, Stop};

/// What an option says.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Value<'a> {
    /// An address, or a mask.
    Address(Ipv4Addr),
    /// Addresses, the preferred one first.
    Addresses(Addresses<'a>),
    /// Addresses with masks, or networks with routers.
    Pairs(Pairs<'a>),
    /// Routes (RFC 3442).
    Routes(Routes<'a>),
    /// Seconds; `u32::MAX` is for ever.
    Seconds(u32),
    /// Seconds from UTC.
    Offset(i32),
    /// A number.
    Number(u16),
    /// Numbers in two octets each.
    Numbers(&'a [u8]),
    /// Whether something is so.
    Flag(bool),
    /// Text, without zero octets at its end.
    Text(&'a [u8]),
    /// The type of message.
    MessageType(MessageType),
    /// Numbers of options that are wanted.
    Parameters(&'a [u8]),
    /// What the client is known by.
    ClientId {
        /// Type of hardware; 0 for an identifier that is no address, 255 for one of RFC 4361.
        kind: u8,
        /// The identifier.
        id: &'a [u8],
    },
    /// A client's full name (RFC 4702).
    Fqdn {
        /// The flags: 1 the server writes the address, 2 it does so against the client's will, 4 the name is encoded as in
        /// DNS, 8 the server writes nothing.
        flags: u8,
        /// The name as it was sent.
        name: &'a [u8],
    },
    /// Domains (RFC 3397).
    Domains(Domains<'a>),
    /// What relays say.
    RelayAgent(SubOptions<'a>),
    /// Any other.
    Octets(&'a [u8]),
}

/// What `data` say, which stand at `offset` of a message.
pub(super) fn read(code: u8, data: &[u8], offset: usize) -> Result<Value<'_>, Stop> {
    let mut cursor = Cursor::new(Layer::Dhcp, data, 0);
    let format = known(code).map_or(Format::Octets, |(_, format)| format);
    let value = match format {
        Format::Address => cursor.array().map(|octets: &[u8; 4]| Value::Address((*octets).into())),
        Format::Addresses => whole(&mut cursor, 4).map(|rest| Value::Addresses(Addresses { rest })),
        Format::Pairs => whole(&mut cursor, 8).map(|rest| Value::Pairs(Pairs(Addresses { rest }))),
        Format::Routes => Ok(Value::Routes(Routes { cursor, offset })),
        Format::Seconds => cursor.u32().map(Value::Seconds),
        Format::Offset => cursor.u32().map(|seconds| Value::Offset(seconds.cast_signed())),
        Format::Octet => cursor.u8().map(|number| Value::Number(number.into())),
        Format::Short => cursor.u16().map(Value::Number),
        Format::Shorts => whole(&mut cursor, 2).map(Value::Numbers),
        Format::Flag => cursor.u8().map(|flag| Value::Flag(flag != 0)),
        Format::Text => Ok(Value::Text(trimmed(data))),
        Format::MessageType => cursor.u8().map(|number| Value::MessageType(MessageType(number))),
        Format::Parameters => Ok(Value::Parameters(data)),
        Format::ClientId => cursor.u8().map(|kind| Value::ClientId { kind, id: cursor.take_rest() }),
        Format::Fqdn => cursor.array().map(|[flags, _, _]| Value::Fqdn { flags: *flags, name: cursor.take_rest() }),
        Format::Domains => Ok(Value::Domains(Domains::new(data))),
        Format::RelayAgent => Ok(Value::RelayAgent(SubOptions::new(data, offset))),
        Format::Octets => Ok(Value::Octets(data)),
    };
    value.map_err(|stop| stop.moved(offset))
}

/// All that is left, which is items of `size` octets, one at least.
fn whole<'a>(cursor: &mut Cursor<'a>, size: usize) -> Result<&'a [u8], Stop> {
    let (length, start) = (cursor.rest().len(), cursor.offset());
    if length == 0 {
        return Err(cursor.stop(size));
    }
    match length % size {
        0 => Ok(cursor.take_rest()),
        odd => Err(cursor.stop_at(start + length - odd, size, Limit::LengthField)),
    }
}

fn trimmed(mut text: &[u8]) -> &[u8] {
    while let [rest @ .., 0] = text {
        text = rest;
    }
    text
}

/// Iterator over IPv4 addresses.
#[derive(Clone, Debug, Default)]
pub struct Addresses<'a> {
    rest: &'a [u8],
}

impl Iterator for Addresses<'_> {
    type Item = Ipv4Addr;

    fn next(&mut self) -> Option<Self::Item> {
        let (address, rest) = self.rest.split_first_chunk::<4>()?;
        self.rest = rest;
        Some((*address).into())
    }
}

impl core::iter::FusedIterator for Addresses<'_> {}

/// Iterator over pairs of IPv4 addresses.
#[derive(Clone, Debug)]
pub struct Pairs<'a>(Addresses<'a>);

impl Iterator for Pairs<'_> {
    type Item = (Ipv4Addr, Ipv4Addr);

    fn next(&mut self) -> Option<Self::Item> {
        Some((self.0.next()?, self.0.next()?))
    }
}

impl core::iter::FusedIterator for Pairs<'_> {}

/// Iterator over classless routes (RFC 3442): destination, bits of it that count, router; ends behind the first that cannot
/// be read.
#[derive(Clone, Debug)]
pub struct Routes<'a> {
    cursor: Cursor<'a>,
    offset: usize,
}

impl Routes<'_> {
    fn read(&mut self) -> Result<(Ipv4Addr, u8, Ipv4Addr), Stop> {
        let at = self.cursor.offset();
        let length = self.cursor.u8()?;
        if length > 32 {
            return Err(self.cursor.malformed(at));
        }
        // Octets that do not count are left out.
        let given = self.cursor.take(usize::from(length).div_ceil(8))?;
        let mut octets = [0; 4];
        octets.iter_mut().zip(given).for_each(|(own, given)| *own = *given);
        Ok((octets.into(), length, (*self.cursor.array::<4>()?).into()))
    }
}

impl Iterator for Routes<'_> {
    type Item = Result<(Ipv4Addr, u8, Ipv4Addr), Stop>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.cursor.is_empty() {
            return None;
        }
        let route = self.read();
        if route.is_err() {
            self.cursor.take_rest();
        }
        Some(route.map_err(|stop| stop.moved(self.offset)))
    }
}

impl core::iter::FusedIterator for Routes<'_> {}

/// Items of a list stand behind each other with a comma; octets as hexadecimal digits.
impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => write!(f, "{address}"),
            Self::Addresses(addresses) => list(f, addresses.clone(), |f, address| write!(f, "{address}")),
            Self::Pairs(pairs) => list(f, pairs.clone(), |f, (first, second)| write!(f, "({first}:{second})")),
            Self::Routes(routes) => list(f, routes.clone(), |f, route| match route {
                Ok((network, length, router)) => write!(f, "({network}/{length}:{router})"),
                Err(stop) => write!(f, "[|{stop}]"),
            }),
            Self::Seconds(seconds) => write!(f, "{seconds}"),
            Self::Offset(seconds) => write!(f, "{seconds}"),
            Self::Number(number) => write!(f, "{number}"),
            Self::Numbers(octets) => {
                let numbers = octets.chunks_exact(2).filter_map(|pair| Some(u16::from_be_bytes(*pair.first_chunk()?)));
                list(f, numbers, |f, number| write!(f, "{number}"))
            }
            Self::Flag(flag) => f.write_str(if *flag { "Y" } else { "N" }),
            Self::Text(text) => write!(f, "\"{}\"", text.escape_ascii()),
            Self::MessageType(message_type) => write!(f, "{message_type}"),
            Self::Parameters(codes) => list(f, codes.iter(), |f, code| match known(*code) {
                Some((name, _)) => write!(f, "{name} ({code})"),
                None => write!(f, "option ({code})"),
            }),
            Self::ClientId { kind: 1, id } if id.len() == 6 => list_octets(f, id, ":", "ether "),
            Self::ClientId { kind: 0, id } => write!(f, "\"{}\"", id.escape_ascii()),
            Self::ClientId { kind, id } => {
                write!(f, "hardware-type {kind}, ")?;
                list_octets(f, id, ":", "")
            }
            Self::Fqdn { flags, name } => write_fqdn(f, *flags, name),
            Self::Domains(domains) => list(f, *domains, |f, domain| write!(f, "{domain}")),
            Self::RelayAgent(options) => list(f, options.clone(), |f, option| match option {
                Ok(option) => {
                    write!(f, "{} ({}) ", option.name().unwrap_or("sub-option"), option.code)?;
                    write_data(f, option.data)
                }
                Err(stop) => write!(f, "[|{stop}]"),
            }),
            Self::Octets(octets) => list_octets(f, octets, "", ""),
        }
    }
}

fn write_fqdn(f: &mut fmt::Formatter<'_>, flags: u8, name: &[u8]) -> fmt::Result {
    f.write_str("[")?;
    let marks = [(8, "N"), (4, "E"), (2, "O"), (1, "S")];
    marks.iter().filter(|(bit, _)| flags & bit != 0).try_for_each(|(_, mark)| f.write_str(mark))?;
    f.write_str("] ")?;
    if flags & 4 == 0 {
        return write!(f, "\"{}\"", name.escape_ascii());
    }
    Domains::new(name).next().map_or(Ok(()), |name| write!(f, "{name}"))
}

/// As text, where they are.
fn write_data(f: &mut fmt::Formatter<'_>, data: &[u8]) -> fmt::Result {
    if !data.is_empty() && data.iter().all(|octet| (0x20..0x7f).contains(octet)) {
        return write!(f, "\"{}\"", data.escape_ascii());
    }
    list_octets(f, data, "", "0x")
}

fn list<I: Iterator>(
    f: &mut fmt::Formatter<'_>,
    items: I,
    write: impl Fn(&mut fmt::Formatter<'_>, I::Item) -> fmt::Result,
) -> fmt::Result {
    for (at, item) in items.enumerate() {
        if at > 0 {
            f.write_str(", ")?;
        }
        write(f, item)?;
    }
    Ok(())
}

fn list_octets(f: &mut fmt::Formatter<'_>, octets: &[u8], between: &str, before: &str) -> fmt::Result {
    f.write_str(before)?;
    for (at, octet) in octets.iter().enumerate() {
        write!(f, "{}{octet:02x}", if at > 0 { between } else { "" })?;
    }
    Ok(())
}

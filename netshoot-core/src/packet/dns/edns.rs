//! EDNS (RFC 6891): what an OPT record says, and its options.

use core::fmt;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::super::cursor::Cursor;
use super::{Layer, Record, RecordType, Stop};

/// The contents of an OPT record.
#[derive(Clone, Copy, Debug)]
pub struct Edns<'a> {
    record: Record<'a>,
}

impl<'a> Edns<'a> {
    /// `None` for a record of another type.
    #[must_use]
    pub fn of(record: &Record<'a>) -> Option<Self> {
        (record.record_type == RecordType::OPT).then_some(Self { record: *record })
    }

    /// Octets of a UDP payload that the sender can take.
    #[must_use]
    pub const fn payload_size(&self) -> u16 {
        self.record.class
    }

    /// The upper eight bits of the response code.
    #[must_use]
    pub const fn extended_response_code(&self) -> u8 {
        (self.record.ttl >> 24) as u8
    }

    /// The version of EDNS, 0.
    #[must_use]
    pub const fn version(&self) -> u8 {
        (self.record.ttl >> 16) as u8
    }

    /// The sender wants records of DNSSEC (RFC 3225).
    #[must_use]
    pub const fn dnssec_ok(&self) -> bool {
        self.record.ttl & 0x8000 != 0
    }

    /// The flags, [`dnssec_ok`](Self::dnssec_ok) the highest of them.
    #[must_use]
    pub const fn flags(&self) -> u16 {
        self.record.ttl as u16
    }

    /// The options; ends behind the first that cannot be read.
    #[must_use]
    pub fn options(&self) -> EdnsOptions<'a> {
        EdnsOptions { cursor: self.record.cursor() }
    }
}

/// Iterator over options of EDNS.
#[derive(Clone, Debug)]
pub struct EdnsOptions<'a> {
    cursor: Cursor<'a>,
}

impl<'a> Iterator for EdnsOptions<'a> {
    type Item = Result<EdnsOption<'a>, Stop>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.cursor.is_empty() {
            return None;
        }
        let option = self.read();
        if option.is_err() {
            self.cursor.take_rest();
        }
        Some(option)
    }
}

impl core::iter::FusedIterator for EdnsOptions<'_> {}

impl<'a> EdnsOptions<'a> {
    fn read(&mut self) -> Result<EdnsOption<'a>, Stop> {
        let code = self.cursor.u16()?;
        let length = self.cursor.u16()?;
        let offset = self.cursor.offset();
        Ok(EdnsOption { code, data: self.cursor.take(length.into())?, offset })
    }
}

/// An option of EDNS.
#[derive(Clone, Copy, Debug)]
pub struct EdnsOption<'a> {
    /// Which one (IANA DNS EDNS0 option codes).
    pub code: u16,
    /// What it says, undecoded.
    pub data: &'a [u8],
    /// Of the data in the message.
    offset: usize,
}

/// What an option of EDNS says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EdnsValue<'a> {
    /// Name of the server (RFC 5001); empty in a query.
    NameServerId(&'a [u8]),
    /// The network that the client is in (RFC 7871).
    ClientSubnet {
        /// The address, zero behind the prefix; `None` for a family that is neither IPv4 nor IPv6.
        address: Option<IpAddr>,
        /// The family (IANA address family numbers).
        family: u16,
        /// Bits of the prefix that the query has.
        source_prefix: u8,
        /// Bits of the prefix that the response is for.
        scope_prefix: u8,
    },
    /// A cookie (RFC 7873).
    Cookie {
        /// The client's half.
        client: &'a [u8; 8],
        /// The server's half, 8 to 32 octets; empty where it is not known yet.
        server: &'a [u8],
    },
    /// How long the connection is kept open, in units of 100 milliseconds (RFC 7828); `None` in a query.
    TcpKeepalive(Option<u16>),
    /// So many octets of padding (RFC 7830).
    Padding(usize),
    /// Why a response is as it is (RFC 8914).
    ExtendedError {
        /// The reason; see [`extended_error_name`].
        code: u16,
        /// More about it, in UTF-8.
        text: &'a [u8],
    },
    /// Any other option.
    Unknown(&'a [u8]),
}

impl<'a> EdnsOption<'a> {
    /// Number of the option for the name of the server.
    pub const NAME_SERVER_ID: u16 = 3;
    /// Number of the option for the client's network.
    pub const CLIENT_SUBNET: u16 = 8;
    /// Number of the option for cookies.
    pub const COOKIE: u16 = 10;
    /// Number of the option for keeping connections open.
    pub const TCP_KEEPALIVE: u16 = 11;
    /// Number of the option for padding.
    pub const PADDING: u16 = 12;
    /// Number of the option for extended errors.
    pub const EXTENDED_ERROR: u16 = 15;

    /// What it says.
    ///
    /// # Errors
    /// A [`Stop`] where the data end early or contradict the option's format.
    pub fn value(&self) -> Result<EdnsValue<'a>, Stop> {
        let mut cursor = Cursor::new(Layer::Dns, self.data, 0);
        let value = match self.code {
            Self::NAME_SERVER_ID => Ok(EdnsValue::NameServerId(self.data)),
            Self::CLIENT_SUBNET => client_subnet(&mut cursor),
            Self::COOKIE => cookie(&mut cursor),
            Self::TCP_KEEPALIVE if self.data.is_empty() => Ok(EdnsValue::TcpKeepalive(None)),
            Self::TCP_KEEPALIVE => cursor.u16().map(|timeout| EdnsValue::TcpKeepalive(Some(timeout))),
            Self::PADDING => Ok(EdnsValue::Padding(self.data.len())),
            Self::EXTENDED_ERROR => {
                cursor.u16().map(|code| EdnsValue::ExtendedError { code, text: cursor.take_rest() })
            }
            _ => Ok(EdnsValue::Unknown(self.data)),
        };
        value.map_err(|stop| stop.moved(self.offset))
    }

    /// The option's name, for those that [`value`](Self::value) knows.
    #[must_use]
    pub const fn name(&self) -> Option<&'static str> {
        Some(match self.code {
            Self::NAME_SERVER_ID => "NSID",
            Self::CLIENT_SUBNET => "ECS",
            Self::COOKIE => "COOKIE",
            Self::TCP_KEEPALIVE => "KEEPALIVE",
            Self::PADDING => "PADDING",
            Self::EXTENDED_ERROR => "EDE",
            _ => return None,
        })
    }
}

/// In the words of dig: `192.0.2.0/24/0`; octets as text where they are meant to be, else as hexadecimal digits.
impl fmt::Display for EdnsValue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ClientSubnet { address: Some(address), source_prefix, scope_prefix, .. } => {
                write!(f, "{address}/{source_prefix}/{scope_prefix}")
            }
            Self::ClientSubnet { family, source_prefix, scope_prefix, .. } => {
                write!(f, "family {family}/{source_prefix}/{scope_prefix}")
            }
            Self::Cookie { client, server } => {
                client.iter().chain(*server).try_for_each(|octet| write!(f, "{octet:02x}"))
            }
            Self::ExtendedError { code, text } => {
                write!(f, "{code}")?;
                if let Some(name) = extended_error_name(*code) {
                    write!(f, " ({name})")?;
                }
                if text.is_empty() { Ok(()) } else { write!(f, ": {}", text.escape_ascii()) }
            }
            Self::NameServerId(name) => write!(f, "{}", name.escape_ascii()),
            Self::TcpKeepalive(Some(time)) => write!(f, "{}.{} s", time / 10, time % 10),
            Self::TcpKeepalive(None) => Ok(()),
            Self::Padding(length) => write!(f, "{length} octets"),
            Self::Unknown(data) => data.iter().try_for_each(|octet| write!(f, "{octet:02x}")),
        }
    }
}

fn client_subnet<'a>(cursor: &mut Cursor<'a>) -> Result<EdnsValue<'a>, Stop> {
    let (family, source_prefix, scope_prefix) = (cursor.u16()?, cursor.u8()?, cursor.u8()?);
    let at = cursor.offset();
    let given = cursor.take_rest();
    let address = match family {
        1 => Some(filled::<4>(given).map(|octets| IpAddr::V4(Ipv4Addr::from(octets)))),
        2 => Some(filled::<16>(given).map(|octets| IpAddr::V6(Ipv6Addr::from(octets)))),
        _ => None,
    };
    let address = address.map(|address| address.ok_or_else(|| cursor.malformed(at))).transpose()?;
    Ok(EdnsValue::ClientSubnet { address, family, source_prefix, scope_prefix })
}

/// An address of which the last octets may have been left out.
fn filled<const N: usize>(given: &[u8]) -> Option<[u8; N]> {
    let mut octets = [0; N];
    octets.get_mut(..given.len())?.copy_from_slice(given);
    Some(octets)
}

fn cookie<'a>(cursor: &mut Cursor<'a>) -> Result<EdnsValue<'a>, Stop> {
    let client = cursor.array()?;
    let at = cursor.offset();
    match cursor.take_rest() {
        server if server.is_empty() || (8..=32).contains(&server.len()) => Ok(EdnsValue::Cookie { client, server }),
        _ => Err(cursor.malformed(at)),
    }
}

/// The name of a reason of an extended error (IANA, RFC 8914 section 5.2).
#[must_use]
pub const fn extended_error_name(code: u16) -> Option<&'static str> {
    Some(match code {
        0 => "Other Error",
        1 => "Unsupported DNSKEY Algorithm",
        2 => "Unsupported DS Digest Type",
        3 => "Stale Answer",
        4 => "Forged Answer",
        5 => "DNSSEC Indeterminate",
        6 => "DNSSEC Bogus",
        7 => "Signature Expired",
        8 => "Signature Not Yet Valid",
        9 => "DNSKEY Missing",
        10 => "RRSIGs Missing",
        11 => "No Zone Key Bit Set",
        12 => "NSEC Missing",
        13 => "Cached Error",
        14 => "Not Ready",
        15 => "Blocked",
        16 => "Censored",
        17 => "Filtered",
        18 => "Prohibited",
        19 => "Stale NXDOMAIN Answer",
        20 => "Not Authoritative",
        21 => "Not Supported",
        22 => "No Reachable Authority",
        23 => "Network Error",
        24 => "Invalid Data",
        25 => "Signature Expired before Valid",
        26 => "Too Early",
        27 => "Unsupported NSEC3 Iterations Value",
        28 => "Unable to conform to policy",
        29 => "Synthesized",
        _ => return None,
    })
}

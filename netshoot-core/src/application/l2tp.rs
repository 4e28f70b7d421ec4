//! Messages of L2TP over UDP, versions 2 (RFC 2661) and 3 (RFC 3931), recognised by their flags and length: whether they
//! steer the tunnel or carry something, and its numbers. What they carry is not entered.

use std::fmt;

/// The usual port of UDP.
pub const PORT: u16 = 1701;

/// A message of L2TP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Message<'a> {
    /// 2 or 3.
    pub version: u8,
    /// Whether it steers the tunnel, rather than carries something.
    pub is_control: bool,
    /// The number that the receiver has given to the tunnel, or in version 3 to the control connection; `None` in data of
    /// version 3.
    pub tunnel: Option<u32>,
    /// The number that the receiver has given to the session; `None` in control messages of version 3.
    pub session: Option<u32>,
    /// The number of the message, and of the one that is expected next.
    pub sequence: Option<(u16, u16)>,
    /// What follows the header, as far as it was captured: attributes, or what is carried (in version 3 behind a cookie,
    /// whose length the message does not tell).
    pub body: &'a [u8],
}

impl<'a> Message<'a> {
    /// The message that a datagram of `length` octets is, of which `bytes` were captured; `None` if it is none, or its
    /// header was cut off.
    #[must_use]
    pub fn parse(bytes: &'a [u8], length: usize) -> Option<Self> {
        let (&[flags, version], mut rest) = bytes.split_first_chunk()?;
        let is_control = flags & CONTROL != 0;
        let is_right = match version {
            2 | 3 if is_control => flags == CONTROL | LENGTH | SEQUENCE,
            2 => flags & !(LENGTH | SEQUENCE | OFFSET | PRIORITY) == 0,
            3 => flags == 0,
            _ => false,
        };
        if !is_right {
            return None;
        }
        let stated = if flags & LENGTH != 0 { Some(usize::from(take16(&mut rest)?)) } else { None };
        let (tunnel, session) = match (version, is_control) {
            (2, _) => (Some(take16(&mut rest)?.into()), Some(take16(&mut rest)?.into())),
            (_, true) => (Some(take32(&mut rest)?), None),
            (_, false) => {
                take16(&mut rest)?;
                (None, Some(take32(&mut rest)?))
            }
        };
        let sequence = if flags & SEQUENCE != 0 { Some((take16(&mut rest)?, take16(&mut rest)?)) } else { None };
        let padding = if flags & OFFSET != 0 { usize::from(take16(&mut rest)?) } else { 0 };
        let header = bytes.len() - rest.len() + padding;
        if header > length || stated.is_some_and(|stated| stated < header || stated > length) {
            return None;
        }
        let end = stated.unwrap_or(bytes.len()).min(bytes.len());
        let body = bytes.get(header..end).unwrap_or_default();
        Some(Self { version, is_control, tunnel, session, sequence, body })
    }

    /// The type of a control message, such as 1 for the start of a connection, from its first attribute; `None` in one
    /// that acknowledges and no more, and where it was cut off.
    #[must_use]
    pub fn message_type(&self) -> Option<u16> {
        let [_, 8, 0, 0, 0, 0, high, low, ..] = self.body else { return None };
        self.is_control.then(|| u16::from_be_bytes([*high, *low]))
    }
}

/// `L2TP: SCCRQ tunnel 0 session 0 Ns 0 Nr 0`, `L2TP: data tunnel 1 session 2`.
impl fmt::Display for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.version == 2 { "L2TP: " } else { "L2TPv3: " })?;
        match self.message_type() {
            _ if !self.is_control => f.write_str("data")?,
            None => f.write_str("acknowledgment")?,
            Some(number) => match NAMES.get(usize::from(number)).filter(|name| !name.is_empty()) {
                Some(name) => f.write_str(name)?,
                None => write!(f, "message {number}")?,
            },
        }
        self.tunnel.map_or(Ok(()), |tunnel| write!(f, " tunnel {tunnel}"))?;
        self.session.map_or(Ok(()), |session| write!(f, " session {session}"))?;
        self.sequence.map_or(Ok(()), |(own, next)| write!(f, " Ns {own} Nr {next}"))
    }
}

fn take16(rest: &mut &[u8]) -> Option<u16> {
    let (octets, behind) = rest.split_first_chunk()?;
    *rest = behind;
    Some(u16::from_be_bytes(*octets))
}

fn take32(rest: &mut &[u8]) -> Option<u32> {
    let (octets, behind) = rest.split_first_chunk()?;
    *rest = behind;
    Some(u32::from_be_bytes(*octets))
}

const CONTROL: u8 = 0x80;
const LENGTH: u8 = 0x40;
const SEQUENCE: u8 = 0x08;
const OFFSET: u8 = 0x02;
const PRIORITY: u8 = 0x01;

/// Of control messages, by number (RFC 2661 section 3.2, RFC 3931 section 3.1).
const NAMES: [&str; 21] = [
    "", "SCCRQ", "SCCRP", "SCCCN", "StopCCN", "", "HELLO", "OCRQ", "OCRP", "OCCN", "ICRQ", "ICRP", "ICCN", "", "CDN",
    "WEN", "SLI", "MDMST", "SRRQ", "SRRP", "ACK",
];

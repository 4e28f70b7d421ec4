//! TCP header and options (RFC 9293, RFC 7323, RFC 2018).

use core::fmt;

use super::bytes::array;

/// A TCP header.
#[derive(Clone, Copy, Debug)]
pub struct Tcp<'a> {
    pub(super) header: &'a [u8; 20],
    pub(super) options: &'a [u8],
}

impl<'a> Tcp<'a> {
    /// Octets of a header without options.
    pub const MIN_HEADER_LEN: usize = 20;

    /// The source port.
    #[must_use]
    pub fn source_port(&self) -> u16 {
        u16::from_be_bytes([self.header[0], self.header[1]])
    }

    /// The destination port.
    #[must_use]
    pub fn destination_port(&self) -> u16 {
        u16::from_be_bytes([self.header[2], self.header[3]])
    }

    /// Sequence number of the first octet of the payload, or of the SYN.
    #[must_use]
    pub fn sequence_number(&self) -> u32 {
        u32::from_be_bytes([self.header[4], self.header[5], self.header[6], self.header[7]])
    }

    /// The acknowledgment field; it has a meaning only with the ACK flag.
    #[must_use]
    pub fn acknowledgment_number(&self) -> u32 {
        u32::from_be_bytes([self.header[8], self.header[9], self.header[10], self.header[11]])
    }

    /// Octets of the header by its data offset field, options included: 20 to 60.
    #[must_use]
    pub fn header_len(&self) -> usize {
        usize::from(self.header[12] >> 4) * 4
    }

    /// The control bits, the reserved ones included.
    #[must_use]
    pub fn flags(&self) -> TcpFlags {
        TcpFlags(u16::from_be_bytes([self.header[12], self.header[13]]) & 0x0fff)
    }

    /// The window field, unscaled.
    #[must_use]
    pub fn window(&self) -> u16 {
        u16::from_be_bytes([self.header[14], self.header[15]])
    }

    /// Checksum as sent.
    #[must_use]
    pub fn checksum(&self) -> u16 {
        u16::from_be_bytes([self.header[16], self.header[17]])
    }

    /// Urgent pointer; it has a meaning only with the URG flag.
    #[must_use]
    pub fn urgent_pointer(&self) -> u16 {
        u16::from_be_bytes([self.header[18], self.header[19]])
    }

    /// The captured octets of the options.
    #[must_use]
    pub fn option_bytes(&self) -> &'a [u8] {
        self.options
    }

    /// The options, one by one.
    #[must_use]
    pub fn options(&self) -> TcpOptions<'a> {
        TcpOptions { rest: self.options }
    }
}

/// The control bits of a TCP header.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
#[repr(transparent)]
pub struct TcpFlags(pub u16);

impl TcpFlags {
    /// No more data from the sender.
    pub const FIN: Self = Self(0x001);
    /// Synchronise sequence numbers.
    pub const SYN: Self = Self(0x002);
    /// Reset the connection.
    pub const RST: Self = Self(0x004);
    /// Push.
    pub const PSH: Self = Self(0x008);
    /// The acknowledgment field is significant.
    pub const ACK: Self = Self(0x010);
    /// The urgent pointer is significant.
    pub const URG: Self = Self(0x020);
    /// ECN echo (RFC 3168).
    pub const ECE: Self = Self(0x040);
    /// Congestion window reduced (RFC 3168).
    pub const CWR: Self = Self(0x080);
    /// Accurate ECN (RFC 9768), formerly the nonce sum.
    pub const AE: Self = Self(0x100);

    const NAMES: [(Self, &'static str); 9] = [
        (Self::FIN, "FIN"),
        (Self::SYN, "SYN"),
        (Self::RST, "RST"),
        (Self::PSH, "PSH"),
        (Self::ACK, "ACK"),
        (Self::URG, "URG"),
        (Self::ECE, "ECE"),
        (Self::CWR, "CWR"),
        (Self::AE, "AE"),
    ];

    /// Whether all bits of `other` are set.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether any bit of `other` is set.
    #[must_use]
    pub const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// The names of the bits that are set, lowest first; reserved bits have none.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Self::NAMES.into_iter().filter(move |(flag, _)| self.contains(*flag)).map(|(_, name)| name)
    }
}

impl core::ops::BitOr for TcpFlags {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// tcpdump's letters: `S` SYN, `F` FIN, `R` RST, `P` PSH, `U` URG, `W` CWR, `E` ECE, `.` ACK.
impl fmt::Display for TcpFlags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const LETTERS: [(TcpFlags, &str); 9] = [
            (TcpFlags::FIN, "F"),
            (TcpFlags::SYN, "S"),
            (TcpFlags::RST, "R"),
            (TcpFlags::PSH, "P"),
            (TcpFlags::ACK, "."),
            (TcpFlags::URG, "U"),
            (TcpFlags::ECE, "E"),
            (TcpFlags::CWR, "W"),
            (TcpFlags::AE, "e"),
        ];
        let mut none = true;
        for (flag, letter) in LETTERS {
            if self.contains(flag) {
                f.write_str(letter)?;
                none = false;
            }
        }
        if none { f.write_str("none") } else { Ok(()) }
    }
}

impl fmt::Debug for TcpFlags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TcpFlags({self})")
    }
}

/// One TCP option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TcpOption<'a> {
    /// The end-of-options mark: what follows is padding.
    EndOfOptions,
    /// Padding between options.
    NoOperation,
    /// Maximum segment size in octets.
    MaximumSegmentSize(u16),
    /// Window scale: the shift of the sender's windows.
    WindowScale(u8),
    /// The sender accepts selective acknowledgments.
    SackPermitted,
    /// Selective acknowledgments.
    Sack(SackBlocks<'a>),
    /// Timestamps (RFC 7323).
    Timestamps {
        /// The sender's clock.
        value: u32,
        /// The peer's clock as last seen.
        echo_reply: u32,
    },
    /// Any other option, or one of the above with a length that is not its own.
    Unknown {
        /// Option kind.
        kind: u8,
        /// What follows kind and length.
        data: &'a [u8],
    },
}

/// An option whose length is below two or leads beyond the options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadOption {
    /// Option kind.
    pub kind: u8,
    /// The length it states, if there is one.
    pub length: Option<u8>,
    /// Octets that were left, from the kind on.
    pub available: usize,
}

impl fmt::Display for BadOption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, length, available } = self;
        match length {
            Some(length) => write!(f, "TCP option {kind} states length {length}, {available} octets are left"),
            None => write!(f, "TCP option {kind} has no length octet"),
        }
    }
}

impl core::error::Error for BadOption {}

/// Iterator over TCP options; ends behind the end-of-options mark, behind the first bad option, or at the end.
#[derive(Clone, Copy, Debug)]
pub struct TcpOptions<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for TcpOptions<'a> {
    type Item = Result<TcpOption<'a>, BadOption>;

    fn next(&mut self) -> Option<Self::Item> {
        let available = self.rest.len();
        let (&kind, after_kind) = self.rest.split_first()?;
        self.rest = match kind {
            0 => &[],
            _ => after_kind,
        };
        match kind {
            0 => return Some(Ok(TcpOption::EndOfOptions)),
            1 => return Some(Ok(TcpOption::NoOperation)),
            _ => {}
        }
        self.rest = &[];
        let Some((&length, after)) = after_kind.split_first() else {
            return Some(Err(BadOption { kind, length: None, available }));
        };
        let split = usize::from(length).checked_sub(2).and_then(|len| after.split_at_checked(len));
        let Some((data, rest)) = split else {
            return Some(Err(BadOption { kind, length: Some(length), available }));
        };
        self.rest = rest;
        Some(Ok(option(kind, data)))
    }
}

impl core::iter::FusedIterator for TcpOptions<'_> {}

fn option(kind: u8, data: &[u8]) -> TcpOption<'_> {
    match (kind, data) {
        (2, &[a, b]) => TcpOption::MaximumSegmentSize(u16::from_be_bytes([a, b])),
        (3, &[shift]) => TcpOption::WindowScale(shift),
        (4, []) => TcpOption::SackPermitted,
        (5, blocks) if !blocks.is_empty() && blocks.len() % 8 == 0 => TcpOption::Sack(SackBlocks { rest: blocks }),
        (8, &[a, b, c, d, e, f, g, h]) => TcpOption::Timestamps {
            value: u32::from_be_bytes([a, b, c, d]),
            echo_reply: u32::from_be_bytes([e, f, g, h]),
        },
        _ => TcpOption::Unknown { kind, data },
    }
}

/// Iterator over the blocks of a SACK option: left edge and right edge (the first number beyond).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SackBlocks<'a> {
    rest: &'a [u8],
}

impl Iterator for SackBlocks<'_> {
    type Item = (u32, u32);

    fn next(&mut self) -> Option<Self::Item> {
        let [a, b, c, d, e, f, g, h] = *array::<8>(self.rest, 0)?;
        self.rest = self.rest.get(8..)?;
        Some((u32::from_be_bytes([a, b, c, d]), u32::from_be_bytes([e, f, g, h])))
    }
}

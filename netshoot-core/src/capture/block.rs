//! The blocks of a capture: packets, and what pcapng has beside them.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::Frame;
use super::option::Options;
use super::order::ByteOrder;

/// One block of a capture, lent by [`Reader::next_block`](super::Reader::next_block).
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Block<'a> {
    /// A packet; in pcap there is nothing else.
    Frame(Frame<'a>),
    /// Any other block of pcapng.
    Other(OtherBlock<'a>),
}

/// The type of a pcapng block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlockType(pub u32);

/// A block of pcapng that is no packet.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct OtherBlock<'a> {
    /// What kind of block it is.
    pub block_type: BlockType,
    /// Octets from the start of the file to the block.
    pub offset: u64,
    /// The section that it is in, or that it begins, from 1.
    pub section: u32,
    /// What stands between the header of the block and its trailing length, in the byte order of the section.
    pub body: &'a [u8],
    pub(super) order: ByteOrder,
}

/// Keys with which Wireshark decrypts packets, from a decryption secrets block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Secrets<'a> {
    /// The kind of secrets, such as [`Secrets::TLS_KEY_LOG`].
    pub kind: u32,
    /// The secrets themselves.
    pub data: &'a [u8],
}

/// An address and one of its names, from a name resolution block.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NameRecord<'a> {
    /// The address.
    pub address: IpAddr,
    /// The name, with what is not UTF-8 replaced.
    pub name: Cow<'a, str>,
}

/// What a custom block holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Custom<'a> {
    /// The private enterprise number of who defined it.
    pub number: u32,
    /// Whether programs that do not know it may copy it to another file.
    pub is_copied: bool,
    /// Its data and options, which only who defined it can tell apart.
    pub data: &'a [u8],
}

impl BlockType {
    /// Begins a section, with the capturing hardware, operating system and application.
    pub const SECTION_HEADER: Self = Self(0x0a0d_0d0a);
    /// Describes an interface.
    pub const INTERFACE_DESCRIPTION: Self = Self(1);
    /// A packet in the obsolete form.
    pub const PACKET: Self = Self(2);
    /// A packet without time and options.
    pub const SIMPLE_PACKET: Self = Self(3);
    /// Names of addresses.
    pub const NAME_RESOLUTION: Self = Self(4);
    /// Counters of an interface.
    pub const INTERFACE_STATISTICS: Self = Self(5);
    /// A packet.
    pub const ENHANCED_PACKET: Self = Self(6);
    /// An entry of systemd's journal.
    pub const JOURNAL_EXPORT: Self = Self(9);
    /// Keys with which packets are decrypted.
    pub const DECRYPTION_SECRETS: Self = Self(10);
    /// Whatever someone defined, that may be copied to other files.
    pub const CUSTOM: Self = Self(0x0bad);
    /// Whatever someone defined, that may not be copied to other files.
    pub const CUSTOM_NOT_COPIED: Self = Self(0x4000_0bad);
}

impl<'a> OtherBlock<'a> {
    /// The options; none in blocks of kinds that are not known, and in custom blocks, where nobody knows where they begin.
    #[must_use]
    pub fn options(&self) -> Options<'a> {
        let start = match self.block_type {
            BlockType::SECTION_HEADER => Some(16),
            BlockType::INTERFACE_DESCRIPTION => Some(8),
            BlockType::INTERFACE_STATISTICS => Some(12),
            BlockType::DECRYPTION_SECRETS => self.secrets().map(|secrets| 8 + secrets.data.len().next_multiple_of(4)),
            BlockType::NAME_RESOLUTION => Some(self.body.len() - self.names().rest_behind().len()),
            _ => None,
        };
        let octets = start.and_then(|start| self.body.get(start..)).unwrap_or_default();
        Options::new(self.order, octets)
    }

    /// The number within its section of the interface that is told of; `None` in blocks of other kinds than interface
    /// statistics.
    #[must_use]
    pub fn interface(&self) -> Option<u32> {
        let is_statistics = self.block_type == BlockType::INTERFACE_STATISTICS;
        self.body.first_chunk().filter(|_| is_statistics).map(|octets| self.order.u32(*octets))
    }

    /// The secrets of a decryption secrets block.
    #[must_use]
    pub fn secrets(&self) -> Option<Secrets<'a>> {
        let is_secrets = self.block_type == BlockType::DECRYPTION_SECRETS;
        let (&[k0, k1, k2, k3, l0, l1, l2, l3], rest) = self.body.split_first_chunk().filter(|_| is_secrets)?;
        let length = self.order.u32([l0, l1, l2, l3]) as usize;
        Some(Secrets { kind: self.order.u32([k0, k1, k2, k3]), data: rest.get(..length)? })
    }

    /// The names of a name resolution block, an item for each name of an address; none in blocks of other kinds.
    #[must_use]
    pub fn names(&self) -> NameRecords<'a> {
        let is_names = self.block_type == BlockType::NAME_RESOLUTION;
        NameRecords::of(self.order, if is_names { self.body } else { &[] })
    }

    /// What a custom block holds.
    #[must_use]
    pub fn custom(&self) -> Option<Custom<'a>> {
        let is_copied = match self.block_type {
            BlockType::CUSTOM => true,
            BlockType::CUSTOM_NOT_COPIED => false,
            _ => return None,
        };
        let (number, data) = self.body.split_first_chunk()?;
        Some(Custom { number: self.order.u32(*number), is_copied, data })
    }
}

impl Secrets<'_> {
    /// Keys of TLS, in the format of NSS's key log (`SSLKEYLOGFILE`).
    pub const TLS_KEY_LOG: u32 = 0x544c_534b;
    /// Keys of WireGuard, in the format of its key log.
    pub const WIREGUARD_KEY_LOG: u32 = 0x5747_4b4c;
}

/// The names of a name resolution block; what is cut off or of an unknown kind is left out.
#[derive(Clone, Debug)]
pub struct NameRecords<'a> {
    order: ByteOrder,
    rest: &'a [u8],
    /// The rest of the names of one address.
    names: Option<(IpAddr, &'a [u8])>,
}

impl<'a> NameRecords<'a> {
    /// Those of the body of a block.
    pub(super) fn of(order: ByteOrder, body: &'a [u8]) -> Self {
        Self { order, rest: body, names: None }
    }

    /// Every record but the end of the list: kind and value.
    pub(super) fn records(mut self) -> impl Iterator<Item = (u16, &'a [u8])> {
        std::iter::from_fn(move || self.record())
    }

    /// The kind and value of the next record; `None` at the end of the list.
    fn record(&mut self) -> Option<(u16, &'a [u8])> {
        let (&[k0, k1, l0, l1], rest) = self.rest.split_first_chunk()?;
        let (kind, length) = (self.order.u16([k0, k1]), usize::from(self.order.u16([l0, l1])));
        let value = rest.get(..length)?;
        self.rest = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
        (kind != 0).then_some((kind, value))
    }

    /// What comes behind the last record.
    fn rest_behind(mut self) -> &'a [u8] {
        while self.record().is_some() {}
        self.rest
    }
}

impl<'a> Iterator for NameRecords<'a> {
    type Item = NameRecord<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some((address, names)) = self.names.take() {
                let end = names.iter().position(|octet| *octet == 0).unwrap_or(names.len());
                let (name, rest) = names.split_at_checked(end)?;
                self.names = Some((address, rest.get(1..).unwrap_or_default())).filter(|(_, rest)| !rest.is_empty());
                if name.is_empty() {
                    continue;
                }
                return Some(NameRecord { address, name: String::from_utf8_lossy(name) });
            }
            self.names = match self.record()? {
                (1, [a, b, c, d, names @ ..]) => Some((Ipv4Addr::new(*a, *b, *c, *d).into(), names)),
                (2, value) => {
                    value.split_first_chunk::<16>().map(|(octets, names)| (Ipv6Addr::from(*octets).into(), names))
                }
                _ => None,
            };
        }
    }
}

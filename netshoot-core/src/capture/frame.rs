//! One record of a capture.

use std::borrow::Cow;

use super::Timestamp;
use super::option::{OptionList, Options};
use super::order::ByteOrder;
use crate::packet::{LinkType, Packet};

/// One record of a capture, lent by [`Reader::next_frame`](super::Reader::next_frame).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Frame<'a> {
    /// The place in the capture, from 1, as Wireshark's `frame.number`.
    ///
    /// Only packets count. (Wireshark also numbers pcapng's custom blocks and system journal entries.)
    pub number: u64,
    /// Octets from the start of the file to the record or block.
    pub offset: u64,
    /// When the packet was captured; `None` in a simple packet block, which has no time, and if the time does not fit
    /// a [`Timestamp`], of which an error tells at the end of the file.
    ///
    /// Finer times than nanoseconds are cut.
    pub timestamp: Option<Timestamp>,
    /// The octets that were captured.
    pub bytes: &'a [u8],
    /// The octets that were on the wire, as reported: usually `bytes.len()` or more, but files may claim less.
    pub original_length: u32,
    /// What the first octet of `bytes` is.
    pub link_type: LinkType,
    /// The interface within its section, from 0, as Wireshark's `frame.interface_id`; always 0 in pcap.
    pub interface: u32,
    /// The section of the file, from 1, as Wireshark's `frame.section_number`; always 1 in pcap.
    pub section: u32,
    /// The time as the file has it, in units of the interface; `None` where the file has none, as in simple packet blocks.
    pub(super) ticks: Option<u64>,
    pub(super) options: Options<'a>,
    /// The count of drops of an obsolete packet block; all ones where it is not known.
    pub(super) drops: u16,
}

impl<'a> Frame<'a> {
    /// A frame that does not come from a file, such as one that another library captured: whole, at offset 0 of section 1,
    /// seen on interface 0.
    #[must_use]
    pub fn new(number: u64, timestamp: Option<Timestamp>, link_type: LinkType, bytes: &'a [u8]) -> Self {
        let original_length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        Self {
            number,
            offset: 0,
            timestamp,
            bytes,
            original_length,
            link_type,
            interface: 0,
            section: 1,
            ticks: None,
            options: Options::default(),
            drops: DROPS_UNKNOWN,
        }
    }

    /// What the file tells of the packet beside its octets: comments, flags and others; none in pcap.
    #[must_use]
    pub fn options(&self) -> Options<'a> {
        self.options
    }

    /// The frame with other options.
    #[must_use]
    pub fn with_options(mut self, options: Options<'a>) -> Self {
        self.options = options;
        self
    }

    /// Its options and one more comment.
    pub(crate) fn commented(&self, text: &str) -> OptionList {
        OptionList::of(self.options, |_| true).comment(text)
    }

    /// The comments on the packet, with what is not UTF-8 replaced.
    pub fn comments(&self) -> impl Iterator<Item = Cow<'a, str>> + use<'a> {
        self.options.comments()
    }

    /// The link-layer flags (`epb_flags`): whether the packet came in or went out, how it was received, errors.
    #[must_use]
    pub fn flags(&self) -> Option<PacketFlags> {
        self.options.find(FLAGS)?.u32().map(PacketFlags)
    }

    /// Packets that were lost between this one and the one before of the interface, if the file says so.
    #[must_use]
    pub fn dropped(&self) -> Option<u64> {
        match self.drops {
            DROPS_UNKNOWN => self.options.find(DROP_COUNT)?.u64(),
            drops => Some(drops.into()),
        }
    }

    /// The octets, parsed.
    #[inline]
    #[must_use]
    pub fn packet(&self) -> Packet<'a> {
        Packet::parse(self.link_type, self.bytes, self.original_length)
    }
}

/// A [`Frame`] whose octets are still named by their place in the buffer.
#[derive(Clone, Copy)]
pub(super) struct Record {
    pub(super) offset: u64,
    pub(super) timestamp: Option<Timestamp>,
    pub(super) start: usize,
    pub(super) length: usize,
    pub(super) original_length: u32,
    pub(super) link_type: LinkType,
    pub(super) interface: u32,
    pub(super) section: u32,
    pub(super) ticks: Option<u64>,
    /// Octets of the options, which begin behind the packet and its padding.
    pub(super) options_length: usize,
    pub(super) order: ByteOrder,
    pub(super) drops: u16,
}

/// Link-layer flags of a packet, as pcapng's `epb_flags` has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PacketFlags(pub u32);

/// Which way a packet went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Direction {
    /// To the capturing host.
    Inbound,
    /// From the capturing host.
    Outbound,
}

impl PacketFlags {
    /// Which way the packet went, if the file says so.
    #[must_use]
    pub fn direction(self) -> Option<Direction> {
        match self.0 & 3 {
            1 => Some(Direction::Inbound),
            2 => Some(Direction::Outbound),
            _ => None,
        }
    }

    /// Octets of the frame check sequence at the end of the packet, if the file says so.
    #[must_use]
    pub fn fcs_length(self) -> Option<u8> {
        Some((self.0 >> 5 & 0xf) as u8).filter(|length| *length != 0)
    }

    /// The errors that the link layer saw, a bit each: the upper 16 bits.
    #[must_use]
    pub fn errors(self) -> u16 {
        (self.0 >> 16) as u16
    }
}

/// `epb_flags`, which has the code of the obsolete block's `pack_flags`.
const FLAGS: u16 = 2;
pub(super) const DROP_COUNT: u16 = 4;
pub(super) const DROPS_UNKNOWN: u16 = u16::MAX;

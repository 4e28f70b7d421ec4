//! One record of a capture.

use super::Timestamp;
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
}

impl<'a> Frame<'a> {
    /// A frame that does not come from a file, such as one that another library captured: whole, at offset 0 of section 1,
    /// seen on interface 0.
    #[must_use]
    pub fn new(number: u64, timestamp: Option<Timestamp>, link_type: LinkType, bytes: &'a [u8]) -> Self {
        let original_length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        Self { number, offset: 0, timestamp, bytes, original_length, link_type, interface: 0, section: 1 }
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
}

//! The classic format: a file header, then records.

use std::io::Read;

use super::Interface;
use super::frame::{DROPS_UNKNOWN, Record};
use super::interface::Resolution;
use super::order::ByteOrder;
use super::source::Source;
use crate::packet::LinkType;
use crate::timestamp::{NANOS_PER_SECOND, Timestamp};
use crate::{ErrorKind, Result};

/// Decodes the records that follow one file header.
pub(super) struct Pcap {
    order: ByteOrder,
    lengths: Lengths,
    nanos_per_unit: i64,
    link_type: LinkType,
    limit: u32,
    /// Octets in front of each packet: more than 16 in the modified formats.
    record_header: usize,
}

/// The order of the two lengths in a record: until version 2.3 some writers put the original length first.
enum Lengths {
    CapturedFirst,
    OriginalFirst,
    SmallerIsCaptured,
}

impl Pcap {
    /// Reads the file header, of which the first four octets are `magic`.
    pub(super) fn open<R: Read>(source: &mut Source<R>, magic: [u8; 4]) -> Result<(Self, Interface)> {
        let order = match magic {
            LITTLE_MICROSECONDS | LITTLE_NANOSECONDS | LITTLE_MODIFIED => ByteOrder::Little,
            _ => ByteOrder::Big,
        };
        let resolution = if matches!(magic, LITTLE_NANOSECONDS | BIG_NANOSECONDS) { 9 } else { 6 };
        let unread = source.request(FILE_HEADER_LENGTH)?;
        let Some(&[_, _, _, _, a0, a1, i0, i1, _, _, _, _, _, _, _, _, s0, s1, s2, s3, n0, n1, n2, n3]) =
            unread.first_chunk::<FILE_HEADER_LENGTH>()
        else {
            let left = unread.len() as u64;
            return Err(source.cut_off(FILE_HEADER, 0, FILE_HEADER_LENGTH as u64, left));
        };
        let (major, minor) = (order.u16([a0, a1]), order.u16([i0, i1]));
        let (snap_length, network) = (order.u32([s0, s1, s2, s3]), order.u32([n0, n1, n2, n3]));
        let Some(lengths) = lengths_of_version(major, minor) else {
            let detail = format!("version {major}.{minor} is unknown");
            return Err(source.fault(ErrorKind::Unsupported, FILE_HEADER, 0).with_detail(detail));
        };
        if network & NETWORK_RESERVED != 0 {
            let detail = format!("network field {network:#010x} has reserved bits set");
            return Err(source.fault(ErrorKind::Malformed, FILE_HEADER, 20).with_detail(detail));
        }
        source.consume(FILE_HEADER_LENGTH);
        let mut interface = Interface::new(1, 0, LinkType(network as u16), snap_length);
        interface.set_clock(Resolution::from_tsresol(resolution), 0);
        // The length is in units of 16 bits.
        interface.fcs_length = (network & NETWORK_FCS_PRESENT != 0).then_some((network >> 28) as u8 * 2);
        let mut pcap = Self {
            order,
            lengths,
            nanos_per_unit: if resolution == 6 { 1000 } else { 1 },
            link_type: interface.link_type,
            limit: record_limit(interface.link_type, snap_length),
            record_header: RECORD_HEADER_LENGTH,
        };
        if matches!(magic, LITTLE_MODIFIED | BIG_MODIFIED) {
            pcap.record_header = pcap.modified_header(source)?;
        }
        Ok((pcap, interface))
    }

    /// The next record, if all of it is in memory and nothing is wrong with it.
    #[inline(always)]
    pub(super) fn buffered<R: Read>(&self, source: &mut Source<R>) -> Option<Record> {
        // The place of each record depends on the length of the one before: a branch is foreseen, a choice waited for.
        match self.order {
            ByteOrder::Little => self.record(source, ByteOrder::Little),
            ByteOrder::Big => self.record(source, ByteOrder::Big),
        }
    }

    #[inline(always)]
    fn record<R: Read>(&self, source: &mut Source<R>, order: ByteOrder) -> Option<Record> {
        let offset = source.offset();
        let unread = source.buffered()?;
        let [seconds, fraction, first, second, ..] = unread.as_chunks().0 else { return None };
        let (captured, original_length) = self.lengths(order.u32(*first), order.u32(*second));
        let length = captured as usize;
        if captured > self.limit || unread.len() < self.record_header + length {
            return None;
        }
        // At most 2^32 s + 2^32 µs: no overflow.
        let fraction = i64::from(order.u32(*fraction)) * self.nanos_per_unit;
        let nanos = i64::from(order.u32(*seconds)) * NANOS_PER_SECOND + fraction;
        let start = source.position() + self.record_header;
        source.consume(self.record_header + length);
        Some(Record {
            offset,
            timestamp: Some(Timestamp::from_nanos(nanos)),
            start,
            length,
            original_length,
            link_type: self.link_type,
            interface: 0,
            section: 1,
            ticks: None,
            options_length: 0,
            order,
            drops: DROPS_UNKNOWN,
        })
    }

    /// The next record, of which the frame will have the number `number`; `None` at the end of the file.
    #[cold]
    pub(super) fn next<R: Read>(&self, source: &mut Source<R>, number: u64) -> Result<Option<Record>> {
        let offset = source.offset();
        let unread = source.request(RECORD_HEADER_LENGTH)?;
        let [_, _, first, second, ..] = unread.as_chunks().0 else {
            let left = unread.len() as u64;
            if left == 0 {
                return Ok(None);
            }
            return Err(source.cut_off(what(number), offset, RECORD_HEADER_LENGTH as u64, left));
        };
        let (captured, _) = self.lengths(self.order.u32(*first), self.order.u32(*second));
        if captured > self.limit {
            let detail = format!("captured length {captured} is beyond the limit of {}", self.limit);
            return Err(source.fault(ErrorKind::Malformed, what(number), offset).with_detail(detail));
        }
        let total = self.record_header + captured as usize;
        let left = source.request(total)?.len();
        match self.buffered(source) {
            Some(record) => Ok(Some(record)),
            None => Err(source.cut_off(what(number), offset, total as u64, left as u64)),
        }
    }

    /// Octets in front of each packet in a modified format: 24 with the patches for libpcap of October 1999, 28 with those of
    /// September, whichever makes sense of the first records; the magic is the same.
    #[cold]
    fn modified_header<R: Read>(&self, source: &mut Source<R>) -> Result<usize> {
        let start = source.request(MODIFIED_LOOK)?;
        let sense = |header: usize| {
            let mut rest = start;
            let mut records = 0;
            while let Some(&[_, _, _, _, f0, f1, f2, f3, c0, c1, c2, c3, o0, o1, o2, o3]) = rest.first_chunk() {
                let [fraction, captured, original] =
                    [[f0, f1, f2, f3], [c0, c1, c2, c3], [o0, o1, o2, o3]].map(|octets| self.order.u32(octets));
                if fraction >= 1_000_000 || captured > self.limit || captured > original {
                    return records;
                }
                records += 1;
                rest = rest.get(header + captured as usize..).unwrap_or_default();
            }
            usize::MAX
        };
        Ok(if sense(24) >= sense(28) { 24 } else { 28 })
    }

    /// Captured and original length, from the two in the order of the file.
    #[inline(always)]
    fn lengths(&self, first: u32, second: u32) -> (u32, u32) {
        match self.lengths {
            Lengths::CapturedFirst => (first, second),
            Lengths::OriginalFirst => swapped(first, second),
            Lengths::SmallerIsCaptured => {
                if first <= second {
                    (first, second)
                } else {
                    swapped(first, second)
                }
            }
        }
    }
}

/// Out of line, so that it is a branch.
#[cold]
fn swapped(first: u32, second: u32) -> (u32, u32) {
    (second, first)
}

fn lengths_of_version(major: u16, minor: u16) -> Option<Lengths> {
    match (major, minor) {
        (2, ..=2) => Some(Lengths::OriginalFirst),
        (2, 3) => Some(Lengths::SmallerIsCaptured),
        (2, _) => Some(Lengths::CapturedFirst),
        _ => None,
    }
}

/// The captured length beyond which a record is taken for garbage.
///
/// It is that of libpcap and Wireshark, raised where the file announces longer packets, so that a damaged file is
/// noticed at the first bad record.
fn record_limit(link_type: LinkType, snap_length: u32) -> u32 {
    match link_type.0 {
        // D-Bus, USBPcap and EBHSCR messages may be longer than any packet.
        231 | 249 | 279 => RECORD_LIMIT_MAX,
        _ => snap_length.clamp(RECORD_LIMIT, RECORD_LIMIT_MAX),
    }
}

#[cold]
fn what(number: u64) -> String {
    format!("pcap record {number}")
}

pub(super) const LITTLE_MICROSECONDS: [u8; 4] = [0xd4, 0xc3, 0xb2, 0xa1];
pub(super) const LITTLE_NANOSECONDS: [u8; 4] = [0x4d, 0x3c, 0xb2, 0xa1];
pub(super) const BIG_MICROSECONDS: [u8; 4] = [0xa1, 0xb2, 0xc3, 0xd4];
pub(super) const BIG_NANOSECONDS: [u8; 4] = [0xa1, 0xb2, 0x3c, 0x4d];
/// Of Kuznetzov's modified formats, which have the interface, the protocol and the kind of packet in each record.
pub(super) const LITTLE_MODIFIED: [u8; 4] = [0x34, 0xcd, 0xb2, 0xa1];
pub(super) const BIG_MODIFIED: [u8; 4] = [0xa1, 0xb2, 0xcd, 0x34];

const FILE_HEADER: &str = "pcap file header";
const FILE_HEADER_LENGTH: usize = 24;
const RECORD_HEADER_LENGTH: usize = 16;
/// Enough for some records of a modified format.
const MODIFIED_LOOK: usize = 64 * 1024;
const RECORD_LIMIT: u32 = 256 * 1024;
const RECORD_LIMIT_MAX: u32 = 16 * 1024 * 1024;

/// The network field: link type in the low 16 bits, then what follows.
const NETWORK_RESERVED: u32 = 0x03ff_0000;
const NETWORK_FCS_PRESENT: u32 = 0x0400_0000;

//! Blocks and records as octets.
//!
//! A block of another byte order than the section that it is written to has its numbers turned, as far as their places are
//! known; what only its inventor can read is copied as it is.

use super::block::{BlockType, OtherBlock};
use super::frame::{DROP_COUNT, DROPS_UNKNOWN, Frame};
use super::interface::{Interface, InterfaceStatistics};
use super::option::{self, Options};
use super::order::ByteOrder;
use super::{Resolution, Timestamp};

/// What is told of a section by who begins it.
#[derive(Clone, Debug, Default)]
pub(super) struct SectionTexts {
    pub(super) comments: Vec<String>,
    pub(super) hardware: Option<String>,
    pub(super) operating_system: Option<String>,
    pub(super) application: Option<String>,
    /// Keys behind the header, by kind.
    pub(super) secrets: Vec<(u32, Vec<u8>)>,
}

/// Appends a block with the body that `body` appends.
pub(super) fn block(out: &mut Vec<u8>, order: ByteOrder, kind: BlockType, body: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend_from_slice(&order.octets32(kind.0));
    out.extend_from_slice(&[0; 4]);
    body(out);
    pad(out, start);
    let length = order.octets32(u32::try_from(out.len() - start + 4).unwrap_or(u32::MAX));
    if let Some(place) = out.get_mut(start + 4..start + 8) {
        place.copy_from_slice(&length);
    }
    out.extend_from_slice(&length);
}

/// Appends an option; a value beyond 65,535 octets is cut.
pub(super) fn option(out: &mut Vec<u8>, order: ByteOrder, code: u16, value: &[u8]) {
    let length = u16::try_from(value.len()).unwrap_or(u16::MAX);
    out.extend_from_slice(&order.octets16(code));
    out.extend_from_slice(&order.octets16(length));
    let start = out.len();
    out.extend_from_slice(value.get(..usize::from(length)).unwrap_or_default());
    pad(out, start);
}

fn pad(out: &mut Vec<u8>, start: usize) {
    let length = out.len() - start;
    out.resize(start + length.next_multiple_of(4), 0);
}

/// The end of a list of options that began at `start`, if there are any.
fn end_options(out: &mut Vec<u8>, start: usize) {
    if out.len() > start {
        out.extend_from_slice(&[0; 4]);
    }
}

/// Copies options to a block in another byte order.
fn copy_options(out: &mut Vec<u8>, order: ByteOrder, kind: BlockType, options: Options<'_>) {
    let start = out.len();
    put_options(out, order, kind, options);
    end_options(out, start);
}

fn put_options(out: &mut Vec<u8>, order: ByteOrder, kind: BlockType, options: Options<'_>) {
    let is_turned = options.order() != order;
    for item in options {
        let widths = if is_turned { numbers(kind, item.code) } else { &[] };
        if widths.is_empty() {
            option(out, order, item.code, item.value);
        } else {
            option(out, order, item.code, &turned(item.value, widths));
        }
    }
}

/// The value with the octets of each of its first numbers in reverse.
fn turned(value: &[u8], widths: &[usize]) -> Vec<u8> {
    let mut value = value.to_vec();
    let mut rest = value.as_mut_slice();
    for width in widths {
        let Some((number, behind)) = rest.split_at_mut_checked(*width) else { break };
        number.reverse();
        rest = behind;
    }
    value
}

/// The widths of the numbers that an option's value begins with.
fn numbers(kind: BlockType, code: u16) -> &'static [usize] {
    match (kind, code) {
        (_, 2988 | 2989 | 19372 | 19373) => &[4],
        (BlockType::INTERFACE_DESCRIPTION, 8 | 14 | 16 | 17) => &[8],
        (BlockType::INTERFACE_DESCRIPTION, 10) => &[4],
        (BlockType::INTERFACE_STATISTICS, 2 | 3) | (BlockType::ENHANCED_PACKET, 8) => &[4, 4],
        (BlockType::INTERFACE_STATISTICS, 4..=8) | (BlockType::ENHANCED_PACKET, 4 | 5) => &[8],
        (BlockType::ENHANCED_PACKET, 2 | 6) => &[4],
        // The first octet says what made the verdict.
        (BlockType::ENHANCED_PACKET, 7) => &[1, 8],
        _ => &[],
    }
}

/// A section header of unknown length, with the options of another header and those of `texts`.
pub(super) fn section(out: &mut Vec<u8>, order: ByteOrder, texts: &SectionTexts, options: Option<Options<'_>>) {
    block(out, order, BlockType::SECTION_HEADER, |out| {
        out.extend_from_slice(&order.octets32(BYTE_ORDER_MAGIC));
        out.extend_from_slice(&order.octets16(1));
        out.extend_from_slice(&order.octets16(0));
        out.extend_from_slice(&order.octets64(u64::MAX));
        let start = out.len();
        if let Some(options) = options {
            put_options(out, order, BlockType::SECTION_HEADER, options);
        }
        texts.comments.iter().for_each(|text| option(out, order, option::COMMENT, text.as_bytes()));
        for (code, text) in [(2, &texts.hardware), (3, &texts.operating_system), (4, &texts.application)] {
            if let Some(text) = text {
                option(out, order, code, text.as_bytes());
            }
        }
        end_options(out, start);
    });
    texts.secrets.iter().for_each(|(kind, data)| secrets(out, order, *kind, data));
}

/// What is known of an interface.
pub(super) fn interface(out: &mut Vec<u8>, order: ByteOrder, interface: &Interface) {
    block(out, order, BlockType::INTERFACE_DESCRIPTION, |out| {
        interface_head(out, order, interface.link_type.0, interface.snap_length);
        let start = out.len();
        let texts = [(2, &interface.name), (3, &interface.description), (12, &interface.operating_system)];
        for (code, text) in texts {
            if let Some(text) = text {
                option(out, order, code, text.as_bytes());
            }
        }
        if let Some(filter) = &interface.filter {
            option(out, order, 11, &[&[0], filter.as_bytes()].concat());
        }
        if interface.resolution != Resolution::MICROSECONDS {
            option(out, order, 9, &[interface.resolution.tsresol()]);
        }
        if let Some(length) = interface.fcs_length {
            option(out, order, 13, &[length]);
        }
        if interface.timestamp_offset != 0 {
            option(out, order, 14, &order.octets64(interface.timestamp_offset.cast_unsigned()));
        }
        end_options(out, start);
    });
}

fn interface_head(out: &mut Vec<u8>, order: ByteOrder, link_type: u16, snap_length: u32) {
    out.extend_from_slice(&order.octets16(link_type));
    out.extend_from_slice(&[0; 2]);
    out.extend_from_slice(&order.octets32(snap_length));
}

/// Counters of an interface at a time in its units.
pub(super) fn statistics(
    out: &mut Vec<u8>,
    order: ByteOrder,
    interface: u32,
    ticks: u64,
    counters: &InterfaceStatistics,
) {
    block(out, order, BlockType::INTERFACE_STATISTICS, |out| {
        out.extend_from_slice(&order.octets32(interface));
        put_ticks(out, order, ticks);
        let start = out.len();
        let counters = [
            (4, counters.received),
            (5, counters.dropped),
            (6, counters.filter_accepted),
            (7, counters.os_dropped),
            (8, counters.delivered),
        ];
        for (code, counter) in counters {
            if let Some(counter) = counter {
                option(out, order, code, &order.octets64(counter));
            }
        }
        end_options(out, start);
    });
}

/// Keys with which packets are decrypted.
pub(super) fn secrets(out: &mut Vec<u8>, order: ByteOrder, kind: u32, data: &[u8]) {
    block(out, order, BlockType::DECRYPTION_SECRETS, |out| put_secrets(out, order, kind, data));
}

fn put_secrets(out: &mut Vec<u8>, order: ByteOrder, kind: u32, data: &[u8]) {
    out.extend_from_slice(&order.octets32(kind));
    out.extend_from_slice(&order.octets32(u32::try_from(data.len()).unwrap_or(u32::MAX)));
    let start = out.len();
    out.extend_from_slice(data);
    pad(out, start);
}

/// A packet of the interface `interface` at a time in its units; without a time, a simple packet block.
pub(super) fn packet(
    out: &mut Vec<u8>,
    order: ByteOrder,
    frame: &Frame<'_>,
    bytes: &[u8],
    interface: u32,
    ticks: Option<u64>,
) {
    let Some(ticks) = ticks else {
        return block(out, order, BlockType::SIMPLE_PACKET, |out| {
            out.extend_from_slice(&order.octets32(frame.original_length));
            out.extend_from_slice(bytes);
        });
    };
    block(out, order, BlockType::ENHANCED_PACKET, |out| {
        out.extend_from_slice(&order.octets32(interface));
        put_ticks(out, order, ticks);
        out.extend_from_slice(&order.octets32(u32::try_from(bytes.len()).unwrap_or(u32::MAX)));
        out.extend_from_slice(&order.octets32(frame.original_length));
        let start = out.len();
        out.extend_from_slice(bytes);
        pad(out, start);
        let start = out.len();
        put_options(out, order, BlockType::ENHANCED_PACKET, frame.options);
        if frame.drops != DROPS_UNKNOWN {
            option(out, order, DROP_COUNT, &order.octets64(frame.drops.into()));
        }
        end_options(out, start);
    });
}

fn put_ticks(out: &mut Vec<u8>, order: ByteOrder, ticks: u64) {
    out.extend_from_slice(&order.octets32((ticks >> 32) as u32));
    out.extend_from_slice(&order.octets32(ticks as u32));
}

/// A block that is no packet, as it is but for the byte order, the number of the interface and the snap length where they
/// are given.
pub(super) fn other(
    out: &mut Vec<u8>,
    order: ByteOrder,
    other: &OtherBlock<'_>,
    interface: Option<u32>,
    snap_length: Option<u32>,
) {
    let (kind, from, body) = (other.block_type, other.order, other.body);
    let number = |octets| order.octets32(from.u32(octets));
    block(out, order, kind, |out| match (kind, body) {
        (BlockType::INTERFACE_DESCRIPTION, &[t0, t1, _, _, s0, s1, s2, s3, ..]) => {
            let stated = from.u32([s0, s1, s2, s3]);
            interface_head(out, order, from.u16([t0, t1]), snap_length.unwrap_or(stated));
            copy_options(out, order, kind, other.options());
        }
        (BlockType::INTERFACE_STATISTICS, &[i0, i1, i2, i3, h0, h1, h2, h3, l0, l1, l2, l3, ..]) => {
            let id = interface.unwrap_or(from.u32([i0, i1, i2, i3]));
            out.extend_from_slice(&order.octets32(id));
            out.extend_from_slice(&number([h0, h1, h2, h3]));
            out.extend_from_slice(&number([l0, l1, l2, l3]));
            copy_options(out, order, kind, other.options());
        }
        (BlockType::CUSTOM | BlockType::CUSTOM_NOT_COPIED, &[n0, n1, n2, n3, ref data @ ..]) => {
            out.extend_from_slice(&number([n0, n1, n2, n3]));
            out.extend_from_slice(data);
        }
        (BlockType::DECRYPTION_SECRETS, _) if from != order => match other.secrets() {
            Some(secrets) => {
                put_secrets(out, order, secrets.kind, secrets.data);
                copy_options(out, order, kind, other.options());
            }
            None => out.extend_from_slice(body),
        },
        (BlockType::NAME_RESOLUTION, _) if from != order => {
            for (code, value) in other.names().records() {
                option(out, order, code, value);
            }
            out.extend_from_slice(&[0; 4]);
            copy_options(out, order, kind, other.options());
        }
        _ => out.extend_from_slice(body),
    });
}

/// The file header of pcap: `network` is the link type with what is known of the frame check sequence.
pub(super) fn pcap_header(out: &mut Vec<u8>, is_nanoseconds: bool, snap_length: u32, network: u32) {
    let magic: u32 = if is_nanoseconds { 0xa1b2_3c4d } else { 0xa1b2_c3d4 };
    out.extend_from_slice(&magic.to_le_bytes());
    out.extend_from_slice(&2_u16.to_le_bytes());
    out.extend_from_slice(&4_u16.to_le_bytes());
    out.extend_from_slice(&[0; 8]);
    out.extend_from_slice(&snap_length.to_le_bytes());
    out.extend_from_slice(&network.to_le_bytes());
}

/// A record of pcap, unless its time does not fit: from 1970 to 2106.
pub(super) fn pcap_record(
    out: &mut Vec<u8>,
    is_nanoseconds: bool,
    time: Timestamp,
    bytes: &[u8],
    original_length: u32,
) -> Option<()> {
    let seconds = u32::try_from(time.as_nanos().div_euclid(crate::timestamp::NANOS_PER_SECOND)).ok()?;
    let nanos = u32::try_from(time.as_nanos().rem_euclid(crate::timestamp::NANOS_PER_SECOND)).ok()?;
    let fraction = if is_nanoseconds { nanos } else { nanos / 1000 };
    let length = u32::try_from(bytes.len()).ok()?;
    for word in [seconds, fraction, length, original_length] {
        out.extend_from_slice(&word.to_le_bytes());
    }
    out.extend_from_slice(bytes);
    Some(())
}

const BYTE_ORDER_MAGIC: u32 = 0x1a2b_3c4d;

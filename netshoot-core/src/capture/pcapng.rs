//! The block format: sections, each with its byte order and its interfaces.
//!
//! Blocks that hold packets or say how to read them are buffered and decoded; all others (name resolution, decryption
//! secrets, custom, journal and unknown blocks) are passed over, whatever their length, unless whole blocks or names are
//! asked for.
//! Options that run past their block end the list of options and no more.
//!
//! Enhanced packet blocks that are whole in memory have a path of their own, [`Pcapng::buffered`], which gives up on all
//! that is unusual.

use std::io::Read;

use super::block::{BlockType, NameRecords};
use super::frame::{DROPS_UNKNOWN, Record};
use super::interface::{self, Interface};
use super::names::Names;
use super::option::Options;
use super::order::ByteOrder;
use super::source::Source;
use crate::{Error, ErrorKind, Result};

/// Decodes the blocks of a file that begins with a section header.
pub(super) struct Pcapng {
    order: ByteOrder,
    section: u32,
    /// The place of this section's interface 0 among those that are kept.
    first_interface: usize,
    /// Octets of interface texts that may still be kept.
    text_budget: usize,
    /// The first packet block with a time that does not fit, and how many there are.
    timeless: Option<(Block, u64)>,
    /// A block that is being passed over, and the octets of it that are still to come, while the stream has no more.
    passing: Option<(Block, u64)>,
}

/// What the reader came upon.
#[derive(Clone, Copy)]
pub(super) enum Step {
    Packet(Record),
    Other(OtherRecord),
}

/// A block that is no packet, of which the octets are named by their place in the buffer.
#[derive(Clone, Copy)]
pub(super) struct OtherRecord {
    pub(super) block_type: BlockType,
    pub(super) offset: u64,
    pub(super) section: u32,
    pub(super) order: ByteOrder,
    /// Of the body.
    pub(super) start: usize,
    pub(super) length: usize,
}

/// What is needed to go on in the middle of a file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) order: ByteOrder,
    pub(super) section: u32,
    pub(super) first_interface: usize,
}

/// What every block begins with, and where it begins.
#[derive(Clone, Copy)]
struct Block {
    kind: u32,
    /// The length that the file says, for error texts.
    stated: u32,
    /// That, rounded up to a multiple of 4 as Wireshark does; includes this header and the trailing length.
    length: u64,
    offset: u64,
}

/// The first octets of the body of a packet block; not all are there in a short one.
struct PacketBlock {
    interface: u32,
    units: Option<u64>,
    captured: u32,
    original_length: u32,
    drops: u16,
    /// Octets from the start of the block to the packet.
    header_length: usize,
}

impl Pcapng {
    /// Reads the first section header, of which the type was recognised.
    pub(super) fn open<R: Read>(source: &mut Source<R>) -> Result<(Self, OtherRecord)> {
        let mut pcapng = Self {
            order: ByteOrder::Little,
            section: 0,
            first_interface: 0,
            text_budget: TEXT_BUDGET,
            timeless: None,
            passing: None,
        };
        let Some(block) = pcapng.block(source)? else {
            return Err(source.cut_off(block_name(SECTION_HEADER), 0, BLOCK_LENGTH_MIN, 0));
        };
        pcapng.buffer(source, block)?;
        let header = pcapng.other(source, block, 1);
        pcapng.enter_section(source, block, 0)?;
        Ok((pcapng, header))
    }

    pub(super) fn sections(&self) -> u32 {
        self.section
    }

    /// The next packet, if the next block is an enhanced packet block that is whole in memory, with nothing wrong with it.
    #[inline(always)]
    pub(super) fn buffered<R: Read>(&self, source: &mut Source<R>, interfaces: &[Interface]) -> Option<Record> {
        match self.order {
            ByteOrder::Little => self.enhanced(source, interfaces, ByteOrder::Little),
            ByteOrder::Big => self.enhanced(source, interfaces, ByteOrder::Big),
        }
    }

    #[inline(always)]
    fn enhanced<R: Read>(&self, source: &mut Source<R>, interfaces: &[Interface], order: ByteOrder) -> Option<Record> {
        let offset = source.offset();
        let unread = source.buffered()?;
        let [kind, stated, id, high, low, captured, original, ..] = unread.as_chunks().0 else { return None };
        let total = order.u32(*stated) as usize;
        if order.u32(*kind) != ENHANCED_PACKET || !total.is_multiple_of(4) || total as u64 > BUFFERED_BLOCK_LIMIT {
            return None;
        }
        let (block, trailer) = unread.get(..total)?.split_last_chunk()?;
        let (length, available) = (order.u32(*captured) as usize, block.len().checked_sub(ENHANCED_HEADER)?);
        if trailer != stated || length > available {
            return None;
        }
        let (interface_id, original_length) = (order.u32(*id), order.u32(*original));
        let interface = interfaces.get(self.first_interface.saturating_add(interface_id as usize))?;
        let ticks = u64::from(order.u32(*high)) << 32 | u64::from(order.u32(*low));
        let timestamp = Some(interface.timestamp(ticks)?);
        let start = source.position() + ENHANCED_HEADER;
        source.consume(total);
        Some(Record {
            offset,
            timestamp,
            start,
            length,
            original_length,
            link_type: interface.link_type,
            interface: interface_id,
            section: self.section,
            ticks: Some(ticks),
            options_length: available.saturating_sub(length.next_multiple_of(4)),
            order,
            drops: DROPS_UNKNOWN,
        })
    }

    /// The next packet; `None` at the end of the file, or an error there if times did not fit. New interfaces are added
    /// to `interfaces`, and names to `names` if there are to be any.
    #[cold]
    pub(super) fn next<R: Read>(
        &mut self,
        source: &mut Source<R>,
        interfaces: &mut Vec<Interface>,
        names: &mut Option<Names>,
    ) -> Result<Option<Record>> {
        while let Some(block) = self.block(source)? {
            match block.kind {
                ENHANCED_PACKET | PACKET | SIMPLE_PACKET => {
                    self.buffer(source, block)?;
                    return self.packet(source, block, interfaces).map(Some);
                }
                SECTION_HEADER | INTERFACE_DESCRIPTION | INTERFACE_STATISTICS => {
                    self.buffer(source, block)?;
                    self.take_in(source, block, interfaces)?;
                }
                NAME_RESOLUTION if names.is_some() && block.length <= BUFFERED_BLOCK_LIMIT => {
                    self.buffer(source, block)?;
                    self.take_names(source, block, names);
                    source.consume(block.length as usize);
                }
                _ => {
                    self.passing = Some((block, block.length - TRAILER_LENGTH as u64));
                    self.pass_over(source)?;
                }
            }
        }
        self.end(source).map(|()| None)
    }

    /// The next block of any kind, whole; `None` as from [`next`](Self::next).
    pub(super) fn next_step<R: Read>(
        &mut self,
        source: &mut Source<R>,
        interfaces: &mut Vec<Interface>,
        names: &mut Option<Names>,
    ) -> Result<Option<Step>> {
        let Some(block) = self.block(source)? else {
            return self.end(source).map(|()| None);
        };
        self.buffer(source, block)?;
        if matches!(block.kind, ENHANCED_PACKET | PACKET | SIMPLE_PACKET) {
            return self.packet(source, block, interfaces).map(|record| Some(Step::Packet(record)));
        }
        let section = if block.kind == SECTION_HEADER { self.section.saturating_add(1) } else { self.section };
        let other = self.other(source, block, section);
        match block.kind {
            SECTION_HEADER | INTERFACE_DESCRIPTION | INTERFACE_STATISTICS => self.take_in(source, block, interfaces)?,
            _ => {
                self.take_names(source, block, names);
                source.consume(block.length as usize);
            }
        }
        Ok(Some(Step::Other(other)))
    }

    /// Ends what was left undone when the stream had no more octets.
    pub(super) fn resume<R: Read>(&mut self, source: &mut Source<R>) -> Result<()> {
        if self.passing.is_some() { self.pass_over(source) } else { Ok(()) }
    }

    pub(super) fn place(&self) -> Place {
        Place { order: self.order, section: self.section, first_interface: self.first_interface }
    }

    pub(super) fn go_to(&mut self, place: Place) {
        (self.order, self.section, self.first_interface) = (place.order, place.section, place.first_interface);
        (self.timeless, self.passing) = (None, None);
    }

    fn end<R: Read>(&mut self, source: &Source<R>) -> Result<()> {
        match self.timeless.take() {
            None => Ok(()),
            Some((first, count)) => Err(times_do_not_fit(source, first, count)),
        }
    }

    /// A buffered block of the kinds that say how to read packets.
    fn take_in<R: Read>(
        &mut self,
        source: &mut Source<R>,
        block: Block,
        interfaces: &mut Vec<Interface>,
    ) -> Result<()> {
        match block.kind {
            SECTION_HEADER => self.enter_section(source, block, interfaces.len()),
            INTERFACE_DESCRIPTION => self.describe_interface(source, block, interfaces),
            _ => self.count(source, block, interfaces),
        }
    }

    /// The names of a buffered block of name resolution, if they are to be kept.
    fn take_names<R: Read>(&self, source: &Source<R>, block: Block, names: &mut Option<Names>) {
        if let (NAME_RESOLUTION, Some(names)) = (block.kind, names) {
            names.take(NameRecords::of(self.order, self.body(source, block)));
        }
    }

    fn other<R: Read>(&self, source: &Source<R>, block: Block, section: u32) -> OtherRecord {
        OtherRecord {
            block_type: BlockType(block.kind),
            offset: block.offset,
            section,
            order: self.order,
            start: source.position() + HEADER_LENGTH,
            length: block.length as usize - HEADER_LENGTH - TRAILER_LENGTH,
        }
    }

    /// The header of the next block, which stays unread.
    fn block<R: Read>(&mut self, source: &mut Source<R>) -> Result<Option<Block>> {
        let offset = source.offset();
        let unread = source.request(BLOCK_LENGTH_MIN as usize)?;
        let Some(&[k0, k1, k2, k3, l0, l1, l2, l3, m0, m1, m2, m3]) = unread.first_chunk() else {
            let left = unread.len() as u64;
            if left == 0 {
                return Ok(None);
            }
            return Err(source.cut_off("pcapng block header", offset, BLOCK_LENGTH_MIN, left));
        };
        let kind = self.order.u32([k0, k1, k2, k3]);
        if kind == SECTION_HEADER {
            self.order = match [m0, m1, m2, m3] {
                [0x4d, 0x3c, 0x2b, 0x1a] => ByteOrder::Little,
                [0x1a, 0x2b, 0x3c, 0x4d] => ByteOrder::Big,
                _ => {
                    let error = source.fault(ErrorKind::Malformed, block_name(kind), offset);
                    return Err(error.with_detail("its byte-order magic is unknown"));
                }
            };
        }
        let stated = self.order.u32([l0, l1, l2, l3]);
        if u64::from(stated) < BLOCK_LENGTH_MIN {
            let detail = format!("block length {stated} is less than {BLOCK_LENGTH_MIN}");
            return Err(source.fault(ErrorKind::Malformed, block_name(kind), offset).with_detail(detail));
        }
        Ok(Some(Block { kind, stated, length: u64::from(stated).next_multiple_of(4), offset }))
    }

    /// Brings a whole block into memory and checks its trailing length.
    fn buffer<R: Read>(&self, source: &mut Source<R>, block: Block) -> Result<()> {
        if block.length > BUFFERED_BLOCK_LIMIT {
            let detail = format!("block length {} is beyond the limit of {BUFFERED_BLOCK_LIMIT}", block.stated);
            return Err(fault(source, block, ErrorKind::Malformed).with_detail(detail));
        }
        let length = block.length as usize;
        let unread = source.request(length)?;
        let trailer = unread.get(length - TRAILER_LENGTH..length).and_then(<[u8]>::first_chunk).copied();
        match trailer {
            Some(trailer) => self.check_trailer(source, block, trailer),
            None => {
                let left = source.unread().len() as u64;
                Err(cut_off(source, block, left))
            }
        }
    }

    /// Passes over the rest of a block, however long.
    fn pass_over<R: Read>(&mut self, source: &mut Source<R>) -> Result<()> {
        let Some((block, left)) = &mut self.passing else { return Ok(()) };
        let block = *block;
        source.skip(left)?;
        let skipped = block.length - TRAILER_LENGTH as u64 - *left;
        match source.request(TRAILER_LENGTH)?.first_chunk::<TRAILER_LENGTH>().copied() {
            Some(trailer) => {
                source.consume(TRAILER_LENGTH);
                self.passing = None;
                self.check_trailer(source, block, trailer)
            }
            None => {
                let left = skipped + source.unread().len() as u64;
                Err(cut_off(source, block, left))
            }
        }
    }

    fn check_trailer<R: Read>(&self, source: &Source<R>, block: Block, trailer: [u8; 4]) -> Result<()> {
        let trailing = self.order.u32(trailer);
        if u64::from(trailing).next_multiple_of(4) == block.length {
            return Ok(());
        }
        let detail = format!("block length {} at its start, {trailing} at its end", block.stated);
        Err(fault(source, block, ErrorKind::Malformed).with_detail(detail))
    }

    fn enter_section<R: Read>(&mut self, source: &mut Source<R>, block: Block, interfaces: usize) -> Result<()> {
        let body = self.body(source, block);
        let Some(&[_, _, _, _, a0, a1, i0, i1, ..]) = body.first_chunk::<16>() else {
            return Err(too_short(source, block));
        };
        let (major, minor) = (self.order.u16([a0, a1]), self.order.u16([i0, i1]));
        // Some writers put 1.2, meaning 1.0.
        if !matches!((major, minor), (1, 0 | 2)) {
            let detail = format!("version {major}.{minor} is unknown");
            return Err(fault(source, block, ErrorKind::Unsupported).with_detail(detail));
        }
        self.section = self.section.saturating_add(1);
        self.first_interface = interfaces;
        source.consume(block.length as usize);
        Ok(())
    }

    fn describe_interface<R: Read>(
        &mut self,
        source: &mut Source<R>,
        block: Block,
        interfaces: &mut Vec<Interface>,
    ) -> Result<()> {
        if interfaces.len() >= INTERFACE_LIMIT {
            self.forget_oldest(interfaces);
        }
        if interfaces.len() >= INTERFACE_LIMIT {
            let detail = format!("more than {INTERFACE_LIMIT} interfaces in a section");
            return Err(fault(source, block, ErrorKind::LimitReached).with_detail(detail));
        }
        let id = u32::try_from(interfaces.len() - self.first_interface).unwrap_or(u32::MAX);
        let body = self.body(source, block);
        let Some((interface, budget)) = interface::description(self.section, id, self.order, body, self.text_budget)
        else {
            return Err(too_short(source, block));
        };
        self.text_budget = budget;
        interfaces.push(interface);
        source.consume(block.length as usize);
        Ok(())
    }

    /// Drops half of the interfaces at once, lest each new one moves all others, but none of this section.
    fn forget_oldest(&mut self, interfaces: &mut Vec<Interface>) {
        let count = self.first_interface.min(INTERFACE_LIMIT / 2);
        interfaces.drain(..count);
        self.first_interface -= count;
    }

    fn count<R: Read>(&self, source: &mut Source<R>, block: Block, interfaces: &mut [Interface]) -> Result<()> {
        let order = self.order;
        let body = self.body(source, block);
        let Some((&[i0, i1, i2, i3, _, _, _, _, _, _, _, _], options)) = body.split_first_chunk() else {
            return Err(too_short(source, block));
        };
        // Counters of an interface that was not described say nothing, as in Wireshark.
        if let Some(interface) = self.interface_mut(interfaces, order.u32([i0, i1, i2, i3])) {
            interface.statistics = Some(interface::statistics(Options::new(order, options)));
        }
        source.consume(block.length as usize);
        Ok(())
    }

    /// The packet of a buffered block.
    fn packet<R: Read>(&mut self, source: &mut Source<R>, block: Block, interfaces: &[Interface]) -> Result<Record> {
        let Some(packet) = self.packet_block(source, block, interfaces) else {
            return Err(too_short(source, block));
        };
        let place = self.first_interface.saturating_add(packet.interface as usize);
        let Some(interface) = interfaces.get(place) else {
            let count = interfaces.len() - self.first_interface;
            let detail = format!("interface {} of a section that describes {count}", packet.interface);
            return Err(fault(source, block, ErrorKind::Malformed).with_detail(detail));
        };
        let (length, available) = (packet.captured as usize, block.length as usize - TRAILER_LENGTH);
        if length > available.saturating_sub(packet.header_length) {
            let detail = format!("captured length {length} does not fit a block of {}", block.stated);
            return Err(fault(source, block, ErrorKind::Malformed).with_detail(detail));
        }
        let timestamp = packet.units.and_then(|units| interface.timestamp(units));
        if timestamp.is_none() && packet.units.is_some() {
            self.count_timeless(block);
        }
        let start = source.position() + packet.header_length;
        let options_length = match block.kind {
            SIMPLE_PACKET => 0,
            _ => (available - packet.header_length).saturating_sub(length.next_multiple_of(4)),
        };
        source.consume(block.length as usize);
        Ok(Record {
            offset: block.offset,
            timestamp,
            start,
            length,
            original_length: packet.original_length,
            link_type: interface.link_type,
            interface: packet.interface,
            section: self.section,
            ticks: packet.units,
            options_length,
            order: self.order,
            drops: packet.drops,
        })
    }

    #[cold]
    fn count_timeless(&mut self, block: Block) {
        let (first, count) = self.timeless.unwrap_or((block, 0));
        self.timeless = Some((first, count + 1));
    }

    fn packet_block<R: Read>(&self, source: &Source<R>, block: Block, interfaces: &[Interface]) -> Option<PacketBlock> {
        let order = self.order;
        let body = self.body(source, block);
        if block.kind == SIMPLE_PACKET {
            let original_length = order.u32(*body.first_chunk()?);
            // All packets are of interface 0, and cut to its snap length, where 0 means not cut.
            let limit = interfaces.get(self.first_interface).map_or(0, |interface| interface.snap_length);
            let captured = if limit == 0 { original_length } else { original_length.min(limit) };
            let (interface, drops) = (0, DROPS_UNKNOWN);
            return Some(PacketBlock { interface, units: None, captured, original_length, drops, header_length: 12 });
        }
        let [i0, i1, i2, i3, h0, h1, h2, h3, l0, l1, l2, l3, c0, c1, c2, c3, o0, o1, o2, o3] = *body.first_chunk()?;
        let high = u64::from(order.u32([h0, h1, h2, h3]));
        let low = u64::from(order.u32([l0, l1, l2, l3]));
        // The obsolete block has 16 bits for the interface and 16 for a count of drops.
        let (interface, drops) = match block.kind {
            PACKET => (u32::from(order.u16([i0, i1])), order.u16([i2, i3])),
            _ => (order.u32([i0, i1, i2, i3]), DROPS_UNKNOWN),
        };
        Some(PacketBlock {
            interface,
            units: Some(high << 32 | low),
            captured: order.u32([c0, c1, c2, c3]),
            original_length: order.u32([o0, o1, o2, o3]),
            drops,
            header_length: ENHANCED_HEADER,
        })
    }

    /// The octets of a buffered block between its header and its trailing length.
    fn body<'a, R: Read>(&self, source: &'a Source<R>, block: Block) -> &'a [u8] {
        source.unread().get(HEADER_LENGTH..block.length as usize - TRAILER_LENGTH).unwrap_or_default()
    }

    fn interface_mut<'a>(&self, interfaces: &'a mut [Interface], id: u32) -> Option<&'a mut Interface> {
        interfaces.get_mut(self.first_interface.saturating_add(id as usize))
    }
}

#[cold]
fn too_short<R: Read>(source: &Source<R>, block: Block) -> Error {
    let detail = format!("block length {} is too short for its fields", block.stated);
    fault(source, block, ErrorKind::Malformed).with_detail(detail)
}

#[cold]
fn times_do_not_fit<R: Read>(source: &Source<R>, first: Block, count: u64) -> Error {
    let frames = if count == 1 { "1 frame has" } else { &format!("{count} frames have") };
    let detail = format!("its time stamp does not fit in 64 bits of nanoseconds; {frames} such a time");
    fault(source, first, ErrorKind::Malformed).with_detail(detail)
}

#[cold]
fn cut_off<R: Read>(source: &Source<R>, block: Block, left: u64) -> Error {
    let error = source.cut_off(block_name(block.kind), block.offset, block.length, left);
    if u64::from(block.stated) == block.length {
        return error;
    }
    error.with_detail(format!(
        "cut off: {} octets needed for a block length of {}, {left} left",
        block.length, block.stated
    ))
}

#[cold]
fn fault<R: Read>(source: &Source<R>, block: Block, kind: ErrorKind) -> Error {
    source.fault(kind, block_name(block.kind), block.offset)
}

#[cold]
fn block_name(kind: u32) -> String {
    let name = match kind {
        SECTION_HEADER => "section header",
        INTERFACE_DESCRIPTION => "interface description",
        PACKET => "packet",
        SIMPLE_PACKET => "simple packet",
        NAME_RESOLUTION => "name resolution",
        INTERFACE_STATISTICS => "interface statistics",
        ENHANCED_PACKET => "enhanced packet",
        9 => "systemd journal export",
        10 => "decryption secrets",
        0x0bad | 0x4000_0bad => "custom",
        _ => return format!("pcapng block of type {kind:#x}"),
    };
    format!("pcapng {name} block")
}

/// The type of a section header block, which reads the same in both byte orders.
pub(super) const SECTION_HEADER_MAGIC: [u8; 4] = [0x0a, 0x0d, 0x0d, 0x0a];

const SECTION_HEADER: u32 = 0x0a0d_0d0a;
const INTERFACE_DESCRIPTION: u32 = 1;
const PACKET: u32 = 2;
const SIMPLE_PACKET: u32 = 3;
const NAME_RESOLUTION: u32 = 4;
const INTERFACE_STATISTICS: u32 = 5;
const ENHANCED_PACKET: u32 = 6;

const HEADER_LENGTH: usize = 8;
const TRAILER_LENGTH: usize = 4;
/// Octets from the start of an enhanced packet block to the packet; as many in the obsolete one.
const ENHANCED_HEADER: usize = 28;
const BLOCK_LENGTH_MIN: u64 = 12;
/// That of libpcap and Wireshark.
const BUFFERED_BLOCK_LIMIT: u64 = 16 * 1024 * 1024;
/// Of a section, and of what is kept of all sections.
const INTERFACE_LIMIT: usize = 65_536;
const TEXT_BUDGET: usize = 4 * 1024 * 1024;

//! IP datagrams, put together from their fragments (RFC 791 section 3.2, RFC 8200 section 4.5).

mod options;
mod piece;

use std::collections::VecDeque;
use std::net::IpAddr;

use hashbrown::HashMap;
pub use options::{DatagramCounters, DatagramOptions, DatagramOverlap, Refusal};
use piece::Piece;

use super::pieces::{Pieces, Winner};
use crate::packet::{IpProtocol, LinkType, Packet, internet_checksum};
use crate::timestamp::Timestamp;

/// What became of a packet.
#[derive(Debug)]
#[non_exhaustive]
pub enum Step {
    /// It is no fragment, nor is any packet inside.
    Whole,
    /// More fragments are needed.
    Pending,
    /// It was the last that was needed.
    Complete(Datagram),
    /// It is no use.
    Refused(Refusal),
}

/// Puts datagrams together from fragments of IPv4 and IPv6.
///
/// ```
/// use netshoot_core::application::{DatagramOptions, DatagramReassembler, Step};
/// use netshoot_core::packet::{LinkType, Packet};
///
/// let mut reassembler = DatagramReassembler::new(DatagramOptions::default());
/// # let fragment = |offset: u8, more: u8, data: &[u8]| {
/// #     let total = 20 + data.len() as u8;
/// #     [&[0x45, 0, 0, total, 0, 7, more << 5, offset, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2], data].concat()
/// # };
/// # let second = fragment(1, 0, b"hello");
/// # let first = fragment(0, 1, &[0, 53, 0, 54, 0, 13, 0, 0]);
/// let packet = Packet::parse(LinkType::RAW, &second, second.len() as u32);
/// assert!(matches!(reassembler.push(&packet, None), Step::Pending));
/// let packet = Packet::parse(LinkType::RAW, &first, first.len() as u32);
/// let Step::Complete(datagram) = reassembler.push(&packet, None) else { panic!("all fragments were there") };
/// assert_eq!(datagram.packet().payload().bytes, b"hello");
/// ```
#[derive(Debug, Default)]
pub struct DatagramReassembler {
    options: DatagramOptions,
    pending: HashMap<Key, Pending, foldhash::fast::RandomState>,
    /// In the order in which they began; those that are done are still in here.
    order: VecDeque<(Key, u64)>,
    /// Counts the datagrams that began.
    serial: u64,
    bytes: usize,
    counters: DatagramCounters,
}

/// Fragments of one datagram have all this in common. VLAN and tunnel are part of it, so that two networks with the same
/// addresses do not meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Key {
    source: IpAddr,
    destination: IpAddr,
    identification: u32,
    /// Of IPv4 alone.
    protocol: IpProtocol,
    vlan: u16,
    tunnel: u32,
}

#[derive(Debug)]
struct Pending {
    serial: u64,
    since: Option<Timestamp>,
    pieces: Pieces,
    /// Octets of the payload, once the last fragment came.
    total: Option<u64>,
    /// What stands before the payload of the first fragment, and the protocol behind it.
    head: Vec<u8>,
    protocol: IpProtocol,
    fragments: u32,
    /// Where they come from, where that is told.
    frames: Vec<u64>,
    overlaps: bool,
    conflicts: bool,
    /// Given up: waits for what is yet to come of it, and for its end.
    rejected: bool,
}

impl DatagramReassembler {
    /// A reassembler without fragments.
    #[must_use]
    pub fn new(options: DatagramOptions) -> Self {
        Self { options, ..Self::default() }
    }

    /// Takes a packet, captured at `now`: without times nothing expires.
    ///
    /// Of packets within packets, the outermost fragment counts. What comes out may be or hold a fragment again: push it,
    /// too.
    pub fn push(&mut self, packet: &Packet<'_>, now: Option<Timestamp>) -> Step {
        self.push_from(packet, now, &[])
    }

    /// The same, for a packet that comes from these frames.
    pub(crate) fn push_from(&mut self, packet: &Packet<'_>, now: Option<Timestamp>, frames: &[u64]) -> Step {
        let mut next = Some(*packet);
        while let Some(packet) = next {
            if packet.layout().is_fragment() {
                return match Piece::read(&packet) {
                    Some(piece) => self.take(piece, now, frames),
                    None => Step::Refused(self.refuse(Refusal::Malformed)),
                };
            }
            next = packet.inner();
        }
        Step::Whole
    }

    /// What was done so far.
    #[must_use]
    pub fn counters(&self) -> DatagramCounters {
        self.counters
    }

    /// Datagrams that fragments are missing of.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.pending.len()
    }

    /// Memory that is taken, in octets, as the limit counts it.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    fn take(&mut self, piece: Piece<'_>, now: Option<Timestamp>, frames: &[u64]) -> Step {
        self.expire(now);
        self.counters.fragments += 1;
        let octets = match piece.checked() {
            Ok(octets) => octets,
            Err(refusal) => return Step::Refused(self.refuse(refusal)),
        };
        let key = piece.key;
        if !self.pending.contains_key(&key) {
            self.begin(key, now);
        }
        let Some(pending) = self.pending.get_mut(&key) else { return Step::Pending };
        let before = pending.cost();
        let added = pending.add(&piece, octets, self.options.overlap, &mut self.counters);
        if added.is_ok() {
            pending.frames.extend_from_slice(frames);
        }
        self.bytes = self.bytes + pending.cost() - before;
        if let Err(refusal) = added {
            return Step::Refused(self.refuse(refusal));
        }
        if !pending.is_complete() {
            self.evict();
            return Step::Pending;
        }
        let Some(pending) = self.remove(&key) else { return Step::Pending };
        match pending.into_datagram(key) {
            Some(datagram) => {
                self.counters.completed += 1;
                Step::Complete(datagram)
            }
            None => Step::Refused(self.refuse(Refusal::TooLong)),
        }
    }

    fn refuse(&mut self, refusal: Refusal) -> Refusal {
        match refusal {
            Refusal::Truncated => self.counters.truncated += 1,
            Refusal::Malformed | Refusal::TooLong => self.counters.malformed += 1,
            Refusal::Duplicate => self.counters.duplicates += 1,
            Refusal::Overlap => {}
        }
        refusal
    }

    fn begin(&mut self, key: Key, now: Option<Timestamp>) {
        self.serial += 1;
        let pending = Pending::new(self.serial, now);
        self.bytes += pending.cost();
        self.pending.insert(key, pending);
        self.order.push_back((key, self.serial));
        // Those that are done stay in line; they must not be most of it.
        if self.order.len() > 2 * self.pending.len() + 64 {
            let pending = &self.pending;
            self.order.retain(|(key, serial)| pending.get(key).is_some_and(|one| one.serial == *serial));
        }
    }

    fn remove(&mut self, key: &Key) -> Option<Pending> {
        let pending = self.pending.remove(key)?;
        self.bytes -= pending.cost();
        Some(pending)
    }

    /// Gives up what waited too long.
    fn expire(&mut self, now: Option<Timestamp>) {
        let Some(now) = now else { return };
        while let Some((key, serial)) = self.order.front().copied() {
            if let Some(pending) = self.pending.get_mut(&key).filter(|pending| pending.serial == serial) {
                // What came before there were times waits from now on.
                let since = *pending.since.get_or_insert(now);
                if now.saturating_duration_since(since) <= self.options.timeout {
                    return;
                }
                self.counters.expired += u64::from(!pending.rejected);
                self.remove(&key);
            }
            self.order.pop_front();
        }
    }

    /// Gives up the oldest until the rest fits.
    fn evict(&mut self) {
        while self.bytes > self.options.max_bytes {
            let Some((key, serial)) = self.order.pop_front() else { return };
            if self.pending.get(&key).is_some_and(|pending| pending.serial == serial) {
                self.counters.evicted += 1;
                self.remove(&key);
            }
        }
    }
}

impl Pending {
    fn new(serial: u64, since: Option<Timestamp>) -> Self {
        Self {
            serial,
            since,
            pieces: Pieces::default(),
            total: None,
            head: Vec::new(),
            protocol: IpProtocol(0),
            fragments: 0,
            frames: Vec::new(),
            overlaps: false,
            conflicts: false,
            rejected: false,
        }
    }

    fn cost(&self) -> usize {
        PENDING_COST + self.head.len() + self.pieces.cost() + self.frames.capacity() * size_of::<u64>()
    }

    fn add(
        &mut self,
        piece: &Piece<'_>,
        octets: &[u8],
        policy: DatagramOverlap,
        counters: &mut DatagramCounters,
    ) -> Result<(), Refusal> {
        if self.rejected {
            return Err(Refusal::Overlap);
        }
        let end = piece.offset + octets.len() as u64;
        let last = if piece.more { self.total } else { Some(end) };
        let contradicts = match (self.total, last) {
            (Some(total), Some(last)) => total != last || end > total,
            (None, Some(last)) => self.pieces.end().is_some_and(|known| known > last),
            _ => false,
        };
        if contradicts {
            return Err(Refusal::Malformed);
        }
        let meeting = self.pieces.meet(piece.offset, octets);
        let covered = meeting.overlap == octets.len();
        counters.overlaps += u64::from(meeting.overlap > 0 && (!covered || meeting.conflict));
        counters.conflicts += u64::from(meeting.conflict);
        self.overlaps |= meeting.overlap > 0;
        self.conflicts |= meeting.conflict;
        let winner = match policy {
            _ if covered && !meeting.conflict => return Err(Refusal::Duplicate),
            DatagramOverlap::Bsd => Winner::Lower,
            DatagramOverlap::First => Winner::Old,
            DatagramOverlap::Last => Winner::New,
            _ if meeting.overlap == 0 => Winner::Old,
            DatagramOverlap::Linux if covered => return Err(Refusal::Duplicate),
            DatagramOverlap::Linux | DatagramOverlap::Reject => {
                counters.rejected += 1;
                self.rejected = true;
                self.pieces.clear();
                (self.head, self.frames) = (Vec::new(), Vec::new());
                return Err(Refusal::Overlap);
            }
        };
        self.pieces.insert(piece.offset, octets, winner);
        self.fragments += 1;
        self.total = last;
        if piece.offset == 0 && self.head.is_empty() {
            self.head = [piece.head.0, piece.head.1].concat();
            self.protocol = piece.protocol;
        }
        Ok(())
    }

    fn is_complete(&self) -> bool {
        self.total == Some(self.pieces.octets() as u64) && !self.head.is_empty()
    }

    fn into_datagram(self, key: Key) -> Option<Datagram> {
        let payload_offset = self.head.len();
        let mut bytes = self.head;
        bytes.reserve_exact(self.pieces.octets());
        self.pieces.iter().for_each(|piece| bytes.extend_from_slice(piece));
        let link_type = if key.source.is_ipv4() { LinkType::IPV4 } else { LinkType::IPV6 };
        match key.source {
            IpAddr::V4(_) => mend_ipv4(&mut bytes, payload_offset)?,
            IpAddr::V6(_) => mend_ipv6(&mut bytes, payload_offset, self.protocol)?,
        }
        let Self { fragments, frames, overlaps, conflicts, .. } = self;
        Some(Datagram { bytes, link_type, payload_offset, fragments, frames, overlaps, conflicts })
    }
}

/// Length, fragment and checksum of the header as of a whole datagram.
fn mend_ipv4(bytes: &mut [u8], header_len: usize) -> Option<()> {
    let length = u16::try_from(bytes.len()).ok()?;
    let header = bytes.get_mut(..header_len)?;
    let (fixed, _) = header.split_first_chunk_mut::<20>()?;
    fixed[2..4].copy_from_slice(&length.to_be_bytes());
    fixed[6] &= 0x40;
    (fixed[7], fixed[10], fixed[11]) = (0, 0, 0);
    let checksum = internet_checksum(header).to_be_bytes();
    header.get_mut(10..12)?.copy_from_slice(&checksum);
    Some(())
}

/// Length, and the protocol in the last header before the payload.
fn mend_ipv6(bytes: &mut [u8], header_len: usize, protocol: IpProtocol) -> Option<()> {
    let length = u16::try_from(bytes.len().checked_sub(40)?).ok()?;
    bytes.get_mut(4..6)?.copy_from_slice(&length.to_be_bytes());
    let (mut field, mut next) = (6, 40);
    while next < header_len {
        let extension = bytes.get(next..header_len)?;
        let length = match (bytes.get(field)?, extension) {
            (44, _) => 8,
            (51, [_, length, ..]) => (usize::from(*length) + 2) * 4,
            (_, [_, length, ..]) => (usize::from(*length) + 1) * 8,
            _ => return None,
        };
        (field, next) = (next, next + length);
    }
    *bytes.get_mut(field)? = protocol.0;
    Some(())
}

/// A datagram that was put together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Datagram {
    bytes: Vec<u8>,
    link_type: LinkType,
    payload_offset: usize,
    fragments: u32,
    frames: Vec<u64>,
    overlaps: bool,
    conflicts: bool,
}

impl Datagram {
    /// The datagram as a packet, without a link layer.
    #[must_use]
    pub fn packet(&self) -> Packet<'_> {
        Packet::parse(self.link_type, &self.bytes, u32::try_from(self.bytes.len()).unwrap_or(u32::MAX))
    }

    /// The datagram from its IP header on, which is that of the first fragment with length, fragment fields and checksum
    /// as of a whole one; the fragment header of IPv6 is gone.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What the octets are: [`LinkType::IPV4`] or [`LinkType::IPV6`].
    #[must_use]
    pub fn link_type(&self) -> LinkType {
        self.link_type
    }

    /// What was in the fragments, in order.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        self.bytes.get(self.payload_offset..).unwrap_or_default()
    }

    /// Fragments that were used.
    #[must_use]
    pub fn fragments(&self) -> u32 {
        self.fragments
    }

    /// The frames that the fragments come from, in the order in which they came.
    pub(crate) fn frames(&self) -> &[u64] {
        &self.frames
    }

    /// Whether fragments overlapped.
    #[must_use]
    pub fn has_overlaps(&self) -> bool {
        self.overlaps
    }

    /// Whether fragments overlapped and had other octets there: that is no accident.
    #[must_use]
    pub fn has_conflicts(&self) -> bool {
        self.conflicts
    }
}

/// What a datagram takes beside its fragments: in the table, which may be half empty, and in the order, which may have as many
/// that are done and room for as many again; both are there twice while they grow.
const PENDING_COST: usize = 3 * (size_of::<Key>() + size_of::<Pending>()) + 6 * size_of::<(Key, u64)>();

//! Packet sockets, as `packet_diag` describes them.

use super::super::attribute::{self, Attribute, Notes};
use super::super::object::{Kind, Object};
use super::super::request::Request;
use super::super::{Consistency, ParseNote};
use super::{Owner, SocketExpression, SocketMemory, SocketState, SocketType};

/// `struct packet_diag_info`: how a packet socket is set up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct PacketInfo {
    /// `TPACKET_V*`: version of the ring, from 0.
    pub version: u32,
    /// Octets in the ring kept for the program.
    pub reserve: u32,
    /// Packets longer than this are also queued whole.
    pub copy_threshold: u32,
    /// `SOF_TIMESTAMPING_*`: where time stamps come from.
    pub timestamping: u32,
    /// `PDI_*`: 1 running, 2 auxiliary data, 4 original device, 8 virtio header, 16 losses allowed.
    pub flags: u32,
}

/// `struct packet_diag_ring`: a ring shared with the program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct PacketRing {
    /// Octets of a block.
    pub block_size: u32,
    /// Blocks.
    pub block_nr: u32,
    /// Octets of a frame.
    pub frame_size: u32,
    /// Frames.
    pub frame_nr: u32,
    /// Milliseconds after which a block is handed over.
    pub retire_tmo: u32,
    /// Octets kept for the program in each block.
    pub sizeof_priv: u32,
    /// `TP_FT_REQ_*`.
    pub features: u32,
}

object! {
    /// A packet socket.
    #[derive(Clone, Debug, Default, PartialEq, Eq)]
    pub struct PacketSocket {
        /// Raw frames, or frames without their link-layer header.
        pub kind: SocketType,
        /// EtherType of the frames; 3 is all.
        pub protocol: u16,
        /// Inode of its file.
        pub inode: u32,
        /// What tells the socket from all others until the next boot.
        pub cookie: u64,
        /// The link that it is bound to; 0 is none.
        pub ifindex: u32,
        /// How it is set up.
        pub info: Option<PacketInfo>,
        /// The ring of received frames.
        pub rx_ring: Option<PacketRing>,
        /// The ring of frames to send.
        pub tx_ring: Option<PacketRing>,
        /// Group that shares the load: number in the low half, way of sharing in the high one.
        pub fanout: Option<u32>,
        /// The user who made it.
        pub uid: Option<u32>,
        /// Memory.
        pub skmem: Option<SocketMemory>,
        /// The program that frames must pass, as classic BPF; told to who has `CAP_NET_ADMIN`.
        pub filter: Option<Box<[u8]>>,
        /// Who holds the socket; filled in by [`Owners::assign`](super::Owners::assign).
        pub owners: Vec<Owner>,
        /// Attributes that could not be read.
        pub notes: Vec<ParseNote>,
    }
}

/// Which packet sockets are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PacketSocketFilter {
    /// In these states: a bit for each, 1 shifted by the number of the state. All of them count as
    /// [`CLOSE`](SocketState::CLOSE), as in `ss`.
    pub states: u32,
    /// Of which this holds.
    pub expression: Option<SocketExpression>,
}

impl Default for PacketSocketFilter {
    fn default() -> Self {
        Self { states: u32::MAX, expression: None }
    }
}

impl Object for PacketSocket {
    type Filter = PacketSocketFilter;
    type Key = (u32, u64);

    const KIND: Kind = Kind::PacketSocket;
    const CONSISTENCY: Consistency = Consistency::BestEffort;
    const VOLATILE: &'static [&'static str] = &["skmem"];

    fn parse(payload: &[u8]) -> Result<Self, ParseNote> {
        let Some((header, attributes)) = payload.split_first_chunk::<HEADER_LENGTH>() else {
            return Err(ParseNote::header("packet socket", HEADER_LENGTH, payload.len()));
        };
        let [_, kind, p0, p1, i0, i1, i2, i3, cookie @ ..] = *header;
        let mut socket = Self {
            kind: SocketType(kind),
            protocol: u16::from_ne_bytes([p0, p1]),
            inode: u32::from_ne_bytes([i0, i1, i2, i3]),
            cookie: super::cookie(cookie),
            ..Self::default()
        };
        let mut notes = Notes::default();
        attribute::each("packet socket", attributes, HEADER_LENGTH, &mut notes, |attribute, notes| {
            socket.read(&attribute, notes);
        });
        socket.notes = notes.0;
        Ok(socket)
    }

    fn key(&self) -> Self::Key {
        (self.inode, self.cookie)
    }

    fn matches(&self, filter: &PacketSocketFilter) -> bool {
        filter.states >> SocketState::CLOSE.0 & 1 != 0
            && filter.expression.as_ref().is_none_or(|expression| expression.matches(self) != Some(false))
    }

    /// A kernel without the family has no sockets of it.
    fn means_none(errno: i32, _: &PacketSocketFilter) -> bool {
        errno == libc::ENOENT
    }

    fn untold(_: u16) -> Option<&'static str> {
        Some("packet_diag")
    }

    fn requests(_: &PacketSocketFilter) -> Vec<Request> {
        let question = [&[libc::AF_PACKET as u8, 0, 0, 0][..], &[0; 4], &SHOW.to_ne_bytes(), &[0xff; 8]];
        vec![Request::sockets(0, &question.concat())]
    }
}

impl PacketSocket {
    fn read(&mut self, attribute: &Attribute<'_>, notes: &mut Notes) {
        match attribute.number {
            PACKET_DIAG_INFO => {
                if let Some(octets) = attribute.array::<24>(notes) {
                    let [ifindex, version, reserve, copy_threshold, timestamping, flags] = attribute::words(&octets);
                    self.ifindex = ifindex;
                    self.info = Some(PacketInfo { version, reserve, copy_threshold, timestamping, flags });
                }
            }
            PACKET_DIAG_RX_RING => self.rx_ring = attribute.array(notes).map(PacketRing::from_octets),
            PACKET_DIAG_TX_RING => self.tx_ring = attribute.array(notes).map(PacketRing::from_octets),
            PACKET_DIAG_FANOUT => self.fanout = attribute.u32(notes),
            PACKET_DIAG_UID => self.uid = attribute.u32(notes),
            PACKET_DIAG_MEMINFO => self.skmem = SocketMemory::read(attribute, notes),
            PACKET_DIAG_FILTER => self.filter = Some(attribute.payload.into()),
            _ => {}
        }
    }
}

impl PacketRing {
    fn from_octets(octets: [u8; 28]) -> Self {
        let [block_size, block_nr, frame_size, frame_nr, retire_tmo, sizeof_priv, features] = attribute::words(&octets);
        Self { block_size, block_nr, frame_size, frame_nr, retire_tmo, sizeof_priv, features }
    }
}

/// `struct packet_diag_msg`.
const HEADER_LENGTH: usize = 16;
/// `PACKET_SHOW_*`: everything but the multicast list, for which the kernel takes a lock that changes wait for.
const SHOW: u32 = 0x3d;

// linux/packet_diag.h
const PACKET_DIAG_INFO: u16 = 0;
const PACKET_DIAG_RX_RING: u16 = 2;
const PACKET_DIAG_TX_RING: u16 = 3;
const PACKET_DIAG_FANOUT: u16 = 4;
const PACKET_DIAG_UID: u16 = 5;
const PACKET_DIAG_MEMINFO: u16 = 6;
const PACKET_DIAG_FILTER: u16 = 7;

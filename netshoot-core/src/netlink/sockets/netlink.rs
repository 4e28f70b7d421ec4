//! Netlink sockets, as `netlink_diag` describes them.

use super::super::attribute::{self, Attribute, Notes};
use super::super::object::{Kind, Object};
use super::super::request::Request;
use super::super::{Consistency, ParseNote};
use super::{Owner, SocketExpression, SocketMemory, SocketState, SocketType};

object! {
    /// A netlink socket.
    #[derive(Clone, Debug, Default, PartialEq, Eq)]
    pub struct NetlinkDiagSocket {
        /// Raw or datagrams; the kernel makes no difference.
        pub kind: SocketType,
        /// `NETLINK_*`: whom it talks to, such as 0 for rtnetlink.
        pub protocol: u8,
        /// 0 not connected, 1 connected.
        pub state: u8,
        /// Its port; 0 is the kernel's.
        pub portid: u32,
        /// The port that it is connected to.
        pub dst_portid: u32,
        /// The group that it is connected to.
        pub dst_group: u32,
        /// Inode of its file.
        pub inode: u32,
        /// What tells the socket from all others until the next boot.
        pub cookie: u64,
        /// Groups that it is subscribed to, a bit each, 32 in a number.
        pub groups: Vec<u32>,
        /// `NDIAG_FLAG_*`: 1 a dump is under way, 2 tells its process, 4 broadcast errors, 8 no ENOBUFS.
        pub flags: Option<u32>,
        /// Memory.
        pub skmem: Option<SocketMemory>,
        /// Who holds the socket; filled in by [`Owners::assign`](super::Owners::assign).
        pub owners: Vec<Owner>,
        /// Attributes that could not be read.
        pub notes: Vec<ParseNote>,
    }
}

/// Which netlink sockets are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NetlinkDiagSocketFilter {
    /// Of this protocol (`NETLINK_*`).
    pub protocol: Option<u8>,
    /// In these states: a bit for each, 1 shifted by the number of the state. All of them count as
    /// [`CLOSE`](SocketState::CLOSE), as in `ss`.
    pub states: u32,
    /// Of which this holds.
    pub expression: Option<SocketExpression>,
}

impl Default for NetlinkDiagSocketFilter {
    fn default() -> Self {
        Self { protocol: None, states: u32::MAX, expression: None }
    }
}

impl Object for NetlinkDiagSocket {
    type Filter = NetlinkDiagSocketFilter;
    type Key = (u8, u32, u32, u64);

    const KIND: Kind = Kind::NetlinkSocket;
    const CONSISTENCY: Consistency = Consistency::BestEffort;
    const VOLATILE: &'static [&'static str] = &["skmem", "flags"];

    fn parse(payload: &[u8]) -> Result<Self, ParseNote> {
        let Some((header, attributes)) = payload.split_first_chunk::<HEADER_LENGTH>() else {
            return Err(ParseNote::header("netlink socket", HEADER_LENGTH, payload.len()));
        };
        let [_, kind, protocol, state, rest @ ..] = *header;
        let [portid, dst_portid, dst_group, inode, low, high] = attribute::words(&rest);
        let mut socket = Self {
            kind: SocketType(kind),
            protocol,
            state,
            portid,
            dst_portid,
            dst_group,
            inode,
            cookie: u64::from(low) | u64::from(high) << 32,
            ..Self::default()
        };
        let mut notes = Notes::default();
        attribute::each("netlink socket", attributes, HEADER_LENGTH, &mut notes, |attribute, notes| {
            socket.read(&attribute, notes);
        });
        socket.notes = notes.0;
        Ok(socket)
    }

    fn key(&self) -> Self::Key {
        (self.protocol, self.portid, self.inode, self.cookie)
    }

    fn matches(&self, filter: &NetlinkDiagSocketFilter) -> bool {
        filter.protocol.is_none_or(|protocol| self.protocol == protocol)
            && filter.states >> SocketState::CLOSE.0 & 1 != 0
            && filter.expression.as_ref().is_none_or(|expression| expression.matches(self) != Some(false))
    }

    /// A kernel without the family has no sockets of it.
    fn means_none(errno: i32, _: &NetlinkDiagSocketFilter) -> bool {
        errno == libc::ENOENT
    }

    fn untold(_: u16) -> Option<&'static str> {
        Some("netlink_diag")
    }

    fn requests(filter: &NetlinkDiagSocketFilter) -> Vec<Request> {
        let protocol = filter.protocol.unwrap_or(ALL_PROTOCOLS);
        let question = [&[libc::AF_NETLINK as u8, protocol, 0, 0][..], &[0; 4], &SHOW.to_ne_bytes(), &[0xff; 8]];
        vec![Request::sockets(0, &question.concat())]
    }
}

impl NetlinkDiagSocket {
    fn read(&mut self, attribute: &Attribute<'_>, notes: &mut Notes) {
        match attribute.number {
            NETLINK_DIAG_MEMINFO => self.skmem = SocketMemory::read(attribute, notes),
            NETLINK_DIAG_GROUPS => self.groups = attribute.numbers().map(u32::from_ne_bytes).collect(),
            NETLINK_DIAG_FLAGS => self.flags = attribute.u32(notes),
            _ => {}
        }
    }
}

/// `struct netlink_diag_msg`.
const HEADER_LENGTH: usize = 28;
/// `NDIAG_SHOW_*`: memory, groups, flags.
const SHOW: u32 = 0x0b;
/// `NDIAG_PROTO_ALL`.
const ALL_PROTOCOLS: u8 = u8::MAX;

// linux/netlink_diag.h
const NETLINK_DIAG_MEMINFO: u16 = 0;
const NETLINK_DIAG_GROUPS: u16 = 1;
const NETLINK_DIAG_FLAGS: u16 = 4;

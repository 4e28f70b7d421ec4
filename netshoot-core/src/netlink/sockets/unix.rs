//! Unix sockets, as `unix_diag` describes them.

use super::super::attribute::{self, Attribute, Notes};
use super::super::object::{Kind, Object};
use super::super::request::Request;
use super::super::{ByteString, Consistency, ParseNote};
use super::{Owner, SocketExpression, SocketMemory, SocketState, SocketType};

/// The file that a unix socket is bound to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct UnixFile {
    /// Its inode.
    pub inode: u32,
    /// Its device, as the kernel numbers it: twelve bits, then twenty.
    pub device: u32,
}

object! {
    /// A unix socket.
    #[derive(Clone, Debug, Default, PartialEq, Eq)]
    pub struct UnixSocket {
        /// Stream, datagrams or datagrams in order.
        pub kind: SocketType,
        /// State: ESTAB, LISTEN or UNCONN.
        pub state: SocketState,
        /// Inode of its file.
        pub inode: u32,
        /// What tells the socket from all others until the next boot.
        pub cookie: u64,
        /// The path or, after a NUL, the name without a file.
        pub name: Option<ByteString>,
        /// The file that it is bound to.
        pub vfs: Option<UnixFile>,
        /// The inode of the other end.
        pub peer: Option<u32>,
        /// Of a listener, the inodes of the connections that wait to be accepted; 0 is one that was closed.
        pub pending: Vec<u32>,
        /// Octets received and not read; of a listener, connections that wait to be accepted.
        pub rqueue: Option<u32>,
        /// Octets sent and not read; of a listener, most connections that may wait.
        pub wqueue: Option<u32>,
        /// Memory.
        pub skmem: Option<SocketMemory>,
        /// Directions that are shut down: 1 receiving, 2 sending.
        pub shutdown: Option<u8>,
        /// The user who made it; from Linux 5.3.
        pub uid: Option<u32>,
        /// Who holds the socket; filled in by [`Owners::assign`](super::Owners::assign).
        pub owners: Vec<Owner>,
        /// Attributes that could not be read.
        pub notes: Vec<ParseNote>,
    }
}

/// Which unix sockets are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnixSocketFilter {
    /// In these states: a bit for each, 1 shifted by the number of the state.
    pub states: u32,
    /// Of which this holds.
    pub expression: Option<SocketExpression>,
}

impl Default for UnixSocketFilter {
    fn default() -> Self {
        Self { states: u32::MAX, expression: None }
    }
}

impl Object for UnixSocket {
    type Filter = UnixSocketFilter;
    type Key = (u32, u64);

    const KIND: Kind = Kind::UnixSocket;
    const CONSISTENCY: Consistency = Consistency::BestEffort;
    const VOLATILE: &'static [&'static str] = &["rqueue", "wqueue", "skmem"];

    fn parse(payload: &[u8]) -> Result<Self, ParseNote> {
        let Some((header, attributes)) = payload.split_first_chunk::<HEADER_LENGTH>() else {
            return Err(ParseNote::header("unix socket", HEADER_LENGTH, payload.len()));
        };
        let [_, kind, state, _, i0, i1, i2, i3, cookie @ ..] = *header;
        let mut socket = Self {
            kind: SocketType(kind),
            state: SocketState(state),
            inode: u32::from_ne_bytes([i0, i1, i2, i3]),
            cookie: super::cookie(cookie),
            ..Self::default()
        };
        let mut notes = Notes::default();
        attribute::each("unix socket", attributes, HEADER_LENGTH, &mut notes, |attribute, notes| {
            socket.read(&attribute, notes);
        });
        socket.notes = notes.0;
        Ok(socket)
    }

    fn key(&self) -> Self::Key {
        (self.inode, self.cookie)
    }

    fn matches(&self, filter: &UnixSocketFilter) -> bool {
        filter.states >> u32::from(self.state.0).min(31) & 1 != 0
            && filter.expression.as_ref().is_none_or(|expression| expression.matches(self) != Some(false))
    }

    /// A kernel without the family has no sockets of it.
    fn means_none(errno: i32, _: &UnixSocketFilter) -> bool {
        errno == libc::ENOENT
    }

    fn untold(_: u16) -> Option<&'static str> {
        Some("unix_diag")
    }

    fn requests(filter: &UnixSocketFilter) -> Vec<Request> {
        let states = filter.states.to_ne_bytes();
        let question = [&[libc::AF_UNIX as u8, 0, 0, 0][..], &states, &[0; 4], &SHOW.to_ne_bytes(), &[0xff; 8]];
        vec![Request::sockets(0, &question.concat())]
    }
}

impl UnixSocket {
    fn read(&mut self, attribute: &Attribute<'_>, notes: &mut Notes) {
        match attribute.number {
            // The kernel ends a path with a NUL; a name without a file begins with one, and all its octets count.
            UNIX_DIAG_NAME => {
                let is_path = attribute.payload.first().is_some_and(|octet| *octet != 0);
                let name = if is_path { attribute.string() } else { ByteString::from(attribute.payload) };
                self.name = Some(name);
            }
            UNIX_DIAG_VFS => {
                self.vfs = attribute.array::<8>(notes).map(|octets| {
                    let [inode, device] = attribute::words(&octets);
                    UnixFile { inode, device }
                });
            }
            UNIX_DIAG_PEER => self.peer = attribute.u32(notes),
            UNIX_DIAG_ICONS => self.pending = attribute.numbers().map(u32::from_ne_bytes).collect(),
            UNIX_DIAG_RQLEN => {
                if let Some(octets) = attribute.array::<8>(notes) {
                    let [received, sent] = attribute::words(&octets);
                    (self.rqueue, self.wqueue) = (Some(received), Some(sent));
                }
            }
            UNIX_DIAG_MEMINFO => self.skmem = SocketMemory::read(attribute, notes),
            UNIX_DIAG_SHUTDOWN => self.shutdown = attribute.u8(notes),
            UNIX_DIAG_UID => self.uid = attribute.u32(notes),
            _ => {}
        }
    }
}

/// `struct unix_diag_msg`.
const HEADER_LENGTH: usize = 16;
/// `UDIAG_SHOW_*`: everything.
const SHOW: u32 = 0x7f;

// linux/unix_diag.h
const UNIX_DIAG_NAME: u16 = 0;
const UNIX_DIAG_VFS: u16 = 1;
const UNIX_DIAG_PEER: u16 = 2;
const UNIX_DIAG_ICONS: u16 = 3;
const UNIX_DIAG_RQLEN: u16 = 4;
const UNIX_DIAG_MEMINFO: u16 = 5;
const UNIX_DIAG_SHUTDOWN: u16 = 6;
const UNIX_DIAG_UID: u16 = 7;

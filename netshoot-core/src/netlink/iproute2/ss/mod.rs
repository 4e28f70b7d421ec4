//! Sockets in the words of `ss`: its text, column by column.
//!
//! Equal to iproute2 6.1 but for this:
//! - Names that hold control or format characters, or octets that are not UTF-8, are escaped; `ss` sends them to the
//!   terminal.
//! - A raw socket is called `raw` also where the kernel tells its protocol; `ss` then says `???` or `icmp6`.
//! - A process's name is whole; `ss` ends it at a closing bracket.
//! - The device of a unix socket's file is split as the kernel means it; `ss` takes it for another layout, and shows
//!   `0/2049` for 8/1.
//! - Keys of TCP's MD5 signatures are not shown, only whose they are. Nor is what MPTCP says about a flow.
//! - A list of owners longer than 65,535 octets is whole.

mod cgroups;
mod columns;
mod inet;
mod local;
mod number;
mod tcp;

use std::io;
use std::net::IpAddr;

use self::cgroups::Cgroups;
pub(in super::super) use self::cgroups::mount as cgroup_mount;
use self::columns::{Column, Columns};
use super::super::{ByteString, InetSocket, LinkNames, NetlinkDiagSocket, Owner, PacketSocket, UnixSocket};
use super::form::visible;
use super::services::Services;
pub(super) use number::General;
use number::{decimal, put, signed};

/// How much is said about sockets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SocketOptions {
    /// Timers: `-o`, and implied by `-b`.
    pub options: bool,
    /// Details, and timers: `-e`.
    pub extended: bool,
    /// Memory: `-m`.
    pub memory: bool,
    /// What TCP knows: `-i`.
    pub info: bool,
    /// Who holds the socket: `-p`.
    pub processes: bool,
    /// Type of service and traffic class: `--tos`.
    pub tos: bool,
    /// The cgroup: `--cgroup`.
    pub cgroup: bool,
    /// Options of internet sockets: `--inet-sockopt`.
    pub inet_sockopt: bool,
    /// The programs of packet sockets: `-b`.
    pub bpf: bool,
    /// One line a socket: `-O`.
    pub oneline: bool,
    /// No names of the columns: `-H`.
    pub without_header: bool,
    /// No column that tells tables apart; `ss` leaves it out where there is only one table.
    pub without_netid: bool,
    /// No column of states; `ss` leaves it out where there is only one state.
    pub without_state: bool,
    /// Columns of the terminal over which the text is spread; `None` for output that is no terminal.
    pub screen: Option<usize>,
}

/// Writes sockets as `ss` does, one call a socket, in the order of the calls.
///
/// The text is kept until the widths of its columns are known, at most five mebibytes of it; [`finish`](Self::finish)
/// writes the rest.
#[derive(Debug)]
pub struct SocketText<'a> {
    columns: Columns,
    options: &'a SocketOptions,
    services: &'a Services,
    cgroups: Cgroups,
}

impl<'a> SocketText<'a> {
    /// Begins the text, with the names of the columns unless `options` leave them out.
    #[must_use]
    pub fn new(options: &'a SocketOptions, services: &'a Services) -> Self {
        let mut columns = Columns::new(!options.without_netid, !options.without_state, options.screen);
        if !options.without_header {
            columns.header();
        }
        Self { columns, options, services, cgroups: Cgroups::default() }
    }

    /// Writes an internet socket; `links` have the name of the link that it refers to.
    ///
    /// # Errors
    /// Those of `out`, nothing else.
    pub fn inet(&mut self, out: &mut impl io::Write, socket: &InetSocket, links: &LinkNames) -> io::Result<()> {
        self.columns.begin_row(out)?;
        self.write_inet(socket, links);
        Ok(())
    }

    /// Writes a unix socket.
    ///
    /// # Errors
    /// Those of `out`, nothing else.
    pub fn unix(&mut self, out: &mut impl io::Write, socket: &UnixSocket) -> io::Result<()> {
        self.columns.begin_row(out)?;
        self.write_unix(socket);
        Ok(())
    }

    /// Writes a packet socket; `links` have the name of the link that it refers to.
    ///
    /// # Errors
    /// Those of `out`, nothing else.
    pub fn packet(&mut self, out: &mut impl io::Write, socket: &PacketSocket, links: &LinkNames) -> io::Result<()> {
        self.columns.begin_row(out)?;
        self.write_packet(socket, links);
        Ok(())
    }

    /// Writes a netlink socket.
    ///
    /// # Errors
    /// Those of `out`, nothing else.
    pub fn netlink(&mut self, out: &mut impl io::Write, socket: &NetlinkDiagSocket) -> io::Result<()> {
        self.columns.begin_row(out)?;
        self.write_netlink(socket);
        Ok(())
    }

    /// Writes what is left. More sockets may follow, in columns no narrower.
    ///
    /// # Errors
    /// Those of `out`, nothing else.
    pub fn finish(&mut self, out: &mut impl io::Write) -> io::Result<()> {
        self.columns.finish(out)
    }

    fn out(&mut self) -> &mut Vec<u8> {
        self.columns.cell()
    }

    fn say(&mut self, text: &str) {
        self.columns.cell().extend_from_slice(text.as_bytes());
    }

    /// The first four columns. The queues have a width of their own.
    fn head(&mut self, netid: &str, state: &str, receive: u32, send: u32) {
        if self.columns.shows(Column::Netid) {
            self.say(netid);
        }
        self.columns.end_cell();
        if self.columns.shows(Column::State) {
            self.say(state);
        }
        self.columns.end_cell();
        for queue in [receive, send] {
            let out = self.columns.cell();
            let start = out.len();
            signed(out, queue);
            let missing = 6_usize.saturating_sub(out.len() - start);
            out.resize(out.len() + missing, b' ');
            self.columns.end_cell();
        }
    }

    /// Ends the cell of an address, and of a port which `write` fills.
    fn port(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        self.columns.end_cell();
        write(self.columns.cell());
        self.columns.end_cell();
    }

    /// The peer of a socket that has none.
    fn no_peer(&mut self) {
        self.say("*");
        self.port(|_| {});
    }

    /// A line of its own, or not.
    fn line(&mut self) {
        let text = if self.options.oneline { " " } else { "\n\t" };
        self.say(text);
    }

    fn owners(&mut self, owners: &[Owner]) {
        if !self.options.processes || owners.is_empty() {
            return;
        }
        self.say(" users:(");
        // The one found last comes first.
        for (place, owner) in owners.iter().rev().enumerate() {
            let out = self.columns.cell();
            out.extend_from_slice(if place == 0 { b"(\"" } else { b",(\"" });
            put_quoted(out, &owner.comm);
            put(out, format_args!("\",pid={},fd={})", owner.pid, owner.fd));
        }
        self.say(")");
    }

    fn memory(&mut self, memory: Option<&super::super::SocketMemory>) {
        let Some(memory) = memory else { return };
        let out = self.columns.cell();
        for (name, value) in [
            (" skmem:(r", memory.rmem_alloc),
            (",rb", memory.rcvbuf),
            (",t", memory.wmem_alloc),
            (",tb", memory.sndbuf),
            (",f", memory.fwd_alloc),
            (",w", memory.wmem_queued),
            (",o", memory.optmem),
        ] {
            out.extend_from_slice(name.as_bytes());
            decimal(out, value);
        }
        for (name, value) in [(",bl", memory.backlog), (",d", memory.drops)] {
            if let Some(value) = value {
                out.extend_from_slice(name.as_bytes());
                decimal(out, value);
            }
        }
        out.push(b')');
    }

    fn details(&mut self, uid: u32, inode: u32, cookie: u64) {
        let out = self.columns.cell();
        if uid != 0 {
            put(out, format_args!(" uid:{uid}"));
        }
        put(out, format_args!(" ino:{inode} sk:{cookie:x}"));
    }

    /// Which directions are still open.
    fn shutdown(&mut self, mask: u8) {
        let receive = if mask & 1 == 0 { '<' } else { '-' };
        let send = if mask & 2 == 0 { '>' } else { '-' };
        put(self.columns.cell(), format_args!(" {receive}-{send}"));
    }
}

/// A name of the kernel's or of a process, with what a terminal must not get escaped.
/// A name between quotation marks, of which it can be no end.
fn put_quoted(out: &mut Vec<u8>, name: &ByteString) {
    let begin = out.len();
    put_name(out, name);
    if name.as_bytes().contains(&b'"') {
        let text = String::from_utf8_lossy(out.get(begin..).unwrap_or_default()).replace('"', "\\x22");
        out.truncate(begin);
        out.extend_from_slice(text.as_bytes());
    }
}

fn put_name(out: &mut Vec<u8>, name: &ByteString) {
    let octets = name.as_bytes();
    if octets.iter().all(|octet| (b' '..=b'~').contains(octet)) {
        return out.extend_from_slice(octets);
    }
    let text = String::from_utf8_lossy(octets);
    match text {
        // A line feed would begin a line that nobody wrote.
        std::borrow::Cow::Borrowed(text) => {
            let text = visible(text).replace('\n', "\\x0a").replace('\t', "\\x09");
            out.extend_from_slice(text.as_bytes());
        }
        std::borrow::Cow::Owned(_) => put(out, format_args!("{name}")),
    }
}

/// The text of an address as the C library has it.
fn put_address(out: &mut Vec<u8>, address: IpAddr) {
    match address {
        IpAddr::V4(four) => {
            for (place, octet) in four.octets().into_iter().enumerate() {
                if place > 0 {
                    out.push(b'.');
                }
                decimal(out, octet);
            }
        }
        six => put(out, format_args!("{}", super::Shown(six))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_begins_no_line() {
        let mut out = Vec::new();
        put_name(&mut out, &ByteString::from("x\nLISTEN\t0 \u{1b}é"));
        assert_eq!(String::from_utf8(out).unwrap(), "x\\x0aLISTEN\\x090 \\x1bé");
    }

    #[test]
    fn a_name_ends_no_quotation() {
        for (name, shown) in [(&b"x\",pid=1"[..], r"x\x22,pid=1"), (b"\"\xff", r"\x22\xff"), (b"a b", "a b")] {
            let mut out = b"(\"".to_vec();
            put_quoted(&mut out, &ByteString::from(name));
            assert_eq!(String::from_utf8(out).unwrap(), format!("(\"{shown}"));
        }
    }
}

//! `netshoot ss`: sockets, as iproute2's `ss` shows them, and as JSON, which `ss` has not.
//!
//! Chooses by the rules of `ss`, with two exceptions that `ss` has for no reason: several families are shown together,
//! and `-A` adds to the tables that letters choose. Tables that are not shown: dccp, sctp, mptcp, tipc, vsock, xdp.

mod options;
mod own;
mod selection;
mod summary;

use std::fs::File;
use std::io::{self, Read, Write};
use std::ops::ControlFlow;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Duration;

use netshoot_core::netlink::iproute2::{Services, SocketOptions, SocketText};
use netshoot_core::netlink::{
    self, ByteString, Closing, InetSocket, InetSocketFilter, LinkNames, Netlink, NetlinkDiagSocket,
    NetlinkDiagSocketFilter, Object, Owned, Owners, PacketSocket, PacketSocketFilter, SocketExpression,
    SocketFamily as Family, SocketNames, SocketProtocol, SocketSelection, SocketType, UnixSocket, UnixSocketFilter,
    json,
};
use netshoot_core::{Error, ErrorKind};

use crate::output::{Failure, Out, Status, complain, standard_output};
pub(crate) use options::Ss;
use own::OwnJson;
use selection::{Selection, Table};

pub(crate) fn run(options: &Ss) -> Result<Status, Failure> {
    if options.resolve {
        let text =
            "show sockets: names of hosts are not asked for, as that would go out to the network; hint: without -r";
        return Err(Failure::Usage(text.to_owned()));
    }
    let namespace = super::ip::namespace(&options.netns)?;
    let mut selection = Selection::new(options)?;
    let mut out = standard_output();
    if options.summary {
        summary::write(&mut out, &namespace, options.json)??;
        if !selection.chosen && options.filter.is_empty() {
            return Ok(out.flush().map(|()| Status::Complete)?);
        }
    }
    let netlink = Netlink::open(&namespace)?;
    // An expression may name any link; those that sockets refer to are asked for one by one.
    let no_words = options.filter.is_empty() && options.filter_file.is_none();
    let links = if no_words { LinkNames::default() } else { netlink.link_names()? };
    let (named, numeric) = (Services::system(&namespace)?, Services::numeric());
    let services = if options.numeric { &numeric } else { &named };
    let expression = read_filter(options, &mut selection, &links, &named)?;
    if let Some(reason) = selection.emptiness() {
        complain(format_args!("show sockets: {reason}"));
        return Ok(Status::Complete);
    }
    if let Some(family) = expression.as_ref().and_then(SocketExpression::family) {
        selection.narrow(family);
    }
    let shown = shown(options, &selection);
    let form = if options.json {
        Form::Json(OwnJson::new(namespace.id()))
    } else {
        Form::Text(Box::new(SocketText::new(&shown, services)))
    };
    let (owners, status) = owners(options.processes);
    let mut listing = Listing { netlink: &netlink, links, options, selection, expression, owners, form, out };
    if options.events {
        return listing.closing();
    }
    listing.all()?;
    listing.finish()?;
    Ok(status)
}

/// Who holds the sockets, if that is wanted. Where nothing can be told of it, the sockets are shown all the same.
fn owners(are_wanted: bool) -> (Option<Owners>, Status) {
    match are_wanted.then(Owners::scan).transpose() {
        Ok(owners) => {
            if let Some(reason) = owners.as_ref().and_then(Owners::unreadable_reason) {
                complain(reason);
            }
            (owners, Status::Complete)
        }
        Err(error) => {
            complain(error);
            (None, Status::Partial)
        }
    }
}

/// What is said of each socket.
fn shown(options: &Ss, selection: &Selection) -> SocketOptions {
    SocketOptions {
        options: options.options || options.bpf,
        bpf: options.bpf,
        extended: options.extended,
        memory: options.memory,
        info: options.info,
        processes: options.processes,
        tos: options.tos,
        cgroup: options.cgroup,
        inet_sockopt: options.inet_sockopt,
        oneline: options.oneline,
        without_header: options.no_header,
        without_netid: !selection.shows_netid(),
        without_state: !selection.shows_state(),
        screen: terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| usize::from(width.0)),
    }
}

/// The words of the command line, then those of the file.
fn read_filter(
    options: &Ss,
    selection: &mut Selection,
    links: &LinkNames,
    services: &Services,
) -> Result<Option<SocketExpression>, Failure> {
    // What is no text is shown so, by which links are found, too; a backslash is an escape here.
    let word = |octets: &[u8]| match std::str::from_utf8(octets) {
        Ok(text) => text.to_owned(),
        Err(_) => ByteString::from(octets).to_string().replace('\\', "\\\\"),
    };
    let mut text = options.filter.iter().map(|octets| word(octets.as_bytes())).collect::<Vec<_>>().join(" ");
    if let Some(path) = &options.filter_file {
        let file = filter_file(path)?;
        let lines = file.split(|octet| *octet == b'\n').filter(|line| !line.starts_with(b"#"));
        // Whitespace divides words, so that what is no text is escaped word by word.
        for octets in lines.flat_map(|line| line.split(u8::is_ascii_whitespace)) {
            text.extend([" ", &word(octets)]);
        }
    }
    let protocol = if selection.has(Table::Udp) && !selection.has(Table::Tcp) { 17 } else { 6 };
    let only = [options.ipv4, options.ipv6, options.packet, options.unix].iter().filter(|set| **set).count();
    let ephemeral = services.ephemeral();
    let (link, service) = (|name: &str| links.find(name), |name: &str| services.port_named(protocol, name));
    let mut names = SocketNames::default();
    (names.link, names.service, names.cgroup) = (&link, &service, &netlink::cgroup_number);
    names.ephemeral = (*ephemeral.start(), *ephemeral.end());
    names.family = (only + options.family.len() == 1).then(|| selection.only_family()).flatten();
    let wanted = SocketSelection::parse(&text, &names)
        .map_err(|error| Failure::Usage(format!("{error}; hint: netshoot ss --help shows filters")))?;
    if let Some(states) = wanted.states {
        selection.set_states(states);
    }
    Ok(wanted.expression)
}

/// What is in the file of a filter, or comes from standard input.
fn filter_file(path: &Path) -> Result<Vec<u8>, Error> {
    let is_standard = path == Path::new("-");
    let operation = if is_standard {
        "read socket filter from standard input".to_owned()
    } else {
        format!("read socket filter {}", ByteString::from(path.as_os_str().as_bytes()).shortened())
    };
    let mut octets = Vec::new();
    let read = if is_standard {
        io::stdin().take(LONGEST_FILTER + 1).read_to_end(&mut octets)
    } else {
        File::open(path).and_then(|file| file.take(LONGEST_FILTER + 1).read_to_end(&mut octets))
    };
    match read {
        Ok(length) if length as u64 > LONGEST_FILTER => Err(Error::new(ErrorKind::InvalidInput, operation)
            .with_detail(format!("it is longer than {LONGEST_FILTER} octets"))
            .with_hint(FILTER_FILE)),
        Ok(_) => Ok(octets),
        Err(error) => Err(Error::io(operation, error).with_hint(FILTER_FILE)),
    }
}

/// Whether the kernel tells raw sockets over netlink, of which any one shows it.
fn has_raw(netlink: &Netlink) -> Result<bool, Failure> {
    let mut filter = InetSocketFilter::default();
    (filter.protocols, filter.extensions) = (vec![SocketProtocol::RAW], 0);
    let mut is_told = false;
    netlink.each::<InetSocket>(&filter, |_| {
        is_told = true;
        ControlFlow::Break(())
    })?;
    Ok(is_told)
}

enum Form<'a> {
    Text(Box<SocketText<'a>>),
    Json(OwnJson),
}

/// Calls the method of the form that there is.
macro_rules! put {
    ($listing:ident, $method:ident, $socket:expr $(, $links:expr)?) => {
        match &mut $listing.form {
            Form::Text(text) => text.$method(&mut $listing.out, $socket $(, $links)?),
            Form::Json(json) => json.put(&mut $listing.out, $socket),
        }
    };
}

/// A listing under way.
struct Listing<'a> {
    netlink: &'a Netlink,
    links: LinkNames,
    options: &'a Ss,
    selection: Selection,
    expression: Option<SocketExpression>,
    owners: Option<Owners>,
    form: Form<'a>,
    out: Out,
}

impl Listing<'_> {
    /// All tables that are wanted, in the order of `ss`.
    fn all(&mut self) -> Result<(), Failure> {
        if self.selection.has(Table::Netlink) {
            let mut filter = NetlinkDiagSocketFilter::default();
            (filter.states, filter.expression) = (self.selection.states, self.expression.clone());
            self.each(&filter, Self::netlink)?;
        }
        if self.selection.has(Table::PacketRaw) || self.selection.has(Table::PacketDatagram) {
            let mut filter = PacketSocketFilter::default();
            (filter.states, filter.expression) = (self.selection.states, self.expression.clone());
            self.each(&filter, Self::packet)?;
        }
        if [Table::UnixStream, Table::UnixDatagram, Table::UnixSeqpacket].iter().any(|table| self.selection.has(*table))
        {
            let mut filter = UnixSocketFilter::default();
            (filter.states, filter.expression) = (self.selection.states, self.expression.clone());
            self.each(&filter, Self::unix)?;
        }
        for (table, protocol) in
            [(Table::Raw, SocketProtocol::RAW), (Table::Udp, SocketProtocol::UDP), (Table::Tcp, SocketProtocol::TCP)]
        {
            if self.selection.has(table) {
                self.inet_table(protocol)?;
            }
        }
        Ok(())
    }

    /// One protocol. Where the kernel tells no raw sockets over netlink, they are read in /proc.
    fn inet_table(&mut self, protocol: SocketProtocol) -> Result<(), Failure> {
        let mut filter = InetSocketFilter::default();
        filter.protocols = vec![protocol];
        filter.states = self.selection.states;
        filter.extensions = self.extensions();
        filter.family = self.family();
        filter.expression.clone_from(&self.expression);
        if self.each(&filter, Self::inet)? == 0 && protocol == SocketProtocol::RAW && !has_raw(self.netlink)? {
            for mut socket in self.netlink.raw_sockets_in_proc(&filter)? {
                self.own(&mut socket);
                self.inet(&socket)?;
            }
        }
        Ok(())
    }

    /// Sockets as they are closed, each written out at once, until something ends it.
    fn closing(&mut self) -> Result<Status, Failure> {
        let tables = [(Table::Tcp, SocketProtocol::TCP), (Table::Udp, SocketProtocol::UDP)];
        let protocols: Vec<_> =
            tables.into_iter().filter(|(table, _)| self.selection.has(*table)).map(|(_, protocol)| protocol).collect();
        if protocols.is_empty() {
            return Err(Failure::Usage("watch closing sockets: only TCP and UDP are told; hint: -t or -u".to_owned()));
        }
        let mut sockets = self.netlink.closing_sockets(&protocols, self.family())?;
        loop {
            match sockets.next(PATIENCE)? {
                Some(Closing::Socket(socket)) if !self.wants(&socket) => {}
                Some(Closing::Socket(mut socket)) => {
                    self.own(socket.as_mut());
                    if matches!(self.form, Form::Json(_)) {
                        // One object a line, as there is no end.
                        writeln!(self.out, "{}", json::value(&socket))?;
                    } else {
                        self.inet(&socket)?;
                    }
                    if let Form::Text(text) = &mut self.form {
                        text.finish(&mut self.out)?;
                    }
                }
                Some(_) => {
                    complain("watch closing sockets: they are closed faster than they are read; some are not shown")
                }
                None => {}
            }
            self.out.flush()?;
        }
    }

    /// The family of internet sockets, if only one is wanted.
    fn family(&self) -> Option<netlink::Family> {
        match (self.selection.has_family(Family::Inet), self.selection.has_family(Family::Inet6)) {
            (true, false) => Some(netlink::Family::INET),
            (false, true) => Some(netlink::Family::INET6),
            _ => None,
        }
    }

    /// What the kernel is asked beside the bare socket: the bits of `INET_DIAG_*` less one.
    fn extensions(&self) -> u8 {
        let options = self.options;
        let of = |wanted: bool, bits: u8| if wanted || options.json { bits } else { 0 };
        of(options.memory, MEMORY) | of(options.info, INFO) | of(options.tos, SERVICE)
    }

    /// Asks for the name of a link, unless it is known. One that cannot be told is shown as its number.
    fn name(&mut self, ifindex: u32) {
        if ifindex != 0 && self.links.get(ifindex).is_none() {
            let name = self.netlink.link_name(ifindex).ok().flatten();
            self.links.extend(name.map(|name| (ifindex, name)));
        }
    }

    /// Fills in who holds the socket, if that is wanted.
    fn own<T: Owned>(&self, socket: &mut T) {
        if let Some(owners) = &self.owners {
            owners.assign(std::slice::from_mut(socket));
        }
    }

    /// Lists one kind, of which each socket is written as it comes, and tells how many there were.
    fn each<T: Object + Owned>(
        &mut self,
        filter: &T::Filter,
        write: fn(&mut Self, &T) -> io::Result<()>,
    ) -> Result<usize, Failure> {
        if let Form::Json(json) = &mut self.form {
            json.begin::<T>(&mut self.out)?;
        }
        let (mut written, mut count) = (Ok(()), 0);
        let listing = self.netlink.each::<T>(filter, |mut socket| {
            count += 1;
            self.own(&mut socket);
            written = write(self, &socket);
            if written.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        written?;
        for note in &listing.notes {
            complain(format_args!("show sockets: {note}"));
        }
        Ok(count)
    }

    fn inet(&mut self, socket: &InetSocket) -> io::Result<()> {
        self.name(socket.ifindex);
        put!(self, inet, socket, &self.links)
    }

    fn unix(&mut self, socket: &UnixSocket) -> io::Result<()> {
        let table = match socket.kind {
            SocketType::STREAM => Table::UnixStream,
            SocketType::SEQPACKET => Table::UnixSeqpacket,
            _ => Table::UnixDatagram,
        };
        if self.selection.has(table) { put!(self, unix, socket) } else { Ok(()) }
    }

    fn packet(&mut self, socket: &PacketSocket) -> io::Result<()> {
        let table = if socket.kind == SocketType::RAW { Table::PacketRaw } else { Table::PacketDatagram };
        if !self.selection.has(table) {
            return Ok(());
        }
        self.name(socket.ifindex);
        put!(self, packet, socket, &self.links)
    }

    fn netlink(&mut self, socket: &NetlinkDiagSocket) -> io::Result<()> {
        // Of this command's own only the one that asks, as with ss.
        if self.netlink.holds(socket) { Ok(()) } else { put!(self, netlink, socket) }
    }

    fn wants(&self, socket: &InetSocket) -> bool {
        self.expression.as_ref().is_none_or(|expression| expression.matches(socket) != Some(false))
    }

    /// Writes what is held back for the widths of columns, and the end of JSON.
    fn finish(mut self) -> io::Result<()> {
        match &mut self.form {
            Form::Text(text) => text.finish(&mut self.out)?,
            Form::Json(json) => json.finish(&mut self.out)?,
        }
        self.out.flush()
    }
}

/// Octets of a filter's file that are read: more than any filter that can be.
const LONGEST_FILTER: u64 = 2 << 20;
const FILTER_FILE: &str = "-F takes a file with a filter in it, or - for standard input";
/// How long one wait for a closing socket is.
const PATIENCE: Duration = Duration::from_secs(3600);
// Bits of INET_DIAG_* less one.
const MEMORY: u8 = 1 | 1 << 6;
const INFO: u8 = 1 << 1 | 1 << 2 | 1 << 3;
const SERVICE: u8 = 1 << 4 | 1 << 5;

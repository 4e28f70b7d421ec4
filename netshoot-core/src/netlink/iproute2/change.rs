//! One object of any kind in the words of the command that lists it: `ip`, `tc`, `ss`.

use std::io;
use std::slice;

use super::super::{Address, AnyChange, ChangeOp, FdbEntry, Link, LinkNames, Neighbor, NextHop, RouteFilter, Snapshot};
use super::form::Form;
use super::link::Context;
use super::{
    Names, NeighborOptions, Options, QdiscShowOptions, RouteOptions, RuleOptions, Services, SocketOptions, SocketText,
    write_neighbors, write_next_hop_buckets, write_next_hops, write_qdiscs, write_routes, write_rules,
};

/// Writes what a difference of two snapshots is about, each object in one line: as it is or, when it is gone, was.
#[derive(Debug)]
pub struct DiffWriter<'a> {
    changes: ChangeWriter,
    old: &'a Snapshot,
    new: &'a Snapshot,
}

impl<'a> DiffWriter<'a> {
    /// A writer for what `old` and `new` differ in.
    #[must_use]
    pub fn new(names: Names, old: &'a Snapshot, new: &'a Snapshot) -> Self {
        let links = links(old).chain(links(new)).collect();
        Self { changes: ChangeWriter { names, links, details: false, oneline: true, device: None }, old, new }
    }

    /// Writes one object.
    ///
    /// # Errors
    /// Those of `out`, nothing else.
    pub fn write(&self, out: &mut impl io::Write, change: &AnyChange) -> io::Result<()> {
        let all = links(if change.op() == ChangeOp::Removed { self.old } else { self.new });
        self.changes.write(out, change, all, |_| None)
    }
}

fn links(snapshot: &Snapshot) -> impl Iterator<Item = &Link> {
    snapshot.links.known().into_iter().flatten()
}

/// Writes the object of a change.
#[derive(Clone, Debug)]
pub(super) struct ChangeWriter {
    pub(super) names: Names,
    pub(super) links: LinkNames,
    pub(super) details: bool,
    pub(super) oneline: bool,
    /// The link that all are of, which is not repeated.
    pub(super) device: Option<u32>,
}

impl ChangeWriter {
    /// `all` are the links, for what one says of another; next hops are looked up for details.
    pub(super) fn write<'a>(
        &self,
        out: &mut impl io::Write,
        change: &AnyChange,
        all: impl Iterator<Item = &'a Link>,
        next_hop: impl Fn(u32) -> Option<&'a NextHop>,
    ) -> io::Result<()> {
        let Self { names, links, details, .. } = self;
        match change {
            AnyChange::Link(change) => self.link(out, change.object(), all),
            AnyChange::Address(change) => self.address(out, change.object()),
            AnyChange::Route(change) => {
                let id = change.object().filter(|_| self.details).and_then(|route| route.nhid);
                let hop = id.and_then(next_hop).map_or(&[][..], slice::from_ref);
                write_routes(out, change.object(), hop, names, links, &self.routes())
            }
            AnyChange::NextHop(change) => write_next_hops(out, change.object(), names, links, &self.routes()),
            AnyChange::NextHopBucket(change) => {
                write_next_hop_buckets(out, change.object(), names, links, &self.routes())
            }
            AnyChange::Rule(change) => {
                write_rules(out, change.object(), names, &RuleOptions { details: *details, json: false })
            }
            AnyChange::Neighbor(change) => self.neighbor(out, change.object()),
            AnyChange::FdbEntry(change) => self.neighbor(out, change.object().map(as_neighbor).as_ref()),
            AnyChange::Qdisc(change) => {
                let options = QdiscShowOptions { details: *details, ..QdiscShowOptions::default() };
                write_qdiscs(out, change.object(), links, &options)
            }
            _ => self.socket(out, change),
        }
    }

    fn routes(&self) -> RouteOptions {
        RouteOptions {
            details: self.details,
            oneline: self.oneline,
            filter: RouteFilter { oif: self.device, ..RouteFilter::default() },
            ..RouteOptions::default()
        }
    }

    fn link<'a>(
        &self,
        out: &mut impl io::Write,
        link: Option<&Link>,
        all: impl Iterator<Item = &'a Link>,
    ) -> io::Result<()> {
        let Some(link) = link else { return Ok(()) };
        let all: Vec<&Link> = all.collect();
        let options = Options { details: self.details, oneline: self.oneline, ..Options::default() };
        let context = Context::of_event(all.into_iter().chain([link]), &self.names, &options);
        Form::new(false).list(out, [link], |form, link| context.link(form, link))
    }

    fn address(&self, out: &mut impl io::Write, address: Option<&Address>) -> io::Result<()> {
        let Some(address) = address else { return Ok(()) };
        let link = Link { ifindex: address.ifindex, ifname: self.links.name(address.ifindex), ..Link::default() };
        // In the form that names the link, but for its ends of lines.
        let options = Options { oneline: true, ..Options::default() };
        let mut context = Context::of_event([&link].into_iter(), &self.names, &options);
        context.line = if self.oneline { "\\" } else { "\n" };
        Form::new(false).list(out, [address], |form, address| context.address(form, address, &link))
    }

    fn neighbor(&self, out: &mut impl io::Write, neighbor: Option<&Neighbor>) -> io::Result<()> {
        let options = NeighborOptions { without_device: self.device.is_some(), ..NeighborOptions::default() };
        write_neighbors(out, neighbor, &self.names, &self.links, &options)
    }

    fn socket(&self, out: &mut impl io::Write, change: &AnyChange) -> io::Result<()> {
        let options = SocketOptions { without_header: true, ..SocketOptions::default() };
        let services = Services::default();
        let mut text = SocketText::new(&options, &services);
        match change {
            AnyChange::InetSocket(change) => change.object().map(|socket| text.inet(out, socket, &self.links)),
            AnyChange::UnixSocket(change) => change.object().map(|socket| text.unix(out, socket)),
            AnyChange::PacketSocket(change) => change.object().map(|socket| text.packet(out, socket, &self.links)),
            AnyChange::NetlinkSocket(change) => change.object().map(|socket| text.netlink(out, socket)),
            _ => None,
        }
        .unwrap_or(Ok(()))?;
        text.finish(out)
    }
}

/// What `ip monitor` takes a bridge's forwarding entry for.
fn as_neighbor(entry: &FdbEntry) -> Neighbor {
    Neighbor {
        ifindex: entry.ifindex,
        dst: entry.dst,
        lladdr: entry.mac,
        state: entry.state,
        flags: entry.flags,
        ext_flags: entry.ext_flags,
        protocol: entry.protocol,
        ..Neighbor::default()
    }
}

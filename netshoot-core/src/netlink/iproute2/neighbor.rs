//! Neighbours and forwarding entries in iproute2's words: `ip neigh` and `bridge fdb`.
//!
//! Where iproute2 6.1 and this differ: a link-layer address is shown as an IP address where it is as long as one, whatever
//! the link; newer versions' `locked`, `extern_valid` are shown as they do.

use std::fmt::{self, Display};
use std::io;

use super::super::{
    FdbEntry, LinkLayerAddress, LinkNames, Neighbor, NeighborExtendedFlags, NeighborFlags, NeighborState,
};
use super::Shown;
use super::form::Form;
use super::names::Names;

/// How much of neighbours and forwarding entries is shown, and in which form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct NeighborOptions {
    /// JSON instead of text: `-j`.
    pub json: bool,
    /// Ages and use: `-s`.
    pub statistics: bool,
    /// Addresses, link and link-layer address alone: `-br`.
    pub brief: bool,
    /// All are on one link, which is not repeated in each.
    pub without_device: bool,
}

/// Writes `neighbors` as `ip neigh` does.
///
/// # Errors
/// Those of `out`, nothing else.
pub fn write_neighbors<'a>(
    out: &mut impl io::Write,
    neighbors: impl IntoIterator<Item = &'a Neighbor>,
    names: &Names,
    links: &LinkNames,
    options: &NeighborOptions,
) -> io::Result<()> {
    Form::new(options.json).list(out, neighbors, |form, neighbor| {
        form.object(|form| {
            if options.brief {
                brief(form, neighbor, links, options);
            } else {
                write(form, neighbor, names, links, options);
            }
        });
        form.text(format_args!("\n"));
    })
}

fn brief(form: &mut Form, neighbor: &Neighbor, links: &LinkNames, options: &NeighborOptions) {
    if let Some(dst) = neighbor.dst {
        form.padded("dst", Shown(dst), 39);
    }
    if !options.without_device {
        form.padded("dev", links.name(neighbor.ifindex), 16);
    }
    if let Some(lladdr) = &neighbor.lladdr {
        form.string("lladdr", "", Address(lladdr), "");
    }
}

fn write(form: &mut Form, neighbor: &Neighbor, names: &Names, links: &LinkNames, options: &NeighborOptions) {
    if let Some(dst) = neighbor.dst {
        form.string("dst", "", Shown(dst), " ");
    }
    if !options.without_device && neighbor.ifindex != 0 {
        form.name("dev", "dev ", &links.name(neighbor.ifindex), " ");
    }
    if let Some(lladdr) = &neighbor.lladdr {
        form.string("lladdr", "lladdr ", Address(lladdr), " ");
    }
    let flags = neighbor.flags;
    for (set, word) in [
        (flags.contains(NeighborFlags::ROUTER), "router"),
        (flags.contains(NeighborFlags::PROXY), "proxy"),
        (neighbor.ext_flags.contains(NeighborExtendedFlags::MANAGED), "managed"),
        (flags.contains(NeighborFlags::EXT_LEARNED), "extern_learn"),
        (flags.contains(NeighborFlags::OFFLOADED), "offload"),
        (neighbor.ext_flags.contains(NeighborExtendedFlags::EXT_VALIDATED), "extern_valid"),
    ] {
        if set {
            form.null(word, word);
            form.text(format_args!(" "));
        }
    }
    if options.statistics {
        statistics(form, neighbor);
    }
    if neighbor.state.0 != 0 {
        form.array("state", |form| neighbor.state.names().for_each(|name| form.item("", name, " ")));
    }
    if let Some(protocol) = neighbor.protocol.filter(|protocol| protocol.0 != 0) {
        form.string("protocol", "proto ", names.protocol(protocol), " ");
    }
}

fn statistics(form: &mut Form, neighbor: &Neighbor) {
    if let Some(info) = &neighbor.cacheinfo {
        if info.refcnt != 0 {
            form.number("refcnt", " ref ", info.refcnt, "");
        }
        form.number("used", " used ", info.used.as_secs(), "");
        form.number("confirmed", "/", info.confirmed.as_secs(), "");
        form.number("updated", "/", info.updated.as_secs(), "");
    }
    if let Some(probes) = neighbor.probes {
        form.number("probes", "probes ", probes, " ");
    }
}

/// Writes `entries` as `bridge fdb` does.
///
/// # Errors
/// Those of `out`, nothing else.
pub fn write_fdb<'a>(
    out: &mut impl io::Write,
    entries: impl IntoIterator<Item = &'a FdbEntry>,
    links: &LinkNames,
    options: &NeighborOptions,
) -> io::Result<()> {
    Form::new(options.json).list(out, entries, |form, entry| {
        form.object(|form| fdb_entry(form, entry, links, options));
        form.text(format_args!("\n"));
    })
}

fn fdb_entry(form: &mut Form, entry: &FdbEntry, links: &LinkNames, options: &NeighborOptions) {
    if let Some(mac) = &entry.mac {
        form.string("mac", "", Address(mac), " ");
    }
    if !options.without_device && entry.ifindex != 0 {
        form.name("ifname", "dev ", &links.name(entry.ifindex), " ");
    }
    if let Some(dst) = entry.dst {
        form.string("dst", "dst ", Shown(dst), " ");
    }
    let numbers = [
        ("vlan", "vlan ", entry.vlan.filter(|vlan| *vlan != 0).map(u32::from)),
        ("port", "port ", entry.port.map(u32::from)),
        ("vni", "vni ", entry.vni),
        ("src_vni", "src_vni ", entry.src_vni),
    ];
    for (key, before, number) in numbers {
        if let Some(number) = number {
            form.number(key, before, number, " ");
        }
    }
    match (entry.via, entry.link_netnsid) {
        (Some(index), Some(_)) => form.number("viaIfIndex", "via ifindex ", index, " "),
        (Some(index), None) => form.name("viaIf", "via ", &links.name(index), " "),
        (None, _) => {}
    }
    if let Some(nhid) = entry.nhid {
        form.number("nhid", "nhid ", nhid, " ");
    }
    if let Some(number) = entry.link_netnsid {
        form.number("linkNetNsId", "link-netnsid ", number, " ");
    }
    if let Some(info) = entry.cacheinfo.filter(|_| options.statistics) {
        form.number("used", "used ", info.used.as_secs(), "");
        form.number("updated", "/", info.updated.as_secs(), " ");
    }
    form.array("flags", |form| {
        let words = entry.flags.names().filter(|word| !["use", "proxy"].contains(word));
        words.for_each(|word| form.item("", word, " "));
    });
    if let Some(master) = entry.master {
        form.name("master", "master ", &links.name(master), " ");
    }
    form.string("state", "", FdbState(entry.state, form.is_json()), "");
}

/// The first of the states, by a bridge's words.
struct FdbState(NeighborState, bool);

impl Display for FdbState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(state, is_json) = *self;
        let words = [
            (NeighborState::PERMANENT, "permanent"),
            (NeighborState::NOARP, "static"),
            (NeighborState::STALE, "stale"),
            (NeighborState::REACHABLE, ""),
        ];
        match words.into_iter().find(|(one, _)| state.contains(*one)) {
            Some((_, word)) => f.write_str(word),
            None if state.0 == 0 => f.write_str(if is_json { "0" } else { "state=0" }),
            None if is_json => write!(f, "{:#x}", state.0),
            None => write!(f, "state={:#x}", state.0),
        }
    }
}

/// A link-layer address, which for a tunnel is an IP address.
struct Address<'a>(&'a LinkLayerAddress);

impl Display for Address<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let octets = self.0.as_bytes();
        if let Ok(four) = <[u8; 4]>::try_from(octets) {
            Shown(four.into()).fmt(f)
        } else if let Ok(six) = <[u8; 16]>::try_from(octets) {
            Shown(six.into()).fmt(f)
        } else {
            self.0.fmt(f)
        }
    }
}

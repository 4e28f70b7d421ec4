//! `netshoot ip monitor`: what changes, as it happens.

use std::io::Write;
use std::time::UNIX_EPOCH;

use netshoot_core::netlink::iproute2::{self, Names, NeighborOptions, Options, RouteOptions, RuleOptions};
use netshoot_core::netlink::{
    Address, AnyChange, ChangeOp, Event, EventKind, Interface, Kind, Link, LinkNames, WatchOptions, WatchState,
};

use super::words::means;
use crate::arguments::Ip;
use crate::output::{Failure, Status, standard_output};

pub(super) fn run(ip: &Ip, words: &[String]) -> Result<Status, Failure> {
    let mut options = WatchOptions::default();
    let (kinds, label) = choice(words)?;
    if !kinds.is_empty() {
        options.kinds = kinds.clone();
    }
    // The names of links stand in most of what is shown.
    options.kinds.push(Kind::Link);
    let mut watch = ip.netlink()?.watch(&options)?;
    let shown = |kind: Kind| kinds.is_empty() || kinds.contains(&kind);
    let names = Names::system();
    let mut out = standard_output();
    loop {
        let Some(event) = watch.next(None)? else { continue };
        match &event.what {
            EventKind::Change(change) if !shown(change.kind()) => continue,
            _ if ip.json => {
                serde_json::to_writer(&mut out, &event).map_err(std::io::Error::from)?;
                writeln!(out)?;
            }
            _ => text(&mut out, ip, &event, watch.state(), &names, label)?,
        }
        out.flush()?;
    }
}

/// The kinds that the words name, and whether each event is to be labelled with its kind.
fn choice(words: &[String]) -> Result<(Vec<Kind>, bool), Failure> {
    let (mut kinds, mut label) = (Vec::new(), false);
    for word in words {
        match KEYWORDS.iter().find(|(keyword, _)| means(word, keyword)) {
            Some((_, kind)) => kinds.push(*kind),
            None if word == "label" => label = true,
            None if word == "all" => label = true,
            None => {
                return Err(Failure::Usage(format!(
                    "watch: cannot make sense of {word:?}; hint: all, label, link, address, route, rule, neigh, nexthop or fdb"
                )));
            }
        }
    }
    if words.iter().any(|word| word == "all") {
        kinds.clear();
    }
    Ok((kinds, label))
}

fn text(
    out: &mut impl Write,
    ip: &Ip,
    event: &Event,
    state: &WatchState,
    names: &Names,
    label: bool,
) -> Result<(), Failure> {
    if ip.timestamp {
        let since = event.wall.duration_since(UNIX_EPOCH).unwrap_or_default();
        writeln!(out, "Timestamp: {}.{:06}", since.as_secs(), since.subsec_micros())?;
    }
    let change = match &event.what {
        EventKind::Change(change) => change,
        EventKind::ResyncBegin { reason } => {
            writeln!(out, "Changes were lost ({reason}); the differences follow.")?;
            return Ok(());
        }
        EventKind::ResyncEnd { gap } => {
            writeln!(out, "All differences of {:.3} seconds are told.", gap.as_secs_f64())?;
            return Ok(());
        }
        _ => return Ok(()),
    };
    if label {
        write!(out, "[{}]", label_of(change.kind()))?;
    }
    if change.op() == ChangeOp::Removed {
        write!(out, "Deleted ")?;
    }
    object(out, ip, change, state, names)
}

fn object(out: &mut impl Write, ip: &Ip, change: &AnyChange, state: &WatchState, names: &Names) -> Result<(), Failure> {
    let links = state.link_names();
    match change {
        AnyChange::Link(change) => link(out, ip, change.object(), state, names)?,
        AnyChange::Address(change) => address(out, change.object(), &links, names)?,
        AnyChange::Route(change) => {
            let mut options = RouteOptions::default();
            options.details = ip.details;
            iproute2::write_routes(out, change.object(), &[], names, &links, &options)?;
        }
        AnyChange::NextHop(change) => {
            let mut options = RouteOptions::default();
            options.details = ip.details;
            iproute2::write_next_hops(out, change.object(), names, &links, &options)?;
        }
        AnyChange::Rule(change) => iproute2::write_rules(out, change.object(), names, &RuleOptions::default())?,
        AnyChange::Neighbor(change) => {
            iproute2::write_neighbors(out, change.object(), names, &links, &NeighborOptions::default())?;
        }
        AnyChange::FdbEntry(change) => {
            iproute2::write_fdb(out, change.object(), &links, &NeighborOptions::default())?;
        }
        _ => {}
    }
    Ok(())
}

/// All links are given for the names of others that it refers to.
fn link(out: &mut impl Write, ip: &Ip, link: Option<&Link>, state: &WatchState, names: &Names) -> Result<(), Failure> {
    let Some(link) = link else { return Ok(()) };
    let mut links: Vec<_> = state.iter::<Link>().filter(|other| other.ifindex != link.ifindex).cloned().collect();
    links.push(link.clone());
    let mut options = Options { details: ip.details, oneline: ip.oneline, ..Options::default() };
    options.links.ifindex = Some(link.ifindex);
    iproute2::write_links(out, &links, names, &options)?;
    Ok(())
}

/// In one line, as only then the link is named, and broken in two again.
fn address(out: &mut impl Write, address: Option<&Address>, links: &LinkNames, names: &Names) -> Result<(), Failure> {
    let Some(address) = address else { return Ok(()) };
    let mut interface = Interface::default();
    (interface.link.ifindex, interface.link.ifname) = (address.ifindex, links.name(address.ifindex));
    interface.addresses = vec![address.clone()];
    let options = Options { oneline: true, ..Options::default() };
    let mut text = Vec::new();
    iproute2::write_text(&mut text, &[interface], names, &options)?;
    // The first line is the link's own, which `ip -o` has, too.
    let text = String::from_utf8_lossy(&text);
    for line in text.lines().filter(|line| !line.contains(": <")) {
        writeln!(out, "{}", line.replace("\\      ", "\n      "))?;
    }
    Ok(())
}

/// What `ip` puts in front.
fn label_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Link => "LINK",
        Kind::Address => "ADDR",
        Kind::Route => "ROUTE",
        Kind::Rule => "RULE",
        Kind::NextHop => "NEXTHOP",
        Kind::FdbEntry => "FDB",
        _ => "NEIGH",
    }
}

const KEYWORDS: [(&str, Kind); 7] = [
    ("link", Kind::Link),
    ("address", Kind::Address),
    ("route", Kind::Route),
    ("rule", Kind::Rule),
    ("neighbor", Kind::Neighbor),
    ("nexthop", Kind::NextHop),
    ("fdb", Kind::FdbEntry),
];

//! `netshoot ip monitor`: what changes, as it changes.
//!
//! Text is that of the objects, with `Deleted ` in front of what went, as `ip monitor` has it; an object that changed is
//! shown as it is now. JSON is one event a line, with the object before and after. What `ip monitor` misses is there:
//! routes that went without a word, and what was lost when changes came too fast.

use std::io::Write;
use std::time::UNIX_EPOCH;

use netshoot_core::capture::Timestamp;
use netshoot_core::netlink::iproute2::{self, Names, NeighborOptions, Options, RouteOptions, RuleOptions};
use netshoot_core::netlink::{
    Address, AnyChange, Family, Happening, Interface, Kind, Link, LinkNames, NextHop, Operation, Watch, WatchEvent,
    WatchOptions,
};

use super::words::{Words, means};
use crate::arguments::Ip;
use crate::output::{Failure, Status, complain, standard_output};

pub(super) fn run(ip: &Ip, timestamp: bool, words: &[String]) -> Result<Status, Failure> {
    let selector = Selector::read(words)?;
    let mut options = WatchOptions::kinds(&selector.kinds);
    // Names are needed, also of those that are gone.
    options.kinds.push(Kind::Link);
    let mut watch = ip.netlink()?.watch(&options)?;
    let mut monitor = Monitor {
        ip,
        timestamp,
        links: watch.objects::<Link>().collect(),
        device: None,
        selector,
        names: Names::system(),
    };
    if let Some(name) = &monitor.selector.device {
        let index = monitor.links.index(name.as_bytes());
        monitor.device = Some(index.ok_or_else(|| Failure::Usage(format!("{MONITOR}: there is no link {name}")))?);
    }
    let mut out = standard_output();
    while let Some(event) = watch.next(None)? {
        monitor.tell(&mut out, &watch, &event)?;
        out.flush()?;
    }
    Ok(Status::Complete)
}

/// What is told.
struct Selector {
    kinds: Vec<Kind>,
    label: bool,
    device: Option<String>,
}

impl Selector {
    fn read(words: &[String]) -> Result<Self, Failure> {
        let mut selector = Self { kinds: Vec::new(), label: false, device: None };
        let mut words = Words::new(MONITOR, words);
        while let Some(word) = words.next() {
            match word {
                "label" => selector.label = true,
                "dev" => selector.device = Some(words.value("dev")?.to_owned()),
                "all" => selector.kinds.extend(WatchOptions::KINDS),
                "fdb" => selector.kinds.push(Kind::FdbEntry),
                word if means(word, "link") => selector.kinds.push(Kind::Link),
                word if means(word, "address") => selector.kinds.push(Kind::Address),
                word if means(word, "route") => selector.kinds.push(Kind::Route),
                word if means(word, "nexthop") => selector.kinds.push(Kind::NextHop),
                word if means(word, "neigh") => selector.kinds.push(Kind::Neighbor),
                word if means(word, "rule") => selector.kinds.push(Kind::Rule),
                word => return Err(words.unknown(word, GRAMMAR)),
            }
        }
        if selector.kinds.is_empty() {
            selector.kinds.extend(WatchOptions::KINDS);
        }
        Ok(selector)
    }
}

struct Monitor<'a> {
    ip: &'a Ip,
    timestamp: bool,
    selector: Selector,
    device: Option<u32>,
    names: Names,
    links: LinkNames,
}

impl Monitor<'_> {
    fn tell(&mut self, out: &mut impl Write, watch: &Watch, event: &WatchEvent) -> Result<(), Failure> {
        if let Happening::Change(AnyChange::Link(change)) = &event.what {
            self.links.extend(change.object().map(|link| (link.ifindex, link.ifname.clone())));
        }
        match &event.what {
            Happening::Change(change) if !self.wants(change) => return Ok(()),
            _ if self.ip.json => {
                serde_json::to_writer(&mut *out, event).map_err(std::io::Error::from)?;
                writeln!(out)?;
            }
            Happening::Change(change) => self.show(out, watch, event, change)?,
            Happening::ResyncBegin { reason } => complain(format_args!(
                "monitor: messages were lost ({reason:?}); hint: what was missed follows as soon as it is known"
            )),
            Happening::ResyncEnd { gap } => {
                complain(format_args!("monitor: all that was missed in {:.3} s has been told", gap.as_secs_f64()));
            }
            _ => {}
        }
        Ok(())
    }

    fn wants(&self, change: &AnyChange) -> bool {
        let (family, links) = match change {
            AnyChange::Link(change) => (None, one(change.object().map(|link| link.ifindex))),
            AnyChange::Address(change) => {
                let address = change.object();
                (address.map(|address| address.family), one(address.map(|address| address.ifindex)))
            }
            AnyChange::Route(change) => {
                let route = change.object();
                (route.map(|route| route.family), route.map(|route| route.links().collect()).unwrap_or_default())
            }
            AnyChange::Rule(change) => (change.object().map(|rule| rule.family), Vec::new()),
            AnyChange::NextHop(change) => {
                (change.object().map(|hop| hop.family), one(change.object().and_then(|hop| hop.oif)))
            }
            AnyChange::Neighbor(change) => {
                let neighbor = change.object();
                (neighbor.map(|neighbor| neighbor.family), one(neighbor.map(|neighbor| neighbor.ifindex)))
            }
            AnyChange::FdbEntry(change) => (Some(Family::BRIDGE), one(change.object().map(|entry| entry.ifindex))),
            _ => (None, Vec::new()),
        };
        self.selector.kinds.contains(&change.kind())
            && self.ip.family().is_none_or(|wanted| family.is_none_or(|family| family == wanted))
            && self.device.is_none_or(|device| links.contains(&device))
    }

    fn show(&self, out: &mut impl Write, watch: &Watch, event: &WatchEvent, change: &AnyChange) -> Result<(), Failure> {
        if self.timestamp {
            let since = event.wall.duration_since(UNIX_EPOCH).unwrap_or_default();
            let nanoseconds = i64::try_from(since.as_nanos()).unwrap_or(i64::MAX);
            write!(out, "[{}] ", Timestamp::from_nanos(nanoseconds))?;
        }
        if self.selector.label {
            write!(out, "[{}]", label(change.kind()))?;
        }
        if change.op() == Operation::Removed {
            write!(out, "Deleted ")?;
        }
        let (names, links) = (&self.names, &self.links);
        let mut routes = RouteOptions::default();
        (routes.details, routes.oneline) = (self.ip.details, self.ip.oneline);
        match change {
            AnyChange::Link(change) => self.show_link(out, watch, change.object())?,
            AnyChange::Address(change) => self.show_address(out, watch, change.object())?,
            AnyChange::Route(change) => {
                let hops: Vec<NextHop> = Vec::new();
                iproute2::write_routes(out, change.object(), &hops, names, links, &routes)?;
            }
            AnyChange::NextHop(change) => iproute2::write_next_hops(out, change.object(), names, links, &routes)?,
            AnyChange::Rule(change) => {
                let mut options = RuleOptions::default();
                options.details = self.ip.details;
                iproute2::write_rules(out, change.object(), names, &options)?;
            }
            AnyChange::Neighbor(change) => {
                iproute2::write_neighbors(out, change.object(), names, links, &self.neighbors())?;
            }
            AnyChange::FdbEntry(change) => iproute2::write_fdb(out, change.object(), links, &self.neighbors())?,
            _ => {}
        }
        Ok(())
    }

    fn neighbors(&self) -> NeighborOptions {
        let mut options = NeighborOptions::default();
        options.statistics = self.ip.statistics > 0;
        options
    }

    /// The links that this one refers to are needed for their names.
    fn show_link(&self, out: &mut impl Write, watch: &Watch, link: Option<&Link>) -> Result<(), Failure> {
        let Some(link) = link else { return Ok(()) };
        let others = [link.master, link.link_index];
        let others = watch.objects::<Link>().filter(|other| others.contains(&Some(other.ifindex)));
        let mut shown = vec![link.clone()];
        shown.extend(others.filter(|other| other.ifindex != link.ifindex).cloned());
        let options = Options { device: Some(link.ifname.clone()), ..self.link_options() };
        iproute2::write_links(out, &shown, &self.names, &options)?;
        Ok(())
    }

    /// In one line, as only then the link is named; broken in two again unless one is wanted.
    fn show_address(&self, out: &mut impl Write, watch: &Watch, address: Option<&Address>) -> Result<(), Failure> {
        let Some(address) = address else { return Ok(()) };
        let mut interface = Interface::default();
        interface.link = match watch.objects::<Link>().find(|link| link.ifindex == address.ifindex) {
            Some(link) => link.clone(),
            None => {
                let mut link = Link::default();
                (link.ifindex, link.ifname) = (address.ifindex, self.links.name(address.ifindex));
                link
            }
        };
        interface.addresses = vec![address.clone()];
        let options = Options { oneline: true, ..self.link_options() };
        let mut text = Vec::new();
        iproute2::write_interfaces(&mut text, &[interface], &self.names, &options)?;
        let mut text = String::from_utf8_lossy(&text).into_owned();
        if !self.ip.oneline {
            text = text.replace("\\      ", "\n      ");
        }
        out.write_all(text.as_bytes())?;
        Ok(())
    }

    fn link_options(&self) -> Options {
        Options {
            details: self.ip.details,
            statistics: self.ip.statistics > 0,
            more_statistics: self.ip.statistics > 1,
            oneline: self.ip.oneline,
            ..Options::default()
        }
    }
}

fn one(ifindex: Option<u32>) -> Vec<u32> {
    ifindex.into_iter().collect()
}

/// What `ip` puts in front.
fn label(kind: Kind) -> &'static str {
    match kind {
        Kind::Link => "LINK",
        Kind::Address => "ADDR",
        Kind::Route => "ROUTE",
        Kind::NextHop => "NEXTHOP",
        Kind::Neighbor => "NEIGH",
        Kind::Rule => "RULE",
        Kind::FdbEntry => "FDB",
        _ => "?",
    }
}

const MONITOR: &str = "monitor";
const GRAMMAR: &str = "[all | link | address | route | nexthop | neigh | rule | fdb ...] [label] [dev X]";

//! `netshoot ip route`.
//!
//! With `get ADDRESS connected` the answer is that for the source which the first answer gave; iproute2 6.1 asks the same
//! question twice, and prints both answers.

use std::ffi::OsString;
use std::io::Write;
use std::net::IpAddr;
use std::ops::ControlFlow;

use netshoot_core::netlink::iproute2::{self, Names, RouteOptions, RouteWriter};
use netshoot_core::netlink::{
    Family, LinkNames, Netlink, NextHop, NextHopFilter, Prefix, Route, RouteFilter, RouteKind, RouteQuery,
    RouteVerdict, TABLE_MAIN, json,
};
use netshoot_core::{Error, ErrorKind};

use super::words::{Links, Words, family, means, number, verb};
use crate::arguments::Ip;
use crate::output::{Failure, Status, complain};

pub(super) fn run(ip: &Ip, words: &[OsString]) -> Result<Status, Failure> {
    match verb("ip route", words, &["get"])? {
        (Some("get"), rest) => get(ip, rest),
        (Some(_), rest) => show(ip, rest),
        (None, words) => Err(Words::new(SHOW, words).no_verb("[show | list] SELECTOR, or get ADDRESS")),
    }
}

fn show(ip: &Ip, words: &[OsString]) -> Result<Status, Failure> {
    let netlink = ip.shared.netlink()?;
    let names = ip.shared.names();
    let mut selector = Selector { links: Links::new(&netlink), names: &names, filter: RouteFilter::table(TABLE_MAIN) };
    selector.filter.family = ip.family();
    selector.read(Words::new(SHOW, words))?;
    let mut filter = selector.filter;
    if filter.family.is_none() && filter.table.is_some() {
        filter.family = Some(Family::INET);
    }
    if ip.shared.stable_json {
        let mut out = ip.shared.output();
        json::stream::<Route>(&netlink, &filter, &mut out)?;
        writeln!(out)?;
        out.flush()?;
        return Ok(Status::Complete);
    }
    write(ip, &netlink, &names, &filter)?;
    Ok(Status::Complete)
}

/// Routes are written as they come, so that memory does not grow with their number.
fn write(ip: &Ip, netlink: &Netlink, names: &Names, filter: &RouteFilter) -> Result<(), Failure> {
    let mut links = LinkNames::default();
    let hops = next_hops(ip, netlink, &mut links)?;
    let (mut out, options) = (ip.shared.output(), options(ip, filter.clone()));
    let mut writer = RouteWriter::new(&mut out, &hops, names, &options);
    let mut written = Ok(());
    let listing = netlink.each::<Route>(filter, |route| {
        // Of several next hops neither link nor gateway are the route's, as `ip` has it.
        let of_several = filter.via.is_some() && !route.nexthops.is_empty();
        if of_several || filter.oif.is_some() && route.oif != filter.oif {
            return ControlFlow::Continue(());
        }
        written = name_links(netlink, route.links(), &mut links).and_then(|()| Ok(writer.write(&route, &links)?));
        if written.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    written?;
    if listing.interrupted {
        complain("list routes: they changed while the kernel listed them, some may be missing; hint: ask again");
    }
    writer.finish()?;
    Ok(out.flush()?)
}

/// Asks for the names of links, unless they are known.
fn name_links(netlink: &Netlink, wanted: impl Iterator<Item = u32>, links: &mut LinkNames) -> Result<(), Failure> {
    for ifindex in wanted {
        if ifindex != 0 && links.get(ifindex).is_none() {
            links.extend(netlink.link_name(ifindex)?.map(|name| (ifindex, name)));
        }
    }
    Ok(())
}

fn options(ip: &Ip, filter: RouteFilter) -> RouteOptions {
    let mut options = RouteOptions::default();
    (options.json, options.details, options.oneline) = (ip.shared.json, ip.shared.details, ip.shared.oneline);
    (options.statistics, options.filter) = (ip.shared.statistics > 0, filter);
    options
}

/// What routes may refer to, and is shown with them in detail.
fn next_hops(ip: &Ip, netlink: &Netlink, links: &mut LinkNames) -> Result<Vec<NextHop>, Failure> {
    if !ip.shared.details {
        return Ok(Vec::new());
    }
    let hops = netlink.list::<NextHop>(&NextHopFilter::default())?.items;
    name_links(netlink, hops.iter().flat_map(NextHop::links), links)?;
    Ok(hops)
}

/// The words that choose routes.
struct Selector<'a> {
    links: Links<'a>,
    names: &'a Names,
    filter: RouteFilter,
}

impl Selector<'_> {
    fn read(&mut self, mut words: Words<'_>) -> Result<(), Failure> {
        while let Some(word) = words.next() {
            if !self.read_table(word, &mut words)? && !self.read_property(word, &mut words)? {
                self.read_prefix(word, &mut words)?;
            }
        }
        Ok(())
    }

    /// Words that choose tables; a VRF stands for its table, without the local routes in it.
    fn read_table(&mut self, word: &str, words: &mut Words<'_>) -> Result<bool, Failure> {
        if means(word, "table") {
            let name = words.value("table")?;
            match (self.names.table_number(name), name) {
                (Some(table), _) => self.filter.table = Some(table).filter(|table| *table != 0),
                (None, "all") => self.filter.table = None,
                (None, "cache") => self.filter.cloned = true,
                (None, _) => return Err(words.wrong("table", name)),
            }
        } else if means(word, "vrf") {
            self.filter.table = Some(self.links.vrf(words)?.1);
            self.filter.without_local = true;
        } else if means(word, "cached") || means(word, "cloned") {
            self.filter.cloned = true;
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    /// Words that the route must have, of which `ip` knows some by their first letters and some whole.
    fn read_property(&mut self, word: &str, words: &mut Words<'_>) -> Result<bool, Failure> {
        let filter = &mut self.filter;
        if word == "tos" || means(word, "dsfield") {
            let name = words.value("tos")?;
            filter.tos = Some(self.names.dsfield_number(name).ok_or_else(|| words.wrong("tos", name))?);
        } else if means(word, "protocol") {
            let name = words.value("protocol")?;
            let protocol = self.names.protocol_number(name);
            filter.protocol = or_all(protocol, name).ok_or_else(|| words.wrong("protocol", name))?;
        } else if means(word, "scope") {
            let name = words.value("scope")?;
            filter.scope = or_all(self.names.scope_number(name), name).ok_or_else(|| words.wrong("scope", name))?;
        } else if means(word, "type") {
            let name = words.value("type")?;
            filter.kind = Some(kind(name).ok_or_else(|| words.wrong("type", name))?);
        } else if matches!(word, "dev" | "oif") {
            filter.oif = Some(self.links.index(words.name("dev")?)?);
        } else if word == "iif" {
            filter.iif = Some(self.links.index(words.name("iif")?)?);
        } else if word == "mark" {
            filter.mark = Some(words.number("mark")?);
        } else if means(word, "metric") || means(word, "priority") || word == "preference" {
            filter.priority = Some(words.number("metric")?);
        } else if means(word, "realms") {
            let name = words.value("realms")?;
            filter.realms = Some(realms(self.names, name).ok_or_else(|| words.wrong("realm", name))?);
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    /// Everything else is a prefix, with or without a word for how it chooses.
    fn read_prefix<'w>(&mut self, word: &'w str, words: &mut Words<'w>) -> Result<(), Failure> {
        match word {
            "via" => {
                let first = words.value("via")?;
                let address = if family(first).is_some() { words.value("via")? } else { first };
                self.filter.via = prefix(words, address)?;
            }
            "src" => {
                let address = words.value("src")?;
                self.filter.prefsrc = prefix(words, address)?;
            }
            _ if means(word, "from") => {
                let (how, text) = range(words.value("from")?, words)?;
                let (root, matching) = (&mut self.filter.from_root, &mut self.filter.from_matching);
                let prefix = prefix(words, text)?;
                how.set(prefix, root, matching);
            }
            _ => {
                let word = if means(word, "to") { words.value("to")? } else { word };
                let (how, text) = range(word, words)?;
                if self.filter.family == Some(Family::MPLS) {
                    self.filter.label = Some(label(text).ok_or_else(|| words.wrong("MPLS label", text))?);
                    return Ok(());
                }
                let prefix = prefix(words, text)?;
                if let Some(prefix) = prefix {
                    words.of_family(text, prefix.family(), self.filter.family)?;
                }
                if let (None, true, How::Exact | How::Match) = (prefix, text == "default", how) {
                    self.filter.longest = Some(0);
                }
                how.set(prefix, &mut self.filter.root, &mut self.filter.matching);
                if self.filter.family.is_none() {
                    self.filter.family = prefix.map(|prefix| prefix.family());
                }
            }
        }
        Ok(())
    }
}

/// How a prefix chooses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    Root,
    Match,
    Exact,
}

impl How {
    fn set(self, prefix: Option<Prefix>, root: &mut Option<Prefix>, matching: &mut Option<Prefix>) {
        if self != Self::Match {
            *root = prefix;
        }
        if self != Self::Root {
            *matching = prefix;
        }
    }
}

/// `[root | match | exact] PREFIX`.
fn range<'a>(word: &'a str, words: &mut Words<'a>) -> Result<(How, &'a str), Failure> {
    for (keyword, how) in [("root", How::Root), ("match", How::Match), ("exact", How::Exact)] {
        if means(word, keyword) {
            return Ok((how, words.value(keyword)?));
        }
    }
    Ok((How::Exact, word))
}

/// Every address is within `default`, `any` and `all`.
fn prefix(words: &Words<'_>, text: &str) -> Result<Option<Prefix>, Failure> {
    match text {
        "default" | "any" | "all" => Ok(None),
        text => {
            let prefix = iproute2::inet_prefix(text).map(Some);
            prefix.ok_or_else(|| words.unknown(text, "a selector such as dev X, proto P, or a prefix"))
        }
    }
}

/// A label of 20 bits, all of which count: the kernel has no prefixes of labels.
fn label(text: &str) -> Option<u32> {
    number(text.strip_suffix("/20").unwrap_or(text)).filter(|label| *label < 1 << 20)
}

/// `all` is no condition.
fn or_all<T>(found: Option<T>, name: &str) -> Option<Option<T>> {
    found.map(Some).or((name == "all").then_some(None))
}

/// Of these `ip` knows some by their first letters and some whole.
fn kind(name: &str) -> Option<RouteKind> {
    let whole = ["local", "nat", "throw"];
    let short = ["broadcast", "anycast", "multicast", "prohibit", "unreachable", "blackhole", "xresolve", "unicast"];
    match name {
        "brd" => Some(RouteKind::BROADCAST),
        name if whole.contains(&name) => RouteKind::from_name(name),
        name => match short.iter().find(|word| means(name, word)) {
            Some(word) => RouteKind::from_name(word),
            None => name.parse().ok().map(RouteKind),
        },
    }
}

/// `[FROM/]TO`: of a part that is left out, no bit counts.
fn realms(names: &Names, text: &str) -> Option<(u32, u32)> {
    let number = |name: &str| if name.is_empty() { Some(0) } else { names.realm_number(name).map(u32::from) };
    let (from, to) = text.split_once('/').unwrap_or(("", text));
    let value = number(from)? << 16 | number(to)?;
    let mask = if from.is_empty() { 0 } else { 0xffff_0000 } | if to.is_empty() { 0 } else { 0xffff };
    Some((value, mask))
}

/// The route that the kernel would take; in the own form, all of its answer.
fn get(ip: &Ip, words: &[OsString]) -> Result<Status, Failure> {
    let netlink = ip.shared.netlink()?;
    let names = ip.shared.names();
    let (mut query, connected) = query(Words::new(GET, words), ip.family(), &Links::new(&netlink), &names)?;
    if ip.shared.stable_json {
        // That there is no route is an answer in this form.
        ip.shared.own_value("route_answer", &netlink.route_get(&query)?)?;
        return Ok(Status::Complete);
    }
    let mut route = routed(&netlink, &query)?;
    if connected && query.source.is_none() {
        query.source = route.prefsrc;
        route = routed(&netlink, &query)?;
    }
    let mut links = LinkNames::default();
    name_links(&netlink, route.links(), &mut links)?;
    let hops = next_hops(ip, &netlink, &mut links)?;
    let mut out = ip.shared.output();
    let options = options(ip, RouteFilter::default());
    iproute2::write_routes(&mut out, [&route], &hops, &names, &links, &options)?;
    out.flush()?;
    Ok(Status::Complete)
}

/// The packet that the words describe, and whether it is one of a connected socket.
fn query(
    mut words: Words<'_>,
    family: Option<Family>,
    links: &Links<'_>,
    names: &Names,
) -> Result<(RouteQuery, bool), Failure> {
    let mut query = RouteQuery::new(IpAddr::from([0; 4]));
    let (mut connected, mut destination) = (false, None);
    while let Some(word) = words.next() {
        if means(word, "iif") {
            query.iif = Some(links.index(words.name("iif")?)?);
        } else if means(word, "from") {
            let address = words.value("from")?;
            query.source = Some(host(&words, address, family)?);
        } else if read_packet(&mut query, word, &mut words, names)? {
            continue;
        } else if means(word, "oif") || word == "dev" {
            query.oif = Some(links.index(words.name("oif")?)?);
        } else if means(word, "vrf") {
            query.oif = Some(links.vrf(&mut words)?.0);
        } else if means(word, "connected") {
            connected = true;
        } else if means(word, "notify") {
            let text = format!(
                "{GET}: \"notify\" asks the kernel to tell of it later, which it no longer does; hint: without"
            );
            return Err(Failure::Usage(text));
        } else if means(word, "fibmatch") {
            query.fib_match = true;
        } else {
            let address = if word == "to" { words.value("to")? } else { word };
            destination = Some(host(&words, address, family)?);
        }
    }
    query.destination = destination.ok_or_else(|| Failure::Usage(format!("{GET}: no address is named")))?;
    Ok((query, connected))
}

fn read_packet(query: &mut RouteQuery, word: &str, words: &mut Words<'_>, names: &Names) -> Result<bool, Failure> {
    if word == "tos" || means(word, "dsfield") {
        let name = words.value("tos")?;
        query.tos = names.dsfield_number(name).ok_or_else(|| words.wrong("tos", name))?;
    } else if means(word, "mark") {
        query.mark = Some(words.number("mark")?).filter(|mark| *mark != 0);
    } else if means(word, "uid") {
        query.uid = Some(words.number("uid")?);
    } else if means(word, "sport") {
        query.sport = Some(words.number("sport")?);
    } else if means(word, "dport") {
        query.dport = Some(words.number("dport")?);
    } else if means(word, "ipproto") {
        let name = words.value("ipproto")?;
        let known = PROTOCOLS.iter().find(|(known, _)| *known == name).map(|(_, number)| *number);
        let number = known.or_else(|| name.parse().ok());
        query.ip_proto = Some(number.ok_or_else(|| words.wrong("ipproto", name))?);
    } else {
        return Ok(false);
    }
    Ok(true)
}

/// An address; the length of a prefix does not matter.
fn host(words: &Words<'_>, text: &str, wanted: Option<Family>) -> Result<IpAddr, Failure> {
    let address = text.split_once('/').map_or(text, |(address, _)| address);
    let found = iproute2::inet_address(address).ok_or_else(|| match text.as_bytes().first() {
        Some(first) if first.is_ascii_alphabetic() && !text.contains(':') => words.unknown(text, WORDS_OF_GET),
        _ => words.wrong("address", text),
    })?;
    words.of_family(text, Prefix::from(found).family(), wanted)?;
    Ok(found)
}

/// The route that the packet takes; one that takes none ends the command, as it does that of `ip`.
fn routed(netlink: &Netlink, query: &RouteQuery) -> Result<Route, Error> {
    let answer = netlink.route_get(query)?;
    let why = match answer.verdict {
        RouteVerdict::NoRoute => "no route: the network is unreachable",
        RouteVerdict::Unreachable => "the host is unreachable",
        RouteVerdict::Prohibited => "administratively prohibited",
        RouteVerdict::Blackhole => "a blackhole: packets are dropped without a word",
        _ => "the kernel gave no route",
    };
    let missing =
        || Error::new(ErrorKind::NotFound, format!("look up the route to {}", query.destination)).with_detail(why);
    answer.route.ok_or_else(missing)
}

/// Routes in a batch, and batches on their way.
const SHOW: &str = "show routes";
const GET: &str = "look up a route";
const WORDS_OF_GET: &str = "get ADDRESS [from A] [iif X] [oif X] [vrf X] [mark M] [uid U] [tos T] [ipproto P] [sport N] \
                            [dport N] [connected] [fibmatch]; names of hosts are not looked up";
const PROTOCOLS: [(&str, u8); 10] = [
    ("icmp", 1),
    ("tcp", 6),
    ("udp", 17),
    ("dccp", 33),
    ("gre", 47),
    ("esp", 50),
    ("ah", 51),
    ("ipv6-icmp", 58),
    ("sctp", 132),
    ("udplite", 136),
];

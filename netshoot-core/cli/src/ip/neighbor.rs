//! `netshoot ip neigh`.

use std::ffi::OsString;
use std::io::Write;

use netshoot_core::netlink::iproute2::{self, Names, NeighborOptions};
use netshoot_core::netlink::{
    Family, LinkNames, Neighbor, NeighborFilter, NeighborFlags, NeighborQuery, NeighborState, Prefix,
};
use netshoot_core::{Error, ErrorKind};

use super::words::{Links, Words, means, verb};
use crate::arguments::Ip;
use crate::output::{Failure, Status, complain};

pub(super) fn run(ip: &Ip, words: &[OsString]) -> Result<Status, Failure> {
    let rest = match verb("ip neighbor", words, &["get"])? {
        (Some("get"), rest) => return get(ip, Words::new(GET, rest)),
        (Some(_), rest) => rest,
        (None, words) => return Err(Words::new(SHOW, words).no_verb(GRAMMAR)),
    };
    let netlink = ip.shared.netlink()?;
    let (links, names) = (Links::new(&netlink), ip.shared.names());
    let selector = Selector::read(rest, ip.family(), &links, &names)?;
    let mut listing = netlink.list::<Neighbor>(&selector.filter)?;
    if listing.interrupted {
        complain("list neighbours: they changed while the kernel listed them, some may be missing; hint: ask again");
    }
    listing.items.retain(|neighbor| selector.matches(neighbor));
    if ip.shared.own(&listing)? {
        return Ok(Status::Complete);
    }
    let mut options = NeighborOptions::default();
    (options.json, options.statistics, options.brief) = (ip.shared.json, ip.shared.statistics > 0, ip.brief);
    options.without_device = selector.filter.ifindex.is_some();
    let mut out = ip.shared.output();
    iproute2::write_neighbors(&mut out, &listing, &names, &netlink.link_names()?, &options)?;
    out.flush()?;
    Ok(Status::Complete)
}

/// Shows one neighbour or proxy; one that is not there ends the command, as it does that of `ip`.
fn get(ip: &Ip, words: Words<'_>) -> Result<Status, Failure> {
    let netlink = ip.shared.netlink()?;
    let query = query(words, ip.family(), &Links::new(&netlink))?;
    let missing = || {
        let operation = format!("look up the neighbour {}", query.address);
        Error::new(ErrorKind::NotFound, operation).with_detail("there is no such neighbour")
    };
    let neighbor = netlink.neighbor(&query)?.ok_or_else(missing)?;
    if ip.shared.own_item("neighbor", &neighbor)? {
        return Ok(Status::Complete);
    }
    let links: LinkNames =
        netlink.link_name(neighbor.ifindex)?.map(|name| (neighbor.ifindex, name)).into_iter().collect();
    let mut options = NeighborOptions::default();
    (options.json, options.statistics, options.brief) = (ip.shared.json, ip.shared.statistics > 0, ip.brief);
    let mut out = ip.shared.output();
    iproute2::write_neighbors(&mut out, [&neighbor], &ip.shared.names(), &links, &options)?;
    out.flush()?;
    Ok(Status::Complete)
}

/// The words of `get`: an address and a link, or `proxy` in front of the address.
fn query(mut words: Words<'_>, family: Option<Family>, links: &Links<'_>) -> Result<NeighborQuery, Failure> {
    let (mut address, mut ifindex, mut proxy) = (None, None, false);
    while let Some(word) = words.next() {
        let text = match word {
            "dev" => {
                ifindex = Some(links.index(words.name("dev")?)?);
                continue;
            }
            word if means(word, "proxy") => {
                proxy = true;
                words.value("proxy")?
            }
            "to" => words.value("to")?,
            word => word,
        };
        let found = iproute2::inet_address(text).ok_or_else(|| words.unknown(text, GET_GRAMMAR))?;
        words.of_family(text, Prefix::from(found).family(), family)?;
        address = Some(found);
    }
    let (Some(address), true) = (address, proxy || ifindex.is_some()) else {
        return Err(Failure::Usage(format!("{GET}: an address and a link are needed; hint: {GET_GRAMMAR}")));
    };
    let mut query = NeighborQuery::new(address, ifindex.unwrap_or_default());
    query.proxy = proxy;
    Ok(query)
}

/// What follows `show`.
struct Selector {
    filter: NeighborFilter,
    /// States, and a bit above them for those without one.
    states: u32,
    to: Option<Prefix>,
    protocol: Option<u8>,
    unused: bool,
}

impl Selector {
    fn read(words: &[OsString], family: Option<Family>, links: &Links<'_>, names: &Names) -> Result<Self, Failure> {
        let mut filter = NeighborFilter::default();
        (filter.family, filter.proxies) = (family, Some(false));
        let usual = u32::from(u8::MAX) & !u32::from(NeighborState::NOARP.0);
        let mut selector = Self { filter, states: usual, to: None, protocol: None, unused: false };
        let mut given = 0;
        let mut words = Words::new(SHOW, words);
        while let Some(word) = words.next() {
            match word {
                "dev" => selector.filter.ifindex = Some(links.index(words.name("dev")?)?),
                "master" => selector.filter.master = Some(links.index(words.name("master")?)?),
                "vrf" => selector.filter.master = Some(links.vrf(&mut words)?.0),
                "nomaster" => (selector.filter.master, selector.filter.nomaster) = (None, true),
                "unused" => selector.unused = true,
                "nud" => {
                    let name = words.value("nud")?;
                    given |= states(name).ok_or_else(|| words.wrong("state", name))?;
                    selector.states = given;
                }
                "proxy" => selector.filter.proxies = Some(true),
                word if means(word, "protocol") => {
                    let name = words.value("protocol")?;
                    let number = names.protocol_number(name).ok_or_else(|| words.wrong("protocol", name))?;
                    selector.protocol = Some(number.0);
                }
                word => {
                    let text = if word == "to" { words.value("to")? } else { word };
                    let prefix = iproute2::inet_prefix(text).ok_or_else(|| words.unknown(text, GRAMMAR))?;
                    words.of_family(text, prefix.family(), family)?;
                    selector.to = Some(prefix);
                    selector.filter.family.get_or_insert(prefix.family());
                }
            }
        }
        Ok(selector)
    }

    /// Proxies and what was learned elsewhere have no state to be chosen by; without a word, NOARP is left out.
    fn matches(&self, neighbor: &Neighbor) -> bool {
        let exempt = NeighborFlags(NeighborFlags::PROXY.0 | NeighborFlags::EXT_LEARNED.0);
        let in_state = u32::from(neighbor.state.0) & self.states != 0
            || neighbor.flags.0 & exempt.0 != 0
            || (neighbor.state.0 == 0 && self.states & STATELESS != 0);
        in_state
            && self.to.is_none_or(|prefix| neighbor.dst.is_some_and(|dst| prefix.contains(dst)))
            && self.protocol.is_none_or(|wanted| neighbor.protocol.map_or(0, |own| own.0) == wanted)
            && (!self.unused || neighbor.cacheinfo.is_none_or(|info| info.refcnt == 0))
    }
}

/// The states of this name, or of this number in hexadecimal digits.
fn states(name: &str) -> Option<u32> {
    Some(match name {
        "all" => u32::MAX,
        "none" => STATELESS,
        "permanent" => NeighborState::PERMANENT.0.into(),
        "reachable" => NeighborState::REACHABLE.0.into(),
        "noarp" => NeighborState::NOARP.0.into(),
        "stale" => NeighborState::STALE.0.into(),
        "incomplete" => NeighborState::INCOMPLETE.0.into(),
        "delay" => NeighborState::DELAY.0.into(),
        "probe" => NeighborState::PROBE.0.into(),
        "failed" => NeighborState::FAILED.0.into(),
        digits => match u32::from_str_radix(digits.strip_prefix("0x").unwrap_or(digits), 16).ok()? {
            0 => STATELESS,
            number => number,
        },
    })
}

const STATELESS: u32 = 0x100;
const SHOW: &str = "show neighbours";
const GET: &str = "look up a neighbour";
const GET_GRAMMAR: &str = "get [to] ADDRESS dev X, or get proxy ADDRESS [dev X]";
const GRAMMAR: &str = "[show] [proxy] [[to] PREFIX] [dev X] [nud STATE] [master X] [nomaster] [vrf X] [unused] \
                       [protocol P]";

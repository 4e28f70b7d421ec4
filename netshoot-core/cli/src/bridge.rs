//! `netshoot bridge fdb`.

use std::ffi::OsString;
use std::io::Write;

use netshoot_core::netlink::iproute2::{self, NeighborOptions};
use netshoot_core::netlink::{FdbEntry, FdbFilter, FdbQuery, LinkLayerAddress, NeighborFlags, NeighborState};
use netshoot_core::{Error, ErrorKind};

use crate::arguments::{Bridge, BridgeObject};
use crate::ip::words::{Links, Words, means, verb};
use crate::output::{Failure, Status, complain};

pub(crate) fn run(bridge: &Bridge) -> Result<Status, Failure> {
    let BridgeObject::Fdb(words) = &bridge.object;
    let rest = match verb("bridge fdb", &words.words, &["get"])? {
        (Some("get"), rest) => return get(bridge, Words::new(GET, rest)),
        (Some(_), rest) => rest,
        (None, words) => return Err(Words::new(SHOW, words).no_verb(GRAMMAR)),
    };
    let netlink = bridge.shared.netlink()?;
    let links = Links::new(&netlink);
    let (filter, dynamic) = read(rest, &links)?;
    let mut listing = netlink.list::<FdbEntry>(&filter)?;
    if listing.interrupted {
        complain("list forwarding entries: they changed while the kernel listed them; hint: ask again");
    }
    listing.items.retain(|entry| !dynamic || !entry.state.contains(NeighborState::PERMANENT));
    if bridge.shared.own(&listing)? {
        return Ok(Status::Complete);
    }
    let mut options = NeighborOptions::default();
    (options.json, options.statistics) = (bridge.shared.json, bridge.shared.statistics > 0);
    options.without_device = filter.ifindex.is_some();
    let mut out = bridge.shared.output();
    iproute2::write_fdb(&mut out, &listing, &netlink.link_names()?, &options)?;
    out.flush()?;
    Ok(Status::Complete)
}

/// Shows one entry; one that is not there ends the command, as it does that of `bridge`.
fn get(bridge: &Bridge, words: Words<'_>) -> Result<Status, Failure> {
    let netlink = bridge.shared.netlink()?;
    let query = query(words, &Links::new(&netlink))?;
    let missing = || {
        let operation = format!("look up the forwarding entry of {}", query.mac);
        Error::new(ErrorKind::NotFound, operation).with_detail("there is no such entry")
    };
    let entry = netlink.fdb_entry(&query)?.ok_or_else(missing)?;
    if bridge.shared.own_item("fdb_entry", &entry)? {
        return Ok(Status::Complete);
    }
    let mut options = NeighborOptions::default();
    (options.json, options.statistics) = (bridge.shared.json, bridge.shared.statistics > 0);
    let mut out = bridge.shared.output();
    iproute2::write_fdb(&mut out, [&entry], &netlink.link_names()?, &options)?;
    out.flush()?;
    Ok(Status::Complete)
}

/// The words of `get`, which may stand in any order; an address and a link are needed.
fn query(mut words: Words<'_>, links: &Links<'_>) -> Result<FdbQuery, Failure> {
    let (mut query, mut place) = (FdbQuery::new(LinkLayerAddress::default()), 0);
    let mut mac = None;
    while let Some(word) = words.next() {
        match word {
            "brport" | "dev" => query.ifindex = Some(links.index(words.name(word)?)?),
            "br" => query.master = Some(links.index(words.name(word)?)?),
            "vni" => query.vni = Some(words.number("vni")?),
            "self" => place |= NeighborFlags::SELF.0,
            word if means(word, "master") => place |= NeighborFlags::MASTER.0,
            word if means(word, "vlan") => query.vlan = Some(words.number("vlan")?),
            word if means(word, "dynamic") => {}
            word => {
                let text = if word == "to" { words.value("to")? } else { word };
                mac = Some(text.parse().map_err(|_| words.unknown(text, GET_GRAMMAR))?);
            }
        }
    }
    let (Some(mac), true) = (mac, query.ifindex.is_some() || query.master.is_some()) else {
        return Err(Failure::Usage(format!("{GET}: an address and a link are needed; hint: {GET_GRAMMAR}")));
    };
    (query.mac, query.place) = (mac, NeighborFlags(place));
    Ok(query)
}

/// What is wanted, and whether entries that do not expire are left out.
fn read(words: &[OsString], links: &Links<'_>) -> Result<(FdbFilter, bool), Failure> {
    let (mut filter, mut dynamic, mut states) = (FdbFilter::default(), false, 0);
    let mut words = Words::new(SHOW, words);
    while let Some(word) = words.next() {
        match word {
            "brport" | "dev" => filter.ifindex = Some(links.index(words.name(word)?)?),
            "br" => filter.master = Some(links.index(words.name(word)?)?),
            "vlan" => filter.vlan = Some(words.number("vlan")?),
            "state" => {
                let name = words.value("state")?;
                states |= state(name).ok_or_else(|| words.wrong("state", name))?;
                filter.states = Some(NeighborState(states));
            }
            "dynamic" => dynamic = true,
            word => return Err(words.unknown(word, GRAMMAR)),
        }
    }
    Ok((filter, dynamic))
}

/// The state of this name, by the first letters as `bridge` has it: its `static` is NOARP, its `dynamic` REACHABLE.
fn state(name: &str) -> Option<u16> {
    Some(if means(name, "permanent") {
        NeighborState::PERMANENT.0
    } else if means(name, "static") || means(name, "temp") {
        NeighborState::NOARP.0
    } else if means(name, "stale") {
        NeighborState::STALE.0
    } else if means(name, "reachable") || means(name, "dynamic") {
        NeighborState::REACHABLE.0
    } else if name == "all" {
        u16::MAX
    } else {
        return None;
    })
}

const SHOW: &str = "show forwarding entries";
const GET: &str = "look up a forwarding entry";
const GET_GRAMMAR: &str = "get [to] ADDRESS [dev X] [br BRIDGE] [vlan VID] [vni VNI] [self] [master]";
const GRAMMAR: &str = "[show] [dev X] [br BRIDGE] [brport DEV] [vlan VID] [state STATE] [dynamic]";

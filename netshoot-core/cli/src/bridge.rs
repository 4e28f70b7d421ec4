//! `netshoot bridge fdb`.

use std::io::Write;

use netshoot_core::netlink::iproute2::{self, NeighborOptions};
use netshoot_core::netlink::{FdbEntry, FdbFilter, NeighborState};

use crate::arguments::{Bridge, BridgeObject};
use crate::ip::words::{Links, Words, means};
use crate::output::{Failure, Status, complain};

pub(crate) fn run(bridge: &Bridge) -> Result<Status, Failure> {
    let BridgeObject::Fdb(words) = &bridge.object;
    let rest = match words.words.split_first() {
        Some((first, rest)) if ["list", "show", "lst", "ls"].iter().any(|word| means(first, word)) => rest,
        Some((first, _)) => return Err(Words::new(SHOW, &words.words).unknown(first, GRAMMAR)),
        None => &[],
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

/// What is wanted, and whether entries that do not expire are left out.
fn read(words: &[String], links: &Links<'_>) -> Result<(FdbFilter, bool), Failure> {
    let (mut filter, mut dynamic, mut states) = (FdbFilter::default(), false, 0);
    let mut words = Words::new(SHOW, words);
    while let Some(word) = words.next() {
        match word {
            "brport" | "dev" => filter.ifindex = Some(links.index(words.value(word)?)?),
            "br" => filter.master = Some(links.index(words.value(word)?)?),
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
const GRAMMAR: &str = "[show] [br BRIDGE] [brport DEV] [vlan VID] [state STATE] [dynamic]";

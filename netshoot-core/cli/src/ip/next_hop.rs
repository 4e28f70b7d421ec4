//! `netshoot ip nexthop`.

use std::io::Write;

use netshoot_core::netlink::iproute2::{self, RouteOptions};
use netshoot_core::netlink::{Listing, Netlink, NextHop, NextHopBucket, NextHopBucketFilter, NextHopFilter};
use netshoot_core::{Error, ErrorKind};

use super::words::{Links, Words, means};
use crate::arguments::Ip;
use crate::output::{Failure, Status, complain};

pub(super) fn run(ip: &Ip, words: &[String]) -> Result<Status, Failure> {
    let Some((first, rest)) = words.split_first() else { return show(ip, &[]) };
    if ["list", "show", "lst", "ls", "get"].iter().any(|word| means(first, word)) {
        show(ip, rest)
    } else if means(first, "bucket") {
        let rest = match rest.split_first() {
            Some((word, rest)) if ["list", "show", "lst", "ls"].iter().any(|keyword| means(word, keyword)) => rest,
            _ => rest,
        };
        show_buckets(ip, rest)
    } else {
        Err(Words::new(SHOW, words).unknown(first, "[show | get | bucket] SELECTOR; next hops are never changed"))
    }
}

fn show(ip: &Ip, words: &[String]) -> Result<Status, Failure> {
    let netlink = ip.shared.netlink()?;
    let (links, names) = (Links::new(&netlink), ip.shared.names());
    let mut filter = NextHopFilter::default();
    (filter.family, filter.stats) = (ip.family(), ip.shared.statistics > 0);
    let mut words = Words::new(SHOW, words);
    while let Some(word) = words.next() {
        if means(word, "dev") {
            filter.oif = Some(links.index(words.value("dev")?)?);
        } else if means(word, "groups") {
            filter.groups = true;
        } else if means(word, "master") || means(word, "vrf") {
            filter.master = Some(links.index(words.value("master")?)?);
        } else if word == "id" {
            filter.id = Some(words.number("id")?);
        } else if means(word, "protocol") {
            let name = words.value("protocol")?;
            filter.protocol = Some(names.protocol_number(name).ok_or_else(|| words.wrong("protocol", name))?);
        } else if means(word, "fdb") {
            filter.fdb = true;
        } else {
            return Err(words.unknown(word, "[id N] [dev X] [master X] [groups] [fdb] [protocol P]"));
        }
    }
    let listing = list::<NextHop>(&netlink, &filter)?;
    if ip.shared.own(&listing)? {
        return Ok(Status::Complete);
    }
    let hops = listing.items;
    if let (Some(id), true) = (filter.id, hops.is_empty()) {
        let error = Error::new(ErrorKind::NotFound, format!("show next hop {id}"));
        return Err(error.with_detail("there is no such next hop").into());
    }
    let mut out = ip.shared.output();
    iproute2::write_next_hops(&mut out, &hops, &names, &netlink.link_names()?, &options(ip))?;
    out.flush()?;
    Ok(Status::Complete)
}

fn show_buckets(ip: &Ip, words: &[String]) -> Result<Status, Failure> {
    let netlink = ip.shared.netlink()?;
    let (links, names) = (Links::new(&netlink), ip.shared.names());
    let mut filter = NextHopBucketFilter::default();
    let mut words = Words::new(SHOW, words);
    while let Some(word) = words.next() {
        if means(word, "dev") {
            filter.oif = Some(links.index(words.value("dev")?)?);
        } else if means(word, "master") || means(word, "vrf") {
            filter.master = Some(links.index(words.value("master")?)?);
        } else if word == "id" {
            filter.id = Some(words.number("id")?);
        } else if word == "nhid" {
            filter.nhid = Some(words.number("nhid")?);
        } else {
            return Err(words.unknown(word, "[id N] [nhid N] [dev X] [master X]"));
        }
    }
    let listing = list::<NextHopBucket>(&netlink, &filter)?;
    if ip.shared.own(&listing)? {
        return Ok(Status::Complete);
    }
    let buckets = listing.items;
    let mut out = ip.shared.output();
    iproute2::write_next_hop_buckets(&mut out, &buckets, &names, &netlink.link_names()?, &options(ip))?;
    out.flush()?;
    Ok(Status::Complete)
}

/// A dump that was interrupted is shown, with a word on standard error.
fn list<T: netshoot_core::netlink::Object>(netlink: &Netlink, filter: &T::Filter) -> Result<Listing<T>, Error> {
    let listing = netlink.list::<T>(filter)?;
    if listing.interrupted {
        complain("list next hops: they changed while the kernel listed them, some may be missing; hint: ask again");
    }
    Ok(listing)
}

fn options(ip: &Ip) -> RouteOptions {
    let mut options = RouteOptions::default();
    (options.json, options.details, options.oneline) = (ip.shared.json, ip.shared.details, ip.shared.oneline);
    options.statistics = ip.shared.statistics > 0;
    options
}

const SHOW: &str = "show next hops";

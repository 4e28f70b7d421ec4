//! `netshoot ip nexthop`.

use std::ffi::OsString;
use std::io::Write;

use netshoot_core::netlink::iproute2::{self, RouteOptions};
use netshoot_core::netlink::{Listing, Netlink, NextHop, NextHopBucket, NextHopBucketFilter, NextHopFilter};
use netshoot_core::{Error, ErrorKind};

use super::words::{Links, Words, means, verb};
use crate::arguments::Ip;
use crate::output::{Failure, Status, complain};

pub(super) fn run(ip: &Ip, words: &[OsString]) -> Result<Status, Failure> {
    match verb("ip nexthop", words, &["get", "bucket"])? {
        (Some("bucket"), rest) => match verb("ip nexthop bucket", rest, &["get"])? {
            (Some("get"), rest) => get_bucket(ip, rest),
            (_, rest) => show_buckets(ip, rest),
        },
        (Some(_), rest) => show(ip, rest),
        (None, words) => Err(Words::new(SHOW, words).no_verb("[show | get | bucket] SELECTOR")),
    }
}

fn show(ip: &Ip, words: &[OsString]) -> Result<Status, Failure> {
    let netlink = ip.shared.netlink()?;
    let (links, names) = (Links::new(&netlink), ip.shared.names());
    let mut filter = NextHopFilter::default();
    (filter.family, filter.stats) = (ip.family(), ip.shared.statistics > 0);
    let mut words = Words::new(SHOW, words);
    while let Some(word) = words.next() {
        if means(word, "dev") {
            filter.oif = Some(links.index(words.name("dev")?)?);
        } else if means(word, "groups") {
            filter.groups = true;
        } else if means(word, "master") {
            filter.master = Some(links.index(words.name("master")?)?);
        } else if means(word, "vrf") {
            filter.master = Some(links.vrf(&mut words)?.0);
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

fn show_buckets(ip: &Ip, words: &[OsString]) -> Result<Status, Failure> {
    let netlink = ip.shared.netlink()?;
    let (links, names) = (Links::new(&netlink), ip.shared.names());
    let mut filter = NextHopBucketFilter::default();
    let mut words = Words::new(SHOW, words);
    while let Some(word) = words.next() {
        if means(word, "dev") {
            filter.oif = Some(links.index(words.name("dev")?)?);
        } else if means(word, "master") {
            filter.master = Some(links.index(words.name("master")?)?);
        } else if means(word, "vrf") {
            filter.master = Some(links.vrf(&mut words)?.0);
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

/// One bucket of one group.
fn get_bucket(ip: &Ip, words: &[OsString]) -> Result<Status, Failure> {
    let (mut filter, mut index) = (NextHopBucketFilter::default(), None);
    let mut words = Words::new("look up a bucket", words);
    while let Some(word) = words.next() {
        match word {
            "id" => filter.id = Some(words.number("id")?),
            "index" => index = Some(words.number::<u16>("index")?),
            word => return Err(words.unknown(word, "get id N index N")),
        }
    }
    let (Some(id), Some(index)) = (filter.id, index) else {
        return Err(Failure::Usage(
            "look up a bucket: a group and an index are needed; hint: get id N index N".to_owned(),
        ));
    };
    let netlink = ip.shared.netlink()?;
    let listing = list::<NextHopBucket>(&netlink, &filter)?;
    let missing = || {
        let operation = format!("look up bucket {index} of next hop {id}");
        Error::new(ErrorKind::NotFound, operation).with_detail("there is no such bucket")
    };
    let bucket = listing.items.iter().find(|bucket| bucket.index == index).ok_or_else(missing)?;
    if ip.shared.own_item("next_hop_bucket", bucket)? {
        return Ok(Status::Complete);
    }
    let mut out = ip.shared.output();
    let names = (ip.shared.names(), netlink.link_names()?);
    iproute2::write_next_hop_buckets(&mut out, [bucket], &names.0, &names.1, &options(ip))?;
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

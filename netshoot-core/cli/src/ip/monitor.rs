//! `netshoot ip monitor`: what changes, as it happens.

use std::ffi::OsString;
use std::io::Write;

use netshoot_core::netlink::iproute2::{MonitorOptions, MonitorTime, MonitorWriter};
use netshoot_core::netlink::{Kind, Netlink, WatchOptions};

use super::words::{Links, Words, means};
use crate::arguments::Ip;
use crate::output::{Failure, Status};

pub(super) fn run(ip: &Ip, words: &[OsString]) -> Result<Status, Failure> {
    let netlink = ip.shared.netlink()?;
    let shown = choice(ip, &netlink, words)?;
    let mut options = WatchOptions::default();
    // The names of links stand in most of what is shown, and next hops in the details of routes.
    options.kinds = [&shown.kinds[..], &[Kind::Link, Kind::NextHop]].concat();
    let mut watch = netlink.watch(&options)?;
    let mut writer = MonitorWriter::new(shown, ip.shared.names(), watch.state());
    let mut out = ip.shared.output();
    loop {
        let Some(event) = watch.next(None)? else { continue };
        if !ip.shared.json && !ip.shared.stable_json {
            writer.write(&mut out, &event, watch.state())?;
        } else if writer.shows(&event) {
            serde_json::to_writer(&mut out, &event).map_err(std::io::Error::from)?;
            writeln!(out)?;
        }
        out.flush()?;
    }
}

/// What the words and options choose.
fn choice(ip: &Ip, netlink: &Netlink, words: &[OsString]) -> Result<MonitorOptions, Failure> {
    let mut options = MonitorOptions::default();
    (options.details, options.oneline, options.family) = (ip.shared.details, ip.shared.oneline, ip.family());
    options.time = match (ip.tshort, ip.timestamp) {
        (true, _) => Some(MonitorTime::Short),
        (_, true) => Some(MonitorTime::Long),
        _ => None,
    };
    let (mut kinds, mut words) = (Vec::new(), Words::new("watch", words));
    while let Some(word) = words.next() {
        if word == "all" || means(word, "label") {
            options.label = true;
        } else if let Some((_, named)) = KEYWORDS.iter().find(|(keyword, _)| means(word, keyword)) {
            kinds.extend_from_slice(named);
            options.untold_fdb |= *named == [Kind::FdbEntry];
        } else if word == "dev" {
            options.device = Some(Links::new(netlink).index(words.name("dev")?)?);
        } else {
            return Err(words.unknown(word, HINT));
        }
    }
    if !kinds.is_empty() {
        options.kinds = kinds;
    }
    Ok(options)
}

/// In the order in which `ip` takes the beginning of a word for one of them. It does not know the last two.
const KEYWORDS: [(&str, &[Kind]); 8] = [
    ("link", &[Kind::Link]),
    ("address", &[Kind::Address]),
    ("route", &[Kind::Route]),
    ("neighbor", &[Kind::Neighbor, Kind::FdbEntry]),
    ("rule", &[Kind::Rule]),
    ("nexthop", &[Kind::NextHop, Kind::NextHopBucket]),
    ("fdb", &[Kind::FdbEntry]),
    ("qdisc", &[Kind::Qdisc]),
];
const HINT: &str = "all, label, dev X, link, address, route, rule, neigh, nexthop, fdb or qdisc";

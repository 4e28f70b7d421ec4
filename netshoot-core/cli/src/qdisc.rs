//! `netshoot tc qdisc`.

use std::ffi::OsString;
use std::io::Write;

use netshoot_core::netlink::iproute2::{self, QdiscShowOptions};
use netshoot_core::netlink::{Qdisc, QdiscFilter, QdiscHandle};

use crate::arguments::{Tc, TcObject};
use crate::ip::words::{Links, Words, means, verb};
use crate::output::{Failure, Status, complain};

pub(crate) fn run(tc: &Tc) -> Result<Status, Failure> {
    let TcObject::Qdisc(words) = &tc.object;
    let (Some(_), rest) = verb("tc qdisc", &words.words, &[])? else {
        return Err(Words::new(SHOW, &words.words).no_verb(GRAMMAR));
    };
    let netlink = tc.shared.netlink()?;
    let links = Links::new(&netlink);
    let filter = read(rest, &links)?;
    let listing = netlink.list::<Qdisc>(&filter)?;
    if listing.interrupted {
        complain("list queueing disciplines: they changed while the kernel listed them; hint: ask again");
    }
    if tc.shared.own(&listing)? {
        return Ok(Status::Complete);
    }
    let mut options = QdiscShowOptions::default();
    (options.json, options.details, options.statistics) = (tc.shared.json, tc.shared.details, tc.shared.statistics > 0);
    options.without_device = filter.ifindex.is_some();
    let mut out = tc.shared.output();
    iproute2::write_qdiscs(&mut out, &listing.items, &netlink.link_names()?, &options)?;
    out.flush()?;
    Ok(Status::Complete)
}

/// What follows `show`; the kernel is asked for one link alone where one is named.
fn read(words: &[OsString], links: &Links<'_>) -> Result<QdiscFilter, Failure> {
    let mut filter = QdiscFilter::default();
    let mut words = Words::new(SHOW, words);
    while let Some(word) = words.next() {
        match word {
            "dev" => filter.ifindex = Some(links.index(words.name("dev")?)?),
            "root" => filter.parent = Some(QdiscHandle::ROOT),
            "ingress" | "clsact" => filter.parent = Some(QdiscHandle::INGRESS),
            "parent" | "handle" => {
                let text = words.value(word)?;
                let handle = handle(text).ok_or_else(|| words.wrong(word, text))?;
                if word == "parent" { filter.parent = Some(handle) } else { filter.handle = Some(handle) }
            }
            word if means(word, "invisible") => filter.invisible = true,
            word => return Err(words.unknown(word, GRAMMAR)),
        }
    }
    Ok(filter)
}

/// `MAJOR:MINOR` in hexadecimal; either half may be left out.
fn handle(text: &str) -> Option<QdiscHandle> {
    let half = |digits: &str| if digits.is_empty() { Some(0) } else { u16::from_str_radix(digits, 16).ok() };
    let (major, minor) = text.split_once(':').unwrap_or((text, ""));
    Some(QdiscHandle(u32::from(half(major)?) << 16 | u32::from(half(minor)?)))
}

const SHOW: &str = "show queueing disciplines";
const GRAMMAR: &str = "[show] [dev X] [root | ingress | clsact | parent N] [handle N] [invisible]";

//! `netshoot ip rule`.

use std::ffi::OsString;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;

use netshoot_core::netlink::iproute2::{self, Names, RuleOptions, inet_prefix};
use netshoot_core::netlink::{ByteString, Family, Prefix, Rule, RuleFilter, RuleFlags};

use super::words::{Words, means, verb};
use crate::arguments::Ip;
use crate::output::{Failure, Status, complain};

pub(super) fn run(ip: &Ip, words: &[OsString]) -> Result<Status, Failure> {
    let (Some(_), rest) = verb("ip rule", words, &[])? else {
        return Err(Words::new(SHOW, words).no_verb("[show] SELECTOR"));
    };
    let netlink = ip.shared.netlink()?;
    let names = ip.shared.names();
    let family = ip.family().unwrap_or(Family::INET);
    let selector = Selector::read(rest, family, &names)?;
    let mut filter = RuleFilter::default();
    filter.family = Some(family);
    (filter.table, filter.priority) = (selector.table, selector.priority);
    let mut listing = netlink.list::<Rule>(&filter)?;
    if listing.interrupted {
        complain("list rules: they changed while the kernel listed them, some may be missing; hint: ask again");
    }
    listing.items.retain(|rule| selector.matches(rule));
    if ip.shared.own(&listing)? {
        return Ok(Status::Complete);
    }
    let mut options = RuleOptions::default();
    (options.json, options.details) = (ip.shared.json, ip.shared.details);
    let mut out = ip.shared.output();
    iproute2::write_rules(&mut out, &listing, &names, &options)?;
    out.flush()?;
    Ok(Status::Complete)
}

/// What follows `show`.
#[derive(Default)]
struct Selector {
    table: Option<u32>,
    priority: Option<u32>,
    inverted: bool,
    from: Option<Prefix>,
    to: Option<Prefix>,
    tos: Option<u8>,
    fwmark: Option<(u32, Option<u32>)>,
    iif: Option<OsString>,
    oif: Option<OsString>,
    l3mdev: bool,
    uid_range: Option<(u32, u32)>,
    tun_id: Option<u64>,
    ip_proto: Option<u8>,
    sport: Option<(u16, u16)>,
    dport: Option<(u16, u16)>,
    protocol: Option<u8>,
}

impl Selector {
    fn read(words: &[OsString], family: Family, names: &Names) -> Result<Self, Failure> {
        let mut selector = Self::default();
        let mut words = Words::new(SHOW, words);
        while let Some(word) = words.next() {
            if means(word, "not") {
                selector.inverted = true;
            } else if means(word, "from") {
                selector.from = prefix(&mut words, "from", family)?;
            } else if means(word, "to") {
                selector.to = prefix(&mut words, "to", family)?;
            } else if ["preference", "order", "priority"].iter().any(|keyword| means(word, keyword)) {
                selector.priority = Some(words.number("priority")?);
            } else if word == "table" || means(word, "lookup") {
                let name = words.value("table")?;
                selector.table = Some(names.table_number(name).ok_or_else(|| words.wrong("table", name))?);
            } else {
                selector.read_more(word, &mut words, family, names)?;
            }
        }
        Ok(selector)
    }

    fn read_more(&mut self, word: &str, words: &mut Words<'_>, family: Family, names: &Names) -> Result<(), Failure> {
        if means(word, "tos") || means(word, "dsfield") {
            let name = words.value("tos")?;
            self.tos = Some(names.dsfield_number(name).ok_or_else(|| words.wrong("tos", name))?);
        } else if word == "fwmark" {
            let text = words.value("fwmark")?;
            self.fwmark = Some(mark(text).ok_or_else(|| words.wrong("fwmark", text))?);
        } else if word == "dev" || word == "iif" {
            self.iif = Some(words.name("iif")?.to_owned());
        } else if word == "oif" {
            self.oif = Some(words.name("oif")?.to_owned());
        } else if word == "l3mdev" {
            self.l3mdev = true;
        } else if word == "uidrange" {
            let text = words.value("uidrange")?;
            self.uid_range = Some(range(text).ok_or_else(|| words.wrong("uidrange", text))?);
        } else if means(word, "tun_id") {
            self.tun_id = Some(words.number::<u32>("tun_id")?.into());
        } else if word == "ipproto" {
            let name = words.value("ipproto")?;
            self.ip_proto = Some(names.ip_protocol_number(name).ok_or_else(|| words.wrong("ipproto", name))?);
        } else if word == "sport" || word == "dport" {
            let text = words.value("port")?;
            let ports = Some(range(text).ok_or_else(|| words.wrong("port", text))?);
            if word == "sport" { self.sport = ports } else { self.dport = ports }
        } else if means(word, "protocol") {
            let name = words.value("protocol")?;
            self.protocol = Some(names.protocol_number(name).ok_or_else(|| words.wrong("protocol", name))?.0);
        } else if let Some(to) = given_prefix(word) {
            self.to = of_family(words, word, to, family)?;
        } else {
            return Err(words.unknown(word, "[show] [from P] [to P] [pref N] [table T] [fwmark M] [iif X] [oif X] …"));
        }
        Ok(())
    }

    /// The kernel filters by none of these, so they are compared here.
    fn matches(&self, rule: &Rule) -> bool {
        let within = |wanted: Option<Prefix>, address, length| {
            wanted.is_none_or(|wanted| {
                wanted.length <= length
                    && (wanted.length == 0 || Option::is_some_and(address, |own| wanted.contains(own)))
            })
        };
        let named = |wanted: &Option<OsString>, own: &Option<ByteString>| {
            let is = |own: &ByteString, wanted: &[u8]| own.as_bytes() == wanted || own.to_string().as_bytes() == wanted;
            wanted.as_ref().is_none_or(|wanted| own.as_ref().is_some_and(|own| is(own, wanted.as_bytes())))
        };
        let ports = |wanted: Option<(u16, u16)>, own: &Option<std::ops::RangeInclusive<u16>>| {
            wanted.is_none_or(|(start, end)| *own == Some(start..=end))
        };
        let mark = |(wanted, mask): (u32, Option<u32>)| {
            (wanted == 0 || rule.fwmark == Some(wanted)) && mask.is_none_or(|mask| rule.fwmask == Some(mask))
        };
        (!self.inverted || rule.flags.contains(RuleFlags::INVERT))
            && within(self.from, rule.src, rule.src_len)
            && within(self.to, rule.dst, rule.dst_len)
            && self.tos.is_none_or(|tos| rule.tos == tos)
            && self.fwmark.is_none_or(mark)
            && named(&self.iif, &rule.iifname)
            && named(&self.oif, &rule.oifname)
            && (!self.l3mdev || rule.l3mdev)
            && self.uid_range.is_none_or(|(start, end)| rule.uid_range == Some(start..=end))
            && self.tun_id.is_none_or(|id| rule.tun_id == Some(id))
            && self.ip_proto.is_none_or(|protocol| rule.ip_proto == Some(protocol))
            && ports(self.sport, &rule.sport_range)
            && ports(self.dport, &rule.dport_range)
            && self.protocol.is_none_or(|wanted| rule.protocol.is_some_and(|own| own.0 == wanted))
    }
}

/// A prefix; `all` and `any` are no selector.
fn prefix(words: &mut Words<'_>, keyword: &str, family: Family) -> Result<Option<Prefix>, Failure> {
    let text = words.value(keyword)?;
    let prefix = given_prefix(text).ok_or_else(|| words.wrong("prefix", text))?;
    of_family(words, text, prefix, family)
}

/// The rules that are shown are of one family.
fn of_family(words: &Words<'_>, text: &str, prefix: Option<Prefix>, family: Family) -> Result<Option<Prefix>, Failure> {
    if let Some(prefix) = prefix {
        words.of_family(text, prefix.family(), Some(family))?;
    }
    Ok(prefix)
}

/// `Some(None)` for what means every address.
fn given_prefix(text: &str) -> Option<Option<Prefix>> {
    match text {
        "all" | "any" | "default" => Some(None),
        text => inet_prefix(text).map(Some),
    }
}

/// `MARK` or `MARK/MASK`, decimal or hexadecimal.
fn mark(text: &str) -> Option<(u32, Option<u32>)> {
    let number = |text: &str| match text.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    };
    match text.split_once('/') {
        Some((mark, mask)) => Some((number(mark)?, Some(number(mask)?))),
        None => Some((number(text)?, None)),
    }
}

/// `N` or `N-M`.
fn range<T: std::str::FromStr + Copy>(text: &str) -> Option<(T, T)> {
    match text.split_once('-') {
        Some((start, end)) => Some((start.parse().ok()?, end.parse().ok()?)),
        None => text.parse().ok().map(|one| (one, one)),
    }
}

const SHOW: &str = "show rules";

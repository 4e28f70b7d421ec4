//! The words that choose links and addresses, which are the same for `ip link` and `ip address`.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use netshoot_core::netlink::iproute2::{Names, Options, Prefixes, inet_prefix};
use netshoot_core::netlink::{AddressFlags, ByteString, Link, Prefix};
use netshoot_core::{Error, ErrorKind};

use super::words::{Words, find_link, verb};
use crate::arguments::Ip;
use crate::output::{Failure, complain};

/// What to show of links.
pub(super) fn links(ip: &Ip, words: &[OsString], links: &[Link], names: &Names) -> Result<Options, Failure> {
    let mut choice = Choice { links: links.iter().collect(), names, options: options(ip), of_addresses: false };
    let (_, words) = verb("ip link", words, &[])?;
    choice.read(Words::new("show links", words), LINK_HINT)?;
    Ok(choice.options)
}

/// What to show of addresses.
pub(super) fn addresses<'a>(
    ip: &Ip,
    words: &[OsString],
    links: impl Iterator<Item = &'a Link>,
    names: &Names,
) -> Result<Options, Failure> {
    let mut choice = Choice { links: links.collect(), names, options: options(ip), of_addresses: true };
    choice.options.family = ip.family();
    let (_, words) = verb("ip address", words, &[])?;
    choice.read(Words::new(SHOW_ADDRESSES, words), ADDRESS_HINT)?;
    Ok(choice.options)
}

/// Says that the listing may not be whole; what there is is shown all the same.
pub(super) fn warn_of_changes(interrupted: bool) {
    if interrupted {
        complain("list interfaces: they changed while the kernel listed them, some may be missing; hint: ask again");
    }
}

fn options(ip: &Ip) -> Options {
    Options {
        json: ip.shared.json,
        details: ip.shared.details,
        statistics: ip.shared.statistics > 0,
        more_statistics: ip.shared.statistics > 1,
        brief: ip.brief,
        oneline: ip.shared.oneline,
        human: ip.human_readable.then_some(if ip.iec { Prefixes::Binary } else { Prefixes::Decimal }),
        ..Options::default()
    }
}

struct Choice<'a> {
    links: Vec<&'a Link>,
    names: &'a Names,
    options: Options,
    /// `ip address`, not `ip link`.
    of_addresses: bool,
}

impl Choice<'_> {
    /// A word that is no keyword is the name of an interface, which can be given once.
    fn read(&mut self, mut words: Words<'_>, hint: &str) -> Result<(), Failure> {
        while let Some(word) = words.next() {
            if self.read_link(word, &mut words)? || self.of_addresses && self.read_address(word, &mut words)? {
                continue;
            }
            if word == "dev" {
                words.value("dev")?;
            }
            if self.options.device.is_some() {
                return Err(words.unknown(word, hint));
            }
            let found = self.find(words.current());
            if self.of_addresses && word == "proto" && found.is_err() {
                let reason = "addresses are not chosen by who made them; hint: newer versions of ip do it";
                return Err(Failure::Usage(format!("{SHOW_ADDRESSES}: \"proto\": {reason}")));
            }
            self.options.device = Some(found?.ifname.clone());
        }
        Ok(())
    }

    fn read_link(&mut self, word: &str, words: &mut Words<'_>) -> Result<bool, Failure> {
        match word {
            "up" => self.options.links.up = Some(true),
            // The last word counts.
            "nomaster" => (self.options.links.master, self.options.links.nomaster) = (None, true),
            "master" => {
                let master = self.find(words.name("master")?)?.ifindex;
                (self.options.links.master, self.options.links.nomaster) = (Some(master), false);
            }
            "vrf" => {
                let name = words.value("vrf")?;
                let link = self.find(words.current())?;
                if link.linkinfo.as_ref().and_then(|info| info.kind.as_ref()).is_none_or(|kind| *kind != *"vrf") {
                    return Err(words.wrong("vrf", name));
                }
                self.options.links.master = Some(link.ifindex);
            }
            "group" => {
                let name = words.value("group")?;
                let group = self.names.group_number(name).ok_or_else(|| words.wrong("group", name))?;
                self.options.links.group = Some(group);
            }
            "type" => {
                let kind = words.value("type")?;
                match kind.strip_suffix("_slave") {
                    Some(kind) => self.options.links.slave_kind = Some(kind.into()),
                    None => self.options.links.kind = Some(kind.into()),
                }
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn read_address(&mut self, word: &str, words: &mut Words<'_>) -> Result<bool, Failure> {
        match word {
            "to" => {
                let text = words.value("to")?;
                let is_wanted = |prefix: &Prefix| self.options.family.is_none_or(|family| family == prefix.family());
                let prefix = inet_prefix(text).filter(is_wanted).ok_or_else(|| words.wrong("prefix", text))?;
                self.options.addresses.prefix = Some((prefix.address, prefix.length));
            }
            "scope" => {
                let name = words.value("scope")?;
                if name != "all" {
                    let scope = self.names.scope_number(name).ok_or_else(|| words.wrong("scope", name))?;
                    self.options.addresses.scope = Some(scope);
                }
            }
            "label" => self.options.label = Some(words.name("label")?.as_bytes().into()),
            word => return Ok(self.read_flag(word)),
        }
        Ok(true)
    }

    /// The flags of addresses, of which iproute2 knows some by the opposite: `dynamic` is not `permanent`.
    fn read_flag(&mut self, word: &str) -> bool {
        let (negated, word) = word.strip_prefix('-').map_or((false, word), |word| (true, word));
        let (negated, word) = match word {
            "dynamic" => (!negated, "permanent"),
            "primary" => (!negated, "secondary"),
            "temporary" => (negated, "secondary"),
            word => (negated, word),
        };
        let Some(bit) = (0..32).map(|bit| AddressFlags(1 << bit)).find(|flag| flag.names().next() == Some(word)) else {
            return false;
        };
        let filter = &mut self.options.addresses;
        let flags = if negated { &mut filter.without_flags } else { &mut filter.flags };
        flags.0 |= bit.0;
        true
    }

    /// An interface that is not there is an error, where a filter would give an empty list.
    fn find(&self, name: &OsStr) -> Result<&Link, Error> {
        let (what, hint) = if self.of_addresses {
            ("addresses", "netshoot ip address lists all")
        } else {
            ("links", "netshoot ip link lists all")
        };
        find_link(self.links.iter().copied(), name).ok_or_else(|| {
            let name = ByteString::from(name.as_bytes()).shortened();
            let name = if name.is_empty() { "\"\"".to_owned() } else { name };
            Error::new(ErrorKind::NotFound, format!("show {what} of {name}"))
                .with_detail("there is no such interface")
                .with_hint(hint)
        })
    }
}

const SHOW_ADDRESSES: &str = "show addresses";
const LINK_HINT: &str = "[show] [[dev] NAME] [up] [master X] [nomaster] [vrf X] [type T] [group G]";
const ADDRESS_HINT: &str =
    "[show] [[dev] NAME] [up] [master X] [type T] [group G] [to PREFIX] [scope S] [label PATTERN] [FLAG]";

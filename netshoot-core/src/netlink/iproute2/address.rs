//! Addresses, as `ip address` shows them below their link.

use super::super::{Address, AddressFlags, Family, Interface, Lifetime, Link, Object};
use super::Shown;
use super::form::Form;
use super::link::{Context, Word};

impl Context<'_> {
    /// Whether the link has a chosen address, or none at all while all are chosen.
    pub(super) fn shows_interface(&self, interface: &Interface) -> bool {
        let Interface { link, addresses } = interface;
        if !self.shows_link(link) {
            return false;
        }
        let has_any = addresses.iter().any(|address| self.is_of_family(address));
        if !has_any { self.family().is_none() } else { self.shown_addresses(interface).next().is_some() }
    }

    fn shown_addresses<'i>(&self, interface: &'i Interface) -> impl Iterator<Item = &'i Address> {
        let link = &interface.link;
        interface.addresses.iter().filter(|address| self.shows_address(address, link))
    }

    fn shows_address(&self, address: &Address, link: &Link) -> bool {
        let label = || address.label.as_ref().unwrap_or(&link.ifname).as_bytes();
        self.is_of_family(address)
            && address.matches(&self.options.addresses)
            && self.options.label.as_ref().is_none_or(|pattern| fits(pattern.as_bytes(), label()))
    }

    fn is_of_family(&self, address: &Address) -> bool {
        self.family().is_none_or(|family| family == address.family)
    }

    /// One interface: its link, and its addresses.
    pub(super) fn interface(&self, form: &mut Form, interface: &Interface) {
        let options = self.options;
        // With a label, only the addresses are of interest.
        let has_link = options.label.is_none() && (options.brief || !options.oneline);
        form.object(|form| {
            if has_link {
                self.link_members(form, &interface.link);
            }
            form.array("addr_info", |form| {
                for address in self.shown_addresses(interface) {
                    form.object(|form| self.address(form, address, &interface.link));
                }
            });
            if options.brief {
                form.text(format_args!("\n"));
            } else if has_link && options.statistics && self.stats(form, &interface.link) {
                form.text(format_args!("{}", self.line));
            }
        });
    }

    pub(super) fn address(&self, form: &mut Form, address: &Address, link: &Link) {
        if self.options.brief {
            self.ends(form, address);
            return;
        }
        if self.options.oneline {
            form.number("index", "", address.ifindex, ": ");
            self.reference(form, "dev", "", link.ifindex, "");
        }
        match address.family.name() {
            Some(name) => form.plain("family", "    ", name, " "),
            None => form.number("family_index", "    family ", address.family, " "),
        }
        self.ends(form, address);
        if let Some(broadcast) = address.broadcast {
            form.plain("broadcast", "brd ", Shown(broadcast), " ");
        }
        if let Some(anycast) = address.anycast {
            form.plain("anycast", "any ", Shown(anycast), " ");
        }
        form.string("scope", "scope ", self.names.scope_name(address.scope), " ");
        flags(form, address);
        if let Some(protocol) = address.protocol {
            form.plain("protocol", "proto ", protocol, " ");
        }
        if let Some(label) = &address.label {
            form.name("label", "", label, "");
        }
        if let Some(cacheinfo) = address.cacheinfo {
            form.text(format_args!("{}       ", self.line));
            lifetime(form, "valid_life_time", "valid_lft ", cacheinfo.valid);
            lifetime(form, "preferred_life_time", " preferred_lft ", cacheinfo.preferred);
        }
        form.text(format_args!("\n"));
    }

    fn ends(&self, form: &mut Form, address: &Address) {
        let Some(local) = address.local else { return };
        form.plain("local", "", Shown(local), "");
        if let Some(peer) = address.address {
            form.plain("address", " peer ", Shown(peer), "");
        }
        form.number("prefixlen", "/", address.prefixlen, " ");
        if let Some(metric) = address.metric {
            form.number("metric", "metric ", metric, " ");
        }
    }
}

/// The words of `IFA_F_*` as `ip` shows them: an end of life where the kernel has a flag for none.
fn flags(form: &mut Form, address: &Address) {
    let flags = AddressFlags(address.flags.0 ^ AddressFlags::PERMANENT.0);
    for name in flags.names() {
        let word = match name {
            "secondary" if address.family == Family::INET6 => "temporary",
            "permanent" => "dynamic",
            name => name,
        };
        form.flag(word, word);
        form.text(format_args!(" "));
    }
    if flags.unknown() != 0 {
        form.string("ifa_flags", "flags ", Word::TwoDigits(flags.unknown()), " ");
    }
}

fn lifetime(form: &mut Form, key: &str, before: &str, lifetime: Lifetime) {
    form.json(|json| json.key(key).number(lifetime.0));
    match lifetime.duration() {
        Some(left) => form.text(format_args!("{before}{}sec", left.as_secs())),
        None => form.text(format_args!("{before}forever")),
    }
}

/// Whether `text` fits a pattern of `*`, `?` and `[a-z]`, as a shell has it.
fn fits(pattern: &[u8], text: &[u8]) -> bool {
    // Where to go on when what follows the last `*` does not fit: one octet further on.
    let (mut pattern, mut text) = (pattern, text);
    let mut again: Option<(&[u8], &[u8])> = None;
    loop {
        let next = match pattern {
            [b'*', rest @ ..] => {
                again = Some((rest, text));
                pattern = rest;
                continue;
            }
            [] => text.is_empty().then_some((pattern, text)),
            _ => one(pattern, text),
        };
        match (next, again) {
            (Some(([], [])), _) => return true,
            (Some((rest, left)), _) => (pattern, text) = (rest, left),
            (None, Some((rest, [_, left @ ..]))) => {
                again = Some((rest, left));
                (pattern, text) = (rest, left);
            }
            (None, _) => return false,
        }
    }
}

/// What is left of both when the first element of `pattern` fits the first octet of `text`.
fn one<'a>(pattern: &'a [u8], text: &'a [u8]) -> Option<(&'a [u8], &'a [u8])> {
    let (octet, left) = text.split_first()?;
    match pattern {
        [b'?', rest @ ..] => Some((rest, left)),
        [b'[', rest @ ..] if rest.contains(&b']') => {
            let (within, rest) = set(rest, *octet);
            within.then_some((rest, left))
        }
        [b'\\', literal, rest @ ..] | [literal, rest @ ..] => (literal == octet).then_some((rest, left)),
        [] => None,
    }
}

/// Whether a set such as `!a-z]` holds `octet`, and what follows the set.
fn set(pattern: &[u8], octet: u8) -> (bool, &[u8]) {
    let (negated, mut rest) = match pattern {
        [b'!' | b'^', rest @ ..] => (true, rest),
        rest => (false, rest),
    };
    let (mut found, mut first) = (false, true);
    loop {
        rest = match rest {
            [b']', rest @ ..] if !first => return (found != negated, rest),
            [low, b'-', high, rest @ ..] if *high != b']' => {
                found |= (low..=high).contains(&&octet);
                rest
            }
            [one, rest @ ..] => {
                found |= *one == octet;
                rest
            }
            [] => return (false, rest),
        };
        first = false;
    }
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn patterns_of_a_shell() {
        let fits = |pattern: &str, text: &str| fits(pattern.as_bytes(), text.as_bytes());
        for (pattern, text) in [
            ("eth0", "eth0"),
            ("eth*", "eth0:1"),
            ("*", ""),
            ("*:*", "v0:lab"),
            ("e?h[0-9]", "eth7"),
            ("[!a]*b*c", "xabbc"),
            ("a\\*", "a*"),
            ("[]]", "]"),
            ("**a", "bba"),
        ] {
            assert!(fits(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [("eth0", "eth01"), ("eth?", "eth"), ("", "a"), ("[!a]", "a"), ("*x", "xy"), ("[a", "a")]
        {
            assert!(!fits(pattern, text), "{pattern} {text}");
        }
    }
}

//! Addresses, as `ip address` shows them below their link.

use super::super::{Address, AddressFlags, Family, Interface, Lifetime, Link};
use super::Shown;
use super::form::Form;
use super::link::{Context, Word};

impl Context<'_> {
    /// Whether the link has a chosen address, or none at all while all are chosen.
    pub(super) fn shows_interface(&self, interface: &Interface) -> bool {
        let Interface { link, addresses } = interface;
        if !self.options.shows_link(link) {
            return false;
        }
        if self.options.is_of_links() {
            return true;
        }
        let has_any = addresses.iter().any(|address| self.options.is_of_family(address));
        if !has_any { self.options.only_family().is_none() } else { self.shown_addresses(interface).next().is_some() }
    }

    fn shown_addresses<'i>(&self, interface: &'i Interface) -> impl Iterator<Item = &'i Address> {
        let link = &interface.link;
        interface.addresses.iter().filter(|address| self.options.shows_address(address, link))
    }

    /// One interface: its link, and its addresses.
    pub(super) fn interface(&self, form: &mut Form, interface: &Interface) {
        let options = self.options;
        // With a label, only the addresses are of interest.
        let has_link = options.label.is_none() && (options.brief || !options.oneline || options.is_of_links());
        form.object(|form| {
            if has_link {
                self.link_members(form, &interface.link);
            }
            if !options.is_of_links() {
                form.array("addr_info", |form| {
                    for address in self.shown_addresses(interface) {
                        form.object(|form| self.address(form, address, &interface.link));
                    }
                });
            }
            if options.brief && !options.is_of_links() {
                form.text(format_args!("\n"));
            } else if has_link && !options.brief && options.statistics && self.stats(form, &interface.link) {
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
            let number = self.names.shows_numbers().then(|| format!("{:#x}", protocol.0));
            form.plain("protocol", "proto ", number.unwrap_or_else(|| protocol.to_string()), " ");
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

//! Rules in iproute2's words: the JSON of `ip -j rule`, and the text of `ip rule`.
//!
//! Selectors that iproute2 6.1 does not know (`dscp`, `flowlabel`, masks of ports) are shown as newer versions do.

use std::fmt::{self, Display};
use std::io;
use std::net::IpAddr;
use std::ops::RangeInclusive;

use super::super::{Family, RouteProtocol, Rule, RuleAction, RuleFlags};
use super::Shown;
use super::form::Form;
use super::names::Names;

/// How much of rules is shown, and in which form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RuleOptions {
    /// JSON instead of text: `-j`.
    pub json: bool,
    /// Also what goes without saying: `-d`.
    pub details: bool,
}

/// Writes `rules` as `ip rule` does.
///
/// # Errors
/// Those of `out`, nothing else.
pub fn write_rules<'a>(
    out: &mut impl io::Write,
    rules: impl IntoIterator<Item = &'a Rule>,
    names: &Names,
    options: &RuleOptions,
) -> io::Result<()> {
    Form::new(options.json).list(out, rules, |form, rule| {
        form.object(|form| write(form, rule, names, options.details));
        form.text(format_args!("\n"));
    })
}

fn write(form: &mut Form, rule: &Rule, names: &Names, details: bool) {
    form.number("priority", "", rule.priority, ":\t");
    if rule.flags.contains(RuleFlags::INVERT) {
        form.null("not", "not ");
    }
    ends(form, rule);
    if rule.tos != 0 {
        form.string("tos", " tos ", names.dsfield(rule.tos), "");
    }
    if rule.fwmark.is_some() || rule.fwmask.is_some() {
        form.string("fwmark", " fwmark ", Hexadecimal(rule.fwmark.unwrap_or_default()), "");
        if let Some(mask) = rule.fwmask.filter(|mask| *mask != u32::MAX) {
            form.string("fwmask", "/", Hexadecimal(mask), "");
        }
    }
    links(form, rule);
    transport(form, rule, names);
    table(form, rule, names);
    action(form, rule, names);
    if let Some(protocol) = rule.protocol {
        let usual = [RouteProtocol::UNSPEC, RouteProtocol::KERNEL].contains(&protocol);
        if !usual || details {
            form.string("protocol", " proto ", names.protocol(protocol), "");
        }
    }
}

fn ends(form: &mut Form, rule: &Rule) {
    let whole = if rule.family == Family::INET || rule.family == Family::IPMR { 32 } else { 128 };
    let mut end = |key: &str, length_key: &str, before: &str, address: Option<IpAddr>, length: u8| {
        match address {
            Some(address) => form.string(key, before, Shown(address), ""),
            None if length != 0 => form.string(key, before, "0", ""),
            None if key == "src" => form.string(key, before, "all", ""),
            None => {}
        }
        if length != 0 && (address.is_none() || length != whole) {
            form.number(length_key, "/", length, "");
        } else if address.is_some() && length == 0 {
            form.number(length_key, "/", 0, "");
        }
    };
    end("src", "srclen", "from ", rule.src, rule.src_len);
    end("dst", "dstlen", " to ", rule.dst, rule.dst_len);
}

fn links(form: &mut Form, rule: &Rule) {
    if let Some(name) = &rule.iifname {
        form.name("iif", " iif ", name, "");
        if rule.flags.contains(RuleFlags::IIF_DETACHED) {
            form.null("iif_detached", " [detached]");
        }
    }
    if let Some(name) = &rule.oifname {
        form.name("oif", " oif ", name, "");
        if rule.flags.contains(RuleFlags::OIF_DETACHED) {
            form.null("oif_detached", " [detached]");
        }
    }
    if rule.l3mdev {
        form.null("l3mdev", " lookup [l3mdev-table]");
    }
}

fn transport(form: &mut Form, rule: &Rule, names: &Names) {
    if let Some(range) = &rule.uid_range {
        form.number("uid_start", " uidrange ", range.start(), "");
        form.number("uid_end", "-", range.end(), "");
    }
    if let Some(protocol) = rule.ip_proto {
        form.string("ipproto", " ipproto ", names.ip_protocol(protocol), "");
    }
    ports(form, ["sport", "sport_start", "sport_end", "sport_mask"], rule.sport_range.as_ref(), rule.sport_mask);
    ports(form, ["dport", "dport_start", "dport_end", "dport_mask"], rule.dport_range.as_ref(), rule.dport_mask);
    if let Some(dscp) = rule.dscp {
        form.string("dscp", " dscp ", dscp, "");
        if let Some(mask) = rule.dscp_mask.filter(|mask| *mask != 0x3f) {
            form.string("dscp_mask", "/", Hexadecimal(mask.into()), "");
        }
    }
    if let Some(label) = rule.flowlabel {
        form.string("flowlabel", " flowlabel ", Hexadecimal(label), "");
        if let Some(mask) = rule.flowlabel_mask.filter(|mask| *mask != 0xf_ffff) {
            form.string("flowlabel_mask", "/", Hexadecimal(mask), "");
        }
    }
    if let Some(id) = rule.tun_id {
        form.number("tun_id", " tun_id ", id, "");
    }
}

fn ports(form: &mut Form, keys: [&str; 4], range: Option<&RangeInclusive<u16>>, mask: Option<u16>) {
    let [one, start, end, mask_key] = keys;
    let Some(range) = range else { return };
    if range.start() != range.end() {
        form.number(start, &format!(" {one} "), range.start(), "");
        form.number(end, "-", range.end(), "");
        return;
    }
    form.number(one, &format!(" {one} "), range.start(), "");
    if let Some(mask) = mask.filter(|mask| *mask != u16::MAX) {
        form.string(mask_key, "/", Hexadecimal(mask.into()), "");
    }
}

fn table(form: &mut Form, rule: &Rule, names: &Names) {
    if rule.table != 0 {
        form.string("table", " lookup ", names.table(rule.table), "");
        if let Some(length) = rule.suppress_prefixlen {
            form.number("suppress_prefixlen", " suppress_prefixlength ", length, "");
        }
        if let Some(group) = rule.suppress_ifgroup {
            form.string("suppress_ifgroup", " suppress_ifgroup ", names.group_name(group), "");
        }
    }
    if let Some(realms) = rule.flow {
        form.text(format_args!(" realms "));
        if realms.from() != 0 {
            form.string("flow_from", "", names.realm(realms.from()), "/");
        }
        form.string("flow_to", "", names.realm(realms.to()), "");
    }
}

fn action(form: &mut Form, rule: &Rule, names: &Names) {
    match rule.action {
        RuleAction::TO_TABLE => {}
        RuleAction::GOTO => {
            match rule.goto {
                Some(priority) => form.number("goto", " goto ", priority, ""),
                None => form.string("goto", " goto ", "none", ""),
            }
            if rule.flags.contains(RuleFlags::UNRESOLVED) {
                form.null("unresolved", " [unresolved]");
            }
        }
        RuleAction::NOP => form.null("nop", " nop"),
        // Obsolete, and said so.
        RuleAction(10) => form.null("masquerade", " masquerade"),
        action if names.shows_numbers() => form.string("action", " ", action.0, ""),
        action => form.string("action", " ", action, ""),
    }
}

/// As `%#x` has it: no prefix before zero.
struct Hexadecimal(u32);

impl Display for Hexadecimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 { f.write_str("0") } else { write!(f, "{:#x}", self.0) }
    }
}

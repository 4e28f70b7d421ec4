//! Routes in iproute2's words: the JSON of `ip -j route`, and the text of `ip route`.
//!
//! Where iproute2 6.1 and this differ:
//! - Its JSON has some keys twice when a route has an encapsulation (`dst`, `tos`, `table`, `type`, `iif`), so that most
//!   readers lose one of them. Here those of the encapsulation begin with `encap_`: `encap_dst`.
//! - In JSON, cache flags without a name are a string; its are no JSON.
//! - A filter by link or gateway also shows routes with several next hops of which one is so; `ip` leaves them out.
//! - The answer to a lookup of a multicast destination does not claim that an offload failed, though the bits of the
//!   flags are the same.
//! - A link's name that is not UTF-8 has its octets under a second key, as elsewhere: `dev_hex`.
//! - IPv6 routes to local destinations in the table `main` are shown.

use std::fmt::{self, Display};
use std::io;
use std::net::IpAddr;

use super::super::{
    Family, LinkNames, NextHop, Realms, Route, RouteCacheFlags, RouteCacheInfo, RouteFilter, RouteFlags, RouteKind,
    RouteNextHop, RouteProtocol, TABLE_MAIN, Via,
};
use super::form::{Form, List};
use super::names::{HashMap, Names};
use super::route_encap::{self, Within};
use super::{Shown, next_hop, route_metrics};

/// How much of routes and next hops is shown, and in which form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RouteOptions {
    /// JSON instead of text: `-j`.
    pub json: bool,
    /// Also what goes without saying, and next hop objects: `-d`.
    pub details: bool,
    /// Use and ages: `-s`.
    pub statistics: bool,
    /// Each in one line, with a backslash in place of line feeds: `-o`.
    pub oneline: bool,
    /// What the routes were chosen by, which `ip` does not repeat in each.
    pub filter: RouteFilter,
}

/// Writes `routes` as `ip route` does.
///
/// `next_hops` are shown within the routes that refer to them, in detail; without, they may be empty.
///
/// # Errors
/// Those of `out`, nothing else.
pub fn write_routes<'a>(
    out: &mut impl io::Write,
    routes: impl IntoIterator<Item = &'a Route>,
    next_hops: &[NextHop],
    names: &Names,
    links: &LinkNames,
    options: &RouteOptions,
) -> io::Result<()> {
    let mut writer = RouteWriter::new(out, next_hops, names, options);
    routes.into_iter().try_for_each(|route| writer.write(route, links))?;
    writer.finish()
}

/// Writes routes one after the other, as [`write_routes`] does, so that they need not all be there at once.
pub struct RouteWriter<'a, W: io::Write> {
    list: List<'a, W>,
    next_hops: HashMap<u32, &'a NextHop>,
    names: &'a Names,
    options: &'a RouteOptions,
}

impl<'a, W: io::Write> RouteWriter<'a, W> {
    /// Begins the list.
    pub fn new(out: &'a mut W, next_hops: &'a [NextHop], names: &'a Names, options: &'a RouteOptions) -> Self {
        let next_hops = next_hops.iter().map(|hop| (hop.id, hop)).collect();
        Self { list: Form::new(options.json).begin(out), next_hops, names, options }
    }

    /// Writes a route; `links` have the names of the links that it refers to.
    ///
    /// # Errors
    /// Those of the output.
    pub fn write(&mut self, route: &Route, links: &LinkNames) -> io::Result<()> {
        let context = Context { names: self.names, links, next_hops: Some(&self.next_hops), options: self.options };
        self.list.item(|form| form.object(|form| context.route(form, route)))
    }

    /// Ends the list.
    ///
    /// # Errors
    /// Those of the output.
    pub fn finish(self) -> io::Result<()> {
        self.list.finish()
    }
}

impl<W: io::Write> fmt::Debug for RouteWriter<'_, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RouteWriter").field("options", self.options).finish_non_exhaustive()
    }
}

/// What is needed to show a route.
pub(super) struct Context<'a> {
    pub(super) names: &'a Names,
    pub(super) links: &'a LinkNames,
    pub(super) next_hops: Option<&'a HashMap<u32, &'a NextHop>>,
    pub(super) options: &'a RouteOptions,
}

impl Context<'_> {
    fn route(&self, form: &mut Form, route: &Route) {
        let details = self.options.details;
        if route.kind != RouteKind::UNICAST || details {
            form.plain("type", "", self.names.route_kind(route.kind), " ");
        }
        form.plain("dst", "", Destination(route), " ");
        if let Some(src) = route.src {
            form.plain("from", "from ", Network(src, route.src_len, host_length(route.family)), " ");
        } else if route.src_len != 0 {
            form.string("from", "from ", format_args!("0/{}", route.src_len), " ");
        }
        if let Some(nhid) = route.nhid {
            form.number("nhid", "nhid ", nhid, " ");
        }
        if let Some(labels) = &route.newdst {
            form.string("to", "as to ", labels, " ");
        }
        if let Some(encap) = &route.encap {
            route_encap::write(form, encap, Within::Route, self);
        }
        self.hop(form, route);
        self.origin(form, route);
        self.flags(form, answer_flags(route));
        self.rest(form, route);
        if let Some(id) = route.nhid.filter(|_| details) {
            self.next_hop(form, id);
        }
        if !route.nexthops.is_empty() {
            form.array("nexthops", |form| self.next_hops(form, route));
        }
        form.text(format_args!("\n"));
    }

    fn hop(&self, form: &mut Form, route: &Route) {
        let filter = &self.options.filter;
        if route.tos != 0 && filter.tos.is_none() {
            form.string("tos", "tos ", self.names.dsfield(route.tos), " ");
        }
        if let Some(gateway) = route.gateway.filter(|_| filter.via.is_none_or(|via| !via.is_host())) {
            form.plain("gateway", "via ", Shown(gateway), " ");
        }
        if let Some(via) = &route.via {
            write_via(form, via);
        }
        if let Some(oif) = route.oif.filter(|_| filter.oif.is_none()) {
            self.link(form, "dev", "dev ", oif, " ");
        }
        if route.table != 0 && (route.table != TABLE_MAIN || self.options.details) && filter.table.is_none() {
            form.string("table", "table ", self.names.table(route.table), " ");
        }
    }

    fn origin(&self, form: &mut Form, route: &Route) {
        let (filter, details) = (&self.options.filter, self.options.details);
        if !route.flags.contains(RouteFlags::CLONED) {
            if (route.protocol != RouteProtocol::BOOT || details) && filter.protocol.is_none() {
                form.string("protocol", "proto ", self.names.protocol(route.protocol), " ");
            }
            if (route.scope.0 != 0 || details) && filter.scope.is_none() {
                form.string("scope", "scope ", self.names.scope_name(route.scope), " ");
            }
        }
        if let Some(prefsrc) = route.prefsrc.filter(|_| filter.prefsrc.is_none_or(|prefix| !prefix.is_host())) {
            form.plain("prefsrc", "src ", Shown(prefsrc), " ");
        }
        if let Some(metric) = route.priority.filter(|_| filter.priority.is_none()) {
            form.number("metric", "metric ", metric, " ");
        }
    }

    fn rest(&self, form: &mut Form, route: &Route) {
        let lookup = route.lookup.as_deref();
        match lookup.and_then(|lookup| lookup.mark).unwrap_or_default() {
            0 => {}
            mark if form.is_json() => form.number("mark", "", mark, ""),
            mark if mark >= 16 => form.text(format_args!("mark 0x{mark:x} ")),
            mark => form.text(format_args!("mark {mark} ")),
        }
        if let Some(realms) = route.realms.filter(|_| self.options.filter.realms.is_none_or(|(_, mask)| mask != !0)) {
            self.realms(form, realms);
        }
        if let Some(uid) = lookup.and_then(|lookup| lookup.uid) {
            form.number("uid", "uid ", uid, " ");
        }
        if let Some(flags) = route.cache_flags() {
            self.cache(form, flags);
        }
        if let Some(info) = route.cacheinfo.as_ref().filter(|_| matches!(route.family, Family::INET | Family::INET6)) {
            self.cacheinfo(form, info);
        }
        if let Some(metrics) = &route.metrics {
            form.array("metrics", |form| form.object(|form| route_metrics::write(form, metrics)));
        }
        if let Some(iif) = route.iif.filter(|_| self.options.filter.iif.is_none()) {
            self.link(form, "iif", "iif ", iif, " ");
        }
        if let Some(pref) = route.pref {
            match pref.name() {
                Some(name) => form.string("pref", "pref ", name, ""),
                None => form.number("pref", "", pref, ""),
            }
        }
        if let Some(propagate) = route.ttl_propagate {
            form.json(|json| json.key("ttl-propogate").bool(propagate));
            form.text(format_args!("ttl-propogate {}", if propagate { "enabled" } else { "disabled" }));
        }
    }

    fn next_hop(&self, form: &mut Form, id: u32) {
        let Some(hop) = self.next_hops.and_then(|hops| hops.get(&id)) else { return };
        form.text(format_args!("{}\tnh_info ", self.line_feed()));
        form.member("nh_info", |form| next_hop::write(form, hop, self));
    }

    fn next_hops(&self, form: &mut Form, route: &Route) {
        let multicast = route.flags.contains(RouteFlags::CLONED) && route.kind == RouteKind::MULTICAST;
        for (place, hop) in route.nexthops.iter().enumerate() {
            if !multicast {
                form.text(format_args!("{}\tnexthop ", self.line_feed()));
            } else {
                form.text(format_args!("{}", if place == 0 { "Oifs: " } else { " " }));
            }
            form.object(|form| self.next_hop_of_several(form, hop, multicast, route.family));
        }
    }

    fn next_hop_of_several(&self, form: &mut Form, hop: &RouteNextHop, multicast: bool, family: Family) {
        if let Some(encap) = &hop.encap {
            route_encap::write(form, encap, Within::Several, self);
        }
        if let Some(labels) = &hop.newdst {
            form.string("to", "as to ", labels, " ");
        }
        if let Some(gateway) = hop.gateway {
            form.plain("gateway", "via ", Shown(gateway), " ");
        }
        if let Some(via) = &hop.via {
            write_via(form, via);
        }
        if let Some(realms) = hop.realms {
            self.realms(form, realms);
        }
        if multicast {
            let least = hop.weight.saturating_sub(1);
            self.link(form, "dev", "", hop.oif, if least == 1 { " " } else { "" });
            if least != 1 {
                form.number("ttl", "(ttl>", least, ") ");
            }
        } else {
            self.link(form, "dev", "dev ", hop.oif, " ");
            if family != Family::MPLS {
                form.number("weight", "weight ", hop.weight, " ");
            }
        }
        self.flags(form, hop.flags);
    }

    /// A link's name, or `*` for none.
    pub(super) fn link(&self, form: &mut Form, key: &str, before: &str, ifindex: u32, after: &str) {
        match self.links.get(ifindex) {
            Some(name) => form.name(key, before, name, after),
            None if ifindex == 0 => form.string(key, before, "*", after),
            None => form.string(key, before, format_args!("if{ifindex}"), after),
        }
    }

    pub(super) fn flags(&self, form: &mut Form, flags: RouteFlags) {
        form.array("flags", |form| {
            for word in RouteFlags(flags.0 & SHOWN).names() {
                form.item("", word, " ");
            }
        });
    }

    fn realms(&self, form: &mut Form, realms: Realms) {
        form.text(format_args!("realm{} ", if realms.from() == 0 { "" } else { "s" }));
        form.member("flow", |form| {
            if realms.from() != 0 {
                form.string("from", "", self.names.realm(realms.from()), "/");
            }
            form.string("to", "", self.names.realm(realms.to()), " ");
        });
    }

    fn cache(&self, form: &mut Form, flags: RouteCacheFlags) {
        form.text(format_args!("{}    cache ", self.line_feed()));
        let unknown = (flags.unknown() != 0).then(|| format!("{:x}", flags.unknown()));
        let words = || flags.names().map(|name| -> &str { name }).chain(unknown.as_deref());
        form.text(format_args!("{}", if words().next().is_some() { "<" } else { "" }));
        form.array("cache", |form| {
            let last = words().count();
            for (place, word) in words().enumerate() {
                let after = if place + 1 < last { "," } else { "> " };
                form.item("", word, if unknown.is_some() && place + 1 == last { ">" } else { after });
            }
        });
    }

    fn cacheinfo(&self, form: &mut Form, info: &RouteCacheInfo) {
        if info.expires != 0 {
            form.number("expires", "expires ", info.expires / 100, "sec ");
        }
        if info.error != 0 {
            // As a number without a sign, which is what scripts know.
            form.number("error", "error ", info.error.cast_unsigned(), " ");
        }
        if self.options.statistics {
            if info.users != 0 {
                form.number("users", "users ", info.users, " ");
            }
            if info.used != 0 {
                form.number("used", "used ", info.used, " ");
            }
            if info.age != 0 {
                form.number("age", "age ", info.age / 100, "sec ");
            }
        }
        if info.ipid != 0 {
            form.json(|json| json.key("ipid").display(format_args!("{:#x}", info.ipid)));
            form.text(format_args!("ipid 0x{:04x} ", info.ipid));
        }
        if info.ts != 0 || info.tsage != 0 {
            form.string("ts", "ts ", format_args!("{:#x}", info.ts), "");
            form.number("tsage", "tsage ", info.tsage, "sec ");
        }
    }

    pub(super) fn line_feed(&self) -> char {
        if self.options.oneline { '\\' } else { '\n' }
    }
}

/// A gateway of another family.
fn write_via(form: &mut Form, via: &Via) {
    form.member("via", |form| {
        form.string("family", "via ", family_name(via.family()), " ");
        match via {
            Via::Ip(address) => form.string("host", "", Shown(*address), " "),
            Via::Other { family: Family::PACKET, octets } => form.string("host", "", Colons(octets), " "),
            Via::Other { .. } => form.string("host", "", "???", " "),
        }
    });
}

/// The bits of a cache entry stand where those of an offload that failed do.
fn answer_flags(route: &Route) -> RouteFlags {
    match route.cache_flags() {
        Some(_) => RouteFlags(route.flags.0 & 0xffff),
        None => route.flags,
    }
}

/// A destination: `default`, a label, or a prefix that a host's address stands for itself in.
struct Destination<'a>(&'a Route);

impl Display for Destination<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(route) = self;
        match (route.dst, route.label) {
            (Some(dst), _) => Network(dst, route.dst_len, host_length(route.family)).fmt(f),
            (None, Some(label)) if route.dst_len == host_length(Family::MPLS) => label.fmt(f),
            (None, Some(label)) => write!(f, "{label}/{}", route.dst_len),
            (None, None) if route.dst_len == 0 => f.write_str("default"),
            (None, None) => write!(f, "0/{}", route.dst_len),
        }
    }
}

/// An address, its prefix' length, and the length at which that is not said.
struct Network(IpAddr, u8, u8);

impl Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(address, length, host) = *self;
        Shown(address).fmt(f)?;
        if length == host { Ok(()) } else { write!(f, "/{length}") }
    }
}

const fn host_length(family: Family) -> u8 {
    match family {
        Family::INET => 32,
        Family::INET6 => 128,
        Family::MPLS => 20,
        _ => 0,
    }
}

fn family_name(family: Family) -> &'static str {
    match family {
        Family::INET | Family::INET6 | Family::PACKET | Family::MPLS | Family::BRIDGE => family.name().unwrap_or("???"),
        _ => "???",
    }
}

/// Octets in hexadecimal, with colons between them.
struct Colons<'a>(&'a [u8]);

impl Display for Colons<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().enumerate().try_for_each(|(place, octet)| {
            let before = if place == 0 { "" } else { ":" };
            write!(f, "{before}{octet:02x}")
        })
    }
}

/// A number of at least 0 as C's `%g` shows it: six digits, without zeros at the end.
pub(super) struct General(pub(super) f64);

impl Display for General {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rounded = format!("{:.5e}", self.0);
        let (digits, exponent) = rounded.split_once('e').unwrap_or((&rounded, "0"));
        let exponent: i32 = exponent.parse().unwrap_or_default();
        if (-4..6).contains(&exponent) {
            let text = format!("{:.*}", usize::try_from(5 - exponent).unwrap_or_default(), self.0);
            f.write_str(without_zeros(&text))
        } else {
            let sign = if exponent < 0 { '-' } else { '+' };
            write!(f, "{}e{sign}{:02}", without_zeros(digits), exponent.abs())
        }
    }
}

fn without_zeros(text: &str) -> &str {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text }
}

/// The flags of routes and next hops that are shown.
const SHOWN: u32 = RouteFlags::DEAD.0
    | RouteFlags::ONLINK.0
    | RouteFlags::PERVASIVE.0
    | RouteFlags::OFFLOAD.0
    | RouteFlags::TRAP.0
    | RouteFlags::NOTIFY.0
    | RouteFlags::LINKDOWN.0
    | RouteFlags::UNRESOLVED.0
    | RouteFlags::RT_OFFLOAD.0
    | RouteFlags::RT_TRAP.0
    | RouteFlags::RT_OFFLOAD_FAILED.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_c_shows_them() {
        let shown = |value: f64| General(value).to_string();
        assert_eq!([0.0, 60.0, 0.01, 1.5, 1234.56].map(shown), ["0", "60", "0.01", "1.5", "1234.56"]);
        assert_eq!([99999.99, 123_456.78, 999_999.9, 1e7].map(shown), ["100000", "123457", "1e+06", "1e+07"]);
        assert_eq!(shown(123_456_789.0), "1.23457e+08");
    }
}

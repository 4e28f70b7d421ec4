//! Which rule sent a packet to the table that decided.
//!
//! The kernel tells the table and not the rule, so the rules are gone through here as `fib_rules_lookup` of
//! `net/core/fib_rules.c` does, with what the kernel takes for selectors that a lookup leaves open.

use std::cmp::Reverse;
use std::net::IpAddr;
use std::ops::RangeInclusive;

use super::{Prefix, RouteAnswer, RouteFlags, RouteQuery, RouteVerdict};
use crate::netlink::{
    ByteString, Link, LinkData, LinkFilter, Netlink, Route, RouteFilter, RouteKind, Rule, RuleAction, RuleFilter,
    RuleFlags, TABLE_LOCAL, TABLE_MAIN,
};
use crate::sys;

/// A packet, as rules look at it.
#[derive(Debug)]
struct Packet<'a> {
    query: &'a RouteQuery,
    iifname: Option<ByteString>,
    oifname: Option<ByteString>,
    /// Tables of the VRFs that its links are, or belong to.
    vrf_tables: Vec<u32>,
    uid: u32,
    ip_proto: u8,
}

impl Netlink {
    /// The rule that decided `answer`, as far as it can be told.
    pub(super) fn deciding_rule(&self, query: &RouteQuery, answer: &RouteAnswer) -> Option<Rule> {
        if unasked(query) {
            return None;
        }
        let filter = RuleFilter { family: Some(query.family()), ..RuleFilter::default() };
        let rules = self.list::<Rule>(&filter).ok()?.items;
        let packet = self.packet(query);
        decide(&rules, &packet, |rule| self.decides(rule, &packet, answer)).cloned()
    }

    fn packet<'a>(&self, query: &'a RouteQuery) -> Packet<'a> {
        let iif = query.iif.and_then(|ifindex| self.link(ifindex));
        let oif = query.oif.and_then(|ifindex| self.link(ifindex));
        let vrf_tables = [&iif, &oif].into_iter().flatten().filter_map(|link| self.table_of(link)).collect();
        let iifname = match query.iif {
            Some(_) => iif.map(|link| link.ifname),
            None => Some(ByteString::from("lo")),
        };
        let here = query.iif.is_none();
        let uid = query.uid.unwrap_or_else(|| if here { sys::user() } else { u32::MAX });
        // `inet_rtm_getroute` takes UDP, `inet6_rtm_getroute` none.
        let open = if query.destination.is_ipv4() { libc::IPPROTO_UDP as u8 } else { 0 };
        let ip_proto = query.ip_proto.unwrap_or(open);
        Packet { query, iifname, oifname: oif.map(|link| link.ifname), vrf_tables, uid, ip_proto }
    }

    /// `None` when it went away.
    pub(super) fn link(&self, ifindex: u32) -> Option<Link> {
        let filter = LinkFilter { ifindex: Some(ifindex), without_stats: true, ..LinkFilter::default() };
        self.list::<Link>(&filter).ok()?.items.pop()
    }

    fn table_of(&self, link: &Link) -> Option<u32> {
        match link.linkinfo.as_ref().and_then(|info| info.data.as_ref()) {
            Some(LinkData::Vrf(vrf)) => vrf.table,
            _ => self.vrf_table(link.master?).ok()?,
        }
    }

    /// Whether a rule that matches the packet is what `answer` came by.
    fn decides(&self, rule: &Rule, packet: &Packet<'_>, answer: &RouteAnswer) -> bool {
        match rule.action {
            RuleAction::TO_TABLE if rule.l3mdev => {
                packet.vrf_tables.iter().any(|table| self.table_decides(*table, rule, packet, answer))
            }
            RuleAction::TO_TABLE => self.table_decides(rule.table, rule, packet, answer),
            RuleAction::BLACKHOLE => answer.verdict == RouteVerdict::Blackhole,
            RuleAction::PROHIBIT => answer.verdict == RouteVerdict::Prohibited,
            RuleAction::UNREACHABLE => answer.verdict == RouteVerdict::NoRoute,
            _ => false,
        }
    }

    /// Of an answer with a route the kernel told the table; of a refusal, the table's own route tells.
    fn table_decides(&self, table: u32, rule: &Rule, packet: &Packet<'_>, answer: &RouteAnswer) -> bool {
        let told = answer.route.as_ref().map(|route| route.table);
        // Until a rule is added the kernel keeps the tables local and main as one, and tells main of both.
        if told == Some(TABLE_MAIN) && table == TABLE_LOCAL {
            let best = self.best(table, packet.query);
            return best.is_some_and(|best| RouteVerdict::of_kind(best.kind) == answer.verdict);
        }
        if told.is_some_and(|told| told != table) {
            return false;
        }
        let may_suppress = rule.suppress_prefixlen.is_some() || rule.suppress_ifgroup.is_some();
        if told.is_some() && !may_suppress {
            return true;
        }
        let Some(best) = self.best(table, packet.query) else { return false };
        let suppressed = rule.suppress_prefixlen.is_some_and(|length| u32::from(best.dst_len) <= length)
            || rule.suppress_ifgroup.is_some_and(|group| {
                let link = best.first_hop().1.and_then(|oif| self.link(oif));
                link.is_some_and(|link| link.group.unwrap_or_default() == group)
            });
        !suppressed && (told.is_some() || RouteVerdict::of_kind(best.kind) == answer.verdict)
    }

    /// The route of `table` with the longest prefix that the destination is within.
    fn best(&self, table: u32, query: &RouteQuery) -> Option<Route> {
        let mut filter = RouteFilter::table(table);
        filter.family = Some(query.family());
        filter.matching = Some(Prefix::from(query.destination));
        let routes = self.list::<Route>(&filter).ok()?.items;
        let usable = routes
            .into_iter()
            .filter(|route| (route.tos == 0 || route.tos == query.tos) && !route.flags.contains(RouteFlags::DEAD));
        let best = usable.min_by_key(|route| (Reverse(route.dst_len), Reverse(route.tos), route.priority));
        best.filter(|route| route.kind != RouteKind::THROW)
    }
}

/// The first rule that matches `packet` and `decides`. `rules` are in the kernel's order.
fn decide<'a>(rules: &'a [Rule], packet: &Packet<'_>, mut decides: impl FnMut(&Rule) -> bool) -> Option<&'a Rule> {
    let mut index = 0;
    while let Some(rule) = rules.get(index) {
        index += 1;
        if !packet.matches(rule) {
            continue;
        }
        match rule.action {
            // A rule leads only to those after it.
            RuleAction::GOTO => {
                let target = rule.goto?;
                let rest = rules.get(index..)?;
                if let Some(ahead) = rest.iter().position(|rule| rule.priority == target) {
                    index += ahead;
                }
            }
            _ if decides(rule) => return Some(rule),
            _ => {}
        }
    }
    None
}

impl Packet<'_> {
    /// Whether all selectors of `rule` match, or not all when it is inverted.
    fn matches(&self, rule: &Rule) -> bool {
        let matched = self.comes_and_leaves(rule) && self.is_addressed(rule) && self.is_marked(rule);
        matched != rule.flags.contains(RuleFlags::INVERT)
    }

    fn comes_and_leaves(&self, rule: &Rule) -> bool {
        let named = |wanted: &Option<ByteString>, name: &Option<ByteString>| wanted.is_none() || wanted == name;
        named(&rule.iifname, &self.iifname)
            && named(&rule.oifname, &self.oifname)
            && (!rule.l3mdev || !self.vrf_tables.is_empty())
    }

    fn is_addressed(&self, rule: &Rule) -> bool {
        let within = |address: Option<IpAddr>, length, packet: IpAddr| {
            length == 0 || address.is_none_or(|address| Prefix { address, length }.contains(packet))
        };
        // IPv4 takes a source that is open for 0.0.0.0; IPv6 says that no prefix matches it, but for rules that wait.
        let source = match (self.query.source, self.query.destination) {
            (Some(source), _) => within(rule.src, rule.src_len, source),
            (None, IpAddr::V4(_)) => within(rule.src, rule.src_len, IpAddr::from([0; 4])),
            (None, IpAddr::V6(_)) => rule.src_len == 0 || rule.flags.contains(RuleFlags::FIND_SADDR),
        };
        source && within(rule.dst, rule.dst_len, self.query.destination)
    }

    fn is_marked(&self, rule: &Rule) -> bool {
        let query = self.query;
        let masked = |wanted: u32, mask: u32, found: u32| (wanted ^ found) & mask == 0;
        let codepoint = query.tos >> 2;
        let port = |range: &Option<RangeInclusive<u16>>, mask: Option<u16>, port: Option<u16>| {
            let (Some(range), port) = (range, port.unwrap_or_default()) else { return true };
            match mask.filter(|mask| *mask != 0) {
                Some(mask) => (range.start() ^ port) & mask == 0,
                None => range.contains(&port),
            }
        };
        masked(rule.fwmark.unwrap_or_default(), rule.fwmask.unwrap_or_default(), query.mark.unwrap_or_default())
            && (rule.tos == 0 || rule.tos >> 2 == codepoint)
            && rule.dscp.is_none_or(|dscp| (dscp ^ codepoint) & rule.dscp_mask.unwrap_or(0x3f) == 0)
            && rule.flowlabel.is_none_or(|label| {
                masked(label, rule.flowlabel_mask.unwrap_or(u32::MAX), query.flowlabel.unwrap_or_default())
            })
            && rule.uid_range.as_ref().is_none_or(|range| range.contains(&self.uid))
            && rule.ip_proto.is_none_or(|protocol| protocol == 0 || protocol == self.ip_proto)
            && port(&rule.sport_range, rule.sport_mask, query.sport)
            && port(&rule.dport_range, rule.dport_mask, query.dport)
            && rule.tun_id.is_none_or(|id| id == 0)
    }
}

/// Whether the kernel looks no table up: what goes to all, or to a multicast group of the link, by a link that was named.
fn unasked(query: &RouteQuery) -> bool {
    let IpAddr::V4(destination) = query.destination else { return false };
    query.iif.is_none()
        && query.oif.is_some()
        && (destination.is_broadcast() || destination.octets().starts_with(&[224, 0, 0]))
}
